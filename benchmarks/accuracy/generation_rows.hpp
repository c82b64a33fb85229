// One row of generation.csv: its configuration, and the time or energy that the library predicts for it.
#pragma once

#include <layercake/serving/energy.hpp>
#include <string>

#include "serving_rows.hpp"

namespace accuracy {

struct generation_case {
  lc::models::diffusion model;
  double images = 1;
  std::string reason;  // why nothing is predicted, empty if something is
};

// Defaults for empty cells: what the catalog's model makes, one at a time, by a framework's own kernels.
template <class Row>
generation_case generation_case_of(const Row& row) {
  generation_case c;
  const std::string_view name = row.cell("model");
  for (const lc::models::diffusion* known : lc::models::catalog::diffusion_models)
    if (name == known->name) c.model = *known;
  if (!lc::is_known(c.model.width)) {
    c.reason = "the catalog has no diffusion model " + std::string(name);
    return c;
  }
  const auto given = [&](std::string_view column, double& value) { value = number(row, column, value); };
  given("image_width", c.model.image_width), given("image_height", c.model.image_height);
  given("frames", c.model.frames), given("steps", c.model.steps), given("images", c.images);
  if (row.cell("execution") == "compiled") c.model.software = lc::models::execution::compiled;
  if (row.cell("attention") == "own") c.model.ported_attention = false;
  if (const auto wrong = lc::check(c.model, "model"); !wrong.empty()) c.reason = wrong[0].text();
  return c;
}

template <class Row>
answer predict_generation(const Row& row, const lc::chips::accelerator& chip) {
  using namespace lc::units;
  const generation_case c = generation_case_of(row);
  if (!c.reason.empty()) return {0, c.reason};
  const auto replica =
      lc::replica_of<double>(chip, lc::infrastructure::site{}, c.model, lc::serving_plan{}, lc::call_demand<>{});
  const lc::step_cost<> all = replica.prefill(c.images);
  if (row.cell("metric") == "latency") return {lc::in<second>(all.time), {}};
  if (row.cell("metric") == "energy")
    return {lc::in<joule>(lc::running_power(chip, all, 1.0, 1.0) * all.time) / c.images, {}};
  return {0, "the metric " + std::string(row.cell("metric")) + " is not known"};
}

}  // namespace accuracy
