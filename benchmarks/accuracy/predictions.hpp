// Every row of a folder, predicted, and what the errors come to.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "baseline.hpp"
#include "directory.hpp"
#include "energy_rows.hpp"
#include "generation_rows.hpp"
#include "memory_rows.hpp"
#include "micro_rows.hpp"
#include "prediction.hpp"
#include "serving_rows.hpp"
#include "training_memory_rows.hpp"
#include "training_rows.hpp"

namespace accuracy {

// Constants that a fit may set; as shipped otherwise.
struct constants {
  lc::training_constants training{};
  lc::serving_constants serving = lc::fitted_serving;
  micro_constants micro{};
};

inline constexpr std::array<std::string_view, 16> groups{"training_speed",
                                                         "training_run",
                                                         "serving_throughput",
                                                         "serving_latency",
                                                         "ttft",
                                                         "energy",
                                                         "generation_time",
                                                         "generation_energy",
                                                         "gemm",
                                                         "attention_prefill",
                                                         "attention_decode",
                                                         "collective",
                                                         "memory",
                                                         "moe",
                                                         "serving_memory",
                                                         "training_memory"};

// The group that a figure is scored in; empty for figures that are in none.
inline std::string_view group_of(std::string_view file, std::string_view op, std::string_view metric,
                                 std::string_view unit) {
  const auto has = [&](std::string_view word) { return metric.find(word) != metric.npos; };
  if (file == "training") {
    if (metric == "chip_hours" || metric == "time_to_train") return "training_run";
    for (std::string_view m : {"iteration_time", "tokens_per_s_per_chip", "achieved_flops_per_chip", "mfu",
                               "sequences_per_s", "layer_forward_time", "layer_backward_time"}) {
      if (metric == m) return "training_speed";
    }
  } else if (file == "inference") {
    if (has("tokens_per_s") || has("samples_per_s")) return "serving_throughput";
    if (metric == "ttft") return "ttft";
    if (metric == "tpot" || metric == "request_latency" || metric == "prefill_latency" || metric == "decode_latency")
      return "serving_latency";
  } else if (file == "energy") {
    if (unit == "W" || unit.substr(0, 1) == "J" || metric == "average_power" || metric.substr(0, 7) == "energy_")
      return "energy";
  } else if (file == "generation") {
    if (metric == "latency") return "generation_time";
    if (metric == "energy") return "generation_energy";
  } else if (file == "micro") {
    for (std::string_view g : {"gemm", "attention_prefill", "attention_decode"})
      if (op == g) return g;
    for (std::string_view c : {"all_reduce", "all_gather", "reduce_scatter", "all_to_all"})
      if (op == c) return "collective";
    for (std::string_view m : {"memory_copy", "softmax", "layernorm", "host_copy"})
      if (op == m) return "memory";
    if (op == "moe_dispatch" || op == "moe_combine") return "moe";
  }
  return {};
}

// A kind of row in a few words, to break errors down by.
inline std::string regime_of(std::string_view file, const csv_record& row) {
  const auto cell = [&](std::string_view column, const char* otherwise) {
    const std::string_view text = row.cell(column);
    return std::string(text.empty() ? std::string_view(otherwise) : text);
  };
  if (file == "training") {
    const double tensor = row.number("tp", 1), pipeline = row.number("pp", 1);
    return cell("compute_precision", "bf16") + ", " + (row.number("chips", 1) > 1 ? "" : "one chip") +
           (tensor > 1 ? "tensor " : "") + (pipeline > 1 ? "pipeline " : "") +
           (row.number("ep", 1) > 1 ? "expert " : "") + (row.cell("sharding") == "full" ? "sharded " : "data");
  }
  if (file == "inference") return cell("regime", "no regime");
  if (file == "energy") return cell("phase", "") + ", " + cell("boundary", "");
  if (file == "generation") return (row.number("frames", 1) > 1 ? "video, " : "image, ") + cell("execution", "eager");
  return cell("op", "") + ", " + cell("precision", "bf16");
}

// A row of training.csv with its chip and model.
inline training_case described_training(const csv_record& row, const described_chip& c, const described_model& m,
                                        const lc::training_constants& k) {
  const auto usual = c.network > 0 ? c.network * (lc::units::byte / lc::units::second)
                                   : lc::unknown<lc::quantity<lc::unit::byte_per_second>>();
  return training_case_of(row, c.chip, m.model, usual, k);
}

inline answer answer_training(const csv_record& row, const described_chip& c, const described_model& m,
                              const lc::training_constants& k) {
  if (!(m.model.layers > 0 && m.model.width > 0 && m.model.heads > 0 && m.model.vocabulary > 0))
    return {0, "the model's architecture is not given"};
  const double value = predict_training(row, described_training(row, c, m, k), k);
  if (value > 0 && std::isfinite(value)) return {value, {}};
  const std::string_view metric = row.cell("metric"), group = group_of("training", {}, metric, {});
  if (group.empty()) return {0, "the metric " + std::string(metric) + " is not known"};
  if (group == "training_run" && row.cell("tokens_total").empty()) return {0, "tokens_total is not given"};
  return {0, "no step time for this layout"};
}

namespace detail {
// What a row says of itself.
inline prediction named(const csv_record& row, const char* file) {
  prediction p;
  p.id = row.cell("id"), p.source = row.cell("source"), p.file = file, p.metric = row.cell("metric");
  p.chip = row.cell("chip"), p.model = row.cell("model");
  p.measured = row.number("value", 0);
  p.scored = row.number("predictable", 0) == 1;
  return p;
}
inline void settle(prediction& p, const answer& a, const char* confidence) {
  p.predicted = a.value, p.reason = a.reason;
  if (p.reason.empty() && !(p.predicted > 0 && std::isfinite(p.predicted)))
    p.reason = "no finite figure for this configuration";
  if (p.answered()) p.confidence = p.scored ? confidence : "incomplete configuration";
}

inline prediction predicted_memory(const csv_record& row, const directory& data, const lc::serving_constants& k) {
  prediction p = named(row, "memory");
  p.group = is_training(row.cell("workload")) ? "training_memory" : "serving_memory";
  p.regime = row.cell("workload");
  const auto chip = data.chip(p.chip);
  const auto model = data.model(p.model);
  answer a;
  if (!chip && !p.chip.empty()) {
    a.reason = "neither the catalog nor chips.csv has the chip " + p.chip;
  } else if (!model) {
    a.reason = "neither the catalog nor models.csv has the model " + p.model;
  } else if (!model->described) {
    a.reason = "the model's attention is a hybrid, or not described";
  } else {
    try {
      a = predict_memory(row, chip ? std::optional(chip->chip) : std::nullopt, model->model, k, p.baseline);
    } catch (const lc::error& e) {
      a = {0, e.what()};
    }
  }
  if (a.reason.empty() && p.metric == "fits") {
    p.yes_or_no = true;
    p.needed = std::log(a.value), p.baseline_needed = std::log(p.baseline);
    p.predicted = a.value <= 1 ? 1 : 0, p.baseline = p.baseline <= 1 ? 1 : 0;
    if (p.scored) p.confidence = "architecture and layout";
    return p;
  }
  settle(p, a, "architecture and layout");
  return p;
}

inline prediction predicted_training_memory(const csv_record& row, const directory& data) {
  prediction p = named(row, "training_memory");
  p.group = training_memory_group, p.regime = row.cell("boundary");
  settle(p, predict_training_memory(row, data.model(p.model), p.baseline), "architecture and layout");
  return p;
}
}  // namespace detail

inline std::vector<prediction> predict(const directory& data, const constants& k = {}) {
  std::vector<prediction> out;
  const auto each = [&](const csv_table& table, const char* file) {
    for (std::size_t i = 0; i < table.rows(); ++i) {
      const csv_record row = table[i];
      prediction p = detail::named(row, file);
      p.group = group_of(file, row.cell("op"), p.metric, row.cell("unit"));
      p.regime = regime_of(file, row);
      p.scored = p.scored && !p.group.empty();
      const auto chip = data.chip(p.chip);
      const auto model = data.model(p.model);
      const bool kernel = std::string_view(file) == "micro", generation = std::string_view(file) == "generation",
                 needs_model = !kernel && !generation && !(std::string_view(file) == "energy");
      answer a;
      if (!chip) {
        a.reason = p.chip.empty() ? "no chip is given" : "neither the catalog nor chips.csv has the chip " + p.chip;
      } else if (needs_model && !model) {
        a.reason =
            p.model.empty() ? "no model is given" : "neither the catalog nor models.csv has the model " + p.model;
      } else if (model && !model->described) {
        a.reason = "the model's attention is a hybrid, or not described";
      } else {
        const lc::models::transformer architecture = model ? model->model : lc::models::transformer{};
        try {
          a = kernel                  ? predict_micro(row, chip->chip, chip->joined(), k.micro)
              : generation            ? predict_generation(row, chip->chip)
              : p.file == "training"  ? answer_training(row, *chip, *model, k.training)
              : p.file == "inference" ? predict_serving(row, chip->chip, architecture, chip->joined(), k.serving)
                                      : predict_energy(row, chip->chip, architecture, chip->joined(), k.serving);
        } catch (const lc::error& e) {
          a = {0, e.what()};
        }
        p.baseline = kernel                  ? baseline::micro(row, chip->chip)
                     : generation            ? baseline::generation(row, chip->chip)
                     : p.file == "training"  ? baseline::training(row, chip->chip, architecture)
                     : p.file == "inference" ? baseline::serving_figure(row, chip->chip, architecture)
                                             : baseline::energy(row, chip->chip, model ? &architecture : nullptr);
      }
      detail::settle(p, a,
                     chip && chip->in_catalog && lc::chips::kernel_constants(chip->chip.family).measured
                         ? "chip family measured"
                         : "chip by its data sheet");
      out.push_back(std::move(p));
    }
  };
  each(data.training, "training");
  each(data.inference, "inference");
  each(data.energy, "energy");
  each(data.micro, "micro");
  each(data.generation, "generation");
  for (std::size_t i = 0; i < data.memory.rows(); ++i)
    out.push_back(detail::predicted_memory(data.memory[i], data, k.serving));
  for (std::size_t i = 0; i < data.training_memory.rows(); ++i)
    out.push_back(detail::predicted_training_memory(data.training_memory[i], data));
  return out;
}

// ---- scores ---------------------------------------------------------------------------------------------------------

// Of errors |ln(predicted / measured)|; the bias is the median with its sign.
struct score {
  std::size_t rows = 0, predicted = 0;
  double median = std::nan(""), mean = std::nan(""), p90 = std::nan(""), bias = std::nan("");
};

// The q-quantile, interpolated.
inline double quantile(std::vector<double> v, double q) {
  if (v.empty()) return std::nan("");
  std::sort(v.begin(), v.end());
  const double at = q * static_cast<double>(v.size() - 1);
  const std::size_t i = static_cast<std::size_t>(at);
  return i + 1 < v.size() ? v[i] + (at - static_cast<double>(i)) * (v[i + 1] - v[i]) : v[i];
}

inline score score_of(const std::vector<double>& errors, std::size_t rows) {
  score s;
  s.rows = rows, s.predicted = errors.size();
  if (errors.empty()) return s;
  std::vector<double> size;
  s.mean = 0;
  for (const double e : errors)
    size.push_back(std::fabs(e)), s.mean += size.back() / static_cast<double>(errors.size());
  s.median = quantile(size, 0.5), s.p90 = quantile(size, 0.9), s.bias = quantile(errors, 0.5);
  return s;
}

enum class of_whom { library, baseline };

template <class Selected>
score score_where(const std::vector<prediction>& all, Selected&& selected, of_whom who = of_whom::library) {
  std::vector<double> errors;
  std::size_t rows = 0;
  for (const prediction& p : all) {
    if (!selected(p)) continue;
    ++rows;
    if (!p.answered() || !p.comparable()) continue;
    const double e = who == of_whom::library ? p.error() : p.baseline_error();
    if (std::isfinite(e)) errors.push_back(e);
  }
  return score_of(errors, rows);
}

// The distinct values of a text over the predictions that are selected, in order.
template <class Selected, class Text>
std::vector<std::string> distinct(const std::vector<prediction>& all, Selected&& selected, Text&& text) {
  std::vector<std::string> out;
  for (const prediction& p : all)
    if (selected(p)) out.push_back(text(p));
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

struct group_score {
  std::string group;
  std::vector<std::string> sources;
  std::vector<score> by_source;
  score macro;  // rows and predicted are sums, the others means over the sources with a prediction
};

inline group_score score_group(const std::vector<prediction>& all, std::string_view group,
                               of_whom who = of_whom::library) {
  group_score g;
  g.group = group;
  const auto in = [&](const prediction& p) { return p.scored && p.group == group; };
  g.sources = distinct(all, in, [](const prediction& p) { return p.source; });
  double median = 0, mean = 0, p90 = 0, bias = 0, count = 0;
  for (const std::string& source : g.sources) {
    const score s = score_where(
        all, [&](const prediction& p) { return in(p) && p.source == source; }, who);
    g.by_source.push_back(s);
    g.macro.rows += s.rows, g.macro.predicted += s.predicted;
    if (s.predicted == 0) continue;
    median += s.median, mean += s.mean, p90 += s.p90, bias += s.bias, count += 1;
  }
  if (count > 0)
    g.macro.median = median / count, g.macro.mean = mean / count, g.macro.p90 = p90 / count,
    g.macro.bias = bias / count;
  return g;
}

}  // namespace accuracy
