// The rule of thumb that predictions are compared with: training at 42 % of the peak, all else at the data sheet's roofline.
#pragma once

#include "generation_rows.hpp"
#include "micro_rows.hpp"
#include "serving_rows.hpp"
#include "training_rows.hpp"

namespace accuracy::baseline {

inline constexpr double utilisation = 0.42;

// 6 FLOP per active parameter and token and the attention over the whole sequence, at 42 % of the peak.
template <class Row>
double training(const Row& row, const lc::chips::accelerator& chip, const lc::models::transformer& model) {
  using namespace lc::units;
  const double length = number(row, "seq_len", 2048), chips = number(row, "chips", 1);
  const lc::models::mixer mixer = model.mixer(0.0);
  const double flop_per_token =
      6 * lc::models::parameters(model).active() +
      12 * model.layers * model.heads * (mixer.query_key_width() + mixer.value_width) / 2 * length;
  const double peak =
      lc::in<flop / second>(chip.peak.rate(precision_named(row.cell("compute_precision"), lc::precision::bf16)));
  const double tokens_per_s = utilisation * peak / flop_per_token;  // of a chip
  const double batch = number(row, "global_batch", 1);
  const std::string_view metric = row.cell("metric");
  if (metric == "iteration_time") return batch * length / (tokens_per_s * chips);
  if (metric == "tokens_per_s_per_chip") return tokens_per_s;
  if (metric == "sequences_per_s") return tokens_per_s * chips / length;
  if (metric == "mfu") return utilisation;
  if (metric == "achieved_flops_per_chip") return utilisation * peak;
  const double total = number(row, "tokens_total", std::nan(""));
  if (metric == "chip_hours") return total / tokens_per_s / 3600;
  if (metric == "time_to_train") return total / (tokens_per_s * chips);
  const double layer = number(row, "micro_batch", 1) * length * flop_per_token / model.layers /
                       (utilisation * peak * number(row, "tp", 1));
  if (metric == "layer_forward_time") return layer / 3;
  if (metric == "layer_backward_time") return layer * (row.cell("recompute") == "full" ? 1.0 : 2.0 / 3);
  return std::nan("");
}

// Static batches without any loss: a decode step reads weights and cache once, or multiplies at the peak.
struct serving_times {
  double prefill = 0, step = 0, batch = 1, input = 0, output = 0, chips = 1;
  double latency() const { return prefill + (output - 1) * step; }
};
template <class Row>
serving_times serving(const Row& row, const lc::chips::accelerator& chip, const lc::models::transformer& model) {
  using namespace lc::units;
  serving_times t;
  t.chips = number(row, "chips", 1);
  t.input = number(row, "isl", 150), t.output = number(row, "osl", 200);
  const double memory = lc::in<byte>(chip.memory) * t.chips,
               bandwidth = lc::in<byte / second>(chip.memory_bandwidth) * t.chips;
  lc::models::formats f;
  f.cache_bits = number(row, "kv_bits", 16);
  f.math = precision_named(row.cell("compute_precision"), lc::precision::bf16);
  const double peak = lc::in<flop / second>(chip.peak.rate(f.math)) * t.chips;
  const auto count = lc::models::parameters(model);
  const double weight = number(row, "weight_bits", 16) / 8, mean = t.input + t.output / 2;
  const double cache = lc::in<byte>(lc::models::cache_bytes(model, f, mean * token, 1.0));
  const double fits = lc::max((0.9 * memory - count.total() * weight) / lc::max(cache, 1.0), 1.0);
  t.batch = lc::min(number(row, "concurrency", fits), fits);
  if (row.cell("regime") == "inflight_open_loop") t.batch = lc::min(t.batch, 64.0);
  const double read = lc::min(count.total(), count.active() * t.batch) * weight + t.batch * cache;
  t.step = lc::max(read / bandwidth, 2 * count.active() * t.batch / peak);
  t.prefill = lc::max(count.total() * weight / bandwidth, 2 * count.active() * t.batch * t.input / peak);
  return t;
}
template <class Row>
double serving_figure(const Row& row, const lc::chips::accelerator& chip, const lc::models::transformer& model) {
  const serving_times t = serving(row, chip, model);
  const std::string_view metric = row.cell("metric");
  double calls = t.batch / t.latency();
  if (const double asked = number(row, "request_rate_per_s", 0); asked > 0) calls = lc::min(calls, asked);
  calls /= t.chips;
  if (metric == "output_tokens_per_s_per_chip") return calls * t.output;
  if (metric == "total_tokens_per_s_per_chip") return calls * (t.input + t.output);
  if (metric == "prefill_tokens_per_s_per_chip") return t.batch * t.input / t.prefill / t.chips;
  if (metric == "samples_per_s_per_chip") return calls;
  if (metric == "ttft") return t.prefill;
  if (metric == "tpot") return t.step;
  if (metric == "request_latency") return t.latency();
  if (metric == "prefill_latency") return t.prefill;
  if (metric == "decode_latency") return t.latency() - t.prefill;
  return std::nan("");
}

// The thermal design power of all chips, times the power usage effectiveness where the boundary is the facility.
template <class Row>
double energy(const Row& row, const lc::chips::accelerator& chip, const lc::models::transformer* model) {
  const double chips = number(row, "chips", 1);
  const bool facility =
      row.cell("boundary") == "facility" || row.cell("boundary") == "tdp_x_pue" || row.cell("boundary") == "full_stack";
  const double power =
      lc::in<lc::units::watt>(chip.thermal_design_power) * chips * (facility ? number(row, "pue", 1.2) : 1);
  const std::string_view metric = row.cell("metric");
  if (metric == "average_power") return power;
  if (metric == "energy_total")
    return power * number(row, "duration_s", number(row, "chip_hours", std::nan("")) / chips * 3600);
  if (model == nullptr) return std::nan("");
  const serving_times t = serving(row, chip, *model);
  if (metric == "energy_per_output_token") return power * t.latency() / (t.batch * t.output);
  if (metric == "energy_per_request") return power * t.latency() / t.batch;
  return std::nan("");
}

// FLOP at the peak of the data sheet, at the thermal design power.
template <class Row>
double generation(const Row& row, const lc::chips::accelerator& chip) {
  using namespace lc::units;
  const generation_case c = generation_case_of(row);
  if (!c.reason.empty()) return std::nan("");
  const auto work = lc::models::pass_totals(c.model, lc::models::pass<>{.sequences = c.images});
  const auto time = work.flop / chip.peak.rate(c.model.math);
  return row.cell("metric") == "energy" ? lc::in<joule>(chip.thermal_design_power * time) / c.images
                                        : lc::in<second>(time);
}

// Data sheet: the longer of FLOP at the peak and bytes at the memory's or the link's rate.
template <class Row>
double micro(const Row& row, const lc::chips::accelerator& chip) {
  using namespace lc::units;
  const std::string_view op = row.cell("op");
  const auto at = [&](std::string_view column) { return number(row, column, 0); };
  const lc::precision math = precision_named(row.cell("precision"), lc::precision::bf16);
  const double size = lc::bytes_per_value(math), batch = number(row, "batch", 1);
  const double peak = lc::in<flop / second>(chip.peak.rate(math)),
               memory = lc::in<byte / second>(chip.memory_bandwidth);
  double bytes = at("message_bytes"), time = 0;
  if (op == "gemm") {
    const double moved =
        batch * (size * (at("m") * at("k") + at("k") * at("n")) + lc::max(size, 2.0) * at("m") * at("n"));
    time = lc::max(micro_flop(row) / peak, moved / memory);
  } else if (op == "attention_prefill" || op == "attention_decode") {
    const double moved =
        batch * at("head_dim") * 2 * (at("kv_heads") * at("seq_kv") * size + at("heads") * number(row, "seq_q", 1) * 2);
    time = lc::max(micro_flop(row) / peak, moved / memory);
  } else if (op == "softmax" || op == "layernorm") {
    bytes = 2 * size * at("m") * at("n");
    time = bytes / memory;
  } else if (op == "memory_copy") {
    bytes = 2 * (bytes > 0 ? bytes : 1e9);
    time = bytes / memory;
  } else if (op == "host_copy") {
    bytes = bytes > 0 ? bytes : 1e9;
    time = bytes / host_link(chip.family);
  } else {
    const double ranks = number(row, "ranks", number(row, "chips", 2));
    if (op == "moe_dispatch" || op == "moe_combine") bytes = at("m") * at("n") * at("k") * size;
    time = bytes * (op == "all_reduce" ? 2 : 1) * (ranks - 1) / ranks / lc::in<byte / second>(chip.scale_up_bandwidth);
  }
  return micro_figure(row, time, bytes).value;
}

}  // namespace accuracy::baseline
