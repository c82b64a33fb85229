// kg/kWh or g/kWh? A figure from a table says which, or does not enter.
// must-contain: unit::kilogram_co2e_per_joule
// must-contain: double
// max-bytes: 2500
#include <layercake/units/units.hpp>

using namespace layercake::units;
struct grid {
  layercake::quantity<layercake::unit::kilogram_co2e_per_joule> carbon;
};
#ifdef GOOD
grid texas{.carbon = 0.37 * kilogram_co2e / kilowatt_hour};
#else
grid texas{.carbon = 0.37};
#endif
