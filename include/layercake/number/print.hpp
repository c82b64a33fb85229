// Bare numbers as text.
//
//   to_string(0.1 + 0.2)         "0.3"                   for people: four significant digits
//   to_exact_string(0.1 + 0.2)   "0.30000000000000004"   for files: the shortest digits that read back as the same number
//
// A dual prints its value, a batch its lanes. Numbers with a unit: units/print.hpp.
#pragma once

#include <charconv>
#include <cstddef>
#include <layercake/number/number.hpp>
#include <string>
#include <string_view>

namespace layercake {

// A number as it is read to people: d.ddd * 10^exponent, rounded to four significant digits, trailing zeros gone. Of a number that
// is not finite the digits are its name, nan or inf, and no shift changes them.
struct rounded_decimal {
  std::string digits;
  int exponent = 0;
  bool negative = false;

  explicit rounded_decimal(double x) {
    if (!is_finite(x)) {
      negative = x < 0;
      digits = is_known(x) ? "inf" : "nan";
      return;
    }
    char text[32];
    const char* const end = std::to_chars(text, text + sizeof text, x, std::chars_format::scientific, 3).ptr;
    const char* p = text;
    if (p != end && *p == '-') negative = true, ++p;
    for (; p != end && *p != 'e'; ++p) {
      if (*p != '.') digits += *p;
    }
    if (p != end) ++p;
    if (p != end && *p == '+') ++p;
    std::from_chars(p, end, exponent);
    while (digits.size() > 1 && digits.back() == '0')
      digits.pop_back();
  }

  // Its absolute value over 10^shift.
  std::string over_ten_to(int shift) const {
    if (digits == "nan" || digits == "inf") return digits;
    const int e = exponent - shift;
    // Put together by appending alone: gcc 12 warns of overlaps inside insert() at -O3.
    std::string s;
    const std::string_view all = digits;
    if (e < -4 || e > 5) {
      s.append(all.substr(0, 1));
      if (all.size() > 1) s.append(1, '.').append(all.substr(1));
      s.append(1, 'e').append(std::to_string(e));
    } else if (e < 0) {
      s.append("0.").append(static_cast<std::size_t>(-e - 1), '0').append(all);
    } else {
      const auto whole = static_cast<std::size_t>(e) + 1;
      s.append(all.substr(0, whole));
      if (all.size() <= whole) {
        s.append(whole - all.size(), '0');
      } else {
        s.append(1, '.').append(all.substr(whole));
      }
    }
    return s;
  }
};

namespace detail {
template <class T>
concept has_value = number<T> && !real<T> && requires {
  requires number<decltype(T::value)>;
};
template <class T>
concept has_lanes = number<T> && !real<T> && !has_value<T> && requires(const T& x) {
  { x.get(std::size_t{}) } -> std::convertible_to<scalar_of_t<T>>;
  { T::size } -> std::convertible_to<std::size_t>;
};

inline std::string text_of_double(double x) {
  if (!is_finite(x)) return !is_known(x) ? "nan" : x > 0 ? "inf" : "-inf";
  const rounded_decimal r(x);
  return (r.negative ? "-" : "") + r.over_ten_to(0);
}
// Not a generic lambda: gcc looks at the names of its parameters where it is instantiated, and finds that they hide the user's.
struct text_of_real {
  template <real T>
  std::string operator()(T x) const {
    return text_of_double(static_cast<double>(x));
  }
};
}  // namespace detail

// The numbers that have a text: real ones, duals, batches.
template <class T>
concept printable = real<T> || detail::has_value<T> || detail::has_lanes<T>;

// text(one) for a real number, for the value of a dual, for every lane of a batch.
template <printable T, class Text>
std::string text_of_lanes(const T& x, const Text& text) {
  if constexpr (real<T>) {
    return text(x);
  } else if constexpr (detail::has_value<T>) {
    return text_of_lanes(x.value, text);
  } else {
    std::string s = "{";
    for (std::size_t i = 0; i < T::size; ++i)
      s += (i == 0 ? "" : ", ") + text(static_cast<scalar_of_t<T>>(x.get(i)));
    return s + "}";
  }
}

// For people: four significant digits. NaN and infinities are written nan, inf, -inf.
template <printable T>
std::string to_string(const T& x) {
  return text_of_lanes(x, detail::text_of_real{});
}
template <std::integral T>
std::string to_string(T n) {
  return std::to_string(n);
}

// For files: the shortest digits that read back as the same number.
template <real T>
std::string to_exact_string(const T& x) {
  char text[64];
  return std::string(text, std::to_chars(text, text + sizeof text, x).ptr);
}

}  // namespace layercake
