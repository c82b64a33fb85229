// What is wrong with a value, said in one form, and the checks that say it.
//
// ```cpp
// check_positive("request.load", 100 * megawatt, "Set the load at the meter: 100 * megawatt.");  // or throws invalid_value
// check_known("chip.price", 30000 * usd, "Set it, price = 30000 * usd, or rent the chip.");      // or throws missing_value
//
// findings f("plan");                                                                            // collects
// f.check_divides("tensor", 7, "model.heads", 64, "Every rank takes whole heads.");
// f.check_at_most("pipeline", 40, "model.layers", 80, "Every stage needs a layer.");
// std::cout << text_of(f.list());                                     // raise_if_any(f) throws invalid_value with all of it
// ```
//
// Every text names the path of the value, the value with its unit, what is allowed, and what to change:
//
// ```text
// plan.tensor is 7; allowed: a divisor of model.heads, 64. Every rank takes whole heads.
// ```
//
// Values are numbers, quantities or kinds; each is written by the to_string that is found beside its type, a kind as the
// quantity in it, plain(k), since the path says whose it is. The checks compare
// real numbers: of a dual its value; a batch is not checked.
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <layercake/number/domain.hpp>
#include <layercake/number/error.hpp>
#include <layercake/number/print.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace layercake {

// What is wrong with one value.
struct finding {
  std::string path;     // stack.energy.price
  std::string value;    // -62 USD/MWh
  std::string allowed;  // above 0
  std::string remedy;   // what to change

  std::string text() const { return path + " is " + value + "; allowed: " + allowed + ". " + remedy; }
};

// All of them, one a line.
inline std::string text_of(const std::vector<finding>& found) {
  std::string text;
  for (const finding& f : found)
    text.append(text.empty() ? "" : "\n").append(f.text());
  return text;
}

// Throws `invalid_value` with all of them, if there is one.
inline void raise_if_any(const std::vector<finding>& found) {
  if (!found.empty()) raise(invalid_value(text_of(found)));
}

// Throws `missing_value` with all of them, if there is one: of figures that are needed and nobody gave.
inline void raise_if_missing(const std::vector<finding>& found) {
  if (!found.empty()) raise(missing_value(text_of(found)));
}

// A domain in words: "above 0", "from 0 to 1", "a whole number, at least 1". `low` and `high` are its ends as text; an end that only
// bounds what is sensible is left out unless `x`, which is refused, lies beyond it.
inline std::string range_text(const domain& d, const std::string& low, const std::string& high, double x) {
  std::string s;
  const bool has_low = d.low > -largest_sensible || x < d.low, has_high = d.high < largest_sensible || x > d.high;
  if (has_low && has_high) {
    s = (d.low_excluded ? "above " : "from ") + low + (d.high_excluded ? " to below " : " to ") + high;
  } else if (has_low) {
    s = (d.low_excluded ? "above " : "at least ") + low;
  } else if (has_high) {
    s = (d.high_excluded ? "below " : "at most ") + high;
  } else {
    s = "any finite value";
  }
  return d.whole ? "a whole number, " + s : s;
}

// Whether rounding for people makes x what it is not: the end of its domain that it lies beyond, "1; allowed: from 0 to 1" of 1.00001,
// or a whole number, "3; allowed: a whole number" of 3.00001. Exact digits tell the two apart.
template <class Text>
bool reads_as_allowed(const domain& d, double x, const Text& text) {
  const auto same = [&](double y) { return x != y && text(x) == text(y); };
  return same(d.low) || same(d.high) || (d.whole && same(std::nearbyint(x)));
}

// Whether a value lies in a domain, which is in base units. An unknown value does if the domain says or_unknown(); a batch is
// not looked at.
template <class Value>
bool allows(const domain& allowed, const Value& value) {
  const auto base = base_value(value);
  if constexpr (has_real_value<std::remove_cvref_t<decltype(base)>>) {
    const auto x = real_value(base);
    return (allowed.optional && !is_known(x)) || allowed.contains(static_cast<double>(x));
  } else {
    return true;
  }
}

// Collects what is wrong with a record, a plan or a request. A record may state rules between its fields in
// `void rules(findings&) const`. Paths given to its checks are appended to its own.
class findings {
public:
  explicit findings(std::string path = "") : path_(std::move(path)) {}

  const std::vector<finding>& list() const { return list_; }
  std::vector<finding> take() { return std::move(list_); }
  bool empty() const { return list_.empty(); }

  // What another check has found, with the paths as they are there.
  void add(std::vector<finding> found) {
    for (finding& f : found)
      list_.push_back(std::move(f));
  }

  // A rule that has no name below: where it does not hold, `field` is reported.
  template <class Value>
  void require(bool holds, std::string_view field, const Value& value, std::string allowed, std::string_view remedy) {
    if (!holds) list_.push_back({joined(path_, field), shown(value), std::move(allowed), std::string(remedy)});
  }

  // Inside a domain, which is in base units: allows(allowed, value).
  template <class Value>
  void check_within(std::string_view field, const Value& value, const domain& allowed, std::string_view remedy) {
    if (allows(allowed, value)) return;
    if constexpr (has_real_value<std::remove_cvref_t<decltype(base_value(value))>>) {
      const auto x = real_value(base_value(value));
      using real_type = std::remove_cvref_t<decltype(x)>;
      using shown_type = std::conditional_t<std::integral<real_type>, double, real_type>;
      const auto text = [](double y) { return shown(from_base_value<Value>(static_cast<shown_type>(y))); };
      const auto base = static_cast<double>(x);
      std::string range = range_text(allowed, text(allowed.low), text(allowed.high), base);
      if (reads_as_allowed(allowed, base, text)) return require(false, field, exact(value), std::move(range), remedy);
      require(false, field, value, std::move(range), remedy);
    }
  }
  template <class Value>
  void check_positive(std::string_view field, const Value& value, std::string_view remedy) {
    check_within(field, value, positive, remedy);
  }
  template <class Value>
  void check_nonnegative(std::string_view field, const Value& value, std::string_view remedy) {
    check_within(field, value, nonnegative, remedy);
  }
  // From 0 to 1.
  template <class Value>
  void check_share(std::string_view field, const Value& value, std::string_view remedy) {
    check_within(field, value, share, remedy);
  }
  // A whole number, at least 1.
  template <class Value>
  void check_count(std::string_view field, const Value& value, std::string_view remedy) {
    check_within(field, value, positive_count, remedy);
  }

  // A whole number of any sign: parts that come in pieces.
  template <class Value>
  void check_whole(std::string_view field, const Value& value, std::string_view remedy) {
    constexpr domain whole{-largest_sensible, largest_sensible, false, false, true};
    const auto x = static_cast<double>(real_value(value));
    if (whole.contains(x)) return;
    const bool reads_as_whole = reads_as_allowed(whole, x, [](double y) { return shown(y); });
    require(false, field, reads_as_whole ? exact(value) : shown(value), "a whole number", remedy);
  }
  // `whole` is a multiple of `part`.
  template <class Value, class Whole>
  void check_divides(std::string_view field, const Value& part, std::string_view whole_name, const Whole& whole,
                     std::string_view remedy) {
    if (divides(part, whole)) return;
    const auto [of_part, of_whole] = told_apart(part, whole, !has_unit<Whole>);  // 123456 reads 123500
    require(false, field, of_part, "a divisor of " + named(whole_name, of_whole), remedy);
  }

  // Not above or below a limit of the same unit; an unknown value or limit passes.
  template <class Value, class Limit>
  void check_at_most(std::string_view field, const Value& value, std::string_view limit_name, const Limit& limit,
                     std::string_view remedy) {
    if (!(value > limit)) return;
    const auto [of_value, of_limit] = told_apart(value, limit);
    require(false, field, of_value, "at most " + named(limit_name, of_limit), remedy);
  }
  template <class Value, class Limit>
  void check_at_least(std::string_view field, const Value& value, std::string_view limit_name, const Limit& limit,
                      std::string_view remedy) {
    if (!(value < limit)) return;
    const auto [of_value, of_limit] = told_apart(value, limit);
    require(false, field, of_value, "at least " + named(limit_name, of_limit), remedy);
  }
  // As many as something else: lists that go together.
  template <class Value, class Expected>
  void check_equal(std::string_view field, const Value& value, std::string_view expected_name, const Expected& expected,
                   std::string_view remedy) {
    if (value == expected) return;
    const auto [of_value, of_expected] = told_apart(value, expected);
    require(false, field, of_value, of_expected + ", as " + std::string(expected_name), remedy);
  }

  // A figure that is needed; collected where nobody gives it.
  template <class Value>
  void check_known(std::string_view field, const Value& value, std::string_view remedy) {
    require(is_known(value), field, std::string_view("unknown"), "a known value", remedy);
  }
  template <class List>
  void check_not_empty(std::string_view field, const List& list, std::string_view remedy) {
    require(list.begin() != list.end(), field, std::string_view("empty"), "at least one", remedy);
  }
  // Every element inside a domain; the first that is not is reported as field[i].
  template <class List>
  void check_each(std::string_view field, const List& list, const domain& allowed, std::string_view remedy) {
    std::size_t i = 0;
    for (const auto& element : list) {
      if (!allows(allowed, element)) {
        return check_within(std::string(field) + "[" + std::to_string(i) + "]", element, allowed, remedy);
      }
      ++i;
    }
  }
  // A name out of a list of names.
  template <class Names>
  void check_one_of(std::string_view field, std::string_view name, const Names& names, std::string_view remedy) {
    std::string all;
    for (const std::string_view n : names) {
      if (n == name) return;
      all.append(all.empty() ? "" : ", ").append(n);
    }
    require(false, field, "\"" + std::string(name) + "\"", all.empty() ? std::string("nothing") : "one of " + all,
            remedy);
  }

  // path.name; the name alone without a path.
  static std::string joined(std::string_view path, std::string_view name) {
    std::string s(path);
    return s.append(path.empty() || name.empty() ? "" : ".").append(name);
  }

  // part * n == whole for a whole n.
  template <class Value, class Whole>
  static constexpr bool divides(const Value& part, const Whole& whole) {
    constexpr domain times{-largest_sensible, largest_sensible, false, false, true};
    const auto real = [](const auto& x) { return static_cast<double>(real_value(base_value(x))); };  // 64 / 7 is not 9
    return times.contains(real(whole) / real(part));
  }

private:
  template <class Value>
  static std::string shown(const Value& value) {
    if constexpr (std::convertible_to<const Value&, std::string_view>) {
      return std::string(std::string_view(value));
    } else if constexpr (requires { to_string(plain(value)); }) {
      return to_string(plain(value));
    } else {
      return to_string(value);
    }
  }
  template <class Value>
  static constexpr bool has_unit =
      !std::same_as<std::remove_cvref_t<decltype(base_value(std::declval<Value>()))>, Value>;
  // With every digit, as it is compared; in base units of what has a unit.
  template <class Value>
  static std::string exact(const Value& value) {
    const auto base = base_value(value);
    if constexpr (has_real_value<std::remove_cvref_t<decltype(base)>>) {
      const auto x = real_value(base);
      if constexpr (!std::integral<std::remove_cvref_t<decltype(x)>>) {
        return to_exact_string(static_cast<double>(x)) + (has_unit<Value> ? " in base units" : "");
      }
    }
    return shown(value);
  }
  // Two values that differ, as texts that do: with every digit where rounding for people makes them alike.
  template <class Value, class Other>
  static std::pair<std::string, std::string> told_apart(const Value& value, const Other& other,
                                                        bool every_digit = false) {
    if (every_digit || shown(value) == shown(other)) return {exact(value), exact(other)};
    return {shown(value), shown(other)};
  }
  static std::string named(std::string_view name, const std::string& value) {
    return name.empty() ? value : std::string(name) + ", " + value;
  }

  std::string path_;
  std::vector<finding> list_;
};

inline void raise_if_any(const findings& found) { raise_if_any(found.list()); }

// ---- the same checks, thrown at once ---------------------------------------------------------------------------------------
//
// `path` is whole. Each throws invalid_value, but check_known missing_value.

template <class Value>
void require(bool holds, std::string_view path, const Value& value, std::string_view allowed, std::string_view remedy) {
  if (holds) return;
  findings f;
  f.require(false, path, value, std::string(allowed), remedy);
  raise_if_any(f);
}
template <class Value>
void check_within(std::string_view path, const Value& value, const domain& allowed, std::string_view remedy) {
  findings f;
  f.check_within(path, value, allowed, remedy);
  raise_if_any(f);
}
template <class Value>
void check_positive(std::string_view path, const Value& value, std::string_view remedy) {
  check_within(path, value, positive, remedy);
}
template <class Value>
void check_nonnegative(std::string_view path, const Value& value, std::string_view remedy) {
  check_within(path, value, nonnegative, remedy);
}
template <class Value>
void check_share(std::string_view path, const Value& value, std::string_view remedy) {
  check_within(path, value, share, remedy);
}
template <class Value>
void check_count(std::string_view path, const Value& value, std::string_view remedy) {
  check_within(path, value, positive_count, remedy);
}
template <class Value>
void check_whole(std::string_view path, const Value& value, std::string_view remedy) {
  findings f;
  f.check_whole(path, value, remedy);
  raise_if_any(f);
}
template <class Value, class Whole>
void check_divides(std::string_view path, const Value& part, std::string_view whole_name, const Whole& whole,
                   std::string_view remedy) {
  findings f;
  f.check_divides(path, part, whole_name, whole, remedy);
  raise_if_any(f);
}
template <class Value, class Limit>
void check_at_most(std::string_view path, const Value& value, std::string_view limit_name, const Limit& limit,
                   std::string_view remedy) {
  findings f;
  f.check_at_most(path, value, limit_name, limit, remedy);
  raise_if_any(f);
}
template <class Value, class Limit>
void check_at_least(std::string_view path, const Value& value, std::string_view limit_name, const Limit& limit,
                    std::string_view remedy) {
  findings f;
  f.check_at_least(path, value, limit_name, limit, remedy);
  raise_if_any(f);
}
template <class Value, class Expected>
void check_equal(std::string_view path, const Value& value, std::string_view expected_name, const Expected& expected,
                 std::string_view remedy) {
  findings f;
  f.check_equal(path, value, expected_name, expected, remedy);
  raise_if_any(f);
}
template <class Value>
void check_known(std::string_view path, const Value& value, std::string_view remedy) {
  findings f;
  f.check_known(path, value, remedy);
  raise_if_missing(f.list());
}
template <class List>
void check_not_empty(std::string_view path, const List& list, std::string_view remedy) {
  findings f;
  f.check_not_empty(path, list, remedy);
  raise_if_any(f);
}
template <class List>
void check_each(std::string_view path, const List& list, const domain& allowed, std::string_view remedy) {
  findings f;
  f.check_each(path, list, allowed, remedy);
  raise_if_any(f);
}
template <class Names>
void check_one_of(std::string_view path, std::string_view name, const Names& names, std::string_view remedy) {
  findings f;
  f.check_one_of(path, name, names, remedy);
  raise_if_any(f);
}

}  // namespace layercake
