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

TEST_CASE("worked numbers: falling prices") {
  // worked: units/kind.hpp#half_life_of
  // 12 ln 2 / ln 10 = 8.317766 / 2.302585 months
  const auto tenth = lc::half_life_of(10.0);
  check_stated(in<month>(plain(tenth)), "3.612");

  // worked: units/kind.hpp#price_ratio
  // 10^1.5 = sqrt(1000)
  check_stated(1 / price_ratio(tenth, 18 * month), "31.6");
}
