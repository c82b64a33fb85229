#include <doctest/doctest.h>

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

// ---- the reference implementation of the fit, evaluated on single shapes -----------------------------------------------------

struct attention_row {
  family of;
  bool decode, latent;
  struct {
    double half, eighth, bandwidth, multiprocessors, clock, cache, exponentials;
    double batch, heads, key_heads, key_width, value_width, queries, prefix, context, window, cache_bytes, eighth_math;
  } in;
  double seconds;
};
const attention_row attention_rows[] = {
    {family::ada,
     true,
     false,
     {3.62e+14, 7.33e+14, 8.64e+11, 142, 2490000000, 96000000, 5.65728e+12, 2, 24, 24, 128, 128, 1, 0, 8, 0, 2, 0},
     7.699505534e-06},
    {family::ada,
     true,
     false,
     {3.62e+14, 7.33e+14, 8.64e+11, 142, 2490000000, 96000000, 5.65728e+12, 512, 1, 1, 192, 192, 1, 0, 4, 0, 1, 1},
     2.623262122e-05},
    {family::ada,
     true,
     true,
     {3.62e+14, 7.33e+14, 8.64e+11, 142, 2490000000, 96000000, 5.65728e+12, 128, 1, 1, 576, 512, 1, 0, 2048, 0, 2, 0},
     0.0004364739791},
    {family::ada,
     true,
     true,
     {3.62e+14, 7.33e+14, 8.64e+11, 142, 2490000000, 96000000, 5.65728e+12, 64, 64, 1, 576, 512, 1, 0, 1024, 0, 1, 1},
     0.0001496734488},
    {family::ampere,
     true,
     false,
     {3.12e+14, 3.12e+14, 2.039e+12, 108, 1410000000, 40000000, 2.43648e+12, 2, 32, 1, 128, 128, 1, 0, 4, 0, 2, 0},
     1.195018662e-05},
    {family::ampere,
     true,
     true,
     {3.12e+14, 3.12e+14, 2.039e+12, 108, 1410000000, 40000000, 2.43648e+12, 256, 1, 1, 576, 512, 1, 0, 16, 0, 2, 0},
     4.202047515e-05},
    {family::ampere,
     true,
     true,
     {3.12e+14, 3.12e+14, 2.039e+12, 108, 1410000000, 40000000, 2.43648e+12, 16, 64, 1, 576, 512, 1, 0, 512, 0, 1, 1},
     7.29785135e-05},
    {family::blackwell,
     true,
     false,
     {2.5e+15, 5e+15, 8e+12, 152, 2000000000, 126000000, 9.728e+12, 256, 128, 1, 128, 128, 1, 0, 8, 0, 2, 0},
     0.0003126543599},
    {family::blackwell,
     true,
     false,
     {2.5e+15, 5e+15, 8e+12, 152, 2000000000, 126000000, 9.728e+12, 1024, 128, 8, 64, 64, 1, 0, 4, 0, 1, 1},
     0.0001142527957},
    {family::blackwell,
     true,
     true,
     {2.5e+15, 5e+15, 8e+12, 152, 2000000000, 126000000, 9.728e+12, 128, 1, 1, 576, 512, 1, 0, 512, 0, 2, 0},
     2.118754163e-05},
    {family::blackwell,
     true,
     true,
     {2.5e+15, 5e+15, 8e+12, 152, 2000000000, 126000000, 9.728e+12, 128, 64, 1, 576, 512, 1, 0, 128, 0, 1, 1},
     1.921691393e-05},
    {family::hopper,
     true,
     false,
     {9.894e+14, 1.979e+15, 3.35e+12, 132, 1830000000, 50000000, 3.86496e+12, 4, 8, 1, 192, 192, 1, 0, 128, 128, 2, 0},
     1.01723214e-05},
    {family::hopper,
     true,
     false,
     {9.894e+14, 1.979e+15, 3.35e+12, 132, 1830000000, 50000000, 3.86496e+12, 4, 32, 1, 64, 64, 1, 0, 512, 0, 1, 1},
     8.038854452e-06},
    {family::hopper,
     true,
     true,
     {9.894e+14, 1.979e+15, 3.35e+12, 132, 1830000000, 50000000, 3.86496e+12, 128, 2, 1, 576, 512, 1, 0, 2048, 0, 2, 0},
     0.0001136592516},
    {family::hopper,
     true,
     true,
     {9.894e+14, 1.979e+15, 3.35e+12, 132, 1830000000, 50000000, 3.86496e+12, 512, 128, 1, 576, 512, 1, 0, 1024, 0, 1,
      1},
     0.0002886316218},
    {family::other,
     true,
     false,
     {9.894e+14, 1.979e+15, 3.35e+12, 132, 1830000000, 50000000, 3.86496e+12, 64, 16, 2, 128, 128, 1, 0, 2, 0, 2, 0},
     1.25213724e-05},
    {family::other,
     true,
     true,
     {9.894e+14, 1.979e+15, 3.35e+12, 132, 1830000000, 50000000, 3.86496e+12, 32, 1, 1, 576, 512, 1, 0, 4096, 0, 1, 1},
     3.952516279e-05},
    {family::other,
     false,
     false,
     {9.894e+14, 1.979e+15, 3.35e+12, 132, 1830000000, 50000000, 3.86496e+12, 32, 96, 1, 128, 128, 1, 0, 0, 0, 2, 0},
     8.914292808e-05},
    {family::other,
     false,
     true,
     {9.894e+14, 1.979e+15, 3.35e+12, 132, 1830000000, 50000000, 3.86496e+12, 128, 1, 1, 192, 128, 256, 1000, 0, 0, 2,
      0},
     0.0001187552908},
    {family::ada,
     false,
     false,
     {3.62e+14, 7.33e+14, 8.64e+11, 142, 2490000000, 96000000, 5.65728e+12, 4, 2, 2, 128, 128, 1, 30000, 0, 0, 2, 0},
     0.0001451545446},
    {family::ada,
     false,
     false,
     {3.62e+14, 7.33e+14, 8.64e+11, 142, 2490000000, 96000000, 5.65728e+12, 32, 96, 1, 128, 128, 512, 0, 0, 0, 1, 1},
     0.002913586685},
    {family::ada,
     false,
     true,
     {3.62e+14, 7.33e+14, 8.64e+11, 142, 2490000000, 96000000, 5.65728e+12, 32, 128, 128, 192, 128, 1024, 1000, 0, 0, 2,
      0},
     0.0329261389},
    {family::ada,
     false,
     true,
     {3.62e+14, 7.33e+14, 8.64e+11, 142, 2490000000, 96000000, 5.65728e+12, 16, 1, 1, 192, 128, 64, 30000, 0, 0, 1, 1},
     0.0003462809985},
    {family::ampere,
     false,
     false,
     {3.12e+14, 3.12e+14, 2.039e+12, 108, 1410000000, 40000000, 2.43648e+12, 32, 12, 4, 128, 128, 1536, 0, 0, 0, 2, 0},
     0.002118304574},
    {family::ampere,
     false,
     true,
     {3.12e+14, 3.12e+14, 2.039e+12, 108, 1410000000, 40000000, 2.43648e+12, 16, 128, 128, 192, 128, 16, 0, 0, 0, 2, 0},
     8.507126487e-05},
    {family::ampere,
     false,
     true,
     {3.12e+14, 3.12e+14, 2.039e+12, 108, 1410000000, 40000000, 2.43648e+12, 1, 64, 64, 192, 128, 8192, 1000, 0, 0, 1,
      1},
     0.01001682522},
    {family::blackwell,
     false,
     false,
     {2.5e+15, 5e+15, 8e+12, 152, 2000000000, 126000000, 9.728e+12, 256, 6, 1, 128, 128, 64, 30000, 0, 0, 2, 0},
     0.002446279667},
    {family::blackwell,
     false,
     false,
     {2.5e+15, 5e+15, 8e+12, 152, 2000000000, 126000000, 9.728e+12, 1, 32, 32, 64, 64, 8192, 0, 0, 0, 1, 1},
     0.0002710442089},
    {family::blackwell,
     false,
     true,
     {2.5e+15, 5e+15, 8e+12, 152, 2000000000, 126000000, 9.728e+12, 128, 2, 2, 192, 128, 64, 1000, 0, 0, 2, 0},
     7.368285876e-05},
    {family::blackwell,
     false,
     true,
     {2.5e+15, 5e+15, 8e+12, 152, 2000000000, 126000000, 9.728e+12, 2, 64, 64, 192, 128, 128, 30000, 0, 0, 1, 1},
     0.0004737484687},
    {family::hopper,
     false,
     false,
     {9.894e+14, 1.979e+15, 3.35e+12, 132, 1830000000, 50000000, 3.86496e+12, 8, 48, 1, 128, 128, 256, 0, 0, 0, 2, 0},
     8.226991514e-05},
    {family::hopper,
     false,
     false,
     {9.894e+14, 1.979e+15, 3.35e+12, 132, 1830000000, 50000000, 3.86496e+12, 2, 48, 1, 128, 128, 16, 1000, 0, 0, 1, 1},
     3.039691637e-05},
    {family::hopper,
     false,
     true,
     {9.894e+14, 1.979e+15, 3.35e+12, 132, 1830000000, 50000000, 3.86496e+12, 16, 8, 8, 192, 128, 16, 30000, 0, 0, 2,
      0},
     0.001882465959},
    {family::hopper,
     false,
     true,
     {9.894e+14, 1.979e+15, 3.35e+12, 132, 1830000000, 50000000, 3.86496e+12, 4, 64, 64, 192, 128, 512, 0, 0, 0, 1, 1},
     0.0001719331196},
    {family::ada,
     true,
     false,
     {3.62e+14, 7.33e+14, 8.64e+11, 142, 2490000000, 96000000, 5.65728e+12, 2048, 64, 64, 128, 128, 1, 0, 16, 0, 2, 0},
     0.002001731311},
    {family::ada,
     true,
     false,
     {3.62e+14, 7.33e+14, 8.64e+11, 142, 2490000000, 96000000, 5.65728e+12, 16, 4, 2, 64, 64, 1, 0, 8, 128, 1, 1},
     9.981020995e-06},
    {family::ada,
     true,
     true,
     {3.62e+14, 7.33e+14, 8.64e+11, 142, 2490000000, 96000000, 5.65728e+12, 1024, 32, 1, 576, 512, 1, 0, 512, 0, 2, 0},
     0.0009491985546},
    {family::ada,
     true,
     true,
     {3.62e+14, 7.33e+14, 8.64e+11, 142, 2490000000, 96000000, 5.65728e+12, 64, 64, 1, 576, 512, 1, 0, 4, 0, 1, 1},
     1.905334414e-05},
    {family::ampere,
     true,
     true,
     {3.12e+14, 3.12e+14, 2.039e+12, 108, 1410000000, 40000000, 2.43648e+12, 64, 8, 1, 576, 512, 1, 0, 256, 0, 2, 0},
     5.011206003e-05},
    {family::ampere,
     true,
     true,
     {3.12e+14, 3.12e+14, 2.039e+12, 108, 1410000000, 40000000, 2.43648e+12, 4, 64, 1, 576, 512, 1, 0, 512, 0, 1, 1},
     7.05181952e-05},
    {family::blackwell,
     true,
     false,
     {2.5e+15, 5e+15, 8e+12, 152, 2000000000, 126000000, 9.728e+12, 128, 64, 64, 64, 64, 1, 0, 256, 0, 2, 0},
     0.0001317773456},
    {family::blackwell,
     true,
     false,
     {2.5e+15, 5e+15, 8e+12, 152, 2000000000, 126000000, 9.728e+12, 64, 16, 4, 64, 64, 1, 0, 2048, 0, 1, 1},
     1.655571995e-05},
    {family::blackwell,
     true,
     true,
     {2.5e+15, 5e+15, 8e+12, 152, 2000000000, 126000000, 9.728e+12, 8, 4, 1, 576, 512, 1, 0, 8, 0, 2, 0},
     1.036443836e-05},
    {family::blackwell,
     true,
     true,
     {2.5e+15, 5e+15, 8e+12, 152, 2000000000, 126000000, 9.728e+12, 512, 4, 1, 576, 512, 1, 0, 16384, 0, 1, 1},
     0.000758427128},
    {family::hopper,
     true,
     false,
     {9.894e+14, 1.979e+15, 3.35e+12, 132, 1830000000, 50000000, 3.86496e+12, 8, 2, 1, 64, 64, 1, 0, 131072, 0, 2, 0},
     0.0001301576543},
    {family::hopper,
     true,
     false,
     {9.894e+14, 1.979e+15, 3.35e+12, 132, 1830000000, 50000000, 3.86496e+12, 1024, 2, 1, 128, 128, 1, 0, 128, 0, 1, 1},
     2.175575511e-05},
};

struct product_row {
  family of;
  precision math;
  struct {
    double m, n, k, batch, quantise, copies, launch, peak, half, bandwidth, multiprocessors, cache, power, bytes;
  } in;
  double seconds;
};
const product_row product_rows[] = {
    {family::ampere,
     precision::bf16,
     {2, 14255, 1336, 1, 1, 1e30, 0.0, 3.12e+14, 3.12e+14, 2039000000000.0, 108, 40000000.0, 405.6, 2},
     2.955178670e-05},
    {family::ada,
     precision::bf16,
     {45, 101, 471, 1, 0, 5, 0.0, 3.62e+14, 3.62e+14, 864000000000.0, 142, 96000000.0, 350.054, 2},
     3.357040448e-06},
    {family::ada,
     precision::fp8,
     {8918, 280, 1469, 1, 1, 1e30, 0.0, 7.33e+14, 3.665e+14, 864000000000.0, 142, 96000000.0, 354.406, 1},
     9.920791573e-05},
    {family::ada,
     precision::mxfp8,
     {11070, 76, 4111, 8, 1, 1e30, 0.0, 7.33e+14, 3.665e+14, 864000000000.0, 142, 96000000.0, 354.406, 1},
     1.956451877e-03},
    {family::hopper,
     precision::bf16,
     {7, 1921, 845, 8, 1, 5, 5e-06, 9.894e+14, 9.894e+14, 3350000000000.0, 132, 50000000.0, 700, 2},
     1.742721060e-05},
    {family::hopper,
     precision::fp8,
     {118, 808, 21309, 1, 1, 1e30, 0.0, 1.9788e+15, 9.894e+14, 3350000000000.0, 132, 50000000.0, 700, 1},
     2.766102828e-05},
    {family::hopper,
     precision::mxfp8,
     {2178, 564, 3388, 1, 1, 1e30, 0.0, 1.9788e+15, 9.894e+14, 3350000000000.0, 132, 50000000.0, 700, 1},
     2.771747869e-05},
    {family::hopper,
     precision::bf16,
     {6, 10893, 1195, 1, 1, 5, 0.0, 9.895e+14, 9.895e+14, 4800000000000.0, 132, 50000000.0, 700.071, 2},
     9.554635359e-06},
    {family::hopper,
     precision::fp8,
     {71, 5198, 2400, 1, 1, 1e30, 0.0, 1.979e+15, 9.895e+14, 4800000000000.0, 132, 50000000.0, 700.071, 1},
     1.653408787e-05},
    {family::hopper,
     precision::mxfp8,
     {63, 64, 121, 8, 1, 1e30, 0.0, 1.979e+15, 9.895e+14, 4800000000000.0, 132, 50000000.0, 700.071, 1},
     4.623449925e-06},
    {family::blackwell,
     precision::bf16,
     {15517, 44777, 22915, 8, 1, 5, 5e-06, 2.25e+15, 2.25e+15, 8000000000000.0, 148, 126000000.0, 1057.5, 2},
     1.818436673e-01},
    {family::blackwell,
     precision::fp8,
     {112, 21841, 158, 1, 1, 1e30, 0.0, 4.5e+15, 2.25e+15, 8000000000000.0, 148, 126000000.0, 1057.5, 1},
     1.569169782e-05},
    {family::blackwell,
     precision::mxfp8,
     {21, 1584, 10948, 1, 0, 1e30, 0.0, 4.5e+15, 2.25e+15, 8000000000000.0, 148, 126000000.0, 1057.5, 1},
     1.099315938e-05},
    {family::blackwell,
     precision::nvfp4,
     {128, 165, 692, 1, 1, 5, 0.0, 9e+15, 2.25e+15, 8000000000000.0, 148, 126000000.0, 1057.5, 0.5625},
     8.402575895e-06},
    {family::ampere,
     precision::bf16,
     {2995, 42972, 84, 8, 1, 1e30, 0.0, 3.12e+14, 3.12e+14, 2039000000000.0, 108, 40000000.0, 405.6, 2},
     2.160468689e-03},
    {family::ada,
     precision::bf16,
     {3389, 1240, 4091, 8, 0, 5, 5e-06, 3.62e+14, 3.62e+14, 864000000000.0, 142, 96000000.0, 350.054, 2},
     1.382425887e-03},
    {family::ada,
     precision::fp8,
     {1453, 18981, 12461, 1, 1, 1e30, 0.0, 7.33e+14, 3.665e+14, 864000000000.0, 142, 96000000.0, 354.406, 1},
     1.849050431e-03},
    {family::ada,
     precision::mxfp8,
     {1, 1178, 1586, 1, 1, 1e30, 0.0, 7.33e+14, 3.665e+14, 864000000000.0, 142, 96000000.0, 354.406, 1},
     7.636043465e-06},
    {family::hopper,
     precision::bf16,
     {9, 3441, 207, 1, 1, 5, 0.0, 9.894e+14, 9.894e+14, 3350000000000.0, 132, 50000000.0, 700, 2},
     3.141674636e-06},
    {family::hopper,
     precision::fp8,
     {2495, 24318, 80, 1, 1, 1e30, 0.0, 1.9788e+15, 9.894e+14, 3350000000000.0, 132, 50000000.0, 700, 1},
     6.546830329e-05},
    {family::hopper,
     precision::mxfp8,
     {205, 16041, 55162, 8, 1, 1e30, 0.0, 1.9788e+15, 9.894e+14, 3350000000000.0, 132, 50000000.0, 700, 1},
     3.357439684e-03},
};

}  // namespace

TEST_CASE("attention agrees with the reference implementation of the fit") {
  for (const attention_row& r : attention_rows) {
    const auto& x = r.in;
    const chips::basic_kernel_chip<> chip{.half = x.half * flop / second,
                                          .eighth = x.eighth * flop / second,
                                          .memory_bandwidth = x.bandwidth * byte / second,
                                          .multiprocessors = x.multiprocessors,
                                          .clock = x.clock * hertz,
                                          .exponential_rate = x.exponentials * hertz,
                                          .on_chip_cache = x.cache * byte,
                                          .compute_efficiency = 0.88,
                                          .memory_efficiency = r.latent ? 0.8048 : 0.7639};
    const chips::basic_kernel_law<> law(chip, chips::kernel_constants(r.of));
    const attention_product<> op{.sequences = x.batch,
                                 .queries = x.queries,
                                 .context = r.decode ? x.context : x.queries + x.prefix,
                                 .heads = x.heads,
                                 .key_heads = x.key_heads,
                                 .key_width = x.key_width,
                                 .value_width = x.value_width,
                                 .window = x.window,
                                 .latent = r.decode && r.latent,
                                 .math = x.eighth_math > 0 ? precision::fp8 : precision::bf16,
                                 .cache_bytes = x.cache_bytes};
    const double t = in<second>(r.decode ? law.decode(op, {.warm_cache = true}) : law.prefill(op));
    CAPTURE(name(r.of));
    CAPTURE(r.decode);
    CAPTURE(r.latent);
    CAPTURE(x.heads);
    CHECK(t == approx(r.seconds).epsilon(2e-3));
  }
}

TEST_CASE("matrix products agree with the reference implementation of the fit") {
  for (const product_row& r : product_rows) {
    const auto& x = r.in;
    const chips::basic_kernel_chip<> chip{.half = x.half * flop / second,
                                          .eighth = x.peak * flop / second,
                                          .quarter = x.peak * flop / second,
                                          .memory_bandwidth = x.bandwidth * byte / second,
                                          .multiprocessors = x.multiprocessors,
                                          .clock = 1 * gigahertz,
                                          .exponential_rate = 1 * gigahertz,
                                          .on_chip_cache = x.cache * byte,
                                          .power_limit = x.power * watt,
                                          .compute_efficiency = 1,
                                          .memory_efficiency = 1};
    const chips::basic_kernel_law<> law(chip, chips::kernel_constants(r.of));
    const matrix_product<> op{.m = x.m,
                              .n = x.n,
                              .k = x.k,
                              .batch = x.batch,
                              .math = r.math,
                              .weights = r.math,
                              .weight_bytes = x.bytes,
                              .input_bytes = x.quantise > 0 ? 2 : x.bytes,
                              .output_bytes = 2};
    CAPTURE(name(r.of));
    CAPTURE(name(r.math));
    CAPTURE(x.m);
    CHECK(in<second>(law.time(op, {.weight_copies = x.copies})) + x.launch == approx(r.seconds).epsilon(1e-2));
  }
}

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
    }
  }
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

  // The reference implementation of the fit with weights of 4.5 bits, X in 16 bit and the weight-only row.
  const auto law = law_without_fp4(unknown<double>());
  const auto nvfp4 = [&](double m, double n, double k) {
    return in<second>(law.time(stored_in(precision::nvfp4, precision::nvfp4, m, n, k)));
  };
  CHECK(nvfp4(16, 8192, 8192) == approx(6.420700169e-05).epsilon(1e-8));
  CHECK(nvfp4(2048, 64, 16384) == approx(5.662056699e-05).epsilon(1e-8));
  CHECK(nvfp4(4096, 8192, 8192) == approx(0.001796391987).epsilon(1e-8));

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

TEST_CASE("worked numbers of the kernel laws") {
  const auto law = chips::catalog::h100_sxm.timing();
  CHECK(in<microsecond>(law.time(matrix_product<>{.m = 64, .n = 8192, .k = 8192})) == approx(53.57).epsilon(1e-3));
  CHECK(in<millisecond>(law.time(attention_product<>{.sequences = 1,
                                                     .queries = 8192,
                                                     .context = 8192,
                                                     .heads = 32,
                                                     .key_heads = 8,
                                                     .key_width = 128,
                                                     .value_width = 128})) == approx(1.206).epsilon(1e-3));
  CHECK(in<millisecond>(law.time(attention_product<>{.sequences = 64,
                                                     .queries = 1,
                                                     .context = 8192,
                                                     .heads = 64,
                                                     .key_heads = 8,
                                                     .key_width = 128,
                                                     .value_width = 128})) == approx(0.7095).epsilon(1e-3));
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
