// Constants of training software from own measurements: those that made them are found again, within the errors that are stated.
#include <layercake/planning/questions/stack_calibration.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <layercake/chips/catalog.hpp>
#include <layercake/infrastructure/catalog.hpp>
#include <layercake/models/catalog.hpp>
#include <string>
#include <vector>

#include "../../approx.hpp"
#include "../../xorshift.hpp"
#include "../record_checks.hpp"

namespace lc = layercake;
namespace planning = layercake::planning;
using namespace lc::units;
using planning::training_measurement;

namespace {

const auto& chip = lc::chips::catalog::h100_sxm;
const lc::infrastructure::site site = [] {
  lc::infrastructure::site in_nvlink;
  in_nvlink.network.scale_up = lc::infrastructure::catalog::nvlink_hopper;
  return in_nvlink;
}();
const auto& model = lc::models::catalog::llama_3_1_8b;
constexpr std::size_t launch = 0, products = 1;

lc::training_plan plan_of(double micro_batch, double sequence) {
  return {.data = 8,
          .micro_batch = micro_batch,
          .global_batch = 64,
          .sequence = sequence,
          .recompute = lc::recomputation::full};
}
// A step on software that takes `times` as long to launch, with products at `share` of what they are taken to be.
training_measurement measured(const lc::training_plan& plan, double times, double share) {
  lc::training_constants k;
  k.products *= share;
  lc::training_plan slow = plan;
  slow.software.launch = plan.software.launch * times;
  return {.plan = plan, .step_time = lc::training_law_of(model, chip, site, k)(slow).step_time()};
}
// Steps that wait for the host, and steps that wait for products.
std::vector<training_measurement> four(double times, double share) {
  return {measured(plan_of(1, 256), times, share), measured(plan_of(1, 512), times, share),
          measured(plan_of(2, 4096), times, share), measured(plan_of(4, 4096), times, share)};
}

std::string refused(const std::vector<training_measurement>& ms, const planning::stack_prior& prior = {}) {
  try {
    (void)planning::calibrate_stack(chip, site, model, ms, prior);
  } catch (const lc::invalid_value& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("launch time and speed of products that made four steps are found again") {
  auto ms = four(2.5, 0.9);
  const auto rough = planning::calibrate_stack(chip, site, model, ms);
  for (auto& m : ms)
    m.error = 1e-3;
  const auto sharp = planning::calibrate_stack(chip, site, model, ms);
  const double made[] = {2.5 * lc::in<second>(lc::training_software{}.launch), 0.9};
  CHECK(rough.converged);
  for (const std::size_t k : {launch, products}) {
    INFO(rough.found[k].name);
    CHECK(std::fabs(std::log(rough.found[k].value / made[k])) < rough.found[k].error);
    CHECK(rough.found[k].determined());
    CHECK(sharp.found[k].value == approx(made[k]).epsilon(1e-3));
    CHECK(sharp.found[k].error < rough.found[k].error);
  }
  CHECK(lc::in<second>(sharp.software.launch) == sharp.found[launch].value);
  CHECK(sharp.constants.products == approx(0.9 * lc::training_constants{}.products).epsilon(1e-3));
  CHECK(rough.residuals.size() == 4);
  CHECK(rough.misfit < 0.5);

  // What was found predicts the steps.
  lc::training_plan own = ms[0].plan;
  own.software = sharp.software;
  const auto step = lc::training_law_of(model, chip, site, sharp.constants)(own).step_time();
  CHECK(step / ms[0].step_time == approx(sharp.residuals[0].ratio));
  CHECK(sharp.residuals[0].ratio == approx(1).epsilon(1e-3));

  // A rate says the same as a time.
  for (auto& m : ms)
    m.token_rate = m.plan.tokens() / m.step_time, m.step_time = lc::unknown<>;
  CHECK(planning::calibrate_stack(chip, site, model, ms).found[launch].value == approx(sharp.found[launch].value));
}

TEST_CASE("with noise of five per cent the errors of a stack cover the truth") {
  layercake_test::xorshift random{77};
  const double made[] = {2 * lc::in<second>(lc::training_software{}.launch), 0.95};
  for (int i = 0; i < 20; ++i) {
    auto ms = four(2, 0.95);
    for (auto& m : ms)
      m.step_time = m.step_time * (1 + 0.05 * std::sqrt(3.0) * (2 * random.unit() - 1));
    const auto c = planning::calibrate_stack(chip, site, model, ms);
    for (const std::size_t k : {launch, products})
      CHECK(std::fabs(std::log(c.found[k].value / made[k])) < 3 * c.found[k].error);
  }
}

TEST_CASE("a single step moves what it waits for") {
  const auto host = planning::calibrate_stack(chip, site, model, {measured(plan_of(1, 256), 2, 1)});
  CHECK(host.found[launch].determined());
  CHECK_FALSE(host.found[products].determined());
  const auto chips = planning::calibrate_stack(chip, site, model, {measured(plan_of(4, 4096), 1, 0.9)});
  CHECK(chips.found[products].determined());
  CHECK(chips.found[products].value < 0.95);
  CHECK(chips.found[launch].value == approx(lc::in<second>(lc::training_software{}.launch)).epsilon(0.05));
}

TEST_CASE("products stay where the constants of training may lie") {
  auto slow = measured(plan_of(4, 4096), 1, 1);
  slow.step_time = slow.step_time * 4;
  slow.error = 1e-3;
  const auto c = planning::calibrate_stack(chip, site, model, {slow}, {.launch = 0});
  CHECK(c.found[products].at_bound);
  CHECK(c.constants.products == approx(0.6));
  CHECK(lc::check(c.constants).empty());
  CHECK(c.misfit > 100);
}

TEST_CASE("steps that cannot be used are refused by name") {
  const training_measurement good = measured(plan_of(1, 256), 1, 1);
  const auto with = [&](auto change) {
    training_measurement m = good;
    change(m);
    return refused({good, m});
  };
  CHECK(refused({}).find("measurements is empty; allowed: at least one.") == 0);
  CHECK(with([](auto& m) {
          m.step_time = lc::unknown<>;
        }).find("measurements[1].step_time or token_rate is unknown; allowed: one of them known") == 0);
  CHECK(with([](auto& m) {
          m.token_rate = 1000 * token_per_second;
        }).find("measurements[1].token_rate is 1 ktok/s; allowed: unknown beside step_time") == 0);
  CHECK(with([](auto& m) { m.step_time = 0 * second; }).find("measurements[1].step_time is 0") == 0);
  CHECK(with([](auto& m) { m.plan.tensor = 3; }).find("measurements[1].plan.tensor is 3") == 0);
  CHECK(with([](auto& m) { m.plan.software.launch = 1 * second; })
            .find("measurements[1].plan.software.launch is 1 s; allowed: 11.49 us, as "
                  "measurements[0].plan.software.launch") == 0);
  CHECK(refused({good}, {.launch = 9}).find("prior.launch is 9; allowed: from 0 to 5") == 0);
}

TEST_CASE("the records of a stack's calibration check themselves") {
  layercake_test::check_bad_input(planning::stack_prior{});
  CHECK(layercake_test::asked_of_new<training_measurement>() == "step_time or token_rate");
  CHECK(lc::check(four(1, 1)[0]).empty());
}
