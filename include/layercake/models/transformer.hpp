// Transformers: parameters, memory, and the operations of a pass, for dense and mixture-of-experts feed-forward, multi-head, grouped-query,
// multi-query and multi-head latent attention, full and sliding-window.
//
// A pass is a stream of operations (core/operations.hpp) handed to a visitor; FLOP, bytes and time are all taken from that one stream.
#pragma once

#include <layercake/core/fields.hpp>
#include <layercake/core/operations.hpp>
#include <layercake/core/provenance.hpp>
#include <tuple>

namespace layercake::models {

// grouped covers multi-head (key_heads = heads) and multi-query (key_heads = 1); latent is DeepSeek's multi-head latent attention.
enum class attention : unsigned char { grouped, latent };

// The formats that a model runs in. Bits are stored bits per value, scales included.
struct formats {
  precision math = precision::bf16;  // of the large matrix products
  precision weights = precision::bf16;
  double weight_bits = 16;
  double expert_weight_bits = 16;  // routed experts may be stored narrower than the rest
  double activation_bits = 16;
  double cache_bits = 16;
  double embedding_bits = 16;  // embedding and output matrix, which quantising software leaves in 16 bit
  precision expert_weights = precision::bf16;

  // Everything at `p`; activations between operations and the cache stay 16 bit for formats narrower than 8 bit, as serving software has it.
  static constexpr formats at(precision p) {
    const double wide = bits(p) < 8 ? 16 : bits(p);
    const double cache = bits(p) > 16 ? 16 : wide < 16 ? 8 : 16;
    return {p, p, bits(p), bits(p), wide, cache, bits(p) > 16 ? bits(p) : 16, p};
  }
  // Routed experts stored at `p`, all else and all products in 16 bit: gpt-oss as published (OpenAI, model card, 2025).
  static constexpr formats experts_at(precision p) {
    formats f;
    f.expert_weight_bits = bits(p);
    f.expert_weights = p;
    return f;
  }
};

// Bytes of a value of so many bits, as the scalar that a formula over T multiplies with.
template <class T>
constexpr scalar_of_t<T> stored_bytes(double value_bits) {
  return static_cast<scalar_of_t<T>>(value_bits / 8);
}

template <class T>
struct basic_deployed;  // deployed.hpp

// The architecture as its configuration file gives it. Counts are numbers so that they can be swept.
template <class T = double>
struct basic_transformer {
  const char* name = "";
  T layers = T(0);
  T width = T(0);         // d_model
  T heads = T(0);         // query heads
  T key_heads = T(0);     // key-value heads
  T head_width = T(0);    // per head
  T feed_forward = T(0);  // inner width of dense blocks
  bool gated = true;      // SwiGLU and its like: three matrices a block, otherwise two
  T vocabulary = T(0);
  bool tied = false;  // input and output embedding share weights

  T experts = T(0);         // routed, 0: dense
  T active_experts = T(0);  // of them per token
  T shared_experts = T(0);
  T expert_width = T(0);         // inner width of a routed expert
  T shared_expert_width = T(0);  // of a shared one
  T dense_layers = T(0);         // layers without experts, in a mixture

  attention kind = attention::grouped;
  T query_rank = T(0);    // latent attention: width of the compressed query; 0: not compressed
  T latent_rank = T(0);   // of the compressed key and value
  T plain_width = T(0);   // per head, without position
  T rotary_width = T(0);  // per head, with position; shared by all heads in the cache
  T value_width = T(0);   // per head

  T sliding_window = T(0);  // tokens
  T sliding_layers = T(0);  // layers that see only the window; the others see everything
  bool chunked = false;     // windows are fixed blocks of positions and do not slide (Llama 4)
  bool parallel =
      false;         // attention and feed-forward side by side on one input, as in GPT-J and PaLM: one exchange a layer
  formats stored{};  // in which the makers publish the weights

  T published_parameters = unknown<T>();         // as its makers count them
  T published_active_parameters = unknown<T>();  // per token
  provenance origin{};

  template <class U>
  using with_number = basic_transformer<U>;

  static constexpr auto fields() {
    using X = basic_transformer;
    return std::tuple{
        label(&X::name),
        label(&X::gated),
        label(&X::tied),
        label(&X::kind),
        label(&X::chunked),
        label(&X::parallel),
        label(&X::stored),
        label(&X::origin),
        field("layers", &X::layers, positive_count, "the number of transformer blocks"),
        field("width", &X::width, positive_count, "d_model, the width of the residual stream"),
        field("heads", &X::heads, positive_count, "query heads"),
        field("key_heads", &X::key_heads, positive_count,
              "key-value heads: equal to heads in multi-head, 1 in multi-query attention"),
        field("head_width", &X::head_width, positive_count, "the width of one head"),
        field("feed_forward", &X::feed_forward, count, "the inner width of dense feed-forward blocks"),
        field("vocabulary", &X::vocabulary, positive_count, "entries of the embedding table"),
        field("experts", &X::experts, count, "routed experts per layer, 0 for a dense model"),
        field("active_experts", &X::active_experts, count, "routed experts that each token visits"),
        field("shared_experts", &X::shared_experts, count, "experts that every token visits"),
        field("expert_width", &X::expert_width, count, "the inner width of a routed expert"),
        field("shared_expert_width", &X::shared_expert_width, count, "the inner width of a shared expert"),
        field("dense_layers", &X::dense_layers, count, "layers of a mixture that have no experts"),
        field("query_rank", &X::query_rank, count, "width of the compressed query, 0 if it is not compressed"),
        field("latent_rank", &X::latent_rank, count, "width of the compressed keys and values"),
        field("plain_width", &X::plain_width, count, "width of a head's part without position"),
        field("rotary_width", &X::rotary_width, count, "width of a head's part with position"),
        field("value_width", &X::value_width, count, "width of a head's value"),
        field("sliding_window", &X::sliding_window, count, "tokens that a sliding-window layer sees"),
        field("sliding_layers", &X::sliding_layers, count, "layers with a sliding window"),
        field("published_parameters", &X::published_parameters, positive.or_unknown(),
              "the total that the makers state"),
        field("published_active_parameters", &X::published_active_parameters, positive.or_unknown(),
              "the parameters per token that the makers state")};
  }

  void rules(findings& f) const requires real<T> {
    const char* shape = "Correct the architecture; its configuration file has the figure.";
    f.require(!(active_experts > experts), "active_experts", active_experts, "at most experts, " + to_string(experts),
              shape);
    f.require(!(key_heads > heads), "key_heads", key_heads, "at most heads, " + to_string(heads), shape);
    f.require(!(dense_layers > layers), "dense_layers", dense_layers, "at most layers, " + to_string(layers), shape);
    f.require(!(sliding_layers > layers), "sliding_layers", sliding_layers, "at most layers, " + to_string(layers),
              shape);
    f.require(!(sliding_layers > T(0)) || sliding_window > T(0), "sliding_window", sliding_window,
              "above 0 where sliding_layers is", shape);
    f.require(!(experts > T(0)) || (active_experts > T(0) && expert_width > T(0)), "active_experts", active_experts,
              "above 0, with expert_width, where experts is", shape);
    f.require(!(shared_experts > T(0)) || shared_expert_width > T(0), "shared_expert_width", shared_expert_width,
              "above 0 where shared_experts is", shape);
    f.require(!(shared_experts > T(0)) || experts > T(0), "shared_experts", shared_experts, "0 where experts is 0",
              shape);
    f.require(!(mixture_layers() < layers) || feed_forward > T(0), "feed_forward", feed_forward,
              "above 0 where there are dense layers", shape);
    f.require(kind != attention::latent || (latent_rank > T(0) && plain_width > T(0) && value_width > T(0)),
              "latent_rank", latent_rank, "above 0, with plain_width and value_width, in latent attention", shape);
  }

  // Ready to run in one format, or in the formats that its makers publish; defined in deployed.hpp.
  constexpr basic_deployed<T> at(precision p) const;
  constexpr basic_deployed<T> as_published() const;

  constexpr T mixture_layers() const { return where(experts > T(0), layers - dense_layers, T(0)); }
  constexpr T matrices() const { return T(gated ? 3 : 2); }  // of a feed-forward block

  // Widths that attention computes with: of a query-key product and of a value, per head, as stored in prefill and training.
  constexpr T query_key_width() const { return kind == attention::latent ? plain_width + rotary_width : head_width; }
  constexpr T head_value_width() const { return kind == attention::latent ? value_width : head_width; }
};
using transformer = basic_transformer<>;

// ---- parameters -----------------------------------------------------------------------------------------------------

// Parameters by part, embeddings included, norms and biases left out (below 0.1 % of any model here).
template <class T = double>
struct parameter_count {
  T embedding, attention, dense_feed_forward, router, experts, shared_experts;
  T active_experts;   // the routed experts that one token visits
  T input_embedding;  // of `embedding`, what is looked up and not multiplied with; 0 where the output shares it

  constexpr T total() const { return embedding + attention + dense_feed_forward + router + experts + shared_experts; }
  // Per token, the whole embedding counted. Makers differ: Mixtral's 12.9e9 is this, gpt-oss's 5.1e9 leaves out the input embedding.
  constexpr T active() const { return total() - experts + active_experts; }
  constexpr T active_without_look_up() const { return active() - input_embedding; }
};

// Key and value heads on one chip: they are replicated when there are fewer than tensor ranks.
template <class T>
constexpr T local_key_heads(const basic_transformer<T>& x, const T& tensor) {
  return max(x.key_heads / tensor, T(1));
}

// Weights of the attention block of one layer on one chip of a tensor-parallel group (1: all of it).
//   grouped: d h w + 2 d k w + h w d
//   latent:  (d q + q h (p + r)) or d h (p + r);  d (c + r);  c h (p + v);  h v d
// with d width, h heads, k key heads, w head width, q query rank, c latent rank, p plain, r rotary, v value width. Heads are split; the
// down-projections d q and d (c + r) are on every chip, and so is a key head that has to serve several.
// Source: Vaswani et al. 2017, section 3.2; Ainslie et al. 2023 (grouped-query); DeepSeek-V2, 2024, section 2.1 (latent).
// Worked number: DeepSeek-V3, d 7168, h 128, q 1536, c 512, p 128, r 64, v 128: 187 105 280 (11 010 048 + 37 748 736 + 4 128 768 + 16 777 216 +
// 117 440 512).
template <class T>
constexpr T attention_parameters(const basic_transformer<T>& x, const T& tensor = T(1)) {
  const T heads = x.heads / tensor;
  if (x.kind == attention::latent) {
    const T query = heads * (x.plain_width + x.rotary_width);
    const T query_weights = where(x.query_rank > T(0), x.width * x.query_rank + x.query_rank * query, x.width * query);
    return query_weights + x.width * (x.latent_rank + x.rotary_width) +
           x.latent_rank * heads * (x.plain_width + x.value_width) + heads * x.value_width * x.width;
  }
  return T(2) * x.width * x.head_width * (heads + local_key_heads(x, tensor));
}

// Parameters by part, on one chip of a tensor-parallel group (1: the whole model). Routers are on every chip.
//   embedding 2 V d (V d tied);  attention L (see above);  dense (L - M) m d f;  router M d E;  experts M E m d e;
//   shared M S m d s
// with L layers, M of them mixtures, m matrices of a block (3 gated, 2 not), f, e, s the inner widths.
// Worked number: Llama-3.1-70B 70 552 387 584; its norms, 1.3e6 more, are left out.
template <class T>
constexpr parameter_count<T> parameters(const basic_transformer<T>& x, const T& tensor = T(1)) {
  const T mixture = x.mixture_layers();
  const T block = x.matrices() * x.width / tensor;
  const T table = x.vocabulary * x.width / tensor;
  return {.embedding = table * T(x.tied ? 1 : 2),
          .attention = x.layers * attention_parameters(x, tensor),
          .dense_feed_forward = (x.layers - mixture) * block * x.feed_forward,
          .router = mixture * x.width * x.experts,
          .experts = mixture * x.experts * block * x.expert_width,
          .shared_experts = mixture * x.shared_experts * block * x.shared_expert_width,
          .active_experts = mixture * x.active_experts * block * x.expert_width,
          .input_embedding = x.tied ? T(0) : table};
}

// ---- memory ---------------------------------------------------------------------------------------------------------

// How a model is cut over chips: every figure below is of one chip of the group.
template <class T = double>
struct split {
  T tensor = T(1);    // heads and inner widths
  T pipeline = T(1);  // layers
  T expert = T(1);    // experts, over chips that otherwise replicate the model
  T context = T(1);   // positions of one sequence

  template <class U>
  using with_number = split<U>;
  static constexpr auto fields() {
    using X = split;
    return std::tuple{
        field("tensor", &X::tensor, positive_count, "chips that share every layer"),
        field("pipeline", &X::pipeline, positive_count, "stages that the layers are cut into"),
        field("expert", &X::expert, positive_count, "chips that the experts are spread over"),
        field("context", &X::context, positive_count, "chips that the positions of a sequence are spread over")};
  }
};

// Values that one more cached token takes in one full-attention layer: 2 k w, or c + r in latent attention, on every chip.
template <class T>
constexpr T cache_values_per_token(const basic_transformer<T>& x, const T& tensor) {
  if (x.kind == attention::latent) return x.latent_rank + x.rotary_width;
  return T(2) * local_key_heads(x, tensor) * x.head_width;
}

// Key-value cache of one sequence of `tokens` positions over all layers, on one chip of a tensor-parallel group (over all pipeline stages):
//   bytes * values per token * (full layers * tokens + sliding layers * min(tokens, window))
// Worked number: Llama-3.1-70B (80 layers, 8 key heads of 128) at 2 bytes: 327 680 B per token.
template <class T, class N>
constexpr auto cache_bytes(const basic_transformer<T>& x, const formats& f, const quantity<unit::token, N>& tokens,
                           const T& tensor = T(1)) {
  const auto n = in<units::token>(tokens);
  const auto positions = (x.layers - x.sliding_layers) * n + x.sliding_layers * min(n, x.sliding_window);
  return positions * cache_values_per_token(x, tensor) * stored_bytes<T>(f.cache_bits) * units::byte;
}

// Weights on one chip of a split, as stored: layers over pipeline stages, heads, inner widths and the vocabulary over tensor ranks, experts
// over expert ranks as well. A stage is taken as 1 / pipeline of the whole; the first and last, which hold the embeddings, are not told apart.
// Worked number: Llama-3.1-70B in fp8, 72.7 GB: 68.45e9 bytes of layers and 2.10e9 embedding weights of 2 bytes.
template <class T>
constexpr quantity<unit::byte, T> weight_bytes(const basic_transformer<T>& x, const formats& f,
                                               const split<T>& s = {}) {
  const parameter_count<T> p = parameters(x, s.tensor);
  const T routed = p.experts * stored_bytes<T>(f.expert_weight_bits) / s.expert;
  const T embedding = p.embedding * stored_bytes<T>(f.embedding_bits);
  const T rest = (p.total() - p.experts - p.embedding) * stored_bytes<T>(f.weight_bits);
  return (rest + embedding + routed) / s.pipeline * units::byte;
}

// ---- the operations of a pass ---------------------------------------------------------------------------------------

// One forward pass over `sequences` sequences, each `queries` new tokens long and seeing `context` positions (the new ones included).
//   prefill:  queries = prompt, context = prompt + cached prefix; only the last position goes through the output matrix
//   decode:   queries = 1
//   training: queries = context = sequence length; every position goes through the output matrix; nothing is cached
enum class phase : unsigned char { prefill, decode, training };

template <class T = double>
struct pass {
  models::phase phase = models::phase::prefill;
  T sequences = T(1);
  T queries = T(1);
  T context = T(1);

  template <class U>
  using with_number = pass<U>;
  static constexpr auto fields() {
    using X = pass;
    return std::tuple{
        label(&X::phase), field("sequences", &X::sequences, positive, "sequences that go through the model together"),
        field("queries", &X::queries, positive, "new tokens of each sequence"),
        field("context", &X::context, positive, "positions that the last new token sees, itself included")};
  }
  void rules(findings& f) const requires real<T> {
    f.require(!(queries > context), "queries", queries, "at most context, " + to_string(context),
              "Count the new tokens into the context.");
  }
};

namespace detail {
// What one chip of a split has of a pass; divided once, every operation multiplies.
template <class T>
struct shares {
  T tensor, context;  // 1 / ranks
  T tokens, heads, key_heads;

  constexpr shares(const basic_transformer<T>& x, const pass<T>& p, const split<T>& s)
      : tensor(T(1) / s.tensor),
        context(T(1) / s.context),
        tokens(p.sequences * p.queries * context),
        heads(x.heads * tensor),
        key_heads(local_key_heads(x, s.tensor)) {}
};

template <class T>
constexpr matrix_product<T> product(const formats& f, const T& m, const T& k, const T& n, const T& batch = T(1)) {
  return {.m = m,
          .n = n,
          .k = k,
          .batch = batch,
          .math = f.math,
          .weights = f.weights,
          .weight_bytes = f.weight_bits / 8,
          .input_bytes = f.activation_bits / 8,
          .output_bytes = 2};
}

// An operation that a model does not have occurs 0 times; its sizes are 1, so that no law divides by zero.
template <class T>
constexpr T or_one(const T& x) {
  return where(x > T(0), x, T(1));
}
// Plain numbers need not even look at it. A derivative, or a lane of a batch, has to.
template <class T>
constexpr bool absent(const T& times) {
  if constexpr (real<T>) return !(times > T(0));
  return false;
}
}  // namespace detail

// The attention of one layer on one chip, of positions in sequences of a pass. Sequences rather than positions are spread over context ranks: each
// rank has the same share of early and late positions (zig-zag order), so the mean that a query sees does not change.
// Chunked: the new tokens fall into `queries / window` blocks, each of which sees itself; where a single query falls in its block is not known, so
// it sees half a block on average.
template <class T>
constexpr attention_product<T> attention_core(const basic_transformer<T>& x, const formats& f, const pass<T>& p,
                                              const detail::shares<T>& on_chip, const T& window) {
  attention_product<T> core{.sequences = p.sequences * on_chip.context,
                            .queries = p.queries,
                            .context = p.context,
                            .heads = on_chip.heads,
                            .key_heads = on_chip.key_heads,
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

// Attention of one layer on one chip, with a window or (0) without: projections, cache update, the attention itself, output projection and the
// exchanges of a context- and of a tensor-parallel group.
template <class T, class Visit>
constexpr void attention_operations(const basic_transformer<T>& x, const formats& f, const pass<T>& p,
                                    const split<T>& s, const detail::shares<T>& on_chip, const T& window,
                                    const T& times, Visit&& visit) {
  if (detail::absent(times)) return;
  const T& tokens = on_chip.tokens;
  const T& heads = on_chip.heads;
  visit(memory_traffic<T>{.moved = tokens * x.width * T(8) * units::byte},
        times);  // residual and norm: two 16-bit reads, two writes
  attention_product<T> core = attention_core(x, f, p, on_chip, window);
  if (x.kind == attention::latent) {
    const T query = heads * (x.plain_width + x.rotary_width);
    const auto compressed = x.query_rank > T(0);
    visit(detail::product(f, tokens, x.width, where(compressed, x.query_rank, query) + x.latent_rank + x.rotary_width),
          times);
    visit(detail::product(f, tokens, detail::or_one(x.query_rank), query), where(compressed, times, T(0)));
    if (p.phase ==
        phase::decode) {  // keys and values stay compressed; their up-projections are absorbed into queries and results
      visit(detail::product(f, tokens, x.plain_width, x.latent_rank, heads), times);
      core.key_heads = T(1);
      core.key_width = x.latent_rank + x.rotary_width;
      core.value_width = x.latent_rank;
      core.latent = true;
      visit(core, times);
      visit(detail::product(f, tokens, x.latent_rank, x.value_width, heads), times);
    } else {  // every position that is seen is expanded, cached ones too
      visit(detail::product(f, p.sequences * p.context * on_chip.context, x.latent_rank,
                            heads * (x.plain_width + x.value_width)),
            times);
      core.key_heads = heads;
      core.cache_bytes = 2;
      visit(core, times);
    }
    visit(detail::product(f, tokens, heads * x.value_width, x.width), times);
  } else {
    const T wide = (heads + T(2) * core.key_heads) * x.head_width;
    visit(detail::product(f, tokens, x.width, wide), times);
    visit(memory_traffic<T>{.moved = tokens * wide * T(4) * units::byte}, times);  // rotary embedding and cache write
    visit(core, times);
    visit(detail::product(f, tokens, heads * x.head_width, x.width), times);
  }
  // Keys and values of the other positions; in decode each rank attends to its own part of the cache and only results are merged.
  const T gathered = p.phase == phase::decode
                         ? p.sequences * heads * core.value_width
                         : core.sequences * s.context * core.context * cache_values_per_token(x, s.tensor);
  visit(
      collective<T>{
          .kind = exchange::all_gather, .bytes = gathered * T(2) * units::byte, .ranks = s.context, .stride = s.tensor},
      where(s.context > T(1), times, T(0)));
  visit(collective<T>{.kind = exchange::all_reduce, .bytes = tokens * x.width * T(2) * units::byte, .ranks = s.tensor},
        x.parallel ? T(0) : times);
}

// The feed-forward block of a dense layer on one chip, of inner width `inner`.
template <class T, class Visit>
constexpr void dense_operations(const basic_transformer<T>& x, const formats& f, const split<T>& s,
                                const detail::shares<T>& on_chip, const T& inner, const T& times, Visit&& visit) {
  if (detail::absent(times)) return;
  const T& tokens = on_chip.tokens;
  const T local = detail::or_one(inner) * on_chip.tensor;
  visit(memory_traffic<T>{.moved = tokens * x.width * T(8) * units::byte}, times);
  visit(detail::product(f, tokens, x.width, (x.matrices() - T(1)) * local), times);
  visit(memory_traffic<T>{.moved = tokens * local * T(2) * x.matrices() * units::byte}, times);
  visit(detail::product(f, tokens, local, x.width), times);
  visit(collective<T>{.kind = exchange::all_reduce, .bytes = tokens * x.width * T(2) * units::byte, .ranks = s.tensor},
        times);
}

// The feed-forward block of a mixture layer on one chip: router, dispatch, routed experts, shared experts, combine. Experts are spread over
// `split::expert` chips, each of which brings its own tokens; a tensor-parallel group sends each token once.
template <class T, class Visit>
constexpr void mixture_operations(const basic_transformer<T>& x, const formats& f, const split<T>& s,
                                  const detail::shares<T>& on_chip, const T& times, Visit&& visit) {
  if (detail::absent(times)) return;
  const T& tokens = on_chip.tokens;
  const T experts = detail::or_one(x.experts);
  visit(memory_traffic<T>{.moved = tokens * x.width * T(8) * units::byte}, times);
  visit(detail::product(f, tokens, x.width, experts), times);
  // What one rank sends: dispatched in the format of activations, combined in 16 bit.
  const auto routed = tokens * x.active_experts * x.width * on_chip.tensor * units::byte;
  const T exchanged = where(s.expert > T(1), times, T(0));
  visit(collective<T>{.kind = exchange::all_to_all,
                      .bytes = routed * stored_bytes<T>(f.activation_bits),
                      .ranks = s.expert,
                      .stride = s.tensor},
        exchanged);
  visit(expert_product<T>{.tokens = tokens * s.expert,
                          .hidden = x.width,
                          .width = detail::or_one(x.expert_width) * on_chip.tensor,
                          .experts = experts,
                          .active = where(x.experts > T(0), x.active_experts, T(1)),
                          .ranks = s.expert,
                          .matrices = x.matrices(),
                          .math = f.math,
                          .weights = f.expert_weights,
                          .weight_bytes = f.expert_weight_bits / 8,
                          .activation_bytes = f.activation_bits / 8},
        times);
  visit(collective<T>{.kind = exchange::all_to_all, .bytes = routed * T(2), .ranks = s.expert, .stride = s.tensor},
        exchanged);
  const T shared = where(x.shared_experts > T(0), times, T(0));
  if (!detail::absent(shared)) {
    const T inner = detail::or_one(x.shared_experts * x.shared_expert_width) * on_chip.tensor;
    visit(detail::product(f, tokens, x.width, (x.matrices() - T(1)) * inner), shared);
    visit(detail::product(f, tokens, inner, x.width), shared);
  }
  visit(collective<T>{.kind = exchange::all_reduce, .bytes = tokens * x.width * T(2) * units::byte, .ranks = s.tensor},
        times);
}

// Every operation of a pass on one chip, in the order of execution, over all layers: a pipeline of `split::pipeline`
// stages does them one stage after the other. visit(operation, times): the operation occurs `times` times.
// FLOP of a prefill of s tokens by a dense model of P parameters, embeddings untied:
//   2 (P - 2 V d) s + 2 V d + 4 L h w s (s + 1) / 2
// Leaves out: softmax, norms and activations as FLOP (they are memory traffic here), sampling, vision towers.
// Worked number: Llama-3.1-70B, one token after 1023 others: 141.7 GFLOP, of which attention 2.68 (4 x 80 x 8192 x
// 1024).
template <class T, class Visit>
constexpr void operations(const basic_transformer<T>& x, const formats& f, const pass<T>& p, const split<T>& s,
                          Visit&& visit) {
  const detail::shares<T> on_chip(x, p, s);
  const T& tokens = on_chip.tokens;
  visit(memory_traffic<T>{.moved = tokens * x.width * T(4) * units::byte}, T(1));  // embedding look-up
  attention_operations(x, f, p, s, on_chip, T(0), x.layers - x.sliding_layers, visit);
  attention_operations(x, f, p, s, on_chip, x.sliding_window, x.sliding_layers, visit);
  const T mixture = x.mixture_layers();
  dense_operations(x, f, s, on_chip, x.feed_forward, x.layers - mixture, visit);
  mixture_operations(x, f, s, on_chip, mixture, visit);
  // The output matrix, kept in 16 bit by the software that quantises the rest.
  formats head = f;
  head.math = head.weights = bits(f.math) < 16 ? precision::bf16 : f.math;
  head.weight_bits = head.activation_bits = f.embedding_bits;
  const T rows = p.phase == phase::prefill ? p.sequences : tokens;
  visit(detail::product(head, rows, x.width, x.vocabulary * on_chip.tensor), T(1));
  const T returned = rows * x.vocabulary * T(2);
  visit(collective<T>{.kind = exchange::all_gather, .bytes = returned * units::byte, .ranks = s.tensor},
        p.phase == phase::training ? T(0) : T(1));
}

// ---- totals ---------------------------------------------------------------------------------------------------------

// FLOP and bytes of everything that a visitor sees, exchanges left out.
template <class T = double>
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

template <class T>
constexpr totals<T> pass_totals(const basic_transformer<T>& x, const formats& f, const pass<T>& p,
                                const split<T>& s = {}) {
  totals<T> sum{};
  operations(x, f, p, s, sum);
  return sum;
}

}  // namespace layercake::models
