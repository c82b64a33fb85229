#include <doctest/doctest.h>

#include <cmath>
#include <layercake/economics/elasticity.hpp>
#include <layercake/economics/scale.hpp>
#include <layercake/number/dual.hpp>

#include "../../approx.hpp"

namespace lc = layercake;
using namespace lc::economics;
using namespace lc::units;

TEST_CASE("demand and spending at a tenth of the price") {
  // worked: economics/elasticity.hpp#spending_response
  // 10^-e and 10^-(1 + e), from a table of powers of ten: 10^0.8 = 6.30957, 10^-0.2 = 0.630957, 10^1.11 = 12.8825,
  // 10^0.11 = 1.28825, 10^1.5 = 31.6228, 10^0.5 = 3.16228
  struct row {
    double elasticity, amount, spending;
  };
  for (const row& r : {row{-0.8, 6.30957, 0.630957}, row{-1.11, 12.8825, 1.28825}, row{-1.5, 31.6228, 3.16228},
                       row{-1.0, 10, 1}, row{0, 1, 0.1}}) {
    const price_elasticity e{r.elasticity};
    CHECK(demand_response(0.1, e) == approx(r.amount).epsilon(5e-6));
    CHECK(spending_response(0.1, e) == approx(r.spending).epsilon(5e-6));
  }
}

TEST_CASE("the elasticity is the slope of the logarithms; prices that compound, compound") {
  using D = lc::dual<double, 1>;
  const price_elasticity e{-1.3};
  for (const double price : {0.2, 1.0, 3.0}) {
    const D q = demand_response(D::variable(price, 0), e);
    CHECK(q.slope[0] * price / q.value == approx(-1.3).epsilon(1e-13));
  }
  CHECK(demand_response(0.5, e) * demand_response(0.4, e) == approx(demand_response(0.2, e)).epsilon(1e-14));
}

TEST_CASE("power laws of size, and the three meanings of a saving") {
  // worked: economics/scale.hpp#scaled_total
  // 2^0.75 = 1.681793, 2^0.85 = 1.802501, 2^1.15 = 2.219139; 3^2 = 9
  CHECK(scaled_total(2.0, 0.75) == approx(1.681793).epsilon(1e-6));
  CHECK(scaled_total(2.0, 0.85) == approx(1.802501).epsilon(1e-6));
  CHECK(scaled_total(2.0, 1.15) == approx(2.219139).epsilon(1e-6));
  CHECK(scaled_total(3.0, 2.0) == approx(9).epsilon(1e-15));
  CHECK(exponent_gap(0.75) == 0.25);
  // worked: economics/scale.hpp#per_unit_at_doubling
  // worked: economics/scale.hpp#extra_at_doubling
  // per unit at a doubling: 2^-0.25 - 1 = 0.840896 - 1; the total: 2^0.85 - 1
  CHECK(plain(per_unit_at_doubling(0.75)) == approx(-0.159104).epsilon(1e-5));
  CHECK(plain(extra_at_doubling(0.85)) == approx(0.802501).epsilon(1e-6));
  CHECK(plain(per_unit_at_doubling(1.0)) == 0);
  // worked: economics/scale.hpp#exponent_of_doubling
  // log2(1.85) = 0.887525; 85 % more per doubling
  CHECK(exponent_of_doubling(lc::as<lc::kind::relative>(0.85)) == approx(0.887525).epsilon(1e-6));
  for (const double beta : {0.2, 0.75, 1.0, 1.15})
    CHECK(exponent_of_doubling(extra_at_doubling(beta)) == approx(beta).epsilon(1e-14));
}

TEST_CASE("the exponent between two observations") {
  // worked: economics/scale.hpp#exponent_between
  // operators: 30.1 at 3.5 MW, 100 at 1 GW: ln(100/30.1) / ln(1000/3.5) = 1.200645 / 5.654992
  CHECK(exponent_between(3.5 * megawatt, 30.1, 1000 * megawatt, 100.0) == approx(1.200645 / 5.654992).epsilon(1e-6));
  CHECK(exponent_between(2.0, 8.0, 4.0, 64.0) == approx(3).epsilon(1e-15));  // a cube
}
