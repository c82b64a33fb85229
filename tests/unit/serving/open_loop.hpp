// An open loop, as the library and as the simulation has it.
#pragma once

#include <doctest/doctest.h>

#include "../../approx.hpp"
#include "simulated_engine.hpp"

namespace layercake_test {

// How near the law comes: mean and 99th percentile of first tokens; time per token, latency and requests in flight.
struct nearness {
  double first, slow, rest;
};

// `load`: of what the engine answers when its queue never empties. `seeds` runs of `requests`, whose own error has to be a third of what is allowed.
inline void check_open_loop(const served& s, bool spread, double load, const nearness& allowed, int requests,
                            unsigned seeds) {
  using namespace layercake::units;
  using layercake::in;
  const auto r = s.replica(spread);
  const double slots = layercake::detail::slots(r);
  simulated_engine engine(r, slots);
  const double rate = load * engine.run({0, static_cast<int>(slots) * 2, spread}, 100000, 1).calls;
  const averaged a = engine.runs({rate, 0, spread}, requests, seeds);
  const measured& m = a.mean;
  const auto f = layercake::inflight_open_loop(r, rate / second, 0.99);
  INFO("input " << s.input << ", budget " << s.budget << ", load " << load << ", spread " << spread);
  INFO("simulated " << m.first_token << " " << m.slow_first_token << " " << m.per_token << " " << m.latency << " "
                    << m.in_flight << ", within " << a.error);
  INFO("law       " << in<second>(f.time_to_first_token) << " " << in<second>(f.slow_first_token) << " "
                    << in<second>(f.time_per_output_token) << " " << in<second>(f.latency) << " " << f.in_flight);
  CHECK(a.error < allowed.first / 3);
  CHECK(in<second>(f.time_to_first_token) == approx(m.first_token).epsilon(allowed.first));
  CHECK(in<second>(f.slow_first_token) == approx(m.slow_first_token).epsilon(allowed.slow));
  CHECK(in<second>(f.time_per_output_token) == approx(m.per_token).epsilon(allowed.rest));
  CHECK(in<second>(f.latency) == approx(m.latency).epsilon(allowed.rest));
  CHECK(f.in_flight == approx(m.in_flight).epsilon(allowed.rest));
}

}  // namespace layercake_test
