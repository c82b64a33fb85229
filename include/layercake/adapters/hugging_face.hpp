// Models from the files that are published with them: config.json of the Hugging Face Hub.
//
// ```cpp
// const auto llama = models::from_config(nlohmann::json::parse(R"({"model_type": "llama", "hidden_size": 4096,
//   "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8,
//   "vocab_size": 128256})"));
// const double weights = models::parameters(llama).total();  // 8 030 261 248
// ```
//
// A file gives a list of groups of layers (models/layered.hpp): layers that are alike are one group, and in which order they come is not
// kept. Its name is the family's. Parameters are those of the tensors that are published: norms, biases and the like are counted with
// their blocks; scales of quantised weights are no parameters. `stored` has the formats that torch_dtype and quantization_config name, 16 bit
// where the file names none. Layers that predict further tokens are `prediction`, towers for images `towers`: how many images a call has
// no file says, so that `items` is 0 until it is set, but for decoders that attend to an encoder's results, where it is 1.
//
// Refused with path, value and what is allowed, all at once: a family that is not known; a key that is missing, of the wrong type or out
// of range; a key that could matter and that nobody asked for, unless `accept_unknown` names it; more kinds of layers than
// models::most_groups.
//
// Source of what the keys of each family mean: the transformers library, models/<family>/configuration_<family>.py and
// modeling_<family>.py, version 5.24, 2026; of families that it does not have (arctic, exaone, internlm2), the code published with them.
// Component json; nlohmann/json 3.10 or newer.
#pragma once

#include <cstddef>
#include <layercake/adapters/hugging_face/families.hpp>
#include <layercake/adapters/hugging_face/quantization.hpp>
#include <layercake/core/files.hpp>
#include <layercake/models/deployed.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace layercake::models {

struct config_options {
  // Keys that are passed over although they could matter, by path, "text_config.new_key", or by name alone; "*" is all.
  std::vector<std::string> accept_unknown = {};
};

}  // namespace layercake::models

namespace layercake::adapters::hugging_face {

// The model of a file, or invalid_value with everything that is wrong; `origin` stands before each finding.
inline layered read(const json& file, const models::config_options& options, const std::string& origin) {
  using adapters::detail::deepest_json;
  const std::string levels = std::to_string(deepest_json);
  require(!adapters::detail::lies_deeper_than(deepest_json, file), origin, "nested deeper than " + levels + " levels",
          "at most " + levels, "Give the text of a config.json.");
  require(file.is_object(), origin, std::string_view(shown(file)), "an object", "Give the text of a config.json.");
  findings found;
  config root(file, "", found);
  layered x = read_model(root);
  config& text = root.has("text_config") ? root.part("text_config") : root;
  if (found.empty()) x.stored = stored_formats(root, text, x);
  if (found.empty()) root.refuse_unread(x.name, options.accept_unknown);
  if (found.empty()) found.add(check(x, x.name));
  std::vector<finding> all = found.take();
  for (finding& one : all)
    one.path.insert(0, origin + ": ");
  raise_if_any(all);
  return x;
}

// JSON has no Infinity and no NaN; Python writes them all the same. They become null.
inline std::string without_python_numbers(std::string_view text) {
  std::string out;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\' && i + 1 < text.size()) {
      out.append(text.substr(i++, 2));
      continue;
    }
    if (text[i] == '"') quoted = !quoted;
    std::size_t word = 0;
    for (const std::string_view name : {"-Infinity", "Infinity", "NaN"}) {
      if (!quoted && text.substr(i, name.size()) == name) word = name.size();
      if (word > 0) break;
    }
    out.append(word > 0 ? std::string_view("null") : text.substr(i, 1));
    if (word > 0) i += word - 1;
  }
  return out;
}

}  // namespace layercake::adapters::hugging_face

namespace layercake::models {

// The model that a config.json describes.
// Throws invalid_value with a line for everything that is missing, wrong or not understood.
// Worked number: Llama-3.1-8B 8 030 261 248 parameters.
inline layered from_config(const nlohmann::json& file, const config_options& options = {}) {
  return adapters::hugging_face::read(file, options, "config.json");
}

// The same of a file; the text of what is wrong names it.
inline layered from_config_file(const std::string& path, const config_options& options = {}) {
  const std::string text = file_text(path);
  const auto parsed = nlohmann::json::parse(adapters::hugging_face::without_python_numbers(text), nullptr, false);
  require(!parsed.is_discarded(), path, std::string_view("no JSON"), "a config.json", "Name the file of a model.");
  return adapters::hugging_face::read(parsed, options, path);
}

}  // namespace layercake::models
