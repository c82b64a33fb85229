// What an input runs through: lists, ranges, distributions. Values are generated as the sweep needs them, block by
// block; no axis is stored that does not have to be. Numbers and quantities give axes of their unit; an axis is used
// with .over(input, axis) of a sweep, which refuses another unit than the input's at compile time and values outside
// the input's domain when it is made.
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <layercake/bulk/memory.hpp>
#include <layercake/bulk/space/random.hpp>
#include <layercake/number/error.hpp>
#include <layercake/units/print.hpp>
#include <layercake/units/quantity.hpp>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace layercake::bulk {

// An axis that is empty, unordered, holds a NaN, or a sweep of more points than can be counted.
struct invalid_axis : error {
  using error::error;
};

namespace detail {

// Values along one axis, in base units. An axis may give several values per point (zipped inputs, draws).
struct source {
  source() = default;
  source(const source&) = delete;
  source& operator=(const source&) = delete;
  virtual ~source() = default;
  // out[k][i] = value k at point first + i, for i < n.
  virtual void fill(std::uint64_t first, std::size_t n, double* const* out) const = 0;
  // Whether each value was given by itself; else they follow from a rule.
  virtual bool listed() const { return false; }
};

struct list_source final : source {
  std::vector<double> values;
  explicit list_source(std::vector<double> v) : values(std::move(v)) {}
  void fill(std::uint64_t first, std::size_t n, double* const* out) const override {
    for (std::size_t i = 0; i < n; ++i)
      out[0][i] = values[first + i];
  }
  bool listed() const override { return true; }
};

// low + i (high - low) / (count - 1), both ends exact.
struct linear_source final : source {
  double low, high, last;
  linear_source(double l, double h, std::uint64_t count)
      : low(l), high(h), last(count > 1 ? static_cast<double>(count - 1) : 1.0) {}
  void fill(std::uint64_t first, std::size_t n, double* const* out) const override {
    // In groups of one size, the last one in part, so that a value has the same bits wherever it is asked for.
    constexpr std::size_t group = 8;
    const double start = static_cast<double>(first);
    for (std::size_t i = 0; i < n; i += group) {
      double x[group];
      for (std::size_t k = 0; k < group; ++k) {
        const double share = (start + static_cast<double>(i + k)) / last;
        x[k] = low * (1 - share) + high * share;
      }
      for (std::size_t k = 0; k < group && i + k < n; ++k)
        out[0][i + k] = x[k];
    }
  }
};

struct integer_source final : source {
  double low, step;
  integer_source(double l, double s) : low(l), step(s) {}
  void fill(std::uint64_t first, std::size_t n, double* const* out) const override {
    for (std::size_t i = 0; i < n; ++i)
      out[0][i] = low + static_cast<double>(first + i) * step;
  }
};

struct logarithmic_source final : source {
  double low, high, last, ratio;
  logarithmic_source(double l, double h, std::uint64_t count)
      : low(l), high(h), last(count > 1 ? static_cast<double>(count - 1) : 1.0), ratio(std::log(h / l)) {}
  void fill(std::uint64_t first, std::size_t n, double* const* out) const override {
    for (std::size_t i = 0; i < n; ++i) {
      const double share = static_cast<double>(first + i) / last;
      out[0][i] = share < 0.5 ? low * std::exp(ratio * share) : high * std::exp(ratio * (share - 1));  // ends exact
    }
  }
};

struct zipped_source final : source {
  std::vector<std::shared_ptr<const source>> parts;
  explicit zipped_source(std::vector<std::shared_ptr<const source>> p) : parts(std::move(p)) {}
  void fill(std::uint64_t first, std::size_t n, double* const* out) const override {
    for (std::size_t k = 0; k < parts.size(); ++k)
      parts[k]->fill(first, n, out + k);
  }
  bool listed() const override {
    bool any = false;
    for (const auto& p : parts)
      any |= p->listed();
    return any;
  }
};

}  // namespace detail

// Where the values of an axis come from: a sample of one's own derives from it.
using point_source = detail::source;

// The unit of a quantity, void for a plain number.
using layercake::unit_of_t;

// A plain number where T is arithmetic, the quantity over double else: what an axis is made of.
template <class Q>
struct axis_value {
  using type = double;
};
template <class U, class T>
struct axis_value<quantity<U, T>> {
  using type = quantity<U, double>;
};
template <class Q>
using axis_value_t = typename axis_value<std::remove_cvref_t<Q>>::type;

// Values of one unit along an axis.
template <class Unit>
class axis {
public:
  using unit_type = Unit;
  axis(std::shared_ptr<const detail::source> s, std::uint64_t size, double low, double high)
      : source_(std::move(s)), size_(size), low_(low), high_(high) {}

  std::uint64_t size() const { return size_; }
  const std::shared_ptr<const detail::source>& source() const { return source_; }
  double lowest_base() const { return low_; }
  double highest_base() const { return high_; }

  // The value at a point.
  auto operator[](std::uint64_t i) const {
    double x = 0;
    double* out = &x;
    source_->fill(i, 1, &out);
    return from_base_value<quantity_t<Unit>>(x);
  }

private:
  std::shared_ptr<const detail::source> source_;
  std::uint64_t size_;
  double low_, high_;
};

namespace detail {
template <class Q>
double base_of(const Q& q) {
  if constexpr (is_quantity<Q>) {
    return static_cast<double>(base_value(q));
  } else {
    return static_cast<double>(q);
  }
}
inline void require_axis(bool holds, const std::string& text) {
  if (!holds) raise(invalid_axis("bulk: " + text));
}
inline std::uint64_t require_points(double n, const char* what) {
  require_axis(n >= 1, std::string(what) + " has no points; give at least 1");
  require_axis(n < 0x1p63, std::string(what) + " has more points than can be counted (2^63)");
  const auto whole = static_cast<std::uint64_t>(n);
  require_axis(static_cast<double>(whole) == n,
               std::string(what) + " has " + to_string(n) + " points; allowed: whole numbers from 1");
  return whole;
}
template <class Container>
std::vector<double> base_values(const Container& values) {
  std::vector<double> v;
  with_memory(
      [&] {
        if constexpr (requires { values.size(); }) v.reserve(static_cast<std::size_t>(values.size()));
        for (const auto& q : values)
          v.push_back(base_of(q));
      },
      [&] {
        return "bulk: there is no memory for a list axis beyond its value " + std::to_string(v.size()) +
               ", at 8 bytes each; give a range (linear, logarithmic), which stores no values, or fewer of them";
      });
  return v;
}
template <class Unit>
axis<Unit> list_of(std::vector<double> values) {
  require_axis(!values.empty(), "a list axis is empty; give at least one value");
  double low = values[0], high = values[0];
  for (std::size_t i = 0; i < values.size(); ++i) {
    require_axis(std::isfinite(values[i]), "value " + std::to_string(i) + " of a list axis is " + to_string(values[i]) +
                                               "; allowed: finite numbers");
    low = values[i] < low ? values[i] : low;
    high = values[i] > high ? values[i] : high;
  }
  const std::uint64_t n = values.size();
  return {std::make_shared<list_source>(std::move(values)), n, low, high};
}
}  // namespace detail

// These values, in any order. Also any container of them, such as a typed column. Throws invalid_axis for none, and for
// a value that is NaN or infinite, with its place.
template <class Q>
auto list(std::initializer_list<Q> values) {
  return detail::list_of<unit_of_t<Q>>(detail::base_values(values));
}
template <class Range>
  requires requires(const Range& r) { r.begin(), r.end(); }
auto list(const Range& values) {
  return detail::list_of<unit_of_t<decltype(*values.begin())>>(detail::base_values(values));
}

// `count` values from `low` to `high`, equally far apart, both ends exact; downwards if low is the larger. Throws
// invalid_axis unless count is a whole number from 1 (1e9 may be written so) and the ends are finite. Worked number:
// linear(0, 1, 5) is 0, 0.25, 0.5, 0.75, 1.
template <class L, class H>
auto linear(const L& low, const H& high, double count) {
  static_assert(std::same_as<unit_of_t<L>, unit_of_t<H>>, "layercake: the ends of an axis have different units");
  const double l = detail::base_of(low), h = detail::base_of(high);
  const std::uint64_t n = detail::require_points(count, "a linear axis");
  detail::require_axis(std::isfinite(l) && std::isfinite(h), "a linear axis runs from " + to_string(low) + " to " +
                                                                 to_string(high) + "; allowed: finite ends");
  return axis<unit_of_t<L>>(std::make_shared<detail::linear_source>(l, h, n), n, l < h ? l : h, l < h ? h : l);
}

// `count` values from `low` to `high`, each the same factor above the one before; both ends above 0 and exact. Worked
// number: logarithmic(1, 100, 3) is 1, 10, 100 to 4 ulp.
template <class L, class H>
auto logarithmic(const L& low, const H& high, double count) {
  static_assert(std::same_as<unit_of_t<L>, unit_of_t<H>>, "layercake: the ends of an axis have different units");
  const double l = detail::base_of(low), h = detail::base_of(high);
  const std::uint64_t n = detail::require_points(count, "a logarithmic axis");
  detail::require_axis(l > 0 && h > 0 && std::isfinite(l) && std::isfinite(h),
                       "a logarithmic axis runs from " + to_string(low) + " to " + to_string(high) +
                           "; allowed: finite ends above 0");
  return axis<unit_of_t<L>>(std::make_shared<detail::logarithmic_source>(l, h, n), n, l < h ? l : h, l < h ? h : l);
}

// low, low + step, ... up to high, all exact: counts of things. For powers of two and the like take list({1, 2, 4, 8}).
inline axis<void> integers(long long low, long long high, long long step = 1) {
  constexpr long long exact = 1ll << 53;  // doubles hold every integer up to it
  detail::require_axis(step > 0 && high >= low && low >= -exact && high <= exact,
                       "an integer axis runs from " + std::to_string(low) + " to " + std::to_string(high) + " by " +
                           std::to_string(step) + "; allowed: upwards, by at least 1, between -2^53 and 2^53");
  const std::uint64_t n =
      (static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low)) / static_cast<std::uint64_t>(step) + 1;
  const long long last = low + static_cast<long long>(n - 1) * step;
  return {std::make_shared<detail::integer_source>(static_cast<double>(low), static_cast<double>(step)), n,
          static_cast<double>(low), static_cast<double>(last)};
}

// ---- distributions -----------------------------------------------------------------------------------------------------------

namespace detail {
// The value below which a share u of the distribution lies, of a block; or of a standard normal variate, which is what correlation acts on.
struct quantile_function {
  quantile_function() = default;
  quantile_function(const quantile_function&) = delete;
  quantile_function& operator=(const quantile_function&) = delete;
  virtual ~quantile_function() = default;
  virtual void apply(const double* u, std::size_t n, double* out) const = 0;
};

template <class F>
struct quantile_of final : quantile_function {
  F f;
  explicit quantile_of(F g) : f(std::move(g)) {}
  void apply(const double* u, std::size_t n, double* out) const override {
    for (std::size_t i = 0; i < n; ++i)
      out[i] = f(u[i]);
  }
};
template <class F>
std::shared_ptr<const quantile_function> quantile(F f) {
  return std::make_shared<quantile_of<F>>(std::move(f));
}
}  // namespace detail

// What is known of an uncertain input: its distribution, by its quantile function.
template <class Unit>
struct distribution {
  std::shared_ptr<const detail::quantile_function> quantile;
  double low, high;  // of the values that it can give, in base units
};

// Every value from `low` to `high` is as likely. Mean (low + high)/2, variance (high - low)^2/12.
template <class L, class H>
auto uniform(const L& low, const H& high) {
  static_assert(std::same_as<unit_of_t<L>, unit_of_t<H>>, "layercake: the ends of a distribution have different units");
  const double l = detail::base_of(low), h = detail::base_of(high);
  detail::require_axis(std::isfinite(l) && std::isfinite(h) && l <= h, "a uniform distribution from " + to_string(low) +
                                                                           " to " + to_string(high) +
                                                                           "; allowed: finite ends, the low one first");
  return distribution<unit_of_t<L>>{detail::quantile([=](double u) { return l + (h - l) * u; }), l, h};
}

// mean + deviation z. Unbounded: draws that leave the input's domain are counted as infeasible.
template <class M, class D>
auto normal(const M& mean, const D& deviation) {
  static_assert(std::same_as<unit_of_t<M>, unit_of_t<D>>, "layercake: mean and deviation have different units");
  const double m = detail::base_of(mean), d = detail::base_of(deviation);
  detail::require_axis(std::isfinite(m) && std::isfinite(d) && d >= 0,
                       "a normal distribution of mean " + to_string(mean) + " and deviation " + to_string(deviation) +
                           "; allowed: finite, deviation from 0");
  constexpr double all = std::numeric_limits<double>::infinity();
  return distribution<unit_of_t<M>>{detail::quantile([=](double u) { return m + d * normal_quantile(u); }),
                                    d > 0 ? -all : m, d > 0 ? all : m};
}

// Known to a factor: half of the values lie above `median`, 84 % below median * factor, 16 % below median / factor. `known to 20 %` is a
// factor of 1.2.
template <class M>
auto log_normal(const M& median, double factor) {
  const double m = detail::base_of(median), s = std::log(factor);
  detail::require_axis(std::isfinite(m) && m > 0 && std::isfinite(s) && factor >= 1,
                       "a log-normal distribution of median " + to_string(median) + " and factor " + to_string(factor) +
                           "; allowed: median above 0, factor from 1");
  constexpr double all = std::numeric_limits<double>::infinity();
  return distribution<unit_of_t<M>>{detail::quantile([=](double u) { return m * std::exp(s * normal_quantile(u)); }),
                                    s > 0 ? 0 : m, s > 0 ? all : m};
}

// A least, a most likely and a largest value. Mean (low + mode + high)/3.
template <class L, class M, class H>
auto triangular(const L& low, const M& mode, const H& high) {
  static_assert(std::same_as<unit_of_t<L>, unit_of_t<H>> && std::same_as<unit_of_t<L>, unit_of_t<M>>,
                "layercake: the corners of a distribution have different units");
  const double l = detail::base_of(low), c = detail::base_of(mode), h = detail::base_of(high);
  detail::require_axis(std::isfinite(l) && std::isfinite(h) && l <= c && c <= h && l < h,
                       "a triangular distribution of corners " + to_string(low) + ", " + to_string(mode) + ", " +
                           to_string(high) + "; allowed: finite, in this order, not all the same");
  const double split = (c - l) / (h - l);
  return distribution<unit_of_t<L>>{detail::quantile([=](double u) {
                                      return u < split ? l + std::sqrt(u * (h - l) * (c - l))
                                                       : h - std::sqrt((1 - u) * (h - l) * (h - c));
                                    }),
                                    l, h};
}

// As these observations are spread: linear between the ordered ones, the type 7 quantile of Hyndman and Fan (1996).
template <class Range>
auto empirical(const Range& observations) {
  auto a = list(observations);  // checks
  std::vector<double> v(a.size());
  double* out = v.data();
  a.source()->fill(0, v.size(), &out);
  for (std::size_t gap = v.size() / 2; gap > 0; gap /= 2) {  // shell sort
    for (std::size_t i = gap; i < v.size(); ++i) {
      const double x = v[i];
      std::size_t j = i;
      for (; j >= gap && v[j - gap] > x; j -= gap)
        v[j] = v[j - gap];
      v[j] = x;
    }
  }
  const double low = v.front(), high = v.back();
  return distribution<typename decltype(a)::unit_type>{
      detail::quantile([v = std::move(v)](double u) {
        const double h = u * static_cast<double>(v.size() - 1);
        const std::size_t i = static_cast<std::size_t>(h);
        return i + 1 < v.size() ? v[i] + (h - static_cast<double>(i)) * (v[i + 1] - v[i]) : v.back();
      }),
      low, high};
}

// ---- points of a sample --------------------------------------------------------------------------------------------------------

// Where the shares u of a sample come from: independent random numbers, or a low-discrepancy sequence (sobol.hpp).
struct sample {
  std::uint64_t points;
  std::uint64_t seed;
  // Fills shares of inputs 0 .. inputs - 1; made once the number of inputs is known.
  std::function<std::shared_ptr<const detail::source>(std::uint64_t seed, std::size_t inputs)> make;
};

namespace detail {
struct random_source final : source {
  std::uint64_t seed;
  std::size_t inputs;
  random_source(std::uint64_t s, std::size_t n) : seed(s), inputs(n) {}
  void fill(std::uint64_t first, std::size_t n, double* const* out) const override {
    for (std::size_t k = 0; k < inputs; ++k)
      uniform_draws(seed, k, first, n, out[k]);
  }
};

// Shares through the inputs' quantile functions; those of a correlated group through a Gaussian copula first: u -> z =
// quantile(u), z' = L z, u' = share(z').
struct drawn_source final : source {
  struct group {
    std::size_t first, size;
    std::vector<double> cholesky;  // lower triangle, by rows
  };
  std::shared_ptr<const source> shares;
  std::vector<std::shared_ptr<const quantile_function>> quantiles;
  std::vector<group> correlated;

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
          const double u = 0.5 * std::erfc(-z * 0.70710678118654752440);
          of[k][i] = u < 1e-300 ? 1e-300 : u > 1 - 0x1p-53 ? 1 - 0x1p-53 : u;
        }
      }
    }
    for (std::size_t k = 0; k < quantiles.size(); ++k)
      quantiles[k]->apply(out[k], n, out[k]);
  }
};

// The lower Cholesky factor of a correlation matrix given by rows.
inline std::vector<double> cholesky(const std::vector<double>& c, std::size_t n) {
  require_axis(c.size() == n * n, "a correlation matrix of " + std::to_string(c.size()) + " entries for " +
                                      std::to_string(n) + " inputs; allowed: " + std::to_string(n * n) + ", by rows");
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
        require_axis(sum > 1e-12,
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
}  // namespace detail

// Independent random points: draw i of an input is a function of i, the input's place and the seed, whoever asks for
// it. The error of a mean falls like 1/sqrt(points).
inline sample random(double points, std::uint64_t seed = 1) {
  return {detail::require_points(points, "a sample"), seed,
          [](std::uint64_t s, std::size_t n) -> std::shared_ptr<const detail::source> {
            return std::make_shared<detail::random_source>(s, n);
          }};
}

}  // namespace layercake::bulk
