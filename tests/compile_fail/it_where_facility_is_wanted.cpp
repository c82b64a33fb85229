// must-contain: kind::it
// must-contain: kind::facility
// max-bytes: 2500
#include <layercake/units/units.hpp>

using namespace layercake::units;
namespace lc = layercake;
inline auto month_bill(lc::facility_energy<> e) { return plain(e) * (62 * usd / megawatt_hour); }
auto hall = lc::as<lc::kind::it>(30 * gigawatt_hour);
#ifdef GOOD
auto bill = month_bill(to_facility(hall, 1.25));
#else
auto bill = month_bill(hall);
#endif
