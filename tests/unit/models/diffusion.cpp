#include <doctest/doctest.h>
#include <layercake/models/models.hpp>
#include <layercake/number/dual.hpp>
#include <xsimd/xsimd.hpp>

#include <map>
#include <type_traits>

#include "../../approx.hpp"
#include "../record_checks.hpp"

using namespace layercake;
using namespace layercake::models;

namespace {
// One step, without what is around the transformer.
diffusion bare(diffusion x) {
  x.encoder_parameters = 0, x.decoder_work = 0 * units::flop, x.steps = 1;
  return x;
}
double flop_of(const diffusion& x, double images = 1, const split<>& s = {}) {
  return in<units::flop>(pass_totals(x, pass<>{phase::prefill, images, 1, 1}, s).flop);
}
// Bytes of element-wise steps.
double traffic_of(const diffusion& x) {
  double bytes = 0;
  x.operations(pass<>{}, split<>{}, [&](const auto& op, double times) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(op)>, memory_traffic<double>>)
      bytes += in<units::byte>(op.moved) * times;
  });
  return bytes;
}
// Values that pass through kernels without wide loads.
double narrow_of(const diffusion& x) {
  double values = 0;
  x.operations(pass<>{}, split<>{}, [&](const auto& op, double times) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(op)>, narrow_traffic<double>>)
      values += op.values * times;
  });
  return values;
}
}  // namespace

static_assert(require_model<diffusion>() && require_model<recommendation>());
static_assert(!generates_tokens<diffusion>() && !generates_tokens<recommendation>());

// Counted tensor by tensor by the reference implementation (diffusers: num_params of its benchmarks, sizes of the weight files at 2 bytes);
// biases and norms are left out here, below 0.1 %.
TEST_CASE("parameters against the files' own counts") {
  CHECK(catalog::flux_1_dev.parameters() == approx(11901.41e6).epsilon(0.001));
  CHECK(catalog::hunyuan_video.parameters() == approx(12.82e9).epsilon(0.001));
  CHECK(catalog::wan_2_1_14b.parameters() == approx(14.29e9).epsilon(0.001));
  // 16.30 GB of files less 0.18 GB of fixed positions; the text of the last block is taken as whole, 13 x 2432^2.
  CHECK(catalog::stable_diffusion_3_5_large.parameters() - 13 * 2432.0 * 2432 ==
        approx((16.30e9 - 0.18e9) / 2).epsilon(0.001));
  for (const diffusion* x : catalog::diffusion_models) {
    CAPTURE(x->name);
    CHECK(x->parameters() == approx(x->published_parameters).epsilon(0.03));
  }
}

// FLOP of the products, as diffusers' benchmark counts them (59 523 GFLOP a step of FLUX.1-dev), and attention over all tokens.
TEST_CASE("FLOP of a step") {
  const double tokens = 4096 + 512, attention = 4 * tokens * tokens * 3072 * 57;
  CHECK(flop_of(bare(catalog::flux_1_dev)) - attention == approx(59523.04e9).epsilon(0.002));
  // HunyuanVideo: 118 800 patches and 256 tokens, blocks of 12 d^2 a token.
  const double all = 118800 + 256, d = 3072;
  CHECK(flop_of(bare(catalog::hunyuan_video)) == approx(60 * (24 * d * d * all + 4 * all * all * d)).epsilon(0.001));
  // Wan: 32 760 patches see each other and 512 tokens of text, of which keys and values are made; two passes.
  const double n = 21 * 30 * 52, w = 5120, f = 13824, t = 512;
  const double block = 2 * n * (6 * w * w + 2 * w * f) + 4 * t * w * w + 4 * n * (n + t) * w;
  CHECK(flop_of(bare(catalog::wan_2_1_14b)) == approx(2 * 40 * block).epsilon(0.001));
}

TEST_CASE("what is asked for") {
  const diffusion x = bare(catalog::flux_1_dev);
  CHECK(flop_of(x, 3) == approx(3 * flop_of(x)));
  diffusion guided = x, longer = x;
  guided.guidance_passes = 2, longer.steps = 28;
  CHECK(flop_of(guided) == approx(2 * flop_of(x)));
  CHECK(flop_of(longer) == approx(28 * flop_of(x)));
  // Twice the side: four times the patches, between four and sixteen times the work.
  diffusion large = x;
  large.image_width = large.image_height = 2048;
  CHECK(flop_of(large) > 4 * flop_of(x));
  CHECK(flop_of(large) < 16 * flop_of(x));
  // The decoder and the encoders do not depend on the steps.
  const diffusion whole = catalog::flux_1_dev;
  const double around = 1024 * 1024 * 1.0e7 + 2 * 4.885e9 * 512;
  CHECK(flop_of(whole) == approx(50 * flop_of(x) + around));
}

TEST_CASE("element-wise steps: eager reads and writes what compiled joins") {
  diffusion x = bare(catalog::flux_1_dev);
  const double values = 4608.0 * 3072;
  // By hand, 3072 wide with an inner layer of 4 times that, heads of 128. Joint: two norms, queries and keys, three joined, an inner layer, two
  // gates. Bytes of wide loads, and passes without them.
  const double joint = 2 * 4 + 2 * (14 + 25) + 16 + 2 * 6, single = 4 + 2 * (14 + 25) + 16 + 20 + 6;
  CHECK(traffic_of(x) == approx(values * (19 * joint + 38 * single)));
  const double head = 4.2 + 5.4 + 105.0 / 128;
  CHECK(narrow_of(x) == approx(values * (19 * (2 * 2 + 2 * head + 3 * 2.1 + 2 * 1) + 38 * (2 + 2 * head + 1))));
  x.software = execution::compiled;
  CHECK(narrow_of(x) == 0);
  CHECK(traffic_of(x) == approx(values * (19 * (8 + 8 + 4 + 16 + 12) + 38 * (4 + 8 + 16 + 4 + 6))));
  x.query_key_norm = false;
  CHECK(traffic_of(x) == approx(values * (19 * (8 + 8 + 4 + 16 + 12) + 38 * (4 + 8 + 16 + 4 + 6))));
  x.rotary = false;
  CHECK(traffic_of(x) == approx(values * (19 * (8 + 4 + 16 + 12) + 38 * (4 + 16 + 4 + 6))));
}

TEST_CASE("weights, what an image in flight holds, and splits") {
  const diffusion x = catalog::flux_1_dev;
  // xDiT reports 33.76 GB of parameters in memory, the encoder of images included.
  CHECK(in<units::gigabyte>(x.weights(split<>{})) == approx(33.76).epsilon(0.005));
  CHECK(in<units::gigabyte>(x.weights(split<>{})) == approx(2 * (11.898 + 4.885 + 0.0495)).epsilon(1e-3));
  CHECK(in<units::gigabyte>(x.at(precision::fp8).weights(split<>{})) ==
        approx(11.898 + 2 * (4.885 + 0.0495)).epsilon(1e-3));
  CHECK(x.allows(split<>{}));
  CHECK(x.allows(split<>{.tensor = 8}));
  CHECK(x.allows(split<>{.tensor = 2, .context = 4}));
  CHECK_FALSE(x.allows(split<>{.tensor = 5}));
  CHECK_FALSE(x.allows(split<>{.expert = 2}));
  // Each chip of a group does its share; scales, shifts and gates are cut over tensor ranks no more than text over nothing.
  const double one = flop_of(bare(x));
  CHECK(flop_of(bare(x), 1, split<>{.context = 4}) == approx(one / 4).epsilon(0.001));
  CHECK(flop_of(bare(x), 1, split<>{.tensor = 4}) == approx(one / 4).epsilon(0.003));
  CHECK(in<units::byte>(x.cache(1.0 * units::token, split<>{})) == approx(4608.0 * (6 * 3072 + 12288) * 2));

  std::map<exchange, double> exchanged;
  bare(x).operations(pass<>{}, split<>{.tensor = 2, .context = 4}, [&](const auto& op, double times) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(op)>, collective<double>>)
      exchanged[op.kind] += in<units::byte>(op.bytes) * times;
  });
  // Two sums a joint block and one a single block; queries, keys, values and results once a block.
  CHECK(exchanged[exchange::all_reduce] == approx(4608.0 / 4 * 3072 * 2 * (2 * 19 + 38)));
  CHECK(exchanged[exchange::all_to_all] == approx(4608.0 / 4 * 3072 / 2 * 8 * 57));
}

TEST_CASE("every number type") {
  const diffusion x = catalog::hunyuan_video;
  const auto single = pass_totals(with_number<float>(x), pass<float>{});
  CHECK(in<units::flop>(single.flop) == approx(flop_of(x)).epsilon(1e-4));
  using batch = xsimd::batch<double>;
  const auto many = pass_totals(x, pass<batch>{phase::prefill, batch(2.0), batch(1.0), batch(1.0)});
  CHECK(in<units::flop>(many.flop).get(0) == approx(flop_of(x, 2)));
  for (const diffusion* y : catalog::diffusion_models) {
    diffusion at = *y;
    at.published_parameters = na;
    layercake_test::check_gradient(at, [](const auto& z) {
      using T = std::remove_cvref_t<decltype(z.width)>;
      const auto t = pass_totals(z, pass<T>{});
      return t.flop * (T(1e-12) / units::flop) + t.bytes * (T(1e-9) / units::byte);
    });
  }
}

TEST_CASE("what a new diffusion model asks for") {
  CHECK(layercake_test::asked_of_new<diffusion>() == "image_width image_height steps text_tokens spatial_factor patch "
                                                     "width heads head_width feed_forward outer_parameters "
                                                     "encoder_parameters decoder_parameters decoder_work");
}

TEST_CASE("recommendation: random reads, sums that are exchanged, a dense network") {
  const recommendation x = catalog::dlrm_dcnv2;
  // MLPerf: 26 tables, 204 million rows of 128 values: about 100 GB.
  CHECK(x.parameters() == approx(26.1e9).epsilon(0.01));
  CHECK(in<units::gigabyte>(x.weights(split<>{})) == approx(104.5 + 0.03).epsilon(1e-3));
  CHECK(in<units::gigabyte>(x.weights(split<>{.tensor = 8})) == approx(104.5 / 8 + 0.03).epsilon(1e-2));
  CHECK(x.allows(split<>{.tensor = 8}));
  CHECK_FALSE(x.allows(split<>{.pipeline = 2}));
  const auto t = pass_totals(x, pass<>{phase::prefill, 10, 1, 1});
  CHECK(in<units::flop>(t.flop) == approx(2 * 16030464.0 * 2700));
  double looked_up = 0, reached = 0, exchanged = 0;
  x.operations(pass<>{}, split<>{.tensor = 2}, [&](const auto& op, double times) {
    using X = std::remove_cvref_t<decltype(op)>;
    if constexpr (std::is_same_v<X, work<double>>) looked_up = in<units::byte>(op.bytes), reached = op.sustained;
    if constexpr (std::is_same_v<X, collective<double>>) exchanged = in<units::byte>(op.bytes) * times;
  });
  CHECK(looked_up == approx(270 * 214 * 512.0 / 2));
  CHECK(reached == random_read_share);
  CHECK(exchanged == approx(270.0 / 2 * 26 * 128 * 2));
  CHECK(layercake_test::asked_of_new<recommendation>() ==
        "samples tables rows vector_width lookups dense_parameters dense_width");
}
