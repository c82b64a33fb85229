// Quantities for files: the shortest number that reads back as the same bits, in a unit of the field.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <layercake/units/shortest.hpp>
#include <layercake/units/units.hpp>
#include <limits>
#include <string>

#include "../../xorshift.hpp"

namespace lc = layercake;
namespace unit = lc::unit;
using namespace layercake::units;
using lc::quantity;
using lc::to_shortest_string;

namespace {

template <class Tag>
void every_unit_reads_back() {
  bool has_coherent = false;
  for (const std::string& name : lc::units_of<Tag>()) {
    CAPTURE(name);
    const auto one = lc::parse<quantity<Tag>>(lc::joined_to_unit("1", name));
    CHECK(lc::digits_in(name, one) == "1");
    has_coherent = has_coherent || name == lc::symbol_of<Tag>();
  }
  CHECK(has_coherent);
}

template <class Tag, class T, class Bits>
void any_bits_read_back(layercake_test::xorshift& random, int times) {
  for (int i = 0; i < times; ++i) {
    const T x = std::bit_cast<T>(static_cast<Bits>(random.bits()));
    const auto q = lc::from_base_value<quantity<Tag, T>>(x);
    const std::string text = to_shortest_string(q);
    CAPTURE(text);
    if (!lc::is_finite(x)) {
      CHECK(text == to_exact_string(q));
      continue;
    }
    const T read = lc::base_value(lc::parse<quantity<Tag, T>>(text));
    CHECK(std::bit_cast<Bits>(read) == std::bit_cast<Bits>(x));
  }
}

template <class... Tag>
void all(const unit::detail::list<Tag...>*) {
  layercake_test::xorshift random{20261126};
  (every_unit_reads_back<Tag>(), ...);
  (any_bits_read_back<Tag, double, std::uint64_t>(random, 60), ...);
  (any_bits_read_back<Tag, float, std::uint32_t>(random, 20), ...);
}

}  // namespace

TEST_CASE("what people enter is written as they would") {
  CHECK(to_shortest_string(62 * usd / megawatt_hour) == "62 USD/MWh");
  CHECK(to_shortest_string(18 * usd / (kilowatt * month)) == "18 USD/kW-month");
  CHECK(to_shortest_string(80 * gigabyte) == "80 GB");
  CHECK(to_shortest_string(50 * mebibyte) == "50 MiB");
  CHECK(to_shortest_string(989.4 * teraflop / second) == "989.4 TFLOP/s");
  CHECK(to_shortest_string(1.83 * gigahertz) == "1.83 GHz");
  CHECK(to_shortest_string(12 / day) == "12/d");
  CHECK(to_shortest_string(814 * square_millimetre) == "814 mm^2");
  CHECK(to_shortest_string(700 * watt) == "700 W");
  CHECK(to_shortest_string(30000 * usd) == "30000 USD");
  CHECK(to_shortest_string(38e9 * usd) == "38 billion USD");
  CHECK(to_shortest_string(5 * year) == "5 yr");
  CHECK(to_shortest_string(128 * week) == "128 wk");
  CHECK(to_shortest_string(50 * minute) == "50 min");
  CHECK(to_shortest_string(50 * millisecond / token) == "50 ms/tok");
  CHECK(to_shortest_string(0.5 * litre_per_kilowatt_hour) == "0.5 L/kWh");
  CHECK(to_shortest_string(-40 * megawatt) == "-40 MW");
  CHECK(to_shortest_string(0 * watt) == "0 W");
  CHECK(to_shortest_string(-0.0 * watt) == "-0 W");
  CHECK(to_shortest_string(std::numeric_limits<double>::quiet_NaN() * watt) == "nan W");
}

TEST_CASE("every unit of every dimension is read, and any number reads back bit for bit") {
  all(static_cast<const unit::detail::named*>(nullptr));
  layercake_test::xorshift random{20261126};
  any_bits_read_back<unit::multiplied<unit::watt, unit::usd>, double, std::uint64_t>(random, 60);
}

TEST_CASE("numbers of few digits are found in whatever unit they were entered") {
  layercake_test::xorshift random{20261126};
  for (int i = 0; i < 2000; ++i) {
    const double x = static_cast<double>(random.bits() % 100000 + 1) / 100;
    CHECK(to_shortest_string(x * usd / megawatt_hour).size() <= std::string("USD/kW-month").size() + 8);
    CHECK(to_shortest_string(x * gigabyte / second).size() <= 12);
    CHECK(to_shortest_string(x * month).size() <= 11);
  }
}
