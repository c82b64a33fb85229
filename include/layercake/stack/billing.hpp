// From five layers and a serving plan to bills: what does not depend on the size of the service is prepared once.
#pragma once

#include <layercake/chips/chips.hpp>
#include <layercake/serving/power.hpp>
#include <layercake/serving/search.hpp>
#include <layercake/stack/bill.hpp>
#include <string>
#include <type_traits>
#include <utility>

namespace layercake {

// Five layers by reference, in their order.
template <class Energy, class Chip, class Infrastructure, class Model, class Application>
struct layers {
  const Energy& energy;
  const Chip& chip;
  const Infrastructure& infrastructure;
  const Model& model;
  const Application& application;
};
template <class Energy, class Chip, class Infrastructure, class Model, class Application>
layers(const Energy&, const Chip&, const Infrastructure&, const Model&, const Application&)
    -> layers<Energy, Chip, Infrastructure, Model, Application>;

// The bills of an application on a model on chips in an infrastructure on an energy supply, under a serving plan.
//   fleet:   replicas = calls * peak to mean / (calls per second of one replica * utilisation * availability)
//   power:   chips -> node -> site -> plant, as a mean and at the busiest hour, linear in the load (serving/power.hpp: power_at_load)
//   both as plan.correction has them: a replica answers `throughput` times the predicted calls, each for `energy` times the predicted energy of the
//   chips, whose limit on power is not asked again
//   money:   one line per layer; cost per task is their sum over the tasks
// Prompts that are read on chips of their own have replicas of their own; the cost is that of both pools.
// A replica is timed once, when the law is made; a bill of any size then costs what infrastructure and energy take to answer.
// Infeasible plans (weights that do not fit, an objective that cannot be met) need infinitely many replicas: every cost is infinite, and `why_not`
// says which constraint fails.
template <number T, class Layers>
class billing {
public:
  billing(const Layers& layers, const basic_serving_plan<T>& plan)
      : billing(layers, plan, task_of(layers).figures(plan)) {}
  // The same of a plan whose figures are known.
  billing(const Layers& layers, const basic_serving_plan<T>& plan, const pool_figures<T>& served)
      : on_(layers),
        task_(task_of(layers)),
        writing_{plan, corrected(served.writing, plan.correction)},
        reading_{plan.of_reading(), corrected(served.reading, plan.correction)},
        first_token_(served.time_to_first_token * plan.correction.time_to_first_token) {}

  // The bill of `scale` times the application's calls. Whole counting buys whole replicas and nodes, smooth counting is proportional.
  basic_bill<T> operator()(counting how, const T& scale = T(1)) const {
    const quantity<unit::per_second, T> calls = task_.demand.calls * scale;
    basic_bill<T> b;
    b.usage = on_.application.push(calls);
    b.serving = service_of(calls, how);
    const chip_demand<T> fleet = fleet_of(b.serving);
    b.built = on_.infrastructure.pull(fleet, how);
    if (how == counting::whole) b.built = on_.infrastructure.pull(with_rest(fleet, plain(b.built.chips)), how);
    b.supplied = on_.energy.pull(b.built.power);
    if constexpr (requires { on_.model.royalty; }) b.model_cost = plain(b.serving.output_tokens) * on_.model.royalty;
    if constexpr (requires { on_.application.cost_per_task; })
      b.application_cost = b.usage.tasks * on_.application.cost_per_task;
    return b;
  }

  // One replica that writes, at full load.
  const serving_figures<T>& served() const { return writing_.served; }

  // Why the plan answers no calls: the constraint that fails, with its value, its limit and what to change. Empty where it answers.
  std::string why_not() const requires real<T> { return layercake::why_not(task_, writing_.plan); }

private:
  using task_type = serving_task<T, std::remove_cvref_t<decltype(std::declval<const Layers&>().chip)>,
                                 std::remove_cvref_t<decltype(std::declval<const Layers&>().infrastructure)>,
                                 std::remove_cvref_t<decltype(std::declval<const Layers&>().model)>>;
  // Replicas of one plan that do the same work.
  struct pool {
    basic_serving_plan<T> plan;
    serving_figures<T> served;
  };

  Layers on_;
  task_type task_;
  pool writing_, reading_;  // writing: or all of it, where there is one pool
  quantity<unit::second, T> first_token_;

  static task_type task_of(const Layers& layers) {
    return {layers.chip, layers.infrastructure, layers.model, widened<T>(layers.application.pull())};
  }
  static serving_figures<T> corrected(serving_figures<T> f, const basic_correction<T>& c) {
    f.calls = f.calls * c.throughput;
    f.time_per_output_token = f.time_per_output_token * c.time_per_output_token;
    return f;
  }
  static auto answers(const pool& p) { return p.served.calls > quantity<unit::per_second, T>(); }

  // Replicas that share experts come in whole groups.
  T replicas_of(const pool& p, const quantity<unit::per_second, T>& calls, counting how) const {
    const quantity<unit::per_second, T> sold =
        p.served.calls * on_.infrastructure.utilisation * on_.infrastructure.availability;
    return counted(T(calls * task_.demand.peak_to_mean / sold / p.plan.expert), how) * p.plan.expert;
  }
  // Mean rate over what the replicas answer at full load.
  T load_of(const pool& p, const quantity<unit::per_second, T>& calls, const T& replicas) const {
    const quantity<unit::per_second, T> none{}, some(T(1) / units::second);
    const auto serves = answers(p) && (calls > none) && (replicas > T(0));
    return where(serves, T(calls / where(serves, p.served.calls * replicas, some)), T(0));
  }

  basic_service<T> service_of(const quantity<unit::per_second, T>& calls, counting how) const {
    basic_service<T> s;
    s.calls = calls;
    s.input_tokens = calls * plain(task_.demand.input);
    s.output_tokens = calls * plain(task_.demand.output);
    s.time_to_first_token = first_token_;
    s.time_per_output_token = writing_.served.time_per_output_token;
    s.concurrency = max(writing_.served.concurrency, T(0));
    s.memory_bound_concurrency = writing_.served.memory_bound_concurrency;
    const T replicas = replicas_of(writing_, calls, how);
    s.replicas = replicas;
    s.reading = writing_.served.reading;
    if constexpr (requires { s.formats = on_.model.formats; }) s.formats = on_.model.formats;
    s.load = load_of(writing_, calls, replicas);
    const auto apart = writing_.plan.disaggregated();
    if (may_hold(apart)) {
      const T readers = where(apart && answers(reading_), replicas_of(reading_, calls, how), T(0));
      const T chips = readers * reading_.plan.chips();
      s.reading_replicas = readers;
      s.memory_bound_concurrency = where(
          apart, min(s.memory_bound_concurrency, reading_.served.memory_bound_concurrency), s.memory_bound_concurrency);
      s.reading = where(apart && answers(writing_), chips / (chips + replicas * writing_.plan.chips()), s.reading);
    }
    return s;
  }

  // The chips in service: how many, and what one of them draws, on average over the pools, costs and consists of.
  chip_demand<T> fleet_of(const basic_service<T>& s) const {
    const T busiest = task_.demand.peak_to_mean;
    // Watts are the energy of a call times the calls of a second.
    const T stronger = writing_.plan.correction.energy * writing_.plan.correction.throughput;
    const auto draws = [&](const pool& p, const T& load) {
      return quantity<unit::watt, T>(power_at_load(on_.chip, p.served.per_call, load) * stronger);
    };
    T chips = plain(s.replicas) * writing_.plan.chips();
    quantity<unit::watt, T> peak = draws(writing_, s.load * busiest), mean = draws(writing_, s.load);
    if (may_hold(writing_.plan.disaggregated())) {
      const T readers = plain(s.reading_replicas), others = readers * reading_.plan.chips();
      const T load = load_of(reading_, s.calls, readers);
      const T share_of_others = where(is_finite(chips) && others > T(0), others / (chips + others), T(0));
      const auto mixed = [&](const auto& own, const auto& other) {
        return where(share_of_others > T(0), own + (other - own) * share_of_others, own);
      };
      peak = mixed(peak, draws(reading_, load * busiest));
      mean = mixed(mean, draws(reading_, load));
      chips = chips + others;
    }
    chip_demand<T> fleet;
    fleet.chips = chips;
    fleet.peak_power = peak;
    fleet.mean_power = mean;
    fleet.price = on_.chip.price;
    fleet.die_area = chips::die_area_of(on_.chip);
    return fleet;
  }
  // The same where more are installed, since nodes are filled: the others wait.
  chip_demand<T> with_rest(chip_demand<T> fleet, const T& installed) const {
    const quantity<unit::watt, T> idle = chips::idle_power_of(on_.chip);
    const T chips = plain(fleet.chips);
    const T in_service = where(is_finite(installed) && installed > T(0), chips / installed, T(1));
    fleet.peak_power = idle + (plain(fleet.peak_power) - idle) * in_service;
    fleet.mean_power = idle + (plain(fleet.mean_power) - idle) * in_service;
    return fleet;
  }
};

// The bill of one plan; for many sizes of one service make `billing` once.
template <number T, class Layers>
basic_bill<T> bill_of(const Layers& layers, const basic_serving_plan<T>& plan, counting how) {
  return billing<T, Layers>(layers, plan)(how);
}

}  // namespace layercake
