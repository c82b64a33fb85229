// A site: nodes, network, building and money. `pull` says what running chips takes; `push` how many chips a power limit allows.
#pragma once

#include <layercake/core/demand.hpp>
#include <layercake/core/fields.hpp>
#include <layercake/core/measures.hpp>
#include <layercake/core/provenance.hpp>
#include <layercake/economics/annuity.hpp>
#include <layercake/infrastructure/collectives.hpp>
#include <layercake/infrastructure/facility.hpp>
#include <layercake/infrastructure/need.hpp>
#include <layercake/infrastructure/network.hpp>
#include <layercake/infrastructure/node.hpp>
#include <layercake/infrastructure/reliability.hpp>
#include <layercake/units/named.hpp>
#include <span>
#include <tuple>

namespace layercake::infrastructure {

namespace detail {
// Of the defaults; the power usage effectiveness is the record's own.
inline constexpr field_source site_sources[] = {
    {"water_usage_effectiveness", "air and liquid cooled, general knowledge", confidence::recalled},
    {"chips_per_node", "HGX and DGX", confidence::published},
    {"peak_overhead", "Epoch AI 2025-12-18 (1.4) over training-cost-trends (1.25)", confidence::estimated},
    {"availability", "Llama 3's failures, a day of repair assumed", confidence::assumed},
    {"utilisation", "useluminix.com citing Kerrisdale", confidence::published},
    {"discount_rate", "calibrated to Epoch AI 2026-05-14", confidence::estimated},
    {"it_life", "Epoch AI 2026-05-14", confidence::published},
    {"facility_life", "Epoch AI 2026-05-14", confidence::published},
    {"maintenance", "Epoch AI 2026-05-14, running cost less energy and staff", confidence::estimated}};
inline constexpr std::span<const field_source> site_sources_but_water = std::span(site_sources).subspan(1);
}  // namespace detail

// Defaults: eight chips a node (HGX, DGX); power usage effectiveness 1.25 in the mean (Epoch AI, training-cost-trends, other than
// hyperscalers) and 1.4 at the peak (Epoch AI 2025-12-18), an overhead 1.6 times as large; water 0.5 L/kWh (air and liquid cooled, recalled);
// money: 6.79 % a year, equipment 5 and building 14 years, calibrated to Epoch AI's 1 GW site (2026-05-14), its 0.3 B$ a year of running
// cost beside energy, less staff, over 25.53 B$ of equipment: 1.13 % a year; utilisation 87 % (CoreWeave's model, useluminix.com);
// availability 99.6 %: eight chips at Llama 3's failure rate (5.8 years a chip) and a day of repair, the last assumed.
template <number T = double>
struct basic_site {
  const char* name = "site";
  T chips_per_node = T(8);
  T power_usage_effectiveness = number_cast<T>(1.25);  // facility power over IT power, yearly mean
  T peak_overhead = number_cast<T>(1.6);               // overhead at the hottest hour over the mean overhead
  quantity<unit::cubic_metre_per_joule, T> water_usage_effectiveness =
      number_cast<T>(0.5) * units::litre_per_kilowatt_hour;  // of IT energy
  T availability = number_cast<T>(0.996);                    // share of the time that a node works
  T utilisation = number_cast<T>(0.87);  // share of the working capacity that is planned to be sold at the busiest hour
  T discount_rate = number_cast<T>(0.0679);  // per year
  quantity<unit::second, T> it_life = T(5) * units::year;
  quantity<unit::second, T> facility_life = T(14) * units::year;
  T maintenance = number_cast<T>(0.0113);  // share of the equipment's price per year
  basic_node<T> node{};
  basic_network<T> network{};
  basic_facility<T> facility{};
  basic_reliability<T> reliability{};
  provenance origin{"training-cost-trends, other than hyperscalers (PUE)", "2024", confidence::published,
                    detail::site_sources};

  template <number Other>
  using with_number = basic_site<Other>;

  static constexpr auto fields() {
    using X = basic_site;
    return std::tuple{
        label("name", &X::name),
        field("chips_per_node", &X::chips_per_node, positive_count, "the number of chips in a node"),
        field("power_usage_effectiveness", &X::power_usage_effectiveness, domain{1, 10},
              "facility power over IT power, yearly mean"),
        field("peak_overhead", &X::peak_overhead, domain{1, 10}, "overhead at the hottest hour over the mean overhead"),
        field("water_usage_effectiveness", &X::water_usage_effectiveness, nonnegative,
              "water used on site per IT energy"),
        field("availability", &X::availability, positive_share, "the share of the time that a node works"),
        field("utilisation", &X::utilisation, positive_share,
              "the share of the capacity that may be sold at the busiest hour"),
        field("discount_rate", &X::discount_rate, domain{0, 1}, "the yearly interest on capital"),
        field("it_life", &X::it_life, positive, "how long chips, servers and network are used"),
        field("facility_life", &X::facility_life, positive, "how long the building is used"),
        field("maintenance", &X::maintenance, share, "yearly maintenance as a share of the equipment's price"),
        part("node", &X::node),
        part("network", &X::network),
        part("facility", &X::facility),
        part("reliability", &X::reliability),
        label("origin", &X::origin)};
  }

  // Power usage effectiveness at the hottest hour.
  constexpr T peak_power_usage_effectiveness() const {
    return T(1) + (power_usage_effectiveness - T(1)) * peak_overhead;
  }
  // Watts of IT per watt of chips.
  constexpr T it_multiplier() const { return node.power_multiplier() * (T(1) + network.power); }

  // What so many chips take; see infrastructure::pull.
  template <number N>
  constexpr auto pull(const chip_demand<N>& demand, counting how = counting::whole) const;
  // The chips that a peak power at the meter allows; see infrastructure::push.
  template <number P, number N>
  constexpr auto push(const quantity<unit::watt, P>& power, const chip_demand<N>& one_chip,
                      counting how = counting::whole) const;
  // How long an exchange takes; see infrastructure::time. `law` stands for the chips' own fabric.
  template <number N, number F = N>
  constexpr auto time(const collective<N>& c, const scale_up_fabric<F>& fabric,
                      const communication_library& library = {}) const {
    return time(c, fabric, network.scale_up, library);
  }
  template <number N, number F, number L>
  constexpr auto time(const collective<N>& c, const scale_up_fabric<F>& fabric, const basic_scale_up_law<L>& law,
                      const communication_library& library = {}) const;
  // The law of all exchanges in a fabric, prepared once: basic_collective_law.
  template <number F>
  constexpr auto timing(const scale_up_fabric<F>& fabric, const communication_library& library = {}) const;
};
using site = basic_site<>;

namespace detail {
template <number P, number N>
constexpr chip_demand<P> over(const chip_demand<N>& d) {
  return {d.chips, d.peak_power, d.mean_power, d.price, d.die_area};
}
}  // namespace detail

// The power of `chips`, from the chips to the meter; `effectiveness` is that of the mean or of the peak.
//   servers = chips (1 + other)/supply efficiency;  IT = servers (1 + network);  facility = IT PUE
// Worked number: 1 GW of chips by the defaults at the peak: 1.53 x 1.14 x 1.4 = 2.44 GW, of which the chips are 41.0 %.
template <number T>
constexpr power_chain<T> chain(const basic_site<T>& s, const quantity<unit::watt, T>& chips, const T& effectiveness) {
  power_chain<T> p;
  p.chips = chips;
  p.hosts = for_all(chips, s.node.other_power);
  p.power_supplies = for_all(p.chips + p.hosts, T(T(1) / s.node.power_supply_efficiency - T(1)));
  p.network = for_all(p.servers(), s.network.power);
  p.building = for_all(p.it(), T(effectiveness - T(1)));
  return p;
}

// What `demand.chips` installed chips take: power, equipment, building, land, people, water, and what they cost.
//
//   nodes = chips/chips_per_node (whole: rounded up, all filled);  capex_facility = capex * IT power at the peak
//   rates: price * a(discount_rate, life) with the equipment's life or the building's (economics/annuity.hpp); maintenance a share of the equipment
//   water = water_usage_effectiveness * mean IT power;  land, floor, people in proportion to the facility's peak power
//
// Leaves out: price changes while building, taxes, residual values, land price, water behind the meter's electricity (the energy layer's).
// Domain: the fields' own. Worked number: 8,000 chips of 1 kW by the defaults: peak 19.535 MW at the meter.
template <number T>
constexpr infrastructure_need<T> pull(const basic_site<T>& s, const chip_demand<T>& demand,
                                      counting how = counting::whole) {
  infrastructure_need<T> need;
  const T nodes = counted(T(plain(demand.chips) / s.chips_per_node), how), chips = nodes * s.chips_per_node;
  need.nodes = nodes;
  need.chips = chips;
  need.peak = chain(s, for_all(chips, plain(demand.peak_power)), s.peak_power_usage_effectiveness());
  need.mean = chain(s, for_all(chips, plain(demand.mean_power)), s.power_usage_effectiveness);
  need.it_power = {need.peak.it(), need.mean.it()};
  need.power = {need.peak.facility(), need.mean.facility()};
  need.network = connect(s.network, nodes, s.chips_per_node, how);

  need.capex_chips = for_all(chips, plain(demand.price));
  need.capex_servers = for_all(chips, s.node.price_per_chip);
  need.capex_network = need.network.price;
  need.capex_facility = s.facility.capex * plain(need.peak.it());

  const auto equipment = economics::capital_recovery_factor(s.discount_rate, s.it_life);
  need.chip_cost = need.capex_chips * equipment;
  need.server_cost = need.capex_servers * equipment;
  need.network_cost = need.capex_network * equipment;
  need.facility_cost = need.capex_facility * economics::capital_recovery_factor(s.discount_rate, s.facility_life);
  need.maintenance_cost = for_all(need.it_capex(), s.maintenance / units::year);

  need.silicon = for_all(chips, plain(demand.die_area));
  need.land = for_all(plain(need.power.peak), s.facility.land);
  need.floor_area = for_all(plain(need.power.peak), s.facility.floor_area);
  need.operators = for_all(plain(need.power.peak), s.facility.operators);
  need.staff_cost = for_all(need.operators, s.facility.operator_pay);
  need.construction_workers = for_all(plain(need.power.peak), s.facility.construction_workers.total);
  need.time_to_build = s.facility.time_to_build();
  need.water = for_all(plain(need.mean.it()), s.water_usage_effectiveness);
  return need;
}

// The chips that a peak power at the meter allows: power / (peak power of one chip * multipliers), whole nodes where counted whole.
// push(pull(x).power.peak) == x for whole nodes; a rounding error does not lose a node.
template <number T>
constexpr T push(const basic_site<T>& s, const quantity<unit::watt, T>& power, const chip_demand<T>& one_chip,
                 counting how = counting::whole) {
  const T chips = power / chain(s, plain(one_chip.peak_power), s.peak_power_usage_effectiveness()).facility();
  if (how == counting::smooth) return chips;
  constexpr int roundings = 16;  // more than the multipliers take
  const T tolerance = number_cast<T>(roundings * std::numeric_limits<scalar_of_t<T>>::epsilon());
  return floor(chips / s.chips_per_node * (T(1) + tolerance)) * s.chips_per_node;
}

template <number T>
template <number N>
constexpr auto basic_site<T>::pull(const chip_demand<N>& demand, counting how) const {
  using P = promote_t<T, N>;
  return infrastructure::pull<P>(layercake::with_number<P>(*this), detail::over<P>(demand), how);
}

template <number T>
template <number P, number N>
constexpr auto basic_site<T>::push(const quantity<unit::watt, P>& power, const chip_demand<N>& one_chip,
                                   counting how) const {
  using V = promote_all_t<T, P, N>;
  return infrastructure::push<V>(layercake::with_number<V>(*this), quantity<unit::watt, V>(power),
                                 detail::over<V>(one_chip), how);
}

template <number T>
template <number N, number F, number L>
constexpr auto basic_site<T>::time(const collective<N>& c, const scale_up_fabric<F>& fabric,
                                   const basic_scale_up_law<L>& law, const communication_library& library) const {
  using P = promote_all_t<T, N, F, L>;
  const basic_collective_law<P> times(
      fabric.template over<P>(), layercake::with_number<P>(law), layercake::with_number<P>(network.scale_out),
      quantity<unit::byte_per_second, P>(network.bandwidth), number_cast<P>(network.oversubscription), library);
  return times.time({c.kind, c.bytes, number_cast<P>(c.ranks), number_cast<P>(c.stride)});
}

template <number T>
template <number F>
constexpr auto basic_site<T>::timing(const scale_up_fabric<F>& fabric, const communication_library& library) const {
  using P = promote_t<T, F>;
  return basic_collective_law<P>(fabric.template over<P>(), layercake::with_number<P>(network.scale_up),
                                 layercake::with_number<P>(network.scale_out),
                                 quantity<unit::byte_per_second, P>(network.bandwidth),
                                 number_cast<P>(network.oversubscription), library);
}

// What can stand as the infrastructure of a stack: a site, or a type of the user's with these members. `pull` and `time` are asked over the
// number type of the whole stack; templates serve them all.
template <class X, class N = double>
concept infrastructure = requires(const X& x, const chip_demand<N>& demand, const collective<N>& c,
                                  const scale_up_fabric<N>& fabric) {
  requires is_infrastructure_need<std::remove_cvref_t<decltype(x.pull(demand, counting::whole))>>;
  { x.time(c, fabric) } -> measures<unit::second>;
  x.availability;
  x.utilisation;
};

}  // namespace layercake::infrastructure
