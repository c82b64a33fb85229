// How long the search for the best training plan takes: the question that Calculon's README asks (Turing-NLG 530B on
// 5,128 A100, up to 2,520 sequences a step; its search tries 8,112 plans in 82 s), and the whole space of models of a
// trillion parameters on 4,096 chips. Calculon's plans differ in offloading and in the network that each kind of rank
// takes, which are no choices here; ours differ in context ranks, uneven stages, interleaving, ZeRO's levels and the
// order of micro-batches, so that figures are per 8,112 plans. Ends with lines `ratio,<name>,<value>,<aim>`; times are
// of one core's processor time.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <layercake/chips/catalog.hpp>
#include <layercake/energy/catalog.hpp>
#include <layercake/models/catalog.hpp>
#include <layercake/training/search.hpp>
#include <map>
#include <string>
#include <vector>

namespace {
using namespace layercake;

struct question {
  models::transformer model;
  const chips::accelerator& chip;
  double chips;
  training_plan base;
  training_space space{};

  template <class T>
  training_search_result ask(bool prune) const {
    const training_fleet fleet{chip, chips, infrastructure::site{}, energy::catalog::grid_ercot};
    return best_training<T>(model, fleet, training_run{}, base, space, {.keep = 1, .prune = prune});
  }
};

// Models of Megatron's papers (Narayanan et al. 2021; Korthikanti et al. 2022, table 3).
models::transformer megatron(double layers, double width, double heads) {
  return {.name = "megatron",
          .layers = layers,
          .width = width,
          .heads = heads,
          .key_heads = heads,
          .head_width = width / heads,
          .feed_forward = 4 * width,
          .vocabulary = 51200};
}
const question turing{megatron(105, 20480, 128),
                      chips::catalog::a100_sxm_80gb,
                      5128,
                      {.sequence = 2048},
                      {.global_batch = {641, 1282, 1923}}};
const question trillion{
    megatron(128, 25600, 160), chips::catalog::h100_sxm, 4096, {.global_batch = 4096, .sequence = 2048}};
const question experts{
    models::catalog::kimi_k2, chips::catalog::h100_sxm, 4096, {.global_batch = 4096, .sequence = 4096}};

template <class T>
void search(benchmark::State& state, const question& q, bool prune) {
  double plans = 0, evaluated = 0;
  for (auto _ : state) {
    const auto r = q.ask<T>(prune);
    benchmark::DoNotOptimize(r);
    plans = r.counts.plans, evaluated = r.counts.evaluated;
  }
  state.counters["plans"] = plans;
  state.counters["evaluated"] = evaluated;
}

struct measured {
  double seconds, plans, evaluated;
};
// Keeps the time of one search of every benchmark, in seconds.
class keeper : public benchmark::ConsoleReporter {
public:
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& r : runs) {
      all[r.benchmark_name()] = {r.cpu_accumulated_time / static_cast<double>(r.iterations), r.counters.at("plans"),
                                 r.counters.at("evaluated")};
    }
    ConsoleReporter::ReportRuns(runs);
  }
  std::map<std::string, measured> all;
};
void ratio(const char* name, double value, double aim) {
  std::printf("ratio,training_search_%s,%.4g,%.4g\n", name, value, aim);
}
}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  using lanes = bulk::batch<float>;
  const auto add = [](const char* name, auto function, const question& q, bool prune) {
    benchmark::RegisterBenchmark(name, [=, &q](benchmark::State& state) {
      function(state, q, prune);
    })->Unit(benchmark::kMillisecond);
  };
  add("turing", search<lanes>, turing, false);
  add("turing_pruned", search<lanes>, turing, true);
  add("turing_scalar", search<double>, turing, false);
  add("trillion", search<lanes>, trillion, false);
  add("trillion_pruned", search<lanes>, trillion, true);
  add("experts", search<lanes>, experts, false);
  add("experts_pruned", search<lanes>, experts, true);
  keeper k;
  benchmark::RunSpecifiedBenchmarks(&k);
  if (k.all.size() < 7) return 0;
  const measured& t = k.all["turing"];
  const measured& dense = k.all["trillion"];
  const measured& mixture = k.all["experts"];
  ratio("milliseconds_per_8112_plans", 1e3 * t.seconds * 8112 / t.plans, 10);
  ratio("milliseconds_per_8112_plans_pruned", 1e3 * k.all["turing_pruned"].seconds * 8112 / t.plans, 10);
  ratio("million_plans_per_second", 1e-6 * dense.evaluated / dense.seconds, 2);
  ratio("batch_over_scalar", k.all["turing_scalar"].seconds / t.seconds, 4);
  ratio("trillion_4096_chips_thousand_plans", 1e-3 * dense.plans, 100);
  ratio("trillion_4096_chips_exhaustive_seconds", dense.seconds, 10);
  ratio("trillion_4096_chips_pruned_seconds", k.all["trillion_pruned"].seconds, 1);
  ratio("trillion_of_experts_4096_chips_thousand_plans", 1e-3 * mixture.plans, 1000);
  ratio("trillion_of_experts_4096_chips_exhaustive_seconds", mixture.seconds, 10);
  ratio("trillion_of_experts_4096_chips_pruned_seconds", k.all["experts_pruned"].seconds, 1);
}
