// A stack in a sweep (bulk/run/sweep.hpp): what is asked of it where no formula is named, and what becomes of it when
// parts of it are chosen anew.
#pragma once

#include <layercake/number/number.hpp>
#include <tuple>
#include <utility>

namespace layercake {

template <class Energy, class Chip, class Infrastructure, class Model, class Application>
class stack;

// The formula of a stack, its bill, and what must hold of it: that a plan serves it.
template <class Conditions>
struct stack_question {
  struct bill_of_stack {
    counting how;
    template <class Stack>
    auto operator()(const Stack& s) const {
      return s.pull(how);
    }
  };
  bill_of_stack formula;
  Conditions conditions;  // reason of failure, and what holds of the stack and its bill
};

template <class... Layer>
auto swept(const stack<Layer...>&, counting how) {
  const std::tuple conditions{
      std::pair{"weights and cache of one call do not fit in memory",
                [](const auto& s, const auto& b) { return b.concurrency >= 1.0 || !s.model.generates_tokens; }},
      std::pair{"an objective for latency cannot be met", [](const auto& b) { return is_finite(b.replicas); }}};
  return stack_question<std::remove_const_t<decltype(conditions)>>{{how}, conditions};
}

// The stack composed anew, with a plan chosen for its parts, unless the plan itself differs from that of `before`. Throws
// what composing a stack throws.
template <class... Layer>
stack<Layer...> recomposed(const stack<Layer...>& s, const stack<Layer...>& before) {
  const auto& a = s.plan;
  const auto& b = before.plan;
  const bool same_plan = a.tensor == b.tensor && a.pipeline == b.pipeline && a.expert == b.expert &&
                         a.concurrency == b.concurrency && a.memory_share == b.memory_share;
  return same_plan ? stack<Layer...>(s.energy, s.chip, s.infrastructure, s.model, s.application) : s;
}

}  // namespace layercake
