// Quantities of Boost.Units and durations of std::chrono.
#include <doctest/doctest.h>

#include <boost/units/base_units/metric/hour.hpp>
#include <boost/units/base_units/us/foot.hpp>
#include <boost/units/systems/cgs.hpp>
#include <boost/units/systems/si.hpp>
#include <boost/units/systems/si/prefixes.hpp>
#include <chrono>
#include <layercake/units/boost.hpp>
#include <layercake/units/chrono.hpp>
#include <layercake/units/units.hpp>
#include <limits>

#include "../../approx.hpp"

namespace lc = layercake;
namespace unit = lc::unit;
namespace bu = boost::units;
using namespace lc::units;
using lc::from_boost;
using lc::from_chrono;
using lc::in;
using lc::quantity;
using lc::to_boost;
using lc::to_chrono;

TEST_CASE("from Boost.Units") {
  static_assert(std::same_as<decltype(from_boost(5.0 * bu::si::watt)), quantity<unit::watt>>);
  static_assert(std::same_as<decltype(from_boost(5.f * bu::si::joule)), quantity<unit::joule, float>>);
  CHECK(from_boost(700.0 * bu::si::watt) == 700 * watt);
  CHECK(from_boost(3.0 * bu::si::kelvin) == 3 * kelvin);
  CHECK(from_boost(2.0 * bu::si::meters / bu::si::second / bu::si::second * (3.0 * bu::si::kilograms)) ==
        from_boost(6.0 * bu::si::newton));
  CHECK(from_boost(bu::quantity<bu::si::dimensionless>(0.5)) == 0.5);
  // 1 erg = 1e-7 J; 1 ft = 0.3048 m.
  CHECK(in<joule>(from_boost(5e7 * bu::cgs::ergs)) == approx(5));
  CHECK(in<metre>(from_boost(bu::quantity<bu::us::foot_base_unit::unit_type>(
            10.0 * bu::us::foot_base_unit::unit_type()))) == approx(3.048));
  const bu::metric::hour_base_unit::unit_type boost_hour;
  CHECK(in<hour>(from_boost(2.0 * boost_hour)) == approx(2));
  CHECK(in<megawatt>(from_boost(2.0 * (bu::si::mega * bu::si::watt))) == approx(2));
}

TEST_CASE("to Boost.Units") {
  CHECK(to_boost<bu::quantity<bu::si::power>>(700 * watt).value() == 700);
  CHECK(to_boost<bu::quantity<bu::cgs::energy>>(5 * joule).value() == approx(5e7));
  CHECK(to_boost<bu::quantity<bu::metric::hour_base_unit::unit_type>>(7200 * second).value() == approx(2));
  CHECK(to_boost<bu::quantity<bu::si::time>>(2 * hour).value() == 7200);
  const bu::quantity<bu::si::power, float> f = to_boost<bu::quantity<bu::si::power, float>>(1.5f * watt);
  CHECK(f.value() == 1.5f);
}

template <class To, class From>
concept goes_to_boost = requires(From q) {
  to_boost<To>(q);
};
static_assert(goes_to_boost<bu::quantity<bu::si::power>, quantity<unit::watt>>);
static_assert(!goes_to_boost<bu::quantity<bu::si::power>, quantity<unit::joule>>);
static_assert(!goes_to_boost<bu::quantity<bu::si::power>, quantity<unit::usd>>);

TEST_CASE("there and back through Boost.Units") {
  for (const double x : {0.0, 1.0, -3.7, 1e-30, 6.02e23}) {
    const auto q = x * watt;
    CHECK(from_boost(to_boost<bu::quantity<bu::si::power>>(q)) == q);
    const auto v = x * metre / second;
    CHECK(from_boost(to_boost<bu::quantity<bu::si::velocity>>(v)) == v);
  }
}

TEST_CASE("from std::chrono") {
  CHECK(from_chrono(std::chrono::milliseconds(12)) == 12 * millisecond);
  CHECK(from_chrono(std::chrono::hours(3)) == 3 * hour);
  CHECK(from_chrono(std::chrono::duration<double>(0.5)) == 0.5 * second);
  static_assert(std::same_as<decltype(from_chrono(std::chrono::duration<float>(1))), quantity<unit::second, float>>);
  static_assert(std::same_as<decltype(from_chrono(std::chrono::seconds(1))), quantity<unit::second>>);
  static_assert(in<second>(from_chrono(std::chrono::minutes(90))) == 5400);
}

TEST_CASE("to std::chrono") {
  using namespace std::chrono;
  CHECK(to_chrono<milliseconds>(1.2344 * second).count() == 1234);
  CHECK(to_chrono<milliseconds>(1.2345 * second).count() == 1235);
  CHECK(to_chrono<milliseconds>(-1.2345 * second).count() == -1235);
  CHECK(to_chrono<duration<double>>(0.25 * second).count() == 0.25);
  CHECK(to_chrono<hours>(3 * hour).count() == 3);
  static_assert(to_chrono<minutes>(5400. * second) == minutes(90));
  CHECK(from_chrono(to_chrono<nanoseconds>(12 * millisecond)) == 12 * millisecond);
}

TEST_CASE("a time that the ticks cannot count is refused") {
  using namespace std::chrono;
  using ticks32 = duration<std::int32_t, std::milli>;
  using ticks_up = duration<std::uint32_t, std::milli>;
  CHECK(to_chrono<ticks32>(2147483.647 * second).count() == 2147483647);
  CHECK(to_chrono<ticks32>(2147483.6474 * second).count() == 2147483647);
  CHECK(to_chrono<ticks32>(-2147483.648 * second).count() == -2147483647 - 1);
  CHECK_THROWS_AS((void)to_chrono<ticks32>(2147483.648 * second), lc::invalid_value);
  CHECK_THROWS_AS((void)to_chrono<ticks32>(2147483.6476 * second), lc::invalid_value);
  CHECK_THROWS_AS((void)to_chrono<ticks32>(-2147483.6487 * second), lc::invalid_value);
  CHECK(to_chrono<ticks_up>(-0.0003 * second).count() == 0);
  CHECK_THROWS_AS((void)to_chrono<ticks_up>(-1 * second), lc::invalid_value);
  CHECK_THROWS_AS((void)to_chrono<nanoseconds>(2629800 * hour), lc::invalid_value);
  CHECK_THROWS_AS((void)to_chrono<nanoseconds>(std::numeric_limits<quantity<unit::second>>::quiet_NaN()),
                  lc::invalid_value);
  CHECK_THROWS_AS((void)to_chrono<nanoseconds>(std::numeric_limits<quantity<unit::second>>::infinity()),
                  lc::invalid_value);
}
