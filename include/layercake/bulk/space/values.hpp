// Where the values of an axis come from: a source fills any block of them on demand, so that no axis is stored that does
// not have to be. The sources of lists, of rules (linear, integer, logarithmic) and of several inputs side by side.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <layercake/number/error.hpp>
#include <layercake/units/print.hpp>
#include <layercake/units/quantity.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace layercake::bulk {

// An axis that is empty, unordered, holds a NaN, or a sweep of more points than can be counted.
struct invalid_axis : error {
  using error::error;
};

// Throws invalid_axis with this text unless it holds.
inline void require_axis(bool holds, const std::string& text) {
  if (!holds) raise(invalid_axis("bulk: " + text));
}

// Values along one axis, in base units. An axis may give several values per point (zipped inputs, draws).
struct point_source {
  point_source() = default;
  point_source(const point_source&) = delete;
  point_source& operator=(const point_source&) = delete;
  virtual ~point_source() = default;
  // out[k][i] = value k at point first + i, for i < n.
  virtual void fill(std::uint64_t first, std::size_t n, double* const* out) const = 0;
  // Whether any of the values may have been given by itself. If not they follow from a rule, and a few of them tell it from
  // another.
  virtual bool listed() const { return true; }
};

namespace detail {

struct list_source final : point_source {
  std::vector<double> values;
  explicit list_source(std::vector<double> v) : values(std::move(v)) {}
  void fill(std::uint64_t first, std::size_t n, double* const* out) const override {
    for (std::size_t i = 0; i < n; ++i)
      out[0][i] = values[first + i];
  }
};

// low + i (high - low) / (count - 1), both ends exact.
struct linear_source final : point_source {
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
  bool listed() const override { return false; }
};

struct integer_source final : point_source {
  double low, step;
  integer_source(double l, double s) : low(l), step(s) {}
  void fill(std::uint64_t first, std::size_t n, double* const* out) const override {
    for (std::size_t i = 0; i < n; ++i)
      out[0][i] = low + static_cast<double>(first + i) * step;
  }
  bool listed() const override { return false; }
};

struct logarithmic_source final : point_source {
  double low, high, last, ratio;
  logarithmic_source(double l, double h, std::uint64_t count)
      : low(l), high(h), last(count > 1 ? static_cast<double>(count - 1) : 1.0), ratio(std::log(h / l)) {}
  void fill(std::uint64_t first, std::size_t n, double* const* out) const override {
    for (std::size_t i = 0; i < n; ++i) {
      const double share = static_cast<double>(first + i) / last;
      out[0][i] = share < 0.5 ? low * std::exp(ratio * share) : high * std::exp(ratio * (share - 1));  // ends exact
    }
  }
  bool listed() const override { return false; }
};

struct zipped_source final : point_source {
  std::vector<std::shared_ptr<const point_source>> parts;
  explicit zipped_source(std::vector<std::shared_ptr<const point_source>> p) : parts(std::move(p)) {}
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

using layercake::unit_of_t;

// A plain number where T is arithmetic, the quantity over double else: what an axis is made of.
template <class Q>
struct axis_value {
  using type = double;
};
template <class Unit, number T>
struct axis_value<quantity<Unit, T>> {
  using type = quantity<Unit, double>;
};
template <class Q>
using axis_value_t = typename axis_value<std::remove_cvref_t<Q>>::type;

namespace detail {

template <class Q>
double base_of(const Q& q) {
  return static_cast<double>(base_value(q));
}

inline std::uint64_t require_points(double n, const char* what) {
  require_axis(n >= 1, std::string(what) + " has no points; give at least 1");
  require_axis(n < 0x1p63, std::string(what) + " has more points than can be counted (2^63)");
  const auto whole = static_cast<std::uint64_t>(n);
  require_axis(static_cast<double>(whole) == n,
               std::string(what) + " has " + to_string(n) + " points; allowed: whole numbers from 1");
  return whole;
}

}  // namespace detail

}  // namespace layercake::bulk
