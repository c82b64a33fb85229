#include <doctest/doctest.h>

#include <cmath>
#include <layercake/number/dual.hpp>
#include <layercake/units/units.hpp>
#include <unordered_set>
#include <xsimd/xsimd.hpp>

#include "../../approx.hpp"

namespace lc = layercake;
namespace kind = lc::kind;
using namespace lc::units;
using lc::as;
using lc::in;

TEST_CASE("IT and facility, power and energy") {
  const auto hall = as<kind::it>(40 * megawatt);
  const auto site = to_facility(hall, 1.25);
  CHECK(in<megawatt>(plain(site)) == 50);
  CHECK(to_it(site, 1.25) == hall);
  const lc::it_energy<> day_energy = hall * (1 * day);
  CHECK(in<megawatt_hour>(plain(day_energy)) == approx(960));
  CHECK(day_energy / (1 * day) == hall);
  CHECK(in<megawatt_hour>(plain(to_facility(day_energy, 1.25))) == approx(1200));
}

TEST_CASE("input and output tokens") {
  const auto read = as<kind::input>(1200 * token);
  const auto written = as<kind::output>(300 * token);
  CHECK(plain(read) + plain(written) == 1500 * token);
  CHECK(plain(3 * read - read) == 2400 * token);
  CHECK((read + read) / read == 2);
  const auto rate = written / (10 * second);
  CHECK(plain(rate) == 30 * token_per_second);
  CHECK(rate * (10 * second) == written);
}

// 5 % on a utilisation of 40 %: relative 0.40 * 1.05 = 0.42; in points 0.40 + 0.05 = 0.45, which is 0.45 / 0.40 - 1 = 12.5 % relative.
// Capacity (1 + u): of $38B, K (1 - 1 / (1 + u)) need not be bought: 38 (1 - 1 / 1.05) = 1.80952; three such gains 1.05^3 = 1.157625,
// 38 (1 - 1 / 1.157625) = 5.17417; 5 points on 40 %: 38 (1 - 0.40 / 0.45) = 4.22222.
TEST_CASE("relative change and percentage points") {
  const auto relative = as<kind::relative>(0.05);
  const auto points = as<kind::points>(0.05);
  CHECK(apply(0.40, relative) == approx(0.42));
  CHECK(apply(0.40, points) == approx(0.45));
  CHECK(in<watt>(apply(700 * watt, relative)) == approx(735));
  CHECK(plain(to_relative(points, 0.40)) == approx(0.125));
  CHECK(plain(lc::relative_between(0.40, 0.45)) == approx(0.125));
  CHECK(plain(lc::relative_between(40 * watt, 42 * watt)) == approx(0.05));
  CHECK(plain(lc::points_between(0.40, 0.45)) == approx(0.05));

  const auto avoided = [](double u) { return 38.0 * (1 - 1 / apply(1.0, as<kind::relative>(u))); };
  CHECK(avoided(0.05) == approx(1.80952).epsilon(1e-5));
  CHECK(avoided(apply(apply(apply(1.0, relative), relative), relative) - 1) == approx(5.17417).epsilon(1e-5));
  CHECK(avoided(plain(to_relative(points, 0.40))) == approx(4.22222).epsilon(1e-5));
}

TEST_CASE("cost shares know their whole") {
  using cluster = lc::boundary::cluster_capex;
  const auto total = as<kind::total_of<cluster>>(50 * billion_usd);
  CHECK(in<billion_usd>(apply(as<kind::share_of<cluster>>(0.7), total)) == approx(35));
  CHECK(plain(share_in(35 * billion_usd, total)) == approx(0.7));
  CHECK(plain(as<kind::share_of<cluster>>(0.7) + as<kind::share_of<cluster>>(0.3)) == approx(1));
}

// 10 MW: $18/kW-month * 10 000 kW = $180 000 a month; $62/MWh * 10 MWh = $620 an hour.
TEST_CASE("demand charge and energy price") {
  const auto peak = as<kind::peak>(10 * megawatt);
  const auto average = as<kind::average>(8 * megawatt);
  CHECK(in<usd / month>(cost_rate(as<kind::demand_charge>(18 * usd_per_kilowatt_month), peak)) == approx(180000));
  CHECK(in<usd / hour>(cost_rate(as<kind::energy_price>(62 * usd / megawatt_hour), as<kind::average>(10 * megawatt))) ==
        approx(620));
  CHECK(load_factor(average, peak) == approx(0.8));
}

TEST_CASE_TEMPLATE("kinds over every number type", T, float, double, xsimd::batch<float>, xsimd::batch<double>,
                   lc::dual<double, 1>, lc::dual<xsimd::batch<double>, 1>) {
  const auto first = [](const auto& x) {
    if constexpr (requires { x.value.get(0); }) {
      return static_cast<double>(x.value.get(0));
    } else if constexpr (requires { x.value; }) {
      return static_cast<double>(x.value);
    } else if constexpr (requires { x.get(0); }) {
      return static_cast<double>(x.get(0));
    } else {
      return static_cast<double>(x);
    }
  };
  const auto near = [&](const T& x, double expected) { CHECK(first(x) == approx(expected).epsilon(1e-6)); };
  const auto p = as<kind::it>(T(2) * watt);
  near(in<watt>(plain(to_facility(p, lc::number_cast<T>(1.5)))), 3);
  near(in<watt>(plain(2 * p + p / 2 - p)), 3);
  near((p + p) / p, 2);
  near(in<watt>(plain(lc::max(p, 2 * p))), 4);
  near(in<watt>(plain(where(p < 2 * p, p, 2 * p))), 2);
  near(in<watt>(plain(clamp(3 * p, p, 2 * p))), 4);
  near(in<watt>(plain(abs(-p))), 2);
  near(apply(lc::number_cast<T>(0.4), as<kind::points>(lc::number_cast<T>(0.05))), 0.45);
  near(apply(lc::number_cast<T>(0.4), as<kind::relative>(lc::number_cast<T>(0.05))), 0.42);
}

TEST_CASE("assignment and hash") {
  auto p = as<kind::it>(2 * watt);
  p += as<kind::it>(4 * watt);
  p -= as<kind::it>(1 * watt);
  p *= 4;
  p /= 2;
  CHECK(plain(p) == 10 * watt);
  const std::unordered_set<lc::it_power<>> set{p, as<kind::it>(10 * watt)};
  CHECK(set.size() == 1);
}
