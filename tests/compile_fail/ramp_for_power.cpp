// A ramp limit of 20 MW per hour is no power.
// first-names: watt_per_second watt
// max-bytes: 2500
#include <layercake/units/units.hpp>

using namespace layercake::units;
namespace lc = layercake;
inline auto after(lc::quantity<lc::unit::watt> now, lc::quantity<lc::unit::watt_per_second> ramp,
                  lc::quantity<lc::unit::second> step) {
#ifdef GOOD
  return now + ramp * step;
#else
  return now + ramp;
#endif
}
