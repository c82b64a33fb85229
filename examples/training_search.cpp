// The plans of a training run: Llama-3.1-405B on four kinds of chips, 2,048 to 16,384 of each. Every layout of every
// fleet is tried; what remains is the choice between time, money and energy. With a path as argument the choice is
// drawn there as an SVG chart.
#include <fstream>
#include <iomanip>
#include <iostream>
#include <layercake/chips/catalog.hpp>
#include <layercake/energy/catalog.hpp>
#include <layercake/infrastructure/catalog.hpp>
#include <layercake/models/catalog.hpp>
#include <layercake/report/chart.hpp>
#include <layercake/training/search.hpp>

namespace lc = layercake;
using namespace lc::units;

int main(int count, char** arguments) {
  const auto& model = lc::models::catalog::llama_3_1_405b;
  const lc::training_run run{.tokens = 15.6 * trillion_tokens};
  const lc::training_plan base{.global_batch = 2048, .sequence = 8192};

  // Fleets: a kind of chip with its fabric inside the node, one number of chips after the other.
  struct kind {
    const char* name;
    const lc::chips::accelerator& chip;
    const lc::infrastructure::scale_up_law& fabric;
  };
  namespace chips = lc::chips::catalog;
  namespace fabrics = lc::infrastructure::catalog;
  const std::array kinds{
      kind{"H100", chips::h100_sxm, fabrics::nvlink_hopper}, kind{"MI355X", chips::mi355x, fabrics::generic_fabric},
      kind{"B300", chips::b300_sxm, fabrics::nvlink_blackwell}, kind{"GB200", chips::gb200, fabrics::nvlink_blackwell}};
  const std::array numbers{2048.0, 4096.0, 8192.0, 16384.0};
  std::vector<lc::training_fleet<>> fleets;
  for (const kind& k : kinds) {
    for (const double n : numbers) {
      lc::infrastructure::site site;
      site.network.scale_up = k.fabric;
      fleets.push_back({k.chip, n, site, lc::energy::catalog::grid_ercot});
    }
  }
  const auto name = [&](std::size_t fleet) { return kinds[fleet / numbers.size()].name; };

  const auto found = lc::best_training(model, fleets, run, base);
  const auto show = [&](const char* what, const lc::trained_plan& p) {
    const auto number = [](double x) { return lc::to_exact_string(x); };
    std::cout << std::left << std::setw(13) << what << std::right << std::setw(6) << number(fleets[p.fleet].chips)
              << " " << std::left << std::setw(7) << name(p.fleet) << std::right << std::fixed << std::setprecision(1)
              << std::setw(6) << in<day>(p.time) << " d" << std::setw(7) << in<million_usd>(p.cost) << " M$"
              << std::setw(6) << in<gigawatt_hour>(plain(p.energy)) << " GWh   tensor " << number(p.plan.tensor)
              << ", pipeline " << number(p.plan.pipeline) << " x " << number(p.plan.virtual_stages) << ", context "
              << number(p.plan.context) << ", data " << number(p.plan.data) << ", micro-batch "
              << number(p.plan.micro_batch) << "\n";
  };
  std::cout << lc::to_exact_string(found.counts.plans) << " plans on " << fleets.size() << " fleets\n";
  show("fastest", found.fastest.front());
  show("cheapest", found.cheapest.front());
  show("least energy", found.least_energy.front());
  std::cout << "No plan beats these in time, cost and energy at once:\n";
  for (const auto& p : found.front)
    show("", p);

  if (count < 2) return 0;

  // The fastest plan of each fleet: for one fleet it is nearly the cheapest and the least hungry too.
  namespace report = lc::report;
  using time = lc::quantity<lc::unit::second>;
  using money = lc::quantity<lc::unit::usd>;
  using energy = lc::quantity<lc::unit::joule>;
  report::chart cost("Llama-3.1-405B on 15.6 T tokens, by number of chips",
                     report::axis<day>("wall clock", report::scale::logarithmic),
                     report::axis<million_usd>("cost of the run"));
  report::chart joules("The energy of the same runs", report::axis<day>("wall clock", report::scale::logarithmic),
                       report::axis<gigawatt_hour>("energy at the meter"));
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    std::vector<time> t;
    std::vector<money> c;
    std::vector<energy> e;
    std::vector<std::string> label;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const auto& fleet = fleets[k * numbers.size() + i];
      try {
        const auto p = lc::best_training(model, fleet, run, base).fastest.front();
        t.push_back(p.time), c.push_back(p.cost), e.push_back(plain(p.energy));
        label.push_back(lc::to_exact_string(fleet.chips));
      } catch (const lc::infeasible& why) {
        std::cout << why.what() << "\n";
      }
    }
    if (t.empty()) continue;
    cost.curve(kinds[k].name, t, c, label);
    joules.curve(kinds[k].name, t, e);
  }
  std::vector<time> t;
  std::vector<money> c;
  std::vector<energy> e;
  for (const auto& p : found.front)
    t.push_back(p.time), c.push_back(p.cost), e.push_back(plain(p.energy));
  cost.rings("not beaten in time, cost and energy at once", t, c);
  joules.rings("not beaten in time, cost and energy at once", t, e);
  std::ofstream file(arguments[1]);
  file << report::beside(cost, joules);
  if (!file.flush()) {
    std::cerr << arguments[1] << " cannot be written\n";
    return 1;
  }
}
