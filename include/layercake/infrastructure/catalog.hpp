// Published figures of infrastructure: buildings, cooling, people, prices, shares of cost, fabrics; and sites made of them. All inline
// constexpr, each with its source.
#pragma once

#include <array>
#include <layercake/core/catalog.hpp>
#include <layercake/infrastructure/cost.hpp>
#include <layercake/infrastructure/site.hpp>
#include <string_view>

namespace layercake::infrastructure {

// What cooling costs in power and water, over what is published: power usage effectiveness and water per IT energy.
struct cooling {
  const char* name;
  double effectiveness_low, effectiveness, effectiveness_high;
  quantity<unit::cubic_metre_per_joule> water_low, water, water_high;  // may be unknown
  quantity<unit::watt> rack_limit;                                     // may be unknown
  provenance origin;
};

// A figure with the span that is published for it: a quantity, or double for counts and shares.
template <class Figure>
struct published {
  const char* name;
  Figure low, typical, high;
  provenance origin;
};

// A line of a published bill: what part of what whole. Two lines may be compared if their `whole` is the same thing.
struct cost_line {
  const char* study;
  const char* part;
  const char* boundary;  // of what the whole consists
  double share;
  quantity<unit::usd> amount, whole;  // may be unknown; of the study's unit: a site, a GW, a GPU-hour
  provenance origin;
};

// A site with another cooling, at its typical values; its water where that is published.
constexpr site with_cooling(site s, const cooling& c) {
  s.name = c.name;
  s.power_usage_effectiveness = c.effectiveness;
  s.origin = {c.origin.source, c.origin.date, c.origin.how, detail::site_sources};
  if (is_known(c.water)) {
    s.water_usage_effectiveness = c.water;
    s.origin.by_field = detail::site_sources_but_water;
  }
  return s;
}

namespace catalog {

namespace detail {

using layercake::datum;
template <auto Unit>
constexpr published<measured_in<Unit>> span_of(const char* name, double low, double typical, double high,
                                               const char* source, confidence how) {
  return {name, datum<Unit>(low), datum<Unit>(typical), datum<Unit>(high), {source, "2025-2026", how}};
}
// Water in L/kWh, rack in kW.
constexpr cooling method(const char* name, double low, double typical, double high, double water_low, double water,
                         double water_high, double rack, const char* source, const char* date, confidence how) {
  using namespace units;
  return {name,
          low,
          typical,
          high,
          datum<litre / kilowatt_hour>(water_low),
          datum<litre / kilowatt_hour>(water),
          datum<litre / kilowatt_hour>(water_high),
          datum<kilowatt>(rack),
          {source, date, how}};
}
constexpr cost_line line(const char* study, const char* part, const char* boundary, double share, double amount,
                         double whole, const char* source, const char* date, confidence how) {
  return {study, part, boundary, share, datum<units::usd>(amount), datum<units::usd>(whole), {source, date, how}};
}

// Sources of what a site or a node has in place of a default: the entry of that field, and those of all others.
inline constexpr field_source node_of_known_price[] = {infrastructure::detail::node_sources[0]};
inline constexpr auto with_short_wait = [] {
  std::array<field_source, std::size(infrastructure::detail::facility_sources)> fields{};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    fields[i] = infrastructure::detail::facility_sources[i];
    if (std::string_view(fields[i].field) == "interconnection")
      fields[i].source = "michaelbommarito.com, shortest on open land";
  }
  return fields;
}();
inline constexpr provenance shortest_wait{"calibrated to Epoch AI, ai-datacenter-cost-breakdown", "2026-05-14",
                                          confidence::estimated, with_short_wait};
inline constexpr provenance dense_hall{
    "gigaenergy.com 2026-06 (20 M$/MW or more); infra-economics.com (15 to 20 M$/MW)", "2026", confidence::published,
    infrastructure::detail::facility_sources};
}  // namespace detail

// clang-format off

// ---- cooling: PUE low, typical, high; L/kWh of IT energy low, typical, high; kW per rack ----

inline constexpr cooling industry_average_2023 = detail::method("industry_average_2023", 1.5, 1.58, 1.6, na, na, na, na,
    "pingdo.net citing Uptime Institute 2023 (1.58)", "2023", confidence::published);
inline constexpr cooling air_crah_chiller = detail::method("air_crah_chiller", 1.2, 1.4, 1.6, 0, 1.0, 1.9, 40,
    "inferensys.com (air 1.2-1.4); Vertiv/NVIDIA ASME study describes 100 % air baseline at 7.2 C chilled water, 25 C supply air (conectronica.com); water and rack limit recalled", "2025-2026", confidence::estimated);
inline constexpr cooling air_plus_direct_to_chip_hybrid = detail::method("air_plus_direct_to_chip_hybrid", 1.2, 1.25, 1.34, 0, 0.5, 1.2, 80,
    "conectronica.com (61.4 % and ~75 % liquid load studies); pingdo.net: target <1.25 for AI clusters with liquid cooling ", "2025-2026", confidence::recalled);
inline constexpr cooling direct_to_chip_warm_water = detail::method("direct_to_chip_warm_water", 1.05, 1.1, 1.2, 0, 0.1, 0.5, 250,
    "general knowledge", "2025-2026", confidence::recalled);
inline constexpr cooling immersion_single_phase = detail::method("immersion_single_phase", 1.02, 1.03, 1.1, 0, 0.05, 0.3, 250,
    "inferensys.com (immersion PUE 1.02-1.03; modern air 1.2-1.4; air limit about 30 kW per rack); water and rack limit recalled", "2025-2026", confidence::estimated);
inline constexpr cooling evaporative_direct = detail::method("evaporative_direct", 1.08, 1.12, 1.2, 0.2, 1.0, 1.9, 40,
    "Uptime Intelligence: dry and adiabatic systems can match evaporative PUE (qualitative)", "2025-2026", confidence::recalled);
inline constexpr cooling dry_cooler_closed_loop = detail::method("dry_cooler_closed_loop", 1.1, 1.2, 1.35, 0, 0.0, 0.05, 250,
    "intelligence.uptimeinstitute.com (qualitative)", "2025-2026", confidence::recalled);
inline constexpr cooling fleet_google = detail::method("fleet_google", 1.09, 1.09, 1.09, 0.99, 0.99, 0.99, na,
    "genai-impact/ecologits docs/methodology/llm_inference.md", "2025-2026", confidence::published);
inline constexpr cooling fleet_aws = detail::method("fleet_aws", 1.14, 1.14, 1.14, 0.13, 0.13, 0.13, na,
    "genai-impact/ecologits docs/methodology/llm_inference.md (range 1.09-1.14 and 0.13-0.99 for AWS+Google)", "2025-2026", confidence::published);
inline constexpr cooling fleet_microsoft_us = detail::method("fleet_microsoft_us", 1.2, 1.2, 1.2, 0.569, 0.569, 0.569, na,
    "genai-impact/ecologits docs/methodology/llm_inference.md", "2025-2026", confidence::published);
inline constexpr cooling fleet_microsoft_sweden = detail::method("fleet_microsoft_sweden", 1.16, 1.16, 1.16, 0.09, 0.09, 0.09, na,
    "genai-impact/ecologits docs/methodology/llm_inference.md", "2025-2026", confidence::published);
inline constexpr cooling epoch_default_hyperscaler = detail::method("epoch_default_hyperscaler", 1.1, 1.1, 1.1, na, na, na, na,
    "epoch-research/training-cost-trends cost_analysis_standalone.py", "2025-2026", confidence::published);
inline constexpr cooling epoch_default_other = detail::method("epoch_default_other", 1.25, 1.25, 1.25, na, na, na, na,
    "epoch-research/training-cost-trends cost_analysis_standalone.py", "2025-2026", confidence::published);
inline constexpr std::array<const cooling*, 13> coolings{&industry_average_2023, &air_crah_chiller, &air_plus_direct_to_chip_hybrid, &direct_to_chip_warm_water, &immersion_single_phase, &evaporative_direct, &dry_cooler_closed_loop, &fleet_google, &fleet_aws, &fleet_microsoft_us, &fleet_microsoft_sweden, &epoch_default_hyperscaler, &epoch_default_other};
// A chiller's coefficient of performance by outdoor temperature, heat moved per electricity; between them a straight line.
inline constexpr published<double> chiller_performance_at_15_celsius{"chiller_performance_at_15_celsius", 7, 7, 7, {"ai-datacenter-simulator, src/data/efficiencyCurves.ts (model curve)", "2026", confidence::estimated}};
inline constexpr published<double> chiller_performance_at_45_celsius{"chiller_performance_at_45_celsius", 4, 4, 4, {"ai-datacenter-simulator, src/data/efficiencyCurves.ts (model curve)", "2026", confidence::estimated}};

// ---- buildings and people ----

inline constexpr auto facility_capex_standard = detail::span_of<units::usd / units::megawatt>("facility_capex_standard", 7000000, 11000000, 15000000, "ibinterviewquestions.com (10-12 M); cortexconstruct.com (7-15 M)", confidence::published);
inline constexpr auto facility_capex_ai_optimised = detail::span_of<units::usd / units::megawatt>("facility_capex_ai_optimised", 15000000, 20000000, 25000000, "gigaenergy.com 2026-06 (20 M or more); infra-economics.com (15-20 M)", confidence::published);
inline constexpr published<double> share_electrical{"share_electrical", 0.4, 0.45, 0.5, {infrastructure::detail::capex_split, "2025-2026", confidence::estimated}};  // fraction of facility capex
inline constexpr published<double> share_mechanical_cooling{"share_mechanical_cooling", 0.15, 0.175, 0.2, {infrastructure::detail::capex_split, "2025-2026", confidence::estimated}};  // fraction of facility capex
inline constexpr published<double> share_powered_shell_land{"share_powered_shell_land", 0.15, 0.175, 0.2, {infrastructure::detail::capex_split, "2025-2026", confidence::estimated}};  // fraction of facility capex
inline constexpr published<double> share_other_fitout_soft{"share_other_fitout_soft", 0.1, 0.2, 0.3, {"residual of the three shares", "2025-2026", confidence::assumed}};  // fraction of facility capex
inline constexpr auto all_in_capex_per_gw = detail::span_of<units::usd / units::gigawatt>("all_in_capex_per_gw", 3.8e+10, 5e+10, 6e+10, "Epoch AI 2026-05-14 (38 B); livemint.com and cyptea.com quoting J. Huang (50-60 B of which 35 B NVIDIA)", confidence::published);
inline constexpr auto construction_time_shell_to_commissioned = detail::span_of<units::month>("construction_time_shell_to_commissioned", 12, 21, 24, "constructionowners.com (18-24); michaelbommarito.com (12-18 greenfield, 18-24 brownfield)", confidence::published);
inline constexpr auto interconnection_wait_us_average = detail::span_of<units::month>("interconnection_wait_us_average", 18, 48, 84, "constructionowners.com citing JLL 2026 (4 y national, 7 y N. Virginia 100 MW); michaelbommarito.com (18-36 greenfield)", confidence::published);
inline constexpr auto large_power_transformer_lead = detail::span_of<units::week>("large_power_transformer_lead", 60, 128, 260, "realclear.ai (128 average 2025, GSU 144); build.inc (60-120 weeks Apr-2026; 48-60 months Jun-2026); thehighstakesblueprint.com (144-180)", confidence::published);
inline constexpr auto mv_switchgear_lead = detail::span_of<units::week>("mv_switchgear_lead", 40, 52, 65, "build.inc 2026-04-30", confidence::published);
inline constexpr auto gas_turbine_lead = detail::span_of<units::month>("gas_turbine_lead", 12, 60, 84, "S&P Global 2025-05-20; sourcerockep.com", confidence::published);
inline constexpr auto recip_gas_engine_lead = detail::span_of<units::month>("recip_gas_engine_lead", 12, 15, 18, "sourcerockep.com", confidence::published);
inline constexpr auto site_acquisition = detail::span_of<units::month>("site_acquisition", 3, 6, 12, "michaelbommarito.com", confidence::published);
inline constexpr auto permitting = detail::span_of<units::month>("permitting", 6, 12, 24, "michaelbommarito.com", confidence::published);
inline constexpr auto substation_capex = detail::span_of<units::usd>("substation_capex", 50000000, 100000000, 150000000, "thehighstakesblueprint.com (200 to 500 MW)", confidence::published);
inline constexpr auto campus_land = detail::span_of<units::square_metre / units::megawatt>("campus_land", 2400, 3000, 4500, "Bloomberg via fresh.yiaap.com (875 acre Abilene / 1.2 GW); infra-economics.com (20 acre for 18 MW); 1.2 GW recalled", confidence::published);
inline constexpr auto building_floor_area = detail::span_of<units::square_metre / units::megawatt>("building_floor_area", 250, 390, 600, "hostingadvice.com (0.5 M sq ft per building, 10 buildings); 1.2 GW recalled", confidence::estimated);
inline constexpr published<quantity<unit::per_watt>> peak_construction_workers{"peak_construction_workers", 1.3 / units::megawatt, 5.3 / units::megawatt, 10 / units::megawatt, {"ainvest.com (1,500 construction jobs at ~1 GW Abilene); unanswered.io (Stargate up to 6,400 at peak; Microsoft over 3,000 on one project); 1.2 GW recalled, upper value assumed", "2025-2026", confidence::estimated}};
inline constexpr published<double> peak_electricians_single_hyperscale_project{"peak_electricians_single_hyperscale_project", 500, 1400, 2000, {"buildermuse.com (1,400 electricians at peak); ibew.org (500-1,000 members for a decade in Columbus)", "2025-2026", confidence::published}};  // workers
inline constexpr published<quantity<unit::per_watt>> electricians_per_mw_peak{"electricians_per_mw_peak", 1.5 / units::megawatt, 3.5 / units::megawatt, 5 / units::megawatt, {"derived: 1,400 electricians / 300-400 MW project", "2025-2026", confidence::assumed}};
inline constexpr published<quantity<unit::per_watt>> plumbers_pipefitters_per_mw_peak{"plumbers_pipefitters_per_mw_peak", 0.4 / units::megawatt, 1.2 / units::megawatt, 2 / units::megawatt, {"scaled from mechanical/electrical cost share 0.175/0.45", "2025-2026", confidence::assumed}};
inline constexpr published<quantity<unit::per_watt>> steelworkers_per_mw_peak{"steelworkers_per_mw_peak", 0.2 / units::megawatt, 0.5 / units::megawatt, 1 / units::megawatt, {"chosen", "2025-2026", confidence::assumed}};
inline constexpr published<quantity<unit::per_watt>> network_technicians_per_mw_peak{"network_technicians_per_mw_peak", 0.2 / units::megawatt, 0.6 / units::megawatt, 1 / units::megawatt, {"low-voltage and fibre", "2025-2026", confidence::assumed}};
inline constexpr published<quantity<unit::per_watt>> equipment_installers_per_mw_peak{"equipment_installers_per_mw_peak", 0.2 / units::megawatt, 0.6 / units::megawatt, 1 / units::megawatt, {"rack, CDU and generator rigging", "2025-2026", confidence::assumed}};
inline constexpr published<quantity<unit::per_watt>> operators_per_mw_steady{"operators_per_mw_steady", 0.05 / units::megawatt, 0.1 / units::megawatt, 0.5 / units::megawatt, {"ainvest.com (~100 FTE at ~1 GW Abilene); Bloomberg (57 guaranteed)", "2025-2026", confidence::published}};
inline constexpr published<quantity<unit::per_watt>> operators_small_retail_dc{"operators_small_retail_dc", 6 / units::megawatt, 8.6 / units::megawatt, 15 / units::megawatt, {"unanswered.io (about 30 permanent workers at 2-5 MW)", "2025-2026", confidence::published}};
inline constexpr published<double> operators_per_building_microsoft{"operators_per_building_microsoft", 50, 50, 50, {"unanswered.io (about 50 full-time employees plus vendors per building)", "2025-2026", confidence::published}};  // FTE/building
inline constexpr published<double> data_center_wage_premium{"data_center_wage_premium", 0.32, 0.32, 0.32, {"buildups.ca summary of Bridgit / ABC 2026", "2025-2026", confidence::published}};  // fraction over other construction
inline constexpr published<quantity<unit::per_second>> construction_worker_gap_us{"construction_worker_gap_us", 349000 / units::year, 349000 / units::year, 501000 / units::year, {"buildups.ca (349,000 in 2026, 456,000 in 2027, ABC); buildermuse.com (501,000)", "2025-2026", confidence::published}};
inline constexpr auto construction_jobs_per_floor_area = detail::span_of<units::square_metre>("construction_jobs_per_floor_area", 25.5, 25.5, 25.5, "technical.ly / Maryland Tech Council (one job per 275 sq ft)", confidence::published);
inline constexpr auto electrician_wage_union_dc = detail::span_of<units::usd / units::hour>("electrician_wage_union_dc", 35, 59.5, 80, "constructionowners.com 2025-09-29 (35 independent -> 59.50 on Frederick MD data center)", confidence::published);
inline constexpr published<quantity<unit::per_second>> electrician_shortage_us{"electrician_shortage_us", 81000 / units::year, 81000 / units::year, 81000 / units::year, {"bisnow.com citing BLS (about 81,000 per year through 2030)", "2025-2026", confidence::published}};
inline constexpr auto electrician_apprenticeship = detail::span_of<units::month>("electrician_apprenticeship", 48, 60, 60, "IBEW/NECA inside wireman 5 years", confidence::recalled);
inline constexpr auto cost_of_delay_100mw = detail::span_of<units::usd>("cost_of_delay_100mw", 210000000, 210000000, 210000000, "michaelbommarito.com (175 $/kW-month lease x 100 MW) (a year, 100 MW)", confidence::published);
inline constexpr auto wholesale_lease_rate = detail::span_of<units::usd / ( units::kilowatt * units::month )>("wholesale_lease_rate", 80, 130, 175, "dellatek.com.tr (80-100 older Chicagoland); michaelbommarito.com (175)", confidence::published);
inline constexpr auto compute_rent_per_gw_year = detail::span_of<units::usd / ( units::gigawatt * units::year )>("compute_rent_per_gw_year", 1e+10, 1.25e+10, 1.5e+10, "podpulse.ai; signalcast.app (Patel interview summaries)", confidence::published);
inline constexpr auto neocloud_dc_capex_per_mw = detail::span_of<units::usd / units::megawatt>("neocloud_dc_capex_per_mw", 10000000, 11500000, 13000000, "rittenhouseresearch.substack.com CoreWeave 100 MW model", confidence::published);
inline constexpr auto neocloud_dc_rent_year1 = detail::span_of<units::usd / ( units::megawatt * units::year )>("neocloud_dc_rent_year1", 1650000, 1650000, 1650000, "rittenhouseresearch.substack.com", confidence::published);
inline constexpr auto coreweave_depreciation = detail::span_of<units::year>("coreweave_depreciation", 6, 6, 6, "useluminix.com; bizety.com", confidence::published);
inline constexpr auto nebius_depreciation = detail::span_of<units::year>("nebius_depreciation", 4, 4, 4, "useluminix.com; bizety.com", confidence::published);
inline constexpr auto microsoft_project_hours = detail::span_of<units::hour>("microsoft_project_hours", 11800000, 11800000, 11800000, "feeds.news", confidence::published);
inline constexpr published<double> abilene_construction_jobs{"abilene_construction_jobs", 1500, 1500, 6400, {"ainvest.com; unanswered.io (peak up to 6,400 across Stargate)", "2025-2026", confidence::published}};  // jobs
inline constexpr published<double> abilene_permanent_jobs{"abilene_permanent_jobs", 57, 100, 100, {"ainvest.com; Bloomberg copy (57 guaranteed)", "2025-2026", confidence::published}};  // FTE
inline constexpr published<double> cluster_size_target_gpus{"cluster_size_target_gpus", 1000000, 1000000, 10000000, {"essays on the buildout: a million, ten million", "2025-2026", confidence::recalled}};  // GPU
inline constexpr published<double> scale_metabolic_exponent{"scale_metabolic_exponent", 0.75, 0.75, 0.75, {"G. West, Scale, 2017", "2025-2026", confidence::recalled}};  // exponent
inline constexpr published<double> scale_city_infrastructure_exponent{"scale_city_infrastructure_exponent", 0.85, 0.85, 0.85, {"shortform.com (85 % more infrastructure when population doubles)", "2025-2026", confidence::published}};  // exponent
inline constexpr published<double> scale_city_output_exponent{"scale_city_output_exponent", 1.15, 1.15, 1.15, {"goodreads notes on West (exponent about 1.15); shortform.com", "2025-2026", confidence::published}};  // exponent

// ---- prices of network and nodes ----

inline constexpr auto switch_64_400g_price = detail::span_of<units::usd>("switch_64_400g_price", 36000, 36000, 50000, "H100 Freakonomics sheet 2024-08; NVIDIA official about 50 k$", confidence::published);
inline constexpr auto transceiver_price = detail::span_of<units::usd>("transceiver_price", 500, 750, 1000, "infra-economics.com, OSFP 400 and 800 Gb/s", confidence::published);
inline constexpr auto parallel_filesystem_price = detail::span_of<units::usd / units::petabyte>("parallel_filesystem_price", 250000, 250000, 250000, "infra-economics.com", confidence::published);
inline constexpr auto dgx_h100_node_price = detail::span_of<units::usd>("dgx_h100_node_price", 310000, 350000, 350000, "AI-Datacenter-Microgrid-Analysis, src/config.py; 310 k$ in the H100 Freakonomics sheet", confidence::published);

// ---- shares of cost, each of a boundary ----

inline constexpr std::array<cost_line, 38> cost_lines{
    detail::line("nvidia_per_gw_2025", "nvidia hardware", "site capex per GW", 0.7, 35000000000, 50000000000, "livemint.com 2025-09-01; cyptea.com (J. Huang, Q2 FY26 call)", "2025", confidence::published),
    detail::line("nvidia_per_gw_2025", "other components and facility", "site capex per GW", 0.3, 15000000000, 50000000000, "livemint.com 2025-09-01; cyptea.com (J. Huang, Q2 FY26 call)", "2025", confidence::published),
    detail::line("epoch_1gw_gb200_2026", "total upfront capex", "site capex per GW of IT", 1, 38000000000, 38000000000, "Epoch AI data insight 2026-05-14 ai-datacenter-cost-breakdown (CC-BY)", "2026", confidence::published),
    detail::line("epoch_1gw_gb200_2026", "servers", "ownership per GW of IT and year", 0.6, 5000000000, 8500000000, "Epoch AI data insight 2026-05-14 ai-datacenter-cost-breakdown (CC-BY)", "2026", confidence::published),
    detail::line("epoch_1gw_gb200_2026", "energy", "ownership per GW of IT and year", 0.071, 600000000, 8500000000, "Epoch AI data insight 2026-05-14 ai-datacenter-cost-breakdown (CC-BY)", "2026", confidence::published),
    detail::line("epoch_1gw_gb200_2026", "all opex", "ownership per GW of IT and year", 0.106, 900000000, 8500000000, "Epoch AI data insight 2026-05-14 ai-datacenter-cost-breakdown (CC-BY)", "2026", confidence::published),
    detail::line("epoch_1gw_gb200_2026", "total at 3-year IT life", "ownership per GW of IT and year", 1, 12000000000, 12000000000, "Epoch AI data insight 2026-05-14 ai-datacenter-cost-breakdown (CC-BY)", "2026", confidence::published),
    detail::line("epoch_1gw_gb200_2026", "total at 7-year IT life", "ownership per GW of IT and year", 1, 7000000000, 7000000000, "Epoch AI data insight 2026-05-14 ai-datacenter-cost-breakdown (CC-BY)", "2026", confidence::published),
    detail::line("epoch_100mw_dgx_h100", "total", "ownership per MW of IT and year", 1, 10800000, 10800000, "Epoch AI data insight 2026-05-14 ai-datacenter-cost-breakdown (CC-BY)", "2025", confidence::published),
    detail::line("xai_colossus_100k_h100_2024", "compute", "site capex", 0.681, 3200000000, 4700000000, "epoch-research/ai-chip-counts data_inputs/xai_datacenter_timelines.csv (MIT)", "2024", confidence::published),
    detail::line("xai_colossus_100k_h100_2024", "construction", "site capex", 0.319, 1500000000, 4700000000, "epoch-research/ai-chip-counts data_inputs/xai_datacenter_timelines.csv (MIT)", "2024", confidence::published),
    detail::line("epoch_training_cluster", "cluster interconnect", "cluster capex", 0.19, na, na, "epoch-research/training-cost-trends cost_analysis_standalone.py", "2024", confidence::published),
    detail::line("infra_economics_10k_gpu", "HGX GPU baseboards", "site capex", 0.376, 275000000, 732000000, "infra-economics.com (1,250-node, 18 MW, 732 M$ bill of materials)", "2025", confidence::published),
    detail::line("infra_economics_10k_gpu", "server integration markup", "site capex", 0.068, 50000000, 732000000, "infra-economics.com (1,250-node, 18 MW, 732 M$ bill of materials)", "2025", confidence::published),
    detail::line("infra_economics_10k_gpu", "NICs", "site capex", 0.02, 15000000, 732000000, "infra-economics.com (1,250-node, 18 MW, 732 M$ bill of materials)", "2025", confidence::estimated),
    detail::line("infra_economics_10k_gpu", "CPU+DRAM+NVMe", "site capex", 0.051, 37500000, 732000000, "infra-economics.com (1,250-node, 18 MW, 732 M$ bill of materials)", "2025", confidence::published),
    detail::line("infra_economics_10k_gpu", "IB switches (700 x 35 k$)", "site capex", 0.033, 24500000, 732000000, "infra-economics.com (1,250-node, 18 MW, 732 M$ bill of materials)", "2025", confidence::published),
    detail::line("h100_ib_fat_tree_512", "network (8 switches + cables)", "cluster capex", 0.0402, 963840, 24003840, "H100 Freakonomics sheet (docs.google.com/spreadsheets/d/1Ft3RbeZ..., Aug-2024)", "2024", confidence::published),
    detail::line("h100_ib_fat_tree_1024", "network (48 switches + cables)", "cluster capex", 0.0862, 4349440, 50429440, "H100 Freakonomics sheet (docs.google.com/spreadsheets/d/1Ft3RbeZ..., Aug-2024)", "2024", confidence::published),
    detail::line("h100_ib_fat_tree_8192", "network (384 switches + cables)", "cluster capex", 0.0885, 34795520, 393195520, "H100 Freakonomics sheet (docs.google.com/spreadsheets/d/1Ft3RbeZ..., Aug-2024)", "2024", confidence::published),
    detail::line("h100_ib_fat_tree_16384", "network (768 switches + cables)", "cluster capex", 0.0862, 69591040, 806871040, "H100 Freakonomics sheet (docs.google.com/spreadsheets/d/1Ft3RbeZ..., Aug-2024)", "2024", confidence::published),
    detail::line("h100_ib_fat_tree_32768", "network (2560 switches + cables)", "cluster capex", 0.1281, 216678400, 1691238400, "H100 Freakonomics sheet (docs.google.com/spreadsheets/d/1Ft3RbeZ..., Aug-2024)", "2024", confidence::published),
    detail::line("h100_ib_fat_tree_104858", "network (8192 switches + cables)", "cluster capex", 0.1281, 693370880, 5411962880, "H100 Freakonomics sheet (docs.google.com/spreadsheets/d/1Ft3RbeZ..., Aug-2024)", "2024", confidence::published),
    detail::line("hamilton_2010", "servers", "ownership per month", 0.57, 1995000, 3500000, "J. Hamilton 2010 monthly model (datacenterknowledge.com; perspectives.mvdirona.com)", "2010", confidence::published),
    detail::line("hamilton_2010", "networking equipment", "ownership per month", 0.08, 280000, 3500000, "J. Hamilton 2010 monthly model (datacenterknowledge.com; perspectives.mvdirona.com)", "2010", confidence::published),
    detail::line("hamilton_2010", "power distribution and cooling infrastructure", "ownership per month", 0.18, 630000, 3500000, "J. Hamilton 2010 monthly model (datacenterknowledge.com; perspectives.mvdirona.com)", "2010", confidence::published),
    detail::line("hamilton_2010", "power", "ownership per month", 0.13, 455000, 3500000, "J. Hamilton 2010 monthly model (datacenterknowledge.com; perspectives.mvdirona.com)", "2010", confidence::published),
    detail::line("hamilton_2010", "other infrastructure", "ownership per month", 0.04, 140000, 3500000, "J. Hamilton 2010 monthly model (datacenterknowledge.com; perspectives.mvdirona.com)", "2010", confidence::published),
    detail::line("h100_hour_owned_infra", "GPU capex amortised 3 y", "ownership per GPU-hour", 0.714, 0.95, 1.33, "llm-inference-anatomy.pages.dev/economics", "2026", confidence::published),
    detail::line("h100_hour_leased_infra", "GPU capex amortised 3 y", "ownership per GPU-hour", 0.671, 1.1, 1.64, "llm-inference-anatomy.pages.dev/economics", "2026", confidence::published),
    detail::line("h100_hour_owned_infra", "power", "ownership per GPU-hour", 0.023, 0.03, 1.33, "llm-inference-anatomy.pages.dev/economics", "2026", confidence::published),
    detail::line("h100_hour_leased_infra", "power", "ownership per GPU-hour", 0.043, 0.07, 1.64, "llm-inference-anatomy.pages.dev/economics", "2026", confidence::published),
    detail::line("h100_hour_owned_infra", "data center amortised", "ownership per GPU-hour", 0.113, 0.15, 1.33, "llm-inference-anatomy.pages.dev/economics", "2026", confidence::published),
    detail::line("h100_hour_leased_infra", "data center amortised", "ownership per GPU-hour", 0.152, 0.25, 1.64, "llm-inference-anatomy.pages.dev/economics", "2026", confidence::published),
    detail::line("h100_hour_owned_infra", "networking", "ownership per GPU-hour", 0.075, 0.1, 1.33, "llm-inference-anatomy.pages.dev/economics", "2026", confidence::published),
    detail::line("h100_hour_leased_infra", "networking", "ownership per GPU-hour", 0.061, 0.1, 1.64, "llm-inference-anatomy.pages.dev/economics", "2026", confidence::published),
    detail::line("h100_hour_owned_infra", "operations and platform", "ownership per GPU-hour", 0.075, 0.1, 1.33, "llm-inference-anatomy.pages.dev/economics", "2026", confidence::published),
    detail::line("h100_hour_leased_infra", "operations and platform", "ownership per GPU-hour", 0.073, 0.12, 1.64, "llm-inference-anatomy.pages.dev/economics", "2026", confidence::published)};

// ---- fabrics ----

inline constexpr scale_up_law generic_fabric{};
inline constexpr scale_up_law nvlink_ampere{.name = "nvlink_ampere", .launch = 9.308 * units::microsecond, .step = 0.8974 * units::microsecond, .direct_launch = 4.173 * units::microsecond};
inline constexpr scale_up_law nvlink_hopper{.name = "nvlink_hopper", .launch = 5.349 * units::microsecond, .step = 0.7448 * units::microsecond, .reduces_in_switch = true, .direct_launch = 2.273 * units::microsecond};
inline constexpr scale_up_law nvlink_blackwell{.name = "nvlink_blackwell", .launch = 7.884 * units::microsecond, .step = 1.17 * units::microsecond, .reduces_in_switch = true, .switch_efficiency = 0.4765, .direct_launch = 3.89 * units::microsecond};
inline constexpr scale_up_law pcie{.name = "pcie", .launch = 5.406 * units::microsecond, .step = 0.5357 * units::microsecond, .bridge_share = 1.763, .channel_bandwidth = 1e15 * units::gigabyte_per_second, .reads_directly = false};
// Eight chips, each with a link to each of the others (AMD CDNA 3 architecture white paper, 2023, "MI300X platform"); all else as generic.
inline constexpr scale_up_law infinity_fabric{.name = "infinity_fabric", .peers = 7};
// Links of TPUs, which their programs send on without a kernel to start: a microsecond a hop and as much at least (Austin et al., How to Scale Your
// Model, 2025, "Sharded matrices"); all else as generic.
inline constexpr scale_up_law interchip{.name = "interchip", .launch = 1 * units::microsecond, .step = 1 * units::microsecond, .reads_directly = false};
inline constexpr std::array<const scale_up_law*, 7> fabrics{&generic_fabric, &nvlink_ampere, &nvlink_hopper, &nvlink_blackwell, &pcie, &infinity_fabric, &interchip};

// ---- nodes: watts of server per watt of chips as published, 4 % of them lost in the power supplies; price as basic_node's unless said ----

inline constexpr node average_ai_server{};
inline constexpr node dgx_h100{.other_power = 10200.0 / 8 / 700 * 0.96 - 1, .price_per_chip = (350000.0 / 8 - 26268) * units::usd,
    .origin = {"10.2 kW, 350 k$: training-cost-trends, AI-Datacenter-Microgrid-Analysis; less Epoch AI's H100 price of 2024", "2025", confidence::published, detail::node_of_known_price}};
inline constexpr node dgx_a100{.other_power = 6500.0 / 8 / 400 * 0.96 - 1, .origin = {"6.5 kW: training-cost-trends", "2024", confidence::published, infrastructure::detail::node_sources}};
inline constexpr node tpu_server{.other_power = 1.56 * 0.96 - 1, .origin = {"training-cost-trends (v4 and later)", "2024", confidence::published, infrastructure::detail::node_sources}};

// ---- sites: what differs from the defaults ----

inline constexpr site colocation{.name = "colocation", .origin = {"training-cost-trends (PUE 1.25)", "2024", confidence::published, infrastructure::detail::site_sources}};
inline constexpr site hyperscale{.name = "hyperscale", .power_usage_effectiveness = epoch_default_hyperscaler.effectiveness, .origin = {"training-cost-trends (PUE 1.1)", "2024", confidence::published, infrastructure::detail::site_sources}};
inline constexpr site google{.name = "google", .power_usage_effectiveness = fleet_google.effectiveness, .water_usage_effectiveness = fleet_google.water, .origin = {"EcoLogits, llm_inference methodology", "2025", confidence::published, infrastructure::detail::site_sources_but_water}};
inline constexpr site aws{.name = "aws", .power_usage_effectiveness = fleet_aws.effectiveness, .water_usage_effectiveness = fleet_aws.water, .origin = {"EcoLogits, llm_inference methodology", "2025", confidence::published, infrastructure::detail::site_sources_but_water}};
inline constexpr site microsoft_us{.name = "microsoft_us", .power_usage_effectiveness = fleet_microsoft_us.effectiveness, .water_usage_effectiveness = fleet_microsoft_us.water, .origin = {"EcoLogits, llm_inference methodology", "2025", confidence::published, infrastructure::detail::site_sources_but_water}};
inline constexpr site microsoft_sweden{.name = "microsoft_sweden", .power_usage_effectiveness = fleet_microsoft_sweden.effectiveness, .water_usage_effectiveness = fleet_microsoft_sweden.water, .origin = {"EcoLogits, llm_inference methodology", "2025", confidence::published, infrastructure::detail::site_sources_but_water}};
// Abilene's form: dry coolers in a closed loop; land, floor and people as there (facility.hpp); the shortest wait
// for the grid that is published.
inline constexpr site texas{.name = "texas", .power_usage_effectiveness = dry_cooler_closed_loop.effectiveness, .water_usage_effectiveness = dry_cooler_closed_loop.water, .facility = {.interconnection = 18 * units::month, .origin = detail::shortest_wait}, .origin = {"dry coolers in a closed loop, general knowledge", "2026", confidence::recalled, infrastructure::detail::site_sources_but_water}};
// Fifteen and more dollars per watt: liquid cooling, dense racks.
inline constexpr site ai_optimised{.name = "ai_optimised", .power_usage_effectiveness = direct_to_chip_warm_water.effectiveness, .water_usage_effectiveness = direct_to_chip_warm_water.water, .facility = {.capex = 20 * units::usd_per_watt, .origin = detail::dense_hall}, .origin = {"warm water to the chip, general knowledge", "2026", confidence::recalled, infrastructure::detail::site_sources_but_water}};

// clang-format on

inline constexpr std::array<const site*, 8> sites{&colocation,   &hyperscale,       &google, &aws,
                                                  &microsoft_us, &microsoft_sweden, &texas,  &ai_optimised};

// The record of that name; throws missing_value with the nearest names.
constexpr const site& find_site(std::string_view name) { return find_by_name(sites, name); }
constexpr const cooling& find_cooling(std::string_view name) { return find_by_name(coolings, name); }
constexpr const scale_up_law& find_fabric(std::string_view name) { return find_by_name(fabrics, name); }

}  // namespace catalog
}  // namespace layercake::infrastructure
