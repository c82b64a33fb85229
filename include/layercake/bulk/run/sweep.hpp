// Sweeps: a question asked of a whole space, or of a whole uncertainty.
//
// ```cpp
// const stack service{energy::catalog::grid_ercot, chips::catalog::h100_sxm, infrastructure::site{},
//                     models::catalog::llama_3_1_70b.at(precision::fp8),
//                     applications::assistant{.daily_users = 1e6, .tasks_per_user = 12 / day, .input = 1200 * token, .output = 300 * token}};
// const auto price = [](auto& s) -> auto& { return s.energy.price; };
// const auto efficiency = [](auto& s) -> auto& { return s.infrastructure.power_usage_effectiveness; };
// auto best = bulk::sweep(service)
//                 .over(price, bulk::linear(30 * usd / megawatt_hour, 120 * usd / megawatt_hour, 100))
//                 .over(efficiency, bulk::linear(1.05, 1.6, 100))
//                 .run(bulk::minimum([](const auto& bill) { return bill.price_of_tokens(); }));
// ```
//
// Any field of a record that describes itself can be an axis: `over` (one input), `zip` (several along one axis),
// `sampled` (inputs known by distributions), `choose` (whole parts and labels); axes are crossed. `where` constrains
// them to each other and to the result. The formula is evaluated once with numbers that write down what is done with
// them, and what they wrote is run over the grid (program.hpp).
//
// Equality with the scalar path. A point has the same IEEE operations on the same operands in the same order as the
// record at that point (`at(i)`), whatever the number of threads and ranks. A formula of + - * / sqrt, comparisons,
// ceil and floor has its very bits, provided that the scalar path is compiled without contraction of a * b + c into one
// rounding: -ffp-contract=off where the target has multiply-adds, since the default of g++ in its gnu modes and of
// clang++ allows it. With contraction each operation of the scalar path may differ by half a unit in the last place.
// exp, expm1, log and log1p of swept inputs are the vector library's, within `elementary_ulp` of the standard
// library's; pow(x, y), there exp(y log x), within `power_ulp(x, y)`. What follows them in a formula carries that error
// on. `quotients(division::reciprocal)` adds up to 2 ulp a quotient.
#pragma once

#include <cmath>
#include <functional>
#include <layercake/bulk/keep/reductions.hpp>
#include <layercake/bulk/run/schedule.hpp>
#include <layercake/bulk/space/axes.hpp>
#include <layercake/bulk/tape/program.hpp>
#include <layercake/core/fields.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace layercake::bulk {

// Units in the last place by which pow(x, y) of swept inputs may differ from the scalar path's: a logarithm within
// elementary_ulp of it, rounded once more by the factor y, in the exponent of an exponential within elementary_ulp of
// it; a unit there is up to two of the last place.  2 (elementary_ulp + 1/2) |y ln x| + elementary_ulp + 1
inline double power_ulp(double x, double y) {
  return 2 * (elementary_ulp + 0.5) * std::fabs(y * std::log(x)) + elementary_ulp + 1;
}

namespace detail {

// An axis of a sweep: so many points, at each of which some inputs have values.
struct dimension {
  std::string name;
  std::uint64_t size = 1;
  std::shared_ptr<const source> values;  // null for a choice
  unsigned parts = 0;
};

// A formula written down for one combination of choices.
template <class S>
struct recorded_formula {
  tape<S> code;
  std::vector<typename program<S>::input> inputs;
  std::vector<place> conditions, outputs;
  std::vector<std::size_t> reasons;  // number of each condition among those of the sweep
  bool infeasible = false;           // no point of this combination is feasible, because of
  std::size_t infeasible_reason = 0;
};

// The order of the loops that needs the least work, outermost first.
template <class S>
std::vector<std::vector<unsigned>> best_nest(const std::vector<dimension>& dims, const std::vector<unsigned>& axes,
                                             const std::vector<dependence>& work) {
  // A point of the innermost loop costs a share of a vector instruction; a turn of an outer loop costs an interpreted operation; a block costs
  // the calls.
  constexpr double vector_cost = 0.3, scalar_cost = 3, call_cost = 6;
  const std::size_t n = axes.size();
  std::vector<unsigned> order(axes), best;
  double least = std::numeric_limits<double>::infinity();
  const auto cost_of = [&](const std::vector<unsigned>& o, std::size_t& merged_from) {
    // Short innermost axes are merged until they fill a block.
    double inner = static_cast<double>(dims[o[n - 1]].size);
    std::size_t from = n - 1;
    while (from > 0 && inner < static_cast<double>(smallest_block) && dims[o[from - 1]].size <= 4096 &&
           dims[o[from]].size <= 4096)
      inner *= static_cast<double>(dims[o[--from]].size);
    merged_from = from;
    double cost = 0, turns = 1;
    std::vector<double> turns_at(n);
    for (std::size_t l = 0; l < from; ++l)
      turns *= static_cast<double>(dims[o[l]].size), turns_at[l] = turns;
    std::uint64_t inner_axes = 0;
    for (std::size_t l = from; l < n; ++l)
      inner_axes |= std::uint64_t(1) << o[l];
    const double blocks = std::ceil(inner / static_cast<double>(largest_block));
    for (const dependence& d : work) {
      if (d.axes & inner_axes) {
        cost += d.operations * turns * (inner * vector_cost + blocks * call_cost);
        continue;
      }
      std::size_t deepest = 0;
      for (std::size_t l = 0; l < from; ++l) {
        if (d.axes & (std::uint64_t(1) << o[l])) deepest = l;
      }
      cost += d.operations * turns_at[deepest] * scalar_cost;
    }
    return cost;
  };
  std::size_t merged = n - 1, best_merged = n - 1;
  const auto consider = [&] {
    const double c = cost_of(order, merged);
    if (c < least) least = c, best = order, best_merged = merged;
  };
  if (n <= 6) {  // all orders, beginning with the one in which the axes were named
    std::vector<unsigned> count(n, 0);
    consider();
    for (std::size_t i = 1; i < n;) {  // Heap's algorithm
      if (count[i] < i) {
        std::swap(order[i % 2 == 0 ? 0 : count[i]], order[i]);
        consider();
        ++count[i];
        i = 1;
      } else {
        count[i++] = 0;
      }
    }
  } else {  // what touches least work innermost
    std::vector<double> touched(dims.size(), 0);
    for (const dependence& d : work) {
      for (const unsigned a : axes) {
        if (d.axes & (std::uint64_t(1) << a)) touched[a] += d.operations;
      }
    }
    for (std::size_t i = 1; i < n; ++i) {
      const unsigned a = order[i];
      std::size_t j = i;
      for (; j > 0 && touched[order[j - 1]] < touched[a]; --j)
        order[j] = order[j - 1];
      order[j] = a;
    }
    consider();
  }
  std::vector<std::vector<unsigned>> nest;
  for (std::size_t l = 0; l < best_merged; ++l)
    nest.push_back({best[l]});
  nest.emplace_back(best.begin() + static_cast<std::ptrdiff_t>(best_merged), best.end());
  return nest;
}

// A program with its loops and the numbering of its points.
template <class S>
struct nested_program {
  recorded_formula<S> formula;
  std::vector<std::vector<unsigned>> nest;  // axes of each loop
  std::unique_ptr<program<S>> code;
};

// Everything about a sweep that does not depend on the types of its inputs.
template <class S>
struct sweep_plan {
  std::vector<dimension> dims;
  std::vector<std::uint64_t> stride;       // of each axis in the numbering of points
  std::vector<unsigned> choices, numbers;  // axes that choose, axes that run
  std::uint64_t total = 1, variants = 1, per_variant = 1, chunk = 1;
  division how = division::ieee;
  std::vector<std::string> reasons;
  std::function<void(const std::vector<std::uint64_t>&, recorded_formula<S>&)>
      record;  // for these indices of the choices

  void lay_out() {
    double n = 1;
    for (const dimension& d : dims)
      n *= static_cast<double>(d.size);
    require_axis(n < 0x1p63,
                 "the sweep has " + to_string(n) + " points, more than can be counted (2^63); shorten an axis");
    require_axis(dims.size() <= 63, "the sweep has more than 63 axes; zip some");
    stride.assign(dims.size(), 1);
    for (std::size_t i = dims.size(); i-- > 0;) {
      stride[i] = total;
      total *= dims[i].size;
    }
    for (unsigned i = 0; i < dims.size(); ++i) {
      (dims[i].values ? numbers : choices).push_back(i);
      (dims[i].values ? per_variant : variants) *= dims[i].size;
    }
    if (numbers.empty()) {  // choices alone: one point each
      dims.push_back({"", 1, std::make_shared<list_source>(std::vector<double>{0}), 0});
      stride.push_back(0);
      numbers.push_back(static_cast<unsigned>(dims.size() - 1));
    }
    chunk = chunk_of(per_variant);
  }
  std::uint64_t chunks_per_variant() const { return (per_variant + chunk - 1) / chunk; }
  // The indices of the choices of a variant, the other axes at 0.
  std::vector<std::uint64_t> chosen(std::uint64_t variant) const {
    std::vector<std::uint64_t> indices(dims.size(), 0);
    for (std::size_t i = choices.size(); i-- > 0;) {
      indices[choices[i]] = variant % dims[choices[i]].size;
      variant /= dims[choices[i]].size;
    }
    return indices;
  }

  std::shared_ptr<const nested_program<S>> make(std::uint64_t variant) const {
    auto p = std::make_shared<nested_program<S>>();
    record(chosen(variant), p->formula);
    if (p->formula.infeasible) return p;
    std::vector<place> wanted = p->formula.conditions;
    wanted.insert(wanted.end(), p->formula.outputs.begin(), p->formula.outputs.end());
    p->nest = best_nest<S>(dims, numbers, program<S>::dependences(p->formula.code, p->formula.inputs, wanted));
    std::vector<loop> loops;
    for (const auto& axes : p->nest) {
      loop l;
      for (const unsigned a : axes)
        l.size *= dims[a].size, l.axes |= std::uint64_t(1) << a;
      loops.push_back(l);
    }
    p->code = std::make_unique<program<S>>(p->formula.code, p->formula.inputs, p->formula.conditions,
                                           p->formula.outputs, loops, how);
    p->formula.code = tape<S>();
    return p;
  }
};

// Recently used programs, shared by all workers.
template <class S>
class program_cache {
public:
  explicit program_cache(const sweep_plan<S>& p) : plan_(p) {}
  std::shared_ptr<const nested_program<S>> get(std::uint64_t variant) {
    {
      const std::lock_guard lock(mutex_);
      for (const auto& e : recent_) {
        if (e.first == variant) return e.second;
      }
    }
    auto made = plan_.make(variant);
    const std::lock_guard lock(mutex_);
    if (recent_.size() < 32) {
      recent_.emplace_back(variant, made);
    } else {
      recent_[turn_++ % 32] = {variant, made};
    }
    return made;
  }

private:
  const sweep_plan<S>& plan_;
  std::mutex mutex_;
  std::vector<std::pair<std::uint64_t, std::shared_ptr<const nested_program<S>>>> recent_;
  std::size_t turn_ = 0;
};

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

// Runs a range of points of one variant. `sink(results of every output, n, ...)` sees each block; `tally` counts.
template <class S>
class grid_runner {
public:
  grid_runner(const sweep_plan<S>& plan, std::shared_ptr<const nested_program<S>> p)
      : plan_(plan), program_(std::move(p)), run_(*program_->code) {
    const auto& nest = program_->nest;
    inner_size_ = 1;
    for (const unsigned a : nest.back())
      inner_size_ *= plan_.dims[a].size;
    at_.assign(nest.size(), 0);
    for (const dimension& d : plan_.dims)
      parts_ = d.parts > parts_ ? d.parts : parts_;
    wide_.resize(static_cast<std::size_t>(parts_ + 1) * program_->code->block());
    if (nest.back().size() > 1) {  // the numbers of the points of merged axes
      offsets_.resize(static_cast<std::size_t>(inner_size_));
      for (std::size_t v = 0; v < offsets_.size(); ++v) {
        std::uint64_t left = v, offset = 0;
        for (std::size_t k = nest.back().size(); k-- > 0;) {
          const unsigned a = nest.back()[k];
          offset += left % plan_.dims[a].size * plan_.stride[a];
          left /= plan_.dims[a].size;
        }
        offsets_[v] = offset;
      }
    }
    const std::size_t block = program_->code->block();
    for (std::uint64_t begin = 0; program_->code->tabulates() && begin < inner_size_; begin += block) {
      const std::size_t n = static_cast<std::size_t>(inner_size_ - begin < block ? inner_size_ - begin : block);
      if (offsets_.empty()) {
        fill_lanes(begin, n);
      } else {
        fill_merged_lanes(begin, n);
      }
      run_.tabulate(static_cast<std::size_t>(begin), n);
    }
  }

  template <class Sink>
  void range(std::uint64_t first, std::uint64_t last, std::uint64_t base, tally_state& tally, Sink&& sink) {
    const std::size_t outer = at_.size() - 1;
    for (std::uint64_t at = first; at < last;) {
      const std::uint64_t row = at / inner_size_, begin = at % inner_size_;
      std::uint64_t n = inner_size_ - begin < last - at ? inner_size_ - begin : last - at;
      std::uint64_t left = row;
      for (std::size_t l = outer; l-- > 0;) {
        const std::uint64_t size = plan_.dims[program_->nest[l][0]].size, i = left % size;
        left /= size;
        if (at_[l] != i) at_[l] = i, valid_ = l < valid_ ? l : valid_;
      }
      if (failing_ < 0 || failing_loop_ >= valid_) {
        failing_ = -1;
        while (valid_ < outer && failing_ < 0) {
          set_inputs(valid_);
          run_.turn(valid_);
          failing_ = run_.failing(valid_);
          failing_loop_ = valid_++;
        }
      }
      if (failing_ >= 0) {  // and so does every row until that loop turns
        std::uint64_t rows = 1;
        for (std::size_t l = failing_loop_ + 1; l < outer; ++l)
          rows *= plan_.dims[program_->nest[l][0]].size;
        const std::uint64_t next = (row / rows + 1) * rows * inner_size_;
        n = (next < last ? next : last) - at;
        tally.failed[reason(static_cast<std::size_t>(failing_))] += static_cast<double>(n);
      } else {
        run_row(begin, n, base, tally, sink);
      }
      tally.points += static_cast<double>(n);
      at += n;
    }
  }

private:
  const sweep_plan<S>& plan_;
  std::shared_ptr<const nested_program<S>> program_;
  typename program<S>::runner run_;
  std::vector<double> wide_;
  std::vector<std::uint64_t> offsets_;
  std::vector<std::uint64_t> at_;
  std::uint64_t inner_size_ = 1;
  unsigned parts_ = 1;
  std::size_t valid_ = 0;  // loops whose values are those of at_
  int failing_ = -1;       // condition that fails in loop failing_loop_
  std::size_t failing_loop_ = 0;

  std::size_t reason(std::size_t condition) const { return program_->formula.reasons[condition]; }

  double single(const typename program<S>::input& in, std::uint64_t i) {
    std::vector<double>& v = wide_;
    std::vector<double*> out(plan_.dims[in.axis].parts);
    for (std::size_t k = 0; k < out.size(); ++k)
      out[k] = v.data() + k;
    plan_.dims[in.axis].values->fill(i, 1, out.data());
    return v[in.part];
  }
  void set_inputs(std::size_t l) {
    const unsigned axis = program_->nest[l][0];
    const dimension& d = plan_.dims[axis];
    std::vector<double*>& out = pointers_;
    out.resize(d.parts);
    for (std::size_t k = 0; k < out.size(); ++k)
      out[k] = wide_.data() + k;
    d.values->fill(at_[l], 1, out.data());
    for (std::size_t i = 0; i < program_->formula.inputs.size(); ++i) {
      const auto& in = program_->formula.inputs[i];
      if (in.axis == axis) run_.set(i, static_cast<S>(wide_[in.part]));
    }
  }
  std::vector<double*> pointers_;

  void fill_lanes(std::uint64_t begin, std::size_t n) {
    const std::size_t block = program_->code->block();
    const unsigned axis = program_->nest.back()[0];
    const dimension& d = plan_.dims[axis];
    if (d.parts == 0) return;
    pointers_.resize(d.parts);
    for (std::size_t k = 0; k < d.parts; ++k)
      pointers_[k] = wide_.data() + k * block;
    d.values->fill(begin, n, pointers_.data());
    for (std::size_t i = 0; i < program_->formula.inputs.size(); ++i) {
      const auto& in = program_->formula.inputs[i];
      S* const to = in.axis == axis ? run_.lanes_of(i) : nullptr;
      if (!to) continue;
      for (std::size_t j = 0; j < n; ++j)
        to[j] = static_cast<S>(pointers_[in.part][j]);
      pad(to, n, block);
    }
  }
  void fill_merged_lanes(std::uint64_t begin, std::size_t n) {
    const auto& axes = program_->nest.back();
    for (std::size_t i = 0; i < program_->formula.inputs.size(); ++i) {
      const auto& in = program_->formula.inputs[i];
      S* const to = run_.lanes_of(i);
      if (!to) continue;
      std::uint64_t below = 1;
      for (std::size_t k = axes.size(); k-- > 0 && axes[k] != in.axis;)
        below *= plan_.dims[axes[k]].size;
      for (std::size_t j = 0; j < n; ++j)
        to[j] = static_cast<S>(single(in, (begin + j) / below % plan_.dims[in.axis].size));
      pad(to, n, program_->code->block());
    }
  }
  // The rest of the last vector repeats the last lane, so that it computes nothing unheard of.
  static void pad(S* lane, std::size_t n, std::size_t block) {
    constexpr std::size_t widest = 64 / sizeof(float);
    for (std::size_t j = n; j < block && j < n + widest; ++j)
      lane[j] = lane[n - 1];
  }

  template <class Sink>
  void run_row(std::uint64_t begin, std::uint64_t n, std::uint64_t base, tally_state& tally, Sink& sink) {
    run_.begin_row();
    std::uint64_t first = base;
    for (std::size_t l = 0; l + 1 < at_.size(); ++l)
      first += at_[l] * plan_.stride[program_->nest[l][0]];
    const std::uint64_t step = plan_.stride[program_->nest.back().back()];
    const std::size_t block = program_->code->block();
    for (std::uint64_t done = 0; done < n; done += block) {
      const std::size_t m = static_cast<std::size_t>(n - done < block ? n - done : block);
      if (program_->code->tabulates()) {
        run_.move_to(static_cast<std::size_t>(begin + done));
      } else {
        fill_lanes(begin + done, m);
      }
      const std::size_t feasible = run_.block(
          m, [&](std::size_t k, std::size_t lanes) { tally.failed[reason(k)] += static_cast<double>(lanes); });
      if (feasible == 0) continue;
      if (offsets_.empty()) {
        sink(run_, m, first + (begin + done) * step, step, static_cast<const std::uint64_t*>(nullptr));
      } else {
        sink(run_, m, first, std::uint64_t(0), offsets_.data() + begin + done);
      }
    }
  }
};

// ---- reductions of a sweep, together -------------------------------------------------------------------------------------------------

template <class S, class... R>
struct partial_of final : partial {
  tally_state tally;
  std::tuple<decltype(std::declval<const R&>().template start<S>())...> states;

  partial_of(const std::tuple<R...>& reductions, std::size_t reasons)
      : states(std::apply([](const R&... r) { return std::tuple{r.template start<S>()...}; }, reductions)) {
    tally.failed.assign(reasons, 0);
  }
  void save(writer& w) const override {
    w.put(tally.points);
    w.put(tally.failed);
    std::apply([&](const auto&... s) { (s.save(w), ...); }, states);
  }
  void load(reader& r) override {
    r.get(tally.points);
    r.get(tally.failed);
    std::apply([&](auto&... s) { (s.load(r), ...); }, states);
  }
  void merge(const partial& later) override {
    const auto& o = static_cast<const partial_of&>(later);
    tally.merge(o.tally);
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      (std::get<Index>(states).merge(std::get<Index>(o.states)), ...);
    }
    (std::index_sequence_for<R...>{});
  }
};

template <class S, class... R>
struct job_of final : job {
  const sweep_plan<S>& plan;
  const std::tuple<R...>& reductions;
  const std::vector<std::size_t>& columns;  // of the outputs, for each function of each reduction
  mutable program_cache<S> cache;

  job_of(const sweep_plan<S>& p, const std::tuple<R...>& r, const std::vector<std::size_t>& c)
      : plan(p), reductions(r), columns(c), cache(p) {}

  std::uint64_t chunks() const override { return plan.variants * plan.chunks_per_variant(); }
  double points() const override { return static_cast<double>(plan.total); }
  double points_of(std::uint64_t chunk) const override {
    const std::uint64_t first = chunk % plan.chunks_per_variant() * plan.chunk;
    return static_cast<double>(plan.per_variant - first < plan.chunk ? plan.per_variant - first : plan.chunk);
  }
  // Axes with their values; what the formula does, for the choices too; conditions; reductions.
  std::uint64_t fingerprint() const override {
    digest d;
    d.add(fingerprint_of(reductions));
    d.add(static_cast<std::uint64_t>(sizeof(S)) << 8 | static_cast<std::uint64_t>(plan.how));
    d.add(plan.chunk);
    for (const dimension& axis : plan.dims) {
      d.add(axis.size);
      d.add(axis.name);
      if (axis.parts > 0) add_values(d, axis);
    }
    for (const std::string& r : plan.reasons)
      d.add(r);
    // All combinations of choices; of very many, a sample.
    constexpr std::uint64_t most = 512;
    const std::uint64_t step = plan.variants / most + 1;
    for (std::uint64_t v = 0; v < plan.variants; v += step) {
      recorded_formula<S> f;
      plan.record(plan.chosen(v), f);
      add_formula(d, f);
    }
    return d.value();
  }
  // All values that were listed; of a rule's, enough to know it by.
  static void add_values(digest& d, const dimension& axis) {
    constexpr std::size_t block = 64;
    constexpr std::uint64_t most = 4096;  // blocks
    const std::uint64_t blocks = (axis.size + block - 1) / block, step = axis.values->listed() ? 1 : blocks / most + 1;
    std::vector<double> values(block * axis.parts);
    std::vector<double*> out(axis.parts);
    for (std::size_t k = 0; k < out.size(); ++k)
      out[k] = values.data() + k * block;
    for (std::uint64_t b = 0; b < blocks; b += step) {
      const std::uint64_t first = b * block;
      const std::size_t n = static_cast<std::size_t>(axis.size - first < block ? axis.size - first : block);
      axis.values->fill(first, n, out.data());
      for (const double* v : out)
        d.add(v, n * sizeof(double));
    }
  }
  static void add_formula(digest& d, const recorded_formula<S>& f) {
    d.add(static_cast<std::uint64_t>(f.infeasible) << 32 | f.infeasible_reason);
    for (const auto& e : f.code.entries()) {
      for (const place p : {static_cast<place>(e.op), e.a, e.b, e.c})
        d.add(static_cast<std::uint64_t>(static_cast<std::uint32_t>(p)));
      d.add(static_cast<double>(e.value));
    }
    for (const auto& i : f.inputs)
      d.add(static_cast<std::uint64_t>(i.axis) << 32 | i.part);
    for (const auto* places : {&f.conditions, &f.outputs}) {
      d.add(static_cast<std::uint64_t>(places->size()));
      for (const place p : *places)
        d.add(static_cast<std::uint64_t>(p));
    }
  }
  std::unique_ptr<worker> make_worker() const override;
  std::unique_ptr<partial> make_partial() const override {
    return std::make_unique<partial_of<S, R...>>(reductions, plan.reasons.size());
  }
};

template <class S, class... R>
struct worker_of final : worker {
  const job_of<S, R...>& job;
  std::uint64_t variant = ~std::uint64_t(0);
  std::shared_ptr<const nested_program<S>> code;
  std::unique_ptr<grid_runner<S>> runner;
  std::vector<const S*> column;

  explicit worker_of(const job_of<S, R...>& j) : job(j), column(j.columns.size()) {}
  void run(std::uint64_t chunk, partial& into) override {
    auto& p = static_cast<partial_of<S, R...>&>(into);
    const sweep_plan<S>& plan = job.plan;
    const std::uint64_t v = chunk / plan.chunks_per_variant(), first = chunk % plan.chunks_per_variant() * plan.chunk;
    const std::uint64_t last = first + plan.chunk < plan.per_variant ? first + plan.chunk : plan.per_variant;
    if (v != variant) {
      runner.reset();
      code = job.cache.get(v);
      variant = v;
      if (code->code) runner = std::make_unique<grid_runner<S>>(plan, code);
    }
    if (!runner) {
      p.tally.points += static_cast<double>(last - first);
      p.tally.failed[code->formula.infeasible_reason] += static_cast<double>(last - first);
      return;
    }
    std::uint64_t base = 0, left = v;
    for (std::size_t i = plan.choices.size(); i-- > 0;) {
      base += left % plan.dims[plan.choices[i]].size * plan.stride[plan.choices[i]];
      left /= plan.dims[plan.choices[i]].size;
    }
    runner->range(first, last, base, p.tally,
                  [&](auto& r, std::size_t n, std::uint64_t from, std::uint64_t step, const std::uint64_t* offset) {
                    for (std::size_t k = 0; k < column.size(); ++k)
                      column[k] = r.output(job.columns[k]);
                    const S* const* at = column.data();
                    const auto one = [&](auto& state, std::size_t functions) {
                      state.add(results<S>{n, at, from, step, offset});
                      at += functions;
                    };
                    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
                      (one(std::get<Index>(p.states), std::tuple_size_v<decltype(std::get<Index>(job.reductions).of)>),
                       ...);
                    }
                    (std::index_sequence_for<R...>{});
                  });
  }
};
template <class S, class... R>
std::unique_ptr<worker> job_of<S, R...>::make_worker() const {
  return std::make_unique<worker_of<S, R...>>(*this);
}

// What the reductions keep, for the text of an error.
template <class S, class... R>
std::string memory_asked(const std::tuple<R...>& reductions, double points) {
  std::string text;
  const auto add = [&](const std::string& what, double bytes) {
    text += (text.empty() ? "" : ", ") + what + " (" + bytes_text(bytes) + ")";
  };
  const auto one = [&](const auto& r) {
    if constexpr (requires { r.k; }) {
      const double k = static_cast<double>(r.k) < points ? static_cast<double>(r.k) : points;
      if (k > 1) add("the best " + to_string(k), k * sizeof(ranked<S>));
    } else if constexpr (requires { r.bins; }) {
      add("a histogram of " + to_string(static_cast<double>(r.bins)) + " bins", static_cast<double>(r.bins) * 8);
    } else if constexpr (requires { r.to; }) {
      add("a column of " + to_string(points) + " values", points * sizeof(*r.to.data()));
    }
  };
  std::apply([&](const R&... r) { (one(r), ...); }, reductions);
  return "bulk: there is no memory for a sweep of " + to_string(points) + " points" +
         (text.empty() ? "" : " that keeps " + text + ", and as much again for each chunk that is being done") +
         "; keep less (a smaller k, fewer bins, fewer columns), run it on fewer threads, or free memory";
}

// Every point of the sweep gives a value: a column need not be wiped first.
template <class R>
void passes_over_none(R& r) {
  if constexpr (requires { r.gaps; }) r.gaps = false;
}

// Carries a job out and gives the states of its reductions. Columns are checked before anything is written, and hold
// NaN if the sweep does not end.
template <class S, class Schedule, class Job, class... R>
std::unique_ptr<partial_of<S, R...>> carry_out(const Schedule& schedule, const control& c, const Job& question,
                                               const std::tuple<R...>& reductions, std::size_t reasons,
                                               std::uint64_t points) {
  check_columns(reductions, points);
  return with_memory(
      [&] {
        auto total = std::make_unique<partial_of<S, R...>>(reductions, reasons);
        unless_kept columns(total->states);
        collector all(question, *total, c);
        schedule(all);
        if (schedule.owns_result()) {
          if (!all.complete()) raise(error("bulk: the schedule left chunks of the sweep undone"));
          all.finish();
        }
        columns.kept = schedule.owns_result();  // other ranks hold a part of the columns
        return total;
      },
      [&] { return memory_asked<S>(reductions, static_cast<double>(points)); });
}

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
    template <class S>
    void add(const results<S>&) {}
    void merge(const state&) {}
    void save(writer&) const {}
    void load(reader&) {}
  };
  template <class S>
  state start() const {
    return {};
  }
};
inline counting_of counts() { return {}; }

namespace detail {
template <class X>
concept composed = requires(const X& x) {
  x.energy;
  x.chip;
  x.infrastructure;
  x.model;
  x.application;
  x.plan;
};

template <class U, class X>
auto rebound(const X& x) {
  if constexpr (requires { x.template over<U>(); }) {
    return x.template over<U>();
  } else {
    return layercake::with_number<U>(x);
  }
}

// The formula of a stack: its bill.
struct pulled {
  counting how = counting::whole;
  template <class X>
  auto operator()(const X& x) const {
    return x.pull(how);
  }
};

template <class F, class X, class Result>
decltype(auto) read(const F& f, const X& x, const Result& r) {
  if constexpr (requires { f(r); }) {
    return f(r);
  } else {
    static_assert(
        requires { f(x, r); },
        "layercake: what a sweep keeps is a function of the result (the bill), or of the inputs and the result");
    return f(x, r);
  }
}

// Finds the field that lives at an address, its name and its domain.
struct field_finder {
  const void* address;
  std::string path;
  domain allowed = any_finite;
  const char* meaning = "";
  bool found = false;
  template <class V, class D>
  void field(const std::string& p, const V& value, const D& d) {
    if (static_cast<const void*>(&value) == address) path = p, allowed = d.allowed, meaning = d.meaning, found = true;
  }
  template <class X>
  void record(const std::string&, const X&) {}
};
}  // namespace detail

// An input and what it runs through, for axes of several inputs at once: zip(along(...), along(...)).
template <class Access, class Unit>
struct along_of {
  Access access;
  axis<Unit> values;
};
template <class Access, class Unit>
along_of<Access, Unit> along(Access access, axis<Unit> values) {
  return {std::move(access), std::move(values)};
}
// An input known by a distribution: sampled(points, uncertain(...), uncertain(...)).
template <class Access, class Unit>
struct uncertain_of {
  Access access;
  distribution<Unit> values;
};
template <class Access, class Unit>
uncertain_of<Access, Unit> uncertain(Access access, distribution<Unit> values) {
  return {std::move(access), std::move(values)};
}
// Uncertain inputs that go together: the correlations, by rows, of the standard normal variates behind them (a Gaussian
// copula; for distributions that are themselves normal, their own). Throws invalid_axis for a matrix that is not
// symmetric with 1 on the diagonal, or whose entries contradict each other.
template <class... Uncertain>
struct correlated_of {
  std::vector<double> correlation;
  std::tuple<Uncertain...> inputs;
};
template <class... Access, class... Unit>
correlated_of<uncertain_of<Access, Unit>...> correlated(std::vector<double> correlation,
                                                        const uncertain_of<Access, Unit>&... inputs) {
  static_cast<void>(detail::cholesky(correlation, sizeof...(inputs)));  // checks
  return {std::move(correlation), {inputs...}};
}

// How many inputs an uncertain input or a correlated group draws.
template <class Input>
inline constexpr std::size_t inputs_in = 1;
template <class... Uncertain>
inline constexpr std::size_t inputs_in<correlated_of<Uncertain...>> = sizeof...(Uncertain);

namespace detail {
// Calls f(matrix, inputs...) for each input by itself and for each correlated group.
template <class F, class Access, class Unit>
void each_group(const F& f, const uncertain_of<Access, Unit>& u) {
  f(std::vector<double>{}, u);
}
template <class F, class... Uncertain>
void each_group(const F& f, const correlated_of<Uncertain...>& g) {
  std::apply([&](const auto&... u) { f(g.correlation, u...); }, g.inputs);
}
template <class Input>
inline constexpr bool is_uncertain = false;
template <class Access, class Unit>
inline constexpr bool is_uncertain<uncertain_of<Access, Unit>> = true;
template <class... Uncertain>
inline constexpr bool is_uncertain<correlated_of<Uncertain...>> = true;
}  // namespace detail

// An input known by a distribution, or a correlated group of them.
template <class Input>
concept uncertain_input = detail::is_uncertain<Input>;

// A question asked of many points. X is a stack or any record that describes its fields; Formula is called with the record over any number
// type and returns what reductions look at. S is the number type of the points, double or float.
template <class S, class X, class Formula>
class sweep_of {
  using number_type = recorded<S>;
  using inputs_type = decltype(detail::rebound<number_type>(std::declval<const X&>()));
  using result_type = std::remove_cvref_t<std::invoke_result_t<const Formula&, const inputs_type&>>;

public:
  sweep_of(X base, Formula formula) : base_(std::move(base)), formula_(std::move(formula)) {
    reasons_.push_back("the combination cannot be composed");
  }

  // An axis: the input that `access` names runs through `values`.
  template <class Access, class Unit>
  sweep_of over(Access access, const axis<Unit>& values) && {
    bind(access, values.lowest_base(), values.highest_base(), 0, &values);
    dims_.push_back({bindings_.back().path, values.size(), values.source(), 1});
    return std::move(*this);
  }
  // Several inputs along one axis, all of one length.
  template <class... Access, class... Unit>
  sweep_of zip(const along_of<Access, Unit>&... a) && {
    static_assert(sizeof...(a) > 0);
    const std::uint64_t sizes[] = {a.values.size()...};
    for (const std::uint64_t n : sizes) {
      detail::require_axis(n == sizes[0], "zipped axes have " + std::to_string(sizes[0]) + " and " + std::to_string(n) +
                                              " points; give them the same number");
    }
    std::string name;
    unsigned part = 0;
    const auto one = [&](const auto& x) {
      bind(x.access, x.values.lowest_base(), x.values.highest_base(), part++, &x.values);
      name += (name.empty() ? "" : ", ") + bindings_.back().path;
    };
    (one(a), ...);
    dims_.push_back({name, sizes[0],
                     std::make_shared<detail::zipped_source>(
                         std::vector<std::shared_ptr<const detail::source>>{a.values.source()...}),
                     part});
    return std::move(*this);
  }
  // Inputs drawn from distributions at the points of a sample: uncertain(...) each, or correlated(...) together.
  template <uncertain_input... Input>
  sweep_of sampled(const sample& points, const Input&... inputs) && {
    constexpr std::size_t all = (std::size_t(0) + ... + inputs_in<Input>);
    auto drawn = std::make_shared<detail::drawn_source>();
    drawn->shares = points.make(points.seed, all);
    unsigned part = 0;
    const auto one = [&]<class Access, class Unit>(const uncertain_of<Access, Unit>& u) {
      bind(u.access, u.values.low, u.values.high, part++, static_cast<const axis<Unit>*>(nullptr));
      drawn->quantiles.push_back(u.values.quantile);
    };
    const auto group = [&](const std::vector<double>& correlation, const auto&... u) {
      if (!correlation.empty())
        drawn->correlated.push_back({part, sizeof...(u), detail::cholesky(correlation, sizeof...(u))});
      (one(u), ...);
    };
    (detail::each_group(group, inputs), ...);
    dims_.push_back({"sample", points.points, drawn, part});
    return std::move(*this);
  }
  // An axis of whole parts or of labels: chips, models, sites, number formats. A stack is composed anew for each, with a plan of its own, unless
  // the choice is the plan.
  template <class Access, class Range>
  sweep_of choose(Access access, const Range& values) && {
    using V = std::remove_cvref_t<decltype(*std::begin(values))>;
    static_assert(std::same_as<std::remove_cvref_t<decltype(access(std::declval<X&>()))>, V>,
                  "layercake: the values to choose from have another type than the part they replace");
    auto list = std::make_shared<std::vector<V>>(std::begin(values), std::end(values));
    detail::require_axis(!list->empty(), "there is nothing to choose from; give at least one value");
    const unsigned axis = static_cast<unsigned>(dims_.size());
    choices_.push_back({axis, [access, list](X& x, std::uint64_t i) { access(x) = (*list)[i]; }});
    dims_.push_back({"choice", list->size(), nullptr, 0});
    return std::move(*this);
  }
  // Points that fail are counted under `reason` and never win. What depends on outer axes alone is checked once for all points inside.
  template <class Condition>
  sweep_of where(std::string reason, Condition holds) && {
    conditions_.push_back(
        [holds](const inputs_type& x, const result_type& r) -> recorded_mask<S> { return detail::read(holds, x, r); });
    reasons_.push_back(std::move(reason));
    return std::move(*this);
  }
  sweep_of quotients(division how) && {
    how_ = how;
    return std::move(*this);
  }

  double points() const {
    double n = 1;
    for (const auto& d : dims_)
      n *= static_cast<double>(d.size);
    return n;
  }
  // Paths of the inputs, in the order in which they were named.
  std::vector<std::string> input_names() const {
    std::vector<std::string> names;
    for (const binding& b : bindings_)
      names.push_back(b.path);
    return names;
  }
  // The unit of what a reduction's function returns.
  template <class F>
  using unit_of_figure = unit_of_t<decltype(detail::read(std::declval<const F&>(), std::declval<const inputs_type&>(),
                                                         std::declval<const result_type&>()))>;

  // The value of each input at a point, by name.
  std::vector<std::pair<std::string, std::string>> coordinates(std::uint64_t index) const {
    std::vector<std::pair<std::string, std::string>> list;
    const std::vector<std::uint64_t> i = indices(index);
    for (const binding& b : bindings_)
      list.emplace_back(b.path, b.text(value(b, i[b.axis])));
    for (const choice& c : choices_)
      list.emplace_back(dims_[c.axis].name, std::to_string(i[c.axis]));
    return list;
  }
  // The record at a point, to look at it with the formula for one.
  X at(std::uint64_t index) const {
    const std::vector<std::uint64_t> i = indices(index);
    X x = base_;
    choose_in(x, i);
    for (const binding& b : bindings_)
      b.set_plain(x, value(b, i[b.axis]));
    return x;
  }

  // Runs the sweep on this thread. One reduction gives its result, several give a tuple.
  template <class... R>
  auto run(R... reductions) const {
    return run_on(serial{}, control{}, std::move(reductions)...);
  }
  // The same on threads or a cluster (adapters/), watched.
  template <class Schedule, class... R>
  auto run_on(const Schedule& schedule, const control& c, R... given) const {
    if (conditions_.empty() && choices_.empty()) (detail::passes_over_none(given), ...);
    const std::tuple<R...> reductions{std::move(given)...};
    detail::sweep_plan<S> plan;
    plan.dims = dims_;
    plan.how = how_;
    plan.reasons = reasons_;
    plan.record = [&](const std::vector<std::uint64_t>& chosen, detail::recorded_formula<S>& f) {
      record(chosen, reductions, f);
    };
    plan.lay_out();
    std::vector<std::size_t> columns;
    for (std::size_t k = 0; k < functions<R...>(); ++k)
      columns.push_back(k);
    const detail::job_of<S, R...> job(plan, reductions, columns);
    const auto total = detail::carry_out<S>(schedule, c, job, reductions, reasons_.size(), plan.total);
    return finished(reductions, *total, std::make_index_sequence<sizeof...(R)>{});
  }

private:
  struct binding {
    std::string path;
    unsigned axis, part;
    double low, high;  // domain, where the values may leave it
    bool guarded;
    std::function<void(inputs_type&, const number_type&)> set;
    std::function<recorded_mask<S>(const number_type&)> inside;
    std::function<void(X&, double)> set_plain;
    std::string (*text)(double);
  };
  struct choice {
    unsigned axis;
    std::function<void(X&, std::uint64_t)> set;
  };

  X base_;
  Formula formula_;
  std::vector<detail::dimension> dims_;
  std::vector<binding> bindings_;
  std::vector<choice> choices_;
  std::vector<std::function<recorded_mask<S>(const inputs_type&, const result_type&)>> conditions_;
  std::vector<std::string> reasons_;
  division how_ = division::ieee;

  // `values` of the axis; null for what is drawn.
  template <class Access, class Unit>
  void bind(const Access& access, double low, double high, unsigned part, const axis<Unit>* values) {
    const bool drawn = values == nullptr;
    using V = std::remove_cvref_t<decltype(access(std::declval<inputs_type&>()))>;
    static_assert(std::same_as<unit_of_t<V>, Unit>,
                  "layercake: the axis has another unit than the input that it is for");
    X probe = base_;
    const auto& field = access(probe);
    detail::field_finder finder{&field, {}};
    layercake::walk(std::as_const(probe), "", finder);
    binding b;
    b.path = finder.found ? finder.path : "input " + std::to_string(bindings_.size());
    for (const binding& o : bindings_) {
      detail::require_axis(!finder.found || o.path != b.path, b.path + " is on two axes; name it once");
    }
    b.axis = static_cast<unsigned>(dims_.size());
    b.part = part;
    b.low = finder.allowed.low;
    b.high = finder.allowed.high;
    b.guarded = false;
    b.text = [](double x) { return to_string(from_base_value<quantity_t<Unit>>(x)); };
    // An unbounded distribution may leave the domain: such draws are counted. Whatever is known to leave it is refused.
    if (finder.found && finder.allowed.whole) {
      detail::require_axis(!drawn, b.path + " is a whole number, and a distribution gives values between; sweep it by "
                                            "bulk::integers or bulk::list");
      const std::uint64_t step = values->size() / checked_values + 1;
      for (std::uint64_t i = 0; i < values->size(); i += step) {
        const double x = detail::base_of((*values)[i]);
        if (!finder.allowed.contains(x)) complain(b, x, finder);
      }
    }
    const auto fits = [&](double x) {
      return finder.allowed.contains(x) || (drawn && (!std::isfinite(x) || x == b.low || x == b.high));
    };
    if (!fits(low)) complain(b, low, finder);
    if (!fits(high)) complain(b, high, finder);
    if (drawn && (!(low >= b.low) || !(high <= b.high) || (finder.allowed.low_excluded && low <= b.low))) {
      b.guarded = true;
      b.inside = [l = static_cast<S>(b.low), h = static_cast<S>(b.high),
                  open = finder.allowed.low_excluded](const number_type& x) {
        return (open ? x > number_type(l) : x >= number_type(l)) && x <= number_type(h);
      };
      reasons_.push_back(b.path + " is drawn outside its domain");
      const std::size_t me = bindings_.size();
      conditions_.push_back(nullptr);
      guard_of_.push_back({conditions_.size() - 1, me});
    }
    b.set = [access](inputs_type& x, const number_type& v) { access(x) = from_base_value<V>(v); };
    b.set_plain = [access](X& x, double v) {
      using P = std::remove_cvref_t<decltype(access(x))>;
      access(x) = from_base_value<P>(number_cast<std::remove_cvref_t<decltype(base_value(access(x)))>>(v));
    };
    bindings_.push_back(std::move(b));
  }
  static constexpr std::uint64_t checked_values = 1u << 20;  // of an axis of whole numbers, one by one
  struct guard {
    std::size_t condition, binding;
  };
  std::vector<guard> guard_of_;

  static void complain(const binding& b, double value, const detail::field_finder& f) {
    raise(invalid_axis("bulk: the axis of " + b.path + " reaches " + b.text(value) + "; allowed: " +
                       range_text(f.allowed, b.text(f.allowed.low), b.text(f.allowed.high), value > f.allowed.high) +
                       ". It is " + f.meaning + "."));
  }
  double value(const binding& b, std::uint64_t i) const {
    const detail::dimension& d = dims_[b.axis];
    std::vector<double> v(d.parts);
    std::vector<double*> out(d.parts);
    for (std::size_t k = 0; k < out.size(); ++k)
      out[k] = &v[k];
    d.values->fill(i, 1, out.data());
    return v[b.part];
  }
  std::vector<std::uint64_t> indices(std::uint64_t index) const {
    std::vector<std::uint64_t> i(dims_.size());
    for (std::size_t k = dims_.size(); k-- > 0;) {
      i[k] = index % dims_[k].size;
      index /= dims_[k].size;
    }
    detail::require_axis(index == 0, "there is no such point in the sweep");
    return i;
  }

  void choose_in(X& x, const std::vector<std::uint64_t>& i) const {
    if (choices_.empty()) return;
    for (const choice& c : choices_)
      c.set(x, i[c.axis]);
    if constexpr (detail::composed<X>) {
      const auto same = [](const auto& a, const auto& b) {
        return a.tensor == b.tensor && a.pipeline == b.pipeline && a.expert == b.expert &&
               a.concurrency == b.concurrency && a.memory_share == b.memory_share;
      };
      if (same(x.plan, base_.plan)) x = X(x.energy, x.chip, x.infrastructure, x.model, x.application);
    }
  }
  // False if the chosen parts do not go together.
  bool composed(X& x, const std::vector<std::uint64_t>& chosen) const {
#if defined(__cpp_exceptions)
    try {
      choose_in(x, chosen);
    } catch (const error&) {
      return false;
    }
#else
    choose_in(x, chosen);
#endif
    return true;
  }

  template <class... R>
  void record(const std::vector<std::uint64_t>& chosen, const std::tuple<R...>& reductions,
              detail::recorded_formula<S>& f) const {
    X x = base_;
    if (!composed(x, chosen)) {
      f.infeasible = true;
      return;
    }
    const recording<S> to(f.code);
    inputs_type over = detail::rebound<number_type>(x);
    std::vector<number_type> numbers;
    for (const binding& b : bindings_) {
      const S v = static_cast<S>(value(b, 0));
      const place p = f.code.input(v);
      f.inputs.push_back({p, b.axis, b.part});
      numbers.push_back(number_type(v, p));
      b.set(over, numbers.back());
    }
    const result_type result = formula_(over);
    for (std::size_t k = 0; k < conditions_.size(); ++k) {
      recorded_mask<S> holds(true);
      if (conditions_[k]) {
        holds = conditions_[k](over, result);
      } else {
        for (const guard& g : guard_of_) {
          if (g.condition == k) holds = bindings_[g.binding].inside(numbers[g.binding]);
        }
      }
      if (!holds.known()) {
        f.conditions.push_back(holds.at());
        f.reasons.push_back(k + 1);
      } else if (!holds.value()) {
        f.infeasible = true;
        f.infeasible_reason = k + 1;
        return;
      }
    }
    const auto keep = [&](const auto& function) {
      const auto q = detail::read(function, over, result);
      f.outputs.push_back(base_value(q).at());
    };
    std::apply([&](const R&... r) { (std::apply([&](const auto&... function) { (keep(function), ...); }, r.of), ...); },
               reductions);
  }

  template <class... R>
  static constexpr std::size_t functions() {
    return (std::size_t(0) + ... + std::tuple_size_v<decltype(R::of)>);
  }
  template <class R, class State, class... F>
  static auto finish_one(const R& r, const State& s, const std::tuple<F...>&) {
    return r.template finish<S, unit_of_figure<F>...>(s);
  }
  template <class R, class State, class Total>
  auto finish_any(const R& r, const State& s, const Total& total) const {
    if constexpr (std::same_as<R, counting_of>) {
      tally t{total.tally.points, total.tally.points, {}};
      for (std::size_t k = 0; k < reasons_.size(); ++k) {
        t.feasible -= total.tally.failed[k];
        if (total.tally.failed[k] > 0) t.failures.push_back({reasons_[k], total.tally.failed[k]});
      }
      return t;
    } else {
      return finish_one(r, s, r.of);
    }
  }
  template <class... R, class Total, std::size_t... Index>
  auto finished(const std::tuple<R...>& reductions, const Total& total, std::index_sequence<Index...>) const {
    if constexpr (sizeof...(R) == 1) {
      return finish_any(std::get<0>(reductions), std::get<0>(total.states), total);
    } else {
      return std::tuple{finish_any(std::get<Index>(reductions), std::get<Index>(total.states), total)...};
    }
  }
};

// A sweep of a stack: what it keeps are functions of the bill. Points that no plan serves are counted and never win.
template <class S = double, class X>
auto sweep(const X& x, counting how = counting::whole) {
  static_assert(detail::composed<X>,
                "layercake: sweep(x) takes a stack; for anything else say which formula: sweep(x, formula)");
  return sweep_of<S, X, detail::pulled>(x, detail::pulled{how})
      .where("weights and cache of one call do not fit in memory",
             [](const auto& s, const auto& b) { return b.serving.concurrency >= 1.0 || !s.model.generates_tokens; })
      .where("an objective for latency cannot be met", [](const auto& b) { return is_finite(b.serving.replicas); });
}

// A sweep of any record that describes its fields, under a formula of any kind.
template <class S = double, described X, class Formula>
  requires(!std::same_as<Formula, counting>)
auto sweep(const X& x, Formula formula) { return sweep_of<S, X, Formula>(x, std::move(formula)); }

}  // namespace layercake::bulk
