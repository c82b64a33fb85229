// Power and energy of serving, by boundary: the chips alone, the server before and after its power supplies, the network with it, the site.
#pragma once

#include <layercake/infrastructure/infrastructure.hpp>
#include <layercake/serving/power.hpp>
#include <layercake/serving/regimes.hpp>

namespace layercake {

// Where energy is measured. Each holds the ones before it.
enum class power_boundary : unsigned char {
  chip,      // accelerators
  node_dc,   // servers, before the loss of their power supplies
  node_ac,   // servers at the socket
  it,        // with switches and storage
  facility,  // with cooling and distribution
};

// Mean power of one chip under a load.
template <number T, class Chip>
quantity<unit::watt, T> power_of(const Chip& chip, const serving_result<T>& load) {
  return running_power(chip, load.work, load.busy, load.present);
}

// The power at a boundary around chips that draw `chips_power`; the sum of the parts of infrastructure::chain.
// Worked number: 8 chips of 500 W by the defaults: 4.00 kW, 5.88 kW, 6.12 kW, 6.98 kW, 8.72 kW.
template <number T>
quantity<unit::watt, T> power_at(power_boundary boundary, const infrastructure::basic_site<T>& site,
                                 const quantity<unit::watt, T>& chips_power) {
  const infrastructure::power_chain<T> p = infrastructure::chain(site, chips_power, site.power_usage_effectiveness);
  switch (boundary) {
  case power_boundary::chip:
    return p.chips;
  case power_boundary::node_dc:
    return p.chips + p.hosts;
  case power_boundary::node_ac:
    return p.servers();
  case power_boundary::it:
    return p.it();
  case power_boundary::facility:
    return p.facility();
  }
  return p.facility();
}

// Energy of one output token at a boundary: power of the replica's chips over its rate of tokens.
template <number T, class Chip, class... X>
quantity<unit::joule_per_token, T> energy_per_token(power_boundary boundary, const infrastructure::basic_site<T>& site,
                                                    const Chip& chip, const replica<T, X...>& r,
                                                    const serving_result<T>& load) {
  const quantity<unit::watt, T> chips_power = power_of(chip, load) * r.plan.chips();
  return power_at(boundary, site, chips_power) / (load.calls * (r.output * units::token));
}

}  // namespace layercake
