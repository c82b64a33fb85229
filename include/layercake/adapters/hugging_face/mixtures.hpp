// Decoders whose layers, all or some, choose among experts.
#pragma once

#include <algorithm>
#include <cstddef>
#include <layercake/adapters/hugging_face/decoders.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace layercake::adapters::hugging_face {

inline layered read_mixtral(config& c) {
  const feed_forward f = mixture_block(c, {"num_local_experts", "num_experts_per_tok", "intermediate_size"});
  return styled_decoder(c, {.family = "mixtral", .narrow = windows::all}, [&](std::size_t, double) { return f; });
}

inline layered read_phimoe(config& c) {
  const bool bias = c.flag("lm_head_bias", false);
  const feed_forward f = mixture_block(c, {"num_local_experts", "num_experts_per_tok", "intermediate_size"});
  c.pass_over({"original_max_position_embeddings", "input_jitter_noise"});
  const decoder_style s{.family = "phimoe", .attention = bias_by_file, .narrow = windows::all, .norm = layer_norm};
  layered x = styled_decoder(c, s, [&](std::size_t, double) { return f; });
  if (bias) x.vectors += x.vocabulary;
  return x;
}

// Every decoder_sparse_step-th layer chooses, but for those of mlp_only_layers.
class sparse_layers {
public:
  explicit sparse_layers(config& c)
      : step_(static_cast<std::size_t>(c.number("decoder_sparse_step", positive_size, 1))),
        dense_(c.numbers("mlp_only_layers", any_size)) {}
  bool operator()(std::size_t i) const {
    return (i + 1) % step_ == 0 && std::find(dense_.begin(), dense_.end(), static_cast<double>(i)) == dense_.end();
  }

private:
  std::size_t step_;
  std::vector<double> dense_;
};

// The feed-forward blocks of the Qwen family, by layer.
class qwen_blocks {
public:
  explicit qwen_blocks(config& c)
      : sparse_(c),
        inner_(c.size("intermediate_size", 0)),
        mixture_(mixture_block(
            c, {c.named({"num_experts", "num_local_experts"}), "num_experts_per_tok", "moe_intermediate_size"})) {
    share(mixture_, 1, c.size("shared_expert_intermediate_size", 0));
  }
  feed_forward operator()(std::size_t i, double width) const {
    if (!sparse_(i)) return dense_block(width, inner_, true);
    feed_forward f = mixture_;
    if (f.shared > 0) f.vectors += width;  // a gate of the shared expert
    return f;
  }

private:
  sparse_layers sparse_;
  double inner_;
  feed_forward mixture_;
};

inline layered read_qwen_moe(config& c, const decoder_style& s) { return styled_decoder(c, s, qwen_blocks(c)); }
inline layered read_qwen2_moe(config& c) {
  c.pass_over({"qkv_bias"});
  return read_qwen_moe(c, {.family = "qwen2_moe", .attention = {.query = biased::yes}, .narrow = windows::by_switch});
}
inline layered read_qwen3_moe(config& c) {
  return read_qwen_moe(c, {.family = "qwen3_moe",
                           .attention = {biased::by_file, biased::by_file, query_norm::head},
                           .narrow = windows::by_switch});
}
inline layered read_qwen3_vl_moe_text(config& c) {
  return read_qwen_moe(
      c, {.family = "qwen3_vl_moe_text", .attention = {biased::by_file, biased::by_file, query_norm::head}});
}

inline layered read_olmoe(config& c) {
  const feed_forward f = mixture_block(c, {"num_experts", "num_experts_per_tok", "intermediate_size"});
  return styled_decoder(c, {.family = "olmoe", .attention = {biased::by_file, biased::by_file, query_norm::whole}},
                        [&](std::size_t, double) { return f; });
}

inline layered read_granitemoe(config& c) {
  feed_forward f = mixture_block(c, {"num_local_experts", "num_experts_per_tok", "intermediate_size"});
  share(f, 1, c.size("shared_intermediate_size", 0));
  return styled_decoder(c, {.family = "granitemoe", .attention = bias_by_file}, [&](std::size_t, double) { return f; });
}

// A sink for every head; biases in attention, router and experts.
inline layered read_gpt_oss(config& c) {
  feed_forward f = mixture_block(c, {"num_local_experts", "num_experts_per_tok", "intermediate_size"});
  c.only("experts_per_token", f.active);
  c.pass_over({"initial_context_length"});
  const decoder_style s{
      .family = "gpt_oss", .attention = {biased::yes, biased::yes, query_norm::none}, .narrow = windows::but_second};
  layered x = styled_decoder(c, s, [&](std::size_t, double width) {
    feed_forward own = f;
    own.vectors = f.experts + f.experts * (2 * f.width + width);
    return own;
  });
  for (layer_group& g : x.groups)
    g.mixer.vectors += g.mixer.heads;
  return x;
}

// Norms of all queries and all keys; the router has a correction each expert. Its layers for further tokens are not published.
inline layered read_minimax_m2(config& c) {
  feed_forward f = mixture_block(c, {"num_local_experts", "num_experts_per_tok", "intermediate_size"});
  f.vectors = f.experts;
  c.pass_over({"use_mtp", "num_mtp_modules", "mtp_transformer_layers", "use_routing_bias"});
  c.only("shared_intermediate_size", 0);
  c.only("qk_norm_type", "per_layer");
  for (const double kind : c.numbers("attn_type_list", any_size)) {
    if (kind != 1) c.refuse("attn_type_list", to_string(kind), "1, attention, in every layer", "Correct the file.");
  }
  decoder_style s{.family = "minimax_m2"};
  if (c.flag("use_qk_norm", true)) s.attention.norm = query_norm::whole;
  return styled_decoder(c, s, [&](std::size_t, double) { return f; });
}

// Experts as DeepSeek has them: the first first_k_dense_replace layers are dense, the others choose, with n_shared_experts of an expert's
// width beside. `corrected`: the router has a correction each expert.
inline std::vector<feed_forward> experts_after_dense(config& c, std::size_t layers, double width, bool corrected) {
  const feed_forward dense = dense_block(width, c.size("intermediate_size"), true);
  const char* experts = c.named({"n_routed_experts", "num_local_experts", "num_experts"});
  std::vector<feed_forward> all(layers, dense);
  if (!c.has(experts)) {
    c.pass_over({"moe_intermediate_size", "num_experts_per_tok", "n_shared_experts", "first_k_dense_replace"});
    return all;
  }
  feed_forward f = mixture_block(c, {experts, "num_experts_per_tok", "moe_intermediate_size"});
  share(f, c.size("n_shared_experts", 0), f.width);
  if (corrected) f.vectors = f.experts;
  const double first = c.number("first_k_dense_replace", any_size, 0);
  const auto each = static_cast<std::size_t>(c.number("moe_layer_freq", positive_size, 1));
  const std::vector<std::string> types = c.texts("mlp_layer_types");
  for (std::size_t i = 0; i < layers; ++i) {
    const bool sparse = i < types.size() ? types[i] == "sparse" : static_cast<double>(i) >= first && i % each == 0;
    if (sparse) all[i] = f;
  }
  return all;
}

// Layers that predict further tokens, alike one of the model's: with a norm of the token, one of the last result, and one behind.
inline void add_prediction(layered& x, config& c, layer_group layer) {
  layer.count = c.size(c.named({"num_nextn_predict_layers", "num_mtp_layers", "mtp_num_hidden_layers"}), 0);
  layer.mixer.vectors += 2 * x.width;
  layer.feed_forward.vectors += x.width;
  if (layer.count > 0) x.prediction.push_back(layer);
}

inline layered read_glm4_moe(config& c) {
  decoder_style s{.family = "glm4_moe", .attention = {.query = biased::by_file}};
  if (c.flag("use_qk_norm", false)) s.attention.norm = query_norm::head;
  const std::size_t layers = layer_count(c);
  const std::vector<feed_forward> all = experts_after_dense(c, layers, c.size("hidden_size"), true);
  layered x = styled_decoder(c, s, [&](std::size_t i, double) { return all[i]; });
  if (!x.groups.empty()) add_prediction(x, c, x.groups[x.groups.size() - 1]);
  return x;
}

// Attention with fewer and wider heads in layers that see everything than in those with a window, which have a sink for every head.
inline layered read_mimo_v2_flash(config& c) {
  layered x = decoder(c, "mimo_v2_flash", false);
  const std::size_t layers = layer_count(c);
  mixer full = grouped_attention(c, x.width, {.query = biased::by_file}), narrow = full;
  full.value_width = c.size("v_head_dim", full.key_width);
  narrow.heads = c.size("swa_num_attention_heads", full.heads);
  narrow.key_heads = c.size("swa_num_key_value_heads", 2 * full.key_heads);
  narrow.key_width = c.size("swa_head_dim", full.key_width);
  narrow.value_width = c.size("swa_v_head_dim", full.value_width);
  const bool has_size = c.has("sliding_window_size");  // the other may count a position more
  narrow.window = c.number(has_size ? "sliding_window_size" : "sliding_window", any_position);
  c.pass_over({"sliding_window"});
  c.only("attention_chunk_size", narrow.window);
  c.pass_over({"attention_projection_layout"});
  for (mixer* m : {&full, &narrow})  // the projection of values may be narrower than that of keys
    m->vectors = m->vectors > 0 ? m->heads * m->key_width + m->key_heads * (m->key_width + m->value_width) : 0;
  if (c.flag("add_swa_attention_sink_bias", true)) narrow.vectors += narrow.heads;
  if (c.flag("add_full_attention_sink_bias", false)) full.vectors += full.heads;
  full.vectors += x.width, narrow.vectors += x.width;
  const feed_forward dense = dense_block(x.width, c.size("intermediate_size"), true);
  feed_forward mixture = mixture_block(c, {"n_routed_experts", "num_experts_per_tok", "moe_intermediate_size"});
  share(mixture, c.size("n_shared_experts", 0), mixture.width);
  mixture.vectors = mixture.experts;  // a correction each
  const std::vector<double> windowed = c.numbers("hybrid_layer_pattern", {0, 1, false, false, true});
  const std::vector<double> sparse = c.numbers("moe_layer_freq", {0, 1, false, false, true});
  for (const auto& [key, list] : {std::pair{"hybrid_layer_pattern", &windowed}, std::pair{"moe_layer_freq", &sparse}}) {
    if (list->size() == layers) continue;
    c.refuse(key, std::to_string(list->size()) + " entries", std::to_string(layers) + ", one a layer",
             "Correct the file.");
    return x;
  }
  layer_list all;
  for (std::size_t i = 0; i < layers; ++i) {
    feed_forward f = sparse[i] == 1 ? mixture : dense;
    f.vectors += x.width;
    all.add(windowed[i] == 1 ? narrow : full, f);
  }
  all.put_into(x, c);
  feed_forward behind = dense;
  behind.vectors += x.width;
  add_prediction(x, c, {1, narrow, behind});
  return x;
}

// A dense block as wide as the model beside the experts of each layer, with a norm of its own.
inline layered read_arctic(config& c) {
  feed_forward f = mixture_block(c, {"num_local_experts", "num_experts_per_tok", "intermediate_size"});
  c.only("moe_layer_frequency", 1);
  c.only_flag("use_residual", true);
  c.pass_over({"moe_min_capacity", "moe_train_capacity_factor", "moe_eval_capacity_factor", "moe_token_dropping",
               "enable_expert_tensor_parallelism", "parallel_attn_mlp_res", "quantization", "enc_index"});
  return styled_decoder(c, {.family = "arctic", .narrow = windows::all}, [&](std::size_t, double width) {
    feed_forward own = f;
    share(own, 1, width);
    own.vectors += width;
    return own;
  });
}

// Attention and experts have objects of their own.
inline layered read_dbrx(config& c) {
  layered x = decoder(c, "dbrx", false, norm_without_bias);
  const std::size_t layers = layer_count(c, "n_layers");
  config &attention = c.part("attn_config"), &experts = c.part("ffn_config");
  mixer m = grouped_attention(c, x.width, {});
  m.key_heads = attention.size("kv_n_heads");
  feed_forward f = mixture_block(experts, {"moe_num_experts", "moe_top_k", "ffn_hidden_size"});
  attention.pass_over({"model_type"});
  experts.pass_over({"model_type", "ffn_act_fn", "moe_loss_weight", "moe_normalize_expert_weights", "moe_jitter_eps",
                     "uniform_expert_assignment"});
  experts.only("hidden_size", x.width);
  add_norms(m, f, norm_without_bias * x.width, 2);
  x.groups.push_back({static_cast<double>(layers), m, f});
  return x;
}

}  // namespace layercake::adapters::hugging_face
