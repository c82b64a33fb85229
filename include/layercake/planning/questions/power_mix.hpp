// The cheapest joule: which mix of grid, plants, sun, wind and storage, and of which sizes, serves a constant load at
// least cost, at the meter and at the silicon; within limits of carbon, land and time.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <layercake/energy/catalog.hpp>
#include <layercake/planning/methods/search.hpp>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

namespace layercake::planning {

// A technology that may be built at the site.
struct mix_plant {
  energy::generator technology{};
  // Output over capacity in each step, as sun and wind come. Empty: it runs when asked to, at most at its capacity
  // factor in every step (its outages are spread evenly; a reserve for those that are not is the user's, in the load).
  std::vector<double> profile{};
  // Largest capacity; unknown: for a profile, what makes three times the load in the mean, else what the load needs.
  quantity<unit::watt> most = unknown<quantity<unit::watt>>();
};

// A grid that may be connected, `lead_time` from now. Its `connection` is the largest draw.
struct mix_grid {
  energy::grid tariff{};
  quantity<unit::second> lead_time{};
};

struct power_mix_request {
  quantity<unit::watt> load{};  // at the meter, in every step
  double availability = 1;      // share of the load's energy that has to be served
  std::vector<mix_plant> plants{};
  std::vector<mix_grid> grids{};
  std::optional<energy::battery> storage{};
  quantity<unit::watt> most_storage = unknown<quantity<unit::watt>>();  // unknown: what holds the load for a day
  double storage_interest = 0.05;  // yearly, real: between the catalog's sun (4.2 %) and gas (5.4 %), an assumption
  quantity<unit::second> step = 1 * units::hour;
  quantity<unit::usd_per_kilogram_co2e> carbon_price{};  // of the life cycle's carbon
  quantity<unit::kilogram_co2e_per_joule> most_carbon =
      unknown<quantity<unit::kilogram_co2e_per_joule>>();  // delivered
  quantity<unit::square_metre> most_land = unknown<quantity<unit::square_metre>>();
  quantity<unit::second> latest = unknown<quantity<unit::second>>();  // when all that is built has to run
  energy::conversion_chain chain = energy::catalog::legacy_ac;        // from the meter to the silicon
  std::size_t levels = 9;  // sizes of each source that the first search tries, 0 and the largest among them
};

// A source of a mix.
struct mix_share {
  std::string name;
  quantity<unit::watt> capacity;
  quantity<unit::watt> delivered;  // mean; of storage, what passes through it, already counted in the plants'
  double share = 0;                // of the load's energy; 0 for storage
  quantity<unit::usd_per_second> cost;
  quantity<unit::kilogram_co2e_per_second> carbon;
  quantity<unit::square_metre> land;
  quantity<unit::second> lead_time;  // the longest that is published
};

struct power_mix {
  std::vector<mix_share> sources;       // all of the request: a capacity of 0 is not built
  quantity<unit::usd_per_joule> price;  // of a delivered joule at the meter, price of carbon within
  quantity<unit::usd_per_joule> price_at_silicon;
  quantity<unit::watt> delivered, unserved, curtailed;  // means
  quantity<unit::usd_per_second> carbon_cost;           // within the price
  quantity<unit::kilogram_co2e_per_joule> carbon;       // per delivered joule
  quantity<unit::square_metre> land;
  quantity<unit::second> lead_time;  // until the last of what is built runs
  std::string binding;               // what keeps it from being cheaper, "nothing" if only the load does
  double evaluated = 0;              // mixes

  const mix_share& source(std::string_view name) const {
    for (const mix_share& s : sources) {
      if (s.name == name) return s;
    }
    raise(invalid_value("no source of the mix is named " + std::string(name) + "; allowed: those of the request."));
  }
};

namespace detail {
// The same request in bare base units, as the search asks for it: W, J, s, USD, kg, m2.
class mix_problem {
public:
  struct kind_of_source {
    const std::vector<double>* profile = nullptr;
    double standing = 0, running = 0;  // per watt of capacity and second, per joule; price of carbon within
    double carbon = 0, land = 0;       // per joule, per watt
    double derating = 1;               // output over capacity of what runs when asked to
    double most = 0, mean = 0;         // capacity; output over capacity of a profile
  };
  // What the sizes of the weather-bound sources leave to the others.
  struct residual {
    std::vector<double> sorted, sums;  // of the deficits, rising; sums[i] of the first i
    double mean = 0, unserved = 0, discharged = 0, curtailed = 0;
    double reach = 0;  // of the firm sources
    // Mean of min(deficit, level).
    double below(double level) const {
      const auto i = static_cast<std::size_t>(std::upper_bound(sorted.begin(), sorted.end(), level) - sorted.begin());
      return (sums[i] + level * static_cast<double>(sorted.size() - i)) / static_cast<double>(sorted.size());
    }
    // The smallest level that leaves at most `missing` in the mean.
    double level(double missing) const {
      double above = 0;  // mean of what exceeds sorted[i]
      for (std::size_t i = sorted.size(); i-- > 0;) {
        const double width = sorted[i] - (i > 0 ? sorted[i - 1] : 0.0);
        const double share_of_time = static_cast<double>(sorted.size() - i) / static_cast<double>(sorted.size());
        if (above + width * share_of_time > missing) return sorted[i] - (missing - above) / share_of_time;
        above += width * share_of_time;
      }
      return 0;
    }
  };
  struct outcome {
    double price = std::numeric_limits<double>::infinity();  // of a delivered joule
    double unserved = 0, carbon = 0, land = 0;               // W, kg per delivered joule, m2
    bool enough = false;
    std::vector<double> capacity, delivered;  // by source: weather-bound, storage, firm
    double discharged = 0, curtailed = 0;
  };

  std::vector<kind_of_source> weather, firm;  // firm in the order of their running cost
  kind_of_source storage{};                   // per watt of power; most 0 if there is none
  double storage_time = 0, round_trip = 1;    // s, energy out over energy in
  double load = 0, budget = 0, step = 0;      // W, W that may be left unserved, s
  double most_carbon = std::numeric_limits<double>::infinity(), most_land = most_carbon;
  std::size_t steps = 1;

  // Sizes of the weather-bound sources and of storage as shares of their largest; with storage and firm sources, where
  // the firm ones reach between the least that storage can shave their peak to (0) and their peak without (1); then,
  // of each firm source but the closing one, its share of that reach.
  std::size_t sized() const { return weather.size() + 1; }
  std::size_t shaved() const { return storage.most > 0 && !firm.empty() ? 1 : 0; }
  std::size_t dimensions() const { return sized() + shaved() + (firm.empty() ? 0 : firm.size() - 1); }
  double reach(std::size_t g) const { return firm[g].most * firm[g].derating; }
  // Takes what the other firm sources leave: of those that can carry most, the dearest to run.
  std::size_t closing() const {
    std::size_t best = 0;
    for (std::size_t g = 0; g < firm.size(); ++g) {
      if (std::min(reach(g), load) >= std::min(reach(best), load)) best = g;
    }
    return best;
  }

  // What the sources of the first sizes leave to the firm ones, and how high those have to reach for it.
  const residual& left(const std::vector<double>& x) {
    if (!starts_with(x, sized(), cached_sizes_)) {
      net_.assign(steps, load);
      for (std::size_t v = 0; v < weather.size(); ++v) {
        const double capacity = x[v] * weather[v].most;
        if (!(capacity > 0)) continue;
        for (std::size_t t = 0; t < steps; ++t)
          net_[t] -= capacity * (*weather[v].profile)[t];
      }
      power_ = x[weather.size()] * storage.most;
      full_ = power_ * storage_time;
      dispatch(std::numeric_limits<double>::infinity(), greedy_);
      rank(greedy_);
      greedy_.reach = greedy_.level(budget);
      // A store gives no more than it takes, nor more than its power.
      least_reach_bound_ = std::accumulate(net_.begin(), net_.end(), 0.0) / static_cast<double>(steps) - budget;
      if (!(budget > 0))
        least_reach_bound_ = std::max(least_reach_bound_, *std::max_element(net_.begin(), net_.end()) - power_);
      least_reach_ = -1;
      cached_shave_ = -1;
    }
    if (shaved() == 0 || x.size() <= sized() || x[sized()] >= 1 || !(power_ > 0)) return greedy_;
    if (x[sized()] == cached_shave_) return shaved_;
    if (least_reach_ < 0) {
      double low = 0, high = greedy_.reach;
      for (int halving = 0; halving < 13; ++halving) {
        const double middle = 0.5 * (low + high);
        dispatch(middle, shaved_);
        (shaved_.unserved <= budget + 1e-12 * load ? high : low) = middle;
      }
      least_reach_ = high;
    }
    cached_shave_ = x[sized()];
    const double reach = least_reach_ + cached_shave_ * (greedy_.reach - least_reach_);
    dispatch(reach, shaved_);
    rank(shaved_);
    shaved_.reach = shaved_.level(budget);
    return shaved_;
  }

  // No mix that begins with these sizes costs less: what stands of them, and what they leave at least, at the least
  // running cost there is. A store that empties whenever it can leaves least energy to the firm sources.
  double bound(const std::vector<double>& x) {
    double cost = 0, potential = 0;
    for (std::size_t v = 0; v < weather.size(); ++v) {
      const double size = v < x.size() ? x[v] : 1;
      if (v < x.size()) cost += (weather[v].standing + weather[v].running * weather[v].mean) * x[v] * weather[v].most;
      potential += size * weather[v].most * weather[v].mean;
    }
    if (x.size() > weather.size()) cost += storage.standing * x[weather.size()] * storage.most;
    if (firm.empty()) return cost / load;
    const double running = firm.front().running;
    if (x.size() < sized()) return (cost + std::max(load - budget - potential, 0.0) * running) / load;
    const residual& r = left(x);
    double standing = std::numeric_limits<double>::infinity();
    for (const auto& g : firm)
      standing = std::min(standing, g.standing / g.derating);
    const double reach = x.size() >= sized() + shaved() ? r.reach : std::max(least_reach_bound_, 0.0);
    return (cost + std::max(r.mean - budget, 0.0) * running + reach * standing) / load;
  }

  outcome evaluate(const std::vector<double>& x) {
    const residual& r = left(x);
    outcome o;
    double cost = 0, carbon = 0, potential = 0;
    for (std::size_t v = 0; v < weather.size(); ++v)
      potential += x[v] * weather[v].most * weather[v].mean;
    const double used = potential > 0 ? (load - r.mean) / potential : 0;
    const auto add = [&](const kind_of_source& s, double capacity, double delivered, double made) {
      cost += s.standing * capacity + s.running * made;
      if (made > 0) carbon += s.carbon * made;
      if (capacity > 0) o.land += s.land * capacity;
      o.capacity.push_back(capacity);
      o.delivered.push_back(delivered);
    };
    for (std::size_t v = 0; v < weather.size(); ++v) {
      const double capacity = x[v] * weather[v].most, made = capacity * weather[v].mean;
      add(weather[v], capacity, made * used, made);
    }
    add(storage, x[weather.size()] * storage.most, r.discharged, 0);

    // The firm sources reach r.reach together; those that are cheapest to run carry the bottom of it.
    std::vector<double> part(firm.size());
    double open = r.reach;
    const std::size_t last = closing();
    for (std::size_t g = 0, d = sized() + shaved(); g < firm.size(); ++g) {
      if (g != last) part[g] = std::min({x[d++] * r.reach, reach(g), open}), open -= part[g];
    }
    if (!firm.empty()) part[last] = std::min(open, reach(last)), open -= part[last];
    double below = 0;
    for (std::size_t g = 0; g < firm.size(); ++g) {
      const double mean = r.below(below + part[g]) - r.below(below);
      below += part[g];
      add(firm[g], part[g] / firm[g].derating, mean, mean);
    }
    o.unserved = std::max(r.mean - r.below(below), 0.0);
    o.discharged = r.discharged;
    o.curtailed = r.curtailed;
    o.carbon = carbon / (load - o.unserved);
    o.enough = open <= 1e-9 * load;
    const bool allowed = o.enough && !(o.carbon > most_carbon * (1 + 1e-9)) && !(o.land > most_land * (1 + 1e-9));
    if (allowed) o.price = cost / (load - o.unserved);
    return o;
  }

private:
  static bool starts_with(const std::vector<double>& x, std::size_t n, std::vector<double>& cached) {
    if (cached.size() == n && std::equal(cached.begin(), cached.end(), x.begin())) return true;
    cached.assign(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(n));
    return false;
  }

  // Runs the store against net_ with firm sources that reach `reach`. It keeps what later steps need beyond that reach
  // (known from behind: need[t] = need[t+1] + what exceeds the reach, less what can be charged), and serves with the
  // rest. The profile repeats: it is gone through twice, the second time from the store that the first leaves.
  void dispatch(double reach, residual& r) {
    need_.assign(steps + 1, 0.0);
    for (int round = 0; round < 2 && reach < load && power_ > 0; ++round) {
      need_[steps] = need_[0];
      for (std::size_t t = steps; t-- > 0;) {
        const double over = net_[t] - reach;
        const double change = over > 0 ? std::min(over, power_) : -round_trip * std::min(-over, power_);
        need_[t] = std::min(std::max(need_[t + 1] + change * step, 0.0), full_);
      }
    }
    r.sorted.assign(steps, 0.0);
    double stored = 0;
    for (int round = 0; round < 2; ++round) {
      r.unserved = r.discharged = r.curtailed = 0;
      for (std::size_t t = 0; t < steps; ++t) {
        const double surplus = std::max(-net_[t], 0.0), deficit = std::max(net_[t], 0.0), keep = need_[t + 1];
        double in_ = std::min({surplus, power_, (full_ - stored) / (round_trip * step)});
        double out = std::min({deficit, power_, std::max(stored - keep, 0.0) / step});
        double made = std::min(deficit - out, reach);
        const double more = std::min({deficit - out - made, power_ - out, stored / step - out});
        out += std::max(more, 0.0);
        const double missing = deficit - out - made;
        r.curtailed += surplus - in_;
        stored += (in_ * round_trip - out) * step;
        if (stored < keep && !(out > 0)) {  // charged from firm sources
          const double charge = std::min({reach - made, power_ - in_, (keep - stored) / (round_trip * step)});
          made += charge, stored += charge * round_trip * step;
        }
        stored = std::min(std::max(stored, 0.0), full_);
        r.discharged += out;
        r.unserved += missing;
        r.sorted[t] = made + missing;
      }
    }
    const auto count_ = static_cast<double>(steps);
    r.unserved /= count_, r.discharged /= count_, r.curtailed /= count_;
  }
  void rank(residual& r) const {
    std::sort(r.sorted.begin(), r.sorted.end());
    r.sums.assign(steps + 1, 0.0);
    std::partial_sum(r.sorted.begin(), r.sorted.end(), r.sums.begin() + 1);
    r.mean = r.sums.back() / static_cast<double>(steps);
  }

  std::vector<double> cached_sizes_, net_, need_;
  residual greedy_, shaved_;
  double power_ = 0, full_ = 0, least_reach_ = -1, least_reach_bound_ = 0, cached_shave_ = -1;
};

template <class Q>
void require_mix(bool holds, const std::string& path, const Q& value, const char* allowed, const char* remedy) {
  if (!holds) raise(invalid_value(finding{"request." + path, layercake::to_string(value), allowed, remedy}.text()));
}
inline void require_known(bool known, const std::string& path, const char* why) {
  if (!known) raise(missing_value("request." + path + " is unknown; set it: " + why));
}

inline void check_mix(const power_mix_request& q) {
  using namespace units;
  const auto positive_number = [](double x) { return x > 0 && x <= largest_sensible; };
  require_mix(positive_number(in<watt>(q.load)), "load", q.load, "above 0",
              "Set the load at the meter: 100 * megawatt.");
  require_mix(q.availability > 0 && q.availability <= 1, "availability", q.availability, "above 0 to 1",
              "0.999 leaves a thousandth of the energy unserved.");
  require_mix(positive_number(in<second>(q.step)), "step", q.step, "above 0",
              "Set the time between values of a profile.");
  require_mix(q.levels >= 2 && q.levels <= 1000, "levels", q.levels, "from 2 to 1000", "9 tries eighths of each size.");
  require_mix(q.carbon_price >= 0 * usd / kilogram_co2e && is_finite(in<usd / kilogram_co2e>(q.carbon_price)),
              "carbon_price", q.carbon_price, "at least 0", "100 * usd / tonne_co2e, or nothing.");
  require_mix(q.storage_interest > -0.5 && q.storage_interest <= 1, "storage_interest", q.storage_interest,
              "above -0.5 to 1", "0.05 for 5 % a year.");
  const auto limit = [](const char* name, const auto& value) {
    require_mix(!(value < decltype(value * 1.0){}), name, value, "at least 0, or unknown for no limit",
                "Set the limit.");
  };
  limit("most_carbon", q.most_carbon);
  limit("most_land", q.most_land);
  limit("latest", q.latest);
  limit("most_storage", q.most_storage);
  layercake::validate(q.chain, "request.chain");
  if (q.storage) layercake::validate(*q.storage, "request.storage");
  require_mix(!q.plants.empty() || !q.grids.empty(), "plants.size()", q.plants.size(), "at least 1, or a grid",
              "Name what may supply the load.");
  std::size_t steps = 0;
  for (std::size_t i = 0; i < q.plants.size(); ++i) {
    const mix_plant& p = q.plants[i];
    const std::string path = "plants[" + std::to_string(i) + "]";
    layercake::validate(p.technology, "request." + path + ".technology");
    require_known(is_known(p.technology.standing_cost()),
                  path + ".technology.capital, fixed_operation, lifetime or interest", "what stands has to be paid");
    require_known(is_known(p.technology.running_cost()),
                  path + ".technology.variable_operation, fuel_price or efficiency", "what runs has to be paid");
    limit((path + ".most").c_str(), p.most);
    const bool firm = p.profile.empty();
    require_mix(!firm || p.technology.dispatch == energy::firmness::firm, path + ".profile.size()", p.profile.size(),
                "the output in each step of a source that comes with the weather",
                "Give its output over its capacity.");
    if (firm) require_known(is_known(p.technology.capacity_factor), path + ".technology.capacity_factor", "0.9");
    if (!firm) {
      if (steps == 0) steps = p.profile.size();
      require_mix(p.profile.size() == steps, path + ".profile.size()", p.profile.size(),
                  "as many steps as the other profiles", "Give all profiles over the same steps.");
      for (std::size_t t = 0; t < steps; ++t)
        require_mix(p.profile[t] >= 0 && p.profile[t] <= 1, path + ".profile[" + std::to_string(t) + "]", p.profile[t],
                    "from 0 to 1", "Give the output over the capacity.");
      require_mix(*std::max_element(p.profile.begin(), p.profile.end()) > 0, path + ".profile", 0.0,
                  "above 0 in some step", "Leave out a source that gives nothing.");
    }
    if (is_known(q.most_carbon) || q.carbon_price > 0 * usd / kilogram_co2e)
      require_known(is_known(p.technology.lifecycle_carbon), path + ".technology.lifecycle_carbon", "carbon counts");
    if (is_known(q.most_land)) require_known(is_known(p.technology.land), path + ".technology.land", "land is limited");
    if (is_known(q.latest))
      require_known(is_known(p.technology.lead_time_high), path + ".technology.lead_time_high", "time is limited");
  }
  for (std::size_t i = 0; i < q.grids.size(); ++i) {
    const std::string path = "grids[" + std::to_string(i) + "]";
    layercake::validate(q.grids[i].tariff, "request." + path + ".tariff");
    require_mix(q.grids[i].lead_time >= 0 * second, path + ".lead_time", q.grids[i].lead_time, "at least 0",
                "48 * month.");
    if (is_known(q.most_carbon) || q.carbon_price > 0 * usd / kilogram_co2e)
      require_known(is_known(q.grids[i].tariff.carbon), path + ".tariff.carbon", "carbon counts");
  }
  if (q.storage && is_known(q.most_land)) require_known(is_known(q.storage->land), "storage.land", "land is limited");
  if (q.storage && is_known(q.latest))
    require_known(is_known(q.storage->lead_time_high), "storage.lead_time_high", "time is limited");
}
}  // namespace detail

// The mix of least cost per delivered joule.
//
//   price = sum over sources (standing cost * capacity + running cost * mean output + carbon price * carbon) /
//   delivered standing and running cost of plants as in LCOE (energy/generation.hpp), of storage as
//   battery::standing_cost; a grid costs its energy price, and its demand charge on the largest draw; price at the
//   silicon = price / chain efficiency
// In each step the weather-bound plants serve first; what they make too much charges storage, up to its power and its
// duration at that power, the rest is curtailed. What they lack is taken from storage, but for what it has to keep so
// that later steps stay within the reach of the firm sources; these serve the rest, the cheapest to run at the bottom,
// and charge storage where it has to keep more than the weather gives. At most 1 - availability of the energy is not
// served. The profile repeats: it is run through twice, the second time from the store that the first leaves. Carbon of
// weather-bound plants is over all they make, curtailed or not.
// Search: all combinations of `levels` sizes from 0 to the largest, those left out that a bound shows to be dearer
// (search.hpp); then, from the best, a stencil of 3 sizes in every direction, halved until its steps are below 3e-4 of
// the largest sizes, and one size at a time below that: a local optimum of the continuous sizes. A linear program over
// sizes and dispatch together, which may also hold back storage to spare the dearest firm source, is 0.3 % cheaper with
// one firm source, up to 1.3 % with two (seven cases over 288 hours, tests/unit/planning/power_mix.cpp). Left out:
// weather that is not foreseen (storage knows the whole profile, as in capacity expansion models), ramps and least
// outputs of plants, ageing, weather that the profiles do not hold: a few representative days flatter sun and wind,
// whole years do not. A firm source's outages are in its mean only. Time grows with the steps of the profile: about a
// second for 300 of them with two weather-bound, two firm sources and storage. Throws invalid_value and missing_value
// for what is wrong with the request, by its path; infeasible with what binds. Worked number: a grid at 60 $/MWh, sun
// in half of the hours at a levelised 20 $/MWh: sun as large as the load, 40
// $/MWh. With a battery for 2 $/MWh of power and time that gives back 80 %: sun of 2.25 and a battery of 1.25 times the
// load, 25 $/MWh.
inline power_mix cheapest_joule(const power_mix_request& request) {
  detail::check_mix(request);
  const auto base = [](const auto& q) { return base_value(q); };
  const auto in_time = [&](const quantity<unit::second>& lead) { return !(lead > request.latest); };

  detail::mix_problem p;
  p.load = base(request.load);
  p.budget = (1 - request.availability) * p.load;
  p.step = base(request.step);
  if (is_known(request.most_carbon)) p.most_carbon = base(request.most_carbon);
  if (is_known(request.most_land)) p.most_land = base(request.most_land);
  std::vector<mix_share> weather, firm;
  std::vector<std::size_t> order;
  std::vector<detail::mix_problem::kind_of_source> firm_kinds;
  std::string too_late;
  const auto late = [&](const std::string& name, const quantity<unit::second>& lead) {
    if (in_time(lead)) return false;
    too_late += (too_late.empty() ? "" : ", ") + name + " (" + layercake::to_string(lead) + ")";
    return true;
  };
  for (const mix_plant& plant : request.plants) {
    const energy::generator& g = plant.technology;
    if (late(g.name, g.lead_time_high)) continue;
    detail::mix_problem::kind_of_source s;
    s.standing = base(g.standing_cost());
    s.running = base(g.running_cost());
    if (request.carbon_price > 0 * units::usd / units::kilogram_co2e)
      s.running += base(request.carbon_price * g.lifecycle_carbon);
    s.carbon = base(g.lifecycle_carbon);
    s.land = base(g.land);
    const mix_share share{g.name, {}, {}, 0, {}, {}, {}, g.lead_time_high};
    if (plant.profile.empty()) {
      s.derating = g.capacity_factor;
      s.most = is_known(plant.most) ? base(plant.most) : p.load / s.derating;
      firm_kinds.push_back(s), firm.push_back(share);
    } else {
      p.steps = plant.profile.size();
      s.profile = &plant.profile;
      s.mean = std::accumulate(plant.profile.begin(), plant.profile.end(), 0.0) / static_cast<double>(p.steps);
      s.most = is_known(plant.most) ? base(plant.most) : 3 * p.load / s.mean;
      p.weather.push_back(s), weather.push_back(share);
    }
  }
  for (const mix_grid& connected : request.grids) {
    const energy::grid& g = connected.tariff;
    if (late(g.name, connected.lead_time)) continue;
    const auto one = g.pull(power_demand<>{1 * units::watt, 1 * units::watt});
    detail::mix_problem::kind_of_source s;
    s.standing = base(one.capacity_cost);
    s.running = base(one.energy_cost);
    if (request.carbon_price > 0 * units::usd / units::kilogram_co2e)
      s.running += base(request.carbon_price * one.carbon);
    s.carbon = base(one.carbon);
    s.most = std::min(base(g.push(largest_sensible * units::watt)), p.load);
    firm_kinds.push_back(s), firm.push_back({g.name, {}, {}, 0, {}, {}, {}, connected.lead_time});
  }
  order.resize(firm.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const double first = firm_kinds[a].running, second = firm_kinds[b].running;
    return first < second || (!(second < first) && a < b);
  });
  for (const std::size_t g : order)
    p.firm.push_back(firm_kinds[g]);
  std::optional<mix_share> store;
  if (request.storage && !late(request.storage->name, request.storage->lead_time_high)) {
    const energy::battery& b = *request.storage;
    p.storage.standing = base(b.standing_cost(1 * units::watt, request.storage_interest));
    p.storage.land = base(b.land);
    p.storage_time = base(b.duration);
    p.round_trip = b.round_trip_efficiency;
    p.storage.most = is_known(request.most_storage) ? base(request.most_storage)
                                                    : p.load * std::max(1.0, 1 * units::day / b.duration);
    store = mix_share{b.name, {}, {}, 0, {}, {}, {}, b.lead_time_high};
  }
  if (weather.empty() && firm.empty()) {
    raise(infeasible("request.latest is " + layercake::to_string(request.latest) +
                     ", before any source runs: " + too_late + ". Allow more time or name what is faster."));
  }

  // All levels first.
  const std::size_t n = p.dimensions();
  std::vector<double> sizes;
  double evaluated = 0;
  const auto value = [&](const std::vector<double>& x) {
    ++evaluated;
    return p.evaluate(x).price;
  };
  std::vector<std::size_t> counts(n, request.levels);
  if (!store) counts[weather.size()] = 1;
  const auto position = [&](const std::vector<std::size_t>& options) {
    sizes.resize(options.size());
    for (std::size_t d = 0; d < options.size(); ++d)
      sizes[d] = counts[d] > 1 ? static_cast<double>(options[d]) / static_cast<double>(counts[d] - 1) : 0.0;
    return sizes;
  };
  const auto coarse = search(
      counts, [&](const auto& o) { return value(position(o)); }, [&](const auto& o) { return p.bound(position(o)); },
      2);
  if (coarse.best.empty()) {
    // What the least of each limited figure is when the others do not count.
    std::vector<double> all(n, 1.0);
    if (!store) all[weather.size()] = 0;
    const auto largest = p.evaluate(all);
    std::string why;
    if (!largest.enough) {
      why = "at the largest sizes " + layercake::to_string(100 * largest.unserved / p.load) +
            " % of the energy is not served, allowed " + layercake::to_string(100 * (1 - request.availability)) +
            " %. Raise the largest sizes, add a firm source, or lower request.availability.";
    } else {
      double carbon = std::numeric_limits<double>::infinity(), land = carbon;
      (void)search(counts, [&](const auto& o) {
        const auto one = p.evaluate(position(o));
        if (one.enough && !(one.land > p.most_land)) carbon = std::min(carbon, one.carbon);
        if (one.enough && !(one.carbon > p.most_carbon)) land = std::min(land, one.land);
        return one.price;
      });
      const auto reached = [&](double least, const auto& limit, const char* path) {
        using Q = std::remove_cvref_t<decltype(limit)>;
        if (!is_known(limit)) return;
        why += std::string(why.empty() ? "" : " ") + path + " is " + layercake::to_string(limit) +
               (least < std::numeric_limits<double>::infinity()
                    ? ", the least of the mixes tried is " + layercake::to_string(from_base_value<Q>(least))
                    : ", and no mix tried keeps the other limit") +
               ".";
      };
      reached(carbon, request.most_carbon, "request.most_carbon");
      reached(land, request.most_land, "request.most_land");
      why += " Raise it, or name other sources.";
    }
    raise(infeasible("no mix serves " + layercake::to_string(request.load) + ": " + why +
                     (too_late.empty() ? "" : " Too late for request.latest: " + too_late + ".")));
  }

  // Then the continuous sizes around the best of them.
  std::vector<double> best;
  double least = std::numeric_limits<double>::infinity();
  for (const auto& start : coarse.best) {
    std::vector<double> x = position(start.options);
    double at = start.value, h = 1.0 / static_cast<double>(request.levels - 1);
    while (h > 3e-4) {
      h *= 0.5;
      for (bool moved = true; moved;) {
        moved = false;
        const std::vector<double> centre = x;
        std::vector<std::size_t> three(n, 3);
        for (std::size_t d = 0; d < n; ++d)
          three[d] = counts[d] > 1 ? 3 : 1;
        const auto around = [&](const std::vector<std::size_t>& o) {
          sizes.resize(o.size());
          for (std::size_t d = 0; d < o.size(); ++d) {
            const double offset = o[d] == 0 ? 0 : o[d] == 1 ? -h : h;
            sizes[d] = std::min(std::max(centre[d] + offset, 0.0), 1.0);
          }
          return sizes;
        };
        const auto near_ = search(
            three, [&](const auto& o) { return value(around(o)); },
            [&](const auto& o) {
              const double b = p.bound(around(o));
              return b < at ? b : std::numeric_limits<double>::infinity();
            });
        if (!near_.best.empty() && near_.best.front().value < at * (1 - 1e-7)) {
          at = near_.best.front().value;
          x = around(near_.best.front().options);
          moved = true;
        }
      }
    }
    for (; h > 1e-7; h *= 0.5) {  // what is left, one size at a time
      for (std::size_t d = 0; d < n; ++d) {
        for (const double offset : {-h, h}) {
          std::vector<double> tried = x;
          tried[d] = std::min(std::max(x[d] + offset, 0.0), counts[d] > 1 ? 1.0 : 0.0);
          const double price = value(tried);
          if (price < at) at = price, x = tried;
        }
      }
    }
    if (at < least) least = at, best = x;
  }

  const auto o = p.evaluate(best);
  const auto watts = [](double w) { return w * units::watt; };
  power_mix m;
  m.evaluated = evaluated;
  m.price = from_base_value<quantity<unit::usd_per_joule>>(o.price);
  m.price_at_silicon = m.price / request.chain.efficiency();
  m.unserved = watts(o.unserved);
  m.delivered = request.load - m.unserved;
  m.curtailed = watts(o.curtailed);
  m.carbon = from_base_value<quantity<unit::kilogram_co2e_per_joule>>(o.carbon);
  m.land = from_base_value<quantity<unit::square_metre>>(o.land);
  m.lead_time = 0 * units::second;
  const auto fill = [&](mix_share share, const detail::mix_problem::kind_of_source& s, std::size_t at, bool counts_) {
    share.capacity = watts(o.capacity[at]);
    share.delivered = watts(o.delivered[at]);
    share.share = counts_ ? o.delivered[at] / p.load : 0;
    const double made = s.profile != nullptr ? o.capacity[at] * s.mean : counts_ ? o.delivered[at] : 0;
    share.cost = from_base_value<quantity<unit::usd_per_second>>(s.standing * o.capacity[at] + s.running * made);
    share.carbon = from_base_value<quantity<unit::kilogram_co2e_per_second>>(made > 0 ? s.carbon * made : 0);
    share.land = from_base_value<quantity<unit::square_metre>>(o.capacity[at] > 0 ? s.land * o.capacity[at] : 0);
    if (o.capacity[at] > 1e-6 * p.load) m.lead_time = max(m.lead_time, share.lead_time);
    if (o.capacity[at] > s.most * (1 - 1e-6) && (s.most < p.load / s.derating * (1 - 1e-6) || s.profile != nullptr))
      m.binding += (m.binding.empty() ? "" : ", ") + ("the size of " + share.name);
    m.sources.push_back(std::move(share));
  };
  for (std::size_t v = 0; v < weather.size(); ++v)
    fill(weather[v], p.weather[v], v, true);
  if (store) fill(*store, p.storage, weather.size(), false);
  for (std::size_t g = 0; g < order.size(); ++g)
    fill(firm[order[g]], p.firm[g], p.sized() + g, true);
  if (request.carbon_price > 0 * units::usd / units::kilogram_co2e)
    m.carbon_cost = request.carbon_price * (m.carbon * m.delivered);
  const auto binds = [&](const char* name, double used, double allowed) {
    if (used > allowed * (1 - 1e-3)) m.binding += (m.binding.empty() ? "" : ", ") + std::string(name);
  };
  binds("carbon", o.carbon, p.most_carbon);
  binds("land", o.land, p.most_land);
  if (!too_late.empty()) {
    power_mix_request patient = request;
    patient.latest = unknown<quantity<unit::second>>();
    if (cheapest_joule(patient).price < m.price * (1 - 1e-3))
      m.binding += (m.binding.empty() ? "" : ", ") + ("time, without " + too_late);
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
