// An argument of a function of the user: the compiler names what is given and what is wanted.
// first-names: it facility
// max-bytes: 2500
#include <layercake/units/units.hpp>

using namespace layercake::units;
namespace lc = layercake;
inline auto billed(lc::facility_power<> at_the_meter) { return plain(at_the_meter) * (1 * hour); }
auto hall = lc::as<lc::kind::it>(40 * megawatt);
#ifdef GOOD
auto energy = billed(to_facility(hall, 1.25));
#else
auto energy = billed(hall);
#endif
