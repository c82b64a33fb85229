// Searches over discrete choices that keep the optimum: every combination is either evaluated, or inside a set whose bound shows that it
// cannot win.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <layercake/number/check.hpp>
#include <layercake/number/error.hpp>
#include <limits>
#include <string>
#include <vector>

namespace layercake::planning {

// One combination: an option for each choice, by number.
template <class Q>
struct candidate {
  Q value;
  std::vector<std::size_t> options;
};

template <class Q>
struct search_result {
  std::vector<candidate<Q>> best;  // best first, at most as many as asked for
  double combinations = 0;         // in the whole space
  double evaluated = 0;            // of them, by `value`
  double pruned = 0;               // of them, by `bound`
};

// The `keep` combinations of least value among choices with `sizes[i]` options each.
//
// `value(options)` is the figure of a whole combination; infeasible is an infinite value (or NaN), which never wins. `bound(options)` is given
// the options of the first choices and returns a figure that no combination beginning with them is below: what cannot win is left out. A bound
// of infinity leaves all of them out; one that is not known, NaN, leaves out nothing. With such a bound the result is that of trying every
// combination; among equals the first in the order of the options wins. Evaluates at most the product of `sizes`; what is kept costs log keep a
// combination. Throws infeasible for a choice without options, invalid_value for a `keep` of 0.
// Worked number: sum of choices 0..9 in four places, bound the sum so far, minimum: 1 combination evaluated, the rest pruned.
template <class Value, class Bound>
  requires requires(Bound& bound, const std::vector<std::size_t>& options) { bound(options); }
auto search(const std::vector<std::size_t>& sizes, Value&& value, Bound&& bound, std::size_t keep = 1) {
  using Q = decltype(value(sizes));
  check_at_least("search.keep", keep, "", std::size_t(1), "Say how many combinations to keep.");
  search_result<Q> r;
  r.combinations = 1;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == 0) raise(infeasible("planning: choice " + std::to_string(i) + " of a search has no options"));
    r.combinations *= static_cast<double>(sizes[i]);
  }
  std::vector<double> below(sizes.size() + 1, 1);  // combinations that share the first i options
  for (std::size_t i = sizes.size(); i-- > 0;)
    below[i] = below[i + 1] * static_cast<double>(sizes[i]);

  std::vector<std::size_t> options;
  const auto above_all = [](const Q& q) {
    return !(q - q == q - q) && -q < q;
  };  // infinity, neither its negative nor NaN
  // A heap of those kept, the worst first; combinations come in the order of their options.
  const auto better = [](const candidate<Q>& a, const candidate<Q>& b) {
    return a.value < b.value || (a.value == b.value && a.options < b.options);
  };
  const auto cannot_win = [&](const Q& q) { return r.best.size() == keep && q >= r.best.front().value; };
  const auto visit = [&](auto& self) -> void {
    const std::size_t depth = options.size();
    if (depth == sizes.size()) {
      ++r.evaluated;
      const Q q = value(options);
      if (!(q - q == q - q) || cannot_win(q)) return;  // infinite or NaN
      if (r.best.size() == keep) {
        std::pop_heap(r.best.begin(), r.best.end(), better);
        r.best.pop_back();
      }
      r.best.push_back({q, options});
      std::push_heap(r.best.begin(), r.best.end(), better);
      return;
    }
    for (std::size_t o = 0; o < sizes[depth]; ++o) {
      options.push_back(o);
      const Q least = bound(options);
      if (cannot_win(least) || above_all(least)) {
        r.pruned += below[depth + 1];
      } else {
        self(self);
      }
      options.pop_back();
    }
  };
  visit(visit);
  std::sort_heap(r.best.begin(), r.best.end(), better);
  return r;
}

// The same without a bound: every combination is evaluated.
template <class Value>
auto search(const std::vector<std::size_t>& sizes, Value&& value, std::size_t keep = 1) {
  using Q = decltype(value(sizes));
  return search(
      sizes, value, [](const std::vector<std::size_t>&) { return std::numeric_limits<Q>::lowest(); }, keep);
}

}  // namespace layercake::planning
