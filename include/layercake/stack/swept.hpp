// A stack in a sweep (bulk/run/sweep.hpp): what is asked of it where no formula is named, and what becomes of it when
// parts of it are chosen anew.
#pragma once

#include <layercake/number/number.hpp>
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
// What must hold of a stack and its bill: that a plan serves it.
struct one_call_fits {
  template <class Stack, class Bill>
  auto operator()(const Stack& s, const Bill& b) const {
    return b.serving.concurrency >= 1.0 || !s.model.generates_tokens;
  }
};
struct latency_is_met {
  template <class Bill>
  auto operator()(const Bill& b) const {
    return is_finite(b.serving.replicas);
  }
};
struct stack_question {
  bill_of_stack formula;
  std::tuple<std::pair<const char*, one_call_fits>, std::pair<const char*, latency_is_met>> conditions{
      {"weights and cache of one call do not fit in memory", {}}, {"an objective for latency cannot be met", {}}};
};

template <class... Layer>
stack_question swept(const stack<Layer...>&, counting how) {
  return {{how}};
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
