// Exchanges that run under computation: what they still cost.
#pragma once

#include <layercake/number/number.hpp>
#include <layercake/units/quantity.hpp>

namespace layercake::infrastructure {

// The time of `compute` and an `exchange` of which the share `hidden` may run under it. While it does, the exchange
// takes the share `taken` of the chip's multiprocessors away from the computation:
//   t = max(compute + taken hidden exchange, hidden exchange) + (1 - hidden) exchange
// compute, exchange  s, each by itself, at least 0;  hidden, taken  in [0, 1];  0 hidden: one after the other;
// 1 hidden, 0 taken: the longer of the two. On NVIDIA chips taken is 20 of 132 multiprocessors = 0.15 with DeepSeek's
// own kernels (DeepSeek-V3 Technical Report, 2024, section 3.2.2); chips with copy engines for their network (TPU) take
// none. Leaves out: memory bandwidth that the exchange takes. Never below `compute`, nor below `exchange`; grows with
// both. Worked number: compute 10 ms, exchange 4 ms, half hidden, 0.15 taken: 10 + 0.15 * 2 + 2 = 12.3 ms.
template <number T>
constexpr quantity<unit::second, T> overlapped(const quantity<unit::second, T>& compute,
                                               const quantity<unit::second, T>& exchange, const T& hidden,
                                               const T& taken) {
  const quantity<unit::second, T> under = exchange * hidden;
  return max(compute + under * taken, under) + exchange * (T(1) - hidden);
}

}  // namespace layercake::infrastructure
