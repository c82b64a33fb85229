// How a model is trained: layout over chips, batches, recomputation, formats, and the software.
#pragma once

#include <layercake/training/layout.hpp>
#include <layercake/training/stacks.hpp>

namespace layercake {

// Chips = tensor * pipeline * context * data. Expert ranks lie inside tensor * context * data. Ranks are numbered in the order tensor, context,
// data, pipeline, so that tensor-parallel groups are nearest.
template <number T = double>
struct basic_training_plan {
  T tensor = T(1), pipeline = T(1), context = T(1), data = T(1), expert = T(1);
  T expert_tensor = T(0);   // ranks that share the matrices of an expert; 0: tensor / expert, at least 1
  T virtual_stages = T(1);  // model chunks per pipeline stage
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
  basic_training_software<T> software{};
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
        label("delayed_update", &X::delayed_update),
        part("software", &X::software),
        part("offload", &X::offload),
        part("host", &X::host),
        field("tensor", &X::tensor, positive_count, "chips that share every layer"),
        field("pipeline", &X::pipeline, positive_count, "stages that the layers are cut into"),
        field("context", &X::context, positive_count, "chips that the positions of a sequence are spread over"),
        field("data", &X::data, positive_count, "copies of the model that see different data"),
        field("expert", &X::expert, positive_count, "chips that the experts of a layer are spread over"),
        field("expert_tensor", &X::expert_tensor, count,
              "ranks that share the matrices of an expert, 0 for tensor / expert, at least 1"),
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
    if (expert_tensor > T(0)) {
      f.check_at_most("tensor", tensor, "expert * expert_tensor", expert * expert_tensor,
                      "These ranks hold the experts of a layer: raise expert_tensor, or leave it 0.");
      f.check_at_most("expert * expert_tensor", expert * expert_tensor, "tensor * context * data", ranks,
                      "Expert ranks lie inside these; lower expert_tensor.");
    }
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
  // Ranks that share an expert, and by how many times those that hold a layer's experts are more than those that share its attention.
  constexpr T expert_slices() const {
    return where(expert_tensor > T(0), expert_tensor, max(T(tensor / expert), T(1)));
  }
  constexpr T expert_split() const { return expert * expert_slices() / tensor; }
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
