// A model of a few lines, for steps by hand.
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

}  // namespace layercake_test
