// Rows of training_memory.csv: published figures of the memory of training, and what the library predicts for them.
//
// A row is one figure of one layout. Columns beside those of training.csv:
//   shape            fields of the model that differ from `model`, such as layers=12;key_heads=16
//   parameters       instead of a model, with largest_layer where the figure counts a gathered layer
//   stage            of the pipeline, 0 the first; empty: the fullest
//   micro_batches    of a step and data-parallel rank
//   attention        fused or unfused
//   head_exchange, dropout, dense_first, gradient_buffers: 1 or 0, as in training/memory.hpp
//   *_bytes          of a weight, a gradient, optimiser state, a logit
//   metric           peak_memory; states (weights, gradients, optimiser states); weights; activations;
//                    activation_share, of the same layout with neither sequence parallelism nor recomputation
//   unit             GiB, MiB, GB or %
//   boundary         allocated: all that the allocator gave out; reserved: what it took from the device, fragments
//                    included, which nothing here predicts; states; layers: without embeddings, output and last norm
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "predictions.hpp"

namespace accuracy {

namespace schema {
inline const columns memory_required{"id", "source", "metric", "value", "unit", "boundary", "predictable"};
inline const columns memory_numbers{"parameters",
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
}  // namespace schema

inline constexpr std::string_view memory_group = "training_memory";

// Bytes of a unit; 1 for shares, 0 for what is not known.
inline double bytes_of_unit(std::string_view unit) {
  return unit == "GiB" ? 1073741824.0 : unit == "MiB" ? 1048576.0 : unit == "GB" ? 1e9 : unit == "%" ? 1.0 : 0.0;
}

template <csv_row Row>
lc::training_layout layout_of(const Row& row) {
  lc::training_layout l;
  const auto given = [&](std::string_view column, double& value) { value = number_or(row, column, value); };
  given("tp", l.tensor), given("pp", l.pipeline), given("vp", l.chunks), given("cp", l.context), given("dp", l.data);
  given("micro_batch", l.micro_batch), given("micro_batches", l.micro_batches), given("seq_len", l.sequence);
  given("weight_bytes", l.weight_bytes), given("gradient_bytes", l.gradient_bytes);
  given("optimizer_bytes", l.optimizer_bytes), given("logit_bytes", l.logit_bytes);
  // Ranks of experts take the place of tensor ranks first; where there are fewer, an expert is split over the others.
  l.expert = lc::max(number_or(row, "ep", 1) / l.tensor, 1.0);
  const auto flag = [&](std::string_view column, bool& value) { value = number_or(row, column, value ? 1 : 0) == 1; };
  flag("sequence_parallel", l.sequence_parallel), flag("head_exchange", l.head_exchange), flag("dropout", l.dropout);
  flag("dense_first", l.dense_first), flag("gradient_buffers", l.gradient_buffers);
  l.fused_attention = row.cell("attention") != "unfused";
  const std::string_view again = row.cell("recompute"), spread = row.cell("sharding");
  l.recompute = again == "full"        ? lc::recomputation::full
                : again == "selective" ? lc::recomputation::selective
                                       : lc::recomputation::none;
  l.sharding = spread == "full"        ? lc::sharding::full
               : spread == "gradients" ? lc::sharding::gradients
               : spread == "optimizer" ? lc::sharding::optimizer
                                       : lc::sharding::none;
  return l;
}

// Changes the fields that `shape` names; says which it does not know, empty if it knows all.
inline std::string apply_shape(lc::models::transformer& model, std::string_view shape) {
  while (!shape.empty()) {
    const std::string_view item = shape.substr(0, shape.find(';'));
    shape.remove_prefix(item.size() < shape.size() ? item.size() + 1 : item.size());
    const std::string_view name = item.substr(0, item.find('='));
    double number = 0;
    bool found = false;
    if (name.size() < item.size() && parse_number(item.substr(name.size() + 1), number)) {
      lc::for_each_field(model, "", [&](const std::string& path, auto& value, const auto&) {
        if (path == name) value = number, found = true;
      });
    }
    if (!found) return "the shape has no field " + std::string(item);
  }
  return {};
}

// The rule of thumb: 16 bytes a parameter, spread over the ranks of a copy, and 34 s b h of activations a layer, on the
// first stage of all the layers' micro-batches.
template <csv_row Row>
double memory_rule(const Row& row, const lc::models::transformer& x, const lc::training_layout& l) {
  const std::string_view metric = row.cell("metric");
  const double parameters = number_or(row, "parameters", x.layers > 0 ? lc::models::parameters(x).total() : 0);
  const double ranks = l.tensor * l.pipeline * number_or(row, "ep", 1);
  const double states = (metric == "weights" ? 2 : 16) * parameters / ranks;
  const double activations = 34 * l.sequence * l.micro_batch * x.width * x.layers / (l.tensor * l.context);
  if (metric == "states" || metric == "weights") return states;
  if (metric == "activations") return activations;
  if (metric == "activation_share") return 100;
  return states + activations;
}

template <csv_row Row>
answer predict_memory_row(const Row& row, const lc::models::transformer& x, const lc::training_layout& l) {
  using lc::units::byte;
  const std::string_view metric = row.cell("metric");
  const double unit = bytes_of_unit(row.cell("unit"));
  if (unit == 0) return {0, "the unit " + std::string(row.cell("unit")) + " is not known"};
  if (!row.cell("parameters").empty()) {
    if (metric != "states") return {0, "without a model only states are known"};
    const auto m = lc::model_states(lc::models::rank_parameters<double>{number_or(row, "parameters", 0)}, l);
    const double gathered = 2 * number_or(row, "largest_layer", 0) * l.weight_bytes;
    return {(lc::in<byte>(m.states()) + gathered) / unit, {}};
  }
  const bool layers_only = row.cell("boundary") == "layers";
  const auto of = [&](const lc::training_layout& layout) {
    const auto figure = [&](const lc::models::transformer& model) {
      const auto m = row.cell("stage").empty() ? lc::memory_of_training(model, layout)
                                               : lc::memory_of_stage(model, layout, number_or(row, "stage", 0));
      return lc::in<byte>(metric == "peak_memory" ? m.total()
                          : metric == "states"    ? m.states()
                          : metric == "weights"   ? m.weights
                                                  : m.activations);
    };
    if (!layers_only) return figure(x);
    // Twice as many layers less these: what is not theirs cancels.
    lc::models::transformer twice = x;
    twice.layers = 2 * x.layers, twice.dense_layers = 2 * x.dense_layers;
    return figure(twice) - figure(x);
  };
  if (metric == "activation_share") {
    lc::training_layout plain = l;
    plain.sequence_parallel = false, plain.recompute = lc::recomputation::none;
    return {100 * of(l) / of(plain), {}};
  }
  if (metric == "peak_memory" || metric == "states" || metric == "weights" || metric == "activations")
    return {of(l) / unit, {}};
  return {0, "the metric " + std::string(metric) + " is not known"};
}

// Every row of the folder's training_memory.csv; none where there is no such file.
inline std::vector<prediction> predict_memory(const directory& data) {
  const csv_table table = csv_table::read(data.folder(), std::string(memory_group) + ".csv", schema::memory_required,
                                          schema::memory_numbers);
  std::vector<prediction> out;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const csv_record row = table[i];
    prediction p;
    p.id = row.cell("id"), p.source = row.cell("source"), p.file = memory_group, p.group = memory_group;
    p.metric = row.cell("metric"), p.regime = row.cell("boundary"), p.model = row.cell("model");
    p.measured = row.number("value", 0);
    p.scored = row.number("predictable", 0) == 1;
    const auto model = data.model(p.model);
    lc::models::transformer x = model ? model->model : lc::models::transformer{};
    answer a;
    if (row.cell("parameters").empty() && !model) {
      a.reason = "neither the catalog nor models.csv has the model " + p.model;
    } else if (a.reason = apply_shape(x, row.cell("shape")); a.reason.empty()) {
      const lc::training_layout l = layout_of(row);
      std::vector<lc::finding> wrong = lc::check(l, "layout");
      if (model) {
        for (lc::finding& f : lc::check(x, "model"))
          wrong.push_back(std::move(f));
      }
      a = wrong.empty() ? predict_memory_row(row, x, l) : answer{0, wrong[0].text()};
      p.baseline = memory_rule(row, x, l);
      if (const double unit = bytes_of_unit(row.cell("unit")); unit > 0) p.baseline /= unit;
    }
    p.predicted = a.value, p.reason = a.reason;
    if (p.answered() && !(p.predicted > 0 && std::isfinite(p.predicted)))
      p.reason = "no finite figure for this configuration";
    p.confidence = !p.answered() ? "" : p.scored ? "architecture and layout" : "incomplete configuration";
    out.push_back(std::move(p));
  }
  return out;
}

// A table, then lines for programs: `memory,source,...` and `memory,score,...` with the columns of `source,` and
// `score,`.
inline void print_memory(const std::vector<prediction>& all) {
  const group_score ours = score_group(all, memory_group), rule = score_group(all, memory_group, of_whom::baseline);
  if (ours.sources.empty()) return;
  std::printf("\n%-36s %5s %5s   %6s %6s %6s %6s   16 B a parameter + 34 s b h: median, p90, bias\n", "training memory",
              "rows", "pred.", "median", "mean", "p90", "bias");
  const auto line = [](const std::string& name, const score& s, const score& r) {
    std::printf("  %-34s %5zu %5zu   %6.2f %6.2f %6.2f %+6.2f   %6.1f %6.1f %+6.1f\n", name.c_str(), s.rows,
                s.predicted, 100 * s.median, 100 * s.mean, 100 * s.p90, 100 * s.bias, 100 * r.median, 100 * r.p90,
                100 * r.bias);
  };
  for (std::size_t i = 0; i < ours.sources.size(); ++i)
    line(ours.sources[i], ours.by_source[i], rule.by_source[i]);
  line("mean over sources", ours.macro, rule.macro);
  const auto reserved = [](const prediction& p) { return p.regime == "reserved"; };
  const score apart = score_where(all, reserved);
  if (apart.rows > 0)
    line("not counted: reserved, not allocated", apart, score_where(all, reserved, of_whom::baseline));
  for (std::size_t i = 0; i < ours.sources.size(); ++i) {
    const score& s = ours.by_source[i];
    std::printf("memory,source,training_memory,%s,%zu,%zu,%.4f,%.4f,%.4f,%.4f\n", csv_text(ours.sources[i]).c_str(),
                s.rows, s.predicted, s.median, s.mean, s.p90, s.bias);
  }
  std::printf("memory,score,training_memory,%zu,%zu,%.4f,%.4f,%.4f\n", ours.macro.rows, ours.macro.predicted,
              ours.macro.median, ours.macro.p90, ours.macro.bias);
}

}  // namespace accuracy
