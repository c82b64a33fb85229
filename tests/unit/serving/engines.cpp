// Serving engines by release, the host's time that chips hide, and a run that begins with everything at once.
#include <layercake/serving/regimes.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "../../approx.hpp"
#include "../../worked.hpp"
#include "plain_engine.hpp"

namespace lc = layercake;
using namespace layercake::units;
using lc::serving_engine;
using lc::serving_scheduler;

namespace {
constexpr double infinite = std::numeric_limits<double>::infinity();
}

TEST_CASE("versions are numbers, and an engine's rows are in their order") {
  CHECK(lc::detail::version_number("0.11.1") == approx(0.011));
  CHECK(lc::detail::version_number("0.5.6.post2") == approx(0.005));
  CHECK(lc::detail::version_number("1.1.0rc2") == approx(1.001));
  for (const char* text : {"", "nightly-5b8c30d6", "dev", "7", "7."})
    CHECK_FALSE(lc::is_known(lc::detail::version_number(text)));
  const lc::serving_release* before = nullptr;
  for (const lc::serving_release& r : lc::serving_releases) {
    CHECK(r.origin.source[0] != '\0');
    if (before != nullptr && before->engine == r.engine) {
      CHECK(before->version < r.version);
      CHECK(before->date < r.date);
    }
    before = &r;
  }
}

TEST_CASE("who schedules, by version, by year, or as the newest does") {
  const auto scheduler_of = [](auto... x) { return lc::release_of(x...).scheduler; };
  CHECK(scheduler_of(serving_engine::vllm, "0.4.2") == serving_scheduler::early);
  CHECK(scheduler_of(serving_engine::vllm, "0.6.3") == serving_scheduler::scripted);
  CHECK(scheduler_of(serving_engine::vllm, "0.14.0", 2023) == serving_scheduler::overlapped);  // the version counts
  CHECK(scheduler_of(serving_engine::vllm, "nightly-5b8c30d6", 2026) == serving_scheduler::overlapped);
  CHECK(scheduler_of(serving_engine::vllm, "", 2023) == serving_scheduler::early);
  CHECK(scheduler_of(serving_engine::vllm, "", 2024) == serving_scheduler::scripted);  // by the end of the year
  CHECK(scheduler_of(serving_engine::vllm) == serving_scheduler::overlapped);
  CHECK(scheduler_of(serving_engine::sglang, "0.5.9") == serving_scheduler::overlapped);
  CHECK(scheduler_of(serving_engine::tensorrt_llm, "0.5") == serving_scheduler::compiled);
  CHECK(scheduler_of(serving_engine::lmdeploy) == serving_scheduler::scripted);
  const auto early = lc::software_of(serving_engine::vllm, "0.5.3"), newest = lc::software_of(serving_engine::vllm);
  CHECK(early.per_step > newest.per_step);
  CHECK(early.hidden == 0);
  CHECK(newest.hidden == 1);
}

TEST_CASE("an eager loop launches each kernel, and captures graphs only where it is told to") {
  const lc::serving_software eager = lc::software_of(serving_engine::pytorch),
                             compiled = lc::software_of(serving_engine::gpt_fast);
  CHECK(eager.captured_sequences == 0);
  CHECK(eager.per_step == 0 * second);
  CHECK(eager.per_request == 0 * second);
  CHECK(eager.launch > compiled.launch);
  // By hand, of a layer: two norms of 8 kernels and a sum, two rotations of 5, two copies into the cache, one of the result, two for the
  // activation: 33, of which the laws have 4.
  CHECK(eager.element_wise_kernels == approx(33.0 / 4));
  CHECK(compiled.element_wise_kernels == 1);
  CHECK(compiled.element_wise_traffic == 1);
}

TEST_CASE("element-wise kernels take their launches, and their traffic its time") {
  const lc::chips::accelerator& h100 = lc::chips::catalog::h100_sxm;
  const lc::models::deployed llama = lc::models::catalog::llama_3_1_8b.at(lc::precision::bf16);
  const auto step = [&](double kernels, double traffic) {
    lc::serving_plan plan;
    plan.software.element_wise_kernels = kernels, plan.software.element_wise_traffic = traffic;
    const auto r = lc::replica_of<double>(h100, lc::infrastructure::site{}, llama, plan,
                                          lc::call_demand<>{.input = 1000 * token, .output = 10 * token});
    return lc::in<second>(r.decode(1.0, 1000.0).time);
  };
  // 32 layers of 4 operations and a last norm, of 5 more kernels each, which start in 1.85 us (chips/kernel_constants.hpp); their traffic,
  // some kilobytes, takes none.
  CHECK(step(6, 1) - step(1, 1) == approx(129 * 5 * 1.85e-6).epsilon(0.05));
  CHECK(step(1, 4) - step(1, 1) < 1e-5);
}

TEST_CASE("what of the host's time of a step the chips hide") {
  lc::serving_software s{.per_step = 1 * millisecond, .per_sequence = 0.05 * millisecond};
  CHECK(lc::in<millisecond>(s.exposed(20.0, 1.0, 1.5 * millisecond)) == approx(2));
  s.hidden = 1;
  // worked: serving/software.hpp#exposed
  CHECK(lc::in<millisecond>(s.exposed(20.0, 1.0, 1.5 * millisecond)) == approx(0.5));
  CHECK(lc::in<millisecond>(s.exposed(20.0, 1.0, 5 * millisecond)) == approx(0).epsilon(1e-12));
  CHECK(lc::in<second>(s.exposed(infinite, 1.0, infinite * second)) == infinite);
  s.hidden = 0.25;
  CHECK(lc::in<millisecond>(s.exposed(20.0, 1.0, 5 * millisecond)) == approx(1.5));
}

namespace {
using layercake_test::chip, layercake_test::model, layercake_test::plan_of, layercake_test::site;

// Mean time to the first token of `n` prompts that come at once: steps of `budget` tokens, of which those of
// prompts take 1 ms each.
double simulated(int n, double prompt, double budget) {
  double now = 0, sum = 0, read = 0;
  int done = 0;
  while (done < n) {
    const double tokens = lc::min(budget - done, n * prompt - read);
    now += tokens * 1e-3;
    read += tokens;
    const int ready = static_cast<int>(read / prompt + 1e-9);
    sum += (ready - done) * now;
    done = ready;
  }
  return sum / n;
}
}  // namespace

TEST_CASE("a run that begins with all its prompts at once: as a simulation of its steps") {
  const auto law = [](double n, double prompt, double budget) {
    lc::serving_plan plan = plan_of(1);
    plan.software.token_budget = budget;
    const lc::call_demand<> demand{.calls = 1 / second, .input = prompt * token, .output = 1000 * token};
    const auto r = lc::replica_of<double>(chip, site, model, plan, demand);
    return lc::in<second>(r.first_token_of_a_burst(n));
  };
  for (const double budget : {500.0, 1000.0, 4000.0})
    for (const double prompt : {250.0, 500.0, 2000.0})
      for (const int n : {1, 4, 32}) {
        INFO(n << " prompts of " << prompt << ", budget " << budget);
        CHECK(law(n, prompt, budget) == approx(simulated(n, prompt, budget)).epsilon(0.05));
      }
  // worked: serving/replica.hpp#first_token_of_a_burst
  CHECK(law(8, 50, 100) == approx(0.2695).epsilon(1e-3));
}

TEST_CASE("who cuts prompts, and what a step has room for") {
  CHECK(lc::software_of(serving_engine::vllm, "0.7.3").partial_prompts == 0);
  CHECK(lc::software_of(serving_engine::vllm, "0.8.5").partial_prompts == 1);
  CHECK(lc::software_of(serving_engine::sglang, "0.5.7").partial_prompts == 1);
  CHECK(lc::software_of(serving_engine::tensorrt_llm).partial_prompts == 0);
  lc::serving_plan plan = plan_of(1);
  plan.software.token_budget = 1000;
  const lc::call_demand<> demand{.calls = 1 / second, .input = 300 * token, .output = 20 * token};
  auto r = lc::replica_of<double>(chip, site, model, plan, demand);
  CHECK(r.room(50.0) == 950);
  r.plan.software.partial_prompts = 0;
  CHECK(r.room(50.0) == 900);
  CHECK(r.room(150.0) == 600);
  CHECK(r.room(800.0) == 200);  // not even one: in pieces
}

TEST_CASE("of a finite run the first wave waits for its prompts, of an endless one nobody does") {
  lc::serving_plan plan = plan_of(1);
  plan.software.token_budget = 100;
  const lc::call_demand<> demand{.calls = 1 / second, .input = 50 * token, .output = 20 * token};
  const auto r = lc::replica_of<double>(chip, site, model, plan, demand);
  const double n = 8;
  const auto endless = lc::inflight_fixed_concurrency(r, n), ten = lc::inflight_fixed_concurrency(r, n, 10 * n),
             one = lc::inflight_fixed_concurrency(r, n, n);
  const double later = lc::in<second>(endless.time_to_first_token), first = lc::in<second>(r.first_token_of_a_burst(n));
  CHECK(lc::in<second>(ten.time_to_first_token) == approx(0.9 * later + 0.1 * first));
  CHECK(lc::in<second>(one.time_to_first_token) == approx(first));
  CHECK(lc::in<second>(ten.latency - endless.latency) == approx(0.1 * (first - later)));
  CHECK(ten.calls == endless.calls);
  CHECK_THROWS_WITH_AS(lc::inflight_fixed_concurrency(r, n, -1.0), doctest::Contains("run is -1"), lc::invalid_value);
}

TEST_CASE("a run that ends takes its last answers, which nobody joins") {
  lc::serving_plan plan = plan_of(1);
  plan.software.per_step = 0.5 * second, plan.software.largest_batch = 20;
  const lc::call_demand<> demand{.calls = 1 / second, .input = 1 * token, .output = 20 * token};
  const auto r = lc::replica_of<double>(chip, site, model, plan, demand);
  const double requests = 100;
  // worked: serving/regimes.hpp#inflight_saturated
  // A prompt a step in the mean: as the law has it, sqrt(2) of them in 1 of sqrt(2) steps, which take 0.5 s and a millisecond for each; the others
  // 0.52 s.
  const double reading = 1 / std::sqrt(2.0), step = (1 - reading) * 0.52 + reading * (0.5 + 1e-3 / reading);
  const double endless = requests * step;
  CHECK(requests / lc::in<hertz>(lc::inflight_saturated(r).calls) == approx(endless));
  CHECK(requests / lc::in<hertz>(lc::inflight_saturated(r, requests).calls) ==
        approx(endless + 20 * 0.51 - endless / requests * 10));
}

TEST_CASE("an early engine's process has every rank to send to, and one that reserves answers holds fewer of them") {
  lc::serving_software s{.per_step = 1 * millisecond, .per_sequence = 0 * second, .per_rank = 2 * millisecond};
  CHECK(lc::in<millisecond>(s.exposed(5.0, 4.0, 1.5 * millisecond)) == approx(7));
  // 900 bytes of cache at a byte a position, 100 read and 100 written: 150 in the mean, 200 where all are reserved.
  lc::serving_plan plan = plan_of(1);
  const lc::call_demand<> demand{.calls = 1 / second, .input = 100 * token, .output = 100 * token};
  const auto bound = [&] { return lc::replica_of<double>(chip, site, model, plan, demand).memory_bound(); };
  CHECK(bound() == approx(6));
  plan.software.reserved_answer = 1;
  CHECK(bound() == approx(4.5));
  CHECK(lc::software_of(serving_engine::tensorrt_llm).reserved_answer == 1);
  CHECK(lc::software_of(serving_engine::vllm).reserved_answer == 0);
}

TEST_CASE("releases that narrow the inputs of products where they are written") {
  CHECK(lc::release_of(serving_engine::vllm, "0.8.5").habits.narrows_apart);
  CHECK_FALSE(lc::release_of(serving_engine::vllm, "0.11.0").habits.narrows_apart);
  CHECK(lc::release_of(serving_engine::sglang).habits.narrows_apart);
  CHECK_FALSE(lc::release_of(serving_engine::tensorrt_llm).habits.narrows_apart);
}
