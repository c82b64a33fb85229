// How far predictions are from what others measure: what published sources say of themselves when the constants were fitted without them.
#pragma once

#include <layercake/config.hpp>
#include <string_view>

namespace layercake {

// |ln(predicted / measured)| of a source that was left out of the fit: its median, and its 90th percentile, in the mean over all sources. What the figures
// are of: benchmarks/accuracy/data; how they are found: ./dev accuracy --fit; each source: docs/accuracy.md.
struct expected_error {
  std::string_view of;
  double median, ninetieth;
};
inline constexpr expected_error expected_errors[] = {
    {"training_speed", 0.132, 0.245},  {"training_run", 0.064, 0.125}, {"serving_throughput", 0.191, 0.440},
    {"serving_latency", 0.187, 0.364}, {"ttft", 0.195, 0.603},         {"energy", 0.144, 0.235},
};

// That of a group of figures, nullptr where none was measured.
constexpr const expected_error* expected_error_of(std::string_view group) {
  for (const expected_error& e : expected_errors)
    if (e.of == group) return &e;
  return nullptr;
}

}  // namespace layercake
