// What fine-tuning Llama-3.1-70B on one's own eight GPUs takes, and on one: of all weights, of adapters (LoRA), and of adapters beside weights in 4 bit
// (QLoRA).
#include <iostream>
#include <layercake/chips/catalog.hpp>
#include <layercake/models/catalog.hpp>
#include <layercake/training/law.hpp>

namespace lc = layercake;
using namespace lc::units;

int main() {
  const auto& llama = lc::models::catalog::llama_3_1_70b;
  const auto& chip = lc::chips::catalog::h100_sxm;
  const lc::infrastructure::site site;
  const double tokens = 20e6;  // of a few ten thousand examples

  const auto show = [&](const char* what, const auto& model, double chips) {
    const lc::training_plan plan{.data = chips,
                                 .micro_batch = 1,
                                 .global_batch = 16,
                                 .sequence = 2048,
                                 .sharding = lc::sharding::full,
                                 .recompute = lc::recomputation::full,
                                 .software = lc::training_software::year_2024};
    const auto f = lc::train_step(model, chip, site, plan);
    std::cout << what << " on " << chips << ": " << lc::to_string(f.memory.total()) << " a chip, ";
    if (!f.memory.fits()) {
      std::cout << "more than " << lc::to_string(f.memory.usable) << "\n";
      return;
    }
    const auto time = f.step_time() * (tokens / (f.tokens / token));
    std::cout << in<hour>(time) << " hours, " << 100 * f.model_flop_utilisation(lc::attention_flop::causal)
              << " % MFU\n";
  };

  const auto adapters = lc::models::low_rank_adapters::all_linear(16);
  const auto lora = lc::models::with_adapters(llama, adapters);
  const auto qlora = lc::models::with_adapters(llama, adapters, lc::models::stored::nf4);
  std::cout << "Adapters of rank 16 beside every matrix: " << lora.adapter_parameters() / 1e6
            << " M parameters learn of " << lc::models::parameters(llama).total() / 1e9 << " B\n";
  for (const double chips : {8.0, 1.0}) {
    show("All weights", llama, chips);
    show("LoRA       ", lora, chips);
    show("QLoRA      ", qlora, chips);
  }
}
