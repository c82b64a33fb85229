// The cheapest joule: which mix of grid, plants, sun, wind and storage, and of which sizes, serves a constant load at
// least cost, at the meter and at the silicon; within limits of carbon, land and time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <layercake/energy/catalog.hpp>
#include <layercake/planning/methods/search.hpp>
#include <layercake/planning/questions/mix_problem.hpp>
#include <layercake/planning/questions/mix_request.hpp>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace layercake::planning {

namespace detail {

inline std::string listed(const std::string& list, const std::string& one) {
  return list + (list.empty() ? "" : ", ") + one;
}

// The sources of a request that run in time, as the search asks for them.
class mix_model {
public:
  using source = mix_problem::kind_of_source;

  mix_problem problem;
  std::vector<mix_share> weather, firm;  // named, in the order of the problem's
  std::optional<mix_share> storage;
  std::string too_late;  // names and lead times of those that do not

  explicit mix_model(const power_mix_request& q) : request_(q) {
    problem.load = base_value(q.load);
    problem.budget = (1 - q.availability) * problem.load;
    problem.step = base_value(q.step);
    if (is_known(q.most_carbon)) problem.most_carbon = base_value(q.most_carbon);
    if (is_known(q.most_land)) problem.most_land = base_value(q.most_land);
    for (const mix_plant& plant : q.plants)
      add(plant);
    for (const mix_grid& connected : q.grids)
      add(connected);
    sort_firm();
    if (q.storage) add(*q.storage);
    if (weather.empty() && firm.empty()) {
      raise(infeasible("request.latest is " + layercake::to_string(q.latest) + ", before any source runs: " + too_late +
                       ". Allow more time or name what is faster."));
    }
  }

private:
  const power_mix_request& request_;

  bool in_time(const std::string& name, const quantity<unit::second>& lead) {
    if (!(lead > request_.latest)) return true;
    too_late = listed(too_late, name + " (" + layercake::to_string(lead) + ")");
    return false;
  }
  void add(const mix_plant& plant) {
    // Of a profile whose `most` is not given, as the request says.
    constexpr double mean_output_over_load = 3;
    const energy::generator& g = plant.technology;
    if (!in_time(g.name, g.lead_time_high)) return;
    source s;
    s.standing = base_value(g.standing_cost());
    s.running = base_value(g.running_cost());
    if (carbon_priced(request_)) s.running += base_value(request_.carbon_price * g.lifecycle_carbon);
    s.carbon = base_value(g.lifecycle_carbon);
    s.land = base_value(g.land);
    const mix_share share{g.name, {}, {}, 0, {}, {}, {}, g.lead_time_high};
    if (plant.profile.empty()) {
      s.derating = g.capacity_factor;
      s.most = is_known(plant.most) ? base_value(plant.most) : problem.load / s.derating;
      problem.firm.push_back(s), firm.push_back(share);
    } else {
      problem.steps = plant.profile.size();
      s.profile = &plant.profile;
      s.mean = std::accumulate(plant.profile.begin(), plant.profile.end(), 0.0) / static_cast<double>(problem.steps);
      s.most = is_known(plant.most) ? base_value(plant.most) : mean_output_over_load * problem.load / s.mean;
      problem.weather.push_back(s), weather.push_back(share);
    }
  }
  void add(const mix_grid& connected) {
    const energy::grid& g = connected.tariff;
    if (!in_time(g.name, connected.lead_time)) return;
    const auto one = g.pull(power_demand<>{1 * units::watt, 1 * units::watt});
    source s;
    s.standing = base_value(one.capacity_cost);
    s.running = base_value(one.energy_cost);
    if (carbon_priced(request_)) s.running += base_value(request_.carbon_price * one.carbon);
    s.carbon = base_value(one.carbon);
    s.most = std::min(base_value(g.push(largest_sensible * units::watt)), problem.load);
    problem.firm.push_back(s), firm.push_back({g.name, {}, {}, 0, {}, {}, {}, connected.lead_time});
  }
  void add(const energy::battery& b) {
    if (!in_time(b.name, b.lead_time_high)) return;
    source& s = problem.storage;
    s.standing = base_value(b.standing_cost(1 * units::watt, request_.storage_interest));
    s.land = base_value(b.land);
    problem.storage_time = base_value(b.duration);
    problem.round_trip = b.round_trip_efficiency;
    s.most = is_known(request_.most_storage) ? base_value(request_.most_storage)
                                             : problem.load * std::max(1.0, 1 * units::day / b.duration);
    storage = mix_share{b.name, {}, {}, 0, {}, {}, {}, b.lead_time_high};
  }
  // By running cost, those of equal cost in the order of the request.
  void sort_firm() {
    std::vector<std::size_t> order(firm.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      const double first = problem.firm[a].running, second = problem.firm[b].running;
      return first < second || (!(second < first) && a < b);
    });
    const auto shares = firm;
    const auto sources = problem.firm;
    for (std::size_t g = 0; g < order.size(); ++g)
      firm[g] = shares[order[g]], problem.firm[g] = sources[order[g]];
  }
};

// Finds the sizes of least price; a size is a share, 0 to 1, of a source's largest.
class mix_search {
public:
  mix_search(const power_mix_request& q, mix_model& m)
      : request_(q), model_(m), problem_(m.problem), counts_(m.problem.dimensions(), q.levels) {
    if (!m.storage) counts_[m.weather.size()] = 1;
  }

  // The best sizes, a local optimum around the best of all levels. Throws infeasible if no level is.
  std::vector<double> best() {
    constexpr std::size_t starts = 2;
    const auto coarse = search(
        counts_, [&](const auto& o) { return value(at_level(o)); },
        [&](const auto& o) { return problem_.bound(at_level(o)); }, starts);
    if (coarse.best.empty()) raise(infeasible(why_none()));
    std::vector<double> found;
    double least = std::numeric_limits<double>::infinity();
    for (const auto& start : coarse.best) {
      std::vector<double> x = at_level(start.options);
      const double price = descend(x, start.value);
      if (price < least) least = price, found = x;
    }
    return found;
  }
  double evaluated() const { return evaluated_; }

private:
  const power_mix_request& request_;
  const mix_model& model_;
  mix_problem& problem_;
  std::vector<std::size_t> counts_;  // levels of each size
  std::vector<double> sizes_;
  double evaluated_ = 0;

  double value(const std::vector<double>& x) {
    ++evaluated_;
    return problem_.evaluate(x).price;
  }
  const std::vector<double>& at_level(const std::vector<std::size_t>& options) {
    sizes_.resize(options.size());
    for (std::size_t d = 0; d < options.size(); ++d)
      sizes_[d] = counts_[d] > 1 ? static_cast<double>(options[d]) / static_cast<double>(counts_[d] - 1) : 0.0;
    return sizes_;
  }

  // From x, whose price is `price`: a stencil of 3 sizes in every direction, halved until its steps are short, then one
  // size at a time. Returns the price that it reaches.
  double descend(std::vector<double>& x, double price) {
    constexpr double shortest_stencil = 3e-4, shortest_step = 1e-7;  // of the largest sizes
    double h = 1.0 / static_cast<double>(request_.levels - 1);
    while (h > shortest_stencil) {
      h *= 0.5;
      while (move_by_stencil(x, price, h))
        continue;
    }
    for (; h > shortest_step; h *= 0.5) {
      for (std::size_t d = 0; d < x.size(); ++d) {
        for (const double offset : {-h, h}) {
          std::vector<double> tried = x;
          tried[d] = std::min(std::max(x[d] + offset, 0.0), counts_[d] > 1 ? 1.0 : 0.0);
          const double p = value(tried);
          if (p < price) price = p, x = tried;
        }
      }
    }
    return price;
  }
  bool move_by_stencil(std::vector<double>& x, double& price, double h) {
    constexpr double worth_a_move = 1e-7;  // of the price
    const std::vector<double> centre = x;
    std::vector<std::size_t> three(x.size(), 3);
    for (std::size_t d = 0; d < x.size(); ++d)
      three[d] = counts_[d] > 1 ? 3 : 1;
    const auto around = [&](const std::vector<std::size_t>& o) -> const std::vector<double>& {
      sizes_.resize(o.size());
      for (std::size_t d = 0; d < o.size(); ++d) {
        const double offset = o[d] == 0 ? 0 : o[d] == 1 ? -h : h;
        sizes_[d] = std::min(std::max(centre[d] + offset, 0.0), 1.0);
      }
      return sizes_;
    };
    const auto nearby = search(
        three, [&](const auto& o) { return value(around(o)); },
        [&](const auto& o) {
          const double b = problem_.bound(around(o));
          return b < price ? b : std::numeric_limits<double>::infinity();
        });
    if (nearby.best.empty() || !(nearby.best.front().value < price * (1 - worth_a_move))) return false;
    price = nearby.best.front().value;
    x = around(nearby.best.front().options);
    return true;
  }

  std::string why_none() {
    std::vector<double> all(counts_.size(), 1.0);
    if (!model_.storage) all[model_.weather.size()] = 0;
    const auto largest = problem_.evaluate(all);
    const std::string why =
        largest.enough
            ? limits_reached()
            : "at the largest sizes " + layercake::to_string(100 * largest.unserved / problem_.load) +
                  " % of the energy is not served, allowed " + layercake::to_string(100 * (1 - request_.availability)) +
                  " %. Raise the largest sizes, add a firm source, or lower request.availability.";
    return "no mix serves " + layercake::to_string(request_.load) + ": " + why +
           (model_.too_late.empty() ? "" : " Too late for request.latest: " + model_.too_late + ".");
  }
  // Which limits cannot be kept: by themselves, or else only together.
  std::string limits_reached() {
    constexpr double none = std::numeric_limits<double>::infinity();
    struct least {
      double alone = none, with_the_other = none;
    } carbon, land;
    const auto take = [](least& l, double x, bool keeps_the_other) {
      l.alone = std::min(l.alone, x);
      if (keeps_the_other) l.with_the_other = std::min(l.with_the_other, x);
    };
    (void)search(counts_, [&](const auto& o) {
      const auto one = problem_.evaluate(at_level(o));
      if (one.enough) take(carbon, one.carbon, !(one.land > problem_.most_land));
      if (one.enough) take(land, one.land, !(one.carbon > problem_.most_carbon));
      return one.price;
    });
    const bool together = !(carbon.alone > problem_.most_carbon) && !(land.alone > problem_.most_land);
    std::string why;
    const auto reached = [&](const least& l, const auto& limit, const char* path, const char* other) {
      using Q = std::remove_cvref_t<decltype(limit)>;
      if (!is_known(limit) || (!together && !(l.alone > base_value(limit)))) return;
      const double reachable = together ? l.with_the_other : l.alone;
      why += std::string(why.empty() ? "" : " ") + path + " is " + layercake::to_string(limit) +
             ", the least of the mixes tried" + (together ? std::string(" that keep ") + other : std::string()) +
             " is " +
             (reachable < none ? layercake::to_string(from_base_value<Q>(reachable)) : "more than can be built") + ".";
    };
    reached(carbon, request_.most_carbon, "request.most_carbon", "request.most_land");
    reached(land, request_.most_land, "request.most_land", "request.most_carbon");
    return why + " Raise it, or name other sources.";
  }
};

// The mix of a problem's outcome, with what keeps it from being cheaper; all but the time.
inline power_mix mix_of(const power_mix_request& q, const mix_model& model, const mix_problem::outcome& o) {
  // A capacity below a millionth of the load is not built; one within a millionth of its largest is at it.
  constexpr double of_size = 1e-6, of_limit = 1e-3;
  const mix_problem& p = model.problem;
  power_mix m;
  m.price = from_base_value<quantity<unit::usd_per_joule>>(o.price);
  m.price_at_silicon = m.price / q.chain.efficiency();
  m.unserved = o.unserved * units::watt;
  m.delivered = q.load - m.unserved;
  m.curtailed = o.curtailed * units::watt;
  m.carbon = from_base_value<quantity<unit::kilogram_co2e_per_joule>>(o.carbon);
  m.land = from_base_value<quantity<unit::square_metre>>(o.land);
  m.lead_time = 0 * units::second;
  // `generates`: not storage, which gives what others made.
  const auto fill = [&](mix_share share, const mix_model::source& s, std::size_t at, bool generates) {
    const double capacity = o.capacity[at], delivered = o.delivered[at];
    share.capacity = capacity * units::watt;
    share.delivered = delivered * units::watt;
    share.share = generates ? delivered / p.load : 0;
    const double made = s.profile != nullptr ? capacity * s.mean : generates ? delivered : 0;
    share.cost = from_base_value<quantity<unit::usd_per_second>>(s.standing * capacity + s.running * made);
    share.carbon = from_base_value<quantity<unit::kilogram_co2e_per_second>>(made > 0 ? s.carbon * made : 0);
    share.land = from_base_value<quantity<unit::square_metre>>(capacity > 0 ? s.land * capacity : 0);
    if (capacity > of_size * p.load) m.lead_time = max(m.lead_time, share.lead_time);
    if (capacity > s.most * (1 - of_size) && (s.most < p.load / s.derating * (1 - of_size) || s.profile != nullptr))
      m.binding = listed(m.binding, "the size of " + share.name);
    m.sources.push_back(std::move(share));
  };
  for (std::size_t v = 0; v < p.weather.size(); ++v)
    fill(model.weather[v], p.weather[v], v, true);
  if (model.storage) fill(*model.storage, p.storage, p.weather.size(), false);
  for (std::size_t g = 0; g < p.firm.size(); ++g)
    fill(model.firm[g], p.firm[g], p.sized() + g, true);
  if (carbon_priced(q)) m.carbon_cost = q.carbon_price * (m.carbon * m.delivered);
  if (o.carbon > p.most_carbon * (1 - of_limit)) m.binding = listed(m.binding, "carbon");
  if (o.land > p.most_land * (1 - of_limit)) m.binding = listed(m.binding, "land");
  return m;
}

}  // namespace detail

// The mix of least cost per delivered joule.
//
//   price = sum over sources (standing cost * capacity + running cost * mean output + carbon price * carbon) / delivered
//   price at the silicon = price / efficiency of the chain
//
//   standing and running cost   of plants as in LCOE (energy/generation.hpp), of storage battery::standing_cost; a grid
//                               costs its energy price, and its demand charge on the largest draw
//   carbon                      of weather-bound plants over all they make, curtailed or not
//   delivered                   the load less what is not served, at most 1 - availability of its energy
//
// Dispatch. In each step the weather-bound plants serve first; what they make too much charges storage, up to its power
// and its duration at that power, the rest is curtailed. What they lack is taken from storage, but for what it has to
// keep so that later steps stay within the reach of the firm sources; these serve the rest, the cheapest to run at the
// bottom, and charge storage where it has to keep more than the weather gives. The profile repeats: it is run through
// twice, the second time from the store that the first leaves.
//
// Search. All combinations of `levels` sizes from 0 to the largest, those left out that a bound shows to be dearer
// (methods/search.hpp); then, from the best two, a stencil of 3 sizes in every direction, halved until its steps are
// below 3e-4 of the largest sizes, and one size at a time below that: a local optimum of the continuous sizes. A linear
// program over sizes and dispatch together, which may also hold back storage to spare the dearest firm source, is 0.3 %
// cheaper with one firm source, up to 1.3 % with two (seven cases over 288 hours, tests/unit/planning/power_mix.cpp).
// Time grows with the steps of the profile: about a second for 300 of them with two weather-bound, two firm sources and
// storage.
//
// Left out: weather that is not foreseen (storage knows the whole profile, as in capacity expansion models), ramps and
// least outputs of plants, ageing, weather that the profiles do not hold: a few representative days flatter sun and
// wind, whole years do not. A firm source's outages are in its mean only.
//
// Throws invalid_value and missing_value for what is wrong with the request, by its path; infeasible with what binds.
//
// Worked number: a grid at 60 $/MWh and sun in half of the hours for 10 $/MWh of capacity and time, 20 $/MWh of output:
// sun as large as the load, 40 $/MWh. With a battery for 2 $/MWh of power and time that gives back 80 %: sun of 2.25 and
// a battery of 1.25 times the load, 25 $/MWh.
inline power_mix cheapest_joule(const power_mix_request& request) {
  constexpr double worth_waiting_for = 1e-3;  // of the price
  detail::check_mix(request);
  detail::mix_model model(request);
  detail::mix_search sizes(request, model);
  const std::vector<double> best = sizes.best();
  power_mix m = detail::mix_of(request, model, model.problem.evaluate(best));
  m.evaluated = sizes.evaluated();
  if (!model.too_late.empty()) {
    power_mix_request patient = request;
    patient.latest = unknown<>;
    if (cheapest_joule(patient).price < m.price * (1 - worth_waiting_for))
      m.binding = detail::listed(m.binding, "time, without " + model.too_late);
  }
  if (m.binding.empty()) m.binding = "nothing";
  return m;
}

// A mix as a person reads it, a line for each source that is built.
inline std::string to_string(const power_mix& m) {
  std::string s = layercake::to_string(m.price) + " at the meter, " + layercake::to_string(m.price_at_silicon) +
                  " at the silicon, " + layercake::to_string(m.carbon) + ", runs after " +
                  layercake::to_string(m.lead_time) + "; binds: " + m.binding + "\n";
  for (const mix_share& x : m.sources) {
    if (!(x.capacity > m.delivered * 1e-6)) continue;
    std::string name = "  " + x.name;
    name.resize(name.size() < 24 ? 24 : name.size() + 1, ' ');
    s += name + layercake::to_string(x.capacity) + ", " + layercake::to_string(100 * x.share) + " % of the energy, " +
         layercake::to_string(x.cost) + "\n";
  }
  return s;
}

}  // namespace layercake::planning
