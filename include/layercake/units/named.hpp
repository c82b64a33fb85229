// The units a person writes: values of `layercake::units`, multiplied onto a number at entry and named in `in<...>` at exit.
//
// ```cpp
// using namespace layercake::units;
// auto price = 62 * usd / megawatt_hour;
// double cents = in<usd / kilowatt_hour>(price) * 100;
// ```
//
// GB is 1e9 bytes, GiB 2^30; Gb is 1e9 bits. A year is 365.25 days (31 557 600 s), a month a twelfth of it.
#pragma once

#include <layercake/units/quantity.hpp>
#include <numeric>

namespace layercake {

// numerator / denominator * 10^decimal coherent units.
struct scale {
  long long numerator = 1;
  long long denominator = 1;
  int decimal = 0;

  constexpr scale reduced() const {
    scale s = *this;
    while (s.numerator % 10 == 0)
      s.numerator /= 10, ++s.decimal;
    while (s.denominator % 10 == 0)
      s.denominator /= 10, --s.decimal;
    const long long g = std::gcd(s.numerator, s.denominator);
    s.numerator /= g;
    s.denominator /= g;
    return s;
  }
  friend constexpr scale operator*(scale a, scale b) {
    const long long g = std::gcd(a.numerator, b.denominator), h = std::gcd(b.numerator, a.denominator);
    return scale{(a.numerator / g) * (b.numerator / h), (a.denominator / h) * (b.denominator / g),
                 a.decimal + b.decimal}
        .reduced();
  }
  constexpr scale inverse() const { return scale{denominator, numerator, -decimal}; }
  friend constexpr bool operator==(const scale&, const scale&) = default;

  template <class Scalar>
  static constexpr Scalar ten_to(int n) {
    Scalar p = 1;
    for (int i = 0; i < n; ++i)
      p *= 10;
    return p;
  }
  // Powers of ten to 1e22 and the integers here are exact in a double, so one rounding is all that an entry or an exit costs.
  template <class Scalar>
  constexpr Scalar up() const {
    return static_cast<Scalar>(static_cast<double>(numerator) * (decimal > 0 ? ten_to<double>(decimal) : 1.0));
  }
  template <class Scalar>
  constexpr Scalar down() const {
    return static_cast<Scalar>(static_cast<double>(denominator) * (decimal < 0 ? ten_to<double>(-decimal) : 1.0));
  }
};

// A unit as a value without state: its tag and its scale are in the type. Tag void is a pure count or ratio.
template <class Tag, scale Scale = scale{}>
struct named_unit {
  using tag = Tag;
  static constexpr scale size = Scale;
};

template <class Tag, scale Scale, class OtherTag, scale OtherScale>
constexpr auto operator*(named_unit<Tag, Scale>, named_unit<OtherTag, OtherScale>) {
  return named_unit<unit::multiplied<Tag, OtherTag>, Scale * OtherScale>{};
}
template <class Tag, scale Scale, class OtherTag, scale OtherScale>
constexpr auto operator/(named_unit<Tag, Scale>, named_unit<OtherTag, OtherScale>) {
  return named_unit<unit::divided<Tag, OtherTag>, Scale * OtherScale.inverse()>{};
}

namespace detail {
template <class T>
using entered_t = std::conditional_t<std::integral<T>, double, T>;

template <scale Scale, class T>
constexpr T scaled(const T& x) {
  constexpr auto up = Scale.template up<scalar_of_t<T>>();
  constexpr auto down = Scale.template down<scalar_of_t<T>>();
  if constexpr (up == 1 && down == 1) {
    return x;
  } else if constexpr (down == 1) {
    return T(x * as_factor<T>(up));
  } else if constexpr (up == 1) {
    return T(x / as_factor<T>(down));
  } else {
    return T(x * as_factor<T>(scalar_of_t<T>(up / down)));
  }
}
}  // namespace detail

// Entry: `700 * watt`, `62 * usd / megawatt_hour`, `power * hour`.
template <class Scalar, class Tag, scale Scale>
  requires number<Scalar> || arithmetic<Scalar>
constexpr auto operator*(const Scalar& x, named_unit<Tag, Scale>) {
  using T = detail::entered_t<Scalar>;
  return detail::access::make<Tag>(detail::scaled<Scale, T>(static_cast<T>(x)));
}
template <class Scalar, class Tag, scale Scale>
  requires number<Scalar> || arithmetic<Scalar>
constexpr auto operator/(const Scalar& x, named_unit<Tag, Scale>) {
  using T = detail::entered_t<Scalar>;
  return detail::access::make<unit::inverse<Tag>>(detail::scaled<Scale.inverse(), T>(static_cast<T>(x)));
}
template <class Unit, class T, class Tag, scale Scale>
constexpr auto operator*(const quantity<Unit, T>& q, named_unit<Tag, Scale>) {
  return q * detail::access::make<Tag>(detail::scaled<Scale, T>(T(1)));
}
template <class Unit, class T, class Tag, scale Scale>
constexpr auto operator/(const quantity<Unit, T>& q, named_unit<Tag, Scale>) {
  return detail::access::make<unit::divided<Unit, Tag>>(detail::scaled<Scale.inverse(), T>(detail::access::base(q)));
}

namespace detail {
template <class A, class B>
concept same_dimension = std::same_as<A, B>;
}

// Exit: the number of `NamedUnit`s in a quantity, `in<megawatt>(p)`.
template <auto NamedUnit, class Unit, class T>
  requires detail::same_dimension<Unit, typename decltype(NamedUnit)::tag>
[[nodiscard]] constexpr T in(const quantity<Unit, T>& q) {
  return detail::scaled<decltype(NamedUnit)::size.inverse(), T>(detail::access::base(q));
}

// A unit of another dimension: the compiler names the unit asked for and the quantity's own.
template <auto NamedUnit>
double in(const detail::wanted<typename decltype(NamedUnit)::tag>& q);

// The quantity type that a unit measures: measured_in<units::watt> is quantity<unit::watt>.
template <auto NamedUnit, class T = double>
using measured_in = quantity<typename decltype(NamedUnit)::tag, T>;

}  // namespace layercake

namespace layercake::units {

namespace detail {
template <class Tag>
using coherent = named_unit<Tag>;
template <class Tag, int Decimal>
using prefixed = named_unit<Tag, scale{1, 1, Decimal}>;
template <class Tag, long long N, long long D = 1>
using times = named_unit<Tag, scale{N, D, 0}.reduced()>;
}  // namespace detail

// clang-format off
inline constexpr detail::coherent<unit::metre> metre;
inline constexpr detail::prefixed<unit::metre, -9> nanometre;
inline constexpr detail::prefixed<unit::metre, -6> micrometre;
inline constexpr detail::prefixed<unit::metre, -3> millimetre;
inline constexpr detail::prefixed<unit::metre, -2> centimetre;
inline constexpr detail::prefixed<unit::metre, 3> kilometre;
inline constexpr detail::coherent<unit::square_metre> square_metre;
inline constexpr detail::prefixed<unit::square_metre, -6> square_millimetre;
inline constexpr detail::prefixed<unit::square_metre, -4> square_centimetre;
inline constexpr detail::prefixed<unit::square_metre, 4> hectare;
inline constexpr detail::prefixed<unit::square_metre, 6> square_kilometre;
inline constexpr named_unit<unit::square_metre, scale{40468564224, 1, -7}.reduced()> acre;  // international acre
inline constexpr named_unit<unit::square_metre, scale{9290304, 1, -8}.reduced()> square_foot;
inline constexpr detail::coherent<unit::cubic_metre> cubic_metre;
inline constexpr detail::prefixed<unit::cubic_metre, -3> litre;
inline constexpr detail::prefixed<unit::cubic_metre, -6> millilitre;
inline constexpr named_unit<unit::cubic_metre, scale{3785411784, 1, -12}.reduced()> us_gallon;
inline constexpr detail::prefixed<unit::cubic_metre, 0> kilolitre;
inline constexpr detail::prefixed<unit::cubic_metre, 3> megalitre;

inline constexpr detail::coherent<unit::kilogram> kilogram;
inline constexpr detail::prefixed<unit::kilogram, -3> gram;
inline constexpr detail::prefixed<unit::kilogram, 3> tonne;
inline constexpr detail::coherent<unit::kelvin> kelvin;
inline constexpr detail::coherent<unit::kilogram_co2e> kilogram_co2e;
inline constexpr detail::prefixed<unit::kilogram_co2e, -3> gram_co2e;
inline constexpr detail::prefixed<unit::kilogram_co2e, 3> tonne_co2e;
inline constexpr detail::prefixed<unit::kilogram_co2e, 6> kilotonne_co2e;
inline constexpr detail::prefixed<unit::kilogram_co2e, 9> megatonne_co2e;

inline constexpr detail::coherent<unit::second> second;
inline constexpr detail::prefixed<unit::second, -3> millisecond;
inline constexpr detail::prefixed<unit::second, -6> microsecond;
inline constexpr detail::prefixed<unit::second, -9> nanosecond;
inline constexpr detail::times<unit::second, 60> minute;
inline constexpr detail::times<unit::second, 3600> hour;
inline constexpr detail::times<unit::second, 86400> day;
inline constexpr detail::times<unit::second, 604800> week;
inline constexpr detail::times<unit::second, 2629800> month;
inline constexpr detail::times<unit::second, 31557600> year;
inline constexpr detail::coherent<unit::per_second> hertz;
inline constexpr detail::prefixed<unit::per_second, 6> megahertz;
inline constexpr detail::prefixed<unit::per_second, 9> gigahertz;

inline constexpr detail::coherent<unit::joule> joule;
inline constexpr detail::prefixed<unit::joule, -15> femtojoule;
inline constexpr detail::prefixed<unit::joule, -12> picojoule;
inline constexpr detail::prefixed<unit::joule, -9> nanojoule;
inline constexpr detail::prefixed<unit::joule, -6> microjoule;
inline constexpr detail::prefixed<unit::joule, -3> millijoule;
inline constexpr detail::prefixed<unit::joule, 3> kilojoule;
inline constexpr detail::prefixed<unit::joule, 6> megajoule;
inline constexpr detail::prefixed<unit::joule, 9> gigajoule;
inline constexpr detail::times<unit::joule, 3600> watt_hour;
inline constexpr detail::times<unit::joule, 3600000> kilowatt_hour;
inline constexpr detail::times<unit::joule, 3600000000> megawatt_hour;
inline constexpr detail::times<unit::joule, 3600000000000> gigawatt_hour;
inline constexpr detail::times<unit::joule, 3600000000000000> terawatt_hour;
inline constexpr named_unit<unit::joule, scale{105505585262, 1, -2}.reduced()> million_btu;  // international table
inline constexpr detail::coherent<unit::watt> watt;
inline constexpr detail::prefixed<unit::watt, -3> milliwatt;
inline constexpr detail::prefixed<unit::watt, 3> kilowatt;
inline constexpr detail::prefixed<unit::watt, 6> megawatt;
inline constexpr detail::prefixed<unit::watt, 9> gigawatt;
inline constexpr detail::prefixed<unit::watt, 12> terawatt;

inline constexpr detail::coherent<unit::flop> flop;
inline constexpr detail::prefixed<unit::flop, 6> megaflop;
inline constexpr detail::prefixed<unit::flop, 9> gigaflop;
inline constexpr detail::prefixed<unit::flop, 12> teraflop;
inline constexpr detail::prefixed<unit::flop, 15> petaflop;
inline constexpr detail::prefixed<unit::flop, 18> exaflop;
inline constexpr detail::prefixed<unit::flop, 21> zettaflop;
inline constexpr detail::prefixed<unit::flop, 24> yottaflop;
inline constexpr detail::coherent<unit::byte> byte;
inline constexpr detail::prefixed<unit::byte, 3> kilobyte;
inline constexpr detail::prefixed<unit::byte, 6> megabyte;
inline constexpr detail::prefixed<unit::byte, 9> gigabyte;
inline constexpr detail::prefixed<unit::byte, 12> terabyte;
inline constexpr detail::prefixed<unit::byte, 15> petabyte;
inline constexpr detail::prefixed<unit::byte, 18> exabyte;
inline constexpr detail::times<unit::byte, 1024> kibibyte;
inline constexpr detail::times<unit::byte, 1048576> mebibyte;
inline constexpr detail::times<unit::byte, 1073741824> gibibyte;
inline constexpr detail::times<unit::byte, 1099511627776> tebibyte;
inline constexpr detail::times<unit::byte, 1125899906842624> pebibyte;
inline constexpr detail::times<unit::byte, 1, 8> bit;
inline constexpr named_unit<unit::byte, scale{1, 8, 3}.reduced()> kilobit;
inline constexpr named_unit<unit::byte, scale{1, 8, 6}.reduced()> megabit;
inline constexpr named_unit<unit::byte, scale{1, 8, 9}.reduced()> gigabit;
inline constexpr named_unit<unit::byte, scale{1, 8, 12}.reduced()> terabit;
inline constexpr detail::coherent<unit::token> token;
inline constexpr detail::prefixed<unit::token, 3> kilotoken;
inline constexpr detail::prefixed<unit::token, 6> million_tokens;
inline constexpr detail::prefixed<unit::token, 9> billion_tokens;
inline constexpr detail::prefixed<unit::token, 12> trillion_tokens;

inline constexpr detail::coherent<unit::usd> usd;
inline constexpr detail::prefixed<unit::usd, -2> us_cent;
inline constexpr detail::prefixed<unit::usd, 3> thousand_usd;
inline constexpr detail::prefixed<unit::usd, 6> million_usd;
inline constexpr detail::prefixed<unit::usd, 9> billion_usd;
inline constexpr detail::prefixed<unit::usd, 12> trillion_usd;

inline constexpr auto teraflop_per_second = teraflop / second;
inline constexpr auto petaflop_per_second = petaflop / second;
inline constexpr auto gigabyte_per_second = gigabyte / second;
inline constexpr auto terabyte_per_second = terabyte / second;
inline constexpr auto gigabit_per_second = gigabit / second;
inline constexpr auto token_per_second = token / second;
inline constexpr auto joule_per_token = joule / token;
inline constexpr auto usd_per_hour = usd / hour;
inline constexpr auto usd_per_year = usd / year;
inline constexpr auto usd_per_kilowatt_hour = usd / kilowatt_hour;
inline constexpr auto usd_per_megawatt_hour = usd / megawatt_hour;
inline constexpr auto usd_per_kilowatt_month = usd / (kilowatt * month);
inline constexpr auto usd_per_kilowatt_year = usd / (kilowatt * year);
inline constexpr auto usd_per_watt = usd / watt;
inline constexpr auto usd_per_million_tokens = usd / million_tokens;
inline constexpr auto gram_co2e_per_kilowatt_hour = gram_co2e / kilowatt_hour;
inline constexpr auto litre_per_kilowatt_hour = litre / kilowatt_hour;
// clang-format on

}  // namespace layercake::units
