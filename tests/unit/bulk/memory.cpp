// Memory: a sweep that asks for more than there is says so and leaves nothing half written; one of many points takes no
// more than one of few.
#include <cmath>
#include <doctest/doctest.h>
#include <layercake/bulk/run/function.hpp>
#include <string>
#include <sys/resource.h>
#include <vector>

#include "../../approx.hpp"
#include "limited_memory.hpp"
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

constexpr auto product = [](const auto& x, const auto& y) { return x * y; };
const auto xs = bulk::linear(1.0, 2.0, 300);
const auto ys = bulk::linear(3.0, 4.0, 1000);

// The text of out_of_memory when no more than `limit` bytes are granted at once; what else is thrown fails the test.
template <class F>
std::string refused(std::size_t limit, const F& f) {
  const limited_memory::at_most memory(limit);
  try {
    f();
  } catch (const bulk::out_of_memory& e) {
    return e.what();
  }
  FAIL("nothing was thrown");
  return "";
}
void check_says(const std::string& text, const char* word) {
  CHECK_MESSAGE(text.find(word) != std::string::npos, text);
}

}  // namespace

TEST_CASE("a column of more values than there is memory for says how much it asked and what to do") {
  const std::string text = refused(1 << 20, [] { bulk::column<decltype(1.0 * watt)>(1000000); });
  check_says(text, "a column of 1000000 values, 8 MB");
  check_says(text, "keep a reduction instead");
  check_says(refused(~std::size_t(0), [] { bulk::column<decltype(1.0 * watt)>(std::size_t(1) << 61); }), "no memory");
}

TEST_CASE("a list axis of more values than there is memory for says how far it came") {
  struct endless {  // reads like a container, stores nothing
    struct iterator {
      std::uint64_t i;
      double operator*() const { return static_cast<double>(i); }
      iterator& operator++() {
        ++i;
        return *this;
      }
      bool operator!=(const iterator& o) const { return i != o.i; }
    };
    iterator begin() const { return {0}; }
    iterator end() const { return {~std::uint64_t(0)}; }
  };
  const std::string text = refused(1 << 20, [] { bulk::list(endless{}); });
  check_says(text, "beyond its value 131072");  // 1 MiB of 8 bytes
  check_says(text, "give a range");
}

TEST_CASE("reductions that keep more than there is memory for: text, and columns wiped") {
  std::vector<double> column(300000, 5.0);
  const auto q = bulk::function(product, xs, ys);
  const auto wiped = [&] {
    for (const double v : column)
      if (!std::isnan(v)) return false;
    return true;
  };
  const auto into = bulk::into(bulk::view(column), bulk::itself);
  std::string text =
      refused(1 << 20, [&] { q.run(into, bulk::histogram(0.0, 10.0, std::size_t(1) << 30, bulk::itself)); });
  check_says(text, "no memory for a sweep of");
  check_says(text, "a histogram of");
  check_says(text, "8.59 GB");  // 2^33 bytes
  check_says(text, "fewer bins");
  CHECK(column == std::vector<double>(column.size(), 5.0));  // nothing had begun

  text = refused(1 << 20, [&] { q.run(into, bulk::least(250000, bulk::itself)); });
  check_says(text, "the best ");
  check_says(text, "4 MB");  // 250,000 of value and place
  CHECK(wiped());

  // More bins than any container can hold.
  text = refused(~std::size_t(0), [&] { q.run(bulk::histogram(0.0, 10.0, ~std::size_t(0), bulk::itself)); });
  check_says(text, "a histogram of");

  // Half way: the limit falls while the sweep runs.
  column.assign(column.size(), 5.0);
  bulk::control c;
  c.progress_seconds = 0;
  c.progress = [](const bulk::progress_report&, void*) { limited_memory::largest_request = 8192; };
  text = refused(~std::size_t(0), [&] { q.run_on(bulk::serial{}, c, into, bulk::quantiles({0.5}, bulk::itself)); });
  check_says(text, "no memory for a sweep");
  CHECK(wiped());
#if HAVE_TBB
  column.assign(column.size(), 5.0);
  text = refused(~std::size_t(0),
                 [&] { q.run_on(lc::adapters::tbb_threads{2}, c, into, bulk::quantiles({0.5}, bulk::itself)); });
  check_says(text, "no memory for a sweep");
  CHECK(wiped());
#endif
  // And afterwards all is well.
  q.run(into);
  CHECK(column[1001] == product(xs[1], ys[1]));
}

#if defined(__SANITIZE_ADDRESS__)
constexpr bool sanitized = true;
#elif defined(__has_feature)
constexpr bool sanitized = __has_feature(address_sanitizer);
#else
constexpr bool sanitized = false;
#endif

TEST_CASE("memory does not grow with the number of points") {
  const auto peak = [] {
    rusage use{};
    getrusage(RUSAGE_SELF, &use);
    return static_cast<double>(use.ru_maxrss) * 1024;  // kilobytes here
  };
  const auto ask = [](double n) {
    return bulk::compiled(product, bulk::linear(1.0, 2.0, n), bulk::linear(3.0, 4.0, 1000))
        .run(bulk::minimum(bulk::itself), bulk::moments(bulk::itself), bulk::quantiles({0.5}, bulk::itself),
             bulk::histogram(0.0, 10.0, 100, bulk::itself));
  };
  ask(1000);
  const double before = peak();
  const auto [low, spread, q, h] = ask(100000);
  CHECK(spread.points == 1e8);
  CHECK(spread.mean == approx(1.5 * 3.5));
  CHECK(low.value == 3);
  // Of 1e8 points: 800 MB, had they been kept. A sanitizer holds back what has been given back.
  CHECK(peak() - before < (sanitized ? 64e6 : 4e6));
}
