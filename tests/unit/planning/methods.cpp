// Methods on functions of known answers: what they refuse, and that neither NaN nor infinity passes for an answer.
#include <cmath>
#include <doctest/doctest.h>
#include <layercake/bulk/run/function.hpp>
#include <layercake/planning/methods/calibration.hpp>
#include <layercake/planning/methods/refine.hpp>
#include <layercake/planning/methods/search.hpp>
#include <layercake/planning/methods/sensitivities.hpp>
#include <limits>
#include <string>
#include <vector>

#include "../../approx.hpp"

namespace lc = layercake;
namespace bulk = layercake::bulk;
namespace planning = layercake::planning;

namespace {
const double not_a_number = std::nan(""), infinity = std::numeric_limits<double>::infinity();
using options = std::vector<std::size_t>;

template <class F>
void check_refused(const F& f, const char* word) {
  try {
    f();
  } catch (const lc::error& e) {
    CHECK_MESSAGE(std::string(e.what()).find(word) != std::string::npos, e.what());
    return;
  }
  FAIL("nothing was thrown");
}
}  // namespace

TEST_CASE("a bound that is not known leaves out nothing, and an infinite one only what is infinite") {
  const std::vector<std::size_t> sizes{4, 5, 6};
  const auto value = [](const options& o) { return static_cast<double>((7 * o[0] + 3 * o[1] + 5 * o[2]) % 11); };
  const auto all = planning::search(sizes, value, 7);
  REQUIRE(all.best.size() == 7);
  for (const double unknown_bound : {not_a_number, -infinity}) {
    const auto bounded = planning::search(
        sizes, value, [&](const options&) { return unknown_bound; }, 7);
    CHECK(bounded.evaluated == 120);
    for (std::size_t i = 0; i < 7; ++i)
      CHECK((bounded.best[i].options == all.best[i].options && bounded.best[i].value == all.best[i].value));
  }
  const auto first_infeasible = planning::search(
      sizes, value, [](const options& o) { return o[0] == 0 ? infinity : 0.0; }, 7);
  CHECK(first_infeasible.pruned >= 30);
  for (const auto& c : first_infeasible.best)
    CHECK(c.options[0] > 0);
}

TEST_CASE("a search keeps many, whatever order they come in, and among equals the first") {
  // Values fall from one combination to the next: each of 60,000 enters.
  const auto falling = planning::search(
      {300, 300}, [](const options& o) { return -static_cast<double>(300 * o[0] + o[1]); }, 60000);
  REQUIRE(falling.best.size() == 60000);
  CHECK(falling.best.front().options == options{299, 299});
  CHECK(falling.best.back().options == options{100, 0});
  const auto equal = planning::search(
      {10, 10}, [](const options& o) { return static_cast<double>(o[1] % 2); }, 7);
  for (std::size_t i = 0; i < 7; ++i)
    CHECK(equal.best[i].options == options{i / 5, 2 * (i % 5)});
  check_refused(
      [] {
        planning::search(
            {3}, [](const options&) { return 1.0; }, 0);
      },
      "search.keep is 0");
  check_refused(
      [] {
        planning::search({3, 0}, [](const options&) { return 1.0; });
      },
      "choice 1 of a search has no options");
}

TEST_CASE("refine refuses what it cannot begin from") {
  using X = bulk::arguments<double, void>;
  const auto same = [](const auto& v) { return v; };
  const auto at = [&](double start, const auto& formula) {
    return planning::refine(X{{start}}, formula, same, planning::movable(bulk::argument<0>, -2.0, 3.0));
  };
  const auto square = [](const auto& x) { return std::get<0>(x.values) * std::get<0>(x.values); };
  check_refused([] { planning::movable(bulk::argument<0>, 2.0, 2.0); },
                "movable.low is 2; allowed: below movable.high, 2");
  check_refused([] { planning::movable(bulk::argument<0>, 0.0, infinity); }, "movable.high is inf");
  check_refused([] { planning::movable(bulk::argument<0>, -1.7e308, 1.7e308); }, "movable.high is");
  check_refused([] { planning::movable(bulk::argument<0>, not_a_number, 1.0); }, "movable.low is");
  check_refused([&] { at(not_a_number, square); }, "refine.inputs is unknown");
  check_refused([&] { at(0.5, [&](const auto& x) { return std::get<0>(x.values) * infinity; }); }, "refine.figure is");
  check_refused([&] { at(0.0, [](const auto& x) { return 1.0 / std::get<0>(x.values); }); }, "refine.figure is");
  // From outside of its range: from the nearer end.
  CHECK(std::fabs(std::get<0>(at(77.0, square).at.values)) < 1e-6);
  // Infinite beyond 1: the optimum before it is found, and is finite.
  const auto wall = at(0.0, [](const auto& x) {
    const auto& a = std::get<0>(x.values);
    return lc::where(a < 1.0, (a - 2.0) * (a - 2.0), a * infinity);
  });
  CHECK(std::isfinite(wall.value));
  CHECK(std::get<0>(wall.at.values) < 1);
  CHECK(wall.steps <= 200);
}

TEST_CASE("what no measurement determines has an infinite error, and the others their own") {
  // y = a + (b + c) x: b and c can be exchanged. Residuals of a and b + c by hand: ordinary least squares.
  const double xs[] = {0, 1, 2, 3}, ys[] = {1.1, 2.9, 5.2, 6.8};
  const auto residual = [&](const auto& p, std::size_t i) { return p[0] + (p[1] + p[2]) * xs[i] - ys[i]; };
  const std::array<planning::parameter, 3> start{{{"a", 0}, {"b", 1}, {"c", 0}}};
  const auto c = planning::calibrate(start, 4, residual);
  // Slope sum((x - 1.5) y) / 5 = 1.94, intercept 4 - 1.5 * 1.94 = 1.09; residuals -0.01, 0.13, -0.23, 0.11, of squares 0.082.
  CHECK(c.value[0] == approx(1.09).epsilon(1e-9));
  CHECK(c.value[1] + c.value[2] == approx(1.94).epsilon(1e-9));
  CHECK(c.deviation[1] == infinity);
  CHECK(c.deviation[2] == infinity);
  CHECK(std::isfinite(c.deviation[0]));
  CHECK(c.deviation[0] > 0);

  // The unit of a parameter does not decide: the same line with a slope in 1e-12.
  const auto tiny = [&](const auto& p, std::size_t i) { return p[0] + p[1] * 1e12 * xs[i] - ys[i]; };
  const auto line = planning::calibrate(std::array<planning::parameter, 2>{{{"a", 0}, {"b", 1e-12}}}, 4, tiny);
  // s^2 = 0.082 / 2, deviation of the slope sqrt(s^2 / 5).
  CHECK(line.value[1] == approx(1.94e-12).epsilon(1e-9));
  CHECK(line.deviation[1] == approx(std::sqrt(0.082 / 2 / 5) * 1e-12).epsilon(1e-6));
}

TEST_CASE("calibrate refuses what it cannot fit") {
  const auto residual = [](const auto& p, std::size_t) { return p[0] - 1.0; };
  const auto of = [&](double start, double low, double high, std::size_t n) {
    return planning::calibrate(std::array<planning::parameter, 1>{{{"rate", start, low, high}}}, n, residual);
  };
  for (const double bad : {not_a_number, infinity, 3.0})
    check_refused([&] { of(bad, 0, 2, 4); }, "rate is");
  check_refused([&] { of(1, not_a_number, 2, 4); }, "rate is");
  check_refused([&] { of(1, 2, 0, 4); }, "rate is");
  check_refused([&] { of(1, 0, 2, 0); }, "calibrate.n is 0");
  check_refused([&] { of(1, 0, 2, ~std::size_t(0)); }, "calibrate.n is");
  check_refused(
      [] {
        planning::calibrate(std::array<planning::parameter, 1>{{{"rate", 0}}}, 2,
                            [](const auto& p, std::size_t) { return 1.0 / p[0]; });
      },
      "calibrate.residual is");
  CHECK(of(0.5, 0, 2, 4).value[0] == approx(1));
}

TEST_CASE("the elasticity of a figure of nothing") {
  using X = bulk::arguments<double, void>;
  const auto ask = [](const auto& formula) {
    std::vector<double> e(3);
    bulk::sweep_of<double, X, std::remove_cvref_t<decltype(planning::with_slopes(formula, bulk::argument<0>))>>(
        X{}, planning::with_slopes(formula, bulk::argument<0>))
        .over(bulk::argument<0>, bulk::list({0.0, 1.0, 2.0}))
        .run(bulk::into(bulk::view(e), planning::elasticity<0>(bulk::itself)));
    return e;
  };
  const auto square = ask([](const auto& x) { return std::get<0>(x.values) * std::get<0>(x.values); });
  CHECK((square[0] == 0 && square[1] == approx(2) && square[2] == approx(2)));
  const auto shifted = ask([](const auto& x) { return std::get<0>(x.values) - 1.0; });
  CHECK((shifted[0] == 0 && shifted[1] == infinity && shifted[2] == approx(2)));
}

TEST_CASE("a tornado has the bars that leave what is feasible first") {
  const auto f = bulk::function_of<double, double, double>([](const auto& a, const auto& b, const auto& c) {
                   return a * 100.0 + b + c;
                 }).where("b is small", [](const auto& x, const auto&) { return std::get<1>(x.values) < 0.9; });
  const auto range = bulk::uniform(0.0, 1.0);
  const auto bars =
      planning::tornado(f, 0.05, 0.95, bulk::itself, bulk::uncertain(bulk::argument<0>, range),
                        bulk::uncertain(bulk::argument<1>, range), bulk::uncertain(bulk::argument<2>, range));
  REQUIRE(bars.size() == 3);
  CHECK(std::isnan(bars[0].at_high));
  CHECK(bars[0].at_low == approx(50 + 0.05 + 0.5));
  CHECK(bars[1].at_high == approx(95 + 0.5 + 0.5));
  CHECK(bars[2].at_high == approx(50 + 0.5 + 0.95));
}
