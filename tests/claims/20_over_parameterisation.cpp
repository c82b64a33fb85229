// Claim 20: bigger is not smarter. With L = E + A / N^alpha + B / D^beta and C = 6 N D, dL/dN = 0 along C gives alpha A
// / N^alpha = beta B / D^beta, so N* = (alpha A / (beta B))^(1 / (alpha + beta)) (C / 6)^(beta / (alpha + beta)). For C
// = 5.76e23: 3.219e10 parameters, loss 1.93075. Ten times as many on a tenth of the data: A / N^alpha falls by
// 10^-0.34, B / D^beta rises by 10^0.28, +0.0605 nat.
#include <cmath>
#include <doctest/doctest.h>
#include <layercake/models/models.hpp>
#include <layercake/number/dual.hpp>

#include "../approx.hpp"

using namespace layercake;
using namespace layercake::units;

TEST_CASE("claim 20: over-parameterisation") {
  const models::scaling_law law;
  const auto compute = 5.76e23 * flop;
  const auto best = models::optimal(law, compute);
  CHECK(best.parameters == approx(3.219e10).epsilon(5e-4));
  CHECK(in<token>(best.tokens) == approx(5.76e23 / 6 / 3.219e10).epsilon(5e-4));
  const double least = law.loss(best.parameters, best.tokens);
  CHECK(least == approx(1.93075).epsilon(5e-6));
  const auto bloated = models::at_size(compute, 10 * best.parameters);
  CHECK(law.loss(bloated.parameters, bloated.tokens) - least == approx(0.0605).epsilon(1e-3));
  // a minimum: every other size is worse, and the slope there is zero
  for (const double factor : {0.1, 0.5, 0.9, 1.1, 2.0, 10.0}) {
    const auto other = models::at_size(compute, factor * best.parameters);
    CHECK(law.loss(other.parameters, other.tokens) > least);
  }
  using D = dual<double, 1>;
  const auto along = models::at_size(quantity<unit::flop, D>(compute), D::variable(best.parameters, 0));
  CHECK(std::abs(with_number<D>(law).loss(along.parameters, along.tokens).slope[0] * best.parameters) < 1e-12);
  CHECK(in<flop>(models::training_flop(best.parameters, best.tokens)) == approx(5.76e23));
}
