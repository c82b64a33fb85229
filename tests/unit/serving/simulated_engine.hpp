// A discrete-event simulation of an engine with continuous batching. A request waits for one of the slots and for the token budget of a step, its
// prompt is read, in one step or in pieces, and it writes a token in that step and in each that follows.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <layercake/layercake.hpp>
#include <layercake/serving/regimes.hpp>
#include <queue>
#include <random>
#include <unordered_map>
#include <vector>

namespace layercake_test {

struct measured {
  double first_token = 0, slow_first_token = 0, per_token = 0, latency = 0, in_flight = 0, calls = 0;
};
// As several runs have it: the mean, and how far off it may be, as a share of it.
struct averaged {
  measured mean;
  double error = 0;  // of the mean of first tokens
};

// Who sends requests: at random at `rate` per second or, where that is 0, `kept` in flight, of which the next comes when one is answered.
struct senders {
  double rate = 0;
  int kept = 0;
  bool spread = false;  // answers of geometric length, else all alike; those that are kept begin anywhere in theirs
};

template <class Replica>
class simulated_engine {
public:
  // Steps take what the replica says of each. One that cuts prompts cuts the last to what the budget leaves and reads on in the next step; one that
  // does not leaves it, unless it is the first.
  simulated_engine(const Replica& of, double most_in_flight)
      : r(of), slots(most_in_flight), cuts(of.plan.software.partial_prompts > 0) {}

  measured run(const senders& from, int requests, unsigned seed) {
    begin(from, seed);
    const int start = requests * 3 / 10;
    std::vector<double> first;
    measured m;
    double began = 0;
    for (int answered = 0; answered < requests;) {
      step(from);
      if (answered > start) m.in_flight += (now - before) * static_cast<double>(in_step);
      for (; !ends.empty() && ends.top().step <= steps; ends.pop()) {
        const request& q = ends.top();
        --writing;
        if (from.kept > 0) coming.push_back({now, 0, length(from), 0, 0});
        if (++answered <= start) continue;
        if (began == 0) began = now;
        first.push_back(q.first - q.arrival);
        m.latency += now - q.arrival;
        if (q.length > 1) m.per_token += (now - q.first) / (q.length - 1);
      }
    }
    const double n = static_cast<double>(first.size()),
                 own = layercake::in<layercake::units::second>(r.plan.software.per_request);
    for (const double x : first)
      m.first_token += x / n;
    const auto slow = first.begin() + static_cast<std::ptrdiff_t>(0.99 * n);
    std::nth_element(first.begin(), slow, first.end());
    m.first_token += own;
    m.slow_first_token = *slow + own;
    m.per_token /= n;
    m.latency = m.latency / n + own;
    m.in_flight /= now - began;
    m.calls = n / (now - began);
    return m;
  }

  averaged runs(const senders& from, int requests, unsigned seeds) {
    averaged a;
    double squares = 0;
    for (unsigned s = 1; s <= seeds; ++s) {
      const measured m = run(from, requests, s);
      for (double measured::*x : {&measured::first_token, &measured::slow_first_token, &measured::per_token,
                                  &measured::latency, &measured::in_flight, &measured::calls})
        a.mean.*x += m.*x / seeds;
      squares += m.first_token * m.first_token / seeds;
    }
    const double variance = squares - a.mean.first_token * a.mean.first_token;
    a.error = std::sqrt(std::max(variance, 0.0) / (seeds > 1 ? seeds - 1 : 1)) / a.mean.first_token;
    return a;
  }

  // The mean time to the first token of n requests that come at once, with nothing else to do.
  double first_wave(int n) {
    begin({0, n, false}, 1);
    double sum = 0;
    for (int read = 0; read < n;) {
      read_prompts();
      advance();
      sum += now * static_cast<double>(done.size());
      read += static_cast<int>(done.size());
      writing += static_cast<int>(done.size());
    }
    return sum / n + layercake::in<layercake::units::second>(r.plan.software.per_request);
  }

private:
  struct request {
    double arrival, first;
    int length;
    double unread;
    std::int64_t step;  // of its last token
  };
  struct later {
    bool operator()(const request& a, const request& b) const { return a.step > b.step; }
  };

  int length(const senders& from) {
    return from.spread ? 1 + std::geometric_distribution<int>(1 / r.output)(random) : static_cast<int>(r.output);
  }
  void begin(const senders& from, unsigned seed) {
    random.seed(seed);
    now = before = 0;
    steps = 0;
    writing = 0;
    waiting.clear(), coming.clear(), done.clear();
    ends = {};
    next = from.rate > 0 ? std::exponential_distribution<double>(from.rate)(random) : infinite;
    for (int i = 0; i < from.kept; ++i) {
      const int whole = length(from);
      waiting.push_back(
          {0, 0, from.spread ? whole : 1 + static_cast<int>(random() % static_cast<unsigned>(whole)), r.fresh(), 0});
    }
  }
  void step(const senders& from) {
    if (writing == 0 && waiting.empty() && coming.empty()) now = std::max(now, next);
    for (; next <= now; next += std::exponential_distribution<double>(from.rate)(random))
      waiting.push_back({next, 0, length(from), r.fresh(), 0});
    read_prompts();
    for (request q : coming) {  // while the step is under way
      q.unread = r.fresh();
      waiting.push_back(q);
    }
    coming.clear();
    advance();
    for (request q : done) {
      q.first = now;
      q.step = steps + q.length - 1;
      ends.push(q);
    }
    writing += static_cast<int>(done.size());
  }
  // What is read in the next step: tokens, and requests that it ends of.
  void read_prompts() {
    done.clear();
    tokens = 0;
    double room = r.plan.software.token_budget - writing;
    in_step = writing;
    while (!waiting.empty() && room >= 1 && writing + static_cast<double>(done.size()) + 1 <= slots) {
      request& q = waiting.front();
      if (!cuts && tokens > 0 && q.unread > room) break;
      const double read = std::min(q.unread, room);
      q.unread -= read, tokens += read, room -= read;
      ++in_step;
      if (q.unread > 0) break;
      done.push_back(q);
      waiting.pop_front();
    }
  }
  void advance() {
    before = now;
    now += time(writing, tokens);
    ++steps;
  }
  double time(int b, double read) {
    const auto key = static_cast<std::uint64_t>(b) * 1000003 + static_cast<std::uint64_t>(read * 8);
    const auto [at, unknown] = known.try_emplace(key, 0.0);
    if (unknown) {
      const double queries = std::clamp(read, 1.0, r.fresh());
      const layercake::serving_load<double> load{.decoding = static_cast<double>(b),
                                                 .decode_context = r.mean_context(),
                                                 .prompts = read / queries,
                                                 .queries = queries,
                                                 .context = r.input - (r.fresh() - queries) / 2,
                                                 .beginning = queries / r.fresh()};
      const auto chips = read > 0 ? r.template pass<false>(load, b > 0, true, 1.0)
                                  : r.template pass<false>(load, true, false, r.uncaptured(static_cast<double>(b)));
      at->second = layercake::in<layercake::units::second>(r.in_step(chips.time, b + read / r.fresh()));
    }
    return at->second;
  }

  static constexpr double infinite = 1e300;
  const Replica& r;
  double slots;
  bool cuts;
  std::mt19937_64 random;
  std::unordered_map<std::uint64_t, double> known;
  double now = 0, before = 0, next = 0, tokens = 0;
  std::int64_t steps = 0;
  int writing = 0, in_step = 0;
  std::deque<request> waiting;  // the first of them may be read in part
  std::vector<request> coming, done;
  std::priority_queue<request, std::vector<request>, later> ends;
};

// Llama 3.1 8B on one H100, served by TensorRT-LLM with or without chunked prefill.
struct served {
  double input, output, budget;
  bool cuts;

  auto replica(bool spread) const {
    using namespace layercake::units;
    static const layercake::infrastructure::site site{};
    static const auto model = layercake::models::catalog::llama_3_1_8b.at(layercake::precision::bf16);
    layercake::serving_plan plan;
    plan.software = layercake::software_of(layercake::serving_engine::tensorrt_llm);
    plan.software.token_budget = budget;
    plan.software.partial_prompts = cuts ? 1 : 0;
    plan.software.wave_loss = 0;
    layercake::call_demand<> demand;
    demand.input = input * token;
    demand.output = output * token;
    auto r = layercake::replica_of<double>(layercake::chips::catalog::h100_sxm, site, model, plan, demand);
    r.spread = spread ? 1 : 0;
    r.plan.software.largest_batch = std::floor(std::min(r.memory_bound(), r.plan.software.largest_batch));
    return r;
  }
};

}  // namespace layercake_test
