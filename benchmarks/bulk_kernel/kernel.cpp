// Compiled once for each instruction set: the library's ways, intrinsics, and what the machine can do at all.
#include <ctime>
#include <layercake/bulk/run/function.hpp>
#include <vector>

#include "plain.hpp"
#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace LAYERCAKE_ARCHITECTURE {
using namespace bulk_kernel;
answer run_scalar();
answer run_vectorised();

namespace {
namespace lc = layercake;
namespace bulk = layercake::bulk;
using namespace layercake::units;

constexpr auto typed_price = [](const auto& energy_price, const auto& b) {
  const auto compute = b * (flop_per_token / peak * second);
  const auto memory = (b * (cache * byte) + weights * byte) * (1 / bandwidth * (second / byte));
  const auto t = lc::max(compute, memory) + overhead * second;
  const auto watts = compute / t * (dynamic * watt) + idle * watt;
  return (watts * (energy_price * pue) + capital * (usd / second)) / (b / t * (1.0 * token));
};
// Functions, because a global object would be made at the start of the program, by instructions that the processor may
// not have.
auto prices() { return bulk::linear(lowest_price, highest_price, rows); }
auto typed_prices() { return bulk::linear(lowest_price * (usd / joule), highest_price * (usd / joule), rows); }
auto batches() { return bulk::linear(smallest_batch, largest_batch, columns); }

template <class Sweep>
answer least(const Sweep& s) {
  const auto found = s.run(bulk::minimum(bulk::itself));
  if constexpr (requires { found.value + 1.0; }) {
    return {static_cast<double>(found.value), found.index};
  } else {
    return {found.value / (usd / token), found.index};
  }
}
answer run_compiled() { return least(bulk::compiled(bare_price, prices(), batches())); }
answer run_typed() { return least(bulk::compiled(typed_price, typed_prices(), batches())); }
answer run_float() { return least(bulk::compiled<float>(bare_price, prices(), batches())); }
answer run_recorded() { return least(bulk::function(bare_price, prices(), batches())); }
answer run_reciprocals() {
  return least(bulk::function(bare_price, prices(), batches()).quotients(bulk::division::reciprocal));
}
void into_column(double* out) {
  bulk::compiled(bare_price, prices(), batches())
      .run(bulk::into(bulk::column_view<void>(out, rows * columns, 1.0), bulk::itself));
}

#if defined(__AVX2__)
// Intrinsics as one would write them: the library's operations, the least value and its place in registers.
#if defined(__AVX512F__)
using vector = __m512d;
constexpr std::size_t width = 8;
vector all(double x) { return _mm512_set1_pd(x); }
vector load(const double* p) { return _mm512_loadu_pd(p); }
void store(double* p, vector x) { _mm512_storeu_pd(p, x); }
vector add(vector a, vector b) { return _mm512_add_pd(a, b); }
vector multiply(vector a, vector b) { return _mm512_mul_pd(a, b); }
vector divide(vector a, vector b) { return _mm512_div_pd(a, b); }
vector larger(vector a, vector b) { return _mm512_max_pd(a, b); }
void keep_less(vector x, vector index, vector& least, vector& place) {
  const __mmask8 less = _mm512_cmp_pd_mask(x, least, _CMP_LT_OQ);
  least = _mm512_mask_blend_pd(less, least, x);
  place = _mm512_mask_blend_pd(less, place, index);
}
#else
using vector = __m256d;
constexpr std::size_t width = 4;
vector all(double x) { return _mm256_set1_pd(x); }
vector load(const double* p) { return _mm256_loadu_pd(p); }
void store(double* p, vector x) { _mm256_storeu_pd(p, x); }
vector add(vector a, vector b) { return _mm256_add_pd(a, b); }
vector multiply(vector a, vector b) { return _mm256_mul_pd(a, b); }
vector divide(vector a, vector b) { return _mm256_div_pd(a, b); }
vector larger(vector a, vector b) { return _mm256_max_pd(a, b); }
void keep_less(vector x, vector index, vector& least, vector& place) {
  const vector less = _mm256_cmp_pd(x, least, _CMP_LT_OQ);
  least = _mm256_blendv_pd(least, x, less);
  place = _mm256_blendv_pd(place, index, less);
}
#endif

// The least of row r, price(i) being its vectors.
template <class Price>
void row(std::size_t r, answer& best, const Price& price) {
  double v[width], at[width];
  for (std::size_t k = 0; k < width; ++k)
    at[k] = static_cast<double>(k);
  vector least = all(1e300), place = all(0), index = load(at);
  const vector step = all(width);
  for (std::size_t i = 0; i < columns; i += width) {
    keep_less(price(i), index, least, place);
    index = add(index, step);
  }
  store(v, least);
  store(at, place);
  for (std::size_t k = 0; k < width; ++k) {
    const std::uint64_t here = r * columns + static_cast<std::uint64_t>(at[k]);
    if (v[k] < best.value || (v[k] == best.value && here < best.at)) best = {v[k], here};
  }
}
struct parts {
  vector watts, rate;
};
parts of_batch(vector n) {
  const vector compute = multiply(n, all(flop_per_token / peak));
  const vector memory = multiply(add(multiply(n, all(cache)), all(weights)), all(1 / bandwidth));
  const vector t = add(larger(compute, memory), all(overhead));
  return {add(multiply(divide(compute, t), all(dynamic)), all(idle)), divide(n, t)};
}
vector price_of(const parts& p, vector e) { return divide(add(multiply(p.watts, e), all(capital)), p.rate); }

answer run_by_hand() {
  static const auto b = batch_sizes();
  answer best;
  for (std::size_t r = 0; r < rows; ++r) {
    const vector e = all(energy_price(r) * pue);
    row(r, best, [&](std::size_t i) { return price_of(of_batch(load(b.data() + i)), e); });
  }
  return best;
}
answer run_by_hand_invariant() {
  static const auto b = batch_sizes();
  std::vector<double> watts(columns), rate(columns);
  for (std::size_t i = 0; i < columns; i += width) {
    const parts p = of_batch(load(b.data() + i));
    store(watts.data() + i, p.watts);
    store(rate.data() + i, p.rate);
  }
  answer best;
  for (std::size_t r = 0; r < rows; ++r) {
    const vector e = all(energy_price(r) * pue);
    row(r, best, [&](std::size_t i) { return price_of({load(watts.data() + i), load(rate.data() + i)}, e); });
  }
  return best;
}
#endif

// How many operations on doubles the machine does in a second, in vectors of this build, chains long enough to hide the
// latency of one.
template <std::size_t Chains, class F>
double per_second(const F& operation) {
  using B = bulk::batch<double>;
  constexpr std::size_t n = 1000000;
  double least = 1e300, sum = 0;
  for (int turn = 0; turn < 4; ++turn) {
    std::array<B, Chains> x;
    for (std::size_t k = 0; k < Chains; ++k)
      x[k] = B(1.1 + 0.0137 * static_cast<double>(k));
    const std::clock_t begin = std::clock();
    for (std::size_t i = 0; i < n; ++i) {
      [&]<std::size_t... K>(std::index_sequence<K...>) { ((x[K] = operation(x[K])), ...); }
      (std::make_index_sequence<Chains>{});
    }
    B all(0);
    for (const B& b : x)
      all = all + b;
    double last[B::size];
    bulk::write_lanes(last, all);
    sum += last[0];
    const double s = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    least = s < least ? s : least;
  }
  return sum == 0.0 ? 0.0 : static_cast<double>(B::size * Chains * n) / least;
}
double multiply_adds() {
  using B = bulk::batch<double>;
  return per_second<10>([m = B(0.9999), c = B(1e-4)](const B& x) { return xsimd::fma(x, m, c); });
}
double divisions() {
  using B = bulk::batch<double>;
  return per_second<8>([c = B(1.7)](const B& x) { return c / x; });
}
void copy(double* to, const double* from, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i)
    to[i] = 3 * from[i];
}
}  // namespace

build offered() {
  build b{};
  b.vectors = xsimd::default_arch::name();
  b.lanes = bulk::lanes<double>;
  b.run[compiled] = run_compiled;
  b.run[typed] = run_typed;
  b.run[compiled_float] = run_float;
  b.run[recorded] = run_recorded;
  b.run[recorded_reciprocals] = run_reciprocals;
  b.run[scalar] = run_scalar;
  b.run[vectorised] = run_vectorised;
#if defined(__AVX2__)
  b.run[by_hand] = run_by_hand;
  b.run[by_hand_invariant] = run_by_hand_invariant;
#endif
  b.into_column = into_column;
  b.multiply_adds = multiply_adds;
  b.quotients = divisions;
  b.copy = copy;
  return b;
}
}  // namespace LAYERCAKE_ARCHITECTURE
