// Axes: their values, wherever they are asked for, and what they refuse. Columns: the user's memory in the user's unit.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <doctest/doctest.h>
#include <layercake/bulk/run/function.hpp>
#include <layercake/bulk/space/sobol.hpp>
#include <limits>
#include <string>
#include <vector>

#include "../../approx.hpp"

namespace lc = layercake;
namespace bulk = layercake::bulk;
using namespace layercake::units;

namespace {
template <class F>
void check_refused(const F& f, const char* word) {
  try {
    f();
  } catch (const bulk::invalid_axis& e) {
    CHECK_MESSAGE(std::string(e.what()).find(word) != std::string::npos, e.what());
    return;
  }
  FAIL("nothing was thrown");
}
// A block has the values of single points.
template <class Unit>
void check_blocks(const bulk::axis<Unit>& a) {
  std::vector<double> block(a.size()), part(7);
  double* out = block.data();
  a.source()->fill(0, block.size(), &out);
  for (std::uint64_t first : {std::uint64_t(0), std::uint64_t(1), a.size() - 7}) {
    out = part.data();
    a.source()->fill(first, 7, &out);
    for (std::size_t i = 0; i < 7; ++i)
      CHECK(part[i] == block[first + i]);
  }
  for (std::uint64_t i = 0; i < a.size(); ++i)
    CHECK(lc::base_value(a[i]) == block[i]);
}
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN(),
                 infinity = std::numeric_limits<double>::infinity();
}  // namespace

TEST_CASE("linear, logarithmic and integer axes have exact ends and the values between") {
  // worked: bulk/space/axes.hpp#linear
  const auto l = bulk::linear(0.0, 1.0, 5);
  const double quarters[] = {0, 0.25, 0.5, 0.75, 1};
  for (std::uint64_t i = 0; i < 5; ++i)
    CHECK(l[i] == quarters[i]);
  const auto down = bulk::linear(0.1 * watt, -0.3 * watt, 1001);
  CHECK(down[0] == 0.1 * watt);
  CHECK(down[1000] == -0.3 * watt);
  CHECK(down.lowest_base() == -0.3);
  check_blocks(down);

  // worked: bulk/space/axes.hpp#logarithmic
  const auto g = bulk::logarithmic(1 * megawatt, 100 * megawatt, 3);
  CHECK(g[0] == 1 * megawatt);
  CHECK(lc::in<megawatt>(g[1]) == approx(10).epsilon(4 * 0x1p-52));
  CHECK(g[2] == 100 * megawatt);
  check_blocks(bulk::logarithmic(1e-3, 7.0, 333));
  CHECK(bulk::logarithmic(3.0, 8.0, 1)[0] == 3);
  CHECK(bulk::linear(3.0, 8.0, 1)[0] == 3);

  const auto n = bulk::integers(-3, 11, 7);
  REQUIRE(n.size() == 3);
  CHECK(n[0] == -3);
  CHECK(n[1] == 4);
  CHECK(n[2] == 11);
  const auto odd = bulk::integers(1, 9007199254740992, 2);  // to 2^53, where doubles still hold every integer
  CHECK(odd.size() == 4503599627370496);
  CHECK(odd[3002399751580330] == 6004799503160661);
  check_blocks(bulk::integers(5, 500, 3));
}

TEST_CASE("lists hold what they are given, of any container") {
  bulk::column<decltype(1.0 * watt)> column(3);
  column.set(0, 3 * watt);
  column.set(1, 1 * watt);
  column.set(2, 2 * watt);
  const auto a = bulk::list(column);
  REQUIRE(a.size() == 3);
  CHECK(a[0] == 3 * watt);
  CHECK(a[1] == 1 * watt);
  CHECK(a.lowest_base() == 1);
  CHECK(a.highest_base() == 3);
  std::vector<float> memory{1, 2, 4};
  CHECK(bulk::list(bulk::view(memory, kilowatt))[2] == 4000 * watt);
}

TEST_CASE("axes refuse what is no axis, and say what is") {
  check_refused([] { bulk::linear(0.0, 1.0, 2.5); }, "2.5 points; allowed: whole numbers from 1");
  check_refused([] { bulk::linear(0.0, 1.0, not_a_number); }, "at least 1");
  check_refused([] { bulk::linear(0.0, 1.0, -3); }, "at least 1");
  check_refused([] { bulk::linear(0.0, 1.0, 1e19); }, "more points than can be counted");
  check_refused([] { bulk::linear(0.0, infinity, 3); }, "finite ends");
  check_refused([] { bulk::logarithmic(1.0, not_a_number, 3); }, "above 0");
  check_refused([] { bulk::integers(1, 5, 0); }, "by at least 1");
  check_refused([] { bulk::integers(std::numeric_limits<long long>::min(), 5); }, "between -2^53 and 2^53");
  check_refused([] { bulk::list(std::vector<double>{1, 2, infinity}); }, "value 2 of a list axis is");
  check_refused([] { bulk::sobol(1e15); }, "more than 2^47");
  check_refused([] { bulk::random(1.5); }, "whole numbers");
}

TEST_CASE("a NaN or an infinity in any distribution is refused") {
  check_refused([] { bulk::uniform(not_a_number, 1.0); }, "uniform");
  check_refused([] { bulk::uniform(0.0, infinity); }, "uniform");
  check_refused([] { bulk::normal(0.0, not_a_number); }, "normal");
  check_refused([] { bulk::normal(infinity, 1.0); }, "normal");
  check_refused([] { bulk::log_normal(not_a_number, 1.2); }, "log-normal");
  check_refused([] { bulk::log_normal(1.0, not_a_number); }, "log-normal");
  check_refused([] { bulk::log_normal(1.0, 0.8); }, "factor from 1");
  check_refused([] { bulk::triangular(0.0, not_a_number, 1.0); }, "triangular");
  check_refused([] { bulk::triangular(1.0, 1.0, 1.0); }, "not all the same");
  check_refused([] { bulk::empirical(std::vector<double>{}); }, "empty");
  check_refused([] { bulk::empirical(std::vector<double>{1, not_a_number}); }, "value 1");
  const auto group = [](const std::vector<double>& matrix) {
    bulk::correlated(matrix, bulk::uncertain(bulk::argument<0>, bulk::normal(0.0, 1.0)),
                     bulk::uncertain(bulk::argument<1>, bulk::normal(0.0, 1.0)));
  };
  check_refused([&] { group({1, not_a_number, not_a_number, 1}); }, "correlation (1, 0) is");
  check_refused([&] { group({1, 0.2, 0.3, 1}); }, "symmetric");
  check_refused([&] { group({1, 1.2, 1.2, 1}); }, "-1 to 1");
  check_refused([&] { group({2, 0, 0, 1}); }, "1 on the diagonal");
  check_refused([&] { group({1, 1, 1, 1}); }, "not positive definite");
  check_refused([&] { group({1, 0, 0}); }, "3 entries for 2 inputs; allowed: 4");
}

TEST_CASE("a grid whose size overflows is refused by name of its size, however it is asked") {
  const auto long_axis = bulk::linear(1.0, 2.0, 4e9);
  const auto f = [](const auto& x, const auto& y) { return x * y; };
  check_refused([&] { bulk::function(f, long_axis, long_axis).run(bulk::counts()); }, "1.6e19 points");
  check_refused([&] { bulk::compiled(f, long_axis, long_axis); }, "1.6e19 points");
  // One that just fits is laid out: its last point is at the ends of both axes.
  const auto fits = bulk::function(f, bulk::linear(1.0, 2.0, 3e9), bulk::linear(5.0, 7.0, 3e9));
  CHECK(fits.points() == 9e18);
  CHECK(fits.coordinates(8999999999999999999u)[1].second == "7");
  check_refused([&] { fits.coordinates(9000000000000000000u); }, "no such point");
}

TEST_CASE("inputs of a group are correlated with each other and with nothing else") {
  const auto at = [](auto k) { return [](const auto& r) { return r[decltype(k)::value]; }; };
  using bulk::argument;
  const auto joint =
      bulk::function_of<double, double, double, double>([](auto a, auto b, auto c, auto d) {
        return std::array{a, b, c, d};
      })
          .sampled(bulk::sobol(1 << 16), bulk::uncertain(argument<0>, bulk::uniform(0.0, 1.0)),
                   bulk::correlated({1, -0.6, -0.6, 1}, bulk::uncertain(argument<2>, bulk::normal(0.0, 1.0)),
                                    bulk::uncertain(argument<1>, bulk::normal(2.0, 3.0))),
                   bulk::uncertain(argument<3>, bulk::normal(0.0, 1.0)))
          .run(bulk::covariance(at(std::integral_constant<int, 0>{}), at(std::integral_constant<int, 1>{}),
                                at(std::integral_constant<int, 2>{}), at(std::integral_constant<int, 3>{})));
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t j = 0; j < i; ++j)
      CHECK(std::fabs(joint.correlation[i][j] - (i == 2 && j == 1 ? -0.6 : 0)) < 0.01);
  }
  CHECK(joint.mean[0] == approx(0.5).epsilon(1e-3));
  CHECK(joint.mean[1] == approx(2).epsilon(1e-3));
}

TEST_CASE("powers of swept inputs are within their stated ulp of the scalar path") {
  double worst = 0;
  for (const double y : {-30.0, -1.5, 0.5, 7.0, 100.0}) {
    const auto x = bulk::logarithmic(0.05, 30.0, 5003);
    const auto f = [y](const auto& q) { return lc::pow(q, y); };
    std::vector<double> got(x.size());
    bulk::function(f, x).run(bulk::into(bulk::view(got), bulk::itself));
    for (std::uint64_t i = 0; i < x.size(); ++i) {
      const double want = f(x[i]);
      const double ulp = std::nextafter(want, infinity) - want;
      worst = std::max(worst, std::fabs(got[i] - want) / ulp / bulk::power_ulp(x[i], y));
    }
  }
  CHECK(worst <= 1);
  CHECK(worst > 0.01);  // the bound is not idle
}
