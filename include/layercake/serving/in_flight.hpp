// How many calls a replica works on at once when they come at a given rate.
#pragma once

#include <layercake/serving/replica.hpp>
#include <layercake/serving/root.hpp>

namespace layercake::detail {

// The calls that write at once at a rate, at most `most`:
//   the largest D with D <= rate * O t(D)
// O: output tokens of a call; t(D): time per output token with D calls [s], which `between` gives. Steps are nearly affine in D, so that a search in
// this form settles in two or three of them. 0 at a rate of 0.
template <number T, class Between>
T in_flight_at(const quantity<unit::per_second, T>& rate, const T& output, const T& most, const Between& between) {
  const quantity<unit::per_second, T> none{};
  const auto asked = rate > none;
  const quantity<unit::per_second, T> some = where(asked, rate, quantity<unit::per_second, T>(T(1) / units::second));
  const T high = min(most, T(some * (between(most) * output)));
  const auto beyond = [&](const T& d) -> T { return d + high - T(some * (between(d) * output)); };
  const T found = largest_below(min(number_cast<T>(least_count), high), high, high, beyond);
  return where(asked, clamp(found, T(0), most), T(0));
}
template <number T, class... X>
T in_flight_at(const replica<T, X...>& r, const quantity<unit::per_second, T>& rate, const T& most) {
  return in_flight_at(rate, r.output, most, [&](const T& d) -> quantity<unit::second, T> {
    return r.template steady<false>(d).time / r.tokens_per_pass();
  });
}

}  // namespace layercake::detail
