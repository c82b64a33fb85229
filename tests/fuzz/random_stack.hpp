// Random layers of a stack: rows of the catalogs, some of whose fields are changed.
#pragma once

#include <layercake/infrastructure/catalog.hpp>
#include <layercake/layercake.hpp>
#include <string>
#include <vector>

#include "../property/stack/catalog_stacks.hpp"
#include "generator.hpp"

namespace fuzz {

using layercake_test::any_stack;
using layercake_test::layers_of_stack;

struct random_stack {
  layers_of_stack base;
  std::string code;  // that makes `base` as x
  std::vector<change> changes;

  layers_of_stack layers() const { return changed(base, changes); }
};

inline bool of_plan(const std::string& path) { return path.compare(0, 5, "plan.") == 0; }

// Chips without a price or a power are given one; figures of the catalogs that are unknown and only counted are set, so that
// whatever is not a number afterwards is a fault.
inline random_stack draw_stack(generator& random, std::size_t most_changes) {
  const auto& entry = random.one_of(lc::chips::catalog::all);
  const auto* model = random.one_of(lc::models::catalog::transformers);
  const auto* site = random.one_of(lc::infrastructure::catalog::sites);
  const auto& load = random.one_of(layercake_test::loads());
  const bool narrow = random.one_in(2);
  random_stack s;
  s.base = {layercake_test::tariff(),
            *entry.chip,
            *site,
            model->at(narrow ? lc::precision::fp8 : lc::precision::bf16),
            load,
            {}};
  using namespace lc::units;
  if (!lc::is_known(s.base.chip.price)) s.base.chip.price = 20000 * usd;
  if (!lc::is_known(s.base.chip.thermal_design_power)) s.base.chip.thermal_design_power = 600 * watt;
  if (!lc::is_known(s.base.chip.idle_power)) s.base.chip.idle_power = 70 * watt;
  if (!lc::is_known(s.base.chip.die_area)) s.base.chip.die_area = 800 * square_millimetre;
  s.code = std::string("layers_of_stack x{tariff(), lc::chips::catalog::find(\"") + std::string(entry.name) +
           "\"), lc::infrastructure::catalog::find_site(\"" + site->name + "\"), lc::models::catalog::find(\"" +
           model->name + "\").at(lc::precision::" + (narrow ? "fp8" : "bf16") + "), /* " + load.name +
           " of */ loads(), {}};";
  s.changes = inside(random, fields_of(s.base), 1 + random.below(most_changes), [](const std::string& path) {
    // Shares that add up to 1 cannot be changed one by one.
    return !of_plan(path) && path.find("_share") == path.npos;
  });
  return s;
}

}  // namespace fuzz
