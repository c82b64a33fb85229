// The names that people write units by, and what they measure: the tables that parse.hpp reads by.
#pragma once

#include <array>
#include <cstddef>
#include <layercake/units/named.hpp>
#include <limits>
#include <numeric>
#include <string_view>

namespace layercake {

namespace units {
inline constexpr detail::coherent<void> one;
inline constexpr detail::prefixed<void, -2> percent;
inline constexpr named_unit<unit::metre, scale{3048, 1, -4}.reduced()> foot;
}  // namespace units

namespace detail::reading {

// The base units, in the order of their exponents.
inline constexpr std::array<const char*, 9> base_symbols = {"m", "kg", "s", "K", "FLOP", "B", "tok", "USD", "kgCO2e"};

// Exponents of the base units, in sixtieths, so that those of roots are whole.
inline constexpr int fraction = 60;
struct exponents {
  std::array<int, base_symbols.size()> of{};
  friend constexpr bool operator==(const exponents&, const exponents&) = default;
  constexpr exponents plus(const exponents& b, int sign) const {
    exponents r = *this;
    for (std::size_t i = 0; i < of.size(); ++i)
      r.of[i] += sign * b.of[i];
    return r;
  }
};
template <class Base>
constexpr std::size_t place() {
  constexpr std::string_view symbol = unit::detail::base_unit<Base>::type::written.symbol;
  std::size_t i = 0;
  while (symbol != base_symbols[i])
    ++i;
  return i;
}

template <class Dimension>
struct exponents_of;
template <>
struct exponents_of<boost::units::dimensionless_type> {
  static constexpr exponents value{};
};
template <class Base, class Power, class Next>
struct exponents_of<boost::units::list<boost::units::dim<Base, Power>, Next>> {
  static constexpr exponents read() {
    exponents r = exponents_of<Next>::value;
    static_assert(fraction % Power::Denominator == 0, "layercake: a root that cannot be read from text");
    r.of[place<Base>()] = static_cast<int>(Power::Numerator * (fraction / Power::Denominator));
    return r;
  }
  static constexpr exponents value = read();
};
template <class Tag>
inline constexpr exponents tag_exponents = exponents_of<typename Tag::dimension>::value;
template <>
inline constexpr exponents tag_exponents<void> = {};

// What a name stands for: so many coherent units of a dimension.
struct measure {
  scale size;
  exponents powers;
};

// Which prefixes a name takes: above one (k, M, ...), below one (m, u, ...), c, Ki and the like.
enum prefixes : unsigned char { none = 0, up = 1, down = 2, centi = 4, binary = 8, both = up | down };

// A name and what it stands for. Plurals of words are read too.
struct entry {
  std::string_view name;
  measure value;
  unsigned char takes;

  template <class Tag, scale Scale>
  constexpr entry(std::string_view n, named_unit<Tag, Scale>, int prefix = none)
      : name(n), value{Scale, tag_exponents<Tag>}, takes(static_cast<unsigned char>(prefix)) {}
};

inline constexpr entry names[] = {
    {"m", units::metre, both | centi},
    {"metre", units::metre, both | centi},
    {"meter", units::metre, both | centi},
    {"ft", units::foot},
    {"sqft", units::square_foot},
    {"ha", units::hectare},
    {"hectare", units::hectare},
    {"acre", units::acre},
    {"L", units::litre, both},
    {"l", units::litre, both},
    {"litre", units::litre, both},
    {"liter", units::litre, both},
    {"gal", units::us_gallon, up},
    {"gallon", units::us_gallon},
    {"g", units::gram, both},
    {"gram", units::gram, both},
    {"t", units::tonne, up},
    {"tonne", units::tonne, up},
    {"K", units::kelvin, both},
    {"kelvin", units::kelvin},
    {"gCO2e", units::gram_co2e, both},
    {"gCO2eq", units::gram_co2e, both},
    {"tCO2e", units::tonne_co2e, up},
    {"tCO2eq", units::tonne_co2e, up},
    {"s", units::second, both},
    {"sec", units::second},
    {"second", units::second, both},
    {"min", units::minute},
    {"minute", units::minute},
    {"h", units::hour},
    {"hr", units::hour},
    {"hour", units::hour},
    {"d", units::day},
    {"day", units::day},
    {"wk", units::week},
    {"week", units::week},
    {"mo", units::month},
    {"month", units::month},
    {"yr", units::year},
    {"y", units::year},
    {"year", units::year},
    {"Hz", units::hertz, both},
    {"N", units::kilogram* units::metre / (units::second * units::second), both},
    {"J", units::joule, both},
    {"joule", units::joule, both},
    {"Wh", units::watt_hour, both},
    {"MMBtu", units::million_btu},
    {"W", units::watt, both},
    {"watt", units::watt, both},
    {"FLOP", units::flop, up},
    {"flop", units::flop, up},
    {"B", units::byte, up | binary},
    {"byte", units::byte, up | binary},
    {"b", units::bit, up | binary},
    {"bit", units::bit, up | binary},
    {"bps", units::bit / units::second, up},
    {"Bps", units::byte / units::second, up},
    {"tok", units::token, up},
    {"token", units::token, up},
    {"USD", units::usd, up},
    {"$", units::usd, up},
    {"usd", units::usd},
    {"dollar", units::usd},
    {"B$", units::billion_usd},
    {"cent", units::us_cent},
    {"%", units::percent},
    {"percent", units::percent},
    {"GPU", units::one},
    {"TPU", units::one},
    {"CPU", units::one},
    {"FTE", units::one},
    {"chip", units::one},
    {"node", units::one},
    {"rack", units::one},
    {"site", units::one},
    {"user", units::one},
    {"task", units::one},
    {"query", units::one},
    {"request", units::one},
    {"person", units::one},
    {"people", units::one},
    {"worker", units::one},
    {"job", units::one},
    {"wafer", units::one},
    {"die", units::one},
    {"model", units::one},
};

// Longer names come first: "Mi" is tried before "M".
struct prefix {
  std::string_view name;
  scale size;
  unsigned char kind;
};
inline constexpr prefix prefix_names[] = {
    {"kilo", {1, 1, 3}, up},
    {"mega", {1, 1, 6}, up},
    {"giga", {1, 1, 9}, up},
    {"tera", {1, 1, 12}, up},
    {"peta", {1, 1, 15}, up},
    {"exa", {1, 1, 18}, up},
    {"milli", {1, 1, -3}, down},
    {"micro", {1, 1, -6}, down},
    {"nano", {1, 1, -9}, down},
    {"pico", {1, 1, -12}, down},
    {"centi", {1, 1, -2}, centi},
    {"kibi", {1024, 1, 0}, binary},
    {"mebi", {1048576, 1, 0}, binary},
    {"gibi", {1073741824, 1, 0}, binary},
    {"Ki", {1024, 1, 0}, binary},
    {"Mi", {1048576, 1, 0}, binary},
    {"Gi", {1073741824, 1, 0}, binary},
    {"Ti", {1099511627776, 1, 0}, binary},
    {"Pi", {1125899906842624, 1, 0}, binary},
    {"k", {1, 1, 3}, up},
    {"M", {1, 1, 6}, up},
    {"G", {1, 1, 9}, up},
    {"T", {1, 1, 12}, up},
    {"P", {1, 1, 15}, up},
    {"E", {1, 1, 18}, up},
    {"Z", {1, 1, 21}, up},
    {"Y", {1, 1, 24}, up},
    {"c", {1, 1, -2}, centi},
    {"m", {1, 1, -3}, down},
    {"u", {1, 1, -6}, down},
    {"\xC2\xB5", {1, 1, -6}, down},
    {"\xCE\xBC", {1, 1, -6}, down},
    {"n", {1, 1, -9}, down},
    {"p", {1, 1, -12}, down},
    {"f", {1, 1, -15}, down},
};

// Powers of ten beyond which a scale is no number of a unit.
inline constexpr int most_decimal = 300;

// a * b, or false where it leaves 64 bits.
constexpr bool multiply(const scale& a, const scale& b, scale& r) {
  constexpr long long most = (std::numeric_limits<long long>::max)();
  const long long g = std::gcd(a.numerator, b.denominator), h = std::gcd(b.numerator, a.denominator);
  if (a.numerator / g > most / (b.numerator / h) || a.denominator / h > most / (b.denominator / g)) return false;
  r = a * b;
  return r.decimal < most_decimal && r.decimal > -most_decimal;
}

}  // namespace detail::reading

}  // namespace layercake
