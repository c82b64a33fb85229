#include <array>
#include <cmath>
#include <doctest/doctest.h>
#include <layercake/chips/catalog.hpp>
#include <layercake/energy/catalog.hpp>
#include <layercake/models/catalog.hpp>
#include <layercake/planning/questions/fleet.hpp>
#include <limits>
#include <map>
#include <random>

#include "../../approx.hpp"

namespace lc = layercake;
namespace planning = layercake::planning;
using namespace layercake::units;
using planning::fleet_goal;

namespace {
const auto model = lc::models::catalog::llama_3_1_70b.at(lc::precision::fp8).cache(lc::precision::fp8);
using request = planning::fleet_request<std::remove_cvref_t<decltype(model)>>;

lc::call_demand<> chat() {
  lc::call_demand<> d;
  d.calls = 60 / second;
  d.peak_to_mean = 2;
  d.input = 1200 * token;
  d.output = 300 * token;
  d.time_to_first_token = 2 * second;
  d.time_per_output_token = 50 * (millisecond / token);
  return d;
}
lc::call_demand<> batch() {
  lc::call_demand<> d = chat();
  d.calls = 20 / second;
  d.peak_to_mean = 1;
  d.input = 6000 * token;
  d.cached_share = 0.5;
  d.time_to_first_token = 60 * second;
  d.time_per_output_token = 500 * (millisecond / token);
  return d;
}
lc::energy::grid grid_at(double price, double carbon) {
  lc::energy::grid g;
  g.price = price * usd / megawatt_hour;
  g.carbon = carbon * gram_co2e / kilowatt_hour;
  return g;
}
// Two classes, two chips, two sites; power and chips are short.
request small_request() {
  request q;
  q.classes = {{"chat", model, chat(), {}}, {"batch", model, batch(), {}}};
  q.chips.push_back({.chip = lc::chips::catalog::h100_sxm});
  q.chips.push_back({.chip = lc::chips::catalog::b200_sxm, .available = {24}});
  q.sites.push_back({.name = "cheap",
                     .energy = grid_at(50, 400),
                     .building = {.name = "a", .power_usage_effectiveness = 1.2},
                     .power = {60 * kilowatt}});
  q.sites.push_back(
      {.name = "dear", .energy = grid_at(120, 30), .building = {.name = "b", .power_usage_effectiveness = 1.1}});
  q.parts = 2;
  q.search.tensor = {1, 2, 4, 8};
  q.search.pipeline = {1};
  return q;
}
template <class E>
std::string message(const request& q, fleet_goal goal = fleet_goal::least_cost) {
  try {
    (void)planning::best_fleet(goal, q);
  } catch (const E& e) {
    return e.what();
  }
  return "";
}
bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

// The bill of a share of a class on its own, by the stack.
struct alone {
  lc::call_demand<> demand;
  lc::call_demand<> pull() const { return demand; }
  template <class N>
  auto push(const lc::quantity<lc::unit::per_second, N>& calls) const {
    return lc::applications::basic_usage<N>{calls, N(1), calls * (N(0) * usd)};
  }
};
struct placed {
  double value, chips[2], power[2], capital;
};
}  // namespace

TEST_CASE("placing finds what trying everything finds") {
  std::mt19937 random(20260101);
  const auto number = [&](double high) { return high * static_cast<double>(random() % 10000) / 1e4; };
  int limited = 0, impossible = 0;
  for (int instance = 0; instance < 300; ++instance) {
    const std::size_t classes = 1 + random() % 4, resources = 1 + random() % 4;
    std::vector<planning::detail::limited> limits;
    for (std::size_t r = 0; r < resources; ++r)
      limits.push_back({"r", 0.4 + number(static_cast<double>(classes)), [](double x) { return lc::to_string(x); }});
    std::vector<std::vector<planning::detail::placing>> ways(classes);
    for (auto& w : ways) {
      const std::size_t n = 1 + random() % 7;
      for (std::size_t i = 0; i < n; ++i) {
        planning::detail::placing p{number(10), {}, {}};
        for (std::size_t r = 0; r < resources; ++r)
          p.use.push_back(random() % 3 == 0 ? 0 : number(1.5));
        w.push_back(p);
      }
      planning::detail::sort_by_value(w);
    }
    std::vector<double> values;
    std::size_t all = 1;
    double unlimited = 0;
    for (const auto& w : ways)
      all *= w.size(), unlimited += w.front().value;
    for (std::size_t c = 0; c < all; ++c) {
      std::size_t rest = c;
      double value = 0;
      std::vector<double> use(resources);
      for (const auto& w : ways) {
        const auto& p = w[rest % w.size()];
        rest /= w.size();
        value += p.value;
        for (std::size_t r = 0; r < resources; ++r)
          use[r] += p.use[r];
      }
      bool fits = true;
      for (std::size_t r = 0; r < resources; ++r)
        fits = fits && use[r] <= limits[r].allowed;
      if (fits) values.push_back(value);
    }
    std::sort(values.begin(), values.end());
    const auto found = planning::detail::place(ways, limits, 3);
    REQUIRE(found.best.size() == std::min<std::size_t>(values.size(), 3));
    for (std::size_t i = 0; i < found.best.size(); ++i)
      CHECK(found.best[i].value == approx(values[i]).epsilon(1e-12));
    impossible += values.empty();
    limited += !values.empty() && values[0] > unlimited * 1.0001;
  }
  CHECK(limited > 60);
  CHECK(impossible > 20);
}

TEST_CASE("the cheapest fleet is that of every split, chip, site and plan tried through the stack") {
  for (const bool rented : {false, true}) {
    CAPTURE(rented);
    request q = small_request();
    if (rented) q.chips[0].rent = 2.5 * usd_per_hour;
    // What every plan of every half and whole of each class takes; what cannot serve is left out.
    std::vector<std::vector<placed>> all(2);
    for (std::size_t k = 0; k < 2; ++k) {
      std::map<std::array<std::size_t, 3>, std::vector<placed>> options;  // chip, site, parts
      for (std::size_t c = 0; c < 2; ++c) {
        for (std::size_t s = 0; s < 2; ++s) {
          for (std::size_t n = 1; n <= 2; ++n) {
            for (const double tensor : {1., 2., 4., 8.}) {
              lc::serving_plan plan;
              plan.tensor = tensor;
              alone application{q.classes[k].demand};
              application.demand.calls = application.demand.calls * (static_cast<double>(n) / 2);
              try {
                const lc::stack one{q.sites[s].energy, q.chips[c].chip, q.sites[s].building, model, application, plan};
                const auto b = one.pull();
                const bool rent = rented && c == 0;
                const auto cost =
                    rent ? b.energy_cost() + b.model_cost + q.chips[0].rent * plain(b.built.chips) : b.cost();
                placed p{in<usd / second>(cost), {}, {}, rent ? 0 : in<usd>(b.built.capex())};
                p.chips[c] = plain(b.built.chips);
                p.power[s] = in<watt>(b.built.power.peak);
                options[{c, s, n}].push_back(p);
              } catch (const lc::infeasible&) {
              }
            }
          }
        }
      }
      const auto sum = [](const placed& a, const placed& b) {
        return placed{a.value + b.value,
                      {a.chips[0] + b.chips[0], a.chips[1] + b.chips[1]},
                      {a.power[0] + b.power[0], a.power[1] + b.power[1]},
                      a.capital + b.capital};
      };
      for (const auto& [at, list] : options) {
        if (at[2] == 2) all[k].insert(all[k].end(), list.begin(), list.end());
        for (const auto& [other, others] : options) {
          if (at[2] != 1 || other[2] != 1 || !(at < other)) continue;
          for (const auto& a : list) {
            for (const auto& b : others)
              all[k].push_back(sum(a, b));
          }
        }
      }
    }
    const double capital = rented ? 1.2e6 : 3.9e6;
    q.capital = {capital * usd};
    double best = 1e300, unlimited = 1e300;
    for (const auto& a : all[0]) {
      for (const auto& b : all[1]) {
        unlimited = std::min(unlimited, a.value + b.value);
        if (a.power[0] + b.power[0] <= 60e3 && a.chips[1] + b.chips[1] <= 24 && a.capital + b.capital <= capital)
          best = std::min(best, a.value + b.value);
      }
    }
    const auto found = planning::best_fleet(fleet_goal::least_cost, q, 0, 3);
    REQUIRE(found.best.size() == 3);
    CHECK(best > unlimited * 1.001);  // something binds
    CHECK(found.best[0].value == approx(best).epsilon(1e-12));
    CHECK(in<usd / second>(found.best[0].cost()) == approx(best).epsilon(1e-12));
    CHECK(found.best[1].value >= found.best[0].value);
    CHECK(found.best[2].value >= found.best[1].value);
    CHECK(found.binding() != "nothing");
    for (const auto& f : found.best) {
      double share[2] = {0, 0}, power = 0, b200 = 0;
      for (const auto& p : f.parts) {
        share[p.demand_class] += p.share;
        power += p.site == 0 ? in<kilowatt>(p.bill.built.power.peak) : 0;
        b200 += p.chip == 1 ? plain(p.bill.built.chips) : 0;
        CHECK(p.bill.serving.time_per_output_token <= q.classes[p.demand_class].demand.time_per_output_token * 1.001);
        CHECK(p.bill.serving.replicas == std::round(plain(p.bill.serving.replicas)));
      }
      CHECK(share[0] == 1);
      CHECK(share[1] == 1);
      CHECK(power <= 60 * (1 + 1e-9));
      CHECK(b200 <= 24);
      CHECK(in<usd>(f.capex()) <= capital * (1 + 1e-9));
    }
    // What a limit is said to cost is what lifting it saves.
    for (const auto& l : found.limits) {
      request lifted = q;
      if (l.name == "the power of cheap") lifted.sites[0].power.clear();
      if (l.name == "the number of B200-SXM-180GB") lifted.chips[1].available.clear();
      if (l.name == "the capital") lifted.capital.clear();
      const auto without = planning::best_fleet(fleet_goal::least_cost, lifted);
      CHECK(l.saving == approx(1 - without.best[0].value / best).epsilon(1e-9));
    }
    CHECK(found.limits.size() == 3);
  }
}

TEST_CASE("each goal has its own best fleet") {
  request q = small_request();
  q.sites[0].power.clear();
  q.chips[1].available.clear();
  const auto value = [&](fleet_goal of, fleet_goal by) {
    const auto f = planning::best_fleet(by, q).best[0];
    return of == fleet_goal::least_cost     ? in<usd_per_hour>(f.cost())
           : of == fleet_goal::fewest_chips ? f.chips()
           : of == fleet_goal::least_energy ? in<watt>(f.plant_power())
                                            : in<kilogram_co2e / hour>(f.carbon());
  };
  const fleet_goal goals[] = {fleet_goal::least_cost, fleet_goal::fewest_chips, fleet_goal::least_energy,
                              fleet_goal::least_carbon};
  for (const auto of : goals) {
    for (const auto by : goals)
      CHECK(value(of, of) <= value(of, by) * (1 + 1e-12));
  }
  // 30 g/kWh are less than 400, at any cost.
  const auto clean = planning::best_fleet(fleet_goal::least_carbon, q),
             cheap = planning::best_fleet(fleet_goal::least_cost, q);
  for (const auto& p : clean.best[0].parts)
    CHECK(p.site_name == "dear");
  for (const auto& p : cheap.best[0].parts)
    CHECK(p.site_name == "cheap");
}

TEST_CASE("months: the load grows, a site opens, chips arrive") {
  request q = small_request();
  q.months = 3;
  q.chips[1].available = {0, 0, 200};
  q.sites[0].power = {0 * watt, 1 * megawatt};  // opens in the second month
  q.classes[0].calls = {20 / second, 60 / second, 60 / second};
  const auto months = planning::cheapest_fleet(q);
  REQUIRE(months.size() == 3);
  for (std::size_t m = 0; m < 3; ++m) {
    for (const auto& p : months[m].best[0].parts) {
      CHECK(p.site_name == (m == 0 ? "dear" : "cheap"));
      if (m < 2) CHECK(p.chip_name == "H100-SXM5-80GB");
    }
  }
  CHECK(has(months[0].binding(), "the power of cheap"));
  CHECK(has(months[1].binding(), "the number of B200-SXM-180GB"));
  CHECK(months[2].binding() == "nothing");
  CHECK(months[2].best[0].cost() < months[1].best[0].cost());
  const auto tokens = months[0].best[0].output_tokens();
  CHECK(in<token / second>(tokens) == approx(300 * (20 + 20)));
  CHECK(in<usd_per_million_tokens>(months[0].best[0].price_of_tokens()) ==
        approx(in<usd / second>(months[0].best[0].cost()) / 12000 * 1e6));
  CHECK(has(to_string(months[0].best[0]), "H100-SXM5-80GB"));
}

TEST_CASE("a site takes only the chips it names") {
  request q = small_request();
  q.sites[0].power.clear();
  q.sites[0].chips = {"H100-SXM5-80GB"};
  q.sites[1].chips = {"B200-SXM-180GB"};
  const auto found = planning::best_fleet(fleet_goal::least_cost, q, 0, 5);
  REQUIRE(found.best.size() == 5);
  for (const auto& f : found.best) {
    for (const auto& p : f.parts)
      CHECK((p.site == 0) == (p.chip == 0));
  }
}

TEST_CASE("what cannot be served says what binds") {
  request q = small_request();
  q.classes[1].demand.time_per_output_token = 0.5 * (millisecond / token);
  const std::string slow = message<lc::infeasible>(q);
  CHECK(has(slow, "no chip serves class batch in month 0"));
  CHECK(has(slow, "H100-SXM5-80GB: time per output token"));
  CHECK(has(slow, "B200-SXM-180GB: time per output token"));

  q = small_request();
  q.sites[1].power = {20 * kilowatt};
  q.sites[0].power = {20 * kilowatt};
  q.chips[1].available.clear();
  const std::string dark = message<lc::infeasible>(q);
  CHECK(has(dark, "Raise the power of cheap to "));
  CHECK(has(dark, ", or the power of dear to "));
  CHECK(has(dark, "(allowed 20 kW, missing "));

  // With just as much as the error asks for, there is a fleet; with a little less there is none.
  q = small_request();
  q.sites.pop_back();
  q.sites[0].power = {30 * kilowatt};
  const std::string short_ = message<lc::infeasible>(q);
  REQUIRE(has(short_, "the power of cheap to "));
  const std::string asked = short_.substr(short_.find("cheap to ") + 9);
  const double needed = std::stod(asked);
  REQUIRE(has(asked.substr(0, 12), "kW"));
  q.sites[0].power = {needed * 1.001 * kilowatt};
  CHECK(message<lc::infeasible>(q).empty());
  q.sites[0].power = {needed * 0.999 * kilowatt};
  CHECK(!message<lc::infeasible>(q).empty());

  q = small_request();
  q.chips.erase(q.chips.begin());
  q.chips[0].available = {8};
  CHECK(has(message<lc::infeasible>(q), "the number of B200-SXM-180GB to "));
  CHECK(has(message<lc::infeasible>(q), "(allowed 8 chips, missing "));

  q = small_request();
  q.capital = {1e5 * usd};
  CHECK(has(message<lc::infeasible>(q), "(even alone: class chat, batch)"));
  CHECK(has(message<lc::infeasible>(q), "the capital to "));
  q.sites.pop_back();
  q.sites[0].power = {1 * kilowatt};
  CHECK(has(message<lc::infeasible>(q),
            "Several limits stand in the way at once; raise more than one of: the power of cheap"));
  q.sites[0].chips = {"H100-SXM5-80GB"};
  q.chips.erase(q.chips.begin());
  CHECK(has(message<lc::invalid_value>(q),
            "request.sites[0].chips[0] is \"H100-SXM5-80GB\"; allowed: one of B200-SXM-180GB"));
}

TEST_CASE("what is wrong with a request is named by its path") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto refused = [&](auto&& change, const char* part) {
    request q = small_request();
    change(q);
    const std::string said = message<lc::error>(q, fleet_goal::least_carbon);
    CAPTURE(said);
    CAPTURE(part);
    CHECK(has(said, part));
  };
  refused([](request& q) { q.classes.clear(); }, "request.classes is empty; allowed: at least one");
  refused([](request& q) { q.chips.clear(); }, "request.chips is empty");
  refused([](request& q) { q.sites.clear(); }, "request.sites is empty");
  refused([](request& q) { q.months = 0; }, "request.months is 0");
  refused([](request& q) { q.parts = 0; }, "request.parts is 0");
  refused([](request& q) { q.classes[0].demand.calls = 0 / second; }, "request.classes[0].demand.calls is 0");
  refused([&](request& q) { q.classes[1].calls = {1 / second, nan / second}; }, "request.classes[1].calls[1]");
  refused([](request& q) { q.classes[0].demand.output = 0 * token; }, "request.classes[0].demand.output is 0");
  refused([](request& q) { q.classes[0].demand.peak_to_mean = 0.5; }, "request.classes[0].demand.peak_to_mean is 0.5");
  refused([](request& q) { q.classes[0].demand.cached_share = 2; }, "request.classes[0].demand.cached_share is 2");
  refused(
      [&](request& q) { q.chips[0].chip.price = lc::unknown<lc::quantity<lc::unit::usd>>(); },
      "request.chips[0].chip.price is unknown; allowed: a known value. H100-SXM5-80GB has no published one; set it: "
      "request.chips[0].chip.price = 30000 * usd, or rent it: request.chips[0].rent = 2.50 * usd / hour.");
  refused([](request& q) { q.chips[0].chip.price = -1 * usd; }, "request.chips[0].chip.price is");
  refused([](request& q) { q.chips[1].rent = -1 * usd_per_hour; }, "request.chips[1].rent");
  refused([](request& q) { q.chips[1].available = {8, -1}; }, "request.chips[1].available[1] is -1");
  refused([](request& q) { q.chips[1].per_node = 0; }, "request.chips[1].per_node is 0");
  refused([&](request& q) { q.chips[0].chip.thermal_design_power = nan * watt; },
          "request.chips[0].chip.thermal_design_power");
  refused([](request& q) { q.sites[0].power = {-5 * watt}; }, "request.sites[0].power[0] is -5 W");
  refused([&](request& q) { q.sites[1].energy.price = nan * (usd / megawatt_hour); }, "request.sites[1].energy.price");
  refused([](request& q) { q.sites[1].building.utilisation = 0; }, "request.sites[1].building.utilisation is 0");
  refused([](request& q) { q.sites[1].energy.carbon = lc::unknown<lc::quantity<lc::unit::kilogram_co2e_per_joule>>(); },
          "request.sites[1].energy.carbon is unknown");
  refused([&](request& q) { q.capital = {nan * usd}; }, "request.capital[0]");
  // Every field of the demand, objectives too.
  int fields = 0;
  const lc::call_demand<> asked = batch();
  lc::for_each_field(asked, "", [&](const std::string&, const auto&, const auto&) { ++fields; });
  for (int i = 0; i < fields; ++i) {
    for (const double bad : {-1.0, std::numeric_limits<double>::infinity(), nan, 1e300}) {
      request q = small_request();
      std::string path;
      bool allowed = false;
      int k = 0;
      const auto set = [&](const std::string& at, auto& value, const auto& of) {
        if (k++ != i) return;
        value = lc::from_base_value<std::remove_cvref_t<decltype(value)>>(bad);
        path = at, allowed = lc::allows(of.allowed, value);
      };
      lc::for_each_field(q.classes[1].demand, "request.classes[1].demand", set);
      if (allowed) continue;
      CAPTURE(path);
      CHECK(has(message<lc::invalid_value>(q), (path + " is ").c_str()));
    }
  }
  CHECK(fields == 9);
  refused([](request& q) { q.classes[0].demand.time_to_first_token = 0 * second; },
          "request.classes[0].demand.time_to_first_token is 0 s; allowed: above 0 s");
  // A chip without a price may be rented.
  request q = small_request();
  q.chips[0].chip.price = lc::unknown<lc::quantity<lc::unit::usd>>();
  q.chips[0].rent = 2 * usd_per_hour;
  CHECK(message<lc::error>(q).empty());
}

TEST_CASE("a plant of given size is refused: its cost does not add up over fleets") {
  planning::fleet_request<std::remove_cvref_t<decltype(model)>, lc::chips::accelerator, lc::energy::power_plant> q;
  q.classes = {{"chat", model, chat(), {}}};
  q.chips.push_back({.chip = lc::chips::catalog::h100_sxm});
  q.sites.push_back({.name = "own", .energy = {.technology = lc::energy::catalog::gas_ccgt}});
  const auto built = planning::best_fleet(fleet_goal::least_cost, q).best[0];
  CHECK(in<watt>(built.site_power()) > 0);
  q.sites[0].energy.capacity = 10 * megawatt;
  CHECK_THROWS_WITH_AS((void)planning::best_fleet(fleet_goal::least_cost, q),
                       doctest::Contains("request.sites[0].energy is 1"), lc::invalid_value);
}
