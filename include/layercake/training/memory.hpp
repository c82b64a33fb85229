// Memory of training on one chip, by part: weights, gradients, optimiser states, activations.
#pragma once

#include <layercake/models/models.hpp>

namespace layercake::models {

// What is spread over data-parallel ranks instead of repeated: nothing; optimiser states (ZeRO-1, distributed optimiser); gradients too (ZeRO-2);
// weights too (ZeRO-3, fully sharded data parallel). Source: Rajbhandari et al. 2020 (ZeRO), section 5.
enum class sharding : unsigned char { none, optimizer, gradients, full };

// How a training step is laid out. Counts multiply: chips = tensor * pipeline * context * data; expert ranks lie inside data * context.
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
  bool head_exchange = false;     // context ranks exchange heads for positions (Ulysses) and keep attention's result in
                                  // both layouts; otherwise keys and values go round a ring
  bool dense_first = false;       // the dense layers of a mixture are its first ones (DeepSeek), and so on the first
                                  // stages; otherwise they are spread over all
  bool gradient_buffers = false;  // 16-bit gradients are added to wider ones inside the products; one buffer per shape
                                  // of weight stays all the same (Transformer Engine 2.3 and later)
  models::recompute recompute = models::recompute::none;
  models::sharding sharding = models::sharding::none;
  T weight_bytes = T(2);
  T gradient_bytes = T(4);    // accumulated in 32 bit, as Megatron does; 2 in ZeRO's count
  T optimizer_bytes = T(12);  // 32-bit weights and Adam's two moments (Rajbhandari et al. 2020, section 3.1)
  T input_bytes = T(2);       // of a linear layer's input as kept for its weight gradient; 1 in 8 bit
  T logit_bytes = T(6);       // of a logit: 16 bit and a copy in 32; 2 where the loss leaves its gradient in place

  template <class U>
  using with_number = basic_training_layout<U>;
  static constexpr auto fields() {
    using X = basic_training_layout;
    return std::tuple{
        label(&X::sequence_parallel),
        label(&X::fused_attention),
        label(&X::dropout),
        label(&X::head_exchange),
        label(&X::dense_first),
        label(&X::gradient_buffers),
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
        field("optimizer_bytes", &X::optimizer_bytes, nonnegative, "bytes of optimiser state per weight"),
        field("input_bytes", &X::input_bytes, positive, "bytes of a kept input of a linear layer"),
        field("logit_bytes", &X::logit_bytes, nonnegative, "bytes of a logit while its gradient is taken")};
  }
  void rules(findings& f) const requires real<T> {
    f.require(!(expert > data * context), "expert", expert, "at most data * context, " + to_string(data * context),
              "Expert ranks lie inside the data- and context-parallel ranks.");
    f.require(!(chunks > T(1)) || pipeline > T(1), "chunks", chunks, "1 where pipeline is 1",
              "Only a pipeline can be interleaved.");
  }
};
using training_layout = basic_training_layout<>;

// What a chip holds when it holds most, as its allocator counts.
template <class T = double>
struct training_memory {
  quantity<unit::byte, T> weights, gradients, optimizer;
  quantity<unit::byte, T> activations;  // kept for the backward pass, of all micro-batches in flight
  quantity<unit::byte, T> gathered;     // whole weights of two layers, the one in use and the next, where weights are
                                        // sharded
  quantity<unit::byte, T> workspace;    // logits, gradients on their way, what is computed again
  constexpr quantity<unit::byte, T> states() const { return weights + gradients + optimizer; }
  constexpr quantity<unit::byte, T> total() const { return states() + activations + gathered + workspace; }
};

// Weights, gradients and optimiser states of `everywhere` parameters that are the same on all data-parallel ranks and
// `routed` parameters of experts, spread over `l.expert` of them:
//   (weight + gradient + optimizer bytes) * parameters, what `sharding` spreads divided by the ranks that hold copies
// Source: Rajbhandari et al. 2020 (ZeRO), section 5 and figure 1.
// Worked number: 7.5e9 parameters, 64 ranks, 2 + 2 + 12 bytes: 120 GB; 31.4 GB; 16.6 GB; 1.9 GB for ZeRO 0 to 3.
template <class T>
constexpr training_memory<T> model_states(const T& everywhere, const T& routed, const basic_training_layout<T>& l) {
  const T ranks = l.data * l.context;
  const T held = everywhere + routed, spread = (everywhere + routed * l.expert) / ranks;
  const auto kept = [&](sharding from) { return l.sharding >= from ? spread : held; };
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
  const T narrow = where(l.input_bytes < T(2), l.input_bytes, T(0));
  const T twice = l.head_exchange ? where(l.context > T(1), T(2), T(0)) : T(0);
  const T projections = (T(2) * ((x.heads + key_heads) * x.query_key_width() + (key_heads + x.heads) * value) +
                         (narrow + twice) * x.heads * value) *
                            split +
                        (latent ? T(4) * (x.query_rank + x.latent_rank) + T(2) * x.rotary_width : T(0));
  const T scores = T(l.dropout ? 5 : 2) * x.heads * l.sequence * split;
  const T core = l.fused_attention ? T(4) * x.heads * split : again == recompute::selective ? T(0) : scores;
  const T block = T(2) * (x.matrices() - T(1)) + l.input_bytes;
  const T feed_forward = mixture ? split * (x.active_experts * (l.input_bytes * x.width + block * x.expert_width) +
                                            x.shared_experts * block * x.shared_expert_width)
                                 : split * block * x.feed_forward;
  const T shared = x.width * (T(l.dropout ? 6 : 4) + T(2) * l.input_bytes) * whole;
  return tokens * (shared + projections + core + feed_forward) * units::byte;
}

namespace detail {
// What the stages of a pipeline are made of, on one chip.
template <class T>
struct stage_parts {
  using bytes = quantity<unit::byte, T>;
  T table, dense, mixture, routed;  // parameters: an embedding, a layer, a layer of experts without and its experts
  T dense_shapes, mixture_shapes;   // of one weight of every shape of a layer
  T layers, dense_layers;           // of a stage
  bytes dense_kept, mixture_kept;   // activations of a layer and micro-batch
  bytes dense_passing, mixture_passing;  // gradients on their way through a layer, and what it computes again
  bytes norm, output;                    // the last norm's; logits and what their gradient needs
};

template <class T>
constexpr stage_parts<T> stage_parts_of(const basic_transformer<T>& x, const basic_training_layout<T>& l) {
  stage_parts<T> s{};
  const T tokens = l.micro_batch * l.sequence / l.context;
  const T split = T(1) / l.tensor, whole = where(l.sequence_parallel, split, T(1));
  const T attention = attention_parameters(x, l.tensor), block = x.matrices() * x.width * split;
  const T shared = x.shared_experts * block * x.shared_expert_width, expert = block * x.expert_width;
  s.table = x.vocabulary * x.width * split;
  s.dense = attention + block * x.feed_forward;
  s.mixture = attention + x.width * x.experts + shared;
  s.routed = x.experts * expert / l.expert;
  s.dense_shapes = s.dense;
  s.mixture_shapes = attention + shared + expert;
  s.layers = x.layers / l.pipeline;
  s.dense_layers = s.layers - x.mixture_layers() / l.pipeline;
  s.dense_kept = layer_activations(x, l, false, l.recompute);
  s.mixture_kept = layer_activations(x, l, true, l.recompute);
  const T before = T(2) * (x.matrices() - T(1)) * split;  // 16-bit values before the activation, per inner width
  s.dense_passing = tokens * (before * x.feed_forward + T(4) * x.width) * units::byte;
  s.mixture_passing = tokens * x.active_experts * (before * x.expert_width + T(4) * x.width * split) * units::byte;
  if (l.recompute == recompute::full) {
    s.dense_passing += layer_activations(x, l, false, recompute::none);
    s.mixture_passing += layer_activations(x, l, true, recompute::none);
  }
  s.norm = tokens * x.width * T(4) * whole * units::byte;
  s.output = (tokens * (x.vocabulary * split * l.logit_bytes + T(4) * x.width) +
              where(l.gradient_bytes > T(2), T(2), T(0)) * s.table) *
             units::byte;
  return s;
}

template <class T>
constexpr training_memory<T> memory_of_stage(const basic_transformer<T>& x, const basic_training_layout<T>& l,
                                             const stage_parts<T>& s, const T& stage) {
  using bytes = quantity<unit::byte, T>;
  const auto chosen = [](const auto& yes, const T& n) { return where(yes, n, T(0)); };
  const auto first = stage<T(0.5), last = stage> l.pipeline - T(1.5);
  const T dense =
      l.dense_first ? clamp(T(x.layers - x.mixture_layers() - stage * s.layers), T(0), s.layers) : s.dense_layers;
  const T mixture = s.layers - dense;
  const T tables = chosen(first, T(1)) + where(last, where(first, T(x.tied ? 0 : 1), T(1)), T(0));
  training_memory<T> m =
      model_states(T(tables * s.table + dense * s.dense + mixture * s.mixture), T(mixture * s.routed), l);

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

template <class T>
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
template <class T>
constexpr training_memory<T> memory_of_stage(const basic_transformer<T>& x, const basic_training_layout<T>& l,
                                             const T& stage) {
  return detail::memory_of_stage(x, l, detail::stage_parts_of(x, l), stage);
}

// The same of the fullest stage. That is the first, which keeps the most micro-batches, the last, which has the logits,
// or, where a mixture's dense layers come first, the one where they end or the one after. It never grows with the
// number of stages where dense layers are spread over all.
template <class T>
constexpr training_memory<T> memory_of_training(const basic_transformer<T>& x, const basic_training_layout<T>& l) {
  const detail::stage_parts<T> s = detail::stage_parts_of(x, l);
  const T last = l.pipeline - T(1);
  const auto of = [&](const T& stage) { return detail::memory_of_stage(x, l, s, stage); };
  const training_memory<T> ends = detail::fuller(of(T(0)), of(last));
  if (!l.dense_first) return ends;
  const T end = min(last, floor((x.layers - x.mixture_layers()) * l.pipeline / x.layers));
  return detail::fuller(ends, detail::fuller(of(end), of(min(last, end + T(1)))));
}

}  // namespace layercake::models
