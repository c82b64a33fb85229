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

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "directory.hpp"
#include "prediction.hpp"
#include "serving_rows.hpp"
#include "training_rows.hpp"

namespace accuracy {

inline constexpr std::string_view training_memory_group = "training_memory";

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
double training_memory_rule(const Row& row, const lc::models::transformer& x, const lc::training_layout& l) {
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
answer training_memory_figure(const Row& row, const lc::models::transformer& x, const lc::training_layout& l) {
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

// A row of training_memory.csv: what is said of it, and by the rule of thumb.
template <csv_row Row>
answer predict_training_memory(const Row& row, const std::optional<described_model>& model, double& rule) {
  lc::models::transformer x = model ? model->model : lc::models::transformer{};
  if (row.cell("parameters").empty() && !model)
    return {0, "neither the catalog nor models.csv has the model " + std::string(row.cell("model"))};
  if (std::string why = apply_shape(x, row.cell("shape")); !why.empty()) return {0, why};
  const lc::training_layout l = layout_of(row);
  std::vector<lc::finding> wrong = lc::check(l, "layout");
  if (model) {
    for (lc::finding& f : lc::check(x, "model"))
      wrong.push_back(std::move(f));
  }
  rule = training_memory_rule(row, x, l);
  if (const double unit = bytes_of_unit(row.cell("unit")); unit > 0) rule /= unit;
  return wrong.empty() ? training_memory_figure(row, x, l) : answer{0, wrong[0].text()};
}

}  // namespace accuracy
