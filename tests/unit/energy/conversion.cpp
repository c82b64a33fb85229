#include <doctest/doctest.h>

#include <cmath>
#include <layercake/energy/energy.hpp>
#include <xsimd/xsimd.hpp>

#include "../../approx.hpp"
#include "../record_checks.hpp"

namespace lc = layercake;
namespace catalog = lc::energy::catalog;
using namespace lc::units;

TEST_CASE("chain: energy is conserved, push undoes pull") {
  for (const auto* chain : catalog::chains) {
    INFO(chain->name);
    for (double mw : {0.7e-3, 1.0, 900.0}) {
      const auto flow = chain->pull(mw * megawatt);
      auto lost = 0 * watt;
      for (const auto& l : flow.loss) {
        CHECK(l >= 0 * watt);
        lost += l;
      }
      CHECK((flow.output() + lost) / flow.input() == approx(1).epsilon(1e-13));
      CHECK(in<megawatt>(chain->push(flow.input())) == approx(mw).epsilon(1e-13));
      CHECK(flow.output() / flow.input() == approx(chain->efficiency()).epsilon(1e-13));
    }
  }
}

TEST_CASE("chain: each node by hand") {
  const lc::energy::conversion_chain two{
      .name = "two",
      .stages = {lc::energy::stage{.name = "a", .efficiency = 0.9}, lc::energy::stage{.name = "b", .efficiency = 0.8}}};
  const auto flow = two.pull(72 * watt);
  CHECK(in<watt>(flow.input()) == approx(100));
  CHECK(in<watt>(flow.node[1]) == approx(90));
  CHECK(in<watt>(flow.node[2]) == approx(72));
  CHECK(in<watt>(flow.loss[0]) == approx(10));
  CHECK(in<watt>(flow.loss[1]) == approx(18));
  CHECK(in<watt>(flow.loss[2]) == 0);
}

TEST_CASE("chain: an efficiency over 1 is refused by its place") {
  auto wrong = catalog::legacy_ac;
  wrong.stages[2].efficiency = 1.02;
  wrong.stages[2].efficiency_high = 1.03;
  const auto found = lc::check(wrong, "chain");
  REQUIRE(found.size() == 2);
  CHECK(found[0].path == "chain.stages[2].efficiency");
  CHECK(found[0].allowed == "above 0 to 1");
  CHECK(found[1].path == "chain.stages[2].efficiency_high");
  CHECK_THROWS_AS(lc::validate(wrong), lc::invalid_value);

  // A typical value outside the range of its own products.
  auto outside = catalog::pdu_busway;
  outside.efficiency = 0.93;
  REQUIRE(lc::check(outside).size() == 1);
  CHECK(lc::check(outside)[0].path == "efficiency_low");
  outside.efficiency = 0.99;
  REQUIRE(lc::check(outside).size() == 1);
  CHECK(lc::check(outside)[0].path == "efficiency_high");
  CHECK(lc::check(outside)[0].allowed == "at least efficiency, 0.99");
}

TEST_CASE("chain and part load: bad input, every number type") {
  layercake_test::check_bad_input(catalog::legacy_ac);
  layercake_test::check_bad_input(catalog::ups_double_conversion_part_load);
  layercake_test::check_gradient(catalog::legacy_ac, [](const auto& c) { return c.pull(1 * megawatt).input(); });
  layercake_test::check_gradient(catalog::ups_double_conversion_part_load,
                                 [](const auto& u) { return u.efficiency(0.4); });
  layercake_test::check_gradient(catalog::ups_double_conversion_part_load, [](const auto& u) { return u.best_load(); });

  using batch = xsimd::batch<double>;
  const auto flow = catalog::solid_state.pull(batch(10) * megawatt);
  CHECK(in<megawatt>(flow.input()).get(1) == approx(in<megawatt>(catalog::solid_state.pull(10 * megawatt).input())));
  CHECK(catalog::ups_double_conversion_part_load.efficiency(batch(0.5)).get(0) ==
        approx(catalog::ups_double_conversion_part_load.efficiency(0.5)));
  const lc::energy::basic_part_load<float> f{.name = "f", .fixed = 0.01f, .linear = 0.02f, .square = 0.01f};
  CHECK(f.efficiency(0.5f) == approx(0.9569).epsilon(1e-4));
}

TEST_CASE("part load: worked numbers, and where it is best") {
  const lc::energy::part_load p{.name = "p", .fixed = 0.01, .linear = 0.02, .square = 0.01};
  CHECK(p.efficiency(0.1) == approx(0.1 / 0.1121));
  CHECK(p.efficiency(0.5) == approx(0.5 / 0.5225));
  CHECK(p.efficiency(1.0) == approx(1 / 1.04));
  CHECK(p.efficiency(0.0) == 0);
  CHECK(p.best_load() == approx(1));
  const auto& ups = catalog::ups_double_conversion_part_load;
  const double best = ups.best_load();
  CHECK(ups.efficiency(best) > ups.efficiency(best * 1.01));
  CHECK(ups.efficiency(best) > ups.efficiency(best * 0.99));
}

TEST_CASE("part load: without one of the losses") {
  // Nothing lost at no load: 1 / (1 + 2 %) there. Only in proportion: the same at every load, none is best.
  const lc::energy::part_load switched{.fixed = 0, .linear = 0.02, .square = 0.01},
      even{.fixed = 0, .linear = 0.02, .square = 0};
  CHECK(switched.efficiency(0.0) == approx(1 / 1.02));
  CHECK(switched.efficiency(1e-9) == approx(1 / 1.02));
  CHECK(switched.best_load() == 0);
  CHECK(even.efficiency(0.0) == approx(even.efficiency(1.0)));
  CHECK(even.best_load() == 0);
  // Without a loss that grows with the square, more load is always better.
  const lc::energy::part_load idle{.fixed = 0.01, .linear = 0.02, .square = 0};
  CHECK(idle.efficiency(0.0) == 0);
  CHECK(idle.best_load() > 1e300);
  CHECK(idle.efficiency(10.0) > idle.efficiency(1.0));
}

TEST_CASE("chain: an endless demand loses nothing in stages that are not there") {
  const auto flow = catalog::solid_state.pull(std::numeric_limits<double>::infinity() * watt);
  for (const auto& loss : flow.loss)
    CHECK(lc::is_known(loss));
}

TEST_CASE("part load: the catalog's curve is the least-squares one through the ten published points") {
  const double efficiency[] = {0.85, 0.90, 0.93, 0.945, 0.955, 0.96, 0.962, 0.96, 0.955, 0.95};
  const auto squares = [&](const lc::energy::part_load& p) {
    double sum = 0;
    for (int i = 0; i < 10; ++i)
      sum += std::pow(p.efficiency(0.1 * (i + 1)) - efficiency[i], 2);
    return sum;
  };
  const auto& ups = catalog::ups_double_conversion_part_load;
  for (int i = 0; i < 10; ++i)
    CHECK(std::abs(ups.efficiency(0.1 * (i + 1)) - efficiency[i]) < 0.011);
  // No neighbour is better by more than the rounding of the three constants costs.
  const double here = squares(ups);
  CHECK(std::sqrt(here / 10) < 0.0056);
  for (double d : {-0.001, 0.001}) {
    auto q = ups;
    q.fixed += d;
    CHECK(squares(q) > here);
    q = ups;
    q.linear += d;
    CHECK(squares(q) > here);
    q = ups;
    q.square += d;
    CHECK(squares(q) > here);
  }
}
