// The fleet for a load: which class of calls runs on which chip, at which site, under which plan, month by month, so
// that it costs least (or takes fewest chips, least energy, least carbon) within the power of the sites, the chips that
// can be had and the capital. Every line of its cost is the bill's.
#pragma once

#include <algorithm>
#include <cstddef>
#include <layercake/chips/accelerator.hpp>
#include <layercake/energy/grid.hpp>
#include <layercake/planning/methods/search.hpp>
#include <layercake/serving/search.hpp>
#include <layercake/stack/stack.hpp>
#include <limits>
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
  quantity<unit::usd_per_second> rent = unknown<quantity<unit::usd_per_second>>();
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
  std::size_t parts = 4;  // equal parts that a class may be split into over chips and sites
  // The plans to try. Experts stay with the tensor ranks unless more ranks are named.
  serving_search search{.expert = {1}};
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
inline constexpr double no_limit = std::numeric_limits<double>::infinity();

template <class Q, class R>
R in_month(const std::vector<Q>& list, std::size_t month, const R& otherwise) {
  return list.empty() ? otherwise : R(list[month < list.size() ? month : list.size() - 1]);
}

// A limited resource: used and allowed in base units.
struct limited {
  std::string name;
  double allowed = no_limit;
  std::string (*shown)(double) = nullptr;
  bool holds(double used) const { return used <= allowed * (1 + 1e-9); }
};

// One way to place a whole class: its worth to the goal, what it uses of each resource, which of its candidates it is.
struct placing {
  double value = 0;
  std::vector<double> use;
  std::vector<std::size_t> chosen;  // into the candidates of the class
};

// The `keep` best choices of one way for each class within the limits; ways are sorted by value. A choice of the first
// classes is bounded by their values and, for each other class, the least value of a way that fits into what they
// leave.
inline search_result<double> place(const std::vector<std::vector<placing>>& ways, const std::vector<limited>& limits,
                                   std::size_t keep) {
  std::vector<std::size_t> sizes;
  for (const auto& w : ways)
    sizes.push_back(w.size());
  std::vector<double> use(limits.size()), found;
  const auto fits = [&](const placing& w) {
    for (std::size_t r = 0; r < limits.size(); ++r) {
      if (!limits[r].holds(use[r] + w.use[r])) return false;
    }
    return true;
  };
  const auto bound = [&](const std::vector<std::size_t>& options) {
    std::fill(use.begin(), use.end(), 0.0);
    double value = 0;
    for (std::size_t k = 0; k < options.size(); ++k) {
      const placing& w = ways[k][options[k]];
      if (!fits(w)) return no_limit;
      for (std::size_t r = 0; r < limits.size(); ++r)
        use[r] += w.use[r];
      value += w.value;
    }
    double least = value;
    for (std::size_t k = options.size(); k < ways.size(); ++k)
      least += ways[k].front().value;
    if (found.size() == keep && !(least < found.back())) return least;
    for (std::size_t k = options.size(); k < ways.size(); ++k) {
      const auto first = std::find_if(ways[k].begin(), ways[k].end(), fits);
      if (first == ways[k].end()) return no_limit;
      value += first->value;
    }
    return value;
  };
  const auto value = [&](const std::vector<std::size_t>& options) {
    double sum = 0;  // search() has asked for the bound of all of them: they fit
    for (std::size_t k = 0; k < options.size(); ++k)
      sum += ways[k][options[k]].value;
    found.insert(std::upper_bound(found.begin(), found.end(), sum), sum);
    if (found.size() > keep) found.pop_back();
    return sum;
  };
  return search(sizes, value, bound, keep);
}

inline void sort_by_value(std::vector<placing>& ways) {
  std::sort(ways.begin(), ways.end(), [](const placing& a, const placing& b) {
    return a.value < b.value || (!(b.value < a.value) && a.chosen < b.chosen);
  });
}

// Why no choice fits: for each limit which alone stands in the way, what the fleet needs of it at least.
// `ways_within(limits)` are the ways of each class that keep the limits alone, `most[r]` what may be used of r at most.
template <class Ways>
std::string what_binds(const Ways& ways_within, const std::vector<limited>& limits, const std::vector<double>& most) {
  std::string text;
  for (std::size_t r = 0; r < limits.size(); ++r) {
    if (!(limits[r].allowed < no_limit)) continue;
    std::vector<limited> lifted = limits;
    lifted[r].allowed = no_limit;
    auto ways = ways_within(lifted);
    if (std::any_of(ways.begin(), ways.end(), [](const auto& w) { return w.empty(); })) continue;
    for (auto& of_class : ways) {
      for (placing& w : of_class)
        w.value = w.use[r];
      sort_by_value(of_class);
    }
    const auto needed = place(ways, lifted, 1);
    if (needed.best.empty()) continue;
    const double n = needed.best.front().value;
    text += (text.empty() ? "" : ", or ") + limits[r].name + " to " + limits[r].shown(n) + " (allowed " +
            limits[r].shown(limits[r].allowed) + ", missing " + limits[r].shown(n - limits[r].allowed) + ")";
  }
  if (!text.empty()) return "Raise " + text + ".";
  for (std::size_t r = 0; r < limits.size(); ++r) {
    if (!limits[r].holds(most[r])) {
      text += (text.empty() ? "" : ", ") + limits[r].name + " (allowed " + limits[r].shown(limits[r].allowed) +
              ", up to " + limits[r].shown(most[r]) + " of use)";
    }
  }
  return "Several limits stand in the way at once; raise more than one of: " + text + ".";
}

// A rate of calls as an application that a bill can be made of.
struct calls_alone {
  call_demand<> demand;
  call_demand<> pull() const { return demand; }
  template <class N>
  applications::basic_usage<N> push(const quantity<unit::per_second, N>& calls) const {
    return {calls, N(0), calls * unknown<quantity<unit::usd, N>>()};
  }
};

inline std::string at(const char* list, std::size_t i) {
  return std::string("request.") + list + "[" + std::to_string(i) + "]";
}

template <class Q>
void require(bool holds, const std::string& path, const Q& value, const char* allowed, const char* remedy) {
  if (!holds) raise(invalid_value(finding{path, layercake::to_string(value), allowed, remedy}.text()));
}
template <class Q>
void require_each(const std::vector<Q>& list, const std::string& path, const char* remedy) {
  for (std::size_t i = 0; i < list.size(); ++i)
    require(list[i] >= Q{} && list[i] - list[i] == Q{}, path + "[" + std::to_string(i) + "]", list[i],
            "at least 0, and finite", remedy);
}

template <class Request>
void check_request(const Request& q, fleet_goal goal) {
  const auto some = [](const char* list, std::size_t n, const char* remedy) {
    require(n > 0, std::string("request.") + list + ".size()", n, "at least 1", remedy);
  };
  some("classes", q.classes.size(), "Name at least one class of calls.");
  some("chips", q.chips.size(), "Name at least one chip.");
  some("sites", q.sites.size(), "Name at least one site.");
  require(q.months > 0, "request.months", q.months, "at least 1", "Ask for one month or more.");
  require(q.parts > 0, "request.parts", q.parts, "at least 1",
          "1 keeps a class in one place; 4 splits it in quarters.");
  require_each(q.capital, "request.capital", "Give what may be spent in each month, or no list for no limit.");
  for (std::size_t i = 0; i < q.chips.size(); ++i) {
    const auto& c = q.chips[i];
    const std::string path = at("chips", i);
    layercake::validate(c.chip, path + ".chip");
    layercake::validate(c.node, path + ".node");
    layercake::validate(c.fabric, path + ".fabric");
    require(c.per_node >= 1 && c.per_node < 1e6, path + ".per_node", c.per_node, "at least 1", "Chips come in nodes.");
    require_each(c.available, path + ".available", "Give the chips to be had in each month, or no list for no limit.");
    if (is_known(c.rent)) {
      require(c.rent >= 0 * units::usd / units::second && is_finite(in<units::usd / units::second>(c.rent)),
              path + ".rent", c.rent, "at least 0, and finite", "Set it per chip and time: 2.50 * usd / hour.");
    } else if (!is_known(c.chip.price)) {
      raise(missing_value(path + ".chip.price of " + chips::name_of(c.chip) +
                          " is not published; set it, chip.price = 30000 * usd, or rent it, rent = 2.50 * usd / hour"));
    }
    if (!is_known(c.chip.thermal_design_power) || !is_known(c.chip.idle_power)) {
      raise(missing_value(path + ".chip.thermal_design_power of " + chips::name_of(c.chip) +
                          " is not published; set it and chip.idle_power: chip.thermal_design_power = 700 * watt"));
    }
  }
  for (std::size_t i = 0; i < q.sites.size(); ++i) {
    const auto& s = q.sites[i];
    const std::string path = at("sites", i);
    layercake::validate(s.energy, path + ".energy");
    layercake::validate(s.building, path + ".building");
    require_each(s.power, path + ".power", "Give the power at the meter in each month, 0 before the site opens.");
    // The bills of the fleets at a site add up only if its supply charges twice as much for twice the power.
    const quantity<unit::watt> one = 1 * units::watt;
    const auto single = s.energy.pull(power_demand<>{one, one}),
               twice = s.energy.pull(power_demand<>{one * 2, one * 2});
    const double ratio = twice.cost() / single.cost();
    require(ratio > 2 - 1e-9 && ratio < 2 + 1e-9, path + ".energy", ratio,
            "a supply that charges 2 times as much for 2 times the power",
            "Leave the capacity of an own plant unknown, so that it is built to the demand.");
    if (goal == fleet_goal::least_carbon && !is_known(single.carbon))
      raise(missing_value(path + ".energy.carbon is unknown; set it to choose by carbon: carbon = 370 * gram_co2e / "
                                 "kilowatt_hour"));
    for (const std::string& name : s.chips) {
      const auto named = [&](const auto& c) { return chips::name_of(c.chip) == name; };
      if (!std::any_of(q.chips.begin(), q.chips.end(), named))
        raise(invalid_value(path + ".chips names " + name +
                            "; allowed: names of request.chips. Name the chip as its record does."));
    }
  }
  for (std::size_t i = 0; i < q.classes.size(); ++i) {
    const auto& k = q.classes[i];
    const std::string path = at("classes", i);
    layercake::validate(k.model, path + ".model");
    const auto inside = [&](const char* name, const auto& value, const domain& d, const char* allowed) {
      require(d.contains(static_cast<double>(base_value(value))), path + "." + name, value, allowed,
              "Describe the calls of the class.");
    };
    if (k.calls.empty()) inside("demand.calls", k.demand.calls, positive, "above 0");
    for (std::size_t m = 0; m < k.calls.size(); ++m)
      inside(("calls[" + std::to_string(m) + "]").c_str(), k.calls[m], positive, "above 0");
    inside("demand.peak_to_mean", k.demand.peak_to_mean, at_least_one, "at least 1");
    inside("demand.input", k.demand.input, nonnegative, "at least 0");
    inside("demand.output", k.demand.output, positive, "above 0: prices are per output token");
    inside("demand.cached_share", k.demand.cached_share, share, "from 0 to 1");
  }
}

inline double value_of(fleet_goal goal, const bill& b) {
  switch (goal) {
  case fleet_goal::least_cost:
    return base_value(b.cost());
  case fleet_goal::fewest_chips:
    return plain(b.built.chips);
  case fleet_goal::least_energy:
    return base_value(b.supplied.plant.mean);
  case fleet_goal::least_carbon:
    return base_value(b.supplied.carbon);
  }
  return 0;
}
}  // namespace detail

// The best fleets of one month, at most `keep`.
//
// A class is split into `parts` equal parts; some of them, in whole replicas and nodes of their own, go to a chip at a
// site under one plan; the rest elsewhere. Among all such splits, chips, sites and plans of all classes together, the
// least sum of the goal's value is found for which
//   at each site, sum of the peak powers at the meter <= the month's power, and what the supply's connection carries
//   of each chip, sum over sites <= what can be had in the month
//   sum of the capital of what is bought <= the month's capital
// Every cost is a line of bill_of() (stack/stack.hpp), so that the value is the sum of those bills. The result is that
// of trying everything: what is left out is bounded (place()), or is a plan that another plan for the same part on the
// same chip and site beats in value, power, chips and capital. Assumptions: classes have nodes and networks of their
// own; their busiest hours coincide; a supply charges in proportion to the power (checked); a month is planned by
// itself, so that what is not used in the next month is worth its annuity to somebody else. Time grows with
// ways^classes where limits bind tightly; 4 parts over 15 pairs of chip and site have 3,060 ways a class. Throws
// invalid_value and missing_value for what is wrong with the request, by its path; infeasible where a class has no plan
// anywhere (with each chip's reason) or no choice keeps the limits (with each limit and what is missing of it). Worked
// example: examples/cheapest_serving.cpp.
template <class Model, class Chip, class Energy>
fleet_month best_fleet(fleet_goal goal, const fleet_request<Model, Chip, Energy>& request, std::size_t month = 0,
                       std::size_t keep = 1) {
  detail::check_request(request, goal);
  detail::require(keep > 0, "keep", keep, "at least 1", "Ask for one fleet or more.");
  const auto in_this_month = " in month " + std::to_string(month);

  // The limits, in the order: power of each site, number of each chip, capital.
  std::vector<detail::limited> limits;
  for (const auto& s : request.sites) {
    const double granted = base_value(detail::in_month(s.power, month, detail::no_limit * units::watt));
    const double carried = base_value(s.energy.push(largest_sensible * units::watt));
    limits.push_back({"the power of " + s.name,
                      std::min(granted, carried < 0.01 * largest_sensible ? carried : detail::no_limit),
                      [](double x) { return layercake::to_string(x * units::watt); }});
  }
  for (const auto& c : request.chips)
    limits.push_back({std::string("the number of ") + chips::name_of(c.chip),
                      detail::in_month(c.available, month, detail::no_limit),
                      [](double x) { return layercake::to_string(x) + " chips"; }});
  limits.push_back({"the capital", base_value(detail::in_month(request.capital, month, detail::no_limit * units::usd)),
                    [](double x) { return layercake::to_string(x * units::usd); }});
  const std::size_t sites = request.sites.size(), capital = limits.size() - 1;

  // By class, by pair of chip and site and by number of parts: candidates that no other plan beats.
  using pair_of = std::vector<std::vector<std::size_t>>;
  std::vector<std::vector<fleet_part>> candidates(request.classes.size());
  std::vector<std::vector<pair_of>> pairs_of(request.classes.size());
  for (std::size_t k = 0; k < request.classes.size(); ++k) {
    const auto& wanted = request.classes[k];
    call_demand<> demand = widened<double>(wanted.demand);
    demand.calls = detail::in_month(wanted.calls, month, wanted.demand.calls);

    std::vector<pair_of>& pairs = pairs_of[k];
    std::string reasons;
    for (std::size_t c = 0; c < request.chips.size(); ++c) {
      const auto& offered = request.chips[c];
      for (std::size_t s = 0; s < sites; ++s) {
        const auto& place = request.sites[s];
        if (!place.chips.empty() &&
            std::find(place.chips.begin(), place.chips.end(), chips::name_of(offered.chip)) == place.chips.end())
          continue;
        infrastructure::site building = place.building;
        building.chips_per_node = offered.per_node;
        building.node = offered.node;
        building.network.scale_up = offered.fabric;
        std::vector<serving_plan> plans;
        const std::string reason =
            for_each_serving_plan(offered.chip, building, wanted.model, demand, request.search,
                                  [&](const serving_plan& plan, const serving_figures<>&) { plans.push_back(plan); });
        if (plans.empty()) {
          if (s == 0 || reasons.find(reason) == std::string::npos) reasons += "\n  " + reason;
          continue;
        }
        pair_of pair(request.parts + 1);
        for (std::size_t n = 1; n <= request.parts; ++n) {
          const double share = static_cast<double>(n) / static_cast<double>(request.parts);
          for (const serving_plan& plan : plans) {
            detail::calls_alone calls{demand};
            calls.demand.calls = demand.calls * share;
            fleet_part part{k,
                            c,
                            s,
                            wanted.name,
                            chips::name_of(offered.chip),
                            place.name,
                            share,
                            plan,
                            bill_of<double>(layers{place.energy, offered.chip, building, wanted.model, calls}, plan,
                                            counting::whole)};
            bill& b = part.bill;
            if (is_known(offered.rent)) {
              infrastructure::infrastructure_need<>& built = b.built;
              built.chip_cost = offered.rent * plain(built.chips);
              built.server_cost = built.network_cost = built.facility_cost = built.maintenance_cost =
                  built.staff_cost = {};
              built.capex_chips = built.capex_servers = built.capex_network = built.capex_facility = {};
            }
            const auto beats = [&](const fleet_part& x, const fleet_part& y) {
              return detail::value_of(goal, x.bill) <= detail::value_of(goal, y.bill) &&
                     x.bill.built.power.peak <= y.bill.built.power.peak && x.bill.built.chips <= y.bill.built.chips &&
                     x.bill.built.capex() <= y.bill.built.capex();
            };
            auto& kept = pair[n];
            auto& all = candidates[k];
            if (!is_finite(detail::value_of(goal, b)) ||
                std::any_of(kept.begin(), kept.end(), [&](std::size_t o) { return beats(all[o], part); }))
              continue;
            kept.erase(std::remove_if(kept.begin(), kept.end(), [&](std::size_t o) { return beats(part, all[o]); }),
                       kept.end());
            kept.push_back(all.size());
            all.push_back(std::move(part));
          }
        }
        pairs.push_back(std::move(pair));
      }
    }
    if (pairs.empty()) {
      raise(infeasible(
          "no chip serves class " + wanted.name + in_this_month + ":" +
          (reasons.empty() ? "\n  no site takes any of the chips. Name them in request.sites[i].chips." : reasons)));
    }

    if (candidates[k].empty())
      raise(infeasible("the bills of class " + wanted.name + in_this_month +
                       " are not finite at any site: no supply can carry them. Raise a connection or a capacity."));
  }

  // All ways to spread the parts of each class over its pairs that alone keep the limits, best first.
  const auto ways_within = [&](const std::vector<detail::limited>& within) {
    std::vector<std::vector<detail::placing>> ways(request.classes.size());
    for (std::size_t k = 0; k < ways.size(); ++k) {
      const std::vector<pair_of>& pairs = pairs_of[k];
      detail::placing way{0, std::vector<double>(within.size()), {}};
      const auto spread = [&](auto& self, std::size_t pair, std::size_t left) -> void {
        if (left == 0) {
          if (ways[k].size() == 2000000) {
            raise(invalid_value(
                "request.parts is " + std::to_string(request.parts) + " over " + std::to_string(pairs.size()) +
                " pairs of chip and site, more than 2000000 ways to place class " + request.classes[k].name +
                "; allowed: fewer ways. Lower request.parts or name fewer chips and sites."));
          }
          ways[k].push_back(way);
          return;
        }
        if (pair == pairs.size()) return;
        for (std::size_t n = left; n > 0; --n) {
          for (const std::size_t o : pairs[pair][n]) {
            const fleet_part& p = candidates[k][o];
            const double value = way.value, power = way.use[p.site], number = way.use[sites + p.chip],
                         money = way.use[capital];
            way.value += detail::value_of(goal, p.bill);
            way.use[p.site] += base_value(p.bill.built.power.peak);
            way.use[sites + p.chip] += plain(p.bill.built.chips);
            way.use[capital] += base_value(p.bill.built.capex());
            way.chosen.push_back(o);
            if (within[p.site].holds(way.use[p.site]) && within[sites + p.chip].holds(way.use[sites + p.chip]) &&
                within[capital].holds(way.use[capital]))
              self(self, pair + 1, left - n);
            way.chosen.pop_back();
            way.value = value, way.use[p.site] = power, way.use[sites + p.chip] = number, way.use[capital] = money;
          }
        }
        self(self, pair + 1, left);
      };
      spread(spread, 0, request.parts);
      detail::sort_by_value(ways[k]);
    }
    return ways;
  };
  const auto best_within = [&](const std::vector<std::vector<detail::placing>>& ways,
                               const std::vector<detail::limited>& within, std::size_t wanted) {
    const bool possible = std::none_of(ways.begin(), ways.end(), [](const auto& w) { return w.empty(); });
    return possible ? detail::place(ways, within, wanted) : search_result<double>{};
  };

  const auto ways = ways_within(limits);
  const auto found = best_within(ways, limits, keep);
  if (found.best.empty()) {
    std::string alone;
    std::vector<double> most(limits.size());
    for (std::size_t k = 0; k < ways.size(); ++k) {
      if (ways.size() > 1 && ways[k].empty()) alone += (alone.empty() ? "" : ", ") + request.classes[k].name;
      std::vector<double> largest(limits.size());
      for (const fleet_part& p : candidates[k]) {
        largest[p.site] = std::max(largest[p.site], base_value(p.bill.built.power.peak));
        largest[sites + p.chip] = std::max(largest[sites + p.chip], plain(p.bill.built.chips));
        largest[capital] = std::max(largest[capital], base_value(p.bill.built.capex()));
      }
      for (std::size_t r = 0; r < limits.size(); ++r)
        most[r] += largest[r];
    }
    raise(infeasible("no fleet keeps the limits" + in_this_month +
                     (alone.empty() ? "" : " (even alone: class " + alone + ")") + ". " +
                     detail::what_binds(ways_within, limits, most)));
  }

  fleet_month result;
  result.combinations = found.combinations;
  result.evaluated = found.evaluated;
  for (const auto& one : found.best) {
    fleet f;
    f.value = one.value;
    for (std::size_t k = 0; k < ways.size(); ++k) {
      for (const std::size_t o : ways[k][one.options[k]].chosen)
        f.parts.push_back(candidates[k][o]);
    }
    result.best.push_back(std::move(f));
  }
  for (std::size_t r = 0; r < limits.size(); ++r) {
    if (!(limits[r].allowed < detail::no_limit)) continue;
    double used = 0;
    for (std::size_t k = 0; k < ways.size(); ++k)
      used += ways[k][found.best.front().options[k]].use[r];
    std::vector<detail::limited> lifted = limits;
    lifted[r].allowed = detail::no_limit;
    const double without = best_within(ways_within(lifted), lifted, 1).best.front().value,
                 value = found.best.front().value;
    result.limits.push_back({limits[r].name, limits[r].shown(used), limits[r].shown(limits[r].allowed),
                             value > 0 ? std::max(0.0, 1 - without / value) : 0.0});
  }
  return result;
}

// The cheapest fleets of every month of the request, at most `keep` of each.
template <class Model, class Chip, class Energy>
std::vector<fleet_month> cheapest_fleet(const fleet_request<Model, Chip, Energy>& request, std::size_t keep = 1) {
  std::vector<fleet_month> months;
  for (std::size_t m = 0; m < std::max<std::size_t>(request.months, 1); ++m)
    months.push_back(best_fleet(fleet_goal::least_cost, request, m, keep));
  return months;
}

// A fleet as a person reads it, a line for each part.
inline std::string to_string(const fleet& f) {
  std::string s;
  const auto padded = [](std::string text, std::size_t width) {
    text.resize(text.size() < width ? width : text.size() + 1, ' ');
    return text;
  };
  for (const fleet_part& p : f.parts) {
    s += "  " + padded(p.class_name, 14) + padded(layercake::to_string(100 * p.share) + " %", 7) +
         padded(p.site_name, 12) + padded(layercake::to_string(p.bill.built.chips) + " " + p.chip_name, 20) +
         padded("in " + layercake::to_string(p.bill.serving.replicas) + " x (" + layercake::to_string(p.plan.tensor) +
                    " x " + layercake::to_string(p.plan.pipeline) + ")",
                16) +
         padded(layercake::to_string(p.bill.built.power.peak), 10) + padded(layercake::to_string(p.bill.cost()), 12) +
         layercake::to_string(p.bill.price_of_tokens()) + "\n";
  }
  return s;
}

}  // namespace layercake::planning
