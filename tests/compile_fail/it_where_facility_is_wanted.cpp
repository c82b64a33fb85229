// Energy asks for what the meter sees, not for what the chips and their servers draw.
// must-contain: kind::it
// must-contain: kind::facility
// max-bytes: 4000
#include <layercake/energy/grid.hpp>
#include <layercake/infrastructure/site.hpp>

using namespace layercake::units;
namespace lc = layercake;
inline auto cost(const lc::energy::grid& grid, const lc::infrastructure::infrastructure_need<>& need) {
#ifdef GOOD
  return grid.pull(need.power).cost();
#else
  return grid.pull(need.it_power).cost();
#endif
}
