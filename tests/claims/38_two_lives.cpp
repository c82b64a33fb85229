// Claim 38: the data centre outlives chip generations and is worth more. Equipment and building are repaid over lives
// of their own:
//   25.53 a(6.79 %, n) + 12.47 a(6.79 %, 14) + 0.9 B$ a year, a(r, n) = r/(1 - (1 + r)^-n):
//   n = 3: 25.53 x 0.37959 = 9.691; 12.47 x 0.11291 = 1.408; with 0.9: 12.00
//   n = 5: 6.192 + 1.408 + 0.9 = 8.50
//   n = 7: 4.703 + 1.408 + 0.9 = 7.01
// Epoch AI published 12, 8.5 and 7.
#include <cmath>
#include <doctest/doctest.h>
#include <layercake/infrastructure/infrastructure.hpp>

#include "../approx.hpp"

using namespace layercake;
using namespace layercake::units;

namespace {
double per_year(double it_years) {
  return in<billion_usd / year>(infrastructure::ownership_cost<double>(
      25.53 * billion_usd, it_years * year, 12.47 * billion_usd, 14 * year, 0.0679, 0.9 * billion_usd / year));
}
}  // namespace

TEST_CASE("claim 38: the cost of a gigawatt-year by the life of its equipment") {
  CHECK(std::abs(per_year(3) - 12.00) < 0.005);
  CHECK(std::abs(per_year(5) - 8.50) < 0.005);
  CHECK(std::abs(per_year(7) - 7.01) < 0.005);
  // What an annuity is: paid at the end of every year, it is worth the price today.
  for (const int n : {3, 5, 7}) {
    double it = 0, building = 0;
    for (int year = 1; year <= 14; ++year) {
      const double worth = std::pow(1.0679, -year);
      building += worth;
      if (year <= n) it += worth;
    }
    CHECK(per_year(n) == approx(25.53 / it + 12.47 / building + 0.9).epsilon(1e-12));
  }
  // No interest: straight-line depreciation. One life for both would be a different number.
  CHECK(in<billion_usd / year>(infrastructure::ownership_cost<double>(
            25.53 * billion_usd, 5 * year, 12.47 * billion_usd, 14 * year, 0.0, 0 * usd / year)) ==
        approx(25.53 / 5 + 12.47 / 14));
}

TEST_CASE("claim 38: a default site of 1 GW of IT is that site, from its parts") {
  // GB200 at 1,200 W and its average price of 2025; as many as 1 GW of IT carries.
  const infrastructure::site s;
  chip_demand<> chips{0, 1200 * watt, 900 * watt, 36742 * usd, {}};
  chips.chips = 1 * gigawatt / (chips.peak_power * s.it_multiplier());
  const auto need = s.pull(chips, counting::smooth);
  CHECK(in<gigawatt>(need.it_power.peak) == approx(1));
  CHECK(in<billion_usd>(need.capex_facility) == approx(12.47));
  CHECK(in<billion_usd>(need.it_capex()) == approx(25.53).epsilon(0.05));
  CHECK(in<billion_usd>(need.capex()) == approx(38).epsilon(0.05));
  // "Worth more" holds for the life, not for the capital.
  CHECK(s.facility_life > s.it_life);
  CHECK(need.capex_facility < need.it_capex());
  // all but the 0.6 B$ of energy
  CHECK(in<billion_usd / year>(need.cost()) == approx(8.5 - 0.6).epsilon(0.05));
}
