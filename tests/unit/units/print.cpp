#include <doctest/doctest.h>

#include <layercake/number/dual.hpp>
#include <layercake/units/format.hpp>
#include <layercake/units/units.hpp>
#include <limits>
#include <sstream>
#include <string>
#include <xsimd/xsimd.hpp>

namespace lc = layercake;
namespace unit = lc::unit;
namespace kind = lc::kind;
using namespace lc::units;
using lc::quantity;
using lc::to_exact_string;
using lc::to_string;

namespace {
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

struct line {
  std::string got;
  const char* expected;
};
template <std::size_t N>
void all_equal(const line (&lines)[N]) {
  for (const line& l : lines)
    CHECK(l.got == l.expected);
}
}  // namespace

TEST_CASE("values read as the field writes them") {
  all_equal({{to_string(1.21e6 * watt), "1.21 MW"},
             {to_string(700 * watt), "700 W"},
             {to_string(989.4 * teraflop / second), "989.4 TFLOP/s"},
             {to_string(3.35 * terabyte / second), "3.35 TB/s"},
             {to_string(80 * gigabyte), "80 GB"},
             {to_string(15 * trillion_tokens), "15 Ttok"},
             {to_string(34.7 * kilotoken / second), "34.7 ktok/s"},
             {to_string(3.8e25 * flop), "3.8e25 FLOP"},
             {to_string(1.4 * teraflop / joule), "1.4 TFLOP/J"},
             {to_string(0.71 * picojoule / flop), "710 fJ/FLOP"},
             {to_string(295 * flop / byte), "295 FLOP/B"},
             {to_string(0.4 * joule / token), "400 mJ/tok"},
             {to_string(370 * gram_co2e / kilowatt_hour), "370 gCO2e/kWh"},
             {to_string(1.8 * litre / kilowatt_hour), "1.8 L/kWh"},
             {to_string(0.09 / square_centimetre), "0.09/cm^2"},
             {to_string(12 / second), "12/s"},
             {to_string(5 * kilogram), "5 kg"},
             {to_string(5 * tonne), "5 t"},
             {to_string(2.5 * megatonne_co2e), "2.5 MtCO2e"},
             {to_string(0.3 * gram_co2e), "300 mgCO2e"},
             {to_string(50 * kelvin), "50 K"},
             {to_string(5 * nanometre), "5 nm"},
             {to_string(3 * megalitre), "3 ML"}});
}

TEST_CASE("money") {
  all_equal({{to_string(0.42 * usd / million_tokens), "$0.42/Mtok"},
             {to_string(62 * usd / megawatt_hour), "$62/MWh"},
             {to_string(1.2e6 * usd), "$1.2M"},
             {to_string(38e9 * usd), "$38B"},
             {to_string(1.5e12 * usd), "$1.5T"},
             {to_string(30e3 * usd), "$30K"},
             {to_string(9500 * usd), "$9500"},
             {to_string(0.03 * usd), "$0.03"},
             {to_string(-1.2e6 * usd), "-$1.2M"},
             {to_string(0 * usd), "$0"},
             {to_string(2.5 * usd / hour), "$2.5/h"},
             {to_string(180e3 * usd / hour), "$180K/h"},
             {to_string(11 * usd / watt), "$11/W"},
             {to_string(30000 * usd / (989 * teraflop / second)), "$30.33/(TFLOP/s)"},
             {to_string(85 * usd / tonne_co2e), "$85/tCO2e"},
             {to_string(9.5 * usd / gigabyte), "$9.5/GB"},
             {to_string(999960 * usd), "$1M"}});
}

TEST_CASE("time, energy and area in the unit that is said") {
  all_equal({{to_string(12 * millisecond), "12 ms"},
             {to_string(30 * second), "30 s"},
             {to_string(90 * minute), "90 min"},
             {to_string(3.5 * hour), "3.5 h"},
             {to_string(2.1 * day), "2.1 d"},
             {to_string(18 * month), "18 mo"},
             {to_string(5 * year), "5 yr"},
             {to_string(850 * megawatt_hour), "850 MWh"},
             {to_string(864 * joule), "864 J"},
             {to_string(1 * megajoule), "277.8 Wh"},
             {to_string(814 * square_millimetre), "814 mm^2"},
             {to_string(706.86 * square_centimetre), "706.9 cm^2"},
             {to_string(250 * square_metre), "250 m^2"},
             {to_string(40 * hectare), "40 ha"},
             {to_string(12 * square_kilometre), "12 km^2"},
             {to_string(0 * second), "0 s"},
             {to_string(0 * square_metre), "0 m^2"},
             {to_string(-3.5 * hour), "-3.5 h"}});
}

TEST_CASE("rounding happens before the prefix is chosen") {
  all_equal({{to_string(999.94 * watt), "999.9 W"},
             {to_string(999.96 * watt), "1 kW"},
             {to_string(-999960 * watt), "-1 MW"},
             {to_string(0.99996 * watt), "1 W"},
             {to_string(1e-3 * watt), "1 mW"},
             {to_string(1e-16 * watt), "1e-16 W"},
             {to_string(1e24 * watt), "1e24 W"},
             {to_string(0.5 * token), "0.5 tok"},
             {to_string(0.002 * byte), "0.002 B"}});
}

TEST_CASE("zero, NaN and infinity") {
  all_equal({{to_string(0 * watt), "0 W"},
             {to_string(not_a_number * watt), "nan W"},
             {to_string(-inf * usd), "-inf $"},
             {to_string(inf / second), "inf 1/s"},
             {to_string(not_a_number), "nan"},
             {to_exact_string(not_a_number * watt), "nan W"}});
}

TEST_CASE("plain numbers") {
  all_equal({{to_string(0.25), "0.25"},
             {to_string(1.25f), "1.25"},
             {to_string(12345.0), "12340"},
             {to_string(8.1e6), "8.1e6"},
             {to_string(1e-5), "1e-5"},
             {to_string(0.0), "0"},
             {to_string(1234567), "1234567"},
             {to_exact_string(0.1), "0.1"},
             {to_exact_string(0.1f), "0.1"}});
}

TEST_CASE("dimensions without a name of their own are spelled in base units") {
  all_equal({{to_string(5 * usd * token / kelvin), "5 USD*tok/K"},
             {to_string(5 * usd * second / watt), "5 USD*s^4/(kg*m^2)"},
             {to_string(sqrt(4 * watt)), "2 kg^(1/2)*m/s^(3/2)"},
             {to_string(2 / (1 * kilogram)), "2/kg"}});
}

TEST_CASE("exact text holds every digit, in coherent units") {
  all_equal({{to_exact_string(700 * watt), "700 W"},
             {to_exact_string(1.21e6 * watt), "1210000 W"},
             {to_exact_string(0.1 * watt + 0.2 * watt), "0.30000000000000004 W"},
             {to_exact_string(0.1f * watt), "0.1 W"},
             {to_exact_string(62 * usd / megawatt_hour), "1.7222222222222222e-08 USD/J"},
             {to_exact_string(5 / second), "5 1/s"}});
}

TEST_CASE("streams get what to_string gives, field width included") {
  std::ostringstream s;
  s << 1.21e6 * watt << ", " << 0.42 * usd / million_tokens;
  s.width(10);
  s << 700 * watt;
  CHECK(s.str() == "1.21 MW, $0.42/Mtok     700 W");
}

TEST_CASE("a dual prints its value, a batch its lanes, a kind its name") {
  CHECK(to_string(quantity<unit::watt, lc::dual<double, 2>>(1500 * watt)) == "1.5 kW");
  const std::string lanes = to_string(xsimd::batch<double>(1500) * watt);
  CHECK(lanes.substr(0, 14) == "{1.5 kW, 1.5 k");
  CHECK(lanes.back() == '}');
  CHECK(to_string(lc::as<kind::it>(40 * megawatt)) == "40 MW (IT)");
  CHECK(to_string(lc::as<kind::share_of<lc::boundary::cluster_capex>>(0.7)) == "0.7 (of cluster capex)");
  CHECK(to_string(lc::as<kind::at<lc::precision::fp8>>(1979 * teraflop / second)) == "1.979 PFLOP/s (fp8)");
}

#ifdef __cpp_lib_format
TEST_CASE("std::format") { CHECK(std::format("{}|{:>10}|", 1.21e6 * watt, 700 * watt) == "1.21 MW|     700 W|"); }
#endif
