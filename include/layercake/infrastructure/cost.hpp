// What a site costs by parts, each share with the whole that it is a share of (units/kind.hpp: a share without a boundary does not compile).
#pragma once

#include <concepts>
#include <layercake/economics/annuity.hpp>
#include <layercake/infrastructure/site.hpp>
#include <layercake/units/kind.hpp>

namespace layercake::infrastructure {

// A boundary of watts, not of dollars.
struct site_peak_power {
  static constexpr const char* name = "of the site's peak power";
};

// All the cost within a boundary: server_price (chips and servers), cluster_capex (and network), facility_capex, site_capex (all).
template <class Boundary, number T>
constexpr total_cost<Boundary, T> total(const infrastructure_need<T>& need) {
  static_assert(
      std::same_as<Boundary, boundary::server_price> || std::same_as<Boundary, boundary::cluster_capex> ||
          std::same_as<Boundary, boundary::facility_capex> || std::same_as<Boundary, boundary::site_capex>,
      "layercake: infrastructure knows the boundaries server_price, cluster_capex, facility_capex and site_capex");
  if constexpr (std::same_as<Boundary, boundary::server_price>) {
    return as<kind::total_of<Boundary>>(need.capex_chips + need.capex_servers);
  } else if constexpr (std::same_as<Boundary, boundary::cluster_capex>) {
    return as<kind::total_of<Boundary>>(need.it_capex());
  } else if constexpr (std::same_as<Boundary, boundary::facility_capex>) {
    return as<kind::total_of<Boundary>>(need.capex_facility);
  } else {
    return as<kind::total_of<Boundary>>(need.capex());
  }
}

// The chips' share of the cost within a boundary: "chips are 40 % of the cost" is a statement about one. 0 where nothing is bought.
template <class Boundary, number T>
constexpr cost_share<Boundary, T> chip_share(const infrastructure_need<T>& need) {
  static_assert(!std::same_as<Boundary, boundary::facility_capex>, "layercake: a building holds no chips' cost");
  const quantity<unit::usd, T> whole = without_kind(total<Boundary>(need));
  const auto something = whole > quantity<unit::usd, T>();
  return as<kind::share_of<Boundary>>(
      where(something, T(need.capex_chips / where(something, whole, 1 * units::usd)), T(0)));
}

// The chips' share of the power at the meter, 0 where nothing is drawn. Worked number: 41.0 % at the peak by the defaults.
template <number T, class When>
constexpr auto chip_power_share(const power_chain<T, When>& p) {
  const quantity<unit::watt, T> meter = without_kind(p.facility());
  const auto something = meter > quantity<unit::watt, T>();
  return as<kind::share_of<site_peak_power>>(
      where(something, T(without_kind(p.chips) / where(something, meter, 1 * units::watt)), T(0)));
}

// What equipment and a building that live differently cost per unit of time: it a(r, it life) + building a(r, building life) + running cost.
// Leaves out: taxes, residual values, refits. Source: the annuity method; economics/annuity.hpp.
// Worked number: 25.53 and 12.47 B$ at 6.79 %, 14 years for the building, 0.9 B$ a year of running cost: 12.00, 8.50 and 7.01 B$ a year for 3, 5
// and 7 years of equipment, the three points of Epoch AI's 1 GW site (2026-05-14).
template <number T>
constexpr quantity<unit::usd_per_second, T>
ownership_cost(const quantity<unit::usd, T>& it, const quantity<unit::second, T>& it_life,
               const quantity<unit::usd, T>& building, const quantity<unit::second, T>& building_life,
               const T& discount_rate, const quantity<unit::usd_per_second, T>& running) {
  return economics::annuity(it, discount_rate, it_life) + economics::annuity(building, discount_rate, building_life) +
         running;
}

}  // namespace layercake::infrastructure
