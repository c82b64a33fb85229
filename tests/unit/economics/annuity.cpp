// The capital recovery factor, through which every capital cost passes.
#include <doctest/doctest.h>

#include <cmath>
#include <layercake/economics/annuity.hpp>
#include <layercake/number/dual.hpp>
#include <layercake/units/units.hpp>
#include <xsimd/xsimd.hpp>

#include "../../approx.hpp"

namespace lc = layercake;
using namespace lc::units;
using lc::economics::annuity;
using lc::economics::capital_recovery_factor;

namespace {
double factor(double rate, double years) { return capital_recovery_factor(rate, years * year) * (1.0 * year); }

// What one dollar is worth if it comes at the end of each of `years` years: what the factor repays.
double present_value(double rate, int years) {
  double sum = 0, discount = 1;
  for (int k = 1; k <= years; ++k) {
    discount /= 1 + rate;
    sum += discount;
  }
  return sum;
}
}  // namespace

TEST_CASE("the table of every textbook") {
  // worked: economics/annuity.hpp#capital_recovery_factor
  // (A/P, i, n), five digits: compound interest tables, such as White, Agee and Case, Principles of Engineering Economic
  // Analysis, appendix; Short, Packey and Holt, NREL/TP-462-5173 (1995), section 2, give the equation.
  struct row {
    double rate, years, factor;
  };
  const row rows[] = {{0.07, 5, 0.24389}, {0.10, 10, 0.16275}, {0.05, 20, 0.08024}, {0.08, 30, 0.08883},
                      {0.12, 5, 0.27741}, {0.06, 15, 0.10296}, {0.15, 25, 0.15470}, {0.10, 1, 1.10000}};
  for (const row& r : rows) {
    CAPTURE(r.rate);
    CAPTURE(r.years);
    CHECK(std::fabs(factor(r.rate, r.years) - r.factor) <= 0.5e-5);
  }
}

TEST_CASE("yearly payments of it are worth a dollar today") {
  for (const double rate : {-0.5, -0.02, 1e-9, 1e-6, 0.003, 0.05, 0.3, 2.0})
    for (const int years : {1, 2, 5, 30, 100}) {
      CAPTURE(rate);
      CAPTURE(years);
      CHECK(factor(rate, years) * present_value(rate, years) == approx(1).epsilon(1e-12));
    }
}

TEST_CASE("no interest: the price over the life; little interest: the series in the rate") {
  CHECK(factor(0, 5) == approx(0.2).epsilon(1e-15));
  CHECK(factor(0, 0.25) == approx(4).epsilon(1e-15));
  // a = 1/n + r (n + 1) / (2 n) + r^2 (n^2 - 1) / (12 n) + ...: from r = 1e-16 across the branch at 1e-12 to 1e-6
  for (double rate = 1e-16; rate < 2e-6; rate *= 10)
    for (const double sign : {1.0, -1.0}) {
      const double n = 7, r = sign * rate;
      CHECK(factor(r, n) == approx(1 / n + r * (n + 1) / (2 * n) + r * r * (n * n - 1) / (12 * n)).epsilon(1e-14));
    }
}

TEST_CASE("a life without end: the interest alone") {
  CHECK(factor(0.05, 1000) == approx(0.05).epsilon(1e-14));  // 1.05^-1000 is 6.5e-22
  CHECK(factor(0.05, 1e9) == approx(0.05).epsilon(1e-15));
}

TEST_CASE("part of a year, and negative interest, by hand") {
  // half a year at 21 %: 0.21 / (1 - 1/1.1) = 0.21 * 11 = 2.31
  CHECK(factor(0.21, 0.5) == approx(2.31).epsilon(1e-14));
  // -50 %: one year repays half; two years 1 / (2 + 4)
  CHECK(factor(-0.5, 1) == approx(0.5).epsilon(1e-14));
  CHECK(factor(-0.5, 2) == approx(1.0 / 6).epsilon(1e-14));
}

TEST_CASE("slopes in the rate and the life") {
  using D = lc::dual<double, 2>;
  const auto slopes = [](double rate, double years) {
    return capital_recovery_factor(D::variable(rate, 0), D::variable(years, 1) * year) * (1.0 * year);
  };
  // one year: a = 1 + r, so 1. Two years: a = (1+r)^2 / (2+r): (2 (1+r) (2+r) - (1+r)^2) / (2+r)^2 = 3.41/4.41 at 10 %
  CHECK(slopes(0.1, 1).slope[0] == approx(1).epsilon(1e-13));
  CHECK(slopes(0.1, 2).slope[0] == approx(3.41 / 4.41).epsilon(1e-13));
  // no interest: (n + 1) / (2 n) = 0.6 in the rate, -1 / n^2 in the life
  CHECK(slopes(0, 5).slope[0] == approx(0.6).epsilon(1e-13));
  CHECK(slopes(0, 5).slope[1] == approx(-0.04).epsilon(1e-13));
  // in the life: da/dn = -a^2 (1+r)^-n ln(1+r) / r; at 7 %, 5 years: -0.243890694^2 * 0.712986179 * 0.067658648 / 0.07
  CHECK(slopes(0.07, 5).slope[1] == approx(-0.0409917869).epsilon(1e-8));
}

TEST_CASE("every number type, and the price of an asset") {
  // 1.07^5 = 1.4025517307, so a = 0.07 * 1.4025517307 / 0.4025517307 = 0.2438906944414
  CHECK(lc::in<usd / year>(annuity(1e6 * usd, 0.07, 5 * year)) == approx(243890.6944414).epsilon(1e-12));
  CHECK(lc::in<usd / year>(annuity(1000.0f * usd, 0.0f, 5.0f * year)) == doctest::Approx(200.0f));
  using batch = xsimd::batch<double>;
  const auto b = capital_recovery_factor(batch(0.1), 10.0 * year);
  CHECK((b * (1.0 * year)).get(0) == approx(factor(0.1, 10)).epsilon(1e-12));
  CHECK((capital_recovery_factor(batch(0.0), 10.0 * year) * (1.0 * year)).get(0) == approx(0.1).epsilon(1e-12));
}
