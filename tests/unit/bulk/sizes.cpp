// Many values: what keeps or orders them costs about as much in whatever order they come. The sizes here are such that a way
// which is quadratic in them would not end before the tests' time is up. And counts: looked at before they are converted.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <doctest/doctest.h>
#include <layercake/bulk/run/function.hpp>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "../../approx.hpp"

namespace lc = layercake;
namespace bulk = layercake::bulk;
using namespace layercake::units;

namespace {

template <class F>
std::string said(const F& f) {
  try {
    f();
  } catch (const lc::error& e) {
    return e.what();
  }
  return "";
}
void check_says(const std::string& text, const char* word) {
  CHECK_MESSAGE(text.find(word) != std::string::npos, text);
}

// Figures of whole numbers from 0 to 6 that look random, so that many are equal.
constexpr auto figure = [](const auto& x, double factor) {
  using std::floor;
  const auto y = x * factor;
  return floor((y - floor(y)) * 7.0);
};
constexpr std::array<double, 4> factors{0.6180339887, 0.4142135623, 0.7320508075, 0.2360679774};

// The numbers of the points that no other beats, by comparing each with each.
template <std::size_t N>
std::vector<std::uint64_t> undominated(const std::vector<std::array<double, N>>& all) {
  std::vector<std::uint64_t> front;
  for (std::size_t i = 0; i < all.size(); ++i) {
    bool beaten = false;
    for (std::size_t j = 0; j < all.size() && !beaten; ++j) {
      bool as_good = true;
      for (std::size_t k = 0; k < N; ++k)
        as_good = as_good && all[j][k] <= all[i][k];
      beaten = as_good && (all[j] != all[i] || j < i);
    }
    if (!beaten) front.push_back(i);
  }
  return front;
}
template <std::size_t... K>
void check_front(std::index_sequence<K...>) {
  constexpr int points = 3000;
  std::vector<std::array<double, sizeof...(K)>> all;
  for (int i = 1; i <= points; ++i)
    all.push_back({figure(static_cast<double>(i), factors[K])...});
  const auto kept =
      bulk::function([](const auto& x) { return x; }, bulk::integers(1, points)).run(bulk::pareto([](const auto& x) {
        return figure(x, factors[K]);
      }...));
  std::vector<std::uint64_t> got;
  for (const auto& p : kept) {
    got.push_back(p.index);
    CHECK(((std::get<K>(p.values) == all[p.index][K]) && ...));
  }
  CHECK(std::is_sorted(kept.begin(), kept.end(),
                       [](const auto& a, const auto& b) { return std::get<0>(a.values) < std::get<0>(b.values); }));
  std::sort(got.begin(), got.end());
  CHECK(got == undominated(all));
}

}  // namespace

TEST_CASE("the best of many are kept at no more cost when every value is better than those before") {
  const std::uint64_t points = 1000000, k = 200000;
  const auto kept = bulk::function([](const auto& x) { return 3.0 - x; }, bulk::linear(1.0, 2.0, 1e6))
                        .run(bulk::least(k, bulk::itself));
  REQUIRE(kept.size() == k);
  std::uint64_t wrong = 0;
  for (std::uint64_t i = 0; i < k; ++i)
    wrong += kept[i].index != points - 1 - i;
  CHECK(wrong == 0);
  CHECK(kept[0].value == 1);
  const auto rising = bulk::function([](const auto& x) { return 3.0 - x; }, bulk::linear(1.0, 2.0, 1e6))
                          .run(bulk::greatest(3, bulk::itself));
  CHECK((rising[0].index == 0 && rising[1].index == 1 && rising[2].index == 2));
}

TEST_CASE("of equal values the first are kept, in the order of the points") {
  const auto kept = bulk::function([](const auto& x) { return figure(x, factors[0]); }, bulk::integers(0, 199999))
                        .run(bulk::least(100, bulk::itself));
  std::vector<std::uint64_t> zeros;
  for (std::uint64_t i = 0; zeros.size() < 100; ++i) {
    if (figure(static_cast<double>(i), factors[0]) == 0) zeros.push_back(i);
  }
  REQUIRE(kept.size() == 100);
  for (std::size_t i = 0; i < 100; ++i)
    CHECK((kept[i].index == zeros[i] && kept[i].value == 0));
}

TEST_CASE("more than there are points may be asked for, and takes no more than the points do") {
  const auto f = bulk::function([](const auto& x) { return x; }, bulk::linear(1.0, 2.0, 1000));
  CHECK(f.run(bulk::least(1e15, bulk::itself)).size() == 1000);
  CHECK(f.run(bulk::greatest(1000000000000000ull, bulk::itself)).size() == 1000);
}

TEST_CASE("fronts of two, three and four figures are those of comparing every point with every other") {
  check_front(std::make_index_sequence<2>{});
  check_front(std::make_index_sequence<3>{});
  check_front(std::make_index_sequence<4>{});
}

TEST_CASE("a front on which every point lies") {
  const double points = 400000;
  const auto f = bulk::function([](const auto& x) { return x; }, bulk::linear(1.0, 2.0, points));
  const auto rising = [](const auto& x) { return x; };
  const auto falling = [](const auto& x) { return 3.0 - x; };
  const auto two = f.run(bulk::pareto(rising, falling));
  REQUIRE(two.size() == 400000);
  CHECK((two.front().index == 0 && two.back().index == 399999));
  const auto backwards = f.run(bulk::pareto(falling, rising));
  REQUIRE(backwards.size() == 400000);
  CHECK(backwards.front().index == 399999);
  CHECK(f.run(bulk::pareto(rising, falling, [](const auto& x) { return x * x; })).size() == 400000);
}

TEST_CASE("observations of two levels that alternate, as night and day do") {
  std::vector<double> observed;
  for (std::uint64_t i = 0; i < 1 << 20; ++i)
    observed.push_back((i % 2 == 0 ? 10 : 0) + static_cast<double>(i / 2 * 7919 % 1024) / 1024);
  const auto d = bulk::empirical(observed);
  std::vector<double> share{0.25, 0.75}, value(2);
  d.quantile->apply(share.data(), 2, value.data());
  CHECK(d.low == 0);
  CHECK(d.high == approx(10 + 1023.0 / 1024));
  CHECK(value[0] == approx(0.5).epsilon(0.01));  // half of each level's 1024 steps
  CHECK(value[1] == approx(10.5).epsilon(0.01));
}

TEST_CASE("counts that are none are refused before they are converted") {
  const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();
  for (const double k : {0.0, -1.0, 2.5, 1e19, infinity, nan}) {
    check_says(said([&] { bulk::least(k, bulk::itself); }), "least.k is");
    check_says(said([&] { bulk::greatest(k, bulk::itself); }), "greatest.k is");
  }
  check_says(said([] { bulk::least(-1, bulk::itself); }), "a whole number, from 1");
  for (const double end : {1e19, -1e19, 0.5, infinity, nan}) {
    check_says(said([&] { bulk::integers(end, 5); }), "the low end of an integer axis is");
    check_says(said([&] { bulk::integers(0, end); }), "the high end of an integer axis is");
    check_says(said([&] { bulk::integers(0, 5, end); }), "the step of an integer axis is");
  }
  check_says(said([] { bulk::integers(0ull, ~0ull); }), "18446744073709551616; allowed: a whole number between -2^53");
  check_says(said([] { bulk::integers(0, (1ll << 53) + 1); }), "the high end");
  CHECK(bulk::integers(0, 1e6, 2u).size() == 500001);
  for (const double n : {1e19, infinity}) {
    check_says(said([&] { bulk::linear(1, 2, n); }), "more points than can be counted");
    check_says(said([&] { bulk::logarithmic(1, 2, n); }), "more points than can be counted");
    check_says(said([&] { bulk::random(n); }), "more points than can be counted");
  }
}

TEST_CASE("columns whose sizes in bytes overflow are told from each other") {
  std::vector<double> memory(8);
  const std::size_t many = std::size_t(1) << 61;  // of 8 bytes: 2^64
  const bulk::column_view<void> whole(memory.data(), many, 1.0), inside(memory.data() + 4, 2, 1.0),
      apart(memory.data(), 4, 1.0);
  CHECK(whole.overlaps(inside));
  CHECK(inside.overlaps(whole));
  CHECK_FALSE(apart.overlaps(inside));
  CHECK_FALSE(inside.overlaps(apart));
}
