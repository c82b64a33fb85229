// Serving Llama-3.1-70B on H100: how throughput, waiting time and energy follow the load; which plan is best; and why
// none is.
#include <iomanip>
#include <iostream>
#include <layercake/chips/catalog.hpp>
#include <layercake/infrastructure/catalog.hpp>
#include <layercake/models/catalog.hpp>
#include <layercake/serving/search.hpp>

namespace lc = layercake;
using namespace lc::units;

int main() {
  const auto& chip = lc::chips::catalog::h100_sxm;
  lc::infrastructure::site site;
  site.network.scale_up = lc::infrastructure::catalog::nvlink_hopper;
  const auto model = lc::models::catalog::llama_3_1_70b.at(lc::precision::fp8);

  lc::call_demand<> calls;
  calls.calls = 50 / second;
  calls.input = 1200 * token;
  calls.output = 300 * token;
  calls.time_to_first_token = 2 * second;
  calls.time_per_output_token = 50 * (millisecond / token);

  lc::serving_plan plan{.tensor = 4};
  plan.software = lc::software_of(lc::serving_engine::vllm);
  const auto replica = lc::replica_of<double>(chip, site, model, plan, calls);

  const auto show = [&](const char* what, const lc::serving_result<>& f) {
    std::cout << std::left << std::setw(26) << what << std::setw(14) << lc::to_string(f.calls * (300 * token))
              << " first token " << std::setw(9) << lc::to_string(f.time_to_first_token) << " then " << std::setw(9)
              << lc::to_string(f.time_per_output_token)
              << lc::to_string(lc::energy_per_token(lc::power_boundary::facility, site, chip, replica, f)) << "\n";
  };
  std::cout << "Four chips, requests of 1200 tokens in and 300 out\n\n";
  show("one at a time", lc::single_stream(replica));
  for (double n : {8., 64., 256.})
    show(("in flight: " + lc::to_string(n)).c_str(), lc::inflight_fixed_concurrency(replica, n));
  show("an endless queue", lc::inflight_saturated(replica));
  const auto kept = lc::server_slo(replica, {.first_token = 1 * second, .output_token = 50 * millisecond});
  show("99 % within 1 s, 50 ms", kept);
  show("half of that at random", lc::inflight_open_loop(replica, kept.calls / 2, 0.99));
  auto apart = replica;
  apart.plan.reading = {.tensor = 4};
  show("prompts on other chips", lc::disaggregated(apart, 64.0));

  std::cout << "\nThe best plan for 50 requests a second at 2.50 $ per chip and hour\n\n";
  const lc::serving_search search{.rent = 2.5 * usd / hour};
  const auto best = lc::best_plan(lc::serving_goal::cheapest_token, chip, site, model, calls, search);
  std::cout << best.replicas << " replicas of " << best.plan.tensor << " x " << best.plan.pipeline << " chips, "
            << lc::to_string(best.price) << ", " << lc::to_string(best.energy) << " at the meter\n";

  calls.time_per_output_token = 1 * (millisecond / token);
  try {
    (void)lc::best_plan(lc::serving_goal::fewest_chips, chip, site, model, calls);
  } catch (const lc::infeasible& why) {
    std::cout << "\nAnd with an objective of 1 ms per token:\n\n" << why.what() << "\n";
  }
}
