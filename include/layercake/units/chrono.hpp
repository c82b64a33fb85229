// std::chrono durations to and from quantities of time.
#pragma once

#include <chrono>
#include <layercake/number/check.hpp>
#include <layercake/units/named.hpp>
#include <layercake/units/print.hpp>
#include <limits>

namespace layercake {

// from_chrono(std::chrono::milliseconds(12)) is 12 * units::millisecond. Durations of integers become double, exact to 2^53 ticks.
template <class Rep, class Period>
constexpr auto from_chrono(const std::chrono::duration<Rep, Period>& d) {
  using T = detail::entered_t<Rep>;
  return static_cast<T>(d.count()) * named_unit<unit::second, scale{Period::num, Period::den, 0}.reduced()>{};
}

// to_chrono<std::chrono::microseconds>(q). Ticks of a floating-point type are exact but for one rounding; ticks of an integer type go to the
// nearest, halves away from zero. Throws invalid_value if q is NaN or does not fit such a tick count.
template <class Duration, real T>
constexpr Duration to_chrono(const quantity<unit::second, T>& q) {
  using Rep = typename Duration::rep;
  using Period = typename Duration::period;
  constexpr named_unit<unit::second, scale{Period::num, Period::den, 0}.reduced()> tick{};
  const T ticks = in<tick>(q);
  if constexpr (std::floating_point<Rep>) {
    return Duration(static_cast<Rep>(ticks));
  } else {
    // 2^63 is a floating-point number, the greatest count is not.
    constexpr T low = static_cast<T>((std::numeric_limits<Rep>::min)()) - T(0.5);
    constexpr T high = T(2) * static_cast<T>((std::numeric_limits<Rep>::max)() / 2 + 1) - T(0.5);
    if (!(ticks >= static_cast<T>((std::numeric_limits<Rep>::min)()) && ticks < high) &&
        !(ticks > low && ticks < T(0))) {
      require(false, "time", q, "what the ticks of the duration can count", "Use a coarser duration or one of double.");
    }
    Rep nearest = static_cast<Rep>(ticks);
    const T rest = ticks - static_cast<T>(nearest);
    if (rest >= T(0.5)) ++nearest;
    if (rest <= T(-0.5)) --nearest;
    return Duration(nearest);
  }
}

}  // namespace layercake
