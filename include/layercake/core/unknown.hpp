// Figures that nobody publishes.
#pragma once

#include <layercake/units/kind.hpp>
#include <layercake/units/quantity.hpp>
#include <limits>
#include <type_traits>
#include <utility>

namespace layercake {

namespace detail {
// What `unknown` stands for before it is told of which type.
struct any_value {};

template <class Q>
struct unknown_of {
  constexpr Q operator()() const {
    using T = std::remove_cvref_t<decltype(base_value(std::declval<const Q&>()))>;
    return from_base_value<Q>(number_cast<T>(std::numeric_limits<scalar_of_t<T>>::quiet_NaN()));
  }
};
template <>
struct unknown_of<any_value> {
  template <class Q>
    requires is_quantity<Q> || is_kind<Q> || number<Q>
  constexpr operator Q() const { return unknown_of<Q>{}(); }
};
}  // namespace detail

// The value of a figure that nobody publishes: NaN inside. Only fields whose domain says `or_unknown()` may hold it, and a formula
// that needs it gives NaN.
//
//   quantity<unit::usd, T> price = unknown<>;               becomes of whatever type it is assigned to, over any number type
//   const auto price = unknown<quantity<unit::usd>>();      where no type is given by the place
template <class Q = detail::any_value>
inline constexpr detail::unknown_of<Q> unknown{};

}  // namespace layercake
