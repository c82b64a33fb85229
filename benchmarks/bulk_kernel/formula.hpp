// The formula, the grid and the answer that everything in this folder computes: the price of a token on one chip over
// 2,000 prices of energy and 8,192 sizes of a batch, and where it is least.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <layercake/number/number.hpp>

namespace bulk_kernel {

constexpr double flop_per_token = 1.4e11, weights = 7e10, cache = 3e8, peak = 9.9e14, bandwidth = 3.3e12,
                 overhead = 2e-3, idle = 90, dynamic = 600, pue = 1.25, capital = 4.4e-4;
constexpr std::size_t rows = 2000, columns = 8192;
constexpr double lowest_price = 30 / 3.6e9, highest_price = 120 / 3.6e9, smallest_batch = 1, largest_batch = 400;

// Per point, with what depends on the price alone out of the loop: 3 quotients, 5 products, 4 sums, 1 maximum.
constexpr double quotients = 3, products = 5;
constexpr auto bare_price = [](const auto& energy_price, const auto& b) {
  using T = layercake::scalar_of_t<std::remove_cvref_t<decltype(b)>>;
  const auto compute = b * T(flop_per_token / peak);
  const auto memory = (b * T(cache) + T(weights)) * T(1 / bandwidth);
  const auto t = layercake::max(compute, memory) + T(overhead);
  const auto watts = compute / t * T(dynamic) + T(idle);
  return (watts * (energy_price * T(pue)) + T(capital)) / (b / t);
};

struct answer {
  double value = 1e300;
  std::uint64_t at = 0;
};

// One way of computing the answer, and its name in the output.
enum way : std::size_t {
  compiled,              // bulk::compiled
  typed,                 // bulk::compiled, with units
  compiled_float,        // bulk::compiled<float>
  recorded,              // bulk::function, which takes what depends on one axis out of the inner loop
  recorded_reciprocals,  // bulk::function(...).quotients(bulk::division::reciprocal)
  by_hand,               // intrinsics
  by_hand_invariant,     // intrinsics, with what depends on the batch alone in a table: the recorded loop by hand
  scalar,                // a plain loop over the scalar formula, not vectorised
  vectorised,            // plain loops that the compiler can vectorise
  ways
};
using function = answer();

// What a build for one instruction set offers; nullptr where it has nothing.
struct build {
  const char* vectors;
  std::size_t lanes;
  std::array<function*, ways> run;
  void (*into_column)(double* out);           // bulk::compiled into rows * columns values
  double (*multiply_adds)(), (*quotients)();  // a second, of doubles, by independent chains of vectors
  void (*copy)(double* to, const double* from, std::size_t n);  // to = 3 from
};

}  // namespace bulk_kernel
