// Claim 25: inference engineering is a search for the optimum between latency and capacity; pooling is what scale buys.
#include <algorithm>
#include <cmath>
#include <doctest/doctest.h>
#include <layercake/serving/queue.hpp>

#include "../approx.hpp"

using layercake::queue::highest_utilisation;

namespace {
// The share of requests that wait longer than `t` service times in M/M/c at offered load a, from the balance of its
// states: p(k) = p(0) a^k/k! up to c, then each a/c of the one before. Who finds k >= c in the system waits for k - c + 1
// departures of rate c, longer than t with the Poisson chance of at most k - c of them in t.
double share_waiting(int c, double a, double t) {
  double all = 0, late = 0, at_most = 0;
  for (int k = 0; k < c + 20000; ++k) {
    const double log_state = k * std::log(a) - std::lgamma(std::min(k, c) + 1.0) - std::max(k - c, 0) * std::log(c) - a;
    const double state = std::exp(log_state);
    all += state;
    if (k < c) continue;
    at_most += std::exp((k - c) * std::log(c * t) - c * t - std::lgamma(k - c + 1.0));
    late += state * at_most;
  }
  return late / all;
}
}  // namespace

// The highest utilisation at which one request in a hundred waits longer than one service time.
TEST_CASE("claim 25: pooling lets the same service level run fuller") {
  const struct {
    int servers;
    double utilisation;
  } rows[] = {{10, 0.694}, {100, 0.959}, {1000, 0.9956}};
  double before = 0;
  for (const auto& r : rows) {
    const double highest = highest_utilisation(static_cast<double>(r.servers), 1.0, 0.01);
    CHECK(std::abs(highest - r.utilisation) < (r.servers < 1000 ? 5e-4 : 5e-5));
    CHECK(share_waiting(r.servers, highest * r.servers, 1) == approx(0.01).epsilon(1e-6));
    CHECK(highest > before);
    before = highest;
  }
}
