// driver-says: does not name in its first error: second
// first-names: watt second
#include <layercake/units/units.hpp>

using namespace layercake::units;
#ifdef GOOD
double x = layercake::in<watt>(5 * watt);
#else
double x = 5 * watt;
#endif
