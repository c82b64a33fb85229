// The configuration files of tests/unit/adapters/configs: of models that people run, with the keys alone that matter. Facts are those of the files
// that are published with the models.
#pragma once

#include <cstddef>
#include <fstream>
#include <iterator>
#include <layercake/adapters/hugging_face.hpp>
#include <nlohmann/json.hpp>
#include <string>

namespace configs {

using json = nlohmann::json;

inline std::string path(const std::string& name) { return "tests/unit/adapters/configs/" + name + ".json"; }
inline json file(const std::string& name) {
  std::ifstream stream(path(name));
  return json::parse(std::string(std::istreambuf_iterator<char>(stream), {}));
}
// The same with other keys; null takes one out.
inline json changed(const std::string& name, const json& changes) {
  json c = file(name);
  c.merge_patch(changes);
  return c;
}

// Where a total is from:
//   published  the number of parameters that the Hub shows of the model's tensors
//   counted    the tensors of the reference implementation, built from the file (transformers 5.24), with the buffers that are stored; for
//              families that it does not have, of the family that has the same tensors (kimi_k2: deepseek_v3, internlm2: llama)
//   stated     by the makers, in as many digits as they give
enum class from { published, counted, stated };

struct model {
  const char* name;
  double parameters;
  from source;
  double active = 0;  // per token, as the makers state it, of text and with all tables; 0: they do not
};

inline constexpr model all[] = {
    {"arctic", 479e9, from::stated, 17e9},
    {"bamba-9b", 9780235392, from::counted},
    {"bert-base", 109482240, from::counted},
    {"bloom-176b", 176247271424, from::published},
    {"command-r", 34980831232, from::published},
    {"command-r7b", 8028033024, from::published},
    {"dbrx", 131596523520, from::published, 36e9},
    {"deepseek-v2-lite", 15706484224, from::published, 2.4e9},
    {"deepseek-v3", 671026419200, from::counted, 37e9},
    {"deepseek-v3.2", 671877944064, from::counted},
    {"exaone-3.5-7.8b", 7818448896, from::published},
    {"falcon-40b", 41303293952, from::published},
    {"falcon-7b", 6921720704, from::counted},
    {"falcon-h1-7b", 7585513568, from::counted},
    {"flan-t5-base", 247577856, from::published},
    {"gemma-2-9b", 9241705984, from::published},
    {"gemma-3-1b", 999885952, from::published},
    {"gemma-3-27b", 27432406640, from::published},
    {"gemma-4-26b-a4b", 25805936206, from::counted, 3.8e9},
    {"gemma-7b", 8537680896, from::published},
    {"glm-4-9b-0414", 9400279040, from::published},
    {"glm-4.5-air", 106852251264, from::counted, 12e9},
    {"glm-4.7-flash", 29943393920, from::counted},
    {"glm-5", 743911218432, from::counted, 40e9},
    {"gpt-j-6b", 6050882784, from::counted},
    {"gpt-neox-20b", 20554567680, from::counted},
    {"gpt-oss-120b", 116829156672, from::published},
    {"gpt-oss-20b", 20914757184, from::published},
    {"gpt2-xl", 1557611200, from::counted},
    {"granite-3.1-8b", 8170848256, from::published},
    {"granite-4.0-h-small", 32207337984, from::counted, 9e9},
    {"internlm2-7b", 7737708544, from::counted},
    {"jamba-v0.1", 51570323328, from::published, 12e9},
    {"kimi-k2", 1026408232448, from::counted, 32e9},
    {"llama-2-7b", 6738415616, from::published},
    {"llama-3.1-405b-fp8", 405853388800, from::published},
    {"llama-3.1-70b", 70553706496, from::published},
    {"llama-3.1-8b", 8030261248, from::published},
    {"llama-3.2-11b-vision", 10670220835, from::published},
    {"llama-3.2-1b", 1235814400, from::published},
    {"llama-4-maverick", 401583781376, from::published, 17e9},
    {"llama-4-scout", 108641793536, from::published, 17e9},
    {"mamba2-codestral-7b", 7285403648, from::published},
    {"mimo-v2-flash", 308778780864, from::counted, 15e9},
    {"minimax-m2", 228689764864, from::counted, 10e9},
    {"minimax-text-01", 456089655296, from::published, 45.9e9},
    {"mistral-7b-v0.1", 7241732096, from::published},
    {"mistral-small-3.1-24b", 24011361280, from::published},
    {"mixtral-8x22b", 140620634112, from::published, 39e9},
    {"mixtral-8x7b", 46702792704, from::published, 12.9e9},
    {"modernbert-base", 149014272, from::counted},
    {"modernbert-large", 394781696, from::counted},
    {"nemotron-3-nano-30b-a3b", 31577940288, from::counted, 3.6e9},
    {"nemotron-4-340b", 341029195776, from::counted},
    {"nemotron-h-56b", 56324350464, from::counted},
    {"olmo-2-7b", 7298617344, from::counted},
    {"olmoe-1b-7b", 6919161856, from::published, 1.3e9},
    {"opt-6.7b", 6658473984, from::counted},
    {"phi-2", 2779683840, from::published},
    {"phi-3-mini-4k", 3821079552, from::published},
    {"phi-3.5-moe", 41873153344, from::published, 6.6e9},
    {"phi-4", 14659507200, from::published},
    {"qwen2-57b-a14b", 57408658944, from::counted, 14.2e9},
    {"qwen2-vl-7b", 8291375616, from::published},
    {"qwen2.5-0.5b", 494032768, from::published},
    {"qwen2.5-72b", 72706203648, from::published},
    {"qwen2.5-7b", 7615616512, from::published},
    {"qwen2.5-vl-7b", 8292166656, from::published},
    {"qwen3-235b-a22b-fp8", 235093634560, from::published, 22e9},
    {"qwen3-30b-a3b", 30532122624, from::published, 3.3e9},
    {"qwen3-32b", 32762123264, from::published},
    {"qwen3-8b", 8190735360, from::published},
    {"qwen3-next-80b-a3b", 79674391296, from::published, 3.9e9},
    {"qwen3-vl-30b-a3b", 31070754032, from::published},
    {"qwen3-vl-8b", 8767123696, from::published},
    {"qwen3.5-27b", 27356728560, from::counted},
    {"qwen3.5-35b-a3b", 35107181936, from::counted, 3.4e9},
    {"qwen3.5-397b-a17b", 396802360816, from::counted, 17e9},
    {"smollm3-3b", 3075098624, from::published},
    {"starcoder2-7b", 7173923840, from::published},
    {"t5-11b", 11307321344, from::published},
    {"whisper-large-v3", 1543490560, from::published},
};

}  // namespace configs
