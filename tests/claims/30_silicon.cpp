// Claim 30: silicon is the infrastructure of compute. Everything is derived here from geometry and counting, on plain
// numbers.
#include <cmath>
#include <doctest/doctest.h>
#include <layercake/chips/catalog.hpp>
#include <layercake/chips/silicon.hpp>
#include <layercake/chips/wafers.hpp>

#include "../approx.hpp"

using namespace layercake;
using namespace layercake::units;

namespace {
const auto h100_die = 814 * square_millimetre;
const double per_die = 0.11 * 8.14;  // defects per cm^2 times cm^2
}  // namespace

TEST_CASE("claim 30: gross dies of 814 mm^2 on a 300 mm wafer") {
  const double counted = chips::gross_dies(300 * millimetre, h100_die);
  // The usable disc has a radius of 145 mm; a die with its scribe line is a square of 28.731 mm.
  const double side = std::sqrt(814.0) + 0.2, radius = 145;
  const double in_the_disc = std::acos(-1.0) * radius * radius / (side * side);
  const double cut_by_the_rim = 2 * std::acos(-1.0) * radius / (std::sqrt(2.0) * side);  // one diagonal of rim each
  CHECK(counted == approx(in_the_disc - cut_by_the_rim).epsilon(1e-12));
  // Whole squares of a grid inside the circle, over all offsets of the grid: the mean lies within 10 % of the formula.
  double total = 0;
  const int steps = 20;
  for (int ox = 0; ox < steps; ++ox) {
    for (int oy = 0; oy < steps; ++oy) {
      for (int i = -7; i < 7; ++i) {
        for (int j = -7; j < 7; ++j) {
          const double x = (i + ox / static_cast<double>(steps)) * side,
                       y = (j + oy / static_cast<double>(steps)) * side;
          const double far_x = std::fmax(std::fabs(x), std::fabs(x + side)),
                       far_y = std::fmax(std::fabs(y), std::fabs(y + side));
          if (std::hypot(far_x, far_y) <= radius) total += 1;
        }
      }
    }
  }
  CHECK(counted == approx(total / (steps * steps)).epsilon(0.1));
  CHECK(chips::gross_dies(300 * millimetre, 90000 * square_millimetre) == 0);
}

TEST_CASE("claim 30: four yields") {
  const double x = chips::defects(chips::catalog::process_n5, h100_die);
  CHECK(x == approx(per_die));
  CHECK(chips::poisson_yield(x) == approx(0.40844).epsilon(1e-4));
  CHECK(chips::murphy_yield(x) == approx(0.43647).epsilon(1e-4));
  CHECK(chips::seeds_yield(x) == approx(0.52759).epsilon(1e-4));
  CHECK(chips::negative_binomial_yield(x, 10.0) == approx(0.42420).epsilon(1e-4));
  // Each is the Poisson yield averaged over a density of defects: a triangle from 0 to 2x (Murphy), an exponential
  // (Seeds), a gamma distribution of shape alpha (negative binomial).
  double murphy = 0, seeds = 0, gamma = 0, norm = 0;
  const int n = 200000;
  for (int i = 0; i < n; ++i) {
    const double u = (i + 0.5) / n, density = 20 * x * u;
    if (density < 2 * x)
      murphy += (density < x ? density : 2 * x - density) / (x * x) * std::exp(-density) * 20 * x / n;
    seeds += std::exp(-density / x) / x * std::exp(-density) * 20 * x / n;
    const double g = std::pow(density, 9) * std::exp(-10 * density / x);
    gamma += g * std::exp(-density);
    norm += g;
  }
  CHECK(chips::murphy_yield(x) == approx(murphy).epsilon(1e-4));
  CHECK(chips::seeds_yield(x) == approx(seeds).epsilon(1e-4));
  CHECK(chips::negative_binomial_yield(x, 10.0) == approx(gamma / norm).epsilon(1e-4));
  // Limits: no clustering is Poisson, alpha = 1 is Seeds; no defects, no loss.
  CHECK(chips::negative_binomial_yield(x, 1e9) == approx(chips::poisson_yield(x)));
  CHECK(chips::negative_binomial_yield(x, 1.0) == approx(chips::seeds_yield(x)));
  CHECK(chips::murphy_yield(0.0) == approx(1));
}

TEST_CASE("claim 30: cost of a perfect and of a harvested die") {
  const auto& n5 = chips::catalog::process_n5;
  const double perfect = chips::yield(n5, h100_die);
  CHECK(in<usd>(chips::die_cost(n5, h100_die, perfect)) == approx(16988 / (57.5965 * 0.424198)).epsilon(1e-5));
  // 12 of 144 multiprocessors may fail. With enough spares only the 30 % without redundancy must be free of defects.
  const double harvested = chips::harvested_yield(per_die, 10.0, 0.7, 12);
  CHECK(harvested == approx(std::pow(1 + 0.3 * per_die / 10, -10)).epsilon(1e-6));
  CHECK(in<usd>(chips::die_cost(n5, h100_die, harvested)) == approx(16988 / (57.5965 * harvested)).epsilon(1e-5));
  CHECK(chips::harvested_yield(per_die, 10.0, 0.7, 0) == approx(perfect));
  double last = 0;
  for (int spares = 0; spares < 8; ++spares) {
    const double y = chips::harvested_yield(per_die, 10.0, 0.7, spares);
    CHECK(y > last);
    last = y;
  }
  // Wafers for 100,000 chips of one die.
  CHECK(chips::wafers(1e5, n5, h100_die, harvested, 1.0) == approx(1e5 / (57.5965 * harvested)).epsilon(1e-5));
}

TEST_CASE("claim 30: bill of materials and margin") {
  const chips::bill_of_materials parts{300 * usd, 1350 * usd, 750 * usd, 920 * usd};
  CHECK(in<usd>(parts.cost()) == approx(3320));
  CHECK(chips::gross_margin(28000 * usd, parts.cost()) == approx(24680.0 / 28000));
}

TEST_CASE("claim 35: units that repay the design") {
  CHECK(chips::units_to_repay(542e6 * usd, 28000 * usd, 3320 * usd) == approx(21961).epsilon(1e-4));
  CHECK(std::isinf(chips::units_to_repay(542e6 * usd, 3000 * usd, 3320 * usd)));
}

TEST_CASE("carbon of a die") {
  // ACT: (2.75 kWh/cm^2 at 0.5 kg/kWh + 0.225 + 0.5 kg/cm^2) * 8.14 cm^2 / 0.4242, and 0.15 kg for the package.
  const auto& n5 = chips::catalog::process_n5;
  const double perfect = chips::yield(n5, h100_die);
  const auto die = chips::die_carbon(n5, h100_die, perfect, 500 * gram_co2e_per_kilowatt_hour);
  CHECK(in<kilogram_co2e>(die) == approx((2.75 * 0.5 + 0.225 + 0.5) * 8.14 / 0.424198).epsilon(1e-5));
  CHECK(in<kilogram_co2e>(chips::chip_carbon(die, 80 * gigabyte, 65 * gram_co2e / gigabyte)) ==
        approx(in<kilogram_co2e>(die) + 5.2 + 0.15));
}
