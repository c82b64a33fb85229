// What one chip draws is not what the fleet draws: a kind of one's own takes two lines.
// must-contain: per_chip
// must-contain: whole_fleet
// max-bytes: 2500
#include <layercake/units/units.hpp>

using namespace layercake::units;
namespace lc = layercake;
struct per_chip {
  static constexpr const char* name = "per chip";
};
struct whole_fleet {
  static constexpr const char* name = "whole fleet";
};
auto one = lc::as<per_chip>(700 * watt);
auto room = lc::as<whole_fleet>(10 * megawatt);
#ifdef GOOD
bool fits = lc::as<whole_fleet>(plain(one) * 16384) < room;
#else
bool fits = one < room;
#endif
