// The chips layer alone: how long one step of a model takes, what it draws, and what a die costs.
#include <iostream>
#include <layercake/chips/chips.hpp>

namespace lc = layercake;
namespace chips = lc::chips;
using namespace lc::units;

int main() {
  // One token for each of 64 users through a layer of Llama-3.1-70B: a product in FP8, and attention over 8,192
  // positions.
  const lc::matrix_product<> up{.m = 64,
                                .n = 57344,
                                .k = 8192,
                                .math = lc::precision::fp8,
                                .weights = lc::precision::fp8,
                                .weight_bytes = 1,
                                .input_bytes = 1};
  const lc::attention_product<> attention{.sequences = 64,
                                          .queries = 1,
                                          .context = 8192,
                                          .heads = 64,
                                          .key_heads = 8,
                                          .key_width = 128,
                                          .value_width = 128};
  for (const auto& chip : {chips::catalog::a100_sxm_80gb, chips::catalog::h100_sxm, chips::catalog::b200_sxm,
                           chips::catalog::mi300x, chips::catalog::find("tpu-v4")}) {
    const auto law = chip.timing();
    const auto product = law.time(up), attended = law.time(attention);
    std::cout << chip.name << ": product " << to_string(product) << " (roofline " << to_string(chip.time(up.totals()))
              << "), attention " << to_string(attended) << ", "
              << to_string(chip.power(
                     chips::use{.busy = 1, .compute = up.flop() / product / chip.peak.rate(up.math), .memory = 0.8}))
              << "\n";
  }
  const auto& n5 = chips::catalog::process_n5;
  const auto die = chips::catalog::h100_sxm.die_area;
  std::cout << "a die of " << to_string(die) << " in N5: " << 100 * chips::yield(n5, die) << " % perfect, "
            << to_string(chips::die_cost(n5, die, chips::yield(n5, die))) << " each; "
            << chips::wafers(1e6, n5, die, chips::yield(n5, die), 1.0) << " wafers for a million\n";
}
