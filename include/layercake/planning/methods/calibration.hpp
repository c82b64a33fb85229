// Fitting a model's constants to measurements: nonlinear least squares inside bounds, with the covariance of what was found.
#pragma once

#include <array>
#include <cmath>
#include <layercake/number/dual.hpp>
#include <layercake/number/error.hpp>
#include <layercake/planning/methods/eigen.hpp>
#include <layercake/units/print.hpp>
#include <string>
#include <vector>

namespace layercake::planning {

// A constant to be found: where to begin, and where it may lie.
struct parameter {
  const char* name;
  double start;
  double low = -1e300, high = 1e300;
};

template <std::size_t N>
struct calibration {
  std::array<double, N> value{};
  std::array<double, N> deviation{};                  // standard error; 0 for a parameter at a bound
  std::array<std::array<double, N>, N> covariance{};  // s^2 (J^T J)^-1 over the parameters that no bound holds
  std::array<bool, N> at_bound{};
  double residual = 0;  // root of the mean square
  int steps = 0;
  bool converged = false;
};

// The parameters p inside their bounds for which the sum of squares of residual(p, i), i < n, is least.
//
// `residual` is a template over its number type: it is called with std::array<dual<double, N>, N>, which gives the Jacobian exactly. Weight
// residuals by one over the error of the measurement; relative errors come from log(model / measured) or (model - measured) / measured.
// Method: Levenberg and Marquardt with Marquardt's scaling, each step by a QR factorisation of the damped Jacobian over the parameters that
// are free to move, projected onto the bounds (More, 1978; Kanzow, Yamashita, Fukushima, J. Comput. Appl. Math. 172, 2004).
// Throws invalid_value for a start outside its bounds, fewer residuals than parameters, or a start where a residual is not finite.
template <std::size_t N, class Residual>
calibration<N> calibrate(const std::array<parameter, N>& parameters, std::size_t n, const Residual& residual) {
  using D = dual<double, N>;
  for (const parameter& p : parameters) {
    if (!(p.low <= p.start && p.start <= p.high)) {
      raise(invalid_value(std::string("planning: parameter ") + p.name + " starts at " + layercake::to_string(p.start) +
                          "; allowed: from " + layercake::to_string(p.low) + " to " + layercake::to_string(p.high) +
                          ". Start inside its bounds."));
    }
  }
  if (n < N)
    raise(invalid_value("planning: " + std::to_string(n) + " residuals for " + std::to_string(N) +
                        " parameters; give at least as many"));

  vector r(static_cast<Eigen::Index>(n));
  matrix j(static_cast<Eigen::Index>(n), static_cast<Eigen::Index>(N));
  const auto evaluate = [&](const std::array<double, N>& p, vector& to, matrix& slopes) {
    std::array<D, N> x;
    for (std::size_t k = 0; k < N; ++k)
      x[k] = D::variable(p[k], k);
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const D e = residual(x, i);
      to[static_cast<Eigen::Index>(i)] = e.value;
      sum += e.value * e.value;
      for (std::size_t k = 0; k < N; ++k)
        slopes(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(k)) = e.slope[k];
    }
    return sum;
  };

  calibration<N> c;
  for (std::size_t k = 0; k < N; ++k)
    c.value[k] = parameters[k].start;
  double sum = evaluate(c.value, r, j);
  if (!std::isfinite(sum) || !j.allFinite())
    raise(invalid_value(
        "planning: a residual or its slope is not finite at the start; start elsewhere or check the measurements"));

  double damping = 1e-3;
  std::vector<std::size_t> free;
  vector trial_r = r;
  matrix trial_j = j;
  const auto set_free = [&] {
    free.clear();
    for (std::size_t k = 0; k < N; ++k) {
      const double slope = j.col(static_cast<Eigen::Index>(k)).dot(r);
      const bool held =
          (c.value[k] <= parameters[k].low && slope > 0) || (c.value[k] >= parameters[k].high && slope < 0);
      if (!held) free.push_back(k);
    }
  };
  for (; c.steps < 500 && !c.converged; ++c.steps) {
    set_free();
    if (free.empty() || sum == 0) {
      c.converged = true;
      break;
    }
    const auto m = static_cast<Eigen::Index>(free.size()), rows = static_cast<Eigen::Index>(n);
    matrix damped = matrix::Zero(rows + m, m);
    vector target = vector::Zero(rows + m);
    target.head(rows) = -r;
    double steepest = 0;
    for (Eigen::Index k = 0; k < m; ++k) {
      const auto column = j.col(static_cast<Eigen::Index>(free[static_cast<std::size_t>(k)]));
      const double length = column.norm();
      damped.col(k).head(rows) = column;
      damped(rows + k, k) = std::sqrt(damping) * (length > 0 ? length : 1.0);
      if (length > 0) steepest = std::fmax(steepest, std::fabs(column.dot(r)) / (length * std::sqrt(sum)));
    }
    if (steepest < 1e-12) {  // the residuals are at right angles to every slope
      c.converged = true;
      break;
    }
    const vector step = damped.householderQr().solve(target);
    std::array<double, N> trial = c.value;
    double relative = 0;
    for (Eigen::Index k = 0; k < m; ++k) {
      const std::size_t q = free[static_cast<std::size_t>(k)];
      trial[q] = std::fmin(std::fmax(c.value[q] + step[k], parameters[q].low), parameters[q].high);
      relative = std::fmax(relative, std::fabs(trial[q] - c.value[q]) / (std::fabs(c.value[q]) + 1e-300));
    }
    const double next = evaluate(trial, trial_r, trial_j);
    if (std::isfinite(next) && trial_j.allFinite() && next < sum) {
      c.converged = relative < 1e-12 || sum - next < 1e-15 * sum;
      c.value = trial;
      r.swap(trial_r);
      j.swap(trial_j);
      sum = next;
      damping = std::fmax(damping * 0.3, 1e-15);
    } else {
      if (relative < 1e-12) c.converged = true;
      damping *= 4;
      if (damping > 1e15) c.converged = true;
    }
  }
  set_free();
  c.residual = std::sqrt(sum / static_cast<double>(n));
  for (std::size_t k = 0; k < N; ++k)
    c.at_bound[k] = c.value[k] <= parameters[k].low || c.value[k] >= parameters[k].high;
  const auto m = static_cast<Eigen::Index>(free.size());
  if (m > 0 && n > free.size()) {
    matrix free_j(static_cast<Eigen::Index>(n), m);
    for (Eigen::Index k = 0; k < m; ++k)
      free_j.col(k) = j.col(static_cast<Eigen::Index>(free[static_cast<std::size_t>(k)]));
    const matrix inverse = free_j.completeOrthogonalDecomposition().pseudoInverse();
    const matrix spread = inverse * inverse.transpose() * (sum / static_cast<double>(n - free.size()));
    for (Eigen::Index a = 0; a < m; ++a) {
      for (Eigen::Index b = 0; b < m; ++b)
        c.covariance[free[static_cast<std::size_t>(a)]][free[static_cast<std::size_t>(b)]] = spread(a, b);
    }
    for (std::size_t k = 0; k < N; ++k)
      c.deviation[k] = std::sqrt(c.covariance[k][k]);
  }
  return c;
}

}  // namespace layercake::planning
