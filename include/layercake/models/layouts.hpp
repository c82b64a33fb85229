// Layers whose weights lie over the tensor ranks in two dimensions, or are gathered: what becomes of the operations of a pass.
#pragma once

#include <layercake/core/operations.hpp>
#include <layercake/models/split.hpp>
#include <numbers>

namespace layercake::models {

// How many of n tensor ranks the width of the stream is cut over in a two-dimensional layout; the inner widths are over the other n/X. What a
// feed-forward block of inner width f sends, (d/X + f X/n), is least at X = sqrt(n d/f); the power of two nearest to that.
// Source: Pope et al., Efficiently Scaling Transformer Inference, MLSys 2023, appendix A.2.1. Worked number: 64 ranks, f = 4 d: 4.
template <number T>
constexpr T ranks_of_width(const T& ranks, const T& width, const T& inner) {
  const T half_log = log(ranks * width / inner) * number_cast<T>(std::numbers::log2e / 2);
  return clamp(exp(floor(half_log + T(0.5)) * number_cast<T>(std::numbers::ln2)), T(1), ranks);
}

namespace detail {

// Hands on the operations of a pass over n plain tensor ranks as those of a layout of weights. A plain product is cut along its inner widths: n of
// [m, d] x [d, n], k of [m, k] x [k, d], d the width of the stream.
//   two_dimensional  [m, d/X] x [d/X, n X], whose results are scattered over X ranks;  [m, k X] x [k X, d/X], whose inputs are gathered over X;
//                    for the sum of a block, 1/X of it gathered before and scattered behind over the other n/X
//   gathered         [m/n, d] x [d, n n], [m/n, k n] x [k n, d] of weights that are gathered from all ranks, and no sums
// What is between the blocks is done on 1/n of it by every rank. Ranks of X are next to each other.
// Sources: Pope et al. 2023, sections 3.2.1 to 3.2.3, appendix A; Shazeer et al., Mesh-TensorFlow, 2018.
template <number T, class Visit>
class in_layout {
public:
  in_layout(Visit& visit, const split<T>& s, const T& width, const T& inner)
      : visit_(visit),
        gathers_(s.layout == weight_layout::gathered_batch_attention),
        ranks_(s.tensor),
        width_(width),
        across_(gathers_ ? T(1) : ranks_of_width(s.tensor, width, inner)) {}

  template <number S>
  void operator()(matrix_product<S> op, const T& times) {
    if (op.part == block::encoder) return visit_(op, times);
    const T rows = T(op.m * op.batch), columns = T(op.n), inner = T(op.k);
    const auto back = columns == width_;  // to the stream
    const T into = where(back, T(1), ranks_), out = where(back, ranks_, T(1));
    if (gathers_) {
      collective<T> weights = over(exchange::all_gather, ranks_, T(1), op.part);
      weights.bytes = inner * columns * T(op.batch) * ranks_ * number_cast<T>(op.weight_bytes) * units::byte;
      weights.of_weights = true;
      visit_(weights, times);
      op.m = op.m / ranks_, op.n = op.n * into, op.k = op.k * out;
      return visit_(op, times);
    }
    collective<T> activations = over(exchange::all_gather, across_, T(1), op.part);
    activations.bytes = rows * inner * across_ * T(2) * units::byte;
    visit_(activations, where(back, times, T(0)));
    op.n = op.n * where(back, T(1) / across_, across_), op.k = op.k * where(back, across_, T(1) / across_);
    visit_(op, times);
    activations.kind = exchange::reduce_scatter;
    activations.bytes = rows * columns * across_ * T(2) * units::byte;
    visit_(activations, where(back, T(0), times));
  }
  template <number S>
  void operator()(memory_traffic<S> op, const T& times) {
    if (op.replicated) op.moved = op.moved / ranks_, op.replicated = false;
    visit_(op, times);
  }
  template <number S>
  void operator()(const collective<S>& op, const T& times) {
    if (op.group != communicator::tensor || op.kind == exchange::all_to_all) return visit_(op, times);
    if (gathers_) return;
    if (op.kind != exchange::all_reduce) return visit_(op, times);
    collective<T> part = over(exchange::all_gather, ranks_ / across_, across_, op.part);
    part.bytes = op.bytes / across_;
    visit_(part, times);
    part.kind = exchange::reduce_scatter;
    visit_(part, times);
  }
  template <class Operation>
  void operator()(const Operation& op, const T& times) {
    visit_(op, times);
  }

private:
  static collective<T> over(exchange kind, const T& ranks, const T& stride, block part) {
    return {.kind = kind, .bytes = {}, .ranks = ranks, .stride = stride, .part = part};
  }
  Visit& visit_;
  bool gathers_;
  T ranks_, width_, across_;
};

}  // namespace detail
}  // namespace layercake::models
