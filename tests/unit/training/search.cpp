// The search over training plans beside trying everything: an enumeration of its own that asks check() and
// check_plan() about every combination of numbers, and double precision alone.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <layercake/chips/catalog.hpp>
#include <layercake/energy/catalog.hpp>
#include <layercake/models/catalog.hpp>
#include <layercake/training/search.hpp>
#include <limits>
#include <string>
#include <vector>

#include "../../approx.hpp"

namespace {
namespace lc = layercake;
using namespace layercake::units;
using lc::pipeline_schedule;
using lc::recomputation;
using lc::sharding;

lc::models::transformer dense() {
  return {.name = "dense",
          .layers = 10,
          .width = 8192,
          .heads = 32,
          .key_heads = 4,
          .head_width = 256,
          .feed_forward = 28672,
          .gated = true,
          .vocabulary = 64000};
}
lc::models::transformer mixture() {
  lc::models::transformer m = dense();
  m.experts = 8, m.active_experts = 2, m.expert_width = 8192, m.dense_layers = 1;
  return m;
}
lc::training_fleet<> fleet(double chips, const lc::chips::accelerator& chip = lc::chips::catalog::h100_sxm) {
  return {chip, chips, lc::infrastructure::site{}, lc::energy::catalog::grid_ercot};
}
const lc::training_run run{.tokens = 1 * trillion_tokens};
lc::training_plan base() { return {.global_batch = 24, .sequence = 4096}; }

// Everything about one plan, by the plain formulas.
struct tried {
  std::array<double, 3> value;  // time, cost, energy
  std::size_t fleet;
  lc::training_plan plan;
};

const std::vector<pipeline_schedule> usual_schedules = lc::training_space{}.schedule;

template <class Visit>
void all_ways(lc::training_plan p, bool with_selective, const std::vector<pipeline_schedule>& schedules,
              Visit&& visit) {
  for (const bool parallel : {false, true}) {
    if (parallel && p.tensor == 1) continue;
    for (const auto again :
         {recomputation::none, recomputation::selective, recomputation::full, recomputation::automatic}) {
      if (again == recomputation::selective && !with_selective) continue;
      for (const auto shards : {sharding::none, sharding::optimizer, sharding::gradients, sharding::full}) {
        if (shards != sharding::none && p.data * p.context == 1) continue;
        for (const auto order : schedules) {
          if (order != schedules.front() && p.pipeline == 1) continue;
          p.sequence_parallel = parallel, p.recompute = again, p.sharding = shards, p.schedule = order;
          if (lc::takes_chunks(order) || lc::check(p).empty()) visit(p);
        }
      }
    }
  }
}

// Every plan that nothing is wrong with, and what it takes.
struct everything {
  std::vector<tried> fitting;
  double plans = 0, too_large = 0;

  everything(const lc::models::transformer& model, const std::vector<lc::training_fleet<>>& fleets,
             const lc::training_plan& start, const std::vector<pipeline_schedule>& schedules = usual_schedules) {
    for (std::size_t f = 0; f < fleets.size(); ++f) {
      const auto law = lc::training_law_of(model, fleets[f].chip, fleets[f].site);
      for_each_layout(model, fleets[f].chips, start, [&](const lc::training_plan& layout) {
        all_ways(layout, !start.fused_attention, schedules, [&](const lc::training_plan& p) {
          ++plans;
          const auto figures = law(p);
          if (!figures.memory.fits()) {
            ++too_large;
            return;
          }
          const auto r = lc::run_training(figures, run, fleets[f].chip, fleets[f].site, fleets[f].energy);
          fitting.push_back({{in<second>(r.wall_clock), in<usd>(r.cost()), in<joule>(plain(r.site_energy))}, f, p});
        });
      });
    }
  }

  template <class Visit>
  static void for_each_layout(const lc::models::transformer& model, double chips, lc::training_plan p, Visit&& visit) {
    const auto count = static_cast<int>(chips);
    const auto batch = static_cast<int>(p.global_batch);
    for (int t = 1; t <= count; ++t) {
      for (int s = 1; s <= count; ++s) {
        for (int c = 1; c <= count; ++c) {
          if (count % (t * s * c) != 0) continue;
          for (int e = 1; e <= (model.experts > 0 ? static_cast<int>(model.experts) : 1); ++e) {
            for (int m = 1; m <= batch; ++m) {
              for (int v = 1; v <= static_cast<int>(model.layers); ++v) {
                p.tensor = t, p.pipeline = s, p.context = c, p.data = count / (t * s * c);
                p.expert = e, p.micro_batch = m, p.virtual_stages = v;
                const double stage = model.layers / s;
                const bool equal = std::fmod(std::floor(stage), v) == 0 || std::fmod(std::ceil(stage), v) == 0;
                if (v > 1 && !equal) continue;
                // Cheap reasons first: check() spells out every finding.
                if (batch % m != 0 || !lc::check(p).empty() || !lc::check_plan(model, p).empty()) continue;
                visit(p);
              }
            }
          }
        }
      }
    }
  }

  // The `keep` least values of a goal, each combination of the three once.
  std::vector<std::array<double, 3>> best(std::size_t goal, std::size_t keep) const {
    std::vector<std::array<double, 3>> values;
    for (const tried& t : fitting)
      values.push_back(t.value);
    std::sort(values.begin(), values.end(),
              [goal](const auto& a, const auto& b) { return a[goal] != b[goal] ? a[goal] < b[goal] : a < b; });
    values.erase(std::unique(values.begin(), values.end()), values.end());
    values.resize(std::min(values.size(), keep));
    return values;
  }
  std::vector<std::array<double, 3>> front() const {
    std::vector<std::array<double, 3>> all;
    for (const tried& t : fitting) {
      const bool beaten = std::any_of(fitting.begin(), fitting.end(), [&](const tried& o) {
        return o.value != t.value && o.value[0] <= t.value[0] && o.value[1] <= t.value[1] && o.value[2] <= t.value[2];
      });
      if (!beaten) all.push_back(t.value);
    }
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  }
};

std::array<double, 3> value(const lc::trained_plan& p) {
  return {in<second>(p.time), in<usd>(p.cost), in<joule>(plain(p.energy))};
}
std::vector<std::array<double, 3>> values(const std::vector<lc::trained_plan>& list) {
  std::vector<std::array<double, 3>> v;
  for (const auto& p : list)
    v.push_back(value(p));
  return v;
}
auto identity(const lc::trained_plan& p) {
  return std::tuple(p.fleet, p.plan.global_batch, p.plan.tensor, p.plan.context, p.plan.expert, p.plan.micro_batch,
                    p.plan.pipeline, p.plan.virtual_stages, p.plan.math, p.plan.sequence_parallel, p.plan.recompute,
                    p.plan.sharding, p.plan.schedule);
}
void same(const std::vector<lc::trained_plan>& a, const std::vector<lc::trained_plan>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    CHECK(identity(a[i]) == identity(b[i]));
    CHECK(value(a[i]) == value(b[i]));
  }
}
void same(const lc::training_search_result& a, const lc::training_search_result& b) {
  same(a.fastest, b.fastest);
  same(a.cheapest, b.cheapest);
  same(a.least_energy, b.least_energy);
  same(a.front, b.front);
  CHECK(a.counts.plans == b.counts.plans);
}

template <class E, class F>
std::string thrown(F&& f) {
  try {
    f();
  } catch (const E& e) {
    return e.what();
  }
  return "nothing was thrown";
}
bool has(const std::string& text, const char* part) {
  INFO(text);
  INFO(part);
  CHECK(text.find(part) != std::string::npos);
  return true;
}
}  // namespace

TEST_CASE("training search: the result is that of trying every plan") {
  struct question {
    lc::models::transformer model;
    std::vector<lc::training_fleet<>> fleets;
    bool fused;
  };
  const std::array questions{question{dense(), {fleet(16), fleet(12), fleet(16, lc::chips::catalog::b200_sxm)}, true},
                             question{dense(), {fleet(24, lc::chips::catalog::a100_sxm_80gb)}, false},
                             question{mixture(), {fleet(16), fleet(24, lc::chips::catalog::h200_sxm)}, true}};
  for (const question& q : questions) {
    lc::training_plan start = base();
    start.fused_attention = q.fused;
    const everything all(q.model, q.fleets, start);
    REQUIRE(all.fitting.size() > 100);
    REQUIRE(all.too_large > 100);
    const lc::training_search_options whole{.keep = 5, .prune = false}, pruned{.keep = 5};
    const auto exhaustive = lc::best_training(q.model, q.fleets, run, start, {}, whole);
    CHECK(exhaustive.counts.plans == all.plans);
    CHECK(exhaustive.counts.evaluated == all.plans);
    CHECK(exhaustive.counts.too_large == all.too_large);
    CHECK(exhaustive.counts.pruned == 0);
    CHECK(values(exhaustive.fastest) == all.best(0, 5));
    CHECK(values(exhaustive.cheapest) == all.best(1, 5));
    CHECK(values(exhaustive.least_energy) == all.best(2, 5));
    CHECK(values(exhaustive.front) == all.front());

    const auto fewer = lc::best_training(q.model, q.fleets, run, start, {}, pruned);
    same(fewer, exhaustive);
    CHECK(fewer.counts.pruned > 0);
    CHECK(fewer.counts.evaluated < exhaustive.counts.evaluated);
    CHECK(fewer.counts.too_large <= all.too_large);
    // One plan at a time, and lanes of doubles.
    same(lc::best_training<double>(q.model, q.fleets, run, start, {}, whole), exhaustive);
    same(lc::best_training<double>(q.model, q.fleets, run, start, {}, pruned), exhaustive);
    same(lc::best_training<lc::detail::wider<lc::bulk::batch<float>>>(q.model, q.fleets, run, start, {}, pruned),
         exhaustive);
  }
}

// The bounds hold for schedules that hold parameters twice or keep every micro-batch, and for states on the hosts.
TEST_CASE("training search: every schedule, and states on the hosts, as trying every plan") {
  const std::vector<pipeline_schedule> all_schedules{pipeline_schedule::one_forward_one_backward,
                                                     pipeline_schedule::zero_bubble, pipeline_schedule::dual_pipe,
                                                     pipeline_schedule::all_forward};
  lc::training_plan start = base();
  start.global_batch = 16;
  for (const bool on_host : {false, true}) {
    if (on_host) {
      start.offload = {.optimizer = 0.75, .weights = 0.25, .experts = 1};
      start.host = {
          .link = 20 * gigabyte_per_second, .memory_bandwidth = 30 * gigabyte_per_second, .memory = 80 * gigabyte};
    }
    const lc::training_space space{.schedule = all_schedules};
    const std::vector<lc::training_fleet<>> fleets{fleet(8)};
    const everything all(mixture(), fleets, start, all_schedules);
    REQUIRE(all.too_large > 100);
    const auto exhaustive = lc::best_training(mixture(), fleets, run, start, space, {.keep = 5, .prune = false});
    CHECK(exhaustive.counts.plans == all.plans);
    CHECK(exhaustive.counts.too_large == all.too_large);
    CHECK(values(exhaustive.fastest) == all.best(0, 5));
    CHECK(values(exhaustive.cheapest) == all.best(1, 5));
    same(lc::best_training(mixture(), fleets, run, start, space, {.keep = 5}), exhaustive);
    // one schedule alone, which needs a pipeline
    const auto dual =
        lc::best_training(mixture(), fleets, run, start, {.schedule = {pipeline_schedule::dual_pipe}}, {.keep = 3});
    for (const auto& p : dual.fastest) {
      CHECK(p.plan.schedule == pipeline_schedule::dual_pipe);
      CHECK(lc::check(p.plan).empty());
    }
  }
}

TEST_CASE("training search: what it cannot search of hosts and stages is refused") {
  const auto ask = [](auto change) {
    lc::training_plan start = base();
    change(start);
    return thrown<lc::invalid_value>([&] { (void)lc::best_training(dense(), fleet(16), run, start); });
  };
  has(ask([](lc::training_plan& p) { p.offload.optimizer = 1; }), "base.host.link is unknown");
  has(ask([](lc::training_plan& p) { p.last_stage_layers = 2; }), "base.last_stage_layers is 2");
  has(ask([](lc::training_plan& p) { p.first_stage_layers = 2; }), "A search cuts stages evenly");
}

// What the screen takes for granted of single precision: a tenth of its margins.
TEST_CASE("training search: single precision is nearer than the margins of the screen") {
  using T = lc::bulk::batch<float>;
  using screen = lc::detail::screening<T>;
  double worst_time = 0, worst_memory = 0;
  for (const auto& model : {dense(), mixture()}) {
    const auto f = fleet(16);
    const auto law = lc::training_law_of(model, f.chip, f.site);
    const auto lanes = lc::training_law_of<T>(model, f.chip, f.site);
    everything::for_each_layout(model, 16, base(), [&](const lc::training_plan& layout) {
      all_ways(layout, false, usual_schedules, [&](const lc::training_plan& p) {
        const auto exact = law(p);
        const auto rough = lanes(lc::with_number<T>(p));
        const auto first = [](const T& x) { return static_cast<double>(x.get(0)); };
        const double time = first(rough.step_time() / second) / in<second>(exact.step_time());
        const double memory = first(rough.memory.total() / byte) / in<byte>(exact.memory.total());
        worst_time = std::max(worst_time, std::fabs(time - 1));
        worst_memory = std::max(worst_memory, std::fabs(memory - 1));
      });
    });
  }
  MESSAGE("largest relative difference of step time ", worst_time, ", of memory ", worst_memory);
  CHECK(worst_time > 0);  // they were compared
  CHECK(worst_time < screen::margin / 10);
  CHECK(worst_memory < (screen::surely_fits - 1) / 2);
}

TEST_CASE("training search: a space counted by hand") {
  // One layer and one head on 2 chips, 2 sequences: data 2 (micro-batch 1), context 2 (micro-batch 1 or 2).
  lc::models::transformer one = dense();
  one.layers = 1, one.heads = 1, one.key_heads = 1, one.width = 256;
  const lc::training_space way{.sequence_parallel = {true},
                               .recompute = {recomputation::none},
                               .sharding = {sharding::optimizer},
                               .schedule = {pipeline_schedule::one_forward_one_backward}};
  lc::training_plan start = base();
  start.global_batch = 2;
  const auto r = lc::best_training(one, fleet(2), run, start, way, {.keep = 10});
  CHECK(r.counts.splits == 4);  // tensor, pipeline, context or data 2
  CHECK(r.counts.against_model == 2);
  // worked: training/search.hpp#best_training
  CHECK(r.counts.plans == 3);
  CHECK(r.fastest.size() == 3);

  // 5,128 = 8 * 641 chips: 2^3 goes to four places in C(6, 3) = 20 ways, 641 in 4. 641 suits neither heads, layers nor
  // positions; of the 20 splits left the 1 with data 8 * 641 and the 3 with 4 * 641 have more ranks than sequences.
  const lc::models::transformer turing{.name = "Turing-NLG 530B",
                                       .layers = 105,
                                       .width = 20480,
                                       .heads = 128,
                                       .key_heads = 128,
                                       .head_width = 160,
                                       .feed_forward = 81920,
                                       .vocabulary = 51200};
  const auto t = lc::best_training(turing, fleet(5128, lc::chips::catalog::a100_sxm_80gb), run,
                                   lc::training_plan{.sequence = 2048}, {.global_batch = {641, 1282, 1923}});
  CHECK(t.counts.splits == 80);
  CHECK(t.counts.against_model == 60);
  CHECK(t.counts.against_batch == 4);
  CHECK(t.counts.evaluated + t.counts.pruned + t.counts.too_large >= t.counts.plans);
}

TEST_CASE("training search: formats that a fleet's chips have no units for are counted, not tried") {
  const lc::training_space both{.tensor = {2},
                                .pipeline = {1},
                                .context = {1},
                                .micro_batch = {1},
                                .math = {lc::precision::bf16, lc::precision::fp8},
                                .sequence_parallel = {true},
                                .recompute = {recomputation::full},
                                .sharding = {sharding::full}};
  lc::training_space wide = both, narrow = both;
  wide.math = {lc::precision::bf16}, narrow.math = {lc::precision::fp8};
  const std::vector fleets{fleet(24), fleet(24, lc::chips::catalog::a100_sxm_80gb)};
  const auto of = [&](const lc::training_space& space, bool prune = true) {
    return lc::best_training(dense(), fleets, run, base(), space, {.keep = 10, .prune = prune});
  };
  // One layout and one way on each fleet: two formats on the H100s, one of them on the A100s.
  for (const bool prune : {true, false}) {
    const auto r = of(both, prune);
    CHECK(r.counts.plans == 3);
    CHECK(r.counts.without_units == 1);
    CHECK(r.fastest.size() == 3);
    for (const lc::trained_plan& p : r.fastest)
      CHECK((p.fleet == 0 || p.plan.math == lc::precision::bf16));
  }
  CHECK(of(wide).counts.without_units == 0);
  CHECK(of(narrow).counts.without_units == 1);
  CHECK(of(narrow).fastest.size() == 1);
  lc::training_plan start = base();
  start.math = lc::precision::nvfp4;
  CHECK_THROWS_WITH_AS(
      lc::best_training(dense(), fleets, run, start),
      "base.math is nvfp4; allowed: what H100-SXM5-80GB multiplies: fp32, tf32, fp16, bf16, fp8, int8. "
      "Set base.math = precision::bf16.\n"
      "base.math is nvfp4; allowed: what A100-SXM4-80GB multiplies: fp32, tf32, fp16, bf16, int8. Set "
      "base.math = precision::bf16.",
      lc::invalid_value);
}

TEST_CASE("training search: lists restrict the space") {
  const lc::training_space space{.tensor = {8, 2, 2},
                                 .pipeline = {1, 3},
                                 .context = {1},
                                 .data = {2, 4},
                                 .virtual_stages = {2},
                                 .micro_batch = {1, 3},
                                 .sharding = {sharding::full}};
  const auto r = lc::best_training(dense(), fleet(24), run, base(), space, {.keep = 100});
  REQUIRE(!r.fastest.empty());
  for (const auto& p : r.fastest) {
    CHECK((p.plan.tensor == 8 || p.plan.tensor == 2));
    CHECK((p.plan.data == 2 || p.plan.data == 4));
    CHECK(p.plan.context == 1);
    CHECK(p.plan.virtual_stages == (p.plan.pipeline == 1 ? 1 : 2));
    CHECK((p.plan.micro_batch == 1 || p.plan.micro_batch == 3));
    CHECK(p.plan.sharding == sharding::full);
    CHECK(p.plan.chips() == 24);
  }
  // More of the same space never loses.
  const auto wide = lc::best_training(dense(), fleet(24), run, base());
  CHECK(wide.fastest.front().time <= r.fastest.front().time);
  CHECK(wide.cheapest.front().cost <= r.cheapest.front().cost);
}

TEST_CASE("training search: more tokens scale a run, a dearer supply does not slow it") {
  const auto once = lc::best_training(dense(), fleet(16), run, base());
  const auto twice = lc::best_training(dense(), fleet(16), lc::training_run{.tokens = 2 * trillion_tokens}, base());
  CHECK(identity(once.fastest.front()) == identity(twice.fastest.front()));
  CHECK(twice.fastest.front().time / once.fastest.front().time == approx(2));
  auto dear = fleet(16);
  dear.energy.price = dear.energy.price * 10.0;
  const auto paid = lc::best_training(dense(), dear, run, base());
  CHECK(paid.fastest.front().time == once.fastest.front().time);
  CHECK(paid.cheapest.front().cost > once.cheapest.front().cost);
}

TEST_CASE("training search: bad questions are refused") {
  const auto ask = [](const lc::training_fleet<>& f, const lc::training_space& space = {},
                      const lc::training_plan& start = base(), const lc::training_search_options& options = {}) {
    (void)lc::best_training(dense(), f, run, start, space, options);
  };
  using invalid = lc::invalid_value;
  has(thrown<invalid>([&] { ask(fleet(0)); }), "fleets[0].chips is 0; allowed: a whole number, from 1 to 1e9");
  has(thrown<invalid>([&] { ask(fleet(2.5)); }), "fleets[0].chips is 2.5");
  has(thrown<invalid>([&] { ask(fleet(std::nan(""))); }), "fleets[0].chips is nan");
  has(thrown<invalid>([&] { (void)lc::best_training(dense(), std::vector<lc::training_fleet<>>{}, run, base()); }),
      "fleets is empty");
  has(thrown<invalid>([&] { ask(fleet(16), {.tensor = {2, 2.5}}); }), "space.tensor[1] is 2.5");
  has(thrown<invalid>([&] { ask(fleet(16), {.micro_batch = {0}}); }), "space.micro_batch[0] is 0");
  has(thrown<invalid>([&] { ask(fleet(16), {.global_batch = {std::nan("")}}); }), "space.global_batch[0] is nan");
  has(thrown<invalid>([&] { ask(fleet(16), {.sequence_parallel = {}}); }), "space.sequence_parallel is empty");
  has(thrown<invalid>([&] { ask(fleet(16), {.recompute = {}}); }), "space.recompute is empty");
  has(thrown<invalid>([&] { ask(fleet(16), {.sharding = {}}); }), "space.sharding is empty");
  has(thrown<invalid>([&] { ask(fleet(16), {.schedule = {}}); }), "space.schedule is empty");
  has(thrown<invalid>([&] { ask(fleet(16), {}, base(), {.keep = 0}); }), "options.keep is 0");
  has(thrown<invalid>([&] { ask(fleet(16), {}, {.global_batch = 0.5}); }), "base.global_batch is 0.5");
  has(thrown<invalid>([&] { ask(fleet(16), {}, {.global_batch = 1e30}); }),
      "base.global_batch is 1e30; allowed: at most 1e9. Their divisors");
  auto endless = dense();
  endless.layers = 1e20;
  has(thrown<invalid>([&] { (void)lc::best_training(endless, fleet(16), run, base()); }), "model.layers is 1e20");
  auto f = fleet(16);
  f.energy.price = std::nan("") * (usd / megawatt_hour);
  has(thrown<invalid>([&] { ask(f); }), "fleets[0].energy.price is");
  f = fleet(16);
  f.chip.price = std::nan("") * usd;
  const auto unknown_price = thrown<lc::missing_value>([&] { ask(f); });
  has(unknown_price, "fleets[0].chip.price is unknown");
  has(unknown_price, "H100-SXM5-80GB has no published one; set it: fleets[0].chip.price = ");
  f = fleet(16);
  f.chip.memory = -1 * gigabyte;
  has(thrown<invalid>([&] { ask(f); }), "fleets[0].chip.memory is");
}

TEST_CASE("training search: every bad field of what it takes is refused by its path") {
  int refused = 0;
  const auto each = [&](const auto& good, const std::string& path, const auto& ask) {
    int fields = 0;
    lc::for_each_field(good, path, [&](const std::string&, const auto&, const auto&) { ++fields; });
    for (int i = 0; i < fields; ++i) {
      for (const double bad : {-1.0, 0.0, 0.5, std::nan(""), std::numeric_limits<double>::infinity(), 1e300}) {
        auto x = good;
        std::string at;
        bool allowed = false;
        int k = 0;
        lc::for_each_field(x, path, [&](const std::string& p, auto& value, const auto& of) {
          if (k++ != i) return;
          value = lc::from_base_value<std::remove_cvref_t<decltype(value)>>(bad);
          allowed = of.allowed.contains(bad) || (of.allowed.optional && std::isnan(bad));
          at = p;
        });
        if (allowed) continue;
        has(thrown<lc::invalid_value>([&] { ask(x); }), (at + " is ").c_str());
        ++refused;
      }
    }
  };
  const auto good = fleet(16);
  each(dense(), "model", [&](const auto& x) { (void)lc::best_training(x, good, run, base()); });
  each(run, "run", [&](const auto& x) { (void)lc::best_training(dense(), good, x, base()); });
  each(base(), "base", [&](const auto& x) { (void)lc::best_training(dense(), good, run, x); });
  const auto with = [&](const auto& change) {
    return [&, change](const auto& x) {
      auto f = good;
      change(f, x);
      (void)lc::best_training(dense(), f, run, base());
    };
  };
  each(good.chip, "fleets[0].chip", with([](auto& f, const auto& x) { f.chip = x; }));
  each(good.site, "fleets[0].site", with([](auto& f, const auto& x) { f.site = x; }));
  each(good.energy, "fleets[0].energy", with([](auto& f, const auto& x) { f.energy = x; }));
  CHECK(refused > 600);

  auto f = good;
  f.chip.scale_up_bandwidth = lc::unknown<>;
  has(thrown<lc::invalid_value>([&] { (void)lc::best_training(dense(), f, run, base()); }),
      "fleets[0].chip.scale_up_bandwidth is unknown");
}

// Divisors of counts are searched: whatever counts there are, a search ends soon or says what is too many.
TEST_CASE("training search: large counts are searched, or refused with what to change") {
  const auto ask = [](double chips, double batch, double sequence, double layers = 10) {
    lc::models::transformer m = dense();
    m.layers = layers;
    return lc::best_training(m, fleet(chips), run, {.global_batch = batch, .sequence = sequence},
                             {.recompute = {recomputation::full},
                              .sharding = {sharding::full},
                              .schedule = {pipeline_schedule::one_forward_one_backward}});
  };
  for (const double chips : {1e6, 1048576.0, 2.64e6, 2880000.0}) {
    const auto r = ask(chips, chips, 4096);
    CHECK(r.counts.plans > 100);
    CHECK(std::isfinite(in<second>(r.fastest.front().time)));
    CHECK(r.fastest.front().plan.chips() == chips);
  }
  // 735134400 = 2^6 3^3 5^2 7 11 13 17: no number up to 1e9 has more than its 1,344 divisors.
  has(thrown<lc::invalid_value>([&] { (void)ask(735134400, 735134400, 735134400); }),
      "fleets[0].chips is 7.351e8; allowed: a number that with the batch and the positions gives at most 2e7");
  // Chunks of 1e9 layers.
  has(thrown<lc::infeasible>([&] { (void)ask(64, 64, 4096, 1e9); }), " plans fits in memory");
  has(thrown<lc::invalid_value>(
          [] { (void)lc::best_training(dense(), fleet(16), run, base(), {}, {.most_plans = 100}); }),
      "options.most_plans is 100; allowed: at least the plans in the space, ");
  has(thrown<lc::invalid_value>(
          [] { (void)lc::best_training(dense(), fleet(16), run, base(), {}, {.keep = 1000000000000}); }),
      "options.keep is 1000000000000; allowed: a whole number, from 1 to 1000");
  has(thrown<lc::invalid_value>(
          [] { (void)lc::best_training(dense(), fleet(16), run, base(), {.tensor = std::vector<double>(2000, 1.0)}); }),
      "space.tensor is 2000 values; allowed: at most 1000");
}

TEST_CASE("training search: what nobody says otherwise is usual") {
  const auto r = lc::best_training(dense(), fleet(16));
  same(r, lc::best_training(dense(), fleet(16), lc::training_run{}, lc::usual_training));
  CHECK(lc::check(lc::usual_training).empty());
  CHECK(in<token>(lc::usual_training.tokens()) == approx(16e6).epsilon(0.03));
}

TEST_CASE("training search: why there is no plan") {
  using lc::best_training;
  // 16,411 is prime: in tensor, pipeline, context or data it suits nothing.
  const auto prime = thrown<lc::infeasible>([] { (void)best_training(dense(), fleet(16411), run, base()); });
  has(prime, "no plan divides 16411 chips: of 4 splits");
  has(prime, "3 do not suit the model (32 heads, 10 layers, sequences of 4096) and 1 do not divide the batch (24");
  has(thrown<lc::infeasible>([] { (void)best_training(dense(), fleet(16), run, base(), {.tensor = {3}}); }),
      "no product of the tensor, pipeline, context and data ranks allowed by the space is that number");
  has(thrown<lc::infeasible>([] { (void)best_training(dense(), fleet(16), run, base(), {.expert = {2}}); }),
      "do not suit the model");

  // 405e9 parameters on 64 chips take at least 18 bytes each with states in full or sharded alike: 114 GB a chip.
  const auto large = thrown<lc::infeasible>([] {
    (void)best_training(lc::models::catalog::llama_3_1_405b, fleet(64), run,
                        lc::training_plan{.global_batch = 64, .sequence = 8192});
  });
  has(large, " plans fits in memory. The closest, on 64 H100-SXM5-80GB (tensor ");
  has(large, " times what a chip has: ");
  // An H100's 81,559 MiB, of which programs have 0.983, less 0.4517 GB of the process and twice 1.282: 84.07 - 3.016 GB.
  has(large, "do not fit in the usable 81.05 GB");
  has(large, "take more chips");
}

TEST_CASE(
    "training search: what no supply, network or mean time between failures carries is refused with that reason") {
  using lc::best_training;
  const auto refused = [](const lc::training_fleet<>& f) {
    return thrown<lc::infeasible>([&] { (void)best_training(dense(), f, run, base()); });
  };
  lc::training_fleet<> dark = fleet(16), apart = fleet(4096), frail = fleet(16);
  apart.site.network.ports = 4;
  dark.energy.connection = 100 * watt;
  frail.site.reliability.time_between_failures = 1 * second;
  has(refused(dark), "energy: the peak at the meter is ");
  has(refused(dark), "allowed: at most the connection, 100 W");
  has(thrown<lc::infeasible>([&] { (void)best_training(dense(), apart, run, {.global_batch = 4096}); }),
      "network: 512 nodes are more than its tiers of switches join");
  has(refused(frail), "reliability: one of 16 chips fails every ");
}
