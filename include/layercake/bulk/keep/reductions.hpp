// What a sweep keeps of its points. Each reduction sees the results block by block, while they are in the first-level cache, and holds a state
// of a size that does not grow with the sweep (columns excepted). States of chunks are combined in the order of the chunks, so that a result
// has the same bits for any number of threads and ranks.
//
// A point that fails a condition, or whose result is NaN or infinite, never wins, never enters a mean.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <layercake/bulk/keep/columns.hpp>
#include <layercake/bulk/space/axes.hpp>
#include <layercake/bulk/xsimd.hpp>
#include <layercake/units/quantity.hpp>
#include <limits>
#include <tuple>
#include <type_traits>
#include <vector>

namespace layercake::bulk {

// A state as bytes, between ranks and in checkpoints. Both ends are the same program.
class writer {
public:
  template <class T>
  void put(const T& x) {
    static_assert(std::is_trivially_copyable_v<T>);
    append(&x, sizeof x);
  }
  template <class T>
  void put(const std::vector<T>& v) {
    static_assert(std::is_trivially_copyable_v<T>);
    put(static_cast<std::uint64_t>(v.size()));
    append(v.data(), v.size() * sizeof(T));
  }
  std::vector<unsigned char>& bytes() { return bytes_; }

private:
  std::vector<unsigned char> bytes_;
  void append(const void* from, std::size_t n) {
    const std::size_t at = bytes_.size();
    bytes_.resize(at + n);
    if (n > 0) std::memcpy(bytes_.data() + at, from, n);
  }
};

class reader {
public:
  reader(const unsigned char* data, std::size_t n) : at_(data), left_(n) {}
  template <class T>
  void get(T& x) {
    static_assert(std::is_trivially_copyable_v<T>);
    take(&x, sizeof x);
  }
  template <class T>
  void get(std::vector<T>& v) {
    std::uint64_t n = 0;
    get(n);
    if (n > left_ / sizeof(T)) raise(error("bulk: a saved state is cut short"));
    v.resize(n);
    take(v.data(), n * sizeof(T));
  }
  std::size_t left() const { return left_; }

private:
  const unsigned char* at_;
  std::size_t left_;
  void take(void* to, std::size_t n) {
    if (n > left_) raise(error("bulk: a saved state is cut short"));
    if (n > 0) std::memcpy(to, at_, n);
    at_ += n;
    left_ -= n;
  }
};

// A block of results.
template <class S>
struct results {
  std::size_t n;                // points
  const S* const* column;       // one per function that the reduction asked for
  std::uint64_t first, step;    // numbers of the points in the sweep: first + i step, or
  const std::uint64_t* offset;  // first + offset[i] where there are offsets

  // In the order in which the axes were named, the last running fastest.
  std::uint64_t index(std::size_t i) const { return first + (offset ? offset[i] : i * step); }
};

// One point of a sweep, by its number in the order in which the axes were named (the last runs fastest).
template <class Q>
struct found_point {
  Q value{};
  std::uint64_t index = 0;
  bool exists = false;  // false: no point was feasible
};

namespace detail {
template <class Unit, class S>
auto typed(S x) {
  return from_base_value<quantity_t<Unit>>(x);
}
template <class S>
bool counts(S x) {
  return x - x == S(0);
}
// Minima alone are looked for: of -x where it is the largest that is wanted.
template <bool Largest, class T>
T signed_as(const T& x) {
  if constexpr (Largest) return -x;
  return x;
}
// What a reduction watches in registers while a block is computed, to say afterwards that nothing of the block matters
// to it.
template <class B, bool Largest>
struct least_seen {
  B least;
  void see(const B& v) {
    const B x = signed_as<Largest>(v);
    least = xsimd::select(x < least, x, least);  // false for NaN
  }
};

// The least finite value of all of c, or of -c; infinite if there is none. In four chains, because one would wait for
// itself.
template <bool Largest, class S>
S least_of(const S* c, std::size_t n) {
  using B = batch<S>;
  constexpr std::size_t chains = 4;
  const S infinity = std::numeric_limits<S>::infinity();
  std::array<least_seen<B, Largest>, chains> seen;
  for (auto& s : seen)
    s.least = B(infinity);
  std::size_t i = 0;
  for (; i + chains * B::size <= n; i += chains * B::size) {
    for (std::size_t k = 0; k < chains; ++k)
      seen[k].see(read_lanes<typename B::arch_type>(c + i + k * B::size));
  }
  for (; i + B::size <= n; i += B::size)
    seen[0].see(read_lanes<typename B::arch_type>(c + i));
  S x[chains * B::size];
  for (std::size_t k = 0; k < chains; ++k)
    write_lanes(x + k * B::size, seen[k].least);
  S least = infinity;
  for (const S v : x)
    least = v < least ? v : least;
  for (; i < n; ++i) {
    const S v = signed_as<Largest>(c[i]);
    least = v < least ? v : least;
  }
  if (least == -infinity) {  // which does not count
    least = infinity;
    for (i = 0; i < n; ++i) {
      const S v = signed_as<Largest>(c[i]);
      least = v < least && v > -infinity ? v : least;
    }
  }
  return least;
}

// Sums over a block in eight lanes, whatever the width of the machine's: lane k adds items k, k + 8, ... The item of a group of eight is given
// by f(first of the group) as a `lanes_of_eight`.
struct lanes_of_eight {
  using B = batch<double>;
  static constexpr std::size_t parts = B::size < 8 ? 8 / B::size : 1;
  std::array<B, parts> part;

  static lanes_of_eight zero() {
    lanes_of_eight x;
    for (B& b : x.part)
      b = B(0.0);
    return x;
  }
  static lanes_of_eight from(const double* p) {
    lanes_of_eight x;
    for (std::size_t k = 0; k < parts; ++k)
      x.part[k] = read_lanes<B::arch_type>(p + k * B::size);
    return x;
  }
  double total() const {
    double x[8];
    for (std::size_t k = 0; k < parts; ++k)
      write_lanes(x + k * B::size, part[k]);
    return ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7]));
  }
};
static_assert(lanes_of_eight::B::size <= 8);

template <class S>
struct ranked {
  S value;
  std::uint64_t index;
  // By value; among equals the first point.
  bool before(const ranked& o) const { return value < o.value || (value == o.value && index < o.index); }
};
}  // namespace detail

// ---- extremes --------------------------------------------------------------------------------------------------------------------

// The k least values, or the least of -x, and their points, best first.
template <class S, bool Largest>
struct best_state {
  std::size_t k = 1;
  std::vector<detail::ranked<S>> list{};

  // For loops that go through the points in their order: an equal value that comes later does not enter.
  template <class B>
  detail::least_seen<B, Largest> watch() const {
    return {B(std::numeric_limits<S>::infinity())};
  }
  template <class B>
  bool dismisses(const detail::least_seen<B, Largest>& seen) const {
    return !xsimd::any(seen.least < B(bound()));
  }
  void add(const results<S>& r) {
    const S* const c = r.column[0];
    S bound = this->bound();
    const S best = detail::least_of<Largest>(c, r.n);
    if (!(best <= bound) || !detail::counts(best)) return;
    // The one best of a block, or all that may enter the list.
    if (k == 1 && best < bound) bound = best;
    const auto look_at = [&](std::size_t i) {
      const S v = detail::signed_as<Largest>(c[i]);
      if (v <= bound && detail::counts(v)) {
        insert({v, r.index(i)});
        if (list.size() == k) bound = list.back().value;
      }
    };
    using B = batch<S>;
    std::size_t i = 0;
    for (; i + B::size <= r.n; i += B::size) {
      if (!xsimd::any(detail::signed_as<Largest>(read_lanes<typename B::arch_type>(c + i)) <= B(bound))) continue;
      for (std::size_t j = 0; j < B::size; ++j)
        look_at(i + j);
    }
    for (; i < r.n; ++i)
      look_at(i);
  }
  void merge(const best_state& o) {
    for (const auto& e : o.list)
      insert(e);
  }
  void save(writer& w) const { w.put(list); }
  void load(reader& r) { r.get(list); }

  // What a value has to be below to enter.
  S bound() const { return list.size() < k ? std::numeric_limits<S>::infinity() : list.back().value; }
  void insert(const detail::ranked<S>& e) {
    if (list.size() == k && !e.before(list.back())) return;
    if (list.size() == k) list.pop_back();
    std::size_t i = list.size();
    while (i > 0 && e.before(list[i - 1]))
      --i;
    list.insert(list.begin() + static_cast<std::ptrdiff_t>(i), e);
  }
};

template <class F, bool Largest>
struct extreme {
  std::tuple<F> of;
  std::size_t k;

  template <class S>
  best_state<S, Largest> start() const {
    return {k};
  }
  void describe(writer& w) const {
    w.put(Largest ? '>' : '<');
    w.put(static_cast<std::uint64_t>(k));
  }
  template <class S, class Unit>
  auto finish(const best_state<S, Largest>& s) const {
    found_point<quantity_t<Unit, S>> p;
    if (!s.list.empty()) p = {detail::typed<Unit>(detail::signed_as<Largest>(s.list[0].value)), s.list[0].index, true};
    return p;
  }
};
template <class F, bool Largest>
struct ranking : extreme<F, Largest> {
  template <class S, class Unit>
  auto finish(const best_state<S, Largest>& s) const {
    std::vector<found_point<quantity_t<Unit, S>>> list;
    for (const auto& e : s.list)
      list.push_back({detail::typed<Unit>(detail::signed_as<Largest>(e.value)), e.index, true});
    return list;
  }
};

// The least and the greatest value of f, and where.
template <class F>
extreme<F, false> minimum(F f) {
  return {{std::move(f)}, 1};
}
template <class F>
extreme<F, true> maximum(F f) {
  return {{std::move(f)}, 1};
}
// The k least or greatest values of f, best first.
template <class F>
ranking<F, false> least(std::size_t k, F f) {
  return {{{std::move(f)}, k > 0 ? k : 1}};
}
template <class F>
ranking<F, true> greatest(std::size_t k, F f) {
  return {{{std::move(f)}, k > 0 ? k : 1}};
}

// ---- Pareto front ------------------------------------------------------------------------------------------------------------------

template <class S, std::size_t N>
struct front_state {
  struct entry {
    std::array<S, N> value;
    std::uint64_t index;
  };
  std::vector<entry> front;
  std::size_t last = 0;  // what dominated most recently, which often dominates the next point too

  // At least as good everywhere, and better somewhere or earlier.
  static bool dominates(const entry& a, const entry& b) {
    bool better = false;
    for (std::size_t k = 0; k < N; ++k) {
      if (b.value[k] < a.value[k]) return false;
      better |= a.value[k] < b.value[k];
    }
    return better || a.index < b.index;
  }
  void insert(const entry& e) {
    if (last < front.size() && dominates(front[last], e)) return;
    for (std::size_t i = 0; i < front.size(); ++i) {
      if (dominates(front[i], e)) {
        last = i;
        return;
      }
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i < front.size(); ++i) {
      if (!dominates(e, front[i])) front[kept++] = front[i];
    }
    front.resize(kept);
    front.push_back(e);
  }
  void add(const results<S>& r) {
    for (std::size_t i = 0; i < r.n; ++i) {
      entry e{{}, r.index(i)};
      bool all = true;
      for (std::size_t k = 0; k < N; ++k) {
        e.value[k] = r.column[k][i];
        all &= detail::counts(e.value[k]);
      }
      if (all) insert(e);
    }
  }
  void merge(const front_state& o) {
    for (const entry& e : o.front)
      insert(e);
  }
  void save(writer& w) const { w.put(front); }
  void load(reader& r) { r.get(front); }
};

template <class... Q>
struct front_point {
  std::tuple<Q...> values;
  std::uint64_t index;
};

template <class... F>
struct pareto_front {
  std::tuple<F...> of;
  template <class S>
  front_state<S, sizeof...(F)> start() const {
    return {};
  }
  void describe(writer& w) const { w.put('p'); }
  // In rising order of the first objective.
  template <class S, class... Unit>
  auto finish(front_state<S, sizeof...(F)> s) const {
    for (std::size_t i = 1; i < s.front.size(); ++i) {
      const auto e = s.front[i];
      std::size_t j = i;
      for (; j > 0 && (e.value[0] < s.front[j - 1].value[0] ||
                       (e.value[0] == s.front[j - 1].value[0] && e.index < s.front[j - 1].index));
           --j)
        s.front[j] = s.front[j - 1];
      s.front[j] = e;
    }
    std::vector<front_point<quantity_t<Unit, S>...>> points;
    for (const auto& e : s.front) {
      points.push_back([&]<std::size_t... K>(std::index_sequence<K...>) {
        return front_point<quantity_t<Unit, S>...>{{detail::typed<Unit>(e.value[K])...}, e.index};
      }(std::index_sequence_for<F...>{}));
    }
    return points;
  }
};

// The points that no other point beats in all of two to four objectives, less being better.
template <class... F>
pareto_front<F...> pareto(F... f) {
  static_assert(sizeof...(F) >= 2 && sizeof...(F) <= 4, "layercake: a Pareto front has two to four objectives");
  return {{std::move(f)...}};
}

// ---- moments ------------------------------------------------------------------------------------------------------------------------

// Number, means, and central second moments of N results, by Chan's pairwise update of blocks (Chan, Golub, LeVeque, 1983). Sums of a block
// run in eight fixed lanes, whatever the width of the machine's.
template <class S, std::size_t N>
struct moments_state {
  double n = 0;
  std::array<double, N> mean{};
  std::array<double, N*(N + 1) / 2> second{};  // sums of products of deviations, lower triangle

  void add(const results<S>& r) {
    using L = detail::lanes_of_eight;
    using B = L::B;
    // As doubles, in whole groups of eight; what does not count, or lies behind the end, is NaN in every column.
    const std::size_t groups = (r.n + 7) / 8;
    alignas(64) std::array<std::array<double, largest_block>, N> x;
    for (std::size_t k = 0; k < N; ++k) {
      for (std::size_t i = 0; i < r.n; ++i)
        x[k][i] = static_cast<double>(r.column[k][i]);
      for (std::size_t i = r.n; i < 8 * groups; ++i)
        x[k][i] = std::numeric_limits<double>::quiet_NaN();
    }
    const auto counted = [&](std::size_t at) {  // of B::size items
      B sum(0.0);
      for (std::size_t k = 0; k < N; ++k) {
        const B v = read_lanes<B::arch_type>(x[k].data() + at);
        sum = sum + (v - v);
      }
      return sum == B(0.0);
    };
    moments_state b;
    L number = L::zero();
    std::array<L, N> sum;
    for (L& l : sum)
      l = L::zero();
    for (std::size_t g = 0; g < groups; ++g) {
      for (std::size_t p = 0; p < L::parts; ++p) {
        const std::size_t at = 8 * g + p * B::size;
        const auto ok = counted(at);
        number.part[p] = number.part[p] + xsimd::select(ok, B(1.0), B(0.0));
        for (std::size_t k = 0; k < N; ++k)
          sum[k].part[p] = sum[k].part[p] + xsimd::select(ok, read_lanes<B::arch_type>(x[k].data() + at), B(0.0));
      }
    }
    b.n = number.total();
    if (b.n == 0) return;
    for (std::size_t k = 0; k < N; ++k)
      b.mean[k] = sum[k].total() / b.n;
    std::array<L, N*(N + 1) / 2> squares;
    for (L& l : squares)
      l = L::zero();
    for (std::size_t g = 0; g < groups; ++g) {
      for (std::size_t p = 0; p < L::parts; ++p) {
        const std::size_t at = 8 * g + p * B::size;
        const auto ok = counted(at);
        std::array<B, N> d;
        for (std::size_t k = 0; k < N; ++k)
          d[k] = xsimd::select(ok, read_lanes<B::arch_type>(x[k].data() + at) - B(b.mean[k]), B(0.0));
        std::size_t q = 0;
        for (std::size_t k = 0; k < N; ++k) {
          for (std::size_t l = 0; l <= k; ++l, ++q)
            squares[q].part[p] = squares[q].part[p] + d[k] * d[l];
        }
      }
    }
    for (std::size_t p = 0; p < squares.size(); ++p)
      b.second[p] = squares[p].total();
    merge(b);
  }
  void merge(const moments_state& o) {
    if (o.n == 0) return;
    if (n == 0) {
      *this = o;
      return;
    }
    const double all = n + o.n;
    std::size_t p = 0;
    std::array<double, N> d;
    for (std::size_t k = 0; k < N; ++k)
      d[k] = o.mean[k] - mean[k];
    for (std::size_t k = 0; k < N; ++k) {
      for (std::size_t l = 0; l <= k; ++l, ++p)
        second[p] += o.second[p] + d[k] * d[l] * (n * o.n / all);
    }
    for (std::size_t k = 0; k < N; ++k)
      mean[k] += d[k] * (o.n / all);
    n = all;
  }
  void save(writer& w) const { w.put(*this); }
  void load(reader& r) { r.get(*this); }
};

template <class Q, class Squared>
struct spread {
  double points = 0;  // that entered
  Q mean{};
  Squared variance{};  // of the sample: over n - 1
  Q deviation{};
  Q error_of_mean{};
};

template <class F>
struct moments_of {
  std::tuple<F> of;
  template <class S>
  moments_state<S, 1> start() const {
    return {};
  }
  void describe(writer& w) const { w.put('m'); }
  template <class S, class Unit>
  auto finish(const moments_state<S, 1>& s) const {
    using Squared = quantity_t<typename square_unit<Unit>::type, double>;
    const double v = s.n > 1 ? s.second[0] / (s.n - 1) : 0.0;
    return spread<quantity_t<Unit, double>, Squared>{
        s.n, detail::typed<Unit>(s.mean[0]), detail::typed<typename square_unit<Unit>::type>(v),
        detail::typed<Unit>(std::sqrt(v)), detail::typed<Unit>(s.n > 0 ? std::sqrt(v / s.n) : 0.0)};
  }

private:
  template <class Unit>
  struct square_unit {
    using type = unit::multiplied<Unit, Unit>;
  };
  template <class Unit>
    requires std::is_void_v<Unit>
  struct square_unit<Unit> {
    using type = void;
  };
};

// Mean, variance, deviation of f over the points where it is finite.
template <class F>
moments_of<F> moments(F f) {
  return {{std::move(f)}};
}

// Means and covariances of several results, and their correlations.
template <std::size_t N>
struct joint_spread {
  double points = 0;
  std::array<std::array<double, N>, N> correlation{};
  std::array<double, N> mean{};  // in base units, as is the covariance
  std::array<std::array<double, N>, N> covariance{};
};
template <class... F>
struct covariance_of {
  std::tuple<F...> of;
  static constexpr std::size_t N = sizeof...(F);
  template <class S>
  moments_state<S, N> start() const {
    return {};
  }
  void describe(writer& w) const { w.put('v'); }
  template <class S, class...>
  joint_spread<N> finish(const moments_state<S, N>& s) const {
    joint_spread<N> j{s.n, {}, s.mean, {}};
    std::size_t p = 0;
    for (std::size_t k = 0; k < N; ++k) {
      for (std::size_t l = 0; l <= k; ++l, ++p)
        j.covariance[k][l] = j.covariance[l][k] = s.n > 1 ? s.second[p] / (s.n - 1) : 0.0;
    }
    for (std::size_t k = 0; k < N; ++k) {
      for (std::size_t l = 0; l < N; ++l) {
        const double scale = std::sqrt(j.covariance[k][k] * j.covariance[l][l]);
        j.correlation[k][l] = k == l ? 1.0 : scale > 0 ? j.covariance[k][l] / scale : 0.0;
      }
    }
    return j;
  }
};
template <class... F>
covariance_of<F...> covariance(F... f) {
  return {{std::move(f)...}};
}

// ---- histogram and quantiles ---------------------------------------------------------------------------------------------------------

template <class S>
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
      } else if (at >= bins) {
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

template <class F, class Unit>
struct histogram_of {
  std::tuple<F> of;
  double low, high;
  std::size_t bins;
  bool logarithmic;

  template <class S>
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
  template <class S, class U>
  auto finish(const histogram_state<S>& s) const {
    static_assert(std::same_as<U, Unit>, "layercake: the edges of a histogram have another unit than what it counts");
    histogram_result<quantity_t<U, double>> h{{}, s.count, s.below, s.above};
    for (std::size_t i = 0; i <= bins; ++i) {
      const double at = s.low + s.width * static_cast<double>(i);
      h.edge.push_back(detail::typed<U>(logarithmic ? std::exp(at) : at));
    }
    return h;
  }
};

// How often f falls into each of `bins` equal bins from `low` up to `high`.
template <class Q, class F>
auto histogram(const Q& low, const Q& high, std::size_t bins, F f) {
  const double l = static_cast<double>(base_value(low)), h = static_cast<double>(base_value(high));
  if (!(l < h && h - l < std::numeric_limits<double>::infinity()) || bins == 0)
    raise(error("bulk: a histogram needs at least one bin and a lower edge below the upper, both finite"));
  return histogram_of<F, unit_of_t<Q>>{{std::move(f)}, l, h, bins, false};
}
// Bins of equal ratio; both ends above 0.
template <class Q, class F>
auto logarithmic_histogram(const Q& low, const Q& high, std::size_t bins, F f) {
  const double l = static_cast<double>(base_value(low)), h = static_cast<double>(base_value(high));
  if (!(l > 0 && l < h && h - l < std::numeric_limits<double>::infinity()) || bins == 0)
    raise(error("bulk: a logarithmic histogram needs at least one bin and a lower edge above 0 and below the upper, "
                "both finite"));
  return histogram_of<F, unit_of_t<Q>>{{std::move(f)}, l, h, bins, true};
}

// Counts of values by their leading bits: sign, exponent, first ten bits of the fraction. Buckets are at most 1/1024 of their value wide, and
// counts add exactly, so that the quantile is within 0.05 % and the same in any order. As DDSketch (Masson, Rim, Lee, VLDB 2019), with the
// number format's own logarithm.
template <class S>
struct quantile_state {
  static constexpr int dropped = 42;
  std::int64_t first = 0;  // key of count[0]
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
      first = low - 64;
      count.assign(static_cast<std::size_t>(high - low + 128), 0);
      return;
    }
    const std::int64_t last = first + static_cast<std::int64_t>(count.size()) - 1;
    if (low < first) {
      const std::int64_t more = first - low + 64;
      count.insert(count.begin(), static_cast<std::size_t>(more), 0);
      first -= more;
    }
    if (high > last) count.resize(count.size() + static_cast<std::size_t>(high - last + 64), 0);
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

template <class F>
struct quantiles_of {
  std::tuple<F> of;
  std::vector<double> shares;
  template <class S>
  quantile_state<S> start() const {
    return {};
  }
  void describe(writer& w) const { w.put('q'); }
  template <class S, class Unit>
  auto finish(const quantile_state<S>& s) const {
    std::vector<quantity_t<Unit, double>> q;
    for (const double share : shares)
      q.push_back(detail::typed<Unit>(s.at(share)));
    return q;
  }
};

// The values of f below which these shares of the points lie, to 0.05 %.
template <class F>
quantiles_of<F> quantiles(std::vector<double> shares, F f) {
  for (const double s : shares) {
    if (!(s >= 0 && s <= 1)) raise(error("bulk: a quantile of share " + to_string(s) + "; allowed: 0 to 1"));
  }
  return {{std::move(f)}, std::move(shares)};
}

// ---- columns -------------------------------------------------------------------------------------------------------------------------

// Values go straight to the user's memory, to which no two chunks write at one place. What travels between ranks is
// read back from there.
template <class Unit, class C>
struct column_state {
  struct run {
    std::uint64_t first, step, n;  // points first, first + step, ...
  };
  column_view<Unit, C> to;
  bool gaps = true;   // a point may be passed over
  bool root = false;  // of the whole sweep
  std::vector<run> runs{};
  std::vector<C> value{};  // of the runs, where they came from another rank

  template <class S>
  void add(const results<S>& r) {
    if (!r.offset && r.step == 1) {
      to.convert(r.column[0], r.n, to.data() + r.first);
    } else {
      std::array<C, largest_block> own;
      for (std::size_t done = 0; done < r.n; done += largest_block) {
        const std::size_t n = r.n - done < largest_block ? r.n - done : largest_block;
        to.convert(r.column[0] + done, n, own.data());
        for (std::size_t i = 0; i < n; ++i)
          to.data()[r.index(done + i)] = own[i];
      }
    }
    if (r.offset) {
      for (std::size_t i = 0; i < r.n; ++i)
        runs.push_back({r.index(i), 0, 1});
    } else if (!runs.empty() && runs.back().step == r.step && runs.back().first + runs.back().n * r.step == r.first) {
      runs.back().n += r.n;
    } else {
      runs.push_back({r.first, r.step, r.n});
    }
  }
  void merge(const column_state& o) {
    if (o.value.empty()) return;
    std::size_t k = 0;
    o.each([&](std::uint64_t at) { to.data()[at] = o.value[k++]; });
  }
  void save(writer& w) const {
    std::vector<C> all;
    if (root) {  // what was written so far
      all.assign(to.data(), to.data() + to.size());
    } else {
      w.put(runs);
      each([&](std::uint64_t at) { all.push_back(to.data()[at]); });
    }
    w.put(all);
  }
  void load(reader& r) {
    if (!root) r.get(runs);
    r.get(value);
    std::uint64_t n = 0;
    for (const run& x : runs)
      n += x.n;
    if (value.size() != (root ? to.size() : n)) raise(error("bulk: a saved state holds a column of another length"));
    if (!root) return;
    for (std::size_t i = 0; i < value.size(); ++i)
      to.data()[i] = value[i];
    value = {};
  }
  // Points that no block gives are NaN where there may be gaps, and so is every point of a sweep that does not end.
  void begin() {
    root = true;
    if (gaps) abandon();
  }
  void abandon() const {
    for (std::size_t i = 0; i < to.size(); ++i)
      to.clear(i);
  }

private:
  template <class Visit>
  void each(const Visit& visit) const {
    for (const run& x : runs) {
      for (std::uint64_t i = 0; i < x.n; ++i)
        visit(x.first + i * x.step);
    }
  }
};

template <class Unit, class C, class F>
struct into_column {
  std::tuple<F> of;
  column_view<Unit, C> to;
  bool gaps = true;
  template <class S>
  column_state<Unit, C> start() const {
    return {to, gaps};
  }
  void describe(writer& w) const {
    w.put('c');
    w.put(sizeof(C));
    w.put(to.base_units());
  }
  template <class S, class U>
  auto finish(const column_state<Unit, C>&) const {
    static_assert(std::same_as<U, Unit>, "layercake: a column has another unit than what is written into it");
    return to;
  }
};

// Every value of f into the user's memory, at the point's number; NaN where a condition fails, and everywhere if the sweep does not end.
template <class Unit, class C, class F>
into_column<Unit, C, F> into(const column_view<Unit, C>& to, F f) {
  return {{std::move(f)}, to};
}

namespace detail {

// Mixes bytes into a fingerprint (FNV-1a with a final shift: Fowler, Noll, Vo).
inline std::uint64_t mixed(std::uint64_t h, const unsigned char* data, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i)
    h = (h ^ data[i]) * 0x100000001b3u;
  return h ^ (h >> 29);
}

// Which reductions, in which order, with which parameters: a checkpoint holds the states of just these. What functions
// they keep is not in it.
template <class... R>
std::uint64_t fingerprint_of(const std::tuple<R...>& reductions) {
  writer w;
  const auto one = [&](const auto& r) {
    if constexpr (requires { r.describe(w); }) {
      r.describe(w);
    } else {
      w.put('n');
    }
  };
  std::apply([&](const R&... r) { (one(r), ...); }, reductions);
  return mixed(0xcbf29ce484222325u, w.bytes().data(), w.bytes().size());
}

// Columns are as long as the sweep, and no two share memory. Throws invalid_column before anything is written.
template <class... R>
void check_columns(const std::tuple<R...>& reductions, std::uint64_t total) {
  const auto one = [&](const auto& r, std::size_t number) {
    if constexpr (requires { r.to; }) {
      if (r.to.size() != total) {
        raise(invalid_column("bulk: a column of " + std::to_string(r.to.size()) + " values for a sweep of " +
                             std::to_string(total) + " points; give memory for each point"));
      }
      std::size_t other = 0;
      const auto against = [&](const auto& o) {
        if constexpr (requires { r.to.overlaps(o.to); }) {
          if (other < number && r.to.overlaps(o.to))
            raise(invalid_column("bulk: two columns share memory; give each its own"));
        }
        ++other;
      };
      std::apply([&](const R&... o) { (against(o), ...); }, reductions);
    }
  };
  std::size_t number = 0;
  std::apply([&](const R&... r) { (one(r, number++), ...); }, reductions);
}

// Begins the states of a sweep, and wipes its columns unless it ended here.
template <class States>
class unless_kept {
public:
  explicit unless_kept(States& states) : states_(states) {
    std::apply([](auto&... s) { (begin(s), ...); }, states_);
  }
  ~unless_kept() {
    if (!kept) std::apply([](auto&... s) { (abandon(s), ...); }, states_);
  }
  unless_kept(const unless_kept&) = delete;
  unless_kept& operator=(const unless_kept&) = delete;
  bool kept = false;

private:
  States& states_;
  template <class State>
  static void begin(State& s) {
    if constexpr (requires { s.begin(); }) s.begin();
  }
  template <class State>
  static void abandon(State& s) {
    if constexpr (requires { s.abandon(); }) s.abandon();
  }
};

}  // namespace detail

}  // namespace layercake::bulk
