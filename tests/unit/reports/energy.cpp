// Questions about power, water and money that people asked of tools of this kind. Named by the thread that each comes from.
#include <doctest/doctest.h>

#include <layercake/economics/annuity.hpp>
#include <layercake/energy/energy.hpp>
#include <layercake/infrastructure/infrastructure.hpp>

#include "../../approx.hpp"

using namespace layercake;
using namespace layercake::units;

namespace {
// Calculations by hand that count 8,760 hours a year; a year here has 8,766.
constexpr double hours_of_a_common_year = 8760, hours_of_a_year = 8766;
}  // namespace

// mlco2/codecarbon 1320; mlco2/ecologits 230
TEST_CASE("R38: effectiveness multiplies IT power, and water is counted by IT energy, not by the meter's") {
  infrastructure::site site;
  site.power_usage_effectiveness = 1.25;
  site.water_usage_effectiveness = 0.5 * litre / kilowatt_hour;
  chip_demand<> demand;
  demand.chips = 8000;
  demand.peak_power = 1 * kilowatt;
  demand.mean_power = 1 * kilowatt;
  const auto need = site.pull(demand);
  CHECK(plain(need.power.mean) / plain(need.it_power.mean) == approx(1.25));
  CHECK(need.water / (plain(need.it_power.mean) * (litre / kilowatt_hour)) == approx(0.5));
}

// tum-ens/urbs 34; ZEN-universe/ZEN-garden 845; PyPSA/pypsa-eur 305
TEST_CASE("R40: rates are rates: a year's energy and a year's share of an investment") {
  energy::grid grid;
  grid.price = 10 * usd / megawatt_hour;
  power_demand<> load;
  load.peak = 100 * megawatt;
  load.mean = 100 * megawatt;
  CHECK(in<usd>(grid.pull(load).cost() * (1 * year)) == approx(8.76e6 * hours_of_a_year / hours_of_a_common_year));
  // 1e10 $ x 0.06 / (1 - 1.06^-25)
  const auto investment = 100 * gigawatt * (100 * usd / kilowatt);
  CHECK(in<usd>(economics::annuity(investment, 0.06, 25 * year) * (1 * year)) == approx(782.27e6).epsilon(1e-5));
}

// pvlib/pvlib-python 1667; NatLabRockies/SAM 1433
TEST_CASE("R41: levelised cost at a real rate, and with a tax credit of 30 % on the capital") {
  energy::generator sun;
  sun.capacity_factor = 0.25;
  sun.capital = 1000 * usd / kilowatt;
  sun.fixed_operation = 20 * usd / (kilowatt * year);
  sun.variable_operation = 0 * usd / megawatt_hour;
  sun.efficiency = 1;
  sun.fuel_price = 0 * usd / megawatt_hour;
  sun.lifetime = 30 * year;
  sun.interest = 0.05;
  const auto cost = [&] { return in<usd / megawatt_hour>(energy::levelised_cost(sun)); };
  const double common = hours_of_a_common_year / hours_of_a_year;
  // (1000 x 0.065051 + 20) / 2.19 MWh of 8,760 h
  CHECK(cost() == approx(38.84 * common).epsilon(2e-4));
  sun.project_finance_factor = 0.7;
  CHECK(cost() == approx(29.9).epsilon(2e-3));
}
