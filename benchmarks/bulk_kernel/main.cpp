// One short formula over a grid of 16 million points, its least value and where: by the library, by intrinsics, by
// plain loops, and what the machine's resources allow at all, each compiled for the same instruction set and run in
// turn. All use double precision and IEEE division unless their name says otherwise, and all give the same answer, or
// this program fails. With --seconds it prints the library's seconds per point alone, for bulk_arrays.py.
//
// Lines `ratio,<name>,<value>,<aim>`; <set> is the instruction set:
//   bulk_<set>_over_intrinsics                 time of intrinsics over bulk::compiled
//   bulk_<set>_reciprocals_over_intrinsics     the same intrinsics, over bulk::function with quotients by reciprocals
//   bulk_<set>_recorded_over_intrinsics        over bulk::function, beside intrinsics that too keep what depends on the
//                                              batch alone in a table
//   bulk_<set>_invariants_out_of_the_loop      time of bulk::compiled (three quotients a point) over bulk::function
//   (one) bulk_<set>_over_scalar                     time of a plain loop, not vectorised, over bulk::compiled
//   bulk_<set>_over_vectorised                 time of plain loops that the compiler vectorises, over bulk::compiled
//   bulk_<set>_float_over_double               time of doubles over floats, both by bulk::compiled
//   bulk_<set>_typed_over_bare                 time of bulk::compiled with units over without
//   bulk_<set>_over_machine_bound              the least time that the busiest resource needs (quotients at the
//   measured
//                                              rate of independent ones; products at that of multiply-adds, sums going
//                                              elsewhere), over that of bulk::compiled
//   bulk_<set>_column_over_stream              bytes of results written into a column, over bytes that a[i] = 3 b[i]
//                                              reads and writes, a second
//   bulk_<set>_column_over_machine_bound       the larger of the bound above and the time of streaming 8 bytes, over
//   the
//                                              time of writing a column
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <layercake/bulk/run/dispatch.hpp>
#include <string>
#include <vector>

#include "formula.hpp"

#define FOR_SET(set)                                                                                                   \
  namespace set {                                                                                                      \
  bulk_kernel::build offered();                                                                                        \
  }
#if defined(__aarch64__)
FOR_SET(neon64)
#else
FOR_SET(sse2)
FOR_SET(avx2)
FOR_SET(avx512bw)
#endif
#undef FOR_SET

namespace {
using namespace bulk_kernel;
namespace bulk = layercake::bulk;

#if defined(__aarch64__)
const std::vector<bulk::built_for<build()>> builds = {{"neon64", neon64::offered}};
#else
const std::vector<bulk::built_for<build()>> builds = {
    {"sse2", sse2::offered}, {"avx2", avx2::offered}, {"avx512bw", avx512bw::offered}};
#endif
constexpr double points = static_cast<double>(rows) * columns;

// Of the processor: what others do meanwhile is not counted.
template <class F>
double seconds(const F& f) {
  const std::clock_t begin = std::clock();
  f();
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

struct times {
  std::array<double, ways> of;
  times() { of.fill(1e300); }
  double operator[](way w) const { return of[w]; }
};
// The least of so many turns, in which each has its own, so that another load on the machine meets all of them.
bool run(const build& b, const std::vector<way>& which, int turns, times& t) {
  const answer expected = b.run[scalar]();
  bool same = true;
  for (int turn = 0; turn < turns; ++turn) {
    for (const way w : which) {
      if (!b.run[w]) continue;
      answer got;
      t.of[w] = std::min(t.of[w], seconds([&] { got = b.run[w](); }));
      const double tolerance = w == compiled_float ? 1e-6 : w == recorded_reciprocals || w == typed ? 1e-15 : 0;
      if (std::fabs(got.value - expected.value) > tolerance * expected.value ||
          (tolerance == 0 && got.at != expected.at)) {
        std::printf("bulk_kernel: way %d gives %.17g at %llu, not %.17g at %llu\n", static_cast<int>(w), got.value,
                    static_cast<unsigned long long>(got.at), expected.value,
                    static_cast<unsigned long long>(expected.at));
        same = false;
      }
    }
  }
  return same;
}

bool compare(const char* set, const build& b) {
  const auto ratio = [&](const char* what, double value, double aim) {
    if (std::isfinite(value) && value < 1e200) std::printf("ratio,bulk_%s_%s,%.4g,%.4g\n", set, what, value, aim);
  };
  times t;
  double adds = 0, quotient_rate = 0;
  std::vector<way> quick, slow = {scalar, vectorised};
  for (std::size_t w = 0; w < ways; ++w) {
    if (w != scalar && w != vectorised) quick.push_back(static_cast<way>(w));
  }
  bool same = true;
  for (int turn = 0; turn < 4; ++turn) {
    same = run(b, quick, 6, t) && run(b, slow, 1, t) && same;
    adds = std::max(adds, b.multiply_adds());
    quotient_rate = std::max(quotient_rate, b.quotients());
  }
  const double bound = std::max(products / adds, quotients / quotient_rate) * points;
  ratio("over_intrinsics", t[by_hand] / t[compiled], 0.95);
  ratio("reciprocals_over_intrinsics", t[by_hand] / t[recorded_reciprocals], 2);
  ratio("recorded_over_intrinsics", t[by_hand_invariant] / t[recorded], 0.5);
  ratio("invariants_out_of_the_loop", t[compiled] / t[recorded], 1);
  ratio("over_scalar", t[scalar] / t[compiled], static_cast<double>(b.lanes));
  ratio("over_vectorised", t[vectorised] / t[compiled], 1);
  ratio("float_over_double", t[compiled] / t[compiled_float], 2);
  ratio("typed_over_bare", t[typed] / t[compiled], 1);
  ratio("over_machine_bound", bound / t[compiled], 0.6);

  std::vector<double> out(rows * columns), from(rows * columns, 1.0);
  double column = 1e300, stream = 1e300;
  for (int turn = 0; turn < 6; ++turn) {
    column = std::min(column, seconds([&] { b.into_column(out.data()); }));
    stream = std::min(stream, seconds([&] { b.copy(out.data(), from.data(), out.size()); }));
  }
  ratio("column_over_stream", 8 * points / column / (16 * points / stream), 0.2);
  ratio("column_over_machine_bound", std::max(bound, stream / 2) / column, 0.6);
  return same;
}
}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "--seconds") == 0) {
    build best{};
    for (const auto& b : builds) {
      if (bulk::runs(b.architecture)) best = b.run();
    }
    times t;
    const bool same = run(best, {compiled, recorded, recorded_reciprocals, compiled_float}, 10, t);
    std::printf("%.6g %.6g %.6g %.6g\n", t[compiled] / points, t[recorded] / points, t[recorded_reciprocals] / points,
                t[compiled_float] / points);
    return same ? 0 : 1;
  }
  bool same = true;
  for (const auto& b : builds) {
    if (bulk::runs(b.architecture)) {
      same = compare(b.architecture, b.run()) && same;
    } else {
      std::printf("note,bulk_%s: built, not run: this processor does not have the instructions\n", b.architecture);
    }
  }
  return same ? 0 : 1;
}
