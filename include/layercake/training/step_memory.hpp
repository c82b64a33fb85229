// The memory of a training plan: how its software lays it out, what a rank holds, and what to change where it does not fit.
#pragma once

#include <layercake/chips/memory.hpp>
#include <layercake/training/constants.hpp>
#include <layercake/training/figures.hpp>
#include <layercake/training/memory.hpp>
#include <layercake/training/plan.hpp>
#include <string>

namespace layercake {

// How a plan lies in memory: what its software keeps, and in which formats.
//   narrow products (below 16 bit)  weights as made, in the narrow format, and so again transposed; inputs of linear
//                                   layers narrow (Transformer Engine's fp8 primer)
//   gradients, logits, dropout      as the software has them; gradients that are not sharded in 16 bit where it drops out
template <number T>
constexpr basic_training_layout<T> training_layout_of(const basic_training_plan<T>& p) {
  basic_training_layout<T> l;
  l.tensor = p.tensor;
  l.pipeline = p.pipeline;
  l.context = p.context;
  l.data = p.shards() / p.context;
  // Expert ranks take the place of tensor ranks; where they are fewer, experts are split over the tensor ranks.
  l.expert = p.expert_split();
  l.chunks = p.virtual_stages;
  l.micro_batch = p.micro_batch;
  l.micro_batches = p.micro_batches();
  l.sequence = p.sequence;
  l.sequence_parallel = p.sequence_parallel;
  l.fused_attention = p.fused_attention;
  l.dropout = p.software.dropout;
  l.first_stage_layers = p.first_stage_layers;
  l.last_stage_layers = p.last_stage_layers;
  l.sharding = p.sharding;
  l.schedule = p.schedule;
  l.offload = p.offload;
  l.recompute = p.recompute == recomputation::automatic ? recomputation::selective  // and the rest as it takes
                : p.recompute == recomputation::custom || p.recompute == recomputation::operators
                    ? recomputation::none  // a share of which is kept
                    : p.recompute;
  l.gradient_bytes = p.software.gradient;
  l.logit_bytes = p.software.logit_kept;
  if (p.sharding == sharding::none && p.software.dropout)
    l.gradient_bytes = number_cast<T>(training_counts::gradient_narrow);
  if (bits(p.math) < 16) {
    const T narrow = T(static_cast<scalar_of_t<T>>(bits(p.math) / 8));
    l.weight_bytes = number_cast<T>(training_counts::weight) + T(2) * narrow;  // as made, narrow, and that transposed
    l.input_bytes = narrow;
  }
  return l;
}

// Groups that a rank exchanges with, of a plan or a layout: each has a communicator, with buffers of its own.
template <class Layout>
constexpr auto communicators(const Layout& l) {
  using T = std::remove_cvref_t<decltype(l.tensor)>;
  const auto one = [](const T& ranks) { return where(ranks > T(1), T(1), T(0)); };
  return T(one(l.tensor) + one(l.pipeline) + one(l.data * l.context) + one(l.expert));
}

namespace detail {
// The memory that a plan may take of a chip, a byte at least.
template <number T, class Chip>
constexpr quantity<unit::byte, T> memory_for(const basic_training_plan<T>& p, const Chip& chip) {
  const chips::process_memory k = chips::fitted_process;
  const T kept = number_cast<T>(k.context) + number_cast<T>(k.communication) * communicators(p);
  return max(chips::usable_memory<T>(chip, T(1), kept * units::byte), T(1) * units::byte);
}

// The memory of a rank, of which `memory_of` gives the parts for a layout. Sets `recomputed_layers` to the share of
// layers that `automatic` must recompute.
template <number T, class MemoryOf>
constexpr training_step_memory<T> step_memory(const basic_training_plan<T>& p, const quantity<unit::byte, T>& usable,
                                              const T& custom_recompute, T& recomputed_layers, MemoryOf&& memory_of) {
  using bytes = quantity<unit::byte, T>;
  basic_training_layout<T> l = training_layout_of(p);
  const auto filled = [&](const training_memory<T>& m) {
    return training_step_memory<T>{.weights = m.weights,
                                   .gradients = m.gradients,
                                   .optimizer = m.optimizer,
                                   .activations = m.activations,
                                   .workspace = m.workspace + m.gathered,
                                   .usable = usable,
                                   .on_host = m.on_host,
                                   .usable_on_host = p.offload.any() ? p.host.memory : bytes()};
  };
  training_step_memory<T> r = filled(memory_of(l));
  if (p.recompute == recomputation::automatic) {
    l.recompute = recomputation::full;
    const training_step_memory<T> least = filled(memory_of(l));
    const bytes saved = max(r.total() - least.total(), bytes(T(1) * units::byte));
    recomputed_layers = clamp(T((r.total() - r.usable) / saved), T(0), T(1));
    r.activations = r.activations - (r.activations - least.activations) * recomputed_layers;
    r.workspace = r.workspace - (r.workspace - least.workspace) * recomputed_layers;
  } else if (p.recompute == recomputation::operators) {
    r.activations = r.activations * number_cast<T>(1 - training_counts::recomputed_operators);
  } else if (p.recompute == recomputation::custom) {
    r.activations = r.activations * (T(1) - custom_recompute);
  }
  return r;
}
}  // namespace detail

// What of a step that does not fit does not: the chip's part, or else the host's.
template <real T>
std::string too_large(const training_step_memory<T>& m) {
  if (m.fits_chip()) {
    return to_string(m.on_host) + " of states a chip do not fit in the " + to_string(m.usable_on_host) + " of its host";
  }
  return to_string(m.total()) + " a chip do not fit in the usable " + to_string(m.usable);
}

// Why a step does not fit and what to change first, by its largest part; empty if it fits.
template <real T>
std::string how_to_fit(const training_step_memory<T>& m, const basic_training_plan<T>& p) {
  if (m.fits()) return {};
  if (m.fits_chip()) {
    return too_large(m) +
           ". Lower plan.offload.optimizer or plan.offload.weights, raise plan.data with plan.sharding full, or take "
           "hosts with more memory.";
  }
  const std::string text = too_large(m) + ", " + to_string(m.total() - m.usable) + " too much: weights " +
                           to_string(m.weights) + ", gradients " + to_string(m.gradients) + ", optimizer " +
                           to_string(m.optimizer) + ", activations " + to_string(m.activations) + ", workspace " +
                           to_string(m.workspace) + ". ";
  const auto states = m.states();
  const bool split = p.micro_batch > T(1);
  if (m.activations > states && m.activations > m.workspace) {
    if (p.recompute == recomputation::none || p.recompute == recomputation::selective ||
        p.recompute == recomputation::operators || p.recompute == recomputation::custom) {
      return text + "Set plan.recompute to full or automatic.";
    }
    return text + (split ? "Lower plan.micro_batch." : "Raise plan.context or plan.tensor.");
  }
  // logits, and what a layer's backward pass needs
  if (m.workspace > states) return text + (split ? "Lower plan.micro_batch." : "Raise plan.tensor or plan.context.");
  if (p.sharding == sharding::none && p.replicas() > T(1)) return text + "Set plan.sharding to optimizer.";
  if (p.sharding != sharding::full && p.replicas() > T(1) && m.optimizer < m.weights + m.gradients)
    return text + "Set plan.sharding to full.";
  return text + "Raise plan.pipeline or plan.tensor.";
}

}  // namespace layercake
