// Claim 22: more thinking at inference as another axis.
#include <doctest/doctest.h>

#include <layercake/applications/applications.hpp>

#include "../approx.hpp"

namespace app = layercake::applications;

TEST_CASE("claim 22: the best of ten tries at one in five") {
  // All ten fail with 0.8^10 = 0.1073741824 (2^30 / 1e10).
  CHECK(app::best_of(0.2, 10) == approx(1 - 0.1073741824).epsilon(1e-12));
  // Summed over which try is the first to succeed.
  double sum = 0, failed = 1;
  for (int i = 0; i < 10; ++i)
    sum += failed * 0.2, failed *= 0.8;
  CHECK(app::best_of(0.2, 10) == approx(sum).epsilon(1e-12));
  // Each further try adds less.
  for (int n = 1; n < 20; ++n) {
    CHECK(app::best_of(0.2, n + 1) - app::best_of(0.2, n) < app::best_of(0.2, n) - app::best_of(0.2, n - 1));
  }
}
