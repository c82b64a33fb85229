// Properties of the fitted constants: physical bounds, no kernel faster than the data sheet, what is assumed of chips
// that nobody measured near what was measured, and times of single kernels by hand arithmetic.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <layercake/chips/catalog.hpp>
#include <layercake/chips/chips.hpp>
#include <vector>

using namespace layercake;
using namespace layercake::units;
using chips::accelerator;
using chips::family;

namespace {

struct bound {
  const char* name;
  double low, high;
};

// The numbers of a row, in the order of its members.
template <class Row>
auto numbers(const Row& row) {
  return std::bit_cast<std::array<double, sizeof(Row) / sizeof(double)>>(row);
}

template <class Row, std::size_t N>
void check_bounds(const Row& row, const std::array<bound, N>& bounds) {
  const auto x = numbers(row);
  static_assert(x.size() == N, "every member has a bound");
  for (std::size_t i = 0; i < N; ++i) {
    CAPTURE(bounds[i].name);
    CAPTURE(x[i]);
    CHECK(x[i] >= bounds[i].low);
    CHECK(x[i] <= bounds[i].high);
  }
}

constexpr std::array<bound, 13> product_bounds{{{"launch", 2e-7, 2e-5},
                                                {"quantise_launch", 0, 2e-5},
                                                {"compute", 0.2, 0.97},
                                                {"memory", 0.5, 0.95},
                                                {"epilogue", 0.05, 4},
                                                {"edge", 0.5, 160},
                                                {"rounding", 0, 1},
                                                {"chain", 0.02, 3},
                                                {"chain_limit", 0, 5e6},
                                                {"exposed", 0, 1},
                                                {"droop", 0, 2.2},
                                                {"quantise_memory", 0.1, 1},
                                                {"quantise_bytes", 0, 8}}};
constexpr std::array<bound, 10> prefill_bounds{{{"launch", 1e-6, 4e-5},
                                                {"tile_start", 1e-7, 1e-5},
                                                {"passes", 0.5, 6},
                                                {"compute", 0.1, 0.95},
                                                {"exponential", 0.3, 2},
                                                {"longest", 0.1, 3},
                                                {"window_padding", 32, 512},
                                                {"tile", 32, 256},
                                                {"cache_share", 0.01, 1},
                                                {"cached_cost", 0, 1}}};
constexpr std::array<bound, 17> decode_bounds{{{"launch", 1e-6, 4e-5},
                                               {"stream", 1e-7, 3e-5},
                                               {"stream_group", 4, 1e3},
                                               {"memory", 0.4, 0.96},
                                               {"ramp", 0, 1e-4},
                                               {"ramp_bytes", 1e6, 1e9},
                                               {"compute", 0.05, 0.95},
                                               {"padded_rows", 1, 128},
                                               {"split", 0, 1e-16},
                                               {"unsplit", 0, 1e-9},
                                               {"vector_launch", 0, 4e-5},
                                               {"vector_stream", 1e-7, 1e-5},
                                               {"vector_rate", 2, 64},
                                               {"largest_group", 1, 1e9},
                                               {"vector_single", 0, 1},
                                               {"cache_share", 0, 1},
                                               {"cached_cost", 0, 1}}};
constexpr std::array<bound, 10> expert_bounds{{{"launch", 5e-6, 3e-4},
                                               {"compute", 0.05, 0.95},
                                               {"memory", 0.3, 0.95},
                                               {"ramp", 0, 1e-4},
                                               {"half_length", 1, 5000},
                                               {"tile", 0.5, 256},
                                               {"layers", 0.1, 4},
                                               {"reach", 0.3, 2},
                                               {"skew_1", 0.05, 30},
                                               {"skew_2", 0.05, 60}}};
constexpr std::array<bound, 3> stream_bounds{{{"launch", 2e-7, 2e-5}, {"memory", 0.1, 1}, {"overlap", 0, 1}}};
constexpr std::array<bound, 7> shared_bounds{{{"activation_cache", 0, 1},
                                              {"cache_speed", 1, 16},
                                              {"quantise_cache", 0, 1},
                                              {"quantise_speed", 1, 16},
                                              {"droop_time", 1e-4, 1e-2},
                                              {"droop_from", 1, 2},
                                              {"prefill_memory", 0.4, 1}}};

constexpr family measured[] = {family::ampere, family::ada, family::hopper, family::blackwell};

double seconds(const auto& t) { return in<second>(t); }

// Shapes of models that are served, small to large.
std::vector<matrix_product<>> products() {
  std::vector<matrix_product<>> all;
  for (const double m : {1.0, 16.0, 130.0, 2048.0, 16384.0})
    for (const double n : {512.0, 4096.0, 28672.0})
      for (const double k : {1024.0, 8192.0})
        for (const precision p : {precision::bf16, precision::fp8, precision::mxfp8, precision::nvfp4, precision::int8})
          all.push_back({m, n, k, 1, p, p, bytes_per_value(p), 2, 2});
  return all;
}
std::vector<attention_product<>> attentions(bool decode) {
  std::vector<attention_product<>> all;
  for (const double batch : {1.0, 8.0, 256.0})
    for (const double length : {128.0, 2048.0, 32768.0})
      for (const double key_heads : {1.0, 8.0, 32.0})
        for (const double cache : {1.0, 2.0}) {
          all.push_back({batch, decode ? 1 : length, length, 32, key_heads, 128, 128});
          all.back().cache_bytes = cache;
        }
  for (const double batch : {1.0, 64.0})
    for (const double length : {1024.0, 16384.0}) {
      if (decode)
        all.push_back({batch, 1, length, 128, 1, 576, 512});
      else
        all.push_back({batch, length, length, 128, 128, 192, 128});
      all.back().latent = decode;
    }
  return all;
}
std::vector<expert_product<>> layers_of_experts() {
  std::vector<expert_product<>> all;
  for (const double tokens : {1.0, 64.0, 4096.0, 65536.0})
    for (const double ranks : {1.0, 8.0})
      for (const precision p : {precision::bf16, precision::fp8, precision::mxfp8, precision::nvfp4, precision::int4}) {
        expert_product<> e{tokens, 7168, 2048, 256, 8, ranks, 3, p, p, bytes_per_value(p), bytes_per_value(p)};
        if (p == precision::int4) e.math = precision::bf16, e.activation_bytes = 2;
        all.push_back(e);
        e.hidden = 4096, e.width = 14336, e.experts = 8, e.active = 2;
        all.push_back(e);
      }
  return all;
}

}  // namespace

TEST_CASE("every constant of every preset lies within its physical bounds") {
  for (const family f : {family::ampere, family::ada, family::hopper, family::blackwell, family::other}) {
    CAPTURE(name(f));
    const chips::family_constants& c = chips::kernel_constants(f);
    CHECK(c.measured == (f != family::other));
    for (const auto& row : c.product)
      check_bounds(row, product_bounds);
    for (const auto& row : c.prefill)
      check_bounds(row, prefill_bounds);
    for (const auto& row : c.decode) {
      check_bounds(row, decode_bounds);
      CHECK(row.split * row.unsplit == 0);  // a cache is split, or one unit streams it
    }
    for (const auto& row : c.expert)
      check_bounds(row, expert_bounds);
    check_bounds(c.stream, stream_bounds);
    check_bounds(c.shared, shared_bounds);
  }
}

// Shares of other kernels stand beside that of 16-bit products, which is the chip's own.
TEST_CASE("on a chip that nobody measured no kernel sustains more than its matrix products") {
  const chips::family_constants& c = chips::kernel_constants(family::other);
  const double most = c.product[0].compute;
  for (const auto& row : c.product)
    CHECK(row.compute <= most);
  for (const auto& row : c.prefill)
    CHECK(row.compute <= most);
  for (const auto& row : c.decode)
    CHECK(row.compute <= most);
  for (const auto& row : c.expert)
    CHECK(row.compute <= most);
}

TEST_CASE("formats and generations without measurements have the rows that their comments say") {
  const auto same = [](const auto& a, const auto& b) { return numbers(a) == numbers(b); };
  for (const std::size_t row : {1U, 2U, 3U})
    CHECK(same(chips::ampere_constants.product[row], chips::ampere_constants.product[5]));
  CHECK(same(chips::ada_constants.product[3], chips::ada_constants.product[5]));
  CHECK(same(chips::hopper_constants.product[3], chips::hopper_constants.product[5]));
  CHECK(same(chips::blackwell_constants.product[4], chips::generic_constants.product[4]));
  CHECK(same(chips::blackwell_constants.product[5], chips::hopper_constants.product[5]));
  CHECK(same(chips::ampere_constants.prefill[1], chips::ampere_constants.prefill[0]));
  CHECK(same(chips::ampere_constants.decode[1], chips::ampere_constants.decode[0]));
  for (const std::size_t row : {1U, 2U})
    CHECK(same(chips::ampere_constants.expert[row], chips::hopper_constants.expert[row]));
  for (const std::size_t row : {3U, 6U})
    for (const family f : measured)
      CHECK(same(chips::kernel_constants(f).expert[row], chips::blackwell_constants.expert[row]));
}

TEST_CASE("no kernel on any chip of the catalog is faster than its data sheet") {
  for (const chips::catalog::entry& e : chips::catalog::all) {
    const accelerator& chip = *e.chip;
    CAPTURE(e.name);
    const auto law = chip.timing();
    const double bandwidth = chip.memory_bandwidth / (byte / second);
    const auto peak = [&](precision p) { return double(chip.peak.rate(p) / (flop / second)); };
    for (const matrix_product<>& p : products()) {
      const double t = seconds(law.time(p));
      CHECK(std::isfinite(t));
      CHECK(t > 2 * p.m * p.n * p.k / peak(p.math));
      CHECK(t > p.n * p.k * p.weight_bytes / bandwidth);
    }
    for (const attention_product<>& a : attentions(true)) {
      const double t = seconds(law.time(a)), stored = a.latent ? 576 : 256;
      CHECK(std::isfinite(t));
      CHECK(t > a.sequences * a.key_heads * a.context * stored * a.cache_bytes / bandwidth);
      CHECK(t > 2 * a.sequences * a.heads * a.context * (a.key_width + a.value_width) / peak(precision::fp8));
    }
    for (const attention_product<>& a : attentions(false)) {
      const double t = seconds(law.time(a));
      CHECK(std::isfinite(t));
      // Half of the square of the sequence lies under the causal mask.
      CHECK(t > a.sequences * a.heads * a.queries * a.queries * (a.key_width + a.value_width) / peak(a.math));
    }
    for (const expert_product<>& x : layers_of_experts()) {
      const double t = seconds(law.time(x));
      const double pairs = x.tokens * x.active / x.ranks, matrix = x.hidden * x.width;
      const double reached = x.experts / x.ranks * (1 - std::pow(1 - x.active / x.experts, x.tokens));
      CHECK(std::isfinite(t));
      CHECK(t > 2 * 3 * pairs * matrix / peak(x.math));
      CHECK(t > 3 * reached * matrix * x.weight_bytes / bandwidth);
    }
  }
}

// What is assumed of a chip of which only the data sheet is known, against what was fitted on chips that were measured.
// The tenth that is further off is known: decode kernels of A100 and L40S that leave a long cache to one unit, and
// weight-only experts.
TEST_CASE("the constants of any other chip are near those of the measured families") {
  for (const family f : measured) {
    CAPTURE(static_cast<int>(f));
    const accelerator& chip = f == family::ampere   ? chips::catalog::a100_sxm_80gb
                              : f == family::ada    ? chips::catalog::l40s
                              : f == family::hopper ? chips::catalog::h100_sxm
                                                    : chips::catalog::b200_sxm;
    const auto own = chip.timing(), any = chip.timing(chips::kernel_constants(family::other));
    // Median and 90th percentile of the ratio, whichever way it is.
    const auto check = [&](const auto& shapes, double median, double most) {
      std::vector<double> e;
      for (const auto& s : shapes)
        e.push_back(std::fabs(std::log(seconds(any.time(s)) / seconds(own.time(s)))));
      std::sort(e.begin(), e.end());
      CAPTURE(std::exp(e[e.size() / 2]));
      CAPTURE(std::exp(e[e.size() * 9 / 10]));
      CHECK(e[e.size() / 2] < std::log(median));
      CHECK(e[e.size() * 9 / 10] < std::log(most));
    };
    check(products(), 1.3, 2);
    check(attentions(true), 1.3, 4);
    check(attentions(false), 1.3, 2);
    check(layers_of_experts(), 1.5, 3);
  }
}

// By hand from the equations in kernels.hpp, the rows of the tables, and the data sheets: H100 SXM 989.4 TFLOP/s (1,979
// in FP8), 3.35 TB/s, 132 multiprocessors, 50 MB, 700 W; A100 SXM 312 TFLOP/s, 2.039 TB/s, 108 multiprocessors.
TEST_CASE("worked kernels") {
  const auto h100 = chips::catalog::h100_sxm.timing(), a100 = chips::catalog::a100_sxm_80gb.timing();
  const auto near = [](double t, double expected) {
    CAPTURE(t);
    CAPTURE(expected);
    CHECK(std::fabs(t / expected - 1) < 1e-4);
  };

  // 256 tokens, 2 of 8 experts of 4096 x 14336, 3 matrices, BF16: 512 pairs reach all 8 experts.
  //   x = 2 (512 + 8 * 87.51) 4096 * 14336 (2 (1 + 1/4096) + 1 + 1/14336) / (989.4e12 * 0.6937) = 622.31 us
  //   y = (2 * 8 * 3 * 4096 * 14336 + 1.897 * 512 (4096 * 6 + 14336 * 12)) / (3.35e12 * 0.95) = 945.65 us
  //   y' = y + sqrt(y 2.468 us) = 993.96 us,  t = 27.74 us + (x^4 + y'^4)^(1/4)
  near(seconds(h100.time(expert_product<>{256, 4096, 14336, 8, 2})), 1.0578607e-3);

  // Latent decode: 64 sequences at 4096, 128 heads, 576 and 512 wide, BF16: 302 MB.
  //   memory 99.445 us, compute 64 sqrt(128^2 + 16^2) 4096 * 1088 * 2 / (989.4e12 * 0.8734) = 85.151 us,
  //   streams 12.405 us; 12.84 us + root of squares + ramp 9.722 us + split sqrt(1.493e-18 * 4.72e6) = 2.654 us
  attention_product<> latent{64, 1, 4096, 128, 1, 576, 512};
  latent.latent = true;
  near(seconds(h100.time(latent)), 1.56722877e-4);

  // FP8 product of X[512,2048] that arrives in 16 bit with W[2048,7168].
  //   chain = u / (1 + 6.024e4 u) = 1.1576 us; x = (512 + 33.1)(7168 + 33.1)(2048 * 2 / (1979e12 * 0.825)
  //   + 1.13 * 2 / 3.35e12) + chain = 13.6534 us, with droop 13.6697 us; y = 6.7156 us; quantising 11.3536 us
  near(seconds(h100.time(matrix_product<>{512, 7168, 2048, 1, precision::fp8, precision::fp8, 1, 2, 2})),
       2.78281344e-5);

  // Decode on the A100: 64 sequences at 8192, 32 heads, 8 key heads of 128, BF16: 2.15 GB at 1.64 TB/s.
  //   memory 1308.97 us, compute 64 * 8 sqrt(4^2 + 16^2) 8192 * 256 * 2 / (312e12 * 0.5) = 227.03 us, streams 17.39 us;
  //   11.56 us + root of squares + ramp 7.86 us + split sqrt(3.885e-17 * 4.19e6) = 12.77 us
  near(seconds(a100.time(attention_product<>{64, 1, 8192, 32, 8, 128, 128})), 1.3608134e-3);
}
