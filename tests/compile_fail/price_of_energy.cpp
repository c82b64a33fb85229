// first-names: usd_per_joule usd_per_watt
// max-bytes: 4000
#include <layercake/energy/grid.hpp>

using namespace layercake::units;
#ifdef GOOD
layercake::energy::grid texas{.price = 62 * usd / megawatt_hour};
#else
layercake::energy::grid texas{.price = 62 * usd / megawatt};
#endif
