// A kind becomes a bare quantity by plain() alone.
// first-names: it watt
// max-bytes: 2500
#include <layercake/units/units.hpp>

using namespace layercake::units;
auto hall = layercake::as<layercake::kind::it>(40 * megawatt);
#ifdef GOOD
layercake::quantity<layercake::unit::watt> x = plain(hall);
#else
layercake::quantity<layercake::unit::watt> x = hall;
#endif
