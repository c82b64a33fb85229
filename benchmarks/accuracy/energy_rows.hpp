// One row of energy.csv: its configuration, and the energy or power that the library predicts for it.
#pragma once

#include "serving_rows.hpp"
#include <layercake/stack/serving_energy.hpp>

namespace accuracy {

// Defaults for empty cells: a serving row with a concurrency keeps that many requests in flight, one without is
// saturated; software is a scripted engine; answers have the lengths of a data set; a training row's chips do what
// those of published large runs do, 40 % of the peak. `emissions` need carbon_kg_per_kwh. Boundary `full_stack` is
// taken as the site's meter.
template <class Row>
answer predict_energy(const Row& row, const lc::chips::accelerator& chip, const lc::models::transformer& model,
                      double network_bandwidth, const lc::serving_constants& constants = lc::fitted_serving) {
  using namespace lc::units;
  const std::string_view boundary = row.cell("boundary"), metric = row.cell("metric");
  const double chips = number(row, "chips", 0);
  const double chip_seconds = chips > 0 ? chips * number(row, "duration_s", 0) : number(row, "chip_hours", 0) * 3600;
  const bool serving = row.cell("phase") != "training";
  lc::infrastructure::site site;
  site.power_usage_effectiveness = number(row, "pue", site.power_usage_effectiveness);

  lc::power_boundary at = lc::power_boundary::facility;
  if (boundary == "chip")
    at = lc::power_boundary::chip;
  else if (boundary == "node_dc")
    at = lc::power_boundary::node_dc;
  else if (boundary == "node_ac")
    at = lc::power_boundary::node_ac;
  else if (boundary == "other")
    return {0, "the boundary is not described"};

  double watts = 0;         // of one chip, at the boundary
  double tokens_per_s = 0;  // of one chip
  if (!lc::is_known(chip.thermal_design_power)) return {0, "the power limit of the chip is not known"};
  if (boundary == "tdp_x_pue") {
    watts = lc::in<watt>(chip.thermal_design_power) * number(row, "pue", 1);
  } else if (serving) {
    if (!(chips > 0)) return {0, "the number of chips is not given"};
    const serving_setup s = serving_setup_of(row, chip, model, network_bandwidth, constants);
    if (!s.reason.empty()) return {0, s.reason};
    std::string reason;
    const lc::serving_result<> f =
        run_regime(s.concurrency > 0 ? "inflight_fixed_concurrency" : "offline_trace", s, reason);
    if (!(lc::in<hertz>(f.calls) > 0)) return {0, "no load on this configuration keeps the limits on latency"};
    watts = lc::in<watt>(lc::power_at<double>(at, site, lc::power_of(s.chip, f)));
    tokens_per_s = lc::in<hertz>(f.calls) * s.replicas / s.chips * lc::in<token>(s.demand.output);
  } else {
    watts = lc::in<watt>(lc::power_at<double>(at, site, lc::chips::power_of(chip, lc::chips::use{1, 0.4, 0.4})));
  }

  const double output = lc::max(number(row, "osl", 200), 1.0);
  double value = 0;
  if (metric == "average_power")
    value = watts * chips;
  else if (metric == "energy_per_output_token" && tokens_per_s > 0)
    value = watts / tokens_per_s;
  else if (metric == "energy_per_request" && tokens_per_s > 0)
    value = watts / tokens_per_s * output;
  else if (metric == "energy_total")
    value = watts * chip_seconds;
  else if (metric == "emissions")
    value = watts * chip_seconds / 3.6e6 * number(row, "carbon_kg_per_kwh", 0);
  else
    return {0, "the metric " + std::string(metric) + " is not one that energy follows from here"};
  if (!(value > 0)) return {0, "the duration, the chip hours or the carbon intensity is not given"};
  return {value, {}};
}

}  // namespace accuracy
