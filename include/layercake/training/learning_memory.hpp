// Memory of training on one chip where not everything learns: frozen weights in their format, adapters, and what the backward pass then needs.
#pragma once

#include <layercake/models/learning.hpp>
#include <layercake/training/memory.hpp>

namespace layercake {

namespace detail {
// Bytes per token that the adapters of a layer keep, as means over the layers with experts and without: what an adapter reads, unless something
// else keeps it (2 bytes; with dropout its own and a mask, 3), and what lies between its two products (2 bytes of `rank`).
template <number T>
struct kept_by_adapters {
  T dense = T(0), mixture = T(0);

  template <class Architecture>
  constexpr kept_by_adapters(const Architecture& x, const models::basic_low_rank_adapters<T>& a,
                             const basic_training_layout<T>& l) {
    if (absent(a.rank)) return;
    const T whole = where(l.sequence_parallel, T(1) / l.tensor, T(1));  // of what lies between the blocks
    const auto of = [&](const auto& block) {
      T sum = T(0);
      models::each_adapted(a, block, x.width, l.tensor, [&](const models::adapted_matrix<T>& m) {
        const T read = m.by_columns ? m.in * whole : m.in;
        sum += (m.kept ? T(0) : read * T(a.dropout ? 3 : 2)) + T(2) * a.rank;
      });
      return where(a.rank > T(0), sum, T(0));
    };
    T mixers{}, blocks{}, experts{};
    x.each_mixer([&](const models::basic_mixer<T>& m, const T& times) { mixers += times * of(m); });
    x.each_feed_forward([&](const models::basic_feed_forward<T>& f, const T& times) {
      (f.kind == models::feed_forward_kind::mixture ? experts : blocks) += times * of(f);
    });
    const T layers = models::layers_of(x), with = x.mixture_layers(), without = layers - with;
    dense = mixers / layers + blocks / where(without > T(0), without, T(1));
    mixture = mixers / layers + experts / where(with > T(0), with, T(1));
  }
};

// Parameters of the widest matrix of a layer, which is written in 16 bit while it is multiplied with; one expert at a time.
template <class Architecture, number T>
constexpr T widest_matrix(const Architecture& x, const basic_training_layout<T>& l) {
  T widest = T(0);
  x.each_mixer([&](const models::basic_mixer<T>& m, const T& times) {
    const T side = max(m.heads * max(m.query_key_width(), m.value_width) / l.tensor, m.query_rank);
    widest = max(widest, where(times > T(0), x.width * side, T(0)));
  });
  x.each_feed_forward([&](const models::basic_feed_forward<T>& f, const T& times) {
    const models::feed_forward_parameters<T> p = models::parameters_of(f, x.width, l.tensor);
    widest = max(widest, where(times > T(0), max(p.dense, max(p.expert, p.shared)) / f.matrices(), T(0)));
  });
  return widest;
}

// The stages of a model of which not everything learns: what learns and the activations, laid out as any model, beside what is only held.
template <class Architecture, number T>
class partly_frozen_stages {
public:
  constexpr partly_frozen_stages(const models::learner<Architecture>& x, const basic_training_layout<T>& l)
      : x_(x),
        l_(l),
        learned_(x.learned()),
        tables_(x.learned_tables(l.tensor)),
        all_tables_(x.architecture.tables(l.tensor)),
        live_(stage_parts_of(x.architecture, without_gradients(l, l.input_bytes))),
        still_(stage_parts_of(x.architecture, without_gradients(l, l.frozen_input_bytes))),
        adapters_(x.architecture, x.learning.adapters, l),
        stored_(number_cast<T>(x.learning.frozen.bits / bits(precision::bf16))) {}

  constexpr training_memory<T> operator()(const T& stage) const {
    const T frozen = frozen_on(stage);
    training_memory<T> m = memory_of_stage(x_.architecture, l_, learning_parts(frozen), stage);
    basic_training_layout<T> held = l_;
    held.weight_bytes = T(2), held.gradient_bytes = held.optimizer_bytes = T(0);
    held.gradient_buffers = false;
    held.offload.optimizer = T(0);
    const training_memory<T> rest = memory_of_stage(x_.architecture, held, held_parts(frozen), stage);
    m.weights += rest.weights;
    m.gathered += rest.gathered;
    m.on_host += rest.on_host;
    if (x_.learning.frozen.bits < bits(precision::bf16))
      m.workspace += where(frozen > T(0), T(2) * widest_matrix(x_.architecture, l_), T(0)) * units::byte;
    return m;
  }

  // The stage where the frozen layers end.
  constexpr T end() const { return min(T(l_.pipeline - T(1)), stages().stage_behind(x_.learning.frozen_layers)); }

private:
  using bytes = quantity<unit::byte, T>;
  const models::learner<Architecture>& x_;
  const basic_training_layout<T>& l_;
  models::some_learns<T> learned_;
  models::table_parameters<T> tables_, all_tables_;  // what learns of them
  stage_parts<T> live_, still_;                      // of layers that learn, and that do not
  kept_by_adapters<T> adapters_;
  T stored_;  // bytes of a frozen weight over those of 16 bit

  constexpr stage_cut<T> stages() const { return stages_of(T(models::layers_of(x_)), l_); }
  // Of the layers that a rank holds, the share that is frozen; those of DualPipe are of two stages.
  constexpr T frozen_on(const T& stage) const {
    const stage_cut<T> cut = stages();
    const auto of = [&](const T& at) {
      return clamp(T(x_.learning.frozen_layers - cut.before(at)), T(0), cut.layers(at));
    };
    if (l_.schedule != pipeline_schedule::dual_pipe) return of(stage) / cut.layers(stage);
    const T mirror = l_.pipeline - T(1) - stage;
    return (of(stage) + of(mirror)) / (cut.layers(stage) + cut.layers(mirror));
  }

  // A frozen output matrix has no gradient beside wider ones; of frozen layers no input is kept for that of their weights.
  constexpr basic_training_layout<T> without_gradients(basic_training_layout<T> l, const T& input_bytes) const {
    if (!x_.learning.output_matrix) l.gradient_bytes = T(2);
    l.input_bytes = input_bytes;
    return l;
  }

  // What learns, and what is kept and computed for it, where that share of a stage's layers is frozen.
  constexpr stage_parts<T> learning_parts(const T& frozen) const {
    const T live = T(1) - frozen, passed = where(learned_.passed < T(1), T(0), frozen);  // frozen, with a backward pass
    const T tokens = l_.micro_batch * l_.sequence / l_.context;
    const bool again = l_.recompute == recomputation::full;
    const auto kept = [&](const bytes& a, const bytes& b, const T& adapters) {
      return a * live + (b + (again ? T(0) : adapters) * tokens * units::byte) * passed;
    };
    const auto passing = [&](const bytes& a, const bytes& b, const T& adapters) {
      const bytes of_frozen = b + (again ? adapters : T(0)) * tokens * units::byte;
      return max(where(live > T(0), a, bytes()), where(passed > T(0), of_frozen, bytes()));
    };
    stage_parts<T> s = live_;
    s.input = tables_.input + tables_.vectors + tables_.towers;
    s.output_table = tables_.output;
    if (!learned_.output_matrix) s.copied = T(0);
    const T adapters = x_.adapter_parameters(l_.tensor) / models::layers_of(x_);
    s.dense = live_.dense * live + adapters;
    s.mixture = live_.mixture * live + adapters;
    s.routed = live_.routed * live;
    s.dense_shapes = where(live > T(0), live_.dense_shapes, T(0));
    s.mixture_shapes = where(live > T(0), live_.mixture_shapes, T(0));
    s.dense_kept = kept(live_.dense_kept, still_.dense_kept, adapters_.dense);
    s.mixture_kept = kept(live_.mixture_kept, still_.mixture_kept, adapters_.mixture);
    s.dense_passing = passing(live_.dense_passing, still_.dense_passing, adapters_.dense);
    s.mixture_passing = passing(live_.mixture_passing, still_.mixture_passing, adapters_.mixture);
    // The input of the last norm for its own gradient, its result for that of the output matrix.
    const T norms = where(learned_.passed > T(0), T(1), T(0)) + T(learned_.output_matrix ? 1 : 0);
    s.norm = live_.norm * (norms * T(0.5));
    return s;
  }

  // What is only held, counted as so many parameters of 16 bit.
  constexpr stage_parts<T> held_parts(const T& frozen) const {
    stage_parts<T> s{};
    s.layers = live_.layers, s.dense_layers = live_.dense_layers;
    s.input = all_tables_.input + all_tables_.vectors + all_tables_.towers - live_tables();
    s.output_table = all_tables_.output - tables_.output;
    s.copied = learned_.output_matrix ? T(0) : live_.copied;
    const T each = frozen * stored_;
    s.dense = live_.dense * each;
    s.mixture = live_.mixture * each;
    s.routed = live_.routed * each;
    return s;
  }
  constexpr T live_tables() const { return tables_.input + tables_.vectors + tables_.towers; }
};
}  // namespace detail

// Bytes of every kind on a chip of one pipeline stage of a model of which not everything learns (models/learning.hpp). As of any other model, but
//   frozen weights   in their format, without gradients and states; what learns by the layout's bytes
//   activations      of frozen layers without the inputs of linear layers, which only gradients of weights need (or with frozen_input_bytes); what norms,
//                    activation functions and attention keep for their own stays (the result of attention too, latent vectors and what
//                    recurrences keep). None below the first thing that learns
//   adapters         what they read, 2 bytes a value once for those that read the same, or each its own and a mask with dropout, 3; 2 r a
//                    token and adapter between their products
//   workspace        a frozen matrix that is stored below 16 bit once in 16
//   gathered         as stored
// Leaves out: what a forward pass without backward pass holds inside a layer; adapters of mixtures are spread over all layers; norms and
// biases of frozen layers are counted in their format. Source: Hu et al. 2021, section 4.2; Dettmers et al. 2023 (QLoRA), section 3 and appendix G.
// Worked number: Llama-2-7B, LoRA of rank 8 on queries and values: 4 194 304 parameters of 2 + 2 + 12 bytes beside 13.48 GB frozen.
template <class Architecture, number T>
constexpr training_memory<T> memory_of_stage(const models::learner<Architecture>& x, const basic_training_layout<T>& l,
                                             const T& stage) {
  return detail::partly_frozen_stages<Architecture, T>(x, l)(stage);
}

// The same of the fullest stage, which may also be that where the frozen layers end or the one after.
template <class Architecture, number T>
constexpr training_memory<T> memory_of_training(const models::learner<Architecture>& x,
                                                const basic_training_layout<T>& l) {
  const detail::partly_frozen_stages<Architecture, T> of(x, l);
  const T end = of.end(), next = min(l.pipeline - T(1), end + T(1));
  return detail::fuller(detail::fullest_stage(x.architecture, l, of), detail::fuller(of(end), of(next)));
}

}  // namespace layercake
