// Claim 41: trades in short supply. 10 GW built at once. Derivation, per MW at the peak: 5.3 workers in all, 3.5
// electricians, 1.2 plumbers and pipefitters, 0.5 steelworkers, 0.6 network technicians, 0.6 installers; times 10,000
// MW: 53,000; 35,000; 12,000; 5,000; 6,000; 6,000. The trades' own peaks add to 64,000: they do not fall on one day.
// 53,000 are 15 % of the 349,000 that construction lacks in 2026; 35,000 electricians are 43 % of the 81,000 openings
// of a year.
#include <doctest/doctest.h>
#include <layercake/infrastructure/infrastructure.hpp>

#include "../approx.hpp"

using namespace layercake;
using namespace layercake::units;

TEST_CASE("claim 41: the people of 10 GW") {
  const infrastructure::site s;
  const auto crew = infrastructure::peak_crew(s.facility.construction_workers, 10 * gigawatt);
  CHECK(crew.total == approx(53000));
  CHECK(crew.electricians == approx(35000));
  CHECK(crew.pipefitters == approx(12000));
  CHECK(crew.steelworkers == approx(5000));
  CHECK(crew.network_technicians == approx(6000));
  CHECK(crew.equipment_installers == approx(6000));
  const double trades =
      crew.electricians + crew.pipefitters + crew.steelworkers + crew.network_technicians + crew.equipment_installers;
  CHECK(trades == approx(64000));
  CHECK(trades > crew.total);

  using namespace infrastructure::catalog;
  const double gap = construction_worker_gap_us.typical * (1 * year),
               openings = electrician_shortage_us.typical * (1 * year);
  CHECK(crew.total / gap == approx(53.0 / 349).epsilon(1e-9));
  CHECK(crew.electricians / openings == approx(35.0 / 81).epsilon(1e-9));

  // Were the electricians of the largest project to date, 1,400, all that could be had, 10 GW would take 25 times as
  // long: a slip of 24.
  CHECK(infrastructure::schedule_slip(crew.electricians, peak_electricians_single_hyperscale_project.typical) ==
        approx(24));
  CHECK(infrastructure::schedule_slip(crew.electricians, 70000.0) == 0);
  // Apprentices who start today do not change that before five years have passed.
  const auto after = [](double years, double entrants) {
    return infrastructure::workers_after(years * year, 20000.0, entrants / year, electrician_apprenticeship.typical,
                                         0.03 / year);
  };
  CHECK(after(4.9, 8000) == after(4.9, 0));
  CHECK(after(8, 8000) > after(8, 0) + 3 * 8000 * 0.95);

  // Twenty-one months with the parabola's mean of two thirds of the peak: 53,000 x 2/3 x 1.75 years = 61,833
  // person-years.
  CHECK(in<year>(infrastructure::person_time(crew.total, s.facility.construction)) == approx(53000 * 2.0 / 3 * 1.75));
  // 35 to 59.50 $/h is a rise of 70 %: what 1.7^elasticity times the workers would ask for, at an elasticity of 1.
  CHECK(in<usd_per_hour>(infrastructure::clearing_wage(35 * usd_per_hour, 1.7, 1.0, 1.0)) == approx(59.5));
}
