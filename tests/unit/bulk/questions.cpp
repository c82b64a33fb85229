// Any input of a training or serving question is an axis by naming it: every point of such a sweep is the scalar answer
// at that point.
#include <cmath>
#include <doctest/doctest.h>
#include <layercake/bulk/run/sweep.hpp>
#include <layercake/layercake.hpp>
#include <layercake/serving/regimes.hpp>
#include <layercake/training/run.hpp>
#include <vector>

namespace lc = layercake;
namespace bulk = layercake::bulk;
using namespace layercake::units;

namespace {

// What a training run asks of all layers, as one record.
template <class T = double>
struct training_question {
  lc::chips::basic_accelerator<T> chip = lc::with_number<T>(lc::chips::catalog::h100_sxm);
  lc::models::basic_transformer<T> model = lc::with_number<T>(lc::models::catalog::llama_3_1_70b);
  lc::infrastructure::basic_site<T> site{};
  lc::energy::basic_grid<T> energy = lc::with_number<T>(lc::energy::catalog::grid_ercot);
  lc::basic_training_plan<T> plan{};
  lc::basic_training_run<T> run{};

  template <class U>
  using with_number = training_question<U>;
  static constexpr auto fields() {
    using X = training_question;
    return std::tuple{lc::part("chip", &X::chip), lc::part("model", &X::model),   lc::part("site", &X::site),
                      lc::part("plan", &X::plan), lc::part("energy", &X::energy), lc::part("run", &X::run)};
  }
};
struct trained {
  template <class X>
  auto operator()(const X& x) const {
    using T = std::remove_cvref_t<decltype(x.plan.tensor)>;
    const auto step = lc::training_law_of<T>(x.model, x.chip, x.site)(x.plan);
    return std::pair{lc::run_training(step, x.run, x.chip, x.site, x.energy), step};
  }
};
constexpr auto cost = [](const auto& r) { return r.first.cost(); };
constexpr auto days = [](const auto& r) { return r.first.wall_clock; };
constexpr auto memory = [](const auto& r) { return r.second.memory.total(); };

// Within so many units in the last place, NaN and infinities alike.
bool near(double a, double b, double ulp) {
  return a == b || (std::isnan(a) && std::isnan(b)) || std::fabs(a - b) <= ulp * 0x1p-52 * std::fabs(b);
}

}  // namespace

TEST_CASE("a training question: plans, chips, models and grids, zipped, crossed and constrained") {
  training_question<> base;
  base.plan.global_batch = 1024;
  base.plan.sequence = 4096;
  base.plan.recompute = lc::recomputation::automatic;
  const auto space = bulk::sweep(base, trained{})
                         .choose(
                             [](auto& q) -> auto& { return q.chip; },
                             std::vector{lc::chips::catalog::h100_sxm, lc::chips::catalog::b200_sxm})
                         .choose(
                             [](auto& q) -> auto& { return q.model; },
                             std::vector{lc::models::catalog::llama_3_1_8b, lc::models::catalog::llama_3_1_70b})
                         .choose(
                             [](auto& q) -> auto& { return q.energy; },
                             std::vector{lc::energy::catalog::grid_ercot, lc::energy::catalog::grid_pjm})
                         .choose(
                             [](auto& q) -> auto& { return q.plan.sharding; },
                             std::vector{lc::sharding::optimizer, lc::sharding::full})
                         .over(
                             [](auto& q) -> auto& { return q.plan.tensor; }, bulk::list({1, 2, 4, 8}))
                         .over(
                             [](auto& q) -> auto& { return q.plan.pipeline; }, bulk::integers(1, 4))
                         .over(
                             [](auto& q) -> auto& { return q.plan.data; }, bulk::list({16, 32, 64, 128, 256}))
                         .over(
                             [](auto& q) -> auto& { return q.plan.micro_batch; }, bulk::integers(1, 2))
                         .zip(bulk::along(
                                  [](auto& q) -> auto& { return q.run.tokens; },
                                  bulk::list({1 * trillion_tokens, 15 * trillion_tokens})),
                              bulk::along(
                                  [](auto& q) -> auto& { return q.energy.price; },
                                  bulk::list({40 * usd / megawatt_hour, 90 * usd / megawatt_hour})))
                         .where("not 512 chips", [](const auto& q, const auto&) { return q.plan.chips() == 512.0; })
                         .where("does not fit in memory", [](const auto& r) { return r.second.memory.fits(); });
  const std::uint64_t points = 2 * 2 * 2 * 2 * 4 * 4 * 5 * 2 * 2;
  REQUIRE(space.points() == points);
  std::vector<double> costs(points), times(points), bytes(points);
  const auto [cheapest, fastest, tally, a, b, c] =
      space.run(bulk::minimum(cost), bulk::minimum(days), bulk::counts(), bulk::into(bulk::view(costs, usd), cost),
                bulk::into(bulk::view(times, second), days), bulk::into(bulk::view(bytes, byte), memory));
  CHECK(tally.points == points);
  REQUIRE(tally.failures.size() >= 1);
  CHECK(tally.failures[0].reason == "not 512 chips");

  double feasible = 0, best = std::numeric_limits<double>::infinity();
  std::uint64_t best_at = 0;
  for (std::uint64_t i = 0; i < points; ++i) {
    const auto q = space.at(i);
    const auto r = trained{}(q);
    const bool kept = q.plan.chips() == 512 && r.second.memory.fits();
    CAPTURE(i);
    if (!kept) {
      CHECK(std::isnan(costs[i]));
      continue;
    }
    feasible += 1;
    CHECK(near(costs[i], lc::in<usd>(cost(r)), 64));
    CHECK(near(times[i], lc::in<second>(days(r)), 64));
    CHECK(near(bytes[i], lc::in<byte>(memory(r)), 64));
    if (costs[i] < best) best = costs[i], best_at = i;
  }
  CHECK(tally.feasible == feasible);
  CHECK(feasible > 100);
  CHECK(cheapest.index == best_at);
  const auto where = space.coordinates(fastest.index);
  REQUIRE(where.size() == 10);
  CHECK(where[0].first == "plan.tensor");
  CHECK(where[4].first == "run.tokens");
  CHECK(where[5].first == "energy.price");
}

TEST_CASE("an axis of a count takes whole numbers inside the count's domain, and nothing else") {
  const auto over_tensor = [](const auto& axis) {
    try {
      bulk::sweep(lc::training_plan{}, [](const auto& p) { return p.chips(); })
          .over(
              [](auto& p) -> auto& { return p.tensor; }, axis);
    } catch (const bulk::invalid_axis& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  CHECK(over_tensor(bulk::integers(1, 8)).empty());
  CHECK(over_tensor(bulk::linear(2.0, 16.0, 8)).empty());
  CHECK(over_tensor(bulk::integers(0, 8)) ==
        "bulk: the axis of tensor reaches 0; allowed: a whole number, at least 1. It is chips that share every layer.");
  CHECK(over_tensor(bulk::linear(1.0, 8.0, 15)).find("reaches 1.5; allowed: a whole number") != std::string::npos);
  CHECK_THROWS_WITH_AS(
      bulk::sweep(lc::training_plan{}, [](const auto& p) { return p.chips(); })
          .sampled(bulk::random(10), bulk::uncertain(
                                         [](auto& p) -> auto& { return p.tensor; }, bulk::uniform(1.0, 8.0))),
      doctest::Contains("tensor is a whole number, and a distribution gives values between"), bulk::invalid_axis);
}

namespace {
struct served {
  template <class X>
  auto operator()(const X& s) const {
    using T = std::remove_cvref_t<decltype(s.plan.tensor)>;
    const auto demand = lc::widened<T>(s.application.pull());
    const auto r = lc::replica_of<T>(s.chip, s.infrastructure, s.model, s.plan, demand);
    return std::pair{lc::inflight_fixed_concurrency(r, T(16)), lc::inflight_open_loop(r, demand.calls, T(0.99))};
  }
};
constexpr auto rate = [](const auto& r) { return r.first.calls; };
constexpr auto slow_token = [](const auto& r) { return r.second.slow_output_token; };
}  // namespace

TEST_CASE("a serving question: ranks, lengths, load and software, under two regimes") {
  const auto service =
      lc::stack{lc::energy::catalog::grid_ercot, lc::chips::catalog::h100_sxm, lc::infrastructure::site{},
                lc::models::catalog::llama_3_1_70b.at(lc::precision::fp8),
                lc::applications::assistant{
                    .daily_users = 1e4, .tasks_per_user = 12 / day, .input = 1200 * token, .output = 300 * token}};
  const auto space =
      bulk::sweep(service, served{})
          .choose(
              [](auto& s) -> auto& { return s.chip; },
              std::vector{lc::chips::catalog::h100_sxm, lc::chips::catalog::h200_sxm})
          .over(
              [](auto& s) -> auto& { return s.plan.tensor; }, bulk::list({2, 4, 8}))
          .over(
              [](auto& s) -> auto& { return s.application.daily_users; }, bulk::logarithmic(100.0, 1e4, 5))
          .zip(bulk::along(
                   [](auto& s) -> auto& { return s.application.input; }, bulk::linear(200 * token, 3200 * token, 7)),
               bulk::along(
                   [](auto& s) -> auto& { return s.application.output; }, bulk::linear(800 * token, 200 * token, 7)))
          .over(
              [](auto& s) -> auto& { return s.plan.software.kernel_share; }, bulk::linear(0.7, 1.0, 3))
          .where("longer than the context kept", [](const auto& s, const auto&) {
            return plain(s.application.input) + plain(s.application.output) <= 3100 * token;
          });
  const std::uint64_t points = 2 * 3 * 5 * 7 * 3;
  REQUIRE(space.points() == points);
  std::vector<double> rates(points), slow(points);
  const auto [best, tally, a, b] =
      space.run(bulk::maximum(rate), bulk::counts(), bulk::into(bulk::view(rates, hertz), rate),
                bulk::into(bulk::view(slow, second), slow_token));
  CHECK(tally.points == points);
  double feasible = 0;
  for (std::uint64_t i = 0; i < points; ++i) {
    const auto s = space.at(i);
    const bool kept = plain(s.application.input) + plain(s.application.output) <= 3100 * token;
    feasible += kept;
    CAPTURE(i);
    const auto r = served{}(s);
    CHECK(near(rates[i], kept ? lc::in<hertz>(rate(r)) : std::nan(""), 64));
    // a search, whose steps in a lane are the scalar's, and an exponential stand between
    CHECK(near(slow[i], kept ? lc::in<second>(slow_token(r)) : std::nan(""), 256));
  }
  CHECK(tally.feasible == feasible);
  CHECK(feasible == 2 * 3 * 5 * 6 * 3);
  CHECK(rates[best.index] == lc::in<hertz>(best.value));
}
