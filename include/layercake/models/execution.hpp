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

// Bytes moved per value of 16 bit that an element-wise step handles, and kernels that it takes.
struct element_wise {
  double bytes, kernels;
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
};

// Reading and writing a value of 16 bit is 4 bytes. Eager, counted from the reference implementation (Hugging Face diffusers 0.30 to 0.35:
// normalization.py, embeddings.py apply_rotary_emb, transformer_flux.py):
//   norm            a layer norm (4), a product with the scale (4), a sum with the shift (4)
//   head_norm       a cast to 32 bit (6), a square (8), a mean (4), a product with the root (6), a cast back (6), a product with weights (4)
//   rotary          a copy of the halves turned (8), two casts to 32 bit (12), two products (16), a sum (12), a cast back (6)
//   gated_residual  a product with the gate (4), a sum (6)
// Frameworks run what casts, turns or repeats a factor without wide loads: its bytes count 4/3 (assumed). Compiled: each value is read once and
// written once; queries and keys are normalised, rotated and joined in one go, so that values alone, a third, are joined apart. Left out: what
// stays in the on-chip cache from one kernel to the next.
constexpr element_wise_steps steps_of(execution how) {
  constexpr double narrow = 4.0 / 3;
  if (how == execution::compiled) return {{4, 1}, {4, 1}, {4, 1}, {4.0 / 3, 1.0 / 3}, {4, 1}, {4, 1}, {6, 1}, {6, 1}};
  return {.norm = {4 + 8 * narrow, 3},
          .head_norm = {12 + 22 * narrow, 6},
          .rotary = {12 + 42 * narrow, 8},
          .join_heads = {4, 1},
          .join_results = {4, 1},
          .activation = {4, 1},
          .gated_residual = {6 + 4 * narrow, 2},
          .residual = {6, 1}};
}

// What queries and keys go through between their product and attention; per value of one of them.
constexpr element_wise head_steps(execution how, bool normalised, bool rotary) {
  const element_wise_steps s = steps_of(how);
  if (!normalised && !rotary) return {0, 0};
  if (how == execution::compiled) return normalised ? s.head_norm : s.rotary;
  return {(normalised ? s.head_norm.bytes : 0) + (rotary ? s.rotary.bytes : 0),
          (normalised ? s.head_norm.kernels : 0) + (rotary ? s.rotary.kernels : 0)};
}

// Share of the chip's roofline (its sustained FLOP/s and bytes/s) that a model reaches whose work is known by its totals alone. Assumed, near a
// convolutional denoiser: Stable Diffusion XL, 30 steps of 2 x 5.98 TFLOP and the decoder's 10, takes 3.31 s eager and 2.54 s compiled on an A100
// that sustains 271 TFLOP/s (Hugging Face diffusers, tutorial "Accelerate inference", 2024; FLOP of its benchmarks): 0.41 and 0.54.
constexpr double sustained_share(execution how) { return how == execution::compiled ? 0.54 : 0.41; }

}  // namespace layercake::models
