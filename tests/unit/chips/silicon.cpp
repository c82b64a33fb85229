// Silicon: limits that the formulas have whatever their constants. Their worked numbers are in worked_numbers.cpp.
#include <doctest/doctest.h>

#include <cmath>
#include <layercake/chips/silicon.hpp>
#include <layercake/chips/wafers.hpp>

#include "../../approx.hpp"

using namespace layercake;
using namespace layercake::units;
namespace chips = layercake::chips;

TEST_CASE("nothing fits where a die is as large as the wafer, and tiny dies fill it") {
  CHECK(chips::gross_dies(300 * millimetre, 70000 * square_millimetre) == 0);
  // Without edge and scribe lines the area of the wafer over that of the die, less what the rim cuts.
  const chips::wafer_losses none{.edge = 0 * metre, .scribe = 0 * metre};
  const double area = 0.01, dies = chips::gross_dies(300 * millimetre, area * square_millimetre, none);
  CHECK(dies == approx(3.14159265 * 150 * 150 / area).epsilon(2e-3));
}

TEST_CASE("yields agree where they must") {
  const double x = 0.8954;
  CHECK(chips::defects(chips::catalog::process_n5, 814 * square_millimetre) == approx(0.11 * 8.14));
  // Poisson for defects that do not cluster, Seeds for one.
  CHECK(chips::negative_binomial_yield(x, 1e7) == approx(chips::poisson_yield(x)).epsilon(1e-6));
  CHECK(chips::negative_binomial_yield(x, 1.0) == approx(chips::seeds_yield(x)));
  // To first order in few defects all are 1 - x.
  for (const double few : {1e-4, 1e-3}) {
    for (const double y : {chips::poisson_yield(few), chips::murphy_yield(few), chips::seeds_yield(few),
                           chips::negative_binomial_yield(few, 10.0)})
      CHECK(std::fabs(y - (1 - few)) < 2 * few * few);
  }
  CHECK(chips::murphy_yield(0.0) == approx(1));
}

TEST_CASE("harvested dies") {
  const double x = 0.8954;
  CHECK(chips::harvested_yield(x, 10.0, 0.7, 0) == chips::negative_binomial_yield(x, 10.0));
  // Every die can be sold when all of it may be switched off, in the end.
  CHECK(chips::harvested_yield(x, 10.0, 1.0, 400) == approx(1));
  // With endless spares every die whose defects all fall on the redundant share: the generating function of a negative
  // binomial number of defects, (1 + x (1 - 0.7) / 10)^-10.
  CHECK(chips::harvested_yield(x, 10.0, 0.7, 400) == approx(std::pow(1 + x * 0.3 / 10, -10)));
}

TEST_CASE("a design without a margin is never repaid") {
  CHECK(std::isinf(chips::units_to_repay(542e6 * usd, 3320 * usd, 3320 * usd)));
}
