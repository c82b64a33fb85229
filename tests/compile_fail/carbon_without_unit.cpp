// kg/kWh or g/kWh? A figure from a table says which, or does not enter.
// first-names: kilogram_co2e_per_joule double
// max-bytes: 4000
#include <layercake/energy/grid.hpp>

using namespace layercake::units;
#ifdef GOOD
layercake::energy::grid texas{.carbon = 0.37 * kilogram_co2e / kilowatt_hour};
#else
layercake::energy::grid texas{.carbon = 0.37};
#endif
