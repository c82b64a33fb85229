// must-contain: unit::second
// must-contain: ceil(
// max-bytes: 3300
#include <layercake/units/units.hpp>

using namespace layercake::units;
#ifdef GOOD
auto x = ceil_to(61 * minute, 1 * hour);
#else
auto x = ceil(61 * minute);
#endif
