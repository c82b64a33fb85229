// A node: the chips that share one server, and what the server adds to them in power and price.
#pragma once

#include <layercake/core/fields.hpp>
#include <layercake/core/provenance.hpp>
#include <layercake/units/named.hpp>
#include <tuple>

namespace layercake::infrastructure {

namespace detail {
inline constexpr field_source node_sources[] = {
    {"power_supply_efficiency", "tailpipe.ai methodology, titanium power supplies", confidence::published},
    {"price_per_chip",
     "H100 Freakonomics sheet 2024-08 less eight H100 at their price of 2024 (Epoch AI, ai-chip-counts)",
     confidence::estimated}};
}  // namespace detail

// Power of a server per watt of its chips: (1 + other_power) / power_supply_efficiency. Published nodes of one form are close to
// proportional to the chip (DGX A100 2.03, H100 1.82, per chip 400 and 700 W), which a fixed power per chip is not.
//
// Defaults: 1.53 W of server per W of chip (Epoch AI, "GPUs' power usage in AI data centers", 2025-12-18), of which 4 % is lost in titanium
// power supplies (tailpipe.ai methodology); a server without its chips costs 12,480 $ per chip: node 310 k$ ("H100 Freakonomics" sheet,
// 2024-08) less eight H100 at their average price of 2024, 26,268 $ (Epoch AI, ai-chip-counts).
template <number T = double>
struct basic_node {
  T other_power = number_cast<T>(0.4688);                         // host, memory, network cards, fans: W per W of chips
  T power_supply_efficiency = number_cast<T>(0.96);               // direct current out over alternating current in
  quantity<unit::usd, T> price_per_chip = T(12480) * units::usd;  // node without its chips
  provenance origin{"Epoch AI, GPUs' power usage in AI data centers", "2025-12-18", confidence::published,
                    detail::node_sources};

  template <number Other>
  using with_number = basic_node<Other>;

  static constexpr auto fields() {
    using X = basic_node;
    return std::tuple{
        field("other_power", &X::other_power, domain{0, 10},
              "what the rest of the node draws, in watts per watt of its chips"),
        field("power_supply_efficiency", &X::power_supply_efficiency, positive_share,
              "power out of the power supplies over power in"),
        field("price_per_chip", &X::price_per_chip, nonnegative, "the price of a node without its chips, per chip"),
        label("origin", &X::origin)};
  }

  // Watts of server per watt of chips.
  constexpr T power_multiplier() const { return (T(1) + other_power) / power_supply_efficiency; }
};
using node = basic_node<>;

}  // namespace layercake::infrastructure
