// first-names: peak_at mean_at
// max-bytes: 4000
#include <layercake/core/demand.hpp>

using namespace layercake::units;
constexpr layercake::power_demand<> site{.peak = 100 * megawatt, .mean = 80 * megawatt};
#ifdef GOOD
layercake::power_demand<> other{.peak = site.peak, .mean = site.mean};
#else
layercake::power_demand<> other{.peak = site.mean, .mean = site.mean};
#endif
