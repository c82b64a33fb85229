// Plain loops over the scalar formula, compiled twice: without vectorisation (scalar.cpp) and with it (vectorised.cpp).
#pragma once

#include "formula.hpp"

namespace bulk_kernel {

inline std::array<double, columns> batch_sizes() {
  std::array<double, columns> b;
  for (std::size_t i = 0; i < columns; ++i) {
    const double share = static_cast<double>(i) / (columns - 1);
    b[i] = smallest_batch * (1 - share) + largest_batch * share;
  }
  return b;
}
inline double energy_price(std::size_t row) {
  const double share = static_cast<double>(row) / (rows - 1);
  return lowest_price * (1 - share) + highest_price * share;
}

}  // namespace bulk_kernel
