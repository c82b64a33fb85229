// The time, the memory and the FLOP of one training step, in closed form.
//
//   step = (micro-batches * slowest stage + bubble + messages between stages + exposed gradients) * stragglers + optimiser
//
// A layer is a list of operations, each timed by the chip's kernel laws or the network's collectives, times what training software reaches of
// them (training/constants.hpp). Nothing here branches on a value: it runs over doubles, batches and duals.
#pragma once

#include <limits>
#include <vector>

#include <layercake/chips/chips.hpp>
#include <layercake/core/number_of.hpp>
#include <layercake/infrastructure/infrastructure.hpp>
#include <layercake/training/constants.hpp>
#include <layercake/training/plan.hpp>
#include <layercake/units/kind.hpp>

namespace layercake {

// Where the time goes that one pass of a layer takes on a rank, exchanges as far as they are not hidden.
template <class T = double>
struct pass_time {
  using seconds = quantity<unit::second, T>;
  seconds products{}, attention{}, element_wise{}, recomputed{};
  seconds tensor_exchange{}, context_exchange{}, expert_exchange{};
  seconds host{};                   // waiting for the host to launch
  quantity<unit::byte, T> moved{};  // to and from memory

  constexpr seconds total() const {
    return products + attention + element_wise + recomputed + tensor_exchange + context_exchange + expert_exchange +
           host;
  }
  friend constexpr pass_time operator+(const pass_time& a, const pass_time& b) {
    return {a.products + b.products,
            a.attention + b.attention,
            a.element_wise + b.element_wise,
            a.recomputed + b.recomputed,
            a.tensor_exchange + b.tensor_exchange,
            a.context_exchange + b.context_exchange,
            a.expert_exchange + b.expert_exchange,
            a.host + b.host,
            a.moved + b.moved};
  }
  friend constexpr pass_time operator*(const pass_time& a, const T& n) {
    return {a.products * n,         a.attention * n,       a.element_wise * n, a.recomputed * n, a.tensor_exchange * n,
            a.context_exchange * n, a.expert_exchange * n, a.host * n,         a.moved * n};
  }
};

// One optimiser step by what its time is spent on; the parts add up to total().
template <class T = double>
struct training_time {
  using seconds = quantity<unit::second, T>;
  pass_time<T> work{};  // of all micro-batches on a mean stage, output matrix included
  seconds imbalance{};  // the slowest stage over the mean one
  seconds bubble{};     // stages that wait while the pipeline fills and drains
  seconds pipeline_exchange{}, sharding_exchange{}, data_exchange{};  // exposed
  seconds stragglers{};                                               // waiting for the slowest of many chips
  seconds optimizer{};                                                // reading and writing the states
  seconds host{};                                                     // per step

  constexpr seconds total() const {
    return work.total() + imbalance + bubble + pipeline_exchange + sharding_exchange + data_exchange + stragglers +
           optimizer + host;
  }
};

// Bytes on a rank, by part.
template <class T = double>
struct training_step_memory {
  using bytes = quantity<unit::byte, T>;
  bytes weights{}, gradients{}, optimizer{}, activations{};
  bytes workspace{};  // logits, gathered weights, gradients on their way, and what the software and its network buffers
                      // take
  bytes usable{};     // of the chip's memory

  constexpr bytes total() const { return weights + gradients + optimizer + activations + workspace; }
  constexpr bytes left() const { return usable - total(); }  // negative: it does not fit
  // `automatic` recomputation fills the memory to the brim: a rounding error more still fits.
  constexpr auto fits() const { return !(total() > usable * number_cast<T>(1 + 1e-5)); }
};

// How attention is counted: `full` as if no position were masked (Megatron, PaLM), `causal` half of that. Sliding windows are ignored, as
// both conventions do.
enum class attention_flop : unsigned char { causal, full };

template <class T = double>
struct training_figures {
  training_time<T> time{};
  training_step_memory<T> memory{};
  quantity<unit::second, T> layer_forward{},
      layer_backward{};  // of the model's most frequent kind of layer, one micro-batch, exchanges included
  quantity<unit::flop_per_token, T> dense_flop{};      // of a token's forward pass, attention over the context apart
  quantity<unit::flop_per_token, T> attention_flop{};  // of that, all positions counted
  quantity<unit::flop_per_token, T> repeated_flop{};   // that recomputation adds, attention apart
  T repeated_attention{};                              // forward passes of attention that recomputation adds
  quantity<unit::token, T> tokens{};                   // per step
  T chips{};
  quantity<unit::flop_per_second, T> peak{};  // of a chip at the plan's precision
  T use_compute{}, use_memory{};              // shares of the chip's peaks while it works, for its power

  constexpr quantity<unit::second, T> step_time() const { return time.total(); }
  // Infinite where the step does not fit in memory: what a search minimises.
  constexpr quantity<unit::second, T> feasible_step_time() const {
    return where(memory.fits(), step_time(),
                 number_cast<T>(std::numeric_limits<scalar_of_t<T>>::infinity()) * units::second);
  }
  constexpr auto tokens_per_second() const { return tokens / step_time(); }
  constexpr auto tokens_per_second_per_chip() const { return tokens_per_second() / chips; }

  // FLOP of a step: forward and twice as much backward; hardware FLOP add what is recomputed.
  constexpr model_flop<T> model_flops(layercake::attention_flop how) const {
    return as<kind::model>((dense_flop + attention_flop * counted_share(how)) * T(3) * tokens);
  }
  constexpr hardware_flop<T> hardware_flops(layercake::attention_flop how) const {
    const T counted = counted_share(how);
    return as<kind::hardware>(((dense_flop + attention_flop * counted) * T(3) + repeated_flop +
                               attention_flop * (counted * repeated_attention)) *
                              tokens);
  }
  // Utilisation of the peak by model FLOP (MFU) and by hardware FLOP (HFU). Source: Chowdhery et al. (PaLM) 2022, appendix B.
  constexpr T model_flop_utilisation(layercake::attention_flop how) const {
    return plain(model_flops(how)) / (peak * chips * step_time());
  }
  constexpr T hardware_flop_utilisation(layercake::attention_flop how) const {
    return plain(hardware_flops(how)) / (peak * chips * step_time());
  }

private:
  static constexpr T counted_share(layercake::attention_flop how) {
    return T(how == layercake::attention_flop::full ? 1 : 0.5);
  }
};

// How a plan lies in memory: what its software keeps, and in which formats.
//   narrow products (below 16 bit)  weights as made, in the narrow format, and so again transposed; inputs of linear
//                                   layers narrow (Transformer Engine's fp8 primer)
//   gradients                       32 bit until 2023, but 16 bit in unsharded training until 2022, and since 2024
//   dropout                         until 2022
template <class T>
constexpr models::basic_training_layout<T> training_layout_of(const basic_training_plan<T>& p) {
  models::basic_training_layout<T> l;
  l.tensor = p.tensor;
  l.pipeline = p.pipeline;
  l.context = p.context;
  l.data = p.shards() / p.context;
  // Expert ranks take the place of tensor ranks; where they are fewer, experts are split over the tensor ranks.
  l.expert = max(T(p.expert / p.tensor), T(1));
  l.chunks = p.virtual_stages;
  l.micro_batch = p.micro_batch;
  l.micro_batches = p.micro_batches();
  l.sequence = p.sequence;
  l.sequence_parallel = p.sequence_parallel;
  l.fused_attention = p.fused_attention;
  l.dropout = p.software <= training_software::year_2022;
  l.sharding = p.sharding;
  l.recompute = p.recompute == recomputation::full ? models::recompute::full
                : p.recompute == recomputation::selective || p.recompute == recomputation::automatic
                    ? models::recompute::selective
                    : models::recompute::none;
  const bool recent = p.software >= training_software::year_2024;
  l.gradient_bytes =
      T(recent || (p.sharding == models::sharding::none && p.software <= training_software::year_2022) ? 2 : 4);
  l.logit_bytes = T(recent ? 4 : 6);
  if (bits(p.math) < 16) {
    const T narrow = T(static_cast<scalar_of_t<T>>(bits(p.math) / 8));
    l.weight_bytes = T(2) + T(2) * narrow;
    l.input_bytes = narrow;
  }
  return l;
}

namespace detail {
// Whether x > 0 in any lane: what is 0 in all of them need not be computed.
template <class T>
constexpr bool any_positive(const T& x) {
  const auto mask = x > T(0);
  if constexpr (std::same_as<decltype(mask), const bool>) {
    return mask;
  } else if constexpr (requires {
                         { any(mask) } -> std::convertible_to<bool>;
                       }) {
    return any(mask);
  } else {
    return true;
  }
}
// Peak rates of a chip: by its data sheet, or as its time(work) has them.
template <class T, class Chip>
constexpr quantity<unit::flop_per_second, T> peak_of(const Chip& c, precision p) {
  if constexpr (requires { c.peak.rate(p); }) {
    return c.peak.rate(p);
  } else {
    const quantity<unit::flop, T> much = T(1) * units::petaflop;
    return much / c.time(work<T>{much, T(0) * units::byte, p});
  }
}
template <class T, class Chip>
constexpr quantity<unit::byte_per_second, T> memory_bandwidth_of(const Chip& c) {
  if constexpr (requires { c.memory_bandwidth; }) {
    return c.memory_bandwidth;
  } else {
    const quantity<unit::byte, T> much = T(1) * units::terabyte;
    return much / c.time(work<T>{T(0) * units::flop, much, precision::bf16});
  }
}
// The family of a chip that has one.
template <class Chip>
constexpr chips::family family_of(const Chip& c) {
  if constexpr (requires {
                  { c.family } -> std::convertible_to<chips::family>;
                }) {
    return c.family;
  } else {
    return chips::family::other;
  }
}
// Nominal gigabytes of a chip of which a step may use: HBM parts hold the number in GiB (1.074), allocators lose the rest.
inline constexpr double usable_share = 1.05;

// The memory of a rank, of which `memory_of` gives the parts for a layout. Sets `recomputed_layers` to the share of
// layers that `automatic` must recompute.
template <class T, class MemoryOf>
constexpr training_step_memory<T> step_memory(const basic_training_plan<T>& p, const quantity<unit::byte, T>& installed,
                                              const T& custom_recompute, T& recomputed_layers, MemoryOf&& memory_of) {
  using bytes = quantity<unit::byte, T>;
  models::basic_training_layout<T> l = training_layout_of(p);
  // The device's context and the buffers of the network, an assumption.
  const bytes software =
      where(p.chips() > T(1), bytes(T(3) * units::gigabyte), bytes(T(scalar_of_t<T>(1.5)) * units::gigabyte));
  const auto filled = [&](const models::training_memory<T>& m) {
    return training_step_memory<T>{.weights = m.weights,
                                   .gradients = m.gradients,
                                   .optimizer = m.optimizer,
                                   .activations = m.activations,
                                   .workspace = m.workspace + m.gathered + software,
                                   .usable = installed * T(scalar_of_t<T>(usable_share))};
  };
  training_step_memory<T> r = filled(memory_of(l));
  if (p.recompute == recomputation::automatic) {
    l.recompute = models::recompute::full;
    const training_step_memory<T> least = filled(memory_of(l));
    const bytes saved = max(r.total() - least.total(), bytes(T(1) * units::byte));
    recomputed_layers = clamp(T((r.total() - r.usable) / saved), T(0), T(1));
    r.activations = r.activations - (r.activations - least.activations) * recomputed_layers;
    r.workspace = r.workspace - (r.workspace - least.workspace) * recomputed_layers;
  } else if (p.recompute == recomputation::custom) {
    r.activations = r.activations * (T(1) - custom_recompute);
  }
  return r;
}
}  // namespace detail

// The law of a training step of one model on one kind of chip in one network, prepared once for many plans. T is the number type of the plans.
//
//   product    chip's law / (products (1 + maturity/(1 + age))^-1); backward twice, for the input's and the weights' gradient
//   attention  chip's law of causal attention; backward 2.5 times the FLOP. Unfused: two products and the scores' way through memory
//   pass       the least bytes an element-wise operation moves, times what the software of the year needs of that
//   layer      smooth_max(operations + exposed exchanges, host)
//   stage      all layers and the output matrix; pipeline: sqrt((w/p + h/2)(w/p + h)) for w of layers and h of output matrix, for layouts between
//              evenly cut and best balanced; stages cut by hand: w/p + h/p + 1/4 layer
//   bubble     (p - 1)/v w/p, a third of it with zero bubble
//   sharded    gathers of weights and scatters of gradients, a share of which hides under the stage
//   data       gradients once a step, a share hidden, as far as a stage lasts
//   automatic  recomputes the layers that it takes to fit
//
// Domain: the plan's fields. Leaves out: loading data, checkpoints, evaluation (see training/run.hpp); unequal load of experts;
// tensor-parallel groups wider than a domain are timed by the hierarchical law. Never faster for more work, up to 0.3 % where more experts shorten
// weight gradients. Accuracy: docs/accuracy.md.
template <class T, class Chip, class Network>
class training_law {
public:
  using seconds = quantity<unit::second, T>;
  using bytes = quantity<unit::byte, T>;

  template <class M, class C, class W>
  training_law(const models::basic_transformer<M>& model, const C& chip, const W& network,
               const training_constants& constants = {})
      : c_(constants),
        model_(layercake::with_number<T>(model)),
        chip_(layercake::with_number<T>(chip)),
        network_(layercake::with_number<T>(network)),
        kernels_(chips::timing_of(chip_)),
        fabric_{chip_.scale_up_bandwidth, number_cast<T>(chip_.scale_up_domain)},
        mixture_(detail::any_positive(model.mixture_layers())),
        dense_(detail::any_positive(model.layers - model.mixture_layers())),
        shared_(detail::any_positive(model.shared_experts)),
        sliding_(detail::any_positive(model.sliding_layers)),
        compressed_query_(detail::any_positive(model.query_rank)),
        rack_scale_(detail::any_positive(chip.scale_up_domain - decltype(chip.scale_up_domain)(71))),
        tpu_(detail::family_of(chip) == chips::family::tpu),
        ported_(detail::family_of(chip) == chips::family::hopper ||
                detail::family_of(chip) == chips::family::blackwell) {
    const models::parameter_count<T> p = models::parameters(model_);
    const T table = model_.vocabulary * model_.width;
    active_ = p.total() - p.experts + p.active_experts - p.embedding;  // without the tables
    head_parameters_ = table;
    const T balance = detail::peak_of<T>(chip_, precision::bf16) / units::flop /
                      (detail::memory_bandwidth_of<T>(chip_) / units::byte);
    products_ = tpu_ ? as(c_.tpu_products) / (T(1) + balance * as(c_.tpu_balance)) : as(c_.products);
    mixture_layers_ = model_.mixture_layers();
    dense_layers_ = model_.layers - mixture_layers_;
    // Share of all positions of a sequence that attention multiplies is counted by the law; of windows, by the share of layers.
    sliding_share_ = model_.sliding_layers / model_.layers;
  }

  // The figures of a plan.
  training_figures<T> operator()(const basic_training_plan<T>& p) const {
    training_figures<T> f;
    T recomputed_layers = T(0);
    f.memory = memory(p, recomputed_layers);
    const T again = repeated(p, recomputed_layers);
    const layer_pair attention = attention_block(p);
    const layer_pair dense = dense_ ? layer(p, attention, false, again) : layer_pair{};
    const layer_pair mixture = mixture_ ? layer(p, attention, true, again) : layer_pair{};
    const pass_time<T> last = head(p);
    f.layer_forward = (mixture_ ? mixture : dense).forward.total();
    f.layer_backward = (mixture_ ? mixture : dense).backward.total();

    const T stages = p.pipeline;
    const T m = p.micro_batches();
    const pass_time<T> layers =
        (dense.forward + dense.backward) * dense_layers_ + (mixture.forward + mixture.backward) * mixture_layers_;
    const seconds w = layers.total() / stages, h = last.total();
    // Stages.
    const T per_stage = model_.layers / stages;
    const T uneven = abs(per_stage - floor(per_stage + as(0.5)));
    const seconds even = sqrt_of(w + h * as(0.5), w + h);
    const seconds by_hand = w + h / stages + w * stages / model_.layers * as(0.25);
    const seconds stage = where(stages > T(1), where(uneven > as(1e-4), by_hand, even), w + h);
    f.time.work = (layers + last) * (m / stages);
    f.time.imbalance = (stage - w - h / stages) * m;
    f.time.bubble =
        w * ((stages - T(1)) / p.virtual_stages) * as(p.schedule == pipeline_schedule::zero_bubble ? 1.0 / 3 : 1.0);
    const T tokens = p.micro_batch * p.sequence / p.context;
    const seconds message =
        where(stages > T(1),
              exchange_time(exchange::point_to_point, tokens * model_.width * T(2) / sequence_split(p), stages,
                            p.chips() / stages),
              seconds());
    f.time.pipeline_exchange = message * (m * p.virtual_stages * as(2 * c_.exposed_pipeline) + T(2) * (stages - T(1)));

    // Gradients and sharded weights.
    const models::parameter_count<T> rank = models::parameters(model_, p.tensor);
    const T everywhere = (rank.total() - rank.experts) / stages;
    const T routed = mixture_ ? model_parameters_of_experts() / (p.expert * stages) : T(0);
    const T n = p.replicas();
    const T expert_replicas = max(n * p.tensor / p.expert, T(1));
    const T shards = p.shards();
    const bool sharded = p.sharding != models::sharding::none;
    if (p.sharding == models::sharding::full) {
      // Two gathers and a scatter of every layer; on what is not sharded over all replicas, gradients are summed once a step.
      const bool flat = p.software < training_software::year_2022;
      const seconds once =
          exchange_time(exchange::all_gather, (everywhere + routed) / per_stage * T(2), shards, p.tensor, flat);
      const seconds gathers = once * (per_stage * as(3 / (flat ? c_.flat : c_.inside)));
      f.time.sharding_exchange = added(stage, gathers, c_.hidden_sharding) * m;
      const seconds copies =
          exchange_time(exchange::all_reduce, everywhere / shards * T(2), n / shards, p.tensor * shards);
      f.time.data_exchange = added(stage, copies, c_.hidden_data);
    } else {
      const T gradient(p.software >= training_software::year_2024 ? 2 : 4);
      const auto sum = [&](const T& parameters, const T& ranks, const T& stride) {
        return sharded ? exchange_time(exchange::reduce_scatter, parameters * gradient, ranks, stride) +
                             exchange_time(exchange::all_gather, parameters * T(2), ranks, stride)
                       : exchange_time(exchange::all_reduce, parameters * T(4), ranks, stride);
      };
      seconds all = sum(everywhere, n, p.tensor);
      if (mixture_) all = all + sum(routed, expert_replicas, max(p.tensor, p.expert));
      all = all * as(1 / c_.gradients);
      f.time.data_exchange = added(stage, all, p.software >= training_software::year_2023 ? c_.hidden_data : 0.0);
    }
    const T doublings = log(max(p.chips() * as(0.125), T(1))) * as(1.4426950408889634);
    f.time.stragglers =
        (stage * m + f.time.bubble + f.time.pipeline_exchange + f.time.sharding_exchange + f.time.data_exchange) *
        (doublings * as(c_.straggling));
    f.time.optimizer = traffic((everywhere + routed) * (T(28) / shards + T(2)));
    f.time.host = T(2) * units::millisecond;

    count(p, again, f);
    return f;
  }

private:
  struct layer_pair {
    pass_time<T> forward{}, backward{};
  };

  static constexpr T as(double x) { return number_cast<T>(x); }
  static constexpr seconds sqrt_of(const seconds& a, const seconds& b) {
    return sqrt(a / units::second * (b / units::second)) * units::second;
  }

  constexpr T model_parameters_of_experts() const {
    return mixture_layers_ * model_.experts * model_.matrices() * model_.width * model_.expert_width;
  }
  static constexpr T sequence_split(const basic_training_plan<T>& p) { return p.sequence_parallel ? p.tensor : T(1); }
  static constexpr T dropout(const basic_training_plan<T>& p) {
    return T(p.software <= training_software::year_2022 ? 1 : 0);
  }

  // ---- single operations -------------------------------------------------------------------------------------------------------

  seconds exchange_time(exchange kind, const T& size, const T& ranks, const T& stride, bool flat = false) const {
    if (!detail::any_positive(T(ranks - T(1)))) return {};
    const collective<T> c{kind, size * units::byte, ranks, stride};
    return network_.time(c, flat ? scale_up_fabric<T>{fabric_.bandwidth, T(1)} : fabric_);
  }
  // What an exchange adds to computation that a share of it is hidden under; and what is left of an exchange that is
  // shorter than what hides it.
  double taken() const { return tpu_ ? 0 : c_.taken; }
  seconds added(const seconds& compute, const seconds& all, double hidden) const {
    return infrastructure::overlapped(compute, all, as(hidden), as(taken())) - compute;
  }
  double left(double hidden) const { return 1 - hidden + hidden * taken(); }
  seconds traffic(const T& moved) const {
    return chips::time_of(kernels_, memory_traffic<T>{.moved = moved * units::byte});
  }

  seconds product(precision math, const T& slowness, const T& m, const T& n, const T& k, const T& batch = T(1)) const {
    const double stored = bytes_per_value(math) > 2 ? 2 : bytes_per_value(math);
    return chips::time_of(kernels_, matrix_product<T>{.m = m,
                                                      .n = n,
                                                      .k = k,
                                                      .batch = batch,
                                                      .math = math,
                                                      .weights = math,
                                                      .weight_bytes = stored,
                                                      .input_bytes = stored,
                                                      .output_bytes = 2}) *
           slowness;
  }
  // Adds a linear layer of m tokens from k to n, both directions.
  void linear(layer_pair& l, precision math, const T& slowness, const T& m, const T& n, const T& k,
              const T& batch = T(1)) const {
    l.forward.products += product(math, slowness, m, n, k, batch);
    l.backward.products += product(math, slowness, m, k, n, batch) + product(math, slowness, k, n, m, batch);
    const auto moved = matrix_product<T>{.m = m, .n = n, .k = k, .batch = batch}.bytes();
    l.forward.moved += moved;
    l.backward.moved += moved * T(2);
  }
  seconds causal_attention(const T& sequences, const T& heads, const T& key_heads, const T& window,
                           const T& length) const {
    const attention_product<T> op{.sequences = sequences,
                                  .queries = length,
                                  .context = length,
                                  .heads = heads,
                                  .key_heads = key_heads,
                                  .key_width = model_.query_key_width(),
                                  .value_width = model_.head_value_width(),
                                  .window = window};
    if constexpr (requires { kernels_.prefill(op); }) {
      return kernels_.prefill(op);
    } else {
      return chips::time_of(kernels_, op);
    }
  }

  // How much longer products take than the chip's law says.
  T slowness(const basic_training_plan<T>& p) const {
    return (T(1) + as(c_.maturity) / (T(1) + p.software_age)) / products_;
  }
  double narrow(precision math) const { return bits(math) > 12 ? 1.0 : bits(math) > 6 ? c_.eighth : c_.quarter; }
  T traffic_factor(const basic_training_plan<T>& p) const {
    switch (p.software) {
    case training_software::year_2021:
    case training_software::year_2022:
      return as(tpu_ ? c_.traffic_2024 : c_.traffic_2022);
    case training_software::year_2023:
      return as(tpu_ ? c_.traffic_2024 : c_.traffic_2023);
    case training_software::year_2024:
      return as(c_.traffic_2024);
    case training_software::year_2025:
      return as(tpu_ ? c_.traffic_2024 : c_.traffic_2025);
    }
    return T(1);
  }

  // Forward passes of a layer that the backward pass repeats.
  T repeated(const basic_training_plan<T>& p, const T& recomputed_layers) const {
    switch (p.recompute) {
    case recomputation::full:
      return T(1);
    case recomputation::custom:
      return as(c_.custom_recompute);
    case recomputation::automatic:
      return as(c_.automatic_recompute) * recomputed_layers;
    case recomputation::none:
    case recomputation::selective:
      break;
    }
    return T(0);
  }

  // ---- a layer -----------------------------------------------------------------------------------------------------------------

  // Element-wise operations: `least` values' bytes moved forward, and what quantised operands take.
  void element_wise(layer_pair& l, const basic_training_plan<T>& p, const T& least, const T& quantised_forward,
                    const T& quantised_backward) const {
    const T moved = least * traffic_factor(p);
    l.forward.element_wise = traffic(moved + quantised_forward * as(4 * c_.quantise));
    l.backward.element_wise = traffic(moved * as(1.5) + quantised_backward * as(4 * c_.quantise));
    l.forward.moved += moved * units::byte;
    l.backward.moved += moved * as(1.5) * units::byte;
  }

  // Attention with its projections, and the exchanges that every layer has.
  layer_pair attention_block(const basic_training_plan<T>& p) const {
    layer_pair l;
    const bool late = p.software >= training_software::year_2024 || tpu_;
    const T tokens = p.micro_batch * p.sequence / p.context;
    const T split = T(1) / p.tensor;
    const T whole = T(1) / sequence_split(p);  // of activations between the tensor-parallel blocks
    const T d = model_.width, heads = model_.heads * split, key_heads = models::local_key_heads(model_, p.tensor);
    const T w = model_.query_key_width(), v = model_.head_value_width();
    const T slow16 = slowness(p), slow = slow16 * as(1 / narrow(p.math));
    const bool quantised = bits(p.math) < 12;
    const T row = tokens * d * whole;  // values of an activation between blocks
    T moved = T(0), quantised_forward = T(0), quantised_backward = T(0);
    const auto weights = [&](const T& n, const T& k) {
      linear(l, p.math, slow, tokens, n, k);
      if (quantised) quantised_forward += tokens * k, quantised_backward += tokens * n;
    };

    // Attention.
    if (model_.kind == models::attention::latent) {
      const T query = heads * w;
      weights(model_.query_rank + model_.latent_rank + model_.rotary_width, d);
      weights(query, compressed_query_ ? model_.query_rank : d);
      weights(heads * (model_.plain_width + v), model_.latent_rank);
    } else {
      weights((heads + T(2) * key_heads) * w, d);
    }
    weights(d, heads * v);
    moved += row * (T(10) + dropout(p)) +
             tokens * (heads + key_heads) * w * T(model_.gated ? 4 : 2);  // norm, residual, rotary or bias
    const T length = p.sequence;
    if (p.fused_attention) {
      // Sequences cut over `context` ranks so that each multiplies equally much.
      const T sequences = p.micro_batch / p.context;
      seconds core = causal_attention(sequences, heads, key_heads, T(0), length);
      if (sliding_) {
        core = core * (T(1) - sliding_share_) +
               causal_attention(sequences, heads, key_heads, model_.sliding_window, length) * sliding_share_;
      }
      const double rate = late ? c_.attention : c_.attention_2023 * (ported_ ? c_.attention_ported : 1.0);
      l.forward.attention = core * (slow16 * as(1 / rate));
      l.backward.attention = l.forward.attention * as(2.5 / c_.attention_backward);
    } else {
      const T batch = p.micro_batch * heads / p.context;
      const seconds both = product(precision::bf16, slow16, length, length, w, batch) +
                           product(precision::bf16, slow16, length, v, length, batch);
      const T scores = batch * length * length * as(c_.scores);
      l.forward.attention = both + traffic(scores * (T(6) + T(3) * dropout(p)));
      l.backward.attention = both * T(2) + traffic(scores * (T(8) + T(3) * dropout(p)));
    }

    element_wise(l, p, moved, quantised_forward, quantised_backward);

    // Exchanges.
    const double hidden = late                                         ? c_.hidden_tensor
                          : p.software >= training_software::year_2023 ? c_.hidden_tensor_2023
                                                                       : 0.0;
    const seconds reduce =
        exchange_time(exchange::all_reduce, tokens * d * T(2), p.tensor, T(1)) * as(2 * left(hidden) / c_.inside);
    l.forward.tensor_exchange = reduce;
    l.backward.tensor_exchange = p.sequence_parallel ? reduce * as(1.25) : reduce;  // gathers the input again
    const auto ringed = p.context > T(1);
    const seconds ring =
        where(ringed,
              exchange_time(exchange::point_to_point, tokens * key_heads * (w + v) * T(2), p.context, p.tensor) *
                  (p.context - T(1)),
              seconds(T(1) * units::nanosecond));
    const auto exposed = [&](const seconds& all, const seconds& under) {
      const seconds room = under * as(c_.hidden_context), x = all - room, width = all * as(0.1);
      return where(ringed, (x + sqrt_of_squares(x, width)) * as(0.5) + min(all, room) * as(taken()), seconds());
    };
    l.forward.context_exchange = exposed(ring, l.forward.attention);
    l.backward.context_exchange = exposed(ring * T(2), l.backward.attention);
    return l;
  }

  // A whole layer: attention and a dense feed-forward or a mixture of experts.
  layer_pair layer(const basic_training_plan<T>& p, const layer_pair& attention, bool mixture, const T& again) const {
    layer_pair l;
    const T tokens = p.micro_batch * p.sequence / p.context;
    const T split = T(1) / p.tensor;
    const T whole = T(1) / sequence_split(p);
    const T d = model_.width;
    const T slow = slowness(p) * as(1 / narrow(p.math));
    const bool quantised = bits(p.math) < 12;
    T moved = T(0), quantised_forward = T(0), quantised_backward = T(0);
    const auto weights = [&](const T& n, const T& k) {
      linear(l, p.math, slow, tokens, n, k);
      if (quantised) quantised_forward += tokens * k, quantised_backward += tokens * n;
    };
    const T up = T(model_.gated ? 2 : 1), activation = T(model_.gated ? 6 : 4);
    const T rows = tokens * model_.active_experts * split;
    if (mixture) {
      const T local = max(model_.experts / p.expert, T(1));  // a lane without experts has none to divide by
      const T each = rows / local + T(64);                   // half a tile of padding
      const T grouped = slow * as(1 / c_.grouped);
      linear(l, p.math, grouped, each, up * model_.expert_width, d, local);
      linear(l, p.math, grouped, each, d, model_.expert_width, local);
      if (quantised) {
        quantised_forward += rows * (d + model_.expert_width);
        quantised_backward += T(2) * rows * (d + model_.expert_width);
      }
      const T inner = model_.shared_experts * model_.shared_expert_width * split;
      if (shared_) {
        linear(l, p.math, slow, tokens, up * inner, d);
        linear(l, p.math, slow, tokens, d, inner);
      }
      // Permutation there and back, activation, router.
      moved += rows * (T(8) * d + activation * model_.expert_width) + tokens * activation * inner +
               tokens * whole * (T(12) * model_.experts + T(4) * d);
    } else {
      const T inner = model_.feed_forward * split;
      weights(up * inner, d);
      weights(d, inner);
      moved += tokens * activation * inner;
    }
    element_wise(l, p, moved + tokens * d * whole * (T(10) + dropout(p)), quantised_forward, quantised_backward);

    if (mixture) {
      // Dispatch and combine. Inside a domain a token goes to every expert; to another domain only once.
      const T inside_ranks = min(p.expert, max(fabric_.domain / p.tensor, T(1)));
      const T domains = max(p.expert * p.tensor / fabric_.domain, T(1));
      const T reached = model_.active_experts * domains / max(model_.active_experts + domains - T(1), T(1));
      const seconds inside =
          exchange_time(exchange::all_to_all, rows * d * T(2) * inside_ranks / p.expert, inside_ranks, p.tensor);
      const seconds across =
          exchange_time(exchange::all_to_all, tokens * split * d * T(2) * reached, domains, fabric_.domain);
      const seconds both = max(inside * as(left(c_.hidden_expert) / c_.expert_exchange),
                               across * as(left(c_.hidden_expert_out) / c_.expert_exchange));
      l.forward.expert_exchange = l.backward.expert_exchange = both * T(2);
    }

    l.forward = l.forward + attention.forward;
    l.backward = l.backward + attention.backward;

    // What the backward pass computes again, and the host.
    l.backward.recomputed = l.forward.total() * again;
    l.backward.moved += l.forward.moved * again;
    if (!p.fused_attention && (p.recompute == recomputation::selective || p.recompute == recomputation::automatic)) {
      l.backward.recomputed += l.forward.attention;
    }
    const double launches = tpu_                                                        ? c_.host_tpu
                            : rack_scale_ && p.software >= training_software::year_2025 ? c_.host_graph
                                                                                        : 1.0;
    const seconds host = as((c_.host + (mixture ? c_.host_mixture : 0.0)) * launches) * units::second;
    l.forward.host = smooth_max(l.forward.total(), host) - l.forward.total();
    l.backward.host = smooth_max(l.backward.total(), host * (as(1.5) + again)) - l.backward.total();
    return l;
  }

  // Output matrix and loss of a micro-batch, both directions; 16 bit whatever the rest is in.
  pass_time<T> head(const basic_training_plan<T>& p) const {
    const T tokens = p.micro_batch * p.sequence / p.context;
    const T slow = slowness(p), vocabulary = model_.vocabulary / p.tensor;
    pass_time<T> t;
    t.products = product(precision::bf16, slow, tokens, vocabulary, model_.width) +
                 product(precision::bf16, slow, tokens, model_.width, vocabulary) +
                 product(precision::bf16, slow, model_.width, vocabulary, tokens);
    const T logits(p.software >= training_software::year_2024 ? 4 : 8);
    t.element_wise = traffic(tokens * (vocabulary * logits + model_.width * T(6)) * T(2));
    return t;
  }

  static constexpr seconds sqrt_of_squares(const seconds& a, const seconds& b) {
    const T x = a / units::second, y = b / units::second;
    return sqrt(x * x + y * y) * units::second;
  }

  // ---- memory ------------------------------------------------------------------------------------------------------------------

  // Of the fullest rank. Sets `recomputed_layers` to the share of layers that `automatic` must recompute.
  training_step_memory<T> memory(const basic_training_plan<T>& p, T& recomputed_layers) const {
    return detail::step_memory(
        p, chip_.memory, as(c_.custom_recompute), recomputed_layers,
        [&](const models::basic_training_layout<T>& l) { return models::memory_of_training(model_, l); });
  }

  // FLOP, and how much of the chip's peaks they take.
  void count(const basic_training_plan<T>& p, const T& again, training_figures<T>& f) const {
    const auto per_token = units::flop / units::token;
    f.dense_flop = (active_ + head_parameters_) * T(2) * per_token;
    f.attention_flop = T(2) * model_.heads * (model_.query_key_width() + model_.head_value_width()) * p.sequence *
                       model_.layers * per_token;
    f.repeated_flop = active_ * T(2) * again * per_token;
    f.repeated_attention = p.recompute == recomputation::selective ? T(1) : again;
    f.tokens = p.tokens();
    f.chips = p.chips();
    f.peak = detail::peak_of<T>(chip_, p.math);
    f.use_compute = f.hardware_flop_utilisation(layercake::attention_flop::causal);
    f.use_memory = f.time.work.moved / (detail::memory_bandwidth_of<T>(chip_) * f.step_time());
  }

  training_constants c_;
  models::basic_transformer<T> model_;
  Chip chip_;
  Network network_;
  decltype(chips::timing_of(std::declval<const Chip&>())) kernels_;
  scale_up_fabric<T> fabric_;
  bool mixture_, dense_, shared_, sliding_, compressed_query_, rack_scale_, tpu_, ported_;
  T active_{}, head_parameters_{}, products_{}, mixture_layers_{}, dense_layers_{}, sliding_share_{};
};

// A law for plans over number type T.
template <class T = double, class M, class Chip, class Network>
auto training_law_of(const models::basic_transformer<M>& model, const Chip& chip, const Network& network,
                     const training_constants& constants = {}) {
  using C = decltype(layercake::with_number<T>(chip));
  using W = decltype(layercake::with_number<T>(network));
  return training_law<T, C, W>(model, chip, network, constants);
}

// What is wrong with a training step: fields of the model, the chip, the network and the plan outside their domains, and what
// contradicts between model and plan. Empty if nothing is.
template <real M, class Chip, class Network, real T>
std::vector<finding> check_training(const models::basic_transformer<M>& model, const Chip& chip, const Network& network,
                                    const basic_training_plan<T>& plan) {
  std::vector<finding> found = check(model, "model");
  const auto add = [&](std::vector<finding>&& more) {
    for (finding& f : more)
      found.push_back(std::move(f));
  };
  if constexpr (described<Chip>) add(check(chip, "chip"));
  if constexpr (described<Network>) add(check(network, "network"));
  add(check(plan, "plan"));
  using R = promote_t<M, T>;
  if (found.empty()) add(check_plan(layercake::with_number<R>(model), layercake::with_number<R>(plan), "plan"));
  return found;
}

// The figures of one training step, over the number type that the inputs promote to. Real inputs are checked first: throws
// invalid_value with every finding, path, value, range and remedy. A step that does not fit is not an error: memory.fits() says so
// and how_to_fit what to change. For many plans take training_law_of(model, chip, network) once.
// Worked number: GPT-3 175B on 64 A100-80GB, tensor 8, pipeline 8, 3 chunks, 64 sequences of 2048, selective recomputation, software of 2022:
// 13.5 s (Korthikanti et al. 2022, table 5: 13.75 s).
template <class M, class Chip, class Network, class T>
auto train_step(const models::basic_transformer<M>& model, const Chip& chip, const Network& network,
                const basic_training_plan<T>& plan) {
  using R = promote_all_t<M, number_of_t<Chip>, number_of_t<Network>, T>;
  if constexpr (real<R>) {
    std::string text;
    for (const finding& f : check_training(model, chip, network, plan))
      text += (text.empty() ? "" : "\n") + f.text();
    if (!text.empty()) raise(invalid_value(text));
  }
  return training_law_of<R>(model, chip, network)(layercake::with_number<R>(plan));
}

// Time of the most frequent kind of layer of a model on one micro-batch, exchanges included; backward with what it recomputes.
template <class M, class Chip, class Network, class T>
auto layer_forward_time(const models::basic_transformer<M>& model, const Chip& chip, const Network& network,
                        const basic_training_plan<T>& plan) {
  return train_step(model, chip, network, plan).layer_forward;
}
template <class M, class Chip, class Network, class T>
auto layer_backward_time(const models::basic_transformer<M>& model, const Chip& chip, const Network& network,
                         const basic_training_plan<T>& plan) {
  return train_step(model, chip, network, plan).layer_backward;
}

// The memory of a rank of every pipeline stage, first to last, by part: the first stage holds the embedding and the
// most micro-batches, the last the output matrix and the logits. Throws invalid_value as train_step does. Worked
// number: Llama 3.1 70B, tensor 8, pipeline 4, one sequence of 8192 a micro-batch, a hundred of them, replicated,
// software of 2025: 4.540 GB of weights on the first stage and the last, 4.278 GB on those between.
template <class M, class Chip, real T>
auto memory_by_stage(const models::basic_transformer<M>& model, const Chip& chip, const basic_training_plan<T>& plan) {
  using R = promote_all_t<M, number_of_t<Chip>, T>;
  std::string text;
  const auto collect = [&](const std::vector<finding>& found) {
    for (const finding& f : found)
      text += (text.empty() ? "" : "\n") + f.text();
  };
  collect(check(model, "model"));
  if constexpr (described<Chip>) collect(check(chip, "chip"));
  collect(check(plan, "plan"));
  const auto x = layercake::with_number<R>(model);
  const auto p = layercake::with_number<R>(plan);
  if (text.empty()) collect(check_plan(x, p, "plan"));
  if (!text.empty()) raise(invalid_value(text));
  std::vector<training_step_memory<R>> stages;
  for (R stage = R(0); stage < p.pipeline; stage += R(1)) {
    R recomputed = R(0);
    stages.push_back(detail::step_memory(
        p, quantity<unit::byte, R>(chip.memory), R(training_constants{}.custom_recompute), recomputed,
        [&](const models::basic_training_layout<R>& l) { return models::memory_of_stage(x, l, stage); }));
  }
  return stages;
}

// Why a step does not fit and what to change first, by its largest part; empty if it fits.
template <real T>
std::string how_to_fit(const training_step_memory<T>& m, const basic_training_plan<T>& p) {
  if (m.fits()) return {};
  const std::string text = to_string(m.total()) + " a chip do not fit in the usable " + to_string(m.usable) + ", " +
                           to_string(m.total() - m.usable) + " too much: weights " + to_string(m.weights) +
                           ", gradients " + to_string(m.gradients) + ", optimizer " + to_string(m.optimizer) +
                           ", activations " + to_string(m.activations) + ", workspace " + to_string(m.workspace) + ". ";
  const auto states = m.weights + m.gradients + m.optimizer;
  const bool split = p.micro_batch > T(1);
  if (m.activations > states && m.activations > m.workspace) {
    if (p.recompute == recomputation::none || p.recompute == recomputation::selective ||
        p.recompute == recomputation::custom) {
      return text + "Set plan.recompute to full or automatic.";
    }
    return text + (split ? "Lower plan.micro_batch." : "Raise plan.context or plan.tensor.");
  }
  // logits, and what a layer's backward pass needs
  if (m.workspace > states) return text + (split ? "Lower plan.micro_batch." : "Raise plan.tensor or plan.context.");
  if (p.sharding == models::sharding::none && p.replicas() > T(1)) return text + "Set plan.sharding to optimizer.";
  if (p.sharding != models::sharding::full && p.replicas() > T(1) && m.optimizer < m.weights + m.gradients)
    return text + "Set plan.sharding to full.";
  return text + "Raise plan.pipeline or plan.tensor.";
}

}  // namespace layercake
