// first-names: cluster_capex ownership_cost
// max-bytes: 3000
#include <layercake/units/units.hpp>

namespace lc = layercake;
auto chips = lc::as<lc::kind::share_of<lc::boundary::cluster_capex>>(0.7);
auto power = lc::as<lc::kind::share_of<lc::boundary::ownership_cost>>(0.1);
#ifdef GOOD
auto sum = chips + lc::as<lc::kind::share_of<lc::boundary::cluster_capex>>(0.3);
#else
auto sum = chips + power;
#endif
