// Failures of large machines: how often, how often to save, what is left.
#pragma once

#include <layercake/core/fields.hpp>
#include <layercake/core/provenance.hpp>
#include <layercake/number/number.hpp>
#include <layercake/units/named.hpp>
#include <limits>
#include <tuple>

namespace layercake::infrastructure {

namespace detail {
inline constexpr field_source reliability_sources[] = {
    {"checkpoint", "chosen to give the goodput that was reported", confidence::assumed},
    {"restart", "chosen to give the goodput that was reported", confidence::assumed}};
}  // namespace detail

// Defaults: Llama 3 had 419 unexpected interruptions in 54 days on 16,384 H100 (datacenterdynamics.com): one in 5.78 years of a chip. The
// times to save and to restart are assumed; with them the goodput of that run is the 90 % that was reported.
template <number T = double>
struct basic_reliability {
  quantity<unit::second, T> time_between_failures =
      number_cast<T>(54.0 * 16384 / 419) * units::day;           // of one chip, its node's share included
  quantity<unit::second, T> checkpoint = T(30) * units::second;  // during which the work stands still
  quantity<unit::second, T> restart = T(300) * units::second;  // from a failure until the work goes on, lost work apart
  provenance origin{"Llama 3 training, datacenterdynamics.com", "2024-07", confidence::published,
                    detail::reliability_sources};

  template <number Other>
  using with_number = basic_reliability<Other>;

  static constexpr auto fields() {
    using X = basic_reliability;
    return std::tuple{
        field("time_between_failures", &X::time_between_failures, positive,
              "the mean time between failures of one chip"),
        field("checkpoint", &X::checkpoint, positive, "the time that saving the state takes from the work"),
        field("restart", &X::restart, nonnegative, "the time from a failure until the work goes on"),
        label("origin", &X::origin)};
  }
};
using reliability = basic_reliability<>;

// Mean time between failures of `chips` chips that fail independently and of which each stops all: that of one over their number.
// Worked number: 16,384 chips by the defaults: 11,135 s.
template <number T, class Count>
constexpr auto time_between_failures(const basic_reliability<T>& r, const Count& chips) {
  return r.time_between_failures / chips;
}

// Work between two checkpoints, C the time of one, M the mean time between failures.
// Young, CACM 17(9), 1974: sqrt(2 C M). Worked number: C = 30 s, M = 11,135 s: 817 s.
template <number T>
constexpr quantity<unit::second, T> young_interval(const quantity<unit::second, T>& C,
                                                   const quantity<unit::second, T>& M) {
  return sqrt(T(2) * C * M);
}
// Daly, Future Generation Computer Systems 22, 2006, eq. 37: sqrt(2 C M) (1 + sqrt(C/2M)/3 + C/18M) - C for C < 2 M, else M.
template <number T>
constexpr quantity<unit::second, T> daly_interval(const quantity<unit::second, T>& C,
                                                  const quantity<unit::second, T>& M) {
  const T x = C / (T(2) * M);
  return where(x < T(1), young_interval(C, M) * (T(1) + sqrt(x) / T(3) + x / T(9)) - C, M);
}

// The share of the time that is useful work, to first order in what is lost:
//   1 - C/T - T/(2 M) - R/M,  T the interval, R the restart; 0 where nothing is left
// Domain: all times > 0; nothing is lost to failures that never come (M and T infinite). Leaves out: failures while saving or restarting, correlated failures, stragglers.
// Worked number: M = 11,135 s, C = 30 s, T = 817 s: 0.8997 with R = 300 s, 0.8727 with 600 s.
template <number T>
constexpr T goodput(const quantity<unit::second, T>& interval, const quantity<unit::second, T>& C,
                    const quantity<unit::second, T>& M, const quantity<unit::second, T>& R) {
  const T repeated = where(is_finite(interval), T(interval / (T(2) * M)), T(0));  // half an interval per failure
  return max(T(1) - C / interval - repeated - R / M, T(0));
}
// The same without the approximation for exponential failures, which may strike while saving and restarting too (Daly 2006, eq. 13):
//   T / (M e^(R/M) (e^((T + C)/M) - 1));  T / (T + C) where failures never come (M infinite), 1 if then T is infinite too
template <number T>
constexpr T complete_goodput(const quantity<unit::second, T>& interval, const quantity<unit::second, T>& C,
                             const quantity<unit::second, T>& M, const quantity<unit::second, T>& R) {
  constexpr auto infinity = std::numeric_limits<scalar_of_t<T>>::infinity();
  const quantity<unit::second, T> endless = number_cast<T>(infinity) * units::second;
  const auto never = M == endless, once = interval == endless;
  const quantity<unit::second, T> second = T(1) * units::second;
  const quantity<unit::second, T> m = where(never, second, M), t = where(once, second, interval);
  return where(never, where(once, T(1), T(t / (t + C))), T(t / m * exp(-(R / m)) / expm1((t + C) / m)));
}
// goodput() of `chips` chips that save at Young's interval: 1 - sqrt(2 C/M) - R/M.
template <number T, class Count>
constexpr auto goodput(const basic_reliability<T>& r, const Count& chips) {
  using P = promote_t<T, Count>;
  using seconds = quantity<unit::second, P>;
  const seconds C = r.checkpoint, M = time_between_failures(r, chips);
  return goodput(young_interval(C, M), C, M, seconds(r.restart));
}

// What a goodput allows, saving at Young's interval: the longest restart for a given checkpoint, and the longest checkpoint for a given
// restart. Negative where it cannot be reached, or 0 for the checkpoint.
//   R = M (1 - g - sqrt(2 C/M));   C = M (1 - g - R/M)^2 / 2
// Worked number: 0.9 at M = 11,135 s and C = 30 s allows a restart of 296 s.
template <number T>
constexpr quantity<unit::second, T> longest_restart(const T& goodput, const quantity<unit::second, T>& C,
                                                    const quantity<unit::second, T>& M) {
  return M * (T(1) - goodput - sqrt(T(2) * C / M));
}
template <number T>
constexpr quantity<unit::second, T> longest_checkpoint(const T& goodput, const quantity<unit::second, T>& R,
                                                       const quantity<unit::second, T>& M) {
  const T left = max(T(1) - goodput - R / M, T(0));
  return M * (left * left / T(2));
}

}  // namespace layercake::infrastructure
