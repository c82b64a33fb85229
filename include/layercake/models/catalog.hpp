// Public language models: 113 transformers with their full shapes. Those that are groups of layers are in catalog_layered.hpp, those
// that are not language in catalog_beyond_language.hpp.
//
// Shapes are from configuration files and papers. `published_parameters` are the totals that makers state, to the
// digits that they state. Facts only; what was not looked up is marked recalled, what nobody publishes is estimated or
// assumed, and says so.
#pragma once

#include <layercake/core/catalog.hpp>
#include <layercake/models/deployed.hpp>
#include <string_view>

namespace layercake::models::catalog {

namespace detail {
inline constexpr confidence yes = confidence::published, recalled = confidence::recalled;
struct block {
  bool gated, tied;
};
inline constexpr block gated_untied{true, false}, gated_tied{true, true}, plain_untied{false, false},
    plain_tied{false, true};

// Fields of a row that are not from its source.
inline constexpr field_source totals_only[] = {{"published_parameters", "model card or report", recalled},
                                               {"published_active_parameters", "model card or report", recalled}};
inline constexpr field_source vocabulary_only[] = {
    totals_only[0], totals_only[1], {"vocabulary", "from the tokenizer", recalled}};
inline constexpr field_source heads_only[] = {totals_only[0], totals_only[1], {"heads", "from the paper", recalled}};
inline constexpr field_source heads_and_vocabulary[] = {totals_only[0],
                                                        totals_only[1],
                                                        {"heads", "from the paper", recalled},
                                                        {"vocabulary", "padded as the software does", recalled}};
inline constexpr field_source feed_forward_and_vocabulary[] = {
    totals_only[0],
    totals_only[1],
    {"feed_forward", "two thirds of 4 d, up to a multiple of 256", recalled},
    {"vocabulary", "from the tokenizer", recalled}};

struct sizes {
  double layers, width, heads, key_heads, head_width, feed_forward, vocabulary;
};
struct stated {
  double total, active;
};

// A row: a dense transformer, and what it has besides.
struct shape : transformer {
  constexpr shape(const char* id, const sizes& s, const block& b, const stated& p, const provenance& source) {
    name = id;
    layers = s.layers, width = s.width, heads = s.heads, key_heads = s.key_heads, head_width = s.head_width;
    feed_forward = s.feed_forward, vocabulary = s.vocabulary;
    gated = b.gated, tied = b.tied;
    published_parameters = p.total, published_active_parameters = p.active;
    origin = source;
  }
  constexpr shape mixture(double all, double active, double inner, double shared, double shared_inner,
                          double dense) const {
    shape x = *this;
    x.experts = all, x.active_experts = active, x.expert_width = inner;
    x.shared_experts = shared, x.shared_expert_width = shared_inner, x.dense_layers = dense;
    return x;
  }
  constexpr shape latent(double query, double key_value, double no_position, double rotary, double value) const {
    shape x = *this;
    x.kind = attention::latent;
    x.query_rank = query, x.latent_rank = key_value, x.plain_width = no_position, x.rotary_width = rotary,
    x.value_width = value;
    return x;
  }
  constexpr shape sliding(double window, double window_layers) const {
    shape x = *this;
    x.sliding_window = window, x.sliding_layers = window_layers;
    return x;
  }
  constexpr shape chunked(double window, double window_layers) const {
    shape x = sliding(window, window_layers);
    x.transformer::chunked = true;
    return x;
  }
  constexpr shape parallel() const {
    shape x = *this;
    x.transformer::parallel = true;
    return x;
  }
  constexpr shape within(double most) const {
    shape x = *this;
    x.positions = most;
    return x;
  }
  constexpr shape stored(const formats& f) const {
    shape x = *this;
    x.transformer::stored = f;
    return x;
  }
};
// Llama-3.1-405B-FP8 as published: feed-forward blocks alone in 8 bit, with a scale of 32 for each row of 16384 values, and those of the first
// and the last of 126 layers in 16.
inline constexpr formats llama_405b_fp8 = [] {
  formats f;
  f.math = precision::fp8, f.activation_bits = 8;
  f.dense = {precision::fp8, (124 * (8 + 32.0 / 16384) + 2 * 16) / 126};
  return f;
}();
}  // namespace detail

// shape(name, {layers, width, heads, key heads, head width, dense inner width, vocabulary}, block, {total, active as
// stated}, source) .mixture(experts, active, inner width, shared experts, their inner width, dense layers)
// .latent(query rank, key-value rank, width without position, with position, value width) .sliding(window, layers) .within(positions)
// clang-format off
namespace from {
inline constexpr provenance bloomberggpt_recalled{"Wu et al. 2023, BloombergGPT", "2023", detail::recalled};
inline constexpr provenance codellama_recalled{"configuration published with Code Llama", "2023", detail::recalled};
inline constexpr provenance deepseek{"DeepSeek-V3 configuration file; technical report", "2024-12", detail::yes, detail::totals_only};
inline constexpr provenance gemma3{"Gemma 3 configuration files; technical report", "2025-03", detail::yes, detail::totals_only};
inline constexpr provenance gpt_guide{"GPT shape of the DeepSpeed and Megatron guides", "2023", detail::yes, detail::totals_only};
inline constexpr provenance narayanan{"Narayanan et al. 2021, table 1", "2021", detail::yes, detail::heads_and_vocabulary};
inline constexpr provenance gpt_benchmark{"GPT shapes of a training benchmark", "2024", detail::yes, detail::totals_only};
inline constexpr provenance narayanan_heads_only{"Narayanan et al. 2021, table 1", "2021", detail::yes, detail::heads_only};
inline constexpr provenance gpt_j{"GPT-J configuration", "2021-06", detail::yes, detail::totals_only};
inline constexpr provenance gpt_oss{"gpt-oss configuration; model card", "2025-08", detail::yes, detail::totals_only};
inline constexpr provenance gpt3{"GPT-3 shapes in the NeMo launcher; Brown et al. 2020", "2023", detail::yes, detail::vocabulary_only};
inline constexpr provenance kimi{"Kimi K2 configuration file", "2025-07", detail::yes, detail::totals_only};
inline constexpr provenance lamda{"Thoppilan et al. 2022, LaMDA", "2022", detail::yes, detail::vocabulary_only};
inline constexpr provenance llama_2{"Llama 2 configuration files", "2023-07", detail::yes, detail::totals_only};
inline constexpr provenance llama_3_1{"Llama 3.1 configuration files; Grattafiori et al. 2024", "2024-07", detail::yes, detail::totals_only};
inline constexpr provenance llama_1{"Touvron et al. 2023, LLaMA", "2023-02", detail::yes, detail::feed_forward_and_vocabulary};
inline constexpr provenance llama_4{"Llama 4 configuration files", "2025-04", detail::yes, detail::totals_only};
inline constexpr provenance maxtext{"MaxText run scripts", "2023", detail::yes, detail::totals_only};
inline constexpr provenance korthikanti{"Korthikanti et al. 2022, table 3", "2022", detail::yes, detail::totals_only};
inline constexpr provenance mistral{"Mistral configuration file", "2023-09", detail::yes, detail::totals_only};
inline constexpr provenance mixtral_8x22b{"Mixtral configuration file", "2024-04", detail::yes, detail::totals_only};
inline constexpr provenance mixtral_8x7b{"Mixtral configuration file; Jiang et al. 2024", "2023-12", detail::yes, detail::totals_only};
inline constexpr provenance mpt{"MosaicML training benchmarks", "2023", detail::yes, detail::totals_only};
inline constexpr provenance mt_nlg{"Smith et al. 2022, MT-NLG", "2022", detail::yes, detail::totals_only};
inline constexpr provenance nemotron_3{"NeMo launcher, Nemotron-3", "2023", detail::yes, detail::vocabulary_only};
inline constexpr provenance nemotron_4{"Nemotron-4 340B technical report", "2024-06", detail::yes, detail::vocabulary_only};
inline constexpr provenance opt{"OPT configuration; Zhang et al. 2022", "2022", detail::yes, detail::totals_only};
inline constexpr provenance palm{"Chowdhery et al. 2022, PaLM", "2022", detail::yes, detail::vocabulary_only};
inline constexpr provenance qwen_2_5{"Qwen2.5 configuration files; technical report", "2024-09", detail::yes, detail::totals_only};
inline constexpr provenance qwen_3{"Qwen3 configuration files; technical report", "2025-04", detail::yes, detail::totals_only};
inline constexpr provenance command_a{"Command A configuration file", "2025-03", detail::recalled};
inline constexpr provenance command_r{"Command R configuration files", "2024-04", detail::recalled};
inline constexpr provenance deepseek_v2{"DeepSeek-V2 configuration files; technical report", "2024-05", detail::recalled};
inline constexpr provenance falcon3{"Falcon 3 configuration file", "2024-12", detail::recalled};
inline constexpr provenance gemma2{"Gemma 2 configuration files", "2024-06", detail::recalled};
inline constexpr provenance gemma3_1b{"Gemma 3 1B configuration file", "2025-03", detail::recalled};
inline constexpr provenance glm_4_5{"GLM-4.5 configuration files; technical report", "2025-07", detail::recalled};
inline constexpr provenance granite{"Granite 3.3 configuration file", "2025-04", detail::recalled};
inline constexpr provenance llama_3_1_fp8{"configuration file of Llama-3.1-405B-Instruct-FP8: modules_to_not_convert", "2024-07", detail::yes, detail::totals_only};
inline constexpr provenance llama_3_2{"Llama 3.2 configuration files", "2024-09", detail::recalled};
inline constexpr provenance llama_3_3{"Llama 3.3 configuration file", "2024-12", detail::recalled};
inline constexpr provenance minimax_m2{"MiniMax-M2 configuration file; model card", "2025-10", detail::yes, detail::totals_only};
inline constexpr provenance mistral_later{"Mistral configuration files", "2025-01", detail::recalled};
inline constexpr provenance moonlight{"Moonlight configuration file", "2025-02", detail::recalled};
inline constexpr provenance olmo2{"OLMo 2 configuration files", "2024-11", detail::recalled};
inline constexpr provenance phi_4{"Phi-4 configuration files", "2024-12", detail::recalled};
inline constexpr provenance qwen_2_5_coder{"Qwen2.5-Coder configuration file", "2024-11", detail::recalled};
inline constexpr provenance qwen_3_4b{"Qwen3-4B configuration file", "2025-04", detail::recalled};
inline constexpr provenance qwen_3_coder{"Qwen3-Coder-480B-A35B configuration file", "2025-07", detail::yes, detail::totals_only};
inline constexpr provenance qwen_3_small{"Qwen3 configuration files", "2025-04", detail::yes, detail::totals_only};
inline constexpr provenance seed_oss{"Seed-OSS configuration file", "2025-08", detail::recalled};
inline constexpr provenance smollm3{"SmolLM3 configuration file", "2025-07", detail::recalled};
inline constexpr provenance yi{"Yi-1.5 configuration file", "2024-05", detail::recalled};
}  // namespace from

inline constexpr transformer deepseek_v3 =
    detail::shape("deepseek-v3", {61, 7168, 128, 128, 192, 18432, 129280}, detail::gated_untied, {671e9, 37e9}, from::deepseek)
        .mixture(256, 8, 2048, 1, 2048, 3)
        .latent(1536, 512, 128, 64, 128)
        .stored(formats::in_fp8_blocks())
        .within(163840);
inline constexpr transformer gemma3_12b =
    detail::shape("gemma3-12b", {48, 3840, 16, 8, 256, 15360, 262144}, detail::gated_tied, {11.771e9, 11.771e9}, from::gemma3)
        .sliding(1024, 40)
        .within(131072);
inline constexpr transformer gemma3_27b =
    detail::shape("gemma3-27b", {62, 5376, 32, 16, 128, 21504, 262144}, detail::gated_tied, {27.016e9, 27.016e9}, from::gemma3)
        .sliding(1024, 52)
        .within(131072);
inline constexpr transformer gpt_oss_120b =
    detail::shape("gpt-oss-120b", {36, 2880, 64, 8, 64, 0, 201088}, detail::gated_untied, {116.83e9, 5.13e9}, from::gpt_oss)
        .mixture(128, 4, 2880, 0, 0, 0)
        .sliding(128, 18)
        .stored(formats::experts_at(precision::mxfp4))
        .within(131072);
inline constexpr transformer kimi_k2 =
    detail::shape("kimi-k2", {61, 7168, 64, 64, 192, 18432, 163840}, detail::gated_untied, {1040e9, 32e9}, from::kimi)
        .mixture(384, 8, 2048, 1, 2048, 1)
        .latent(1536, 512, 128, 64, 128)
        .stored(formats::in_fp8_blocks())
        .within(131072);
inline constexpr transformer llama_2_13b =
    detail::shape("llama-2-13b", {40, 5120, 40, 40, 128, 13824, 32000}, detail::gated_untied, {13.02e9, 13.02e9}, from::llama_2)
        .within(4096);
inline constexpr transformer llama_2_70b =
    detail::shape("llama-2-70b", {80, 8192, 64, 8, 128, 28672, 32000}, detail::gated_untied, {68.98e9, 68.98e9}, from::llama_2)
        .within(4096);
inline constexpr transformer llama_2_7b =
    detail::shape("llama-2-7b", {32, 4096, 32, 32, 128, 11008, 32000}, detail::gated_untied, {6.74e9, 6.74e9}, from::llama_2)
        .within(4096);
inline constexpr transformer llama_3_1_405b =
    detail::shape("llama-3.1-405b", {126, 16384, 128, 8, 128, 53248, 128256}, detail::gated_untied, {405.9e9, 405.9e9}, from::llama_3_1)
        .within(131072);
inline constexpr transformer llama_3_1_70b =
    detail::shape("llama-3.1-70b", {80, 8192, 64, 8, 128, 28672, 128256}, detail::gated_untied, {70.6e9, 70.6e9}, from::llama_3_1)
        .within(131072);
inline constexpr transformer llama_3_1_8b =
    detail::shape("llama-3.1-8b", {32, 4096, 32, 8, 128, 14336, 128256}, detail::gated_untied, {8.03e9, 8.03e9}, from::llama_3_1)
        .within(131072);
inline constexpr transformer llama_33b =
    detail::shape("llama-33b", {60, 6656, 52, 52, 128, 17920, 32000}, detail::gated_untied, {32.5e9, 32.5e9}, from::llama_1);
inline constexpr transformer llama_4_maverick =
    detail::shape("llama-4-maverick", {48, 5120, 40, 8, 128, 16384, 202048}, detail::gated_untied, {400e9, 17e9}, from::llama_4)
        .mixture(128, 1, 8192, 1, 8192, 24)
        .chunked(8192, 36)
        .within(1048576);
inline constexpr transformer llama_4_scout =
    detail::shape("llama-4-scout", {48, 5120, 40, 8, 128, 16384, 202048}, detail::gated_untied, {109e9, 17e9}, from::llama_4)
        .mixture(16, 1, 8192, 1, 8192, 0)
        .chunked(8192, 36)
        .within(10485760);
inline constexpr transformer llama_65b =
    detail::shape("llama-65b", {80, 8192, 64, 64, 128, 22016, 32000}, detail::gated_untied, {65.2e9, 65.2e9}, from::llama_1);
inline constexpr transformer llama_7b =
    detail::shape("llama-7b", {32, 4096, 32, 32, 128, 11008, 32000}, detail::gated_untied, {6.7e9, 6.7e9}, from::llama_1);
inline constexpr transformer mistral_7b =
    detail::shape("mistral-7b", {32, 4096, 32, 8, 128, 14336, 32000}, detail::gated_untied, {7.24e9, 7.24e9}, from::mistral)
        .within(32768);
inline constexpr transformer mixtral_8x22b =
    detail::shape("mixtral-8x22b", {56, 6144, 48, 8, 128, 0, 32000}, detail::gated_untied, {141e9, 39e9}, from::mixtral_8x22b)
        .mixture(8, 2, 16384, 0, 0, 0)
        .within(65536);
inline constexpr transformer mixtral_8x7b =
    detail::shape("mixtral-8x7b", {32, 4096, 32, 8, 128, 0, 32000}, detail::gated_untied, {46.7e9, 12.9e9}, from::mixtral_8x7b)
        .mixture(8, 2, 14336, 0, 0, 0)
        .within(32768);
inline constexpr transformer qwen2_5_0_5b =
    detail::shape("qwen2.5-0.5b", {24, 896, 14, 2, 64, 4864, 151936}, detail::gated_tied, {0.49e9, 0.49e9}, from::qwen_2_5)
        .within(32768);
inline constexpr transformer qwen2_5_1_5b =
    detail::shape("qwen2.5-1.5b", {28, 1536, 12, 2, 128, 8960, 151936}, detail::gated_tied, {1.54e9, 1.54e9}, from::qwen_2_5)
        .within(32768);
inline constexpr transformer qwen2_5_14b =
    detail::shape("qwen2.5-14b", {48, 5120, 40, 8, 128, 13824, 152064}, detail::gated_untied, {14.7e9, 14.7e9}, from::qwen_2_5)
        .within(131072);
inline constexpr transformer qwen2_5_32b =
    detail::shape("qwen2.5-32b", {64, 5120, 40, 8, 128, 27648, 152064}, detail::gated_untied, {32.5e9, 32.5e9}, from::qwen_2_5)
        .within(131072);
inline constexpr transformer qwen2_5_3b =
    detail::shape("qwen2.5-3b", {36, 2048, 16, 2, 128, 11008, 151936}, detail::gated_tied, {3.09e9, 3.09e9}, from::qwen_2_5)
        .within(32768);
inline constexpr transformer qwen2_5_72b =
    detail::shape("qwen2.5-72b", {80, 8192, 64, 8, 128, 29568, 152064}, detail::gated_untied, {72.7e9, 72.7e9}, from::qwen_2_5)
        .within(131072);
inline constexpr transformer qwen2_5_7b =
    detail::shape("qwen2.5-7b", {28, 3584, 28, 4, 128, 18944, 152064}, detail::gated_untied, {7.61e9, 7.61e9}, from::qwen_2_5)
        .within(131072);
inline constexpr transformer qwen3_14b =
    detail::shape("qwen3-14b", {40, 5120, 40, 8, 128, 17408, 151936}, detail::gated_untied, {14.8e9, 14.8e9}, from::qwen_3)
        .within(131072);
inline constexpr transformer qwen3_235b_a22b =
    detail::shape("qwen3-235b-a22b", {94, 4096, 64, 4, 128, 12288, 151936}, detail::gated_untied, {235e9, 22e9}, from::qwen_3)
        .mixture(128, 8, 1536, 0, 0, 0)
        .within(131072);
inline constexpr transformer qwen3_30b_a3b =
    detail::shape("qwen3-30b-a3b", {48, 2048, 32, 4, 128, 6144, 151936}, detail::gated_untied, {30.5e9, 3.3e9}, from::qwen_3)
        .mixture(128, 8, 768, 0, 0, 0)
        .within(131072);
inline constexpr transformer qwen3_32b =
    detail::shape("qwen3-32b", {64, 5120, 64, 8, 128, 25600, 151936}, detail::gated_untied, {32.8e9, 32.8e9}, from::qwen_3)
        .within(131072);
inline constexpr transformer qwen3_8b =
    detail::shape("qwen3-8b", {36, 4096, 32, 8, 128, 12288, 151936}, detail::gated_untied, {8.2e9, 8.2e9}, from::qwen_3)
        .within(131072);
inline constexpr transformer command_a =
    detail::shape("command-a", {64, 12288, 96, 8, 128, 36864, 256000}, detail::gated_tied, {111057580032.0, 111057580032.0}, from::command_a)
        .parallel()
        .sliding(4096, 48)
        .within(262144);
inline constexpr transformer command_r =
    detail::shape("command-r", {40, 8192, 64, 64, 128, 22528, 256000}, detail::gated_tied, {34980831232.0, 34980831232.0}, from::command_r)
        .parallel()
        .within(131072);
inline constexpr transformer command_r_plus =
    detail::shape("command-r-plus", {64, 12288, 96, 8, 128, 33792, 256000}, detail::gated_tied, {103810674688.0, 103810674688.0}, from::command_r)
        .parallel()
        .within(131072);
inline constexpr transformer deepseek_v2 =
    detail::shape("deepseek-v2", {60, 5120, 128, 128, 192, 12288, 102400}, detail::gated_untied, {235741434880.0, 21e9}, from::deepseek_v2)
        .mixture(160, 6, 1536, 2, 1536, 1)
        .latent(1536, 512, 128, 64, 128)
        .within(163840);
inline constexpr transformer deepseek_v2_lite =
    detail::shape("deepseek-v2-lite", {27, 2048, 16, 16, 192, 10944, 102400}, detail::gated_untied, {15706484224.0, 2.4e9}, from::deepseek_v2)
        .mixture(64, 6, 1408, 2, 1408, 1)
        .latent(0, 512, 128, 64, 128)
        .within(32768);
inline constexpr transformer falcon3_10b =
    detail::shape("falcon3-10b", {40, 3072, 12, 4, 256, 23040, 131072}, detail::gated_untied, {10305653760.0, 10305653760.0}, from::falcon3)
        .within(32768);
inline constexpr transformer gemma2_2b =
    detail::shape("gemma2-2b", {26, 2304, 8, 4, 256, 9216, 256000}, detail::gated_tied, {2614341888.0, 2614341888.0}, from::gemma2)
        .sliding(4096, 13)
        .within(8192);
inline constexpr transformer gemma2_9b =
    detail::shape("gemma2-9b", {42, 3584, 16, 8, 256, 14336, 256000}, detail::gated_tied, {9241705984.0, 9241705984.0}, from::gemma2)
        .sliding(4096, 21)
        .within(8192);
inline constexpr transformer gemma2_27b =
    detail::shape("gemma2-27b", {46, 4608, 32, 16, 128, 36864, 256000}, detail::gated_tied, {27227128320.0, 27227128320.0}, from::gemma2)
        .sliding(4096, 23)
        .within(8192);
inline constexpr transformer gemma3_1b =
    detail::shape("gemma3-1b", {26, 1152, 4, 1, 256, 6912, 262144}, detail::gated_tied, {999885952, 999885952}, from::gemma3_1b)
        .sliding(512, 22)
        .within(32768);
inline constexpr transformer glm_4_5 =
    detail::shape("glm-4.5", {92, 5120, 96, 8, 128, 12288, 151552}, detail::gated_untied, {355e9, 32e9}, from::glm_4_5)
        .mixture(160, 8, 1536, 1, 1536, 3)
        .within(131072);
inline constexpr transformer glm_4_5_air =
    detail::shape("glm-4.5-air", {46, 4096, 96, 8, 128, 10944, 151552}, detail::gated_untied, {106e9, 12e9}, from::glm_4_5)
        .mixture(128, 8, 1408, 1, 1408, 1)
        .within(131072);
inline constexpr transformer granite_3_3_8b =
    detail::shape("granite-3.3-8b", {40, 4096, 32, 8, 128, 12800, 49159}, detail::gated_tied, {8170864640.0, 8170864640.0}, from::granite)
        .within(131072);
inline constexpr transformer llama_3_1_405b_fp8 =
    detail::shape("llama-3.1-405b-fp8", {126, 16384, 128, 8, 128, 53248, 128256}, detail::gated_untied, {405853388800.0, 405853388800.0}, from::llama_3_1_fp8)
        .stored(detail::llama_405b_fp8)
        .within(131072);
inline constexpr transformer llama_3_2_1b =
    detail::shape("llama-3.2-1b", {16, 2048, 32, 8, 64, 8192, 128256}, detail::gated_tied, {1235814400.0, 1235814400.0}, from::llama_3_2)
        .within(131072);
inline constexpr transformer llama_3_2_3b =
    detail::shape("llama-3.2-3b", {28, 3072, 24, 8, 128, 8192, 128256}, detail::gated_tied, {3212749824.0, 3212749824.0}, from::llama_3_2)
        .within(131072);
inline constexpr transformer llama_3_3_70b =
    detail::shape("llama-3.3-70b", {80, 8192, 64, 8, 128, 28672, 128256}, detail::gated_untied, {70553706496.0, 70553706496.0}, from::llama_3_3)
        .within(131072);
inline constexpr transformer minimax_m2 =
    detail::shape("minimax-m2", {62, 3072, 48, 8, 128, 0, 200064}, detail::gated_untied, {228.7e9, 10e9}, from::minimax_m2)
        .mixture(256, 8, 1536, 0, 0, 0)
        .stored(formats::in_fp8_blocks())
        .within(196608);
inline constexpr transformer mistral_large_2 =
    detail::shape("mistral-large-2", {88, 12288, 96, 8, 128, 28672, 32768}, detail::gated_untied, {122610069504.0, 122610069504.0}, from::mistral_later)
        .within(131072);
inline constexpr transformer mistral_nemo_12b =
    detail::shape("mistral-nemo-12b", {40, 5120, 32, 8, 128, 14336, 131072}, detail::gated_untied, {12247782400.0, 12247782400.0}, from::mistral_later)
        .within(131072);
inline constexpr transformer mistral_small_24b =
    detail::shape("mistral-small-24b", {40, 5120, 32, 8, 128, 32768, 131072}, detail::gated_untied, {23572403200.0, 23572403200.0}, from::mistral_later)
        .within(32768);
inline constexpr transformer moonlight_16b_a3b =
    detail::shape("moonlight-16b-a3b", {27, 2048, 16, 16, 192, 11264, 163840}, detail::gated_untied, {15960111936.0, 3e9}, from::moonlight)
        .mixture(64, 6, 1408, 2, 1408, 1)
        .latent(0, 512, 128, 64, 128)
        .within(8192);
inline constexpr transformer olmo2_7b =
    detail::shape("olmo2-7b", {32, 4096, 32, 32, 128, 11008, 100352}, detail::gated_untied, {7298617344.0, 7298617344.0}, from::olmo2)
        .within(4096);
inline constexpr transformer olmo2_13b =
    detail::shape("olmo2-13b", {40, 5120, 40, 40, 128, 13824, 100352}, detail::gated_untied, {13716198400.0, 13716198400.0}, from::olmo2)
        .within(4096);
inline constexpr transformer olmo2_32b =
    detail::shape("olmo2-32b", {64, 5120, 40, 8, 128, 27648, 100352}, detail::gated_untied, {32234279936.0, 32234279936.0}, from::olmo2)
        .within(4096);
inline constexpr transformer phi_4 =
    detail::shape("phi-4", {40, 5120, 40, 10, 128, 17920, 100352}, detail::gated_untied, {14659507200.0, 14659507200.0}, from::phi_4)
        .within(16384);
inline constexpr transformer phi_4_mini =
    detail::shape("phi-4-mini", {32, 3072, 24, 8, 128, 8192, 200064}, detail::gated_tied, {3836021760.0, 3836021760.0}, from::phi_4)
        .within(131072);
inline constexpr transformer qwen2_5_coder_32b =
    detail::shape("qwen2.5-coder-32b", {64, 5120, 40, 8, 128, 27648, 152064}, detail::gated_untied, {32763876352.0, 32763876352.0}, from::qwen_2_5_coder)
        .within(131072);
inline constexpr transformer qwen3_0_6b =
    detail::shape("qwen3-0.6b", {28, 1024, 16, 8, 128, 3072, 151936}, detail::gated_tied, {596049920, 596049920}, from::qwen_3_small)
        .within(40960);
inline constexpr transformer qwen3_1_7b =
    detail::shape("qwen3-1.7b", {28, 2048, 16, 8, 128, 6144, 151936}, detail::gated_tied, {1720574976.0, 1720574976.0}, from::qwen_3_small)
        .within(40960);
inline constexpr transformer qwen3_4b =
    detail::shape("qwen3-4b", {36, 2560, 32, 8, 128, 9728, 151936}, detail::gated_tied, {4022468096.0, 4022468096.0}, from::qwen_3_4b)
        .within(40960);
inline constexpr transformer qwen3_coder_480b_a35b =
    detail::shape("qwen3-coder-480b-a35b", {62, 6144, 96, 8, 128, 8192, 151936}, detail::gated_untied, {480154875392.0, 35e9}, from::qwen_3_coder)
        .mixture(160, 8, 2560, 0, 0, 0)
        .within(262144);
inline constexpr transformer seed_oss_36b =
    detail::shape("seed-oss-36b", {64, 5120, 80, 8, 128, 27648, 155136}, detail::gated_untied, {36151104512.0, 36151104512.0}, from::seed_oss)
        .within(524288);
inline constexpr transformer smollm3_3b =
    detail::shape("smollm3-3b", {36, 2048, 16, 4, 128, 11008, 128256}, detail::gated_tied, {3075098624.0, 3075098624.0}, from::smollm3)
        .within(65536);
inline constexpr transformer yi_1_5_34b =
    detail::shape("yi-1.5-34b", {60, 7168, 56, 8, 128, 20480, 64000}, detail::gated_untied, {34388917248.0, 34388917248.0}, from::yi)
        .within(4096);
inline constexpr transformer bloomberggpt_50b =
    detail::shape("bloomberggpt-50b", {70, 7680, 40, 40, 192, 30720, 131072}, detail::plain_tied, {50.56e9, 50.56e9}, from::bloomberggpt_recalled);
inline constexpr transformer codellama_13b =
    detail::shape("codellama-13b", {40, 5120, 40, 40, 128, 13824, 32016}, detail::gated_untied, {13.02e9, 13.02e9}, from::codellama_recalled);
inline constexpr transformer gpt_1_3b_l24_d2048_h32_v51200 =
    detail::shape("gpt-1.3b-l24-d2048-h32-v51200", {24, 2048, 32, 32, 64, 8192, 51200}, detail::plain_tied, {na, na}, from::gpt_guide);
inline constexpr transformer gpt_1_7b_l24_d2304_h24_v51200 =
    detail::shape("gpt-1.7b-l24-d2304-h24-v51200", {24, 2304, 24, 24, 96, 9216, 51200}, detail::plain_tied, {na, na}, from::narayanan);
inline constexpr transformer gpt_145b_l80_d12288_h96_v51200 =
    detail::shape("gpt-145b-l80-d12288-h96-v51200", {80, 12288, 96, 96, 128, 49152, 51200}, detail::plain_tied, {145.6e9, 145.6e9}, from::narayanan);
inline constexpr transformer gpt_18b_l40_d6144_h48_v51200 =
    detail::shape("gpt-18b-l40-d6144-h48-v51200", {40, 6144, 48, 48, 128, 24576, 51200}, detail::plain_tied, {18.4e9, 18.4e9}, from::narayanan);
inline constexpr transformer gpt_2_1b_l24_d1920_h15_v51200 =
    detail::shape("gpt-2-1b-l24-d1920-h15-v51200", {24, 1920, 15, 15, 128, 7680, 51200}, detail::plain_tied, {na, na}, from::gpt_benchmark);
inline constexpr transformer gpt_2_2b_l30_d2304_h18_v51200 =
    detail::shape("gpt-2-2b-l30-d2304-h18-v51200", {30, 2304, 18, 18, 128, 9216, 51200}, detail::plain_tied, {na, na}, from::gpt_benchmark);
inline constexpr transformer gpt_2_4b_l36_d3072_h24_v51200 =
    detail::shape("gpt-2-4b-l36-d3072-h24-v51200", {36, 3072, 24, 24, 128, 12288, 51200}, detail::plain_tied, {na, na}, from::gpt_benchmark);
inline constexpr transformer gpt_2_8b_l42_d4096_h32_v51200 =
    detail::shape("gpt-2-8b-l42-d4096-h32-v51200", {42, 4096, 32, 32, 128, 16384, 51200}, detail::plain_tied, {na, na}, from::gpt_benchmark);
inline constexpr transformer gpt_291b_l90_d16384_h128_v51200 =
    detail::shape("gpt-291b-l90-d16384-h128-v51200", {90, 16384, 128, 128, 128, 65536, 51200}, detail::plain_tied, {na, na}, from::narayanan_heads_only);
inline constexpr transformer gpt_3_6b_l30_d3072_h32_v51200 =
    detail::shape("gpt-3.6b-l30-d3072-h32-v51200", {30, 3072, 32, 32, 96, 12288, 51200}, detail::plain_tied, {na, na}, from::narayanan);
inline constexpr transformer gpt_310b_l96_d16384_h128_v51200 =
    detail::shape("gpt-310b-l96-d16384-h128-v51200", {96, 16384, 128, 128, 128, 65536, 51200}, detail::plain_tied, {310.1e9, 310.1e9}, from::narayanan);
inline constexpr transformer gpt_350m_l24_d1024_h16_v51200 =
    detail::shape("gpt-350m-l24-d1024-h16-v51200", {24, 1024, 16, 16, 64, 4096, 51200}, detail::plain_tied, {na, na}, from::gpt_guide);
inline constexpr transformer gpt_39b_l48_d8192_h64_v51200 =
    detail::shape("gpt-39b-l48-d8192-h64-v51200", {48, 8192, 64, 64, 128, 32768, 51200}, detail::plain_tied, {39.1e9, 39.1e9}, from::narayanan);
inline constexpr transformer gpt_6_7b_l32_d4096_h32_v51200 =
    detail::shape("gpt-6.7b-l32-d4096-h32-v51200", {32, 4096, 32, 32, 128, 16384, 51200}, detail::plain_tied, {na, na}, from::gpt_guide);
inline constexpr transformer gpt_7_5b_l36_d4096_h32_v51200 =
    detail::shape("gpt-7.5b-l36-d4096-h32-v51200", {36, 4096, 32, 32, 128, 16384, 51200}, detail::plain_tied, {7.5e9, 7.5e9}, from::narayanan);
inline constexpr transformer gpt_76b_l60_d10240_h80_v51200 =
    detail::shape("gpt-76b-l60-d10240-h80-v51200", {60, 10240, 80, 80, 128, 40960, 51200}, detail::plain_tied, {76.1e9, 76.1e9}, from::narayanan);
inline constexpr transformer gpt_89b_l48_d12288_h96_v51200 =
    detail::shape("gpt-89b-l48-d12288-h96-v51200", {48, 12288, 96, 96, 128, 49152, 51200}, detail::plain_tied, {na, na}, from::gpt_guide);
inline constexpr transformer gpt_j_6b =
    detail::shape("gpt-j-6b", {28, 4096, 16, 16, 256, 16384, 50400}, detail::plain_untied, {6.053e9, 6.053e9}, from::gpt_j)
        .parallel();
inline constexpr transformer gpt3_175b =
    detail::shape("gpt3-175b", {96, 12288, 96, 96, 128, 49152, 51200}, detail::plain_tied, {174.6e9, 174.6e9}, from::gpt3);
inline constexpr transformer gpt3_20b =
    detail::shape("gpt3-20b", {44, 6144, 48, 48, 128, 24576, 51200}, detail::plain_tied, {na, na}, from::gpt3);
inline constexpr transformer gpt3_5b =
    detail::shape("gpt3-5b", {24, 4096, 32, 32, 128, 16384, 51200}, detail::plain_tied, {na, na}, from::gpt3);
inline constexpr transformer lamda_137b =
    detail::shape("lamda-137b", {64, 8192, 128, 128, 128, 65536, 32000}, detail::gated_tied, {137e9, 137e9}, from::lamda);
inline constexpr transformer maxtext_128b =
    detail::shape("maxtext-128b", {64, 10240, 64, 64, 256, 65536, 32768}, detail::plain_tied, {na, na}, from::maxtext);
inline constexpr transformer maxtext_16b =
    detail::shape("maxtext-16b", {32, 5120, 32, 32, 256, 32768, 32768}, detail::plain_tied, {na, na}, from::maxtext);
inline constexpr transformer maxtext_22b =
    detail::shape("maxtext-22b", {48, 6144, 24, 24, 256, 24576, 32768}, detail::plain_tied, {na, na}, from::maxtext);
inline constexpr transformer maxtext_32b =
    detail::shape("maxtext-32b", {32, 10240, 32, 32, 256, 32768, 32768}, detail::plain_tied, {na, na}, from::maxtext);
inline constexpr transformer maxtext_52b =
    detail::shape("maxtext-52b", {32, 12288, 32, 32, 256, 49152, 32768}, detail::plain_tied, {na, na}, from::maxtext);
inline constexpr transformer maxtext_64b =
    detail::shape("maxtext-64b", {64, 10240, 32, 32, 256, 32768, 32768}, detail::plain_tied, {na, na}, from::maxtext);
inline constexpr transformer megatron_1t =
    detail::shape("megatron-1t", {128, 25600, 160, 160, 160, 102400, 51200}, detail::plain_tied, {1008e9, 1008e9}, from::korthikanti);
inline constexpr transformer megatron_22b =
    detail::shape("megatron-22b", {48, 6144, 64, 64, 96, 24576, 51200}, detail::plain_tied, {22e9, 22e9}, from::korthikanti);
inline constexpr transformer mpt_125m =
    detail::shape("mpt-125m", {12, 768, 12, 12, 64, 3072, 50368}, detail::plain_tied, {na, na}, from::mpt);
inline constexpr transformer mpt_13b =
    detail::shape("mpt-13b", {40, 5120, 40, 40, 128, 20480, 50368}, detail::plain_tied, {na, na}, from::mpt);
inline constexpr transformer mpt_1b =
    detail::shape("mpt-1b", {24, 2048, 16, 16, 128, 8192, 50368}, detail::plain_tied, {na, na}, from::mpt);
inline constexpr transformer mpt_30b =
    detail::shape("mpt-30b", {48, 7168, 56, 56, 128, 28672, 50368}, detail::plain_tied, {30e9, 30e9}, from::mpt);
inline constexpr transformer mpt_350m =
    detail::shape("mpt-350m", {24, 1024, 16, 16, 64, 4096, 50368}, detail::plain_tied, {na, na}, from::mpt);
inline constexpr transformer mpt_3b =
    detail::shape("mpt-3b", {32, 2560, 20, 20, 128, 10240, 50368}, detail::plain_tied, {na, na}, from::mpt);
inline constexpr transformer mpt_70b =
    detail::shape("mpt-70b", {80, 8192, 64, 64, 128, 32768, 50368}, detail::plain_tied, {na, na}, from::mpt);
inline constexpr transformer mpt_760m =
    detail::shape("mpt-760m", {24, 1536, 12, 12, 128, 6144, 50368}, detail::plain_tied, {na, na}, from::mpt);
inline constexpr transformer mpt_7b =
    detail::shape("mpt-7b", {32, 4096, 32, 32, 128, 16384, 50368}, detail::plain_tied, {6.7e9, 6.7e9}, from::mpt);
inline constexpr transformer mt_nlg_530b =
    detail::shape("mt-nlg-530b", {105, 20480, 128, 128, 160, 81920, 51200}, detail::plain_tied, {529.6e9, 529.6e9}, from::mt_nlg);
inline constexpr transformer nemotron_3_22b =
    detail::shape("nemotron-3-22b", {40, 6144, 48, 48, 128, 24576, 256000}, detail::plain_untied, {na, na}, from::nemotron_3);
inline constexpr transformer nemotron_3_8b =
    detail::shape("nemotron-3-8b", {32, 4096, 32, 32, 128, 16384, 256000}, detail::plain_untied, {na, na}, from::nemotron_3);
inline constexpr transformer nemotron_4_340b =
    detail::shape("nemotron-4-340b", {96, 18432, 96, 8, 192, 73728, 256000}, detail::plain_untied, {341e9, 341e9}, from::nemotron_4);
inline constexpr transformer opt_175b =
    detail::shape("opt-175b", {96, 12288, 96, 96, 128, 49152, 50272}, detail::plain_tied, {175e9, 175e9}, from::opt);
inline constexpr transformer palm_540b =
    detail::shape("palm-540b", {118, 18432, 48, 1, 256, 73728, 256000}, detail::gated_tied, {540.35e9, 540.35e9}, from::palm)
        .parallel();
// clang-format on

// Every transformer of the catalog.
inline constexpr const transformer* transformers[] = {&deepseek_v3,
                                                      &gemma3_12b,
                                                      &gemma3_27b,
                                                      &gpt_oss_120b,
                                                      &kimi_k2,
                                                      &llama_2_13b,
                                                      &llama_2_70b,
                                                      &llama_2_7b,
                                                      &llama_3_1_405b,
                                                      &llama_3_1_70b,
                                                      &llama_3_1_8b,
                                                      &llama_33b,
                                                      &llama_4_maverick,
                                                      &llama_4_scout,
                                                      &llama_65b,
                                                      &llama_7b,
                                                      &mistral_7b,
                                                      &mixtral_8x22b,
                                                      &mixtral_8x7b,
                                                      &qwen2_5_0_5b,
                                                      &qwen2_5_1_5b,
                                                      &qwen2_5_14b,
                                                      &qwen2_5_32b,
                                                      &qwen2_5_3b,
                                                      &qwen2_5_72b,
                                                      &qwen2_5_7b,
                                                      &qwen3_14b,
                                                      &qwen3_235b_a22b,
                                                      &qwen3_30b_a3b,
                                                      &qwen3_32b,
                                                      &qwen3_8b,
                                                      &command_a,
                                                      &command_r,
                                                      &command_r_plus,
                                                      &deepseek_v2,
                                                      &deepseek_v2_lite,
                                                      &falcon3_10b,
                                                      &gemma2_2b,
                                                      &gemma2_9b,
                                                      &gemma2_27b,
                                                      &gemma3_1b,
                                                      &glm_4_5,
                                                      &glm_4_5_air,
                                                      &granite_3_3_8b,
                                                      &llama_3_1_405b_fp8,
                                                      &llama_3_2_1b,
                                                      &llama_3_2_3b,
                                                      &llama_3_3_70b,
                                                      &minimax_m2,
                                                      &mistral_large_2,
                                                      &mistral_nemo_12b,
                                                      &mistral_small_24b,
                                                      &moonlight_16b_a3b,
                                                      &olmo2_7b,
                                                      &olmo2_13b,
                                                      &olmo2_32b,
                                                      &phi_4,
                                                      &phi_4_mini,
                                                      &qwen2_5_coder_32b,
                                                      &qwen3_0_6b,
                                                      &qwen3_1_7b,
                                                      &qwen3_4b,
                                                      &qwen3_coder_480b_a35b,
                                                      &seed_oss_36b,
                                                      &smollm3_3b,
                                                      &yi_1_5_34b,
                                                      &bloomberggpt_50b,
                                                      &codellama_13b,
                                                      &gpt_1_3b_l24_d2048_h32_v51200,
                                                      &gpt_1_7b_l24_d2304_h24_v51200,
                                                      &gpt_145b_l80_d12288_h96_v51200,
                                                      &gpt_18b_l40_d6144_h48_v51200,
                                                      &gpt_2_1b_l24_d1920_h15_v51200,
                                                      &gpt_2_2b_l30_d2304_h18_v51200,
                                                      &gpt_2_4b_l36_d3072_h24_v51200,
                                                      &gpt_2_8b_l42_d4096_h32_v51200,
                                                      &gpt_291b_l90_d16384_h128_v51200,
                                                      &gpt_3_6b_l30_d3072_h32_v51200,
                                                      &gpt_310b_l96_d16384_h128_v51200,
                                                      &gpt_350m_l24_d1024_h16_v51200,
                                                      &gpt_39b_l48_d8192_h64_v51200,
                                                      &gpt_6_7b_l32_d4096_h32_v51200,
                                                      &gpt_7_5b_l36_d4096_h32_v51200,
                                                      &gpt_76b_l60_d10240_h80_v51200,
                                                      &gpt_89b_l48_d12288_h96_v51200,
                                                      &gpt_j_6b,
                                                      &gpt3_175b,
                                                      &gpt3_20b,
                                                      &gpt3_5b,
                                                      &lamda_137b,
                                                      &maxtext_128b,
                                                      &maxtext_16b,
                                                      &maxtext_22b,
                                                      &maxtext_32b,
                                                      &maxtext_52b,
                                                      &maxtext_64b,
                                                      &megatron_1t,
                                                      &megatron_22b,
                                                      &mpt_125m,
                                                      &mpt_13b,
                                                      &mpt_1b,
                                                      &mpt_30b,
                                                      &mpt_350m,
                                                      &mpt_3b,
                                                      &mpt_70b,
                                                      &mpt_760m,
                                                      &mpt_7b,
                                                      &mt_nlg_530b,
                                                      &nemotron_3_22b,
                                                      &nemotron_3_8b,
                                                      &nemotron_4_340b,
                                                      &opt_175b,
                                                      &palm_540b};

// The transformer of that name, "llama-3.1-70b"; throws `missing_value` with the nearest names. Models that are written as groups of
// layers are found by find_layered (catalog_layered.hpp), and so are these.
constexpr const transformer& find(std::string_view name) { return find_by_name(transformers, name); }

}  // namespace layercake::models::catalog
