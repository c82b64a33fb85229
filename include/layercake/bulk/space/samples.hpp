// Points of a sample: the shares u, on (0, 1), at which the quantile functions of uncertain inputs are read, input by
// input or, in correlated groups, through a Gaussian copula.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <layercake/bulk/space/distributions.hpp>
#include <layercake/bulk/space/random.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace layercake::bulk {

// Where the shares u of a sample come from: independent random numbers, or a low-discrepancy sequence (sobol.hpp).
struct sample {
  std::uint64_t points;
  std::uint64_t seed;
  // Fills shares of inputs 0 .. inputs - 1; made once the number of inputs is known.
  std::function<std::shared_ptr<const point_source>(std::uint64_t seed, std::size_t inputs)> make;
};

namespace detail {

struct random_source final : point_source {
  std::uint64_t seed;
  std::size_t inputs;
  random_source(std::uint64_t s, std::size_t n) : seed(s), inputs(n) {}
  void fill(std::uint64_t first, std::size_t n, double* const* out) const override {
    for (std::size_t k = 0; k < inputs; ++k)
      uniform_draws(seed, k, first, n, out[k]);
  }
  bool listed() const override { return false; }
};

// Shares through the inputs' quantile functions; those of a correlated group through a Gaussian copula first: u -> z =
// quantile(u), z' = L z, u' = share(z').
struct drawn_source final : point_source {
  struct group {
    std::size_t first, size;
    std::vector<double> cholesky;  // lower triangle, by rows
  };
  std::shared_ptr<const point_source> shares;
  std::vector<std::shared_ptr<const quantile_function>> quantiles;
  std::vector<group> correlated;

  // The share of the standard normal distribution below z, inside (0, 1): ends would be infinite variates.
  static double normal_share(double z) {
    constexpr double root_of_half = 0.70710678118654752440, least = 1e-300, most = 1 - 0x1p-53;
    const double u = 0.5 * std::erfc(-z * root_of_half);
    return u < least ? least : u > most ? most : u;
  }
  void fill(std::uint64_t first, std::size_t n, double* const* out) const override {
    shares->fill(first, n, out);
    for (const group& g : correlated) {
      double* const* const of = out + g.first;
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t k = 0; k < g.size; ++k)
          of[k][i] = normal_quantile(of[k][i]);
        for (std::size_t k = g.size; k-- > 0;) {  // from the last, so that what is read is still independent
          double z = 0;
          for (std::size_t j = 0; j <= k; ++j)
            z += g.cholesky[k * (k + 1) / 2 + j] * of[j][i];
          of[k][i] = normal_share(z);
        }
      }
    }
    for (std::size_t k = 0; k < quantiles.size(); ++k)
      quantiles[k]->apply(out[k], n, out[k]);
  }
  bool listed() const override {
    bool any = shares->listed();
    for (const auto& q : quantiles)
      any |= q->listed();
    return any;
  }
};

}  // namespace detail

// The lower Cholesky factor of a correlation matrix given by rows, its rows from 0 to the diagonal. Throws invalid_axis
// for what is no correlation matrix. Worked number: {1, 0.6, 0.6, 1} gives 1, 0.6, 0.8.
inline std::vector<double> cholesky(const std::vector<double>& c, std::size_t n) {
  require_axis(c.size() == n * n, "a correlation matrix of " + std::to_string(c.size()) + " entries for " +
                                      std::to_string(n) + " inputs; allowed: " + std::to_string(n * n) + ", by rows");
  constexpr double least_pivot = 1e-12;  // of a matrix with 1 on its diagonal: below, rounding decides
  std::vector<double> l(n * (n + 1) / 2);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      const double a = c[i * n + j];
      require_axis(std::fabs(a) <= 1 && a == c[j * n + i] && (i != j || a == 1),
                   "correlation (" + std::to_string(i) + ", " + std::to_string(j) + ") is " + to_string(a) +
                       "; allowed: -1 to 1, symmetric, 1 on the diagonal");
      double sum = a;
      for (std::size_t k = 0; k < j; ++k)
        sum -= l[i * (i + 1) / 2 + k] * l[j * (j + 1) / 2 + k];
      if (i == j) {
        require_axis(sum > least_pivot,
                     "the correlations contradict each other: the matrix is not positive definite at input " +
                         std::to_string(i));
        l[i * (i + 1) / 2 + i] = std::sqrt(sum);
      } else {
        l[i * (i + 1) / 2 + j] = sum / l[j * (j + 1) / 2 + j];
      }
    }
  }
  return l;
}

// Independent random points: draw i of an input is a function of i, the input's place and the seed, whoever asks for
// it. The error of a mean falls like 1/sqrt(points).
inline sample random(double points, std::uint64_t seed = 1) {
  return {detail::require_points(points, "a sample"), seed,
          [](std::uint64_t s, std::size_t n) -> std::shared_ptr<const point_source> {
            return std::make_shared<detail::random_source>(s, n);
          }};
}

}  // namespace layercake::bulk
