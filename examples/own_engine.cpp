// An engine of one's own: which row of the table it is like, what five measurements of a replica say of its constants, how certain that is, and what
// a service costs with it.
#include <iomanip>
#include <iostream>
#include <layercake/chips/catalog.hpp>
#include <layercake/infrastructure/catalog.hpp>
#include <layercake/layercake.hpp>
#include <layercake/models/catalog.hpp>
#include <layercake/planning/questions/engine_calibration.hpp>

namespace lc = layercake;
namespace planning = layercake::planning;
using namespace lc::units;

int main() {
  const auto& chip = lc::chips::catalog::h100_sxm;
  lc::infrastructure::site site;
  site.network.scale_up = lc::infrastructure::catalog::nvlink_hopper;
  const auto model = lc::models::catalog::llama_3_1_70b.at(lc::precision::fp8);

  // Four chips under five loads, as a load generator reports them. The figures are made up; what was not measured stays out.
  const auto per_token = millisecond / token;
  const std::vector<planning::serving_measurement> measurements{
      {.regime = lc::serving_regime::single_stream,
       .input = 1200 * token,
       .output = 300 * token,
       .time_to_first_token = 85 * millisecond,
       .time_per_output_token = 13.4 * per_token},
      {.concurrency = 8,
       .input = 1200 * token,
       .output = 300 * token,
       .time_to_first_token = 117 * millisecond,
       .time_per_output_token = 17.1 * per_token},
      {.concurrency = 32, .input = 1200 * token, .output = 300 * token, .output_rate = 1160 * token_per_second},
      {.concurrency = 128,
       .input = 1200 * token,
       .output = 300 * token,
       .time_per_output_token = 58.9 * per_token,
       .error = 0.03},
      {.concurrency = 4, .input = 12000 * token, .output = 300 * token, .time_to_first_token = 725 * millisecond}};

  lc::serving_plan plan{.tensor = 4};
  const planning::engine_prior held{
      .per_step = 0, .per_sequence = 0, .per_request = 0, .per_rank = 0, .kernel_share = 0, .launch = 0};
  std::cout << "Engines as they stand, and how many errors of a measurement they are off\n";
  const auto off_by = [&](const char* what, const lc::serving_software& software) {
    plan.software = software;
    const auto as_it_is = planning::calibrate_engine(chip, site, model, plan, measurements, held);
    std::cout << "  " << std::left << std::setw(16) << what << lc::to_string(as_it_is.misfit) << "\n";
  };
  off_by("TensorRT-LLM", lc::software_of(lc::serving_engine::tensorrt_llm));
  off_by("vLLM 0.14", lc::software_of(lc::serving_engine::vllm, "0.14"));
  off_by("vLLM 0.9", lc::software_of(lc::serving_engine::vllm, "0.9"));

  const auto found = planning::calibrate_engine(chip, site, model, plan, measurements);
  std::cout << "\nThe last one calibrated: off by " << lc::to_string(found.misfit) << "\n";
  for (const auto& c : found.constants) {
    std::cout << "  " << std::setw(16) << c.name << std::setw(12) << lc::to_string(c.before) << "-> " << std::setw(12)
              << lc::to_string(c.value);
    std::cout << (c.determined() ? "+- " + lc::to_string(100 * c.error) + " %" : std::string("not told")) << "\n";
  }
  for (const auto& r : found.residuals) {
    std::cout << "  load " << r.measurement << " " << std::setw(24) << planning::name(r.figure) << "predicted "
              << lc::to_string(100 * (r.ratio - 1)) << " % off\n";
  }

  std::cout << "\nA million users a day\n";
  const auto price = [&](const char* what, const lc::serving_software& software) {
    const lc::stack service{
        lc::energy::catalog::grid_ercot,
        chip,
        site,
        model,
        lc::applications::assistant{
            .daily_users = 1e6, .tasks_per_user = 12 / day, .input = 1200 * token, .output = 300 * token},
        lc::serving_search{.software = software}};
    const auto bill = service.pull();
    std::cout << "  " << std::setw(16) << what << bill.price_of_tokens() << " on " << bill.built.chips << "\n";
  };
  price("as published", plan.software);
  price("as measured", found.software);
}
