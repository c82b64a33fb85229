// What a replica does over what the laws predict of it.
#pragma once

#include <layercake/core/fields.hpp>
#include <layercake/number/number.hpp>
#include <tuple>

namespace layercake {

// Measured over predicted, of the figures that bills take from the laws of serving: inputs for whoever has measured their service, or does not know
// how far off a prediction is (core/expected_error.hpp). 1: as predicted.
template <number T = double>
struct basic_correction {
  T throughput = T(1);           // calls that a replica answers per second
  T energy = T(1);               // of a call, on the chips, at any load
  T time_to_first_token = T(1);  // these two are reported, and change neither batch nor fleet
  T time_per_output_token = T(1);

  template <number Other>
  using with_number = basic_correction<Other>;
  static constexpr auto fields() {
    using X = basic_correction;
    return std::tuple{
        field("throughput", &X::throughput, positive, "calls per second of a replica, measured over predicted"),
        field("energy", &X::energy, positive, "energy of a call, measured over predicted"),
        field("time_to_first_token", &X::time_to_first_token, positive,
              "wait for the first token, measured over predicted"),
        field("time_per_output_token", &X::time_per_output_token, positive,
              "time between tokens, measured over predicted")};
  }
};
using correction = basic_correction<>;

}  // namespace layercake
