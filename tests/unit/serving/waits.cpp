// Laws of waits alone: worked numbers, and limits in which others' formulas hold.
#include <doctest/doctest.h>

#include <cmath>
#include <layercake/layercake.hpp>
#include <layercake/serving/waits.hpp>

#include "../../approx.hpp"

namespace lc = layercake;
namespace detail = lc::detail;

TEST_CASE("a queue for slots of steps that do not lengthen is M/M/c") {
  for (const double c : {30.0, 100.0, 400.0})
    for (const double load : {0.8, 0.9, 0.95}) {
      // One slot answers one call a second; what is in flight is Poisson's while slots are free.
      const double a = c * load;
      const detail::crowd<double> n{a, a, 1, 0};
      const auto q = detail::queue_for_slots(c, n, detail::swinging_step<double>{1, 0, 0, 0, 0}, 1.0, {a, c});
      CHECK(q.each == approx(1 / (c - a)));
      CHECK(std::abs(q.waits - lc::queue::erlang_c(c, a)) < 0.03);
      CHECK(q.in_flight == approx(a).epsilon(0.01));
    }
}

TEST_CASE("answers of one length: the queue of those that wait is that of M/D/c of many servers") {
  // The highest point of a random walk with normal steps of mean -b and deviation 1, M, has the mean 1/(2b) + zeta(1/2)/sqrt(2 pi) + b/4, and
  // P(M > 0) = 1 - sqrt(2) b exp(b zeta(1/2) / sqrt(2 pi)), to b^3 (Chang, Peres 1997); in requests M sqrt(c), b = (1 - load) sqrt(c).
  const double zeta = -1.4603545088095868 / std::sqrt(2 * std::acos(-1.0)), c = 400;
  for (const double b : {0.2, 0.4, 0.8}) {
    const double load = 1 - b / std::sqrt(c);
    const double mean = 1 / (2 * b) + zeta + b / 4, waits = 1 - std::sqrt(2.0) * b * std::exp(b * zeta);
    const detail::crowd<double> n{c * load, c * load, 1, 0};
    const auto q = detail::queue_for_slots(c, n, detail::swinging_step<double>{1, 0, 0, 0, 0}, 0.0, {c * load, c});
    CHECK(q.each * c == approx(mean / waits * std::sqrt(c)).epsilon(0.05));
  }
}

TEST_CASE("worked numbers of waits") {
  // worked: serving/waits.hpp#rate_of_others
  CHECK(detail::rate_of_others(2.0, 1.0, 1.0) == approx(2 - std::sqrt(2.0)));
  CHECK(detail::rate_of_others(1.0, 1.0, 1.0) == 0);
  // worked: serving/waits.hpp#slow_of_both
  CHECK(detail::slow_of_both(0.0, 0.1, detail::slot_queue<double>{0.5, 1, 0}, 0.99) ==
        approx(std::log(50.0)).epsilon(1e-6));
  CHECK(detail::slow_of_both(1.0, 1.5, detail::slot_queue<double>{0, 1, 0}, 0.99) == approx(1.5).epsilon(1e-6));
  CHECK(detail::rounded_up(1.4, 0.1) == 2);
  CHECK(detail::rounded_up(2.0, 0.1) == 2.5);
  CHECK(detail::rounded_up(2.05, 0.1) == approx(2.75));
  // Pollaczek and Khinchine: prompts of which a step holds one, whose steps take all their time: M/D/1 at half its load waits half a service.
  const detail::prompt_cost<double> one{0, 1, 0, 1, 1, 1};
  const auto w = detail::wait_for_pieces(one, 1e-9, 0.5, 0.0);
  CHECK(w.least == approx(1));
  CHECK(w.variance == approx(0.5 / (3 * 0.5) + 0.25));
}
