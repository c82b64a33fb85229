// Silicon: the worked numbers of the formulas, by hand.
#include <doctest/doctest.h>

#include <cmath>
#include <layercake/chips/silicon.hpp>
#include <layercake/chips/wafers.hpp>

#include "../../approx.hpp"

using namespace layercake;
using namespace layercake::units;
namespace chips = layercake::chips;

TEST_CASE("gross dies of a large die") {
  // Side sqrt(814) + 0.2 = 28.7307 mm, usable diameter 290 mm: ratio 10.0937;
  // pi/4 * 101.883 - pi/sqrt(2) * 10.0937 = 80.0187 - 22.4222.
  const auto n = chips::gross_dies(300 * millimetre, 814 * square_millimetre);
  CHECK(n == approx(80.0187 - 22.4222).epsilon(1e-5));
  CHECK(n == approx(57.60).epsilon(1e-4));
  // Nothing fits where a die is as large as the wafer.
  CHECK(chips::gross_dies(300 * millimetre, 70000 * square_millimetre) == 0);
}

TEST_CASE("yields at 0.8954 defects a die, 814 mm^2 at 0.11 a square centimetre") {
  const double x = 0.8954;
  CHECK(chips::defects(chips::catalog::process_n5, 814 * square_millimetre) == approx(x));
  CHECK(chips::poisson_yield(x) == approx(0.4084).epsilon(2e-4));
  CHECK(chips::murphy_yield(x) == approx(0.591556 / 0.8954 * 0.591556 / 0.8954).epsilon(1e-5));  // 1 - e^-x = 0.591556
  CHECK(chips::murphy_yield(x) == approx(0.4365).epsilon(2e-4));
  CHECK(chips::seeds_yield(x) == approx(0.5276).epsilon(2e-4));
  CHECK(chips::negative_binomial_yield(x, 10.0) == approx(std::pow(1.08954, -10)));
  CHECK(chips::negative_binomial_yield(x, 10.0) == approx(0.4242).epsilon(2e-4));
  // Poisson for defects that do not cluster, Seeds for one.
  CHECK(chips::negative_binomial_yield(x, 1e7) == approx(chips::poisson_yield(x)).epsilon(1e-6));
  CHECK(chips::negative_binomial_yield(x, 1.0) == approx(chips::seeds_yield(x)));
  // A die without a defect has area, but none of it is bad.
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
  CHECK(chips::harvested_yield(x, 10.0, 0.7, 12) == approx(0.7671).epsilon(1e-4));
}

TEST_CASE("money and heat of a die") {
  // 16,988 $ over 57.5965 dies of which 42.4198 % work.
  const auto cost = chips::die_cost(chips::catalog::process_n5, 814 * square_millimetre,
                                    chips::yield(chips::catalog::process_n5, 814 * square_millimetre));
  CHECK(in<usd>(cost) == approx(16988 / (57.5965 * 0.424198)).epsilon(1e-5));
  CHECK(in<usd>(cost) == approx(695).epsilon(1e-3));
  CHECK(chips::units_to_repay(542e6 * usd, 28000 * usd, 3320 * usd) == approx(542e6 / 24680));
  CHECK(std::isinf(chips::units_to_repay(542e6 * usd, 3320 * usd, 3320 * usd)));
  CHECK(chips::heat_flux(700 * watt, 814 * square_millimetre) / (1 * watt / square_centimetre) == approx(700 / 8.14));
  // 120 kW / (997 kg/m^3 * 4,180 J/(kg K) * 10 K)
  const auto flow = chips::coolant_flow(120 * kilowatt, 997 * kilogram / cubic_metre,
                                        4180 * joule / (kilogram * kelvin), 10 * kelvin);
  CHECK(flow / (1 * litre / second) == approx(120e3 / (997 * 4180 * 10) * 1e3));
  CHECK(flow / (1 * litre / second) == approx(2.88).epsilon(1e-3));
}
