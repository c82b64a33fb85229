// first-names: model hardware
// max-bytes: 4500
#include <layercake/units/units.hpp>

using namespace layercake::units;
namespace kind = layercake::kind;
auto needed = layercake::as<kind::model>(4e23 * flop);
auto executed = layercake::as<kind::hardware>(5e23 * flop);
#ifdef GOOD
double utilisation_ratio = plain(needed) / plain(executed);
#else
double utilisation_ratio = needed / executed;
#endif
