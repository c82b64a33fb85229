// must-contain: kind::it
// must-contain: in(
// max-bytes: 2500
#include <layercake/units/units.hpp>

using namespace layercake::units;
auto hall = layercake::as<layercake::kind::it>(40 * megawatt);
#ifdef GOOD
double x = layercake::in<megawatt>(plain(hall));
#else
double x = layercake::in<megawatt>(hall);
#endif
