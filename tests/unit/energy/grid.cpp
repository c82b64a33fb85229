#include <doctest/doctest.h>

#include <layercake/energy/energy.hpp>
#include <limits>
#include <vector>
#include <xsimd/xsimd.hpp>

#include "../../approx.hpp"
#include "../record_checks.hpp"

namespace lc = layercake;
using namespace lc::units;

namespace {

// Ten lines of a user's own.
struct contract {
  template <class N>
  auto pull(const lc::power_demand<N>& meter) const {
    return lc::energy::basic_energy_bill<N>{.meter = meter,
                                            .plant = lc::generated_for(meter),
                                            .energy_cost = plain(meter.mean) * (55 * usd / megawatt_hour)};
  }
  template <class N>
  auto push(const lc::quantity<lc::unit::watt, N>& plant) const {
    return plant;
  }
};
static_assert(lc::energy::energy_supply<contract>);
static_assert(lc::energy::energy_supply<contract, lc::dual<double, 2>>);
static_assert(lc::energy::energy_supply<lc::energy::grid>);
static_assert(lc::energy::energy_supply<lc::energy::grid, float>);
static_assert(lc::energy::energy_supply<lc::energy::basic_grid<lc::dual<double, 1>>>);
static_assert(lc::energy::energy_supply<lc::energy::basic_grid<xsimd::batch<double>>, xsimd::batch<double>>);
static_assert(lc::energy::energy_supply<lc::energy::power_plant>);
static_assert(!lc::energy::energy_supply<lc::energy::battery>);

const lc::energy::grid two_part{.price = 62 * usd / megawatt_hour,
                                .demand_charge = 10 * usd / (kilowatt * month),
                                .carbon = 370 * gram_co2e / kilowatt_hour,
                                .water = 3 * litre / kilowatt_hour,
                                .connection = 150 * megawatt};
const lc::power_demand<> demand{100 * megawatt, 80 * megawatt};

}  // namespace

TEST_CASE("grid: a tariff by hand") {
  const auto bill = two_part.pull(demand);
  CHECK(in<megawatt>(bill.plant.peak) == approx(100 / 0.95));
  CHECK(in<megawatt>(bill.plant.mean) == approx(80 / 0.95));
  // 80 MW are 80 MWh an hour.
  CHECK(in<usd / hour>(bill.energy_cost) == approx(80 * 62));
  // 100,000 kW at 10 $ a month.
  CHECK(in<usd / month>(bill.capacity_cost) == approx(1e6));
  // 4,960 $ an hour of energy; 1e6 $ in the 730.5 hours of a month.
  CHECK(in<usd / hour>(bill.cost()) == approx(4960 + 1368.9254).epsilon(1e-7));
  CHECK(in<usd / megawatt_hour>(bill.price()) == approx(62 + 17.111567).epsilon(1e-8));
  CHECK(in<tonne_co2e / hour>(bill.carbon) == approx(80 / 0.95 * 0.370));
  CHECK(in<cubic_metre / hour>(bill.water) == approx(80 / 0.95 * 3));
}

TEST_CASE("grid: what is free stays free of an endless demand") {
  const double infinity = std::numeric_limits<double>::infinity();
  const lc::energy::grid all_in{.price = 62 * usd / megawatt_hour, .carbon = 0 * gram_co2e / kilowatt_hour};
  const auto bill = all_in.pull(lc::power_demand<>{infinity * watt, infinity * watt});
  CHECK(bill.energy_cost == infinity * usd / second);
  CHECK(bill.capacity_cost == 0 * usd / second);
  CHECK(bill.cost() == infinity * usd / second);
  CHECK(plain(bill.price()) == infinity * usd / joule);
  CHECK(bill.carbon == 0 * kilogram_co2e / second);
  CHECK(!lc::is_known(bill.water));  // unknown stays unknown
}

TEST_CASE("grid: push undoes pull, up to the connection") {
  for (double mw : {0.001, 1.0, 80.0, 149.9, 150.0}) {
    const auto bill = two_part.pull(lc::power_demand<>{mw * megawatt, mw * megawatt});
    CHECK(in<megawatt>(two_part.push(plain(bill.plant.peak))) == approx(mw).epsilon(1e-14));
    CHECK(lc::is_finite(bill.cost()));
  }
  // 150 MW at the meter are 157.89 MW at the plant: below, a twentieth is lost, above, the connection decides.
  CHECK(in<megawatt>(two_part.push(100 * megawatt)) == approx(95));
  CHECK(in<megawatt>(two_part.push(157.8 * megawatt)) == approx(149.91));
  CHECK(two_part.push(158 * megawatt) == 150 * megawatt);
  CHECK(two_part.push(1 * gigawatt) == 150 * megawatt);
  const auto beyond = two_part.pull(lc::power_demand<>{151 * megawatt, 1 * megawatt});
  CHECK_FALSE(lc::is_finite(beyond.cost()));
  CHECK(beyond.cost() > 1e300 * usd / second);
  auto unlimited = two_part;
  unlimited.connection = lc::unknown<lc::quantity<lc::unit::watt>>();
  CHECK(in<gigawatt>(unlimited.push(1 * gigawatt)) == approx(0.95));
  CHECK(lc::is_finite(unlimited.pull(lc::power_demand<>{1 * terawatt, 1 * terawatt}).cost()));
}

TEST_CASE("grid: unknown carbon and water stay unknown, the cost does not") {
  const lc::energy::grid bare{.price = 62 * usd / megawatt_hour};
  const auto bill = bare.pull(demand);
  CHECK_FALSE(lc::is_known(bill.carbon));
  CHECK_FALSE(lc::is_known(bill.water));
  CHECK(in<usd / hour>(bill.cost()) == approx(80 * 62));
  CHECK(lc::check(bare).empty());
}

TEST_CASE("grid: float, batch, dual and double are one formula") {
  lc::energy::basic_grid<float> f{.price = 62.0f * usd / megawatt_hour, .carbon = 370.0f * gram_co2e / kilowatt_hour};
  const auto single = f.pull(lc::power_demand<float>{100.0f * megawatt, 80.0f * megawatt});
  CHECK(in<usd / hour>(single.cost()) == approx(80 * 62).epsilon(1e-6));
  CHECK(in<megawatt>(f.push(100.0f * megawatt)) == approx(95).epsilon(1e-6));

  using batch = xsimd::batch<double>;
  constexpr std::size_t lanes = batch::size;
  alignas(64) double mw[lanes], cost[lanes];
  for (std::size_t i = 0; i < lanes; ++i)
    mw[i] = 140.0 + 20.0 * static_cast<double>(i);  // the second lane is beyond the connection
  const batch peak = batch::load_aligned(mw);
  const auto many = two_part.pull(lc::power_demand<batch>{peak * megawatt, peak * megawatt});
  in<usd / hour>(many.cost()).store_aligned(cost);
  for (std::size_t i = 0; i < lanes; ++i) {
    const double expected =
        in<usd / hour>(two_part.pull(lc::power_demand<>{mw[i] * megawatt, mw[i] * megawatt}).cost());
    if (i == 0) {
      CHECK(cost[i] == approx(expected).epsilon(1e-14));
    } else {
      CHECK(cost[i] == expected);  // infinite
    }
  }
  // A batch of grids without a stated connection is unlimited, as one is.
  const lc::energy::basic_grid<batch> grids{.price = batch(62) * usd / megawatt_hour};
  in<usd / hour>(grids.pull(lc::power_demand<batch>{peak * megawatt, peak * megawatt}).cost()).store_aligned(cost);
  CHECK(cost[0] == approx(140 * 62));

  layercake_test::check_gradient(two_part, [](const auto& g) { return g.pull(demand).cost(); });
  layercake_test::check_gradient(two_part, [](const auto& g) { return g.pull(demand).carbon; });
  layercake_test::check_gradient(two_part, [](const auto& g) { return g.push(100 * megawatt); });
}

TEST_CASE("supply: what cannot be carried costs infinitely much, and there is a reason") {
  const lc::power_demand<> fits{150 * megawatt, 80 * megawatt}, beyond{151 * megawatt, 80 * megawatt};
  CHECK(lc::energy::why_not(two_part, fits).empty());
  CHECK_FALSE(lc::is_finite(two_part.pull(beyond).cost()));
  CHECK(lc::energy::why_not(two_part, beyond) == "the peak at the meter is 151 MW; allowed: at most the connection, "
                                                 "150 MW. Ask for a larger connection or draw less in the "
                                                 "busiest hour.");
  auto free = two_part;  // a charge of 0 on the peak does not make it possible
  free.demand_charge = 0 * usd / (kilowatt * month);
  CHECK_FALSE(lc::is_finite(free.pull(beyond).cost()));
  CHECK_FALSE(lc::energy::why_not(free, beyond).empty());
  free.connection = lc::unknown<>;
  CHECK(lc::energy::why_not(free, beyond).empty());

  const lc::energy::power_plant plant{.technology = lc::energy::catalog::gas_ccgt, .capacity = 100 * megawatt};
  CHECK(lc::energy::why_not(plant, {100 * megawatt, 80 * megawatt}).empty());
  // 95 MW in the mean at a capacity factor of 0.9: 105.6 MW.
  CHECK(
      lc::energy::why_not(plant, {95 * megawatt, 95 * megawatt})
          .find("the capacity that the demand needs is 105.6 MW; allowed: at most the capacity that stands, 100 MW.") ==
      0);
  for (const double mean : {0.0, 50.0, 90.0, 91.0}) {
    const lc::power_demand<> d{91 * megawatt, mean * megawatt};
    CHECK(lc::energy::why_not(plant, d).empty() == lc::is_finite(plant.pull(d).cost()));
  }

  // A supply that does not say why is asked for its cost; an endless demand has its reason elsewhere.
  struct narrow : contract {
    auto pull(const lc::power_demand<>& meter) const {
      auto bill = contract::pull(meter);
      if (plain(meter.peak) > 10 * megawatt)
        bill.capacity_cost = std::numeric_limits<double>::infinity() * usd / second;
      return bill;
    }
  };
  CHECK(lc::energy::why_not(narrow{}, {10 * megawatt, 1 * megawatt}).empty());
  CHECK(lc::energy::why_not(narrow{}, {11 * megawatt, 1 * megawatt}).find("the peak at the meter is 11 MW") == 0);
  const auto endless = std::numeric_limits<double>::infinity() * watt;
  CHECK(lc::energy::why_not(two_part, {endless, endless}).empty());
}

TEST_CASE("supply: nothing drawn costs nothing, and has a price") {
  const lc::energy::grid all_in{.price = 62 * usd / megawatt_hour};
  const lc::energy::power_plant plant{.technology = lc::energy::catalog::gas_ccgt};
  for (const auto& bill :
       {all_in.pull(lc::power_demand<>{}), two_part.pull(lc::power_demand<>{}), plant.pull(lc::power_demand<>{})}) {
    CHECK(bill.cost() == 0 * usd / second);
    CHECK(plain(bill.price()) == 0 * usd / joule);
  }
  // A peak that is paid for without energy: no energy carries its cost.
  CHECK_FALSE(lc::is_finite(plain(two_part.pull(lc::power_demand<>{1 * megawatt, 0 * watt}).price())));
  CHECK(plain(all_in.pull(lc::power_demand<>{1 * megawatt, 0 * watt}).price()) == 0 * usd / joule);
}

TEST_CASE("energy: a new record asks for what it cannot do without") {
  using namespace lc::energy;
  CHECK(layercake_test::asked_of_new<grid>() == "price");
  CHECK(layercake_test::asked_of_new<battery>() == "duration round_trip_efficiency capital fixed_operation lifetime");
  CHECK(layercake_test::asked_of_new<part_load>() == "fixed linear square");
  CHECK(layercake_test::asked_of_new<generator>().empty());  // a technology may be known by half: the plant asks
  CHECK(layercake_test::asked_of_new<stage>().empty());      // loses nothing
  CHECK(layercake_test::asked_of_new<conversion_chain>().empty());
  CHECK(layercake_test::asked_of_new<power_plant>() ==
        "technology.capacity_factor technology.capital technology.fixed_operation technology.variable_operation "
        "technology.efficiency technology.fuel_price technology.lifetime technology.interest");
}

TEST_CASE("energy: figures set later, in any order, give what figures set at once give") {
  using namespace lc::energy;
  const auto none = [](auto&) {};
  layercake_test::check_set_later(
      grid{.price = 62 * usd / megawatt_hour, .connection = 150 * megawatt, .transmission_loss = 0.03},
      {"price", "connection", "transmission_loss"}, none, [](const grid& g) {
        const auto bill = g.pull(demand);
        return std::vector<double>{in<usd / hour>(bill.cost()), in<megawatt>(bill.plant.peak),
                                   in<megawatt>(g.push(1 * gigawatt))};
      });
  layercake_test::check_set_later(battery{.duration = 4 * hour,
                                          .round_trip_efficiency = 0.85,
                                          .capital = 1700 * usd / kilowatt,
                                          .fixed_operation = 40 * usd / (kilowatt * year),
                                          .lifetime = 15 * year},
                                  {"duration", "round_trip_efficiency", "capital", "fixed_operation", "lifetime"}, none,
                                  [](const battery& b) {
                                    return std::vector<double>{in<usd / hour>(b.standing_cost(1 * megawatt, 0.05)),
                                                               in<joule>(b.charge_for(1 * joule))};
                                  });
  layercake_test::check_set_later(part_load{.fixed = 0.01, .linear = 0.02, .square = 0.01},
                                  {"fixed", "linear", "square"}, none, [](const part_load& p) {
                                    return std::vector<double>{p.efficiency(0.5), p.best_load()};
                                  });
}

TEST_CASE("grid: bad input") { layercake_test::check_bad_input(two_part); }

TEST_CASE("grid: an error names the field, the value, the range and what to do") {
  const lc::energy::grid wrong{.price = -62 * usd / megawatt_hour};
  const auto found = lc::check(wrong, "stack.energy");
  REQUIRE(found.size() == 1);
  CHECK(found[0].path == "stack.energy.price");
  CHECK(found[0].value.find("62") != std::string::npos);
  CHECK(found[0].allowed == "above $0/MWh");
  CHECK(found[0].remedy == "Set stack.energy.price: price of energy at the meter.");
}
