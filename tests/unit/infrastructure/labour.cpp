#include <doctest/doctest.h>

#include <cmath>
#include <layercake/economics/scale.hpp>
#include <layercake/infrastructure/labour.hpp>

#include "../../approx.hpp"
#include "../record_checks.hpp"

namespace lc = layercake;
namespace inf = layercake::infrastructure;
using namespace lc::units;

TEST_CASE("labour: the profile of a build and its work") {
  CHECK(inf::build_profile(0.0) == 0);
  CHECK(inf::build_profile(0.5) == 1);
  CHECK(inf::build_profile(-0.2) == 0);
  CHECK(inf::build_profile(1.3) == 0);
  double sum = 0;
  for (int i = 0; i < 1000; ++i)
    sum += inf::build_profile((i + 0.5) / 1000) / 1000;
  CHECK(in<year>(inf::person_time(2892.0, 3 * year)) == approx(2892 * 3 * sum).epsilon(1e-5));
}

TEST_CASE("labour: a trade's stock by steps of a week") {
  const lc::quantity<lc::unit::per_second> entrants = 81000 / year, leaving = 0.04 / year;
  for (const double years : {0.0, 1.0, 4.9, 5.0, 6.0, 12.0}) {
    double stock = 700000, t = 0;
    const double week_ = 1.0 / 520;
    while (t < years - 1e-9) {
      stock += week_ * ((t >= 5 ? 81000 : 0) - 0.04 * stock);
      t += week_;
    }
    CHECK(inf::workers_after(years * year, 700000.0, entrants, 5 * year, leaving) == approx(stock).epsilon(0.002));
  }
  CHECK(inf::workers_after(5 * year, 1e5, 0 / year, 5 * year, 0.05 / year) == approx(77880.08));  // 1e5 e^-0.25
}

TEST_CASE("labour: slip and wage") {
  CHECK(inf::schedule_slip(100.0, 200.0) == 0);
  CHECK(inf::schedule_slip(300.0, 200.0) == approx(0.5));
  CHECK(in<usd_per_hour>(inf::clearing_wage(35 * usd_per_hour, 2.0, 1.0, 2.0)) == approx(35 * std::sqrt(2.0)));
  CHECK(in<usd_per_hour>(inf::clearing_wage(35 * usd_per_hour, 1.0, 2.0, 2.0)) == approx(35));
  layercake_test::check_bad_input(inf::workforce{});
  layercake_test::check_gradient(inf::workforce{},
                                 [](const auto& w) { return inf::peak_crew(w, 1 * gigawatt).electricians; });
}

TEST_CASE("labour: slope of a stock in its intake, of a wage in its demand") {
  using D = lc::dual<double, 1>;
  const D d = inf::workers_after<D>(7 * year, D(1e5), D::variable(1e-3, 0) / second, 5 * year, 0.05 / year);
  const auto at = [](double e) { return inf::workers_after(7 * year, 1e5, e / second, 5 * year, 0.05 / year); };
  CHECK(d.slope[0] == approx((at(1.001e-3) - at(0.999e-3)) / 2e-6).epsilon(1e-6));
  const auto wage = inf::clearing_wage(35 * usd_per_hour, D::variable(2, 0), 1.0, 0.7);
  CHECK(in<usd_per_hour>(wage).slope[0] == approx(35 / 0.7 * std::pow(2.0, 1 / 0.7 - 1)));
}
