// Generation technologies, grids, batteries and conversion stages that have a public source. All inline constexpr.
//
// A figure that no source gives is unknown. `name` is as in the list `technologies`, `grids`, `stages`; `find_...("gas_ccgt")` looks it up.
#pragma once

#include <layercake/core/catalog.hpp>
#include <layercake/energy/conversion.hpp>
#include <layercake/energy/generation.hpp>
#include <layercake/energy/grid.hpp>
#include <layercake/energy/storage.hpp>

namespace layercake::energy {

// What surrounds a piece of equipment draws too: power of the outer over power of the inner.
struct overhead {
  const char* name;
  const char* inner;
  const char* outer;
  double factor;
  provenance origin;
};

namespace catalog {

namespace detail {
// In the units of the technology tables: - | USD/kW | % of capital per year | USD/MWh | - | USD/MWh of heat | years | - |
// USD/MWh, USD/MWh published cost | g/kWh, g/kWh life cycle, direct | months, months | m2/MW | L/MWh.
struct technology_row {
  double capacity_factor, capital, fixed_percent, variable, efficiency, fuel, life, interest, cost_low, cost_high,
      lifecycle, direct, lead_low, lead_high, land, water;
};
constexpr generator technology(const char* name, const technology_row& r, firmness f, const provenance& origin) {
  using namespace units;
  using layercake::datum;
  constexpr auto per_year = usd / (kilowatt * year);
  return {.name = name,
          .capacity_factor = r.capacity_factor,
          .capital = datum<usd / kilowatt>(r.capital),
          .fixed_operation =
              is_known(r.fixed_percent) ? datum<per_year>(r.capital * r.fixed_percent / 100) : datum<per_year>(na),
          .variable_operation = datum<usd / megawatt_hour>(r.variable),
          .efficiency = r.efficiency,
          .fuel_price = datum<usd / megawatt_hour>(r.fuel),
          .lifetime = datum<year>(r.life),
          .interest = r.interest,
          .lifecycle_carbon = datum<gram_co2e / kilowatt_hour>(r.lifecycle),
          .direct_carbon = datum<gram_co2e / kilowatt_hour>(r.direct),
          .water = datum<litre / megawatt_hour>(r.water),
          .land = datum<square_metre / megawatt>(r.land),
          .lead_time_low = datum<month>(r.lead_low),
          .lead_time_high = datum<month>(r.lead_high),
          .published_cost_low = datum<usd / megawatt_hour>(r.cost_low),
          .published_cost_high = datum<usd / megawatt_hour>(r.cost_high),
          .dispatch = f,
          .origin = origin};
}
// Price in USD/MWh, carbon over the life cycle in g/kWh, water in L/MWh.
constexpr grid connection(const char* name, double price, double carbon, double water, const provenance& origin) {
  using namespace units;
  using layercake::datum;
  return {.name = name,
          .price = datum<usd / megawatt_hour>(price),
          .carbon = datum<gram_co2e / kilowatt_hour>(carbon),
          .water = datum<litre / megawatt_hour>(water),
          .origin = origin};
}

// Sources of single fields. Every other figure of a row is its record's source's.
inline constexpr const char* knowledge = "general knowledge";
constexpr field_source recalled_field(const char* field) { return {field, knowledge, confidence::recalled}; }
constexpr field_source published_field(const char* field, const char* source) {
  return {field, source, confidence::published};
}

// Of technologies. The emissions of combustion and of the life cycle are IPCC's (AR5 WG3, annex III, 2014), as
// electricitymaps lists them.
inline constexpr const char* ipcc = "electricitymaps (IPCC 2014)";
inline constexpr const char* coal_of_45_percent =
    "electricitymaps (IPCC 2014): a plant of 45 %, not of this row's 35.6 %";
inline constexpr const char* macknick = "Macknick et al. 2012";
inline constexpr const char* lazard = "Lazard LCOE+ 2025 as reported";
inline constexpr const char* atb = "NREL ATB 2024 (ATB-calc test data)";
inline constexpr const char* entergy = "land-use backgrounder (Entergy)";
inline constexpr field_source no_tax{"project_finance_factor", "1: taxes left out", confidence::assumed};

inline constexpr field_source only_no_tax[] = {no_tax};
inline constexpr field_source sun_and_wind_fields[] = {published_field("published_cost_low", lazard),
                                                       published_field("published_cost_high", lazard),
                                                       published_field("lifecycle_carbon", ipcc),
                                                       published_field("direct_carbon", ipcc),
                                                       published_field("water", macknick),
                                                       published_field("land", entergy),
                                                       recalled_field("lead_time_low"),
                                                       recalled_field("lead_time_high"),
                                                       no_tax};
inline constexpr field_source offshore_fields[] = {
    published_field("published_cost_low", atb), published_field("published_cost_high", atb),
    recalled_field("lifecycle_carbon"),         recalled_field("direct_carbon"),
    published_field("water", macknick),         recalled_field("lead_time_low"),
    recalled_field("lead_time_high"),           no_tax};
inline constexpr field_source ccgt_fields[] = {recalled_field("capacity_factor"),
                                               published_field("published_cost_low", lazard),
                                               published_field("published_cost_high", lazard),
                                               published_field("lifecycle_carbon", ipcc),
                                               published_field("direct_carbon", ipcc),
                                               published_field("water", macknick),
                                               recalled_field("land"),
                                               published_field("lead_time_low", "sourcerockep.com"),
                                               published_field("lead_time_high", "sourcerockep.com"),
                                               no_tax};
inline constexpr field_source simple_cycle_fields[] = {
    recalled_field("capacity_factor"),
    published_field("published_cost_low", lazard),
    published_field("published_cost_high", lazard),
    recalled_field("lifecycle_carbon"),
    recalled_field("land"),
    recalled_field("water"),
    published_field("lead_time_low", "turbine waits: S&P Global 2025"),
    published_field("lead_time_high", "turbine waits: S&P Global 2025"),
    no_tax};
inline constexpr field_source nuclear_fields[] = {published_field("published_cost_low", atb),
                                                  published_field("published_cost_high", atb),
                                                  published_field("lifecycle_carbon", ipcc),
                                                  published_field("direct_carbon", ipcc),
                                                  published_field("water", macknick),
                                                  published_field("land", "NEI 2015"),
                                                  recalled_field("lead_time_low"),
                                                  recalled_field("lead_time_high"),
                                                  no_tax};
inline constexpr field_source small_nuclear_fields[] = {recalled_field("capacity_factor"),
                                                        recalled_field("lead_time_low"),
                                                        recalled_field("lead_time_high"),
                                                        recalled_field("lifetime"),
                                                        recalled_field("land"),
                                                        recalled_field("lifecycle_carbon"),
                                                        recalled_field("direct_carbon"),
                                                        published_field("water", macknick),
                                                        no_tax};
inline constexpr field_source coal_fields[] = {recalled_field("capacity_factor"),
                                               recalled_field("published_cost_low"),
                                               recalled_field("published_cost_high"),
                                               published_field("lifecycle_carbon", ipcc),
                                               published_field("direct_carbon", coal_of_45_percent),
                                               published_field("water", macknick),
                                               recalled_field("lead_time_low"),
                                               recalled_field("lead_time_high"),
                                               recalled_field("land"),
                                               no_tax};
inline constexpr field_source hydro_fields[] = {
    published_field("published_cost_low", atb), published_field("published_cost_high", atb),
    published_field("lifecycle_carbon", ipcc),  published_field("direct_carbon", ipcc),
    published_field("water", macknick),         recalled_field("lead_time_low"),
    recalled_field("lead_time_high"),           no_tax};
inline constexpr field_source geothermal_fields[] = {published_field("published_cost_low", atb),
                                                     published_field("published_cost_high", atb),
                                                     published_field("lifecycle_carbon", ipcc),
                                                     published_field("direct_carbon", ipcc),
                                                     published_field("water", macknick),
                                                     recalled_field("lead_time_low"),
                                                     recalled_field("lead_time_high"),
                                                     recalled_field("land"),
                                                     no_tax};
inline constexpr field_source battery_fields[] = {recalled_field("round_trip_efficiency"),
                                                  recalled_field("lead_time_low"), recalled_field("lead_time_high"),
                                                  recalled_field("land")};

// Of stages.
inline constexpr field_source upper_end_recalled[] = {recalled_field("efficiency_high")};

// Of grids: the record's source is that of the carbon.
inline constexpr field_source water_of_grids = published_field("water", "ecologits electricity_mixes (WRI)");
inline constexpr field_source grid_fields[] = {recalled_field("price"), water_of_grids,
                                               energy::detail::grid_defaults[0], energy::detail::grid_defaults[1],
                                               energy::detail::grid_defaults[2]};
inline constexpr field_source us_fields[] = {
    published_field("price", "EIA, industrial customers 2025, by training-cost-trends"), water_of_grids,
    energy::detail::grid_defaults[0], energy::detail::grid_defaults[1], energy::detail::grid_defaults[2]};
}  // namespace detail

// clang-format off

// ---- generation ----

inline constexpr generator solar_pv_utility = detail::technology("solar_pv_utility", {0.2675, 1605.5, 1.41, 0, 1, 0, 37.5, 0.0419, 38, 78, 45, 0, 12, 36, 29947, 3.8}, firmness::variable,
    {"PyPSA/technology-data 2025 (from NREL ATB 2024)", "2022 USD; read 2026", confidence::published, detail::sun_and_wind_fields});
inline constexpr generator onshore_wind = detail::technology("onshore_wind", {0.4584, 1688.9, 1.99, 0, 1, 0, 28.5, 0.05, 37, 86, 11, 0, 18, 48, 242811, 0}, firmness::variable,
    {"PyPSA/technology-data 2025 (from NREL ATB 2024)", "2022 USD; read 2026", confidence::published, detail::sun_and_wind_fields});
inline constexpr generator offshore_wind_fixed = detail::technology("offshore_wind_fixed", {0.4638, 6325.7, 1.42, 0, 1, 0, 30, 0.0515, 88.8, 99.7, 12, 0, 60, 120, na, 0}, firmness::variable,
    {"PyPSA/technology-data 2025 (from NREL ATB 2024)", "2022 USD; read 2026", confidence::published, detail::offshore_fields});
inline constexpr generator gas_ccgt = detail::technology("gas_ccgt", {0.9, 1495.4, 1.95, 7.47, 0.573, 18.34, 25, 0.0536, 48, 107, 490, 370, 42, 84, 1400, 776}, firmness::firm,
    {"NREL ATB 2024 (ATB-calc test data); PyPSA/technology-data 2025 (from NREL ATB 2024)", "2022 USD; read 2026", confidence::published, detail::ccgt_fields});
inline constexpr generator gas_simple_cycle = detail::technology("gas_simple_cycle", {0.9, 1319.4, na, 6.0, 0.405, 18.34, 25, 0.0536, 138, 262, 650, na, 12, 84, 1000, 10}, firmness::firm,
    {"NREL ATB 2024 (ATB-calc test data); PyPSA/technology-data (OCGT)", "2022 USD; read 2026", confidence::published, detail::simple_cycle_fields});
inline constexpr generator nuclear_large = detail::technology("nuclear_large", {0.9, 7616.4, na, na, 0.326, na, 40, na, 80.6, 111.4, 12, 0, 72, 144, 3367, 2544}, firmness::firm,
    {"NREL ATB 2024 (ATB-calc test data), n-th of a kind 2030; PyPSA/technology-data", "2022 USD; read 2026", confidence::published, detail::nuclear_fields});
inline constexpr generator nuclear_smr = detail::technology("nuclear_smr", {0.9, 9650.0, na, na, na, na, 60, na, 88.7, 118.2, 12, 0, 84, 144, 1000, 2544}, firmness::firm,
    {"NREL ATB 2024 (ATB-calc test data), 2030", "2022 USD; read 2026", confidence::published, detail::small_nuclear_fields});
// What it emits directly is a plant's of 45 %, the best of 2014: hard coal carries 94.6 kg of CO2 per GJ (IPCC 2006 guidelines, volume 2, table
// 2.2, recalled), which at this row's 35.6 % would be 957 g/kWh.
inline constexpr generator coal = detail::technology("coal", {0.85, 4320.1, 2.13, 9.88, 0.356, 8.49, 40, 0.0536, 71, 173, 820, 760, 48, 84, 2800, 2601}, firmness::firm,
    {"PyPSA/technology-data 2025 (from NREL ATB 2024); NREL ATB 2024 (ATB-calc test data)", "2022 USD; read 2026", confidence::published, detail::coal_fields});
inline constexpr generator hydro_large = detail::technology("hydro_large", {0.33, 3488.8, 2.84, na, 0.9, 0, 80, 0.0482, 81.9, 104.9, 24, 0, 60, 120, na, 17000}, firmness::seasonal,
    {"PyPSA/technology-data 2025 (from NREL ATB 2024); NREL ATB 2024 (ATB-calc test data)", "2022 USD; read 2026", confidence::published, detail::hydro_fields});
inline constexpr generator geothermal_hydrothermal_flash = detail::technology("geothermal_hydrothermal_flash", {0.9, 6890.2, 1.73, na, 1, 0, 30, 0.0515, 55.7, 73.5, 38, 0, 36, 84, 3000, 57}, firmness::firm,
    {"NREL ATB 2024 (ATB-calc test data); PyPSA/technology-data 2025 (from NREL ATB 2024)", "2022 USD; read 2026", confidence::published, detail::geothermal_fields});
inline constexpr generator gas_aeroderivative_sc = detail::technology("gas_aeroderivative_sc", {na, 1510, na, na, na, na, na, na, na, na, na, na, na, 36, na, na}, firmness::firm,
    {"AI-Datacenter-Microgrid-Analysis, src/config.py", "read 2026", confidence::published, detail::only_no_tax});
inline constexpr generator gas_fclass_sc_microgrid = detail::technology("gas_fclass_sc_microgrid", {na, 1319, na, na, na, na, na, na, na, na, na, na, na, na, na, na}, firmness::firm,
    {"AI-Datacenter-Microgrid-Analysis, src/config.py", "read 2026", confidence::published, detail::only_no_tax});
inline constexpr generator gas_hclass_cc_microgrid = detail::technology("gas_hclass_cc_microgrid", {na, 1600, na, na, na, na, na, na, na, na, na, na, na, na, na, na}, firmness::firm,
    {"AI-Datacenter-Microgrid-Analysis, src/config.py", "read 2026", confidence::published, detail::only_no_tax});
inline constexpr generator diesel_genset_backup = detail::technology("diesel_genset_backup", {na, 800, na, na, na, na, na, na, na, na, na, na, na, na, na, na}, firmness::firm,
    {"AI-Datacenter-Microgrid-Analysis, src/config.py", "read 2026", confidence::published, detail::only_no_tax});
inline constexpr generator solar_tracking_lbnl_land = detail::technology("solar_tracking_lbnl_land", {na, na, na, na, na, na, na, na, na, na, na, na, na, na, 16875, na}, firmness::variable,
    {"AI-Datacenter-Microgrid-Analysis, src/config.py citing LBNL", "read 2026", confidence::published, detail::only_no_tax});

// ---- storage ----

inline constexpr battery battery_4h{"battery_4h", 4 * units::hour, 0.85, 1711.4 * (units::usd / units::kilowatt),
    1711.4 * 0.025 * (units::usd / (units::kilowatt * units::year)), 15 * units::year, 12 * units::month, 24 * units::month,
    200 * (units::square_metre / units::megawatt), {"NREL ATB 2024 (ATB-calc test data), 4 h Moderate 2025; PyPSA/technology-data 2025 (from NREL ATB 2024)", "2022 USD; read 2026", confidence::published, detail::battery_fields}};

// ---- grids: industrial price (general knowledge, but for that of the United States); carbon over the life cycle and water, of what is generated ----

inline constexpr grid grid_us_average = detail::connection("grid_us_average", 82.6, 369.5, 3132.1,
    {"codecarbon global_energy_mix (Our World in Data)", "2025", confidence::published, detail::us_fields});
inline constexpr grid grid_france = detail::connection("grid_france", 130, 56.0, 3673.7,
    {"codecarbon global_energy_mix (Our World in Data)", "2025", confidence::published, detail::grid_fields});
inline constexpr grid grid_germany = detail::connection("grid_germany", 200, 381.0, 1947.0,
    {"codecarbon global_energy_mix (Our World in Data)", "2025", confidence::published, detail::grid_fields});
inline constexpr grid grid_china = detail::connection("grid_china", 90, 582.3, 6006.5,
    {"codecarbon global_energy_mix (Our World in Data)", "2025", confidence::published, detail::grid_fields});
inline constexpr grid grid_ireland = detail::connection("grid_ireland", 220, 290.8, 1476.9,
    {"codecarbon global_energy_mix (Our World in Data)", "2025", confidence::published, detail::grid_fields});
inline constexpr grid grid_singapore = detail::connection("grid_singapore", 180, 470.8, na,
    {"codecarbon global_energy_mix (Our World in Data)", "2025", confidence::published, detail::grid_fields});
inline constexpr grid grid_sweden = detail::connection("grid_sweden", 75, 40.7, 6031.5,
    {"codecarbon global_energy_mix (Our World in Data)", "2025", confidence::published, detail::grid_fields});
inline constexpr grid grid_norway = detail::connection("grid_norway", 70, 30.1, 6663.3,
    {"codecarbon global_energy_mix (Our World in Data)", "2025", confidence::published, detail::grid_fields});
inline constexpr grid grid_india = detail::connection("grid_india", 95, 713.4, 3436.8,
    {"codecarbon global_energy_mix (Our World in Data)", "2025", confidence::published, detail::grid_fields});
inline constexpr grid grid_taiwan = detail::connection("grid_taiwan", 110, 642.4, 1488.6,
    {"codecarbon global_energy_mix (Our World in Data)", "2025", confidence::published, detail::grid_fields});
inline constexpr grid grid_japan = detail::connection("grid_japan", 160, 485.4, 2306.3,
    {"codecarbon global_energy_mix (Our World in Data)", "2025", confidence::published, detail::grid_fields});
inline constexpr grid grid_united_kingdom = detail::connection("grid_united_kingdom", 300, 237.6, 2329.0,
    {"codecarbon global_energy_mix (Our World in Data)", "2025", confidence::published, detail::grid_fields});
inline constexpr grid grid_poland = detail::connection("grid_poland", 170, 661.9, 2513.5,
    {"codecarbon global_energy_mix (Our World in Data)", "2025", confidence::published, detail::grid_fields});
inline constexpr grid grid_south_korea = detail::connection("grid_south_korea", 125, 430.6, 1887.7,
    {"codecarbon global_energy_mix (Our World in Data)", "2025", confidence::published, detail::grid_fields});
inline constexpr grid grid_united_arab_emirates = detail::connection("grid_united_arab_emirates", 80, 561.1, na,
    {"codecarbon global_energy_mix (Our World in Data)", "2025", confidence::published, detail::grid_fields});
inline constexpr grid grid_saudi_arabia = detail::connection("grid_saudi_arabia", 60, 706.8, na,
    {"codecarbon global_energy_mix (Our World in Data)", "2025", confidence::published, detail::grid_fields});
inline constexpr grid grid_malaysia = detail::connection("grid_malaysia", 100, 605.8, na,
    {"codecarbon global_energy_mix (Our World in Data)", "2025", confidence::published, detail::grid_fields});
inline constexpr grid grid_iceland = detail::connection("grid_iceland", 50, 27.7, na,
    {"codecarbon global_energy_mix (Our World in Data)", "2025", confidence::published, detail::grid_fields});
inline constexpr grid grid_canada = detail::connection("grid_canada", 80, 170.0, na,
    {"codecarbon global_energy_mix (Our World in Data)", "2025", confidence::published, detail::grid_fields});
inline constexpr grid grid_brazil = detail::connection("grid_brazil", 110, 98.3, na,
    {"codecarbon global_energy_mix (Our World in Data)", "2025", confidence::published, detail::grid_fields});
inline constexpr grid grid_world_average = detail::connection("grid_world_average", na, 473.0, 3908.0,
    {"ecologits electricity_mixes (carbon: WOR)", "2025", confidence::published, detail::grid_fields});
inline constexpr grid grid_ercot = detail::connection("grid_ercot", 60, 428.8, na,
    {"electricitymaps zone US-TEX-ERCO, 2021 average (of which direct 366.2 g/kWh)", "2024", confidence::published, detail::grid_fields});
inline constexpr grid grid_pjm = detail::connection("grid_pjm", 75, 322, na,
    {"codecarbon cloud/impact.csv: 322 g/kWh of an operator in Virginia and Ohio, as a proxy", "2024", confidence::published, detail::grid_fields});

// ---- conversion ----

inline constexpr stage hv_substation_transformer{"hv_substation_transformer", "230 kV AC", "34.5 kV AC", 0.995, 0.993, 0.998,
    {"voltages: aidatacenterguide.com 4.1; efficiency: general knowledge", "read 2026", confidence::recalled}};
inline constexpr stage mv_lv_transformer{"mv_lv_transformer", "34.5 kV AC", "415/480 V AC", 0.99, 0.985, 0.995,
    {"voltages: aidatacenterguide.com 4.1; efficiency: general knowledge", "read 2026", confidence::recalled}};
inline constexpr stage ups_double_conversion{"ups_double_conversion", "415/480 V AC", "415/480 V AC", 0.965, 0.94, 0.975,
    {"general knowledge", "read 2026", confidence::recalled}};
inline constexpr stage ups_eco_mode{"ups_eco_mode", "415/480 V AC", "415/480 V AC", 0.985, 0.98, 0.99,
    {"centiel.com; Schneider white paper 157", "read 2026", confidence::published}};
inline constexpr stage pdu_busway{"pdu_busway", "415 V AC", "415 V AC", 0.98, 0.94, 0.98,
    {"niteolimited.com", "read 2026", confidence::published}};
inline constexpr stage rack_psu_titanium{"rack_psu_titanium", "415/240 V AC", "54 V DC", 0.96, 0.9, 0.975,
    {"tailpipe.ai methodology", "read 2026", confidence::published, detail::upper_end_recalled}};
inline constexpr stage intermediate_bus_converter{"intermediate_bus_converter", "54 V DC", "12 V DC", 0.975, 0.965, 0.985,
    {"general knowledge", "read 2026", confidence::recalled}};
inline constexpr stage vrm_point_of_load{"vrm_point_of_load", "12 V DC", "0.7 V DC", 0.9, 0.86, 0.92,
    {"stage: aidatacenterguide.com; efficiency: general knowledge", "read 2026", confidence::recalled}};
inline constexpr stage hvdc_rectifier_sidecar{"hvdc_rectifier_sidecar", "415/480 V AC", "800 V DC", 0.98, 0.97, 0.985,
    {"architecture: aidatacenterguide.com 4.7; efficiency: general knowledge", "read 2026", confidence::recalled}};
inline constexpr stage solid_state_transformer{"solid_state_transformer", "34.5/13.8 kV AC", "800 V DC", 0.98, 0.97, 0.99,
    {"general knowledge; probsee.com survey: above 0.99 in prototypes", "read 2026", confidence::recalled}};
inline constexpr stage dc_dc_800_to_12{"dc_dc_800_to_12", "800 V DC", "12 V DC", 0.975, 0.965, 0.985,
    {"general knowledge", "read 2026", confidence::recalled}};
inline constexpr stage end_to_end_sst_chain{"end_to_end_sst_chain", "MV AC", "rack DC", 0.92, 0.92, 0.95,
    {"aidatacenterguide.com 4.7: above 0.92 end to end", "read 2026", confidence::published}};
inline constexpr stage microgrid_dc_dc_converter{"microgrid_dc_dc_converter", "", "", 0.97, 0.97, 0.97,
    {"AI-Datacenter-Microgrid-Analysis, src/config.py, planning value", "read 2026", confidence::estimated}};
inline constexpr stage microgrid_ac_dc_rectifier{"microgrid_ac_dc_rectifier", "", "", 0.96, 0.96, 0.96,
    {"AI-Datacenter-Microgrid-Analysis, src/config.py, planning value", "read 2026", confidence::estimated}};
inline constexpr stage microgrid_dc_ac_inverter{"microgrid_dc_ac_inverter", "", "", 0.96, 0.96, 0.96,
    {"AI-Datacenter-Microgrid-Analysis, src/config.py, planning value", "read 2026", confidence::estimated}};
inline constexpr stage microgrid_transformer{"microgrid_transformer", "", "", 0.98, 0.98, 0.98,
    {"AI-Datacenter-Microgrid-Analysis, src/config.py, planning value", "read 2026", confidence::estimated}};
inline constexpr stage microgrid_switchgear{"microgrid_switchgear", "", "", 0.99, 0.99, 0.99,
    {"AI-Datacenter-Microgrid-Analysis, src/config.py, planning value", "read 2026", confidence::estimated}};
inline constexpr stage microgrid_ups_double_conversion{"microgrid_ups_double_conversion", "", "", 0.94, 0.94, 0.94,
    {"AI-Datacenter-Microgrid-Analysis, src/config.py, planning value", "read 2026", confidence::estimated}};
inline constexpr stage microgrid_ocp_dc_psu{"microgrid_ocp_dc_psu", "", "", 0.98, 0.98, 0.98,
    {"AI-Datacenter-Microgrid-Analysis, src/config.py, planning value", "read 2026", confidence::estimated}};
inline constexpr stage microgrid_server_ac_psu{"microgrid_server_ac_psu", "", "", 0.94, 0.94, 0.94,
    {"AI-Datacenter-Microgrid-Analysis, src/config.py, planning value", "read 2026", confidence::estimated}};
inline constexpr stage microgrid_cabling{"microgrid_cabling", "", "", 0.99, 0.99, 0.99,
    {"AI-Datacenter-Microgrid-Analysis, src/config.py, planning value", "read 2026", confidence::estimated}};
inline constexpr stage microgrid_pdu{"microgrid_pdu", "", "", 0.99, 0.99, 0.99,
    {"AI-Datacenter-Microgrid-Analysis, src/config.py, planning value", "read 2026", confidence::estimated}};
inline constexpr stage microgrid_cooling_vfd{"microgrid_cooling_vfd", "", "", 0.97, 0.97, 0.97,
    {"AI-Datacenter-Microgrid-Analysis, src/config.py, planning value", "read 2026", confidence::estimated}};
inline constexpr stage microgrid_battery_round_trip{"microgrid_battery_round_trip", "", "", 0.9, 0.9, 0.9,
    {"AI-Datacenter-Microgrid-Analysis, src/config.py, planning value", "read 2026", confidence::estimated}};
inline constexpr stage microgrid_pv_mppt{"microgrid_pv_mppt", "", "", 0.99, 0.99, 0.99,
    {"AI-Datacenter-Microgrid-Analysis, src/config.py, planning value", "read 2026", confidence::estimated}};
inline constexpr stage microgrid_battery_converter{"microgrid_battery_converter", "", "", 0.98, 0.98, 0.98,
    {"AI-Datacenter-Microgrid-Analysis, src/config.py, planning value", "read 2026", confidence::estimated}};
inline constexpr stage mv_lv_transformer_full_load{"mv_lv_transformer_full_load", "11 kV AC", "415 V AC", 0.9875, 0.985, 0.99,
    {"kvrm.in: full-load losses 1.0 to 1.5 %", "read 2026", confidence::published}};

// From the transmission grid to the transistors. Legacy alternating current; 800 V direct current from a rectifier beside the racks; a
// solid-state transformer from medium voltage to 800 V.
inline constexpr conversion_chain legacy_ac{"legacy_ac", {hv_substation_transformer, mv_lv_transformer, ups_double_conversion, pdu_busway,
    rack_psu_titanium, intermediate_bus_converter, vrm_point_of_load}, {"stages of the catalog, typical values", "2026", confidence::recalled}};
inline constexpr conversion_chain direct_current_800v{"direct_current_800v", {hv_substation_transformer, mv_lv_transformer,
    hvdc_rectifier_sidecar, dc_dc_800_to_12, vrm_point_of_load}, {"stages of the catalog, typical values", "2026", confidence::recalled}};
inline constexpr conversion_chain solid_state{"solid_state", {hv_substation_transformer, solid_state_transformer, dc_dc_800_to_12,
    vrm_point_of_load}, {"stages of the catalog, typical values", "2026", confidence::recalled}};

// Least squares (on efficiency) through ten points of a model curve, 0.85 at a tenth of the load, 0.962 at best, 0.95 at full load: within
// 1.1 points of each. The curve is a simulator's, not a measurement.
inline constexpr part_load ups_double_conversion_part_load{"ups_double_conversion_part_load", 0.0175, 0.0065, 0.0206,
    {"ai-datacenter-simulator, src/data/efficiencyCurves.ts: model curve, fitted", "read 2026", confidence::estimated}};

// ---- power drawn around the chips ----

inline constexpr overhead gain_800vdc_vs_legacy{"gain_800vdc_vs_legacy", "", "", 0.95, {"SemiAnalysis 2026-05-26; NVIDIA by sector-signals.net", "read 2026", confidence::estimated}};
inline constexpr overhead gpu_to_server{"gpu_to_server", "GPU power", "server power", 1.53, {"Epoch AI data insight 2025-12-18", "read 2026", confidence::estimated}};
inline constexpr overhead server_to_it{"server_to_it", "server power", "IT power", 1.14, {"Epoch AI data insight 2025-12-18", "read 2026", confidence::estimated}};
inline constexpr overhead it_to_facility{"it_to_facility", "IT power", "facility power", 1.4, {"Epoch AI data insight 2025-12-18", "read 2026", confidence::estimated}};
inline constexpr overhead h100_chip_to_server{"h100_chip_to_server", "700 W chip", "10.2 kW / 8", 1.821, {"epoch-research/training-cost-trends, cost_analysis_standalone.py", "read 2026", confidence::estimated}};
inline constexpr overhead a100_chip_to_server{"a100_chip_to_server", "400 W chip", "6.5 kW / 8", 2.031, {"epoch-research/training-cost-trends, cost_analysis_standalone.py", "read 2026", confidence::estimated}};
inline constexpr overhead tpu_chip_to_server{"tpu_chip_to_server", "", "", 1.56, {"epoch-research/training-cost-trends, cost_analysis_standalone.py", "read 2026", confidence::estimated}};
inline constexpr overhead average_to_peak_server_power{"average_to_peak_server_power", "", "", 0.75, {"epoch-research/training-cost-trends, cost_analysis_standalone.py", "read 2026", confidence::estimated}};

// clang-format on

inline constexpr std::array<const generator*, 15> technologies{&solar_pv_utility,
                                                               &onshore_wind,
                                                               &offshore_wind_fixed,
                                                               &gas_ccgt,
                                                               &gas_simple_cycle,
                                                               &nuclear_large,
                                                               &nuclear_smr,
                                                               &coal,
                                                               &hydro_large,
                                                               &geothermal_hydrothermal_flash,
                                                               &gas_aeroderivative_sc,
                                                               &gas_fclass_sc_microgrid,
                                                               &gas_hclass_cc_microgrid,
                                                               &diesel_genset_backup,
                                                               &solar_tracking_lbnl_land};
inline constexpr std::array<const grid*, 23> grids{
    &grid_us_average,    &grid_france,         &grid_germany, &grid_china,       &grid_ireland,
    &grid_singapore,     &grid_sweden,         &grid_norway,  &grid_india,       &grid_taiwan,
    &grid_japan,         &grid_united_kingdom, &grid_poland,  &grid_south_korea, &grid_united_arab_emirates,
    &grid_saudi_arabia,  &grid_malaysia,       &grid_iceland, &grid_canada,      &grid_brazil,
    &grid_world_average, &grid_ercot,          &grid_pjm};
inline constexpr std::array<const stage*, 27> stages{&hv_substation_transformer,
                                                     &mv_lv_transformer,
                                                     &ups_double_conversion,
                                                     &ups_eco_mode,
                                                     &pdu_busway,
                                                     &rack_psu_titanium,
                                                     &intermediate_bus_converter,
                                                     &vrm_point_of_load,
                                                     &hvdc_rectifier_sidecar,
                                                     &solid_state_transformer,
                                                     &dc_dc_800_to_12,
                                                     &end_to_end_sst_chain,
                                                     &microgrid_dc_dc_converter,
                                                     &microgrid_ac_dc_rectifier,
                                                     &microgrid_dc_ac_inverter,
                                                     &microgrid_transformer,
                                                     &microgrid_switchgear,
                                                     &microgrid_ups_double_conversion,
                                                     &microgrid_ocp_dc_psu,
                                                     &microgrid_server_ac_psu,
                                                     &microgrid_cabling,
                                                     &microgrid_pdu,
                                                     &microgrid_cooling_vfd,
                                                     &microgrid_battery_round_trip,
                                                     &microgrid_pv_mppt,
                                                     &microgrid_battery_converter,
                                                     &mv_lv_transformer_full_load};
inline constexpr std::array<const conversion_chain*, 3> chains{&legacy_ac, &direct_current_800v, &solid_state};
inline constexpr std::array<const overhead*, 8> overheads{
    &gain_800vdc_vs_legacy, &gpu_to_server,       &server_to_it,       &it_to_facility,
    &h100_chip_to_server,   &a100_chip_to_server, &tpu_chip_to_server, &average_to_peak_server_power};

// The record of that name; throws missing_value with the nearest names.
constexpr const generator& find_technology(std::string_view name) { return find_by_name(technologies, name); }
constexpr const grid& find_grid(std::string_view name) { return find_by_name(grids, name); }
constexpr const stage& find_stage(std::string_view name) { return find_by_name(stages, name); }

}  // namespace catalog
}  // namespace layercake::energy
