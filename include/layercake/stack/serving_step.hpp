// One step of a serving engine: sequences that each write a token, and prompts, or chunks of prompts, that are read
// beside them.
#pragma once

#include <layercake/stack/serving_software.hpp>
#include <layercake/stack/step.hpp>

namespace layercake {

namespace detail {

// Times a model's operations as a serving engine runs them. `riders` decoding tokens go through the same matrix
// products as the tokens of the pass (their weights are read once); `attention_alone` times what those riders need for
// themselves. Without `Work` only the time is summed, in a fifth of the instructions.
template <bool Work, class T, class Timing, class Chip, class Infrastructure>
struct serving_timer {
  using seconds = quantity<unit::second, T>;
  const Timing& timing;
  const Chip& chip;
  const Infrastructure& infrastructure;
  const basic_serving_software<T>& software;
  scale_up_fabric<T> fabric;
  T whole_experts;  // 1, or the tensor ranks over which whole experts are spread in place of slices
  T riders = T(0);
  T widening = T(1);  // tokens with riders over tokens without
  bool riding = false;
  bool attention_alone = false;
  seconds floor{};  // least time of a kernel
  T slower = T(1);
  step_cost<T> sum{};
  collective<T> last{};  // both exchanges of a layer are the same
  seconds last_time{};

  // An operation that does not occur need not be timed; a lane of a batch or a derivative has to.
  static bool absent(const T& times) {
    if constexpr (real<T>) return !(times > T(0));
    return false;
  }
  template <class Operation>
  void count(const Operation& op, const T& n) {
    const auto total = op.totals();
    using W = std::remove_cvref_t<decltype(total)>;
    sum.compute += chip.time(W{total.flop, decltype(total.bytes)(), total.math}) * n;
    sum.memory += chip.time(W{decltype(total.flop)(), total.bytes, total.math}) * n;
    sum.flop += total.flop * n;
    sum.bytes += total.bytes * n;
  }
  template <class Operation>
  void add(const Operation& op, const T& n, const T& slow) {
    sum.time += max(seconds(chips::time_of(timing, op) * slow), floor) * n;
    if constexpr (Work) count(op, n);
  }

  template <class S>
  void operator()(const matrix_product<S>& op, const T& times) {
    if (absent(times)) return;
    if (attention_alone) {  // only the up-projections of latent attention, one for each head, are the riders' own
      const T own = times * where(op.batch > S(1), T(1), T(0));
      if (!absent(own)) add(op, own, slower);
    } else if (riding) {
      matrix_product<S> more = op;
      more.m = op.m + S(riders);
      add(more, times, slower);
    } else {
      add(op, times, slower);
    }
  }
  template <class S>
  void operator()(const attention_product<S>& op, const T& times) {
    if (absent(times)) return;
    const auto decoding = op.queries < S(1.5);
    add(op, times, slower / where(decoding, software.cache_share, T(1)));
    if constexpr (real<T>) {
      if (decoding || !(software.score_passes > T(0))) return;
    }
    const auto scores = op.sequences * op.heads * op.queries * op.context * S(2) * units::byte;
    const seconds passes = scores * software.score_passes / (chip.memory_bandwidth * number_cast<T>(0.75)) * times;
    sum.time += where(decoding, seconds(), passes);
  }
  template <class S>
  void operator()(expert_product<S> op, const T& times) {
    if (attention_alone || absent(times)) return;
    op.tokens = op.tokens + S(riders) * op.ranks;
    op.ranks = op.ranks * S(whole_experts);
    op.width = op.width * S(whole_experts);
    // The busiest rank sets the time. Under random routing it has sqrt(2 ln R / n) more than the mean of n pairs, as
    // long as there are experts that no token has reached.
    const S pairs = op.tokens * op.active / op.ranks;
    const S busiest = S(1) + sqrt(S(2) * log(op.ranks) / max(pairs, S(1e-3)));
    op.ranks = op.ranks / min(busiest, min(op.experts / op.ranks / max(op.distinct(), S(1e-6)), op.ranks));
    add(op, times, slower);
  }
  template <class S>
  void operator()(const memory_traffic<S>& op, const T& times) {
    if (attention_alone || absent(times)) return;
    add(memory_traffic<S>{op.moved * S(widening), op.kernels}, times, slower);
  }
  template <class S>
  void operator()(const work<S>& op, const T& times) {
    if (attention_alone) return;
    sum.time += chip.time(op) * times * slower;
    if constexpr (Work) count(op, times);
  }
  template <class S>
  void operator()(const collective<S>& op, const T& times) {
    if (attention_alone || absent(times)) return;
    collective<T> c{op.kind, op.bytes * S(widening), op.ranks, op.stride};
    seconds t = last_time;
    if (!same(c)) {
      t = of(c);
      last = c;
      last_time = t;
    }
    t = t * times;
    sum.time += t;
    sum.exchange += t;
  }

private:
  bool same(const collective<T>& c) const {
    if constexpr (real<T>)
      return c.kind == last.kind && c.bytes == last.bytes && c.ranks == last.ranks && c.stride == last.stride;
    return false;
  }
  seconds of(const collective<T>& c) const {
    if constexpr (real<T>) {
      if (!(c.ranks > T(1))) return {};
    }
    seconds t;
    if constexpr (requires { infrastructure.time(c, fabric, infrastructure::communication_library{}); }) {
      t = infrastructure.time(c, fabric, infrastructure::communication_library{.direct_all_reduce = true});
    } else {
      t = infrastructure.time(c, fabric);
    }
    return where(c.ranks > T(1), max(t, floor), t);
  }
};
}  // namespace detail

// What a step has to do. Decoding sequences write a token each (`drafted` more are checked with it); `prompts` prompts,
// or chunks of them, of `queries` new tokens each are read, the last of which sees `context` positions.
template <class T = double>
struct serving_load {
  T decoding = T(0);
  T decode_context = T(1);
  T drafted = T(0);
  T prompts = T(0);
  T queries = T(1);
  T context = T(1);
};

// The time of one step on the chips of one replica, all pipeline stages one after the other, without the host's work.
//   prompts alone, or decoding alone: a pass of the model;  both: a pass over prompts that the decoding tokens ride
//   along, and their attention
// `uncaptured`: share of the kernels that the host launches one by one. Leaves out chunks of several prompts of unequal
// length.
template <bool Work, class T, class Timing, class Chip, class Infrastructure, class Model>
step_cost<T> serving_step(const Timing& timing, const Chip& chip, const Infrastructure& infrastructure,
                          const Model& model, const basic_serving_software<T>& software, const models::split<T>& split,
                          const T& whole_experts, const serving_load<T>& load, bool decode, bool prompt,
                          const T& uncaptured) {
  detail::serving_timer<Work, T, Timing, Chip, Infrastructure> timer{
      timing,       chip, infrastructure, software, {chip.scale_up_bandwidth, number_cast<T>(chip.scale_up_domain)},
      whole_experts};
  timer.floor = software.launch * uncaptured;
  timer.slower = T(1) / software.kernel_share;
  const models::pass<T> writing{models::phase::decode, max(load.decoding, number_cast<T>(1e-3)), T(1) + load.drafted,
                                load.decode_context};
  if (!prompt) {
    model.operations(writing, split, timer);
    return timer.sum;
  }
  if (decode) {
    const T riding = load.decoding * writing.queries;
    const T reading = load.prompts * load.queries;
    timer.riders = riding;
    timer.riding = true;
    timer.widening = (reading + riding) / reading;
  }
  model.operations({models::phase::prefill, load.prompts, load.queries, load.context}, split, timer);
  if (decode) {
    timer.attention_alone = true;
    model.operations(writing, split, timer);
  }
  return timer.sum;
}

}  // namespace layercake
