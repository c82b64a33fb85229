#include <boost/random/sobol.hpp>
#include <cmath>
#include <doctest/doctest.h>
#include <layercake/bulk/run/function.hpp>
#include <layercake/bulk/space/random.hpp>
#include <layercake/bulk/space/sobol.hpp>

#include "../../approx.hpp"

namespace bulk = layercake::bulk;
using namespace layercake::units;

// Known answers of Random123 (kat_vectors: threefry 2x64, 20 rounds).
TEST_CASE("threefry gives the published words") {
  const auto check = [](bulk::random_words counter, bulk::random_words key, std::uint64_t a, std::uint64_t b) {
    const auto w = bulk::threefry(counter, key);
    CHECK(w.a == a);
    CHECK(w.b == b);
  };
  check({0, 0}, {0, 0}, 0xc2b6e3a8c2c69865u, 0x6f81ed42f350084du);
  check({~0ull, ~0ull}, {~0ull, ~0ull}, 0xe02cb7c4d95d277au, 0xd06633d0893b8b68u);
  check({0x243f6a8885a308d3u, 0x13198a2e03707344u}, {0xa4093822299f31d0u, 0x082efa98ec4e6c89u}, 0x263c7d30bb0f0af1u,
        0x56be8361d3311526u);
}

TEST_CASE("a draw depends on its number alone") {
  std::vector<double> all(1000);
  bulk::uniform_draws(7, 3, 0, all.size(), all.data());
  for (std::uint64_t first : {0, 1, 2, 63, 64, 65, 500}) {
    for (std::size_t n : {1, 2, 3, 63, 64, 65, 200}) {
      std::vector<double> some(n);
      bulk::uniform_draws(7, 3, first, n, some.data());
      for (std::size_t i = 0; i < n; ++i)
        CHECK(some[i] == all[first + i]);
    }
  }
  for (std::uint64_t j : {0, 1, 100}) {
    const auto w = bulk::threefry({j, 3}, {7, 0});
    CHECK(all[2 * j] == bulk::unit_interval(w.a));
    CHECK(all[2 * j + 1] == bulk::unit_interval(w.b));
  }
}

TEST_CASE("normal quantiles") {
  // worked: bulk/space/random.hpp#normal_quantile
  CHECK(bulk::normal_quantile(0.975) == approx(1.959963984540054).epsilon(1e-15));
  CHECK(bulk::normal_quantile(0.5) == 0);
  for (double u : {1e-300, 1e-20, 1e-6, 0.01, 0.3, 0.7, 0.999}) {
    CHECK(0.5 * std::erfc(-bulk::normal_quantile(u) / std::sqrt(2.0)) == approx(u).epsilon(1e-12));
  }
}

TEST_CASE("any Sobol point is the one of Boost's generator") {
  constexpr std::size_t n = 7;
  boost::random::sobol theirs(n);
  const auto sample = bulk::sobol(1e6, 0);
  const auto ours = sample.make(0, n);
  for (std::uint64_t i = 0; i < 300; ++i) {
    double x[n];
    double* out[n];
    for (std::size_t k = 0; k < n; ++k)
      out[k] = x + k;
    ours->fill(i, 1, out);
    for (std::size_t k = 0; k < n; ++k)
      CHECK(std::abs(x[k] - static_cast<double>(theirs()) * 0x1p-64) <= 0x1p-52);  // theirs has 64 bits
  }
}

namespace {
template <class Unit>
auto moments(const bulk::distribution<Unit>& d) {
  struct {
    double mean, variance;
  } m{};
  constexpr std::size_t n = 200000;
  std::vector<double> u(n);
  bulk::uniform_draws(1, 0, 0, n, u.data());
  d.quantile->apply(u.data(), n, u.data());
  for (const double x : u)
    m.mean += x / n;
  for (const double x : u)
    m.variance += (x - m.mean) * (x - m.mean) / n;
  return m;
}
}  // namespace

// Means and variances of textbooks, within five standard errors of 200,000 draws.
TEST_CASE("distributions have their moments") {
  const auto u = moments(bulk::uniform(2.0, 6.0));
  CHECK(u.mean == approx(4).epsilon(0.003));
  CHECK(u.variance == approx(16.0 / 12).epsilon(0.01));
  const auto n = moments(bulk::normal(10 * watt, 2 * watt));
  CHECK(n.mean == approx(10).epsilon(0.003));
  CHECK(n.variance == approx(4).epsilon(0.02));
  const double s = std::log(1.2);
  const auto l = moments(bulk::log_normal(10.0, 1.2));
  CHECK(l.mean == approx(10 * std::exp(s * s / 2)).epsilon(0.003));
  CHECK(l.variance == approx(100 * std::exp(s * s) * (std::exp(s * s) - 1)).epsilon(0.03));
  const auto t = moments(bulk::triangular(0.0, 1.0, 4.0));
  CHECK(t.mean == approx(5.0 / 3).epsilon(0.005));
  CHECK(t.variance == approx((16 + 1 - 4) / 18.0).epsilon(0.02));
  const auto e = moments(bulk::empirical(std::vector{3.0, 1.0, 2.0}));
  CHECK(e.mean == approx(2).epsilon(0.003));
  CHECK(e.variance == approx(1.0 / 3).epsilon(0.02));
}

TEST_CASE("correlated inputs have the correlation of their normal variates") {
  const auto joint =
      bulk::function_of<double, double>([](auto a, auto b) {
        return std::tuple{a, b};
      })
          .sampled(bulk::random(100000),
                   bulk::correlated({1, 0.8, 0.8, 1}, bulk::uncertain(bulk::argument<0>, bulk::normal(0.0, 1.0)),
                                    bulk::uncertain(bulk::argument<1>, bulk::normal(5.0, 2.0))))
          .run(bulk::covariance([](const auto& r) { return std::get<0>(r); },
                                [](const auto& r) { return std::get<1>(r); }));
  CHECK(joint.correlation[0][1] == approx(0.8).epsilon(0.01));
  CHECK(joint.mean[1] == approx(5).epsilon(0.01));
  CHECK(joint.covariance[1][1] == approx(4).epsilon(0.02));
  CHECK_THROWS_AS(bulk::cholesky({1, 0.9, -0.9, 0.9, 1, 0.9, -0.9, 0.9, 1}, 3), bulk::invalid_axis);
}
