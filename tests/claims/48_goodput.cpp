// Claim 48: reliability at extreme scale. Llama 3: 419 unexpected interruptions in 54 days on 16,384 H100: 54 x 86,400
// / 419 = 11,135 s between them. Saving 30 s: T = sqrt(2 x 30 x 11,135) = 817 s; 1 - 30/817 - 817/22,270 - 300/11,135 =
// 0.8997.
#include <cmath>
#include <doctest/doctest.h>
#include <layercake/infrastructure/infrastructure.hpp>

#include "../approx.hpp"

using namespace layercake;
using namespace layercake::units;

TEST_CASE("claim 48: goodput of 16,384 chips") {
  const infrastructure::reliability r;
  const quantity<unit::second> M = infrastructure::time_between_failures(r, 16384.0);
  CHECK(std::abs(in<second>(M) - 11135) < 0.5);
  CHECK(in<year>(r.time_between_failures) == approx(5.78).epsilon(0.001));

  const auto useful = [&](double save, double restart) {
    const quantity<unit::second> C = save * second;
    return infrastructure::goodput(infrastructure::young_interval(C, M), C, M,
                                   quantity<unit::second>(restart * second));
  };
  CHECK(std::abs(in<second>(infrastructure::young_interval(30 * second, M)) - 817) < 0.5);
  CHECK(std::abs(useful(30, 300) - 0.8997) < 5e-5);
  CHECK(std::abs(useful(30, 600) - 0.8727) < 5e-5);
  CHECK(std::abs(useful(300, 600) - 0.714) < 5e-4);
  CHECK(infrastructure::goodput(r, 16384.0) == approx(useful(30, 300)));

  // More than 90 % bounds what saving and restarting took: with 30 s to save, a restart of less than 5 minutes; with
  // none at all to restart, less than 56 s to save.
  CHECK(std::abs(in<second>(infrastructure::longest_restart(0.9, 30 * second, M)) - 296.1) < 0.05);
  CHECK(std::abs(useful(30, 296.13) - 0.9) < 1e-6);
  CHECK(std::abs(in<second>(infrastructure::longest_checkpoint(0.9, 0 * second, M)) - 55.675) < 0.001);
  CHECK(std::abs(useful(55.675, 0) - 0.9) < 1e-6);

  // A million such chips fail every three minutes; saving and restarting that fast is what scale asks for.
  CHECK(in<second>(infrastructure::time_between_failures(r, 1e6)) == approx(182.4).epsilon(0.001));
  CHECK(infrastructure::goodput(r, 1e6) == 0);
}
