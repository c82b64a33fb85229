// A replica's figures over lanes of a batch and over duals: those of the scalar to rounding, since a search in which one lane
// has arrived leaves it where it is.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <layercake/chips/catalog.hpp>
#include <layercake/core/either.hpp>
#include <layercake/infrastructure/catalog.hpp>
#include <layercake/models/catalog.hpp>
#include <layercake/number/dual.hpp>
#include <layercake/serving/regimes.hpp>
#include <xsimd/xsimd.hpp>

namespace lc = layercake;
using namespace lc::units;

namespace {

using lanes = xsimd::batch<double>;
using slopes = lc::dual<double, 2>;
constexpr std::size_t width = lanes::size;
constexpr double rounding = 1e-12;

const lc::infrastructure::site site;

// One replica in each lane, and how hard it is used: objectives, load, limits.
struct cases {
  const lc::chips::accelerator& chip;
  lc::models::deployed model;
  double tensor, first;
  std::array<double, width> input, interval, load;
};

template <class T>
T of_lane(const std::array<double, width>& all, std::size_t lane) {
  if constexpr (std::same_as<T, lanes>) {
    return lanes::load_unaligned(all.data());
  } else {
    return T(all[lane]);
  }
}

// calls, concurrency, time per output token; in flight, latency, slow first token of the open loop; calls and slow output
// token at the service level.
constexpr std::size_t figures = 8;

template <class T>
std::array<T, figures> figures_of(const cases& c, std::size_t lane) {
  const auto chip = lc::with_number<T>(c.chip);
  const auto place = lc::with_number<T>(site);
  const auto model = lc::with_number<T>(c.model);
  lc::call_demand<T> demand;
  demand.input = of_lane<T>(c.input, lane) * token;
  demand.output = T(350.0) * token;
  demand.time_to_first_token = T(c.first) * second;
  demand.time_per_output_token = of_lane<T>(c.interval, lane) * (second / token);
  lc::basic_serving_plan<T> plan;
  plan.tensor = T(c.tensor);
  const auto r = lc::replica_of<T>(chip, place, model, plan, demand);
  const T load = of_lane<T>(c.load, lane);
  const auto served = lc::serve(r);
  const auto open =
      lc::inflight_open_loop(r, lc::quantity<lc::unit::per_second, T>(lc::inflight_saturated(r).calls * load), T(0.99));
  lc::basic_service_level<T> level;
  level.first_token = load * (3.0 * second);
  const auto most = lc::server_slo(r, level);
  return {in<hertz>(served.calls),
          served.concurrency,
          in<second / token>(served.time_per_output_token),
          open.in_flight,
          in<second>(open.latency),
          in<second>(open.slow_first_token),
          in<hertz>(most.calls),
          in<second>(most.slow_output_token)};
}

bool agrees(double x, double scalar) { return x == scalar || std::abs(x - scalar) <= rounding * std::abs(scalar); }

}  // namespace

TEST_CASE("lanes and duals give what the scalar gives, to rounding") {
  int compared = 0, limited = 0;
  for (const auto* chip : {&lc::chips::catalog::h100_sxm, &lc::chips::catalog::mi300x})
    for (const auto* model : {&lc::models::catalog::llama_3_1_8b, &lc::models::catalog::llama_3_1_70b})
      for (const double tensor : {1.0, 4.0})
        for (const double input : {100.0, 12000.0})
          for (const double interval : {0.012, 0.03, 0.1}) {
            cases c{*chip, model->at(lc::precision::fp8), tensor, interval < 0.02 ? 0.15 : 3, {}, {}, {}};
            for (std::size_t i = 0; i < width; ++i) {
              const double step = static_cast<double>(i);
              c.input[i] = input * (1 + 0.3 * step);
              c.interval[i] = interval * (1 + 0.21 * step);
              c.load[i] = 0.1 + interval * 5 + 0.13 * step;
            }
            const auto together = figures_of<lanes>(c, 0);
            for (std::size_t i = 0; i < width; ++i) {
              const auto alone = figures_of<double>(c, i);
              const auto varied = figures_of<slopes>(c, i);
              INFO(chip->name << ", " << model->name << ", tensor " << tensor << ", " << c.input[i] << " tokens, lane "
                              << i);
              limited += alone[0] > 0 && alone[6] > 0;
              for (std::size_t k = 0; k < figures; ++k) {
                INFO("figure " << k << ": " << alone[k]);
                CHECK(varied[k].value == alone[k]);
                CHECK(agrees(together[k].get(i), alone[k]));
                ++compared;
              }
            }
          }
  CHECK(compared > 700);
  CHECK(limited * 4 > compared / static_cast<int>(figures));
}

TEST_CASE("full load answers as many as any smaller batch, for every number type") {
  const auto& chip = lc::chips::catalog::a100_sxm_40gb;
  auto model = lc::models::catalog::kimi_k2.at(lc::precision::bf16);
  model.architecture.layers = 1;  // long prompts of which every step reads some from about 125 calls on
  lc::call_demand<> demand;
  demand.input = 16000 * token;
  demand.output = 500 * token;
  demand.cached_share = 0.05;
  for (const double captured : {256.0, 1024.0, 4096.0}) {
    lc::serving_plan plan;
    plan.software.captured_sequences = captured;
    plan.software.score_passes = 1;
    plan.speculation = {.drafted = 3, .acceptance = 0.6, .draft_cost = 0.05};
    INFO(captured << " in a graph");
    const auto full = lc::serve<double>(chip, site, model, plan, demand);
    REQUIRE(full.calls > 0 / second);
    const auto wide = lc::serve<lanes>(chip, site, model, lc::with_number<lanes>(plan), lc::widened<lanes>(demand));
    const auto varied =
        lc::serve<slopes>(chip, site, model, lc::with_number<slopes>(plan), lc::widened<slopes>(demand));
    CHECK(agrees(wide.concurrency.get(0), full.concurrency));
    CHECK(varied.concurrency.value == full.concurrency);
    for (double b = 1; b < full.memory_bound_concurrency; b *= 1.3) {
      plan.concurrency = b;
      INFO(b << " in flight");
      CHECK(lc::serve<double>(chip, site, model, plan, demand).calls <= full.calls * (1 + 1e-4));
    }
  }
}

TEST_CASE("of two plans each lane has its own, label and all where there is one lane") {
  lc::serving_plan a{.tensor = 2, .pipeline = 4, .memory_share = 0.8};
  a.speculation.drafted = 3, a.reading.tensor = 8, a.software.token_budget = 1000, a.whole_experts = true;
  const lc::serving_plan b{.tensor = 1, .pipeline = 4, .memory_share = 0.9};
  CHECK(lc::same(either(true, a, b), a));
  CHECK(lc::same(either(false, a, b), b));
  const auto over = [](const lc::serving_plan& p) { return lc::with_number<lanes>(p); };
  std::array<double, width> number{};
  for (std::size_t i = 0; i < width; ++i)
    number[i] = static_cast<double>(i);
  const lanes of_lane = lanes::load_unaligned(number.data());
  const auto chosen = either(of_lane > lanes(0), over(a), over(b));
  for (std::size_t i = 0; i < width; ++i) {
    const lc::serving_plan& expected = i > 0 ? a : b;
    CHECK(chosen.tensor.get(i) == expected.tensor);
    CHECK(chosen.pipeline.get(i) == 4);
    CHECK(chosen.memory_share.get(i) == expected.memory_share);
    CHECK(chosen.speculation.drafted.get(i) == expected.speculation.drafted);
    CHECK(chosen.reading.tensor.get(i) == expected.reading.tensor);
    CHECK(chosen.software.token_budget.get(i) == expected.software.token_budget);
  }
}
