#include <doctest/doctest.h>

#include <layercake/energy/energy.hpp>
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

const lc::energy::grid texas{.price = 62 * usd / megawatt_hour,
                             .demand_charge = 10 * usd / (kilowatt * month),
                             .carbon = 370 * gram_co2e / kilowatt_hour,
                             .water = 3 * litre / kilowatt_hour,
                             .connection = 150 * megawatt};
const lc::power_demand<> demand{100 * megawatt, 80 * megawatt};

}  // namespace

TEST_CASE("grid: a tariff by hand") {
  const auto bill = texas.pull(demand);
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
    const auto bill = texas.pull(lc::power_demand<>{mw * megawatt, mw * megawatt});
    CHECK(in<megawatt>(texas.push(plain(bill.plant.peak))) == approx(mw).epsilon(1e-14));
    CHECK(lc::is_finite(bill.cost()));
  }
  // 150 MW at the meter are 157.89 MW at the plant: below, a twentieth is lost, above, the connection decides.
  CHECK(in<megawatt>(texas.push(100 * megawatt)) == approx(95));
  CHECK(in<megawatt>(texas.push(157.8 * megawatt)) == approx(149.91));
  CHECK(texas.push(158 * megawatt) == 150 * megawatt);
  CHECK(texas.push(1 * gigawatt) == 150 * megawatt);
  const auto beyond = texas.pull(lc::power_demand<>{151 * megawatt, 1 * megawatt});
  CHECK_FALSE(lc::is_finite(beyond.cost()));
  CHECK(beyond.cost() > 1e300 * usd / second);
  auto unlimited = texas;
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
  const auto many = texas.pull(lc::power_demand<batch>{peak * megawatt, peak * megawatt});
  in<usd / hour>(many.cost()).store_aligned(cost);
  for (std::size_t i = 0; i < lanes; ++i) {
    const double expected = in<usd / hour>(texas.pull(lc::power_demand<>{mw[i] * megawatt, mw[i] * megawatt}).cost());
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

  layercake_test::check_gradient(texas, [](const auto& g) { return g.pull(demand).cost(); });
  layercake_test::check_gradient(texas, [](const auto& g) { return g.pull(demand).carbon; });
  layercake_test::check_gradient(texas, [](const auto& g) { return g.push(100 * megawatt); });
}

TEST_CASE("grid: bad input") { layercake_test::check_bad_input(texas); }

TEST_CASE("grid: an error names the field, the value, the range and what to do") {
  const lc::energy::grid wrong{.price = -62 * usd / megawatt_hour};
  const auto found = lc::check(wrong, "stack.energy");
  REQUIRE(found.size() == 1);
  CHECK(found[0].path == "stack.energy.price");
  CHECK(found[0].value.find("62") != std::string::npos);
  CHECK(found[0].allowed == "above $0/MWh");
  CHECK(found[0].remedy == "Set stack.energy.price: price of energy at the meter.");
}
