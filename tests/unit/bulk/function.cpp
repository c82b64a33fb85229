// Sweeps of a function, recorded and compiled: every reduction at every size around the width of a vector, what does
// not count, columns that are refused or wiped, and checkpoints that know their question.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <doctest/doctest.h>
#include <layercake/bulk/run/function.hpp>
#include <string>
#include <utility>
#include <vector>

#include "../../approx.hpp"

namespace lc = layercake;
namespace bulk = layercake::bulk;

namespace {

constexpr auto height = [](const auto& r) { return r.first; };
constexpr auto length = [](const auto& r) { return r.second; };

// The numbers of all points, in one loop each.
template <class S, class Question>
void check_all(const Question& question, const std::vector<S>& a, const std::vector<S>& b) {
  const std::size_t n = a.size();
  std::vector<S> column(n, S(-1));
  std::vector<double> wide(n, -1.0);
  const auto [low, high, lows, highs, spread, joint, shares, bins, log_bins, front, into, into_wide] = question.run(
      bulk::minimum(height), bulk::maximum(height), bulk::least(3, height), bulk::greatest(3, height),
      bulk::moments(height), bulk::covariance(height, length), bulk::quantiles({0.0, 1.0}, height),
      bulk::histogram(-20.0, 20.0, 8, height), bulk::logarithmic_histogram(1.0, 1024.0, 10, length),
      bulk::pareto(height, length), bulk::into(bulk::view(column), height), bulk::into(bulk::view(wide), length));
  std::vector<std::size_t> order(n);
  for (std::size_t i = 0; i < n; ++i)
    order[i] = i;
  const auto by = [&](auto before) {
    std::vector<std::size_t> o = order;
    std::stable_sort(o.begin(), o.end(), [&](std::size_t i, std::size_t j) { return before(a[i], a[j]); });
    return o;
  };
  const auto up = by([](S x, S y) { return x < y; }), down = by([](S x, S y) { return x > y; });
  CHECK((low.exists && low.index == up[0] && low.value == a[up[0]]));
  CHECK((high.exists && high.index == down[0] && high.value == a[down[0]]));
  REQUIRE((lows.size() == std::min<std::size_t>(3, n) && highs.size() == lows.size()));
  for (std::size_t k = 0; k < lows.size(); ++k) {
    CHECK((lows[k].index == up[k] && lows[k].value == a[up[k]]));
    CHECK((highs[k].index == down[k] && highs[k].value == a[down[k]]));
  }
  long double sum = 0, sum_b = 0, squares = 0, products = 0;
  for (std::size_t i = 0; i < n; ++i)
    sum += a[i], sum_b += b[i];
  const long double mean = sum / static_cast<long double>(n), mean_b = sum_b / static_cast<long double>(n);
  for (std::size_t i = 0; i < n; ++i)
    squares += (a[i] - mean) * (a[i] - mean), products += (a[i] - mean) * (b[i] - mean_b);
  const long double less_one = n > 1 ? static_cast<long double>(n - 1) : 1;
  CHECK(spread.points == static_cast<double>(n));
  CHECK(std::fabs(spread.mean - static_cast<double>(mean)) <= 1e-12 * (1 + std::fabs(static_cast<double>(mean))));
  CHECK(spread.variance == approx(static_cast<double>(squares / less_one)).epsilon(1e-12));
  CHECK(joint.points == static_cast<double>(n));
  CHECK(std::fabs(joint.covariance[0][1] - static_cast<double>(products / less_one)) <= 1e-9);
  CHECK(std::fabs(shares[0] - static_cast<double>(a[up[0]])) <= 0.0005 * std::fabs(static_cast<double>(a[up[0]])));
  CHECK(std::fabs(shares[1] - static_cast<double>(a[down[0]])) <= 0.0005 * std::fabs(static_cast<double>(a[down[0]])));
  std::vector<std::uint64_t> count(8, 0), log_count(10, 0);
  std::uint64_t below = 0, above = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double x = static_cast<double>(a[i]);
    if (x < -20) {
      ++below;
    } else if (x >= 20) {
      ++above;
    } else {
      ++count[static_cast<std::size_t>((x + 20) / 5)];
    }
    ++log_count[static_cast<std::size_t>(std::ilogb(static_cast<double>(b[i])))];  // bins of a factor of 2, from 1
  }
  CHECK((bins.count == count && bins.below == below && bins.above == above));
  CHECK((log_bins.count == log_count && log_bins.below + log_bins.above == 0));
  std::size_t undominated = 0;
  for (std::size_t i = 0; i < n; ++i) {
    bool beaten = false;
    for (std::size_t j = 0; j < n; ++j) {
      beaten |= a[j] <= a[i] && b[j] <= b[i] && (a[j] < a[i] || b[j] < b[i] || j < i);
    }
    if (beaten) continue;
    ++undominated;
    CHECK(std::any_of(front.begin(), front.end(), [&](const auto& p) { return p.index == i; }));
  }
  CHECK(front.size() == undominated);
  for (std::size_t i = 0; i < n; ++i) {
    CHECK(column[i] == a[i]);
    CHECK(wide[i] == static_cast<double>(b[i]));
  }
}

template <class S>
void check_size(std::uint64_t rows, std::uint64_t size) {
  CAPTURE(rows);
  CAPTURE(size);
  // No length is at the edge of a bin.
  const double m = static_cast<double>(rows), n = static_cast<double>(size);
  const auto x = bulk::linear(0.75, 0.25 + 0.5 * m, m), y = bulk::linear(1.3125, 1.0625 + 0.25 * n, n);
  std::vector<S> a, b;
  for (std::uint64_t i = 0; i < rows; ++i) {
    for (std::uint64_t j = 0; j < size; ++j) {
      const auto r = std::pair{(S(x[i]) - S(y[j])) * (S(x[i]) - S(7.25)), S(x[i]) * S(2) + S(y[j])};
      a.push_back(r.first);
      b.push_back(r.second);
    }
  }
  const auto f = [](const auto& p, const auto& q) {
    using T = lc::scalar_of_t<std::remove_cvref_t<decltype(q)>>;
    return std::pair{(p - q) * (p - T(7.25)), p * T(2) + q};
  };
  check_all<S>(bulk::compiled<S>(f, x, y), a, b);
  check_all<S>(bulk::function<S>(f, x, y), a, b);
}

std::string said(const auto& f) {
  try {
    f();
  } catch (const lc::error& e) {
    return e.what();
  }
  return "";
}
bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("every reduction at every size around a vector, of doubles") {
  const std::uint64_t width = bulk::lanes<double>;
  for (const std::uint64_t rows : {std::uint64_t(1), std::uint64_t(3)}) {
    for (std::uint64_t n = 1; n <= 2 * width + 1; ++n)
      check_size<double>(rows, n);
    for (const std::uint64_t n : {std::uint64_t(255), std::uint64_t(256), std::uint64_t(257)})
      check_size<double>(rows, n);
  }
}
TEST_CASE("every reduction at every size around a vector, of floats") {
  const std::uint64_t width = bulk::lanes<float>;
  for (const std::uint64_t rows : {std::uint64_t(1), std::uint64_t(3)}) {
    for (std::uint64_t n = 1; n <= 2 * width + 1; ++n)
      check_size<float>(rows, n);
  }
}
TEST_CASE("a sweep of no points is refused") {
  CHECK(has(said([] { bulk::linear(1.0, 2.0, 0); }), "at least 1"));
}

TEST_CASE("what is not finite never wins, wherever in a vector or a block it stands") {
  const double infinity = std::numeric_limits<double>::infinity(), nan = std::nan("");
  for (const double odd : {infinity, -infinity, nan}) {
    for (const std::size_t at :
         {std::size_t(0), std::size_t(3), std::size_t(255), std::size_t(256), std::size_t(1299)}) {
      std::vector<double> which(1300);
      for (std::size_t i = 0; i < which.size(); ++i)
        which[i] = static_cast<double>(i);
      const auto f = [=](const auto& x) {
        using T = std::remove_cvref_t<decltype(x)>;
        return lc::where(x == T(static_cast<double>(at)), T(odd), (x - 700.0) * (x - 700.0));
      };
      const auto check = [&](const auto& question) {
        const auto [low, high, spread] =
            question.run(bulk::minimum(bulk::itself), bulk::maximum(bulk::itself), bulk::moments(bulk::itself));
        CHECK((low.index == 700 && low.value == 0));
        CHECK((high.index == (at == 0 ? 1 : 0) && high.value == (at == 0 ? 699.0 * 699.0 : 490000.0)));
        CHECK(spread.points == 1299);
      };
      check(bulk::compiled(f, bulk::list(which)));
      check(bulk::function(f, bulk::list(which)));
    }
  }
  const auto none = [](const auto& x) { return x / (x - x); };
  CHECK_FALSE(bulk::compiled(none, bulk::linear(1.0, 2.0, 99)).run(bulk::minimum(bulk::itself)).exists);
  CHECK_FALSE(bulk::compiled(none, bulk::linear(1.0, 2.0, 99)).run(bulk::maximum(bulk::itself)).exists);
}

TEST_CASE("of equal values the first point wins, across vectors, blocks and chunks") {
  const auto flat = [](const auto& x, const auto& y) { return lc::where(x + y < 1.5, x * 0.0 + 2.0, y * 0.0 + 1.0); };
  const auto x = bulk::linear(0.0, 2.0, 501), y = bulk::linear(0.0, 1.0, 700);
  const auto next = [&](std::uint64_t i) {
    while (x[i / 700] + y[i % 700] < 1.5)
      ++i;
    return i;
  };
  const std::uint64_t first = next(0);
  const auto least = bulk::compiled(flat, x, y).run(bulk::least(2, bulk::itself));
  CHECK((least[0].index == first && least[1].index == next(first + 1)));
  CHECK(bulk::compiled(flat, x, y).run(bulk::maximum(bulk::itself)).index == 0);
  CHECK(bulk::function(flat, x, y).run(bulk::minimum(bulk::itself)).index == first);
}

TEST_CASE("columns of a compiled function are checked before anything is written") {
  const auto f = [](const auto& a, const auto& b) { return a * b; };
  const auto question = bulk::compiled(f, bulk::linear(1.0, 2.0, 5), bulk::linear(1.0, 3.0, 4));
  std::vector<double> memory(40, 5.0), small_one(19, 5.0);
  CHECK(has(said([&] { question.run(bulk::into(bulk::view(small_one), bulk::itself)); }),
            "a column of 19 values for a sweep of 20 points"));
  CHECK(has(said([&] {
              question.run(bulk::minimum(bulk::itself),
                           bulk::into(bulk::column_view<void>(memory.data(), 20, 1.0), bulk::itself),
                           bulk::into(bulk::column_view<void>(memory.data() + 19, 20, 1.0), bulk::itself));
            }),
            "share memory"));
  for (const auto* all : {&memory, &small_one}) {
    for (const double v : *all)
      CHECK(v == 5.0);
  }
  question.run(bulk::into(bulk::column_view<void>(memory.data(), 20, 1.0), bulk::itself),
               bulk::into(bulk::column_view<void>(memory.data() + 20, 20, 1.0), bulk::itself));
  CHECK((memory[0] == 1.0 && memory[19] == 6.0 && memory[20] == 1.0 && memory[39] == 6.0));
}

TEST_CASE("a compiled sweep that does not end leaves no number in its column") {
  const auto f = [](const auto& a, const auto& b) { return a * b; };
  const auto question = bulk::compiled(f, bulk::linear(1.0, 2.0, 501), bulk::linear(1.0, 3.0, 700));  // six chunks
  std::vector<double> out(501 * 700, 5.0);
  std::atomic<bool> cancel{false};
  bulk::control c;
  c.progress_seconds = 0;
  c.context = &cancel;
  c.cancel = &cancel;
  c.progress = [](const bulk::progress_report&, void* flag) { *static_cast<std::atomic<bool>*>(flag) = true; };
  const auto numbers = [&] { return std::count_if(out.begin(), out.end(), [](double v) { return !std::isnan(v); }); };
  CHECK_THROWS_AS(question.run_on(bulk::serial{}, c, bulk::into(bulk::view(out), bulk::itself)), bulk::stopped);
  CHECK(numbers() == 0);
  bulk::control late;
  late.deadline_seconds = 1e-9;
  std::fill(out.begin(), out.end(), 5.0);
  CHECK_THROWS_AS(question.run_on(bulk::serial{}, late, bulk::into(bulk::view(out), bulk::itself)), bulk::stopped);
  CHECK(numbers() == 0);
}

namespace {
// Runs the question until something is in the checkpoint, then the other one on what was left.
const char* const saved = "bulk_function_checkpoint.bin";
template <class Q, class... R>
void stop_half_way(const Q& question, const R&... reductions) {
  std::remove(saved);
  std::atomic<bool> cancel{false};
  bulk::control c;
  c.progress_seconds = 0;
  c.context = &cancel;
  c.cancel = &cancel;
  c.checkpoint = saved;
  c.progress = [](const bulk::progress_report& p, void* flag) {
    if (p.points * 2 > p.total) *static_cast<std::atomic<bool>*>(flag) = true;
  };
  CHECK_THROWS_AS(question.run_on(bulk::serial{}, c, reductions...), bulk::stopped);
}
template <class Q, class... R>
auto go_on(const Q& question, const R&... reductions) {
  bulk::control c;
  c.checkpoint = saved;
  return question.run_on(bulk::serial{}, c, reductions...);
}
}  // namespace

TEST_CASE("a compiled function's checkpoint goes on with its own question and refuses every other") {
  const auto f = [](const auto& a, const auto& b) { return a * b + b; };
  std::vector<double> values(501);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = 1 + static_cast<double>(i * i % 97);
  auto others = values;
  others[333] += 1e-9;
  const auto y = bulk::linear(1.0, 3.0, 700);
  const auto question = bulk::compiled(f, bulk::list(values), y);
  const auto bins = [](double high, std::size_t n) { return bulk::histogram(0.0, high, n, bulk::itself); };
  const auto spread = bulk::moments(bulk::itself);
  const auto whole = question.run(spread, bins(300, 20));

  stop_half_way(question, spread, bins(300, 20));
  const auto refused = [&](const auto& other, const auto&... reductions) {
    return has(said([&] { go_on(other, reductions...); }), saved);
  };
  CHECK(refused(bulk::compiled(f, bulk::list(others), y), spread, bins(300, 20)));
  CHECK(refused(bulk::compiled(f, bulk::list(values), bulk::linear(1.0, 3.5, 700)), spread, bins(300, 20)));
  CHECK(refused(bulk::compiled([](const auto& a, const auto& b) { return a * b - b; }, bulk::list(values), y), spread,
                bins(300, 20)));
  CHECK(refused(question, spread, bins(301, 20)));
  CHECK(refused(question, spread, bins(300, 21)));
  CHECK(refused(question, bins(300, 20), spread));
  CHECK(refused(question, spread));
  CHECK(refused(question, bulk::moments([](const auto& r) { return r * 2.0; }), bins(300, 20)));
  const auto resumed = go_on(question, spread, bins(300, 20));
  CHECK(std::get<0>(resumed).points == std::get<0>(whole).points);
  CHECK(std::get<0>(resumed).mean == std::get<0>(whole).mean);
  CHECK(std::get<0>(resumed).variance == std::get<0>(whole).variance);
  CHECK(std::get<1>(resumed).count == std::get<1>(whole).count);
  CHECK(std::fopen(saved, "rb") == nullptr);
}

TEST_CASE("a column of a compiled function is whole after a checkpoint") {
  const auto f = [](const auto& a, const auto& b) { return a * b + b; };
  const auto question = bulk::compiled(f, bulk::linear(1.0, 2.0, 501), bulk::linear(1.0, 3.0, 700));
  std::vector<double> out(501 * 700), whole(501 * 700);
  question.run(bulk::into(bulk::view(whole), bulk::itself));
  stop_half_way(question, bulk::into(bulk::view(out), bulk::itself));
  go_on(question, bulk::into(bulk::view(out), bulk::itself));
  CHECK(out == whole);
}

TEST_CASE("refined reciprocals are within 2 ulp, and what division gives at the ends of the range") {
  const auto check = [](auto zero) {
    using S = decltype(zero);
    using B = bulk::batch<S>;
    const auto reciprocal = [](S x) {
      S lanes[B::size];
      bulk::write_lanes(lanes, bulk::refined_reciprocal(B(x)));
      return lanes[0];
    };
    double worst = 0;
    for (int i = 0; i < 100000; ++i) {
      const S x = std::ldexp(S(1) + S(i) / S(100000), i % 200 - 100) * (i % 3 == 0 ? S(-1) : S(1));
      const double exact = 1 / static_cast<double>(x), got = static_cast<double>(reciprocal(x));
      const double ulp = std::ldexp(1.0, std::ilogb(exact) - (std::numeric_limits<S>::digits - 1));
      worst = std::max(worst, std::fabs(got - exact) / ulp);
    }
    CHECK(worst <= 2);
    const S infinity = std::numeric_limits<S>::infinity();
    CHECK(reciprocal(S(0)) == infinity);
    CHECK(reciprocal(infinity) == S(0));
    CHECK(reciprocal(-infinity) == S(0));
    CHECK(std::isnan(reciprocal(std::numeric_limits<S>::quiet_NaN())));
  };
  check(0.0f);
  check(0.0);
}
