// A model as a list of groups of layers, and what lies outside them: hybrids, encoders, models with towers for images or sound.
#pragma once

#include <layercake/core/fields.hpp>
#include <layercake/core/inplace_list.hpp>
#include <layercake/core/provenance.hpp>
#include <layercake/models/formats.hpp>
#include <layercake/models/layers.hpp>
#include <layercake/models/parameters.hpp>
#include <layercake/models/split.hpp>
#include <layercake/models/transformer.hpp>
#include <tuple>

namespace layercake::models {

template <number T = double>
struct basic_layered;
template <class Architecture>
struct in_formats;  // deployed.hpp

inline constexpr std::size_t most_groups = 8;  // different layers of one model
inline constexpr std::size_t most_towers = 2;  // images and sound

enum class output_matrix : unsigned char { own, tied, none };  // none: an encoder gives its vectors away

constexpr const char* name(output_matrix m) {
  switch (m) {
  case output_matrix::own:
    return "own";
  case output_matrix::tied:
    return "tied";
  case output_matrix::none:
    return "none";
  }
  return "";
}

// An encoder of something that is not text, whose results take the place of tokens. It is run once over each item of a prompt.
template <number T = double>
struct basic_tower {
  T count = T(0);  // layers, all alike
  T width = T(0);
  basic_mixer<T> mixer{};
  basic_feed_forward<T> feed_forward{};
  T positions = T(0);  // that an item has inside: patches of an image, frames of a clip
  T tokens = T(0);     // positions of the model that an item becomes
  T items = T(0);      // of a call; 0: the tower is held in memory and not run
  // Parameters outside its layers: what every position passes before them, what every token of the model passes behind them, and what is no
  // matrix.
  T embedding = T(0);
  T projection = T(0);
  T vectors = T(0);

  template <class N>
  using with_number = basic_tower<N>;
  static constexpr auto fields() {
    using X = basic_tower;
    return std::tuple{
        field("count", &X::count, layercake::count, "layers of the tower"),
        field("width", &X::width, layercake::count, "width of its residual stream"),
        part("mixer", &X::mixer),
        part("feed_forward", &X::feed_forward),
        field("positions", &X::positions, nonnegative, "positions of an item inside the tower"),
        field("tokens", &X::tokens, nonnegative, "positions of the model that an item becomes"),
        field("items", &X::items, nonnegative, "items of a call"),
        field("embedding", &X::embedding, layercake::count, "parameters that every position passes first"),
        field("projection", &X::projection, layercake::count, "parameters that every token passes last"),
        field("vectors", &X::vectors, layercake::count, "parameters outside its layers that are no matrix")};
  }
  void rules(findings& f) const requires real<T> {
    if (!(count > T(0))) return;
    f.check_positive("width", width, "Give the width of the tower's residual stream.");
    if (items > T(0)) f.check_positive("positions", positions, "Say how many positions an item has in the tower.");
    f.require(feed_forward.kind != feed_forward_kind::mixture, "feed_forward.kind", std::string_view("mixture"),
              "dense or none",
              "Experts of a tower are not timed; give it a dense block of the width that a position visits.");
  }
  constexpr T parameters() const {
    return count * layer_parameters(mixer, feed_forward, width) + embedding + projection + vectors;
  }
};
using tower = basic_tower<>;

// The architecture. Groups say how many layers are alike, not in which order they come: a pipeline has them spread evenly.
template <number T>
struct basic_layered {
  const char* name = "";
  T width = T(0);  // d_model
  T vocabulary = T(0);
  output_matrix output = output_matrix::own;
  inplace_list<basic_layer_group<T>, most_groups> groups{};
  inplace_list<basic_tower<T>, most_towers> towers{};
  // Layers that predict further tokens (multi-token prediction), of which each has a projection of two widths to one. Held
  // and run by speculation alone.
  inplace_list<basic_layer_group<T>, 1> prediction{};
  T layers = unknown<>;     // as the makers count them: the groups have to add up to it
  T vectors = T(0);         // parameters outside the layers that are no matrix: the last norm, tables of positions
  T positions = unknown<>;  // the longest context that the model was made for
  formats stored{};         // in which the makers publish the weights

  T published_parameters = unknown<>;         // as its makers count them
  T published_active_parameters = unknown<>;  // per token
  provenance origin{};

  template <class N>
  using with_number = basic_layered<N>;
  static constexpr auto fields() {
    using X = basic_layered;
    return std::tuple{
        label("name", &X::name),
        label("output", &X::output),
        label("stored", &X::stored),
        label("origin", &X::origin),
        field("width", &X::width, positive_count, "d_model, the width of the residual stream"),
        field("vocabulary", &X::vocabulary, count, "entries of the embedding table"),
        part("groups", &X::groups),
        part("towers", &X::towers),
        part("prediction", &X::prediction),
        field("layers", &X::layers, positive_count.or_unknown(),
              "layers as the makers count them, unknown to trust the groups"),
        field("vectors", &X::vectors, count, "parameters outside the layers that are no matrix"),
        field("positions", &X::positions, positive.or_unknown(), "the longest context that the model was made for"),
        field("published_parameters", &X::published_parameters, positive.or_unknown(),
              "the total that the makers state"),
        field("published_active_parameters", &X::published_active_parameters, positive.or_unknown(),
              "the parameters per token that the makers state")};
  }
  void rules(findings& f) const requires real<T> {
    f.check_not_empty("groups", groups, "List the groups of layers: groups = {{.count = 32, .mixer = ...}}.");
    if (is_known(layers))
      f.check_equal("groups", layer_count(), "layers", layers, "Every layer is in one group: correct a count.");
    if (output != output_matrix::none)
      f.check_positive("vocabulary", vocabulary, "Give the entries of the output matrix, or output_matrix::none.");
  }

  // Ready to run in given formats, or in those that its makers publish; defined in deployed.hpp.
  constexpr in_formats<basic_layered> at(precision p) const;
  constexpr in_formats<basic_layered> at(const formats& f) const;
  constexpr in_formats<basic_layered> as_published() const;

  // What training asks of any model (training/model.hpp).
  template <number N, class Visit>
  constexpr void operations(const pass<N>& p, const split<N>& s, Visit&& visit) const;
  template <number N>
  constexpr rank_parameters<promote_t<T, N>> parameters(const split<N>& s) const {
    using P = promote_t<T, N>;
    return parameters_of_rank(layercake::with_number<P>(*this), layercake::with_number<P>(s));
  }

  constexpr T layer_count() const {
    T sum = T(0);
    for (const auto& g : groups)
      sum += g.count;
    return sum;
  }
  constexpr T mixture_layers() const {
    T sum = T(0);
    for (const auto& g : groups) {
      if (g.feed_forward.kind == feed_forward_kind::mixture) sum += g.count;
    }
    return sum;
  }
  // What the formulas of a model take of an architecture (parameters.hpp).
  template <class Visit>
  constexpr void each_mixer(Visit&& visit) const {
    for (const auto& g : groups) {
      if (g.mixer.kind != mixing::none) visit(g.mixer, g.count);
    }
  }
  template <class Visit>
  constexpr void each_feed_forward(Visit&& visit) const {
    for (const auto& g : groups) {
      if (g.feed_forward.kind != feed_forward_kind::none) visit(g.feed_forward, g.count);
    }
  }
  constexpr table_parameters<T> tables(const T& tensor) const {
    const T table = vocabulary * width / tensor;
    table_parameters<T> t{.input = table, .output = output == output_matrix::own ? table : T(0), .vectors = vectors};
    for (const auto& each : towers)
      t.towers += each.parameters() / tensor;
    const T joining = T(2) * width * width / tensor;  // the stream and the embedding of the last token, to one width
    for (const auto& g : prediction)
      t.prediction += g.count * (layer_parameters(g.mixer, g.feed_forward, width, tensor) + joining);
    return t;
  }
  // Columns of the output matrix; 0 without one.
  constexpr T output_width() const { return output == output_matrix::none ? T(0) : vocabulary; }
};
using layered = basic_layered<>;

// The short form written out. Its layers are paired as they come, full attention and dense blocks first: which of them is which makes no
// difference to any sum.
template <real T>
constexpr basic_layered<T> as_layered(const basic_transformer<T>& x) {
  basic_layered<T> y;
  y.name = x.name, y.width = x.width, y.vocabulary = x.vocabulary;
  y.output = x.tied ? output_matrix::tied : output_matrix::own;
  y.layers = x.layers, y.positions = x.positions, y.stored = x.stored, y.origin = x.origin;
  y.published_parameters = x.published_parameters, y.published_active_parameters = x.published_active_parameters;
  inplace_list<basic_layer_group<T>, 2> mixers, blocks;
  x.each_mixer([&](const basic_mixer<T>& m, const T& times) {
    if (times > T(0)) mixers.push_back({times, m, {}});
  });
  x.each_feed_forward([&](const basic_feed_forward<T>& f, const T& times) {
    if (times > T(0)) blocks.push_back({times, {}, f});
  });
  for (std::size_t i = 0, j = 0; i < mixers.size() && j < blocks.size();) {
    const T both = min(mixers[i].count, blocks[j].count);
    y.groups.push_back({both, mixers[i].mixer, blocks[j].feed_forward});
    mixers[i].count -= both, blocks[j].count -= both;
    if (!(mixers[i].count > T(0))) ++i;
    if (!(blocks[j].count > T(0))) ++j;
  }
  return y;
}

}  // namespace layercake::models
