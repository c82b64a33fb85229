// Memory of training against the closed forms and figures that papers publish.
#include <doctest/doctest.h>
#include <layercake/models/catalog.hpp>
#include <layercake/number/dual.hpp>
#include <layercake/training/memory.hpp>

#include "../../approx.hpp"
#include "../lanes.hpp"

using namespace layercake;
using namespace layercake::models;

using layercake_test::batch, layercake_test::lanes;

// Korthikanti et al. 2022, table 2: bytes of a layer by s, b, h, a, t.
TEST_CASE("activations of a layer are the closed forms of the paper") {
  for (const transformer* x :
       {&catalog::megatron_22b, &catalog::gpt3_175b, &catalog::mt_nlg_530b, &catalog::megatron_1t}) {
    const double s = 2048, h = x->width, a = x->heads;
    for (const double t : {1.0, 8.0}) {
      for (const double b : {1.0, 4.0}) {
        training_layout l{.tensor = t, .micro_batch = b, .fused_attention = false, .dropout = true};
        const auto bytes = [&](bool sequence_parallel, recomputation r) {
          l.sequence_parallel = sequence_parallel;
          return in<units::byte>(layer_activations(*x, l, false, r));
        };
        const double scores = 5 * a * s / h;
        CHECK(bytes(false, recomputation::none) == approx(s * b * h * (10 + 24 / t + scores / t)).epsilon(1e-12));
        CHECK(bytes(true, recomputation::none) == approx(s * b * h / t * (34 + scores)).epsilon(1e-12));
        CHECK(bytes(false, recomputation::selective) == approx(s * b * h * (10 + 24 / t)).epsilon(1e-12));
        CHECK(bytes(true, recomputation::selective) == approx(s * b * h * 34 / t).epsilon(1e-12));
        CHECK(bytes(false, recomputation::full) == approx(2 * s * b * h).epsilon(1e-12));
      }
    }
  }
  // the scores alone: 80 s b h for GPT-3 and 64 for MT-NLG (section 5)
  CHECK(5 * 96.0 * 2048 / 12288 == 80);
  // "5 times less" with sequence parallelism and recomputed attention, 8 tensor ranks
  training_layout base{.tensor = 8, .sequence_parallel = false, .fused_attention = false, .dropout = true}, best = base;
  best.sequence_parallel = true;
  const double ratio = layer_activations(catalog::mt_nlg_530b, base, false, recomputation::none) /
                       layer_activations(catalog::mt_nlg_530b, best, false, recomputation::selective);
  CHECK(ratio == approx(5).epsilon(0.03));
}

TEST_CASE("activations of a pipeline: the first stage keeps all layers' worth, an interleaved one more") {
  training_layout l{.tensor = 8, .pipeline = 8, .micro_batches = 64, .fused_attention = false, .dropout = true};
  const double one = 2048.0 * 12288 * (34 + 80) / 8;
  // worked: training/memory.hpp#layer_activations
  CHECK(one == approx(358.6e6).epsilon(1e-3));
  CHECK(in<units::byte>(memory_of_training(catalog::gpt3_175b, l).activations) == approx(96 * one));
  l.chunks = 3;
  CHECK(in<units::byte>(memory_of_training(catalog::gpt3_175b, l).activations) == approx(96 * one * (1 + 7.0 / 24)));
  l.chunks = 1, l.micro_batches = 2;
  CHECK(in<units::byte>(memory_of_training(catalog::gpt3_175b, l).activations) == approx(24 * one));
}

// Rajbhandari et al. 2020, figure 1: 7.5e9 parameters, 64 ranks, mixed precision Adam.
TEST_CASE("model states by ZeRO stage are the published ones") {
  const transformer& x = catalog::gpt_7_5b_l36_d4096_h32_v51200;
  training_layout l{.data = 64, .gradient_bytes = 2};
  const double scale = 7.5e9 / parameters(x).total();
  const auto states = [&](sharding how) {
    l.sharding = how;
    const auto m = memory_of_training(x, l);
    return in<units::gigabyte>(m.weights + m.gradients + m.optimizer) * scale;
  };
  CHECK(states(sharding::none) == approx(120).epsilon(0.01));
  // worked: training/memory.hpp#model_states
  CHECK(states(sharding::optimizer) == approx(31.4).epsilon(0.01));
  CHECK(states(sharding::gradients) == approx(16.6).epsilon(0.01));
  CHECK(states(sharding::full) == approx(1.88).epsilon(0.01));
  // experts are sharded over the copies that they have
  training_layout e{.data = 64, .expert = 8, .sharding = sharding::optimizer};
  const auto p = parameters(catalog::mixtral_8x7b);
  CHECK(in<units::byte>(memory_of_training(catalog::mixtral_8x7b, e).optimizer) == approx(12 * p.total() / 64));
  CHECK(in<units::byte>(memory_of_training(catalog::mixtral_8x7b, e).weights) ==
        approx(2 * (p.total() - p.experts + p.experts / 8)));
}

TEST_CASE("training memory for every number type") {
  using D = dual<double, 1>;
  auto l = with_number<D>(training_layout{.tensor = 8, .pipeline = 4, .micro_batches = 16});
  l.sequence = D::variable(4096, 0);
  const auto m = memory_of_training(with_number<D>(catalog::llama_3_1_70b), l);
  const auto at = [](double s) {
    return in<units::byte>(
        memory_of_training(catalog::llama_3_1_70b,
                           training_layout{.tensor = 8, .pipeline = 4, .micro_batches = 16, .sequence = s})
            .total());
  };
  CHECK(in<units::byte>(m.total()).slope[0] == approx((at(4097) - at(4095)) / 2).epsilon(1e-6));
  auto wide = with_number<batch>(training_layout{.tensor = 8, .pipeline = 4, .micro_batches = 16});
  wide.sequence = lanes(2048.0, 8192.0);
  CHECK(in<units::byte>(memory_of_training(with_number<batch>(catalog::llama_3_1_70b), wide).total()).get(1) ==
        approx(at(8192)));
  CHECK(in<units::byte>(memory_of_training(with_number<float>(catalog::llama_3_1_70b),
                                           with_number<float>(training_layout{
                                               .tensor = 8, .pipeline = 4, .micro_batches = 16, .sequence = 8192}))
                            .total()) == approx(at(8192)).epsilon(1e-5));
}
