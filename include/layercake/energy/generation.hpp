// Making power: technologies, what their power costs, an own plant as a supply, learning curves.
#pragma once

#include <layercake/core/fields.hpp>
#include <layercake/core/provenance.hpp>
#include <layercake/economics/annuity.hpp>
#include <layercake/energy/supply.hpp>
#include <string>

namespace layercake::energy {

// Whether power is there when it is asked for.
enum class firmness : unsigned char {
  variable,  // as sun and wind come
  seasonal,  // by the water of the season
  firm,      // at any hour, but over the year no more than the capacity factor
};

constexpr const char* name(firmness f) {
  switch (f) {
  case firmness::variable:
    return "variable";
  case firmness::seasonal:
    return "seasonal";
  case firmness::firm:
    return "firm";
  }
  return "";
}

// A generation technology, per watt of capacity (alternating current, net of the plant's own use), in money of one year. What nobody
// publishes is unknown; what needs it says so.
template <number T = double>
struct basic_generator {
  const char* name = "generator";
  T capacity_factor = unknown<>;                        // largest mean output over the year, share of capacity
  quantity<unit::usd_per_watt, T> capital = unknown<>;  // overnight, with connection
  // Paid per watt of capacity and time: `23 * usd / (kilowatt * year)`.
  quantity<unit::usd_per_joule, T> fixed_operation = unknown<>;
  quantity<unit::usd_per_joule, T> variable_operation = unknown<>;
  T efficiency = unknown<>;  // electricity per energy that enters: of a fuel, its lower heating value
  quantity<unit::usd_per_joule, T> fuel_price = unknown<>;  // of heat; 0: no fuel
  quantity<unit::second, T> lifetime = unknown<>;
  T interest = unknown<>;  // weighted cost of capital, yearly, real, after tax
  // (1 - tax * present value of depreciation) / (1 - tax); 1 leaves taxes out.
  T project_finance_factor = number_cast<T>(1);
  quantity<unit::kilogram_co2e_per_joule, T> lifecycle_carbon = unknown<>;
  quantity<unit::kilogram_co2e_per_joule, T> direct_carbon = unknown<>;
  quantity<unit::cubic_metre_per_joule, T> water = unknown<>;
  quantity<unit::square_metre_per_watt, T> land = unknown<>;
  quantity<unit::second, T> lead_time_low = unknown<>;  // order to first power
  quantity<unit::second, T> lead_time_high = unknown<>;
  // What others publish as the levelised cost: to compare with, never an input.
  quantity<unit::usd_per_joule, T> published_cost_low = unknown<>;
  quantity<unit::usd_per_joule, T> published_cost_high = unknown<>;
  firmness dispatch = firmness::firm;
  provenance origin{};

  template <number Other>
  using with_number = basic_generator<Other>;
  static constexpr auto fields() {
    using G = basic_generator;
    return std::tuple{
        label("name", &G::name),
        field("capacity_factor", &G::capacity_factor, positive_share.or_unknown(),
              "largest mean output over the year, share of capacity"),
        field("capital", &G::capital, positive.or_unknown(), "cost of building, per capacity"),
        field("fixed_operation", &G::fixed_operation, nonnegative.or_unknown(), "operation paid per capacity and time"),
        field("variable_operation", &G::variable_operation, nonnegative.or_unknown(), "operation paid per energy"),
        field("efficiency", &G::efficiency, positive_share.or_unknown(),
              "electricity out per energy in, by the lower heating value"),
        field("fuel_price", &G::fuel_price, nonnegative.or_unknown(), "price of the fuel's heat, 0 without fuel"),
        field("lifetime", &G::lifetime, positive.or_unknown(), "years over which capital is repaid"),
        field("interest", &G::interest, domain{-0.5, 1}.or_unknown(), "yearly real cost of capital, 0.05 for 5 %"),
        field("project_finance_factor", &G::project_finance_factor, positive, "tax on the capital, 1 without tax"),
        field("lifecycle_carbon", &G::lifecycle_carbon, nonnegative.or_unknown(),
              "carbon per energy over the life cycle"),
        field("direct_carbon", &G::direct_carbon, nonnegative.or_unknown(), "carbon per energy at the stack"),
        field("water", &G::water, nonnegative.or_unknown(), "water consumed per energy"),
        field("land", &G::land, nonnegative.or_unknown(), "land per capacity"),
        field("lead_time_low", &G::lead_time_low, nonnegative.or_unknown(), "shortest time from order to first power"),
        field("lead_time_high", &G::lead_time_high, nonnegative.or_unknown(), "longest time from order to first power"),
        field("published_cost_low", &G::published_cost_low, nonnegative.or_unknown(),
              "lower end of the published levelised cost"),
        field("published_cost_high", &G::published_cost_high, nonnegative.or_unknown(),
              "upper end of the published levelised cost"),
        label("dispatch", &G::dispatch),
        label("origin", &G::origin)};
  }
  void rules(findings& f) const {
    if constexpr (real<T>) {
      f.check_at_most("lead_time_low", lead_time_low, "lead_time_high", lead_time_high, "Exchange the two.");
      f.check_at_most("published_cost_low", published_cost_low, "published_cost_high", published_cost_high,
                      "Exchange the two.");
      f.check_at_most("direct_carbon", direct_carbon, "lifecycle_carbon", lifecycle_carbon,
                      "The life cycle contains what the stack emits.");
    }
  }

  // What a watt of capacity costs per second, running or not: CRF(i, n) * F * capital + fixed operation [USD/(W s)].
  // CRF capital recovery factor [1/s] at the real interest i over n years, F project finance factor [1].
  // Worked number: 1495.4 $/kW at 5.36 % over 25 years, 1.95 % of it a year for operation: 139.12 $ a kW and year.
  constexpr quantity<unit::usd_per_joule, T> standing_cost() const {
    return economics::capital_recovery_factor(interest, lifetime) * project_finance_factor * capital + fixed_operation;
  }
  // What a joule of electricity costs once the plant stands: variable operation + fuel price / efficiency [USD/J].
  // Worked number: 7.47 $/MWh and fuel at 18.34 $/MWh of heat, turned to electricity at 57.3 %: 39.48 $/MWh.
  constexpr quantity<unit::usd_per_joule, T> running_cost() const {
    return variable_operation + fuel_price / efficiency;
  }
};
using generator = basic_generator<>;

// Levelised cost of electricity at a utilisation,
//   LCOE(u) = (CRF(i, n) F C + O_fixed) / u + O_variable + p_fuel / eta      [USD/J]
// C capital [USD/W], O_fixed [USD/(W s)], u mean output over capacity [1], O_variable [USD/J], p_fuel per heat [USD/J], eta efficiency [1],
// F project finance factor [1], CRF capital recovery factor [1/s] at the real interest i over n years.
// Domain: 0 < u <= capacity factor; infinite above it (the plant cannot run so much), and at 0. Left out: tax credits, degradation,
// interest during construction, grid fees, the cost of not being firm. Throws nothing; NaN where an input is unknown.
// Source: NREL Annual Technology Baseline 2024, equations and variables: LCOE = (CRF * PFF * CAPEX + FOM) / (CF * 8760 h) + VOM + fuel;
// a year here has 8766 h, which is 0.07 % less on the first term.
// Worked number: combined cycle at 1495.4 $/kW, 1.95 %/year, 5.36 %, 25 years, u = 0.9, 7.47 $/MWh, 18.34 $/MWh of heat at 57.3 %: 57.1 $/MWh.
template <number T, number N>
constexpr auto levelised_cost(const basic_generator<T>& g, const N& utilisation) {
  using R = promote_t<T, N>;
  const R u = number_cast<R>(utilisation);
  const quantity<unit::usd_per_joule, R> cost = g.standing_cost() / u + g.running_cost();
  return detail::infinite_where(u > g.capacity_factor * number_cast<T>(detail::rounding), cost);
}
// At the largest utilisation that the technology reaches.
template <number T>
constexpr auto levelised_cost(const basic_generator<T>& g) {
  return levelised_cost(g, g.capacity_factor);
}

// A plant of one's own as a supply. Without a `capacity` it is built to the demand: the larger of the peak and of the mean over the capacity
// factor, behind the losses of the line. The balance is that of a year: for a variable technology the hours are left to the grid or to
// storage. Validation refuses a technology of which a figure that money depends on is unknown.
template <number T = double>
struct basic_power_plant {
  const char* name = "plant";
  basic_generator<T> technology{};
  quantity<unit::watt, T> capacity = unknown<>;  // unknown: as much as the demand needs
  T transmission_loss{};                         // 0: it stands at the site
  provenance origin{};

  template <number Other>
  using with_number = basic_power_plant<Other>;
  static constexpr auto fields() {
    return std::tuple{label("name", &basic_power_plant::name), part("technology", &basic_power_plant::technology),
                      field("capacity", &basic_power_plant::capacity, positive.or_unknown(),
                            "power built, unknown to build what the demand needs"),
                      field("transmission_loss", &basic_power_plant::transmission_loss, domain{0, 1, false, true},
                            "share of what is generated that the line loses"),
                      label("origin", &basic_power_plant::origin)};
  }
  void rules(findings& f) const {
    if constexpr (real<T>) {
      const auto need = [&](const char* field, const auto& value) {
        f.check_known(field, value, "No source gives it; set it before the technology supplies power.");
      };
      need("technology.capacity_factor", technology.capacity_factor);
      need("technology.capital", technology.capital);
      need("technology.fixed_operation", technology.fixed_operation);
      need("technology.variable_operation", technology.variable_operation);
      need("technology.efficiency", technology.efficiency);
      need("technology.fuel_price", technology.fuel_price);
      need("technology.lifetime", technology.lifetime);
      need("technology.interest", technology.interest);
    }
  }

  // The capacity that serves a demand at the meter: max(peak, mean / capacity factor) / (1 - loss) [W].
  // Worked number: 80 MW in the mean from solar at a capacity factor of 0.2675 without losses: 299.1 MW.
  template <number N>
  constexpr quantity<unit::watt, promote_t<T, N>> capacity_needed(const power_demand<N>& meter) const {
    return (max)(plain(meter.peak), plain(meter.mean) / technology.capacity_factor) /
           (number_cast<T>(1) - transmission_loss);
  }
  // The capacity that stands: as given, else what the demand needs.
  template <number N>
  constexpr quantity<unit::watt, promote_t<T, N>> capacity_built(const power_demand<N>& meter) const {
    return where(is_known(capacity), capacity, capacity_needed(meter));
  }

  // What a demand at the meter costs [USD/s]: capacity cost = standing cost * capacity, energy cost = running cost * mean at the plant; the
  // sum is LCOE(mean / capacity) * mean, both at the plant. Carbon and water are the technology's per energy generated, carbon over the life
  // cycle. Costs are infinite where the demand needs more than the given capacity, and why_not says so. Throws nothing.
  // Worked number: 200 MW of combined cycle (figures as for levelised_cost), 100 MW at the peak and 80 MW in the mean over a line that
  // loses 2 %: 6,397 $/h.
  template <number N>
  constexpr auto pull(const power_demand<N>& meter) const {
    using R = promote_t<T, N>;
    const auto delivered = number_cast<T>(1) - transmission_loss;
    basic_energy_bill<R> bill;
    bill.meter = {meter.peak, meter.mean};
    bill.plant = generated_for(meter, delivered);
    const auto infeasible = cannot_generate(meter);
    bill.energy_cost = detail::infinite_where(infeasible, for_all(plain(bill.plant.mean), technology.running_cost()));
    bill.capacity_cost = detail::infinite_where(infeasible, for_all(capacity_built(meter), technology.standing_cost()));
    bill.carbon = for_all(plain(bill.plant.mean), technology.lifecycle_carbon);
    bill.water = for_all(plain(bill.plant.mean), technology.water);
    return bill;
  }

  // Why a demand cannot be served; empty where it can.
  std::string why_not(const power_demand<>& meter) const {
    findings found;
    if constexpr (real<T>) {
      found.require(
          !cannot_generate(meter), "the capacity that the demand needs", capacity_needed(meter),
          "at most the capacity that stands, " + to_string(capacity),
          "Build more, or draw less: it takes the larger of the peak and of the mean over the capacity factor.");
    }
    return text_of(found.list());
  }

  // What may be drawn at the meter if `granted` may be generated: min(granted, capacity) * (1 - loss) [W]. Throws nothing.
  template <number N>
  constexpr quantity<unit::watt, promote_t<T, N>> push(const quantity<unit::watt, N>& granted) const {
    return (min)(quantity<unit::watt, promote_t<T, N>>(granted), capacity) * (number_cast<T>(1) - transmission_loss);
  }

  // Land under the capacity that stands [m2].
  template <number N>
  constexpr quantity<unit::square_metre, promote_t<T, N>> land(const power_demand<N>& meter) const {
    return for_all(capacity_built(meter), technology.land);
  }

private:
  template <number N>
  constexpr auto cannot_generate(const power_demand<N>& meter) const {
    return capacity_needed(meter) > capacity * detail::rounding;  // false if the capacity is unknown
  }
};
using power_plant = basic_power_plant<>;

// ---- learning curves -------------------------------------------------------------------------------------------------------

// The exponent b of Wright's law (learned_cost). Made from a learning rate or by name, so that 0.2 cannot be taken for the one or the other.
template <number T = double>
struct learning_exponent {
  T value;
};

// The share by which cost falls with every doubling of what has been built: 0.2 for 20 %.
template <number T = double>
struct learning_rate {
  T per_doubling;

  // b = -log2(1 - rate), so that 2^-b = 1 - rate. Domain: rate < 1. Worked numbers: 20 %: 0.32193; 24 %: 0.39593; 15 %: 0.23447.
  constexpr learning_exponent<T> exponent() const {
    const T two = number_cast<T>(2);
    return {-log1p(-per_doubling) / log(two)};
  }
};
template <number T>
learning_rate(T) -> learning_rate<T>;

// Wright's law: cost after cumulative output has grown from Q0 to Q, cost * (Q / Q0)^-b.
// Domain: growth = Q / Q0 > 0. Left out: prices of materials, floors, forgetting. Throws nothing.
// Source: Wright, Factors affecting the cost of airplanes, J. Aeronautical Sciences 3 (1936), 122-128.
// Worked number: five doublings at 20 %: 0.8^5 = 0.32768 of the cost.
template <class Unit, number C, number T, class Growth>
constexpr auto learned_cost(const quantity<Unit, C>& cost, const learning_exponent<T>& b, const Growth& growth) {
  using R = promote_t<T, Growth>;
  return cost * pow(number_cast<R>(growth), -number_cast<R>(b.value));
}
template <class Unit, number C, number T, class Growth>
constexpr auto learned_cost(const quantity<Unit, C>& cost, const learning_rate<T>& rate, const Growth& growth) {
  return learned_cost(cost, rate.exponent(), growth);
}

}  // namespace layercake::energy
