// first-names: watt joule
// must-contain: min(
// max-bytes: 3000
#include <layercake/units/units.hpp>

using namespace layercake::units;
#ifdef GOOD
auto x = layercake::min(5 * watt, 3 * watt);
#else
auto x = layercake::min(5 * watt, 3 * joule);
#endif
