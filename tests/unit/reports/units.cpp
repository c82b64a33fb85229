// Questions about units that people asked of tools of this kind. Named by the thread that each comes from.
#include <doctest/doctest.h>

#include <layercake/units/parse.hpp>
#include <type_traits>

#include "../../approx.hpp"

using namespace layercake;
using namespace layercake::units;

// alvarobartt/hf-mem 33; meta-pytorch/torchtune 1348
TEST_CASE("R45: decimal and binary prefixes, bits and bytes") {
  const auto bytes = [](const char* text) { return in<byte>(parse<quantity<unit::byte>>(text)); };
  CHECK(bytes("80 GB") == 80e9);
  CHECK(bytes("80 GiB") == 80.0 * 1024 * 1024 * 1024);
  CHECK(bytes("80 Gb") == 10e9);
  CHECK(bytes("81559 MiB") == 81559.0 * 1024 * 1024);
}

// mlco2/codecarbon 286; opennem/opennem 359; yozik04/nibe 239
TEST_CASE("R46: energy is no power, in text and in code") {
  CHECK_THROWS_WITH_AS((void)parse<quantity<unit::watt>>("3 MWh"), doctest::Contains("W"), parse_error);
  static_assert(!std::is_convertible_v<decltype(3 * megawatt_hour), quantity<unit::watt>>);
  static_assert(!std::is_constructible_v<quantity<unit::watt>, decltype(3 * megawatt_hour)>);
}
