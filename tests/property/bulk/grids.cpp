// Grids of all shapes, formulas of random operations: every point against the formula itself.
#include <cmath>
#include <doctest/doctest.h>
#include <layercake/bulk/run/function.hpp>

namespace lc = layercake;
namespace bulk = layercake::bulk;

namespace {

std::uint64_t state = 12345;
std::uint64_t roll(std::uint64_t n) { return bulk::threefry({state++, 0}, {1, 2}).a % n; }

// A formula of random operations over three arguments, the same one for every number type.
struct random_formula {
  std::vector<std::array<std::uint64_t, 4>> steps;
  explicit random_formula(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i)
      steps.push_back({roll(9), roll(i + 4), roll(i + 4), roll(i + 4)});
  }
  template <class A, class B, class C>
  auto operator()(const A& a, const B& b, const C& c) const {
    using T = lc::promote_all_t<A, B, C>;
    std::vector<T> v{lc::number_cast<T>(a), lc::number_cast<T>(b), lc::number_cast<T>(c), T(2.5)};
    for (const auto& s : steps) {
      const T &x = v[s[1]], &y = v[s[2]], &z = v[s[3]];
      switch (s[0]) {
      case 0:
        v.push_back(x + y);
        break;
      case 1:
        v.push_back(x - y);
        break;
      case 2:
        v.push_back(x * y);
        break;
      case 3:
        v.push_back(x / y);
        break;
      case 4:
        v.push_back(lc::where(x < y, z, x));
        break;
      case 5:
        v.push_back(lc::max(x, lc::min(y, z)));
        break;
      case 6:
        v.push_back(lc::sqrt(lc::abs(x)));
        break;
      case 7:
        v.push_back(lc::where((x <= y) && !(z == x), lc::ceil(y), -z));
        break;
      default:
        v.push_back(lc::floor(x) + lc::where(x > z || y >= z, y, z));
        break;
      }
    }
    return v.back();
  }
};

void check_grid(std::uint64_t n, std::uint64_t m, std::uint64_t k, const random_formula& f, bulk::division how) {
  const auto x = bulk::linear(-3.0, 4.0, static_cast<double>(n)), y = bulk::linear(0.5, 9.0, static_cast<double>(m)),
             z = bulk::logarithmic(0.1, 20.0, static_cast<double>(k));
  std::vector<double> got(n * m * k), compiled(n * m * k);
  bulk::function(f, x, y, z).quotients(how).run(bulk::into(bulk::view(got), bulk::itself));
  bulk::compiled(f, x, y, z).run(bulk::into(bulk::view(compiled), bulk::itself));
  std::uint64_t different = 0, i = 0;
  for (std::uint64_t a = 0; a < n; ++a) {
    for (std::uint64_t b = 0; b < m; ++b) {
      for (std::uint64_t c = 0; c < k; ++c, ++i) {
        const double want = f(x[a], y[b], z[c]);
        const auto same = [&](double g) { return g == want || (std::isnan(g) && std::isnan(want)); };
        if (!same(got[i]) || !same(compiled[i])) ++different;
      }
    }
  }
  CHECK(different == 0);
}

}  // namespace

TEST_CASE("grids of any shape: tails, single points, loops of any order") {
  const std::uint64_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 63, 64, 65, 100, 255, 256, 257, 300};
  for (int trial = 0; trial < 150; ++trial) {
    const std::uint64_t n = sizes[roll(20)], m = sizes[roll(20)], k = sizes[roll(20)];
    if (n * m * k > 400000) continue;
    CAPTURE(n);
    CAPTURE(m);
    CAPTURE(k);
    check_grid(n, m, k, random_formula(1 + roll(40)), bulk::division::ieee);
  }
}
