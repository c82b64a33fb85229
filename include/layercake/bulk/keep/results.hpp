// What a reduction is given: a block of results, and where its points lie in the sweep.
#pragma once

#include <cstdint>
#include <layercake/units/quantity.hpp>

namespace layercake::bulk {

// A block of results.
template <real S>
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
template <real S>
bool counts(S x) {
  return x - x == S(0);
}

}  // namespace detail

}  // namespace layercake::bulk
