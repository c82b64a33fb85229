// The memory of pipeline stages: hand calculations, and what must hold for every layout.
#include <doctest/doctest.h>

#include <layercake/models/catalog.hpp>
#include <layercake/training/memory.hpp>
#include <layercake/training/step_memory.hpp>

#include "../../approx.hpp"
#include "../record_checks.hpp"

using namespace layercake;
using namespace layercake::models;

namespace {
constexpr double gib = 1073741824;
double bytes(const quantity<unit::byte>& x) { return in<units::byte>(x); }

// Megatron Core with Transformer Engine as of 2025: fused loss, gradients accumulated in 32 bit, optimiser sharded.
training_layout megatron(double tensor, double pipeline, double data, double expert = 1) {
  return {.tensor = tensor,
          .pipeline = pipeline,
          .data = data,
          .expert = expert,
          .micro_batches = 4,
          .sequence = 4096,
          .dense_first = expert > 1,
          .gradient_buffers = true,
          .sharding = sharding::optimizer,
          .logit_bytes = 2};
}
transformer cut(const transformer& x, double layers) {
  transformer t = x;
  t.layers = layers;
  return t;
}
}  // namespace

TEST_CASE("12 layers of Llama 3.1 70B on two tensor ranks, by hand") {
  const auto m = memory_of_stage(cut(catalog::llama_3_1_70b, 12), megatron(2, 1, 4), 0.0);
  const double h = 8192, f = 28672, v = 128256, n = 4096;
  const double layer = 2 * h * 128 * (64 + 8) + 3 * h * f, table = v * h;
  const double parameters = (12 * layer + 2 * table) / 2;
  CHECK(bytes(m.weights) == approx(2 * parameters));
  CHECK(bytes(m.gradients) == approx(4 * parameters));
  CHECK(bytes(m.optimizer) == approx(12 * parameters / 4));
  // a token and layer: 2 norms' inputs and outputs 8 h; q, k, v and the result 2 (2 64 + 2 8) 128; log-sum-exp 4 64;
  // both halves before and the product after SwiGLU 6 f; and the last norm once
  const double token = 8 * h + 36864 + 256 + 6 * f;
  CHECK(token == 274688);
  CHECK(bytes(m.activations) == approx(n * (12 * token + 4 * h) / 2));
  // worked: training/memory.hpp#memory_of_stage
  constexpr double gibibyte = 1024.0 * 1024 * 1024;
  CHECK(bytes(m.weights + m.gradients + m.optimizer) / gibibyte == approx(51.84).epsilon(1e-4));
  CHECK(bytes(m.activations) / gibibyte == approx(6.35).epsilon(1e-3));
  // logits, the gathered input of the output matrix and its gradient, a 16-bit gradient of that matrix; and of a
  // layer's
  CHECK(bytes(m.workspace) == approx(n * v / 2 * 2 + n * 4 * h + 2 * table / 2 + 2 * layer / 2));
  CHECK(bytes(m.gathered) == 0);
  CHECK(bytes(m.total()) / gib == approx(60.58).epsilon(1e-4));
  CHECK(bytes(m.total()) / gib == approx(60.68).epsilon(0.003));  // measured, SimuMax 1.2
}

TEST_CASE(
    "four layers of Llama 3.1 405B in two stages, by hand: the first keeps two micro-batches, the last the logits") {
  transformer x = cut(catalog::llama_3_1_405b, 4);
  x.key_heads = 16;
  const auto l = megatron(1, 2, 4);
  const auto first = memory_of_stage(x, l, 0.0), last = memory_of_stage(x, l, 1.0);
  const double h = 16384, f = 53248, v = 128256, n = 4096;
  const double layer = 2 * h * 128 * (128 + 16) + 3 * h * f, table = v * h;
  const double token = 8 * h + 4 * 128 * (128 + 16) + 4 * 128 + 6 * f;
  for (const auto& m : {first, last})
    CHECK(bytes(m.states()) == approx((2 * layer + table) * (2 + 4 + 12 / 4)));
  CHECK(bytes(first.activations) == approx(n * 2 * 2 * token));
  CHECK(bytes(last.activations) == approx(n * (2 * token + 4 * h)));
  // on the first stage the backward pass of a layer: gradients before SwiGLU 4 f, its whole input and its gradient 4 h
  CHECK(bytes(first.workspace) == approx(n * (4 * f + 4 * h) + 2 * layer));
  CHECK(bytes(last.workspace) == approx(n * (2 * v + 4 * h) + 2 * table + 2 * layer));
  CHECK(bytes(first.total()) / gib == approx(86.61).epsilon(0.002));  // measured, SimuMax 1.2
  CHECK(bytes(last.total()) / gib == approx(87.08).epsilon(0.002));
  CHECK(bytes(memory_of_training(x, l).total()) == bytes(last.total()));
}

TEST_CASE("four layers of DeepSeek-V3 in two stages, by hand: one dense layer first, 256 experts over four ranks") {
  transformer x = cut(catalog::deepseek_v3, 4);
  x.dense_layers = 1;
  const auto l = megatron(1, 2, 4, 4);
  const auto first = memory_of_stage(x, l, 0.0), last = memory_of_stage(x, l, 1.0);
  const double h = 7168, n = 4096, table = 129280 * h, attention = 187105280, expert = 3 * h * 2048;
  const double mixture = attention + h * 256 + expert;  // router and shared expert
  // experts have one copy on the four data-parallel ranks, everything else four
  CHECK(bytes(last.states()) == approx((2 * mixture + table) * (6 + 12 / 4.0) + 2 * 64 * expert * (6 + 12.0)));
  CHECK(bytes(first.states()) ==
        approx((attention + 3 * h * 18432 + mixture + table) * (6 + 12 / 4.0) + 64 * expert * (6 + 12.0)));
  // latent attention: 8 h; q and k 2 x 2 128 192; v and the result 2 x 2 128 128; log-sum-exp; both sides of the norms
  // of 1536 and 512, and the rotary key; 8 experts visited: input 2 h, 6 x 2048 each; shared expert 6 x 2048
  const double core = 8 * h + 4 * 128 * 192 + 4 * 128 * 128 + 4 * 128 + 4 * (1536 + 512) + 2 * 64;
  const double token = core + 8 * (2 * h + 6 * 2048) + 6 * 2048, dense_token = core + 6 * 18432;
  CHECK(bytes(last.activations) == approx(n * (2 * token + 4 * h)));
  CHECK(bytes(first.activations) == approx(2 * n * (token + dense_token)));
  CHECK(bytes(first.total()) / gib == approx(71.24).epsilon(0.015));  // measured, SimuMax 1.2
  CHECK(bytes(last.total()) / gib == approx(114.00).epsilon(0.015));
}

TEST_CASE("embeddings: one on the first stage, one on the last; shared ones twice in a pipeline") {
  for (const bool tied : {false, true}) {
    transformer x = catalog::llama_3_1_8b;
    x.tied = tied;
    const double table = 128256.0 * 4096, layers = parameters(x).total() - table * (tied ? 1 : 2);
    const auto weights = [&](double pipeline, double stage) {
      return bytes(memory_of_stage(x, training_layout{.pipeline = pipeline, .micro_batches = 8}, stage).weights) / 2;
    };
    CHECK(weights(1, 0) == approx(layers + table * (tied ? 1 : 2)));
    CHECK(weights(4, 0) == approx(layers / 4 + table));
    CHECK(weights(4, 1) == approx(layers / 4));
    CHECK(weights(4, 3) == approx(layers / 4 + table));
  }
}

TEST_CASE("micro-batches in flight: p - stage, more with chunks, never more than there are") {
  const transformer& x = catalog::llama_3_1_8b;  // 32 layers
  training_layout l{.pipeline = 4, .micro_batches = 16, .sequence = 4096};
  const double layer = bytes(layer_activations(x, l, false, recomputation::none)), norm = 4096.0 * 4 * 4096;
  const auto kept = [&](double stage) { return bytes(memory_of_stage(x, l, stage).activations); };
  for (const int stage : {0, 1, 2})
    CHECK(kept(stage) == approx(8 * layer * (4 - stage)));
  CHECK(kept(3) == approx(8 * layer + norm));
  // two chunks a stage of four layers each: (2 - 1) 4 + 2 (4 - stage) - 1 of them in flight
  l.chunks = 2;
  for (const int stage : {0, 1, 2})
    CHECK(kept(stage) == approx(4 * layer * (11 - 2 * stage)));
  CHECK(kept(3) == approx(4 * layer * 5 + norm));
  l.micro_batches = 4;
  CHECK(kept(0) == approx(8 * layer * 4));
}

TEST_CASE("narrow inputs, exchanged heads, 32-bit logits, everything computed again") {
  const transformer x = cut(catalog::llama_3_1_70b, 12);
  const double h = 8192, f = 28672, n = 4096, v = 128256;
  training_layout l = megatron(1, 1, 1);
  const auto token = [&] { return bytes(layer_activations(x, l, false, recomputation::none)) / n; };
  CHECK(token() == approx(274688));
  // 8 bit: inputs of the blocks h less twice, of the last product f less; the output projection's beside attention's
  l.input_bytes = 1;
  CHECK(token() == approx(274688 - 2 * h - f + h));
  l.input_bytes = 2;
  l.context = 2, l.head_exchange = true;
  CHECK(token() * 2 == approx(274688 + 2 * h));
  l.head_exchange = false;
  CHECK(token() * 2 == approx(274688));
  l = megatron(1, 1, 1);
  const double narrow = bytes(memory_of_stage(x, l, 0.0).workspace);
  l.logit_bytes = 6;
  CHECK(bytes(memory_of_stage(x, l, 0.0).workspace) - narrow == approx(n * v * 4));
  // gradients of 16 bit are the gradients themselves
  l = megatron(1, 1, 1), l.gradient_bytes = 2;
  CHECK(narrow - bytes(memory_of_stage(x, l, 0.0).workspace) == approx(2 * v * h));
  l = megatron(1, 2, 1), l.recompute = recomputation::full;
  const auto again = memory_of_stage(x, l, 0.0);
  CHECK(bytes(again.activations) == approx(6 * 2 * 2 * h * n));
  CHECK(bytes(again.workspace) ==
        approx(n * (274688 + 4 * f + 4 * h) + 2 * (2 * h * 128 * (64 + 8) + 3 * h * f)));  // one layer whole
}

TEST_CASE("sharded weights: two layers are whole, in 16 bit") {
  training_layout l{.data = 8, .sharding = sharding::full, .weight_bytes = 4};
  const double layer = 2 * 4096.0 * 128 * (32 + 8) + 3 * 4096.0 * 14336;
  CHECK(bytes(memory_of_training(catalog::llama_3_1_8b, l).gathered) == approx(2 * layer * 2));
  l.sharding = sharding::gradients;
  CHECK(bytes(memory_of_training(catalog::llama_3_1_8b, l).gathered) == 0);
}

TEST_CASE("memory never grows with the stages, and no stage is fuller than the fullest") {
  transformer mixture = catalog::deepseek_v3;
  mixture.layers = 64;
  for (const transformer* x :
       {&catalog::llama_3_1_70b, &catalog::gpt3_175b, static_cast<const transformer*>(&mixture)}) {
    for (const auto again : {recomputation::none, recomputation::selective, recomputation::full}) {
      double before = 0;
      for (double p = 1; p <= 32; ++p) {
        training_layout l{.tensor = 2, .pipeline = p, .data = 4, .micro_batches = 64, .sharding = sharding::optimizer};
        l.recompute = again;
        const double full = bytes(memory_of_training(*x, l).total());
        if (p > 1) CHECK(full <= before * (1 + 1e-12));
        before = full;
        for (const bool dense_first : {false, true}) {
          l.dense_first = dense_first;
          const double fullest = bytes(memory_of_training(*x, l).total());
          for (double stage = 0; stage < p; ++stage)
            CHECK(bytes(memory_of_stage(*x, l, stage).total()) <= fullest * (1 + 1e-12));
        }
      }
    }
  }
}

TEST_CASE("bad layouts are refused") {
  layercake_test::check_bad_input(training_layout{.data = 8});
  const auto wrong = check(training_layout{.expert = 8}, "layout");
  REQUIRE(wrong.size() == 1);
  CHECK(wrong[0].path == "layout.expert");
  CHECK(wrong[0].allowed == "at most data * context, 1");
}

TEST_CASE("a rank has a communicator for each group that it exchanges with") {
  CHECK(communicators(megatron(1, 1, 1)) == 0);
  CHECK(communicators(megatron(8, 1, 1)) == 1);
  CHECK(communicators(megatron(8, 2, 4)) == 3);
  CHECK(communicators(megatron(2, 2, 8, 8)) == 4);
}
