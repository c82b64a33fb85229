// What a serving chip does and what it draws.
#include <layercake/serving/energy.hpp>

#include <doctest/doctest.h>

#include "../../approx.hpp"

namespace lc = layercake;
using namespace layercake::units;
namespace {

// A chip with a power law of its own: 100 W at rest, 100 W more while a kernel runs, 200 W more at its peak FLOP/s.
struct linear_chip {
  lc::quantity<lc::unit::watt> idle_power = 100 * watt;
  template <class N>
  auto power(const lc::chips::basic_use<N>& u) const {
    return idle_power + (u.busy * 100.0 + u.compute * 200.0) * watt;
  }
};

const lc::step_cost<> step{.time = 10 * millisecond,
                           .exchange = 1 * millisecond,
                           .compute = 2 * millisecond,
                           .memory = 6 * millisecond,
                           .flop = 1.4 * teraflop,
                           .bytes = 10 * gigabyte,
                           .sixteen_bit_flop = 1 * teraflop};

}  // namespace

TEST_CASE("shares of the peaks that a step reaches") {
  // A fifth of the time at the roofline, of which the chip is busy for half.
  const lc::chips::use plain = lc::use_of(linear_chip{}, step, 0.5);
  CHECK(plain.busy == 0.5);
  CHECK(plain.compute == approx(0.5 * 0.2));
  CHECK(plain.memory == approx(0.5 * 0.6));
  // The roofline of a catalog chip counts with what it sustains; its FLOP by their width: 1 TFLOP of 16 bit in 10 ms.
  const auto& h100 = lc::chips::catalog::h100_sxm;
  const lc::chips::use share = lc::use_of(h100, step, 1.0);
  CHECK(share.compute == approx(100 / 989.4).epsilon(1e-3));
  CHECK(share.memory == approx(0.6 * h100.memory_efficiency));
}

TEST_CASE("an engine that runs does not rest between kernels, one without requests does") {
  // Busy for half of a step: as if a kernel ran all along, with half of the step's shares.
  CHECK(lc::in<watt>(lc::running_power(linear_chip{}, step, 0.5, 1.0)) == approx(100 + 100 + 200 * 0.1));
  // Steps for a quarter of the time: a quarter of that above idle.
  CHECK(lc::in<watt>(lc::running_power(linear_chip{}, step, 0.5, 0.25)) == approx(100 + 0.25 * 120));
  const auto& h100 = lc::chips::catalog::h100_sxm;
  const auto full = lc::running_power(h100, step, 0.8, 1.0), third = lc::running_power(h100, step, 0.8, 1.0 / 3);
  CHECK(lc::in<watt>(third) == approx(lc::in<watt>(h100.idle_power) + lc::in<watt>(full - h100.idle_power) / 3));
  CHECK(lc::in<watt>(lc::running_power(h100, step, 0.8, 0.0)) == approx(lc::in<watt>(h100.idle_power)));
  CHECK(full > lc::running_power(h100, step, 0.4, 1.0));
  CHECK(full < h100.thermal_design_power);
}

TEST_CASE("a peak that a step does not use has no bearing on what it draws") {
  auto chip = lc::chips::catalog::h100_sxm;
  const double watts = lc::in<watt>(lc::running_power(chip, step, 0.8, 1.0));
  for (const double more : {1.1, 2.0, 10.0}) {
    chip.peak.bf16 = lc::chips::catalog::h100_sxm.peak.bf16 * more;
    CHECK(lc::in<watt>(lc::running_power(chip, step, 0.8, 1.0)) == approx(watts).epsilon(1e-7));
  }
}

TEST_CASE("power by boundary") {
  // worked: serving/energy.hpp#power_at
  // 4 kW of chips; hosts 47 % of them; supplies of 96 %; 14 % of network; 25 % of building
  const lc::infrastructure::site site;
  const auto kilowatts = [&](lc::power_boundary boundary) {
    return lc::in<kilowatt>(lc::power_at(boundary, site, 8.0 * (500.0 * watt)));
  };
  const double hosts = 1 + site.node.other_power, supplies = site.node.power_supply_efficiency;
  CHECK(kilowatts(lc::power_boundary::chip) == approx(4));
  CHECK(kilowatts(lc::power_boundary::node_dc) == approx(4 * hosts));
  CHECK(kilowatts(lc::power_boundary::node_ac) == approx(4 * hosts / supplies));
  CHECK(kilowatts(lc::power_boundary::it) == approx(4 * hosts / supplies * (1 + site.network.power)));
  CHECK(kilowatts(lc::power_boundary::facility) == approx(4 * 1.53 * 1.14 * 1.25).epsilon(1e-3));
  CHECK(kilowatts(lc::power_boundary::facility) == approx(8.72).epsilon(1e-3));
}
