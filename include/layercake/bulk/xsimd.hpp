// The one header that includes xsimd: the few names the library uses, spelled alike from xsimd 8.1 on, and what
// `layercake::number` needs of a batch. Loads and stores are unaligned everywhere, which costs nothing on current
// processors.
#pragma once

#include <cstddef>
#include <layercake/core/number.hpp>
#include <xsimd/xsimd.hpp>

namespace layercake::bulk {

template <class T = double, class Arch = xsimd::default_arch>
using batch = xsimd::batch<T, Arch>;

template <class T, class Arch = xsimd::default_arch>
inline constexpr std::size_t lanes = xsimd::batch<T, Arch>::size;

template <class T>
inline constexpr bool is_batch = false;
template <class T, class Arch>
inline constexpr bool is_batch<xsimd::batch<T, Arch>> = true;

template <class Arch, class T>
batch<T, Arch> read_lanes(const T* from) {
  return batch<T, Arch>::load_unaligned(from);
}
template <class T, class Arch>
void write_lanes(T* to, const batch<T, Arch>& x) {
  x.store_unaligned(to);
}

// Lanes in a block of points: few enough that a formula's values stay in the first-level cache. Independent of the
// instruction set, because sums are formed block by block.
inline constexpr std::size_t smallest_block = 64, largest_block = 256;

// 1 / x from the processor's estimate and Newton steps, or the division where that is not faster: within 2 ulp for
// normal x with a normal reciprocal; 1/0 and 1/inf stay what IEEE division gives.
template <class T, class Arch>
batch<T, Arch> refined_reciprocal(const batch<T, Arch>& x) {
  using B = batch<T, Arch>;
  if constexpr (sizeof(T) == 4) {
    B r = xsimd::reciprocal(x);
    r = r + r * (B(1) - x * r);
    r = r + r * (B(1) - x * r);
    return xsimd::select(r == r, r, B(1) / x);  // 0 * inf: the ends of the range
  } else {
    return B(1) / x;
  }
}

}  // namespace layercake::bulk
