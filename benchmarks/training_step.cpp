// How many training configurations a second, memory included: the library over double, float batches and double batches.
// Ends with lines `ratio,<name>,<value>,<aim>`; times are of one core's processor time.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdio>
#include <layercake/chips/catalog.hpp>
#include <layercake/training/law.hpp>
#include <map>
#include <string>
#include <vector>
#include <xsimd/xsimd.hpp>

namespace {
using namespace layercake;

const models::transformer dense{.name = "dense",
                                .layers = 80,
                                .width = 8192,
                                .heads = 64,
                                .key_heads = 8,
                                .head_width = 128,
                                .feed_forward = 28672,
                                .gated = true,
                                .vocabulary = 128256};
models::transformer mixture() {
  models::transformer m = dense;
  m.experts = 64, m.active_experts = 8, m.expert_width = 2048, m.dense_layers = 2;
  return m;
}
const chips::accelerator& chip = chips::catalog::h100_sxm;
const infrastructure::site site;

// A sweep: micro-batches, data-parallel widths, tensor and pipeline splits.
constexpr std::size_t plans = 512;
training_plan plan_number(std::size_t i, bool experts) {
  training_plan p{.tensor = double(1 << (i / 16 % 4)),
                  .pipeline = double(1 << (i / 64 % 4)),
                  .data = double(8 << (i / 4 % 4)),
                  .micro_batch = double(1 << (i % 4)),
                  .global_batch = 1024,
                  .sequence = i / 256 % 2 == 0 ? 4096.0 : 8192.0};
  p.expert = experts ? 8.0 : 1.0;
  return p;
}

template <class T>
struct sweep {
  static constexpr std::size_t lanes = sizeof(T) / sizeof(scalar_of_t<T>);
  std::array<basic_training_plan<T>, plans / lanes> all;
  explicit sweep(bool experts) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      all[i] = with_number<T>(plan_number(i * lanes, experts));
      if constexpr (lanes > 1) {
        for_each_number(all[i], i * lanes, experts);
      }
    }
  }

private:
  static void for_each_number(basic_training_plan<T>& p, std::size_t first, bool experts) {
    const auto fill = [&](auto member, auto source) {
      std::array<scalar_of_t<T>, lanes> x;
      for (std::size_t j = 0; j < lanes; ++j)
        x[j] = static_cast<scalar_of_t<T>>(plan_number(first + j, experts).*source);
      p.*member = T::load_unaligned(x.data());
    };
    using P = basic_training_plan<T>;
    fill(&P::tensor, &training_plan::tensor);
    fill(&P::pipeline, &training_plan::pipeline);
    fill(&P::data, &training_plan::data);
    fill(&P::micro_batch, &training_plan::micro_batch);
    fill(&P::sequence, &training_plan::sequence);
  }
};

template <class T>
void library(benchmark::State& state, bool experts) {
  const auto law = training_law_of<T>(experts ? mixture() : dense, chip, site);
  const sweep<T> s(experts);
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(law(s.all[i]).feasible_step_time());
    i = i + 1 < s.all.size() ? i + 1 : 0;
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(sweep<T>::lanes));
}
void prepare(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(training_law_of<double>(dense, chip, site));
}

// Keeps the time of one configuration of every benchmark, in seconds.
class keeper : public benchmark::ConsoleReporter {
public:
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& r : runs) {
      const auto items = r.counters.find("items_per_second");
      times[r.benchmark_name()] = items != r.counters.end()
                                      ? 1 / items->second.value
                                      : r.cpu_accumulated_time / static_cast<double>(r.iterations);
    }
    ConsoleReporter::ReportRuns(runs);
  }
  std::map<std::string, double> times;
};
}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  for (const bool experts : {false, true}) {
    const std::string kind = experts ? "mixture" : "dense";
    const auto add = [&](const std::string& name, auto function) {
      benchmark::RegisterBenchmark((kind + "/" + name).c_str(),
                                   [=](benchmark::State& state) { function(state, experts); });
    };
    add("double", library<double>);
    add("batch_double", library<xsimd::batch<double>>);
    add("batch_float", library<xsimd::batch<float>>);
  }
  benchmark::RegisterBenchmark("prepare", prepare);
  keeper k;
  benchmark::RunSpecifiedBenchmarks(&k);
  for (const std::string kind : {"dense", "mixture"}) {
    const double scalar = k.times[kind + "/double"], batch = k.times[kind + "/batch_float"];
    if (!(scalar > 0 && batch > 0)) continue;
    std::printf("ratio,training_step_%s_microseconds,%.2f,1.00\n", kind.c_str(), scalar * 1e6);
    std::printf("ratio,training_step_%s_batch_speedup,%.2f,3.00\n", kind.c_str(), scalar / batch);
    std::printf("ratio,training_step_%s_batch_million_per_second,%.2f,2.00\n", kind.c_str(), 1e-6 / batch);
  }
}
