// How long a matrix product takes on a chip.
#pragma once

#include <layercake/chips/kernel_chip.hpp>
#include <layercake/core/operations.hpp>

namespace layercake::chips {

namespace detail {

// Rows and columns of a tile of a product; part of the constants' meaning (kernel_constants.hpp).
inline constexpr double product_tile = 128;
// How long, in droop times, a kernel would be that loses as much of the clock as any kernel does on a chip that never rests: two thirds of
// what an endless product loses. Between the products are kernels that draw less; assumed.
inline constexpr double without_rest = 2;
// Share of the FP32 peak at which vector units multiply weights that they unpack: an instruction to unpack for one that multiplies and adds.
// Derived.
inline constexpr double unpacked = 0.5;

// A row of constants on a chip: what does not depend on the shape.
template <number T>
struct product_row {
  quantity<unit::second, T> launch, quantise_launch;
  quantity<unit::second, T> per_multiply, per_result, chain;  // chain: of one tile per unit of k
  quantity<unit::second, T> per_vector;  // of a multiply-add on vector units; ages without, and where FP4 has its own
  quantity<unit::per_second, T> chain_limit;
  quantity<unit::second_per_byte, T> per_byte, quantise_per_byte;
  quantity<unit::byte, T> quantise_bytes;        // per value of X
  T edge, row, tile, exposed, hidden, drooping;  // row: cost of a row, tile: of 128 more rows, in rows
};

// What a product multiplied in one format has whose weights are stored in another.
struct product_formats {
  double widest;      // bytes of a value of X, beyond which it is quantised first
  unsigned char row;  // of the table below
  bool unpacks;       // weights, unless the chip multiplies them as they are
};

// The rows of all classes; behind them, for each format wider than 16 bit, those of the two classes that it is multiplied in.
inline constexpr std::size_t product_classes = 6, product_rows = product_classes + 4;
constexpr std::size_t product_row_of(product_class c, std::size_t wide) {
  if (wide == 0) return static_cast<std::size_t>(c);
  return product_classes + 2 * (wide - 1) + (c == product_class::weight_only ? 1 : 0);
}

// The on-chip cache as activations pass it: a byte that is found there costs `found` of one from memory, one that spills `spilt` more.
template <number T>
struct passed_cache {
  quantity<unit::byte, T> size{};
  T found = T(0), spilt = T(0);

  constexpr passed_cache() = default;
  constexpr passed_cache(const quantity<unit::byte, T>& all, double speed)
      : size(all), found(number_cast<T>(1 / speed)), spilt(T(1) - found) {}
  // What `all` bytes cost in bytes from memory, where those spill that the cache does not hold: A^2 / (A + size).
  template <number R>
  constexpr auto cost(const quantity<unit::byte, R>& all) const {
    const R share = all / (all + size);
    return all * (number_cast<R>(found) + number_cast<R>(spilt) * share);
  }
};

// A row of constants on a chip.
template <number T>
constexpr product_row<T> product_row_on(const kernel_source<T>& from, std::size_t i) {
  using namespace units;
  using row = product_constants;
  const auto c = [&](double row::*x) { return from.constant(from.constants.product, i, x); };
  const auto rate = from.rate(i);
  const auto per_byte = from.per_byte();
  // Watts per TFLOP/s short of what keeps the clock up.
  const T watts = from.chip.power_limit / (from.sixteen_bit_rate(i) / teraflop_per_second) / watt;
  const T least = number_cast<T>(from.constants.shared.droop_from);
  const T shortfall = where(is_known(watts), max(least - watts, T(0)), T(0));
  product_row<T> p;
  p.launch = c(&row::launch) * second;
  p.quantise_launch = c(&row::quantise_launch) * second;
  p.per_multiply = T(2) * flop / (rate * from.share(c(&row::compute)));
  p.chain = c(&row::chain) * number_cast<T>(2 * product_tile * product_tile) * from.multiprocessors(i) * flop / rate;
  p.chain_limit = c(&row::chain_limit) / second;
  const auto vector = from.chip.vector * number_cast<T>(unpacked), none = no_vector_units<T>();
  p.per_vector = T(2) * flop / (i == 3 ? where(is_known(from.chip.quarter), none, vector) : vector);
  p.per_result = c(&row::epilogue) * T(2) * byte * per_byte;
  p.per_byte = per_byte / from.own(c(&row::memory), from.chip.memory_efficiency);
  p.quantise_per_byte = per_byte * (T(1) / c(&row::quantise_memory));
  p.quantise_bytes = c(&row::quantise_bytes) * byte;
  p.edge = c(&row::edge);
  p.row = T(1) - c(&row::rounding);
  p.tile = number_cast<T>(product_tile) * c(&row::rounding);
  p.exposed = c(&row::exposed);
  p.hidden = T(1) - c(&row::exposed);
  p.drooping = T(1) + c(&row::droop) * shortfall;
  return p;
}
// The same where multiplying is so much slower.
template <number T>
constexpr product_row<T> slowed(product_row<T> p, const T& slower) {
  p.per_multiply = p.per_multiply * slower;
  p.chain = p.chain * slower;
  return p;
}

}  // namespace detail

// The time of a product short of its roots: fourth^(1/4) scale + rest.
template <number R>
struct started_product {
  R fourth;
  quantity<unit::second, R> scale, rest;
  constexpr quantity<unit::second, R> time() const { return sqrt(sqrt(fourth)) * scale + rest; }
};

// The law of matrix products on one chip.
template <number T = double>
class basic_product_law {
public:
  basic_product_law() = default;
  constexpr explicit basic_product_law(const detail::kernel_source<T>& from)
      : cache_(number_cast<T>(from.constants.shared.activation_cache) * from.chip.on_chip_cache,
               from.constants.shared.cache_speed),
        quantise_cache_(number_cast<T>(from.constants.shared.quantise_cache) * from.chip.on_chip_cache,
                        from.constants.shared.quantise_speed),
        per_droop_time_(number_cast<T>(1 / from.constants.shared.droop_time) / units::second) {
    for (std::size_t i = 0; i < detail::product_classes; ++i)
      rows_[i] = detail::product_row_on(from, i);
    const std::array<T, 3> slower = from.slower();
    for (std::size_t wide = 1; wide < slower.size(); ++wide) {
      for (const product_class c : {product_class::half, product_class::weight_only})
        rows_[detail::product_row_of(c, wide)] = detail::slowed(rows_[detail::product_row_of(c, 0)], slower[wide]);
    }
    for (std::size_t i = 0; i < count; ++i) {
      const precision math = static_cast<precision>(i);
      bytes_[i] = number_cast<T>(bytes_per_value(math));
      if (class_of(math, math) == product_class::fp4) bytes_[i] = from.in_units(3, bytes_[i], T(2));
    }
  }

  // Matrix product Y[m,n] = X[m,k] W[k,n], `batch` of them:
  //   x = batch (m + edge + rounding (128 ceil(m/128) - m)) (n + edge) (k a + b) + (1 - exposed) L
  //   x' = x (1 + g x / (x + tau))
  //   y = (W + spilled + (rest of the activations) / 4) / bandwidth
  //   t = (x'^4 + y^4)^(1/4) + exposed L + launch  (+ quantising X)
  // a: time of a multiply-add, b: of a result; L = u / (1 + u limit): the k loop of one tile on one multiprocessor,
  // cut by split-K; g: droop of the clock in kernels longer than tau; spilled = A^2 / (A + half the on-chip cache):
  // activations A that leave the cache. X that arrives in 16 bit for a narrower product is quantised first.
  // On a chip that never rests x' = (1 + 2/3 g) x, however short the kernels are.
  // Narrow weights times 16-bit inputs are multiplied by vector units, x = 2 batch m n k / (half of the FP32 peak), L = 0, where that is faster: few rows.
  // Where rows vary from step to step and m is their mean, so do the tiles begun: spread evenly over one tile,
  // ceil(m/128) is max(m/128 + 1/2, 1) in the mean, without jumps, and twice the rows never take twice as long.
  // Domain: m, n, k, batch > 0. Leaves out odd alignments, wave quantisation and which kernel a library picks.
  // Source: fitted here; affine terms stand for the usual efficiency curve of size.
  // Worked number: m 64, n 8192, k 8192 in BF16 on an H100 SXM: 53.6 us (134 MB at 3.35 TB/s alone: 40.1 us).
  template <number N>
  constexpr auto time(const matrix_product<N>& op, const measurement& how = in_a_running_model) const {
    return start(op, how).time();
  }
  // The same short of its roots: a sum over many products that draws those of one after it has started the next does
  // not wait for them.
  template <number N>
  constexpr auto start(const matrix_product<N>& op, const measurement& how = in_a_running_model) const {
    using namespace units;
    using R = promote_t<T, N>;
    const auto as = [](const auto& x) { return number_cast<R>(x); };
    const detail::product_formats& format = formats[index(op.math)][index(op.weights)];
    const detail::product_row<T>& p = rows_[format.row];
    const R m = as(op.m), n = as(op.n), k = as(op.k), batch = as(op.batch);
    const auto u = k * p.chain;
    const auto chain = u / (R(1) + u * p.chain_limit);
    const R tiles = m * R(1.0 / detail::product_tile);
    R begun(1);  // all that a decode step mostly begins
    if (how.varying_rows)
      begun = max(tiles + R(0.5), R(1));
    else if (may_hold(tiles > R(1)))
      begun = max(R(ceil(tiles)), R(1));
    const R rows = m * as(p.row) + as(p.edge) + as(p.tile) * begun;
    auto x = rows * (batch * (n + as(p.edge)) * (k * p.per_multiply + p.per_result)) + p.hidden * chain;
    auto exposed = p.exposed * chain;
    if (format.unpacks) {
      const quantity<unit::second, R> vector = batch * m * n * k * p.per_vector;
      const auto faster = vector < x + exposed;
      x = where(faster, vector, quantity<unit::second, R>(x));
      exposed = where(faster, quantity<unit::second, R>(), quantity<unit::second, R>(exposed));
    }
    // x' = x (1 + (1 + g) x/tau) / (1 + x/tau)
    const R droops = how.without_rest ? R(detail::without_rest) : R(x * per_droop_time_), longer = R(1) + droops;
    const auto weights = batch * n * k * (as(op.weight_bytes) * byte);
    auto read = weights;  // that, weighed by where they come from
    if (how.weight_copies < in_a_running_model.weight_copies) {
      const auto cold = min(weights, max(R(0) * byte, as(how.weight_copies) * weights - cache_.size));
      read = cold + (weights - cold) * as(cache_.found);
    }
    const R narrow = min(as(bytes_[index(op.math)]), as(op.input_bytes));
    const auto activations = batch * m * ((k * narrow + n * as(op.output_bytes)) * byte);
    const auto memory = (read + cache_.cost(activations)) * p.per_byte;
    // The denominator of x' is taken out of the root, so that dividing need not wait for it.
    const auto fourth = [](const auto& t) { return detail::square(detail::square(R(t / second))); };
    started_product<R> t{fourth(x * (R(1) + as(p.drooping) * droops)) + fourth(memory * longer), R(1) / longer * second,
                         exposed + p.launch};
    if (op.input_bytes > format.widest) {
      const auto values = batch * m * k * p.quantise_bytes;
      t.rest = t.rest + (p.quantise_launch + quantise_cache_.cost(values) * p.quantise_per_byte);
    }
    return t;
  }

private:
  static constexpr std::size_t index(precision p) { return static_cast<std::size_t>(p); }
  static constexpr std::size_t count = index(precision::int4) + 1;
  static constexpr std::array<std::array<detail::product_formats, count>, count> formats = [] {
    std::array<std::array<detail::product_formats, count>, count> all{};
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t j = 0; j < count; ++j) {
        const precision math = static_cast<precision>(i), weights = static_cast<precision>(j);
        const product_class c = class_of(math, weights);
        all[i][j] = {1.5 * bytes_per_value(math),
                     static_cast<unsigned char>(detail::product_row_of(c, wide_format(math))),
                     c == product_class::weight_only || c == product_class::fp4};
      }
    }
    return all;
  }();

  detail::passed_cache<T> cache_{}, quantise_cache_{};
  quantity<unit::per_second, T> per_droop_time_{};
  std::array<T, count> bytes_{};  // of a value of X when it is multiplied, by the format; 16 bit where FP4 is unpacked
  std::array<detail::product_row<T>, detail::product_rows> rows_{};
};

}  // namespace layercake::chips
