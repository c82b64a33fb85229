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
#include <cstdint>
#include <layercake/bulk/xsimd.hpp>
#include <layercake/training/run.hpp>
#include <limits>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace layercake::planning {

// So many chips of a kind, the place they stand in and what feeds them.
template <class Chip = chips::accelerator, class Site = infrastructure::site, class Energy = energy::grid>
struct training_fleet {
  Chip chip;
  double chips;
  Site site;
  Energy energy;
};
template <class Chip, class Site, class Energy>
training_fleet(Chip, double, Site, Energy) -> training_fleet<Chip, Site, Energy>;

// What a search may choose. An empty list of counts stands for every one that the chips, the model and the batch allow;
// empty `global_batch` and `math` for the base plan's own. Lists of ways to do a thing hold all of them unless set, and
// one that changes nothing (sharding over one replica, the order of micro-batches without a pipeline, sequence
// parallelism without tensor parallelism, selective recomputation of fused attention) is taken once. Free virtual
// stages are those that cut the layers of a stage, rounded up or down, into equal chunks.
struct training_space {
  std::vector<double> tensor{}, pipeline{}, context{}, data{}, expert{};
  std::vector<double> virtual_stages{}, micro_batch{}, global_batch{};
  std::vector<precision> math{};
  std::vector<bool> sequence_parallel{false, true};
  std::vector<recomputation> recompute{recomputation::none, recomputation::selective, recomputation::full,
                                       recomputation::automatic};
  std::vector<models::sharding> sharding{models::sharding::none, models::sharding::optimizer,
                                         models::sharding::gradients, models::sharding::full};
  std::vector<pipeline_schedule> schedule{pipeline_schedule::one_forward_one_backward, pipeline_schedule::zero_bubble};
};

struct training_search_options {
  std::size_t keep = 1;  // plans to return for each goal
  bool prune = true;     // leave out what a bound shows cannot be among the best; false: try every plan
};

// A plan on one of the fleets and what the whole run then takes.
struct trained_plan {
  std::size_t fleet = 0;  // by number
  training_plan plan{};
  quantity<unit::second> time{};  // wall clock of the run
  quantity<unit::usd> cost{};
  facility_energy<> energy{};
};

struct training_search_counts {
  double splits = 0;         // of the chips into tensor * pipeline * context * data
  double against_model = 0;  // of them: heads, layers, positions or experts do not divide
  double against_batch = 0;  // of them: no batch divides
  double plans = 0;          // of the remaining splits, with every batch, chunk and way of doing things
  double evaluated = 0;      // of the plans
  double too_large = 0;      // of the plans: do not fit in memory, whether evaluated or shown by the bound of many
  double pruned = 0;         // of the plans: fit or not, cannot be among the best
};

struct training_search_result {
  // Best first, at most `keep` each; plans that take the same time, money and energy count once.
  std::vector<trained_plan> fastest, cheapest, least_energy;
  std::vector<trained_plan> front;  // that no plan beats in time, cost and energy at once; in rising order of time
  training_search_counts counts{};
};

namespace detail {

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

// ---- the space

inline bool divides(double parts, double whole) {
  const auto w = static_cast<std::uint64_t>(whole), p = static_cast<std::uint64_t>(parts);
  return w % p == 0;
}
inline std::vector<double> divisors(double whole) {
  std::vector<double> low, high;
  for (double d = 1; d * d <= whole; ++d) {
    if (!divides(d, whole)) continue;
    low.push_back(d);
    if (d * d < whole) high.push_back(whole / d);
  }
  low.insert(low.end(), high.rbegin(), high.rend());
  return low;
}
template <class X>
std::vector<X> sorted_once(std::vector<X> list) {
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
  models::sharding sharding;
  pipeline_schedule schedule;
  // Whether this is the first of the ways that differ only in what may not matter.
  bool first_parallel, first_sharding, first_schedule;

  bool offers(const training_branch& b) const { return first_parallel || b.tensor > 1; }
  bool offers(const training_branch& b, const training_leaf& l) const {
    return (first_sharding || l.data * b.context > 1) && (first_schedule || l.pipeline > 1);
  }
};

struct training_layouts {
  std::vector<training_branch> branches;
  std::vector<training_leaf> leaves;
  training_search_counts counts;
};

// Every layout of `chips` chips that check(plan) and check_plan(model, plan) find nothing wrong with.
inline training_layouts layouts_of(const models::transformer& model, double chips, const training_plan& base,
                                   const training_space& space) {
  training_layouts r;
  const auto options = [](const std::vector<double>& list, double whole) {
    return list.empty() ? divisors(whole) : sorted_once(list);
  };
  const std::vector<double> tensors = options(space.tensor, chips), pipelines = options(space.pipeline, chips),
                            contexts = options(space.context, chips), data = sorted_once(space.data),
                            stages = sorted_once(space.virtual_stages),
                            batches = space.global_batch.empty() ? std::vector{base.global_batch}
                                                                 : sorted_once(space.global_batch);
  const bool mixture = model.experts > 0;
  const std::vector<double> experts = mixture ? options(space.expert, model.experts) : std::vector<double>{1.0};
  const bool dense_allowed =
      mixture || space.expert.empty() || std::find(space.expert.begin(), space.expert.end(), 1.0) != space.expert.end();

  const auto chunks = [&](double pipeline) {
    std::vector<double> list;
    if (pipeline == 1) return std::vector<double>{1.0};
    const double low = std::floor(model.layers / pipeline), high = std::ceil(model.layers / pipeline);
    if (!stages.empty()) {
      for (const double v : stages) {
        if (pipeline * v <= model.layers) list.push_back(v);
      }
    } else {
      for (double v = 1; v <= low; ++v) {
        if (divides(v, low) || divides(v, high)) list.push_back(v);
      }
    }
    return list;
  };
  std::vector<std::pair<double, std::vector<double>>> cuts;  // stages, and the chunks that each can have
  for (const double p : pipelines)
    cuts.emplace_back(p, p <= model.layers ? chunks(p) : std::vector<double>{});
  const auto suits_tensor = [&](double t) {
    return divides(t, model.heads) && (divides(t, model.key_heads) || divides(model.key_heads, t));
  };
  const auto wanted = [&](double d) { return data.empty() || std::binary_search(data.begin(), data.end(), d); };

  for (const double t : tensors) {
    for (const double c : contexts) {
      for (const auto& [p, v] : cuts) {
        if (!divides(t * c * p, chips)) continue;
        const double d = chips / (t * c * p);
        if (!wanted(d)) continue;
        ++r.counts.splits;
        const bool any_expert = std::any_of(experts.begin(), experts.end(), [&](double e) {
          return dense_allowed && divides(e, model.experts > 0 ? model.experts : 1) && divides(e, t * c * d);
        });
        if (!suits_tensor(t) || v.empty() || !divides(c, base.sequence) || !any_expert || base.sharding_ranks > d * c) {
          ++r.counts.against_model;
        } else if (std::none_of(batches.begin(), batches.end(), [&](double b) { return divides(d, b); })) {
          ++r.counts.against_batch;
        }
      }
    }
  }
  if (!dense_allowed) return r;
  for (const double b : batches) {
    const std::vector<double> micro_batches = options(space.micro_batch, b);
    for (const double t : tensors) {
      if (!suits_tensor(t)) continue;
      for (const double c : contexts) {
        if (!divides(t * c, chips) || !divides(c, base.sequence)) continue;
        for (const double e : experts) {
          if (mixture && !divides(e, model.experts)) continue;
          for (const double micro : micro_batches) {
            training_branch branch{b, t, c, e, micro, r.leaves.size(), 0};
            for (const auto& [p, v] : cuts) {
              if (!divides(t * c * p, chips)) continue;
              const double d = chips / (t * c * p);
              if (!wanted(d) || !divides(d * micro, b) || !divides(e, t * c * d) || base.sharding_ranks > d * c)
                continue;
              for (const double one : v)
                r.leaves.push_back({p, d, one});
            }
            branch.last = r.leaves.size();
            if (branch.last > branch.first) r.branches.push_back(branch);
          }
        }
      }
    }
  }
  return r;
}

inline std::vector<training_way> ways_of(const training_plan& base, const training_space& space) {
  const auto math = space.math.empty() ? std::vector{base.math} : sorted_once(space.math);
  const auto parallel = sorted_once(std::vector<char>(space.sequence_parallel.begin(), space.sequence_parallel.end()));
  auto recompute = sorted_once(space.recompute);
  // Fused attention keeps no scores that could be computed again.
  if (base.fused_attention && recompute.front() == recomputation::none) std::erase(recompute, recomputation::selective);
  const auto sharding = sorted_once(space.sharding);
  const auto schedule = sorted_once(space.schedule);
  std::vector<training_way> ways;
  for (const auto m : math) {
    for (const auto q : parallel) {
      for (const auto r : recompute) {
        for (const auto s : sharding) {
          for (const auto o : schedule)
            ways.push_back({m, q != 0, r, s, o, q == parallel.front(), s == sharding.front(), o == schedule.front()});
        }
      }
    }
  }
  return ways;
}

// ---- the search

// Screening by T: how far its figures may lie from those of double precision (relative), and between which shares of
// the usable memory it cannot tell whether a plan fits. A step that recomputes just enough fills the memory to the last
// byte, so the lower end must lie above rounding.
template <class T>
struct screening {
  static constexpr bool narrow = sizeof(scalar_of_t<T>) < sizeof(double);
  static constexpr double margin = narrow ? 2e-4 : 1e-9;
  static constexpr double surely_fits = narrow ? 1 + 5e-6 : 1 + 9.99e-6,
                          surely_too_large = narrow ? 1 + 1e-4 : 1 + 1.001e-5;
};

template <class T>
struct training_lanes {
  using S = scalar_of_t<T>;
  static constexpr std::size_t count = sizeof(T) / sizeof(S);
  alignas(64) std::array<S, count> lane{};

  T value() const {
    if constexpr (real<T>) {
      return lane[0];
    } else {
      return bulk::read_lanes<typename T::arch_type>(lane.data());
    }
  }
  void set(const T& x) {
    if constexpr (real<T>) {
      lane[0] = x;
    } else {
      bulk::write_lanes(lane.data(), x);
    }
  }
};

// The number type of double precision with the lanes of T's registers.
template <class T>
struct wider_of {
  using type = double;
};
template <class S, class Arch>
struct wider_of<bulk::batch<S, Arch>> {
  using type = bulk::batch<double, Arch>;
};
template <class T>
using wider = typename wider_of<T>::type;

// One fleet: its layouts, and its law over lanes and over doubles.
template <class T, class Chip, class Site, class Energy>
class fleet_search {
public:
  using fleet_type = training_fleet<Chip, Site, Energy>;
  static constexpr std::size_t lanes = training_lanes<T>::count;

  fleet_search(std::size_t number, const fleet_type& fleet, const models::transformer& model, const training_run& run,
               const training_plan& base, const std::vector<training_way>& ways, training_layouts&& layouts)
      : number_(number),
        fleet_(fleet),
        base_(base),
        run_(run),
        wide_run_(layercake::with_number<wider<T>>(run)),
        ways_(ways),
        layouts_(std::move(layouts)),
        law_(training_law_of<double>(model, fleet.chip, fleet.site)),
        lane_law_(training_law_of<T>(model, fleet.chip, fleet.site)) {}

  // What a branch under a way cannot be below, or that nothing of it fits.
  struct node {
    std::size_t branch;
    training_goals least;
    bool too_large, done;
  };
  struct group {
    std::size_t way;
    std::vector<node> nodes;
  };

  double plans_of(const training_way& w, const training_branch& b) const {
    if (!w.offers(b)) return 0;
    if (w.first_sharding && w.first_schedule) return static_cast<double>(b.last - b.first);
    double n = 0;
    for (std::size_t i = b.first; i < b.last; ++i)
      n += w.offers(b, layouts_.leaves[i]) ? 1 : 0;
    return n;
  }

  // Bounds of all branches under all ways.
  std::vector<group> groups() const {
    std::vector<group> all;
    for (std::size_t w = 0; w < ways_.size(); ++w) {
      group g{w, {}};
      for (std::size_t b = 0; b < layouts_.branches.size(); ++b) {
        if (plans_of(ways_[w], layouts_.branches[b]) > 0) g.nodes.push_back({b, {}, false, false});
      }
      for (std::size_t first = 0; first < g.nodes.size(); first += lanes)
        bound(ways_[w], g.nodes, first);
      all.push_back(std::move(g));
    }
    return all;
  }

  // Every plan of some branches under a way.
  template <class Branches>
  void evaluate(std::size_t way, const Branches& branches, training_finalists& best, training_search_counts& counts) {
    filled_ = 0;
    for (const std::size_t b : branches) {
      const training_branch& branch = layouts_.branches[b];
      if (!ways_[way].offers(branch)) continue;
      for (std::size_t l = branch.first; l < branch.last; ++l) {
        if (!ways_[way].offers(branch, layouts_.leaves[l])) continue;
        put(filled_, branch, layouts_.leaves[l]);
        where_[filled_] = {b, l};
        if (++filled_ == lanes) flush(ways_[way], best, counts);
      }
    }
    if (filled_ > 0) flush(ways_[way], best, counts);
  }

  const training_layouts& layouts() const { return layouts_; }
  const std::vector<training_way>& ways() const { return ways_; }

  training_plan plan_of(const training_way& w, const training_branch& b, const training_leaf& l) const {
    training_plan p = base_;
    p.tensor = b.tensor, p.pipeline = l.pipeline, p.context = b.context, p.data = l.data, p.expert = b.expert;
    p.virtual_stages = l.virtual_stages, p.micro_batch = b.micro_batch, p.global_batch = b.global_batch;
    p.sequence_parallel = w.sequence_parallel, p.sharding = w.sharding, p.recompute = w.recompute;
    p.schedule = w.schedule, p.math = w.math;
    return p;
  }

  training_figures<double> figures(const training_plan& p) const { return law_(p); }

private:
  struct place {
    std::size_t branch, leaf;
  };
  std::size_t number_;
  const fleet_type& fleet_;
  training_plan base_;
  training_run run_;
  basic_training_run<wider<T>> wide_run_;
  const std::vector<training_way>& ways_;
  training_layouts layouts_;
  decltype(training_law_of<double>(std::declval<models::transformer>(), std::declval<Chip>(),
                                   std::declval<Site>())) law_;
  decltype(training_law_of<T>(std::declval<models::transformer>(), std::declval<Chip>(),
                              std::declval<Site>())) lane_law_;
  std::array<training_lanes<T>, 8> lane_{};
  std::array<place, lanes> where_{};
  std::size_t filled_ = 0;

  using S = scalar_of_t<T>;
  static void put(std::array<training_lanes<T>, 8>& to, std::size_t i, const training_branch& b,
                  const training_leaf& l) {
    const double x[] = {b.tensor, l.pipeline,       b.context,     l.data,
                        b.expert, l.virtual_stages, b.micro_batch, b.global_batch};
    for (std::size_t k = 0; k < 8; ++k)
      to[k].lane[i] = static_cast<S>(x[k]);
  }
  void put(std::size_t i, const training_branch& b, const training_leaf& l) { put(lane_, i, b, l); }

  basic_training_plan<T> lane_plan(const training_way& w, const std::array<training_lanes<T>, 8>& from) const {
    basic_training_plan<T> p;
    p.tensor = from[0].value(), p.pipeline = from[1].value(), p.context = from[2].value(), p.data = from[3].value();
    p.expert = from[4].value(), p.virtual_stages = from[5].value(), p.micro_batch = from[6].value();
    p.global_batch = from[7].value();
    p.sequence = number_cast<T>(base_.sequence), p.sharding_ranks = number_cast<T>(base_.sharding_ranks);
    p.software_age = number_cast<T>(base_.software_age);
    p.sequence_parallel = w.sequence_parallel, p.fused_attention = base_.fused_attention;
    p.sharding = w.sharding, p.recompute = w.recompute, p.schedule = w.schedule, p.math = w.math;
    p.software = base_.software;
    return p;
  }

  using goal_lanes = std::array<std::array<double, lanes>, 3>;

  // Time, cost and energy of figures, lane by lane, whether they fit or not. The run is in double precision: what
  // failures take of it is a small difference.
  goal_lanes goals(const training_figures<T>& f) const {
    using W = wider<T>;
    constexpr std::size_t width = training_lanes<W>::count;
    const auto split = [](const auto& x) {
      training_lanes<T> l;
      l.set(base_value(x));
      return l;
    };
    const auto step = split(f.step_time()), tokens = split(f.tokens);
    training_lanes<T> compute, memory;
    compute.set(f.use_compute);
    memory.set(f.use_memory);
    goal_lanes g{};
    for (std::size_t first = 0; first < lanes; first += width) {
      const auto part = [&](const training_lanes<T>& all) {
        training_lanes<W> l;
        for (std::size_t i = 0; i < width; ++i)
          l.lane[i] = static_cast<double>(all.lane[first + i]);
        return l.value();
      };
      training_figures<W> whole{};  // default memory: fits
      whole.time.host = part(step) * units::second;
      whole.tokens = part(tokens) * units::token;
      whole.chips = W(fleet_.chips);
      whole.use_compute = part(compute);
      whole.use_memory = part(memory);
      const training_run_figures<W> r = run_training(whole, wide_run_, fleet_.chip, fleet_.site, fleet_.energy);
      const auto keep = [&](std::size_t goal, const auto& q) {
        training_lanes<W> l;
        l.set(base_value(q));
        for (std::size_t i = 0; i < width; ++i)
          g[goal][first + i] = l.lane[i];
      };
      keep(0, r.wall_clock);
      keep(1, r.cost());
      keep(2, plain(r.site_energy));
    }
    return g;
  }

  // A step takes at least the work of its layers, which all layouts of a branch share, the waiting for slow chips that
  // goes with it, and the host:  work (1 + stragglers) + host.  A run's cost and energy at that time, with the FLOP and
  // bytes of the plan that recomputes least, are bounds of theirs, because a slower step draws less power but not in
  // proportion. Memory shrinks with stages, with data ranks and without interleaving: no layout of the branch needs
  // less than one with the most of both and the micro-batches of the most stages, by which activations of the first
  // stage do not depend on their number.
  void bound(const training_way& w, std::vector<node>& nodes, std::size_t first) const {
    const std::size_t n = nodes.size() - first < lanes ? nodes.size() - first : lanes;
    std::array<training_lanes<T>, 8> x, roomiest;
    for (std::size_t i = 0; i < lanes; ++i) {
      training_branch b = layouts_.branches[nodes[first + (i < n ? i : 0)].branch];
      training_leaf l = layouts_.leaves[b.last - 1];
      l.virtual_stages = 1;
      put(x, i, b, l);
      const double data = layouts_.leaves[b.first].data;
      b.global_batch *= data / l.data;
      l.data = data;
      put(roomiest, i, b, l);
    }
    const training_step_memory<T> room = lane_law_(lane_plan(w, roomiest)).memory;
    training_lanes<T> memory;
    memory.set(room.total() / room.usable);
    basic_training_plan<T> p = lane_plan(w, x);
    if (w.recompute == recomputation::automatic) p.recompute = recomputation::none;
    training_figures<T> f = lane_law_(p);
    const training_time<T> whole = f.time;
    const quantity<unit::second, T> before = whole.total(), work = whole.work.total();
    f.time = {};
    f.time.work = whole.work;
    f.time.host = whole.host;
    f.time.stragglers = whole.stragglers * (work / (before - whole.stragglers - whole.optimizer - whole.host));
    f.memory = {};
    const T faster = before / f.time.total();
    f.use_compute = f.use_compute * faster;
    f.use_memory = f.use_memory * faster;
    const auto least = goals(f);
    for (std::size_t i = 0; i < n; ++i) {
      node& one = nodes[first + i];
      one.too_large = static_cast<double>(memory.lane[i]) > screening<T>::surely_too_large;
      for (std::size_t g = 0; g < 3; ++g) {
        const double q = least[g][i] * (1 - screening<T>::margin);
        one.least[g] = q - q == 0 ? q : 0;  // what a supply cannot feed at full speed it may feed at a lower one
      }
    }
  }

  void flush(const training_way& w, training_finalists& best, training_search_counts& counts) {
    for (std::size_t i = filled_; i < lanes; ++i) {  // repeat the first lane
      for (auto& field : lane_)
        field.lane[i] = field.lane[0];
    }
    const training_figures<T> f = lane_law_(lane_plan(w, lane_));
    training_lanes<T> memory;
    memory.set(f.memory.total() / f.memory.usable);
    counts.evaluated += static_cast<double>(filled_);
    const auto too_large = [](S share) { return static_cast<double>(share) > screening<T>::surely_too_large; };
    const bool none_fits = std::all_of(memory.lane.begin(), memory.lane.end(), too_large);
    const goal_lanes value = none_fits ? goal_lanes{} : goals(f);
    for (std::size_t i = 0; i < filled_; ++i) {
      const auto share = static_cast<double>(memory.lane[i]);
      if (too_large(memory.lane[i])) {
        ++counts.too_large;
        continue;
      }
      if (!(share > screening<T>::surely_fits)) {
        training_goals least{};
        bool finite = true;
        for (std::size_t g = 0; g < 3; ++g) {
          const double q = value[g][i];
          finite = finite && q - q == 0;
          least[g] = q * (1 - screening<T>::margin);
        }
        if (!finite || best.hopeless(least)) continue;
      }
      decide(w, where_[i], best, counts);
    }
    filled_ = 0;
  }

  // In double precision.
  void decide(const training_way& w, const place& at, training_finalists& best, training_search_counts& counts) const {
    const training_plan p = plan_of(w, layouts_.branches[at.branch], layouts_.leaves[at.leaf]);
    const training_figures<double> f = law_(p);
    if (!f.memory.fits()) {
      ++counts.too_large;
      return;
    }
    const auto r = run_training(f, run_, fleet_.chip, fleet_.site, fleet_.energy);
    const training_goals value{in<units::second>(r.wall_clock), in<units::usd>(r.cost()),
                               in<units::joule>(plain(r.site_energy))};
    for (const double q : value) {
      if (!(q - q == 0)) return;
    }
    best.offer({value, number_, p});
  }
};

// ---- what is wrong with a question

inline void check_list(const std::vector<double>& list, const char* name) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i] >= 1 && list[i] <= 1e9 && list[i] == std::floor(list[i])) continue;
    raise(
        invalid_value(std::string("space.") + name + "[" + std::to_string(i) + "] is " + to_exact_string(list[i]) +
                      "; allowed: a whole number from 1 to 1e9. Correct it, or leave the list empty for every value."));
  }
}
template <class List>
void check_ways(const List& list, const char* name) {
  if (list.empty()) {
    raise(invalid_value(std::string("space.") + name +
                        " is empty; allowed: at least one way. Name one, or leave the list as it is by default."));
  }
}

template <class Fleet>
void check_question(const models::transformer& model, const std::vector<Fleet>& fleets, const training_run& run,
                    const training_plan& base, const training_space& space, const training_search_options& options) {
  std::string text;
  const auto add = [&](const std::vector<finding>& found) {
    for (const finding& f : found) {
      if (!text.empty()) text += '\n';
      text += f.text();
    }
  };
  add(check(model, "model"));
  add(check(run, "run"));
  training_plan alone;  // with what the search does not choose
  alone.sequence = base.sequence, alone.global_batch = base.global_batch, alone.software_age = base.software_age;
  add(check(alone, "base"));
  for (std::size_t i = 0; i < fleets.size(); ++i) {
    const Fleet& f = fleets[i];
    const std::string path = "fleets[" + std::to_string(i) + "]";
    if (!(f.chips >= 1 && f.chips <= 1e9 && f.chips == std::floor(f.chips))) {
      add({{path + ".chips", to_exact_string(f.chips), "a whole number from 1 to 1e9", "Set the chips that train."}});
    }
    if constexpr (described<decltype(f.chip)>) add(check(f.chip, path + ".chip"));
    if constexpr (described<decltype(f.site)>) add(check(f.site, path + ".site"));
    if constexpr (described<decltype(f.energy)>) add(check(f.energy, path + ".energy"));
  }
  if (!text.empty()) raise(invalid_value(text));
  if (fleets.empty()) raise(invalid_value("fleets is empty; allowed: at least one. Give chips to train on."));
  if (options.keep == 0) raise(invalid_value("options.keep is 0; allowed: at least 1. Set the plans to return."));
  for (std::size_t i = 0; i < fleets.size(); ++i) {
    const auto need = [&](bool known, const char* what) {
      if (known) return;
      raise(missing_value("fleets[" + std::to_string(i) + "].chip." + what + " of " +
                          std::string(chips::name_of(fleets[i].chip)) + " is not published; set it"));
    };
    need(is_known(fleets[i].chip.price), "price");
    need(is_known(fleets[i].chip.thermal_design_power), "thermal_design_power");
    need(is_known(fleets[i].chip.idle_power), "idle_power");
  }
  check_list(space.tensor, "tensor");
  check_list(space.pipeline, "pipeline");
  check_list(space.context, "context");
  check_list(space.data, "data");
  check_list(space.expert, "expert");
  check_list(space.virtual_stages, "virtual_stages");
  check_list(space.micro_batch, "micro_batch");
  check_list(space.global_batch, "global_batch");
  check_ways(space.sequence_parallel, "sequence_parallel");
  check_ways(space.recompute, "recompute");
  check_ways(space.sharding, "sharding");
  check_ways(space.schedule, "schedule");
}

// Nothing divides.
template <class Fleet>
[[noreturn]] void no_layout(const std::vector<Fleet>& fleets, const models::transformer& model,
                            const training_plan& base, const training_search_counts& n) {
  std::string chips;
  for (const Fleet& f : fleets) {
    if (!chips.empty()) chips += ", ";
    chips += to_exact_string(f.chips);
  }
  std::string text = "no plan divides " + chips + " chips: ";
  if (n.splits == 0) {
    text += "no product of the tensor, pipeline, context and data ranks allowed by the space is that number. "
            "Allow other ranks, or take a number of chips that they multiply to.";
  } else {
    text += "of " + to_exact_string(n.splits) + " splits into tensor, pipeline, context and data ranks " +
            to_exact_string(n.against_model) + " do not suit the model (" + to_exact_string(model.heads) + " heads, " +
            to_exact_string(model.layers) + " layers" +
            (model.experts > 0 ? ", " + to_exact_string(model.experts) + " experts" : std::string()) +
            ", sequences of " + to_exact_string(base.sequence) + ") and " + to_exact_string(n.against_batch) +
            " do not divide the batch (" + to_exact_string(base.global_batch) +
            " sequences). Take a number of chips and a batch with more divisors in common with them.";
  }
  raise(infeasible(text));
}

// Everything is too large: the plan that needs least for its chip, and what it lacks.
template <class Search, class Fleet>
[[noreturn]] void nothing_fits(const std::vector<Search>& searches, const std::vector<Fleet>& fleets, double plans) {
  double least = std::numeric_limits<double>::infinity();
  std::string text;
  for (std::size_t i = 0; i < searches.size(); ++i) {
    const Search& s = searches[i];
    for (const training_branch& b : s.layouts().branches) {
      for (const training_way& w : s.ways()) {
        if (!w.offers(b)) continue;
        // States shrink with stages and with data ranks, so look at both ends.
        std::array<std::size_t, 2> ends{b.last, b.last};
        for (std::size_t l = b.first; l < b.last; ++l) {
          if (!w.offers(b, s.layouts().leaves[l])) continue;
          if (ends[0] == b.last) ends = {l, l};
          if (s.layouts().leaves[l].pipeline > s.layouts().leaves[ends[1]].pipeline) ends[1] = l;
        }
        for (const std::size_t at : ends) {
          if (at == b.last) continue;
          const training_plan p = s.plan_of(w, b, s.layouts().leaves[at]);
          const auto m = s.figures(p).memory;
          const double share = m.total() / m.usable;
          if (!(share < least)) continue;
          least = share;
          text = "none of " + to_exact_string(plans) + " plans fits in memory. The closest, on " +
                 to_exact_string(fleets[i].chips) + " " + chips::name_of(fleets[i].chip) + " (tensor " +
                 to_exact_string(p.tensor) + ", pipeline " + to_exact_string(p.pipeline) + ", context " +
                 to_exact_string(p.context) + ", data " + to_exact_string(p.data) + ", expert " +
                 to_exact_string(p.expert) + ", micro-batch " + to_exact_string(p.micro_batch) + "), needs " +
                 layercake::to_string(share) + " times what a chip has: " + how_to_fit(m, p) +
                 " If the space allows no more of that, take more chips, or chips with more memory.";
        }
      }
    }
  }
  if (!(least > 1)) {
    text =
        "no plan's run ends at a finite cost: failures come faster than the state can be saved, or the supply or the "
        "network cannot carry the chips. Take fewer chips, shorten site.reliability.checkpoint, or raise the "
        "connection.";
  }
  raise(infeasible(text));
}

}  // namespace detail

// The plans of least time, cost and energy for a whole training run, and the Pareto front of the three, over all plans
// in `space` on every one of `fleets`. What the space does not vary (sequence, software, fused attention, and the batch
// unless listed) is the base plan's.
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
// Throws invalid_value for fields outside their domains, missing_value for a chip without a price or a power,
// infeasible where no plan divides the chips or none fits in memory, with what comes closest and what to change.
// Leaves out: offloading to the host, plans that use only some of the chips, uneven shares of data.
// Source of the question: Isaev, McDonald, Dennison, Vuduc, Calculon, SC 2023.
// Worked number: a model of one layer and one head on 2 chips, 2 sequences a step, one way of doing things: data 2
// (micro-batch 1) or context 2 (micro-batch 1 or 2): 3 plans.
template <class T = bulk::batch<float>, class Chip, class Site, class Energy>
training_search_result best_training(const models::transformer& model,
                                     const std::vector<training_fleet<Chip, Site, Energy>>& fleets,
                                     const training_run& run, const training_plan& base,
                                     const training_space& space = {}, const training_search_options& options = {}) {
  detail::check_question(model, fleets, run, base, space, options);
  using search = detail::fleet_search<T, Chip, Site, Energy>;
  const std::vector<detail::training_way> ways = detail::ways_of(base, space);
  training_search_result r;
  training_search_counts& n = r.counts;
  std::vector<search> searches;
  searches.reserve(fleets.size());
  for (std::size_t i = 0; i < fleets.size(); ++i) {
    detail::training_layouts layouts = detail::layouts_of(model, fleets[i].chips, base, space);
    n.splits += layouts.counts.splits;
    n.against_model += layouts.counts.against_model;
    n.against_batch += layouts.counts.against_batch;
    searches.emplace_back(i, fleets[i], model, run, base, ways, std::move(layouts));
    for (const auto& way : ways) {
      for (const auto& branch : searches.back().layouts().branches)
        n.plans += searches.back().plans_of(way, branch);
    }
  }
  if (n.plans == 0) detail::no_layout(fleets, model, base, n);

  detail::training_finalists best(options.keep);
  if (!options.prune) {
    for (search& s : searches) {
      std::vector<std::size_t> all(s.layouts().branches.size());
      for (std::size_t b = 0; b < all.size(); ++b)
        all[b] = b;
      for (std::size_t w = 0; w < ways.size(); ++w)
        s.evaluate(w, all, best, n);
    }
  } else {
    struct task {
      search* of;
      typename search::group group;
    };
    std::vector<task> tasks;
    for (search& s : searches) {
      for (auto& g : s.groups())
        tasks.push_back({&s, std::move(g)});
    }
    // What promises most goes first: the least bound of each goal, then groups and branches in rising order of time.
    const auto least_time = [](const task& t) {
      double least = std::numeric_limits<double>::infinity();
      for (const auto& node : t.group.nodes)
        least = node.too_large ? least : std::fmin(least, node.least[0]);
      return least;
    };
    for (std::size_t goal = 0; goal < 3; ++goal) {
      task* of = nullptr;
      typename search::node* first = nullptr;
      for (task& t : tasks) {
        for (auto& node : t.group.nodes) {
          if (node.too_large || node.done || (first && !(node.least[goal] < first->least[goal]))) continue;
          of = &t, first = &node;
        }
      }
      if (!first) break;
      first->done = true;
      of->of->evaluate(of->group.way, std::array{first->branch}, best, n);
    }
    std::stable_sort(tasks.begin(), tasks.end(),
                     [&](const task& a, const task& b) { return least_time(a) < least_time(b); });
    for (task& t : tasks) {
      std::stable_sort(t.group.nodes.begin(), t.group.nodes.end(),
                       [](const auto& a, const auto& b) { return a.least[0] < b.least[0]; });
      const detail::training_way& way = ways[t.group.way];
      for (const auto& node : t.group.nodes) {
        if (node.done) continue;
        const double plans = t.of->plans_of(way, t.of->layouts().branches[node.branch]);
        if (node.too_large) {
          n.too_large += plans;
        } else if (best.hopeless(node.least)) {
          n.pruned += plans;
        } else {
          t.of->evaluate(t.group.way, std::array{node.branch}, best, n);
        }
      }
    }
  }
  if (best.front().empty()) detail::nothing_fits(searches, fleets, n.plans);

  const auto shown = [](const std::vector<detail::training_candidate>& list) {
    std::vector<trained_plan> plans;
    for (const auto& c : list) {
      plans.push_back({c.fleet, c.plan, c.value[0] * units::second, c.value[1] * units::usd,
                       as<kind::facility>(c.value[2] * units::joule)});
    }
    return plans;
  };
  r.fastest = shown(best.best(0));
  r.cheapest = shown(best.best(1));
  r.least_energy = shown(best.best(2));
  r.front = shown(best.front());
  return r;
}

// The same on one fleet.
template <class T = bulk::batch<float>, class Chip, class Site, class Energy>
training_search_result best_training(const models::transformer& model, const training_fleet<Chip, Site, Energy>& fleet,
                                     const training_run& run, const training_plan& base,
                                     const training_space& space = {}, const training_search_options& options = {}) {
  return best_training<T>(model, std::vector{fleet}, run, base, space, options);
}

}  // namespace layercake::planning
