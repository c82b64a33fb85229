// Every worked number of the headers of infrastructure/, each with the calculation by hand that gives it.
#include <doctest/doctest.h>

#include <layercake/infrastructure/infrastructure.hpp>

#include "../../worked.hpp"

namespace lc = layercake;
namespace inf = lc::infrastructure;
using layercake_test::check_stated;
using namespace lc::units;
using seconds = lc::quantity<lc::unit::second>;

TEST_CASE("worked numbers: reliability") {
  const inf::reliability llama_3;
  const seconds M = 11135 * second, C = 30 * second;

  // worked: infrastructure/reliability.hpp#time_between_failures
  // 54 x 86,400 s / 419
  check_stated(in<second>(inf::time_between_failures(llama_3, 16384.0)), "11,135");

  // worked: infrastructure/reliability.hpp#young_interval
  // sqrt(2 x 30 x 11,135) = sqrt(668,100)
  check_stated(in<second>(inf::young_interval(C, M)), "817");

  // worked: infrastructure/reliability.hpp#goodput
  // 1 - 30/817 - 817/22,270 - 300/11,135 = 1 - 0.036720 - 0.036686 - 0.026942; with 600: - 0.053884
  check_stated(inf::goodput(817.0 * second, C, M, 300.0 * second), "0.8997");
  check_stated(inf::goodput(817.0 * second, C, M, 600.0 * second), "0.8727");

  // worked: infrastructure/reliability.hpp#longest_restart
  // 11,135 (0.1 - sqrt(60 / 11,135)) = 11,135 (0.1 - 0.073406)
  check_stated(in<second>(inf::longest_restart(0.9, C, M)), "296");
}

TEST_CASE("worked numbers: sites and what they cost") {
  const inf::site site;

  // worked: infrastructure/site.hpp#chain
  // 1.4688 / 0.96 = 1.53; 1.53 x 1.14 x (1 + 0.25 x 1.6) = 2.44188; its reciprocal 0.40952
  const auto peak = inf::chain(site, lc::quantity<lc::unit::watt>(1 * gigawatt), 1.4);
  check_stated(in<gigawatt>(peak.facility()), "2.44");
  check_stated(100 * (peak.chips / peak.facility()), "41.0");

  // worked: infrastructure/site.hpp#pull
  // 8 MW x 2.44188 = 19.535 MW
  const auto need = site.pull(lc::chip_demand<>{8000, 1000 * watt, 1000 * watt, 30000 * usd, {}});
  check_stated(in<megawatt>(need.power.peak), "19.535");

  // worked: infrastructure/cost.hpp#chip_power_share
  check_stated(100 * plain(inf::chip_power_share(need.peak)), "41.0");

  // worked: infrastructure/cost.hpp#ownership_cost
  // a(6.79 %, n) = 0.37959, 0.24252, 0.18420 for 3, 5, 7 years and 0.11291 for 14:
  // 25.53 x 0.37959 + 12.47 x 0.11291 + 0.9 = 9.691 + 1.408 + 0.9; 6.192 and 4.703 for 5 and 7 years
  const auto yearly = [](double years) {
    return in<billion_usd / year>(inf::ownership_cost<double>(25.53 * billion_usd, years * year, 12.47 * billion_usd,
                                                              14 * year, 0.0679, 0.9 * billion_usd / year));
  };
  check_stated(yearly(3), "12.00");
  check_stated(yearly(5), "8.50");
  check_stated(yearly(7), "7.01");
}

TEST_CASE("worked numbers: exchanges") {
  // worked: infrastructure/overlap.hpp#overlapped
  // 10 + 0.15 x 2 + 2 ms
  check_stated(in<millisecond>(inf::overlapped(10.0 * millisecond, 4.0 * millisecond, 0.5, 0.15)), "12.3");

  // worked: infrastructure/collectives.hpp#basic_collective_law
  // A ring: latency 5.349 + 0.7448 x 2 x 3 = 9.8178 us; transfer 2 x 2^24 B (3/4 + 0.2977/4) / (0.8603 x 450 GB/s) =
  // 71.4560 us; + 0.9483 sqrt(9.8178 x 71.4560) = 25.1172 us. The reduction in the switch takes 158 us.
  const lc::scale_up_fabric<> four{450 * gigabyte_per_second, 4};
  const lc::collective<> all_reduce{lc::exchange::all_reduce, 16 * 1048576 * byte, 4};
  check_stated(in<microsecond>(inf::site{}.time(all_reduce, four, inf::catalog::nvlink_hopper)), "106.39");
}

TEST_CASE("worked numbers: networks") {
  // worked: infrastructure/network.hpp#connect
  // A rail: 4,096 / 32 = 128 leaves, 128 x 32 / 32 = 128 middle switches, 64 on top = 320; 8 rails. Links: 32,768 of
  // nodes, 2 x 32,768 of trunks. 2,560 x 36,000 + 32,768 x 1,320 + 65,536 x 1,240.
  const auto tree = inf::connect(inf::network{}, 4096.0, 8.0);
  check_stated(tree.tiers, "3");
  check_stated(tree.switches, "2,560");
  check_stated(in<usd>(tree.price), "216,678,400");
}

TEST_CASE("worked numbers: labour") {
  // worked: infrastructure/labour.hpp#peak_crew
  // 5.3 and 3.5 a MW x 10,000 MW
  const auto crew = inf::peak_crew(inf::workforce{}, 10 * gigawatt);
  check_stated(crew.total, "53,000");
  check_stated(crew.electricians, "35,000");

  // worked: infrastructure/labour.hpp#workers_after
  // 100,000 e^-0.25
  check_stated(inf::workers_after(5 * year, 1e5, 0 / year, 3 * year, 0.05 / year), "77,880");

  // worked: infrastructure/labour.hpp#clearing_wage
  // 2^(1/2)
  check_stated(inf::clearing_wage(1 * usd_per_hour, 2.0, 1.0, 2.0) / (1 * usd_per_hour), "1.414");
}
