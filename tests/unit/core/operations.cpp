// FLOP and bytes of the operations, by hand and by counting.
#include <doctest/doctest.h>

#include <algorithm>
#include <layercake/core/demand.hpp>
#include <layercake/core/operations.hpp>
#include <layercake/number/dual.hpp>
#include <layercake/units/units.hpp>
#include <vector>

#include "../../approx.hpp"

namespace lc = layercake;
using namespace lc::units;

namespace {
double flops(const auto& op) { return lc::in<flop>(op.flop()); }
double moved(const auto& op) { return lc::in<byte>(op.bytes()); }

// Mean over the queries of what each sees: positions before it and itself, the last `window` of them.
double counted_visible(int queries, int context, int window, bool causal) {
  double sum = 0;
  for (int i = 1; i <= queries; ++i) {
    int seen = 0;
    const int last = causal ? context - queries + i : context;
    for (int position = 1; position <= last; ++position)
      seen += window == 0 || position > last - window ? 1 : 0;
    sum += seen;
  }
  return sum / queries;
}

// Expected number of distinct experts over every way in which `tokens` tokens choose `active` of `experts` each.
double counted_distinct(unsigned experts, unsigned active, unsigned tokens) {
  std::vector<unsigned> ways;
  for (unsigned set = 0; set < (1u << experts); ++set) {
    if (static_cast<unsigned>(__builtin_popcount(set)) == active) ways.push_back(set);
  }
  double sum = 0, total = 0;
  std::vector<std::size_t> choice(tokens, 0);
  for (;;) {
    unsigned reached = 0;
    for (const std::size_t c : choice)
      reached |= ways[c];
    sum += __builtin_popcount(reached), total += 1;
    std::size_t t = 0;
    while (t < tokens && ++choice[t] == ways.size())
      choice[t++] = 0;
    if (t == tokens) return sum / total;
  }
}
}  // namespace

TEST_CASE("a matrix product: two FLOP a multiply-add, each operand moved once in its format") {
  // worked: core/operations.hpp#matrix_product
  // 5 products [2,4] x [4,3]: 2 * 2*3*4 * 5 = 240 FLOP; (2 B * 2*4 + 1 B * 4*3 + 4 B * 2*3) * 5 = 260 B
  const lc::matrix_product<> p{
      .m = 2, .n = 3, .k = 4, .batch = 5, .weight_bytes = 1, .input_bytes = 2, .output_bytes = 4};
  CHECK(flops(p) == 240);
  CHECK(moved(p) == 260);
  CHECK(p.totals().flop == p.flop());
  CHECK(p.totals().bytes == p.bytes());
  using D = lc::dual<double, 1>;
  const lc::matrix_product<D> slope{.m = D::variable(2, 0), .n = 3, .k = 4, .batch = 5};
  CHECK(lc::base_value(slope.flop()).slope[0] == 120);  // 2 n k batch
}

TEST_CASE("attention: what a query sees, against counting") {
  for (const int queries : {1, 2, 5, 8})
    for (const int before : {0, 1, 3, 9})
      for (const int window : {0, 1, 2, 4, 7, 100}) {
        CAPTURE(queries);
        CAPTURE(before);
        CAPTURE(window);
        const lc::attention_product<> a{.sequences = 1,
                                        .queries = double(queries),
                                        .context = double(before + queries),
                                        .heads = 1,
                                        .key_heads = 1,
                                        .key_width = 1,
                                        .value_width = 1,
                                        .window = double(window)};
        CHECK(a.visible() == approx(counted_visible(queries, before + queries, window, true)).epsilon(1e-14));
        lc::attention_product<> both = a;
        both.causal = false;
        both.window = std::min(window, before + queries);
        CHECK(both.visible() == approx(counted_visible(queries, before + queries, window, false)).epsilon(1e-14));
      }
}

TEST_CASE("attention: FLOP and bytes by hand") {
  // Two sequences, one new position after nine, 8 query heads on 2 key heads of width 16.
  lc::attention_product<> a{
      .sequences = 2, .queries = 1, .context = 10, .heads = 8, .key_heads = 2, .key_width = 16, .value_width = 16};
  CHECK(flops(a) == 2 * 2 * 8 * 10 * (16 + 16));                        // 10,240
  CHECK(moved(a) == 2 * (2 * 10 * 2 * (16 + 16) + 2 * 8 * (16 + 16)));  // cache once, queries in, results out
  a.window = 4;                                                         // reads the window and the new position
  CHECK(flops(a) == 2 * 2 * 8 * 4 * (16 + 16));
  CHECK(moved(a) == 2 * (2 * 5 * 2 * (16 + 16) + 2 * 8 * (16 + 16)));
  a.window = 0, a.latent = true, a.key_heads = 1, a.key_width = 24;  // values lie inside the keys
  CHECK(moved(a) == 2 * (2 * 10 * 24 + 2 * 8 * (24 + 16)));
}

TEST_CASE("experts: how many distinct ones a batch reaches, against every possible routing") {
  struct row {
    unsigned experts, active, tokens;
  };
  for (const row& r : {row{4, 2, 1}, row{4, 2, 2}, row{5, 2, 3}, row{6, 1, 4}, row{4, 3, 4}, row{6, 5, 3}}) {
    const lc::expert_product<> e{
        .tokens = double(r.tokens), .hidden = 1, .width = 1, .experts = double(r.experts), .active = double(r.active)};
    CHECK(e.distinct() == approx(counted_distinct(r.experts, r.active, r.tokens)).epsilon(1e-12));
  }
  const lc::expert_product<> dense{.tokens = 3, .hidden = 1, .width = 1, .experts = 8, .active = 8};
  CHECK(dense.distinct() == approx(8).epsilon(1e-11));
  const lc::expert_product<> nothing{.tokens = 0, .hidden = 1, .width = 1, .experts = 8, .active = 2};
  CHECK(nothing.distinct() == 0);
  // worked: core/operations.hpp#distinct
  const lc::expert_product<> worked{.tokens = 3, .hidden = 1, .width = 1, .experts = 8, .active = 2};
  CHECK(worked.distinct() == approx(4.625).epsilon(1e-14));  // 8 (1 - 27/64)
}

TEST_CASE_TEMPLATE("experts: no tokens reach none, some reach all where all are active", T, float, double) {
  lc::expert_product<T> e{.tokens = 0, .hidden = 1, .width = 1, .experts = 8, .active = 8};
  CHECK(e.distinct() == 0);
  CHECK(lc::in<lc::units::byte>(e.bytes()) == 0);
  for (const T tokens : {T(1), T(2), T(1000)}) {
    e.tokens = tokens;
    CHECK(e.distinct() <= 8);
    CHECK(e.distinct() == approx(8).epsilon(std::is_same_v<T, float> ? 1e-6 : 1e-11));
  }
}

TEST_CASE("experts: FLOP and bytes by hand") {
  // 3 tokens, 2 of 8 experts of [4, 5] with three matrices, on one of two ranks:
  // 2 * 3 matrices * (3 * 2 / 2 routed) * 4 * 5 = 360 FLOP. Distinct on the rank: 8/2 (1 - (3/4)^3) = 2.3125 experts of
  // 60 weights; routed 3 tokens of 2*4 + 3*5 values in 2 bytes.
  const lc::expert_product<> e{
      .tokens = 3, .hidden = 4, .width = 5, .experts = 8, .active = 2, .ranks = 2, .weight_bytes = 1};
  CHECK(flops(e) == 360);
  CHECK(moved(e) == approx(2.3125 * 60 + 3 * 23 * 2).epsilon(1e-12));
}

TEST_CASE("a recurrence: FLOP and bytes by hand") {
  // worked: core/operations.hpp#state_scan
  // one position writes 128 x 64 products of key and value into a state and reads them: 2 x 2 x 8192
  const lc::state_scan<> one{
      .sequences = 1, .queries = 1, .heads = 1, .key_heads = 1, .key_width = 128, .value_width = 64};
  CHECK(flops(one) == 32768);
  CHECK(moved(one) == 2 * 4 * 8192 + 2 * 2 * (128 + 64));  // the state there and back; key, query, value, result
  // three sequences of 20 positions in chunks of 5, 4 heads of which two share keys: the state of every chunk, and 4 other positions of it
  const lc::state_scan<> many{
      .sequences = 3, .queries = 20, .heads = 4, .key_heads = 2, .key_width = 8, .value_width = 6, .chunk = 5};
  CHECK(flops(many) == 3 * 20 * (4 * 4 * 8 * 6 + 2 * 4 * (2 * 8 + 4 * 6)));
  CHECK(moved(many) == 3 * (2 * 4 * 4 * 8 * 6 * 4 + 2 * 20 * 2 * (4 * 6 + 2 * 8)));
}

TEST_CASE("memory traffic has no FLOP") {
  const lc::memory_traffic<> t{.moved = 12 * byte, .kernels = 2};
  CHECK(flops(t) == 0);
  CHECK(moved(t) == 12);
}

TEST_CASE("a demand over a wider number: what nobody asked for is met by everything") {
  lc::call_demand<> d{.calls = 3 / second,
                      .peak_to_mean = 2,
                      .input = 100 * token,
                      .output = 10 * token,
                      .cached_share = 0.5,
                      .time_to_first_token = lc::unknown<>,
                      .time_per_output_token = 50 * (millisecond / token)};
  const lc::call_demand<lc::dual<double, 1>> w = lc::widened<lc::dual<double, 1>>(d);
  CHECK(lc::base_value(w.calls).value == 3);
  CHECK(w.peak_to_mean.value == 2);
  CHECK(w.cached_share.value == 0.5);
  CHECK(lc::base_value(w.time_per_output_token).value == approx(0.05));
  CHECK(w.time_to_first_token > 1e9 * year);
}
