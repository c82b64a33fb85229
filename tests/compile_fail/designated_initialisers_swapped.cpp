// first-names: watt usd
// max-bytes: 4000
#include <layercake/core/demand.hpp>

using namespace layercake::units;
#ifdef GOOD
layercake::chip_demand<> fleet{.peak_power = 700 * watt};
#else
layercake::chip_demand<> fleet{.peak_power = 25000 * usd};
#endif
