// first-names: watt int
// max-bytes: 2500
#include <layercake/units/units.hpp>

using namespace layercake::units;
#ifdef GOOD
layercake::quantity<layercake::unit::watt> p = 5 * watt;
#else
layercake::quantity<layercake::unit::watt> p = 5;
#endif
