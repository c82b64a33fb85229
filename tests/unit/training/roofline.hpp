// A chip, a network and software of a few lines each, plain rooflines, for steps by hand.
#pragma once

#include <layercake/training/constants.hpp>
#include <layercake/training/model.hpp>
#include <layercake/training/stacks.hpp>

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

// Software that reaches all that there is, hides nothing and takes no time of its own: what a law takes of it, and a plan.
inline layercake::training_constants perfect() {
  layercake::training_constants k;
  k.products = k.attention = k.inside = 1;
  k.maturity = k.taken = k.straggling = 0;
  return k;
}
inline layercake::training_software perfect_software() {
  layercake::training_software s;
  s.launch = 0 * layercake::units::second;
  s.hidden_tensor = s.hidden_data = 0;
  s.traffic = 1;
  return s;
}

}  // namespace layercake_test
