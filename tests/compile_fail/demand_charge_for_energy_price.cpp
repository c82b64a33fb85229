// Both are USD/J: the dimension alone would not see it.
// first-names: demand_charge energy_price
// max-bytes: 3500
#include <layercake/energy/grid.hpp>

using namespace layercake::units;
constexpr layercake::energy::grid texas{.price = 62 * usd / megawatt_hour,
                                        .demand_charge = 18 * usd_per_kilowatt_month};
#ifdef GOOD
layercake::energy::grid other{.price = texas.price, .demand_charge = texas.demand_charge};
#else
layercake::energy::grid other{.price = texas.demand_charge};
#endif
