// must-contain: kind::input
// must-contain: kind::output
// max-bytes: 3000
#include <layercake/units/units.hpp>

using namespace layercake::units;
namespace kind = layercake::kind;
auto prompt = layercake::as<kind::input>(1200 * token);
auto written = layercake::as<kind::output>(300 * token);
#ifdef GOOD
auto all = plain(prompt) + plain(written);
#else
auto all = prompt + written;
#endif
