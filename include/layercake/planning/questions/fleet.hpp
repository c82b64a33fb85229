// The fleet for a load: which class of calls runs on which chip, at which site, under which plan, month by month, so
// that it costs least (or takes fewest chips, least energy, least carbon) within the power of the sites, the chips that
// can be had and the capital. Every line of its cost is the bill's.
#pragma once

#include <algorithm>
#include <cstddef>
#include <layercake/planning/methods/search.hpp>
#include <layercake/planning/questions/fleet_placing.hpp>
#include <layercake/planning/questions/fleet_request.hpp>
#include <layercake/serving/search.hpp>
#include <layercake/stack/stack.hpp>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace layercake::planning {

namespace detail {

template <class Listed, class Value>
Value in_month(const std::vector<Listed>& list, std::size_t month, const Value& otherwise) {
  return list.empty() ? otherwise : Value(list[month < list.size() ? month : list.size() - 1]);
}

// A rate of calls as an application that a bill can be made of.
struct calls_alone {
  call_demand<> demand;
  call_demand<> pull() const { return demand; }
  template <number N>
  applications::basic_usage<N> push(const quantity<unit::per_second, N>& calls) const {
    return {calls, N(0), calls * unknown<quantity<unit::usd, N>>()};
  }
};

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

// The search for the best fleets of one month.
template <class Request>
class fleet_search {
public:
  fleet_search(fleet_goal goal, const Request& request, std::size_t month)
      : goal_(goal), request_(request), month_(month), sites_(request.sites.size()) {
    set_limits();
    for (std::size_t k = 0; k < request.classes.size(); ++k)
      classes_.push_back(candidates_of(k));
  }

  // The `keep` best. Throws infeasible with what binds.
  fleet_month best(std::size_t keep) const {
    const auto ways = ways_within(limits_);
    const auto found = best_within(ways, limits_, keep);
    if (found.best.empty()) raise(infeasible(why_none(ways)));
    fleet_month result;
    result.combinations = found.combinations;
    result.evaluated = found.evaluated;
    for (const auto& one : found.best) {
      fleet f;
      f.value = one.value;
      for (std::size_t k = 0; k < ways.size(); ++k) {
        for (const std::size_t o : ways[k][one.options[k]].chosen)
          f.parts.push_back(classes_[k].all[o]);
      }
      result.best.push_back(std::move(f));
    }
    for (std::size_t r = 0; r < limits_.size(); ++r) {
      if (limits_[r].allowed < no_limit) result.limits.push_back(limit_of(r, ways, found.best.front()));
    }
    return result;
  }

private:
  using ways_of_classes = std::vector<std::vector<placing>>;
  using pair_of = std::vector<std::vector<std::size_t>>;  // of chip and site: candidates by number of parts
  // What a class may be split into: candidates that no other plan for the same part on the same pair beats.
  struct candidates {
    std::vector<fleet_part> all;
    std::vector<pair_of> pairs;
  };

  fleet_goal goal_;
  const Request& request_;
  std::size_t month_, sites_;
  std::vector<limited> limits_;  // in the order: power of each site, number of each chip, capital
  std::vector<candidates> classes_;

  std::size_t capital() const { return sites_ + request_.chips.size(); }
  std::string in_this_month() const { return " in month " + std::to_string(month_); }
  static double base_of_power(const fleet_part& p) { return base_value(p.bill.built.power.peak); }
  static double base_of_capital(const fleet_part& p) { return base_value(p.bill.built.capex()); }

  void set_limits() {
    for (const auto& s : request_.sites) {
      const double granted = base_value(in_month(s.power, month_, no_limit * units::watt));
      const double carried = base_value(s.energy.push(std::numeric_limits<double>::infinity() * units::watt));
      limits_.push_back({"the power of " + s.name, std::min(granted, is_finite(carried) ? carried : no_limit),
                         [](double x) { return layercake::to_string(x * units::watt); }});
    }
    for (const auto& c : request_.chips)
      limits_.push_back({std::string("the number of ") + chips::name_of(c.chip),
                         in_month(c.available, month_, no_limit),
                         [](double x) { return layercake::to_string(x) + " chips"; }});
    limits_.push_back({"the capital", base_value(in_month(request_.capital, month_, no_limit * units::usd)),
                       [](double x) { return layercake::to_string(x * units::usd); }});
  }

  // Throws infeasible if no chip at any site serves the class, with each chip's reason.
  candidates candidates_of(std::size_t k) const {
    const auto& wanted = request_.classes[k];
    call_demand<> demand = widened<double>(wanted.demand);
    demand.calls = in_month(wanted.calls, month_, wanted.demand.calls);
    candidates found;
    std::string reasons;
    for (std::size_t c = 0; c < request_.chips.size(); ++c) {
      for (std::size_t s = 0; s < sites_; ++s) {
        const auto& allowed = request_.sites[s].chips;
        if (!allowed.empty() &&
            std::find(allowed.begin(), allowed.end(), chips::name_of(request_.chips[c].chip)) == allowed.end())
          continue;
        const std::string reason = add_pair({k, c, s}, demand, found);
        if (!reason.empty() && (s == 0 || reasons.find(reason) == std::string::npos)) reasons += "\n  " + reason;
      }
    }
    if (found.pairs.empty()) {
      raise(infeasible(
          "no chip serves class " + wanted.name + in_this_month() + ":" +
          (reasons.empty() ? "\n  no site takes any of the chips. Name them in request.sites[i].chips." : reasons)));
    }
    if (found.all.empty())
      raise(infeasible("the bills of class " + wanted.name + in_this_month() +
                       " are not finite at any site: no supply can carry them. Raise a connection or a capacity."));
    return found;
  }

  // Where some of a class may stand: class, chip, site, by their places in the request.
  struct standing {
    std::size_t demand_class, chip, site;
  };
  // Adds the candidates of one pair; returns why there is no plan, or nothing.
  std::string add_pair(const standing& at, const call_demand<>& demand, candidates& found) const {
    const auto& offered = request_.chips[at.chip];
    infrastructure::site building = request_.sites[at.site].building;
    building.chips_per_node = offered.per_node;
    building.node = offered.node;
    building.network.scale_up = offered.fabric;
    std::vector<serving_plan> plans;
    std::string reason = for_each_serving_plan(
        serving_task{offered.chip, building, request_.classes[at.demand_class].model, demand}, request_.search,
        [&](const serving_plan& plan, const pool_figures<>&) { plans.push_back(plan); });
    if (plans.empty()) return reason;
    // The replica of each plan is timed once, for all parts of the calls.
    const calls_alone calls{demand};
    const layers on{request_.sites[at.site].energy, offered.chip, building, request_.classes[at.demand_class].model,
                    calls};
    std::vector<billing<double, std::remove_const_t<decltype(on)>>> bills;
    for (const serving_plan& plan : plans)
      bills.emplace_back(on, plan);
    pair_of pair(request_.parts + 1);
    for (std::size_t n = 1; n <= request_.parts; ++n) {
      const double share = static_cast<double>(n) / static_cast<double>(request_.parts);
      for (std::size_t p = 0; p < plans.size(); ++p)
        keep(part_of(at, share, plans[p], bills[p](counting::whole, share)), pair[n], found.all);
    }
    found.pairs.push_back(std::move(pair));
    return "";
  }
  fleet_part part_of(const standing& at, double share, const serving_plan& plan, const bill& of_part) const {
    const auto& wanted = request_.classes[at.demand_class];
    const auto& offered = request_.chips[at.chip];
    const auto& place = request_.sites[at.site];
    fleet_part part{at.demand_class, at.chip, at.site, wanted.name, chips::name_of(offered.chip),
                    place.name,      share,   plan,    of_part};
    if (is_known(offered.rent)) {
      infrastructure::infrastructure_need<>& built = part.bill.built;
      built.chip_cost = offered.rent * plain(built.chips);
      built.server_cost = built.network_cost = built.facility_cost = built.maintenance_cost = built.staff_cost = {};
      built.capex_chips = built.capex_servers = built.capex_network = built.capex_facility = {};
    }
    return part;
  }
  // Keeps a part unless another one beats it, and drops what it beats.
  void keep(fleet_part part, std::vector<std::size_t>& kept, std::vector<fleet_part>& all) const {
    const auto beats = [&](const fleet_part& x, const fleet_part& y) {
      return value_of(goal_, x.bill) <= value_of(goal_, y.bill) && x.bill.built.power.peak <= y.bill.built.power.peak &&
             x.bill.built.chips <= y.bill.built.chips && x.bill.built.capex() <= y.bill.built.capex();
    };
    if (!is_finite(value_of(goal_, part.bill)) ||
        std::any_of(kept.begin(), kept.end(), [&](std::size_t o) { return beats(all[o], part); }))
      return;
    kept.erase(std::remove_if(kept.begin(), kept.end(), [&](std::size_t o) { return beats(part, all[o]); }),
               kept.end());
    kept.push_back(all.size());
    all.push_back(std::move(part));
  }

  // All ways to spread the parts of each class over its pairs that alone keep the limits, best first.
  ways_of_classes ways_within(const std::vector<limited>& within) const {
    ways_of_classes ways(classes_.size());
    for (std::size_t k = 0; k < ways.size(); ++k) {
      placing way{0, std::vector<double>(within.size()), {}};
      spread({k, 0, request_.parts}, within, way, ways[k]);
      sort_by_value(ways[k]);
    }
    return ways;
  }
  // What is still to be spread: so many parts of a class over its pairs from one on.
  struct remainder {
    std::size_t demand_class, pair, parts;
  };
  void spread(const remainder& left, const std::vector<limited>& within, placing& way,
              std::vector<placing>& ways) const {
    constexpr std::size_t most_ways = 2000000;  // some hundred megabytes
    const candidates& of = classes_[left.demand_class];
    if (left.parts == 0) {
      if (ways.size() == most_ways) {
        require(false, "request.parts", request_.parts,
                "at most " + std::to_string(most_ways) + " ways to place class " +
                    request_.classes[left.demand_class].name + " over " + std::to_string(of.pairs.size()) +
                    " pairs of chip and site",
                "Lower request.parts or name fewer chips and sites.");
      }
      ways.push_back(way);
      return;
    }
    if (left.pair == of.pairs.size()) return;
    for (std::size_t n = left.parts; n > 0; --n) {
      for (const std::size_t o : of.pairs[left.pair][n]) {
        const fleet_part& p = of.all[o];
        double &power = way.use[p.site], &number = way.use[sites_ + p.chip], &money = way.use[capital()];
        const double before[] = {way.value, power, number, money};
        way.value += value_of(goal_, p.bill);
        power += base_of_power(p);
        number += plain(p.bill.built.chips);
        money += base_of_capital(p);
        way.chosen.push_back(o);
        if (within[p.site].holds(power) && within[sites_ + p.chip].holds(number) && within[capital()].holds(money))
          spread({left.demand_class, left.pair + 1, left.parts - n}, within, way, ways);
        way.chosen.pop_back();
        way.value = before[0], power = before[1], number = before[2], money = before[3];
      }
    }
    spread({left.demand_class, left.pair + 1, left.parts}, within, way, ways);
  }

  static search_result<double> best_within(const ways_of_classes& ways, const std::vector<limited>& within,
                                           std::size_t wanted) {
    const bool possible = std::none_of(ways.begin(), ways.end(), [](const auto& w) { return w.empty(); });
    return possible ? place(ways, within, wanted) : search_result<double>{};
  }

  std::string why_none(const ways_of_classes& ways) const {
    std::string alone;
    std::vector<double> most(limits_.size());
    for (std::size_t k = 0; k < ways.size(); ++k) {
      if (ways.size() > 1 && ways[k].empty()) alone += (alone.empty() ? "" : ", ") + request_.classes[k].name;
      std::vector<double> largest(limits_.size());
      for (const fleet_part& p : classes_[k].all) {
        largest[p.site] = std::max(largest[p.site], base_of_power(p));
        largest[sites_ + p.chip] = std::max(largest[sites_ + p.chip], plain(p.bill.built.chips));
        largest[capital()] = std::max(largest[capital()], base_of_capital(p));
      }
      for (std::size_t r = 0; r < limits_.size(); ++r)
        most[r] += largest[r];
    }
    return "no fleet keeps the limits" + in_this_month() + (alone.empty() ? "" : " (even alone: class " + alone + ")") +
           ". " + what_binds([&](const auto& within) { return ways_within(within); }, limits_, most);
  }

  // What the best fleet uses of a limited resource, and what would be saved without that limit.
  fleet_limit limit_of(std::size_t r, const ways_of_classes& ways, const candidate<double>& best) const {
    double used = 0;
    for (std::size_t k = 0; k < ways.size(); ++k)
      used += ways[k][best.options[k]].use[r];
    std::vector<limited> lifted = limits_;
    lifted[r].allowed = no_limit;
    const double without = best_within(ways_within(lifted), lifted, 1).best.front().value, value = best.value;
    return {limits_[r].name, limits_[r].shown(used), limits_[r].shown(limits_[r].allowed),
            value > 0 ? std::max(0.0, 1 - without / value) : 0.0};
  }
};

}  // namespace detail

// The best fleets of one month, at most `keep`.
//
// A class is split into `parts` equal parts; some of them, in whole replicas and nodes of their own, go to a chip at a
// site under one plan; the rest elsewhere. Among all such splits, chips, sites and plans of all classes together, the
// least sum of the goal's value is found for which
//   at each site, sum of the peak powers at the meter <= the month's power, and what the supply's connection carries
//   of each chip, sum over sites <= what can be had in the month
//   sum of the capital of what is bought <= the month's capital
// Every cost is a line of bill_of() (stack/billing.hpp), so that the value is the sum of those bills. The result is that
// of trying everything: what is left out is bounded (fleet_placing.hpp), or is a plan that another plan for the same
// part on the same chip and site beats in value, power, chips and capital.
//
// Assumed: classes have nodes and networks of their own; their busiest hours coincide; a supply charges in proportion to
// the power (checked); a month is planned by itself, so that what is not used in the next month is worth its annuity to
// somebody else. Time grows with ways^classes where limits bind tightly; 4 parts over 15 pairs of chip and site have
// 3,060 ways a class.
//
// Throws invalid_value and missing_value for what is wrong with the request, by its path; infeasible where a class has
// no plan anywhere (with each chip's reason) or no choice keeps the limits (with each limit and what is missing of it).
// Worked example: examples/cheapest_serving.cpp.
template <class Model, class Chip, class Energy>
fleet_month best_fleet(fleet_goal goal, const fleet_request<Model, Chip, Energy>& request, std::size_t month = 0,
                       std::size_t keep = 1) {
  detail::check_request(request, goal);
  check_count("keep", keep, "Ask for one fleet or more.");
  return detail::fleet_search(goal, request, month).best(keep);
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
  using layercake::to_string;
  std::string s;
  const auto column = [&s](std::string text, std::size_t width) {
    text.resize(text.size() < width ? width : text.size() + 1, ' ');
    s += text;
  };
  for (const fleet_part& p : f.parts) {
    column("  " + p.class_name, 16);
    column(to_string(100 * p.share) + " %", 7);
    column(p.site_name, 12);
    column(to_string(plain(p.bill.built.chips)) + " " + p.chip_name, 20);
    column("in " + to_string(plain(p.bill.serving.replicas)) + " x (" + to_string(p.plan.tensor) + " x " +
               to_string(p.plan.pipeline) + ")",
           16);
    column(to_string(plain(p.bill.built.power.peak)), 10);
    column(to_string(p.bill.cost()), 12);
    s += to_string(p.bill.price_of_tokens()) + "\n";
  }
  return s;
}

}  // namespace layercake::planning
