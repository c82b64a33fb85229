// must-contain: unit::watt
// must-contain: exp(
// max-bytes: 2500
#include <layercake/units/units.hpp>

using namespace layercake::units;
#ifdef GOOD
auto x = layercake::exp((5 * watt) / (1 * kilowatt));
#else
auto x = layercake::exp(5 * watt);
#endif
