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

// NREL's equation, in NREL's units.
double nrel_lcoe(double usd_per_kw, double fixed_per_kw_year, double wacc, double years, double cf, double variable,
                 double heat_price, double efficiency, double hours = 8760) {
  const double crf = wacc / (1 - std::pow(1 + wacc, -years));
  return 1000 * (crf * usd_per_kw + fixed_per_kw_year) / (cf * hours) + variable + heat_price / efficiency;
}

}  // namespace

TEST_CASE("levelised cost: NREL's equation") {
  const double nrel = nrel_lcoe(1495.4, 0.0195 * 1495.4, 0.0536, 25, 0.9, 7.47, 18.34, 0.573);
  const double ours = in<per_mwh>(lc::energy::levelised_cost(catalog::gas_ccgt));
  CHECK(ours == approx(57.1).epsilon(0.001));
  CHECK(ours == approx(nrel_lcoe(1495.4, 0.0195 * 1495.4, 0.0536, 25, 0.9, 7.47, 18.34, 0.573, 8766)).epsilon(1e-12));
  CHECK(ours == approx(nrel).epsilon(0.0007));  // the year has 8766 hours here

  // Half the utilisation: the standing part doubles, the running part stays.
  const auto running = catalog::gas_ccgt.running_cost();
  const auto full = lc::energy::levelised_cost(catalog::gas_ccgt, 0.9) - running;
  const auto half = lc::energy::levelised_cost(catalog::gas_ccgt, 0.45) - running;
  CHECK(half / full == approx(2));
  CHECK(in<per_mwh>(running) == approx(7.47 + 18.34 / 0.573));

  // Tax: (1 - t PVD) / (1 - t) on the capital alone.
  auto taxed = catalog::gas_ccgt;
  taxed.project_finance_factor = 1.05;
  const double crf = 0.0536 / (1 - std::pow(1.0536, -25));
  CHECK(in<per_mwh>(lc::energy::levelised_cost(taxed) - lc::energy::levelised_cost(catalog::gas_ccgt)) ==
        approx(0.05 * crf * 1495.4e3 / (0.9 * 8766)).epsilon(1e-9));
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
  const double utilisation = 80 / 0.98 / 200;
  const auto expected = lc::energy::levelised_cost(catalog::gas_ccgt, utilisation) * plain(bill.plant.mean);
  CHECK(bill.cost() / expected == approx(1).epsilon(1e-12));
  CHECK(in<tonne_co2e / hour>(bill.carbon) == approx(80 / 0.98 * 0.490));

  // Without a capacity it is built to the demand: the peak of a firm technology, the mean over the capacity factor of a variable one.
  auto fitted = turbine;
  fitted.capacity = lc::unknown<lc::quantity<lc::unit::watt>>();
  CHECK(in<megawatt>(fitted.capacity_built(demand)) == approx(100 / 0.98));
  fitted.technology = catalog::solar_pv_utility;
  CHECK(in<megawatt>(fitted.capacity_built(demand)) == approx(80 / 0.2675 / 0.98));
  CHECK(fitted.pull(demand).cost() / plain(fitted.pull(demand).plant.mean) /
            lc::energy::levelised_cost(catalog::solar_pv_utility) ==
        approx(1).epsilon(1e-12));
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

TEST_CASE("own plant: what nobody publishes is refused by name") {
  const lc::energy::power_plant reactor{.technology = catalog::nuclear_large};
  const auto found = lc::check(reactor, "stack.energy");
  std::string names;
  for (const auto& f : found)
    names += f.path + " ";
  CHECK(names == "stack.energy.technology.fixed_operation stack.energy.technology.variable_operation "
                 "stack.energy.technology.fuel_price "
                 "stack.energy.technology.interest ");
  CHECK_THROWS_AS(lc::validate(reactor), lc::invalid_value);
}

TEST_CASE("battery: energy, losses, standing cost") {
  const auto& b = catalog::battery_4h;
  CHECK(in<megawatt_hour>(b.energy(500 * megawatt)) == approx(2000));
  CHECK(in<megawatt_hour>(b.charge_for(850 * megawatt_hour)) == approx(1000));
  // 1711.4 $/kW over 15 years at 5 %: annuity 0.09634, and 2.5 % a year.
  const double factor = 0.05 / (1 - std::pow(1.05, -15)) + 0.025;
  CHECK(in<usd / year>(b.standing_cost(500 * megawatt, 0.05)) == approx(factor * 1711.4 * 500e3));
}
