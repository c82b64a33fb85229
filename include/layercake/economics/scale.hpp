// Power laws of size: Y = Y0 (N/N0)^beta. "25 % saving" can mean three things, which are three functions.
#pragma once

#include <layercake/number/number.hpp>
#include <layercake/units/kind.hpp>
#include <numbers>

namespace layercake::economics {

// The factor on a total when the size grows by the factor `growth`: growth^beta. Domain: growth > 0.
// Worked numbers at a doubling: beta 0.75: 1.682, 0.85: 1.803, 1.15: 2.219 (G. West, Scale, 2017).
template <number N, class Exponent>
constexpr auto scaled_total(const N& growth, const Exponent& beta) {
  return pow(growth, beta);
}

// The exponent's distance from proportion, 1 - beta: what is quoted as "saving 25 %" for beta = 0.75.
template <number T>
constexpr T exponent_gap(const T& beta) {
  return T(1) - beta;
}
// The change per unit at a doubling, 2^(beta - 1) - 1. Worked number: beta 0.75: -15.9 %.
template <number T>
constexpr auto per_unit_at_doubling(const T& beta) {
  return as<kind::relative>(T(expm1((beta - T(1)) * number_cast<T>(std::numbers::ln2))));
}
// How much more the total is at a doubling, 2^beta - 1. Worked number: beta 0.85: 80.3 %.
template <number T>
constexpr auto extra_at_doubling(const T& beta) {
  return as<kind::relative>(T(expm1(beta * number_cast<T>(std::numbers::ln2))));
}
// The exponent of a law under which a doubling needs `extra` more, log2(1 + extra). Worked number: 85 % more: 0.888.
template <number T>
constexpr T exponent_of_doubling(const of_kind<kind::relative, T>& extra) {
  return log1p(plain(extra)) / number_cast<T>(std::numbers::ln2);
}
// The exponent between two observations, ln(y2/y1)/ln(x2/x1). Domain: all above 0, x1 and x2 apart. Worked number: operators 30.1 at 3.5 MW, 100 at 1 GW: 0.212.
template <class Size, number T>
constexpr T exponent_between(const Size& size1, const T& total1, const Size& size2, const T& total2) {
  return log(total2 / total1) / log(size2 / size1);
}

}  // namespace layercake::economics
