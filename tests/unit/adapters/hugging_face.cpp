// Models from their configuration files.
#include <algorithm>
#include <cstdio>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "../../approx.hpp"
#include "configs.hpp"

using namespace layercake;
using namespace layercake::models;
using configs::json;

namespace {

double total(const json& file, const config_options& options = {}) {
  return parameters(from_config(file, options)).total();
}
std::string refusal(const json& file, const config_options& options = {}) {
  try {
    from_config(file, options);
  } catch (const invalid_value& e) {
    return e.what();
  }
  return "";
}
bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const json tiny =
    json::parse(R"({"model_type": "llama", "hidden_size": 64, "intermediate_size": 256, "num_hidden_layers": 2,
  "num_attention_heads": 4, "vocab_size": 1000})");
json tiny_with(const json& changes) {
  json c = tiny;
  c.merge_patch(changes);
  return c;
}

}  // namespace

// ---- totals -----------------------------------------------------------------------------------------------------------------

TEST_CASE("every file has the parameters of its published tensors") {
  CHECK(std::size(configs::all) >= 40);
  for (const configs::model& m : configs::all) {
    CAPTURE(m.name);
    const layered x = from_config_file(configs::path(m.name));
    const auto p = parameters(x);
    if (m.source == configs::from::stated) {
      CHECK(p.total() == doctest::Approx(m.parameters).epsilon(0.005));
    } else {
      CHECK(p.total() == m.parameters);
    }
    // Makers round to two digits, and some leave out a table or the router.
    if (m.active > 0) CHECK(p.active() == doctest::Approx(m.active).epsilon(0.13));
    CHECK(check(x).empty());
    CHECK(std::string(x.name) != "");
  }
}

TEST_CASE("every file of the folder is in the list") {
  std::set<std::string> listed, found;
  for (const configs::model& m : configs::all)
    listed.insert(m.name);
  for (const auto& entry : std::filesystem::directory_iterator("tests/unit/adapters/configs"))
    found.insert(entry.path().stem().string());
  CHECK(listed == found);
}

TEST_CASE("totals that the makers state otherwise") {
  // Nemotron-3-Nano: 31 577 937 344 without the corrections of its 23 routers, 128 experts each.
  CHECK(total(configs::file("nemotron-3-nano-30b-a3b")) == 31577937344.0 + 23 * 128);
  // Gemma 4: 25.2e9 without the tower. MiMo-V2-Flash 309e9, GLM-5 744e9.
  const auto gemma = parameters(from_config_file(configs::path("gemma-4-26b-a4b")));
  CHECK(gemma.total() - gemma.towers == doctest::Approx(25.2e9).epsilon(0.002));
  CHECK(total(configs::file("mimo-v2-flash")) == doctest::Approx(309e9).epsilon(0.001));
  CHECK(total(configs::file("glm-5")) == doctest::Approx(744e9).epsilon(0.001));
  // DeepSeek-V3's layer for the token after the next: 11.6e9, and 14e9 as stored, with an embedding and an output matrix of its own.
  const layered deepseek = from_config_file(configs::path("deepseek-v3"));
  const double own_tables = 2 * deepseek.vocabulary * deepseek.width;
  CHECK(parameters(deepseek).prediction == doctest::Approx(11.6e9).epsilon(0.002));
  CHECK(parameters(deepseek).prediction + own_tables == doctest::Approx(14e9).epsilon(0.04));
  // GLM-4.5-Air: 110 468 824 832 tensors on the Hub, with the layer for the token after the next and its tables.
  const layered air = from_config_file(configs::path("glm-4.5-air"));
  CHECK(parameters(air).total() + parameters(air).prediction + 2 * air.vocabulary * air.width == 110468824832.0);
}

// worked: adapters/hugging_face.hpp#from_config
TEST_CASE("worked number: Llama-3.1-8B") { CHECK(total(configs::file("llama-3.1-8b")) == 8030261248.0); }

// ---- what the groups are ----------------------------------------------------------------------------------------------------

TEST_CASE("layers that are alike are one group") {
  const layered oss = from_config_file(configs::path("gpt-oss-20b"));
  REQUIRE(oss.groups.size() == 2);
  CHECK(oss.groups[0].count == 12);
  CHECK(oss.groups[0].mixer.window == 128);
  CHECK(oss.groups[1].mixer.window == 0);
  CHECK(oss.positions == 131072);
  CHECK(from_config_file(configs::path("llama-3.1-8b")).groups.size() == 1);

  const layered next = from_config_file(configs::path("qwen3-next-80b-a3b"));
  REQUIRE(next.groups.size() == 2);
  CHECK(next.groups[0].count == 36);
  CHECK(next.groups[0].mixer.kind == mixing::linear);
  CHECK(next.groups[0].mixer.delta);
  CHECK(next.groups[1].mixer.gate == 256);

  const layered nano = from_config_file(configs::path("nemotron-3-nano-30b-a3b"));
  REQUIRE(nano.groups.size() == 3);
  CHECK(nano.groups[0].count + nano.groups[1].count + nano.groups[2].count == 52);
}

TEST_CASE("what a sequence keeps") {
  const auto cache = [](const char* name, double tokens) {
    const layered x = from_config_file(configs::path(name));
    return in<units::byte>(x.as_published().cache(tokens * units::token, split<double>{}));
  };
  // Llama-3.1-70B: 80 layers, 8 key heads of 128, keys and values in 2 bytes.
  CHECK(cache("llama-3.1-70b", 1000) == 1000.0 * 80 * 8 * 128 * 2 * 2);
  // DeepSeek-V3: 61 layers of 512 + 64 numbers.
  CHECK(cache("deepseek-v3", 1000) == 1000.0 * 61 * 576 * 2);
  // gpt-oss-20b: 12 layers see everything, 12 see 128 positions; 8 key heads of 64.
  CHECK(cache("gpt-oss-20b", 1000) == (12 * 1000.0 + 12 * 128.0) * 8 * 64 * 2 * 2);
  // Mamba-2 keeps states in 4 bytes and 3 positions of the convolution in 2, whatever the tokens.
  const double state = 64.0 * (4 * 128 * 64 * 128 + 2 * 3 * (128 * 64 + 2 * 8 * 128));
  CHECK(cache("mamba2-codestral-7b", 1) == state);
  CHECK(cache("mamba2-codestral-7b", 1e6) == state);
  // Whisper: 32 layers of 1280 numbers, twice, of the text and of 1500 positions of sound.
  CHECK(cache("whisper-large-v3", 100) == 32.0 * (100 + 1500) * 2 * 1280 * 2);
  // T5: 24 layers of 128 heads of 128 numbers, wider than the residual stream, of the answer and of 512 tokens of text.
  CHECK(cache("t5-11b", 100) == 24.0 * (100 + 512) * 2 * 128 * 128 * 2);
}

TEST_CASE("positions and tokens of an image of the size that the file names") {
  const layered gemma = from_config_file(configs::path("gemma-3-27b"));
  CHECK(gemma.towers[0].positions == 64 * 64);
  CHECK(gemma.towers[0].tokens == 256);
  CHECK(gemma.towers[0].items == 0);
  const layered llama = from_config_file(configs::path("llama-4-scout"));
  CHECK(llama.towers[0].positions == 24 * 24 + 1);
  CHECK(llama.towers[0].tokens == 144);
  const layered vision = from_config_file(configs::path("llama-3.2-11b-vision"));
  CHECK(vision.towers[0].positions == 4 * (40 * 40 + 1));
  CHECK(vision.towers[0].items == 1);
  CHECK(std::any_of(vision.groups.begin(), vision.groups.end(), [](const auto& g) { return g.mixer.crossed == 6404; }));
  CHECK(from_config_file(configs::path("qwen3-vl-8b")).towers[0].positions == 0);  // images of any size
}

TEST_CASE("experts in a latent width") {
  const json narrowed = configs::changed("nemotron-3-nano-30b-a3b", {{"moe_latent_size", 1024}});
  // 23 layers of 128 experts, two matrices of 2688 (now 1024) x 1856 each, and two projections.
  const double fewer = 23.0 * 128 * 2 * (2688 - 1024) * 1856 - 23.0 * 2 * 2688 * 1024;
  CHECK(total(narrowed) == 31577940288.0 - fewer);
}

TEST_CASE("positions chosen by the layer before") {
  const layered all = from_config_file(configs::path("glm-5"));
  const layered fourth = from_config(configs::changed("glm-5", {{"index_topk_freq", 4}}));
  double own = 0, theirs = 0;
  for (const layer_group& g : fourth.groups)
    (g.mixer.index_heads > 0 ? own : theirs) += g.count;
  CHECK(own == 21);  // of 78 layers the first two, and from there each fourth
  CHECK(theirs == 57);
  const mixer& m = all.groups[0].mixer;
  const double indexer = 2048.0 * 32 * 128 + 6144 * 128 + 6144 * 32 + 2 * 128;
  CHECK(parameters(all).total() - parameters(fourth).total() == theirs * indexer);
  CHECK(m.index_top == 2048);
}

// ---- formats ----------------------------------------------------------------------------------------------------------------

TEST_CASE("weights as published: Llama-3.1-405B in fp8 on 8 ranks") {
  const layered x = from_config_file(configs::path("llama-3.1-405b-fp8"));
  const double gibibytes = in<units::byte>(x.as_published().weights(split<double>{.tensor = 8})) / 0x1p30;
  CHECK(gibibytes == doctest::Approx(57.75).epsilon(0.02));  // as an engine's log has it
  // Attention in 16 bit, blocks of 124 of 126 layers in 8.
  CHECK(x.stored.attention == storage(precision::bf16));
  CHECK(x.stored.dense.values == precision::fp8);
  CHECK(x.stored.dense.bits == approx((124 * 8 + 2 * 16) / 126.0));
  CHECK(x.stored.math == precision::fp8);
  CHECK(x.stored.cache_bits == 16);
}

TEST_CASE("formats by quantisation") {
  const auto stored = [](const json& q) { return from_config(tiny_with({{"quantization_config", q}})).stored; };
  const formats fp8 = stored({{"quant_method", "fp8"}, {"weight_block_size", {128, 128}}});
  CHECK(fp8.dense == stored::fp8_block);
  CHECK(fp8.attention == stored::fp8_block);
  CHECK(fp8.output == storage(precision::bf16));
  CHECK(fp8.activation_bits == 16);  // made narrow by kernels of their own
  CHECK(fp8.math == precision::fp8);
  CHECK(stored({{"quant_method", "fp8"}}).dense == storage(precision::fp8));

  const formats gptq = stored({{"quant_method", "gptq"}, {"bits", 4}, {"group_size", 128}, {"desc_act", true}});
  CHECK(gptq.dense == stored::gptq_g128);
  CHECK(gptq.math == precision::bf16);
  const formats awq = stored({{"quant_method", "awq"}, {"bits", 4}, {"group_size", 128}, {"zero_point", true}});
  CHECK(awq.attention == stored::awq_g128);
  CHECK(stored({{"quant_method", "gptq"}, {"bits", 8}, {"group_size", -1}}).dense == storage(precision::int8));

  const json nf4 = {{"quant_method", "bitsandbytes"},
                    {"load_in_4bit", true},
                    {"bnb_4bit_quant_type", "nf4"},
                    {"bnb_4bit_use_double_quant", true}};
  CHECK(stored(nf4).dense == stored::nf4);
  CHECK(stored({{"quant_method", "bitsandbytes"}, {"load_in_8bit", true}}).dense == storage(precision::int8));

  const json nvfp4 = {
      {"quant_method", "modelopt"}, {"quant_algo", "NVFP4"}, {"ignore", {"lm_head", "model.layers.0.self_attn*"}}};
  const formats narrow = stored(nvfp4);
  CHECK(narrow.dense == stored::nvfp4);
  CHECK(narrow.attention.bits == approx((16 + 4.5) / 2));  // one of two layers
  CHECK(narrow.output == storage(precision::bf16));
  CHECK(narrow.math == precision::nvfp4);

  // Kimi-K2-Thinking: experts alone in 4 bit, a scale of 16 for 32 values.
  const json groups = json::parse(R"({"quant_method": "compressed-tensors", "format": "pack-quantized",
    "config_groups": {"group_0": {"targets": ["Linear"], "input_activations": null, "output_activations": null,
      "weights": {"num_bits": 4, "type": "int", "strategy": "group", "group_size": 32, "symmetric": true}}},
    "ignore": ["lm_head", "re:.*self_attn.*", "re:.*shared_experts.*", "re:.*mlp\\.(gate|up|gate_up|down)_proj.*"]})");
  json file = configs::file("kimi-k2");
  file["quantization_config"] = groups;
  const formats kimi = from_config(file).stored;
  CHECK(kimi.experts == storage(precision::int4, 4.5));
  CHECK(kimi.attention == storage(precision::bf16));
  CHECK(kimi.dense == storage(precision::bf16));
  CHECK(kimi.shared == storage(precision::bf16));
  CHECK(kimi.math == precision::bf16);
}

TEST_CASE("formats by type") {
  CHECK(from_config(tiny).stored == formats::at(precision::bf16));
  CHECK(from_config(tiny_with({{"torch_dtype", "float16"}})).stored.math == precision::fp16);
  CHECK(from_config(tiny_with({{"dtype", "float32"}})).stored == formats::at(precision::fp32));
  CHECK(from_config_file(configs::path("qwen3-vl-8b")).stored == formats::at(precision::bf16));  // said of the decoder
  CHECK(from_config_file(configs::path("gpt-oss-120b")).stored.experts == stored::mxfp4);
  CHECK(from_config_file(configs::path("gpt-oss-120b")).stored.attention == storage(precision::bf16));
  CHECK(from_config_file(configs::path("mimo-v2-flash")).stored.attention.bits > 8.4);  // a module of four is left
  CHECK(from_config_file(configs::path("deepseek-v3")).stored == formats::in_fp8_blocks());
}

// ---- refusals ---------------------------------------------------------------------------------------------------------------

TEST_CASE("a key that could matter is refused by name, unless it is accepted") {
  const std::string text = refusal(tiny_with({{"attention_gizmo", 7}}));
  CHECK(says(text, "config.json: attention_gizmo is 7; allowed: keys of the family llama that are understood"));
  CHECK(says(text, "accept_unknown = {\"attention_gizmo\"}"));
  for (const char* accepted : {"attention_gizmo", "*"})
    CHECK(total(tiny_with({{"attention_gizmo", 7}}), {.accept_unknown = {accepted}}) == total(tiny));
  const json nested = configs::changed("qwen3-vl-8b", {{"vision_config", {{"gizmo", true}}}});
  CHECK(says(refusal(nested), "vision_config.gizmo is true"));
  CHECK(refusal(nested, {.accept_unknown = {"vision_config.gizmo"}}) == "");
  CHECK(says(refusal(nested, {.accept_unknown = {"text_config.gizmo"}}), "vision_config.gizmo"));
  CHECK(refusal(tiny_with({{"attention_gizmo", nullptr}})) == "");
  // What never matters, as files have it.
  CHECK(refusal(tiny_with({{"bos_token_id", 1},
                           {"rope_scaling", {{"factor", 8}}},
                           {"use_cache", true},
                           {"attention_dropout", 0.0},
                           {"transformers_version", "4.44.0"},
                           {"architectures", {"LlamaForCausalLM"}}})) == "");
}

TEST_CASE("what older files carry along is refused where it is something") {
  CHECK(refusal(configs::changed("bert-base", {{"is_decoder", false}, {"pruned_heads", json::object()}})) == "");
  CHECK(says(refusal(configs::changed("bert-base", {{"add_cross_attention", true}})), "add_cross_attention is true"));
  CHECK(says(refusal(configs::changed("bert-base", {{"pruned_heads", {{"0", {1, 2}}}}})), "pruned_heads is an object"));
}

TEST_CASE("layers that are not understood are refused by their place") {
  json types = json::array();
  for (int i = 0; i < 48; ++i)
    types.push_back(i % 4 == 3 ? "full_attention" : "linear_attention");
  types[3] = "kimi_delta";
  CHECK(says(refusal(configs::changed("qwen3-next-80b-a3b", {{"layer_types", types}})),
             "config.json: layer_types[3] is \"kimi_delta\"; allowed: one of full_attention, linear_attention"));
  CHECK(says(refusal(configs::changed("nemotron-3-nano-30b-a3b",
                                      {{"hybrid_override_pattern", "MEQ"}, {"num_hidden_layers", 3}})),
             "hybrid_override_pattern[2] is \"Q\"; allowed: one of M, *, -, E"));
  types.erase(0);
  CHECK(says(refusal(configs::changed("qwen3-next-80b-a3b", {{"layer_types", types}})),
             "layer_types is 47 entries; allowed: 48"));
}

TEST_CASE("what is missing, wrong or out of range is refused with path, value and range") {
  const auto refused = [](const json& changes, const char* text) {
    const std::string said = refusal(tiny_with(changes));
    CAPTURE(said);
    CHECK(says(said, text));
  };
  refused({{"hidden_size", nullptr}}, "config.json: hidden_size is missing; allowed: a whole number, from 1 to 1e8");
  refused({{"hidden_size", "wide"}}, "hidden_size is \"wide\"; allowed: a whole number");
  refused({{"hidden_size", -64}}, "hidden_size is -64");
  refused({{"hidden_size", 64.5}}, "hidden_size is 64.5");
  refused({{"hidden_size", 1e18}}, "hidden_size is 1e+18");
  refused({{"num_hidden_layers", 1000000}}, "num_hidden_layers is 1000000; allowed: a whole number, from 1 to 4096");
  refused({{"num_attention_heads", 5}}, "num_attention_heads is 5; allowed: a divisor of hidden_size, 64");
  refused({{"num_key_value_heads", 8}}, "groups[0].mixer.key_heads is 8; allowed: at most heads, 4");
  refused({{"attention_bias", 1}}, "attention_bias is 1; allowed: true or false");
  refused({{"tie_word_embeddings", "no"}}, "tie_word_embeddings is \"no\"; allowed: true or false");
  refused({{"torch_dtype", "int3"}}, "torch_dtype is \"int3\"; allowed: one of bfloat16, float16, float32");
  refused({{"quantization_config", {{"quant_method", "hqq"}}}},
          "quantization_config.quant_method is \"hqq\"; allowed: one of awq");
  refused({{"quantization_config", 4}}, "quantization_config is 4; allowed: an object");
  refused({{"model_type", "kimi_linear"}}, "model_type is \"kimi_linear\"; allowed: one of arcee, ");
  refused({{"model_type", nullptr}}, "model_type is missing; allowed: one of arcee, ");
  refused({{"hidden_size", -1}, {"vocab_size", "x"}}, "vocab_size");  // all at once
  CHECK(says(refusal(json::parse("[1, 2]")), "config.json is an array; allowed: an object"));
  CHECK(says(refusal(json(nullptr)), "config.json is null; allowed: an object"));
  CHECK(says(refusal(configs::changed("qwen3-30b-a3b", {{"num_experts_per_tok", 129}})),
             "active is 129; allowed: at most experts, 128"));
  CHECK(says(refusal(configs::changed("gemma-2-9b", {{"sliding_window", nullptr}})), "sliding_window is missing"));
  CHECK(says(refusal(configs::changed("gemma-4-26b-a4b", {{"text_config", {{"hidden_size_per_layer_input", 256}}}})),
             "text_config.hidden_size_per_layer_input is above 0; allowed: 0"));
  CHECK(says(refusal(configs::changed("mixtral-8x7b", {{"hidden_size", 4096}, {"n_embd", 8192}})),
             "n_embd is 8192; allowed: as hidden_size"));
}

TEST_CASE("patterns of modules that are not understood are refused") {
  const json q = {{"quant_method", "fp8"}, {"modules_to_not_convert", {"lm_head", "re:(?!lm_head).*"}}};
  CHECK(says(refusal(tiny_with({{"quantization_config", q}})), "quantization_config.modules_to_not_convert[1] is"));
}

TEST_CASE("expressions and globs of module names") {
  using adapters::hugging_face::name_patterns;
  const auto has = [](const char* pattern, const char* name) {
    name_patterns p;
    REQUIRE(p.add(pattern));
    return p.have({name});
  };
  CHECK(has("gate", "layers.3.mlp.gate"));
  CHECK_FALSE(has("gate", "layers.3.mlp.gate_proj"));
  CHECK(has("model.layers.3", "layers.3.mlp.up_proj"));
  CHECK_FALSE(has("model.layers.3", "layers.31.mlp.up_proj"));
  CHECK(has("model.layers.*.self_attn", "layers.7.self_attn.q_proj"));
  CHECK(has("backbone.layers.5.mixer", "layers.5.mixer.q_proj"));
  CHECK(has("re:.*self_attn.*", "layers.7.self_attn.q_proj"));
  CHECK(has("re:^model\\.layers\\.[0-9]+\\.mlp\\.(up|down)_proj$", "layers.12.mlp.down_proj"));
  CHECK_FALSE(has("re:.*mlp\\.(gate|up|down)_proj$", "layers.1.mlp.experts.0.up_proj"));
  name_patterns p;
  for (const char* refused : {"re:(a|b", "re:a)", "re:a{3}", "re:\\", "re:[a", "re:(?!x)y", "re:a*", "re:(a|b)*"})
    CHECK_FALSE(p.add(refused));
  std::string ways = "re:";
  for (int i = 0; i < 10; ++i)
    ways += "(a|b)";
  CHECK_FALSE(p.add(ways));  // 1024 of them
  CHECK_FALSE(p.add("re:" + std::string(100000, '(')));
}

TEST_CASE("more kinds of layers than a model can have are refused") {
  adapters::hugging_face::layer_list all;
  for (int i = 1; i <= 9; ++i) {
    mixer m;
    m.kind = mixing::attention, m.window = i;
    all.add(m, {});
  }
  findings found;
  const json file = json::object();
  adapters::hugging_face::config c(file, "", found);
  layered x;
  all.put_into(x, c);
  REQUIRE(found.list().size() == 1);
  CHECK(found.list()[0].text() == "groups is 9 kinds of layers; allowed: at most 8. Leave out what sets "
                                  "layers apart that hardly differ.");
}

// ---- files ------------------------------------------------------------------------------------------------------------------

TEST_CASE("files that cannot be read, or are no configuration, are refused by name") {
  const auto said = [](const std::string& path) -> std::string {
    try {
      from_config_file(path);
    } catch (const error& e) {
      return e.what();
    }
    return "";
  };
  CHECK(says(said("nowhere/config.json"), "cannot read nowhere/config.json"));
  CHECK(says(said("tests"), "cannot read tests"));
  const std::string path = (std::filesystem::temp_directory_path() / "layercake_config_test.json").string();
  const auto write = [&](const std::string& text) { std::ofstream(path, std::ios::binary) << text; };
  write("{\"model_type\": ");
  CHECK(says(said(path), path + " is no JSON"));
  write(std::string(5000, '[') + std::string(5000, ']'));
  CHECK(says(said(path), path + " is nested deeper than 32 levels"));
  write("");
  CHECK(says(said(path), path + " is no JSON"));
  json named = tiny;
  named["gizmo"] = 1;
  write(named.dump());
  CHECK(says(said(path), path + ": gizmo is 1"));
  // Python writes infinity as no JSON has it.
  std::string text = tiny.dump();
  text.insert(1, "\"time_step_limit\": [0.0, Infinity], \"_name_or_path\": \"a \\\" NaN\", ");
  write(text);
  CHECK(said(path) == "");
  std::remove(path.c_str());
}
