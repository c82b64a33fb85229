// Memory of training on one chip, by part: weights, gradients, optimiser states, activations.
#pragma once

#include <layercake/models/parameters.hpp>
#include <layercake/training/layout.hpp>
#include <layercake/units/named.hpp>

namespace layercake {

// What a chip holds when it holds most, as its allocator counts.
template <number T = double>
struct training_memory {
  quantity<unit::byte, T> weights, gradients, optimizer;
  quantity<unit::byte, T> activations;  // kept for the backward pass, of all micro-batches in flight
  quantity<unit::byte, T> gathered;     // whole weights of two layers, the one in use and the next, where weights are
                                        // sharded
  quantity<unit::byte, T> workspace;    // logits, gradients on their way, what is computed again
  constexpr quantity<unit::byte, T> states() const { return weights + gradients + optimizer; }
  constexpr quantity<unit::byte, T> total() const { return states() + activations + gathered + workspace; }
};

// Parameters of which a rank holds what `sharding` spreads from `from` on: its own share, or all of its parameters.
// Experts have fewer copies to be spread over, one on each of `l.expert` ranks.
template <number T>
constexpr T held_parameters(const models::rank_parameters<T>& p, const basic_training_layout<T>& l, sharding from) {
  const T ranks = l.data * l.context;
  return l.sharding >= from ? (p.everywhere + p.routed * min(l.expert, ranks)) / ranks : p.total();
}

// Weights, gradients and optimiser states of the parameters of a rank:
//   (weight + gradient + optimizer bytes) * parameters, what `sharding` spreads divided by the ranks that hold copies
// Source: Rajbhandari et al. 2020 (ZeRO), section 5 and figure 1.
// Worked number: 7.5e9 parameters, 64 ranks, 2 + 2 + 12 bytes: 120 GB; 31.4 GB; 16.6 GB; 1.9 GB for ZeRO 0 to 3.
template <number T>
constexpr training_memory<T> model_states(const models::rank_parameters<T>& p, const basic_training_layout<T>& l) {
  const auto kept = [&](sharding from) { return held_parameters(p, l, from); };
  return {.weights = kept(sharding::full) * l.weight_bytes * units::byte,
          .gradients = kept(sharding::gradients) * l.gradient_bytes * units::byte,
          .optimizer = kept(sharding::optimizer) * l.optimizer_bytes * units::byte,
          .activations = T(0) * units::byte,
          .gathered = T(0) * units::byte,
          .workspace = T(0) * units::byte};
}

// Bytes that the backward pass of one layer needs of one micro-batch, on one chip, in 16 bit, norms' statistics left
// out. For a GPT-3 layer (width h, a heads, s positions, b sequences, 4 h wide, not gated, dropout, attention not
// fused), t tensor ranks:
//   nothing recomputed            s b h (10 + 24 / t + 5 a s / (h t))
//   with sequence parallelism     s b h (34 / t + 5 a s / (h t))
//   attention core recomputed     the same without 5 a s / (h t)
//   everything recomputed         2 s b h, or 2 s b h / t with sequence parallelism
// and, taken apart (m matrices, f inner width, k key heads, w, v head widths, i input bytes): per token not split: 4 h
// for the inputs of two norms, 2 i h for the inputs of the blocks, 2 h of dropout masks; split by t: 2 (a + k) w
// queries and keys, 2 k v values, 2 a v input of the output projection (narrow inputs: i a v more, as attention needs
// the wide one); 2 (m - 1) f before the activation and i f after it. A score matrix that is kept takes 5 bytes with
// dropout (softmax, mask, after the mask) and 2 without; fused attention keeps 4 bytes a head and position instead.
// Exchanged heads: 2 a v more. Experts: the same per visited expert, and its input (i h) once per visit; their results
// are not kept, as their weight is multiplied with inside (Megatron Core since 2025). Latent attention: its compressed
// vectors before and after their norms, and k = a. Source: Korthikanti et al. 2022 (arXiv 2205.05198), section 4.1 and
// table 2; Dao et al. 2022 (fused attention); Transformer Engine 2.11, fp8 primer and context parallelism. Worked
// number: GPT-3 175B, t = 8, b = 1, sequence parallel, not recomputed: 2048 x 12288 x (34 + 80) / 8 = 358.6 MB a layer.
template <number T>
constexpr quantity<unit::byte, T> layer_activations(const models::basic_transformer<T>& x,
                                                    const basic_training_layout<T>& l, bool mixture,
                                                    recomputation again) {
  const T tokens = l.micro_batch * l.sequence / l.context;
  const T whole = T(1) / where(l.sequence_parallel, l.tensor, T(1));
  const T split = T(1) / l.tensor;
  if (again == recomputation::full) return tokens * x.width * T(2) * whole * units::byte;
  const bool latent = x.kind == models::attention::latent;
  const T key_heads = latent ? x.heads : max(x.key_heads, l.tensor);
  const T value = x.head_value_width();
  const T narrow = where(l.input_bytes < T(2), l.input_bytes, T(0));
  const T twice = l.head_exchange ? where(l.context > T(1), T(2), T(0)) : T(0);
  const T projections = (T(2) * ((x.heads + key_heads) * x.query_key_width() + (key_heads + x.heads) * value) +
                         (narrow + twice) * x.heads * value) *
                            split +
                        (latent ? T(4) * (x.query_rank + x.latent_rank) + T(2) * x.rotary_width : T(0));
  const T scores = T(l.dropout ? 5 : 2) * x.heads * l.sequence * split;
  const T core = l.fused_attention ? T(4) * x.heads * split : again == recomputation::selective ? T(0) : scores;
  const T block = T(2) * (x.matrices() - T(1)) + l.input_bytes;
  const T feed_forward = mixture ? split * (x.active_experts * (l.input_bytes * x.width + block * x.expert_width) +
                                            x.shared_experts * block * x.shared_expert_width)
                                 : split * block * x.feed_forward;
  const T shared = x.width * (T(l.dropout ? 6 : 4) + T(2) * l.input_bytes) * whole;
  return tokens * (shared + projections + core + feed_forward) * units::byte;
}

namespace detail {
// What the stages of a pipeline are made of, on one chip.
template <number T>
struct stage_parts {
  using bytes = quantity<unit::byte, T>;
  T table, dense, mixture, routed;  // parameters: an embedding, a layer, a layer of experts without and its experts
  T dense_shapes, mixture_shapes;   // of one weight of every shape of a layer
  T layers, dense_layers;           // of a stage
  bytes dense_kept, mixture_kept;   // activations of a layer and micro-batch
  bytes dense_passing, mixture_passing;  // gradients on their way through a layer, and what it computes again
  bytes norm, output;                    // the last norm's; logits and what their gradient needs
};

template <number T>
constexpr stage_parts<T> stage_parts_of(const models::basic_transformer<T>& x, const basic_training_layout<T>& l) {
  stage_parts<T> s{};
  const T tokens = l.micro_batch * l.sequence / l.context;
  const T split = T(1) / l.tensor, whole = where(l.sequence_parallel, split, T(1));
  const models::layer_parameters<T> one = models::parameters_of_layers(x, l.tensor);
  s.table = one.table;
  s.dense = one.dense();
  s.mixture = one.mixture();
  s.routed = x.experts * one.expert / l.expert;
  s.dense_shapes = one.dense();
  s.mixture_shapes = one.attention + one.shared_experts + one.expert;
  s.layers = x.layers / l.pipeline;
  s.dense_layers = s.layers - x.mixture_layers() / l.pipeline;
  s.dense_kept = layer_activations(x, l, false, l.recompute);
  s.mixture_kept = layer_activations(x, l, true, l.recompute);
  const T before = T(2) * (x.matrices() - T(1)) * split;  // 16-bit values before the activation, per inner width
  s.dense_passing = tokens * (before * x.feed_forward + T(4) * x.width) * units::byte;
  s.mixture_passing = tokens * x.active_experts * (before * x.expert_width + T(4) * x.width * split) * units::byte;
  if (l.recompute == recomputation::full) {
    s.dense_passing += layer_activations(x, l, false, recomputation::none);
    s.mixture_passing += layer_activations(x, l, true, recomputation::none);
  }
  s.norm = tokens * x.width * T(4) * whole * units::byte;
  s.output = (tokens * (x.vocabulary * split * l.logit_bytes + T(4) * x.width) +
              where(l.gradient_bytes > T(2), T(2), T(0)) * s.table) *
             units::byte;
  return s;
}

template <number T>
constexpr training_memory<T> memory_of_stage(const models::basic_transformer<T>& x, const basic_training_layout<T>& l,
                                             const stage_parts<T>& s, const T& stage) {
  using bytes = quantity<unit::byte, T>;
  const auto chosen = [](const auto& yes, const T& n) { return where(yes, n, T(0)); };
  const auto first = stage<T(0.5), last = stage> l.pipeline - T(1.5);
  const T dense =
      l.dense_first ? clamp(T(x.layers - x.mixture_layers() - stage * s.layers), T(0), s.layers) : s.dense_layers;
  const T mixture = s.layers - dense;
  const T tables = chosen(first, T(1)) + where(last, where(first, T(x.tied ? 0 : 1), T(1)), T(0));
  training_memory<T> m = model_states(
      models::rank_parameters<T>{tables * s.table + dense * s.dense + mixture * s.mixture, mixture * s.routed}, l);

  const T ahead = l.pipeline - stage;  // stages from here to the end
  const T in_flight =
      min(l.micro_batches,
          where(l.chunks > T(1), ((l.chunks - T(1)) * l.pipeline + T(2) * ahead - T(1)) / l.chunks, ahead));
  m.activations = (s.dense_kept * dense + s.mixture_kept * mixture) * in_flight + where(last, s.norm, bytes());
  if (l.sharding == sharding::full) {
    const T largest = max(chosen(dense > T(0), s.dense), chosen(mixture > T(0), s.mixture + s.routed));
    m.gathered = T(2) * largest * min(l.weight_bytes, T(2)) * units::byte;
  }
  const bytes passing =
      max(where(dense > T(0), s.dense_passing, bytes()), where(mixture > T(0), s.mixture_passing, bytes()));
  m.workspace = max(passing, where(last, s.output, bytes()));
  if (l.gradient_buffers) {
    m.workspace +=
        T(2) * (chosen(dense > T(0), s.dense_shapes) + chosen(mixture > T(0), s.mixture_shapes)) * units::byte;
  }
  return m;
}

template <number T>
constexpr training_memory<T> fuller(const training_memory<T>& a, const training_memory<T>& b) {
  const auto more = b.total() > a.total();
  return {.weights = where(more, b.weights, a.weights),
          .gradients = where(more, b.gradients, a.gradients),
          .optimizer = where(more, b.optimizer, a.optimizer),
          .activations = where(more, b.activations, a.activations),
          .gathered = where(more, b.gathered, a.gathered),
          .workspace = where(more, b.workspace, a.workspace)};
}
}  // namespace detail

// Bytes of every kind on a chip of one pipeline stage, 0 the first:
//   layers       L / p, also where that is not whole: no layout of whole layers that puts the longer stages last keeps
//                more in flight
//   states       of the layers, the router and of the embedding on the first stage, the output matrix on the last
//   activations  1F1B: p - stage micro-batches in flight; m chunks: ((m - 1) p + 2 (p - stage) - 1) / m; at most all.
//                On the last stage input and output of the last norm, 4 h a token
//   workspace    the larger of: output matrix and loss, which take logits, 4 h a token (the gathered input and its
//                gradient) and a 16-bit gradient of the matrix beside wider ones; a layer's backward pass, which takes
//                the gradients before its activation, 4 h a token, and its activations where they were recomputed. With
//                gradient_buffers a 16-bit gradient for every shape of weight besides
// Leaves out: what the allocator cannot use (3 to 10 %), the network's and the device's own buffers, statistics of
// norms and routers. Source: Korthikanti et al. 2022, section 4.2.3 and 5; Rajbhandari et al. 2020, section 5;
// Narayanan et al. 2021, section 2.2 (interleaving); Megatron Core 0.14 and Transformer Engine 2.11 (workspace). Worked
// number: 12 layers of Llama 3.1 70B, tensor 2, data 4, 4096 positions, sharded optimiser, logits of 2 bytes, gradient
// buffers: 51.84 states + 6.35 activations + 2.39 workspace = 60.58 GiB (measured: 60.68).
template <number T>
constexpr training_memory<T> memory_of_stage(const models::basic_transformer<T>& x, const basic_training_layout<T>& l,
                                             const T& stage) {
  return detail::memory_of_stage(x, l, detail::stage_parts_of(x, l), stage);
}

// The same of the fullest stage. That is the first, which keeps the most micro-batches, the last, which has the logits,
// or, where a mixture's dense layers come first, the one where they end or the one after. It never grows with the
// number of stages where dense layers are spread over all.
template <number T>
constexpr training_memory<T> memory_of_training(const models::basic_transformer<T>& x,
                                                const basic_training_layout<T>& l) {
  const detail::stage_parts<T> s = detail::stage_parts_of(x, l);
  const T last = l.pipeline - T(1);
  const auto of = [&](const T& stage) { return detail::memory_of_stage(x, l, s, stage); };
  const training_memory<T> ends = detail::fuller(of(T(0)), of(last));
  if (!l.dense_first) return ends;
  const T end = min(last, floor((x.layers - x.mixture_layers()) * l.pipeline / x.layers));
  return detail::fuller(ends, detail::fuller(of(end), of(min(last, end + T(1)))));
}

}  // namespace layercake
