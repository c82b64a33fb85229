// What is asked of a fleet, what is found, and what is wrong with a question.
#pragma once

#include <algorithm>
#include <cstddef>
#include <layercake/chips/chips.hpp>
#include <layercake/core/fields.hpp>
#include <layercake/energy/grid.hpp>
#include <layercake/infrastructure/site.hpp>
#include <layercake/number/check.hpp>
#include <layercake/serving/search.hpp>
#include <layercake/stack/bill.hpp>
#include <string>
#include <vector>

namespace layercake::planning {

enum class fleet_goal : unsigned char { least_cost, fewest_chips, least_energy, least_carbon };

// A chip that may be taken, with the node that it comes in. Lists by month hold their last value on; an empty list does
// not limit.
template <class Chip = chips::accelerator>
struct fleet_chip {
  Chip chip{};
  // Per chip and time, for the chip in a running server in a building, electricity apart, as best_plan counts it.
  // Unknown: it is bought at chip.price and stands in a building of one's own.
  quantity<unit::usd_per_second> rent = unknown<>;
  std::vector<double> available{};  // chips to be had in each month, over all sites
  double per_node = 8;
  infrastructure::node node{};            // stands in place of the site's
  infrastructure::scale_up_law fabric{};  // in place of the site's network.scale_up
};

// A place to build: its supply, its building, and the power that it may draw in each month (0 before it opens).
template <class Energy = energy::grid>
struct fleet_site {
  std::string name{};
  Energy energy{};
  infrastructure::site building{};
  std::vector<quantity<unit::watt>> power{};  // at the meter, in the busiest hour
  std::vector<std::string> chips{};           // names of those that may stand here; empty: all
};

// Calls that share a model and its objectives.
template <class Model>
struct fleet_class {
  std::string name{};
  Model model{};
  call_demand<> demand{};
  std::vector<quantity<unit::per_second>> calls{};  // mean rate of each month; empty: demand.calls in all
};

template <class Model, class Chip = chips::accelerator, class Energy = energy::grid>
struct fleet_request {
  std::vector<fleet_class<Model>> classes{};
  std::vector<fleet_chip<Chip>> chips{};
  std::vector<fleet_site<Energy>> sites{};
  std::vector<quantity<unit::usd>> capital{};  // that may be bound in chips, servers, network and buildings, by month
  std::size_t months = 1;
  std::size_t parts = 4;    // equal parts that a class may be split into over chips and sites
  serving_search search{};  // the plans to try
};

// Some of a class on one chip at one site. `bill` is that of these calls alone; a rented chip has its rent in
// bill.built.chip_cost and no capital.
struct fleet_part {
  std::size_t demand_class = 0, chip = 0, site = 0;  // their places in the request
  std::string class_name, chip_name, site_name;
  double share = 0;  // of the class's calls
  serving_plan plan{};
  layercake::bill bill{};
};

struct fleet {
  double value = 0;  // of the goal, in base units: USD/s, chips, W at the plant, kgCO2e/s
  std::vector<fleet_part> parts{};

  template <class Read>
  auto sum(Read&& read) const {
    decltype(read(layercake::bill{})) s{};
    for (const fleet_part& p : parts)
      s += read(p.bill);
    return s;
  }
  auto cost() const {
    return sum([](const auto& b) { return b.cost(); });
  }
  auto output_tokens() const {
    return sum([](const auto& b) { return b.serving.output_tokens; });
  }
  auto price_of_tokens() const { return cost() / plain(output_tokens()); }
  auto chips() const {
    return sum([](const auto& b) { return b.built.chips; });
  }
  auto site_power() const {  // busiest hour
    return sum([](const auto& b) { return b.built.power.peak; });
  }
  auto plant_power() const {  // mean
    return sum([](const auto& b) { return b.supplied.plant.mean; });
  }
  auto capex() const {
    return sum([](const auto& b) { return b.built.capex(); });
  }
  auto carbon() const {
    return sum([](const auto& b) { return b.supplied.carbon; });
  }
};

// What the best fleet of a month uses of a limited resource, and the share of the goal's value that would be saved
// without that limit: above 0 where it binds.
struct fleet_limit {
  std::string name;
  std::string used, allowed;
  double saving = 0;
};

struct fleet_month {
  std::vector<fleet> best{};  // best first; no two take the same parts to the same chips and sites in the same plans
  std::vector<fleet_limit> limits{};
  double combinations = 0, evaluated = 0;  // of the search

  // Names of the limits that bind.
  std::string binding() const {
    std::string s;
    for (const fleet_limit& l : limits) {
      if (l.saving > 0) s += (s.empty() ? "" : ", ") + l.name;
    }
    return s.empty() ? "nothing" : s;
  }
};

namespace detail {
template <class Chip>
void check_fleet_chip(const fleet_chip<Chip>& c, const std::string& path) {
  constexpr domain chips_of_a_node{1, 1e6};
  layercake::validate(c.chip, path + ".chip");
  layercake::validate(c.node, path + ".node");
  layercake::validate(c.fabric, path + ".fabric");
  check_within(path + ".per_node", c.per_node, chips_of_a_node, "Chips come in nodes.");
  check_each(path + ".available", c.available, nonnegative,
             "Give the chips to be had in each month, or no list for no limit.");
  check_within(path + ".rent", c.rent, nonnegative.or_unknown(), "Set it per chip and time: 2.50 * usd / hour.");
  raise_if_missing(is_known(c.rent) ? chips::missing_in_use(c.chip, path + ".chip")
                                    : chips::missing_in_bill(c.chip, path + ".chip",
                                                             ", or rent it: " + path + ".rent = 2.50 * usd / hour"));
}

template <class Request, class Energy>
void check_fleet_site(const Request& q, const fleet_site<Energy>& s, fleet_goal goal, const std::string& path) {
  layercake::validate(s.energy, path + ".energy");
  layercake::validate(s.building, path + ".building");
  check_each(path + ".power", s.power, nonnegative,
             "Give the power at the meter in each month, 0 before the site opens.");
  // The bills of the fleets at a site add up only if its supply charges twice as much for twice the power.
  constexpr double rounding = 1e-9;
  const quantity<unit::watt> one = 1 * units::watt;
  const auto single = s.energy.pull(power_demand<>{one, one}), twice = s.energy.pull(power_demand<>{one * 2, one * 2});
  const double ratio = twice.cost() / single.cost();
  require(ratio > 2 - rounding && ratio < 2 + rounding, path + ".energy", ratio,
          "a supply that charges 2 times as much for 2 times the power",
          "Leave the capacity of an own plant unknown, so that it is built to the demand.");
  if (goal == fleet_goal::least_carbon)
    check_known(path + ".energy.carbon", single.carbon,
                "Set it to choose by carbon: carbon = 370 * gram_co2e / kilowatt_hour.");
  std::vector<std::string> names;
  for (const auto& c : q.chips)
    names.push_back(chips::name_of(c.chip));
  for (std::size_t i = 0; i < s.chips.size(); ++i)
    check_one_of(path + ".chips[" + std::to_string(i) + "]", s.chips[i], names,
                 "These are the names of request.chips.");
}

template <class Model>
void check_fleet_class(const fleet_class<Model>& k, const std::string& path) {
  layercake::validate(k.model, path + ".model");
  layercake::validate(k.demand, path + ".demand");
  const char* const remedy = "Describe the calls of the class.";
  if (k.calls.empty()) check_positive(path + ".demand.calls", k.demand.calls, remedy);
  check_each(path + ".calls", k.calls, positive, remedy);
  check_positive(path + ".demand.output", k.demand.output, "Prices are per output token.");
}

// Throws invalid_value and missing_value for what is wrong with the request, by its path.
template <class Request>
void check_request(const Request& q, fleet_goal goal) {
  check_not_empty("request.classes", q.classes, "Name at least one class of calls.");
  check_not_empty("request.chips", q.chips, "Name at least one chip.");
  check_not_empty("request.sites", q.sites, "Name at least one site.");
  check_count("request.months", q.months, "Ask for one month or more.");
  check_count("request.parts", q.parts, "1 keeps a class in one place; 4 splits it in quarters.");
  check_plans(q.search);
  check_each("request.capital", q.capital, nonnegative,
             "Give what may be spent in each month, or no list for no limit.");
  for (std::size_t i = 0; i < q.chips.size(); ++i)
    check_fleet_chip(q.chips[i], "request.chips[" + std::to_string(i) + "]");
  for (std::size_t i = 0; i < q.sites.size(); ++i)
    check_fleet_site(q, q.sites[i], goal, "request.sites[" + std::to_string(i) + "]");
  for (std::size_t i = 0; i < q.classes.size(); ++i)
    check_fleet_class(q.classes[i], "request.classes[" + std::to_string(i) + "]");
}
}  // namespace detail

}  // namespace layercake::planning
