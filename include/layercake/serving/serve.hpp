// How many calls one replica of a model answers, how fast, in how much memory, within its memory and its objectives.
#pragma once

#include <layercake/core/demand.hpp>
#include <layercake/serving/replica.hpp>
#include <layercake/serving/root.hpp>

namespace layercake {

// One replica at full load.
template <number T = double>
struct serving_figures {
  T concurrency = T(0);                           // calls in flight
  quantity<unit::per_second, T> calls;            // calls answered per second
  quantity<unit::second, T> time_to_first_token;  // without waiting for a place
  quantity<unit::second_per_token, T> time_per_output_token;
  quantity<unit::byte, T> weights, cache;  // on one chip; a draft's weights included
  quantity<unit::byte, T> memory;          // that they may take on one chip
  step_cost<T> per_call;                   // on one chip of the replica
  T memory_bound_concurrency = T(0);       // calls whose cache fits
  T waiting_on_chip = T(1);  // 1 where the caches of sessions that wait stay on the chip; 0 where they go to a tier, or
  T waiting_in_host = T(0), waiting_in_storage = T(0);  // where, all three 0, they are dropped and read anew
  // Share of a call's time on the chips that its prompt takes: 1 - step that reads none / mean step. 1 where a model only reads.
  T reading = T(1);
};

namespace detail {
// Calls in flight, over the largest captured batch, near which the rate has a summit before launches one by one cost more. Assumed.
inline constexpr double graph_summit = 0.75;

// Of up to `most` calls in flight the number with which most are answered. More answer more, but for kernels so long that the
// clock droops, for slots between requests, and where batches become too large for a captured graph or so large that every step
// reads prompts: b tokens_per_pass P/O + b = token budget, P prompt tokens.
template <number T, class... X>
T busiest_below(const replica<T, X...>& r, const T& most) {
  const auto answered = [&](const T& b) -> T {
    return b / T(r.template steady<false>(b).time / (T(1) * units::second)) * r.plan.software.filled(b);
  };
  const T captured = r.plan.software.captured_sequences * number_cast<T>(graph_summit);
  if constexpr (real<T>) {  // nothing is left behind where it still rises, far below these two
    const T always_reading = r.plan.software.token_budget / (T(1) + r.tokens_per_pass() * r.fresh() / r.output);
    if (most < min(captured, always_reading) * T(0.5) &&
        answered(most * (T(1) + number_cast<T>(slope_width))) >= answered(most))
      return most;
  }
  return highest_between(T(1), most, captured, answered);
}

// Of up to `most` calls in flight as many as leave room for the caches of sessions that wait, and as the link to a tier can load
// in one direction and store in the other:
//   b c + lambda w h <= memory;  lambda l <= 1;  lambda s <= 1;  lambda = b / (O t(b))
// c cache of a call, w time that a session waits, h cache that it has then, l time to load one, s to store what a call adds. Storing
// delays no call: it goes on while the next tokens are written, and behind the last of them.
template <number T, class... X>
T sessions_below(const replica<T, X...>& r, const T& most, const T& memory_bound) {
  const T waiting = r.waiting / units::second, one(1);
  const T moving = max(r.loading, r.storing) / units::second;
  const T held = waiting * T(r.own_cache(r.shared + r.cached()) / (r.own_cache(r.held_context()) * memory_bound));
  return largest_below(one, most, one, [&](const T& b) -> std::array<T, 2> {
    const T rate = b * r.tokens_per_pass() / (r.output * T(r.template steady<false>(b).time / units::second));
    return {T(b / memory_bound + rate * held), T(rate * moving)};
  });
}

// As serve() below, where the caches of sessions that wait stay on the chip.
template <number T, class Chip, class Infrastructure, class Model>
serving_figures<T> serve_kept(const replica<T, Chip, Infrastructure, Model>& r) {
  const basic_serving_plan<T>& plan = r.plan;
  serving_figures<T> s;
  const engine_memory<T> taken = r.engine();
  s.memory = r.usable_memory(taken);
  s.weights = r.weights();
  const T one(1);
  if constexpr (models::generates_tokens<Model>()) {
    const quantity<unit::byte, T> cache_per_call = r.own_cache(r.held_context());
    s.memory_bound_concurrency = r.memory_bound(taken);
    // What the two objectives are used up to: 1 where one of them is just kept.
    const auto pressure = [&](const T& b) -> std::array<T, 2> {
      const steady_step<T> step = r.template steady<false>(b);
      return {T(step.time / r.tokens_per_pass() / r.interval_objective), T(r.first_token(step, b) / r.first_objective)};
    };
    const T most = max(min(s.memory_bound_concurrency, plan.software.largest_batch), one);
    const T by_latency = largest_below(one, most, one, pressure);
    T room = s.memory_bound_concurrency;
    const quantity<unit::second, T> no_time{};
    if (may_hold(r.waiting > no_time || r.storing > no_time)) room = min(room, sessions_below(r, most, room));
    const T busiest = min(by_latency, busiest_below(r, max(by_latency, one)));
    const T chosen = where(plan.concurrency > T(0), plan.concurrency, busiest);
    s.concurrency = min(chosen, room);
    const T b = max(s.concurrency, one);
    const steady_step<T> step = r.steady(b);
    const quantity<unit::second, T> between = step.time / r.tokens_per_pass();
    s.cache = cache_per_call * b + r.shared_cache();
    s.time_per_output_token = between / (one * units::token);
    s.time_to_first_token = r.first_token(step, b);
    s.calls = b / (r.output * between) * plan.software.filled(b);
    s.per_call = step.work * T(r.output / (b * r.tokens_per_pass()));
    s.per_call.time = r.output * between / b;
    s.reading = clamp(T(one - step.without_prompt / step.time), T(0), one);
    // A caller's own concurrency may miss the objective for output tokens, never that for the first.
    const auto possible = (room >= one) && (by_latency >= one || plan.concurrency > T(0)) &&
                          (s.time_to_first_token <= r.first_objective * number_cast<T>(objective_tolerance));
    s.calls = where(possible, s.calls, quantity<unit::per_second, T>());
  } else {
    const step_cost<T> prompt = r.prefill(one);
    s.concurrency = one;
    s.cache = r.cache_of(max(r.input, one));  // what a call in work holds
    const auto holds = s.cache > quantity<unit::byte, T>();
    s.memory_bound_concurrency =
        where(holds, T((s.memory - s.weights) / where(holds, s.cache, one * units::byte)), T(s.memory / s.weights));
    s.time_to_first_token = prompt.time;
    s.calls = one / prompt.time;
    s.per_call = prompt;
    const auto possible = (s.memory_bound_concurrency >= one) && (prompt.time <= r.first_objective);
    s.calls = where(possible, s.calls, quantity<unit::per_second, T>());
  }
  return s;
}

// `other`, of the same weights and memory, in place of `best` where it answers more calls.
template <number T>
void keep_better(serving_figures<T>& best, const serving_figures<T>& other) {
  const auto better = other.calls > best.calls;
  const auto take = [&](auto member) { best.*member = where(better, other.*member, best.*member); };
  using figures = serving_figures<T>;
  take(&figures::concurrency), take(&figures::calls), take(&figures::time_to_first_token);
  take(&figures::time_per_output_token), take(&figures::cache), take(&figures::reading);
  take(&figures::waiting_on_chip), take(&figures::waiting_in_host), take(&figures::waiting_in_storage);
  best.per_call = either(better, other.per_call, best.per_call);
}

// Sessions that wait as they are cheapest served: their caches stay on the chip and take room, go to a tier and take time to come
// back, what the tier has lost being read anew and what a call adds being stored, or are dropped and read anew whole.
template <number T, class... X>
serving_figures<T> serve_sessions(const replica<T, X...>& kept) {
  serving_figures<T> best = serve_kept(kept);
  replica<T, X...> away = kept;
  away.waiting = {};
  const auto try_tier = [&](const basic_cache_tier<T>& tier, T serving_figures<T>::*where_it_waits) {
    const auto there = tier.bandwidth > quantity<unit::byte_per_second, T>();
    if (!may_hold(there)) return;
    const auto bandwidth =
        where(there, tier.bandwidth, quantity<unit::byte_per_second, T>(T(1) * units::byte / units::second));
    away.cached_share = where(there, kept.cached_share * tier.hit_share, T(0));
    away.loading = where(there, kept.own_cache(kept.shared + kept.cached()) * tier.hit_share / bandwidth,
                         quantity<unit::second, T>());
    away.storing = where(there, away.added_cache() / bandwidth, quantity<unit::second, T>());
    serving_figures<T> f = serve_kept(away);
    f.waiting_on_chip = T(0);
    f.*where_it_waits = where(there, T(1), T(0));
    keep_better(best, f);
  };
  try_tier(kept.plan.software.host_cache, &serving_figures<T>::waiting_in_host);
  try_tier(kept.plan.software.stored_cache, &serving_figures<T>::waiting_in_storage);
  away.cached_share = T(0);
  away.loading = away.storing = {};
  serving_figures<T> anew = serve_kept(away);
  anew.waiting_on_chip = T(0);
  keep_better(best, anew);
  return best;
}
}  // namespace detail

// The figures of one replica at full load.
//   calls/s = b / (O tpot(b)) ,  b = the number up to memory and both latency objectives with which this is most
// The most that is allowed answers most, but for kernels so long that the clock droops, and for slots between requests.
// With objectives that cannot be met, or weights that do not fit, concurrency is below 1 and `calls` is 0.
// Leaves out: queueing before a place is free (regimes.hpp has it).
// Where sessions wait between their calls, their caches are kept, moved to a tier of the plan's software or dropped, by what
// answers most.
template <number T, class Chip, class Infrastructure, class Model>
serving_figures<T> serve(const replica<T, Chip, Infrastructure, Model>& r) {
  if constexpr (models::generates_tokens<Model>()) {
    if (may_hold(r.waiting > quantity<unit::second, T>())) return detail::serve_sessions(r);
  }
  return detail::serve_kept(r);
}

// The same of one replica of `model` on `chip`s inside `infrastructure` under `plan`, answering calls like `demand`'s.
template <number T, class Chip, class Infrastructure, class Model>
serving_figures<T> serve(const Chip& chip, const Infrastructure& infrastructure, const Model& model,
                         const basic_serving_plan<T>& plan, const call_demand<T>& demand) {
  return serve(replica_of<T>(chip, infrastructure, model, plan, demand));
}

}  // namespace layercake
