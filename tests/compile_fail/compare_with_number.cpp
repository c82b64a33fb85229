// first-names: watt int
// max-bytes: 2500
#include <layercake/units/units.hpp>

using namespace layercake::units;
#ifdef GOOD
bool positive = 5 * watt > 0 * watt;
#else
bool positive = 5 * watt > 0;
#endif
