// Claim 5: thousands, tens of thousands, a million, ten million chips as one machine: the number is a parameter, and
// network, failures, power and money follow. Fat trees of k ports: k hosts on one tier, k^2/2 on two, k^3/4 on three;
// the network's share of the cost of a cluster goes from 4 to 12.8 %.
#include <doctest/doctest.h>
#include <layercake/infrastructure/infrastructure.hpp>

#include "../approx.hpp"

using namespace layercake;
using namespace layercake::units;

TEST_CASE("claim 5: tiers, cost share, failures by scale") {
  const infrastructure::network n;
  const auto network_share = [&](double nodes) {
    const auto net = infrastructure::connect(n, nodes, 8.0).price;
    return net / (net + nodes * 360000 * usd);  // the sheet's node with what belongs to it
  };
  CHECK(network_share(64) == approx(0.0402).epsilon(0.002));    // 512 chips
  CHECK(network_share(128) == approx(0.0862).epsilon(0.002));   // 1,024
  CHECK(network_share(4096) == approx(0.1281).epsilon(0.002));  // 32,768
  CHECK(infrastructure::connect(n, 64.0, 8.0).tiers == 1);
  CHECK(infrastructure::connect(n, 2048.0, 8.0).tiers == 2);
  CHECK(infrastructure::connect(n, 65536.0, 8.0).tiers == 3);
  CHECK(infrastructure::connect(n, 65537.0, 8.0).tiers == 4);

  // The four sizes of the claim, H100-class: watts, dollars, failures.
  const infrastructure::site s;
  double before = 0;
  for (const double chips : {1e3, 3e4, 1e6, 1e7}) {
    const auto need = s.pull(chip_demand<>{chips, 700 * watt, 600 * watt, 26268 * usd, {}});
    const double each = in<usd>(need.capex()) / plain(need.chips);
    CHECK(each >= before * (1 - 1e-3));  // a larger machine costs no less per chip
    before = each;
    CHECK(in<megawatt>(need.power.peak) == approx(plain(need.chips) * 700e-6 * 1.53 * 1.14 * 1.4));
    CHECK(in<second>(infrastructure::time_between_failures(s.reliability, plain(need.chips))) ==
          approx(11135 * 16384 / plain(need.chips)).epsilon(1e-3));
  }
  // Claim 40's arithmetic: a million GB200-class chips of 1,200 W are 2.93 GW at the meter.
  CHECK(in<gigawatt>(s.pull(chip_demand<>{1e6, 1200 * watt, 900 * watt, 36742 * usd, {}}).power.peak) ==
        approx(2.93).epsilon(0.001));
}
