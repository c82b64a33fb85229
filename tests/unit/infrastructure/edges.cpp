// No chips, chips without end, and every field at both ends of its domain: figures are finite or infinite, never nan.
#include <doctest/doctest.h>

#include <layercake/infrastructure/infrastructure.hpp>
#include <limits>
#include <vector>

#include "../record_checks.hpp"

namespace lc = layercake;
namespace inf = layercake::infrastructure;
using namespace lc::units;
using layercake_test::check_edges;
using layercake_test::get_base;

namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();
}

TEST_CASE("edges: sites") {
  for (const double chips : {0.0, 1.0, 1000.0, 1e12, 1e30, infinity}) {
    for (const auto how : {lc::counting::whole, lc::counting::smooth}) {
      CAPTURE(chips);
      check_edges(inf::site{}, [&](const auto& s) {
        const lc::chip_demand<> d{chips, 700 * watt, 500 * watt, 28000 * usd, 814 * square_millimetre};
        const auto n = s.pull(d, how);
        return std::vector<double>{get_base(n.cost()),
                                   get_base(n.chip_cost),
                                   get_base(n.server_cost),
                                   get_base(n.network_cost),
                                   get_base(n.facility_cost),
                                   get_base(n.maintenance_cost),
                                   get_base(n.staff_cost),
                                   get_base(n.capex()),
                                   get_base(n.silicon),
                                   get_base(n.land),
                                   get_base(n.floor_area),
                                   n.operators,
                                   n.construction_workers,
                                   get_base(n.water),
                                   get_base(n.power.peak),
                                   get_base(n.power.mean),
                                   n.network.tiers,
                                   n.network.switches,
                                   n.network.trunk_links,
                                   get_base(n.network.price),
                                   get_base(n.network.bisection_bandwidth),
                                   s.push(0 * watt, d, how),
                                   s.push(1e6 * watt, d, how),
                                   s.push(infinity * watt, d, how)};
      });
    }
  }
}

TEST_CASE("edges: failures") {
  for (const double chips : {0.0, 1.0, 1e6}) {
    CAPTURE(chips);
    check_edges(inf::reliability{}, [&](const auto& r) {
      const auto M = inf::time_between_failures(r, chips);
      const auto interval = inf::daly_interval(r.checkpoint, M);
      return std::vector<double>{inf::goodput(r, chips), get_base(inf::young_interval(r.checkpoint, M)),
                                 get_base(interval), inf::complete_goodput(interval, r.checkpoint, M, r.restart)};
    });
  }
}

TEST_CASE("edges: exchanges") {
  for (const auto kind :
       {lc::exchange::all_reduce, lc::exchange::all_gather, lc::exchange::all_to_all, lc::exchange::point_to_point}) {
    check_edges(inf::site{}, [&](const auto& s) {
      std::vector<double> figures;
      for (const double bytes : {0.0, 1.0, 1e9, 1e30}) {
        for (const double ranks : {1.0, 2.0, 8.0, 1e6}) {
          for (const double domain : {1.0, 8.0, 1e30})
            figures.push_back(get_base(s.time(lc::collective<>{kind, bytes * byte, ranks},
                                              lc::scale_up_fabric<>{450 * gigabyte_per_second, domain})));
        }
      }
      return figures;
    });
  }
}
