// Whole stacks in bulk. Ends with lines `ratio,<name>,<value>,<aim>`:
//   bulk_stacks_1e8_million_per_second          five layers to the price of a token, 10,000 energy prices by 10,000
//                                               efficiencies of a building
//   bulk_stacks_over_scalar_path                time of one stack's pull(), which gives the whole bill, over a point's
//   bulk_stacks_three_axes_million_per_second   with the users, who decide the number of chips, as a third axis
//   bulk_stacks_fleet_axis_..._per_second       the users as the only axis: nothing leaves the inner loop
//   bulk_stacks_order_of_axes                   time of the three axes over that of the same named in reverse: loops
//                                               are ordered by the work that it saves
//   bulk_stacks_invariants_out_of_the_loop      time of a point where all of the formula is in the inner loop (the
//                                               users alone) over that where most of it is not (three axes)
//   bulk_stacks_half_infeasible_by_row          time of the three axes over that with a condition that half the values
//                                               of users fail: 2 if those cost nothing
//   bulk_stacks_half_infeasible_by_block        the same of the users alone, in the inner loop (values of the axis,
//                                               an exponential each, are computed for all)
//   bulk_monte_carlo_1e7_seconds, bulk_sobol_1e7_seconds   10^7 draws of three inputs, three quantiles of the price
//   bulk_two_threads_over_one                   wall time
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <layercake/bulk/run/function.hpp>
#include <layercake/bulk/space/sobol.hpp>
#include <layercake/layercake.hpp>
#include <string>
#include <vector>
#if __has_include(<oneapi/tbb/parallel_pipeline.h>)
#include <layercake/adapters/tbb.hpp>
#define WITH_TBB 1
#else
#define WITH_TBB 0
#endif

namespace {
namespace lc = layercake;
namespace bulk = layercake::bulk;
using namespace lc::units;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
// Seconds of f, the least of several, interleaved by the caller.
template <class F>
double seconds(F&& f, int times = 5) {
  double least = 1e300;
  for (int i = 0; i < times; ++i) {
    const double begin = now();
    f();
    least = std::min(least, now() - begin);
  }
  return least;
}
void ratio(const char* name, double value, double aim) { std::printf("ratio,%s,%.4g,%.4g\n", name, value, aim); }

// ---- whole stacks ---------------------------------------------------------------------------------------------------------------------------

const auto service =
    lc::stack{lc::energy::catalog::grid_ercot, lc::chips::catalog::h100_sxm,
              lc::infrastructure::site{.chips_per_node = 8, .power_usage_effectiveness = 1.25},
              lc::models::catalog::llama_3_1_70b.at(lc::precision::fp8),
              lc::applications::assistant{
                  .daily_users = 1e6, .tasks_per_user = 12 / day, .input = 1200 * token, .output = 300 * token}};
constexpr auto price = [](const auto& bill) { return bill.price_of_tokens(); };
constexpr auto energy_price = [](auto& s) -> auto& { return s.energy.price; };
constexpr auto efficiency = [](auto& s) -> auto& { return s.infrastructure.power_usage_effectiveness; };
constexpr auto users = [](auto& s) -> auto& { return s.application.daily_users; };

auto large_grid() {
  return bulk::sweep(service)
      .over(energy_price, bulk::linear(30 * usd / megawatt_hour, 120 * usd / megawatt_hour, 10000))
      .over(efficiency, bulk::linear(1.05, 1.6, 10000));
}
void against_the_scalar_path() {
  const auto grid = large_grid();
  const double t_grid = seconds([&] { benchmark::DoNotOptimize(grid.run(bulk::minimum(price))); }, 3);
  const double t_scalar = seconds(
                              [&] {
                                for (int i = 0; i < 20; ++i)
                                  benchmark::DoNotOptimize(service.pull());
                              },
                              3) /
                          20;
  ratio("bulk_stacks_1e8_million_per_second", 100 / t_grid, 100);
  ratio("bulk_stacks_over_scalar_path", t_scalar / (t_grid / 1e8), 100);
}

void loops_and_conditions() {
  const auto sizes = [](double n) { return bulk::logarithmic(1e4, 1e9, n); };
  const auto efficiencies = bulk::linear(1.05, 1.6, 100);
  const auto prices = bulk::linear(30 * usd / megawatt_hour, 120 * usd / megawatt_hour, 100);
  const auto few = [](const auto& s, const auto&) { return s.application.daily_users < std::sqrt(1e4 * 1e9); };
  const auto wide =
      bulk::sweep(service).over(users, sizes(1000)).over(efficiency, efficiencies).over(energy_price, prices);
  const auto reversed =
      bulk::sweep(service).over(energy_price, prices).over(efficiency, efficiencies).over(users, sizes(1000));
  const auto half_wide = bulk::sweep(service)
                             .over(users, sizes(1000))
                             .over(efficiency, efficiencies)
                             .over(energy_price, prices)
                             .where("too many users", few);
  const auto fleet = bulk::sweep(service).over(users, sizes(1e6));
  const auto half_fleet = bulk::sweep(service).over(users, sizes(1e6)).where("too many users", few);
  const auto quick = bulk::sweep(service).over(users, sizes(1e6)).quotients(bulk::division::reciprocal);
  double t_wide = 1e300, t_reversed = 1e300, t_half_wide = 1e300, t_fleet = 1e300, t_half_fleet = 1e300,
         t_quick = 1e300;
  const auto least = [](double& t, const auto& sweep) {
    t = std::min(t, seconds([&] { benchmark::DoNotOptimize(sweep.run(bulk::minimum(price))); }, 1));
  };
  for (int turn = 0; turn < 8; ++turn) {
    least(t_wide, wide);
    least(t_reversed, reversed);
    least(t_half_wide, half_wide);
    least(t_fleet, fleet);
    least(t_half_fleet, half_fleet);
    least(t_quick, quick);
  }
  ratio("bulk_stacks_three_axes_million_per_second", 10 / t_wide, 100);
  ratio("bulk_stacks_fleet_axis_million_per_second", 1 / t_fleet, 10);
  ratio("bulk_stacks_fleet_axis_reciprocals_over_ieee", t_fleet / t_quick, 1);
  ratio("bulk_stacks_invariants_out_of_the_loop", t_fleet / (t_wide / 10), 10);
  ratio("bulk_stacks_order_of_axes", t_wide / t_reversed, 1);
  ratio("bulk_stacks_half_infeasible_by_row", t_wide / t_half_wide, 1.8);
  ratio("bulk_stacks_half_infeasible_by_block", t_fleet / t_half_fleet, 1.8);
}

void draws_of_inputs() {
  const auto uncertain = [](const bulk::sample& points) {
    return bulk::sweep(service).sampled(
        points, bulk::uncertain(energy_price, bulk::log_normal(60 * usd / megawatt_hour, 1.2)),
        bulk::uncertain(efficiency, bulk::triangular(1.05, 1.2, 1.5)),
        bulk::uncertain(
            [](auto& s) -> auto& { return s.chip.price; }, bulk::log_normal(28000 * usd, 1.2)));
  };
  const auto draws = uncertain(bulk::random(1e7));
  ratio("bulk_monte_carlo_1e7_seconds",
        seconds(
            [&] {
              benchmark::DoNotOptimize(draws.run(bulk::quantiles({0.05, 0.5, 0.95}, price)));
            },
            2),
        1);
  const auto even = uncertain(bulk::sobol(1e7));
  ratio("bulk_sobol_1e7_seconds",
        seconds(
            [&] {
              benchmark::DoNotOptimize(even.run(bulk::quantiles({0.05, 0.5, 0.95}, price)));
            },
            2),
        1);
}

#if WITH_TBB
void two_threads() {
  const auto grid = large_grid();
  double one = 1e300, two = 1e300;
  const auto on = [&](int threads) {
    return seconds(
        [&] {
          benchmark::DoNotOptimize(grid.run_on(lc::adapters::tbb_threads{threads}, bulk::control{},
                                               bulk::minimum(price), bulk::moments(price)));
        },
        1);
  };
  for (int turn = 0; turn < 6; ++turn) {
    one = std::min(one, on(1));
    two = std::min(two, on(2));
  }
  ratio("bulk_two_threads_over_one", one / two, 1.9);
}
#endif

void one_stack(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(service.pull());
}
BENCHMARK(one_stack);
void million_stacks(benchmark::State& state) {
  const auto grid = bulk::sweep(service)
                        .over(energy_price, bulk::linear(30 * usd / megawatt_hour, 120 * usd / megawatt_hour, 1000))
                        .over(efficiency, bulk::linear(1.05, 1.6, 1000));
  for (auto _ : state)
    benchmark::DoNotOptimize(grid.run(bulk::minimum(price)));
  state.SetItemsProcessed(state.iterations() * 1000000);
}
BENCHMARK(million_stacks);
}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  against_the_scalar_path();
  loops_and_conditions();
  draws_of_inputs();
#if WITH_TBB
  two_threads();
#endif
}
