// must-contain: kind::input
// must-contain: kind::output
// max-bytes: 2500
#include <layercake/units/units.hpp>

using namespace layercake::units;
namespace kind = layercake::kind;
auto read = layercake::as<kind::input>(1200 * token);
auto written = layercake::as<kind::output>(300 * token);
#ifdef GOOD
auto all = plain(read) + plain(written);
#else
auto all = read + written;
#endif
