// Public models that are lists of groups of layers: hybrids of attention and recurrences, models with towers for images or sound,
// encoders, layers that predict further tokens.
//
// Counted tensor by tensor: norms, biases, sinks and decays are the `vectors` of the block that they belong to, so that totals are those of the
// published files. Facts only, as in catalog.hpp.
#pragma once

#include <array>
#include <iterator>
#include <layercake/models/catalog.hpp>
#include <string_view>

namespace layercake::models::catalog {

namespace detail {
// Attention of `heads` on `key_heads`; `vectors` with the norm before it.
constexpr mixer attends(double heads, double key_heads, double width, double vectors) {
  return {.kind = mixing::attention,
          .heads = heads,
          .key_heads = key_heads,
          .key_width = width,
          .value_width = width,
          .vectors = vectors};
}
constexpr mixer sees(double window, mixer m) {
  m.window = window;
  return m;
}
// Of an encoder: every position sees all.
constexpr mixer sees_all(double heads, double width, double vectors) {
  mixer m = attends(heads, heads, width, vectors);
  m.causal = false;
  return m;
}
// Mamba-2 (Dao, Gu 2024) of `heads` of 64, with a state of `state` and `groups` of keys and queries: a convolution over 4 positions with a
// bias; step, decay and skip of each head; a norm of the result; the norm before it.
constexpr mixer mamba2(double width, double heads, double groups, double state, double chunk) {
  const double inner = heads * 64;
  return {.kind = mixing::linear,
          .heads = heads,
          .key_heads = groups,
          .key_width = state,
          .value_width = 64,
          .steps = 1,
          .convolution = 4,
          .chunk = chunk,
          .vectors = inner + 2 * groups * state + 3 * heads + inner + width};
}
// Mamba-1 as Jamba has it: a channel a head, with a state of 16; biases of convolution and step; decay of every state; norms of step, key and
// query; the norm before it.
constexpr mixer mamba1(double width) {
  const double inner = 2 * width, rank = width / 16, state = 16;
  return {.kind = mixing::linear,
          .heads = inner,
          .key_heads = 1,
          .key_width = state,
          .value_width = 1,
          .step_rank = rank,
          .convolution = 4,
          .chunk = 16,  // assumed: the scan keeps its state on the chip over some positions
          .vectors = inner + inner + inner * state + inner + rank + 2 * state + width};
}
// Gated delta net of Qwen3-Next and Qwen3.5: 16 heads of keys and queries, all of 128, a convolution over 4 positions without bias; step and
// decay of each head of values; one norm for all heads; the norm before it. Kernels take 64 positions at once.
constexpr mixer delta_net(double width, double heads) {
  return {.kind = mixing::linear,
          .delta = true,
          .heads = heads,
          .key_heads = 16,
          .key_width = 128,
          .value_width = 128,
          .steps = 2,
          .convolution = 4,
          .chunk = 64,
          .vectors = 2 * heads + 128 + width};
}
// Its other layers: heads of 256 with norms of queries and keys, and a gate as wide as the result.
constexpr mixer gated_attention(double width, double heads, double key_heads) {
  mixer m = attends(heads, key_heads, 256, 2 * 256 + width);
  m.gate = 256;
  return m;
}
// Lightning attention of MiniMax-01: 64 heads of 128, a norm of the result; the norm before it.
constexpr mixer lightning(double width) {
  return {.kind = mixing::linear,
          .heads = 64,
          .key_heads = 64,
          .key_width = 128,
          .value_width = 128,
          .chunk = 256,
          .vectors = 64 * 128 + width};
}
// Multi-head latent attention with norms of the compressed queries and keys; the norm before it.
struct head_widths {
  double plain, rotary, value;
};
constexpr mixer latent(double width, double heads, double query, double key, const head_widths& each) {
  return {.kind = mixing::latent,
          .heads = heads,
          .key_heads = heads,
          .value_width = each.value,
          .query_rank = query,
          .latent_rank = key,
          .plain_width = each.plain,
          .rotary_width = each.rotary,
          .vectors = query + key + width};
}
// With an indexer of heads of 128, whose key has a norm with a bias.
constexpr mixer indexed(mixer m, double heads, double top) {
  m.index_heads = heads, m.index_width = 128, m.index_top = top;
  m.vectors += 2 * 128;
  return m;
}

constexpr feed_forward gated(double inner, double vectors) {
  return {.kind = feed_forward_kind::dense, .width = inner, .vectors = vectors};
}
// Two matrices with biases, as in BERT, ViT and Whisper; `vectors` beside the biases.
constexpr feed_forward biased(double width, double inner, double vectors) {
  return {.kind = feed_forward_kind::dense, .gated = false, .width = inner, .vectors = inner + width + vectors};
}
constexpr feed_forward experts(double inner, double all, double active, double vectors) {
  return {.kind = feed_forward_kind::mixture, .width = inner, .experts = all, .active = active, .vectors = vectors};
}
constexpr feed_forward sharing(double inner, feed_forward f) {
  f.shared = 1, f.shared_width = inner;
  return f;
}

// A vision transformer layer: attention and two matrices, all with biases, and two norms with biases.
constexpr tower vision(double layers, double width, double heads, double inner) {
  return {.count = layers,
          .width = width,
          .mixer = sees_all(heads, width / heads, 4 * width + 2 * width),
          .feed_forward = biased(width, inner, 2 * width)};
}
// That of Qwen3-VL and Qwen3.5: patches of 2 x 16 x 16 pixels, a table of 2304 positions, four patches joined by two matrices to one position
// of the model, and `deep` more such pairs from inside the tower. An image of 1024 x 1024 has 4096 patches.
constexpr tower qwen_vision(double layers, double width, double inner, double out, double deep) {
  const double joined = 4 * width, pairs = 1 + deep;
  tower t = vision(layers, width, 16, inner);
  t.positions = 4096, t.tokens = 1024;
  t.embedding = 3 * 2 * 16 * 16 * width;
  t.projection = pairs * (joined * joined + joined * out);
  t.vectors = width + 2304 * width + pairs * (joined + out) + 2 * width + deep * 2 * joined;
  return t;
}

inline constexpr field_source totals_and_vision[] = {
    {"published_parameters", "total of the published file", recalled},
    {"published_active_parameters", "model card", recalled},
    {"towers[0].positions",
     "of one of the items that the makers show: an image of 1024 x 1024, or of the size that is fed",
     confidence::assumed},
    {"towers[0].tokens", "the same", confidence::assumed}};
constexpr provenance from_configuration(const char* file, const char* date) { return {file, date, yes, totals_only}; }
constexpr provenance with_towers(const char* file, const char* date) { return {file, date, yes, totals_and_vision}; }
inline constexpr field_source scanned[] = {
    totals_only[0],
    totals_only[1],
    {"groups[0].mixer.chunk", "a scan that keeps its state on the chip", confidence::assumed},
    {"groups[1].mixer.chunk", "a scan that keeps its state on the chip", confidence::assumed}};
constexpr provenance from_memory(const char* file, const char* date) { return {file, date, recalled}; }

// ---- families -------------------------------------------------------------------------------------------------------

// Biases on all four projections, a sink a head, two norms; a router and experts with biases.
constexpr layered gpt_oss(const char* name, double layers, double all, double total, double active) {
  const double d = 2880;
  const mixer full = attends(64, 8, 64, 64 * 64 + 2 * 8 * 64 + d + 64 + d);
  const feed_forward f = experts(d, all, 4, all + all * (2 * d + d) + d);
  return {.name = name,
          .width = d,
          .vocabulary = 201088,
          .groups = {{layers / 2, full, f}, {layers / 2, sees(128, full), f}},
          .layers = layers,
          .vectors = d,
          .positions = 131072,
          .stored = formats::experts_at(precision::mxfp4),
          .published_parameters = total,
          .published_active_parameters = active,
          .origin = from_configuration("gpt-oss configuration file; model card", "2025-08")};
}

struct qwen_text {
  double layers, width, heads, key_heads;
  feed_forward block;
  output_matrix output;
};
constexpr layered qwen3_vl(const char* name, const qwen_text& t, const tower& eye, double total, double active) {
  return {.name = name,
          .width = t.width,
          .vocabulary = 151936,
          .output = t.output,
          .groups = {{t.layers, attends(t.heads, t.key_heads, 128, 2 * 128 + t.width), t.block}},
          .towers = {eye},
          .layers = t.layers,
          .vectors = t.width,
          .positions = 262144,
          .published_parameters = total,
          .published_active_parameters = active,
          .origin = with_towers("Qwen3-VL configuration file", "2025-10")};
}
// Every fourth layer attends, the others are delta nets of `heads_of_values`; one layer predicts a further token.
constexpr layered qwen3_5(const char* name, const qwen_text& t, double heads_of_values, double total, double active) {
  const mixer full = gated_attention(t.width, t.heads, t.key_heads);
  mixer predicts = full;
  predicts.vectors += 3 * t.width;  // norms of both inputs and of the result
  return {.name = name,
          .width = t.width,
          .vocabulary = 248320,
          .output = t.output,
          .groups = {{t.layers * 3 / 4, delta_net(t.width, heads_of_values), t.block}, {t.layers / 4, full, t.block}},
          .towers = {qwen_vision(27, 1152, 4304, t.width, 0)},
          .prediction = {{1, predicts, t.block}},
          .layers = t.layers,
          .vectors = t.width,
          .positions = 262144,
          .published_parameters = total,
          .published_active_parameters = active,
          .origin = with_towers("Qwen3.5 configuration file", "2026-02")};
}

// Whisper: `layers` of a decoder, each of which attends to itself and then to the 1500 positions of 30 seconds of sound, behind an encoder of
// `encoder` layers with two convolutions over 3 positions. Keys have no bias.
constexpr layered whisper(const char* name, double encoder, double layers, double width, double total) {
  const double d = width, heads = d / 64, bands = 128, frames = 1500;
  mixer self = attends(heads, heads, 64, 3 * d + 2 * d), hears = self;
  hears.crossed = frames;
  return {.name = name,
          .width = d,
          .vocabulary = 51866,
          .output = output_matrix::tied,
          .groups = {{layers, self, {}}, {layers, hears, biased(d, 4 * d, 2 * d)}},
          .towers = {{.count = encoder,
                      .width = d,
                      .mixer = sees_all(heads, 64, 3 * d + 2 * d),
                      .feed_forward = biased(d, 4 * d, 2 * d),
                      .positions = frames,
                      .items = 1,
                      .embedding = bands * d * 3 + d * d * 3,
                      .vectors = 2 * d + frames * d + 2 * d}},
          .vectors = 448 * d + 2 * d,
          .positions = 448,
          .published_parameters = total,
          .origin = {"Whisper configuration file", "2024-09", recalled}};
}

// Nemotron-H: every layer is a recurrence, attention or a feed-forward block, two matrices each, with one norm.
struct nemotron_layers {
  double recurrences, attentions, blocks;
};
constexpr layered nemotron_h(const char* name, double width, const nemotron_layers& n, const mixer& recurrence,
                             const mixer& attention, const feed_forward& block) {
  return {.name = name,
          .width = width,
          .vocabulary = 131072,
          .groups = {{n.recurrences, recurrence, {}}, {n.attentions, attention, {}}, {n.blocks, {}, block}},
          .layers = n.recurrences + n.attentions + n.blocks,
          .vectors = width};
}
constexpr feed_forward not_gated(feed_forward f) {
  f.gated = false;
  return f;
}

// Jamba: of eight layers one attends; every second block is a mixture of 16.
constexpr layered jamba(const char* name, double layers, double width, double heads, double inner) {
  const mixer state = mamba1(width), full = attends(heads, 8, 128, width);
  const feed_forward mixed = experts(inner, 16, 2, width), plain = detail::gated(inner, width);
  return {.name = name,
          .width = width,
          .vocabulary = 65536,
          .groups = {{layers / 2, state, mixed}, {layers * 3 / 8, state, plain}, {layers / 8, full, plain}},
          .layers = layers,
          .vectors = width,
          .positions = 262144};
}

// DeepSeek-V3 and what follows it: dense layers first, one shared expert, one layer that predicts a further token.
struct deepseek_sizes {
  double layers, dense, width, inner, all, vocabulary;
};
constexpr layered deepseek(const char* name, const deepseek_sizes& s, const mixer& m) {
  const feed_forward mixed = sharing(2048, experts(2048, s.all, 8, s.all + s.width));  // a bias balances the experts
  mixer predicts = m;
  predicts.vectors += 3 * s.width;
  return {.name = name,
          .width = s.width,
          .vocabulary = s.vocabulary,
          .groups = {{s.dense, m, detail::gated(s.inner, s.width)}, {s.layers - s.dense, m, mixed}},
          .prediction = {{1, predicts, mixed}},
          .layers = s.layers,
          .vectors = s.width};
}

// Llama 4 with its vision tower: 34 layers 1408 wide over 576 patches and one more position; four patches are joined, and two matrices and a
// projection make 144 positions of the model of them.
constexpr layered llama_4_with_vision(const char* name, const transformer& text, double total) {
  const double v = 1408, joined = 4 * v, middle = 4096, d = text.width;
  tower t = vision(34, v, 16, 5632);
  t.positions = 577, t.tokens = 144;
  t.embedding = 3 * 14 * 14 * v;
  t.projection = joined * middle + middle * middle + middle * d;
  t.vectors = v + 577 * v + 4 * v;
  layered m = as_layered(text);
  for (layer_group& g : m.groups)
    g.mixer.vectors = d, g.feed_forward.vectors = d;
  m.name = name, m.vectors = d, m.towers = {t}, m.published_parameters = total;
  m.origin = with_towers("Llama 4 configuration file; its vision tower recalled", "2025-04");
  return m;
}

// BERT and its like: learnt positions, norms behind the blocks, and a pooler, which an embedder does not run.
struct bert_sizes {
  double layers, width, heads, inner, vocabulary, positions, table, segments;
};
constexpr layered bert(const char* name, const bert_sizes& b, double total, const char* date) {
  const double d = b.width;
  return {.name = name,
          .width = d,
          .vocabulary = b.vocabulary,
          .output = output_matrix::none,
          .groups = {{b.layers, sees_all(b.heads, d / b.heads, 4 * d + 2 * d), biased(d, b.inner, 2 * d)}},
          .layers = b.layers,
          .vectors = (b.table + b.segments) * d + 2 * d + d * d + d,
          .positions = b.positions,
          .published_parameters = total,
          .origin = from_memory("configuration file", date)};
}
// ModernBERT: every third layer sees all, the others 64 positions to each side; the first has no norm before it.
struct modern_bert_sizes {
  double layers, global, width, heads, inner;
};
constexpr layered modern_bert(const char* name, const modern_bert_sizes& b, const provenance& source) {
  const double width = b.width;
  const mixer m = sees_all(b.heads, width / b.heads, width);
  const feed_forward f = detail::gated(b.inner, width);
  return {.name = name,
          .width = width,
          .vocabulary = 50368,
          .output = output_matrix::none,
          .groups = {{b.global, m, f}, {b.layers - b.global, sees(128, m), f}},
          .layers = b.layers,
          .vectors = width,  // norms of the embedding and of the result, without that of the first layer
          .positions = 8192,
          .origin = source};
}
constexpr layered qwen3_embedding(const char* name, const qwen_text& t, double vocabulary, double total) {
  return {.name = name,
          .width = t.width,
          .vocabulary = vocabulary,
          .output = output_matrix::none,
          .groups = {{t.layers, attends(t.heads, t.key_heads, 128, 2 * 128 + t.width), t.block}},
          .layers = t.layers,
          .vectors = t.width,
          .positions = 32768,
          .published_parameters = total,
          .origin = from_memory("Qwen3-Embedding configuration file", "2025-06")};
}
}  // namespace detail

// clang-format off
inline constexpr layered gpt_oss_20b = detail::gpt_oss("gpt-oss-20b", 24, 32, 20914757184.0, 3.61e9);

inline constexpr layered qwen3_vl_2b = detail::qwen3_vl("qwen3-vl-2b", {28, 2048, 16, 8, detail::gated(6144, 2048), output_matrix::tied},
    detail::qwen_vision(24, 1024, 4096, 2048, 3), 2127532032.0, na);
inline constexpr layered qwen3_vl_4b = detail::qwen3_vl("qwen3-vl-4b", {36, 2560, 32, 8, detail::gated(9728, 2560), output_matrix::tied},
    detail::qwen_vision(24, 1024, 4096, 2560, 3), 4437815808.0, na);
inline constexpr layered qwen3_vl_8b = detail::qwen3_vl("qwen3-vl-8b", {36, 4096, 32, 8, detail::gated(12288, 4096), output_matrix::own},
    detail::qwen_vision(27, 1152, 4304, 4096, 3), 8767123696.0, na);
inline constexpr layered qwen3_vl_32b = detail::qwen3_vl("qwen3-vl-32b", {64, 5120, 64, 8, detail::gated(25600, 5120), output_matrix::own},
    detail::qwen_vision(27, 1152, 4304, 5120, 3), 33e9, na);
inline constexpr layered qwen3_vl_30b_a3b = detail::qwen3_vl("qwen3-vl-30b-a3b", {48, 2048, 32, 4, detail::experts(768, 128, 8, 2048), output_matrix::own},
    detail::qwen_vision(27, 1152, 4304, 2048, 3), 31070754032.0, 3.3e9);
inline constexpr layered qwen3_vl_235b_a22b = detail::qwen3_vl("qwen3-vl-235b-a22b", {94, 4096, 64, 4, detail::experts(1536, 128, 8, 4096), output_matrix::own},
    detail::qwen_vision(27, 1152, 4304, 4096, 3), 236e9, 22e9);

inline constexpr layered qwen3_next_80b_a3b = [] {
  const double d = 2048;
  const feed_forward f = detail::sharing(512, detail::experts(512, 512, 10, 2 * d));  // a gate of the shared expert
  return layered{.name = "qwen3-next-80b-a3b",
                 .width = d,
                 .vocabulary = 151936,
                 .groups = {{36, detail::delta_net(d, 32), f}, {12, detail::gated_attention(d, 16, 2), f}},
                 .layers = 48,
                 .vectors = d,
                 .positions = 262144,
                 .published_parameters = 79674391296.0,
                 .published_active_parameters = 3.9e9,
                 .origin = detail::from_memory("Qwen3-Next configuration file", "2025-09")};
}();
inline constexpr layered qwen3_5_27b =
    detail::qwen3_5("qwen3.5-27b", {64, 5120, 24, 4, detail::gated(17408, 5120), output_matrix::own}, 48, 27781427952.0, na);
inline constexpr layered qwen3_5_35b_a3b = detail::qwen3_5("qwen3.5-35b-a3b",
    {40, 2048, 16, 2, detail::sharing(512, detail::experts(512, 256, 8, 2 * 2048)), output_matrix::own}, 32, 35951822704.0, 3e9);
inline constexpr layered qwen3_5_122b_a10b = detail::qwen3_5("qwen3.5-122b-a10b",
    {48, 3072, 32, 2, detail::sharing(1024, detail::experts(1024, 256, 8, 2 * 3072)), output_matrix::own}, 64, 125e9, 10e9);
inline constexpr layered qwen3_5_397b_a17b = detail::qwen3_5("qwen3.5-397b-a17b",
    {60, 4096, 32, 2, detail::sharing(1024, detail::experts(1024, 512, 10, 2 * 4096)), output_matrix::own}, 64, 403e9, 17e9);

inline constexpr layered whisper_large_v3 = detail::whisper("whisper-large-v3", 32, 32, 1280, 1543490560.0);
inline constexpr layered whisper_large_v3_turbo = detail::whisper("whisper-large-v3-turbo", 32, 4, 1280, 808878080.0);

inline constexpr layered nemotron_3_nano_30b_a3b = [] {
  const double d = 2688;
  layered m = detail::nemotron_h("nemotron-3-nano-30b-a3b", d, {23, 6, 23}, detail::mamba2(d, 64, 8, 128, 128),
      detail::attends(32, 2, 128, d), detail::not_gated(detail::sharing(3712, detail::experts(1856, 128, 6, d))));
  m.positions = 262144, m.published_parameters = 31577937344.0, m.published_active_parameters = 3.6e9;
  m.origin = detail::from_configuration("Nemotron 3 Nano configuration file", "2025-12");
  return m;
}();
inline constexpr layered nemotron_h_56b = [] {
  const double d = 8192;
  layered m = detail::nemotron_h("nemotron-h-56b", d, {54, 10, 54}, detail::mamba2(d, 256, 8, 256, 128),
      detail::attends(64, 8, 128, d), detail::not_gated(detail::gated(32768, d)));
  m.positions = 8192, m.published_parameters = 56e9;
  m.origin = detail::from_configuration("Nemotron-H 56B configuration file", "2025-03");
  return m;
}();
inline constexpr layered mamba2_2_7b = [] {
  const double d = 2560;
  return layered{.name = "mamba2-2.7b",
                 .width = d,
                 .vocabulary = 50288,
                 .output = output_matrix::tied,
                 .groups = {{64, detail::mamba2(d, 80, 1, 128, 256), {}}},
                 .layers = 64,
                 .vectors = d,
                 .published_parameters = 2702599680.0,
                 .origin = detail::from_memory("configuration file of Mamba-2 2.7B", "2024-05")};
}();
inline constexpr layered jamba_1_5_mini = [] {
  layered m = detail::jamba("jamba-1.5-mini", 32, 4096, 32, 14336);
  m.published_parameters = 51570323328.0, m.published_active_parameters = 12e9;
  m.origin = {"configuration_jamba.py of transformers", "2024-08", detail::yes, detail::scanned};
  return m;
}();
inline constexpr layered jamba_1_5_large = [] {
  layered m = detail::jamba("jamba-1.5-large", 72, 8192, 64, 24576);
  m.published_parameters = 398e9, m.published_active_parameters = 94e9;
  m.origin = {"Jamba 1.5 configuration file", "2024-08", detail::recalled, detail::scanned};
  return m;
}();
inline constexpr layered minimax_text_01 = [] {
  const double d = 6144;
  const feed_forward f = detail::experts(9216, 32, 2, d);
  return layered{.name = "minimax-text-01",
                 .width = d,
                 .vocabulary = 200064,
                 .groups = {{70, detail::lightning(d), f}, {10, detail::attends(64, 8, 128, d), f}},
                 .layers = 80,
                 .vectors = d,
                 .positions = 10240000,
                 .published_parameters = 456e9,
                 .published_active_parameters = 45.9e9,
                 .origin = detail::from_memory("MiniMax-Text-01 configuration file; technical report", "2025-01")};
}();

// Gemma: norms before and behind both blocks, and of queries and keys.
inline constexpr layered gemma_3_4b = [] {
  const double d = 2560, v = 1152;
  const mixer full = detail::attends(8, 4, 256, 2 * 256 + 2 * d);
  const feed_forward f = detail::gated(10240, 2 * d);
  tower eye = detail::vision(27, v, 16, 4304);
  eye.positions = 4096, eye.tokens = 256;
  eye.embedding = 3 * 14 * 14 * v, eye.projection = v * d, eye.vectors = v + 4096 * v + 2 * v + v;
  return layered{.name = "gemma-3-4b",
                 .width = d,
                 .vocabulary = 262208,
                 .output = output_matrix::tied,
                 .groups = {{5, full, f}, {29, detail::sees(1024, full), f}},
                 .towers = {eye},
                 .layers = 34,
                 .vectors = d,
                 .positions = 131072,
                 .published_parameters = 4300079472.0,
                 .origin = detail::from_memory("Gemma 3 4B configuration file", "2025-03")};
}();
// A router with a scale for each input and each expert; the shared expert is as a dense block beside it, and three more norms tell them apart.
inline constexpr layered gemma_4_26b_a4b = [] {
  const double d = 2816, v = 1152;
  const mixer window = detail::sees(1024, detail::attends(16, 8, 256, 2 * 256 + 2 * d));
  mixer full = detail::attends(16, 2, 512, 2 * 512 + 2 * d);
  full.shared_value = true;
  const feed_forward f = detail::sharing(2112, detail::experts(704, 128, 8, d + 128 + 5 * d));
  const tower eye{.count = 27,
                  .width = v,
                  .mixer = detail::sees_all(16, 72, 2 * 72 + 2 * v),
                  .feed_forward = detail::gated(4304, 2 * v),
                  .positions = 2520,
                  .tokens = 280,
                  .embedding = 3 * 16 * 16 * v,
                  .projection = v * d,
                  .vectors = 2 * 10240 * v};
  return layered{.name = "gemma-4-26b-a4b",
                 .width = d,
                 .vocabulary = 262144,
                 .output = output_matrix::tied,
                 .groups = {{25, window, f}, {5, full, f}},
                 .towers = {eye},
                 .layers = 30,
                 .vectors = d,
                 .positions = 262144,
                 .published_parameters = 25.2e9,  // without the tower
                 .published_active_parameters = 3.8e9,
                 .origin = detail::with_towers("Gemma 4 26B-A4B configuration file; modeling_gemma4.py of transformers", "2026-04")};
}();

// Keys of 192 and values of 128; five windows of 128, with sinks, for each layer that sees all.
inline constexpr layered mimo_v2_flash = [] {
  const double d = 4096;
  mixer full = detail::attends(64, 4, 192, d), window = detail::sees(128, detail::attends(64, 8, 192, 64 + d));
  full.value_width = window.value_width = 128;
  const feed_forward f = detail::experts(2048, 256, 8, 256 + d);
  return layered{.name = "mimo-v2-flash",
                 .width = d,
                 .vocabulary = 152576,
                 .groups = {{1, full, detail::gated(16384, d)}, {8, full, f}, {39, window, f}},
                 .layers = 48,
                 .vectors = d,
                 .positions = 262144,
                 .published_parameters = 309e9,
                 .published_active_parameters = 15e9,
                 .origin = detail::from_configuration("MiMo-V2-Flash configuration file; model card", "2025-12")};
}();

inline constexpr layered deepseek_v3_mtp = [] {
  layered m = detail::deepseek("deepseek-v3-mtp", {61, 3, 7168, 18432, 256, 129280}, detail::latent(7168, 128, 1536, 512, {128, 64, 128}));
  m.positions = 163840, m.stored = formats::at(precision::fp8);
  m.published_parameters = 671e9, m.published_active_parameters = 37e9, m.origin = from::deepseek;
  return m;
}();
inline constexpr layered deepseek_v3_2 = [] {
  layered m = detail::deepseek("deepseek-v3.2", {61, 3, 7168, 18432, 256, 129280},
      detail::indexed(detail::latent(7168, 128, 1536, 512, {128, 64, 128}), 64, 2048));
  m.positions = 163840, m.stored = formats::at(precision::fp8);
  m.published_parameters = 671e9, m.published_active_parameters = 37e9;
  m.origin = detail::from_configuration("DeepSeek-V3.2 configuration file", "2025-12");
  return m;
}();
inline constexpr layered glm_5 = [] {
  layered m = detail::deepseek("glm-5", {78, 3, 6144, 12288, 256, 154880},
      detail::indexed(detail::latent(6144, 64, 2048, 512, {192, 64, 256}), 32, 2048));
  m.positions = 202752, m.published_parameters = 744e9, m.published_active_parameters = 40e9;
  m.origin = detail::from_configuration("GLM-5 configuration file; model card", "2026-02");
  return m;
}();

inline constexpr layered llama_4_scout_vision = detail::llama_4_with_vision("llama-4-scout-vision", llama_4_scout, 108641793536.0);
inline constexpr layered llama_4_maverick_vision = detail::llama_4_with_vision("llama-4-maverick-vision", llama_4_maverick, 401583781376.0);
// Eight of 40 layers attend to the image, four tiles of 40 x 40 patches and one more position each, through a tower of 32 layers and 8 more.
// Tables of positions are for 9 arrangements of the tiles; eight more rows of the embedding stand for images.
inline constexpr layered llama_3_2_11b_vision = [] {
  const double d = 4096, v = 1280, tile = 1601, tiles = 4, shapes = 9;
  mixer looks = detail::attends(32, 8, 128, 2 * 128 + d + 1);
  looks.crossed = tiles * tile;
  tower eye = detail::vision(32, v, 16, 5120), over_tiles = detail::vision(8, v, 16, 5120);
  eye.positions = over_tiles.positions = tiles * tile;
  eye.mixer.vectors = over_tiles.mixer.vectors = 2 * v;  // norms, no biases
  eye.embedding = 3 * 14 * 14 * v, over_tiles.embedding = 6 * v * d;  // of five layers inside and the last
  eye.vectors = v + tile * v + shapes * tiles * tile * v + 1 + 2 * (shapes * tiles * v + 1) + 4 * v;
  over_tiles.vectors = 8 * 2 + d;
  return layered{.name = "llama-3.2-11b-vision",
                 .width = d,
                 .vocabulary = 128256,
                 .groups = {{32, detail::attends(32, 8, 128, d), detail::gated(14336, d)}, {8, looks, detail::gated(14336, d + 1)}},
                 .towers = {eye, over_tiles},
                 .layers = 40,
                 .vectors = 8 * d + d,
                 .positions = 131072,
                 .published_parameters = 10670220835.0,
                 .origin = detail::with_towers("Llama 3.2 11B Vision Instruct configuration file; configuration_mllama.py of transformers", "2024-09")};
}();

inline constexpr layered modernbert_base = detail::modern_bert("modernbert-base", {22, 8, 768, 12, 1152},
    detail::from_configuration("configuration_modernbert.py of transformers", "2024-12"));
inline constexpr layered modernbert_large = detail::modern_bert("modernbert-large", {28, 10, 1024, 16, 2624},
    detail::from_memory("ModernBERT large configuration file", "2024-12"));
inline constexpr layered bge_large = detail::bert("bge-large-en-v1.5", {24, 1024, 16, 4096, 30522, 512, 512, 2}, 335141888.0, "2023-09");
inline constexpr layered bge_m3 = detail::bert("bge-m3", {24, 1024, 16, 4096, 250002, 8192, 8194, 1}, 567754752.0, "2024-01");
inline constexpr layered all_minilm_l6 = detail::bert("all-minilm-l6-v2", {6, 384, 12, 1536, 30522, 512, 512, 2}, 22713216.0, "2021-08");
inline constexpr layered qwen3_embedding_0_6b = detail::qwen3_embedding("qwen3-embedding-0.6b",
    {28, 1024, 16, 8, detail::gated(3072, 1024), output_matrix::none}, 151669, 595776512.0);
inline constexpr layered qwen3_embedding_4b = detail::qwen3_embedding("qwen3-embedding-4b",
    {36, 2560, 32, 8, detail::gated(9728, 2560), output_matrix::none}, 151665, 4021774336.0);
inline constexpr layered qwen3_embedding_8b = detail::qwen3_embedding("qwen3-embedding-8b",
    {36, 4096, 32, 8, detail::gated(12288, 4096), output_matrix::none}, 151665, 7567295488.0);
// clang-format on

// Every model of the catalog that is written as groups.
inline constexpr const layered* layered_models[] = {&gpt_oss_20b,
                                                    &qwen3_vl_2b,
                                                    &qwen3_vl_4b,
                                                    &qwen3_vl_8b,
                                                    &qwen3_vl_32b,
                                                    &qwen3_vl_30b_a3b,
                                                    &qwen3_vl_235b_a22b,
                                                    &qwen3_next_80b_a3b,
                                                    &qwen3_5_27b,
                                                    &qwen3_5_35b_a3b,
                                                    &qwen3_5_122b_a10b,
                                                    &qwen3_5_397b_a17b,
                                                    &whisper_large_v3,
                                                    &whisper_large_v3_turbo,
                                                    &nemotron_3_nano_30b_a3b,
                                                    &nemotron_h_56b,
                                                    &mamba2_2_7b,
                                                    &jamba_1_5_mini,
                                                    &jamba_1_5_large,
                                                    &minimax_text_01,
                                                    &gemma_3_4b,
                                                    &gemma_4_26b_a4b,
                                                    &mimo_v2_flash,
                                                    &deepseek_v3_mtp,
                                                    &deepseek_v3_2,
                                                    &glm_5,
                                                    &llama_4_scout_vision,
                                                    &llama_4_maverick_vision,
                                                    &llama_3_2_11b_vision,
                                                    &modernbert_base,
                                                    &modernbert_large,
                                                    &bge_large,
                                                    &bge_m3,
                                                    &all_minilm_l6,
                                                    &qwen3_embedding_0_6b,
                                                    &qwen3_embedding_4b,
                                                    &qwen3_embedding_8b};

namespace detail {
struct named_model {
  const char* name;
};
inline constexpr std::size_t all_models = std::size(layered_models) + std::size(transformers);
// The names of both lists, groups first.
constexpr std::array<named_model, all_models> names_of_models() {
  std::array<named_model, all_models> all{};
  std::size_t i = 0;
  for (const layered* m : layered_models)
    all[i++].name = m->name;
  for (const transformer* x : transformers)
    all[i++].name = x->name;
  return all;
}
}  // namespace detail

// Any model of the catalog as groups of layers, "qwen3-next-80b-a3b" or "llama-3.1-70b"; a transformer is written out. Throws
// `missing_value` with the nearest names.
constexpr layered find_layered(std::string_view name) {
  const auto all = detail::names_of_models();
  std::array<const detail::named_model*, detail::all_models> each{};
  for (std::size_t i = 0; i < all.size(); ++i)
    each[i] = &all[i];
  const auto place = static_cast<std::size_t>(&find_by_name(each, name) - all.data());
  constexpr std::size_t grouped = std::size(layered_models);
  return place < grouped ? *layered_models[place] : as_layered(*transformers[place - grouped]);
}

}  // namespace layercake::models::catalog
