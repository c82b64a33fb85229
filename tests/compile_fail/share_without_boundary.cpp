// must-contain: cluster_capex
// must-contain: double
// max-bytes: 2500
#include <layercake/units/units.hpp>

using namespace layercake::units;
namespace lc = layercake;
using cluster = lc::boundary::cluster_capex;
struct cost_model {
  lc::cost_share<cluster> accelerators;
};
#ifdef GOOD
cost_model m{.accelerators = lc::as<lc::kind::share_of<cluster>>(0.7)};
#else
cost_model m{.accelerators = 0.7};
#endif
