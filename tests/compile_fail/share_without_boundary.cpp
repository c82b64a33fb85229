// first-names: cluster_capex double
// max-bytes: 2500
#include <layercake/units/units.hpp>

namespace lc = layercake;
using cluster = lc::boundary::cluster_capex;
#ifdef GOOD
lc::cost_share<cluster> accelerators = lc::as<lc::kind::share_of<cluster>>(0.7);
#else
lc::cost_share<cluster> accelerators = 0.7;
#endif
