// Pipeline schedules: their bubbles and micro-batches in flight beside the published orders, played operation by
// operation; what they make of a step; DeepSeek-V3's training.
#include <layercake/training/schedules.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <layercake/chips/catalog.hpp>
#include <layercake/models/catalog.hpp>
#include <layercake/training/law.hpp>
#include <string>
#include <vector>

#include "../../approx.hpp"
#include "played_pipeline.hpp"
#include "roofline.hpp"
#include "square.hpp"

using namespace layercake;
using namespace layercake_test;
using namespace layercake::units;

namespace {

double seconds(const quantity<unit::second>& t) { return in<second>(t); }
double bytes(const quantity<unit::byte>& x) { return in<byte>(x); }

double bubble(pipeline_schedule s, double p, const pass_times& t, double chunks = 1) {
  const double backward = t.input + t.weights, alone = t.forward + backward;
  const double together = s == pipeline_schedule::dual_pipe ? t.overlapped : alone;
  return seconds(
      pipeline_bubble(s, {together * second, alone * second, backward * second, t.weights * second}, p, chunks));
}

constexpr auto all_schedules = {pipeline_schedule::one_forward_one_backward, pipeline_schedule::zero_bubble,
                                pipeline_schedule::dual_pipe, pipeline_schedule::all_forward};

}  // namespace

TEST_CASE("the published orders, played, take as long as the formulas say and keep as many micro-batches") {
  for (const auto s : all_schedules) {
    for (const pass_times& t : {pass_times{1, 1, 1, 3}, pass_times{2, 2, 1.5, 5.5}, pass_times{1, 1, 0.4, 1.8}}) {
      for (const int p : {2, 4, 8, 16}) {
        const int m = 3 * p;
        const played of = play(s, p, m, t);
        CAPTURE(name(s));
        CAPTURE(p);
        const double each = s == pipeline_schedule::dual_pipe ? t.overlapped : t.forward + t.input + t.weights;
        CHECK(of.makespan - m * each == approx(bubble(s, p, t)).epsilon(1e-9));
        for (int r = 0; r < p; ++r) {
          CHECK(of.in_flight[static_cast<std::size_t>(r)] == micro_batches_in_flight<double>(s, p, 1, r, m));
        }
      }
    }
  }
}

TEST_CASE("zero bubble whatever the passes take, DualPipe nearly so") {
  for (const pass_times& t : {pass_times{1, 1.5, 0.5, 3}, pass_times{2, 3, 2, 7}, pass_times{1, 1.2, 0.9, 3.1}}) {
    const auto waits = [&](pipeline_schedule s) {
      return play(s, 8, 24, t).makespan - 24 * (t.forward + t.input + t.weights);
    };
    CHECK(waits(pipeline_schedule::zero_bubble) == approx(bubble(pipeline_schedule::zero_bubble, 8, t)).epsilon(1e-9));
    const double dual = bubble(pipeline_schedule::dual_pipe, 8, t), played_dual = waits(pipeline_schedule::dual_pipe);
    CHECK(played_dual <= dual);
    CHECK(played_dual >= 0.8 * dual);
  }
}

// The stages behind the slowest are done a little before it needs them.
TEST_CASE(
    "of stages that take unequally long one forward, one backward waits at most as long as the others take once") {
  for (const std::vector<double>& stage : {std::vector<double>{7, 8, 8, 7}, {8, 8, 8, 6}, {1, 1, 2, 1}, {2, 2, 2, 6}}) {
    const auto s = pipeline_schedule::one_forward_one_backward;
    double slowest = 0, all = 0;
    for (const double x : stage)
      slowest = std::max(slowest, x), all += x;
    const double others = (all - slowest) / 3;
    const double waits = play(s, 4, 16, {1, 1, 1, 3, stage}).makespan - 16 * 3 * slowest;
    const double told = bubble(s, 4, {others, others, others, 3 * others});
    CHECK(waits <= told * (1 + 1e-12));
    CHECK(waits >= told * (stage[3] == slowest ? 1 - 1e-12 : 0.75));
  }
}

TEST_CASE("bubbles by hand") {
  // worked: training/schedules.hpp#pipeline_bubble
  const pass_times t{1, 1, 1, 3};
  CHECK(bubble(pipeline_schedule::one_forward_one_backward, 8, t) == 21);
  CHECK(bubble(pipeline_schedule::one_forward_one_backward, 8, t, 3) == 7);
  CHECK(bubble(pipeline_schedule::zero_bubble, 8, t) == 7);
  CHECK(bubble(pipeline_schedule::dual_pipe, 8, t) == 6);
  CHECK(bubble(pipeline_schedule::all_forward, 8, t) == 21);
  // weight gradients longer than all that they could fill: nothing waits, and nothing is negative
  CHECK(bubble(pipeline_schedule::zero_bubble, 8, {1, 0.5, 4, 5.5}) == 0);
  CHECK(bubble(pipeline_schedule::dual_pipe, 8, {1, 0.5, 12, 13.5}) == 0);
  for (const auto s : all_schedules)
    CHECK(bubble(s, s == pipeline_schedule::dual_pipe ? 2 : 1, t) == 0);
  // worked: training/schedules.hpp#micro_batches_in_flight
  const auto kept = [](pipeline_schedule s, double stage) {
    return micro_batches_in_flight(s, 8.0, 1.0, stage, 100.0);
  };
  CHECK(kept(pipeline_schedule::one_forward_one_backward, 0) == 8);
  CHECK(kept(pipeline_schedule::one_forward_one_backward, 7) == 1);
  for (const double stage : {0.0, 7.0}) {
    CHECK(kept(pipeline_schedule::zero_bubble, stage) == 8);
    CHECK(kept(pipeline_schedule::dual_pipe, stage) == 9);
    CHECK(kept(pipeline_schedule::all_forward, stage) == 100);
  }
}

namespace {
training_plan piped(pipeline_schedule s, double pipeline, double micro_batches) {
  return {.pipeline = pipeline,
          .global_batch = micro_batches,
          .sequence = 4096,
          .recompute = recomputation::none,
          .schedule = s,
          .software = perfect_software()};
}
}  // namespace

// F, B - W and W are equal in layers of products alone: what the table then says.
TEST_CASE("the bubble of a step by schedule, and twice the states of DualPipe") {
  const auto law = training_law_of(square{}, roofline_chip{}, ring_network{});
  const auto of = [&](pipeline_schedule s) { return law(piped(s, 8, 32)); };
  const auto plain_order = of(pipeline_schedule::one_forward_one_backward);
  const double stage = seconds(plain_order.time.work.total()) / 32;
  CHECK(seconds(plain_order.time.bubble) == approx(7 * stage).epsilon(1e-9));
  CHECK(seconds(of(pipeline_schedule::all_forward).time.bubble) == approx(7 * stage).epsilon(1e-9));
  CHECK(seconds(of(pipeline_schedule::zero_bubble).time.bubble) == approx(7 * stage / 3).epsilon(1e-9));
  const auto dual = of(pipeline_schedule::dual_pipe);
  CHECK(seconds(dual.time.bubble) == approx(3 * stage * 2 / 3).epsilon(1e-9));
  CHECK(seconds(dual.time.work.total()) == approx(seconds(plain_order.time.work.total())).epsilon(1e-12));
  CHECK(bytes(dual.memory.weights) == approx(2 * bytes(plain_order.memory.weights)));
  CHECK(bytes(dual.memory.optimizer) == approx(2 * bytes(plain_order.memory.optimizer)));
  CHECK(seconds(dual.time.optimizer) == approx(2 * seconds(plain_order.time.optimizer)));
}

TEST_CASE("a rank of DualPipe holds its stage and its mirror: both tables, p + 1 micro-batches of half the work each") {
  const models::transformer& x = models::catalog::llama_3_1_70b;  // 80 layers
  training_layout l{.pipeline = 4, .micro_batches = 16, .sequence = 4096};
  l.schedule = pipeline_schedule::dual_pipe;
  const double layer = 2 * 8192.0 * 128 * (64 + 8) + 3 * 8192.0 * 28672, table = 128256.0 * 8192;
  const double kept = bytes(layer_activations(x, l, false, recomputation::none)), norm = 4096.0 * 4 * 8192;
  for (const double stage : {0.0, 1.0, 2.0, 3.0}) {
    const bool end = stage == 0 || stage == 3;
    const auto m = memory_of_stage(x, l, stage);
    CHECK(bytes(m.weights) == approx(2 * (2 * 20 * layer + (end ? 2 * table : 0))));
    CHECK(bytes(m.activations) == approx(5 * 20 * kept + (end ? norm : 0)));
  }
  CHECK(bytes(memory_of_training(x, l).total()) == bytes(memory_of_stage(x, l, 0.0).total()));
}

TEST_CASE("zero bubble keeps as much on every stage as 1F1B on its first; all_forward every micro-batch") {
  const models::transformer& x = models::catalog::llama_3_1_8b;  // 32 layers
  training_layout l{.pipeline = 4, .micro_batches = 16, .sequence = 4096};
  const double layer = bytes(layer_activations(x, l, false, recomputation::none)), norm = 4096.0 * 4 * 4096;
  l.schedule = pipeline_schedule::zero_bubble;
  for (const double stage : {0.0, 1.0, 2.0, 3.0})
    CHECK(bytes(memory_of_stage(x, l, stage).activations) == approx(8 * layer * 4 + (stage == 3 ? norm : 0)));
  l.schedule = pipeline_schedule::all_forward;
  CHECK(bytes(memory_of_stage(x, l, 0.0).activations) == approx(8 * layer * 16));
}

// DeepSeek-V3 technical report 2024, table 1 and sections 3.1 and 4.2: 2048 H800 of 8 a node with 160 GB/s of NVLink and 50 GB/s
// of InfiniBand a chip; pipeline 16, experts over 64 ranks, ZeRO-1, FP8, 15360 sequences of 4096: "180K H800 GPU hours" a
// trillion tokens, 3.7 days.
TEST_CASE("DeepSeek-V3's hours a trillion tokens, with the schedule that it was made for") {
  chips::accelerator h800 = chips::catalog::h800_sxm;
  infrastructure::site site;
  site.network.bandwidth = 50 * gigabyte_per_second;
  const auto hours = [&](pipeline_schedule s) {
    const training_plan p{.pipeline = 16,
                          .data = 128,
                          .expert = 64,
                          .global_batch = 15360,
                          .sequence = 4096,
                          .sharding = sharding::optimizer,
                          .schedule = s,
                          .math = precision::fp8,
                          .software = training_software::year_2024};
    const auto f = train_step(models::catalog::deepseek_v3, h800, site, p);
    CHECK(f.memory.fits());
    return 1e12 / in<token / second>(f.tokens_per_second()) * 2048 / 3600;
  };
  const double dual = hours(pipeline_schedule::dual_pipe);
  CHECK(dual == approx(180e3).epsilon(0.1));
  // "computation-to-communication ratio of approximately 1:1" (section 3.2.1): without hiding it takes much longer
  CHECK(hours(pipeline_schedule::one_forward_one_backward) > 1.2 * dual);
}

TEST_CASE("schedules that do not run are refused, with what to change") {
  const auto refused = [](training_plan p, const std::string& words) {
    std::string text;
    for (const finding& f : check(p, "plan"))
      text += f.path + " | " + f.value + " | " + f.allowed + " | " + f.remedy + "\n";
    CAPTURE(text);
    if (words.empty()) {
      CHECK(text.empty());
    } else {
      CHECK(text.find(words) != std::string::npos);
    }
  };
  const auto dual = pipeline_schedule::dual_pipe;
  refused(piped(dual, 4, 8), "");
  refused(piped(dual, 3, 8), "plan.pipeline | 3 | even, as schedule is dual_pipe");
  refused(piped(dual, 1, 8), "plan.pipeline | 1 | even");
  refused(piped(dual, 4, 6), "plan.global_batch | 6 | an even number of micro-batches");
  refused(piped(dual, 4, 9), "plan.global_batch | 9 | an even number of micro-batches");
  for (const auto s : {dual, pipeline_schedule::all_forward}) {
    training_plan p = piped(s, 4, 8);
    p.virtual_stages = 2;
    refused(p, "plan.virtual_stages | 2 | 1, as schedule " + std::string(name(s)));
  }
}
