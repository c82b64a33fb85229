// Memory of training on one chip, by part: weights, gradients, optimiser states, activations.
#pragma once

#include <layercake/models/parameters.hpp>
#include <layercake/training/constants.hpp>
#include <layercake/training/layout.hpp>
#include <layercake/training/stages.hpp>
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
  quantity<unit::byte, T> on_host = T(0) * units::byte;  // of states, in the memory of the host
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

namespace detail {
// What of states leaves the chip, and what the host has then: 16-bit weights, states, and a gradient of 32 bit in front
// of them. Gradients leave as they are made, where each rank has its own share of them at once.
template <number T>
constexpr void move_to_host(training_memory<T>& m, const models::rank_parameters<T>& p,
                            const basic_training_layout<T>& l) {
  const auto& o = l.offload;
  const T stays = T(1) - o.optimizer, experts = o.of_experts();
  m.weights =
      held_parameters(p.scaled(T(1) - o.weights, T(1) - experts), l, sharding::full) * l.weight_bytes * units::byte;
  const T gradient = number_cast<T>(training_counts::gradient);
  m.on_host = (held_parameters(p.scaled(o.weights, experts), l, sharding::full) *
                   min(l.weight_bytes, number_cast<T>(training_counts::weight)) +
               held_parameters(p, l, sharding::optimizer) * (l.optimizer_bytes + gradient) * o.optimizer) *
              units::byte;
  m.optimizer = m.optimizer * stays;
  if (l.sharding >= sharding::gradients) m.gradients = m.gradients * stays;
}
}  // namespace detail

// Weights, gradients and optimiser states of the parameters of a rank:
//   (weight + gradient + optimizer bytes) * parameters, what `sharding` spreads divided by the ranks that hold copies
// twice where the schedule holds them twice; less what `offload` gives to the host, which then holds, of so many
// parameters held, 2 bytes of weights and 16 of the optimiser: states and a 32-bit gradient. Gradients of what the host
// updates leave the chip where they are sharded. Source: Rajbhandari et al. 2020 (ZeRO), section 5 and figure 1; DeepSpeed's
// estimates of memory needs (2 bytes a parameter on the chip, 16 on the host; 18 with weights there).
// Worked number: 7.5e9 parameters, 64 ranks, 2 + 2 + 12 bytes: 120 GB; 31.4 GB; 16.6 GB; 1.9 GB for ZeRO 0 to 3.
template <number T>
constexpr training_memory<T> model_states(const models::rank_parameters<T>& p, const basic_training_layout<T>& l) {
  const T copies = number_cast<T>(parameter_copies(l.schedule));
  const models::rank_parameters<T> held = p.scaled(copies, copies);
  const auto kept = [&](sharding from) { return held_parameters(held, l, from); };
  training_memory<T> m{.weights = kept(sharding::full) * l.weight_bytes * units::byte,
                       .gradients = kept(sharding::gradients) * l.gradient_bytes * units::byte,
                       .optimizer = kept(sharding::optimizer) * l.optimizer_bytes * units::byte,
                       .activations = T(0) * units::byte,
                       .gathered = T(0) * units::byte,
                       .workspace = T(0) * units::byte};
  if (l.offload.any()) detail::move_to_host(m, held, l);
  return m;
}

namespace detail {
// Bytes that a mixer keeps for the backward pass of a token; layer_activations below says of what.
template <number T>
constexpr T kept_by_mixer(const models::basic_mixer<T>& m, const basic_training_layout<T>& l, recomputation again) {
  const T split = T(1) / l.tensor;
  const T narrow = where(l.input_bytes < T(2), l.input_bytes, T(0));
  if (m.kind == models::mixing::linear) {
    const T inner = m.heads * m.value_width;
    const T states = m.state_bytes * inner * m.key_width / max(m.chunk, T(1));
    return split * (T(2) * (m.channels() + inner) + T(2) * m.channels() + (T(2) + narrow) * inner + states);
  }
  const bool latent = m.kind == models::mixing::latent;
  const T key_heads = latent ? m.heads : max(m.key_heads, l.tensor);
  const T twice = l.head_exchange ? where(l.context > T(1), T(2), T(0)) : T(0);
  const T projections = (T(2) * ((m.heads + key_heads) * m.query_key_width() + (key_heads + m.heads) * m.value_width) +
                         (narrow + twice) * m.heads * m.value_width) *
                            split +
                        (latent ? T(4) * (m.query_rank + m.latent_rank) + T(2) * m.rotary_width : T(0));
  const T scores = T(l.dropout ? 5 : 2) * m.heads * l.sequence * split;
  const T core = l.fused_attention ? T(4) * m.heads * split : again == recomputation::selective ? T(0) : scores;
  return projections + core;
}
template <number T>
constexpr T kept_by_feed_forward(const models::basic_feed_forward<T>& f, const T& width,
                                 const basic_training_layout<T>& l) {
  const T split = T(1) / l.tensor, halves = T(2) * (f.matrices() - T(1));
  const T block = halves + l.input_bytes + T(l.eager && f.gated ? 2 : 0);
  if (f.kind == models::feed_forward_kind::mixture) {
    return split *
           (f.active * (l.input_bytes * f.expert_input(width) + block * f.width) + f.shared * block * f.shared_width);
  }
  return split * block * f.width;
}
// Per token beside each block of a layer: a mixer, a feed-forward.
template <number T>
constexpr T kept_beside_block(const T& width, const basic_training_layout<T>& l) {
  const T norm = T(l.dropout ? 3 : 2) + T(l.eager ? 2 : 0);
  return width * (norm + l.input_bytes) / where(l.sequence_parallel, l.tensor, T(1));
}

// A layer with experts and one without, as means over the layers of each kind; mixers over all.
template <number T>
struct mean_layers {
  T mixture = T(0);                                                 // layers with experts
  T dense_parameters{}, mixture_parameters{}, routed_parameters{};  // of a layer; routed: of all its experts
  T dense_shapes{}, mixture_shapes{};                               // of one weight of every shape
  T dense_kept{}, mixture_kept{};                                   // bytes per token
  T dense_passing{}, mixture_passing{};

  constexpr mean_layers(const auto& x, const basic_training_layout<T>& l, recomputation again) {
    const T layers = models::layers_of(x), split = T(1) / l.tensor, beside = kept_beside_block(x.width, l);
    T mixer{}, mixer_kept{};
    x.each_mixer([&](const models::basic_mixer<T>& m, const T& times) {
      mixer += times * (models::mixer_parameters(m, x.width, l.tensor) + m.vectors);
      mixer_kept += times * (beside + kept_by_mixer(m, l, again));
    });
    x.each_feed_forward([&](const models::basic_feed_forward<T>& f, const T& times) {
      const models::feed_forward_parameters<T> p = models::parameters_of(f, x.width, l.tensor);
      const T before = T(2) * (f.matrices() - T(1)) * split * f.width;  // 16-bit values before the activation
      if (f.kind == models::feed_forward_kind::mixture) {
        mixture += times;
        mixture_parameters += times * (p.router + p.shared + f.vectors);
        routed_parameters += times * f.experts * p.expert;
        mixture_shapes += times * (p.shared + p.expert);
        mixture_kept += times * (beside + kept_by_feed_forward(f, x.width, l));
        mixture_passing += times * f.active * (before + T(4) * x.width * split);
      } else {
        dense_parameters += times * (p.dense + f.vectors);
        dense_kept += times * (beside + kept_by_feed_forward(f, x.width, l));
        dense_passing += times * before;
      }
    });
    const T dense = layers - mixture, each = T(1) / layers;
    const T each_dense = T(1) / where(dense > T(0), dense, T(1));
    const T each_mixture = T(1) / where(mixture > T(0), mixture, T(1));
    mixer = mixer * each, mixer_kept = mixer_kept * each;
    dense_parameters = mixer + dense_parameters * each_dense;
    mixture_parameters = mixer + mixture_parameters * each_mixture;
    routed_parameters = routed_parameters * each_mixture;
    dense_shapes = dense_parameters;
    mixture_shapes = mixer + mixture_shapes * each_mixture;
    dense_kept = mixer_kept + dense_kept * each_dense;
    mixture_kept = mixer_kept + mixture_kept * each_mixture;
    dense_passing = dense_passing * each_dense + T(4) * x.width;
    mixture_passing = mixture_passing * each_mixture;
    if (again != recomputation::full) return;
    dense_kept = mixture_kept = T(2) * x.width / where(l.sequence_parallel, l.tensor, T(1));
  }
};

}  // namespace detail

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
// vectors before and after their norms, and k = a. Eager: 2 h more a norm, and 2 f of a gated block. Linear attention: its channels before
// and after the convolution, and the state at the end of every chunk. Several kinds of layers: their mean. Source: Korthikanti et al. 2022 (arXiv 2205.05198), section 4.1 and
// table 2; Dao et al. 2022 (fused attention); Transformer Engine 2.11, fp8 primer and context parallelism. Worked
// number: GPT-3 175B, t = 8, b = 1, sequence parallel, not recomputed: 2048 x 12288 x (34 + 80) / 8 = 358.6 MB a layer.
template <class Architecture, number T>
constexpr quantity<unit::byte, T> layer_activations(const Architecture& x, const basic_training_layout<T>& l,
                                                    bool mixture, recomputation again) {
  const detail::mean_layers<T> one(x, l, again);
  const T tokens = l.micro_batch * l.sequence / l.context;
  return tokens * (mixture ? one.mixture_kept : one.dense_kept) * units::byte;
}

namespace detail {
// What the stages of a pipeline are made of, on one chip.
template <number T>
struct stage_parts {
  using bytes = quantity<unit::byte, T>;
  T input, output_table,
      copied;  // parameters of the embedding, of an output matrix of its own, of a copy that serves as one
  T dense, mixture, routed;              // parameters: a layer, a layer of experts without and its experts
  T dense_shapes, mixture_shapes;        // of one weight of every shape of a layer
  T layers, dense_layers;                // of a stage
  bytes dense_kept, mixture_kept;        // activations of a layer and micro-batch
  bytes dense_passing, mixture_passing;  // gradients on their way through a layer, and what it computes again
  bytes norm, output;                    // the last norm's; logits and what their gradient needs
};

template <class Architecture, number T>
constexpr stage_parts<T> stage_parts_of(const Architecture& x, const basic_training_layout<T>& l) {
  stage_parts<T> s{};
  const T tokens = l.micro_batch * l.sequence / l.context;
  const T split = T(1) / l.tensor, whole = where(l.sequence_parallel, split, T(1));
  const mean_layers<T> one(x, l, l.recompute);
  const models::table_parameters<T> tables = x.tables(l.tensor);
  s.input = tables.input + tables.vectors + tables.towers;
  s.output_table = tables.output;
  s.copied = where(x.output_width() > T(0), tables.input, T(0));
  s.dense = one.dense_parameters;
  s.mixture = one.mixture_parameters;
  s.routed = one.routed_parameters / l.expert;
  s.dense_shapes = one.dense_shapes;
  s.mixture_shapes = one.mixture_shapes;
  s.layers = models::layers_of(x) / l.pipeline;
  s.dense_layers = s.layers - one.mixture / l.pipeline;
  s.dense_kept = tokens * one.dense_kept * units::byte;
  s.mixture_kept = tokens * one.mixture_kept * units::byte;
  s.dense_passing = tokens * one.dense_passing * units::byte;
  s.mixture_passing = tokens * one.mixture_passing * units::byte;
  if (l.recompute == recomputation::full) {
    const mean_layers<T> again(x, l, recomputation::none);
    s.dense_passing += tokens * again.dense_kept * units::byte;
    s.mixture_passing += tokens * again.mixture_kept * units::byte;
  }
  s.norm = tokens * x.width * T(4) * whole * units::byte;
  s.output = (tokens * (x.output_width() * split * l.logit_bytes + T(4) * x.width) +
              where(l.gradient_bytes > T(2), T(2), T(0)) * max(tables.output, tables.input)) *
             units::byte;
  return s;
}

// What one stage is made of: parameters of tables, and layers of both kinds.
template <number T>
struct stage_content {
  T tables, dense, mixture;
};
template <class Architecture, number T>
constexpr stage_content<T> content_of_stage(const Architecture& x, const basic_training_layout<T>& l,
                                            const stage_parts<T>& s, const T& stage) {
  const auto first = stage<T(0.5), last = stage> l.pipeline - T(1.5);
  T layers = s.layers, before = stage * s.layers, dense = s.dense_layers;
  if (cut_unevenly(l)) {
    const stage_cut<T> cut = stages_of(T(models::layers_of(x)), l);
    layers = cut.layers(stage), before = cut.before(stage);
    dense = dense * (layers / s.layers);
  }
  if (l.dense_first) dense = clamp(T(models::layers_of(x) - x.mixture_layers() - before), T(0), layers);
  // The last of several stages has an output matrix, or a copy of the embedding that serves as one.
  const T tables = where(first, s.input, T(0)) +
                   where(last, where(first || (s.output_table > T(0)), s.output_table, s.copied), T(0));
  return {tables, dense, layers - dense};
}

// A rank of DualPipe holds its stage and the one that mirrors it: the mean of both, twice.
template <class Architecture, number T>
constexpr stage_content<T> content_of_rank(const Architecture& x, const basic_training_layout<T>& l,
                                           const stage_parts<T>& s, const T& stage) {
  const stage_content<T> own = content_of_stage(x, l, s, stage);
  if (l.schedule != pipeline_schedule::dual_pipe) return own;
  const stage_content<T> mirror = content_of_stage(x, l, s, T(l.pipeline - T(1) - stage));
  const auto mean = [](const T& a, const T& b) { return (a + b) * T(0.5); };
  return {mean(own.tables, mirror.tables), mean(own.dense, mirror.dense), mean(own.mixture, mirror.mixture)};
}

template <class Architecture, number T>
constexpr training_memory<T> memory_of_stage(const Architecture& x, const basic_training_layout<T>& l,
                                             const stage_parts<T>& s, const T& stage) {
  using bytes = quantity<unit::byte, T>;
  const auto chosen = [](const auto& yes, const T& n) { return where(yes, n, T(0)); };
  const T end = l.schedule == pipeline_schedule::dual_pipe ? max(stage, T(l.pipeline - T(1) - stage)) : stage;
  const auto last = end > l.pipeline - T(1.5);
  const stage_content<T> of = content_of_rank(x, l, s, stage);
  const T &dense = of.dense, &mixture = of.mixture;
  training_memory<T> m = model_states(
      models::rank_parameters<T>{of.tables + dense * s.dense + mixture * s.mixture, mixture * s.routed}, l);

  const T in_flight = micro_batches_in_flight(l.schedule, l.pipeline, l.chunks, stage, l.micro_batches);
  m.activations = (s.dense_kept * dense + s.mixture_kept * mixture) * in_flight + where(last, s.norm, bytes());
  const T experts = chosen(mixture > T(0), s.routed);
  const T largest = max(chosen(dense > T(0), s.dense), chosen(mixture > T(0), s.mixture + s.routed));
  const auto two = [&](const T& layer) { return T(2) * layer * min(l.weight_bytes, T(2)) * units::byte; };
  if (l.sharding == sharding::full) {
    m.gathered = two(largest);
  } else if (l.offload.any()) {
    m.gathered = two(chosen(l.offload.of_experts() > T(0), where(l.offload.weights > T(0), largest, experts)));
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
          .workspace = where(more, b.workspace, a.workspace),
          .on_host = max(a.on_host, b.on_host)};
}

// The fullest of the stages, of which `of` gives the memory of one.
template <class Architecture, number T, class Of>
constexpr training_memory<T> fullest_stage(const Architecture& x, const basic_training_layout<T>& l, Of&& of) {
  const T last = l.pipeline - T(1);
  const T layers = models::layers_of(x), dense = layers - x.mixture_layers();
  training_memory<T> full = fuller(of(T(0)), of(last));
  T end = floor(dense * l.pipeline / layers);
  if (cut_unevenly(l)) {
    full = fuller(full, of(min(last, T(1))));
    end = stages_of(layers, l).stage_behind(dense);
  }
  if (!l.dense_first) return full;
  end = min(last, end);
  return fuller(full, fuller(of(end), of(min(last, end + T(1)))));
}
}  // namespace detail

// Bytes of every kind on a chip of one pipeline stage, 0 the first:
//   layers       L / p, also where that is not whole: no layout of whole layers that puts the longer stages last keeps
//                more in flight; or as first_stage_layers and last_stage_layers have it (training/stages.hpp)
//   states       of the layers, the router and of the embedding on the first stage, the output matrix on the last
//   activations  of the micro-batches that the schedule keeps (training/schedules.hpp). On the last stage input and output
//                of the last norm, 4 h a token. A rank of DualPipe holds two stages, and keeps each half of the time
//   gathered     two whole layers where weights are sharded or on the host, in 16 bit
//   workspace    the larger of: output matrix and loss, which take logits, 4 h a token (the gathered input and its
//                gradient) and a 16-bit gradient of the matrix beside wider ones; a layer's backward pass, which takes
//                the gradients before its activation, 4 h a token, and its activations where they were recomputed. With
//                gradient_buffers a 16-bit gradient for every shape of weight besides
// Leaves out: what the allocator cannot use (3 to 10 %), the network's and the device's own buffers, statistics of
// norms and routers, activations inside the towers of images or sound. Source: Korthikanti et al. 2022, section 4.2.3 and 5; Rajbhandari et al. 2020, section 5;
// Narayanan et al. 2021, section 2.2 (interleaving); Megatron Core 0.14 and Transformer Engine 2.11 (workspace). Worked
// number: 12 layers of Llama 3.1 70B, tensor 2, data 4, 4096 positions, sharded optimiser, logits of 2 bytes, gradient
// buffers: 51.84 states + 6.35 activations + 2.39 workspace = 60.58 GiB (measured: 60.68).
template <class Architecture, number T>
constexpr training_memory<T> memory_of_stage(const Architecture& x, const basic_training_layout<T>& l, const T& stage) {
  return detail::memory_of_stage(x, l, detail::stage_parts_of(x, l), stage);
}

// The same of the fullest stage. That is the first, which keeps the most micro-batches, the last, which has the logits,
// where these have other layers than the rest the second, or, where a mixture's dense layers come first, the one where they
// end or the one after. It never grows with the number of stages where dense layers are spread over all.
template <class Architecture, number T>
  requires requires(const Architecture& x, const T& tensor) { x.tables(tensor); }
constexpr training_memory<T> memory_of_training(const Architecture& x, const basic_training_layout<T>& l) {
  const detail::stage_parts<T> s = detail::stage_parts_of(x, l);
  return detail::fullest_stage(x, l, [&](const T& stage) { return detail::memory_of_stage(x, l, s, stage); });
}

}  // namespace layercake
