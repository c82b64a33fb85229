// A stack that is plain enough to be worked out on paper: every line of its bill, what a megawatt makes, what a month is worth.
//
// The chip does one TFLOP/s and always draws 240 W, the model takes 1 GFLOP a token: 1,000 tokens/s a chip. The engine adds nothing. Every
// call writes 1e6 tokens; 86.4 calls a day are asked, 1e-3 a second, so 1,000 tokens/s: one chip's work. At a peak of twice the mean two chips
// are needed, smoothly counted.
#include <doctest/doctest.h>

#include <cmath>
#include <layercake/layercake.hpp>

#include "../../approx.hpp"

namespace {
namespace lc = layercake;
using namespace lc::units;

struct plain_chip {
  lc::quantity<lc::unit::byte> memory = 192 * gigabyte;
  lc::quantity<lc::unit::byte_per_second> scale_up_bandwidth = 900 * gigabyte / second;
  double scale_up_domain = 1;
  lc::quantity<lc::unit::watt> thermal_design_power = 240 * watt, idle_power = 240 * watt;
  lc::quantity<lc::unit::usd> price = 30000 * usd;
  lc::quantity<lc::unit::square_metre> die_area = 800 * square_millimetre;
  template <class N>
  auto time(const lc::work<N>& w) const {
    return w.flop / (1 * teraflop_per_second);
  }
  template <class N>
  auto power(const lc::chips::basic_use<N>&) const {
    return lc::quantity<lc::unit::watt, N>(thermal_design_power);
  }
};
struct plain_model {
  template <class N>
  auto weights(const lc::models::split<N>&) const {
    return N(1e9) * byte;
  }
  template <class N>
  auto cache(const lc::quantity<lc::unit::token, N>&, const lc::models::split<N>&) const {
    return N(100e9) * byte;  // one call at a time
  }
  template <class N, class Visit>
  void operations(const lc::models::pass<N>& p, const lc::models::split<N>&, Visit&& visit) const {
    visit(lc::work<N>{p.sequences * N(1e9) * flop, N(1) * byte}, N(1));
  }
};

auto on_paper() {
  const lc::serving_plan bare{.software = {.per_step = 0 * second,
                                           .per_sequence = 0 * second,
                                           .per_request = 0 * second,
                                           .launch = 0 * second,
                                           .context = 0 * byte,
                                           .communication = 0 * byte,
                                           .graph_operation = 0 * byte,
                                           .wave_loss = 0}};
  return lc::stack{lc::energy::grid{.price = 100 * usd / megawatt_hour,
                                    .demand_charge = 10 * usd_per_kilowatt_month,
                                    .carbon = 400 * gram_co2e / kilowatt_hour,
                                    .water = 2 * litre / kilowatt_hour,
                                    .transmission_loss = 0.2},
                   plain_chip{},
                   lc::infrastructure::site{
                       .chips_per_node = 8,
                       .power_usage_effectiveness = 1.5,
                       .peak_overhead = 1,
                       .water_usage_effectiveness = 0.5 * litre_per_kilowatt_hour,
                       .availability = 1,
                       .utilisation = 1,
                       .discount_rate = 0,
                       .it_life = 5 * year,
                       .facility_life = 10 * year,
                       .maintenance = 0.02,
                       .node = {.other_power = 0.25, .power_supply_efficiency = 0.5, .price_per_chip = 10000 * usd}},
                   plain_model{},
                   lc::applications::assistant{.daily_users = 86.4,
                                               .tasks_per_user = 1 / day,
                                               .input = 0 * token,
                                               .output = 1e6 * token,
                                               .peak_to_mean = 2,
                                               .value_per_task = 3 * usd},
                   bare};
}
}  // namespace

TEST_CASE("a bill on paper") {
  const auto s = on_paper();
  const auto bill = s.pull(lc::counting::smooth);
  CHECK(in<hertz>(bill.usage.tasks) == approx(1e-3));
  CHECK(in<token_per_second>(bill.serving.output_tokens) == approx(1000));
  CHECK(plain(bill.built.chips) == approx(2).epsilon(1e-4));
  CHECK(bill.serving.load == approx(0.5).epsilon(1e-4));
  // 480 W of chips; hosts a quarter more, supplies of one half: 1,200 W of servers; the network's share on top; PUE 1.5; a fifth lost
  const double network = 1 + s.infrastructure.network.power;
  const double it = 1200 * network, meter = it * 1.5, plant = meter / 0.8;
  CHECK(in<watt>(bill.built.mean.chips) == approx(480).epsilon(1e-4));
  CHECK(in<watt>(bill.built.it_power.mean) == approx(it).epsilon(1e-4));
  CHECK(in<watt>(bill.built.power.mean) == approx(meter).epsilon(1e-4));
  CHECK(in<watt>(bill.built.power.peak) == approx(meter).epsilon(1e-4));
  CHECK(in<watt>(bill.supplied.plant.mean) == approx(plant).epsilon(1e-4));

  const double hours = 8766, months = 12;  // of a year
  const auto yearly = [](const auto& cost) { return in<usd_per_year>(cost); };
  CHECK(yearly(bill.supplied.energy_cost) == approx(meter * 1e-6 * hours * 100).epsilon(1e-4));
  CHECK(yearly(bill.supplied.capacity_cost) == approx(meter * 1e-3 * months * 10).epsilon(1e-4));
  // without interest a price is paid in equal parts over its life
  CHECK(yearly(bill.chip_cost()) == approx(2 * 30000 / 5.0).epsilon(1e-4));
  CHECK(yearly(bill.built.server_cost) == approx(2 * 10000 / 5.0).epsilon(1e-4));
  const double building = in<usd / watt>(s.infrastructure.facility.capex) * it;
  CHECK(yearly(bill.built.facility_cost) == approx(building / 10).epsilon(1e-4));
  const double switches = in<usd>(bill.built.capex_network);
  CHECK(yearly(bill.built.network_cost) == approx(switches / 5));
  CHECK(yearly(bill.built.maintenance_cost) == approx(0.02 * (80000 + switches)).epsilon(1e-4));
  const double staff = yearly(bill.built.staff_cost);
  const double total = meter * 1e-6 * hours * 100 + meter * 1e-3 * months * 10 + 12000 + 4000 + building / 10 +
                       switches / 5 + 0.02 * (80000 + switches) + staff;
  CHECK(yearly(bill.cost()) == approx(total).epsilon(1e-4));
  const double tokens = 1000 * hours * 3600;
  CHECK(in<usd_per_million_tokens>(bill.price_of_tokens()) == approx(total / tokens * 1e6).epsilon(1e-4));
  CHECK(in<usd>(bill.cost_per_task()) == approx(total / tokens * 1e6).epsilon(1e-4));  // a task is a million tokens
  CHECK(in<usd_per_year>(bill.usage.value) == approx(3 * tokens / 1e6));
  CHECK(in<joule_per_token>(bill.energy_per_token()) == approx(plant / 1000).epsilon(1e-4));
  // carbon and water of what is generated, and water on site by IT energy
  CHECK(in<kilogram_co2e / hour>(bill.supplied.carbon) == approx(plant * 1e-3 * 0.4).epsilon(1e-4));
  CHECK(in<litre / hour>(bill.water()) == approx(plant * 1e-3 * 2 + it * 1e-3 * 0.5).epsilon(1e-4));
  CHECK(in<square_millimetre>(bill.built.silicon) == approx(1600).epsilon(1e-4));
}

TEST_CASE("a ceiling on paper") {
  const auto s = on_paper();
  // A mean token takes 2 chips / 1,000 tokens/s at the peak: 1200 W * network * 1.5 at the meter for 1,000 tokens/s.
  const double meter = 1200 * (1 + s.infrastructure.network.power) * 1.5;
  const auto c = s.push({.site_power = 1 * megawatt});
  CHECK(in<token_per_second>(c.output_tokens) == approx(1e6 / meter * 1000).epsilon(1e-4));
  CHECK(in<token / joule>(c.of(&lc::grant::site_power).tokens_per_unit) == approx(1000 / meter).epsilon(1e-4));
  CHECK(std::string(c.binding()) == "site_power");
  // A hundred chips work half of the time.
  const auto chips = s.push({.chips = 100});
  CHECK(in<token_per_second>(chips.output_tokens) == approx(100 * 1000 / 2.0).epsilon(1e-4));
  CHECK(in<token_per_second>(chips.of(&lc::grant::chips).tokens_per_unit) == approx(500).epsilon(1e-4));
  // A power at the plant is a fifth more than at the meter.
  CHECK(in<token_per_second>(s.push(1 * megawatt).output_tokens) == approx(0.8e6 / meter * 1000).epsilon(1e-4));
  // 0.08 m2 of silicon are a hundred dies.
  CHECK(in<token_per_second>(s.push({.silicon = 0.08 * square_metre}).output_tokens) == approx(50000).epsilon(1e-4));
  // Six years from today, four of which the building takes (its facility's default), leave two.
  CHECK(in<year>(s.pull().built.time_to_build) == approx(4));
  CHECK(in<token>(s.push({.chips = 100, .time = 6 * year}).tokens_in_time) ==
        approx(50000 * 2 * 8766.0 * 3600).epsilon(1e-4));
}
