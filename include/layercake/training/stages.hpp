// How the layers of a model are cut into the stages of a pipeline, and how long the slowest stage takes.
#pragma once

#include <layercake/number/number.hpp>
#include <layercake/training/constants.hpp>
#include <layercake/units/named.hpp>
#include <layercake/units/quantity.hpp>

namespace layercake {

// Whether a plan or a layout says how many layers the first or the last stage has, in any lane.
template <class Plan>
constexpr bool cut_unevenly(const Plan& p) {
  using T = decltype(p.first_stage_layers);
  return may_hold(max(p.first_stage_layers, p.last_stage_layers) > T(0));
}

// Layers by stage: so many on the first and on the last, and on each between.
template <number T = double>
struct stage_cut {
  T stages, first, between, last;

  // On a stage, and on all before it; 0 is the first.
  constexpr T layers(const T& stage) const {
    return where(stage < number_cast<T>(0.5), first, where(stage > stages - number_cast<T>(1.5), last, between));
  }
  constexpr T before(const T& stage) const {
    return where(stage < number_cast<T>(0.5), T(0), first + (stage - T(1)) * between);
  }
  // The stage that has the layer behind so many; past the last one as if stages like those between went on.
  constexpr T stage_behind(const T& layers_before) const {
    return where(layers_before < first, T(0), floor((layers_before - first) / max(between, T(1))) + T(1));
  }
};

// `layers` cut into `stages`, of which the first and the last take as many as is said, and the others equally many each.
// 0 says nothing: then that stage is one of the others. With nothing said all have layers / stages.
// Source: Megatron-LM, --decoder-first-pipeline-num-layers and --decoder-last-pipeline-num-layers.
// Worked number: Llama 3.1 405B, 126 layers, 16 stages, 7 on the first and on the last: 8 on each of the others
// (Llama 3 herd of models 2024, section 3.3.2: one layer less at both ends).
template <number T>
constexpr stage_cut<T> cut_into_stages(const T& layers, const T& stages, const T& first, const T& last) {
  const auto said = [](const T& n) { return where(n > T(0), T(1), T(0)); };
  const T between = (layers - first - last) / max(stages - said(first) - said(last), T(1));
  return {stages, where(first > T(0), first, between), between, where(last > T(0), last, between)};
}

// As a plan or a layout has it.
template <number T, class Plan>
constexpr stage_cut<T> stages_of(const T& layers, const Plan& p) {
  return cut_into_stages(layers, T(p.pipeline), T(p.first_stage_layers), T(p.last_stage_layers));
}

// The time of a micro-batch on the slowest stage of a pipeline, and what it is made of [s].
template <number T = double>
struct stage_times {
  quantity<unit::second, T> layers;   // of a mean stage's layers
  quantity<unit::second, T> outside;  // of the embedding and the output matrix
};

// With nothing said of the stages:
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
  quantity<unit::second, T> even = geometric_mean(t.layers + end * half, t.layers + end);
  if (mirrored) even = max(even, t.layers + t.outside / stages);  // two ranks hold both ends, and all of it
  const quantity<unit::second, T> by_hand =
      t.layers + t.outside / stages + t.layers * stages / layers * number_cast<T>(training_counts::cut_by_hand);
  return where(stages > T(1), where(uneven > number_cast<T>(training_counts::whole_layers), by_hand, even),
               t.layers + t.outside);
}

// With a cut that is said: the longest of the first stage with the embedding, one between, and the last with the output
// matrix; of DualPipe, whose ranks do half of their work on the mirror's stage, of both ends' mean and one between.
//   layer  of one layer;  embedding, head  s.
// Worked number: 126 layers of 1 s in 16 stages, 7 at both ends, embedding 0.1 s, output matrix 0.8 s: 8 s; evenly cut
// they would take at least 126 / 16 + 0.8 = 8.675 s.
template <number T>
constexpr quantity<unit::second, T> slowest_stage(const stage_cut<T>& cut, const quantity<unit::second, T>& layer,
                                                  const quantity<unit::second, T>& embedding,
                                                  const quantity<unit::second, T>& head, bool mirrored) {
  using seconds = quantity<unit::second, T>;
  const seconds first = layer * cut.first + embedding, last = layer * cut.last + head;
  const seconds ends = mirrored ? (first + last) * number_cast<T>(0.5) : max(first, last);
  return max(ends, where(cut.stages > T(2), layer * cut.between, seconds()));
}

}  // namespace layercake
