// How often a result falls where: histograms of given edges, and quantiles.
#pragma once

#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <layercake/bulk/keep/bytes.hpp>
#include <layercake/bulk/keep/results.hpp>
#include <layercake/bulk/space/values.hpp>
#include <layercake/number/error.hpp>
#include <layercake/units/print.hpp>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

namespace layercake::bulk {

template <real S>
struct histogram_state {
  double low = 0, width = 1;
  bool logarithmic = false;
  std::vector<std::uint64_t> count;
  std::uint64_t below = 0, above = 0;

  void add(const results<S>& r) {
    const double bins = static_cast<double>(count.size());
    for (std::size_t i = 0; i < r.n; ++i) {
      const double x = static_cast<double>(r.column[0][i]);
      if (!detail::counts(x)) continue;
      const double at =
          ((logarithmic ? (x > 0 ? std::log(x) : -std::numeric_limits<double>::infinity()) : x) - low) / width;
      if (at < 0) {
        ++below;
      } else if (!(at < bins)) {
        ++above;
      } else {
        ++count[static_cast<std::size_t>(at)];
      }
    }
  }
  void merge(const histogram_state& o) {
    for (std::size_t i = 0; i < count.size(); ++i)
      count[i] += o.count[i];
    below += o.below;
    above += o.above;
  }
  void save(writer& w) const {
    w.put(count);
    w.put(below);
    w.put(above);
  }
  void load(reader& r) {
    r.get(count);
    r.get(below);
    r.get(above);
  }
};

template <class Q>
struct histogram_result {
  std::vector<Q> edge;  // one more than bins
  std::vector<std::uint64_t> count;
  std::uint64_t below = 0, above = 0;
};

template <class Figure, class Unit>
struct histogram_of {
  std::tuple<Figure> of;
  double low, high;
  std::size_t bins;
  bool logarithmic;

  template <real S>
  histogram_state<S> start() const {
    const double l = logarithmic ? std::log(low) : low, h = logarithmic ? std::log(high) : high;
    return {l, (h - l) / static_cast<double>(bins), logarithmic, std::vector<std::uint64_t>(bins, 0)};
  }
  void describe(writer& w) const {
    w.put(logarithmic ? 'l' : 'h');
    w.put(low);
    w.put(high);
    w.put(static_cast<std::uint64_t>(bins));
  }
  template <real S, class Counted>
  auto finish(const histogram_state<S>& s) const {
    static_assert(std::same_as<Counted, Unit>,
                  "layercake: the edges of a histogram have another unit than what it counts");
    histogram_result<quantity_t<Counted, double>> h{{}, s.count, s.below, s.above};
    for (std::size_t i = 0; i <= bins; ++i) {
      const double at = s.low + s.width * static_cast<double>(i);
      h.edge.push_back(detail::typed<Counted>(logarithmic ? std::exp(at) : at));
    }
    return h;
  }
};

// How often f falls into each of `bins` equal bins from `low` up to `high`.
template <class Q, class Figure>
auto histogram(const Q& low, const Q& high, std::size_t bins, Figure f) {
  const double l = static_cast<double>(base_value(low)), h = static_cast<double>(base_value(high));
  if (bins == 0 ||
      !(l < h && h - l < std::numeric_limits<double>::infinity() && (h - l) / static_cast<double>(bins) > 0))
    raise(error("bulk: a histogram needs at least one bin and a lower edge below the upper, both finite"));
  return histogram_of<Figure, unit_of_t<Q>>{{std::move(f)}, l, h, bins, false};
}
// Bins of equal ratio; both ends above 0.
template <class Q, class Figure>
auto logarithmic_histogram(const Q& low, const Q& high, std::size_t bins, Figure f) {
  const double l = static_cast<double>(base_value(low)), h = static_cast<double>(base_value(high));
  if (bins == 0 || !(l > 0 && h - l < std::numeric_limits<double>::infinity() && std::log(l) < std::log(h)))
    raise(error("bulk: a logarithmic histogram needs at least one bin and a lower edge above 0 and below the upper, "
                "both finite and with logarithms that differ"));
  return histogram_of<Figure, unit_of_t<Q>>{{std::move(f)}, l, h, bins, true};
}

// Counts of values by their leading bits: sign, exponent, first ten bits of the fraction. Buckets are at most 1/1024 of their value wide, and
// counts add exactly, so that the quantile is within 0.05 % and the same in any order. As DDSketch (Masson, Rim, Lee, VLDB 2019), with the
// number format's own logarithm.
template <real S>
struct quantile_state {
  static constexpr int dropped = 42;         // bits of the fraction
  static constexpr std::int64_t spare = 64;  // buckets beside those in use, so that few values move them
  std::int64_t first = 0;                    // key of count[0]
  std::vector<std::uint64_t> count;

  // A key that orders as the numbers do.
  static std::int64_t key(double x) {
    const auto bits = std::bit_cast<std::int64_t>(x);
    return (bits < 0 ? static_cast<std::int64_t>(0x8000000000000000u) - bits : bits) >> dropped;
  }
  static double middle(std::int64_t k) {
    const auto value = [](std::int64_t ordered) {
      return std::bit_cast<double>(ordered < 0 ? static_cast<std::int64_t>(0x8000000000000000u) - ordered : ordered);
    };
    return k == 0 ? 0.0 : 0.5 * (value(k << dropped) + value((k + 1) << dropped));
  }
  void cover(std::int64_t low, std::int64_t high) {
    if (count.empty()) {
      first = low - spare;
      count.assign(static_cast<std::size_t>(high - low + 2 * spare), 0);
      return;
    }
    const std::int64_t last = first + static_cast<std::int64_t>(count.size()) - 1;
    if (low < first) {
      const std::int64_t more = first - low + spare;
      count.insert(count.begin(), static_cast<std::size_t>(more), 0);
      first -= more;
    }
    if (high > last) count.resize(count.size() + static_cast<std::size_t>(high - last + spare), 0);
  }
  void add(const results<S>& r) {
    std::int64_t low = std::numeric_limits<std::int64_t>::max(), high = std::numeric_limits<std::int64_t>::min();
    for (std::size_t i = 0; i < r.n; ++i) {
      const double x = static_cast<double>(r.column[0][i]);
      const std::int64_t k = key(x);
      const bool ok = detail::counts(x);
      low = ok && k < low ? k : low;
      high = ok && k > high ? k : high;
    }
    if (low > high) return;
    cover(low, high);
    for (std::size_t i = 0; i < r.n; ++i) {
      const double x = static_cast<double>(r.column[0][i]);
      if (detail::counts(x)) ++count[static_cast<std::size_t>(key(x) - first)];
    }
  }
  void merge(const quantile_state& o) {
    if (o.count.empty()) return;
    cover(o.first, o.first + static_cast<std::int64_t>(o.count.size()) - 1);
    for (std::size_t i = 0; i < o.count.size(); ++i)
      count[static_cast<std::size_t>(o.first - first) + i] += o.count[i];
  }
  void save(writer& w) const {
    w.put(first);
    w.put(count);
  }
  void load(reader& r) {
    r.get(first);
    r.get(count);
  }
  double at(double share) const {
    std::uint64_t total = 0;
    for (const std::uint64_t c : count)
      total += c;
    if (total == 0) return std::numeric_limits<double>::quiet_NaN();
    const double rank = share * static_cast<double>(total - 1);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < count.size(); ++i) {
      seen += count[i];
      if (static_cast<double>(seen) > rank) return middle(first + static_cast<std::int64_t>(i));
    }
    return std::numeric_limits<double>::quiet_NaN();
  }
};

template <class Figure>
struct quantiles_of {
  std::tuple<Figure> of;
  std::vector<double> shares;
  template <real S>
  quantile_state<S> start() const {
    return {};
  }
  void describe(writer& w) const { w.put('q'); }
  template <real S, class Unit>
  auto finish(const quantile_state<S>& s) const {
    std::vector<quantity_t<Unit, double>> q;
    for (const double share : shares)
      q.push_back(detail::typed<Unit>(s.at(share)));
    return q;
  }
};

// The values of f below which these shares of the points lie, to 0.05 %.
template <class Figure>
quantiles_of<Figure> quantiles(std::vector<double> shares, Figure f) {
  for (const double s : shares) {
    if (!(s >= 0 && s <= 1)) raise(error("bulk: a quantile of share " + to_string(s) + "; allowed: 0 to 1"));
  }
  return {{std::move(f)}, std::move(shares)};
}

}  // namespace layercake::bulk
