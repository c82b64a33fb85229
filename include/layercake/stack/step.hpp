// The time and the traffic of a pass of a model on a chip inside an infrastructure: where the three middle layers meet.
#pragma once

#include <layercake/chips/chips.hpp>
#include <layercake/infrastructure/infrastructure.hpp>
#include <layercake/models/models.hpp>

namespace layercake {

// What a pass costs one chip.
template <class T = double>
struct step_cost {
  quantity<unit::second, T> time;      // kernels and exchanges, one after the other
  quantity<unit::second, T> exchange;  // of it: the network
  quantity<unit::second, T> compute;   // that the arithmetic alone would take by the roofline
  quantity<unit::second, T> memory;    // that the memory traffic alone would take
  quantity<unit::flop, T> flop;
  quantity<unit::byte, T> bytes;  // to and from memory

  friend step_cost operator+(const step_cost& a, const step_cost& b) {
    return {a.time + b.time,     a.exchange + b.exchange, a.compute + b.compute,
            a.memory + b.memory, a.flop + b.flop,         a.bytes + b.bytes};
  }
  friend step_cost operator*(const step_cost& a, const T& n) {
    return {a.time * n, a.exchange * n, a.compute * n, a.memory * n, a.flop * n, a.bytes * n};
  }
};

}  // namespace layercake
