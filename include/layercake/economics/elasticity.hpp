// How demand answers a price.
#pragma once

#include <layercake/number/number.hpp>

namespace layercake::economics {

// The price elasticity of demand, d ln(amount) / d ln(price): negative where a lower price sells more.
template <number T = double>
struct price_elasticity {
  T value;
};
template <number T>
price_elasticity(T) -> price_elasticity<T>;

// Amount sold after the price has changed by the factor r, over the amount before: r^e. Constant elasticity; left out: saturation.
template <class Ratio, number T>
constexpr auto demand_response(const Ratio& price_ratio, const price_elasticity<T>& e) {
  using N = promote_t<Ratio, T>;
  return pow(number_cast<N>(price_ratio), number_cast<N>(e.value));
}
// Spending after over before: r^(1 + e). Cheaper units raise it exactly if e < -1 (Jevons, The Coal Question, 1865, chapter VII).
// Worked numbers, a tenth of the price: e = -0.8: 0.631; -1.11: 1.288; -1.5: 3.162.
template <class Ratio, number T>
constexpr auto spending_response(const Ratio& price_ratio, const price_elasticity<T>& e) {
  using N = promote_t<Ratio, T>;
  return pow(number_cast<N>(price_ratio), number_cast<N>(1) + number_cast<N>(e.value));
}

}  // namespace layercake::economics
