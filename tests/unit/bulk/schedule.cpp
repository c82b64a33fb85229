// How sweeps are carried out: progress, cancellation, deadlines, checkpoints and what they are good for, threads.
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <doctest/doctest.h>
#include <layercake/bulk/run/function.hpp>
#include <layercake/bulk/space/sobol.hpp>
#include <layercake/energy/grid.hpp>
#include <limits>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

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

const std::string file = "bulk_schedule_test.bin";

template <class F>
std::string said(const F& f) {
  try {
    f();
  } catch (const lc::error& e) {
    return e.what();
  }
  return "";
}
bool has(const std::string& text, const std::string& word) { return text.find(word) != std::string::npos; }

// Stops after the first chunks.
struct stop_at {
  std::atomic<bool> cancel{false};
  double share;
  explicit stop_at(double part) : share(part) {}
  bulk::control control() {
    bulk::control c;
    c.progress_seconds = 0;
    c.context = this;
    c.cancel = &cancel;
    c.progress = [](const bulk::progress_report& p, void* me) {
      auto& x = *static_cast<stop_at*>(me);
      if (p.points >= x.share * p.total) x.cancel = true;
    };
    return c;
  }
};

// Leaves a checkpoint of the question's first chunk.
template <class Question, class... R>
void leave_checkpoint(const Question& q, const R&... reductions) {
  std::remove(file.c_str());
  stop_at s(0);
  bulk::control c = s.control();
  c.checkpoint = file;
  CHECK_THROWS_AS(q.run_on(bulk::serial{}, c, reductions...), bulk::stopped);
}
// Whether the question takes the checkpoint for its own. If so it runs to the end, and the file goes.
template <class Question, class... R>
bool takes_checkpoint(const Question& q, const R&... reductions) {
  bulk::control c;
  c.checkpoint = file;
  const std::string text = said([&] { q.run_on(bulk::serial{}, c, reductions...); });
  CHECK((text.empty() || has(text, "is not a checkpoint of this sweep")));
  return text.empty();
}

std::vector<unsigned char> read_file() {
  std::vector<unsigned char> bytes;
  std::FILE* const f = std::fopen(file.c_str(), "rb");
  REQUIRE(f != nullptr);
  for (int c = std::fgetc(f); c != EOF; c = std::fgetc(f))
    bytes.push_back(static_cast<unsigned char>(c));
  std::fclose(f);
  return bytes;
}
void write_file(const std::vector<unsigned char>& bytes) {
  std::FILE* const f = std::fopen(file.c_str(), "wb");
  REQUIRE(f != nullptr);
  if (!bytes.empty()) std::fwrite(bytes.data(), 1, bytes.size(), f);
  std::fclose(f);
}

constexpr auto formula = [](const auto& x, const auto& y) { return x * y + 2.0 * x; };
// Two chunks and a bit.
const auto xs = bulk::linear(0.5, 40.0, 160);
const auto ys = bulk::logarithmic(0.7, 90.0, 999);
const auto question = bulk::function(formula, xs, ys);

}  // namespace

TEST_CASE("a checkpoint is taken by its own question alone") {
  const auto keep = bulk::minimum(bulk::itself);
  const auto check_refused = [&](const char* what, const auto& other, const auto&... reductions) {
    CAPTURE(what);
    CHECK_FALSE(takes_checkpoint(other, reductions...));
  };
  leave_checkpoint(question, keep);
  check_refused("another end of an axis", bulk::function(formula, bulk::linear(0.5, 41.0, 160), ys), keep);
  check_refused("another kind of axis", bulk::function(formula, bulk::logarithmic(0.5, 40.0, 160), ys), keep);
  check_refused("axes swapped", bulk::function(formula, ys, xs), keep);
  check_refused("another number of points", bulk::function(formula, bulk::linear(0.5, 40.0, 161), ys), keep);
  check_refused("another constant",
                bulk::function([](const auto& x, const auto& y) { return x * y + 2.5 * x; }, xs, ys), keep);
  check_refused("another operation",
                bulk::function([](const auto& x, const auto& y) { return x * y - 2.0 * x; }, xs, ys), keep);
  check_refused("another quotient", bulk::sweep_of(question).quotients(bulk::division::reciprocal), keep);
  check_refused("another condition", bulk::sweep_of(question).where("small", [](const auto& r) { return r < 1.0; }),
                keep);
  check_refused("another reduction", question, bulk::maximum(bulk::itself));
  check_refused("another number of the best", question, bulk::least(2, bulk::itself));
  check_refused("one more reduction", question, keep, bulk::moments(bulk::itself));
  check_refused("another figure", question, bulk::minimum([](const auto& r) { return r * 2.0; }));
  CHECK(takes_checkpoint(question, keep));

  leave_checkpoint(question, bulk::histogram(0.0, 100.0, 10, bulk::itself));
  check_refused("another edge", question, bulk::histogram(0.0, 101.0, 10, bulk::itself));
  check_refused("another scale", question, bulk::logarithmic_histogram(1e-9, 100.0, 10, bulk::itself));
  CHECK(takes_checkpoint(question, bulk::histogram(0.0, 100.0, 10, bulk::itself)));

  // One value of a long list.
  std::vector<double> values;
  for (int i = 0; i < 160000; ++i)
    values.push_back(i + 0.5);
  const auto one = [](const auto& x) { return x * 3.0; };
  leave_checkpoint(bulk::function(one, bulk::list(values)), keep);
  values[77777] = 1;
  check_refused("another value in a list", bulk::function(one, bulk::list(values)), keep);
  values[77777] = 77777.5;
  CHECK(takes_checkpoint(bulk::function(one, bulk::list(values)), keep));

  // A sample, by its seed and its distribution; choices, by what is chosen.
  const auto price = [](auto& g) -> auto& { return g.price; };
  const auto bill = [](const auto& g) { return plain(g.price) * (1.0 * kilowatt_hour); };
  const auto drawn = [&](const bulk::sample& points, double factor) {
    return bulk::sweep(lc::energy::grid{}, bill)
        .sampled(points, bulk::uncertain(price, bulk::log_normal(60 * usd / megawatt_hour, factor)));
  };
  leave_checkpoint(drawn(bulk::random(150000, 1), 1.2), keep);
  check_refused("another seed", drawn(bulk::random(150000, 2), 1.2), keep);
  check_refused("another sample", drawn(bulk::sobol(150000, 1), 1.2), keep);
  check_refused("another distribution", drawn(bulk::random(150000, 1), 1.3), keep);
  CHECK(takes_checkpoint(drawn(bulk::random(150000, 1), 1.2), keep));

  const auto chosen = [&](double loss) {
    lc::energy::grid a, b, c;
    b.transmission_loss = 0.07;
    c.transmission_loss = loss;
    return bulk::sweep(lc::energy::grid{}, [](const auto& g) { return g.price * (1.0 + g.transmission_loss); })
        .choose(
            [](auto& g) -> auto& { return g; }, std::vector{a, b, c})
        .over(price, bulk::linear(10 * usd / megawatt_hour, 90 * usd / megawatt_hour, 70000));
  };
  leave_checkpoint(chosen(0.08), keep);
  check_refused("another entry of a catalog", chosen(0.09), keep);
  CHECK(takes_checkpoint(chosen(0.08), keep));
}

TEST_CASE("observations and choices are known one by one, however many they are") {
  const auto keep = bulk::minimum(bulk::itself);
  // A distribution of observations, one of which no draw shows.
  std::vector<double> observed;
  for (int i = 0; i < 1000; ++i)
    observed.push_back(i);
  const auto drawn = [&] {
    return bulk::function_of<double>([](const auto& x) { return x * 3.0; })
        .sampled(bulk::random(600000, 1), bulk::uncertain(bulk::argument<0>, bulk::empirical(observed)));
  };
  leave_checkpoint(drawn(), keep);
  observed[777] += 1e-6;
  CHECK_FALSE(takes_checkpoint(drawn(), keep));
  observed[777] = 777;
  CHECK(takes_checkpoint(drawn(), keep));

  // One of a thousand choices.
  std::vector<lc::energy::grid> grids(1001);
  for (std::size_t i = 0; i < grids.size(); ++i)
    grids[i].price = 50 * usd / megawatt_hour, grids[i].transmission_loss = 1e-5 * static_cast<double>(i);
  const auto chosen = [&] {
    return bulk::sweep(lc::energy::grid{}, [](const auto& g) { return g.price * (1.0 + g.transmission_loss); })
        .choose(
            [](auto& g) -> auto& { return g; }, grids);
  };
  leave_checkpoint(chosen(), keep);
  grids[501].transmission_loss = 0.3;
  CHECK_FALSE(takes_checkpoint(chosen(), keep));
  grids[501].transmission_loss = 1e-5 * 501;
  CHECK(takes_checkpoint(chosen(), keep));
}

namespace {
// What compiled formulas may hold.
struct scaled {
  double by;
  int power;  // and four bytes of nothing
  template <class X>
  auto operator()(const X& x) const {
    return x * by + static_cast<double>(power);
  }
};
struct looks_up {
  std::vector<double> table;
  template <class X>
  auto operator()(const X& x) const {
    return x * table[0];
  }
};
struct looks_up_and_says_so : looks_up {
  void describe(bulk::writer& w) const { w.put(table); }
};
// A reduction of somebody's own that does not say which it is.
struct of_somebody {
  std::tuple<> of;
  struct state {
    template <lc::real S>
    void add(const bulk::results<S>&) {}
    void merge(const state&) {}
    void save(bulk::writer&) const {}
    void load(bulk::reader&) {}
  };
  template <lc::real S>
  state start() const {
    return {};
  }
  template <lc::real S>
  int finish(const state&) const {
    return 1;
  }
};
}  // namespace

TEST_CASE("a compiled formula is known by its code and by what it holds, not by some of its results") {
  const auto keep = bulk::minimum(bulk::itself);
  const auto x = bulk::linear(1.0, 100.0, 200000);
  const auto plain = [](const auto& a) { return a + 1.0; };
  // The two differ at less than one in ten thousand of the points.
  const auto differs = [](const auto& a) { return lc::where(a > 99.995, a - 1000.0, a + 1.0); };
  leave_checkpoint(bulk::compiled(plain, x), keep);
  CHECK_FALSE(takes_checkpoint(bulk::compiled(differs, x), keep));
  CHECK_FALSE(takes_checkpoint(bulk::compiled(plain, x),
                               bulk::minimum([](const auto& r) { return lc::where(r > 100.995, r - 1000.0, r); })));
  CHECK(takes_checkpoint(bulk::compiled(plain, x), keep));

  leave_checkpoint(bulk::compiled(scaled{2, 1}, x), keep);
  CHECK_FALSE(takes_checkpoint(bulk::compiled(scaled{2, 0}, x), keep));
  scaled again;
  std::memset(static_cast<void*>(&again), 0x55, sizeof again);  // nothing, by another name
  again.by = 2, again.power = 1;
  // A compiler that cannot clear what lies between members takes it for a part of them, and refuses.
#if defined(__has_builtin) && __has_builtin(__builtin_clear_padding)
  CHECK(takes_checkpoint(bulk::compiled(again, x), keep));
#else
  CHECK_FALSE(takes_checkpoint(bulk::compiled(again, x), keep));
#endif

  // One value of a long list.
  std::vector<double> values;
  for (int i = 0; i < 1500000; ++i)
    values.push_back(i + 1.0);
  leave_checkpoint(bulk::compiled(plain, bulk::list(values)), keep);
  values[1000007] = -5;
  CHECK_FALSE(takes_checkpoint(bulk::compiled(plain, bulk::list(values)), keep));
  values[1000007] = 1000008;
  CHECK(takes_checkpoint(bulk::compiled(plain, bulk::list(values)), keep));
}

TEST_CASE("a checkpoint is refused to what it could not be known by") {
  const auto keep = bulk::minimum(bulk::itself);
  const auto x = bulk::linear(1.0, 100.0, 200000);
  std::remove(file.c_str());
  bulk::control c;
  c.checkpoint = file;
  const auto text = [&](const auto& question_asked, const auto& reduction) {
    return said([&] { question_asked.run_on(bulk::serial{}, c, reduction); });
  };
  CHECK(has(text(bulk::compiled(looks_up{{2.0}}, x), keep), "cannot tell this compiled formula from another"));
  CHECK(has(text(question, of_somebody{}), "cannot tell a reduction of this type from another"));
  CHECK(said([&] { question.run(of_somebody{}); }).empty());
  CHECK(bulk::compiled(looks_up{{2.0}}, x).run(keep).value == 2);

  leave_checkpoint(bulk::compiled(looks_up_and_says_so{{{2.0, 3.0}}}, x), keep);
  CHECK_FALSE(takes_checkpoint(bulk::compiled(looks_up_and_says_so{{{2.0, 4.0}}}, x), keep));
  CHECK(takes_checkpoint(bulk::compiled(looks_up_and_says_so{{{2.0, 3.0}}}, x), keep));
}

TEST_CASE("a checkpoint belongs to one sweep at a time") {
  const auto keep = bulk::moments(bulk::itself);
  const auto expected = question.run(keep);
  std::remove(file.c_str());
  bulk::control c;
  c.checkpoint = file;
  c.checkpoint_seconds = 0;
  // A second sweep that begins while the first one runs.
  struct second_sweep {
    std::string text;
    void begin() {
      bulk::control other;
      other.checkpoint = file;
      text = said([&] { question.run_on(bulk::serial{}, other, bulk::moments(bulk::itself)); });
    }
  } beside;
  c.progress_seconds = 0;
  c.context = &beside;
  c.progress = [](const bulk::progress_report&, void* other) { static_cast<second_sweep*>(other)->begin(); };
  const auto got = question.run_on(bulk::serial{}, c, keep);
  CHECK(std::memcmp(&got, &expected, sizeof got) == 0);
  CHECK(has(beside.text, file + " belongs to another sweep that is running"));
  CHECK(has(beside.text, "name another file"));

  // Many at once: each is right or refused, and afterwards nothing is left.
  std::atomic<int> right{0}, refused{0};
  const auto run = [&] {
    for (int i = 0; i < 5; ++i) {
      bulk::control mine;
      mine.checkpoint = file;
      mine.checkpoint_seconds = 0;
      try {
        const auto m = question.run_on(bulk::serial{}, mine, keep);
        right += std::memcmp(&m, &expected, sizeof m) == 0;
      } catch (const lc::error& e) {
        refused += has(e.what(), "belongs to another sweep");
      }
    }
  };
  std::thread a(run), b(run);
  a.join();
  b.join();
  CHECK(right + refused == 10);
  CHECK(right > 0);
  for (const char* const end : {"", ".lock", ".new"})
    CHECK(std::fopen((file + end).c_str(), "rb") == nullptr);

  // A lock that a program left behind when it died holds nobody up.
  std::FILE* const stale = std::fopen((file + ".lock").c_str(), "wb");
  REQUIRE(stale != nullptr);
  std::fclose(stale);
  CHECK(said([&] { question.run_on(bulk::serial{}, c, keep); }).empty());
  CHECK(std::fopen((file + ".lock").c_str(), "rb") == nullptr);
}

TEST_CASE("times and threads that are none are refused") {
  const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();
  const auto text = [&](double bulk::control::*seconds, double value) {
    bulk::control c;
    c.*seconds = value;
    return said([&] { question.run_on(bulk::serial{}, c, bulk::minimum(bulk::itself)); });
  };
  for (const double bad : {-1.0, nan, -infinity}) {
    CHECK(has(text(&bulk::control::deadline_seconds, bad), "control.deadline_seconds is"));
    CHECK(has(text(&bulk::control::progress_seconds, bad), "control.progress_seconds is"));
    CHECK(has(text(&bulk::control::checkpoint_seconds, bad), "control.checkpoint_seconds is"));
  }
  CHECK(text(&bulk::control::deadline_seconds, infinity).empty());
#if HAVE_TBB
  CHECK(has(said([] { question.run_on(lc::adapters::tbb_threads{-3}, {}, bulk::minimum(bulk::itself)); }),
            "tbb_threads.threads is -3; allowed: at least 0"));
#endif
}

TEST_CASE("a damaged checkpoint is refused, wherever the damage is") {
  const auto keep = bulk::moments(bulk::itself);
  std::vector<double> column(xs.size() * ys.size());
  const auto into = bulk::into(bulk::view(column), bulk::itself);
  leave_checkpoint(question, keep, bulk::quantiles({0.5}, bulk::itself), into);
  const std::vector<unsigned char> whole = read_file();
  bulk::control c;
  c.checkpoint = file;
  const auto text = [&] {
    return said([&] { question.run_on(bulk::serial{}, c, keep, bulk::quantiles({0.5}, bulk::itself), into); });
  };
  for (const std::size_t size : {std::size_t(0), std::size_t(7), std::size_t(15)}) {
    CAPTURE(size);
    write_file({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
    CHECK(has(text(), "not a checkpoint of this sweep"));
  }
  for (const std::size_t size : {std::size_t(16), std::size_t(31), whole.size() / 2, whole.size() - 1}) {
    CAPTURE(size);
    write_file({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
    CHECK(has(text(), "damaged"));
    CHECK(std::isnan(column[0]));  // nothing half written
  }
  std::vector<unsigned char> longer = whole;
  longer.push_back(0);
  write_file(longer);
  CHECK(has(text(), "damaged"));
  for (std::size_t at = 0; at < whole.size(); at += 1 + whole.size() / 100) {
    CAPTURE(at);
    std::vector<unsigned char> bytes = whole;
    bytes[at] = static_cast<unsigned char>(bytes[at] ^ 1);
    write_file(bytes);
    CHECK(has(text(), at < 16 ? "not a checkpoint of this sweep" : "damaged"));
  }
  write_file(whole);
  CHECK(text().empty());
  for (std::uint64_t i = 0; i < column.size(); i += 1237)
    CHECK(column[i] == formula(xs[i / 999], ys[i % 999]));
}

TEST_CASE("a sweep that is stopped again and again ends with the bits of one that never was") {
  const auto first = [](const auto& r) { return r; };
  const auto ask = [&](const auto& schedule, const bulk::control& c, std::vector<double>& column) {
    return question.run_on(schedule, c, bulk::moments(first), bulk::quantiles({0.1, 0.9}, first),
                           bulk::into(bulk::view(column), first));
  };
  std::vector<double> expected_column(xs.size() * ys.size()), column(expected_column.size());
  const auto [expected, expected_quantiles, a] = ask(bulk::serial{}, {}, expected_column);
  std::remove(file.c_str());
  int stops = 0;
  for (;; ++stops) {
    stop_at s(0);
    bulk::control c = s.control();
    c.checkpoint = file;
    REQUIRE(stops < 10);
    try {
      const auto [spread, quantiles, b] = ask(bulk::serial{}, c, column);
      CHECK(std::memcmp(&spread, &expected, sizeof spread) == 0);
      CHECK(quantiles == expected_quantiles);
      break;
    } catch (const bulk::stopped&) {
      for (std::size_t i = 0; i < column.size(); i += 997)
        CHECK(std::isnan(column[i]));  // what was done is in the file alone
    }
  }
  CHECK(stops == 2);  // of three chunks, one at a time
  CHECK(std::memcmp(column.data(), expected_column.data(), column.size() * sizeof(double)) == 0);
}

TEST_CASE("a checkpoint that cannot be written or read says so") {
  bulk::control c;
  c.checkpoint = "no_such_folder/at_all.bin";
  c.checkpoint_seconds = 0;
  CHECK(has(said([&] { question.run_on(bulk::serial{}, c, bulk::minimum(bulk::itself)); }), "cannot be written"));
  c.checkpoint = ".";
  CHECK(has(said([&] { question.run_on(bulk::serial{}, c, bulk::minimum(bulk::itself)); }), "not a checkpoint"));
}

namespace {
struct reports {
  std::vector<bulk::progress_report> list;
  std::atomic<int> inside{0};
  static void take(const bulk::progress_report& p, void* me) {
    auto& r = *static_cast<reports*>(me);
    CHECK(r.inside++ == 0);  // one at a time
    r.list.push_back(p);
    --r.inside;
  }
};
template <class Schedule>
void check_progress(const Schedule& schedule) {
  reports r;
  bulk::control c;
  c.progress = &reports::take;
  c.progress_seconds = 0;
  c.context = &r;
  question.run_on(schedule, c, bulk::minimum(bulk::itself));
  REQUIRE(r.list.size() == 3);
  double points = 0, seconds = 0;
  for (const bulk::progress_report& p : r.list) {
    CHECK(p.total == 160 * 999);
    CHECK(p.points > points);
    CHECK(p.seconds >= seconds);
    CHECK(p.rate == approx(p.points / p.seconds));
    CHECK(p.remaining_seconds == approx((p.total - p.points) * p.seconds / p.points));
    points = p.points, seconds = p.seconds;
  }
  CHECK(points == 160 * 999);
  CHECK(r.list.back().remaining_seconds == 0);
}
}  // namespace

TEST_CASE("progress: points, rate and what remains") { check_progress(bulk::serial{}); }

TEST_CASE("the rate of a sweep that goes on leaves out what was done before") {
  leave_checkpoint(question, bulk::minimum(bulk::itself));
  reports r;
  bulk::control c;
  c.progress = &reports::take;
  c.progress_seconds = 0;
  c.context = &r;
  c.checkpoint = file;
  question.run_on(bulk::serial{}, c, bulk::minimum(bulk::itself));
  REQUIRE(r.list.size() == 2);
  CHECK(r.list[0].rate == approx(65536 / r.list[0].seconds));
  CHECK(r.list[1].points == 160 * 999);
}

TEST_CASE("a deadline ends a sweep between two chunks, and its checkpoint goes on") {
  std::remove(file.c_str());
  bulk::control c;
  c.deadline_seconds = 0.05;
  c.checkpoint = file;
  c.progress_seconds = 0;
  c.progress = [](const bulk::progress_report&, void*) { std::this_thread::sleep_for(std::chrono::milliseconds(60)); };
  const std::string text = said([&] { question.run_on(bulk::serial{}, c, bulk::minimum(bulk::itself)); });
  CHECK(has(text, "past its deadline"));
  CHECK(has(text, "after " + lc::to_string(65536.0) + " of " + lc::to_string(159840.0) + " points"));
  CHECK(takes_checkpoint(question, bulk::minimum(bulk::itself)));
}

namespace {
// A schedule that forgets a chunk, and one that takes a chunk twice.
struct forgetful {
  void operator()(bulk::collector& c) const {
    const auto w = c.job().make_worker();
    for (std::uint64_t i = c.first(); i + 1 < c.job().chunks(); ++i)
      take(c, *w, i);
  }
  static void take(bulk::collector& c, bulk::chunk_worker& w, std::uint64_t chunk) {
    auto p = c.job().make_partial();
    w.run(chunk, *p);
    c.take(chunk, std::move(p));
  }
  static constexpr bool owns_result() { return true; }
};
struct backwards_and_twice {
  void operator()(bulk::collector& c) const {
    const auto w = c.job().make_worker();
    const std::uint64_t first = c.first();
    for (std::uint64_t i = c.job().chunks(); i-- > first;) {
      forgetful::take(c, *w, i);
      forgetful::take(c, *w, i);
    }
  }
  static constexpr bool owns_result() { return true; }
};
}  // namespace

TEST_CASE("whatever a schedule does, chunks count once, in order, or the sweep fails") {
  const auto keep = bulk::moments(bulk::itself);
  const auto expected = question.run(keep);
  const auto got = question.run_on(backwards_and_twice{}, {}, keep);
  CHECK(std::memcmp(&got, &expected, sizeof got) == 0);
  CHECK(has(said([&] { question.run_on(forgetful{}, {}, keep); }), "left chunks of the sweep undone"));
}

#if HAVE_TBB
TEST_CASE("threads: progress, cancellation for good, errors of a worker") {
  check_progress(lc::adapters::tbb_threads{2});

  // Cancelled, and the flag lowered again at once: the sweep must not pass for complete.
  struct flicker {
    std::atomic<bool> cancel{false};
  } f;
  const auto long_question = bulk::function(formula, bulk::linear(0.5, 40.0, 1600), bulk::linear(1.0, 2.0, 4000));
  bulk::control c;
  c.progress_seconds = 0;
  c.context = &f;
  c.cancel = &f.cancel;
  c.progress = [](const bulk::progress_report& p, void* me) {
    static_cast<flicker*>(me)->cancel = p.points < 0.3 * p.total;
  };
  bool complete = true;
  try {
    const auto counted = long_question.run_on(lc::adapters::tbb_threads{2}, c, bulk::counts());
    CHECK(counted.points == 1600.0 * 4000.0);
  } catch (const bulk::stopped& e) {
    complete = false;
    CHECK(has(e.what(), "cancelled"));
  }
  CHECK_FALSE(complete);

  const auto spoilt = bulk::compiled(
      [](const auto& x) {
        throw lc::invalid_value("the input is spoilt");
        return x;
      },
      xs);
  CHECK(has(said([&] { spoilt.run_on(lc::adapters::tbb_threads{2}, {}, bulk::minimum(bulk::itself)); }), "spoilt"));
}
#endif
