// Each reduction against the plain way of computing the same, and every way of carrying a sweep out against the others.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <doctest/doctest.h>
#include <layercake/bulk/run/function.hpp>
#include <limits>

#include "../../approx.hpp"
#if __has_include(<oneapi/tbb/parallel_pipeline.h>) && !defined(WITHOUT_TBB)
#define HAVE_TBB 1
#include <layercake/adapters/tbb.hpp>
#else
#define HAVE_TBB 0
#endif

namespace lc = layercake;
namespace bulk = layercake::bulk;
using namespace layercake::units;

namespace {

// Not monotonic, with NaN where x < 1 and an infinity where the two are equal.
constexpr auto wave = [](auto x, auto y) {
  using std::sqrt;
  const auto r = (x * 7.3 - y * 1.9) / (x - y);
  return r * r + sqrt(x - 1.0) * y;
};
constexpr auto other = [](auto x, auto y) { return y * y - x * 3.0; };
struct pair_of_results {
  template <class X, class Y>
  auto operator()(const X& x, const Y& y) const {
    return std::pair{wave(x, y), other(x, y)};
  }
};
constexpr auto first = [](const auto& r) { return r.first; };
constexpr auto second = [](const auto& r) { return r.second; };

const auto xs = bulk::linear(0.5, 40.0, 311);
const auto ys = bulk::logarithmic(0.7, 90.0, 777);

struct plain {
  std::vector<double> a, b;  // in the order of the points
  plain() {
    for (std::uint64_t i = 0; i < xs.size(); ++i) {
      for (std::uint64_t j = 0; j < ys.size(); ++j) {
        a.push_back(wave(xs[i], ys[j]));
        b.push_back(other(xs[i], ys[j]));
      }
    }
  }
};
const plain& expected() {
  static const plain p;
  return p;
}

template <class Question>
void check_reductions(const Question& q) {
  const auto& a = expected().a;
  const auto& b = expected().b;
  const auto finite = [](double x) { return std::isfinite(x); };
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (finite(a[i])) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return a[i] < a[j]; });

  const auto [low, high, least, spread, front, quantiles, histogram, joint] =
      q.run(bulk::minimum(first), bulk::maximum(first), bulk::least(5, first), bulk::moments(first),
            bulk::pareto(first, second), bulk::quantiles({0.0, 0.25, 0.5, 1.0}, first),
            bulk::histogram(0.0, 1000.0, 50, first), bulk::covariance(first, second));
  REQUIRE(low.exists);
  CHECK(low.value == a[order.front()]);
  CHECK(low.index == order.front());
  CHECK(high.value == a[order.back()]);
  REQUIRE(least.size() == 5);
  for (std::size_t k = 0; k < 5; ++k) {
    CHECK(least[k].index == order[k]);
    CHECK(least[k].value == a[order[k]]);
  }

  long double sum = 0, squares = 0, cross = 0, sum_b = 0;
  for (const std::size_t i : order)
    sum += a[i], sum_b += b[i];
  const long double n = static_cast<long double>(order.size()), mean = sum / n, mean_b = sum_b / n;
  for (const std::size_t i : order)
    squares += (a[i] - mean) * (a[i] - mean), cross += (a[i] - mean) * (b[i] - mean_b);
  CHECK(spread.points == static_cast<double>(n));
  CHECK(spread.mean == approx(static_cast<double>(mean)).epsilon(1e-12));
  CHECK(spread.variance == approx(static_cast<double>(squares / (n - 1))).epsilon(1e-11));
  CHECK(joint.covariance[0][1] == approx(static_cast<double>(cross / (n - 1))).epsilon(1e-10));

  std::vector<std::size_t> undominated;
  double best_b = std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < order.size();) {  // groups of equal a
    std::size_t end = k, best = order[k];
    for (; end < order.size() && a[order[end]] == a[order[k]]; ++end) {
      if (b[order[end]] < b[best]) best = order[end];
    }
    if (b[best] < best_b) undominated.push_back(best), best_b = b[best];
    k = end;
  }
  REQUIRE(front.size() == undominated.size());
  for (std::size_t k = 0; k < front.size(); ++k)
    CHECK(front[k].index == undominated[k]);

  for (const auto& [share, value] :
       {std::pair{0.0, quantiles[0]}, {0.25, quantiles[1]}, {0.5, quantiles[2]}, {1.0, quantiles[3]}}) {
    CHECK(value ==
          approx(a[order[static_cast<std::size_t>(share * static_cast<double>(order.size() - 1))]]).epsilon(0.0005));
  }
  std::vector<std::uint64_t> count(50, 0);
  std::uint64_t above = 0;
  for (const std::size_t i : order) {
    const double at = a[i] / 20;
    if (at >= 50) {
      ++above;
    } else {
      ++count[static_cast<std::size_t>(at)];
    }
  }
  CHECK(histogram.count == count);
  CHECK(histogram.above == above);
  CHECK(histogram.below == 0);
}

template <class A, class B>
bool same_bits(const A& a, const B& b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

}  // namespace

TEST_CASE("reductions of a recorded function") { check_reductions(bulk::function(pair_of_results{}, xs, ys)); }
TEST_CASE("reductions of a compiled function") { check_reductions(bulk::compiled(pair_of_results{}, xs, ys)); }

TEST_CASE("columns hold every point, in the user's memory and unit") {
  const auto f = [](auto p, auto t) { return p * t; };
  const auto power = bulk::linear(1 * kilowatt, 9 * kilowatt, 9);
  const auto time = bulk::list({1 * hour, 2 * hour, 5 * hour});
  std::vector<double> kilowatt_hours(27);
  std::vector<float> joules(27);
  bulk::function(f, power, time)
      .run(bulk::into(bulk::view(kilowatt_hours, kilowatt_hour), bulk::itself),
           bulk::into(bulk::view(joules, joule), bulk::itself));
  for (std::size_t i = 0; i < 9; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      CHECK(kilowatt_hours[3 * i + j] == approx(static_cast<double>(i + 1) * (j == 0   ? 1
                                                                              : j == 1 ? 2
                                                                                       : 5))
                                             .epsilon(1e-14));
      CHECK(joules[3 * i + j] == approx(kilowatt_hours[3 * i + j] * 3.6e6).epsilon(1e-7));
    }
  }
}

TEST_CASE("float points") {
  const auto f = [](auto x, auto y) { return x / y + y * 3.0; };
  const auto x = bulk::linear(1.0, 2.0, 13), y = bulk::linear(3.0, 4.0, 17);
  float least = 1e30f;
  for (std::uint64_t i = 0; i < 13; ++i) {
    for (std::uint64_t j = 0; j < 17; ++j)
      least = std::min(least, static_cast<float>(f(static_cast<float>(x[i]), static_cast<float>(y[j]))));
  }
  CHECK(bulk::function<float>(f, x, y).run(bulk::minimum(bulk::itself)).value == approx(least).epsilon(1e-6));
  CHECK(bulk::compiled<float>(f, x, y).run(bulk::minimum(bulk::itself)).value == approx(least).epsilon(1e-6));
}

TEST_CASE("reciprocals are within their 2 ulp") {
  const auto f = [](auto x, auto y) { return x / (y + x) + 3.0 / y; };
  const auto x = bulk::linear(1.0, 2.0, 37), y = bulk::linear(3.0, 4.0, 1001);
  std::vector<double> ieee(37037), fast(37037);
  bulk::function([](auto a, auto b) { return a / b; }, x, y).run(bulk::into(bulk::view(ieee), bulk::itself));
  bulk::function([](auto a, auto b) { return a / b; }, x, y)
      .quotients(bulk::division::reciprocal)
      .run(bulk::into(bulk::view(fast), bulk::itself));
  for (std::size_t i = 0; i < ieee.size(); ++i)
    CHECK(std::fabs(fast[i] - ieee[i]) <= 2 * std::fabs(ieee[i]) * 0x1p-52);
  CHECK(bulk::function(f, x, y).quotients(bulk::division::reciprocal).run(bulk::minimum(bulk::itself)).value ==
        approx(1.0 / 5 + 0.75).epsilon(1e-14));
}

TEST_CASE("elementary functions are within their stated ulp of the scalar path") {
  const auto check = [](const auto& f, double low, double high) {
    const auto x = bulk::linear(low, high, 20011);
    std::vector<double> got(x.size());
    bulk::function(f, x).run(bulk::into(bulk::view(got), bulk::itself));
    double worst = 0;
    for (std::uint64_t i = 0; i < x.size(); ++i) {
      const double want = f(x[i]);
      const double ulp = std::nextafter(std::fabs(want), 1e308) - std::fabs(want);
      worst = std::max(worst, std::fabs(got[i] - want) / ulp);
    }
    CHECK(worst <= bulk::elementary_ulp);
  };
  check([](const auto& x) { return lc::exp(x); }, -20, 20);
  check([](const auto& x) { return lc::expm1(x); }, -3, 3);
  check([](const auto& x) { return lc::log(x); }, 0.01, 1000);
  check([](const auto& x) { return lc::log1p(x); }, -0.9, 9);
}

namespace {
struct answers {
  bulk::spread<double, double> spread;
  std::uint64_t best;
  double median;
  std::size_t front;
  bool operator==(const answers& o) const {
    return same_bits(spread, o.spread) && best == o.best && same_bits(median, o.median) && front == o.front;
  }
};
const auto large = bulk::function(pair_of_results{}, bulk::linear(0.5, 40.0, 801),
                                  bulk::logarithmic(0.7, 90.0, 999));  // thirteen chunks
template <class Schedule>
answers ask(const Schedule& s, const bulk::control& c = {}) {
  const auto [spread, best, quantiles, front] = large.run_on(
      s, c, bulk::moments(first), bulk::minimum(first), bulk::quantiles({0.5}, first), bulk::pareto(first, second));
  return {spread, best.index, quantiles[0], front.size()};
}
}  // namespace

#if HAVE_TBB
TEST_CASE("any number of threads gives the same bits") {
  const answers serial = ask(bulk::serial{});
  for (const int threads : {1, 2, 3, 8})
    CHECK(ask(lc::adapters::tbb_threads{threads}) == serial);
}
#endif

TEST_CASE("progress, cancellation, deadline, and going on from a checkpoint") {
  const answers whole = ask(bulk::serial{});
  const std::string file = "bulk_checkpoint_test.bin";
  std::remove(file.c_str());
  struct watch {
    std::atomic<bool> cancel{false};
    int calls = 0;
    double last = 0;
  } w;
  bulk::control c;
  c.progress_seconds = 0;
  c.progress = [](const bulk::progress_report& p, void* me) {
    auto& x = *static_cast<watch*>(me);
    ++x.calls;
    CHECK(p.points > x.last);
    CHECK(p.total == 801 * 999);
    CHECK(p.rate > 0);
    CHECK(p.remaining_seconds >= 0);
    x.last = p.points;
    if (x.calls == 4) x.cancel = true;
  };
  c.context = &w;
  c.cancel = &w.cancel;
  c.checkpoint = file;
  const auto text = [&](const auto& f) -> std::string {
    try {
      f();
    } catch (const bulk::stopped& e) {
      return e.what();
    }
    return "";
  };
  const std::string said = text([&] { ask(bulk::serial{}, c); });
  CHECK(said.find("cancelled") != std::string::npos);
  CHECK(said.find(file) != std::string::npos);
  CHECK(w.calls == 4);
  w.cancel = false;
  CHECK(ask(bulk::serial{}, c) == whole);  // the rest: nothing lost, nothing twice
  CHECK(w.calls == 13);
  CHECK(std::fopen(file.c_str(), "rb") == nullptr);

  std::FILE* f = std::fopen(file.c_str(), "wb");
  std::fputs("something else altogether", f);
  std::fclose(f);
  CHECK_THROWS_AS(ask(bulk::serial{}, c), lc::error);
  std::remove(file.c_str());

  bulk::control late;
  late.deadline_seconds = 1e-9;
  CHECK(text([&] { ask(bulk::serial{}, late); }).find("deadline") != std::string::npos);
}

TEST_CASE("a sweep that was stopped leaves no half-written column") {
  std::vector<double> out(801 * 999, 5.0);
  std::atomic<bool> cancel{false};
  bulk::control c;
  c.progress_seconds = 0;
  c.context = &cancel;
  c.cancel = &cancel;
  c.progress = [](const bulk::progress_report&, void* flag) { *static_cast<std::atomic<bool>*>(flag) = true; };
  CHECK_THROWS_AS(large.run_on(bulk::serial{}, c, bulk::into(bulk::view(out), first)), bulk::stopped);
  for (std::size_t i = 0; i < out.size(); i += 97)
    CHECK(std::isnan(out[i]));
}

TEST_CASE("bad input is refused with a text that says what to change") {
  const auto says = [](const auto& f, const char* word) {
    try {
      f();
    } catch (const lc::error& e) {
      CHECK_MESSAGE(std::string(e.what()).find(word) != std::string::npos, e.what());
      return;
    }
    FAIL("nothing was thrown");
  };
  const double nan = std::nan("");
  says([] { bulk::list(std::vector<double>{}); }, "empty");
  says([&] { bulk::list({1.0, nan}); }, "value 1 of a list axis is");
  says([] { bulk::linear(1.0, 2.0, 0); }, "at least 1");
  says([&] { bulk::linear(nan, 2.0, 3); }, "finite ends");
  says([] { bulk::logarithmic(0.0, 2.0, 3); }, "above 0");
  says([] { bulk::integers(5, 1); }, "upwards");
  says([&] { bulk::normal(nan, 1.0); }, "finite");
  says([] { bulk::normal(1.0, -1.0); }, "deviation from 0");
  says([] { bulk::log_normal(-1.0, 2.0); }, "median above 0");
  says([] { bulk::triangular(2.0, 1.0, 3.0); }, "in this order");
  says([] { bulk::uniform(2.0, 1.0); }, "the low one first");
  says([&] { bulk::empirical(std::vector{1.0, nan}); }, "value 1");
  says([] { bulk::random(0); }, "at least 1");
  const auto big = bulk::linear(1.0, 2.0, 1e10);
  says([&] { bulk::function([](auto x, auto y) { return x * y; }, big, big).run(bulk::minimum(bulk::itself)); },
       "more than can be counted");
  says([&] { bulk::compiled([](auto x, auto y) { return x * y; }, big, big).run(bulk::minimum(bulk::itself)); },
       "more than can be counted");
  std::vector<double> memory(20);
  const auto x = bulk::linear(1.0, 2.0, 10);
  says([&] { bulk::function([](auto a) { return a; }, x).run(bulk::into(bulk::view(memory), bulk::itself)); },
       "a column of 20 values for a sweep of 10 points");
  const bulk::column_view<void> a(memory.data(), 10, 1.0), b(memory.data() + 5, 10, 1.0);
  says(
      [&] {
        bulk::function([](auto q) { return q; }, x).run(bulk::into(a, bulk::itself), bulk::into(b, bulk::itself));
      },
      "share memory");
  says([&] { bulk::column_view<void>(reinterpret_cast<double*>(reinterpret_cast<char*>(memory.data()) + 1), 3, 1.0); },
       "multiple of 8 bytes");
  says([] { bulk::column_view<void>(nullptr, 3, 1.0); }, "no address");
}

TEST_CASE("a histogram whose edges are next to each other has bins or is refused") {
  const double low = 1000, high = std::nextafter(low, 2000.0);
  const auto f = bulk::function([](auto x) { return x; }, bulk::list({low, high}));
  // The logarithms of the two are one number: bins of no width.
  CHECK_THROWS_WITH_AS(f.run(bulk::logarithmic_histogram(low, high, 10, bulk::itself)),
                       doctest::Contains("with logarithms that differ"), lc::error);
  CHECK_THROWS_AS(f.run(bulk::histogram(0.0, std::numeric_limits<double>::denorm_min(), 10, bulk::itself)), lc::error);
  const auto h = f.run(bulk::histogram(low, high, 10, bulk::itself));
  CHECK(h.count[0] == 1);
  CHECK(h.above == 1);
  const auto wide = f.run(bulk::logarithmic_histogram(1e-300, 1e300, 1000, bulk::itself));
  CHECK(wide.below + wide.above == 0);
}
