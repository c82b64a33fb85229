#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <layercake/chips/accelerator.hpp>
#include <layercake/chips/catalog.hpp>
#include <layercake/number/dual.hpp>
#include <xsimd/xsimd.hpp>

#include "../../approx.hpp"

using namespace layercake;
using namespace layercake::units;
using chips::family;

namespace {

// Shapes over many orders of magnitude, from a fixed stream of numbers.
struct shapes {
  unsigned long long state = 88172645463325252ULL;
  double uniform() {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return static_cast<double>(state >> 11) * 0x1p-53;
  }
  double size(double low, double high) { return std::floor(low * std::pow(high / low, uniform())); }
  precision format() {
    constexpr precision all[] = {precision::bf16, precision::fp8, precision::mxfp8, precision::nvfp4, precision::int8};
    return all[static_cast<int>(uniform() * 5)];
  }
};

matrix_product<> random_product(shapes& s) {
  const precision p = s.format();
  return {.m = s.size(1, 1e6),
          .n = s.size(1, 1e6),
          .k = s.size(1, 1e6),
          .batch = s.size(1, 100),
          .math = p,
          .weights = p,
          .weight_bytes = bytes_per_value(p),
          .input_bytes = s.uniform() < 0.5 ? 2 : bytes_per_value(p),
          .output_bytes = 2};
}
attention_product<> random_attention(shapes& s, bool decode) {
  const double queries = decode ? 1 : s.size(2, 1e5), group = s.size(1, 32), key_heads = s.size(1, 64);
  return {.sequences = s.size(1, 1000),
          .queries = queries,
          .context = queries + std::floor(s.size(1, 1e6) - 1),
          .heads = group * key_heads,
          .key_heads = key_heads,
          .key_width = 128,
          .value_width = 128,
          .window = s.uniform() < 0.3 ? s.size(16, 1e5) : 0,
          .math = precision::bf16,
          .cache_bytes = s.uniform() < 0.5 ? 2.0 : 1.0};
}
expert_product<> random_experts(shapes& s) {
  const double experts = s.size(8, 512);
  return {.tokens = s.size(1, 1e6),
          .hidden = s.size(256, 1e5),
          .width = s.size(64, 1e5),
          .experts = experts,
          .active = s.size(1, 8),
          .ranks = s.size(1, 8)};
}

const chips::accelerator* const probes[] = {&chips::catalog::h100_sxm,      &chips::catalog::b200_sxm,
                                            &chips::catalog::a100_sxm_80gb, &chips::catalog::l40s,
                                            &chips::catalog::mi300x,        &chips::catalog::tpu_v5p,
                                            &chips::catalog::groq_lpu,      &chips::catalog::cerebras_wse3};

}  // namespace

TEST_CASE("more work never takes less time, and every time is finite") {
  shapes s;
  for (const chips::accelerator* chip : probes) {
    const auto law = chip->timing();
    CAPTURE(chip->name);
    const auto grows = [&](const auto& small, const auto& large) {
      const double a = in<second>(law.time(small)), b = in<second>(law.time(large));
      return std::isfinite(a) && a > 0 && b >= a * (1 - 1e-12);
    };
    for (int i = 0; i < 300; ++i) {
      const double factor = 1 + 2 * s.uniform() * s.uniform();
      const auto stretched = [&](double x) { return std::floor(x * factor) + 1; };
      const matrix_product<> p = random_product(s);
      for (double matrix_product<>::*axis :
           {&matrix_product<>::m, &matrix_product<>::n, &matrix_product<>::k, &matrix_product<>::batch}) {
        matrix_product<> q = p;
        q.*axis = stretched(q.*axis);
        CHECK(grows(p, q));
      }
      const attention_product<> d = random_attention(s, true), f = random_attention(s, false);
      for (const auto& base : {d, f}) {
        attention_product<> q = base;
        q.sequences = stretched(q.sequences);
        CHECK(grows(base, q));
        q = base;
        q.context += std::floor(q.context * (factor - 1)) + 1;
        if (base.queries == 1) CHECK(grows(base, q));
      }
      attention_product<> longer = f;
      longer.context = longer.queries;
      attention_product<> longest = longer;
      longest.context = longest.queries = stretched(longer.queries);
      CHECK(grows(longer, longest));
      const expert_product<> e = random_experts(s);
      for (double expert_product<>::*axis :
           {&expert_product<>::tokens, &expert_product<>::hidden, &expert_product<>::width}) {
        expert_product<> q = e;
        q.*axis = stretched(q.*axis);
        CHECK(grows(e, q));
      }
      const memory_traffic<> t{.moved = s.size(1, 1e12) * byte};
      CHECK(grows(t, memory_traffic<>{.moved = t.moved * factor}));
      const narrow_traffic<> one{.values = s.size(1, 1e12)};
      CHECK(grows(one, narrow_traffic<>{.values = one.values * factor}));
    }
  }
}

// Attention costs at most the square of the queries, somewhat more where the cache overflows the chip's own memory. A
// longer prefix saves at most what prefill takes to launch: by t = (queries prefill + before decode) / (before + queries)
// a time of d ln t / d ln before > -1.
TEST_CASE("attention has no jump in the queries, nor in the prefix") {
  const attention_product<> shapes[] = {
      {.sequences = 1, .queries = 1, .context = 1, .heads = 24, .key_heads = 24, .key_width = 128, .value_width = 128},
      {.sequences = 1,
       .queries = 1,
       .context = 1,
       .heads = 4,
       .key_heads = 1,
       .key_width = 128,
       .value_width = 128,
       .cache_bytes = 1},
      {.sequences = 64,
       .queries = 1,
       .context = 1,
       .heads = 64,
       .key_heads = 8,
       .key_width = 128,
       .value_width = 128,
       .window = 1000},
      {.sequences = 4, .queries = 1, .context = 1, .heads = 71, .key_heads = 1, .key_width = 64, .value_width = 64},
      {.sequences = 1,
       .queries = 1,
       .context = 1,
       .heads = 128,
       .key_heads = 1,
       .key_width = 576,
       .value_width = 512,
       .latent = true}};
  constexpr double step = 1.02;
  for (const auto& entry : chips::catalog::all) {
    const auto law = entry.chip->timing();
    CAPTURE(entry.name);
    for (attention_product<> op : shapes) {
      const auto time = [&](double queries, double prefix) {
        op.queries = queries, op.context = prefix + queries;
        return in<second>(law.time(op));
      };
      CAPTURE(op.heads);
      for (const double other : {4.0, 300.0, 8000.0}) {
        CAPTURE(other);
        double lowest = 1, highest = 1, falls = 1, rises = 1;
        for (double x = 2; x < 30000; x *= step) {
          const double queries = time(x * step, other) / time(x, other);
          const double prefix = time(other, x * step) / time(other, x);
          lowest = std::min(lowest, queries), highest = std::max(highest, queries);
          falls = std::min(falls, prefix), rises = std::max(rises, prefix);
        }
        CHECK(lowest >= 1);
        CHECK(highest < std::pow(step, 2.5));
        CHECK(falls > 1 / step);
        CHECK(rises < std::pow(step, 2.5));
      }
    }
  }
}

// By hand, packed passes of decode: 64 queries of 8 heads a key head on an H100 are 512 rows, 16 passes of 32.
TEST_CASE("queries beyond a tile read the cache again") {
  const auto law = chips::catalog::h100_sxm.timing();
  attention_product<> many{.sequences = 1,
                           .queries = 64,
                           .context = 4096,
                           .heads = 64,
                           .key_heads = 8,
                           .key_width = 128,
                           .value_width = 128};
  attention_product<> passes = many;
  passes.sequences = 16, passes.queries = 4;
  CHECK(in<second>(law.decode(many)) == approx(in<second>(law.decode(passes))).epsilon(1e-12));
}

TEST_CASE("no kernel beats the peaks of the chip") {
  shapes s;
  for (const chips::accelerator* chip : probes) {
    const auto law = chip->timing();
    CAPTURE(chip->name);
    for (int i = 0; i < 200; ++i) {
      const matrix_product<> p = random_product(s);
      CHECK(in<second>(law.time(p)) >= 0.999 * (p.flop() / chip->peak.rate(p.math)) / (1.0 * second));
      CHECK(in<second>(law.time(p)) >=
            0.999 * (p.batch * p.n * p.k * p.weight_bytes * byte / chip->memory_bandwidth) / (1.0 * second));
      const attention_product<> d = random_attention(s, true);
      CHECK(in<second>(law.time(d)) >= 0.999 * (d.bytes() / chip->memory_bandwidth) / (1.0 * second));
    }
  }
}

namespace {

// A chip of no measured family, and without FP4 units unless `quarter` is given.
template <class T>
chips::basic_kernel_law<T> law_without_fp4(const T& quarter, family f = family::other) {
  const auto tera = [](double x) { return T(x) * teraflop_per_second; };
  return {chips::basic_kernel_chip<T>{.single = tera(100),
                                      .tf32 = tera(200),
                                      .half = tera(400),
                                      .eighth = tera(800),
                                      .quarter = quarter * teraflop_per_second,
                                      .int8 = tera(800),
                                      .memory_bandwidth = T(3) * terabyte_per_second,
                                      .multiprocessors = T(200),
                                      .clock = T(1.5) * gigahertz,
                                      .exponential_rate = T(4800) * gigahertz,
                                      .on_chip_cache = T(40) * megabyte,
                                      .power_limit = unknown<quantity<unit::watt, T>>(),
                                      .compute_efficiency = T(0.80),
                                      .memory_efficiency = T(0.75)},
          chips::kernel_constants(f)};
}

matrix_product<> stored_in(precision weights, precision math, double m, double n, double k) {
  return {.m = m, .n = n, .k = k, .math = math, .weights = weights, .weight_bytes = bytes_per_value(weights)};
}

}  // namespace

TEST_CASE("without FP4 units an FP4 product is one of 4-bit weights in 16 bit") {
  for (const family f : {family::other, family::ampere, family::ada, family::hopper}) {
    CAPTURE(name(f));
    const auto law = law_without_fp4(unknown<double>(), f);
    for (const precision p : {precision::fp4, precision::mxfp4, precision::nvfp4}) {
      const expert_product<> narrow{.tokens = 700,
                                    .hidden = 4096,
                                    .width = 2048,
                                    .experts = 64,
                                    .active = 4,
                                    .math = p,
                                    .weights = p,
                                    .weight_bytes = bytes_per_value(p)};
      expert_product<> wide = narrow;
      wide.math = precision::bf16;
      CHECK(in<second>(law.time(narrow)) == approx(in<second>(law.time(wide))).epsilon(1e-12));
      for (const double m : {1.0, 16.0, 300.0, 8192.0})
        for (const double n : {64.0, 1024.0, 16384.0})
          for (const double k : {256.0, 4096.0, 32768.0}) {
            const matrix_product<> op = stored_in(p, p, m, n, k);
            const double t = in<second>(law.time(op));
            CHECK(t == approx(in<second>(law.time(stored_in(p, precision::bf16, m, n, k)))).epsilon(1e-12));
            // The data sheet: 400 TFLOP/s in 16 bit, 3 TB/s.
            CHECK(t > 2 * m * n * k / 400e12);
            CHECK(t > n * k * op.weight_bytes / 3e12);
            if (f != family::other) continue;
            // Beside 16-bit weights: 1.1 / 1.05 of the results, 4.6 us more to launch, and a loop over k that split-K
            // leaves as long as 35 us. Weights are most of what few rows move.
            const double whole = in<second>(law.time(stored_in(precision::bf16, precision::bf16, m, n, k)));
            CHECK(t <= 1.1 / 1.05 * whole + 4.6e-6 + 35e-6);
            if (m < 100 && n * k > 5e8) CHECK(t < 0.7 * whole);
          }
    }
  }

  for (const auto& e : chips::catalog::all) {
    CAPTURE(e.name);
    const auto law = e.chip->timing();
    const double four = in<second>(law.time(stored_in(precision::nvfp4, precision::nvfp4, 64, 8192, 8192)));
    const double sixteen = in<second>(law.time(stored_in(precision::nvfp4, precision::bf16, 64, 8192, 8192)));
    CHECK((std::fabs(four / sixteen - 1) < 1e-12) == !is_known(e.chip->peak.fp4));
  }

  // A batch of chips, some with FP4 units.
  using batch = xsimd::batch<double>;
  alignas(batch::arch_type::alignment()) double rates[batch::size];
  for (std::size_t i = 0; i < batch::size; ++i)
    rates[i] = i % 2 == 0 ? unknown<double>() : 1600;
  const auto many = law_without_fp4(batch::load_aligned(rates));
  const expert_product<> experts{.tokens = 700,
                                 .hidden = 4096,
                                 .width = 2048,
                                 .experts = 64,
                                 .active = 4,
                                 .math = precision::nvfp4,
                                 .weights = precision::nvfp4,
                                 .weight_bytes = bytes_per_value(precision::nvfp4)};
  const matrix_product<> product = stored_in(precision::nvfp4, precision::nvfp4, 300, 4096, 4096);
  for (std::size_t i = 0; i < batch::size; ++i) {
    const auto one = law_without_fp4(rates[i]);
    CHECK(in<second>(many.time(product)).get(i) == approx(in<second>(one.time(product))));
    CHECK(in<second>(many.time(experts)).get(i) == approx(in<second>(one.time(experts))));
  }
}

TEST_CASE("the busiest rank of experts that are drawn unevenly takes longer, and no routing is another number") {
  using chips::expert_routing;
  static_assert(!std::is_convertible_v<int, expert_routing>);
  const auto law = chips::catalog::h100_sxm.timing();
  const expert_product<> crowded{.tokens = 8192,
                                 .hidden = 7168,
                                 .width = 2048,
                                 .experts = 256,
                                 .active = 8,
                                 .ranks = 16,
                                 .math = precision::fp8,
                                 .weights = precision::fp8,
                                 .weight_bytes = 1,
                                 .activation_bytes = 1};
  const auto with = [&](expert_routing routing) { return law.time(crowded, chips::measurement{.routing = routing}); };
  // So many tokens that every expert is reached: uniform draws are as good as balanced ones.
  CHECK(with(expert_routing::uniform) / with(expert_routing::balanced) == approx(1).epsilon(1e-9));
  CHECK(with(expert_routing::power_law_1_01) > with(expert_routing::uniform) * 1.1);
  CHECK(with(expert_routing::power_law_1_2) > with(expert_routing::power_law_1_01));
  // Whatever is forced into the type is a routing without a load of its own.
  CHECK(with(static_cast<expert_routing>(200)) > 0 * second);
}

TEST_CASE("float, batch and dual give what double gives") {
  using batch = xsimd::batch<double>;
  using slope = dual<double, 1>;
  shapes s;
  const auto law = chips::catalog::b200_sxm.timing();
  const auto law_f = with_number<float>(chips::catalog::b200_sxm).timing();
  for (int i = 0; i < 50; ++i) {
    const matrix_product<> p = random_product(s);
    const double t = in<second>(law.time(p));
    const auto as = [&]<class N>(N m, N k) {
      return matrix_product<N>{.m = m,
                               .n = N(p.n),
                               .k = k,
                               .batch = N(p.batch),
                               .math = p.math,
                               .weights = p.weights,
                               .weight_bytes = p.weight_bytes,
                               .input_bytes = p.input_bytes,
                               .output_bytes = p.output_bytes};
    };
    CHECK(in<second>(law.time(as(batch(p.m), batch(p.k)))).get(0) == approx(t));
    CHECK(static_cast<double>(in<second>(law_f.time(as(static_cast<float>(p.m), static_cast<float>(p.k))))) ==
          approx(t).epsilon(1e-4));
    const double h = p.k * 1e-6;
    const double up = in<second>(law.time(as(p.m, p.k + h))), down = in<second>(law.time(as(p.m, p.k - h)));
    CHECK(in<second>(law.time(as(slope(p.m), slope::variable(p.k, 0)))).slope[0] ==
          approx((up - down) / (2 * h)).epsilon(1e-4));
  }
  for (int i = 0; i < 50; ++i) {
    const attention_product<> a = random_attention(s, i % 2 == 0);
    const double t = in<second>(law.time(a));
    const auto as = [&]<class N>(N sequences, N context) {
      return attention_product<N>{.sequences = sequences,
                                  .queries = N(a.queries),
                                  .context = context,
                                  .heads = N(a.heads),
                                  .key_heads = N(a.key_heads),
                                  .key_width = N(128),
                                  .value_width = N(128),
                                  .window = N(a.window),
                                  .math = a.math,
                                  .cache_bytes = a.cache_bytes};
    };
    CHECK(in<second>(law.time(as(batch(a.sequences), batch(a.context)))).get(0) == approx(t));
    CHECK(static_cast<double>(in<second>(law_f.time(
              as(static_cast<float>(a.sequences), static_cast<float>(a.context))))) == approx(t).epsilon(1e-4));
    const double h = a.sequences * 1e-6;
    const double up = in<second>(law.time(as(a.sequences + h, a.context))),
                 down = in<second>(law.time(as(a.sequences - h, a.context)));
    CHECK(in<second>(law.time(as(slope::variable(a.sequences, 0), slope(a.context)))).slope[0] ==
          approx((up - down) / (2 * h)).epsilon(1e-4));
  }
  for (int i = 0; i < 50; ++i) {
    expert_product<> e = random_experts(s);
    e.tokens += 0.5;  // one token whose experts are one a rank is at the kink of max(experts reached, 1)
    const double t = in<second>(law.time(e));
    const auto as = [&]<class N>(N tokens) {
      return expert_product<N>{.tokens = tokens,
                               .hidden = N(e.hidden),
                               .width = N(e.width),
                               .experts = N(e.experts),
                               .active = N(e.active),
                               .ranks = N(e.ranks)};
    };
    CHECK(in<second>(law.time(as(batch(e.tokens)))).get(0) == approx(t));
    CHECK(static_cast<double>(in<second>(law_f.time(as(static_cast<float>(e.tokens))))) == approx(t).epsilon(1e-4));
    const double h = e.tokens * 1e-6;
    const double up = in<second>(law.time(as(e.tokens + h))), down = in<second>(law.time(as(e.tokens - h)));
    CHECK(in<second>(law.time(as(slope::variable(e.tokens, 0)))).slope[0] ==
          approx((up - down) / (2 * h)).epsilon(1e-4));
  }
  // The slope in a figure of the chip, through the prepared law.
  auto chip = with_number<slope>(chips::catalog::b200_sxm);
  chip.memory_bandwidth = slope::variable(8, 0) * terabyte_per_second;
  const matrix_product<> p{.m = 64, .n = 8192, .k = 8192};
  const auto at = [&](double bandwidth) {
    auto c = chips::catalog::b200_sxm;
    c.memory_bandwidth = bandwidth * terabyte_per_second;
    return in<second>(c.timing().time(p));
  };
  CHECK(in<second>(chip.timing().time(p)).slope[0] == approx((at(8.00001) - at(7.99999)) / 2e-5).epsilon(1e-5));
}

// FlashAttention-2 on an H100 SXM, heads of 128 without a mask: 370 TFLOP/s at 8,192 and 16,384 positions (Shah et al., FlashAttention-3,
// NeurIPS 2024, figure 5).
TEST_CASE("attention by a kernel of an earlier generation") {
  const auto rate = [](const chips::accelerator& chip, double positions, double width, bool ported) {
    const double heads = 2048 / width, sequences = 16384 / positions;
    const attention_product<> op{.sequences = sequences,
                                 .queries = positions,
                                 .context = positions,
                                 .heads = heads,
                                 .key_heads = heads,
                                 .key_width = width,
                                 .value_width = width,
                                 .causal = false,
                                 .ported = ported};
    return in<flop>(op.flop()) / in<second>(chip.time(op)) / 1e12;
  };
  for (const double positions : {8192., 16384.})
    CHECK(rate(chips::catalog::h100_sxm, positions, 128, true) == approx(370).epsilon(0.08));
  CHECK(rate(chips::catalog::h100_sxm, 16384, 64, true) < rate(chips::catalog::h100_sxm, 16384, 128, true));
  // Later chips run the same instructions at their own clock, with their own number of multiprocessors; a kernel of their own is faster.
  CHECK(rate(chips::catalog::b200_sxm, 16384, 128, true) ==
        approx(rate(chips::catalog::h100_sxm, 16384, 128, true) * (148 * 2.0) / (132 * 1.83)).epsilon(0.05));
  CHECK(rate(chips::catalog::b200_sxm, 16384, 128, false) > 2 * rate(chips::catalog::b200_sxm, 16384, 128, true));
  // Where the law is that of the generation itself nothing changes.
  CHECK(rate(chips::catalog::a100_sxm_80gb, 16384, 128, true) ==
        rate(chips::catalog::a100_sxm_80gb, 16384, 128, false));
}

TEST_CASE("attention to another, shorter sequence") {
  attention_product<> self{.sequences = 1,
                           .queries = 32768,
                           .context = 32768,
                           .heads = 40,
                           .key_heads = 40,
                           .key_width = 128,
                           .value_width = 128,
                           .causal = false};
  attention_product<> cross = self;
  cross.context = 512;
  CHECK(cross.flop() == self.flop() * (1.0 / 64));
  const auto& chip = chips::catalog::h100_sxm;
  const double all = in<second>(chip.time(self)), few = in<second>(chip.time(cross));
  CHECK(few < all / 20);
  CHECK(few > all / 64);
  CHECK(few > in<second>(cross.bytes() / chip.memory_bandwidth));
}

// The limit of 700 W is 0.4926 W per TFLOP/s short of 1.2, of which the constants lose 0.5056: an endless product is 1.249 times as long as a
// short one, and one on a chip that never rests loses two thirds of that.
TEST_CASE("products on a chip that never rests") {
  const auto law = chips::catalog::h100_sxm.timing();
  const auto time = [&](double m, const chips::measurement& how) {
    return in<second>(law.time(matrix_product<>{m, 8192, 8192}, how));
  };
  const double loss = 0.5056 * (1.2 - 700 / 989.4);
  CHECK(time(1024, chips::in_long_passes) / time(1024, chips::in_a_running_model) ==
        approx((1 + loss * 2 / 3) / 1.02).epsilon(0.02));
  CHECK(time(1e6, chips::in_long_passes) < time(1e6, chips::in_a_running_model));
  CHECK(time(1e6, chips::in_long_passes) * (1 + loss) / (1 + loss * 2 / 3) ==
        approx(time(1e6, chips::in_a_running_model)).epsilon(0.01));
}

// 19.9e6 values of 16 bit times a vector that repeats took 59.0 us on an H100 and 56.6 us on an H200 (PyTorch 2.11, November 2026), whose memory
// would need 27 and 19: it is not the memory that they wait for.
TEST_CASE("kernels without wide loads take as long on a chip with faster memory") {
  const narrow_traffic<> scaled{.values = 2.0 * 4096 * 2432};
  for (const chips::accelerator* c : {&chips::catalog::h100_sxm, &chips::catalog::h200_sxm})
    CHECK(in<units::microsecond>(c->time(scaled)) == approx(57.8).epsilon(0.05));
  // Where multiprocessors are many for the memory, it is the memory.
  chips::accelerator slow = chips::catalog::h100_sxm;
  slow.memory_bandwidth = slow.memory_bandwidth * 0.1;
  CHECK(slow.time(scaled) > 1.5 * chips::catalog::h100_sxm.time(scaled));
}

// A row of a matrix-vector product reads its weights and little else: ExLlama writes 102 tokens/s with a 13B model of 4.15 bit on a GeForce RTX
// 4090, 0.68 of its memory rate. A tile of 128 rows would take five times as long there.
TEST_CASE("narrow weights times few rows run on vector units, and more rows never take less time") {
  chips::accelerator card = chips::catalog::l40s;
  card.peak.bf16 = 165 * teraflop_per_second, card.memory_bandwidth = 1008 * gigabyte_per_second;
  const auto law = card.timing();
  const auto time = [&](double m) {
    return in<second>(law.time(stored_in(precision::int4, precision::bf16, m, 16384, 4096)));
  };
  const double moved = 16384 * 4096 * 0.5 / 1008e9, vector = 2.0 * 16384 * 4096 / (0.5 * 91.6e12);
  CHECK(time(1) < moved / 0.6);
  CHECK(time(1) > moved);
  CHECK(time(8) > 8 * vector);
  double before = 0;
  for (double m = 1; m < 300; ++m) {
    const double now = time(m);
    CHECK(now >= before * (1 - 1e-12));
    before = now;
  }
  CHECK(time(256) < 256 * vector);  // many rows: on matrix units
  // Weights of 16 bit have no such path.
  CHECK(in<second>(law.time(matrix_product<>{1, 16384, 4096})) > 4 * moved);
}

// An L40S and a GeForce RTX 4090 have the same units, of which sums in 32 bit halve the rate on the second: what the first reaches of its
// peak is no limit there.
TEST_CASE("cards that add in 32 bit at half their rate come nearer to it") {
  chips::accelerator card = chips::catalog::l40s;
  const matrix_product<> large{8192, 8192, 8192};
  const double work_done = 2 * 8192.0 * 8192 * 8192;
  const double full = work_done / in<second>(card.time(large)) / 362e12;
  CHECK(full == approx(0.6).epsilon(0.1));
  card.peak.bf16 = card.peak.fp16 * 0.5;
  const double half = work_done / in<second>(card.time(large)) / 181e12;
  CHECK(half > 0.85);
  CHECK(half < 0.97);
  // Until then its rate changes nothing.
  card.peak.bf16 = 362 * teraflop_per_second;
  const auto before = card.time(large);
  card.peak.fp16 = card.peak.fp16 * 1.3;
  CHECK(card.time(large) == before);
}
