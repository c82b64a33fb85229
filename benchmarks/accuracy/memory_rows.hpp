// One row of memory.csv: the memory that an engine or a training run took, or what was left for the cache.
//
// A row is one figure of one run. Columns: workload (serving: an engine's log; inference: one batch, what the allocator gave out;
// training; lora), weight_bits of a value with its scales, gpu_memory_utilization, max_model_len, token_budget, sequences (that
// the engine may run at once), and those of inference.csv and training.csv. Metrics: peak_memory, allocated_after_step,
// weights_bytes_per_rank, weights_without_input_embedding, used_after_weights, kv_bytes_per_rank, kv_bytes_per_token,
// kv_tokens, fits.
#pragma once

#include <layercake/chips/memory.hpp>
#include <layercake/serving/memory.hpp>
#include <layercake/training/constants.hpp>
#include <layercake/training/learning_memory.hpp>
#include <optional>

#include "prediction.hpp"
#include "serving_rows.hpp"

namespace accuracy {

// Defaults of engines for what a log does not show. vLLM (vllm/engine/arg_utils.py): steps of max_model_len tokens, 2048 at
// least, until 0.7; since 0.8 of 2048, or 8192 on chips of 70 GiB and more but the A100; 256 sequences, 1024 where it is 8192.
inline constexpr double usual_sequences = 256, many_sequences = 1024;
inline constexpr double short_budget = 2048, long_budget = 8192;
inline constexpr double large_chip = 70 * 1073741824.0;

// The second part of a version 0.x; 99 where it is another or none is given.
inline double minor_version(std::string_view version) {
  int minor = 99;
  if (version.substr(0, 2) == "0.") std::from_chars(version.data() + 2, version.data() + version.size(), minor);
  return minor;
}

struct engine_settings {
  double tokens = 0, sequences = 0;
};
template <class Row>
engine_settings engine_settings_of(const Row& row, const lc::chips::accelerator& chip) {
  const double longest = number(row, "max_model_len", short_budget);
  const bool chunked = row.cell("software") != "vllm" || minor_version(row.cell("software_version")) >= 8;
  const bool large = lc::in<lc::units::byte>(lc::chips::visible_memory(chip)) >= large_chip &&
                     chip.family != lc::chips::family::ampere;
  const bool many = row.cell("software") == "vllm" && chunked && large;
  const double budget = !chunked ? lc::max(longest, short_budget) : large ? long_budget : short_budget;
  return {number(row, "token_budget", budget), number(row, "sequences", many ? many_sequences : usual_sequences)};
}

// What one rank of an engine holds.
struct engine_case {
  lc::models::deployed model;
  lc::models::split<> split;
  lc::quantity<lc::unit::byte> visible{};  // 0 where no chip is named
  lc::quantity<lc::unit::byte> weights;
  lc::engine_memory<> taken;
  double share = 0.9, tokens = 1, sequences = 1;
  bool static_share = false;  // the share holds weights and cache alone; what a step takes lies beside it (SGLang)

  // The larger of a step's activations and of its logits.
  lc::quantity<lc::unit::byte> step() const { return lc::max(taken.activations, taken.logits * sequences); }
  lc::quantity<lc::unit::byte> room_for_cache() const {
    const auto kept = taken.context + taken.communication;
    return static_share ? (visible - kept) * share - weights : visible * share - kept - weights - step();
  }
  lc::quantity<lc::unit::byte> cache(double positions) const {
    return model.cache(positions * lc::units::token, split);
  }
};

// Software that makes the cache anew for every token, of the old one and a column, and holds both meanwhile (Hugging Face
// transformers, tuples of past keys and values).
inline double cache_copies(std::string_view software) { return software == "transformers" ? 2 : 1; }

// Bytes that a model has less where software narrows every linear layer, the output matrix too (torchao's int8wo and int4wo, as in
// gpt-fast).
inline lc::quantity<lc::unit::byte> narrow_output(std::string_view software, const lc::models::deployed& m) {
  const lc::models::transformer& x = m.architecture;
  const double bits = software == "gpt-fast" && !x.tied ? m.formats.output.bits - m.formats.dense.bits : 0;
  return x.vocabulary * x.width * bits / 8 * lc::units::byte;
}

// Why the law does not cover a row; empty if it does.
template <class Row>
std::string not_covered(const Row& row, const std::optional<lc::chips::accelerator>& chip) {
  const std::string_view metric = row.cell("metric"), workload = row.cell("workload");
  if (workload != "serving" && workload != "inference")
    return "the workload " + std::string(workload) + " is not known";
  const bool weights_count = metric != "kv_bytes_per_token";
  if (weights_count && row.cell("weight_bits").empty())
    return "weight_bits is not given: formats are mixed, or not said";
  if (weights_count && row.cell("software") == "llama.cpp" && number(row, "weight_bits", 16) < 16)
    return "files of llama.cpp below 16 bit mix formats from tensor to tensor";
  const bool chip_counts = metric == "kv_tokens" || metric == "kv_bytes_per_rank" || metric == "fits";
  if (chip_counts && !chip) return row.cell("chip").empty() ? "no chip is given" : "the chip is not known";
  return {};
}

template <class Row>
engine_case engine_case_of(const Row& row, const std::optional<lc::chips::accelerator>& chip,
                           const lc::models::transformer& model, const lc::serving_constants& k) {
  engine_case c;
  const lc::chips::accelerator on = chip ? *chip : lc::chips::accelerator{};
  c.model = {model, formats_of(row, on, model), {}};
  c.split = {number(row, "tp", 1), number(row, "pp", 1), number(row, "ep", 1)};
  c.share = number(row, "gpu_memory_utilization", c.share);
  c.static_share = row.cell("software") == "sglang";
  lc::serving_software software = software_of(engine_named(row.cell("software")), {}, lc::unknown<>, k);
  if (row.cell("workload") == "inference") {
    c.sequences = number(row, "micro_batch", 1);
    c.tokens = c.sequences * number(row, "seq_len", usual_input + usual_output);
    software.token_budget = c.tokens;
  } else {
    const engine_settings s = engine_settings_of(row, on);
    software.token_budget = s.tokens, c.sequences = s.sequences;
    c.tokens = number(row, "micro_batch", 1) * number(row, "seq_len", usual_input + usual_output);
  }
  if (chip) c.visible = lc::chips::visible_memory(on);
  c.weights =
      c.model.weights(c.split) - narrow_output(row.cell("software"), c.model) / (c.split.tensor * c.split.pipeline);
  c.taken = lc::memory_of_engine(software, c.model, c.split, 0.0);
  return c;
}

template <class Row>
answer engine_figure(const Row& row, const engine_case& c) {
  using lc::units::byte;
  const std::string_view metric = row.cell("metric");
  const lc::quantity<lc::unit::byte> step = row.cell("workload") == "inference" ? c.step() : c.taken.activations * 0.0;
  const auto held = c.weights + c.cache(c.tokens) * cache_copies(row.cell("software")) + step;
  const double ranks = number(row, "summed", 0) == 1 ? c.split.tensor * c.split.pipeline : 1;
  if (metric == "weights_bytes_per_rank") return {lc::in<byte>(c.weights), {}};
  if (metric == "weights_without_input_embedding") {
    const lc::models::transformer& x = c.model.architecture;
    return {lc::in<byte>(c.weights) - (x.tied ? 0 : x.vocabulary * x.width * c.model.formats.embedding.bits / 8), {}};
  }
  if (metric == "used_after_weights") return {lc::in<byte>(c.weights + c.taken.context + c.taken.communication), {}};
  if (metric == "kv_bytes_per_token") return {lc::in<byte>(c.cache(1)), {}};
  if (metric == "kv_bytes_per_rank") return {lc::in<byte>(c.room_for_cache()), {}};
  if (metric == "kv_tokens") return {c.room_for_cache() / c.cache(1), {}};
  if (metric == "peak_memory") return {lc::in<byte>(held) * ranks, {}};
  if (metric == "fits") return {(held + c.taken.context + c.taken.communication) / c.visible, {}};
  return {0, "the metric " + std::string(metric) + " is not known"};
}

// The rule of thumb: weights of all parameters over the ranks, 0.9 of the data sheet's memory, and nothing else.
template <class Row>
double engine_rule(const Row& row, const engine_case& c, const std::optional<lc::chips::accelerator>& chip) {
  using lc::units::byte;
  const std::string_view metric = row.cell("metric");
  const lc::models::transformer& x = c.model.architecture;
  const double ranks = c.split.tensor * c.split.pipeline;
  const double weights = lc::models::parameters(x).total() * number(row, "weight_bits", 16) / 8 / ranks;
  const double memory = chip ? lc::in<byte>(chip->memory) : std::nan("");
  const double room = 0.9 * memory - weights, held = weights + lc::in<byte>(c.cache(c.tokens));
  if (metric == "kv_bytes_per_token") return lc::in<byte>(c.cache(1));
  if (metric == "kv_bytes_per_rank") return room;
  if (metric == "kv_tokens") return room / lc::in<byte>(c.cache(1));
  if (metric == "peak_memory") return held * (number(row, "summed", 0) == 1 ? ranks : 1);
  if (metric == "fits") return held / memory;
  return weights;
}

// How the software of a training row lies in memory, by its own defaults where the row is silent.
//   Megatron Core    16-bit weights, 32-bit gradients; no sequence parallelism, dropout (megatron/training/arguments.py)
//   Megatron-Bridge  the same, sequence parallel and without dropout (its recipes of 2025)
//   DeepSpeed        16-bit weights and gradients; logits of the model's own loss, in 32 bit beside 16
//   nanotron         16-bit weights, 32-bit gradients, sequence parallel; of a logit its 32-bit copy and the exponential
//                    (nanotron/parallel/tensor_parallel/functional.py, which computes the gradient in its place); more of a
//                    layer: kept_besides_by_nanotron
//   torchtitan       32-bit weights, sharded, gathered in 16 bit; logits in 32 bit beside 16; `selective` keeps every second product
//   litgpt           LoRA in 16 bit throughout: adapters, gradients and moments (litgpt/finetune/lora.py, bf16-true); logits and their gradient;
//                    nothing fused; 4-bit layers of bitsandbytes 0.41, which keep their inputs
template <class Row>
std::string training_layout_of_row(const Row& row, lc::training_layout& l) {
  const std::string_view software = row.cell("software"), again = row.cell("recompute"), spread = row.cell("sharding");
  l.tensor = number(row, "tp", 1), l.pipeline = number(row, "pp", 1), l.data = number(row, "dp", 1);
  l.context = number(row, "cp", 1), l.expert = lc::max(number(row, "ep", 1) / l.tensor, 1.0);
  l.micro_batch = number(row, "micro_batch", 1), l.sequence = number(row, "seq_len", 2048);
  l.micro_batches = l.pipeline;  // a full pipeline; of how many more a step is made does not matter to memory
  if (again == "full")
    l.recompute = lc::recomputation::full;
  else if (again == "selective")
    l.recompute = software == "torchtitan" ? lc::recomputation::custom : lc::recomputation::selective;
  else if (again != "none" && !again.empty())
    return "what is computed again (" + std::string(again) + ") is not described";
  l.sharding = spread == "full"        ? lc::sharding::full
               : spread == "gradients" ? lc::sharding::gradients
               : spread == "optimizer" ? lc::sharding::optimizer
                                       : lc::sharding::none;
  l.sequence_parallel = software == "megatron-bridge" || software == "nanotron";
  l.dropout = software == "megatron-core";
  if (software == "deepspeed") {
    l.gradient_bytes = 2, l.logit_bytes = 10;
  } else if (software == "nanotron") {
    l.logit_bytes = 8;
  } else if (software == "torchtitan") {
    l.weight_bytes = 4, l.optimizer_bytes = 8, l.logit_bytes = 10;
  } else if (software == "litgpt") {
    l.gradient_bytes = 2, l.optimizer_bytes = 4, l.logit_bytes = 4;
    l.frozen_input_bytes = number(row, "weight_bits", 16) < 16 ? 2 : 0;
  } else if (software != "megatron-core" && software != "megatron-bridge") {
    return "how the software " + std::string(software) + " lies in memory is not known";
  }
  return {};
}

// Layers of the first stage of nanotron's pipelines: blocks are dealt by cumulative cost, the output matrix among them, and a stage is full
// when its cost exceeds its share (nanotron/models/base.py, build_model).
//   cost of a layer 4 h^2 + 3 f h, of the output matrix v h;  the fewest layers whose cost exceeds the sum over the stages
inline double first_stage_of_nanotron(const lc::models::transformer& x, double stages) {
  const double layer = 4 * x.heads * x.head_width + 3 * x.feed_forward;
  return lc::min(std::floor((x.layers + x.vocabulary / layer) / stages) + 1, x.layers);
}
// Bytes of a token and layer that nanotron keeps beside what the law counts: inputs of the first products of both blocks gathered over the
// tensor ranks, for what they are gathered anew elsewhere; what the activation makes of the gate; and a copy of the attention's result, whose order
// of positions and sequences the next product does not take (nanotron/models/llama.py and functional.py, column_linear, of 2024).
inline double kept_besides_by_nanotron(const lc::models::transformer& x, double tensor) {
  return 4 * x.width * (1 - 1 / tensor) + (2 * x.feed_forward + 2 * x.heads * x.head_width) / tensor;
}

// A model with the adapters of a row of LoRA, by the defaults of litgpt (litgpt/finetune/lora.py): rank 8 on queries and values, with dropout.
template <class Row>
lc::models::learner<lc::models::transformer> with_adapters_of_row(const Row& row, const lc::models::transformer& x) {
  const double bits = number(row, "weight_bits", 16);
  return lc::models::with_adapters(x, {.rank = 8, .dropout = true},
                                   bits < 16 ? lc::models::storage(lc::precision::int4, bits) : lc::models::storage{});
}

template <class Row>
answer training_figure(const Row& row, const std::optional<lc::chips::accelerator>& chip, lc::models::transformer x) {
  using lc::units::byte;
  const std::string_view metric = row.cell("metric");
  const bool nanotron = row.cell("software") == "nanotron";
  lc::training_layout l;
  if (std::string why = training_layout_of_row(row, l); !why.empty()) return {0, why};
  const std::vector<lc::finding> wrong = lc::check(l, "layout");
  if (!wrong.empty()) return {0, wrong[0].text()};
  const bool custom = l.recompute == lc::recomputation::custom;
  if (custom) l.recompute = lc::recomputation::none;
  if (nanotron && l.pipeline > 1) x.layers = first_stage_of_nanotron(x, l.pipeline) * l.pipeline;
  l.eager = row.cell("software") == "litgpt" &&
            x.gated;  // layer norm and GELU, of blocks without gates, have kernels of their own
  const auto held = [&] {
    return row.cell("workload") == "lora" ? lc::memory_of_training(with_adapters_of_row(row, x), l)
                                          : lc::memory_of_training(x, l);
  };
  auto m = held();
  if (nanotron)
    m.activations += kept_besides_by_nanotron(x, l.tensor) * x.layers * l.sequence * l.micro_batch / l.context * byte;
  // What was published did fit: without expert ranks, the fewest that the experts fit on.
  if (row.cell("ep").empty() && x.experts > 0 && metric != "fits" && chip) {
    while (m.total() > lc::chips::visible_memory(*chip) && 2 * l.expert <= l.data * l.context)
      l.expert *= 2, m = held();
  }
  if (custom) m.activations = m.activations * (1 - lc::training_constants{}.custom_recompute);
  if (metric == "peak_memory") return {lc::in<byte>(m.total()), {}};
  if (metric == "allocated_after_step") return {lc::in<byte>(m.states()), {}};
  if (metric != "fits") return {0, "the metric " + std::string(metric) + " is not known"};
  if (!chip) return {0, "no chip is given"};
  const lc::chips::process_memory kept = lc::chips::fitted_process;
  const double own = kept.context + kept.communication * lc::communicators(l);
  return {(lc::in<byte>(m.total()) + own) / lc::in<byte>(lc::chips::visible_memory(*chip)), {}};
}

// 16 bytes a parameter over the ranks of a copy, and 34 s b h of activations a layer.
template <class Row>
double training_rule(const Row& row, const std::optional<lc::chips::accelerator>& chip,
                     const lc::models::transformer& x) {
  const double ranks = number(row, "tp", 1) * number(row, "pp", 1) * number(row, "ep", 1);
  const double states = 16 * lc::models::parameters(x).total() / ranks;
  const double activations =
      34 * number(row, "seq_len", 2048) * number(row, "micro_batch", 1) * x.width * x.layers / number(row, "tp", 1);
  if (row.cell("metric") == "allocated_after_step") return states;
  if (row.cell("metric") == "fits")
    return chip ? (states + activations) / lc::in<lc::units::byte>(chip->memory) : std::nan("");
  return states + activations;
}

inline bool is_training(std::string_view workload) { return workload == "training" || workload == "lora"; }

// What is said of a row, and by the rule of thumb. Of `fits`: what is needed over what there is.
template <class Row>
answer predict_memory(const Row& row, const std::optional<lc::chips::accelerator>& chip,
                      const lc::models::transformer& model, const lc::serving_constants& k, double& rule) {
  if (is_training(row.cell("workload"))) {
    rule = training_rule(row, chip, model);
    return training_figure(row, chip, model);
  }
  if (std::string why = not_covered(row, chip); !why.empty()) return {0, why};
  const engine_case c = engine_case_of(row, chip, model, k);
  rule = engine_rule(row, c, chip);
  return engine_figure(row, c);
}

}  // namespace accuracy
