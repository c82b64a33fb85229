// Parameters of a model by part, of the whole and of one chip of a split.
//
// An architecture is anything that tells its layers: `width`, each_mixer(visit) and each_feed_forward(visit), which call
// visit(block, times), layers(), mixture_layers(), and what lies outside the layers: tables().
#pragma once

#include <layercake/core/number_of.hpp>
#include <layercake/models/layers.hpp>
#include <layercake/models/split.hpp>

namespace layercake::models {

// How many layers an architecture has.
template <class Architecture>
  requires requires(const Architecture& x) { x.layer_count(); } || requires(const Architecture& x) {
    x.layers;
  }
constexpr auto layers_of(const Architecture& x) {
  if constexpr (requires { x.layer_count(); }) {
    return x.layer_count();
  } else {
    return x.layers;
  }
}

// The architecture of a model that has one beside what else it says (how it is deployed, what of it learns), or itself.
template <class Model>
constexpr const auto& architecture_of(const Model& m) {
  if constexpr (requires { m.architecture; }) {
    return m.architecture;
  } else {
    return m;
  }
}

// What lies outside the layers, on one chip of a tensor-parallel group.
template <number T = double>
struct table_parameters {
  T input = T(0);       // the embedding
  T output = T(0);      // an output matrix of its own; 0 where the embedding serves, or where there is none
  T vectors = T(0);     // norms and the like
  T towers = T(0);      // encoders of images or sound, and what projects their results
  T prediction = T(0);  // layers that predict more than one token, tables of their own left out
};

// Parameters by part, embeddings included. Norms and biases are `vectors`: counted where an architecture gives them, below 0.1 %
// of any model here.
template <number T = double>
struct parameter_count {
  T embedding{}, attention{}, dense_feed_forward{}, router{}, experts{}, shared_experts{};
  T vectors{}, towers{};
  T active_experts{};   // the routed experts that one token visits
  T input_embedding{};  // of `embedding`, what is looked up and not multiplied with; 0 where the output shares it
  T prediction{};       // layers that predict further tokens, which makers count apart; not in total()

  constexpr T total() const {
    return embedding + attention + dense_feed_forward + router + experts + shared_experts + vectors + towers;
  }
  // Per token of text, the whole embedding counted. Makers differ: Mixtral's 12.9e9 is this, gpt-oss's 5.1e9 leaves out the input embedding.
  constexpr T active() const { return total() - experts - towers + active_experts; }
  constexpr T active_without_look_up() const { return active() - input_embedding; }
};

// Weights of the mixer of one layer on one chip of a tensor-parallel group (1: all of it), vectors left out.
//   attention: d h (w + g) + d k (w + v) + h v d
//   latent:    (d q + q h (p + r)) or d h (p + r);  d (c + r);  c h (p + v);  h v d;  indexer q i j + d j + d i
//   linear:    d (2 h v + 2 k w + n h) + h v d + K (h v + 2 k w);  with steps of rank R: d 2 h v + h v (R + 2 k w) + R h v + h v d + K h v
// with d width, h heads, k key heads, w key width, v value width, g gate, q query rank, c latent rank, p plain, r rotary, i, j heads and
// width of the indexer, n steps, K convolution. Heads are split; the down-projections d q, d (c + r) and the indexer are on every chip,
// and so is a key head that has to serve several.
// Source: Vaswani et al. 2017, section 3.2; Ainslie et al. 2023 (grouped-query); DeepSeek-V2, 2024, section 2.1 (latent); DeepSeek-V3.2, 2025,
// section 2 (indexer); Gu, Dao 2023, section 3 (Mamba); Dao, Gu 2024, section 7 (Mamba-2); Yang et al. 2024 (gated delta net).
// Worked number: DeepSeek-V3, d 7168, h 128, q 1536, c 512, p 128, r 64, v 128: 187 105 280 (11 010 048 + 37 748 736 + 4 128 768 + 16 777 216 +
// 117 440 512).
template <number T>
constexpr T mixer_parameters(const basic_mixer<T>& m, const T& width, const T& tensor = T(1)) {
  const T heads = m.heads / tensor;
  switch (m.kind) {
  case mixing::none:
    return T(0);
  case mixing::latent: {
    const T query = heads * (m.plain_width + m.rotary_width);
    const T query_weights = where(m.query_rank > T(0), width * m.query_rank + m.query_rank * query, width * query);
    const T indexer = m.index_width * (where(m.query_rank > T(0), m.query_rank, width) * m.index_heads +
                                       where(m.index_heads > T(0), width, T(0))) +
                      width * m.index_heads;
    return query_weights + width * (m.latent_rank + m.rotary_width) +
           m.latent_rank * heads * (m.plain_width + m.value_width) + heads * m.value_width * width + indexer;
  }
  case mixing::linear: {
    const T inner = heads * m.value_width, keys = m.local_key_heads(tensor) * m.key_width;
    const T from_input = width * (T(2) * inner + where(m.step_rank > T(0), T(0), T(2) * keys + m.steps * heads));
    const T from_values = where(m.step_rank > T(0), inner * (T(2) * m.step_rank + T(2) * keys), T(0));
    return from_input + from_values + inner * width + m.convolution * m.channels() / tensor;
  }
  case mixing::attention:
    break;
  }
  const T keys = m.local_key_heads(tensor);
  return width * (heads * (m.key_width + m.gate + m.value_width) +
                  keys * (m.key_width + (m.shared_value ? T(0) : m.value_width)));
}

// Parameters of a feed-forward block by part, on one chip of a tensor-parallel group (1: all of them), vectors left out:
//   dense m d f;  router d E;  expert m d e;  shared S m d s
// with m matrices of a block (3 gated, 2 not), f, e, s the inner widths, E experts, S shared ones. Routers are on every chip. Where experts
// read a latent width l: router d E + 2 d l, with the projections to and fro;  expert m l e.
// Source: Nemotron 3 white paper, NVIDIA 2025 (latent experts).
template <number T = double>
struct feed_forward_parameters {
  T dense{}, router{}, expert{}, shared{};  // expert: one of them
};
template <number T>
constexpr feed_forward_parameters<T> parameters_of(const basic_feed_forward<T>& f, const T& width,
                                                   const T& tensor = T(1)) {
  const T block = f.matrices() * width / tensor;
  switch (f.kind) {
  case feed_forward_kind::none:
    return {};
  case feed_forward_kind::dense:
    return {.dense = block * f.width};
  case feed_forward_kind::mixture:
    break;
  }
  return {.dense = T(0),
          .router = width * (f.experts + T(2) * f.latent),
          .expert = f.matrices() * f.expert_input(width) / tensor * f.width,
          .shared = f.shared * (block * f.shared_width)};
}

// Parameters of one layer of a mixer and a feed-forward block, vectors included.
template <number T>
constexpr T layer_parameters(const basic_mixer<T>& m, const basic_feed_forward<T>& f, const T& width,
                             const T& tensor = T(1)) {
  const feed_forward_parameters<T> p = parameters_of(f, width, tensor);
  return mixer_parameters(m, width, tensor) + m.vectors + p.dense + p.router + f.experts * p.expert + p.shared +
         f.vectors;
}

// Parameters by part, on one chip of a tensor-parallel group (1: the whole model): those of all layers and of what lies outside.
// Worked number: Llama-3.1-70B 70 552 387 584; its norms, 1.3e6 more, are left out.
template <class Architecture, number T = number_of_t<Architecture>>
constexpr parameter_count<T> parameters(const Architecture& x, const T& tensor = T(1)) {
  parameter_count<T> c;
  x.each_mixer([&](const basic_mixer<T>& m, const T& times) {
    c.attention += times * mixer_parameters(m, x.width, tensor);
    c.vectors += times * m.vectors;
  });
  x.each_feed_forward([&](const basic_feed_forward<T>& f, const T& times) {
    const feed_forward_parameters<T> p = parameters_of(f, x.width, tensor);
    c.dense_feed_forward += times * p.dense;
    c.router += times * p.router;
    c.experts += times * f.experts * p.expert;
    c.active_experts += times * f.active * p.expert;
    c.shared_experts += times * p.shared;
    c.vectors += times * f.vectors;
  });
  const table_parameters<T> t = x.tables(tensor);
  c.embedding = t.input + t.output;
  const auto shared = !(t.output > T(0)) && (x.output_width() > T(0));
  c.input_embedding = where(shared, T(0), t.input);
  c.vectors += t.vectors;
  c.towers = t.towers;
  c.prediction = t.prediction;
  return c;
}

// The parameters that one chip of a split holds in training, of the fullest pipeline stage: its share of the layers, and
// an embedding on the first stage or the output matrix on the last (both, or a shared one, where there is one stage).
// Bytes held and bytes exchanged are both taken from this.
template <number T = double>
struct rank_parameters {
  T everywhere = T(0);  // the same on all data-parallel ranks
  T routed = T(0);      // of routed experts, which are spread over the expert ranks
  constexpr T total() const { return everywhere + routed; }
  constexpr rank_parameters scaled(const T& of_everywhere, const T& of_routed) const {
    return {everywhere * of_everywhere, routed * of_routed};
  }
};
// Experts are cut over tensor ranks as everything else and spread over `split::expert` ranks more.
// Worked number: Mixtral 8x7B, tensor 2, expert 4: 803 209 216 everywhere (a router of 1 048 576 on both tensor ranks)
// and 5 637 144 576 routed, an eighth of 45.1e9.
template <class Architecture, number T>
constexpr rank_parameters<T> parameters_of_rank(const Architecture& x, const split<T>& s) {
  const parameter_count<T> p = parameters(x, s.tensor);
  const table_parameters<T> t = x.tables(s.tensor);
  const T tables = where(s.pipeline > T(1), max(t.input, t.output), t.input + t.output);
  return {.everywhere = (p.total() - p.embedding - p.experts) / s.pipeline + tables,
          .routed = p.experts / (s.expert * s.pipeline)};
}

}  // namespace layercake::models
