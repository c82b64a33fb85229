// The words that pass between the layers: each is what one layer asks of the next one down, or grants to the next one up.
#pragma once

#include <layercake/core/fields.hpp>
#include <layercake/core/unknown.hpp>
#include <layercake/number/domain.hpp>
#include <layercake/units/kind.hpp>
#include <layercake/units/named.hpp>
#include <tuple>

namespace layercake {

// Applications ask models for calls.
template <number T = double>
struct call_demand {
  quantity<unit::per_second, T> calls{};  // mean rate of model calls
  T peak_to_mean = T(1);                  // rate in the busiest hour over the mean
  input_tokens<T> input{};                // read per call; 0 for models without tokens
  output_tokens<T> output{};              // written per call
  T cached_share = T(0);                  // of the input behind the shared prefix, what an earlier call has read
  quantity<unit::second, T> time_to_first_token = unknown<>;              // objective; unknown: none
  quantity<unit::second_per_token, T> time_per_output_token = unknown<>;  // objective; unknown: none
  input_tokens<T> shared_prefix{};  // at the head of every input, the same in all: held and read once
  // Of a session for its next call, while its cache is held somewhere; unknown: none waits.
  quantity<unit::second, T> waiting_time = unknown<>;

  template <number Other>
  using with_number = call_demand<Other>;
  static constexpr auto fields() {
    using X = call_demand;
    return std::tuple{field("calls", &X::calls, nonnegative, "model calls per time in the mean, 0 where nobody asks"),
                      field("peak_to_mean", &X::peak_to_mean, at_least_one, "calls in the busiest hour over the mean"),
                      field("input", &X::input, nonnegative, "tokens read per call, 0 for a model without tokens"),
                      field("output", &X::output, nonnegative, "tokens written per call, 0 for a model without tokens"),
                      field("cached_share", &X::cached_share, share,
                            "share of the input behind the shared prefix that an earlier call of the session has read"),
                      field("time_to_first_token", &X::time_to_first_token, positive.or_unknown(),
                            "longest wait for an answer to begin, unknown for none"),
                      field("time_per_output_token", &X::time_per_output_token, positive.or_unknown(),
                            "longest time between tokens of an answer, unknown for none"),
                      field("shared_prefix", &X::shared_prefix, nonnegative,
                            "tokens at the head of every input that are the same in all"),
                      field("waiting_time", &X::waiting_time, positive.or_unknown(),
                            "time of a session between two of its calls, unknown where no cache waits")};
  }
  void rules(findings& f) const requires real<T> {
    f.check_at_most("shared_prefix", shared_prefix, "input", input, "The prefix is a part of the input.");
  }
};

template <class X>
inline constexpr bool is_call_demand = false;
template <number T>
inline constexpr bool is_call_demand<call_demand<T>> = true;

// An objective that nobody set (throughput alone counts), as one that everything meets: the largest sensible number of base units.
template <class Unit, number T>
constexpr quantity<Unit, T> objective_or_none(const quantity<Unit, T>& objective) {
  return where(is_known(objective), objective, from_base_value<quantity<Unit, T>>(number_cast<T>(largest_sensible)));
}

// A demand over a wider number type, with its objectives made comparable.
template <number N, number T>
constexpr call_demand<N> widened(const call_demand<T>& d) {
  return {d.calls,
          number_cast<N>(d.peak_to_mean),
          d.input,
          d.output,
          number_cast<N>(d.cached_share),
          objective_or_none(d.time_to_first_token),
          objective_or_none(d.time_per_output_token),
          d.shared_prefix,
          d.waiting_time};
}

// Models on chips ask infrastructure for running chips. What is not said of them is unknown, and so is what follows from it.
template <number T = double>
struct chip_demand {
  chip_count<T> chips = unknown<>;                          // installed
  peak_power_at<kind::one_chip, T> peak_power = unknown<>;  // at the busiest hour
  mean_power_at<kind::one_chip, T> mean_power = unknown<>;  // averaged over time
  of_kind<kind::each<kind::one_chip>, quantity<unit::usd, T>> price = unknown<>;
  of_kind<kind::each<kind::one_chip>, quantity<unit::square_metre, T>> die_area = unknown<>;  // silicon
};

// What a chip brings to the network: the fast fabric that joins `domain` chips, at `bandwidth` per chip and direction. Where it is a torus, of so
// many axes, whose sides are rings from so many chips on (infrastructure/torus.hpp).
template <number T = double>
struct scale_up_fabric {
  quantity<unit::byte_per_second, T> bandwidth{};
  T domain = T(1);
  T axes = T(0), wraps_from = T(0);

  template <number Other>
  constexpr scale_up_fabric<Other> over() const {
    return {bandwidth, number_cast<Other>(domain), number_cast<Other>(axes), number_cast<Other>(wraps_from)};
  }
};

// Power at one place of the way from chip to plant: at the busiest hour, and averaged over time. One place's is not another's.
template <class Where, number T = double>
struct power_at_place {
  peak_power_at<Where, T> peak{};
  mean_power_at<Where, T> mean{};
};
template <number T = double>
using it_power_demand = power_at_place<kind::it, T>;
// Infrastructure asks energy for power at the meter.
template <number T = double>
using power_demand = power_at_place<kind::facility, T>;
template <number T = double>
using plant_power_demand = power_at_place<kind::plant, T>;

// What has to be generated for a demand at the meter, of which the share `delivered` arrives: power / delivered. Domain: delivered > 0.
template <number N, number S = N>
constexpr auto generated_for(const power_demand<N>& meter, const S& delivered = S(1)) {
  using R = promote_t<N, S>;
  return plant_power_demand<R>{plain(meter.peak) / delivered, plain(meter.mean) / delivered};
}

}  // namespace layercake
