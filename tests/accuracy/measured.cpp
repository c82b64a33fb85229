// Folders such as `./dev measure` writes. One with made-up numbers: every row is read, scored and predicted. And those of machines that were at hand.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <layercake/adapters/csv.hpp>
#include <layercake/planning/questions/engine_calibration.hpp>
#include <layercake/planning/questions/stack_calibration.hpp>
#include <string>

#include "../../benchmarks/accuracy/files.hpp"
#include "../../benchmarks/accuracy/own_calibration.hpp"
#include "../../benchmarks/accuracy/predictions.hpp"

using namespace accuracy;

TEST_CASE("what a machine's own measurement writes is predicted") {
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / "layercake_measured";
  std::filesystem::remove_all(folder);
  const std::string command = "python3 tests/measure/check_measure.py --sample \"" + folder.string() + "\"";
  REQUIRE(std::system(command.c_str()) == 0);
  const auto all = predict(directory(folder.string()));
  namespace planning = lc::planning;
  for (const char* const loads : {"serving_eager.csv", "serving_graphs.csv"})
    CHECK(lc::adapters::read_csv_file<planning::serving_measurement>((folder / loads).string()).size() == 3);
  const auto steps =
      lc::adapters::read_csv_file<planning::training_measurement>((folder / "training_steps.csv").string());
  REQUIRE(steps.size() == 2);
  CHECK(steps[1].plan.sequence == 2048);
  CHECK(steps[1].step_time == 0.1 * lc::units::second);
  std::filesystem::remove_all(folder);
  CHECK(all.size() > 100);
  for (const prediction& p : all) {
    INFO(p.id, ": ", p.reason);
    CHECK(p.answered());
    CHECK(p.scored);
  }
}

TEST_CASE("two loads of a machine at hand tell its software well enough for a third") {
  std::size_t machines = 0;
  for (const auto& entry : std::filesystem::directory_iterator(own_folder() + "own")) {
    const directory data(entry.path().string());
    for (const bool graphs : {false, true}) {
      const auto c = calibrated_on_loads(
          data, (entry.path() / (graphs ? "serving_graphs.csv" : "serving_eager.csv")).string(), graphs);
      CAPTURE(entry.path().string());
      CAPTURE(graphs);
      CHECK(c.found.converged);
      REQUIRE(c.after.size() == 2);
      for (std::size_t i = 0; i < c.after.size(); ++i) {
        const double before = std::fabs(std::log(c.before[i].ratio)), after = std::fabs(std::log(c.after[i].ratio));
        if (before > 0.15) CHECK(after < 0.5 * before);  // what was near may only stay so
        CHECK(after < 0.1);
      }
    }
    // The second step has four micro-batches of the first one: what it tells is nearly all.
    const auto steps = calibrated_on_steps(data, (entry.path() / "training_steps.csv").string());
    CHECK(steps.found.converged);
    CHECK(std::fabs(std::log(steps.after)) < std::fabs(std::log(steps.before)));
    CHECK(std::fabs(std::log(steps.after)) < 0.12);
    ++machines;
  }
  CHECK(machines > 0);
}
