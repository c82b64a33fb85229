// Claim 2: every application pulls on each layer down to the power plant, and the marginal version is a Jacobian. (Its energy half, 35.4 MW, is
// 02_energy_to_the_plant.cpp.)
#include <doctest/doctest.h>

#include <layercake/layercake.hpp>

#include "../approx.hpp"

namespace lc = layercake;
using namespace lc::units;

TEST_CASE("claim 2: the Jacobian of plant, silicon, land and people by tasks") {
  const auto service =
      lc::stack{lc::energy::catalog::grid_us_average, lc::chips::catalog::h100_sxm, lc::infrastructure::site{},
                lc::models::catalog::llama_3_1_70b.at(lc::precision::fp8),
                lc::applications::assistant{
                    .daily_users = 7e8, .tasks_per_user = 3.6 / day, .input = 1155 * token, .output = 211 * token}};
  using D = lc::dual<double, 1>;
  auto varied = service.over<D>();
  varied.application.tasks_per_user = D::variable(3.6, 0) / day;
  const auto slope = varied.pull(lc::counting::smooth);
  const auto base = service.pull(lc::counting::smooth);
  // everything is pulled in proportion: d x / d tasks = x / tasks
  const auto check = [](const char* what, double d, double value) {
    CAPTURE(what);
    CHECK(value > 0);
    CHECK(d == approx(value / 3.6).epsilon(1e-9));
  };
  check("plant power", in<watt>(slope.supplied.plant.mean).slope[0], in<watt>(base.supplied.plant.mean));
  check("silicon", in<square_metre>(slope.built.silicon).slope[0], in<square_metre>(base.built.silicon));
  check("land", in<square_metre>(slope.built.land).slope[0], in<square_metre>(base.built.land));
  check("builders", slope.built.construction_workers.slope[0], base.built.construction_workers);
  check("water", in<cubic_metre / second>(slope.water()).slope[0], in<cubic_metre / second>(base.water()));
}
