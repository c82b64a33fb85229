// The code of a program as its compiler writes it and its runner reads it: what each outer loop computes, value by value,
// and the innermost in blocks of lanes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <layercake/bulk/tape/dependences.hpp>
#include <layercake/bulk/tape/kernels.hpp>
#include <vector>

namespace layercake::bulk {

// One loop of the nest, outermost first; the last one runs in blocks. It may stand for several short axes at once.
struct loop {
  std::uint64_t size = 1;
  std::uint64_t axes = 0;  // bit i: axis i is one of its axes
};

namespace detail {

// An operation of an outer loop.
struct scalar_code {
  operation op;
  place a, b, c, out;
};

// Where a value of the innermost loop is: in the lanes of a slot, in a table along the whole loop, or one value for all
// lanes.
enum class kept_in : std::uint8_t { lanes, table, single };
struct location {
  place at = nowhere;
  kept_in in = kept_in::single;
};
inline constexpr place zero_place = -2;  // a single 0, which masks are compared with

// An operation of the innermost loop.
template <real S, class Arch>
struct vector_code {
  typename kernels<S, Arch>::function run;
  std::array<location, 4> from;
  place out = nowhere;  // slot
};

// A single divisor, and the place of 1 over it.
struct reciprocal {
  place of, out;
};

template <real S, class Arch>
struct program_code {
  std::vector<tape_input> inputs;
  std::vector<place> conditions, outputs;

  std::vector<S> start;                          // values of constants, by place
  std::vector<unsigned> input_loop;              // per input
  std::vector<place> input_slot;                 // per input: where its lanes belong; nowhere in an outer loop
  std::vector<std::vector<scalar_code>> scalar;  // per loop but the innermost
  std::vector<unsigned> condition_loop;          // per condition
  std::vector<location> condition_in, output_in;
  std::vector<vector_code<S, Arch>> once, vector;  // for the tables, and for every block
  std::vector<std::size_t> condition_end;          // instructions that this condition needs, and those before it
  std::vector<place> table_slot;                   // per table: where `once` leaves its lanes
  bool tabulates = false;
  std::uint64_t inner_size = 1;
  std::vector<reciprocal> reciprocals;
  std::size_t slots = 0, block = smallest_block;
};

}  // namespace detail

}  // namespace layercake::bulk
