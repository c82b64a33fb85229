// Sweeps of a stack: every point has the plan that a stack composed of its inputs has, and says what fails.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <layercake/bulk/run/sweep.hpp>
#include <layercake/layercake.hpp>
#include <string>
#include <vector>

namespace {

namespace lc = layercake;
namespace bulk = layercake::bulk;
using namespace layercake::units;

auto service(const char* model) {
  return lc::stack{lc::energy::catalog::grid_ercot, lc::chips::catalog::h100_sxm, lc::infrastructure::site{},
                   lc::models::catalog::find(model).at(lc::precision::fp8),
                   lc::applications::assistant{
                       .daily_users = 1e5, .tasks_per_user = 12 / day, .input = 1200 * token, .output = 300 * token}};
}
const auto first_token = [](auto& s) -> auto& { return s.application.time_to_first_token; };
const auto input = [](auto& s) -> auto& { return s.application.input; };
const auto price = [](auto& s) -> auto& { return s.energy.price; };
const auto users = [](auto& s) -> auto& { return s.application.daily_users; };
const auto bandwidth = [](auto& s) -> auto& { return s.chip.memory_bandwidth; };
const auto connection = [](auto& s) -> auto& { return s.energy.connection; };
const auto concurrency = [](auto& s) -> auto& { return s.plan.concurrency; };
const auto heads = [](auto& s) -> auto& { return s.model.architecture.heads; };

// Compares every point with a stack composed of its inputs. Returns how many plans there were.
template <class Sweep>
std::size_t compare(const Sweep& sweep, lc::counting how = lc::counting::whole) {
  std::vector<double> cost(static_cast<std::size_t>(sweep.points()));
  sweep.run(bulk::into(bulk::view(cost), [](const auto& b) { return lc::base_value(b.cost()); }));
  std::vector<std::string> plans;
  for (std::size_t i = 0; i < cost.size(); ++i) {
    const auto at = sweep.at(i);
    CAPTURE(i);
    try {
      const auto s = lc::stack{at.energy, at.chip, at.infrastructure, at.model, at.application, at.search()};
      const auto& plan = s.plan_of(how);
      const std::string name = lc::to_string(plan.tensor) + "x" + lc::to_string(plan.pipeline) + "x" +
                               lc::to_string(plan.expert) + "x" + lc::to_string(plan.attention_data);
      if (std::find(plans.begin(), plans.end(), name) == plans.end()) plans.push_back(name);
      CHECK(cost[i] == doctest::Approx(lc::base_value(s.pull(how).cost())).epsilon(1e-12));
      CHECK(lc::base_value(at.pull(how).cost()) == lc::base_value(s.pull(how).cost()));
    } catch (const lc::infeasible&) {
      CHECK(std::isnan(cost[i]));
    }
  }
  return plans.size();
}

}  // namespace

TEST_CASE("each point of a sweep has its own plan") {
  const auto s = service("llama-3.1-70b");
  CHECK(compare(bulk::sweep(s).over(first_token, bulk::logarithmic(20 * millisecond, 4 * second, 60))) > 2);
  CHECK(compare(bulk::sweep(s).over(input, bulk::logarithmic(100. * token, 60000. * token, 60))) > 1);
  CHECK(compare(bulk::sweep(s, lc::counting::smooth)
                    .over(input, bulk::logarithmic(100. * token, 30000. * token, 8))
                    .over(bandwidth, bulk::linear(1 * terabyte_per_second, 6 * terabyte_per_second, 6)),
                lc::counting::smooth) > 1);
  CHECK(compare(bulk::sweep(s).over(users, bulk::logarithmic(1, 1e7, 40))) >= 1);
  CHECK(compare(bulk::sweep(s)
                    .choose(
                        [](auto& x) -> auto& { return x.chip; },
                        std::vector{lc::chips::catalog::h100_sxm, lc::chips::catalog::l40s})
                    .over(price, bulk::linear(30 * usd / megawatt_hour, 300 * usd / megawatt_hour, 5))) >= 1);
}

TEST_CASE("the plans of a mixture, and those of a search of one's own") {
  const auto s = service("qwen3-235b-a22b")
                     .with(lc::serving_search{.tensor = {1, 4, 8}, .pipeline = {1, 2}, .expert = {1, 8, 32}});
  CHECK(compare(bulk::sweep(s).over(first_token, bulk::logarithmic(50 * millisecond, 2 * second, 20))) > 1);
  CHECK(compare(bulk::sweep(s).over(users, bulk::logarithmic(1, 1e7, 20))) >= 1);
}

TEST_CASE("many uncertain inputs at once") {
  const auto s = service("llama-3.1-8b");
  const auto utilisation = [](auto& x) -> auto& { return x.infrastructure.utilisation; };
  const auto efficiency = [](auto& x) -> auto& { return x.infrastructure.power_usage_effectiveness; };
  const auto chip_price = [](auto& x) -> auto& { return x.chip.price; };
  const auto idle = [](auto& x) -> auto& { return x.chip.thermal_design_power; };
  CHECK(
      compare(bulk::sweep(s).sampled(
          bulk::random(30, 7), bulk::uncertain(price, bulk::normal(60 * usd / megawatt_hour, 15 * usd / megawatt_hour)),
          bulk::uncertain(efficiency, bulk::uniform(1.05, 1.5)), bulk::uncertain(utilisation, bulk::uniform(0.5, 0.9)),
          bulk::uncertain(chip_price, bulk::uniform(20000 * usd, 40000 * usd)),
          bulk::uncertain(idle, bulk::uniform(600 * watt, 800 * watt)), bulk::uncertain(users, bulk::uniform(10., 1e4)),
          bulk::uncertain(bandwidth, bulk::uniform(2 * terabyte_per_second, 5 * terabyte_per_second)))) >= 1);
}

TEST_CASE("a plan of the caller's is kept at every point") {
  auto s = service("llama-3.1-70b");
  s.plan.tensor = 8;
  const auto sweep = bulk::sweep(s.composed()).over(first_token, bulk::list({0.5 * second, 1 * second, 2 * second}));
  std::vector<double> cost(3);
  sweep.run(bulk::into(bulk::view(cost), [](const auto& b) { return lc::base_value(b.cost()); }));
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(sweep.at(i).plan.tensor == 8);
    CHECK(cost[i] == lc::base_value(sweep.at(i).pull().cost()));
  }
  // An axis of the plan makes it the caller's.
  const auto batches = bulk::sweep(service("llama-3.1-70b")).over(concurrency, bulk::integers(1, 4));
  std::vector<double> of_batch(4);
  batches.run(bulk::into(bulk::view(of_batch), [](const auto& b) { return lc::base_value(b.cost()); }));
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(of_batch[i] == lc::base_value(batches.at(i).pull().cost()));
}

TEST_CASE("a point that fails is counted under what fails") {
  const auto failures = [](const auto& sweep) {
    std::string all;
    for (const auto& f : sweep.run(bulk::counts()).failures)
      all += f.reason + " " + lc::to_string(f.points) + ";";
    return all;
  };
  const auto s = service("llama-3.1-70b");
  CHECK(failures(bulk::sweep(s).over(first_token, bulk::list({1 * microsecond, 1 * second}))) ==
        "an objective for latency cannot be met 1;");
  const auto memory = [](auto& x) -> auto& { return x.chip.memory; };
  CHECK(failures(bulk::sweep(s).over(memory, bulk::list({0.1 * gigabyte, 80 * gigabyte}))) ==
        "weights and cache of one call do not fit in memory 1;");
  CHECK(failures(bulk::sweep(s).over(connection, bulk::list({1 * kilowatt, 1 * gigawatt}))) ==
        "the energy supply cannot carry the power 1;");
  CHECK(failures(bulk::sweep(s.with(lc::serving_plan{.tensor = 8})).over(heads, bulk::list({64, 60}))) ==
        "heads, layers or experts do not divide over the plan 1;");
  auto bad = lc::chips::catalog::h100_sxm;
  bad.price = lc::unknown<>;
  CHECK(failures(bulk::sweep(s).choose(
            [](auto& x) -> auto& { return x.chip; }, std::vector{bad, lc::chips::catalog::h100_sxm})) ==
        "the combination cannot be composed 1;");
}
