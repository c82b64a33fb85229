// Serving: how many calls one replica of a model answers, how fast, in how much memory. A replica is `tensor` x `pipeline` chips that hold one
// copy of the weights; `concurrency` calls are in flight in it, batched continuously (Yu et al., Orca, OSDI 2022).
#pragma once

#include <layercake/core/demand.hpp>
#include <layercake/stack/step.hpp>

namespace layercake {

// How a model is laid out for serving. Zero concurrency: as many calls in flight as memory and objectives allow.
template <class T = double>
struct basic_serving_plan {
  T tensor = T(1);
  T pipeline = T(1);
  T expert = T(1);
  T concurrency = T(0);
  T memory_share = T(0.9);  // of a chip's memory for weights and cache; vLLM's default gpu_memory_utilization (engine arguments, 2025)

  template <class U>
  using with_number = basic_serving_plan<U>;
  static constexpr auto fields() {
    using X = basic_serving_plan;
    return std::tuple{field("tensor", &X::tensor, positive_count, "chips that share every layer of one replica"),
                      field("pipeline", &X::pipeline, positive_count, "stages that the layers of one replica are cut into"),
                      field("expert", &X::expert, positive_count, "replicas that the experts are spread over"),
                      field("concurrency", &X::concurrency, nonnegative, "calls in flight in one replica, 0 for as many as possible"),
                      field("memory_share", &X::memory_share, positive_share, "share of a chip's memory for weights and cache")};
  }
  T chips() const { return tensor * pipeline; }
  models::split<T> split() const { return {tensor, pipeline, expert, T(1)}; }
};
using serving_plan = basic_serving_plan<>;

// One replica at full load.
template <class T = double>
struct serving_figures {
  T concurrency = T(0);                             // calls in flight
  quantity<unit::per_second, T> calls;              // calls answered per second
  quantity<unit::second, T> time_to_first_token;    // without waiting for a place
  quantity<unit::second_per_token, T> time_per_output_token;
  quantity<unit::byte, T> weights, cache;           // on one chip
  quantity<unit::byte, T> memory;                   // that they may take on one chip
  step_cost<T> per_call;                            // on one chip of the replica
  T memory_bound_concurrency = T(0);                // calls whose cache fits
};

namespace detail {

// The passes of calls in one replica.
template <class T, class Chip, class Infrastructure, class Model>
struct replica {
  const Chip& chip;
  const Infrastructure& infrastructure;
  const Model& model;
  basic_serving_plan<T> plan;
  call_demand<T> demand;

  T input() const { return in<units::token>(demand.input); }
  T output() const { return max(in<units::token>(demand.output), T(1)); }
  // Positions in the cache half way through the answer: the mean over the life of a call.
  T mean_context() const { return input() + output() * T(0.5); }

  // Reading the prompt: what is not cached already.
  step_cost<T> prefill() const {
    const T fresh = max(input() * (T(1) - demand.cached_share), T(1));
    return step<T>(chip, infrastructure, model, {models::phase::prefill, T(1), fresh, max(input(), T(1))}, plan.split());
  }
  // Writing one token in each of `sequences` calls.
  step_cost<T> decode(const T& sequences) const {
    return step<T>(chip, infrastructure, model, {models::phase::decode, sequences, T(1), mean_context()}, plan.split());
  }
  // Mean time between two tokens of a call with `sequences` in flight: the step, and its share of the prompts that are read between steps.
  //   tpot = t(b) + b P / O     since each step b / O calls end and as many prompts enter
  quantity<unit::second, T> token_interval(const T& sequences, const quantity<unit::second, T>& prompt) const {
    return decode(sequences).time + prompt * (sequences / output());
  }
};

// The largest x in [1, high] with f(x) <= limit for a rising f, by bisection in log x; then one secant step, which carries the derivative of f
// and of the limit (implicit function theorem) that bisection loses. Below 1 where even f(1) exceeds the limit.
template <class T, class F, class Q>
T largest_below(const T& high, const Q& limit, F&& f) {
  T low(1), top = max(high, T(1));
  for (int i = 0; i < 24; ++i) {
    const T middle = sqrt(low * top);
    const auto ok = f(middle) <= limit;
    low = where(ok, middle, low);
    top = where(ok, top, middle);
  }
  const T step = low * T(1e-3);
  const auto at = f(low), beside = f(low + step);
  const T slope = (beside - at) / limit / step;  // relative, a plain number
  const T solved = low + (limit - at) / limit / where(slope > T(0), slope, T(1));
  const auto bound = f(high) <= limit;
  return where(bound, high, min(solved, high));
}
}  // namespace detail

// The figures of one replica of `model` on `chip`s inside `infrastructure` under `plan`, answering calls like `demand`'s.
//   calls/s = b / (O tpot(b)) ,  b = min(memory, latency objective)
// With objectives that cannot be met, or weights that do not fit, concurrency is below 1 and `calls` is 0.
// Leaves out: queueing before a place is free, unequal lengths.
template <class T, class Chip, class Infrastructure, class Model>
serving_figures<T> serve(const Chip& chip, const Infrastructure& infrastructure, const Model& model, const basic_serving_plan<T>& plan,
                         const call_demand<T>& demand) {
  const detail::replica<T, Chip, Infrastructure, Model> r{chip, infrastructure, model, plan, demand};
  serving_figures<T> s;
  const models::split<T> split = plan.split();
  s.memory = chip.memory * plan.memory_share;
  s.weights = model.weights(split);
  const step_cost<T> prompt = r.prefill();
  const T one(1);
  if constexpr (Model::generates_tokens) {
    const quantity<unit::byte, T> cache_per_call = model.cache(r.mean_context() * units::token, split);
    s.memory_bound_concurrency = (s.memory - s.weights) / cache_per_call;
    const quantity<unit::second, T> limit = demand.time_per_output_token * (T(1) * units::token);
    const auto interval = [&](const T& b) { return r.token_interval(b, prompt.time); };
    const T by_latency = detail::largest_below(max(s.memory_bound_concurrency, one), limit, interval);
    const T chosen = where(plan.concurrency > T(0), plan.concurrency, by_latency);
    s.concurrency = min(chosen, s.memory_bound_concurrency);
    const T b = max(s.concurrency, one);
    const step_cost<T> decode = r.decode(b);
    const quantity<unit::second, T> between = interval(b);
    s.cache = cache_per_call * b;
    s.time_per_output_token = between / (one * units::token);
    s.time_to_first_token = prompt.time + between;
    s.calls = b / (r.output() * between);
    s.per_call = prompt + decode * T(r.output() / b);
    const auto possible = (s.memory_bound_concurrency >= one) && (interval(one) <= limit || plan.concurrency > T(0)) &&
                          (prompt.time <= demand.time_to_first_token);
    s.calls = where(possible, s.calls, quantity<unit::per_second, T>());
  } else {
    s.concurrency = one;
    s.memory_bound_concurrency = s.memory / s.weights;
    s.time_to_first_token = prompt.time;
    s.calls = one / prompt.time;
    s.per_call = prompt;
    const auto possible = (s.weights <= s.memory) && (prompt.time <= demand.time_to_first_token);
    s.calls = where(possible, s.calls, quantity<unit::per_second, T>());
  }
  return s;
}

}  // namespace layercake
