// Parameters of the models that are written as groups: tensor by tensor as their published code creates them, and as their makers state them.
#include <doctest/doctest.h>
#include <layercake/core/same.hpp>
#include <layercake/models/models.hpp>
#include <string>

#include "../../approx.hpp"
#include "../record_checks.hpp"

using namespace layercake;
using namespace layercake::models;

namespace {
// A matrix, with a bias of as many numbers as come out.
constexpr double with_bias(double in, double out) { return in * out + out; }
constexpr double gated(double d, double f) { return 3 * d * f; }

double total(const layered& m) { return parameters(m).total(); }
double text(const layered& m) { return total(m) - parameters(m).towers; }

// transformers: modeling_qwen3_vl.py. A 3-D convolution over 2 x 16 x 16 pixels, a table of positions, blocks with LayerNorm, a merger of four
// patches behind the last and, with a norm of what is joined, `deep` more.
double qwen_vision(double depth, double v, double inner, double out, double deep) {
  const double block = with_bias(v, 3 * v) + with_bias(v, v) + with_bias(v, inner) + with_bias(inner, v) + 2 * 2 * v;
  const double merger = with_bias(4 * v, 4 * v) + with_bias(4 * v, out);
  return with_bias(3 * 2 * 16 * 16, v) + 2304 * v + depth * block + merger + 2 * v + deep * (merger + 2 * 4 * v);
}
// modeling_qwen3.py: no biases, norms of queries and keys, two norms a layer.
double qwen3_layers(double layers, double d, double heads, double key_heads, double block) {
  return layers * (d * heads * 128 + 2 * d * key_heads * 128 + heads * 128 * d + 2 * 128 + block + 2 * d);
}
double qwen3_vl(double layers, double d, double heads, double key_heads, double block, double tables) {
  return qwen3_layers(layers, d, heads, key_heads, block) + tables * 151936 * d + d;
}
double moe(double d, double inner, double all) { return d * all + all * gated(d, inner); }

// modeling_qwen3_next.py: in_proj_qkvz, in_proj_ba, conv1d, dt_bias, A_log, norm, out_proj.
double delta_net(double d, double values) {
  const double keys = 16 * 128, inner = values * 128;
  return d * (2 * keys + 2 * inner) + d * 2 * values + (2 * keys + inner) * 4 + values + values + 128 + inner * d;
}
// The gate comes with the queries.
double gated_attention(double d, double heads, double key_heads) {
  return d * heads * 256 * 2 + 2 * d * key_heads * 256 + heads * 256 * d + 2 * 256;
}
struct qwen3_5_parts {
  double text, predicted;
};
qwen3_5_parts qwen3_5(double layers, double d, double heads, double key_heads, double values, double block) {
  const double full = gated_attention(d, heads, key_heads);
  return {layers * 3 / 4 * delta_net(d, values) + layers / 4 * full + layers * (block + 2 * d) + 2 * 248320 * d + d,
          2 * d * d + 2 * d + full + block + 2 * d + d};
}
double with_shared(double d, double inner, double all, double shared) {
  return moe(d, inner, all) + gated(d, shared) + d;  // a gate of one number
}

// modeling_whisper.py: no bias of keys; sinusoidal positions are stored with the encoder.
double whisper(double encoder, double decoder) {
  const double d = 1280, attention = 3 * with_bias(d, d) + d * d, norm = 2 * d;
  const double feed = with_bias(d, 4 * d) + with_bias(4 * d, d);
  const double convolutions = 128 * d * 3 + d + d * d * 3 + d;
  return convolutions + 1500 * d + encoder * (attention + norm + feed + norm) + norm + 51866 * d + 448 * d +
         decoder * (2 * (attention + norm) + feed + norm) + norm;
}

// modeling_nemotron_h.py, as Mamba-2: in_proj, conv1d with bias, dt_bias, A_log, D, a gated norm, out_proj.
double mamba2(double d, double heads, double groups, double state) {
  const double inner = heads * 64, channels = inner + 2 * groups * state;
  return d * (inner + channels + heads) + channels * 4 + channels + 3 * heads + inner + inner * d;
}
double grouped(double d, double heads, double key_heads, double width) {
  return 2 * d * heads * width + 2 * d * key_heads * width;
}

// modeling_jamba.py: in_proj, conv1d with bias, x_proj, dt_proj with bias, A_log, D, three norms, out_proj.
double jamba(double layers, double d, double heads, double inner) {
  const double channels = 2 * d, rank = d / 16, state = 16;
  const double mamba = d * 2 * channels + channels * 4 + channels + channels * (rank + 2 * state) +
                       with_bias(rank, channels) + channels * state + channels + rank + state + state + channels * d;
  double sum = 2 * 65536 * d + d;
  for (int i = 0; i < static_cast<int>(layers); ++i) {
    sum += i % 8 == 4 ? grouped(d, heads, 8, 128) : mamba;
    sum += i % 2 == 1 ? moe(d, inner, 16) : gated(d, inner);
    sum += 2 * d;
  }
  return sum;
}

// modeling_deepseek.py, and inference/model.py of DeepSeek-V3.2 for the indexer.
double latent(double d, double heads, double q, double c, double plain, double rotary, double value) {
  return d * q + q + q * heads * (plain + rotary) + d * (c + rotary) + c + c * heads * (plain + value) +
         heads * value * d;
}
double indexer(double d, double q, double heads) { return q * heads * 128 + d * 128 + 2 * 128 + d * heads; }
struct deepseek_parts {
  double main, predicted;
};
deepseek_parts deepseek(double layers, double dense, double d, double inner, double vocabulary, double mixer) {
  const double mixed = moe(d, 2048, 256) + 256 + gated(d, 2048);
  const double main =
      layers * (mixer + 2 * d) + dense * gated(d, inner) + (layers - dense) * mixed + 2 * vocabulary * d + d;
  return {main, mixer + 2 * d + mixed + 2 * d * d + 3 * d};
}

double bert(double layers, double d, double inner, double vocabulary, double positions, double segments) {
  const double norm = 2 * d;
  const double layer = 4 * with_bias(d, d) + norm + with_bias(d, inner) + with_bias(inner, d) + norm;
  return (vocabulary + positions + segments) * d + norm + layers * layer + with_bias(d, d);
}
double modern_bert(double layers, double d, double inner) {
  return 50368 * d + d + layers * (d * 3 * d + d * d + d * 2 * inner + inner * d + 2 * d) - d + d;
}
}  // namespace

TEST_CASE("gpt-oss-20b: 20,914,757,184") {
  const double d = 2880, q = 64 * 64, kv = 8 * 64;
  const double attention = with_bias(d, q) + 2 * with_bias(d, kv) + with_bias(q, d) + 64;  // and sinks
  const double experts = 32 * (with_bias(d, 2 * d) + with_bias(d, d));
  CHECK(total(catalog::gpt_oss_20b) == 24 * (attention + with_bias(d, 32) + experts + 2 * d) + 2 * 201088 * d + d);
  CHECK(total(catalog::gpt_oss_20b) == 20914757184.0);
}

TEST_CASE("Qwen3-VL") {
  using namespace catalog;
  CHECK(total(qwen3_vl_2b) == qwen3_vl(28, 2048, 16, 8, gated(2048, 6144), 1) + qwen_vision(24, 1024, 4096, 2048, 3));
  CHECK(total(qwen3_vl_2b) == 2127532032.0);
  CHECK(total(qwen3_vl_4b) == qwen3_vl(36, 2560, 32, 8, gated(2560, 9728), 1) + qwen_vision(24, 1024, 4096, 2560, 3));
  CHECK(total(qwen3_vl_4b) == 4437815808.0);
  CHECK(total(qwen3_vl_8b) == qwen3_vl(36, 4096, 32, 8, gated(4096, 12288), 2) + qwen_vision(27, 1152, 4304, 4096, 3));
  CHECK(total(qwen3_vl_8b) == 8767123696.0);
  CHECK(total(qwen3_vl_32b) == qwen3_vl(64, 5120, 64, 8, gated(5120, 25600), 2) + qwen_vision(27, 1152, 4304, 5120, 3));
  CHECK(total(qwen3_vl_30b_a3b) ==
        qwen3_vl(48, 2048, 32, 4, moe(2048, 768, 128), 2) + qwen_vision(27, 1152, 4304, 2048, 3));
  CHECK(total(qwen3_vl_30b_a3b) == 31070754032.0);
  CHECK(total(qwen3_vl_235b_a22b) ==
        qwen3_vl(94, 4096, 64, 4, moe(4096, 1536, 128), 2) + qwen_vision(27, 1152, 4304, 4096, 3));
  // an image of 1024 x 1024: 64 x 64 patches, of which four make a position
  CHECK(qwen3_vl_8b.towers[0].positions == 64 * 64);
  CHECK(qwen3_vl_8b.towers[0].tokens == 32 * 32);
}

TEST_CASE("Qwen3-Next-80B-A3B: 79,674,391,296, 3.87e9 active, a state of 77.3 MB") {
  const double d = 2048;
  const layered& m = catalog::qwen3_next_80b_a3b;
  CHECK(total(m) == 36 * delta_net(d, 32) + 12 * gated_attention(d, 16, 2) +
                        48 * (with_shared(d, 512, 512, 512) + 2 * d) + 2 * 151936 * d + d);
  CHECK(total(m) == 79674391296.0);
  CHECK(parameters(m).active() == approx(3.87e9).epsilon(2e-3));
  const auto state = in<units::byte>(m.at(precision::bf16).cache(0.0 * units::token, split<>{}));
  CHECK(state == 36 * (4.0 * 32 * 128 * 128 + 2 * 3 * (2 * 16 * 128 + 32 * 128)));
  CHECK(state == approx(77.3e6).epsilon(1e-3));
  // and keys and values of 12 layers
  const auto cache = in<units::byte>(m.at(precision::bf16).cache(1024.0 * units::token, split<>{}));
  CHECK(cache - state == 1024 * 12 * 2.0 * 2 * 256 * 2);
}

TEST_CASE("Qwen3.5: the published files hold the layer that predicts a further token") {
  using namespace catalog;
  const auto check = [](const layered& m, const qwen3_5_parts& p) {
    CAPTURE(m.name);
    CHECK(text(m) == p.text);
    CHECK(parameters(m).towers == qwen_vision(27, 1152, 4304, m.width, 0));
    CHECK(parameters(m).prediction == p.predicted);
    CHECK(total(m) + p.predicted == approx(m.published_parameters).epsilon(2e-3));
  };
  check(qwen3_5_27b, qwen3_5(64, 5120, 24, 4, 48, gated(5120, 17408)));
  check(qwen3_5_35b_a3b, qwen3_5(40, 2048, 16, 2, 32, with_shared(2048, 512, 256, 512)));
  check(qwen3_5_122b_a10b, qwen3_5(48, 3072, 32, 2, 64, with_shared(3072, 1024, 256, 1024)));
  check(qwen3_5_397b_a17b, qwen3_5(60, 4096, 32, 2, 64, with_shared(4096, 1024, 512, 1024)));
  CHECK(total(qwen3_5_27b) + parameters(qwen3_5_27b).prediction == 27781427952.0);
  CHECK(total(qwen3_5_35b_a3b) + parameters(qwen3_5_35b_a3b).prediction == 35951822704.0);
}

TEST_CASE("Whisper: large-v3 1,543,490,560, turbo 808,878,080; the cache is of 448 positions and of 30 seconds") {
  CHECK(total(catalog::whisper_large_v3) == whisper(32, 32));
  CHECK(total(catalog::whisper_large_v3) == 1543490560.0);
  CHECK(total(catalog::whisper_large_v3_turbo) == whisper(32, 4));
  CHECK(total(catalog::whisper_large_v3_turbo) == 808878080.0);
  const auto cache = catalog::whisper_large_v3.at(precision::fp16).cache(100.0 * units::token, split<>{});
  CHECK(in<units::byte>(cache) == 32 * 2 * 2.0 * 1280 * (100 + 1500));
  // the encoder over 1500 positions: its matrices and all pairs of positions
  const double layer = 12.0 * 1280 * 1280;
  const double encoder = 1500 * (2 * (32 * layer + 3 * 128 * 1280 + 3 * 1280 * 1280) + 32 * 4.0 * 1280 * 1500);
  const double keys = 32 * 1500 * 2 * 2.0 * 1280 * 1280;
  const auto flop = [](double prompts, double beginning) {
    return in<units::flop>(
        pass_totals(catalog::whisper_large_v3, formats{}, {phase::prefill, prompts, 4, 4, beginning}).flop);
  };
  CHECK(flop(1, 1) - flop(1, 0) == approx(encoder + keys));
}

TEST_CASE("Nemotron-H: 3-Nano 31,577,937,344, 56B") {
  using namespace catalog;
  const double d = 2688;
  const double block = d * 128 + 128 * 2 * d * 1856 + 2 * d * 3712;
  CHECK(total(nemotron_3_nano_30b_a3b) ==
        23 * mamba2(d, 64, 8, 128) + 6 * grouped(d, 32, 2, 128) + 23 * block + 52 * d + 2 * 131072 * d + d);
  CHECK(total(nemotron_3_nano_30b_a3b) == 31577937344.0);
  CHECK(parameters(nemotron_3_nano_30b_a3b).active() == approx(3.58e9).epsilon(1e-3));
  const double w = 8192;
  CHECK(total(nemotron_h_56b) ==
        54 * mamba2(w, 256, 8, 256) + 10 * grouped(w, 64, 8, 128) + 54 * 2 * w * 32768 + 118 * w + 2 * 131072 * w + w);
  CHECK(total(nemotron_h_56b) == approx(56.3e9).epsilon(1e-3));
  CHECK(total(mamba2_2_7b) == 64 * (mamba2(2560, 80, 1, 128) + 2560) + 50288 * 2560.0 + 2560);
  CHECK(total(mamba2_2_7b) == 2702599680.0);
}

TEST_CASE("Jamba and MiniMax-Text-01") {
  using namespace catalog;
  CHECK(total(jamba_1_5_mini) == jamba(32, 4096, 32, 14336));
  CHECK(total(jamba_1_5_mini) == 51570323328.0);
  CHECK(total(jamba_1_5_large) == jamba(72, 8192, 64, 24576));
  CHECK(parameters(jamba_1_5_mini).active() == approx(12e9).epsilon(0.01));
  CHECK(parameters(jamba_1_5_large).active() == approx(94e9).epsilon(0.01));
  const double d = 6144, inner = 64 * 128;
  const double lightning = d * 3 * inner + d * inner + inner + inner * d;
  CHECK(total(minimax_text_01) ==
        70 * lightning + 10 * grouped(d, 64, 8, 128) + 80 * (moe(d, 9216, 32) + 2 * d) + 2 * 200064 * d + d);
  CHECK(total(minimax_text_01) == approx(456e9).epsilon(1e-3));
  // makers count neither table
  CHECK(parameters(minimax_text_01).active() - 2 * 200064 * d == approx(45.9e9).epsilon(2e-3));
}

TEST_CASE("Gemma 3 and Gemma 4") {
  using namespace catalog;
  const double d = 2560, v = 1152;
  const double layer = grouped(d, 8, 4, 256) + 2 * 256 + gated(d, 10240) + 4 * d;
  const double eye = 27 * (4 * with_bias(v, v) + with_bias(v, 4304) + with_bias(4304, v) + 4 * v) +
                     with_bias(3 * 14 * 14, v) + 4096 * v + 2 * v;
  CHECK(total(gemma_3_4b) == 34 * layer + 262208 * d + d + eye + v * d + v);
  CHECK(total(gemma_3_4b) == 4300079472.0);

  const double w = 2816;
  const double block = w * 128 + w + 128 + 128 * gated(w, 704) + gated(w, 2112) + 7 * w;
  const double window = grouped(w, 16, 8, 256) + 2 * 256, full = 2 * w * 16 * 512 + w * 2 * 512 + 2 * 512;
  CHECK(text(gemma_4_26b_a4b) == 25 * window + 5 * full + 30 * block + 262144 * w + w);
  CHECK(text(gemma_4_26b_a4b) == approx(25.2e9).epsilon(2e-3));
  CHECK(parameters(gemma_4_26b_a4b).active() == approx(3.8e9).epsilon(0.01));
  CHECK(parameters(gemma_4_26b_a4b).towers ==
        27 * (4 * v * v + 2 * 72 + gated(v, 4304) + 4 * v) + 3 * 16 * 16 * v + 2 * 10240 * v + v * w);
  const auto cache = gemma_4_26b_a4b.at(precision::bf16).cache(131072.0 * units::token, split<>{});
  CHECK(in<units::byte>(cache) == 2 * (5 * 131072.0 * 2 * 2 * 512 + 25 * 1024.0 * 2 * 8 * 256));
  CHECK(in<units::byte>(cache) == approx(2.894e9).epsilon(1e-3));
}

TEST_CASE("MiMo-V2-Flash: 308.78e9, a cache of 3.046e9 bytes at 131072 positions") {
  const layered& m = catalog::mimo_v2_flash;
  const double d = 4096;
  const auto attention = [&](double key_heads) {
    return d * 64 * 192 + d * key_heads * 192 + d * key_heads * 128 + 64 * 128 * d;
  };
  CHECK(total(m) == 9 * attention(4) + 39 * (attention(8) + 64) + gated(d, 16384) + 47 * (moe(d, 2048, 256) + 256) +
                        48 * 2 * d + 2 * 152576 * d + d);
  CHECK(total(m) == approx(308.78e9).epsilon(1e-4));
  CHECK(parameters(m).active() == approx(15e9).epsilon(0.035));
  const auto cache = m.at(precision::bf16).cache(131072.0 * units::token, split<>{});
  CHECK(in<units::byte>(cache) == 2 * (9 * 131072.0 * 4 * 320 + 39 * 128.0 * 8 * 320));
  CHECK(in<units::byte>(cache) == approx(3.046e9).epsilon(1e-3));
}

TEST_CASE("DeepSeek-V3 and its layer that predicts a token, V3.2, GLM-5") {
  using namespace catalog;
  const double mixer = latent(7168, 128, 1536, 512, 128, 64, 128);
  const auto v3 = deepseek(61, 3, 7168, 18432, 129280, mixer);
  CHECK(total(deepseek_v3_mtp) == v3.main);
  CHECK(total(deepseek_v3_mtp) == approx(671.03e9).epsilon(1e-5));
  CHECK(parameters(deepseek_v3_mtp).prediction == v3.predicted);
  CHECK(v3.predicted == approx(11.6e9).epsilon(1e-3));
  CHECK(v3.predicted + 2 * 129280 * 7168.0 == approx(13.5e9).epsilon(0.005));  // 14e9 as stored, with both tables
  const auto v32 = deepseek(61, 3, 7168, 18432, 129280, mixer + indexer(7168, 1536, 64));
  CHECK(total(deepseek_v3_2) == v32.main);
  CHECK(total(deepseek_v3_2) == approx(671.88e9).epsilon(1e-5));
  const auto glm =
      deepseek(78, 3, 6144, 12288, 154880, latent(6144, 64, 2048, 512, 192, 64, 256) + indexer(6144, 2048, 32));
  CHECK(total(glm_5) == glm.main);
  CHECK(total(glm_5) == approx(744e9).epsilon(2e-4));
  // keys of the indexer lie beside the latent ones
  CHECK(in<units::byte>(glm_5.at(precision::fp8).cache(1.0 * units::token, split<>{})) == 78 * 2.0 * (512 + 64 + 128));
}

TEST_CASE("Llama 4 and Llama 3.2 with their vision towers") {
  using namespace catalog;
  const double d = 5120, v = 1408;
  const double eye = 34 * (4 * with_bias(v, v) + with_bias(v, 5632) + with_bias(5632, v) + 4 * v) + 3 * 14 * 14 * v +
                     v + 577 * v + 4 * v + 4 * v * 4096 + 4096 * 4096 + 4096 * d;
  const double attention = grouped(d, 40, 8, 128) + 2 * d, tables = 2 * 202048 * d + d;
  CHECK(total(llama_4_scout_vision) == 48 * (attention + moe(d, 8192, 16) + gated(d, 8192)) + tables + eye);
  CHECK(total(llama_4_scout_vision) == 108641793536.0);
  CHECK(total(llama_4_maverick_vision) ==
        48 * attention + 24 * (moe(d, 8192, 128) + gated(d, 8192) + gated(d, 16384)) + tables + eye);
  CHECK(total(llama_4_maverick_vision) == 401583781376.0);

  const double w = 4096, u = 1280;
  const double self = grouped(w, 32, 8, 128) + gated(w, 14336) + 2 * w, looks = self + 2 * 128 + 2;
  const double layer = 4 * u * u + with_bias(u, 5120) + with_bias(5120, u) + 4 * u;
  const double tables_of_tiles = 9 * 4 * 1601 * u + 1601 * u + 1 + 2 * (9 * 4 * u + 1);
  CHECK(text(llama_3_2_11b_vision) == 32 * self + 8 * looks + 128264 * w + 128256 * w + w);
  CHECK(total(llama_3_2_11b_vision) - text(llama_3_2_11b_vision) ==
        40 * layer + 8 * 2 + 3 * 14 * 14 * u + u + tables_of_tiles + 2 * 2 * u + with_bias(7680, w));
  CHECK(total(llama_3_2_11b_vision) == 10670220835.0);
}

TEST_CASE("encoders and embedders") {
  using namespace catalog;
  CHECK(total(modernbert_base) == modern_bert(22, 768, 1152));
  CHECK(total(modernbert_large) == modern_bert(28, 1024, 2624));
  // published with a head: a matrix, a norm and a bias of the vocabulary
  CHECK(total(modernbert_base) + 768 * 768 + 768 + 50368 == 149655232.0);
  CHECK(total(modernbert_large) + 1024 * 1024 + 1024 + 50368 == 395881664.0);
  CHECK(total(bge_large) == bert(24, 1024, 4096, 30522, 512, 2));
  CHECK(total(bge_large) == 335141888.0);
  CHECK(total(bge_m3) == bert(24, 1024, 4096, 250002, 8194, 1));
  CHECK(total(bge_m3) == 567754752.0);
  CHECK(total(all_minilm_l6) == bert(6, 384, 1536, 30522, 512, 2));
  CHECK(total(all_minilm_l6) == 22713216.0);
  const auto qwen = [](double layers, double d, double heads, double inner, double vocabulary) {
    return qwen3_layers(layers, d, heads, 8, gated(d, inner)) + vocabulary * d + d;
  };
  CHECK(total(qwen3_embedding_0_6b) == qwen(28, 1024, 16, 3072, 151669));
  CHECK(total(qwen3_embedding_0_6b) == 595776512.0);
  CHECK(total(qwen3_embedding_4b) == qwen(36, 2560, 32, 9728, 151665));
  CHECK(total(qwen3_embedding_4b) == 4021774336.0);
  CHECK(total(qwen3_embedding_8b) == qwen(36, 4096, 32, 12288, 151665));
  CHECK(total(qwen3_embedding_8b) == 7567295488.0);
}

TEST_CASE("every model of groups is valid, says where it is from and agrees with its makers") {
  int compared = 0;
  for (const layered* m : catalog::layered_models) {
    CAPTURE(m->name);
    CHECK(check(*m).empty());
    CHECK(check(m->at(precision::fp8)).empty());
    CHECK(m->origin.how != confidence::given);
    CHECK(std::string(m->origin.source).size() > 3);
    CHECK(std::string(m->origin.date).size() >= 4);
    layercake_test::check_sources(*m);
    if (!is_known(m->published_parameters)) continue;
    ++compared;
    const auto p = parameters(*m);
    const bool without_tower = m == &catalog::gemma_4_26b_a4b;
    const bool with_prediction = std::string(m->name).rfind("qwen3.5", 0) == 0;
    const double counted = p.total() - (without_tower ? p.towers : 0) + (with_prediction ? p.prediction : 0);
    CHECK(counted == approx(m->published_parameters).epsilon(0.011));
  }
  CHECK(compared >= 35);
}

TEST_CASE("a model of either form is found by name as groups") {
  CHECK(same(catalog::find_layered("glm-5"), catalog::glm_5));
  CHECK(same(catalog::find_layered("llama-3.1-70b"), as_layered(catalog::llama_3_1_70b)));
  CHECK_THROWS_WITH_AS(catalog::find_layered("qwen3-nxt-80b"), doctest::Contains("qwen3-next-80b-a3b"), missing_value);
  CHECK_THROWS_WITH_AS(catalog::find_layered("lama-3.1-70b"), doctest::Contains("llama-3.1-70b"), missing_value);
  std::string names;  // each once
  for (const layered* m : catalog::layered_models) {
    const std::string quoted = "|" + std::string(m->name) + "|";
    CHECK(names.find(quoted) == names.npos);
    names += quoted;
  }
  for (const transformer* x : catalog::transformers)
    CHECK(names.find("|" + std::string(x->name) + "|") == names.npos);
}
