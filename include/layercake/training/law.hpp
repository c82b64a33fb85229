// The time, the memory and the FLOP of one training step, in closed form.
//
//   step = (micro-batches * slowest stage + bubble + messages between stages + exposed gradients + exposed transfers to
//           hosts) * stragglers + gradients added + optimiser + host
//
// A layer is the operations that the model tells of its forward pass (core/operations.hpp), each timed by the chip's
// kernel laws or the network's collectives, forward and backward, times what training software reaches of them
// (training/layer_times.hpp, training/constants.hpp). Nothing here branches on a value: it runs over doubles, batches
// and duals.
#pragma once

#include <layercake/training/check.hpp>
#include <layercake/training/layer_times.hpp>
#include <layercake/training/offload_times.hpp>
#include <layercake/training/step_memory.hpp>
#include <numbers>
#include <vector>

namespace layercake {

namespace detail {
// How many layers have experts, of a model that tells it by its operations alone: those of one kind.
template <number T>
struct mixture_layer_count {
  T layers = T(0);
  template <class Operation, class Times>
  constexpr void operator()(const Operation& o, const Times& times) {
    if constexpr (requires { o.part; }) {
      if (o.part == block::mixture) layers = max(layers, number_cast<T>(times));
    }
  }
  template <number S, class Times>
  constexpr void operator()(const expert_product<S>&, const Times& times) {
    layers = max(layers, number_cast<T>(times));
  }
};
}  // namespace detail

// The law of a training step of one model on one kind of chip in one network, prepared once for many plans. T is the number type of the plans.
//
//   layer      smooth_max(operations + exposed exchanges, launch times operations of the host); backward with what it computes again
//   stage      all layers and the output matrix; in a pipeline the slowest stage (training/stages.hpp)
//   bubble     by the schedule (training/schedules.hpp), of the stages beside the slowest where they are told apart: at most
//   DualPipe   exchanges between experts hide under the other direction's computation, all of them as far as it lasts, and
//              messages between stages; both take the share `taken` of the chip meanwhile (DeepSeek-V3 2024, section 3.2)
//   sharded    gathers of weights and scatters of gradients, layer by layer: a share hides under the computation of the layer before, in either
//              direction; the first gather and the last scatter do not
//   data       gradients once a step, a share hidden, as far as a stage lasts; experts' over the ranks that hold copies of them
//   added      the gradients of a micro-batch to those before, (micro-batches - 1) times, where products do not add them
//   host       2 ms, and one launch for each of 12 tensors of a stage's layers
//   hosts      what they keep and update (training/offload_times.hpp)
//   automatic  recomputes the layers that it takes to fit
//
// Domain: the plan's fields. Leaves out: loading data, checkpoints, evaluation (see training/run.hpp); unequal load of experts;
// tensor-parallel groups wider than a domain are timed by the hierarchical law. Never faster for more work, up to 0.3 % where more experts shorten
// weight gradients. Accuracy: docs/accuracy.md.
template <number T, class Model, class Chip, class Network>
class training_law {
public:
  using seconds = quantity<unit::second, T>;
  using bytes = quantity<unit::byte, T>;

  template <class FromModel, class FromChip, class FromNetwork>
  training_law(const FromModel& model, const FromChip& chip, const FromNetwork& network,
               const training_constants& constants = {})
      : c_(constants),
        model_(layercake::with_number<T>(model)),
        chip_(layercake::with_number<T>(chip)),
        network_(layercake::with_number<T>(network)),
        kernels_(chips::timing_of(chip_)),
        fabric_(chips::fabric_of<T>(chip_)),
        kind_(detail::trained_chip_of<T>(chip_)),
        learned_(models::learning_of<T>(model_)),
        passed_(learned_.of(block::layer).passed),
        layers_(number_cast<T>(models::layers_of(model_))) {
    if constexpr (requires { model_.mixture_layers(); }) {
      mixture_layers_ = number_cast<T>(model_.mixture_layers());
    } else {
      detail::mixture_layer_count<T> count;
      model_.operations(models::pass<T>{models::phase::training}, models::split<T>{}, count);
      mixture_layers_ = count.layers;
    }
    dense_layers_ = layers_ - mixture_layers_;
    mixture_ = detail::any_positive(mixture_layers_);
    dense_ = detail::any_positive(dense_layers_);
  }

  // The figures of a plan.
  training_figures<T> operator()(const basic_training_plan<T>& p) const {
    training_figures<T> f;
    const detail::training_rates<T> rates = detail::training_rates_of(p, kind_, c_);
    T recomputed_layers = T(0);
    f.memory = detail::step_memory(p, detail::memory_for(p, chip_), as(c_.custom_recompute), recomputed_layers,
                                   [&](const basic_training_layout<T>& l) { return memory_of_training(model_, l); });
    f.layers_again = repeated(p, recomputed_layers) * passed_;
    f.attention_again = p.recompute == recomputation::selective   ? passed_
                        : p.recompute == recomputation::operators ? T(0)
                                                                  : f.layers_again;

    const parts_of_step s = parts(p, rates, f);
    add_pipeline(p, rates, s, f.time);
    add_gradients(p, rates, s, f.time);
    const T doublings = log(max(p.chips() * as(1 / training_counts::server_chips), T(1))) * as(std::numbers::log2e);
    f.time.stragglers = (s.stage * p.micro_batches() + f.time.bubble + f.time.pipeline_exchange +
                         f.time.sharding_exchange + f.time.data_exchange + f.time.offload) *
                        (doublings * as(c_.straggling));
    f.time.host = as(training_counts::host_of_step) * units::second +
                  p.software.launch * (as(training_counts::layer_tensors) * layers_ / p.pipeline);
    count(p, rates, f);
    return f;
  }

private:
  using both_passes = detail::both_passes<T>;
  using exchanges = detail::training_exchanges<T, Network>;
  struct parts_of_step {
    seconds layers, outside;   // of a micro-batch: a stage's share of the layers, output matrix and embedding
    stage_passes<T> passes{};  // of those layers; of the stages beside the slowest where they are told apart
    seconds stage{};           // the slowest stage
    collective<T> message;     // between stages
  };

  static constexpr T as(double x) { return number_cast<T>(x); }

  // Forward passes of a layer that the backward pass repeats.
  T repeated(const basic_training_plan<T>& p, const T& recomputed_layers) const {
    switch (p.recompute) {
    case recomputation::full:
      return T(1);
    case recomputation::custom:
      return as(c_.custom_recompute);
    case recomputation::operators:
      return as(training_counts::recomputed_operators);
    case recomputation::automatic:
      return as(c_.automatic_recompute) * recomputed_layers;
    case recomputation::none:
    case recomputation::selective:
      break;
    }
    return T(0);
  }

  // Of the exchanges between experts what is left beside the computation of both directions of a pipeline.
  void overlap_directions(both_passes& l, double taken) const {
    const seconds exchange = l.forward.expert_exchange + l.backward.expert_exchange;
    const seconds compute = l.forward.total() + l.backward.total() - exchange;
    const T left = detail::added_to(compute, exchange, T(1), taken) /
                   where(exchange > seconds(), exchange, seconds(T(1) * units::second));
    l.forward.expert_exchange = l.forward.expert_exchange * left;
    l.backward.expert_exchange = l.backward.expert_exchange * left;
  }

  // A layer of a kind: with what the backward pass computes again, and the time that it waits for the host.
  both_passes whole_layer(const basic_training_plan<T>& p, const detail::training_rates<T>& rates, both_passes l,
                          const T& again, const seconds& host) const {
    if (p.schedule == pipeline_schedule::dual_pipe) overlap_directions(l, rates.taken);
    l.backward.recomputed = p.recompute == recomputation::operators
                                ? l.forward.products * again + l.forward.element_wise * passed_
                                : l.forward.total() * again;
    l.backward.moved += l.forward.moved * again;
    if (p.recompute == recomputation::selective || (p.recompute == recomputation::automatic && !p.fused_attention)) {
      l.backward.recomputed += l.forward.attention * passed_;
    }
    l.forward.host = smooth_max(l.forward.total(), host) - l.forward.total();
    l.backward.host = smooth_max(l.backward.total(), host * (as(training_counts::host_backward) * passed_ + again)) -
                      l.backward.total();
    return l;
  }

  // The host's time to launch so many operations.
  seconds launches(const basic_training_plan<T>& p, const T& operations) const {
    const T left = kind_.rack_scale ? p.software.rack_scale_launches : T(1);
    return p.software.launch * (operations * left);
  }

  // The work of a step, from the operations of one micro-batch; layers that fit in a stage, and the slowest stage.
  parts_of_step parts(const basic_training_plan<T>& p, const detail::training_rates<T>& rates,
                      training_figures<T>& f) const {
    const exchanges groups{network_, fabric_};
    detail::training_timer<T, Chip, kernel_laws, Network, learned> timer(chip_, kernels_, groups, c_, rates, p,
                                                                         learned_);
    model_.operations(models::pass<T>{models::phase::training, p.micro_batch, p.sequence, p.sequence},
                      training_layout_of(p).split(), timer);
    const both_passes common = timer.layer * (T(1) / layers_);
    both_passes dense, mixture;
    if (dense_) {
      const T each = T(1) / where(dense_layers_ > T(0), dense_layers_, T(1));
      dense = whole_layer(p, rates, common + timer.dense * each, f.layers_again, launches(p, p.software.operations));
    }
    if (mixture_) {
      const T each = T(1) / where(mixture_layers_ > T(0), mixture_layers_, T(1));
      mixture = whole_layer(p, rates, common + timer.mixture * each, f.layers_again,
                            launches(p, p.software.operations + p.software.expert_operations));
    }
    const both_passes& usual = mixture_ ? mixture : dense;
    f.layer_forward = usual.forward.total();
    f.layer_backward = usual.backward.total();

    const pass_time<T> layers =
        (dense.forward + dense.backward) * dense_layers_ + (mixture.forward + mixture.backward) * mixture_layers_;
    if (cut_unevenly(p)) timer.outside = timer.outside + timer.embedding;
    const pass_time<T> outside = timer.outside.forward + timer.outside.backward;
    f.time.work = (layers + outside) * (p.micro_batches() / p.pipeline);
    parts_of_step s{.layers = layers.total() / p.pipeline, .outside = outside.total(), .message = timer.message};
    const pass_time<T> backward = dense.backward * dense_layers_ + mixture.backward * mixture_layers_;
    s.passes = {s.layers, s.layers, backward.total() / p.pipeline,
                (dense.weight_gradient * dense_layers_ + mixture.weight_gradient * mixture_layers_) / p.pipeline};
    if (p.schedule == pipeline_schedule::dual_pipe) {  // alone, passes hide no exchange
      const both_passes all = timer.layer + timer.dense + timer.mixture;
      const seconds hidden = all.backward.expert_exchange - backward.expert_exchange;
      s.passes.backward += hidden / p.pipeline;
      s.passes.alone +=
          (all.forward.expert_exchange + all.backward.expert_exchange - layers.expert_exchange) / p.pipeline;
    }
    tell_stages(p, timer.embedding, s);
    return s;
  }

  // The slowest stage.
  void tell_stages(const basic_training_plan<T>& p, const both_passes& embedding, parts_of_step& s) const {
    const bool mirrored = p.schedule == pipeline_schedule::dual_pipe;
    s.stage = layercake::slowest_stage(stage_times<T>{s.layers, s.outside}, layers_, p.pipeline, mirrored);
    if (!cut_unevenly(p)) return;
    const auto told = max(p.first_stage_layers, p.last_stage_layers) > T(0);
    const seconds all = s.layers * p.pipeline;
    const stage_cut<T> cut = stages_of(layers_, p);
    const seconds before = embedding.forward.total() + embedding.backward.total();
    const seconds slowest = layercake::slowest_stage(cut, all / layers_, before, s.outside - before, mirrored);
    s.stage = where(told, slowest, s.stage);
    const seconds others = (all + s.outside - slowest) / max(p.pipeline - T(1), T(1));
    const T over = where(told, others / s.layers, T(1));
    s.passes = {s.passes.together * over, s.passes.alone * over, s.passes.backward * over,
                s.passes.weight_gradient * over};
  }

  void add_pipeline(const basic_training_plan<T>& p, const detail::training_rates<T>& rates, const parts_of_step& s,
                    training_time<T>& t) const {
    const T stages = p.pipeline, m = p.micro_batches();
    t.imbalance = (s.stage - s.layers - s.outside / stages) * m;
    t.bubble = pipeline_bubble(p.schedule, s.passes, stages, p.virtual_stages);
    collective<T> message = s.message;
    message.ranks = stages, message.stride = p.chips() / stages;
    const seconds once = where(stages > T(1), exchanges{network_, fabric_}.time(message), seconds());
    // One each way in every micro-batch and chunk, of which most is hidden, and all of it while the pipeline fills.
    const T exposed = p.schedule == pipeline_schedule::dual_pipe ? as(rates.taken) : p.software.exposed_pipeline;
    const T ways = T(1) + passed_;
    t.pipeline_exchange = once * (m * p.virtual_stages * (ways * exposed) + ways * pipeline_fill(p.schedule, stages));
  }

  // Gradients and sharded weights between data-parallel ranks, the optimiser, and what hosts do of all that.
  void add_gradients(const basic_training_plan<T>& p, const detail::training_rates<T>& rates, const parts_of_step& s,
                     training_time<T>& t) const {
    const basic_training_layout<T> layout = training_layout_of(p);
    const models::rank_parameters<T> rank = models::learned_parameters_of(model_, layout.split());
    const T copies = as(parameter_copies(p.schedule));
    const models::rank_parameters<T> held = rank.scaled(copies, copies);
    if (p.sharding == sharding::full) {
      add_sharded_weights(p, rates, rank, s, t);
    } else {
      t.data_exchange = detail::added_to(s.stage, gradients(p, held), p.software.hidden_data, rates.taken);
    }
    const T states = held_parameters(held, layout, sharding::optimizer);
    const T added = held.total() * p.software.accumulated * (p.micro_batches() - T(1));
    t.accumulation = chips::time_of(kernels_, memory_traffic<T>{.moved = added * units::byte, .kernels = T(0)});
    t.optimizer =
        chips::time_of(kernels_, memory_traffic<T>{.moved = (states * as(training_counts::optimizer_traffic) +
                                                             held.total() * as(training_counts::weight_traffic)) *
                                                            (T(1) - p.offload.optimizer) * units::byte});
    if (!p.offload.any()) return;
    const detail::offload_times<T> hosts =
        detail::offload_times_of(p, layout,
                                 {models::stored_parameters_of(model_, layout.split()), held, layers_ / p.pipeline,
                                  s.stage, s.stage * (s.passes.backward / s.passes.together)});
    t.offload = hosts.exposed;
    t.optimizer = max(t.optimizer, hosts.update);
  }

  // Two gathers and a scatter of every layer for every micro-batch, each layer's beside the computation of another: the first gather has none before
  // it, and the last scatter none behind it. On what is not sharded over all replicas, gradients are summed once a step.
  void add_sharded_weights(const basic_training_plan<T>& p, const detail::training_rates<T>& rates,
                           const models::rank_parameters<T>& rank, const parts_of_step& s, training_time<T>& t) const {
    const exchanges groups{network_, fabric_};
    const T copies = as(parameter_copies(p.schedule));
    const T n = p.replicas() * copies, shards = p.shards(), per_stage = layers_ / p.pipeline;
    const T each = as(1 / c_.inside) * per_stage;
    const auto once = [&](exchange kind, const models::rank_parameters<T>& of, const T& bytes_each) {
      const auto over = [&](const T& parameters, const T& ranks, const T& stride) {
        const collective<T> one{kind, parameters / per_stage * bytes_each * units::byte, ranks, stride};
        return p.software.flat_gathers ? groups.flat(one) : groups.time(one);
      };
      seconds all = over(of.everywhere, shards, p.tensor);
      if (mixture_) all += over(of.routed, max(T(shards / p.expert_split()), T(1)), p.tensor * p.expert_split());
      return all * each;
    };
    const auto stored = [&] {
      if constexpr (learned::whole) {
        return rank;
      } else {
        return models::stored_parameters_of(model_, training_layout_of(p).split());
      }
    };
    const seconds gathered = once(exchange::all_gather, stored(), as(rates.narrow.sharded)),
                  scattered = once(exchange::reduce_scatter, rank, p.software.sharded_gradient);
    const T first = T(1) / max(per_stage, T(1)), backward = s.passes.backward / s.passes.together;
    const auto beside = [&](const T& pass, const seconds& exchanged) {
      return detail::added_to(seconds(s.stage * pass), exchanged, p.software.hidden_data, rates.taken);
    };
    const seconds alone = (gathered + scattered) * first;
    t.sharding_exchange = (beside(T(1) - backward, seconds(gathered * (T(1) - first))) +
                           beside(backward, seconds(gathered * passed_ + scattered * (T(1) - first))) + alone) *
                          p.micro_batches();
    const seconds summed = groups.time(collective<T>{
        exchange::all_reduce, rank.everywhere * copies / shards * as(training_counts::weight) * units::byte, n / shards,
        p.tensor * shards});
    t.data_exchange = detail::added_to(s.stage, summed, p.software.hidden_data, rates.taken);
  }

  // All gradients summed over the ranks that hold copies: all-reduced, or scattered and the new weights gathered.
  seconds gradients(const basic_training_plan<T>& p, const models::rank_parameters<T>& rank) const {
    const exchanges groups{network_, fabric_};
    const auto sum = [&](const T& parameters, const T& ranks, const T& stride) {
      const auto of = [&](exchange kind, const T& each) {
        return groups.time(collective<T>{kind, parameters * each * units::byte, ranks, stride});
      };
      return p.sharding != sharding::none ? of(exchange::reduce_scatter, p.software.gradient) +
                                                of(exchange::all_gather, as(training_counts::weight))
                                          : of(exchange::all_reduce, as(training_counts::gradient));
    };
    const T replicas = p.replicas() * as(parameter_copies(p.schedule));
    seconds all = sum(rank.everywhere, replicas, p.tensor);
    if (mixture_) {
      const T copies = max(T(replicas / p.expert_split()), T(1));  // of an expert
      all = all + sum(rank.routed, copies, p.tensor * p.expert_split());
    }
    return all;
  }

  // FLOP, and how much of the chip's peaks they take.
  void count(const basic_training_plan<T>& p, const detail::training_rates<T>& rates, training_figures<T>& f) const {
    f.flop = models::count_training_flop(model_, p.sequence);
    f.tokens = p.tokens();
    f.chips = p.chips();
    // Narrow products stand beside attention in 16 bit: the faster of both, where a chip's narrow units are the slower ones.
    f.peak = max(detail::peak_of<T>(chip_, p.math), detail::peak_of<T>(chip_, rates.wide));
    f.use_compute = f.hardware_flop_utilisation(attention_flop::causal);
    f.use_memory = f.time.work.moved / (chips::memory_bandwidth_of<T>(chip_) * f.step_time());
  }

  using kernel_laws = decltype(chips::timing_of(std::declval<const Chip&>()));
  using learned = decltype(models::learning_of<T>(std::declval<const Model&>()));
  training_constants c_;
  Model model_;
  Chip chip_;
  Network network_;
  kernel_laws kernels_;
  scale_up_fabric<T> fabric_;
  detail::trained_chip<T> kind_;
  learned learned_;
  T passed_;  // share of the layers that the backward pass goes through
  T layers_{}, mixture_layers_{}, dense_layers_{};
  bool mixture_ = false, dense_ = false;
};

// A law for plans over number type T.
template <number T = double, class Model, class Chip, class Network>
auto training_law_of(const Model& model, const Chip& chip, const Network& network,
                     const training_constants& constants = {}) {
  if constexpr (require_trainable<Model>()) {
    using X = decltype(layercake::with_number<T>(model));
    using C = decltype(layercake::with_number<T>(chip));
    using W = decltype(layercake::with_number<T>(network));
    return training_law<T, X, C, W>(model, chip, network, constants);
  }
}

// The figures of one training step, over the number type that the inputs promote to. Real inputs are checked first: throws
// invalid_value with every finding, path, value, range and remedy. A step that does not fit is not an error: memory.fits() says so
// and how_to_fit what to change. For many plans take training_law_of(model, chip, network) once.
// Worked number: GPT-3 175B on 64 A100-80GB, tensor 8, pipeline 8, 3 chunks, 64 sequences of 2048, selective recomputation, software of 2022:
// within 3 % of the 13.75 s that Korthikanti et al. 2022 measured (table 5).
template <class Model, class Chip, class Network, number T>
auto train_step(const Model& model, const Chip& chip, const Network& network, const basic_training_plan<T>& plan) {
  if constexpr (require_trainable<Model>()) {
    using R = promote_all_t<number_of_t<Model>, number_of_t<Chip>, number_of_t<Network>, T>;
    if constexpr (real<R>) raise_if_any(check_training(model, chip, network, plan));
    return training_law_of<R>(model, chip, network)(layercake::with_number<R>(plan));
  }
}

// Time of the most frequent kind of layer of a model on one micro-batch, exchanges included; backward with what it recomputes.
template <class Model, class Chip, class Network, number T>
auto layer_forward_time(const Model& model, const Chip& chip, const Network& network,
                        const basic_training_plan<T>& plan) {
  return train_step(model, chip, network, plan).layer_forward;
}
template <class Model, class Chip, class Network, number T>
auto layer_backward_time(const Model& model, const Chip& chip, const Network& network,
                         const basic_training_plan<T>& plan) {
  return train_step(model, chip, network, plan).layer_backward;
}

inline constexpr double most_listed_stages = 1e5;  // by memory_by_stage; assumed to be more than anyone reads

// The memory of a rank of every pipeline stage, first to last, by part: the first stage holds the embedding and the
// most micro-batches, the last the output matrix and the logits. Throws invalid_value as train_step does. Worked
// number: Llama 3.1 70B, tensor 8, pipeline 4, one sequence of 8192 a micro-batch, a hundred of them, replicated,
// software of 2025: 4.540 GB of weights on the first stage and the last, 4.278 GB on those between.
template <class Model, class Chip, real T>
auto memory_by_stage(const Model& model, const Chip& chip, const basic_training_plan<T>& plan) {
  using R = promote_all_t<number_of_t<Model>, number_of_t<Chip>, T>;
  const struct {
  } nowhere;
  raise_if_any(check_training(model, chip, nowhere, plan));
  check_at_most("plan.pipeline", plan.pipeline, "", T(most_listed_stages), "Each stage is listed.");
  const auto x = layercake::with_number<R>(model);
  const auto p = layercake::with_number<R>(plan);
  std::vector<training_step_memory<R>> stages;
  for (R stage = R(0); stage < p.pipeline; stage += R(1)) {
    R recomputed = R(0);
    stages.push_back(
        detail::step_memory(p, detail::memory_for(p, chip), R(training_constants{}.custom_recompute), recomputed,
                            [&](const basic_training_layout<R>& l) { return memory_of_stage(x, l, stage); }));
  }
  return stages;
}

}  // namespace layercake
