// Decoders whose layers are attention and a dense block.
#pragma once

#include <cstddef>
#include <layercake/adapters/hugging_face/blocks.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace layercake::adapters::hugging_face {

// Which layers see a window: none; all; those from max_window_layers on, if use_sliding_window says so; all but each second, fourth, sixth.
enum class windows : unsigned char { none, all, by_switch, but_second, but_fourth, but_sixth };

struct decoder_style {
  const char* family = "";
  attention_style attention{};
  windows narrow = windows::none;
  bool tied = false;       // where the file does not say
  double norm = rms_norm;  // vectors of a norm, as many times its width
  double norms = 2;        // of the residual stream, a layer
  bool gated = true;
  bool biases_by_file = false;  // of the feed-forward block: mlp_bias
  bool parallel = false;        // both blocks beside one another
  usual_sizes usual{};
};

// Sources: the reference implementations in the transformers library, models/<family>/modeling_<family>.py and configuration_<family>.py,
// version 5.24 (2026).
inline constexpr attention_style bias_by_file{biased::by_file, biased::by_file, query_norm::none};
inline constexpr decoder_style decoder_styles[] = {
    {.family = "arcee", .attention = bias_by_file, .gated = false, .biases_by_file = true},
    {.family = "gemma", .attention = bias_by_file, .tied = true},
    {.family = "gemma2", .attention = bias_by_file, .narrow = windows::but_second, .tied = true, .norms = 4},
    {.family = "gemma3_text",
     .attention = {biased::by_file, biased::by_file, query_norm::head},
     .narrow = windows::but_sixth,
     .tied = true,
     .norms = 4,
     .usual = {.heads = 8, .key_heads = 4, .head_width = 256, .vocabulary = 262208}},
    {.family = "glm", .attention = {.query = biased::by_file}},
    {.family = "glm4", .attention = {.query = biased::by_file}, .norms = 4},
    {.family = "granite", .attention = bias_by_file, .biases_by_file = true},
    {.family = "llama", .attention = bias_by_file, .biases_by_file = true},
    {.family = "mistral", .narrow = windows::all},
    {.family = "nemotron", .attention = bias_by_file, .norm = layer_norm, .gated = false, .biases_by_file = true},
    {.family = "olmo", .attention = bias_by_file, .norm = 0},
    {.family = "olmo2", .attention = {biased::by_file, biased::by_file, query_norm::whole}},
    {.family = "olmo3",
     .attention = {biased::by_file, biased::by_file, query_norm::whole},
     .narrow = windows::but_fourth},
    {.family = "phi3", .narrow = windows::all},
    {.family = "qwen2", .attention = {.query = biased::yes}, .narrow = windows::by_switch},
    {.family = "qwen2_5_vl_text", .attention = {.query = biased::yes}, .narrow = windows::by_switch},
    {.family = "qwen2_vl_text", .attention = {.query = biased::yes}, .narrow = windows::by_switch},
    {.family = "qwen3",
     .attention = {biased::by_file, biased::by_file, query_norm::head},
     .narrow = windows::by_switch},
    {.family = "qwen3_vl_text", .attention = {biased::by_file, biased::by_file, query_norm::head}},
    {.family = "smollm3",
     .attention = bias_by_file,
     .narrow = windows::by_switch,
     .tied = true,
     .biases_by_file = true},
};

// Without use_sliding_window the keys of a window are there and say nothing.
inline std::vector<double> switched_windows(config& c, std::size_t layers) {
  const bool use = c.flag("use_sliding_window", false);
  const double from = c.number("max_window_layers", any_size, 0);
  if (use) return layer_windows(c, layers, [=](std::size_t i) { return static_cast<double>(i) >= from; });
  c.pass_over({"sliding_window", "layer_types"});
  return std::vector<double>(layers, 0.0);
}
inline std::vector<double> windows_of(config& c, windows narrow, std::size_t layers) {
  switch (narrow) {
  case windows::none:
    break;
  case windows::all:
    return layer_windows(c, layers, in_every_layer, true);
  case windows::by_switch:
    return switched_windows(c, layers);
  case windows::but_second:
    return layer_windows(c, layers, but_each(c, 2));
  case windows::but_fourth:
    return layer_windows(c, layers, but_each(c, 4));
  case windows::but_sixth:
    return layer_windows(c, layers, but_each(c, 6));
  }
  return std::vector<double>(layers, 0.0);
}

// Decoders by their style. `feed_forward_of(layer)` gives the block of each layer without its norms.
template <class FeedForward>
layered styled_decoder(config& c, const decoder_style& s, FeedForward&& feed_forward_of) {
  layered x = decoder(c, s.family, s.tied, s.norm, s.usual.vocabulary);
  const std::size_t layers = layer_count(c);
  mixer m = grouped_attention(c, x.width, s.attention, s.usual);
  m.parallel = s.parallel;
  layer_list all;
  const std::vector<double> narrow = windows_of(c, s.narrow, layers);
  for (std::size_t i = 0; i < layers; ++i) {
    mixer own = m;
    own.window = narrow[i];
    feed_forward f = feed_forward_of(i, x.width);
    add_norms(own, f, s.norm * x.width, s.norms);
    all.add(own, f);
  }
  all.put_into(x, c);
  return x;
}
inline layered read_styled(config& c, const decoder_style& s) {
  const double inner = c.size("intermediate_size");
  const bool biases = s.biases_by_file && c.flag("mlp_bias", false);
  // How positions are rotated in which layer, and to which length before it was stretched.
  c.pass_over({"no_rope_layers", "no_rope_layer_interval", "original_max_position_embeddings"});
  if (s.narrow == windows::none) c.only("sliding_window", nullptr);
  c.only_flag("use_bidirectional_attention", false);
  return styled_decoder(c, s, [&](std::size_t, double width) { return dense_block(width, inner, s.gated, biases); });
}
inline const decoder_style* find_style(std::string_view family) {
  for (const decoder_style& s : decoder_styles) {
    if (family == s.family) return &s;
  }
  return nullptr;
}

// ---- decoders with keys of their own ----------------------------------------------------------------------------------------

inline layered read_cohere(config& c, const char* family, windows narrow) {
  decoder_style s{.family = family,
                  .attention = bias_by_file,
                  .narrow = narrow,
                  .tied = true,
                  .norm = norm_without_bias,
                  .norms = 1,
                  .parallel = true};
  if (c.flag("use_qk_norm", false)) s.attention.norm = query_norm::whole;
  c.pass_over({"use_gated_activation", "use_parallel_block", "use_parallel_embedding", "order_of_interleaved_layers",
               "position_embedding_type", "rotary_pct"});
  return read_styled(c, s);
}
inline layered read_cohere1(config& c) { return read_cohere(c, "cohere", windows::none); }
inline layered read_cohere2(config& c) { return read_cohere(c, "cohere2", windows::but_fourth); }

inline layered read_starcoder2(config& c) {
  const biased all = c.flag("use_bias", true) ? biased::yes : biased::no;
  const double inner = c.size("intermediate_size");
  c.pass_over({"norm_type", "mlp_type"});
  const decoder_style s{.family = "starcoder2",
                        .attention = {all, all, query_norm::none},
                        .narrow = windows::all,
                        .tied = true,
                        .norm = layer_norm,
                        .gated = false};
  return styled_decoder(
      c, s, [&](std::size_t, double width) { return dense_block(width, inner, false, all == biased::yes); });
}

inline layered read_internlm2(config& c) {
  c.only_flag("bias", false);
  return read_styled(c, {.family = "internlm2"});
}

inline layered read_exaone(config& c) {
  layered x = decoder(c, "exaone", false);
  const std::size_t layers = layer_count(c, c.named({"num_layers", "num_hidden_layers"}));
  mixer m = grouped_attention(c, x.width, {});
  feed_forward f = dense_block(x.width, c.size("intermediate_size"), true);
  c.only_flag("mlp_bias", false);
  add_norms(m, f, x.width, 2);
  x.groups.push_back({static_cast<double>(layers), m, f});
  return x;
}

// Biases everywhere, in the output matrix too; one norm for both blocks.
inline layered read_phi(config& c) {
  const decoder_style s{.family = "phi",
                        .attention = {biased::yes, biased::yes, query_norm::none},
                        .norm = layer_norm,
                        .norms = 1,
                        .gated = false,
                        .parallel = true};
  c.only_flag("qk_layernorm", false);
  const double inner = c.size("intermediate_size");
  layered x = styled_decoder(c, s, [&](std::size_t, double width) { return dense_block(width, inner, false, true); });
  x.vectors += x.vocabulary;
  return x;
}

inline layered read_gpt_neox(config& c) {
  const biased all = c.flag("attention_bias", true) ? biased::yes : biased::no;
  const double inner = c.size("intermediate_size");
  c.pass_over({"use_parallel_residual"});
  const decoder_style s{.family = "gpt_neox",
                        .attention = {all, all, query_norm::none},
                        .norm = layer_norm,
                        .gated = false,
                        .parallel = c.flag("use_parallel_residual", true)};
  return styled_decoder(c, s, [&](std::size_t, double width) { return dense_block(width, inner, false, true); });
}

// The families of GPT's own keys: n_embd, n_layer, n_head, n_inner.
inline layered read_gpt(config& c, const decoder_style& s) {
  layered x = decoder(c, s.family, s.tied, s.norm);
  const std::size_t layers = layer_count(c, "n_layer");
  mixer m = grouped_attention(c, x.width, s.attention);
  m.parallel = s.parallel;
  feed_forward f = dense_block(x.width, c.size("n_inner", 4 * x.width), s.gated, true);
  add_norms(m, f, s.norm * x.width, s.norms);
  x.groups.push_back({static_cast<double>(layers), m, f});
  return x;
}
inline layered read_gpt2(config& c) {
  c.pass_over({"reorder_and_upcast_attn"});
  layered x = read_gpt(c, {.family = "gpt2",
                           .attention = {biased::yes, biased::yes, query_norm::none},
                           .tied = true,
                           .norm = layer_norm,
                           .gated = false});
  x.vectors += c.number("n_positions", any_position) * x.width;  // a learned position each
  return x;
}
inline layered read_gptj(config& c) {
  layered x = read_gpt(c, {.family = "gptj", .norm = layer_norm, .norms = 1, .gated = false, .parallel = true});
  x.vectors += x.vocabulary;  // the output matrix has a bias
  return x;
}

// Positions are learned, two more than there are; the embedding may be narrower than the model.
inline layered read_opt(config& c) {
  layered x = decoder(c, "opt", true, 0);
  const std::size_t layers = layer_count(c);
  const bool bias = c.flag("enable_bias", true), norms = c.flag("layer_norm_elementwise_affine", true);
  const bool before = c.flag("do_layer_norm_before", true), removed = c.flag("_remove_final_layer_norm", false);
  c.only("word_embed_proj_dim", x.width);
  mixer m = grouped_attention(c, x.width, {bias ? biased::yes : biased::no, bias ? biased::yes : biased::no, {}});
  feed_forward f = dense_block(x.width, c.size("ffn_dim"), false, bias);
  const double norm = norms ? layer_norm * x.width : 0;
  add_norms(m, f, norm, 2);
  if (before && !removed) x.vectors += norm;
  x.vectors += (c.number("max_position_embeddings", any_position) + 2) * x.width;
  x.groups.push_back({static_cast<double>(layers), m, f});
  return x;
}

// A norm behind the embedding too.
inline layered read_bloom(config& c) {
  layered x = decoder(c, "bloom", true, 2 * layer_norm);
  const std::size_t layers = layer_count(c, c.named({"n_layer", "num_hidden_layers"}));
  mixer m = grouped_attention(c, x.width, {biased::yes, biased::yes, query_norm::none});
  feed_forward f = dense_block(x.width, 4 * x.width, false, true);
  c.pass_over({"skip_bias_add", "skip_bias_add_qkv", "seq_length", "unk_token_id", "bias_dropout_fusion", "n_inner",
               "masked_softmax_fusion"});
  add_norms(m, f, layer_norm * x.width, 2);
  x.groups.push_back({static_cast<double>(layers), m, f});
  return x;
}

// Key heads: as many as num_kv_heads in the new architecture, otherwise one (multi_query) or as many as heads.
inline layered read_falcon(config& c) {
  layered x = decoder(c, "falcon", true, layer_norm);
  const std::size_t layers = layer_count(c, c.named({"num_hidden_layers", "n_layer"}));
  const bool newer = c.flag("new_decoder_architecture", false), multi_query = c.flag("multi_query", true);
  const bool parallel = c.flag("parallel_attn", true), bias = c.flag("bias", false);
  const biased b = bias ? biased::yes : biased::no;
  mixer m = grouped_attention(c, x.width, {b, b, query_norm::none});
  if (!newer) {
    m.key_heads = multi_query ? 1 : m.heads;
    m.vectors = bias ? (m.heads + 2 * m.key_heads) * m.key_width + x.width : 0;
  }
  m.parallel = parallel;
  feed_forward f = dense_block(x.width, c.size("ffn_hidden_size", 4 * x.width), false, bias);
  const double norms = parallel ? c.size("num_ln_in_parallel_attn", newer ? 2 : 1) : 2;
  add_norms(m, f, layer_norm * x.width, norms);
  x.groups.push_back({static_cast<double>(layers), m, f});
  return x;
}

}  // namespace layercake::adapters::hugging_face
