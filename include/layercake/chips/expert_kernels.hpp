// How long the routed feed-forward of a mixture of experts takes on a chip.
#pragma once

#include <layercake/chips/kernel_chip.hpp>
#include <layercake/core/operations.hpp>

namespace layercake::chips {

namespace detail {

inline constexpr double least_square = 1e-30;  // s^2, under a root: its slope stays finite

template <number T>
struct expert_rates {
  quantity<unit::second, T> launch, per_multiply, ramp;
  quantity<unit::second_per_byte, T> per_byte;
  T half_length, tile, layers, reach;
  T int8;  // time of a product in INT8 over that of the row
  T skew_1, skew_2;

  // Load of the busiest rank beyond the mean: 0 where all have the mean.
  constexpr T skew(expert_routing r) const {
    return r == expert_routing::power_law_1_01 ? skew_1 : r == expert_routing::power_law_1_2 ? skew_2 : T(0);
  }
};

// A row of constants on a chip. Rows 4 to 6 are weight-only integers, weight-only FP4 and FP4 by FP8.
template <number T>
constexpr expert_rates<T> expert_rates_on(const kernel_source<T>& from, std::size_t i) {
  using namespace units;
  using row = expert_constants;
  const auto c = [&](double row::*x) { return from.constant(from.constants.expert, i, x); };
  const auto rate = from.rate(i == 6 ? 1 : i >= 4 ? 5 : i);
  expert_rates<T> x;
  x.launch = c(&row::launch) * second;
  x.per_multiply = T(2) * flop / (rate * from.share(c(&row::compute)));
  x.per_byte = from.per_byte() / from.own(c(&row::memory), from.chip.memory_efficiency);
  x.ramp = c(&row::ramp) * second;
  x.half_length = c(&row::half_length);
  x.tile = c(&row::tile);
  x.layers = c(&row::layers);
  x.reach = c(&row::reach);
  x.int8 = max(T(rate / from.chip.int8), T(1));
  x.skew_1 = c(&row::skew_1);
  x.skew_2 = c(&row::skew_2);
  return x;
}

}  // namespace detail

// The law of experts on one chip.
template <number T = double>
class basic_expert_law {
public:
  basic_expert_law() = default;
  constexpr explicit basic_expert_law(const detail::kernel_source<T>& from) : slower_(from.slower()) {
    for (std::size_t i = 0; i < rows_.size(); ++i)
      rows_[i] = detail::expert_rates_on(from, i);
  }

  // The routed feed-forward of a mixture of experts:
  //   x = 2 (A + d tile) hidden width / (peak e) ((matrices - 1)(1 + l/hidden) + 1 + l/width)
  //   y = bytes / bandwidth,  y' = y + sqrt(y ramp)
  //   t = launch + (x^4 + y'^4)^(1/4)
  // A: token-expert pairs on the rank, d: distinct experts that they reach, l: half length. INT8 does as FP8, whose
  // kernels were measured, but not at more than its own peak.
  template <number N>
  constexpr auto time(const expert_product<N>& op, const measurement& how = in_a_running_model) const {
    using namespace units;
    using R = promote_t<T, N>;
    const auto as = [](const auto& x) { return number_cast<R>(x); };
    const detail::expert_rates<T>& p = rows_[expert_row(op.math, op.weights)];
    const R ranks = as(op.ranks), hidden = as(op.hidden), width = as(op.width);
    const R skew = as(p.skew(how.routing));
    const R load = ranks * (R(1) + skew) / (ranks + skew);
    const R pairs = as(op.tokens) * as(op.active) / ranks * load;
    const R each = as(op.tokens) * as(op.active) / as(op.experts) * load;
    const auto reached_of = [&](expert_routing r) -> R {
      if (r == expert_routing::uniform) return as(op.distinct());
      const R each_reached = r == expert_routing::balanced ? each : each / (R(1) + as(p.reach) * each);
      return as(op.experts) / ranks * min(R(1), each_reached);
    };
    const R experts = max(reached_of(how.routing), R(1));
    const R products =
        (as(op.matrices) - R(1)) * (R(1) + as(p.half_length) / hidden) + R(1) + as(p.half_length) / width;
    auto multiply = p.per_multiply;
    if (const std::size_t wide = wide_format(op.math)) multiply = multiply * slower_[wide];
    if (op.math == precision::int8) multiply = multiply * p.int8;
    const auto compute = (pairs + experts * as(p.tile)) * hidden * width * products * multiply;
    const auto bytes =
        (R(op.weight_bytes) * experts * as(op.matrices) * hidden * width +
         as(p.layers) * pairs *
             (hidden * R(op.activation_bytes + 4) + width * as(op.matrices) * R(op.activation_bytes + 2))) *
        byte;
    const auto plain = bytes * p.per_byte;
    const auto memory = plain + sqrt(plain / second * (p.ramp / second) + R(detail::least_square)) * second;
    return p.launch + smooth_max(compute, memory);
  }

private:
  std::array<T, 3> slower_{};
  std::array<detail::expert_rates<T>, 7> rows_{};
};

}  // namespace layercake::chips
