// A million variants of a service: a thousand prices of electricity by a thousand efficiencies of the building, for each of two chips. Where
// is a token cheapest, how far do the prices spread, and what is the choice between cost and carbon?
#include <iostream>
#include <layercake/bulk/run/sweep.hpp>
#include <layercake/layercake.hpp>

namespace lc = layercake;
namespace bulk = layercake::bulk;
using namespace lc::units;

int main() {
  const auto service =
      lc::stack{lc::energy::catalog::grid_ercot, lc::chips::catalog::h100_sxm,
                lc::infrastructure::site{.chips_per_node = 8, .power_usage_effectiveness = 1.25},
                lc::models::catalog::llama_3_1_70b.at(lc::precision::fp8),
                lc::applications::assistant{
                    .daily_users = 1e6, .tasks_per_user = 12 / day, .input = 1200 * token, .output = 300 * token}};

  // Each axis names an input by what it is in the stack. The unit of its values is checked by the compiler.
  const auto space =
      bulk::sweep(service)
          .choose(
              [](auto& s) -> auto& { return s.chip; },
              std::vector{lc::chips::catalog::h100_sxm, lc::chips::catalog::b200_sxm})
          .over(
              [](auto& s) -> auto& { return s.energy.price; },
              bulk::linear(30 * usd / megawatt_hour, 130 * usd / megawatt_hour, 1000))
          .over(
              [](auto& s) -> auto& { return s.infrastructure.power_usage_effectiveness; }, bulk::linear(1.05, 1.6, 500))
          .where("more than 30 MW at the meter",
                 [](const auto& bill) { return bill.built.power.peak <= 30 * megawatt; });

  const auto price = [](const auto& bill) { return bill.price_of_tokens(); };
  const auto carbon = [](const auto& bill) { return bill.carbon_per_task(); };
  const auto [cheapest, spread, quantiles, front, tally] =
      space.run(bulk::minimum(price), bulk::moments(price), bulk::quantiles({0.05, 0.5, 0.95}, price),
                bulk::pareto(price, carbon), bulk::counts());

  std::cout << tally.points << " variants, " << tally.feasible << " feasible\n";
  for (const auto& f : tally.failures)
    std::cout << "  " << f.points << " not: " << f.reason << "\n";
  std::cout << "price of tokens: " << spread.mean << " on average, " << quantiles[0] << " to " << quantiles[2]
            << " for nine in ten\n";

  // The cheapest variant, recomputed as one stack: the same bits.
  const auto best = space.at(cheapest.index);
  std::cout << "cheapest: " << cheapest.value << " on " << best.chip.name << ", " << best.energy.price << ", PUE "
            << best.infrastructure.power_usage_effectiveness << "\n"
            << "as one stack: " << best.pull().price_of_tokens() << "\n"
            << front.size() << " variants on the front of price and carbon\n";
  return best.pull().price_of_tokens() == cheapest.value ? 0 : 1;
}
