// Training: FLOP of a run, and what a run of given FLOP can reach.
#pragma once

#include <layercake/economics/price_path.hpp>
#include <layercake/models/learning.hpp>

namespace layercake::models {

// FLOP of training `parameters` parameters (per token: the active ones) on `tokens` tokens: 6 N D, 2 forward and 4 backward for every
// parameter and token. Leaves out attention over the context (see training_flop_per_token) and counts a looked-up embedding.
// Source: Kaplan et al. 2020, section 2.1. Worked number: 70e9 parameters, 1.4e12 tokens: 5.88e23 FLOP.
template <class Parameters, number T>
constexpr auto training_flop(const Parameters& parameters, const quantity<unit::token, T>& tokens) {
  return promote_t<Parameters, T>(6) * parameters * in<units::token>(tokens) * units::flop;
}

// FLOP of a token's forward pass in training, by what is counted apart. MFU, power and money are all taken from this.
//   layers    2 for every multiply-add of the products with weights in the layers, of a mixture those of the experts
//             that a token visits; the router counts, the embedding's look-up does not
//   head      the output matrix, once for every position
//   attention 2 h (w + v) for every position that a query sees (causal) or that is inside its reach (full): the whole
//             sequence, a window, or the block of positions that it is in; both by core/operations.hpp
// Training takes three times the forward pass less the gradients that are not made because what they are for does not learn (learning.hpp), and
// what is computed again. Leaves out softmax, norms, activations and the optimiser, below 1 % and not counted in any convention.
template <number T = double>
struct training_flop_count {
  using flop = quantity<unit::flop_per_token, T>;
  flop layers{}, head{}, causal_attention{}, full_attention{};
  flop spared{};              // gradients of inputs and weights that are not made
  T attention_spared = T(0);  // share of attention without a backward pass

  constexpr flop attention(attention_flop how) const {
    return how == attention_flop::causal ? causal_attention : full_attention;
  }
  constexpr flop forward(attention_flop how) const { return layers + head + attention(how); }
  // Of the model's mathematics: forward once, backward twice as far as gradients are made.
  constexpr flop model(attention_flop how) const {
    return forward(how) * T(3) - (spared + attention(how) * (T(2) * attention_spared));
  }
  // And as executed, where the backward pass repeats a share of the layers' products and of attention.
  constexpr flop hardware(attention_flop how, const T& layers_again, const T& attention_again) const {
    return model(how) + layers * layers_again + attention(how) * attention_again;
  }
};

namespace detail {
template <number T, class Learned>
struct training_flop_counter {
  const Learned& learned;
  quantity<unit::flop, T> layers{}, head{}, causal{}, full{}, spared{};

  template <class Operation, class Times>
  constexpr void operator()(const Operation& o, const Times& times) {
    if constexpr (requires { o.flop(); }) {
      add(layers, o.flop() * number_cast<T>(times), block::layer);
    } else if constexpr (requires { o.totals().flop; }) {
      add(layers, o.totals().flop * number_cast<T>(times), block::layer);
    }
  }
  template <number S, class Times>
  constexpr void operator()(const expert_product<S>& o, const Times& times) {
    add(layers, o.flop() * number_cast<T>(times), block::mixture);
  }
  // A recurrence has no weights: both gradients are of what it reads.
  template <number S, class Times>
  constexpr void operator()(const state_scan<S>& o, const Times& times) {
    const quantity<unit::flop, T> flop = o.flop() * number_cast<T>(times);
    layers += flop;
    spared += flop * (T(2) - T(2) * learned.of(block::layer).passed);
  }
  template <number S, class Times>
  constexpr void operator()(const matrix_product<S>& o, const Times& times) {
    add(o.part == block::head ? head : layers, o.flop() * number_cast<T>(times), o.part);
  }
  template <number S, class Times>
  constexpr void operator()(const attention_product<S>& o, const Times& times) {
    causal += o.flop() * number_cast<T>(times);
    full += o.flop(attention_flop::full) * number_cast<T>(times);
  }

  constexpr void add(quantity<unit::flop, T>& to, const quantity<unit::flop, T>& flop, block part) {
    const gradients_made<T> made = learned.of(part);
    to += flop;
    spared += flop * (T(2) - (made.inputs + made.weights));
  }
};
}  // namespace detail

// The count for sequences of `sequence` positions, of any model that tells its operations.
template <class Model, number T>
constexpr training_flop_count<T> count_training_flop(const Model& model, const T& sequence) {
  const auto learned = learning_of<T>(model);
  detail::training_flop_counter<T, std::remove_const_t<decltype(learned)>> sum{learned};
  model.operations(pass<T>{phase::training, T(1), sequence, sequence}, split<T>{}, sum);
  const auto tokens = sequence * units::token;
  return {sum.layers / tokens, sum.head / tokens,   sum.causal / tokens,
          sum.full / tokens,   sum.spared / tokens, T(1) - learned.of(block::layer).passed};
}

// FLOP per token of training on sequences of `sequence` positions, as MFU counts: nothing recomputed.
//   3 (2 (P_active - V d) + 4 L h w (s + 1) / 2) for a dense model with untied embeddings, causal
// Source: Chowdhery et al. (PaLM) 2022, appendix B, with the causal half; Korthikanti et al. 2022, appendix A.
// Worked number: GPT-3 175B (tied), s = 2048: 3 (2 x 174.575e9 + 4.834e9) = 1.0620e12 FLOP per token.
template <class Model, number T>
constexpr quantity<unit::flop_per_token, T> training_flop_per_token(const Model& model, const T& sequence,
                                                                    attention_flop how = attention_flop::causal) {
  return count_training_flop(model, sequence).model(how);
}

// Loss of a trained model by its size and its data, in nats per token:
//   L(N, D) = E + A / N^alpha + B / D^beta
// Defaults: Hoffmann et al. 2022 ("Chinchilla"), approach 3, as they are generally quoted; not looked up again. This
// fit does not give the 70e9 parameters that the same paper trained: its approaches 1 and 2 do.
// Domain: models of 7e7 to 1.6e10 parameters were fitted; beyond is extrapolation. Knows nothing of data quality, of
// mixtures of experts, of abilities that come late (grokking).
template <number T = double>
struct basic_scaling_law {
  T irreducible = T(1.69);         // E, nats per token: the entropy of text
  T parameter_scale = T(406.4);    // A
  T data_scale = T(410.7);         // B
  T parameter_exponent = T(0.34);  // alpha
  T data_exponent = T(0.28);       // beta

  template <class N>
  using with_number = basic_scaling_law<N>;
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
template <number T = double>
struct training_choice {
  T parameters;
  quantity<unit::token, T> tokens;
};

// The data that `flop` pay for at a size: D = C / (6 N).
template <number T>
training_choice<T> at_size(const quantity<unit::flop, T>& flop, const T& parameters) {
  return {parameters, in<units::flop>(flop) / (T(6) * parameters) * units::token};
}
// The size of least loss for `flop` of training:
//   N* = G (C / 6)^(beta / (alpha + beta)),  G = (alpha A / (beta B))^(1 / (alpha + beta)),  D* = C / (6 N*)
// Source: Hoffmann et al. 2022, equation 4. Worked number: C = 5.76e23: N* = 3.219e10, loss 1.93075.
template <number T>
training_choice<T> optimal(const basic_scaling_law<T>& law, const quantity<unit::flop, T>& flop) {
  const T sum = law.parameter_exponent + law.data_exponent;
  const T g = pow(law.parameter_exponent * law.parameter_scale / (law.data_exponent * law.data_scale), T(1) / sum);
  return at_size(flop, g * pow(in<units::flop>(flop) / T(6), law.data_exponent / sum));
}

// How many times more a model must be worth to repay `compute` times more training FLOP, `elapsed` later, while the price of a FLOP falls
// `yearly_decline` times a year:  compute / yearly_decline^years (economics/price_path.hpp).  Worked number: 10 times, 5 times a year, one year: 2.
template <number T>
T value_growth_to_break_even(const T& compute, const T& yearly_decline, const quantity<unit::second, T>& elapsed) {
  return compute * economics::price_ratio(economics::half_life_of(yearly_decline), elapsed);
}

}  // namespace layercake::models
