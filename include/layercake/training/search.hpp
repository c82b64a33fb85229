// The best way to train a model on given chips: every layout, batch, recomputation and sharding tried, the least time,
// money and energy kept, and what lies between them.
//
//   least over plans of  time, cost, energy = run_training(law(plan), run, chip, site, supply)
//   subject to           tensor * pipeline * context * data = chips, and the plan's own rules
//
// Plans are screened many at a time, in the lanes of a batch; whatever could be among the best is computed again in
// double precision, which alone decides. So the result does not depend on the width of the machine.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <layercake/training/search_check.hpp>
#include <limits>
#include <utility>
#include <vector>

namespace layercake {

// A plan on one of the fleets and what the whole run then takes.
struct trained_plan {
  std::size_t fleet = 0;  // by number
  training_plan plan{};
  quantity<unit::second> time{};  // wall clock of the run
  quantity<unit::usd> cost{};
  facility_energy<> energy{};
};

struct training_search_result {
  // Best first, at most `keep` each; plans that take the same time, money and energy count once.
  std::vector<trained_plan> fastest, cheapest, least_energy;
  std::vector<trained_plan> front;  // that no plan beats in time, cost and energy at once; in rising order of time
  training_search_counts counts{};
};

namespace detail {

// The searches of all fleets, and what they have found so far.
template <class Search>
struct training_searches {
  std::vector<Search> of;
  const std::vector<training_way>& ways;
  training_finalists best;
  training_search_counts counts{};

  // Every plan.
  void try_all() {
    for (Search& s : of) {
      std::vector<std::size_t> all(s.layouts().branches.size());
      for (std::size_t b = 0; b < all.size(); ++b)
        all[b] = b;
      for (std::size_t w = 0; w < ways.size(); ++w)
        s.evaluate(w, all, best, counts);
    }
  }

  // What promises most goes first: the least bound of each goal, then groups and branches in rising order of time.
  void try_promising() {
    std::vector<task> tasks;
    for (Search& s : of) {
      for (auto& g : s.groups())
        tasks.push_back({&s, std::move(g)});
    }
    for (std::size_t goal = 0; goal < 3; ++goal)
      try_least(tasks, goal);
    std::stable_sort(tasks.begin(), tasks.end(),
                     [](const task& a, const task& b) { return least_time(a) < least_time(b); });
    for (task& t : tasks) {
      std::stable_sort(t.group.nodes.begin(), t.group.nodes.end(),
                       [](const auto& a, const auto& b) { return a.least[0] < b.least[0]; });
      for (const auto& node : t.group.nodes)
        try_one(t, node);
    }
  }

private:
  struct task {
    Search* search;
    typename Search::group group;
  };
  static double least_time(const task& t) {
    double least = std::numeric_limits<double>::infinity();
    for (const auto& node : t.group.nodes)
      least = node.too_large ? least : std::fmin(least, node.least[0]);
    return least;
  }
  void try_least(std::vector<task>& tasks, std::size_t goal) {
    task* in = nullptr;
    typename Search::node* first = nullptr;
    for (task& t : tasks) {
      for (auto& node : t.group.nodes) {
        if (node.too_large || node.done || (first && !(node.least[goal] < first->least[goal]))) continue;
        in = &t, first = &node;
      }
    }
    if (!first) return;
    first->done = true;
    in->search->evaluate(in->group.way, std::array{first->branch}, best, counts);
  }
  void try_one(task& t, const typename Search::node& node) {
    if (node.done) return;
    const double plans = t.search->plans_of(ways[t.group.way], t.search->layouts().branches[node.branch]);
    if (node.too_large) {
      counts.too_large += plans;
    } else if (best.hopeless(node.least)) {
      counts.pruned += plans;
    } else {
      t.search->evaluate(t.group.way, std::array{node.branch}, best, counts);
    }
  }
};

inline std::vector<trained_plan> shown(const std::vector<training_candidate>& list) {
  std::vector<trained_plan> plans;
  for (const training_candidate& c : list) {
    plans.push_back({c.fleet, c.plan, c.value[0] * units::second, c.value[1] * units::usd,
                     as<kind::facility>(c.value[2] * units::joule)});
  }
  return plans;
}

}  // namespace detail

// The plans of least time, cost and energy for a whole training run, and the Pareto front of the three, over all plans
// in `space` on every one of `fleets`. What the space does not vary (sequence, software, fused attention, and the batch
// unless listed, what hosts keep) is the base plan's, `usual_training` unless given; the run is a training_run{} unless given.
//
// The result is that of trying every plan: among equals the first wins, in rising order of fleet, batch, tensor,
// context, expert, micro-batch, pipeline, virtual stages, precision, then the ways in the order of their enumerations.
// T is what plans are screened with, and changes nothing but the time taken: figures of T within 2e-4 (float) of the
// best are computed again in double precision.
//
// With `prune`, plans are left out in sets that share tensor, context and expert ranks and the micro-batch (a layer
// then takes equally long in all of them). Below
//
//   time >= (work (1 + stragglers) + host) per step,    memory >= with the most stages and data ranks, not interleaved
//
// none of a set can be; cost and energy are bounded by a run at that time with the FLOP and bytes of the plan that
// recomputes least. This keeps the optimum where a chip that does the same work in more time does not take less energy,
// and where a watt more does not make every watt of a site and its supply dearer: so for chips by chips/power.hpp,
// basic_site and basic_grid.
//
// Time: one plan takes 0.2 to 1 us. Memory: 24 bytes for each layout.
//
// Throws invalid_value for fields outside their domains and for more plans than options.most_plans, missing_value for a
// chip without a price, a power or the bandwidth of its fabric, infeasible where no plan divides the chips, none fits in
// memory, or no run ends at a finite cost (why_not of training/run.hpp), with what comes closest and what to change.
// Leaves out: shares of states on the host other than the base plan's, uneven stages, plans that use only some of the chips, uneven shares of data.
// Source of the question: Isaev, McDonald, Dennison, Vuduc, Calculon, SC 2023.
// Worked number: a model of one layer and one head on 2 chips, 2 sequences a step, one way of doing things: data 2
// (micro-batch 1) or context 2 (micro-batch 1 or 2): 3 plans.
template <number T = bulk::batch<float>, class Chip, class Site, class Energy>
training_search_result best_training(const models::transformer& model,
                                     const std::vector<training_fleet<Chip, Site, Energy>>& fleets,
                                     const training_run& run = {}, const training_plan& base = usual_training,
                                     const training_space& space = {}, const training_search_options& options = {}) {
  detail::check_question(model, fleets, run, base);
  raise_if_any(detail::check_space(space));
  detail::check_options(options);
  using search = detail::fleet_search<T, Chip, Site, Energy>;
  const std::vector<detail::training_way> ways = detail::ways_of(base, space);
  detail::training_searches<search> all{{}, ways, detail::training_finalists(options.keep)};
  training_search_counts& n = all.counts;
  all.of.reserve(fleets.size());
  for (std::size_t i = 0; i < fleets.size(); ++i) {
    detail::training_layouts layouts = detail::layout_choices(model, fleets[i].chips, base, space).all();
    detail::check_combinations(layouts, i, fleets[i].chips);
    n.splits += layouts.counts.splits;
    n.against_model += layouts.counts.against_model;
    n.against_batch += layouts.counts.against_batch;
    all.of.emplace_back(i, fleets[i], detail::searched_run{model, run, base, ways}, std::move(layouts));
    for (const auto& way : ways) {
      for (const auto& branch : all.of.back().layouts().branches)
        n.plans += all.of.back().plans_of(way, branch);
    }
  }
  if (n.plans == 0) detail::no_layout(fleets, model, base, n);
  check_at_least("options.most_plans", options.most_plans, "the plans in the space", n.plans,
                 "Raise it, or restrict the space.");
  if (options.prune) {
    all.try_promising();
  } else {
    all.try_all();
  }
  if (all.best.front().empty()) detail::nothing_fits(all.of, fleets, run, n.plans);
  return {.fastest = detail::shown(all.best.best(0)),
          .cheapest = detail::shown(all.best.best(1)),
          .least_energy = detail::shown(all.best.best(2)),
          .front = detail::shown(all.best.front()),
          .counts = n};
}

// The same on one fleet.
template <number T = bulk::batch<float>, class Chip, class Site, class Energy>
training_search_result best_training(const models::transformer& model, const training_fleet<Chip, Site, Energy>& fleet,
                                     const training_run& run = {}, const training_plan& base = usual_training,
                                     const training_space& space = {}, const training_search_options& options = {}) {
  return best_training<T>(model, std::vector{fleet}, run, base, space, options);
}

}  // namespace layercake
