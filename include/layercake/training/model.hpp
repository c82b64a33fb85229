// What a model must offer to be trained.
#pragma once

#include <layercake/core/number_of.hpp>
#include <layercake/models/operations.hpp>
#include <layercake/training/learning_memory.hpp>

namespace layercake {

// The memory of the fullest rank by a model's own account; of a transformer see training/memory.hpp.
template <class Model, number T>
  requires requires(const Model& m, const basic_training_layout<T>& l) { m.memory(l).total(); }
constexpr training_memory<T> memory_of_training(const Model& m, const basic_training_layout<T>& l) {
  return m.memory(l);
}

namespace detail {
// Takes whatever operations a model has.
struct trained_operation {
  template <class Operation, class Times>
  constexpr void operator()(const Operation&, const Times&) const {}
};
template <class Model>
concept has_layers = requires(const Model& m) {
  models::layers_of(m);
};
template <class Model>
concept has_training_operations = requires(const Model& m, const models::pass<double>& p,
                                           const models::split<double>& s, trained_operation v) {
  m.operations(p, s, v);
};
template <class Model>
concept has_parameters = requires(const Model& m, const models::split<double>& s) {
  m.parameters(s).everywhere + m.parameters(s).routed;
};
template <class Model>
concept has_training_memory = requires(const Model& m, const basic_training_layout<number_of_t<Model>>& l) {
  memory_of_training(m, l).total();
};
}  // namespace detail

// A model that can be trained: how many layers it has, the operations of a training pass on one chip of a split, the
// parameters and the memory of a chip. models::basic_transformer is one; so is, with nothing in a layer but one product,
//
// ```cpp global
// struct square {
//   double layers = 8;
//   template <class N, class Visit>
//   void operations(const models::pass<N>& p, const models::split<N>& s, Visit&& visit) const {
//     visit(matrix_product<N>{.m = p.sequences * p.queries / s.context, .n = N(4096) / s.tensor, .k = N(4096)}, N(layers));
//   }
//   template <class N>
//   models::rank_parameters<N> parameters(const models::split<N>& s) const {
//     return {.everywhere = N(layers * 4096 * 4096) / (s.tensor * s.pipeline)};
//   }
//   template <class N>
//   training_memory<N> memory(const basic_training_layout<N>& l) const { return model_states(parameters(l.split()), l); }
// };
// static_assert(trainable_model<square>);
// ```
//
// Operations are those of core/operations.hpp; `part` says which block each belongs to. Products of block::head and
// attention are multiplied in 16 bit, in TF32 and FP32 where the plan is; all others in the plan's precision. Messages between stages are a point_to_point of the
// communicator pipeline. Times and FLOP of the backward pass follow from the forward pass. A model of which not everything learns says so by
// learned(), learned_parameters(split) and stored_parameters(split), as models::learner does.
template <class Model>
concept trainable_model = detail::has_layers<Model> && detail::has_training_operations<Model> &&
    detail::has_parameters<Model> && detail::has_training_memory<Model>;

// Says which member a type lacks to be trained.
template <class Model>
consteval bool require_trainable() {
  static_assert(detail::has_layers<Model>,
                "layercake: a model that is trained needs `layers`, the number of its layers");
  static_assert(detail::has_training_operations<Model>,
                "layercake: a model that is trained needs `template <class N, class Visit> void operations(const "
                "models::pass<N>&, const models::split<N>&, Visit&&) const` that calls visit(operation, times) for "
                "each operation of a forward pass");
  static_assert(detail::has_parameters<Model>,
                "layercake: a model that is trained needs `template <class N> models::rank_parameters<N> "
                "parameters(const models::split<N>&) const`: what one chip holds");
  static_assert(detail::has_training_memory<Model>,
                "layercake: a model that is trained needs `template <class N> training_memory<N> "
                "memory(const basic_training_layout<N>&) const`: the bytes of the fullest chip, of which "
                "model_states(parameters(l.split()), l) gives weights, gradients and optimiser states");
  return trainable_model<Model>;
}

}  // namespace layercake
