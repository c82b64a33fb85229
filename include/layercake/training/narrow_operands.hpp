// What it takes to multiply in fewer than 16 bit in training: operands that are made narrow, and what is sent narrow.
#pragma once

#include <layercake/training/chip.hpp>
#include <layercake/training/plan.hpp>

namespace layercake::detail {

// Bytes of memory traffic to make a value narrow, of b bytes with its scale, from 16 bit. A product reads its operands along its inner dimension.
// Every operand is one of two products, the forward product or the input's gradient and the weights' gradient, along one dimension in the one and
// along the other in the other:
//   delayed     2 + b            read, the largest value found on the way, and written
//               + b              where products read along one dimension alone: transposed in the same kernel
//   tensorwise  2 more           read before, for the largest value
//   blocks      2 + 2 b          scales differ with the dimension: written both ways in one kernel (blockwise, MXFP8, FP4)
//   NVFP4       2 more           the scale of the tensor, which lies over those of its blocks
//   rowwise     (2 + b) + (4 + b)  a row stays on the chip while its largest value is found, a column does not
// Leaves out: casts that the kernel before does (norms of Transformer Engine), copies of scales. Sources: NVIDIA, Transformer Engine, user guide,
// low-precision training: "FP8 Delayed Scaling" (one read instead of two), "FP8 Current Scaling", "Performance Considerations" (transposes on
// Hopper, none on Blackwell), "MXFP8"; torchao, float8/config.py and float8_linear.py (rowwise: six casts a linear layer). Worked number: FP8 on an
// H100: delayed 4 bytes, tensorwise 6, rowwise 8.
constexpr double narrowing_bytes(scaling_recipe recipe, precision math, bool either_way) {
  constexpr double read = training_counts::weight;
  const double written = bytes_per_value(math);
  if (math == precision::nvfp4) return 2 * read + 2 * written;
  if (chips::class_of(math, math) != chips::product_class::fp8) return read + 2 * written;
  switch (recipe) {
  case scaling_recipe::delayed:
    return read + written * (either_way ? 1 : 2);
  case scaling_recipe::tensorwise:
    return 2 * read + written * (either_way ? 1 : 2);
  case scaling_recipe::rowwise:
    return 3 * read + 2 * written;
  case scaling_recipe::blockwise:
    return read + 2 * written;
  }
  return 0;
}

// Of a plan on a chip; of one that multiplies in 16 bit or wider nothing is made narrow, and all is sent in 16 bit.
//   weights    are made narrow once a step, or in every micro-batch
//   gathered   what tensor ranks gather is made narrow before it is sent, unless its scales are of rows (Transformer Engine, module/linear.py;
//              torchtitan, docs/float8.md): every rank is taken to make all of it narrow, as it has to transpose it; sums are sent in 16 bit
//   result     with scales of rows, of products that sum exactly, the backward ones: torchao has the kernel of whole tensors do them, and reads and
//              writes the result once more (pytorch/ao, pull request 1325, and issue 2184)
//   sharded    weights of torchao with one scale for a tensor, likewise, where FSDP gathers them: then only the transposed copy is left
template <number T>
struct narrow_operands {
  precision kernel{};  // as which products are timed
  bool any = false;
  T operand{}, weight{};                     // bytes of traffic of a value, of a weight in a micro-batch
  T result{};                                // of a result of the backward products, which is scaled behind them
  T gathered{};                              // bytes of a value between tensor ranks over those in 16 bit
  double sharded = training_counts::weight;  // bytes of a weight between ranks that share it
};

template <number T>
constexpr narrow_operands<T> narrow_operands_of(const basic_training_plan<T>& p, bool either_way) {
  narrow_operands<T> n{.kernel = p.math, .any = chips::is_narrow(p.math), .gathered = T(1)};
  if (!n.any) return n;
  const basic_training_software<T>& software = p.software;
  const bool fp8 = p.math == precision::fp8, rows = fp8 && software.scaling == scaling_recipe::rowwise;
  if (fp8 && software.scaling == scaling_recipe::blockwise) n.kernel = precision::mxfp8;
  const double value = bytes_per_value(n.kernel), each = narrowing_bytes(software.scaling, n.kernel, either_way);
  n.operand = number_cast<T>(each);
  n.weight = software.recasts_weights ? n.operand : n.operand / p.micro_batches();
  if (rows)
    n.result = number_cast<T>(2 * training_counts::weight);
  else
    n.gathered = number_cast<T>(value / training_counts::weight);
  if (software.recasts_weights && fp8 && software.scaling == scaling_recipe::tensorwise &&
      p.sharding == sharding::full) {
    n.sharded = value;
    n.weight = number_cast<T>(either_way ? 0 : 2 * value);
  }
  return n;
}

}  // namespace layercake::detail
