// Places each class of calls in one of its ways, so that the sum of their values is least within limits.
#pragma once

#include <algorithm>
#include <cstddef>
#include <layercake/planning/methods/search.hpp>
#include <limits>
#include <string>
#include <vector>

namespace layercake::planning::detail {

inline constexpr double no_limit = std::numeric_limits<double>::infinity();

// A limited resource: used and allowed in base units.
struct limited {
  std::string name;
  double allowed = no_limit;
  std::string (*shown)(double) = nullptr;
  bool holds(double used) const {
    constexpr double rounding = 1e-9;  // of sums of bills
    return used <= allowed * (1 + rounding);
  }
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

}  // namespace layercake::planning::detail
