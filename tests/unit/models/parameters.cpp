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

// Parameters of a model, and those that one token passes, matrix by matrix and layer by layer as the papers draw them;
// embeddings counted, biases and norms not.
struct weight_matrices {
  double total = 0, active = 0;
  void matrix(double rows, double columns) { total += rows * columns, active += rows * columns; }
};
// Vaswani et al. 2017, section 3.2.2, with fewer key and value than query heads (Ainslie et al. 2023).
void count_grouped(weight_matrices& c, const transformer& x) {
  c.matrix(x.width, x.heads * x.head_width);      // queries
  c.matrix(x.width, x.key_heads * x.head_width);  // keys
  c.matrix(x.width, x.key_heads * x.head_width);  // values
  c.matrix(x.heads * x.head_width, x.width);      // output
}
// DeepSeek-V2, 2024, section 2.1.
void count_latent(weight_matrices& c, const transformer& x) {
  c.matrix(x.width, x.latent_rank);                  // W^DKV
  c.matrix(x.width, x.rotary_width);                 // W^KR, one key for all heads
  c.matrix(x.latent_rank, x.heads * x.plain_width);  // W^UK
  c.matrix(x.latent_rank, x.heads * x.value_width);  // W^UV
  double query = x.width;
  if (x.query_rank > 0) {
    c.matrix(x.width, x.query_rank);  // W^DQ
    query = x.query_rank;
  }
  c.matrix(query, x.heads * x.plain_width);    // W^UQ
  c.matrix(query, x.heads * x.rotary_width);   // W^QR
  c.matrix(x.heads * x.value_width, x.width);  // W^O
}
// Two matrices and a gate: Shazeer 2020; two without.
void count_feed_forward(weight_matrices& c, const transformer& x, double inner) {
  c.matrix(x.width, inner);
  c.matrix(inner, x.width);
  if (x.gated) c.matrix(x.width, inner);
}
// A linear router, experts of which a token visits some, and experts that it always visits: DeepSeekMoE, 2024, section 3.
void count_mixture(weight_matrices& c, const transformer& x) {
  c.matrix(x.width, x.experts);
  for (int e = 0; e < x.shared_experts; ++e)
    count_feed_forward(c, x, x.shared_expert_width);
  for (int e = 0; e < x.experts; ++e) {
    weight_matrices one;
    count_feed_forward(one, x, x.expert_width);
    c.total += one.total;
    if (e < x.active_experts) c.active += one.active;
  }
}
weight_matrices matrices_of(const transformer& x) {
  weight_matrices c;
  c.matrix(x.vocabulary, x.width);               // looked up
  if (!x.tied) c.matrix(x.width, x.vocabulary);  // the output's own
  for (int layer = 0; layer < x.layers; ++layer) {
    x.kind == attention::latent ? count_latent(c, x) : count_grouped(c, x);
    const bool mixture = x.experts > 0 && layer >= x.dense_layers;  // which of them are dense is all the same here
    mixture ? count_mixture(c, x) : count_feed_forward(c, x, x.feed_forward);
  }
  return c;
}
}  // namespace

// Sums of whole numbers below 2^53: exact.
TEST_CASE("parameter counts of all catalog transformers are those of their matrices, one by one") {
  for (const transformer* x : catalog::transformers) {
    CAPTURE(x->name);
    const weight_matrices c = matrices_of(*x);
    const parameter_count<double> p = parameters(*x);
    CHECK(p.total() == c.total);
    CHECK(p.active() == c.active);
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

// With norms and biases as the published code creates them, the published files' totals to the last parameter: what a layer has beside its
// matrices, and a last norm.
TEST_CASE("norms and biases are all that is left out") {
  struct row {
    const transformer* model;
    double beside;  // of a layer
  };
  using namespace catalog;
  const auto two_norms = [](const transformer& x) { return row{&x, 2 * x.width}; };
  const auto four_norms = [](const transformer& x) { return row{&x, 4 * x.width}; };
  // biases of queries, keys and values; norms of a head of queries and keys; norms of all of them
  const auto biased = [](const transformer& x) {
    return row{&x, 2 * x.width + (x.heads + 2 * x.key_heads) * x.head_width};
  };
  const auto head_norms = [](const transformer& x) { return row{&x, 2 * x.width + 2 * x.head_width}; };
  const auto whole_norms = [](const transformer& x) {
    return row{&x, 2 * x.width + (x.heads + x.key_heads) * x.head_width};
  };
  const auto latent = [](const transformer& x) { return row{&x, 2 * x.width + x.query_rank + x.latent_rank}; };
  for (const row& r : {two_norms(llama_3_2_1b),
                       two_norms(llama_3_2_3b),
                       two_norms(llama_3_3_70b),
                       two_norms(llama_3_1_405b_fp8),
                       two_norms(mistral_small_24b),
                       two_norms(mistral_nemo_12b),
                       two_norms(mistral_large_2),
                       two_norms(phi_4),
                       two_norms(phi_4_mini),
                       two_norms(smollm3_3b),
                       two_norms(granite_3_3_8b),
                       two_norms(falcon3_10b),
                       two_norms(yi_1_5_34b),
                       four_norms(gemma2_2b),
                       four_norms(gemma2_9b),
                       four_norms(gemma2_27b),
                       row{&gemma3_1b, 4 * 1152 + 2 * 256},
                       biased(qwen2_5_coder_32b),
                       biased(seed_oss_36b),
                       head_norms(qwen3_0_6b),
                       head_norms(qwen3_1_7b),
                       head_norms(qwen3_4b),
                       head_norms(qwen3_coder_480b_a35b),
                       whole_norms(olmo2_7b),
                       whole_norms(olmo2_13b),
                       whole_norms(olmo2_32b),
                       row{&command_r, 8192},
                       row{&command_a, 12288},
                       row{&command_r_plus, 12288 + (96 + 8) * 128},
                       latent(deepseek_v2),
                       latent(deepseek_v2_lite)}) {
    CAPTURE(r.model->name);
    CHECK(parameters(*r.model).total() + r.model->layers * r.beside + r.model->width == r.model->published_parameters);
  }
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

  CHECK(mixer_parameters(catalog::deepseek_v3.mixer(0.0), 7168.0) == 187105280.0);
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
  CHECK(mixer_parameters(d.mixer(0.0), d.width, 8.0) * 8 ==
        mixer_parameters(d.mixer(0.0), d.width) + 7.0 * 7168 * (1536 + 512 + 64));
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
  CHECK(&catalog::find_inference_model("resnet-50") == &catalog::resnet_50);
  CHECK(&catalog::find_diffusion("flux.1-dev") == &catalog::flux_1_dev);
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
  for (const diffusion* x : catalog::diffusion_models) {
    CAPTURE(x->name);
    CHECK(check(*x).empty());
  }
  CHECK(check(catalog::dlrm_dcnv2).empty());
}

TEST_CASE("every datum of the catalog has one source, its own") {
  for (const transformer* x : catalog::transformers) {
    CAPTURE(x->name);
    layercake_test::check_sources(*x);
  }
  for (const inference_model* x : catalog::inference_models) {
    CAPTURE(x->name);
    layercake_test::check_sources(*x);
  }
  for (const diffusion* x : catalog::diffusion_models) {
    CAPTURE(x->name);
    layercake_test::check_sources(*x);
  }
  layercake_test::check_sources(catalog::dlrm_dcnv2);
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
