// first-names: watt second
// max-bytes: 2500
#include <layercake/units/units.hpp>

using namespace layercake::units;
#ifdef GOOD
auto sum = 5 * watt + 3 * kilowatt;
#else
auto sum = 5 * watt + 3 * second;
#endif
