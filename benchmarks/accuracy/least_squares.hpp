// Constants of laws from measurements: least squares of ln(predicted / measured), rounded so that outliers weigh less (Charbonnier), within
// bounds, drawn weakly to a first guess, by Levenberg and Marquardt with differences for derivatives.
#pragma once

#include <cmath>
#include <Eigen/Dense>
#include <functional>
#include <string>
#include <vector>

namespace accuracy {

// A constant that is fitted in place. Between bounds of a ratio above 30 it moves by its logarithm.
struct free_constant {
  double* at;
  double low, high, guess;
  bool logarithmic() const { return low > 0 && high > 30 * low; }
  double to_unit(double x) const {
    x = std::fmin(std::fmax(x, low), high);
    return logarithmic() ? std::log(x / low) / std::log(high / low) : (x - low) / (high - low);
  }
  double from_unit(double u) const { return logarithmic() ? low * std::pow(high / low, u) : low + u * (high - low); }
};

struct fit_problem {
  std::vector<free_constant> constants;
  // ln(predicted / measured) of every observation at the constants as they are.
  std::function<std::vector<double>()> errors;
  std::vector<double> weights;  // one each; 0 leaves it out
  double rounding = 0.1;        // the error from which on an observation pulls with constant force
  double stiffness = 0.03;      // of the pull to the guess, per quarter of the way between the bounds; 0: none
  int iterations = 40;
};

// Sets the constants; returns the cost.
inline double fit(const fit_problem& p) {
  const Eigen::Index n = static_cast<Eigen::Index>(p.constants.size()), m = static_cast<Eigen::Index>(p.weights.size());
  const auto index = [](Eigen::Index i) { return static_cast<std::size_t>(i); };
  Eigen::VectorXd x(n);
  for (Eigen::Index j = 0; j < n; ++j)
    x[j] = p.constants[index(j)].to_unit(*p.constants[index(j)].at);
  const auto set = [&](const Eigen::VectorXd& u) {
    for (Eigen::Index j = 0; j < n; ++j)
      *p.constants[index(j)].at = p.constants[index(j)].from_unit(u[j]);
  };
  const auto residuals = [&](const Eigen::VectorXd& u) {
    set(u);
    const std::vector<double> errors = p.errors();
    Eigen::VectorXd r(m + n);
    const double s = p.rounding;
    for (Eigen::Index i = 0; i < m; ++i) {
      const double w = p.weights[index(i)], plain = errors[index(i)];
      const double e = std::isfinite(plain) ? std::fmin(std::fmax(plain, -3.0), 3.0) : 3.0;
      r[i] = w == 0 ? 0 : w * std::copysign(std::sqrt(2 * (std::sqrt(1 + e * e / (s * s)) - 1)) * s, e);
    }
    for (Eigen::Index j = 0; j < n; ++j)
      r[m + j] = 4 * p.stiffness * (u[j] - p.constants[index(j)].to_unit(p.constants[index(j)].guess));
    return r;
  };
  Eigen::VectorXd r = residuals(x);
  double cost = r.squaredNorm(), damping = 1e-3;
  for (int iteration = 0; iteration < p.iterations; ++iteration) {
    Eigen::MatrixXd jacobian(m + n, n);
    for (Eigen::Index j = 0; j < n; ++j) {
      Eigen::VectorXd y = x;
      const double h = x[j] > 0.5 ? -1e-3 : 1e-3;
      y[j] += h;
      jacobian.col(j) = (residuals(y) - r) / h;
    }
    // A constant that is pushed against its bound stays there in this step.
    const Eigen::VectorXd gradient = jacobian.transpose() * r;
    for (Eigen::Index j = 0; j < n; ++j) {
      if ((x[j] <= 0 && gradient[j] > 0) || (x[j] >= 1 && gradient[j] < 0)) jacobian.col(j).setZero();
    }
    const Eigen::MatrixXd normal = jacobian.transpose() * jacobian;
    const Eigen::VectorXd down = -(jacobian.transpose() * r);
    bool moved = false, enough = false;
    for (int attempt = 0; attempt < 10 && !moved; ++attempt) {
      Eigen::MatrixXd damped = normal;
      damped.diagonal() += damping * normal.diagonal() + Eigen::VectorXd::Constant(n, 1e-10);
      const Eigen::VectorXd y = (x + damped.ldlt().solve(down)).cwiseMax(0.0).cwiseMin(1.0);
      const Eigen::VectorXd tried = residuals(y);
      const double tried_cost = tried.squaredNorm();
      if (tried_cost < cost) {
        enough = cost - tried_cost < 1e-6 * cost;
        x = y, r = tried, cost = tried_cost, damping = std::fmax(damping / 5, 1e-9), moved = true;
      } else {
        damping *= 6;
      }
    }
    if (!moved || enough) break;
  }
  set(x);
  return cost;
}

}  // namespace accuracy
