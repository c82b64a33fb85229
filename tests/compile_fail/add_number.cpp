// first-names: watt double
// max-bytes: 2500
#include <layercake/units/units.hpp>

using namespace layercake::units;
#ifdef GOOD
auto sum = 5 * watt + 3 * watt;
#else
auto sum = 5 * watt + 3.0;
#endif
