#include <doctest/doctest.h>

#include <layercake/number/dual.hpp>
#include <layercake/units/units.hpp>
#include <limits>
#include <unordered_set>
#include <xsimd/xsimd.hpp>

#include "../../approx.hpp"

namespace lc = layercake;
namespace unit = lc::unit;
using namespace lc::units;
using lc::in;
using lc::quantity;

namespace {

template <class T>
double lane(const T& x) {
  if constexpr (requires { x.value; }) {
    return lane(x.value);
  } else if constexpr (requires { x.get(0); }) {
    for (std::size_t i = 1; i < T::size; ++i)
      CHECK(x.get(i) == x.get(0));
    return static_cast<double>(x.get(0));
  } else {
    return static_cast<double>(x);
  }
}
template <class Mask>
bool holds(const Mask& m) {
  if constexpr (std::same_as<Mask, bool>) {
    return m;
  } else {
    return xsimd::all(m);
  }
}

}  // namespace

#define NUMBERS                                                                                                        \
  float, double, long double, xsimd::batch<float>, xsimd::batch<double>, lc::dual<double, 2>,                          \
      lc::dual<xsimd::batch<double>, 2>

// Expected values are by hand: an H100 of 700 W at 989.4 TFLOP/s and 3.35 TB/s, power at $62/MWh and 370 g/kWh.
TEST_CASE_TEMPLATE("one formula, every number type", T, NUMBERS) {
  const auto power = T(700) * watt;
  const auto rate = lc::number_cast<T>(989.4) * teraflop / second;
  const auto bandwidth = lc::number_cast<T>(3.35) * terabyte / second;
  const double tolerance = std::same_as<lc::scalar_of_t<T>, float> ? 1e-6 : 1e-14;
  const auto near = [&](const T& x, double expected) { CHECK(lane(x) == approx(expected).epsilon(tolerance)); };

  near(in<kilowatt>(power), 0.7);
  near(in<teraflop / joule>(rate / power), 989.4 / 700);
  near(in<flop / byte>(rate / bandwidth), 989.4 / 3.35);
  near(in<usd / hour>(power * (T(62) * usd / megawatt_hour)), 0.0434);
  near(in<gram_co2e / hour>(power * (T(370) * gram_co2e / kilowatt_hour)), 259);
  near(in<megawatt_hour>(power * (T(1) * year)), 700 * 8766 / 1e6);
  near(power / (T(350) * watt), 2);
  near(in<watt>(power + T(300) * watt - T(50) * watt), 950);
  near(in<watt>(2 * power), 1400);
  near(in<watt>(power / 2), 350);
  near(in<watt>(-power), -700);
  near(in<second>(1 / (T(4) / second)), 0.25);
  near(in<metre>(sqrt(T(9) * square_metre)), 3);
  near(in<cubic_metre>(lc::power<3>(T(2) * metre)), 8);
  near(in<watt>(lc::min(power, T(3) * watt)), 3);
  near(in<watt>(lc::max(power, T(3) * watt)), 700);
  near(in<watt>(clamp(power, T(1) * watt, T(2) * watt)), 2);
  near(in<watt>(abs(-power)), 700);
  near(in<watt>(where(power < T(1) * watt, power, T(5) * watt)), 5);
  near(in<watt>(where(power > 1 * watt, power, T(5) * watt)), 700);
  near(in<watt>(ceil_to(power, T(512) * watt)), 1024);
  near(in<watt>(floor_to(power, T(512) * watt)), 512);
  near(in<hour>(ceil_to(T(61) * minute, T(1) * hour)), 2);
  near(in<watt>(smooth_max(T(2) * watt, T(2) * watt)), 2.3784142300054421);  // 2 * 2^(1/4)
  near(lc::exp(power / (T(700) * watt)), 2.718281828459045);
  near(lc::log(power / (T(7) * watt)), 4.605170185988091);

  CHECK(holds(power > T(1) * watt));
  CHECK(holds(power >= 700 * watt));
  CHECK(holds(power != T(1) * watt));
  CHECK(holds(is_finite(power)));
  CHECK_FALSE(holds(power < T(1) * watt));

  auto sum = power;
  sum += T(1) * watt;
  sum -= T(2) * watt;
  sum *= 2;
  sum /= T(4);
  near(in<watt>(sum), 349.5);
}

TEST_CASE_TEMPLATE("number types mix without loss", T, xsimd::batch<double>, lc::dual<double, 2>,
                   lc::dual<xsimd::batch<double>, 2>) {
  const quantity<unit::watt, T> p = 700 * watt;
  CHECK(lane(in<watt>(p + 300 * watt)) == 1000);
  CHECK(lane(in<watt>(300 * watt + p)) == 1000);
  CHECK(lane(in<joule>(p * (2 * second))) == 1400);
  CHECK(lane(in<joule>((2 * second) * p)) == 1400);
  CHECK(lane((1400 * watt) / p) == 2);
  CHECK(lane(in<watt>(T(2) * (350 * watt))) == 700);
  static_assert(std::same_as<decltype(p + 300 * watt), quantity<unit::watt, T>>);
}

TEST_CASE("a dual carries slopes through units") {
  using dual = lc::dual<double, 2>;
  // cost = P t c: d/dP = t c, d/dc = P t.
  const auto p = dual::variable(2000, 0) * watt;
  const auto c = dual::variable(0.06, 1) * usd / kilowatt_hour;
  const auto cost = in<usd>(p * (3 * hour) * c);
  CHECK(cost.value == approx(0.36));
  CHECK(cost.slope[0] == approx(0.00018));
  CHECK(cost.slope[1] == approx(6));
  // sqrt(x): 1 / (2 sqrt(x)), x in m^2.
  const auto side = in<metre>(sqrt(dual::variable(16, 0) * square_metre));
  CHECK(side.slope[0] == approx(0.125));
  // 1 / x: -1 / x^2.
  CHECK(in<second>(1 / (dual::variable(4, 0) / second)).slope[0] == approx(-0.0625));
}

TEST_CASE("lanes are independent") {
  alignas(64) double watts[xsimd::batch<double>::size], doubled[xsimd::batch<double>::size];
  for (std::size_t i = 0; i < xsimd::batch<double>::size; ++i)
    watts[i] = 100.0 * static_cast<double>(i + 1);
  const auto p = xsimd::load_aligned(watts) * watt;
  in<watt>(where(p > 100 * watt, 2 * p, p)).store_aligned(doubled);
  for (std::size_t i = 0; i < xsimd::batch<double>::size; ++i)
    CHECK(doubled[i] == (i == 0 ? 100 : 2 * watts[i]));
}

// Defining values: a year of 365.25 days, the international acre and Btu (table), the US gallon of 231 cubic inches, the foot of 0.3048 m.
TEST_CASE("units are their definitions") {
  CHECK(in<second>(1 * year) == 365.25 * 86400);
  CHECK(in<second>(1 * month) == 365.25 * 86400 / 12);
  CHECK(in<joule>(1 * terawatt_hour) == 3.6e15);
  CHECK(in<square_metre>(1 * acre) == approx(43560 * 0.3048 * 0.3048).epsilon(1e-15));
  CHECK(in<square_metre>(1 * square_foot) == approx(0.3048 * 0.3048).epsilon(1e-15));
  CHECK(in<cubic_metre>(1 * us_gallon) == approx(231 * 0.0254 * 0.0254 * 0.0254).epsilon(1e-15));
  CHECK(in<joule>(1 * million_btu) == approx(1e6 * 1055.05585262).epsilon(1e-15));
  CHECK(in<byte>(1 * pebibyte) == 1024.0 * 1024 * 1024 * 1024 * 1024);
  CHECK(in<bit>(1 * byte) == 8);
  CHECK(in<usd>(250 * us_cent) == 2.5);
  CHECK(in<kilogram_co2e / joule>(360 * gram_co2e / kilowatt_hour) == approx(1e-7));
  CHECK(in<litre / kilowatt_hour>(1 * cubic_metre / megawatt_hour) == approx(1));
}

// Every unit that occurs in the catalogues.
TEST_CASE("the field's figures can be written") {
  CHECK(in<usd_per_watt>(1605.5 * usd / kilowatt) == approx(1.6055));
  CHECK(in<usd_per_watt>(11e6 * usd / megawatt) == approx(11));
  CHECK(in<usd_per_watt>(50e9 * usd / gigawatt) == approx(50));
  CHECK(in<usd / joule>(18 * usd_per_kilowatt_month) == approx(18 / (1000.0 * 2629800)));
  CHECK(in<usd / joule>(1 * usd / (megawatt * year)) == approx(1 / (1e6 * 31557600)));
  CHECK(in<square_metre / megawatt>(29947 * square_metre / megawatt) == approx(29947));
  CHECK(in<square_metre / megawatt>(7.4 * acre / megawatt) == approx(29946.74));
  CHECK(in<litre / megawatt_hour>(1 * us_gallon / megawatt_hour) == approx(3.785411784));
  CHECK(in<usd / second>(2.5 * usd / hour) == approx(2.5 / 3600));
  CHECK(0.2 / square_centimetre * (814 * square_millimetre) == approx(1.628));
  CHECK(in<kilowatt_hour / square_centimetre>(3.25 * kilowatt_hour / square_centimetre) == approx(3.25));
  CHECK(in<gram_co2e / square_centimetre>(470 * gram_co2e / square_centimetre) == approx(470));
  CHECK(in<kilogram_co2e / square_centimetre>(470 * gram_co2e / square_centimetre) == approx(0.47));
  CHECK(in<terabyte / second>(1560 * gigabyte / second) == approx(1.56));
  CHECK(in<joule>(0.34 * watt_hour) == approx(1224));
  CHECK(in<hertz>(3.6 / day) == approx(3.6 / 86400));
  CHECK(in<usd / hour>(12000 * usd / month) == approx(12000.0 * 3600 / 2629800));
}

TEST_CASE("hash and limits") {
  using power = quantity<unit::watt>;
  const std::unordered_set<power> set{700 * watt, 0.7 * kilowatt, 1 * watt};
  CHECK(set.size() == 2);
  CHECK(set.contains(1000 * milliwatt));
  CHECK(std::hash<power>{}(700 * watt) == std::hash<double>{}(700));
  CHECK(std::numeric_limits<power>::max() == std::numeric_limits<double>::max() * watt);
  CHECK_FALSE(is_finite(std::numeric_limits<power>::infinity()));
  CHECK(std::numeric_limits<power>::quiet_NaN() != std::numeric_limits<power>::quiet_NaN());
}

TEST_CASE("a default quantity is zero") {
  CHECK(quantity<unit::watt>{} == 0 * watt);
  CHECK(lane(in<watt>(quantity<unit::watt, xsimd::batch<double>>{})) == 0);
}
