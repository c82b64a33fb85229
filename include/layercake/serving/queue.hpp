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
inline constexpr double idle = 1e-12;                // utilisation below which the logarithm is not taken
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

// The same for every number type, smooth in the number of servers: the approximation of Sakasegawa, C ~ rho^(sqrt(2 (c
// + 1)) - 1). Exact for c = 1; within 0.06 of Erlang C where rho >= 0.6. Source: Sakasegawa, Annals of the Institute of
// Statistical Mathematics 29, 1977. Worked number: c = 2, rho = 0.5: 0.366.
template <number T>
constexpr T waiting_probability(const T& servers, const T& utilisation) {
  const T rho = clamp(utilisation, number_cast<T>(detail::idle), T(1));
  return exp((sqrt(T(2) * (servers + T(1))) - T(1)) * log(rho));
}

// Mean wait before service with general arrivals and service times (Allen-Cunneen):
//   W = P(wait) / (c (1 - rho)) * service * (ca + cs) / 2,   ca, cs squared coefficients of variation (Poisson arrivals: ca = 1)
// Infinite where rho >= 1. Exact for M/M/c and, with c = 1, for M/G/1 (Pollaczek-Khinchine). Source: Allen, Probability, Statistics and
// Queueing Theory, 1990, section 5.5. Worked number: M/D/1, rho = 0.5, service 1 s: 0.5 s.
template <number T>
constexpr quantity<unit::second, T> mean_wait(const T& servers, const T& utilisation, const T& waits,
                                              const quantity<unit::second, T>& service, const T& arrival_variation,
                                              const T& service_variation) {
  const T idle = T(1) - utilisation;
  const T infinite = number_cast<T>(std::numeric_limits<scalar_of_t<T>>::infinity());
  const T factor =
      waits / (servers * where(idle > T(0), idle, T(1))) * (arrival_variation + service_variation) * T(0.5);
  return service * where(idle > T(0), factor, infinite);
}

// The wait that a share `quantile` of requests do not exceed: those that wait do so for an exponentially distributed time,
//   t = mean / P(wait) * ln(P(wait) / (1 - quantile)),  at least 0
// Exact for M/M/c. Worked number: M/M/1 at rho = 0.8, service 1 s (mean wait 4 s), 99 %: 21.9 s.
template <number T>
constexpr quantity<unit::second, T> wait_quantile(const T& waits, const quantity<unit::second, T>& mean,
                                                  const T& quantile) {
  const T p = max(waits, number_cast<T>(1e-12));
  return mean / p * max(log(p / (T(1) - quantile)), T(0));
}

// The wait that a share `quantile` of requests do not exceed for one server whose service always takes as long (M/D/1): beyond one service
// the wait is exponential,
//   P(wait > t) = C exp(-y t / service),  rho (e^y - 1) = y,  C = (1 - rho) / (y + rho - 1);  at least 0
// y = 2 (1 - rho) rho^-0.31 within 3 % for rho of 0.2 to 1. Source: Crommelin 1932; Tijms, A First Course in Stochastic Models, 2003, section 9.2.
// Worked number: rho = 0.6, service 1 s, 99 %: 4.6 s.
template <number T>
constexpr quantity<unit::second, T>
deterministic_wait_quantile(const T& utilisation, const quantity<unit::second, T>& service, const T& quantile) {
  const T rho = clamp(utilisation, number_cast<T>(1e-9), number_cast<T>(1 - 1e-9)), idle = T(1) - rho;
  const T decay = T(2) * idle * exp(-number_cast<T>(0.31) * log(rho));
  return service * (max(log(idle / ((decay - idle) * (T(1) - quantile))), T(0)) / decay);
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
