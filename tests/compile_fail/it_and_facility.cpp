// must-contain: kind::it
// must-contain: kind::facility
// max-bytes: 3000
#include <layercake/units/units.hpp>

using namespace layercake::units;
namespace kind = layercake::kind;
auto hall = layercake::as<kind::it>(40 * megawatt);
auto site = layercake::as<kind::facility>(50 * megawatt);
#ifdef GOOD
auto sum = to_facility(hall, 1.25) + site;
#else
auto sum = hall + site;
#endif
