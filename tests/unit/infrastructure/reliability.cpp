#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>
#include <layercake/infrastructure/reliability.hpp>
#include <limits>
#include <random>
#include <xsimd/xsimd.hpp>

#include "../../approx.hpp"
#include "../record_checks.hpp"

namespace lc = layercake;
namespace inf = layercake::infrastructure;
using namespace lc::units;

namespace {
using seconds = lc::quantity<lc::unit::second>;

// The useful share of the time of a machine that works `interval`, saves for `checkpoint`, and after a failure restarts
// for `restart` and does the lost work again; failures strike at any time.
double simulated(double interval, double checkpoint, double mean, double restart, int segments) {
  std::mt19937_64 random(12345);
  std::exponential_distribution<double> life(1 / mean);
  double clock = 0, next = life(random);
  for (int done = 0; done < segments;) {
    if (next >= interval + checkpoint) {
      clock += interval + checkpoint;
      next -= interval + checkpoint;
      ++done;
      continue;
    }
    clock += next;
    next = life(random);
    while (next < restart) {
      clock += next;
      next = life(random);
    }
    clock += restart;
    next -= restart;
  }
  return segments * interval / clock;
}
}  // namespace

TEST_CASE("goodput: a simulation of failing machines") {
  for (const double mean : {3000.0, 11135.0, 1e5}) {
    for (const double restart : {60.0, 600.0}) {
      for (const double checkpoint : {10.0, 60.0}) {
        const seconds M = mean * second, C = checkpoint * second, R = restart * second;
        for (const seconds T :
             {inf::young_interval(C, M), 0.4 * inf::young_interval(C, M), 2.0 * inf::young_interval(C, M)}) {
          const double truth = simulated(in<second>(T), checkpoint, mean, restart, 400000);
          INFO(mean << " " << restart << " " << checkpoint << " " << in<second>(T));
          CHECK(inf::complete_goodput(T, C, M, R) == approx(truth).epsilon(0.004));
          // First order: what it leaves out is of second order in the losses.
          const double lost = C / T + T / (2 * M) + R / M;
          CHECK(std::abs(inf::goodput(T, C, M, R) - truth) < lost * lost + 0.004);
        }
      }
    }
  }
}

TEST_CASE("goodput: intervals are the best ones") {
  for (const double c : {1.0, 30.0, 300.0}) {
    for (const double m : {2000.0, 11135.0, 1e6}) {
      const seconds C = c * second, M = m * second, R = 100 * second;
      const seconds young = inf::young_interval(C, M), daly = inf::daly_interval(C, M);
      for (const double off : {0.9, 0.99, 1.01, 1.1}) {
        CHECK(inf::goodput(young, C, M, R) >= inf::goodput(young * off, C, M, R));
      }
      // Daly's is near the best of the complete form: a tenth away is worse.
      CHECK(inf::complete_goodput(daly, C, M, R) > inf::complete_goodput(daly * 0.9, C, M, R));
      CHECK(inf::complete_goodput(daly, C, M, R) > inf::complete_goodput(daly * 1.1, C, M, R));
    }
  }
  CHECK(inf::daly_interval(30 * second, 10 * second) == 10 * second);  // saving takes longer than the machine lives
  CHECK(inf::goodput(100.0 * second, 30 * second, 10 * second, 0.0 * second) == 0);
}

TEST_CASE("goodput: what it allows to save and to restart") {
  const seconds M = 11135 * second;
  for (const double g : {0.6, 0.9, 0.95}) {
    for (const double c : {1.0, 10.0, 30.0}) {
      const seconds C = c * second;
      const seconds R = inf::longest_restart(g, C, M);
      if (R < 0 * second) continue;
      CHECK(inf::goodput(inf::young_interval(C, M), C, M, R) == approx(g).epsilon(1e-12));
      CHECK(in<second>(inf::longest_checkpoint(g, R, M)) == approx(c).epsilon(1e-9));
    }
  }
  CHECK(inf::longest_restart(0.99, 60 * second, M) < 0 * second);
  CHECK(inf::longest_checkpoint(0.99, 600 * second, M) == 0 * second);
}

TEST_CASE("goodput: what never fails loses nothing") {
  CHECK(inf::goodput(inf::reliability{}, 0.0) == 1);
  CHECK(inf::goodput(inf::reliability{}, 1e-30) == approx(1));
  const auto never = std::numeric_limits<double>::infinity() * second;
  CHECK(inf::complete_goodput(100.0 * second, 25.0 * second, never, 300.0 * second) == approx(0.8));  // 100 of 125 s
  CHECK(inf::complete_goodput(never, 25.0 * second, never, 300.0 * second) == 1);
  CHECK(inf::complete_goodput(100.0 * second, 25.0 * second, 1e12 * second, 300.0 * second) ==
        approx(0.8).epsilon(1e-9));
}

TEST_CASE("goodput: number types, slopes, bad input") {
  const inf::reliability r;
  layercake_test::check_bad_input(r);
  layercake_test::check_gradient(r, [](const auto& x) { return inf::goodput(x, 16384.0); });
  using batch = xsimd::batch<double>;
  const auto b = inf::goodput(r, batch(16384.0));
  CHECK(b.get(0) == approx(inf::goodput(r, 16384.0)).epsilon(1e-14));
  CHECK(static_cast<double>(inf::goodput(inf::basic_reliability<float>{}, 16384.f)) ==
        approx(inf::goodput(r, 16384.0)).epsilon(1e-5));
}
