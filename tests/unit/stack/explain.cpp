// Explanations of what is infinite: the reason beside the figure, and no slope that is none.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "service.hpp"

using namespace layercake_test;

namespace {
struct ruinous {
  lc::call_demand<> demand;
  lc::quantity<lc::unit::usd> cost_per_task = std::numeric_limits<double>::infinity() * usd;
  lc::call_demand<> pull() const { return demand; }
  template <class N>
  auto push(const lc::quantity<lc::unit::per_second, N>& calls) const {
    return lc::applications::basic_usage<N>{.tasks = calls, .users = N(1)};
  }
};

void check_numbers(const std::vector<lc::sensitivity>& inputs) {
  for (const lc::sensitivity& x : inputs) {
    CAPTURE(x.input);
    CHECK(std::isfinite(x.slope));
    CHECK(std::isfinite(x.elasticity));
  }
}
}  // namespace

TEST_CASE("a stack that costs infinity says which constraint fails") {
  auto apart = service();
  apart.energy.connection = 1 * kilowatt;
  auto vast = service();
  vast.application.daily_users = 1e25;
  CHECK(lc::why_not(service()).empty());
  CHECK(lc::why_not(apart).find("at most the connection, 1 kW") != std::string::npos);
  CHECK(lc::to_string(apart.pull()).find("infeasible: no supply carries the power") == 0);
  CHECK(lc::why_not(vast).find("nodes are more than its tiers of switches join") != std::string::npos);
  CHECK(lc::to_string(vast.pull()).find("infeasible: a line of the cost is infinite") == 0);
  for (const auto& s : {apart, vast}) {
    for (const lc::explanation& e : lc::explain(s)) {
      CAPTURE(e.figure);
      check_numbers(e.inputs);
      const bool infinite = e.value.find("inf") <= 1;  // inf, -inf
      CHECK(e.reason == (infinite ? lc::why_not(s) : std::string()));
      if (infinite) CHECK(lc::to_string(e).find(e.reason) != std::string::npos);
    }
  }
  const auto base = service();
  const auto ruined =
      lc::stack{base.energy, base.chip, base.infrastructure, base.model, ruinous{base.application.pull()}};
  CHECK(lc::why_not(ruined).find("application_cost is infinite") == 0);
}

TEST_CASE("where no plan answers, nothing is explained but why") {
  auto slow = service();
  slow.application.time_per_output_token = 1 * microsecond / token;
  CHECK_THROWS_WITH_AS(lc::why_not(slow), doctest::Contains("a token takes"), lc::infeasible);
  CHECK_THROWS_WITH_AS(lc::explain(slow), doctest::Contains("a token takes"), lc::infeasible);
}

TEST_CASE("a figure that is infinite or unknown has no slopes, which is said") {
  const auto cost = [](const auto& b) { return b.cost(); };
  const auto water = [](const auto& b) { return b.water(); };
  const auto of_users = [](const auto& b) { return b.cost_per_user(); };
  auto vast = service();
  vast.application.daily_users = 1e25;
  CHECK_THROWS_WITH_AS(lc::gradient(vast), doctest::Contains("nodes are more than its tiers of switches join"),
                       lc::infeasible);
  CHECK_THROWS_WITH_AS(lc::gradients(vast, water, cost), doctest::Contains("has no slopes: network: "), lc::infeasible);
  CHECK(lc::gradients(vast, water)[0].front().elasticity != 0);  // the water of so many is a number
  auto apart = service();
  apart.energy.connection = 1 * kilowatt;
  CHECK_THROWS_WITH_AS(lc::gradient(apart, cost), doctest::Contains("energy: "), lc::infeasible);
  auto dry = service();
  dry.energy.water = lc::unknown<>;
  CHECK_THROWS_WITH_AS(lc::gradient(dry, water), doctest::Contains("the figure is unknown and has no slopes"),
                       lc::missing_value);
  CHECK(lc::gradient(dry).front().elasticity != 0);
  const auto base = service();
  const auto nobody = [](const auto& b) { return b.cost_per_task() / (b.usage.users * 0); };
  CHECK_THROWS_WITH_AS(lc::gradient(base, nobody), doctest::Contains("it is one for each of what the bill has none of"),
                       lc::infeasible);
  CHECK(!lc::gradient(base, of_users).empty());
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
