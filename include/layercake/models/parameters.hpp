// Parameters of a transformer by part, of the whole and of one chip of a split.
#pragma once

#include <layercake/models/transformer.hpp>

namespace layercake::models {

// Parameters by part, embeddings included, norms and biases left out (below 0.1 % of any model here).
template <number T = double>
struct parameter_count {
  T embedding, attention, dense_feed_forward, router, experts, shared_experts;
  T active_experts;   // the routed experts that one token visits
  T input_embedding;  // of `embedding`, what is looked up and not multiplied with; 0 where the output shares it

  constexpr T total() const { return embedding + attention + dense_feed_forward + router + experts + shared_experts; }
  // Per token, the whole embedding counted. Makers differ: Mixtral's 12.9e9 is this, gpt-oss's 5.1e9 leaves out the input embedding.
  constexpr T active() const { return total() - experts + active_experts; }
  constexpr T active_without_look_up() const { return active() - input_embedding; }
};

// Key and value heads on one chip: they are replicated when there are fewer than tensor ranks.
template <number T>
constexpr T local_key_heads(const basic_transformer<T>& x, const T& tensor) {
  return max(x.key_heads / tensor, T(1));
}

// Weights of the attention block of one layer on one chip of a tensor-parallel group (1: all of it).
//   grouped: d h w + 2 d k w + h w d
//   latent:  (d q + q h (p + r)) or d h (p + r);  d (c + r);  c h (p + v);  h v d
// with d width, h heads, k key heads, w head width, q query rank, c latent rank, p plain, r rotary, v value width. Heads are split; the
// down-projections d q and d (c + r) are on every chip, and so is a key head that has to serve several.
// Source: Vaswani et al. 2017, section 3.2; Ainslie et al. 2023 (grouped-query); DeepSeek-V2, 2024, section 2.1 (latent).
// Worked number: DeepSeek-V3, d 7168, h 128, q 1536, c 512, p 128, r 64, v 128: 187 105 280 (11 010 048 + 37 748 736 + 4 128 768 + 16 777 216 +
// 117 440 512).
template <number T>
constexpr T attention_parameters(const basic_transformer<T>& x, const T& tensor = T(1)) {
  const T heads = x.heads / tensor;
  if (x.kind == attention::latent) {
    const T query = heads * (x.plain_width + x.rotary_width);
    const T query_weights = where(x.query_rank > T(0), x.width * x.query_rank + x.query_rank * query, x.width * query);
    return query_weights + x.width * (x.latent_rank + x.rotary_width) +
           x.latent_rank * heads * (x.plain_width + x.value_width) + heads * x.value_width * x.width;
  }
  return T(2) * x.width * x.head_width * (heads + local_key_heads(x, tensor));
}

// Parameters of one layer by part, and of one embedding, on one chip of a tensor-parallel group (1: all of them):
//   attention (see above);  dense m d f;  router d E;  expert m d e;  shared S m d s;  table V d
// with m matrices of a block (3 gated, 2 not), f, e, s the inner widths, E experts, S shared ones. Routers are on every chip.
template <number T = double>
struct layer_parameters {
  T attention, dense_feed_forward, router, expert, shared_experts;  // expert: one of them
  T table;

  constexpr T dense() const { return attention + dense_feed_forward; }
  constexpr T mixture() const { return attention + router + shared_experts; }  // but for the routed experts
};
template <number T>
constexpr layer_parameters<T> parameters_of_layers(const basic_transformer<T>& x, const T& tensor = T(1)) {
  const T block = x.matrices() * x.width / tensor;
  return {.attention = attention_parameters(x, tensor),
          .dense_feed_forward = block * x.feed_forward,
          .router = x.width * x.experts,
          .expert = block * x.expert_width,
          .shared_experts = x.shared_experts * (block * x.shared_expert_width),
          .table = x.vocabulary * x.width / tensor};
}

// Parameters by part, on one chip of a tensor-parallel group (1: the whole model): those of all L layers, of which M are
// mixtures, and of the embeddings, 2 V d or, tied, V d.
// Worked number: Llama-3.1-70B 70 552 387 584; its norms, 1.3e6 more, are left out.
template <number T>
constexpr parameter_count<T> parameters(const basic_transformer<T>& x, const T& tensor = T(1)) {
  const T mixture = x.mixture_layers();
  const layer_parameters<T> l = parameters_of_layers(x, tensor);
  return {.embedding = l.table * T(x.tied ? 1 : 2),
          .attention = x.layers * l.attention,
          .dense_feed_forward = (x.layers - mixture) * l.dense_feed_forward,
          .router = mixture * l.router,
          .experts = mixture * x.experts * l.expert,
          .shared_experts = mixture * l.shared_experts,
          .active_experts = mixture * x.active_experts * l.expert,
          .input_embedding = x.tied ? T(0) : l.table};
}

// The parameters that one chip of a split holds in training, of the fullest pipeline stage: its share of the layers, and
// an embedding on the first stage or the output matrix on the last (both, or a shared one, where there is one stage).
// Bytes held and bytes exchanged are both taken from this.
template <number T = double>
struct rank_parameters {
  T everywhere = T(0);  // the same on all data-parallel ranks
  T routed = T(0);      // of routed experts, which are spread over the expert ranks
  constexpr T total() const { return everywhere + routed; }
};
// Experts are cut over tensor ranks as everything else and spread over `split::expert` ranks more.
// Worked number: Mixtral 8x7B, tensor 2, expert 4: 803 209 216 everywhere (a router of 1 048 576 on both tensor ranks)
// and 5 637 144 576 routed, an eighth of 45.1e9.
template <number T>
constexpr rank_parameters<T> parameters_of_rank(const basic_transformer<T>& x, const split<T>& s) {
  const layer_parameters<T> l = parameters_of_layers(x, s.tensor);
  const T mixture = x.mixture_layers();
  const T tables = where(s.pipeline > T(1), T(1), T(x.tied ? 1 : 2));
  return {.everywhere = ((x.layers - mixture) * l.dense() + mixture * l.mixture()) / s.pipeline + tables * l.table,
          .routed = mixture * x.experts * l.expert / (s.expert * s.pipeline)};
}

template <number T>
template <number N>
constexpr rank_parameters<promote_t<T, N>> basic_transformer<T>::parameters(const split<N>& s) const {
  using P = promote_t<T, N>;
  return parameters_of_rank(layercake::with_number<P>(*this), layercake::with_number<P>(s));
}

}  // namespace layercake::models
