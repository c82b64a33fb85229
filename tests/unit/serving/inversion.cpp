// The largest batch that keeps the objectives: largest_below against closed forms and against sixty steps of bisection.
#include <doctest/doctest.h>

#include <cmath>
#include <layercake/chips/catalog.hpp>
#include <layercake/infrastructure/catalog.hpp>
#include <layercake/models/catalog.hpp>
#include <layercake/number/dual.hpp>
#include <layercake/serving/serve.hpp>
#include <xsimd/xsimd.hpp>

#include "../../approx.hpp"
#include "../../worked.hpp"

namespace lc = layercake;
using namespace lc::units;
using lc::largest_below;

namespace {
const lc::infrastructure::site site;

lc::call_demand<> demand_of(double input, double output, double first, double interval) {
  lc::call_demand<> d;
  d.input = input * token;
  d.output = output * token;
  d.time_to_first_token = first * second;
  d.time_per_output_token = interval * (second / token);
  return d;
}

// What of its objectives a replica uses up with b calls in flight, written out again.
template <class R>
double used_up(const R& r, const lc::call_demand<>& d, double b) {
  const auto step = r.template steady<false>(b);
  const double interval = lc::in<second>(step.time) / r.tokens_per_pass();
  const double first = lc::in<second>(r.first_token(step, b));
  return std::max(interval / lc::in<second>(d.time_per_output_token * (1.0 * token)),
                  first / lc::in<second>(d.time_to_first_token));
}
template <class F>
double bisected(double high, F&& f) {
  double low = 1;
  for (int i = 0; i < 60; ++i) {
    const double middle = std::sqrt(low * high);
    (f(middle) <= 1 ? low : high) = middle;
  }
  return low;
}
}  // namespace

TEST_CASE("serving inversion: closed forms") {
  // worked: serving/root.hpp#largest_below
  CHECK(largest_below(1.0, 2048.0, 1.0, [](double x) { return 0.2 + 0.01 * x; }) == approx(80).epsilon(1e-12));
  CHECK(largest_below(1.0, 50.0, 3.0, [](double x) { return x * x * x / 9; }) == approx(3).epsilon(1e-9));
  CHECK(largest_below(0.5, 900.0, 2.0, [](double x) { return std::log(x); }) == approx(std::exp(2)).epsilon(1e-9));
  CHECK(largest_below(1.0, 99.0, 1.0, [](double x) { return 10 / (100 - x); }) == approx(90).epsilon(1e-9));
  CHECK(largest_below(1.0, 1024.0, 1.0, [](double x) { return std::max(0.1 + x / 1000, x * x / 1e4); }) ==
        approx(100).epsilon(1e-9));
  // The limit is never reached; it is exceeded from the start; both ends are one.
  CHECK(largest_below(1.0, 50.0, 1.0, [](double x) { return x / 100; }) == 50);
  CHECK(largest_below(1.0, 50.0, 1.0, [](double x) { return 2 + x / 100; }) < 1);
  CHECK(largest_below(1.0, 1.0, 1.0, [](double x) { return x / 2; }) == 1);
  // Of two functions the first to reach the limit: their larger has a kink just below it.
  using pair = std::array<double, 2>;
  CHECK(largest_below(1.0, 50.0, 1.0, [](double x) {
          return pair{0.95 + x / 1000, x / 8.5};
        }) == approx(8.5).epsilon(1e-9));
  CHECK(largest_below(1.0, 90.0, 1.0, [](double x) {
          return pair{0.95 + x / 1000, x / 85};
        }) == approx(50).epsilon(1e-9));
  CHECK(largest_below(1.0, 40.0, 1.0, [](double x) { return pair{0.95 + x / 1000, x / 85}; }) == 40);
  CHECK(largest_below(1.0, 40.0, 1.0, [](double x) { return pair{2.0, x / 85}; }) < 1);
  // worked: serving/root.hpp#highest_between
  const auto hill = [](double x) { return x / (1 + x * x); };
  layercake_test::check_stated(lc::highest_between(0.1, 9.0, 0.0, hill), "1.000");
  CHECK(lc::highest_between(0.1, 0.9, 0.0, hill) == 0.9);
  CHECK(lc::highest_between(2.0, 9.0, 0.0, hill) == approx(2));
  // Two summits, at 1 and, higher, at 100; with less room the first one.
  const auto hills = [&](double x) { return hill(x) + 1.1 * hill(x / 100); };
  const double higher = lc::highest_between(0.1, 300.0, 0.0, hills);
  CHECK(hills(higher) >= hills(higher * 1.001));
  CHECK(hills(higher) >= hills(higher / 1.001));
  CHECK(higher > 50);
  CHECK(lc::highest_between(0.1, 20.0, 0.0, hills) < 2);
  // A jump across the limit: never above it, and not far below.
  for (const double at : {1.5, 7.0, 64.0, 90.0}) {
    const double x = largest_below(1.0, 2048.0, 1.0, [&](double b) { return b / 100 + (b > at ? 0.99 : 0.0); });
    INFO(at << " " << x);
    CHECK(x <= at);
    CHECK(x > at * 0.9);
  }
}

TEST_CASE("serving inversion: as sixty steps of bisection, over chips, models, splits and objectives") {
  using batch = xsimd::batch<double>;
  const lc::chips::accelerator* chips[] = {&lc::chips::catalog::h100_sxm, &lc::chips::catalog::b200_sxm,
                                           &lc::chips::catalog::a100_sxm_80gb};
  int limited = 0, jumps = 0, free = 0, infeasible = 0;
  for (const auto* chip : chips) {
    for (const char* name : {"llama-3.1-8b", "llama-3.1-70b", "deepseek-v3"}) {
      for (const auto format : {lc::precision::bf16, lc::precision::fp8}) {
        const auto model = lc::models::catalog::find(name).at(format);
        for (const double tensor : {1.0, 4.0, 16.0}) {
          for (const double input : {100.0, 1500.0, 12000.0}) {
            for (const double interval : {0.012, 0.03, 0.1}) {
              const auto d = demand_of(input, 350, interval < 0.02 ? 0.15 : 3, interval);
              const lc::serving_plan plan{.tensor = tensor};
              const auto r = lc::replica_of<double>(*chip, site, model, plan, d);
              const double most = std::min(r.memory_bound(), plan.software.largest_batch);
              if (!(most >= 1)) continue;
              const auto f = [&](double b) { return used_up(r, d, b); };
              const double found = lc::serve<double>(*chip, site, model, plan, d).concurrency;
              INFO(name << " " << tensor << " " << input << " " << interval << " on " << chip->name);
              const auto lanes = largest_below(batch(1.0), batch(most), batch(1.0), [&](const batch& x) {
                alignas(64) double y[batch::size];
                x.store_aligned(y);
                for (double& one : y)
                  one = f(one);
                return batch::load_aligned(y);
              });
              // Of the larger of the two objectives' pressures, whose kink is on the way: lanes do as the scalar does, and
              // arrive where the search does that looks at each.
              CHECK(lanes.get(batch::size - 1) == approx(largest_below(1.0, most, 1.0, f)).epsilon(1e-12));
              if (f(1) <= 1) CHECK(lanes.get(batch::size - 1) == approx(found).epsilon(1e-6));
              if (f(1) > 1) {
                ++infeasible;
                CHECK(found < 1);
              } else if (f(most) <= 1) {
                ++free;
                CHECK(found == most);
              } else {
                ++limited;
                const double expected = bisected(most, f);
                // Where the time jumps across the limit (a batch that needs one more tile of rows), somewhat below.
                if (f(expected * (1 + 1e-6)) > f(expected * (1 - 1e-6)) * (1 + 2e-5)) {
                  ++jumps;
                  CHECK(found <= expected * (1 + 1e-6));
                  CHECK(found > expected * 0.98);
                } else {
                  CHECK(found == approx(expected).epsilon(1e-6));
                }
              }
            }
          }
        }
      }
    }
  }
  CHECK(limited > 100);
  CHECK(free > 10);
  CHECK(infeasible > 20);
  CHECK(jumps * 10 < limited);
}

TEST_CASE("serving inversion: float, and derivatives against central differences") {
  const auto& chip = lc::chips::catalog::h100_sxm;
  const auto& transformer = lc::models::catalog::find("llama-3.1-70b");
  const auto at = [&](auto input, auto interval) {
    using T = decltype(input);
    lc::call_demand<T> d;
    d.input = input * token;
    d.output = T(300.0) * token;
    d.time_to_first_token = T(2.0) * second;
    d.time_per_output_token = interval * (second / token);
    lc::basic_serving_plan<T> plan;
    plan.tensor = T(4.0);
    return lc::serve<T>(lc::with_number<T>(chip), lc::with_number<T>(site),
                        lc::with_number<T>(transformer.at(lc::precision::bf16)), plan, d)
        .concurrency;
  };
  using D = lc::dual<double, 2>;
  for (const double interval : {0.03, 0.045, 0.06}) {
    for (const double input : {130.0, 900.0, 1100.0}) {  // none at a jump
      const double x = at(input, interval);
      INFO(input << " " << interval << " " << x);
      REQUIRE(x > 1);
      CHECK(static_cast<double>(at(static_cast<float>(input), static_cast<float>(interval))) ==
            approx(x).epsilon(2e-3));
      const D slopes = at(D::variable(input, 0), D::variable(interval, 1));
      CHECK(slopes.value == approx(x).epsilon(1e-12));
      const double by_input = (at(input + 0.01, interval) - at(input - 0.01, interval)) / 0.02;
      const double by_interval = (at(input, interval + 1e-7) - at(input, interval - 1e-7)) / 2e-7;
      CHECK(slopes.slope[0] == approx(by_input).epsilon(2e-3).scale(1e-3));
      CHECK(slopes.slope[1] == approx(by_interval).epsilon(2e-3));
    }
  }
}
