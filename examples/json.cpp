// A chip and a change of a grid out of JSON, units in the text, through the whole stack; and the stack's plan back as JSON.
#include <iostream>
#include <layercake/adapters/json.hpp>
#include <layercake/layercake.hpp>

namespace lc = layercake;
using namespace lc::units;

int main() {
  const auto chip = lc::adapters::read_json<lc::chips::accelerator>(R"({
    "name": "own chip",
    "peak": {"bf16": "0.9 PFLOP/s", "fp8": "1.8 PFLOP/s"},
    "memory": "96 GB", "memory_bandwidth": "4 TB/s",
    "scale_up_bandwidth": "450 GB/s", "scale_up_domain": 8,
    "thermal_design_power": "650 W", "price": "19000 USD"
  })");
  const auto grid = lc::adapters::read_json(R"({"price": "0.048 USD/kWh"})", lc::energy::catalog::grid_ercot);
  const auto service =
      lc::stack{grid, chip, lc::infrastructure::site{}, lc::models::catalog::llama_3_1_70b.at(lc::precision::fp8),
                lc::applications::assistant{
                    .daily_users = 1e6, .tasks_per_user = 12 / day, .input = 1200 * token, .output = 300 * token}};
  std::cout << service.pull().price_of_tokens() << "\n" << lc::adapters::json_text(service.plan.reading);
}
