// The power of a chip that serves.
#pragma once

#include <layercake/chips/chips.hpp>
#include <layercake/serving/step_cost.hpp>

namespace layercake {

// How far `work`, which takes work.time on a chip, uses the chip's peak FLOP/s and memory bandwidth, in the mean over a time of
// which the chip is busy for the share `busy`. For a chip with a data sheet a FLOP counts by its width, one of 8 bit for half
// of one, against the peak rate in 16 bit.
template <number T, class Chip>
chips::basic_use<T> use_of(const Chip& chip, const step_cost<T>& work, const T& busy) {
  T compute_share(1), memory_share(1);  // of its peaks that the roofline of `work` counts with
  if constexpr (requires { chip.sustained_compute(); }) {
    compute_share = number_cast<T>(chip.sustained_compute());
    memory_share = number_cast<T>(chip.sustained_memory());
  }
  T computing = min(work.compute / work.time * compute_share, T(1));
  if constexpr (requires { chip.peak.sixteen_bit_worth(precision::bf16); })
    computing = work.sixteen_bit_flop / (work.time * chip.peak.rate(precision::bf16));
  return {busy, busy * computing, busy * min(work.memory / work.time * memory_share, T(1))};
}

// Of what a chip that does next to nothing draws beyond its idle power, the share that one draws that waits with a process on it: an A100 of 400 W
// draws about 70 W then, an H100 of 700 W 120 W. Recalled.
inline constexpr double waiting_power = 0.18;

// The same over a time in which there are steps for the share `present`. In the gaps between kernels of a running engine that are too short for
// the chip to rest it draws what a kernel draws that does next to nothing; in longer ones, work.resting, the share waiting_power of that.
template <number T, class Chip>
chips::basic_use<T> running_use(const Chip& chip, const step_cost<T>& work, const T& busy, const T& present) {
  const chips::basic_use<T> use = use_of(chip, work, busy);
  const T resting = min(work.resting / work.time * busy, T(1)),
          awake = T(1) - resting * number_cast<T>(1 - waiting_power);
  return {present * awake, use.compute * present, use.memory * present};
}

// Mean power of one chip whose steps are `work`, keep it busy for a share of them, and fill the share `present` of the
// time.
template <number T, class Chip>
quantity<unit::watt, T> running_power(const Chip& chip, const step_cost<T>& work, const T& busy, const T& present) {
  return chips::power_of(chip, running_use(chip, work, busy, present));
}

// Mean power of one chip of a replica that answers the share `load` of what it answers at full load, where its calls are
// `work`. Taken to be linear in the load:
//   P = P idle + (P full - P idle) load
// as of a fleet whose calls go to as few replicas as answer them while the others wait. One formula for the bill, the
// searches and the regimes. Domain: load >= 0, 1 above that. Leaves out: an engine that is given few calls steps on with few in
// flight, reads the weights for each of them and draws more. Source: Fan, Weber, Barroso, "Power Provisioning for a
// Warehouse-sized Computer", ISCA 2007, section 5. Worked number: 600 W at full load, 80 W idle, a load of 0.25: 210 W.
template <number T, class Chip>
quantity<unit::watt, T> power_at_load(const Chip& chip, const step_cost<T>& work, const T& load) {
  return running_power(chip, work, T(1), min(load, T(1)));
}

}  // namespace layercake
