// The service that the tests of the stack look at.
#pragma once

#include <layercake/layercake.hpp>

namespace layercake_test {

namespace lc = layercake;
using namespace lc::units;

inline auto service() {
  return lc::stack{lc::energy::grid{.price = 62 * usd / megawatt_hour,
                                    .carbon = 370 * gram_co2e / kilowatt_hour,
                                    .water = 1.8 * litre / kilowatt_hour},
                   lc::chips::catalog::h100_sxm,
                   lc::infrastructure::site{.chips_per_node = 8, .power_usage_effectiveness = 1.25},
                   lc::models::catalog::llama_3_1_70b.at(lc::precision::fp8),
                   lc::applications::assistant{.daily_users = 1e6,
                                               .tasks_per_user = 12 / day,
                                               .input = 1200 * token,
                                               .output = 300 * token,
                                               .value_per_task = 0.01 * usd}};
}

}  // namespace layercake_test
