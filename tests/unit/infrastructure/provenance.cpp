// A figure cites the source that has it, not that of the record which it happens to lie in.
#include <doctest/doctest.h>

#include <layercake/energy/energy.hpp>
#include <layercake/infrastructure/infrastructure.hpp>
#include <string>

#include "../../approx.hpp"
#include "../record_checks.hpp"

using namespace layercake;

TEST_CASE("provenance: what is fitted or read elsewhere does not cite the price sheet of the network") {
  const provenance& network = infrastructure::network{}.origin;
  const auto cites = [&](const char* field, const char* text) {
    return std::string(network.of(field).source).find(text) != std::string::npos;
  };
  CHECK(cites("switch_price", "Freakonomics"));
  CHECK(cites("power", "Epoch AI"));
  CHECK(cites("scale_out.ring_step", "NCCL"));
  CHECK(cites("scale_out.efficiency", "nccl-tests"));
  CHECK(cites("scale_out.bulk_step", "fitted"));
  CHECK(network.of("scale_out.switch_efficiency").how == confidence::assumed);
  CHECK(cites("scale_up.launch", "fitted"));
  CHECK(network.of("scale_up.bridge_share").how == confidence::estimated);
}

TEST_CASE("provenance: every datum of a site has one source, its own") {
  namespace catalog = infrastructure::catalog;
  for (const infrastructure::site* s : catalog::sites) {
    CAPTURE(s->name);
    layercake_test::check_sources(*s);
    // What a site has in place of a default is not the default's source's.
    const auto differs = [&](const char* field, const auto& value, const auto& usual) {
      INFO(field);
      const std::string source = s->facility.origin.of(field).source;
      CHECK((value == usual) == (source == infrastructure::facility{}.origin.of(field).source));
    };
    differs("capex", s->facility.capex, infrastructure::facility{}.capex);
    differs("interconnection", s->facility.interconnection, infrastructure::facility{}.interconnection);
    differs("construction", s->facility.construction, infrastructure::facility{}.construction);
  }
  for (const infrastructure::node* n :
       {&catalog::average_ai_server, &catalog::dgx_h100, &catalog::dgx_a100, &catalog::tpu_server}) {
    layercake_test::check_sources(*n);
    CHECK(std::string(n->origin.of("power_supply_efficiency").source).find("tailpipe.ai") == 0);
    const bool usual = n->price_per_chip == infrastructure::node{}.price_per_chip;
    CHECK(usual == (std::string(n->origin.of("price_per_chip").source).find("Freakonomics") != std::string::npos));
  }
  for (const infrastructure::cooling* c : catalog::coolings) {
    CAPTURE(c->name);
    const infrastructure::site cooled = with_cooling(catalog::texas, *c);
    layercake_test::check_sources(cooled);
    CHECK(cooled.origin.of("power_usage_effectiveness").source == c->origin.source);
    CHECK((cooled.origin.of("water_usage_effectiveness").source == c->origin.source) == is_known(c->water));
  }
  // A page that names no source of its own is an estimate at best.
  for (const char* part : {"electrical_share", "mechanical_share", "shell_share"})
    CHECK(infrastructure::facility{}.origin.of(part).how == confidence::estimated);
  CHECK(infrastructure::facility{}.origin.of("other_share").how == confidence::assumed);
}

// A figure that stands in two places of the catalogs is the same in both.
TEST_CASE("provenance: twins are equal") {
  namespace catalog = infrastructure::catalog;
  using namespace units;
  const infrastructure::site s;
  const infrastructure::facility& f = s.facility;
  CHECK(f.electrical_share == catalog::share_electrical.typical);
  CHECK(f.mechanical_share == catalog::share_mechanical_cooling.typical);
  CHECK(f.shell_share == catalog::share_powered_shell_land.typical);
  CHECK(f.other_share == catalog::share_other_fitout_soft.typical);
  CHECK(f.construction / catalog::construction_time_shell_to_commissioned.typical == approx(1));
  CHECK(f.interconnection / catalog::interconnection_wait_us_average.typical == approx(1));
  CHECK(f.transformer_lead / catalog::large_power_transformer_lead.typical == approx(1));
  CHECK(f.land / catalog::campus_land.typical == approx(1));
  CHECK(f.floor_area / catalog::building_floor_area.typical == approx(1));
  CHECK(f.operators / catalog::operators_per_mw_steady.typical == approx(1));
  CHECK(f.operator_pay / (catalog::electrician_wage_union_dc.typical * (2080 * hour) / (1 * year)) == approx(1));
  CHECK(f.construction_workers.total / catalog::peak_construction_workers.typical == approx(1));
  CHECK(f.construction_workers.electricians / catalog::electricians_per_mw_peak.typical == approx(1));
  CHECK(f.construction_workers.pipefitters / catalog::plumbers_pipefitters_per_mw_peak.typical == approx(1));
  CHECK(f.construction_workers.steelworkers / catalog::steelworkers_per_mw_peak.typical == approx(1));
  CHECK(f.construction_workers.network_technicians / catalog::network_technicians_per_mw_peak.typical == approx(1));
  CHECK(f.construction_workers.equipment_installers / catalog::equipment_installers_per_mw_peak.typical == approx(1));
  CHECK(s.network.switch_price / catalog::switch_64_400g_price.typical == approx(1));
  CHECK(s.power_usage_effectiveness == catalog::epoch_default_other.effectiveness);
  CHECK(s.water_usage_effectiveness == catalog::air_plus_direct_to_chip_hybrid.water);
  CHECK(catalog::colocation.power_usage_effectiveness == catalog::epoch_default_other.effectiveness);
  CHECK(catalog::ai_optimised.facility.capex / catalog::facility_capex_ai_optimised.typical == approx(1));
  CHECK(catalog::texas.facility.interconnection / catalog::interconnection_wait_us_average.low == approx(1));
  // And the way of the power, which the catalog of energy has as Epoch AI published it.
  CHECK(s.node.power_multiplier() == approx(energy::catalog::gpu_to_server.factor));
  CHECK(1 + s.network.power == approx(energy::catalog::server_to_it.factor));
  CHECK(s.peak_power_usage_effectiveness() == approx(energy::catalog::it_to_facility.factor));
  CHECK(catalog::dgx_h100.power_multiplier() == approx(energy::catalog::h100_chip_to_server.factor).epsilon(5e-4));
  CHECK(catalog::dgx_a100.power_multiplier() == approx(energy::catalog::a100_chip_to_server.factor).epsilon(5e-4));
  CHECK(catalog::tpu_server.power_multiplier() == approx(energy::catalog::tpu_chip_to_server.factor));
  CHECK(s.node.power_supply_efficiency == energy::catalog::rack_psu_titanium.efficiency);
}

TEST_CASE("provenance: the entry of a part covers what lies in it and nothing else") {
  static constexpr field_source fields[] = {{"law.step", "a table"}, {"law", "a fit", confidence::estimated}};
  constexpr provenance origin{"a sheet", "2024", confidence::published, fields};
  CHECK(std::string(origin.of("law.step").source) == "a table");
  CHECK(std::string(origin.of("law.launch").source) == "a fit");
  CHECK(std::string(origin.of("law").source) == "a fit");
  CHECK(std::string(origin.of("law.steps").source) == "a fit");  // not the table's step
  CHECK(std::string(origin.of("lawful").source) == "a sheet");
  CHECK(std::string(origin.of("la").source) == "a sheet");
}
