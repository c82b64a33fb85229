// Every worked number of the headers of energy/, each with the calculation by hand that gives it.
#include <doctest/doctest.h>

#include <layercake/energy/energy.hpp>

#include "../../worked.hpp"

namespace lc = layercake;
namespace energy = lc::energy;
using layercake_test::check_stated;
using namespace lc::units;

TEST_CASE("worked numbers: supply and grid") {
  const lc::power_demand<> queries{2.5e9 / day * (0.34 * watt_hour), 2.5e9 / day * (0.34 * watt_hour)};
  const energy::grid plain{.price = 82.6 * usd / megawatt_hour};

  // worked: energy/grid.hpp#grid::pull
  // 2.5e9 x 0.34 Wh = 850 MWh a day, / 24 h; / 0.95.
  check_stated(in<megawatt>(plain.pull(queries).meter.mean), "35.42");
  check_stated(in<megawatt>(plain.pull(queries).plant.mean), "37.28");

  // worked: energy/grid.hpp#grid::push
  check_stated(in<megawatt>(plain.push(100 * megawatt)), "95");

  // worked: energy/supply.hpp#energy_bill::price
  // 100,000 kW x 10 $ = 1e6 $ a month, over 80 MW x 730.5 h = 58,440 MWh: 17.11 $/MWh on top of 62.
  const energy::grid two_part{.price = 62 * usd / megawatt_hour, .demand_charge = 10 * usd / (kilowatt * month)};
  check_stated(in<usd / megawatt_hour>(two_part.pull(lc::power_demand<>{100 * megawatt, 80 * megawatt}).price()),
               "79.11");
}

TEST_CASE("worked numbers: conversion") {
  // worked: energy/conversion.hpp#conversion_chain
  // 0.995 x 0.990 x 0.965 x 0.980 x 0.960 x 0.975 x 0.900
  check_stated(energy::catalog::legacy_ac.efficiency(), "0.7847");

  // worked: energy/conversion.hpp#part_load::efficiency
  // 0.1 / (0.1 + 0.01 + 0.002 + 0.0001) = 0.1 / 0.1121;  0.5 / 0.5225;  1 / 1.04.
  const energy::part_load converter{.fixed = 0.01, .linear = 0.02, .square = 0.01};
  check_stated(converter.efficiency(0.1), "0.8921");
  check_stated(converter.efficiency(0.5), "0.9569");
  check_stated(converter.efficiency(1.0), "0.9615");

  // worked: energy/conversion.hpp#part_load::best_load
  // sqrt(0.0175 / 0.0206) = sqrt(0.84951)
  check_stated(energy::catalog::ups_double_conversion_part_load.best_load(), "0.922");
}

TEST_CASE("worked numbers: generation") {
  const auto& plant = energy::catalog::gas_ccgt;
  // 1.0536^-25 = exp(-25 x 0.0522129) = 0.271085; CRF = 0.0536 / 0.728915 = 0.0735340 a year.

  // worked: energy/generation.hpp#generator::standing_cost
  // 0.0735340 x 1495.4 = 109.963; 0.0195 x 1495.4 = 29.160.
  check_stated(in<usd / (kilowatt * year)>(plant.standing_cost()), "139.12");

  // worked: energy/generation.hpp#generator::running_cost
  // 7.47 + 18.34 / 0.573 = 7.47 + 32.007
  check_stated(in<usd / megawatt_hour>(plant.running_cost()), "39.48");

  // worked: energy/generation.hpp#levelised_cost
  // 139.12 $ a kW and year / (0.9 x 8.766 MWh) = 17.634; + 39.477.
  check_stated(in<usd / megawatt_hour>(energy::levelised_cost(plant, 0.9)), "57.1");

  // worked: energy/generation.hpp#power_plant::capacity_needed
  // 80 / 0.2675
  const energy::power_plant solar{.technology = energy::catalog::solar_pv_utility};
  const lc::power_demand<> demand{100 * megawatt, 80 * megawatt};
  check_stated(in<megawatt>(solar.capacity_needed(demand)), "299.1");

  // worked: energy/generation.hpp#power_plant::pull
  // 200,000 kW x 139.123 / 8766 h = 3174.2 $/h; 80 / 0.98 = 81.633 MWh an hour x 39.477 = 3222.6 $/h.
  const energy::power_plant turbine{.technology = plant, .capacity = 200 * megawatt, .transmission_loss = 0.02};
  check_stated(in<usd / hour>(turbine.pull(demand).cost()), "6,397");

  // worked: energy/generation.hpp#learning_rate::exponent
  // log2(5/4), log2(25/19), log2(20/17)
  check_stated(energy::learning_rate{0.20}.exponent().value, "0.32193");
  check_stated(energy::learning_rate{0.24}.exponent().value, "0.39593");
  check_stated(energy::learning_rate{0.15}.exponent().value, "0.23447");

  // worked: energy/generation.hpp#learned_cost
  // 0.8 x 0.8 x 0.8 x 0.8 x 0.8
  check_stated(in<usd>(energy::learned_cost(1 * usd, energy::learning_rate{0.2}, 32.0)), "0.32768");
}

TEST_CASE("worked numbers: storage") {
  const auto& b = energy::catalog::battery_4h;

  // worked: energy/storage.hpp#battery::energy
  check_stated(in<megawatt_hour>(b.energy(500 * megawatt)), "2,000");

  // worked: energy/storage.hpp#battery::charge_for
  check_stated(in<megawatt_hour>(b.charge_for(850 * megawatt_hour)), "1,000");

  // worked: energy/storage.hpp#battery::standing_cost
  // CRF(5 %, 15 years) = 0.0963423 (tables: 0.0963); (0.0963423 + 0.025) x 1711.4 $/kW x 500,000 kW.
  check_stated(in<million_usd / year>(b.standing_cost(500 * megawatt, 0.05)), "103.8");
}
