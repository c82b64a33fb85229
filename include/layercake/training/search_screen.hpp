// Plans of one fleet, screened many at a time in the lanes of a batch; whatever could be among the best is decided in double
// precision.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <layercake/bulk/xsimd.hpp>
#include <layercake/training/run.hpp>
#include <layercake/training/search_best.hpp>
#include <layercake/training/search_space.hpp>
#include <utility>
#include <vector>

namespace layercake {

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

namespace detail {

// Screening by T: how far its figures may lie from those of double precision (relative), and between which shares of
// the usable memory it cannot tell whether a plan fits. A step that recomputes just enough fills the memory to the last
// byte, so the lower end must lie above rounding.
template <number T>
struct screening {
  static constexpr bool narrow = sizeof(scalar_of_t<T>) < sizeof(double);
  static constexpr double margin = narrow ? 2e-4 : 1e-9;
  static constexpr double surely_fits = 1 + memory_rounding * (narrow ? 0.5 : 0.999),
                          surely_too_large = 1 + memory_rounding * (narrow ? 10 : 1.001);
};

template <number T>
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
template <number T>
struct wider_of {
  using type = double;
};
template <class S, class Arch>
struct wider_of<bulk::batch<S, Arch>> {
  using type = bulk::batch<double, Arch>;
};
template <number T>
using wider = typename wider_of<T>::type;

// What is to be trained, whatever the fleet.
struct searched_run {
  const models::transformer& model;
  const training_run& run;
  const training_plan& base;
  const std::vector<training_way>& ways;
};

// One fleet: its layouts, and its law over lanes and over doubles.
template <number T, class Chip, class Site, class Energy>
class fleet_search {
public:
  using fleet_type = training_fleet<Chip, Site, Energy>;
  static constexpr std::size_t lanes = training_lanes<T>::count;

  fleet_search(std::size_t number, const fleet_type& fleet, const searched_run& question, training_layouts&& layouts)
      : number_(number),
        fleet_(fleet),
        base_(question.base),
        run_(question.run),
        wide_run_(layercake::with_number<wider<T>>(question.run)),
        ways_(question.ways),
        layouts_(std::move(layouts)),
        law_(training_law_of<double>(question.model, fleet.chip, fleet.site)),
        lane_law_(training_law_of<T>(question.model, fleet.chip, fleet.site)) {}

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
    if (w.offers_all()) return static_cast<double>(b.last - b.first);
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
  using S = scalar_of_t<T>;
  static constexpr std::size_t counts_of_plan = 8;  // tensor, pipeline, context, data, expert, chunks, both batches
  using plan_lanes = std::array<training_lanes<T>, counts_of_plan>;
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
  plan_lanes lane_{};
  std::array<place, lanes> where_{};
  std::size_t filled_ = 0;

  static void put(plan_lanes& to, std::size_t i, const training_branch& b, const training_leaf& l) {
    const double x[] = {b.tensor, l.pipeline,       b.context,     l.data,
                        b.expert, l.virtual_stages, b.micro_batch, b.global_batch};
    for (std::size_t k = 0; k < counts_of_plan; ++k)
      to[k].lane[i] = static_cast<S>(x[k]);
  }
  void put(std::size_t i, const training_branch& b, const training_leaf& l) { put(lane_, i, b, l); }

  basic_training_plan<T> lane_plan(const training_way& w, const plan_lanes& from) const {
    basic_training_plan<T> p;
    p.tensor = from[0].value(), p.pipeline = from[1].value(), p.context = from[2].value(), p.data = from[3].value();
    p.expert = from[4].value(), p.virtual_stages = from[5].value(), p.micro_batch = from[6].value();
    p.global_batch = from[7].value();
    p.sequence = number_cast<T>(base_.sequence), p.sharding_ranks = number_cast<T>(base_.sharding_ranks);
    p.software_age = number_cast<T>(base_.software_age);
    p.sequence_parallel = w.sequence_parallel, p.fused_attention = base_.fused_attention;
    p.sharding = w.sharding, p.recompute = w.recompute, p.schedule = w.schedule, p.math = w.math;
    p.software = layercake::with_number<T>(base_.software), p.delayed_update = base_.delayed_update;
    p.offload = layercake::with_number<T>(base_.offload), p.host = layercake::with_number<T>(base_.host);
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
      const training_run_figures<W> r = detail::checked_run(whole, wide_run_, fleet_.chip, fleet_.site, fleet_.energy);
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
    plan_lanes x, roomiest;
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
    memory.set(room.share());
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
    memory.set(f.memory.share());
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
        // What overflows the lanes, or a supply cannot feed, double precision decides.
        if (finite && best.hopeless(least)) continue;
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
    const auto r = detail::checked_run(f, run_, fleet_.chip, fleet_.site, fleet_.energy);
    const training_goals value{in<units::second>(r.wall_clock), in<units::usd>(r.cost()),
                               in<units::joule>(plain(r.site_energy))};
    for (const double q : value) {
      if (!(q - q == 0)) return;
    }
    best.offer({value, number_, p});
  }
};

}  // namespace detail
}  // namespace layercake
