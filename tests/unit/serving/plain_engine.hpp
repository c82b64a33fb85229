// An engine so plain that its figures can be found by hand: a chip that does a teraflop a second, a model of a gigaflop a
// token and a byte of cache a token and nothing else, software that takes no time. A token takes 1 ms to read or to write,
// whatever is written beside it.
#pragma once

#include <layercake/serving/search.hpp>

namespace layercake_test {

namespace lc = layercake;
using namespace layercake::units;

struct plain_chip {
  lc::quantity<lc::unit::byte> memory = 1000 * byte;
  lc::quantity<lc::unit::byte_per_second> memory_bandwidth = 1 * (byte / second),
                                          scale_up_bandwidth = 1 * (byte / second);
  double scale_up_domain = 8;
  lc::quantity<lc::unit::watt> thermal_design_power = 300 * watt, idle_power = 30 * watt;
  lc::quantity<lc::unit::usd> price = 5000 * usd;
  template <class N>
  auto time(const lc::work<N>& w) const {
    return w.flop / (1 * teraflop_per_second);
  }
};

struct plain_model {
  template <class T, class Visit>
  void operations(const lc::models::pass<T>& p, const lc::models::split<T>&, Visit&& visit) const {
    visit(lc::work<T>{p.sequences * p.queries * (1 * gigaflop), T(0) * byte}, T(1));
  }
  template <class T>
  auto weights(const lc::models::split<T>&) const {
    return lc::quantity<lc::unit::byte, T>(100 * byte);
  }
  template <class T>
  auto cache(const lc::quantity<lc::unit::token, T>& tokens, const lc::models::split<T>& s) const {
    return tokens * (byte / token) / (s.tensor * s.pipeline);
  }
};

inline const plain_chip chip;
inline const lc::infrastructure::site site;
inline const plain_model model;

inline lc::serving_plan plan_of(double pipeline) {
  lc::serving_plan plan{.pipeline = pipeline, .memory_share = 1};
  plan.software = {.per_step = 0 * second,
                   .per_sequence = 0 * second,
                   .per_request = 0 * second,
                   .launch = 0 * second,
                   .context = 0 * byte,
                   .communication = 0 * byte,
                   .graph_operation = 0 * byte,
                   .cache_block = 1,
                   .wave_loss = 0};
  return plan;
}

}  // namespace layercake_test
