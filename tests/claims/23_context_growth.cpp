// Claim 23: what a long conversation reads, with and without compression.
#include <doctest/doctest.h>

#include <layercake/applications/applications.hpp>

#include "../approx.hpp"

namespace lc = layercake;
namespace app = lc::applications;
using namespace lc::units;

TEST_CASE("claim 23: 100 turns of 2,000 tokens, window of 32,000") {
  double all = 0, windowed = 0, seen = 0;
  for (int k = 1; k <= 100; ++k) {
    all += 2000.0 * k;
    windowed += 2000.0 * k < 32000 ? 2000.0 * k : 32000;
    seen += 2000.0 * (k - 1);
  }
  CHECK(all == 10.1e6);       // 100 * 101 / 2 * 2,000
  CHECK(windowed == 2.96e6);  // 16 * 17 / 2 * 2,000 + 84 * 32,000
  CHECK(in<token>(app::conversation_input(100, 2000 * token)) == approx(all).epsilon(1e-14));
  CHECK(in<token>(app::conversation_input(100, 2000 * token, 32000 * token)) == approx(windowed).epsilon(1e-14));
  CHECK(in<token>(app::reusable_input(100, 2000 * token)) == approx(seen).epsilon(1e-14));

  // A cache at a tenth of the price saves more (8.9 of 10.1) than the window (7.1).
  const auto price = 3 * usd / million_tokens;
  const auto cached = app::price_of_tokens(10.1e6 * token, seen * token, 0.1, 0 * token, price, price);
  CHECK(in<usd>(cached) == approx((0.2e6 + 9.9e6 / 10) * 3e-6));
}

TEST_CASE("claim 23: the closed form is the sum, for any turns, tokens and window") {
  for (int turns : {1, 2, 7, 40}) {
    for (double per_turn : {1.0, 300.0, 2000.0}) {
      for (double window : {1999.0, 2000.0, 2001.0, 9000.0, 1e6}) {
        double sum = 0;
        for (int k = 1; k <= turns; ++k)
          sum += per_turn * k < window ? per_turn * k : window;
        CHECK(in<token>(app::conversation_input(turns, per_turn * token, window * token)) ==
              approx(sum).epsilon(1e-12));
      }
    }
  }
}
