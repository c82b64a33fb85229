// must-contain: the axis has another unit than the input that it is for
// max-bytes: 6000
#include <layercake/bulk/run/sweep.hpp>
#include <layercake/energy/grid.hpp>

using namespace layercake::units;

auto question(const layercake::energy::basic_grid<>& grid) {
#ifdef GOOD
  const auto values = layercake::bulk::linear(30 * usd / megawatt_hour, 120 * usd / megawatt_hour, 10);
#else
  const auto values = layercake::bulk::linear(30 * usd / megawatt, 120 * usd / megawatt, 10);
#endif
  return layercake::bulk::sweep(grid, [](const auto& g) { return g.price; })
      .over(
          [](auto& g) -> auto& { return g.price; }, values);
}
