// What a training step takes: time, memory and FLOP, by part.
#pragma once

#include <layercake/models/training.hpp>
#include <layercake/units/kind.hpp>
#include <layercake/units/named.hpp>
#include <limits>

namespace layercake {

// Where the time goes that one pass of a layer takes on a rank, exchanges as far as they are not hidden.
template <number T = double>
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
template <number T = double>
struct training_time {
  using seconds = quantity<unit::second, T>;
  pass_time<T> work{};  // of all micro-batches on a mean stage, output matrix included
  seconds imbalance{};  // the slowest stage over the mean one
  seconds bubble{};     // stages that wait while the pipeline fills and drains
  seconds pipeline_exchange{}, sharding_exchange{}, data_exchange{};  // exposed
  seconds stragglers{};                                               // waiting for the slowest of many chips
  seconds accumulation{};  // gradients of a micro-batch added to those before
  seconds optimizer{};     // reading and writing the states
  seconds host{};          // per step
  seconds offload{};       // exposed transfers of weights and gradients between chips and hosts

  constexpr seconds total() const {
    return work.total() + imbalance + bubble + pipeline_exchange + sharding_exchange + data_exchange + accumulation +
           stragglers + optimizer + host + offload;
  }
};

// `automatic` recomputation fills the memory to the brim: a rounding error more, relative, still fits.
inline constexpr double memory_rounding = 1e-5;

// Bytes on a rank, by part.
template <number T = double>
struct training_step_memory {
  using bytes = quantity<unit::byte, T>;
  bytes weights{}, gradients{}, optimizer{}, activations{};
  bytes workspace{};  // logits, gathered weights, gradients on their way
  bytes usable{};     // of the chip's memory, less what the software and its network buffers take (chips/memory.hpp)
  bytes on_host{}, usable_on_host{};  // states in the memory of the host, and what there is of it; both per chip

  constexpr bytes states() const { return weights + gradients + optimizer; }
  constexpr bytes total() const { return states() + activations + workspace; }
  constexpr bytes left() const { return usable - total(); }  // negative: it does not fit
  constexpr auto fits_chip() const { return !(total() > usable * number_cast<T>(1 + memory_rounding)); }
  constexpr auto fits_host() const { return !(on_host > usable_on_host * number_cast<T>(1 + memory_rounding)); }
  constexpr auto fits() const { return fits_chip() && fits_host(); }
  // What is needed over what there is, of the chip's memory or the host's, whichever is shorter; 1: just fits.
  constexpr T share() const { return max(total() / usable, on_host / max(usable_on_host, T(1) * units::byte)); }
};

template <number T = double>
struct training_figures {
  training_time<T> time{};
  training_step_memory<T> memory{};
  quantity<unit::second, T> layer_forward{},
      layer_backward{};  // of the model's most frequent kind of layer, one micro-batch, exchanges included
  models::training_flop_count<T> flop{};  // of a token's forward pass
  T layers_again{}, attention_again{};    // forward passes of the layers' products, of attention, that the backward
                                          // pass repeats
  quantity<unit::token, T> tokens{};      // per step
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

  // FLOP of a step, as models/training.hpp counts: the model's, and the hardware's with what is computed again.
  constexpr model_flop<T> model_flops(attention_flop how) const { return as<kind::model>(flop.model(how) * tokens); }
  constexpr hardware_flop<T> hardware_flops(attention_flop how) const {
    return as<kind::hardware>(flop.hardware(how, layers_again, attention_again) * tokens);
  }
  // Utilisation of the peak by model FLOP (MFU) and by hardware FLOP (HFU). Source: Chowdhery et al. (PaLM) 2022, appendix B.
  constexpr T model_flop_utilisation(attention_flop how) const {
    return plain(model_flops(how)) / (peak * chips * step_time());
  }
  constexpr T hardware_flop_utilisation(attention_flop how) const {
    return plain(hardware_flops(how)) / (peak * chips * step_time());
  }
};

}  // namespace layercake
