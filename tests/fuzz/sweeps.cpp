// Sweeps of random stacks along random inputs: every point has the bits of the stack at that point, on any number of threads.
#include <doctest/doctest.h>

#include <layercake/bulk/run/sweep.hpp>

#if __has_include(<oneapi/tbb/parallel_pipeline.h>) && !defined(WITHOUT_TBB)
#define HAS_TBB
#include <layercake/adapters/tbb.hpp>
#endif

#include "random_stack.hpp"

using namespace fuzz;
namespace bulk = layercake::bulk;
using namespace layercake::units;

namespace {
constexpr auto cost = [](const auto& bill) { return bill.cost(); };
constexpr auto carbon = [](const auto& bill) { return bill.carbon_per_task(); };

double steps(generator& random) { return static_cast<double>(random.below(4)); }
}  // namespace

TEST_CASE("a point of a sweep is the stack at that point") {
  generator random(6);
  int swept = 0;
  for (int i = 0; i < times(8); ++i) {
    const random_stack drawn = draw_stack(random, 4);
    try {
      const any_stack s = drawn.layers().composed();
      const double price = in<usd / megawatt_hour>(plain(s.energy.price));
      const auto space =
          bulk::sweep(s)
              .over(
                  [](auto& x) -> auto& { return x.energy.price; },
                  bulk::linear(price * usd / megawatt_hour, price * 3 * usd / megawatt_hour, 1 + steps(random)))
              .over(
                  [](auto& x) -> auto& { return x.application.daily_users; },
                  bulk::logarithmic(s.application.daily_users, s.application.daily_users * 1e3, 2 + steps(random)))
              .over(
                  [](auto& x) -> auto& { return x.chip.memory_bandwidth; },
                  bulk::linear(s.chip.memory_bandwidth, s.chip.memory_bandwidth * 2.0, 2 + steps(random)));
      const auto points = static_cast<std::size_t>(space.points());
      bulk::column<lc::quantity<lc::unit::usd_per_second>> costs(points), threaded(points);
      std::vector<double> carbons(points);
      space.run(bulk::into(costs.view(), cost), bulk::into(bulk::view(carbons, kilogram_co2e), carbon));
      ++swept;
      INFO(drawn.code << code_of("x", drawn.changes));
#if defined(HAS_TBB)
      space.run_on(lc::adapters::tbb_threads{2}, bulk::control{}, bulk::into(threaded.view(), cost));
#endif
      long different = 0, other_threads = 0, other_plans = 0;
      for (std::size_t k = 0; k < points; ++k) {
        const any_stack at = space.at(k);
        const auto bill = at.pull();
        const auto anew = any_stack(at.energy, at.chip, at.infrastructure, at.model, at.application).pull().cost();
        const auto is_missing = [](const auto& x) { return x != x; };
        if (!lc::is_finite(bill.cost())) {  // beyond what can be built or supplied: a column has no value there
          if (!is_missing(costs[k]) || !is_missing(carbons[k])) ++different;
          if (!is_missing(threaded[k])) ++other_threads;
          if (lc::is_finite(anew)) ++other_plans;
          continue;
        }
        if (costs[k] != bill.cost() || carbons[k] != in<kilogram_co2e>(bill.carbon_per_task())) ++different;
        if (threaded[k] != costs[k]) ++other_threads;
        if (!(lc::abs(anew - bill.cost()) <= anew * 1e-9)) ++other_plans;
      }
      CHECK(different == 0);
      CHECK(other_plans == 0);
#if defined(HAS_TBB)
      CHECK(other_threads == 0);
#endif
    } catch (const lc::error&) {  // stacks.cpp looks at those
    }
  }
  CHECK(swept > times(8) / 5);
}
