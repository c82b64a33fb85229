// A sweep as a job of chunks: the states of its reductions, its workers, and the fingerprint by which a checkpoint knows
// its question.
#pragma once

#include <cstddef>
#include <cstdint>
#include <layercake/bulk/keep/checkpoint.hpp>
#include <layercake/bulk/keep/reductions.hpp>
#include <layercake/bulk/memory.hpp>
#include <layercake/bulk/run/grid.hpp>
#include <layercake/bulk/run/plan.hpp>
#include <layercake/bulk/run/schedule.hpp>
#include <layercake/bulk/space/values.hpp>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace layercake::bulk {

namespace detail {

// All values that were listed; of a rule's, enough to know it by.
inline void add_values(digest& d, const point_source& source, std::uint64_t size, std::size_t parts) {
  constexpr std::size_t block = 64;
  constexpr std::uint64_t most = 4096;  // blocks
  const std::uint64_t blocks = (size + block - 1) / block, step = source.listed() ? 1 : blocks / most + 1;
  std::vector<double> values(block * parts);
  std::vector<double*> out(parts);
  for (std::size_t k = 0; k < out.size(); ++k)
    out[k] = values.data() + k * block;
  for (std::uint64_t b = 0; b < blocks; b += step) {
    const std::uint64_t first = b * block;
    const std::size_t n = static_cast<std::size_t>(size - first < block ? size - first : block);
    source.fill(first, n, out.data());
    for (const double* v : out)
      d.add(v, n * sizeof(double));
  }
}

template <real S, class... Reduction>
struct states_of final : chunk_result {
  tally_state tally;
  std::tuple<decltype(std::declval<const Reduction&>().template start<S>())...> states;

  states_of(const std::tuple<Reduction...>& reductions, std::size_t reasons)
      : states(std::apply([](const Reduction&... r) { return std::tuple{r.template start<S>()...}; }, reductions)) {
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
  void merge(const chunk_result& later) override {
    const auto& o = static_cast<const states_of&>(later);
    tally.merge(o.tally);
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      (std::get<Index>(states).merge(std::get<Index>(o.states)), ...);
    }
    (std::index_sequence_for<Reduction...>{});
  }
};

template <real S, class... Reduction>
struct sweep_job final : job {
  const sweep_plan<S>& plan;
  const std::tuple<Reduction...>& reductions;
  const std::vector<std::size_t>& columns;  // of the outputs, for each function of each reduction
  mutable program_cache<S> cache;

  sweep_job(const sweep_plan<S>& p, const std::tuple<Reduction...>& r, const std::vector<std::size_t>& c)
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
      if (axis.parts > 0) add_values(d, *axis.values, axis.size, axis.parts);
    }
    for (const std::string& r : plan.reasons)
      d.add(r);
    for (std::uint64_t v = 0; v < plan.variants; ++v) {
      recorded_formula<S> f;
      plan.record(plan.chosen(v), f);
      add_formula(d, f);
    }
    return d.value();
  }
  static void add_formula(digest& d, const recorded_formula<S>& f) {
    d.add(static_cast<std::uint64_t>(f.infeasible) << 32 | f.infeasible_reason);
    for (const auto& e : f.code.entries()) {
      for (const place p : {static_cast<place>(e.op), e.a, e.b, e.c})
        d.add(static_cast<std::uint64_t>(static_cast<std::uint32_t>(p)));
      d.add(static_cast<double>(e.value));
    }
    for (const auto& i : f.ends.inputs)
      d.add(static_cast<std::uint64_t>(i.axis) << 32 | i.part);
    for (const auto* places : {&f.ends.conditions, &f.ends.outputs}) {
      d.add(static_cast<std::uint64_t>(places->size()));
      for (const place p : *places)
        d.add(static_cast<std::uint64_t>(p));
    }
  }
  std::unique_ptr<chunk_worker> make_worker() const override;
  std::unique_ptr<chunk_result> make_partial() const override {
    return std::make_unique<states_of<S, Reduction...>>(reductions, plan.reasons.size());
  }
};

template <real S, class... Reduction>
struct sweep_worker final : chunk_worker {
  const sweep_job<S, Reduction...>& job;
  std::uint64_t variant = ~std::uint64_t(0);
  std::shared_ptr<const nested_program<S>> code;
  std::unique_ptr<grid_runner<S>> runner;
  std::vector<const S*> column;

  explicit sweep_worker(const sweep_job<S, Reduction...>& j) : job(j), column(j.columns.size()) {}
  void run(std::uint64_t chunk, chunk_result& into) override {
    auto& p = static_cast<states_of<S, Reduction...>&>(into);
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
                    (std::index_sequence_for<Reduction...>{});
                  });
  }
};
template <real S, class... Reduction>
std::unique_ptr<chunk_worker> sweep_job<S, Reduction...>::make_worker() const {
  return std::make_unique<sweep_worker<S, Reduction...>>(*this);
}

// What the reductions keep, for the text of an error.
template <real S, class... Reduction>
std::string memory_asked(const std::tuple<Reduction...>& reductions, double points) {
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
  std::apply([&](const Reduction&... r) { (one(r), ...); }, reductions);
  return "bulk: there is no memory for a sweep of " + to_string(points) + " points" +
         (text.empty() ? "" : " that keeps " + text + ", and as much again for each chunk that is being done") +
         "; keep less (a smaller k, fewer bins, fewer columns), run it on fewer threads, or free memory";
}

// Carries a job out and gives the states of its reductions. Columns are checked before anything is written, and hold
// NaN if the sweep does not end.
template <real S, class Schedule, class Job, class... Reduction>
std::unique_ptr<states_of<S, Reduction...>> carry_out(const Schedule& schedule, const control& c, const Job& question,
                                                      const std::tuple<Reduction...>& reductions, std::size_t reasons,
                                                      std::uint64_t points) {
  check_control(c);
  check_columns(reductions, points);
  return with_memory(
      [&] {
        auto total = std::make_unique<states_of<S, Reduction...>>(reductions, reasons);
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

}  // namespace layercake::bulk
