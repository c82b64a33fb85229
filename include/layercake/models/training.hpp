// Training: FLOP of a run, and what a run of given FLOP can reach.
#pragma once

#include <layercake/models/transformer.hpp>

namespace layercake::models {

// FLOP of training `parameters` parameters (per token: the active ones) on `tokens` tokens: 6 N D, 2 forward and 4 backward for every
// parameter and token. Leaves out attention over the context (see training_flop_per_token) and counts a looked-up embedding.
// Source: Kaplan et al. 2020, section 2.1. Worked number: 70e9 parameters, 1.4e12 tokens: 5.88e23 FLOP.
template <class N, class D>
constexpr auto training_flop(const N& parameters, const quantity<unit::token, D>& tokens) {
  return promote_t<N, D>(6) * parameters * in<units::token>(tokens) * units::flop;
}

// What the backward pass computes again instead of keeping: nothing, the attention core (Korthikanti et al. 2022, section 5), every layer.
enum class recompute : unsigned char { none, selective, full };

namespace detail {
template <class T>
struct training_totals {
  quantity<unit::flop, T> all{}, core{};
  template <class Operation>
  constexpr void operator()(const Operation& o, const T& times) {
    all += o.totals().flop * times;
  }
  constexpr void operator()(const attention_product<T>& o, const T& times) {
    all += o.flop() * times;
    core += o.flop() * times;
  }
  constexpr void operator()(const collective<T>&, const T&) {}
};
}  // namespace detail

// FLOP per token of training on sequences of `sequence` positions, from the operations of a pass: forward once,
// backward twice, and what is recomputed. Attention is causal: a position sees half of the sequence on average.
// `recompute::none` gives model FLOP (as MFU counts), the others hardware FLOP.
//   3 (2 (P_active - V d) + 4 L h w (s + 1) / 2) for a dense model with untied embeddings
// Source: Chowdhery et al. (PaLM) 2022, appendix B, with the causal half; Korthikanti et al. 2022, appendix A.
// Worked number: GPT-3 175B (tied), s = 2048: 3 (2 x 174.575e9 + 4.834e9) = 1.0620e12 FLOP per token.
template <class T>
constexpr quantity<unit::flop_per_token, T> training_flop_per_token(const basic_transformer<T>& x, const T& sequence,
                                                                    recompute again = recompute::none) {
  detail::training_totals<T> sum;
  operations(x, formats{}, pass<T>{phase::training, T(1), sequence, sequence}, split<T>{}, sum);
  const auto head = T(2) * sequence * x.width * x.vocabulary * units::flop;
  const auto repeated = again == recompute::full        ? sum.all - head
                        : again == recompute::selective ? sum.core
                                                        : quantity<unit::flop, T>();
  return (sum.all * T(3) + repeated) / (sequence * units::token);
}

// Loss of a trained model by its size and its data, in nats per token:
//   L(N, D) = E + A / N^alpha + B / D^beta
// Defaults: Hoffmann et al. 2022 ("Chinchilla"), approach 3, as they are generally quoted; not looked up again. This
// fit does not give the 70e9 parameters that the same paper trained: its approaches 1 and 2 do.
// Domain: models of 7e7 to 1.6e10 parameters were fitted; beyond is extrapolation. Knows nothing of data quality, of
// mixtures of experts, of abilities that come late (grokking).
template <class T = double>
struct basic_scaling_law {
  T irreducible = T(1.69);         // E, nats per token: the entropy of text
  T parameter_scale = T(406.4);    // A
  T data_scale = T(410.7);         // B
  T parameter_exponent = T(0.34);  // alpha
  T data_exponent = T(0.28);       // beta

  template <class U>
  using with_number = basic_scaling_law<U>;
  static constexpr auto fields() {
    using X = basic_scaling_law;
    return std::tuple{
        field("irreducible", &X::irreducible, nonnegative, "the loss that no model goes below, nats per token"),
        field("parameter_scale", &X::parameter_scale, positive, "A of A / N^alpha"),
        field("data_scale", &X::data_scale, positive, "B of B / D^beta"),
        field("parameter_exponent", &X::parameter_exponent, positive, "alpha of A / N^alpha"),
        field("data_exponent", &X::data_exponent, positive, "beta of B / D^beta")};
  }

  // Nats per token of `parameters` parameters after `tokens` tokens.
  T loss(const T& parameters, const quantity<unit::token, T>& tokens) const {
    return irreducible + parameter_scale * pow(parameters, -parameter_exponent) +
           data_scale * pow(in<units::token>(tokens), -data_exponent);
  }
  // What is left of the loss above `irreducible` when training FLOP grow `factor` times and are spent at the optimum:
  //   factor^(-alpha beta / (alpha + beta)).  Worked number: 10 times leaves 0.702.
  T reducible_loss_left(const T& factor) const {
    return pow(factor, -parameter_exponent * data_exponent / (parameter_exponent + data_exponent));
  }
};
using scaling_law = basic_scaling_law<>;

// A model size and the data to train it on.
template <class T = double>
struct training_choice {
  T parameters;
  quantity<unit::token, T> tokens;
};

// The data that `flop` pay for at a size: D = C / (6 N).
template <class T>
training_choice<T> at_size(const quantity<unit::flop, T>& flop, const T& parameters) {
  return {parameters, in<units::flop>(flop) / (T(6) * parameters) * units::token};
}
// The size of least loss for `flop` of training:
//   N* = G (C / 6)^(beta / (alpha + beta)),  G = (alpha A / (beta B))^(1 / (alpha + beta)),  D* = C / (6 N*)
// Source: Hoffmann et al. 2022, equation 4. Worked number: C = 5.76e23: N* = 3.219e10, loss 1.93075.
template <class T>
training_choice<T> optimal(const basic_scaling_law<T>& law, const quantity<unit::flop, T>& flop) {
  const T sum = law.parameter_exponent + law.data_exponent;
  const T g = pow(law.parameter_exponent * law.parameter_scale / (law.data_exponent * law.data_scale), T(1) / sum);
  return at_size(flop, g * pow(in<units::flop>(flop) / T(6), law.data_exponent / sum));
}

// How many times more a model must be worth to repay `compute` times more training FLOP, `elapsed` later, while the price of a FLOP falls
// `yearly_decline` times a year:  compute / yearly_decline^years.  Worked number: 10 times, 5 times a year, one year: 2.
template <class T>
T value_growth_to_break_even(const T& compute, const T& yearly_decline, const quantity<unit::second, T>& elapsed) {
  return compute * pow(yearly_decline, -in<units::year>(elapsed));
}

}  // namespace layercake::models
