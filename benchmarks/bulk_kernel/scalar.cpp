// Compiled without vectorisation.
#include "plain.hpp"

namespace LAYERCAKE_ARCHITECTURE {
using namespace bulk_kernel;

answer run_scalar() {
  static const auto b = batch_sizes();
  answer best;
  for (std::size_t r = 0; r < rows; ++r) {
    const double e = energy_price(r);
    for (std::size_t i = 0; i < columns; ++i) {
      const double p = bare_price(e, b[i]);
      if (p < best.value) best = {p, r * columns + i};
    }
  }
  return best;
}
}  // namespace LAYERCAKE_ARCHITECTURE
