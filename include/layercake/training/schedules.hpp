// Schedules of a pipeline: how long its stages wait, what they hold twice, and how many micro-batches they keep.
//
//   schedule                    bubble                           parameters   micro-batches in flight
//   one forward, one backward   (p - 1) (F + B) / v              1            p - stage; of v chunks ((v - 1) p + 2 (p - stage) - 1) / v
//   zero bubble (ZB-H1, ZB1P)   (p - 1) (F + B - 2 W) / v        1            those of 1F1B's first stage, on every stage
//   DualPipe                    (p / 2 - 1) (F&B + B - 3 W)      2            p + 1
//                               + (p + 1) (F + B - F&B)
//   all forward, all backward   (p - 1) (F + B)                  1            all
//
// p stages of v chunks; F, B, W the times of a micro-batch's forward pass, whole backward pass and weight gradients on a
// stage, F&B of a forward and a backward pass under each other, where p + 1 of DualPipe's micro-batches have nobody to be with
// while the pipeline fills and drains. Sources: Narayanan et al. 2021, section 2.2 (1F1B); Huang
// et al. 2019 (GPipe); Qi et al. 2023 (Zero bubble pipeline parallelism), section 2.1 and table 1; DeepSeek-V3 technical
// report 2024, section 3.2.1 and table 2 (DualPipe). Zero bubble with chunks divides the bubble by them as 1F1B does;
// assumed.
#pragma once

#include <layercake/number/check.hpp>
#include <layercake/number/number.hpp>
#include <layercake/units/named.hpp>
#include <layercake/units/quantity.hpp>
#include <string>

namespace layercake {

// Order of micro-batches in a pipeline. `virtual_stages` chunks a stage make 1F1B interleaved. DualPipe sends them in from
// both ends: a rank holds its stage and the one that mirrors it, and hides exchanges of one direction under the other's work.
enum class pipeline_schedule : unsigned char { one_forward_one_backward, zero_bubble, dual_pipe, all_forward };

constexpr const char* name(pipeline_schedule p) {
  switch (p) {
  case pipeline_schedule::one_forward_one_backward:
    return "one_forward_one_backward";
  case pipeline_schedule::zero_bubble:
    return "zero_bubble";
  case pipeline_schedule::dual_pipe:
    return "dual_pipe";
  case pipeline_schedule::all_forward:
    return "all_forward";
  }
  return "";
}

// Whether a schedule can be interleaved.
constexpr bool takes_chunks(pipeline_schedule s) {
  return s == pipeline_schedule::one_forward_one_backward || s == pipeline_schedule::zero_bubble;
}

// Whether a schedule runs: chunks only where it can be interleaved; DualPipe with an even number of stages and of
// micro-batches, at least twice as many (DeepSeek-AI 2025, DualPipe: what its step asserts).
template <number T>
constexpr bool schedule_runs(pipeline_schedule s, const T& stages, const T& chunks, const T& micro_batches) {
  if (!takes_chunks(s) && chunks > T(1)) return false;
  if (s != pipeline_schedule::dual_pipe) return true;
  return findings::divides(T(2), stages) && findings::divides(T(2), micro_batches) && micro_batches >= T(2) * stages;
}

// What contradicts in a plan or a layout between its pipeline, its schedule and what it says of stages; `chunks` is its field of that name.
template <class Plan, real T>
void check_pipeline(findings& f, const Plan& p, const char* field, const T& chunks) {
  if (!(p.pipeline > T(1))) {
    f.check_equal(field, chunks, "a plan without pipeline has", T(1), "Only a pipeline can be interleaved.");
    const char* one_stage = "One stage has all layers: raise pipeline, or leave it at 0.";
    f.check_equal("first_stage_layers", p.first_stage_layers, "a plan without pipeline has", T(0), one_stage);
    f.check_equal("last_stage_layers", p.last_stage_layers, "a plan without pipeline has", T(0), one_stage);
  }
  if (!takes_chunks(p.schedule)) {
    f.check_equal(field, chunks, std::string("schedule ") + name(p.schedule) + " has", T(1),
                  "Only one_forward_one_backward and zero_bubble can be interleaved.");
  }
}

// How often a rank holds its share of the parameters.
constexpr double parameter_copies(pipeline_schedule s) { return s == pipeline_schedule::dual_pipe ? 2 : 1; }

// What a micro-batch takes on a stage.
template <number T = double>
struct stage_passes {
  quantity<unit::second, T> together;         // forward and backward; of DualPipe under each other
  quantity<unit::second, T> alone;            // forward and backward, each by itself
  quantity<unit::second, T> backward;         // by itself, weight gradients included
  quantity<unit::second, T> weight_gradient;  // a part of it
};

// Stages that a micro-batch passes before the last rank has work: p - 1, of DualPipe p / 2 - 1.
template <number T>
constexpr T pipeline_fill(pipeline_schedule s, const T& stages) {
  return s == pipeline_schedule::dual_pipe ? max(stages / T(2) - T(1), T(0)) : stages - T(1);
}

// The time that a stage waits in a step while the pipeline fills and drains, by the table above [s].
//   stages, chunks  at least 1. Never negative: where weight gradients take longer than what they fill, nothing waits.
// That is how long the last rank of each published order waits; of DualPipe's where F = B - W, and up to a fifth less where
// B - W is half as long again.
// Leaves out: messages between stages; stages that take unequally long (training/stages.hpp).
// Worked number: 8 stages, F 1 s, B 2 s of which W 1 s: 1F1B 21 s, in 3 chunks 7 s, zero bubble 7 s, DualPipe 6 s.
template <number T>
constexpr quantity<unit::second, T> pipeline_bubble(pipeline_schedule s, const stage_passes<T>& of, const T& stages,
                                                    const T& chunks) {
  using seconds = quantity<unit::second, T>;
  const T fill = pipeline_fill(s, stages) / chunks;
  switch (s) {
  case pipeline_schedule::zero_bubble:
    return max(of.together - of.weight_gradient * T(2), seconds()) * fill;
  case pipeline_schedule::dual_pipe:
    return max(of.together + of.backward - of.weight_gradient * T(3), seconds()) * fill +
           max(of.alone - of.together, seconds()) * (stages + T(1));
  case pipeline_schedule::one_forward_one_backward:
  case pipeline_schedule::all_forward:
    break;
  }
  return of.together * fill;
}

// Micro-batches whose activations a stage, 0 the first, keeps at once, in whole stages' worth, by the table above; at most
// all. Zero bubble: every stage keeps what 1F1B's first does, as weight gradients wait; what a layer needs for those alone
// is less than all that it keeps (Qi et al. 2023, table 1), which is left out.
// Worked number: 8 stages, 100 micro-batches: 8 on the first and 1 on the last of 1F1B, 8 on both of zero bubble, 9 on
// both of DualPipe, 100 where all go forward first.
template <number T>
constexpr T micro_batches_in_flight(pipeline_schedule s, const T& stages, const T& chunks, const T& stage,
                                    const T& micro_batches) {
  if (s == pipeline_schedule::all_forward) return micro_batches;
  if (s == pipeline_schedule::dual_pipe) return min(micro_batches, stages + T(1));
  const T ahead = s == pipeline_schedule::zero_bubble ? stages : stages - stage;  // stages from here to the end
  return min(micro_batches, where(chunks > T(1), ((chunks - T(1)) * stages + T(2) * ahead - T(1)) / chunks, ahead));
}

}  // namespace layercake
