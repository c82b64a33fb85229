// Rollouts: the longest of many lengths against closed forms, a shrinking batch by hand and against a simulation, and what must
// hold for every rollout.
#include <layercake/serving/rollout.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <layercake/chips/catalog.hpp>
#include <layercake/infrastructure/catalog.hpp>
#include <layercake/models/catalog.hpp>
#include <layercake/number/dual.hpp>
#include <layercake/serving/regimes.hpp>
#include <numbers>
#include <utility>
#include <vector>

#include "../../approx.hpp"
#include "../../worked.hpp"
#include "../../xorshift.hpp"
#include "../lanes.hpp"
#include "../record_checks.hpp"
#include "plain_engine.hpp"

namespace lc = layercake;
using namespace lc::units;
using layercake_test::check_stated;

namespace {

double s(const lc::quantity<lc::unit::second>& t) { return lc::in<second>(t); }
template <class Tokens>
double n(const Tokens& t) {
  return lc::in<token>(t);
}
double longer_than_score(double z) { return std::erfc(z / std::numbers::sqrt2) / 2; }

// Lognormal lengths by their textbook formulas.
struct lognormal {
  double sigma, location, longest;
  lognormal(double mean, double variation, double cut)
      : sigma(std::sqrt(std::log1p(variation * variation))),
        location(std::log(mean) - sigma * sigma / 2),
        longest(cut) {}
  double longer(double length) const { return longer_than_score((std::log(length) - location) / sigma); }
  // E[min(L, cut)] = E[L] Phi(z - sigma) + cut Phi(-z),  z the score of the cut
  double mean() const {
    const double z = (std::log(longest) - location) / sigma;
    return std::exp(location + sigma * sigma / 2) * (1 - longer_than_score(z - sigma)) + longest * longer(longest);
  }
  // By the midpoint rule over lengths.
  double longest_of(double samples) const {
    const int points = 100000;
    double sum = 0;
    for (int i = 0; i < points; ++i)
      sum += 1 - std::pow(1 - longer((i + 0.5) * longest / points), samples);
    return sum * longest / points;
  }
};

lc::rollout_batch batch_of(double samples, double mean, double variation, double longest) {
  return {.prompts = samples,
          .prompt = 100 * token,
          .responses = {.mean = mean * token, .variation = variation, .longest = longest * token}};
}

// A policy on H100.
const auto policy = lc::models::catalog::llama_3_1_8b.at(lc::precision::bf16);
const auto& h100 = lc::chips::catalog::h100_sxm;
const lc::infrastructure::site site;
auto replica_on(const lc::serving_plan& plan) {
  lc::call_demand<> d;
  d.input = 100 * token, d.output = 1000 * token;
  return lc::replica_of<double>(h100, site, policy, plan, d);
}

// `rounds` samples for each slot, on replicas each of which deals its samples out as slots come free, event by event. The mean over
// trials of the time until all have ended, without reading; `alone`: until those of one replica have.
struct simulated {
  double all = 0, alone = 0;
};
template <class Replica>
simulated simulate(const Replica& r, const lc::rollout_batch& b, double slots, int trials) {
  layercake_test::xorshift random{20250927};
  const double sigma = std::sqrt(std::log1p(b.responses.variation * b.responses.variation));
  const auto draw = [&] {  // Box and Muller 1958
    const double z = std::sqrt(-2 * std::log(1 - random.unit())) * std::cos(2 * std::numbers::pi * random.unit());
    const double length = std::exp(std::log(n(b.responses.mean)) - sigma * sigma / 2 + sigma * z);
    return std::max(std::min(length, n(b.responses.longest)) - 1, 0.0);
  };
  simulated sum;
  for (int trial = 0; trial < trials; ++trial) {
    double slowest = 0;
    for (double k = 0; k < b.replicas; ++k) {
      std::vector<std::pair<double, double>> running;  // end and start of each, in steps
      double now = 0, time = 0, waiting = b.on_a_replica();
      for (; waiting > 0 && static_cast<double>(running.size()) < slots; --waiting)
        running.emplace_back(draw(), 0);
      while (!running.empty()) {
        const auto next = std::min_element(running.begin(), running.end());
        const double steps = next->first - now, count = static_cast<double>(running.size());
        double context = r.input + 0.5 + now + steps / 2;
        for (const auto& sample : running)
          context -= sample.second / count;
        time += steps * s(r.in_step(r.template decode<false>(count, context).time, count));
        now = next->first;
        if (waiting > 0) {
          --waiting, *next = {now + draw(), now};
        } else {
          running.erase(next);
        }
      }
      slowest = std::max(slowest, time);
      sum.alone += time / b.replicas / trials;
    }
    sum.all += slowest / trials;
  }
  return sum;
}

}  // namespace

// worked: serving/response_lengths.hpp#longest_of
TEST_CASE("the longest of many exponential lengths is their mean times a harmonic number") {
  // H_n = 1 + 1/2 + ... + 1/n (Renyi 1953).
  const auto exponential = lc::length_curve_of<double>(1e9, [](double, double log_p) { return -1000 * log_p; });
  CHECK(exponential.mean() == approx(1000).epsilon(1e-5));
  double harmonic = 0, k = 1;
  for (const double samples : {1.0, 2.0, 8.0, 64.0, 1024.0, 65536.0}) {
    for (; k <= samples; ++k)
      harmonic += 1 / k;
    CHECK(lc::longest_of(exponential, samples) == approx(1000 * harmonic).epsilon(1e-5));
  }
  check_stated(lc::longest_of(exponential, 64.0), "4744");
}

// worked: serving/response_lengths.hpp#length_curve_of
TEST_CASE("lognormal lengths that are cut have the mean and the longest of their formulas") {
  for (const double variation : {0.3, 0.7, 1.0, 1.5}) {
    for (const double cut : {1200.0, 2000.0, 8000.0, 50000.0}) {
      CAPTURE(variation);
      CAPTURE(cut);
      const auto curve = lc::length_curve_of(batch_of(1, 1000, variation, cut).responses);
      const lognormal exact(1000, variation, cut);
      CHECK(curve.mean() == approx(exact.mean()).epsilon(2.5e-3));
      CHECK(std::fabs(curve.longer.back() - exact.longer(cut)) <= 0.02 * exact.longer(cut) + 1e-9);
      for (const double samples : {1.0, 16.0, 1024.0})
        CHECK(lc::longest_of(curve, samples) == approx(exact.longest_of(samples)).epsilon(5e-3));
    }
  }
  // z = (ln 4 + ln(2) / 2) / sqrt(ln 2) = 2.0814; 1000 Phi(1.2488) + 4000 Phi(-2.0814) = 894.1 + 74.8
  check_stated(lc::length_curve_of(batch_of(1, 1000, 1, 4000).responses).mean(), "969");
  const auto equal = lc::length_curve_of(batch_of(1, 1000, 0, 4000).responses);
  CHECK(equal.mean() == approx(1000).epsilon(1e-6));
  CHECK(lc::longest_of(equal, 512.0) == approx(1000).epsilon(1e-6));
}

// worked: serving/read_prompts.hpp#read_prompts
TEST_CASE("prompts are read in full passes, through stages one behind the other") {
  using namespace layercake_test;
  // 100 tokens are a tenth of a second on the plain engine, through all stages; half of it a prompt of 50.
  auto plan = plan_of(2);
  plan.software.token_budget = 200;
  lc::call_demand<> d;
  d.input = 50 * token;
  const auto r = lc::replica_of<double>(chip, layercake_test::site, model, plan, d);
  CHECK(s(r.prefill(4).time) == approx(0.2));
  check_stated(s(lc::read_prompts(r, 12.0).time), "0.4");
  CHECK(s(lc::read_prompts(r, 12.0).work.time) == approx(12 * 0.05 / 2));  // of a chip: its half of each
  plan.software.per_step = 3 * millisecond, plan.software.per_sequence = 1 * millisecond;
  const auto busy = lc::replica_of<double>(chip, layercake_test::site, model, plan, d);
  CHECK(s(lc::read_prompts(busy, 12.0).time) == approx(0.4 + 3 * 0.003 + 12 * 0.001));
  CHECK(s(lc::read_prompts(busy, 2.0).time) == approx(0.1 + 0.003 + 2 * 0.001));
}

TEST_CASE("a shrinking batch by hand") {
  using namespace layercake_test;
  // A step takes 7 ms and 1 ms a sample, so that n samples of a replica write for 7 (E[max] - 1) + n (E[L] - 1) ms, and all, whose
  // slowest has the longest of all and else what others have, 7 (E[max of all] - 1) + E[max of all] - 1 + (n - 1) (E[others] - 1).
  auto plan = plan_of(1);
  plan.software.per_step = 7 * millisecond;
  plan.software.token_budget = 1e6;
  lc::call_demand<> d;
  d.input = 100 * token;
  const plain_chip large{.memory = 1e9 * byte};
  const auto r = lc::replica_of<double>(large, layercake_test::site, model, plan, d);
  for (const double variation : {0.3, 1.0}) {
    auto b = batch_of(64, 1000, variation, 8000);
    const lognormal exact(1000, variation, 8000);
    const auto one = lc::roll_out(r, b);
    CHECK(s(one.reading) == approx(64 * 0.1 + 0.007));
    CHECK(s(one.time - one.reading) ==
          approx(7e-3 * (exact.longest_of(64) - 1) + 64e-3 * (exact.mean() - 1)).epsilon(5e-3));
    CHECK(one.time == one.replica_time);
    CHECK(one.waiting() == 0);
    CHECK(s(one.queueing) == 0);
    CHECK(one.slots == 64);
    CHECK(n(one.written) == approx(exact.mean()).epsilon(2.5e-3));
    // Samples run for as many steps as they have tokens, in steps that take longer the more there are: the share of the slots
    // is the mean of K t(K) over 64 times that of t(K), above the mean of K over 64.
    CHECK(one.occupied > (exact.mean() - 1) / (exact.longest_of(64) - 1));
    CHECK(one.occupied < 1);

    b.prompts = 64 * 16, b.replicas = 16;
    const auto all = lc::roll_out(r, b);
    const double longest = exact.longest_of(1024), others = (1024 * exact.mean() - longest) / 1023;
    CHECK(s(all.time - all.reading) == approx(8e-3 * (longest - 1) + 63e-3 * (others - 1)).epsilon(5e-3));
    CHECK(s(all.replica_time) == approx(s(one.time)));
    CHECK(n(all.longest) == approx(longest).epsilon(5e-3));
  }
}

TEST_CASE("samples of one length are a batch that starts and ends together") {
  for (const double tensor : {1.0, 2.0}) {
    const auto r = replica_on(lc::serving_plan{.tensor = tensor});
    const auto f = lc::roll_out(r, batch_of(64, 1000, 0, 1000));
    const auto plain = lc::static_batch(r, 64.0);
    CHECK(s(f.reading) == approx(s(plain.prefill)));
    CHECK(s(f.time) == approx(s(plain.latency)).epsilon(1e-5));
    CHECK(f.occupied == approx(1).epsilon(1e-5));
    CHECK(s(f.work.time) / 64 == approx(s(plain.work.time)).epsilon(1e-5));
    CHECK(f.chips == tensor);
  }
}

TEST_CASE("rollouts take as long as a simulation of their samples") {
  const auto within = [](double samples, double replicas, double slots, double variation, double longest,
                         double error) {
    auto b = batch_of(samples * replicas, 1000, variation, longest);
    b.replicas = replicas;
    lc::serving_plan plan{.concurrency = slots};
    plan.software.wave_loss = 0;
    const auto r = replica_on(plan);
    const auto f = lc::roll_out(r, b);
    CHECK(f.slots == std::min(slots, samples));
    const simulated found = simulate(r, b, f.slots, 40);
    CAPTURE(samples);
    CAPTURE(slots);
    CAPTURE(variation);
    CHECK(s(f.time - f.reading) == approx(found.all).epsilon(error));
    CHECK(s(f.replica_time - f.reading) == approx(found.alone).epsilon(error));
  };
  // The mean of 40 maxima is known to some 2 %.
  within(64, 8, 64, 0.5, 4000, 0.05);
  within(64, 8, 64, 1.0, 8000, 0.05);
  within(64, 8, 64, 1.5, 4000, 0.05);
  // With a queue, of which the law has but the mean.
  within(64, 8, 32, 1.0, 8000, 0.06);
  within(256, 4, 32, 0.5, 4000, 0.06);
  within(256, 4, 32, 1.0, 4000, 0.06);
  within(96, 4, 64, 1.0, 2000, 0.06);
  within(128, 2, 32, 0.0, 2000, 0.1);  // four whole rounds, where the law takes ends for spread out
}

TEST_CASE("what makes a rollout longer, and what does not") {
  const auto r = replica_on(lc::serving_plan{});
  const auto time = [&](const lc::rollout_batch& b) { return s(lc::roll_out(r, b).time); };
  const auto base = [] {
    auto b = batch_of(256, 1000, 1, 4000);
    b.replicas = 4;
    return b;
  };
  const auto found = lc::roll_out(r, base());
  CHECK(found.replica_time < found.time);
  CHECK(found.waiting() > 0);

  double before = 0, before_waiting = -1;
  for (const double replicas : {1.0, 2.0, 4.0, 16.0, 64.0}) {  // 64 samples each behind one barrier
    auto b = base();
    b.prompts = 64 * replicas, b.replicas = replicas;
    const auto f = lc::roll_out(r, b);
    CHECK(s(f.time) > before);
    CHECK(f.waiting() > before_waiting);
    before = s(f.time), before_waiting = f.waiting();
  }
  before = 0;
  for (const double longest : {1000.0, 1500.0, 3000.0, 6000.0, 12000.0}) {
    auto b = base();
    b.responses.longest = longest * token;
    CHECK(time(b) >= before);
    before = time(b);
  }
  before = 0;
  for (const double samples : {64.0, 256.0, 1024.0, 4096.0, 16384.0}) {  // the last wait for places
    auto b = base();
    b.prompts = samples;
    CHECK(time(b) > before);
    before = time(b);
  }
  before = 0;
  for (const double variation : {0.0, 0.2, 0.5, 1.0}) {
    auto b = base();
    b.responses.variation = variation, b.responses.longest = 20000 * token;
    CHECK(time(b) > before);
    before = time(b);
  }
  auto grouped = base();
  grouped.prompts = 32, grouped.group = 8;
  CHECK(lc::roll_out(r, grouped).reading < found.reading);
  CHECK(lc::roll_out(r, grouped).memory_bound > found.memory_bound);
  grouped.shared_prompts = false;
  CHECK(time(grouped) == approx(s(found.time)));
}

TEST_CASE("samples wait for memory, and none runs where none fits") {
  const auto r = replica_on(lc::serving_plan{});
  const auto f = lc::roll_out(r, batch_of(4096, 1000, 1, 8000));
  CHECK(f.slots == approx(f.memory_bound));
  CHECK(f.slots < 4096);
  CHECK(f.queueing > 0 * second);
  // Of equal lengths all are longest at once: 131 kB a token (32 layers, keys and values of 8 heads of 128 in 16 bit), 100 + 999 and
  // half a block.
  const auto equal = lc::roll_out(r, batch_of(4096, 1000, 0, 1000));
  const double cache = 32 * 2 * 8 * 128 * 2 * (1099 + 7.5);
  CHECK(equal.memory_bound <= lc::in<byte>(r.usable_memory() - r.weights()) / cache * 1.0001);
  CHECK(equal.memory_bound > lc::in<byte>(r.usable_memory() - r.weights()) / cache * 0.9);
  lc::serving_plan narrow;
  narrow.memory_share = 0.1;  // 8.5 GB, less than the weights
  const auto none = lc::roll_out(replica_on(narrow), batch_of(64, 1000, 1, 8000));
  CHECK(none.memory_bound < 1);
  CHECK(std::isinf(s(none.time)));
}

TEST_CASE("lanes and derivatives are the scalar's") {
  using lanes = layercake_test::batch;
  const auto figures = [](const auto& variation, const auto& longest) {
    using T = std::remove_cvref_t<decltype(variation)>;
    lc::basic_rollout_batch<T> b = lc::with_number<T>(batch_of(512, 1000, 1, 8000));
    b.group = T(4), b.replicas = T(8);
    b.responses.variation = variation, b.responses.longest = longest * token;
    lc::basic_serving_plan<T> plan;
    plan.concurrency = T(32);
    plan.speculation.drafted = T(2), plan.speculation.acceptance = lc::number_cast<T>(0.7);
    const auto chip = lc::with_number<T>(h100);
    const auto place = lc::with_number<T>(site);
    const auto model = lc::with_number<T>(policy);
    lc::call_demand<T> d;
    d.input = T(100) * token, d.output = T(1000) * token;
    return lc::base_value(lc::roll_out(lc::replica_of<T>(chip, place, model, plan, d), b).time);
  };
  const lanes both = figures(layercake_test::lanes(0.0, 0.9), layercake_test::lanes(3000, 8000));
  CHECK(both.get(0) == approx(figures(0.0, 3000.0)).epsilon(1e-12));
  CHECK(both.get(1) == approx(figures(0.9, 8000.0)).epsilon(1e-12));
  CHECK(static_cast<double>(figures(0.9F, 8000.0F)) == approx(figures(0.9, 8000.0)).epsilon(1e-3));
  using slopes = lc::dual<double, 2>;
  for (const double variation : {1e-3, 0.6, 1.2}) {
    const slopes y = figures(slopes::variable(variation, 0), slopes::variable(5000, 1));
    CHECK(y.value == approx(figures(variation, 5000.0)).epsilon(1e-12));
    const double h = 1e-4;
    CHECK(y.slope[0] ==
          approx((figures(variation + h, 5000.0) - figures(variation - h, 5000.0)) / (2 * h)).epsilon(0.01));
    CHECK(y.slope[1] ==
          approx((figures(variation, 5000.5) - figures(variation, 4999.5)) / 1).epsilon(0.01).scale(1e-6));
  }
}

TEST_CASE("bad batches are refused, by field") {
  layercake_test::check_bad_input(batch_of(64, 1000, 1, 4000));
  const auto r = replica_on(lc::serving_plan{});
  layercake_test::check_edges(batch_of(64, 1000, 1, 4000), [&](const lc::rollout_batch& x) {
    const auto f = lc::roll_out(r, x);
    return std::vector<double>{s(f.time), s(f.replica_time), f.waiting(), f.occupied, n(f.longest), f.memory_bound};
  });
  auto b = batch_of(64, 1000, 1, 4000);
  b.replicas = 7;
  REQUIRE(lc::check(b, "batch").size() == 1);
  CHECK(lc::check(b, "batch").front().text() ==
        "batch.replicas is 7; allowed: a divisor of prompts * group, 64. Every replica takes equally many samples.");
  b = batch_of(64, 5000, 1, 4000);
  REQUIRE(lc::check(b, "batch").size() == 1);
  CHECK(lc::check(b, "batch").front().path == "batch.responses.mean");
}
