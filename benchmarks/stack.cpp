// What the ceiling of a stack costs beside its bill. Ends with lines `ratio,<name>,<value>,<aim>`; times are of one core's processor time, the
// least of forty repetitions.
//   push_over_pull        time of push(), asked for another grant every time, over that of pull()
//   pull_microseconds     a whole bill
//   compose_over_pull     time of a bill after a layer was assigned to, for which a plan is chosen, over that of pull()
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <layercake/layercake.hpp>
#include <limits>
#include <map>
#include <string>

namespace {
namespace lc = layercake;
using namespace lc::units;

auto service() {
  return lc::stack{lc::energy::catalog::grid_ercot, lc::chips::catalog::h100_sxm, lc::infrastructure::site{},
                   lc::models::catalog::llama_3_1_70b.at(lc::precision::fp8),
                   lc::applications::assistant{
                       .daily_users = 1e6, .tasks_per_user = 12 / day, .input = 1200 * token, .output = 300 * token}};
}

void pull(benchmark::State& state) {
  auto s = service();
  for (auto _ : state) {
    benchmark::DoNotOptimize(s);
    benchmark::DoNotOptimize(s.pull());
  }
}
void push(benchmark::State& state) {
  const auto s = service();
  double users = 1e6;
  for (auto _ : state) {
    users += 1;
    benchmark::DoNotOptimize(s.push({.site_power = users * (1 * kilowatt), .capital = 5 * billion_usd}));
  }
}
void compose(benchmark::State& state) {
  auto s = service();
  for (auto _ : state) {
    s.application.daily_users += 1;
    benchmark::DoNotOptimize(s.pull());
  }
}
BENCHMARK(compose)->Repetitions(40)->Unit(benchmark::kMicrosecond);
BENCHMARK(pull)->Repetitions(40)->Unit(benchmark::kMicrosecond);
BENCHMARK(push)->Repetitions(40)->Unit(benchmark::kMicrosecond);

class least_times : public benchmark::ConsoleReporter {
public:
  void ReportRuns(const std::vector<Run>& runs) override {
    ConsoleReporter::ReportRuns(runs);
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      double& best =
          least.try_emplace(run.run_name.function_name, std::numeric_limits<double>::infinity()).first->second;
      best = std::min(best, run.GetAdjustedCPUTime());
    }
  }
  std::map<std::string, double> least;
};
}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  least_times reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  std::printf("\nratio,push_over_pull,%.3f,1.3\n", reporter.least["push"] / reporter.least["pull"]);
  std::printf("ratio,pull_microseconds,%.2f,4.5\n", reporter.least["pull"]);
  std::printf("ratio,compose_over_pull,%.1f,20\n", reporter.least["compose"] / reporter.least["pull"]);
}
