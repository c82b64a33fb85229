// What of a model learns: frozen layers and tables, in which format they are stored, and low-rank adapters beside their matrices.
//
// with_adapters(x, {.rank = 16})                  LoRA on queries and values; {.rank = 16}, stored::nf4: QLoRA
// learner{x, {.frozen_layers = 20}}               the last layers, the embedding and the output matrix learn
// output_alone(x)                                 the output matrix learns, nothing has a backward pass below it
// frozen(x)                                       nothing learns: the teacher of a distillation
#pragma once

#include <layercake/models/low_rank_adapters.hpp>

namespace layercake::models {

// What learns; by default everything. Layers are frozen from the first on; of which kind the frozen ones are is not asked: they are like the
// mean of all. Norms and biases are frozen with their layers, those outside the layers with the embedding.
template <number T = double>
struct basic_learning {
  basic_low_rank_adapters<T> adapters{};  // in the frozen layers
  T frozen_layers = T(0);
  bool embedding = true, output_matrix = true, towers = true;  // learn
  storage frozen{};  // of the frozen layers' weights; embedding, output matrix and towers stay 16 bit

  template <class N>
  using with_number = basic_learning<N>;
  static constexpr auto fields() {
    using X = basic_learning;
    return std::tuple{
        part("adapters", &X::adapters),
        label("embedding", &X::embedding),
        label("output_matrix", &X::output_matrix),
        label("towers", &X::towers),
        label("frozen", &X::frozen),
        field("frozen_layers", &X::frozen_layers, count, "layers whose own weights do not learn, from the first on")};
  }
  void rules(findings& f) const requires real<T> {
    if (!(adapters.rank > T(0))) return;
    f.check_positive("frozen_layers", frozen_layers, "Adapters lie beside frozen weights: freeze the model's layers.");
  }
};
using learning = basic_learning<>;

// Of the times that the operations of a block occur, the share that the backward pass goes through; and of products with weights the share of
// which the gradient of the input and that of the weights is made.
template <number T = double>
struct gradients_made {
  T passed = T(1), inputs = T(1), weights = T(1);
};
// Which gradients a training step makes of a model that says nothing of it: all.
template <number T = double>
struct everything_learns {
  static constexpr bool whole = true;
  constexpr gradients_made<T> of(block) const { return {}; }
};
// And of one that says what learns. The backward pass goes back to the first thing that learns: in frozen layers below it there is none.
// The first layer above counts whole, though the gradient of what it reads is not asked for. Keys and values that layers take of an encoder are
// counted with the towers.
template <number T = double>
struct some_learns {
  static constexpr bool whole = false;
  T layers = T(1), passed = T(1);  // shares of the layers that learn, and that the backward pass goes through
  bool embedding = true, output_matrix = true, towers = true;

  constexpr T anything() const { return where(passed > T(0), T(1), output_matrix ? T(1) : T(0)); }
  constexpr gradients_made<T> of(block part) const {
    const auto all = [](const T& x) { return gradients_made<T>{x, x, x}; };
    switch (part) {
    case block::layer:
    case block::dense:
    case block::mixture:
      return {passed, passed, layers};
    case block::encoder:
      return all(T(towers ? 1 : 0));
    case block::embedding:
      return all(T(embedding ? 1 : 0));
    case block::head:
      return {anything(), where(passed > T(0), T(1), T(0)), T(output_matrix ? 1 : 0)};
    case block::adapter:
      break;
    }
    return all(T(1));
  }
};

template <class Architecture>
struct learner;
namespace detail {
// What contradicts between a model and what of it is to learn.
template <class Architecture>
void check_learning(const learner<Architecture>& x, findings& f) {
  using T = number_of_t<Architecture>;
  const basic_low_rank_adapters<T>& a = x.learning.adapters;
  f.check_at_most("learning.frozen_layers", x.learning.frozen_layers, "the model's layers", x.layer_count(),
                  "Freeze at most all of them.");
  if (!(x.architecture.tables(T(1)).output > T(0)) && x.architecture.output_width() > T(0)) {
    f.require(x.learning.embedding == x.learning.output_matrix, "learning.output_matrix",
              std::string_view(x.learning.output_matrix ? "true" : "false"),
              x.learning.embedding ? "true, as learning.embedding" : "false, as learning.embedding",
              "The output matrix is the embedding: both learn or neither.");
  }
  if (!(a.rank > T(0))) return;
  bool any = false;
  const auto look = [&](const auto& target) {
    if (!(a.*(target.member))) return;
    any = true;
    learner<Architecture> alone = x;
    alone.learning.frozen_layers = x.layer_count();
    alone.learning.adapters = {.rank = a.rank, .query = false, .value = false};
    alone.learning.adapters.*(target.member) = true;
    T narrowest = T(0);  // side of the matrices that this target names; 0 without any
    alone.each_adapter(T(1), [&](const adapted_matrix<T>& m, const T& times) {
      if (!(times > T(0))) return;
      const T side = min(m.in, m.out);
      narrowest = narrowest > T(0) ? min(narrowest, side) : side;
    });
    const std::string path = std::string("learning.adapters.") + target.name;
    f.require(narrowest > T(0), path, std::string_view("true"),
              "false: the model has no such matrix outside routed experts, latent attention and recurrences",
              std::string("Set ") + path + " = false.");
    if (narrowest > T(0))
      f.check_at_most("learning.adapters.rank", a.rank, std::string("the narrower side of ") + target.name, narrowest,
                      "A wider adapter has more parameters than the matrix beside it needs.");
  };
  std::apply([&](const auto&... target) { (look(target), ...); }, basic_low_rank_adapters<T>::targets());
  f.require(any, "learning.adapters.rank", a.rank, "0 without a target",
            "Say beside which matrices adapters lie: query = true, ...");
}
}  // namespace detail

// An architecture, and what of it learns: any that training takes by its layers (parameters.hpp), such as basic_transformer and basic_layered.
// Worked number: Llama-2-7B, rank 16 beside every matrix: 39 976 960 parameters learn, 0.6 % of 6.74e9.
template <class Architecture>
struct learner {
  using T = number_of_t<Architecture>;
  Architecture architecture{};
  basic_learning<T> learning{};

  template <class N>
  using with_number = learner<typename Architecture::template with_number<N>>;
  static constexpr auto fields() {
    using X = learner;
    return std::tuple{part("architecture", &X::architecture), part("learning", &X::learning)};
  }
  void rules(findings& f) const requires real<T> { detail::check_learning(*this, f); }

  constexpr T layer_count() const { return layers_of(architecture); }
  constexpr T mixture_layers() const { return architecture.mixture_layers(); }
  constexpr T frozen_share() const { return learning.frozen_layers / layer_count(); }

  constexpr some_learns<T> learned() const {
    const bool towers = learning.towers && may_hold(architecture.tables(T(1)).towers > T(0));
    const T layers = T(1) - frozen_share();
    const bool before = learning.embedding || towers;  // the layers
    return {.layers = layers,
            .passed = before ? T(1) : where(learning.adapters.rank > T(0), T(1), layers),
            .embedding = learning.embedding,
            .output_matrix = learning.output_matrix,
            .towers = towers};
  }

  // Calls visit(matrix, times) for every adapted matrix; times over all layers.
  template <class Visit>
  constexpr void each_adapter(const T& tensor, Visit&& visit) const {
    const T frozen = frozen_share();
    if (absent(learning.adapters.rank) || absent(frozen)) return;
    const auto of = [&](const auto& block, const T& times) {
      each_adapted(learning.adapters, block, architecture.width, tensor,
                   [&](const adapted_matrix<T>& x) { visit(x, times * frozen); });
    };
    architecture.each_mixer(of);
    architecture.each_feed_forward(of);
  }
  // Parameters of all adapters, on one chip of a tensor-parallel group (1: all of them): rank (in + out) for each; the one of the two matrices
  // that meets the whole width is on every chip.
  constexpr T adapter_parameters(const T& tensor = T(1)) const {
    T sum = T(0);
    each_adapter(tensor, [&](const adapted_matrix<T>& x, const T& times) {
      sum += times * learning.adapters.rank * (x.in + x.out);
    });
    return sum;
  }

  // What training asks of any model (training/model.hpp): the operations of a pass, those of the adapters behind all others; the parameters
  // that a chip holds; and of them those that learn.
  template <number N, class Visit>
  constexpr void operations(const pass<N>& p, const split<N>& s, Visit&& visit) const;
  template <number N>
  constexpr rank_parameters<promote_t<T, N>> parameters(const split<N>& s) const {
    using P = promote_t<T, N>;
    const auto x = layercake::with_number<P>(*this);
    const auto cut = layercake::with_number<P>(s);
    rank_parameters<P> r = parameters_of_rank(x.architecture, cut);
    r.everywhere += x.adapter_parameters(cut.tensor) / cut.pipeline;
    return r;
  }
  template <number N>
  constexpr rank_parameters<promote_t<T, N>> learned_parameters(const split<N>& s) const {
    using P = promote_t<T, N>;
    return layercake::with_number<P>(*this).learned_of_rank(layercake::with_number<P>(s));
  }
  // All parameters of a chip as they are stored, counted as so many of 16 bit: frozen layers in their format.
  template <number N>
  constexpr rank_parameters<promote_t<T, N>> stored_parameters(const split<N>& s) const {
    using P = promote_t<T, N>;
    return layercake::with_number<P>(*this).stored_of_rank(layercake::with_number<P>(s));
  }

  // Parameters of the layers of a rank of all stages, without experts.
  constexpr T in_layers(const T& tensor) const {
    const parameter_count<T> p = models::parameters(architecture, tensor);
    return p.total() - p.embedding - p.experts - p.towers - architecture.tables(tensor).vectors;
  }
  constexpr rank_parameters<T> stored_of_rank(const split<T>& s) const {
    rank_parameters<T> r = parameters(s);
    const T saved = frozen_share() * number_cast<T>(1 - learning.frozen.bits / bits(precision::bf16));
    r.everywhere -= in_layers(s.tensor) * saved / s.pipeline;
    r.routed -= r.routed * saved;
    return r;
  }
  constexpr rank_parameters<T> learned_of_rank(const split<T>& s) const {
    const some_learns<T> what = learned();
    const table_parameters<T> t = learned_tables(s.tensor);
    const T routed = models::parameters(architecture, s.tensor).experts / (s.expert * s.pipeline);
    const T inside = in_layers(s.tensor) * what.layers + adapter_parameters(s.tensor) + t.towers + t.vectors;
    return {.everywhere = inside / s.pipeline + where(s.pipeline > T(1), max(t.input, t.output), t.input + t.output),
            .routed = routed * what.layers};
  }
  // What learns outside the layers.
  constexpr table_parameters<T> learned_tables(const T& tensor) const {
    table_parameters<T> t = architecture.tables(tensor);
    if (!learning.embedding) t.input = t.vectors = T(0);
    if (!learning.output_matrix) t.output = T(0);
    if (!learning.towers) t.towers = T(0);
    return t;
  }
};
template <class Architecture>
learner(const Architecture&, const basic_learning<number_of_t<Architecture>>&) -> learner<Architecture>;

// Adapters in every layer, nothing else learns.
template <class Architecture>
constexpr learner<Architecture> with_adapters(const Architecture& x,
                                              const basic_low_rank_adapters<number_of_t<Architecture>>& a,
                                              const storage& frozen = {}) {
  return {x,
          {.adapters = a,
           .frozen_layers = layers_of(x),
           .embedding = false,
           .output_matrix = false,
           .towers = false,
           .frozen = frozen}};
}
// Nothing learns.
template <class Architecture>
constexpr learner<Architecture> frozen(const Architecture& x, const storage& how = {}) {
  return with_adapters(x, {}, how);
}
// The output matrix learns and nothing else.
template <class Architecture>
constexpr learner<Architecture> output_alone(const Architecture& x, const storage& how = {}) {
  learner<Architecture> y = frozen(x, how);
  y.learning.output_matrix = true;
  return y;
}

// Which gradients a training step of a model makes.
template <number T, class Model>
constexpr auto learning_of(const Model& x) {
  if constexpr (requires { x.learned(); }) {
    return x.learned();
  } else {
    return everything_learns<T>{};
  }
}

// The parameters of a chip that learn, and all that it holds, counted as so many of 16 bit.
template <class Model, number T>
constexpr auto learned_parameters_of(const Model& x, const split<T>& s) {
  if constexpr (requires { x.learned_parameters(s); }) {
    return x.learned_parameters(s);
  } else {
    return x.parameters(s);
  }
}
template <class Model, number T>
constexpr auto stored_parameters_of(const Model& x, const split<T>& s) {
  if constexpr (requires { x.stored_parameters(s); }) {
    return x.stored_parameters(s);
  } else {
    return x.parameters(s);
  }
}

template <class Architecture>
template <number N, class Visit>
constexpr void learner<Architecture>::operations(const pass<N>& p, const split<N>& s, Visit&& visit) const {
  using P = promote_t<T, N>;
  if constexpr (!(std::same_as<P, T> && std::same_as<P, N>)) {
    layercake::with_number<P>(*this).operations(layercake::with_number<P>(p), layercake::with_number<P>(s), visit);
  } else {
    models::operations(architecture, formats::weights_at(learning.frozen), p, s, visit);
    const T rows = p.sequences * p.queries / s.context;
    each_adapter(s.tensor, [&](const adapted_matrix<T>& x, const T& times) {
      detail::adapter_operations(learning.adapters, rows, x, times, visit);
    });
  }
}

}  // namespace layercake::models
