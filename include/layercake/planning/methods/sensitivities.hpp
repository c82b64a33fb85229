// What a result depends on: slopes and elasticities at every point of a sweep, shares of its variance, swings from low to high.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <layercake/bulk/memory.hpp>
#include <layercake/bulk/run/sweep.hpp>
#include <layercake/bulk/space/inputs.hpp>
#include <layercake/bulk/space/samples.hpp>
#include <layercake/number/check.hpp>
#include <layercake/number/dual.hpp>
#include <layercake/units/print.hpp>
#include <limits>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace layercake::planning {

// A formula with the derivatives of its result along N inputs: what it returns holds duals over the number type that it was asked for. In a
// sweep these are recorded as any other operation, so that gradients come for every point of a batch.
//
// ```cpp
// const stack service{energy::catalog::grid_ercot, chips::catalog::h100_sxm, infrastructure::site{},
//                     models::catalog::llama_3_1_70b.at(precision::fp8),
//                     applications::assistant{.daily_users = 1e6, .tasks_per_user = 12 / day, .input = 1200 * token, .output = 300 * token}};
// const auto price = [](auto& s) -> auto& { return s.energy.price; };
// const auto formula = [](const auto& s) { return s.pull(counting::smooth); };
// const auto figure = [](const auto& bill) { return bill.price_of_tokens(); };
// std::vector<double> elasticities(50);
// bulk::sweep(service, planning::with_slopes(formula, price))
//     .over(price, bulk::linear(30 * usd / megawatt_hour, 120 * usd / megawatt_hour, 50))
//     .run(bulk::into(bulk::view(elasticities), planning::elasticity<0>(figure)));
// ```
template <class Formula, class... Access>
struct with_slopes_of {
  Formula formula;
  std::tuple<Access...> inputs;

  template <class X>
  auto operator()(const X& x) const {
    using T = std::remove_cvref_t<decltype(base_value(std::get<0>(inputs)(std::declval<X&>())))>;
    using D = dual<T, sizeof...(Access)>;
    auto varied = bulk::over_numbers<D>(x);
    const auto seed = [&](const auto& access, std::size_t i) {
      bulk::set_input(access, varied, D::variable(base_value(access(varied)).value, i));
    };
    [&]<std::size_t... Index>(std::index_sequence<Index...>) { (seed(std::get<Index>(inputs), Index), ...); }
    (std::make_index_sequence<sizeof...(Access)>{});
    return std::pair{formula(varied),
                     std::array<T, sizeof...(Access)>{std::apply(
                         [&](const auto&... access) {
                           return std::array<T, sizeof...(Access)>{base_value(access(varied)).value...};
                         },
                         inputs)}};
  }
};
template <class Formula, class... Access>
with_slopes_of<Formula, Access...> with_slopes(Formula formula, Access... inputs) {
  return {std::move(formula), {std::move(inputs)...}};
}

// Per cent of the figure for one per cent of input I; 0 where nothing changes, also of a figure of 0, and infinite where a
// figure of 0 changes.
template <std::size_t Index, class Figure>
auto elasticity(Figure figure) {
  return [figure](const auto& result) {
    const auto y = base_value(figure(result.first));
    const auto change = y.slope[Index] * result.second[Index];
    using N = std::remove_cvref_t<decltype(change)>;
    return where(change == N(0), y.value - y.value, change / y.value);  // 0 / 0 is no answer
  };
}
// The figure itself, without its slopes.
template <class Figure>
auto plain(Figure figure) {
  return [figure](const auto& result) {
    const auto q = figure(result.first);
    using Q = std::remove_cv_t<decltype(q)>;
    return from_base_value<Q>(base_value(q).value);
  };
}

// How much of the variance of a result one input (or correlated group) causes: alone (first order), and with all its
// interactions (total). The errors are standard errors of independent random points; Sobol points do better.
struct variance_share {
  std::string input;
  double first_order = 0, first_order_error = 0;
  double total = 0, total_error = 0;
};
template <class Q>
struct variance_shares {
  Q mean;
  Q deviation;
  double points = 0;  // base points that every evaluation of was feasible
  std::vector<variance_share> inputs;

  // What the inputs cause one by one; the rest of the variance is their interactions.
  double explained() const {
    double sum = 0;
    for (const variance_share& s : inputs)
      sum += s.first_order;
    return sum;
  }
};

namespace detail {
// Point j of block m: matrix A (m = 0), matrix B (m = 1), or A with the columns of group m - 2 from B. Both come from
// one sample of twice the inputs.
struct crossed_source final : bulk::point_source {
  std::shared_ptr<const bulk::point_source> shares;
  std::vector<std::size_t> group;  // of each input
  std::uint64_t points = 0;

  void fill(std::uint64_t first, std::size_t n, double* const* out) const override {
    const std::size_t inputs = group.size();
    std::vector<double> both(2 * inputs * n);
    std::vector<double*> columns(2 * inputs);
    for (std::size_t k = 0; k < columns.size(); ++k)
      columns[k] = both.data() + k * n;
    for (std::size_t done = 0; done < n;) {
      const std::uint64_t at = first + done, m = at / points, j = at % points;
      const std::size_t part = static_cast<std::size_t>(points - j < n - done ? points - j : n - done);
      shares->fill(j, part, columns.data());
      for (std::size_t k = 0; k < inputs; ++k) {
        const double* const from = columns[(m == 1 || m == group[k] + 2) ? inputs + k : k];
        for (std::size_t i = 0; i < part; ++i)
          out[k][done + i] = from[i];
      }
      done += part;
    }
  }
  bool listed() const override { return shares->listed(); }
};

// The ratio of two means over the same points, and its standard error by the delta method:
//   r = sum(a) / sum(b),  error = sqrt(sum((a - r b)^2)) / sum(b)
struct ratio_of_means {
  double a = 0, aa = 0, b = 0, bb = 0, ab = 0;
  void add(double x, double y) { a += x, aa += x * x, b += y, bb += y * y, ab += x * y; }
  double value() const { return b > 0 ? a / b : 0.0; }
  double error() const {
    const double r = value(), squares = aa - 2 * r * ab + r * r * bb;
    return b > 0 && squares > 0 ? std::sqrt(squares) / b : 0.0;
  }
};
}  // namespace detail

namespace detail {
// The inputs of each group of a question, one after the other.
template <class... Input>
struct input_groups {
  static constexpr std::size_t count = sizeof...(Input);
  static constexpr std::array<std::size_t, count> size{bulk::inputs_in<Input>...};

  static std::vector<std::size_t> group_of_each_input() {
    std::vector<std::size_t> group;
    for (std::size_t k = 0; k < count; ++k)
      group.insert(group.end(), size[k], k);
    return group;
  }
};

// The sample of `points` for matrices A, B and A with each group from B, one after the other.
inline bulk::sample crossed_sample(const bulk::sample& points, const std::vector<std::size_t>& group,
                                   std::size_t groups) {
  bulk::require_axis(points.points < (std::uint64_t(1) << 63) / (groups + 2),
                     "the sample has more points than can be counted (2^63) with every input's variants");
  bulk::sample crossed = points;
  crossed.points = points.points * (groups + 2);
  crossed.make = [points, group](std::uint64_t seed, std::size_t n) -> std::shared_ptr<const bulk::point_source> {
    auto s = std::make_shared<crossed_source>();
    s->shares = points.make(seed, 2 * n);
    s->group = group;
    s->points = points.points;
    return s;
  };
  return crossed;
}

// Every value of a figure over a sweep, in base units.
template <class Unit, class Space, class Figure>
std::vector<double> all_values(const Space& space, std::uint64_t points, const Figure& figure) {
  return bulk::with_memory(
      [&] {
        std::vector<double> all(points);
        space.run(bulk::into(bulk::column_view<Unit>(all.data(), all.size(), 1.0), figure));
        return all;
      },
      [&] {
        const double n = static_cast<double>(points);
        return "planning: there is no memory for " + layercake::to_string(n) + " evaluations, " +
               bulk::bytes_text(n * sizeof(double)) + "; take a sample of fewer points";
      });
}

// Sobol's indices from the values of a figure at n points of matrix A, of B, and of A with each group from B.
template <std::size_t Groups>
struct sobol_indices {
  double count = 0, mean = 0, variance = 0;  // over the points whose every variant is finite
  std::array<ratio_of_means, Groups> first{}, total{};

  sobol_indices(const std::vector<double>& f, std::size_t n) {
    const auto usable = [&](std::size_t j) {
      for (std::size_t m = 0; m < Groups + 2; ++m) {
        if (!std::isfinite(f[m * n + j])) return false;
      }
      return true;
    };
    double sum = 0, squares = 0;
    for (std::size_t j = 0; j < n; ++j) {
      if (usable(j)) sum += f[j] + f[n + j], count += 1;
    }
    if (count < 2)
      raise(infeasible(
          "planning: fewer than two points of the sample are feasible; widen the ranges that make them fail"));
    mean = sum / (2 * count);
    for (std::size_t j = 0; j < n; ++j) {
      if (!usable(j)) continue;
      const double a = f[j] - mean, b = f[n + j] - mean, square = 0.5 * (a * a + b * b);
      squares += square;
      for (std::size_t k = 0; k < Groups; ++k) {
        const double ab = f[(k + 2) * n + j] - mean;
        first[k].add(b * (ab - a), square);
        total[k].add(0.5 * (a - ab) * (a - ab), square);
      }
    }
    variance = squares / count;
  }
};
}  // namespace detail

// Sobol's indices of a figure under uncertain inputs, from points * (groups + 2) evaluations; a group is an input by
// itself, or inputs that are correlated(...) with each other, whose index is theirs together:
//   S_i = mean(f_B (f_ABi - f_A)) / V        Saltelli et al., Comput. Phys. Commun. 181, 2010, table 2 (b)
//   T_i = mean((f_A - f_ABi)^2) / (2 V)      Jansen, 1999
// with standard errors of these ratios by the delta method. `start` is a sweep without sampled axes; `points` a sample,
// best of Sobol points and a power of two. Keeps 8 bytes an evaluation. Throws infeasible if fewer than two points are
// feasible, out_of_memory. Worked number: f = x1 + 2 x2 of uniforms: S = 1/5, 4/5, and T the same.
template <class Sweep, class Figure, bulk::uncertain_input... Input>
auto shares_of_variance(const Sweep& start, const bulk::sample& points, const Figure& figure, const Input&... inputs) {
  using groups = detail::input_groups<Input...>;
  using Unit = typename Sweep::template unit_of_figure<Figure>;
  using Q = quantity_t<Unit, double>;
  const std::vector<std::size_t> group = groups::group_of_each_input();
  const bulk::sample crossed = detail::crossed_sample(points, group, groups::count);
  const auto space = Sweep(start).sampled(crossed, inputs...);
  const detail::sobol_indices<groups::count> found(detail::all_values<Unit>(space, crossed.points, figure),
                                                   static_cast<std::size_t>(points.points));
  variance_shares<Q> r{from_base_value<Q>(found.mean), from_base_value<Q>(std::sqrt(found.variance)), found.count, {}};
  const std::vector<std::string> names = space.input_names();
  std::size_t at = names.size() - group.size();
  for (std::size_t k = 0; k < groups::count; ++k) {
    std::string name;
    for (std::size_t i = 0; i < groups::size[k]; ++i)
      name += (i > 0 ? ", " : "") + names[at++];
    r.inputs.push_back(
        {name, found.first[k].value(), found.first[k].error(), found.total[k].value(), found.total[k].error()});
  }
  return r;
}

// The result with one input at its low and at its high end, the others in the middle; unknown (NaN) where the sweep's
// conditions do not hold.
template <class Q>
struct swing {
  std::string input;
  std::string low_input, high_input;
  Q at_low, at_high;
};

namespace detail {
// Row 0 is all medians; rows 1 + 2k and 2 + 2k have input k at its ends.
struct ends_source final : bulk::point_source {
  double low, high;
  std::size_t inputs;
  ends_source(double l, double h, std::size_t n) : low(l), high(h), inputs(n) {}
  void fill(std::uint64_t first, std::size_t n, double* const* out) const override {
    constexpr double median = 0.5;
    for (std::size_t k = 0; k < inputs; ++k) {
      for (std::size_t i = 0; i < n; ++i)
        out[k][i] = first + i == 1 + 2 * k ? low : first + i == 2 + 2 * k ? high : median;
    }
  }
  bool listed() const override { return false; }
};
}  // namespace detail

// A tornado: each input at the shares `low` and `high` of its distribution, the others at their medians; longest bar
// first, before it those with an end that is not feasible, which is as far as an input can take a result. Moves one input at a time, correlated or not: pass the members of a correlated group one by one.
template <class Sweep, class Figure, class... Access, class... Unit>
auto tornado(const Sweep& start, double low, double high, const Figure& figure,
             const bulk::uncertain_of<Access, Unit>&... inputs) {
  check_within("tornado.low", low, domain{0, 1, true, true}, "Take a share such as 0.05.");
  check_within("tornado.high", high, domain{low, 1, true, true}, "Take a share above tornado.low, such as 0.95.");
  constexpr std::size_t N = sizeof...(inputs);
  using Unit_ = typename Sweep::template unit_of_figure<Figure>;
  using Q = quantity_t<Unit_, double>;
  const bulk::sample rows{1 + 2 * N, 0,
                          [low, high](std::uint64_t, std::size_t n) -> std::shared_ptr<const bulk::point_source> {
                            return std::make_shared<detail::ends_source>(low, high, n);
                          }};
  const auto space = Sweep(start).sampled(rows, inputs...);
  const std::vector<double> f = detail::all_values<Unit_>(space, rows.points, figure);
  std::vector<swing<Q>> bars;
  const std::vector<std::string> names = space.input_names();
  for (std::size_t k = 0; k < N; ++k) {
    const auto at_low = space.coordinates(1 + 2 * k), at_high = space.coordinates(2 + 2 * k);
    const std::size_t i = names.size() - N + k;
    bars.push_back({names[i], at_low[i].second, at_high[i].second, from_base_value<Q>(f[1 + 2 * k]),
                    from_base_value<Q>(f[2 + 2 * k])});
  }
  const auto length = [](const swing<Q>& s) {
    const double bar =
        std::fabs(static_cast<double>(base_value(s.at_high)) - static_cast<double>(base_value(s.at_low)));
    return std::isfinite(bar) ? bar : std::numeric_limits<double>::infinity();
  };
  for (std::size_t i = 1; i < bars.size(); ++i) {  // equal ones in the order of the inputs
    for (std::size_t j = i; j > 0 && length(bars[j - 1]) < length(bars[j]); --j)
      std::swap(bars[j - 1], bars[j]);
  }
  return bars;
}

}  // namespace layercake::planning
