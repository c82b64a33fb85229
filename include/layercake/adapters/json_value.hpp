// JSON values that come from outside: how deep they may lie, and how an error shows them.
#pragma once

#include <cstddef>
#include <layercake/core/record_text.hpp>
#include <nlohmann/json.hpp>
#include <string>

namespace layercake::adapters::detail {

// Levels of nesting; readers recurse through as many.
inline constexpr std::size_t deepest_json = 32;

// Whether a value is nested in more than so many levels.
template <class Json>
bool lies_deeper_than(std::size_t levels, const Json& value) {
  if (!value.is_structured()) return levels == 0;
  if (levels == 0) return true;
  for (const Json& inside : value) {
    if (lies_deeper_than(levels - 1, inside)) return true;
  }
  return false;
}

// A value as an error shows it.
template <class Json>
std::string shown_json(const Json& value) {
  if (const auto* text = value.template get_ptr<const std::string*>()) return quoted_text(*text);
  if (value.is_structured()) return value.is_array() ? "an array" : "an object";
  return value.is_number() || value.is_boolean() || value.is_null() ? value.dump() : value.type_name();
}

}  // namespace layercake::adapters::detail
