// Pareto fronts: the points that no other point beats in all objectives.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <layercake/bulk/keep/bytes.hpp>
#include <layercake/bulk/keep/results.hpp>
#include <layercake/bulk/space/values.hpp>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

namespace layercake::bulk {

namespace detail {

// A point with N figures, less being better.
template <real S, std::size_t N>
struct front_entry {
  std::array<S, N> value;
  std::uint64_t index;

  // By the first figure, then the next; among equals the first point. None is dominated by one that comes after it.
  bool before(const front_entry& o) const {
    for (std::size_t k = 0; k < N; ++k) {
      if (value[k] != o.value[k]) return value[k] < o.value[k];
    }
    return index < o.index;
  }
  // At least as good everywhere, and better somewhere or earlier.
  bool dominates(const front_entry& o) const {
    bool better = false;
    for (std::size_t k = 0; k < N; ++k) {
      if (o.value[k] < value[k]) return false;
      better |= value[k] < o.value[k];
    }
    return better || index < o.index;
  }
};

// Which of points that come in order (before()) are dominated by one that came earlier. Of two figures it is enough to know
// the least second one so far; of three, the staircase that the second and the third make; of four, all of the front.
template <real S, std::size_t N>
class dominated_so_far {
public:
  // Whether e is; if not it may dominate others from now on.
  bool operator()(const front_entry<S, N>& e) {
    if constexpr (N == 2) {
      const bool dominated = any_ && least_ <= e.value[1];
      if (!dominated) least_ = e.value[1], any_ = true;
      return dominated;
    } else if constexpr (N == 3) {
      auto next = stairs_.upper_bound(e.value[1]);
      if (next != stairs_.begin() && std::prev(next)->second <= e.value[2]) return true;
      if (next != stairs_.begin() && std::prev(next)->first == e.value[1]) --next;
      while (next != stairs_.end() && next->second >= e.value[2])
        next = stairs_.erase(next);
      stairs_.emplace(e.value[1], e.value[2]);
      return false;
    } else {
      for (const auto& f : front_) {
        if (f.dominates(e)) return true;
      }
      front_.push_back(e);
      return false;
    }
  }

private:
  bool any_ = false;
  S least_{};
  std::map<S, S> stairs_;  // third figure by second: falls as that rises
  std::vector<front_entry<S, N>> front_;
};

}  // namespace detail

// The front of the points so far, and points beside it that have yet to be compared with it: they are when they are as many
// as it is, so that n points cost n log n for two and three figures, in whatever order they come. For four figures a
// comparison goes through the whole front.
template <real S, std::size_t N>
struct front_state {
  using entry = detail::front_entry<S, N>;
  std::vector<entry> front;  // in order
  std::vector<entry> fresh;
  std::size_t last = 0;  // what dominated most recently, which often dominates the next point too

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
    for (const auto* list : {&o.front, &o.fresh}) {
      for (const entry& e : *list)
        insert(e);
    }
  }
  void save(writer& w) const {
    w.put(front);
    w.put(fresh);
  }
  void load(reader& r) {
    r.get(front);
    r.get(fresh);
  }
  // The whole front, in order.
  const std::vector<entry>& settled() {
    const auto ordered = [](const entry& a, const entry& b) { return a.before(b); };
    std::sort(fresh.begin(), fresh.end(), ordered);
    std::vector<entry> all(front.size() + fresh.size());
    std::merge(front.begin(), front.end(), fresh.begin(), fresh.end(), all.begin(), ordered);
    fresh.clear();
    front.clear();
    detail::dominated_so_far<S, N> dominated;
    for (const entry& e : all) {
      if (!dominated(e)) front.push_back(e);
    }
    return front;
  }

private:
  static constexpr std::size_t least_fresh = 1024;  // so many are sorted at once even beside a small front: assumed
  static constexpr std::size_t looked_at = 16;      // of the front, before a point is put aside: assumed

  void insert(const entry& e) {
    if (seen_dominated(e)) return;
    fresh.push_back(e);
    if (fresh.size() >= least_fresh && fresh.size() >= front.size()) settled();
  }
  // Whether a few of the front say that e is dominated: most points of a large sweep are, and by the same ones.
  bool seen_dominated(const entry& e) {
    if constexpr (N == 2) {  // the one of the front that is best in the second figure of those not worse in the first
      const auto next = std::upper_bound(front.begin(), front.end(), e.value[0],
                                         [](const S& x, const entry& f) { return x < f.value[0]; });
      return next != front.begin() && std::prev(next)->dominates(e);
    } else {
      for (std::size_t i = 0; i < looked_at && i < front.size(); ++i) {
        const std::size_t at = (last + i) % front.size();
        if (!front[at].dominates(e)) continue;
        last = at;
        return true;
      }
      return false;
    }
  }
};

template <class... Q>
struct front_point {
  std::tuple<Q...> values;
  std::uint64_t index;
};

template <class... Figure>
struct pareto_front {
  std::tuple<Figure...> of;
  template <real S>
  front_state<S, sizeof...(Figure)> start() const {
    return {};
  }
  void describe(writer& w) const { w.put('p'); }
  // In rising order of the first objective.
  template <real S, class... Unit>
  auto finish(front_state<S, sizeof...(Figure)> s) const {
    auto front = s.settled();
    std::sort(front.begin(), front.end(), [](const auto& a, const auto& b) {
      return a.value[0] < b.value[0] || (a.value[0] == b.value[0] && a.index < b.index);
    });
    std::vector<front_point<quantity_t<Unit, S>...>> points;
    for (const auto& e : front) {
      points.push_back([&]<std::size_t... K>(std::index_sequence<K...>) {
        return front_point<quantity_t<Unit, S>...>{{detail::typed<Unit>(e.value[K])...}, e.index};
      }(std::index_sequence_for<Figure...>{}));
    }
    return points;
  }
};

// The points that no other point beats in all of two to four objectives, less being better.
template <class... Figure>
pareto_front<Figure...> pareto(Figure... f) {
  static_assert(sizeof...(Figure) >= 2 && sizeof...(Figure) <= 4,
                "layercake: a Pareto front has two to four objectives");
  return {{std::move(f)...}};
}

}  // namespace layercake::bulk
