// Claim 57: green power gets cheaper with every doubling.
#include <doctest/doctest.h>

#include <cmath>
#include <layercake/energy/energy.hpp>

#include "../approx.hpp"

namespace lc = layercake;
using namespace lc::units;

TEST_CASE("claim 57: exponents of learning rates") {
  // 2^-b = 1 - rate, so the exponent answers to the square root and the square of what it gives.
  for (double rate : {0.20, 0.24, 0.15}) {
    const double b = lc::energy::learning_rate{rate}.exponent().value;
    CHECK(std::pow(2.0, -b) == approx(1 - rate).epsilon(1e-14));
  }
  CHECK(lc::energy::learning_rate{0.20}.exponent().value == approx(0.321928).epsilon(1e-6));   // log2(5/4)
  CHECK(lc::energy::learning_rate{0.24}.exponent().value == approx(0.395929).epsilon(1e-6));   // log2(25/19)
  CHECK(lc::energy::learning_rate{0.15}.exponent().value == approx(0.2344653).epsilon(1e-6));  // log2(20/17)
}

TEST_CASE("claim 57: five doublings at 20 % leave a third") {
  const double fifth = 0.8 * 0.8 * 0.8 * 0.8 * 0.8;  // 0.32768
  const auto module = 1 * usd / watt;
  CHECK(lc::energy::learned_cost(module, lc::energy::learning_rate{0.2}, 32.0) / module ==
        approx(fifth).epsilon(1e-12));
  CHECK(lc::energy::learned_cost(module, lc::energy::learning_exponent<>{0.321928094887}, 32.0) / module ==
        approx(fifth).epsilon(1e-10));
  CHECK(lc::energy::learned_cost(module, lc::energy::learning_rate{0.2}, 1.0) == module);
}
