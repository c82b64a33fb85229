// The continuous optimum near a point that a sweep has found: gradients by dual numbers, steps by a quasi-Newton method inside bounds.
#pragma once

#include <array>
#include <cmath>
#include <layercake/bulk/space/inputs.hpp>
#include <layercake/number/dual.hpp>
#include <string>
#include <tuple>
#include <vector>

namespace layercake::planning {

// An input that may be moved, and how far.
template <class Access, class Q>
struct movable_of {
  Access access;
  Q low, high;
};
template <class Access, class Q>
movable_of<Access, Q> movable(Access access, Q low, Q high) {
  if (!(low < high))
    raise(invalid_value("planning: an input moves from " + to_string(low) + " to " + to_string(high) +
                        "; allowed: the low end first"));
  return {std::move(access), low, high};
}

namespace detail {
// Minimises a smooth function over the unit cube from `x`: BFGS on the coordinates that no bound holds, a backtracking line search along the
// projected path. Source: Nocedal, Wright, Numerical Optimization, 2006, sections 6.1 and 16.7. f(x, slope) returns the value.
template <std::size_t N, class F>
double descend(std::array<double, N>& x, F&& f, int& steps, double tolerance) {
  std::array<double, N> g{}, trial{}, trial_g{}, p{};
  std::array<std::array<double, N>, N> h{};  // inverse Hessian
  const auto reset = [&] {
    for (std::size_t i = 0; i < N; ++i) {
      for (std::size_t j = 0; j < N; ++j)
        h[i][j] = i == j ? 1.0 : 0.0;
    }
  };
  const auto held = [&](std::size_t i) { return (x[i] <= 0 && g[i] > 0) || (x[i] >= 1 && g[i] < 0); };
  reset();
  double value = f(x, g);
  bool scaled = false;
  for (; steps < 200; ++steps) {
    double norm = 0, slope = 0;
    for (std::size_t i = 0; i < N; ++i)
      norm = held(i) ? norm : std::fmax(norm, std::fabs(g[i]));
    if (!(norm > tolerance * std::fabs(value))) break;
    for (std::size_t i = 0; i < N; ++i) {
      p[i] = 0;
      for (std::size_t j = 0; j < N && !held(i); ++j)
        p[i] -= held(j) ? 0.0 : h[i][j] * g[j];
      slope += p[i] * g[i];
    }
    if (!(slope < 0)) {
      reset();
      scaled = false;
      for (std::size_t i = 0; i < N; ++i)
        p[i] = held(i) ? 0.0 : -g[i];
    }
    double longest = 0;
    for (const double pi : p)
      longest = std::fmax(longest, std::fabs(pi));
    double step = scaled ? 1.0 : 0.1 / longest;  // the first step moves by a tenth of the range
    if (step * longest > 1) step = 1 / longest;
    double next = value;
    bool moved = false;
    for (int halving = 0; halving < 50 && !moved; ++halving, step *= 0.5) {
      double decrease = 0;
      for (std::size_t i = 0; i < N; ++i) {
        trial[i] = x[i] + step * p[i];
        trial[i] = trial[i] < 0 ? 0 : trial[i] > 1 ? 1 : trial[i];
        decrease += g[i] * (trial[i] - x[i]);
      }
      next = f(trial, trial_g);
      moved = next < value && next <= value + 1e-4 * decrease;
    }
    if (!moved) {
      if (!scaled) break;
      reset();
      scaled = false;
      continue;
    }
    std::array<double, N> s{}, y{}, hy{};
    double sy = 0, yy = 0, yhy = 0;
    for (std::size_t i = 0; i < N; ++i)
      s[i] = trial[i] - x[i], y[i] = trial_g[i] - g[i], sy += s[i] * y[i], yy += y[i] * y[i];
    const double gained = value - next;
    x = trial;
    g = trial_g;
    value = next;
    if (sy > 1e-14 * std::sqrt(yy)) {
      if (!scaled) {
        for (std::size_t i = 0; i < N; ++i)
          h[i][i] = sy / yy;
        scaled = true;
      }
      for (std::size_t i = 0; i < N; ++i) {
        for (std::size_t j = 0; j < N; ++j)
          hy[i] += h[i][j] * y[j];
      }
      for (std::size_t i = 0; i < N; ++i)
        yhy += y[i] * hy[i];
      for (std::size_t i = 0; i < N; ++i) {
        for (std::size_t j = 0; j < N; ++j)
          h[i][j] += (1 + yhy / sy) * s[i] * s[j] / sy - (hy[i] * s[j] + s[i] * hy[j]) / sy;
      }
    }
    if (gained <= 1e-14 * std::fabs(value)) break;
  }
  return value;
}
}  // namespace detail

template <class X, class Q>
struct refined {
  X at;  // the record with its inputs at the optimum
  Q value;
  int steps;
};

// Moves the inputs of `x` inside their ranges to where `figure(formula(x))` is least. The formula is called with dual numbers, so it must be
// smooth: a stack's smooth counting. Finds the local optimum; begin from the best point of a sweep.
template <class X, class Formula, class Figure, class... Access, class... Q>
auto refine(const X& x, const Formula& formula, const Figure& figure, const movable_of<Access, Q>&... inputs) {
  constexpr std::size_t N = sizeof...(inputs);
  using D = dual<double, N>;
  const std::tuple<const movable_of<Access, Q>&...> all{inputs...};
  const auto base = [](const auto& q) { return static_cast<double>(base_value(q)); };
  const std::array<double, N> low{base(inputs.low)...}, high{base(inputs.high)...};

  std::array<double, N> at{};
  X start = x;
  [&]<std::size_t... Index>(std::index_sequence<Index...>) {
    ((at[Index] = (base(std::get<Index>(all).access(start)) - low[Index]) / (high[Index] - low[Index])), ...);
  }
  (std::make_index_sequence<N>{});
  for (double& a : at)
    a = a < 0 ? 0 : a > 1 ? 1 : a;

  const auto value = [&](const std::array<double, N>& u, std::array<double, N>& slope) {
    auto varied = bulk::over_numbers<D>(x);
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      (bulk::set_input(std::get<Index>(all).access, varied,
                       D::variable(low[Index] + u[Index] * (high[Index] - low[Index]), Index)),
       ...);
    }
    (std::make_index_sequence<N>{});
    const D y = base_value(figure(formula(varied)));
    for (std::size_t i = 0; i < N; ++i)
      slope[i] = y.slope[i] * (high[i] - low[i]);
    return y.value;
  };
  int steps = 0;
  detail::descend<N>(at, value, steps, 1e-9);
  X best = x;
  [&]<std::size_t... Index>(std::index_sequence<Index...>) {
    (bulk::set_input(std::get<Index>(all).access, best, low[Index] + at[Index] * (high[Index] - low[Index])), ...);
  }
  (std::make_index_sequence<N>{});
  const auto result = figure(formula(best));
  return refined<X, std::remove_cv_t<decltype(result)>>{best, result, steps};
}

}  // namespace layercake::planning
