// One row of inference.csv: its configuration, and what the library predicts for it. Reads the columns of the schema only.
//
// A row is anything with `std::string_view cell(std::string_view column) const`, empty where unknown.
#pragma once

#include "described_rows.hpp"
#include <charconv>
#include <layercake/infrastructure/catalog.hpp>
#include <layercake/serving/client.hpp>
#include <layercake/serving/engines.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace accuracy {

namespace lc = layercake;

// A prediction, or why there is none.
struct answer {
  double value = 0;
  std::string reason;  // empty: answered
};

template <class Row>
double number(const Row& row, std::string_view column, double otherwise) {
  const std::string_view text = row.cell(column);
  double x = otherwise;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), x);
  return text.empty() || end.ec != std::errc() ? otherwise : x;
}

inline lc::precision precision_named(std::string_view name, lc::precision otherwise) {
  using lc::precision;
  for (precision p :
       {precision::fp32, precision::tf32, precision::fp16, precision::bf16, precision::fp8, precision::mxfp8,
        precision::int8, precision::fp4, precision::mxfp4, precision::nvfp4, precision::int4}) {
    if (name == lc::name(p)) return p;
  }
  return otherwise;
}

inline lc::serving_engine engine_named(std::string_view name) {
  constexpr std::pair<std::string_view, lc::serving_engine> all[] = {
      {"tensorrt-llm", lc::serving_engine::tensorrt_llm},
      {"vllm", lc::serving_engine::vllm},
      {"sglang", lc::serving_engine::sglang},
      {"fastertransformer", lc::serving_engine::fastertransformer},
      {"gpt-fast", lc::serving_engine::gpt_fast},
      {"pytorch", lc::serving_engine::pytorch},
      {"llama.cpp", lc::serving_engine::llama_cpp},
      {"lmdeploy", lc::serving_engine::lmdeploy},
      {"neuronx", lc::serving_engine::neuronx},
      {"jax", lc::serving_engine::jax},
      {"mlc-llm", lc::serving_engine::mlc_llm},
      {"optimum-habana", lc::serving_engine::optimum_habana},
      {"in-house", lc::serving_engine::in_house}};
  for (const auto& [key, engine] : all) {
    if (key == name) return engine;
  }
  return lc::serving_engine::other;
}

// The largest batch that software captures a graph of where a row says that it does; that of engines that do by themselves.
inline constexpr double captured = lc::serving_software{}.captured_sequences;

// None where the word is not known.
inline std::optional<lc::models::weight_layout> layout_named(std::string_view name) {
  using lc::models::weight_layout;
  if (name.empty() || name == "tensor") return weight_layout::tensor;
  if (name == "2d") return weight_layout::two_dimensional;
  if (name == "2d_batch_attention") return weight_layout::two_dimensional_batch_attention;
  if (name == "gathered_batch_attention") return weight_layout::gathered_batch_attention;
  return {};
}

template <class Row>
lc::serving_release release_of(const Row& row) {
  return lc::release_of(engine_named(row.cell("software")), row.cell("software_version"),
                        number(row, "software_year", lc::unknown<>));
}

// Above the 4.25 bit of MXFP4 and below the 4.5 of NVFP4 and of INT4 in groups of 32, with their scales.
inline constexpr double mxfp4_bits = 4.4;

// Formats that the bits of a row mean. Without a compute precision: FP8 where activations are 8 bit, else BF16; without
// any of the three, what benchmarks of throughput (offline_trace, server_slo) use, FP8 on chips that have it. Products
// are of 16 bit where activations are. Stored weights of a model whose makers quantise the experts alone (4.25 bit of
// gpt-oss) are those of its experts.
template <class Row>
lc::models::formats formats_of(const Row& row, const lc::chips::accelerator& chip,
                               const lc::models::transformer& model) {
  using lc::precision;
  lc::models::formats f;
  const bool any = !row.cell("weight_bits").empty() || !row.cell("activation_bits").empty() ||
                   !row.cell("compute_precision").empty();
  const bool throughput = row.cell("regime") == "offline_trace" || row.cell("regime") == "server_slo";
  const double usual = !any && throughput && lc::is_known(chip.peak.fp8) ? 8 : 16;
  const double weight = number(row, "weight_bits", usual), activation = number(row, "activation_bits", usual);
  f.math = precision_named(row.cell("compute_precision"), activation <= 8 ? precision::fp8 : precision::bf16);
  if (activation >= 16 && lc::bits(f.math) < 16) f.math = precision::bf16;
  f.activation_bits = activation;
  f.cache_bits = number(row, "kv_bits", 16);
  const precision values = lc::bits(f.math) < 16 ? f.math
                           : weight < 6          ? precision::int4
                           : weight < 12         ? precision::int8
                                                 : f.math;
  f.attention = f.dense = f.experts = f.shared = {values, weight};
  const lc::serving_release release = release_of(row);
  if (lc::bits(f.math) < 16 && release.habits.narrows_apart) f.activation_bits = 16;
  // In blocks where the bits say so (8.03 with their scales), and in latent attention, whose makers train in them (DeepSeek-V3 technical
  // report, 2024, section 3.3.2).
  if (f.math == precision::fp8 && ((weight > 8 && weight < 8.1) || model.kind == lc::models::attention::latent)) {
    const double cache = f.cache_bits;
    f = lc::models::formats::in_fp8_blocks({precision::mxfp8, weight});
    f.cache_bits = cache;
  }
  // Experts alone are narrow where the row says so, or its bits are those of a model whose makers did so.
  const bool narrow_experts = model.stored.experts.bits < model.stored.attention.bits && weight < 6;
  if (const double narrow = number(row, "expert_bits", narrow_experts ? weight : 0.0); narrow > 0) {
    // Without units for them, in scripted engines, by Marlin, which unpacks both alike (vLLM, marlin kernels for MXFP4, 2025).
    const bool own_kernels = row.cell("software") == "tensorrt-llm" || lc::is_known(chip.peak.fp4);
    f.experts = {narrow < mxfp4_bits && own_kernels ? precision::mxfp4
                 : lc::bits(f.math) < 8             ? f.math
                                                    : precision::int4,
                 narrow};
    f.attention = f.dense = f.shared = {precision::bf16, 16};
  }
  return f;
}

// PCIe 5.0 x16 and below: chips with no faster link have no fabric of their own.
inline constexpr auto fastest_pcie = 64 * lc::units::gigabyte_per_second;
// PCIe 3.0 x16, taken where a chip's link is not known.
inline constexpr auto slowest_pcie = 16 * lc::units::gigabyte_per_second;

// Cards of a server.
inline constexpr double node_cards = 8;
// What a link to the host carries of its nominal rate, which of PCIe up to 5.0 is before its code of 130 bits for 128.
inline double host_rate(double nominal) {
  return nominal * (nominal <= lc::in<lc::units::byte / lc::units::second>(fastest_pcie) ? 128.0 / 130 : 1);
}

// The fast fabric by generation. PCIe servers differ in how many cards share a bridge to the host; none is taken to.
inline lc::infrastructure::scale_up_law serving_fabric(const lc::chips::accelerator& chip) {
  namespace fabrics = lc::infrastructure::catalog;
  if (!(chip.scale_up_bandwidth > fastest_pcie)) {
    lc::infrastructure::scale_up_law law = fabrics::pcie;
    law.bridge_share = 0;
    return law;
  }
  switch (chip.family) {
  case lc::chips::family::ampere:
    return fabrics::nvlink_ampere;
  case lc::chips::family::hopper:
    return fabrics::nvlink_hopper;
  case lc::chips::family::blackwell:
    return fabrics::nvlink_blackwell;
  case lc::chips::family::amd_cdna:
    return fabrics::infinity_fabric;
  case lc::chips::family::tpu:
    return fabrics::interchip;
  default:
    return fabrics::generic_fabric;
  }
}

// Share of the memory that weights may fill where a row does not say over how many chips they are cut; assumed.
inline constexpr double weights_share = 0.6;
// Where a row says that drafting was on, and no more; assumed.
inline constexpr lc::speculation usual_speculation{.drafted = 1, .acceptance = 0.85, .draft_cost = 0.03};
// Tokens of a call where a row has none; assumed.
inline constexpr double usual_input = 150, usual_output = 200;

// Tokens of a run in which a queue never empties, where a row does not say how many requests it has: NVIDIA sends 3,000 of 2,048 and 128, 1,500 of
// 2,048 and 2,048, 30,000 of 128 and 128 (TensorRT-LLM, performance overview, "Preparing a dataset"; the median of its ten).
inline constexpr double tokens_of_a_run = 6.5e6;

struct serving_setup {
  lc::chips::accelerator chip;
  lc::infrastructure::site site;
  lc::models::deployed model;
  lc::serving_plan plan;
  lc::call_demand<> demand;
  double chips = 1, replicas = 1, concurrency = 0, rate = 0, spread = 0, run = 0;
  double burst = 0;  // requests of a run that begins with all that it keeps in flight
  std::string reason;
};

// The fewest tensor ranks, doubled until weights take at most 60 % of the memory.
inline double least_tensor(const serving_setup& s, double pipeline) {
  double tensor = 1;
  while (2 * tensor * pipeline <= s.chips &&
         s.model.weights(lc::models::split<>{tensor, pipeline}) > weights_share * lc::chips::reported_memory(s.chip))
    tensor *= 2;
  return tensor;
}

// The share of a chip's memory for weights and cache where an engine gives its cache a share of what is free once weights and activations
// lie there: the cache is free (V - w - k) of V visible, w of weights and k kept, which is a share of V of
//   1 - (1 - free) (V - w - k) / V.
// TensorRT-LLM's free_gpu_memory_fraction is 0.9 unless somebody sets it (TensorRT-LLM, KvCacheConfig, 2025).
inline constexpr double tensorrt_llm_share_of_free = 0.9;
template <class Replica>
double memory_share_of_free(const Replica& r, double free) {
  const auto visible = lc::chips::visible_memory(r.chip);
  const auto left = lc::max(visible - r.weights() - r.engine().fixed(), visible * 0.0);
  return 1 - (1 - free) * (left / visible);
}

// Defaults for empty cells: one chip; tensor ranks as above; no pipeline, no expert ranks; 150 tokens in and 200 out;
// software a scripted engine; a fast fabric of the chip's generation, PCIe where none is known. `mean` lengths are
// those of a chat data set, in a benchmark of a few hundred requests; a trace is long. A run that was published did
// fit: where the library finds no room for its requests it gets it.
template <class Row>
serving_setup serving_setup_of(const Row& row, const lc::chips::accelerator& chip, const lc::models::transformer& model,
                               const wires& joined, const lc::serving_constants& constants) {
  using namespace lc::units;
  serving_setup s;
  s.chip = chip;
  if (!(model.layers > 0 && model.width > 0 && model.heads > 0 && model.vocabulary > 0))
    s.reason = "the model's architecture is not given";
  if (!lc::is_known(chip.scale_up_bandwidth)) s.chip.scale_up_bandwidth = slowest_pcie;
  if (chip.family == lc::chips::family::trainium) s.chip.compute_efficiency = constants.neuron_compute;
  s.site.network.scale_up = serving_fabric(chip);
  if (joined.network > 0) s.site.network.bandwidth = joined.network * (byte / second);
  if (joined.direct) s.site.network.scale_up.peers = chip.scale_up_domain - 1;
  s.model = {model, formats_of(row, chip, model), {}};

  s.chips = number(row, "chips", 1);
  if (chip.torus_axes > 0) s.chip.scale_up_domain = lc::min(chip.scale_up_domain, s.chips);  // a slice of its own
  const double pipeline = number(row, "pp", 1);
  const bool replicated = row.cell("attention_dp") == "1";
  const double tensor = number(row, "tp", replicated ? 1 : least_tensor(s, pipeline));
  const double expert = number(row, "ep", 1);
  // Bridges join pairs of cards; in a larger group they exchange through the host.
  if (joined.direct && joined.host_link > 0 && chip.scale_up_domain < lc::min(tensor * pipeline, node_cards)) {
    s.chip.scale_up_bandwidth = host_rate(joined.host_link) * (byte / second);
    s.chip.scale_up_domain = node_cards;
    s.site.network.scale_up = serving_fabric(s.chip);
  }
  s.replicas = lc::max(s.chips / (tensor * pipeline), 1.0);
  s.plan.tensor = tensor;
  s.plan.pipeline = pipeline;
  s.plan.expert = expert > tensor ? lc::min(s.replicas, expert / tensor) : 1;
  s.plan.whole_experts = expert > 1 && tensor > 1;
  if (const auto layout = layout_named(row.cell("layout")))
    s.plan.layout = *layout;
  else
    s.reason = "the layout " + std::string(row.cell("layout")) + " is not known";
  if (s.reason.empty() && s.plan.layout != lc::models::weight_layout::tensor && !s.model.allows(s.plan.split()))
    s.reason = "the layout " + std::string(row.cell("layout")) + " is not one for this model and plan";
  lc::serving_software& software = s.plan.software;
  software = software_of(engine_named(row.cell("software")), row.cell("software_version"),
                         number(row, "software_year", lc::unknown<>), constants, chip.family);
  software.token_budget = number(row, "token_budget", software.token_budget);
  software.cache_block = number(row, "kv_block_tokens", software.cache_block);
  if (const std::string_view graphs = row.cell("cuda_graphs"); !graphs.empty())
    software.captured_sequences = graphs == "1" ? lc::max(software.captured_sequences, captured) : 0;
  software.stream_interval = number(row, "stream_interval", 1);
  if (row.cell("speculative") == "1") s.plan.speculation = usual_speculation;
  s.concurrency = number(row, "concurrency", 0) / s.replicas;
  s.rate = number(row, "request_rate_per_s", 0) / s.replicas;
  const bool mean = row.cell("length_kind") == "mean";
  s.spread = mean ? constants.spread : 0;
  s.run = number(row, "requests",
                 mean ? constants.run
                      : tokens_of_a_run / (number(row, "isl", usual_input) + number(row, "osl", usual_output))) /
          s.replicas;
  s.burst = row.cell("arrival") == "burst" ? number(row, "requests", 0) / s.replicas : 0;
  s.demand.cached_share = number(row, "prefix_cached_share", 0);
  s.demand.input = lc::max(number(row, "isl", usual_input), 1.0) * token;
  s.demand.output = lc::max(number(row, "osl", usual_output), 1.0) * token;
  if (s.reason.empty()) {
    auto r = lc::replica_of<double>(s.chip, s.site, s.model, s.plan, s.demand);
    if (engine_named(row.cell("software")) == lc::serving_engine::tensorrt_llm)
      r.plan.memory_share = s.plan.memory_share = memory_share_of_free(r, tensorrt_llm_share_of_free);
    const auto taken = r.engine();
    const double calls = lc::clamp(s.concurrency, 1.0, 8.0);
    const auto cache = r.cache_of(r.held_context()) * calls;
    const auto needed = lc::max(cache, cache + taken.logits * calls - taken.activations);
    constexpr double room = 1.001;  // for what rounding takes
    const double given = lc::chips::visible_memory(s.chip) / s.chip.memory * s.plan.memory_share;
    if (r.memory_bound() < 1)
      s.chip.memory = s.chip.memory + (needed + r.weights() - r.usable_memory(taken)) / given * room;
  }
  return s;
}

inline lc::serving_result<> run_regime(std::string_view regime, const serving_setup& s, std::string& reason) {
  using namespace lc::units;
  auto r = lc::replica_of<double>(s.chip, s.site, s.model, s.plan, s.demand);
  r.spread = s.spread;
  const double n = s.concurrency;
  if (regime == "single_stream") return lc::single_stream(r);
  if (regime == "static_batch") return lc::static_batch(r, n > 0 ? n : 1.0);
  if (regime == "inflight_fixed_concurrency")
    return n > 0 ? lc::inflight_fixed_concurrency(r, n, s.burst) : lc::inflight_saturated(r, s.run);
  if (regime == "inflight_saturated") return lc::inflight_saturated(r, s.run);
  if (regime == "offline_trace") return lc::offline_trace(r);
  if (regime == "inflight_open_loop") {
    if (!(s.rate > 0)) return lc::inflight_saturated(r, s.run);
    return lc::inflight_open_loop(r, s.rate / second, 0.99, s.run);
  }
  if (regime == "server_slo" || regime == "production_day") {
    // A service that was published kept its limits, whichever they were: they widen until there is a load that does.
    lc::service_level level{};
    lc::serving_result<> f;
    for (int widened = 0; widened < 8 && !(f.calls > 0.0 / second); ++widened) {
      f = regime == "server_slo" ? lc::server_slo(r, level) : lc::production_day(r, level, 2.0);
      level.first_token = level.first_token * 2.0, level.output_token = level.output_token * 2.0;
    }
    return f;
  }
  if (regime == "disaggregated") {
    r.plan.reading = {s.plan.tensor, s.plan.pipeline, s.plan.expert};
    return lc::disaggregated(r, n);
  }
  reason = "the regime " + std::string(regime) + " is not known";
  return {};
}

// The figure of a row's metric, in its unit.
inline answer serving_figure(std::string_view metric, const lc::serving_result<>& f, const serving_setup& s) {
  using namespace lc::units;
  const double input = lc::in<token>(s.demand.input), output = lc::in<token>(s.demand.output);
  const double calls = lc::in<hertz>(f.calls) * s.replicas / s.chips;
  double value = 0;
  if (metric == "output_tokens_per_s_per_chip")
    value = calls * output;
  else if (metric == "total_tokens_per_s_per_chip")
    value = calls * (input + output);
  else if (metric == "prefill_tokens_per_s_per_chip")
    value = calls * input;
  else if (metric == "samples_per_s_per_chip")
    value = calls;
  else if (metric == "ttft")
    value = lc::in<second>(f.time_to_first_token);
  else if (metric == "tpot")
    value = lc::in<second>(f.time_per_output_token);
  else if (metric == "request_latency")
    value = lc::in<second>(f.latency);
  else if (metric == "prefill_latency")  // without batches of prompts, from a request's start to its first token
    value = lc::in<second>(f.prefill > 0 * second ? f.prefill : f.time_to_first_token);
  else if (metric == "decode_latency")
    value = lc::in<second>(f.decode > 0 * second ? f.decode : f.time_per_output_token * (output - 1));
  else
    return {0, "the metric " + std::string(metric) + " is not known"};
  if (!(value > 0) || !(value < 1e30)) return {0, "no load on this configuration keeps the limits on latency"};
  return {value, {}};
}

template <class Row>
answer predict_serving(const Row& row, const lc::chips::accelerator& chip, const lc::models::transformer& model,
                       const wires& joined, const lc::serving_constants& constants = lc::fitted_serving) {
  const serving_setup s = serving_setup_of(row, chip, model, joined, constants);
  if (!s.reason.empty()) return {0, s.reason};
  std::string reason;
  const lc::serving_result<> f = run_regime(row.cell("regime"), s, reason);
  if (!reason.empty()) return {0, reason};
  const double output = lc::in<lc::units::token>(s.demand.output);
  return serving_figure(row.cell("metric"), lc::seen_by_client(f, s.plan.software, output), s);
}

}  // namespace accuracy
