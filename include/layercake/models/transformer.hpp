// The architecture of an ordinary transformer, as its configuration file gives it: the short form of a list of layers.
#pragma once

#include <layercake/core/fields.hpp>
#include <layercake/core/provenance.hpp>
#include <layercake/models/formats.hpp>
#include <layercake/models/layers.hpp>
#include <layercake/models/parameters.hpp>
#include <layercake/models/split.hpp>
#include <tuple>
#include <utility>

namespace layercake::models {

template <number T = double>
struct basic_transformer;
template <class Architecture>
struct in_formats;  // deployed.hpp

// grouped covers multi-head (key_heads = heads) and multi-query (key_heads = 1); latent is DeepSeek's multi-head latent attention.
enum class attention : unsigned char { grouped, latent };

constexpr const char* name(attention a) {
  switch (a) {
  case attention::grouped:
    return "grouped";
  case attention::latent:
    return "latent";
  }
  return "";
}

// The architecture as its configuration file gives it. Counts are numbers so that they can be swept.
template <number T>
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
      false;  // attention and feed-forward side by side on one input, as in GPT-J and PaLM: one exchange a layer
  T positions = unknown<>;  // the longest context that the model was made for
  formats stored{};         // in which the makers publish the weights

  T published_parameters = unknown<>;         // as its makers count them
  T published_active_parameters = unknown<>;  // per token
  provenance origin{};

  template <class N>
  using with_number = basic_transformer<N>;

  static constexpr auto fields() {
    using X = basic_transformer;
    return std::tuple{
        label("name", &X::name),
        label("gated", &X::gated),
        label("tied", &X::tied),
        label("kind", &X::kind),
        label("chunked", &X::chunked),
        label("parallel", &X::parallel),
        label("stored", &X::stored),
        label("origin", &X::origin),
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
        field("positions", &X::positions, positive.or_unknown(), "the longest context that the model was made for"),
        field("published_parameters", &X::published_parameters, positive.or_unknown(),
              "the total that the makers state"),
        field("published_active_parameters", &X::published_active_parameters, positive.or_unknown(),
              "the parameters per token that the makers state")};
  }

  void rules(findings& f) const requires real<T> {
    const char* shape = "Correct the architecture; its configuration file has the figure.";
    f.check_at_most("active_experts", active_experts, "experts", experts, shape);
    f.check_at_most("key_heads", key_heads, "heads", heads, shape);
    f.check_at_most("dense_layers", dense_layers, "layers", layers, shape);
    f.check_at_most("sliding_layers", sliding_layers, "layers", layers, shape);
    if (sliding_layers > T(0)) {
      f.check_positive("sliding_window", sliding_window, "Say how many tokens the sliding_layers see.");
    }
    if (experts > T(0)) {
      f.check_positive("active_experts", active_experts, "Say how many of the experts a token visits.");
      f.check_positive("expert_width", expert_width, "Give the inner width of the experts.");
    } else {
      f.check_equal("shared_experts", shared_experts, "a model without routed experts has", T(0), shape);
    }
    if (shared_experts > T(0)) {
      f.check_positive("shared_expert_width", shared_expert_width, "Give the inner width of the shared_experts.");
    }
    if (mixture_layers() < layers) {
      f.check_positive("feed_forward", feed_forward, "Give the inner width of the layers without experts.");
    }
    if (kind == attention::latent) {
      f.check_positive("latent_rank", latent_rank, "Latent attention caches keys and values of this width.");
      f.check_positive("plain_width", plain_width, "Give the width of a latent head's part without position.");
      f.check_positive("value_width", value_width, "Give the width of a latent head's value.");
    }
  }

  // Ready to run in one format, or in the formats that its makers publish; defined in deployed.hpp.
  constexpr in_formats<basic_transformer> at(precision p) const;
  constexpr in_formats<basic_transformer> at(const formats& f) const;
  constexpr in_formats<basic_transformer> as_published() const;

  // What training asks of any model (training/model.hpp): the operations of a pass on one chip of a split, in 16 bit
  // (operations.hpp), and the parameters that a chip holds (parameters.hpp).
  template <number N, class Visit>
  constexpr void operations(const pass<N>& p, const split<N>& s, Visit&& visit) const;
  template <number N>
  constexpr rank_parameters<promote_t<T, N>> parameters(const split<N>& s) const {
    using P = promote_t<T, N>;
    return parameters_of_rank(layercake::with_number<P>(*this), layercake::with_number<P>(s));
  }

  constexpr T mixture_layers() const { return where(experts > T(0), layers - dense_layers, T(0)); }

  // What the formulas of a model take of an architecture (parameters.hpp): its blocks and how often each occurs. Records of what does not
  // occur are not even written.
  constexpr basic_mixer<T> mixer(const T& window) const {
    const bool latent = kind == attention::latent;
    const auto of_latent = [&](const T& x) { return latent ? x : T(0); };
    return {.kind = latent ? mixing::latent : mixing::attention,
            .chunked = chunked,
            .parallel = parallel,
            .heads = heads,
            .key_heads = key_heads,
            .key_width = head_width,
            .value_width = latent ? value_width : head_width,
            .window = window,
            .query_rank = of_latent(query_rank),
            .latent_rank = of_latent(latent_rank),
            .plain_width = of_latent(plain_width),
            .rotary_width = of_latent(rotary_width)};
  }
  template <class Visit>
  constexpr void each_mixer(Visit&& visit) const {
    basic_mixer<T> m = mixer(T(0));
    visit(std::as_const(m), layers - sliding_layers);
    if (absent(sliding_layers)) return;
    m.window = sliding_window;
    visit(std::as_const(m), sliding_layers);
  }
  template <class Visit>
  constexpr void each_feed_forward(Visit&& visit) const {
    const T mixture = mixture_layers();
    basic_feed_forward<T> f;
    f.kind = feed_forward_kind::dense, f.gated = gated, f.width = feed_forward;
    visit(f, layers - mixture);
    if (absent(mixture)) return;
    f.kind = feed_forward_kind::mixture, f.width = expert_width;
    f.experts = experts, f.active = active_experts, f.shared = shared_experts, f.shared_width = shared_expert_width;
    visit(f, mixture);
  }
  constexpr table_parameters<T> tables(const T& tensor) const {
    const T table = vocabulary * width / tensor;
    return {.input = table, .output = tied ? T(0) : table};
  }
  constexpr T output_width() const { return vocabulary; }
};
using transformer = basic_transformer<>;

}  // namespace layercake::models
