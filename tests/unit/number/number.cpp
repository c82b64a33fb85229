#include <doctest/doctest.h>

#include <cmath>
#include <layercake/number/dual.hpp>
#include <layercake/number/number.hpp>
#include <limits>
#include <xsimd/xsimd.hpp>

#include "../../approx.hpp"

namespace lc = layercake;

namespace {
constexpr double unset = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
using batch = xsimd::batch<double>;

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }
}  // namespace

TEST_CASE("the smaller and the larger: the first where either is unknown, in a batch as alone") {
  struct row {
    double a, b, smaller, larger;
  };
  // By the definition "b if b < a, else a" and "b if a < b, else a"; a comparison with NaN is false.
  const row rows[] = {{1, 2, 1, 2},
                      {2, 1, 1, 2},
                      {-0.5, -0.5, -0.5, -0.5},
                      {infinity, 3, 3, infinity},
                      {unset, 1, unset, unset},
                      {1, unset, 1, 1},
                      {-infinity, infinity, -infinity, infinity}};
  for (const row& r : rows) {
    CHECK(same(lc::min(r.a, r.b), r.smaller));
    CHECK(same(lc::max(r.a, r.b), r.larger));
    CHECK(same(lc::min(batch(r.a), batch(r.b)).get(0), r.smaller));
    CHECK(same(lc::max(batch(r.a), batch(r.b)).get(0), r.larger));
  }
  // types meet
  CHECK(lc::min(3, 2.5f) == 2.5f);
  CHECK(lc::max(batch(1.0), 4).get(0) == 4.0);
  CHECK(lc::min(lc::dual<double, 1>::variable(3, 0), 5).slope[0] == 1);
  CHECK(lc::max(lc::dual<double, 1>::variable(3, 0), 5).slope[0] == 0);
}

TEST_CASE("selection takes the lane's side and never computes with the other's") {
  CHECK(lc::where(2 > 1, 5, unset) == 5.0);
  const batch x(2.0);
  CHECK(lc::where(x > batch(1.0), x, unset).get(0) == 2.0);
  CHECK(std::isnan(lc::where(x < batch(1.0), x, unset).get(0)));
}

TEST_CASE("a smooth maximum lies between the larger and 2^(1/4) of it") {
  const double most = std::pow(2.0, 0.25);  // where both are equal: (2 a^4)^(1/4)
  for (const double a : {0.0, 1e-300, 1e-3, 1.0, 7.0, 1e300}) {
    for (const double b : {0.0, 1e-300, 2e-3, 1.0, 6.9, 1e300}) {
      const double larger = std::fmax(a, b), s = lc::smooth_max(a, b);
      CHECK(s >= larger);
      CHECK(s <= larger * most * (1 + 1e-15));
      CHECK(s == lc::smooth_max(b, a));
    }
    CHECK(lc::smooth_max(a, a) == approx(a * most).epsilon(1e-15));
    CHECK(lc::smooth_max(a, 0.0) == a);
  }
  // (3^4 + 2^4)^(1/4) = 97^(1/4)
  CHECK(lc::smooth_max(3.0, 2.0) == approx(std::sqrt(std::sqrt(97.0))).epsilon(1e-15));
}

TEST_CASE("powers") {
  CHECK(lc::power<7>(3.0) == 2187.0);
  CHECK(lc::power<3>(-2.0f) == -8.0f);
  CHECK(lc::pow(2.0, 10) == 1024.0);
  CHECK(lc::pow(2.0f, 0.5) == approx(std::sqrt(2.0)).epsilon(1e-15));  // promoted to double
  CHECK(lc::pow(batch(9.0), 0.5).get(0) == approx(3).epsilon(1e-14));
  using D = lc::dual<double, 2>;
  // x^y: y x^(y-1) in x, x^y ln x in y; at x = 2, y = 3: 12 and 8 ln 2
  const D z = lc::pow(D::variable(2, 0), D::variable(3, 1));
  CHECK(z.value == approx(8).epsilon(1e-14));
  CHECK(z.slope[0] == approx(12).epsilon(1e-14));
  CHECK(z.slope[1] == approx(8 * 0.6931471805599453).epsilon(1e-14));
}

TEST_CASE("things are counted whole for people, smoothly for gradients") {
  CHECK(lc::counted(2.25, lc::counting::whole) == 3);
  CHECK(lc::counted(2.0, lc::counting::whole) == 2);
  CHECK(lc::counted(2.25, lc::counting::smooth) == 2.25);
  using D = lc::dual<double, 1>;
  CHECK(lc::counted(D::variable(2.25, 0), lc::counting::smooth).slope[0] == 1);
  CHECK(lc::counted(D::variable(2.25, 0), lc::counting::whole).slope[0] == 0);
}

TEST_CASE("finite, and known") {
  CHECK(lc::is_finite(1e308));
  CHECK_FALSE(lc::is_finite(infinity));
  CHECK_FALSE(lc::is_finite(-infinity));
  CHECK_FALSE(lc::is_finite(unset));
  CHECK(lc::is_known(infinity));
  CHECK_FALSE(lc::is_known(unset));
  CHECK_FALSE(xsimd::any(lc::is_known(batch(unset))));
  CHECK_FALSE(lc::is_known(lc::dual<double, 1>(unset)));
}
