// The dimensions of the field and the one closed list of units that stand for them.
//
// A quantity's type names one tag of this list (`quantity<unit::watt>`); Boost.Units' dimension algebra says which tag a product,
// quotient or root has. A dimension without a name here is spelled as a product of powers of base units.
//
// Base dimensions: Boost's length, mass, time and temperature, and five of our own: floating-point operation, byte, token, US dollar
// and kilogram of CO2-equivalent. Requests, tasks, chips and people are plain counts.
#pragma once

#include <layercake/config.hpp>

#include <boost/units/base_dimension.hpp>
#include <boost/units/dimension.hpp>
#include <boost/units/physical_dimensions/length.hpp>
#include <boost/units/physical_dimensions/mass.hpp>
#include <boost/units/physical_dimensions/temperature.hpp>
#include <boost/units/physical_dimensions/time.hpp>
#include <type_traits>

// Boost orders base dimensions by a number unique in the program; move the block if another library of yours uses 71001 to 71005.
#ifndef LAYERCAKE_DIMENSION_ORDINAL
#define LAYERCAKE_DIMENSION_ORDINAL 71001
#endif

namespace layercake::dimension {

struct operation : boost::units::base_dimension<operation, LAYERCAKE_DIMENSION_ORDINAL> {};
struct information : boost::units::base_dimension<information, LAYERCAKE_DIMENSION_ORDINAL + 1> {};
struct text : boost::units::base_dimension<text, LAYERCAKE_DIMENSION_ORDINAL + 2> {};
struct money : boost::units::base_dimension<money, LAYERCAKE_DIMENSION_ORDINAL + 3> {};
struct emission : boost::units::base_dimension<emission, LAYERCAKE_DIMENSION_ORDINAL + 4> {};

template <class A, class B>
using times = typename boost::mpl::times<A, B>::type;
template <class A, class B>
using over = typename boost::mpl::divides<A, B>::type;
template <class A, long N, long D = 1>
using raised = typename boost::units::static_power<A, boost::units::static_rational<N, D>>::type;

}  // namespace layercake::dimension

namespace layercake::unit {

// How a coherent unit is written: `symbol` exactly (and parseable); for a person in `shown`, of which one is numerator / denominator coherent
// units, with an SI prefix before it where people use one. Money, time, energy and area have habits of their own: see print.hpp.
struct notation {
  char symbol[16]{};
  char shown[16]{};
  long long numerator = 1, denominator = 1;
  bool prefixed = false;

  constexpr notation(const char* s) {
    for (int i = 0; s[i] != '\0'; ++i)
      symbol[i] = shown[i] = s[i];
  }
  constexpr notation with_prefix() const {
    notation n = *this;
    n.prefixed = true;
    return n;
  }
  constexpr notation shown_as(const char* s, long long num = 1, long long den = 1) const {
    notation n = *this;
    for (char& c : n.shown)
      c = '\0';
    for (int i = 0; s[i] != '\0'; ++i)
      n.shown[i] = s[i];
    n.numerator = num;
    n.denominator = den;
    return n;
  }
};
constexpr notation si(const char* s) { return notation(s).with_prefix(); }
constexpr notation plain(const char* s) { return notation(s); }

template <class Dimension, notation Notation>
struct tag {
  using dimension = Dimension;
  static constexpr notation written = Notation;
};

template <class A, class B>
using over = dimension::over<typename A::dimension, typename B::dimension>;
template <class A, class B>
using times = dimension::times<typename A::dimension, typename B::dimension>;
template <class A, long N, long D = 1>
using raised = dimension::raised<typename A::dimension, N, D>;

// The base units and every product of them that the field has a name for. kWh, USD/MWh, GB/s and the like are the same quantities in other
// units: they are values in `layercake::units`.
// clang-format off
struct metre : tag<boost::units::length_dimension, si("m")> {};
struct kilogram : tag<boost::units::mass_dimension, si("kg").shown_as("g", 1, 1000)> {};
struct second : tag<boost::units::time_dimension, si("s")> {};
struct kelvin : tag<boost::units::temperature_dimension, plain("K")> {};
struct flop : tag<dimension::operation::dimension_type, si("FLOP")> {};
struct byte : tag<dimension::information::dimension_type, si("B")> {};
struct token : tag<dimension::text::dimension_type, si("tok")> {};
struct usd : tag<dimension::money::dimension_type, si("USD").shown_as("$")> {};
struct kilogram_co2e : tag<dimension::emission::dimension_type, si("kgCO2e").shown_as("gCO2e", 1, 1000)> {};

struct square_metre : tag<raised<metre, 2>, plain("m^2")> {};
struct cubic_metre : tag<raised<metre, 3>, si("m^3").shown_as("L", 1, 1000)> {};
struct per_second : tag<raised<second, -1>, plain("1/s")> {};
struct per_square_metre : tag<raised<metre, -2>, plain("1/m^2").shown_as("1/cm^2", 10000)> {};
struct cubic_metre_per_second : tag<over<cubic_metre, second>, si("m^3/s").shown_as("L/s", 1, 1000)> {};
struct newton : tag<dimension::times<typename kilogram::dimension, dimension::over<metre::dimension, raised<second, 2>>>, si("N")> {};
struct joule : tag<times<newton, metre>, si("J")> {};
struct watt : tag<over<joule, second>, si("W")> {};
struct watt_per_second : tag<over<watt, second>, si("W/s").shown_as("W/h", 1, 3600)> {};
struct watt_per_square_metre : tag<over<watt, square_metre>, si("W/m^2").shown_as("W/cm^2", 10000)> {};
struct kilogram_per_cubic_metre : tag<over<kilogram, cubic_metre>, plain("kg/m^3")> {};
struct joule_per_kilogram_kelvin : tag<dimension::over<over<joule, kilogram>, kelvin::dimension>, si("J/(kg*K)")> {};
struct joule_per_square_metre : tag<over<joule, square_metre>, plain("J/m^2").shown_as("kWh/cm^2", 36000000000)> {};

struct flop_per_second : tag<over<flop, second>, si("FLOP/s")> {};
struct byte_per_second : tag<over<byte, second>, si("B/s")> {};
struct flop_per_byte : tag<over<flop, byte>, plain("FLOP/B")> {};
struct byte_per_flop : tag<over<byte, flop>, plain("B/FLOP")> {};
struct flop_per_joule : tag<over<flop, joule>, si("FLOP/J")> {};
struct joule_per_flop : tag<over<joule, flop>, si("J/FLOP")> {};
struct joule_per_byte : tag<over<joule, byte>, si("J/B")> {};
struct second_per_byte : tag<over<second, byte>, si("s/B")> {};
struct flop_per_second_square_metre : tag<over<flop_per_second, square_metre>, si("FLOP/s/m^2").shown_as("FLOP/s/mm^2", 1000000)> {};

struct token_per_second : tag<over<token, second>, si("tok/s")> {};
struct second_per_token : tag<over<second, token>, si("s/tok")> {};
struct flop_per_token : tag<over<flop, token>, si("FLOP/tok")> {};
struct byte_per_token : tag<over<byte, token>, si("B/tok")> {};
struct joule_per_token : tag<over<joule, token>, si("J/tok")> {};
struct token_per_joule : tag<over<token, joule>, si("tok/J")> {};
struct token_per_usd : tag<over<token, usd>, si("tok/USD")> {};
struct cubic_metre_per_token : tag<over<cubic_metre, token>, si("m^3/tok").shown_as("L/tok", 1, 1000)> {};
struct kilogram_co2e_per_token : tag<over<kilogram_co2e, token>, si("kgCO2e/tok").shown_as("gCO2e/Mtok", 1, 1000000000)> {};

struct usd_per_second : tag<over<usd, second>, si("USD/s").shown_as("$/h", 1, 3600)> {};
struct usd_per_joule : tag<over<usd, joule>, plain("USD/J").shown_as("$/MWh", 1, 3600000000)> {};
struct usd_per_watt : tag<over<usd, watt>, plain("USD/W").shown_as("$/W")> {};
struct usd_per_token : tag<over<usd, token>, plain("USD/tok").shown_as("$/Mtok", 1, 1000000)> {};
struct usd_per_flop : tag<over<usd, flop>, plain("USD/FLOP").shown_as("$/EFLOP", 1, 1000000000000000000)> {};
struct usd_per_flop_per_second : tag<over<usd, flop_per_second>, plain("USD/(FLOP/s)").shown_as("$/(TFLOP/s)", 1, 1000000000000)> {};
struct usd_per_byte : tag<over<usd, byte>, plain("USD/B").shown_as("$/GB", 1, 1000000000)> {};
struct usd_per_byte_per_second : tag<over<usd, byte_per_second>, plain("USD/(B/s)").shown_as("$/(GB/s)", 1, 1000000000)> {};
struct usd_per_square_metre : tag<over<usd, square_metre>, plain("USD/m^2").shown_as("$/cm^2", 10000)> {};
struct usd_per_cubic_metre : tag<over<usd, cubic_metre>, plain("USD/m^3").shown_as("$/m^3")> {};
struct usd_per_kilogram_co2e : tag<over<usd, kilogram_co2e>, plain("USD/kgCO2e").shown_as("$/tCO2e", 1, 1000)> {};

struct kilogram_co2e_per_second : tag<over<kilogram_co2e, second>, si("kgCO2e/s").shown_as("gCO2e/s", 1, 1000)> {};
struct kilogram_co2e_per_joule : tag<over<kilogram_co2e, joule>, plain("kgCO2e/J").shown_as("gCO2e/kWh", 1, 3600000000)> {};
struct kilogram_co2e_per_byte : tag<over<kilogram_co2e, byte>, plain("kgCO2e/B").shown_as("gCO2e/GB", 1, 1000000000000)> {};
struct kilogram_co2e_per_square_metre : tag<over<kilogram_co2e, square_metre>, plain("kgCO2e/m^2").shown_as("gCO2e/cm^2", 10)> {};
struct cubic_metre_per_joule : tag<over<cubic_metre, joule>, plain("m^3/J").shown_as("L/kWh", 1, 3600000000)> {};
struct square_metre_per_watt : tag<over<square_metre, watt>, plain("m^2/W").shown_as("m^2/MW", 1, 1000000)> {};
struct per_watt : tag<raised<watt, -1>, plain("1/W").shown_as("1/MW", 1, 1000000)> {};
struct per_joule : tag<raised<joule, -1>, plain("1/J").shown_as("1/kWh", 1, 3600000)> {};
struct per_usd : tag<raised<usd, -1>, plain("1/USD").shown_as("1/$")> {};
struct per_token : tag<raised<token, -1>, plain("1/tok")> {};
// clang-format on

namespace detail {
template <class Dimension, class Tag>
struct entry {};
template <class... Tag>
struct list : entry<typename Tag::dimension, Tag>... {};

// A dimension that occurs twice makes the look-up of its name ambiguous, an error at the first use.
using named =
    list<metre, kilogram, second, kelvin, flop, byte, token, usd, kilogram_co2e, square_metre, cubic_metre, per_second,
         per_square_metre, cubic_metre_per_second, newton, joule, watt, watt_per_second, watt_per_square_metre,
         kilogram_per_cubic_metre, joule_per_kilogram_kelvin, joule_per_square_metre, flop_per_second, byte_per_second,
         flop_per_byte, byte_per_flop, flop_per_joule, joule_per_flop, joule_per_byte, second_per_byte,
         flop_per_second_square_metre, token_per_second, second_per_token, flop_per_token, byte_per_token,
         joule_per_token, token_per_joule, token_per_usd, cubic_metre_per_token, kilogram_co2e_per_token,
         usd_per_second, usd_per_joule, usd_per_watt, usd_per_token, usd_per_flop, usd_per_flop_per_second,
         usd_per_byte, usd_per_byte_per_second, usd_per_square_metre, usd_per_cubic_metre, usd_per_kilogram_co2e,
         kilogram_co2e_per_second, kilogram_co2e_per_joule, kilogram_co2e_per_byte, kilogram_co2e_per_square_metre,
         cubic_metre_per_joule, square_metre_per_watt, per_watt, per_joule, per_usd, per_token>;

template <class Base>
struct base_unit;
template <>
struct base_unit<boost::units::length_base_dimension> {
  using type = metre;
};
template <>
struct base_unit<boost::units::mass_base_dimension> {
  using type = kilogram;
};
template <>
struct base_unit<boost::units::time_base_dimension> {
  using type = second;
};
template <>
struct base_unit<boost::units::temperature_base_dimension> {
  using type = kelvin;
};
template <>
struct base_unit<dimension::operation> {
  using type = flop;
};
template <>
struct base_unit<dimension::information> {
  using type = byte;
};
template <>
struct base_unit<dimension::text> {
  using type = token;
};
template <>
struct base_unit<dimension::money> {
  using type = usd;
};
template <>
struct base_unit<dimension::emission> {
  using type = kilogram_co2e;
};
}  // namespace detail

// Unit^(N/D).
template <class Unit, long N, long D = 1>
struct power {
  using dimension = raised<Unit, N, D>;
};

// A dimension outside the closed list.
template <class... Power>
struct product;
template <class First>
struct product<First> {
  using dimension = typename First::dimension;
};
template <class First, class... Rest>
struct product<First, Rest...> {
  using dimension = unit::times<First, product<Rest...>>;
};

namespace detail {
template <class List, class... Power>
struct spelled;
template <class... Power>
struct spelled<boost::units::dimensionless_type, Power...> {
  using type = product<Power...>;
};
template <class Base, class Exponent, class Next, class... Power>
struct spelled<boost::units::list<boost::units::dim<Base, Exponent>, Next>, Power...>
    : spelled<Next, Power..., power<typename base_unit<Base>::type, Exponent::Numerator, Exponent::Denominator>> {};

template <class Dimension, class Tag>
Tag look_up(const entry<Dimension, Tag>*);
template <class Dimension>
typename spelled<Dimension>::type look_up(const void*);

template <class Dimension>
struct tag_of {
  using type = decltype(look_up<Dimension>(static_cast<const named*>(nullptr)));
};
// Not a unit: the ratio of two quantities of one dimension is a plain number.
template <>
struct tag_of<boost::units::dimensionless_type> {
  using type = void;
};

template <class A, class B>
struct multiply : tag_of<unit::times<A, B>> {};
template <class A, class B>
struct divide : tag_of<unit::over<A, B>> {};
template <class A, long N, long D>
struct raise : tag_of<unit::raised<A, N, D>> {};
}  // namespace detail

// The tags of products, quotients and powers; void where the dimensions cancel.
template <class A, class B>
using multiplied = typename detail::multiply<A, B>::type;
template <class A, class B>
using divided = typename detail::divide<A, B>::type;
template <class A, long N, long D = 1>
using raised_to = typename detail::raise<A, N, D>::type;
template <class A>
using inverse = typename detail::tag_of<unit::raised<A, -1>>::type;

}  // namespace layercake::unit
