#include <doctest/doctest.h>

#include <cmath>
#include <layercake/units/parse.hpp>
#include <layercake/units/units.hpp>
#include <string>

#include "../../approx.hpp"

namespace lc = layercake;
namespace unit = lc::unit;
using namespace lc::units;
using lc::parse;
using lc::quantity;

namespace {
template <class Q>
std::string message(const char* text) {
  try {
    (void)parse<Q>(text);
  } catch (const lc::error& e) {
    return e.what();
  }
  return "";
}
template <class Q>
std::size_t column(const char* text) {
  try {
    (void)parse<Q>(text);
  } catch (const lc::parse_error& e) {
    return e.column;
  }
  return 0;
}
bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }
}  // namespace

// The right-hand sides are in base units, computed by hand: 1 h = 3600 s, 1 mo = 2 629 800 s, 1 GiB = 2^30 B, 1 b = 1/8 B.
TEST_CASE("units by the names people write") {
  const auto power = [](const char* s) { return in<watt>(parse<quantity<unit::watt>>(s)); };
  CHECK(power("1.5 MW") == 1.5e6);
  CHECK(power("1.5MW") == 1.5e6);
  CHECK(power("  -3 kW ") == -3000);
  CHECK(power("+3 kW") == 3000);
  CHECK(power("1.5 megawatts") == 1.5e6);
  CHECK(power("2 GW") == 2e9);
  CHECK(power("7 mW") == 7e-3);
  CHECK(power("7 \xC2\xB5W") == 7e-6);
  CHECK(power("5 J/s") == 5);
  CHECK(power("5 kg*m^2/s^3") == 5);
  CHECK(power("5 kg*m^2*s^-3") == 5);
  CHECK(power("5 (kg*m^2)/(s^3)") == 5);
  CHECK(power("36 kWh/h") == 36000);
  CHECK(power("3.6 MJ per h") == 1000);
  const auto energy = [](const char* s) { return in<joule>(parse<quantity<unit::joule>>(s)); };
  CHECK(energy("1 kWh") == 3.6e6);
  CHECK(energy("2 MWh") == 7.2e9);
  CHECK(energy("2 megawatt-hours") == 7.2e9);
  CHECK(energy("1 MW*h") == 3.6e9);
  CHECK(energy("1 MMBtu") == 1055055852.62);
  CHECK(energy("3 pJ") == 3e-12);
  const auto data = [](const char* s) { return in<byte>(parse<quantity<unit::byte>>(s)); };
  CHECK(data("80 GB") == 80e9);
  CHECK(data("80 GiB") == 80 * 1073741824.0);
  CHECK(data("8 Gb") == 1e9);
  CHECK(data("8 Gbit") == 1e9);
  CHECK(data("2 KiB") == 2048);
  const auto rate = [](const char* s) { return in<byte / second>(parse<quantity<unit::byte_per_second>>(s)); };
  CHECK(rate("3.35 TB/s") == 3.35e12);
  CHECK(rate("400 Gb/s") == 50e9);
  CHECK(rate("400 Gbps") == 50e9);
  const auto time = [](const char* s) { return in<second>(parse<quantity<unit::second>>(s)); };
  CHECK(time("12 ms") == 12e-3);
  CHECK(time("3.5 h") == 12600);
  CHECK(time("2 d") == 172800);
  CHECK(time("2 days") == 172800);
  CHECK(time("18 mo") == 18 * 2629800.0);
  CHECK(time("18 months") == 18 * 2629800.0);
  CHECK(time("5 yr") == 5 * 31557600.0);
  CHECK(time("1 wk") == 604800);
  CHECK(time("5 min") == 300);
  const auto area = [](const char* s) { return in<square_metre>(parse<quantity<unit::square_metre>>(s)); };
  CHECK(area("814 mm^2") == approx(814e-6).epsilon(1e-15));
  CHECK(area("814 mm2") == area("814 mm^2"));
  CHECK(area("3 cm^2") == 3e-4);
  CHECK(area("2 ha") == 20000);
  CHECK(area("2 acres") == approx(8093.7128448).epsilon(1e-15));
  CHECK(area("100 ft^2") == approx(9.290304).epsilon(1e-15));
  CHECK(in<token>(parse<quantity<unit::token>>("1.5 Mtok")) == 1.5e6);
  CHECK(in<token>(parse<quantity<unit::token>>("15 trillion tokens")) == 15e12);
  CHECK(in<flop / second>(parse<quantity<unit::flop_per_second>>("989.4 TFLOP/s")) == 989.4e12);
  CHECK(in<kilogram_co2e>(parse<quantity<unit::kilogram_co2e>>("2 tCO2e")) == 2000);
  CHECK(in<kilogram_co2e>(parse<quantity<unit::kilogram_co2e>>("2 MtCO2e")) == 2e9);
  CHECK(in<gram_co2e / kilowatt_hour>(parse<quantity<unit::kilogram_co2e_per_joule>>("370 gCO2e/kWh")) == approx(370));
  CHECK(parse<quantity<unit::cubic_metre_per_joule>>("1.8 L/kWh") == 1.8 * litre / kilowatt_hour);
  CHECK(in<hertz>(parse<quantity<unit::per_second>>("2 GHz")) == 2e9);
  CHECK(parse<quantity<unit::per_second>>("12 tasks/day") == 12 / day);
  CHECK(parse<quantity<unit::per_square_metre>>("0.09/cm^2") == 0.09 / square_centimetre);
}

TEST_CASE("money") {
  const auto money = [](const char* s) { return in<usd>(parse<quantity<unit::usd>>(s)); };
  CHECK(money("$1.2M") == 1.2e6);
  CHECK(money("-$38B") == -38e9);
  CHECK(money("$-38B") == -38e9);
  CHECK(money("$1.5T") == 1.5e12);
  CHECK(money("$30k") == 30e3);
  CHECK(money("$30 K") == 30e3);
  CHECK(money("50 B$") == 50e9);
  CHECK(money("1.2 billion USD") == 1.2e9);
  CHECK(money("$1.2 billion") == 1.2e9);
  CHECK(money("25 cents") == 0.25);
  // Text and code give the same bits.
  CHECK(parse<quantity<unit::usd_per_joule>>("$62/MWh") == 62 * usd / megawatt_hour);
  CHECK(parse<quantity<unit::usd_per_joule>>("62 USD/MWh") == 62 * usd / megawatt_hour);
  CHECK(parse<quantity<unit::usd_per_joule>>("62 USD per MWh") == 62 * usd / megawatt_hour);
  CHECK(parse<quantity<unit::usd_per_token>>("$0.42/Mtok") == 0.42 * usd / million_tokens);
  CHECK(parse<quantity<unit::usd_per_joule>>("18 USD/kW-month") == 18 * usd_per_kilowatt_month);
  CHECK(parse<quantity<unit::usd_per_joule>>("$18/kW-month") == 18 * usd / (kilowatt * month));
  CHECK(parse<quantity<unit::usd_per_second>>("2.5 USD/GPU-hour") == 2.5 * usd / hour);
  CHECK(parse<quantity<unit::usd_per_watt>>("$11M/MW") == 11 * million_usd / megawatt);
}

TEST_CASE("plain numbers, other number types and kinds") {
  CHECK(parse<double>("35 %") == 0.35);
  CHECK(parse<double>("0.35") == 0.35);
  CHECK(parse<double>("1e-3") == 1e-3);
  CHECK(parse<double>("3 GB/MB") == 3000);
  CHECK(parse<float>("0.1") == 0.1f);
  CHECK(parse<quantity<unit::watt, float>>("1.5 MW") == 1.5e6f * watt);
  CHECK(parse<lc::it_power<>>("40 MW") == lc::as<lc::kind::it>(40 * megawatt));
}

TEST_CASE("what is not finite is refused") {
  for (const char* text : {"nan W", "inf W", "-inf W", "+nan W", "INFINITY MW", "NaN(1) W", "nan"})
    CHECK(contains(message<quantity<unit::watt>>(text), "expected a finite number"));
  CHECK(message<quantity<unit::watt>>("nan W") ==
        "cannot read \"nan W\" as W: column 1: found \"nan W\"; expected a finite number");
  CHECK(contains(message<double>("nan"), "expected a finite number"));
  CHECK(contains(message<float>("inf"), "expected a finite number"));
  CHECK(contains(message<quantity<unit::usd>>("$inf"), "expected a finite number"));
  CHECK(contains(message<lc::it_power<>>("nan W"), "expected a finite number"));
  CHECK(contains(message<double>("1e999"), "too large"));
}

TEST_CASE("another dimension: the message names both units and the column") {
  CHECK(message<quantity<unit::usd_per_joule>>("62 USD/MW") ==
        "cannot read \"62 USD/MW\" as USD/J: column 4: found \"USD/MW\", which is in USD/W; expected a unit of USD/J, "
        "such as $/MWh");
  CHECK(column<quantity<unit::usd_per_joule>>("62 USD/MW") == 4);
  CHECK(contains(message<quantity<unit::watt>>("5 MWh"), "found \"MWh\", which is in J; expected a unit of W"));
  CHECK(contains(message<quantity<unit::watt>>("5"), "found no unit; expected a unit of W"));
  CHECK(contains(message<double>("5 W"), "found \"W\", which is in W; expected a plain number"));
  CHECK(contains(message<quantity<unit::watt>>("5 %"), "which is a plain number"));
  CHECK(contains(message<quantity<unit::watt>>("$5"), "in USD"));
}

TEST_CASE("text that is no quantity") {
  CHECK(contains(message<quantity<unit::watt>>(""), "column 1: found the end; expected a number"));
  CHECK(contains(message<quantity<unit::watt>>("many W"), "column 1: found \"many W\"; expected a number"));
  CHECK(contains(message<quantity<unit::watt>>("5 W W"), "column 5: found \"W\"; expected *, / or the end"));
  CHECK(contains(message<quantity<unit::watt>>("5 (W"), "column 5: found the end; expected )"));
  CHECK(contains(message<quantity<unit::watt>>("5 J/"), "column 5: found the end; expected a unit"));
  CHECK(contains(message<quantity<unit::watt>>("5 W^x"), "expected an exponent"));
  CHECK(contains(message<quantity<unit::watt>>("--5 W"), "expected a number"));
  CHECK(contains(message<quantity<unit::usd>>("1,200 USD"), "without separators"));
  CHECK(contains(message<quantity<unit::usd>>("$5W"), "column 3: found \"W\"; expected K, M, B, T or /"));
  CHECK(contains(message<quantity<unit::watt>>("5 KW"), "Is it kW?"));
  CHECK(contains(message<quantity<unit::joule>>("5 kwh"), "Is it kWh?"));
  CHECK(contains(message<quantity<unit::flop>>("989 TFLOPS"), "FLOPS may mean FLOP or FLOP/s: write which"));
  CHECK(contains(message<quantity<unit::kilogram_co2e>>("5 gCO2"), "Write gCO2e if it is CO2-equivalent"));
  CHECK(contains(message<quantity<unit::token>>("5 mtok"), "Is it Mtok?"));
}

TEST_CASE("what cannot be held is refused, not overflowed") {
  CHECK(contains(message<quantity<unit::watt>>("1e400 W"), "too large or too small"));
  CHECK(contains(message<quantity<unit::watt>>("1e308 ZW"), "too large or too small"));
  CHECK(contains(message<quantity<unit::watt>>("1 MMBtu^12"), "too large or too small"));
  // of which nothing is left
  for (const char* text : {"1e-400 W", "1e-310 fW", "-1e-320 uW"})
    CHECK(contains(message<quantity<unit::watt>>(text), "too large or too small"));
  for (const char* text : {"1e40 W", "1e40 GW", "-1e30 GW", "1e-50 W", "1e-50 kW", "1e-50 mW"})
    CHECK(contains(message<quantity<unit::watt, float>>(text), "too large or too small"));
  CHECK(contains(message<float>("1e38 billion"), "too large or too small"));
  CHECK(contains(message<double>("1e308 million"), "too large or too small"));
  CHECK(parse<float>("1e39 %") == 1e37f);
  CHECK(parse<quantity<unit::watt, float>>("0 MW") == 0.0f * watt);
  CHECK(parse<quantity<unit::watt>>("0 fW") == 0 * watt);
  CHECK(parse<quantity<unit::watt>>("1e-320 W") == 1e-320 * watt);
  CHECK(contains(message<quantity<unit::watt>>("1 W^99999999999999"), "exponents go to 12"));
  CHECK(contains(message<quantity<unit::watt>>("1 W^(1/7)"), "root"));
  CHECK(contains(message<quantity<unit::watt>>("1 W^(1/0)"), "root"));
  CHECK(contains(message<quantity<unit::watt>>(("5 " + std::string(100000, '(')).c_str()), "16 deep"));
}
