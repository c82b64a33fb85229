// A double does not become a float unasked.
// first-names: float double
// max-bytes: 2500
#include <layercake/units/units.hpp>

using namespace layercake::units;
namespace lc = layercake;
#ifdef GOOD
lc::quantity<lc::unit::watt> p = 700.f * watt;
#else
lc::quantity<lc::unit::watt, float> p = 700.0 * watt;
#endif
