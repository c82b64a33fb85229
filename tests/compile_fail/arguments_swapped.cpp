// first-names: joule_per_token token_per_second
// max-bytes: 3000
#include <layercake/units/units.hpp>

using namespace layercake::units;
namespace lc = layercake;
inline auto power(lc::quantity<lc::unit::token_per_second> rate, lc::quantity<lc::unit::joule_per_token> each) {
  return rate * each;
}
#ifdef GOOD
auto p = power(5 * token / second, 3 * joule / token);
#else
auto p = power(3 * joule / token, 5 * token / second);
#endif
