// What a serving instance delivers under a kind of load: one stream, a batch that starts and ends together, a fixed number of requests kept in
// flight, an endless queue, requests that arrive at random, limits on latency, prompts and answers on separate chips.
//
// Every function takes a `replica` (replica.hpp) and gives the figures of that one replica; an instance of n replicas has n times the rate.
#pragma once

#include <layercake/number/check.hpp>
#include <layercake/serving/in_flight.hpp>
#include <layercake/serving/pools.hpp>
#include <layercake/serving/replica.hpp>
#include <layercake/serving/root.hpp>
#include <layercake/serving/serve.hpp>
#include <layercake/serving/waits.hpp>

namespace layercake {

enum class serving_regime : unsigned char {
  single_stream,
  static_batch,
  inflight_fixed_concurrency,
  inflight_saturated,
  inflight_open_loop,
  offline_trace,
  server_slo,
  disaggregated,
  production_day
};

constexpr const char* name(serving_regime r) {
  switch (r) {
  case serving_regime::single_stream:
    return "single_stream";
  case serving_regime::static_batch:
    return "static_batch";
  case serving_regime::inflight_fixed_concurrency:
    return "inflight_fixed_concurrency";
  case serving_regime::inflight_saturated:
    return "inflight_saturated";
  case serving_regime::inflight_open_loop:
    return "inflight_open_loop";
  case serving_regime::offline_trace:
    return "offline_trace";
  case serving_regime::server_slo:
    return "server_slo";
  case serving_regime::disaggregated:
    return "disaggregated";
  case serving_regime::production_day:
    return "production_day";
  }
  return "";
}

template <number T = double>
struct serving_result {
  using seconds = quantity<unit::second, T>;
  quantity<unit::per_second, T> calls;                          // answered by one replica; 0 where nothing fits
  seconds time_to_first_token, time_per_output_token, latency;  // means
  seconds slow_first_token, slow_output_token,
      slow_latency;         // that the asked share of requests do not exceed; open loop
  seconds prefill, decode;  // of a batch, in batch regimes
  T in_flight = T(0);       // requests that are read or write, on average
  T busy = T(1);            // share of a step in which the chips work
  T present = T(1);         // share of time in which the chips do not rest
  step_cost<T> work;        // of one chip, per call
};

namespace detail {
// Assumed bounds of the approximations below.
inline constexpr double rare = 0.05;         // requests in flight where there is next to no load: where searches start
inline constexpr int slo_points = 16;        // loads from next to none to the capacity at which limits are looked at
inline constexpr double nearly_all = 0.999;  // of what a queue that never empties gets, that is offered at most
inline constexpr double least_rate = 1e-12;  // 1/s
inline constexpr double averaged =
    0.70711;  // of the swings of steps, over the life of a request that is as long as they are: sqrt(1/2)

// Requests beyond a slot's first: those who write at once, given the token budget; D (O + P)/O <= budget.
template <class Replica, number T>
T writing(const Replica& r, const T& in_flight) {
  return min(in_flight, r.output * r.plan.software.token_budget / (r.output + r.fresh()));
}
template <class Replica>
auto slots(const Replica& r) {
  using T = std::remove_cvref_t<decltype(r.input)>;
  return max(min(r.memory_bound(), r.plan.software.largest_batch), T(0));
}
template <number T>
void mark_infeasible(serving_result<T>& s, const T& slots) {
  s.calls = where(slots >= T(1), s.calls, quantity<unit::per_second, T>());
}
}  // namespace detail

// `batch` requests start and finish together. Prompts and answers go through pipeline stages in min(batch, stages) micro-batches.
//   prefill = t (m + stages - 1)/stages + host;  latency = prefill + (O - 1) t_decode(P + O/2)
// Exact for steps whose time is affine in the context. Worked number: four prompts through two stages, in two micro-batches of 0.2 s: prefill
// 0.2 (2 + 1) / 2 = 0.3 s.
template <number T, class... X>
serving_result<T> static_batch(const replica<T, X...>& r, const T& batch) {
  if constexpr (real<T>) check_positive("batch", batch, "Set the requests that start together.");
  serving_result<T> s;
  const T stages = r.plan.pipeline;
  const T micro = min(max(batch, T(1)), stages);
  const step_cost<T> prompts = r.prefill(batch / micro) * micro;
  step_cost<T> writing = r.decode(max(batch, stages), r.input + r.output * T(0.5));
  writing.resting = r.resting(r.host_of(writing.time, batch));
  s.prefill = r.in_step(prompts.time * ((micro + stages - T(1)) / (stages * micro)), batch);
  s.time_to_first_token = s.prefill;
  s.time_per_output_token = r.in_step(writing.time, batch) / r.tokens_per_pass();
  s.decode = s.time_per_output_token * (r.output - T(1));
  s.latency = s.prefill + s.decode;
  s.calls = batch / s.latency;
  s.in_flight = batch;
  s.work = (prompts + writing * T((r.output - T(1)) / r.tokens_per_pass())) * T(T(1) / batch / stages);
  s.busy = min(s.work.time * batch / s.latency, T(1));
  return s;
}

// One request at a time.
template <number T, class... X>
serving_result<T> single_stream(const replica<T, X...>& r) {
  return static_batch(r, T(1));
}

namespace detail {
// Steady state with `writing` requests that write and no queue; `step` is the replica's with them.
template <number T, class... X>
serving_result<T> steady_state(const replica<T, X...>& r, const steady_step<T>& step, const T& writing) {
  serving_result<T> s;
  s.in_flight = writing;
  s.time_per_output_token = step.time / r.tokens_per_pass();
  s.time_to_first_token = r.first_token(step, writing);
  s.latency = s.time_to_first_token + s.time_per_output_token * (r.output - T(1));
  s.calls = writing / (r.output * s.time_per_output_token);
  s.work =
      step.work * T(r.output / (max(writing, number_cast<T>(least_count)) * r.tokens_per_pass()) / r.plan.pipeline);
  s.busy = step.work.time / step.time;
  return s;
}
template <number T, class... X>
serving_result<T> steady_state(const replica<T, X...>& r, const T& writing) {
  return steady_state(r, r.steady(writing), writing);
}
}  // namespace detail

// `concurrency` requests kept in flight: the next starts when one ends. Those whose cache does not fit wait for a place.
//   calls = N / (time to first token + (O - 1) time per output token),  N = min(concurrency, slots)
// Without `run` (0: endless) it is the steady state, in which a request waits for the step under way and for prompts that come with its own or before
// it (waits.hpp). A finite run of requests begins with N of them at once, whose prompts queue, which replica::first_token_of_a_burst(N) gives by
// itself: they are min(N / run, 1) of all, and the mean has them. What the chips do meanwhile is left out of the rate.
template <number T, class... X>
serving_result<T> inflight_fixed_concurrency(const replica<T, X...>& r, const T& concurrency, const T& run = T(0)) {
  if constexpr (real<T>) {
    check_nonnegative("concurrency", concurrency, "Set the requests that are kept in flight.");
    check_nonnegative("run", run, "Set the requests of a finite run, 0 for one without end.");
  }
  const T slots = detail::slots(r);
  const T n = min(concurrency, max(slots, T(1)));
  const T b = detail::writing(r, n);
  serving_result<T> s = detail::steady_state(r, b);
  const quantity<unit::second, T> own = r.plan.software.per_request + r.loading;
  s.time_to_first_token =
      detail::first_token_of_kept(r, {n, b}, T(s.time_per_output_token * r.tokens_per_pass() / units::second),
                                  T((s.latency - s.time_to_first_token) / units::second)) *
          units::second +
      own;
  s.latency = s.time_to_first_token + s.time_per_output_token * (r.output - T(1));
  s.calls = n / s.latency * r.plan.software.filled(n);
  const quantity<unit::second, T> none{};
  const quantity<unit::second, T> queued = where(concurrency > n, (concurrency - n) / s.calls, none);
  const auto finite = run > T(0);
  if (may_hold(finite)) {
    const T wave = where(finite, min(n / max(run, T(1)), T(1)), T(0));
    const quantity<unit::second, T> first = where(finite, r.first_token_of_a_burst(n) * wave, none),
                                    later = where(wave < T(1), s.time_to_first_token * (T(1) - wave), none);
    s.time_to_first_token = first + later;
    s.latency = s.time_to_first_token + s.time_per_output_token * (r.output - T(1));
  }
  s.time_to_first_token = s.time_to_first_token + queued;
  s.latency = s.latency + queued;
  detail::mark_infeasible(s, slots);
  return s;
}

namespace detail {
// A run ends when its last answer does. No prompt delays it, and half of the others are gone.
template <number T, class... X>
quantity<unit::second, T> last_answer(const replica<T, X...>& r, const T& writing) {
  const T half = max(writing * T(0.5), T(1));
  return r.in_step(r.template decode<false>(half, r.mean_context()).time, half) / r.tokens_per_pass() * r.output *
         (T(1) + r.spread);
}

// Requests that `writing` of them at once answer per second: D / (O t(D)).
template <number T, class... X>
quantity<unit::per_second, T> answered_by(const replica<T, X...>& r, const T& writing) {
  return writing / (r.output * (r.template steady<false>(writing).time / r.tokens_per_pass()));
}
}  // namespace detail

// A queue that never empties: as many in flight as fit, N. A finite `run` of R requests (0: endless) ends with answers that no others join, which
// are half written on average when the queue is empty:
//   time of the run = R / calls + last - min(N, R) / (2 calls),  last: the time that the last of them takes
// Worked number: 100 requests of 20 tokens, 20 at once in steps of 0.5069 s, where ten take 0.510 s: 50.7 + 10.2 - 5.1 = 55.8 s.
template <number T, class... X>
serving_result<T> inflight_saturated(const replica<T, X...>& r, const T& run = T(0)) {
  const T slots = detail::slots(r);
  const T writing = detail::writing(r, max(slots, T(1)));
  serving_result<T> s = detail::steady_state(r, writing);
  s.calls = s.calls * r.plan.software.filled(writing);
  const T requests = max(run, T(1)), ending = min(writing, requests);
  const quantity<unit::second, T> alone = detail::last_answer(r, ending) - ending * T(0.5) / s.calls;
  const quantity<unit::per_second, T> finite = run / (requests / s.calls + max(alone, quantity<unit::second, T>()));
  s.calls = where(run > T(0), finite, s.calls);
  detail::mark_infeasible(s, slots);
  return s;
}

// A data set processed as fast as possible: saturated; answers of unequal length are in `replica::spread`.
template <number T, class... X>
serving_result<T> offline_trace(const replica<T, X...>& r, const T& run = T(0)) {
  return inflight_saturated(r, run);
}

namespace detail {
// What an engine is offered, and what it has for it.
template <number T>
struct offered {
  quantity<unit::per_second, T> rate, capacity;  // of calls; capacity: with all slots taken
  T slots, most;                                 // requests in flight that memory holds; of them those that can write
};

// Open loop at a rate, with n requests in flight in a mean step (Little: n = rate O E T(n)), of whose O steps one reads and O - 1 write:
//   first token = least + mean wait for prompts + P(slot) wait for a slot + the server's time of a request
// by the laws of waits.hpp, at no more than the capacity: what waits beyond it is a backlog. Compared with a discrete-event simulation in
// tests/unit/serving/queue_regimes.cpp and near_saturation.cpp: up to 85 % of the load means within 5 % and the 99th percentile within 10, where prompts
// are read in pieces within 8 and 15. At 95 % means within 10 to 25 %, slow ones within 25 to 40, for waits for slots change by a fifth with a hundredth
// of the capacity.
template <number T, class... X>
serving_result<T> open_loop_at(const replica<T, X...>& r, const T& writing, const offered<T>& calls,
                               const T& quantile) {
  using seconds = quantity<unit::second, T>;
  const T one(1), some = number_cast<T>(least_rate),
                  rate = max(T(min(calls.rate, calls.capacity) * units::second), some);
  const T passes = max(T(r.output / r.tokens_per_pass()), one), writes = one - one / passes;
  const T usual = rate * T(r.template steady<false>(writing).time / units::second);
  const auto cost = [&](const T& n) { return cost_of_prompts(r, T(n * writes), usual); };
  const auto mean_step = [&](const T& n) { return swings_of(cost(n), writing_step(r, T(n * writes)), rate); };
  const T n =
      in_flight_at(quantity<unit::per_second, T>(rate / units::second), r.output, calls.most,
                   [&](const T& d) -> seconds { return mean_step(d).mean * units::second / r.tokens_per_pass(); });
  const prompt_cost<T> prompts = cost(n);
  const swinging_step<T> in_mean = swings_of(prompts, writing_step(r, T(n * writes)), rate);
  const crowd<T> others = crowd_around(r, n, writes, in_mean);
  const T saturated = max(saturated_rate(r, calls.slots, passes), some);
  const slot_queue<T> slot = queue_for_slots(calls.slots, others, in_mean, r.spread, {rate, saturated});
  // Those who come meet as many as there are in the mean over time. Nobody is longer in flight than where all slots are taken.
  const T life = calls.most / max(saturated_rate(r, calls.most, passes), some);
  const T present = min(min(slot.in_flight, calls.most), max(T(rate * life), n)),
          longer = one + max(T(present - n), T(0)) * others.slope;
  const T plain = writing_step(r, T(n * writes)) * longer;
  const reading_wait<T> w = wait_for_prompts(prompts, plain, others, rate, r.fresh());
  const T slow = slow_of_both(
      w.mean, slow_reading(w, plain, T(others.slope * others.slope * others.variance), quantile), slot, quantile);
  const seconds own = r.plan.software.per_request + r.loading;
  serving_result<T> s = steady_state(r, writing);
  s.time_to_first_token = (w.least + w.mean + slot.waits * slot.each) * units::second + own;
  s.slow_first_token = (w.least + slow) * units::second + own;
  // Whoever writes meets as many more than n as their variance is of it.
  const T crowded_step = mean_step(n + others.variance / others.mean).mean;
  s.time_per_output_token = min(crowded_step, T(life / passes)) * units::second / r.tokens_per_pass();
  const T slow_crowd = present + queue::normal_quantile(quantile) * sqrt(others.variance) * number_cast<T>(averaged);
  const steady_step<T> crowded = r.template steady<false>(min(slow_crowd, max(calls.most, n)));
  s.slow_output_token = max(seconds(crowded.time / r.tokens_per_pass()), s.time_per_output_token);
  s.in_flight = present + rate * max(T(w.least - in_mean.mean), T(0));
  s.latency = s.time_to_first_token + s.time_per_output_token * (r.output - one);
  s.slow_latency = s.slow_first_token + s.slow_output_token * (r.output - one);
  return s;
}

// What chips do at a rate, for their power: the work of full load for the share of the time that power_at_load counts with.
// Beyond the objectives' full load, up to that of memory, they are never without a step.
template <number T, class... X>
void rest_between(const replica<T, X...>& r, const quantity<unit::per_second, T>& rate, serving_result<T>& s) {
  const serving_figures<T> full = serve(r);
  const quantity<unit::per_second, T> none{}, some(T(1) / units::second);
  const T load = rate / where(full.calls > none, full.calls, some);
  const auto within = (full.calls > none) && (load <= T(1));
  const serving_result<T> at_full = steady_state(r, max(full.concurrency, T(1)));
  s.work = either(within, at_full.work, s.work);
  s.busy = where(within, at_full.busy, s.busy);
  s.present = where(within, load, T(1));
}
template <number T, class... X>
serving_result<T> open_loop(const replica<T, X...>& r, const quantity<unit::per_second, T>& rate, const T& quantile,
                            const T& run = T(0)) {
  const T slots = detail::slots(r);
  const T most = writing(r, max(slots, T(1)));
  const quantity<unit::per_second, T> capacity = answered_by(r, most);
  const auto overloaded = rate >= capacity;
  const T ever = where(run > T(0), min(most, max(run * T(0.5), T(1))), most);
  const T d = in_flight_at(r, rate, ever);
  serving_result<T> s = open_loop_at(r, d, {rate, capacity, slots, ever}, quantile);
  const T infinite = number_cast<T>(std::numeric_limits<scalar_of_t<T>>::infinity());
  const quantity<unit::second, T> late = T(1) / capacity - T(1) / rate;
  const T half = where(run > T(0), run * T(0.5), infinite);
  const quantity<unit::second, T> none{};
  const quantity<unit::second, T> backlog = where(overloaded, max(late, none) * half, none);
  s.time_to_first_token = s.time_to_first_token + backlog;
  s.slow_first_token = s.slow_first_token + backlog * T(2);
  s.latency = s.latency + backlog;
  s.slow_latency = s.slow_latency + backlog * T(2);
  const quantity<unit::per_second, T> answered = min(rate, capacity);
  const quantity<unit::second, T> last = last_answer(r, d);
  const quantity<unit::per_second, T> finite = run / (max(run, T(1)) / answered + last);
  s.calls = where(run > T(0), finite, answered);
  rest_between(r, answered, s);
  mark_infeasible(s, slots);
  return s;
}
}  // namespace detail

// Requests arrive at random (Poisson) at `rate`. Beyond what the replica answers the queue grows without end: time to first token and latency
// are infinite, unless the run has only `run` requests, which then wait for the backlog, run/2 (1/capacity - 1/rate) on average.
// `quantile`: the share of requests that the slow_ figures cover. Approximations: see open_loop_at; compared with a discrete-event simulation
// in tests/unit/serving/queue_regimes.cpp.
// Throws invalid_value for a rate or a run below 0 and a quantile that is no share between 0 and 1, of plain numbers.
template <number T, class... X>
serving_result<T> inflight_open_loop(const replica<T, X...>& r, const quantity<unit::per_second, T>& rate,
                                     const T& quantile, const T& run = T(0)) {
  if constexpr (real<T>) {
    check_nonnegative("rate", rate, "Set the mean rate of arrivals.");
    check_within("quantile", quantile, domain{0, 1, true, true}, "Set the share of requests that slow figures cover.");
    check_nonnegative("run", run, "Set the requests of a finite run, 0 for one without end.");
  }
  return detail::open_loop(r, rate, quantile, run);
}

// Limits on latency, for a share of the requests.
template <number T = double>
struct basic_service_level {
  quantity<unit::second, T> first_token =
      T(2) * units::second;  // MLPerf Inference v4.1, Llama-2-70B server: 99 % within 2 s and 200 ms a token
  quantity<unit::second, T> output_token = number_cast<T>(0.2) * units::second;
  T share = number_cast<T>(0.99);

  template <number Other>
  using with_number = basic_service_level<Other>;
  static constexpr auto fields() {
    using X = basic_service_level;
    return std::tuple{
        field("first_token", &X::first_token, positive, "limit on the time to the first token"),
        field("output_token", &X::output_token, positive, "limit on the time per output token"),
        field("share", &X::share, domain{0, 1, true, true}, "share of the requests that keep the limits")};
  }
};
using service_level = basic_service_level<>;

// The highest rate at which the limits hold, and the open loop at it, which is what says so. 0 where an empty replica is too
// slow. The time to the first token of slow requests may fall while the rate rises, where prompts come to be read together:
// the limits are looked at on a fixed ladder of rates, and the rate is searched above the highest rung that keeps them.
template <number T, class... X>
serving_result<T> server_slo(const replica<T, X...>& r, const basic_service_level<T>& level) {
  if constexpr (real<T>) validate(level, "level");
  const T slots = detail::slots(r), one(1);
  const T all = detail::writing(r, max(slots, one));
  const T sold = r.plan.software.filled(all) * number_cast<T>(detail::nearly_all);  // no more than inflight_saturated
  const quantity<unit::per_second, T> most = detail::answered_by(r, all) * sold;
  const T least = min(T(detail::answered_by(r, min(all, number_cast<T>(detail::rare))) / most), one);
  const auto at = [&](const T& load) {
    return detail::open_loop(r, quantity<unit::per_second, T>(most * load), level.share);
  };
  // What the two limits are used up to: 1 where one of them is just kept.
  const auto used = [&](const serving_result<T>& s) -> std::array<T, 2> {
    return {T(s.slow_first_token / level.first_token), T(s.slow_output_token / level.output_token)};
  };
  const auto pressure = [&](const T& load) { return used(at(load)); };
  const auto kept = [](const std::array<T, 2>& part, double at_most) {
    return max(part[0], part[1]) <= number_cast<T>(at_most);
  };
  const T rung = exp(log(one / least) * number_cast<T>(1.0 / detail::slo_points));
  T low = least, x = least;
  for (int i = 0; i < detail::slo_points; ++i) {
    x = min(x * rung, one);
    low = where(kept(pressure(x), 1), x, low);
  }
  const T found = max(largest_below(low, min(low * rung, one), one, pressure), low);
  serving_result<T> s = at(where(kept(pressure(found), objective_tolerance), found, low));
  s.calls = where(kept(used(s), objective_tolerance), s.calls, quantity<unit::per_second, T>());
  return s;
}

// Prompts on one pool of chips, which r.plan.reading lays out, answers on another: the pools of a plan (pools.hpp), each at full load,
// in the ratio that keeps both at work. `in_flight` calls in a replica that writes; 0: those of its plan, or as many as memory and
// objectives allow.
//   calls per chip = 1 / (chips_p / calls_p + chips_d / calls_d),  calls_p and calls_d those of a replica that reads and one that writes
// Figures are of one replica that writes and its share of the other pool; `calls` is what both pools answer on as many chips as such a
// replica has. Throws invalid_value for in_flight below 0 and a plan without a pool that reads, of plain numbers.
template <number T, class Chip, class Infrastructure, class Model>
serving_result<T> disaggregated(const replica<T, Chip, Infrastructure, Model>& r, const T& in_flight = T(0)) {
  if constexpr (real<T>) {
    check_nonnegative("in_flight", in_flight, "Set the requests in a replica that writes, 0 for those of its plan.");
    check_positive("plan.reading.tensor", r.plan.reading.tensor,
                   "Lay out the pool that reads: .reading = {.tensor = 8}.");
  }
  serving_task<T, Chip, Infrastructure, Model> task(r.chip, r.infrastructure, r.model, r.demand());
  task.spread = r.spread;
  basic_serving_plan<T> plan = r.plan;
  plan.concurrency = where(in_flight > T(0), in_flight, plan.concurrency);
  const pool_figures<T> f = task.figures(plan);
  const T ratio = plan.of_reading().chips() / plan.chips();
  const quantity<unit::per_second, T> none{}, some(T(1) / units::second);
  const auto answers = (f.writing.calls > none) && (f.reading.calls > none);
  const auto both =
      T(1) / (T(1) / where(answers, f.writing.calls, some) + ratio / where(answers, f.reading.calls, some));
  serving_result<T> s;
  s.calls = where(answers, both, none);
  s.in_flight = f.writing.concurrency;
  s.time_per_output_token = f.writing.time_per_output_token * (T(1) * units::token);
  s.prefill = f.reading.time_to_first_token;
  s.time_to_first_token = f.time_to_first_token;
  s.decode = s.time_per_output_token * (r.output - T(1));
  s.latency = s.time_to_first_token + s.decode;
  s.work = f.writing.per_call + f.reading.per_call * ratio;
  return s;
}

// A day of a live service: the load that keeps the service level at the busiest hour, at that hour's share of the day's mean.
template <number T, class... X>
serving_result<T> production_day(const replica<T, X...>& r, const basic_service_level<T>& level,
                                 const T& peak_to_mean) {
  if constexpr (real<T>)
    check_within("peak_to_mean", peak_to_mean, at_least_one, "Set the busiest hour over the mean.");
  return detail::open_loop(r, quantity<unit::per_second, T>(server_slo(r, level).calls / peak_to_mean), level.share);
}

}  // namespace layercake
