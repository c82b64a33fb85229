// How long the slowest stage of a pipeline takes.
#pragma once

#include <layercake/number/number.hpp>
#include <layercake/training/constants.hpp>
#include <layercake/units/named.hpp>
#include <layercake/units/quantity.hpp>

namespace layercake {

// The time of a micro-batch on the slowest stage of a pipeline, and what it is made of [s].
template <number T = double>
struct stage_times {
  quantity<unit::second, T> layers;   // of a mean stage's layers
  quantity<unit::second, T> outside;  // of the embedding and the output matrix
};

//   sqrt((w + h / 2) (w + h))   w layers of a stage, h outside: layouts between evenly cut and best balanced
//   w + h / p + 1/4 layer       where layers do not divide over the p stages: cut by hand
// h is shared by both directions of DualPipe, whose ranks hold both ends: half of it counts. One stage: w + h.
template <number T>
constexpr quantity<unit::second, T> slowest_stage(const stage_times<T>& t, const T& layers, const T& stages,
                                                  bool mirrored) {
  const auto geometric_mean = [](const auto& a, const auto& b) {
    return sqrt(a / units::second * (b / units::second)) * units::second;
  };
  const T half = number_cast<T>(0.5);
  const quantity<unit::second, T> end = mirrored ? t.outside * half : t.outside;
  const T per_stage = layers / stages;
  const T uneven = abs(per_stage - floor(per_stage + half));
  const quantity<unit::second, T> even = geometric_mean(t.layers + end * half, t.layers + end);
  const quantity<unit::second, T> by_hand =
      t.layers + t.outside / stages + t.layers * stages / layers * number_cast<T>(training_counts::cut_by_hand);
  return where(stages > T(1), where(uneven > number_cast<T>(training_counts::whole_layers), by_hand, even),
               t.layers + t.outside);
}

}  // namespace layercake
