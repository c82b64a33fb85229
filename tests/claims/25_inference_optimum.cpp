// Claim 25: inference engineering is a search for the optimum between latency and capacity; pooling is what scale buys.
#include <doctest/doctest.h>

#include <layercake/serving/queue.hpp>

#include "../approx.hpp"

using layercake::queue::highest_utilisation;

// The highest utilisation at which one request in a hundred waits longer than one service time. M/M/c: P(W > t) = C
// exp(-(c - a) t).
TEST_CASE("claim 25: pooling lets the same service level run fuller") {
  CHECK(highest_utilisation(10.0, 1.0, 0.01) == approx(0.694).epsilon(0.001));
  CHECK(highest_utilisation(100.0, 1.0, 0.01) == approx(0.959).epsilon(0.001));
  CHECK(highest_utilisation(1000.0, 1.0, 0.01) == approx(0.9956).epsilon(0.0005));
}
