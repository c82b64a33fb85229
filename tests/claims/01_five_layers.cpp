// Claim 1: five ordered layers, each a type that takes what the one below grants and asks for what it needs; dollars per task are the sum of
// the layers' lines. That a model cannot be plugged into the power plant is a test of what does not compile (tests/compile_fail).
#include <array>
#include <cstddef>
#include <doctest/doctest.h>
#include <layercake/layercake.hpp>

#include "../approx.hpp"

namespace lc = layercake;
using namespace lc::units;

// Each of the library's own types is exactly one layer.
template <class X>
consteval int roles() {
  int n = 0;
  if constexpr (lc::energy::energy_supply<X>) ++n;
  if constexpr (lc::chips::chip<X>) ++n;
  if constexpr (lc::infrastructure::infrastructure<X>) ++n;
  if constexpr (lc::models::model<X>) ++n;
  if constexpr (lc::applications::application<X>) ++n;
  return n;
}
static_assert(roles<lc::energy::grid>() == 1 && lc::energy::energy_supply<lc::energy::grid>);
static_assert(roles<lc::energy::power_plant>() == 1 && lc::energy::energy_supply<lc::energy::power_plant>);
static_assert(roles<lc::chips::accelerator>() == 1 && lc::chips::chip<lc::chips::accelerator>);
static_assert(roles<lc::infrastructure::site>() == 1 && lc::infrastructure::infrastructure<lc::infrastructure::site>);
static_assert(roles<lc::models::deployed>() == 1 && lc::models::model<lc::models::deployed>);
static_assert(roles<lc::models::inference_model>() == 1 && lc::models::model<lc::models::inference_model>);
static_assert(roles<lc::applications::workload>() == 1 && lc::applications::application<lc::applications::workload>);

// That the lines are the layers' and that nothing is beside them: double what one layer charges, and its line doubles,
// no other moves, and a task costs that line more. The maintenance of equipment, a share of the chips' price in the
// infrastructure's line, is set to nothing, so that each charge belongs to one layer.
TEST_CASE("claim 1: dollars per task are the sum of five lines, whatever the stack") {
  const lc::infrastructure::site site{.maintenance = 0};
  const lc::applications::assistant assistant{.daily_users = 1e5,
                                              .tasks_per_user = 5 / day,
                                              .input = 800 * token,
                                              .output = 200 * token,
                                              .cost_per_task = 0.001 * usd};
  auto model = lc::models::catalog::llama_3_1_8b.at(lc::precision::bf16);
  model.royalty = 0.05 * usd / million_tokens;
  const double tasks = 1e5 * 5 / 86400;
  for (const auto& grid : {lc::energy::catalog::grid_france, lc::energy::catalog::grid_ercot}) {
    for (const auto& chip :
         {lc::chips::catalog::h100_sxm, lc::chips::catalog::mi300x, lc::chips::catalog::a100_sxm_80gb}) {
      CAPTURE(grid.name);
      CAPTURE(chip.name);
      const auto base = lc::stack{grid, chip, site, model, assistant};
      const auto lines = [&](const auto& g, const auto& c, const auto& i, const auto& m, const auto& a) {
        const auto bill = lc::stack{g, c, i, m, a, base.plan}.pull();
        return std::array{
            in<usd / second>(bill.energy_cost()) / tasks,         in<usd / second>(bill.chip_cost()) / tasks,
            in<usd / second>(bill.infrastructure_cost()) / tasks, in<usd / second>(bill.model_cost) / tasks,
            in<usd / second>(bill.application_cost) / tasks,      in<usd>(bill.cost_per_task())};
      };
      const auto before = lines(grid, chip, site, model, assistant);
      // By hand: 200 tokens at 0.05 $ per million, and what the application spends.
      CHECK(before[3] == approx(200 * 0.05e-6).epsilon(1e-12));
      CHECK(before[4] == approx(0.001).epsilon(1e-12));

      auto dear_grid = grid;
      dear_grid.price = 2 * grid.price;
      auto dear_chip = chip;
      dear_chip.price = 2 * chip.price;
      auto dear_site = site;
      dear_site.node.price_per_chip = 2 * site.node.price_per_chip;
      dear_site.network.switch_price = 2 * site.network.switch_price;
      dear_site.network.node_link_price = 2 * site.network.node_link_price;
      dear_site.network.trunk_link_price = 2 * site.network.trunk_link_price;
      dear_site.facility.capex = 2 * site.facility.capex;
      dear_site.facility.operator_pay = 2 * site.facility.operator_pay;
      auto dear_model = model;
      dear_model.royalty = 2 * model.royalty;
      auto dear_assistant = assistant;
      dear_assistant.cost_per_task = 2 * assistant.cost_per_task;
      const std::array after{
          lines(dear_grid, chip, site, model, assistant), lines(grid, dear_chip, site, model, assistant),
          lines(grid, chip, dear_site, model, assistant), lines(grid, chip, site, dear_model, assistant),
          lines(grid, chip, site, model, dear_assistant)};
      for (std::size_t layer = 0; layer < 5; ++layer) {
        CAPTURE(layer);
        CHECK(before[layer] > 0);
        for (std::size_t line = 0; line < 5; ++line)
          CHECK(after[layer][line] == approx(before[line] * (line == layer ? 2 : 1)).epsilon(1e-12));
        CHECK(after[layer][5] - before[5] == approx(before[layer]).epsilon(1e-9));
      }
    }
  }
}
