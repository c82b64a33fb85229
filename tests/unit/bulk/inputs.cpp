// The inputs of a sweep, its hooks for records of one's own, and the file of a checkpoint.
#include <array>
#include <cmath>
#include <cstdio>
#include <doctest/doctest.h>
#include <layercake/bulk/keep/checkpoint.hpp>
#include <layercake/bulk/memory.hpp>
#include <layercake/bulk/run/function.hpp>
#include <layercake/core/fields.hpp>
#include <layercake/number/dual.hpp>
#include <memory>
#include <string>
#include <vector>

#include "../../approx.hpp"

namespace lc = layercake;
namespace bulk = layercake::bulk;
using namespace layercake::units;

// A tank of somebody else's: its pump is chosen anew with its pipe, and a sweep of it asks how long it takes to fill.
namespace plumbing {
template <class T = double>
struct basic_tank {
  T volume = T(10);  // cubic metres
  T pipe = T(1);     // its width, of 1 or 2 sizes
  T pump = T(1);     // cubic metres an hour: as large as the pipe takes

  template <class U>
  using with_number = basic_tank<U>;
  static constexpr auto fields() {
    using X = basic_tank;
    return std::tuple{lc::field("volume", &X::volume, lc::positive, "what it holds"),
                      lc::field("pipe", &X::pipe, lc::positive, "how wide its pipe is"),
                      lc::field("pump", &X::pump, lc::positive, "what its pump gives")};
  }
};
struct hours_to_fill {
  template <class X>
  auto operator()(const X& x) const {
    return x.volume / x.pump;
  }
};
struct in_a_day {
  template <class H>
  auto operator()(const H& hours) const {
    return hours <= 24.0;
  }
};
struct question {
  hours_to_fill formula;
  std::tuple<std::pair<const char*, in_a_day>> conditions{{"longer than a day", {}}};
};
template <class T>
question swept(const basic_tank<T>&, lc::counting) {
  return {};
}
template <class T>
basic_tank<T> recomposed(basic_tank<T> x, const basic_tank<T>& before) {
  if (x.pump == before.pump) x.pump = x.pipe * x.pipe;  // the flow goes with the section of the pipe
  return x;
}
}  // namespace plumbing

TEST_CASE("a record of one's own says what a sweep of it asks, and what its choices bring with them") {
  const auto volume = [](auto& x) -> auto& { return x.volume; };
  const auto pipe = [](auto& x) -> auto& { return x.pipe; };
  const auto pump = [](auto& x) -> auto& { return x.pump; };
  const auto space = bulk::sweep(plumbing::basic_tank<>{})
                         .choose(pipe, std::vector<double>{1, 2})
                         .over(volume, bulk::list({8, 20, 40}));
  std::vector<double> hours(6);
  const auto [tally, column] = space.run(bulk::counts(), bulk::into(bulk::view(hours), bulk::itself));
  const double by_hand[] = {8, 20, std::nan(""), 2, 5, 10};  // 40 hours are longer than a day
  for (std::size_t i = 0; i < 6; ++i)
    CHECK((hours[i] == by_hand[i] || (std::isnan(hours[i]) && std::isnan(by_hand[i]))));
  CHECK(tally.feasible == 5);
  REQUIRE(tally.failures.size() == 1);
  CHECK(tally.failures[0].reason == "longer than a day");
  CHECK(space.at(4).pump == 4);

  // The pump is kept where it is the choice.
  const auto chosen = bulk::sweep(plumbing::basic_tank<>{}).choose(pump, std::vector<double>{2, 5});
  CHECK(chosen.at(1).pump == 5);
  CHECK(chosen.run(bulk::minimum(bulk::itself)).value == 2);
}

TEST_CASE("a formula may be named for a record that has one of its own") {
  const auto most = bulk::sweep(plumbing::basic_tank<>{}, [](const auto& x) { return x.volume * 2.0; })
                        .over(
                            [](auto& x) -> auto& { return x.volume; }, bulk::list({8, 20, 40}))
                        .run(bulk::maximum(bulk::itself));
  CHECK(most.value == 80);  // no condition of the record's
}

TEST_CASE("inputs are set in base units, over any number") {
  struct {
    lc::quantity<lc::unit::watt> power{};
    int count = 0;
  } x;
  bulk::set_input(
      [](auto& r) -> auto& { return r.power; }, x, 2.5e6);
  bulk::set_input(
      [](auto& r) -> auto& { return r.count; }, x, 3.0);
  CHECK(lc::in<megawatt>(x.power) == 2.5);
  CHECK(x.count == 3);
  const auto tank = bulk::over_numbers<lc::dual<double, 1>>(plumbing::basic_tank<>{});
  CHECK(tank.volume.value == 10);
  const auto both = bulk::over_numbers<float>(bulk::arguments<double, void, lc::unit::watt>{{1.5, 2.0 * watt}});
  CHECK(std::get<0>(both.values) == 1.5f);
}

TEST_CASE("a function of drawn arguments: moments of a product of independent uniforms") {
  // E = 1/2 * 3/2 = 3/4 W, V = (1/3)(7/3) - 9/16 = 31/144 W^2.
  using power = lc::quantity<lc::unit::watt>;
  const auto m =
      bulk::function_of<power, double>([](auto p, auto share) { return p * share; })
          .sampled(bulk::random(1e5, 3), bulk::uncertain(bulk::argument<0>, bulk::uniform(1 * watt, 2 * watt)),
                   bulk::uncertain(bulk::argument<1>, bulk::uniform(0.0, 1.0)))
          .run(bulk::moments(bulk::itself));
  CHECK(std::fabs(lc::in<watt>(m.mean) - 0.75) < 4 * lc::in<watt>(m.error_of_mean));
  CHECK(lc::in<watt>(m.deviation) == approx(std::sqrt(31.0 / 144)).epsilon(0.01));
}

TEST_CASE("the Cholesky factor of a correlation matrix") {
  // worked: bulk/space/samples.hpp#cholesky
  const std::vector<double> two = bulk::cholesky({1, 0.6, 0.6, 1}, 2);
  const double by_hand[] = {1, 0.6, 0.8};
  REQUIRE(two.size() == 3);
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(two[i] == approx(by_hand[i]));
}

namespace {
// Every share once, in order: the middles of equal cells.
struct middles final : bulk::point_source {
  double cells;
  explicit middles(double n) : cells(n) {}
  void fill(std::uint64_t first, std::size_t n, double* const* out) const override {
    for (std::size_t i = 0; i < n; ++i)
      out[0][i] = (static_cast<double>(first + i) + 0.5) / cells;
  }
};
}  // namespace

TEST_CASE("a sample of one's own") {
  const bulk::sample even{1000, 0, [](std::uint64_t, std::size_t) -> std::shared_ptr<const bulk::point_source> {
                            return std::make_shared<middles>(1000.0);
                          }};
  const auto m = bulk::function_of<double>([](auto x) { return x * x; })
                     .sampled(even, bulk::uncertain(bulk::argument<0>, bulk::uniform(0.0, 3.0)))
                     .run(bulk::moments(bulk::itself));
  CHECK(m.mean == approx(3).epsilon(1e-6));  // the integral of x^2 over 3 is 9, by midpoints to h^2 / 12
}

namespace {
struct number_kept final : bulk::chunk_result {
  double x = 0;
  void save(bulk::writer& w) const override { w.put(x); }
  void load(bulk::reader& r) override { r.get(x); }
  void merge(const bulk::chunk_result& later) override { x += static_cast<const number_kept&>(later).x; }
};
}  // namespace

TEST_CASE("a checkpoint's file gives back what it was given, to the same question alone") {
  const char* const path = "bulk_checkpoint_file.bin";
  std::remove(path);
  const bulk::checkpoint_file file(path), none("");
  CHECK(file.used());
  CHECK_FALSE(none.used());
  number_kept x, y;
  CHECK(file.load(7, y).chunks == 0);  // not there yet
  x.x = 2.5;
  file.save({7, 3, 1e6}, x);
  const bulk::checkpoint_head head = file.load(7, y);
  CHECK((head.chunks == 3 && head.points == 1e6 && head.fingerprint == 7));
  CHECK(y.x == 2.5);
  CHECK_THROWS_WITH_AS(file.load(8, y), doctest::Contains("is not a checkpoint of this sweep"), lc::error);
  std::FILE* const f = std::fopen(path, "r+b");
  REQUIRE(f);
  std::fseek(f, 33, SEEK_SET);  // into what was kept
  std::fputc('!', f);
  std::fclose(f);
  CHECK_THROWS_WITH_AS(file.load(7, y), doctest::Contains("is damaged"), lc::error);
  file.remove();
  CHECK(std::fopen(path, "rb") == nullptr);
}

TEST_CASE("memory that runs out is an error that says what for") {
  CHECK(bulk::bytes_text(2e9) == "2 GB");
  CHECK(bulk::with_memory([] { return 3; }, [] { return std::string("not said"); }) == 3);
  CHECK_THROWS_WITH_AS(
      bulk::with_memory([]() -> int { throw std::bad_alloc(); }, [] { return std::string("too much"); }), "too much",
      bulk::out_of_memory);
}
