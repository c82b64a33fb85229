// Models that nobody has counted operation by operation: vision in a car, protein structure, convolutional diffusion, weather, the policy of a
// robot. What they do is given as work per inference, as their makers or a profiler state it.
#pragma once

#include <layercake/core/fields.hpp>
#include <layercake/core/operations.hpp>
#include <layercake/core/provenance.hpp>
#include <layercake/models/execution.hpp>
#include <layercake/models/split.hpp>

namespace layercake::models {

// An inference is `steps` equal steps (denoising steps, recycles, steps of a simulation; 1 for a classifier). FLOP per inference is
// steps * computation; bytes are steps * (weights_read + activations), the weights read once for all inferences of a batch.
// Each figure has to be given, 0 for none. It takes its time by the chip's roofline over `sustained`. Leaves out: overlap of unequal steps, exchanges when it is cut over several chips (a tensor-parallel group is taken to share the work evenly).
// Worked number: Stable Diffusion XL, 30 steps of 12.0 TFLOP: 0.359 PFLOP an image.
template <number T = double>
struct basic_inference_model {
  const char* name = "";
  quantity<unit::flop, T> computation = unknown<>;       // of one step of one inference; a multiply-add is 2
  quantity<unit::byte, T> weights_resident = unknown<>;  // in memory
  quantity<unit::byte, T> weights_read =
      unknown<>;  // of them per step; more than resident where some are read repeatedly
  quantity<unit::byte, T> activations = unknown<>;  // read and written per step of one inference
  T steps = T(1);
  T sustained =
      number_cast<T>(sustained_share(execution::eager));  // of the chip's roofline, that its kernels reach; assumed
  precision math = precision::bf16;
  provenance origin{};

  template <class N>
  using with_number = basic_inference_model<N>;

  static constexpr auto fields() {
    using X = basic_inference_model;
    return std::tuple{
        label("name", &X::name),
        label("math", &X::math),
        label("origin", &X::origin),
        field("computation", &X::computation, positive,
              "FLOP of one step of one inference, a multiply-add counted as 2"),
        field("weights_resident", &X::weights_resident, nonnegative, "bytes of weights in memory"),
        field("weights_read", &X::weights_read, nonnegative, "bytes of weights that a step reads"),
        field("activations", &X::activations, nonnegative, "bytes that a step moves besides weights"),
        field("steps", &X::steps, positive_count, "equal steps of one inference"),
        field("sustained", &X::sustained, positive_share,
              "share of the chip's roofline that its kernels reach: of its sustained FLOP/s and bytes/s")};
  }
  void rules(findings& f) const requires real<T> {
    if (weights_read > quantity<unit::byte, T>()) {
      f.check_positive("weights_resident", weights_resident, "What is read, weights_read, has to be in memory.");
    }
  }

  // The same in another format: weights scale with its bits, activations too down to 8 bit (see formats::at).
  constexpr basic_inference_model at(precision p) const {
    const auto wide = [](precision q) { return bits(q) < 8 ? 16.0 : bits(q); };
    basic_inference_model m = *this;
    m.math = p;
    const auto weight = static_cast<scalar_of_t<T>>(bits(p) / bits(math));
    m.weights_resident = weights_resident * weight;
    m.weights_read = weights_read * weight;
    m.activations = activations * static_cast<scalar_of_t<T>>(wide(p) / wide(math));
    return m;
  }

  template <number N>
  constexpr auto weights(const split<N>& s) const {
    return weights_resident / (s.tensor * s.pipeline);
  }
  template <number N>
  constexpr auto cache(const quantity<unit::token, N>&, const split<N>&) const {
    return quantity<unit::byte, promote_t<T, N>>();
  }
  // The work of `pass::sequences` inferences at once on one chip of a split. Queries, context and phase do not matter.
  template <number N, class Visit>
  constexpr void operations(const pass<N>& p, const split<N>& s, Visit&& visit) const {
    using P = promote_t<T, N>;
    const P batch = number_cast<P>(p.sequences), share = P(1) / number_cast<P>(s.tensor);
    visit(work<P>{quantity<unit::flop, P>(computation) * batch * share, (weights_read + activations * batch) * share,
                  math, number_cast<P>(sustained)},
          number_cast<P>(steps));
  }
  static constexpr bool generates_tokens = false;
};
using inference_model = basic_inference_model<>;

}  // namespace layercake::models
