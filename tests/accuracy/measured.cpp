// A folder such as `./dev measure` writes, with made-up numbers: every row is read, scored and predicted.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "../../benchmarks/accuracy/predictions.hpp"

using namespace accuracy;

TEST_CASE("what a machine's own measurement writes is predicted") {
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / "layercake_measured";
  std::filesystem::remove_all(folder);
  const std::string command = "python3 tests/measure/check_measure.py --sample \"" + folder.string() + "\"";
  REQUIRE(std::system(command.c_str()) == 0);
  const auto all = predict(directory(folder.string()));
  std::filesystem::remove_all(folder);
  CHECK(all.size() > 100);
  for (const prediction& p : all) {
    INFO(p.id, ": ", p.reason);
    CHECK(p.answered());
    CHECK(p.scored);
  }
}
