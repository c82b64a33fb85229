// How a model is trained: layout over chips, batches, recomputation, formats, and the age of the software.
#pragma once

#include <layercake/training/layout.hpp>

namespace layercake {

// What training software could do in a year; the levels differ in what is fused and hidden (training/constants.hpp):
//   2021 (and before)  scores in memory, nothing hidden, sharded gathers in one flat ring
//   2022  hierarchical gathers
//   2023  fused attention of the first generation, gradients and some tensor-parallel exchanges hidden, element-wise kernels of PyTorch
//   2024  attention for Hopper, 16-bit gradients, tensor-parallel exchanges hidden
//   2025  more fused element-wise kernels, whole steps replayed as graphs on rack-scale systems
enum class training_software : unsigned char { year_2021, year_2022, year_2023, year_2024, year_2025 };

constexpr const char* name(training_software t) {
  switch (t) {
  case training_software::year_2021:
    return "2021";
  case training_software::year_2022:
    return "2022";
  case training_software::year_2023:
    return "2023";
  case training_software::year_2024:
    return "2024";
  case training_software::year_2025:
    return "2025";
  }
  return "";
}

constexpr training_software training_software_of(double year) {
  return year < 2022   ? training_software::year_2021
         : year < 2023 ? training_software::year_2022
         : year < 2024 ? training_software::year_2023
         : year < 2025 ? training_software::year_2024
                       : training_software::year_2025;
}

// Chips = tensor * pipeline * context * data. Expert ranks lie inside tensor * context * data. Ranks are numbered in the order tensor, context,
// data, pipeline, so that tensor-parallel groups are nearest.
template <number T = double>
struct basic_training_plan {
  T tensor = T(1), pipeline = T(1), context = T(1), data = T(1), expert = T(1);
  T virtual_stages = T(1);                                // model chunks per pipeline stage
  T first_stage_layers = T(0), last_stage_layers = T(0);  // 0: as many as the other stages (training/stages.hpp)
  T micro_batch = T(1);                                   // sequences that pass a stage together
  T global_batch = T(1);                                  // sequences per optimiser step
  T sequence = T(2048);                                   // positions; the default is GPT-3's
  T sharding_ranks = T(0);                                // over which `sharding` spreads; 0: data * context
  T software_age = T(1);  // years between the release of the chip and that of the software
  bool sequence_parallel = true;
  bool fused_attention = true;
  layercake::sharding sharding = layercake::sharding::optimizer;
  recomputation recompute = recomputation::automatic;
  pipeline_schedule schedule = pipeline_schedule::one_forward_one_backward;
  precision math = precision::bf16;  // of the large matrix products
  training_software software = training_software::year_2025;
  basic_training_offload<T> offload{};
  basic_training_host<T> host{};
  bool delayed_update = false;  // the host updates under the next step's work (Ren et al. 2021, section 5.2)

  template <class N>
  using with_number = basic_training_plan<N>;
  static constexpr auto fields() {
    using X = basic_training_plan;
    return std::tuple{
        label("sequence_parallel", &X::sequence_parallel),
        label("fused_attention", &X::fused_attention),
        label("sharding", &X::sharding),
        label("recompute", &X::recompute),
        label("schedule", &X::schedule),
        label("math", &X::math),
        label("software", &X::software),
        label("delayed_update", &X::delayed_update),
        part("offload", &X::offload),
        part("host", &X::host),
        field("tensor", &X::tensor, positive_count, "chips that share every layer"),
        field("pipeline", &X::pipeline, positive_count, "stages that the layers are cut into"),
        field("context", &X::context, positive_count, "chips that the positions of a sequence are spread over"),
        field("data", &X::data, positive_count, "copies of the model that see different data"),
        field("expert", &X::expert, positive_count, "chips that the experts of a layer are spread over"),
        field("virtual_stages", &X::virtual_stages, positive_count,
              "model chunks per pipeline stage, 1 without interleaving"),
        field("first_stage_layers", &X::first_stage_layers, count,
              "layers of the first stage, 0 for as many as the others"),
        field("last_stage_layers", &X::last_stage_layers, count,
              "layers of the last stage, 0 for as many as the others"),
        field("micro_batch", &X::micro_batch, positive_count, "sequences that pass a stage together"),
        field("global_batch", &X::global_batch, positive_count, "sequences per optimiser step"),
        field("sequence", &X::sequence, positive_count, "positions of a sequence"),
        field("sharding_ranks", &X::sharding_ranks, count, "ranks that states are spread over, 0 for data * context"),
        field("software_age", &X::software_age, domain{0, 20}, "years from the chip's release to the software's")};
  }
  void rules(findings& f) const requires real<T> {
    if (!positive_count.contains(chips())) {
      return f.check_count("tensor * pipeline * context * data", chips(), "These are the chips; take fewer.");
    }
    const T ranks = tensor * context * data;
    f.check_at_most("expert", expert, "tensor * context * data", ranks,
                    "Expert ranks lie inside these; lower expert or raise data.");
    f.check_divides("expert", expert, "tensor * context * data", ranks, "Take a power of two.");
    check_pipeline(f, *this, "virtual_stages", virtual_stages);
    schedule_rules(f);
    check_hosts(f, offload, host);
    f.require(findings::divides(data * micro_batch, global_batch), "global_batch", global_batch,
              "a multiple of data * micro_batch, " + to_string(data * micro_batch),
              "Every data-parallel rank takes whole micro-batches.");
    f.check_at_most("sharding_ranks", sharding_ranks, "data * context", data * context,
                    "States are spread over data- and context-parallel ranks.");
    f.check_divides("context", context, "sequence", sequence, "Every rank takes equally many positions.");
  }

  constexpr T chips() const { return tensor * pipeline * context * data; }
  constexpr T replicas() const { return data * context; }  // of a rank's weights
  constexpr T micro_batches() const { return global_batch / (data * micro_batch); }
  constexpr T shards() const {
    return sharding == layercake::sharding::none ? T(1) : where(sharding_ranks > T(0), sharding_ranks, replicas());
  }
  constexpr quantity<unit::token, T> tokens() const {
    return global_batch * sequence * units::token;
  }  // per optimiser step

private:
  void schedule_rules(findings& f) const requires real<T> {
    const bool paired = schedule != pipeline_schedule::dual_pipe || findings::divides(T(2), pipeline);
    f.require(paired, "pipeline", pipeline, "even, as schedule is dual_pipe",
              "Stages are paired from both ends: take an even number of them, or another schedule.");
    f.require(!paired || schedule_runs(schedule, pipeline, T(1), micro_batches()), "global_batch", global_batch,
              "an even number of micro-batches of each data-parallel rank, at least 2 * pipeline, " +
                  to_string(T(2) * pipeline) + ", as schedule is dual_pipe",
              "Raise it, or lower micro_batch, data or pipeline, or take another schedule.");
  }
};
using training_plan = basic_training_plan<>;

}  // namespace layercake
