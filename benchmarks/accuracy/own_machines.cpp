#include "own_machines.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <vector>

#include "files.hpp"
#include "markdown.hpp"
#include "own_calibration.hpp"
#include "predictions.hpp"

namespace accuracy {
namespace {

namespace planning = lc::planning;

// A row predicted today, and what was predicted of it before it was measured.
struct twice_predicted {
  prediction today;
  double beforehand = 0;
  double error_beforehand() const { return std::log(beforehand / today.measured); }
};

std::vector<twice_predicted> predicted_twice(const directory& data, const std::string& folder) {
  const csv_table first = csv_table::read(folder, "predictions.csv", {"id", "predicted"}, {"predicted"});
  std::map<std::string, double> beforehand;
  for (std::size_t i = 0; i < first.rows(); ++i)
    beforehand[std::string(first[i].cell("id"))] = first[i].number("predicted", std::nan(""));
  std::vector<twice_predicted> out;
  for (const prediction& p : predict(data)) {
    const auto known = beforehand.find(p.id);
    if (known == beforehand.end()) throw malformed(folder + "/predictions.csv", 1, 1, "there is no row " + p.id);
    out.push_back({p, known->second});
  }
  return out;
}

std::string by_group(const std::vector<twice_predicted>& all) {
  std::string text = head({"group", "rows", "beforehand: median", "90th", "bias", "today: median", "90th", "bias"}, 1);
  for (const std::string_view group : groups) {
    std::vector<double> then, now;
    for (const twice_predicted& t : all) {
      if (t.today.group == group) then.push_back(t.error_beforehand()), now.push_back(t.today.error());
    }
    if (now.empty()) continue;
    const score a = score_of(then, then.size()), b = score_of(now, now.size());
    text += row({std::string(group), std::to_string(now.size()), percent(a.median), percent(a.p90),
                 percent(a.bias, true), percent(b.median), percent(b.p90), percent(b.bias, true)});
  }
  return text;
}

// What a row of a kernel is of: its sizes, in the order of the schema.
std::string said_by(const csv_record& r) {
  std::string text;
  for (const char* const column :
       {"regime", "phase", "op", "precision", "attention_kernel", "m", "n", "k", "batch", "heads", "kv_heads", "seq_q",
        "seq_kv", "message_bytes", "micro_batch", "global_batch", "concurrency"}) {
    if (r.cell(column).empty()) continue;
    if (!text.empty()) text += ' ';
    text += r.cell(column);
  }
  if (!r.cell("cuda_graphs").empty()) text += r.cell("cuda_graphs") == "1" ? " as graph" : " eager";
  return text;
}

std::string by_row(const directory& data, const std::vector<twice_predicted>& all) {
  std::map<std::string, std::string> said;
  for (const csv_table* t : {&data.training, &data.inference, &data.energy, &data.micro}) {
    for (std::size_t i = 0; i < t->rows(); ++i)
      said[std::string((*t)[i].cell("id"))] = said_by((*t)[i]);
  }
  std::string text = head({"row", "of", "metric", "measured", "beforehand", "error", "today", "error"}, 3);
  for (const twice_predicted& t : all) {
    const prediction& p = t.today;
    text += row({p.id, said[p.id], p.metric, number(p.measured), number(t.beforehand),
                 percent(t.error_beforehand(), true), number(p.predicted), percent(p.error(), true)});
  }
  return text;
}

std::string calibration(const directory& data, const std::string& file, bool graphs) {
  const own_calibration c = calibrated_on_loads(data, file, graphs);
  std::string text;
  for (const planning::found_constant& k : c.found.constants) {
    if (!(k.before > 0)) continue;
    text += row({graphs ? "graphs" : "eager", std::string(k.name), number(k.before), number(k.value),
                 k.determined() ? percent(k.error) + " %" : "not told"});
  }
  for (std::size_t i = 0; i < c.before.size(); ++i) {
    text +=
        row({graphs ? "graphs" : "eager", std::string(planning::name(c.before[i].figure)) + " of the load left out",
             percent(std::log(c.before[i].ratio), true) + " %", percent(std::log(c.after[i].ratio), true) + " %", ""});
  }
  return text;
}

std::string training_calibration(const directory& data, const std::string& file) {
  const own_stack_calibration c = calibrated_on_steps(data, file);
  std::string text;
  for (const planning::found_constant& k : c.found.found)
    text += row({"training", std::string(k.name), number(k.before), number(k.value),
                 k.determined() ? percent(k.error) + " %" : "not told"});
  return text + row({"training", "step_time of the step left out", percent(std::log(c.before), true) + " %",
                     percent(std::log(c.after), true) + " %", ""});
}

std::string section(const std::string& folder, const std::string& name) {
  const directory data(folder);
  const std::vector<twice_predicted> all = predicted_twice(data, folder);
  std::string text = "\n### " + name + "\n\n" + file_text(folder + "/about.md") + "\n" + by_group(all);
  text += "\nConstants of the software that `planning::calibrate_engine` finds on the loads of fewest and most "
          "requests (`serving_eager.csv`, `serving_graphs.csv`), and\n`calibrate_stack` on one step "
          "(`training_steps.csv`); and the load between, or the other step, which they have not seen, without and with "
          "them:\n\n" +
          head({"software", "", "before", "found", "standard error"}, 2);
  text += calibration(data, folder + "/serving_eager.csv", false) +
          calibration(data, folder + "/serving_graphs.csv", true) +
          training_calibration(data, folder + "/training_steps.csv");
  return text + "\nEvery row:\n\n" + by_row(data, all);
}

}  // namespace

std::string own_machines(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  std::string text = "\n## Machines at hand\n\nWhat `./dev measure` has found, beside what was predicted before the "
                     "run and what is today. Nothing is fitted to "
                     "these rows, and no score\nabove counts them.\n";
  for (const std::string& name : names)
    text += section(folder + "/" + name, name);
  return text;
}

}  // namespace accuracy
