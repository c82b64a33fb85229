// From five layers and a serving plan to bills: what does not depend on the size of the service is prepared once.
#pragma once

#include <layercake/chips/chips.hpp>
#include <layercake/serving/power.hpp>
#include <layercake/serving/search.hpp>
#include <layercake/stack/bill.hpp>

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
//   power:   chips -> node -> site -> plant, at the busiest hour and as a mean
//   money:   one line per layer; cost per task is their sum over the tasks
// A replica is timed once, when the law is made; a bill of any size then costs what infrastructure and energy take to answer. Infeasible plans
// (weights that do not fit, an objective that cannot be met) need infinitely many replicas: every cost is infinite.
template <number T, class Layers>
class billing {
public:
  billing(const Layers& layers, const basic_serving_plan<T>& plan)
      : billing(layers, plan,
                serving_task{layers.chip, layers.infrastructure, layers.model, widened<T>(layers.application.pull())}
                    .figures(plan)) {}
  // The same of a plan whose figures are known.
  billing(const Layers& layers, const basic_serving_plan<T>& plan, const serving_figures<T>& served)
      : on_(layers), plan_(plan), demand_(widened<T>(layers.application.pull())), served_(served) {}

  // The bill of `scale` times the application's calls. Whole counting buys whole replicas and nodes, smooth counting is proportional.
  basic_bill<T> operator()(counting how, const T& scale = T(1)) const {
    const quantity<unit::per_second, T> calls = demand_.calls * scale;
    basic_bill<T> b;
    b.usage = on_.application.push(calls);
    b.serving = service_of(calls, how);
    b.built = on_.infrastructure.pull(fleet_of(b.serving), how);
    b.supplied = on_.energy.pull(b.built.power);
    if constexpr (requires { on_.model.royalty; }) b.model_cost = plain(b.serving.output_tokens) * on_.model.royalty;
    if constexpr (requires { on_.application.cost_per_task; })
      b.application_cost = b.usage.tasks * on_.application.cost_per_task;
    return b;
  }

  // One replica at full load.
  const serving_figures<T>& served() const { return served_; }

private:
  basic_service<T> service_of(const quantity<unit::per_second, T>& calls, counting how) const {
    basic_service<T> s;
    s.calls = calls;
    s.input_tokens = calls * plain(demand_.input);
    s.output_tokens = calls * plain(demand_.output);
    s.time_to_first_token = served_.time_to_first_token;
    s.time_per_output_token = served_.time_per_output_token;
    s.concurrency = served_.concurrency;
    s.memory_bound_concurrency = served_.memory_bound_concurrency;
    const quantity<unit::per_second, T> sold =
        served_.calls * on_.infrastructure.utilisation * on_.infrastructure.availability;
    // Replicas that share experts come in whole groups.
    const T replicas = counted(T(calls * demand_.peak_to_mean / sold / plan_.expert), how) * plan_.expert;
    s.replicas = replicas;
    const auto serves = served_.calls > served_.calls * T(0);
    s.load = where(serves, calls / where(serves, served_.calls * replicas, calls), T(0));
    return s;
  }

  // The chips in service: how many, and what one of them draws, costs and consists of.
  chip_demand<T> fleet_of(const basic_service<T>& s) const {
    const auto power_at = [&](const T& share_of_time) {
      return running_power(on_.chip, served_.per_call, T(1), min(share_of_time, T(1)));
    };
    chip_demand<T> fleet;
    fleet.chips = plain(s.replicas) * plan_.chips();
    fleet.peak_power = power_at(s.load * demand_.peak_to_mean);
    fleet.mean_power = power_at(s.load);
    fleet.price = on_.chip.price;
    fleet.die_area = chips::die_area_of(on_.chip);
    return fleet;
  }

  Layers on_;
  basic_serving_plan<T> plan_;
  call_demand<T> demand_;
  serving_figures<T> served_;
};

// The bill of one plan; for many sizes of one service make `billing` once.
template <number T, class Layers>
basic_bill<T> bill_of(const Layers& layers, const basic_serving_plan<T>& plan, counting how) {
  return billing<T, Layers>(layers, plan)(how);
}

}  // namespace layercake
