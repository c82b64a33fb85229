// From high voltage to silicon: stages that each lose a share of what enters.
#pragma once

#include <array>
#include <cstddef>
#include <layercake/core/fields.hpp>
#include <layercake/core/provenance.hpp>
#include <layercake/core/unknown.hpp>
#include <layercake/units/named.hpp>
#include <limits>

namespace layercake::energy {

// One conversion at its operating point: a transformer, a rectifier, a regulator. Power out = efficiency * power in; the
// rest leaves as heat. The default loses nothing: a stage that is not there.
template <number T = double>
struct basic_stage {
  const char* name = "";
  const char* input = "";  // form of the power on either side: 34.5 kV AC
  const char* output = "";
  T efficiency = number_cast<T>(1);  // output over input
  T efficiency_low = unknown<>;      // range that products reach
  T efficiency_high = unknown<>;
  provenance origin{};

  template <number Other>
  using with_number = basic_stage<Other>;
  static constexpr auto fields() {
    return std::tuple{
        label("name", &basic_stage::name),
        label("input", &basic_stage::input),
        label("output", &basic_stage::output),
        field("efficiency", &basic_stage::efficiency, positive_share, "power out over power in"),
        field("efficiency_low", &basic_stage::efficiency_low, positive_share.or_unknown(), "lower end of the range"),
        field("efficiency_high", &basic_stage::efficiency_high, positive_share.or_unknown(), "upper end of the range"),
        label("origin", &basic_stage::origin)};
  }
  void rules(findings& f) const {
    if constexpr (real<T>) {
      f.check_at_most("efficiency_low", efficiency_low, "efficiency", efficiency, "Lower it.");
      f.check_at_least("efficiency_high", efficiency_high, "efficiency", efficiency, "Raise it.");
    }
  }
};
using stage = basic_stage<>;

// The longest chain: the catalog's longest has seven stages.
inline constexpr std::size_t most_stages = 10;

// Power along a chain of stages 0, 1, ...: node 0 is what enters, node k + 1 what leaves stage k, and loss k what that
// stage turns into heat. Stages that are not there pass on what they get.
template <number T = double>
struct basic_power_flow {
  std::array<quantity<unit::watt, T>, most_stages + 1> node;
  std::array<quantity<unit::watt, T>, most_stages> loss;

  constexpr const auto& input() const { return node.front(); }
  constexpr const auto& output() const { return node.back(); }
};
using power_flow = basic_power_flow<>;

// Stages in series, in the direction of the power. Efficiencies are constants of the operating point: part load is a curve of its own.
//   total = product of the efficiencies;  power into stage k = power out of it / efficiency k;  loss k = in * (1 - efficiency k)
// Energy is conserved: input = output + sum of losses. Domain: efficiencies above 0, to 1. Throws nothing.
// Worked number: 230 kV to 0.7 V by transformers, UPS, PDU, power supply, bus converter and regulator at typical values: 0.7847.
template <number T = double>
struct basic_conversion_chain {
  const char* name = "";
  std::array<basic_stage<T>, most_stages> stages{};
  provenance origin{};

  template <number Other>
  using with_number = basic_conversion_chain<Other>;
  static constexpr auto fields() {
    return std::tuple{label("name", &basic_conversion_chain::name), part("stages", &basic_conversion_chain::stages),
                      label("origin", &basic_conversion_chain::origin)};
  }

  constexpr T efficiency() const {
    T product = number_cast<T>(1);
    for (const auto& s : stages)
      product = product * s.efficiency;
    return product;
  }

  // What flows where, for `output` delivered at the end of the chain.
  template <number N>
  constexpr auto pull(const quantity<unit::watt, N>& output) const {
    basic_power_flow<promote_t<T, N>> flow;
    flow.node[most_stages] = output;
    for (std::size_t k = most_stages; k-- > 0;) {
      flow.node[k] = flow.node[k + 1] / stages[k].efficiency;
      flow.loss[k] = for_all(flow.node[k], T(number_cast<T>(1) - stages[k].efficiency));
    }
    return flow;
  }
  // What `input` delivers at the end of the chain.
  template <number N>
  constexpr auto push(const quantity<unit::watt, N>& input) const {
    return input * efficiency();
  }
};
using conversion_chain = basic_conversion_chain<>;

// Losses of a converter at part load as shares of its rated output: `fixed` at no load, `linear` in the load (voltage drops of switches),
// `square` in the load (resistance). Each has to be given, 0 for none.
template <number T = double>
struct basic_part_load {
  const char* name = "";
  T fixed = unknown<>, linear = unknown<>, square = unknown<>;
  provenance origin{};

  template <number Other>
  using with_number = basic_part_load<Other>;
  static constexpr auto fields() {
    return std::tuple{label("name", &basic_part_load::name),
                      field("fixed", &basic_part_load::fixed, share, "loss without load over rated output"),
                      field("linear", &basic_part_load::linear, share,
                            "loss in proportion to the load, at full load, over rated output"),
                      field("square", &basic_part_load::square, share,
                            "loss with the square of the load, at full load, over rated output"),
                      label("origin", &basic_part_load::origin)};
  }

  // Efficiency at load x = output / rated output:  x / (x + fixed + linear x + square x^2).
  // Domain: x >= 0; 0 at no load where there is a fixed loss, 1 / (1 + linear) there without one. It is best at x = sqrt(fixed / square). Throws nothing.
  // Source: Schneider Electric, definitions of losses: no-load, proportional and square-law losses of a UPS.
  // Worked number: fixed 1 %, linear 2 %, square 1 %: 0.8921 at a tenth of the load, 0.9569 at half, 0.9615 at full.
  template <number N>
  constexpr auto efficiency(const N& load) const {
    using R = promote_t<T, N>;
    const R x = number_cast<R>(load);
    const auto idle_without_loss = x + fixed == R(0);
    const R in = x + fixed + (linear + square * x) * x;
    return where(idle_without_loss, R(R(1) / (R(1) + linear)), R(x / where(idle_without_loss, R(1), in)));
  }
  // The load of best efficiency, sqrt(fixed / square), output over rated output; above 1 it is not reached. Without a loss that grows
  // with the square, infinite; 0 where nothing is lost at no load.
  // Worked number: 1.75 % fixed and 2.06 % in the square: 0.922.
  constexpr T best_load() const {
    const auto grows = square > T(0);
    const T endless = where(fixed > T(0), number_cast<T>(std::numeric_limits<scalar_of_t<T>>::infinity()), T(0));
    return where(grows, T(sqrt(fixed / where(grows, square, T(1)))), endless);
  }
};
using part_load = basic_part_load<>;

}  // namespace layercake::energy
