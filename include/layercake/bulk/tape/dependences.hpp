// What a tape's operations depend on: which axes, and how much work that is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <layercake/bulk/tape/recorded.hpp>
#include <vector>

namespace layercake::bulk {

// A value of an axis that the formula reads.
struct tape_input {
  place at;  // on the tape
  unsigned axis;
  unsigned part = 0;  // which of the axis' values
};

// Operations by the set of axes that they depend on (bit i: axis i).
struct dependence {
  std::uint64_t axes;
  double operations;
};

namespace detail {

constexpr std::size_t index_of(place p) { return static_cast<std::size_t>(p); }

// The axes that each operation depends on.
template <real S>
std::vector<std::uint64_t> axes_of(const tape<S>& t, const std::vector<tape_input>& inputs) {
  std::vector<std::uint64_t> axes(t.size(), 0);
  for (const tape_input& i : inputs)
    axes[index_of(i.at)] |= std::uint64_t(1) << i.axis;
  for (std::size_t p = 0; p < t.size(); ++p) {
    const auto& e = t.entries()[p];
    for (const place q : {e.a, e.b, e.c}) {
      if (q != nowhere) axes[p] |= axes[index_of(q)];
    }
  }
  return axes;
}

// Which operations the wanted ones need, themselves among them.
template <real S>
std::vector<bool> needed_for(const tape<S>& t, const std::vector<place>& wanted) {
  std::vector<bool> needed(t.size(), false);
  for (const place p : wanted)
    needed[index_of(p)] = true;
  for (std::size_t p = t.size(); p-- > 0;) {
    if (!needed[p]) continue;
    const auto& e = t.entries()[p];
    for (const place q : {e.a, e.b, e.c}) {
      if (q != nowhere) needed[index_of(q)] = true;
    }
  }
  return needed;
}

// The time of an operation in additions. Assumed, from the throughputs of current x86 processors: it only orders loops.
constexpr double weight_of(operation op) {
  constexpr double quotient_or_root = 3, elementary_function = 15;
  switch (op) {
  case operation::divide:
  case operation::sqrt:
    return quotient_or_root;
  case operation::exp:
  case operation::expm1:
  case operation::log:
  case operation::log1p:
    return elementary_function;
  default:
    return 1;
  }
}

}  // namespace detail

// How many operations of those that the wanted ones need depend on which axes.
template <real S>
std::vector<dependence> dependences(const tape<S>& t, const std::vector<tape_input>& inputs,
                                    const std::vector<place>& wanted) {
  const std::vector<std::uint64_t> axes = detail::axes_of(t, inputs);
  const std::vector<bool> needed = detail::needed_for(t, wanted);
  std::vector<dependence> found;
  for (std::size_t p = 0; p < t.size(); ++p) {
    if (!needed[p] || axes[p] == 0) continue;
    const double weight = detail::weight_of(t.entries()[p].op);
    bool there = false;
    for (dependence& d : found) {
      if (d.axes == axes[p]) {
        d.operations += weight;
        there = true;
        break;
      }
    }
    if (!there) found.push_back({axes[p], weight});
  }
  return found;
}

}  // namespace layercake::bulk
