// The order of a sweep's loops: the one that needs the least work, by what depends on which axis.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <layercake/bulk/space/values.hpp>
#include <layercake/bulk/tape/dependences.hpp>
#include <layercake/bulk/xsimd.hpp>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace layercake::bulk::detail {

// An axis of a sweep: so many points, at each of which some inputs have values.
struct dimension {
  std::string name;
  std::uint64_t size = 1;
  std::shared_ptr<const point_source> values;  // null for a choice
  unsigned parts = 0;
};

// The axes of each loop, outermost first.
using loop_nest = std::vector<std::vector<unsigned>>;

class nest_search {
public:
  nest_search(const std::vector<dimension>& dims, const std::vector<unsigned>& axes,
              const std::vector<dependence>& work)
      : dims_(dims), work_(work), order_(axes), best_(axes), merged_from_(axes.size() - 1) {}

  // The order of the loops that needs the least work.
  loop_nest best() {
    constexpr std::size_t most_to_permute = 6;  // 720 orders
    if (order_.size() <= most_to_permute) {
      consider_all_orders();
    } else {
      sort_by_work();
      consider();
    }
    loop_nest nest;
    for (std::size_t l = 0; l < merged_from_; ++l)
      nest.push_back({best_[l]});
    nest.emplace_back(best_.begin() + static_cast<std::ptrdiff_t>(merged_from_), best_.end());
    return nest;
  }

private:
  const std::vector<dimension>& dims_;
  const std::vector<dependence>& work_;
  std::vector<unsigned> order_, best_;
  std::size_t merged_from_;  // the innermost loop of the best order stands for the axes from here on
  double least_ = std::numeric_limits<double>::infinity();

  static std::uint64_t bit(unsigned axis) { return std::uint64_t(1) << axis; }
  double size_of(std::size_t l) const { return static_cast<double>(dims_[order_[l]].size); }

  // Points of the innermost loop, which stands for the axes of `order_` from `from` on: short innermost axes are merged
  // until they fill a block.
  double merge_short(std::size_t& from) const {
    constexpr std::uint64_t longest_merged = 4096;  // values of an axis: their numbers are kept in a table
    from = order_.size() - 1;
    double inner = size_of(from);
    while (from > 0 && inner < static_cast<double>(smallest_block) && dims_[order_[from - 1]].size <= longest_merged &&
           dims_[order_[from]].size <= longest_merged)
      inner *= size_of(--from);
    return inner;
  }

  // The time of the loops in the order `order_`. A point of the innermost loop costs a share of a vector instruction; a
  // turn of an outer loop costs an interpreted operation; a block costs the calls. In nanoseconds or so, assumed: they
  // only order loops.
  double cost(std::size_t& merged_from) const {
    constexpr double vector_cost = 0.3, scalar_cost = 3, call_cost = 6;
    const double inner = merge_short(merged_from);
    double sum = 0, turns = 1;
    std::vector<double> turns_at(order_.size());
    for (std::size_t l = 0; l < merged_from; ++l)
      turns *= size_of(l), turns_at[l] = turns;
    std::uint64_t inner_axes = 0;
    for (std::size_t l = merged_from; l < order_.size(); ++l)
      inner_axes |= bit(order_[l]);
    const double blocks = std::ceil(inner / static_cast<double>(largest_block));
    for (const dependence& d : work_) {
      if (d.axes & inner_axes) {
        sum += d.operations * turns * (inner * vector_cost + blocks * call_cost);
        continue;
      }
      std::size_t deepest = 0;
      for (std::size_t l = 0; l < merged_from; ++l) {
        if (d.axes & bit(order_[l])) deepest = l;
      }
      sum += d.operations * turns_at[deepest] * scalar_cost;
    }
    return sum;
  }
  void consider() {
    std::size_t merged_from = 0;
    const double c = cost(merged_from);
    if (c < least_) least_ = c, best_ = order_, merged_from_ = merged_from;
  }

  // Heap's algorithm, beginning with the order in which the axes were named.
  void consider_all_orders() {
    std::vector<unsigned> count(order_.size(), 0);
    consider();
    for (std::size_t i = 1; i < order_.size();) {
      if (count[i] < i) {
        std::swap(order_[i % 2 == 0 ? 0 : count[i]], order_[i]);
        consider();
        ++count[i];
        i = 1;
      } else {
        count[i++] = 0;
      }
    }
  }

  // What touches least work innermost.
  void sort_by_work() {
    std::vector<double> touched(dims_.size(), 0);
    for (const dependence& d : work_) {
      for (const unsigned a : order_) {
        if (d.axes & bit(a)) touched[a] += d.operations;
      }
    }
    for (std::size_t i = 1; i < order_.size(); ++i) {
      const unsigned a = order_[i];
      std::size_t j = i;
      for (; j > 0 && touched[order_[j - 1]] < touched[a]; --j)
        order_[j] = order_[j - 1];
      order_[j] = a;
    }
  }
};

}  // namespace layercake::bulk::detail
