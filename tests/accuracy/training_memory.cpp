// Training memory against published breakdowns. Hand calculations of single rows are in
// tests/unit/training/memory.cpp; here are the scores, and a few rows from their configuration once more.
#include "../../benchmarks/accuracy/files.hpp"
#include "../../benchmarks/accuracy/predictions.hpp"
#include "../approx.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <stdexcept>

using namespace accuracy;

namespace {
// The rows of training_memory.csv alone.
std::vector<prediction> breakdowns(const directory& data) {
  std::vector<prediction> out;
  for (prediction& p : predict(data)) {
    if (p.file == "training_memory") out.push_back(std::move(p));
  }
  return out;
}
const std::vector<prediction>& predictions() {
  static const std::vector<prediction> all = breakdowns(directory(own_folder() + "data"));
  return all;
}
const prediction& of(std::string_view id) {
  for (const prediction& p : predictions())
    if (p.id == id) return p;
  throw std::runtime_error("no row " + std::string(id));
}

// A folder with one row of the columns given.
std::vector<prediction> one_row(const std::string& header, const std::string& cells) {
  const auto path = std::filesystem::temp_directory_path() / "layercake_accuracy_memory";
  std::filesystem::create_directories(path);
  output_file file((path / "training_memory.csv").string());
  file.text() << header << "\n" << cells << "\n";
  file.close();
  auto out = breakdowns(directory(path.string()));
  std::filesystem::remove_all(path);
  return out;
}
const std::string header = "id,source,model,shape,tp,pp,metric,value,unit,boundary,predictable";
}  // namespace

TEST_CASE("breakdowns of at least five sources, median error below 1 % for each, and every row bounded") {
  const group_score g = score_group(predictions(), training_memory_group);
  CHECK(g.sources.size() >= 5);
  CHECK(g.macro.rows == 60);
  CHECK(g.macro.predicted == g.macro.rows);
  CHECK(g.macro.median < 1.15 * 0.0026);  // 1.15 times what is reached
  CHECK(g.macro.p90 < 1.15 * 0.0073);
  CHECK(std::fabs(g.macro.bias) < 1.15 * 0.0023);
  for (std::size_t i = 0; i < g.sources.size(); ++i)
    CHECK_MESSAGE(g.by_source[i].median < 0.03, g.sources[i], ": ", g.by_source[i].median);
  for (const prediction& p : predictions()) {
    if (p.scored) CHECK_MESSAGE(std::fabs(p.error()) < 0.02, p.id, ": ", p.error());
  }
}

TEST_CASE("measured runs: within 1 % in the median and 2 % at most, and far nearer than the rule of thumb") {
  const auto measured = [](const prediction& p) { return p.regime == "allocated"; };
  const score ours = score_where(predictions(), measured),
              rule = score_where(predictions(), measured, of_whom::baseline);
  CHECK(ours.rows == 23);
  CHECK(ours.median < 1.15 * 0.0021);
  CHECK(ours.p90 < 1.15 * 0.0082);
  CHECK(rule.median > 10 * ours.median);
}

TEST_CASE("what the allocator reserves is never counted, and never less than what it gives out") {
  int rows = 0;
  for (const prediction& p : predictions()) {
    if (p.regime != "reserved") continue;
    ++rows;
    CHECK_FALSE(p.scored);
    CHECK(p.answered());
    CHECK(p.predicted < p.measured);
  }
  CHECK(rows == 6);
}

TEST_CASE("single rows, by hand") {
  const double gib = 1073741824;
  // 12 layers of Llama 3.1 70B, 8 tensor ranks, one copy: 18 bytes a parameter; see the unit test for the rest
  const double layer = 2 * 8192.0 * 128 * 72 + 3 * 8192.0 * 28672, table = 128256.0 * 8192;
  const double states = 18 * (12 * layer + 2 * table) / 8, kept = 4096 * (12 * 274688.0 + 4 * 8192) / 8;
  const double workspace = 4096 * (2 * 128256 / 8.0 + 4 * 8192) + 2 * table / 8 + 2 * layer / 8;
  CHECK(of("simumax-b200-005").predicted == approx((states + kept + workspace) / gib));
  // Korthikanti et al.: s b h L (10 + 24 / t + 5 a s / (h t)) and s b h L 34 / t, 48 layers of width 6144 and 64 heads
  const double sbhl = 2048.0 * 4 * 6144 * 48;
  CHECK(of("korthikanti-2022-figure-1-002").predicted == approx(sbhl * (13 + 5 * 64 * 2048 / 6144.0 / 8) / gib));
  CHECK(of("korthikanti-2022-figure-1-003").predicted == approx(sbhl * 34 / 8 / gib));
  // two formulas of the same paper: everything recomputed, 2 of 10 + 24 / 8 + 80 / 8
  CHECK(of("korthikanti-2022-figure-7-008").predicted == approx(100 * 2 / 23.0));
  // ZeRO: (2 + 2 + 12 / 64) 7.5e9
  CHECK(of("zero-2020-002").predicted == approx(7.5 * (4 + 12.0 / 64)));
}

TEST_CASE("a folder without the file has no rows; columns that are not there have defaults") {
  CHECK(breakdowns(directory("benchmarks")).empty());
  const auto p = one_row(header, "a,s,llama-3.1-8b,layers=4,2,2,weights,1,MiB,states,1");
  REQUIRE(p.size() == 1);
  const double layer = 2 * 4096.0 * 128 * 40 + 3 * 4096.0 * 14336, table = 128256.0 * 4096;
  CHECK(p[0].predicted == approx((2 * layer + table) / 2 * 2 / 1048576));
}

TEST_CASE("what cannot be predicted says why") {
  const auto reason = [](const std::string& cells) { return one_row(header, cells)[0].reason; };
  CHECK(reason("a,s,no-such-model,,1,1,weights,1,GiB,states,1") ==
        "neither the catalog nor models.csv has the model no-such-model");
  CHECK(reason("a,s,llama-3.1-8b,depth=4,1,1,weights,1,GiB,states,1") == "the shape has no field depth=4");
  CHECK(reason("a,s,llama-3.1-8b,layers,1,1,weights,1,GiB,states,1") == "the shape has no field layers");
  CHECK(reason("a,s,llama-3.1-8b,,1,1,weights,1,stone,states,1") == "the unit stone is not known");
  CHECK(reason("a,s,llama-3.1-8b,,1,1,colour,1,GiB,states,1") == "the metric colour is not known");
  CHECK(reason("a,s,llama-3.1-8b,,0,1,weights,1,GiB,states,1").find("layout.tensor is 0") == 0);
  CHECK(reason("a,s,llama-3.1-8b,heads=4,1,1,weights,1,GiB,states,1").find("model.key_heads") == 0);
  CHECK_THROWS_AS(one_row(header, "a,s,llama-3.1-8b,,one,1,weights,1,GiB,states,1"), malformed);
}
