// Decoders with a recurrence in place of some or all attention: Mamba, Mamba-2, gated delta nets, lightning attention.
#pragma once

#include <cstddef>
#include <layercake/adapters/hugging_face/mixtures.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace layercake::adapters::hugging_face {

// Bytes of a number of the state: 4, which the reference implementations keep it in, unless the file says 16 bit.
inline double state_bytes(config& c, const char* key) {
  const std::string type = c.text(key, "float32");
  if (type != "float32" && type != "bfloat16" && type != "float16") {
    c.refuse(key, shown(type), "one of float32, bfloat16, float16", "Nothing else is understood.");
  }
  return type == "float32" ? 4 : 2;
}

// ---- Mamba-2 ----------------------------------------------------------------------------------------------------------------

// The keys under which a family has the sizes of Mamba-2.
struct mamba2_keys {
  const char* heads;
  const char* head_width;
  const char* state;
  const char* groups;
  const char* convolution;
  const char* chunk;
  const char* convolution_bias;
  const char* projection_bias;
};
inline constexpr mamba2_keys prefixed_mamba2{"mamba_n_heads", "mamba_d_head",     "mamba_d_state",   "mamba_n_groups",
                                             "mamba_d_conv",  "mamba_chunk_size", "mamba_conv_bias", "mamba_proj_bias"};

// Vectors: a step's bias, a decay and a pass-through of each head; a norm of the result; biases of the convolution and, if there are, of the
// two projections.
inline mixer mamba2_mixer(config& c, double width, const mamba2_keys& keys, bool norm = true) {
  mixer m;
  m.kind = mixing::linear;
  m.heads = c.size(keys.heads);
  m.key_heads = c.size(keys.groups);
  m.key_width = c.size(keys.state);
  if (c.has(keys.head_width) && c.holds_text(keys.head_width)) {  // "auto": what is left of the inner width
    c.pass_over({keys.head_width});
    const double inner = c.size("mamba_d_ssm", c.size("mamba_expand", 2) * width);
    m.value_width = whole_part(c, "mamba_expand", inner, keys.heads, m.heads);
  } else {
    m.value_width = c.size(keys.head_width);
  }
  m.steps = 1;
  m.convolution = c.size(keys.convolution);
  m.chunk = c.size(keys.chunk, 256);
  const double inner = m.heads * m.value_width;
  m.vectors = 3 * m.heads + (norm ? inner : 0);
  if (c.flag(keys.convolution_bias, true)) m.vectors += m.channels();
  if (c.flag(keys.projection_bias, false)) m.vectors += inner + m.channels() + m.heads + width;
  return m;
}

inline layered read_mamba2(config& c) {
  layered x = decoder(c, "mamba2", false);
  const std::size_t layers = layer_count(c);
  mixer m = mamba2_mixer(
      c, x.width,
      {"num_heads", "head_dim", "state_size", "n_groups", "conv_kernel", "chunk_size", "use_conv_bias", "use_bias"});
  c.only("expand", m.heads * m.value_width / x.width);
  c.pass_over({"time_step_rank", "rms_norm", "norm_before_gate"});
  m.vectors += x.width;
  x.groups.push_back({static_cast<double>(layers), m, {}});
  return x;
}

// Mamba-2 in all layers but those of attn_layer_indices; a dense block in all.
inline layered read_bamba(config& c) {
  layered x = decoder(c, "bamba", false);
  const std::size_t layers = layer_count(c);
  mixer attention = grouped_attention(c, x.width, bias_by_file), state = mamba2_mixer(c, x.width, prefixed_mamba2);
  feed_forward f = dense_block(x.width, c.size("intermediate_size"), true, c.flag("mlp_bias", false));
  c.pass_over({"mamba_expand", "attn_rotary_emb"});
  attention.vectors += x.width, state.vectors += x.width, f.vectors += x.width;
  std::vector<bool> attends(layers, false);
  for (const double at : c.numbers("attn_layer_indices", any_size)) {
    if (at < static_cast<double>(layers)) attends[static_cast<std::size_t>(at)] = true;
  }
  layer_list all;
  for (std::size_t i = 0; i < layers; ++i)
    all.add(attends[i] ? attention : state, f);
  all.put_into(x, c);
  return x;
}

// Attention and Mamba-2 beside one another in each layer, behind one norm: two layers here, the first without a feed-forward block.
inline layered read_falcon_h1(config& c) {
  layered x = decoder(c, "falcon_h1", false);
  const auto layers = static_cast<double>(layer_count(c));
  mixer attention = grouped_attention(c, x.width, bias_by_file);
  mixer state = mamba2_mixer(c, x.width, prefixed_mamba2, c.flag("mamba_rms_norm", false));
  feed_forward f = dense_block(x.width, c.size("intermediate_size"), true, c.flag("mlp_bias", false));
  c.only_flag("projectors_bias", false);
  c.pass_over({"mamba_d_ssm", "mamba_expand", "mamba_norm_before_gate", "mamba_use_mlp", "attn_layer_indices",
               "mlp_expansion_factor"});
  state.vectors += x.width, f.vectors += x.width;
  x.groups.push_back({layers, state, {}});
  x.groups.push_back({layers, attention, f});
  return x;
}

// The blocks of Granite 4: experts and a shared one, or the shared one alone as a dense block.
inline feed_forward granite_block(config& c, double width) {
  const double shared = c.size("shared_intermediate_size");
  if (c.size("num_local_experts", 0) > 0) {
    feed_forward f = mixture_block(c, {"num_local_experts", "num_experts_per_tok", "intermediate_size"});
    share(f, 1, shared);
    return f;
  }
  c.pass_over({"num_experts_per_tok", "intermediate_size"});
  return dense_block(width, shared, true);
}
// Layers of these two kinds, by the family's list of them.
inline layered read_granitemoehybrid(config& c) {
  layered x = decoder(c, "granitemoehybrid", false);
  const std::size_t layers = layer_count(c);
  const char* key = c.named({"layer_types", "layers_block_type"});
  const std::vector<std::string> types = c.texts(key);
  const auto is = [&](std::size_t i, const char* a, const char* b) { return types[i] == a || types[i] == b; };
  mixer attention = grouped_attention(c, x.width, bias_by_file), state;
  bool has_state = false;
  for (std::size_t i = 0; i < types.size(); ++i)
    has_state = has_state || is(i, "mamba", "linear_attention");
  if (has_state) state = mamba2_mixer(c, x.width, prefixed_mamba2);
  c.pass_over({"mamba_n_heads", "mamba_d_head", "mamba_d_state", "mamba_n_groups", "mamba_d_conv", "mamba_chunk_size",
               "mamba_conv_bias", "mamba_proj_bias", "mamba_expand", "position_embedding_type",
               "normalization_function"});
  feed_forward f = granite_block(c, x.width);
  attention.vectors += x.width, state.vectors += x.width, f.vectors += x.width;
  if (types.size() != layers) {
    c.refuse(key, std::to_string(types.size()) + " entries", std::to_string(layers) + ", one a layer",
             "Correct the file.");
    return x;
  }
  layer_list all;
  for (std::size_t i = 0; i < layers; ++i) {
    const bool attends = is(i, "attention", "full_attention");
    if (!attends && !is(i, "mamba", "linear_attention"))
      c.refuse_element(key, i, shown(types[i]), "one of attention, mamba");
    all.add(attends ? attention : state, f);
  }
  all.put_into(x, c);
  return x;
}

// ---- Nemotron-H -------------------------------------------------------------------------------------------------------------

// One block a layer: M Mamba-2, * attention, - a dense block, E experts.
class nemotron_h {
public:
  explicit nemotron_h(config& c) : c_(c), x_(decoder(c, "nemotron_h", false)) {}

  layered read() {
    const std::string pattern = letters();
    c_.pass_over({"expand", "num_query_groups", "mamba_expand", "use_bias", "mamba_ssm_cache_dtype",
                  "moe_shared_expert_overlap", "moe_latent_size", "attention_head_dim", "mtp_layers_block_type"});
    c_.only("sliding_window", nullptr);
    // Sizes of blocks that it does not have say nothing.
    c_.pass_over({"num_attention_heads", "num_key_value_heads", "head_dim", "attention_bias", "mamba_num_heads",
                  "mamba_head_dim", "ssm_state_size", "n_groups", "conv_kernel", "chunk_size", "use_conv_bias",
                  "mamba_proj_bias", "intermediate_size", "mlp_bias", "n_routed_experts", "num_experts_per_tok",
                  "moe_intermediate_size", "n_shared_experts", "moe_shared_expert_intermediate_size"});
    layer_list all;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      const layer_group layer = block(i, pattern[i]);
      all.add(layer.mixer, layer.feed_forward);
    }
    all.put_into(x_, c_);
    add_prediction_layers();
    return x_;
  }

private:
  config& c_;
  layered x_;

  std::string letters() {
    const std::vector<std::string> types = c_.texts(c_.named({"layers_block_type", "layer_types"}));
    if (types.empty()) {
      const std::string pattern = c_.text("hybrid_override_pattern", "");
      if (pattern.empty() || pattern.size() > static_cast<std::size_t>(any_layer_count.high)) {
        c_.refuse("hybrid_override_pattern", pattern.empty() ? "missing" : std::to_string(pattern.size()) + " layers",
                  "a letter for each layer, at most " + to_string(any_layer_count.high), "Correct the file.");
        return "";
      }
      c_.only("num_hidden_layers", pattern.size());
      return pattern;
    }
    c_.pass_over({"num_hidden_layers"});
    std::string pattern;
    for (const std::string& t : types) {
      pattern += t == "mamba" || t == "linear_attention"     ? 'M'
                 : t == "attention" || t == "full_attention" ? '*'
                 : t == "mlp"                                ? '-'
                 : t == "moe"                                ? 'E'
                                                             : '?';
    }
    return pattern;
  }
  layer_group block(std::size_t i, char letter) {
    layer_group g{1, {}, {}};
    switch (letter) {
    case 'M':
      g.mixer = mamba2_mixer(c_, x_.width,
                             {"mamba_num_heads", "mamba_head_dim", "ssm_state_size", "n_groups", "conv_kernel",
                              "chunk_size", "use_conv_bias", "mamba_proj_bias"});
      break;
    case '*':
      g.mixer = grouped_attention(c_, x_.width, {});
      break;
    case '-':
      g.feed_forward = dense_block(x_.width, c_.size("intermediate_size"), false, c_.flag("mlp_bias", false));
      break;
    case 'E':
      g.feed_forward = experts();
      break;
    default:
      c_.refuse_element("hybrid_override_pattern", i, shown(std::string(1, letter)), "one of M, *, -, E");
    }
    if (g.mixer.kind != mixing::none) g.mixer.vectors += x_.width;
    if (g.feed_forward.kind != feed_forward_kind::none) g.feed_forward.vectors += x_.width;
    return g;
  }
  feed_forward experts() {
    feed_forward f = mixture_block(c_, {"n_routed_experts", "num_experts_per_tok", "moe_intermediate_size"});
    f.gated = false;
    share(f, c_.size("n_shared_experts", 1), c_.size("moe_shared_expert_intermediate_size", 0));
    f.latent = c_.size("moe_latent_size", 0);
    f.vectors = f.experts;  // a correction each
    return f;
  }
  // Attention and experts as in the model.
  void add_prediction_layers() {
    const std::string pattern = c_.text("mtp_hybrid_override_pattern", "*E");
    if (!(c_.size("num_nextn_predict_layers", 0) > 0)) return;
    if (pattern != "*E") {
      c_.refuse("mtp_hybrid_override_pattern", shown(pattern), "*E", "Nothing else is understood.");
    }
    add_prediction(x_, c_, {1, block(0, '*').mixer, block(0, 'E').feed_forward});
  }
};
inline layered read_nemotron_h(config& c) { return nemotron_h(c).read(); }

// ---- Mamba ------------------------------------------------------------------------------------------------------------------

// Steps, keys and queries come out of the values. Vectors: biases of the convolution and of the steps, decays and a pass-through, and
// norms of steps, keys and queries.
inline mixer mamba_mixer(config& c, double width) {
  mixer m;
  m.kind = mixing::linear;
  const double inner = c.size("mamba_expand", 2) * width, state = c.size("mamba_d_state");
  m.heads = inner, m.value_width = 1;
  m.key_heads = 1, m.key_width = state;
  const bool automatic = !c.has("mamba_dt_rank") || c.holds_text("mamba_dt_rank");
  m.step_rank = automatic ? std::ceil(width / 16) : c.size("mamba_dt_rank");
  c.pass_over({"mamba_dt_rank"});
  m.convolution = c.size("mamba_d_conv");
  m.chunk = 256;  // of the kernels of its makers
  m.vectors = inner + inner * state + inner + m.step_rank + 2 * state;
  if (c.flag("mamba_conv_bias", true)) m.vectors += inner;
  if (c.flag("mamba_proj_bias", false)) m.vectors += 2 * inner + width;
  return m;
}

// Attention in each attn_layer_period-th layer, experts in each expert_layer_period-th.
inline layered read_jamba(config& c) {
  layered x = decoder(c, "jamba", false);
  const std::size_t layers = layer_count(c);
  const auto at = [&](const char* key) { return static_cast<std::size_t>(c.number(key, any_size)); };
  const auto every = [&](const char* key) { return static_cast<std::size_t>(c.number(key, positive_size)); };
  const std::size_t attends = every("attn_layer_period"), from = at("attn_layer_offset");
  const std::size_t chooses = every("expert_layer_period"), chooses_from = at("expert_layer_offset");
  mixer attention = grouped_attention(c, x.width, {}), state = mamba_mixer(c, x.width);
  feed_forward dense = dense_block(x.width, c.size("intermediate_size"), true);
  feed_forward mixture = dense;
  if (c.size("num_experts", 1) > 1) {
    mixture = mixture_block(c, {"num_experts", "num_experts_per_tok", "intermediate_size"});
  }
  c.only("sliding_window", nullptr);
  c.pass_over({"num_experts_per_tok", "mamba_inner_layernorms", "calc_logits_for_entire_prompt", "layers_block_type",
               "layers_num_experts"});
  for (mixer* m : {&attention, &state})
    m->vectors += x.width;
  for (feed_forward* f : {&dense, &mixture})
    f->vectors += x.width;
  layer_list all;
  for (std::size_t i = 0; i < layers; ++i)
    all.add(i % attends == from ? attention : state, i % chooses == chooses_from ? mixture : dense);
  all.put_into(x, c);
  return x;
}

// ---- linear attention -------------------------------------------------------------------------------------------------------

// MiniMax-Text-01: lightning attention, its result normalised and gated, in all layers but those that layer_types or attn_type_list name.
inline layered read_minimax(config& c) {
  layered x = decoder(c, "minimax", false);
  const std::size_t layers = layer_count(c);
  mixer attention = grouped_attention(c, x.width, {}), lightning;
  lightning.kind = mixing::linear;
  lightning.heads = lightning.key_heads = attention.heads;
  lightning.key_width = lightning.value_width = attention.key_width;
  lightning.chunk = c.size("block_size", 256);
  lightning.vectors = attention.heads * attention.key_width + x.width;
  attention.vectors += x.width;
  feed_forward f = mixture_block(c, {"num_local_experts", "num_experts_per_tok", "intermediate_size"});
  f.vectors = x.width;
  c.only("shared_intermediate_size", 0);
  c.only("sliding_window", nullptr);
  c.pass_over({"postnorm", "shared_moe_mode", "layernorm_full_attention_alpha", "layernorm_full_attention_beta",
               "layernorm_linear_attention_alpha", "layernorm_linear_attention_beta", "layernorm_mlp_alpha",
               "layernorm_mlp_beta", "full_attn_alpha_factor", "full_attn_beta_factor", "linear_attn_alpha_factor",
               "mlp_alpha_factor", "linear_attn_beta_factor", "mlp_beta_factor"});
  const std::vector<double> kinds = c.numbers("attn_type_list", {0, 1, false, false, true});
  const std::vector<std::string> types = c.texts("layer_types");
  const std::size_t named = types.empty() ? kinds.size() : types.size();
  if (named != layers) {
    c.refuse(types.empty() ? "attn_type_list" : "layer_types", std::to_string(named) + " entries",
             std::to_string(layers) + ", one a layer", "Correct the file.");
    return x;
  }
  layer_list all;
  for (std::size_t i = 0; i < layers; ++i) {
    const bool attends = types.empty() ? kinds[i] == 1 : types[i] == "full_attention";
    if (!types.empty() && !attends && types[i] != "linear_attention")
      c.refuse_element("layer_types", i, shown(types[i]), "one of full_attention, linear_attention");
    all.add(attends ? attention : lightning, f);
  }
  all.put_into(x, c);
  return x;
}

// A gated delta net. Vectors: a decay and a step's bias of each head, and a norm of the result, of one head's width.
inline mixer delta_net(config& c) {
  mixer m;
  m.kind = mixing::linear;
  m.delta = true;
  m.heads = c.size("linear_num_value_heads");
  m.key_heads = c.size("linear_num_key_heads");
  m.key_width = c.size("linear_key_head_dim");
  m.value_width = c.size("linear_value_head_dim");
  m.steps = 2;
  m.convolution = c.size("linear_conv_kernel_dim");
  m.chunk = 64;  // of the reference implementation
  m.state_bytes = state_bytes(c, "mamba_ssm_dtype");
  m.vectors = 2 * m.heads + m.value_width;
  return m;
}

// Qwen3-Next, Qwen3.5 and later: gated delta nets, and in each full_attention_interval-th layer attention whose result is gated, number by
// number. `blocks(layer)` gives the feed-forward blocks without their norms.
template <class Blocks>
layered read_delta_hybrid(config& c, const char* family, Blocks&& blocks) {
  layered x = decoder(c, family, false);
  const std::size_t layers = layer_count(c);
  mixer attention = grouped_attention(c, x.width, {biased::by_file, biased::by_file, query_norm::head});
  if (c.flag("attn_output_gate", true)) attention.gate = attention.key_width;
  mixer delta = delta_net(c);
  attention.vectors += x.width, delta.vectors += x.width;
  const auto interval = static_cast<std::size_t>(c.number("full_attention_interval", positive_size, 4));
  const std::vector<std::string> types = c.texts("layer_types");
  if (!types.empty() && types.size() != layers) {
    c.refuse("layer_types", std::to_string(types.size()) + " entries", std::to_string(layers) + ", one a layer",
             "Correct the file.");
    return x;
  }
  layer_list all;
  layer_group full;
  for (std::size_t i = 0; i < layers; ++i) {
    const bool attends = types.empty() ? (i + 1) % interval == 0 : types[i] == "full_attention";
    if (!types.empty() && !attends && types[i] != "linear_attention")
      c.refuse_element("layer_types", i, shown(types[i]), "one of full_attention, linear_attention");
    feed_forward f = blocks(i, x.width);
    f.vectors += x.width;
    all.add(attends ? attention : delta, f);
    if (attends) full = {1, attention, f};
  }
  all.put_into(x, c);
  c.pass_over({"mtp_use_dedicated_embeddings", "output_gate_type"});
  add_prediction(x, c, full);
  return x;
}
inline layered read_qwen_hybrid_moe(config& c, const char* family) {
  return read_delta_hybrid(c, family, qwen_blocks(c));
}
inline layered read_qwen3_next(config& c) { return read_qwen_hybrid_moe(c, "qwen3_next"); }
inline layered read_qwen3_5_moe_text(config& c) { return read_qwen_hybrid_moe(c, "qwen3_5_moe_text"); }
inline layered read_qwen3_5_text(config& c) {
  const double inner = c.size("intermediate_size");
  return read_delta_hybrid(c, "qwen3_5_text",
                           [&](std::size_t, double width) { return dense_block(width, inner, true); });
}

}  // namespace layercake::adapters::hugging_face
