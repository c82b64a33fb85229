// The inputs of a sweep: which field of the record, and what it runs through or how it is distributed.
#pragma once

#include <cstddef>
#include <layercake/bulk/space/samples.hpp>
#include <layercake/core/fields.hpp>
#include <layercake/units/quantity.hpp>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace layercake::bulk {

// The record over number type N: x.over<N>() where it says how, otherwise each of its fields.
template <class N, class Record>
auto over_numbers(const Record& x) {
  if constexpr (requires { x.template over<N>(); }) {
    return x.template over<N>();
  } else {
    return layercake::with_number<N>(x);
  }
}

// Sets the field of x that `access` names to a number of its base units.
template <class Access, class Record, class N>
void set_input(const Access& access, Record& x, const N& base) {
  auto& field = access(x);
  using Field = std::remove_cvref_t<decltype(field)>;
  using number_of_field = std::remove_cvref_t<decltype(base_value(field))>;
  field = from_base_value<Field>(static_cast<number_of_field>(base));
}

// An input and what it runs through, for axes of several inputs at once: zip(along(...), along(...)).
template <class Access, class Unit>
struct along_of {
  Access access;
  axis<Unit> values;
};
template <class Access, class Unit>
along_of<Access, Unit> along(Access access, axis<Unit> values) {
  return {std::move(access), std::move(values)};
}
// An input known by a distribution: sampled(points, uncertain(...), uncertain(...)).
template <class Access, class Unit>
struct uncertain_of {
  Access access;
  distribution<Unit> values;
};
template <class Access, class Unit>
uncertain_of<Access, Unit> uncertain(Access access, distribution<Unit> values) {
  return {std::move(access), std::move(values)};
}
// Uncertain inputs that go together: the correlations, by rows, of the standard normal variates behind them (a Gaussian
// copula; for distributions that are themselves normal, their own). Throws invalid_axis for a matrix that is not
// symmetric with 1 on the diagonal, or whose entries contradict each other.
template <class... Uncertain>
struct correlated_of {
  std::vector<double> correlation;
  std::tuple<Uncertain...> inputs;
};
template <class... Access, class... Unit>
correlated_of<uncertain_of<Access, Unit>...> correlated(std::vector<double> correlation,
                                                        const uncertain_of<Access, Unit>&... inputs) {
  static_cast<void>(cholesky(correlation, sizeof...(inputs)));  // checks
  return {std::move(correlation), {inputs...}};
}

// How many inputs an uncertain input or a correlated group draws.
template <class Input>
inline constexpr std::size_t inputs_in = 1;
template <class... Uncertain>
inline constexpr std::size_t inputs_in<correlated_of<Uncertain...>> = sizeof...(Uncertain);

namespace detail {
// Calls f(correlations, inputs...) for each input by itself, without correlations, and for each correlated group.
template <class F, class Access, class Unit>
void for_each_group(const F& f, const uncertain_of<Access, Unit>& u) {
  f(std::vector<double>{}, u);
}
template <class F, class... Uncertain>
void for_each_group(const F& f, const correlated_of<Uncertain...>& g) {
  std::apply([&](const auto&... u) { f(g.correlation, u...); }, g.inputs);
}

template <class Input>
inline constexpr bool is_uncertain = false;
template <class Access, class Unit>
inline constexpr bool is_uncertain<uncertain_of<Access, Unit>> = true;
template <class... Uncertain>
inline constexpr bool is_uncertain<correlated_of<Uncertain...>> = true;
}  // namespace detail

// An input known by a distribution, or a correlated group of them.
template <class Input>
concept uncertain_input = detail::is_uncertain<Input>;

}  // namespace layercake::bulk
