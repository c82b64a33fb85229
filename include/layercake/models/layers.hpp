// What the layers of a model are made of: what mixes positions, a feed-forward block, and groups of layers that are alike.
#pragma once

#include <layercake/core/fields.hpp>
#include <tuple>

namespace layercake::models {

// What mixes the positions of a layer:
//   attention  grouped: multi-head (key_heads = heads) and multi-query (key_heads = 1) are its ends
//   latent     DeepSeek's multi-head latent attention
//   linear     linear attention or a state-space model: a state of fixed size in place of a cache
enum class mixing : unsigned char { none, attention, latent, linear };

constexpr const char* name(mixing m) {
  switch (m) {
  case mixing::none:
    return "none";
  case mixing::attention:
    return "attention";
  case mixing::latent:
    return "latent";
  case mixing::linear:
    return "linear";
  }
  return "";
}

// Sizes are numbers so that they can be swept; what a kind does not have is 0.
template <number T = double>
struct basic_mixer {
  mixing kind = mixing::none;
  bool causal = true;     // a position sees those before it; an encoder's sees all
  bool chunked = false;   // windows are fixed blocks of positions and do not slide (Llama 4)
  bool parallel = false;  // beside the feed-forward block on one input, as in GPT-J and PaLM: one exchange a layer
  bool shared_value =
      false;           // values are the keys before norm and position, without a projection of their own (Gemma 4)
  bool delta = false;  // linear: a state forgets what a key held before it is written (DeltaNet)

  T heads = T(0);        // query heads; linear: heads of the state
  T key_heads = T(0);    // heads of keys and values; linear: groups that share keys and queries
  T key_width = T(0);    // of a query and of a key, per head; linear: of the state
  T value_width = T(0);  // per head
  T gate = T(0);         // numbers per head that gate the result, out of the input
  T window = T(0);       // positions that are seen; 0: all
  T crossed = T(0);      // positions of an encoder that are attended to in place of the model's own; 0: its own

  T query_rank = T(0);    // latent: width of the compressed query; 0: not compressed
  T latent_rank = T(0);   // of the compressed key and value
  T plain_width = T(0);   // per head, without position
  T rotary_width = T(0);  // per head, with position; shared by all heads in the cache
  T index_heads = T(0);   // of an indexer that chooses the positions which are attended to (DeepSeek-V3.2); 0: none
  T index_width = T(0);
  T index_top = T(0);  // positions that are chosen; without heads of an indexer by the layer before

  T steps = T(0);        // linear: numbers per head out of the input: 1 Mamba-2, 2 gated delta net, 0 lightning
  T step_rank = T(0);    // linear: rank of the projection of steps, keys and queries out of the values (Mamba)
  T convolution = T(0);  // linear: positions that the convolution before it sees; 0: none
  T chunk = T(0);        // linear: positions that prefill and training multiply at once
  T state_bytes = T(4);  // linear: of a number of the state
  T vectors = T(0);      // parameters that are no matrix: norms, biases, sinks, decay

  template <class N>
  using with_number = basic_mixer<N>;
  static constexpr auto fields() {
    using X = basic_mixer;
    return std::tuple{
        label("kind", &X::kind),
        label("causal", &X::causal),
        label("chunked", &X::chunked),
        label("parallel", &X::parallel),
        label("shared_value", &X::shared_value),
        label("delta", &X::delta),
        field("heads", &X::heads, count, "query heads, or heads of a state"),
        field("key_heads", &X::key_heads, count, "heads of keys and values, or groups that share them"),
        field("key_width", &X::key_width, count, "width of a key, per head; of a state, its first size"),
        field("value_width", &X::value_width, count, "width of a value, per head; of a state, its second size"),
        field("gate", &X::gate, count, "numbers per head that gate the result"),
        field("window", &X::window, count, "positions that are seen, 0 for all"),
        field("crossed", &X::crossed, count, "positions of an encoder that are attended to, 0 for the model's own"),
        field("query_rank", &X::query_rank, count, "width of the compressed query, 0 if it is not compressed"),
        field("latent_rank", &X::latent_rank, count, "width of the compressed keys and values"),
        field("plain_width", &X::plain_width, count, "width of a head's part without position"),
        field("rotary_width", &X::rotary_width, count, "width of a head's part with position"),
        field("index_heads", &X::index_heads, count, "heads of the indexer that chooses positions, 0 without one"),
        field("index_width", &X::index_width, count, "width of a head of the indexer"),
        field("index_top", &X::index_top, count, "positions that are chosen to be attended to"),
        field("steps", &X::steps, count, "numbers per head of the state that the input gives"),
        field("step_rank", &X::step_rank, count, "rank of the projection of steps, 0 where the input gives them"),
        field("convolution", &X::convolution, count, "positions that the convolution sees, 0 without one"),
        field("chunk", &X::chunk, count, "positions that a recurrence multiplies at once"),
        field("state_bytes", &X::state_bytes, domain{1, 8}, "bytes of a number of the state"),
        field("vectors", &X::vectors, count, "parameters of norms, biases and other vectors")};
  }
  void rules(findings& f) const requires real<T> {
    const char* shape = "Correct the architecture; its configuration file has the figure.";
    if (kind != mixing::none) f.check_positive("heads", heads, shape);
    if (kind == mixing::attention || kind == mixing::linear) {
      f.check_positive("key_heads", key_heads, shape);
      f.check_positive("key_width", key_width, shape);
      f.check_positive("value_width", value_width, shape);
      f.check_at_most("key_heads", key_heads, "heads", heads, shape);
    }
    if (kind == mixing::latent) {
      f.check_positive("latent_rank", latent_rank, "Latent attention caches keys and values of this width.");
      f.check_positive("plain_width", plain_width, "Give the width of a latent head's part without position.");
      f.check_positive("value_width", value_width, "Give the width of a latent head's value.");
    }
    if (kind == mixing::linear) {
      f.check_positive("chunk", chunk, "Say how many positions prefill multiplies at once; 64 to 256 are usual.");
    }
    if (kind == mixing::linear || kind == mixing::none)
      f.check_equal("window", window, "a mixer without a cache of positions has", T(0),
                    "A state has no window: set 0.");
    if (kind != mixing::attention)
      f.check_equal("crossed", crossed, "a mixer that is not attention has", T(0),
                    "Set kind = mixing::attention, or 0.");
    if (index_heads > T(0)) {
      f.check_positive("index_width", index_width, "Give the width of a head of the indexer.");
      f.check_positive("index_top", index_top, "Say how many positions the indexer chooses.");
      f.require(kind == mixing::latent, "index_heads", index_heads, "0 without latent attention", shape);
    } else if (index_top > T(0)) {
      f.require(kind == mixing::latent, "index_top", index_top, "0 without latent attention", shape);
    }
  }

  // Widths that attention computes with: of a query-key product and of a value, per head, as in prefill and training.
  constexpr T query_key_width() const { return kind == mixing::latent ? plain_width + rotary_width : key_width; }
  // Key and value heads on one chip of a tensor-parallel group: they are replicated when there are fewer than ranks.
  constexpr T local_key_heads(const T& tensor) const { return max(key_heads / tensor, T(1)); }
  // Numbers of a position that the convolution before a recurrence runs over; keys and queries pass it unless they come
  // out of the values behind it, as in Mamba-1.
  constexpr T channels() const {
    return heads * value_width + where(step_rank > T(0), T(0), T(2) * key_heads * key_width);
  }
};
using mixer = basic_mixer<>;

enum class feed_forward_kind : unsigned char { none, dense, mixture };

constexpr const char* name(feed_forward_kind k) {
  switch (k) {
  case feed_forward_kind::none:
    return "none";
  case feed_forward_kind::dense:
    return "dense";
  case feed_forward_kind::mixture:
    return "mixture";
  }
  return "";
}

template <number T = double>
struct basic_feed_forward {
  feed_forward_kind kind = feed_forward_kind::none;
  bool gated = true;  // SwiGLU and its like: three matrices a block, otherwise two
  T width = T(0);     // inner width of a dense block, or of a routed expert
  T experts = T(0);   // routed
  T active = T(0);    // of them per token
  T shared = T(0);    // experts that every token visits
  T shared_width = T(0);
  T latent = T(0);   // width that routed experts read and write, between two projections; 0: the model's own
  T vectors = T(0);  // parameters that are no matrix: norms, biases, gates

  template <class N>
  using with_number = basic_feed_forward<N>;
  static constexpr auto fields() {
    using X = basic_feed_forward;
    return std::tuple{label("kind", &X::kind),
                      label("gated", &X::gated),
                      field("width", &X::width, count, "inner width of a dense block or of a routed expert"),
                      field("experts", &X::experts, count, "routed experts"),
                      field("active", &X::active, count, "routed experts that each token visits"),
                      field("shared", &X::shared, count, "experts that every token visits"),
                      field("shared_width", &X::shared_width, count, "inner width of a shared expert"),
                      field("latent", &X::latent, count, "width that routed experts read, 0 for the model's own"),
                      field("vectors", &X::vectors, count, "parameters of norms, biases and other vectors")};
  }
  void rules(findings& f) const requires real<T> {
    const char* shape = "Correct the architecture; its configuration file has the figure.";
    if (kind != feed_forward_kind::none) f.check_positive("width", width, shape);
    if (kind == feed_forward_kind::mixture) {
      f.check_positive("experts", experts, "Say how many experts the router chooses from.");
      f.check_positive("active", active, "Say how many of the experts a token visits.");
      f.check_at_most("active", active, "experts", experts, shape);
    } else {
      f.check_equal("experts", experts, "a block without a router has", T(0), shape);
      f.check_equal("shared", shared, "a block without a router has", T(0), shape);
      f.check_equal("latent", latent, "a block without a router has", T(0), shape);
    }
    if (shared > T(0)) f.check_positive("shared_width", shared_width, "Give the inner width of the shared experts.");
  }

  constexpr T matrices() const { return T(gated ? 3 : 2); }  // of a block
  // What a routed expert reads and writes in a model of that width.
  constexpr T expert_input(const T& model_width) const { return where(latent > T(0), latent, model_width); }
};
using feed_forward = basic_feed_forward<>;

// `count` layers that are alike, wherever they lie among the others. Either part may be missing.
template <number T = double>
struct basic_layer_group {
  T count = T(0);
  basic_mixer<T> mixer{};
  basic_feed_forward<T> feed_forward{};

  template <class N>
  using with_number = basic_layer_group<N>;
  static constexpr auto fields() {
    using X = basic_layer_group;
    return std::tuple{field("count", &X::count, layercake::count, "layers of the group"), part("mixer", &X::mixer),
                      part("feed_forward", &X::feed_forward)};
  }
  void rules(findings& f) const requires real<T> {
    f.check_positive("count", count, "Say how many layers are so, or leave the group out.");
    const bool empty = mixer.kind == mixing::none && feed_forward.kind == feed_forward_kind::none;
    f.require(!empty, "mixer.kind", std::string_view("none, as feed_forward.kind"),
              "a mixer, a feed-forward block or both", "Say what the layers of the group do.");
  }
};
using layer_group = basic_layer_group<>;

}  // namespace layercake::models
