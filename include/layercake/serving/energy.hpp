// Power and energy of serving, by boundary: the chips alone, the server before and after its power supplies, the network with it, the site.
#pragma once

#include <layercake/infrastructure/infrastructure.hpp>
#include <layercake/serving/in_flight.hpp>
#include <layercake/serving/power.hpp>
#include <layercake/serving/regimes.hpp>
#include <layercake/serving/serve.hpp>
#include <type_traits>

namespace layercake {

// Where energy is measured. Each holds the ones before it.
enum class power_boundary : unsigned char {
  chip,      // accelerators
  node_dc,   // servers, before the loss of their power supplies
  node_ac,   // servers at the socket
  it,        // with switches and storage
  facility,  // with cooling and distribution
};

// One replica, whose figures at full load are serve's, as it answers `rate` calls a second: what its chips do, from which its power follows. As few
// calls write at once as that rate leaves in flight, in steps that follow each other without a pause as long as there is one; a batch of full size
// that rests in between would draw less, and no engine works so.
//   D / (O t(D)) = rate;  work and busy are those of a step with D calls;  present = min(D, 1)
// D: calls that write [1]; O: output tokens of a call; t(D): time per output token [s]. A rate above the capacity is answered at capacity, where
// nothing is answered (0) the chips rest. A model that writes nothing takes one prompt after the other: present = rate * time of a prompt.
// Domain: rate >= 0. Leaves out: waiting, which changes no power (regimes.hpp has it). Throws nothing. Source: Little's law (Little, Operations
// Research 9, 1961). Worked number: steps of 1 ms whatever the batch, 100 tokens a call: at 20 calls/s two write at once; at 2 calls/s 0.2 do, so
// that there is a step for a fifth of the time.
template <number T, class... X>
serving_result<T> running_at(const replica<T, X...>& r, const serving_figures<T>& full,
                             const quantity<unit::per_second, T>& rate) {
  const quantity<unit::per_second, T> none{}, answered = clamp(rate, none, full.calls);
  if constexpr (models::generates_tokens<std::remove_cvref_t<decltype(r.model)>>()) {
    const T most = max(full.concurrency, T(1));
    const quantity<unit::second, T> longest = full.time_per_output_token * (T(1) * units::token);
    serving_result<T> s = detail::steady_state(r, detail::in_flight_at(r, answered, most, longest));
    s.calls = answered;
    s.present = min(s.in_flight, T(1));
    return s;
  } else {
    serving_result<T> s;
    s.work = full.per_call;
    s.time_to_first_token = s.latency = full.time_to_first_token;
    s.calls = answered;
    s.in_flight = s.present = answered * s.latency;
    return s;
  }
}

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
