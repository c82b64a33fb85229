// Questions about storage and hourly matching that people asked of tools of this kind. Named by the thread that each comes from.
#include <doctest/doctest.h>

#include <layercake/planning/questions/power_mix.hpp>

#include "../../approx.hpp"

using namespace layercake;
using namespace layercake::units;

namespace {
energy::grid grid_at(double price, double carbon) {
  energy::grid g;
  g.price = price * usd / megawatt_hour;
  g.carbon = carbon * gram_co2e / kilowatt_hour;
  g.transmission_loss = 0;
  return g;
}
}  // namespace

// NatLabRockies/SAM 239
TEST_CASE("R43: beside a flat tariff a battery is not built, and the joule costs the tariff") {
  planning::power_mix_request q;
  q.load = 10 * megawatt;
  q.grids.push_back({grid_at(60, 400), 0 * month});
  q.storage = energy::catalog::battery_4h;
  const auto mix = planning::cheapest_joule(q);
  CHECK(in<usd / megawatt_hour>(mix.price) == approx(60));
  CHECK(in<watt>(mix.source(q.storage->name).capacity) == 0);
}

// PyPSA/247-cfe 1; pypsa-meets-earth/pypsa-earth-sec 194
TEST_CASE("R44: sun in half of the hours is half of the energy, hour by hour, not in the mean of a year") {
  planning::power_mix_request q;
  q.load = 1 * megawatt;
  energy::generator sun;
  sun.name = "sun";
  sun.capacity_factor = 1;
  sun.capital = 10 * (usd / megawatt_hour) * (10 * year);
  sun.fixed_operation = 0 * usd / (kilowatt * year);
  sun.variable_operation = 0 * usd / megawatt_hour;
  sun.efficiency = 1;
  sun.fuel_price = 0 * usd / megawatt_hour;
  sun.lifetime = 10 * year;
  sun.interest = 0;
  sun.lifecycle_carbon = 0 * gram_co2e / kilowatt_hour;
  sun.lead_time_low = sun.lead_time_high = 12 * month;
  sun.dispatch = energy::firmness::variable;
  q.plants.push_back({sun, {0, 1}});
  q.grids.push_back({grid_at(60, 428.8), 12 * month});
  const auto mix = planning::cheapest_joule(q);
  CHECK(mix.source("sun").share == approx(0.5).epsilon(1e-5));
  CHECK(in<gram_co2e_per_kilowatt_hour>(mix.carbon) == approx(214.4).epsilon(1e-5));
}
