#include <cmath>
#include <doctest/doctest.h>
#include <layercake/planning/questions/power_mix.hpp>
#include <limits>

#include "../../approx.hpp"

namespace lc = layercake;
namespace energy = layercake::energy;
namespace planning = layercake::planning;
using namespace layercake::units;

namespace {
double dollars(const lc::quantity<lc::unit::usd_per_joule>& price) { return in<usd / megawatt_hour>(price); }

// A plant that costs `standing` per MW and hour, running or not, and `running` per MWh: without interest, ten years.
energy::generator plant(const char* name, double standing, double running,
                        energy::firmness f = energy::firmness::firm) {
  energy::generator g;
  g.name = name;
  g.capacity_factor = 1;
  g.capital = standing * (usd / megawatt_hour) * (10 * year);
  g.fixed_operation = 0 * (usd / (kilowatt * year));
  g.variable_operation = running * (usd / megawatt_hour);
  g.efficiency = 1;
  g.fuel_price = 0 * (usd / megawatt_hour);
  g.lifetime = 10 * year;
  g.interest = 0;
  g.lifecycle_carbon = 40 * gram_co2e / kilowatt_hour;
  g.land = 10 * (square_metre / kilowatt);
  g.lead_time_low = 12 * month;
  g.lead_time_high = 24 * month;
  g.dispatch = f;
  return g;
}
energy::battery battery(double standing, double efficiency, double hours) {
  energy::battery b;
  b.name = "battery";
  b.duration = hours * hour;
  b.round_trip_efficiency = efficiency;
  b.capital = standing * (usd / megawatt_hour) * (10 * year);
  b.lifetime = 10 * year;
  b.fixed_operation = 0 * (usd / megawatt_hour);
  b.land = 1 * (square_metre / kilowatt);
  b.lead_time_high = 12 * month;
  return b;
}
energy::grid grid_at(double price) {
  energy::grid g;
  g.price = price * usd / megawatt_hour;
  g.carbon = 400 * gram_co2e / kilowatt_hour;
  return g;
}
planning::power_mix_request sun_and_grid() {
  planning::power_mix_request q;
  q.load = 100 * megawatt;
  q.plants.push_back({plant("sun", 10, 0, energy::firmness::variable), {0, 1}});
  q.grids.push_back({grid_at(60), 48 * month});
  return q;
}
template <class E>
std::string message(const planning::power_mix_request& q) {
  try {
    (void)planning::cheapest_joule(q);
  } catch (const E& e) {
    return e.what();
  }
  return "";
}
bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

// Twelve days of sun and wind, with dull days and lulls; the same in the linear program that the prices below are from.
planning::power_mix_request weather(bool with_storage, bool with_peaker) {
  const double clear[12] = {1, .9, 1, .3, .2, .8, 1, 1, .6, .95, .4, 1};
  std::vector<double> sun, wind;
  for (int t = 0; t < 288; ++t) {
    sun.push_back(std::fmax(0, std::sin(3.14159265358979 * (t % 24 + 0.5 - 6) / 12)) * clear[t / 24] * 0.9);
    wind.push_back(0.3 + 0.3 * std::sin(t * 0.11) * std::sin(t * 0.031 + 1));
  }
  planning::power_mix_request q;
  q.load = 100 * megawatt;
  auto pv = energy::catalog::solar_pv_utility;
  pv.capital = 900 * usd / kilowatt, pv.fixed_operation = 12 * usd / (kilowatt * year);
  auto gas = energy::catalog::gas_ccgt, peaker = energy::catalog::gas_simple_cycle;
  gas.fuel_price = peaker.fuel_price = 40 * usd / megawatt_hour;
  peaker.capital = 700 * usd / kilowatt, peaker.fixed_operation = 20 * usd / (kilowatt * year);
  q.plants = {{pv, sun}, {energy::catalog::onshore_wind, wind}, {gas}};
  if (with_peaker) q.plants.push_back({peaker});
  if (with_storage) {
    auto b = energy::catalog::battery_4h;
    b.capital = 800 * usd / kilowatt, b.fixed_operation = 15 * usd / (kilowatt * year);
    q.storage = b;
  }
  return q;
}
}  // namespace

// worked: planning/questions/power_mix.hpp#cheapest_joule
TEST_CASE("sun in half of the hours beside a grid") {
  const auto m = planning::cheapest_joule(sun_and_grid());
  // 10 $/MWh for a plant as large as the load, 60 for the half that it does not serve.
  CHECK(dollars(m.price) == approx(40).epsilon(1e-5));
  CHECK(in<megawatt>(m.source("sun").capacity) == approx(100).epsilon(1e-5));
  CHECK(m.source("sun").share == approx(0.5));
  CHECK(m.source("grid").share == approx(0.5));
  CHECK(in<usd_per_hour>(m.source("grid").cost) == approx(3000));
  CHECK(in<usd_per_hour>(m.source("sun").cost) == approx(1000).epsilon(1e-5));
  // half at 40, half at 400 / 0.95 g/kWh at the plant
  CHECK(in<gram_co2e_per_kilowatt_hour>(m.carbon) == approx(20 + 200 / 0.95).epsilon(1e-5));
  CHECK(in<month>(m.lead_time) == approx(48));
  CHECK(m.binding == "nothing");
  CHECK(dollars(m.price_at_silicon) == approx(40 / energy::catalog::legacy_ac.efficiency()));
  CHECK_THROWS_AS((void)m.source("moon"), lc::invalid_value);
  CHECK(has(to_string(m), "$40/MWh"));
}

TEST_CASE("a battery carries the sun into the night") {
  auto q = sun_and_grid();
  q.storage = battery(2, 0.8, 1);
  q.storage_interest = 0;
  const auto m = planning::cheapest_joule(q);
  // 1 served by day and 1.25 stored, of which 1 comes back: 2.25 * 10 + 1.25 * 2
  CHECK(dollars(m.price) == approx(25).epsilon(1e-4));
  CHECK(in<megawatt>(m.source("sun").capacity) == approx(225).epsilon(1e-3));
  CHECK(in<megawatt>(m.source("battery").capacity) == approx(125).epsilon(1e-3));
  CHECK(in<megawatt>(m.source("battery").delivered) == approx(50).epsilon(1e-3));
  CHECK(m.source("battery").share == 0);
  CHECK(m.source("sun").share == approx(1).epsilon(1e-3));
}

TEST_CASE("two firm plants share the load by how often it is there") {
  // A free plant of the load's size leaves 0, 0.5, 1, 1 of it: the lower half is asked for in 3 of 4 steps, the upper
  // in
  // 2. Per MW and hour the base costs 27 + 20 u, 42 and 37; the peaker 5 + 60 u, 50 and 35: half a load of each, (42 +
  // 35) / 2.
  planning::power_mix_request q;
  q.load = 100 * megawatt;
  q.plants.push_back({plant("free", 1e-6, 0, energy::firmness::variable), {1, 0.5, 0, 0}, 100 * megawatt});
  q.plants.push_back({plant("base", 27, 20)});
  q.plants.push_back({plant("peaker", 5, 60)});
  const auto m = planning::cheapest_joule(q);
  CHECK(dollars(m.price) == approx(38.5).epsilon(1e-5));
  CHECK(in<megawatt>(m.source("base").capacity) == approx(50).epsilon(1e-3));
  CHECK(in<megawatt>(m.source("peaker").capacity) == approx(50).epsilon(1e-3));
  CHECK(m.binding == "the size of free");

  // A tenth of the energy need not be served: the peaker alone reaches 0.8 of the load, for it serves 0.525 of it:
  // (5 * 0.8 + 60 * 0.525) / 0.9.
  q.plants.erase(q.plants.begin() + 1);
  q.availability = 0.9;
  const auto less = planning::cheapest_joule(q);
  CHECK(in<megawatt>(less.source("peaker").capacity) == approx(80).epsilon(1e-6));
  CHECK(dollars(less.price) == approx(35.5 / 0.9).epsilon(1e-5));
  CHECK(in<megawatt>(less.unserved) == approx(10).epsilon(1e-6));

  // Outages in the mean: at a capacity factor of 0.8 it takes 100 MW for 80.
  q.plants[1].technology.capacity_factor = 0.8;
  const auto derated = planning::cheapest_joule(q);
  CHECK(in<megawatt>(derated.source("peaker").capacity) == approx(100).epsilon(1e-6));
  CHECK(dollars(derated.price) == approx((5 + 31.5) / 0.9).epsilon(1e-5));
}

TEST_CASE("mixes cost what a linear program over sizes and dispatch says, or up to 1.3 % more") {
  // Prices in USD/MWh of the program min sum(standing * capacity + running * output) subject to the balance of each of
  // the 288 hours, storage with 4 h and 0.85 that ends as it begins, solved with HiGHS. It is free to choose every
  // hour, so that nothing is cheaper.
  struct row {
    bool storage, peaker;
    double carbon_price, most_carbon, availability, price;
  };
  const double none = lc::unknown<double>();
  const row rows[] = {{false, false, 0, none, 1, 77.0903256}, {true, false, 0, none, 1, 74.8752066},
                      {true, true, 0, none, 1, 72.9252250},   {true, true, 100, none, 1, 81.7697560},
                      {true, true, 0, 100, 1, 73.0521656},    {true, true, 0, 100, 0.99, 70.8722505},
                      {true, true, 0, 55, 0.99, 74.1629930}};
  for (const row& r : rows) {
    CAPTURE(r.price);
    auto q = weather(r.storage, r.peaker);
    q.carbon_price = r.carbon_price * (usd / tonne_co2e);
    q.most_carbon = r.most_carbon * (gram_co2e / kilowatt_hour);
    q.availability = r.availability;
    const auto m = planning::cheapest_joule(q);
    CHECK(dollars(m.price) > r.price * (1 - 1e-6));
    CHECK(dollars(m.price) < r.price * (r.peaker ? 1.013 : 1.003));
    if (!r.storage) CHECK(dollars(m.price) == approx(r.price).epsilon(1e-5));
    if (r.most_carbon > 0) CHECK(in<gram_co2e_per_kilowatt_hour>(m.carbon) <= r.most_carbon * (1 + 1e-6));
    CHECK(in<megawatt>(m.unserved) <= 100 * (1 - r.availability) + 1e-6);
    // The parts add up.
    double share = 0;
    auto cost = 0 * usd_per_hour;
    for (const auto& s : m.sources)
      share += s.share, cost += s.cost;
    CHECK(share == approx(m.delivered / q.load).epsilon(1e-9));
    CHECK(dollars(cost / m.delivered) == approx(dollars(m.price)).epsilon(1e-9));
    if (r.carbon_price > 0)
      CHECK(in<usd_per_hour>(m.carbon_cost) ==
            approx(100e-6 * in<gram_co2e_per_kilowatt_hour>(m.carbon) * 1e5).epsilon(1e-6));
  }
}

TEST_CASE("limits of carbon, land, time and connection") {
  auto q = sun_and_grid();
  q.plants.push_back({plant("gas", 30, 40)});  // 70 $/MWh around the clock, at 40 g/kWh
  CHECK(dollars(planning::cheapest_joule(q).price) == approx(40).epsilon(1e-5));

  auto green = q;
  green.most_carbon = 40 * gram_co2e / kilowatt_hour;  // no grid: sun by day, gas by night: 10 + 30 + 20
  const auto clean = planning::cheapest_joule(green);
  CHECK(dollars(clean.price) == approx(60).epsilon(1e-3));
  CHECK(has(clean.binding, "carbon"));
  green.most_carbon = 30 * gram_co2e / kilowatt_hour;
  CHECK(has(message<lc::infeasible>(green),
            "request.most_carbon is 30 gCO2e/kWh, the least of the mixes tried is 40 gCO2e/kWh"));
  green.most_land = 100 * square_kilometre;  // which all keep: it is not what fails
  CHECK(!has(message<lc::infeasible>(green), "request.most_land"));
  // Each can be kept, the grid needs no land and gas has 40 g/kWh, but 55.6 MW of gas, at 1 km^2 for 100, are needed for 200 g/kWh.
  green.most_carbon = 200 * gram_co2e / kilowatt_hour;
  green.most_land = 0.1 * square_kilometre;
  CHECK(has(message<lc::infeasible>(green),
            "request.most_carbon is 200 gCO2e/kWh, the least of the mixes tried that keep request.most_land is "));
  CHECK(has(message<lc::infeasible>(green),
            "request.most_land is 10 ha, the least of the mixes tried that keep request.most_carbon is "));

  auto small_ = q;
  small_.most_land = 0.5 * square_kilometre;  // sun for half of the load: 5 + 60 * 0.75
  const auto dense = planning::cheapest_joule(small_);
  CHECK(in<megawatt>(dense.source("sun").capacity) == approx(50).epsilon(1e-3));
  CHECK(dollars(dense.price) == approx(50).epsilon(1e-3));
  CHECK(dense.binding == "land");

  auto soon = q;
  soon.latest = 36 * month;  // before the grid: sun and gas
  const auto early = planning::cheapest_joule(soon);
  CHECK(dollars(early.price) == approx(60).epsilon(1e-6));
  CHECK(in<month>(early.lead_time) == approx(24));
  CHECK(has(early.binding, "time, without grid"));
  auto slow = plant("slow", 300, 100);  // too late and too dear: its time does not bind
  slow.lead_time_high = 120 * month;
  soon.plants.push_back({slow});
  soon.latest = 60 * month;
  CHECK(planning::cheapest_joule(soon).binding == "nothing");
  soon.plants.pop_back();
  soon.latest = 12 * month;
  CHECK(has(message<lc::infeasible>(soon), "before any source runs: sun (2 yr), gas (2 yr), grid (4 yr)"));

  auto narrow = q;
  narrow.grids[0].tariff.connection = 40 * megawatt;  // by night 40 from the grid, 60 from gas
  const auto split = planning::cheapest_joule(narrow);
  CHECK(dollars(split.price) == approx(10 + 0.4 * 30 + 0.6 * (30 + 20)).epsilon(1e-3));
  CHECK(split.binding == "the size of grid");

  auto charged = sun_and_grid();
  charged.grids[0].tariff.demand_charge = 5 * usd / megawatt_hour;  // on the 100 MW of the night
  CHECK(dollars(planning::cheapest_joule(charged).price) == approx(45).epsilon(1e-6));

  auto weather_only = sun_and_grid();
  weather_only.grids.clear();
  CHECK(has(message<lc::infeasible>(weather_only), "50 % of the energy is not served, allowed 0 %"));
}

TEST_CASE("what is wrong with a request is named by its path") {
  const auto good = sun_and_grid();
  const auto refused = [&](auto&& change, const char* part) {
    auto q = good;
    change(q);
    const std::string said = message<lc::error>(q);
    CAPTURE(said);
    CAPTURE(part);
    CHECK(has(said, part));
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  refused([](auto& q) { q.load = 0 * watt; }, "request.load is 0 W; allowed: above 0");
  refused([&](auto& q) { q.load = nan * watt; }, "request.load");
  refused([](auto& q) { q.availability = 1.5; }, "request.availability is 1.5");
  refused([](auto& q) { q.step = -1 * hour; }, "request.step");
  refused([](auto& q) { q.levels = 1; }, "request.levels is 1");
  refused([](auto& q) { q.carbon_price = -1 * (usd / tonne_co2e); }, "request.carbon_price");
  refused([](auto& q) { q.most_land = -1 * square_metre; }, "request.most_land");
  refused([](auto& q) { q.plants.clear(), q.grids.clear(); }, "request.plants.size() is 0");
  refused([](auto& q) { q.plants[0].profile.clear(); }, "request.plants[0].profile.size() is 0");
  refused(
      [](auto& q) {
        q.plants[0].profile = {0.5, 1.2};
      },
      "request.plants[0].profile[1] is 1.2; allowed: from 0 to 1");
  refused([&](auto& q) { q.plants[0].profile = {nan, 1}; }, "request.plants[0].profile[0]");
  refused(
      [](auto& q) {
        q.plants[0].profile = {0, 0};
      },
      "request.plants[0].profile is 0; allowed: above 0 in some step");
  refused(
      [](auto& q) {
        q.plants.push_back({plant("wind", 1, 0), {1, 0, 1}});
      },
      "request.plants[1].profile.size() is 3");
  refused([](auto& q) { q.plants[0].technology.interest = lc::unknown<double>(); },
          "request.plants[0].technology.capital");
  refused([](auto& q) { q.plants.push_back({energy::catalog::nuclear_large}); }, "request.plants[1].technology");
  refused([](auto& q) { q.grids[0].tariff.price = -1 * (usd / megawatt_hour); }, "request.grids[0].tariff.price");
  refused([](auto& q) { q.grids[0].lead_time = -1 * month; }, "request.grids[0].lead_time");
  refused(
      [](auto& q) {
        q.grids[0].tariff.carbon = lc::unknown<lc::quantity<lc::unit::kilogram_co2e_per_joule>>();
        q.carbon_price = 1 * (usd / tonne_co2e);
      },
      "request.grids[0].tariff.carbon is unknown");
  refused([](auto& q) { q.storage = energy::battery{}; }, "request.storage.duration");
}
