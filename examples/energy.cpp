// The energy layer alone: what 100 MW cost from a grid and from an own plant, and what is lost on the way to the
// silicon.
#include <iostream>
#include <layercake/energy/energy.hpp>

namespace lc = layercake;
using namespace lc::units;

int main() {
  const lc::power_demand<> demand{.peak = 100 * megawatt, .mean = 80 * megawatt};
  lc::energy::grid texas = lc::energy::catalog::grid_ercot;
  texas.demand_charge = 8 * usd / (kilowatt * month);
  const lc::energy::power_plant turbine{.technology = lc::energy::catalog::gas_ccgt};

  const auto bought = texas.pull(demand), made = turbine.pull(demand);
  std::cout << "grid:  " << to_string(plain(bought.price())) << ", " << to_string(plain(bought.plant.mean))
            << " at the plant, " << to_string(bought.carbon) << "\nplant: " << to_string(plain(made.price())) << ", "
            << to_string(turbine.land(demand)) << " of land, " << to_string(made.carbon) << '\n';

  for (const auto* chain : lc::energy::catalog::chains) {
    const auto flow = chain->pull(1 * gigawatt);
    std::cout << chain->name << ": " << to_string(flow.input()) << " from the line for 1 GW at the transistors\n";
  }
}
