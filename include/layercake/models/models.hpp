// The models layer: what one answer costs in FLOP, bytes, memory and messages. What any model must offer to stand in a stack.
#pragma once

#include <layercake/models/catalog.hpp>
#include <layercake/models/catalog_beyond_language.hpp>
#include <layercake/models/catalog_layered.hpp>
#include <layercake/models/deployed.hpp>
#include <layercake/models/diffusion.hpp>
#include <layercake/models/inference_model.hpp>
#include <layercake/models/layered.hpp>
#include <layercake/models/layers.hpp>
#include <layercake/models/learning.hpp>
#include <layercake/models/low_rank_adapters.hpp>
#include <layercake/models/operations.hpp>
#include <layercake/models/recommendation.hpp>
#include <layercake/models/structure_prediction.hpp>
#include <layercake/models/training.hpp>
#include <layercake/models/transformer.hpp>

namespace layercake::models {

namespace detail {
// Takes whatever operations a model has.
struct any_visitor {
  template <class Operation, class Times>
  constexpr void operator()(const Operation&, const Times&) const {}
};

template <class Model>
concept has_weights = requires(const Model& m, const split<double>& s) {
  m.weights(s) + 1.0 * units::byte;
};
template <class Model>
concept has_cache = requires(const Model& m, const quantity<unit::token, double>& n, const split<double>& s) {
  m.cache(n, s) + 1.0 * units::byte;
};
template <class Model>
concept has_operations = requires(const Model& m, const pass<double>& p, const split<double>& s, any_visitor v) {
  m.operations(p, s, v);
};
// An architecture that nobody has said yet in which format it runs, as the transformers of the catalog.
template <class Model>
concept awaits_format = !has_weights<Model> && requires(const Model& m) {
  m.at(precision::fp8);
};
}  // namespace detail

// A model: how many bytes of weights and of cache one chip of a split holds, and the operations of a pass, visited one by one as core/operations.hpp
// has them; a single `work` (FLOP and bytes) will do. Optional: generates_tokens (false: a call is one pass; if not there it is taken as true), name,
// royalty, allows(split), kernel_share() (of the speed that kernels have alone, which its own software reaches; if not there 1).
template <class Model>
concept model = detail::has_weights<Model> && detail::has_cache<Model> && detail::has_operations<Model>;

// Says which member a type lacks to be a model; the stack calls it first.
template <class Model>
consteval bool require_model() {
  static_assert(!detail::awaits_format<Model>,
                "layercake: say in which format the model runs: model.at(precision::fp8), any .at(precision), or "
                "model.as_published()");
  if constexpr (!detail::awaits_format<Model>) {
    static_assert(detail::has_weights<Model>, "layercake: a model needs `template <class N> auto weights(const "
                                              "models::split<N>&) const` that returns a quantity<unit::byte>: "
                                              "the weights on one chip");
    static_assert(detail::has_cache<Model>,
                  "layercake: a model needs `template <class N> auto cache(const quantity<unit::token, N>&, const "
                  "models::split<N>&) const` that "
                  "returns a quantity<unit::byte>: the cache of one sequence on one chip, 0 without one");
    static_assert(detail::has_operations<Model>,
                  "layercake: a model needs `template <class N, class Visit> void "
                  "operations(const models::pass<N>&, const models::split<N>&, "
                  "Visit&&) const` that calls visit(operation, times) for each operation of a "
                  "pass, or once with a layercake::work<N>");
  }
  return model<Model> || detail::awaits_format<Model>;  // of which enough has been said
}

// Whether a call is one pass over its input and one for every further token that it writes.
template <class Model>
constexpr bool generates_tokens() {
  if constexpr (requires { Model::generates_tokens; }) {
    return Model::generates_tokens;
  } else {
    return true;
  }
}

// Share of the speed that kernels have alone, which a model's own software reaches in all of them.
template <number T, class Model>
constexpr T kernel_share_of(const Model& m) {
  if constexpr (requires { m.kernel_share(); }) {
    return number_cast<T>(m.kernel_share());
  } else {
    return T(1);
  }
}

template <class Model>
constexpr const char* name_of(const Model& m) {
  if constexpr (requires {
                  { m.name() } -> std::convertible_to<const char*>;
                }) {
    return m.name();
  } else if constexpr (requires {
                         { m.name } -> std::convertible_to<const char*>;
                       }) {
    return m.name;
  } else {
    return "a model";
  }
}

// FLOP and bytes of a pass of any model on one chip of a split.
template <model Model, number N>
constexpr totals<N> pass_totals(const Model& m, const pass<N>& p, const split<N>& s = {}) {
  totals<N> sum{};
  m.operations(p, s, sum);
  return sum;
}

}  // namespace layercake::models
