// Fitting a model's constants to measurements: nonlinear least squares inside bounds, with the covariance of what was found.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <layercake/number/check.hpp>
#include <layercake/number/dual.hpp>
#include <layercake/planning/methods/eigen.hpp>
#include <limits>
#include <string_view>
#include <vector>

namespace layercake::planning {

// A constant to be found: where to begin, and where it may lie.
struct parameter {
  static constexpr double unbounded = 1e300;  // stands for no bound
  const char* name;
  double start;
  double low = -unbounded, high = unbounded;
};

// What a residual of 1 is worth: the spread s of the residuals about the fit, s^2 = sum of squares / (n - parameters that no bound holds), or
// 1, of residuals that are in standard errors already.
enum class residual_scale : unsigned char { found, known };

template <std::size_t N>
struct calibration {
  std::array<double, N> value{};
  std::array<double, N>
      deviation{};  // standard error; 0 for a parameter at a bound, infinite for one that nothing determines
  std::array<std::array<double, N>, N> covariance{};  // s^2 (J^T J)^-1 over the parameters that no bound holds
  std::array<bool, N> at_bound{};
  double residual = 0;  // root of the mean square
  int steps = 0;
  bool converged = false;
};

namespace detail {
// Fits step by step: the state of Levenberg and Marquardt's method inside bounds.
template <std::size_t N, class Residual>
class bounded_least_squares {
public:
  bounded_least_squares(const std::array<parameter, N>& parameters, std::size_t n, const Residual& residual,
                        residual_scale scale)
      : parameters_(parameters),
        residual_(residual),
        n_(n),
        scale_(scale),
        r_(static_cast<Eigen::Index>(n)),
        j_(static_cast<Eigen::Index>(n), static_cast<Eigen::Index>(N)),
        trial_r_(r_),
        trial_j_(j_) {}

  calibration<N> fit() {
    constexpr int most_steps = 500;
    for (std::size_t k = 0; k < N; ++k)
      c_.value[k] = parameters_[k].start;
    sum_ = evaluate(c_.value, r_, j_);
    require(std::isfinite(sum_) && j_.allFinite(), "calibrate.residual",
            std::string_view("not finite at the start, or its slope"), "finite values",
            "Start elsewhere or check the measurements.");
    for (; c_.steps < most_steps && !c_.converged; ++c_.steps) {
      set_free();
      if (free_.empty() || sum_ == 0 || !(steepest() >= right_angle)) {
        c_.converged = true;
        break;
      }
      step();
    }
    set_free();
    c_.residual = std::sqrt(sum_ / static_cast<double>(n_));
    for (std::size_t k = 0; k < N; ++k)
      c_.at_bound[k] = c_.value[k] <= parameters_[k].low || c_.value[k] >= parameters_[k].high;
    if (!free_.empty() && (n_ > free_.size() || scale_ == residual_scale::known)) estimate_errors();
    return c_;
  }

private:
  // The residuals are at right angles to every slope; the last step, or what it gained, is lost in rounding.
  static constexpr double right_angle = 1e-12, shortest_step = 1e-12, smallest_gain = 1e-15;
  // Marquardt's factor: where it begins, its range, and what a step that succeeds or fails makes of it.
  static constexpr double first_damping = 1e-3, least_damping = 1e-15, most_damping = 1e15, after_success = 0.3,
                          after_failure = 4;

  const std::array<parameter, N>& parameters_;
  const Residual& residual_;
  std::size_t n_;
  residual_scale scale_;
  calibration<N> c_;
  vector r_;  // residuals and their slopes at c_.value, and where a step leads
  matrix j_;
  vector trial_r_;
  matrix trial_j_;
  double sum_ = 0, damping_ = first_damping;
  std::vector<std::size_t> free_;  // parameters that no bound holds

  Eigen::Index rows() const { return static_cast<Eigen::Index>(n_); }
  Eigen::Index columns() const { return static_cast<Eigen::Index>(free_.size()); }
  std::size_t parameter_of(Eigen::Index k) const { return free_[static_cast<std::size_t>(k)]; }
  auto slopes_of(Eigen::Index k) const { return j_.col(static_cast<Eigen::Index>(parameter_of(k))); }

  double evaluate(const std::array<double, N>& p, vector& to, matrix& slopes) const {
    using D = dual<double, N>;
    std::array<D, N> x;
    for (std::size_t k = 0; k < N; ++k)
      x[k] = D::variable(p[k], k);
    double sum = 0;
    for (std::size_t i = 0; i < n_; ++i) {
      const D e = residual_(x, i);
      to[static_cast<Eigen::Index>(i)] = e.value;
      sum += e.value * e.value;
      for (std::size_t k = 0; k < N; ++k)
        slopes(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(k)) = e.slope[k];
    }
    return sum;
  }
  void set_free() {
    free_.clear();
    for (std::size_t k = 0; k < N; ++k) {
      const double slope = j_.col(static_cast<Eigen::Index>(k)).dot(r_);
      const bool held =
          (c_.value[k] <= parameters_[k].low && slope > 0) || (c_.value[k] >= parameters_[k].high && slope < 0);
      if (!held) free_.push_back(k);
    }
  }
  // The largest cosine between the residuals and the slopes along a free parameter.
  double steepest() const {
    double cosine = 0;
    for (Eigen::Index k = 0; k < columns(); ++k) {
      const double length = slopes_of(k).norm();
      if (length > 0) cosine = std::fmax(cosine, std::fabs(slopes_of(k).dot(r_)) / (length * std::sqrt(sum_)));
    }
    return cosine;
  }
  vector damped_step() const {
    matrix damped = matrix::Zero(rows() + columns(), columns());
    vector target = vector::Zero(rows() + columns());
    target.head(rows()) = -r_;
    for (Eigen::Index k = 0; k < columns(); ++k) {
      const double length = slopes_of(k).norm();
      damped.col(k).head(rows()) = slopes_of(k);
      damped(rows() + k, k) = std::sqrt(damping_) * (length > 0 ? length : 1.0);
    }
    return damped.householderQr().solve(target);
  }
  void step() {
    constexpr double not_zero = 1e-300;
    const vector step = damped_step();
    if (!step.allFinite()) {  // slopes too far apart for their squares
      damping_ *= after_failure;
      c_.converged = damping_ > most_damping;
      return;
    }
    std::array<double, N> trial = c_.value;
    double relative = 0;
    for (Eigen::Index k = 0; k < columns(); ++k) {
      const std::size_t q = parameter_of(k);
      trial[q] = std::fmin(std::fmax(c_.value[q] + step[k], parameters_[q].low), parameters_[q].high);
      relative = std::fmax(relative, std::fabs(trial[q] - c_.value[q]) / (std::fabs(c_.value[q]) + not_zero));
    }
    const double next = evaluate(trial, trial_r_, trial_j_);
    if (std::isfinite(next) && trial_j_.allFinite() && next < sum_) {
      c_.converged = relative < shortest_step || sum_ - next < smallest_gain * sum_;
      c_.value = trial;
      r_.swap(trial_r_);
      j_.swap(trial_j_);
      sum_ = next;
      damping_ = std::fmax(damping_ * after_success, least_damping);
    } else {
      damping_ *= after_failure;
      c_.converged = relative < shortest_step || damping_ > most_damping;
    }
  }
  void estimate_errors() {
    // Columns of length 1: what a parameter is measured in does not decide whether it is determined.
    matrix free_j(rows(), columns());
    vector length(columns());
    for (Eigen::Index k = 0; k < columns(); ++k) {
      length[k] = slopes_of(k).norm() > 0 ? slopes_of(k).norm() : 1.0;
      free_j.col(k) = slopes_of(k) / length[k];
    }
    const matrix inverse = free_j.completeOrthogonalDecomposition().pseudoInverse();
    const double variance = scale_ == residual_scale::known ? 1.0 : sum_ / static_cast<double>(n_ - free_.size());
    const matrix spread = inverse * inverse.transpose() * variance;
    for (Eigen::Index a = 0; a < columns(); ++a) {
      for (Eigen::Index b = 0; b < columns(); ++b)
        c_.covariance[parameter_of(a)][parameter_of(b)] = spread(a, b) / length[a] / length[b];
    }
    // The part of a parameter that the residuals see is 1, unless some of it can be exchanged for others.
    constexpr double all_of_it = 1 - 1e-6;
    const matrix seen = inverse * free_j;
    for (Eigen::Index k = 0; k < columns(); ++k) {
      if (!(seen(k, k) > all_of_it))
        c_.covariance[parameter_of(k)][parameter_of(k)] = std::numeric_limits<double>::infinity();
    }
    for (std::size_t k = 0; k < N; ++k)
      c_.deviation[k] = std::sqrt(c_.covariance[k][k]);
  }
};
}  // namespace detail

// The parameters p inside their bounds for which the sum of squares of residual(p, i), i < n, is least.
//
// `residual` is a template over its number type: it is called with std::array<dual<double, N>, N>, which gives the Jacobian exactly. Weight
// residuals by one over the error of the measurement; relative errors come from log(model / measured) or (model - measured) / measured.
// Method: Levenberg and Marquardt with Marquardt's scaling, each step by a QR factorisation of the damped Jacobian over the parameters that
// are free to move, projected onto the bounds (More, 1978; Kanzow, Yamashita, Fukushima, J. Comput. Appl. Math. 172, 2004).
// Worked number: two residuals (p - 1) / 0.1 and (p - 3) / 0.1, in standard errors that are known: p = 2 with a deviation of 0.07071.
// Throws invalid_value for a start outside its bounds, fewer residuals than parameters, more than 1e9, or a start where a residual is not
// finite. Ends after 500 steps at most.
template <std::size_t N, class Residual>
calibration<N> calibrate(const std::array<parameter, N>& parameters, std::size_t n, const Residual& residual,
                         residual_scale scale = residual_scale::found) {
  for (const parameter& p : parameters) {
    check_within(p.name, p.start, domain{p.low, p.high}, "Start inside its bounds.");
  }
  check_at_least("calibrate.n", n, "the number of parameters", N, "Give a residual for each, or fit fewer.");
  constexpr std::size_t most = 1000000000;  // far above what fits in memory with its slopes
  check_at_most("calibrate.n", n, "", most, "Fit fewer measurements at once.");
  return detail::bounded_least_squares<N, Residual>(parameters, n, residual, scale).fit();
}

}  // namespace layercake::planning
