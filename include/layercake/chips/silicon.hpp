// Silicon: from a wafer to a chip that works, what it costs, what carbon it took, how much heat leaves it.
#pragma once

#include <layercake/core/fields.hpp>
#include <layercake/core/provenance.hpp>
#include <layercake/units/named.hpp>
#include <numbers>
#include <tuple>

namespace layercake::chips {

// A process as a foundry sells it.
template <number T = double>
struct basic_process {
  const char* name = "";
  quantity<unit::metre, T> wafer_diameter = 0.3 * units::metre;  // all logic since 2002
  quantity<unit::usd, T> wafer_price = unknown<>;
  quantity<unit::usd, T> wafer_price_low = unknown<>;   // of those that were published
  quantity<unit::usd, T> wafer_price_high = unknown<>;  // of those that were published
  quantity<unit::per_square_metre, T> defect_density = unknown<>;
  T clustering = unknown<>;  // alpha of the negative binomial yield
  quantity<unit::joule_per_square_metre, T> fab_energy = unknown<>;
  quantity<unit::kilogram_co2e_per_square_metre, T> fab_gases = unknown<>;
  quantity<unit::kilogram_co2e_per_square_metre, T> materials = unknown<>;
  quantity<unit::usd, T> design_cost = unknown<>;  // non-recurring, of a die of 300 mm^2
  provenance origin{};

  template <number Other>
  using with_number = basic_process<Other>;
  static constexpr auto fields() {
    using X = basic_process;
    return std::tuple{
        label("name", &X::name),
        label("origin", &X::origin),
        field("wafer_diameter", &X::wafer_diameter, positive, "the diameter of the wafer"),
        field("wafer_price", &X::wafer_price, positive.or_unknown(), "the price of a processed wafer"),
        field("wafer_price_low", &X::wafer_price_low, positive.or_unknown(), "the lowest published price of a wafer"),
        field("wafer_price_high", &X::wafer_price_high, positive.or_unknown(),
              "the highest published price of a wafer"),
        field("defect_density", &X::defect_density, nonnegative.or_unknown(), "killer defects per area"),
        field("clustering", &X::clustering, positive.or_unknown(),
              "how little defects cluster (alpha; large: not at all)"),
        field("fab_energy", &X::fab_energy, nonnegative.or_unknown(), "electricity of the fab per area of wafer"),
        field("fab_gases", &X::fab_gases, nonnegative.or_unknown(), "process gases per area, abated"),
        field("materials", &X::materials, nonnegative.or_unknown(), "raw materials per area"),
        field("design_cost", &X::design_cost, nonnegative.or_unknown(),
              "the one-time cost of a design in this process")};
  }
  void rules(findings& f) const {
    if constexpr (real<T>) {
      f.check_at_most("wafer_price_low", wafer_price_low, "wafer_price_high", wafer_price_high,
                      "Exchange wafer_price_low and wafer_price_high.");
    }
  }
};
using process = basic_process<>;

// The parts of a wafer that carry no die.
template <number T = double>
struct basic_wafer_losses {
  // Parameter file of Chiplet Actuary (Feng, Ma, DAC 2022).
  quantity<unit::metre, T> edge = 0.005 * units::metre;     // excluded ring
  quantity<unit::metre, T> scribe = 0.0002 * units::metre;  // saw line between dies

  template <number Other>
  using with_number = basic_wafer_losses<Other>;
  static constexpr auto fields() {
    using X = basic_wafer_losses;
    return std::tuple{field("edge", &X::edge, nonnegative, "the excluded ring at the edge of the wafer"),
                      field("scribe", &X::scribe, nonnegative, "the saw line between two dies")};
  }
};
using wafer_losses = basic_wafer_losses<>;

// Gross dies on a wafer, square dies of `area` without scribe line:
//   N = pi (d/2 - e)^2 / A - pi (d - 2 e) / sqrt(2 A),  A = (sqrt(area) + s)^2;  never below 0.
// d wafer diameter, e excluded edge, s scribe line. Leaves out reticle fields and rectangular dies. Not rounded: the
// mean over placements. Source: as in Chiplet Actuary (Feng, Ma, DAC 2022); its edge and scribe line.
// Worked number: 814 mm^2 on 300 mm with 5 mm and 0.2 mm: 57.60.
template <number D, number A, number S = double>
constexpr auto gross_dies(const quantity<unit::metre, D>& diameter, const quantity<unit::square_metre, A>& area,
                          const basic_wafer_losses<S>& loss = {}) {
  using N = promote_all_t<D, A, S>;
  using std::numbers::pi, std::numbers::sqrt2;
  const auto side = sqrt(area) + loss.scribe;
  const auto usable = diameter - 2 * loss.edge;
  const N ratio = usable / side;
  return max(N(pi / 4) * ratio * ratio - N(pi / sqrt2) * ratio, N(0));
}

// Share of dies without a defect, at x = area * defect density killer defects per die. x >= 0.
// Poisson: defects independent, e^-x. Worked number: x = 0.8954: 0.4084.
template <number T>
constexpr T poisson_yield(const T& x) {
  return exp(-x);
}
// Murphy's (triangular density): ((1 - e^-x) / x)^2. Murphy, Proc. IEEE 52(12), 1964. x = 0.8954: 0.4365.
template <number T>
constexpr T murphy_yield(const T& x) {
  const T least = number_cast<T>(1e-12);  // below it the ratio is 1
  const T y = where(x > least, x, least);
  const T r = -expm1(-y) / y;
  return r * r;
}
// Seeds's (exponential density): 1 / (1 + x). Seeds, IEDM 1967. x = 0.8954: 0.5276.
template <number T>
constexpr T seeds_yield(const T& x) {
  return T(1) / (T(1) + x);
}
// Negative binomial: (1 + x/alpha)^-alpha; Poisson for alpha to infinity, Seeds for 1. Stapper, IBM J. Res. Dev. 27(6),
// 1983. x = 0.8954, alpha = 10: 0.4242.
template <number T, class Alpha>
constexpr promote_t<T, Alpha> negative_binomial_yield(const T& x, const Alpha& alpha) {
  using N = promote_t<T, Alpha>;
  const N a = number_cast<N>(alpha);
  return exp(-a * log1p(number_cast<N>(x) / a));
}

// Share of dies that can be sold when up to `spares` defects may fall on the `redundant` share of the area
// (multiprocessors that are switched off): negative binomial number of defects, each on that share with equal chance,
// each costing a spare of its own:
//   Y = sum over k = 0..spares of P(k) redundant^k
//   P(0) = (1 + x/a)^-a,  P(k+1) = P(k) (a + k) / (k + 1) x / (a + x)
// A little low: two defects may fall on one unit. With spares = 0 the yield of perfect dies.
// Worked number: x = 0.8954, alpha = 10, 70 % redundant, 12 spares: 0.7671.
template <number T, class Alpha>
constexpr promote_t<T, Alpha> harvested_yield(const T& x, const Alpha& alpha, double redundant, int spares) {
  using N = promote_t<T, Alpha>;
  const N a = number_cast<N>(alpha), d = number_cast<N>(x);
  N term = negative_binomial_yield(x, alpha), sum = term;
  const N ratio = N(redundant) * d / (a + d);
  for (int k = 0; k < spares; ++k) {
    term = term * ratio * (a + N(k)) / N(k + 1);
    sum = sum + term;
  }
  return sum;
}

// Killer defects on a die of this area.
template <number T, number A>
constexpr auto defects(const basic_process<T>& p, const quantity<unit::square_metre, A>& area) {
  return p.defect_density * area;
}

// Share of perfect dies of this area in a process (negative binomial).
template <number T, number A>
constexpr auto yield(const basic_process<T>& p, const quantity<unit::square_metre, A>& area) {
  return negative_binomial_yield(defects(p, area), p.clustering);
}

// Cost of a die that works: wafer price / (gross dies * share of dies that work). Source of the form: Feng, Ma, DAC
// 2022. Worked number: 814 mm^2 in N5 at 16,988 $ a wafer, 0.11/cm^2, alpha 10: 695 $ perfect.
template <number T, number A, class Share>
constexpr auto die_cost(const basic_process<T>& p, const quantity<unit::square_metre, A>& area, const Share& working) {
  return p.wafer_price / (gross_dies(p.wafer_diameter, area) * working);
}

// Wafers started for so many chips of `dies` dies each, of which a share `working` can be used.
template <class Count, number T, number A, class Share, class Dies>
constexpr auto wafers(const Count& chips, const basic_process<T>& p, const quantity<unit::square_metre, A>& area,
                      const Share& working, const Dies& dies) {
  return chips * dies / (gross_dies(p.wafer_diameter, area) * working);
}

// Carbon of making a die that works: area / working * (fab energy * grid carbon + gases + materials).
// Source: ACT (Gupta et al., ISCA 2022). Leaves out memory and package.
template <number T, number A, class Share, number G>
constexpr auto die_carbon(const basic_process<T>& p, const quantity<unit::square_metre, A>& area, const Share& working,
                          const quantity<unit::kilogram_co2e_per_joule, G>& grid) {
  return area / working * (p.fab_energy * grid + p.fab_gases + p.materials);
}

// Carbon of making and assembling a package (ACT, same place).
inline constexpr auto package_carbon = 0.15 * units::kilogram_co2e;

// Carbon of a packaged chip: dies + memory * carbon per byte + that of the package.
template <number C, number M, number P>
constexpr auto chip_carbon(const quantity<unit::kilogram_co2e, C>& dies, const quantity<unit::byte, M>& memory,
                           const quantity<unit::kilogram_co2e_per_byte, P>& per_byte) {
  return dies + memory * per_byte + package_carbon;
}

// What a chip is made of, in money. Each part has to be given, 0 where there is none: one that is left out would make the chip cheap.
template <number T = double>
struct basic_bill_of_materials {
  quantity<unit::usd, T> logic = unknown<>;
  quantity<unit::usd, T> memory = unknown<>;
  quantity<unit::usd, T> package = unknown<>;
  quantity<unit::usd, T> rest = unknown<>;  // test, assembly, board

  template <number Other>
  using with_number = basic_bill_of_materials<Other>;
  static constexpr auto fields() {
    using X = basic_bill_of_materials;
    return std::tuple{field("logic", &X::logic, nonnegative, "the cost of the compute dies"),
                      field("memory", &X::memory, nonnegative, "the cost of the memory stacks"),
                      field("package", &X::package, nonnegative, "the cost of interposer, substrate and bonding"),
                      field("rest", &X::rest, nonnegative, "the cost of test, assembly and board")};
  }
  constexpr auto cost() const { return logic + memory + package + rest; }
};
using bill_of_materials = basic_bill_of_materials<>;

// Share of a price that is left after cost.
template <number P, number C>
constexpr auto gross_margin(const quantity<unit::usd, P>& price, const quantity<unit::usd, C>& cost) {
  return (price - cost) / price;
}

// Units after which the margin has paid for the design: design / (price - cost); infinite where there is no margin.
// Worked number: 542 M$ against 28,000 $ less 3,320 $: 21,961.
template <number D, number P, number C>
constexpr auto units_to_repay(const quantity<unit::usd, D>& design, const quantity<unit::usd, P>& price,
                              const quantity<unit::usd, C>& cost) {
  using N = promote_all_t<D, P, C>;
  const auto margin = price - cost;
  const N count = design / where(margin > 0 * units::usd, margin, 1 * units::usd);
  return where(margin > 0 * units::usd, count, N(std::numeric_limits<scalar_of_t<N>>::infinity()));
}

// Heat per area of die. Worked number: 700 W on 814 mm^2: 86 W/cm^2.
template <number P, number A>
constexpr auto heat_flux(const quantity<unit::watt, P>& power, const quantity<unit::square_metre, A>& area) {
  return power / area;
}

// Coolant that carries `power` away at a rise of `rise`: Q = P / (rho c dT).
// Worked number: 120 kW in water (997 kg/m^3, 4,180 J/(kg K)) at 10 K: 2.88 L/s.
template <number P, number R, number C, number K>
constexpr auto
coolant_flow(const quantity<unit::watt, P>& power, const quantity<unit::kilogram_per_cubic_metre, R>& density,
             const quantity<unit::joule_per_kilogram_kelvin, C>& heat_capacity, const quantity<unit::kelvin, K>& rise) {
  return power / (density * heat_capacity * rise);
}

}  // namespace layercake::chips
