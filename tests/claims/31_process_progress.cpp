// Claims 31 and 32: what area, power and heat say about progress.
#include <doctest/doctest.h>
#include <layercake/chips/catalog.hpp>
#include <layercake/chips/silicon.hpp>

#include "../approx.hpp"

using namespace layercake;
using namespace layercake::units;
namespace catalog = layercake::chips::catalog;

namespace {
double per_area(const chips::accelerator& a) {
  return in<teraflop / (second * square_millimetre)>(a.peak.bf16 / a.die_area);
}
double per_watt(const chips::accelerator& a) {
  return in<teraflop_per_second / watt>(a.peak.bf16 / a.thermal_design_power);
}
}  // namespace

TEST_CASE("claim 31: density by area has flattened, by watt it has not") {
  CHECK(per_area(catalog::a100_sxm_80gb) == approx(0.378).epsilon(1e-3));
  CHECK(per_area(catalog::h100_sxm) == approx(1.215).epsilon(1e-3));
  CHECK(per_area(catalog::b200_sxm) == approx(1.406).epsilon(1e-3));
  CHECK(per_area(catalog::b200_sxm) / per_area(catalog::h100_sxm) == approx(1.16).epsilon(0.005));
  CHECK(per_watt(catalog::a100_sxm_80gb) == approx(0.78).epsilon(1e-3));
  CHECK(per_watt(catalog::h100_sxm) == approx(1.41).epsilon(3e-3));
  CHECK(per_watt(catalog::b200_sxm) == approx(2.25).epsilon(1e-3));
  // The area of the newest die is a third party's figure, and the catalog says so.
  CHECK(catalog::b200_sxm.origin.of("die_area").how == confidence::estimated);
}

TEST_CASE("claim 32: heat per area grew, then fell with the second die; coolant of a rack") {
  const auto flux = [](const chips::accelerator& a) {
    return in<watt / square_centimetre>(chips::heat_flux(a.thermal_design_power, a.die_area));
  };
  CHECK(flux(catalog::a100_sxm_80gb) == approx(400 / 8.26));
  CHECK(flux(catalog::h100_sxm) == approx(700 / 8.14));
  CHECK(flux(catalog::b200_sxm) == approx(1000 / 16.0));
  // 120 kW at 10 K: one kilogram of water takes 4.18 kJ per kelvin, so 2.871 kg/s, which is 2.879 L/s at 0.997 kg/L.
  const auto flow = chips::coolant_flow(120 * kilowatt, 997 * kilogram / cubic_metre,
                                        4180 * joule / (kilogram * kelvin), 10 * kelvin);
  CHECK(in<litre / second>(flow) == approx(120 / 41.8 / 0.997));
}
