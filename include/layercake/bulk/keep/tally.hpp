// How many points a sweep had, how many were feasible, and why the others were not.
#pragma once

#include <cstddef>
#include <layercake/bulk/keep/bytes.hpp>
#include <layercake/bulk/keep/results.hpp>
#include <string>
#include <tuple>
#include <vector>

namespace layercake::bulk {

namespace detail {

// How many points there were, and what became of them.
struct tally_state {
  double points = 0;
  std::vector<double> failed;  // per condition of the sweep; the first: combinations that cannot be composed

  void merge(const tally_state& o) {
    points += o.points;
    for (std::size_t i = 0; i < failed.size(); ++i)
      failed[i] += o.failed[i];
  }
};

}  // namespace detail

// What a sweep found besides its results.
struct tally {
  double points = 0, feasible = 0;
  struct failure {
    std::string reason;
    double points;
  };
  std::vector<failure> failures;  // a point counts under the first condition that it fails
};

// Counts of points, feasible ones, and failures by reason.
struct counting_of {
  std::tuple<> of;
  struct state {
    template <real S>
    void add(const results<S>&) {}
    void merge(const state&) {}
    void save(writer&) const {}
    void load(reader&) {}
  };
  template <real S>
  state start() const {
    return {};
  }
  void describe(writer& w) const { w.put('n'); }
};
inline counting_of counts() { return {}; }

}  // namespace layercake::bulk
