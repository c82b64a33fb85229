// Claim 42: a law with exponent 3/4 is said to save 25 %, one with 0.85 to save 15 %. These are exponent gaps; a
// doubling saves 2^(b-1) - 1 per unit: 2^-0.25 - 1 = -15.9 %, 2^-0.15 - 1 = -9.9 %.
#include <cmath>
#include <doctest/doctest.h>
#include <layercake/infrastructure/infrastructure.hpp>

#include "../approx.hpp"

using namespace layercake;
using namespace layercake::units;

TEST_CASE("claim 42: three readings of one exponent") {
  struct row {
    double exponent, gap, factor, per_unit;
  };
  for (const row& r :
       {row{0.75, 0.25, 1.682, -0.159}, row{0.85, 0.15, 1.803, -0.099}, row{1.15, -0.15, 2.219, 0.110}}) {
    CHECK(economics::exponent_gap(r.exponent) == approx(r.gap));
    CHECK(std::abs(economics::scaled_total(2.0, r.exponent) - r.factor) < 5e-4);
    CHECK(std::abs(plain(economics::per_unit_at_doubling(r.exponent)) - r.per_unit) < 5e-4);
    CHECK(plain(economics::extra_at_doubling(r.exponent)) == approx(economics::scaled_total(2.0, r.exponent) - 1));
  }
  // "85 % more at a doubling" is exponent 0.888, "75 % more" 0.807.
  CHECK(std::abs(economics::exponent_of_doubling(as<kind::relative>(0.85)) - 0.888) < 5e-4);
  CHECK(std::abs(economics::exponent_of_doubling(as<kind::relative>(0.75)) - 0.807) < 5e-4);
  // The gap and the saving per unit are not the same thing, nor of one kind.
  CHECK(economics::exponent_gap(0.75) > -plain(economics::per_unit_at_doubling(0.75)));

  // Operators: 8.6 per MW at 3.5 MW, 0.1 per MW at 1 GW: ln(100/30.1)/ln(1000/3.5) = 0.212, far below any of these.
  const double b = economics::exponent_between(3.5 * megawatt, 8.6 * 3.5, 1 * gigawatt, 100.0);
  CHECK(std::abs(b - 0.212) < 5e-4);
  CHECK(8.6 * 3.5 * economics::scaled_total(1000 / 3.5, b) == approx(100));
}
