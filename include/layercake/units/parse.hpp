// Text to quantities, by the names people write.
//
// ```cpp
// auto power = parse<quantity<unit::watt>>("1.5 MW");
// auto price = parse<quantity<unit::usd_per_joule>>("$62/MWh");
// auto demand_charge = parse<quantity<unit::usd_per_joule>>("18 USD/kW-month");
// auto share = parse<double>("35 %");
// ```
//
// Reads what to_string and to_exact_string write, and
//
//   text     number [million | billion | ...] [unit]  |  $ number [k | M | B | T] [(/ | *) unit]
//   unit     power { (* | / | per) power }            left to right: a/b*c is (a/b)*c
//   power    name [^ exponent] { - power }            kW-month is one factor: USD/kW-month is USD/(kW*month)
//   name     [prefix] unit name | ( unit ) | 1 | $
//   exponent whole number | ( whole number [/ whole number] )
//
// Prefixes f p n u m k M G T P E Z Y (c before m; Ki Mi Gi Ti Pi before B and b) or in full (mega). Counted things (GPU, task, person) are
// plain numbers: "12 tasks/day" is 12/day. FLOPS is refused, since it is read both as FLOP and as FLOP/s.
// nan and inf, which those write of what is unknown or endless, are refused: a text is read for a figure.
// Throws parse_error, which names the column, what was found and what was expected.
#pragma once

#include <charconv>
#include <layercake/number/error.hpp>
#include <layercake/units/named.hpp>
#include <layercake/units/names.hpp>
#include <layercake/units/print.hpp>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

#if !defined(__cpp_lib_to_chars) && !defined(__GLIBCXX__)
#include <locale>
#include <sstream>
#endif

namespace layercake {

// Text that is not a quantity, or one of another dimension. `column` counts bytes from 1.
struct parse_error : error {
  parse_error(const std::string& text, std::size_t at) : error(text), column(at) {}
  std::size_t column;
};

namespace detail::reading {

constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool in_name(char c) { return is_letter(c) || c == '%' || c == '$' || static_cast<unsigned char>(c) >= 0x80; }

template <class... Tag>
std::string_view named_symbol(const exponents& powers, const unit::detail::list<Tag...>*) {
  std::string_view found;
  ((tag_exponents<Tag> == powers ? void(found = Tag::written.symbol) : void()), ...);
  return found;
}

inline std::string symbol_for(const exponents& powers) {
  if (powers == exponents{}) return "a plain number";
  const std::string_view named = named_symbol(powers, static_cast<const unit::detail::named*>(nullptr));
  if (!named.empty()) return std::string(named);
  std::string s;
  for (std::size_t i = base_symbols.size(); i-- > 0;) {
    const int n = powers.of[i];
    if (n == 0) continue;
    s += (s.empty() ? "" : "*") + std::string(base_symbols[i]);
    if (n % fraction != 0) {
      s += "^(" + std::to_string(n) + "/" + std::to_string(fraction) + ")";
    } else if (n != fraction) {
      s += "^" + std::to_string(n / fraction);
    }
  }
  return s;
}

// What was read: where the number stands in the text, and the unit behind it.
struct reading {
  std::string_view number;
  bool negative = false;
  measure unit;
};

// What is read of a unit: parentheses this deep, exponents this large.
inline constexpr int deepest = 16;
inline constexpr int largest_exponent = 12;

// Reads a number and a unit by recursive descent, one function for each rule of the grammar above.
class reader {
public:
  reader(std::string_view text, const exponents& expected, std::string_view symbol, std::string_view shown)
      : text_(text), expected_(expected), symbol_(symbol), shown_(shown) {}

  reading read() {
    reading r;
    skip();
    r.negative = take('-');
    if (!r.negative) take('+');
    const bool money = take('$');
    if (money && !r.negative) r.negative = take('-');
    double ignored = 0;
    const char* const begin = text_.data() + at_;
    const char* const end = number_end(begin, ignored);
    if (end == begin || *begin == '-') refuse(at_, "a number");
    if (is_letter(*begin)) refuse(at_, "a finite number");  // nan, inf
    r.number = std::string_view(begin, static_cast<std::size_t>(end - begin));
    at_ += r.number.size();
    if (at_ < text_.size() && text_[at_] == ',')
      refuse(at_, "a unit (write digits without separators: 1200, not 1,200)");
    const std::size_t unit_at = at_;
    r.unit = money ? money_unit() : unit_after_number();
    skip();
    if (at_ < text_.size()) refuse(at_, "*, / or the end");
    if (r.unit.powers != expected_) {
      std::size_t first = unit_at;
      while (first < text_.size() && text_[first] == ' ')
        ++first;
      const std::string found(text_.substr(money ? 0 : first));
      fail(first < text_.size() ? first : text_.size(),
           (found.empty() ? std::string("found no unit")
                          : "found " + quoted(found) + ", which is " + in_units(symbol_for(r.unit.powers))) +
               "; expected " + expectation());
    }
    return r;
  }

  [[noreturn]] void out_of_range() const { fail(0, "the number is too large or too small to be held"); }

private:
  static const char* number_end(const char* begin, const char* end, double& x) {
#if defined(__cpp_lib_to_chars) || defined(__GLIBCXX__)
    return std::from_chars(begin, end, x).ptr;
#else
    (void)x;
    const char* p = begin;
    while (p != end && (is_digit(*p) || *p == '.'))
      ++p;
    if (p != begin && p + 1 < end && (*p == 'e' || *p == 'E')) {
      const char* q = p + 1 + (p[1] == '-' || p[1] == '+' ? 1 : 0);
      if (q < end && is_digit(*q)) {
        while (q < end && is_digit(*q))
          ++q;
        p = q;
      }
    }
    return p;
#endif
  }
  const char* number_end(const char* begin, double& x) const {
    return number_end(begin, text_.data() + text_.size(), x);
  }

  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t'))
      ++at_;
  }
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  std::string_view word() const {
    std::size_t end = at_;
    while (end < text_.size() && in_name(text_[end]))
      ++end;
    if (end == at_) return {};
    while (end < text_.size() && (in_name(text_[end]) || is_digit(text_[end])))
      ++end;
    return text_.substr(at_, end - at_);
  }
  bool take_word(std::string_view w) {
    if (word() != w) return false;
    at_ += w.size();
    return true;
  }
  bool take_multiplier(measure& m) {
    constexpr struct {
      std::string_view name;
      int decimal;
    } words[] = {{"thousand", 3}, {"million", 6}, {"billion", 9}, {"trillion", 12}};
    skip();
    for (const auto& w : words) {
      if (!take_word(w.name)) continue;
      m.size.decimal += w.decimal;
      return true;
    }
    return false;
  }

  measure unit_after_number() {
    measure m;
    const bool multiplied = take_multiplier(m);
    skip();
    if (at_ >= text_.size()) return m;
    if (text_[at_] == '/' || (multiplied && word() == "per")) return product(m);
    const measure first = power();
    return product(combined(m, first, 1, at_));
  }
  measure money_unit() {
    measure m{{}, tag_exponents<unit::usd>};
    if (!take_multiplier(m)) {
      const std::string_view letter = word();
      constexpr std::string_view letters = "kKMBT";
      if (letter.size() == 1 && letters.find(letter[0]) != std::string_view::npos) {
        const std::size_t i = letters.find(letter[0]);
        m.size.decimal = static_cast<int>(i == 0 ? 3 : 3 * i);
        ++at_;
      } else if (!letter.empty() && letter != "per") {
        refuse(at_, "K, M, B, T or / after an amount of dollars");
      }
    }
    return product(m);
  }
  measure product(measure m) {
    for (;;) {
      skip();
      if (take('*') || take_word("\xC2\xB7")) {
        m = combined(m, power(), 1, at_);
      } else if (take('/') || take_word("per")) {
        m = combined(m, power(), -1, at_);
      } else {
        return m;
      }
    }
  }
  measure power() {
    skip();
    measure m;
    do {
      const std::size_t start = at_;
      measure one = single();
      if (take('^')) one = raised(one, start);
      m = combined(m, one, 1, start);
    } while (at_ + 1 < text_.size() && text_[at_] == '-' && in_name(text_[at_ + 1]) && take('-'));
    return m;
  }
  measure single() {
    if (take('(')) {
      if (++depth_ > deepest) fail(at_, "parentheses go " + std::to_string(deepest) + " deep");
      const measure m = product(power());
      --depth_;
      skip();
      if (!take(')')) refuse(at_, ")");
      return m;
    }
    if (at_ < text_.size() && text_[at_] == '1' && (at_ + 1 == text_.size() || !is_digit(text_[at_ + 1]))) {
      ++at_;
      return {};
    }
    const std::string_view name = word();
    if (name.empty()) refuse(at_, "a unit");
    measure m;
    if (!look_up(name, m) && !squared(name, m)) unknown(name);
    at_ += name.size();
    return m;
  }
  int whole() {
    const bool negative = take('-');
    const std::size_t start = at_;
    int n = 0;
    while (at_ < text_.size() && is_digit(text_[at_])) {
      n = n <= largest_exponent ? 10 * n + (text_[at_] - '0') : n;  // no overflow: too large stays too large
      ++at_;
    }
    if (at_ == start) refuse(at_, "an exponent");
    if (n > largest_exponent) fail(start, "exponents go to " + std::to_string(largest_exponent));
    return negative ? -n : n;
  }
  measure raised(const measure& m, std::size_t start) {
    int n = 0, d = 1;
    if (take('(')) {
      n = whole();
      if (take('/')) d = whole();
      if (!take(')')) refuse(at_, ")");
    } else {
      n = whole();
    }
    if (d < 1 || fraction % d != 0) fail(start, "this root cannot be read");
    measure r;
    if (d != 1 && !(m.size == scale{})) fail(start, "a fractional power is read only of a coherent unit");
    for (int i = 0; d == 1 && i < (n < 0 ? -n : n); ++i) {
      if (!multiply(r.size, n < 0 ? m.size.inverse() : m.size, r.size))
        fail(start, "this unit is too large or too small to be held");
    }
    for (std::size_t i = 0; i < r.powers.of.size(); ++i) {
      if (m.powers.of[i] * n % d != 0) fail(start, "this root cannot be read");
      r.powers.of[i] = m.powers.of[i] * n / d;
    }
    return r;
  }
  measure combined(const measure& a, const measure& b, int sign, std::size_t at) const {
    measure r{{}, a.powers.plus(b.powers, sign)};
    if (!multiply(a.size, sign > 0 ? b.size : b.size.inverse(), r.size))
      fail(at, "this unit is too large or too small to be held");
    return r;
  }

  static bool same(std::string_view a, std::string_view b, bool any_case) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (any_case ? lower(a[i]) != lower(b[i]) : a[i] != b[i]) return false;
    }
    return true;
  }
  // Plurals of words are names too; of symbols not, so that FLOPs is not taken for FLOP.
  static bool is_named(std::string_view word, std::string_view name, bool any_case = false) {
    if (same(word, name, any_case)) return true;
    const bool plural = name.size() > 2 && name != "FLOP" && name != "flop" && name.substr(name.size() - 2) != "ps";
    return plural && word.size() == name.size() + 1 && word.back() == 's' &&
           same(word.substr(0, name.size()), name, any_case);
  }
  static bool look_up(std::string_view word, measure& m) {
    for (const entry& e : names) {
      if (is_named(word, e.name)) return m = e.value, true;
    }
    for (const prefix& p : prefix_names) {
      if (word.size() <= p.name.size() || word.substr(0, p.name.size()) != p.name) continue;
      const std::string_view rest = word.substr(p.name.size());
      for (const entry& e : names) {
        if ((e.takes & p.kind) == 0 || !is_named(rest, e.name)) continue;
        return m = {p.size * e.value.size, e.value.powers}, true;
      }
    }
    return false;
  }
  // m2, cm3, km2.
  bool squared(std::string_view word, measure& m) const {
    if (word.size() < 2 || (word.back() != '2' && word.back() != '3')) return false;
    measure length;
    if (!look_up(word.substr(0, word.size() - 1), length) || length.powers != tag_exponents<unit::metre>) return false;
    for (int i = 0; i < word.back() - '0'; ++i)
      m = combined(m, length, 1, at_);
    return true;
  }
  [[noreturn]] void unknown(std::string_view word) const {
    const std::string found = "found " + quoted(word) + "; expected " + expectation();
    for (const std::string_view rate : {"FLOPS", "FLOPs", "flops"}) {
      if (word.size() >= rate.size() && word.substr(word.size() - rate.size()) == rate) {
        fail(at_, found + ". " + std::string(rate) + " may mean FLOP or FLOP/s: write which");
      }
    }
    if (word.size() > 3 && word.substr(word.size() - 3) == "CO2") {
      fail(at_, found + ". Write " + std::string(word) + "e if it is CO2-equivalent");
    }
    for (const entry& e : names) {
      if (is_named(word, e.name, true)) fail(at_, found + ". Is it " + std::string(e.name) + "?");
      for (const prefix& p : prefix_names) {
        const std::string whole = std::string(p.name) + std::string(e.name);
        if ((e.takes & p.kind) != 0 && same(word, whole, true)) fail(at_, found + ". Is it " + whole + "?");
      }
    }
    fail(at_, found);
  }

  static std::string quoted(std::string_view s) { return "\"" + std::string(s) + "\""; }
  static std::string in_units(const std::string& symbol) {
    return symbol == "a plain number" ? symbol : "in " + symbol;
  }
  std::string expectation() const {
    if (expected_ == exponents{}) return "a plain number";
    return "a unit of " + std::string(symbol_) +
           (shown_.empty() || shown_ == symbol_ ? "" : ", such as " + std::string(shown_));
  }
  [[noreturn]] void refuse(std::size_t at, const std::string& expected) const {
    const std::string found = at < text_.size() ? quoted(text_.substr(at)) : "the end";
    fail(at, "found " + found + "; expected " + expected);
  }
  [[noreturn]] void fail(std::size_t at, const std::string& what) const {
    raise(parse_error("cannot read " + quoted(text_) + " as " + (symbol_.empty() ? "a number" : std::string(symbol_)) +
                          ": column " + std::to_string(at + 1) + ": " + what,
                      at + 1));
  }

  std::string_view text_;
  exponents expected_;
  std::string_view symbol_, shown_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

// False where the number is not held: too large, or so small that nothing is left of it.
template <real T>
bool number_from(std::string_view text, T& x) {
#if defined(__cpp_lib_to_chars) || defined(__GLIBCXX__)
  return std::from_chars(text.data(), text.data() + text.size(), x).ec == std::errc();
#else  // libc++ before 20 reads no floating-point number with from_chars
  std::istringstream in{std::string(text)};
  in.imbue(std::locale::classic());
  in >> x;
  const bool is_zero = text.find_first_of("123456789") >= text.find_first_of("eE");
  return !in.fail() && in.eof() && is_finite(x) && (is_zero || x != T(0));
#endif
}

template <real T>
T value_of(const reader& in, const reading& r) {
  T x{};
  if (!number_from(r.number, x)) in.out_of_range();
  if (r.negative) x = -x;
  const T larger = r.unit.size.template up<T>(), smaller = r.unit.size.template down<T>();
  const T value = smaller == 1 ? x * larger : larger == 1 ? x / smaller : x * (larger / smaller);
  if (!is_finite(value) || (value == T(0)) != (x == T(0))) in.out_of_range();
  return value;
}

template <class Tag, real T>
T read(std::string_view text) {
  std::string_view shown;
  if constexpr (requires { Tag::written; }) shown = Tag::written.shown;
  reader in(text, tag_exponents<Tag>, symbol_of<Tag>(), shown);
  const reading r = in.read();
  // A float in a scaled unit goes through double: "2e40 $/EFLOP" is a float in USD/FLOP only. Otherwise as in detail::scaled, so that
  // text and `62 * usd / megawatt_hour` give the same bits.
  if constexpr (std::same_as<T, float>) {
    if (!(r.unit.size == scale{})) {
      const double value = value_of<double>(in, r);
      constexpr double largest = std::numeric_limits<float>::max();
      if (value > largest || value < -largest) in.out_of_range();
      const auto narrow = static_cast<float>(value);
      if (narrow == 0 && value != 0) in.out_of_range();
      return narrow;
    }
  }
  return value_of<T>(in, r);
}

template <class Value>
struct parsed;
template <real T>
struct parsed<T> {
  static T of(std::string_view text) { return read<void, T>(text); }
};
template <class Tag, real T>
struct parsed<quantity<Tag, T>> {
  static quantity<Tag, T> of(std::string_view text) { return access::make<Tag>(read<Tag, T>(text)); }
};
// A strong kind is entered by name: the text does not say whose watts it means.
template <class Value>
  requires requires {
    typename Value::kind_type;
    typename Value::plain_type;
  }
struct parsed<Value> {
  static Value of(std::string_view text) { return Value(parsed<typename Value::plain_type>::of(text)); }
};

}  // namespace detail::reading

// Q is a quantity, a strong kind or a plain number over float, double or long double.
template <class Value>
[[nodiscard]] Value parse(std::string_view text) {
  return detail::reading::parsed<Value>::of(text);
}

}  // namespace layercake
