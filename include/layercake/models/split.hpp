// How a model is cut over chips, and what goes through it at once: the two arguments of every figure of one chip.
#pragma once

#include <layercake/core/fields.hpp>
#include <tuple>

namespace layercake::models {

// How the weights of a layer lie over its tensor ranks, and by what attention is cut (Pope et al., MLSys 2023, sections 3.2 and 3.3; layouts.hpp):
//   tensor                           cut along heads and inner widths; attention by heads
//   two_dimensional                  cut along these and along the width of the stream; attention by heads, as many as there are whole ones
//   two_dimensional_batch_attention  the same; attention and its cache by sequences
//   gathered_batch_attention         gathered before each product; tokens are cut, and attention and its cache by sequences
enum class weight_layout : unsigned char {
  tensor,
  two_dimensional,
  two_dimensional_batch_attention,
  gathered_batch_attention
};

constexpr const char* name(weight_layout l) {
  switch (l) {
  case weight_layout::tensor:
    return "tensor";
  case weight_layout::two_dimensional:
    return "two_dimensional";
  case weight_layout::two_dimensional_batch_attention:
    return "two_dimensional_batch_attention";
  case weight_layout::gathered_batch_attention:
    return "gathered_batch_attention";
  }
  return "";
}
constexpr bool attends_by_batch(weight_layout l) { return l >= weight_layout::two_dimensional_batch_attention; }

// How a model is cut over chips: every figure of a split is of one chip of the group.
template <number T = double>
struct split {
  T tensor = T(1);    // heads and inner widths
  T pipeline = T(1);  // layers
  T expert = T(1);    // experts, over chips that otherwise replicate the model
  T context = T(1);   // positions of one sequence
  // Groups of the tensor ranks, each of which attends to sequences of its own: attention is data-parallel over them and
  // tensor-parallel inside each, all else tensor-parallel over all.
  T attention_data = T(1);
  weight_layout layout = weight_layout::tensor;  // others: of dense layers with attention, with attention_data 1

  template <class N>
  using with_number = split<N>;
  static constexpr auto fields() {
    using X = split;
    return std::tuple{
        label("layout", &X::layout),
        field("tensor", &X::tensor, positive_count, "chips that share every layer"),
        field("pipeline", &X::pipeline, positive_count, "stages that the layers are cut into"),
        field("expert", &X::expert, positive_count, "chips that the experts are spread over"),
        field("context", &X::context, positive_count, "chips that the positions of a sequence are spread over"),
        field("attention_data", &X::attention_data, positive_count,
              "groups of the tensor ranks that attend to sequences of their own")};
  }
  // Tensor ranks that share the attention of a sequence.
  constexpr T attention_tensor() const { return tensor / attention_data; }
  // Groups of them over which a cache is spread.
  constexpr T cache_groups() const { return attends_by_batch(layout) ? tensor : attention_data; }
};

// One forward pass over `sequences` sequences, each `queries` new tokens long and seeing `context` positions (the new ones included).
//   prefill:  queries = prompt, context = prompt + cached prefix; only the last position goes through the output matrix
//   decode:   queries = 1
//   training: queries = context = sequence length; every position goes through the output matrix; nothing is cached
// What is done once a call, of images or sound, is done for the share `beginning` of the sequences: a prompt that is read in several passes
// begins in one of them.
enum class phase : unsigned char { prefill, decode, training };

constexpr const char* name(phase p) {
  switch (p) {
  case phase::prefill:
    return "prefill";
  case phase::decode:
    return "decode";
  case phase::training:
    return "training";
  }
  return "";
}

template <number T = double>
struct pass {
  models::phase phase = models::phase::prefill;
  T sequences = T(1);
  T queries = T(1);
  T context = T(1);
  T beginning = T(1);

  template <class N>
  using with_number = pass<N>;
  static constexpr auto fields() {
    using X = pass;
    return std::tuple{
        label("phase", &X::phase),
        field("sequences", &X::sequences, positive, "sequences that go through the model together"),
        field("queries", &X::queries, positive, "new tokens of each sequence"),
        field("context", &X::context, positive, "positions that the last new token sees, itself included"),
        field("beginning", &X::beginning, share, "share of the sequences that begin in the pass")};
  }
  void rules(findings& f) const requires real<T> {
    f.check_at_most("queries", queries, "context", context, "Count the new tokens into the context.");
  }
};

}  // namespace layercake::models
