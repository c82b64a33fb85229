// The memory of every rank of a training step by part, whether it fits, and what to change.
#include <doctest/doctest.h>

#include <layercake/chips/catalog.hpp>
#include <layercake/models/catalog.hpp>
#include <layercake/training/law.hpp>
#include <string>

#include "../../approx.hpp"

using namespace layercake;
using namespace layercake::units;

namespace {
const models::transformer& model = models::catalog::llama_3_1_70b;
const chips::accelerator& chip = chips::catalog::h100_sxm;
const infrastructure::site site;
training_plan plan() {
  return {.tensor = 8,
          .pipeline = 4,
          .data = 1,
          .global_batch = 100,
          .sequence = 8192,
          .sharding = sharding::none,
          .recompute = recomputation::none};
}
double bytes(const quantity<unit::byte>& x) { return in<byte>(x); }
}  // namespace

TEST_CASE("every stage by part; the fullest is the step's") {
  const training_plan p = plan();
  const auto stages = memory_by_stage(model, chip, p);
  REQUIRE(stages.size() == 4);
  const double layer = (2 * 8192.0 * 128 * (64 + 8) + 3 * 8192.0 * 28672) / 8, table = 128256.0 * 8192 / 8;
  // a token and layer, see tests/unit/training/memory.cpp
  const double kept = 274688.0 / 8 * 8192 * 20;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto& m = stages[i];
    const double parameters = 20 * layer + (i == 0 || i == 3 ? table : 0);
    CHECK(bytes(m.weights) == approx(2 * parameters));
    CHECK(bytes(m.gradients) == approx(2 * parameters));  // 16 bit since 2024
    CHECK(bytes(m.optimizer) == approx(12 * parameters));
    const double norm = i == 3 ? 8192.0 * 4 * 8192 / 8 : 0;
    CHECK(bytes(m.activations) == approx(kept * static_cast<double>(4 - i) + norm));
    const double passing = 8192 * (4 * 28672.0 / 8 + 4 * 8192);
    const double output = i == 3 ? 8192 * (128256.0 / 8 * 4 + 4 * 8192) : 0;
    CHECK(bytes(m.workspace) == approx(output > passing ? output : passing));
    CHECK(bytes(m.usable) == approx(85520809984 * 0.983 - (0.4517e9 + 2 * 1.282e9)));
    CHECK(bytes(m.total()) == approx(bytes(m.weights) + bytes(m.gradients) + bytes(m.optimizer) + bytes(m.activations) +
                                     bytes(m.workspace)));
  }
  // worked: training/law.hpp#memory_by_stage
  CHECK(in<gigabyte>(stages[0].weights) == approx(4.540).epsilon(1e-3));
  CHECK(in<gigabyte>(stages[1].weights) == approx(4.278).epsilon(1e-3));
  CHECK(bytes(train_step(model, chip, site, p).memory.total()) == approx(bytes(stages[0].total())).epsilon(1e-12));
}

TEST_CASE("no stage is fuller than the step's memory") {
  for (const auto again : {recomputation::none, recomputation::selective, recomputation::full, recomputation::custom,
                           recomputation::automatic}) {
    for (const double pipeline : {1.0, 2.0, 8.0}) {
      training_plan p = plan();
      p.recompute = again, p.pipeline = pipeline;
      const double step = bytes(train_step(model, chip, site, p).memory.total());
      double fullest = 0;
      for (const auto& m : memory_by_stage(model, chip, p))
        fullest = bytes(m.total()) > fullest ? bytes(m.total()) : fullest;
      CHECK(fullest == approx(step).epsilon(1e-9));
    }
  }
}

// Transformer Engine keeps the weights as made, quantised, and quantised once more for the transposed product.
TEST_CASE("narrow formats: copies of weights, narrow inputs of products") {
  training_plan p = plan();
  const auto wide = memory_by_stage(model, chip, p)[1];
  p.math = precision::fp8;
  const auto eighth = memory_by_stage(model, chip, p)[1];
  CHECK(bytes(eighth.weights) == approx(bytes(wide.weights) / 2 * (2 + 1 + 1)));
  CHECK(bytes(eighth.activations) == approx(bytes(wide.activations) * (274688 - 8192 - 28672) / 274688));
  CHECK(bytes(eighth.optimizer) == bytes(wide.optimizer));
  p.math = precision::mxfp8;  // a scale of 8 bit for 32 values
  const auto scaled = memory_by_stage(model, chip, p)[1];
  CHECK(bytes(scaled.weights) == approx(bytes(wide.weights) / 2 * (2 + 2 * 33.0 / 32)));
  p.math = precision::nvfp4;
  CHECK(bytes(memory_by_stage(model, chips::catalog::b200_sxm, p)[1].activations) < bytes(eighth.activations));
}

TEST_CASE("what to change is the largest part's, and it helps") {
  const auto advice = [](const training_plan& p) { return how_to_fit(train_step(model, chip, site, p).memory, p); };
  const auto says = [](const std::string& text, const char* words) { return text.find(words) != std::string::npos; };
  training_plan p = plan();
  CHECK(advice(p).empty());
  p.sequence = 32768;
  const std::string text = advice(p);  // the activations of four micro-batches
  CHECK(says(text, "too much: weights "));
  CHECK(says(text, "Set plan.recompute to full or automatic."));
  p.recompute = recomputation::full;
  CHECK(advice(p).empty());
  p.micro_batch = 20, p.global_batch = 100;
  CHECK(says(advice(p), "Lower plan.micro_batch."));
  p = plan();  // a copy of everything on 64 ranks
  p.tensor = 2, p.data = 64, p.global_batch = 640, p.recompute = recomputation::full;
  CHECK(says(advice(p), "Set plan.sharding to optimizer."));
  p.sharding = sharding::optimizer;
  CHECK(advice(p).empty());
  // weights and gradients alone are too many
  p.tensor = 1, p.pipeline = 1, p.global_batch = 640;
  CHECK(says(advice(p), "Set plan.sharding to full."));
  p.sharding = sharding::full;
  CHECK(advice(p).empty());
  // no replicas to spread over
  p = plan(), p.tensor = 1, p.recompute = recomputation::full;
  CHECK(says(advice(p), "Raise plan.pipeline or plan.tensor."));
  // logits of a long sequence on a small model
  const auto small_advice = [](const training_plan& q) {
    return how_to_fit(train_step(models::catalog::llama_3_1_8b, chip, site, q).memory, q);
  };
  p = plan(), p.tensor = 1, p.pipeline = 1, p.data = 64, p.global_batch = 64, p.sequence = 131072;
  p.sharding = sharding::full, p.recompute = recomputation::full;
  CHECK(says(small_advice(p), "Raise plan.tensor or plan.context."));
  p.context = 8, p.data = 8, p.global_batch = 64;
  CHECK(small_advice(p).empty());
}

TEST_CASE("bad input names the field") {
  training_plan p = plan();
  p.tensor = 3;
  try {
    memory_by_stage(model, chip, p);
    FAIL("not refused");
  } catch (const invalid_value& e) {
    CHECK(std::string(e.what()).find("plan.tensor") != std::string::npos);
  }
  p = plan(), p.pipeline = -1;
  CHECK_THROWS_AS(memory_by_stage(model, chip, p), invalid_value);
}
