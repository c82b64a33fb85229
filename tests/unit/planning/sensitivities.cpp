// Shares of variance: closed forms, groups of correlated inputs, and errors that are what they say.
#include <array>
#include <cmath>
#include <doctest/doctest.h>
#include <layercake/bulk/run/function.hpp>
#include <layercake/bulk/space/sobol.hpp>
#include <layercake/planning/methods/sensitivities.hpp>

#include "../../approx.hpp"

namespace lc = layercake;
namespace bulk = layercake::bulk;
namespace planning = layercake::planning;
using bulk::argument;

// f = x1 + 2 x2, uniform: variances 1/12 and 4/12.
// worked: planning/methods/sensitivities.hpp#shares_of_variance
TEST_CASE("shares of a sum: those of its terms, and nothing is left") {
  const auto s = planning::shares_of_variance(
      bulk::function_of<double, double>([](const auto& a, const auto& b) { return a + 2.0 * b; }), bulk::sobol(1 << 14),
      bulk::itself, bulk::uncertain(argument<0>, bulk::uniform(0.0, 1.0)),
      bulk::uncertain(argument<1>, bulk::uniform(0.0, 1.0)));
  CHECK(s.mean == approx(1.5).epsilon(1e-3));
  CHECK(s.deviation == approx(std::sqrt(5.0 / 12)).epsilon(1e-3));
  CHECK(s.inputs[0].first_order == approx(0.2).epsilon(0.02));
  CHECK(s.inputs[1].first_order == approx(0.8).epsilon(0.02));
  CHECK(s.inputs[0].total == approx(0.2).epsilon(0.02));
  CHECK(s.inputs[1].total == approx(0.8).epsilon(0.02));
  CHECK(s.explained() == approx(1).epsilon(0.01));
}

// f = x1 x2, standard normal: all of the variance is interaction.
TEST_CASE("shares of a product: interaction alone") {
  const auto s = planning::shares_of_variance(
      bulk::function_of<double, double>([](const auto& a, const auto& b) { return a * b; }), bulk::sobol(1 << 14),
      bulk::itself, bulk::uncertain(argument<0>, bulk::normal(0.0, 1.0)),
      bulk::uncertain(argument<1>, bulk::normal(0.0, 1.0)));
  CHECK(std::fabs(s.explained()) < 0.02);
  CHECK(s.inputs[0].total == approx(1).epsilon(0.02));
}

// f = a + b + c with standard normal a, b, c and correlation r of a and b: V = 3 + 2 r, of which 2 + 2 r is the pair's.
TEST_CASE("correlated inputs have their share together") {
  for (const double r : {-0.5, 0.0, 0.8}) {
    const auto s = planning::shares_of_variance(
        bulk::function_of<double, double, double>(
            [](const auto& a, const auto& b, const auto& c) { return a + b + c; }),
        bulk::sobol(1 << 14), bulk::itself, bulk::uncertain(argument<2>, bulk::normal(0.0, 1.0)),
        bulk::correlated({1, r, r, 1}, bulk::uncertain(argument<0>, bulk::normal(0.0, 1.0)),
                         bulk::uncertain(argument<1>, bulk::normal(0.0, 1.0))));
    REQUIRE(s.inputs.size() == 2);
    CHECK(s.inputs[0].first_order == approx(1 / (3 + 2 * r)).epsilon(0.03));
    CHECK(s.inputs[1].first_order == approx((2 + 2 * r) / (3 + 2 * r)).epsilon(0.03));
    CHECK(s.inputs[1].input == "input 1, input 2");
  }
}

// The spread of the estimates over independent samples, against the error that each states: 64 of them know it to 9 %.
TEST_CASE("the stated errors are those that repeated samples show") {
  constexpr int samples = 64;
  std::array<double, 4> sum{}, squares{}, stated{};
  const auto question =
      bulk::function_of<double, double>([](const auto& a, const auto& b) { return a + 2.0 * b + 3.0 * a * b; });
  for (int i = 0; i < samples; ++i) {
    const auto s = planning::shares_of_variance(question, bulk::random(2000, static_cast<std::uint64_t>(i + 1)),
                                                bulk::itself, bulk::uncertain(argument<0>, bulk::uniform(0.0, 1.0)),
                                                bulk::uncertain(argument<1>, bulk::uniform(0.0, 1.0)));
    const double found[] = {s.inputs[0].first_order, s.inputs[1].first_order, s.inputs[0].total, s.inputs[1].total};
    const double error[] = {s.inputs[0].first_order_error, s.inputs[1].first_order_error, s.inputs[0].total_error,
                            s.inputs[1].total_error};
    for (std::size_t k = 0; k < 4; ++k)
      sum[k] += found[k], squares[k] += found[k] * found[k], stated[k] += error[k] / samples;
  }
  for (std::size_t k = 0; k < 4; ++k) {
    const double seen = std::sqrt((squares[k] - sum[k] * sum[k] / samples) / (samples - 1));
    CAPTURE(k);
    CHECK(stated[k] / seen > 0.7);
    CHECK(stated[k] / seen < 1.4);
  }
}

TEST_CASE("bad questions of sensitivity are refused") {
  const auto question = bulk::function_of<double>([](const auto& a) { return a; });
  const auto u = bulk::uncertain(argument<0>, bulk::uniform(0.0, 1.0));
  CHECK_THROWS_AS(planning::tornado(question, 0.95, 0.05, bulk::itself, u), lc::invalid_value);
  CHECK_THROWS_AS(planning::tornado(question, 0.0, 1.0, bulk::itself, u), lc::invalid_value);
  CHECK_THROWS_AS(planning::shares_of_variance(question, bulk::random(9e18), bulk::itself, u), bulk::invalid_axis);
  CHECK_THROWS_AS(planning::shares_of_variance(question, bulk::random(4e17), bulk::itself, u), bulk::out_of_memory);
  const auto never = bulk::function_of<double>([](const auto& a) { return lc::sqrt(-1.0 - a); });
  CHECK_THROWS_AS(planning::shares_of_variance(never, bulk::random(100), bulk::itself, u), lc::infeasible);
}
