// What infrastructure answers to running chips: power from chip to meter, equipment, building, people, water, and what they cost.
#pragma once

#include <layercake/core/demand.hpp>
#include <layercake/infrastructure/network.hpp>
#include <layercake/units/kind.hpp>
#include <string>
#include <type_traits>

namespace layercake::infrastructure {

// Where a watt at the meter goes. `When` is kind::peak or kind::average, so that the busiest hour and the mean do not mix, nor the places of
// the way; void for watts that are neither.
template <number T = double, class When = void>
struct power_chain {
  template <class Where>
  using at = std::conditional_t<
      std::is_void_v<When>, quantity<unit::watt, T>,
      std::conditional_t<std::same_as<When, kind::peak>, peak_power_at<Where, T>, mean_power_at<Where, T>>>;

  at<kind::all_chips> chips{};
  quantity<unit::watt, T> hosts{};           // processors, memory, network cards, fans of the nodes
  quantity<unit::watt, T> power_supplies{};  // lost in them
  quantity<unit::watt, T> network{};         // switches, storage, management
  quantity<unit::watt, T> building{};        // cooling and distribution: what power usage effectiveness adds

  constexpr quantity<unit::watt, T> servers() const { return without_kind(chips) + hosts + power_supplies; }
  constexpr at<kind::it> it() const { return servers() + network; }
  constexpr at<kind::facility> facility() const { return without_kind(it()) + building; }

  template <class Time>
    requires std::is_void_v<When> &&(!std::is_void_v<Time>)constexpr operator power_chain<T, Time>() const {
      return {chips, hosts, power_supplies, network, building};
    }
};

// What the building of a site and its running take and cost.
template <number T = double>
struct infrastructure_need {
  chip_count<T> chips{};  // installed: whole nodes are filled
  node_count<T> nodes{};
  power_chain<T, kind::peak> peak{};
  power_chain<T, kind::average> mean{};
  it_power_demand<T> it_power{};
  power_demand<T> power{};  // at the site's meter
  fat_tree<T> network{};

  quantity<unit::usd, T> capex_chips{};
  quantity<unit::usd, T> capex_servers{};  // without the chips
  quantity<unit::usd, T> capex_network{};
  quantity<unit::usd, T> capex_facility{};

  quantity<unit::usd_per_second, T> chip_cost{};  // annuity over the asset's life, and so the next three
  quantity<unit::usd_per_second, T> server_cost{};
  quantity<unit::usd_per_second, T> network_cost{};
  quantity<unit::usd_per_second, T> facility_cost{};
  quantity<unit::usd_per_second, T> maintenance_cost{};
  quantity<unit::usd_per_second, T> staff_cost{};

  quantity<unit::square_metre, T> silicon{};  // die area of the installed chips
  quantity<unit::square_metre, T> land{};
  quantity<unit::square_metre, T> floor_area{};
  T operators{};
  T construction_workers{};  // at the peak of the works
  quantity<unit::second, T> time_to_build{};
  quantity<unit::cubic_metre_per_second, T> water{};  // mean, on site

  constexpr auto it_capex() const { return capex_chips + capex_servers + capex_network; }
  constexpr auto capex() const { return it_capex() + capex_facility; }
  // Of owning and running what is not a chip, without the energy.
  constexpr auto cost_beside_chips() const {
    return server_cost + network_cost + facility_cost + maintenance_cost + staff_cost;
  }
  // Of owning and running, without the energy.
  constexpr auto cost() const {
    return chip_cost + server_cost + network_cost + facility_cost + maintenance_cost + staff_cost;
  }
};

template <class Value>
inline constexpr bool is_infrastructure_need = false;
template <number T>
inline constexpr bool is_infrastructure_need<infrastructure_need<T>> = true;

// Why a site costs infinity, in words; empty where it does not.
template <real T>
std::string why_not(const infrastructure_need<T>& need) {
  const auto endless = [](const auto& cost) { return is_known(cost) && !is_finite(cost); };
  if (endless(need.capex_network)) {
    return "network: " + to_string(plain(need.nodes)) +
           " nodes are more than its tiers of switches join. Take switches with more ports, more chips per node, or "
           "ask for less.";
  }
  return endless(need.cost()) ? "infrastructure: a price of chips, servers, network, building, upkeep or staff is "
                                "infinite. Give it a finite one."
                              : std::string();
}

}  // namespace layercake::infrastructure
