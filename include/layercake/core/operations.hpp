// The words between models, chips and networks: what is to be computed, moved or exchanged. A model says which operations a step consists
// of; a chip says how long each takes; FLOP and bytes are counted from the same operations.
#pragma once

#include <algorithm>
#include <layercake/number/precision.hpp>
#include <layercake/units/named.hpp>
#include <limits>

namespace layercake {

// Which block of a model an operation belongs to. Layers repeat: what is in them occurs once for each layer that has such
// a block. What is outside occurs once a pass, what belongs to an encoder once a call, whatever passes its prompt takes.
//   layer      in every layer: attention, or what stands in its place
//   dense      the feed-forward block of layers without experts
//   mixture    the feed-forward block of layers with experts, router and shared experts included
//   encoder    images or sound before the first layer, and keys and values that layers take of them
//   embedding  the look-up before the first layer
//   head       the output matrix behind the last, and in training the loss
//   adapter    the narrow products beside frozen weights of the layers, and what adds their results
enum class block : unsigned char { layer, dense, mixture, encoder, embedding, head, adapter };

// A piece of work by its totals, for a roofline: FLOP at a precision, and bytes to and from memory. `sustained` is the share of that
// roofline that the kernels behind the totals reach, 0 to 1: the work takes its time by the roofline over it.
template <number T = double>
struct work {
  quantity<unit::flop, T> flop;
  quantity<unit::byte, T> bytes;
  precision math = precision::bf16;
  T sustained = T(1);

  work totals() const { return *this; }
};

// `batch` independent products Y[m,n] = X[m,k] W[k,n]; one multiply-add is 2 FLOP. Bytes per value of each operand are given apart because
// weights, activations and results are stored in different formats.
//   flop = 2 m n k batch;   bytes = batch (input m k + weight k n + output m n)
// Worked number: five products [2,4] x [4,3] with 2, 1 and 4 bytes a value: 240 FLOP, 260 bytes.
template <number T = double>
struct matrix_product {
  T m, n, k;
  T batch = T(1);
  precision math = precision::bf16;
  precision weights =
      precision::bf16;  // format in which W is stored; narrower than `math` for weight-only quantisation
  double weight_bytes = 2, input_bytes = 2, output_bytes = 2;
  block part = block::layer;

  quantity<unit::flop, T> flop() const { return T(2) * m * n * k * batch * units::flop; }
  quantity<unit::byte, T> bytes() const {
    return (number_cast<T>(input_bytes) * m * k + number_cast<T>(weight_bytes) * k * n +
            number_cast<T>(output_bytes) * m * n) *
           batch * units::byte;
  }
  work<T> totals() const { return {flop(), bytes(), math}; }
};

// How the FLOP of attention are counted, in utilisations for instance: `causal` the positions that a query sees; `full` as
// if no position inside its reach were masked, which is twice as much for long sequences (Megatron; PaLM, Chowdhery et
// al. 2022, appendix B). Windows and blocks of positions bound the reach in both.
enum class attention_flop : unsigned char { causal, full };

// Scaled dot-product attention of `queries` new positions a sequence over `context` positions (the new ones included), softmax inside.
// Causal: position i sees the context before it and itself, or the last `window` of it (0: all). Not causal: every query sees all of the
// context, which may also be another sequence (cross-attention) and shorter than the queries.
template <number T = double>
struct attention_product {
  T sequences, queries, context;
  T heads, key_heads;        // query heads, key-value heads
  T key_width, value_width;  // per head
  T window = T(0);
  bool causal = true;
  bool latent = false;  // keys and values are one shared latent vector (absorbed multi-head latent attention)
  // By a kernel that is not written for the chip but for the instructions of an earlier one, as frameworks bring it along.
  bool ported = false;
  precision math = precision::bf16;
  double cache_bytes = 2, activation_bytes = 2;

  // Mean number of positions that one query sees: sum over i = 1..queries of min(before + i, window), over queries.
  T visible() const {
    const T reach = where(window > T(0), min(window, context), context);
    const T before = context - queries;
    const T growing = clamp(reach - before, T(0), queries);  // queries that see fewer than `reach`
    const T sum = growing * (before + (growing + T(1)) * T(0.5)) + (queries - growing) * reach;
    return causal ? sum / queries : reach;
  }
  quantity<unit::flop, T> flop() const { return flop_over(visible()); }
  // By a convention; `full` lets every query see all of its reach.
  quantity<unit::flop, T> flop(attention_flop how) const {
    return how == attention_flop::causal ? flop() : flop_over(where(window > T(0), min(window, context), context));
  }
  // Keys and values once a sequence, queries in, results out.
  quantity<unit::byte, T> bytes() const {
    const T span = where(window > T(0), min(context, window + queries), context);
    const T entry = latent ? key_width : key_width + value_width;
    return sequences *
           (number_cast<T>(cache_bytes) * span * key_heads * entry +
            number_cast<T>(activation_bytes) * queries * heads * (key_width + value_width)) *
           units::byte;
  }
  work<T> totals() const { return {flop(), bytes(), math}; }

private:
  quantity<unit::flop, T> flop_over(const T& positions) const {
    return T(2) * sequences * queries * heads * positions * (key_width + value_width) * units::flop;
  }
};

// A recurrence of linear attention or of a state-space model over `queries` new positions of each sequence: a state of [key width, value width]
// for each head is read by queries and written by keys and values, the former shared by the heads of a group. Several positions go in chunks of c
// positions: inside a chunk as attention, between chunks through the state.
//   flop = s q (4 h w v + 2 (c - 1) (k w + h v)) [+ s q (2 h w v + 2 (c - 1) h (w + v)) with delta];  c = min(chunk, q)
// with s sequences, q queries, h heads, k key heads, w key width, v value width.
//   bytes = s (2 state bytes h w v (q / c) + activation bytes q (2 h v + 2 k w))
// Source: Dao, Gu 2024 (Mamba-2), section 6; Yang et al. 2024 (parallel DeltaNet), section 3.2. Worked number: one position, one head of
// 128 x 64: 4 x 8192 = 32 768 FLOP.
template <number T = double>
struct state_scan {
  T sequences, queries;
  T heads, key_heads;
  T key_width, value_width;
  T chunk = T(256);
  bool delta = false;  // what a key held is taken out of the state before its value is written
  precision math = precision::bf16;
  T state_bytes = T(4);
  double activation_bytes = 2;

  T positions_at_once() const { return max(min(chunk, queries), T(1)); }
  quantity<unit::flop, T> flop() const {
    const T inside = T(2) * (positions_at_once() - T(1)), state = heads * key_width * value_width;
    const T plain = T(4) * state + inside * (key_heads * key_width + heads * value_width);
    const T erased = delta ? T(2) * state + inside * heads * (key_width + value_width) : T(0);
    return sequences * queries * (plain + erased) * units::flop;
  }
  quantity<unit::byte, T> bytes() const {
    const T state = T(2) * state_bytes * heads * key_width * value_width * (queries / positions_at_once());
    const T moved = number_cast<T>(activation_bytes) * queries * T(2) * (heads * value_width + key_heads * key_width);
    return sequences * (state + moved) * units::byte;
  }
  work<T> totals() const { return {flop(), bytes(), math}; }
};

// The routed feed-forward of a mixture of experts on one rank: `tokens` tokens, each sent to `active` of `experts` experts, of which this rank
// holds 1 / `ranks`; `matrices` matrices [hidden, width] per expert (3 gated, 2 not).
template <number T = double>
struct expert_product {
  T tokens, hidden, width, experts, active;
  T ranks = T(1);
  T matrices = T(3);
  precision math = precision::bf16;
  precision weights = precision::bf16;
  double weight_bytes = 2, activation_bytes = 2;

  // Expected number of distinct experts that `tokens` tokens reach under uniform routing: E (1 - (1 - k/E)^tokens), on this rank.
  // Worked number: 3 tokens, 2 of 8 experts, one rank: 8 (1 - 0.75^3) = 4.625.
  T distinct() const {
    using scalar = scalar_of_t<T>;
    // Keeps the logarithm finite where every expert is active; in float 1 - 1e-12 would be 1.
    constexpr scalar nearly_all = 1 - (std::max)(scalar(1e-12), std::numeric_limits<scalar>::epsilon());
    const T missed = exp(tokens * log1p(-min(active / experts, number_cast<T>(nearly_all))));
    return experts / ranks * (T(1) - missed);
  }
  quantity<unit::flop, T> flop() const {
    return T(2) * matrices * tokens * active / ranks * hidden * width * units::flop;
  }
  quantity<unit::byte, T> bytes() const {
    const T routed = tokens * active / ranks;
    return (number_cast<T>(weight_bytes) * distinct() * matrices * hidden * width +
            number_cast<T>(activation_bytes) * routed * (T(2) * hidden + matrices * width)) *
           units::byte;
  }
  work<T> totals() const { return {flop(), bytes(), math}; }
};

// Element-wise work and normalisation: memory traffic alone, in `kernels` launches.
template <number T = double>
struct memory_traffic {
  quantity<unit::byte, T> moved;
  T kernels = T(1);
  bool replicated =
      false;  // between the blocks, the same on every tensor-parallel rank: sequence parallelism splits it
  block part = block::layer;

  quantity<unit::flop, T> flop() const { return T(0) * units::flop; }
  quantity<unit::byte, T> bytes() const { return moved; }
  work<T> totals() const { return {flop(), moved, precision::fp32}; }
};

// Element-wise kernels without wide loads, as frameworks run what repeats an operand along a dimension or finds it strided: each value takes its
// time on the multiprocessors, whatever the memory's rate.
template <number T = double>
struct narrow_traffic {
  T values;  // of 16 bit, each read and written

  quantity<unit::flop, T> flop() const { return T(0) * units::flop; }
  quantity<unit::byte, T> bytes() const { return values * T(4) * units::byte; }
  work<T> totals() const { return {flop(), bytes(), precision::fp32}; }
};

// An exchange between `ranks` chips; `bytes` is the whole buffer as nccl-tests counts it: the gathered result, the scattered input, the
// reduced vector; for point_to_point the message.
enum class exchange : unsigned char { all_reduce, all_gather, reduce_scatter, all_to_all, point_to_point };

// The ranks that exchange: those that share every layer, the positions of a sequence, the experts of a layer, or the
// layers of a model one stage after the other.
enum class communicator : unsigned char { tensor, context, expert, pipeline };

template <number T = double>
struct collective {
  exchange kind = exchange::all_reduce;
  quantity<unit::byte, T> bytes;
  T ranks = T(1);
  T stride =
      T(1);  // chips between neighbours of the group: tensor-parallel groups stride 1, data-parallel groups further
  communicator group = communicator::tensor;
  T copies = T(1);  // experts that every vector of an all_to_all is sent to: several behind one slow link get it once
  block part = block::layer;
  bool of_weights = false;  // the same however many tokens pass
};

}  // namespace layercake
