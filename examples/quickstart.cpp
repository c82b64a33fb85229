// An assistant with a million daily users on Llama-3.1-70B in FP8, H100 nodes, a Texas site: its bill, the ceiling of a gigawatt, three swaps,
// and what its price depends on.
#include <iostream>
#include <layercake/layercake.hpp>

namespace lc = layercake;
using namespace lc::units;

int main() {
  const auto service = lc::stack{lc::energy::catalog::grid_ercot, lc::chips::catalog::h100_sxm,
                                 lc::infrastructure::site{.chips_per_node = 8, .power_usage_effectiveness = 1.25},
                                 lc::models::catalog::llama_3_1_70b.at(lc::precision::fp8),
                                 lc::applications::assistant{.daily_users = 1e6,
                                                             .tasks_per_user = 12 / day,
                                                             .input = 1200 * token,
                                                             .output = 300 * token,
                                                             .value_per_task = 0.01 * usd}};

  std::cout << "The bill, from the users down to the power plant\n\n" << service.pull();

  std::cout << "\nThe ceiling of a 1 GW site, from the power up\n\n" << service.push({.site_power = 1 * gigawatt});

  std::cout << "\nThe same with one layer swapped\n\n";
  const auto show = [](const char* what, const auto& s) {
    const auto bill = s.pull();
    std::cout << "  " << what << bill.price_of_tokens() << ", " << bill.built.chips << ", "
              << plain(bill.built.power.peak) << ", " << bill.carbon_per_task() << " per task\n";
  };
  show("as above                  ", service);
  show("chip:  B200               ", service.with(lc::chips::catalog::b200_sxm));
  show("model: Qwen3-235B-A22B    ", service.with(lc::models::catalog::qwen3_235b_a22b.at(lc::precision::fp8)));
  show("grid:  France             ", service.with(lc::energy::catalog::grid_france));

  std::cout << "\nWhat moves the price of a token (per cent for one per cent)\n\n";
  const auto slopes = lc::gradient(service);
  for (std::size_t i = 0; i < 5; ++i) {
    std::cout << "  " << slopes[i].input << " = " << slopes[i].value << ": " << lc::to_string(slopes[i].elasticity)
              << "\n";
  }
}
