// Serving: how many calls one replica of a model answers, how fast, in how much memory. A replica is `tensor` x `pipeline` chips that hold one
// copy of the weights; `concurrency` calls are in flight in it, batched continuously (Yu et al., Orca, OSDI 2022).
#pragma once

#include <layercake/core/demand.hpp>
#include <layercake/serving/plan.hpp>
#include <layercake/serving/step.hpp>

namespace layercake {

// One replica at full load.
template <class T = double>
struct serving_figures {
  T concurrency = T(0);                           // calls in flight
  quantity<unit::per_second, T> calls;            // calls answered per second
  quantity<unit::second, T> time_to_first_token;  // without waiting for a place
  quantity<unit::second_per_token, T> time_per_output_token;
  quantity<unit::byte, T> weights, cache;  // on one chip
  quantity<unit::byte, T> memory;          // that they may take on one chip
  step_cost<T> per_call;                   // on one chip of the replica
  T memory_bound_concurrency = T(0);       // calls whose cache fits
};

// A step of a replica under steady load: its mean time, the time of a step that reads a prompt, and what a chip does meanwhile.
template <class T = double>
struct steady_step {
  quantity<unit::second, T> time;         // mean, host included
  quantity<unit::second, T> with_prompt;  // of a step that reads prompts
  T share_with_prompt = T(0);             // of steps
  T prompts = T(1);                       // that such a step reads; below 1 where it reads a chunk of one
  step_cost<T> work;                      // mean, of all chips' stages together
};

// One replica: the passes of calls through it.
template <class T, class Chip, class Infrastructure, class Model>
struct replica {
  using seconds = quantity<unit::second, T>;
  const Chip& chip;
  const Infrastructure& infrastructure;
  const Model& model;
  basic_serving_plan<T> plan;
  T input, output;        // tokens of a call
  T cached_share = T(0);  // of the input, whose cache is there already
  T spread = T(0);        // variance of the output over its squared mean: long answers are in flight longer
  decltype(chips::timing_of(std::declval<const Chip&>())) timing = chips::timing_of(chip);
  decltype(serving_exchanges<T>(std::declval<const Chip&>(), std::declval<const Infrastructure&>())) exchanges =
      serving_exchanges<T>(chip, infrastructure);
  models::split<T> split = plan.split();  // of the plan; a replica of another plan is another replica

  T fresh() const { return max(input * (T(1) - cached_share), T(1)); }
  // Positions in the cache of a call: the mean over its life, and over calls by their lengths.
  T mean_context() const { return input + output * (T(1) + spread) * T(0.5); }

  template <bool Work = true>
  step_cost<T> pass(const serving_load<T>& load, bool decode, bool prompt, const T& uncaptured) const {
    const T whole = plan.whole_experts ? plan.tensor : T(1);
    return serving_step<Work, T>(timing, exchanges, chip, model, plan.software, split, whole, load, decode, prompt,
                                 uncaptured);
  }
  // Share of the kernels of a decode batch that are launched one by one: x^4 / (1 + x^4), x batch over captured batch.
  T uncaptured(const T& sequences) const {
    const T x = sequences / max(plan.software.captured_sequences, number_cast<T>(1e-3));
    const T x4 = (x * x) * (x * x);
    return x4 / (T(1) + x4);
  }
  // A whole step: the chips' time, and the host's between steps.
  seconds in_step(const seconds& chips_work, const T& sequences) const {
    return chips_work + plan.software.per_step + plan.software.per_sequence * sequences;
  }

  // Without `Work`, only times are filled in (here and below).
  // A step in which `sequences` calls write a token each at `context`, `batch` at a time in each pipeline stage.
  template <bool Work = true>
  step_cost<T> decode(const T& sequences, const T& context) const {
    const T b = sequences / plan.pipeline;
    step_cost<T> c = pass<Work>({.decoding = b, .decode_context = context, .drafted = plan.speculation.drafted}, true,
                                false, uncaptured(sequences));
    c.time = c.time * (T(1) + plan.speculation.drafted * plan.speculation.draft_cost);
    return c;
  }
  // Reading `prompts` prompts at once: what of them is not cached.
  step_cost<T> prefill(const T& prompts) const {
    return pass({.prompts = prompts, .queries = fresh(), .context = max(input, T(1))}, false, true, T(1));
  }

  // Bytes of cache of a call, on one chip.
  auto cache_of(const T& tokens) const { return model.cache(tokens * units::token, split); }

  // Calls whose cache fits beside the weights, on average over their lives.
  T memory_bound() const {
    const auto free =
        quantity<unit::byte, T>(chip.memory * plan.memory_share) - plan.software.reserved - model.weights(split);
    return free / cache_of(mean_context());
  }

  // Steady state with `sequences` calls writing: each step b / O of them end, and as many prompts enter. Prompts come in whole steps or, where
  // they exceed the token budget, in chunks.
  //   q = b/O prompt tokens per step;  p = min(sqrt(P^2 + q^2), budget - b) in a step that reads;  f = q/p of the steps do
  //   t = (1 - f) t_decode(b) + f t(b, p) + host
  template <bool Work = true>
  steady_step<T> steady(const T& sequences) const {
    const T b = max(sequences, number_cast<T>(1e-3));
    const T per_pass = tokens_per_pass();
    const T q = b * per_pass / output * fresh();
    const T whole = sqrt(fresh() * fresh() + q * q);
    const T p = max(min(whole, max(plan.software.token_budget - b, T(1))), q);
    const T f = q / p;
    const T stage = T(1) / plan.pipeline;
    const T queries = min(fresh(), p);
    const T context = input - (fresh() - queries) * T(0.5);
    const serving_load<T> load{.decoding = b * stage,
                               .decode_context = mean_context(),
                               .drafted = plan.speculation.drafted,
                               .prompts = p / queries * stage,
                               .queries = queries,
                               .context = context};
    const T draft = T(1) + plan.speculation.drafted * plan.speculation.draft_cost;
    const step_cost<T> plain = pass<Work>(load, true, false, uncaptured(b)) * draft;
    const step_cost<T> mixed = pass<Work>(load, true, true, T(1));
    steady_step<T> s;
    s.share_with_prompt = f;
    s.prompts = p / fresh();
    s.work = plain * T(T(1) - f) + mixed * f;
    s.with_prompt = in_step(mixed.time, b + s.prompts);
    s.time = in_step(s.work.time, b + q / fresh());
    return s;
  }
  // A prompt waits for the step under way, half of it on average, then is read: in one step, or in chunks.
  seconds first_token(const steady_step<T>& step, const T& sequences) const {
    const T chunks = max(T(1) / step.prompts, T(1));
    return step.time * (T(0.5) * min(sequences, T(1))) + step.with_prompt * chunks + plan.software.per_request;
  }
  T tokens_per_pass() const { return plan.speculation.tokens_per_pass(); }
};

template <class T, class Chip, class Infrastructure, class Model>
replica<T, Chip, Infrastructure, Model> replica_of(const Chip& chip, const Infrastructure& infrastructure,
                                                   const Model& model, const basic_serving_plan<T>& plan,
                                                   const call_demand<T>& demand) {
  return {chip,
          infrastructure,
          model,
          plan,
          in<units::token>(demand.input),
          max(in<units::token>(demand.output), T(1)),
          demand.cached_share};
}

namespace detail {
// The largest x in [low, high] with f(x) <= limit for a rising f; below low where even f(low) exceeds the limit.
//
// Regula falsi after Anderson and Bjorck (BIT 13, 1973): x = a - g(a) (b - a) / (g(b) - g(a)), g = f / limit - 1; where
// the same end moves twice, the value at the other is scaled by 1 - g(x) / g(last x), and by 1/4 where that is below
// 1/10. A step that leaves the bracket halves it in log x. Every lane of a batch takes the same twelve steps and stands
// still once it has arrived, as plain numbers stop; steps of an engine, nearly affine in x, take five or six. A last
// Newton step carries the derivatives of f and of the limit (implicit function theorem). Where f jumps across the
// limit, as where a batch needs one more tile of rows, the lower end of the bracket is given: below the jump, in 27
// jumps of 1,075 replicas by 3e-4 at most, and without a derivative of meaning. Leaves out: a method with a guaranteed
// rate, which for a jump is bisection's, 20 steps. Worked number: f = 0.2 + 0.01 x, limit 1: 80.
template <class T, class F, class Q>
T largest_below(const T& low, const T& high, const Q& limit, F&& f) {
  const auto g = [&](const T& x) -> T { return (f(x) - limit) / limit; };
  constexpr int steps = 12;
  const T settled = number_cast<T>(1e-5);
  T a = low, b = max(high, low);
  T at_b = g(b);
  const auto bound = at_b <= T(0);
  if constexpr (real<T>) {
    if (bound) return high;
  }
  T at_a = g(a), weight_a = at_a, weight_b = at_b, last(0);
  for (int i = 0; i < steps; ++i) {
    const auto moving = min(at_b, -at_a) > settled * settled;
    if constexpr (real<T>) {
      if (!moving) break;
    }
    const T rise = weight_b - weight_a;
    const T secant = a - weight_a * ((b - a) / where(rise > T(0), rise, T(1)));
    const T inside = where((secant > a) && (secant < b), secant, sqrt(a * b));
    const T x = where(moving, inside, where(at_b < -at_a, b, a));
    const T at_x = g(x);
    const auto above = at_x > T(0);
    const auto again = last * at_x > T(0);
    const T shrink = T(1) - at_x / where(again, last, T(1));
    const T scale = where(again, where(shrink > number_cast<T>(0.1), shrink, number_cast<T>(0.25)), T(1));
    weight_a = where(above, weight_a * scale, at_x);
    weight_b = where(above, at_x, weight_b * scale);
    at_a = where(above, at_a, at_x);
    at_b = where(above, at_x, at_b);
    a = where(above, a, x);
    b = where(above, x, b);
    last = at_x;
  }
  const auto from_b = (at_b < -at_a) && (at_b <= settled);
  const T closest = where(from_b, b, a), at_closest = where(from_b, at_b, at_a);
  const T width = closest * number_cast<T>(1e-3);
  const T slope = (g(closest + width) - at_closest) / width;
  const T newton = closest - at_closest / where(slope > T(0), slope, T(1));
  const auto possible = at_a <= T(0);
  const T found = where(from_b || (-at_a <= settled), where(possible, clamp(newton, a, b), newton), a);
  return where(bound, high, found);
}
}  // namespace detail

// The figures of one replica of `model` on `chip`s inside `infrastructure` under `plan`, answering calls like
// `demand`'s.
//   calls/s = b / (O tpot(b)) ,  b = min(memory, both latency objectives)
// With objectives that cannot be met, or weights that do not fit, concurrency is below 1 and `calls` is 0.
// Leaves out: queueing before a place is free (serving_regimes.hpp has it).
template <class T, class Chip, class Infrastructure, class Model>
serving_figures<T> serve(const Chip& chip, const Infrastructure& infrastructure, const Model& model,
                         const basic_serving_plan<T>& plan, const call_demand<T>& demand) {
  const auto r = replica_of<T>(chip, infrastructure, model, plan, demand);
  serving_figures<T> s;
  const models::split<T> split = plan.split();
  s.memory = quantity<unit::byte, T>(chip.memory * plan.memory_share) - plan.software.reserved;
  s.weights = model.weights(split);
  const T one(1);
  if constexpr (models::generates_tokens<Model>()) {
    const quantity<unit::byte, T> cache_per_call = r.cache_of(r.mean_context());
    s.memory_bound_concurrency = (s.memory - s.weights) / cache_per_call;
    // The larger of what the two objectives are used up to: 1 where one of them is just kept.
    const quantity<unit::second, T> interval = demand.time_per_output_token * (one * units::token);
    const auto pressure = [&](const T& b) -> T {
      const steady_step<T> step = r.template steady<false>(b);
      return max(T(step.time / r.tokens_per_pass() / interval), T(r.first_token(step, b) / demand.time_to_first_token));
    };
    const T most = max(min(s.memory_bound_concurrency, plan.software.largest_batch), one);
    const T by_latency = detail::largest_below(one, most, one, pressure);
    const T chosen = where(plan.concurrency > T(0), plan.concurrency, by_latency);
    s.concurrency = min(chosen, s.memory_bound_concurrency);
    const T b = max(s.concurrency, one);
    const steady_step<T> step = r.steady(b);
    const quantity<unit::second, T> between = step.time / r.tokens_per_pass();
    s.cache = cache_per_call * b;
    s.time_per_output_token = between / (one * units::token);
    s.time_to_first_token = r.first_token(step, b);
    s.calls = b / (r.output * between) * (one - plan.software.wave_loss * (b / (b + T(16))));
    s.per_call = step.work * T(r.output / (b * r.tokens_per_pass()));
    s.per_call.time = r.output * between / b;
    // A caller's own concurrency may miss the objective for output tokens, never that for the first.
    const auto possible = (s.memory_bound_concurrency >= one) && (by_latency >= one || plan.concurrency > T(0)) &&
                          (s.time_to_first_token <= demand.time_to_first_token * number_cast<T>(1.001));
    s.calls = where(possible, s.calls, quantity<unit::per_second, T>());
  } else {
    const step_cost<T> prompt = r.prefill(one);
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
