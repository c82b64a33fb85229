// Pareto fronts: the points that no other point beats in all objectives.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <layercake/bulk/keep/bytes.hpp>
#include <layercake/bulk/keep/results.hpp>
#include <layercake/bulk/space/values.hpp>
#include <tuple>
#include <utility>
#include <vector>

namespace layercake::bulk {

template <real S, std::size_t N>
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
