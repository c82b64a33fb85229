// Batches of two values.
#pragma once

#include <cstddef>
#include <xsimd/xsimd.hpp>

namespace layercake_test {

using batch = xsimd::batch<double>;

// `a` in the even lanes, `b` in the odd ones.
inline batch lanes(double a, double b) {
  double values[batch::size];
  for (std::size_t i = 0; i < batch::size; ++i)
    values[i] = i % 2 == 0 ? a : b;
  return batch::load_unaligned(values);
}

}  // namespace layercake_test
