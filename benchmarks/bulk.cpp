// Bulk evaluation beside everything it is to be compared with, in one run: the scalar path, intrinsics written by hand,
// what the machine can do at all, NumPy, bare numbers, two threads. Ends with lines `ratio,<name>,<value>,<aim>`.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <layercake/bulk/function.hpp>
#include <layercake/bulk/sobol.hpp>
#include <layercake/layercake.hpp>
#include <string>
#include <vector>
#if __has_include(<oneapi/tbb/parallel_pipeline.h>)
#include <layercake/adapters/tbb.hpp>
#define WITH_TBB 1
#else
#define WITH_TBB 0
#endif
#if defined(__AVX2__)
#include <immintrin.h>
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

// ---- a short formula: the price of a token on one chip at a batch size, energy and capital
// ---------------------------------------------

constexpr double flop_per_token = 1.4e11, weights = 7e10, cache = 3e8, peak = 9.9e14, bandwidth = 3.3e12,
                 overhead = 2e-3, idle = 90, dynamic = 600, pue = 1.25, capital = 4.4e-4;
// Written once for every number type; three quotients per point remain in the inner loop.
constexpr auto bare_price = [](const auto& energy_price, const auto& b) {
  const auto compute = b * (flop_per_token / peak);
  const auto memory = (b * cache + weights) * (1 / bandwidth);
  const auto t = lc::max(compute, memory) + overhead;
  const auto watts = compute / t * dynamic + idle;
  return (watts * (energy_price * pue) + capital) / (b / t);
};
constexpr auto typed_price = [](const auto& energy_price, const auto& b) {
  const auto compute = b * (flop_per_token / peak * second);
  const auto memory = (b * (cache * byte) + weights * byte) * (1 / bandwidth * (second / byte));
  const auto t = lc::max(compute, memory) + overhead * second;
  const auto watts = compute / t * (dynamic * watt) + idle * watt;
  return (watts * (energy_price * pue) + capital * (usd / second)) / (b / t * (1.0 * token));
};

constexpr std::size_t rows = 2000, columns = 8192;
const auto prices = bulk::linear(30 * usd / megawatt_hour, 120 * usd / megawatt_hour, rows);
const auto bare_prices = bulk::linear(30 / 3.6e9, 120 / 3.6e9, rows);
const auto batches = bulk::linear(1.0, 400.0, columns);

struct least_value {
  double value = 1e300;
  std::size_t at = 0;
};

#if defined(__clang__)
#define SCALAR_LOOP _Pragma("clang loop vectorize(disable) interleave(disable)")
#define SCALAR_FUNCTION
#else
#define SCALAR_LOOP
#define SCALAR_FUNCTION __attribute__((optimize("no-tree-vectorize")))
#endif

SCALAR_FUNCTION __attribute__((noinline)) double scalar_loop(const double* b, double e) {
  double best = 1e300;
  SCALAR_LOOP
  for (std::size_t i = 0; i < columns; ++i)
    best = std::min(best, bare_price(e, b[i]));
  return best;
}
#if !defined(__clang__)
__attribute__((optimize("O3")))
#endif
__attribute__((noinline)) double
vectorised_loop(const double* b, double e) {
  double x[256], best = 1e300;
  for (std::size_t i = 0; i < columns; i += 256) {
    for (std::size_t k = 0; k < 256; ++k) {
      const double compute = b[i + k] * (flop_per_token / peak),
                   memory = (b[i + k] * cache + weights) * (1 / bandwidth);
      const double t = (compute < memory ? memory : compute) + overhead, watts = compute / t * dynamic + idle;
      x[k] = (watts * (e * pue) + capital) / (b[i + k] / t);
    }
    for (std::size_t k = 0; k < 256; ++k)
      best = x[k] < best ? x[k] : best;
  }
  return best;
}

#if defined(__AVX2__)
// By hand: the same operations, the least value and its place in registers.
__attribute__((noinline)) least_value by_hand(const double* b) {
  least_value best;
  const __m256d c_compute = _mm256_set1_pd(flop_per_token / peak), c_cache = _mm256_set1_pd(cache),
                c_weights = _mm256_set1_pd(weights), c_bandwidth = _mm256_set1_pd(1 / bandwidth),
                c_overhead = _mm256_set1_pd(overhead), c_dynamic = _mm256_set1_pd(dynamic),
                c_idle = _mm256_set1_pd(idle), c_capital = _mm256_set1_pd(capital);
  for (std::size_t r = 0; r < rows; ++r) {
    const __m256d e = _mm256_set1_pd(bare_prices[r] * pue);
    __m256d least = _mm256_set1_pd(1e300), place = _mm256_setzero_pd(), index = _mm256_set_pd(3, 2, 1, 0);
    const __m256d four = _mm256_set1_pd(4);
    for (std::size_t i = 0; i < columns; i += 4) {
      const __m256d n = _mm256_loadu_pd(b + i);
      const __m256d compute = _mm256_mul_pd(n, c_compute);
      const __m256d memory = _mm256_mul_pd(_mm256_add_pd(_mm256_mul_pd(n, c_cache), c_weights), c_bandwidth);
      const __m256d t = _mm256_add_pd(_mm256_max_pd(compute, memory), c_overhead);
      const __m256d watts = _mm256_add_pd(_mm256_mul_pd(_mm256_div_pd(compute, t), c_dynamic), c_idle);
      const __m256d p = _mm256_div_pd(_mm256_add_pd(_mm256_mul_pd(watts, e), c_capital), _mm256_div_pd(n, t));
      const __m256d less = _mm256_cmp_pd(p, least, _CMP_LT_OQ);
      least = _mm256_blendv_pd(least, p, less);
      place = _mm256_blendv_pd(place, index, less);
      index = _mm256_add_pd(index, four);
    }
    double v[4], at[4];
    _mm256_storeu_pd(v, least);
    _mm256_storeu_pd(at, place);
    for (int k = 0; k < 4; ++k) {
      if (v[k] < best.value) best = {v[k], r * columns + static_cast<std::size_t>(at[k])};
    }
  }
  return best;
}
// Multiply-adds and quotients that the machine does in a second, in independent chains.
double multiply_adds_per_second() {
  constexpr int n = 4000000;
  __m256d a[10];
  for (int k = 0; k < 10; ++k)
    a[k] = _mm256_set1_pd(1 + k * 1e-3);
  const __m256d m = _mm256_set1_pd(0.999999), c = _mm256_set1_pd(1e-7);
  const double s = seconds([&] {
    for (int i = 0; i < n; ++i) {
      for (int k = 0; k < 10; ++k)
        a[k] = _mm256_fmadd_pd(a[k], m, c);
    }
    benchmark::DoNotOptimize(a);
  });
  return 4.0 * 10 * n / s;
}
double quotients_per_second() {
  constexpr int n = 2000000;
  __m256d a[6];
  for (int k = 0; k < 6; ++k)
    a[k] = _mm256_set1_pd(1 + k * 1e-3);
  const __m256d m = _mm256_set1_pd(0.9999999);
  const double s = seconds([&] {
    for (int i = 0; i < n; ++i) {
      for (int k = 0; k < 6; ++k)
        a[k] = _mm256_div_pd(m, a[k]);
    }
    benchmark::DoNotOptimize(a);
  });
  return 4.0 * 6 * n / s;
}
#endif

double stream_bytes_per_second() {
  std::vector<double> a(8 << 20, 1.0), b(8 << 20, 2.0);
  const double s = seconds([&] {
    for (std::size_t i = 0; i < a.size(); ++i)
      a[i] = b[i] * 3.0;
    benchmark::DoNotOptimize(a.data());
  });
  return 16.0 * static_cast<double>(a.size()) / s;
}

void short_formula() {
  std::vector<double> b(columns);
  for (std::size_t i = 0; i < columns; ++i)
    b[i] = batches[i];
  const double points = static_cast<double>(rows * columns);
  const auto bare = bulk::compiled(bare_price, bare_prices, batches);
  const auto typed = bulk::compiled(typed_price, prices, batches);
  const auto taped = bulk::function(bare_price, bare_prices, batches);
  double t_bulk = 1e300, t_typed = 1e300, t_hand = 1e300, t_scalar = 1e300, t_vector = 1e300, t_tape = 1e300,
         t_fast = 1e300;
  bulk::found_point<double> found;
  least_value by;
  for (int i = 0; i < 5; ++i) {  // side by side, so that another load on the machine meets all of them
    t_bulk = std::min(t_bulk, seconds([&] { found = bare.run(bulk::minimum(bulk::itself)); }, 1));
    t_typed = std::min(t_typed, seconds([&] { benchmark::DoNotOptimize(typed.run(bulk::minimum(bulk::itself))); }, 1));
    t_tape = std::min(t_tape, seconds([&] { benchmark::DoNotOptimize(taped.run(bulk::minimum(bulk::itself))); }, 1));
    t_fast = std::min(
        t_fast, seconds(
                    [&] {
                      benchmark::DoNotOptimize(
                          bulk::compiled<float>(bare_price, bare_prices, batches).run(bulk::minimum(bulk::itself)));
                    },
                    1));
#if defined(__AVX2__)
    t_hand = std::min(t_hand, seconds([&] { by = by_hand(b.data()); }, 1));
#endif
    t_scalar = std::min(t_scalar, 10 * seconds(
                                           [&] {
                                             for (std::size_t r = 0; r < rows / 10; ++r)
                                               benchmark::DoNotOptimize(scalar_loop(b.data(), bare_prices[r]));
                                           },
                                           1));
    t_vector = std::min(t_vector, 10 * seconds(
                                           [&] {
                                             for (std::size_t r = 0; r < rows / 10; ++r)
                                               benchmark::DoNotOptimize(vectorised_loop(b.data(), bare_prices[r]));
                                           },
                                           1));
  }
  ratio("bulk_formula_million_points_per_second", points / t_bulk / 1e6, 300);
  ratio("bulk_over_scalar_not_vectorised", t_scalar / t_bulk, 4);
  ratio("bulk_over_scalar_vectorised_by_the_compiler", t_vector / t_bulk, 1);
  ratio("bulk_float_over_double", t_bulk / t_fast, 2);
  ratio("bulk_recorded_over_compiled", t_bulk / t_tape, 0.5);
  ratio("bulk_typed_over_bare", t_typed / t_bulk, 1);
#if defined(__AVX2__)
  if (found.index != by.at || found.value != by.value)
    std::printf("bulk and intrinsics differ: %zu %zu\n", static_cast<std::size_t>(found.index), by.at);
  ratio("bulk_over_intrinsics", t_hand / t_bulk, 0.95);
  const double bound = std::max(12 / multiply_adds_per_second(),
                                3 / quotients_per_second());  // seconds a point: 12 other operations, 3 quotients
  ratio("bulk_over_machine_bound", bound * points / t_bulk, 0.6);
#endif
  // A column of results: bound by the stream.
  std::vector<double> out(rows * columns);
  const double t_columns = seconds(
      [&] { bulk::compiled(bare_price, bare_prices, batches).run(bulk::into(bulk::view(out), bulk::itself)); }, 2);
  ratio("bulk_columns_over_stream", 8 * points / t_columns / stream_bytes_per_second(), 0.2);

  const std::string script =
      "python3 -c \"\n"
      "try:\n"
      "  import numpy as np, time\n"
      "except ImportError:\n"
      "  raise SystemExit\n"
      "b = np.linspace(1.0, 400.0, 8192); e = np.linspace(30/3.6e9, 120/3.6e9, 2000)[:200, None]\n"
      "def f(e, b):\n"
      "  compute = b*(1.4e11/9.9e14); t = np.maximum(compute, (b*3e8 + 7e10)*(1/3.3e12)) + 2e-3\n"
      "  return (((compute/t*600.0 + 90.0)*(e*1.25) + 4.4e-4)/(b/t)).min()\n"
      "best = 1e9\n"
      "for i in range(3):\n"
      "  s = time.perf_counter(); f(e, b); best = min(best, time.perf_counter() - s)\n"
      "print(best*10)\n\" 2>/dev/null";
  if (std::FILE* const p = popen(script.c_str(), "r")) {
    double t = 0;
    if (std::fscanf(p, "%lf", &t) == 1) ratio("bulk_over_numpy", t / t_bulk, 10);
    pclose(p);
  }
}

// ---- whole stacks
// ---------------------------------------------------------------------------------------------------------------------------

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

void stacks() {
  const auto grid = bulk::sweep(service)
                        .over(energy_price, bulk::linear(30 * usd / megawatt_hour, 120 * usd / megawatt_hour, 10000))
                        .over(efficiency, bulk::linear(1.05, 1.6, 10000));
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
  const auto wide = bulk::sweep(service)
                        .over(users, bulk::logarithmic(1e4, 1e9, 1000))
                        .over(efficiency, bulk::linear(1.05, 1.6, 100))
                        .over(energy_price, bulk::linear(30 * usd / megawatt_hour, 120 * usd / megawatt_hour, 100));
  ratio("bulk_stacks_three_axes_million_per_second",
        10 / seconds([&] { benchmark::DoNotOptimize(wide.run(bulk::minimum(price))); }, 3), 100);
  const auto fleet = bulk::sweep(service).over(users, bulk::logarithmic(1e4, 1e9, 1e6));
  ratio("bulk_stacks_fleet_axis_million_per_second",
        1 / seconds([&] { benchmark::DoNotOptimize(fleet.run(bulk::minimum(price))); }, 3), 10);
  const auto quick =
      bulk::sweep(service).over(users, bulk::logarithmic(1e4, 1e9, 1e6)).quotients(bulk::division::reciprocal);
  ratio("bulk_stacks_fleet_axis_reciprocals_million_per_second",
        1 / seconds([&] { benchmark::DoNotOptimize(quick.run(bulk::minimum(price))); }, 3), 10);

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
#if WITH_TBB
  const auto on = [&](int threads) {
    return seconds(
        [&] {
          benchmark::DoNotOptimize(grid.run_on(lc::adapters::tbb_threads{threads}, bulk::control{},
                                               bulk::minimum(price), bulk::moments(price)));
        },
        3);
  };
  const double one = on(1);
  ratio("bulk_two_threads_over_one", one / on(2), 1.9);
#endif
}

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
  short_formula();
  stacks();
}
