// must-contain: kind::peak
// must-contain: kind::average
// max-bytes: 4500
#include <layercake/units/units.hpp>

using namespace layercake::units;
namespace lc = layercake;
auto peak = lc::as<lc::kind::peak>(10 * megawatt);
auto average = lc::as<lc::kind::average>(8 * megawatt);
#ifdef GOOD
double used = load_factor(average, peak);
#else
double used = average / peak;
#endif
