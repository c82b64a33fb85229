// How prices fall: by half in every half-life.
//
//   p(t) = p(0) 2^(-t / h)    h the half-life, a time above 0; t a time
//
// Left out: everything but a constant rate of decline. Prices are ratios here, in no currency. Nothing is thrown: a half-life of 0 or a
// factor of 1 gives what the division gives.
#pragma once

#include <layercake/number/number.hpp>
#include <layercake/units/kind.hpp>
#include <layercake/units/named.hpp>
#include <numbers>

namespace layercake::economics {

// The factor by which a price falls in a year, 2^(year / h).
// Worked number: a half-life of 18 months is a factor of 1.587 a year.
template <number T>
constexpr T yearly_decline(const price_half_life<T>& h) {
  const T years = in<units::year>(plain(h));
  return exp(number_cast<T>(std::numbers::ln2) / years);
}
// The half-life of a price that falls by a factor > 1 in a year, year * ln 2 / ln factor.
// Worked number: a price that falls to a tenth in a year halves every 3.612 months.
template <number N>
constexpr price_half_life<N> half_life_of(const N& factor_per_year) {
  return as<kind::half_life>(N(number_cast<N>(std::numbers::ln2) / log(factor_per_year)) * units::year);
}
// What is left of a price after some time, 2^(-time / h). Worked number: 18 months at a tenth a year leave 1 / 31.6.
template <number A, number B>
constexpr auto price_ratio(const price_half_life<A>& h, const quantity<unit::second, B>& time) {
  using T = promote_t<A, B>;
  return exp(T(number_cast<T>(-std::numbers::ln2) * number_cast<T>(time / plain(h))));
}
// How long a price takes to fall by a factor > 1, h * log2 factor.
// Worked number: with a half-life of 18 months, to an eighth in 54 months.
template <number A, number B>
constexpr auto time_to_fall(const price_half_life<A>& h, const B& factor) {
  using T = promote_t<A, B>;
  return plain(h) * T(log(number_cast<T>(factor)) / number_cast<T>(std::numbers::ln2));
}

}  // namespace layercake::economics
