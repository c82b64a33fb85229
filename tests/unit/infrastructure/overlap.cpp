#include <doctest/doctest.h>

#include <layercake/infrastructure/overlap.hpp>
#include <layercake/number/dual.hpp>
#include <layercake/units/named.hpp>

#include "../../approx.hpp"

namespace {
using namespace layercake::units;
using layercake::in;
using layercake::infrastructure::overlapped;

double together(double compute, double exchange, double hidden, double taken) {
  return in<second>(overlapped(compute * second, exchange * second, hidden, taken));
}
}  // namespace

TEST_CASE("an exchange under computation costs what it cannot hide and what it takes") {
  CHECK(together(10e-3, 4e-3, 0.5, 0.15) == approx(12.3e-3).epsilon(1e-14));  // 10 + 0.15 * 2 + 2 ms
  CHECK(together(10, 4, 0, 0.15) == 14);                                      // nothing hidden: one after the other
  CHECK(together(10, 4, 1, 0) == 10);  // all hidden, nothing taken: the longer of the two
  CHECK(together(4, 10, 1, 0) == 10);
  CHECK(together(0, 4, 1, 0.15) == 4);  // nothing to hide under
  // A quarter of the chip for 4 s delays 10 s of work by 1 s.
  CHECK(together(10, 4, 1, 0.25) == 11);
}

TEST_CASE("overlapping is never faster than either and never slower for less") {
  const double steps[] = {0, 0.1, 0.5, 1, 3, 10}, shares[] = {0, 0.15, 0.6, 1};
  for (const double compute : steps) {
    for (const double exchange : steps) {
      for (const double hidden : shares) {
        for (const double taken : shares) {
          CAPTURE(compute);
          CAPTURE(exchange);
          CAPTURE(hidden);
          CAPTURE(taken);
          const double t = together(compute, exchange, hidden, taken);
          CHECK(t >= compute);
          CHECK(t >= exchange * (1 - 1e-15));
          CHECK(t <= (compute + exchange) * (1 + 1e-15));
          CHECK(together(compute + 1, exchange, hidden, taken) >= t);
          CHECK(together(compute, exchange + 1, hidden, taken) >= t);
          CHECK(together(compute, exchange, hidden, taken * 0.5) <= t);
        }
      }
    }
  }
}

TEST_CASE("the derivative of an overlapped exchange is what is left of it") {
  using dual = layercake::dual<double, 1>;
  const auto t = in<second>(overlapped(
      layercake::quantity<layercake::unit::second, dual>(10.0 * second),
      layercake::quantity<layercake::unit::second, dual>(dual::variable(4.0, 0) * second), dual(0.5), dual(0.15)));
  CHECK(t.value == approx(12.3));
  CHECK(t.slope[0] == approx(0.5 + 0.5 * 0.15));
}
