// Bytes of a transformer's weights and of its key-value cache on one chip of a split.
#pragma once

#include <layercake/models/parameters.hpp>

namespace layercake::models {

// Values that one more cached token takes in one full-attention layer: 2 k w, or c + r in latent attention, on every chip.
template <number T>
constexpr T cache_values_per_token(const basic_transformer<T>& x, const T& tensor) {
  if (x.kind == attention::latent) return x.latent_rank + x.rotary_width;
  return T(2) * local_key_heads(x, tensor) * x.head_width;
}

// Key-value cache of one sequence of `tokens` positions over all layers, on one chip of a tensor-parallel group (over all pipeline stages):
//   bytes * values per token * (full layers * tokens + sliding layers * min(tokens, window))
// Worked number: Llama-3.1-70B (80 layers, 8 key heads of 128) at 2 bytes: 327 680 B per token.
template <number T, number N>
constexpr auto cache_bytes(const basic_transformer<T>& x, const formats& f, const quantity<unit::token, N>& tokens,
                           const T& tensor = T(1)) {
  const auto n = in<units::token>(tokens);
  const auto positions = (x.layers - x.sliding_layers) * n + x.sliding_layers * min(n, x.sliding_window);
  return positions * cache_values_per_token(x, tensor) * stored_bytes<T>(f.cache_bits) * units::byte;
}

// Weights on one chip of a split, as stored: layers over pipeline stages, heads, inner widths and the vocabulary over tensor ranks (heads
// over those that share the attention of a sequence), experts over expert ranks as well. A stage is taken as 1 / pipeline of the whole; the first and last, which hold the embeddings, are not told apart.
// Worked number: Llama-3.1-70B in fp8, 72.7 GB: 68.45e9 bytes of layers and 2.10e9 embedding weights of 2 bytes.
template <number T>
constexpr quantity<unit::byte, T> weight_bytes(const basic_transformer<T>& x, const formats& f,
                                               const split<T>& s = {}) {
  const parameter_count<T> p = parameters(x, s.tensor);
  const T routed = p.experts * stored_bytes<T>(f.expert_weight_bits) / s.expert;
  const T embedding = p.embedding * stored_bytes<T>(f.embedding_bits);
  const T attention = x.layers * attention_parameters(x, s.attention_tensor());
  const T rest = (p.total() - p.experts - p.embedding - p.attention + attention) * stored_bytes<T>(f.weight_bits);
  return (rest + embedding + routed) / s.pipeline * units::byte;
}

}  // namespace layercake::models
