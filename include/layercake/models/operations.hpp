// The operations of a pass of a transformer: dense and mixture-of-experts feed-forward, multi-head, grouped-query, multi-query and multi-head latent
// attention, full, sliding and chunked.
//
// A pass is a stream of operations (core/operations.hpp) handed to a visitor; FLOP, bytes and time, in serving and in
// training, are all taken from that one stream.
#pragma once

#include <layercake/core/operations.hpp>
#include <layercake/models/storage.hpp>

namespace layercake::models {

namespace detail {
// What one chip of a split has of a pass; divided once, every operation multiplies.
template <number T>
struct chip_pass {
  const basic_transformer<T>& model;
  const formats& format;
  const pass<T>& run;
  const split<T>& cut;
  T tensor, context;  // 1 / ranks
  T tokens, heads, key_heads;

  constexpr chip_pass(const basic_transformer<T>& x, const formats& f, const pass<T>& p, const split<T>& s)
      : model(x),
        format(f),
        run(p),
        cut(s),
        tensor(T(1) / s.tensor),
        context(T(1) / s.context),
        tokens(p.sequences * p.queries * context),
        heads(x.heads * tensor),
        key_heads(local_key_heads(x, s.tensor)) {}
};

template <number T>
constexpr matrix_product<T> product(const formats& f, block part, const T& m, const T& k, const T& n,
                                    const T& batch = T(1)) {
  return {.m = m,
          .n = n,
          .k = k,
          .batch = batch,
          .math = f.math,
          .weights = f.weights,
          .weight_bytes = f.weight_bits / 8,
          .input_bytes = f.activation_bits / 8,
          .output_bytes = 2,
          .part = part};
}

// Reading the sum of the blocks so far and writing it with another block's result, reading that and writing it
// normalised: 4 accesses of 2 bytes a value.
inline constexpr double residual_and_norm = 8;

template <number T>
constexpr memory_traffic<T> norm(const T& tokens, const T& width, block part) {
  return {.moved = tokens * width * T(residual_and_norm) * units::byte, .replicated = true, .part = part};
}
// The sum over tensor-parallel ranks behind a block, in 16 bit.
template <number T>
constexpr collective<T> sum_of_block(const T& tokens, const T& width, const T& ranks, block part) {
  return {.kind = exchange::all_reduce, .bytes = tokens * width * T(2) * units::byte, .ranks = ranks, .part = part};
}

// The sum behind a feed-forward block. Groups that attend to sequences of their own need but their own part of it: it is scattered over all
// ranks and gathered inside each group.
template <number T, class Visit>
constexpr void sum_of_feed_forward(const T& tokens, const T& width, const split<T>& s, block part, const T& times,
                                   Visit&& visit) {
  const auto summed = sum_of_block(tokens, width, s.tensor, part);
  const auto apart = s.attention_data > T(1);
  if (!may_hold(apart)) {
    visit(summed, times);
    return;
  }
  visit(summed, where(apart, T(0), times));
  auto scattered = summed, gathered = summed;
  scattered.kind = exchange::reduce_scatter;
  gathered.kind = exchange::all_gather;
  gathered.bytes = summed.bytes / s.attention_data;
  gathered.ranks = s.attention_tensor();
  visit(scattered, where(apart, times, T(0)));
  visit(gathered, where(apart && gathered.ranks > T(1), times, T(0)));
}

// An operation that a model does not have occurs 0 times; its sizes are 1, so that no law divides by zero.
template <number T>
constexpr T or_one(const T& x) {
  return where(x > T(0), x, T(1));
}
// Plain numbers need not even look at it. A derivative, or a lane of a batch, has to.
template <number T>
constexpr bool absent(const T& times) {
  if constexpr (real<T>) return !(times > T(0));
  return false;
}
}  // namespace detail

// The attention of one layer on one chip, of positions in sequences of a pass. Sequences rather than positions are spread over context ranks: each
// rank has the same share of early and late positions (zig-zag order), so the mean that a query sees does not change.
// Chunked: the new tokens fall into `queries / window` blocks, each of which sees itself; where a single query falls in its block is not known, so
// it sees half a block on average.
template <number T>
constexpr attention_product<T> attention_core(const detail::chip_pass<T>& c, const T& window) {
  const basic_transformer<T>& x = c.model;
  const formats& f = c.format;
  const pass<T>& p = c.run;
  attention_product<T> core{.sequences = p.sequences * c.context,
                            .queries = p.queries,
                            .context = p.context,
                            .heads = c.heads,
                            .key_heads = c.key_heads,
                            .key_width = x.query_key_width(),
                            .value_width = x.head_value_width(),
                            .window = window,
                            .causal = true,
                            .math = f.cache_bits <= 8 && bits(f.math) < 16 ? precision::fp8
                                    : bits(f.math) < 16                    ? precision::bf16
                                                                           : f.math,
                            .cache_bytes = p.phase == phase::training ? 2 : f.cache_bits / 8};
  if (x.chunked) {
    const auto beyond = (window > T(0)) && (p.context > window);
    const T blocks = where(beyond, max(p.queries / detail::or_one(window), T(1)), T(1));
    core.sequences = core.sequences * blocks;
    core.queries = p.queries / blocks;
    core.context = where(beyond, (window + core.queries) * T(0.5), p.context);
    core.window = T(0);
  }
  return core;
}

namespace detail {
// The projections and the core of latent attention. Returns the core as it was computed.
template <number T, class Visit>
constexpr attention_product<T> latent_attention(const chip_pass<T>& c, attention_product<T> core, const T& times,
                                                Visit&& visit) {
  constexpr block part = block::layer;
  const basic_transformer<T>& x = c.model;
  const formats& f = c.format;
  const pass<T>& p = c.run;
  const T& tokens = c.tokens;
  const T& heads = c.heads;
  const T query = heads * (x.plain_width + x.rotary_width);
  const auto compressed = x.query_rank > T(0);
  visit(product(f, part, tokens, x.width, where(compressed, x.query_rank, query) + x.latent_rank + x.rotary_width),
        times);
  visit(product(f, part, tokens, or_one(x.query_rank), query), where(compressed, times, T(0)));
  if (p.phase ==
      phase::decode) {  // keys and values stay compressed; their up-projections are absorbed into queries and results
    visit(product(f, part, tokens, x.plain_width, x.latent_rank, heads), times);
    core.key_heads = T(1);
    core.key_width = x.latent_rank + x.rotary_width;
    core.value_width = x.latent_rank;
    core.latent = true;
    visit(core, times);
    visit(product(f, part, tokens, x.latent_rank, x.value_width, heads), times);
  } else {  // every position that is seen is expanded, cached ones too
    visit(product(f, part, p.sequences * p.context * c.context, x.latent_rank, heads * (x.plain_width + x.value_width)),
          times);
    core.key_heads = heads;
    core.cache_bytes = 2;
    visit(core, times);
  }
  visit(product(f, part, tokens, heads * x.value_width, x.width), times);
  return core;
}

template <number T, class Visit>
constexpr void grouped_attention(const chip_pass<T>& c, const attention_product<T>& core, const T& times,
                                 Visit&& visit) {
  constexpr block part = block::layer;
  const basic_transformer<T>& x = c.model;
  const formats& f = c.format;
  const T& tokens = c.tokens;
  const T& heads = c.heads;
  const T wide = (heads + T(2) * core.key_heads) * x.head_width;
  visit(product(f, part, tokens, x.width, wide), times);
  visit(memory_traffic<T>{.moved = tokens * wide * T(4) * units::byte}, times);  // rotary embedding and cache write
  visit(core, times);
  visit(product(f, part, tokens, heads * x.head_width, x.width), times);
}

// Values that context ranks gather of one layer: results of decode, where each rank attends to its own part of the cache;
// otherwise keys and values of all positions, of latent attention compressed or, in training, as each rank expanded them.
template <number T>
constexpr T gathered_values(const chip_pass<T>& c, const attention_product<T>& core) {
  if (c.run.phase == phase::decode) return c.run.sequences * c.heads * core.value_width;
  const T each = c.run.phase == phase::training && c.model.kind == attention::latent
                     ? core.key_heads * (core.key_width + core.value_width)
                     : cache_values_per_token(c.model, c.cut.tensor);
  return core.sequences * c.cut.context * core.context * each;
}
}  // namespace detail

namespace detail {
// The same of the ranks that share the attention of a sequence.
template <number T, class Visit>
constexpr void attention_of_group(const chip_pass<T>& c, const T& window, const T& times, Visit&& visit) {
  visit(detail::norm(c.tokens, c.model.width, block::layer), times);
  attention_product<T> core = attention_core(c, window);
  if (c.model.kind == attention::latent) {
    core = detail::latent_attention(c, core, times, visit);
  } else {
    detail::grouped_attention(c, core, times, visit);
  }
  const T gathered = detail::gathered_values(c, core);
  visit(collective<T>{.kind = exchange::all_gather,
                      .bytes = gathered * T(2) * units::byte,
                      .ranks = c.cut.context,
                      .stride = c.cut.tensor,
                      .group = communicator::context},
        where(c.cut.context > T(1), times, T(0)));
  visit(detail::sum_of_block(c.tokens, c.model.width, c.cut.tensor, block::layer), c.model.parallel ? T(0) : times);
}
}  // namespace detail

// Attention of one layer on one chip, with a window or (0) without: projections, cache update, the attention itself, output projection and the
// exchanges of a context- and of a tensor-parallel group. Where it is data-parallel over groups of the tensor ranks, each group has its share of
// the sequences, and the others' results are gathered behind it.
template <number T, class Visit>
constexpr void attention_operations(const detail::chip_pass<T>& c, const T& window, const T& times, Visit&& visit) {
  if (detail::absent(times)) return;
  if (!may_hold(c.cut.attention_data > T(1))) {
    detail::attention_of_group(c, window, times, visit);
    return;
  }
  pass<T> own = c.run;
  own.sequences = own.sequences / c.cut.attention_data;
  split<T> group = c.cut;
  group.tensor = c.cut.attention_tensor();
  group.attention_data = T(1);
  detail::attention_of_group(detail::chip_pass<T>(c.model, c.format, own, group), window, times, visit);
  visit(collective<T>{.kind = exchange::all_gather,
                      .bytes = c.tokens * c.model.width * T(2) * units::byte,
                      .ranks = c.cut.attention_data,
                      .stride = group.tensor},
        where(c.cut.attention_data > T(1), times, T(0)));
}

// The feed-forward block of a dense layer on one chip.
template <number T, class Visit>
constexpr void dense_operations(const detail::chip_pass<T>& c, const T& times, Visit&& visit) {
  if (detail::absent(times)) return;
  const basic_transformer<T>& x = c.model;
  const formats& f = c.format;
  const T& tokens = c.tokens;
  constexpr block part = block::dense;
  const T local = detail::or_one(x.feed_forward) * c.tensor;
  visit(detail::norm(tokens, x.width, part), times);
  visit(detail::product(f, part, tokens, x.width, (x.matrices() - T(1)) * local), times);
  visit(memory_traffic<T>{.moved = tokens * local * T(2) * x.matrices() * units::byte, .part = part}, times);
  visit(detail::product(f, part, tokens, local, x.width), times);
  detail::sum_of_feed_forward(tokens, x.width, c.cut, part, times, visit);
}

// The feed-forward block of a mixture layer on one chip: router, dispatch, routed experts, shared experts, combine. Experts are spread over
// `split::expert` chips, each of which brings its own tokens; a tensor-parallel group sends each token once.
template <number T, class Visit>
constexpr void mixture_operations(const detail::chip_pass<T>& c, const T& times, Visit&& visit) {
  if (detail::absent(times)) return;
  const basic_transformer<T>& x = c.model;
  const formats& f = c.format;
  const split<T>& s = c.cut;
  const T& tokens = c.tokens;
  constexpr block part = block::mixture;
  const T experts = detail::or_one(x.experts);
  visit(detail::norm(tokens, x.width, part), times);
  visit(detail::product(f, part, tokens, x.width, experts), times);
  // What one rank sends: dispatched in the format of activations, combined in 16 bit.
  const T active = where(x.experts > T(0), x.active_experts, T(1));
  const auto routed = tokens * x.active_experts * x.width * c.tensor * units::byte;
  const T exchanged = where(s.expert > T(1), times, T(0));
  collective<T> sent{.kind = exchange::all_to_all,
                     .bytes = routed * stored_bytes<T>(f.activation_bits),
                     .ranks = s.expert,
                     .stride = s.tensor,
                     .group = communicator::expert,
                     .copies = active,
                     .part = part};
  visit(sent, exchanged);
  visit(expert_product<T>{.tokens = tokens * s.expert,
                          .hidden = x.width,
                          .width = detail::or_one(x.expert_width) * c.tensor,
                          .experts = experts,
                          .active = active,
                          .ranks = s.expert,
                          .matrices = x.matrices(),
                          .math = f.math,
                          .weights = f.expert_weights,
                          .weight_bytes = f.expert_weight_bits / 8,
                          .activation_bytes = f.activation_bits / 8},
        times);
  sent.bytes = routed * T(2);
  visit(sent, exchanged);
  const T shared = where(x.shared_experts > T(0), times, T(0));
  if (!detail::absent(shared)) {
    const T inner = detail::or_one(x.shared_experts * x.shared_expert_width) * c.tensor;
    visit(detail::product(f, part, tokens, x.width, (x.matrices() - T(1)) * inner), shared);
    visit(detail::product(f, part, tokens, inner, x.width), shared);
  }
  detail::sum_of_feed_forward(tokens, x.width, s, part, times, visit);
}

namespace detail {
// The output matrix, kept in 16 bit by software that quantises the rest, and what comes of it.
template <number T, class Visit>
constexpr void output_operations(const chip_pass<T>& c, Visit&& visit) {
  const basic_transformer<T>& x = c.model;
  const formats& f = c.format;
  formats head = f;
  head.math = head.weights = bits(f.math) < 16 ? precision::bf16 : f.math;
  head.weight_bits = head.activation_bits = f.embedding_bits;
  const T rows = c.run.phase == phase::prefill ? c.run.sequences : c.tokens;
  visit(product(head, block::head, rows, x.width, x.vocabulary * c.tensor), T(1));
  const T returned = rows * x.vocabulary * T(2);
  visit(
      collective<T>{
          .kind = exchange::all_gather, .bytes = returned * units::byte, .ranks = c.cut.tensor, .part = block::head},
      c.run.phase == phase::training ? T(0) : T(1));
}
}  // namespace detail

// Every operation of a pass on one chip, in the order of execution, over all layers: a pipeline of `split::pipeline`
// stages does them one stage after the other. visit(operation, times): the operation occurs `times` times. Operations say
// which block they belong to, exchanges among which ranks they are, traffic whether every tensor rank repeats it. A
// training pass also has one message from a stage to the next; keys and values of latent attention go between context
// ranks expanded, and it is the forward pass alone: what the backward pass is made of, training/layer_times.hpp says.
// FLOP of a prefill of s tokens by a dense model of P parameters, embeddings untied:
//   2 (P - 2 V d) s + 2 V d + 4 L h w s (s + 1) / 2
// Leaves out: softmax, norms and activations as FLOP (they are memory traffic here), sampling, vision towers.
// Worked number: Llama-3.1-70B, one token after 1023 others: 141.7 GFLOP, of which attention 2.68 (4 x 80 x 8192 x
// 1024).
template <number T, class Visit>
constexpr void operations(const basic_transformer<T>& x, const formats& f, const pass<T>& p, const split<T>& s,
                          Visit&& visit) {
  const detail::chip_pass<T> c(x, f, p, s);
  visit(memory_traffic<T>{.moved = c.tokens * x.width * T(4) * units::byte,
                          .replicated = true,
                          .part = block::embedding},  // look-up
        T(1));
  attention_operations(c, T(0), x.layers - x.sliding_layers, visit);
  attention_operations(c, x.sliding_window, x.sliding_layers, visit);
  const T mixture = x.mixture_layers();
  dense_operations(c, x.layers - mixture, visit);
  mixture_operations(c, mixture, visit);
  if (p.phase == phase::training) {  // from stage to stage
    visit(collective<T>{.kind = exchange::point_to_point,
                        .bytes = c.tokens * x.width * T(2) * units::byte,
                        .ranks = s.pipeline,
                        .stride = s.tensor * s.context,
                        .group = communicator::pipeline},
          where(s.pipeline > T(1), T(1), T(0)));
  }
  detail::output_operations(c, visit);
}

template <number T>
template <number N, class Visit>
constexpr void basic_transformer<T>::operations(const pass<N>& p, const split<N>& s, Visit&& visit) const {
  using P = promote_t<T, N>;
  if constexpr (std::same_as<P, T> && std::same_as<P, N>) {
    models::operations(*this, formats{}, p, s, visit);
  } else {
    models::operations(layercake::with_number<P>(*this), formats{}, layercake::with_number<P>(p),
                       layercake::with_number<P>(s), visit);
  }
}

// FLOP and bytes of everything that a visitor sees, exchanges left out.
template <number T = double>
struct totals {
  quantity<unit::flop, T> flop;
  quantity<unit::byte, T> bytes;

  template <class Operation>
  constexpr void operator()(const Operation& o, const T& times) {
    const auto w = o.totals();
    flop += w.flop * times;
    bytes += w.bytes * times;
  }
  constexpr void operator()(const collective<T>&, const T&) {}
};

template <number T>
constexpr totals<T> pass_totals(const basic_transformer<T>& x, const formats& f, const pass<T>& p,
                                const split<T>& s = {}) {
  totals<T> sum{};
  operations(x, f, p, s, sum);
  return sum;
}

}  // namespace layercake::models
