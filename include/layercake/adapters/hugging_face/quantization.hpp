// The formats in which a file says that its weights are stored: torch_dtype and quantization_config.
#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <layercake/adapters/hugging_face/blocks.hpp>
#include <layercake/adapters/hugging_face/patterns.hpp>
#include <layercake/models/formats.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace layercake::adapters::hugging_face {

using models::formats;
using models::storage;

// How quantised weights lie, what they are multiplied in, and which modules are left as they are.
struct quantized {
  storage weights{};
  precision math = precision::bf16;  // as wide as the model where only weights are quantised
  name_patterns left{};
  bool experts_only = false;
  bool output = false;  // the output matrix too, unless it is among those left
};

// Groups of `group` values (0: as many as a row has) that share a scale of `scale` bits and an offset of as many bits as a value.
inline storage in_groups(precision values, double value_bits, double group, bool offset, double scale = 16) {
  return {values, value_bits + (group > 0 ? (scale + (offset ? value_bits : 0)) / group : 0)};
}
// FP8 with scales of 32 bit for blocks of rows times columns, or where no block is given with one for a matrix or a row of it.
inline storage fp8_in(const std::vector<double>& block) {
  const storage one(precision::fp8);
  return block.size() == 2 ? storage(precision::mxfp8, one.bits + 32 / (block[0] * block[1])) : one;
}
inline precision integer_of(double value_bits) { return value_bits <= 4 ? precision::int4 : precision::int8; }

class quantization_reader {
public:
  quantization_reader(config& q, precision wide) : q_(q), wide_(wide) {}

  quantized read() {
    const std::string method = q_.text("quant_method", "");
    common_keys();
    if (method == "fp8" || method == "fbgemm_fp8") return fp8();
    if (method == "gptq") return integers("bits", "group_size", true);
    if (method == "awq") {
      return integers(q_.named({"bits", "w_bit"}), q_.named({"group_size", "q_group_size"}),
                      q_.flag("zero_point", true));
    }
    if (method == "bitsandbytes") return bitsandbytes();
    if (method == "compressed-tensors") return compressed_tensors();
    if (method == "mxfp4") return {models::stored::mxfp4, wide_, left("modules_to_not_convert"), true};
    if (method == "modelopt" || method == "modelopt_fp4") return modelopt();
    q_.refuse("quant_method", method.empty() ? "missing" : shown(method),
              "one of awq, bitsandbytes, compressed-tensors, fbgemm_fp8, fp8, gptq, modelopt, mxfp4",
              "Leave quantization_config out and say the formats: model.at(formats).");
    return {};
  }

private:
  config& q_;
  precision wide_;

  // Which code is used, how the scales were found, and the cache, whose format an engine is told.
  void common_keys() {
    q_.pass_over({"act_group_aware",
                  "activation_scale_ub",
                  "activation_scheme",
                  "autoround_version",
                  "backend",
                  "batch_size",
                  "block_name_to_quantize",
                  "cache_block_outputs",
                  "checkpoint_format",
                  "damp_percent",
                  "dataset",
                  "desc_act",
                  "dequantize",
                  "do_fuse",
                  "exllama_config",
                  "fmt",
                  "format",
                  "fuse_max_seq_len",
                  "global_compression_ratio",
                  "is_marlin_format",
                  "kv_cache_quant_algo",
                  "kv_cache_scheme",
                  "lm_head",
                  "max_input_length",
                  "meta",
                  "model_file_base_name",
                  "model_name_or_path",
                  "model_seqlen",
                  "modules_to_fuse",
                  "observer",
                  "pack_method",
                  "pad_token_id",
                  "producer",
                  "quantization_status",
                  "quantizer",
                  "scale_fmt",
                  "sparsity_config",
                  "static_groups",
                  "sym",
                  "tokenizer",
                  "transform_config",
                  "true_sequential",
                  "use_cuda_fp16",
                  "use_exllama",
                  "version"});
  }
  name_patterns left(const char* key) {
    name_patterns all;
    std::size_t i = 0;
    for (const std::string& pattern : q_.texts(key)) {
      if (!all.add(pattern)) {
        q_.refuse_element(key, i, shown(pattern), "a name, a pattern with *, or an expression of . .* [] (a|b) ^ $");
      }
      ++i;
    }
    return all;
  }

  quantized fp8() {
    name_patterns kept = left(q_.named({"modules_to_not_convert", "ignored_layers"}));
    return {fp8_in(q_.numbers("weight_block_size", positive_size)), precision::fp8, std::move(kept)};
  }
  quantized integers(const char* bits_key, const char* group_key, bool offset) {
    const double value_bits = q_.number(bits_key, {2, 8, false, false, true});
    const double group = q_.number(group_key, {-1, largest_size, false, false, true});
    quantized s{in_groups(integer_of(value_bits), value_bits, group, offset), wide_, left("modules_to_not_convert")};
    q_.only("modules_in_block_to_quantize", nullptr);
    q_.only("dynamic", nullptr);
    return s;
  }
  // Blocks of 64 values; their scales, of 32 bit, are quantised again to 8 where bnb_4bit_use_double_quant says so.
  quantized bitsandbytes() {
    const bool four = q_.flag(q_.named({"load_in_4bit", "_load_in_4bit"}), false);
    q_.pass_over({"load_in_8bit", "_load_in_8bit", "bnb_4bit_compute_dtype", "bnb_4bit_quant_storage",
                  "llm_int8_enable_fp32_cpu_offload", "llm_int8_has_fp16_weight", "llm_int8_threshold"});
    const std::string type = q_.text("bnb_4bit_quant_type", "fp4");
    if (type != "fp4" && type != "nf4")
      q_.refuse("bnb_4bit_quant_type", shown(type), "one of fp4, nf4", "Correct the file.");
    const bool twice = q_.flag("bnb_4bit_use_double_quant", false);
    name_patterns skipped = left("llm_int8_skip_modules");
    if (!four) return {storage(precision::int8), precision::int8, std::move(skipped)};
    return {twice ? models::stored::nf4 : storage(precision::int4, 4 + 32.0 / 64), wide_, std::move(skipped)};
  }
  // One group of modules with one way to store weights, and what inputs are narrowed to.
  quantized compressed_tensors() {
    config& groups = q_.part("config_groups");
    config& group = groups.part(groups.first_key("group_0"));
    if (groups.keys() != 1) {
      q_.refuse("config_groups", std::to_string(groups.keys()) + " groups", "one",
                "Parts of several formats are not understood.");
    }
    group.pass_over({"format", "output_activations"});
    for (const std::string& target : group.texts("targets")) {
      if (target != "Linear" && target.substr(0, 3) != "re:") {
        group.refuse("targets", shown(target), "Linear, or expressions of names", "Nothing else is understood.");
      }
    }
    quantized s = weights_of(group.part("weights"));
    s.left = left("ignore");
    s.output = true;
    config& inputs = group.part("input_activations");
    pass_over_observer(inputs);
    const double input_bits = inputs.number("num_bits", {4, 16, false, false, true}, 16);
    inputs.pass_over({"group_size", "symmetric", "type", "strategy", "block_structure"});
    s.math = input_bits > 8 ? wide_ : input_bits < 8 ? s.weights.values : eight_bits(inputs);
    return s;
  }
  static void pass_over_observer(config& c) {
    c.pass_over({"actorder", "dynamic", "observer", "observer_kwargs", "scale_dtype", "zp_dtype"});
  }
  static precision eight_bits(config& c) { return c.text("type", "float") == "int" ? precision::int8 : precision::fp8; }
  quantized weights_of(config& w) {
    pass_over_observer(w);
    const double value_bits = w.number("num_bits", {2, 8, false, false, true});
    const std::string type = w.text("type", "int"), strategy = w.text("strategy", "channel");
    const double group = w.number("group_size", {-1, largest_size, false, false, true}, 0);
    const bool offset = !w.flag("symmetric", true);
    const std::vector<double> block = w.numbers("block_structure", positive_size);
    if (type == "int") return {in_groups(integer_of(value_bits), value_bits, group, offset)};
    if (value_bits == 8) return {group == 32 ? models::stored::mxfp8 : fp8_in(block)};
    if (value_bits == 4 && group == 16) return {models::stored::nvfp4};
    if (value_bits == 4 && group == 32) return {models::stored::mxfp4};
    w.refuse("num_bits", to_string(value_bits) + " (" + type + ", " + strategy + ")",
             "integers of 2 to 8 bit, floats of 8, floats of 4 in groups of 16 or 32", "Nothing else is understood.");
    return {};
  }
  quantized modelopt() {
    const std::string algorithm = q_.text("quant_algo", "");
    quantized s;
    s.left = left(q_.named({"ignore", "exclude_modules"}));
    s.output = true;
    q_.pass_over({"config_groups", "group_size"});
    if (algorithm == "FP8") {
      s.weights = storage(precision::fp8), s.math = precision::fp8;
    } else if (algorithm == "NVFP4") {
      s.weights = models::stored::nvfp4, s.math = precision::nvfp4;
    } else {
      q_.refuse("quant_algo", algorithm.empty() ? "missing" : shown(algorithm), "one of FP8, NVFP4",
                "Nothing else is understood.");
    }
    return s;
  }
};

// ---- from modules to parts --------------------------------------------------------------------------------------------------

// The modules of a part in one layer, each with the names that families have for it.
using module_names = std::vector<std::vector<std::string>>;
inline module_names modules(std::size_t layer, std::initializer_list<const char*> blocks,
                            std::initializer_list<const char*> names) {
  module_names all;
  for (const char* name : names) {
    std::vector<std::string> aliases;
    for (const char* block : blocks)
      aliases.push_back("layers." + std::to_string(layer) + "." + block + "." + name);
    all.push_back(std::move(aliases));
  }
  return all;
}
inline module_names mixer_modules(std::size_t i, const mixer& m) {
  switch (m.kind) {
  case mixing::none:
    break;
  case mixing::attention:
    return modules(i, {"self_attn", "mixer", "attn", "attention"}, {"q_proj", "k_proj", "v_proj", "o_proj"});
  case mixing::latent:
    return modules(i, {"self_attn"}, {"q_a_proj", "q_b_proj", "kv_a_proj_with_mqa", "kv_b_proj", "o_proj"});
  case mixing::linear:
    return modules(i, {"linear_attn", "mixer", "mamba", "self_attn"}, {"in_proj", "out_proj"});
  }
  return {};
}

// What share of a part's modules is left as it is, over the layers that have the part.
class left_share {
public:
  explicit left_share(const name_patterns& left) : left_(left) {}
  void add(const module_names& modules) {
    for (const auto& aliases : modules)
      ++all_, kept_ += left_.have(aliases) ? 1 : 0;
  }
  // The part as it is stored: of the two what most of it is, with the bits of the mean.
  storage store(const storage& quantised, const storage& wide) const {
    const double kept = all_ > 0 ? kept_ / all_ : 0;
    return {kept > 0.5 ? wide.values : quantised.values, kept * wide.bits + (1 - kept) * quantised.bits};
  }

private:
  const name_patterns& left_;
  double all_ = 0, kept_ = 0;
};

// The parts of a model of which the layers in order have these groups.
inline formats apply(const quantized& q, const formats& wide, const layered& x, const std::vector<std::size_t>& order) {
  formats f = wide;
  left_share attention(q.left), dense(q.left), experts(q.left), shared(q.left), output(q.left);
  for (std::size_t i = 0; i < order.size(); ++i) {
    const layer_group& g = x.groups[order[i]];
    attention.add(mixer_modules(i, g.mixer));
    if (g.feed_forward.kind == feed_forward_kind::dense) {
      dense.add(modules(i, {"mlp", "feed_forward", "mixer"}, {"gate_proj", "up_proj", "down_proj"}));
    } else if (g.feed_forward.kind == feed_forward_kind::mixture) {
      experts.add(modules(i, {"mlp.experts.0", "feed_forward.experts", "mixer.experts.0", "block_sparse_moe.experts.0"},
                          {"gate_proj", "up_proj", "down_proj"}));
      shared.add(
          modules(i, {"mlp.shared_expert", "mlp.shared_experts", "feed_forward.shared_expert", "mixer.shared_experts"},
                  {"gate_proj", "up_proj", "down_proj"}));
    }
  }
  output.add({{"lm_head"}});
  const bool blocks = q.weights.values == precision::mxfp8 && q.math == precision::fp8;  // formats::in_fp8_blocks
  f.experts = experts.store(blocks ? storage(precision::fp8, q.weights.bits) : q.weights, wide.experts);
  if (!q.experts_only) {
    f.attention = attention.store(q.weights, wide.attention);
    f.dense = dense.store(q.weights, wide.dense);
    f.shared = shared.store(q.weights, wide.shared);
    if (q.output && x.output == output_matrix::own) f.output = output.store(q.weights, wide.output);
  }
  f.math = q.math;
  f.activation_bits = bits(q.math) < 8 || blocks ? wide.activation_bits : std::min(bits(q.math), wide.activation_bits);
  return f;
}

inline precision type_of(config& c, const char* key) {
  const std::string type = c.text(key, "bfloat16");
  if (type == "bfloat16") return precision::bf16;
  if (type == "float16" || type == "half") return precision::fp16;
  if (type == "float32" || type == "float") return precision::fp32;
  c.refuse(key, shown(type), "one of bfloat16, float16, float32", "Correct the file.");
  return precision::bf16;
}

// The formats of a file and the object of its decoder; 16 bit where neither says. The cache is kept in 16 bit whatever the file says, until
// .cache(...) says otherwise, as engines do.
inline formats stored_formats(config& root, config& text, const layered& x) {
  const char* root_key = root.named({"dtype", "torch_dtype"});
  const char* text_key = text.named({"dtype", "torch_dtype"});
  const precision own = type_of(text, text_key);
  const precision wide = root.has(root_key) ? type_of(root, root_key) : own;
  const formats f = formats::at(wide);
  config& holder = root.has("quantization_config") ? root : text;
  const char* key = holder.named({"quantization_config", "compression_config"});
  if (!holder.has(key)) return f;
  const quantized q = quantization_reader(holder.part(key), wide).read();
  std::vector<std::size_t> order = text.layer_order;
  for (std::size_t g = 0; order.empty() && g < x.groups.size(); ++g) {
    for (double i = 0; i < x.groups[g].count; ++i)
      order.push_back(g);
  }
  return apply(q, f, x, order);
}

}  // namespace layercake::adapters::hugging_face
