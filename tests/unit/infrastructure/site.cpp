#include <doctest/doctest.h>

#include <cmath>
#include <layercake/infrastructure/infrastructure.hpp>
#include <limits>
#include <xsimd/xsimd.hpp>

#include "../../approx.hpp"
#include "../record_checks.hpp"

namespace lc = layercake;
namespace inf = layercake::infrastructure;
using namespace lc::units;

namespace {

// Ten lines of a user's own: a colocation that bills per kilowatt.
struct rented_hall {
  double availability = 0.999, utilisation = 0.8;
  template <class N>
  auto pull(const lc::chip_demand<N>& d, lc::counting) const {
    inf::infrastructure_need<N> need{
        .chips = d.chips,
        .power = {plain(d.chips) * plain(d.peak_power) * 1.9, plain(d.chips) * plain(d.mean_power) * 1.9}};
    need.facility_cost = plain(need.power.peak) * (150 * usd_per_kilowatt_month);
    return need;
  }
  template <class N, class F>
  auto time(const lc::collective<N>& c, const lc::scale_up_fabric<F>& f) const {
    return c.bytes / f.bandwidth;
  }
};
static_assert(inf::infrastructure<rented_hall>);
static_assert(inf::infrastructure<rented_hall, xsimd::batch<double>>);
static_assert(inf::infrastructure<inf::site>);
static_assert(inf::infrastructure<inf::site, lc::dual<double, 3>>);
static_assert(inf::infrastructure<inf::basic_site<float>, float>);
static_assert(inf::infrastructure<inf::basic_site<lc::dual<double, 1>>>);
static_assert(inf::infrastructure<inf::basic_site<xsimd::batch<double>>, xsimd::batch<double>>);
static_assert(!inf::infrastructure<inf::network>);

const lc::chip_demand<> demand{1000, 700 * watt, 500 * watt, 28000 * usd, 814 * square_millimetre};

}  // namespace

TEST_CASE("site: a bill by hand") {
  const auto s = inf::site{.chips_per_node = 8, .power_usage_effectiveness = 1.25};
  const auto need = s.pull(demand);
  CHECK(need.nodes == 125);
  CHECK(need.chips == 1000);
  // 0.7 MW of chips x 1.53 x 1.14 x 1.4
  CHECK(in<megawatt>(need.peak.servers()) == approx(0.7 * 1.53));
  CHECK(in<megawatt>(need.it_power.peak) == approx(0.7 * 1.53 * 1.14));
  CHECK(in<megawatt>(need.power.peak) == approx(0.7 * 1.53 * 1.14 * 1.4));
  CHECK(in<megawatt>(need.power.mean) == approx(0.5 * 1.53 * 1.14 * 1.25));
  CHECK(in<million_usd>(need.capex_chips) == approx(28));
  CHECK(in<million_usd>(need.capex_servers) == approx(12.48));
  CHECK(in<million_usd>(need.capex_facility) == approx(12.47 * 0.7 * 1.53 * 1.14));
  // 125 nodes on 64 ports: two tiers, 4 leaves and 2 on top a rail, 1000 and 1024 links
  CHECK(in<usd>(need.capex_network) == approx(48 * 36000 + 1000 * 1320 + 1024 * 1240));
  const double a5 = 0.0679 / (1 - std::pow(1.0679, -5)), a14 = 0.0679 / (1 - std::pow(1.0679, -14));
  CHECK(in<usd_per_year>(need.chip_cost) == approx(28e6 * a5));
  CHECK(in<usd_per_year>(need.facility_cost) == approx(in<usd>(need.capex_facility) * a14));
  CHECK(in<usd_per_year>(need.maintenance_cost) == approx(0.0113 * in<usd>(need.it_capex())));
  CHECK(in<usd_per_year>(need.staff_cost) == approx(0.1 * in<megawatt>(need.power.peak) * 123760));
  CHECK(in<square_metre>(need.land) == approx(3000 * in<megawatt>(need.power.peak)));
  CHECK(in<litre / hour>(need.water) == approx(0.5 * in<kilowatt>(need.it_power.mean)));
  CHECK(in<month>(need.time_to_build) == approx(48));
  // 40.48 M$ of chips and servers and 4.318 M$ of network over 5 years, 15.22 M$ of building over 14, upkeep, people.
  const double network = 48 * 36000 + 1000 * 1320 + 1024 * 1240, equipment = 40.48e6 + network;
  CHECK(in<usd_per_year>(need.cost()) ==
        approx(equipment * (a5 + 0.0113) + 12.47 * 0.7e6 * 1.53 * 1.14 * a14 + 0.1 * 0.7 * 1.53 * 1.14 * 1.4 * 123760));
}

TEST_CASE("site: energy in is the sum of the parts, at every stage, for any site") {
  for (const auto* s : inf::catalog::sites) {
    for (const double efficiency : {0.7, 0.96, 1.0}) {
      auto site = *s;
      site.node.power_supply_efficiency = efficiency;
      const auto need = site.pull(demand);
      const auto conserved = [&](const auto& p) {
        const auto sum = plain(p.chips) + p.hosts + p.power_supplies + p.network + p.building;
        CHECK(in<watt>(p.facility()) == approx(in<watt>(sum)).epsilon(1e-15));
        // What the supplies lose is what goes in less what comes out.
        CHECK(in<watt>(p.servers()) * efficiency == approx(in<watt>(plain(p.chips) + p.hosts)).epsilon(1e-14));
        CHECK(p.power_supplies >= 0 * watt);
      };
      conserved(need.peak);
      conserved(need.mean);
      CHECK(plain(need.peak.facility()) >= plain(need.mean.facility()));
      CHECK(in<watt>(need.it_power.mean) * site.power_usage_effectiveness ==
            approx(in<watt>(need.power.mean)).epsilon(1e-14));
      CHECK(in<watt>(need.peak.it()) == approx(in<watt>(need.peak.chips) * site.it_multiplier()).epsilon(1e-14));
    }
  }
}

TEST_CASE("site: push undoes pull") {
  for (const auto* s : inf::catalog::sites) {
    for (double chips = 8; chips < 3e7; chips = 8 * std::floor(chips / 8 * 1.7 + 1)) {
      auto d = demand;
      d.chips = chips;
      const auto need = s->pull(d);
      CHECK(need.chips == chips);
      CHECK(s->push(plain(need.power.peak), d) == chips);
      // A watt less than the last node needs loses the node.
      CHECK(s->push(plain(need.power.peak - need.power.peak / chips), d) == chips - 8);
      d.chips = chips - 3.5;
      CHECK(s->pull(d).chips == chips);  // whole nodes
      CHECK(s->push(plain(s->pull(d, lc::counting::smooth).power.peak), d, lc::counting::smooth) ==
            approx(plain(d.chips)).epsilon(1e-14));
    }
  }
  CHECK(inf::site{}.push(0.0 * watt, demand) == 0);
  CHECK(inf::site{}.pull(lc::chip_demand<>{0, 700 * watt, 500 * watt, 28000 * usd, 814 * square_millimetre}).cost() ==
        0 * usd_per_hour);
  // What is not said of the chips is unknown, not free.
  const auto unsaid =
      inf::site{}.pull(lc::chip_demand<>{.chips = 1000, .peak_power = 700 * watt, .mean_power = 500 * watt});
  CHECK_FALSE(lc::is_known(unsaid.chip_cost));
  CHECK_FALSE(lc::is_known(unsaid.silicon));
  CHECK(in<megawatt>(unsaid.power.peak) == approx(0.7 * 1.53 * 1.14 * 1.4));
}

// Nothing and without end: what is free stays free, what a chip does not draw it does not draw of any number.
TEST_CASE("site: no chips and chips without end give no nan") {
  const double infinity = std::numeric_limits<double>::infinity();
  const lc::chip_demand<> idle{0, 700 * watt, 0 * watt, 0 * usd, 0 * square_millimetre};
  for (const double chips : {0.0, infinity}) {
    for (const auto how : {lc::counting::whole, lc::counting::smooth}) {
      auto d = idle;
      d.chips = chips;
      const auto need = inf::site{}.pull(d, how);
      for (const auto& money : {need.chip_cost, need.server_cost, need.network_cost, need.facility_cost,
                                need.maintenance_cost, need.staff_cost, need.cost()})
        CHECK(lc::is_known(money));
      CHECK(need.chip_cost == 0 * usd / second);
      CHECK(need.silicon == 0 * square_metre);
      CHECK(plain(need.power.mean) == 0 * watt);
      CHECK(need.water == 0 * cubic_metre / second);
      CHECK(lc::is_known(plain(need.power.peak)));
      CHECK(lc::is_known(need.operators));
      CHECK(lc::is_finite(need.cost()) == (chips == 0));
    }
  }
  const auto nothing = inf::site{}.pull(idle);
  CHECK(plain(inf::chip_share<lc::boundary::site_capex>(nothing)) == 0);
  CHECK(plain(inf::chip_share<lc::boundary::server_price>(nothing)) == 0);
  CHECK(plain(inf::chip_power_share(nothing.peak)) == 0);
}

TEST_CASE("site: slopes of cost, power and water in every input") {
  const auto per_second = [](const auto& s) { return s.pull(demand, lc::counting::smooth).cost(); };
  layercake_test::check_gradient(inf::site{}, per_second);
  layercake_test::check_gradient(inf::site{},
                                 [](const auto& s) { return s.pull(demand, lc::counting::smooth).power.peak; });
  layercake_test::check_gradient(inf::site{}, [](const auto& s) { return s.pull(demand, lc::counting::smooth).water; });
  layercake_test::check_gradient(inf::site{},
                                 [](const auto& s) { return s.push(1 * megawatt, demand, lc::counting::smooth); });
}

TEST_CASE("site: batch and float agree with double") {
  using batch = xsimd::batch<double>;
  alignas(64) double chips[batch::size];
  for (std::size_t i = 0; i < batch::size; ++i)
    chips[i] = 100.0 * static_cast<double>(i * i) + 3;
  const lc::chip_demand<batch> wide{batch::load_aligned(chips), batch(700.0) * watt, batch(500.0) * watt,
                                    batch(28000.0) * usd, batch(814.0) * square_millimetre};
  const auto b = inf::site{}.pull(wide);
  for (std::size_t i = 0; i < batch::size; ++i) {
    auto d = demand;
    d.chips = chips[i];
    const auto one = inf::site{}.pull(d);
    CHECK(plain(b.nodes).get(i) == plain(one.nodes));
    CHECK(in<usd_per_hour>(b.cost()).get(i) == approx(in<usd_per_hour>(one.cost())).epsilon(1e-13));
    CHECK(in<watt>(b.power.peak).get(i) == approx(in<watt>(one.power.peak)).epsilon(1e-13));
    CHECK(inf::site{}.push(plain(b.power.peak), wide).get(i) == plain(one.chips));
  }
  const lc::chip_demand<float> narrow{1000.f, 700.f * watt, 500.f * watt, 28000.f * usd, 814.f * square_millimetre};
  const auto f = inf::basic_site<float>{}.pull(narrow);
  CHECK(static_cast<double>(in<usd_per_hour>(f.cost())) ==
        approx(in<usd_per_hour>(inf::site{}.pull(demand).cost())).epsilon(1e-5));
  CHECK(inf::basic_site<float>{}.push(plain(f.power.peak), narrow) == 1000.f);
}

TEST_CASE("site: bad input, every field of every part") {
  layercake_test::check_bad_input(inf::site{});
  inf::site s;
  s.facility.electrical_share = 0.6;
  const auto found = lc::check(s, "stack.infrastructure");
  REQUIRE(found.size() == 1);
  CHECK(found[0].path == "stack.infrastructure.facility.other_share");
  CHECK_THROWS_AS(lc::validate(s), lc::invalid_value);
}

TEST_CASE("facility: the longest of what proceeds side by side") {
  inf::facility f;
  CHECK(in<month>(f.time_to_build()) == approx(48));
  f.interconnection = 0 * month;  // power of its own
  CHECK(in<week>(f.time_to_build()) == approx(128));
  f.transformer_lead = 15 * month;
  CHECK(in<month>(f.time_to_build()) == approx(21));
}

TEST_CASE("catalog: sites, cooling, people, prices, shares") {
  using namespace inf::catalog;
  for (const auto* s : sites) {
    CHECK(lc::check(*s, s->name).empty());
    CHECK(&find_site(s->name) == s);
    CHECK(s->origin.source[0] != '\0');
  }
  CHECK(hyperscale.power_usage_effectiveness == 1.1);
  CHECK(google.origin.of("availability").how == lc::confidence::assumed);
  CHECK_THROWS_WITH(find_site("hyperscaler"), doctest::Contains("hyperscale"));
  for (const auto* c : coolings) {
    CHECK(&find_cooling(c->name) == c);
    CHECK(c->effectiveness_low <= c->effectiveness);
    CHECK(c->effectiveness <= c->effectiveness_high);
    if (lc::is_known(c->water)) CHECK(c->water_low <= c->water);
    CHECK(lc::check(inf::with_cooling(inf::site{}, *c)).empty());
  }
  CHECK(&find_fabric("pcie") == &pcie);
  for (const auto* n : {&average_ai_server, &dgx_h100, &dgx_a100, &tpu_server})
    CHECK(lc::check(*n).empty());
  // 10.2 kW over 8 x 700 W and 6.5 kW over 8 x 400 W
  CHECK(dgx_h100.power_multiplier() == approx(10.2 / 5.6));
  CHECK(dgx_a100.power_multiplier() == approx(6.5 / 3.2));
  // A line's share is its amount over its whole, to the digits that were printed.
  int checked = 0;
  for (const auto& l : cost_lines) {
    if (!lc::is_known(l.amount) || !lc::is_known(l.whole)) continue;
    INFO(l.study << " " << l.part);
    CHECK(std::abs(l.share - l.amount / l.whole) <= 0.015);  // amounts and shares have two digits
    ++checked;
  }
  CHECK(checked > 30);
  // The defaults are the typical values of the tables.
  const inf::facility f;
  CHECK(f.construction == construction_time_shell_to_commissioned.typical);
  CHECK(f.interconnection == interconnection_wait_us_average.typical);
  CHECK(f.transformer_lead == large_power_transformer_lead.typical);
  CHECK(f.land == campus_land.typical);
  CHECK(f.capex >= facility_capex_standard.low);
  CHECK(f.capex <= facility_capex_standard.high);
  CHECK(f.construction_workers.total == peak_construction_workers.typical);
  CHECK(f.construction_workers.electricians == electricians_per_mw_peak.typical);
  CHECK(f.operators == operators_per_mw_steady.typical);
  CHECK(in<usd_per_year>(f.operator_pay) == approx(in<usd_per_hour>(electrician_wage_union_dc.typical) * 2080));
}
