// Power bought from a grid: tariff, carbon, water, connection.
#pragma once

#include <layercake/core/fields.hpp>
#include <layercake/core/provenance.hpp>
#include <layercake/energy/supply.hpp>
#include <string>

namespace layercake::energy {

namespace detail {
inline constexpr field_source grid_defaults[] = {
    {"transmission_loss",
     "5 %, unless set: losses of transmission and distribution in a rich country, general knowledge",
     confidence::recalled},
    {"demand_charge", "0, unless set: the price is taken to be all-in", confidence::assumed},
    {"connection", "unlimited, unless set", confidence::assumed}};
}

// A connection to a grid under a two-part tariff: an energy charge on what the meter counts, a demand charge on the peak of the month.
// `price` and `demand_charge` are per unit at the meter; `carbon` and `water` per unit generated, as statistics of the generation mix give
// them: the bill's carbon is 1 / (1 - loss) times what a metered (scope 2) account shows.
// Left out: tariffs that change with the hour, power factor, reserve and balancing charges, taxes on carbon.
template <number T = double>
struct basic_grid {
  const char* name = "grid";
  energy_price<T> price = unknown<>;  // no default: set it
  // Per watt of the month's peak and second: `15 * usd / (kilowatt * month)`. 0: the price is all-in, as averages of industrial bills are.
  layercake::demand_charge<T> demand_charge{};
  quantity<unit::kilogram_co2e_per_joule, T> carbon = unknown<>;
  quantity<unit::cubic_metre_per_joule, T> water = unknown<>;
  quantity<unit::watt, T> connection = unknown<>;  // largest draw; unknown: no limit
  T transmission_loss = number_cast<T>(0.05);      // between plant and meter, share of what is generated
  provenance origin{.by_field = detail::grid_defaults};

  template <number Other>
  using with_number = basic_grid<Other>;
  static constexpr auto fields() {
    return std::tuple{
        label("name", &basic_grid::name),
        field("price", &basic_grid::price, positive, "price of energy at the meter"),
        field("demand_charge", &basic_grid::demand_charge, nonnegative,
              "charge on the peak of the month, per watt and time"),
        field("carbon", &basic_grid::carbon, nonnegative.or_unknown(), "carbon emitted per energy generated"),
        field("water", &basic_grid::water, nonnegative.or_unknown(), "water consumed per energy generated"),
        field("connection", &basic_grid::connection, positive.or_unknown(),
              "largest draw at the meter, unknown if unlimited"),
        field("transmission_loss", &basic_grid::transmission_loss, domain{0, 1, false, true},
              "share of what is generated that the line loses"),
        label("origin", &basic_grid::origin)};
  }

  // What a demand at the meter costs.
  //   plant = meter / (1 - loss)                              [W], of peak and mean
  //   energy cost = price * mean at the meter                 [USD/s]
  //   capacity cost = demand charge * peak at the meter       [USD/s]
  //   carbon, water = intensity * mean at the plant           [kgCO2e/s], [m3/s]
  // Domain: 0 <= mean <= peak. A peak above the connection cannot be served: its costs are infinite, and why_not says so. Throws
  // nothing.
  // Source: a two-part tariff, as utilities bill industrial customers.
  // Worked number: 2.5e9 queries a day of 0.34 Wh are 35.42 MW at the meter, 37.28 MW at the plant (5 % lost).
  template <number N>
  constexpr auto pull(const power_demand<N>& meter) const {
    using R = promote_t<T, N>;
    const auto delivered = number_cast<T>(1) - transmission_loss;
    basic_energy_bill<R> bill;
    bill.meter = {meter.peak, meter.mean};
    bill.plant = generated_for(meter, delivered);
    const auto infeasible = cannot_carry(meter);
    bill.energy_cost = detail::infinite_where(infeasible, for_all(plain(bill.meter.mean), plain(price)));
    bill.capacity_cost = detail::infinite_where(infeasible, for_all(plain(bill.meter.peak), plain(demand_charge)));
    bill.carbon = for_all(plain(bill.plant.mean), carbon);
    bill.water = for_all(plain(bill.plant.mean), water);
    return bill;
  }

  // Why a demand cannot be served; empty where it can.
  std::string why_not(const power_demand<>& meter) const {
    findings found;
    if constexpr (real<T>) {
      found.require(!cannot_carry(meter), "the peak at the meter", meter.peak,
                    "at most the connection, " + to_string(connection),
                    "Ask for a larger connection or draw less in the busiest hour.");
    }
    return text_of(found.list());
  }

  // What may be drawn at the meter if `plant` is granted at the plant: min(plant * (1 - loss), connection) [W]. Throws nothing.
  // Worked number: 100 MW at the plant, 5 % lost, are 95 MW at the meter.
  template <number N>
  constexpr quantity<unit::watt, promote_t<T, N>> push(const quantity<unit::watt, N>& plant) const {
    return (min)(plant * (number_cast<T>(1) - transmission_loss),
                 connection);  // an unknown connection never is the smaller
  }

private:
  template <number N>
  constexpr auto cannot_carry(const power_demand<N>& meter) const {
    return plain(meter.peak) > connection * detail::rounding;  // false if the connection is unknown
  }
};
using grid = basic_grid<>;

}  // namespace layercake::energy
