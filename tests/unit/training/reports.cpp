// Questions about training that people asked publicly of tools of this kind, with the right answers, derived by hand.
#include <doctest/doctest.h>

#include <layercake/models/catalog.hpp>
#include <layercake/models/training.hpp>
#include <layercake/training/memory.hpp>

#include "../../approx.hpp"

using namespace layercake;
using namespace layercake::units;

namespace {
double flop_per_token(const models::transformer& m, double sequence) {
  return in<flop>(models::training_flop_per_token(m, sequence) * (1 * token));
}
training_memory<> states(double parameters, const training_layout& l) {
  return model_states(models::rank_parameters<double>{.everywhere = parameters}, l);
}
constexpr double gibibyte_bytes = 1073741824;
}  // namespace

// EleutherAI/gpt-neox 1093, NVIDIA/Megatron-LM 995: the output matrix counts, V h, and attention sees (s + 1) / 2 on average.
//   3 (2 (12 l h^2 + V h) + 4 l h (s + 1) / 2) = 3 (2 (18874368 + 25755648) + 12589056) = 305547264 a token
TEST_CASE("training FLOP of Pythia-70m with its vocabulary") {
  const models::transformer pythia{.name = "pythia-70m",
                                   .layers = 6,
                                   .width = 512,
                                   .heads = 8,
                                   .key_heads = 8,
                                   .head_width = 64,
                                   .feed_forward = 2048,
                                   .gated = false,
                                   .vocabulary = 50304};
  CHECK(flop_per_token(pythia, 2048) == approx(305547264.0));
}

// SemiAnalysisAI/InferenceX-app 849: one position more in the context costs 2 products of 2 FLOP, 64 heads of 128: 4 64 128 = 32768 a layer.
TEST_CASE("FLOP of decode attention for one token of context") {
  const auto attention = [](double context) {
    return in<flop>(attention_product<double>{.sequences = 1,
                                              .queries = 1,
                                              .context = context,
                                              .heads = 64,
                                              .key_heads = 8,
                                              .key_width = 128,
                                              .value_width = 128}
                        .flop());
  };
  CHECK(attention(4097) - attention(4096) == approx(32768));
}

// huggingface/trl 6709: a look-up is no FLOP, the output matrix is, whether they share their weights or not.
TEST_CASE("training FLOP do not depend on tied embeddings") {
  models::transformer tied = models::catalog::find("qwen3-8b"), untied = tied;
  tied.tied = true, untied.tied = false;
  CHECK(flop_per_token(tied, 4096) == flop_per_token(untied, 4096));
}

// NVIDIA/Megatron-LM 6782: the exchange between experts trades tokens, so a rank keeps as much however many ranks there are. A layer of
// Qwen3-30B-A3B (width 2048; 32 query and 4 key heads of 128; 8 of its experts of 768 a token), bytes a token: 2048 x 8 between blocks,
// 2 x 2 x (32 + 4) x 128 projections, 4 x 32 fused attention, 8 x (2 x 2048 + 6 x 768) experts: 104576, times 4096 positions.
TEST_CASE("activations of a layer of experts do not depend on expert ranks") {
  const models::transformer& m = models::catalog::find("qwen3-30b-a3b");
  for (const double expert : {1.0, 8.0}) {
    const training_layout l{.data = 8, .expert = expert, .sequence = 4096};
    CHECK(in<byte>(layer_activations(m, l, true, recomputation::none)) == approx(104576.0 * 4096));
  }
}

// NVIDIA-NeMo/Megatron-Bridge 3029: windows see 128 positions, (128 129 / 2 + 3968 128) / 4096 = 126.015625 on average. gpt-oss-120b, 36
// layers, half of them with windows: products (2 2880 4096 + 2 2880 512 + 2880 128 + 4 3 2880^2) 36 + 2880 201088 = 5131100160,
// attention 4 64 64 18 (2048.5 + 126.015625) = 641290752 FLOP: 3 (2 5131100160 + 641290752) = 32710473216.
TEST_CASE("training FLOP of gpt-oss-120b with its windows") {
  CHECK(flop_per_token(models::catalog::find("gpt-oss-120b"), 4096) == approx(32710473216.0));
}

// deepspeedai/DeepSpeed 4527: all of 2 + 4 + 12 bytes over 4 ranks: 18 x 6805e6 / 4 = 28.52 GiB.
TEST_CASE("states of ZeRO-3") {
  const auto m = states(6805e6, {.data = 4, .sharding = sharding::full});
  CHECK(in<byte>(m.states()) == approx(18 * 6805e6 / 4));
  CHECK(in<byte>(m.states()) / gibibyte_bytes == approx(28.52).epsilon(2e-4));
}

// deepspeedai/DeepSpeed 5099: gradients of 2 and of 4 bytes beside each other: 2 P + 18 P / 8 = 12.12 GB of 2851e6 parameters.
TEST_CASE("states of ZeRO-2 with gradients of two widths") {
  const auto m = states(2851e6, {.data = 8, .sharding = sharding::gradients, .gradient_bytes = 6});
  CHECK(in<gigabyte>(m.states()) == approx(12.12).epsilon(5e-4));
}

// caomaolufei/AIInfraGuide 24, AI-Hypercomputer/maxtext 606: Adam takes 2 + 2 + 12 bytes in mixed precision, 4 + 8 in FP32 where gradients
// are gone once applied: 6.7e9 x 16 = 107.2 GB; 6.738e9 x 12 = 80.86 GB.
TEST_CASE("bytes of Adam") {
  CHECK(in<gigabyte>(states(6.7e9, {.gradient_bytes = 2}).states()) == approx(107.2));
  CHECK(in<gigabyte>(states(6.738e9, {.weight_bytes = 4, .gradient_bytes = 0, .optimizer_bytes = 8}).states()) ==
        approx(80.86).epsilon(1e-4));
}
