// first-names: half_life parity
// max-bytes: 2500
#include <layercake/economics/price_path.hpp>
#include <layercake/units/units.hpp>

using namespace layercake::units;
namespace lc = layercake;
#ifdef GOOD
auto factor = lc::economics::yearly_decline(lc::as<lc::kind::half_life>(18 * month));
#else
lc::price_half_life<> h = lc::as<lc::kind::parity>(18 * month);
#endif
