// The families that can be read, by their model_type.
#pragma once

#include <layercake/adapters/hugging_face/encoders.hpp>
#include <layercake/adapters/hugging_face/vision.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace layercake::adapters::hugging_face {

struct family {
  const char* model_type;
  layered (*read)(config&);
};

// Decoders, beside those of decoder_styles.
inline constexpr family decoder_families[] = {
    {"arctic", read_arctic},
    {"bamba", read_bamba},
    {"bloom", read_bloom},
    {"cohere", read_cohere1},
    {"cohere2", read_cohere2},
    {"dbrx", read_dbrx},
    {"deepseek_v2", read_deepseek_v2},
    {"deepseek_v3", read_deepseek_v3},
    {"deepseek_v32", read_deepseek_v32},
    {"exaone", read_exaone},
    {"falcon", read_falcon},
    {"falcon_h1", read_falcon_h1},
    {"gemma4_text", read_gemma4_text},
    {"glm4_moe", read_glm4_moe},
    {"glm4_moe_lite", read_glm4_moe_lite},
    {"glm_moe_dsa", read_glm_moe_dsa},
    {"gpt2", read_gpt2},
    {"gpt_neox", read_gpt_neox},
    {"gpt_oss", read_gpt_oss},
    {"gptj", read_gptj},
    {"granitemoe", read_granitemoe},
    {"granitemoehybrid", read_granitemoehybrid},
    {"granitemoeshared", read_granitemoe},
    {"internlm2", read_internlm2},
    {"jamba", read_jamba},
    {"kimi_k2", read_kimi_k2},
    {"llama4_text", read_llama4_text},
    {"mamba2", read_mamba2},
    {"mimo_v2_flash", read_mimo_v2_flash},
    {"minimax", read_minimax},
    {"minimax_m2", read_minimax_m2},
    {"minimax_text_01", read_minimax},
    {"mixtral", read_mixtral},
    {"mllama_text_model", read_mllama_text},
    {"nemotron_h", read_nemotron_h},
    {"olmoe", read_olmoe},
    {"opt", read_opt},
    {"phi", read_phi},
    {"phimoe", read_phimoe},
    {"qwen2_moe", read_qwen2_moe},
    {"qwen3_5_moe_text", read_qwen3_5_moe_text},
    {"qwen3_5_text", read_qwen3_5_text},
    {"qwen3_moe", read_qwen3_moe},
    {"qwen3_next", read_qwen3_next},
    {"qwen3_vl_moe_text", read_qwen3_vl_moe_text},
    {"starcoder2", read_starcoder2},
};

inline const family* find_family(std::string_view type, const family* begin, const family* end) {
  for (; begin != end; ++begin) {
    if (type == begin->model_type) return begin;
  }
  return nullptr;
}

// Whether there is such a decoder; if so it is read.
inline bool read_decoder(std::string_view type, config& c, layered& x) {
  if (const decoder_style* style = find_style(type)) {
    x = read_styled(c, *style);
    return true;
  }
  const family* known = find_family(type, std::begin(decoder_families), std::end(decoder_families));
  if (known != nullptr) x = known->read(c);
  return known != nullptr;
}

// ---- with towers ------------------------------------------------------------------------------------------------------------

// The decoder of a model with towers: the object text_config, of the type that it names or of `otherwise`. Older files have its keys in
// the file itself. Whether the output matrix is the embedding, the file itself may say too.
inline layered read_text_part(config& root, const char* name, const char* otherwise) {
  const bool apart = root.has("text_config");
  config& text = apart ? root.part("text_config") : root;
  const std::string type = apart ? text.text("model_type", otherwise) : otherwise;
  layered x;
  if (!read_decoder(type, text, x)) {
    text.refuse("model_type", shown(type), "a decoder that is understood", "Nothing else is understood.");
  }
  x.name = name;
  if (root.has("tie_word_embeddings")) {
    x.output = root.flag("tie_word_embeddings", false) ? output_matrix::tied : output_matrix::own;
  }
  return x;
}

inline layered read_qwen2_vl(config& c) {
  layered x = read_text_part(c, "qwen2_vl", "qwen2_vl_text");
  config& v = c.part("vision_config");
  const double ratio = v.number("mlp_ratio", positive, 4);
  v.only("hidden_size", x.width);
  x.towers.push_back(qwen_vision(v, "embed_dim", std::floor(ratio * v.size("embed_dim")), x.width, {}));
  return x;
}
// Attention of the tower is in windows in most of its layers, which is counted as attention to all.
inline layered read_qwen2_5_vl(config& c) {
  layered x = read_text_part(c, "qwen2_5_vl", "qwen2_5_vl_text");
  config& v = c.part("vision_config");
  v.only("out_hidden_size", x.width);
  v.pass_over({"window_size", "fullatt_block_indexes"});
  x.towers.push_back(qwen_vision(v, "hidden_size", v.size("intermediate_size"), x.width,
                                 {.style = {.norm = rms_norm, .gated = true}}));
  return x;
}
inline layered read_qwen_tables(config& c, const char* name, const char* decoder_type) {
  layered x = read_text_part(c, name, decoder_type);
  config& v = c.part("vision_config");
  v.only("out_hidden_size", x.width);
  x.towers.push_back(qwen_vision(v, "hidden_size", v.size("intermediate_size"), x.width,
                                 {.style = {}, .patch_bias = true, .positions = true}));
  return x;
}
inline layered read_qwen3_vl(config& c) { return read_qwen_tables(c, "qwen3_vl", "qwen3_vl_text"); }
inline layered read_qwen3_vl_moe(config& c) { return read_qwen_tables(c, "qwen3_vl_moe", "qwen3_vl_moe_text"); }
inline layered read_qwen3_5(config& c) { return read_qwen_tables(c, "qwen3_5", "qwen3_5_text"); }
inline layered read_qwen3_5_moe(config& c) { return read_qwen_tables(c, "qwen3_5_moe", "qwen3_5_moe_text"); }

inline layered read_gemma3(config& c) {
  layered x = read_text_part(c, "gemma3", "gemma3_text");
  tower t = siglip_vision(c.part("vision_config"), x.width);
  t.tokens = c.size("mm_tokens_per_image", 256);
  x.towers.push_back(t);
  return x;
}
inline layered read_gemma4(config& c) {
  layered x = read_text_part(c, "gemma4", "gemma4_text");
  if (c.has("vision_config")) x.towers.push_back(gemma4_vision(c.part("vision_config"), x.width));
  c.pass_over({"vision_soft_tokens_per_image"});
  return x;
}
inline layered read_llama4(config& c) {
  layered x = read_text_part(c, "llama4", "llama4_text");
  x.towers.push_back(llama4_vision(c.part("vision_config"), x.width));
  return x;
}
inline layered read_mistral3(config& c) {
  layered x = read_text_part(c, "mistral3", "mistral");
  x.towers.push_back(pixtral_vision(c, c.part("vision_config"), x.width));
  return x;
}
// The cross-attention of the decoder is to the tower's results of one image, so that the tower has an item.
inline layered read_mllama(config& c) {
  layered x = read_text_part(c, "mllama", "mllama_text_model");
  const tower t = mllama_vision(c.part("vision_config"), x.width);
  x.towers.push_back(t);
  for (layer_group& g : x.groups) {
    if (g.mixer.crossed > 0) g.mixer.crossed = t.positions;
  }
  return x;
}

inline constexpr family model_families[] = {
    {"bert", read_bert},
    {"gemma3", read_gemma3},
    {"gemma4", read_gemma4},
    {"llama4", read_llama4},
    {"mistral3", read_mistral3},
    {"mllama", read_mllama},
    {"modernbert", read_modernbert},
    {"qwen2_5_vl", read_qwen2_5_vl},
    {"qwen2_vl", read_qwen2_vl},
    {"qwen3_5", read_qwen3_5},
    {"qwen3_5_moe", read_qwen3_5_moe},
    {"qwen3_vl", read_qwen3_vl},
    {"qwen3_vl_moe", read_qwen3_vl_moe},
    {"roberta", read_roberta},
    {"t5", read_t5},
    {"whisper", read_whisper},
    {"xlm-roberta", read_xlm_roberta},
};

// All model types that can be read, in a text.
inline std::string all_families() {
  std::string all;
  const auto name = [&](const char* type) { all.append(all.empty() ? "" : ", ").append(type); };
  for (const decoder_style& s : decoder_styles)
    name(s.family);
  for (const family& f : decoder_families)
    name(f.model_type);
  for (const family& f : model_families)
    name(f.model_type);
  return all;
}

// The model that the file describes; an empty one, and a finding, if its family is not known.
inline layered read_model(config& c) {
  const std::string type = c.text("model_type", "");
  layered x;
  if (read_decoder(type, c, x)) return x;
  const family* known = find_family(type, std::begin(model_families), std::end(model_families));
  if (known != nullptr) return known->read(c);
  c.refuse("model_type", type.empty() ? "missing" : shown(type), "one of " + all_families(),
           "Describe the model as a list of groups of layers: models::layered.");
  return x;
}

}  // namespace layercake::adapters::hugging_face
