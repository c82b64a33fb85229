// A step of reinforcement learning of Qwen3-32B on 64 H100: where its time goes, what the longest answer costs, which arrangement of the
// chips is fastest, and what a run of a thousand steps comes to.
#include <iomanip>
#include <iostream>
#include <layercake/chips/catalog.hpp>
#include <layercake/energy/catalog.hpp>
#include <layercake/infrastructure/catalog.hpp>
#include <layercake/models/catalog.hpp>
#include <layercake/planning/questions/reinforcement_run.hpp>

namespace lc = layercake;
namespace planning = layercake::planning;
using namespace lc::units;

int main() {
  const auto& chip = lc::chips::catalog::h100_sxm;
  lc::infrastructure::site site;
  site.network.scale_up = lc::infrastructure::catalog::nvlink_hopper;
  const planning::reinforcement_models models{lc::models::catalog::qwen3_32b.at(lc::precision::bf16)};

  planning::reinforcement_request request{
      // 64 prompts with 16 answers each, dealt out over 16 replicas of four chips
      .batch = {.prompts = 64,
                .group = 16,
                .prompt = 300 * token,
                .responses = {.mean = 6000 * token, .variation = 0.8, .longest = 16384 * token},
                .replicas = 16},
      .rollout = {.tensor = 4, .memory_share = 0.5, .software = lc::software_of(lc::serving_engine::vllm)},
      // mini-batches of a quarter of the samples, packed
      .update = {.tensor = 4, .pipeline = 4, .data = 4, .global_batch = 96, .sequence = 16384},
      .forward_passes = 2,  // the policy's own probabilities and those of a reference
      .verification = 0.1 * second,
      .verifiers = 64,
      .synchronisation = 50 * gigabyte_per_second};

  const auto step = planning::reinforcement_step(models, chip, site, request);
  const auto phase = [&](const char* what, const auto& time) {
    std::cout << "  " << std::left << std::setw(16) << what << std::setw(12) << lc::to_string(time)
              << lc::to_string(100 * (time / step.step_time())) << " %\n";
  };
  std::cout << "A step on " << step.chips << " chips: " << lc::to_string(step.step_time()) << ", "
            << lc::to_string(step.tokens_per_second()) << "\n";
  phase("rollout", step.writing);
  phase("verification", step.verifying);
  phase("forward passes", step.passes);
  phase("updates", step.updating);
  phase("new weights", step.synchronising);
  std::cout << "The longest of " << step.samples << " answers has " << lc::to_string(plain(step.rollout.longest))
            << ", the mean " << lc::to_string(plain(step.rollout.written)) << "; "
            << lc::to_string(100 * step.rollout.stopped) << " % are cut off\nSlots hold an answer for "
            << lc::to_string(100 * step.rollout.occupied) << " % of the rollout; chips idle for "
            << lc::to_string(100 * step.idle_share()) << " % of the step\n\nAnswers cut at\n";
  for (const double longest : {8192.0, 16384.0, 32768.0}) {
    auto cut = request;
    cut.batch.responses.longest = longest * token;
    const auto f = planning::reinforcement_step(models, chip, site, cut);
    std::cout << "  " << lc::to_string(longest * token) << ": a step " << lc::to_string(f.step_time()) << ", rollout "
              << lc::to_string(100 * f.rollout_share()) << " % of it, slots filled "
              << lc::to_string(100 * f.rollout.occupied) << " %\n";
  }

  std::cout << "\nThe same 64 chips, 32 of which write and 32 of which learn\n";
  request.batch.replicas = 8, request.update.data = 2;
  for (const auto placement :
       {planning::reinforcement_placement::disaggregated, planning::reinforcement_placement::one_step_off_policy}) {
    request.placement = placement;
    const auto f = planning::reinforcement_step(models, chip, site, request);
    std::cout << "  " << planning::name(placement) << ": a step " << lc::to_string(f.step_time()) << ", chips idle for "
              << lc::to_string(100 * f.idle_share()) << " %\n";
  }

  const auto run = planning::run_reinforcement(step, 1000.0, chip, site, lc::energy::catalog::grid_ercot);
  std::cout << "\nA thousand steps on chips that take turns: " << lc::to_string(in<day>(run.wall_clock)) << " days, "
            << lc::to_string(in<hour>(run.chip_time)) << " chip-hours, "
            << lc::to_string(in<megawatt_hour>(plain(run.site_energy))) << " MWh, " << lc::to_string(run.cost())
            << "\n";
}
