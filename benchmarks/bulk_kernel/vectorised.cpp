// Compiled at -O3: blocks of results that the compiler vectorises, and the least of each, which it does not.
#include "plain.hpp"

namespace LAYERCAKE_ARCHITECTURE {
using namespace bulk_kernel;

answer run_vectorised() {
  static const auto b = batch_sizes();
  constexpr std::size_t block = 256;
  double x[block];
  answer best;
  for (std::size_t r = 0; r < rows; ++r) {
    const double e = energy_price(r) * pue;
    for (std::size_t i = 0; i < columns; i += block) {
      for (std::size_t k = 0; k < block; ++k) {
        const double compute = b[i + k] * (flop_per_token / peak),
                     memory = (b[i + k] * cache + weights) * (1 / bandwidth);
        const double t = (compute < memory ? memory : compute) + overhead, watts = compute / t * dynamic + idle;
        x[k] = (watts * e + capital) / (b[i + k] / t);
      }
      for (std::size_t k = 0; k < block; ++k) {
        if (x[k] < best.value) best = {x[k], r * columns + i + k};
      }
    }
  }
  return best;
}
}  // namespace LAYERCAKE_ARCHITECTURE
