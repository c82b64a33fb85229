// std::format("{}", q) and std::format("{:>12}", q): what to_string gives, with the format of a string. Empty where the standard library
// has no <format>.
#pragma once

#include <layercake/units/kind.hpp>
#include <layercake/units/print.hpp>
#include <string_view>
#include <version>

#ifdef __cpp_lib_format
#include <format>

template <class Unit, layercake::printable T>
struct std::formatter<layercake::quantity<Unit, T>, char> : std::formatter<std::string_view, char> {
  template <class Context>
  auto format(const layercake::quantity<Unit, T>& q, Context& context) const {
    return std::formatter<std::string_view, char>::format(layercake::to_string(q), context);
  }
};

template <class Kind, class Value>
struct std::formatter<layercake::of_kind<Kind, Value>, char> : std::formatter<std::string_view, char> {
  template <class Context>
  auto format(const layercake::of_kind<Kind, Value>& k, Context& context) const {
    return std::formatter<std::string_view, char>::format(layercake::to_string(k), context);
  }
};
#endif
