// Serving figures by hand, on the engine of plain_engine.hpp.
#include <doctest/doctest.h>

#include "../../approx.hpp"
#include "plain_engine.hpp"

namespace lc = layercake;
using namespace layercake::units;
using namespace layercake_test;

namespace {

auto replica_of(double pipeline, double input = 100, double output = 10) {
  lc::call_demand<> d;
  d.input = input * token, d.output = output * token;
  return lc::replica_of<double>(chip, site, model, plan_of(pipeline), d);
}
double s(const lc::quantity<lc::unit::second>& t) { return lc::in<second>(t); }

}  // namespace

TEST_CASE("one call: its prompt, then its tokens one after the other") {
  const auto f = lc::single_stream(replica_of(1));
  CHECK(s(f.time_to_first_token) == approx(0.1));
  CHECK(s(f.time_per_output_token) == approx(1e-3));
  CHECK(s(f.latency) == approx(0.1 + 9 * 1e-3));
  CHECK(lc::in<hertz>(f.calls) == approx(1 / 0.109));
}

TEST_CASE("a batch through pipeline stages") {
  // Four calls on one stage: prompts of 400 tokens, then steps of four tokens.
  const auto flat = lc::static_batch(replica_of(1), 4.0);
  CHECK(s(flat.prefill) == approx(0.4));
  CHECK(s(flat.time_per_output_token) == approx(4e-3));
  CHECK(lc::in<hertz>(flat.calls) == approx(4 / (0.4 + 9 * 4e-3)));
  // worked: serving/regimes.hpp#static_batch
  // On two stages in two micro-batches: the second follows half of a micro-batch's 0.2 s behind the first.
  const auto piped = lc::static_batch(replica_of(2), 4.0);
  CHECK(s(piped.prefill) == approx(0.3));
}

TEST_CASE("memory bounds the calls in flight") {
  // 900 bytes beside the weights, 100 + 10 / 2 positions of a byte for a call on average.
  CHECK(replica_of(1).memory_bound() == approx(900.0 / 105));
  CHECK(replica_of(3).memory_bound() == approx(900.0 / 35));
  const auto f = lc::serve<double>(chip, site, model, plan_of(1), [] {
    lc::call_demand<> d;
    d.input = 100 * token, d.output = 10 * token;
    d.time_to_first_token = 1e9 * second, d.time_per_output_token = 1e9 * (second / token);
    return d;
  }());
  CHECK(f.concurrency == approx(900.0 / 105));
  CHECK(lc::in<byte>(f.weights) == 100);
  CHECK(lc::in<byte>(f.cache) == approx(900));
  CHECK(f.memory_bound_concurrency == approx(900.0 / 105));
}

TEST_CASE("a chip that never rests does 110 tokens of work for a call, whatever is in flight") {
  const auto r = replica_of(1);
  const double full = 1 / 0.11;
  for (const double n : {1., 4., 8.})
    CHECK(lc::in<hertz>(lc::inflight_fixed_concurrency(r, n).calls) < full * (1 + 1e-9));
  // Prompts of an endless queue ride with the tokens that are written; only the work that rides is free.
  CHECK(lc::in<hertz>(lc::inflight_saturated(r).calls) > 0.9 * full);
}

TEST_CASE("a search says which constraint fails, by how much, and what to change") {
  lc::call_demand<> d;
  d.calls = 1 / second, d.input = 100 * token, d.output = 10 * token;
  d.time_to_first_token = 1 * second, d.time_per_output_token = 1 * (second / token);
  const lc::serving_search one{
      .tensor = {1}, .pipeline = {1}, .expert = {1}, .software = plan_of(1).software, .memory_share = 1};
  const auto reason = [&](const plain_chip& on) {
    return lc::for_each_serving_plan(lc::serving_task(on, site, model, d), one,
                                     [](const auto&, const auto&) { FAIL("serves"); });
  };
  const auto has = [](const std::string& text, const char* part) {
    CAPTURE(text);
    CHECK(text.find(part) != std::string::npos);
  };
  plain_chip small;
  small.memory = lc::quantity<lc::unit::byte>(150 * byte);
  has(reason(small),
      "on 1 x a chip: memory: 100 B of weights and 105 B of cache for one call do not fit in 150 B per chip");
  d.time_per_output_token = 0.5 * (millisecond / token);
  has(reason(chip), "time per output token: a token takes ");
  has(reason(chip), "allowed 500 us");
  // Both are missed: that which is missed by more.
  d.time_to_first_token = 1 * microsecond;
  has(reason(chip), "time to first token: the first token takes ");
  // An objective that is not set is kept.
  d.time_to_first_token = lc::unknown<lc::quantity<lc::unit::second>>();
  has(reason(chip), "time per output token: ");
  // Every plan that answers is visited, but for those that cannot answer what the visitor needs of them.
  d.time_per_output_token = 1 * (second / token);
  lc::serving_search stages = one;
  stages.pipeline = {1, 2, 4};
  struct counter {
    double most_stages;
    int plans = 0;
    auto needed(const lc::serving_plan& plan) const {
      return (plan.pipeline > most_stages ? 1e9 : 1e-9) * (1 / second);
    }
    void operator()(const lc::serving_plan&, const lc::pool_figures<>&) { ++plans; }
  };
  for (const double most : {1., 2., 4.}) {
    counter count{most};
    CHECK(lc::for_each_serving_plan(lc::serving_task(chip, site, model, d), stages, count).empty());
    CHECK(count.plans == 1 + (most >= 2) + (most >= 4));
  }
  CHECK_THROWS_AS((void)lc::best_plan(lc::serving_goal::cheapest_token, chip, site, model, d, one), lc::missing_value);
  CHECK(lc::powers_of_two(9) == std::vector<double>{1, 2, 4, 8});
}
