// first-names: joule watt
// must-contain: in<watt>(
// max-bytes: 2500
#include <layercake/units/units.hpp>

using namespace layercake::units;
auto energy = 5 * watt * (1 * hour);
#ifdef GOOD
double x = layercake::in<watt_hour>(energy);
#else
double x = layercake::in<watt>(energy);
#endif
