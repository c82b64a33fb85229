// Models that are lists of groups of layers in a whole stack: the same answers as the short form, hybrids, images, sound, encoders, and calls
// that are too long.
#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "../../approx.hpp"
#include "service.hpp"

using namespace layercake_test;
namespace models = lc::models;
namespace catalog = lc::models::catalog;

namespace {
template <class Model>
auto serving(const Model& model, double input = 1200, double output = 300) {
  auto app = service().application;
  app.input = input * token, app.output = output * token;
  const auto s = service();
  return lc::stack{s.energy, s.chip, s.infrastructure, model, app};
}
template <class Stack>
double price(const Stack& s) {
  return lc::in<usd / token>(s.pull(lc::counting::smooth).price_of_tokens());
}
}  // namespace

TEST_CASE("a stack of the short form and one of its groups answer alike") {
  for (const models::transformer* x : {&catalog::llama_3_1_70b, &catalog::gpt_oss_120b, &catalog::mixtral_8x7b}) {
    CAPTURE(x->name);
    const auto a = serving(x->at(lc::precision::fp8));
    const auto b = serving(models::as_layered(*x).at(lc::precision::fp8));
    CHECK(a.plan.tensor == b.plan.tensor);
    const auto p = a.pull(), q = b.pull();
    CHECK(lc::in<usd / second>(p.cost()) == approx(lc::in<usd / second>(q.cost())).epsilon(1e-9));
    CHECK(lc::in<second>(p.serving.time_to_first_token) ==
          approx(lc::in<second>(q.serving.time_to_first_token)).epsilon(1e-9));
    CHECK(p.serving.memory_bound_concurrency == approx(q.serving.memory_bound_concurrency).epsilon(1e-12));
  }
}

TEST_CASE("a hybrid composes: bill, ceiling, slopes, explanations") {
  const auto s = serving(catalog::qwen3_next_80b_a3b.at(lc::precision::fp8));
  const auto bill = s.pull(lc::counting::smooth);
  CHECK(lc::is_finite(bill.cost()));
  // what it needs, granted, serves what it serves
  CHECK(s.push({.chips = bill.built.chips}).calls / bill.serving.calls == approx(1).epsilon(1e-12));
  // a state in place of a cache: ten times the context costs less than ten times as few calls in flight
  const auto of = [](const auto& model, double input) {
    return serving(model, input).pull().serving.memory_bound_concurrency;
  };
  const auto hybrid = catalog::qwen3_next_80b_a3b.at(lc::precision::fp8);
  CHECK(of(hybrid, 1000) / of(hybrid, 10000) < 7);
  // slopes in every input that varies, one of them against a difference
  const auto slopes = lc::gradient(s);
  double slope = 0;
  for (const lc::sensitivity& x : slopes) {
    CHECK(std::isfinite(x.slope));
    if (x.input == "chip.memory_bandwidth") slope = x.slope;
  }
  auto up = s.template over<double>(), down = up;
  const double h = 1e-4, base = lc::base_value(s.chip.memory_bandwidth);
  up.chip.memory_bandwidth = s.chip.memory_bandwidth * (1 + h),
  down.chip.memory_bandwidth = s.chip.memory_bandwidth * (1 - h);
  const auto under = [&](const auto& x) { return price(x.with(s.plan)); };
  CHECK(slope == approx((under(up) - under(down)) / (2 * h * base)).epsilon(1e-3));
  bool formats = false;
  for (const lc::explanation& e : lc::explain(s))
    formats |= e.figure == "formats" && e.value.find("weights fp8") == 0;
  CHECK(formats);
  CHECK(lc::to_string(s.pull()).find("products fp8") != std::string::npos);
}

TEST_CASE("a change in a group is one of the model") {
  auto s = serving(catalog::qwen3_next_80b_a3b.at(lc::precision::fp8));
  const double before = price(s);
  s.model.architecture.groups[0].count = 40, s.model.architecture.groups[1].count = 8;
  CHECK(price(s) != before);
  auto changed = catalog::qwen3_next_80b_a3b;
  changed.groups[0].count = 40, changed.groups[1].count = 8;
  CHECK(price(s) == price(serving(changed.at(lc::precision::fp8))));
  s.model.architecture.groups[0].count = 41;
  CHECK_THROWS_WITH_AS(s.pull(), doctest::Contains("model.architecture.groups is 49; allowed: 48, as layers"),
                       lc::invalid_value);
  s.model.architecture.groups[0].count = 40;
  s.model.architecture.groups[0].mixer.window = 128;
  CHECK_THROWS_WITH_AS(s.pull(), doctest::Contains("model.architecture.groups[0].mixer.window is 128; allowed: 0"),
                       lc::invalid_value);
}

TEST_CASE("images take positions, time and cache") {
  const models::layered text = catalog::qwen3_vl_8b;
  models::layered seeing = text;
  seeing.towers[0].items = 2;
  const auto without = serving(text.at(lc::precision::fp8)), with = serving(seeing.at(lc::precision::fp8));
  models::layered blind = text;  // as many tokens in the prompt, and no tower to run
  const auto longer = serving(blind.at(lc::precision::fp8), 1200 + 2 * 1024);
  const lc::serving_plan same_plan = without.plan;
  const auto a = without.pull(), b = with.with(same_plan).pull(), c = longer.with(same_plan).pull();
  CHECK(b.serving.memory_bound_concurrency == approx(c.serving.memory_bound_concurrency));
  CHECK(a.serving.memory_bound_concurrency > 1.5 * b.serving.memory_bound_concurrency);
  CHECK(price(with) > price(longer));
  CHECK(price(longer) > price(without));
  CHECK(b.serving.input_tokens == a.serving.input_tokens);  // those of the application
}

TEST_CASE("a prompt in chunks reads its images once") {
  // in a replica under steady load, what the tower adds to a call does not depend on how its prompt is cut
  const auto added = [](double budget) {
    const auto cost = [&](double items) {
      models::layered m = catalog::qwen3_vl_8b;
      m.towers[0].items = items, m.towers[0].tokens = 0;
      const auto model = m.at(lc::precision::bf16);
      lc::serving_plan plan;
      plan.software.token_budget = budget;
      const auto s = service();
      const lc::call_demand<> demand{.calls = 1 / second, .input = 16000 * token, .output = 100 * token};
      const auto r = lc::replica_of<double>(s.chip, s.infrastructure, model, plan, demand);
      return lc::in<flop>(r.steady(4.0).work.flop);
    };
    return cost(3) - cost(0);
  };
  // the time of steps differs, calls that end in each do not
  CHECK(added(2048) == approx(added(1 << 20)).epsilon(1e-9));
}

TEST_CASE("encoders, sound and recurrences alone compose") {
  const auto embed = serving(catalog::bge_m3.at(lc::precision::fp16), 500, 0);
  CHECK(lc::is_finite(embed.pull().cost()));
  CHECK(embed.pull().serving.memory_bound_concurrency > 1e6);  // nothing is kept
  // a token read costs what one pass takes: fewer FLOP than reading and writing by a decoder of the same size
  const auto hears = serving(catalog::whisper_large_v3.at(lc::precision::fp16), 4, 200);
  CHECK(lc::is_finite(hears.pull().cost()));
  models::layered deaf = catalog::whisper_large_v3;
  deaf.towers[0].items = 0;
  CHECK(price(hears) > price(serving(deaf.at(lc::precision::fp16), 4, 200)));
  const auto state = serving(catalog::mamba2_2_7b.at(lc::precision::bf16), 100000, 300);
  CHECK(lc::is_finite(state.pull().cost()));
  CHECK(lc::is_finite(serving(catalog::llama_3_2_11b_vision.at(lc::precision::bf16)).pull().cost()));
}

TEST_CASE("every model of groups composes in the formats of its makers") {
  for (const models::layered* m : catalog::layered_models) {
    CAPTURE(m->name);
    CHECK(lc::is_finite(serving(m->as_published(), 200, 100).pull().cost()));
  }
}

TEST_CASE("calls longer than the model was made for are refused, and in a plan of the caller's too") {
  const auto s = serving(catalog::llama_2_7b.at(lc::precision::bf16), 3000, 1096);
  CHECK(lc::is_finite(s.pull().cost()));
  CHECK_THROWS_WITH_AS(
      serving(catalog::llama_2_7b.at(lc::precision::bf16), 100000, 300),
      "no serving plan that the search names answers the calls: a call has 100000 positions of input and 300 of "
      "output; "
      "allowed: at most the positions that llama-2-7b was made for, 4096. Shorten the calls, take a model for longer "
      "ones, or raise architecture.positions if it was extended.",
      lc::infeasible);
  auto longer = s;
  longer.application.input = 3001 * token;
  CHECK_THROWS_WITH_AS(longer.pull(), doctest::Contains("at most the positions that llama-2-7b was made for, 4096"),
                       lc::infeasible);
  longer.model.architecture.positions = 8192;
  CHECK(lc::is_finite(longer.pull().cost()));
  longer.application.input = 3000 * token;
  auto app = s.application;
  app.input = 5000 * token;
  const auto own = s.with(lc::serving_plan{.tensor = 1});
  CHECK_THROWS_WITH_AS(own.with(app), doctest::Contains("was made for, 4096"), lc::infeasible);
  CHECK_THROWS_WITH_AS((lc::stack{s.energy, s.chip, s.infrastructure, s.model, app, lc::serving_plan{.tensor = 1}}),
                       doctest::Contains("was made for, 4096"), lc::infeasible);
  // images count
  models::layered seeing = catalog::qwen3_vl_8b;
  seeing.positions = 2000, seeing.towers[0].items = 1;
  CHECK_THROWS_WITH_AS(serving(seeing.at(lc::precision::fp8), 1000, 300),
                       doctest::Contains("a call has 2024 positions of input"), lc::infeasible);
}

TEST_CASE("products that the chip has no units for are refused, weights alone in such a format are not") {
  using lc::precision;
  const models::transformer& llama = catalog::llama_3_1_8b;
  const auto on_h100 = serving(llama.at(precision::fp8));
  lc::chips::accelerator a100 = lc::chips::catalog::a100_sxm_80gb;
  const std::string refused =
      "model.formats.math is fp8; allowed: what A100-SXM4-80GB multiplies: fp32, tf32, fp16, bf16, int8. Take the "
      "model "
      ".at(precision::bf16), or its weights alone in 8 bit: .at(models::formats::weights_at(precision::fp8)).";
  CHECK_THROWS_WITH_AS(on_h100.with(a100),
                       ("no serving plan that the search names answers the calls: " + refused).c_str(), lc::infeasible);
  CHECK_THROWS_WITH_AS(on_h100.with(lc::serving_plan{}).with(a100).pull(), doctest::Contains(refused.c_str()),
                       lc::infeasible);
  auto assigned = on_h100.with(lc::serving_plan{});
  assigned.chip = a100;
  CHECK_THROWS_WITH_AS(assigned.pull(), ("the plan answers no calls: " + refused).c_str(), lc::infeasible);
  CHECK(lc::is_finite(on_h100.with(llama.at(models::formats::weights_at(precision::fp8))).with(a100).pull().cost()));
  CHECK(lc::is_finite(on_h100.with(llama.at(precision::int4)).with(a100).pull().cost()));
  // a part that is stored wider than the rest multiplies in its own format
  models::formats mixed = models::formats::at(precision::int4);
  mixed.attention = precision::fp8;
  CHECK_THROWS_WITH_AS(on_h100.with(llama.at(mixed)).with(a100), doctest::Contains("model.formats.attention is fp8"),
                       lc::infeasible);
  // a chip whose peak rate is given for the format is not asked more, nor is one that lists none
  a100.peak.fp8 = a100.peak.bf16;
  CHECK(lc::is_finite(on_h100.with(a100).pull().cost()));
}

TEST_CASE("ranks that heads of a group do not divide over are refused") {
  const auto s = serving(catalog::nemotron_h_56b.at(lc::precision::fp8));
  CHECK_THROWS_WITH_AS(s.with(lc::serving_plan{.tensor = 3}), doctest::Contains("plan.tensor is 3"), lc::invalid_value);
  CHECK_THROWS_WITH_AS(s.with(lc::serving_plan{.tensor = 8, .expert = 2}), doctest::Contains("plan.expert 2"),
                       lc::invalid_value);
  CHECK_NOTHROW(s.with(lc::serving_plan{.tensor = 8}));
}

TEST_CASE("every chip of the catalog has a rate for every format, if only that of wider units") {
  for (const auto& entry : lc::chips::catalog::all) {
    const lc::chips::accelerator* chip = entry.chip;
    CAPTURE(chip->name);
    for (const lc::precision p : {lc::precision::fp32, lc::precision::tf32, lc::precision::fp16, lc::precision::bf16,
                                  lc::precision::fp8, lc::precision::mxfp8, lc::precision::int8, lc::precision::fp4,
                                  lc::precision::mxfp4, lc::precision::nvfp4, lc::precision::int4})
      CHECK(lc::is_known(chip->peak.rate(p)));
  }
  const auto& a100 = lc::chips::catalog::a100_sxm_80gb;
  CHECK(!lc::is_known(a100.peak.fp8));
  CHECK(a100.peak.rate(lc::precision::nvfp4) == a100.peak.rate(lc::precision::bf16));
  // weights alone in 8 bit: fewer bytes, more calls that fit
  const auto s = serving(catalog::llama_3_1_8b.at(lc::precision::bf16)).with(a100);
  const auto narrow = s.with(catalog::llama_3_1_8b.at(models::formats::weights_at(lc::precision::fp8)));
  const auto wide_bill = s.with(lc::serving_plan{}).pull(), bill = narrow.with(lc::serving_plan{}).pull();
  CHECK(bill.serving.memory_bound_concurrency > wide_bill.serving.memory_bound_concurrency);
}
