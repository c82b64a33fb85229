#include <doctest/doctest.h>

#include "../../approx.hpp"
#include "../record_checks.hpp"
#include <cmath>
#include <layercake/infrastructure/catalog.hpp>
#include <layercake/layercake.hpp>
#include <layercake/serving/energy.hpp>
#include <layercake/serving/search.hpp>
#include <xsimd/xsimd.hpp>

namespace lc = layercake;
using namespace lc::units;

namespace {
template <class T = double>
lc::call_demand<T> calls(double input, double output) {
  lc::call_demand<T> d;
  d.calls = T(10) / second;
  d.input = T(input) * token;
  d.output = T(output) * token;
  d.time_to_first_token = T(5) * second;
  d.time_per_output_token = T(0.1) * (second / token);
  return d;
}

struct bench {
  lc::chips::accelerator chip = lc::chips::catalog::h100_sxm;
  lc::infrastructure::site site{};
  lc::models::deployed model = lc::models::catalog::llama_3_1_70b.at(lc::precision::fp8);
  lc::serving_plan plan{.tensor = 4};
  lc::call_demand<> demand = calls(1000, 250);

  bench() {
    site.network.scale_up = lc::infrastructure::catalog::nvlink_hopper;
    plan.software = lc::software_of(lc::serving_engine::vllm);
  }
  auto replica() const { return lc::replica_of<double>(chip, site, model, plan, demand); }
};
double s(const lc::quantity<lc::unit::second>& t) { return lc::in<second>(t); }
double rate(const lc::serving_result<>& f) { return lc::in<hertz>(f.calls); }
}  // namespace

TEST_CASE("published runs, each within a quarter") {
  // benchmarks/accuracy/data: gpt-fast, vLLM on A100 (Qwen2.5), ML.ENERGY, TensorRT-LLM; figures as published.
  using lc::serving_engine;
  const auto run = [](const char* chip, const char* model, lc::precision p, double tensor, serving_engine engine,
                      double input, double output) {
    bench b;
    b.chip = lc::chips::catalog::find(chip);
    b.site.network.scale_up = b.chip.family == lc::chips::family::ampere ? lc::infrastructure::catalog::nvlink_ampere
                              : b.chip.family == lc::chips::family::blackwell
                                  ? lc::infrastructure::catalog::nvlink_blackwell
                                  : lc::infrastructure::catalog::nvlink_hopper;
    // Engines that were run in 8 bit cached in 8 bit too.
    b.model = lc::models::catalog::find(model).at(p).cache(lc::bits(p) == 8 ? p : lc::precision::bf16);
    b.plan.tensor = tensor;
    b.plan.memory_share = 0.92;
    b.plan.software = lc::software_of(engine);
    b.demand = calls(input, output);
    return b;
  };
  const auto near_to = [](double predicted, double published) {
    INFO("predicted " << predicted << ", published " << published);
    CHECK(std::abs(std::log(predicted / published)) < 0.25);
  };
  {
    const bench b = run("a100-sxm-80gb", "llama-2-7b", lc::precision::bf16, 1, serving_engine::gpt_fast, 5, 200);
    near_to(rate(lc::single_stream(b.replica())) * 200, 104.9);
  }
  {
    const bench b = run("a100-sxm-80gb", "qwen2.5-14b", lc::precision::bf16, 1, serving_engine::vllm, 6144, 2048);
    near_to(rate(lc::single_stream(b.replica())) * 2048, 45.57);
  }
  {
    const bench b =
        run("h200-sxm-141gb", "llama-3.1-405b", lc::precision::fp8, 8, serving_engine::tensorrt_llm, 5000, 500);
    near_to(rate(lc::inflight_saturated(b.replica())) * 500 / 8, 83.64);
  }
  {
    const bench b =
        run("h200-sxm-141gb", "mistral-7b", lc::precision::fp8, 1, serving_engine::tensorrt_llm, 2048, 2048);
    near_to(rate(lc::inflight_saturated(b.replica())) * 2048, 12347);
  }
  {
    const bench b =
        run("h100-sxm-80gb", "llama-3.1-70b", lc::precision::bf16, 4, serving_engine::tensorrt_llm, 467, 256);
    const auto f = lc::inflight_open_loop(b.replica(), 2 / second, 0.99);
    near_to(rate(f) * 256 / 4, 124.5);
    near_to(s(f.time_per_output_token), 0.021);
  }
}

TEST_CASE("a call's time is the sum of its parts") {
  const bench b;
  const auto r = b.replica();
  for (double n : {1., 8., 64.}) {
    const auto f = lc::static_batch(r, n);
    CHECK(s(f.latency) == approx(s(f.prefill) + s(f.decode)));
    CHECK(s(f.decode) == approx(s(f.time_per_output_token) * 249));
    CHECK(rate(f) == approx(n / s(f.latency)));
    const auto g = lc::inflight_fixed_concurrency(r, n);
    CHECK(s(g.latency) == approx(s(g.time_to_first_token) + s(g.time_per_output_token) * 249));
  }
  CHECK(s(lc::single_stream(r).latency) == s(lc::static_batch(r, 1.0).latency));
  // Little's law: those who write, and those who are read.
  const auto f = lc::inflight_open_loop(r, 3 / second, 0.99);
  CHECK(f.in_flight > 3 * 250 * s(f.time_per_output_token));
  CHECK(f.in_flight < 3 * s(f.latency));
  // Work of a step: decoding alone and prompts alone are less than both, and together more.
  const lc::serving_load<double> load{
      .decoding = 32, .decode_context = 1000, .prompts = 1, .queries = 1000, .context = 1000};
  const auto both = r.pass(load, true, true, 1.0), writing = r.pass(load, true, false, 1.0),
             reading = r.pass(load, false, true, 1.0);
  CHECK(both.time > writing.time);
  CHECK(both.time > reading.time);
  CHECK(both.time < writing.time + reading.time);
  CHECK(lc::in<teraflop>(both.flop) == approx(lc::in<teraflop>(writing.flop + reading.flop)).epsilon(0.02));
}

TEST_CASE("better hardware never serves less, more load is never faster") {
  bench b;
  double before = 0;
  for (double bandwidth : {1.0, 1.5, 2.0, 3.35, 4.8, 8.0, 16.0}) {
    b.chip.memory_bandwidth = bandwidth * terabyte_per_second;
    const double now = rate(lc::inflight_saturated(b.replica()));
    CHECK(now >= before);
    before = now;
  }
  b = {};
  before = 0;
  for (double memory : {24., 40., 64., 80., 141., 288.}) {
    b.chip.memory = memory * gigabyte;
    const double now = rate(lc::inflight_saturated(b.replica()));
    CHECK(now >= before);
    before = now;
  }
  CHECK(before > 0);
  b = {};
  const auto r = b.replica();
  double tpot = 0, ttft = 0, throughput = 0;
  for (double n = 1; n <= 400; n *= 1.5) {
    const auto f = lc::inflight_fixed_concurrency(r, n);
    CHECK(s(f.time_per_output_token) >= tpot);
    CHECK(s(f.time_to_first_token) >= ttft);
    CHECK(rate(f) >= throughput);
    tpot = s(f.time_per_output_token), ttft = s(f.time_to_first_token), throughput = rate(f);
  }
  const double most = rate(lc::inflight_saturated(r));
  double slow = 0;
  for (double share : {0.05, 0.2, 0.4, 0.6, 0.8, 0.95}) {
    const auto f = lc::inflight_open_loop(r, share * most / second, 0.99);
    CHECK(s(f.slow_first_token) >= slow);
    CHECK(s(f.slow_first_token) >= s(f.time_to_first_token));
    CHECK(s(f.slow_output_token) >= s(f.time_per_output_token));
    slow = s(f.slow_first_token);
  }
  CHECK(std::isinf(s(lc::inflight_open_loop(r, 3 * most / second, 0.99).time_to_first_token)));
  CHECK(std::isfinite(s(lc::inflight_open_loop(r, 3 * most / second, 0.99, 500.0).time_to_first_token)));
}

TEST_CASE("limits on latency") {
  const bench b;
  const auto r = b.replica();
  const double most = rate(lc::inflight_saturated(r));
  const auto loose = lc::server_slo(r, {.first_token = 10 * second, .output_token = 1 * second});
  const auto tight = lc::server_slo(r, {.first_token = 0.4 * second, .output_token = 0.025 * second});
  const auto impossible = lc::server_slo(r, {.first_token = 1e-3 * second, .output_token = 1e-3 * second});
  CHECK(rate(loose) > rate(tight));
  CHECK(rate(loose) <= most * 1.1);
  CHECK(rate(tight) > 0);
  CHECK(s(tight.slow_first_token) <= 0.4);
  CHECK(s(tight.slow_output_token) <= 0.025 * (1 + 1e-4));  // searched until it settles
  CHECK(rate(impossible) == 0);
  const auto service_day = lc::production_day(r, lc::service_level{}, 2.0);
  CHECK(rate(service_day) == approx(rate(lc::server_slo(r, lc::service_level{})) / 2));
  CHECK(s(service_day.time_per_output_token) < s(lc::server_slo(r, lc::service_level{}).time_per_output_token));
}

TEST_CASE("prompts on chips of their own leave decoding undisturbed") {
  bench b;
  b.demand = calls(4000, 400);
  b.plan.reading = {.tensor = 4};
  const auto r = b.replica();
  const auto apart = lc::disaggregated(r, 64.0);
  const auto together = lc::inflight_fixed_concurrency(r, 64.0);
  CHECK(s(apart.time_per_output_token) < s(together.time_per_output_token));
  CHECK(rate(apart) > 0);
  // A share of the chips for each: no more than either pool alone gives.
  CHECK(rate(apart) < 64 / (400 * s(apart.time_per_output_token)));
  CHECK_THROWS_WITH_AS((void)lc::disaggregated(bench{}.replica()), doctest::Contains("plan.reading.tensor is 0"),
                       lc::invalid_value);
  CHECK_THROWS_WITH_AS((void)lc::disaggregated(r, -1.0), doctest::Contains("in_flight is -1"), lc::invalid_value);
}

// One law for two pools: of the regime, of plans and their search, and of a stack's bill.
TEST_CASE("two pools answer the same whoever asks") {
  bench b;
  b.demand = calls(4000, 400);
  b.plan.software.largest_batch = 100;
  for (const double ranks : {2.0, 4.0, 8.0}) {
    CAPTURE(ranks);
    b.plan.reading = {.tensor = ranks};
    const auto f = lc::serving_task(b.chip, b.site, b.model, b.demand).figures(b.plan);
    const auto apart = lc::disaggregated(b.replica());
    CHECK(apart.in_flight == f.writing.concurrency);
    CHECK(apart.time_to_first_token == f.time_to_first_token);
    CHECK(apart.prefill == f.reading.time_to_first_token);
    CHECK(s(apart.time_per_output_token) == lc::in<second>(f.writing.time_per_output_token * (1 * token)));
    // So many replicas that read and write as answer 1000 calls per second, as a bill counts them; chips of both.
    const double writers = 1000 / lc::in<hertz>(f.writing.calls), readers = 1000 / lc::in<hertz>(f.reading.calls);
    const double chips = writers * 4 + readers * ranks;
    CHECK(rate(apart) / 4 == approx(1000 / chips));
    // Busy all the time, and what they do is what a bill takes their power from.
    CHECK(lc::in<second>(apart.work.time) * rate(apart) == approx(1).epsilon(0.1));
    const double of_both =
        (lc::in<flop>(f.writing.per_call.flop) * 4 + lc::in<flop>(f.reading.per_call.flop) * ranks) / 4;
    CHECK(lc::in<flop>(apart.work.flop) == approx(of_both));
  }
  // Spread answers are in flight longer, and the cache of fewer fits.
  auto spread = b.replica();
  spread.spread = 1;
  CHECK(lc::disaggregated(spread, 64.0).time_per_output_token >
        lc::disaggregated(b.replica(), 64.0).time_per_output_token);
}

TEST_CASE("cached prefixes, speculation, chunks, formats, memory") {
  bench b;
  b.demand = calls(8000, 200);
  const double plain = rate(lc::inflight_saturated(b.replica()));
  b.demand.cached_share = 0.9;
  CHECK(rate(lc::inflight_saturated(b.replica())) > 2 * plain);
  b.demand.cached_share = 0;

  // 3.3616 tokens a pass at 80 % acceptance of 4 drafted (Leviathan et al. 2023, equation 1).
  b.plan.speculation = {.drafted = 4, .acceptance = 0.8, .draft_cost = 0.02};
  // worked: serving/speculation.hpp#tokens_per_pass
  CHECK(b.plan.speculation.tokens_per_pass() == approx(3.3616));
  CHECK(lc::speculation{}.tokens_per_pass() == approx(1));
  const double fast = s(lc::single_stream(b.replica()).time_per_output_token);
  b.plan.speculation = {};
  const double slow = s(lc::single_stream(b.replica()).time_per_output_token);
  CHECK(slow / fast > 2);
  CHECK(slow / fast < 3.3616);

  // A smaller budget cuts a prompt into chunks: a token waits less for it, the prompt itself longer.
  const auto whole = lc::inflight_fixed_concurrency(b.replica(), 16.0);
  b.plan.software.token_budget = 1024;
  const auto chunks = lc::inflight_fixed_concurrency(b.replica(), 16.0);
  CHECK(s(b.replica().steady(16.0).with_prompt) < s(bench{}.replica().steady(16.0).with_prompt) * 1.5);
  CHECK(s(chunks.time_to_first_token) > s(whole.time_to_first_token));
  b.plan.software.token_budget = 8192;

  const double calls16 = b.replica().memory_bound();
  b.model.formats.cache_bits = 8;
  const double at8 = b.replica().memory_bound();
  b.model.formats.cache_bits = 16;
  const double at16 = b.replica().memory_bound();
  // Twice as many, but for the logits of a call, which do not narrow: 1 % of its cache here.
  CHECK(at8 <= 2 * at16);
  CHECK(at8 > 1.99 * at16);
  CHECK((calls16 == approx(at8) || calls16 == approx(at16)));

  // 70.6 GB of weights at 8 bit (embeddings 16) do not fit one 64 GB chip.
  b.chip.memory = 64 * gigabyte;
  b.plan.tensor = 1;
  CHECK(b.replica().memory_bound() < 1);
  CHECK(rate(lc::inflight_saturated(b.replica())) == 0);
  CHECK(rate(lc::inflight_open_loop(b.replica(), 1 / second, 0.99)) == 0);
}

TEST_CASE("experts over data-parallel attention") {
  bench b;
  b.model = lc::models::catalog::find("deepseek-v3").at(lc::precision::fp8);
  b.chip.memory = 141 * gigabyte;
  b.plan = {.tensor = 1, .expert = 32};
  b.plan.software = lc::software_of(lc::serving_engine::sglang);
  const auto wide = lc::inflight_fixed_concurrency(b.replica(), 64.0);
  CHECK(rate(wide) > 0);
  b.plan.expert = 64;
  CHECK(b.replica().memory_bound() > 0);
  b.plan.expert = 8;  // 671 GB over 8 ranks: 85 GB of experts each, and little room
  const double few = b.replica().memory_bound();
  b.plan.expert = 32;
  CHECK(few < b.replica().memory_bound());
}

TEST_CASE("power and energy by boundary") {
  const bench b;
  const auto r = b.replica();
  const auto at = [&](lc::power_boundary where, double watts) {
    return lc::in<watt>(lc::power_at<double>(where, b.site, watts * watt));
  };
  // 8 x 500 W: hosts 46.88 % on top, supplies 96 %, network 14 %, PUE 1.25.
  CHECK(at(lc::power_boundary::chip, 4000) == approx(4000));
  CHECK(at(lc::power_boundary::node_dc, 4000) == approx(5875.2));
  CHECK(at(lc::power_boundary::node_ac, 4000) == approx(6120));
  CHECK(at(lc::power_boundary::it, 4000) == approx(6976.8));
  CHECK(at(lc::power_boundary::facility, 4000) == approx(8721));

  double before = 1e9;
  for (double n : {1., 8., 64., 256.}) {
    const auto f = lc::inflight_fixed_concurrency(r, n);
    const double watts = lc::in<watt>(lc::power_of(b.chip, f));
    CHECK(watts > lc::in<watt>(b.chip.idle_power));
    CHECK(watts <= lc::in<watt>(b.chip.thermal_design_power));
    const double joules = lc::in<joule_per_token>(lc::energy_per_token(lc::power_boundary::chip, b.site, b.chip, r, f));
    // What is drawn in an hour is what an hour's tokens cost.
    CHECK(joules * (rate(f) * 250 * 3600) == approx(watts * 4 * 3600));
    CHECK(joules < before);  // batching saves energy
    before = joules;
    CHECK(lc::energy_per_token(lc::power_boundary::facility, b.site, b.chip, r, f) >
          lc::energy_per_token(lc::power_boundary::node_ac, b.site, b.chip, r, f));
  }
  // A chip waiting for rare requests rests.
  const auto rare = lc::inflight_open_loop(r, 0.01 / second, 0.99);
  CHECK(lc::in<watt>(lc::power_of(b.chip, rare)) < 0.3 * 700);
}

TEST_CASE("the best plan, and why there is none") {
  bench b;
  lc::call_demand<> d = calls(1000, 250);
  d.calls = 50 / second;
  const lc::serving_search search{.rent = 2.5 * usd / hour};
  const auto fewest = lc::best_plan(lc::serving_goal::fewest_chips, b.chip, b.site, b.model, d, search);
  const auto cheapest = lc::best_plan(lc::serving_goal::cheapest_token, b.chip, b.site, b.model, d, search);
  const auto frugal = lc::best_plan(lc::serving_goal::least_energy, b.chip, b.site, b.model, d, search);
  CHECK(fewest.chips <= cheapest.chips);
  CHECK(fewest.chips <= frugal.chips);
  CHECK(cheapest.price <= fewest.price);
  CHECK(frugal.energy <= fewest.energy);
  CHECK(fewest.chips == fewest.replicas * fewest.plan.chips());
  CHECK(lc::in<hertz>(fewest.figures.writing.calls) * fewest.replicas * search.utilisation >= 50);
  // What is compared by energy asks for the chip's power; chips are counted without.
  lc::chips::accelerator unpowered = b.chip;
  unpowered.thermal_design_power = lc::unknown<>;
  for (const auto goal : {lc::serving_goal::cheapest_token, lc::serving_goal::least_energy}) {
    CHECK_THROWS_WITH_AS((void)lc::best_plan(goal, unpowered, b.site, b.model, d, search),
                         doctest::Contains("chip.thermal_design_power is unknown"), lc::missing_value);
  }
  CHECK(lc::best_plan(lc::serving_goal::fewest_chips, unpowered, b.site, b.model, d, search).chips == fewest.chips);

  const auto text = [&](auto&& change) {
    bench c;
    lc::call_demand<> e = calls(1000, 250);
    change(c, e);
    std::string what;
    try {
      (void)lc::best_plan(lc::serving_goal::fewest_chips, c.chip, c.site, c.model, e, search);
    } catch (const lc::infeasible& x) {
      what = x.what();
    }
    return what;
  };
  const auto has = [](const std::string& where, const char* what) { return where.find(what) != std::string::npos; };
  const std::string memory = text([](bench& c, lc::call_demand<>&) { c.chip.memory = 0.1 * gigabyte; });
  INFO(memory);
  CHECK(has(memory, "memory: "));
  CHECK(has(memory, "B of weights"));
  CHECK(has(memory, "narrower format"));
  const std::string token_time =
      text([](bench&, lc::call_demand<>& e) { e.time_per_output_token = 1e-4 * (second / token); });
  INFO(token_time);
  CHECK(has(token_time, "time per output token: "));
  CHECK(has(token_time, "allowed 100 us"));
  const std::string first = text([](bench&, lc::call_demand<>& e) { e.time_to_first_token = 1e-3 * second; });
  INFO(first);
  CHECK(has(first, "time to first token: "));
  CHECK(has(first, "allowed 1 ms"));
}

TEST_CASE("one formula for every number type") {
  const bench b;
  const auto throughput = [&]<class T>(T bandwidth, T concurrency, T input) {
    auto chip = lc::with_number<T>(b.chip);
    chip.memory_bandwidth = bandwidth * terabyte_per_second;
    const auto site = lc::with_number<T>(b.site);
    const auto model = lc::with_number<T>(b.model);
    const auto plan = lc::with_number<T>(b.plan);
    lc::call_demand<T> d = calls<T>(1, 250);
    d.input = input * token;
    const auto r = lc::replica_of<T>(chip, site, model, plan, d);
    const auto f = lc::inflight_fixed_concurrency(r, concurrency);
    const auto o = lc::inflight_open_loop(r, lc::quantity<lc::unit::per_second, T>(T(2) / second), T(0.99f));
    return T(f.calls * (T(1) * second)) + T(o.slow_first_token / (T(1) * second)) +
           T(o.time_per_output_token / (T(1) * second));
  };
  const double x = throughput(3.35, 40.0, 1000.0);
  CHECK(double(throughput(3.35f, 40.f, 1000.f)) == approx(x).epsilon(2e-3));
  using batch = xsimd::simd_type<double>;
  CHECK(throughput(batch(3.35), batch(40.0), batch(1000.0)).get(0) == approx(x).epsilon(1e-6));
  using dual = lc::dual<double, 1>;
  const auto slope = [&](int which) {
    return throughput(which == 0 ? dual::variable(3.35, 0) : dual(3.35), which == 1 ? dual::variable(40, 0) : dual(40.),
                      which == 2 ? dual::variable(1000, 0) : dual(1000.))
        .slope[0];
  };
  const auto difference = [&](int which) {
    const double h = 1e-4;
    const double at[] = {3.35, 40, 1000};
    const auto move = [&](double sign) {
      double y[] = {at[0], at[1], at[2]};
      y[which] *= 1 + sign * h;
      return throughput(y[0], y[1], y[2]);
    };
    return (move(1) - move(-1)) / (2 * h * at[which]);
  };
  for (int i = 0; i < 3; ++i)
    CHECK(slope(i) == approx(difference(i)).epsilon(0.01));
}

TEST_CASE("bad input is refused with its path") {
  layercake_test::check_bad_input(lc::serving_plan{});
  layercake_test::check_bad_input(lc::serving_software{});
  layercake_test::check_bad_input(lc::speculation{});
  layercake_test::check_bad_input(lc::service_level{});
}
