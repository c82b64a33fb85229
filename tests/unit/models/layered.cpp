// Models as lists of groups of layers: what each kind of block costs, counted by hand, and that the ordinary transformer is their short form.
#include <cmath>
#include <doctest/doctest.h>
#include <layercake/core/same.hpp>
#include <layercake/models/models.hpp>
#include <layercake/number/dual.hpp>

#include "../../approx.hpp"
#include "../lanes.hpp"
#include "../record_checks.hpp"

using namespace layercake;
using namespace layercake::models;

namespace {
using layercake_test::batch, layercake_test::lanes;

double flops(const layered& x, const pass<>& p, const split<>& s = {}) {
  return in<units::flop>(pass_totals(x, formats{}, p, s).flop);
}
double moved(const layered& x, const pass<>& p) { return in<units::byte>(pass_totals(x, formats{}, p).bytes); }
double cached(const layered& x, double tokens, double tensor = 1) {
  return in<units::byte>(cache_bytes(x, formats{}, tokens * units::token, tensor));
}

// A model of one group, without tables, so that what is counted is the group's.
layered of(const layer_group& group, double width = 64) {
  return {.name = "one group", .width = width, .output = output_matrix::none, .groups = {group}};
}
mixer attends(double heads, double key_heads, double width) {
  return {.kind = mixing::attention, .heads = heads, .key_heads = key_heads, .key_width = width, .value_width = width};
}
mixer mamba2() {
  return {.kind = mixing::linear,
          .heads = 8,
          .key_heads = 2,
          .key_width = 32,
          .value_width = 16,
          .steps = 1,
          .convolution = 4,
          .chunk = 10};
}
mixer delta_net() {
  mixer m = mamba2();
  m.steps = 2, m.delta = true;
  return m;
}
feed_forward gated(double width) { return {.kind = feed_forward_kind::dense, .width = width}; }

// Recurrences beside attention, blocks of several widths, a mixture, a layer of each part alone: every kind of group in one model.
layered hybrid() {
  mixer full = attends(8, 2, 16), window = attends(8, 4, 8);
  full.gate = 16, full.vectors = 96;
  window.window = 20;
  return {.name = "hybrid",
          .width = 64,
          .vocabulary = 1000,
          .groups = {{.count = 3, .mixer = delta_net(), .feed_forward = gated(160)},
                     {.count = 1,
                      .mixer = full,
                      .feed_forward = {.kind = feed_forward_kind::mixture,
                                       .width = 48,
                                       .experts = 8,
                                       .active = 2,
                                       .shared = 1,
                                       .shared_width = 40}},
                     {.count = 2, .mixer = window},
                     {.count = 2, .feed_forward = gated(100)}},
          .layers = 8,
          .vectors = 64};
}
}  // namespace

TEST_CASE("a transformer written out as groups is the same model") {
  using namespace catalog;
  transformer all = deepseek_v3;  // of every part one
  all.sliding_window = 200, all.sliding_layers = 20, all.parallel = true;
  for (const transformer& x : {llama_3_1_8b, mixtral_8x7b, gpt_oss_120b, llama_4_maverick, gemma3_27b, deepseek_v3,
                               gpt_j_6b, qwen2_5_0_5b, all}) {
    CAPTURE(x.name);
    const layered y = as_layered(x);
    CHECK(check(y).empty());
    CHECK(y.layer_count() == x.layers);
    CHECK(y.mixture_layers() == x.mixture_layers());
    for (const double tensor : {1.0, 8.0}) {
      const auto a = parameters(x, tensor), b = parameters(y, tensor);
      CHECK(a.total() == approx(b.total()).epsilon(1e-14));
      CHECK(a.active() == approx(b.active()).epsilon(1e-14));
      CHECK(a.active_without_look_up() == approx(b.active_without_look_up()).epsilon(1e-14));
    }
    const split<> cut{.tensor = 4, .pipeline = 2, .expert = x.experts > 0 ? 8.0 : 1.0, .attention_data = 2};
    const auto m = x.at(precision::fp8), n = x.at(precision::fp8);
    const auto layers = y.at(precision::fp8);
    CHECK(m.allows(cut) == layers.allows(cut));
    CHECK(in<units::byte>(n.weights(cut)) == approx(in<units::byte>(layers.weights(cut))).epsilon(1e-14));
    for (const double tokens : {1.0, 100.0, 30000.0}) {
      CHECK(in<units::byte>(n.cache(tokens * units::token, cut)) ==
            approx(in<units::byte>(layers.cache(tokens * units::token, cut))).epsilon(1e-14));
    }
    for (const pass<>& p : {pass<>{phase::prefill, 3, 500, 700}, pass<>{phase::decode, 16, 1, 9000},
                            pass<>{phase::training, 2, 4096, 4096}}) {
      const auto a = pass_totals(m, p, cut), b = pass_totals(layers, p, cut);
      CHECK(in<units::flop>(a.flop) == approx(in<units::flop>(b.flop)).epsilon(1e-13));
      CHECK(in<units::byte>(a.bytes) == approx(in<units::byte>(b.bytes)).epsilon(1e-13));
    }
    for (const attention_flop how : {attention_flop::causal, attention_flop::full}) {
      CHECK(in<units::flop / units::token>(training_flop_per_token(x, 4096.0, how)) ==
            approx(in<units::flop / units::token>(training_flop_per_token(y, 4096.0, how))).epsilon(1e-13));
    }
    const auto a = x.parameters(cut), b = y.parameters(cut);
    CHECK(a.everywhere == approx(b.everywhere).epsilon(1e-14));
    CHECK(a.routed == approx(b.routed).epsilon(1e-14));
  }
}

// Mamba-2 (Dao, Gu 2024, section 7): one projection to gate, values, keys and queries of each group and a step for each head; a convolution
// over values, keys and queries; one projection back.
TEST_CASE("a state-space layer by hand: Mamba-2") {
  const double d = 64, inner = 8 * 16, keys = 2 * 32, channels = inner + 2 * keys;
  CHECK(mixer_parameters(mamba2(), d) == d * (2 * inner + 2 * keys + 8) + 4 * channels + inner * d);
  const layered x = of({.count = 3, .mixer = mamba2()});
  // a state of 32 x 16 numbers of 4 bytes for each of 8 heads, and three earlier positions of the convolution in 2 bytes
  layered kept = x;
  kept.output = output_matrix::tied, kept.vocabulary = 1;
  for (const double tokens : {1.0, 1000.0, 1e6})
    CHECK(cached(kept, tokens) == 3 * (4 * 8 * 32 * 16 + 2 * 3 * channels));
  CHECK(cached(kept, 1000, 2) == 3 * (4 * 8 * 32 * 16 + 2 * 3 * channels) / 2);
  // every position writes and reads the state; in chunks every pair of positions, the masked ones too, meets twice: keys of a group with
  // its queries, and what comes of it with the values of a head
  const auto positions = [&](double queries, double chunk) {
    double sum = 0;
    for (double i = 0; i < queries; ++i)
      sum += 2 * 2 * 8 * 32 * 16 + (chunk - 1) * (2 * 2 * 32 + 2 * 8 * 16);
    return sum;
  };
  const double projections = 2 * (d * (2 * inner + 2 * keys + 8) + inner * d);
  CHECK(flops(x, {phase::prefill, 2, 100, 100}) == approx(2 * 3 * (100 * projections + positions(100, 10))));
  CHECK(flops(x, {phase::prefill, 1, 7, 7}) == approx(3 * (7 * projections + positions(7, 7))));
  // the same at any context
  CHECK(flops(x, {phase::prefill, 2, 100, 5000}) == flops(x, {phase::prefill, 2, 100, 100}));
  CHECK(flops(kept, {phase::decode, 5, 1, 10}) == approx(5 * (3 * (projections + positions(1, 1)) + 2 * d)));
  CHECK(flops(kept, {phase::decode, 5, 1, 1e6}) == flops(kept, {phase::decode, 5, 1, 10}));
  // of the state, read and written once a chunk: twice as many sequences move as much more state and activations, the weights once
  const double state = 2.0 * 4 * 8 * 32 * 16, weights = 2 * (d * (2 * inner + 2 * keys + 8) + inner * d);
  const double beside = 8 * d                                                 // the sum of the blocks and its norm
                        + 2 * (d + 2 * inner + 2 * keys + 8 + inner + d)      // in and out of the projections
                        + 4 * channels + 2 * 2 * (inner + keys) + 6 * inner;  // convolution, recurrence, gate and norm
  layered free = kept;
  free.vocabulary = 0;
  const double ends = 4 * d;  // the look-up
  CHECK(moved(free, {phase::prefill, 1, 100, 100}) ==
        approx(3 * (weights + 10 * state + 100 * beside) + 100 * ends).epsilon(1e-14));
}

// Yang et al. 2024: two numbers a head out of the input; what a key held is read, and the difference written.
TEST_CASE("a gated delta net by hand") {
  const double d = 64, inner = 128, keys = 64, channels = inner + 2 * keys;
  CHECK(mixer_parameters(delta_net(), d) == d * (2 * inner + 2 * keys + 2 * 8) + 4 * channels + inner * d);
  const double projections = 2 * (d * (2 * inner + 2 * keys + 2 * 8) + inner * d);
  // one more product with the state a position; in a chunk one more of all keys, and of the values that are corrected, for each head
  const double alone = 3 * 2 * 8 * 32 * 16;
  const double chunk = 9 * (2 * 2 * 32 + 2 * 8 * 16) + 9 * 2 * 8 * (32 + 16);
  const layered x = of({.count = 2, .mixer = delta_net()});
  CHECK(flops(x, {phase::prefill, 1, 50, 50}) == approx(2 * 50 * (projections + alone + chunk)));
}

// MiniMax-01's lightning attention: keys, queries, values and a gate, all heads their own, no steps and no convolution.
TEST_CASE("lightning attention by hand") {
  const mixer m{.kind = mixing::linear, .heads = 8, .key_heads = 8, .key_width = 16, .value_width = 16, .chunk = 10};
  CHECK(mixer_parameters(m, 64.0) == 5 * 64.0 * 8 * 16);
  layered x = of({.count = 4, .mixer = m});
  x.output = output_matrix::tied, x.vocabulary = 10;
  CHECK(cached(x, 12345) == 4 * 4.0 * 8 * 16 * 16);
  CHECK(flops(of({.count = 4, .mixer = m}), {phase::prefill, 1, 100, 100}) ==
        approx(4 * 100 * (2 * 5 * 64.0 * 128 + 4 * 8 * 16 * 16 + 9 * (2 * 128 + 2 * 128))));
}

// Mamba-1 (Gu, Dao 2023; Jamba): values and a gate out of the input; a step of low rank, one key and one query out of the values; every
// channel has a state of its own.
TEST_CASE("a state-space layer by hand: Mamba-1") {
  const double d = 64, inner = 128, state = 16, rank = 4;
  const mixer m{.kind = mixing::linear,
                .heads = inner,
                .key_heads = 1,
                .key_width = state,
                .value_width = 1,
                .step_rank = rank,
                .convolution = 4,
                .chunk = 1};
  const double projections = d * 2 * inner + inner * (rank + 2 * state) + rank * inner + inner * d;
  CHECK(mixer_parameters(m, d) == projections + 4 * inner);
  layered x = of({.count = 2, .mixer = m});
  CHECK(flops(x, {phase::prefill, 3, 20, 20}) == approx(2 * 60 * (2 * projections + 4 * inner * state)));
  x.output = output_matrix::tied, x.vocabulary = 10;
  CHECK(cached(x, 5) == 2 * (4 * inner * state + 2 * 3 * inner));
}

TEST_CASE("attention to an encoder: its keys and values are made once a call and kept, none of the model's own are") {
  mixer m = attends(8, 8, 16);
  m.crossed = 1500;
  const layered x{.name = "decoder",
                  .width = 64,
                  .vocabulary = 100,
                  .output = output_matrix::tied,
                  .groups = {{.count = 2, .mixer = m}}};
  CHECK(parameters(x).attention == 2 * 4.0 * 64 * 128);
  for (const double tokens : {1.0, 400.0, 3000.0})
    CHECK(cached(x, tokens) == 2 * 1500 * 2.0 * 8 * 16 * 2);
  const double each = 2.0 * 2 * 64 * 128 + 4.0 * 8 * 16 * 1500;  // queries, results, and every position of the encoder
  const double head = 2.0 * 64 * 100, keys = 2.0 * 2 * 64 * 128 * 1500;
  CHECK(flops(x, {phase::decode, 3, 1, 40}) == approx(3 * (2 * each + head)));
  CHECK(flops(x, {phase::prefill, 3, 4, 4}) == approx(3 * (2 * (4 * each + keys) + head)));
  CHECK(flops(x, {phase::prefill, 3, 2000, 2000}) == approx(3 * (2 * (2000 * each + keys) + head)));
  // the second half of a prompt goes on with what is there
  CHECK(flops(x, {phase::prefill, 3, 4, 8, 0}) == approx(3 * (2 * 4 * each + head)));
}

TEST_CASE("lanes in which some attend to an encoder and others to themselves") {
  layered own{.name = "x", .width = 64, .vocabulary = 10, .groups = {{.count = 2, .mixer = attends(8, 2, 16)}}};
  layered crossed = own;
  crossed.groups[0].mixer.crossed = 70;
  auto both = with_number<batch>(own);
  both.groups[0].mixer.crossed = lanes(0, 70);
  for (const phase ph : {phase::prefill, phase::decode}) {
    const double q = ph == phase::decode ? 1 : 100;
    const auto t = pass_totals(both, formats{}, pass<batch>{ph, batch(2.0), batch(q), batch(200.0)});
    CHECK(in<units::flop>(t.flop).get(0) == approx(flops(own, {ph, 2, q, 200})));
    CHECK(in<units::flop>(t.flop).get(1) == approx(flops(crossed, {ph, 2, q, 200})));
    CHECK(in<units::byte>(t.bytes).get(0) == approx(moved(own, {ph, 2, q, 200})));
    CHECK(in<units::byte>(t.bytes).get(1) == approx(moved(crossed, {ph, 2, q, 200})));
  }
}

TEST_CASE("values without a projection of their own are cached, since norm and position tell them from the keys") {
  mixer m = attends(8, 2, 16);
  m.shared_value = true;
  const layered x{.name = "x", .width = 64, .vocabulary = 10, .groups = {{.count = 1, .mixer = m}}};
  CHECK(mixer_parameters(m, 64.0) == 64.0 * 16 * (8 + 2 + 8));
  CHECK(cached(x, 10) == 10 * 2.0 * 2 * 16 * 2);
  CHECK(flops(x, {phase::decode, 1, 1, 100}) == approx(2 * 64.0 * 16 * (8 + 2 + 8) + 4.0 * 8 * 16 * 100 + 2 * 64 * 10));
}

TEST_CASE("a gate of the result is as many more numbers a head out of the input") {
  mixer m = attends(8, 2, 16);
  m.gate = 16;
  CHECK(mixer_parameters(m, 64.0) == 64.0 * 16 * (8 + 8 + 2 + 2 + 8));
  CHECK(flops(of({.count = 1, .mixer = m}), {phase::prefill, 1, 9, 9}) ==
        approx(9 * 2 * 64.0 * 16 * (8 + 8 + 2 + 2 + 8) + 4.0 * 8 * 16 * 45));
}

TEST_CASE("keys and values of different widths") {
  mixer m = attends(8, 2, 24);
  m.value_width = 16;
  const layered x{.name = "x", .width = 64, .vocabulary = 10, .groups = {{.count = 3, .mixer = m}}};
  CHECK(parameters(x).attention == 3 * 64.0 * (8 * 24 + 2 * 24 + 2 * 16 + 8 * 16));
  CHECK(cached(x, 7) == 3 * 7 * 2.0 * 2 * (24 + 16));
}

// DeepSeek-V3.2: an indexer scores all positions with narrow heads; of them 32 are attended to.
TEST_CASE("an indexer: attention beyond the positions that it chooses costs the scores alone") {
  mixer m{.kind = mixing::latent,
          .heads = 8,
          .key_heads = 8,
          .value_width = 16,
          .query_rank = 24,
          .latent_rank = 32,
          .plain_width = 16,
          .rotary_width = 8};
  const double without = mixer_parameters(m, 64.0);
  m.index_heads = 4, m.index_width = 12, m.index_top = 32;
  // queries out of the compressed one, one key for all heads, a weight for each head
  CHECK(mixer_parameters(m, 64.0) == without + 24 * 4 * 12 + 64 * 12 + 64 * 4);
  const layered x{.name = "x", .width = 64, .vocabulary = 10, .groups = {{.count = 2, .mixer = m}}};
  CHECK(cached(x, 100) == 2 * 100 * 2.0 * (32 + 8 + 12));
  CHECK(cached(x, 100, 8) == cached(x, 100));  // whole on every rank
  const auto decode = [&](double context) { return flops(x, {phase::decode, 1, 1, context}); };
  const double score = 2.0 * 4 * 12, attended = 2.0 * 8 * (40 + 32);
  CHECK(decode(20) - decode(10) == approx(2 * 10 * (score + attended)));
  CHECK(decode(3000) - decode(1000) == approx(2 * 2000 * score));
  // bytes of a decode step: the keys of the indexer of all positions, and the 32 entries that are chosen, and the new one
  CHECK(moved(x, {phase::decode, 1, 1, 3000}) - moved(x, {phase::decode, 1, 1, 1000}) == approx(2 * 2000 * 2.0 * 12));
}

TEST_CASE("an encoder sees all positions, gives its vectors away and keeps nothing") {
  mixer m = attends(4, 4, 16);
  m.causal = false;
  const layered x{.name = "embedder",
                  .width = 64,
                  .vocabulary = 500,
                  .output = output_matrix::none,
                  .groups = {{.count = 3, .mixer = m, .feed_forward = gated(100)}}};
  CHECK(check(x).empty());
  const double weights = 4.0 * 64 * 64 + 3.0 * 64 * 100;
  CHECK(parameters(x).total() == 3 * weights + 500 * 64);
  CHECK(parameters(x).active_without_look_up() == 3 * weights);
  CHECK(flops(x, {phase::prefill, 2, 30, 30}) == approx(2 * 30 * 3 * (2 * weights + 4.0 * 4 * 16 * 30)));
  CHECK(flops(x, {phase::decode, 2, 1, 30}) == 0);
  CHECK(cached(x, 30) == 0);
  CHECK(x.at(precision::bf16).writes() == 0);
  // with an output matrix of its own, or the table
  layered y = x;
  y.output = output_matrix::own;
  CHECK(parameters(y).total() == 3 * weights + 2 * 500 * 64);
  CHECK(parameters(y).active_without_look_up() == 3 * weights + 500 * 64);
  y.output = output_matrix::tied;
  CHECK(parameters(y).total() == 3 * weights + 500 * 64);
  CHECK(parameters(y).active_without_look_up() == 3 * weights + 500 * 64);
}

TEST_CASE("a tower is held in memory, and run once an item before the prompt is read") {
  mixer look = attends(4, 4, 8);
  look.causal = false, look.vectors = 2 * 32;
  layered x{.name = "x",
            .width = 64,
            .vocabulary = 100,
            .groups = {{.count = 2, .mixer = attends(4, 2, 16), .feed_forward = gated(100)}}};
  const layered text = x;
  x.towers = {{.count = 3,
               .width = 32,
               .mixer = look,
               .feed_forward = {.kind = feed_forward_kind::dense, .gated = false, .width = 128, .vectors = 10},
               .positions = 50,
               .tokens = 12,
               .embedding = 640,
               .projection = 2048,
               .vectors = 77}};
  const double matrices = 4.0 * 32 * 32 + 2.0 * 32 * 128, held = 3 * (matrices + 64 + 10) + 640 + 2048 + 77;
  CHECK(parameters(x).towers == held);
  CHECK(parameters(x).total() == parameters(text).total() + held);
  CHECK(parameters(x).active() == parameters(text).active());  // per token of text
  CHECK(in<units::byte>(x.at(precision::fp8).weights(split<>{})) ==
        in<units::byte>(text.at(precision::fp8).weights(split<>{})) + 2 * held);
  const pass<> prompt{phase::prefill, 2, 30, 30}, write{phase::decode, 2, 1, 30};
  CHECK(flops(x, prompt) == flops(text, prompt));
  CHECK(x.at(precision::fp8).item_positions() == 0);
  x.towers[0].items = 2;
  CHECK(x.at(precision::fp8).item_positions() == 24);
  // two items in each of two sequences, 50 positions each, every one of which sees all
  const double item = 50 * (2 * (3 * matrices + 640) + 3 * 4.0 * 4 * 8 * 50) + 12 * 2 * 2048;
  CHECK(flops(x, prompt) == approx(flops(text, prompt) + 4 * item).epsilon(1e-14));
  CHECK(flops(x, write) == flops(text, write));
  pass<> rest = prompt;
  rest.beginning = 0;
  CHECK(flops(x, rest) == flops(text, prompt));
  CHECK(text.at(precision::fp8).item_positions() == 0);
}

TEST_CASE("layers that predict further tokens are counted apart") {
  layered x = hybrid();
  const double before = parameters(x).total();
  x.prediction = {{.count = 2, .mixer = attends(8, 2, 16), .feed_forward = gated(160)}};
  x.prediction[0].mixer.vectors = 64;
  CHECK(parameters(x).total() == before);
  CHECK(parameters(x).prediction == 2 * (2 * 64.0 * 64 + 64 * 16 * (8 + 2 + 2 + 8) + 64 + 3 * 64 * 160));
}

TEST_CASE("a hybrid is the sum of its groups") {
  const layered x = hybrid();
  CHECK(check(x).empty());
  CHECK(x.layer_count() == 8);
  CHECK(x.mixture_layers() == 1);
  for (const pass<>& p : {pass<>{phase::prefill, 2, 30, 90}, pass<>{phase::training, 2, 64, 64}}) {
    double sum = 0;
    for (const layer_group& g : x.groups)
      sum += flops(of(g), p);
    const double rows = p.phase == phase::prefill ? 2 : 128;
    CHECK(flops(x, p) == approx(sum + rows * 2 * 64.0 * 1000).epsilon(1e-14));
  }
  const auto c = parameters(x);
  CHECK(c.attention ==
        3 * mixer_parameters(delta_net(), 64.0) + 64.0 * 16 * (8 + 8 + 2 + 2 + 8) + 2 * 64.0 * 8 * (8 + 4 + 4 + 8));
  CHECK(c.dense_feed_forward == 3 * 64.0 * (3 * 160 + 2 * 100));
  CHECK(c.vectors == 96 + 64);
  CHECK(c.active() == c.total() - 6 * 3 * 64.0 * 48);
  CHECK(cached(x, 100) ==
        approx(3 * (4 * 8 * 32 * 16 + 2 * 3 * 256) + 100 * 2 * 2.0 * 2 * 16 + 2 * 20 * 2 * 2.0 * 4 * 8));
  static_assert(parameters(layered{.width = 2, .vocabulary = 3, .groups = {{.count = 1, .mixer = {}}}}).total() == 12);
}

TEST_CASE("a rank's share of a hybrid") {
  const auto m = hybrid().at(precision::bf16);
  CHECK(m.allows({.tensor = 2}));
  CHECK(m.allows({.tensor = 8, .expert = 4}));
  CHECK_FALSE(m.allows({.tensor = 3}));
  CHECK_FALSE(m.allows({.tensor = 16}));
  CHECK_FALSE(m.allows({.expert = 3}));
  CHECK_FALSE(m.allows({.pipeline = 9}));
  // all FLOP are on some rank, once; the router on each
  const pass<> p{phase::prefill, 2, 30, 90};
  const double whole = flops(hybrid(), p), router = 2.0 * 60 * 64 * 8;
  CHECK(2 * flops(hybrid(), p, {.tensor = 2}) == approx(whole + router).epsilon(1e-14));
  CHECK(in<units::byte>(m.cache(100.0 * units::token, split<>{.tensor = 2})) * 2 ==
        approx(in<units::byte>(m.cache(100.0 * units::token, split<>{}))));
}

TEST_CASE("one text for every number: float, batch, dual") {
  layered seeing = hybrid();
  mixer look = attends(4, 4, 8);
  look.causal = false;
  seeing.towers = {{.count = 3,
                    .width = 32,
                    .mixer = look,
                    .feed_forward = {.kind = feed_forward_kind::dense, .gated = false, .width = 128},
                    .positions = 50,
                    .tokens = 12,
                    .items = 2,
                    .embedding = 640,
                    .projection = 2048}};
  for (const layered& x : {hybrid(), seeing, as_layered(catalog::deepseek_v3)}) {
    const auto model = x.at(precision::fp8);
    for (const phase ph : {phase::prefill, phase::decode}) {
      const double q0 = ph == phase::decode ? 1 : 100;
      const pass<batch> both{ph, lanes(2.0, 5.0), batch(q0), lanes(200.0, 9000.0)};
      const auto t = pass_totals(model, both, split<batch>{batch(2.0)});
      for (std::size_t lane : {0u, 1u}) {
        const double context = lane ? 9000 : 200;
        const auto one = pass_totals(model, pass<>{ph, lane ? 5.0 : 2.0, q0, context}, split<>{2});
        CHECK(in<units::flop>(t.flop).get(lane) == approx(in<units::flop>(one.flop)).epsilon(1e-12));
        CHECK(in<units::byte>(t.bytes).get(lane) == approx(in<units::byte>(one.bytes)).epsilon(1e-12));
        const quantity<unit::token, batch> tokens = lanes(200.0, 9000.0) * units::token;
        CHECK(in<units::byte>(model.cache(tokens, split<batch>{})).get(lane) ==
              approx(in<units::byte>(model.cache(context * units::token, split<>{}))));
      }
    }
    const auto f = with_number<float>(x);
    const pass<float> p{phase::prefill, 4, 100, 300};
    CHECK(parameters(f).total() == approx(parameters(x).total()).epsilon(1e-5));
    CHECK(in<units::flop>(pass_totals(f, formats{}, p).flop) ==
          approx(flops(x, {phase::prefill, 4, 100, 300})).epsilon(1e-5));
    // every field against a central difference
    layered at = x;
    at.published_parameters = at.published_active_parameters = at.positions = at.layers = na;
    layercake_test::check_gradient(at, [](const auto& y) { return parameters(y).active() * units::byte; });
    for (const phase ph : {phase::prefill, phase::decode}) {
      layercake_test::check_gradient(
          at,
          [&](const auto& y) {
            using T = std::remove_cvref_t<decltype(y.width)>;
            return pass_totals(y, formats{}, pass<T>{ph, T(4), T(ph == phase::decode ? 1 : 50), T(3000)}).bytes;
          },
          1e-5);
    }
  }
}

TEST_CASE("lanes of different groups: what one of them lacks does not spoil it") {
  const layered a = hybrid();
  layered b = a;
  b.groups[0].count = 1, b.groups[0].mixer.convolution = 0, b.groups[1].mixer.gate = 0, b.groups[2].mixer.window = 0,
  b.groups[3].feed_forward.width = 30;
  auto both = with_number<batch>(a);
  both.groups[0].count = lanes(3, 1), both.groups[0].mixer.convolution = lanes(4, 0),
  both.groups[1].mixer.gate = lanes(16, 0), both.groups[2].mixer.window = lanes(20, 0),
  both.groups[3].feed_forward.width = lanes(100, 30);
  const auto t = pass_totals(both, formats{}, pass<batch>{phase::prefill, batch(2.0), batch(30.0), batch(90.0)});
  std::size_t lane = 0;
  for (const layered& x : {a, b}) {
    CHECK(in<units::flop>(t.flop).get(lane) == approx(flops(x, {phase::prefill, 2, 30, 90})).epsilon(1e-13));
    CHECK(in<units::byte>(t.bytes).get(lane) == approx(moved(x, {phase::prefill, 2, 30, 90})).epsilon(1e-13));
    CHECK(parameters(both).total().get(lane) == approx(parameters(x).total()).epsilon(1e-14));
    ++lane;
  }
}

TEST_CASE("lists inside a record") {
  inplace_list<int, 3> list{1, 2};
  CHECK(list.size() == 2);
  list.push_back(3);
  CHECK(list[2] == 3);
  CHECK_THROWS_WITH_AS(list.push_back(4), doctest::Contains("4 elements; allowed: at most 3"), invalid_value);
  CHECK_THROWS_WITH_AS((inplace_list<int, 3>{1, 2, 3, 4}), doctest::Contains("4 elements"), invalid_value);
  CHECK(list.size() == 3);
  list.resize(1);
  list.resize(2);
  CHECK(list[1] == 0);  // as new
  layered full = hybrid();
  while (full.groups.size() < most_groups)
    full.groups.push_back({.count = 1, .feed_forward = gated(10)});
  CHECK_THROWS_AS(full.groups.push_back({.count = 1, .feed_forward = gated(10)}), invalid_value);
  // over another number: as many, of every length
  for (const std::size_t n : {0u, 1u, 4u, 8u}) {
    layered x = full;
    x.groups.resize(n);
    const auto d = with_number<dual<double, 2>>(x);
    REQUIRE(d.groups.size() == n);
    for (std::size_t i = 0; i < n; ++i)
      CHECK(d.groups[i].count.value == x.groups[i].count);
    CHECK(same(with_number<float>(x), with_number<float>(x)));
  }
  layered longer = hybrid(), changed = hybrid();
  longer.groups.push_back({.count = 1, .feed_forward = gated(10)});
  changed.groups[3].feed_forward.width = 101;
  CHECK(same(hybrid(), hybrid()));
  CHECK_FALSE(same(hybrid(), longer));
  CHECK_FALSE(same(longer, hybrid()));
  CHECK_FALSE(same(hybrid(), changed));
}
