// One step of a serving engine: sequences that each write a token, and prompts, or chunks of prompts, that are read beside them.
#pragma once

#include <layercake/serving/software.hpp>
#include <layercake/serving/step_cost.hpp>

namespace layercake {

namespace detail {

// What is divided by is kept at least at these, far below any load, so that nothing is infinite: sequences, prompts and
// pairs of token and expert; experts that tokens reach.
inline constexpr double least_count = 1e-3, least_reached = 1e-6;

// Whom the operations of a pass are timed for: its own tokens; those and decoding ones that ride along; or what only the riders need, attention to
// what they have seen.
enum class passing : unsigned char { own, with_riders, riders_alone };

// Times a model's operations as a serving engine runs them. `riders` decoding tokens go through the same matrix products as the tokens of
// the pass (their weights are read once). Without `Work` only the time is summed, in a fifth of the instructions.
template <bool Work, number T, class Timing, class Exchanges, class Chip>
struct serving_timer {
  using seconds = quantity<unit::second, T>;
  const Timing& timing;
  const Exchanges& network;
  const Chip& chip;
  const basic_serving_software<T>& software;
  step_cost<T>& sum;  // until finish() its time is without products and exchanges
  T whole_experts;    // 1, or the tensor ranks over which whole experts are spread in place of slices
  const chips::measurement& how;
  T riders = T(0);
  T attending = T(1);  // of them, the share that goes through the products of attention on one chip
  T widening = T(1);   // tokens with riders over tokens without
  passing who = passing::own;
  seconds floor{};                      // least time of a kernel
  T slower = T(1), slower_half = T(1);  // the latter of products of weights in 16 bit
  // Both exchanges of a layer are the same: the last one, and its time. Member by member: copied whole, just written, a
  // processor waits for it longer than timing it takes.
  exchange last_kind{};
  quantity<unit::byte, T> last_bytes{};
  T last_ranks = T(0), last_stride = T(0);
  seconds last_time{};
  // The product under way: its roots are drawn once the next one has started, so that a processor need not wait.
  chips::started_product<T> product{};
  T product_times = T(0);
  seconds products{};  // the finished ones

  // wide: one for each part of the record that it fills in place.
  // Member by member: as an aggregate it would first be filled with zeros, which takes as long as timing a kernel.
  serving_timer(const Timing& kernels, const Exchanges& exchanges, const Chip& on,
                const basic_serving_software<T>& engine, step_cost<T>& cost, const T& whole,
                const chips::measurement& counted)
      : timing(kernels),
        network(exchanges),
        chip(on),
        software(engine),
        sum(cost),
        whole_experts(whole),
        how(counted) {}

  void finish_product() { products += max(product.time(), floor) * product_times; }
  // Once the model's operations have gone by.
  void finish() {
    finish_product();
    sum.time += products + sum.exchange;
  }

  template <class Operation>
  void count(const Operation& op, const T& n) {
    const auto total = op.totals();
    using W = std::remove_cvref_t<decltype(total)>;
    sum.compute += chip.time(W{total.flop, decltype(total.bytes)(), total.math}) * n;
    sum.memory += chip.time(W{decltype(total.flop)(), total.bytes, total.math}) * n;
    sum.flop += total.flop * n;
    if constexpr (requires { chip.peak.sixteen_bit_worth(total.math); })
      sum.sixteen_bit_flop += total.flop * n * number_cast<T>(chip.peak.sixteen_bit_worth(total.math));
    sum.bytes += total.bytes * n;
  }
  template <class Operation>
  void add(const Operation& op, const T& n, const T& slow) {
    if constexpr (requires { chips::started_product<T>(timing.start(op, how)); }) {
      const chips::started_product<T> next = timing.start(op, how);
      finish_product();
      product.fourth = next.fourth;
      product.scale = next.scale * slow;
      product.rest = next.rest * slow;
      product_times = n;
    } else {
      sum.time += max(seconds(chips::time_of(timing, op) * slow), floor) * n;
    }
    if constexpr (Work) count(op, n);
  }

  // Attention by an engine whose decode kernels were made for groups of `key_group` query heads: in others each query head reads its keys by itself.
  template <number S>
  void add_by_heads(attention_product<S> op, const T& times) {
    const S other = op.heads / op.key_heads - S(software.key_group);
    const auto decoding = op.queries < S(1.5);
    const auto apart = decoding && software.key_group > T(0) && !op.latent && other * other > S(0.25);
    op.key_heads = where(apart, op.heads, op.key_heads);
    add(op, times, slower / where(apart, software.single_head_share, where(decoding, software.cache_share, T(1))));
  }
  // Decoding tokens that go through a block with those of the pass: none through what is done once a call.
  T riding(block part) const {
    return part == block::encoder ? T(0) : part == block::layer ? T(riders * attending) : riders;
  }
  T wider(block part) const { return part == block::encoder ? T(1) : widening; }
  bool riders_alone() const { return who == passing::riders_alone; }

  template <number S>
  void operator()(matrix_product<S>&& op, const T& times) {
    T n = times;
    if (who != passing::own) {
      if (riders_alone())  // only the up-projections of latent attention, one for each head
        n = times * where(op.batch > S(1), T(1), T(0));
      else
        op.m = op.m + S(riding(op.part));
    }
    if (absent(n)) return;
    if (software.widens_weights && bits(op.weights) < bits(op.math))
      op.weights = op.math, op.weight_bytes = bits(op.math) / 8;
    add(op, n, bits(op.math) < 16 ? slower : slower_half);
  }
  template <number S>
  void operator()(const matrix_product<S>& op, const T& times) {
    (*this)(matrix_product<S>(op), times);
  }
  template <number S>
  void operator()(const attention_product<S>& op, const T& times) {
    if (absent(times)) return;
    const auto decoding = op.queries < S(1.5);
    if (may_hold(software.key_group > T(0)))
      add_by_heads(op, times);
    else
      add(op, times, slower / where(decoding, software.cache_share, T(1)));
    if constexpr (real<T>) {
      if (decoding || !(software.score_passes > T(0))) return;
    }
    const auto scores = op.sequences * op.heads * op.queries * op.context * S(2) * units::byte;
    // At the speed of element-wise kernels.
    const T share = number_cast<T>(chips::stream_constants{}.memory);
    const seconds passes = scores * software.score_passes / (chips::memory_bandwidth_of<T>(chip) * share) * times;
    sum.time += where(decoding, seconds(), passes);
  }
  template <number S>
  void operator()(const state_scan<S>& op, const T& times) {
    if (!absent(times)) add(op, times, slower);
  }
  template <number S>
  void operator()(expert_product<S>&& op, const T& times) {
    if (riders_alone() || absent(times)) return;
    op.tokens = op.tokens + S(riders) * op.ranks;
    op.ranks = op.ranks * S(whole_experts);
    op.width = op.width * S(whole_experts);
    // The busiest rank sets the time. Under random routing it has sqrt(2 ln R / n) more than the mean of n pairs (Raab, Steger, "Balls into
    // Bins", RANDOM 1998), as long as there are experts that no token has reached.
    const S pairs = op.tokens * op.active / op.ranks;
    const S busiest = S(1) + sqrt(S(2) * log(op.ranks) / max(pairs, S(least_count)));
    op.ranks = op.ranks / min(busiest, min(op.experts / op.ranks / max(op.distinct(), S(least_reached)), op.ranks));
    add(op, times, slower);
  }
  template <number S>
  void operator()(const expert_product<S>& op, const T& times) {
    (*this)(expert_product<S>(op), times);
  }
  template <number S>
  void operator()(const memory_traffic<S>& op, const T& times) {
    if (riders_alone() || absent(times)) return;
    add(memory_traffic<S>{op.moved * S(wider(op.part) * software.element_wise_traffic),
                          op.kernels * S(software.element_wise_kernels)},
        times, slower);
  }
  template <number S>
  void operator()(const narrow_traffic<S>& op, const T& times) {
    if (!riders_alone() && !absent(times)) add(op, times, slower);
  }
  template <number S>
  void operator()(const work<S>& op, const T& times) {
    if (riders_alone()) return;
    sum.time += chip.time(op) * times * slower / op.sustained;
    if constexpr (Work) count(op, times);
  }
  template <number S>
  void operator()(const collective<S>& op, const T& times) {
    if (riders_alone() || absent(times) || alone(op.ranks)) return;
    const collective<T> c{op.kind, op.bytes * (op.of_weights ? S(1) : S(wider(op.part))), op.ranks, op.stride};
    if (!same(c)) {
      last_kind = c.kind, last_bytes = c.bytes, last_ranks = c.ranks, last_stride = c.stride;
      last_time = of(c);
    }
    sum.exchange += last_time * times;
  }

private:
  bool same(const collective<T>& c) const {
    if constexpr (real<T>)
      return c.kind == last_kind && c.bytes == last_bytes && c.ranks == last_ranks && c.stride == last_stride;
    return false;
  }
  static bool alone(const T& ranks) {
    if constexpr (real<T>) return !(ranks > T(1));
    return false;
  }
  seconds of(const collective<T>& c) const {
    const seconds t = network.time(c);
    return where(c.ranks > T(1), max(t, floor), t);
  }
};
}  // namespace detail

// Exchanges as serving engines make them: with their own all-reduce, if they have one, where it is faster.
template <number T, class Chip, class Infrastructure>
constexpr auto serving_exchanges(const Chip& chip, const Infrastructure& place, bool direct_all_reduce) {
  return exchanges_of<T>(chip, place, infrastructure::communication_library{.direct_all_reduce = direct_all_reduce});
}

// What a step has to do. Decoding sequences write a token each (`drafted` more are checked with it); `prompts` prompts, or chunks of
// them, of `queries` new tokens each are read, the last of which sees `context` positions.
template <number T = double>
struct serving_load {
  T decoding = T(0);
  T decode_context = T(1);
  T drafted = T(0);
  T prompts = T(0);
  T queries = T(1);
  T context = T(1);
  T beginning = T(1);    // share of the prompts that begin in the step
  bool varying = false;  // these are means over many steps, of which each has its own
};

// What a step runs on: the laws that time its operations, chip, model, and how the model is laid out and run.
template <number T, class Timing, class Exchanges, class Chip, class Model>
struct step_setup {
  const Timing& timing;      // of kernels: chips::timing_of
  const Exchanges& network;  // serving_exchanges
  const Chip& chip;
  const Model& model;
  const basic_serving_software<T>& software;
  const models::split<T>& split;
  T whole_experts;  // 1, or the tensor ranks over which whole experts are spread in place of slices
};

// The time of one step on the chips of one replica, all pipeline stages one after the other, without the host's work.
//   prompts alone, or decoding alone: a pass of the model;  both: a pass over prompts that the decoding tokens ride along, and their attention
// `uncaptured`: share of the kernels that the host launches one by one. Leaves out chunks of several prompts of unequal length.
template <bool Work, number T, class Timing, class Exchanges, class Chip, class Model>
step_cost<T> serving_step(const step_setup<T, Timing, Exchanges, Chip, Model>& on, const serving_load<T>& load,
                          bool decode, bool prompt, const T& uncaptured) {
  step_cost<T> sum;
  detail::serving_timer<Work, T, Timing, Exchanges, Chip> timer(
      on.timing, on.network, on.chip, on.software, sum, on.whole_experts,
      !models::generates_tokens<Model>() ? chips::in_long_passes
      : load.varying                     ? chips::over_many_steps
                                         : chips::in_a_running_model);
  // A pass of seconds is launched far ahead of the chip.
  timer.floor = on.software.launch * (models::generates_tokens<Model>() ? uncaptured : T(0));
  timer.slower = T(1) / (on.software.kernel_share * models::kernel_share_of<T>(on.model));
  timer.slower_half = timer.slower / on.software.half_product_share;
  const models::pass<T> writing{models::phase::decode, max(load.decoding, number_cast<T>(detail::least_count)),
                                T(1) + load.drafted, load.decode_context};
  if (prompt) {
    if (decode) {
      const bool cut = on.split.layout == models::weight_layout::gathered_batch_attention;
      const T riding = load.decoding * writing.queries;
      const T reading = load.prompts * load.queries;
      timer.who = detail::passing::with_riders;
      timer.riders = cut ? riding / on.split.tensor : riding;
      timer.attending = T(1) / on.split.attention_data;
      timer.widening = (reading + riding) / reading;
    }
    on.model.operations({models::phase::prefill, load.prompts, load.queries, load.context, load.beginning}, on.split,
                        timer);
    timer.who = detail::passing::riders_alone;
  }
  if (decode) on.model.operations(writing, on.split, timer);
  timer.finish();
  return sum;
}

}  // namespace layercake
