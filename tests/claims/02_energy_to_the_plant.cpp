// Claim 2, the energy half: an application pulls power down to the plant.
#include <doctest/doctest.h>

#include <layercake/applications/applications.hpp>
#include <layercake/energy/energy.hpp>

#include "../approx.hpp"

namespace lc = layercake;
using namespace lc::units;

TEST_CASE("claim 2: 2.5e9 queries a day of 0.34 Wh are 35.4 MW") {
  const auto queries = 2.5e9 / day;
  const lc::power_demand<> meter{queries * (0.34 * watt_hour), queries * (0.34 * watt_hour)};
  // By hand: 2.5e9 * 0.34 Wh = 850 MWh a day, over 24 h.
  CHECK(in<megawatt>(meter.mean) == approx(35.4).epsilon(0.001));
  CHECK(in<megawatt>(meter.mean) == approx(850.0 / 24).epsilon(1e-12));

  // Lines lose 5 % of what is generated, so that the plant gives 35.4 / 0.95.
  const auto bill = lc::energy::catalog::grid_us_average.pull(meter);
  CHECK(in<megawatt>(bill.plant.mean) == approx(850.0 / 24 / 0.95).epsilon(1e-12));
  CHECK(bill.meter.mean == meter.mean);
  // 850 MWh a day at 82.6 $/MWh.
  CHECK(in<usd / day>(bill.cost()) == approx(850 * 82.6).epsilon(1e-12));
}

TEST_CASE("claim 2: the same from the catalog's users") {
  // 0.7e9 users of 3.6 (2.5e9 / 0.7e9 = 3.57) queries a day.
  const auto chat = lc::applications::catalog::chat.with_users(0.7e9);
  const auto energy = lc::applications::catalog::references[0].energy_per_task;
  CHECK(in<megawatt>(chat.tasks() * energy) == approx(35.4).epsilon(0.01));
}

TEST_CASE("claim 2: from a GPU to the facility, GPUs draw 41 % of the power") {
  using namespace lc::energy::catalog;
  const double multiplier = gpu_to_server.factor * server_to_it.factor * it_to_facility.factor;
  CHECK(multiplier == approx(2.44).epsilon(0.002));
  CHECK(1 / multiplier == approx(0.41).epsilon(0.01));
}
