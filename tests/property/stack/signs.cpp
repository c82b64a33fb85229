// The table of signs, docs/signs.md, over the catalogs: no input moves a figure the wrong way.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <set>
#include <vector>

#include "catalog_stacks.hpp"
#include "sign_table.hpp"

using namespace layercake_test;
using signs::sign;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
// Of a figure: what a batch that is searched for leaves when it settles, as the page says.
constexpr double rounding = 5e-4;

using figures = std::array<double, signs::columns.size()>;

double cost_of(const any_stack& s) { return in<usd_per_hour>(s.pull(lc::counting::smooth).cost()); }

figures figures_of(const any_stack& s) {
  const auto bill = s.pull(lc::counting::smooth);
  lc::grant granted;
  granted.plant_power = 100 * megawatt;
  return {in<usd_per_hour>(bill.cost()), plain(bill.built.chips), in<watt>(bill.supplied.plant.mean),
          in<token_per_second>(s.push(granted).output_tokens)};
}

// Raises the field of that number by `factor`, whole numbers to a whole number; false where it stays as it was.
template <class Record>
bool raise_field(Record& x, int number, double factor) {
  int k = 0;
  bool changed = false;
  lc::for_each_field(x, "", [&](const std::string&, auto& value, const auto& descriptor) {
    if (k++ != number) return;
    const double before = lc::base_value(value);
    double after = before * factor;
    if (descriptor.allowed.whole) after = std::ceil(after);
    changed = after > before && descriptor.allowed.contains(after);
    if (changed) value = lc::from_base_value<std::remove_cvref_t<decltype(value)>>(after);
  });
  return changed;
}

// Windows that are fixed blocks of positions (Llama 4): a call that ends just beyond a block sees less than one that ends just before.
bool left_out(const std::string& input, const layers_of_stack& x) {
  return x.model.architecture.chunked && (input == "application.input" || input == "application.output" ||
                                          input == "model.architecture.sliding_window");
}

std::vector<std::string> inputs() {
  std::vector<std::string> all;
  layers_of_stack any;
  lc::for_each_field(any, "", [&](const std::string& path, auto&, const auto&) { all.push_back(path); });
  return all;
}

struct tally {
  long compared = 0, wrong = 0;
  double worst = 0;
  std::string where;

  void add(double by, const std::string& at, double factor) {
    ++compared;
    if (!(by > rounding)) return;
    ++wrong;
    if (by > worst) {
      worst = by;
      char text[32];
      std::snprintf(text, sizeof text, ", x %g", factor);
      where = at + text;
    }
  }
};

using tallies = std::vector<std::array<tally, signs::columns.size()>>;

// Every input of one stack, raised. The cost is compared with that under its own plan, the rest under the plan that stays.
class raising {
public:
  raising(const layers_of_stack& layers, const any_stack& before, std::string text)
      : layers_(layers),
        cost_(cost_of(before)),
        figures_(figures_of(before.with(before.plan))),
        text_(std::move(text)) {
    layers_.plan = before.plan;
  }

  void one(int input, bool of_plan, const signs::row& row, double factor,
           std::array<tally, signs::columns.size()>& into) const {
    layers_of_stack x = layers_;
    if (!raise_field(x, input, factor) || !lc::check(x).empty()) return;
    x.planned = of_plan;
    if (row[0] != sign::either) {
      double cost = infinity;
      try {
        cost = cost_of(x.composed());
      } catch (const lc::infeasible&) {
      } catch (const lc::invalid_value&) {  // a split that does not divide what has been raised
        if (of_plan) return;
        throw;
      }
      into[0].add(signs::wrong_way(row[0], cost_, cost), text_, factor);
    }
    if (std::all_of(row.begin() + 1, row.end(), [](sign s) { return s == sign::either; })) return;
    x.planned = true;
    try {
      const figures after = figures_of(x.composed());
      for (std::size_t c = 1; c < after.size(); ++c) {
        if (row[c] != sign::either) into[c].add(signs::wrong_way(row[c], figures_[c], after[c]), text_, factor);
      }
    } catch (const lc::infeasible&) {  // more of the input is too much for this plan
      if (row[1] == sign::down) into[1].add(infinity, text_, factor);
    } catch (const lc::invalid_value&) {  // nor can every plan be cut out of every model
    }
  }

private:
  layers_of_stack layers_;
  double cost_;
  figures figures_;
  std::string text_;
};

}  // namespace

TEST_CASE("the table of signs lists what a stack takes, no more and no less") {
  const auto table = signs::table();
  const auto names = inputs();
  const std::set<std::string> taken(names.begin(), names.end());
  for (const auto& name : taken) {
    CAPTURE(name);
    CHECK(table.count(name) == 1);
  }
  for (const auto& [name, row] : table) {
    CAPTURE(name);
    CHECK(taken.count(name) == 1);
  }
}

TEST_CASE("no input moves a figure the wrong way") {
  const auto table = signs::table();
  const auto names = inputs();
  tallies all(names.size());
  long stacks = 0;
  for_each_catalog_stack(1, [&](layers_of_stack x, const std::string& text) {
    try {
      const any_stack before = x.composed();
      if (stacks % 3 == 0) {  // of plans, some that draft and that read scores from memory
        x.plan = before.plan;
        x.plan.speculation = {.drafted = 3, .acceptance = 0.6, .draft_cost = 0.05};
        x.plan.software.score_passes = 1;
        x.plan.software.element_wise_kernels = 8;
        x.planned = true;
      }
      const any_stack planned = x.composed();
      x.planned = false;
      const raising of_layers(x, before, text), of_plan(x, planned.with(planned.plan), text + ", planned");
      const double steps[] = {1.02, 1.1, 1.3};
      for (std::size_t i = 0; i < names.size(); ++i) {
        const bool plan = names[i].compare(0, 5, "plan.") == 0;
        const auto row = table.find(names[i]);
        if (row == table.end() || left_out(names[i], x)) continue;
        for (std::size_t k = 0; k < 3; ++k) {
          // A sample: of a stack every fourth input, by one of the steps.
          if (!thorough() && k != (i + static_cast<std::size_t>(stacks)) % 12) continue;
          (plan ? of_plan : of_layers).one(static_cast<int>(i), plan, row->second, steps[k], all[i]);
        }
      }
      ++stacks;
    } catch (const lc::infeasible&) {  // no plan for this model on this chip, or none that keeps the objectives
    }
  });
  CHECK(stacks > 1000);
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (std::size_t c = 0; c < signs::columns.size(); ++c) {
      const tally& t = all[i][c];
      INFO(names[i] << ", " << std::string(signs::columns[c]) << ": the wrong way in " << t.wrong << " of "
                    << t.compared << ", by up to " << 100 * t.worst << " %: " << t.where);
      CHECK(t.wrong == 0);
    }
  }
}
