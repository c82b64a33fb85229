// The network between nodes: a fat tree of switches, what it costs and carries.
#pragma once

#include <layercake/core/fields.hpp>
#include <layercake/core/provenance.hpp>
#include <layercake/infrastructure/fabric.hpp>
#include <layercake/number/number.hpp>
#include <layercake/units/named.hpp>
#include <limits>
#include <tuple>

namespace layercake::infrastructure {

namespace detail {
inline constexpr field_source network_sources[] = {
    {"power", "Epoch AI, GPUs' power usage in AI data centers, 2025-12-18", confidence::published},
    {"oversubscription", "none, as in the sheet", confidence::assumed},
    {"scale_out.ring_step", "NCCL's tuning table, src/graph/tuning.cc", confidence::published},
    {"scale_out.tree_level", "NCCL's tuning table, src/graph/tuning.cc", confidence::published},
    {"scale_out.bulk_step", "fitted to three tables of 2 and 4 nodes, see fabric.hpp", confidence::estimated},
    {"scale_out.bulk_message", "fitted to three tables of 2 and 4 nodes, see fabric.hpp", confidence::estimated},
    {"scale_out.exchange_level", "DeepEP", confidence::estimated},
    {"scale_out.switch_efficiency", "chosen", confidence::assumed},
    {"scale_out", "46 to 48 of 50 GB/s: NCCL maintainers, nccl-tests issue 290", confidence::published},
    {"scale_up", "fitted to 2,147 measured collectives, see collectives.hpp", confidence::estimated}};
}  // namespace detail

// One rail per chip of a node, each a fat tree of its own over all nodes ("rail-optimised").
//
// Defaults: 64 ports of 400 Gb/s, 36 k$ a switch, 1,320 $ a link from node to switch and 1,240 $ between switches with its optics (all from
// the "H100 Freakonomics" sheet, 2024-08; the link prices solve its six cluster sizes exactly); switches, storage and management draw 14 %
// of the servers' power (Epoch AI 2025-12-18).
template <number T = double>
struct basic_network {
  quantity<unit::byte_per_second, T> bandwidth = T(400) * units::gigabit_per_second;  // per chip and direction
  T ports = T(64);                                                                    // of a switch
  quantity<unit::usd, T> switch_price = T(36000) * units::usd;
  quantity<unit::usd, T> node_link_price = T(1320) * units::usd;
  quantity<unit::usd, T> trunk_link_price = T(1240) * units::usd;
  T oversubscription = T(1);       // bandwidth into a leaf switch over bandwidth out of it
  T power = number_cast<T>(0.14);  // of switches, storage and management, in watts per watt of servers
  basic_scale_out_law<T> scale_out{};
  basic_scale_up_law<T> scale_up{};
  provenance origin{"H100 Freakonomics sheet", "2024-08", confidence::published, detail::network_sources};

  template <number Other>
  using with_number = basic_network<Other>;

  static constexpr auto fields() {
    using X = basic_network;
    return std::tuple{
        field("bandwidth", &X::bandwidth, positive, "bytes per second that one chip sends to other nodes"),
        field("ports", &X::ports, domain{4, 65536, false, false, true}, "the number of ports of a switch"),
        field("switch_price", &X::switch_price, nonnegative, "the price of a switch"),
        field("node_link_price", &X::node_link_price, nonnegative,
              "the price of a link from a node to a switch, optics included"),
        field("trunk_link_price", &X::trunk_link_price, nonnegative,
              "the price of a link between switches, optics included"),
        field("oversubscription", &X::oversubscription, domain{1, 64},
              "bandwidth into a leaf switch over bandwidth out of it, 1 for none"),
        field("power", &X::power, domain{0, 10},
              "what switches, storage and management draw, in watts per watt of servers"),
        part("scale_out", &X::scale_out),
        part("scale_up", &X::scale_up),
        label("origin", &X::origin)};
  }

  void rules(findings& f) const {
    if constexpr (real<T>) {
      f.check_at_most("oversubscription", oversubscription, "ports - 1", ports - T(1),
                      "A leaf needs an uplink: lower oversubscription or take a switch with more ports.");
    }
  }
};
using network = basic_network<>;

// What connects a cluster.
template <number T = double>
struct fat_tree {
  T tiers{};
  T switches{};
  T node_links{};
  T trunk_links{};
  quantity<unit::usd, T> price{};
  quantity<unit::byte_per_second, T> bisection_bandwidth{};  // from one half of the nodes to the other, one direction
};

// The fat tree that joins `nodes` nodes of `rails` chips each.
//
//   hosts that L tiers join, k ports, oversubscription o at the leaves, of whose ports d = k o/(1 + o) look down and u = k/(1 + o) up:
//     1: k    2: k d    3: k d k/2    ...   (o = 1: k, k^2/2, k^3/4)
//   leaves = hosts/d, middle switches = uplinks/(k/2) in each middle tier, top switches = uplinks/k; hosts on a tree = nodes, trees = rails
//
// Counts are whole on every rail with counting::whole. With counting::smooth they are the ratios above, as price sheets have them; the
// number of tiers is whole in both. Beyond five tiers the price is infinite. Leaves out: spare switches, racks and labour, border and storage
// networks. Source: Al-Fares, Loukissas, Vahdat, SIGCOMM 2008, section 3. Worked number: 4,096 nodes of 8, 64 ports: 3 tiers, 2,560 switches,
// 216,678,400 $.
template <number T>
constexpr fat_tree<T> connect(const basic_network<T>& n, const T& nodes, const T& rails,
                              counting how = counting::whole) {
  const T down = how == counting::whole ? floor(n.ports * n.oversubscription / (T(1) + n.oversubscription))
                                        : n.ports * n.oversubscription / (T(1) + n.oversubscription);
  const T up = n.ports - down;
  const T half = n.ports / T(2);
  constexpr int most_tiers = 5;  // 67 million hosts with 64 ports

  // One switch joins all, no uplinks; otherwise leaves, middle tiers, a top.
  const auto beyond_one = nodes > n.ports;
  const T one_switch = how == counting::whole ? where(nodes > T(0), T(1), T(0)) : nodes / n.ports;
  const T leaves = counted(nodes / down, how);
  const T uplinks = leaves * up;

  T tiers = where(beyond_one, T(2), T(1));
  T switches = where(beyond_one, leaves + counted(uplinks / n.ports, how), one_switch);
  T trunks = where(beyond_one, uplinks, T(0));
  T capacity = n.ports * down;
  T middle = T(0);  // switches in middle tiers so far
  for (int tier = 3; tier <= most_tiers; ++tier) {
    const auto more = nodes > capacity;
    const T one_middle_tier = counted(uplinks / half, how);
    middle += one_middle_tier;
    tiers = where(more, number_cast<T>(tier), tiers);
    switches = where(more, leaves + middle + counted(one_middle_tier * half / n.ports, how), switches);
    trunks = where(more, uplinks + number_cast<T>(tier - 2) * (one_middle_tier * half), trunks);
    capacity = capacity * half;
  }
  const T impossible = where(nodes > capacity, number_cast<T>(std::numeric_limits<scalar_of_t<T>>::infinity()), T(1));

  fat_tree<T> r;
  r.tiers = tiers;
  r.switches = switches * rails;
  r.node_links = nodes * rails;
  r.trunk_links = trunks * rails;
  r.price = for_all(impossible, for_all(r.switches, n.switch_price) + for_all(r.node_links, n.node_link_price) +
                                    for_all(r.trunk_links, n.trunk_link_price));
  r.bisection_bandwidth = r.node_links * n.bandwidth / (T(2) * where(beyond_one, n.oversubscription, T(1)));
  return r;
}

}  // namespace layercake::infrastructure
