// Constants from a few figures and a prior, against closed forms.
#include <layercake/planning/methods/prior.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <layercake/number/error.hpp>
#include <limits>
#include <string>

#include "../../approx.hpp"
#include "../../worked.hpp"

namespace lc = layercake;
namespace planning = layercake::planning;
using layercake_test::check_stated;

namespace {

const auto itself = [](const auto& c, std::size_t) { return c[0]; };

template <class Question>
std::string refused(Question&& question) {
  try {
    (void)question();
  } catch (const lc::invalid_value& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("residuals in standard errors have errors of their own") {
  // worked: planning/methods/calibration.hpp#calibrate
  const auto residual = [](const auto& p, std::size_t i) { return (p[0] - (i == 0 ? 1.0 : 3.0)) / 0.1; };
  const std::array<planning::parameter, 1> start{{{"p", 0}}};
  const auto known = planning::calibrate(start, 2, residual, planning::residual_scale::known);
  check_stated(known.value[0], "2");
  check_stated(known.deviation[0], "0.07071");
  // Found from the residuals, which are ten errors long: s^2 = 200.
  CHECK(planning::calibrate(start, 2, residual).deviation[0] == approx(1));
  // As many residuals as parameters leave nothing to find a scale from.
  const auto one = [](const auto& p, std::size_t) { return (p[0] - 1.0) / 0.1; };
  CHECK(planning::calibrate(start, 1, one, planning::residual_scale::known).deviation[0] == approx(0.1));
}

TEST_CASE("a figure and a prior meet in the mean of their logarithms, by their errors") {
  // worked: planning/methods/prior.hpp#calibrate_with_prior
  const auto c = planning::calibrate_with_prior<1>({{{"c", 1, 1}}}, {{2, 1}}, itself);
  check_stated(c.constants[0].value, "1.414");
  check_stated(c.constants[0].error, "0.7071");
  CHECK(c.converged);
  CHECK(c.figures[0].ratio == approx(std::sqrt(0.5)));
  CHECK(c.figures[0].deviations == approx(-0.5 * std::log(2.0)));
  CHECK(c.misfit() == approx(0.5 * std::log(2.0)));

  // Weights 1 / 0.5^2 and 2 / 0.1^2: 4 and 200.
  const auto sharp = planning::calibrate_with_prior<1>({{{"c", 3, 0.5}}}, {{5, 0.1}, {5, 0.1}}, itself);
  CHECK(std::log(sharp.constants[0].value) == approx((4 * std::log(3.0) + 200 * std::log(5.0)) / 204));
  CHECK(sharp.constants[0].error == approx(1 / std::sqrt(204.0)));
  CHECK(sharp.constants[0].determined());
}

TEST_CASE("what no figure tells keeps its prior") {
  // A product tells the sum of two logarithms and nothing of their difference; a third constant is in no figure, the others are held.
  const std::array<planning::prior_constant, 5> before{
      {{"a", 1, 0.6}, {"b", 1, 0.6}, {"c", 7, 0.3}, {"d", 2, 0}, {"e", 0, 0.4, lc::nonnegative}}};
  const auto product = [](const auto& c, std::size_t) { return c[0] * c[1] * (c[3] * 0.5 + c[4]); };
  const auto found = planning::calibrate_with_prior(before, {{4, 1e-3}}, product);
  const auto& c = found.constants;
  CHECK(c[0].value == approx(2).epsilon(1e-4));
  CHECK(c[1].value == approx(2).epsilon(1e-4));
  // Of the prior's variance of a, that of the sum is half of what is known: 0.6 / sqrt(2) is left.
  CHECK(c[0].error == approx(0.6 / std::sqrt(2.0)).epsilon(1e-4));
  CHECK(found.covariance[0][1] == approx(-0.18).epsilon(1e-4));
  CHECK(c[0].determined());
  CHECK(c[2].value == approx(7));
  CHECK(c[2].error == approx(0.3));
  CHECK_FALSE(c[2].determined());
  CHECK(c[3].value == 2);
  CHECK(c[3].error == 0);
  CHECK_FALSE(c[3].determined());
  CHECK(c[4].value == 0);
  CHECK_FALSE(c[4].determined());
}

TEST_CASE("constants stay inside what is allowed") {
  const auto c = planning::calibrate_with_prior<1>({{{"share", 0.5, 1, lc::domain{0.05, 0.8}}}}, {{3, 0.01}}, itself);
  CHECK(c.constants[0].value == approx(0.8));
  CHECK(c.constants[0].at_bound);
  CHECK(c.misfit() > 100);
}

TEST_CASE("a fit with a prior refuses what it cannot use") {
  const double nothing = std::numeric_limits<double>::quiet_NaN();
  const auto with = [](double before, double error, std::vector<planning::measured_figure> figures) {
    return refused([&] { return planning::calibrate_with_prior<1>({{{"c", before, error}}}, figures, itself); });
  };
  CHECK(with(1, 1, {}).find("measured is empty") == 0);
  CHECK(with(1, 1, {{0, 1}}).find("measured.value is 0") == 0);
  CHECK(with(1, 1, {{1, nothing}}).find("measured.error is") == 0);
  CHECK(with(-1, 1, {{1, 1}}).find("c is -1") == 0);
  CHECK(with(1, -1, {{1, 1}}).find("c.error is -1") == 0);
  CHECK(refused([] {
          return planning::calibrate_with_prior<1>({{{"c", 1, 1}}}, {{1, 1}},
                                                   [](const auto& c, std::size_t) { return c[0] - 1.0; });
        }).find("calibrate.residual is") == 0);
}
