// How far from measurements what a stack predicts is to be expected.
#pragma once

#include <layercake/chips/kernel_constants.hpp>
#include <layercake/core/expected_error.hpp>
#include <layercake/stack/stack.hpp>
#include <string_view>

namespace layercake {

// The regime of what a stack is asked (core/expected_error.hpp): by its chip, which is measured where its family is; then by its calls in flight,
// one or so many as its plan says, or those that are best.
template <class... Layer>
std::string_view regime_of(const stack<Layer...>& service) requires real<typename stack<Layer...>::number_type> {
  bool measured = false;
  if constexpr (requires { chips::kernel_constants(service.chip.family).measured; })
    measured = chips::kernel_constants(service.chip.family).measured;
  const auto in_flight = service.plan.concurrency;
  return regime_of_serving(measured, !(in_flight > 0) ? request_load::saturated
                                     : in_flight > 1  ? request_load::in_flight
                                                      : request_load::single_stream);
}

// That of a group of figures; nullptr where none was measured.
template <class... Layer>
const expected_error* error_of(const stack<Layer...>& service, std::string_view group) {
  return expected_error_of(group, regime_of(service));
}

}  // namespace layercake
