// From five layers and a serving plan to bills: what does not depend on the size of the service is prepared once.
#pragma once

#include <layercake/chips/chips.hpp>
#include <layercake/serving/energy.hpp>
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
//   power:   chips -> node -> site -> plant, as a mean and at the busiest hour: what chips draw at the mean rate of a replica, and at the busiest
//            hour's (serving/energy.hpp: running_at), where more calls share a step
//   money:   one line per layer; cost per task is their sum over the tasks
// Prompts that are read on chips of their own have replicas of their own; the cost is that of both pools.
// A replica is timed once, when the law is made. Counted smoothly, its load is utilisation * availability / peak to mean whatever the size, so that
// a bill of any size then costs what infrastructure and energy take to answer; counted whole, the load has to be solved for each bill.
// Infeasible plans (weights that do not fit, an objective that cannot be met) need infinitely many replicas: every cost is infinite, and `why_not`
// says which constraint fails.
template <number T, class Layers>
class billing {
public:
  // `prepared` is the way of counting of which many bills will be asked: what their sizes share is then solved once.
  billing(const Layers& layers, const basic_serving_plan<T>& plan, counting prepared = counting::smooth)
      : billing(layers, plan, task_of(layers).figures(plan), prepared) {}
  // The same of a plan whose figures are known.
  billing(const Layers& layers, const basic_serving_plan<T>& plan, const pool_figures<T>& served,
          counting prepared = counting::smooth)
      : on_(layers), task_(task_of(layers)), first_token_(served.time_to_first_token), prepared_(prepared) {
    writing_ = pool_of(plan, task_.of_writing(plan), served.writing);
    if (may_hold(plan.disaggregated()))
      reading_ = pool_of(task_.plan_of_reading(plan), task_.of_reading(plan), served.reading);
  }

  // The bill of `scale` times the application's calls. Whole counting buys whole replicas and nodes, smooth counting is proportional.
  basic_bill<T> operator()(counting how, const T& scale = T(1)) const {
    const quantity<unit::per_second, T> calls = task_.demand.calls * scale;
    basic_bill<T> b;
    b.usage = on_.application.push(calls);
    b.serving = service_of(calls, how);
    b.built = on_.infrastructure.pull(fleet_of(b.serving, how), how);
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
  struct chip_power {  // of one chip
    quantity<unit::watt, T> peak, mean;
  };
  // Replicas of one plan that do the same work.
  struct pool {
    basic_serving_plan<T> plan;
    call_demand<T> asked;
    serving_figures<T> served;
    T proportional_load;  // of a fleet as large as its busiest hour asks for
    chip_power proportional_power;
  };

  Layers on_;
  task_type task_;
  pool writing_{}, reading_{};  // writing: or all of it, where there is one pool
  quantity<unit::second, T> first_token_;
  counting prepared_;

  static task_type task_of(const Layers& layers) {
    return {layers.chip, layers.infrastructure, layers.model, widened<T>(layers.application.pull())};
  }
  static auto answers(const pool& p) { return p.served.calls > quantity<unit::per_second, T>(); }

  pool pool_of(const basic_serving_plan<T>& plan, const call_demand<T>& asked, const serving_figures<T>& served) const {
    pool p{plan, asked, served, T(0), {}};
    p.proportional_load = where(
        answers(p), T(on_.infrastructure.utilisation * on_.infrastructure.availability / asked.peak_to_mean), T(0));
    if (prepared_ == counting::smooth) p.proportional_power = power_at(p, p.proportional_load);
    return p;
  }

  // Replicas that share experts come in whole groups.
  T replicas_of(const pool& p, const quantity<unit::per_second, T>& calls, counting how) const {
    const quantity<unit::per_second, T> sold =
        p.served.calls * on_.infrastructure.utilisation * on_.infrastructure.availability;
    return counted(T(calls * p.asked.peak_to_mean / sold / p.plan.expert), how) * p.plan.expert;
  }
  T load_of(const pool& p, const quantity<unit::per_second, T>& calls, const T& replicas, counting how) const {
    const quantity<unit::per_second, T> none{};
    const auto serves = answers(p) && (calls > none);
    const T whole =
        calls / where(serves, p.served.calls * replicas, quantity<unit::per_second, T>(T(1) / units::second));
    return where(serves, how == counting::smooth ? p.proportional_load : whole, T(0));
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
    s.load = load_of(writing_, calls, replicas, how);
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

  // What one chip draws at a load, and at the busiest hour. A larger batch reads the weights less often, so that the busiest hour may draw less than
  // the mean one; the peak is what is drawn at most.
  chip_power power_at(const pool& p, const T& load) const {
    const auto replica = replica_of<T>(on_.chip, on_.infrastructure, on_.model, p.plan, p.asked);
    const auto at = [&](const T& of_capacity) {
      return power_of(on_.chip,
                      running_at(replica, p.served, quantity<unit::per_second, T>(p.served.calls * of_capacity)));
    };
    const quantity<unit::watt, T> mean = at(load);
    return {max(at(load * p.asked.peak_to_mean), mean), mean};
  }
  chip_power power_of_pool(const pool& p, const T& load, counting how) const {
    const bool solved = how == counting::smooth && prepared_ == counting::smooth;
    return solved ? p.proportional_power : power_at(p, load);
  }

  // The chips in service: how many, and what one of them draws, on average over the pools, costs and consists of.
  chip_demand<T> fleet_of(const basic_service<T>& s, counting how) const {
    chip_power power = power_of_pool(writing_, s.load, how);
    T chips = plain(s.replicas) * writing_.plan.chips();
    if (may_hold(writing_.plan.disaggregated())) {
      const T readers = plain(s.reading_replicas), reading = readers * reading_.plan.chips();
      const chip_power other = power_of_pool(reading_, load_of(reading_, s.calls, max(readers, T(1)), how), how);
      const T of_reading = where(is_finite(chips) && reading > T(0), reading / (chips + reading), T(0));
      power.peak = power.peak + (other.peak - power.peak) * of_reading;
      power.mean = power.mean + (other.mean - power.mean) * of_reading;
      chips = chips + reading;
    }
    chip_demand<T> fleet;
    fleet.chips = chips;
    fleet.peak_power = power.peak;
    fleet.mean_power = power.mean;
    fleet.price = on_.chip.price;
    fleet.die_area = chips::die_area_of(on_.chip);
    return fleet;
  }
};

// The bill of one plan; for many sizes of one service make `billing` once.
template <number T, class Layers>
basic_bill<T> bill_of(const Layers& layers, const basic_serving_plan<T>& plan, counting how) {
  return billing<T, Layers>(layers, plan, how)(how);
}

}  // namespace layercake
