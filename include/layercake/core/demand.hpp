// The words that pass between the layers: each is what one layer asks of the next one down, or grants to the next one up.
#pragma once

#include <layercake/core/unknown.hpp>
#include <layercake/units/named.hpp>

namespace layercake {

// Applications ask models for calls.
template <class T = double>
struct call_demand {
  quantity<unit::per_second, T> calls;            // mean rate of model calls
  T peak_to_mean = T(1);                          // rate in the busiest hour over the mean
  quantity<unit::token, T> input;                 // tokens read per call; 0 for models without tokens
  quantity<unit::token, T> output;                // tokens written per call
  T cached_share = T(0);                          // share of the input whose cache is reused from an earlier call
  quantity<unit::second, T> time_to_first_token;  // objective
  quantity<unit::second_per_token, T> time_per_output_token;  // objective
};

// A demand over a wider number type, with an objective that nobody set (throughput alone counts) as one that everything meets.
template <class U, class T>
constexpr call_demand<U> widened(const call_demand<T>& d) {
  const auto first = number_cast<T>(1e30) * units::second;
  const auto next = number_cast<T>(1e30) * (units::second / units::token);
  return {d.calls,
          number_cast<U>(d.peak_to_mean),
          d.input,
          d.output,
          number_cast<U>(d.cached_share),
          where(is_known(d.time_to_first_token), d.time_to_first_token, first),
          where(is_known(d.time_per_output_token), d.time_per_output_token, next)};
}

// Models on chips ask infrastructure for running chips.
template <class T = double>
struct chip_demand {
  T chips = T(0);                            // installed
  quantity<unit::watt, T> peak_power;        // of one chip at the busiest hour
  quantity<unit::watt, T> mean_power;        // of one chip, averaged over time
  quantity<unit::usd, T> price;              // of one chip
  quantity<unit::square_metre, T> die_area;  // silicon in one chip
};

// What a chip brings to the network: the fast fabric that joins `domain` chips, at `bandwidth` per chip and direction.
template <class T = double>
struct scale_up_fabric {
  quantity<unit::byte_per_second, T> bandwidth;
  T domain = T(1);
};

// Infrastructure asks energy for power at the meter.
template <class T = double>
struct power_demand {
  quantity<unit::watt, T> peak;
  quantity<unit::watt, T> mean;
};

}  // namespace layercake
