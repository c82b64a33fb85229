// Recommendation: embedding tables that are read at random, and a small dense network behind them.
#pragma once

#include <layercake/core/fields.hpp>
#include <layercake/core/operations.hpp>
#include <layercake/core/provenance.hpp>
#include <layercake/models/formats.hpp>
#include <layercake/models/split.hpp>
#include <tuple>

namespace layercake::models {

// Share of the memory's sustained rate that look-ups of vectors of some hundred bytes at random places reach. Assumed.
inline constexpr double random_read_share = 0.6;

// A call ranks `samples` candidates. Of each, `lookups` vectors are read from the tables, those of one table added up, and the sums of all tables go
// through a dense network (Naumov et al., "Deep learning recommendation model", 2019). On one of n chips, which hold the tables by n parts:
//   look-ups     samples x lookups x vector_width values / n, at random
//   exchange     the sums of its tables for all samples, samples x tables x vector_width values / n
//   dense        2 x dense_parameters x samples / n FLOP, as products of dense_width x dense_width
// Leaves out: vectors that stay in the on-chip cache because they are popular, tables of unequal load, tables in the host's memory.
// Worked number: DLRM-DCNv2 of MLPerf: 214 look-ups of 512 bytes, 110 kB a sample; 104.5 GB of tables.
template <number T = double>
struct basic_recommendation {
  const char* name = "";
  T samples = unknown<>;  // that a call ranks
  T tables = unknown<>;
  T rows = unknown<>;                                  // of all tables together
  T vector_width = unknown<>;                          // values of a row
  T lookups = unknown<>;                               // of a sample, in all tables together
  T dense_parameters = unknown<>;                      // interaction of features included
  T dense_width = unknown<>;                           // of a typical layer
  T random_share = number_cast<T>(random_read_share);  // of the memory's sustained rate
  precision stored = precision::fp32;                  // of the tables
  precision math = precision::bf16;                    // of the dense network, weights included
  provenance origin{};

  template <class N>
  using with_number = basic_recommendation<N>;

  static constexpr auto fields() {
    using X = basic_recommendation;
    return std::tuple{
        label("name", &X::name),
        label("stored", &X::stored),
        label("math", &X::math),
        label("origin", &X::origin),
        field("samples", &X::samples, positive, "candidates that a call ranks"),
        field("tables", &X::tables, positive_count, "embedding tables"),
        field("rows", &X::rows, positive_count, "rows of all tables together"),
        field("vector_width", &X::vector_width, positive_count, "values of a row"),
        field("lookups", &X::lookups, positive, "rows that a sample reads, of all tables together"),
        field("dense_parameters", &X::dense_parameters, positive, "parameters of the dense network"),
        field("dense_width", &X::dense_width, positive_count, "the width of a typical layer of the dense network"),
        field("random_share", &X::random_share, positive_share,
              "share of the memory's sustained rate that look-ups at random reach")};
  }
  void rules(findings& f) const requires real<T> {
    f.check_at_most("tables", tables, "rows", rows, "Count the rows of all tables together.");
  }

  constexpr T parameters() const { return rows * vector_width + dense_parameters; }

  // Tables by parts over tensor ranks; the dense network on every chip.
  template <number N>
  constexpr auto weights(const split<N>& s) const {
    using P = promote_t<T, N>;
    return (number_cast<P>(rows * vector_width) * stored_bytes<P>(bits(stored)) / number_cast<P>(s.tensor) +
            number_cast<P>(dense_parameters) * stored_bytes<P>(bits(math))) *
           units::byte;
  }
  template <number N>
  constexpr auto cache(const quantity<unit::token, N>&, const split<N>&) const {
    return quantity<unit::byte, promote_t<T, N>>();
  }
  // Tables are cut over tensor ranks alone, and a table over no more than has rows.
  template <number N = T>
  constexpr auto allows(const split<N>& s) const {
    using P = promote_t<T, N>;
    const P one(1);
    return (number_cast<P>(s.tensor) <= number_cast<P>(rows)) && (number_cast<P>(s.pipeline) == one) &&
           (number_cast<P>(s.expert) == one) && (number_cast<P>(s.context) == one) &&
           (number_cast<P>(s.attention_data) == one);
  }
  // The operations of `pass::sequences` calls on one chip of a split. Queries, context and phase do not matter.
  template <number N, class Visit>
  constexpr void operations(const pass<N>& p, const split<N>& s, Visit&& visit) const {
    using P = promote_t<T, N>;
    const auto as = [](const auto& x) { return number_cast<P>(x); };
    const P ranks = as(s.tensor), asked = as(p.sequences) * as(samples) / ranks, width = as(vector_width),
            inner = as(dense_width);
    const P sums = asked * as(tables) * width;
    visit(work<P>{P(0) * units::flop, asked * as(lookups) * width * stored_bytes<P>(bits(stored)) * units::byte, math,
                  as(random_share)},
          P(1));
    visit(memory_traffic<P>{.moved = sums * P(2) * units::byte}, P(1));
    visit(collective<P>{.kind = exchange::all_to_all, .bytes = sums * P(2) * units::byte, .ranks = ranks},
          where(ranks > P(1), P(1), P(0)));
    visit(
        matrix_product<P>{
            .m = asked, .n = inner, .k = inner, .math = math, .weights = math, .weight_bytes = bits(math) / 8},
        as(dense_parameters) / (inner * inner));
  }
  static constexpr bool generates_tokens = false;
};
using recommendation = basic_recommendation<>;

}  // namespace layercake::models
