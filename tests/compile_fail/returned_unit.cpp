// first-names: joule watt_per_second
// max-bytes: 2500
#include <layercake/units/units.hpp>

using namespace layercake::units;
namespace lc = layercake;
inline lc::quantity<lc::unit::joule> energy(lc::quantity<lc::unit::watt> p, lc::quantity<lc::unit::second> t) {
#ifdef GOOD
  return p * t;
#else
  return p / t;
#endif
}
