// must-contain: usd_per_joule
// must-contain: usd_per_watt
// max-bytes: 2500
#include <layercake/units/units.hpp>

using namespace layercake::units;
struct grid {
  layercake::quantity<layercake::unit::usd_per_joule> price;
};
#ifdef GOOD
grid texas{.price = 62 * usd / megawatt_hour};
#else
grid texas{.price = 62 * usd / megawatt};
#endif
