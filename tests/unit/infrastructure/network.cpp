#include <doctest/doctest.h>

#include <cmath>
#include <layercake/infrastructure/network.hpp>
#include <xsimd/xsimd.hpp>

#include "../../approx.hpp"
#include "../record_checks.hpp"

namespace lc = layercake;
namespace inf = layercake::infrastructure;
using namespace lc::units;

namespace {
// The price sheet's six clusters: nodes of eight chips, switches, network and whole cluster in USD, a node and what
// belongs to it at 360 k$.
struct row {
  double nodes, tiers, switches, network, cluster;
};
const row sheet[] = {{64, 1, 8, 963840, 24003840},           {128, 2, 48, 4349440, 50429440},
                     {1024, 2, 384, 34795520, 393195520},    {2048, 2, 768, 69591040, 806871040},
                     {4096, 3, 2560, 216678400, 1691238400}, {13107.2, 3, 8192, 693370880, 5411962880}};
}  // namespace

TEST_CASE("fat tree: six published clusters, to the dollar") {
  const inf::network n;
  for (const row& r : sheet) {
    const auto smooth = inf::connect(n, r.nodes, 8.0, lc::counting::smooth);
    CHECK(smooth.tiers == r.tiers);
    CHECK(in<usd>(smooth.price) == approx(r.network).epsilon(1e-14));
    if (r.nodes != std::floor(r.nodes)) continue;  // the sheet's last row is a fraction of a node
    const auto whole = inf::connect(n, r.nodes, 8.0);
    CHECK(whole.switches == r.switches);
    CHECK(in<usd>(whole.price) == r.network);
    CHECK(in<usd>(whole.price) + 360000 * r.nodes ==
          approx(r.cluster).epsilon(r.nodes == 1024 || r.nodes == 2048 ? 0.1 : 1e-12));
  }
  // 13,107 whole nodes a rail: 410 leaves, 410 middle switches, 205 on top.
  CHECK(inf::connect(n, 13107.0, 8.0).switches == 8 * 1025);
}

TEST_CASE("fat tree: tiers end at k, k^2/2, k^3/4, ... hosts; full trees have 5 k^2/4 switches on k^3/4 hosts") {
  inf::network n;
  for (const double k : {4.0, 8.0, 64.0}) {
    n.ports = k;
    const double limits[] = {k, k * k / 2, k * k * k / 4, k * k * k * k / 8, k * k * k * k * k / 16};
    for (int tier = 1; tier <= 5; ++tier) {
      CHECK(inf::connect(n, limits[tier - 1], 1.0).tiers == tier);
      const auto beyond = inf::connect(n, limits[tier - 1] + 1, 1.0);
      if (tier < 5) {
        CHECK(beyond.tiers == tier + 1);
        CHECK(std::isfinite(in<usd>(beyond.price)));
      } else {
        CHECK(std::isinf(in<usd>(beyond.price)));
      }
    }
    const auto full = inf::connect(n, k * k * k / 4, 1.0);
    CHECK(full.switches == 5 * k * k / 4);
    CHECK(full.trunk_links == 2 * k * k * k / 4);
  }
}

TEST_CASE("fat tree: bisection, oversubscription, growth") {
  inf::network n;
  // 100 nodes x 8 x 50 GB/s, half of them to the other half.
  CHECK(in<gigabyte_per_second>(inf::connect(n, 100.0, 8.0).bisection_bandwidth) == approx(100 * 8 * 50 / 2));
  const auto fair = inf::connect(n, 1024.0, 8.0);
  n.oversubscription = 3;  // 48 ports down, 16 up
  const auto lean = inf::connect(n, 1024.0, 8.0);
  CHECK(lean.switches == 8 * (22 + 6));  // ceil(1024/48), ceil(22 x 16/64)
  CHECK(lean.trunk_links == 8 * 22 * 16);
  CHECK(lean.bisection_bandwidth == fair.bisection_bandwidth / 3);
  CHECK(lean.price < fair.price);
  n.oversubscription = 1;
  double before = 0;
  for (double nodes = 0; nodes < 6000; ++nodes) {
    const auto t = inf::connect(n, nodes, 8.0);
    CHECK(in<usd>(t.price) >= before);
    before = in<usd>(t.price);
  }
  CHECK(in<usd>(inf::connect(n, 0.0, 8.0).price) == 0);
}

TEST_CASE("fat tree: a batch does what its lanes do, float almost, the slope is the price of one more node") {
  using batch = xsimd::batch<double>;
  const auto nb = lc::with_number<batch>(inf::network{});
  alignas(64) double nodes[batch::size];
  for (std::size_t i = 0; i < batch::size; ++i)
    nodes[i] = 50.0 + 3000.0 * static_cast<double>(i);
  for (const auto how : {lc::counting::whole, lc::counting::smooth}) {
    const auto t = inf::connect(nb, batch::load_aligned(nodes), batch(8.0), how);
    for (std::size_t i = 0; i < batch::size; ++i) {
      const auto one = inf::connect(inf::network{}, nodes[i], 8.0, how);
      CHECK(in<usd>(t.price).get(i) == in<usd>(one.price));
      CHECK(t.tiers.get(i) == one.tiers);
    }
  }
  CHECK(static_cast<double>(in<usd>(inf::connect(inf::basic_network<float>{}, 4096.f, 8.f).price)) ==
        approx(216678400).epsilon(1e-6));
  using D = lc::dual<double, 1>;
  const auto d = inf::connect(lc::with_number<D>(inf::network{}), D::variable(3000, 0), D(8.0), lc::counting::smooth);
  // Three tiers: 5/64 of a switch, a node link and two trunk links, eight times.
  CHECK(in<usd>(d.price).slope[0] == approx(8 * (5 * 36000 / 64.0 + 1320 + 2 * 1240)));
}

TEST_CASE("network: bad input") {
  layercake_test::check_bad_input(inf::network{});
  inf::network n;
  n.oversubscription = 64;
  const auto found = lc::check(n, "network");
  REQUIRE(found.size() == 1);
  CHECK(found[0].path == "network.oversubscription");
}
