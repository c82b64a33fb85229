// Power and energy of serving, by boundary: the chips alone, the server before and after its power supplies, the network with it, the site.
#pragma once

#include <layercake/infrastructure/infrastructure.hpp>
#include <layercake/stack/serving_regimes.hpp>

namespace layercake {

// Where energy is measured. Each holds the ones before it.
enum class power_boundary : unsigned char {
  chip,      // accelerators
  node_dc,   // servers, before the loss of their power supplies
  node_ac,   // servers at the socket
  it,        // with switches and storage
  facility,  // with cooling and distribution
};

// What a chip does: the shares of its peaks that work reaches that takes `time` on it, while it is busy for a share of the time.
template <class T, class Chip>
chips::basic_use<T> use_of(const Chip& chip, const step_cost<T>& work, const T& busy) {
  T compute_share(1), memory_share(1);  // of its peaks that the roofline of `work` counts with
  if constexpr (requires { chip.compute_efficiency; }) {
    compute_share = number_cast<T>(chip.compute_efficiency);
    memory_share = number_cast<T>(chip.memory_efficiency);
  }
  return {busy, busy * min(work.compute / work.time * compute_share, T(1)), busy * min(work.memory / work.time * memory_share, T(1))};
}

// How chips that serve draw power, fitted on the mean power of 300 runs on H100 and B200 (ML.ENERGY): median error 9 to 10 %. Kernels run
// alone draw less at equal use (chips/power.hpp): the gaps of a running engine, below a millisecond, are too short for the chip to rest.
inline constexpr chips::power_constants serving_power{0.47, 1.23, 0.10, confidence::measured};

// Mean power of one chip under a load. A chip with a power law of its own, other than the catalog's, is asked for it.
template <class T, class Chip>
quantity<unit::watt, T> power_of(const Chip& chip, const serving_result<T>& load) {
  if constexpr (requires { chip.family; }) {
    const auto use = use_of(chip, load.work, load.busy);
    return chips::power_at(serving_power, chip.idle_power, chip.thermal_design_power,
                           chips::basic_use<T>{load.present, use.compute * load.present, use.memory * load.present});
  } else {
    return chips::power_of(chip, use_of(chip, load.work, load.busy * load.present));
  }
}

// The power at a boundary around chips that draw `chips_power`; the sum of the parts of infrastructure::chain.
// Worked number: 8 chips of 500 W by the defaults: 4.00 kW, 5.88 kW, 6.12 kW, 6.98 kW, 8.72 kW.
template <class T>
quantity<unit::watt, T> power_at(power_boundary boundary, const infrastructure::basic_site<T>& site, const quantity<unit::watt, T>& chips_power) {
  const infrastructure::power_chain<T> p = infrastructure::chain(site, chips_power, site.power_usage_effectiveness);
  switch (boundary) {
    case power_boundary::chip: return p.chips;
    case power_boundary::node_dc: return p.chips + p.hosts;
    case power_boundary::node_ac: return p.servers();
    case power_boundary::it: return p.it();
    case power_boundary::facility: return p.facility();
  }
  return p.facility();
}

// Energy of one output token at a boundary: power of the replica's chips over its rate of tokens.
template <class T, class Chip, class... X>
quantity<unit::joule_per_token, T> energy_per_token(power_boundary boundary, const infrastructure::basic_site<T>& site, const Chip& chip,
                                                    const replica<T, X...>& r, const serving_result<T>& load) {
  const quantity<unit::watt, T> chips_power = power_of(chip, load) * r.plan.chips();
  return power_at(boundary, site, chips_power) / (load.calls * (r.output * units::token));
}

}  // namespace layercake
