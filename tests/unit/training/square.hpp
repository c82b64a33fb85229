// A model, a chip and a network of a few lines each, for steps by hand.
#pragma once

#include <layercake/training/model.hpp>

namespace layercake_test {

// Layers of one product and nothing else, as wide as a micro-batch has positions: on a roofline its forward pass, the
// input's gradient and the weights' take equally long.
struct square {
  double layers = 16;
  double parameters_each = 4096.0 * 4096;
  template <class N, class Visit>
  void operations(const layercake::models::pass<N>& p, const layercake::models::split<N>& s, Visit&& visit) const {
    const N rows = p.sequences * p.queries / s.context;
    visit(layercake::matrix_product<N>{.m = rows, .n = rows, .k = rows}, N(layers));
  }
  template <class N>
  layercake::models::rank_parameters<N> parameters(const layercake::models::split<N>& s) const {
    return {.everywhere = N(layers * parameters_each) / (s.tensor * s.pipeline)};
  }
  template <class N>
  layercake::training_memory<N> memory(const layercake::basic_training_layout<N>& l) const {
    return model_states(parameters(l.split()), l);
  }
};

struct roofline_chip {
  layercake::quantity<layercake::unit::byte> memory = 80 * layercake::units::gigabyte;
  layercake::quantity<layercake::unit::byte_per_second> scale_up_bandwidth =
      300 * layercake::units::gigabyte_per_second;
  double scale_up_domain = 8;
  layercake::quantity<layercake::unit::watt> thermal_design_power = 700 * layercake::units::watt,
                                             idle_power = 80 * layercake::units::watt;
  layercake::quantity<layercake::unit::usd> price = 30000 * layercake::units::usd;
  template <class N>
  auto time(const layercake::work<N>& w) const {
    return max(w.flop / (500 * layercake::units::teraflop_per_second),
               w.bytes / (2 * layercake::units::terabyte_per_second));
  }
};

struct ring_network {
  template <class N, class F>
  auto time(const layercake::collective<N>& c, const layercake::scale_up_fabric<F>& f) const {
    return N(2) * c.bytes / f.bandwidth * (c.ranks - N(1)) / c.ranks;
  }
};

}  // namespace layercake_test
