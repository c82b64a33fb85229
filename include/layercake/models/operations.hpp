// The operations of a pass of a model: dense and mixture-of-experts feed-forward; multi-head, grouped-query, multi-query and multi-head latent
// attention, full, sliding, chunked, over the positions of an encoder; linear attention and state-space models.
//
// A pass is a stream of operations (core/operations.hpp) handed to a visitor; FLOP, bytes and time, in serving and in
// training, are all taken from that one stream.
#pragma once

#include <layercake/core/operations.hpp>
#include <layercake/models/layered.hpp>
#include <layercake/models/layouts.hpp>
#include <layercake/models/storage.hpp>
#include <layercake/models/transformer.hpp>
#include <utility>

namespace layercake::models {

namespace detail {
// What one chip of a split has of a pass; divided once, every operation multiplies.
template <number T>
struct chip_pass {
  const formats& format;
  const pass<T>& run;
  const split<T>& cut;
  T width;            // of the residual stream
  T tensor, context;  // 1 / ranks
  T tokens;

  constexpr chip_pass(const T& d, const formats& f, const pass<T>& p, const split<T>& s)
      : format(f),
        run(p),
        cut(s),
        width(d),
        tensor(T(1) / s.tensor),
        context(T(1) / s.context),
        tokens(p.sequences * p.queries * context) {}
};

template <number T>
constexpr matrix_product<T> product(const formats& f, const storage& how, block part, const T& m, const T& k,
                                    const T& n) {
  return {.m = m,
          .n = n,
          .k = k,
          .math = f.math_of(how),
          .weights = how.values,
          .weight_bytes = how.bits / 8,
          .input_bytes = f.input_bits_of(how) / 8,
          .output_bytes = 2,
          .part = part};
}

inline constexpr double whole_head = 1e-6;  // of a head, lost in rounding

// One such product for each of `heads`.
template <number T>
constexpr matrix_product<T> by_head(matrix_product<T> one, const T& heads) {
  one.batch = heads;
  return one;
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
  if (!may_hold(s.tensor > T(1))) return;
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

// The format of attention: in 8 bit where queries and cache are, otherwise as wide as 16 bit at least.
constexpr precision attention_math(const formats& f) {
  if (bits(f.math) >= 16) return f.math;
  return f.cache_bits <= 8 ? precision::fp8 : precision::bf16;
}

// The attention of one layer on one chip, of positions in sequences of a pass. Sequences rather than positions are spread over context ranks: each
// rank has the same share of early and late positions (zig-zag order), so the mean that a query sees does not change.
// Chunked: the new tokens fall into `queries / window` blocks, each of which sees itself; where a single query falls in its block is not known, so
// it sees half a block on average.
template <number T>
constexpr attention_product<T> attention_core(const chip_pass<T>& c, const basic_mixer<T>& m) {
  const formats& f = c.format;
  const pass<T>& p = c.run;
  attention_product<T> core{.sequences = p.sequences * c.context,
                            .queries = p.queries,
                            .context = p.context,
                            .heads = m.heads * c.tensor,
                            .key_heads = m.local_key_heads(c.cut.tensor),
                            .key_width = m.query_key_width(),
                            .value_width = m.value_width,
                            .window = m.window,
                            .causal = m.causal,
                            .math = attention_math(f),
                            .cache_bytes = p.phase == phase::training ? 2 : f.cache_bits / 8};
  if (m.chunked) {
    const auto beyond = (m.window > T(0)) && (p.context > m.window);
    const T blocks = where(beyond, max(p.queries / or_one(m.window), T(1)), T(1));
    core.sequences = core.sequences * blocks;
    core.queries = p.queries / blocks;
    core.context = where(beyond, (m.window + core.queries) * T(0.5), p.context);
    core.window = T(0);
  }
  return core;
}

// What an indexer does: it scores every position that a query sees by a few narrow heads, from keys of its own. The best are attended to, by
// a layer without heads of an indexer too: those that the layer before has chosen.
template <number T, class Visit>
constexpr void index_positions(const chip_pass<T>& c, const basic_mixer<T>& m, attention_product<T>& core,
                               const T& times, Visit&& visit) {
  const auto narrowed = m.index_top > T(0), chosen = m.index_heads > T(0);
  if (!may_hold(narrowed)) return;
  const T n = where(chosen, times, T(0));
  const storage& how = c.format.attention;
  const T from = where(m.query_rank > T(0), m.query_rank, c.width);
  visit(product(c.format, how, block::layer, c.tokens, from, or_one(m.index_heads) * or_one(m.index_width)), n);
  visit(product(c.format, how, block::layer, c.tokens, c.width, or_one(m.index_heads + m.index_width)), n);
  attention_product<T> scores = core;
  scores.heads = or_one(m.index_heads), scores.key_heads = T(1);
  scores.key_width = or_one(m.index_width), scores.value_width = T(0);
  scores.window = T(0), scores.latent = false;
  visit(scores, n);
  core.window = where(narrowed, m.index_top, core.window);
}

// The projections and the core of latent attention, and of attention over keys of their own. Leave the core as it was computed.
template <number T, class Visit>
constexpr void latent_attention(const chip_pass<T>& c, const basic_mixer<T>& m, attention_product<T>& core,
                                const T& times, Visit&& visit) {
  constexpr block part = block::layer;
  const formats& f = c.format;
  const storage& how = f.attention;
  const pass<T>& p = c.run;
  const T& tokens = c.tokens;
  const T heads = core.heads;
  const T query = heads * (m.plain_width + m.rotary_width);
  const auto compressed = m.query_rank > T(0);
  visit(product(f, how, part, tokens, c.width, where(compressed, m.query_rank, query) + m.latent_rank + m.rotary_width),
        times);
  visit(product(f, how, part, tokens, or_one(m.query_rank), query), where(compressed, times, T(0)));
  index_positions(c, m, core, times, visit);
  if (p.phase ==
      phase::decode) {  // keys and values stay compressed; their up-projections are absorbed into queries and results
    visit(by_head(product(f, how, part, tokens, m.plain_width, m.latent_rank), heads), times);
    core.key_heads = T(1);
    core.key_width = m.latent_rank + m.rotary_width;
    core.value_width = m.latent_rank;
    core.latent = true;
    visit(core, times);
    visit(by_head(product(f, how, part, tokens, m.latent_rank, m.value_width), heads), times);
  } else {  // every position that is seen is expanded, cached ones too
    visit(product(f, how, part, p.sequences * p.context * c.context, m.latent_rank,
                  heads * (m.plain_width + m.value_width)),
          times);
    core.key_heads = heads;
    core.cache_bytes = 2;
    visit(core, times);
  }
  visit(product(f, how, part, tokens, heads * m.value_width, c.width), times);
}

// The attention that one chip does, of that over plain tensor ranks: whole heads, or all heads of its share of the sequences. Where weights are cut in
// two dimensions, queries, keys and values of this pass go there from the ranks of their heads, and results come back.
template <number T, class Visit>
constexpr void attend(const chip_pass<T>& c, const basic_mixer<T>& m, attention_product<T> core, const T& times,
                      Visit&& visit) {
  const weight_layout layout = c.cut.layout;
  if (layout == weight_layout::tensor) return visit(core, times);
  if (layout == weight_layout::two_dimensional) {
    core.heads = floor(core.heads + T(1) - number_cast<T>(whole_head));
    return visit(core, times);
  }
  const auto sent = [&](const T& values) {
    if (layout == weight_layout::gathered_batch_attention) return;
    visit(collective<T>{.kind = exchange::all_to_all,
                        .bytes = c.tokens * values * c.tensor * T(2) * units::byte,
                        .ranks = c.cut.tensor},
          times);
  };
  core.heads = m.heads, core.key_heads = m.key_heads;
  core.sequences = max(core.sequences * c.tensor, min(core.sequences, T(1)));
  sent(m.heads * m.key_width + m.key_heads * (m.key_width + m.value_width));
  visit(core, times);
  sent(m.heads * m.value_width);
}

template <number T, class Visit>
constexpr void grouped_attention(const chip_pass<T>& c, const basic_mixer<T>& m, attention_product<T>& core,
                                 const T& times, Visit&& visit) {
  constexpr block part = block::layer;
  const formats& f = c.format;
  const storage& how = f.attention;
  const T& tokens = c.tokens;
  // Plain tensor ranks have whole key heads, copies where there are fewer than ranks; other layouts cut them.
  const T key_heads = c.cut.layout == weight_layout::tensor ? core.key_heads : m.key_heads * c.tensor;
  const T keys = key_heads * (m.key_width + (m.shared_value ? T(0) : m.value_width));
  const T queries = core.heads * (m.key_width + m.gate);
  const auto crossed = m.crossed > T(0);
  const T own = queries + where(crossed, T(0), keys);
  visit(product(f, how, part, tokens, c.width, own), times);
  if (may_hold(crossed) && c.run.phase != phase::decode) {  // of what the encoder gives
    const T rows = c.run.sequences * c.run.beginning * m.crossed * c.context;
    visit(product(f, how, block::encoder, or_one(rows), c.width, keys), where(rows > T(0), times, T(0)));
  }
  visit(memory_traffic<T>{.moved = tokens * own * T(4) * units::byte}, times);  // rotary embedding and cache write
  attend(c, m, core, where(crossed, T(0), times), visit);
  if (may_hold(crossed)) {
    attention_product<T> over = core;
    over.context = or_one(m.crossed);
    over.window = T(0);
    over.causal = false;
    visit(over, where(crossed, times, T(0)));
    core.context = where(crossed, over.context, core.context);
  }
  visit(product(f, how, part, tokens, core.heads * m.value_width, c.width), times);
}

// The projections, the convolution and the recurrence of linear attention or of a state-space model.
template <number T, class Visit>
constexpr void linear_attention(const chip_pass<T>& c, const basic_mixer<T>& m, const T& times, Visit&& visit) {
  constexpr block part = block::layer;
  const formats& f = c.format;
  const storage& how = f.attention;
  const T heads = m.heads * c.tensor, keys = m.local_key_heads(c.cut.tensor), inner = heads * m.value_width;
  const auto behind = m.step_rank > T(0);  // steps, keys and queries come out of the values
  const T narrow = T(2) * keys * m.key_width;
  visit(product(f, how, part, c.tokens, c.width, T(2) * inner + where(behind, T(0), narrow + m.steps * heads)), times);
  const T channels = m.channels() * c.tensor;
  visit(memory_traffic<T>{.moved = c.tokens * channels * T(4) * units::byte}, where(m.convolution > T(0), times, T(0)));
  if (may_hold(behind)) {
    const T n = where(behind, times, T(0));
    visit(product(f, how, part, c.tokens, inner, or_one(m.step_rank + narrow)), n);
    visit(product(f, how, part, c.tokens, or_one(m.step_rank), inner), n);
  }
  visit(state_scan<T>{.sequences = c.run.sequences * c.context,
                      .queries = c.run.queries,
                      .heads = heads,
                      .key_heads = keys,
                      .key_width = m.key_width,
                      .value_width = m.value_width,
                      .chunk = m.chunk,
                      .delta = m.delta,
                      .math = precision::bf16,
                      .state_bytes = m.state_bytes},
        times);
  visit(memory_traffic<T>{.moved = c.tokens * inner * T(6) * units::byte}, times);  // gate and norm of the result
  visit(product(f, how, part, c.tokens, inner, c.width), times);
}

// Values that context ranks gather of one layer: results of decode, where each rank attends to its own part of the cache;
// otherwise keys and values of all positions, of latent attention compressed or, in training, as each rank expanded them.
template <number T>
constexpr T gathered_values(const chip_pass<T>& c, const basic_mixer<T>& m, const attention_product<T>& core) {
  if (c.run.phase == phase::decode) return c.run.sequences * core.heads * core.value_width;
  const T each = c.run.phase == phase::training && m.kind == mixing::latent
                     ? core.key_heads * (core.key_width + core.value_width)
                     : cache_values_per_token(m, c.cut.tensor);
  return core.sequences * c.cut.context * core.context * each;
}

// The mixer of one layer, of the ranks that share the attention of a sequence.
template <number T, class Visit>
constexpr void mixer_of_group(const chip_pass<T>& c, const basic_mixer<T>& m, const T& times, Visit&& visit) {
  visit(norm(c.tokens, c.width, block::layer), times);
  T gathered = T(0);
  if (m.kind == mixing::linear) {
    linear_attention(c, m, times, visit);
    // Of every context rank the state that it ends with.
    gathered = c.run.sequences * m.heads * c.tensor * m.key_width * m.value_width;
  } else {
    attention_product<T> core = attention_core(c, m);
    if (m.kind == mixing::latent) {
      latent_attention(c, m, core, times, visit);
    } else {
      grouped_attention(c, m, core, times, visit);
    }
    gathered = gathered_values(c, m, core);
  }
  if (may_hold(c.cut.context > T(1))) {
    visit(collective<T>{.kind = exchange::all_gather,
                        .bytes = gathered * T(2) * units::byte,
                        .ranks = c.cut.context,
                        .stride = c.cut.tensor,
                        .group = communicator::context},
          where(c.cut.context > T(1), times, T(0)));
  }
  if (!m.parallel && may_hold(c.cut.tensor > T(1)))
    visit(sum_of_block(c.tokens, c.width, c.cut.tensor, block::layer), times);
}
}  // namespace detail

// The mixer of one layer on one chip: projections, cache update, the attention or the recurrence itself, output projection and the
// exchanges of a context- and of a tensor-parallel group. Where it is data-parallel over groups of the tensor ranks, each group has its share of
// the sequences, and the others' results are gathered behind it.
template <number T, class Visit>
constexpr void mixer_operations(const detail::chip_pass<T>& c, const basic_mixer<T>& m, const T& times, Visit&& visit) {
  if (absent(times)) return;
  if (!may_hold(c.cut.attention_data > T(1))) {
    detail::mixer_of_group(c, m, times, visit);
    return;
  }
  pass<T> own = c.run;
  own.sequences = own.sequences / c.cut.attention_data;
  split<T> group = c.cut;
  group.tensor = c.cut.attention_tensor();
  group.attention_data = T(1);
  detail::mixer_of_group(detail::chip_pass<T>(c.width, c.format, own, group), m, times, visit);
  visit(collective<T>{.kind = exchange::all_gather,
                      .bytes = c.tokens * c.width * T(2) * units::byte,
                      .ranks = c.cut.attention_data,
                      .stride = group.tensor},
        where(c.cut.attention_data > T(1), times, T(0)));
}

// The feed-forward block of a layer without a router on one chip.
template <number T, class Visit>
constexpr void dense_operations(const detail::chip_pass<T>& c, const basic_feed_forward<T>& x, const T& times,
                                Visit&& visit) {
  const formats& f = c.format;
  const T& tokens = c.tokens;
  constexpr block part = block::dense;
  const T local = detail::or_one(x.width) * c.tensor;
  visit(detail::norm(tokens, c.width, part), times);
  visit(detail::product(f, f.dense, part, tokens, c.width, (x.matrices() - T(1)) * local), times);
  visit(memory_traffic<T>{.moved = tokens * local * T(2) * x.matrices() * units::byte, .part = part}, times);
  visit(detail::product(f, f.dense, part, tokens, local, c.width), times);
  detail::sum_of_feed_forward(tokens, c.width, c.cut, part, times, visit);
}

// The feed-forward block of a mixture layer on one chip: router, dispatch, routed experts, shared experts, combine. Experts are spread over
// `split::expert` chips, each of which brings its own tokens; a tensor-parallel group sends each token once, in the width that experts read.
template <number T, class Visit>
constexpr void mixture_operations(const detail::chip_pass<T>& c, const basic_feed_forward<T>& x, const T& times,
                                  Visit&& visit) {
  const formats& f = c.format;
  const split<T>& s = c.cut;
  const T& tokens = c.tokens;
  constexpr block part = block::mixture;
  const T experts = detail::or_one(x.experts);
  visit(detail::norm(tokens, c.width, part), times);
  visit(detail::product(f, f.shared, part, tokens, c.width, experts), times);
  const T narrowed = where(x.latent > T(0), times, T(0)), read = x.expert_input(c.width);
  const bool narrows = may_hold(x.latent > T(0));
  if (narrows) visit(detail::product(f, f.shared, part, tokens, c.width, read), narrowed);
  // What one rank sends: dispatched in the format of activations, combined in 16 bit.
  const T active = where(x.experts > T(0), x.active, T(1));
  const double input_bits = f.input_bits_of(f.experts);
  const auto routed = tokens * x.active * read * c.tensor * units::byte;
  const T exchanged = where(s.expert > T(1), times, T(0));
  collective<T> sent{.kind = exchange::all_to_all,
                     .bytes = routed * stored_bytes<T>(input_bits),
                     .ranks = s.expert,
                     .stride = s.tensor,
                     .group = communicator::expert,
                     .copies = active,
                     .part = part};
  visit(sent, exchanged);
  visit(expert_product<T>{.tokens = tokens * s.expert,
                          .hidden = read,
                          .width = detail::or_one(x.width) * c.tensor,
                          .experts = experts,
                          .active = active,
                          .ranks = s.expert,
                          .matrices = x.matrices(),
                          .math = f.math_of(f.experts),
                          .weights = f.experts.values,
                          .weight_bytes = f.experts.bits / 8,
                          .activation_bytes = input_bits / 8},
        times);
  sent.bytes = routed * T(2);
  visit(sent, exchanged);
  if (narrows) visit(detail::product(f, f.shared, part, tokens, read, c.width), narrowed);
  const T shared = where(x.shared > T(0), times, T(0));
  if (!absent(shared)) {
    const T inner = detail::or_one(x.shared * x.shared_width) * c.tensor;
    visit(detail::product(f, f.shared, part, tokens, c.width, (x.matrices() - T(1)) * inner), shared);
    visit(detail::product(f, f.shared, part, tokens, inner, c.width), shared);
  }
  detail::sum_of_feed_forward(tokens, c.width, s, part, times, visit);
}

namespace detail {
template <number T, class Visit>
constexpr void feed_forward_operations(const chip_pass<T>& c, const basic_feed_forward<T>& x, const T& times,
                                       Visit&& visit) {
  if (absent(times)) return;
  if (x.kind == feed_forward_kind::dense) dense_operations(c, x, times, visit);
  if (x.kind == feed_forward_kind::mixture) mixture_operations(c, x, times, visit);
}

// The output matrix, and what comes of it.
template <number T, class Visit>
constexpr void output_operations(const chip_pass<T>& c, const T& width, Visit&& visit) {
  const T rows = c.run.phase == phase::prefill ? c.run.sequences : c.tokens;
  const T times = where(width > T(0), T(1), T(0)), columns = or_one(width);
  if (absent(times)) return;
  visit(product(c.format, c.format.output, block::head, rows, c.width, columns * c.tensor), times);
  if (!may_hold(c.cut.tensor > T(1))) return;
  const T returned = rows * columns * T(2);
  visit(
      collective<T>{
          .kind = exchange::all_gather, .bytes = returned * units::byte, .ranks = c.cut.tensor, .part = block::head},
      c.run.phase == phase::training ? T(0) : times);
}

// The towers of a model over the items of its prompts, in the 16 bit that they are stored in.
template <number T, class Visit>
constexpr void tower_operations(const basic_layered<T>& x, const pass<T>& p, const split<T>& s, Visit&& visit) {
  if (p.phase == phase::decode) return;
  const formats wide{};
  const auto of_encoder = [&](auto op, const T& times) {
    if constexpr (requires { op.part; }) op.part = block::encoder;
    visit(std::move(op), times);
  };
  for (const auto& t : x.towers) {
    const T items = p.sequences * p.beginning * t.items;
    const T once = where(items > T(0), T(1), T(0)), times = once * t.count;
    if (absent(once)) continue;
    const pass<T> look{phase::prefill, or_one(items), or_one(t.positions), or_one(t.positions)};
    const chip_pass<T> c(t.width, wide, look, s);
    mixer_operations(c, t.mixer, times, of_encoder);
    feed_forward_operations(c, t.feed_forward, times, of_encoder);
    const auto matrices = [&](const T& rows, const T& parameters) {
      of_encoder(
          product(wide, storage{}, block::encoder, or_one(rows), t.width, or_one(parameters / t.width) * c.tensor),
          where(rows * parameters > T(0), once, T(0)));
    };
    matrices(c.tokens, t.embedding);
    matrices(items * t.tokens * c.context, t.projection);
  }
}
}  // namespace detail

namespace detail {
// The operations of plain tensor ranks, or of what a layout makes of them.
template <class Architecture, number T, class Visit>
constexpr void operations_of_ranks(const Architecture& x, const formats& f, const pass<T>& p, const split<T>& s,
                                   Visit&& visit) {
  if (p.phase == phase::decode && !may_hold(x.output_width() > T(0))) return;
  const chip_pass<T> c(x.width, f, p, s);
  if constexpr (requires { x.towers; }) tower_operations(x, p, s, visit);
  visit(memory_traffic<T>{.moved = c.tokens * x.width * T(4) * units::byte,
                          .replicated = true,
                          .part = block::embedding},  // look-up
        T(1));
  x.each_mixer([&](const basic_mixer<T>& m, const T& times) { mixer_operations(c, m, times, visit); });
  x.each_feed_forward(
      [&](const basic_feed_forward<T>& block, const T& times) { feed_forward_operations(c, block, times, visit); });
  if (p.phase == phase::training) {  // from stage to stage
    visit(collective<T>{.kind = exchange::point_to_point,
                        .bytes = c.tokens * x.width * T(2) * units::byte,
                        .ranks = s.pipeline,
                        .stride = s.tensor * s.context,
                        .group = communicator::pipeline},
          where(s.pipeline > T(1), T(1), T(0)));
  }
  output_operations(c, x.output_width(), visit);
}
}  // namespace detail

// Every operation of a pass on one chip, in the order of execution, over all layers: a pipeline of `split::pipeline`
// stages does them one stage after the other. visit(operation, times): the operation occurs `times` times. Operations say
// which block they belong to, exchanges among which ranks they are (one alone has none), traffic whether every tensor rank repeats it. A
// training pass also has one message from a stage to the next; keys and values of latent attention go between context
// ranks expanded, and it is the forward pass alone: what the backward pass is made of, training/layer_times.hpp says.
// FLOP of a prefill of s tokens by a dense model of P parameters, embeddings untied:
//   2 (P - 2 V d) s + 2 V d + 4 L h w s (s + 1) / 2
// An encoder, which has no output matrix, does nothing in a pass of decode.
// Leaves out: softmax, norms and activations as FLOP (they are memory traffic here), sampling, layers that predict further tokens.
// Worked number: Llama-3.1-70B, one token after 1023 others: 141.7 GFLOP, of which attention 2.68 (4 x 80 x 8192 x
// 1024).
template <class Architecture, number T, class Visit>
constexpr void operations(const Architecture& x, const formats& f, const pass<T>& p, const split<T>& s, Visit&& visit) {
  if (s.layout != weight_layout::tensor) {
    T inner = T(0);  // the widest
    x.each_feed_forward([&](const basic_feed_forward<T>& block, const T&) { inner = max(inner, block.width); });
    detail::in_layout<T, std::remove_reference_t<Visit>> laid(visit, s, x.width, detail::or_one(inner));
    return detail::operations_of_ranks(x, f, p, s, laid);
  }
  detail::operations_of_ranks(x, f, p, s, visit);
}

namespace detail {
// A pass of an architecture whose numbers, or the pass's, may be of the narrower type.
template <class Architecture, number N, class Visit>
constexpr void operations_of(const Architecture& x, const formats& f, const pass<N>& p, const split<N>& s,
                             Visit&& visit) {
  using P = promote_t<number_of_t<Architecture>, N>;
  if constexpr (std::same_as<P, number_of_t<Architecture>> && std::same_as<P, N>) {
    models::operations(x, f, p, s,
                       visit);  // a step of an engine is over before copies would have been written and read
  } else {
    models::operations(layercake::with_number<P>(x), f, layercake::with_number<P>(p), layercake::with_number<P>(s),
                       visit);
  }
}
}  // namespace detail

template <number T>
template <number N, class Visit>
constexpr void basic_transformer<T>::operations(const pass<N>& p, const split<N>& s, Visit&& visit) const {
  detail::operations_of(*this, formats{}, p, s, visit);
}
template <number T>
template <number N, class Visit>
constexpr void basic_layered<T>::operations(const pass<N>& p, const split<N>& s, Visit&& visit) const {
  detail::operations_of(*this, formats{}, p, s, visit);
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

template <class Architecture, number T = number_of_t<Architecture>>
constexpr totals<T> pass_totals(const Architecture& x, const formats& f, const pass<std::type_identity_t<T>>& p,
                                const split<std::type_identity_t<T>>& s = {}) {
  totals<T> sum{};
  operations(x, f, p, s, sum);
  return sum;
}

}  // namespace layercake::models
