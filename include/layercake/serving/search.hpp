// Inverse questions: the fewest chips, the cheapest token, the least energy for a load and its latency objective; and
// why nothing fits when nothing fits. Enumerates plans (tensor, pipeline, expert ranks); the figures of each are
// serve.hpp's branch-free formulas.
#pragma once

#include <layercake/energy/catalog.hpp>
#include <layercake/serving/energy.hpp>
#include <layercake/serving/serve.hpp>
#include <string>
#include <vector>

namespace layercake {

// 1, 2, 4, ... up to `most`: ranks and stages that a search names.
inline std::vector<double> powers_of_two(double most) {
  std::vector<double> all;
  for (double n = 1; n <= most && is_finite(n); n *= 2)
    all.push_back(n);
  return all;
}

// The plans that a search tries, and the prices that it compares them by.
struct serving_search {
  std::vector<double> tensor = powers_of_two(64);  // of them those that a scale-up domain holds
  std::vector<double> pipeline = powers_of_two(8);
  std::vector<double> expert = powers_of_two(64);
  bool fewest_stages = false;  // no more pipeline stages than the fewest with which some plan answers
  serving_software software{};
  double memory_share = serving_plan{}.memory_share;
  quantity<unit::usd_per_second> rent = unknown<>;                 // of one chip
  energy_price<> electricity = energy::catalog::grid_ercot.price;  // at the meter
  double headroom = infrastructure::site{}.utilisation;            // share of capacity that is planned to be used
};

// Whether a model can be split so and its tensor ranks share a chip's fabric.
template <number T, class Chip, class Model>
bool can_be_laid_out(const Chip& chip, const Model& model, const basic_serving_plan<T>& plan) {
  if (plan.tensor > number_cast<T>(chip.scale_up_domain)) return false;
  if constexpr (requires { model.allows(plan.split()); }) {
    return model.allows(plan.split());
  } else {
    return !(plan.expert > T(1));
  }
}

// Why a replica does not answer a load, of which objectives are set: the constraint that fails, by value, limit and what
// to change; of two objectives that are missed the one that is missed by more. Figures are those of serve().
template <number T, class Chip>
std::string why_not(const serving_figures<T>& s, const basic_serving_plan<T>& plan, const call_demand<T>& demand,
                    const Chip& chip) {
  using namespace units;
  const std::string on = "on " + to_string(plan.chips()) + " x " + chips::name_of(chip) + ": ";
  if (s.memory_bound_concurrency < T(1)) {
    const quantity<unit::byte, T> of_one_call = s.cache / max(s.concurrency, T(1));
    return on + "memory: " + to_string(s.weights) + " of weights and " + to_string(of_one_call) +
           " of cache for one call do not fit in " + to_string(max(s.memory, quantity<unit::byte, T>())) +
           " per chip. Split the model over more chips, take a chip with more memory, a narrower format or shorter "
           "inputs.";
  }
  const quantity<unit::second, T> interval = s.time_per_output_token * (T(1) * token),
                                  allowed = demand.time_per_output_token * (T(1) * token);
  const std::string load = " with " + to_string(max(s.concurrency, T(1))) + " in flight, allowed ";
  if (interval / allowed > s.time_to_first_token / demand.time_to_first_token) {
    return on + "time per output token: a token takes " + to_string(interval) + load + to_string(allowed) +
           ". Take more tensor ranks, a narrower format, a chip with more memory bandwidth, speculative decoding or a "
           "looser time_per_output_token.";
  }
  return on + "time to first token: the first token takes " + to_string(s.time_to_first_token) + load +
         to_string(demand.time_to_first_token) +
         ". Take more tensor ranks, a faster chip, shorter or cached inputs, prompts on chips of their own or a looser "
         "time_to_first_token.";
}

// Calls `visit(plan, figures)` for every plan that the search names, that can be laid out and that answers `demand`; an
// objective that is not set is kept by all. Returns why there is none: the reason of the plan that came nearest, of
// those that have the memory, or else of all, the one with most chips.
template <number T, class Chip, class Infrastructure, class Model, class Visit>
std::string for_each_serving_plan(const Chip& chip, const Infrastructure& infrastructure, const Model& model,
                                  const call_demand<T>& demand, const serving_search& search, Visit&& visit) {
  const call_demand<T> wanted = widened<T>(demand);
  std::string reason =
      "no split that the search names is possible: heads, layers and experts have to divide. Name other ranks.";
  T most_chips(0);
  bool has_memory = false, found = false;
  for (const double stages : search.pipeline) {
    if (found && search.fewest_stages) break;
    for (const double ranks : search.tensor) {
      for (const double experts : search.expert) {
        basic_serving_plan<T> plan;
        plan.tensor = number_cast<T>(ranks);
        plan.pipeline = number_cast<T>(stages);
        plan.expert = number_cast<T>(experts);
        plan.software = with_number<T>(search.software);
        plan.memory_share = number_cast<T>(search.memory_share);
        if (!can_be_laid_out(chip, model, plan)) continue;
        const serving_figures<T> figures = serve<T>(chip, infrastructure, model, plan, wanted);
        if (figures.calls > T(0) / units::second) {
          found = true;
          visit(plan, figures);
          continue;
        }
        const bool fits = !(figures.memory_bound_concurrency < T(1));
        const T chips_of = plan.chips() * plan.expert;
        if (fits == has_memory ? chips_of > most_chips : fits) {
          has_memory = fits, most_chips = chips_of;
          reason = why_not(figures, plan, wanted, chip);
        }
      }
    }
  }
  return reason;
}

enum class serving_goal : unsigned char { fewest_chips, cheapest_token, least_energy };

// What a plan needs to answer a load.
struct serving_choice {
  serving_plan plan;
  serving_figures<> figures;
  double replicas = 0;  // whole
  double chips = 0;
  quantity<unit::usd_per_token> price;     // of an output token: rent and electricity; unknown if the rent is
  quantity<unit::joule_per_token> energy;  // of an output token, at the meter
};

// The best plan for `demand` (its rate at the peak, its objectives) by `goal`. Throws infeasible with the reason of the
// plan that came nearest, and missing_value where the cheapest token is sought and search.rent is not known.
template <class Chip, class Model>
serving_choice best_plan(serving_goal goal, const Chip& chip, const infrastructure::site& site, const Model& model,
                         const call_demand<>& demand, const serving_search& search = {}) {
  using namespace units;
  if (goal == serving_goal::cheapest_token)
    check_known("search.rent", search.rent,
                "The cheapest token needs the rent of a chip: search.rent = 2.5 * usd / hour.");
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
    c.price = search.rent * c.chips / tokens + c.energy * plain(search.electricity);
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
