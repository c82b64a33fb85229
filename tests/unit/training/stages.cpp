// Pipeline stages of unequally many layers: the cut, the slowest stage, memory by stage, and what is refused.
#include <layercake/training/stages.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <layercake/chips/catalog.hpp>
#include <layercake/models/catalog.hpp>
#include <layercake/training/law.hpp>
#include <string>
#include <xsimd/xsimd.hpp>

#include "../../approx.hpp"

using namespace layercake;
using namespace layercake::units;

namespace {
double seconds(const quantity<unit::second>& t) { return in<second>(t); }
double bytes(const quantity<unit::byte>& x) { return in<byte>(x); }
const infrastructure::site site;
const chips::accelerator& h100 = chips::catalog::h100_sxm;

// Llama 3 405B as it was trained on 16,384 chips (Llama 3 herd of models 2024, section 3.3.2 and table 4).
training_plan llama_405b() {
  return {.tensor = 8,
          .pipeline = 16,
          .data = 128,
          .first_stage_layers = 7,
          .last_stage_layers = 7,
          .global_batch = 2048,
          .sequence = 8192,
          .recompute = recomputation::none};
}
const models::transformer& model = models::catalog::llama_3_1_405b;
}  // namespace

TEST_CASE("layers by stage") {
  // worked: training/stages.hpp#cut_into_stages
  const auto cut = cut_into_stages(126.0, 16.0, 7.0, 7.0);
  double all = 0;
  for (double stage = 0; stage < 16; ++stage) {
    CHECK(cut.before(stage) == all);
    CHECK(cut.layers(stage) == (stage == 0 || stage == 15 ? 7 : 8));
    all += cut.layers(stage);
  }
  CHECK(all == 126);
  // Megatron-LM's own example of DeepSeek-V3: 61 layers, the last of 16 stages has one
  CHECK(cut_into_stages(61.0, 16.0, 0.0, 1.0).layers(0.0) == 4);
  CHECK(cut_into_stages(61.0, 16.0, 0.0, 1.0).layers(15.0) == 1);
  CHECK(cut_into_stages(10.0, 2.0, 6.0, 4.0).layers(0.0) == 6);
  CHECK(cut_into_stages(10.0, 2.0, 6.0, 4.0).layers(1.0) == 4);
  CHECK(cut_into_stages(10.0, 2.0, 6.0, 0.0).layers(1.0) == 4);
  CHECK(cut_into_stages(80.0, 4.0, 0.0, 0.0).layers(3.0) == 20);
}

TEST_CASE("the slowest stage") {
  const auto s = [](double x) { return x * second; };
  // worked: training/stages.hpp#slowest_stage
  CHECK(seconds(slowest_stage(cut_into_stages(126.0, 16.0, 7.0, 7.0), s(1), s(0.1), s(0.8), false)) == 8);
  // the first, with the embedding; the last, with the output matrix; DualPipe's ranks have both ends
  CHECK(seconds(slowest_stage(cut_into_stages(126.0, 16.0, 7.0, 7.0), s(1), s(1.5), s(0.8), false)) == 8.5);
  CHECK(seconds(slowest_stage(cut_into_stages(126.0, 16.0, 7.0, 7.0), s(1), s(0.1), s(2.5), false)) == 9.5);
  CHECK(seconds(slowest_stage(cut_into_stages(126.0, 16.0, 7.0, 7.0), s(1), s(0.5), s(2.5), true)) == 8.5);
  CHECK(seconds(slowest_stage(cut_into_stages(10.0, 2.0, 6.0, 4.0), s(1), s(0.1), s(0.8), false)) == approx(6.1));
}

// What Llama 3's authors did it for: the last stage, with the output matrix, no longer holds the others up.
TEST_CASE("a step waits for its slowest stage: layers by layer, the embedding first and the output matrix last") {
  const auto law = training_law_of(model, h100, site);
  const training_plan p = llama_405b();
  const auto f = law(p);
  const double m = p.micro_batches(), layer = seconds(f.layer_forward + f.layer_backward);
  const double work = seconds(f.time.work.total()) * 16 / m, outside = work - 126 * layer;
  // the output matrix is all but a memory pass of what is outside the layers, and takes less than a layer here
  CHECK(outside > 0);
  CHECK(outside < layer);
  CHECK((seconds(f.time.work.total()) + seconds(f.time.imbalance)) / m == approx(8 * layer).epsilon(1e-9));
  CHECK(seconds(f.time.bubble) == approx(work - 8 * layer).epsilon(1e-9));  // the other 15 stages, once
  training_plan q = p;
  q.first_stage_layers = 0, q.last_stage_layers = 6;                               // 8 on all others
  const double embedding = seconds(law(q).time.imbalance - f.time.imbalance) / m;  // beside 8 layers, on the first
  CHECK(embedding > 0);
  CHECK(embedding < 0.1 * outside);
  q.last_stage_layers = 36, q.first_stage_layers = 6;
  CHECK((seconds(law(q).time.work.total()) + seconds(law(q).time.imbalance)) / m > 36 * layer);
  CHECK((seconds(law(q).time.work.total()) + seconds(law(q).time.imbalance)) / m < 37 * layer);
  q = p, q.first_stage_layers = q.last_stage_layers = 0;  // 7.875 a stage, by the smooth formula
  CHECK(seconds(law(q).step_time()) > seconds(f.step_time()));
}

TEST_CASE("memory by stage is of its own layers, and no stage is fuller than the fullest") {
  const auto stages = memory_by_stage(model, h100, llama_405b());
  REQUIRE(stages.size() == 16);
  const double layer = (2 * 16384.0 * 128 * (128 + 8) + 3 * 16384.0 * 53248) / 8, table = 128256.0 * 16384 / 8;
  double activations = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    const bool end = i == 0 || i == 15;
    CHECK(bytes(stages[i].weights) == approx(2 * ((end ? 7 : 8) * layer + (end ? table : 0))));
    if (i == 1) activations = bytes(stages[i].activations) / (8 * 15);
  }
  CHECK(bytes(stages[0].activations) == approx(7 * 16 * activations));
  CHECK(bytes(stages[14].activations) == approx(8 * 2 * activations));

  models::transformer mixture = models::catalog::deepseek_v3;
  for (const auto s :
       {pipeline_schedule::one_forward_one_backward, pipeline_schedule::zero_bubble, pipeline_schedule::dual_pipe}) {
    for (const bool dense_first : {false, true}) {
      for (const double first : {0.0, 1.0, 2.0, 5.0, 11.0}) {
        for (const double last : {0.0, 1.0, 6.0}) {
          training_layout l{.pipeline = 8,
                            .data = 4,
                            .first_stage_layers = first,
                            .last_stage_layers = last,
                            .micro_batches = 64,
                            .dense_first = dense_first};
          l.schedule = s;
          const double fullest = bytes(memory_of_training(mixture, l).total());
          double found = 0;
          for (double stage = 0; stage < 8; ++stage)
            found = std::max(found, bytes(memory_of_stage(mixture, l, stage).total()));
          CHECK(found == approx(fullest).epsilon(1e-12));
        }
      }
    }
  }
}

TEST_CASE("lanes with and without layers of their own") {
  using batch = xsimd::batch<double>;
  training_plan p = llama_405b();
  p.pipeline = 14, p.data = 128;
  auto lanes = with_number<batch>(p);
  double first[batch::size], times[batch::size];
  for (std::size_t i = 0; i < batch::size; ++i)
    first[i] = i % 2 == 0 ? 0 : 9;
  lanes.first_stage_layers = batch::load_unaligned(first);
  lanes.last_stage_layers = lanes.first_stage_layers;
  in<second>(training_law_of<batch>(model, h100, site)(lanes).step_time()).store_unaligned(times);
  for (std::size_t i = 0; i < batch::size; ++i) {
    training_plan one = p;
    one.first_stage_layers = one.last_stage_layers = first[i];
    CHECK(times[i] == approx(seconds(training_law_of(model, h100, site)(one).step_time())).epsilon(1e-12));
  }
}

TEST_CASE("cuts that leave no whole layers are refused") {
  const auto text_of = [](const training_plan& p) -> std::string {
    try {
      train_step(model, h100, site, p);
    } catch (const invalid_value& e) {
      return e.what();
    }
    return {};
  };
  CHECK(text_of(llama_405b()).empty());
  const auto refuses = [&](auto change, const char* words) {
    training_plan p = llama_405b();
    change(p);
    const std::string text = text_of(p);
    CAPTURE(text);
    CHECK(text.find(words) != std::string::npos);
  };
  refuses([](training_plan& p) { p.first_stage_layers = 8; }, "plan.first_stage_layers is 8");
  refuses([](training_plan& p) { p.first_stage_layers = 8; }, "the other 14 stages take equally many whole ones");
  refuses([](training_plan& p) { p.last_stage_layers = 119, p.first_stage_layers = 0; },
          "plan.last_stage_layers is 119");
  refuses([](training_plan& p) { p.pipeline = 1; }, "plan.first_stage_layers is 7");
  refuses([](training_plan& p) { p.pipeline = 2; }, "the other 0 stages");
  refuses([](training_plan& p) { p.last_stage_layers = 6.5; }, "plan.last_stage_layers is 6.5");
}
