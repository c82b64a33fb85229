// The cheapest joule for 100 MW of load in west Texas: which mix of sun, wind, gas, storage and grid, by when the power
// has to be there and by what carbon costs.
#include <algorithm>
#include <cmath>
#include <iostream>
#include <layercake/planning/questions/power_mix.hpp>
#include <numbers>

namespace lc = layercake;
using namespace lc::units;

// Twelve representative days, one a month, hour by hour. Shapes are assumed: clear days of 9 to 14 hours, three of them
// dull, wind that is strongest at night and in spring. Each is scaled to the capacity factor of its technology.
std::vector<double> scaled(std::vector<double> shape, double capacity_factor) {
  double sum = 0;
  for (const double x : shape)
    sum += x;
  for (double& x : shape)
    x = std::min(x * capacity_factor * static_cast<double>(shape.size()) / sum, 1.0);
  return shape;
}
std::vector<double> sunny_hours() {
  std::vector<double> shape;
  for (int m = 0; m < 12; ++m) {
    const double sunlit = 11.5 - 2.5 * std::cos(2 * std::numbers::pi * m / 12);
    const double clearness = m % 4 == 1 ? 0.35 : 1;
    for (int h = 0; h < 24; ++h) {
      const double height = std::cos(std::numbers::pi * (h + 0.5 - 12) / sunlit);
      shape.push_back(clearness * std::sqrt(std::max(height, 0.0)));  // a tracker's flat top
    }
  }
  return shape;
}
std::vector<double> windy_hours() {
  std::vector<double> shape;
  for (int h = 0; h < 12 * 24; ++h) {
    const double of_day = std::cos(2 * std::numbers::pi * (h % 24) / 24),
                 of_year = std::sin(2 * std::numbers::pi * h / 288);
    shape.push_back(std::max(1 + 0.25 * of_day + 0.3 * of_year + 0.6 * std::sin(0.14 * h), 0.0));
  }
  return shape;
}

int main() {
  namespace energy = lc::energy::catalog;
  lc::planning::power_mix_request request;
  request.load = 100 * megawatt;
  request.availability = 0.999;
  request.plants = {{energy::solar_pv_utility, scaled(sunny_hours(), energy::solar_pv_utility.capacity_factor)},
                    {energy::onshore_wind, scaled(windy_hours(), 0.4)},
                    {energy::gas_ccgt}};
  request.storage = energy::battery_4h;
  request.grids = {{energy::grid_ercot, 48 * month}};
  request.chain = energy::direct_current_800v;

  const auto show = [&](const char* question) {
    std::cout << question << "\n  ";
    try {
      std::cout << to_string(lc::planning::cheapest_joule(request)) << "\n";
    } catch (const lc::infeasible& why) {
      std::cout << why.what() << "\n\n";
    }
  };
  show("Whenever it comes:");
  request.carbon_price = 100 * usd / tonne_co2e;
  show("With carbon at 100 $/t:");
  request.carbon_price = 0 * usd / tonne_co2e;
  request.latest = 48 * month;
  show("Within four years, before large turbines are delivered:");
  request.latest = 36 * month;
  show("Within three years, before the grid and most wind farms:");
  request.availability = 0.9;
  show("The same for a load that may rest for a tenth of its energy:");
  request.most_land = 5 * square_kilometre;
  show("And on five square kilometres:");
}
