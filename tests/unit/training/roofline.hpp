// A chip and a network of a few lines each, plain rooflines, for steps by hand.
#pragma once

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

}  // namespace layercake_test
