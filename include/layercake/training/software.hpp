// What the training software of a plan reaches on a chip.
#pragma once

#include <layercake/training/narrow_operands.hpp>

namespace layercake::detail {

// Chosen once for a plan: every operation multiplies.
//   16-bit products: (1 + maturity / (1 + age)) / products of the time by the chip's law, and never less than makes them
//   chips::largest_share of the peak: what was fitted on some TPUs would have others be faster than theirs.
template <number T = double>
struct training_rates {
  precision math{};             // of the products of the layers
  precision wide{};             // of attention and the output matrix: 16 bit, or TF32 and FP32 where the plan is
  narrow_operands<T> narrow{};  // of products narrower than what comes in, which is made narrow first
  T slow_wide{};                // time of a 16-bit product over the chip's law
  T slow{};                     // of the layers' products
  T slow_grouped{};             // of experts
  T attention{}, attention_backward{};  // of fused attention
  bool ported = false;                  // it is written for an earlier generation of chips
  T tensor_forward{},
      tensor_backward{};  // left of an exchange between tensor ranks, of the time of an all-reduce in 16 bit
  double taken = 0;       // of the chip, by an exchange that runs under computation
};

constexpr double narrow_speed(const training_constants& c, precision math) {
  return bits(math) > 12 ? 1.0 : bits(math) > 6 ? c.eighth : c.quarter;
}
template <number T>
constexpr training_rates<T> training_rates_of(const basic_training_plan<T>& p, const trained_chip<T>& chip,
                                              const training_constants& c) {
  const auto as = [](double x) { return number_cast<T>(x); };
  const basic_training_software<T>& software = p.software;
  const T products = chip.tpu ? as(c.tpu_products) / (T(1) + chip.balance * as(c.tpu_balance)) : as(c.products);
  const bool newest = software.attention == attention_kernel::newest;
  training_rates<T> r;
  r.narrow = narrow_operands_of(p, chip.either_way);
  r.math = r.narrow.kernel;
  r.wide = bits(p.math) > bits(precision::bf16) ? p.math : precision::bf16;
  r.slow_wide = chip.half_rate ? T(1) : max((T(1) + as(c.maturity) / (T(1) + p.software_age)) / products, chip.least);
  r.slow = r.slow_wide * as(1 / narrow_speed(c, p.math));
  r.slow_grouped = r.slow * as(1 / c.grouped);
  const double kernel = chip.flash * c.attention *
                        (software.attention == attention_kernel::flash_1 ? training_counts::triton_flash_1 : 1.0);
  r.attention = r.slow_wide * as(1 / kernel);
  r.attention_backward = as(training_counts::attention_backward /
                            (newest ? chip.attention_backward : training_counts::backward_rate_flash_2));
  r.ported = !newest && chip.ported;
  r.taken = chip.tpu ? 0.0 : c.taken;
  // With sequence parallelism half of it is a gather, and there is one more in the backward pass.
  const T left = (T(1) - software.hidden_tensor * as(1 - r.taken)) * as(1 / c.inside);
  const T gather = p.sequence_parallel ? r.narrow.gathered * as(training_counts::gathered_again) : T(0);
  r.tensor_forward = p.sequence_parallel ? left * (as(1 - training_counts::gathered_again) + gather) : left;
  r.tensor_backward = r.tensor_forward + left * gather;
  return r;
}

}  // namespace layercake::detail
