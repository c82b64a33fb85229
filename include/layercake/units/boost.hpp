// Quantities of Boost.Units, to and from. Dimensions are Boost's own on both sides, so a mismatch is an error where it is written; Boost
// converts the units (`boost::units::si` and every unit that Boost can convert to it, scaled ones included).
//
// Only dimensions of length, mass, time and temperature exist on both sides.
#pragma once

#include <boost/units/conversion.hpp>
#include <boost/units/quantity.hpp>
#include <boost/units/systems/si/base.hpp>
#include <layercake/units/quantity.hpp>

namespace layercake {

// from_boost(5.0 * boost::units::si::watt) is 5 * units::watt. A dimensionless quantity gives its number.
template <class Dimension, class System, class T>
constexpr auto from_boost(const boost::units::quantity<boost::units::unit<Dimension, System>, T>& q) {
  static_assert(number<T>, "layercake: from_boost takes a quantity over a floating-point number type");
  using si = boost::units::unit<Dimension, boost::units::si::system>;
  return detail::access::make<typename unit::detail::tag_of<Dimension>::type>(
      static_cast<T>(boost::units::quantity<si, T>(q).value()));
}

namespace detail {
template <class Unit, class Target>
concept same_boost_dimension = std::same_as<typename Unit::dimension, typename Target::unit_type::dimension_type>;
}

// to_boost<boost::units::quantity<boost::units::si::power>>(q): to any Boost quantity of the same dimension.
template <class Target, class Unit, class T>
  requires detail::same_boost_dimension<Unit, Target>
constexpr Target to_boost(const quantity<Unit, T>& q) {
  using si = boost::units::unit<typename Unit::dimension, boost::units::si::system>;
  return Target(boost::units::quantity<si, T>::from_value(detail::access::base(q)));
}
template <class Target, class Unit, class T>
  requires(!detail::same_boost_dimension<Unit, Target>)
Target to_boost(const quantity<Unit, T>&)
= delete;

}  // namespace layercake
