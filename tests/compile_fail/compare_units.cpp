// first-names: joule watt
// max-bytes: 2500
#include <layercake/units/units.hpp>

using namespace layercake::units;
#ifdef GOOD
bool less = 5 * joule < 3 * watt * (1 * second);
#else
bool less = 5 * joule < 3 * watt;
#endif
