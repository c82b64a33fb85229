// Decoders with latent attention: DeepSeek V2 to V3.2, Kimi K2, GLM-4.7-Flash and GLM-5.
#pragma once

#include <cstddef>
#include <layercake/adapters/hugging_face/mixtures.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace layercake::adapters::hugging_face {

// Vectors: a norm of the compressed query and one of the compressed keys and values; biases of the projections from and to the residual
// stream, where attention_bias says so.
inline mixer latent_attention(config& c, double width) {
  mixer m;
  m.kind = mixing::latent;
  m.heads = m.key_heads = c.size("num_attention_heads");
  c.pass_over(
      {"num_key_value_heads", "head_dim", "qk_head_dim"});  // follow from the others, or are those of a converted cache
  m.query_rank = c.size("q_lora_rank", 0);
  m.latent_rank = c.size("kv_lora_rank");
  m.plain_width = c.size("qk_nope_head_dim");
  m.rotary_width = c.size("qk_rope_head_dim");
  m.value_width = c.size("v_head_dim");
  m.vectors = m.query_rank + m.latent_rank;
  if (c.flag("attention_bias", false)) m.vectors += m.query_rank + m.latent_rank + m.rotary_width + width;
  return m;
}

// With an indexer, which has a norm with a bias of its keys.
inline mixer indexed(config& c, mixer m) {
  m.index_heads = c.size("index_n_heads");
  m.index_width = c.size("index_head_dim");
  m.index_top = c.size("index_topk");
  m.vectors += layer_norm * m.index_width;
  return m;
}

// Which layers have an indexer of their own; the others use the positions that the one before has chosen.
inline std::vector<bool> own_indexer(config& c, std::size_t layers) {
  const std::vector<std::string> types = c.texts("indexer_types");
  const auto each = static_cast<std::size_t>(c.number("index_topk_freq", positive_size, 1));
  const auto offset = static_cast<std::size_t>(c.number("index_skip_topk_offset", any_size, 2));
  std::vector<bool> own(layers, true);
  for (std::size_t i = 0; i < layers; ++i) {
    if (types.empty()) {
      own[i] = i + 1 <= offset || (i + 1 - offset) % each == 0;
    } else {
      own[i] = i >= types.size() || types[i] == "full";
    }
  }
  return own;
}

struct latent_style {
  const char* family;
  bool corrected;  // the router has a correction each expert
  bool indexer = false;
};

inline layered read_latent(config& c, const latent_style& s) {
  layered x = decoder(c, s.family, false);
  const std::size_t layers = layer_count(c);
  mixer plain = latent_attention(c, x.width);
  plain.vectors += x.width;
  const mixer chosen = s.indexer ? indexed(c, plain) : plain;
  const std::vector<bool> own = s.indexer ? own_indexer(c, layers) : std::vector<bool>(layers, false);
  const std::vector<feed_forward> blocks = experts_after_dense(c, layers, x.width, s.corrected);
  c.only_flag("mlp_bias", false);
  c.pass_over({"index_share_for_mtp_iteration"});
  for (const std::string& type : c.texts("layer_types")) {
    if (type != "indexed_attention" && type != "full_attention") {
      c.refuse("layer_types", shown(type), "one of full_attention, indexed_attention", "Nothing else is understood.");
    }
  }
  layer_list all;
  layer_group last;
  for (std::size_t i = 0; i < layers; ++i) {
    feed_forward f = blocks[i];
    f.vectors += x.width;
    last = {1, own[i] ? chosen : plain, f};
    all.add(last.mixer, last.feed_forward);
  }
  all.put_into(x, c);
  last.mixer = chosen;
  add_prediction(x, c, last);
  return x;
}

inline layered read_deepseek_v2(config& c) { return read_latent(c, {"deepseek_v2", false}); }
inline layered read_deepseek_v3(config& c) { return read_latent(c, {"deepseek_v3", true}); }
inline layered read_deepseek_v32(config& c) { return read_latent(c, {"deepseek_v32", true, true}); }
inline layered read_kimi_k2(config& c) { return read_latent(c, {"kimi_k2", true}); }
inline layered read_glm4_moe_lite(config& c) { return read_latent(c, {"glm4_moe_lite", true}); }
inline layered read_glm_moe_dsa(config& c) { return read_latent(c, {"glm_moe_dsa", true, true}); }

}  // namespace layercake::adapters::hugging_face
