// Claim 13: a price cut raises spending exactly if demand is elastic.
#include <doctest/doctest.h>

#include <cmath>
#include <layercake/economics/elasticity.hpp>

#include "../approx.hpp"

namespace lc = layercake;

TEST_CASE("claim 13: a tenth of the price") {
  const struct { double elasticity, spending; } rows[] = {{-0.8, 0.63}, {-1.11, 1.288}, {-1.5, 3.16}};
  for (const auto& r : rows) {
    const lc::economics::price_elasticity e{r.elasticity};
    CHECK(lc::economics::spending_response(0.1, e) == approx(r.spending).epsilon(0.002));
    // The elasticity is what its name says: d ln(amount) / d ln(price), at any price.
    const double h = 1e-6;
    const double slope = (std::log(lc::economics::demand_response(0.1 * (1 + h), e)) -
                          std::log(lc::economics::demand_response(0.1 * (1 - h), e))) /
                         (2 * h);
    CHECK(slope == approx(r.elasticity).epsilon(1e-8));
    // Spending is the amount, each at a tenth.
    CHECK(lc::economics::spending_response(0.1, e) ==
          approx(lc::economics::demand_response(0.1, e) / 10).epsilon(1e-12));
  }
}

TEST_CASE("claim 13: true exactly if the elasticity is beyond -1") {
  for (double e = -2; e < 0; e += 0.0625) {
    const double spending = lc::economics::spending_response(0.1, lc::economics::price_elasticity{e});
    CHECK((spending > 1) == (e < -1));
  }
  CHECK(lc::economics::spending_response(0.1, lc::economics::price_elasticity{-1.0}) == approx(1));
}
