// Questions about memory and size of models that people asked of tools of this kind, each with the answer that it got from a
// published file, a log or a calculation by hand. Named by the thread that it comes from.
#include <doctest/doctest.h>

#include <layercake/models/models.hpp>

#include "../../approx.hpp"

using namespace layercake;
using namespace layercake::units;
namespace catalog = layercake::models::catalog;

namespace {

double cached_bytes(const models::deployed& m, double tokens, double tensor = 1) {
  return in<byte>(m.cache(tokens * token, models::split<>{.tensor = tensor}));
}
double cached_bytes(const models::transformer& m, double tokens, double tensor = 1) {
  return cached_bytes(m.at(precision::bf16), tokens, tensor);
}

}  // namespace

// inference-sim/inference-sim 1545; vllm-project/vllm 51454
TEST_CASE("R01: the latent cache of DeepSeek-V3 is whole on every tensor rank") {
  for (const double ranks : {1.0, 8.0, 16.0})  // 61 layers of 512 + 64 values of 2 bytes
    CHECK(cached_bytes(catalog::deepseek_v3, 1, ranks) == approx(70272));
}

// huggingface/transformers 48566; vllm-project/vllm 21348, 34076
TEST_CASE("R02: key heads are shared out over tensor ranks, and copied where there are fewer") {
  CHECK(cached_bytes(catalog::qwen3_32b, 1, 4) == approx(64 * 2 * 2 * 128 * 2));        // 8 heads over 4 ranks
  CHECK(cached_bytes(catalog::qwen3_235b_a22b, 1, 4) == approx(94 * 2 * 1 * 128 * 2));  // 4 over 4
  CHECK(cached_bytes(catalog::qwen3_30b_a3b, 1, 8) == approx(48 * 2 * 1 * 128 * 2));    // 4 over 8
}

// alvarobartt/hf-mem 60
TEST_CASE("R03: gpt-oss-120b as published: a windowed layer caches a first token too; size of the checkpoint") {
  CHECK(cached_bytes(catalog::gpt_oss_120b, 1) == approx(36 * 2 * 8 * 64 * 2));
  // the file is 0.1 % larger: norms, biases, sinks
  CHECK(in<byte>(catalog::gpt_oss_120b.as_published().weights(models::split<>{})) ==
        approx(65248815744).epsilon(0.002));
}

namespace {
// openai--gpt-oss-20b_config.json of ai-dynamo/aiconfigurator.
const models::transformer gpt_oss_20b{.name = "gpt-oss-20b",
                                      .layers = 24,
                                      .width = 2880,
                                      .heads = 64,
                                      .key_heads = 8,
                                      .head_width = 64,
                                      .vocabulary = 201088,
                                      .experts = 32,
                                      .active_experts = 4,
                                      .expert_width = 2880,
                                      .sliding_window = 128,
                                      .sliding_layers = 12};
}  // namespace

// ollama/ollama 16958; gpustack/gguf-parser-go 32
TEST_CASE("R04: layers with a window cache no more than the window, however long the context") {
  // 10 layers see all, 52 see 1024; keys and values of 16 heads of 128 in 2 bytes
  CHECK(cached_bytes(catalog::gemma3_27b, 131072) == approx((10 * 131072.0 + 52 * 1024.0) * 2 * 16 * 128 * 2));
  CHECK(cached_bytes(catalog::gemma3_27b, 131072) == approx(11.174e9).epsilon(1e-4));
  CHECK(cached_bytes(gpt_oss_20b, 131072) == approx(12 * (131072.0 + 128) * 2 * 8 * 64 * 2));
  CHECK(cached_bytes(gpt_oss_20b, 131072) == approx(3.2244e9).epsilon(1e-4));
}

// EleutherAI/cookbook 36
TEST_CASE("R05: a gated model with as many key heads as heads: a tool that counted two matrices a block said 56.19e9") {
  const models::transformer qwen_1_5_72b{.name = "Qwen1.5-72B",
                                         .layers = 80,
                                         .width = 8192,
                                         .heads = 64,
                                         .key_heads = 64,
                                         .head_width = 128,
                                         .feed_forward = 24576,
                                         .vocabulary = 152064};
  const double layer = 4.0 * 8192 * 8192 + 3.0 * 8192 * 24576;
  CHECK(models::parameters(qwen_1_5_72b).total() == approx(80 * layer + 2.0 * 152064 * 8192));
  CHECK(models::parameters(qwen_1_5_72b).total() == approx(72e9).epsilon(0.005));
}

// AI-Hypercomputer/maxtext 4017, with its configs/models/gemma4-26b.yml: a tool that took the routed width for the shared expert
// counted 9 % too little.
TEST_CASE("R36: a shared expert that is wider than the routed ones counts by its own width") {
  const models::transformer gemma4_26b{.name = "gemma4-26b",
                                       .layers = 30,
                                       .width = 2816,
                                       .heads = 16,
                                       .key_heads = 8,
                                       .head_width = 256,
                                       .vocabulary = 262144,
                                       .tied = true,
                                       .experts = 128,
                                       .active_experts = 8,
                                       .shared_experts = 1,
                                       .expert_width = 704,
                                       .shared_expert_width = 2112,
                                       .sliding_window = 1024,
                                       .sliding_layers = 25};
  CHECK(check(gemma4_26b).empty());
  const auto p = models::parameters(gemma4_26b);
  CHECK(p.shared_experts == approx(30.0 * 3 * 2816 * 2112));
  CHECK(p.active_experts == approx(30.0 * 8 * 3 * 2816 * 704));
  CHECK(p.active() == approx(3.82e9).epsilon(0.02));
  // What is missing: the 5 layers without a window have heads of 512, 2 of them for keys, which are values too; of a
  // transformer all layers have heads of one shape.
  const double windowed = 2816.0 * 256 * (16 + 16 + 8 + 8), whole = 2816.0 * 512 * (16 + 16 + 2);
  CHECK(p.active() + 5 * (whole - windowed) == approx(3.82e9).epsilon(0.001));
}

// ai-dynamo/aiconfigurator, model_configs: counts of the published checkpoints, norms and biases (below 0.1 %) included
TEST_CASE("C01, C02, C03, C04: models from their configuration files") {
  CHECK(models::parameters(gpt_oss_20b).total() == approx(20.915e9).epsilon(0.001));

  const models::transformer qwen3_0_6b{.name = "Qwen3-0.6B",
                                       .layers = 28,
                                       .width = 1024,
                                       .heads = 16,
                                       .key_heads = 8,
                                       .head_width = 128,
                                       .feed_forward = 3072,
                                       .vocabulary = 151936,
                                       .tied = true};
  CHECK(models::parameters(qwen3_0_6b).total() == approx(596.05e6).epsilon(0.001));

  const models::transformer minimax_m2_5{.name = "MiniMax-M2.5",
                                         .layers = 62,
                                         .width = 3072,
                                         .heads = 48,
                                         .key_heads = 8,
                                         .head_width = 128,
                                         .vocabulary = 200064,
                                         .experts = 256,
                                         .active_experts = 8,
                                         .expert_width = 1536};
  CHECK(models::parameters(minimax_m2_5).total() == approx(228.69e9).epsilon(0.001));

  CHECK(models::parameters(catalog::deepseek_v3).total() == approx(671.026e9).epsilon(0.001));
}
