// The values of an enumeration by the names that name() gives them: the one list of them, for printing and for reading.
#pragma once

#include <layercake/config.hpp>

#include <concepts>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

namespace layercake {

// An enumeration beside which a function name(value) stands. Its values count from 0, each has a name, and name() is
// empty beyond them.
template <class Enum>
concept named_enumeration = std::is_enum_v<Enum> && requires(Enum e) {
  { name(e) } -> std::convertible_to<const char*>;
};

// The names of all values, in their order.
template <named_enumeration Enum>
std::vector<std::string_view> names_of() {
  std::vector<std::string_view> all;
  for (int i = 0;; ++i) {
    const std::string_view text = name(static_cast<Enum>(i));
    if (text.empty()) return all;
    all.push_back(text);
  }
}

// The value of this name; none where no value has it.
template <named_enumeration Enum>
std::optional<Enum> value_named(std::string_view text) {
  for (int i = 0;; ++i) {
    const std::string_view candidate = name(static_cast<Enum>(i));
    if (candidate.empty()) return std::nullopt;
    if (candidate == text) return static_cast<Enum>(i);
  }
}

}  // namespace layercake
