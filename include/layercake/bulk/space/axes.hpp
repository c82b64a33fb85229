// What an input runs through: lists and ranges. Values are generated as the sweep needs them, block by block; no axis is
// stored that does not have to be. Numbers and quantities give axes of their unit; an axis is used with
// .over(input, axis) of a sweep, which refuses another unit than the input's at compile time and values outside the
// input's domain when it is made.
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <layercake/bulk/memory.hpp>
#include <layercake/bulk/space/values.hpp>
#include <layercake/units/print.hpp>
#include <layercake/units/quantity.hpp>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace layercake::bulk {

// Values of one unit along an axis.
template <class Unit>
class axis {
public:
  using unit_type = Unit;
  axis(std::shared_ptr<const point_source> s, std::uint64_t size, double low, double high)
      : source_(std::move(s)), size_(size), low_(low), high_(high) {}

  std::uint64_t size() const { return size_; }
  const std::shared_ptr<const point_source>& source() const { return source_; }
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
  std::shared_ptr<const point_source> source_;
  std::uint64_t size_;
  double low_, high_;
};

namespace detail {

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
  require_axis(std::isfinite(l) && std::isfinite(h),
               "a linear axis runs from " + to_string(low) + " to " + to_string(high) + "; allowed: finite ends");
  return axis<unit_of_t<L>>(std::make_shared<detail::linear_source>(l, h, n), n, l < h ? l : h, l < h ? h : l);
}

// `count` values from `low` to `high`, each the same factor above the one before; both ends above 0 and exact. Worked
// number: logarithmic(1, 100, 3) is 1, 10, 100 to 4 ulp.
template <class L, class H>
auto logarithmic(const L& low, const H& high, double count) {
  static_assert(std::same_as<unit_of_t<L>, unit_of_t<H>>, "layercake: the ends of an axis have different units");
  const double l = detail::base_of(low), h = detail::base_of(high);
  const std::uint64_t n = detail::require_points(count, "a logarithmic axis");
  require_axis(l > 0 && h > 0 && std::isfinite(l) && std::isfinite(h), "a logarithmic axis runs from " +
                                                                           to_string(low) + " to " + to_string(high) +
                                                                           "; allowed: finite ends above 0");
  return axis<unit_of_t<L>>(std::make_shared<detail::logarithmic_source>(l, h, n), n, l < h ? l : h, l < h ? h : l);
}

namespace detail {

// An integer that doubles hold exactly, of any type of number; whether x is none is looked at before it is converted.
template <class X>
long long exact_integer(const X& x, const char* what) {
  constexpr long long exact = 1ll << 53;  // doubles hold every integer up to it
  bool holds = false;
  if constexpr (std::integral<X>) {
    holds = std::cmp_greater_equal(x, -exact) && std::cmp_less_equal(x, exact);
  } else {
    holds = x >= -static_cast<double>(exact) && x <= static_cast<double>(exact) && x == std::floor(x);
  }
  require_axis(holds, std::string("the ") + what + " of an integer axis is " + to_exact_string(static_cast<double>(x)) +
                          "; allowed: a whole number between -2^53 and 2^53");
  return static_cast<long long>(x);
}

}  // namespace detail

// low, low + step, ... up to high, all exact: counts of things; 1e6 may be written so. For powers of two and the like take
// list({1, 2, 4, 8}). Throws invalid_axis for numbers that are not whole or not between -2^53 and 2^53, for a step below 1
// and for high below low.
template <class Low, class High, class Step = int>
  requires std::is_arithmetic_v<Low> && std::is_arithmetic_v<High> && std::is_arithmetic_v<Step> axis<void>
  integers(Low low, High high, Step step = 1) {
    const long long l = detail::exact_integer(low, "low end"), h = detail::exact_integer(high, "high end"),
                    s = detail::exact_integer(step, "step");
    require_axis(s > 0 && h >= l, "an integer axis runs from " + std::to_string(l) + " to " + std::to_string(h) +
                                      " by " + std::to_string(s) + "; allowed: upwards, by at least 1");
    const std::uint64_t n = static_cast<std::uint64_t>(h - l) / static_cast<std::uint64_t>(s) + 1;
    const long long last = l + static_cast<long long>(n - 1) * s;
    return {std::make_shared<detail::integer_source>(static_cast<double>(l), static_cast<double>(s)), n,
            static_cast<double>(l), static_cast<double>(last)};
  }

}  // namespace layercake::bulk
