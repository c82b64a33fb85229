// The time and the traffic of a pass of a model on a chip inside an infrastructure: where the three middle layers meet.
#pragma once

#include <layercake/chips/chips.hpp>
#include <layercake/infrastructure/infrastructure.hpp>
#include <layercake/models/models.hpp>

namespace layercake {

namespace detail {
// Exchanges timed by an infrastructure without a prepared law.
template <number T, class Infrastructure>
struct plain_exchanges {
  const Infrastructure& place;
  scale_up_fabric<T> fabric;
  infrastructure::communication_library library;

  quantity<unit::second, T> time(const collective<T>& c) const {
    if constexpr (requires { place.time(c, fabric, library); }) {
      return place.time(c, fabric, library);
    } else {
      return place.time(c, fabric);
    }
  }
};
}  // namespace detail

// What a pass costs one chip.
template <number T = double>
struct step_cost {
  quantity<unit::second, T> time;      // kernels and exchanges, one after the other
  quantity<unit::second, T> exchange;  // of it: the network
  quantity<unit::second, T> compute;   // that the arithmetic alone would take by the roofline
  quantity<unit::second, T> memory;    // that the memory traffic alone would take
  quantity<unit::flop, T> flop;
  quantity<unit::byte, T> bytes;               // to and from memory
  quantity<unit::flop, T> sixteen_bit_flop{};  // those of 16 bit that the FLOP are worth: one of 8 bit is half of one
  quantity<unit::second, T> resting{};         // beside `time`: in which chips wait for the host long enough to rest

  friend step_cost operator+(const step_cost& a, const step_cost& b) {
    return {a.time + b.time,
            a.exchange + b.exchange,
            a.compute + b.compute,
            a.memory + b.memory,
            a.flop + b.flop,
            a.bytes + b.bytes,
            a.sixteen_bit_flop + b.sixteen_bit_flop,
            a.resting + b.resting};
  }
  // a where the mask holds, b elsewhere.
  template <class Mask>
  friend step_cost either(const Mask& mask, const step_cost& a, const step_cost& b) {
    return {where(mask, a.time, b.time),
            where(mask, a.exchange, b.exchange),
            where(mask, a.compute, b.compute),
            where(mask, a.memory, b.memory),
            where(mask, a.flop, b.flop),
            where(mask, a.bytes, b.bytes),
            where(mask, a.sixteen_bit_flop, b.sixteen_bit_flop),
            where(mask, a.resting, b.resting)};
  }
  friend step_cost operator*(const step_cost& a, const T& n) {
    return {a.time * n, a.exchange * n, a.compute * n,          a.memory * n,
            a.flop * n, a.bytes * n,    a.sixteen_bit_flop * n, a.resting * n};
  }
};

// What tells times of exchanges between chips inside an infrastructure: its prepared law, or the infrastructure itself.
// In a loop over exchanges take `exchanges_of` once, as `timing_of` for kernels.
template <number T, class Chip, class Infrastructure>
constexpr auto exchanges_of(const Chip& chip, const Infrastructure& place,
                            const infrastructure::communication_library& library) {
  const scale_up_fabric<T> fabric = chips::fabric_of<T>(chip);
  if constexpr (requires { place.timing(fabric, library); }) {
    return place.timing(fabric, library);
  } else {
    return detail::plain_exchanges<T, Infrastructure>{place, fabric, library};
  }
}

}  // namespace layercake
