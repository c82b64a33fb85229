// The stack: five layers as one program. `pull` follows a service from its users down to the power plant and ends in a bill; `push` follows
// what is granted from below up to what it can make and ends in a ceiling. Both are the same formulas.
//
// Any layer may be the user's own type that satisfies the layer's concept; any input may be a double, a float, a batch or a dual, and the
// result has the number type that the inputs promote to.
#pragma once

#include <layercake/applications/applications.hpp>
#include <layercake/core/number_of.hpp>
#include <layercake/core/same.hpp>
#include <layercake/energy/energy.hpp>
#include <layercake/stack/billing.hpp>
#include <layercake/stack/ceiling.hpp>
#include <layercake/stack/choosing.hpp>
#include <layercake/stack/swept.hpp>
#include <memory>
#include <utility>

namespace layercake {

// Five layers that fit each other. Composing checks every field of every layer and chooses a serving plan, the one whose
// bill is least. A layer may be assigned to: what is asked next is answered as by a stack composed of what is there then.
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
  // Of the service as it is, in whole replicas. Assigning to it makes it a plan of the caller's.
  basic_serving_plan<number_type> plan{};

  // Throws invalid_value for a field outside its domain, missing_value for a chip without a price, infeasible if no plan
  // that `search` names serves the calls.
  stack(Energy e, Chip c, Infrastructure i, Model m, Application a, serving_search search = {})
      : stack(composition{std::move(e), std::move(c), std::move(i), std::move(m), std::move(a)}) {
    if constexpr (real<number_type> && in_order) {
      validate(*this);
      raise_if_missing(chips::missing_in_bill(chip, "chip"));
      made_ = choose_plans<T>(parts(), search);
      plan = made_.whole;
      settle(std::make_shared<const serving_search>(std::move(search)));
    }
  }
  // The same with a plan of the caller's.
  stack(Energy e, Chip c, Infrastructure i, Model m, Application a, basic_serving_plan<number_type> p)
      : stack(composition{std::move(e), std::move(c), std::move(i), std::move(m), std::move(a)}) {
    plan = p;
    made_ = {p, p};
    if constexpr (real<number_type> && in_order) {
      validate(*this);
      raise_if_missing(chips::missing_in_bill(chip, "chip"));
      check_plan();
      settle(nullptr);
    }
  }

  // The bill. Whole counting buys whole replicas and nodes; smooth counting is proportional to the calls.
  auto pull(counting how = counting::whole) const {
    return settled([&](const stack& s) { return s.bills(how)(how); });
  }

  // The ceiling of what is granted, and of what the energy supply can bring to the site. The replica is timed once.
  auto push(const basic_grant<number_type>& granted) const {
    if constexpr (real<T>) validate(granted, "grant");
    return settled([&](const stack& s) { return s.ceiling(granted); });
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
      return layercake::stack(layer, chip, infrastructure, model, application, search());
    } else if constexpr (is_chip) {
      return layercake::stack(energy, layer, infrastructure, model, application, search());
    } else if constexpr (is_infrastructure) {
      return layercake::stack(energy, chip, layer, model, application, search());
    } else if constexpr (is_model) {
      return layercake::stack(energy, chip, infrastructure, layer, application, search());
    } else {
      return layercake::stack(energy, chip, infrastructure, model, layer, search());
    }
  }
  // The same stack under a plan of the caller's.
  auto with(const basic_serving_plan<number_type>& p) const {
    return layercake::stack(energy, chip, infrastructure, model, application, p);
  }

  // The same stack with its plan chosen anew among those of a search: other ranks, other software.
  auto with(const serving_search& s) const {
    return layercake::stack(energy, chip, infrastructure, model, application, s);
  }

  // The same stack over number type N, under the same plans: lanes and derivatives do not choose.
  template <number N>
  auto over() const {
    return settled([](const stack& s) { return s.template copied<N>(); });
  }
  // For a sweep of inputs in `ranges` (see plans_over): the same stack over N, which under every lane's inputs takes the
  // plan that is best there, as a stack composed of them does; a plan of the caller's is kept.
  template <number N, class Range>
  auto over_ranges(const std::vector<Range>& ranges) const {
    auto made = copied<N>();
    if (!has_own_plan())
      made.every_plan_ = std::make_shared<const std::vector<serving_plan>>(plans_over(*this, ranges));
    return made;
  }

  // The plan that a bill counts with: `plan` in whole replicas, and smoothly the one that is best where a replica more or
  // less does not matter; a plan of the caller's under both.
  const basic_serving_plan<number_type>& plan_of(counting how) const {
    return layercake::same(plan, made_.whole) ? made_.of(how) : plan;
  }
  // Whether its plan or, in a sweep, one of its plans can be laid out; a mask where the numbers are lanes.
  auto is_laid_out() const {
    auto any_is = can_be_laid_out(chip, model, plan);
    if (every_plan_) {
      for (const serving_plan& p : *every_plan_)
        any_is = any_is || can_be_laid_out(chip, model, layercake::with_number<T>(p));
    }
    return any_is;
  }
  // Whether the plan is the caller's, and not one that composing chose.
  bool has_own_plan() const { return search_ == nullptr || !layercake::same(plan, made_.whole); }
  // This stack, composed anew where a member was assigned to.
  stack composed() const {
    return settled([](const stack& s) { return s; });
  }
  // The search that chooses its plans.
  serving_search search() const { return search_ ? *search_ : serving_search{}; }

  static constexpr auto fields() {
    return std::tuple{part("energy", &stack::energy),
                      part("chip", &stack::chip),
                      part("infrastructure", &stack::infrastructure),
                      part("model", &stack::model),
                      part("application", &stack::application),
                      part("plan", &stack::plan)};
  }

private:
  template <class OtherEnergy, class OtherChip, class OtherInfrastructure, class OtherModel, class OtherApplication>
  friend class stack;
  using layers_type = layers<Energy, Chip, Infrastructure, Model, Application>;
  struct composition {
    Energy energy;
    Chip chip;
    Infrastructure infrastructure;
    Model model;
    Application application;
  };

  chosen_plans<T> made_{};                          // with which it was composed
  std::shared_ptr<const serving_search> search_{};  // that chose them; none: the caller did
  std::shared_ptr<const composition> composed_{};   // the layers that were validated, of plain numbers
  // In a sweep, the plans of which each lane takes the best.
  std::shared_ptr<const std::vector<serving_plan>> every_plan_{};

  explicit stack(composition c)
      : energy(std::move(c.energy)),
        chip(std::move(c.chip)),
        infrastructure(std::move(c.infrastructure)),
        model(std::move(c.model)),
        application(std::move(c.application)) {
    static_assert(has_energy, "layercake: the first layer of a stack is an energy supply: see energy/supply.hpp");
    if constexpr (!chips::chip<Chip>) static_assert(chips::require_chip<Chip>());
    static_assert(has_infrastructure,
                  "layercake: the third layer of a stack is an infrastructure: see infrastructure/site.hpp");
    if constexpr (!models::model<Model>) static_assert(models::require_model<Model>());
    static_assert(has_application,
                  "layercake: the fifth layer of a stack is an application: see applications/application.hpp");
  }

  template <number N>
  auto copied() const {
    using layercake::with_number;
    auto made = layercake::stack(with_number<N>(energy), with_number<N>(chip), with_number<N>(infrastructure),
                                 with_number<N>(model), with_number<N>(application), with_number<N>(plan));
    made.made_.smooth = with_number<N>(plan_of(counting::smooth));
    made.search_ = search_;
    made.every_plan_ = every_plan_;
    return made;
  }

  layers_type parts() const { return {energy, chip, infrastructure, model, application}; }
  void settle(std::shared_ptr<const serving_search> search) {
    search_ = std::move(search);
    composed_ = std::make_shared<const composition>(composition{energy, chip, infrastructure, model, application});
  }
  // What `ask` answers of this stack, or, where a member was assigned to since it was composed, of one that is composed of
  // what is there now. Lanes and derivatives are as they were set.
  template <class Ask>
  auto settled(Ask&& ask) const {
    if constexpr (real<T> && in_order) {
      const composition& c = *composed_;
      const bool layers_are = same(energy, c.energy) && same(chip, c.chip) && same(infrastructure, c.infrastructure) &&
                              same(model, c.model) && same(application, c.application);
      if (layers_are && same(plan, made_.whole)) return ask(*this);
      if (has_own_plan()) return ask(stack(energy, chip, infrastructure, model, application, plan));
      return ask(stack(energy, chip, infrastructure, model, application, *search_));
    } else {
      return ask(*this);
    }
  }

  auto bills(counting how) const {
    if constexpr (!real<T>) {
      if (every_plan_ && same(plan, made_.whole))
        return billing<T, layers_type>(parts(), best_of<T>(*every_plan_, parts(), how));
    }
    return billing<T, layers_type>(parts(), plan_of(how));
  }

  basic_ceiling<T> ceiling(basic_grant<T> granted) const {
    const auto law = bills(counting::smooth);
    const auto connected = connection(law);
    const auto asked = plain(granted.site_power);
    const auto site = where(is_known(asked), min(asked, connected), connected);
    granted.site_power = where(is_finite(site), site, unknown<quantity<unit::watt, T>>());
    const auto bill_at = [&](const T& scale) { return law(counting::smooth, scale); };
    basic_ceiling<T> c = ceiling_of(granted, bill_at);
    if constexpr (real<T>) {  // the supply may say more than its bill
      if (is_finite(c.calls) && !c.reason.empty())
        c.reason = detail::why_endless(energy, bill_at(T(c.calls / law(counting::smooth).serving.calls)));
    }
    return c;
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

  // A plan of the caller's must be one that these layers can carry out.
  void check_plan() const {
    if (!can_be_laid_out(chip, model, plan)) {
      raise(invalid_value("plan.tensor is " + to_string(plan.tensor) + ", plan.pipeline " + to_string(plan.pipeline) +
                          ", plan.expert " + to_string(plan.expert) + ", plan.attention_data " +
                          to_string(plan.attention_data) +
                          "; allowed: what divides the model's heads, layers and experts, with tensor at most the "
                          "chip's scale-up domain, " +
                          to_string(number_cast<T>(chip.scale_up_domain)) +
                          ", and attention_data a divisor of tensor. Set plan.tensor, plan.pipeline, plan.expert and "
                          "plan.attention_data to such."));
    }
    const std::string reason =
        layercake::why_not(serving_task(chip, infrastructure, model, widened<T>(application.pull())), plan);
    if (!reason.empty()) raise(infeasible("the plan answers no calls: " + reason));
  }
};

}  // namespace layercake
