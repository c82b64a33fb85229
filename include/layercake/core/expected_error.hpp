// How far predictions are from what others measure: what published sources say of themselves when the constants were fitted without them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <layercake/config.hpp>
#include <string_view>

namespace layercake {

// |ln(predicted / measured)| of sources that were left out of the fit: of each source its median and its 90th percentile, in the mean over so
// many sources. Of a group of figures, or of its rows in one regime. What the figures are of: benchmarks/accuracy/data; how they are found:
// ./dev accuracy --fit, which prints this table; each source: docs/accuracy.md.
struct expected_error {
  std::string_view of, regime;  // no regime: the whole group
  std::size_t sources;
  double median, ninetieth;

  // The standard deviation of ln(measured / predicted), taken to be normal around 0: its size has its median at 0.6745 deviations and its 90th
  // percentile at 1.645; the larger of the two that follow, so that neither is understated.
  //   deviation = max(median / 0.6745, 90th / 1.645)
  // Worked number: a median of 0.1 and a 90th percentile of 0.3: 0.182, which is 20 %.
  constexpr double deviation() const { return std::max(median / 0.6744898, ninetieth / 1.6448536); }
  // What is measured lies with 68 % between the prediction over this factor and the prediction times it: the factor of bulk::log_normal.
  double factor() const { return std::exp(deviation()); }
};

// Regimes: conditions that the user's question has. Others that were looked at and tell nothing apart, or have too few sources: precisions, single
// chips and several, phases of energy, chips and software that nobody else has published.
namespace regimes {
inline constexpr std::string_view dense = "dense", experts = "mixture of experts",
                                  data_sheet = "chip by its data sheet", single_stream = "single stream",
                                  static_batch = "static batch", in_flight = "in flight", saturated = "saturated";
}  // namespace regimes

// Of training, by whether the model has experts.
constexpr std::string_view regime_of_training(bool experts) { return experts ? regimes::experts : regimes::dense; }

// How requests come: one after the other; all at once; so many at a time, or at a rate; or as many as there is room for, which is itself predicted.
enum class request_load : unsigned char { single_stream, static_batch, in_flight, saturated };

// Of serving. A chip of a generation whose kernels nobody has measured is a regime of its own, whatever the load.
constexpr std::string_view regime_of_serving(bool chip_is_measured, request_load load) {
  if (!chip_is_measured) return regimes::data_sheet;
  switch (load) {
  case request_load::single_stream:
    return regimes::single_stream;
  case request_load::static_batch:
    return regimes::static_batch;
  case request_load::in_flight:
    return regimes::in_flight;
  case request_load::saturated:
    return regimes::saturated;
  }
  return {};
}

// A regime that fewer sources than this tell of has no line of its own: it is as far off as its group.
inline constexpr std::size_t least_sources = 3;

inline constexpr expected_error expected_errors[] = {
    {"energy", "", 6, 0.143, 0.235},
    {"serving_latency", "", 19, 0.158, 0.338},
    {"serving_latency", "chip by its data sheet", 4, 0.210, 0.309},
    {"serving_latency", "in flight", 12, 0.145, 0.324},
    {"serving_memory", "", 4, 0.034, 0.038},
    {"serving_throughput", "", 31, 0.160, 0.367},
    {"serving_throughput", "chip by its data sheet", 11, 0.256, 0.480},
    {"serving_throughput", "in flight", 6, 0.099, 0.193},
    {"serving_throughput", "saturated", 5, 0.233, 0.533},
    {"serving_throughput", "single stream", 9, 0.138, 0.317},
    {"serving_throughput", "static batch", 6, 0.114, 0.284},
    {"training_run", "", 1, 0.047, 0.153},
    {"training_speed", "", 38, 0.129, 0.238},
    {"training_speed", "dense", 34, 0.094, 0.187},
    {"training_speed", "mixture of experts", 9, 0.343, 0.430},
    {"ttft", "", 6, 0.208, 0.540},
    {"ttft", "in flight", 3, 0.185, 0.401},
};

// That of a group of figures in a regime, of the whole group where it has no such line; nullptr where none was measured.
constexpr const expected_error* expected_error_of(std::string_view group, std::string_view regime = {}) {
  const expected_error* whole = nullptr;
  for (const expected_error& e : expected_errors) {
    if (e.of != group) continue;
    if (e.regime == regime) return &e;
    if (e.regime.empty()) whole = &e;
  }
  return whole;
}

}  // namespace layercake
