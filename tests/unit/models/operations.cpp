#include <cmath>
#include <doctest/doctest.h>
#include <layercake/models/models.hpp>
#include <layercake/number/dual.hpp>

#include "../../approx.hpp"
#include "../lanes.hpp"

using namespace layercake;
using namespace layercake::models;

namespace {
using layercake_test::batch, layercake_test::lanes;

template <class T>
double flops(const totals<T>& t) {
  return static_cast<double>(in<units::flop>(t.flop));
}
double flops(const transformer& x, const pass<>& p, const split<>& s = {}) {
  return flops(pass_totals(x, formats{}, p, s));
}

// What query i of a causal pass sees, one by one.
double seen(double queries, double context, double window) {
  double sum = 0;
  for (double i = 1; i <= queries; ++i)
    sum += std::fmin(context - queries + i, window > 0 ? window : context);
  return sum;
}

// Bytes of the exchanges of a pass.
struct counter {
  double reduced = 0, exchanged = 0, gathered = 0;
  void operator()(const collective<double>& c, double times) {
    if (!(c.ranks > 1)) return;
    const double bytes = in<units::byte>(c.bytes) * times;
    (c.kind == exchange::all_reduce ? reduced : c.kind == exchange::all_to_all ? exchanged : gathered) += bytes;
  }
  template <class O>
  void operator()(const O&, double) {}
};

// A small model of every kind of part.
transformer small() {
  return {.name = "small",
          .layers = 6,
          .width = 64,
          .heads = 8,
          .key_heads = 2,
          .head_width = 16,
          .feed_forward = 160,
          .vocabulary = 1000,
          .experts = 8,
          .active_experts = 2,
          .shared_experts = 1,
          .expert_width = 48,
          .shared_expert_width = 40,
          .dense_layers = 2,
          .sliding_window = 20,
          .sliding_layers = 4};
}
transformer small_latent() {
  transformer x = small();
  x.kind = attention::latent;
  x.query_rank = 24, x.latent_rank = 32, x.plain_width = 16, x.rotary_width = 8, x.value_width = 16;
  return x;
}
}  // namespace

TEST_CASE("FLOP of a dense model: 2 per weight and token, and attention") {
  const transformer& x = catalog::llama_3_1_70b;
  const double layers = 70552387584.0 - 2.0 * 128256 * 8192, head = 128256.0 * 8192, attention = 4.0 * 80 * 64 * 128;
  CHECK(flops(x, {phase::decode, 1, 1, 1024}) == approx(2 * (layers + head) + attention * 1024).epsilon(1e-12));
  CHECK(flops(x, {phase::decode, 1, 1, 1024}) == approx(141.7e9).epsilon(1e-3));
  CHECK(flops(x, {phase::decode, 32, 1, 1024}) == approx(32 * (2 * (layers + head) + attention * 1024)).epsilon(1e-12));
  // one sequence of 2048: every position through the layers, the last through the output matrix
  CHECK(flops(x, {phase::prefill, 1, 2048, 2048}) ==
        approx(2048 * 2 * layers + 2 * head + attention * 2048 * 2049 / 2).epsilon(1e-12));
  CHECK(flops(x, {phase::training, 1, 2048, 2048}) ==
        approx(2048 * 2 * (layers + head) + attention * 2048 * 2049 / 2).epsilon(1e-12));
  // a prompt in two pieces costs what it costs in one, and one more output row
  const double first = flops(x, {phase::prefill, 1, 1500, 1500}), second = flops(x, {phase::prefill, 1, 548, 2048});
  CHECK(first + second - 2 * head == approx(flops(x, {phase::prefill, 1, 2048, 2048})).epsilon(1e-12));
}

TEST_CASE("FLOP of mixture, windows and shared experts, counted by hand") {
  const transformer x = small();
  for (const pass<> p : {pass<>{phase::decode, 3, 1, 50}, pass<>{phase::prefill, 2, 30, 30},
                         pass<>{phase::prefill, 2, 30, 70}, pass<>{phase::prefill, 1, 7, 12}}) {
    const double tokens = p.sequences * p.queries;
    const double per_token = 6 * 2.0 * (64 * 128 * 2 + 64 * 32 * 2) + 2 * 2.0 * 3 * 64 * 160 +
                             4 * 2.0 * (64 * 8 + 2 * 3 * 64 * 48 + 3 * 64 * 40);
    const double attention =
        4.0 * 8 * 16 * p.sequences * (2 * seen(p.queries, p.context, 0) + 4 * seen(p.queries, p.context, 20));
    const double rows = p.phase == phase::prefill ? p.sequences : tokens;
    CHECK(flops(x, p) == approx(tokens * per_token + attention + rows * 2.0 * 64 * 1000).epsilon(1e-12));
  }
}

TEST_CASE("latent attention: expanded in prefill, absorbed in decode") {
  const transformer x = small_latent();
  const double down = 64.0 * (24 + 32 + 8), query = 24.0 * 8 * 24, up = 32.0 * 8 * 32, out = 8.0 * 16 * 64;
  CHECK(mixer_parameters(x.mixer(0.0), x.width) == down + query + up + out);
  const double feed = 2 * 2.0 * 3 * 64 * 160 + 4 * 2.0 * (64 * 8 + 2 * 3 * 64 * 48 + 3 * 64 * 40),
               head = 2.0 * 64 * 1000;
  const auto prefill = [&](double queries, double context) {
    // cached positions are expanded again
    const double attention = 2.0 * 8 * (24 + 16) * (2 * seen(queries, context, 0) + 4 * seen(queries, context, 20));
    return 6 * 2.0 * (queries * (down + query + out) + context * up) + queries * feed + attention + head;
  };
  CHECK(flops(x, {phase::prefill, 1, 30, 30}) == approx(prefill(30, 30)).epsilon(1e-12));
  CHECK(flops(x, {phase::prefill, 1, 10, 30}) == approx(prefill(10, 30)).epsilon(1e-12));
  // scores and values are 40 and 32 wide, shared by the heads
  const double decode = 6 * 2.0 * (down + query + 8 * 16 * 32 + 8 * 32 * 16 + out) + feed +
                        2.0 * 8 * (40 + 32) * (2 * 30 + 4 * 20) + head;
  CHECK(flops(x, {phase::decode, 1, 1, 30}) == approx(decode).epsilon(1e-12));
}

TEST_CASE("chunked attention sees its own block") {
  transformer x = small();
  x.chunked = true;
  transformer sliding = small();
  // up to a block they are the same
  CHECK(flops(x, {phase::prefill, 1, 20, 20}) == flops(sliding, {phase::prefill, 1, 20, 20}));
  CHECK(flops(x, {phase::decode, 1, 1, 20}) == flops(sliding, {phase::decode, 1, 1, 20}));
  // five whole blocks: five times the triangle of one
  const double core = 4.0 * 8 * 16;
  CHECK(flops(sliding, {phase::prefill, 1, 100, 100}) - flops(x, {phase::prefill, 1, 100, 100}) ==
        approx(4 * core * (seen(100, 100, 20) - 5 * seen(20, 20, 0))).epsilon(1e-9));
  // a single query beyond a block sees half of one on average, (20 + 1) / 2
  CHECK(flops(sliding, {phase::decode, 1, 1, 100}) - flops(x, {phase::decode, 1, 1, 100}) ==
        approx(4 * core * (20 - 10.5)).epsilon(1e-9));
}

// Bytes that a token of a decode step moves besides weights and cache, operation by operation: `input` bytes a value that a
// product reads, 2 a value that it writes and 2 everywhere else.
struct moved {
  const transformer& x;
  double input;

  double product(double read, double written) const { return input * read + 2 * written; }
  double norm() const { return 2 * 4 * x.width; }  // the sum of blocks read and written, read and written normalised
  double attention() const {
    const double heads = x.heads * x.head_width, keys_and_values = 2 * x.key_heads * x.head_width;
    return norm() + product(x.width, heads + keys_and_values) +
           2 * 2 * (heads + keys_and_values)  // turned by their position: read and written
           + 2 * (heads + heads)              // the attention reads queries and writes results
           + product(heads, x.width);
  }
  double feed_forward() const {  // gate and up; two values read and one written; down
    return norm() + product(x.width, 2 * x.feed_forward) + 2 * 3 * x.feed_forward + product(x.feed_forward, x.width);
  }
  double mixture() const {  // every expert of a token: its input read, three inner values, its result written, fused
    return norm() + product(x.width, x.experts) + input * x.active_experts * (2 * x.width + 3 * x.expert_width);
  }
  double ends() const { return 2 * 2 * x.width + 2 * (x.width + x.vocabulary); }  // look-up; the output stays in 16 bit
};

TEST_CASE("bytes of a decode step are the weights that are read, the cache and the activations") {
  const transformer& x = catalog::llama_3_1_70b;
  const double bytes = in<units::byte>(pass_totals(x, formats{}, {phase::decode, 1, 1, 32768}).bytes);
  const double weights = 70552387584.0 - 128256.0 * 8192;  // the input table is not read
  const moved wide{x, 2};
  CHECK(bytes == approx(2 * weights + 327680.0 * 32768 + 80 * (wide.attention() + wide.feed_forward()) + wide.ends())
                     .epsilon(1e-14));
  const double fp8 = in<units::byte>(
      pass_totals(x.at(precision::fp8).cache(precision::fp8), pass<>{phase::decode, 1, 1, 32768}).bytes);
  // layers in 8 bit, the output matrix in 16, the cache in 8
  const moved narrow{x, 1};
  CHECK(fp8 == approx(68451041280.0 + 2 * 128256.0 * 8192 + 163840.0 * 32768 +
                      80 * (narrow.attention() + narrow.feed_forward()) + narrow.ends())
                   .epsilon(1e-14));
  // gpt-oss: 4.25 bit a weight for the experts, 16 for the rest; makers state 60.8 GiB
  CHECK(in<units::gibibyte>(catalog::gpt_oss_120b.as_published().weights(split<>{})) == approx(60.8).epsilon(0.01));
  // one token of a mixture reads its experts alone, many tokens all of them
  const transformer& m = catalog::mixtral_8x7b;
  CHECK(in<units::byte>(pass_totals(m, formats{}, {phase::decode, 1, 1, 1}).bytes) ==
        approx(2 * parameters(m).active_without_look_up() + 32 * 2 * 2 * 8 * 128  // keys and values of one position
               + 32 * (moved{m, 2}.attention() + moved{m, 2}.mixture()) + moved{m, 2}.ends())
            .epsilon(1e-14));
  CHECK(in<units::byte>(pass_totals(m, formats{}, {phase::decode, 256, 1, 1}).bytes) >=
        2 * (parameters(m).total() - 32000.0 * 4096));
}

TEST_CASE("weights in a format: worked numbers") {
  CHECK(in<units::gigabyte>(catalog::llama_3_1_70b.at(precision::bf16).weights(split<>{})) ==
        approx(141.1).epsilon(1e-3));
  CHECK(in<units::gigabyte>(catalog::llama_3_1_70b.at(precision::fp8).weights(split<>{})) ==
        approx(72.65).epsilon(1e-3));
  constexpr auto served = catalog::llama_3_1_70b.at(precision::fp8);  // all at compile time
  static_assert(served.weights(split<>{.tensor = 4}) < 18.2 * units::gigabyte);
  CHECK(in<units::byte>(served.weights(split<>{2, 4, 1, 1})) * 8 == approx(in<units::byte>(served.weights(split<>{}))));
}

TEST_CASE("splits share the work evenly") {
  for (const transformer& x : {small(), catalog::llama_3_1_70b, catalog::qwen3_235b_a22b, catalog::palm_540b}) {
    CAPTURE(x.name);
    const double tensor = x.key_heads < 2 ? 1 : 2;
    for (const pass<> p :
         {pass<>{phase::decode, 8, 1, 64}, pass<>{phase::prefill, 1, 64, 64}, pass<>{phase::training, 2, 64, 64}}) {
      const double whole = flops(x, p),
                   router = 2.0 * p.sequences * p.queries * x.mixture_layers() * x.width * x.experts;
      CHECK(tensor * flops(x, p, {tensor, 1, 1, 1}) == approx(whole + (tensor - 1) * router).epsilon(1e-12));
      CHECK(flops(x, p, {1, 4, 1, 1}) == whole);  // stages one after the other
      if (p.phase != phase::prefill) CHECK(4 * flops(x, p, {1, 1, 1, 4}) == approx(whole).epsilon(1e-12));
      if (x.experts > 0)
        CHECK(flops(x, p, {1, 1, 4, 1}) == approx(whole).epsilon(1e-12));  // each rank brings its own tokens
    }
  }
}

TEST_CASE("exchanges of a layer") {
  counter c;
  catalog::mixtral_8x7b.at(precision::fp8).operations(pass<>{phase::decode, 16, 1, 100}, split<>{4, 1, 8, 1}, c);
  CHECK(c.reduced == 2 * 32.0 * 16 * 4096 * 2);  // twice a layer
  CHECK(c.exchanged == 32.0 * (16 * 2 * 4096 / 4.0) *
                           (1 + 2));  // out in 8 bit, back in 16, each token once in a tensor-parallel group
  counter d;
  catalog::gpt_j_6b.at(precision::bf16).operations(pass<>{phase::decode, 16, 1, 100}, split<>{4, 1, 1, 1}, d);
  CHECK(d.reduced == 28.0 * 16 * 4096 * 2);  // attention and feed-forward side by side: once
}

TEST_CASE("more is never less") {
  for (const transformer* x : catalog::transformers) {
    CAPTURE(x->name);
    double last_decode = 0, last_prefill = 0, last_cache = 0, last_batch = 0;
    for (double n = 1; n <= 300000; n *= 3.1) {
      const double context = std::floor(n);
      const double decode = flops(*x, {phase::decode, 1, 1, context}),
                   prefill = flops(*x, {phase::prefill, 1, context, context});
      const double cache = in<units::byte>(cache_bytes(*x, formats{}, context * units::token));
      const double batch = in<units::byte>(pass_totals(*x, formats{}, {phase::decode, context, 1, 64}).bytes);
      if (!x->chunked) CHECK(decode > last_decode);
      CHECK(prefill > last_prefill);
      CHECK(cache > last_cache);
      CHECK(batch > last_batch);
      last_decode = decode, last_prefill = prefill, last_cache = cache, last_batch = batch;
    }
  }
}

TEST_CASE("one text for every number: float, batch, dual") {
  for (const transformer& x :
       {small(), small_latent(), catalog::deepseek_v3, catalog::llama_3_1_70b, catalog::llama_4_scout}) {
    CAPTURE(x.name);
    const auto model = x.at(precision::fp8);
    for (const phase ph : {phase::prefill, phase::decode}) {
      const double q0 = ph == phase::decode ? 1 : 100;
      // lanes
      const pass<batch> both{ph, lanes(2.0, 5.0), batch(q0), lanes(200.0, 9000.0)};
      const auto t = pass_totals(model, both, split<batch>{batch(2.0)});
      for (std::size_t lane : {0u, 1u}) {
        const auto one = pass_totals(model, pass<>{ph, lane ? 5.0 : 2.0, q0, lane ? 9000.0 : 200.0}, split<>{2});
        CHECK(in<units::flop>(t.flop).get(lane) == approx(in<units::flop>(one.flop)).epsilon(1e-12));
        CHECK(in<units::byte>(t.bytes).get(lane) == approx(in<units::byte>(one.bytes)).epsilon(1e-12));
        CHECK(in<units::byte>(
                  model.cache(in<units::token>(quantity<unit::token, batch>(lanes(200.0, 9000.0) * units::token)) *
                                  units::token,
                              split<batch>{}))
                  .get(lane) ==
              approx(in<units::byte>(model.cache((lane ? 9000.0 : 200.0) * units::token, split<>{}))));
      }
      // slopes
      using D = dual<double, 2>;
      const auto slope = pass_totals(model, pass<D>{ph, D::variable(8, 0), D(q0), D::variable(300, 1)}, split<D>{});
      const auto at = [&](double sequences, double context) {
        return pass_totals(model, pass<>{ph, sequences, q0, context});
      };
      const double h = 1e-3;
      const auto central = [](auto a, auto b, double width) { return (a - b) / width; };
      CHECK(in<units::flop>(slope.flop).slope[0] ==
            approx(central(flops(at(8 + h, 300)), flops(at(8 - h, 300)), 2 * h)).epsilon(1e-6));
      CHECK(in<units::flop>(slope.flop).slope[1] ==
            approx(central(flops(at(8, 300 + h)), flops(at(8, 300 - h)), 2 * h)).epsilon(1e-5));
      CHECK(in<units::byte>(slope.bytes).slope[0] ==
            approx(central(in<units::byte>(at(8 + h, 300).bytes), in<units::byte>(at(8 - h, 300).bytes), 2 * h))
                .epsilon(1e-4));
    }
    const auto f = with_number<float>(x);
    CHECK(in<units::byte>(f.at(precision::fp8).weights(split<float>{2})) ==
          approx(in<units::byte>(x.at(precision::fp8).weights(split<>{2}))).epsilon(1e-5));
    CHECK(in<units::byte>(f.at(precision::fp8).cache(500.0f * units::token, split<float>{2})) ==
          approx(in<units::byte>(x.at(precision::fp8).cache(500.0 * units::token, split<>{2}))).epsilon(1e-5));
    CHECK(parameters(f).total() == approx(parameters(x).total()).epsilon(1e-5));
    CHECK(flops(pass_totals(f, formats{}, pass<float>{phase::decode, 4, 1, 300})) ==
          approx(flops(x, {phase::decode, 4, 1, 300})).epsilon(1e-5));
  }
  // a gradient in the architecture itself
  using D = dual<double, 1>;
  auto wide = with_number<D>(catalog::llama_3_1_8b);
  wide.feed_forward = D::variable(14336, 0);
  CHECK(parameters(wide).total().slope[0] == 32.0 * 3 * 4096);
}

// An architecture over a batch: a dense and a mixture model side by side. What one of them lacks must not spoil its
// lane.
TEST_CASE("lanes of different kinds") {
  basic_transformer<batch> x = with_number<batch>(small());
  x.experts = lanes(8.0, 0.0), x.active_experts = lanes(2.0, 0.0), x.shared_experts = lanes(1.0, 0.0),
  x.expert_width = lanes(48.0, 0.0);
  x.shared_expert_width = lanes(40.0, 0.0), x.dense_layers = lanes(2.0, 0.0), x.sliding_layers = lanes(4.0, 0.0),
  x.sliding_window = lanes(20.0, 0.0);
  transformer dense = small();
  dense.experts = dense.active_experts = dense.shared_experts = dense.dense_layers = dense.sliding_layers =
      dense.sliding_window = 0;
  const auto t = pass_totals(x, formats{}, pass<batch>{phase::decode, batch(3.0), batch(1.0), batch(50.0)});
  CHECK(in<units::flop>(t.flop).get(0) == approx(flops(small(), {phase::decode, 3, 1, 50})).epsilon(1e-12));
  CHECK(in<units::flop>(t.flop).get(1) == approx(flops(dense, {phase::decode, 3, 1, 50})).epsilon(1e-12));
  CHECK(in<units::byte>(t.bytes).get(1) ==
        approx(in<units::byte>(pass_totals(dense, formats{}, {phase::decode, 3, 1, 50}).bytes)).epsilon(1e-12));
}
