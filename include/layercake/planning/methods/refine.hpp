// The continuous optimum near a point that a sweep has found: gradients by dual numbers, steps by a quasi-Newton method inside bounds.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <layercake/bulk/space/inputs.hpp>
#include <layercake/number/check.hpp>
#include <layercake/number/dual.hpp>
#include <layercake/units/print.hpp>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
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
  require(low < high, "movable.low", low, "below movable.high, " + to_string(high), "Give the low end first.");
  require(is_finite(high - low), "movable.high", high, "a finite way above movable.low, " + to_string(low),
          "Give ends that are finite.");
  return {std::move(access), low, high};
}

namespace detail {
// Minimises a smooth function over the unit cube: BFGS on the coordinates that no bound holds, a backtracking line search along the projected
// path. Source: Nocedal, Wright, Numerical Optimization, 2006, sections 6.1 and 16.7. f(x, slope) returns the value.
template <std::size_t N, class F>
class descent {
public:
  using point = std::array<double, N>;

  descent(const point& start, const F& f) : f_(f), x_(start) {}

  // Ends where no slope is above `tolerance` of the value, or no step gains anything.
  point run(double tolerance) {
    constexpr int most_steps = 200;
    constexpr double smallest_gain = 1e-14;  // of the value
    reset();
    value_ = f_(x_, g_);
    require(std::isfinite(value_) && finite(g_), "refine.figure",
            std::string_view("not finite at the start, or its slope"), "finite values",
            "Begin from a feasible point, such as the best one of a sweep.");
    for (; steps_ < most_steps && steepest() > tolerance * std::fabs(value_); ++steps_) {
      choose_direction();
      if (!search_line()) {
        if (!scaled_) break;
        reset();
        continue;
      }
      const double gained = value_ - trial_value_;
      accept();
      if (gained <= smallest_gain * std::fabs(value_)) break;
    }
    return x_;
  }
  int steps() const { return steps_; }

private:
  const F& f_;
  point x_, g_{}, p_{}, trial_{}, trial_g_{};  // where, slope, direction; where a step leads
  std::array<point, N> h_{};                   // inverse Hessian
  bool scaled_ = false;                        // h_ knows the size of the function
  double value_ = 0, trial_value_ = 0;
  int steps_ = 0;

  void reset() {
    for (std::size_t i = 0; i < N; ++i) {
      for (std::size_t j = 0; j < N; ++j)
        h_[i][j] = i == j ? 1.0 : 0.0;
    }
    scaled_ = false;
  }
  static bool finite(const point& p) {
    for (const double x : p) {
      if (!std::isfinite(x)) return false;
    }
    return true;
  }
  bool held(std::size_t i) const { return (x_[i] <= 0 && g_[i] > 0) || (x_[i] >= 1 && g_[i] < 0); }
  double steepest() const {
    double norm = 0;
    for (std::size_t i = 0; i < N; ++i)
      norm = held(i) ? norm : std::fmax(norm, std::fabs(g_[i]));
    return norm;
  }
  void choose_direction() {
    double slope = 0;
    for (std::size_t i = 0; i < N; ++i) {
      p_[i] = 0;
      for (std::size_t j = 0; j < N && !held(i); ++j)
        p_[i] -= held(j) ? 0.0 : h_[i][j] * g_[j];
      slope += p_[i] * g_[i];
    }
    if (slope < 0) return;
    reset();
    for (std::size_t i = 0; i < N; ++i)
      p_[i] = held(i) ? 0.0 : -g_[i];
  }
  // Armijo's rule, halving the step; false if no step descends.
  bool search_line() {
    constexpr double first_move = 0.1;            // of the range, while the size of the function is not known
    constexpr double sufficient_decrease = 1e-4;  // Nocedal, Wright, section 3.1
    constexpr int most_halvings = 50;
    double longest = 0;
    for (const double pi : p_)
      longest = std::fmax(longest, std::fabs(pi));
    double step = scaled_ ? 1.0 : first_move / longest;
    if (step * longest > 1) step = 1 / longest;
    for (int halving = 0; halving < most_halvings; ++halving, step *= 0.5) {
      double decrease = 0;
      for (std::size_t i = 0; i < N; ++i) {
        trial_[i] = x_[i] + step * p_[i];
        trial_[i] = trial_[i] < 0 ? 0 : trial_[i] > 1 ? 1 : trial_[i];
        decrease += g_[i] * (trial_[i] - x_[i]);
      }
      trial_value_ = f_(trial_, trial_g_);
      const bool descends = trial_value_ < value_ && trial_value_ <= value_ + sufficient_decrease * decrease;
      if (descends && std::isfinite(trial_value_) && finite(trial_g_)) return true;
    }
    return false;
  }
  void accept() {
    constexpr double least_curvature = 1e-14;
    point s{}, y{};
    double sy = 0, yy = 0;
    for (std::size_t i = 0; i < N; ++i)
      s[i] = trial_[i] - x_[i], y[i] = trial_g_[i] - g_[i], sy += s[i] * y[i], yy += y[i] * y[i];
    x_ = trial_;
    g_ = trial_g_;
    value_ = trial_value_;
    if (!(sy > least_curvature * std::sqrt(yy))) return;
    if (!scaled_) {
      for (std::size_t i = 0; i < N; ++i)
        h_[i][i] = sy / yy;
      scaled_ = true;
    }
    point hy{};
    double yhy = 0;
    for (std::size_t i = 0; i < N; ++i) {
      for (std::size_t j = 0; j < N; ++j)
        hy[i] += h_[i][j] * y[j];
    }
    for (std::size_t i = 0; i < N; ++i)
      yhy += y[i] * hy[i];
    for (std::size_t i = 0; i < N; ++i) {
      for (std::size_t j = 0; j < N; ++j)
        h_[i][j] += (1 + yhy / sy) * s[i] * s[j] / sy - (hy[i] * s[j] + s[i] * hy[j]) / sy;
    }
  }
};
}  // namespace detail

template <class X, class Q>
struct refined {
  X at;  // the record with its inputs at the optimum
  Q value;
  int steps;
};

// Moves the inputs of `x` inside their ranges to where `figure(formula(x))` is least. The formula is called with dual numbers, so it must be
// smooth: a stack's smooth counting. Finds the local optimum in at most 200 steps; begin from the best point of a sweep. An input that begins
// outside of its range begins at the nearer end. Throws invalid_value if an input, or the figure or one of its slopes at the start, is unknown
// or infinite.
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
  for (double& a : at) {
    require(!std::isnan(a), "refine.inputs", std::string_view("unknown"), "known values",
            "Set each input that may move.");
    a = a < 0 ? 0 : a > 1 ? 1 : a;
  }

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
  constexpr double tolerance = 1e-9;  // of the value, over the whole range of an input
  detail::descent<N, decltype(value)> way(at, value);
  at = way.run(tolerance);
  X best = x;
  [&]<std::size_t... Index>(std::index_sequence<Index...>) {
    (bulk::set_input(std::get<Index>(all).access, best, low[Index] + at[Index] * (high[Index] - low[Index])), ...);
  }
  (std::make_index_sequence<N>{});
  const auto result = figure(formula(best));
  return refined<X, std::remove_cv_t<decltype(result)>>{best, result, way.steps()};
}

}  // namespace layercake::planning
