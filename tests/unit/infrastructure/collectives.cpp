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

TEST_CASE("collective: an independent implementation of the law") {
  struct row {
    exchange kind;
    double bytes, ranks;
    const inf::scale_up_law* law;
    double bandwidth, domain;
    bool direct;
    double time;
  };
  const row rows[] = {
      {exchange::all_reduce, 1048576, 8, &nvlink_ampere, 300, 8, false, 4.135827013377e-05},
      {exchange::all_reduce, 16777216, 4, &nvlink_hopper, 450, 4, false, 1.063910378817e-04},
      {exchange::all_reduce, 536870912, 8, &nvlink_blackwell, 900, 8, false, 1.204869572153e-03},
      {exchange::all_reduce, 4194304, 4, &pcie, 32, 4, false, 1.239489717020e-03},
      {exchange::all_reduce, 268435456, 64, &nvlink_hopper, 450, 8, false, 1.879296487093e-03},
      {exchange::all_reduce, 8388608, 8, &generic_fabric, 448, 8, false, 8.673310213174e-05},
      {exchange::all_gather, 1048576, 8, &nvlink_ampere, 300, 8, false, 2.673827898792e-05},
      {exchange::all_gather, 16777216, 4, &nvlink_hopper, 450, 4, false, 6.200803582520e-05},
      {exchange::all_gather, 536870912, 8, &nvlink_blackwell, 900, 8, false, 7.660703280539e-04},
      {exchange::all_gather, 4194304, 4, &pcie, 32, 4, false, 6.779205533318e-04},
      {exchange::all_gather, 268435456, 64, &nvlink_hopper, 450, 8, false, 9.617137443106e-04},
      {exchange::all_gather, 8388608, 8, &generic_fabric, 448, 8, false, 5.014523707945e-05},
      {exchange::all_to_all, 1048576, 8, &nvlink_ampere, 300, 8, false, 2.620497394701e-05},
      {exchange::all_to_all, 16777216, 4, &nvlink_hopper, 450, 4, false, 6.487313939096e-05},
      {exchange::all_to_all, 536870912, 8, &nvlink_blackwell, 900, 8, false, 8.877950459737e-04},
      {exchange::all_to_all, 4194304, 4, &pcie, 32, 4, false, 6.626440002088e-04},
      {exchange::all_to_all, 268435456, 64, &nvlink_hopper, 450, 8, false, 5.600753515963e-03},
      {exchange::all_to_all, 8388608, 8, &generic_fabric, 448, 8, false, 5.239873505001e-05},
      {exchange::all_reduce, 1024, 8, &nvlink_hopper, 450, 8, true, 3.175227370200e-06},
      {exchange::all_reduce, 262144, 8, &nvlink_hopper, 450, 8, true, 8.305077602109e-06},
      {exchange::all_reduce, 16777216, 8, &nvlink_hopper, 450, 8, true, 1.072349605349e-04},
      {exchange::point_to_point, 16777216, 2, &nvlink_hopper, 450, 1, false, 4.294455289112e-04},
  };
  for (const row& r : rows) {
    INFO(r.law->name << " " << r.bytes);
    CHECK(seconds(r.kind, r.bytes, r.ranks, *r.law, r.bandwidth, r.domain, r.direct) == approx(r.time).epsilon(1e-10));
  }
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
  // 7/8 of a gigabyte over 46 GB/s, and latency
  CHECK(in<second>(apart) == approx(1e9 * 7 / 8 / 46e9).epsilon(0.05));
  // An all-to-all is held up by what leaves the node: 56/64 of the bytes over 46 GB/s; a fabric of 64 chips spares it.
  const auto far = s.time(lc::collective<>{exchange::all_to_all, 1e9 * byte, 64, 1}, fabric);
  CHECK(in<second>(far) == approx(1e9 * 56 / 64 / 46e9).epsilon(0.1));
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

TEST_CASE("collective: bad input") {
  layercake_test::check_bad_input(generic_fabric);
  layercake_test::check_bad_input(inf::scale_out_law{});
  for (const auto* law : fabrics)
    CHECK(lc::check(*law).empty());
}
