// A decode step: the library's typed formulas beside the same formulas as plain double arithmetic, in one run; and what
// is built of such steps, the figures of a replica and the search for the best plan. Ends with lines
// `ratio,<name>,<value>,<aim>`; times are of one core's processor time. The plain version also says that both agree.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <layercake/chips/catalog.hpp>
#include <layercake/infrastructure/catalog.hpp>
#include <layercake/models/catalog.hpp>
#include <layercake/serving/search.hpp>
#include <map>
#include <string>
#include <vector>

namespace {
namespace lc = layercake;
using namespace lc::units;

const auto& chip = lc::chips::catalog::h100_sxm;
const lc::infrastructure::site site = [] {
  lc::infrastructure::site s;
  s.network.scale_up = lc::infrastructure::catalog::nvlink_hopper;
  return s;
}();
const lc::models::deployed model = lc::models::catalog::find("llama-3.1-70b").at(lc::precision::bf16);

const lc::call_demand<> demand = [] {
  lc::call_demand<> d;
  d.calls = 50 / second;
  d.input = 1200 * token;
  d.output = 300 * token;
  d.time_to_first_token = 2 * second;
  d.time_per_output_token = 0.05 * (second / token);
  return d;
}();
auto replica_on(double tensor) {
  return lc::replica_of<double>(chip, site, model, lc::serving_plan{.tensor = tensor}, demand);
}

// The laws of chips/kernels.hpp and infrastructure/collectives.hpp for a dense model in 16 bit on one chip of a
// tensor-parallel group.
struct plain {
  const lc::chips::product_constants& p = lc::chips::hopper_constants.product[0];
  const lc::chips::decode_constants& a = lc::chips::hopper_constants.decode[0];
  double peak = 989.4e12, bandwidth = 3.35e12, sms = 132, cache = 50e6, clock = 1.83e9, watts = 700, fabric = 450e9;
  double layers = 80, width = 8192, heads = 64, key_heads = 8, head = 128, inner = 28672, vocabulary = 128256, tensor;

  static double root4(double x, double y) {
    const double larger = std::fmax(x, y), ratio = std::fmin(x, y) / larger, r2 = ratio * ratio;
    return larger * std::sqrt(std::sqrt(1 + r2 * r2));
  }
  double product(double m, double k, double n) const {
    const double u = p.chain * 2 * 128 * 128 * sms / peak * k, chain = u / (1 + u * p.chain_limit);
    const double rows = m + p.edge + p.rounding * (128 * std::ceil(m / 128) - m);
    const double x =
        rows * (n + p.edge) * (k * (2 / (peak * p.compute)) + p.epilogue * 2 / bandwidth) + (1 - p.exposed) * chain;
    const double g = p.droop * std::fmax(lc::chips::hopper_constants.shared.droop_from - watts / (peak / 1e12), 0);
    const double compute = x * (1 + g * x / (x + 1.5e-3));
    const double weights = 2 * n * k, activations = 2 * m * (k + n),
                 spilled = activations * activations / (activations + 0.5 * cache);
    return root4(compute, (weights + spilled + (activations - spilled) / 4) / (bandwidth * p.memory)) +
           p.exposed * chain + p.launch;
  }
  double attention(double b, double length) const {
    const double h = heads / tensor, c = std::fmax(key_heads / tensor, 1), group = h / c, streams = b * c;
    const double one = length * 2 * head * 2, read = streams * one;
    const double memory = (read + 2 * b * h * 2 * head) / (bandwidth * a.memory);
    const double compute =
        streams * std::sqrt(group * group + a.padded_rows * a.padded_rows) * length * 2 * head * 2 / (peak * a.compute);
    const double stream = streams * std::sqrt(1 + group * group / (a.stream_group * a.stream_group)) * a.stream / sms;
    const double alone = one * a.unsplit;
    return a.launch + std::sqrt(memory * memory + compute * compute + stream * stream + alone * alone) +
           a.ramp * read / (read + a.ramp_bytes) + std::sqrt(a.split * one);
  }
  double traffic(double bytes) const {
    const auto& s = lc::chips::hopper_constants.stream;
    const double y = bytes / (bandwidth * s.memory);
    return std::sqrt(s.launch * s.launch + y * y + 2 * s.overlap * s.launch * y);
  }
  static double pipelined(double latency, double transfer, double c) {
    return latency + transfer + c * std::sqrt(latency * transfer);
  }
  double all_reduce(double bytes) const {
    const auto& f = site.network.scale_up;
    const double g = tensor, launch = lc::in<second>(f.launch), step = lc::in<second>(f.step),
                 direct = lc::in<second>(f.direct_launch);
    if (!(g > 1)) return 0;
    const double ring = pipelined(launch + 2 * step * (g - 1),
                                  2 * bytes * (g - 1 + f.reduce_copy) / g / (f.efficiency * fabric), f.pipelining);
    const double chunk = g * lc::in<lc::units::byte>(f.switch_chunk);
    const double in_switch = launch + lc::in<second>(f.switch_latency) +
                             bytes * (1 + 1 / g) / (f.switch_efficiency * fabric) * (1 + chunk / (bytes + chunk));
    const double peers = lc::in<second>(f.direct_step) * (g - 1);
    const double one =
        pipelined(direct + peers, bytes * (g - 1) / (f.one_shot_efficiency * fabric), f.one_shot_pipelining);
    const double two =
        direct * f.two_shot_launches + peers + 2 * bytes * (g - 1) / g / (f.two_shot_efficiency * fabric);
    return std::fmin(std::fmin(g < 4 ? ring : std::fmin(ring, in_switch), one), two);
  }
  double all_gather(double bytes) const {
    const auto& f = site.network.scale_up;
    if (!(tensor > 1)) return 0;
    return pipelined(lc::in<second>(f.launch) + lc::in<second>(f.step) * (tensor - 1),
                     bytes * (tensor - 1 + f.gather_copy) / tensor / (f.efficiency * fabric), f.pipelining);
  }
  double decode(double b, double context) const {
    const double h = heads / tensor, wide = (h + 2 * std::fmax(key_heads / tensor, 1)) * head, local = inner / tensor;
    const double layer = 2 * traffic(8 * b * width) + product(b, width, wide) + traffic(4 * b * wide) +
                         attention(b, context) + product(b, h * head, width) + product(b, width, 2 * local) +
                         traffic(6 * b * local) + product(b, local, width) + 2 * all_reduce(2 * b * width);
    return traffic(4 * b * width) + layers * layer + product(b, width, vocabulary / tensor) +
           all_gather(2 * b * vocabulary);
  }
};

void library(benchmark::State& state) {
  const auto r = replica_on(static_cast<double>(state.range(0)));
  double b = 1;
  for (auto _ : state) {
    b = b < 64 ? b + 1 : 1;
    benchmark::DoNotOptimize(r.decode<false>(b, 1000 + b).time);
  }
}
void by_hand(benchmark::State& state) {
  plain p{.tensor = static_cast<double>(state.range(0))};
  benchmark::DoNotOptimize(p);  // chip and model are not known to the compiler, as in the library
  double b = 1;
  for (auto _ : state) {
    b = b < 64 ? b + 1 : 1;
    benchmark::DoNotOptimize(p.decode(b, 1000 + b));
  }
}
// The largest batch that keeps the objectives, and what it costs.
void figures(benchmark::State& state) {
  lc::call_demand<> d = demand;
  double input = 1000;
  for (auto _ : state) {
    input = input < 1400 ? input + 1 : 1000;
    d.input = input * token;
    benchmark::DoNotOptimize(lc::serve<double>(chip, site, model, lc::serving_plan{.tensor = 4}, d).concurrency);
  }
}
void search(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(lc::best_plan(lc::serving_goal::fewest_chips, chip, site, model, demand).chips);
}
// The splits that the search may name and the model and the fabric allow.
double plans_searched() {
  const lc::serving_search all;
  double n = 0;
  for (const double stages : all.pipeline) {
    for (const double ranks : all.tensor) {
      for (const double experts : all.expert) {
        const lc::serving_plan plan{.tensor = ranks, .pipeline = stages, .expert = experts};
        if (ranks <= chip.scale_up_domain && model.allows(plan.split())) ++n;
      }
    }
  }
  return n;
}
BENCHMARK(library)->Arg(1)->Arg(4)->Repetitions(40)->MinTime(0.01);
BENCHMARK(figures);
BENCHMARK(search);
BENCHMARK(by_hand)->Arg(1)->Arg(4)->Repetitions(40)->MinTime(0.01);

class collect : public benchmark::ConsoleReporter {
public:
  std::map<std::string, double> ns;
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& r : runs) {
      if (r.run_type != Run::RT_Iteration) continue;
      // The least of the repetitions: others on the machine only add to a time.
      const double now = r.GetAdjustedCPUTime();
      const std::string name = r.run_name.function_name + (r.run_name.args.empty() ? "" : "/" + r.run_name.args);
      const auto at = ns.emplace(name, now).first;
      at->second = std::min(at->second, now);
    }
    ConsoleReporter::ReportRuns(runs);
  }
};
}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  for (double tensor : {1., 4.}) {
    const auto r = replica_on(tensor);
    for (double b : {1., 17., 100.}) {
      const double x = lc::in<second>(r.decode<false>(b, 1500).time), y = plain{.tensor = tensor}.decode(b, 1500);
      if (!(std::abs(x / y - 1) < 1e-3)) {
        std::fprintf(stderr, "the plain version differs: %g s, %g s\n", x, y);
        return 1;
      }
    }
  }
  collect report;
  benchmark::RunSpecifiedBenchmarks(&report);
  for (const char* ranks : {"1", "4"}) {
    const double typed = report.ns[std::string("library/") + ranks], bare = report.ns[std::string("by_hand/") + ranks];
    std::printf("ratio,decode_step_tensor_%s_over_plain,%.2f,1.00\n", ranks, typed / bare);
    std::printf("ratio,decode_step_tensor_%s_nanoseconds,%.0f,200\n", ranks, typed);
  }
  std::printf("ratio,serve_over_decode_step,%.1f,40\n", report.ns["figures"] / report.ns["library/4"]);
  std::printf("ratio,best_plan_plans_per_second,%.0f,50000\n", plans_searched() * 1e9 / report.ns["search"]);
}
