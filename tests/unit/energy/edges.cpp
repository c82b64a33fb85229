// Nothing asked, all asked, and every field at both ends of its domain: costs are finite or infinite, never nan.
#include <doctest/doctest.h>

#include <layercake/energy/energy.hpp>
#include <limits>
#include <vector>

#include "../record_checks.hpp"

namespace lc = layercake;
namespace energy = lc::energy;
using namespace lc::units;
using layercake_test::check_edges;
using layercake_test::get_base;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
const lc::power_demand<> demands[] = {{0 * watt, 0 * watt},        {100 * megawatt, 80 * megawatt},
                                      {100 * megawatt, 0 * watt},  {1e300 * watt, 1e300 * watt},
                                      {infinity * watt, 0 * watt}, {infinity * watt, infinity* watt}};
const double watts[] = {0, 1e6, 1e300, infinity};

const auto figures_of_supply = [](const auto& s) {
  std::vector<double> figures;
  for (const auto& d : demands) {
    const auto bill = s.pull(d);
    for (const double x :
         {get_base(bill.cost()), get_base(bill.energy_cost), get_base(bill.capacity_cost), get_base(bill.price()),
          get_base(bill.carbon), get_base(bill.water), get_base(bill.plant.peak), get_base(bill.plant.mean)})
      figures.push_back(x);
  }
  for (const double w : watts)
    figures.push_back(get_base(s.push(w * watt)));
  return figures;
};

}  // namespace

TEST_CASE("edges: grids") {
  const energy::grid limited{.price = 60 * usd / megawatt_hour,
                             .demand_charge = 10 * usd / (kilowatt * month),
                             .carbon = 370 * gram_co2e / kilowatt_hour,
                             .water = 3 * litre / kilowatt_hour,
                             .connection = 150 * megawatt};
  energy::grid all_in = limited;
  all_in.demand_charge = 0 * usd / (kilowatt * month);
  all_in.connection = lc::unknown<>;
  check_edges(limited, figures_of_supply);
  check_edges(all_in, figures_of_supply);
}

TEST_CASE("edges: own plants and technologies") {
  energy::power_plant plant{.technology = energy::catalog::gas_ccgt};
  for (const auto& capacity : {plant.capacity, 200 * megawatt}) {
    plant.capacity = capacity;
    check_edges(plant, figures_of_supply);
    check_edges(plant, [](const auto& p) {
      std::vector<double> figures;
      for (const auto& d : demands)
        figures.push_back(get_base(p.land(d)));
      return figures;
    });
  }
  check_edges(energy::catalog::gas_ccgt, [](const auto& g) {
    return std::vector<double>{get_base(energy::levelised_cost(g)), get_base(energy::levelised_cost(g, 0.0)),
                               get_base(energy::levelised_cost(g, 0.5)), get_base(g.standing_cost()),
                               get_base(g.running_cost())};
  });
}

TEST_CASE("edges: batteries, chains, part loads") {
  check_edges(energy::catalog::battery_4h, [](const auto& b) {
    return std::vector<double>{get_base(b.standing_cost(0 * watt, 0.0)), get_base(b.standing_cost(1 * watt, 0.05)),
                               get_base(b.charge_for(0 * joule)), get_base(b.energy(0 * watt))};
  });
  check_edges(energy::catalog::ups_double_conversion_part_load, [](const auto& p) {
    return std::vector<double>{p.efficiency(0.0), p.efficiency(1e-300), p.efficiency(1.0), p.best_load()};
  });
  check_edges(energy::catalog::legacy_ac, [](const auto& c) {
    std::vector<double> figures;
    for (const double w : watts) {
      const auto flow = c.pull(w * watt);
      for (const auto& n : flow.node)
        figures.push_back(get_base(n));
      for (const auto& l : flow.loss)
        figures.push_back(get_base(l));
    }
    return figures;
  });
}
