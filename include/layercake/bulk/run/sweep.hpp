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
// them, and what they wrote is run over the grid (tape/program.hpp).
//
// A record may say more of itself by functions that are found by its namespace (a stack does, in stack/swept.hpp):
//   swept(record, counting)        the formula that is meant where none is named, `.formula`, and what must hold of its
//                                  result, `.conditions`, a tuple of pairs of a reason and a condition
//   recomposed(record, before)     the record after `choose` has replaced parts of it: what depends on them chosen anew
//   composes(record)               whether the parts that were chosen go together
//   record.over_ranges<N>(ranges)  the record over N, prepared for what its inputs run through
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
#include <cstddef>
#include <cstdint>
#include <functional>
#include <layercake/bulk/keep/reductions.hpp>
#include <layercake/bulk/run/binding.hpp>
#include <layercake/bulk/run/job.hpp>
#include <layercake/bulk/run/plan.hpp>
#include <layercake/bulk/run/schedule.hpp>
#include <layercake/bulk/space/inputs.hpp>
#include <layercake/core/fields.hpp>
#include <memory>
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

// A record that says what a sweep of it asks.
template <class Record>
concept swept_by_itself = requires(const Record& x) {
  swept(x, counting::whole).formula;
  swept(x, counting::whole).conditions;
};

namespace detail {

// What a reduction or a condition reads: the result, or the inputs and the result.
template <class Function, class Record, class Result>
decltype(auto) read(const Function& f, const Record& x, const Result& r) {
  if constexpr (requires { f(r); }) {
    return f(r);
  } else {
    static_assert(
        requires { f(x, r); },
        "layercake: what a sweep keeps is a function of the result (the bill), or of the inputs and the result");
    return f(x, r);
  }
}

}  // namespace detail

// A question asked of many points. Record is any that describes its fields; Formula is called with the record over any
// number type and returns what reductions look at. S is the number type of the points, double or float.
template <real S, class Record, class Formula>
class sweep_of {
  using number_type = recorded<S>;
  using binding = detail::binding<S, Record>;
  using inputs_type = typename binding::inputs;
  using result_type = std::remove_cvref_t<std::invoke_result_t<const Formula&, const inputs_type&>>;

public:
  sweep_of(Record base, Formula formula) : base_(std::move(base)), formula_(std::move(formula)) {
    reasons_.push_back("the combination cannot be composed");
  }

  // An axis: the input that `access` names runs through `values`.
  template <class Access, class Unit>
  sweep_of over(Access access, const axis<Unit>& values) && {
    bind<Unit>(access, 0).check(values);
    dims_.push_back({bindings_.back().path, values.size(), values.source(), 1});
    return std::move(*this);
  }
  // Several inputs along one axis, all of one length.
  template <class... Access, class... Unit>
  sweep_of zip(const along_of<Access, Unit>&... a) && {
    static_assert(sizeof...(a) > 0);
    const std::uint64_t sizes[] = {a.values.size()...};
    for (const std::uint64_t n : sizes) {
      require_axis(n == sizes[0], "zipped axes have " + std::to_string(sizes[0]) + " and " + std::to_string(n) +
                                      " points; give them the same number");
    }
    std::string name;
    unsigned part = 0;
    const auto one = [&](const auto& x) {
      bind_along(x, part++);
      name += (name.empty() ? "" : ", ") + bindings_.back().path;
    };
    (one(a), ...);
    dims_.push_back({name, sizes[0],
                     std::make_shared<detail::zipped_source>(
                         std::vector<std::shared_ptr<const point_source>>{a.values.source()...}),
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
    const auto one = [&](const auto& u) {
      bind_drawn(u, part++, points.points);
      drawn->quantiles.push_back(u.values.quantile);
    };
    const auto group = [&](const std::vector<double>& correlation, const auto&... u) {
      if (!correlation.empty()) drawn->correlated.push_back({part, sizeof...(u), cholesky(correlation, sizeof...(u))});
      (one(u), ...);
    };
    (detail::for_each_group(group, inputs), ...);
    dims_.push_back({"sample", points.points, drawn, part});
    return std::move(*this);
  }
  // An axis of whole parts or of labels: chips, models, sites, number formats. A stack is composed anew for each, with
  // a plan of its own, unless the choice is the plan (recomposed, see the head of this file).
  template <class Access, class Range>
  sweep_of choose(Access access, const Range& values) && {
    using V = std::remove_cvref_t<decltype(*std::begin(values))>;
    static_assert(std::same_as<std::remove_cvref_t<decltype(access(std::declval<Record&>()))>, V>,
                  "layercake: the values to choose from have another type than the part they replace");
    auto list = std::make_shared<std::vector<V>>(std::begin(values), std::end(values));
    require_axis(!list->empty(), "there is nothing to choose from; give at least one value");
    const unsigned axis = static_cast<unsigned>(dims_.size());
    choices_.push_back({axis, [access, list](Record& x, std::uint64_t i) { access(x) = (*list)[i]; }});
    dims_.push_back({"choice", list->size(), nullptr, 0});
    return std::move(*this);
  }
  // Points that fail are counted under `reason` and never win. What depends on outer axes alone is checked once for all points inside.
  template <class Condition>
  sweep_of where(std::string reason, Condition holds) && {
    conditions_.push_back({[holds](const inputs_type& x, const result_type& r) -> recorded_mask<S> {
      return detail::read(holds, x, r);
    }});
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
  template <class Function>
  using unit_of_figure = unit_of_t<decltype(detail::read(
      std::declval<const Function&>(), std::declval<const inputs_type&>(), std::declval<const result_type&>()))>;

  // The value of each input at a point, by name.
  std::vector<std::pair<std::string, std::string>> coordinates(std::uint64_t index) const {
    std::vector<std::pair<std::string, std::string>> list;
    const std::vector<std::uint64_t> i = indices(index);
    for (const binding& b : bindings_)
      list.emplace_back(b.path, b.text(value(b, i[b.at.axis])));
    for (const choice& c : choices_)
      list.emplace_back(dims_[c.axis].name, std::to_string(i[c.axis]));
    return list;
  }
  // The record at a point, to look at it with the formula for one.
  Record at(std::uint64_t index) const {
    const std::vector<std::uint64_t> i = indices(index);
    Record x = base_;
    choose_parts(x, i);
    for (const binding& b : bindings_)
      b.set_plain(x, value(b, i[b.at.axis]));
    return x;
  }

  // Runs the sweep on this thread. One reduction gives its result, several give a tuple.
  template <class... Reduction>
  auto run(Reduction... reductions) const {
    return run_on(serial{}, control{}, std::move(reductions)...);
  }
  // The same on threads or a cluster (adapters/), watched.
  template <class Schedule, class... Reduction>
  auto run_on(const Schedule& schedule, const control& c, Reduction... given) const {
    if (conditions_.empty() && choices_.empty()) (detail::passes_over_none(given), ...);
    const std::tuple<Reduction...> reductions{std::move(given)...};
    detail::sweep_plan<S> plan;
    plan.dims = dims_;
    plan.how = how_;
    plan.reasons = reasons_;
    plan.record = [&](const std::vector<std::uint64_t>& chosen, detail::recorded_formula<S>& f) {
      record(chosen, reductions, f);
    };
    plan.lay_out();
    std::vector<std::size_t> columns;
    for (std::size_t k = 0; k < functions<Reduction...>(); ++k)
      columns.push_back(k);
    const detail::sweep_job<S, Reduction...> job(plan, reductions, columns);
    const auto total = detail::carry_out<S>(schedule, c, job, reductions, reasons_.size(), plan.total);
    return finished(reductions, *total, std::make_index_sequence<sizeof...(Reduction)>{});
  }

private:
  struct choice {
    unsigned axis;
    std::function<void(Record&, std::uint64_t)> set;
  };
  static constexpr std::size_t none = ~std::size_t(0);
  struct condition {
    std::function<recorded_mask<S>(const inputs_type&, const result_type&)> holds;
    std::size_t guarded = none;  // the input whose draws have to stay in its domain
  };

  Record base_;
  Formula formula_;
  std::vector<detail::dimension> dims_;
  std::vector<binding> bindings_;
  std::vector<choice> choices_;
  std::vector<condition> conditions_;
  std::vector<std::string> reasons_;  // of failure: the combination cannot be composed, and one for each condition
  division how_ = division::ieee;

  // Binds the next input, which follows the axis that is being added.
  template <class Unit, class Access>
  binding& bind(const Access& access, unsigned part) {
    const detail::axis_part at{static_cast<unsigned>(dims_.size()), part};
    binding b = binding::template to<Unit>(base_, access, at, "input " + std::to_string(bindings_.size()));
    for (const binding& o : bindings_)
      require_axis(o.path != b.path, b.path + " is on two axes; name it once");
    bindings_.push_back(std::move(b));
    return bindings_.back();
  }
  template <class Access, class Unit>
  void bind_along(const along_of<Access, Unit>& a, unsigned part) {
    bind<Unit>(a.access, part).check(a.values);
  }
  template <class Access, class Unit>
  void bind_drawn(const uncertain_of<Access, Unit>& u, unsigned part, std::uint64_t points) {
    binding& b = bind<Unit>(u.access, part);
    b.check(u.values, points);
    if (!b.guarded) return;
    reasons_.push_back(b.path + " is drawn outside its domain");
    conditions_.push_back({nullptr, bindings_.size() - 1});
  }

  double value(const binding& b, std::uint64_t i) const {
    const detail::dimension& d = dims_[b.at.axis];
    std::vector<double> v(d.parts);
    std::vector<double*> out(d.parts);
    for (std::size_t k = 0; k < out.size(); ++k)
      out[k] = &v[k];
    d.values->fill(i, 1, out.data());
    return v[b.at.part];
  }
  std::vector<std::uint64_t> indices(std::uint64_t index) const {
    std::vector<std::uint64_t> i(dims_.size());
    for (std::size_t k = dims_.size(); k-- > 0;) {
      i[k] = index % dims_[k].size;
      index /= dims_[k].size;
    }
    require_axis(index == 0, "there is no such point in the sweep");
    return i;
  }

  void choose_parts(Record& x, const std::vector<std::uint64_t>& i) const {
    if (choices_.empty()) return;
    for (const choice& c : choices_)
      c.set(x, i[c.axis]);
    if constexpr (requires { recomposed(x, base_); }) x = recomposed(x, base_);
  }
  // False if the chosen parts do not go together.
  bool composed(Record& x, const std::vector<std::uint64_t>& chosen) const {
    if constexpr (requires { composes(x); }) {
      choose_parts(x, chosen);
      return choices_.empty() || composes(x);
    }
#if defined(__cpp_exceptions)
    try {
      choose_parts(x, chosen);
    } catch (const error&) {
      return false;
    }
#else
    choose_parts(x, chosen);
#endif
    return true;
  }

  // The record over numbers that are written down; one that takes part in choosing at every point is told the ranges.
  inputs_type over_numbers_of(const Record& x) const {
    if constexpr (requires { x.template over_ranges<number_type>(std::vector<detail::input_range<Record>>()); }) {
      std::vector<detail::input_range<Record>> ranges;
      for (const binding& b : bindings_)
        ranges.push_back({b.set_plain, b.lowest, b.highest, b.allowed.whole});
      return x.template over_ranges<number_type>(ranges);
    } else {
      return over_numbers<number_type>(x);
    }
  }

  template <class... Reduction>
  void record(const std::vector<std::uint64_t>& chosen, const std::tuple<Reduction...>& reductions,
              detail::recorded_formula<S>& f) const {
    Record x = base_;
    if (!composed(x, chosen)) {
      f.infeasible = true;
      return;
    }
    const recording<S> to(f.code);
    inputs_type over = over_numbers_of(x);
    std::vector<number_type> numbers;
    for (const binding& b : bindings_) {
      const S v = static_cast<S>(value(b, 0));
      const place p = f.code.input(v);
      f.ends.inputs.push_back({p, b.at.axis, b.at.part});
      numbers.push_back(number_type(v, p));
      b.set(over, numbers.back());
    }
    const result_type result = formula_(over);
    for (std::size_t k = 0; k < conditions_.size(); ++k) {
      const condition& c = conditions_[k];
      const recorded_mask<S> holds =
          c.guarded == none ? c.holds(over, result) : bindings_[c.guarded].inside(numbers[c.guarded]);
      if (!holds.known()) {
        f.ends.conditions.push_back(holds.at());
        f.reasons.push_back(k + 1);
      } else if (!holds.value()) {
        f.infeasible = true;
        f.infeasible_reason = k + 1;
        return;
      }
    }
    const auto keep = [&](const auto& function) {
      const auto q = detail::read(function, over, result);
      f.ends.outputs.push_back(base_value(q).at());
    };
    std::apply(
        [&](const Reduction&... r) {
          (std::apply([&](const auto&... function) { (keep(function), ...); }, r.of), ...);
        },
        reductions);
  }

  template <class... Reduction>
  static constexpr std::size_t functions() {
    return (std::size_t(0) + ... + std::tuple_size_v<decltype(Reduction::of)>);
  }
  template <class Reduction, class State, class... Function>
  static auto finish_one(const Reduction& r, const State& s, const std::tuple<Function...>&) {
    return r.template finish<S, unit_of_figure<Function>...>(s);
  }
  template <class Reduction, class State, class Total>
  auto finish_any(const Reduction& r, const State& s, const Total& total) const {
    if constexpr (std::same_as<Reduction, counting_of>) {
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
  template <class... Reduction, class Total, std::size_t... Index>
  auto finished(const std::tuple<Reduction...>& reductions, const Total& total, std::index_sequence<Index...>) const {
    if constexpr (sizeof...(Reduction) == 1) {
      return finish_any(std::get<0>(reductions), std::get<0>(total.states), total);
    } else {
      return std::tuple{finish_any(std::get<Index>(reductions), std::get<Index>(total.states), total)...};
    }
  }
};

namespace detail {
template <class Sweep>
Sweep constrained(Sweep s) {
  return s;
}
template <class Sweep, class Condition, class... Rest>
Sweep constrained(Sweep s, const Condition& c, const Rest&... rest) {
  return constrained(std::move(s).where(c.first, c.second), rest...);
}
}  // namespace detail

// A sweep of a record that says itself what is asked of it, such as a stack: its bill. What it keeps are functions of
// the result. Points that fail a condition of the record (a stack that no plan serves) are counted and never win.
template <real S = double, class Record>
auto sweep(const Record& x, counting how = counting::whole) {
  static_assert(swept_by_itself<Record>,
                "layercake: sweep(x) takes a stack; for anything else say which formula: sweep(x, formula)");
  auto asked = swept(x, how);
  using Formula = decltype(asked.formula);
  return std::apply(
      [&](const auto&... condition) {
        return detail::constrained(sweep_of<S, Record, Formula>(x, std::move(asked.formula)), condition...);
      },
      asked.conditions);
}

// A sweep of any record that describes its fields, under a formula of any kind.
template <real S = double, described Record, class Formula>
  requires(!std::same_as<Formula, counting>)
auto sweep(const Record& x, Formula formula) { return sweep_of<S, Record, Formula>(x, std::move(formula)); }

}  // namespace layercake::bulk
