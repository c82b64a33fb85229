// A stack that makes images: a model without tokens, on its own objectives.
#include <doctest/doctest.h>
#include <layercake/layercake.hpp>

#include "../../approx.hpp"

using namespace layercake;
using namespace layercake::units;

namespace {
// An image a day each.
const auto users = applications::catalog::image_generation.with_users(1e6);
models::diffusion in_28_steps() {
  models::diffusion x = models::catalog::flux_1_dev;
  x.steps = 28;
  return x;
}
}  // namespace

TEST_CASE("the bill of a million images a day") {
  const stack s{energy::catalog::grid_ercot, chips::catalog::h100_sxm, infrastructure::site{}, in_28_steps(), users};
  const auto bill = s.pull();
  const auto alone = serve<double>(s.chip, s.infrastructure, s.model, serving_plan{}, s.application.pull());
  CHECK(in<second>(bill.serving.time_to_first_token) == approx(in<second>(alone.time_to_first_token)));
  CHECK(in<hertz>(bill.usage.tasks) == approx(1e6 / 86400));
  // The busiest hour asks three times the mean, and an image takes a chip 6.5 s: 225 chips at work, and what waits.
  const double at_work = 1e6 / 86400 * 3 * in<second>(alone.time_to_first_token);
  CHECK(plain(bill.built.chips) >= at_work);
  CHECK(plain(bill.built.chips) < 1.5 * at_work);
  // Of the plant's energy the chips' own is a part.
  const auto chip_alone = running_power(s.chip, alone.per_call, 1.0, 1.0) * alone.per_call.time;
  CHECK(bill.energy_per_task() > chip_alone);
  CHECK(bill.energy_per_task() < 4.0 * chip_alone);
  CHECK(in<usd>(bill.cost_per_task()) > 0.001);
  CHECK(in<usd>(bill.cost_per_task()) < 0.05);
}

TEST_CASE("software, steps and chips change the price of an image as they change its time") {
  const stack s{energy::catalog::grid_ercot, chips::catalog::h100_sxm, infrastructure::site{}, in_28_steps(), users};
  models::diffusion compiled = in_28_steps();
  compiled.software = models::execution::compiled;
  CHECK(s.with(compiled).pull().cost_per_task() < s.pull().cost_per_task());
  CHECK(s.with(models::catalog::flux_1_schnell).pull().cost_per_task() < 0.25 * s.pull().cost_per_task());
}

TEST_CASE("a clip is not made in the ten seconds of an image, and an image of odd size not at all") {
  CHECK_THROWS_AS((stack{energy::catalog::grid_ercot, chips::catalog::h100_sxm, infrastructure::site{},
                         models::catalog::hunyuan_video, users}),
                  infeasible);
  models::diffusion odd = in_28_steps();
  odd.image_width = 1000;
  CHECK_THROWS_WITH_AS(
      (stack{energy::catalog::grid_ercot, chips::catalog::h100_sxm, infrastructure::site{}, odd, users}),
      doctest::Contains("model.image_width is 1000"), invalid_value);
}
