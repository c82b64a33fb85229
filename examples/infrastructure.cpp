// A site for 16,384 chips: what it draws, costs and takes, how much of its time is useful work, and how long its chips
// take to agree.
#include <iostream>
#include <layercake/infrastructure/infrastructure.hpp>
#include <layercake/units/print.hpp>

namespace lc = layercake;
using namespace lc::units;

int main() {
  const auto site = lc::infrastructure::with_cooling(lc::infrastructure::catalog::texas,
                                                     lc::infrastructure::catalog::direct_to_chip_warm_water);
  const lc::chip_demand<> chips{16384, 700 * watt, 550 * watt, 28000 * usd, 814 * square_millimetre};
  const auto need = site.pull(chips);
  std::cout << need.nodes << ", " << need.network.switches << " switches on " << need.network.tiers << " tiers\n"
            << to_string(plain(need.power.peak)) << " at the meter, "
            << 100 * plain(lc::infrastructure::chip_power_share(need.peak)) << " % of it in the chips\n"
            << to_string(need.capex()) << " to build in " << to_string(need.time_to_build) << " by "
            << need.construction_workers << " people\n"
            << to_string(need.cost()) << " to own and run, without energy\n"
            << "goodput " << lc::infrastructure::goodput(site.reliability, plain(need.chips)) << "\n"
            << "one gigawatt carries " << site.push(1 * gigawatt, chips) << " chips\n";
  const auto time =
      site.time(lc::collective<>{lc::exchange::all_reduce, 1 * gigabyte, plain(need.chips)},
                lc::scale_up_fabric<>{450 * gigabyte_per_second, 8}, lc::infrastructure::catalog::nvlink_hopper);
  std::cout << "all-reduce of 1 GB: " << to_string(time) << "\n";
}
