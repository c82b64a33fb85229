// What the fits of kernel constants share: constants by name, tables of kernel times, halves of the shapes, and where
// errors and constants are printed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <initializer_list>
#include <layercake/chips/catalog.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "directory.hpp"
#include "files.hpp"
#include "least_squares.hpp"
#include "predictions.hpp"

namespace accuracy {

// A constant of a law: where it is, its physical bounds, and whether the fit may move it.
struct named {
  const char* name;
  double* at;
  double low, high;
  bool free;
};

// Which half of the shapes a row is in, by the text of its key: half of the shapes is left out of the fit in turn.
inline int half_of(const std::string& key) {
  std::uint64_t h = 1469598103934665603ULL;  // FNV-1a
  for (const char c : key)
    h = (h ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return static_cast<int>((h >> 32) & 1);
}

inline csv_table kernel_table(const std::string& folder, const std::string& name, const schema::columns& numbers) {
  csv_table table = csv_table::read(folder, name, {"chip", "time_s"}, numbers);
  if (table.rows() == 0) std::printf("%s: not there, skipped\n", name.c_str());
  return table;
}

inline std::string key_of(const csv_record& row, std::initializer_list<std::string_view> columns) {
  std::string key;
  for (std::string_view c : columns)
    key += std::string(row.cell(c)) + ",";
  return key;
}

// Where the errors go, beside the screen: lines of law, constants, rows, and median and 90th percentile as fitted, of
// shapes held out, of chips held out.
struct fit_report {
  std::optional<output_file> file;
  std::string law;
  bool any = false;  // row was fitted

  explicit fit_report(const std::string& path) {
    if (path.empty()) return;
    file.emplace(path);
    file->text() << "law,constants,rows,fitted_median,fitted_p90,shapes_median,shapes_p90,chips_median,chips_p90\r\n";
  }

  void write(const char* constants, const std::vector<double>& fitted, const std::vector<double>& shapes,
             const std::vector<double>& chips) {
    any = true;
    if (!file) return;
    std::ostream& lines = file->text();
    lines << law << ',' << csv_text(constants) << ',' << fitted.size();
    for (const std::vector<double>* e : {&fitted, &shapes, &chips}) {
      const score s = score_of(*e, e->size());
      char text[64] = ",,";
      if (!e->empty()) std::snprintf(text, sizeof text, ",%.4f,%.4f", s.median, s.p90);
      lines << text;
    }
    lines << "\r\n";
  }
  void close() {
    if (file) file->close();
  }
};

inline void print_errors(const char* what, const std::vector<double>& errors) {
  if (errors.empty()) return;
  const score s = score_of(errors, errors.size());
  std::printf("   %s %.1f %.1f %.1f %+.1f", what, 100 * s.median, 100 * s.mean, 100 * s.p90, 100 * s.bias);
}

// A fit of constants in place, of rows that stand for kernels. `half` of each row: shapes that are left out together;
// `other`: chips (or tables) that are left out together, -1: never left out; `weight`: of each row.
struct left_out {
  std::vector<int> half, other;
  std::vector<double> weight;
  const char* others = "other chips";
};
struct fit_errors {
  std::vector<double> before, fitted, shapes, others;  // before: at the constants that the fit started from
};

// Fits to all rows, after having fitted without each half of the shapes and without each of the others, always from the
// constants as they were.
inline fit_errors fit_and_leave_out(const std::vector<named>& list, const left_out& rows,
                                    const std::function<std::vector<double>()>& errors) {
  fit_problem problem;
  problem.stiffness = 0.01;
  problem.rounding = 0.12;
  problem.errors = errors;
  std::vector<double> start;
  for (const named& n : list) {
    start.push_back(*n.at);
    if (n.free) problem.constants.push_back({n.at, n.low, n.high, *n.at});
  }
  // Errors of the rows that `out` selects, when the others were fitted.
  const auto without = [&](const std::vector<int>& group, int out) {
    for (std::size_t i = 0; i < list.size(); ++i)
      *list[i].at = start[i];
    problem.weights = rows.weight;
    for (std::size_t i = 0; i < group.size(); ++i)
      if (group[i] == out) problem.weights[i] = 0;
    fit(problem);
    std::vector<double> chosen;
    const std::vector<double> e = errors();
    for (std::size_t i = 0; i < group.size(); ++i)
      if (group[i] == out) chosen.push_back(e[i]);
    return chosen;
  };
  fit_errors result;
  result.before = errors();
  for (const int half : {0, 1})
    for (const double e : without(rows.half, half))
      result.shapes.push_back(e);
  std::vector<int> others = rows.other;
  std::sort(others.begin(), others.end());
  others.erase(std::unique(others.begin(), others.end()), others.end());
  for (const int other : others) {
    if (other < 0 || others.size() < 2) continue;
    for (const double e : without(rows.other, other))
      result.others.push_back(e);
  }
  without({}, 0);
  result.fitted = errors();
  return result;
}

inline void print_fit(fit_report& report, const char* title, const char* others, const fit_errors& e) {
  std::printf("%-34s %6zu rows", title, e.fitted.size());
  report.write(title, e.fitted, e.shapes, e.others);
  print_errors("| shipped", e.before);
  print_errors("| fitted", e.fitted);
  print_errors("| other shapes", e.shapes);
  print_errors((std::string("| ") + others).c_str(), e.others);
  std::printf("\n");
}

// Fits constants by name, rows alike, and prints them.
inline void fit_joint(fit_report& report, const char* title, const std::vector<named>& list,
                      const std::vector<int>& halves, const std::function<std::vector<double>()>& errors) {
  if (halves.empty()) return;
  const double each = 1 / std::sqrt(static_cast<double>(halves.size()));
  const fit_errors e = fit_and_leave_out(list, {halves, {}, std::vector<double>(halves.size(), each)}, errors);
  print_fit(report, title, "", e);
  std::printf("   ");
  for (const named& n : list)
    std::printf(" %s %.4g%s", n.name, *n.at, n.free ? ";" : " (not fitted);");
  std::printf("\n");
  std::fflush(stdout);
}

// Generations of chips whose kernels were measured.
struct family_of_chips {
  lc::chips::family family;
  const char* name;
};
inline constexpr family_of_chips families[] = {{lc::chips::family::ampere, "ampere"},
                                               {lc::chips::family::ada, "ada"},
                                               {lc::chips::family::hopper, "hopper"},
                                               {lc::chips::family::blackwell, "blackwell"}};

// The fits of other files, called by fit_kernels.
void fit_collectives(const std::string& folder, const std::string& measurements,
                     fit_report& report);                       // infrastructure/fabric.hpp, catalog.hpp
void fit_power(const std::string& folder, fit_report& report);  // chips/power.hpp

}  // namespace accuracy
