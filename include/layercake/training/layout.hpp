// How a training step lies in memory: what is cut, spread, kept and computed again.
#pragma once

#include <layercake/core/fields.hpp>
#include <layercake/models/split.hpp>
#include <layercake/training/offload.hpp>
#include <layercake/training/schedules.hpp>
#include <tuple>

namespace layercake {

// What is spread over data-parallel ranks instead of repeated: nothing; optimiser states (ZeRO-1, distributed optimiser); gradients too (ZeRO-2);
// weights too (ZeRO-3, fully sharded data parallel). Source: Rajbhandari et al. 2020 (ZeRO), section 5.
enum class sharding : unsigned char { none, optimizer, gradients, full };

constexpr const char* name(sharding s) {
  switch (s) {
  case sharding::none:
    return "none";
  case sharding::optimizer:
    return "optimizer";
  case sharding::gradients:
    return "gradients";
  case sharding::full:
    return "full";
  }
  return "";
}

// What the backward pass computes again instead of keeping: nothing; the attention core (Korthikanti et al. 2022, section
// 5); `operators`: every second product and whatever is element-wise (torchtitan); every layer. `custom`: a policy of the user's that keeps some operations (or moves them to the host); `automatic`:
// as many layers as it takes for the step to fit.
enum class recomputation : unsigned char { none, selective, operators, full, custom, automatic };

constexpr const char* name(recomputation r) {
  switch (r) {
  case recomputation::none:
    return "none";
  case recomputation::selective:
    return "selective";
  case recomputation::operators:
    return "operators";
  case recomputation::full:
    return "full";
  case recomputation::custom:
    return "custom";
  case recomputation::automatic:
    return "automatic";
  }
  return "";
}

// How a training step lies in memory. Counts multiply: chips = tensor * pipeline * context * data; expert ranks lie inside data * context.
template <number T = double>
struct basic_training_layout {
  T tensor = T(1), pipeline = T(1), context = T(1), data = T(1), expert = T(1);
  T chunks = T(1);  // model chunks per stage of an interleaved schedule, 1: plain 1F1B
  T first_stage_layers = T(0), last_stage_layers = T(0);  // 0: as many as the other stages
  T micro_batch = T(1);                                   // sequences that go through a stage together
  T micro_batches = T(1);                                 // per optimiser step and data-parallel rank
  T sequence = T(2048);           // positions; the default is that of GPT-3 and of the paper below
  bool sequence_parallel = true;  // activations between tensor-parallel blocks are split too
  bool fused_attention = true;    // the score matrix never reaches memory (Dao et al. 2022)
  bool dropout = false;           // masks are kept, a byte each
  // One operator after the other, nothing fused, as PyTorch without a compiler runs Llama: a norm of root mean squares keeps its input in 32
  // bit, a gated block its activated half.
  bool eager = false;
  bool head_exchange = false;     // context ranks exchange heads for positions (Ulysses) and keep attention's result in
                                  // both layouts; otherwise keys and values go round a ring
  bool dense_first = false;       // the dense layers of a mixture are its first ones (DeepSeek), and so on the first
                                  // stages; otherwise they are spread over all
  bool gradient_buffers = false;  // 16-bit gradients are added to wider ones inside the products; one buffer per shape
                                  // of weight stays all the same (Transformer Engine 2.3 and later)
  layercake::recomputation recompute = recomputation::none;  // none, selective or full
  layercake::sharding sharding = layercake::sharding::none;
  pipeline_schedule schedule = pipeline_schedule::one_forward_one_backward;
  T weight_bytes = T(2);
  T gradient_bytes = T(4);    // accumulated in 32 bit, as Megatron does; 2 in ZeRO's count
  T optimizer_bytes = T(12);  // 32-bit weights and Adam's two moments (Rajbhandari et al. 2020, section 3.1)
  T input_bytes = T(2);       // of a linear layer's input as kept for its weight gradient; 1 in 8 bit
  // Of a frozen layer's input, which no gradient needs: 2 with 4-bit layers of bitsandbytes until July 2024 (pull request 1270).
  T frozen_input_bytes = T(0);
  T logit_bytes = T(6);  // of a logit: 16 bit and a copy in 32; 2 where the loss leaves its gradient in place
  basic_training_offload<T> offload{};

  // How the model is cut, for figures of one rank.
  constexpr models::split<T> split() const {
    return {.tensor = tensor, .pipeline = pipeline, .expert = expert, .context = context};
  }

  template <class N>
  using with_number = basic_training_layout<N>;
  static constexpr auto fields() {
    using X = basic_training_layout;
    return std::tuple{
        label("sequence_parallel", &X::sequence_parallel),
        label("fused_attention", &X::fused_attention),
        label("dropout", &X::dropout),
        label("eager", &X::eager),
        label("head_exchange", &X::head_exchange),
        label("dense_first", &X::dense_first),
        label("gradient_buffers", &X::gradient_buffers),
        label("recompute", &X::recompute),
        label("sharding", &X::sharding),
        label("schedule", &X::schedule),
        part("offload", &X::offload),
        field("tensor", &X::tensor, positive_count, "chips that share every layer"),
        field("pipeline", &X::pipeline, positive_count, "stages that the layers are cut into"),
        field("context", &X::context, positive_count, "chips that the positions of a sequence are spread over"),
        field("data", &X::data, positive_count, "copies of the model that see different data"),
        field("expert", &X::expert, positive_count, "chips that the experts are spread over"),
        field("chunks", &X::chunks, positive_count, "model chunks per stage of an interleaved schedule"),
        field("first_stage_layers", &X::first_stage_layers, count,
              "layers of the first stage, 0 for as many as the others"),
        field("last_stage_layers", &X::last_stage_layers, count,
              "layers of the last stage, 0 for as many as the others"),
        field("micro_batch", &X::micro_batch, positive_count, "sequences that go through a stage together"),
        field("micro_batches", &X::micro_batches, positive_count, "micro-batches per step and data-parallel rank"),
        field("sequence", &X::sequence, positive_count, "positions of a sequence"),
        field("weight_bytes", &X::weight_bytes, positive, "bytes of a weight as computed with"),
        field("gradient_bytes", &X::gradient_bytes, nonnegative, "bytes of a gradient"),
        field("optimizer_bytes", &X::optimizer_bytes, nonnegative, "bytes of optimiser state per weight"),
        field("input_bytes", &X::input_bytes, positive, "bytes of a kept input of a linear layer"),
        field("frozen_input_bytes", &X::frozen_input_bytes, nonnegative, "bytes of a kept input of a frozen layer"),
        field("logit_bytes", &X::logit_bytes, nonnegative, "bytes of a logit while its gradient is taken")};
  }
  void rules(findings& f) const requires real<T> {
    f.check_at_most("expert", expert, "data * context", data * context,
                    "Expert ranks lie inside the data- and context-parallel ranks.");
    check_pipeline(f, *this, "chunks", chunks);
  }
};
using training_layout = basic_training_layout<>;

}  // namespace layercake
