// What is known of an uncertain input: its distribution, by its quantile function.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <layercake/bulk/space/axes.hpp>
#include <layercake/bulk/space/random.hpp>
#include <layercake/units/print.hpp>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace layercake::bulk {

// The value below which a share u of the distribution lies, of a block; or of a standard normal variate, which is what correlation acts on.
struct quantile_function {
  quantile_function() = default;
  quantile_function(const quantile_function&) = delete;
  quantile_function& operator=(const quantile_function&) = delete;
  virtual ~quantile_function() = default;
  virtual void apply(const double* u, std::size_t n, double* out) const = 0;
  // Whether it holds observations; else it follows from a few parameters, each of which moves all of its values.
  virtual bool listed() const { return true; }
};

namespace detail {

template <class F>
struct quantile_of final : quantile_function {
  F f;
  bool of_observations;
  quantile_of(F g, bool observed) : f(std::move(g)), of_observations(observed) {}
  void apply(const double* u, std::size_t n, double* out) const override {
    for (std::size_t i = 0; i < n; ++i)
      out[i] = f(u[i]);
  }
  bool listed() const override { return of_observations; }
};
template <class F>
std::shared_ptr<const quantile_function> quantile(F f, bool of_observations = false) {
  return std::make_shared<quantile_of<F>>(std::move(f), of_observations);
}
}  // namespace detail

// What is known of an uncertain input: its distribution, by its quantile function.
template <class Unit>
struct distribution {
  std::shared_ptr<const quantile_function> quantile;
  double low, high;  // of the values that it can give, in base units
};

// Every value from `low` to `high` is as likely. Mean (low + high)/2, variance (high - low)^2/12.
template <class L, class H>
auto uniform(const L& low, const H& high) {
  static_assert(std::same_as<unit_of_t<L>, unit_of_t<H>>, "layercake: the ends of a distribution have different units");
  const double l = detail::base_of(low), h = detail::base_of(high);
  require_axis(std::isfinite(l) && std::isfinite(h) && l <= h, "a uniform distribution from " + to_string(low) +
                                                                   " to " + to_string(high) +
                                                                   "; allowed: finite ends, the low one first");
  return distribution<unit_of_t<L>>{detail::quantile([=](double u) { return l + (h - l) * u; }), l, h};
}

// mean + deviation z. Unbounded: draws that leave the input's domain are counted as infeasible.
template <class M, class D>
auto normal(const M& mean, const D& deviation) {
  static_assert(std::same_as<unit_of_t<M>, unit_of_t<D>>, "layercake: mean and deviation have different units");
  const double m = detail::base_of(mean), d = detail::base_of(deviation);
  require_axis(std::isfinite(m) && std::isfinite(d) && d >= 0, "a normal distribution of mean " + to_string(mean) +
                                                                   " and deviation " + to_string(deviation) +
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
  require_axis(std::isfinite(m) && m > 0 && std::isfinite(s) && factor >= 1,
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
  require_axis(std::isfinite(l) && std::isfinite(h) && l <= c && c <= h && l < h,
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
  std::sort(v.begin(), v.end());
  const double low = v.front(), high = v.back();
  return distribution<typename decltype(a)::unit_type>{
      detail::quantile(
          [v = std::move(v)](double u) {
            const double h = u * static_cast<double>(v.size() - 1);
            const std::size_t i = static_cast<std::size_t>(h);
            return i + 1 < v.size() ? v[i] + (h - static_cast<double>(i)) * (v[i + 1] - v[i]) : v.back();
          },
          true),
      low, high};
}

}  // namespace layercake::bulk
