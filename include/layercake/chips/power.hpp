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

// Constants of the power law of a family.
struct power_constants {
  double running;  // share of TDP at which a kernel that does nothing runs, 0 to 1
  double compute;  // share of TDP per square root of the share of peak FLOP/s
  double memory;   // share of TDP per square root of the share of peak memory bandwidth
  confidence how;
};

constexpr power_constants power_law(family f) {
  switch (f) {
  case family::hopper:
    return {0.19, 1.2, 0.4, confidence::measured};
  case family::blackwell:
    return {0.22, 1.2, 0.4, confidence::measured};
  default:
    return {0.2, 1.2, 0.4, confidence::assumed};
  }
}

template <class A, class B, class N>
constexpr auto power_at(family f, const quantity<unit::watt, A>& idle, const quantity<unit::watt, B>& limit,
                        const basic_use<N>& u) {
  const power_constants k = power_law(f);
  const N busy = max(u.busy, N(1e-9));
  const N x = N(k.running) + N(k.compute) * sqrt(u.compute / busy) + N(k.memory) * sqrt(u.memory / busy);
  const N x2 = x * x;
  const N share = x / sqrt(sqrt(N(1) + x2 * x2));
  return idle + (max(limit * share, idle) - idle) * u.busy;
}

}  // namespace layercake::chips
