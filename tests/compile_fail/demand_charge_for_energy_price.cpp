// must-contain: kind::demand_charge
// must-contain: kind::energy_price
// max-bytes: 2500
#include <layercake/units/units.hpp>

using namespace layercake::units;
namespace lc = layercake;
struct tariff {
  lc::energy_price<> energy;
  lc::demand_charge<> demand;
};
// Both are USD/J: the dimension alone would not see it.
#ifdef GOOD
tariff t{.energy = lc::as<lc::kind::energy_price>(62 * usd / megawatt_hour),
         .demand = lc::as<lc::kind::demand_charge>(18 * usd_per_kilowatt_month)};
#else
tariff t{.energy = lc::as<lc::kind::demand_charge>(18 * usd_per_kilowatt_month), .demand = {}};
#endif
