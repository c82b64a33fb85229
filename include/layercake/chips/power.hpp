// How many watts a chip draws at what it does.
#pragma once

#include <layercake/chips/family.hpp>
#include <layercake/core/number.hpp>
#include <layercake/units/named.hpp>

namespace layercake::chips {

// Where no idle power is published: this share of the thermal design power. Assumed; data-centre GPUs idle between 8
// and 17 % of it.
inline constexpr double idle_share = 0.12;

// What a chip does, as shares of 0 to 1 averaged over a time: of that time in which a kernel runs, of its peak FLOP/s,
// of its peak memory bandwidth.
template <class T = double>
struct basic_use {
  T busy = T(1);
  T compute = T(0);
  T memory = T(0);
};
using use = basic_use<>;

// Constants of the power law of a family: plain numbers, so that a fit can perturb them.
struct power_constants {
  double running;  // share of the limit at which a kernel that does next to nothing runs, 0 to 1
  double compute;  // share of the limit per root of the share of peak FLOP/s
  double memory;   // share of the limit per root of the share of peak memory bandwidth
  confidence how;
};

// Hopper: a fit on board power of kernels longer than 20 us (H200; the data of kernel_constants.hpp), rounded.
// Blackwell: chosen by hand among fits on such kernels of B200 and GB200 (FP8-block and FP4 products left out, which
// draw half of what others do at equal use), with the mean power of whole runs on B200 (ML.ENERGY) in view. The others:
// between the two.
constexpr power_constants power_law(family f) {
  switch (f) {
  case family::hopper:
    return {0.23, 0.74, 0.56, confidence::measured};
  case family::blackwell:
    return {0.30, 1.5, 0.25, confidence::estimated};
  default:
    return {0.25, 1.0, 0.40, confidence::assumed};
  }
}

// Mean power of a chip:
//   P = idle + busy (max(limit x / (1 + x^4)^(1/4), idle) - idle)
//   x = r + c sqrt(u_c) + m sqrt(u_m)
// u_c, u_m: shares of peak FLOP/s and of peak memory bandwidth while busy. The roots say that a chip at a tenth of its
// peak draws far more than a tenth of its watts; the rounded minimum is the limit, at which the clock gives way.
// Domain: busy, compute, memory 0 to 1. Leaves out what the data are (zeros draw less), formats, temperature and that
// softmax draws power without FLOP.
// Error, in sample: median 11 % on Blackwell and 21 % on Hopper for kernels longer than 100 us, 26 % on all. Of that
// 5 to 25 % is scatter of the measurements: power is averaged over 100 ms, in which kernels of microseconds share it.
// Worked number: H100 SXM, 700 W, at 60 % of peak FLOP/s and 30 % of bandwidth: 617 W.
template <class A, class B, class N>
constexpr auto power_at(const power_constants& k, const quantity<unit::watt, A>& idle,
                        const quantity<unit::watt, B>& limit, const basic_use<N>& u) {
  const N busy = max(u.busy, N(1e-9));
  // A hair above 0, where a root has a slope.
  const N compute = u.compute / busy + N(1e-9), memory = u.memory / busy + N(1e-9);
  const N x = N(k.running) + N(k.compute) * sqrt(compute) + N(k.memory) * sqrt(memory);
  const N x2 = x * x;
  const N share = x / sqrt(sqrt(N(1) + x2 * x2));
  return idle + (max(limit * share, idle) - idle) * u.busy;
}

}  // namespace layercake::chips
