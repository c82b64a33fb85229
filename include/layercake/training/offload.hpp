// What of a training step is kept in the memory of the hosts, and what hosts there are.
#pragma once

#include <layercake/core/fields.hpp>
#include <layercake/units/named.hpp>
#include <string>
#include <tuple>

namespace layercake {

// Shares that lie in the memory of the host instead of the chip's.
//   optimizer  optimiser states, which the host then updates (ZeRO-Offload, Ren et al. 2021), and gradients in front of it
//   weights    weights, read before each pass (ZeRO-Infinity, Rajbhandari et al. 2021)
//   experts    weights of routed experts, at least `weights`
template <number T = double>
struct basic_training_offload {
  T optimizer = T(0), weights = T(0), experts = T(0);

  template <class N>
  using with_number = basic_training_offload<N>;
  static constexpr auto fields() {
    using X = basic_training_offload;
    return std::tuple{
        field("optimizer", &X::optimizer, share, "share of the optimiser's states that hosts keep and update"),
        field("weights", &X::weights, share, "share of the weights that hosts keep"),
        field("experts", &X::experts, share, "share of the routed experts' weights that hosts keep, at least weights")};
  }
  constexpr T of_experts() const { return max(weights, experts); }
  constexpr T largest() const { return max(optimizer, of_experts()); }
  constexpr bool any() const { return may_hold(largest() > T(0)); }
};
using training_offload = basic_training_offload<>;

// The share of a host that stands behind one chip. Nothing here has a default: where nothing is offloaded nobody asks.
//   link              each direction: PCIe Gen3 x16 16 GB/s, Gen4 32, Gen5 64; NVLink-C2C of a Grace Hopper 450 GB/s
//   memory_bandwidth  that the host's optimiser sustains, reading and writing
//   memory            for states
template <number T = double>
struct basic_training_host {
  quantity<unit::byte_per_second, T> link = unknown<>, memory_bandwidth = unknown<>;
  quantity<unit::byte, T> memory = unknown<>;

  template <class N>
  using with_number = basic_training_host<N>;
  static constexpr auto fields() {
    using X = basic_training_host;
    return std::tuple{field("link", &X::link, positive.or_unknown(), "between a chip and its host, each direction"),
                      field("memory_bandwidth", &X::memory_bandwidth, positive.or_unknown(),
                            "of host memory per chip, as the optimiser reads and writes it"),
                      field("memory", &X::memory, positive.or_unknown(), "of a host that may be taken, per chip")};
  }
};
using training_host = basic_training_host<>;

// What must be known of a host that keeps something: its link and memory, and the rate of its memory where it updates.
template <real T>
void check_hosts(findings& f, const basic_training_offload<T>& offload, const basic_training_host<T>& host,
                 const std::string& path = "host") {
  if (!offload.any()) return;
  f.check_known(path + ".link", host.link,
                "Give the rate between a chip and its host, such as 64 GB/s of PCIe Gen5 x16.");
  f.check_known(path + ".memory", host.memory, "Give the host memory that there is for a chip's states.");
  if (!(offload.optimizer > T(0))) return;
  f.check_known(path + ".memory_bandwidth", host.memory_bandwidth,
                "Give the rate at which a chip's share of the host reads and writes its memory.");
}

}  // namespace layercake
