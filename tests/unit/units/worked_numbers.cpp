// Every worked number of the headers of units/, each with the calculation by hand that gives it.
#include <doctest/doctest.h>

#include <layercake/units/kind.hpp>
#include <layercake/units/named.hpp>

#include "../../worked.hpp"

namespace lc = layercake;
namespace kind = lc::kind;
using layercake_test::check_stated;
using namespace lc::units;

TEST_CASE("worked numbers: what power and energy cost") {
  // worked: units/kind.hpp#cost_rate
  // 10,000 kW x 18 $
  const lc::demand_charge<> charge = lc::as<kind::demand_charge>(18 * usd / (kilowatt * month));
  check_stated(in<usd / month>(cost_rate(charge, lc::as<kind::peak>(10 * megawatt))), "180,000");

  // worked: units/kind.hpp#cost_rate
  // 10 MWh an hour x 62 $
  const lc::energy_price<> price = lc::as<kind::energy_price>(62 * usd / megawatt_hour);
  check_stated(in<usd / hour>(cost_rate(price, lc::as<kind::average>(10 * megawatt))), "620");
}
