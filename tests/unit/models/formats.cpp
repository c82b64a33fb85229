// Formats by part: named formats against the layout of their blocks, and models in them against published files and logs.
#include <doctest/doctest.h>
#include <layercake/models/models.hpp>
#include <string>

#include "../../approx.hpp"

using namespace layercake;
using namespace layercake::models;

namespace {
// Bits of a value in a block of `values`, of so many bits each, with so many bits of scales and offsets.
constexpr double block_of(double values, double bits_each, double beside) {
  return (values * bits_each + beside) / values;
}
constexpr double bytes_of(double values, double bytes) { return bytes * 8 / values; }
constexpr double gibibyte = 1024.0 * 1024 * 1024;

template <class Model>
double held(const Model& m, double ranks = 1) {
  return in<units::byte>(m.weights(split<>{.tensor = ranks}));
}
}  // namespace

TEST_CASE("bits of a value of the named formats") {
  CHECK(stored::fp8_block.bits == block_of(128 * 128, 8, 32));
  CHECK(stored::gptq_g128.bits == block_of(128, 4, 16 + 4));
  CHECK(stored::awq_g128.bits == block_of(128, 4, 16 + 4));
  CHECK(stored::q4_0.bits == bytes_of(32, 2 + 16));              // half d; uint8 qs[16]
  CHECK(stored::q8_0.bits == bytes_of(32, 2 + 32));              // half d; int8 qs[32]
  CHECK(stored::q4_k.bits == bytes_of(256, 4 + 12 + 128));       // half d, dmin; scales[12]; qs[128]
  CHECK(stored::q6_k.bits == bytes_of(256, 128 + 64 + 16 + 2));  // ql[128]; qh[64]; scales[16]; half d
  CHECK(stored::nf4.bits == block_of(64, 4, 8 + 32.0 / 256));
  CHECK(stored::mxfp4.bits == block_of(32, 4, 8));
  CHECK(stored::mxfp8.bits == block_of(32, 8, 8));
  CHECK(stored::nvfp4.bits == block_of(16, 4, 8));
  CHECK(storage(precision::fp8).bits == 8);
  CHECK(storage{}.bits == 16);
}

TEST_CASE("a format is of weights and products; the cache stays in 16 bit until it is said otherwise") {
  const auto m = catalog::llama_3_1_8b.at(precision::fp8);
  CHECK(m.formats.cache_bits == 16);
  CHECK(in<units::byte>(m.cache(1.0 * units::token, split<>{})) == 32 * 2.0 * 8 * 128 * 2);
  CHECK(in<units::byte>(m.cache(precision::fp8).cache(1.0 * units::token, split<>{})) == 32 * 2.0 * 8 * 128);
  CHECK(in<units::byte>(m.cache(precision::nvfp4).cache(1.0 * units::token, split<>{})) ==
        32 * 2.0 * 8 * 128 * 4.5 / 8);
  CHECK(m.formats.math == precision::fp8);
  CHECK(m.formats.output == storage(precision::bf16));
  CHECK(catalog::glm_5.at(precision::fp8).formats.cache_bits == 16);
  CHECK(catalog::glm_5.at(precision::fp8).cache(precision::fp8).formats.cache_bits == 8);
  // weights alone: products and activations as wide as before
  const formats q4 = formats::weights_at(stored::awq_g128);
  CHECK(q4.math == precision::bf16);
  CHECK(q4.activation_bits == 16);
  CHECK(q4.math_of(q4.attention) == precision::bf16);
  // a part that is wider than the products is multiplied as it is
  CHECK(m.formats.math_of(m.formats.output) == precision::bf16);
  CHECK(m.formats.math_of(m.formats.dense) == precision::fp8);
}

// vLLM's log of Llama-3.1-405B-Instruct-FP8 on eight chips: 57.75 GiB of weights on each.
TEST_CASE("Llama-3.1-405B-FP8 on eight ranks, by part") {
  const auto m = catalog::llama_3_1_405b_fp8.as_published();
  const double d = 16384, attention = 2 * d * 128 * (128 + 8), block = 3 * d * 53248, tables = 2 * 128256 * d;
  // attention, tables and two of 126 blocks in 2 bytes; the others in one, and 4 bytes for each row of 16384
  const double bytes = 2 * (126 * attention + 2 * block + tables) + 124 * block * (1 + 4 / d);
  CHECK(held(m) == approx(bytes));
  CHECK(held(m, 8) / gibibyte == approx(57.75).epsilon(0.02));
  CHECK(m.formats.cache_bits == 16);
  // all of it in one byte a weight but the tables would be 8 GiB less
  CHECK(held(catalog::llama_3_1_405b.at(precision::fp8), 8) / gibibyte == approx(47.7).epsilon(0.01));
}

// The published file Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf has 4.92e9 bytes.
TEST_CASE("Llama-3.1-8B in Q4_K_M") {
  const double d = 4096, table = 128256 * d, value = d * 1024, block = d * 14336;
  const double attention = 2 * d * d + d * 1024;  // without values
  const double bits =
      table * (4.5 + 6.5625) + 32 * (attention + 2 * block) * 4.5 + 16 * (value + block) * (4.5 + 6.5625);
  const double counted = held(catalog::llama_3_1_8b.at(formats::q4_k_m()));
  CHECK(counted == approx(bits / 8).epsilon(1e-3));
  CHECK(counted == approx(4.92e9).epsilon(0.02));
}

TEST_CASE("published files of other formats") {
  // model card: a checkpoint of 12.8 GiB
  CHECK(held(catalog::gpt_oss_20b.as_published()) / gibibyte == approx(12.8).epsilon(0.01));
  // bartowski's Q8_0 of the same 8B has 8.54e9 bytes
  formats q8 = formats::weights_at(stored::q8_0);
  q8.embedding = q8.output = stored::q8_0;
  CHECK(held(catalog::llama_3_1_8b.at(q8)) == approx(8.54e9).epsilon(0.005));
  // QLoRA, section 3: double quantisation leaves 0.127 bit a parameter beside the 4
  CHECK(stored::nf4.bits - 4 == approx(0.127).epsilon(1e-3));
}

TEST_CASE("formats in words") {
  CHECK(to_string(formats{}) == "weights bf16; products bf16; activations 16 bit; cache 16 bit");
  CHECK(to_string(formats::at(precision::fp8)) ==
        "weights fp8, embedding and output bf16; products fp8; activations 8 bit; cache 16 bit");
  CHECK(to_string(formats::experts_at(precision::mxfp4)) ==
        "weights bf16, experts mxfp4; products bf16; activations 16 bit; cache 16 bit");
  CHECK(to_string(catalog::llama_3_1_8b.at(formats::weights_at(stored::awq_g128)).cache(precision::fp8).formats) ==
        "weights int4 of 4.156 bit, embedding and output bf16; products bf16; activations 16 bit; cache 8 bit");
  const std::string q4 = to_string(formats::q4_k_m());
  CHECK(q4.find("embedding int4 of 4.5 bit, output int8 of 6.562 bit") != q4.npos);
}
