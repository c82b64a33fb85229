// A transformer of the catalog has no number format yet.
// first-error: .at(precision)
// max-bytes: 3000
#include <layercake/layercake.hpp>

namespace lc = layercake;

auto compose() {
#ifdef GOOD
  const auto model = lc::models::catalog::llama_3_1_70b.at(lc::precision::fp8);
#else
  const auto model = lc::models::catalog::llama_3_1_70b;
#endif
  return lc::stack{lc::energy::catalog::grid_ercot, lc::chips::catalog::h100_sxm, lc::infrastructure::site{}, model,
                   lc::applications::catalog::chat}
      .energy;
}
