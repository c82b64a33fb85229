// A figure cites the source that has it, not that of the record which it happens to lie in.
#include <doctest/doctest.h>

#include <layercake/infrastructure/infrastructure.hpp>
#include <string>

using namespace layercake;

TEST_CASE("provenance: what is fitted or read elsewhere does not cite the price sheet of the network") {
  const provenance& network = infrastructure::network{}.origin;
  const auto cites = [&](const char* field, const char* text) {
    return std::string(network.of(field).source).find(text) != std::string::npos;
  };
  CHECK(cites("switch_price", "Freakonomics"));
  CHECK(cites("power", "Epoch AI"));
  CHECK(cites("scale_out.ring_step", "NCCL"));
  CHECK(cites("scale_out.efficiency", "nccl-tests"));
  CHECK(network.of("scale_out.switch_efficiency").how == confidence::assumed);
  CHECK(cites("scale_up.launch", "fitted"));
  CHECK(network.of("scale_up.bridge_share").how == confidence::estimated);
}

TEST_CASE("provenance: the entry of a part covers what lies in it and nothing else") {
  static constexpr field_source fields[] = {{"law.step", "a table"}, {"law", "a fit", confidence::estimated}};
  constexpr provenance origin{"a sheet", "2024", confidence::published, fields};
  CHECK(std::string(origin.of("law.step").source) == "a table");
  CHECK(std::string(origin.of("law.launch").source) == "a fit");
  CHECK(std::string(origin.of("law").source) == "a fit");
  CHECK(std::string(origin.of("law.steps").source) == "a fit");  // not the table's step
  CHECK(std::string(origin.of("lawful").source) == "a sheet");
  CHECK(std::string(origin.of("la").source) == "a sheet");
}
