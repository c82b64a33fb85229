// Claim 19: scaling goes on, ten times the compute a stage. At the optimum both terms of the loss fall with C^-(alpha
// beta / (alpha + beta)) = C^-0.15355, so ten times leave 10^-0.15355 = 0.702. A run of 10 times the FLOP, paid a year
// later at a fifth of the price, costs twice as much: value has to double, not rise tenfold.
#include <cmath>
#include <doctest/doctest.h>
#include <layercake/models/models.hpp>

#include "../approx.hpp"

using namespace layercake;
using namespace layercake::units;

TEST_CASE("claim 19: returns of scaling") {
  const models::scaling_law law;
  CHECK(law.reducible_loss_left(10.0) == approx(0.702).epsilon(5e-4));
  CHECK(models::value_growth_to_break_even(10.0, 5.0, 1.0 * year) == approx(2));
  CHECK(models::value_growth_to_break_even(10.0, 5.0, 0.0 * year) == approx(10));
  // the same from the law itself, without the formula: losses at two optima
  const auto reducible = [&](double c) {
    const auto best = models::optimal(law, c * flop);
    return law.loss(best.parameters, best.tokens) - law.irreducible;
  };
  CHECK(reducible(1e25) / reducible(1e24) == approx(law.reducible_loss_left(10.0)).epsilon(1e-12));
}
