// What an engine takes of a chip's memory, by hand.
#include <doctest/doctest.h>

#include <layercake/chips/chips.hpp>
#include <layercake/infrastructure/infrastructure.hpp>
#include <layercake/number/dual.hpp>
#include <layercake/serving/search.hpp>

#include "../../approx.hpp"

namespace lc = layercake;
using namespace layercake::units;

namespace {
double gb(const lc::quantity<lc::unit::byte>& b) { return lc::in<gigabyte>(b); }

const lc::infrastructure::site site;
lc::call_demand<> calls(double input, double output) {
  lc::call_demand<> d;
  d.input = input * token, d.output = output * token;
  return d;
}
// Nothing but a context of 1 GB, 2 GB of buffers for exchanges and 40 B a logit.
lc::serving_software round_numbers() {
  lc::serving_software s;
  s.token_budget = 1000;
  s.context = 1 * gigabyte, s.communication = 2 * gigabyte;
  s.sampled_logit = 40 * byte, s.graph_operation = 0 * byte;
  return s;
}
template <class Model>
lc::engine_memory<> taken(const Model& model, const lc::models::split<>& split,
                          const lc::serving_software& software = round_numbers(), double drafted = 0) {
  return lc::memory_of_engine(software, model, split, drafted);
}
const auto dense = lc::models::catalog::llama_3_1_8b.at(lc::precision::bf16);
}  // namespace

TEST_CASE("activations of a dense model: what a profiling run of vLLM holds") {
  // worked: serving/memory.hpp#memory_of_engine
  // Width 4096, inner width 14336: 6 (4096 + 14336) = 110,592 B a token.
  lc::serving_software usual;
  CHECK(gb(taken(dense, {}, usual).activations) == approx(110592 * 8192e-9));
  CHECK(gb(taken(dense, {}).activations) == approx(110592 * 1000e-9));
  // Over ranks: 3 d stay, 3 f are cut.
  CHECK(gb(taken(dense, {4}).activations) == approx(6 * (4096 + 14336.0 / 4) * 1000e-9));
  // Two batches overlapped hold twice as much, also where products are narrow.
  usual.activation_copies = 2;
  CHECK(gb(taken(lc::models::catalog::llama_3_1_8b.at(lc::precision::fp8), {}, usual).activations) ==
        approx(2 * 110592 * 8192e-9));
  // The log of two runs, with 20,000 and 29,000 tokens in a step: 17.06 and 17.98 GiB at the peak, 14.99 of weights.
  const auto peak = [&](double tokens) {
    usual.activation_copies = 1, usual.token_budget = tokens;
    return 14.9888 + lc::in<gibibyte>(taken(dense, {}, usual).activations);
  };
  CHECK(peak(20000) == approx(17.06).epsilon(0.002));
  CHECK(peak(29000) == approx(17.98).epsilon(0.002));
}

TEST_CASE("activations of a mixture: every pair of token and expert") {
  // Qwen3-235B: width 4096, 8 of 128 experts of width 1536, on four ranks 384: 8 (3 * 384 + 4096) + 3 * 4096 values a token.
  const auto mixture = lc::models::catalog::find("qwen3-235b-a22b").at(lc::precision::fp8);
  CHECK(gb(taken(mixture, {4}).activations) == approx(2 * (8 * (3 * 384 + 4096) + 3 * 4096) * 1000e-9));
  // Spread over four replicas, each brings its tokens and takes a quarter of all pairs: as many as alone.
  CHECK(gb(taken(mixture, {1, 1, 4}).activations) == approx(gb(taken(mixture, {}).activations)));
}

TEST_CASE("logits are sampled over the whole vocabulary on every rank") {
  for (const double ranks : {1., 2., 8.})
    CHECK(lc::in<byte>(taken(dense, {ranks}).logits) == approx(40 * 128256.0));
  // Steps of two stages, or of two groups that attend to calls of their own, sample half of the calls each.
  CHECK(lc::in<byte>(taken(dense, {1, 2}).logits) == approx(40 * 128256.0 / 2));
  CHECK(lc::in<byte>(taken(dense, {2, 1, 1, 1, 2}).logits) == approx(40 * 128256.0 / 2));
  CHECK(lc::in<byte>(taken(dense, {}, round_numbers(), 3).logits) ==
        approx(40 * 128256.0 * 4));  // drafts are checked too
  CHECK(lc::software_of(lc::serving_engine::tensorrt_llm).sampled_logit < lc::serving_software{}.sampled_logit);
}

TEST_CASE("buffers for exchanges only where there are others, graphs by operations and batch sizes") {
  CHECK(gb(taken(dense, {}).communication) == 0);
  CHECK(gb(taken(dense, {2}).communication) == 2);
  CHECK(gb(taken(dense, {1, 2}).communication) == 2);
  CHECK(gb(taken(dense, {}).context) == 1);
  lc::serving_software s = round_numbers();
  s.graph_operation = 10 * byte, s.captured_sequences = 80;
  double operations = 0;
  dense.operations(lc::models::pass<>{lc::models::phase::prefill, 1, 1000, 1000}, lc::models::split<>{},
                   [&](const auto&, double times) { operations += times; });
  CHECK(lc::in<byte>(taken(dense, {}, s).graphs) == approx(10 * 10 * operations));
  s.captured_sequences = 0;
  CHECK(lc::in<byte>(taken(dense, {}, s).graphs) == 0);
}

TEST_CASE("calls that fit: cache, and activations or logits, whichever are more") {
  lc::serving_plan plan;
  plan.software = round_numbers();
  plan.software.cache_block = 1;
  const lc::call_demand<> d = calls(900, 200);  // 1000 positions on average, of 131,072 B
  const auto on = lc::chips::catalog::h100_sxm;
  const auto r = lc::replica_of<double>(on, site, dense, plan, d);
  const double visible = 85.520809984 * 0.983,
               weights = 2 * (32 * (2 * 4096.0 * 128 * 40 + 3 * 4096.0 * 14336) + 2 * 128256.0 * 4096) * 1e-9;
  const double logits = 40 * 128256e-9, cache = 131072 * 1000e-9, activations = 110592 * 1000e-9;
  CHECK(gb(r.usable_memory()) == approx(visible * 0.9 - 1 - activations));
  // Logits of 400 calls are 2 GB, far more than the activations: b (cache + logits) = visible * 0.9 - 1 - weights.
  CHECK(r.memory_bound() == approx((visible * 0.9 - 1 - weights) / (cache + logits)));
  plan.software.sampled_logit = 0 * byte;
  const auto without = lc::replica_of<double>(on, site, dense, plan, d);
  CHECK(without.memory_bound() == approx((visible * 0.9 - 1 - activations - weights) / cache));
  // Graphs lie in what the share leaves; where it leaves nothing they take from the cache.
  plan.software.graph_operation = 100e3 * byte;
  const auto captured = lc::replica_of<double>(on, site, dense, plan, d);
  const double graphs = gb(captured.engine().graphs);
  REQUIRE(graphs > 1);
  REQUIRE(graphs < visible * 0.1);
  CHECK(captured.memory_bound() == approx(without.memory_bound()));
  plan.memory_share = 1;
  CHECK(gb(lc::replica_of<double>(on, site, dense, plan, d).usable_memory()) ==
        approx(visible - 1 - activations - graphs));
}

TEST_CASE("a draft model takes memory: fewer calls fit") {
  lc::speculation draft{.drafted = 4, .acceptance = 0.8, .draft_cost = 0.03};
  // worked: serving/speculation.hpp#draft_memory
  CHECK(gb(draft.draft_memory(70 * gigabyte)) == approx(2.1));
  draft.draft_weights = 5 * gigabyte;
  CHECK(gb(draft.draft_memory(70 * gigabyte)) == 5);
  CHECK(gb(lc::speculation{}.draft_memory(70 * gigabyte)) == 0);
  draft.drafted = 0;
  CHECK(gb(draft.draft_memory(70 * gigabyte)) == 0);

  lc::serving_plan plan{.tensor = 2};
  plan.software.sampled_logit = 0 * byte;  // its positions are sampled too; here the weights alone
  const auto model = lc::models::catalog::llama_3_1_70b.at(lc::precision::fp8);
  const auto on = lc::chips::catalog::h100_sxm;
  const lc::call_demand<> d = calls(900, 200);
  const auto plain = lc::replica_of<double>(on, site, model, plan, d);
  plan.speculation = {.drafted = 4, .acceptance = 0.8, .draft_cost = 0.05, .draft_weights = 3 * gigabyte};
  const auto drafting = lc::replica_of<double>(on, site, model, plan, d);
  CHECK(drafting.memory_bound() < plain.memory_bound());
  CHECK(gb(plain.own_cache(1000.0)) * (plain.memory_bound() - drafting.memory_bound()) == approx(3));
  CHECK(gb(lc::serve(drafting).weights) == approx(gb(lc::serve(plain).weights) + 3));
}

TEST_CASE("slopes of what fits") {
  using slope = lc::dual<double, 2>;
  lc::basic_serving_plan<slope> plan;
  plan.software.context = slope::variable(1e9, 0) * byte;
  plan.software.token_budget = slope::variable(8192, 1);
  const auto model = lc::with_number<slope>(dense);
  const auto on = lc::with_number<slope>(lc::chips::catalog::h100_sxm);
  const auto r = lc::replica_of<slope>(on, site, model, plan, lc::widened<slope>(calls(900, 200)));
  const auto usable = r.usable_memory() / byte;
  CHECK(usable.slope[0] == approx(-1));
  CHECK(usable.slope[1] == approx(-110592));
}
