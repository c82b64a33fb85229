// Memory of training on one chip, by part: weights, gradients, optimiser states, activations.
#pragma once

#include <layercake/models/training.hpp>

namespace layercake::models {

// What is spread over data-parallel ranks instead of repeated: nothing; optimiser states (ZeRO-1, distributed
// optimiser); gradients too (ZeRO-2); weights too (ZeRO-3, fully sharded data parallel).
// Source: Rajbhandari et al. 2020 (ZeRO), section 5.
enum class sharding : unsigned char { none, optimizer, gradients, full };

// How a training step is laid out. Counts multiply: chips = tensor * pipeline * context * data; expert ranks lie inside
// data * context.
template <class T = double>
struct basic_training_layout {
  T tensor = T(1), pipeline = T(1), context = T(1), data = T(1), expert = T(1);
  T chunks = T(1);                // model chunks per stage of an interleaved schedule, 1: plain 1F1B
  T micro_batch = T(1);           // sequences that go through a stage together
  T micro_batches = T(1);         // per optimiser step and data-parallel rank
  T sequence = T(2048);           // positions; the default is that of GPT-3 and of the paper below
  bool sequence_parallel = true;  // activations between tensor-parallel blocks are split too
  bool fused_attention = true;    // the score matrix never reaches memory (Dao et al. 2022)
  bool dropout = false;           // masks are kept, a byte each
  models::recompute recompute = models::recompute::none;
  models::sharding sharding = models::sharding::none;
  T weight_bytes = T(2);
  T gradient_bytes = T(4);    // accumulated in 32 bit, as Megatron does; 2 in ZeRO's count
  T optimizer_bytes = T(12);  // 32-bit weights and Adam's two moments (Rajbhandari et al. 2020, section 3.1)

  template <class U>
  using with_number = basic_training_layout<U>;
  static constexpr auto fields() {
    using X = basic_training_layout;
    return std::tuple{
        label(&X::sequence_parallel),
        label(&X::fused_attention),
        label(&X::dropout),
        label(&X::recompute),
        label(&X::sharding),
        field("tensor", &X::tensor, positive_count, "chips that share every layer"),
        field("pipeline", &X::pipeline, positive_count, "stages that the layers are cut into"),
        field("context", &X::context, positive_count, "chips that the positions of a sequence are spread over"),
        field("data", &X::data, positive_count, "copies of the model that see different data"),
        field("expert", &X::expert, positive_count, "chips that the experts are spread over"),
        field("chunks", &X::chunks, positive_count, "model chunks per stage of an interleaved schedule"),
        field("micro_batch", &X::micro_batch, positive_count, "sequences that go through a stage together"),
        field("micro_batches", &X::micro_batches, positive_count, "micro-batches per step and data-parallel rank"),
        field("sequence", &X::sequence, positive_count, "positions of a sequence"),
        field("weight_bytes", &X::weight_bytes, positive, "bytes of a weight as computed with"),
        field("gradient_bytes", &X::gradient_bytes, nonnegative, "bytes of a gradient"),
        field("optimizer_bytes", &X::optimizer_bytes, nonnegative, "bytes of optimiser state per weight")};
  }
  void rules(findings& f) const requires real<T> {
    f.require(!(expert > data * context), "expert", expert, "at most data * context, " + to_string(data * context),
              "Expert ranks lie inside the data- and context-parallel ranks.");
    f.require(!(chunks > T(1)) || pipeline > T(1), "chunks", chunks, "1 where pipeline is 1",
              "Only a pipeline can be interleaved.");
  }
};
using training_layout = basic_training_layout<>;

template <class T = double>
struct training_memory {
  quantity<unit::byte, T> weights, gradients, optimizer, activations;
  quantity<unit::byte, T>
      gathered;  // whole weights of two layers, the one in use and the next, where weights are sharded
  constexpr quantity<unit::byte, T> total() const { return weights + gradients + optimizer + activations + gathered; }
};

// Bytes that the backward pass of one layer needs of one micro-batch, on one chip, in 16 bit, norms' statistics left
// out. For a GPT-3 layer (width h, a heads, s positions, b sequences, 4 h wide, not gated, dropout, attention not
// fused), t tensor ranks:
//   nothing recomputed            s b h (10 + 24 / t + 5 a s / (h t))
//   with sequence parallelism     s b h (34 / t + 5 a s / (h t))
//   attention core recomputed     the same without 5 a s / (h t)
//   everything recomputed         2 s b h, or 2 s b h / t with sequence parallelism
// and, taken apart (m matrices, f inner width, k key heads, w, v head widths): per token not split: 4 h for two
// norms, 4 h for the inputs of the blocks, 2 h of dropout masks; split by t: 2 (a + k) w queries and keys, 2 k v
// values, 2 a v input of the output projection; 2 m f of the feed-forward (gated: gate, up, product; otherwise before
// and after the activation). A score matrix that is kept takes 5 bytes with dropout (softmax, mask, after the mask)
// and 2 without; fused attention keeps 4 bytes a head and position instead. Experts: the same per visited expert, and
// their inputs and results (2 h each) once per visit; latent attention: its compressed vectors, and k = a.
// Source: Korthikanti et al. 2022 (arXiv 2205.05198), section 4.1 and table 2.
// Worked number: GPT-3 175B, t = 8, b = 1, sequence parallel, not recomputed: 2048 x 12288 x (34 + 80) / 8 = 358.6 MB
// a layer.
template <class T>
constexpr quantity<unit::byte, T> layer_activations(const basic_transformer<T>& x, const basic_training_layout<T>& l,
                                                    bool mixture, recompute again) {
  const T tokens = l.micro_batch * l.sequence / l.context;
  const T whole = T(1) / where(l.sequence_parallel, l.tensor, T(1));
  const T split = T(1) / l.tensor;
  if (again == recompute::full) return tokens * x.width * T(2) * whole * units::byte;
  const bool latent = x.kind == attention::latent;
  const T key_heads = latent ? x.heads : max(x.key_heads, l.tensor);
  const T value = x.head_value_width();
  const T projections = T(2) * ((x.heads + key_heads) * x.query_key_width() + (key_heads + x.heads) * value) * split +
                        (latent ? T(2) * (x.query_rank + x.latent_rank + x.rotary_width) : T(0));
  const T scores = T(l.dropout ? 5 : 2) * x.heads * l.sequence * split;
  const T core = l.fused_attention ? T(4) * x.heads * split : again == recompute::selective ? T(0) : scores;
  const T block = T(2) * (x.gated ? T(3) : T(2));
  const T feed_forward = mixture ? split * (x.active_experts * (T(4) * x.width + block * x.expert_width) +
                                            x.shared_experts * block * x.shared_expert_width)
                                 : split * block * x.feed_forward;
  const T shared = x.width * T(l.dropout ? 10 : 8) * whole;
  return tokens * (shared + projections + core + feed_forward) * units::byte;
}

// Bytes of every kind on one chip; activations are those of the first pipeline stage, which keeps the most
// micro-batches in flight:
//   1F1B: all L layers once (L / p layers, p micro-batches); interleaved with m chunks: 1 + (p - 1) / (p m) times that
// With everything recomputed one layer is whole besides. Weights: 1 / (tensor * pipeline) of the model, experts over
// expert ranks too; ZeRO by `sharding`.
// Leaves out: output logits and embedding activations (a few s b V / t), buffers of the network, fragmentation (3 to
// 10 %).
// Source: Korthikanti et al. 2022, section 4.2.3 and 5; Rajbhandari et al. 2020, section 5 and figure 1.
// Worked number: 7.5e9 parameters, 64 ranks, 2 + 2 + 12 bytes: 120 GB; 31.4 GB; 16.6 GB; 1.9 GB for ZeRO 0 to 3.
template <class T>
constexpr training_memory<T> memory_of_training(const basic_transformer<T>& x, const basic_training_layout<T>& l) {
  const parameter_count<T> p = parameters(x, l.tensor);
  const T everywhere = (p.total() - p.experts) / l.pipeline;
  const T routed = p.experts / (l.expert * l.pipeline);
  const T ranks = l.data * l.context;
  const T held = everywhere + routed;
  const T sharded = everywhere / ranks + routed * l.expert / ranks;
  const T layer = held * l.pipeline / x.layers;
  const auto kept = [&](sharding from) { return l.sharding >= from ? sharded : held; };

  const T mixture = x.mixture_layers();
  const auto layers = (x.layers - mixture) * layer_activations(x, l, false, l.recompute) +
                      mixture * layer_activations(x, l, true, l.recompute);
  const T in_flight = min(l.micro_batches, l.pipeline) / l.pipeline *
                      where(l.chunks > T(1), T(1) + (l.pipeline - T(1)) / (l.pipeline * l.chunks), T(1));
  quantity<unit::byte, T> activations = layers * in_flight;
  if (l.recompute == recompute::full) {
    activations = activations + where(mixture > T(0), layer_activations(x, l, true, recompute::none),
                                      layer_activations(x, l, false, recompute::none));
  }
  return {.weights = kept(sharding::full) * l.weight_bytes * units::byte,
          .gradients = kept(sharding::gradients) * l.gradient_bytes * units::byte,
          .optimizer = kept(sharding::optimizer) * l.optimizer_bytes * units::byte,
          .activations = activations,
          .gathered = (l.sharding == sharding::full ? T(2) * layer : T(0)) * l.weight_bytes * units::byte};
}

}  // namespace layercake::models
