// What families share: attention, feed-forward blocks and mixtures by the usual keys, and layers that are alike put together.
//
// Parameters that are no matrix are counted tensor by tensor, as the reference implementations in the transformers library have them:
// a norm of width w has w (RMS) or 2 w (LayerNorm with a bias), a biased projection to n numbers n more.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <layercake/adapters/hugging_face/config.hpp>
#include <layercake/core/same.hpp>
#include <layercake/models/layered.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace layercake::adapters::hugging_face {

using models::feed_forward;
using models::feed_forward_kind;
using models::layer_group;
using models::layered;
using models::mixer;
using models::mixing;
using models::output_matrix;
using models::tower;

// Vectors of a norm, as many times its width.
inline constexpr double rms_norm = 1, layer_norm = 2, norm_without_bias = 1;

// Layers one after the other, those that are alike counted together.
class layer_list {
public:
  void add(const mixer& m, const feed_forward& f) {
    std::size_t kind = 0;
    while (kind < groups_.size() &&
           !(layercake::same(groups_[kind].mixer, m) && layercake::same(groups_[kind].feed_forward, f)))
      ++kind;
    if (kind == groups_.size()) groups_.push_back({0, m, f});
    groups_[kind].count += 1;
    order_.push_back(kind);
  }
  void put_into(layered& x, config& c) const {
    if (groups_.size() > models::most_groups) {
      c.refuse("groups", std::to_string(groups_.size()) + " kinds of layers",
               "at most " + std::to_string(models::most_groups),
               "Leave out what sets layers apart that hardly differ.");
      return;
    }
    for (const layer_group& g : groups_)
      x.groups.push_back(g);
    c.layer_order = order_;
  }

private:
  std::vector<layer_group> groups_;
  std::vector<std::size_t> order_;
};

inline std::size_t layer_count(config& c, const char* key = "num_hidden_layers") {
  return static_cast<std::size_t>(c.number(key, any_layer_count));
}

// What stands outside the layers of a decoder: width, vocabulary, positions, whether the output matrix is the embedding, and the last norm.
// `tied` and `vocabulary` are what the family has where the file does not say.
inline layered decoder(config& c, const char* family, bool tied, double last_norm = rms_norm, double vocabulary = 0) {
  layered x;
  x.name = family;
  x.width = c.size(c.named({"hidden_size", "n_embd", "d_model"}));
  x.vocabulary = vocabulary > 0 ? c.size("vocab_size", vocabulary) : c.size("vocab_size");
  x.output = c.flag("tie_word_embeddings", tied) ? output_matrix::tied : output_matrix::own;
  const char* positions = c.named({"max_position_embeddings", "n_positions", "max_seq_len", "seq_length", "n_ctx"});
  if (c.has(positions)) x.positions = c.number(positions, any_position);
  if (!(x.positions > 0)) x.positions = unknown<>;
  x.vectors = last_norm * x.width;
  return x;
}

// a / b, which must be whole.
inline double whole_part(config& c, const char* key, double a, const char* parts_key, double b) {
  if (std::fmod(a, b) != 0) {
    if (c.in_order())
      c.refuse(parts_key, to_string(b), "a divisor of " + c.path_of(key) + ", " + to_string(a), "Correct the file.");
    return 1;
  }
  return a / b;
}

// ---- attention --------------------------------------------------------------------------------------------------------------

enum class biased : unsigned char { no, yes, by_file };  // by_file: where attention_bias says so
enum class query_norm : unsigned char { none, head, whole };

struct attention_style {
  biased query = biased::no;  // and of keys and values
  biased output = biased::no;
  query_norm norm = query_norm::none;  // of queries and keys: of one head's width, or of all heads'
};

// Sizes that the files of a family leave out where they are those of the reference implementation; 0: they never do.
struct usual_sizes {
  double heads = 0, key_heads = 0, head_width = 0, vocabulary = 0;
};

// Grouped-query attention by num_attention_heads, num_key_value_heads and head_dim, as the reference implementations read them: as
// many key heads as heads, and width / heads, where the file does not say. Vectors: biases and the norms of queries and keys.
inline mixer grouped_attention(config& c, double width, const attention_style& style, const usual_sizes& usual = {}) {
  mixer m;
  m.kind = mixing::attention;
  const char* heads = c.named({"num_attention_heads", "n_head", "n_heads"});
  m.heads = usual.heads > 0 ? c.size(heads, usual.heads) : c.size(heads);
  m.key_heads =
      c.size(c.named({"num_key_value_heads", "num_kv_heads"}), usual.key_heads > 0 ? usual.key_heads : m.heads);
  const char* own_width = c.named({"head_dim", "attention_head_dim"});
  const bool says_width = c.has(own_width) || usual.head_width > 0;
  const double head =
      says_width ? c.size(own_width, usual.head_width) : whole_part(c, "hidden_size", width, heads, m.heads);
  m.key_width = m.value_width = head;
  const bool by_file = c.flag("attention_bias", false);
  const auto has = [&](biased b) { return b == biased::yes || (b == biased::by_file && by_file); };
  if (by_file && style.query == biased::no) {
    c.refuse("attention_bias", "true", "false", "The family has no biases in attention.");
  }
  if (has(style.query)) m.vectors += m.heads * head + 2 * m.key_heads * head;
  if (has(style.output)) m.vectors += width;
  if (style.norm == query_norm::head) m.vectors += 2 * head;
  if (style.norm == query_norm::whole) m.vectors += (m.heads + m.key_heads) * head;
  return m;
}

// Positions that each layer sees, 0 for all: by layer_types if the file has it, otherwise by `windowed(layer)`; the window itself is
// `sliding_window`. Where that is missing every layer sees everything, if the family has it so (`may_lack`); otherwise it is refused.
template <class Windowed>
std::vector<double> layer_windows(config& c, std::size_t layers, Windowed&& windowed, bool may_lack = false) {
  const double window = c.number("sliding_window", any_position, 0);
  bool lacks = false;
  std::vector<double> all(layers, 0.0);
  const std::vector<std::string> types = c.texts("layer_types");
  if (!types.empty() && types.size() != layers) {
    c.refuse("layer_types", std::to_string(types.size()) + " entries", std::to_string(layers) + ", one a layer",
             "Correct the file.");
    return all;
  }
  for (std::size_t i = 0; i < layers; ++i) {
    bool narrow = false;
    if (types.empty()) {
      narrow = windowed(i);
    } else {
      narrow = types[i] == "sliding_attention";
      if (!narrow && types[i] != "full_attention") {
        c.refuse_element("layer_types", i, shown(types[i]), "one of full_attention, sliding_attention");
      }
    }
    if (narrow) all[i] = window;
    lacks = lacks || (narrow && !(window > 0));
  }
  if (lacks && !(may_lack && types.empty())) {
    c.refuse("sliding_window", "missing", "the positions that layers with a window see", "Correct the file.");
  }
  return all;
}
inline bool in_every_layer(std::size_t) { return true; }

// The window in all layers but each n-th, by sliding_window_pattern or `n`.
inline std::function<bool(std::size_t)> but_each(config& c, double n) {
  const auto pattern = static_cast<std::size_t>(c.number("sliding_window_pattern", positive_size, n));
  return [pattern](std::size_t i) { return (i + 1) % pattern != 0; };
}

// ---- feed-forward -----------------------------------------------------------------------------------------------------------

// A dense block of inner width `inner`; its biases are vectors: those of all but the last matrix have its inner width.
inline feed_forward dense_block(double width, double inner, bool gated, bool biases = false) {
  feed_forward f;
  f.kind = feed_forward_kind::dense;
  f.gated = gated;
  f.width = inner;
  if (biases) f.vectors = (gated ? 2 : 1) * inner + width;
  return f;
}

// A mixture; experts beyond those that there are cannot be chosen.
struct mixture_keys {
  const char* experts;
  const char* active;
  const char* width;
};
inline feed_forward mixture_block(config& c, const mixture_keys& keys) {
  feed_forward f;
  f.kind = feed_forward_kind::mixture;
  f.experts = c.size(keys.experts);
  f.active = c.number(keys.active, positive_size);
  f.width = c.size(keys.width);
  return f;
}
inline void share(feed_forward& f, double count, double width) {
  if (count > 0 && width > 0) f.shared = count, f.shared_width = width;
}

// The residual stream's norms before, and where there are four behind, the two blocks of a layer.
inline void add_norms(mixer& m, feed_forward& f, double each, double norms) {
  const double of_feed_forward = std::floor(norms / 2);
  m.vectors += each * (norms - of_feed_forward);
  f.vectors += each * of_feed_forward;
}

}  // namespace layercake::adapters::hugging_face
