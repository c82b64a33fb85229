// The ceiling: the least of what each resource allows, with the price of one more unit of the one that binds.
#include <doctest/doctest.h>

#include <limits>

#include "../../approx.hpp"
#include "service.hpp"

using namespace layercake_test;

TEST_CASE("push(pull(x)) is x for every resource") {
  const auto s = service();
  const auto bill = s.pull(lc::counting::smooth);
  const auto back = [&](const lc::grant& g) { return s.push(g).calls / bill.serving.calls; };
  CHECK(back({.plant_power = bill.supplied.plant.peak}) == approx(1).epsilon(1e-12));
  CHECK(back({.site_power = bill.built.power.peak}) == approx(1).epsilon(1e-12));
  CHECK(back({.chips = bill.built.chips}) == approx(1).epsilon(1e-12));
  CHECK(back({.silicon = bill.built.silicon}) == approx(1).epsilon(1e-12));
  CHECK(back({.capital = bill.built.capex()}) == approx(1).epsilon(1e-12));
  CHECK(back({.land = bill.built.land}) == approx(1).epsilon(1e-12));
  CHECK(back({.construction_workers = bill.built.construction_workers}) == approx(1).epsilon(1e-12));
  CHECK(back({.operators = bill.built.operators}) == approx(1).epsilon(1e-12));
  CHECK(back({.water = bill.water()}) == approx(1).epsilon(1e-12));
  CHECK(back({.carbon = bill.supplied.carbon}) == approx(1).epsilon(1e-12));
  const auto c = s.push({.plant_power = bill.supplied.plant.peak});
  CHECK(c.users == approx(1e6).epsilon(1e-12));
  CHECK(c.cost / bill.cost() == approx(1).epsilon(1e-12));
  // a whole fleet's power makes at least what was asked
  CHECK(s.push(s.pull().supplied.plant.peak).calls >= bill.serving.calls);
}

TEST_CASE("the least allowance binds, and its shadow price is the slope of the ceiling") {
  const auto s = service();
  const lc::grant g{.site_power = 100 * megawatt, .chips = 20000, .capital = 5 * billion_usd};
  const auto c = s.push(g);
  CHECK(std::string(c.binding()) == "chips");
  CHECK(c.calls == c.of(&lc::grant::chips).calls);
  CHECK(c.of(&lc::grant::chips).calls < c.of(&lc::grant::site_power).calls);
  CHECK(c.of(&lc::grant::chips).calls < c.of(&lc::grant::capital).calls);
  // one more chip, by difference
  const auto more = s.push({.site_power = 100 * megawatt, .chips = 20001, .capital = 5 * billion_usd});
  CHECK(in<token_per_second>(more.output_tokens - c.output_tokens) ==
        approx(in<token_per_second>(c.of(&lc::grant::chips).tokens_per_unit)).epsilon(1e-6));
  const double margin = in<usd_per_hour>((more.value - more.cost) - (c.value - c.cost));
  CHECK(margin == approx(in<usd_per_hour>(c.of(&lc::grant::chips).margin_per_unit)).epsilon(1e-6));
  // what does not bind is worth nothing at the margin
  CHECK(in<token / joule>(c.of(&lc::grant::site_power).tokens_per_unit) == 0);
  CHECK(lc::to_string(c).find("binds: chips") != std::string::npos);
}

TEST_CASE("time granted counts after building") {
  const auto s = service();
  CHECK(in<month>(s.pull().built.time_to_build) > 1);
  CHECK(in<token>(s.push({.chips = 8000, .time = 1 * month}).tokens_in_time) == 0);
}

TEST_CASE("a grid connection limits the site by itself") {
  auto s = service();
  s.energy.connection = 10 * megawatt;
  const auto c = s.push(1 * gigawatt);
  CHECK(std::string(c.binding()) == "site_power");
  CHECK(in<megawatt>(c.of(&lc::grant::site_power).granted) == approx(10).epsilon(1e-9));
  CHECK(lc::is_finite(c.cost));
}

TEST_CASE("nothing granted, nothing limits; a bad grant is refused by name") {
  const auto s = service();
  CHECK(std::string(s.push(lc::grant{}).binding()) == "nothing granted");
  CHECK_THROWS_WITH_AS(s.push({.chips = -5}), doctest::Contains("grant.chips is -5; allowed: at least 0."),
                       lc::invalid_value);
}

TEST_CASE("needs are those of the ceiling: a large cluster has more tiers of switches than a small one") {
  const auto s = service();
  const auto c = s.push({.capital = 20 * billion_usd});
  auto large = s.application;
  large.daily_users = c.users;
  const auto bill = s.with(large).pull(lc::counting::smooth);
  CHECK(in<billion_usd>(bill.built.capex()) == approx(20).epsilon(1e-6));
  CHECK(in<usd_per_hour>(bill.cost()) == approx(in<usd_per_hour>(c.cost)).epsilon(1e-6));
  // and they differ from those of the service as it is
  const auto small_bill = s.pull(lc::counting::smooth);
  CHECK(bill.built.capex() / plain(bill.built.chips) >
        1.02 * (small_bill.built.capex() / plain(small_bill.built.chips)));
}

TEST_CASE("a grant of what the service's need is unknown of is refused, a grant of nothing makes nothing") {
  const auto s =
      service().with(lc::energy::grid{.price = 62 * usd / megawatt_hour, .carbon = 370 * gram_co2e / kilowatt_hour});
  CHECK_THROWS_WITH_AS(s.push({.water = 1 * litre / second}), doctest::Contains("grant.water"), lc::missing_value);
  const auto none = s.push({.site_power = 0 * watt});
  CHECK(in<token_per_second>(none.output_tokens) == 0);
  CHECK(in<token / joule>(none.of(&lc::grant::site_power).tokens_per_unit) >
        0);  // the first watt would be worth as much as any
  CHECK(lc::to_string(none).find("nan") == std::string::npos);
}

TEST_CASE("a plant of given capacity limits by what it makes on average, too") {
  auto plant = lc::energy::power_plant{};
  plant.technology = lc::energy::catalog::solar_pv_utility;
  plant.capacity = 100 * megawatt;
  const auto s = service();
  const auto solar = lc::stack{plant, s.chip, s.infrastructure, s.model, s.application};
  const auto c = solar.push(lc::grant{});
  CHECK(std::string(c.binding()) == "site_power");
  CHECK(lc::is_finite(c.cost));
  const auto bill = solar.pull(lc::counting::smooth);
  const double mean = in<megawatt>(bill.built.power.mean) * (c.calls / bill.serving.calls);
  CHECK(mean <= 100 * plant.technology.capacity_factor * (1 - plant.transmission_loss) * (1 + 1e-6));
}

TEST_CASE("a grant of more than there is counts as any other") {
  const auto s = service();
  const lc::ceiling c = s.push(lc::grant{.site_power = 1e28 * watt});
  CHECK(std::string(c.binding()) == "site_power");
  CHECK(c.of(&lc::grant::site_power).granted == lc::grant{.site_power = 1e28 * watt}.site_power);
  CHECK(lc::is_finite(c.calls));
}

namespace {
// Says that it brings what it then does not serve.
struct boastful {
  template <class N>
  auto pull(const lc::power_demand<N>& meter) const {
    const lc::quantity<lc::unit::usd_per_second, N> endless =
        N(std::numeric_limits<double>::infinity()) * (usd / second);
    const auto cost = plain(meter.mean) * N(1) * (60 * usd / megawatt_hour);
    return lc::energy::basic_energy_bill<N>{.meter = meter,
                                            .plant = lc::generated_for(meter),
                                            .energy_cost = lc::where(plain(meter.peak) > N(1e9) * watt, endless, cost)};
  }
  template <class N>
  auto push(const lc::quantity<lc::unit::watt, N>& plant) const {
    return plant;
  }
  std::string why_not(const lc::power_demand<>& meter) const {
    return plain(meter.peak) > 1 * gigawatt ? "the line melts above 1 GW" : "";
  }
};
}  // namespace

TEST_CASE("a ceiling that costs infinity says which constraint fails, whatever is granted") {
  const auto s = service();
  // 64 ports: six tiers would join more than 64 * 32^4 = 67,108,864 nodes of 8 chips, some 0.7 TW.
  for (const lc::grant& g :
       {lc::grant{.plant_power = 1e12 * watt}, lc::grant{.plant_power = 1e29 * watt}, lc::grant{.capital = 1e15 * usd},
        lc::grant{.site_power = 1e12 * watt, .capital = 1e15 * usd}, lc::grant{.chips = 8 * 67108864.0 * 1.01}}) {
    const lc::ceiling c = s.push(g);
    CAPTURE(lc::to_string(c));
    CHECK(lc::is_finite(plain(c.output_tokens)));
    CHECK(c.output_tokens > 1e11 * token / second);
    CHECK(!lc::is_finite(c.cost));
    CHECK(c.reason.find("network: ") == 0);
    CHECK(c.reason.find("nodes are more than its tiers of switches join") != std::string::npos);
    CHECK(lc::to_string(c).find("\n  infinite: " + c.reason) != std::string::npos);
  }
  const lc::ceiling joined = s.push({.chips = 8 * 67108864.0 * 0.99});
  CHECK(lc::is_finite(joined.cost));
  CHECK(joined.reason.empty());
  CHECK(lc::to_string(joined).find("infinite") == std::string::npos);
  // The price of a dollar beyond is none that can be had; below, capital that is not needed changes nothing.
  CHECK(s.push({.site_power = 1 * gigawatt, .capital = 1e15 * usd}).cost == s.push({.site_power = 1 * gigawatt}).cost);
  CHECK(s.push(lc::grant{}).reason.find("nothing that is granted limits") == 0);

  const lc::stack proud{boastful{}, s.chip, s.infrastructure, s.model, s.application};
  CHECK(proud.push({.site_power = 0.9 * gigawatt}).reason.empty());
  CHECK(proud.push({.site_power = 2 * gigawatt}).reason == "energy: the line melts above 1 GW");
}

// A stack is not composed where no plan answers; a bill under a plan that does not can be asked for.
TEST_CASE("a plan that answers nothing costs infinity, never nan, and its ceiling is 0") {
  auto slow = service();
  slow.application.time_per_output_token = 1 * microsecond / token;
  auto large = service();
  large.model.architecture.layers *= 4;
  auto free = slow;  // what may be 0 is
  free.energy.carbon = {}, free.energy.water = {};
  auto& site = free.infrastructure;
  site.power_usage_effectiveness = 1, site.maintenance = 0, site.water_usage_effectiveness = {};
  site.node.other_power = 0, site.node.power_supply_efficiency = 1, site.node.price_per_chip = {};
  site.network.power = 0, site.network.switch_price = {}, site.network.node_link_price = {};
  site.network.trunk_link_price = {};
  site.facility.operators = {}, site.facility.operator_pay = {}, site.facility.land = {};
  site.facility.floor_area = {}, site.facility.construction_workers.total = {};
  const auto says_nan = [](const std::string& text) {
    return text.find(" nan") != std::string::npos || text.find("$nan") != std::string::npos;
  };
  for (const auto& s : {slow, large, free}) {
    const lc::layers on{s.energy, s.chip, s.infrastructure, s.model, s.application};
    const lc::billing<double, std::remove_const_t<decltype(on)>> law(on, s.plan);
    for (const auto how : {lc::counting::whole, lc::counting::smooth}) {
      const lc::bill b = law(how);
      CHECK(b.cost() > 1e300 * usd / second);
      CHECK(b.price_of_tokens() > 1e300 * usd / token);
      const auto is_number = [&](const auto& f) {
        CAPTURE(f.name);
        CHECK(lc::is_known(f.read(b)));
      };
      std::apply([&](const auto&... f) { (is_number(f), ...); }, lc::bill_figures());
      CHECK(!says_nan(lc::to_string(b)));
    }
    for (const lc::grant& g :
         {lc::grant{}, lc::grant{.site_power = 1 * gigawatt}, lc::grant{.chips = 1e5, .capital = 1e9 * usd}}) {
      const lc::ceiling c = lc::ceiling_of(g, [&](double scale) { return law(lc::counting::smooth, scale); });
      CHECK(c.calls == 0 / second);
      CHECK(plain(c.output_tokens) == 0 * token / second);
      CHECK(c.cost == 0 * usd / second);
      CHECK(!says_nan(lc::to_string(c)));
      CHECK(std::string(c.binding()) != "nothing granted");
    }
  }
  const lc::energy::power_plant plant{.technology = lc::energy::catalog::solar_pv_utility, .transmission_loss = 0};
  const auto sunny = lc::stack{plant, slow.chip, slow.infrastructure, slow.model, service().application};
  const auto& who = slow.application;
  const lc::layers hasty{sunny.energy, sunny.chip, sunny.infrastructure, sunny.model, who};
  CHECK(lc::bill_of<double>(hasty, sunny.plan, lc::counting::whole).cost() > 1e300 * usd / second);
}

TEST_CASE("a grant prints all that it grants and all that it does not") {
  const std::string text = lc::to_string(lc::grant{.site_power = 1 * gigawatt, .chips = 8000});
  CHECK(text.find("site_power              1 GW") != std::string::npos);
  CHECK(text.find("chips                   8000") != std::string::npos);
  std::size_t open = 0;
  for (std::size_t at = text.find("not limited"); at != std::string::npos; at = text.find("not limited", at + 1))
    ++open;
  CHECK(open == std::tuple_size_v<decltype(lc::grant::fields())> - 2);
}
