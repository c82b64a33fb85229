// A stack in a sweep (bulk/run/sweep.hpp): what is asked of it where no formula is named, and whether parts go together.
#pragma once

#include <layercake/chips/chips.hpp>
#include <layercake/number/number.hpp>
#include <layercake/serving/multiplied.hpp>
#include <tuple>
#include <utility>

namespace layercake {

template <class Energy, class Chip, class Infrastructure, class Model, class Application>
class stack;

// The formula of a stack: its bill.
struct bill_of_stack {
  counting how = counting::whole;
  template <class Stack>
  auto operator()(const Stack& s) const {
    return s.pull(how);
  }
};
// What must hold of a stack and its bill: that a plan serves it on its chip, and that the supply carries it.
struct plan_is_laid_out {
  template <class Stack, class Bill>
  auto operator()(const Stack& s, const Bill&) const {
    return s.is_laid_out();
  }
};
struct calls_are_short_enough {
  template <class Stack, class Bill>
  auto operator()(const Stack& s, const Bill&) const {
    return is_made_for(s.model, widened<typename Stack::number_type>(s.application.pull()));
  }
};
struct chip_has_units {
  template <class Stack, class Bill>
  auto operator()(const Stack& s, const Bill&) const {
    return multiplies(s.chip, s.model);
  }
};
struct one_call_fits {
  template <class Bill>
  auto operator()(const Bill& b) const {
    return b.serving.memory_bound_concurrency >= 1.0;
  }
};
struct latency_is_met {
  template <class Bill>
  auto operator()(const Bill& b) const {
    return is_finite(b.serving.replicas);
  }
};
struct supply_carries_it {
  template <class Bill>
  auto operator()(const Bill& b) const {
    return is_finite(b.supplied.cost()) || !is_known(b.supplied.cost());
  }
};
struct stack_question {
  bill_of_stack formula;
  std::tuple<std::pair<const char*, plan_is_laid_out>, std::pair<const char*, calls_are_short_enough>,
             std::pair<const char*, chip_has_units>, std::pair<const char*, one_call_fits>,
             std::pair<const char*, latency_is_met>, std::pair<const char*, supply_carries_it>>
      conditions{{"heads, layers or experts do not divide over the plan", {}},
                 {"a call is longer than the positions that the model was made for", {}},
                 {"the chip has no units for the model's products", {}},
                 {"weights and cache of one call do not fit in memory", {}},
                 {"an objective for latency cannot be met", {}},
                 {"the energy supply cannot carry the power", {}}};
};

template <class... Layer>
stack_question swept(const stack<Layer...>&, counting how) {
  return {{how}};
}

// Whether the fields of a stack are inside their domains and its chip's figures known, so that it can be asked for bills.
template <class... Layer>
bool composes(const stack<Layer...>& s) {
  return check(s).empty() && chips::missing_in_bill(s.chip, "chip").empty();
}

}  // namespace layercake
