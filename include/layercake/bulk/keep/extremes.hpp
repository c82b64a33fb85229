// The least and the greatest values of a result, and the points where they are.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <layercake/bulk/keep/bytes.hpp>
#include <layercake/bulk/keep/results.hpp>
#include <layercake/bulk/space/values.hpp>
#include <layercake/bulk/xsimd.hpp>
#include <layercake/number/check.hpp>
#include <limits>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace layercake::bulk {

namespace detail {

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

template <real S>
struct ranked {
  S value;
  std::uint64_t index;
  // By value; among equals the first point.
  bool before(const ranked& o) const { return value < o.value || (value == o.value && index < o.index); }
};
}  // namespace detail

// The k least values, or the least of -x, and their points, as a heap whose first is the worst: a value that enters costs
// log k, in whatever order values come.
template <real S, bool Largest>
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
        if (list.size() == k) bound = list.front().value;
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
  S bound() const { return list.size() < k ? std::numeric_limits<S>::infinity() : list.front().value; }
  void insert(const detail::ranked<S>& e) {
    if (list.size() == k) {
      if (!e.before(list.front())) return;
      std::pop_heap(list.begin(), list.end(), better);
      list.back() = e;
    } else {
      list.push_back(e);
    }
    std::push_heap(list.begin(), list.end(), better);
  }
  std::vector<detail::ranked<S>> best_first() const {
    auto sorted = list;
    std::sort(sorted.begin(), sorted.end(), better);
    return sorted;
  }

private:
  static bool better(const detail::ranked<S>& a, const detail::ranked<S>& b) { return a.before(b); }
};

template <class Figure, bool Largest>
struct extreme {
  std::tuple<Figure> of;
  std::size_t k;

  template <real S>
  best_state<S, Largest> start() const {
    return {k};
  }
  void describe(writer& w) const {
    w.put(Largest ? '>' : '<');
    w.put(static_cast<std::uint64_t>(k));
  }
  template <real S, class Unit>
  auto finish(const best_state<S, Largest>& s) const {
    found_point<quantity_t<Unit, S>> p;
    if (!s.list.empty()) p = {detail::typed<Unit>(detail::signed_as<Largest>(s.list[0].value)), s.list[0].index, true};
    return p;
  }
};
template <class Figure, bool Largest>
struct ranking : extreme<Figure, Largest> {
  template <real S, class Unit>
  auto finish(const best_state<S, Largest>& s) const {
    std::vector<found_point<quantity_t<Unit, S>>> list;
    for (const auto& e : s.best_first())
      list.push_back({detail::typed<Unit>(detail::signed_as<Largest>(e.value)), e.index, true});
    return list;
  }
};

// The least and the greatest value of f, and where.
template <class Figure>
extreme<Figure, false> minimum(Figure f) {
  return {{std::move(f)}, 1};
}
template <class Figure>
extreme<Figure, true> maximum(Figure f) {
  return {{std::move(f)}, 1};
}
namespace detail {

// How many are to be kept. Whether k is a count is looked at before it is converted to one.
inline std::size_t require_kept(double k, const char* by_what) {
  check_within(by_what, k, domain{1, 0x1p53, false, false, true}, "Say how many to keep, such as 10 or 1e6.");
  return static_cast<std::size_t>(k);
}

}  // namespace detail

// The k least or greatest values of f, best first; all of them if there are fewer. Keeps 16 bytes for each, and as much
// again in every chunk that is being done. Throws invalid_value for a k that is not a whole number from 1 to 2^53.
template <class Count, class Figure>
  requires std::is_arithmetic_v<Count> ranking<Figure, false> least(Count k, Figure f) {
    return {{{std::move(f)}, detail::require_kept(static_cast<double>(k), "least.k")}};
  }
template <class Count, class Figure>
  requires std::is_arithmetic_v<Count> ranking<Figure, true> greatest(Count k, Figure f) {
    return {{{std::move(f)}, detail::require_kept(static_cast<double>(k), "greatest.k")}};
  }

}  // namespace layercake::bulk
