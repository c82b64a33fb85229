// A folder of measurements by the schema of data/README.md, and the chips and models that it names.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "csv.hpp"
#include "described_rows.hpp"

namespace accuracy {

namespace schema {
using columns = std::vector<std::string_view>;
inline const columns chip_numbers{"peak_fp32_flops",
                                  "peak_tf32_flops",
                                  "peak_fp16_flops",
                                  "peak_bf16_flops",
                                  "peak_fp8_flops",
                                  "peak_fp4_flops",
                                  "peak_int8_ops",
                                  "memory_bytes",
                                  "memory_bytes_per_s",
                                  "scale_up_bytes_per_s",
                                  "scale_up_domain",
                                  "tdp_w",
                                  "reference_scale_out_bytes_per_s",
                                  "memory_bytes_reported",
                                  "host_link_bytes_per_s"};
inline const columns model_numbers{"layers",
                                   "d_model",
                                   "heads",
                                   "kv_heads",
                                   "head_dim",
                                   "ffn",
                                   "gated",
                                   "vocab",
                                   "tied",
                                   "experts",
                                   "active_experts",
                                   "shared_experts",
                                   "expert_ffn",
                                   "shared_expert_ffn",
                                   "dense_layers",
                                   "q_lora_rank",
                                   "kv_lora_rank",
                                   "qk_nope_head_dim",
                                   "qk_rope_head_dim",
                                   "v_head_dim",
                                   "sliding_window",
                                   "sliding_window_layers",
                                   "full_attention_layers",
                                   "total_params",
                                   "active_params"};
inline const columns training_numbers{"chips",
                                      "chips_per_node",
                                      "scale_up_domain",
                                      "node_network_bytes_per_s_per_chip",
                                      "tp",
                                      "pp",
                                      "vp",
                                      "dp",
                                      "cp",
                                      "ep",
                                      "sequence_parallel",
                                      "sharding_ranks",
                                      "micro_batch",
                                      "global_batch",
                                      "seq_len",
                                      "software_year",
                                      "value",
                                      "tokens_total",
                                      "expert_tensor",
                                      "power_cap_w",
                                      "predictable"};
inline const columns inference_numbers{"chips",       "tp",
                                       "pp",          "ep",
                                       "weight_bits", "activation_bits",
                                       "kv_bits",     "software_year",
                                       "concurrency", "request_rate_per_s",
                                       "isl",         "osl",
                                       "value",       "power_cap_w",
                                       "predictable", "attention_dp",
                                       "speculative"};
inline const columns energy_numbers{
    "chips",       "concurrency", "isl",        "osl",    "weight_bits",  "activation_bits",
    "kv_bits",     "value",       "duration_s", "tokens", "pue",          "carbon_kg_per_kwh",
    "predictable", "chip_hours",  "tp",         "ep",     "attention_dp", "software_year"};
inline const columns micro_numbers{"chips",
                                   "m",
                                   "n",
                                   "k",
                                   "batch",
                                   "heads",
                                   "kv_heads",
                                   "head_dim",
                                   "seq_q",
                                   "seq_kv",
                                   "message_bytes",
                                   "ranks",
                                   "ranks_per_node",
                                   "value",
                                   "predictable",
                                   "in_network_reduction",
                                   "tokens",
                                   "software_year",
                                   "nodes",
                                   "node_network_bytes_per_s_per_chip",
                                   "keys_alone"};
inline const columns training_memory_required{"id", "source", "metric", "value", "unit", "boundary", "predictable"};
inline const columns training_memory_numbers{"parameters",
                                             "largest_layer",
                                             "tp",
                                             "pp",
                                             "vp",
                                             "cp",
                                             "dp",
                                             "ep",
                                             "stage",
                                             "micro_batch",
                                             "micro_batches",
                                             "seq_len",
                                             "head_exchange",
                                             "dropout",
                                             "sequence_parallel",
                                             "weight_bytes",
                                             "gradient_bytes",
                                             "optimizer_bytes",
                                             "logit_bytes",
                                             "value",
                                             "gradient_buffers",
                                             "dense_first",
                                             "predictable"};
inline const columns memory_required{"id", "source", "model", "workload", "metric", "value", "predictable"};
inline const columns memory_numbers{"chips",
                                    "tp",
                                    "pp",
                                    "dp",
                                    "cp",
                                    "ep",
                                    "weight_bits",
                                    "kv_bits",
                                    "gpu_memory_utilization",
                                    "max_model_len",
                                    "token_budget",
                                    "sequences",
                                    "micro_batch",
                                    "seq_len",
                                    "summed",
                                    "value",
                                    "predictable"};
inline const columns generation_numbers{"images", "image_width",   "image_height", "frames",
                                        "steps",  "software_year", "value",        "predictable"};
inline const columns measured{"id", "source", "chip", "metric", "value", "predictable"};
}  // namespace schema

struct described_chip {
  lc::chips::accelerator chip;
  double network = 0;    // bytes per second of the usual server, 0 where not known
  double host_link = 0;  // nominal bytes per second and direction, 0 where not known
  bool direct = false;   // its fast fabric joins chips one by one, without a switch
  wires joined() const { return {network, host_link, direct}; }
  bool in_catalog = false;
};
struct described_model {
  lc::models::transformer model;
  bool described = true;  // its attention is one that the library knows
};

class directory {
public:
  explicit directory(const std::string& folder)
      : folder_(folder),
        chips_(csv_table::read(folder, "chips.csv", {"chip"}, schema::chip_numbers)),
        models_(csv_table::read(folder, "models.csv", {"model"}, schema::model_numbers)),
        training(csv_table::read(folder, "training.csv", schema::measured, schema::training_numbers)),
        inference(csv_table::read(folder, "inference.csv", schema::measured, schema::inference_numbers)),
        energy(csv_table::read(folder, "energy.csv", schema::measured, schema::energy_numbers)),
        micro(csv_table::read(folder, "micro.csv", schema::measured, schema::micro_numbers)),
        generation(csv_table::read(folder, "generation.csv", schema::measured, schema::generation_numbers)),
        memory(csv_table::read(folder, "memory.csv", schema::memory_required, schema::memory_numbers)),
        training_memory(csv_table::read(folder, "training_memory.csv", schema::training_memory_required,
                                        schema::training_memory_numbers)) {
    const csv_table sources = csv_table::read(folder, "sources.csv", {"source", "lab"}, {});
    for (std::size_t i = 0; i < sources.rows(); ++i)
      labs_.emplace(sources[i].cell("source"), sources[i].cell("lab"));
    for (std::size_t i = 0; i < chips_.rows(); ++i)
      chip_rows_.emplace(chips_[i].cell("chip"), i);
    for (std::size_t i = 0; i < models_.rows(); ++i)
      model_rows_.emplace(models_[i].cell("model"), i);
  }
  directory(const directory&) = delete;

  const std::string& folder() const { return folder_; }
  bool empty() const {
    return training.rows() + inference.rows() + energy.rows() + micro.rows() + generation.rows() + memory.rows() +
               training_memory.rows() ==
           0;
  }

  // Who published a source; the source where nobody says.
  std::string lab(const std::string& source) const {
    const auto at = labs_.find(source);
    return at == labs_.end() ? source : at->second;
  }
  // The catalog's chip of that key, otherwise the one that chips.csv describes.
  std::optional<described_chip> chip(std::string_view key) const {
    const auto at = chip_rows_.find(key);
    described_chip out;
    if (at != chip_rows_.end()) {
      const csv_record row = chips_[at->second];
      out.network = row.number("reference_scale_out_bytes_per_s", 0);
      out.host_link = row.number("host_link_bytes_per_s", 0);
      out.direct = row.cell("scale_up_kind") == "direct";
    }
    if (const lc::chips::accelerator* known = lc::chips::catalog::find_if_any(key)) {
      out.chip = *known, out.in_catalog = true;
    } else if (at != chip_rows_.end()) {
      out.chip = chip_of(chips_[at->second]);
    } else {
      return {};
    }
    return out;
  }
  std::optional<described_model> model(std::string_view key) const {
    const auto at = model_rows_.find(key);
    described_model out;
    if (at != model_rows_.end()) out.described = models_[at->second].cell("attention") != "other";
    for (const lc::models::transformer* known : lc::models::catalog::transformers) {
      if (key == known->name) {
        out.model = *known;
        return out;
      }
    }
    if (at == model_rows_.end()) return {};
    out.model = model_of(models_[at->second]);
    return out;
  }

private:
  std::string folder_;
  csv_table chips_, models_;
  std::map<std::string, std::size_t, std::less<>> chip_rows_, model_rows_;
  std::map<std::string, std::string, std::less<>> labs_;

public:
  csv_table training, inference, energy, micro, generation, memory, training_memory;
};

}  // namespace accuracy
