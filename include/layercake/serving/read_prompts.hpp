// The time that a replica takes to read many prompts with nothing else to do: the beginning of a rollout, or the whole work of a model
// that scores what others wrote.
#pragma once

#include <layercake/serving/replica.hpp>

namespace layercake {

template <number T = double>
struct read_prompts_figures {
  quantity<unit::second, T> time;
  step_cost<T> work;  // of one chip
};

// `prompts` inputs of the replica, as many in a pass as its token budget holds. Passes go through pipeline stages one behind the other:
//   time = m (t(b) / stages + host) + t(b) (1 - 1 / stages),  b = min(prompts, budget / input, at least 1),  m = prompts / b
// t(b): chips' time of a pass over b prompts, all stages one after the other. Leaves out a last pass that is not full, and several
// prompts of unequal length. Worked number: 12 prompts, of which four fill a pass of 0.2 s through two stages, without host: 0.4 s.
template <number T, class... X>
read_prompts_figures<T> read_prompts(const replica<T, X...>& r, const T& prompts) {
  const T stages = r.plan.pipeline;
  const T in_a_pass = min(prompts, max(r.plan.software.token_budget / r.fresh(), T(1)));
  const T passes = prompts / in_a_pass;
  const step_cost<T> one = r.prefill(in_a_pass);
  const quantity<unit::second, T> host = r.plan.software.exposed(in_a_pass, r.plan.tensor * stages, one.time / stages);
  return {(one.time / stages + host) * passes + one.time * (T(1) - T(1) / stages), one * T(passes / stages)};
}

}  // namespace layercake
