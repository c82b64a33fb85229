// One row of energy.csv: its configuration, and the energy or power that the library predicts for it.
#pragma once

#include "serving_rows.hpp"
#include <layercake/serving/energy.hpp>

namespace accuracy {

// A row of energy.csv, which does not say how requests arrive, with the regime that its other cells mean: a number of
// requests in flight is kept there, a run without one is a benchmark of throughput.
template <class Row>
struct serving_energy_row {
  const Row& row;
  std::string_view cell(std::string_view column) const {
    if (column != "regime") return row.cell(column);
    return number(row, "concurrency", 0) > 0 ? "inflight_fixed_concurrency" : "offline_trace";
  }
};

// What an energy or a power follows from: what one chip does, and what surrounds it.
struct energy_case {
  lc::chips::family family = lc::chips::family::other;
  lc::chips::basic_power_chip<> chip{};
  lc::chips::use doing{};
  lc::infrastructure::site site;
  lc::power_boundary boundary = lc::power_boundary::facility;
  bool by_data_sheet = false;  // the thermal design power times power usage effectiveness, whatever the chip does
  double tokens_per_s = 0;     // of one chip
  std::string reason;          // why no power follows, empty if one does

  // Of one chip, at the boundary.
  double watts(const lc::chips::power_constants& k) const {
    using namespace lc::units;
    if (by_data_sheet) return lc::in<watt>(chip.limit) * site.power_usage_effectiveness;
    const auto drawn = lc::chips::power_at(lc::chips::power_law(family, k), chip, doing);
    return lc::in<watt>(lc::power_at<double>(boundary, site, drawn));
  }
};

// Defaults for empty cells: a serving row with a concurrency keeps that many requests in flight, one without is
// saturated; software is a scripted engine; answers have the lengths of a data set; a training row's chips do what
// those of published large runs do, 40 % of the peak. Boundary `full_stack` is taken as the site's meter.
template <class Row>
energy_case energy_case_of(const Row& row, const lc::chips::accelerator& chip, const lc::models::transformer& model,
                           const wires& joined, const lc::serving_constants& constants) {
  using namespace lc::units;
  energy_case c;
  const std::string_view boundary = row.cell("boundary");
  c.by_data_sheet = boundary == "tdp_x_pue";
  c.site.power_usage_effectiveness = number(row, "pue", c.by_data_sheet ? 1.0 : c.site.power_usage_effectiveness);
  if (boundary == "chip")
    c.boundary = lc::power_boundary::chip;
  else if (boundary == "node_dc")
    c.boundary = lc::power_boundary::node_dc;
  else if (boundary == "node_ac")
    c.boundary = lc::power_boundary::node_ac;
  else if (boundary == "other")
    c.reason = "the boundary is not described";
  if (!lc::is_known(chip.thermal_design_power)) c.reason = "the power limit of the chip is not known";
  c.family = chip.family;
  c.chip = {lc::chips::idle_power_of(chip), chip.thermal_design_power, chip.peak.rate(lc::precision::bf16),
            chip.memory_bandwidth};
  constexpr double large_run = 0.4;  // of the peaks
  c.doing = {1, large_run, large_run};
  if (!c.reason.empty() || c.by_data_sheet || row.cell("phase") == "training") return c;

  if (!(number(row, "chips", 0) > 0)) {
    c.reason = "the number of chips is not given";
    return c;
  }
  const serving_energy_row<Row> with_regime{row};
  const serving_setup s = serving_setup_of(with_regime, chip, model, joined, constants);
  c.reason = s.reason;
  if (!c.reason.empty()) return c;
  const lc::serving_result<> f = run_regime(with_regime.cell("regime"), s, c.reason);
  if (!(lc::in<hertz>(f.calls) > 0)) c.reason = "no load on this configuration keeps the limits on latency";
  c.doing = lc::running_use(s.chip, f.work, f.busy, f.present);
  c.tokens_per_s = lc::in<hertz>(f.calls) * s.replicas / s.chips * lc::in<token>(s.demand.output);
  return c;
}

// The figure of a row's metric, in its unit. `emissions` need carbon_kg_per_kwh.
template <class Row>
answer energy_figure(const Row& row, const energy_case& c, const lc::chips::power_constants& k) {
  if (!c.reason.empty()) return {0, c.reason};
  const std::string_view metric = row.cell("metric");
  const double chips = number(row, "chips", 0), watts = c.watts(k);
  const double chip_seconds = chips > 0 ? chips * number(row, "duration_s", 0) : number(row, "chip_hours", 0) * 3600;
  double value = 0;
  if (metric == "average_power")
    value = watts * chips;
  else if (metric == "energy_per_output_token" && c.tokens_per_s > 0)
    value = watts / c.tokens_per_s;
  else if (metric == "energy_per_request" && c.tokens_per_s > 0)
    value = watts / c.tokens_per_s * lc::max(number(row, "osl", usual_output), 1.0);
  else if (metric == "energy_total")
    value = watts * chip_seconds;
  else if (metric == "emissions")
    value = watts * chip_seconds / 3.6e6 * number(row, "carbon_kg_per_kwh", 0);
  else
    return {0, "the metric " + std::string(metric) + " is not one that energy follows from here"};
  if (!(value > 0)) return {0, "the duration, the chip hours or the carbon intensity is not given"};
  return {value, {}};
}

template <class Row>
answer predict_energy(const Row& row, const lc::chips::accelerator& chip, const lc::models::transformer& model,
                      const wires& joined, const lc::serving_constants& constants = lc::fitted_serving) {
  return energy_figure(row, energy_case_of(row, chip, model, joined, constants), lc::chips::measured_power);
}

}  // namespace accuracy
