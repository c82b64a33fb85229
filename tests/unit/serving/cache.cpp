// Cache in use: blocks, prefixes that all calls share, sessions that wait between their calls.
#include <doctest/doctest.h>

#include <layercake/chips/chips.hpp>
#include <layercake/infrastructure/infrastructure.hpp>
#include <layercake/number/dual.hpp>
#include <layercake/serving/regimes.hpp>
#include <layercake/serving/search.hpp>

#include "../../approx.hpp"

namespace lc = layercake;
using namespace lc::units;

namespace {
const lc::models::deployed model = lc::models::catalog::llama_3_1_8b.at(lc::precision::bf16);
constexpr double per_token = 32 * 2 * 8 * 128 * 2;  // bytes: layers, keys and values, key heads, width, 16 bit

lc::call_demand<> calls(double input, double output) {
  return {.calls = 1 / second, .input = input * token, .output = output * token};
}
struct bench {
  lc::chips::accelerator chip = lc::chips::catalog::h100_sxm;
  lc::infrastructure::site site{};
  lc::serving_plan plan{};
  lc::call_demand<> demand = calls(4000, 200);

  auto replica() const { return lc::replica_of<double>(chip, site, model, plan, demand); }
  auto serve() const { return lc::serve<double>(chip, site, model, plan, demand); }
};
double bytes(const lc::quantity<lc::unit::byte>& x) { return lc::in<byte>(x); }
double per_second(const lc::quantity<lc::unit::per_second>& x) { return lc::in<hertz>(x); }
}  // namespace

TEST_CASE("a cache is allotted in blocks, the last of which is half full") {
  bench b;
  b.plan.software.cache_block = 1;
  CHECK(bytes(b.replica().own_cache(1000)) == 1000 * per_token);
  b.plan.software.cache_block = 65;  // 32 positions more on average
  CHECK(bytes(b.replica().own_cache(1000)) == 1032 * per_token);
}

TEST_CASE("a prefix that all share is held once and not read") {
  bench b;
  b.plan.software.cache_block = 1;
  b.plan.software.sampled_logit = {};
  b.demand.shared_prefix = 3000 * token;
  const auto r = b.replica();
  CHECK(r.fresh() == 1000);
  CHECK(bytes(r.shared_cache()) == 3000 * per_token);
  CHECK(bytes(r.own_cache(r.mean_context())) == approx(1100 * per_token));  // 4100 positions, 3000 of them shared
  bench c = b;
  c.demand = calls(4000, 200);
  c.demand.cached_share = 0.75;  // as many are read, and every call holds its own
  const auto own = c.replica();
  CHECK(own.fresh() == r.fresh());
  // the memory that is left holds one prefix and 1,100 positions a call, or 4,100 positions a call
  CHECK(r.memory_bound() * 1100 + 3000 == approx(own.memory_bound() * 4100).epsilon(2e-3));
  CHECK(b.serve().calls >= c.serve().calls);
  // one's own earlier turns are a share of what is behind the prefix
  b.demand.cached_share = 0.5;
  CHECK(b.replica().fresh() == 500);
  // the whole input may be shared; more may not
  b.demand.shared_prefix = 4000 * token;
  CHECK(b.replica().fresh() == 1);
  b.demand.shared_prefix = 4001 * token;
  CHECK(lc::text_of(lc::check(b.demand, "demand")).find("demand.shared_prefix is 4.001 ktok; allowed: at most input") !=
        std::string::npos);
}

TEST_CASE("a state that does not grow with its positions is every call's own") {
  lc::models::layered hybrid;
  hybrid.width = 4096, hybrid.vocabulary = 32000;
  hybrid.groups.push_back({.count = 8,
                           .mixer = {.kind = lc::models::mixing::linear,
                                     .heads = 32,
                                     .key_heads = 8,
                                     .key_width = 128,
                                     .value_width = 128,
                                     .chunk = 64}});
  const auto served = hybrid.at(lc::precision::bf16);
  bench b;
  b.demand.shared_prefix = 3000 * token;
  const auto r = lc::replica_of<double>(b.chip, b.site, served, b.plan, b.demand);
  CHECK(bytes(r.shared_cache()) == 0);
  CHECK(bytes(r.own_cache(5000)) == 8 * 32 * 128 * 128 * 4.0);
  CHECK(bytes(r.added_cache()) == 8 * 32 * 128 * 128 * 4.0);  // and stored anew with each
}

TEST_CASE("sessions that wait take the way that answers most") {
  bench b;
  b.demand.cached_share = 0.9;
  b.demand.time_to_first_token = 2 * second;
  b.demand.time_per_output_token = 0.05 * (second / token);
  const auto at_once = b.serve();

  // A short wait: the caches stay, and with what is in flight they fill the memory at most.
  b.demand.waiting_time = 1 * second;
  const auto kept = b.serve();
  CHECK(kept.waiting_on_chip == 1);
  CHECK(kept.calls <= at_once.calls);
  const auto r = b.replica();
  const double sessions = per_second(kept.calls) * 1;
  CHECK(kept.concurrency * bytes(r.own_cache(r.mean_context())) + sessions * bytes(r.own_cache(r.cached())) <=
        bytes(r.usable_memory() - r.weights()) * (1 + 1e-6));

  // A long one without a tier: dropped, and answered as if nothing were cached.
  b.demand.waiting_time = 1 * hour;
  const auto dropped = b.serve();
  CHECK(dropped.waiting_on_chip == 0);
  CHECK(dropped.waiting_in_host == 0);
  bench anew = b;
  anew.demand.cached_share = 0;
  anew.demand.waiting_time = lc::unknown<>;
  CHECK(per_second(dropped.calls) == approx(per_second(anew.serve().calls)));

  // Host memory: 3,600 positions come back over the link before the first token.
  b.plan.software.host_cache.bandwidth = 50 * (gigabyte / second);
  const auto host = b.serve();
  CHECK(host.waiting_in_host == 1);
  CHECK(host.calls > dropped.calls);
  CHECK(host.calls <= at_once.calls * (1 + 1e-9));
  const double load = (3600 + 7.5) * per_token / 50e9;
  b.plan.software.host_cache.bandwidth = 500 * (gigabyte / second);
  auto given = b;
  given.plan.concurrency = host.concurrency;
  auto slow = given;
  slow.plan.software.host_cache.bandwidth = 50 * (gigabyte / second);
  CHECK(lc::in<second>(slow.serve().time_to_first_token - given.serve().time_to_first_token) ==
        approx(load * 0.9).epsilon(1e-6));

  // The link loads one cache at a time.
  b.plan.software.host_cache.bandwidth = 1 * (gigabyte / second);
  b.demand.time_to_first_token = lc::quantity<lc::unit::second>(lc::unknown<>);
  const auto narrow = b.serve();
  if (narrow.waiting_in_host > 0) CHECK(per_second(narrow.calls) * load * 50 <= 1 + 1e-6);
  // Storage that has lost everything is no better than nothing.
  b.plan.software.host_cache = {};
  b.plan.software.stored_cache = {50 * (gigabyte / second), 0};
  CHECK(per_second(b.serve().calls) >= per_second(anew.serve().calls) * (1 - 1e-9));
}

// A call with 400 of 4,000 positions cached adds 3,600 and its 200 tokens: it stores 3,800 positions while it loads 400, so that
// the link's other direction is the limit: 1 GB/s over 3,800 * 131,072 B = 2.008 calls per second.
TEST_CASE("what calls add to their caches is stored over the link, once") {
  bench b;
  b.demand.cached_share = 0.1;
  b.demand.waiting_time = 1 * hour;
  b.plan.software.host_cache.bandwidth = 1 * (gigabyte / second);
  auto r = b.replica();
  CHECK(bytes(r.added_cache()) == approx(3800 * per_token));
  r.waiting = {};
  r.loading = 400 * per_token / 1e9 * second;
  r.storing = 3800 * per_token / 1e9 * second;
  const auto stored = lc::detail::serve_kept(r);
  CHECK(per_second(stored.calls) == approx(1e9 / (3800 * per_token)).epsilon(0.02));
  CHECK(per_second(stored.calls) <= 1e9 / (3800 * per_token) * (1 + 1e-6));
  r.storing = {};
  CHECK(per_second(lc::detail::serve_kept(r).calls) > 2 * per_second(stored.calls));
  // Reading everything anew is then better than waiting for the link.
  CHECK(b.serve().waiting_in_host == 0);
}

TEST_CASE("longer waits never answer more, over doubles and lanes alike") {
  bench b;
  b.demand.cached_share = 0.9;
  b.plan.software.host_cache.bandwidth = 20 * (gigabyte / second);
  double before = 1e300;
  for (const double wait : {0.0, 0.1, 1.0, 5.0, 20.0, 100.0, 1000.0}) {
    b.demand.waiting_time = wait * second;
    const double now = per_second(b.serve().calls);
    CHECK(now <= before * (1 + 1e-6));
    CHECK(now > 0);
    before = now;
  }
  using D = lc::dual<double, 1>;
  lc::call_demand<D> d = lc::with_number<D>(b.demand);
  const auto over = lc::serve<D>(b.chip, b.site, model, lc::with_number<D>(b.plan), d);
  CHECK(lc::in<hertz>(over.calls).value == approx(before));
}

TEST_CASE("caches that wait are not followed from pool to pool") {
  bench b;
  b.plan.reading.tensor = 1;
  b.demand.waiting_time = 10 * second;
  const lc::serving_task task(b.chip, b.site, model, b.demand);
  CHECK(per_second(task.figures(b.plan).writing.calls) == 0);
  CHECK(lc::why_not(task, b.plan).find("plan.reading.tensor is 1; allowed: 0 where sessions wait") !=
        std::string::npos);
}

TEST_CASE("the regime with two pools has the pools of a plan: prefixes, images and sessions that wait included") {
  bench b;
  b.plan.reading.tensor = 1;
  b.demand.shared_prefix = 3000 * token;
  b.demand.cached_share = 0.5;
  lc::models::layered seeing = lc::models::as_layered(model.architecture);
  seeing.towers.push_back({.count = 1,
                           .width = 64,
                           .mixer = {.kind = lc::models::mixing::attention,
                                     .causal = false,
                                     .heads = 1,
                                     .key_heads = 1,
                                     .key_width = 64,
                                     .value_width = 64},
                           .positions = 2000,
                           .tokens = 2000,
                           .items = 1});
  const auto served = seeing.at(lc::precision::bf16);
  const auto r = lc::replica_of<double>(b.chip, b.site, served, b.plan, b.demand);
  CHECK(r.input == 6000);  // 4,000 tokens and an image of 2,000
  CHECK(lc::in<token>(r.demand().input) == 4000);
  const auto pools = lc::serving_task(b.chip, b.site, served, b.demand).figures(b.plan);
  const auto regime = lc::disaggregated(r);
  CHECK(lc::in<second>(regime.time_to_first_token) == approx(lc::in<second>(pools.time_to_first_token)));
  CHECK(lc::in<second>(regime.prefill) == approx(lc::in<second>(pools.reading.time_to_first_token)));
  CHECK(regime.in_flight == approx(pools.writing.concurrency));
  b.demand.waiting_time = 10 * second;
  const auto waits = lc::replica_of<double>(b.chip, b.site, served, b.plan, b.demand);
  CHECK(per_second(lc::disaggregated(waits).calls) == 0);
}
