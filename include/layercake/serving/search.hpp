// Inverse questions: the fewest chips, the cheapest token, the least energy for a load and its latency objective; and
// why nothing fits when nothing fits. Enumerates plans (tensor, pipeline, expert ranks); the figures of each are
// serving.hpp's branch-free formulas.
#pragma once

#include <layercake/serving/energy.hpp>
#include <string>
#include <vector>

namespace layercake {

enum class serving_goal : unsigned char { fewest_chips, cheapest_token, least_energy };

// What a plan needs to answer a load.
struct serving_choice {
  serving_plan plan;
  serving_figures<> figures;
  double replicas = 0;  // whole
  double chips = 0;
  quantity<unit::usd_per_token> price;     // of an output token: rent and electricity
  quantity<unit::joule_per_token> energy;  // of an output token, at the meter
};

struct serving_search {
  std::vector<double> tensor{1, 2, 4, 8, 16, 32, 64};
  std::vector<double> pipeline{1, 2, 4, 8};
  std::vector<double> expert{1, 2, 4, 8, 16, 32, 64};
  serving_software software{};
  double memory_share = 0.9;
  quantity<unit::usd_per_joule> electricity =
      62 * units::usd / units::megawatt_hour;  // at the meter; ERCOT's mean price, energy::catalog
  double headroom =
      0.87;  // share of capacity that is planned to be used; CoreWeave's utilisation (infrastructure::site)
};

namespace detail {
// Why a plan does not serve a load, by the constraint that is missed by least work: the value, the limit, what to
// change.
template <class Chip>
std::string why_not(const serving_figures<>& s, const serving_plan& p, const call_demand<>& demand, const Chip& chip) {
  using namespace units;
  const std::string on = "on " + to_string(p.chips()) + " " + chips::name_of(chip) + ": ";
  if (s.memory_bound_concurrency < 1) {
    const auto one = s.cache / max(s.concurrency, 1.0);
    return on + "memory: " + to_string(s.weights) + " of weights and " + to_string(one) +
           " of cache for one call, allowed " + to_string(s.memory) +
           " per chip. Take more chips per replica, a narrower format, a chip with more memory or shorter inputs.";
  }
  const quantity<unit::second> interval = s.time_per_output_token * (1.0 * token);
  const quantity<unit::second> allowed = demand.time_per_output_token * (1.0 * token);
  if (!(interval <= allowed * 1.001)) {
    return on + "time per output token: " + to_string(interval) + " with one call in flight, allowed " +
           to_string(allowed) + ". Take more tensor ranks, a narrower format, faster memory or speculative decoding.";
  }
  return on + "time to first token: " + to_string(s.time_to_first_token) + ", allowed " +
         to_string(demand.time_to_first_token) +
         ". Take more tensor ranks, shorter or cached inputs, or prompts on chips of their own.";
}

}  // namespace detail

// Calls `visit(plan, figures)` for every plan that the search names and that answers `demand`. Returns why there is
// none: the reason of the plan that came nearest, the one with most chips.
template <class Chip, class Model, class Visit>
std::string for_each_serving_plan(const Chip& chip, const infrastructure::site& site, const Model& model,
                                  const call_demand<>& demand, const serving_search& search, Visit&& visit) {
  std::string reason =
      "no split that the search names is possible: heads, layers and experts have to divide. Name other ranks.";
  double most_chips = 0;
  for (const double stages : search.pipeline) {
    for (const double ranks : search.tensor) {
      for (const double experts : search.expert) {
        serving_plan plan;
        plan.tensor = ranks, plan.pipeline = stages, plan.expert = experts;
        plan.software = search.software;
        plan.memory_share = search.memory_share;
        if (ranks > number_cast<double>(chip.scale_up_domain)) continue;
        if constexpr (requires { model.allows(plan.split()); }) {
          if (!model.allows(plan.split())) continue;
        } else {
          if (experts > 1) continue;
        }
        const serving_figures<> f = serve<double>(chip, site, model, plan, demand);
        if (f.calls > 0.0 / units::second) {
          visit(plan, f);
        } else if (plan.chips() * experts > most_chips) {
          most_chips = plan.chips() * experts;
          reason = detail::why_not(f, plan, demand, chip);
        }
      }
    }
  }
  return reason;
}

// The best plan for `demand` (its rate at the peak, its objectives) by `goal`, at `rent` for a chip. Throws infeasible
// with the reason of the plan that came nearest: the one with most chips.
template <class Chip, class Model>
serving_choice best_plan(serving_goal goal, const Chip& chip, const infrastructure::site& site, const Model& model,
                         const call_demand<>& demand, const quantity<unit::usd_per_second>& rent,
                         const serving_search& search = {}) {
  using namespace units;
  serving_choice best;
  bool found = false;
  const quantity<unit::per_second> peak = demand.calls * demand.peak_to_mean;
  const auto consider = [&](const serving_plan& plan, const serving_figures<>& f) {
    serving_choice c{plan, f, 0, 0, {}, {}};
    // Replicas that share experts come in whole groups.
    c.replicas = ceil(peak / (f.calls * search.headroom) / plan.expert) * plan.expert;
    c.chips = c.replicas * plan.chips();
    const auto tokens = demand.calls * plain(demand.output);
    const double load = min(demand.calls / (f.calls * c.replicas), 1.0);
    c.energy =
        power_at<double>(power_boundary::facility, site, running_power(chip, f.per_call, 1.0, load) * c.chips) / tokens;
    c.price = rent * c.chips / tokens + c.energy * search.electricity;
    const bool better = !found || (goal == serving_goal::fewest_chips     ? c.chips < best.chips
                                   : goal == serving_goal::cheapest_token ? c.price < best.price
                                                                          : c.energy < best.energy);
    if (better) best = c, found = true;
  };
  const std::string reason = for_each_serving_plan(chip, site, model, demand, search, consider);
  if (!found) raise(infeasible("no serving plan answers the calls " + reason));
  return best;
}

}  // namespace layercake
