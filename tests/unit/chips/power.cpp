// The power law: between idle and the limit, rising with use, in watts that a calculation by hand gives, and in any
// number type.
#include <cmath>
#include <layercake/chips/chips.hpp>
#include <layercake/number/dual.hpp>

#include <doctest/doctest.h>

#include "../../approx.hpp"

using namespace layercake;
using namespace layercake::units;
namespace {

// H100 SXM.
constexpr chips::basic_power_chip<> hopper{84 * watt, 700 * watt, 989.5 * teraflop_per_second,
                                           3.35 * terabyte_per_second};

// Pinned, so that another fit leaves the calculations by hand alone.
constexpr chips::power_constants pinned{0.4308, 0.4745, 31.91, confidence::measured};

double watts(const chips::basic_power_chip<>& c, const chips::use& u) {
  return in<watt>(chips::power_at(pinned, c, u));
}

}  // namespace

TEST_CASE("power of a kernel by hand") {
  // 0.4308 + sqrt(0.4745 pJ x 989.5 TFLOP/s x 0.6 / 700 W) + 31.91 pJ x 3.35 TB/s x 0.3 / 700 W
  //   = 0.4308 + sqrt(0.40244) + 0.04581 = 1.11099;  1.11099 / (1 + 1.52349)^(1/4) = 0.88147, times 700 W.
  CHECK(watts(hopper, {1, 0.6, 0.3}) == approx(617.03).epsilon(1e-4));
  // Nothing but a clock: 0.4308 / (1 + 0.03444)^(1/4) of 700 W.
  CHECK(watts(hopper, {1, 0, 0}) == approx(299.02).epsilon(1e-4));
  // Half of the time: half way between that and idle.
  CHECK(watts(hopper, {0.5, 0, 0}) == approx((299.02 + 84) / 2).epsilon(1e-4));
  CHECK(watts(hopper, {0, 0, 0}) == approx(84));
}

TEST_CASE("power rises with use and stays below the limit") {
  double last = 0;
  for (int i = 0; i <= 100; ++i) {
    const double p = watts(hopper, {1, i / 100.0, i / 100.0});
    CHECK(p > last);
    CHECK(p < 700);
    last = p;
  }
  for (int i = 0; i < 100; ++i)
    CHECK(watts(hopper, {1, 0.2, (i + 1) / 100.0}) > watts(hopper, {1, 0.2, i / 100.0}));
  // A chip that idles above what a kernel would draw does not fall below its idle power.
  const chips::basic_power_chip<> hot{500 * watt, 700 * watt, hopper.half, hopper.memory_bandwidth};
  CHECK(watts(hot, {1, 0, 0}) == approx(500));
}

TEST_CASE("energies follow the chip, not its limit") {
  // The same work on a chip of the same energies and twice the limit and peaks: twice the watts at the same shares.
  const chips::basic_power_chip<> twice{168 * watt, 1400 * watt, 1979 * teraflop_per_second, 6.7 * terabyte_per_second};
  CHECK(watts(twice, {1, 0.3, 0.3}) == approx(2 * watts(hopper, {1, 0.3, 0.3})));
  // A chip with a lower limit for the same peaks draws less, and a larger share of its limit.
  const chips::basic_power_chip<> capped{84 * watt, 350 * watt, hopper.half, hopper.memory_bandwidth};
  CHECK(watts(capped, {1, 0.5, 0.3}) < watts(hopper, {1, 0.5, 0.3}));
  CHECK(watts(capped, {1, 0.5, 0.3}) / 350 > watts(hopper, {1, 0.5, 0.3}) / 700);
}

TEST_CASE("families: older processes spend more on arithmetic, assumptions are called so") {
  using chips::family;
  CHECK(chips::power_law(family::hopper, pinned).arithmetic == pinned.arithmetic);
  CHECK(chips::power_law(family::hopper, pinned).how == confidence::measured);
  CHECK(chips::power_law(family::blackwell, pinned).how == confidence::measured);
  CHECK(chips::power_law(family::ampere, pinned).arithmetic == approx(0.4745 / 0.7));
  CHECK(chips::power_law(family::volta, pinned).arithmetic == approx(0.4745 / 0.28));
  for (family f : {family::ampere, family::ada, family::volta, family::tpu, family::amd_cdna, family::other}) {
    CHECK(chips::power_law(f, pinned).how == confidence::assumed);
    CHECK(chips::power_law(f, pinned).arithmetic >= pinned.arithmetic);
  }
}

TEST_CASE("a chip of which only its limits are known draws what one of an H100's peaks per watt does") {
  const chips::use u{0.9, 0.3, 0.4};
  const double by_limits = in<watt>(chips::power_at(pinned, 84 * watt, 700 * watt, u));
  CHECK(by_limits == approx(watts(hopper, u)).epsilon(0.003));
}

TEST_CASE("power in single precision and as a gradient") {
  const chips::basic_power_chip<float> narrow{84.0F * watt, 700.0F * watt, 989.5F * teraflop_per_second,
                                              3.35F * terabyte_per_second};
  CHECK(in<watt>(chips::power_at(pinned, narrow, chips::basic_use<float>{1, 0.6F, 0.3F})) ==
        approx(617.03).epsilon(1e-4));
  using slope = dual<double, 1>;
  const auto p =
      in<watt>(chips::power_at(pinned, hopper, chips::basic_use<slope>{slope(1), slope::variable(0.6, 0), slope(0.3)}));
  CHECK(p.value == approx(617.03).epsilon(1e-4));
  const double d = 1e-5;
  CHECK(p.slope[0] ==
        approx((watts(hopper, {1, 0.6 + d, 0.3}) - watts(hopper, {1, 0.6 - d, 0.3})) / (2 * d)).epsilon(1e-6));
  // Where nothing is multiplied the slope is finite.
  const auto none =
      in<watt>(chips::power_at(pinned, hopper, chips::basic_use<slope>{slope(1), slope::variable(0, 0), slope(0)}));
  CHECK(std::isfinite(none.slope[0]));
}
