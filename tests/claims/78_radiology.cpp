// Claim 78: reading gets faster, and the demand for radiologists still grows.
#include <doctest/doctest.h>

#include <cmath>
#include <layercake/applications/applications.hpp>
#include <limits>

#include "../approx.hpp"

namespace lc = layercake;
namespace app = lc::applications;

TEST_CASE("claim 78: capacity by acceleration of 36 % of the work") {
  const struct {
    double acceleration, capacity;
  } rows[] = {{1.5, 1.136}, {2, 1.220}, {3, 1.316}, {std::numeric_limits<double>::infinity(), 1.5625}};
  for (const auto& r : rows) {
    // An hour of work now takes 0.64 h and 0.36 h / a: 0.88, 0.82, 0.76 and 0.64 h.
    CHECK(app::accelerated_throughput(0.36, r.acceleration) == approx(r.capacity).epsilon(0.0005));
  }
}

TEST_CASE("claim 78: the acceleration that observed throughput implies") {
  CHECK(app::implied_acceleration(0.36, 1.15) == approx(1.57).epsilon(0.002));
  CHECK(app::implied_acceleration(0.36, 1.20) == approx(1.86).epsilon(0.002));
  CHECK(app::implied_acceleration(0.36, 1.25) == approx(2.25).epsilon(0.002));
}

TEST_CASE("claim 78: jobs at 1.2 times the capacity") {
  const struct { double elasticity, labour; } rows[] = {{-0.5, 0.913}, {-1, 1}, {-1.5, 1.095}};
  for (const auto& r : rows) {
    const double labour = app::labour_response(1.2, lc::economics::price_elasticity{r.elasticity});
    // Demand 1.2^|e| over capacity 1.2: 1.2^-0.5, 1, 1.2^0.5.
    CHECK(labour == approx(r.labour).epsilon(0.0005));
    // What they read together is what is asked: twice the elasticity, the square of it.
    CHECK(std::pow(labour * 1.2, 2) ==
          approx(app::labour_response(1.2, lc::economics::price_elasticity{2 * r.elasticity}) * 1.2).epsilon(1e-12));
  }
  // Jobs grow exactly if demand is elastic.
  for (double e = -2; e < 0; e += 0.0625)
    CHECK((app::labour_response(1.2, lc::economics::price_elasticity{e}) > 1) == (e < -1));
}
