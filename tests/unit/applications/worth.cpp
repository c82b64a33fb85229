#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <layercake/applications/applications.hpp>
#include <layercake/number/dual.hpp>
#include <xsimd/xsimd.hpp>

#include "../../approx.hpp"

namespace lc = layercake;
namespace app = lc::applications;
using namespace lc::units;

namespace {

// One formula of one number in every number type: the values agree, the slope is the central difference.
template <class F>
void check_everywhere(F f, double at, double tolerance = 1e-7) {
  using batch = xsimd::batch<double>;
  using D = lc::dual<double, 1>;
  const double here = f(at), h = 1e-6 * at;
  CHECK(f(batch(at)).get(0) == approx(here).epsilon(1e-12));
  CHECK(f(static_cast<float>(at)) == approx(here).epsilon(2e-5));
  const D y = f(D::variable(at, 0));
  CHECK(y.value == approx(here).epsilon(1e-14));
  CHECK(y.slope[0] == approx((f(at + h) - f(at - h)) / (2 * h)).epsilon(tolerance));
}

}  // namespace

TEST_CASE("worth: every number type") {
  check_everywhere([](const auto& p) { return app::chain_success(p, 50); }, 0.95);
  check_everywhere([](const auto& p) { return app::best_of(p, 10); }, 0.2);
  check_everywhere([](const auto& n) { return app::best_of(0.2, n); }, 7.0);
  check_everywhere([](const auto& x) { return in<usd>(app::expected_value(x, 75 * usd, 3.6 * usd)); }, 0.6);
  check_everywhere([](const auto& x) { return in<usd>(app::break_even_cost(x, 75 * usd)); }, 0.6);
  check_everywhere([](const auto& x) { return app::break_even_reliability(75 * usd, x * usd, 50); }, 32.4);
  check_everywhere(
      [](const auto& r) {
        return layercake::economics::demand_response(r, layercake::economics::price_elasticity{-1.11});
      },
      0.1);
  check_everywhere(
      [](const auto& e) {
        return layercake::economics::spending_response(0.1, layercake::economics::price_elasticity{e});
      },
      -1.11);
  check_everywhere([](const auto& a) { return app::accelerated_throughput(0.36, a); }, 2.0);
  check_everywhere([](const auto& g) { return app::implied_acceleration(0.36, g); }, 1.2, 1e-6);
  check_everywhere([](const auto& g) { return app::labour_response(g, layercake::economics::price_elasticity{-1.5}); },
                   1.2);
  check_everywhere([](const auto& n) { return in<token>(app::conversation_input(n, 2000 * token)); }, 100.0);
  check_everywhere([](const auto& n) { return in<token>(app::reusable_input(n, 2000 * token)); }, 100.0);
  check_everywhere([](const auto& n) { return in<token>(app::conversation_input(n, 2000 * token, 33000 * token)); },
                   100.0);
  check_everywhere([](const auto& w) { return in<token>(app::conversation_input(100, 2000 * token, w * token)); },
                   33000.0);
  check_everywhere([](const auto& m) { return in<usd>(app::affordable_cost_per_daily_user(1 * usd, m, 0.3)); }, 0.2);
}

TEST_CASE("worth: cost and revenue of a daily user") {
  CHECK(in<usd / day>(app::cost_per_daily_user(0.005 * usd, 12 / day)) == approx(0.06));
  CHECK(in<usd / day>(app::affordable_cost_per_daily_user(0.05 * usd / day, 0.2, 0.3)) == approx(0.025));
}

TEST_CASE("worth: limits") {
  // One step or try is the step or try itself; a chain of none succeeds; more steps never help, more tries never harm.
  CHECK(app::chain_success(0.7, 1) == approx(0.7));
  CHECK(app::chain_success(0.7, 0) == 1);
  CHECK(app::chain_success(1.0, 1000) == 1);
  for (int n = 1; n < 30; ++n) {
    CHECK(app::chain_success(0.9, n + 1) < app::chain_success(0.9, n));
    CHECK(app::best_of(0.1, n + 1) > app::best_of(0.1, n));
    // Both are one thing: a chain of n survives if none of its steps fails.
    CHECK(app::best_of(0.1, n) == approx(1 - app::chain_success(0.9, n)).epsilon(1e-12));
  }
  CHECK(app::best_of(0.0, 10) == 0);
  CHECK(app::best_of(0.3, 1) == approx(0.3));
  CHECK(app::best_of(1e-15, 10) == approx(1e-14));  // no cancellation
  CHECK(app::accelerated_throughput(0.0, 10.0) == 1);
  CHECK(app::accelerated_throughput(1.0, 10.0) == approx(10));
  CHECK(app::break_even_reliability(1 * usd, 2 * usd, 10) > 1);
  // At break-even an attempt is worth nothing: by its cost, and by its reliability.
  CHECK(in<usd>(app::expected_value(0.605, 75 * usd, app::break_even_cost(0.605, 75 * usd))) == 0);
  for (int n : {1, 10, 50}) {
    const double p = app::break_even_reliability(75 * usd, 3 * usd, n);
    double all = 1;
    for (int i = 0; i < n; ++i)
      all *= p;
    CHECK(all * 75 == approx(3));
  }
  for (double a : {1.1, 2.0, 30.0}) {
    CHECK(app::implied_acceleration(0.36, app::accelerated_throughput(0.36, a)) == approx(a));
  }
  // What is read is what is new and what was seen before.
  CHECK(in<token>(app::conversation_input(37, 500 * token)) ==
        approx(37 * 500 + in<token>(app::reusable_input(37, 500 * token))));
  CHECK(in<token>(app::reusable_input(1, 500 * token)) == 0);
  // A window that no turn fills changes nothing; one turn's worth is refilled every turn.
  CHECK(app::conversation_input(10, 2000 * token, 1e6 * token) == app::conversation_input(10, 2000 * token));
  CHECK(in<token>(app::conversation_input(10, 2000 * token, 2000 * token)) == approx(20000));
}

TEST_CASE("worth: cached tokens are cheaper") {
  const auto full = app::price_of_tokens(1e6 * token, 0 * token, 0.1, 4e4 * token, 3 * usd / million_tokens,
                                         15 * usd / million_tokens);
  CHECK(in<usd>(full) == approx(3.60));
  const auto cached = app::price_of_tokens(1e6 * token, 9e5 * token, 0.1, 4e4 * token, 3 * usd / million_tokens,
                                           15 * usd / million_tokens);
  CHECK(in<usd>(cached) == approx(0.1 * 3 + 0.9 * 0.3 + 0.6));
}
