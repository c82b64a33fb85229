// The costs of a mix of power sources as its search asks for them: in bare base units, by the sizes of the sources.
#pragma once

#include <algorithm>
#include <cstddef>
#include <layercake/config.hpp>
#include <limits>
#include <numeric>
#include <vector>

namespace layercake::planning::detail {

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
      constexpr int halvings = 13;  // to 1.2e-4 of the reach
      double low = 0, high = greedy_.reach;
      for (int i = 0; i < halvings; ++i) {
        const double middle = 0.5 * (low + high);
        dispatch(middle, shaved_);
        (shaved_.unserved <= budget + rounding * load ? high : low) = middle;
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
    o.enough = open <= tolerance * load;
    const bool allowed =
        o.enough && !(o.carbon > most_carbon * (1 + tolerance)) && !(o.land > most_land * (1 + tolerance));
    if (allowed) o.price = cost / (load - o.unserved);
    return o;
  }

private:
  // What rounding makes of a mean over thousands of steps, and by how much a limit may be passed.
  static constexpr double rounding = 1e-12, tolerance = 1e-9;

  static bool starts_with(const std::vector<double>& x, std::size_t n, std::vector<double>& cached) {
    if (cached.size() == n && std::equal(cached.begin(), cached.end(), x.begin())) return true;
    cached.assign(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(n));
    return false;
  }

  // Runs the store against net_ with firm sources that reach `reach`. It keeps what later steps need beyond that reach,
  // and serves with the rest. The profile repeats: it is gone through twice, the second time from the store that the
  // first leaves.
  void dispatch(double reach, residual& r) {
    foresee(reach);
    r.sorted.assign(steps, 0.0);
    double stored = 0;
    for (int round = 0; round < 2; ++round) {
      r.unserved = r.discharged = r.curtailed = 0;
      for (std::size_t t = 0; t < steps; ++t)
        serve(t, reach, stored, r);
    }
    const auto count = static_cast<double>(steps);
    r.unserved /= count, r.discharged /= count, r.curtailed /= count;
  }
  // need_[t]: what the store has to hold at the beginning of step t, known from behind: need[t] = need[t+1] + what
  // exceeds the reach, less what can be charged.
  void foresee(double reach) {
    need_.assign(steps + 1, 0.0);
    for (int round = 0; round < 2 && reach < load && power_ > 0; ++round) {
      need_[steps] = need_[0];
      for (std::size_t t = steps; t-- > 0;) {
        const double over = net_[t] - reach;
        const double change = over > 0 ? std::min(over, power_) : -round_trip * std::min(-over, power_);
        need_[t] = std::min(std::max(need_[t + 1] + change * step, 0.0), full_);
      }
    }
  }
  // One step: the surplus charges, the deficit is served by what may leave the store, by firm sources, by what is left
  // in the store, in this order; then firm sources charge what later steps need.
  void serve(std::size_t t, double reach, double& stored, residual& r) const {
    const double surplus = std::max(-net_[t], 0.0), deficit = std::max(net_[t], 0.0), keep = need_[t + 1];
    const double charged = std::min({surplus, power_, (full_ - stored) / (round_trip * step)});
    double out = std::min({deficit, power_, std::max(stored - keep, 0.0) / step});
    double made = std::min(deficit - out, reach);
    const double more = std::min({deficit - out - made, power_ - out, stored / step - out});
    out += std::max(more, 0.0);
    const double missing = deficit - out - made;
    r.curtailed += surplus - charged;
    stored += (charged * round_trip - out) * step;
    if (stored < keep && !(out > 0)) {  // charged from firm sources
      const double charge = std::min({reach - made, power_ - charged, (keep - stored) / (round_trip * step)});
      made += charge, stored += charge * round_trip * step;
    }
    stored = std::min(std::max(stored, 0.0), full_);
    r.discharged += out;
    r.unserved += missing;
    r.sorted[t] = made + missing;
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

}  // namespace layercake::planning::detail
