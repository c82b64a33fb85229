// What one chip draws at the busiest hour is not what the site draws.
// first-names: one_chip facility
// max-bytes: 3500
#include <layercake/core/demand.hpp>

using namespace layercake::units;
constexpr layercake::chip_demand<> fleet{.chips = 16384, .peak_power = 700 * watt, .mean_power = 500 * watt};
#ifdef GOOD
layercake::power_demand<> site{.peak = plain(fleet.peak_power) * plain(fleet.chips), .mean = {}};
#else
layercake::power_demand<> site{.peak = fleet.peak_power, .mean = {}};
#endif
