// The power of a chip that serves.
#pragma once

#include <layercake/chips/chips.hpp>
#include <layercake/stack/step.hpp>

namespace layercake {

// What a chip does: the shares of its peaks that work reaches that takes `time` on it, while it is busy for a share of
// the time.
template <class T, class Chip>
chips::basic_use<T> use_of(const Chip& chip, const step_cost<T>& work, const T& busy) {
  T compute_share(1), memory_share(1);  // of its peaks that the roofline of `work` counts with
  if constexpr (requires { chip.compute_efficiency; }) {
    compute_share = number_cast<T>(chip.compute_efficiency);
    memory_share = number_cast<T>(chip.memory_efficiency);
  }
  return {busy, busy * min(work.compute / work.time * compute_share, T(1)),
          busy * min(work.memory / work.time * memory_share, T(1))};
}

// How chips that serve draw power, fitted on the mean power of 300 runs on H100 and B200 (ML.ENERGY): median error 9 to
// 10 %. Kernels run alone draw less at equal use (chips/power.hpp): the gaps of a running engine, below a millisecond,
// are too short for the chip to rest.
inline constexpr chips::power_constants serving_power{0.47, 1.23, 0.10, confidence::measured};

// Mean power of one chip whose steps are `work` and keep it busy for a share of them, `present`: share of time in which
// there are steps. A chip with a power law of its own, other than the catalog's, is asked for it.
template <class T, class Chip>
quantity<unit::watt, T> running_power(const Chip& chip, const step_cost<T>& work, const T& busy, const T& present) {
  const chips::basic_use<T> use = use_of(chip, work, busy);
  if constexpr (requires { chip.family; }) {
    return chips::power_at(serving_power, chip.idle_power, chip.thermal_design_power,
                           chips::basic_use<T>{present, use.compute * present, use.memory * present});
  } else {
    return chips::power_of(chip, chips::basic_use<T>{busy * present, use.compute * present, use.memory * present});
  }
}

}  // namespace layercake
