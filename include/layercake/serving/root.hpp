// Where rising functions reach a limit, and where a function that rises and falls is highest, for every number type.
//
// How far what is built on these searches may be trusted:
// - Signs: a bill strays from rising or falling by a ten-thousandth of it at most, where a search settles. Measured under fixed
//   plans: 7e-5 over the catalogs (tests/property/stack/signs.cpp), 6e-5 in random stacks of the catalogs' chips and models,
//   inputs raised by 0.003 to 10 %; where limits and not a summit decide, rounding.
// - Derivatives: the slopes of a bill are those of its differences, within 1 % of the elasticity or 1e-4
//   (tests/fuzz/slopes.cpp). They are one side's, or lie between both, at a kink, where two limits are reached at once, and have
//   no meaning at a jump across a limit. At a summit they are those of f there, which is flat: of where the summit lies they
//   are none.
// - Number types: lanes of a batch, values of duals and recorded points are what a scalar gives, to rounding, 1e-12
//   (tests/unit/serving/lanes.cpp). Where f hardly rises at its limit the rounding of a batch's exp and log is magnified: 1e-11
//   was seen, of replicas whose memory holds no call.
#pragma once

#include <array>
#include <layercake/number/domain.hpp>
#include <layercake/number/number.hpp>

namespace layercake {

// An objective counts as kept up to this multiple of it: searches settle within 1e-5 of one. Assumed.
inline constexpr double objective_tolerance = 1.001;

namespace detail {
inline constexpr double slope_width = 1e-3;  // of x, over which slopes are taken; assumed

// f / limit - 1, of one function or of several.
template <number T, class Value, class Limit>
std::array<T, 1> past_limit(const Value& f, const Limit& limit) {
  return {T((f - limit) / limit)};
}
template <number T, class Value, std::size_t Count, class Limit>
std::array<T, Count> past_limit(const std::array<Value, Count>& f, const Limit& limit) {
  std::array<T, Count> g;
  for (std::size_t i = 0; i < Count; ++i)
    g[i] = T((f[i] - limit) / limit);
  return g;
}
template <number T, std::size_t Count>
T largest_of(const std::array<T, Count>& g) {
  T most = g[0];
  for (std::size_t i = 1; i < Count; ++i)
    most = max(most, g[i]);
  return most;
}
// The x at which the first of the lines through (a, at_a) and (b, at_b) is zero; of a line that does not rise, none.
template <number T, std::size_t Count>
T first_zero(const T& a, const std::array<T, Count>& at_a, const T& b, const std::array<T, Count>& at_b) {
  T first(0);
  for (std::size_t i = 0; i < Count; ++i) {
    const T rise = at_b[i] - at_a[i];
    const T zero = a - at_a[i] * ((b - a) / where(rise > T(0), rise, T(1)));
    if constexpr (Count == 1) return zero;
    const T some = where((rise > T(0)) || (at_a[i] > T(0)), zero, number_cast<T>(largest_sensible));
    first = i == 0 ? some : T(min(first, some));
  }
  return first;
}
}  // namespace detail

// The largest x in [low, high] with f(x) <= limit for a rising f, or for several of them, where f gives an array; below
// low where even f(low) exceeds the limit.
//
// Regula falsi after Anderson and Bjorck (BIT 13, 1973): x = a - g(a) (b - a) / (g(b) - g(a)), g = f / limit - 1; where
// the same end moves twice, the value at the other is scaled by 1 - g(x) / g(last x), and by 1/4 where that is below
// 1/10. Of several functions the first x counts: their larger has a kink, on which steps of its own would crawl. A step
// that leaves the bracket halves it in log x. Twelve steps at most; those of an engine, nearly affine in x, take five or six.
// Lanes of a batch take them together, and one that has arrived stands still. A last Newton step carries the
// derivatives of f and of the limit (implicit function theorem). Where f jumps across the limit the lower end of the
// bracket is given, below the jump and without a derivative of meaning. Leaves out: a method with a guaranteed rate,
// which for a jump is bisection's, 20 steps. Worked number: f = 0.2 + 0.01 x, limit 1: 80.
template <number T, class Limit, class Function>
T largest_below(const T& low, const T& high, const Limit& limit, Function&& f) {
  const auto g = [&](const T& x) { return detail::past_limit<T>(f(x), limit); };
  constexpr double least_shrink = 0.1, shrink_below_it = 0.25;  // of the value at an end that stands still
  constexpr int steps = 12;                // at most, assumed: smooth functions settle in five or six
  const T settled = number_cast<T>(1e-5);  // of the limit, assumed: a Newton step beyond it squares the error
  T a = low, b = max(high, low);
  auto each_b = g(b);
  T at_b = detail::largest_of(each_b);
  const auto bound = at_b <= T(0);
  if constexpr (real<T>) {
    if (bound) return high;
  }
  auto each_a = g(a), weight_a = each_a, weight_b = each_b, last = each_a;
  T at_a = detail::largest_of(each_a), at_last(0);
  for (int i = 0; i < steps; ++i) {
    const auto moving = min(at_b, -at_a) > settled * settled;
    if constexpr (real<T>) {
      if (!moving) break;
    } else if constexpr (requires { any(moving); }) {  // lanes of a batch
      if (!any(moving && !bound)) break;
    }
    // One that is not yet above its limit at b has no zero on the way.
    for (std::size_t k = 0; k < each_b.size(); ++k)
      weight_b[k] = where(each_b[k] > T(0), weight_b[k], weight_a[k]);
    const T secant = detail::first_zero(a, weight_a, b, weight_b);
    const T inside = where((secant > a) && (secant < b), secant, sqrt(a * b));
    const T x = where(moving, inside, where(at_b < -at_a, b, a));
    const auto each_x = g(x);
    const T at_x = detail::largest_of(each_x);
    const auto above = at_x > T(0);
    const auto again = at_last * at_x > T(0);
    for (std::size_t k = 0; k < each_x.size(); ++k) {
      const T shrink = T(1) - each_x[k] / where(again && (last[k] * last[k] > T(0)), last[k], T(1));
      const T scale =
          where(again, where(shrink > number_cast<T>(least_shrink), shrink, number_cast<T>(shrink_below_it)), T(1));
      weight_a[k] = where(above, weight_a[k] * scale, each_x[k]);
      weight_b[k] = where(above, each_x[k], weight_b[k] * scale);
      each_a[k] = where(above, each_a[k], each_x[k]);
      each_b[k] = where(above, each_x[k], each_b[k]);
    }
    at_a = where(above, at_a, at_x);
    at_b = where(above, at_x, at_b);
    a = where(above, a, x);
    b = where(above, x, b);
    last = each_x;
    at_last = at_x;
  }
  const auto from_b = (at_b < -at_a) && (at_b <= settled);
  const T closest = where(from_b, b, a);
  for (std::size_t k = 0; k < each_a.size(); ++k)
    each_a[k] = where(from_b, each_b[k], each_a[k]);
  const T further = closest + closest * number_cast<T>(detail::slope_width);
  const T newton = detail::first_zero(closest, each_a, further, g(further));
  const auto possible = at_a <= T(0);
  const T found = where(from_b || (-at_a <= settled), where(possible, clamp(newton, a, b), newton), a);
  return where(bound, high, found);
}

// The x in [low, high] at which f is highest. f may have several summits: it is looked at on the rungs low, 2 low, 4 low, ...,
// at `other`, near which a second summit may lie, and at `high`; beside the best of them the bracket is halved in log x, and a
// parabola through its three points gives the last step. What is given is the best of all that was looked at, so that a larger
// `high` gives no lower f but for what the last step leaves, less than a ten-thousandth. Domain: 0 < low <= high <= 4096 low.
// Worked number: f = x / (1 + x^2) between 0.1 and 9: 1.000.
template <number T, class Function>
T highest_between(const T& low, const T& high, const T& other, Function&& f) {
  constexpr int rungs = 12, halvings = 4;
  T best = high, at_best = f(high);
  const auto look = [&](const T& x) {
    const T at_x = f(x);
    const auto better = (x >= low) && (x < high) && (at_x > at_best);
    best = where(better, x, best);
    at_best = where(better, at_x, at_best);
  };
  look(other);
  T rung = low;
  for (int i = 0; i < rungs; ++i, rung = rung * T(2)) {
    if constexpr (real<T>) {
      if (!(rung < high)) break;
    }
    look(rung);
  }
  T left = max(best / T(2), low), right = min(best * T(2), high);
  T at_left = f(left), at_right = f(right);
  for (int i = 0; i < halvings; ++i) {
    const T before = best, at_before = at_best;
    const T near_left = sqrt(left * before), near_right = sqrt(before * right);
    const T at_near_left = f(near_left), at_near_right = f(near_right);
    const auto to_left = at_near_left > at_before, to_right = !to_left && (at_near_right > at_before);
    best = where(to_left, near_left, where(to_right, near_right, before));
    at_best = where(to_left, at_near_left, where(to_right, at_near_right, at_before));
    left = where(to_left, left, where(to_right, before, near_left));
    at_left = where(to_left, at_left, where(to_right, at_before, at_near_left));
    right = where(to_left, before, where(to_right, right, near_right));
    at_right = where(to_left, at_before, where(to_right, at_right, at_near_right));
  }
  // In u = log(x / best): the vertex of the parabola through the three points.
  const T u = log(left / best), v = log(right / best), down = at_left - at_best, up = at_right - at_best;
  const T bend = down * v - up * u, tilt = down * v * v - up * u * u;
  const T summit = best * exp(where(bend * bend > T(0), tilt / (T(2) * where(bend * bend > T(0), bend, T(1))), T(0)));
  look(clamp(summit, left, right));
  return best;
}

}  // namespace layercake
