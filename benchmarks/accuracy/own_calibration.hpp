// Constants of the software of one's own machine, found on some of its loads and asked of another.
#pragma once

#include <layercake/adapters/csv.hpp>
#include <layercake/planning/questions/engine_calibration.hpp>
#include <layercake/planning/questions/stack_calibration.hpp>
#include <string>
#include <vector>

#include "directory.hpp"
#include "predictions.hpp"

namespace accuracy {

// A load in the middle, which the calibration has not seen, and the loads around it.
struct own_calibration {
  lc::planning::engine_calibration found;
  std::vector<lc::planning::serving_residual> before, after;  // of the load in the middle
};

// On the first and the last of the loads of a file that `./dev measure` has written; asked of the second one. All the rest is as the first row of
// inference.csv has it.
inline own_calibration calibrated_on_loads(const directory& data, const std::string& file, bool graphs) {
  namespace planning = lc::planning;
  const auto loads = lc::adapters::read_csv_file<planning::serving_measurement>(file);
  const csv_record row = data.inference[0];
  const auto chip = data.chip(row.cell("chip"));
  const auto model = data.model(row.cell("model"));
  if (loads.size() < 3 || !chip || !model)
    throw lc::invalid_value(file + " needs three loads of a known chip and model");
  const lc::models::deployed deployed{model->model, formats_of(row, chip->chip, model->model), {}};
  const lc::infrastructure::site site;
  lc::serving_plan plan;
  plan.software = lc::software_of(engine_named(row.cell("software")), row.cell("software_version"));
  plan.software.captured_sequences = graphs ? captured : 0;
  const planning::engine_prior held{
      .per_step = 0, .per_sequence = 0, .per_request = 0, .per_rank = 0, .kernel_share = 0, .launch = 0};
  const auto of_middle = [&] {
    return planning::calibrate_engine(chip->chip, site, deployed, plan, {loads[1]}, held).residuals;
  };
  own_calibration c;
  c.before = of_middle();
  c.found = planning::calibrate_engine(chip->chip, site, deployed, plan, {loads.front(), loads.back()});
  plan.software = c.found.software;
  c.after = of_middle();
  return c;
}

// The same of training: on the first step of a file, asked of the last one.
struct own_stack_calibration {
  lc::planning::stack_calibration found;
  double before = 0, after = 0;  // predicted over measured time of the last step
};

inline own_stack_calibration calibrated_on_steps(const directory& data, const std::string& file) {
  namespace planning = lc::planning;
  const csv_record row = data.training[0];
  const auto chip = data.chip(row.cell("chip"));
  const auto model = data.model(row.cell("model"));
  if (!chip || !model) throw lc::invalid_value(file + " needs steps of a known chip and model");
  const training_case c = described_training(row, *chip, *model, {});
  const auto steps = lc::adapters::read_csv_file<planning::training_measurement>(file, {.plan = c.plan});
  const auto& last = steps.back();
  const auto off = [&](const lc::training_software& software, const lc::training_constants& k) {
    lc::training_plan plan = last.plan;
    plan.software = software;
    return lc::training_law_of<double>(c.model, c.chip, c.site, k)(plan).step_time() / last.measured_step();
  };
  own_stack_calibration out;
  out.found = planning::calibrate_stack(c.chip, c.site, c.model, {steps.front()});
  out.before = off(c.plan.software, {});
  out.after = off(out.found.software, out.found.constants);
  return out;
}

}  // namespace accuracy
