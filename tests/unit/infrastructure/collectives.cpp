#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>
#include <layercake/infrastructure/infrastructure.hpp>
#include <xsimd/xsimd.hpp>

#include "../../approx.hpp"
#include "../record_checks.hpp"

namespace lc = layercake;
namespace inf = layercake::infrastructure;
using namespace lc::units;
using namespace inf::catalog;
using lc::exchange;

namespace {
const exchange kinds[] = {exchange::all_reduce, exchange::all_gather, exchange::reduce_scatter, exchange::all_to_all,
                          exchange::point_to_point};

double seconds(exchange kind, double bytes, double ranks, const inf::scale_up_law& law, double bandwidth, double domain,
               bool direct = false) {
  return in<second>(inf::site{}.time(lc::collective<>{kind, bytes * byte, ranks},
                                     lc::scale_up_fabric<>{bandwidth * gigabyte_per_second, domain}, law,
                                     inf::communication_library{direct, {}}));
}
}  // namespace

// Round figures of no chip, so that another fit leaves the calculations by hand alone.
TEST_CASE("collective: every algorithm by hand") {
  inf::scale_up_law up;
  up.launch = 5 * microsecond, up.step = 1 * microsecond;
  up.efficiency = 0.8, up.pipelining = 1, up.reduce_copy = 0.5, up.gather_copy = 0.5, up.bridge_share = 0;
  up.exchange_efficiency = 0.5, up.exchange_pipelining = 1, up.exchange_step = 0.5;
  up.channel_bandwidth = 1000 * gigabyte_per_second;
  up.switch_latency = 20 * microsecond, up.switch_efficiency = 0.75, up.switch_chunk = 1e6 * byte;
  up.direct_launch = 2 * microsecond, up.direct_step = 0.1 * microsecond;
  up.one_shot_efficiency = 0.5, up.one_shot_pipelining = 1, up.two_shot_launches = 3, up.two_shot_efficiency = 0.8;
  inf::scale_out_law out;
  out.efficiency = 0.8, out.ring_step = 4 * microsecond, out.tree_level = 8.5 * microsecond;
  out.exchange_level = 4 * microsecond, out.bulk_step = 30 * microsecond, out.bulk_message = 128e6 * byte;
  const auto microseconds = [&](exchange kind, double bytes, double ranks, bool direct = false) {
    const inf::collective_law law({400 * gigabyte_per_second, 8}, up, out, 50 * gigabyte_per_second, 1.0, {direct, {}});
    return in<microsecond>(law.time(lc::collective<>{kind, bytes * byte, ranks}));
  };
  // 64 MB over 8 chips of 400 GB/s. All-gather: latency 5 + 7, transfer 64 MB (7 + 0.5)/8 / (0.8 * 400 GB/s) = 187.5 us.
  CHECK(microseconds(exchange::all_gather, 64e6, 8) == approx(12 + 187.5 + std::sqrt(12 * 187.5)));
  CHECK(microseconds(exchange::reduce_scatter, 64e6, 8) == approx(246.934).epsilon(1e-5));
  // All-reduce: there and back.
  CHECK(microseconds(exchange::all_reduce, 64e6, 8) == approx(19 + 375 + std::sqrt(19 * 375.0)));
  // In the switch: 64 MB (1 + 1/8) / (0.75 * 400 GB/s) = 240 us after 25 us, in nine rounds of 8 MB, the ninth of which is
  // that of a last chunk under way: 8/72 more.
  up.reduces_in_switch = true;
  CHECK(microseconds(exchange::all_reduce, 64e6, 8) == approx(25 + 240 * (1 + 8.0 / 72)));
  // Of three chips the switch does not reduce: latency 5 + 4, transfer 2 * 64 MB (2 + 0.5)/3 / (320 GB/s) = 333.3 us.
  CHECK(microseconds(exchange::all_reduce, 64e6, 3) == approx(9 + 1000.0 / 3 + std::sqrt(3000.0)));
  // Two shots over peer memory: 3 * 2 us and 7 peers, 2 * 64 MB * 7/8 / (320 GB/s) = 350 us, with all in one round of the
  // switch 25 + 2 * 240 us. One shot of 16 kB: 2 us and 7 peers, 16 kB * 7 / (200 GB/s) = 0.56 us.
  up.switch_chunk = 1e12 * byte;
  CHECK(microseconds(exchange::all_reduce, 64e6, 8, true) == approx(6 + 0.7 + 350));
  up.switch_chunk = 1e6 * byte;
  CHECK(microseconds(exchange::all_reduce, 16e3, 8, true) == approx(2.7 + 0.56 + std::sqrt(2.7 * 0.56)));
  // All-to-all: 64 MB * 7/8 / (200 GB/s) = 280 us on the wire, 64 us on the chip, by the 4-norm; latency 5 + 1 + 7/2.
  const double wire = std::pow(std::pow(280, 4) + std::pow(64, 4), 0.25);
  CHECK(microseconds(exchange::all_to_all, 64e6, 8) == approx(9.5 + wire + std::sqrt(9.5 * wire)));
  // A message to the neighbour: 64 MB / (200 GB/s) = 320 us after 6 us.
  CHECK(microseconds(exchange::point_to_point, 64e6, 2) == approx(6 + 320 + std::sqrt(6 * 320.0)));
  // Past the second chip a shared host bridge slows the transfer: 1 + 0.5 * 6 times.
  up.bridge_share = 0.5;
  CHECK(microseconds(exchange::all_gather, 64e6, 8) == approx(12 + 750 + std::sqrt(12 * 750.0)));
  up.bridge_share = 0;
  // Of seven links to seven chips a group of four has three: 7/3 of the transfer 64 MB (3 + 0.5)/4 / (320 GB/s) = 175 us.
  // All eight chips have all links.
  up.peers = 7;
  CHECK(microseconds(exchange::all_gather, 64e6, 4) == approx(8 + 175 * 7.0 / 3 + std::sqrt(8 * 175 * 7.0 / 3)));
  CHECK(microseconds(exchange::all_gather, 64e6, 8) == approx(12 + 187.5 + std::sqrt(12 * 187.5)));
  up.peers = 0;

  // 512 MB over 64 chips in 8 fabrics, 40 GB/s of network: 1.5 ms inside, in one ring 512 MB / 8 * 63/64 / (40 GB/s) =
  // 1.575 ms across by the 4-norm; latency 5 + 7 and the less of 7 steps of 4 + 24 us and 2 * 3 - 1 levels of 8.5 + 24 us,
  // where 24 us are 30 us * 512/(512 + 128).
  const auto norm = [](double x, double y) { return std::pow(std::pow(x, 4) + std::pow(y, 4), 0.25); };
  const double both = norm(1500, 1575), levels = 12 + 5 * 32.5;
  CHECK(microseconds(exchange::all_gather, 512e6, 64) == approx(levels + both + std::sqrt(levels * both)));
  // All-reduce of 64 MB, in bulk 30 us * 64/(64 + 128) = 10 us a step. Two nodes: 8 MB a chip by trees, one there and one
  // back, 28 us and 200 us across, beside 240 us * 80/72 in the switches. Three steps there and back between four: 84 us,
  // and in a ring 8 MB * 2 * 31/32 / (40 GB/s) = 387.5 us beside 375 us.
  CHECK(microseconds(exchange::all_reduce, 64e6, 16) ==
        approx(25 + 28 + norm(240 * 80.0 / 72, 200) + std::sqrt(28 * 200.0)));
  up.reduces_in_switch = false;
  CHECK(microseconds(exchange::all_reduce, 64e6, 32) ==
        approx(103 + norm(375, 387.5) + std::sqrt(103 * norm(375, 387.5))));
  // Between three nodes trees are 8 MB * 3/2 / (40 GB/s) = 300 us, less than the ring's 23/12; two steps of 14 us.
  CHECK(microseconds(exchange::all_reduce, 64e6, 24) == approx(75 + norm(375, 300) + std::sqrt(75 * norm(375, 300))));
  // Reduced in the network: 8 MB / (0.8 * 50 GB/s) = 200 us, two levels of 8.5 us and one message of 10 us more.
  out.reduces_in_switch = true, out.switch_efficiency = 0.8;
  CHECK(microseconds(exchange::all_reduce, 64e6, 32) == approx(46 + norm(375, 200) + std::sqrt(46 * norm(375, 200))));
  out.reduces_in_switch = false;
  // To a chip of another node: 64 MB / (40 GB/s) = 1.6 ms after 5 + 4 + 10 us.
  CHECK(microseconds(exchange::point_to_point, 64e6, 16) == approx(19 + 1600 + std::sqrt(19 * 1600.0)));
  // All-to-all: 512 MB * 7/64 / (200 GB/s) = 280 us inside, 64 us on the chip, 512 MB * 56/64 / (40 GB/s) = 11.2 ms
  // across, by the 2-norm; latency 9.5 and 4 us for the first of 8 groups and each of 3 doublings.
  const double far = std::sqrt(11200.0 * 11200 + wire * wire);
  CHECK(microseconds(exchange::all_to_all, 512e6, 64) == approx(25.5 + far + std::sqrt(25.5 * far)));
}

TEST_CASE("collective: one rank takes no time; a reduce-scatter is an all-gather backwards; no bytes still take the "
          "latency") {
  for (const exchange kind : kinds) {
    for (const double bytes : {0.0, 1.0, 1e9})
      CHECK(seconds(kind, bytes, 1, nvlink_hopper, 450, 8) == 0);
    for (const double ranks : {2.0, 8.0, 512.0})
      CHECK(seconds(kind, 0, ranks, nvlink_hopper, 450, 8) > 1e-6);
  }
  CHECK(seconds(exchange::reduce_scatter, 1e8, 8, nvlink_hopper, 450, 8) ==
        seconds(exchange::all_gather, 1e8, 8, nvlink_hopper, 450, 8));
}

TEST_CASE("collective: never below the wire, never falling as bytes grow") {
  for (const auto* law : fabrics) {
    const double bandwidth = law == &pcie ? 32 : 450;
    for (const exchange kind : kinds) {
      for (const double ranks : {2.0, 4.0, 8.0, 16.0, 64.0, 512.0}) {
        for (const bool direct : {false, true}) {
          double before = 0;
          for (int i = 0; i <= 120; ++i) {
            const double bytes = 100 * std::pow(10.0, i * 9 / 120.0);
            const double t = seconds(kind, bytes, ranks, *law, bandwidth, 8, direct);
            CHECK(t >= before);
            before = t;
            const double least = kind == exchange::all_reduce ? bytes * (1 + 1 / std::min(ranks, 8.0))
                                                              : bytes * (1 - 1 / std::min(ranks, 8.0));
            if (kind != exchange::all_to_all && kind != exchange::point_to_point) CHECK(t * bandwidth * 1e9 > least);
          }
        }
      }
    }
  }
}

TEST_CASE("collective: groups whose members lie a node apart use the network alone") {
  const inf::site s;
  const lc::scale_up_fabric<> fabric{450 * gigabyte_per_second, 8};
  const auto inside = s.time(lc::collective<>{exchange::all_gather, 1e9 * byte, 8, 1}, fabric);
  const auto apart = s.time(lc::collective<>{exchange::all_gather, 1e9 * byte, 8, 8}, fabric);
  CHECK(apart > inside);
  // 7/8 of a gigabyte over 47 GB/s, five levels of 43 us, and what chunks cost: 0.95 times the root of both
  CHECK(in<second>(apart) ==
        approx(1e9 * 7 / 8 / 47e9 + 2.2e-4 + 0.95 * std::sqrt(1e9 * 7 / 8 / 47e9 * 2.2e-4)).epsilon(0.01));
  // An all-to-all is held up by what leaves the node: 56/64 of the bytes over 47 GB/s; a fabric of 64 chips spares it.
  const auto far = s.time(lc::collective<>{exchange::all_to_all, 1e9 * byte, 64, 1}, fabric);
  CHECK(in<second>(far) == approx(1e9 * 56 / 64 / 47e9).epsilon(0.1));
  CHECK(s.time(lc::collective<>{exchange::all_to_all, 1e9 * byte, 64, 1}, {450 * gigabyte_per_second, 64}) < far / 4);
}

TEST_CASE("collective: launching from the host costs its overhead, reductions in the network save half the traffic") {
  inf::site s;
  const lc::scale_up_fabric<> fabric{450 * gigabyte_per_second, 8};
  const lc::collective<> c{exchange::all_reduce, 1e9 * byte, 512};
  const auto captured = s.time(c, fabric);
  CHECK(in<microsecond>(s.time(c, fabric, inf::communication_library{false, 20 * microsecond}) - captured) ==
        approx(20));
  s.network.scale_out.reduces_in_switch = true;
  CHECK(s.time(c, fabric) < captured);
}

TEST_CASE("collective: batch, float and dual agree with double") {
  using batch = xsimd::batch<double>;
  alignas(64) double bytes[batch::size], ranks[batch::size];
  for (std::size_t i = 0; i < batch::size; ++i) {
    bytes[i] = 1e5 * static_cast<double>(i + 1);
    ranks[i] = static_cast<double>(std::size_t{2} << (3 * i));
  }
  const inf::site s;
  const lc::scale_up_fabric<batch> fabric_b{batch(450.0) * gigabyte_per_second, batch(8.0)};
  const lc::scale_up_fabric<> fabric{450 * gigabyte_per_second, 8};
  for (const exchange kind : kinds) {
    for (const bool direct : {false, true}) {
      const inf::communication_library library{direct, {}};
      const auto t =
          s.time(lc::collective<batch>{kind, batch::load_aligned(bytes) * byte, batch::load_aligned(ranks), batch(1.0)},
                 fabric_b, nvlink_hopper, library);
      for (std::size_t i = 0; i < batch::size; ++i) {
        const auto one = s.time(lc::collective<>{kind, bytes[i] * byte, ranks[i]}, fabric, nvlink_hopper, library);
        CHECK(in<second>(t).get(i) == approx(in<second>(one)).epsilon(1e-12));
      }
      const auto f = inf::basic_site<float>{}.time(lc::collective<float>{kind, 1e6f * byte, 16.f},
                                                   {450.f * gigabyte_per_second, 8.f}, library);
      CHECK(
          static_cast<double>(in<second>(f)) ==
          approx(in<second>(inf::site{}.time(lc::collective<>{kind, 1e6 * byte, 16}, fabric, library))).epsilon(1e-5));
    }
  }
}

TEST_CASE("collective: slopes in every constant, in bytes and in ranks") {
  for (const exchange kind : kinds) {
    for (const double ranks : {4.0, 48.0}) {
      layercake_test::check_gradient(nvlink_hopper, [&](const auto& law) {
        return inf::site{}.time(lc::collective<>{kind, 3e6 * byte, ranks},
                                lc::scale_up_fabric<>{450 * gigabyte_per_second, 8}, law,
                                inf::communication_library{true, {}});
      });
      layercake_test::check_gradient(inf::site{}, [&](const auto& site) {
        return site.time(lc::collective<>{kind, 3e6 * byte, ranks},
                         lc::scale_up_fabric<>{450 * gigabyte_per_second, 8});
      });
      using D = lc::dual<double, 2>;
      const auto at = [&](double bytes, double r) {
        return in<second>(inf::site{}.time(lc::collective<>{kind, bytes * byte, r},
                                           lc::scale_up_fabric<>{450 * gigabyte_per_second, 8}));
      };
      const auto d = in<second>(
          inf::site{}.time(lc::collective<D>{kind, D::variable(3e6, 0) * byte, D::variable(ranks, 1), D(1.0)},
                           lc::scale_up_fabric<D>{D(450.0) * gigabyte_per_second, D(8.0)}));
      CHECK(d.slope[0] == approx((at(3e6 + 10, ranks) - at(3e6 - 10, ranks)) / 20).epsilon(1e-5));
      CHECK(d.slope[1] == approx((at(3e6, ranks + 1e-4) - at(3e6, ranks - 1e-4)) / 2e-4).epsilon(1e-5).scale(1e-6));
    }
  }
  // Nothing to send: the slope is a number.
  using D = lc::dual<double, 1>;
  const auto silent =
      in<second>(inf::site{}.time(lc::collective<D>{exchange::all_reduce, D::variable(0, 0) * byte, D(8.0), D(1.0)},
                                  lc::scale_up_fabric<D>{D(450.0) * gigabyte_per_second, D(8.0)}));
  CHECK(std::isfinite(silent.slope[0]));
}

TEST_CASE("collective: a chip without a fabric exchanges over the network, whatever is known of its bandwidth") {
  for (const exchange kind : kinds) {
    for (const double ranks : {1.0, 2.0, 64.0}) {
      for (const double bytes : {0.0, 1e6}) {
        const double known = seconds(kind, bytes, ranks, generic_fabric, 450, 1);
        CHECK(lc::is_finite(known));
        CHECK(seconds(kind, bytes, ranks, generic_fabric, std::nan(""), 1) == known);
      }
    }
  }
}

TEST_CASE("collective: bad input") {
  layercake_test::check_bad_input(generic_fabric);
  layercake_test::check_bad_input(inf::scale_out_law{});
  for (const auto* law : fabrics)
    CHECK(lc::check(*law).empty());
}
