// What the training software of a plan reaches on a chip.
#pragma once

#include <layercake/training/chip.hpp>
#include <layercake/training/plan.hpp>

namespace layercake::detail {

// Chosen once for a plan: every operation multiplies.
//   16-bit products: (1 + maturity / (1 + age)) / products of the time by the chip's law, and never less than makes them
//   training_counts::largest_share of the peak: what was fitted on some TPUs would have others be faster than theirs.
template <number T = double>
struct training_rates {
  precision math{};     // of the products of the layers
  precision wide{};     // of attention and the output matrix: 16 bit, or TF32 and FP32 where the plan is
  bool narrow = false;  // they are narrower than what comes in, which is made narrow first
  bool dropout = false;
  T slow_wide{};                              // time of a 16-bit product over the chip's law
  T slow{};                                   // of the layers' products
  T slow_grouped{};                           // of experts
  T attention{};                              // of fused attention
  T traffic{};                                // element-wise traffic over the least
  T host{};                                   // of the host's time for a layer, what is left
  double hidden_tensor = 0, hidden_data = 0;  // shares of exchanges
  double taken = 0;                           // of the chip, by an exchange that runs under computation
  double logit = 0;                           // bytes of traffic of a logit, each way
  double gradient = 0;                        // bytes of a gradient on its way
  bool flat = false;                          // gathers of sharded weights in one ring
};

constexpr double narrow_speed(const training_constants& c, precision math) {
  return bits(math) > 12 ? 1.0 : bits(math) > 6 ? c.eighth : c.quarter;
}
constexpr double element_wise_traffic(const training_constants& c, training_software software, bool tpu) {
  if (tpu) return c.traffic_2024;
  switch (software) {
  case training_software::year_2021:
  case training_software::year_2022:
    return c.traffic_2022;
  case training_software::year_2023:
    return c.traffic_2023;
  case training_software::year_2024:
    return c.traffic_2024;
  case training_software::year_2025:
    return c.traffic_2025;
  }
  return 1;
}

template <number T>
constexpr training_rates<T> training_rates_of(const basic_training_plan<T>& p, const trained_chip<T>& chip,
                                              const training_constants& c) {
  const auto as = [](double x) { return number_cast<T>(x); };
  const auto since = [&](training_software first) { return p.software >= first; };
  const bool late = since(training_software::year_2024) || chip.tpu;
  const T products = chip.tpu ? as(c.tpu_products) / (T(1) + chip.balance * as(c.tpu_balance)) : as(c.products);
  training_rates<T> r;
  r.math = p.math;
  r.wide = bits(p.math) > bits(precision::bf16) ? p.math : precision::bf16;
  r.narrow = bits(p.math) < 12;
  r.dropout = !since(training_software::year_2023);
  r.slow_wide = max((T(1) + as(c.maturity) / (T(1) + p.software_age)) / products, chip.least);
  r.slow = r.slow_wide * as(1 / narrow_speed(c, p.math));
  r.slow_grouped = r.slow * as(1 / c.grouped);
  r.attention =
      r.slow_wide * as(1 / (late ? c.attention : c.attention_2023 * (chip.ported ? c.attention_ported : 1.0)));
  r.traffic = as(element_wise_traffic(c, p.software, chip.tpu));
  r.host = as(chip.tpu ? c.host_tpu : chip.rack_scale && since(training_software::year_2025) ? c.host_graph : 1.0);
  r.hidden_tensor = late ? c.hidden_tensor : since(training_software::year_2023) ? c.hidden_tensor_2023 : 0.0;
  r.hidden_data = since(training_software::year_2023) ? c.hidden_data : 0.0;
  r.taken = chip.tpu ? 0.0 : c.taken;
  r.logit = since(training_software::year_2024) ? training_counts::logit_2024 : training_counts::logit;
  r.gradient = since(training_software::year_2024) ? training_counts::gradient_2024 : training_counts::gradient;
  r.flat = !since(training_software::year_2022);
  return r;
}

}  // namespace layercake::detail
