// A model cannot be plugged into the power plant: the layers of a stack have an order.
// must-contain: the first layer of a stack is an energy supply
// max-bytes: 8000
#include <layercake/layercake.hpp>

namespace lc = layercake;

auto compose() {
  const auto model = lc::models::catalog::llama_3_1_70b.at(lc::precision::fp8);
  const auto chip = lc::chips::catalog::h100_sxm;
  const auto site = lc::infrastructure::site{};
  const auto grid = lc::energy::catalog::grid_ercot;
  const auto app = lc::applications::catalog::chat;
#ifdef GOOD
  return lc::stack{grid, chip, site, model, app}.energy;
#else
  return lc::stack{model, chip, site, grid, app}.energy;
#endif
}
