// Whether two records hold the same: what was composed, validated or computed for one then holds for the other.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstring>
#include <layercake/core/fields.hpp>
#include <layercake/core/provenance.hpp>
#include <tuple>
#include <type_traits>

namespace layercake {

namespace detail {
// Two numbers, of whatever type, in every lane and derivative: 0 is -0, unknown is unknown.
template <number T>
bool same_number(const T& a, const T& b) {
  if constexpr (real<T>) {
    return a == b || (a != a && b != b);
  } else if constexpr (requires { a.same(b); }) {
    return a.same(b);
  } else {
    return std::memcmp(&a, &b, sizeof(T)) == 0;
  }
}
}  // namespace detail

// Whether a and b hold the same numbers and labels. Described records are compared member by member, sources left out:
// they enter no formula; texts by what they say; all else by its ==, or else byte by byte. False for a type that has
// neither fields() nor == and is not trivially copyable, since nothing is known of it.
template <class Value>
bool same(const Value& a, const Value& b) {
  if constexpr (std::same_as<Value, provenance>) {
    return true;
  } else if constexpr (std::same_as<Value, const char*>) {
    return a == b || (a != nullptr && b != nullptr && std::strcmp(a, b) == 0);
  } else if constexpr (described<Value>) {
    return std::apply([&](const auto&... d) { return (layercake::same(a.*(d.member), b.*(d.member)) && ...); },
                      Value::fields());
  } else if constexpr (number<std::remove_cvref_t<decltype(base_value(a))>>) {
    return detail::same_number(base_value(a), base_value(b));
  } else if constexpr (detail::sequence<const Value>) {
    auto other = b.begin();
    for (const auto& element : a) {
      if (other == b.end() || !layercake::same(element, *other)) return false;
      ++other;
    }
    return other == b.end();
  } else if constexpr (std::equality_comparable<Value>) {
    return a == b;
  } else if constexpr (std::is_trivially_copyable_v<Value>) {
    return std::memcmp(&a, &b, sizeof(Value)) == 0;
  } else {
    return false;
  }
}

}  // namespace layercake
