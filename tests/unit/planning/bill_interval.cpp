// Bills between which what is measured lies, and the factor of a Monte Carlo.
#include <layercake/planning/questions/bill_interval.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <layercake/bulk/keep/moments.hpp>
#include <layercake/bulk/keep/reductions.hpp>
#include <layercake/bulk/run/sweep.hpp>
#include <layercake/bulk/space/sobol.hpp>
#include <layercake/layercake.hpp>

#include "../../approx.hpp"
#include "../../worked.hpp"

namespace lc = layercake;
namespace planning = layercake::planning;
using namespace lc::units;

namespace {
auto service() {
  return lc::stack{lc::energy::grid{.price = 60 * usd / megawatt_hour}, lc::chips::catalog::h100_sxm,
                   lc::infrastructure::site{}, lc::models::catalog::llama_3_1_70b.at(lc::precision::fp8),
                   lc::applications::assistant{
                       .daily_users = 1e6, .tasks_per_user = 12 / day, .input = 1200 * token, .output = 300 * token}};
}
constexpr auto smooth = lc::counting::smooth;
constexpr double z_of_90 = 1.6448536, z_of_80 = 1.2815516;  // standard normal, 95th and 90th percentile
}  // namespace

TEST_CASE("an error is read as a normal deviation, by its median or its 90th percentile, whichever says more") {
  constexpr lc::expected_error by_tail{"", "", 3, 0.1, 0.3}, by_median{"", "", 3, 0.2, 0.3};
  // worked: core/expected_error.hpp#deviation
  CHECK(by_tail.deviation() == approx(0.3 / 1.645).epsilon(1e-3));
  CHECK(by_tail.deviation() == approx(0.182).epsilon(3e-3));
  CHECK(by_tail.factor() == approx(1.20).epsilon(1e-3));
  CHECK(by_median.deviation() == approx(0.2 / 0.6745).epsilon(1e-3));
}

TEST_CASE("the regime of a question") {
  auto s = service();
  CHECK(lc::regime_of(s) == "saturated");
  s.plan.concurrency = 64;
  CHECK(lc::regime_of(s) == "in flight");
  s.plan.concurrency = 1;
  CHECK(lc::regime_of(s) == "single stream");
  s.chip.family = lc::chips::family::trainium;  // nobody's kernels
  CHECK(lc::regime_of(s) == "chip by its data sheet");
  CHECK(lc::regime_of_training(true) == "mixture of experts");
  // What has no line of its own is as far off as its group.
  const lc::expected_error* whole = lc::expected_error_of("energy");
  REQUIRE(whole != nullptr);
  CHECK(lc::expected_error_of("energy", "saturated") == whole);
  CHECK(lc::expected_error_of("serving_throughput", "saturated") != lc::expected_error_of("serving_throughput"));
  CHECK(lc::expected_error_of("users") == nullptr);
}

TEST_CASE("a correction changes what it names") {
  const auto s = service();
  auto p = s.plan_of(smooth);
  p.correction = {.throughput = 0.8, .energy = 1.25, .time_to_first_token = 1.5, .time_per_output_token = 1.1};
  const auto before = s.pull(smooth), own = s.with(p).pull(smooth);
  CHECK(plain(own.serving.replicas) / plain(before.serving.replicas) == approx(1 / 0.8));
  CHECK(plain(own.built.chips) / plain(before.built.chips) == approx(1 / 0.8));
  CHECK(own.serving.load == approx(before.serving.load));
  CHECK(own.chip_cost() / before.chip_cost() == approx(1 / 0.8));
  CHECK(own.built.mean.chips / before.built.mean.chips ==
        approx(1.25));  // the power of all of them, for the same calls
  CHECK(own.serving.time_to_first_token / before.serving.time_to_first_token == approx(1.5));
  CHECK(own.serving.time_per_output_token / before.serving.time_per_output_token == approx(1.1));
  CHECK(own.usage.tasks == before.usage.tasks);
}

TEST_CASE("a bill's interval, by hand") {
  const auto s = service();
  const lc::expected_error& rate = *lc::expected_error_of("serving_throughput", "saturated");
  const lc::expected_error& energy = *lc::expected_error_of("energy");
  const auto in = planning::interval_of(s, 0.9, smooth);
  const auto middle = s.pull(smooth);
  const double slow = std::exp(z_of_90 * rate.deviation()), hungry = std::exp(z_of_90 * energy.deviation());
  CHECK(in.high.chip_cost() / middle.chip_cost() == approx(slow).epsilon(1e-6));
  CHECK(in.low.chip_cost() / middle.chip_cost() == approx(1 / slow).epsilon(1e-6));
  CHECK(in.high.built.mean.chips / middle.built.mean.chips == approx(hungry).epsilon(1e-6));
  CHECK(in.low.built.mean.chips / middle.built.mean.chips == approx(1 / hungry).epsilon(1e-6));
  // The bill's lines: servers and networks are bought by the chip; energy and building lie between what hosts and what chips draw.
  CHECK(in.high.built.server_cost / middle.built.server_cost == approx(slow).epsilon(1e-6));
  CHECK(in.high.price_of_tokens() > middle.price_of_tokens());
  CHECK(in.high.price_of_tokens() / middle.price_of_tokens() < slow);
  CHECK(in.low.price_of_tokens() / middle.price_of_tokens() > 1 / slow);
  CHECK(in.high.energy_per_token() / middle.energy_per_token() > hungry * 0.99);
  CHECK(in.high.usage.tasks == in.low.usage.tasks);

  // worked: planning/questions/bill_interval.hpp#interval_of
  CHECK(std::exp(z_of_90 * 0.2) == approx(1.39).epsilon(2e-3));
  CHECK(std::exp(-z_of_90 * 0.2) == approx(0.72).epsilon(2e-3));
  // A smaller probability lies inside; in whole replicas too.
  const auto inner = planning::interval_of(s, 0.5, smooth), whole = planning::interval_of(s, 0.9);
  CHECK(inner.high.cost() < in.high.cost());
  CHECK(inner.low.cost() > in.low.cost());
  CHECK(whole.low.cost() < s.pull().cost());
  CHECK(whole.high.cost() > s.pull().cost());
  CHECK_THROWS_AS(planning::interval_of(s, 1.0), lc::invalid_value);
  CHECK_THROWS_AS(planning::interval_of(s, -0.1), lc::invalid_value);
}

TEST_CASE("what the user has corrected is the middle") {
  auto s = service();
  s.plan.correction.throughput = 0.5;
  const auto in = planning::interval_of(s, 0.8, smooth);
  const double slow = std::exp(z_of_80 * lc::expected_error_of("serving_throughput", "saturated")->deviation());
  const double middle = 2 * plain(s.with(lc::serving_search{}).pull(smooth).built.chips);
  CHECK(plain(in.high.built.chips) / slow == approx(plain(in.low.built.chips) * slow).epsilon(1e-6));
  CHECK(plain(in.high.built.chips) / slow == approx(middle).epsilon(0.05));
}

TEST_CASE("the error of a prediction is an axis of a sweep") {
  auto s = service();
  s.plan.concurrency = 64;
  const double factor = lc::error_of(s, "serving_throughput")->factor();
  const auto off = lc::bulk::uncertain(
      [](auto& x) -> auto& { return x.plan.correction.throughput; }, lc::bulk::log_normal(1.0, factor));
  constexpr auto chips = [](const auto& b) { return plain(b.built.chips); };
  const auto quantiles = lc::bulk::sweep(s, smooth)
                             .sampled(lc::bulk::sobol(1 << 12), off)
                             .run(lc::bulk::quantiles({0.1, 0.5, 0.9}, chips));
  const auto in = planning::interval_of(s, 0.8, smooth);
  CHECK(quantiles[0] == approx(chips(in.low)).epsilon(0.01));
  CHECK(quantiles[1] == approx(chips(s.pull(smooth))).epsilon(0.01));
  CHECK(quantiles[2] == approx(chips(in.high)).epsilon(0.01));
}
