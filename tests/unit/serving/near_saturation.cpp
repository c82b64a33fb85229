// An open loop at 95 % of what the engine answers, against a discrete-event simulation. A hundredth more or less of load is a fifth of the wait there, and
// waits last for lives of requests: it takes millions of them.
#include "open_loop.hpp"

using layercake_test::check_open_loop, layercake_test::served;

TEST_CASE("an open loop at 95 % of the load, where slots or the token budget run out for seconds") {
  for (const bool spread : {false, true}) {
    check_open_loop({200, 200, 8192, false}, spread, 0.95, {0.1, 0.3, 0.05}, 100000, 4);
    check_open_loop({1500, 200, 8192, false}, spread, 0.95, {0.2, 0.4, 0.05}, 400000, 6);
    check_open_loop({1500, 200, 1024, true}, spread, 0.95, {0.25, 0.25, 0.06}, 400000, 6);
  }
}
