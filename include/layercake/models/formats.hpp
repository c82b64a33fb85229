// The formats in which a model is stored and multiplied.
#pragma once

#include <layercake/number/number.hpp>
#include <layercake/number/precision.hpp>

namespace layercake::models {

// The formats that a model runs in. Bits are stored bits per value, scales included.
struct formats {
  precision math = precision::bf16;  // of the large matrix products
  precision weights = precision::bf16;
  double weight_bits = 16;
  double expert_weight_bits = 16;  // routed experts may be stored narrower than the rest
  double activation_bits = 16;
  double cache_bits = 16;
  double embedding_bits = 16;  // embedding and output matrix, which quantising software leaves in 16 bit
  precision expert_weights = precision::bf16;

  friend bool operator==(const formats&, const formats&) = default;

  // Everything at `p`; activations between operations and the cache stay 16 bit for formats narrower than 8 bit, as serving software has it.
  static constexpr formats at(precision p) {
    const double wide = bits(p) < 8 ? 16 : bits(p);
    const double cache = bits(p) > 16 ? 16 : wide < 16 ? 8 : 16;
    return {p, p, bits(p), bits(p), wide, cache, bits(p) > 16 ? bits(p) : 16, p};
  }
  // Routed experts stored at `p`, all else and all products in 16 bit: gpt-oss as published (OpenAI, model card, 2025).
  static constexpr formats experts_at(precision p) {
    formats f;
    f.expert_weight_bits = bits(p);
    f.expert_weights = p;
    return f;
  }
};

// Bytes of a value of so many bits, as the scalar that a formula over T multiplies with.
template <number T>
constexpr scalar_of_t<T> stored_bytes(double value_bits) {
  return static_cast<scalar_of_t<T>>(value_bits / 8);
}

}  // namespace layercake::models
