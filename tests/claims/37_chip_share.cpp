// Claim 37: "GPUs are only about 40 % of the cost of a large cluster". Of what? The published figures are of different
// wholes; a share without one does not compile.
#include <concepts>
#include <doctest/doctest.h>
#include <layercake/infrastructure/infrastructure.hpp>
#include <string_view>

#include "../approx.hpp"

using namespace layercake;
using namespace layercake::units;

namespace {
template <class A, class B>
concept adds = requires(const A& a, const B& b) {
  a + b;
};
template <class A, class B>
concept compares = requires(const A& a, const B& b) {
  a < b;
};

using of_site = cost_share<boundary::site_capex>;
using of_cluster = cost_share<boundary::cluster_capex>;
using of_power = of_kind<kind::share_of<infrastructure::site_peak_power>, double>;

static_assert(adds<of_site, of_site> && compares<of_site, of_site>);
static_assert(!adds<of_site, of_cluster> && !compares<of_site, of_cluster>);
static_assert(!adds<of_site, double> && !compares<of_site, double>);
static_assert(!adds<of_site, of_power> && !compares<of_site, of_power>);
static_assert(!std::convertible_to<double, of_site> && !std::convertible_to<of_site, double>);
}  // namespace

TEST_CASE("claim 37: the chips' share is 37 to 70 %, by boundary") {
  // Of the power at the meter: chip to server 1.53, to IT 1.14, to facility 1.4 (Epoch AI). 1/2.4419 = 0.4095
  const auto need = infrastructure::site{}.pull(chip_demand<>{100000, 1200 * watt, 900 * watt, 36742 * usd, {}});
  CHECK(plain(infrastructure::chip_power_share(need.peak)) == approx(1 / (1.53 * 1.14 * 1.4)).epsilon(1e-12));
  CHECK(plain(infrastructure::chip_power_share(need.peak)) == approx(0.410).epsilon(0.0013));

  // Published bills.
  const auto bill_of_materials = share_in(275e6 * usd, as<kind::total_of<boundary::site_capex>>(732e6 * usd));
  CHECK(plain(bill_of_materials) == approx(0.376).epsilon(0.001));
  const auto colossus = share_in(3.2 * billion_usd, as<kind::total_of<boundary::site_capex>>(4.7 * billion_usd));
  CHECK(plain(colossus) == approx(0.681).epsilon(0.001));
  const auto per_gigawatt_high = share_in(35 * billion_usd, as<kind::total_of<boundary::site_capex>>(50 * billion_usd));
  const auto per_gigawatt_low = share_in(35 * billion_usd, as<kind::total_of<boundary::site_capex>>(60 * billion_usd));
  CHECK(plain(per_gigawatt_high) == approx(0.70));
  CHECK(plain(per_gigawatt_low) == approx(0.583).epsilon(0.001));
  CHECK(bill_of_materials < colossus);  // one boundary: they compare
  // A training cluster: 19 % of it is interconnect, the servers cost 1.64 times their chips.
  const auto training = as<kind::share_of<boundary::cluster_capex>>((1 - 0.19) / 1.64);
  CHECK(plain(training) == approx(0.494).epsilon(0.001));

  // The same site, three boundaries, three shares; each is the chips over that whole.
  const double servers = plain(infrastructure::chip_share<boundary::server_price>(need));
  const double cluster = plain(infrastructure::chip_share<boundary::cluster_capex>(need));
  const double site = plain(infrastructure::chip_share<boundary::site_capex>(need));
  CHECK(servers > cluster);
  CHECK(cluster > site);
  // 36,742 $ a chip; 12,480 $ of server; 12.47 $ x 1,200 W x 1.53 x 1.14 = 26,100 $ of building; 8 x 12,500 ports on
  // three tiers, 5/64 of a switch, a link and two trunks a port at the least: 6,613 $.
  CHECK(servers == approx(36742.0 / (36742 + 12480)).epsilon(1e-9));
  CHECK(site == approx(36742.0 / (36742 + 12480 + 26100 + 6613)).epsilon(0.002));
  CHECK(site > 0.37);
  CHECK(site < 0.70);

  // The catalog's lines say the same.
  int seen = 0;
  const auto expect = [&](const infrastructure::cost_line& line, std::string_view part, double expected) {
    if (line.part != part) return;
    CHECK(line.share == approx(expected).epsilon(0.002));
    ++seen;
  };
  for (const auto& line : infrastructure::catalog::cost_lines) {
    expect(line, "HGX GPU baseboards", plain(bill_of_materials));
    expect(line, "compute", plain(colossus));
    expect(line, "nvidia hardware", plain(per_gigawatt_high));
  }
  CHECK(seen == 3);
}
