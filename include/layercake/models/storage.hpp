// Bytes of a model's weights and of its cache on one chip of a split.
#pragma once

#include <layercake/models/formats.hpp>
#include <layercake/models/parameters.hpp>
#include <layercake/units/named.hpp>

namespace layercake::models {

// Values that one more cached position takes in one layer that sees everything: k (w + v), or c + r and the indexer's keys in latent attention,
// on every chip; none in a recurrence. Keys and values of one projection differ by norm and position, so that both are kept.
template <number T>
constexpr T cache_values_per_token(const basic_mixer<T>& m, const T& tensor) {
  if (m.kind == mixing::latent)
    return m.latent_rank + m.rotary_width + where(m.index_heads > T(0), m.index_width, T(0));
  if (m.kind != mixing::attention) return T(0);
  return m.local_key_heads(tensor) * (m.key_width + m.value_width);
}

// What one sequence of `tokens` positions keeps in one layer, on one chip of a tensor-parallel group, in bytes:
//   attention  bytes * values per position * min(tokens, window), or * the encoder's positions
//   linear     (state bytes * heads * key width * value width + 2 (K - 1) * channels) / tensor, whatever the tokens
template <number T>
constexpr T kept_by(const basic_mixer<T>& m, const formats& f, const T& tokens, const T& tensor) {
  if (m.kind == mixing::linear) {
    const T state = m.state_bytes * m.heads * m.key_width * m.value_width;
    return (state + T(2) * max(m.convolution - T(1), T(0)) * m.channels()) / tensor;
  }
  const T own = where(m.window > T(0), min(tokens, m.window), tokens);
  const T positions = where(m.crossed > T(0), m.crossed, own);
  return positions * cache_values_per_token(m, tensor) * stored_bytes<T>(f.cache_bits);
}

// Cache of one sequence of `tokens` positions over all layers, on one chip of a tensor-parallel group (over all pipeline stages): the sum of
// kept_by over its layers; none of an encoder, which has no output matrix and is over after one pass.
// Worked number: Llama-3.1-70B (80 layers, 8 key heads of 128) at 2 bytes: 327 680 B per token.
template <class Architecture, number N, number T = number_of_t<Architecture>>
constexpr auto cache_bytes(const Architecture& x, const formats& f, const quantity<unit::token, N>& tokens,
                           const T& tensor = T(1)) {
  using P = promote_t<T, N>;
  const T n = number_cast<T>(in<units::token>(tokens));
  T sum = T(0);
  x.each_mixer([&](const basic_mixer<T>& m, const T& times) { sum += times * kept_by(m, f, n, tensor); });
  return number_cast<P>(where(x.output_width() > T(0), sum, T(0))) * units::byte;
}

// Weights on one chip of a split, as stored: layers over pipeline stages, heads, inner widths and the vocabulary over tensor ranks (heads
// over those that share the attention of a sequence), experts over expert ranks as well. A stage is taken as 1 / pipeline of the whole; the first and last, which hold the embeddings, are not told apart.
// Norms, biases and towers are kept in 16 bit.
// Worked number: Llama-3.1-70B in fp8, 72.7 GB: 68.45e9 bytes of layers and 2.10e9 embedding weights of 2 bytes.
template <class Architecture, number T = number_of_t<Architecture>>
constexpr quantity<unit::byte, T> weight_bytes(const Architecture& x, const formats& f, const split<T>& s = {}) {
  const parameter_count<T> p = parameters(x, s.tensor);
  T attention = T(0);
  x.each_mixer([&](const basic_mixer<T>& m, const T& times) {
    attention += times * mixer_parameters(m, x.width, s.attention_tensor());
  });
  const auto as = [](const storage& how) { return stored_bytes<T>(how.bits); };
  const T wide = number_cast<T>(bytes_per_value(precision::bf16));
  const T tables = p.input_embedding * as(f.embedding) + (p.embedding - p.input_embedding) * as(f.output);
  const T sum = attention * as(f.attention) + p.dense_feed_forward * as(f.dense) +
                (p.router + p.shared_experts) * as(f.shared) + p.experts * as(f.experts) / s.expert + tables +
                (p.vectors + p.towers) * wide;
  return sum / s.pipeline * units::byte;
}

}  // namespace layercake::models
