// must-contain: must be a floating-point value type
// must-contain: An integer would truncate
// max-bytes: 2500
#include <layercake/units/units.hpp>

#ifdef GOOD
layercake::quantity<layercake::unit::watt, double> p;
#else
layercake::quantity<layercake::unit::watt, int> p;
#endif
