// Claim 12: agents became viable when reliability and cost crossed together.
#include <doctest/doctest.h>

#include <layercake/applications/applications.hpp>

#include "../approx.hpp"

namespace lc = layercake;
namespace app = lc::applications;
using namespace lc::units;

namespace {

// 1 M tokens in, 40 k out, nothing cached.
auto session_cost(double input_price, double output_price) {
  return app::price_of_tokens(1e6 * token, 0 * token, 1, 4e4 * token, input_price * usd / million_tokens,
                              output_price * usd / million_tokens);
}

// Fifty multiplications.
double fifty_steps(double p) {
  double all = 1;
  for (int i = 0; i < 50; ++i)
    all *= p;
  return all;
}

}  // namespace

TEST_CASE("claim 12: 50 steps in 2023 and in 2026") {
  const auto then = session_cost(30, 60), now = session_cost(3, 15);
  CHECK(in<usd>(then) == approx(32.40));
  CHECK(in<usd>(now) == approx(3.60));

  const double success_then = app::chain_success(0.95, 50), success_now = app::chain_success(0.99, 50);
  CHECK(success_then == approx(fifty_steps(0.95)).epsilon(1e-12));
  CHECK(success_then == approx(0.077).epsilon(0.005));
  CHECK(success_now == approx(fifty_steps(0.99)).epsilon(1e-12));
  CHECK(success_now == approx(0.605).epsilon(0.0005));

  CHECK(in<usd>(app::expected_value(success_then, 75 * usd, then)) == approx(-26.63).epsilon(0.0002));
  CHECK(in<usd>(app::expected_value(success_now, 75 * usd, now)) == approx(41.78).epsilon(0.0002));

  // The claim says that both had to cross. On these figures either alone would have paid: the reliability of 2023 at
  // the prices of 2026 by 2.17 $, the reliability of 2026 at the prices of 2023 by 12.98 $.
  CHECK(in<usd>(app::expected_value(success_then, 75 * usd, session_cost(3, 15))) == approx(2.17).epsilon(0.002));
  CHECK(in<usd>(app::expected_value(success_now, 75 * usd, session_cost(30, 60))) == approx(12.98).epsilon(0.001));
}

TEST_CASE("claim 12: the reliability that each year's prices ask for") {
  const double then = app::break_even_reliability(75 * usd, session_cost(30, 60), 50);
  const double now = app::break_even_reliability(75 * usd, session_cost(3, 15), 50);
  CHECK(then == approx(0.9834).epsilon(0.0001));
  CHECK(now == approx(0.9411).epsilon(0.0001));
  // At break-even nothing is gained: p^50 * 75 $ is the cost.
  CHECK(fifty_steps(then) * 75 == approx(32.40));
  CHECK(fifty_steps(now) * 75 == approx(3.60));
  // A second try of each step by a perfect verifier lifts 0.95 to 0.9975.
  CHECK(app::chain_success(app::best_of(0.95, 2), 50) == approx(fifty_steps(0.9975)));
}
