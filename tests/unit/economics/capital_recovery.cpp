// The capital recovery factor, through which every capital cost passes.
#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>
#include <layercake/economics/annuity.hpp>
#include <layercake/number/dual.hpp>
#include <xsimd/xsimd.hpp>

#include "../../approx.hpp"

namespace lc = layercake;
using namespace lc::units;

namespace {
double factor(double rate, double years) {
  return lc::economics::capital_recovery_factor(rate, years * year) * (1 * year);
}
}  // namespace

TEST_CASE("capital recovery: what is paid back at the end of every year is worth what was lent") {
  for (const double rate : {-0.02, 1e-9, 0.01, 0.0679, 0.07, 0.5}) {
    for (const int years : {1, 5, 14, 30}) {
      double worth = 0;
      for (int y = 1; y <= years; ++y)
        worth += std::pow(1 + rate, -y);
      CHECK(factor(rate, years) * worth == approx(1).epsilon(1e-12));
    }
  }
  // Tables of interest: (A/P, 5 %, 10) 0.12950, (A/P, 8 %, 20) 0.10185, (A/P, 10 %, 30) 0.10608.
  CHECK(std::abs(factor(0.05, 10) - 0.12950) < 5e-6);
  CHECK(std::abs(factor(0.08, 20) - 0.10185) < 5e-6);
  CHECK(std::abs(factor(0.10, 30) - 0.10608) < 5e-6);
}

TEST_CASE("capital recovery: limits") {
  for (const double years : {0.5, 5.0, 40.0}) {
    CHECK(factor(0, years) == approx(1 / years).epsilon(1e-15));  // no interest: straight line
    // Near it the rate costs half a year more than the life: 1/n + r (n + 1) / 2n.
    for (const double rate : {1e-13, 1e-11, 1e-9, 1e-7})
      CHECK(factor(rate, years) - 1 / years == approx(rate * (years + 1) / (2 * years)).epsilon(1e-3 + 1e-15 / rate));
  }
  CHECK(factor(0.05, 1) == approx(1.05));                 // paid back after a year, with interest
  CHECK(factor(0.05, 1000) == approx(0.05));              // forever: the interest
  CHECK(factor(10, 3) == approx(10 / (1 - 1 / 1331.0)));  // eleven times a year
  double before = 0;
  for (double rate = -0.1; rate < 0.5; rate += 0.01) {
    CHECK(factor(rate, 10) > before);  // dearer money
    before = factor(rate, 10);
  }
  for (double years = 1; years < 50; ++years)
    CHECK(factor(0.07, years + 1) < factor(0.07, years));  // a longer life
}

TEST_CASE("capital recovery: every number type, and slopes through no interest") {
  using batch = xsimd::batch<double>;
  alignas(64) double rates[batch::size];
  for (std::size_t i = 0; i < batch::size; ++i)
    rates[i] = 0.07 * static_cast<double>(i);  // the first without interest
  const auto lanes = lc::economics::capital_recovery_factor(batch::load_aligned(rates), 5 * year) * (1 * year);
  for (std::size_t i = 0; i < batch::size; ++i)
    CHECK(lanes.get(i) == approx(factor(rates[i], 5)).epsilon(1e-14));
  CHECK(lc::economics::capital_recovery_factor(0.07f, 5.0f * year) * (1.0f * year) == approx(0.24389).epsilon(1e-5));

  using D = lc::dual<double, 1>;
  for (const double rate : {0.0, 0.01, 0.07}) {
    const D slope = lc::economics::capital_recovery_factor(D::variable(rate, 0), 5 * year) * (1 * year);
    CHECK(slope.value == approx(factor(rate, 5)).epsilon(1e-14));
    CHECK(slope.slope[0] == approx((factor(rate + 1e-5, 5) - factor(rate - 1e-5, 5)) / 2e-5).epsilon(1e-6));
  }
  CHECK(in<usd_per_year>(lc::economics::annuity(1000 * usd, 0.05, 10 * year)) == approx(129.50).epsilon(4e-5));
}
