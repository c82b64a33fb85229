// must-contain: layercake: a model that is trained needs `template <class N> models::rank_parameters<N> parameters(const models::split<N>&) const`
// max-bytes: 3000
#include <layercake/training/law.hpp>

namespace lc = layercake;
using namespace lc::units;

struct my_model {
  double layers = 8;
  template <class N, class Visit>
  void operations(const lc::models::pass<N>& p, const lc::models::split<N>& s, Visit&& visit) const {
    visit(lc::matrix_product<N>{.m = p.sequences * p.queries, .n = N(1024) / s.tensor, .k = N(1024)}, N(layers));
  }
#ifdef GOOD
  template <class N>
  lc::models::rank_parameters<N> parameters(const lc::models::split<N>& s) const {
    return {.everywhere = N(layers * 1024 * 1024) / (s.tensor * s.pipeline)};
  }
#endif
  template <class N>
  lc::training_memory<N> memory(const lc::basic_training_layout<N>& l) const {
    return lc::model_states(lc::models::rank_parameters<N>{.everywhere = N(layers * 1024 * 1024) / l.tensor}, l);
  }
};
struct my_chip {
  lc::quantity<lc::unit::byte> memory = 64 * gigabyte;
  lc::quantity<lc::unit::byte_per_second> scale_up_bandwidth = 100 * gigabyte_per_second;
  double scale_up_domain = 8;
  template <class N>
  auto time(const lc::work<N>& w) const {
    return w.flop / (200 * teraflop_per_second);
  }
};
struct my_network {
  template <class N, class F>
  auto time(const lc::collective<N>& c, const lc::scale_up_fabric<F>& f) const {
    return c.bytes / f.bandwidth;
  }
};
int main() { train_step(my_model{}, my_chip{}, my_network{}, lc::training_plan{}); }
