// Layouts of weights over tensor ranks: the exchanges and products of Pope et al. (Efficiently Scaling Transformer Inference, MLSys 2023), by hand.
#include <doctest/doctest.h>

#include "../../approx.hpp"
#include <cmath>
#include <layercake/infrastructure/catalog.hpp>
#include <layercake/layercake.hpp>
#include <layercake/serving/regimes.hpp>

namespace lc = layercake;
using namespace lc::units;
using lc::exchange;
using lc::models::weight_layout;

namespace {

// What a pass sends in the layers, by kind, in bytes of whole buffers as nccl-tests has them; FLOP and weights that one chip multiplies with.
struct sent {
  double gathered = 0, scattered = 0, reduced = 0, to_all = 0, flop = 0, weights = 0, heads = 0, sequences = 0;
  bool outside = false;
  template <class T>
  void operator()(const lc::collective<T>& c, double times) {
    if (c.part == lc::block::head || !(times > 0)) return;
    const double bytes = lc::in<byte>(c.bytes) * times;
    (c.kind == exchange::all_gather       ? gathered
     : c.kind == exchange::reduce_scatter ? scattered
     : c.kind == exchange::all_reduce     ? reduced
                                          : to_all) += bytes;
  }
  template <class T>
  void operator()(const lc::matrix_product<T>& p, double times) {
    flop += lc::in<lc::units::flop>(p.flop()) * times;
    if (p.part != lc::block::head) weights += p.n * p.k * times;
  }
  template <class T>
  void operator()(const lc::attention_product<T>& a, double times) {
    flop += lc::in<lc::units::flop>(a.flop()) * times, heads = a.heads, sequences = a.sequences;
  }
  template <class Operation>
  void operator()(const Operation&, double) {}
};

// A layer of feed-forward blocks alone would do; attention has one key head, as in PaLM.
lc::models::transformer model(bool parallel) {
  lc::models::transformer m = lc::models::catalog::find("palm-540b");
  m.layers = 1, m.width = 16384, m.feed_forward = 65536, m.heads = 64, m.key_heads = 1, m.head_width = 256;
  m.gated = false, m.parallel = parallel;
  return m;
}
sent pass_of(weight_layout layout, bool parallel = true, double tokens = 512) {
  sent s;
  lc::models::operations(model(parallel), lc::models::formats{},
                         lc::models::pass<double>{lc::models::phase::decode, tokens, 1, 1000},
                         lc::models::split<double>{64, 1, 1, 1, 1, layout}, s);
  return s;
}
constexpr double n = 64, B = 512, E = 16384, F = 4 * E, H = 64 * 256,
                 K = 2 * 256;  // ranks, tokens, widths: stream, inner, heads, keys and values

}  // namespace

TEST_CASE("ranks that the width of the stream is cut over: sqrt(n d/f)") {
  // worked: models/layouts.hpp#ranks_of_width
  CHECK(lc::models::ranks_of_width(64.0, E, F) == approx(4));   // sqrt(16)
  CHECK(lc::models::ranks_of_width(256.0, E, F) == approx(8));  // sqrt(64)
  CHECK(lc::models::ranks_of_width(64.0, E, E) == approx(8));
  CHECK(lc::models::ranks_of_width(2.0, E, F) == approx(1));
  CHECK(lc::models::ranks_of_width(1.0, E, F) == approx(1));
}

TEST_CASE(
    "plain tensor ranks: one all-reduce of tokens x width behind each block, one for both where they are parallel") {
  CHECK(pass_of(weight_layout::tensor).reduced == approx(B * E * 2));
  CHECK(pass_of(weight_layout::tensor, false).reduced == approx(2 * B * E * 2));
}

// Section 3.2.2: of each product E/X of the width, F/YZ of the inner width, both gathered and scattered: 2 B (E/X + F/YZ) values, 8 B E/sqrt(n) for
// F = 4 E. With attention beside it, the inner width has queries, keys and values going in and results coming out.
TEST_CASE("two dimensions: gathers and scatters of 1/X and X/n of the widths") {
  const sent s = pass_of(weight_layout::two_dimensional);
  const double X = 4, YZ = n / X;
  CHECK(s.gathered == approx(2 * B * (E / X + F / YZ + H / YZ)));
  CHECK(s.scattered == approx(2 * B * (E / X + F / YZ + (H + K) / YZ)));
  CHECK(2 * (E / X + F / YZ) == approx(8 * E / std::sqrt(n)));
  CHECK(s.reduced == 0);
  CHECK(s.to_all == 0);
  // with blocks one after the other, the stream is gathered and scattered twice
  CHECK(pass_of(weight_layout::two_dimensional, false).gathered == approx(2 * B * (2 * E / X + F / YZ + H / YZ)));
  // less is sent than by plain ranks, whose all-reduce is a gather and a scatter: 2 E against 2 E/X + 2 F/YZ + ...
  CHECK(s.gathered + s.scattered < 2 * pass_of(weight_layout::tensor, false).reduced);
}

// Section 3.3: an all-to-all of queries, keys and values to the ranks of their sequences, and of results back.
TEST_CASE("attention by sequences: two all-to-alls in place of cut heads, and the cache over all ranks") {
  const sent s = pass_of(weight_layout::two_dimensional_batch_attention);
  CHECK(s.to_all == approx(2 * B * (H + K + H) / n));
  CHECK(s.sequences == approx(B / n));
  CHECK(s.heads == 64);
  CHECK(pass_of(weight_layout::two_dimensional).sequences == B);
  CHECK(pass_of(weight_layout::two_dimensional).heads == 1);
  // fewer sequences than ranks: the busiest has one
  CHECK(pass_of(weight_layout::two_dimensional_batch_attention, true, 8).sequences == 1);
  const lc::models::deployed m{model(true), {}, {}};
  const auto cache = [&](weight_layout l) {
    return lc::in<byte>(m.cache(1000.0 * token, lc::models::split<double>{64, 1, 1, 1, 1, l}));
  };
  CHECK(cache(weight_layout::two_dimensional) == approx(1000 * K * 2));  // the one key head on every rank
  CHECK(cache(weight_layout::two_dimensional_batch_attention) == approx(1000 * K * 2 / n));
  CHECK(cache(weight_layout::gathered_batch_attention) == approx(1000 * K * 2 / n));
}

// Section 3.2.3: with the weights gathered over all chips no activation is sent.
TEST_CASE("gathered weights: every weight passes, and no activation") {
  const sent s = pass_of(weight_layout::gathered_batch_attention);
  CHECK(s.gathered == approx(2 * (2 * E * F + E * (H + K) + H * E)));
  CHECK(s.scattered == 0);
  CHECK(s.reduced == 0);
  CHECK(s.to_all == 0);
  CHECK(pass_of(weight_layout::gathered_batch_attention, true, 64).gathered == approx(s.gathered));
  CHECK(s.weights == approx(s.gathered / 2));  // every chip multiplies with all of them, 1/n of the tokens
}

TEST_CASE("a layout moves weights, and makes none: plain ranks copy the one key head 64 times") {
  const double others = (2 * E * F + E * H + H * E) / n;
  CHECK(pass_of(weight_layout::tensor).weights == approx(others + E * K));
  CHECK(pass_of(weight_layout::two_dimensional).weights == approx(others + E * K / n));
  // what does not depend on the layout: FLOP of all ranks, but for the copies
  const double copies = 2 * B * E * K * (1 - 1 / n);
  CHECK(pass_of(weight_layout::two_dimensional).flop == approx(pass_of(weight_layout::tensor).flop - copies));
  CHECK(pass_of(weight_layout::gathered_batch_attention).flop == approx(pass_of(weight_layout::two_dimensional).flop));
}

// Pope et al. 2023, table 2: PaLM 540B on 64 TPU v4, 2048 tokens read and 64 written; none of these is fitted. The exchanges that they overlap with
// products (section 3.5) are not overlapped here: decoding comes out a sixth to a quarter slower.
TEST_CASE("PaLM 540B on 64 TPU v4, as published") {
  lc::chips::accelerator chip = lc::chips::catalog::tpu_v4;
  chip.scale_up_domain = 64;
  lc::infrastructure::site site;
  site.network.scale_up = lc::infrastructure::catalog::interchip;
  const auto run = [&](weight_layout layout, double batch, bool narrow) {
    lc::serving_plan plan{.tensor = 64, .layout = layout, .software = lc::software_of(lc::serving_engine::jax)};
    lc::models::formats f;
    if (narrow) f = lc::models::formats::weights_at({lc::precision::int8, 8});
    const lc::models::deployed palm{lc::models::catalog::find("palm-540b"), f, {}};
    CHECK(palm.allows(plan.split()));
    const lc::call_demand<> d{.calls = 1 / second, .input = 2048 * token, .output = 64 * token};
    return lc::static_batch(lc::replica_of<double>(chip, site, palm, plan, d), batch);
  };
  CHECK(in<second>(run(weight_layout::two_dimensional, 1, true).prefill) == approx(0.29).epsilon(0.2));
  CHECK(in<second>(run(weight_layout::gathered_batch_attention, 512, false).prefill) == approx(85.2).epsilon(0.15));
  const auto small = run(weight_layout::two_dimensional_batch_attention, 64, true),
             large = run(weight_layout::two_dimensional_batch_attention, 512, false);
  CHECK(in<second>(small.time_per_output_token) == approx(1.82 / 64).epsilon(0.25));
  CHECK(in<second>(large.time_per_output_token) == approx(6.0 / 64).epsilon(0.35));
}

TEST_CASE("which models a layout is for") {
  const lc::models::split<double> square{64, 1, 1, 1, 1, weight_layout::two_dimensional};
  CHECK(lc::models::catalog::find("palm-540b").at(lc::precision::bf16).allows(square));  // 48 heads over 64 ranks
  CHECK_FALSE(lc::models::catalog::find("palm-540b").at(lc::precision::bf16).allows(lc::models::split<double>{64}));
  CHECK_FALSE(lc::models::catalog::find("deepseek-v3").at(lc::precision::bf16).allows(square));
  CHECK_FALSE(lc::models::catalog::find("mixtral-8x7b").at(lc::precision::bf16).allows(square));
  lc::models::split<double> apart = square;
  apart.attention_data = 2;
  CHECK_FALSE(lc::models::catalog::find("palm-540b").at(lc::precision::bf16).allows(apart));
}
