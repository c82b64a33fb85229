// A model type of one's own is trained: its step, derived by hand on a chip and a network that are plain rooflines.
#include <doctest/doctest.h>

#include <cmath>
#include <layercake/number/dual.hpp>
#include <layercake/training/law.hpp>
#include <xsimd/xsimd.hpp>

#include "../../approx.hpp"
#include "roofline.hpp"

using namespace layercake;
using namespace layercake::units;
using namespace layercake_test;

namespace {

// Layers of one product of 4,096 by 4,096 and nothing else, as training/model.hpp has it.
struct square {
  double layers = 8;
  template <class N, class Visit>
  void operations(const models::pass<N>& p, const models::split<N>& s, Visit&& visit) const {
    visit(matrix_product<N>{.m = p.sequences * p.queries / s.context, .n = N(4096) / s.tensor, .k = N(4096)},
          N(layers));
  }
  template <class N>
  models::rank_parameters<N> parameters(const models::split<N>& s) const {
    return {.everywhere = N(layers * 4096 * 4096) / (s.tensor * s.pipeline)};
  }
  template <class N>
  training_memory<N> memory(const basic_training_layout<N>& l) const {
    return model_states(parameters(l.split()), l);
  }
};
static_assert(trainable_model<square>);
static_assert(trainable_model<models::transformer>);
static_assert(!trainable_model<double>);

// The same with every kind of operation: attention, traffic inside and between the blocks, exchanges, an output matrix.
struct every_kind : square {
  template <class N, class Visit>
  void operations(const models::pass<N>& p, const models::split<N>& s, Visit&& visit) const {
    const N tokens = p.sequences * p.queries / s.context, n(layers);
    square::operations(p, s, visit);
    visit(attention_product<N>{.sequences = p.sequences / s.context,
                               .queries = p.queries,
                               .context = p.context,
                               .heads = N(32) / s.tensor,
                               .key_heads = N(32) / s.tensor,
                               .key_width = N(128),
                               .value_width = N(128)},
          n);
    visit(memory_traffic<N>{.moved = tokens * N(4096 * 8) * byte, .replicated = true}, n);
    visit(memory_traffic<N>{.moved = tokens * N(4096 * 4) / s.tensor * byte}, n);
    visit(collective<N>{.bytes = tokens * N(4096 * 2) * byte, .ranks = s.tensor}, n);
    visit(matrix_product<N>{.m = tokens, .n = N(32000) / s.tensor, .k = N(4096), .part = block::head}, N(1));
  }
};

double seconds(const quantity<unit::second>& t) { return in<second>(t); }

}  // namespace

TEST_CASE("a step of products alone: 6 FLOP a parameter and token, the optimiser and the host") {
  const training_plan p{.micro_batch = 4,
                        .global_batch = 16,
                        .sequence = 2048,
                        .recompute = recomputation::none,
                        .software = perfect_software()};
  const auto f = training_law_of(square{}, roofline_chip{}, ring_network{}, perfect())(p);
  const double parameters = 8 * 4096.0 * 4096, tokens = 16 * 2048;
  CHECK(seconds(f.time.work.products) == approx(6 * parameters * tokens / peak).epsilon(1e-12));
  CHECK(seconds(f.time.optimizer) == approx(30 * parameters / bandwidth).epsilon(1e-12));
  CHECK(seconds(f.step_time()) ==
        approx(6 * parameters * tokens / peak + 30 * parameters / bandwidth + 2e-3).epsilon(1e-9));
  CHECK(in<flop>(plain(f.model_flops(attention_flop::causal))) == approx(6 * parameters * tokens));
  CHECK(in<byte>(f.memory.weights) == approx(2 * parameters));
  CHECK(in<byte>(f.memory.optimizer) == approx(12 * parameters));
  CHECK(seconds(train_step(square{}, roofline_chip{}, ring_network{}, p).step_time()) > seconds(f.step_time()));
}

TEST_CASE("a step of every kind of operation, by hand") {
  training_plan p{.tensor = 4,
                  .micro_batch = 2,
                  .global_batch = 4,
                  .sequence = 8192,
                  .recompute = recomputation::none,
                  .software = perfect_software()};
  const auto f = training_law_of(every_kind{}, roofline_chip{}, ring_network{}, perfect())(p);
  const double tokens = 2 * 8192.0, micro_batches = 2;
  const double product = 2 * tokens * 4096 * 1024 / peak, head = 2 * tokens * 4096 * 8000 / peak;
  CHECK(seconds(f.time.work.products) == approx(micro_batches * 3 * (8 * product + head)).epsilon(1e-12));
  // two products of the positions that a query sees, and five in the backward pass, at 0.73 of the rate
  const double core = 4 * tokens * 4096 / 4 * 8193 / 2 / peak;
  CHECK(seconds(f.time.work.attention) == approx(micro_batches * 8 * (1 + 2.5 / 0.73) * core).epsilon(1e-12));
  // a quarter of each on a rank, once forward and 1.5 times backward; the loss reads and writes logits and its input
  const double traffic = tokens * 4096 * (8 + 4) / 4 / bandwidth, loss = tokens * (8000 * 4 + 4096 * 6) / bandwidth;
  CHECK(seconds(f.time.work.element_wise) == approx(micro_batches * (8 * 2.5 * traffic + 2 * loss)).epsilon(1e-12));
  const double exchange = 2 * tokens * 4096 * 2 / fabric * 3 / 4;
  CHECK(seconds(f.time.work.tensor_exchange) == approx(micro_batches * 8 * 2.5 * exchange).epsilon(1e-12));
  CHECK(seconds(f.time.work.recomputed) == 0);

  // without sequence parallelism what lies between the blocks is whole on every rank, and nothing is gathered again
  p.sequence_parallel = false;
  const auto whole = training_law_of(every_kind{}, roofline_chip{}, ring_network{}, perfect())(p);
  const double more = tokens * 4096 * (8 + 1) / bandwidth;
  CHECK(seconds(whole.time.work.element_wise) == approx(micro_batches * (8 * 2.5 * more + 2 * loss)).epsilon(1e-12));
  CHECK(seconds(whole.time.work.tensor_exchange) == approx(micro_batches * 8 * 2 * exchange).epsilon(1e-12));

  // everything computed again but the output matrix: one more forward pass of the layers
  p.recompute = recomputation::full;
  const auto again = training_law_of(every_kind{}, roofline_chip{}, ring_network{}, perfect())(p);
  CHECK(seconds(again.time.work.recomputed) ==
        approx(micro_batches * 8 * (product + core + more + exchange)).epsilon(1e-12));
}

TEST_CASE("a pipeline of equal stages: m micro-batches and p - 1 to fill it; gradients summed once") {
  const training_plan p{.pipeline = 4,
                        .data = 2,
                        .global_batch = 24,
                        .sequence = 2048,
                        .sharding = sharding::none,
                        .recompute = recomputation::none,
                        .software = perfect_software()};
  const auto f = training_law_of(square{}, roofline_chip{}, ring_network{}, perfect())(p);
  const double parameters = 2 * 4096.0 * 4096, stage = 6 * parameters * 2048 / peak;
  CHECK(seconds(f.time.work.total()) == approx(12 * stage).epsilon(1e-12));
  CHECK(seconds(f.time.bubble) == approx(3 * stage).epsilon(1e-12));
  CHECK(seconds(f.time.pipeline_exchange) == 0);  // its stream has no message between stages
  CHECK(seconds(f.time.data_exchange) == approx(2 * 4 * parameters / fabric / 2).epsilon(1e-9));
}

TEST_CASE("an own model over batches and duals") {
  using batch = xsimd::batch<double>;
  training_plan p{.data = 2, .global_batch = 16, .sequence = 2048};
  auto lanes = with_number<batch>(p);
  lanes.sequence = batch(4096.0);
  p.sequence = 4096;
  const double expected = seconds(training_law_of(every_kind{}, roofline_chip{}, ring_network{})(p).step_time());
  const batch t = in<second>(training_law_of<batch>(every_kind{}, roofline_chip{}, ring_network{})(lanes).step_time());
  CHECK(t.get(0) == approx(expected).epsilon(1e-12));

  using d1 = dual<double, 1>;
  auto sloped = with_number<d1>(p);
  sloped.global_batch = d1::variable(16, 0);
  const auto at = [&](double batch_size) {
    training_plan q = p;
    q.global_batch = batch_size;
    return seconds(training_law_of(every_kind{}, roofline_chip{}, ring_network{})(q).step_time());
  };
  const d1 slope = in<second>(training_law_of<d1>(every_kind{}, roofline_chip{}, ring_network{})(sloped).step_time());
  CHECK(slope.value == approx(expected).epsilon(1e-12));
  CHECK(slope.slope[0] == approx((at(16.01) - at(15.99)) / 0.02).epsilon(1e-6));
}

TEST_CASE("bad plans of an own model are refused") {
  const training_plan p{.pipeline = 16, .global_batch = 16};
  try {
    train_step(square{}, roofline_chip{}, ring_network{}, p);
    FAIL("not refused");
  } catch (const invalid_value& e) {
    CHECK(std::string(e.what()).find("plan.pipeline is 16") != std::string::npos);
  }
}
