// first-names: watt double
// max-bytes: 2500
#include <layercake/units/units.hpp>

using namespace layercake::units;
#ifdef GOOD
double x = layercake::in<watt>(5 * watt);
#else
double x = 5 * watt;
#endif
