// Encoders, and decoders that attend to the results of one: BERT and its like, Whisper, T5, Llama 3.2 Vision.
#pragma once

#include <algorithm>
#include <cstddef>
#include <layercake/adapters/hugging_face/vision.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace layercake::adapters::hugging_face {

// ---- encoders of text -------------------------------------------------------------------------------------------------------

// Biases everywhere, norms behind the blocks; positions, types of tokens and a norm at the embedding, and a pooler of a sequence's first
// result, which is counted among the vectors. What a task adds (a decoder of masked words, a classifier) is left out.
inline layered read_bert_like(config& c, const char* family, bool pooler = true) {
  layered x = decoder(c, family, true, layer_norm);
  x.output = output_matrix::none;
  const std::size_t layers = layer_count(c);
  mixer m = grouped_attention(c, x.width, {biased::yes, biased::yes, query_norm::none});
  m.causal = false;
  feed_forward f = dense_block(x.width, c.size("intermediate_size"), false, true);
  add_norms(m, f, layer_norm * x.width, 2);
  x.vectors += c.number("max_position_embeddings", any_position) * x.width;
  x.vectors += c.size("type_vocab_size") * x.width;
  if (pooler) x.vectors += linear(x.width, x.width);
  c.pass_over({"position_embedding_type"});
  x.groups.push_back({static_cast<double>(layers), m, f});
  return x;
}
inline layered read_bert(config& c) { return read_bert_like(c, "bert"); }
inline layered read_roberta(config& c) { return read_bert_like(c, "roberta"); }
inline layered read_xlm_roberta(config& c) { return read_bert_like(c, "xlm-roberta"); }

// Every global_attn_every_n_layers-th layer sees everything, the others half of local_attention to both sides; the first has no norm
// before attention.
inline layered read_modernbert(config& c) {
  layered x = decoder(c, "modernbert", true, 2 * norm_without_bias);
  x.output = output_matrix::none;
  const std::size_t layers = layer_count(c);
  for (const char* bias : {"attention_bias", "mlp_bias", "norm_bias"})
    c.only_flag(bias, false);
  mixer m = grouped_attention(c, x.width, {});
  m.causal = false;
  const double local = c.number("local_attention", any_position, 128);
  const auto each = static_cast<std::size_t>(c.number("global_attn_every_n_layers", positive_size, 3));
  feed_forward f = dense_block(x.width, c.size("intermediate_size"), true);
  f.vectors = x.width;
  c.pass_over({"local_rope_theta", "global_rope_theta", "decoder_bias", "deterministic_flash_attn", "embedding_dropout",
               "sparse_pred_ignore_index", "sparse_prediction", "repad_logits_with_grad", "position_embedding_type",
               "layer_types", "tie_word_embeddings", "classifier_pooling"});
  layer_list all;
  for (std::size_t i = 0; i < layers; ++i) {
    mixer own = m;
    own.window = i % each == 0 ? 0 : local;
    own.vectors = i == 0 ? 0 : x.width;
    all.add(own, f);
  }
  all.put_into(x, c);
  return x;
}

// ---- speech -----------------------------------------------------------------------------------------------------------------

// Attention with a mask, attention to the encoder's positions, a dense block: two layers here. Keys alone have no bias.
inline layered read_whisper(config& c) {
  layered x = decoder(c, "whisper", true, layer_norm);
  const double positions = c.number("max_source_positions", any_position);
  const auto attention = [&](const char* heads_key) {
    mixer m;
    m.kind = mixing::attention;
    m.heads = m.key_heads = c.size(heads_key);
    m.key_width = m.value_width = whole_part(c, "d_model", x.width, heads_key, m.heads);
    m.vectors = 3 * x.width + layer_norm * x.width;
    return m;
  };
  const auto block = [&](const char* inner) {
    feed_forward f = dense_block(x.width, c.size(inner), false, true);
    f.vectors += layer_norm * x.width;
    return f;
  };
  tower t;
  t.count = static_cast<double>(layer_count(c, "encoder_layers")), t.width = x.width;
  t.mixer = attention("encoder_attention_heads");
  t.mixer.causal = false;
  t.feed_forward = block("encoder_ffn_dim");
  t.positions = positions;
  t.items = 1;  // a clip of half a minute
  constexpr double kernel = 3;
  t.embedding = kernel * c.size("num_mel_bins") * x.width + kernel * x.width * x.width;
  t.vectors = 2 * x.width + positions * x.width + layer_norm * x.width;
  x.towers.push_back(t);
  const auto layers = static_cast<double>(layer_count(c, "decoder_layers"));
  mixer own = attention("decoder_attention_heads"), crossing = own;
  crossing.causal = false;
  crossing.crossed = positions;
  x.groups.push_back({layers, own, {}});
  x.groups.push_back({layers, crossing, block("decoder_ffn_dim")});
  x.positions = c.number("max_target_positions", any_position);
  x.vectors += x.positions * x.width;
  c.only("num_hidden_layers", t.count);
  c.pass_over({"max_length"});
  return x;
}

// ---- text to text -----------------------------------------------------------------------------------------------------------

// T5 and FLAN-T5: an encoder over the text that a call is about, read once, and a decoder that attends to itself and to all of that text.
// Neither has biases, and instead of positions both have, in the first of their layers, a bias of each head for each bucket of distances.
// The text is taken to have n_positions tokens, to which T5 was trained; it is the item of a tower, so that a call's own
// input is what the decoder is given. Both look up the same table.
inline layered read_t5(config& c) {
  layered x = decoder(c, "t5", true, rms_norm);
  const double text = x.positions > 0 ? x.positions : 512;
  x.positions = unknown<>;  // distances have no end
  mixer m;
  m.kind = mixing::attention;
  m.heads = m.key_heads = c.size("num_heads");
  m.key_width = m.value_width = c.size("d_kv");
  m.vectors = rms_norm * x.width;
  const std::string activation = c.text("feed_forward_proj", "relu");
  feed_forward f = dense_block(x.width, c.size("d_ff"), activation.substr(0, 6) == "gated-");
  f.vectors = rms_norm * x.width;
  const double buckets = c.size("relative_attention_num_buckets", 32) * m.heads;
  tower t;
  t.count = static_cast<double>(layer_count(c, "num_layers")), t.width = x.width;
  t.mixer = m, t.feed_forward = f;
  t.mixer.causal = false;
  t.positions = text;
  t.items = 1;
  t.vectors = buckets + rms_norm * x.width;
  x.towers.push_back(t);
  const double layers =
      c.has("num_decoder_layers") ? static_cast<double>(layer_count(c, "num_decoder_layers")) : t.count;
  mixer crossing = m;
  crossing.causal = false;
  crossing.crossed = text;
  x.groups.push_back({layers, m, {}});
  x.groups.push_back({layers, crossing, f});
  x.vectors += buckets;
  c.pass_over({"relative_attention_max_distance", "is_gated_act", "dense_act_fn", "dropout_rate", "output_past"});
  return x;
}

// ---- images -----------------------------------------------------------------------------------------------------------------

// Llama 3.2 Vision: an image is cut into tiles, and all their patches are seen together. Layers behind the others are gated.
inline tower mllama_vision(config& v, double text_width) {
  const double width = v.size("hidden_size"), heads = v.size(v.named({"attention_heads", "num_attention_heads"}));
  whole_part(v, "hidden_size", width, "attention_heads", heads);
  const double global = v.size("num_global_layers", 8), inner = v.size("intermediate_size");
  tower t = vision_layers(v.size("num_hidden_layers") + global, width, heads, inner, {});
  t.mixer.vectors -= 4 * width;  // attention has no biases
  const double tiles = v.size("max_num_tiles"), patches = squared(side(v, v.size("image_size"))) + 1;
  const double shapes = static_cast<double>(v.list("supported_aspect_ratios").size()) + 1;
  t.positions = tiles * patches;
  t.items = 1;
  t.embedding = v.size("num_channels", 3) * squared(v.size("patch_size")) * width;
  t.projection = v.size("vision_output_dim") * text_width;
  t.vectors =
      text_width + width + 2 * global + 2 * layer_norm * width;     // of the projection, a class token, gates, norms
  t.vectors += 1 + patches * width + shapes * t.positions * width;  // positions in a tile, and in tiles of each shape
  t.vectors += 2 * (1 + shapes * tiles * width);                    // shapes, before and behind the layers
  v.pass_over({"model_type", "intermediate_layers_indices"});
  return t;
}

// Layers of cross_attention_layers attend to an image in place of the text, through two gates. There are eight more embeddings than
// results.
inline layered read_mllama_text(config& c) {
  layered x = decoder(c, "mllama_text_model", false);
  const std::size_t layers = layer_count(c);
  mixer own = grouped_attention(c, x.width, {}), crossing = own;
  crossing.vectors = 2 * own.key_width + x.width + 1;
  crossing.causal = false;
  crossing.crossed = 1;  // the tower says how many
  own.vectors = x.width;
  feed_forward f = dense_block(x.width, c.size("intermediate_size"), true), gated = f;
  f.vectors = x.width, gated.vectors = x.width + 1;
  const std::vector<double> crossed = c.numbers("cross_attention_layers", any_size);
  layer_list all;
  for (std::size_t i = 0; i < layers; ++i) {
    const bool crosses = std::find(crossed.begin(), crossed.end(), static_cast<double>(i)) != crossed.end();
    all.add(crosses ? crossing : own, crosses ? gated : f);
  }
  all.put_into(x, c);
  x.vectors += 8 * x.width;
  return x;
}

}  // namespace layercake::adapters::hugging_face
