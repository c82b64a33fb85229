// A configuration file as it is read: every key is asked for by name, and what nobody has asked for is refused.
#pragma once

#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <layercake/adapters/json_value.hpp>
#include <layercake/number/check.hpp>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace layercake::adapters::hugging_face {

using json = nlohmann::json;

// Upper ends are far above any model, and far below what a loop or a product of a few of them could not bear.
inline constexpr double largest_size = 1e8;
inline constexpr domain any_size{0, largest_size, false, false, true};  // widths, heads, entries; 0 where there is none
inline constexpr domain positive_size{1, largest_size, false, false, true};
inline constexpr domain any_position{0, 1e12, false, false, true};
inline constexpr domain any_layer_count{1, 4096, false, false, true};

// Keys that change neither weights, FLOP nor what is kept: names, special tokens, how a model starts, trains and samples, activation
// functions, scales of numbers, positions by rotation, which code is used.
inline bool never_matters(std::string_view key) {
  // clang-format off
  static const std::set<std::string_view> names{
      "_attn_implementation", "_attn_implementation_autoset", "_commit_hash", "_name_or_path", "_num_labels",
      "_sliding_window_pattern", "act_fn", "activation", "activation_function", "alibi",
      "apply_residual_connection_post_layernorm", "architectures", "attention_softmax_in_fp32", "attention_value_scale",
      "attn_scale", "attn_temperature_tuning", "auto_map", "aux_loss_alpha", "cache_implementation",
      "chunk_size_feed_forward", "clip_qkv", "dropout", "ep_size", "finetuning_task", "floor_scale",
      "forced_decoder_ids", "gradient_checkpointing", "hidden_act", "hidden_activation", "id2label",
      "indexer_rope_interleave", "initializer_cutoff_factor", "initializer_factor", "initializer_range",
      "is_encoder_decoder", "is_llama_config", "keys_to_ignore_at_inference", "label2id", "layerdrop", "logit_scale",
      "logits_scaling", "mamba_hidden_act", "max_length", "median_filter_width", "mlp_hidden_act", "moe_router_dtype",
      "n_group", "norm_topk_prob", "num_logits_to_keep", "output_attentions", "output_hidden_states",
      "output_router_logits", "partial_rotary_factor", "prefix", "pretraining_tp", "problem_type",
      "projector_hidden_act", "query_pre_attn_scalar", "reference_compile", "rescale_prenorm_residual",
      "residual_in_fp32", "return_dict", "rotary_base", "rotary_dim", "rotary_emb_base", "rotary_pct",
      "routed_scaling_factor", "router_jitter_noise", "scale_attention_softmax_in_fp32",
      "scale_attn_by_inverse_layer_idx", "scale_attn_weights", "scale_embedding", "scoring_func", "seq_aux",
      "slow_but_exact", "suppress_tokens", "swa_rope_theta", "swiglu_alpha", "swiglu_limit", "task_specific_params",
      "time_step_floor", "time_step_limit", "time_step_max", "time_step_min", "tokenizer_class", "tokens_per_second",
      "topk_group", "topk_method", "torchscript", "transformers_version", "use_associative_scan", "use_bfloat16",
      "use_cache", "use_mamba_kernels", "use_mambapy", "use_weighted_layer_sum", "vision_feature_select_strategy",
      "z_loss_coefficient",
      // Of sampling, which older files carry along.
      "bad_words_ids", "begin_suppress_tokens", "diversity_penalty", "do_sample", "early_stopping",
      "encoder_no_repeat_ngram_size", "length_penalty", "min_length", "no_repeat_ngram_size", "num_beam_groups",
      "num_beams", "num_return_sequences", "output_scores", "remove_invalid_values", "repetition_penalty",
      "return_dict_in_generate", "temperature", "tf_legacy_loss", "top_k", "top_p", "typical_p",
  };
  // clang-format on
  for (const std::string_view with : {"rope_", "mask_", "apply_spec", "classifier_", "summary_"}) {
    if (key.substr(0, with.size()) == with) return true;
  }
  for (const std::string_view with :
       {"_token_id", "_token_index", "_token_ids", "_eps", "_epsilon", "_dropout", "_dropout_prob", "_pdrop",
        "_layerdrop", "_softcapping", "_loss_coef", "_multiplier", "_multipliers", "_std", "_penalty"}) {
    if (key.size() >= with.size() && key.substr(key.size() - with.size()) == with) return true;
  }
  return names.count(key) > 0;
}

// Keys that older files carry along and that matter only where they are something.
inline bool matters_unless_empty(std::string_view key) {
  return key == "add_cross_attention" || key == "cross_attention_hidden_size" || key == "is_decoder" ||
         key == "pruned_heads" || key == "tie_encoder_decoder";
}

// A value as an error shows it.
inline std::string shown(const json& value) { return adapters::detail::shown_json(value); }

// One object of the file. What is missing, of the wrong type or out of range is noted in `found` and read as the least that is allowed, so
// that reading goes on.
class config {
public:
  config(const json& object, std::string path, findings& found)
      : object_(&object), path_(std::move(path)), found_(&found) {}
  config(const config&) = delete;
  config& operator=(const config&) = delete;

  // Which of the model's groups each layer is of, in the order of the layers; empty where the groups come one after the other.
  std::vector<std::size_t> layer_order;

  std::string path_of(std::string_view key) const { return findings::joined(path_, key); }

  // Whether nothing was found that is wrong, here or elsewhere in the file.
  bool in_order() const { return found_->empty(); }

  // Whether the key is there, with a value.
  bool has(const char* key) const { return look(key) != nullptr; }

  // A number; with `otherwise` it may be missing or null.
  double number(const char* key, const domain& allowed) {
    const json* value = read(key);
    if (value == nullptr) {
      refuse(key, "missing", range(allowed), "The family cannot be told without it.");
      return allowed.low;
    }
    return number_in(path_of(key), *value, allowed);
  }
  double number(const char* key, const domain& allowed, double otherwise) {
    const json* value = read(key);
    return value == nullptr ? otherwise : number_in(path_of(key), *value, allowed);
  }
  // A width, a count of heads, of experts, of entries.
  double size(const char* key) { return number(key, positive_size); }
  double size(const char* key, double otherwise) { return number(key, any_size, otherwise); }

  bool flag(const char* key, bool otherwise) {
    const json* value = read(key);
    if (value == nullptr) return otherwise;
    if (!value->is_boolean()) refuse(key, shown(*value), "true or false", "Correct the file.");
    return value->is_boolean() ? value->get<bool>() : otherwise;
  }
  std::string text(const char* key, const char* otherwise) {
    const json* value = read(key);
    if (value == nullptr) return otherwise;
    if (!value->is_string()) refuse(key, shown(*value), "a text", "Correct the file.");
    return value->is_string() ? value->get<std::string>() : otherwise;
  }
  // Whether the key holds a text, such as "auto", where a number may stand.
  bool holds_text(const char* key) const {
    const json* value = look(key);
    return value != nullptr && value->is_string();
  }
  // An array; empty if it is missing.
  std::vector<const json*> list(const char* key) {
    const json* value = read(key);
    std::vector<const json*> all;
    if (value == nullptr) return all;
    if (!value->is_array()) refuse(key, shown(*value), "an array", "Correct the file.");
    if (value->is_array()) {
      for (const json& element : *value)
        all.push_back(&element);
    }
    return all;
  }
  std::vector<double> numbers(const char* key, const domain& allowed) {
    std::vector<double> all;
    for (const json* element : list(key))
      all.push_back(number_in(element_path(key, all.size()), *element, allowed));
    return all;
  }
  std::vector<std::string> texts(const char* key) {
    std::vector<std::string> all;
    for (const json* element : list(key)) {
      if (!element->is_string()) {
        found_->require(false, element_path(key, all.size()), shown(*element), "a text", "Correct the file.");
      }
      all.push_back(element->is_string() ? element->get<std::string>() : std::string());
    }
    return all;
  }
  // An object of its own; empty if it is missing.
  config& part(const std::string& name) {
    const char* key = name.c_str();
    static const json nothing = json::object();
    std::unique_ptr<config>& known = parts_[key];
    if (known == nullptr) {
      const json* value = read(key);
      if (value != nullptr && !value->is_object()) refuse(key, shown(*value), "an object", "Correct the file.");
      const bool usable = value != nullptr && value->is_object();
      known = std::make_unique<config>(usable ? *value : nothing, path_of(key), *found_);
    }
    return *known;
  }

  // The first key of an object of which the keys are names; `otherwise` without one.
  std::string first_key(const char* otherwise) const { return object_->empty() ? otherwise : object_->begin().key(); }
  std::size_t keys() const { return object_->size(); }

  // The name that the file uses of several for one thing. Those of them that are there must not differ.
  const char* named(std::initializer_list<const char*> names) {
    const char* first = nullptr;
    for (const char* name : names) {
      const json* value = look(name);
      if (value == nullptr) continue;
      read(name);
      if (first == nullptr) first = name;
      if (*look(first) != *value) refuse(name, shown(*value), "as " + path_of(first), "Correct the file.");
    }
    return first == nullptr ? *names.begin() : first;
  }
  // Keys that are understood and change nothing here.
  void pass_over(std::initializer_list<const char*> keys) {
    for (const char* key : keys)
      read(key);
  }
  // A key that the family has only with one value.
  void only(const char* key, const json& value) {
    const json* there = read(key);
    if (there != nullptr && *there != value) refuse(key, shown(*there), shown(value), "Nothing else is understood.");
  }
  void only_flag(const char* key, bool value) { only(key, json(value)); }

  void refuse(std::string_view key, std::string value, std::string allowed, std::string_view remedy) {
    found_->require(false, path_of(key), std::string_view(value), std::move(allowed), remedy);
  }
  void refuse_element(const char* key, std::size_t i, std::string value, std::string allowed) {
    found_->require(false, element_path(key, i), std::string_view(value), std::move(allowed),
                    "Nothing else is understood.");
  }

  // Keys with a value that nobody has asked for and that may matter, here and in the parts that were read. A key that a part has too, with
  // the same value, was read there.
  void refuse_unread(std::string_view family, const std::vector<std::string>& accepted) {
    for (const auto& [key, value] : object_->items()) {
      if (value.is_null() || read_.count(key) > 0 || never_matters(key) || said_by_a_part(key, value)) continue;
      if (matters_unless_empty(key) && (value == false || (value.is_structured() && value.empty()))) continue;
      const std::string path = path_of(key);
      bool accept = false;
      for (const std::string& name : accepted)
        accept = accept || name == "*" || name == key || name == path;
      if (accept) continue;
      refuse(key, shown(value), "keys of the family " + std::string(family) + " that are understood",
             "It could matter; accept_unknown = {\"" + path + "\"} passes over it.");
    }
    for (const auto& [key, known] : parts_)
      known->refuse_unread(family, accepted);
  }

private:
  const json* object_;
  std::string path_;
  findings* found_;
  std::set<std::string, std::less<>> read_;
  std::map<std::string, std::unique_ptr<config>, std::less<>> parts_;

  const json* look(const char* key) const {
    const auto at = object_->find(key);
    return at == object_->end() || at->is_null() ? nullptr : &*at;
  }
  const json* read(const char* key) {
    read_.insert(key);
    return look(key);
  }
  std::string element_path(const char* key, std::size_t i) const {
    return path_of(key) + "[" + std::to_string(i) + "]";
  }
  bool said_by_a_part(const std::string& key, const json& value) const {
    for (const auto& [name, known] : parts_) {
      const json* there = known->look(key.c_str());
      if (there != nullptr && *there == value && known->read_.count(key) > 0) return true;
    }
    return false;
  }
  static std::string range(const domain& d) { return range_text(d, to_string(d.low), to_string(d.high), d.low - 1); }
  double number_in(const std::string& path, const json& value, const domain& allowed) {
    if (!value.is_number()) {
      found_->require(false, path, std::string_view(shown(value)), range(allowed), "Correct the file.");
      return allowed.low;
    }
    const auto x = value.get<double>();
    if (!allowed.contains(x)) {
      found_->require(false, path, std::string_view(shown(value)), range(allowed), "Correct the file.");
      return allowed.low;
    }
    return x;
  }
};

}  // namespace layercake::adapters::hugging_face
