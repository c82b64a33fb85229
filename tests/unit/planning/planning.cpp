#include <cmath>
#include <doctest/doctest.h>
#include <layercake/bulk/run/function.hpp>
#include <layercake/bulk/space/sobol.hpp>
#include <layercake/layercake.hpp>
#include <layercake/planning/methods/calibration.hpp>
#include <layercake/planning/methods/refine.hpp>
#include <layercake/planning/methods/search.hpp>
#include <layercake/planning/methods/sensitivities.hpp>

#include "../../approx.hpp"

namespace lc = layercake;
namespace bulk = layercake::bulk;
namespace planning = layercake::planning;
using namespace layercake::units;

namespace {
const auto service =
    lc::stack{lc::energy::catalog::grid_ercot, lc::chips::catalog::h100_sxm,
              lc::infrastructure::site{.chips_per_node = 8, .power_usage_effectiveness = 1.25},
              lc::models::catalog::llama_3_1_70b.at(lc::precision::fp8),
              lc::applications::assistant{
                  .daily_users = 1e6, .tasks_per_user = 12 / day, .input = 1200 * token, .output = 300 * token}};
constexpr auto price = [](const auto& bill) { return bill.price_of_tokens(); };
constexpr auto energy_price = [](auto& s) -> auto& { return s.energy.price; };
constexpr auto efficiency = [](auto& s) -> auto& { return s.infrastructure.power_usage_effectiveness; };
constexpr auto smooth_bill = [](const auto& s) { return s.pull(lc::counting::smooth); };
}  // namespace

TEST_CASE("a search with a bound finds what trying everything finds") {
  const std::vector<std::size_t> sizes{7, 5, 6, 4};
  const auto cost = [](const std::vector<std::size_t>& o) {
    double c = 0;
    for (std::size_t i = 0; i < o.size(); ++i)
      c += std::fabs(std::sin(static_cast<double>(3 * o[i] + 7 * i + 1))) * static_cast<double>(i + 1);
    return c * usd;
  };
  const auto all = planning::search(sizes, cost, 5);
  const auto pruned = planning::search(sizes, cost, cost, 5);  // the cost of the first choices never exceeds the whole
  CHECK(all.combinations == 840);
  CHECK(all.evaluated == 840);
  CHECK(pruned.evaluated + pruned.pruned == 840);
  CHECK(pruned.evaluated < 200);
  REQUIRE(all.best.size() == 5);
  for (std::size_t k = 0; k < 5; ++k) {
    CHECK(pruned.best[k].options == all.best[k].options);
    CHECK(pruned.best[k].value == all.best[k].value);
  }
  const auto digits = planning::search(
      {10, 10, 10, 10},
      [](const std::vector<std::size_t>& o) { return static_cast<double>(o[0] + o[1] + o[2] + o[3]); },
      [](const std::vector<std::size_t>& o) {
        double s = 0;
        for (const auto i : o)
          s += static_cast<double>(i);
        return s;
      });
  // worked: planning/methods/search.hpp#search
  CHECK(digits.evaluated == 1);
  CHECK(digits.pruned == 9999);
  CHECK(planning::search({3}, [](const std::vector<std::size_t>&) { return std::nan(""); }).best.empty());
}

TEST_CASE("refine finds the optimum of a known function inside bounds") {
  using X = bulk::arguments<double, void, void>;
  // Rosenbrock's valley, whose least value 0 lies at (1, 1).
  const auto valley = [](const auto& x) {
    const auto a = std::get<0>(x.values), b = std::get<1>(x.values);
    return (1.0 - a) * (1.0 - a) + 100.0 * (b - a * a) * (b - a * a);
  };
  const auto same = [](const auto& v) { return v; };
  const X start{{-1.2, 1.0}};
  const auto in = planning::refine(start, valley, same, planning::movable(bulk::argument<0>, -2.0, 2.0),
                                   planning::movable(bulk::argument<1>, -2.0, 2.0));
  CHECK(std::get<0>(in.at.values) == approx(1).epsilon(1e-4));
  CHECK(std::get<1>(in.at.values) == approx(1).epsilon(1e-4));
  // With a <= 0.5 the optimum is on the bound, at b = a^2.
  const auto held = planning::refine(start, valley, same, planning::movable(bulk::argument<0>, -2.0, 0.5),
                                     planning::movable(bulk::argument<1>, -2.0, 2.0));
  CHECK(std::get<0>(held.at.values) == approx(0.5));
  CHECK(std::get<1>(held.at.values) == approx(0.25).epsilon(1e-5));
}

TEST_CASE("refine moves a stack's inputs") {
  const auto best = planning::refine(
      service, smooth_bill, price, planning::movable(energy_price, 30 * usd / megawatt_hour, 90 * usd / megawatt_hour),
      planning::movable(efficiency, 1.05, 1.6));
  CHECK(lc::in<usd / megawatt_hour>(best.at.energy.price) == approx(30));
  CHECK(best.at.infrastructure.power_usage_effectiveness == approx(1.05));
  CHECK(best.value == best.at.pull(lc::counting::smooth).price_of_tokens());
}

TEST_CASE("elasticities at every point of a sweep are those of the scalar gradient") {
  const auto space = bulk::sweep(service, planning::with_slopes(smooth_bill, energy_price, efficiency))
                         .over(energy_price, bulk::linear(30 * usd / megawatt_hour, 120 * usd / megawatt_hour, 4))
                         .over(efficiency, bulk::linear(1.05, 1.6, 3));
  std::vector<double> of_price(12), of_efficiency(12);
  const auto [low, a, b] =
      space.run(bulk::minimum(planning::plain(price)), bulk::into(bulk::view(of_price), planning::elasticity<0>(price)),
                bulk::into(bulk::view(of_efficiency), planning::elasticity<1>(price)));
  CHECK(low.index == 0);
  for (std::uint64_t i = 0; i < 12; ++i) {
    const auto at = space.at(i);
    const auto p = [&](double factor, auto access) {
      auto s = at;
      access(s) = access(s) * factor;
      return lc::in<usd / token>(s.pull(lc::counting::smooth).price_of_tokens());
    };
    const double h = 1e-5;
    CHECK(of_price[i] ==
          approx((p(1 + h, energy_price) - p(1 - h, energy_price)) / (2 * h) / p(1, energy_price)).epsilon(1e-6));
    CHECK(of_efficiency[i] ==
          approx((p(1 + h, efficiency) - p(1 - h, efficiency)) / (2 * h) / p(1, efficiency)).epsilon(1e-6));
  }
}

// Ishigami's function: S = 0.3139, 0.4424, 0; T = 0.5576, 0.4424, 0.2437 (a = 7, b = 0.1; Saltelli et al., Global Sensitivity Analysis, 2008).
TEST_CASE("shares of variance of Ishigami's function") {
  // sin by its series, since formulas have no sine of their own
  const auto sine = [](const auto& x) {
    auto term = x, sum = x;
    for (int k = 1; k <= 14; ++k)
      term = -term * x * x / (2.0 * k * (2 * k + 1)), sum += term;
    return sum;
  };
  const auto f = [sine](const auto& x, const auto& y, const auto& c) {
    const auto a = sine(x), b = sine(y);
    return a + 7.0 * b * b + 0.1 * c * c * c * c * a;
  };
  const auto start = bulk::function_of<double, double, double>(f);
  constexpr double pi = 3.14159265358979323846;
  const auto range = bulk::uniform(-pi, pi);
  const auto s = planning::shares_of_variance(
      start, bulk::sobol(1 << 14), bulk::itself, bulk::uncertain(bulk::argument<0>, range),
      bulk::uncertain(bulk::argument<1>, range), bulk::uncertain(bulk::argument<2>, range));
  const double first[] = {0.3139, 0.4424, 0.0}, total[] = {0.5576, 0.4424, 0.2437};
  for (std::size_t k = 0; k < 3; ++k) {
    CHECK(std::fabs(s.inputs[k].first_order - first[k]) < 0.01);
    CHECK(std::fabs(s.inputs[k].total - total[k]) < 0.01);
  }
  CHECK(s.mean == approx(3.5).epsilon(0.002));
}

TEST_CASE("a tornado has its longest bar first") {
  const auto bars =
      planning::tornado(bulk::sweep(service), 0.05, 0.95, price, bulk::uncertain(efficiency, bulk::uniform(1.1, 1.3)),
                        bulk::uncertain(
                            [](auto& s) -> auto& { return s.chip.price; }, bulk::log_normal(28000 * usd, 1.3)));
  REQUIRE(bars.size() == 2);
  CHECK(bars[0].input == "chip.price");
  CHECK(bars[0].at_low < bars[0].at_high);
  CHECK(bars[1].input == "infrastructure.power_usage_effectiveness");
  CHECK(bars[1].low_input == "1.11");
}

// Misra1a of NIST's Statistical Reference Datasets: certified b1 = 2.3894212918e2 (2.7070075241), b2 = 5.5015643181e-4 (7.2668688436e-6).
TEST_CASE("calibration reaches the certified values of NIST's Misra1a") {
  const double y[] = {10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78};
  const double x[] = {77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0};
  const auto residual = [&](const auto& p, std::size_t i) { return p[0] * (1.0 - lc::exp(-p[1] * x[i])) - y[i]; };
  for (const auto& start : {std::array<double, 2>{500, 1e-4}, {250, 5e-4}}) {
    const auto c = planning::calibrate<2>({{{"b1", start[0]}, {"b2", start[1]}}}, 14, residual);
    CHECK(c.converged);
    CHECK(c.value[0] == approx(2.3894212918e2).epsilon(1e-9));
    CHECK(c.value[1] == approx(5.5015643181e-4).epsilon(1e-9));
    CHECK(c.deviation[0] == approx(2.7070075241).epsilon(1e-6));
    CHECK(c.deviation[1] == approx(7.2668688436e-6).epsilon(1e-6));
  }
  const auto bounded = planning::calibrate<2>({{{"b1", 200, 100, 220}, {"b2", 5e-4, 0, 1}}}, 14, residual);
  CHECK(bounded.value[0] == 220);
  CHECK(bounded.at_bound[0]);
  CHECK(bounded.deviation[0] == 0);
  CHECK(bounded.deviation[1] > 0);
  CHECK_THROWS_AS((planning::calibrate<2>({{{"b1", 5, 10, 20}, {"b2", 1}}}, 14, residual)), lc::invalid_value);
  CHECK_THROWS_AS((planning::calibrate<2>({{{"b1", 5}, {"b2", 1}}}, 1, residual)), lc::invalid_value);
}
