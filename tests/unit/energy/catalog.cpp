#include <doctest/doctest.h>

#include <layercake/energy/energy.hpp>
#include <string>

#include "../../approx.hpp"

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
  CHECK(in<usd / (kilowatt * year)>(catalog::solar_pv_utility.fixed_operation) == approx(1605.5 * 0.0141));
  CHECK(in<gram_co2e / kilowatt_hour>(catalog::coal.direct_carbon) == approx(760));
  CHECK(in<litre / megawatt_hour>(catalog::gas_ccgt.water) == approx(776));
  CHECK(in<month>(catalog::gas_ccgt.lead_time_low) == approx(42));
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
