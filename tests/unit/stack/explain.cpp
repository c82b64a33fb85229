// Explanations of what is infinite: the reason beside the figure, and no slope that is none.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "service.hpp"

using namespace layercake_test;

namespace {
void check_numbers(const std::vector<lc::sensitivity>& inputs) {
  for (const lc::sensitivity& x : inputs) {
    CAPTURE(x.input);
    CHECK(std::isfinite(x.slope));
    CHECK(std::isfinite(x.elasticity));
  }
}
}  // namespace

TEST_CASE("a stack that costs infinity says which constraint fails") {
  auto slow = service();
  slow.application.time_per_output_token = 1 * microsecond / token;
  auto large = service();
  large.model.architecture.layers *= 4;
  auto apart = service();
  apart.energy.connection = 1 * kilowatt;
  auto vast = service();
  vast.application.daily_users = 1e25;
  CHECK(lc::why_not(vast).find("nodes are more than its tiers of switches join") != std::string::npos);
  CHECK(lc::to_string(vast.pull()).find("infeasible: a line of the cost is infinite") == 0);
  auto endless = service();
  endless.application.cost_per_task = std::numeric_limits<double>::infinity() * usd;
  CHECK(lc::why_not(endless).find("application_cost is infinite") == 0);
  CHECK(lc::why_not(service()).empty());
  CHECK(lc::why_not(slow).find("a token takes") != std::string::npos);
  CHECK(lc::why_not(large).find("do not fit") != std::string::npos);
  CHECK(lc::why_not(apart).find("the supply can bring 1 kW") != std::string::npos);
  for (const auto& s : {slow, large, apart, vast}) {
    for (const lc::explanation& e : lc::explain(s)) {
      CAPTURE(e.figure);
      check_numbers(e.inputs);
      const bool infinite = e.value.find("inf") <= 1;  // inf, -inf
      CHECK(e.reason == (infinite ? lc::why_not(s) : std::string()));
      if (infinite) CHECK(lc::to_string(e).find(e.reason) != std::string::npos);
    }
  }
}

TEST_CASE("every slope of every figure is a number, of few users and of many") {
  for (const double users : {1e-30, 1.0, 1e9}) {
    auto s = service();
    s.application.daily_users = users;
    for (const lc::explanation& e : lc::explain(s)) {
      CAPTURE(e.figure);
      CHECK(e.reason.empty());
      check_numbers(e.inputs);
    }
  }
}
