// Sweeps of a function of a few arguments, without a stack.
//
// ```cpp
// auto cheapest = bulk::function([](auto price, auto power) { return price * power; },
//                                bulk::linear(30 * usd / megawatt_hour, 120 * usd / megawatt_hour, 1000),
//                                bulk::logarithmic(1 * megawatt, 1 * gigawatt, 1000)).run(bulk::minimum(bulk::itself));
// ```
//
// Arguments that are drawn, zipped or run over in another order are named by their place:
//
// ```cpp
// auto spread = bulk::function_of<quantity<unit::watt>, double>([](auto power, auto share) { return power * share; })
//                   .sampled(bulk::random(1000), bulk::uncertain(bulk::argument<0>, bulk::uniform(1 * watt, 2 * watt)),
//                            bulk::uncertain(bulk::argument<1>, bulk::uniform(0.0, 1.0)))
//                   .run(bulk::moments(bulk::itself));
// ```
//
// `function` records what f does and reorders the loops, as for a stack. `compiled` calls f itself with a batch for its last argument: for
// short formulas, which the compiler then keeps in registers from the axis to the result. Both give the same points the same numbers.
#pragma once

#include <cstddef>
#include <layercake/bulk/run/compiled.hpp>
#include <layercake/bulk/run/sweep.hpp>
#include <layercake/bulk/space/axes.hpp>
#include <layercake/units/quantity.hpp>
#include <tuple>
#include <utility>

namespace layercake::bulk {

// Keeps the result itself.
inline constexpr auto itself = [](const auto& result) { return result; };

// The arguments of a function, as the record that a sweep changes: numbers N of these units (void: plain numbers).
template <number N, class... Unit>
struct arguments {
  std::tuple<quantity_t<Unit, N>...> values;

  template <number M>
  arguments<M, Unit...> over() const {
    return std::apply([](const auto&... q) { return arguments<M, Unit...>{{over_number<M>(q)...}}; }, values);
  }
};

// A function of arguments as the formula of their record.
template <class Function>
struct applied_to {
  Function f;
  template <class Record>
  auto operator()(const Record& x) const {
    return std::apply(f, x.values);
  }
};

// Names the argument at a place, from 0 on.
template <std::size_t Index>
struct argument_at {
  template <class Record>
  auto& operator()(Record& x) const {
    return std::get<Index>(x.values);
  }
};
template <std::size_t Index>
inline constexpr argument_at<Index> argument{};

namespace detail {

template <std::size_t Index, class Sweep>
auto over_all(Sweep sweep) {
  return sweep;
}
template <std::size_t Index, class Sweep, class Unit, class... Rest>
auto over_all(Sweep sweep, const axis<Unit>& a, const Rest&... rest) {
  return over_all<Index + 1>(std::move(sweep).over(argument<Index>, a), rest...);
}

}  // namespace detail

// A sweep of f(arguments...) over all combinations of the values of these axes, one for each argument.
template <real S = double, class Function, class... Unit>
auto function(Function f, const axis<Unit>&... axes) {
  using Record = arguments<S, Unit...>;
  return detail::over_all<0>(sweep_of<S, Record, applied_to<Function>>(Record{}, applied_to<Function>{std::move(f)}),
                             axes...);
}
// A sweep of f without axes yet: its arguments are of these types (quantities, or double for plain numbers) and are 0
// until they are named.
template <class... Argument, class Function>
auto function_of(Function f) {
  using Record = arguments<double, unit_of_t<Argument>...>;
  return sweep_of<double, Record, applied_to<Function>>(Record{}, applied_to<Function>{std::move(f)});
}

}  // namespace layercake::bulk
