// Training of models that are lists of groups of layers: as their short form, layers of one block, hybrids by hand, whole runs.
#include <doctest/doctest.h>

#include <cmath>
#include <layercake/chips/catalog.hpp>
#include <layercake/energy/catalog.hpp>
#include <layercake/models/models.hpp>
#include <layercake/training/run.hpp>
#include <string>

#include "../../approx.hpp"

using namespace layercake;
using namespace layercake::models;

namespace {
const chips::accelerator& h100 = chips::catalog::h100_sxm;
const infrastructure::site site;

double bytes(const quantity<unit::byte>& x) { return in<units::byte>(x); }
training_plan plan_of(double tensor, double pipeline, double expert = 1) {
  return {.tensor = tensor,
          .pipeline = pipeline,
          .data = 8,
          .expert = expert,
          .micro_batch = 1,
          .global_batch = 64,
          .sequence = 4096,
          .sharding = sharding::optimizer,
          .software = training_software::year_2025};
}
training_layout layout_of(const training_plan& p) { return training_layout_of(p); }
}  // namespace

TEST_CASE("a transformer and its groups train alike: memory, time, energy of a step") {
  using namespace catalog;
  for (const transformer* x : {&llama_3_1_70b, &mixtral_8x7b, &gpt_oss_120b, &gpt3_175b, &deepseek_v3}) {
    CAPTURE(x->name);
    const layered y = as_layered(*x);
    const training_plan p = plan_of(4, 2, x->experts > 0 ? 4 : 1);
    const auto a = memory_of_training(*x, layout_of(p)), b = memory_of_training(y, layout_of(p));
    CHECK(bytes(a.weights) == approx(bytes(b.weights)).epsilon(1e-12));
    CHECK(bytes(a.activations) == approx(bytes(b.activations)).epsilon(1e-12));
    CHECK(bytes(a.workspace) == approx(bytes(b.workspace)).epsilon(1e-12));
    CHECK(bytes(a.total()) == approx(bytes(b.total())).epsilon(1e-12));
    const auto f = train_step(*x, h100, site, p), g = train_step(y, h100, site, p);
    CHECK(in<units::second>(f.step_time()) == approx(in<units::second>(g.step_time())).epsilon(1e-12));
    CHECK(f.model_flop_utilisation(attention_flop::causal) ==
          approx(g.model_flop_utilisation(attention_flop::causal)).epsilon(1e-12));
  }
}

TEST_CASE("a layer of both blocks keeps what a layer of each keeps") {
  const layered both = as_layered(catalog::llama_3_1_8b);
  layered apart = both;
  const layer_group g = both.groups[0];
  apart.groups = {{g.count, g.mixer, {}}, {g.count, {}, g.feed_forward}};
  apart.layers = unknown<>;
  for (const recomputation again : {recomputation::none, recomputation::selective}) {
    training_layout l = layout_of(plan_of(2, 1));
    l.recompute = again;
    const auto a = memory_of_training(both, l), b = memory_of_training(apart, l);
    CHECK(bytes(a.activations) == approx(bytes(b.activations)).epsilon(1e-13));
    CHECK(bytes(a.states()) == approx(bytes(b.states())).epsilon(1e-13));
  }
}

TEST_CASE("a recurrence by hand: what its backward pass needs, and its time against its roofline") {
  const mixer m{.kind = mixing::linear,
                .heads = 64,
                .key_heads = 8,
                .key_width = 128,
                .value_width = 64,
                .steps = 1,
                .convolution = 4,
                .chunk = 256};
  const layered x{
      .name = "recurrences", .width = 2048, .vocabulary = 32000, .groups = {{.count = 32, .mixer = m}}, .layers = 32};
  training_plan p = plan_of(1, 1);
  const auto memory = memory_of_training(x, layout_of(p));
  const double d = 2048, inner = 64 * 64, channels = inner + 2 * 8 * 128, n = 4096;
  const double parameters = d * (2 * inner + 2 * 1024 + 64) + 4 * channels + inner * d;
  CHECK(bytes(memory.weights) == approx(2 * (32 * parameters + 2 * 32000 * d)));
  // 2 bytes each: input of the norm and of the projection; values, keys and queries before and after the convolution; the gate; what goes into the
  // projection back; and the state of 4 bytes a number at the end of every chunk
  const double token = 2 * 2 * d + 2 * 2 * channels + 2 * inner + 2 * inner + 4 * inner * 128 / 256;
  CHECK(bytes(memory.activations) == approx(n * (32 * token + 4 * d)));
  const auto f = train_step(x, h100, site, p);
  CHECK(f.model_flop_utilisation(attention_flop::causal) > 0.1);
  CHECK(f.model_flop_utilisation(attention_flop::causal) < 0.7);
  // a longer sequence is no dearer by the token, but for the output matrix and the rest of a step
  p.software.launch = 0 * units::second;
  const auto busy = train_step(x, h100, site, p);
  training_plan longer = p;
  longer.sequence = 16384, longer.global_batch = 16;
  CHECK(train_step(x, h100, site, longer).step_time() / busy.step_time() == approx(1).epsilon(0.05));
}

TEST_CASE("hybrids train: a step, a run, a plan that does not divide") {
  for (const layered* m : {&catalog::nemotron_3_nano_30b_a3b, &catalog::qwen3_next_80b_a3b, &catalog::jamba_1_5_mini,
                           &catalog::minimax_text_01, &catalog::qwen3_vl_8b, &catalog::glm_5}) {
    CAPTURE(m->name);
    training_plan p = plan_of(2, 1, m->mixture_layers() > 0 ? 8 : 1);
    p.data = 64, p.global_batch = 256;
    const auto f = train_step(*m, h100, site, p);
    CHECK(std::isfinite(in<units::second>(f.step_time())));
    const double used = f.model_flop_utilisation(attention_flop::causal);
    CHECK(used > 0.02);
    CHECK(used < 0.75);
    const training_run run{.tokens = 0.1 * units::trillion_tokens};
    const auto r = run_training(f, run, h100, site, energy::catalog::grid_ercot);
    CHECK(std::isfinite(in<units::usd>(r.cost())) == f.memory.fits());
    // FLOP of a token: 6 for each parameter that it passes, and attention
    const auto c = parameters(*m);
    const double flop = in<units::flop / units::token>(f.flop.model(attention_flop::causal));
    CHECK(flop > 6 * (c.active_without_look_up() - c.vectors));
    CHECK(flop < 9 * c.active_without_look_up());
  }
  training_plan p = plan_of(3, 1);
  CHECK_THROWS_WITH_AS(train_step(catalog::nemotron_h_56b, h100, site, p),
                       doctest::Contains("plan.tensor is 3; allowed: a divisor of model.heads, 256"), invalid_value);
  p = plan_of(1, 1, 3);
  p.data = 6, p.global_batch = 60;
  CHECK_THROWS_WITH_AS(train_step(catalog::jamba_1_5_mini, h100, site, p),
                       doctest::Contains("plan.expert is 3; allowed: a divisor of model.experts, 16"), invalid_value);
  p = plan_of(1, 128);
  CHECK_THROWS_WITH_AS(train_step(catalog::jamba_1_5_mini, h100, site, p), doctest::Contains("plan.pipeline is 128"),
                       invalid_value);
  layered wrong = catalog::jamba_1_5_mini;
  wrong.groups[0].mixer.window = 100;
  CHECK_THROWS_WITH_AS(train_step(wrong, h100, site, plan_of(1, 1)),
                       doctest::Contains("model.groups[0].mixer.window is 100; allowed: 0"), invalid_value);
}

TEST_CASE("images in training: the tower's FLOP are the step's") {
  layered m = catalog::qwen3_vl_8b;
  const training_plan p = plan_of(2, 1);
  const auto text = train_step(m, h100, site, p);
  m.towers[0].items = 1;
  const auto seeing = train_step(m, h100, site, p);
  // one image in each of 4096 positions
  const double item = in<units::flop>(pass_totals(m, formats{}, {phase::prefill, 1, 10, 10}).flop) -
                      in<units::flop>(pass_totals(catalog::qwen3_vl_8b, formats{}, {phase::prefill, 1, 10, 10}).flop);
  const auto flop = [](const auto& f) { return in<units::flop / units::token>(f.flop.forward(attention_flop::full)); };
  CHECK((flop(seeing) - flop(text)) * 4096 == approx(item).epsilon(1e-6));
  CHECK(seeing.step_time() > text.step_time());
}
