// Records of every layer with random values, inside their domains and outside: what check() finds is what is wrong, said without
// contradicting itself.
#include <doctest/doctest.h>

#include <layercake/chips/silicon.hpp>
#include <layercake/layercake.hpp>
#include <layercake/serving/regimes.hpp>
#include <layercake/training/run.hpp>

#include "generator.hpp"

using namespace fuzz;

namespace {

// "1e30 W; allowed: to 1e30 W", "-1e31; allowed: any finite value".
bool contradicts(const lc::finding& f, double value) {
  if (std::isfinite(value) && f.allowed == "any finite value") return true;
  for (const char* words : {"at most ", "at least ", "from ", " to "}) {
    const std::size_t at = f.allowed.find(words + f.value);
    if (at != f.allowed.npos && at + std::string(words).size() + f.value.size() == f.allowed.size()) return true;
  }
  return false;
}

template <class Record>
std::string broken(const Record& base, const std::vector<change>& changes, bool refused) {
  const Record x = changed(base, changes);
  const auto found = lc::check(x, "x");
  if (!refused) return "";  // rules between fields may find something or not
  for (const lc::finding& f : found) {
    if (f.path != "x." + changes.back().path) continue;
    if (f.value.empty() || f.allowed.empty() || f.remedy.empty()) return "incomplete: " + f.text();
    if (contradicts(f, changes.back().value)) return "contradicts itself: " + f.text();
    try {
      lc::validate(x, "x");
    } catch (const lc::invalid_value& e) {
      return std::string(e.what()).find(f.path + " is ") == std::string::npos ? std::string("unnamed: ") + e.what()
                                                                              : "";
    }
    return "not thrown: " + f.text();
  }
  return "not found: " + changes.back().path + " = " + lc::to_exact_string(changes.back().value);
}

template <class Record>
void look(faults& all, generator& random, const char* name, const Record& base) {
  const auto fields = fields_of(base);
  REQUIRE(!fields.empty());
  for (int i = 0; i < times(400); ++i) {
    std::vector<change> changes = inside(random, fields, random.below(4), [](const std::string&) { return true; });
    const bool refused = random.one_in(2);
    if (refused) {
      const std::size_t k = random.below(fields.size());
      changes.push_back({static_cast<int>(k), fields[k].path, random.one_of(outside(fields[k].allowed))});
    }
    const auto wrong = [&](const std::vector<change>& c) -> std::string {
      const bool kept = !changes.empty() && !c.empty() && c.back().number == changes.back().number;
      return broken(base, c, refused && kept);
    };
    all.look(changes, wrong, std::string(name) + " x;");
  }
}

}  // namespace

TEST_CASE("records: what lies outside a domain is found, and said without a contradiction") {
  generator random(10);
  faults all;
  look(all, random, "lc::energy::grid", lc::energy::catalog::grid_ercot);
  look(all, random, "lc::energy::generator", lc::energy::catalog::gas_ccgt);
  look(all, random, "lc::energy::power_plant", lc::energy::power_plant{.technology = lc::energy::catalog::gas_ccgt});
  look(all, random, "lc::energy::battery", lc::energy::catalog::battery_4h);
  look(all, random, "lc::chips::accelerator", lc::chips::catalog::h100_sxm);
  look(all, random, "lc::chips::process", lc::chips::process{});
  look(all, random, "lc::infrastructure::site", lc::infrastructure::site{});
  look(all, random, "lc::models::transformer", lc::models::catalog::deepseek_v3);
  look(all, random, "lc::models::deployed", lc::models::catalog::llama_3_1_70b.at(lc::precision::fp8));
  look(all, random, "lc::models::inference_model", lc::models::catalog::resnet_50);
  look(all, random, "lc::models::diffusion", lc::models::catalog::flux_1_dev);
  look(all, random, "lc::models::recommendation", lc::models::catalog::dlrm_dcnv2);
  look(all, random, "lc::models::structure_prediction", lc::models::catalog::alphafold_3);
  look(all, random, "lc::models::scaling_law", lc::models::scaling_law{});
  look(all, random, "lc::applications::workload", lc::applications::catalog::chat);
  look(all, random, "lc::serving_plan", lc::serving_plan{});
  look(all, random, "lc::service_level", lc::service_level{});
  look(all, random, "lc::training_plan", lc::training_plan{});
  look(all, random, "lc::training_layout", lc::training_layout{});
  look(all, random, "lc::training_run", lc::training_run{});
  look(all, random, "lc::grant", lc::grant{});
  INFO(all.text());
  CHECK(all.none());
}
