// Random numbers that are the same everywhere.
#pragma once

#include <cstddef>
#include <cstdint>

namespace layercake_test {

// xorshift64*, Vigna 2016. The state is not 0.
struct xorshift {
  std::uint64_t state;
  std::uint64_t bits() {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 2685821657736338717u;
  }
  // From 0 to below 1.
  double unit() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
  // From 0 to below n.
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(bits() % n); }
};

}  // namespace layercake_test
