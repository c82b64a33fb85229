#include "document.hpp"

#include <cstdio>
#include <map>

#include "expected_errors.hpp"
#include "files.hpp"
#include "markdown.hpp"
#include "own_machines.hpp"

namespace accuracy {
namespace {

std::vector<std::string> cells(const std::vector<std::string>& names, const score& ours, const score& rule) {
  std::vector<std::string> out = names;
  for (const std::string& c : {std::to_string(ours.rows), std::to_string(ours.predicted), percent(ours.median),
                               percent(ours.p90), percent(ours.bias, true), percent(rule.median), percent(rule.p90)}) {
    out.push_back(c);
  }
  return out;
}

// The memory of training, of the program's own data.
std::string memory_section(const std::vector<prediction>& all) {
  const auto fine = [](double x) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f", 100 * x);
    return std::string(text);
  };
  const auto line = [&](const std::string& name, const score& ours, const score& rule) {
    return row({name, std::to_string(ours.rows), std::to_string(ours.predicted), fine(ours.median), fine(ours.p90),
                (ours.bias < 0 ? "" : "+") + fine(ours.bias), percent(rule.median), percent(rule.p90)});
  };
  std::string text =
      "\n## Training memory\n\nBytes of a rank against published breakdowns "
      "(`benchmarks/accuracy/data/training_memory.csv`), "
      "nothing fitted. The rule of thumb: 16 bytes\na parameter over the ranks of a copy, and 34 s b h a layer.\n\n" +
      head({"source", "rows", "predicted", "median", "90th", "bias", "rule: median", "rule: 90th"}, 1);
  const group_score ours = score_group(all, training_memory_group),
                    rule = score_group(all, training_memory_group, of_whom::baseline);
  for (std::size_t i = 0; i < ours.sources.size(); ++i)
    text += line(ours.sources[i], ours.by_source[i], rule.by_source[i]);
  text += line("**mean over sources**", ours.macro, rule.macro);
  const auto reserved = [](const prediction& p) { return p.regime == "reserved"; };
  text += line("not counted: reserved, not allocated", score_where(all, reserved),
               score_where(all, reserved, of_whom::baseline));
  text += "\nEvery figure whose error is above 1 %, of those that count:\n\n" +
          head({"row", "model", "metric", "measured", "predicted", "error"}, 3);
  for (const prediction& p : all) {
    if (p.file == "training_memory" && p.scored && p.answered() && std::fabs(p.error()) > 0.01)
      text += row({p.id, p.model.empty() ? "-" : p.model, p.metric, number(p.measured), number(p.predicted),
                   percent(p.error(), true)});
  }
  return text;
}

double value(const csv_record& r, const char* column) {
  return std::strtod(std::string(r.cell(column)).c_str(), nullptr);
}

std::string by_group(const std::vector<prediction>& all) {
  std::string text = "## By group\n\n" +
                     head({"group", "rows", "predicted", "median", "90th", "bias", "rule: median", "rule: 90th"}, 1);
  for (std::string_view group : groups) {
    const group_score ours = score_group(all, group), rule = score_group(all, group, of_whom::baseline);
    if (!ours.sources.empty()) text += row(cells({ours.group}, ours.macro, rule.macro));
  }
  return text;
}

std::string by_source(const std::vector<prediction>& all) {
  std::string text =
      "\n## By source\n\n" +
      head({"group", "source", "rows", "predicted", "median", "90th", "bias", "rule: median", "rule: 90th"}, 2);
  for (std::string_view group : groups) {
    const group_score ours = score_group(all, group), rule = score_group(all, group, of_whom::baseline);
    for (std::size_t i = 0; i < ours.sources.size(); ++i)
      text += row(cells({ours.group, ours.sources[i]}, ours.by_source[i], rule.by_source[i]));
  }
  return text;
}

// Means over lines of held_out.csv.
struct mean_of_lines {
  double fitted = 0, fitted_90 = 0, fitted_bias = 0, left = 0, left_90 = 0, left_bias = 0, weight = 0;

  void add(const csv_record& r, double w) {
    fitted += w * value(r, "fitted_median"), fitted_90 += w * value(r, "fitted_p90");
    fitted_bias += w * value(r, "fitted_bias"), left += w * value(r, "median"), left_90 += w * value(r, "p90");
    left_bias += w * value(r, "bias"), weight += w;
  }
  std::vector<std::string> cells() const {
    return {percent(fitted / weight), percent(fitted_90 / weight), percent(fitted_bias / weight, true),
            percent(left / weight),   percent(left_90 / weight),   percent(left_bias / weight, true)};
  }
};
std::vector<std::string> joined(std::vector<std::string> names, const mean_of_lines& m, std::string last) {
  for (std::string& c : m.cells())
    names.push_back(std::move(c));
  names.push_back(std::move(last));
  return names;
}

std::string left_out(const std::string& held_out) {
  const csv_table out("held_out.csv", held_out, {"group", "kind", "left_out"}, {});
  std::string text =
      "\n## Fitted and left out\n\nThe constants were fitted on these sources together. Left out: fitted again on "
      "all the others, from first guesses, then\n"
      "asked for this one. A source of n rows weighs min(1, n/3) in the second mean.\n\n" +
      head({"group", "source", "fitted: median", "90th", "bias", "left out: median", "90th", "bias", ""}, 2);
  std::string kinds =
      "\n### More than a source left out\n\nMeans over what is left out in turn: all sources of a lab, "
      "of an engine or stack, of a family of chips, all rows of a precision.\n\n" +
      head({"group", "left out", "fitted: median", "90th", "bias", "left out: median", "90th", "bias", "how many"}, 2);
  for (std::string_view group : groups) {
    mean_of_lines all, weighted;
    std::map<std::string, mean_of_lines> by_kind;
    std::string constants;
    for (std::size_t i = 0; i < out.rows(); ++i) {
      const csv_record r = out[i];
      if (r.cell("group") != group || r.cell("kind") == "regime") continue;
      if (r.cell("kind") != "source") {
        by_kind[std::string(r.cell("kind"))].add(r, 1);
        continue;
      }
      mean_of_lines one;
      one.add(r, 1);
      const std::string name(r.cell("left_out"));
      text +=
          row(joined({std::string(group), name}, one, r.cell("alone") == "1" ? "alone with its chip or software" : ""));
      all.add(r, 1), weighted.add(r, std::fmin(1.0, value(r, "rows") / 3));
      constants = r.cell("constants");
    }
    if (!(all.weight > 0)) continue;
    text += row(joined({std::string(group), "**mean**"}, all,
                       number(all.weight) + " sources, " + constants + " constants; ratio of medians " +
                           number(all.left / all.fitted)));
    text += row(joined({std::string(group), "**mean by rows**"}, weighted, ""));
    for (const auto& [kind, mean] : by_kind)
      kinds += row(joined({std::string(group), kind}, mean, number(mean.weight)));
  }
  return text + kinds;
}

std::string expected(const std::string& held_out) {
  std::string text = "\n## By regime of a question\n\nSources left out, by what a question says of itself: what "
                     "`explain` tells, and what "
                     "intervals of bills and Monte Carlo take\n(`core/expected_error.hpp`). Regimes that fewer than "
                     "three sources tell of are "
                     "as their group.\n\n" +
                     head({"group", "regime", "sources", "left out: median", "90th"}, 2);
  for (const expected_line& e : expected_lines(held_out))
    text += row({e.group, e.regime.empty() ? "all" : e.regime, std::to_string(e.sources), percent(e.median),
                 percent(e.ninetieth)});
  return text;
}

std::string kernel_laws(const std::string& kernels) {
  std::string text =
      "\n## Kernels, fitted and left out\n\nOn the measured kernels that the constants come from. Other shapes: "
      "each half of the shapes when "
      "the other half was fitted.\nOther chips: each chip when the others of its generation were fitted; for "
      "`generic`: each generation when the others were fitted.\n\n" +
      head({"law", "constants", "rows", "fitted: median", "90th", "other shapes: median", "90th", "other chips: median",
            "90th"},
           2);
  const csv_table laws("kernels_held_out.csv", kernels, {"law"}, {});
  for (std::size_t i = 0; i < laws.rows(); ++i) {
    const csv_record r = laws[i];
    std::vector<std::string> line{std::string(r.cell("law")), std::string(r.cell("constants")),
                                  std::string(r.cell("rows"))};
    for (const char* column :
         {"fitted_median", "fitted_p90", "shapes_median", "shapes_p90", "chips_median", "chips_p90"})
      line.push_back(r.cell(column).empty() ? "-" : percent(value(r, column)));
    text += row(line);
  }
  return text;
}

// Rows of all sources together, by what `key` takes of them.
template <class Key>
std::string breakdown(const std::vector<prediction>& all, const std::string& name, Key key) {
  std::string text =
      "\n## By " + name + "\n\nRows of all sources together, " + name + "s of at least four rows.\n\n" +
      head({"group", name, "rows", "predicted", "median", "90th", "bias", "rule: median", "rule: 90th"}, 2);
  for (std::string_view group : groups) {
    const auto in = [&](const prediction& p) { return p.scored && p.group == group; };
    for (const std::string& one : distinct(all, in, key)) {
      const auto of = [&](const prediction& p) { return in(p) && key(p) == one; };
      const score ours = score_where(all, of);
      if (ours.rows >= 4) text += row(cells({std::string(group), one}, ours, score_where(all, of, of_whom::baseline)));
    }
  }
  return text;
}

std::string worst_rows(const std::vector<prediction>& all) {
  std::string text = "\n## The worst rows\n\nThe three worst of every source whose 90th percentile is above 20 %.\n\n" +
                     head({"source", "row", "chip", "model or regime", "metric", "measured", "predicted", "error"}, 5);
  for (std::string_view group : groups) {
    const group_score g = score_group(all, group);
    for (std::size_t i = 0; i < g.sources.size(); ++i) {
      if (!(g.by_source[i].p90 > 0.2)) continue;
      std::vector<const prediction*> worst;
      for (const prediction& p : all) {
        if (p.scored && p.group == group && p.source == g.sources[i] && p.answered()) worst.push_back(&p);
      }
      std::sort(worst.begin(), worst.end(), [](const prediction* a, const prediction* b) {
        const double x = std::fabs(a->error()), y = std::fabs(b->error());
        return x > y || (x == y && a < b);
      });
      for (std::size_t k = 0; k < worst.size() && k < 3; ++k) {
        const prediction& p = *worst[k];
        text += row({p.source, p.id, p.chip, p.model.empty() ? p.regime : p.model, p.metric, number(p.measured),
                     number(p.predicted), percent(p.error(), true)});
      }
    }
  }
  return text;
}

std::string unanswered_rows(const std::vector<prediction>& all) {
  const auto scored = [](const prediction& p) { return p.scored; };
  const score all_scored = score_where(all, scored);
  std::string text = "\n## Not predicted\n\n";
  if (all_scored.rows == all_scored.predicted)
    text += "Every row whose configuration is complete is predicted. Of the others:\n\n";
  text += head({"rows", "counted", "why"}, 0);
  for (const std::string& reason : distinct(
           all, [](const prediction& p) { return !p.answered(); }, [](const prediction& p) { return p.reason; })) {
    const score any = score_where(all, [&](const prediction& p) { return p.reason == reason; });
    const score counted = score_where(all, [&](const prediction& p) { return p.scored && p.reason == reason; });
    text += row({std::to_string(any.rows), std::to_string(counted.rows), reason});
  }
  return text;
}

}  // namespace

std::string document(const std::vector<prediction>& all, const std::string& held_out, const std::string& kernels,
                     const std::string& notes) {
  const std::string text =
      "# Accuracy\n\n<!-- Written by `./dev accuracy --write docs/accuracy.md`; change "
      "benchmarks/accuracy/notes.md or the laws instead. -->\n\n"
      "How far layercake is from published measurements. Every row of `benchmarks/accuracy/data` is "
      "predicted from its configuration alone: the\n"
      "library sees chip, model, layout, load and software, never the source or the measured figure. "
      "Errors are |ln(predicted / measured)| in percent:\n"
      "10 is about 10 % too large or too small. The bias is the median with its sign: above zero the "
      "prediction is the larger figure.\n\n"
      "Each source counts once, however many rows it has. Rows whose configuration the source does not "
      "tell completely are predicted, but not\n"
      "counted. The rule of thumb on the same rows: training at 42 % of the chip's peak; all else at "
      "the data sheet's roofline.\n\n"
      "Run it on measurements of your own with `./dev accuracy DIR`; the schema is in "
      "`benchmarks/accuracy/data/README.md`.\n\n";
  return text + by_group(all) + by_source(all) + memory_section(all) + left_out(held_out) + expected(held_out) +
         kernel_laws(kernels) + own_machines(own_folder() + "own") +
         breakdown(all, "regime", [](const prediction& p) { return p.regime; }) +
         breakdown(all, "chip", [](const prediction& p) { return p.chip; }) + worst_rows(all) + unanswered_rows(all) +
         "\n" + notes;
}

}  // namespace accuracy
