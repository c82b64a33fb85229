#include <cmath>
#include <doctest/doctest.h>
#include <layercake/models/models.hpp>
#include <string>

#include "../../approx.hpp"
#include "../record_checks.hpp"

using namespace layercake;
using namespace layercake::models;

namespace {
bool within(double x, double expected, double relative) {
  return std::abs(x - expected) <= relative * std::abs(expected);
}

struct row {
  const char* name;
  double total, active;  // 1e6
};
}  // namespace

// Totals counted by another program from the same configuration files, to a million: embeddings counted, biases and
// norms not.
TEST_CASE("parameter counts of all catalog transformers agree with an independent count") {
  const row counted[] = {
      {"bloomberggpt-50b", 50552, 50552},
      {"codellama-13b", 13016, 13016},
      {"deepseek-v3", 671025, 37551},
      {"gemma3-12b", 11765, 11765},
      {"gemma3-27b", 27008, 27008},
      {"gpt-1.3b-l24-d2048-h32-v51200", 1313, 1313},
      {"gpt-1.7b-l24-d2304-h24-v51200", 1647, 1647},
      {"gpt-145b-l80-d12288-h96-v51200", 145584, 145584},
      {"gpt-18b-l40-d6144-h48-v51200", 18434, 18434},
      {"gpt-2-1b-l24-d1920-h15-v51200", 1160, 1160},
      {"gpt-2-2b-l30-d2304-h18-v51200", 2029, 2029},
      {"gpt-2-4b-l36-d3072-h24-v51200", 4234, 4234},
      {"gpt-2-8b-l42-d4096-h32-v51200", 8665, 8665},
      {"gpt-291b-l90-d16384-h128-v51200", 290749, 290749},
      {"gpt-3.6b-l30-d3072-h32-v51200", 3555, 3555},
      {"gpt-310b-l96-d16384-h128-v51200", 310077, 310077},
      {"gpt-350m-l24-d1024-h16-v51200", 354, 354},
      {"gpt-39b-l48-d8192-h64-v51200", 39074, 39074},
      {"gpt-6.7b-l32-d4096-h32-v51200", 6652, 6652},
      {"gpt-7.5b-l36-d4096-h32-v51200", 7457, 7457},
      {"gpt-76b-l60-d10240-h80-v51200", 76022, 76022},
      {"gpt-89b-l48-d12288-h96-v51200", 87602, 87602},
      {"gpt-j-6b", 6050, 6050},
      {"gpt-oss-120b", 116789, 5710},
      {"gpt3-175b", 174575, 174575},
      {"gpt3-20b", 20246, 20246},
      {"gpt3-5b", 5042, 5042},
      {"kimi-k2", 1026407, 32860},
      {"lamda-137b", 137701, 137701},
      {"llama-2-13b", 13015, 13015},
      {"llama-2-70b", 68975, 68975},
      {"llama-2-7b", 6738, 6738},
      {"llama-3.1-405b", 405849, 405849},
      {"llama-3.1-70b", 70552, 70552},
      {"llama-3.1-8b", 8030, 8030},
      {"llama-33b", 32528, 32528},
      {"llama-4-maverick", 400711, 17184},
      {"llama-4-scout", 107769, 17172},
      {"llama-65b", 65284, 65284},
      {"llama-7b", 6738, 6738},
      {"maxtext-128b", 129185, 129185},
      {"maxtext-16b", 16274, 16274},
      {"maxtext-22b", 21945, 21945},
      {"maxtext-32b", 32548, 32548},
      {"maxtext-52b", 51942, 51942},
      {"maxtext-64b", 64760, 64760},
      {"megatron-1t", 1007944, 1007944},
      {"megatron-22b", 22058, 22058},
      {"mistral-7b", 7241, 7241},
      {"mixtral-8x22b", 140620, 39151},
      {"mixtral-8x7b", 46703, 12880},
      {"mpt-125m", 124, 124},
      {"mpt-13b", 12841, 12841},
      {"mpt-1b", 1311, 1311},
      {"mpt-30b", 29956, 29956},
      {"mpt-350m", 354, 354},
      {"mpt-3b", 2646, 2646},
      {"mpt-70b", 64837, 64837},
      {"mpt-760m", 757, 757},
      {"mpt-7b", 6649, 6649},
      {"mt-nlg-530b", 529531, 529531},
      {"nemotron-3-22b", 21265, 21265},
      {"nemotron-3-8b", 8540, 8540},
      {"nemotron-4-340b", 341022, 341022},
      {"opt-175b", 174564, 174564},
      {"palm-540b", 540354, 540354},
      {"qwen2.5-0.5b", 494, 494},
      {"qwen2.5-1.5b", 1544, 1544},
      {"qwen2.5-14b", 14769, 14769},
      {"qwen2.5-32b", 32763, 32763},
      {"qwen2.5-3b", 3086, 3086},
      {"qwen2.5-72b", 72704, 72704},
      {"qwen2.5-7b", 7615, 7615},
      {"qwen3-14b", 14768, 14768},
      {"qwen3-235b-a22b", 235093, 22190},
      {"qwen3-30b-a3b", 30532, 3353},
      {"qwen3-32b", 32761, 32761},
      {"qwen3-8b", 8190, 8190},
  };
  CHECK(std::size(counted) == std::size(catalog::transformers));
  for (const row& r : counted) {
    CAPTURE(r.name);
    const parameter_count<double> p = parameters(catalog::find(r.name));
    CHECK(std::abs(p.total() / 1e6 - r.total) <= 0.6);
    CHECK(std::abs(p.active() / 1e6 - r.active) <= 0.6);
  }
}

// Makers' totals within 1 %. Two state more than their text model has; both figures here were made by hand.
TEST_CASE("parameter counts agree with what the makers state") {
  int compared = 0;
  for (const transformer* x : catalog::transformers) {
    if (!is_known(x->published_parameters)) continue;
    CAPTURE(x->name);
    ++compared;
    const std::string name = x->name;
    const double total = parameters(*x).total();
    if (name == "llama-4-scout") {
      CHECK(within(total, 109e9, 0.015));  // 109e9 counts the vision tower, about 1e9
    } else if (name == "kimi-k2") {
      CHECK(within(
          total, 1.04e12,
          0.015));  // 1.04e12 in the report; its configuration gives 60 x 384 x 3 x 7168 x 2048 = 1.0147e12 in experts
    } else {
      CHECK(within(total, x->published_parameters, 0.01));
    }
  }
  CHECK(compared >= 50);
}

// Some makers count the table that is only looked up, some do not, and most round to two digits: half a unit of the
// last digit is allowed.
TEST_CASE("active parameters agree with what the makers state") {
  struct stated {
    const transformer* model;
    double figure, half_a_unit;
    bool with_look_up;
  };
  using namespace catalog;
  for (const stated& s : {stated{&mixtral_8x7b, 12.9e9, 0.05e9, true}, stated{&mixtral_8x22b, 39e9, 0.5e9, true},
                          stated{&deepseek_v3, 37e9, 0.5e9, false}, stated{&qwen3_235b_a22b, 22e9, 0.5e9, true},
                          stated{&qwen3_30b_a3b, 3.3e9, 0.06e9, true}, stated{&gpt_oss_120b, 5.13e9, 0.005e9, false},
                          stated{&kimi_k2, 32e9, 0.5e9, false}, stated{&llama_4_maverick, 17e9, 0.5e9, true}}) {
    CAPTURE(s.model->name);
    const auto p = parameters(*s.model);
    CHECK(std::abs((s.with_look_up ? p.active() : p.active_without_look_up()) - s.figure) <= s.half_a_unit);
  }
}

// Derived by hand from the configurations, matrix by matrix.
TEST_CASE("parts of the count") {
  const auto llama = parameters(catalog::llama_3_1_70b);
  CHECK(llama.embedding == 2.0 * 128256 * 8192);
  CHECK(llama.attention == 80.0 * (8192.0 * 8192 * 2 + 8192.0 * 1024 * 2));  // q and o; k and v, 8 heads of 128
  CHECK(llama.dense_feed_forward == 80.0 * 3 * 8192 * 28672);
  CHECK(llama.total() == 70552387584.0);

  CHECK(attention_parameters(catalog::deepseek_v3) == 187105280.0);
  const auto deepseek = parameters(catalog::deepseek_v3);
  CHECK(deepseek.experts == 58.0 * 256 * 3 * 7168 * 2048);
  CHECK(deepseek.dense_feed_forward == 3.0 * 3 * 7168 * 18432);
  CHECK(deepseek.router == 58.0 * 7168 * 256);

  const auto maverick =
      parameters(catalog::llama_4_maverick);  // every other layer is a mixture, the others dense and wider
  CHECK(maverick.dense_feed_forward == 24.0 * 3 * 5120 * 16384);
  CHECK(maverick.experts == 24.0 * 128 * 3 * 5120 * 8192);

  const auto palm = parameters(catalog::palm_540b);  // multi-query: one key head
  CHECK(palm.attention == 118.0 * (2.0 * 18432 * 48 * 256 + 2.0 * 18432 * 256));
}

TEST_CASE("a mixture with one expert is a dense model with a router") {
  transformer dense = catalog::mistral_7b;
  transformer mixture = dense;
  mixture.experts = mixture.active_experts = 1;
  mixture.expert_width = dense.feed_forward;
  CHECK(parameters(mixture).total() == parameters(dense).total() + 32.0 * 4096);
  const pass<> p{phase::decode, 16, 1, 512};
  const auto a = pass_totals(dense, formats{}, p), b = pass_totals(mixture, formats{}, p);
  CHECK(in<units::flop>(b.flop) == approx(in<units::flop>(a.flop) + 2.0 * 16 * 32 * 4096));
}

TEST_CASE("a tensor-parallel group holds the whole, once") {
  const transformer& x = catalog::llama_3_1_70b;
  CHECK(parameters(x, 8.0).total() * 8 == parameters(x).total());
  // 16 ranks share 8 key heads: each is on two of them
  CHECK(parameters(x, 16.0).attention * 16 == approx(parameters(x).attention + 80 * 2.0 * 8192 * 1024).epsilon(1e-12));
  // down-projections of latent attention are on every rank
  const transformer& d = catalog::deepseek_v3;
  CHECK(attention_parameters(d, 8.0) * 8 == attention_parameters(d) + 7.0 * 7168 * (1536 + 512 + 64));
}

TEST_CASE("slopes in every field of the architecture") {
  for (const transformer* x : {&catalog::deepseek_v3, &catalog::gpt_oss_120b, &catalog::llama_3_1_8b}) {
    transformer at = *x;
    at.published_parameters = at.published_active_parameters = na;
    layercake_test::check_gradient(at, [](const auto& y) { return parameters(y).active() * units::byte; });
    layercake_test::check_gradient(at, [](const auto& y) {
      using T = std::remove_cvref_t<decltype(y.layers)>;
      return pass_totals(y, formats{}, pass<T>{phase::decode, T(16), T(1), T(3000)}).bytes;
    });
  }
}

TEST_CASE("look-up by name") {
  CHECK(&catalog::find("llama-3.1-70b") == &catalog::llama_3_1_70b);
  CHECK(&catalog::find_inference_model("flux.1-dev") == &catalog::flux_1_dev);
  CHECK_THROWS_WITH_AS(catalog::find("lama-3.1-70b"), doctest::Contains("llama-3.1-70b"), missing_value);
}

TEST_CASE("every catalog entry is valid and says where it is from") {
  for (const transformer* x : catalog::transformers) {
    CAPTURE(x->name);
    CHECK(check(*x).empty());
    CHECK(x->origin.how != confidence::given);
    CHECK(std::string(x->origin.source).size() > 3);
    CHECK(check(x->at(precision::fp8)).empty());
  }
  CHECK(catalog::palm_540b.origin.of("vocabulary").how == confidence::recalled);
  CHECK(catalog::palm_540b.origin.of("layers").how == confidence::published);
  for (const inference_model* x : catalog::inference_models) {
    CAPTURE(x->name);
    CHECK(check(*x).empty());
  }
}

TEST_CASE("parameters of a rank: experts over expert ranks, all else over tensor ranks, a table on the fullest stage") {
  const transformer& x = catalog::mixtral_8x7b;
  const double attention = 2 * 4096.0 * 128 * (32 + 8), expert = 3 * 4096.0 * 14336, table = 32000.0 * 4096;
  const auto r = x.parameters(split<>{.tensor = 2, .expert = 4});
  CHECK(r.everywhere == 32 * (attention / 2 + 4096 * 8) + 2 * table / 2);
  CHECK(r.routed == 32 * 8 * expert / 8);
  CHECK(r.everywhere == 803209216);
  CHECK(r.routed == 5637144576);
  // one rank holds the whole model; of a stage it is a share of the layers and one table
  CHECK(x.parameters(split<>{}).total() == parameters(x).total());
  const auto stage = x.parameters(split<>{.pipeline = 4});
  CHECK(stage.everywhere == approx(8 * (attention + 4096 * 8) + table));
  CHECK(stage.routed == approx(8 * 8 * expert));
}
