// The one header that includes xsimd: the few names the library uses, spelled alike from xsimd 8.1 on, and what `layercake::number` needs of a
// batch. Loads and stores are unaligned everywhere, which costs nothing on current processors.
#pragma once

#include <cstddef>
#include <layercake/number/number.hpp>
#include <type_traits>
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

// Lanes in a block of points: few enough that a formula's values stay in the first-level cache. Independent of the instruction set, because
// sums are formed block by block.
inline constexpr std::size_t smallest_block = 64, largest_block = 256;

// Whether the processor estimates reciprocals of T to 8 bits or more, and of doubles to 14: floats, and doubles with
// AVX-512.
template <class T, class Arch>
inline constexpr bool estimates_reciprocals = sizeof(T) == 4 || std::is_base_of_v<xsimd::avx512f, Arch>;

// 1 / x from the processor's estimate and two Newton steps, each of which doubles its bits, or the division where there
// is no estimate: within 2 ulp for normal x with a normal reciprocal; 1/0 and 1/inf stay what IEEE division gives.
template <class T, class Arch>
batch<T, Arch> refined_reciprocal(const batch<T, Arch>& x) {
  using B = batch<T, Arch>;
  if constexpr (estimates_reciprocals<T, Arch>) {
    const B estimate = xsimd::reciprocal(x), one(1);
    B r = estimate;
    r = xsimd::fma(r, xsimd::fnma(x, r, one), r);
    r = xsimd::fma(r, xsimd::fnma(x, r, one), r);
    return xsimd::select(r == r, r, estimate);  // 0 * inf: the ends of the range, where the estimate is right
  } else {
    return B(1) / x;
  }
}

}  // namespace layercake::bulk
