// Where a training step of Llama-3.1-405B spends its time and memory on 16,384 H100, what the whole run costs, and which of a few thousand layouts is
// the fastest.
#include <iostream>
#include <layercake/chips/catalog.hpp>
#include <layercake/energy/catalog.hpp>
#include <layercake/models/catalog.hpp>
#include <layercake/training/run.hpp>

namespace lc = layercake;
using namespace lc::units;

int main() {
  const auto& chip = lc::chips::catalog::h100_sxm;
  const auto& model = lc::models::catalog::llama_3_1_405b;
  const lc::infrastructure::site site;
  lc::training_plan plan{.tensor = 8,
                         .pipeline = 16,
                         .data = 128,
                         .virtual_stages = 7,
                         .global_batch = 2048,
                         .sequence = 8192,
                         .software_age = 2,
                         .software = lc::training_software::year_2024};

  const auto show = [](const lc::training_plan& p, const auto& f) {
    std::cout << "tensor " << p.tensor << ", pipeline " << p.pipeline << ", data " << p.data << ", micro-batch "
              << p.micro_batch << ": " << lc::to_string(f.step_time()) << " a step, "
              << 100 * f.model_flop_utilisation(lc::attention_flop::causal) << " % MFU, "
              << lc::to_string(f.memory.total()) << " a chip\n";
  };
  const auto figures = lc::train_step(model, chip, site, plan);
  show(plan, figures);
  const auto& t = figures.time;
  const auto line = [&](const char* what, const auto& part) {
    std::cout << "  " << what << 100 * (part / t.total()) << " %\n";
  };
  line("matrix products       ", t.work.products);
  line("attention             ", t.work.attention);
  line("element-wise          ", t.work.element_wise);
  line("recomputed            ", t.work.recomputed);
  line("tensor exchanges      ", t.work.tensor_exchange);
  line("pipeline bubble       ", t.bubble);
  line("pipeline messages     ", t.pipeline_exchange);
  line("gradients             ", t.data_exchange);
  line("stragglers            ", t.stragglers);
  line("optimiser             ", t.optimizer);

  const lc::training_run run{.tokens = 15.6 * trillion_tokens};
  const auto whole = lc::run_training(figures, run, chip, site, lc::energy::catalog::grid_ercot);
  std::cout << "15.6 T tokens: " << in<day>(whole.wall_clock) << " days, " << in<hour>(whole.chip_time) * 1e-6
            << " M chip-hours, " << whole.failures << " failures, " << in<megawatt>(plain(whole.site_power))
            << " MW at the meter, " << in<million_usd>(whole.cost()) << " M$, " << in<kilotonne_co2e>(whole.carbon)
            << " kt CO2e\n";

  // The fastest layout of these chips: a law prepared once, a plan in about a microsecond.
  const auto law = lc::training_law_of(model, chip, site);
  auto best = plan;
  for (double tensor = 1; tensor <= 8; tensor *= 2) {
    for (const double pipeline : {1.0, 2.0, 4.0, 8.0, 16.0, 32.0}) {
      for (double micro_batch = 1; micro_batch <= 4; micro_batch *= 2) {
        auto p = plan;
        p.tensor = tensor, p.pipeline = pipeline, p.data = plan.chips() / (tensor * pipeline),
        p.micro_batch = micro_batch;
        p.virtual_stages = pipeline > 1 ? static_cast<double>(static_cast<int>(126 / pipeline)) : 1.0;
        if (!lc::check(p).empty() || !lc::check_plan(model, p).empty()) continue;
        if (law(p).feasible_step_time() < law(best).feasible_step_time()) best = p;
      }
    }
  }
  std::cout << "Fastest of the layouts tried:\n  ";
  show(best, law(best));
}
