// The cheapest way to serve a growing load across chips, sites and months: where each class of calls runs, on which
// chips, under which plan, what keeps it from being cheaper, and what the second-best fleet costs.
#include <cmath>
#include <iostream>
#include <layercake/chips/catalog.hpp>
#include <layercake/energy/catalog.hpp>
#include <layercake/infrastructure/catalog.hpp>
#include <layercake/models/catalog.hpp>
#include <layercake/planning/questions/fleet.hpp>

namespace lc = layercake;
using namespace lc::units;

namespace {
// Weights, products and cache in 8 bit.
const auto model = lc::models::catalog::llama_3_1_70b.at(lc::precision::fp8).cache(lc::precision::fp8);
using fleet_request = lc::planning::fleet_request<std::remove_cvref_t<decltype(model)>>;

void name_classes(fleet_request& request) {
  // An assistant in a conversation (lengths of Azure's trace), and agents that read much and may wait (Mooncake's).
  const lc::call_demand<> conversation{.calls = 2000 / second,
                                       .peak_to_mean = 2,
                                       .input = 1155 * token,
                                       .output = 211 * token,
                                       .time_to_first_token = 1 * second,
                                       .time_per_output_token = 40 * millisecond / token};
  const lc::call_demand<> agents{.calls = 300 / second,
                                 .peak_to_mean = 1.2,
                                 .input = 8596 * token,
                                 .output = 182 * token,
                                 .cached_share = 0.37,
                                 .time_to_first_token = 30 * second,
                                 .time_per_output_token = 200 * millisecond / token};
  request.classes = {{"assistant", model, conversation, {}}, {"agents", model, agents, {}}};
  for (std::size_t m = 0; m < request.months; ++m) {
    const auto growth = [&](double monthly) { return std::pow(1 + monthly, static_cast<double>(m)); };
    request.classes[0].calls.push_back(conversation.calls * growth(0.06));
    request.classes[1].calls.push_back(agents.calls * growth(0.15));
  }
}

void name_chips(fleet_request& request) {
  // Bought at the catalog's prices, but MI325X, of which none is published, rented; at which rent and how many can be had is
  // assumed. All of them multiply in 8 bit.
  namespace chips = lc::chips::catalog;
  namespace fabrics = lc::infrastructure::catalog;
  request.chips = {
      {.chip = chips::h100_sxm, .node = fabrics::dgx_h100, .fabric = fabrics::nvlink_hopper},
      {.chip = chips::h200_sxm, .available = {800}, .node = fabrics::dgx_h100, .fabric = fabrics::nvlink_hopper},
      {.chip = chips::b200_sxm,
       .available = {200, 200, 200, 400, 400, 400, 700, 700, 700, 1000},
       .fabric = fabrics::nvlink_blackwell},
      {.chip = chips::mi300x, .available = {400}},
      {.chip = chips::mi325x, .rent = 2.25 * usd_per_hour}};
}

void name_sites(fleet_request& request) {
  // Texas has power now, Sweden opens in the fourth month, Virginia in the eighth. The limits are assumed.
  const auto power = [](double first, std::size_t opens, double then) {
    std::vector<lc::quantity<lc::unit::watt>> list(opens, first * megawatt);
    list.push_back(then * megawatt);
    return list;
  };
  request.sites = {
      {"Texas", lc::energy::catalog::grid_ercot, lc::infrastructure::catalog::texas, power(3, 6, 4), {}},
      {"Sweden", lc::energy::catalog::grid_sweden, lc::infrastructure::catalog::microsoft_sweden, power(0, 3, 2), {}},
      {"Virginia", lc::energy::catalog::grid_pjm, lc::infrastructure::catalog::colocation, power(0, 7, 8), {}}};
}

void print(const lc::planning::fleet_month& month, std::size_t number) {
  const auto& best = month.best.front();
  std::cout << "month " << number << ": " << to_string(best.output_tokens()) << " for " << to_string(best.cost())
            << ", " << to_string(best.price_of_tokens()) << "; " << to_string(best.site_power()) << " at the meters, "
            << to_string(best.capex()) << " bound\n"
            << to_string(best) << "  binds: " << month.binding();
  if (month.best.size() > 1) {
    const auto second_best = month.best[1].cost();
    std::cout << "; the second-best costs " << lc::to_string(100 * (second_best / best.cost() - 1)) << " % more";
  }
  std::cout << "\n";
  for (const auto& limit : month.limits) {
    if (limit.saving > 0)
      std::cout << "    without the limit on " << limit.name << " (" << limit.used << " used of " << limit.allowed
                << ") " << lc::to_string(100 * limit.saving) << " % less\n";
  }
}
}  // namespace

int main() {
  fleet_request request;
  request.months = 12;
  name_classes(request);
  name_chips(request);
  name_sites(request);

  const auto months = lc::planning::cheapest_fleet(request, 2);
  auto total = 0 * usd;
  for (std::size_t m = 0; m < months.size(); ++m) {
    total += months[m].best.front().cost() * (1 * lc::units::month);
    print(months[m], m + 1);
  }
  std::cout << "\nthe year: " << to_string(total) << "\n";

  // And what is said when there is no way.
  request.sites.resize(1);
  try {
    (void)lc::planning::best_fleet(lc::planning::fleet_goal::least_cost, request, 11);
  } catch (const lc::infeasible& why) {
    std::cout << "\nTexas alone in the last month: " << why.what() << "\n";
  }
}
