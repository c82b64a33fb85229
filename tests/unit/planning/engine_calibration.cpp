// Constants of an engine from own measurements: those that made them are found again, within the errors that are stated.
#include <layercake/planning/questions/engine_calibration.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <layercake/adapters/csv.hpp>
#include <layercake/chips/catalog.hpp>
#include <layercake/infrastructure/catalog.hpp>
#include <layercake/models/catalog.hpp>
#include <layercake/serving/engines.hpp>
#include <numbers>
#include <string>
#include <vector>

#include "../../approx.hpp"
#include "../../xorshift.hpp"
#include "../record_checks.hpp"

namespace lc = layercake;
namespace planning = layercake::planning;
using namespace lc::units;
using planning::serving_measurement;

namespace {

const auto& chip = lc::chips::catalog::h100_sxm;
const lc::infrastructure::site site = [] {
  lc::infrastructure::site in_nvlink;
  in_nvlink.network.scale_up = lc::infrastructure::catalog::nvlink_hopper;
  return in_nvlink;
}();
const auto model = lc::models::catalog::llama_3_1_8b.at(lc::precision::bf16);
const lc::serving_plan plan{.software = lc::software_of(lc::serving_engine::vllm, "0.9")};
constexpr std::size_t per_step = 0, per_sequence = 1, per_request = 2, per_rank = 3, kernel_share = 4, launch = 5;

// An engine with other constants than its row has.
lc::serving_software truth() {
  lc::serving_software s = plan.software;
  s.per_step = 3.2 * millisecond;
  s.per_sequence = 60 * microsecond;
  s.per_request = 11 * millisecond;
  s.kernel_share = 0.93;
  s.launch = 70 * microsecond;
  return s;
}

// `m` with all figures as a replica of `software` has them.
serving_measurement measured(serving_measurement m, const lc::serving_software& software) {
  lc::serving_plan run = plan;
  run.software = software;
  lc::call_demand<> call;
  call.input = m.input, call.output = m.output;
  const auto r = lc::replica_of<double>(chip, site, model, run, call);
  const auto s = m.regime == lc::serving_regime::single_stream ? lc::single_stream(r)
                 : m.regime == lc::serving_regime::static_batch
                     ? lc::static_batch(r, m.concurrency)
                     : lc::inflight_fixed_concurrency(r, m.concurrency, m.run);
  m.time_to_first_token = s.time_to_first_token;
  m.time_per_output_token = s.time_per_output_token / (1 * token);
  m.output_rate = s.calls * plain(m.output);
  return m;
}
std::vector<serving_measurement> five(const lc::serving_software& software) {
  return {
      measured({.regime = lc::serving_regime::single_stream, .input = 500 * token, .output = 200 * token}, software),
      measured(
          {.regime = lc::serving_regime::static_batch, .concurrency = 4, .input = 4000 * token, .output = 100 * token},
          software),
      measured({.concurrency = 2, .input = 200 * token, .output = 200 * token}, software),
      measured({.concurrency = 48, .run = 500, .input = 1000 * token, .output = 300 * token}, software),
      measured({.concurrency = 192, .input = 300 * token, .output = 300 * token}, software)};
}
std::array<double, 6> constants_of(const lc::serving_software& s) {
  return {lc::in<second>(s.per_step),
          lc::in<second>(s.per_sequence),
          lc::in<second>(s.per_request),
          lc::in<second>(s.per_rank),
          s.kernel_share,
          lc::in<second>(s.launch)};
}
bool names(const std::vector<std::string>& all, const char* name) {
  return std::find(all.begin(), all.end(), name) != all.end();
}

template <class E, class Question>
std::string thrown_by(Question&& question) {
  try {
    (void)question();
  } catch (const E& e) {
    return e.what();
  }
  return "";
}
std::string refused(const std::vector<serving_measurement>& ms, const lc::serving_plan& under = plan) {
  return thrown_by<lc::invalid_value>([&] { return planning::calibrate_engine(chip, site, model, under, ms); });
}

}  // namespace

TEST_CASE("the constants that made five measurements are found again") {
  const auto made = constants_of(truth());
  auto ms = five(truth());
  const auto rough = planning::calibrate_engine(chip, site, model, plan, ms);
  for (auto& m : ms)
    m.error = 1e-3;
  const auto sharp = planning::calibrate_engine(chip, site, model, plan, ms);
  CHECK(rough.converged);
  CHECK(sharp.converged);
  for (const std::size_t k : {per_step, per_sequence, per_request, kernel_share}) {
    INFO(rough.constants[k].name);
    const double off = std::fabs(std::log(rough.constants[k].value / made[k]));
    CHECK(off < rough.constants[k].error);
    CHECK(rough.constants[k].error < 0.5 * rough.constants[k].error_before);
    CHECK(rough.constants[k].determined());
    CHECK(sharp.constants[k].value == approx(made[k]).epsilon(2e-3));
    CHECK(sharp.constants[k].error < rough.constants[k].error);
    CHECK(rough.covariance[k][k] == approx(rough.constants[k].error * rough.constants[k].error));
  }
  CHECK(constants_of(rough.software)[kernel_share] == rough.constants[kernel_share].value);
  CHECK(rough.software.token_budget == plan.software.token_budget);
  CHECK(rough.undetermined() == std::vector<std::string>{"per_rank"});  // this engine has none
  // Fifteen figures, each where it was measured.
  REQUIRE(rough.residuals.size() == 15);
  CHECK(rough.misfit < 0.5);
  CHECK(rough.residuals[4].measurement == 1);
  CHECK(rough.residuals[4].figure == planning::serving_figure::time_per_output_token);
  const auto again = measured(ms[1], rough.software);
  CHECK(rough.residuals[4].ratio == approx(again.time_per_output_token / ms[1].time_per_output_token));
  CHECK(rough.residuals[4].deviations == approx(std::log(rough.residuals[4].ratio) / 0.05));
}

TEST_CASE("with noise of five per cent the errors cover the truth") {
  const auto made = constants_of(truth());
  layercake_test::xorshift random{20250611};
  const auto noise = [&] {  // Box and Muller 1958
    return std::exp(0.05 * std::sqrt(-2 * std::log(1 - random.unit())) *
                    std::cos(2 * std::numbers::pi * random.unit()));
  };
  constexpr int runs = 60;
  double squares[5] = {};
  for (int i = 0; i < runs; ++i) {
    auto ms = five(truth());
    for (auto& m : ms) {
      m.time_to_first_token = m.time_to_first_token * noise();
      m.time_per_output_token = m.time_per_output_token * noise();
      m.output_rate = plain(m.output_rate) * noise();
    }
    const auto c = planning::calibrate_engine(chip, site, model, plan, ms);
    CHECK(c.misfit < 2);
    for (const std::size_t k : {per_step, per_sequence, per_request, kernel_share}) {
      const double off = std::log(c.constants[k].value / made[k]) / c.constants[k].error;
      CHECK(std::fabs(off) < 4);
      squares[k] += off * off / runs;
    }
  }
  // Of 60 squares of normal numbers the mean is 1 with a deviation of sqrt(2 / 60) = 0.18; the prior makes it less where it has a say.
  for (const std::size_t k : {per_step, per_sequence, per_request, kernel_share}) {
    INFO(k);
    CHECK(squares[k] < 1.6);
    CHECK(squares[k] > 0.3);
  }
}

TEST_CASE("a single measurement moves what it tells and leaves the rest") {
  // Times between tokens have nothing of a request, and those of one sequence next to nothing of what each adds.
  auto m =
      measured({.regime = lc::serving_regime::single_stream, .input = 500 * token, .output = 200 * token}, truth());
  m.time_to_first_token = lc::unknown<>;
  m.output_rate = lc::unknown<>;
  const auto c = planning::calibrate_engine(chip, site, model, plan, {m});
  const auto before = constants_of(plan.software);
  CHECK(c.constants[per_step].determined());
  CHECK(c.constants[per_step].value > 1.5 * before[per_step]);
  CHECK(c.constants[per_request].value == approx(before[per_request]));
  CHECK(c.constants[per_request].error == approx(1));
  CHECK(c.constants[per_sequence].value == approx(before[per_sequence]).epsilon(0.02));
  CHECK(c.constants[per_sequence].error == approx(1).epsilon(0.01));
  for (const char* name : {"per_sequence", "per_request", "per_rank", "kernel_share", "launch"}) {
    INFO(name);
    CHECK(names(c.undetermined(), name));
  }
  CHECK_FALSE(names(c.undetermined(), "per_step"));

  // With all else held, the time of a step is the time between tokens less what the chip and the sequence take: a millisecond more there is a
  // millisecond more here.
  auto longer = measured(m, plan.software);
  longer.time_to_first_token = lc::unknown<>;
  longer.output_rate = lc::unknown<>;
  longer.time_per_output_token = longer.time_per_output_token + 1 * (millisecond / token);
  longer.error = 1e-4;
  const planning::engine_prior alone{
      .per_step = 2, .per_sequence = 0, .per_request = 0, .per_rank = 0, .kernel_share = 0, .launch = 0};
  const auto step = planning::calibrate_engine(chip, site, model, plan, {longer}, alone);
  CHECK(step.constants[per_step].value == approx(before[per_step] + 1e-3).epsilon(1e-5));
  CHECK(step.constants[kernel_share].value == 1);
}

TEST_CASE("with everything held, the misfit is that of an engine as it stands") {
  const planning::engine_prior held{
      .per_step = 0, .per_sequence = 0, .per_request = 0, .per_rank = 0, .kernel_share = 0, .launch = 0};
  const auto ms = five(plan.software);
  const auto own = planning::calibrate_engine(chip, site, model, plan, ms, held);
  CHECK(own.misfit < 1e-12);
  CHECK(constants_of(own.software) == constants_of(plan.software));
  CHECK(own.undetermined().size() == 6);
  lc::serving_plan other = plan;
  other.software = lc::software_of(lc::serving_engine::tensorrt_llm);
  CHECK(planning::calibrate_engine(chip, site, model, other, ms, held).misfit > 1);
}

TEST_CASE("a loop whose kernels are launched one by one tells the time of a launch") {
  lc::serving_plan eager{.software = lc::software_of(lc::serving_engine::pytorch)};
  serving_measurement m{.regime = lc::serving_regime::static_batch, .input = 500 * token, .output = 200 * token};
  // Nearly every operation of a step of one sequence is shorter on the chip than its launch, so that a token takes twice as long with twice the
  // time of a launch. The output matrix, 0.16 ms of 7.5, is not, and the launches make up for it: 2 %.
  const auto at = [&](const lc::serving_software& software) {
    eager.software = software;
    const auto r = lc::replica_of<double>(chip, site, lc::models::catalog::llama_3_2_1b.at(lc::precision::bf16), eager,
                                          {.input = m.input, .output = m.output});
    return lc::static_batch(r, 1.0).time_per_output_token / (1 * token);
  };
  m.time_per_output_token = 2.0 * at(eager.software);
  m.error = 1e-4;
  const planning::engine_prior alone{
      .per_step = 0, .per_sequence = 0, .per_request = 0, .per_rank = 0, .kernel_share = 0};
  eager.software = lc::software_of(lc::serving_engine::pytorch);
  const auto c = planning::calibrate_engine(chip, site, lc::models::catalog::llama_3_2_1b.at(lc::precision::bf16),
                                            eager, {m}, alone);
  CHECK(c.constants[launch].value == approx(2 * lc::fitted_serving.launch).epsilon(0.02));
  CHECK(c.constants[launch].determined());
  CHECK(c.software.launch == c.constants[launch].value * second);
  CHECK(c.constants[per_step].value == 0);
}

TEST_CASE("ranks and steps share what one plan tells of both") {
  lc::serving_plan early = plan;
  early.tensor = 2;
  early.software = lc::software_of(lc::serving_engine::vllm, "0.3");
  serving_measurement m{.concurrency = 8, .input = 500 * token, .output = 200 * token};
  m.time_per_output_token = 40 * (millisecond / token);
  const auto c = planning::calibrate_engine(chip, site, model, early, {m});
  CHECK(c.constants[per_rank].value > lc::in<second>(early.software.per_rank));
  CHECK(c.constants[per_step].value > lc::in<second>(early.software.per_step));
  CHECK(c.covariance[per_step][per_rank] < -0.1);
}

TEST_CASE("an engine that hides its host's time says nothing of it") {
  lc::serving_plan overlapped = plan;
  overlapped.software = lc::software_of(lc::serving_engine::sglang, "0.4");
  serving_measurement m{.concurrency = 64, .input = 1000 * token, .output = 300 * token};
  m.time_per_output_token = 12 * (millisecond / token);
  const auto c = planning::calibrate_engine(chip, site, model, overlapped, {m});
  CHECK(names(c.undetermined(), "per_step"));
  CHECK(c.constants[per_step].value == approx(lc::in<second>(overlapped.software.per_step)));
}

TEST_CASE("measurements that cannot be used are refused by name") {
  const serving_measurement good = five(plan.software)[2];
  const auto with = [&](auto change) {
    serving_measurement m = good;
    change(m);
    return refused({good, m});
  };
  CHECK(refused({}).find("measurements is empty; allowed: at least one.") == 0);
  CHECK(refused({{.input = 100 * token, .output = 10 * token}})
            .find("measurements[0].time_to_first_token, time_per_output_token or output_rate is unknown; allowed: at "
                  "least one of them known.") == 0);
  CHECK(with([](auto& m) { m.input = lc::unknown<>; }).find("measurements[1].input is unknown") == 0);
  CHECK(with([](auto& m) { m.concurrency = 0; }).find("measurements[1].concurrency is 0; allowed: at least 1") == 0);
  CHECK(with([](auto& m) { m.error = 0; }).find("measurements[1].error is 0; allowed: from 0.0001 to 1") == 0);
  CHECK(with([](auto& m) {
          m.time_to_first_token = -1 * second;
        }).find("measurements[1].time_to_first_token is -1 s") == 0);
  CHECK(with([](auto& m) { m.regime = lc::serving_regime::server_slo; })
            .find("measurements[1].regime is server_slo; allowed: single_stream, static_batch or "
                  "inflight_fixed_concurrency.") == 0);
  CHECK(with([](auto& m) {
          m.regime = lc::serving_regime::single_stream;
        }).find("measurements[1].concurrency is 2; allowed: 1") == 0);
  CHECK(with([](auto& m) {
          m.regime = lc::serving_regime::static_batch, m.run = 9;
        }).find("measurements[1].run is 9; allowed: 0, as regime is static_batch") == 0);
  lc::serving_plan bad = plan;
  bad.software.kernel_share = 3;
  CHECK(refused({good}, bad).find("plan.software.kernel_share is 3") == 0);
  bad = plan, bad.tensor = 7;
  CHECK(refused({good}, bad).find("plan is 7 x 1; allowed: ranks") == 0);
  bad = plan, bad.reading.tensor = 1;
  CHECK(refused({good}, bad).find("plan.reading.tensor is 1; allowed: 0") == 0);
  CHECK(thrown_by<lc::invalid_value>([&] {
          return planning::calibrate_engine(chip, site, model, plan, {good}, {.per_step = -1});
        }).find("prior.per_step is -1") == 0);
  const auto large = lc::models::catalog::llama_3_1_70b.at(lc::precision::bf16);
  CHECK(thrown_by<lc::infeasible>([&] {
          return planning::calibrate_engine(chip, site, large, plan, {good});
        }).find("measurements[0]: on 1 x H100") == 0);
}

TEST_CASE("measurements are read from a table") {
  const auto ms = lc::adapters::read_csv<serving_measurement>(
      "regime,concurrency,input [tok],output [tok],time_to_first_token [ms],output_rate [tok/s]\n"
      "single_stream,1,500,200,25,\n"
      "inflight_fixed_concurrency,16,500,200,,1500\n");
  REQUIRE(ms.size() == 2);
  CHECK(ms[0].regime == lc::serving_regime::single_stream);
  CHECK(ms[0].time_to_first_token == 25 * millisecond);
  CHECK_FALSE(lc::is_known(ms[0].output_rate));
  CHECK(lc::in<token_per_second>(ms[1].output_rate) == approx(1500));
  CHECK(ms[1].error == 0.05);
  CHECK(planning::calibrate_engine(chip, site, model, plan, ms).residuals.size() == 2);
}

TEST_CASE("the records of a calibration check themselves") {
  layercake_test::check_bad_input(five(plan.software)[3]);
  layercake_test::check_bad_input(planning::engine_prior{});
  CHECK(layercake_test::asked_of_new<serving_measurement>() ==
        "input output time_to_first_token, time_per_output_token or output_rate");
}
