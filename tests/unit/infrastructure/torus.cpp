// Groups of chips in a torus, by hand.
#include <doctest/doctest.h>

#include "../../approx.hpp"
#include <cmath>
#include <layercake/chips/chips.hpp>
#include <layercake/infrastructure/infrastructure.hpp>
#include <layercake/number/dual.hpp>
#include <xsimd/xsimd.hpp>

namespace lc = layercake;
namespace inf = layercake::infrastructure;
using namespace lc::units;
using lc::exchange;

namespace {
struct expected {
  double chips, slower, hops, exchange;
};
lc::scale_up_fabric<> torus(double domain, double axes, double wraps_from) {
  return {400 * gigabyte_per_second, domain, axes, wraps_from};
}
void check_groups(const lc::scale_up_fabric<>& fabric, std::initializer_list<expected> all) {
  const inf::torus law(fabric);
  for (const expected& e : all) {
    CAPTURE(fabric.domain);
    CAPTURE(e.chips);
    const auto x = law.group(e.chips);
    CHECK(x.slower == approx(e.slower));
    CHECK(x.hops == approx(e.hops));
    CHECK(x.exchange == approx(e.exchange));
    CHECK(x.message == 2 * fabric.axes);
  }
}
}  // namespace

TEST_CASE("groups of a 2D torus of 16 x 16, of which only whole sides are rings (TPU v5e, v6e)") {
  // Of four links b = B/4. A ring of 16 has two: half of B, 8 hops, all-to-all 16/(8 b). A line of 8 has one: 7 hops, 8/(4 b).
  check_groups(torus(256, 2, 16), {{256, 1, 16, 8},        // both rings
                                   {128, 4.0 / 3, 15, 8},  // a line of 8 and a ring of 16: three links
                                   {64, 2, 14, 8},         // two lines of 8
                                   {32, 2, 10, 8},         // lines of 4 and 8
                                   {16, 2, 8, 8},          // worked: infrastructure/torus.hpp#basic_torus
                                   {8, 4, 7, 8},           // a line of 8
                                   {4, 4, 3, 4},           // a line of 4
                                   {2, 4, 1, 4}});         // one link
  // Slices: 8 x 16 has rings one way, 2 x 4 none.
  check_groups(torus(128, 2, 16), {{128, 4.0 / 3, 15, 8}, {16, 2, 8, 8}, {8, 4, 7, 8}});
  check_groups(torus(8, 2, 16), {{8, 2, 4, 4}, {4, 4, 3, 4}});
}

TEST_CASE("groups of a 3D torus whose sides are rings from 4 chips on (TPU v4, v5p)") {
  // 4 x 4 x 8, six links: a ring of 4 has two of them; all-to-all over a ring of 8 takes 8/(8 b) = 6/B.
  check_groups(torus(128, 3, 4), {{128, 1, 8, 6}, {32, 1.5, 6, 6}, {4, 3, 2, 3}, {2, 6, 1, 6}});
  check_groups(torus(64, 3, 4), {{64, 1, 6, 3}, {16, 1.5, 4, 3}});
  // 16 x 16 x 16: 4 of 16 chips of a side are a line.
  check_groups(torus(4096, 3, 4), {{4096, 1, 24, 12}, {16, 3, 8, 12}, {4, 6, 3, 6}});
}

TEST_CASE("collectives in a torus, by hand") {
  inf::scale_up_law up;
  up.launch = 5 * microsecond, up.step = 1 * microsecond, up.efficiency = 0.8, up.pipelining = 0;
  up.reduce_copy = up.gather_copy = 0, up.exchange_efficiency = 0.5, up.exchange_pipelining = 0, up.exchange_step = 0;
  up.channel_bandwidth = 1e12 * gigabyte_per_second;
  up.reduces_in_switch = true;  // of no use here, as are direct reads
  const auto microseconds = [&](exchange kind, double bytes, double ranks) {
    const inf::collective_law law(torus(256, 2, 16), up, {}, 50 * gigabyte_per_second, 1.0, {true, {}});
    return in<microsecond>(law.time(lc::collective<>{kind, bytes * byte, ranks}));
  };
  // 64 MB over 16 chips: a ring of two links of 100 GB/s, at 0.8: 64 MB (15/16) / (160 GB/s) = 375 us, 8 hops.
  CHECK(microseconds(exchange::all_gather, 64e6, 16) == approx(5 + 8 + 375));
  CHECK(microseconds(exchange::reduce_scatter, 64e6, 16) == approx(5 + 8 + 375));
  CHECK(microseconds(exchange::all_reduce, 64e6, 16) == approx(5 + 16 + 750));
  // Over all 256: four links, 64 MB (255/256) / (320 GB/s) = 199.2 us, 16 hops.
  CHECK(microseconds(exchange::all_gather, 64e6, 256) == approx(5 + 16 + 64e6 * 255 / 256 / 320e3));
  // All-to-all of 64 MB each over 256: half of a chip's bytes cross the middle of a ring of 16, m 16/(8 b) at half the rate; 16 hops after the first.
  CHECK(microseconds(exchange::all_to_all, 64e6, 256) == approx(5 + 1 + 16 + 64e6 * 255 / 256 * 16 / (8 * 50e3)));
  // A message: one link at half its rate.
  CHECK(microseconds(exchange::point_to_point, 64e6, 2) == approx(5 + 1 + 64e6 / 50e3));
}

// Austin et al. 2025, "Sharded matrices": gathering V bytes over k axes of a TPU takes V / (k W), W what the two links of an axis carry; an
// all-to-all over one ring takes a quarter of the gather of the same array.
TEST_CASE("a gather over k axes, and an all-to-all over a ring, as published") {
  const lc::scale_up_fabric<> v5p = torus(4096, 3, 4);
  const inf::torus law(v5p);
  const double b = 400 / 6.0;
  for (const auto& [chips, axes] : {std::pair{16.0, 1.0}, {256.0, 2.0}, {4096.0, 3.0}})
    CHECK(400 / law.group(chips).slower == approx(axes * 2 * b));
  // The array is 16 times what a chip holds, m: V/(2 b)/4 = 16 m/(8 b).
  CHECK(law.group(16).exchange / 400 == approx(16 / (8 * b)));
}

TEST_CASE("chips say which torus they are in, and networks are asked with it") {
  const auto v5e = lc::chips::fabric_of<double>(lc::chips::catalog::tpu_v5e);
  CHECK(v5e.axes == 2);
  CHECK(v5e.wraps_from == 16);
  CHECK(lc::chips::fabric_of<double>(lc::chips::catalog::tpu_v4).axes == 3);
  CHECK(lc::chips::fabric_of<double>(lc::chips::catalog::h100_sxm).axes == 0);
  const lc::collective<> gather{exchange::all_gather, 1e11 * byte, 16};
  const inf::site site;
  lc::scale_up_fabric<> ring = v5e;
  ring.axes = 0;
  // A ring of 16 with half of the links, where all of them would be one ring.
  CHECK(site.time(gather, v5e) / site.time(gather, ring) == approx(2).epsilon(0.02));
  CHECK(site.timing(v5e).time(gather) == site.time(gather, v5e));
}

TEST_CASE("a torus in lanes, and its slopes") {
  using batch = xsimd::batch<double>;
  const auto fabric = torus(256, 2, 16).over<batch>();
  const inf::basic_torus<batch> law(fabric);
  const inf::torus plain(torus(256, 2, 16));
  const auto lanes = law.group(batch(32.0));
  CHECK(lanes.slower.get(0) == plain.group(32).slower);
  CHECK(lanes.hops.get(0) == plain.group(32).hops);
  CHECK(lanes.exchange.get(0) == plain.group(32).exchange);
  using d1 = lc::dual<double, 1>;
  const inf::basic_collective_law<d1> sloped(torus(256, 2, 16).over<d1>(), {}, {}, d1(50) * gigabyte_per_second, d1(1));
  const d1 t = in<second>(sloped.time({exchange::all_gather, d1::variable(1e9, 0) * byte, d1(16)}));
  CHECK(t.slope[0] > 15 / 16.0 / 200e9);
}
