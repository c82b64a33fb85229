// The time and the traffic of one pass of a model on a chip inside an infrastructure: the operations of the model, each timed by the chip or
// the network. This is where the three middle layers meet.
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

// The law of a chip's own fabric, by its family; that of an unknown one for the rest.
template <class Chip>
constexpr infrastructure::scale_up_law fabric_law(const Chip& chip) {
  if constexpr (requires { chip.family == chips::family::hopper; }) {
    switch (chip.family) {
      case chips::family::ampere: return infrastructure::catalog::nvlink_ampere;
      case chips::family::hopper: return infrastructure::catalog::nvlink_hopper;
      case chips::family::blackwell: return infrastructure::catalog::nvlink_blackwell;
      case chips::family::ada: return infrastructure::catalog::pcie;
      default: break;
    }
  }
  return {};
}

// How long an exchange takes in an infrastructure between chips of this kind. An infrastructure of the user's own may know no laws of fabrics.
template <class Infrastructure, class Chip, class N, class F>
constexpr auto exchange_time(const Infrastructure& infrastructure, const Chip& chip, const collective<N>& c, const scale_up_fabric<F>& fabric,
                             const infrastructure::communication_library& library = {}) {
  if constexpr (requires { infrastructure.time(c, fabric, fabric_law(chip), library); }) {
    return infrastructure.time(c, fabric, fabric_law(chip), library);
  } else {
    return infrastructure.time(c, fabric);
  }
}

namespace detail {
// Adds up what a model's operations take.
template <class T, class Chip, class Timing, class Infrastructure>
struct step_timer {
  const Chip& chip;
  const Timing& timing;
  const Infrastructure& infrastructure;
  scale_up_fabric<T> fabric;
  step_cost<T> sum{};

  template <class Operation, class N>
  void operator()(const Operation& operation, const N& times) {
    const T n = number_cast<T>(times);
    const auto total = operation.totals();
    using W = std::remove_cvref_t<decltype(total)>;
    sum.time += chips::time_of(timing, operation) * n;
    sum.compute += chip.time(W{total.flop, decltype(total.bytes)(), total.math}) * n;
    sum.memory += chip.time(W{decltype(total.flop)(), total.bytes, total.math}) * n;
    sum.flop += total.flop * n;
    sum.bytes += total.bytes * n;
  }
  template <class S, class N>
  void operator()(const collective<S>& c, const N& times) {
    const quantity<unit::second, T> t = exchange_time(infrastructure, chip, c, fabric) * number_cast<T>(times);
    sum.time += t;
    sum.exchange += t;
  }
};
}  // namespace detail

template <class T, class Chip, class Infrastructure, class Model>
step_cost<T> step(const Chip& chip, const Infrastructure& infrastructure, const Model& model, const models::pass<T>& pass,
                  const models::split<T>& split) {
  const auto& timing = chips::timing_of(chip);
  detail::step_timer<T, Chip, std::remove_cvref_t<decltype(timing)>, Infrastructure> timer{
      chip, timing, infrastructure, {chip.scale_up_bandwidth, number_cast<T>(chip.scale_up_domain)}};
  model.operations(pass, split, timer);
  return timer.sum;
}

}  // namespace layercake
