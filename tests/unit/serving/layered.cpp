// A replica of a model that is a list of groups of layers: as one of its short form, over every number type; what a tower adds to a step.
#include <doctest/doctest.h>

#include <layercake/chips/catalog.hpp>
#include <layercake/infrastructure/infrastructure.hpp>
#include <layercake/models/models.hpp>
#include <layercake/number/dual.hpp>
#include <layercake/serving/serve.hpp>
#include <xsimd/xsimd.hpp>

#include "../../approx.hpp"

namespace lc = layercake;
namespace catalog = lc::models::catalog;
using namespace lc::units;

namespace {
const lc::chips::accelerator& chip = lc::chips::catalog::h100_sxm;
const lc::infrastructure::site site;
const lc::call_demand<> calls{.calls = 1 / second, .input = 1000 * token, .output = 200 * token};

// The figures of a replica of `model` over T.
template <class T, class Model>
lc::serving_figures<T> served(const Model& model, const T& input, double tensor) {
  auto demand = lc::with_number<T>(calls);
  demand.input = input * token;
  lc::basic_serving_plan<T> plan;
  plan.tensor = T(tensor);
  return lc::serve<T>(lc::with_number<T>(chip), lc::with_number<T>(site), lc::with_number<T>(model), plan, demand);
}
}  // namespace

TEST_CASE("a replica of a transformer and one of its groups") {
  for (const lc::models::transformer* x :
       {&catalog::llama_3_1_70b, &catalog::mixtral_8x7b, &catalog::gpt_oss_120b, &catalog::llama_4_scout}) {
    CAPTURE(x->name);
    const auto a = served<double>(x->at(lc::precision::fp8), 1000, 4);
    const auto b = served<double>(lc::models::as_layered(*x).at(lc::precision::fp8), 1000, 4);
    CHECK(lc::base_value(a.calls) == approx(lc::base_value(b.calls)).epsilon(1e-9));
    CHECK(lc::in<second>(a.time_to_first_token) == approx(lc::in<second>(b.time_to_first_token)).epsilon(1e-9));
    CHECK(lc::in<byte>(a.weights) == approx(lc::in<byte>(b.weights)).epsilon(1e-13));
    CHECK(a.memory_bound_concurrency == approx(b.memory_bound_concurrency).epsilon(1e-12));
    CHECK(lc::in<flop>(a.per_call.flop) == approx(lc::in<flop>(b.per_call.flop)).epsilon(1e-9));
    CHECK(lc::in<byte>(a.per_call.bytes) == approx(lc::in<byte>(b.per_call.bytes)).epsilon(1e-9));
  }
}

TEST_CASE("a hybrid's replica over lanes and slopes") {
  using lanes = xsimd::batch<double>;
  const auto model = catalog::nemotron_3_nano_30b_a3b.at(lc::precision::fp8);
  double inputs[lanes::size];
  for (std::size_t i = 0; i < lanes::size; ++i)
    inputs[i] = i % 2 == 0 ? 1000 : 20000;
  const auto both = served<lanes>(model, lanes::load_unaligned(inputs), 2);
  for (const std::size_t lane : {0u, 1u}) {
    const auto one = served<double>(model, inputs[lane], 2);
    CHECK(lc::base_value(both.calls).get(lane) == approx(lc::base_value(one.calls)).epsilon(1e-9));
    CHECK(both.memory_bound_concurrency.get(lane) == approx(one.memory_bound_concurrency).epsilon(1e-12));
  }
  using D = lc::dual<double, 1>;
  const auto slope = served<D>(model, D::variable(5000, 0), 2);
  const double h = 1;
  const double up = served<double>(model, 5000 + h, 2).memory_bound_concurrency,
               down = served<double>(model, 5000 - h, 2).memory_bound_concurrency;
  CHECK(slope.memory_bound_concurrency.slope[0] == approx((up - down) / (2 * h)).epsilon(1e-6));
  const auto single = served<float>(model, 1000.0F, 2);
  CHECK(lc::base_value(single.calls) == approx(lc::base_value(served<double>(model, 1000, 2).calls)).epsilon(1e-3));
}

TEST_CASE("a state takes no more memory for a longer call, and attention beside it does") {
  const auto bound = [](const lc::models::layered& m, double input) {
    return served<double>(m.at(lc::precision::bf16), input, 1).memory_bound_concurrency;
  };
  CHECK(bound(catalog::mamba2_2_7b, 1000) == approx(bound(catalog::mamba2_2_7b, 100000)).epsilon(1e-12));
  CHECK(bound(catalog::jamba_1_5_mini, 1000) != bound(catalog::jamba_1_5_mini, 100000));
}

TEST_CASE("tokens that are written do not ride through a tower, nor does an encoder write") {
  const auto step = [](const lc::models::layered& m, double decoding, double beginning) {
    const auto model = m.at(lc::precision::bf16);
    lc::serving_plan plan;
    const auto r = lc::replica_of<double>(chip, site, model, plan, calls);
    return lc::in<flop>(r.pass({.decoding = decoding,
                                .decode_context = 500,
                                .prompts = 1,
                                .queries = 400,
                                .context = 400,
                                .beginning = beginning},
                               decoding > 0, true, 0.0)
                            .flop);
  };
  lc::models::layered seeing = catalog::qwen3_vl_2b;
  seeing.towers[0].items = 1;
  // the tower costs what it costs, however many calls write beside the prompt
  const double alone = step(seeing, 0, 1) - step(seeing, 0, 0), beside = step(seeing, 200, 1) - step(seeing, 200, 0);
  CHECK(alone > 1e12);
  CHECK(beside == approx(alone).epsilon(1e-9));
  CHECK(step(seeing, 0, 0.25) - step(seeing, 0, 0) == approx(alone / 4).epsilon(1e-9));
  // keys of an encoder are made once a call too
  const double heard = step(catalog::whisper_large_v3, 0, 1) - step(catalog::whisper_large_v3, 0, 0);
  CHECK(step(catalog::whisper_large_v3, 50, 1) - step(catalog::whisper_large_v3, 50, 0) == approx(heard).epsilon(1e-9));
  // an embedder's calls are their prompts
  const auto embedder = catalog::bge_large.at(lc::precision::fp16);
  const auto r = lc::replica_of<double>(chip, site, embedder, lc::serving_plan{}, calls);
  CHECK(r.writes() == 0);
  const auto work = r.steady(64.0);
  const double of_prompt =
      lc::in<flop>(pass_totals(embedder, lc::models::pass<>{lc::models::phase::prefill, 1, 1000, 1000}).flop);
  // each step 64 / 200 prompts begin
  CHECK(lc::in<flop>(work.work.flop) == approx(64.0 / 200 * of_prompt).epsilon(2e-3));
}
