// More never costs more, and the service level agrees with the open loop: over a sample of the replicas that the catalogs give; with
// LAYERCAKE_THOROUGH set over all of them, for many minutes.
#include <cstdlib>

#include "replica_scan.hpp"

namespace {
const bool thorough = std::getenv("LAYERCAKE_THOROUGH") != nullptr;
}

TEST_CASE("under one plan more of a chip or a looser objective never costs more, everywhere") {
  const long every = thorough ? 1 : 10;
  CHECK(layercake_test::check_signs(every) > 5000 / every);
}

TEST_CASE("the service level and the open loop agree, everywhere") {
  const long every = thorough ? 1 : 100;
  CHECK(layercake_test::check_service_levels(every) > 30000 / every);
}
