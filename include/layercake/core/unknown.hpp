// Figures that nobody publishes.
#pragma once

#include <layercake/units/quantity.hpp>
#include <limits>

namespace layercake {

// The value of a figure that nobody publishes. Only fields whose domain says `or_unknown()` may hold it, and a formula that needs it refuses.
template <class Q>
constexpr Q unknown() {
  if constexpr (is_quantity<Q>) {
    return detail::access::make<typename Q::unit_type>(unknown<typename Q::number_type>());
  } else {
    return number_cast<Q>(std::numeric_limits<scalar_of_t<Q>>::quiet_NaN());
  }
}
template <class Q>
constexpr auto is_known(const Q& q) {
  return q == q;
}

}  // namespace layercake
