// The energy of a snapshot of three hours is not its power.
// first-names: joule watt
// max-bytes: 2500
#include <layercake/units/units.hpp>

using namespace layercake::units;
namespace lc = layercake;
inline lc::quantity<lc::unit::joule> served(lc::quantity<lc::unit::watt> load,
                                            lc::quantity<lc::unit::second> snapshot) {
#ifdef GOOD
  return load * snapshot;
#else
  (void)snapshot;
  return load;
#endif
}
