// The number type that a record is made of.
#pragma once

#include <layercake/core/fields.hpp>
#include <tuple>
#include <type_traits>
#include <utility>

namespace layercake {

namespace detail {
// Of a number, a quantity or a kind.
template <class Value>
using number_in = std::remove_cvref<decltype(base_value(std::declval<const Value&>()))>;

template <class Record>
struct number_of {
  using type = double;  // a type that does not describe itself has no inputs of its own
};

template <class Descriptor>
struct descriptor_number {
  using type = void;
};
template <class Owner, class Value>
struct descriptor_number<field_of<Owner, Value>> : number_in<Value> {};
template <class Owner, class Value>
struct descriptor_number<part_of<Owner, Value>> : number_of<Value> {};

template <class Tuple>
struct first_number;
template <>
struct first_number<std::tuple<>> {
  using type = double;
};
template <class First, class... Rest>
struct first_number<std::tuple<First, Rest...>> {
  using own = typename descriptor_number<First>::type;
  using type = typename std::conditional_t<std::is_void_v<own>, first_number<std::tuple<Rest...>>,
                                           std::type_identity<own>>::type;
};

template <described Record>
struct number_of<Record> : first_number<decltype(Record::fields())> {};
template <sequence Record>
  requires(!described<Record>)
struct number_of<Record> : number_of<std::remove_cvref_t<decltype(*std::declval<Record&>().begin())>> {};
}  // namespace detail

// double for basic_grid<double>, a batch for basic_grid<batch>, double for a type that does not describe its fields.
template <class Record>
using number_of_t = typename detail::number_of<Record>::type;

}  // namespace layercake
