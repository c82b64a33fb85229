// The one place where plans are enumerated: tensor, pipeline and experts' ranks, attention that is data-parallel, speculation,
// chips of their own for prompts; what each answers (pools.hpp), and why none does. A stack, a fleet and best_plan choose
// among them.
#pragma once

#include <layercake/energy/catalog.hpp>
#include <layercake/serving/energy.hpp>
#include <layercake/serving/pools.hpp>
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

// Prompts read where answers are written, and on chips of their own with 1, 2, 4, ... up to `most` tensor ranks, and as many
// over which experts are spread.
inline std::vector<reading_pool> every_reading_pool(double most = 64) {
  std::vector<reading_pool> all = {{}};
  for (const double ranks : powers_of_two(most)) {
    for (const double experts : powers_of_two(most))
      all.push_back({.tensor = ranks, .pipeline = 1, .expert = experts});
  }
  return all;
}

// The plans that a search tries, the software that they run, and the prices that best_plan compares them by.
struct serving_search {
  std::vector<double> tensor = powers_of_two(64);  // of them those that a scale-up domain holds
  std::vector<double> pipeline = powers_of_two(64);
  std::vector<double> expert = powers_of_two(64);
  std::vector<double> attention_data = powers_of_two(64);  // of them those with which a call takes less cache
  layercake::speculation speculation{};                    // tried beside plans without, if it drafts
  // Chips of their own for prompts, each tried with every plan; every_reading_pool() names them. By default prompts are read
  // where answers are written: no measurement that docs/accuracy.md scores has two pools.
  std::vector<reading_pool> reading = {{}};
  serving_software software{};
  double memory_share = serving_plan{}.memory_share;
  quantity<unit::usd_per_second> rent = unknown<>;                 // of one chip
  energy_price<> electricity = energy::catalog::grid_ercot.price;  // at the meter
  double utilisation = infrastructure::site{}.utilisation;         // share of the replicas' capacity that is sold
};

// Throws invalid_value for a search that names what no plan can be.
inline void check_plans(const serving_search& search) {
  validate(search.software, "search.software");
  validate(search.speculation, "search.speculation");
  check_within("search.memory_share", search.memory_share, positive_share, "Set the share for weights and cache.");
  check_within("search.utilisation", search.utilisation, positive_share, "Set the share of capacity that is sold.");
  check_within("search.rent", search.rent, nonnegative.or_unknown(), "Set it per chip and time: 2.5 * usd / hour.");
  check_within("search.electricity", search.electricity, nonnegative.or_unknown(), "Set the price at the meter.");
  const char* const remedy = "Name ranks to try, whole numbers from 1.";
  check_not_empty("search.tensor", search.tensor, remedy);
  check_not_empty("search.pipeline", search.pipeline, remedy);
  check_not_empty("search.expert", search.expert, remedy);
  check_not_empty("search.attention_data", search.attention_data, remedy);
  check_not_empty("search.reading", search.reading, "Name {} for prompts that are read where answers are written.");
  check_each("search.tensor", search.tensor, positive_count, remedy);
  check_each("search.pipeline", search.pipeline, positive_count, remedy);
  check_each("search.expert", search.expert, positive_count, remedy);
  check_each("search.attention_data", search.attention_data, positive_count, remedy);
  for (std::size_t i = 0; i < search.reading.size(); ++i)
    validate(search.reading[i], "search.reading[" + std::to_string(i) + "]");
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

namespace detail {
// A test before serve() that costs a twentieth of it: false if no replica of `plan` answers `needed` calls per second within
// the objective for output tokens; true if serve() has to find out.
//   With b calls in flight a token takes t(b), and a replica answers b / (O t(b)) calls per second; both rise with b.
//   If every token took the objective t*, b* = needed O t* calls in flight would answer `needed`.
//   If t(b*) > t*, every batch that keeps the objective is below b* and answers less than `needed`.
// Where fewer than b* calls are possible, the most that are have to answer `needed`. False where no call fits in memory. The
// margin allows for t(b) that falls a little where a kernel's tiles fill up.
template <number T, class Chip, class Infrastructure, class Model>
bool may_answer(const serving_task<T, Chip, Infrastructure, Model>& task, const basic_serving_plan<T>& plan,
                const quantity<unit::per_second, T>& needed) {
  const T margin = number_cast<T>(1.05);  // assumed
  const auto r = replica_of<T>(task.chip, task.infrastructure, task.model, plan, task.of_writing(plan));
  const T most = min(r.memory_bound(), plan.software.largest_batch);
  if (!(most >= T(1))) return false;
  if (!(needed > T(0) / units::second)) return true;
  const quantity<unit::second, T> interval = task.demand.time_per_output_token * (T(1) * units::token);
  const T batch = max(min(T(needed * r.output * interval), most), T(1));
  const quantity<unit::second, T> between = r.template steady<false>(batch).time / r.tokens_per_pass();
  return batch < most ? between <= interval * margin : batch * margin >= T(needed * r.output * between);
}

}  // namespace detail

// The plans of a search that can be laid out, one after the other.
template <number T, class Chip, class Model, class Visit>
void for_each_plan_laid_out(const serving_search& search, const Chip& chip, const Model& model, Visit&& visit) {
  basic_serving_plan<T> plan;
  plan.software = with_number<T>(search.software);
  plan.memory_share = number_cast<T>(search.memory_share);
  const auto cache_of = [&](const double groups) -> quantity<unit::byte, T> {
    plan.attention_data = number_cast<T>(groups);
    return model.cache(T(1) * units::token, plan.split());
  };
  const auto visit_pools = [&] {
    for (const reading_pool& pool : search.reading) {
      plan.reading = with_number<T>(pool);
      if (!can_be_laid_out(chip, model, plan)) continue;
      plan.speculation = {};
      visit(std::as_const(plan));
      plan.speculation = with_number<T>(search.speculation);
      if (search.speculation.drafted > 0) visit(std::as_const(plan));
    }
  };
  for (const double stages : search.pipeline) {
    for (const double ranks : search.tensor) {
      for (const double experts : search.expert) {
        plan.tensor = number_cast<T>(ranks);
        plan.pipeline = number_cast<T>(stages);
        plan.expert = number_cast<T>(experts);
        for (const double groups : search.attention_data) {
          if (groups > ranks || (groups > 1 && !(cache_of(groups) < cache_of(1)))) continue;
          plan.attention_data = number_cast<T>(groups);
          visit_pools();
        }
      }
    }
  }
}
namespace detail {
// Why no plan answers calls that are longer than what the model was made for; empty where they are not.
template <real T, class Model>
std::string why_too_long(const Model& model, const call_demand<T>& demand) {
  if (is_made_for(model, demand)) return "";
  return "a call has " + to_string(prompt_positions(model, demand)) + " positions of input and " +
         to_string(in<units::token>(demand.output)) + " of output; allowed: at most the positions that " +
         models::name_of(model) + " was made for, " + to_string(most_positions<T>(model)) +
         ". Shorten the calls, take a model for longer ones, or raise architecture.positions if it was extended.";
}
// Why no plan answers a task, whatever the plan: the chip has no units for the model's products, or the calls are too long;
// empty where some may.
template <real T, class Chip, class Infrastructure, class Model>
std::string why_never(const serving_task<T, Chip, Infrastructure, Model>& task) {
  const std::string not_multiplied = text_of(check_multiplied(task.chip, task.model));
  return not_multiplied.empty() ? why_too_long(task.model, task.demand) : not_multiplied;
}
}  // namespace detail

// Why a plan does not answer a task: of its pool that does not, the one that writes first. Empty where it answers.
template <real T, class Chip, class Infrastructure, class Model>
std::string why_not(const serving_task<T, Chip, Infrastructure, Model>& task, const basic_serving_plan<T>& plan) {
  const std::string never = detail::why_never(task);
  if (!never.empty()) return never;
  const pool_figures<T> f = task.figures(plan);
  if (f.writing.calls > quantity<unit::per_second, T>()) return "";
  if (plan.disaggregated()) {
    if (!task.follows_sessions(plan))
      return "plan.reading.tensor is " + to_string(plan.reading.tensor) +
             "; allowed: 0 where sessions wait between calls (waiting_time is " + to_string(task.demand.waiting_time) +
             "). Caches that wait are not followed from pool to pool; read prompts where answers are written.";
    const auto reading = task.of_reading(plan);
    const serving_figures<T> alone =
        serve<T>(task.chip, task.infrastructure, task.model, task.plan_of_reading(plan), reading);
    if (!(alone.calls > quantity<unit::per_second, T>()))
      return why_not(alone, task.plan_of_reading(plan), reading, task.chip);
  }
  return why_not(f.writing, plan, task.of_writing(plan), task.chip);
}

// Calls `visit(plan, figures of its pools)` for every plan that the search names, that can be laid out and that answers the task's
// calls; an objective that is not set is kept by all. A visitor with a member needed(plan), the calls per second that a
// replica has to answer for the plan to matter, is spared those that cannot. Returns why no plan answers, or nothing: the
// reason of the plan that came nearest, of those that have the memory, or else of all, the one with most chips.
template <real T, class Chip, class Infrastructure, class Model, class Visit>
std::string for_each_serving_plan(const serving_task<T, Chip, Infrastructure, Model>& task,
                                  const serving_search& search, Visit&& visit) {
  const std::string never = detail::why_never(task);
  if (!never.empty()) return never;
  basic_serving_plan<T> nearest;
  T most_chips(0);
  bool has_memory = false, found = false;
  for_each_plan_laid_out<T>(search, task.chip, task.model, [&](const basic_serving_plan<T>& plan) {
    bool fits = true;
    if constexpr (models::generates_tokens<Model>()) {
      quantity<unit::per_second, T> needed{};
      if constexpr (requires { visit.needed(plan); }) needed = visit.needed(plan);
      fits = detail::may_answer(task, plan, needed);
      if (!fits && found) return;
    }
    if (fits) {
      const pool_figures<T> figures = task.figures(plan);
      if (figures.writing.calls > T(0) / units::second) {
        found = true;
        visit(plan, figures);
        return;
      }
      fits = !(figures.writing.memory_bound_concurrency < T(1));
    }
    const T chips_of = plan.chips() * plan.expert;
    if (fits == has_memory ? chips_of > most_chips : fits) has_memory = fits, most_chips = chips_of, nearest = plan;
  });
  if (found) return "";
  if (!(most_chips > T(0)))
    return "no split that the search names is possible, since heads, layers and experts have to divide. Name other "
           "ranks.";
  return why_not(task, nearest);
}

enum class serving_goal : unsigned char { fewest_chips, cheapest_token, least_energy };

// What a plan needs to answer a load.
struct serving_choice {
  serving_plan plan;
  pool_figures<> figures;
  double replicas = 0;                     // whole, that write
  double reading_replicas = 0;             // that read alone
  double chips = 0;                        // of both
  quantity<unit::usd_per_token> price;     // of an output token: rent and electricity; unknown if the rent is
  quantity<unit::joule_per_token> energy;  // of an output token, at the meter
};

namespace detail {
// Throws invalid_value for what no search can be made of.
template <class Chip, class Site, class Model>
void check_search(const serving_task<double, Chip, Site, Model>& task, const call_demand<>& demand,
                  const serving_search& search) {
  validate(task.chip, "chip");
  validate(task.infrastructure, "site");
  validate(task.model, "model");
  validate(demand, "demand");
  check_positive("demand.calls", demand.calls, "Ask for calls: their rate is what the chips are counted for.");
  if (models::generates_tokens<Model>())
    check_positive("demand.output", demand.output, "Prices and energies are of an output token.");
  check_plans(search);
}

// What one pool of a plan needs for a load: whole replicas, and the mean power of its chips.
struct pool_need {
  double replicas = 0, chips = 0;
  quantity<unit::watt> power{};
};
template <class Chip, class Site, class Model>
pool_need need_of_pool(const serving_task<double, Chip, Site, Model>& task, const serving_plan& plan,
                       const serving_figures<>& full, double utilisation) {
  const call_demand<>& asked = task.demand;
  pool_need need;
  // Replicas that share experts come in whole groups.
  need.replicas = ceil(asked.calls * asked.peak_to_mean / (full.calls * utilisation) / plan.expert) * plan.expert;
  need.chips = need.replicas * plan.chips();
  need.power = power_at_load<double>(task.chip, full.per_call, asked.calls / (full.calls * need.replicas)) * need.chips;
  return need;
}
}  // namespace detail

// The best plan for `demand` (its mean rate, times its peak to mean, within its objectives) by `goal`: the fewest chips, the cheapest output token by
// the rent of its chips and their electricity at the meter, or the least energy for it. Throws invalid_value for a field
// outside its domain, infeasible with the reason of the plan that came nearest, and missing_value where the cheapest token is
// sought and search.rent or search.electricity is not known, or any but the fewest chips and a chip's power is not.
template <class Chip, class Model>
serving_choice best_plan(serving_goal goal, const Chip& chip, const infrastructure::site& site, const Model& model,
                         const call_demand<>& demand, const serving_search& search = {}) {
  const serving_task task(chip, site, model, demand);
  detail::check_search(task, demand, search);
  if (goal == serving_goal::cheapest_token) {
    check_known("search.rent", search.rent,
                "The cheapest token needs the rent of a chip: search.rent = 2.5 * usd / hour.");
    check_known("search.electricity", plain(search.electricity),
                "Set it: search.electricity = 60 * usd / megawatt_hour.");
  }
  if (goal != serving_goal::fewest_chips) raise_if_missing(chips::missing_in_use(chip, "chip"));
  serving_choice best;
  bool found = false;
  const auto consider = [&](const serving_plan& plan, const pool_figures<>& f) {
    serving_choice c;
    c.plan = plan;
    c.figures = f;
    auto need = detail::need_of_pool(task, plan, f.writing, search.utilisation);
    c.replicas = need.replicas;
    if (plan.disaggregated()) {
      const auto reading = detail::need_of_pool(task, plan.of_reading(), f.reading, search.utilisation);
      c.reading_replicas = reading.replicas;
      need.chips += reading.chips;
      need.power += reading.power;
    }
    c.chips = need.chips;
    const auto tokens = demand.calls * plain(demand.output);
    c.energy = power_at<double>(power_boundary::facility, site, need.power) / tokens;
    c.price = search.rent * c.chips / tokens + c.energy * plain(search.electricity);
    const bool better = !found || (goal == serving_goal::fewest_chips     ? c.chips < best.chips
                                   : goal == serving_goal::cheapest_token ? c.price < best.price
                                                                          : c.energy < best.energy);
    if (better) best = c, found = true;
  };
  const std::string reason = for_each_serving_plan(task, search, consider);
  if (!found) raise(infeasible("no serving plan answers the calls: " + reason));
  return best;
}

}  // namespace layercake
