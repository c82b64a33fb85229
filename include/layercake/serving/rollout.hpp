// The rollout of a step of reinforcement learning: many samples start together on the replicas of a policy, the batch shrinks as they
// end, and all wait for the longest.
#pragma once

#include <layercake/serving/read_prompts.hpp>
#include <layercake/serving/response_lengths.hpp>
#include <limits>

namespace layercake {

// What is sampled: of each prompt a group of answers (Shao et al., DeepSeekMath, 2024, section 4.1: GRPO). Groups lie whole on a replica.
template <number T = double>
struct basic_rollout_batch {
  T prompts = T(1);
  T group = T(1);                      // answers to each
  input_tokens<T> prompt = unknown<>;  // length of a prompt
  basic_response_lengths<T> responses{};
  T replicas = T(1);           // over which the samples are dealt out evenly
  bool shared_prompts = true;  // a group reads its prompt once and holds it once; else each sample does

  template <number Other>
  using with_number = basic_rollout_batch<Other>;
  static constexpr auto fields() {
    using X = basic_rollout_batch;
    return std::tuple{field("prompts", &X::prompts, positive_count, "prompts of a step"),
                      field("group", &X::group, positive_count, "answers that are sampled to each prompt"),
                      field("prompt", &X::prompt, domain{1, largest_sensible}, "tokens of a prompt"),
                      part("responses", &X::responses),
                      field("replicas", &X::replicas, positive_count, "replicas of the policy that sample"),
                      label("shared_prompts", &X::shared_prompts)};
  }
  void rules(findings& f) const requires real<T> {
    f.check_divides("replicas", replicas, "prompts * group", samples(), "Every replica takes equally many samples.");
  }

  constexpr T samples() const { return prompts * group; }
  constexpr T on_a_replica() const { return samples() / replicas; }
  // Of a sample, the share of its prompt that it reads and holds itself.
  constexpr T own_prompt() const { return shared_prompts ? T(1) / min(group, on_a_replica()) : T(1); }
};
using rollout_batch = basic_rollout_batch<>;

template <number T = double>
struct rollout_figures {
  using seconds = quantity<unit::second, T>;
  seconds time;              // until the last sample of all replicas has ended; infinite where no sample fits in memory
  seconds reading;           // of it, of the prompts
  seconds queueing;          // of it, while samples wait for a place
  seconds replica_time;      // until the last sample of one replica has ended, in the mean over the replicas
  T slots{};                 // samples that a replica has a place for; all of its own where there is one for each
  T memory_bound{};          // places in its memory
  output_tokens<T> written;  // by a sample, in the mean; what is cut off is not
  output_tokens<T> longest;  // the longest of all samples, in the mean
  T stopped{};               // share of the samples that reach the longest length
  T occupied{};              // share of the slots with a sample, over the time of writing
  T samples{}, chips{};      // of all replicas
  step_cost<T> work;         // of one chip, in the mean over the replicas

  // Share of the phase in which a replica has nothing to do but wait for the slowest one.
  constexpr T waiting() const { return T(1) - replica_time / time; }
};

namespace detail {
inline constexpr double least_writing = 1e-12;  // seconds; samples of one token have none

// The samples that run once nobody waits for a place: their remaining lengths, and the positions that those have which still run.
template <number T>
struct running_samples {
  length_curve<T> remaining{};
  std::array<T, length_curve<T>::segments> context{};  // behind the prompt, half way along each segment
  T queued{};                                          // tokens that a slot writes before that
  T queued_context{};                                  // positions behind the prompt meanwhile
};

// Samples of lengths `fresh`, `rounds` of them for each slot. Those that were there from the start are as long as any; of those that
// came later what remains is the equilibrium of a renewal process, age and rest together y with the density y S(y) / E[y^2 / 2]:
//   remaining   S'(x) = (1 - w) S(x) + w M0(x) / mean,  M0(x) = integral from x of S,  M1(x) = integral from x of y S
//   positions   ((1 - w) S(x) x + w M1(x) / mean) / S'(x)
//   w = 1 - 1 / rounds, the share of samples that waited (assumed: exact for none and for many rounds)
// As many tokens are written as there are in all, which gives the time before: queued = rounds mean - E[remaining].
// Source: Cox, Renewal Theory, 1962, chapter 5.
template <number T>
running_samples<T> samples_running(const length_curve<T>& fresh, const T& rounds) {
  constexpr std::size_t n = length_curve<T>::segments;
  running_samples<T> r;
  r.remaining.length = fresh.length;
  const T mean = max(fresh.mean(), number_cast<T>(least_count)), first = T(1) / rounds, later = (T(1) - first) / mean;
  const T half(0.5), quarter(0.25);
  T left(0), moment(0);  // M0 and M1
  r.remaining.longer[n] = first * fresh.longer[n];
  for (std::size_t i = n; i-- > 0;) {
    const T width = fresh.width(i), a = fresh.length[i], middle = a + width * half;
    const T near_half = (fresh.half_longer[i] + fresh.longer[i + 1]) * half * (width * half);
    r.remaining.half_longer[i] = first * fresh.half_longer[i] + later * (left + near_half);
    const T of_later = moment + near_half * (middle + width * quarter);
    r.context[i] = (first * fresh.half_longer[i] * middle + later * of_later) / r.remaining.half_longer[i];
    const T whole = fresh.over_segment(i, [](const T& s) { return s; }) * width;
    left += whole;
    moment += whole * middle;
    r.remaining.longer[i] = first * fresh.longer[i] + later * left;
  }
  r.queued_context = moment / mean;
  r.queued = max(rounds * fresh.mean() - r.remaining.mean(), T(0));
  return r;
}

// The most positions that a sample holds in the mean over a slot: when all have started together, of those that are left at the worst
// moment; while others wait, of those that run.
template <number T>
T held_positions(const length_curve<T>& curve, const T& own_prompt) {
  T most = own_prompt + samples_running(curve, T(1)).queued_context;
  for (std::size_t i = 0; i <= curve.segments; ++i)
    most = max(most, curve.longer[i] * (own_prompt + curve.length[i]));
  return most;
}

// What a replica does from the moment on at which nobody waits for a place.
template <number T>
struct written_out {
  quantity<unit::second, T> time{};
  T sample_seconds{};   // samples that run, over that time
  step_cost<T> work{};  // of one chip
};

// Writes until the last of `samples` has ended, on a replica with `running` of them. With P(x) the probability that one runs still:
//   time = integral of P(x) t(K(x)) dx,   K = 1 + (running - 1) / (samples - 1) (samples S' / P - 1)
// K: how many run on the replica that has the longest, in the mean. Exact, but for the longest being on the slowest replica, for steps
// whose time is affine in the samples that run: then the mean of t is t of the mean.
template <bool Work, number T, class... X>
written_out<T> write_out(const replica<T, X...>& r, const running_samples<T>& left, const T& running,
                         const T& samples) {
  written_out<T> w;
  const T stages = r.plan.pipeline;
  const T beside = (running - T(1)) / max(samples - T(1), number_cast<T>(least_count));
  for (std::size_t i = 0; i < length_curve<T>::segments; ++i) {
    const auto mean = [&](auto&& of_share) { return left.remaining.over_segment(i, of_share); };
    const T any = mean([&](const T& s) { return any_longer(s, samples); });
    const T here = max(T(1) + beside * (samples * mean([](const T& s) { return s; }) / any - T(1)), T(1));
    const step_cost<T> step = r.template decode<Work>(max(here, stages), r.input + left.context[i] + T(0.5));
    const T steps = left.remaining.width(i) * any / r.tokens_per_pass();
    const quantity<unit::second, T> time = r.in_step(step.time, here) * steps;
    w.time += time;
    w.sample_seconds += here * T(time / units::second);
    if constexpr (Work) w.work = w.work + step * T(steps / stages);
  }
  return w;
}

}  // namespace detail

// The rollout of a batch by replicas like `r`, whose input is the batch's prompt. Of a replica, n samples, s of them at once:
//   time     = reading + queueing + writing until the last of all samples
//   reading  = read_prompts of n prompts, or n / group where a group shares them
//   queueing = queued tokens * t(s) / filled(s), while samples wait for a place: s < n
//   writing  = integral of P(l) t(K(l), prompt + l) dl over the length l (detail::write_out)
// s: what fits in memory at the worst moment, the engine's largest batch, or the plan's concurrency where that is set. t: a step of the
// replica with as many samples as run at that moment. Leaves out: replicas that are late by chance with their queue rather than by their
// longest sample, prompts that are read while others are written, answers that are preempted.
template <number T, class... X>
rollout_figures<T> roll_out(const replica<T, X...>& r, const basic_rollout_batch<T>& batch) {
  const T on_a_replica = batch.on_a_replica(), own_prompt = r.input * batch.own_prompt(), one(1);
  length_curve<T> lengths = length_curve_of(batch.responses);
  rollout_figures<T> f;
  f.samples = batch.samples();
  f.chips = batch.replicas * r.plan.chips();
  f.written = lengths.mean() * units::token;
  f.longest = longest_of(lengths, f.samples) * units::token;
  f.stopped = lengths.longer[lengths.segments];
  for (T& l : lengths.length)  // the first token comes with the prompt
    l = max(l - one, T(0));
  const T held = detail::held_positions(lengths, own_prompt);
  f.memory_bound = r.memory_bound(r.engine(), held);
  const T allowed = where(r.plan.concurrency > T(0), r.plan.concurrency, r.plan.software.largest_batch);
  f.slots = min(on_a_replica, max(min(f.memory_bound, allowed), one));

  const auto left = detail::samples_running(lengths, T(on_a_replica / f.slots));
  const read_prompts_figures<T> prompts = read_prompts(r, T(on_a_replica * batch.own_prompt()));
  const auto alone = detail::write_out<true>(r, left, f.slots, f.slots);
  const auto slowest = detail::write_out<false>(r, left, f.slots, T(f.slots * batch.replicas));
  const step_cost<T> full = r.decode(max(f.slots, r.plan.pipeline), r.input + left.queued_context + T(0.5));
  const T queued_steps = left.queued / r.tokens_per_pass();
  f.reading = prompts.time;
  f.queueing = r.in_step(full.time, f.slots) * T(queued_steps / r.plan.software.filled(f.slots));
  f.replica_time = f.reading + f.queueing + alone.time;
  f.time = f.reading + f.queueing + slowest.time;
  const T writing = max(T((f.time - f.reading) / units::second), number_cast<T>(detail::least_writing));
  f.occupied = (T(f.queueing / units::second) * f.slots + alone.sample_seconds) / (f.slots * writing);
  f.work = prompts.work + full * T(queued_steps / r.plan.pipeline) + alone.work;
  const T infinite = number_cast<T>(std::numeric_limits<scalar_of_t<T>>::infinity());
  f.time = where(f.memory_bound >= one, f.time, infinite * units::second);
  return f;
}

}  // namespace layercake
