// A chip, a network and software of a few lines each, plain rooflines, for steps by hand.
#pragma once

#include <layercake/training/constants.hpp>
#include <layercake/training/model.hpp>

namespace layercake_test {

inline constexpr double peak = 500e12, bandwidth = 2e12, fabric = 300e9;  // FLOP/s, B/s
struct roofline_chip {
  layercake::quantity<layercake::unit::byte> memory = 80 * layercake::units::gigabyte;
  layercake::quantity<layercake::unit::byte_per_second> scale_up_bandwidth =
      fabric * (layercake::units::byte / layercake::units::second);
  double scale_up_domain = 8;
  layercake::quantity<layercake::unit::watt> thermal_design_power = 700 * layercake::units::watt,
                                             idle_power = 80 * layercake::units::watt;
  layercake::quantity<layercake::unit::usd> price = 30000 * layercake::units::usd;
  template <class N>
  auto time(const layercake::work<N>& w) const {
    return max(w.flop / (peak * (layercake::units::flop / layercake::units::second)),
               w.bytes / (bandwidth * (layercake::units::byte / layercake::units::second)));
  }
};

struct ring_network {
  template <class N, class F>
  auto time(const layercake::collective<N>& c, const layercake::scale_up_fabric<F>& f) const {
    return N(2) * c.bytes / f.bandwidth * (c.ranks - N(1)) / c.ranks;
  }
};

// Software that reaches all that there is, hides nothing and takes no time of its own.
inline layercake::training_constants perfect() {
  layercake::training_constants k;
  k.products = k.attention = k.attention_backward = k.inside = k.gradients = k.traffic_2025 = 1;
  k.maturity = k.hidden_tensor = k.hidden_data = k.hidden_sharding = k.taken = k.straggling = k.host = k.host_mixture =
      0;
  return k;
}

}  // namespace layercake_test
