// Open loop against a discrete-event simulation of an engine with continuous batching: requests arrive at random, wait
// for a slot and for the token budget, are read in one step and then write a token a step.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <layercake/layercake.hpp>
#include <layercake/serving/regimes.hpp>
#include <random>
#include <vector>

#include "../../approx.hpp"

namespace lc = layercake;
using namespace lc::units;

namespace {
struct measured {
  double first_token, slow_first_token, per_token, latency, in_flight;
};

template <class R>
measured simulate(const R& r, double rate, bool exponential_output, int requests) {
  std::mt19937_64 random(7);
  std::exponential_distribution<double> gap(rate);
  struct request {
    double arrival, first;
    int left, length;
  };
  std::deque<request> waiting;
  std::vector<request> writing;
  std::vector<double> first, latency;
  double per_token = 0, in_flight = 0, now = 0, next = gap(random);
  const double slots = std::min(r.memory_bound(), r.plan.software.largest_batch);
  int answered = 0;
  while (answered < requests) {
    if (writing.empty() && waiting.empty()) now = std::max(now, next);
    while (next <= now) {
      const int length = exponential_output
                             ? 1 + static_cast<int>(std::exponential_distribution<double>(1 / r.output)(random))
                             : static_cast<int>(r.output);
      waiting.push_back({next, 0, length, length});
      next += gap(random);
    }
    std::vector<request> reading;
    double budget = r.plan.software.token_budget - static_cast<double>(writing.size());
    while (!waiting.empty() && static_cast<double>(writing.size() + reading.size()) < slots && budget >= r.fresh()) {
      reading.push_back(waiting.front());
      waiting.pop_front();
      budget -= r.fresh();
    }
    const double b = static_cast<double>(writing.size()), p = static_cast<double>(reading.size());
    const lc::serving_load<double> load{
        .decoding = b, .decode_context = r.mean_context(), .prompts = p, .queries = r.fresh(), .context = r.input};
    const auto chips = p > 0 ? r.pass(load, b > 0, true, 1.0) : r.pass(load, true, false, r.uncaptured(b));
    const double step = lc::in<second>(r.in_step(chips.time, b + p));
    now += step;
    in_flight += step * (b + p);
    for (request& q : reading)
      q.first = now;
    for (request& q : writing)
      --q.left;
    for (request q : reading) {
      --q.left;
      writing.push_back(q);
    }
    for (std::size_t i = 0; i < writing.size();) {
      const request q = writing[i];
      if (q.left > 0) {
        ++i;
        continue;
      }
      if (++answered > requests / 10) {  // after the start
        first.push_back(q.first - q.arrival);
        latency.push_back(now - q.arrival);
        if (q.length > 1) per_token += (now - q.first) / (q.length - 1);
      }
      writing[i] = writing.back();
      writing.pop_back();
    }
  }
  std::sort(first.begin(), first.end());
  const double n = static_cast<double>(first.size());
  double sum_first = 0, sum_latency = 0;
  for (double x : first)
    sum_first += x;
  for (double x : latency)
    sum_latency += x;
  const double request_time = lc::in<second>(r.plan.software.per_request);
  return {sum_first / n + request_time, first[static_cast<std::size_t>(0.99 * n)] + request_time, per_token / n,
          sum_latency / n + request_time, in_flight / now};
}
}  // namespace

TEST_CASE("open loop agrees with a discrete-event simulation") {
  const lc::infrastructure::site site{};
  const auto model = lc::models::catalog::llama_3_1_8b.at(lc::precision::bf16);
  lc::serving_plan plan;
  plan.software = lc::software_of(lc::serving_engine::tensorrt_llm);
  for (const bool spread : {false, true}) {
    for (const double input : {200.0, 1500.0}) {
      lc::call_demand<> demand;
      demand.input = input * token;
      demand.output = 200 * token;
      auto r = lc::replica_of<double>(lc::chips::catalog::h100_sxm, site, model, plan, demand);
      r.spread = 0;  // mean context as in the simulation
      const double capacity = lc::in<hertz>(lc::detail::answered_by(r, lc::detail::writing(r, lc::detail::slots(r))));
      for (const double load : {0.05, 0.3, 0.6, 0.85, 0.95}) {
        const auto f = lc::inflight_open_loop(r, load * capacity / second, 0.99);
        // Waits close to saturation last from request to request: a mean of them takes more of them.
        const measured m = simulate(r, load * capacity, spread, load < 0.8 ? 4000 : load < 0.9 ? 40000 : 150000);
        INFO("input " << input << ", load " << load << ", spread " << spread);
        INFO("simulated " << m.first_token << " " << m.slow_first_token << " " << m.per_token << " " << m.latency << " "
                          << m.in_flight);
        INFO("law       " << lc::in<second>(f.time_to_first_token) << " " << lc::in<second>(f.slow_first_token) << " "
                          << lc::in<second>(f.time_per_output_token) << " " << lc::in<second>(f.latency) << " "
                          << f.in_flight);
        // Near saturation a step that is 2 % longer, for the clock gives way where several prompts are read, has 10 % more in flight; of long prompts slots
        // then run out for whole seconds, which waits of first tokens do not follow. At next to no load one in a hundred meets a prompt.
        const bool near = load > 0.9;
        const double mean = near ? 0.12 : 0.055, crowd = near ? 0.12 : 0.07, slow = load < 0.1 ? 0.16 : 0.1;
        CHECK(lc::in<second>(f.time_per_output_token) == approx(m.per_token).epsilon(mean));
        CHECK(lc::in<second>(f.latency) == approx(m.latency).epsilon(mean));
        CHECK(f.in_flight == approx(m.in_flight).epsilon(crowd));
        if (near && input > 1000) continue;
        CHECK(lc::in<second>(f.time_to_first_token) == approx(m.first_token).epsilon(0.055));
        CHECK(lc::in<second>(f.slow_first_token) == approx(m.slow_first_token).epsilon(slow));
      }
    }
  }
}
