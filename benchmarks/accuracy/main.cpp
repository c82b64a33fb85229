// Predicts every measurement of a folder and says how far off it is.
//
//   accuracy [DIR] [--predictions FILE]     DIR: CSV files by the schema of data/README.md; the program's own data if
//   none is given accuracy --write FILE                   the document of the errors (docs/accuracy.md), from the
//   program's own data accuracy --fit [DIR] [--held-out FILE]  fits the constants of training and serving again and
//   leaves out each source in turn accuracy --fit-kernels DIR              fits the constants of kernels again, from a
//   folder of kernel times
//
// The last lines of the first form are for programs: `source,...` for every source of every group, then `score,...` for every
// group.
#include <cstdio>
#include <cstring>
#include <string>

#include "document.hpp"
#include "files.hpp"
#include "fit.hpp"
#include "predictions.hpp"

namespace accuracy {
namespace {

void write_predictions(const std::vector<prediction>& all, const std::string& path) {
  output_file to(path);
  std::ostream& file = to.text();
  file << "id,metric,measured,predicted,relative_error,confidence,reason,file,group,predictable\r\n";
  const auto number = [](double x) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", x);
    return std::string(text);
  };
  for (const prediction& p : all) {
    file << csv_text(p.id) << ',' << csv_text(p.metric) << ',' << (p.comparable() ? number(p.measured) : "") << ',';
    if (p.answered())
      file << number(p.predicted) << ',' << (p.comparable() ? number(std::exp(p.error()) - 1) : "");
    else
      file << ',';
    file << ',' << p.confidence << ',' << csv_text(p.reason) << ',' << p.file << ".csv," << p.group << ','
         << (p.scored ? 1 : 0) << "\r\n";
  }
  to.close();
}

void table_line(const char* name, const score& ours, const score& rule) {
  const auto percent = [](double x) { return 100 * x; };
  std::printf("  %-34s %5zu %5zu   %6.1f %6.1f %6.1f %+6.1f   %6.1f %6.1f %+6.1f\n", name, ours.rows, ours.predicted,
              percent(ours.median), percent(ours.mean), percent(ours.p90), percent(ours.bias), percent(rule.median),
              percent(rule.p90), percent(rule.bias));
}

void print_tables(const std::vector<prediction>& all) {
  std::printf("|ln(predicted / measured)| in %%, rows marked predictable; the rule of thumb is 42 %% of the peak in "
              "training, the data sheet's roofline else\n");
  for (std::string_view group : groups) {
    const group_score ours = score_group(all, group), rule = score_group(all, group, of_whom::baseline);
    if (ours.sources.empty()) continue;
    std::printf("\n%-36s %5s %5s   %6s %6s %6s %6s   rule of thumb: median, p90, bias\n", ours.group.c_str(), "rows",
                "pred.", "median", "mean", "p90", "bias");
    for (std::size_t i = 0; i < ours.sources.size(); ++i)
      table_line(ours.sources[i].c_str(), ours.by_source[i], rule.by_source[i]);
    const auto in = [&](const prediction& p) { return p.scored && p.group == group; };
    for (const std::string& metric : distinct(all, in, [](const prediction& p) { return p.metric; })) {
      const auto of = [&](const prediction& p) { return in(p) && p.metric == metric; };
      table_line(("by metric: " + metric).c_str(), score_where(all, of), score_where(all, of, of_whom::baseline));
    }
    table_line("mean over sources", ours.macro, rule.macro);
  }
  std::vector<std::string> reasons = distinct(
      all, [](const prediction& p) { return p.scored && !p.answered(); }, [](const prediction& p) { return p.reason; });
  if (!reasons.empty()) std::printf("\nNot predicted:\n");
  for (const std::string& reason : reasons) {
    std::printf("  %5zu  %s\n",
                score_where(all, [&](const prediction& p) { return p.scored && p.reason == reason; }).rows,
                reason.c_str());
  }
}

void print_scores(const std::vector<prediction>& all) {
  std::printf("\n");
  std::vector<group_score> scores;
  for (std::string_view group : groups)
    scores.push_back(score_group(all, group));
  for (const group_score& g : scores) {
    for (std::size_t i = 0; i < g.sources.size(); ++i) {
      const score& s = g.by_source[i];
      std::printf("source,%s,%s,%zu,%zu,%.4f,%.4f,%.4f,%.4f\n", g.group.c_str(), csv_text(g.sources[i]).c_str(), s.rows,
                  s.predicted, s.median, s.mean, s.p90, s.bias);
    }
  }
  for (const group_score& g : scores) {
    if (g.sources.empty()) continue;
    std::printf("score,%s,%zu,%zu,%.4f,%.4f,%.4f\n", g.group.c_str(), g.macro.rows, g.macro.predicted, g.macro.median,
                g.macro.p90, g.macro.bias);
  }
}

int write_document(const std::string& path) {
  const std::string here = own_folder();
  keep_out_of(here, path);
  keep_out_of(here + "data", path);
  output_file file(path);
  file.text() << document(predict(directory(here + "data")), file_text(here + "held_out.csv"),
                          file_text(here + "kernels_held_out.csv"), file_text(here + "notes.md"));
  file.close();
  return 0;
}

int report(const std::string& folder, const std::string& path) {
  const directory data(folder);
  if (data.empty()) {
    std::fprintf(stderr,
                 "accuracy: %s has no measurements: none of training.csv, inference.csv, energy.csv, micro.csv, "
                 "generation.csv, memory.csv, training_memory.csv has a row\n",
                 folder.c_str());
    return 2;
  }
  keep_out_of(folder, path);
  const std::vector<prediction> all = predict(data);
  write_predictions(all, path);
  std::printf("%zu rows of %s, each in %s\n", all.size(), folder.c_str(), path.c_str());
  print_tables(all);
  print_scores(all);
  return 0;
}

}  // namespace
}  // namespace accuracy

int main(int argc, char** argv) {
  std::string folder, predictions = "predictions.csv", kernels, document, held_out;
  bool fit = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const bool more = i + 1 < argc;
    if (argument == "--predictions" && more)
      predictions = argv[++i];
    else if (argument == "--fit")
      fit = true;
    else if (argument == "--held-out" && more)
      held_out = argv[++i];
    else if (argument == "--fit-kernels" && more)
      kernels = argv[++i];
    else if (argument == "--write" && more)
      document = argv[++i];
    else if (argument.substr(0, 1) != "-")
      folder = argument;
    else {
      std::fprintf(stderr, "usage: accuracy [DIR] [--predictions FILE]\n       accuracy --write FILE\n       accuracy "
                           "--fit [DIR] [--held-out FILE]\n       accuracy --fit-kernels DIR\n");
      return 2;
    }
  }
  try {
    const bool measurements_alone = !folder.empty() && !fit && kernels.empty();
    const std::string here = measurements_alone ? "" : accuracy::own_folder();
    if (folder.empty()) folder = here + "data";
    if (!held_out.empty()) accuracy::keep_out_of(kernels.empty() ? folder : kernels, held_out);
    if (!kernels.empty())
      return accuracy::fit_kernels(kernels, folder, held_out.empty() ? here + "kernels_held_out.csv" : held_out), 0;
    if (!document.empty()) return accuracy::write_document(document);
    if (fit) return accuracy::fit_measurements(folder, held_out.empty() ? here + "held_out.csv" : held_out), 0;
    return accuracy::report(folder, predictions);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "accuracy: %s\n", e.what());
    return 2;
  }
}
