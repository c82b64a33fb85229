// Quantities as text.
//
// ```cpp
// std::cout << to_string(1.21e6 * watt) << '\n'         // for people: four significant digits, the unit that the field reads it in
//           << to_exact_string(1.21e6 * watt) << '\n'   // for files: the shortest digits that read back as the same number
//           << 0.42 * usd / million_tokens << '\n';     // what to_string gives
// ```
// ```text
// 1.21 MW
// 1210000 W
// $0.42/Mtok
// ```
//
// Both read back with `parse` (units/parse.hpp). Habits of the field: money as $1.2M, $38B, $62/MWh; time in s, min, h, d, mo or yr; energy
// of a megajoule and more in Wh; area in mm^2, cm^2, m^2, ha or km^2; a thousand kilograms as t; no prefix below one on tokens, bytes and
// FLOPs. A dual prints its value, a batch its lanes.
#pragma once

#include <iosfwd>
#include <layercake/number/print.hpp>
#include <layercake/units/quantity.hpp>
#include <string>
#include <string_view>

namespace layercake {

namespace detail {

struct symbol_buffer {
  char data[192]{};
  std::size_t size = 0;

  constexpr void put(const char* s) {
    while (*s != '\0')
      data[size++] = *s++;
  }
  constexpr void put(long n) {
    if (n >= 10) put(n / 10);
    data[size++] = static_cast<char>('0' + n % 10);
  }
};

template <class Unit>
struct symbol;
template <class Unit>
  requires requires { Unit::written; }
struct symbol<Unit> {
  static constexpr std::string_view text = Unit::written.symbol;
};
template <>
struct symbol<void> {
  static constexpr std::string_view text = "";
};
template <class... Unit, long... N, long... D>
struct symbol<unit::product<unit::power<Unit, N, D>...>> {
  // USD*s^4/(kg*m^2): ours first, then Boost's, each side of the stroke in the reverse of the order of the dimension's list.
  static constexpr symbol_buffer spell() {
    constexpr int count = sizeof...(Unit);
    const char* const name[] = {Unit::written.symbol...};
    const long numerator[] = {N...}, denominator[] = {D...};
    int above = 0, below = 0;
    for (int i = 0; i < count; ++i)
      ++(numerator[i] > 0 ? above : below);
    symbol_buffer s;
    const auto side = [&](bool up) {
      bool first = true;
      for (int i = count; i-- > 0;) {
        if ((numerator[i] > 0) != up) continue;
        if (!first) s.put("*");
        first = false;
        s.put(name[i]);
        const long n = up ? numerator[i] : -numerator[i];
        if (denominator[i] != 1) {
          s.put("^(");
          s.put(n);
          s.put("/");
          s.put(denominator[i]);
          s.put(")");
        } else if (n != 1) {
          s.put("^");
          s.put(n);
        }
      }
    };
    if (above == 0) s.put("1");
    side(true);
    if (below > 0) {
      s.put(below > 1 ? "/(" : "/");
      side(false);
      if (below > 1) s.put(")");
    }
    return s;
  }
  static constexpr symbol_buffer buffer = spell();
  static constexpr std::string_view text{buffer.data, buffer.size};
};

// A number before a unit: "5 W", but "5/s".
inline std::string before_unit(const std::string& number, std::string_view unit) {
  const bool per = unit.substr(0, 2) == "1/" && number.back() != 'n' && number.back() != 'f';
  return number + (per ? "" : " ") + std::string(per ? unit.substr(1) : unit);
}

// x in `unit` with an SI prefix; tonnes take over from megagrams; what is counted has no thousandths.
inline std::string prefixed_text(double x, std::string_view unit) {
  constexpr std::string_view prefixes = "fpnum kMGTPEZ";  // 10^-15 to 10^21
  constexpr int of_one = 5, last = static_cast<int>(prefixes.size()) - 1 - of_one;
  const auto prefix = [&](int thousands) {
    return std::string(prefixes.substr(static_cast<std::size_t>(thousands + of_one), 1));
  };
  const auto starts = [&](std::string_view s) { return unit.substr(0, s.size()) == s; };
  const bool counted = starts("tok") || starts("FLOP") || (starts("B") && !starts("Btu"));
  const rounded_decimal r(x);
  int step = r.exponent >= 0 ? r.exponent / 3 : -((2 - r.exponent) / 3);
  if ((counted && step < 0) || step < -of_one || step > last) step = 0;
  const std::string number = (r.negative ? "-" : "") + r.over_ten_to(3 * step);
  if (step >= 2 && starts("g")) {
    return number + " " + (step > 2 ? prefix(step - 2) : "") + "t" + std::string(unit.substr(1));
  }
  return number + " " + (step != 0 ? prefix(step) : "") + std::string(unit);
}

// $1.2M, $62/MWh: `rest` is what follows the dollar sign in the unit. Letters from $10K on and below 1000 trillion.
inline std::string money_text(double x, std::string_view rest, bool prefixed) {
  constexpr std::string_view letters = "KMBT";
  constexpr int first = 4, beyond = 15;  // powers of ten
  const rounded_decimal r(x);
  const int step = prefixed && r.exponent >= first && r.exponent < beyond ? r.exponent / 3 : 0;
  return (r.negative ? "-$" : "$") + r.over_ten_to(3 * step) +
         std::string(step > 0 ? letters.substr(static_cast<std::size_t>(step) - 1, 1) : "") + std::string(rest);
}

// Units that people change over to: from `from` coherent units on, in units of `size`.
struct habit {
  double from;  // of the absolute value, in coherent units
  double size;
  const char* name;
};
// Seconds in each, as in units/named.hpp. The next larger takes over at two of it, 60 days for the month.
inline constexpr double minute = 60, hour = 3600, day = 86400, month = 2629800, year = 31557600;
inline constexpr habit habits_of_time[] = {{2 * year, year, "yr"},
                                           {60 * day, month, "mo"},
                                           {2 * day, day, "d"},
                                           {2 * hour, hour, "h"},
                                           {2 * minute, minute, "min"}};
inline constexpr habit habits_of_area[] = {{1e6, 1e6, "km^2"},   {1e4, 1e4, "ha"},       {1, 1, "m^2"},
                                           {1e-2, 1e-4, "cm^2"}, {1e-300, 1e-6, "mm^2"}, {0, 1, "m^2"}};
inline constexpr double joules_in_watt_hours = 1e6;  // from this energy on

// A quantity as people read it: `base` coherent units, which are written `as`.
inline std::string person_text(double base, const unit::notation& as) {
  const std::string_view shown = as.shown;
  const double magnitude = base < 0 ? -base : base;
  const double x = base * static_cast<double>(as.denominator) / static_cast<double>(as.numerator);
  if (!is_finite(x)) return before_unit(to_string(x), shown);
  if (shown[0] == '$') return money_text(x, shown.substr(1), as.prefixed);
  const auto by_habit = [&](const auto& habits) -> std::string {
    for (const habit& h : habits) {
      if (magnitude >= h.from) return before_unit(to_string(base / h.size), h.name);
    }
    return prefixed_text(x, shown);
  };
  if (shown == "s") return by_habit(habits_of_time);
  if (shown == "m^2") return by_habit(habits_of_area);
  if (shown == "J" && magnitude >= joules_in_watt_hours) return prefixed_text(base / hour, "Wh");
  return as.prefixed ? prefixed_text(x, shown) : before_unit(to_string(x), shown);
}

// The text of one lane, as a class for the reason told in number/print.hpp.
template <class Unit>
struct text_of_base {
  template <real T>
  std::string operator()(T x) const {
    if constexpr (requires { Unit::written; }) {
      return person_text(static_cast<double>(x), Unit::written);
    } else {
      return before_unit(to_string(static_cast<double>(x)), symbol<Unit>::text);
    }
  }
};

}  // namespace detail

// The coherent unit of a tag: "W", "USD/J"; of a dimension outside the closed list its base units, "USD*s^4/(kg*m^2)"; of void "".
template <class Unit>
constexpr std::string_view symbol_of() {
  return detail::symbol<Unit>::text;
}

// For people: four significant digits, the unit that the field reads it in.
template <class Unit, printable T>
std::string to_string(const quantity<Unit, T>& q) {
  return text_of_lanes(detail::access::base(q), detail::text_of_base<Unit>{});
}

// For files: parse(to_exact_string(q)) == q, bit for bit, where q is finite; parse refuses nan and inf.
template <class Unit, real T>
std::string to_exact_string(const quantity<Unit, T>& q) {
  return to_exact_string(detail::access::base(q)) + " " + std::string(symbol_of<Unit>());
}

template <class Traits, class Unit, printable T>
std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& stream, const quantity<Unit, T>& q) {
  return stream << to_string(q);
}

}  // namespace layercake
