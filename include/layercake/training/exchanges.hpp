// The exchanges of a training step: how long they take, and what is left of them beside computation.
#pragma once

#include <layercake/infrastructure/infrastructure.hpp>
#include <layercake/training/software.hpp>

namespace layercake::detail {

template <number T, class Network>
struct training_exchanges {
  using seconds = quantity<unit::second, T>;
  const Network& network;
  const scale_up_fabric<T>& fabric;

  seconds time(const collective<T>& c) const { return time(c, fabric); }
  // In one ring that takes no notice of the fast fabric.
  seconds flat(const collective<T>& c) const { return time(c, scale_up_fabric<T>{fabric.bandwidth, T(1)}); }

private:
  seconds time(const collective<T>& c, const scale_up_fabric<T>& over) const {
    if (!any_positive(T(c.ranks - T(1)))) return {};
    return network.time(c, over);
  }
};

// What is left of an exchange that is shorter than the computation which hides a share of it; see
// infrastructure/overlap.hpp.
constexpr double left_of_exchange(double hidden, double taken) { return 1 - hidden + hidden * taken; }

// What an exchange adds to computation of which it may be the longer.
template <number T>
constexpr quantity<unit::second, T> added_to(const quantity<unit::second, T>& compute,
                                             const quantity<unit::second, T>& exchange, const T& hidden, double taken) {
  return infrastructure::overlapped(compute, exchange, hidden, number_cast<T>(taken)) - compute;
}

}  // namespace layercake::detail
