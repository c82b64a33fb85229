// must-contain: kind::it
// must-contain: unit::watt
// max-bytes: 3000
#include <layercake/units/units.hpp>

using namespace layercake::units;
namespace lc = layercake;
struct hall {
  lc::it_power<> power;
};
#ifdef GOOD
hall one{.power = lc::as<lc::kind::it>(40 * megawatt)};
#else
hall one{.power = 40 * megawatt};
#endif
