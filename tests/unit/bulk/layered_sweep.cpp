// Sweeps over what groups of layers are made of: inputs are found by their path, every point has the bits of the stack at that point.
#include <doctest/doctest.h>
#include <layercake/bulk/run/sweep.hpp>
#include <layercake/layercake.hpp>
#include <string>

#include "../../approx.hpp"

namespace lc = layercake;
namespace bulk = layercake::bulk;
namespace catalog = layercake::models::catalog;
using namespace layercake::units;

namespace {
template <class Model>
auto serving(const Model& model) {
  return lc::stack{lc::energy::catalog::grid_ercot, lc::chips::catalog::h100_sxm,
                   lc::infrastructure::site{.chips_per_node = 8, .power_usage_effectiveness = 1.25}, model,
                   lc::applications::assistant{
                       .daily_users = 1e6, .tasks_per_user = 12 / day, .input = 1200 * token, .output = 300 * token}};
}
lc::models::layered hybrid() {
  lc::models::layered m = catalog::qwen3_next_80b_a3b;
  m.layers = lc::unknown<>;  // that are swept
  return m;
}
constexpr auto price = [](const auto& bill) { return bill.price_of_tokens(); };
constexpr auto recurrences = [](auto& s) -> auto& { return s.model.architecture.groups[0].count; };
constexpr auto state = [](auto& s) -> auto& { return s.model.architecture.groups[0].mixer.key_width; };
constexpr auto width = [](auto& s) -> auto& { return s.model.architecture.width; };
constexpr auto input = [](auto& s) -> auto& { return s.application.input; };
}  // namespace

TEST_CASE("axes over a group, a mixer and the model; every point is the stack there") {
  const auto space = bulk::sweep(serving(hybrid().at(lc::precision::fp8)))
                         .over(recurrences, bulk::integers(12, 36, 12))
                         .over(state, bulk::list({64.0, 128.0, 256.0}))
                         .over(width, bulk::list({1024.0, 2048.0}));
  CHECK(space.points() == 18);
  bulk::column<lc::quantity<lc::unit::usd_per_token>> prices(18);
  const auto [low, tally, c] = space.run(bulk::minimum(price), bulk::counts(), bulk::into(prices.view(), price));
  CHECK(tally.feasible == 18);
  for (std::uint64_t i = 0; i < 18; ++i)
    CHECK(prices[i] / space.at(i).pull().price_of_tokens() == approx(1).epsilon(1e-12));
  const auto where = space.coordinates(low.index);
  REQUIRE(where.size() == 3);
  CHECK(where[0].first == "model.architecture.groups[0].count");
  CHECK(where[0].second == "12");
  CHECK(where[1].first == "model.architecture.groups[0].mixer.key_width");
  CHECK(where[2].first == "model.architecture.width");
  CHECK(where[2].second == "1024");
}

TEST_CASE("an axis of a group is held to its domain, by name") {
  CHECK_THROWS_WITH_AS(bulk::sweep(serving(hybrid().at(lc::precision::fp8))).over(recurrences, bulk::list({0.5, 1.0})),
                       doctest::Contains("model.architecture.groups[0].count"), lc::error);
}

TEST_CASE("calls that are too long for the model are infeasible points, with their reason") {
  const auto tally = bulk::sweep(serving(catalog::llama_2_7b.at(lc::precision::bf16)))
                         .over(input, bulk::linear(1000 * token, 8000 * token, 8))
                         .run(bulk::counts());
  CHECK(tally.points == 8);
  CHECK(tally.feasible == 3);  // 3000 and 300 are within 4096, 4000 and 300 are not
  REQUIRE(tally.failures.size() == 1);
  CHECK(tally.failures[0].reason == "a call is longer than the positions that the model was made for");
  CHECK(tally.failures[0].points == 5);
}
