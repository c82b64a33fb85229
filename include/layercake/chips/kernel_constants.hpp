// Constants of the kernel laws (kernels.hpp), fitted on measured kernel times by family and number format.
//
// Measurements: systems/data of github.com/ai-dynamo/aiconfigurator, commit 095f58a5 (2026-08-21), Apache-2.0, NVIDIA:
// A100, H100, H200, B200, B300, GB200, GB300, L40S. Fit: robust least squares of the logarithm of the time
// (`./dev accuracy --fit-kernels DIR` prints all tables here in this form; errors in
// benchmarks/accuracy/kernels_held_out.csv). Plain numbers in SI units, so that a fit can perturb them. A value at its
// bound is not identified by the data: read it as "at least" or "at most". What is marked "assumed" the fit leaves as
// it is: what the kernel is known to do, or a round figure between those tried, of which the errors say little.
#pragma once

#include <array>
#include <cstddef>
#include <layercake/chips/family.hpp>
#include <layercake/number/precision.hpp>

namespace layercake::chips {

// Y[m,n] = X[m,k] W[k,n]. Medians of |ln(predicted / measured)| of shapes held out, by family: BF16 4 to 7 %, FP8 3 to
// 6 %, block FP8 5 to 8 %, INT8 8 %, weight-only 6 to 12 %, NVFP4 11 %.
struct product_constants {
  double launch;           // s, launch, prologue and drain; 2e-7 to 2e-5
  double quantise_launch;  // s, launches of the kernels that quantise X; 0 to 2e-5
  double compute;          // share of the peak in the main loop of short kernels, to 0.97
  double memory;           // share of memory bandwidth, to 0.95
  double epilogue;         // time per result in units of 2 bytes of memory traffic; 0.05 to 4
  double edge;             // rows and columns lost at the edges of tiles; 0.5 to 160
  double rounding;         // share of the rounding of m up to 128 that is paid; 0 to 1
  double chain;            // time of the k loop of one 128 x 128 tile on one multiprocessor, in ideal times; 0.02 to 3
  double chain_limit;      // 1/s, one over the longest chain that split-K leaves; 0: the kernel does not split
  double exposed;          // share of the chain that is not hidden behind memory; 0 or 1, assumed
  double droop;            // loss of clock in long kernels per W/TFLOP/s by which the power limit is short of 1.2; >= 0
  double quantise_memory;  // share of memory bandwidth while quantising, to 1
  double quantise_bytes;   // moved per value of X when it arrives in 16 bit and is quantised first: 5 reads it twice
                           // (scale, then values), 3 once; 0: never. Assumed
};

// Causal attention over many queries (prefill). Medians of shapes held out 3 to 12 %; L40S in FP8 35 %.
struct prefill_constants {
  double launch;          // s; includes rotary embedding and the cache write
  double tile_start;      // s per tile of queries and multiprocessor
  double passes;          // over queries and results, 0.5 to 6
  double compute;         // share of the peak, to 0.95
  double exponential;     // rate of softmax over that of the special-function units, to 2 (fused multiply-adds help);
                          // it and all below are assumed
  double longest;         // share of the longest tile that is exposed
  double window_padding;  // keys beyond a sliding window that are touched
  double tile;            // queries in a tile
  double cache_share;     // of the on-chip cache that holds the inputs
  double cached_cost;     // of a byte found there, over one from memory
};

// Attention of one new position a sequence (decode). Medians of shapes held out 6 to 15 %.
struct decode_constants {
  double launch;         // s
  double stream;         // s per key-value stream and multiprocessor
  double stream_group;   // query heads per key head above which that grows
  double memory;         // share of memory bandwidth, to 0.96
  double ramp;           // s, start and merge at large size
  double ramp_bytes;     // bytes at which half of it is paid; assumed
  double compute;        // share of the peak, to 0.95; grouped attention is far from it: assumed
  double padded_rows;    // of the matrix units; assumed
  double split;          // s^2 per byte of one sequence: stream time times merge time of a split cache
  double unsplit;        // s per byte of one sequence where one unit streams it alone; 0: split
  double vector_launch;  // s, of the kernel on vector units for groups too large or of one head
  double vector_stream;  // s per query head and multiprocessor; it and all below are assumed
  double vector_rate;    // values per clock and multiprocessor
  double largest_group;  // rows that a tile of the matrix units holds: query heads of a key head and packed queries
  double vector_single;  // 1: a single query head per key head takes the vector kernel
  double cache_share;    // of the on-chip cache that is warm in the benchmark; a running model finds its cache cold
  double cached_cost;    // of a byte found there, over one from memory
};

// The routed feed-forward of a mixture of experts. Medians in sample 10 to 13 % (FP4 weights by FP8: 18 %), other chips
// of a generation 10 to 18 %; half of the few shapes held out 10 to 22 %.
struct expert_constants {
  double launch;          // s, all kernels of the layer
  double compute;         // share of the peak, to 0.95
  double memory;          // share of memory bandwidth, to 0.95
  double ramp;            // s
  double half_length;     // inner length at which a product reaches half its rate
  double tile;            // rows of padding per expert that is reached
  double layers;          // passes over the activations
  double reach;           // of the distinct experts under skewed routing
  double skew_1, skew_2;  // load of the busiest rank under power laws of 1.01 and 1.2
};

// Element-wise kernels inside a CUDA graph. Round figures near the mean over Hopper and Blackwell of fits to the
// kernels that quantise (1.74e-6, 0.72, 0.63); single chips: 1.3e-6 to 2.0e-6 s, 0.59 (Blackwell) to 0.95 (Hopper),
// 0.25 to 0.73.
struct stream_constants {
  double launch = 1.85e-6;  // s
  double memory = 0.75;     // share of memory bandwidth
  double overlap = 0.60;    // of launch and traffic: 1 one after the other, 0 root of the squares
};

// Shared by all chips and formats. Round figures: the fit to all products and prefill gives 0.49, 4.4,
// 0.71, 1.9, 1.53e-3, 1.22 and 0.856, with the same errors.
struct shared_constants {
  double activation_cache = 0.5;  // share of the on-chip cache that holds activations of a product
  double cache_speed = 4;         // cache over memory bandwidth
  double quantise_cache = 0.7;    // as activation_cache, while quantising
  double quantise_speed = 2;      // as cache_speed, while quantising
  double droop_time = 1.5e-3;     // s until the clock drops
  double droop_from = 1.2;        // W per TFLOP/s of 16-bit peak below which it does
  double prefill_memory = 0.85;   // share of memory bandwidth in prefill attention
};

// Rows of the tables below.
enum class product_class : unsigned char { half, fp8, block_fp8, fp4, int8, weight_only };
enum class attention_class : unsigned char { half, eighth, latent_half, latent_eighth };

// Formats of 8 bit and fewer; the next are of 16.
constexpr bool is_narrow(precision p) { return bits(p) < 12; }
// Of those the ones that attention is multiplied in; no kernel multiplies it in integers.
constexpr bool is_narrow_attention(precision p) { return is_narrow(p) && p != precision::int8 && p != precision::int4; }

// The row of products multiplied in `math` whose weights are stored as `weights`.
constexpr product_class class_of(precision math, precision weights) {
  switch (math) {
  case precision::fp8:
    return product_class::fp8;
  case precision::mxfp8:
    return product_class::block_fp8;
  case precision::int8:
    return product_class::int8;
  case precision::fp4:
  case precision::mxfp4:
  case precision::nvfp4:
    return product_class::fp4;
  case precision::int4:
    return product_class::weight_only;
  default:
    return is_narrow(weights) ? product_class::weight_only : product_class::half;
  }
}

// The row of experts: half, FP8, block FP8, FP4, weight-only of integers, weight-only of FP4, FP4 by FP8.
constexpr std::size_t expert_row(precision math, precision weights) {
  const product_class row = class_of(math, weights);
  const bool fp4 = weights == precision::fp4 || weights == precision::mxfp4 || weights == precision::nvfp4;
  switch (row) {
  case product_class::half:
    return 0;
  case product_class::fp8:
  case product_class::int8:
    return fp4 ? 6 : 1;
  case product_class::block_fp8:
    return fp4 ? 6 : 2;
  case product_class::fp4:
    return 3;
  case product_class::weight_only:
    return fp4 ? 5 : 4;
  }
  return 0;
}

struct family_constants {
  bool measured;  // false: shares of peak come from the chip, the rest is what the measured families have in common
  std::array<product_constants, 6> product;
  std::array<prefill_constants, 4> prefill;
  std::array<decode_constants, 4> decode;
  std::array<expert_constants, 7> expert;  // half, fp8, block_fp8, fp4, weight-only: integers, FP4, FP4 by FP8
  stream_constants stream{};
  shared_constants shared{};
};

// A100. Assumed: it multiplies in 16 bit what is stored in 8 or 4, so that those products are weight-only ones; prefill
// and decode of grouped attention do in 8 bit as in 16; experts in 8 bit and FP4 do as Hopper's, or Blackwell's; a tile
// of decode holds 128 rows (groups of up to 64 are in the table, all on matrix units; were it without limit, it would
// read prompts of 128 in seven tenths of the time that they were measured to take).
//
// Decode in 16 bit is fitted on two tables that count alike: vLLM 0.14's, and of TensorRT-LLM's twelve rows of
// benchmarks/accuracy/data/micro.csv, whose caches have room for keys alone (measurement::keys_alone: with half of the
// bytes no row reads faster than the memory can be read). Fitted on vLLM's alone the twelve come out 12 % off in the median.
inline constexpr family_constants ampere_constants{
    .measured = true,
    .product = {{{2.78e-6, 0, 0.877, 0.799, 1.4, 50.7, 0.0132, 0.783, 2.212e5, 1, 0, 1, 0},
                 {8.985e-6, 0, 0.8435, 0.8601, 0.9732, 21.63, 0.01, 0.4079, 2.378e4, 0, 0, 1, 0},
                 {8.985e-6, 0, 0.8435, 0.8601, 0.9732, 21.63, 0.01, 0.4079, 2.378e4, 0, 0, 1, 0},
                 {8.985e-6, 0, 0.8435, 0.8601, 0.9732, 21.63, 0.01, 0.4079, 2.378e4, 0, 0, 1, 0},
                 {1.01e-5, 0, 0.871, 0.916, 1.44, 46, 0.117, 0.314, 0, 0, 0, 1, 0},
                 {8.985e-6, 0, 0.8435, 0.8601, 0.9732, 21.63, 0.01, 0.4079, 2.378e4, 0, 0, 1, 0}}},
    .prefill = {{{1.263e-5, 2.99e-7, 2.133, 0.5693, 1.2, 1, 300, 96, 0.3, 0.2},
                 {1.263e-5, 2.99e-7, 2.133, 0.5693, 1.2, 1, 300, 96, 0.3, 0.2},
                 {1.385e-5, 4.52e-7, 0.5, 0.6846, 1.2, 1, 300, 96, 0.3, 0.2},
                 {1.365e-5, 1.041e-6, 0.5, 0.6659, 1.2, 1, 300, 96, 0.3, 0.2}}},
    .decode = {{{1.156e-5, 3.661e-6, 67.46, 0.805, 7.868e-6, 1e6, 0.5, 16, 3.885e-17, 0, 8.8e-6, 1.4e-6, 14, 128, 0,
                 0.4, 0.1},
                {1.156e-5, 3.661e-6, 67.46, 0.805, 7.868e-6, 1e6, 0.5, 16, 3.885e-17, 0, 8.8e-6, 1.4e-6, 14, 128, 0,
                 0.4, 0.1},
                {1.23e-5, 1.228e-5, 115.7, 0.6049, 1e-7, 4e7, 0.327, 64, 0, 9.852e-11, 8.8e-6, 1.4e-6, 14, 1e9, 0, 0.4,
                 0.1},
                {1.226e-5, 1.228e-5, 1000, 0.5248, 1e-7, 4e7, 0.2979, 64, 0, 1.97e-10, 8.8e-6, 1.4e-6, 14, 1e9, 0, 0.4,
                 0.1}}},
    .expert = {{{5.574e-5, 0.7856, 0.95, 0, 1, 87.51, 1.897, 1.161, 3.841, 19.49},
                {2.493e-5, 0.3714, 0.95, 1.81e-5, 1, 0.5, 2.516, 1.288, 2.974, 60},
                {2.18e-5, 0.9388, 0.9364, 1.602e-6, 4537, 66.39, 0.943, 1.353, 5.283, 60},
                {3.131e-5, 0.6111, 0.95, 4.554e-5, 5000, 0.5, 4, 0.3, 1.55, 18.53},
                {5.646e-5, 0.3104, 0.95, 0, 414, 12.29, 0.894, 0.9531, 4.396, 1.938},
                {8.908e-5, 0.3686, 0.95, 0, 81.04, 25.29, 1.496, 0.9167, 4.628, 5.88},
                {1.591e-5, 0.4596, 0.95, 2.037e-5, 1.425, 73.76, 2.266, 1.473, 5.232, 3.598}}}};

// L40S. Assumed: FP4 products are weight-only ones; experts in NVFP4 and in FP4 by FP8 do as Blackwell's.
inline constexpr family_constants ada_constants{
    .measured = true,
    .product = {{{1.94e-6, 0, 0.602, 0.797, 0.182, 40.4, 0.0804, 0.35, 2.66e5, 0, 0.2099, 1, 0},
                 {1.94e-6, 9.71e-6, 0.585, 0.8, 0.212, 0.5, 0.796, 0.35, 2.5e5, 0, 0.2146, 0.85, 5},
                 {1.94e-6, 1.47e-6, 0.386, 0.8, 0.598, 0.5, 0.256, 0.35, 0, 0, 2.146, 0.85, 3},
                 {4.466e-6, 0, 0.7083, 0.8659, 0.2892, 22.75, 0.3118, 0.1234, 2.091e4, 0, 0.06609, 1, 0},
                 {5.19e-6, 0, 0.859, 0.84, 0.328, 43.9, 1, 0.262, 0, 0, 0.3704, 1, 0},
                 {4.466e-6, 0, 0.7083, 0.8659, 0.2892, 22.75, 0.3118, 0.1234, 2.091e4, 0, 0.06609, 1, 0}}},
    .prefill = {{{8.567e-6, 5.679e-7, 1.897, 0.4694, 1.2, 1, 300, 48, 1, 0.2},
                 {9.826e-6, 2.367e-6, 1.293, 0.3247, 1.2, 1, 300, 48, 1, 0.2},
                 {7.803e-6, 1.692e-6, 0.5, 0.6237, 1.2, 1, 300, 48, 1, 0.2},
                 {7.774e-6, 1.727e-6, 0.9846, 0.3074, 1.2, 1, 300, 48, 1, 0.2}}},
    .decode =
        {{{7.804e-6, 2.872e-6, 26.56, 0.7126, 2.36e-6, 4e7, 0.5, 16, 2.689e-17, 0, 6.922e-6, 9.689e-7, 8.647, 32, 1,
           0.6, 0.1},
          {9.178e-6, 3.324e-6, 28.39, 0.7175, 1.481e-5, 4e7, 0.5, 16, 0, 6.053e-11, 1.456e-5, 3.135e-6, 2.292, 32, 1,
           0.6, 0.1},
          {7.389e-6, 9.257e-6, 1000, 0.96, 1e-7, 4e7, 0.423, 64, 0, 6.418e-11, 8.8e-6, 1.4e-6, 14, 1e9, 0, 0.4, 0.1},
          {7.409e-6, 9.175e-6, 1000, 0.96, 1e-7, 4e7, 0.1476, 64, 0, 1.278e-10, 8.8e-6, 1.4e-6, 14, 1e9, 0, 0.4, 0.1}}},
    .expert = {{{1.252e-5, 0.4319, 0.8898, 0, 1, 87.51, 1.897, 1.161, 3.841, 19.49},
                {1.531e-5, 0.4535, 0.95, 0, 1, 0.5, 2.516, 1.288, 2.974, 60},
                {2.479e-5, 0.95, 0.7713, 0, 4537, 66.39, 0.943, 1.353, 5.283, 60},
                {3.131e-5, 0.6111, 0.95, 4.554e-5, 5000, 0.5, 4, 0.3, 1.55, 18.53},
                {8.058e-6, 0.4979, 0.8024, 0, 414, 12.29, 0.894, 0.9531, 4.396, 1.938},
                {1.589e-5, 0.4762, 0.9196, 0, 81.04, 25.29, 1.496, 0.9167, 4.628, 5.88},
                {1.591e-5, 0.4596, 0.95, 2.037e-5, 1.425, 73.76, 2.266, 1.473, 5.232, 3.598}}}};

// H100, H200. Assumed: FP4 products are weight-only ones; experts in NVFP4 and in FP4 by FP8 do as Blackwell's.
inline constexpr family_constants hopper_constants{
    .measured = true,
    .product = {{{2.61e-6, 0, 0.898, 0.795, 0.952, 14.9, 0.302, 0.365, 1.261e5, 0, 0.5056, 1, 0},
                 {2.61e-6, 9.81e-6, 0.825, 0.816, 1.13, 33.1, 0.196, 0.278, 6.024e4, 0, 0.268, 0.573, 5},
                 {2.61e-6, 1.77e-6, 0.66, 0.84, 1.95, 18.8, 0.404, 0.468, 0, 0, 0, 0.397, 3},
                 {8.484e-6, 0, 0.97, 0.941, 1.535, 64.78, 0.01, 0.4727, 2.997e4, 0, 0.06078, 1, 0},
                 {7.35e-6, 0, 0.535, 0.894, 2.08, 8.47, 0.125, 0.803, 0, 0, 0, 1, 0},
                 {8.484e-6, 0, 0.97, 0.941, 1.535, 64.78, 0.01, 0.4727, 2.997e4, 0, 0.06078, 1, 0}}},
    .prefill = {{{1.489e-5, 2.707e-6, 1.669, 0.7892, 1.2, 1, 300, 96, 0.3, 0.2},
                 {1.524e-5, 3.264e-6, 1.239, 0.6292, 1.08, 1, 512, 96, 0.3, 0.2},
                 {1.568e-5, 1.063e-7, 0.5, 0.9385, 1.2, 0.5, 300, 192, 0.3, 0.2},
                 {1.94e-5, 2.306e-6, 1.648, 0.5138, 1.2, 1, 300, 96, 0.3, 0.2}}},
    .decode = {{{8.394e-6, 3.867e-6, 20.01, 0.96, 1.879e-5, 4e7, 0.5, 16, 2.18e-17, 0, 7.218e-6, 1.4e-6, 14, 32, 1, 0.4,
                 0.1},
                {6.492e-6, 7.793e-7, 6.206, 0.9578, 1.325e-5, 4e7, 0.5, 16, 2.703e-17, 0, 8.653e-6, 1.4e-6, 14, 32, 1,
                 0.4, 0.1},
                {1.284e-5, 4.397e-6, 22.33, 0.96, 1.101e-5, 4e7, 0.8734, 16, 1.493e-18, 0, 8.8e-6, 1.4e-6, 14, 1e9, 0,
                 0.4, 0.1},
                {1.267e-5, 4.217e-6, 16.24, 0.8153, 1.198e-5, 4e7, 0.4408, 16, 2.829e-18, 0, 8.8e-6, 1.4e-6, 14, 1e9, 0,
                 0.4, 0.1}}},
    .expert = {{{2.774e-5, 0.6937, 0.95, 2.468e-6, 1, 87.51, 1.897, 1.161, 3.841, 19.49},
                {2.493e-5, 0.3714, 0.95, 1.81e-5, 1, 0.5, 2.516, 1.288, 2.974, 60},
                {2.18e-5, 0.9388, 0.9364, 1.602e-6, 4537, 66.39, 0.943, 1.353, 5.283, 60},
                {3.131e-5, 0.6111, 0.95, 4.554e-5, 5000, 0.5, 4, 0.3, 1.55, 18.53},
                {3.999e-5, 0.2545, 0.8222, 1.767e-6, 414, 12.29, 0.894, 0.9531, 4.396, 1.938},
                {8.908e-5, 0.3686, 0.95, 0, 81.04, 25.29, 1.496, 0.9167, 4.628, 5.88},
                {1.591e-5, 0.4596, 0.95, 2.037e-5, 1.425, 73.76, 2.266, 1.473, 5.232, 3.598}}}};

// B200, B300, GB200, GB300. Assumed: INT8 products do as on any other chip, weight-only ones as on Hopper.
inline constexpr family_constants blackwell_constants{
    .measured = true,
    .product = {{{1.96e-6, 0, 0.826, 0.747, 0.98, 48.7, 0.628, 0.509, 9.091e4, 0, 0.4192, 1, 0},
                 {1.96e-6, 1.16e-5, 0.825, 0.77, 1.12, 136, 0.01, 0.694, 7.519e4, 0, 0.2781, 0.473, 5},
                 {1.96e-6, 3.44e-6, 0.956, 0.782, 2.11, 70.8, 0.01, 0.689, 0, 0, 0.6849, 0.663, 3},
                 {1.96e-6, 5.253e-6, 0.7345, 0.5842, 3.069, 40.17, 0.01, 3, 0, 0, 0.6849, 0.3866, 2.562},
                 {7e-6, 0, 0.88, 0.78, 1.4, 40, 0.25, 0.45, 0, 0, 0, 1, 0},
                 {8.484e-6, 0, 0.97, 0.941, 1.535, 64.78, 0.01, 0.4727, 2.997e4, 0, 0.06078, 1, 0}}},
    .prefill = {{{1.49e-5, 2.45e-6, 2.523, 0.9003, 1.2, 1, 300, 96, 0.3, 0.2},
                 {1.515e-5, 2.213e-6, 2.256, 0.7698, 1.2, 1, 300, 96, 0.3, 0.2},
                 {1.463e-5, 2.115e-7, 0.5, 0.95, 1.2, 0.5, 300, 256, 0.3, 0.2},
                 {1.954e-5, 2.279e-6, 2.042, 0.7562, 1.2, 1, 300, 96, 0.3, 0.2}}},
    .decode = {{{1.078e-5, 1.362e-6, 11.46, 0.8918, 6.235e-7, 4e7, 0.5, 16, 3.335e-18, 0, 1.029e-5, 1.4e-6, 14, 32, 1,
                 0.4, 0.1},
                {1.115e-5, 1.102e-6, 11.31, 0.8526, 3.487e-7, 4e7, 0.5, 16, 6.094e-18, 0, 9.882e-6, 1.4e-6, 14, 32, 1,
                 0.4, 0.1},
                {9.881e-6, 4.794e-6, 94.98, 0.7404, 4.45e-6, 4e7, 0.95, 16, 5.284e-18, 0, 8.8e-6, 1.4e-6, 14, 1e9, 0,
                 0.4, 0.1},
                {9.033e-6, 3.447e-6, 24.42, 0.8163, 4.107e-6, 4e7, 0.8772, 16, 7.454e-18, 0, 8.8e-6, 1.4e-6, 14, 1e9, 0,
                 0.4, 0.1}}},
    .expert = {{{2.323e-5, 0.6075, 0.95, 1.017e-5, 1, 87.51, 1.897, 1.161, 3.841, 19.49},
                {2.428e-5, 0.3609, 0.95, 1.768e-5, 1, 0.5, 2.516, 1.288, 2.974, 60},
                {2.42e-5, 0.95, 0.7937, 1.271e-5, 4537, 66.39, 0.943, 1.353, 5.283, 60},
                {3.131e-5, 0.6111, 0.95, 4.554e-5, 5000, 0.5, 4, 0.3, 1.55, 18.53},
                {4.11e-5, 0.1251, 0.5641, 7.677e-7, 414, 12.29, 0.894, 0.9531, 4.396, 1.938},
                {3.251e-5, 0.1551, 0.3, 2.702e-5, 81.04, 25.29, 1.496, 0.9167, 4.628, 5.88},
                {1.591e-5, 0.4596, 0.95, 2.037e-5, 1.425, 73.76, 2.266, 1.473, 5.232, 3.598}}}};

// Any other chip: shares of the peak and of the bandwidth come from the chip (compute is beside that of 16-bit
// products, memory is not used). Latent prefill is a fit to all measured families, each counting alike. The rest is
// assumed: round figures between those of the families (products) and earlier fits to all of them (attention). Their
// medians on the measured chips: products 8 to 12 %, INT8 and weight-only 20 to 23 %; prefill 10 to 16 %; decode 15 to
// 19 %. Fits to three of the four families miss the fourth by 12 to 31 %, 13 to 22 % and 26 to 36 %: what to expect of
// a chip that nobody measured. Experts: Hopper's. No compute share exceeds that of 16-bit products, which is the
// chip's.
inline constexpr family_constants generic_constants{
    .measured = false,
    .product = {{{2.4e-6, 0, 0.88, 0.78, 1.05, 40, 0.25, 0.45, 1.429e5, 0, 0, 1, 0},
                 {2.4e-6, 1.05e-5, 0.836, 0.78, 1.15, 40, 0.25, 0.45, 6.667e4, 0, 0, 0.53, 5},
                 {2.4e-6, 2.5e-6, 0.792, 0.78, 2, 40, 0.25, 0.6, 0, 0, 0, 0.53, 3},
                 {2.4e-6, 5e-6, 0.6864, 0.6, 2.5, 40, 0.25, 3, 0, 0, 0, 0.39, 2.562},
                 {7e-6, 0, 0.88, 0.78, 1.4, 40, 0.25, 0.45, 0, 0, 0, 1, 0},
                 {7e-6, 0, 0.88, 0.78, 1.1, 40, 0.25, 0.4, 2.857e4, 0, 0, 1, 0}}},
    .prefill = {{{1.365e-5, 2.579e-6, 1.294, 0.5834, 1.415, 0.6252, 394.3, 96, 0.3, 0.2},
                 {1.365e-5, 2.579e-6, 1.294, 0.5834, 1.415, 0.6252, 394.3, 96, 0.3, 0.2},
                 {1.416e-5, 7.124e-7, 0.5, 0.88, 0.7747, 0.9205, 300, 96, 0.3, 0.2},
                 {1.579e-5, 2.856e-6, 0.7727, 0.716, 0.7747, 0.9205, 300, 96, 0.3, 0.2}}},
    .decode = {{{1.037e-5, 1.593e-6, 9.438, 0.7639, 7.746e-6, 4e7, 0.5, 16, 7.616e-18, 0, 8.8e-6, 1.4e-6, 14, 64, 0,
                 0.4, 0.1},
                {1.037e-5, 1.593e-6, 9.438, 0.7639, 7.746e-6, 4e7, 0.5, 16, 7.616e-18, 0, 8.8e-6, 1.4e-6, 14, 64, 0,
                 0.4, 0.1},
                {1.083e-5, 4.09e-6, 28.9, 0.8048, 5.597e-6, 4e7, 0.8268, 16, 5.114e-18, 0, 8.8e-6, 1.4e-6, 14, 64,
                 0, 0.4, 0.1},
                {1.083e-5, 4.09e-6, 28.9, 0.8048, 5.597e-6, 4e7, 0.8268, 16, 5.114e-18, 0, 8.8e-6, 1.4e-6, 14, 64,
                 0, 0.4, 0.1}}},
    .expert = {{{2.774e-5, 0.6937, 0.95, 2.468e-6, 1, 87.51, 1.897, 1.161, 3.841, 19.49},
                {2.493e-5, 0.3714, 0.95, 1.81e-5, 1, 0.5, 2.516, 1.288, 2.974, 60},
                {2.18e-5, 0.88, 0.9364, 1.602e-6, 4537, 66.39, 0.943, 1.353, 5.283, 60},
                {3.131e-5, 0.6111, 0.95, 4.554e-5, 5000, 0.5, 4, 0.3, 1.55, 18.53},
                {3.999e-5, 0.2545, 0.8222, 1.767e-6, 414, 12.29, 0.894, 0.9531, 4.396, 1.938},
                {8.908e-5, 0.3686, 0.95, 0, 81.04, 25.29, 1.496, 0.9167, 4.628, 5.88},
                {1.591e-5, 0.4596, 0.95, 2.037e-5, 1.425, 73.76, 2.266, 1.473, 5.232, 3.598}}}};

// The same on a chip without threads in blocks: a program of few cores streams the caches of a batch one after the other, and starts nothing for each.
inline constexpr family_constants dataflow_constants = [] {
  family_constants c = generic_constants;
  for (decode_constants& d : c.decode)
    d.stream = 0;
  return c;
}();

constexpr const family_constants& kernel_constants(family f) {
  switch (f) {
  case family::tpu:
  case family::trainium:
  case family::gaudi:
  case family::wafer_scale:
    return dataflow_constants;
  case family::ampere:
    return ampere_constants;
  case family::ada:
    return ada_constants;
  case family::hopper:
    return hopper_constants;
  case family::blackwell:
    return blackwell_constants;
  default:
    return generic_constants;
  }
}

}  // namespace layercake::chips
