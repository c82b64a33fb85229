// Quantities for files that people read and edit: in that unit of the field in which the shortest number reads back as
// the same one.
//
// ```cpp
// std::cout << to_shortest_string(62 * usd / megawatt_hour) << '\n'
//           << to_shortest_string(80 * gigabyte) << '\n'
//           << to_shortest_string(128 * week) << '\n';
// ```
// ```text
// 62 USD/MWh
// 80 GB
// 128 wk
// ```
#pragma once

#include <charconv>
#include <cmath>
#include <cstddef>
#include <layercake/units/parse.hpp>
#include <layercake/units/print.hpp>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace layercake {

namespace detail {

// Units that people write beside the one that to_string changes to.
struct other_units {
  std::string_view symbol;              // of the coherent unit
  std::vector<std::string_view> names;  // best first
};
inline const std::vector<other_units>& units_besides() {
  static const std::vector<other_units> all = {
      {"s", {"yr", "mo", "wk", "d", "h", "min"}},
      {"m^2", {"mm^2", "cm^2", "ha", "km^2"}},
      {"J", {"Wh", "kWh", "MWh", "GWh", "TWh"}},
      {"B", {"KiB", "MiB", "GiB", "TiB"}},
      {"1/s", {"1/h", "1/d", "1/yr", "kHz", "MHz", "GHz"}},
      {"USD", {"million USD", "billion USD"}},
      {"USD/s", {"USD/yr"}},
      {"USD/J", {"USD/kWh", "USD/kW-month", "USD/kW-yr"}},
  };
  return all;
}

// "$/MWh" as it is written in a file: USD/MWh.
inline std::string in_letters(std::string_view unit) {
  std::string s;
  for (const char c : unit)
    s.append(c == '$' ? "USD" : std::string(1, c));
  return s;
}

// `unit` and its multiples. Tonnes take over from megagrams, what is counted has no thousandths, money no prefix, time
// has its hours.
inline void add_prefixed(std::string_view unit, std::vector<std::string>& all) {
  const std::string name(unit);
  const auto starts = [&](std::string_view s) { return unit.substr(0, s.size()) == s; };
  all.push_back(name);
  if (starts("USD")) return;
  const std::string rest = name.substr(1);
  if (starts("g")) {
    for (const std::string_view larger : {"kg", "t", "kt", "Mt", "Gt"})
      all.push_back(std::string(larger) + rest);
  } else if (!starts("s")) {
    for (const char prefix : std::string_view("kMGTPEZ"))
      all.push_back(prefix + name);
  }
  if (starts("tok") || starts("FLOP") || starts("B")) return;
  for (const char prefix : std::string_view("munpf"))
    all.push_back(prefix + name);
}

inline std::vector<std::string> spelled_units(const unit::notation& as) {
  std::vector<std::string> all;
  const std::string shown = in_letters(as.shown), coherent = as.symbol;
  if (as.prefixed) {
    add_prefixed(shown, all);
  } else {
    all.push_back(shown);
  }
  for (const other_units& besides : units_besides()) {
    if (besides.symbol == coherent) all.insert(all.end(), besides.names.begin(), besides.names.end());
  }
  if (shown != coherent) all.push_back(coherent);
  return all;
}

// x to so many significant digits.
template <real T>
std::string rounded_to(int digits, T x) {
  char text[64];
  return std::string(text, std::to_chars(text, text + sizeof text, x, std::chars_format::general, digits).ptr);
}

// How little people like to read a number as text: by its length, one below 1 as three longer.
inline std::size_t awkwardness(std::string_view number) {
  const std::string_view size = number.substr(number[0] == '-' ? 1 : 0);
  const bool below_one = size.substr(0, 2) == "0." || size.find("e-") != size.npos;
  return number.size() + (below_one ? 3 : 0);
}
// Whether it is from 1 to below 1000.
inline bool is_handy(std::string_view number) {
  const std::string_view size = number.substr(number[0] == '-' ? 1 : 0);
  return size[0] != '0' && size.find('e') == size.npos && size.substr(0, size.find('.')).size() <= 3;
}

}  // namespace detail

// The units that a quantity is written in; the coherent one is among them, and of a dimension outside the closed list
// the only one.
template <class Unit>
const std::vector<std::string>& units_of() {
  static const std::vector<std::string> all = [] {
    if constexpr (requires { Unit::written; }) {
      return detail::spelled_units(Unit::written);
    } else {
      return std::vector<std::string>{std::string(symbol_of<Unit>())};
    }
  }();
  return all;
}

// "62" and "USD/MWh" as one text; "12" and "1/s" are 12/s.
inline std::string joined_to_unit(const std::string& digits, std::string_view unit) {
  return detail::before_unit(digits, unit);
}

// The digits that read back in this unit as the same number, bit for bit; empty if none of that length do, or q is not
// finite.
template <class Unit, real T>
std::string digits_in(std::string_view unit, const quantity<Unit, T>& q) {
  const T base = detail::access::base(q);
  if (unit == symbol_of<Unit>()) return is_finite(base) ? to_exact_string(base) : std::string();
  // Where neither the size of a unit nor a rounding up can lead out of the type.
  const T magnitude = base < T(0) ? -base : base;
  const T least = std::sqrt(std::numeric_limits<T>::min()), most = std::sqrt(std::numeric_limits<T>::max());
  if (!(magnitude == T(0) || (magnitude > least && magnitude < most))) return "";
  const auto size = static_cast<double>(detail::access::base(parse<quantity<Unit, T>>(joined_to_unit("1", unit))));
  const T x = static_cast<T>(static_cast<double>(base) / size);
  if (!is_finite(x) || (x == T(0)) != (base == T(0))) return "";
  // A number of few digits is found with as many as always survive the way to binary and back.
  for (int digits = std::numeric_limits<T>::digits10; digits <= std::numeric_limits<T>::max_digits10; ++digits) {
    const std::string text = detail::rounded_to(digits, x);
    const T read = detail::access::base(parse<quantity<Unit, T>>(joined_to_unit(text, unit)));
    if (read == base && std::signbit(read) == std::signbit(base)) return text;
  }
  return "";
}

// For files: parse(to_shortest_string(q)) == q, bit for bit, where q is finite. Of units in which the number is equally
// short, one in which it is from 1 to below 1000.
template <class Unit, real T>
std::string to_shortest_string(const quantity<Unit, T>& q) {
  if (!is_finite(detail::access::base(q))) return to_exact_string(q);
  std::string best;
  std::string_view best_unit;
  for (const std::string& unit : units_of<Unit>()) {
    std::string text = digits_in(unit, q);
    if (text.empty()) continue;
    if (!best.empty()) {
      const std::size_t before = detail::awkwardness(best), now = detail::awkwardness(text);
      if (now > before || (now == before && (detail::is_handy(best) || !detail::is_handy(text)))) continue;
    }
    best = std::move(text);
    best_unit = unit;
  }
  return joined_to_unit(best, best_unit);
}

}  // namespace layercake
