// What an asset costs per unit of time.
#pragma once

#include <layercake/units/named.hpp>

namespace layercake::economics {

// Capital recovery factor: the constant rate that repays one dollar over `life` at the yearly interest `rate`,
//   a(r, n) = r / (1 - (1 + r)^-n)   [1/year],  n in years; 1/n at r = 0.
// Written with expm1 and log1p, so that a tiny r does not cancel. Domain: rate > -1, life > 0.
// Source: any engineering-economics text; Short, Packey, Holt, NREL/TP-462-5173 (1995), section 2.
// Worked number: a(7 %, 5 years) = 0.24389 per year.
template <class Rate, number T>
constexpr auto capital_recovery_factor(const Rate& rate, const quantity<unit::second, T>& life) {
  using N = promote_t<Rate, T>;
  const N r = number_cast<N>(rate);
  const N years = number_cast<N>(in<units::year>(life));
  constexpr double hardly_any =
      1e-12;  // a rate below which the third term of the series is lost in rounding, to 1e4 years
  const auto near_zero = abs(r) < number_cast<N>(hardly_any);
  const N guarded = where(near_zero, N(1), r);
  const N flat = N(1) / years + r * (years + N(1)) / (N(2) * years);  // the first two terms of the series in r
  const N factor = where(near_zero, flat, guarded / -expm1(-years * log1p(guarded)));
  return factor / units::year;
}

// What an asset costs per unit of time over its life: price * a(rate, life).
template <number P, class Rate, number T>
constexpr auto annuity(const quantity<unit::usd, P>& price, const Rate& rate, const quantity<unit::second, T>& life) {
  return price * capital_recovery_factor(rate, life);
}

}  // namespace layercake::economics
