#include <doctest/doctest.h>

#include <layercake/economics/price_path.hpp>
#include <layercake/number/dual.hpp>
#include <layercake/units/units.hpp>
#include <xsimd/xsimd.hpp>

#include "../../approx.hpp"
#include "../../worked.hpp"

namespace lc = layercake;
namespace kind = lc::kind;
using namespace lc::economics;
using namespace lc::units;
using layercake_test::check_stated;
using lc::as;
using lc::in;

// 12 ln 2 / ln f months: f = 5: 5.168; 10: 3.612 (ln 10 = 2.302585: 8.317766 / 2.302585 = 3.61236); 40: 2.255; 900: 1.2228.
// What 18 months leave: f^-1.5: 5: 1/11.18; 10: 1/31.62; 40: 1/252.98; 900: 1/27000.
TEST_CASE("price half-life and yearly decline") {
  const struct {
    double factor, months, left;
  } lines[] = {{5, 5.168, 11.180}, {10, 3.61236, 31.623}, {40, 2.2548, 252.98}, {900, 1.22276, 27000}};
  for (const auto& l : lines) {
    const lc::price_half_life<> h = half_life_of(l.factor);
    CHECK(in<month>(plain(h)) == approx(l.months).epsilon(2e-4));
    CHECK(yearly_decline(h) == approx(l.factor));
    CHECK(1 / price_ratio(h, 18 * month) == approx(l.left).epsilon(1e-4));
    CHECK(price_ratio(h, plain(h)) == approx(0.5));
    CHECK(in<month>(time_to_fall(h, l.factor)) == approx(12));
  }
  // Read as a half-life, 18 months are a decline of 2^(12/18) = 1.5874 a year.
  CHECK(yearly_decline(as<kind::half_life>(18 * month)) == approx(1.5874010519682));
}

TEST_CASE("worked numbers of falling prices") {
  // worked: economics/price_path.hpp#half_life_of
  // 12 ln 2 / ln 10 = 8.317766 / 2.302585 months
  const auto tenth = half_life_of(10.0);
  check_stated(in<month>(plain(tenth)), "3.612");

  // worked: economics/price_path.hpp#price_ratio
  // 10^1.5 = sqrt(1000)
  check_stated(1 / price_ratio(tenth, 18 * month), "31.6");

  // worked: economics/price_path.hpp#yearly_decline
  // 2^(12/18) = cube root of 4
  const lc::price_half_life<> moore = as<kind::half_life>(18 * month);
  check_stated(yearly_decline(moore), "1.587");

  // worked: economics/price_path.hpp#time_to_fall
  // an eighth is three halvings of 18 months
  check_stated(in<month>(time_to_fall(moore, 8.0)), "54");
}

TEST_CASE_TEMPLATE("falling prices over every number type", T, float, double, xsimd::batch<float>, xsimd::batch<double>,
                   lc::dual<double, 1>, lc::dual<xsimd::batch<double>, 1>) {
  const auto first = [](const auto& x) {
    const auto lane = [](const auto& y) {
      if constexpr (requires { y.get(0); }) {
        return static_cast<double>(y.get(0));
      } else {
        return static_cast<double>(y);
      }
    };
    if constexpr (requires { x.value; }) {
      return lane(x.value);
    } else {
      return lane(x);
    }
  };
  const auto near = [&](const T& x, double expected) { CHECK(first(x) == approx(expected).epsilon(1e-6)); };
  near(yearly_decline(half_life_of(T(10))), 10);
  near(price_ratio(half_life_of(T(4)), T(6) * month), 0.5);
  near(in<month>(time_to_fall(half_life_of(T(4)), T(8))), 18);
}
