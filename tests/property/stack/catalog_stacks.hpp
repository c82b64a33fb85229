// Stacks over the catalogs: every chip that has a price and a power, every transformer, two formats, several loads.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <layercake/layercake.hpp>
#include <string>

namespace layercake_test {

namespace lc = layercake;
using namespace lc::units;

using any_stack = lc::stack<lc::energy::grid, lc::chips::accelerator, lc::infrastructure::site, lc::models::deployed,
                            lc::applications::workload>;

// The layers of a stack that need not have been composed.
struct layers_of_stack {
  lc::energy::grid energy;
  lc::chips::accelerator chip;
  lc::infrastructure::site infrastructure;
  lc::models::deployed model;
  lc::applications::workload application;
  lc::serving_plan plan;  // asked for if `planned`, otherwise chosen
  bool planned = false;

  static constexpr auto fields() {
    using X = layers_of_stack;
    return std::tuple{lc::part("energy", &X::energy),
                      lc::part("chip", &X::chip),
                      lc::part("infrastructure", &X::infrastructure),
                      lc::part("model", &X::model),
                      lc::part("application", &X::application),
                      lc::part("plan", &X::plan)};
  }
  any_stack composed() const {
    return planned ? any_stack(energy, chip, infrastructure, model, application, plan)
                   : any_stack(energy, chip, infrastructure, model, application);
  }
};

// Every optional price and share above 0, so that a step of so many per cent is one.
inline lc::applications::workload load(const char* name, double input, double output, double cached, double first_token,
                                       double output_token) {
  lc::applications::workload w{.name = name,
                               .daily_users = 1e6,
                               .tasks_per_user = 12 / day,
                               .calls_per_task = 2,
                               .input = input * token,
                               .output = output * token,
                               .cached_share = cached};
  w.time_to_first_token = first_token * second;
  w.time_per_output_token = output_token * second / token;
  w.value_per_task = 0.02 * usd;
  w.cost_per_task = 1e-5 * usd;
  w.human_time_replaced = 30 * second;
  return w;
}

inline const std::array<lc::applications::workload, 5>& loads() {
  constexpr double unset = lc::unknown<double>();
  static const std::array<lc::applications::workload, 5> all{
      load("chat", 1200, 300, 0.1, 1, 0.05), load("documents", 16000, 500, 0.05, 10, 0.1),
      load("agents", 8000, 200, 0.8, 2, 0.03), load("reasoning", 500, 4000, 0.02, 2, 0.04),
      load("batch", 2000, 500, 0.1, unset, unset)};
  return all;
}

inline lc::energy::grid tariff() {
  return {.price = 60 * usd / megawatt_hour,
          .demand_charge = 10 * usd / (kilowatt * month),
          .carbon = 400 * gram_co2e / kilowatt_hour,
          .water = 1.8 * litre / kilowatt_hour,
          .connection = 100 * gigawatt};
}

// More than the quick sample: every combination. For runs by hand, which take minutes.
inline bool thorough() { return std::getenv("LAYERCAKE_THOROUGH") != nullptr; }

// Calls visit(layers, text) for every combination; where not `thorough`, for one of `every` pairs of chip and model, once, its
// format and load in turn.
template <class Visit>
void for_each_catalog_stack(std::size_t every, Visit&& visit) {
  std::size_t pair = 0;
  for (const auto& entry : lc::chips::catalog::all) {
    if (!lc::is_known(entry.chip->price) || !lc::is_known(entry.chip->thermal_design_power)) continue;
    for (const auto* model : lc::models::catalog::transformers) {
      if (++pair % every != 0 && !thorough()) continue;
      std::size_t turn = 0;
      for (const auto precision : {lc::precision::bf16, lc::precision::fp8}) {
        for (const auto& application : loads()) {
          if (turn++ != pair / every % (2 * loads().size()) && !thorough()) continue;
          layers_of_stack x{tariff(), *entry.chip, {}, model->at(precision), application, {}};
          x.model.royalty = 0.01 * usd_per_million_tokens;
          x.infrastructure.network.scale_up.bridge_share = 0.05;
          visit(x, std::string(entry.name) + ", " + model->name +
                       (precision == lc::precision::fp8 ? ", fp8, " : ", bf16, ") + application.name);
        }
      }
    }
  }
}

}  // namespace layercake_test
