// Rows of training.csv as plans, and what the library predicts for them. Empty cells get the defaults that are stated here; nothing depends on
// an id, a source or a name.
#pragma once

#include <cmath>
#include <cstdlib>
#include <layercake/infrastructure/catalog.hpp>
#include <layercake/training/run.hpp>
#include <layercake/training/stacks.hpp>
#include <string>
#include <string_view>

namespace accuracy {

namespace lc = layercake;
using namespace lc;

// A row gives `std::string_view cell(std::string_view column)`, empty where unknown.
template <class R>
concept csv_row = requires(const R& r) {
  std::string_view(r.cell("id"));
};

template <csv_row Row>
double number_or(const Row& row, std::string_view column, double otherwise) {
  const std::string text(row.cell(column));
  return text.empty() ? otherwise : std::strtod(text.c_str(), nullptr);
}

// The year from which software for a family's instructions is counted: that of its first chip.
constexpr double first_year(chips::family f) {
  switch (f) {
  case chips::family::volta:
    return 2017;
  case chips::family::ampere:
    return 2020;
  case chips::family::ada:
  case chips::family::hopper:
  case chips::family::gaudi:
  case chips::family::trainium:
    return 2022;
  case chips::family::blackwell:
    return 2024;
  case chips::family::amd_cdna:
    return 2021;
  default:
    return 2022;
  }
}

inline infrastructure::scale_up_law fabric_of(const chips::accelerator& chip) {
  using namespace infrastructure;
  if (!(chip.scale_up_bandwidth > 64 * units::gigabyte_per_second)) return catalog::pcie;
  switch (chip.family) {
  case chips::family::ampere:
    return catalog::nvlink_ampere;
  case chips::family::hopper:
    return catalog::nvlink_hopper;
  case chips::family::blackwell:
    return catalog::nvlink_blackwell;
  case chips::family::amd_cdna:
    return catalog::infinity_fabric;
  case chips::family::tpu:
    return catalog::interchip;
  default:
    return {};
  }
}

inline precision precision_of(std::string_view s) {
  return s == "fp32"    ? precision::tf32  // what frameworks multiply fp32 matrices in
         : s == "fp16"  ? precision::fp16
         : s == "fp8"   ? precision::fp8
         : s == "mxfp8" ? precision::mxfp8
         : s == "int8"  ? precision::int8
         : s == "nvfp4" ? precision::nvfp4
         : s == "mxfp4" ? precision::mxfp4
                        : precision::bf16;
}

inline training_stack stack_of(std::string_view s) {
  using enum training_stack;
  return s == "megatron-lm"                                ? megatron_lm
         : s == "megatron-deepspeed"                       ? megatron_deepspeed
         : s == "megatron-bridge" || s == "nemo-automodel" ? megatron_bridge
         : s == "nemo"                                     ? nemo
         : s == "deepspeed"                                ? deepspeed
         : s == "torchtitan" || s == "fms-fsdp" || s == "torchtune" || s == "nanotron" || s == "litgpt" ||
                 s == "thunder" || s == "easycontext" || s == "pytorch"
             ? pytorch
         : s == "composer"                                   ? composer
         : s == "maxtext" || s == "paxml" || s == "levanter" ? xla
         : s == "neuronx"                                    ? neuronx
         : s == "llmq"                                       ? native
                                                             : other;
}

// Everything that a prediction needs.
struct training_case {
  chips::accelerator chip;
  models::transformer model;
  infrastructure::site site;
  training_plan plan;
};

// Defaults for empty cells:
//   network             the usual server's, `usual_network`; without it 12.5 GB/s, at most the fabric's own rate
//   dp                  chips / (tp pp cp)
//   vp                  1; if the schedule is interleaved 2; if neither is given, for pipelines since 2023, two layers a chunk
//   micro_batch         1;  global_batch: dp;  seq_len: 2048
//   sequence_parallel   yes for tensor parallelism since 2023;  sharding: none, over dp cp ranks
//   recompute           as much as it takes to fit
//   compute_precision   16 bit; a format that the chip has no units for runs in 16 bit
//   software            Megatron-LM, XLA on TPUs;  software_version, software_year: the release, 2024
//   compiled, attention_kernel, overlap_tp, overlap_dp, overlap_pp, fp8_recipe: as that release does
//   expert_tensor       tp / ep, at least 1;  power_cap_w: what the data sheet allows
//   age                 of the software, since the first chip of the family, 2 years for TPUs
// Selective recomputation is of single operators in torchtitan, and of attention in all others.
template <csv_row Row>
training_case training_case_of(const Row& row, const chips::accelerator& chip, const models::transformer& model,
                               const quantity<unit::byte_per_second>& usual_network, const training_constants& k = {}) {
  using namespace units;
  training_case c{chip, model, {}, {}};
  const auto number = [&](std::string_view column, double otherwise) { return number_or(row, column, otherwise); };
  const bool tpu = chip.family == chips::family::tpu;
  if (const double cap = number("power_cap_w", 0); cap > 0) c.chip.thermal_design_power = cap * watt;
  const double domain = number("scale_up_domain", chip.scale_up_domain);
  c.chip.scale_up_domain = tpu ? domain : std::fmin(domain, chip.scale_up_domain);
  if (!is_known(chip.scale_up_bandwidth)) c.chip.scale_up_bandwidth = 16 * gigabyte_per_second;
  c.site.network.scale_up = fabric_of(c.chip);
  const double given = number("node_network_bytes_per_s_per_chip", 0);
  c.site.network.bandwidth = given > 0                 ? given * (byte / second)
                             : is_known(usual_network) ? usual_network
                                                       : min(12.5 * gigabyte_per_second, c.chip.scale_up_bandwidth);

  const double year = number("software_year", 2024);
  training_plan& p = c.plan;
  const training_release& release =
      release_of(tpu ? training_stack::xla : stack_of(row.cell("software")), row.cell("software_version"), year);
  p.software = software_of(release, k);
  if (row.cell("compiled") == "1" && !release.program) p.software = compiled(p.software, k);
  const std::string_view attention = row.cell("attention_kernel");
  if (attention == "flash-1") p.software.attention = attention_kernel::flash_1;
  if (attention == "flash-2") p.software.attention = attention_kernel::flash_2;
  if (attention == "flash-3" || attention == "cudnn" || attention == "pallas")
    p.software.attention = attention_kernel::newest;
  const auto overlap = [&](std::string_view column, double& hidden, double can) {
    if (!row.cell(column).empty()) hidden = row.cell(column) == "1" ? can : 0;
  };
  overlap("overlap_tp", p.software.hidden_tensor, k.hidden_tensor);
  if (!row.cell("overlap_pp").empty())
    p.software.exposed_pipeline = row.cell("overlap_pp") == "1" ? k.exposed_pipeline : 1;
  overlap("overlap_dp", p.software.hidden_data, k.hidden_data);
  p.software_age = tpu ? 2.0 : std::fmax(0.0, year - first_year(chip.family));
  p.tensor = number("tp", 1);
  p.pipeline = number("pp", 1);
  p.context = number("cp", 1);
  p.expert = model.experts > 0 ? number("ep", 1) : 1.0;
  if (model.experts > 0) p.expert_tensor = number("expert_tensor", 0);
  p.data = number("dp", std::fmax(1.0, number("chips", 1) / (p.tensor * p.pipeline * p.context)));
  const std::string_view schedule = row.cell("pipeline_schedule");
  p.schedule = schedule == "zero_bubble" ? pipeline_schedule::zero_bubble
               : schedule == "dual_pipe" ? pipeline_schedule::dual_pipe
                                         : pipeline_schedule::one_forward_one_backward;
  const double two_layers = std::fmax(1.0, model.layers / (2 * p.pipeline));
  p.virtual_stages = number("vp", schedule == "interleaved"                            ? 2.0
                                  : schedule.empty() && p.pipeline > 1 && year >= 2023 ? two_layers
                                                                                       : 1.0);
  p.global_batch = number("global_batch", p.data);
  p.micro_batch = std::fmin(number("micro_batch", 1), p.global_batch / p.data);
  p.sequence = number("seq_len", 2048);
  p.sequence_parallel = number("sequence_parallel", year >= 2023 && p.tensor > 1 ? 1 : 0) > 0;
  p.fused_attention = attention.empty() ? release.fused_attention : attention != "unfused";
  const std::string_view spread = row.cell("sharding");
  p.sharding = spread == "full"        ? sharding::full
               : spread == "gradients" ? sharding::gradients
               : spread == "optimizer" ? sharding::optimizer
                                       : sharding::none;
  p.sharding_ranks = p.sharding == sharding::none ? 0.0 : number("sharding_ranks", 0);
  const std::string_view recompute = row.cell("recompute");
  p.recompute = recompute == "none"                                                ? recomputation::none
                : recompute == "selective" && row.cell("software") == "torchtitan" ? recomputation::operators
                : recompute == "selective"                                         ? recomputation::selective
                : recompute == "full"                                              ? recomputation::full
                : recompute == "other"                                             ? recomputation::custom
                                                                                   : recomputation::automatic;
  p.math = precision_of(row.cell("compute_precision"));
  const std::string_view recipe = row.cell("fp8_recipe");
  if (recipe == "delayed") p.software.scaling = scaling_recipe::delayed;
  if (recipe == "tensorwise") p.software.scaling = scaling_recipe::tensorwise;
  if (recipe == "rowwise") p.software.scaling = scaling_recipe::rowwise;
  if (recipe == "blockwise") p.software.scaling = scaling_recipe::blockwise;
  if (recipe == "mxfp8" && p.math == precision::fp8) p.math = precision::mxfp8;
  if (bits(p.math) < 12 && !(chip.peak.rate(p.math) > chip.peak.rate(precision::bf16))) p.math = precision::bf16;
  return c;
}

// Shares of a run's time that is useful: of published chip-hours, which count restarts and lost work, as Llama 3's report has it; of MLPerf's
// time to train, which counts start-up and evaluation.
inline constexpr double goodput_of_chip_hours = 0.9;
inline constexpr double goodput_of_time_to_train = 1 / 1.005;

// The prediction in the row's unit; NaN for a metric that this does not know.
template <csv_row Row>
double predict_training(const Row& row, const training_case& c, const training_constants& constants = {}) {
  using namespace units;
  const training_figures<double> f = training_law_of<double>(c.model, c.chip, c.site, constants)(c.plan);
  const std::string_view metric = row.cell("metric");
  const attention_flop how = row.cell("attention_flops") == "causal" ? attention_flop::causal : attention_flop::full;
  const bool hardware = row.cell("flops_convention") == "hardware";
  const double rate = in<token / second>(f.tokens_per_second());
  const double utilisation = hardware ? f.hardware_flop_utilisation(how) : f.model_flop_utilisation(how);
  const double total = number_or(row, "tokens_total", std::nan(""));
  if (metric == "iteration_time") return in<second>(f.step_time());
  if (metric == "tokens_per_s_per_chip") return rate / f.chips;
  if (metric == "sequences_per_s") return rate / c.plan.sequence;
  if (metric == "mfu") return utilisation;
  if (metric == "achieved_flops_per_chip") return utilisation * in<flop / second>(f.peak);
  if (metric == "layer_forward_time") return in<second>(f.layer_forward);
  if (metric == "layer_backward_time") return in<second>(f.layer_backward);
  if (metric == "chip_hours") return total / rate * f.chips / 3600 / goodput_of_chip_hours;
  if (metric == "time_to_train") return total / rate / goodput_of_time_to_train;
  return std::nan("");
}

}  // namespace accuracy
