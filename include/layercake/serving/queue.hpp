// Queues: how long requests wait for one of many servers, and how busy the servers may be.
#pragma once

#include <layercake/core/fields.hpp>
#include <layercake/number/check.hpp>
#include <layercake/units/named.hpp>
#include <limits>

namespace layercake::queue {

namespace detail {
inline constexpr double negligible_term = 1e-17;     // of a sum: below the rounding of every real type
inline constexpr double never_blocked = 1e30;        // 1/B from which on B is taken for 0
inline constexpr double most_servers_summed = 1e10;  // from here on the sum has above a million terms
inline constexpr double most_servers = 1e15;         // that one more still counts beside, in double precision

template <real T>
constexpr T erlang_c_of_many(T servers, T load) {
  constexpr T root_of_two = T(1.4142135623730950488), root_of_two_pi = T(2.5066282746310005024);
  const T b = (servers - load) / sqrt(servers);
  const T density = exp(-b * b / T(2)) / root_of_two_pi;
  const T distribution = std::erfc(-b / root_of_two) / T(2);
  return T(1) / (T(1) + b * distribution / density);  // 0 where the density is
}
}  // namespace detail

// The probability that a request waits: Erlang's C formula for `servers` = c servers at offered load a = arrival rate * service time, with
// Poisson arrivals and exponential service (M/M/c).
//   C = B / (1 - rho (1 - B)),  rho = a/c,  1/B = sum over j = 0..c of c!/(c-j)! / a^j   (Erlang B)
// Domain: c >= 1, whole, 0 <= a < c; a >= c gives 1, NaN gives NaN. The sum stops where its terms no longer count, after about 10 sqrt(c) of
// them, so that a million servers take microseconds to milliseconds; no factorial, no overflow that matters (1/B infinite: B = 0). Beyond
// 1e10 servers its limit for many, within 1e-4:
//   C = 1 / (1 + b Phi(b) / phi(b)),  b = (c - a) / sqrt(c),  phi and Phi the normal density and distribution
// Source: Erlang 1917; Cooper, Introduction to Queueing Theory, 1981, section 3.3; Halfin, Whitt, Operations Research 29, 1981.
// Worked number: c = 2, a = 1: 1/3.
template <real T>
constexpr T erlang_c(T servers, T load) {
  if (!is_known(load) || !is_known(servers)) return std::numeric_limits<T>::quiet_NaN();
  if (!(load > T(0))) return T(0);
  if (!(load < servers)) return T(1);
  if (servers > T(detail::most_servers_summed)) return detail::erlang_c_of_many(servers, load);
  T sum(1), term(1);
  for (T j(0); j < servers; j += T(1)) {
    term *= (servers - j) / load;
    sum += term;
    if (servers - j < load && term < sum * T(detail::negligible_term)) break;
    if (sum > T(detail::never_blocked)) return T(0);
  }
  const T blocked = T(1) / sum;
  return blocked / (T(1) - load / servers * (T(1) - blocked));
}

// The normal distribution's quantile, of a share above 1/2; below it the same with the other sign: by its rational approximation, within 4.5e-4.
// Source: Abramowitz, Stegun, Handbook of Mathematical Functions, 1964, 26.2.23. Worked number: 0.99: 2.326.
template <number T>
constexpr T normal_quantile(const T& share) {
  const auto as = [](double x) { return number_cast<T>(x); };
  const auto upper = share > as(0.5);
  const T t = sqrt(as(-2) * log(where(upper, T(T(1) - share), share)));
  const T z = t - (as(2.515517) + t * (as(0.802853) + t * as(0.010328))) /
                      (T(1) + t * (as(1.432788) + t * (as(0.189269) + t * as(0.001308))));
  return where(upper, z, T(-z));
}

// P(wait > t) = C exp(-(1 - rho) c t / service) in M/M/c, t in service times.
template <real T>
T probability_of_waiting_longer(T servers, T load, T service_times) {
  return erlang_c(servers, load) * exp(-(servers - load) * service_times);
}

// The highest utilisation at which at most `share` of the requests wait longer than `service_times`: what pooling gives. By bisection to 1e-9.
// Worked numbers (wait over one service time for 1 %): 0.694 with 10 servers, 0.959 with 100, 0.9956 with 1000.
template <real T>
T highest_utilisation(T servers, T service_times, T share) {
  T low(0), high(1);
  for (int i = 0; i < 40; ++i) {
    const T middle = (low + high) / T(2);
    (probability_of_waiting_longer(servers, middle * servers, service_times) <= share ? low : high) = middle;
  }
  return low;
}

// The fewest servers, in steps of `step` (slots of a chip), that keep it so at an offered load.
// Domain: load 0 to 1e15 and at most 1e15 steps, service_times at least 0, share 0 to 1, step above 0. Throws invalid_value outside it.
// Worked number: 19.53 servers of load, 0.5 % may wait longer than a third of a service time: 28 (tests/claims/80).
template <real T>
T fewest_servers(T load, T service_times, T share, T step = T(1)) {
  constexpr double most = sizeof(T) < sizeof(double) ? 1 / std::numeric_limits<T>::epsilon() : detail::most_servers;
  constexpr domain servers_within{0, most};
  check_within("load", load, servers_within, "Set the arrival rate times the service time.");
  check_nonnegative("service_times", service_times, "Set the wait that may be exceeded, in service times.");
  check_share("share", share, "Set the share of requests that may wait longer.");
  check_positive("step", step, "Set the servers that are added at once, 1 or more.");
  check_within("load / step", load / step, servers_within, "Take larger steps.");
  T low = floor(load / step), high = low + T(1);  // low: too few
  while (!(probability_of_waiting_longer(high * step, load, service_times) <= share)) {
    low = high;
    high += high - floor(load / step);
  }
  while (high - low > T(1.5)) {
    const T middle = floor((low + high) / T(2));
    (probability_of_waiting_longer(middle * step, load, service_times) <= share ? high : low) = middle;
  }
  return high * step;
}

}  // namespace layercake::queue
