// The formats in which a model is stored and multiplied.
#pragma once

#include <array>
#include <layercake/core/fields.hpp>
#include <layercake/number/number.hpp>
#include <layercake/number/precision.hpp>
#include <layercake/number/print.hpp>
#include <string>
#include <tuple>
#include <utility>

namespace layercake::models {

inline constexpr domain stored_bits_of_value{0, 64, true};

// How weights lie in memory: the format of a value, and bits per value with its share of scales and offsets.
struct storage {
  precision values = precision::bf16;
  double bits = 16;

  constexpr storage() = default;
  // Without scales, or with one for a whole matrix.
  constexpr storage(precision p)
      : values(p),
        bits(layercake::bits(p)) {}  // NOLINT(google-explicit-constructor): a
                                     // precision is a way to store
  constexpr storage(precision p, double bits_per_value) : values(p), bits(bits_per_value) {}

  friend bool operator==(const storage&, const storage&) = default;

  static constexpr auto fields() {
    using X = storage;
    return std::tuple{label("values", &X::values),
                      field("bits", &X::bits, stored_bits_of_value, "the stored bits of a value, scales included")};
  }
};

// Formats of files that people exchange. Bits per value are counted from the layout of a block.
namespace stored {
// A scale of 32 bit for a block of 128 x 128, which kernels take as those of smaller blocks. Source: DeepSeek-V3 technical report, 2024,
// section 3.3.2.
inline constexpr storage fp8_block{precision::mxfp8, 8 + 32.0 / (128 * 128)};
// Groups of 128 values: a scale of 16 bit and an offset of 4. Source: Frantar et al. 2022 (GPTQ); Lin et al. 2023 (AWQ).
inline constexpr storage gptq_g128{precision::int4, 4 + 20.0 / 128};
inline constexpr storage awq_g128{precision::int4, 4 + 20.0 / 128};
// Blocks of 32 values: a scale of 16 bit. Source: llama.cpp, ggml-common.h, block_q4_0 (18 bytes), block_q8_0 (34 bytes).
inline constexpr storage q4_0{precision::int4, 4.5};
inline constexpr storage q8_0{precision::int8, 8.5};
// Super-blocks of 256 values: 144 bytes (q4_k), 210 bytes (q6_k). Source: llama.cpp, ggml-common.h.
inline constexpr storage q4_k{precision::int4, 4.5};
inline constexpr storage q6_k{precision::int8, 6.5625};
// Blocks of 64 values, their scales in 8 bit with a scale of 32 for 256 of them. Source: Dettmers et al. 2023 (QLoRA),
// section 3.
inline constexpr storage nf4{precision::int4, 4 + 8.0 / 64 + 32.0 / (64 * 256)};
// Blocks of 32 values, a scale of 8 bit. Source: Open Compute Project, Microscaling Formats 1.0, 2023, section 5.2.
inline constexpr storage mxfp4{precision::mxfp4};
inline constexpr storage mxfp8{precision::mxfp8};
// Blocks of 16 values, a scale of 8 bit. Source: NVIDIA, Pretraining LLMs with NVFP4, 2025, section 2.
inline constexpr storage nvfp4{precision::nvfp4};
}  // namespace stored

// The formats that a model runs in: how the weights of each part are stored, what products of weights are multiplied in,
// and bits of what is not weights.
struct formats {
  precision math = precision::bf16;  // of the large matrix products
  storage attention{};               // and what stands in its place
  storage dense{};                   // feed-forward blocks without a router
  storage experts{};                 // routed ones
  storage shared{};                  // experts that every token visits; the router is with them
  storage embedding{};
  storage output{};  // the output matrix; where it is shared with the embedding, that is stored so
  double activation_bits = 16;
  double cache_bits = 16;

  friend bool operator==(const formats&, const formats&) = default;

  static constexpr auto fields() {
    using X = formats;
    return std::tuple{
        label("math", &X::math),
        label("attention", &X::attention),
        label("dense", &X::dense),
        label("experts", &X::experts),
        label("shared", &X::shared),
        label("embedding", &X::embedding),
        label("output", &X::output),
        field("activation_bits", &X::activation_bits, stored_bits_of_value, "the stored bits of an activation"),
        field("cache_bits", &X::cache_bits, stored_bits_of_value,
              "the stored bits of a value in the cache, scales included")};
  }

  // Every part with its name.
  constexpr std::array<std::pair<const char*, storage>, 6> parts() const {
    return {{{"attention", attention},
             {"dense", dense},
             {"experts", experts},
             {"shared", shared},
             {"embedding", embedding},
             {"output", output}}};
  }
  // Whether a part is stored wider than products are multiplied in.
  constexpr bool widens(const storage& s) const { return s.values != math && bits(s.values) > bits(math); }
  // What a part stored so is multiplied in: no narrower than it is stored.
  constexpr precision math_of(const storage& s) const { return widens(s) ? s.values : math; }
  // Bits of the inputs of its products.
  constexpr double input_bits_of(const storage& s) const {
    return widens(s) && bits(s.values) > activation_bits ? bits(s.values) : activation_bits;
  }

  // Weights and products at `p`. Activations between operations stay 16 bit for formats narrower than 8 bit, the cache, the
  // embedding and the output matrix for all narrower than 16, as serving software has it; `cache_bits` says otherwise.
  static constexpr formats at(precision p) {
    formats f = weights_at(p);
    f.math = p;
    f.activation_bits = bits(p) < 8 ? 16 : bits(p);
    if (bits(p) > 16) f.embedding = f.output = p;
    return f;
  }
  // Weights of all layers stored so, all products and activations in 16 bit (weight-only quantisation).
  static constexpr formats weights_at(const storage& s) {
    formats f;
    f.attention = f.dense = f.experts = f.shared = s;
    return f;
  }
  // FP8 in blocks: inputs are made narrow in kernels of their own, a scale for 128 values. Experts' kernels take no longer than those of
  // whole scales: the only ones that were measured with blocks, TensorRT-LLM's on Hopper, are not what engines run. Assumed.
  static constexpr formats in_fp8_blocks(const storage& s = stored::fp8_block) {
    formats f;
    f.math = precision::fp8;
    f.attention = f.dense = f.shared = s;
    f.experts = {precision::fp8, s.bits};
    return f;
  }
  // Routed experts alone stored so: gpt-oss as published (OpenAI, model card, 2025).
  static constexpr formats experts_at(const storage& s) {
    formats f;
    f.experts = s;
    return f;
  }
  // llama.cpp's Q4_K_M: q4_k, but q6_k for the output matrix and for half of the values of attention and of the
  // projections back to the residual stream. Values are a small part of attention, the projection back a third of a gated
  // block. Source: llama.cpp, llama-quant.cpp (use_more_bits).
  static constexpr formats q4_k_m() {
    formats f = weights_at(stored::q4_k);
    f.attention.bits += (stored::q6_k.bits - stored::q4_k.bits) / 2 * (1.0 / 10);  // of Llama-3.1-8B; assumed for all
    f.dense.bits += (stored::q6_k.bits - stored::q4_k.bits) / 2 / 3;
    f.experts.bits = f.shared.bits = f.dense.bits;
    f.embedding = stored::q4_k;
    f.output = stored::q6_k;
    return f;
  }
};

namespace detail {
inline std::string text_of(const storage& s) {
  return s.bits == bits(s.values) ? std::string(name(s.values))
                                  : name(s.values) + std::string(" of ") + layercake::to_string(s.bits) + " bit";
}
}  // namespace detail

// As a person reads them, parts that are stored alike together:
// "weights fp8, embedding and output bf16; products fp8; activations 8 bit; cache 16 bit".
inline std::string to_string(const formats& f) {
  std::string text = "weights " + detail::text_of(f.attention), others, last;
  for (const auto& [part, how] : f.parts()) {
    if (how == f.attention) continue;
    const std::string stored = detail::text_of(how);
    others += (others.empty() ? "" : stored == last ? " and " : " " + last + ", ") + std::string(part);
    last = stored;
  }
  if (!others.empty()) text += ", " + others + " " + last;
  return text + "; products " + name(f.math) + "; activations " + layercake::to_string(f.activation_bits) +
         " bit; cache " + layercake::to_string(f.cache_bits) + " bit";
}

// Bytes of a value of so many bits, as the scalar that a formula over T multiplies with.
template <number T>
constexpr scalar_of_t<T> stored_bytes(double value_bits) {
  return static_cast<scalar_of_t<T>>(value_bits / 8);
}

}  // namespace layercake::models
