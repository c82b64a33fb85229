// As signs.cpp, over every replica that the catalogs give.
#include "replica_scan.hpp"

TEST_CASE("under one plan more of a chip or a looser objective never costs more, everywhere") {
  CHECK(layercake_test::check_signs(1) > 5000);
}

TEST_CASE("the service level and the open loop agree, everywhere") {
  CHECK(layercake_test::check_service_levels(1) > 60000);
}
