// Whose watts are the 40 MW?
// first-names: watt it
// max-bytes: 3500
#include <layercake/units/units.hpp>

using namespace layercake::units;
auto hall = layercake::as<layercake::kind::it>(40 * megawatt);
#ifdef GOOD
auto sum = 40 * megawatt + plain(hall);
#else
auto sum = 40 * megawatt + hall;
#endif
