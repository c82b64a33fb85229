#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <layercake/number/dual.hpp>
#include <layercake/serving/queue.hpp>
#include <random>
#include <vector>
#include <xsimd/xsimd.hpp>

#include "../../approx.hpp"

namespace lc = layercake;
namespace queue = lc::queue;
using namespace lc::units;

namespace {
// Erlang B by its recursion, B(c) = a B(c-1) / (c + a B(c-1)): another way to the same number.
double erlang_c_by_recursion(int servers, double load) {
  double blocked = 1;
  for (int c = 1; c <= servers; ++c)
    blocked = load * blocked / (c + load * blocked);
  return blocked / (1 - load / servers * (1 - blocked));
}
}  // namespace

TEST_CASE("Erlang's C formula") {
  CHECK(queue::erlang_c(1.0, 0.7) == approx(0.7));  // M/M/1: the server is busy
  // worked: serving/queue.hpp#erlang_c
  CHECK(queue::erlang_c(2.0, 1.0) == approx(1.0 / 3));
  for (int c : {1, 2, 5, 17, 100, 1000, 20000}) {
    for (double rho : {0.1, 0.5, 0.9, 0.99, 0.9999}) {
      const double expected = erlang_c_by_recursion(c, rho * c);
      CHECK(std::abs(queue::erlang_c(double(c), rho * c) - expected) < 1e-10);
    }
  }
  CHECK(queue::erlang_c(10.0, 0.0) == 0);
  CHECK(queue::erlang_c(10.0, 10.0) == 1);
  CHECK(queue::erlang_c(10.0, 12.0) == 1);
}

TEST_CASE("a million servers") {
  // Halfin and Whitt 1981: with rho = 1 - b / sqrt(c), C tends to 1 / (1 + b Phi(b) / phi(b)).
  const double c = 1e6, b = 1;
  const double phi = std::exp(-0.5) / std::sqrt(2 * 3.14159265358979), big_phi = 0.5 * std::erfc(-1 / std::sqrt(2.0));
  CHECK(queue::erlang_c(c, c * (1 - b / std::sqrt(c))) == approx(1 / (1 + b * big_phi / phi)).epsilon(0.01));
  CHECK(queue::erlang_c(c, 0.9 * c) == approx(0).scale(1e-12));
  CHECK(std::isfinite(queue::erlang_c(c, 0.999999 * c)));
}

TEST_CASE("the quantile of the normal distribution") {
  // worked: serving/queue.hpp#normal_quantile
  CHECK(queue::normal_quantile(0.99) == approx(2.32635).epsilon(2e-4));
  CHECK(queue::normal_quantile(0.01) == approx(-2.32635).epsilon(2e-4));
  CHECK(queue::normal_quantile(0.999) == approx(3.09023).epsilon(2e-4));
}

TEST_CASE("pooling: servers never fall with load, utilisation never with servers") {
  double before = 0;
  for (double load = 1; load < 3000; load *= 1.7) {
    const double n = queue::fewest_servers(load, 1.0, 0.01);
    CHECK(n > load);
    CHECK(n >= before);
    CHECK(queue::probability_of_waiting_longer(n, load, 1.0) <= 0.01);
    CHECK(queue::probability_of_waiting_longer(n - 1, load, 1.0) > 0.01);
    before = n;
  }
  // By Erlang B's recursion and bisection of P(wait > t) = C e^-(c - a) t, outside this library.
  // worked: serving/queue.hpp#highest_utilisation
  CHECK(queue::highest_utilisation(10.0, 1.0, 0.01) == approx(0.69415925).epsilon(1e-7));
  CHECK(queue::highest_utilisation(100.0, 1.0, 0.01) == approx(0.95936318).epsilon(1e-7));
  CHECK(queue::highest_utilisation(1000.0, 1.0, 0.01) == approx(0.99557337).epsilon(1e-7));
  double utilisation = 0;
  for (double c = 1; c < 5000; c *= 3) {
    const double u = queue::highest_utilisation(c, 1.0, 0.01);
    CHECK(u > utilisation);
    utilisation = u;
  }
}

TEST_CASE("servers by the thousand million: the sum and its limit meet") {
  for (const double b : {0.01, 0.5, 1.0, 3.0}) {
    const double below = 0.999e10, above = 1.001e10;
    CHECK(queue::erlang_c(above, above - b * std::sqrt(above)) ==
          approx(queue::erlang_c(below, below - b * std::sqrt(below))).epsilon(1e-4));
  }
  CHECK(queue::erlang_c(1e17, 0.9e17) == 0);
  CHECK(queue::erlang_c(1e16f, std::nextafter(1e16f, 0.f)) <= 1);
  CHECK(queue::erlang_c(1e300, 0.5e300) == 0);
}

TEST_CASE("the fewest servers end for every input, or are refused") {
  const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();
  for (const double bad : {nan, infinity, -infinity, -10.0, 1e17}) {
    CHECK_THROWS_WITH_AS(queue::fewest_servers(bad, 0.3, 0.01), doctest::Contains("load is"), lc::invalid_value);
    if (bad != 1e17)
      CHECK_THROWS_WITH_AS(queue::fewest_servers(10., bad, 0.01), doctest::Contains("service_times"),
                           lc::invalid_value);
    CHECK_THROWS_WITH_AS(queue::fewest_servers(10., 0.3, bad), doctest::Contains("share is"), lc::invalid_value);
  }
  for (const double bad : {nan, infinity, -1.0, 0.0})
    CHECK_THROWS_WITH_AS(queue::fewest_servers(10., 0.3, 0.01, bad), doctest::Contains("step is"), lc::invalid_value);
  CHECK_THROWS_WITH_AS(queue::fewest_servers(1e10, 0.3, 0.01, 1e-10), doctest::Contains("load / step is"),
                       lc::invalid_value);
  CHECK_THROWS_AS(queue::fewest_servers(1e10f, 0.3f, 0.01f), lc::invalid_value);
  CHECK(queue::fewest_servers(0., 0.3, 0.01) == 1);
  CHECK(queue::fewest_servers(10., 0., 0.) > 10);
  CHECK(queue::fewest_servers(1e15, 0.3, 0.01) >= 1e15);
  CHECK(std::isnan(queue::erlang_c(nan, 1.0)));
  CHECK(std::isnan(queue::erlang_c(10.0, nan)));
}

TEST_CASE("queues over every number type") {
  const double z = queue::normal_quantile(0.9);
  CHECK(double(queue::normal_quantile(0.9f)) == approx(z).epsilon(1e-5));
  using batch = xsimd::simd_type<double>;
  CHECK(queue::normal_quantile(batch(0.9)).get(0) == approx(z).epsilon(1e-12));
  using dual = lc::dual<double, 1>;
  const double h = 1e-6;
  CHECK(queue::normal_quantile(dual::variable(0.9, 0)).slope[0] ==
        approx((queue::normal_quantile(0.9 + h) - queue::normal_quantile(0.9 - h)) / (2 * h)).epsilon(1e-6));
}
