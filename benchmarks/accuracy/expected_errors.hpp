// The table of layercake/core/expected_error.hpp, from the lines that leaving sources out has written.
#pragma once

#include <layercake/core/expected_error.hpp>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "csv.hpp"

namespace accuracy {

struct expected_line {
  std::string group, regime;  // no regime: the whole group
  std::size_t sources = 0;
  double median = 0, ninetieth = 0;  // means over the sources
};

// Groups, each followed by its regimes of at least three sources.
inline std::vector<expected_line> expected_lines(const std::string& held_out) {
  const csv_table t("held_out.csv", held_out, {"group", "kind", "regime"}, {"median", "p90"});
  std::map<std::pair<std::string, std::string>, expected_line> by_regime;
  for (std::size_t i = 0; i < t.rows(); ++i) {
    const csv_record r = t[i];
    if (r.cell("kind") != "source" && r.cell("kind") != "regime") continue;
    const std::string group(r.cell("group")), regime(r.cell("regime"));
    expected_line& line = by_regime[{group, regime}];
    line.group = group, line.regime = regime, ++line.sources;
    line.median += r.number("median", 0), line.ninetieth += r.number("p90", 0);
  }
  std::vector<expected_line> out;
  for (auto& [key, line] : by_regime) {
    if (!line.regime.empty() && line.sources < layercake::least_sources) continue;
    line.median /= static_cast<double>(line.sources), line.ninetieth /= static_cast<double>(line.sources);
    out.push_back(line);
  }
  return out;
}

}  // namespace accuracy
