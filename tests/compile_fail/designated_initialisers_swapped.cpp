// must-contain: unit::watt
// must-contain: unit::usd
// max-bytes: 2500
#include <layercake/units/units.hpp>

using namespace layercake::units;
struct chip {
  layercake::quantity<layercake::unit::watt> power;
  layercake::quantity<layercake::unit::usd> price;
};
#ifdef GOOD
chip one{.power = 700 * watt, .price = 25000 * usd};
#else
chip one{.power = 25000 * usd, .price = 700 * watt};
#endif
