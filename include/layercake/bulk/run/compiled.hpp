// Sweeps of a short function that the compiler keeps in registers from the axis to the result: `compiled` calls it with
// a batch for its last argument. It gives the same points the same numbers as `function` (function.hpp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <layercake/bulk/keep/checkpoint.hpp>
#include <layercake/bulk/keep/reductions.hpp>
#include <layercake/bulk/run/code_digest.hpp>
#include <layercake/bulk/run/job.hpp>
#include <layercake/bulk/run/schedule.hpp>
#include <layercake/bulk/space/axes.hpp>
#include <layercake/bulk/xsimd.hpp>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace layercake::bulk {

namespace detail {

template <real S, class Function, class... Unit>
struct kernel {
  static constexpr std::size_t N = sizeof...(Unit);
  using B = batch<S>;
  template <std::size_t Index>
  using unit = typename std::tuple_element_t<Index, std::tuple<axis<Unit>...>>::unit_type;

  Function f;
  std::tuple<axis<Unit>...> axes;
  std::uint64_t total = 1, inner = 1, chunk = 1;

  // The result at one point, in the arithmetic of the scalar path.
  auto at(std::uint64_t index) const {
    std::array<S, N> x{};
    const auto number = [&]<std::size_t Index>(std::integral_constant<std::size_t, Index>) {
      const auto& a = std::get<Index>(axes);
      x[Index] = static_cast<S>(base_of(a[index % a.size()]));
      index /= a.size();
    };
    return [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      (number(std::integral_constant<std::size_t, N - 1 - Index>{}), ...);
      return f(from_base_value<quantity_t<Unit>>(x[Index])...);
    }
    (std::make_index_sequence<N>{});
  }
};

// The arguments of a row, and its lanes.
template <std::size_t Index, std::size_t N, class Unit, class S, class B>
auto argument_of(const double* row, const B& lanes_now) {
  if constexpr (Index + 1 == N) {
    return from_base_value<quantity_t<Unit>>(lanes_now);
  } else {
    return from_base_value<quantity_t<Unit>>(static_cast<S>(row[Index]));
  }
}

template <real S, class Kernel, class... Reduction>
struct kernel_job final : job {
  const Kernel& k;
  const std::tuple<Reduction...>& reductions;
  kernel_job(const Kernel& kernel, const std::tuple<Reduction...>& r) : k(kernel), reductions(r) {}

  std::uint64_t chunks() const override { return (k.total + k.chunk - 1) / k.chunk; }
  double points() const override { return static_cast<double>(k.total); }
  double points_of(std::uint64_t c) const override {
    return static_cast<double>(k.total - c * k.chunk < k.chunk ? k.total - c * k.chunk : k.chunk);
  }
  // Of the axes, the reductions and their parameters; of the function and of what is kept of it, the code, the captures and
  // the results at some points.
  std::uint64_t fingerprint() const override {
    digest d;
    d.add(fingerprint_of(reductions));
    d.add(static_cast<std::uint64_t>(sizeof(S)));
    d.add(k.chunk);
    const auto along = [&](const auto& a) {
      d.add(a.size());
      add_values(d, *a.source(), a.size(), 1);
    };
    std::apply([&](const auto&... a) { (along(a), ...); }, k.axes);
    add_code<kernel_job>(d);  // a type of its own for each function and for all that is kept of it
    add_members(d, k.f);
    const auto each_figure = [&](const auto& visit) {
      const auto all_of = [&](const auto& of) { std::apply([&](const auto&... figure) { (visit(figure), ...); }, of); };
      std::apply([&](const Reduction&... r) { (all_of(r.of), ...); }, reductions);
    };
    each_figure([&](const auto& figure) { add_members(d, figure); });
    constexpr std::uint64_t probes = 61;
    for (std::uint64_t i = 0; i < probes; ++i) {
      const auto result = k.at(k.total / probes * i + k.total % probes * i / probes);
      each_figure([&](const auto& figure) { d.add(static_cast<double>(base_value(figure(result)))); });
    }
    return d.value();
  }
  std::unique_ptr<chunk_result> make_partial() const override {
    return std::make_unique<states_of<S, Reduction...>>(reductions, 1);
  }
  std::unique_ptr<chunk_worker> make_worker() const override;
};

template <real S, class Kernel, class... Reduction>
struct kernel_worker final : chunk_worker {
  const kernel_job<S, Kernel, Reduction...>& question;
  static constexpr std::size_t outputs = (std::size_t(0) + ... + std::tuple_size_v<decltype(Reduction::of)>);
  static constexpr std::uint64_t largest_table = 1u << 14;  // values of the innermost axis that are kept
  // Points computed at once: some blocks, whose results stay in the first-level cache.
  static constexpr std::size_t stretch = largest_block * (outputs <= 2 ? 4 : outputs <= 4 ? 2 : 1);
  std::vector<double> wide;
  std::vector<S> table;
  alignas(64) std::array<S, stretch> lanes_{};
  alignas(64) std::array<std::array<S, stretch>, outputs == 0 ? 1 : outputs> out{};

  explicit kernel_worker(const kernel_job<S, Kernel, Reduction...>& j) : question(j), wide(stretch) {
    if (j.k.inner > largest_table) return;
    std::vector<double> all(static_cast<std::size_t>(j.k.inner));
    double* to = all.data();
    std::get<Kernel::N - 1>(j.k.axes).source()->fill(0, all.size(), &to);
    for (const double x : all)
      table.push_back(static_cast<S>(x));
    table.resize(all.size() + Kernel::B::size, table.back());
  }

  void run(std::uint64_t chunk, chunk_result& into) override {
    auto& p = static_cast<states_of<S, Reduction...>&>(into);
    const Kernel& k = question.k;
    const std::uint64_t first = chunk * k.chunk, last = first + k.chunk < k.total ? first + k.chunk : k.total;
    std::array<double, Kernel::N> row{};
    for (std::uint64_t at = first; at < last;) {
      std::uint64_t left = at / k.inner;
      const std::uint64_t begin = at % k.inner, n = k.inner - begin < last - at ? k.inner - begin : last - at;
      const auto outer = [&]<std::size_t Index>(std::integral_constant<std::size_t, Index>) {
        const auto& a = std::get<Index>(k.axes);
        row[Index] = base_of(a[left % a.size()]);
        left /= a.size();
      };
      [&]<std::size_t... Index>(std::index_sequence<Index...>) {
        (outer(std::integral_constant<std::size_t, Kernel::N - 2 - Index>{}), ...);
      }
      (std::make_index_sequence<Kernel::N - 1>{});
      for (std::uint64_t done = 0; done < n; done += stretch) {
        const std::size_t m = static_cast<std::size_t>(n - done < stretch ? n - done : stretch);
        compute(row, begin + done, m, at + done, p.states, std::index_sequence_for<Reduction...>{});
      }
      p.tally.points += static_cast<double>(n);
      at += n;
    }
  }

private:
  // The row by value: nothing that is written can then be one of its numbers, and what depends on it alone leaves the
  // loop. What a reduction only has to watch stays in registers: a stretch without a new minimum is not read again.
  template <class States, std::size_t... Place>
  void compute(const std::array<double, Kernel::N> row, std::uint64_t begin, std::size_t m, std::uint64_t number,
               States& states, std::index_sequence<Place...>) {
    const Kernel& k = question.k;
    using B = typename Kernel::B;
    const S* from = lanes_.data();
    if (table.empty()) {
      double* to = wide.data();
      std::get<Kernel::N - 1>(k.axes).source()->fill(begin, m, &to);
      for (std::size_t j = 0; j < m; ++j)
        lanes_[j] = static_cast<S>(to[j]);
      for (std::size_t j = m; j < stretch && j < m + B::size; ++j)
        lanes_[j] = lanes_[m - 1];
    } else {
      from = table.data() + begin;
    }
    const auto f = k.f;
    S* const to_first = out[0].data();
    std::tuple watched{watch_of<B>(std::get<Place>(states))...};
    for (std::size_t j = 0; j < m; j += B::size) {
      const B now = read_lanes<typename B::arch_type>(from + j);
      const auto result = call(f, row.data(), now, std::make_index_sequence<Kernel::N>{});
      std::size_t o = 0;
      const auto keep = [&](auto& watch, const auto& function) {
        const B x = number_cast<B>(base_value(function(result)));
        watch.see(x);
        write_lanes(to_first + stretch * o++ + j, x);
      };
      const auto keep_all = [&](auto& watch, const auto& of) {
        std::apply([&](const auto&... function) { (keep(watch, function), ...); }, of);
      };
      (keep_all(std::get<Place>(watched), std::get<Place>(question.reductions).of), ...);
    }
    std::size_t o = 0;
    const auto add = [&](auto& state, const auto& watch, std::size_t functions) {
      for (std::size_t done = 0; done < m && !dismissed(state, watch); done += largest_block) {
        std::array<const S*, outputs + 1> column;
        for (std::size_t i = 0; i < functions; ++i)
          column[i] = out[o + i].data() + done;
        const std::size_t n = m - done < largest_block ? m - done : largest_block;
        state.add(results<S>{n, column.data(), number + done, 1, nullptr});
      }
      o += functions;
    };
    (add(std::get<Place>(states), std::get<Place>(watched),
         std::tuple_size_v<decltype(std::get<Place>(question.reductions).of)>),
     ...);
  }
  struct unwatched {
    void see(const typename Kernel::B&) const {}
  };
  template <class B, class State>
  static auto watch_of(const State& s) {
    if constexpr (requires { s.template watch<B>(); }) {
      return s.template watch<B>();
    } else {
      return unwatched{};
    }
  }
  template <class State, class Watch>
  static bool dismissed(const State& s, const Watch& w) {
    if constexpr (requires { s.dismisses(w); }) {
      return s.dismisses(w);
    } else {
      return false;
    }
  }
  template <class Function, class B, std::size_t... Index>
  static auto call(const Function& f, const double* row, const B& now, std::index_sequence<Index...>) {
    return f(argument_of<Index, Kernel::N, typename Kernel::template unit<Index>, S>(row, now)...);
  }
};
template <real S, class Kernel, class... Reduction>
std::unique_ptr<chunk_worker> kernel_job<S, Kernel, Reduction...>::make_worker() const {
  return std::make_unique<kernel_worker<S, Kernel, Reduction...>>(*this);
}
}  // namespace detail

template <real S, class Function, class... Unit>
class compiled_of {
public:
  explicit compiled_of(Function f, const axis<Unit>&... axes)
      : kernel_{std::move(f), std::tuple<axis<Unit>...>(axes...)} {
    double n = 1;
    for (const std::uint64_t size : {axes.size()...})
      n *= static_cast<double>(size);
    require_axis(n < 0x1p63,
                 "the sweep has " + to_string(n) + " points, more than can be counted (2^63); shorten an axis");
    for (const std::uint64_t size : {axes.size()...})
      kernel_.total *= size, kernel_.inner = size;
    kernel_.chunk = detail::chunk_of(kernel_.total);
  }
  double points() const { return static_cast<double>(kernel_.total); }

  template <class... Reduction>
  auto run(Reduction... reductions) const {
    return run_on(serial{}, control{}, std::move(reductions)...);
  }
  template <class Schedule, class... Reduction>
  auto run_on(const Schedule& schedule, const control& c, Reduction... given) const {
    (detail::passes_over_none(given), ...);
    const std::tuple<Reduction...> reductions{std::move(given)...};
    const detail::kernel_job<S, Kernel, Reduction...> job(kernel_, reductions);
    const auto found = detail::carry_out<S>(schedule, c, job, reductions, 1, kernel_.total);
    const auto& total = *found;
    return [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      if constexpr (sizeof...(Reduction) == 1) {
        return finish(std::get<0>(reductions), std::get<0>(total.states), std::get<0>(reductions).of);
      } else {
        return std::tuple{
            finish(std::get<Index>(reductions), std::get<Index>(total.states), std::get<Index>(reductions).of)...};
      }
    }
    (std::index_sequence_for<Reduction...>{});
  }

private:
  using Kernel = detail::kernel<S, Function, Unit...>;
  Kernel kernel_;

  using result_type = std::remove_cvref_t<std::invoke_result_t<const Function&, quantity_t<Unit, S>...>>;
  template <class Reduction, class State, class... G>
  static auto finish(const Reduction& r, const State& s, const std::tuple<G...>&) {
    return r.template finish<S, unit_of_t<std::invoke_result_t<const G&, const result_type&>>...>(s);
  }
};

template <real S = double, class Function, class... Unit>
compiled_of<S, Function, Unit...> compiled(Function f, const axis<Unit>&... axes) {
  static_assert(sizeof...(Unit) >= 1);
  return compiled_of<S, Function, Unit...>(std::move(f), axes...);
}

}  // namespace layercake::bulk
