// Claim 8: the same five layers in a car. The plant is a battery, the chip a system on a chip of 130 W (Thor class), the building a vehicle; a
// latency bound takes the place of throughput.
//
// Derivation of the figures checked: 36 frames/s (the catalog's self_driving) leave 1/36 s = 27.8 ms a frame, within the 100 ms of sensing to acting. BEVFormer's
// 2.607 TFLOP a look (68.7e6 parameters; models/catalog_beyond_language.hpp) against 500 TFLOP/s in 8 bit take 5.2 ms at the peak rate, so one chip keeps up at
// 36 * 5.2 ms = 19 % of its time. 130 W of 15 kW at motorway speed cost 130 / (15000 + 130) = 0.86 % of the range. 75 kWh last 75000 / 15130 =
// 4.96 h, in which the car computes 36 * 3600 * 4.96 = 642 thousand frames at no more than 130 / 36 = 3.6 J each.
#include <doctest/doctest.h>

#include <layercake/layercake.hpp>

#include "../approx.hpp"

namespace lc = layercake;
using namespace lc::units;

namespace {

// The car's battery: power through a converter, each joule as dear as a charge at 0.30 $/kWh.
struct battery {
  lc::quantity<lc::unit::joule> energy = 75 * kilowatt_hour;
  double converter = 0.97;  // microgrid dc-dc converter of the catalog
  template <class N>
  auto pull(const lc::power_demand<N>& meter) const {
    const auto drawn = lc::generated_for(meter, converter);
    return lc::energy::basic_energy_bill<N>{
        .meter = meter, .plant = drawn, .energy_cost = plain(drawn.mean) * (0.30 * usd / kilowatt_hour)};
  }
  template <class N>
  auto push(const lc::quantity<lc::unit::watt, N>& drawn) const {
    return drawn * converter;
  }
};

}  // namespace

TEST_CASE("claim 8: a car is an edge instance of the stack") {
  lc::chips::accelerator soc{.name = "Thor class",
                             .peak = {.bf16 = 250 * teraflop_per_second, .int8 = 500 * teraflop_per_second},
                             .memory = 64 * gigabyte,
                             .memory_bandwidth = 273 * gigabyte / second,
                             .scale_up_bandwidth = 0 * byte / second,
                             .thermal_design_power = 130 * watt,
                             .idle_power = 40 * watt,
                             .price = 1000 * usd};
  const auto car = lc::infrastructure::site{
      .chips_per_node = 1,
      .power_usage_effectiveness = 1,
      .availability = 1,
      .utilisation = 1,
      .node = {.other_power = 0.2, .power_supply_efficiency = 0.97, .price_per_chip = 500 * usd}};
  const auto driving =
      lc::applications::workload{.name = "driving",
                                 .daily_users = 1,
                                 .tasks_per_user = 24 / day,  // hours of driving in a car that never stops
                                 .calls_per_task = 36 * 3600,
                                 .input = 0 * token,
                                 .output = 0 * token,
                                 .peak_to_mean = 1,
                                 .time_to_first_token = 100 * millisecond,
                                 .value_per_task = 20 * usd};
  auto looks = lc::models::catalog::bevformer_base.at(lc::precision::int8);
  looks.sustained = 1;  // kernels that are written for the chip and its one model; assumed
  const auto s = lc::stack{battery{}, soc, car, looks, driving};
  const auto bill = s.pull();
  CHECK(in<hertz>(bill.serving.calls) == approx(36));
  CHECK(bill.built.chips == 1);                                                  // one chip keeps up
  CHECK(in<millisecond>(bill.serving.time_to_first_token) < 100);                // within the loop
  CHECK(in<millisecond>(bill.serving.time_to_first_token) > 2.607 / 500 * 1e3);  // not faster than its peak
  CHECK(bill.serving.load > 36 * 2.607 / 500);
  CHECK(bill.serving.load < 1);
  const double per_frame = in<joule>(plain(bill.built.mean.chips) / bill.serving.calls);
  CHECK(per_frame < 130.0 / 36);
  CHECK(per_frame > 40.0 / 36);
  // the range that computing costs, at most 130 W of chip behind server and converter
  const double share = in<watt>(bill.supplied.plant.mean) / (15000 + in<watt>(bill.supplied.plant.mean));
  CHECK(share < 130 * 1.2 / 0.97 / 0.97 / 15000);
  CHECK(share > 0.002);

  // A chip that is twenty times slower misses the frame rate with one chip, or the loop altogether.
  auto slow = soc;
  slow.peak.bf16 = 3 * teraflop_per_second;
  slow.peak.int8 = 6 * teraflop_per_second;
  CHECK_THROWS_AS(s.with(slow), lc::infeasible);
}
