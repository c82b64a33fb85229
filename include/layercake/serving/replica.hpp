// One replica of a model that serves: `tensor` x `pipeline` chips that hold one copy of the weights, and the passes of
// calls through it, batched continuously (Yu et al., Orca, OSDI 2022).
#pragma once

#include <layercake/chips/memory.hpp>
#include <layercake/core/demand.hpp>
#include <layercake/serving/memory.hpp>
#include <layercake/serving/plan.hpp>
#include <layercake/serving/step.hpp>

namespace layercake {

// Positions that the images and sound of a call become in the model.
template <number T, class Model>
constexpr T item_positions(const Model& model) {
  if constexpr (requires { model.item_positions(); }) {
    return number_cast<T>(model.item_positions());
  } else {
    return T(0);
  }
}
// Positions of a prompt: its tokens, and those of its images and sound.
template <number T, class Model>
constexpr T prompt_positions(const Model& model, const call_demand<T>& demand) {
  return in<units::token>(demand.input) + item_positions<T>(model);
}
// The longest call that a model was made for, in positions; unknown where it does not say.
template <number T, class Model>
constexpr T most_positions(const Model& model) {
  if constexpr (requires { model.most_positions(); }) {
    return number_cast<T>(model.most_positions());
  } else {
    return unknown<>;
  }
}
// Whether a model was made for calls so long; a mask where the numbers are lanes.
template <number T, class Model>
constexpr auto is_made_for(const Model& model, const call_demand<T>& demand) {
  return !(prompt_positions(model, demand) + in<units::token>(demand.output) > most_positions<T>(model));
}

// A step of a replica under steady load: its mean time, the time of a step that reads a prompt, and what a chip does meanwhile.
template <number T = double>
struct steady_step {
  quantity<unit::second, T> time;            // mean, host included
  quantity<unit::second, T> with_prompt;     // of a step that reads prompts
  quantity<unit::second, T> without_prompt;  // of one that does not
  T share_with_prompt = T(0);                // of steps
  T prompts = T(1);                          // that such a step reads; below 1 where it reads a chunk of one
  step_cost<T> work;                         // mean, of all chips' stages together
};

// One replica: the passes of calls through it.
template <number T, class Chip, class Infrastructure, class Model>
struct replica {
  static constexpr double least_step = 1e-6;  // share of a step that is rounding
  using seconds = quantity<unit::second, T>;
  using kernel_times = decltype(chips::timing_of(std::declval<const Chip&>()));
  using exchange_times =
      decltype(serving_exchanges<T>(std::declval<const Chip&>(), std::declval<const Infrastructure&>(), true));
  const Chip& chip;
  const Infrastructure& infrastructure;
  const Model& model;
  basic_serving_plan<T> plan;
  T input, output;        // positions of a call: of its prompt, and tokens that it writes
  T cached_share = T(0);  // of the input behind the shared prefix, whose cache is there already
  T spread = T(0);        // variance of the output over its squared mean: long answers are in flight longer
  // Objectives, met by everything where they are not set: of the first token, between two tokens.
  seconds first_objective = objective_or_none(seconds(unknown<>)),
          interval_objective = objective_or_none(seconds(unknown<>));
  T shared = T(0);    // tokens that every input begins with
  seconds waiting{};  // of a session between its calls, while its cache stays on the chip
  seconds loading{};  // in which what is cached of an input comes from another tier
  seconds storing{};  // in which what a call adds to its cache goes there, while others are answered
  kernel_times timing = chips::timing_of(chip);
  exchange_times exchanges = serving_exchanges<T>(chip, infrastructure, plan.software.direct_all_reduce);
  models::split<T> split = plan.split();  // of the plan; a replica of another plan is another replica

  // What is asked of it, one call: what replica_of() makes such a replica of.
  call_demand<T> demand() const {
    return {.input = (input - item_positions<T>(model)) * units::token,
            .output = output * units::token,
            .cached_share = cached_share,
            .time_to_first_token = first_objective,
            .time_per_output_token = interval_objective / (T(1) * units::token),
            .shared_prefix = shared * units::token,
            .waiting_time = waiting};
  }
  T own() const { return max(input - shared, T(0)); }  // tokens of an input behind the shared prefix
  T cached() const { return own() * cached_share; }
  T fresh() const { return max(own() - cached(), T(1)); }
  // Positions in the cache of a call: the mean over its life, and over calls by their lengths.
  T mean_context() const { return input + output * (T(1) + spread) * T(0.5); }
  // Positions that its cache takes: beside them, those that are reserved for what it has still to write.
  T held_context() const { return mean_context() + output * (T(1) + spread) * T(0.5) * plan.software.reserved_answer; }

  template <bool Work = true>
  step_cost<T> pass(const serving_load<T>& load, bool decode, bool prompt, const T& uncaptured) const {
    const T whole = plan.whole_experts ? plan.tensor : T(1);
    const step_setup<T, kernel_times, exchange_times, Chip, Model> on{timing,        exchanges, chip, model,
                                                                      plan.software, split,     whole};
    return serving_step<Work>(on, load, decode, prompt, uncaptured);
  }
  // Share of the kernels of a decode batch that are launched one by one: x^4 / (1 + x^4), x batch over captured batch.
  T uncaptured(const T& sequences) const {
    const T x = sequences / max(plan.software.captured_sequences, number_cast<T>(detail::least_count));
    const T x4 = (x * x) * (x * x);
    return x4 / (T(1) + x4);
  }
  // A whole step: the chips' time, and the host's between steps.
  seconds in_step(const seconds& chips_work, const T& sequences) const {
    return chips_work + host_of(chips_work, sequences);
  }
  // Of it, what the host takes while the chips wait.
  seconds host_of(const seconds& chips_work, const T& sequences) const {
    return plan.software.exposed(sequences, plan.tensor * plan.pipeline, chips_work);
  }
  // Of a wait for the host, in which chips rest:  g^2 / (g + 10 ms),  g the wait. Shorter gaps leave clocks and voltages as they are. Assumed.
  static seconds resting(const seconds& wait) { return wait * T(wait / (wait + number_cast<T>(1e-2) * units::second)); }

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
    return pass({.prompts = prompts, .queries = fresh(), .context = max(input, T(1)), .beginning = T(1) - cached_share},
                false, true, T(1));
  }

  // Bytes of cache of one sequence, on one chip.
  quantity<unit::byte, T> cache_of(const T& tokens) const { return model.cache(tokens * units::token, split); }
  // What the shared prefix takes, once; a state that does not grow with its positions is every call's own.
  quantity<unit::byte, T> shared_cache() const { return cache_of(shared) - cache_of(T(0)); }
  // What a call adds to its cache: the positions that it reads and writes, and a state, which it replaces. Windows are taken to
  // fill no further.
  quantity<unit::byte, T> added_cache() const {
    return cache_of(input + output) - cache_of(shared + cached()) + cache_of(T(0));
  }
  // What a call of `tokens` positions takes for itself: in blocks, the last of which is half full on average.
  quantity<unit::byte, T> own_cache(const T& tokens) const {
    return cache_of(tokens + (plan.software.cache_block - T(1)) * T(0.5)) - shared_cache();
  }

  // Weights on one chip, a draft's included.
  quantity<unit::byte, T> weights() const {
    const quantity<unit::byte, T> own = model.weights(split);
    return own + plan.speculation.draft_memory(own);
  }
  engine_memory<T> engine() const { return memory_of_engine(plan.software, model, split, plan.speculation.drafted); }
  // Of a chip's memory what weights, cache and logits may take: the plan's share of what programs can have, of which the rest has to
  // hold the captured graphs, less what the engine keeps.
  quantity<unit::byte, T> usable_memory(const engine_memory<T>& taken) const {
    return min(chips::usable_memory<T>(chip, plan.memory_share, taken.fixed()),
               chips::usable_memory<T>(chip, T(1), taken.fixed() + taken.graphs));
  }
  quantity<unit::byte, T> usable_memory() const { return usable_memory(engine()); }
  // Calls that fit beside the weights and the shared prefix, each with `context` positions in the mean: over their lives, if nothing else
  // is said. Logits come when the layers are through with their activations, and take their place:
  //   b cache + max(activations, b logits) = usable + activations - weights
  T memory_bound() const { return memory_bound(engine()); }
  T memory_bound(const engine_memory<T>& taken) const { return memory_bound(taken, held_context()); }
  T memory_bound(const engine_memory<T>& taken, const T& context) const {
    const quantity<unit::byte, T> left = usable_memory(taken) - weights() - shared_cache(), cache = own_cache(context);
    return min(T(left / cache), T((left + taken.activations) / (cache + taken.logits)));
  }

  // A step in which `decoding` calls write beside `tokens` of prompts, whole ones or a chunk of one: its share in a pipeline stage.
  serving_load<T> mixed_load(const T& decoding, const T& tokens) const {
    const T stage = T(1) / plan.pipeline, queries = min(fresh(), tokens);
    return {.decoding = decoding * stage * writes(),
            .decode_context = mean_context(),
            .drafted = plan.speculation.drafted,
            .prompts = tokens / queries * stage,
            .queries = queries,
            .context = input - (fresh() - queries) * T(0.5),
            .beginning = queries / fresh() * (T(1) - cached_share),
            .varying = true};
  }

  // Tokens of prompts that a step has room for beside `sequences` calls that write: what of the budget is left, of which an engine that cuts no
  // prompt uses a whole number of them, or one in pieces where not even one fits.
  T room(const T& sequences) const {
    const T left = max(plan.software.token_budget - sequences, T(1)), whole = floor(left / fresh()) * fresh();
    return where((plan.software.partial_prompts > T(0)) || (whole < fresh()), left, whole);
  }

  // Steady state with `sequences` calls writing: each step b / O of them end, and as many prompts enter. Prompts come in whole steps or, where
  // they exceed the token budget, in chunks.
  //   q = b/O prompt tokens per step;  p = min(sqrt(P^2 + q^2), room(b)) in a step that reads;  f = q/p of the steps do
  //   t = (1 - g) t_decode(b) + g t(b, p) + host,  g = f
  // Replicas whose experts lie on each other's chips go step by step together. An engine that does not have them read prompts in the same steps has
  // all R of them wait where one reads, g = 1 - (1 - f)^R.
  template <bool Work = true>
  steady_step<T> steady(const T& sequences) const {
    const T b = max(sequences, number_cast<T>(detail::least_count));
    const T per_pass = tokens_per_pass();
    const T q = b * per_pass / output * fresh();
    const T whole = sqrt(fresh() * fresh() + q * q);
    const T p = max(min(whole, room(b)), q);
    const T f = q / p;
    const serving_load<T> load = mixed_load(b, p);
    const T draft = T(1) + plan.speculation.drafted * plan.speculation.draft_cost;
    const step_cost<T> plain = pass<Work>(load, true, false, uncaptured(b)) * draft;
    const step_cost<T> mixed = pass<Work>(load, true, true, T(1));
    steady_step<T> s;
    s.share_with_prompt = f;
    s.prompts = p / fresh();
    s.work = plain * T(T(1) - f) + mixed * f;
    s.with_prompt = in_step(mixed.time, b + s.prompts);
    s.without_prompt = in_step(plain.time, b);
    seconds host = host_of(s.work.time, b + q / fresh());
    if (!plan.software.reads_together) host = host + (mixed.time - plain.time) * waits_for_others(f);
    s.time = s.work.time + host;
    s.work.resting = resting(host);
    return s;
  }
  // Share of the steps in which another replica reads a prompt and this one does not, of which each reads in a share f: 1 - (1 - f)^R - f.
  T waits_for_others(const T& f) const {
    const T none = max(T(1) - f, number_cast<T>(detail::least_count));
    return none - exp(plan.expert * log(none));
  }
  // A prompt waits for the step under way, half of it on average, then is read: in one step, or in chunks.
  seconds first_token(const steady_step<T>& step, const T& sequences) const {
    const T chunks = max(T(1) / step.prompts, T(1));
    return step.time * (T(0.5) * min(sequences, T(1))) + step.with_prompt * chunks + plan.software.per_request +
           loading;
  }
  // `sequences` prompts that come at once queue for their reading, in steps of as many tokens as there is room for beside those that write on,
  // whose first token is out. The mean over them:
  //   sum over i = 1..n of ceil(i x - y) t / n,  x = P / room(b),  y = room(0) / room(b) - 1,  b = (n - 1) / 3
  // less what the last step of all is shorter by for those it reads, and what writing takes in the first ceil(x) steps, in which nobody does.
  // b: a step beside j of n that write is one of 1 - j/n of the prompts' waits, and the mean of j over these is a third of n; beside the first step
  // nobody writes. The sum is x (n + 1) / 2 - y and what rounding up adds, by the mean over the first 32. Exact where full steps take as long.
  // Worked number: 8 prompts of 50 tokens in steps of 100, a millisecond a token of prompts: x = 0.512, y = 0.024, the sum 23, full steps of 97.7 ms
  // and a last one of 7 ms: 0.281 s less 0.011 s, 0.2695 s.
  seconds first_token_of_a_burst(const T& sequences) const {
    const T one(1), half = number_cast<T>(0.5), n = max(sequences, one), b = (n - one) / T(3), all = n * fresh();
    const T tokens = min(room(b), all), x = fresh() / tokens, y = min(room(T(0)), all) / tokens - one;
    const auto up = [](const T& steps) { return ceil(steps - number_cast<T>(least_step)); };
    const T steps = up(n * x - y), before = floor((steps - one + y) / x + number_cast<T>(least_step));
    T added(0), counted(0);
    for (int i = 1; i <= 32; ++i) {
      const T at = number_cast<T>(i), in = where(at <= n, one, T(0)), read = at * x - y;
      added = added + in * (up(read) - read);
      counted = counted + in;
    }
    const auto step = [&](const T& beside, const T& read, bool writes) {
      return in_step(pass<false>(mixed_load(beside, read), writes, true, one).time, n);
    };
    const seconds full = step(b, tokens, true),
                  last = step(b, clamp(all - (steps - one + y) * tokens, one, tokens), true),
                  writers = step(T(0), tokens, true) - step(T(0), tokens, false);
    return full * (x * (n + one) * half - y + added / counted) - (full - last) * ((n - before) / n) -
           writers * ceil(x) + plan.software.per_request + loading;
  }
  // 1, or 0 for a model whose calls are over with their prompts.
  T writes() const {
    if constexpr (requires { model.writes(); }) {
      return number_cast<T>(model.writes());
    } else {
      return T(1);
    }
  }
  T tokens_per_pass() const { return plan.speculation.tokens_per_pass(); }
};

template <number T, class Chip, class Infrastructure, class Model>
replica<T, Chip, Infrastructure, Model> replica_of(const Chip& chip, const Infrastructure& infrastructure,
                                                   const Model& model, const basic_serving_plan<T>& plan,
                                                   const call_demand<T>& demand) {
  return {chip,
          infrastructure,
          model,
          plan,
          prompt_positions(model, demand),
          max(in<units::token>(demand.output), T(1)),
          demand.cached_share,
          T(0),
          objective_or_none(demand.time_to_first_token),
          objective_or_none(demand.time_per_output_token) * (T(1) * units::token),
          in<units::token>(demand.shared_prefix),
          where(is_known(demand.waiting_time), demand.waiting_time, quantity<unit::second, T>())};
}

}  // namespace layercake
