// What kernels a release of an engine has: decode attention for groups of query heads, all-reduces of its own, products on other makers' chips.
#include <doctest/doctest.h>

#include <cmath>
#include <layercake/layercake.hpp>
#include <layercake/serving/engines.hpp>
#include <layercake/serving/regimes.hpp>

#include "../../approx.hpp"
#include "plain_engine.hpp"

namespace lc = layercake;
using namespace layercake::units;
using layercake_test::plain_chip, layercake_test::plan_of, layercake_test::site;
using lc::serving_engine;

namespace {
// A byte takes a nanosecond and arithmetic nothing.
struct streaming_chip : plain_chip {
  template <class N>
  auto time(const lc::work<N>& w) const {
    return w.bytes / (1 * gigabyte_per_second);
  }
};
// Attention alone, of 8 query heads over 2 key heads of 64, in 16 bit.
struct attending_model : layercake_test::plain_model {
  template <class T, class Visit>
  void operations(const lc::models::pass<T>& p, const lc::models::split<T>&, Visit&& visit) const {
    visit(lc::attention_product<T>{.sequences = p.sequences,
                                   .queries = p.queries,
                                   .context = p.context,
                                   .heads = T(8),
                                   .key_heads = T(2),
                                   .key_width = T(64),
                                   .value_width = T(64)},
          T(1));
  }
};
// A product of a million weights in 16 bit alone.
struct multiplying_model : layercake_test::plain_model {
  lc::precision math = lc::precision::bf16, weights_format = lc::precision::bf16;
  double weight_bytes = 2;
  template <class T, class Visit>
  void operations(const lc::models::pass<T>& p, const lc::models::split<T>&, Visit&& visit) const {
    visit(lc::matrix_product<T>{.m = p.sequences * p.queries,
                                .n = T(1000),
                                .k = T(1000),
                                .math = math,
                                .weights = weights_format,
                                .weight_bytes = weight_bytes},
          T(1));
  }
};

template <class Model>
double microseconds(const Model& model, const lc::serving_software& software) {
  lc::serving_plan plan = plan_of(1);
  plan.software.key_group = software.key_group;
  plan.software.single_head_share = software.single_head_share;
  plan.software.half_product_share = software.half_product_share;
  plan.software.widens_weights = software.widens_weights;
  const lc::call_demand<> demand{.calls = 1 / second, .input = 999 * token, .output = 2 * token};
  const streaming_chip chip;
  const auto r = lc::replica_of<double>(chip, site, model, plan, demand);
  return lc::in<microsecond>(r.decode(10.0, 1000.0).time);
}
}  // namespace

TEST_CASE("decode attention reads a key head once for its group, or for each query head by itself") {
  // Ten sequences of 1,000 positions, 2 key heads of 64 + 64 values of two bytes: 5.12 MB; queries and results 10 x 8 x 128 x 2 bytes.
  const double queries = 20.48, cache = 5120;
  const auto of = [](double key_group, double share) {
    return microseconds(attending_model{}, {.key_group = key_group, .single_head_share = share});
  };
  CHECK(of(0, 2) == approx(cache + queries));
  CHECK(of(1, 1) == approx(4 * cache + queries));  // four query heads a group
  CHECK(of(8, 1) == approx(4 * cache + queries));  // kernels for groups of eight
  CHECK(of(4, 1) == approx(cache + queries));      // of just this size
  CHECK(of(1, 2) == approx((4 * cache + queries) / 2));
  CHECK(of(4, 2) == approx(cache + queries));
}

TEST_CASE("a library without kernels slows products of weights in 16 bit, and no others") {
  multiplying_model model;
  const double whole = microseconds(model, {});
  CHECK(microseconds(model, {.half_product_share = 0.25}) == approx(4 * whole));
  model.math = lc::precision::fp8;
  CHECK(microseconds(model, {.half_product_share = 0.25}) == approx(whole));
  CHECK(microseconds(attending_model{}, {.half_product_share = 0.25}) == approx(microseconds(attending_model{}, {})));
}

TEST_CASE(
    "replicas whose experts lie on each other's chips wait for one that reads a prompt, if not all read at once") {
  // A token takes 1 ms; those that write ride along with prompts for nothing. Ten sequences of 100 tokens in and 100 out: 10 ms a step, or the
  // sqrt(100^2 + 10^2) ms of the prompts in one that reads; of three replicas each does so in a share f of the steps.
  const double read = std::sqrt(100.0 * 100 + 10 * 10), f = 10 / read, longer = read - 10;
  const auto milliseconds = [](double replicas, bool together) {
    lc::serving_plan plan = plan_of(1);
    plan.expert = replicas;
    plan.software.reads_together = together;
    const lc::call_demand<> demand{.calls = 1 / second, .input = 100 * token, .output = 100 * token};
    const auto r = lc::replica_of<double>(layercake_test::chip, site, layercake_test::model, plan, demand);
    return lc::in<millisecond>(r.steady(10.0).time);
  };
  CHECK(milliseconds(3, true) == approx(10 + f * longer));
  CHECK(milliseconds(3, false) == approx(10 + (1 - std::pow(1 - f, 3)) * longer));
  CHECK(milliseconds(1, false) == approx(10 + f * longer));
  CHECK_FALSE(lc::software_of(serving_engine::tensorrt_llm, "1.0").reads_together);
  CHECK(lc::software_of(serving_engine::vllm).reads_together);
}

TEST_CASE("weights that are widened before they are multiplied take as long as wide ones") {
  multiplying_model narrow;
  narrow.weights_format = lc::precision::int4, narrow.weight_bytes = 0.5;
  // A million weights of two bytes, ten rows in and out.
  const double rows = 2 * 10 * 2.0;
  CHECK(microseconds(narrow, {}) == approx(500 + rows));
  CHECK(microseconds(narrow, {.widens_weights = true}) == approx(2000 + rows));
  CHECK(microseconds(multiplying_model{}, {.widens_weights = true}) == approx(2000 + rows));
  CHECK(lc::software_of(serving_engine::fastertransformer).widens_weights);
}

TEST_CASE("kernels by release") {
  const auto group = [](const char* version) {
    return lc::software_of(serving_engine::tensorrt_llm, version).key_group;
  };
  CHECK(group("0.6.1") == 1);
  CHECK(group("0.9") == 8);
  CHECK(group("0.12") == 0);
  CHECK(lc::software_of(serving_engine::tensorrt_llm).key_group == 0);
  CHECK(lc::software_of(serving_engine::vllm, "0.4.2").key_group == 0);
  CHECK(lc::software_of(serving_engine::tensorrt_llm, "0.9").single_head_share == lc::fitted_serving.single_head);
  CHECK(lc::software_of(serving_engine::vllm).single_head_share == 1);
  CHECK_FALSE(lc::software_of(serving_engine::tensorrt_llm, "0.9").direct_all_reduce);
  CHECK(lc::software_of(serving_engine::tensorrt_llm, "0.10").direct_all_reduce);
}

TEST_CASE("what an engine lacks on a family of chips, until it has it") {
  using lc::chips::family;
  const auto on = [](family f, const char* version, double published = lc::unknown<>) {
    return lc::software_of(serving_engine::vllm, version, published, lc::fitted_serving, f);
  };
  CHECK(on(family::amd_cdna, "0.6.1").half_product_share == approx(0.37));
  CHECK_FALSE(on(family::amd_cdna, "0.6.1").direct_all_reduce);
  CHECK_FALSE(on(family::amd_cdna, "", 2024).direct_all_reduce);  // by the end of the year
  for (const lc::serving_software& s : {on(family::amd_cdna, "0.8"), on(family::amd_cdna, "", 2025),
                                        on(family::amd_cdna, ""), on(family::hopper, "0.6.1")}) {
    CHECK(s.half_product_share == 1);
    CHECK(s.direct_all_reduce);
  }
}

TEST_CASE("XQA raised Llama 2 70B on an H200 from 1,227 to 2,941 tokens a second") {
  // TensorRT-LLM, docs/source/blogs/XQA-kernel.md, 2024: FP8, 128 tokens in and 2,048 out, one chip; the batch is not told. The slower one is reached
  // by the law at some hundred sequences. Nothing is fitted to it.
  const auto model = lc::models::catalog::find("llama-2-70b").at(lc::precision::fp8).cache(lc::precision::fp8);
  const auto& chip = lc::chips::catalog::find("h200-sxm-141gb");
  const lc::infrastructure::site place{};
  const lc::call_demand<> demand{.calls = 1 / second, .input = 128 * token, .output = 2048 * token};
  const auto tokens_per_second = [&](const char* version) {
    const lc::serving_plan plan{.software = lc::software_of(serving_engine::tensorrt_llm, version)};
    return 2048 * lc::in<hertz>(lc::static_batch(lc::replica_of<double>(chip, place, model, plan, demand), 64.0).calls);
  };
  CHECK(tokens_per_second("0.7") == approx(1227).epsilon(0.2));
  CHECK(tokens_per_second("0.8") == approx(2941).epsilon(0.2));
}
