// What a search for the best training plan chooses from: every layout of so many chips, and every way of doing the rest.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <layercake/models/transformer.hpp>
#include <layercake/training/plan.hpp>
#include <utility>
#include <vector>

namespace layercake {

// What a search may choose. An empty list of counts stands for every one that the chips, the model and the batch allow;
// empty `global_batch` and `math` for the base plan's own. Lists of ways to do a thing hold all of them unless set, and
// one that changes nothing (sharding over one replica, the order of micro-batches without a pipeline, sequence
// parallelism without tensor parallelism, selective recomputation of fused attention) is taken once. Free virtual
// stages are those that cut the layers of a stage, rounded up or down, into equal chunks. Of the schedules the two that keep
// one copy of the weights and bounded activations are tried unless others are named.
struct training_space {
  std::vector<double> tensor{}, pipeline{}, context{}, data{}, expert{};
  std::vector<double> virtual_stages{}, micro_batch{}, global_batch{};
  std::vector<precision> math{};
  std::vector<bool> sequence_parallel{false, true};
  std::vector<recomputation> recompute{recomputation::none, recomputation::selective, recomputation::full,
                                       recomputation::automatic};
  std::vector<layercake::sharding> sharding{layercake::sharding::none, layercake::sharding::optimizer,
                                            layercake::sharding::gradients, layercake::sharding::full};
  std::vector<pipeline_schedule> schedule{pipeline_schedule::one_forward_one_backward, pipeline_schedule::zero_bubble};
};

// What is trained where nobody says otherwise: with the software of 2025 in 16 bit, 15.7 million tokens a step, near the 16
// million of Llama 3 405B (Grattafiori et al. 2024, section 3.4), in a number of sequences that many numbers of ranks
// divide. Assumed.
inline constexpr training_plan usual_training{.global_batch = 3840, .sequence = 4096};

struct training_search_options {
  std::size_t keep = 1;     // plans to return for each goal
  bool prune = true;        // leave out what a bound shows cannot be among the best; false: try every plan
  double most_plans = 1e7;  // a space of more is refused: about a second's work with `prune`, 5 without
};

struct training_search_counts {
  double splits = 0;         // of the chips into tensor * pipeline * context * data
  double against_model = 0;  // of them: heads, layers, positions or experts do not divide
  double against_batch = 0;  // of them: no batch divides
  double plans = 0;          // of the remaining splits, with every batch, chunk and way of doing things
  double without_units = 0;  // more of them, in formats that their chips have no units for: not tried
  double evaluated = 0;      // of the plans
  double too_large = 0;      // of the plans: do not fit in memory, whether evaluated or shown by the bound of many
  double pruned = 0;         // of the plans: fit or not, cannot be among the best
};

namespace detail {

inline std::vector<double> divisors(double whole) {
  std::vector<double> low, high;
  for (double d = 1; d * d <= whole; ++d) {
    if (!findings::divides(d, whole)) continue;
    low.push_back(d);
    if (d * d < whole) high.push_back(whole / d);
  }
  low.insert(low.end(), high.rbegin(), high.rend());
  return low;
}
template <class Value>
std::vector<Value> sorted_once(std::vector<Value> list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
  return list;
}

// How a layout goes on from a branch.
struct training_leaf {
  double pipeline, data, virtual_stages;
};
// Layouts that share what one pass of a layer takes; leaves from the fewest stages to the most.
struct training_branch {
  double global_batch, tensor, context, expert, micro_batch;
  std::size_t first, last;  // leaves
};
// One choice of everything that is not a number.
struct training_way {
  precision math;
  bool sequence_parallel;
  recomputation recompute;
  layercake::sharding sharding;
  pipeline_schedule schedule;
  // Whether this is the first of the ways that differ only in what may not matter.
  bool first_parallel, first_sharding, first_schedule;

  bool offers(const training_branch& b) const { return first_parallel || b.tensor > 1; }
  // Of a branch that is offered, whether every leaf is.
  bool offers_all() const { return first_sharding && first_schedule && takes_chunks(schedule); }
  bool offers(const training_branch& b, const training_leaf& l) const {
    return (first_sharding || l.data * b.context > 1) && (first_schedule || l.pipeline > 1) &&
           schedule_runs(schedule, l.pipeline, l.virtual_stages, b.global_batch / (l.data * b.micro_batch));
  }
};

// Combinations of counts that are looked at for one fleet, at most: a fraction of a second. Numbers with
// thousands of divisors have more; assumed to be a mistake.
inline constexpr double most_combinations = 2e7;

struct training_layouts {
  std::vector<training_branch> branches;
  std::vector<training_leaf> leaves;
  training_search_counts counts;
  double combinations = 0;  // looked at; beyond most_combinations the lists end early
  bool too_many() const { return combinations > most_combinations; }
};

// The counts of ranks, stages and batches that a space allows, and which of them suit a model and so many chips.
class layout_choices {
public:
  layout_choices(const models::transformer& model, double chips, const training_plan& base, const training_space& space)
      : model_(model),
        base_(base),
        chips_(chips),
        tensors_(allowed(space.tensor, chips)),
        contexts_(allowed(space.context, chips)),
        experts_(model.experts > 0 ? allowed(space.expert, model.experts) : std::vector<double>{1.0}),
        data_(sorted_once(space.data)),
        chunks_(sorted_once(space.virtual_stages)),
        batches_(space.global_batch.empty() ? std::vector{base.global_batch} : sorted_once(space.global_batch)),
        micro_batches_(space.micro_batch),
        possible_(model.experts > 0 || space.expert.empty() ||
                  std::find(space.expert.begin(), space.expert.end(), 1.0) != space.expert.end()) {
    for (const double p : allowed(space.pipeline, chips)) {
      if (findings::divides(p, chips)) cuts_.push_back({p, p <= model.layers ? chunks_of(p) : std::vector<double>{}});
    }
  }

  // Every layout that check(plan) and check_plan(model, plan) find nothing wrong with, and why others are none.
  training_layouts all() const {
    training_layouts r;
    for (const double t : tensors_) {
      for (const double c : contexts_) {
        for (const cut_with_data& stages : cuts_beside(t, c, r))
          count(t, c, stages, r.counts);
        if (r.too_many()) return r;
      }
    }
    if (!possible_) return r;
    for (const double batch : batches_) {
      const std::vector<double> micro_batches = allowed(micro_batches_, batch);
      for (const double t : tensors_) {
        if (!suits_tensor(t)) continue;
        for (const double c : contexts_) {
          if (findings::divides(c, base_.sequence)) add_branches(batch, micro_batches, t, c, r);
          if (r.too_many()) return r;
        }
      }
    }
    return r;
  }

private:
  struct cut {  // into stages, and the chunks that each can have
    double pipeline;
    std::vector<double> chunks;
  };
  struct cut_with_data {  // and the data ranks that it leaves
    const cut* stages;
    double data;
  };
  const models::transformer& model_;
  const training_plan& base_;
  double chips_;
  std::vector<double> tensors_, contexts_, experts_, data_, chunks_, batches_, micro_batches_;
  std::vector<cut> cuts_;
  bool possible_;  // a dense model allows no expert ranks

  static std::vector<double> allowed(const std::vector<double>& list, double whole) {
    return list.empty() ? divisors(whole) : sorted_once(list);
  }
  std::vector<double> chunks_of(double pipeline) const {
    std::vector<double> list;
    if (pipeline == 1) return {1.0};
    const double low = std::floor(model_.layers / pipeline), high = std::ceil(model_.layers / pipeline);
    if (!chunks_.empty()) {
      for (const double v : chunks_) {
        if (pipeline * v <= model_.layers) list.push_back(v);
      }
    } else {
      list = divisors(low);
      for (const double v : divisors(high)) {
        if (v <= low) list.push_back(v);
      }
      list = sorted_once(std::move(list));
    }
    return list;
  }
  bool suits_tensor(double t) const {
    return findings::divides(t, model_.heads) &&
           (findings::divides(t, model_.key_heads) || findings::divides(model_.key_heads, t));
  }
  bool wanted(double data) const { return data_.empty() || std::binary_search(data_.begin(), data_.end(), data); }

  // The cuts that split the chips together with so many tensor and context ranks, into wanted data ranks.
  std::vector<cut_with_data> cuts_beside(double t, double c, training_layouts& r) const {
    std::vector<cut_with_data> list;
    ++r.combinations;
    if (!findings::divides(t * c, chips_)) return list;
    r.combinations += static_cast<double>(cuts_.size());
    for (const cut& stages : cuts_) {
      if (!findings::divides(t * c * stages.pipeline, chips_)) continue;
      const double d = chips_ / (t * c * stages.pipeline);
      if (wanted(d)) list.push_back({&stages, d});
    }
    return list;
  }

  // Counts one split of the chips by what is wrong with it.
  void count(double t, double c, const cut_with_data& split, training_search_counts& n) const {
    const double d = split.data;
    ++n.splits;
    const bool any_expert = std::any_of(experts_.begin(), experts_.end(), [&](double e) {
      return possible_ && findings::divides(e, model_.experts > 0 ? model_.experts : 1) &&
             findings::divides(e, t * c * d);
    });
    if (!suits_tensor(t) || split.stages->chunks.empty() || !findings::divides(c, base_.sequence) || !any_expert ||
        base_.sharding_ranks > d * c) {
      ++n.against_model;
    } else if (std::none_of(batches_.begin(), batches_.end(), [&](double b) { return findings::divides(d, b); })) {
      ++n.against_batch;
    }
  }

  void add_branches(double batch, const std::vector<double>& micro_batches, double t, double c,
                    training_layouts& r) const {
    const std::vector<cut_with_data> splits = cuts_beside(t, c, r);
    for (const double e : experts_) {
      if (model_.experts > 0 && !findings::divides(e, model_.experts)) continue;
      for (const double micro : micro_batches) {
        r.combinations += 1 + static_cast<double>(splits.size());
        if (r.too_many()) return;
        training_branch branch{batch, t, c, e, micro, r.leaves.size(), 0};
        for (const cut_with_data& split : splits) {
          const double d = split.data;
          if (!findings::divides(d * micro, batch) || !findings::divides(e, t * c * d) || base_.sharding_ranks > d * c)
            continue;
          r.combinations += static_cast<double>(split.stages->chunks.size());
          for (const double one : split.stages->chunks)
            r.leaves.push_back({split.stages->pipeline, d, one});
        }
        branch.last = r.leaves.size();
        if (branch.last > branch.first) r.branches.push_back(branch);
      }
    }
  }
};

inline std::vector<training_way> ways_of(const training_plan& base, const training_space& space) {
  const auto math = space.math.empty() ? std::vector{base.math} : sorted_once(space.math);
  const auto parallel = sorted_once(std::vector<char>(space.sequence_parallel.begin(), space.sequence_parallel.end()));
  auto recompute = sorted_once(space.recompute);
  // Fused attention keeps no scores that could be computed again.
  if (base.fused_attention && recompute.front() == recomputation::none) std::erase(recompute, recomputation::selective);
  const auto sharding = sorted_once(space.sharding);
  const auto schedule = sorted_once(space.schedule);
  // What stands for all where there is no pipeline: the first that runs without one.
  const auto alone = std::find_if(schedule.begin(), schedule.end(),
                                  [](pipeline_schedule s) { return s != pipeline_schedule::dual_pipe; });
  std::vector<training_way> ways;
  for (const auto m : math) {
    for (const auto q : parallel) {
      for (const auto r : recompute) {
        for (const auto s : sharding) {
          for (const auto o : schedule)
            ways.push_back({m, q != 0, r, s, o, q == parallel.front(), s == sharding.front(),
                            alone != schedule.end() && o == *alone});
        }
      }
    }
  }
  return ways;
}

}  // namespace detail
}  // namespace layercake
