// Sweeps of whole stacks: every point has the bits of the stack composed at that point.
#include <cmath>
#include <doctest/doctest.h>
#include <layercake/bulk/run/sweep.hpp>
#include <layercake/bulk/space/sobol.hpp>
#include <layercake/layercake.hpp>

#include "../../approx.hpp"

namespace lc = layercake;
namespace bulk = layercake::bulk;
using namespace layercake::units;

namespace {

const auto service =
    lc::stack{lc::energy::catalog::grid_ercot, lc::chips::catalog::h100_sxm,
              lc::infrastructure::site{.chips_per_node = 8, .power_usage_effectiveness = 1.25},
              lc::models::catalog::llama_3_1_70b.at(lc::precision::fp8),
              lc::applications::assistant{
                  .daily_users = 1e6, .tasks_per_user = 12 / day, .input = 1200 * token, .output = 300 * token}};

constexpr auto price = [](const auto& bill) { return bill.price_of_tokens(); };
constexpr auto carbon = [](const auto& bill) { return bill.carbon_per_task(); };
constexpr auto energy_price = [](auto& s) -> auto& { return s.energy.price; };
constexpr auto users = [](auto& s) -> auto& { return s.application.daily_users; };
constexpr auto efficiency = [](auto& s) -> auto& { return s.infrastructure.power_usage_effectiveness; };
constexpr auto bandwidth = [](auto& s) -> auto& { return s.chip.memory_bandwidth; };
constexpr auto chip = [](auto& s) -> auto& { return s.chip; };

}  // namespace

TEST_CASE("every point of a sweep is the stack at that point, to the bit") {
  const auto space = bulk::sweep(service)
                         .over(energy_price, bulk::linear(30 * usd / megawatt_hour, 120 * usd / megawatt_hour, 7))
                         .choose(chip, std::vector{lc::chips::catalog::h100_sxm, lc::chips::catalog::b200_sxm})
                         .over(users, bulk::logarithmic(1e4, 1e8, 5))
                         .zip(bulk::along(efficiency, bulk::linear(1.05, 1.5, 3)),
                              bulk::along(bandwidth, bulk::linear(2 * terabyte / second, 5 * terabyte / second, 3)));
  CHECK(space.points() == 7 * 2 * 5 * 3);
  lc::quantity<lc::unit::usd_per_token> unused;
  bulk::column<decltype(unused)> prices(210);
  std::vector<double> carbons(210);
  const auto [low, tally, c1, c2] = space.run(bulk::minimum(price), bulk::counts(), bulk::into(prices.view(), price),
                                              bulk::into(bulk::view(carbons, kilogram_co2e), carbon));
  CHECK(tally.points == 210);
  CHECK(tally.feasible == 210);
  std::uint64_t best = 0;
  for (std::uint64_t i = 0; i < 210; ++i) {
    const auto bill = space.at(i).pull();
    // exp and log, in the annuities, are the vector library's: their arguments do not depend on these axes, so they are folded by the scalar path
    CHECK(prices[i] == bill.price_of_tokens());
    CHECK(carbons[i] == lc::in<kilogram_co2e>(bill.carbon_per_task()));
    if (prices[i] < prices[best]) best = i;
  }
  CHECK(low.index == best);
  CHECK(low.value == prices[best]);
  const auto where = space.coordinates(best);
  REQUIRE(where.size() == 5);
  CHECK(where[0].first == "energy.price");
  CHECK(where[0].second == "$30/MWh");
  CHECK(where[2].first == "infrastructure.power_usage_effectiveness");
}

TEST_CASE("infeasible points are counted by reason and never win") {
  const auto [low, tally] =
      bulk::sweep(service)
          .over(
              [](auto& s) -> auto& { return s.chip.memory; }, bulk::linear(0.1 * gigabyte, 200 * gigabyte, 20))
          .over(energy_price, bulk::linear(30 * usd / megawatt_hour, 120 * usd / megawatt_hour, 100))
          .where("more than 10 MW",
                 [](const auto& s, const auto& bill) {
                   return bill.built.power.peak <= 10 * megawatt || s.energy.price < 40 * usd / megawatt_hour;
                 })
          .run(bulk::minimum(price), bulk::counts());
  CHECK(tally.points == 2000);
  double failed = 0;
  bool memory = false;
  for (const auto& f : tally.failures)
    failed += f.points, memory |= f.reason.find("do not fit in memory") != std::string::npos;
  CHECK(memory);
  CHECK(tally.feasible == 2000 - failed);
  CHECK(tally.feasible > 0);
  CHECK(low.exists);
  const auto none = bulk::sweep(service)
                        .over(energy_price, bulk::linear(30 * usd / megawatt_hour, 120 * usd / megawatt_hour, 100))
                        .where("impossible", [](const auto& bill) { return bill.built.power.peak < 0 * watt; })
                        .run(bulk::minimum(price));
  CHECK_FALSE(none.exists);
}

TEST_CASE("a combination that cannot be composed is counted") {
  auto small = lc::chips::catalog::h100_sxm;
  small.price = lc::unknown<lc::quantity<lc::unit::usd>>();
  const auto tally =
      bulk::sweep(service).choose(chip, std::vector{small, lc::chips::catalog::h100_sxm}).run(bulk::counts());
  CHECK(tally.points == 2);
  CHECK(tally.feasible == 1);
  REQUIRE(tally.failures.size() == 1);
  CHECK(tally.failures[0].reason == "the combination cannot be composed");
}

TEST_CASE("uncertain inputs: quantiles of the price, and draws outside the domain are counted") {
  const auto ask = [](const bulk::sample& points) {
    return bulk::sweep(service)
        .sampled(points, bulk::uncertain(energy_price, bulk::log_normal(60 * usd / megawatt_hour, 1.2)),
                 bulk::uncertain(efficiency, bulk::triangular(1.05, 1.2, 1.5)),
                 bulk::uncertain(
                     [](auto& s) -> auto& { return s.chip.price; }, bulk::normal(28000 * usd, 4000 * usd)))
        .run(bulk::moments(price), bulk::quantiles({0.05, 0.5, 0.95}, price), bulk::counts());
  };
  const auto [random, q, t] = ask(bulk::random(1 << 14, 5));
  const auto [even, p, u] = ask(bulk::sobol(1 << 14, 5));
  CHECK(t.feasible == 1 << 14);
  CHECK(lc::abs(random.mean - even.mean) < 4 * random.error_of_mean);
  CHECK(q[1] / p[1] == approx(1).epsilon(0.01));
  CHECK(q[0] < q[1]);

  const auto outside =
      bulk::sweep(service)
          .sampled(bulk::random(1 << 14),
                   bulk::uncertain(energy_price, bulk::normal(10 * usd / megawatt_hour, 10 * usd / megawatt_hour)))
          .run(bulk::counts());
  REQUIRE(outside.failures.size() == 1);
  CHECK(outside.failures[0].reason == "energy.price is drawn outside its domain");
  CHECK(outside.failures[0].points / outside.points == approx(0.1587).epsilon(0.05));  // a share of Phi(-1)
}

TEST_CASE("an axis outside the input's domain is refused by name") {
  const auto says = [](const auto& f, const char* word) {
    try {
      f();
    } catch (const lc::error& e) {
      CHECK_MESSAGE(std::string(e.what()).find(word) != std::string::npos, e.what());
      return;
    }
    FAIL("nothing was thrown");
  };
  says(
      [] {
        bulk::sweep(service).over(energy_price, bulk::linear(-5 * usd / megawatt_hour, 50 * usd / megawatt_hour, 10));
      },
      "energy.price reaches");
  says([] { bulk::sweep(service).over(efficiency, bulk::linear(0.5, 1.5, 10)); }, "power_usage_effectiveness");
  says(
      [] {
        bulk::sweep(service).over(efficiency, bulk::linear(1.1, 1.5, 10)).over(efficiency, bulk::linear(1.1, 1.5, 10));
      },
      "on two axes");
  says(
      [] {
        bulk::sweep(service).zip(bulk::along(efficiency, bulk::linear(1.1, 1.5, 10)),
                                 bulk::along(users, bulk::linear(1.0, 9.0, 9)));
      },
      "10 and 9 points");
  says([] { bulk::sweep(service).choose(chip, std::vector<lc::chips::accelerator>{}); }, "nothing to choose");
}

TEST_CASE("a billion points need no memory for them") {
  // Not run: laid out, and its chunks are few.
  const auto space = bulk::sweep(service)
                         .over(energy_price, bulk::linear(30 * usd / megawatt_hour, 120 * usd / megawatt_hour, 1e5))
                         .over(efficiency, bulk::linear(1.05, 1.6, 1e4));
  CHECK(space.points() == 1e9);
  CHECK(space.at(999999999).infrastructure.power_usage_effectiveness == 1.6);
}
