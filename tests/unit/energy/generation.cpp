#include <doctest/doctest.h>

#include <cmath>
#include <layercake/energy/energy.hpp>
#include <xsimd/xsimd.hpp>

#include "../../approx.hpp"
#include "../record_checks.hpp"

namespace lc = layercake;
namespace catalog = lc::energy::catalog;
using namespace lc::units;

namespace {

constexpr auto per_mwh = usd / megawatt_hour;
const lc::energy::power_plant turbine{
    .technology = catalog::gas_ccgt, .capacity = 200 * megawatt, .transmission_loss = 0.02};
const lc::power_demand<> demand{100 * megawatt, 80 * megawatt};

// What the levelised cost is by definition: the constant price at which the present value of what a kilowatt sells over
// its life is that of what it costs, year by year, each paid at its end. $/MWh.
double price_that_breaks_even(double usd_per_kw, double fixed_per_kw_year, double interest, int years,
                              double megawatt_hours_per_kw_year, double running_per_megawatt_hour) {
  double cost = usd_per_kw, sold = 0, worth = 1;
  for (int year = 1; year <= years; ++year) {
    worth /= 1 + interest;
    cost += worth * (fixed_per_kw_year + running_per_megawatt_hour * megawatt_hours_per_kw_year);
    sold += worth * megawatt_hours_per_kw_year;
  }
  return cost / sold;
}

}  // namespace

TEST_CASE("levelised cost: the price at which a plant breaks even over its life") {
  // 1.95 % of 1495.4 $/kW a year is 29.16; 90 % of 8766 h are 7.8894 MWh a kW; fuel 18.34 / 0.573 = 32.007, and 7.47.
  const double ours = in<per_mwh>(lc::energy::levelised_cost(catalog::gas_ccgt));
  CHECK(ours ==
        approx(price_that_breaks_even(1495.4, 29.1603, 0.0536, 25, 7.8894, 7.47 + 18.34 / 0.573)).epsilon(1e-12));
  // A third of the output: 2.6298 MWh a kW.
  CHECK(in<per_mwh>(lc::energy::levelised_cost(catalog::gas_ccgt, 0.3)) ==
        approx(price_that_breaks_even(1495.4, 29.1603, 0.0536, 25, 2.6298, 7.47 + 18.34 / 0.573)).epsilon(1e-12));
  // A coal plant of 85 % for 40 years: 92.018 $/kW-year, 7.4511 MWh a kW.
  CHECK(
      in<per_mwh>(lc::energy::levelised_cost(catalog::coal)) ==
      approx(price_that_breaks_even(4320.1, 0.0213 * 4320.1, 0.0536, 40, 7.4511, 9.88 + 8.49 / 0.356)).epsilon(1e-12));
  // NREL's year of 8760 h: 0.07 % more on the standing part of 17.63 $/MWh.
  CHECK(price_that_breaks_even(1495.4, 29.1603, 0.0536, 25, 7.884, 7.47 + 18.34 / 0.573) - ours ==
        approx(17.634 * 6 / 8760).epsilon(1e-3));
}

TEST_CASE("levelised cost: what each part answers to") {
  const auto cost = [](const lc::energy::generator& g, double u) {
    return in<per_mwh>(lc::energy::levelised_cost(g, u));
  };
  const auto& base = catalog::gas_ccgt;
  // Half the utilisation doubles the standing part and leaves the running part: 2 LCOE(u) - LCOE(u/2) is what runs.
  CHECK(2 * cost(base, 0.9) - cost(base, 0.45) == approx(39.477).epsilon(1e-5));
  // A tax factor of 1.05 does what 5 % more capital does.
  auto taxed = base, dear = base;
  taxed.project_finance_factor = 1.05;
  dear.capital = base.capital * 1.05;
  CHECK(cost(taxed, 0.9) == approx(cost(dear, 0.9)).epsilon(1e-14));
  // No interest: straight-line repayment of 1495.4 $ over 25 years is 59.816 $ a kW and year.
  auto free = base;
  free.interest = 0;
  CHECK(cost(free, 0.9) == approx((59.816 + 29.1603) / 7.8894 + 39.477).epsilon(1e-5));
  // More of anything that costs never costs less.
  for (const double more : {1.1, 2.0}) {
    for (const auto member : {&lc::energy::generator::fixed_operation, &lc::energy::generator::variable_operation,
                              &lc::energy::generator::fuel_price}) {
      auto other = base;
      other.*member = base.*member * more;
      CHECK(cost(other, 0.9) > cost(base, 0.9));
    }
  }
}

TEST_CASE("levelised cost: what cannot run so much costs infinitely much, what is unknown stays unknown") {
  CHECK(lc::energy::levelised_cost(catalog::solar_pv_utility, 0.5) > 1e300 * usd / joule);
  CHECK(lc::energy::levelised_cost(catalog::gas_ccgt, 0.0) > 1e300 * usd / joule);
  CHECK_FALSE(lc::is_known(lc::energy::levelised_cost(catalog::nuclear_large)));
}

// Published ranges are others' models with others' money: they include tax credits, or a wider span of sites and fuels. Where ours lies, in
// $/MWh: solar 46.2 in 38-78, gas 57.1 in 48-107, coal 81.5 in 71-173. Outside: onshore wind 36.3, 2 % below 37 (ours is the wind class and
// the 5 % of the ATB); offshore wind 125.0, 25 % above 99.7 (the published one has the tax credit, which the equation here leaves out).
TEST_CASE("levelised cost: against published ranges") {
  const struct {
    const lc::energy::generator* technology;
    double low, high;  // the ratio to the published ends that is accepted
  } rows[] = {{&catalog::solar_pv_utility, 1, 1},
              {&catalog::gas_ccgt, 1, 1},
              {&catalog::coal, 1, 1},
              {&catalog::onshore_wind, 0.98, 1},
              {&catalog::offshore_wind_fixed, 1, 1.26}};
  for (const auto& r : rows) {
    INFO(r.technology->name);
    const auto cost = lc::energy::levelised_cost(*r.technology);
    CHECK(cost >= r.technology->published_cost_low * r.low);
    CHECK(cost <= r.technology->published_cost_high * r.high);
  }
  // No other row has all that the equation needs.
  int complete = 0;
  for (const auto* g : catalog::technologies)
    complete += lc::is_known(lc::energy::levelised_cost(*g)) ? 1 : 0;
  CHECK(complete == 5);
}

TEST_CASE("own plant: the bill is the levelised cost at the delivered utilisation") {
  const auto bill = turbine.pull(demand);
  // 81.633 MW of 200 MW run: 3.5780 MWh a kW and year, each at the price that breaks even.
  const double price =
      price_that_breaks_even(1495.4, 29.1603, 0.0536, 25, 80 / 0.98 / 200 * 8.766, 7.47 + 18.34 / 0.573);
  CHECK(in<usd / hour>(bill.cost()) == approx(80 / 0.98 * price).epsilon(1e-12));
  CHECK(in<usd / hour>(bill.capacity_cost) == approx(200e3 * 139.12301 / 8766).epsilon(1e-7));
  CHECK(in<tonne_co2e / hour>(bill.carbon) == approx(80 / 0.98 * 0.490));
  CHECK(in<cubic_metre / hour>(bill.water) == approx(80 / 0.98 * 0.776));

  // Without a capacity it is built to the demand: the peak of a firm technology, the mean over the capacity factor of a variable one.
  auto fitted = turbine;
  fitted.capacity = lc::unknown<lc::quantity<lc::unit::watt>>();
  CHECK(in<megawatt>(fitted.capacity_built(demand)) == approx(100 / 0.98));
  fitted.technology = catalog::solar_pv_utility;
  CHECK(in<megawatt>(fitted.capacity_built(demand)) == approx(80 / 0.2675 / 0.98));
  // 1605.5 $/kW at 4.19 % over 37.5 years and 1.41 % a year: (0.0533451 + 0.0141) x 1605.5 / (0.2675 x 8.766 MWh).
  const auto solar = fitted.pull(demand);
  CHECK(in<per_mwh>(solar.cost() / plain(solar.plant.mean)) == approx(46.178).epsilon(2e-5));
  CHECK(in<acre>(fitted.land(demand)) == approx(80 / 0.2675 / 0.98 * 7.4).epsilon(1e-4));
}

TEST_CASE("own plant: push undoes pull, up to the capacity") {
  for (double mw : {1.0, 100.0, 179.0}) {
    const auto bill = turbine.pull(lc::power_demand<>{mw * megawatt, mw / 1.2 * megawatt});
    CHECK(in<megawatt>(turbine.push(plain(bill.plant.peak))) == approx(mw).epsilon(1e-14));
    CHECK(lc::is_finite(bill.cost()));
  }
  CHECK(in<megawatt>(turbine.push(1 * gigawatt)) == approx(196));
  CHECK_FALSE(lc::is_finite(turbine.pull(lc::power_demand<>{197 * megawatt, 10 * megawatt}).cost()));  // peak
  CHECK_FALSE(
      lc::is_finite(turbine.pull(lc::power_demand<>{190 * megawatt, 190 * megawatt}).cost()));  // capacity factor
}

TEST_CASE("own plant: every number type") {
  using batch = xsimd::batch<double>;
  const auto many = turbine.pull(lc::power_demand<batch>{batch(100) * megawatt, batch(80) * megawatt});
  CHECK(in<usd / hour>(many.cost()).get(0) == approx(in<usd / hour>(turbine.pull(demand).cost())).epsilon(1e-13));
  const auto vary = [](const batch& life) {
    auto g = lc::with_number<batch>(catalog::gas_ccgt);
    g.lifetime = life * year;
    return in<per_mwh>(lc::energy::levelised_cost(g)).get(0);
  };
  CHECK(vary(batch(25)) == approx(in<per_mwh>(lc::energy::levelised_cost(catalog::gas_ccgt))).epsilon(1e-12));
  const lc::energy::basic_generator<float> f{.capacity_factor = 0.9f,
                                             .capital = 1495.4f * usd / kilowatt,
                                             .fixed_operation = 29.16f * usd / (kilowatt * year),
                                             .variable_operation = 7.47f * per_mwh,
                                             .efficiency = 0.573f,
                                             .fuel_price = 18.34f * per_mwh,
                                             .lifetime = 25.0f * year,
                                             .interest = 0.0536f};
  CHECK(in<per_mwh>(lc::energy::levelised_cost(f)) == approx(57.1).epsilon(1e-3));
  layercake_test::check_gradient(turbine, [](const auto& p) { return p.pull(demand).cost(); });
  layercake_test::check_gradient(turbine, [](const auto& p) { return p.push(150 * megawatt); });
  layercake_test::check_gradient(catalog::coal, [](const auto& g) { return lc::energy::levelised_cost(g, 0.5); });
}

TEST_CASE("generation: bad input") {
  layercake_test::check_bad_input(turbine);
  layercake_test::check_bad_input(catalog::battery_4h);
  auto crossed = catalog::gas_ccgt;
  crossed.lead_time_low = 10 * year;
  CHECK(lc::check(crossed).size() == 1);
}

TEST_CASE("technologies and batteries: figures that contradict each other are refused, the one with the other's name") {
  auto g = catalog::gas_ccgt;
  CHECK(lc::check(g).empty());
  g.lead_time_low = g.lead_time_high + 1 * month;
  g.published_cost_high = g.published_cost_low / 2;
  g.direct_carbon = g.lifecycle_carbon * 1.01;
  const auto found = lc::check(g, "plant");
  REQUIRE(found.size() == 3);
  CHECK(found[0].path == "plant.lead_time_low");
  CHECK(found[0].allowed.find("at most lead_time_high, ") == 0);
  CHECK(found[1].path == "plant.published_cost_low");
  CHECK(found[2].path == "plant.direct_carbon");
  // One end alone is no contradiction.
  g = catalog::gas_ccgt;
  g.lead_time_high = lc::unknown<lc::quantity<lc::unit::second>>();
  CHECK(lc::check(g).empty());

  auto b = catalog::battery_4h;
  b.lead_time_low = 25 * month;
  REQUIRE(lc::check(b).size() == 1);
  CHECK(lc::check(b)[0].path == "lead_time_low");
}

TEST_CASE("own plant: what nobody publishes is refused by name") {
  const lc::energy::power_plant reactor{.technology = catalog::nuclear_large};
  const auto found = lc::check(reactor, "stack.energy");
  std::string names;
  for (const auto& f : found)
    names += f.path + " ";
  CHECK(names == "stack.energy.technology.fixed_operation stack.energy.technology.variable_operation "
                 "stack.energy.technology.fuel_price "
                 "stack.energy.technology.interest ");
  CHECK_THROWS_WITH_AS(lc::validate(reactor), doctest::Contains("unknown; allowed: a known value"), lc::invalid_value);
}

TEST_CASE("battery: energy, losses, standing cost") {
  const auto& b = catalog::battery_4h;
  CHECK(in<megawatt_hour>(b.energy(500 * megawatt)) == approx(2000));
  CHECK(in<megawatt_hour>(b.charge_for(850 * megawatt_hour)) == approx(1000));
  // 1711.4 $/kW over 15 years at 5 %: an annuity of 0.096342 (any table of interest), and 2.5 % a year.
  CHECK(in<usd / year>(b.standing_cost(500 * megawatt, 0.05)) ==
        approx((0.096342 + 0.025) * 1711.4 * 500e3).epsilon(1e-5));
  // Nothing is gained by charging and discharging.
  CHECK(b.charge_for(b.energy(1 * megawatt)) > b.energy(1 * megawatt));
}
