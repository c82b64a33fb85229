// More never costs more, and the service level agrees with the open loop: a sample; all_signs.cpp has every replica.
#include "replica_scan.hpp"

TEST_CASE("under one plan more of a chip or a looser objective never costs more") {
  CHECK(layercake_test::check_signs(331) > 20);
}

TEST_CASE("the service level and the open loop agree") { CHECK(layercake_test::check_service_levels(331) > 20); }
