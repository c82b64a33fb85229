// How many watts a chip draws at what it does.
#pragma once

#include <layercake/chips/family.hpp>
#include <layercake/number/number.hpp>
#include <layercake/units/named.hpp>

namespace layercake::chips {

// Where no idle power is published: this share of the thermal design power. Assumed; data-centre GPUs idle between 8
// and 17 % of it.
inline constexpr double idle_share = 0.12;

// What a chip does, as shares of 0 to 1 averaged over a time: of that time in which a kernel runs; of its peak FLOP/s in
// 16 bit, where a FLOP counts by its width, one of 8 bit for half (on most chips also the share of the format's own
// peak); of its peak memory bandwidth.
template <number T = double>
struct basic_use {
  T busy = T(1);
  T compute = T(0);
  T memory = T(0);
};
using use = basic_use<>;

// Constants of the power law: plain numbers, so that a fit can perturb them.
struct power_constants {
  double running;     // share of the limit at which a kernel that does next to nothing runs, 0.1 to 0.8
  double arithmetic;  // pJ per FLOP in 16 bit at full power, with what feeds it from the chip's own memories, 0.05 to 3
  double memory;      // pJ per byte to or from the chip's memory, 4 to 150
  confidence how;
};

// Fitted on what Hopper and Blackwell draw: first on board power of kernels longer than 0.2 ms (H200, B200, GB200; the
// data of kernel_constants.hpp), then, drawn to that, on mean power and energy of whole runs (A100, H100, H200, B200;
// ML.ENERGY, MLPerf Power), every source counting alike (benchmarks/accuracy/fit_power.cpp, fit_measurements.cpp).
inline constexpr power_constants measured_power{0.4674, 0.5713, 33.39, confidence::measured};

// The constants of a family. Energies of one process node apart from the measured one (TSMC 4N) are assumed to follow
// what the foundry states for equal speed: 30 % less from 7 nm to 5 nm, 60 % less from 16 nm to 7 nm. Other makers'
// chips are assumed to spend what the measured ones do.
constexpr power_constants power_law(family f, power_constants k = measured_power) {
  if (f != family::hopper && f != family::blackwell) k.how = confidence::assumed;
  constexpr double at_5_nm = 0.7, at_7_nm = 0.4;  // energy over that of 7 nm, of 16 nm
  if (f == family::ampere) k.arithmetic /= at_5_nm;
  if (f == family::volta) k.arithmetic /= at_5_nm * at_7_nm;
  return k;
}

// What the power law needs to know of a chip.
template <number T = double>
struct basic_power_chip {
  quantity<unit::watt, T> idle;
  quantity<unit::watt, T> limit;
  quantity<unit::flop_per_second, T> half;  // dense peak in 16 bit
  quantity<unit::byte_per_second, T> memory_bandwidth;
};

// Mean power of a chip:
//   P = idle + busy (max(limit x / (1 + x^4)^(1/4), idle) - idle)
//   x = r + sqrt(e R u_c / limit) + b B u_m / limit
// r: share at which a kernel runs that does next to nothing (clocks, schedulers, leakage). e: energy of a 16-bit FLOP,
// R: peak rate in 16 bit; a FLOP of half the width is taken to cost half, and u_c counts it so: R u_c is work done, on
// which the peak of a format that is not used has no bearing. b: energy of a byte, B: memory bandwidth. u_c, u_m: shares of the two peaks while busy. The rounded
// minimum is the limit, at which the clock gives way.
// Domain: busy, memory 0 to 1, compute from 0 (above 1 where narrow formats are more than proportionally fast). Leaves out: links (1 to 2 % of the limit), what the data are (zeros draw less),
// formats that do not reach their power (block-scaled FP8 and FP4 on Blackwell draw half), temperature, clocks set
// below the limit, and that softmax draws power without FLOP. Error: kernels longer than 0.2 ms 14 % in the median, of
// a generation left out 14 %; whole runs 14 % in the mean of the sources, as of sources left out (13.6, 14.4). Shorter kernels
// draw up to half of it: the sensor averages over 100 ms, in which they share it with the gaps between them. Worked
// number: H100 SXM, 700 W, 989.5 TFLOP/s, 3.35 TB/s, at 60 % of peak FLOP/s and 30 % of bandwidth: 636.3 W.
template <number T, number N>
constexpr auto power_at(const power_constants& k, const basic_power_chip<T>& chip, const basic_use<N>& u) {
  constexpr double hair = 1e-9;  // above 0, where a quotient is finite and a root has a slope
  const N busy = max(u.busy, number_cast<N>(hair));
  const auto arithmetic = chip.half * (number_cast<N>(k.arithmetic) * units::picojoule / units::flop);
  const auto memory = chip.memory_bandwidth * (number_cast<N>(k.memory) * units::picojoule / units::byte);
  const auto multiplying = arithmetic * (u.compute / busy + number_cast<N>(hair)) / chip.limit;
  const auto x = number_cast<N>(k.running) + sqrt(multiplying) + memory * (u.memory / busy) / chip.limit;
  const auto x2 = x * x;
  const auto share = x / sqrt(sqrt(N(1) + x2 * x2));
  return chip.idle + (max(chip.limit * share, chip.idle) - chip.idle) * u.busy;
}

// Peaks per watt of the H100 SXM: 989.4 TFLOP/s in 16 bit and 3.35 TB/s at 700 W.
inline constexpr double usual_half_per_watt = 1.41;    // TFLOP/s
inline constexpr double usual_memory_per_watt = 4.79;  // GB/s

// The same for a chip of which only its limits are known: its peaks per watt are taken as those.
template <number A, number B, number N>
constexpr auto power_at(const power_constants& k, const quantity<unit::watt, A>& idle,
                        const quantity<unit::watt, B>& limit, const basic_use<N>& u) {
  using namespace units;
  const auto half = limit * (N(usual_half_per_watt) * teraflop_per_second / watt);
  const auto bandwidth = limit * (N(usual_memory_per_watt) * gigabyte_per_second / watt);
  using T = typename std::remove_cvref_t<decltype(half)>::number_type;
  return power_at(
      k, basic_power_chip<T>{number_cast<T>(idle / watt) * watt, number_cast<T>(limit / watt) * watt, half, bandwidth},
      u);
}

}  // namespace layercake::chips
