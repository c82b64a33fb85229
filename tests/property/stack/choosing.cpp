// The plan that composing chooses: whoever loosens an objective, buys more or pays less for it never pays more in the end.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "../../approx.hpp"
#include "catalog_stacks.hpp"

using namespace layercake_test;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double rounding = 1e-4;  // docs/signs.md

// The whole bill, in whole replicas and nodes; infinite where no plan serves.
double whole_cost(const layers_of_stack& x) {
  try {
    return in<usd_per_hour>(x.composed().pull().cost());
  } catch (const lc::infeasible&) {
    return infinity;
  }
}

struct series {
  long compared = 0, wrong = 0;
  double worst = 0;
  std::string where;

  // Costs in an order in which each is at most the one before.
  void falls(const std::vector<double>& costs, const std::string& at) {
    for (std::size_t i = 1; i < costs.size(); ++i) {
      ++compared;
      if (!(costs[i] > costs[i - 1] * (1 + rounding))) continue;
      ++wrong;
      if (costs[i] / costs[i - 1] > worst) worst = costs[i] / costs[i - 1], where = at + ", step " + std::to_string(i);
    }
  }
  void check(const char* what) const {
    INFO(std::string(what) << ": dearer in " << wrong << " of " << compared << ", up to " << worst
                           << " times: " << where);
    CHECK(wrong == 0);
  }
};

constexpr double steps[] = {1, 1.01, 1.1, 1.5, 3, 10};  // times better

template <class Change>
std::vector<double> costs_of(const layers_of_stack& x, Change&& change) {
  std::vector<double> costs;
  for (const double step : steps) {
    layers_of_stack y = x;
    change(y, step);
    costs.push_back(whole_cost(y));
  }
  return costs;
}

lc::applications::workload million_users() {
  return {.daily_users = 1e6, .tasks_per_user = 12 / day, .input = 1200 * token, .output = 300 * token};
}

layers_of_stack service(const lc::chips::accelerator& chip, const lc::models::transformer& model) {
  return {lc::energy::catalog::grid_ercot,
          chip,
          lc::infrastructure::site{.power_usage_effectiveness = 1.25},
          model.at(lc::precision::fp8).cache(lc::precision::fp8),
          million_users(),
          {}};
}

// Written per second by a chip in service, at the busiest hour.
double tokens_of_chip(const layers_of_stack& x) {
  const auto bill = x.composed().pull(lc::counting::smooth);
  return in<token_per_second>(bill.serving.output_tokens) * x.application.peak_to_mean / plain(bill.built.chips);
}

}  // namespace

TEST_CASE("looser, larger, faster or cheaper never costs more, fewer users never do") {
  series first, interval, memory, bandwidth, fabric, price, power, users;
  for_each_catalog_stack(4, [&](const layers_of_stack& x, const std::string& at) {
    if (!(whole_cost(x) < infinity)) return;
    first.falls(
        costs_of(x,
                 [](auto& y, double f) { y.application.time_to_first_token = y.application.time_to_first_token * f; }),
        at);
    interval.falls(
        costs_of(x, [](auto& y,
                       double f) { y.application.time_per_output_token = y.application.time_per_output_token * f; }),
        at);
    memory.falls(costs_of(x, [](auto& y, double f) { y.chip.memory = y.chip.memory * f; }), at);
    bandwidth.falls(costs_of(x, [](auto& y, double f) { y.chip.memory_bandwidth = y.chip.memory_bandwidth * f; }), at);
    fabric.falls(costs_of(x, [](auto& y, double f) { y.chip.scale_up_bandwidth = y.chip.scale_up_bandwidth * f; }), at);
    price.falls(costs_of(x, [](auto& y, double f) { y.chip.price = y.chip.price / f; }), at);
    power.falls(costs_of(x, [](auto& y, double f) { y.energy.price = y.energy.price * (1 / f); }), at);
    users.falls(costs_of(x, [](auto& y, double f) { y.application.daily_users = y.application.daily_users / f; }), at);
  });
  CHECK(users.compared > 500);
  first.check("a looser time to first token");
  interval.check("a looser time per output token");
  memory.check("more memory");
  bandwidth.check("more memory bandwidth");
  fabric.check("more bandwidth between chips");
  price.check("a cheaper chip");
  power.check("cheaper power");
  users.check("fewer users");
}

// 61 ms used to take 400 chips and 61.5 ms 3,032.
TEST_CASE("a service costs less and less as its time to first token is loosened") {
  layers_of_stack x = service(lc::chips::catalog::h100_sxm, lc::models::catalog::llama_3_1_70b);
  series s;
  std::vector<double> costs;
  for (double t = 40; t <= 120; t += 0.5) {
    x.application.time_to_first_token = t * millisecond;
    costs.push_back(whole_cost(x));
  }
  s.falls(costs, "from 40 ms by 0.5 ms");
  s.check("time to first token");
}

// 24,800 tokens used to cost $117.5/Mtok and 25,000 $42.4 on an H100; on an A100 24,500 cost 32 % more than 24,600.
TEST_CASE("a service costs more and more as its prompts grow") {
  layers_of_stack hopper = service(lc::chips::catalog::h100_sxm, lc::models::catalog::llama_3_1_70b);
  layers_of_stack ampere = hopper;
  ampere.chip = lc::chips::catalog::a100_sxm_40gb;
  ampere.model = lc::models::catalog::gpt_2_4b_l36_d3072_h24_v51200.at(lc::precision::bf16);
  ampere.application.output = 6.5 * token;
  ampere.application.time_to_first_token = 3 * second;
  ampere.application.time_per_output_token = 0.05 * second / token;
  series s;
  for (layers_of_stack x : {hopper, ampere}) {
    std::vector<double> costs;
    for (double n = 30000; n >= 20000; n -= 200) {
      x.application.input = n * token;
      costs.push_back(whole_cost(x));
    }
    s.falls(costs, std::string(x.chip.name) + ", from 30,000 by 200 tokens down");
  }
  s.check("shorter prompts");
}

// With experts cut over tensor ranks alone a chip wrote 325 and 186.
TEST_CASE("mixtures are spread over experts' ranks where that is cheaper") {
  CHECK(tokens_of_chip(service(lc::chips::catalog::h100_sxm, lc::models::catalog::qwen3_235b_a22b)) >= 744);
  CHECK(tokens_of_chip(service(lc::chips::catalog::h200_sxm, lc::models::catalog::deepseek_v3)) >= 422);
}

TEST_CASE("no plan of the caller's is cheaper than the one that is chosen") {
  series s;
  for_each_catalog_stack(3, [&](layers_of_stack x, const std::string& at) {
    const double chosen = whole_cost(x);
    if (!(chosen < infinity)) return;
    x.planned = true;
    for (double stages = 1; stages <= 8; stages *= 2) {
      for (double ranks = 1; ranks <= x.chip.scale_up_domain && ranks <= 64; ranks *= 2) {
        for (double experts = 1; experts <= (x.model.architecture.experts > 0 ? 64 : 1); experts *= 4) {
          x.plan = {.tensor = ranks, .pipeline = stages, .expert = experts};
          double other = infinity;
          try {
            other = whole_cost(x);
          } catch (const lc::invalid_value&) {  // heads, layers or experts do not divide
          }
          s.falls({other, chosen},
                  at + ", " + lc::to_string(ranks) + " x " + lc::to_string(stages) + " x " + lc::to_string(experts));
        }
      }
    }
  });
  s.check("the chosen plan beside another");
}

namespace {

std::vector<double> figures(const any_stack& s) {
  std::vector<double> all;
  const auto bill = s.pull();
  std::apply([&](const auto&... f) { (all.push_back(lc::base_value(f.read(bill))), ...); }, lc::bill_figures());
  return all;
}

// The changed stack gives the same bits.
template <class Change>
void changes_nothing(const layers_of_stack& x, const char* what, Change&& change) {
  layers_of_stack y = x;
  change(y);
  const auto before = figures(x.composed()), after = figures(y.composed());
  for (std::size_t i = 0; i < before.size(); ++i) {
    INFO(std::string(what) << ", figure " << i);
    CHECK((before[i] == after[i] || (std::isnan(before[i]) && std::isnan(after[i]))));
  }
}

template <class Record>
void double_all(Record& x) {
  lc::for_each_field(x, "", [&](const std::string&, auto& value, const auto& d) {
    const double twice = 2 * lc::base_value(value);
    if (d.allowed.contains(twice)) value = lc::from_base_value<std::remove_cvref_t<decltype(value)>>(twice);
  });
}

}  // namespace

TEST_CASE("what a stack does not use changes no bit of its bill") {
  layers_of_stack x = service(lc::chips::catalog::h100_sxm, lc::models::catalog::llama_3_1_70b);
  changes_nothing(x, "peaks of other formats", [](auto& y) {
    y.chip.peak.int8 = y.chip.peak.int8 * 2.0;
    y.chip.peak.tf32 = y.chip.peak.tf32 * 2.0;
    y.chip.peak.fp4 = 4 * petaflop_per_second;
  });
  changes_nothing(x, "experts of a dense model", [](auto& y) { y.model.architecture.expert_width = 4096; });
  changes_nothing(x, "a window that no layer has", [](auto& y) { y.model.architecture.sliding_window = 4096; });
  changes_nothing(x, "reliability, of training", [](auto& y) { double_all(y.infrastructure.reliability); });
  changes_nothing(x, "names", [](auto& y) { y.chip.name = "another", y.application.name = "another"; });
  changes_nothing(x, "what the makers state", [](auto& y) { y.model.architecture.published_parameters = 1; });

  x.planned = true;
  x.plan = {.tensor = 2};
  changes_nothing(x, "a draft that drafts nothing", [](auto& y) {
    y.plan.speculation.acceptance = 0.7;
    y.plan.speculation.draft_cost = 0.3;
  });
  changes_nothing(x, "experts, whole or cut, of a dense model", [](auto& y) { y.plan.whole_experts = true; });
  changes_nothing(x, "the network between nodes, inside one", [](auto& y) {
    double_all(y.infrastructure.network.scale_out);
    y.infrastructure.network.bandwidth = y.infrastructure.network.bandwidth * 2.0;
  });

  x.model = lc::models::catalog::llama_3_1_8b.at(lc::precision::bf16);
  x.plan = {};
  changes_nothing(x, "the fabric, of a model on one chip", [](auto& y) {
    double_all(y.infrastructure.network.scale_up);
    y.chip.scale_up_bandwidth = y.chip.scale_up_bandwidth * 2.0;
    y.chip.scale_up_domain = 72;
  });
  changes_nothing(x, "peaks of narrower formats", [](auto& y) {
    y.chip.peak.fp8 = y.chip.peak.fp8 * 2.0;
    y.chip.peak.int8 = y.chip.peak.int8 * 2.0;
    y.chip.peak.fp4 = 4 * petaflop_per_second;
  });
}

TEST_CASE("best_plan: an objective that is not set is one that all keep") {
  const lc::infrastructure::site site;
  const auto model = lc::models::catalog::llama_3_1_70b.at(lc::precision::fp8);
  const auto& chip = lc::chips::catalog::h100_sxm;
  const lc::call_demand<> asked{.calls = 138.9 / second,
                                .peak_to_mean = 3,
                                .input = 1200 * token,
                                .output = 300 * token,
                                .time_to_first_token = 1 * second,
                                .time_per_output_token = 0.05 * second / token};
  const auto chips = [&](const lc::call_demand<>& d) {
    return lc::best_plan(lc::serving_goal::fewest_chips, chip, site, model, d).chips;
  };
  auto endless = asked, unset = asked;
  endless.time_to_first_token = 1e9 * second, endless.time_per_output_token = 1e9 * second / token;
  unset.time_to_first_token = lc::unknown<>, unset.time_per_output_token = lc::unknown<>;
  CHECK(chips(unset) == chips(endless));
  CHECK(chips(unset) <= chips(asked));
  auto one = asked, other = asked;
  one.time_to_first_token = lc::unknown<>, other.time_per_output_token = lc::unknown<>;
  CHECK(chips(one) <= chips(asked));
  CHECK(chips(other) <= chips(asked));
  CHECK(chips(unset) <= chips(one));

  auto refused = asked;
  for (const double rate : {-5.0, std::nan(""), infinity}) {
    refused.calls = rate / second;
    CAPTURE(rate);
    CHECK_THROWS_WITH_AS(chips(refused), doctest::Contains("calls"), lc::invalid_value);
  }
  refused.calls = 0 / second;
  try {
    const auto choice = lc::best_plan(lc::serving_goal::least_energy, chip, site, model, refused);
    CHECK_FALSE(std::isnan(choice.chips));
    CHECK_FALSE(std::isnan(lc::base_value(choice.energy)));
  } catch (const lc::invalid_value& e) {
    CHECK(std::string(e.what()).find("calls") != std::string::npos);
  }
}
