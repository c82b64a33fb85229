#include <doctest/doctest.h>

#include <layercake/energy/energy.hpp>
#include <string>

#include "../../approx.hpp"
#include "../record_checks.hpp"

namespace lc = layercake;
namespace catalog = lc::energy::catalog;
using namespace lc::units;

TEST_CASE("energy catalog: every row holds, has a source, and a name of its own") {
  const auto each = [](const auto& all) {
    for (const auto* a : all) {
      INFO(a->name);
      CHECK(std::string(a->origin.source).size() > 3);
      CHECK(std::string(a->origin.date).size() > 3);
      CHECK(a->origin.how != lc::confidence::given);
      for (const auto* b : all)
        CHECK((a == b || std::string(a->name) != b->name));
    }
  };
  each(catalog::technologies);
  each(catalog::grids);
  each(catalog::stages);
  each(catalog::chains);
  each(catalog::overheads);
  for (const auto* g : catalog::technologies)
    CHECK(lc::check(*g).empty());
  for (const auto* s : catalog::stages)
    CHECK(lc::check(*s).empty());
  for (const auto* c : catalog::chains)
    CHECK(lc::check(*c).empty());
  CHECK(lc::check(catalog::battery_4h).empty());
  CHECK(catalog::technologies.size() == 15);
  CHECK(catalog::grids.size() == 23);
}

TEST_CASE("energy catalog: a grid without a published price is refused until one is set") {
  for (const auto* g : catalog::grids) {
    INFO(g->name);
    const auto found = lc::check(*g);
    if (g == &catalog::grid_world_average) {
      REQUIRE(found.size() == 1);
      CHECK(found[0].path == "price");
    } else {
      CHECK(found.empty());
    }
  }
}

TEST_CASE("energy catalog: values and confidence by field") {
  CHECK(in<usd / megawatt_hour>(catalog::grid_us_average.price) == approx(82.6));
  CHECK(catalog::grid_us_average.origin.of("price").how == lc::confidence::published);
  CHECK(catalog::grid_france.origin.of("price").how == lc::confidence::recalled);
  CHECK(catalog::grid_france.origin.of("carbon").how == lc::confidence::published);
  CHECK(catalog::grid_france.origin.of("transmission_loss").how == lc::confidence::recalled);
  CHECK(catalog::gas_ccgt.origin.of("land").how == lc::confidence::recalled);
  CHECK(catalog::gas_ccgt.origin.of("capital").how == lc::confidence::published);
  CHECK(catalog::vrm_point_of_load.origin.how == lc::confidence::recalled);
  CHECK(in<usd / (kilowatt * year)>(catalog::solar_pv_utility.fixed_operation) ==
        approx(22.64).epsilon(2e-4));  // 1.41 %
  CHECK(in<gram_co2e / kilowatt_hour>(catalog::coal.direct_carbon) == approx(760));
  CHECK(in<litre / megawatt_hour>(catalog::gas_ccgt.water) == approx(776));
  CHECK(in<month>(catalog::gas_ccgt.lead_time_low) == approx(42));
  // Not everything is the word of the record's source.
  CHECK(std::string(catalog::grid_ercot.origin.of("demand_charge").source).find("all-in") != std::string::npos);
  CHECK(catalog::grid_ercot.origin.of("demand_charge").how == lc::confidence::assumed);
  CHECK(std::string(catalog::coal.origin.of("direct_carbon").source).find("a plant of 45 %") != std::string::npos);
  CHECK(catalog::coal.origin.of("project_finance_factor").how == lc::confidence::assumed);
}

TEST_CASE("energy catalog: every datum has one source, its own") {
  for (const auto* g : catalog::technologies) {
    CAPTURE(g->name);
    layercake_test::check_sources(*g);
    CHECK(g->origin.of("project_finance_factor").how == lc::confidence::assumed);  // no row's source leaves taxes out
  }
  for (const auto* g : catalog::grids) {
    CAPTURE(g->name);
    layercake_test::check_sources(*g);
    // Of prices only that of the United States was looked up; losses, charges and connections are nobody's of the carbon.
    const bool looked_up = g == &catalog::grid_us_average;
    CHECK(g->origin.of("price").how == (looked_up ? lc::confidence::published : lc::confidence::recalled));
    for (const char* field : {"price", "demand_charge", "connection", "transmission_loss", "water"})
      CHECK(std::string(g->origin.of(field).source) != g->origin.source);
  }
  for (const auto* s : catalog::stages)
    layercake_test::check_sources(*s);
  CHECK(catalog::rack_psu_titanium.origin.of("efficiency_high").how == lc::confidence::recalled);
  for (const auto* c : catalog::chains)
    layercake_test::check_sources(*c);
  layercake_test::check_sources(catalog::battery_4h);
  layercake_test::check_sources(catalog::ups_double_conversion_part_load);
  layercake_test::check_sources(lc::energy::grid{});
}

// Methane burns to 56.1 kg of CO2 per GJ (IPCC 2006 guidelines, volume 2, table 2.2), 202 g/kWh of heat: at 57.3 % that
// is 352 g/kWh of electricity. The catalog's 370 is the IPCC's median of plants, a little less efficient than this one.
TEST_CASE("energy catalog: a gas plant emits the carbon of its fuel, and more over its life") {
  const auto& gas = catalog::gas_ccgt;
  const double of_its_fuel = 56.1 * 3.6 / gas.efficiency;
  CHECK(of_its_fuel == approx(352.5).epsilon(1e-3));
  CHECK(in<gram_co2e / kilowatt_hour>(gas.direct_carbon) > of_its_fuel);
  CHECK(in<gram_co2e / kilowatt_hour>(gas.direct_carbon) < 1.1 * of_its_fuel);
  CHECK(gas.lifecycle_carbon > gas.direct_carbon);
}

// A thermal plant cannot turn more of its heat to electricity than Carnot's engine at the same temperatures: 1 - 300 K /
// 1,900 K for a combustion turbine, 1 - 300 K / 900 K for steam.
TEST_CASE("energy catalog: no thermal plant beats Carnot") {
  CHECK(catalog::gas_ccgt.efficiency < 1 - 300.0 / 1900);
  CHECK(catalog::gas_simple_cycle.efficiency < catalog::gas_ccgt.efficiency);
  CHECK(catalog::coal.efficiency < 1 - 300.0 / 900);
  CHECK(catalog::nuclear_large.efficiency < 1 - 300.0 / 600);  // water at 600 K
}

TEST_CASE("energy catalog: by name") {
  CHECK(&catalog::find_technology("gas_ccgt") == &catalog::gas_ccgt);
  CHECK(&catalog::find_grid("grid_ercot") == &catalog::grid_ercot);
  CHECK(&catalog::find_stage("solid_state_transformer") == &catalog::solid_state_transformer);
  std::string text;
  try {
    catalog::find_grid("grid_frence");
  } catch (const lc::missing_value& e) {
    text = e.what();
  }
  CHECK(text.find("grid_france") != std::string::npos);
  text.clear();
  try {
    catalog::find_technology("nuclear");
  } catch (const lc::missing_value& e) {
    text = e.what();
  }
  CHECK(text.find("nuclear_large nuclear_smr") != std::string::npos);
}
