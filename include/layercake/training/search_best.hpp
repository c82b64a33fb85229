// The best plans so far of a search, by time, money and energy, and what lies between them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <layercake/training/plan.hpp>
#include <tuple>
#include <vector>

namespace layercake::detail {

// Time, cost and energy of a run, in base units.
using training_goals = std::array<double, 3>;

struct training_candidate {
  training_goals value;
  std::size_t fleet;
  training_plan plan;

  // The order in which plans are enumerated: it decides between equals.
  auto order() const {
    return std::tuple(fleet, plan.global_batch, plan.tensor, plan.context, plan.expert, plan.micro_batch, plan.pipeline,
                      plan.virtual_stages, plan.math, plan.sequence_parallel, plan.recompute, plan.sharding,
                      plan.schedule);
  }
};

// The best so far by each goal, and the front.
class training_finalists {
public:
  explicit training_finalists(std::size_t keep) : keep_(keep) {}

  // Whether no plan whose goals are at least these can be among the best.
  bool hopeless(const training_goals& least) {
    for (std::size_t g = 0; g < 3; ++g) {
      if (best_[g].size() < keep_ || !(least[g] > best_[g].back().value[g])) return false;
    }
    const auto beats = [&](const training_candidate& c) {
      bool better = false;
      for (std::size_t g = 0; g < 3; ++g) {
        if (c.value[g] > least[g]) return false;
        better = better || c.value[g] < least[g];
      }
      return better;
    };
    if (last_ < front_.size() && beats(front_[last_])) return true;
    for (std::size_t i = 0; i < front_.size(); ++i) {
      if (beats(front_[i])) {
        last_ = i;
        return true;
      }
    }
    return false;
  }

  void offer(const training_candidate& c) {
    for (std::size_t g = 0; g < 3; ++g) {
      auto& list = best_[g];
      const auto before = [g](const training_candidate& a, const training_candidate& b) {
        return a.value[g] < b.value[g] || (a.value[g] == b.value[g] && a.order() < b.order());
      };
      if (list.size() == keep_ && !before(c, list.back())) continue;
      const auto equal = std::find_if(list.begin(), list.end(), [&](const auto& e) { return e.value == c.value; });
      if (equal != list.end()) {
        if (before(*equal, c)) continue;
        list.erase(equal);
      }
      list.insert(std::upper_bound(list.begin(), list.end(), c, before), c);
      if (list.size() > keep_) list.pop_back();
    }
    for (const training_candidate& f : front_) {
      if (dominates(f, c)) return;
    }
    std::erase_if(front_, [&](const training_candidate& f) { return dominates(c, f); });
    front_.push_back(c);
  }

  const std::vector<training_candidate>& best(std::size_t goal) const { return best_[goal]; }
  std::vector<training_candidate> front() const {
    auto sorted = front_;
    std::sort(sorted.begin(), sorted.end(), [](const training_candidate& a, const training_candidate& b) {
      return a.value[0] < b.value[0] || (a.value[0] == b.value[0] && a.order() < b.order());
    });
    return sorted;
  }

private:
  static bool dominates(const training_candidate& a, const training_candidate& b) {
    bool better = false;
    for (std::size_t g = 0; g < 3; ++g) {
      if (a.value[g] > b.value[g]) return false;
      better = better || a.value[g] < b.value[g];
    }
    return better || a.order() < b.order();
  }
  std::size_t keep_;
  std::array<std::vector<training_candidate>, 3> best_;
  std::vector<training_candidate> front_;
  std::size_t last_ = 0;
};

}  // namespace layercake::detail
