// Positive constants from a few measured figures and from what is known of them before.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <layercake/number/check.hpp>
#include <layercake/number/dual.hpp>
#include <layercake/planning/methods/calibration.hpp>
#include <string>
#include <vector>

namespace layercake::planning {

// What is known of a constant before anything is measured. `error` is the standard deviation of its logarithm, a relative error where it is
// small; 0 holds the constant where it is, and so does a value of 0.
struct prior_constant {
  const char* name;
  double value;
  double error;
  domain allowed = positive;
};

// A figure that was measured, and its relative standard error.
struct measured_figure {
  double value;
  double error;
};

// A constant, in base units. Errors are standard deviations of its logarithm, before and after.
struct found_constant {
  const char* name = "";
  double value = 0, error = 0;
  double before = 0, error_before = 0;
  bool at_bound = false;  // of what is allowed; its error is then 0

  // Whether the measurements say anything of it: an error that stays above nine tenths of the one before is still the prior's.
  bool determined() const { return error < error_before * largest_left; }
  static constexpr double largest_left = 0.9;
};

// What a measured figure comes to with the constants that were found.
struct figure_residual {
  double ratio = 1;       // predicted over measured
  double deviations = 0;  // ln(ratio) in standard errors of the measurement
};

template <std::size_t N>
struct prior_calibration {
  std::array<found_constant, N> constants{};
  std::array<std::array<double, N>, N> covariance{};  // of the logarithms
  std::vector<figure_residual> figures;               // in the order of the measurements
  bool converged = false;

  // Root of the mean square of the measurements' deviations: about 1 or less where the law explains them within their errors. Far above it, the
  // law leaves something out or the errors are larger than stated, and so are those of the constants.
  double misfit() const {
    double sum = 0;
    for (const figure_residual& f : figures)
      sum += f.deviations * f.deviations;
    return std::sqrt(sum / static_cast<double>(figures.size()));
  }
};

namespace detail {
// A constant as a step from its prior, x = ln(constant / before) / error before: where x may lie.
inline parameter step_from(const prior_constant& c) {
  parameter p{c.name, 0};
  if (!(c.error > 0 && c.value > 0)) return p;  // it does not move: nothing depends on x
  const auto steps = [&](double end) { return std::log(end / c.value) / c.error; };
  if (c.allowed.low > 0) p.low = std::fmin(steps(c.allowed.low), 0.0);
  if (c.allowed.high < largest_sensible) p.high = std::fmax(steps(c.allowed.high), 0.0);
  return p;
}
}  // namespace detail

// The constants c_k for which
//   sum over figures (ln(predicted_i(c) / measured_i) / error_i)^2  +  sum over constants (ln(c_k / before_k) / error_k)^2
// is least: the most likely ones of log-normal errors, both of measurements and of what was known before. However few the measurements are,
// what they do not determine stays as it was. The covariance of the logarithms is (J^T J)^-1, J the slopes of all residuals.
// `predicted` is called with std::array<dual<double, N>, N>, the constants, and the number of a figure; it gives a dual above 0.
// Worked number: 1 with an error of 1 before, 2 measured of itself with an error of 1: 1.414, with an error of 0.7071.
// Throws invalid_value for no figure, a figure or an error of one that is not above 0, a constant outside what is allowed, an error of one below 0
// and a prediction that is not finite. Source: Gelman et al., Bayesian Data Analysis, 2013, sections 4.1 and 14.8: regression with prior information
// as further data, normal approximation at the mode.
template <std::size_t N, class Predicted>
prior_calibration<N> calibrate_with_prior(const std::array<prior_constant, N>& before,
                                          const std::vector<measured_figure>& measured, const Predicted& predicted) {
  using D = dual<double, N>;
  check_not_empty("measured", measured, "Give at least one figure.");
  for (const measured_figure& m : measured) {
    check_positive("measured.value", m.value, "Give what was measured, in base units.");
    check_positive("measured.error", m.error, "Give its relative standard error.");
  }
  std::array<parameter, N> steps;
  for (std::size_t k = 0; k < N; ++k) {
    check_within(before[k].name, before[k].value, before[k].allowed, "Begin with a value that is allowed.");
    check_nonnegative(std::string(before[k].name) + ".error", before[k].error,
                      "Give the error of what is known before, 0 to hold it.");
    steps[k] = detail::step_from(before[k]);
  }
  const auto constants = [&](const std::array<D, N>& x) {
    std::array<D, N> c;
    for (std::size_t k = 0; k < N; ++k)
      c[k] = exp(x[k] * before[k].error) * before[k].value;
    return c;
  };
  const auto deviations = [&](const std::array<D, N>& x, std::size_t i) {
    return log(predicted(constants(x), i) / measured[i].value) / measured[i].error;
  };
  const std::size_t n = measured.size();
  const auto residual = [&](const std::array<D, N>& x, std::size_t i) { return i < n ? deviations(x, i) : x[i - n]; };
  const calibration<N> fit = calibrate(steps, n + N, residual, residual_scale::known);

  prior_calibration<N> found;
  found.converged = fit.converged;
  std::array<D, N> x;
  for (std::size_t k = 0; k < N; ++k) {
    const prior_constant& c = before[k];
    x[k] = D(fit.value[k]);
    found.constants[k] = {
        c.name,         c.value * std::exp(c.error * fit.value[k]), c.error * fit.deviation[k], c.value, c.error,
        fit.at_bound[k]};
    for (std::size_t j = 0; j < N; ++j)
      found.covariance[k][j] = fit.covariance[k][j] * c.error * before[j].error;
  }
  for (std::size_t i = 0; i < n; ++i) {
    const double d = deviations(x, i).value;
    found.figures.push_back({std::exp(d * measured[i].error), d});
  }
  return found;
}

}  // namespace layercake::planning
