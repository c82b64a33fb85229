// Where a rising function reaches a limit, for every number type.
#pragma once

#include <layercake/number/number.hpp>

namespace layercake {

// An objective counts as kept up to this multiple of it: searches settle within 1e-5 of one. Assumed.
inline constexpr double objective_tolerance = 1.001;

// The largest x in [low, high] with f(x) <= limit for a rising f; below low where even f(low) exceeds the limit.
//
// Regula falsi after Anderson and Bjorck (BIT 13, 1973): x = a - g(a) (b - a) / (g(b) - g(a)), g = f / limit - 1; where
// the same end moves twice, the value at the other is scaled by 1 - g(x) / g(last x), and by 1/4 where that is below
// 1/10. A step that leaves the bracket halves it in log x. Every lane of a batch takes the same twelve steps and stands
// still once it has arrived, as plain numbers stop; steps of an engine, nearly affine in x, take five or six. A last
// Newton step carries the derivatives of f and of the limit (implicit function theorem). Where f jumps across the
// limit, as where a batch needs one more tile of rows, the lower end of the bracket is given: below the jump, in 27
// jumps of 1,075 replicas by 3e-4 at most, and without a derivative of meaning. Leaves out: a method with a guaranteed
// rate, which for a jump is bisection's, 20 steps. Worked number: f = 0.2 + 0.01 x, limit 1: 80.
template <number T, class Limit, class Function>
T largest_below(const T& low, const T& high, const Limit& limit, Function&& f) {
  const auto g = [&](const T& x) -> T { return (f(x) - limit) / limit; };
  constexpr double least_shrink = 0.1, shrink_below_it = 0.25;  // of the value at an end that stands still
  constexpr int steps = 12;                // at most, assumed: smooth functions settle in five or six
  const T settled = number_cast<T>(1e-5);  // of the limit, assumed: a Newton step beyond it squares the error
  T a = low, b = max(high, low);
  T at_b = g(b);
  const auto bound = at_b <= T(0);
  if constexpr (real<T>) {
    if (bound) return high;
  }
  T at_a = g(a), weight_a = at_a, weight_b = at_b, last(0);
  for (int i = 0; i < steps; ++i) {
    const auto moving = min(at_b, -at_a) > settled * settled;
    if constexpr (real<T>) {
      if (!moving) break;
    }
    const T rise = weight_b - weight_a;
    const T secant = a - weight_a * ((b - a) / where(rise > T(0), rise, T(1)));
    const T inside = where((secant > a) && (secant < b), secant, sqrt(a * b));
    const T x = where(moving, inside, where(at_b < -at_a, b, a));
    const T at_x = g(x);
    const auto above = at_x > T(0);
    const auto again = last * at_x > T(0);
    const T shrink = T(1) - at_x / where(again, last, T(1));
    const T scale =
        where(again, where(shrink > number_cast<T>(least_shrink), shrink, number_cast<T>(shrink_below_it)), T(1));
    weight_a = where(above, weight_a * scale, at_x);
    weight_b = where(above, at_x, weight_b * scale);
    at_a = where(above, at_a, at_x);
    at_b = where(above, at_x, at_b);
    a = where(above, a, x);
    b = where(above, x, b);
    last = at_x;
  }
  const auto from_b = (at_b < -at_a) && (at_b <= settled);
  const T closest = where(from_b, b, a), at_closest = where(from_b, at_b, at_a);
  const T width = closest * number_cast<T>(1e-3);  // over which the slope is taken; assumed
  const T slope = (g(closest + width) - at_closest) / width;
  const T newton = closest - at_closest / where(slope > T(0), slope, T(1));
  const auto possible = at_a <= T(0);
  const T found = where(from_b || (-at_a <= settled), where(possible, clamp(newton, a, b), newton), a);
  return where(bound, high, found);
}

}  // namespace layercake
