// Every record that describes itself: those of all catalogs, and some with unusual figures of every type that no
// catalog has.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <layercake/chips/wafers.hpp>
#include <layercake/layercake.hpp>
#include <layercake/serving/regimes.hpp>
#include <layercake/training/run.hpp>
#include <string_view>
#include <vector>

namespace layercake_test {

namespace lc = layercake;
using namespace layercake::units;

// f(name, records) with the records of each catalog as a std::vector.
template <class Function>
void for_each_catalog(Function f) {
  const auto of = [&]<class Record>(const char* name, const std::vector<Record>& records) { f(name, records); };
  const auto pointed = [&](const char* name, const auto& pointers) {
    using Record = std::remove_cvref_t<decltype(**std::begin(pointers))>;
    std::vector<Record> records;
    for (const auto* record : pointers)
      records.push_back(*record);
    of(name, records);
  };
  std::vector<lc::chips::accelerator> accelerators;
  for (const auto& entry : lc::chips::catalog::all)
    accelerators.push_back(*entry.chip);
  of("accelerators", accelerators);
  pointed("processes", lc::chips::catalog::processes);
  pointed("technologies", lc::energy::catalog::technologies);
  pointed("grids", lc::energy::catalog::grids);
  pointed("stages", lc::energy::catalog::stages);
  pointed("chains", lc::energy::catalog::chains);
  of("batteries", std::vector{lc::energy::catalog::battery_4h});
  of("part loads", std::vector{lc::energy::catalog::ups_double_conversion_part_load});
  pointed("fabrics", lc::infrastructure::catalog::fabrics);
  of("nodes", std::vector{lc::infrastructure::catalog::average_ai_server, lc::infrastructure::catalog::dgx_h100,
                          lc::infrastructure::catalog::dgx_a100, lc::infrastructure::catalog::tpu_server});
  pointed("sites", lc::infrastructure::catalog::sites);
  pointed("transformers", lc::models::catalog::transformers);
  std::vector<lc::models::deployed> deployed;
  for (const auto* model : lc::models::catalog::transformers) {
    deployed.push_back(model->as_published());
    deployed.push_back(model->at(lc::precision::nvfp4));
  }
  of("deployed models", deployed);
  pointed("inference models", lc::models::catalog::inference_models);
  pointed("workloads", lc::applications::catalog::all);
}

// `record`, and the same with every figure that may be so a third, a seventh of a ten millionth and a large multiple of
// itself: digits that no person writes. What its own rules refuse is left out.
template <class Record>
std::vector<Record> with_odd_figures(const Record& record) {
  std::vector<Record> records{record};
  for (const double factor : {1.0 / 3, 1e-7 / 7, 3e9 / 11}) {
    Record odd = record;
    lc::for_each_field(odd, "", [&](const std::string&, auto& value, const auto& d) {
      const double x = lc::base_value(value) * factor;
      if (d.allowed.contains(x)) value = lc::from_base_value<std::remove_cvref_t<decltype(value)>>(x);
    });
    if (lc::check(odd).empty()) records.push_back(odd);
  }
  return records;
}

// f(name, records) with records of each type that no catalog has.
template <class Function>
void for_each_other_type(Function f) {
  const auto of = [&](const char* name, const auto& record) { f(name, with_odd_figures(record)); };
  lc::serving_plan serving;
  serving.tensor = 8;
  serving.whole_experts = true;
  serving.speculation = {4, 0.8, 0.05};
  serving.reading = {2, 1, 1};
  of("serving plan", serving);
  lc::training_plan training;
  training.tensor = 8;
  training.data = 16;
  training.global_batch = 512;
  training.sharding = lc::sharding::full;
  training.recompute = lc::recomputation::selective;
  training.math = lc::precision::mxfp8;
  training.software = lc::training_software::year_2023;
  of("training plan", training);
  of("training layout", lc::training_layout{});
  of("training run", lc::training_run{});
  of("training constants", lc::training_constants{});
  of("power plant", lc::energy::power_plant{.technology = lc::energy::catalog::gas_ccgt});
  of("service level", lc::service_level{});
  of("scaling law", lc::models::scaling_law{});
  of("split", lc::models::split<>{.tensor = 4});
  of("pass", lc::models::pass<>{.phase = lc::models::phase::decode});
  of("grant", lc::grant{.site_power = 0.4 * gigawatt, .chips = 12345, .time = 3 * year});
  of("call demand", lc::applications::catalog::chat.with_users(1e6).pull());
  of("bill of materials", lc::chips::bill_of_materials{300 * usd, 1350 * usd, 750 * usd, 200 * usd});
  of("wafer losses", lc::chips::wafer_losses{});
  of("network", lc::infrastructure::network{});
  of("site", lc::infrastructure::site{});
  of("grid", lc::energy::catalog::grid_ercot);
  of("accelerator", lc::chips::catalog::h100_sxm);
}

// Whether two records hold the same bits: numbers (an unknown one is unknown, 0 is not -0), texts, choices, sources.
template <class Value>
bool identical(const Value& a, const Value& b) {
  if constexpr (lc::described<Value>) {
    return std::apply([&](const auto&... d) { return (identical(a.*(d.member), b.*(d.member)) && ...); },
                      Value::fields());
  } else if constexpr (std::is_same_v<Value, const char*>) {
    return std::strcmp(a, b) == 0;
  } else if constexpr (std::is_enum_v<Value> || std::is_same_v<Value, bool>) {
    return a == b;
  } else if constexpr (requires { a.size(); }) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
      if (!identical(a[i], b[i])) return false;
    return true;
  } else {
    const double x = lc::base_value(a), y = lc::base_value(b);
    return (x != x && y != y) || std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y);
  }
}

}  // namespace layercake_test
