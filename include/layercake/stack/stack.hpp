// The stack: five layers as one program. `pull` follows a service from its users down to the power plant and ends in a bill; `push` follows
// what is granted from below up to what it can make and ends in a ceiling. Both are the same formulas.
//
// Any layer may be the user's own type that satisfies the layer's concept; any input may be a double, a float, a batch or a dual, and the
// result has the number type that the inputs promote to.
#pragma once

#include <layercake/applications/applications.hpp>
#include <layercake/core/number_of.hpp>
#include <layercake/energy/energy.hpp>
#include <layercake/serving/search.hpp>
#include <layercake/serving/serve.hpp>
#include <layercake/stack/billing.hpp>
#include <layercake/stack/ceiling.hpp>
#include <layercake/stack/swept.hpp>

namespace layercake {

// Five layers that fit each other. Composing checks every field of every layer and chooses a serving plan.
template <class Energy, class Chip, class Infrastructure, class Model, class Application>
class stack {
public:
  using number_type = promote_all_t<number_of_t<Energy>, number_of_t<Chip>, number_of_t<Infrastructure>,
                                    number_of_t<Model>, number_of_t<Application>>;

  using T = number_type;

  Energy energy;
  Chip chip;
  Infrastructure infrastructure;
  Model model;
  Application application;
  basic_serving_plan<number_type> plan{};

  // Throws invalid_value for a field outside its domain, missing_value for a chip without a price, infeasible if no plan serves the calls.
  stack(Energy e, Chip c, Infrastructure i, Model m, Application a)
      : energy(std::move(e)),
        chip(std::move(c)),
        infrastructure(std::move(i)),
        model(std::move(m)),
        application(std::move(a)) {
    static_assert(has_energy, "layercake: the first layer of a stack is an energy supply: see energy/supply.hpp");
    if constexpr (!chips::chip<Chip>) static_assert(chips::require_chip<Chip>());
    static_assert(has_infrastructure,
                  "layercake: the third layer of a stack is an infrastructure: see infrastructure/site.hpp");
    if constexpr (!models::model<Model>) static_assert(models::require_model<Model>());
    static_assert(has_application,
                  "layercake: the fifth layer of a stack is an application: see applications/application.hpp");
    if constexpr (real<number_type> && in_order) {
      validate(*this);
      choose_plan();
    }
  }
  // The same with a plan of the caller's.
  stack(Energy e, Chip c, Infrastructure i, Model m, Application a, basic_serving_plan<number_type> p)
      : energy(std::move(e)),
        chip(std::move(c)),
        infrastructure(std::move(i)),
        model(std::move(m)),
        application(std::move(a)),
        plan(p) {
    if constexpr (real<number_type>) {
      validate(*this);
      check_plan();
    }
  }

  // The bill. Whole counting buys whole replicas and nodes; smooth counting is proportional to the calls.
  auto pull(counting how = counting::whole) const { return bills()(how); }

  // The ceiling of what is granted, and of what the energy supply can bring to the site. The replica is timed once.
  auto push(basic_grant<number_type> granted) const {
    if constexpr (real<T>) validate(granted, "grant");
    const auto law = bills();
    const auto connected = connection(law);
    const auto asked = plain(granted.site_power);
    const auto site = where(is_known(asked), min(asked, connected), connected);
    granted.site_power = where(is_finite(site), site, unknown<quantity<unit::watt, T>>());
    return ceiling_of(granted, [&](const T& scale) { return law(counting::smooth, scale); });
  }
  // The ceiling of so much power at the plant.
  auto push(const peak_power_at<kind::plant, number_type>& plant_power) const {
    basic_grant<number_type> granted;
    granted.plant_power = plant_power;
    return push(granted);
  }

  // The same stack with one layer replaced: the argument's type tells which. The plan is chosen anew.
  template <class Layer>
  auto with(const Layer& layer) const {
    constexpr bool is_energy = energy::energy_supply<Layer>;
    constexpr bool is_chip = chips::chip<Layer>;
    constexpr bool is_infrastructure = infrastructure::infrastructure<Layer>;
    constexpr bool is_model = models::model<Layer>;
    constexpr bool is_application = applications::application<Layer>;
    static_assert(is_energy + is_chip + is_infrastructure + is_model + is_application == 1,
                  "layercake: with(x) takes a type that satisfies exactly one of the concepts energy_supply, chip, "
                  "infrastructure, model, application");
    if constexpr (is_energy) {
      return layercake::stack(layer, chip, infrastructure, model, application);
    } else if constexpr (is_chip) {
      return layercake::stack(energy, layer, infrastructure, model, application);
    } else if constexpr (is_infrastructure) {
      return layercake::stack(energy, chip, layer, model, application);
    } else if constexpr (is_model) {
      return layercake::stack(energy, chip, infrastructure, layer, application);
    } else {
      return layercake::stack(energy, chip, infrastructure, model, layer);
    }
  }
  // The same stack under a plan of the caller's.
  auto with(const basic_serving_plan<number_type>& p) const {
    return layercake::stack(energy, chip, infrastructure, model, application, p);
  }

  // The same stack over number type N, under the same plan.
  template <number N>
  auto over() const {
    return layercake::stack(layercake::with_number<N>(energy), layercake::with_number<N>(chip),
                            layercake::with_number<N>(infrastructure), layercake::with_number<N>(model),
                            layercake::with_number<N>(application), layercake::with_number<N>(plan));
  }

  static constexpr auto fields() {
    return std::tuple{part("energy", &stack::energy),
                      part("chip", &stack::chip),
                      part("infrastructure", &stack::infrastructure),
                      part("model", &stack::model),
                      part("application", &stack::application),
                      part("plan", &stack::plan)};
  }

private:
  auto bills() const {
    return billing<T, layers<Energy, Chip, Infrastructure, Model, Application>>(
        {energy, chip, infrastructure, model, application}, plan);
  }

  // The power that the supply can bring to the site's meter; infinite where nothing limits it. A plant of given capacity serves a mean as well
  // as a peak.
  template <class Law>
  quantity<unit::watt, T> connection(const Law& law) const {
    const quantity<unit::watt, T> unlimited =
        number_cast<T>(std::numeric_limits<scalar_of_t<T>>::infinity()) * units::watt;
    const quantity<unit::watt, T> connected = energy.push(unlimited);
    if constexpr (requires(const power_demand<T>& meter) { energy.capacity / energy.capacity_needed(meter); }) {
      const power_demand<T> meter = law(counting::smooth).built.power;
      const quantity<unit::watt, T> served = plain(meter.peak) * T(energy.capacity / energy.capacity_needed(meter));
      return where(is_known(served), min(connected, served), connected);
    } else {
      return connected;
    }
  }

  // The concepts' own explanations, pages of them, are kept out of the error by these.
  static constexpr bool has_energy = energy::energy_supply<Energy>;
  static constexpr bool has_infrastructure = infrastructure::infrastructure<Infrastructure>;
  static constexpr bool has_application = applications::application<Application>;
  static constexpr bool in_order =
      has_energy && chips::chip<Chip> && has_infrastructure && models::model<Model> && has_application;

  // Of the splits of one replica over 1, 2, 4, ... chips of a scale-up domain (and over several domains by pipeline stages, if no domain holds
  // the model), the one that answers most calls per chip. Experts stay with the tensor ranks: spreading them over more chips (plan.expert) is
  // the caller's choice.
  void choose_plan() {
    check_chip();
    serving_search splits;
    splits.tensor = powers_of_two(static_cast<double>(chip.scale_up_domain));
    splits.pipeline = powers_of_two(most_stages);
    splits.expert = {1};
    splits.fewest_stages = true;
    T best(0);
    const std::string reason =
        for_each_serving_plan<T>(chip, infrastructure, model, widened<T>(application.pull()), splits,
                                 [&](const basic_serving_plan<T>& candidate, const serving_figures<T>& served) {
                                   const T rate = in<units::hertz>(served.calls) / candidate.chips();
                                   if (rate > best) best = rate, plan = candidate;
                                 });
    if (!(best > T(0))) {
      raise(infeasible("no serving plan on up to " + to_string(most_stages) +
                       " stages of a scale-up domain answers the calls " + reason));
    }
  }

  // A plan of the caller's must be one that these layers can carry out.
  void check_plan() const {
    check_chip();
    if (!can_be_laid_out(chip, model, plan)) {
      raise(invalid_value("plan.tensor is " + to_string(plan.tensor) + ", plan.pipeline " + to_string(plan.pipeline) +
                          ", plan.expert " + to_string(plan.expert) +
                          "; allowed: what divides the model's heads, layers and experts, with tensor at most the "
                          "chip's scale-up domain, " +
                          to_string(number_cast<T>(chip.scale_up_domain)) +
                          ". Set plan.tensor, plan.pipeline and plan.expert to such."));
    }
    const auto demand = widened<T>(application.pull());
    const auto served = serve<T>(chip, infrastructure, model, plan, demand);
    if (!(served.calls > 0 * units::hertz))
      raise(infeasible("the plan answers no calls " + layercake::why_not(served, plan, demand, chip)));
  }

  void check_chip() const {
    const std::string name = chips::name_of(chip);
    check_known("chip.price", chip.price, name + " has no published price; set it: chip.price = 30000 * usd");
    check_known("chip.thermal_design_power", chip.thermal_design_power,
                name + " has none that is published; set it: chip.thermal_design_power = 700 * watt");
    check_known("chip.idle_power", chip.idle_power,
                name + " has none that is published; set it: chip.idle_power = 80 * watt");
  }

  static constexpr double most_stages = 64;  // of a pipeline that is chosen: assumed, above any that is in service
};

}  // namespace layercake
