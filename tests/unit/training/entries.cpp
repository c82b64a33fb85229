// Every entry of training validates everything that it takes: each field of each record, put outside its domain, is refused by
// its path.
#include <doctest/doctest.h>

#include <cmath>
#include <layercake/chips/catalog.hpp>
#include <layercake/energy/catalog.hpp>
#include <layercake/models/catalog.hpp>
#include <layercake/training/search.hpp>
#include <limits>
#include <string>

#include "../../approx.hpp"
#include "../record_checks.hpp"

using namespace layercake;
using namespace layercake::units;

namespace {
const models::transformer& model = models::catalog::llama_3_1_8b;
const chips::accelerator& chip = chips::catalog::h100_sxm;
const infrastructure::site site;
const energy::grid& grid = energy::catalog::grid_ercot;
const training_run run{.tokens = 1 * trillion_tokens};
const training_plan plan{
    .tensor = 2, .pipeline = 2, .data = 2, .virtual_stages = 2, .global_batch = 16, .sequence = 4096};

struct tried {
  int fields = 0, refused = 0;
};
// Calls `ask` with one field of `good` after the other outside its domain.
template <class Record, class Ask>
void refuses(tried& sum, const Record& good, const std::string& path, const Ask& ask) {
  CHECK_NOTHROW(ask(good));
  int fields = 0;
  for_each_field(good, path, [&](const std::string&, const auto&, const auto&) { ++fields; });
  sum.fields += fields;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (int i = 0; i < fields; ++i) {
    for (const double bad : {-1.0, 0.0, 0.5, std::nan(""), infinity, -infinity, 1e300}) {
      Record x = good;
      std::string at;
      bool allowed = false;
      int k = 0;
      for_each_field(x, path, [&](const std::string& p, auto& value, const auto& of) {
        if (k++ != i) return;
        value = from_base_value<std::remove_cvref_t<decltype(value)>>(bad);
        allowed = of.allowed.contains(bad) || (of.allowed.optional && std::isnan(bad));
        at = p;
      });
      if (allowed) continue;
      CAPTURE(at);
      CAPTURE(bad);
      CHECK(!layercake_test::names_twice(at));
      CHECK_THROWS_WITH_AS(ask(x), doctest::Contains((at + " is ").c_str()), invalid_value);
      ++sum.refused;
    }
  }
}

// Of what a step is made of.
template <class Ask>
void step_refuses(const Ask& ask) {
  tried sum;
  refuses(sum, model, "model", [&](const auto& x) { ask(x, chip, site, plan); });
  refuses(sum, chip, "chip", [&](const auto& x) { ask(model, x, site, plan); });
  refuses(sum, site, "site", [&](const auto& x) { ask(model, chip, x, plan); });
  refuses(sum, plan, "plan", [&](const auto& x) { ask(model, chip, site, x); });
  CHECK(sum.fields > 120);
  CHECK(sum.refused > 500);
}
// Of what a run is made of.
template <class Ask>
void run_refuses(const Ask& ask) {
  const auto f = train_step(model, chip, site, plan);
  tried sum;
  refuses(sum, run, "run", [&](const auto& x) { ask(f, x, chip, site, grid); });
  refuses(sum, chip, "chip", [&](const auto& x) { ask(f, run, x, site, grid); });
  refuses(sum, site, "site", [&](const auto& x) { ask(f, run, chip, x, grid); });
  refuses(sum, grid, "energy", [&](const auto& x) { ask(f, run, chip, site, x); });
  CHECK(sum.fields > 90);
  CHECK(sum.refused > 400);
  CHECK_THROWS_WITH_AS(ask(f, run, chip, site, energy::grid{}), doctest::Contains("energy.price"),
                       invalid_value);  // a price that nobody set
  CHECK_THROWS_WITH_AS(ask(training_figures<>{}, run, chip, site, grid), doctest::Contains("figures.tokens is 0"),
                       invalid_value);
}
}  // namespace

TEST_CASE("a step and its layers refuse every bad field") {
  step_refuses([](const auto& m, const auto& c, const auto& n, const auto& p) { (void)train_step(m, c, n, p); });
  step_refuses(
      [](const auto& m, const auto& c, const auto& n, const auto& p) { (void)layer_forward_time(m, c, n, p); });
  step_refuses(
      [](const auto& m, const auto& c, const auto& n, const auto& p) { (void)layer_backward_time(m, c, n, p); });
}

TEST_CASE("the memory of stages refuses every bad field, and more stages than anyone reads") {
  tried sum;
  refuses(sum, model, "model", [&](const auto& x) { (void)memory_by_stage(x, chip, plan); });
  refuses(sum, chip, "chip", [&](const auto& x) { (void)memory_by_stage(model, x, plan); });
  refuses(sum, plan, "plan", [&](const auto& x) { (void)memory_by_stage(model, chip, x); });
  CHECK(sum.refused > 200);
  models::transformer deep = model;
  deep.layers = 1e30;
  training_plan p = plan;
  p.pipeline = 1e29;
  CHECK_THROWS_WITH_AS((void)memory_by_stage(deep, chip, p),
                       doctest::Contains("plan.pipeline is 1e29; allowed: at most 100000"), invalid_value);
}

TEST_CASE("a run refuses every bad field") {
  run_refuses([](const auto& f, const auto& r, const auto& c, const auto& s, const auto& e) {
    (void)run_training(f, r, c, s, e);
  });
  run_refuses([](const auto& f, const auto& r, const auto& c, const auto& s, const auto& e) {
    (void)time_to_train(f, r, c, s, e);
  });
  run_refuses([](const auto& f, const auto& r, const auto& c, const auto& s, const auto& e) {
    (void)chip_hours(f, r, c, s, e);
  });
}

// As a stack asks for what its bill is made of; time alone is answered without.
TEST_CASE("a run on a chip whose price or power nobody gave is refused by name") {
  const auto f = train_step(model, chip, site, plan);
  const auto asks_for = [&](const chips::accelerator& c, const char* name) {
    CAPTURE(name);
    CHECK_THROWS_WITH_AS((void)run_training(f, run, c, site, grid), doctest::Contains(name), missing_value);
    CHECK_THROWS_WITH_AS((void)why_not(f, run, c, site, grid), doctest::Contains(name), missing_value);
    CHECK(time_to_train(f, run, c, site, grid) == time_to_train(f, run, chip, site, grid));
    CHECK(chip_hours(f, run, c, site, grid) == chip_hours(f, run, chip, site, grid));
  };
  chips::accelerator unpriced = chip, unpowered = chip;
  unpriced.price = unknown<>;
  unpowered.thermal_design_power = unknown<>;
  asks_for(unpriced, "chip.price is unknown; allowed: a known value. H100-SXM5-80GB has no published one; set it: "
                     "chip.price = 30000 * usd.");
  asks_for(unpowered, "chip.thermal_design_power is unknown");
  chips::accelerator resting = chip;
  resting.idle_power = unknown<>;  // the usual share of the limit
  CHECK(is_known(run_training(f, run, resting, site, grid).cost()));
}

// A network and a site that holds one are each named once.
TEST_CASE("a step names the network by where it stands") {
  infrastructure::site bad = site;
  bad.network.bandwidth = 0 * gigabyte_per_second;
  CHECK_THROWS_WITH_AS((void)train_step(model, chip, bad, plan), doctest::Contains("site.network.bandwidth is 0"),
                       invalid_value);
}

// Counts within their domains, far beyond what a long long holds.
TEST_CASE("counts of 1e30 are answered or refused") {
  models::transformer many = model;
  many.heads = 1e20, many.key_heads = 1e20;
  CHECK(check(many).empty());
  CHECK(many.at(precision::fp8).allows(models::split<double>{8, 1, 1, 1}));
  training_plan p = plan;
  p.global_batch = 1e30, p.sequence = 1e30;
  const auto f = train_step(model, chip, site, p);
  CHECK(std::isfinite(in<second>(f.step_time())));
  CHECK_FALSE(f.memory.fits());
  p.data = 1e30;
  p.tensor = 1e30;
  CHECK_THROWS_WITH_AS((void)train_step(model, chip, site, p),
                       doctest::Contains("tensor * pipeline * context * data is 2e60; allowed: a whole number, from"),
                       invalid_value);
}

TEST_CASE("a step in a format that the chip has no units for is refused") {
  training_plan narrow = plan;
  narrow.math = precision::fp8;
  CHECK(check_training(model, chip, site, narrow).empty());
  CHECK_THROWS_WITH_AS(train_step(model, chips::catalog::a100_sxm_80gb, site, narrow),
                       "plan.math is fp8; allowed: what A100-SXM4-80GB multiplies: fp32, tf32, fp16, bf16, int8. Set "
                       "plan.math = precision::bf16.",
                       invalid_value);
}
