// Every value of a result, into the user's own memory.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <layercake/bulk/keep/bytes.hpp>
#include <layercake/bulk/keep/columns.hpp>
#include <layercake/bulk/keep/results.hpp>
#include <layercake/bulk/xsimd.hpp>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace layercake::bulk {

// Values go straight to the user's memory, to which no two chunks write at one place. What travels between ranks is
// read back from there.
template <class Unit, class Stored>
struct column_state {
  struct run {
    std::uint64_t first, step, n;  // points first, first + step, ...
  };
  column_view<Unit, Stored> to;
  bool gaps = true;   // a point may be passed over
  bool root = false;  // of the whole sweep
  std::vector<run> runs{};
  std::vector<Stored> value{};  // of the runs, where they came from another rank

  template <real S>
  void add(const results<S>& r) {
    if (!r.offset && r.step == 1) {
      to.convert(r.column[0], r.n, to.data() + r.first);
    } else {
      std::array<Stored, largest_block> own;
      for (std::size_t done = 0; done < r.n; done += largest_block) {
        const std::size_t n = r.n - done < largest_block ? r.n - done : largest_block;
        to.convert(r.column[0] + done, n, own.data());
        for (std::size_t i = 0; i < n; ++i)
          to.data()[r.index(done + i)] = own[i];
      }
    }
    if (r.offset) {
      for (std::size_t i = 0; i < r.n; ++i)
        append({r.index(i), 1, 1});
    } else {
      append({r.first, r.step, r.n});
    }
  }
  void merge(const column_state& o) {
    for (const run& x : o.runs)
      append(x);
    if (o.value.empty()) return;
    std::size_t k = 0;
    o.each([&](std::uint64_t at) { to.data()[at] = o.value[k++]; });
  }
  // What was merged so far: other threads may be writing the rest.
  void save(writer& w) const {
    std::vector<Stored> all;
    w.put(runs);
    each([&](std::uint64_t at) { all.push_back(to.data()[at]); });
    w.put(all);
  }
  void load(reader& r) {
    r.get(runs);
    r.get(value);
    std::uint64_t n = 0;
    for (const run& x : runs) {
      n += x.n;
      const std::uint64_t step = x.step > 0 ? x.step : 1;
      if (x.n > 0 && (x.first >= to.size() || x.n - 1 > (to.size() - 1 - x.first) / step))
        raise(error("bulk: a saved state holds a column of another length"));
    }
    if (value.size() != n) raise(error("bulk: a saved state holds a column of another length"));
    if (!root) return;
    std::size_t k = 0;
    each([&](std::uint64_t at) { to.data()[at] = value[k++]; });
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
  void append(const run& x) {
    if (!runs.empty()) {
      run& last = runs.back();
      const std::uint64_t step = last.n == 1 && x.n == 1 ? x.first - last.first : last.step;
      if (x.first > last.first && last.first + last.n * step == x.first && (x.n == 1 || x.step == step)) {
        last.step = step;
        last.n += x.n;
        return;
      }
    }
    runs.push_back(x);
  }
  template <class Visit>
  void each(const Visit& visit) const {
    for (const run& x : runs) {
      for (std::uint64_t i = 0; i < x.n; ++i)
        visit(x.first + i * x.step);
    }
  }
};

template <class Unit, class Stored, class Figure>
struct into_column {
  std::tuple<Figure> of;
  column_view<Unit, Stored> to;
  bool gaps = true;
  template <real S>
  column_state<Unit, Stored> start() const {
    return {to, gaps};
  }
  void describe(writer& w) const {
    w.put('c');
    w.put(sizeof(Stored));
    w.put(to.base_units());
  }
  template <real S, class Written>
  auto finish(const column_state<Unit, Stored>&) const {
    static_assert(std::same_as<Written, Unit>, "layercake: a column has another unit than what is written into it");
    return to;
  }
};

// Every value of f into the user's memory, at the point's number; NaN where a condition fails, and everywhere if the sweep does not end.
template <class Unit, class Stored, class Figure>
into_column<Unit, Stored, Figure> into(const column_view<Unit, Stored>& to, Figure f) {
  return {{std::move(f)}, to};
}

namespace detail {

// Columns are as long as the sweep, and no two share memory. Throws invalid_column before anything is written.
template <class... Reduction>
void check_columns(const std::tuple<Reduction...>& reductions, std::uint64_t total) {
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
      std::apply([&](const Reduction&... o) { (against(o), ...); }, reductions);
    }
  };
  std::size_t number = 0;
  std::apply([&](const Reduction&... r) { (one(r, number++), ...); }, reductions);
}

// Every point of the sweep gives a value: a column need not be wiped first.
template <class Reduction>
void passes_over_none(Reduction& r) {
  if constexpr (requires { r.gaps; }) r.gaps = false;
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
