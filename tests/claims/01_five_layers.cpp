// Claim 1: five ordered layers, each a type that takes what the one below grants and asks for what it needs; dollars per task are the sum of
// the layers' lines. That a model cannot be plugged into the power plant is a test of what does not compile (tests/compile_fail).
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

TEST_CASE("claim 1: dollars per task are the sum of five lines, whatever the stack") {
  const auto site = lc::infrastructure::site{};
  const auto assistant = lc::applications::assistant{.daily_users = 1e5,
                                                     .tasks_per_user = 5 / day,
                                                     .input = 800 * token,
                                                     .output = 200 * token,
                                                     .cost_per_task = 0.001 * usd};
  auto model = lc::models::catalog::llama_3_1_8b.at(lc::precision::bf16);
  model.royalty = 0.05 * usd / million_tokens;
  for (const auto& grid : {lc::energy::catalog::grid_france, lc::energy::catalog::grid_ercot}) {
    for (const auto& chip :
         {lc::chips::catalog::h100_sxm, lc::chips::catalog::mi300x, lc::chips::catalog::a100_sxm_80gb}) {
      const auto bill = lc::stack{grid, chip, site, model, assistant}.pull();
      const double lines = in<usd / second>(bill.energy_cost()) + in<usd / second>(bill.chip_cost()) +
                           in<usd / second>(bill.infrastructure_cost()) + in<usd / second>(bill.model_cost) +
                           in<usd / second>(bill.application_cost);
      CHECK(in<usd>(bill.cost_per_task()) == approx(lines / (1e5 * 5 / 86400)).epsilon(1e-12));
      CHECK(in<usd>(bill.cost_per_task()) > 0.001 + 200 * 0.05e-6);
    }
  }
}
