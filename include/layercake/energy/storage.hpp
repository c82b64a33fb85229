// Batteries.
#pragma once

#include <layercake/core/fields.hpp>
#include <layercake/core/provenance.hpp>
#include <layercake/core/unknown.hpp>
#include <layercake/economics/annuity.hpp>
#include <layercake/units/named.hpp>

namespace layercake::energy {

// A battery of a given duration, per watt of power that it gives. What is not given is unknown, and asked for. Left out: self-discharge, ageing, limits on the state of charge.
template <number T = double>
struct basic_battery {
  const char* name = "battery";
  quantity<unit::second, T> duration = unknown<>;  // at full power
  T round_trip_efficiency = unknown<>;             // energy out over energy in
  quantity<unit::usd_per_watt, T> capital = unknown<>;
  quantity<unit::usd_per_joule, T> fixed_operation = unknown<>;  // per watt of power and time
  quantity<unit::second, T> lifetime = unknown<>;
  quantity<unit::second, T> lead_time_low = unknown<>;
  quantity<unit::second, T> lead_time_high = unknown<>;
  quantity<unit::square_metre_per_watt, T> land = unknown<>;
  provenance origin{};

  template <number Other>
  using with_number = basic_battery<Other>;
  static constexpr auto fields() {
    using B = basic_battery;
    return std::tuple{
        label("name", &B::name),
        field("duration", &B::duration, positive, "time that a full battery gives its full power"),
        field("round_trip_efficiency", &B::round_trip_efficiency, positive_share, "energy out over energy in"),
        field("capital", &B::capital, positive, "cost of building, per power"),
        field("fixed_operation", &B::fixed_operation, nonnegative, "operation paid per power and time"),
        field("lifetime", &B::lifetime, positive, "years over which capital is repaid"),
        field("lead_time_low", &B::lead_time_low, nonnegative.or_unknown(), "shortest time from order to service"),
        field("lead_time_high", &B::lead_time_high, nonnegative.or_unknown(), "longest time from order to service"),
        field("land", &B::land, nonnegative.or_unknown(), "land per power"),
        label("origin", &B::origin)};
  }
  void rules(findings& f) const {
    if constexpr (real<T>) {
      f.check_at_most("lead_time_low", lead_time_low, "lead_time_high", lead_time_high, "Exchange the two.");
    }
  }

  // What a full battery of this power gives: power * duration [J]. Worked number: 500 MW for 4 hours: 2,000 MWh.
  template <number N>
  constexpr auto energy(const quantity<unit::watt, N>& power) const {
    return power * duration;
  }
  // What must go in for `delivered` to come out: delivered / round-trip efficiency [J]. Worked number: 850 MWh at 85 %: 1,000 MWh.
  template <number N>
  constexpr auto charge_for(const quantity<unit::joule, N>& delivered) const {
    return delivered / round_trip_efficiency;
  }
  // What a battery of this power costs per second: (CRF(i, n) * capital + fixed operation) * power [USD/s]; the energy that it loses is apart.
  // CRF capital recovery factor at the yearly interest i over the lifetime n (economics/annuity.hpp). Throws nothing.
  // Worked number: 500 MW at 1711.4 $/kW and 2.5 % of it a year for operation, 15 years at 5 %: 103.8 M$ a year.
  template <number N, class Rate>
  constexpr auto standing_cost(const quantity<unit::watt, N>& power, const Rate& interest) const {
    return (economics::capital_recovery_factor(interest, lifetime) * capital + fixed_operation) * power;
  }
};
using battery = basic_battery<>;

}  // namespace layercake::energy
