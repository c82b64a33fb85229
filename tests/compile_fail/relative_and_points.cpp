// first-names: relative points
// max-bytes: 2500
#include <layercake/units/units.hpp>

namespace lc = layercake;
inline double risen(double share_of_peak, lc::percentage_points<> by) { return apply(share_of_peak, by); }
#ifdef GOOD
double u = risen(0.40, lc::as<lc::kind::points>(0.05));
#else
double u = risen(0.40, lc::as<lc::kind::relative>(0.05));
#endif
