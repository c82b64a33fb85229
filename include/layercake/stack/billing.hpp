// From five layers and a serving plan to bills: what does not depend on the size of the service is prepared once.
#pragma once

#include <layercake/chips/chips.hpp>
#include <layercake/serving/energy.hpp>
#include <layercake/serving/search.hpp>
#include <layercake/stack/bill.hpp>
#include <string>

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
// A replica is timed once, when the law is made. Counted smoothly, its load is utilisation * availability / peak to mean whatever the size, so that
// a bill of any size then costs what infrastructure and energy take to answer; counted whole, the load has to be solved for each bill.
// Infeasible plans (weights that do not fit, an objective that cannot be met) need infinitely many replicas: every cost is infinite, and `why_not`
// says which constraint fails.
template <number T, class Layers>
class billing {
public:
  // `prepared` is the way of counting of which many bills will be asked: what their sizes share is then solved once.
  billing(const Layers& layers, const basic_serving_plan<T>& plan, counting prepared = counting::smooth)
      : billing(layers, plan,
                serving_task{layers.chip, layers.infrastructure, layers.model, widened<T>(layers.application.pull())}
                    .figures(plan),
                prepared) {}
  // The same of a plan whose figures are known.
  billing(const Layers& layers, const basic_serving_plan<T>& plan, const serving_figures<T>& served,
          counting prepared = counting::smooth)
      : on_(layers),
        plan_(plan),
        demand_(widened<T>(layers.application.pull())),
        served_(served),
        proportional_load_(proportional_load()),
        prepared_(prepared) {
    if (prepared == counting::smooth) proportional_power_ = power_at(proportional_load_);
  }

  // The bill of `scale` times the application's calls. Whole counting buys whole replicas and nodes, smooth counting is proportional.
  basic_bill<T> operator()(counting how, const T& scale = T(1)) const {
    const quantity<unit::per_second, T> calls = demand_.calls * scale;
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

  // One replica at full load.
  const serving_figures<T>& served() const { return served_; }

  // Why the plan answers no calls: the constraint that fails, with its value, its limit and what to change. Empty where it answers.
  std::string why_not() const requires real<T> {
    if (served_.calls > quantity<unit::per_second, T>()) return {};
    return layercake::why_not(served_, plan_, demand_, on_.chip);
  }

private:
  struct chip_power {  // of one chip
    quantity<unit::watt, T> peak, mean;
  };

  basic_service<T> service_of(const quantity<unit::per_second, T>& calls, counting how) const {
    basic_service<T> s;
    s.calls = calls;
    s.input_tokens = calls * plain(demand_.input);
    s.output_tokens = calls * plain(demand_.output);
    s.time_to_first_token = served_.time_to_first_token;
    s.time_per_output_token = served_.time_per_output_token;
    s.concurrency = max(served_.concurrency, T(0));
    s.memory_bound_concurrency = served_.memory_bound_concurrency;
    const quantity<unit::per_second, T> sold =
        served_.calls * on_.infrastructure.utilisation * on_.infrastructure.availability;
    // Replicas that share experts come in whole groups.
    const T replicas = counted(T(calls * demand_.peak_to_mean / sold / plan_.expert), how) * plan_.expert;
    s.replicas = replicas;
    s.reading = served_.reading;
    const quantity<unit::per_second, T> none{};
    const auto serves = (served_.calls > none) && (calls > none);
    const T counted_load =
        calls / where(serves, served_.calls * replicas, quantity<unit::per_second, T>(T(1) / units::second));
    s.load = where(serves, how == counting::smooth ? proportional_load_ : counted_load, T(0));
    return s;
  }

  // Of a fleet as large as its busiest hour asks for.
  T proportional_load() const {
    const auto serves = served_.calls > quantity<unit::per_second, T>();
    return where(serves, T(on_.infrastructure.utilisation * on_.infrastructure.availability / demand_.peak_to_mean),
                 T(0));
  }

  // What one chip draws at a load, and at the busiest hour. A larger batch reads the weights less often, so that the busiest hour may draw less than
  // the mean one; the peak is what is drawn at most.
  chip_power power_at(const T& load) const {
    const auto replica = replica_of<T>(on_.chip, on_.infrastructure, on_.model, plan_, demand_);
    const auto at = [&](const T& of_capacity) {
      return power_of(on_.chip,
                      running_at(replica, served_, quantity<unit::per_second, T>(served_.calls * of_capacity)));
    };
    const quantity<unit::watt, T> mean = at(load);
    return {max(at(load * demand_.peak_to_mean), mean), mean};
  }

  // The chips in service: how many, and what one of them draws, costs and consists of.
  chip_demand<T> fleet_of(const basic_service<T>& s, counting how) const {
    const bool solved = how == counting::smooth && prepared_ == counting::smooth;
    const chip_power power = solved ? proportional_power_ : power_at(s.load);
    chip_demand<T> fleet;
    fleet.chips = plain(s.replicas) * plan_.chips();
    fleet.peak_power = power.peak;
    fleet.mean_power = power.mean;
    fleet.price = on_.chip.price;
    fleet.die_area = chips::die_area_of(on_.chip);
    return fleet;
  }

  Layers on_;
  basic_serving_plan<T> plan_;
  call_demand<T> demand_;
  serving_figures<T> served_;
  T proportional_load_;
  counting prepared_;
  chip_power proportional_power_{};
};

// The bill of one plan; for many sizes of one service make `billing` once.
template <number T, class Layers>
basic_bill<T> bill_of(const Layers& layers, const basic_serving_plan<T>& plan, counting how) {
  return billing<T, Layers>(layers, plan, how)(how);
}

}  // namespace layercake
