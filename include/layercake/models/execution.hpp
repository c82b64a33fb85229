// What the software that runs a model does with its element-wise operations, and how near to the roofline a model comes whose operations
// nobody has counted.
#pragma once

#include <layercake/core/operations.hpp>
#include <layercake/number/number.hpp>

namespace layercake::models {

// Eager: a framework launches each operation as a kernel of its own, which reads its operands from memory and writes its result there.
// Compiled: element-wise operations that follow each other are one kernel (torch.compile, TensorRT and their like).
enum class execution : unsigned char { eager, compiled };

constexpr const char* name(execution e) {
  switch (e) {
  case execution::eager:
    return "eager";
  case execution::compiled:
    return "compiled";
  }
  return "";
}

// What an element-wise step does for each value of 16 bit that it handles: bytes moved by kernels with wide loads, kernels that it takes, and
// passes of the value through kernels without wide loads (core/operations.hpp, narrow_traffic).
struct element_wise {
  double bytes, kernels, narrow = 0;

  friend constexpr element_wise operator+(const element_wise& a, const element_wise& b) {
    return {a.bytes + b.bytes, a.kernels + b.kernels, a.narrow + b.narrow};
  }
  friend constexpr element_wise operator*(double n, const element_wise& a) {
    return {n * a.bytes, n * a.kernels, n * a.narrow};
  }
};

// The element-wise steps of a block of a diffusion transformer.
struct element_wise_steps {
  element_wise norm;       // layer norm of the stream, scaled and shifted by the step's time; per value of the stream
  element_wise head_norm;  // root-mean-square norm of queries or keys; per value of one of them
  element_wise rotary;     // rotary embedding of queries or keys
  element_wise
      join_heads;  // copying queries, keys or values of two streams behind each other; per value of one of them
  element_wise
      join_results;  // copying the results of attention and of the inner layer beside each other; per value of either
  element_wise activation;      // per value of the inner layer
  element_wise gated_residual;  // the block's result times a gate, added to the stream
  element_wise residual;        // added without a gate
  element_wise head_mean;       // of a head_norm besides; per head
};

// Reading and writing a value of 16 bit is 4 bytes. Eager, the steps of the reference implementation (Hugging Face diffusers 0.30 to 0.35:
// normalization.py, embeddings.py apply_rotary_emb, transformer_flux.py), each timed alone with PyTorch 2.11 on an H100 and an H200, November
// 2026; what takes as long on both has no wide loads, and counts as so many of the simplest such pass, a product with a vector that repeats:
//   norm            a layer norm (4 bytes); a product with the scale, a sum with the shift (1 pass each)
//   head_norm       a cast to 32 bit of what lies strided (1.2), a square (8 bytes), a mean (105 passes a head), a product with the root of both
//                   widths (2), a cast back (6 bytes), a product with weights (1)
//   rotary          the halves turned (7 bytes and 1 pass), two casts and two products with angles that repeat (1.1 each), a sum (12 bytes), a cast
//                   back (6 bytes)
//   join_heads      a copy of what lies strided (2.1)
//   gated_residual  a product with the gate (1), a sum (6 bytes)
// Compiled: each value is read once and written once; queries and keys are normalised, rotated and joined in one go, so that values alone, a
// third, are joined apart. Left out: what stays in the on-chip cache from one kernel to the next.
constexpr element_wise_steps steps_of(execution how) {
  if (how == execution::compiled)
    return {{4, 1}, {4, 1}, {4, 1}, {4.0 / 3, 1.0 / 3}, {4, 1}, {4, 1}, {6, 1}, {6, 1}, {0, 0}};
  return {.norm = {4, 3, 2},
          .head_norm = {14, 6, 4.2},
          .rotary = {25, 8, 5.4},
          .join_heads = {0, 1, 2.1},
          .join_results = {4, 1},
          .activation = {4, 1},
          .gated_residual = {6, 2, 1},
          .residual = {6, 1},
          .head_mean = {0, 0, 105}};
}

// What queries and keys go through between their product and attention; per value of one of them.
constexpr element_wise head_steps(execution how, bool normalised, bool rotary) {
  const element_wise_steps s = steps_of(how);
  const element_wise none{0, 0};
  if (how == execution::compiled && normalised) return s.head_norm;
  return (normalised ? s.head_norm : none) + (rotary ? s.rotary : none);
}

// Share of the chip's roofline (its sustained FLOP/s and bytes/s) that a model reaches whose work is known by its totals alone. Assumed, near a
// convolutional denoiser: Stable Diffusion XL, 30 steps of 2 x 5.98 TFLOP and the decoder's 10, takes 3.31 s eager and 2.54 s compiled on an A100
// that sustains 271 TFLOP/s (Hugging Face diffusers, tutorial "Accelerate inference", 2024; FLOP of its benchmarks): 0.41 and 0.54.
constexpr double sustained_share(execution how) { return how == execution::compiled ? 0.54 : 0.41; }

}  // namespace layercake::models
