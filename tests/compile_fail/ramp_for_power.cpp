// A ramp limit of 20 MW per hour is no power.
// must-contain: unit::watt_per_second
// must-contain: unit::watt
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
