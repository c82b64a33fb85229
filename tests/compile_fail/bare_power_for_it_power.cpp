// Outside a record no member's name says whose power it is.
// first-names: watt it
// max-bytes: 3000
#include <layercake/units/units.hpp>

using namespace layercake::units;
#ifdef GOOD
layercake::it_power<> hall = layercake::as<layercake::kind::it>(40 * megawatt);
#else
layercake::it_power<> hall = 40 * megawatt;
#endif
