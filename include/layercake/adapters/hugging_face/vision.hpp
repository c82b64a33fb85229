// Models with a tower for images beside a decoder, and decoders that come with one.
//
// A tower takes as many positions as an image of the size that the file names; families that take images of any size have 0. How many
// images a call has the file does not say: `items` is 0, so that towers are held in memory and not run, until it is set.
#pragma once

#include <cstddef>
#include <layercake/adapters/hugging_face/hybrids.hpp>
#include <layercake/adapters/hugging_face/latent.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace layercake::adapters::hugging_face {

// ---- towers -----------------------------------------------------------------------------------------------------------------

inline double squared(double x) { return x * x; }
// Of a projection from n to m numbers with a bias.
inline double linear(double n, double m) { return n * m + m; }

// A tower's layers: attention without a mask and a dense block; biases in both or in neither. norms: vectors of one, times the width.
struct tower_style {
  double norm = layer_norm;
  double norms = 2;
  bool gated = false;
  bool biases = true;
};
inline tower vision_layers(double layers, double width, double heads, double inner, const tower_style& s) {
  tower t;
  t.count = layers, t.width = width;
  t.mixer.kind = mixing::attention;
  t.mixer.causal = false;
  t.mixer.heads = t.mixer.key_heads = heads;
  t.mixer.key_width = t.mixer.value_width = width / heads;
  if (s.biases) t.mixer.vectors = 4 * width;
  t.feed_forward = dense_block(width, inner, s.gated, s.biases);
  add_norms(t.mixer, t.feed_forward, s.norm * width, s.norms);
  return t;
}

// Patches along the side of an image.
inline double side(config& v, double image_size) { return std::floor(image_size / v.size("patch_size")); }

// Qwen2-VL and later: patches of a few frames, put together 2 x 2 by mergers of two layers.
struct qwen_tower {
  tower_style style{};
  bool patch_bias = false;
  bool positions = false;  // a table of them
};
inline tower qwen_vision(config& v, const char* width_key, double inner, double text_width, const qwen_tower& s) {
  const double width = v.size(width_key), heads = v.size("num_heads");
  whole_part(v, width_key, width, "num_heads", heads);
  tower t = vision_layers(v.size("depth"), width, heads, inner, s.style);
  const double patch = squared(v.size("patch_size")) * v.size("temporal_patch_size", 2) *
                       v.size(v.named({"in_channels", "in_chans"}), 3);
  const double merged = width * squared(v.size("spatial_merge_size", 2));
  // The merger behind the layers, and one for each layer that gives its results to the decoder too.
  const double deep = static_cast<double>(v.list("deepstack_visual_indexes").size());
  t.embedding = patch * width;
  t.projection = (1 + deep) * (merged * merged + merged * text_width);
  t.vectors = (s.patch_bias ? width : 0) + (1 + deep) * (merged + text_width);
  if (s.positions) t.vectors += v.size("num_position_embeddings") * width;
  t.vectors += s.style.norm * (width + deep * merged);  // those in between normalise what they have put together
  v.pass_over({"model_type", "spatial_patch_size"});
  return t;
}

// Llama 4: patches of an image, a class token before them; 2 x 2 put together by two layers, then projected.
inline tower llama4_vision(config& v, double text_width) {
  const double width = v.size("hidden_size"), heads = v.size("num_attention_heads");
  whole_part(v, "hidden_size", width, "num_attention_heads", heads);
  const double inner = v.size("intermediate_size"), image = v.size("image_size");
  tower t = vision_layers(v.size("num_hidden_layers"), width, heads, inner, {});
  const double patches = squared(side(v, image)), ratio = v.number("pixel_shuffle_ratio", positive_share, 0.5);
  const double out = v.size("vision_output_dim");
  t.positions = patches + 1;
  t.tokens = std::floor(patches * squared(ratio));
  t.embedding = v.size("num_channels", 3) * squared(v.size("patch_size")) * width;
  t.projection = inner * v.size("projector_input_dim") + squared(v.size("projector_output_dim")) + out * text_width;
  t.vectors =
      width + t.positions * width + 2 * layer_norm * width;  // a class token, positions, norms before and behind
  v.only_flag("multi_modal_projector_bias", false);
  v.pass_over({"model_type", "vision_feature_layer"});
  return t;
}

// SigLIP, as in Gemma 3: a position each patch, and a projection behind.
inline tower siglip_vision(config& v, double text_width) {
  const double width = v.size("hidden_size"), heads = v.size("num_attention_heads");
  whole_part(v, "hidden_size", width, "num_attention_heads", heads);
  tower t = vision_layers(v.size("num_hidden_layers"), width, heads, v.size("intermediate_size"), {});
  t.positions = squared(side(v, v.size("image_size")));
  t.embedding = v.size("num_channels", 3) * squared(v.size("patch_size")) * width;
  t.projection = width * text_width;
  t.vectors =
      width + t.positions * width + layer_norm * width + rms_norm * width;  // of patches, and of what is projected
  v.only_flag("vision_use_head", false);
  v.pass_over({"model_type"});
  return t;
}

// Gemma 4: queries and keys are normalised, four norms a layer; a position each along both sides.
inline tower gemma4_vision(config& v, double text_width) {
  const double width = v.size("hidden_size");
  tower t;
  t.count = v.size("num_hidden_layers"), t.width = width;
  t.mixer = grouped_attention(v, width, {.norm = query_norm::head});
  t.mixer.causal = false;
  t.feed_forward = dense_block(width, v.size("intermediate_size"), true);
  add_norms(t.mixer, t.feed_forward, width, 4);
  t.embedding = squared(v.size("patch_size")) * 3 * width;
  t.projection = width * text_width;
  t.vectors = 2 * v.size("position_embedding_size") * width + (v.flag("standardize", false) ? 2 * width : 0);
  v.only_flag("use_clipped_linears", false);
  v.pass_over(
      {"model_type", "pooling_kernel_size", "max_position_embeddings", "default_output_length", "global_head_dim"});
  return t;
}

// Pixtral: gated blocks without biases; patches put together by a linear layer and projected by two.
inline tower pixtral_vision(config& root, config& v, double text_width) {
  const double width = v.size("hidden_size"), heads = v.size("num_attention_heads");
  whole_part(v, "hidden_size", width, "num_attention_heads", heads);
  tower t = vision_layers(v.size("num_hidden_layers"), width, heads, v.size("intermediate_size"),
                          {.norm = rms_norm, .gated = true, .biases = false});
  const double merge = root.size("spatial_merge_size", 2), patches = squared(side(v, v.size("image_size")));
  const double bias = root.flag("multimodal_projector_bias", false) ? 2 * text_width : 0;
  t.positions = patches;
  t.tokens = std::floor(patches / squared(merge));
  t.embedding = v.size("num_channels", 3) * squared(v.size("patch_size")) * width;
  t.projection = squared(merge) * squared(width) + width * text_width + squared(text_width);
  t.vectors = 2 * rms_norm * width + bias;
  root.pass_over({"vision_feature_layer"});
  v.pass_over({"model_type", "head_dim"});
  return t;
}

// ---- decoders that come with towers -----------------------------------------------------------------------------------------

// Attention of two widths: that of layers which see everything has heads of its own, and may have keys that are the values too.
inline layered read_gemma4_text(config& c) {
  layered x = decoder(c, "gemma4_text", true);
  const std::size_t layers = layer_count(c);
  mixer narrow = grouped_attention(c, x.width, {biased::by_file, biased::by_file, query_norm::head}), full = narrow;
  full.key_width = full.value_width = c.size("global_head_dim", 512);
  full.vectors = 2 * full.key_width;
  full.shared_value = c.flag("attention_k_eq_v", false);
  const double fewer = c.size("num_global_key_value_heads", narrow.key_heads);
  if (full.shared_value) full.key_heads = fewer;
  const double inner = c.size("intermediate_size");
  feed_forward f = dense_block(x.width, inner, true);
  f.vectors = 2 * x.width + 1;              // norms before and behind, and a scale of the layer
  if (c.flag("enable_moe_block", false)) {  // beside the dense block, which every token visits
    f = mixture_block(c,
                      {"num_experts", "top_k_experts", c.named({"moe_intermediate_size", "expert_intermediate_size"})});
    share(f, 1, inner);
    f.vectors =
        5 * x.width + 1 + x.width + f.experts;  // three norms more, scales of the router's input and of each expert
  }
  c.pass_over({"num_experts", "top_k_experts", "moe_intermediate_size", "vocab_size_per_layer_input",
               "use_double_wide_mlp", "use_bidirectional_attention"});
  // Embeddings of each layer and layers without keys of their own (E2B, E4B).
  if (c.size("hidden_size_per_layer_input", 256) > 0) {
    c.refuse("hidden_size_per_layer_input", c.has("hidden_size_per_layer_input") ? "above 0" : "missing, which is 256",
             "0", "Embeddings of each layer are not understood.");
  }
  c.only("num_kv_shared_layers", 0);
  narrow.vectors += 2 * x.width, full.vectors += 2 * x.width;
  const std::vector<double> windows = layer_windows(c, layers, but_each(c, 6));
  layer_list all;
  for (std::size_t i = 0; i < layers; ++i) {
    narrow.window = windows[i];
    all.add(windows[i] > 0 ? narrow : full, f);
  }
  all.put_into(x, c);
  return x;
}

// Attention in blocks of positions in all layers but each fourth; experts in each interleave_moe_layer_step-th layer.
inline layered read_llama4_text(config& c) {
  layered x = decoder(c, "llama4_text", false);
  const std::size_t layers = layer_count(c);
  const mixer full = grouped_attention(c, x.width, bias_by_file);
  mixer chunked = full;
  chunked.chunked = true;
  chunked.window = c.number("attention_chunk_size", any_position, 8192);
  feed_forward mixture = mixture_block(c, {"num_local_experts", "num_experts_per_tok", "intermediate_size"});
  share(mixture, 1, mixture.width);
  const feed_forward dense = dense_block(x.width, c.size("intermediate_size_mlp"), true);
  const auto step = static_cast<std::size_t>(c.number("interleave_moe_layer_step", positive_size, 1));
  const auto rope = c.numbers("no_rope_layers", {0, 1, false, false, true});  // 0: sees everything, without positions
  const std::vector<double> listed = c.numbers("moe_layers", any_size);
  c.pass_over({"use_qk_norm", "for_llm_compressor", "layer_types"});
  const auto each = static_cast<std::size_t>(c.number("no_rope_layer_interval", positive_size, 4));
  layer_list all;
  for (std::size_t i = 0; i < layers; ++i) {
    const bool narrow = i < rope.size() ? rope[i] == 1 : (i + 1) % each != 0;
    const bool sparse = listed.empty()
                            ? (i + 1) % step == 0
                            : std::find(listed.begin(), listed.end(), static_cast<double>(i)) != listed.end();
    mixer m = narrow && chunked.window > 0 ? chunked : full;
    feed_forward f = sparse ? mixture : dense;
    add_norms(m, f, x.width, 2);
    all.add(m, f);
  }
  all.put_into(x, c);
  return x;
}

}  // namespace layercake::adapters::hugging_face
