// Constants of the software of one's own machine, found on some of its loads and asked of another.
#pragma once

#include <layercake/adapters/csv.hpp>
#include <layercake/planning/questions/engine_calibration.hpp>
#include <string>
#include <vector>

#include "directory.hpp"
#include "serving_rows.hpp"

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

}  // namespace accuracy
