// What every source of power answers: what a demand costs at the plant, and what power at the plant is worth at the meter.
#pragma once

#include <layercake/core/demand.hpp>
#include <layercake/core/measures.hpp>
#include <layercake/core/unknown.hpp>
#include <layercake/number/check.hpp>
#include <layercake/units/named.hpp>
#include <limits>
#include <string>

namespace layercake::energy {

// The answer of a supply to a demand: power at both ends of the line, and what flows with it per second. Cost comes in two parts, because
// they grow with different things: the energy cost with the mean power, the capacity cost with the peak.
template <number T = double>
struct basic_energy_bill {
  power_demand<T> meter{};                            // what was asked for
  plant_power_demand<T> plant{};                      // what has to be generated: behind the losses of the line
  quantity<unit::usd_per_second, T> energy_cost{};    // energy charge; fuel and variable operation of an own plant
  quantity<unit::usd_per_second, T> capacity_cost{};  // demand charge; capital and fixed operation of an own plant
  // emitted over the life cycle of what is generated, and consumed there; unknown unless a supply says
  quantity<unit::kilogram_co2e_per_second, T> carbon = unknown<>;
  quantity<unit::cubic_metre_per_second, T> water = unknown<>;

  constexpr auto cost() const { return energy_cost + capacity_cost; }
  // All-in price of the energy that the meter counts: cost / mean power [USD/J]; infinite where the cost is, and where a peak is
  // paid for without energy; 0 where nothing is drawn and nothing paid.
  // Worked number: 62 $/MWh and 10 $ a kW and month, on 80 MW in the mean and 100 MW at the peak: 79.11 $/MWh.
  constexpr energy_price<T> price() const {
    const auto endless = cost() / (number_cast<T>(1) * units::watt);  // infinity over infinity would be nan
    const auto nothing =
        cost() == quantity<unit::usd_per_second, T>() && plain(meter.mean) == quantity<unit::watt, T>();
    return where(nothing, quantity<unit::usd_per_joule, T>{},
                 where(is_finite(cost()), cost() / plain(meter.mean), endless));
  }
};
using energy_bill = basic_energy_bill<>;

// Whether a type is an energy bill, over any number type.
template <class Answer>
inline constexpr bool is_energy_bill = false;
template <number T>
inline constexpr bool is_energy_bill<basic_energy_bill<T>> = true;

namespace detail {
// Draws above a limit by less than this factor are rounding, not a demand; a millionth, assumed.
inline constexpr double rounding = 1 + 1e-6;

// `cost`, or infinity where the demand cannot be served: it is counted and never wins a minimum.
template <class Mask, class Unit, number T>
constexpr quantity<Unit, T> infinite_where(const Mask& infeasible, const quantity<Unit, T>& cost) {
  const T infinity = number_cast<T>(std::numeric_limits<scalar_of_t<T>>::infinity());
  return where(infeasible, from_base_value<quantity_t<Unit>>(infinity), cost);
}
}  // namespace detail

// What the stack asks of the energy layer. Ten lines satisfy it:
//
// ```cpp global
// struct contract {
//   template <class N>
//   auto pull(const power_demand<N>& meter) const {  // what this demand costs
//     return energy::basic_energy_bill<N>{
//         .meter = meter, .plant = generated_for(meter), .energy_cost = plain(meter.mean) * (55 * usd / megawatt_hour)};
//   }
//   template <class N>
//   auto push(const quantity<unit::watt, N>& plant) const { return plant; }  // power at the meter for power at the plant
// };
// static_assert(energy_supply<contract>);
// ```
//
// push(pull(x).plant.peak) == x.peak wherever the demand can be served; where it cannot, the bill's cost is infinite. A supply that
// can say why has `std::string why_not(const power_demand<>& meter) const`, empty where the demand can be served.
template <class Supply, class N = double>
concept energy_supply = requires(const Supply& supply, const power_demand<N>& meter,
                                 const quantity<unit::watt, N>& plant) {
  requires is_energy_bill<std::remove_cvref_t<decltype(supply.pull(meter))>>;
  { supply.push(plant) } -> measures<unit::watt>;
};

// Why `supply` cannot serve a demand at the meter, in words; empty where it can, and for a demand that is endless or unknown, whose
// reason lies with who asks.
template <class Supply>
std::string why_not(const Supply& supply, const power_demand<>& meter) {
  if (!is_finite(plain(meter.peak)) || !is_finite(plain(meter.mean))) return "";
  if constexpr (requires { supply.why_not(meter); }) {
    return supply.why_not(meter);
  } else {
    findings found;
    const auto cost = supply.pull(meter).cost();
    found.require(is_finite(cost) || !is_known(cost), "the peak at the meter", meter.peak,
                  "what the energy supply can bring", "Draw less, or take another supply.");
    return text_of(found.list());
  }
}

}  // namespace layercake::energy
