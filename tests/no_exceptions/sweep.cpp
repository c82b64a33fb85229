// Choices that cannot be composed: counted, and never the best.
#include <cstdio>
#include <layercake/bulk/run/sweep.hpp>
#include <layercake/layercake.hpp>
#include <vector>

namespace lc = layercake;
namespace bulk = layercake::bulk;
using namespace layercake::units;

int main(int argc, char**) {
  constexpr auto price = [](const auto& bill) { return bill.price_of_tokens(); };
  if (argc > 1) {
    static_cast<void>(bulk::least(0, price));
    return 0;
  }
  const lc::stack service{
      lc::energy::catalog::grid_ercot, lc::chips::catalog::h100_sxm, lc::infrastructure::site{},
      lc::models::catalog::llama_3_1_70b.at(lc::precision::fp8),
      lc::applications::assistant{
          .daily_users = 1e6, .tasks_per_user = 12 / day, .input = 1200 * token, .output = 300 * token}};
  auto small = lc::chips::catalog::h100_sxm;  // of no memory for the model, on one chip or many
  small.memory = 2 * gigabyte;
  small.scale_up_domain = 1;
  auto free_of_charge = lc::chips::catalog::h100_sxm;  // of no known price
  free_of_charge.price = lc::unknown<lc::quantity<lc::unit::usd>>();
  auto wrong = lc::chips::catalog::h100_sxm;  // outside of its domain
  wrong.memory_bandwidth = -1 * terabyte / second;
  const auto [low, counted] = bulk::sweep(service)
                                  .choose(
                                      [](auto& s) -> auto& { return s.chip; },
                                      std::vector{small, lc::chips::catalog::h100_sxm, free_of_charge, wrong})
                                  .over(
                                      [](auto& s) -> auto& { return s.energy.price; },
                                      bulk::linear(30 * usd / megawatt_hour, 60 * usd / megawatt_hour, 10))
                                  .run(bulk::minimum(price), bulk::counts());
  // The second of four choices at ten prices each: points 10 to 19, the cheapest power first.
  double failed = 0;
  for (const auto& f : counted.failures)
    failed += f.points;
  const bool good = counted.points == 40 && counted.feasible == 10 && failed == 30 && low.exists && low.index == 10;
  if (!good)
    std::printf("%g of %g points are feasible, the best is point %g\n", counted.feasible, counted.points,
                static_cast<double>(low.index));
  return good ? 0 : 1;
}
