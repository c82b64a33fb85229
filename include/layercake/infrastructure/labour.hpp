// People who build: workers by trade, how their number rises and falls, and what too few of them do to the schedule.
#pragma once

#include <layercake/core/fields.hpp>
#include <layercake/core/provenance.hpp>
#include <layercake/units/named.hpp>
#include <tuple>

namespace layercake::infrastructure {

namespace detail {
inline constexpr field_source workforce_sources[] = {
    {"total", "unanswered.io, 6,400 at Abilene; 1.2 GW recalled", confidence::estimated},
    {"electricians", "buildermuse.com, 1,400 on 300 to 400 MW", confidence::estimated}};
}  // namespace detail

// Workers on site at the peak of the works, per watt of facility power. The trades peak at different times, so that their sum is
// above `total`, the peak of all together.
//
// Defaults per MW: 5.3 in total (unanswered.io: 6,400 at Abilene, 1.2 GW recalled); the split by trade is assumed: 3.5 electricians (1,400 on a
// project of 300 to 400 MW, buildermuse.com), 1.2 plumbers and pipefitters (by the cost of mechanical over electrical plant), the rest chosen.
template <number T = double>
struct basic_workforce {
  quantity<unit::per_watt, T> total = number_cast<T>(5.3) / units::megawatt;
  quantity<unit::per_watt, T> electricians = number_cast<T>(3.5) / units::megawatt;
  quantity<unit::per_watt, T> pipefitters = number_cast<T>(1.2) / units::megawatt;  // plumbers among them
  quantity<unit::per_watt, T> steelworkers = number_cast<T>(0.5) / units::megawatt;
  quantity<unit::per_watt, T> network_technicians = number_cast<T>(0.6) / units::megawatt;
  quantity<unit::per_watt, T> equipment_installers = number_cast<T>(0.6) / units::megawatt;

  provenance origin{"split by trade, chosen", "2026", confidence::assumed, detail::workforce_sources};

  template <number Other>
  using with_number = basic_workforce<Other>;

  static constexpr auto fields() {
    using X = basic_workforce;
    return std::tuple{
        field("total", &X::total, nonnegative, "workers at the peak of the works per watt of facility power"),
        field("electricians", &X::electricians, nonnegative, "electricians at their peak per watt of facility power"),
        field("pipefitters", &X::pipefitters, nonnegative, "plumbers and pipefitters at their peak per watt"),
        field("steelworkers", &X::steelworkers, nonnegative, "steelworkers at their peak per watt"),
        field("network_technicians", &X::network_technicians, nonnegative,
              "network technicians at their peak per watt"),
        field("equipment_installers", &X::equipment_installers, nonnegative,
              "equipment installers at their peak per watt"),
        label("origin", &X::origin)};
  }
};
using workforce = basic_workforce<>;

// People on site, by trade.
template <number T = double>
struct crew {
  T total{}, electricians{}, pipefitters{}, steelworkers{}, network_technicians{}, equipment_installers{};
};

// Workers at the peak of the works for a facility of `power`: workers per watt x power.
// Worked number: 10 GW by the defaults: 53,000 in total; 35,000 electricians at theirs.
template <number T, number P>
constexpr auto peak_crew(const basic_workforce<T>& w, const quantity<unit::watt, P>& power) {
  return crew<promote_t<T, P>>{w.total * power,        w.electricians * power,        w.pipefitters * power,
                               w.steelworkers * power, w.network_technicians * power, w.equipment_installers * power};
}

// Share of the peak crew that is on site when the fraction x of the time to build has passed: 4 x (1 - x) inside 0 to 1, else 0.
// A parabola is assumed: slow start, slow end, mean 2/3. Microsoft's 11.8 M hours with 2,892 at the peak (feeds.news) are what it gives for
// 2.9 years of 2,080 hours.
template <number T>
constexpr T build_profile(const T& x) {
  return max(T(4) * x * (T(1) - x), T(0));
}

// Work of a build: the profile's mean, 2/3, x peak crew x duration; person-time by the calendar.
template <class Count, number T>
constexpr auto person_time(const Count& peak_workers, const quantity<unit::second, T>& duration) {
  return peak_workers * duration * (2.0 / 3.0);
}

// By how much a schedule stretches, as a share of its length, when `supply` of the `demand`ed workers can be had: max(0, demand/supply - 1).
// The work is taken to be done by those who are there at their normal pace. Domain: supply > 0.
template <class Demand, class Supply>
constexpr auto schedule_slip(const Demand& demand, const Supply& supply) {
  using T = promote_t<Demand, Supply>;
  return max(number_cast<T>(demand) / number_cast<T>(supply) - T(1), T(0));
}

// Workers of a trade after `time` when `entrants` a second start training now: those of today leave at the rate `leaving`, and from the end
// of the training on the new ones arrive and leave at the same rate:
//   s(t) = s0 e^(-l t) + (e/l)(1 - e^(-l (t - d)+))
// The stock of an M/G/infinity queue with exponential careers, in its mean. Domain: leaving > 0.
// Worked number: 100,000 workers, 5 % leaving a year, no entrants: 77,880 after five years.
template <number T>
constexpr T workers_after(const quantity<unit::second, T>& time, const T& today,
                          const quantity<unit::per_second, T>& entrants, const quantity<unit::second, T>& training,
                          const quantity<unit::per_second, T>& leaving) {
  const quantity<unit::second, T> arriving = max(time - training, quantity<unit::second, T>());
  return today * exp(-(leaving * time)) - entrants / leaving * expm1(-(leaving * arriving));
}

// The wage that clears a shortage: wage (demand/supply)^(1/elasticity), the elasticity of labour supply in the wage; never below `wage`.
// Worked number: twice as many wanted, elasticity 2: 1.414 times the wage.
template <class Wage, class Demand, class Supply, class Elasticity>
constexpr auto clearing_wage(const Wage& wage, const Demand& demand, const Supply& supply,
                             const Elasticity& elasticity) {
  using T = promote_all_t<Demand, Supply, Elasticity>;
  return wage * pow(max(number_cast<T>(demand) / number_cast<T>(supply), T(1)), T(1) / number_cast<T>(elasticity));
}

}  // namespace layercake::infrastructure
