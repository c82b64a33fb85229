// How long the kernels of a neural network take: closed forms over shape, chip and number format, fitted on measured
// kernels.
//
// A law is built once from a chip and then evaluated for many operations. Only + - * / sqrt, min, max and one ceil: it
// runs over batches and differentiates. More work never takes less time.
#pragma once

#include <array>
#include <layercake/chips/kernel_constants.hpp>
#include <layercake/core/fields.hpp>
#include <layercake/core/operations.hpp>

namespace layercake::chips {

// How a kernel was measured, where that differs from a running model, in which it does not.
struct measurement {
  double weight_copies = 1e30;  // that a benchmark rotates over; a part of few copies stays in the on-chip cache
  bool warm_cache = false;      // decode attention finds a part of the key-value cache on the chip
  bool balanced = false;  // every expert gets equally many tokens; otherwise each token draws its experts uniformly
  int skew = 0;           // 1, 2: experts drawn by a power law of exponent 1.01, 1.2, timed on the busiest rank
};
inline constexpr measurement in_a_running_model{};

// What the laws need of a chip.
template <class T = double>
struct basic_kernel_chip {
  // Peak rates of 32, 19, 16, 8 and 4 bit, and of integers. `quarter` is unknown on a chip without FP4 units: there FP4
  // products have 4-bit weights that are multiplied in 16 bit, as any weight-only product.
  quantity<unit::flop_per_second, T> single{}, tf32{}, half{}, eighth{}, quarter{}, int8{};
  quantity<unit::byte_per_second, T> memory_bandwidth{};
  T multiprocessors{};
  quantity<unit::per_second, T> clock{}, exponential_rate{};
  quantity<unit::byte, T> on_chip_cache{};
  quantity<unit::watt, T> power_limit{};        // may be unknown
  T compute_efficiency{}, memory_efficiency{};  // sustained shares, for chips whose family was not measured
};

namespace detail {

template <class T>
constexpr T square(const T& x) {
  return x * x;
}
template <class... T>
constexpr auto root_of_squares(const quantity<unit::second, T>&... t) {
  using namespace units;
  return sqrt((square(t / second) + ...)) * second;
}
// max(x, 0) rounded over a tenth of `scale`: 0.5 (x + sqrt(x^2 + (scale / 10)^2)).
template <class T>
constexpr auto smooth_ramp(const quantity<unit::byte, T>& x, const quantity<unit::byte, T>& scale) {
  using namespace units;
  return T(0.5) * (x + sqrt(square(T(x / byte)) + square(number_cast<T>(0.1) * T(scale / byte))) * byte);
}
// min(x, y) rounded: x y / sqrt(x^2 + y^2).
template <class T>
constexpr T smooth_min(const T& x, const T& y) {
  return x * y / sqrt(x * x + y * y);
}

// A row of constants on a chip: what does not depend on the shape.
template <class T>
struct product_law {
  quantity<unit::second, T> launch, quantise_launch;
  quantity<unit::second, T> per_multiply, per_result, chain;  // chain: of one tile per unit of k
  quantity<unit::per_second, T> chain_limit;
  quantity<unit::second_per_byte, T> per_byte, quantise_per_byte;
  quantity<unit::byte, T> quantise_bytes;        // per value of X
  T least_bytes;                                 // of a value of X when it is multiplied
  T edge, row, tile, exposed, hidden, drooping;  // row: cost of a row, tile: of 128 more rows, in rows
};

struct product_format {
  double bytes;  // of a value
  int width;     // 0: multiplied at the rate of its row, 1: TF32, 2: FP32
};

template <class T>
struct prefill_law {
  quantity<unit::second, T> launch, tile_start;       // tile_start: over all multiprocessors
  quantity<unit::second, T> per_multiply, per_score;  // of one query, key and head: per width, and for its exponential
  quantity<unit::second_per_byte, T> per_byte;
  quantity<unit::byte, T> cached;
  T passes, longest, window_padding, tile, per_tile, cached_cost;
};

template <class T>
struct decode_law {
  quantity<unit::second, T> launch, stream, ramp, per_multiply,
      split;  // split: times the root of the bytes of a sequence
  quantity<unit::second, T> vector_launch, vector_stream, vector_value;
  quantity<unit::second_per_byte, T> per_byte, unsplit;
  quantity<unit::byte, T> ramp_bytes, cached;
  T groups, padded_rows, largest_group, vector_single, cached_cost;  // groups, padded_rows: squared, per query head
                                                                     // of a large group
};

template <class T>
struct expert_law {
  quantity<unit::second, T> launch, per_multiply, ramp;
  quantity<unit::second_per_byte, T> per_byte;
  T half_length, tile, layers, reach;
  std::array<T, 3> skew;
};

}  // namespace detail

// The time of a product short of its roots: fourth^(1/4) scale + rest.
template <class R>
struct started_product {
  R fourth;
  quantity<unit::second, R> scale, rest;
  constexpr quantity<unit::second, R> time() const { return sqrt(sqrt(fourth)) * scale + rest; }
};

// The laws on one chip. T is the number type of the chip's figures, N that of the operation's; times are of
// promote_t<T, N>.
template <class T = double>
class basic_kernel_law {
public:
  basic_kernel_law() = default;
  constexpr basic_kernel_law(const basic_kernel_chip<T>& chip, const family_constants& constants)
      : slower_{T(1), chip.half / chip.tf32, chip.half / chip.single},
        per_multiprocessor_(T(1) / chip.multiprocessors),
        product_cache_(number_cast<T>(constants.shared.activation_cache) * chip.on_chip_cache),
        quantise_cache_(number_cast<T>(constants.shared.quantise_cache) * chip.on_chip_cache),
        per_droop_time_(number_cast<T>(1 / constants.shared.droop_time) / units::second),
        in_cache_(number_cast<T>(1 / constants.shared.cache_speed)),
        quantised_in_cache_(number_cast<T>(1 / constants.shared.quantise_speed)) {
    using namespace units;
    const auto own = [&](const T& fitted, const T& of_chip) { return constants.measured ? fitted : of_chip; };
    const T sms = chip.multiprocessors;
    const auto per_byte_at_peak = T(1) / chip.memory_bandwidth;
    // Watts per TFLOP/s short of what keeps the clock up.
    const T watts = chip.power_limit / (chip.half / teraflop_per_second) / watt;
    const T shortfall = where(is_known(watts), max(number_cast<T>(constants.shared.droop_from) - watts, T(0)), T(0));
    // Row 3 of products and of experts is FP4, row 5 its stand-in.
    const auto has_fp4 = is_known(chip.quarter);
    const auto in_units = [&](std::size_t i, const T& x, const T& instead) {
      return i == 3 ? where(has_fp4, x, instead) : x;
    };
    const std::array<quantity<unit::flop_per_second, T>, 6> rate{
        chip.half, chip.eighth, chip.eighth, where(has_fp4, chip.quarter, chip.half), chip.int8, chip.half};
    for (std::size_t i = 0; i < 6; ++i) {
      using row = product_constants;
      const auto c = [&](double row::*x) {
        return in_units(i, number_cast<T>(constants.product[i].*x), number_cast<T>(constants.product[5].*x));
      };
      const T share =
          c(&row::compute) *
          (constants.measured ? T(1) : chip.compute_efficiency / number_cast<T>(constants.product[0].compute));
      detail::product_law<T>& p = product_[i];
      p.launch = c(&row::launch) * second;
      p.quantise_launch = c(&row::quantise_launch) * second;
      p.per_multiply = T(2) * flop / (rate[i] * share);
      p.chain = c(&row::chain) * T(2 * 128 * 128) * sms * flop / rate[i];
      p.chain_limit = c(&row::chain_limit) / second;
      p.per_result = c(&row::epilogue) * T(2) * byte * per_byte_at_peak;
      p.per_byte = per_byte_at_peak / own(c(&row::memory), chip.memory_efficiency);
      p.quantise_per_byte = per_byte_at_peak * (T(1) / c(&row::quantise_memory));
      p.quantise_bytes = c(&row::quantise_bytes) * byte;
      p.least_bytes = in_units(i, T(0), T(2));
      p.edge = c(&row::edge);
      p.row = T(1) - c(&row::rounding);
      p.tile = T(128) * c(&row::rounding);
      p.exposed = c(&row::exposed);
      p.hidden = T(1) - c(&row::exposed);
      p.drooping = T(1) + c(&row::droop) * shortfall;
    }
    for (std::size_t i = 0; i < 4; ++i) {
      const auto peak = i % 2 == 0 ? chip.half : chip.eighth;
      const T share =
          constants.measured ? T(1) : chip.compute_efficiency / number_cast<T>(constants.product[0].compute);
      const prefill_constants& c = constants.prefill[i];
      detail::prefill_law<T>& p = prefill_[i];
      p.launch = number_cast<T>(c.launch) * second;
      p.tile_start = number_cast<T>(c.tile_start) * second / sms;
      p.per_multiply = T(2) * flop / (peak * (number_cast<T>(c.compute) * share));
      p.per_score = T(1) / (chip.exponential_rate * number_cast<T>(c.exponential));
      p.per_byte = per_byte_at_peak * number_cast<T>(1 / constants.shared.prefill_memory);
      p.cached = number_cast<T>(c.cache_share) * chip.on_chip_cache;
      p.passes = number_cast<T>(c.passes);
      p.longest = number_cast<T>(c.longest) * sms;
      p.window_padding = number_cast<T>(c.window_padding);
      p.tile = number_cast<T>(c.tile);
      p.per_tile = number_cast<T>(1 / c.tile);
      p.cached_cost = number_cast<T>(c.cached_cost);
      const decode_constants& e = constants.decode[i];
      detail::decode_law<T>& d = decode_[i];
      d.launch = number_cast<T>(e.launch) * second;
      d.stream = number_cast<T>(e.stream) * second / sms;
      d.groups = number_cast<T>(1 / (e.stream_group * e.stream_group));
      d.per_byte = per_byte_at_peak / own(number_cast<T>(e.memory), chip.memory_efficiency);
      d.ramp = number_cast<T>(e.ramp) * second;
      d.ramp_bytes = number_cast<T>(e.ramp_bytes) * byte;
      d.per_multiply = T(2) * flop / (peak * (number_cast<T>(e.compute) * share));
      d.padded_rows = number_cast<T>(e.padded_rows * e.padded_rows);
      d.split = number_cast<T>(sqrt(e.split)) * second;
      d.unsplit = number_cast<T>(e.unsplit) * second / byte;
      d.vector_launch = number_cast<T>(e.vector_launch) * second;
      d.vector_stream = number_cast<T>(e.vector_stream) * second / sms;
      d.vector_value = T(1) / (number_cast<T>(e.vector_rate) * sms * chip.clock);
      d.largest_group = number_cast<T>(e.largest_group);
      d.vector_single = number_cast<T>(e.vector_single);
      d.cached = number_cast<T>(e.cache_share) * chip.on_chip_cache;
      d.cached_cost = number_cast<T>(e.cached_cost);
    }
    for (std::size_t i = 0; i < 7; ++i) {
      using row = expert_constants;
      const auto c = [&](double row::*x) {
        return in_units(i, number_cast<T>(constants.expert[i].*x), number_cast<T>(constants.expert[5].*x));
      };
      detail::expert_law<T>& x = expert_[i];
      const T share =
          constants.measured ? T(1) : chip.compute_efficiency / number_cast<T>(constants.product[0].compute);
      x.launch = c(&row::launch) * second;
      x.per_multiply = T(2) * flop / (rate[i == 6 ? 1 : i >= 4 ? 5 : i] * (c(&row::compute) * share));
      x.per_byte = per_byte_at_peak / own(c(&row::memory), chip.memory_efficiency);
      x.ramp = c(&row::ramp) * second;
      x.half_length = c(&row::half_length);
      x.tile = c(&row::tile);
      x.layers = c(&row::layers);
      x.reach = c(&row::reach);
      x.skew = {T(0), c(&row::skew_1), c(&row::skew_2)};
    }
    stream_launch_ = number_cast<T>(constants.stream.launch) * second;
    stream_per_byte_ = per_byte_at_peak * number_cast<T>(1 / constants.stream.memory);
    stream_overlap_ = number_cast<T>(2 * constants.stream.overlap);
  }

  // Matrix product Y[m,n] = X[m,k] W[k,n], `batch` of them:
  //   x = batch (m + edge + rounding (128 ceil(m/128) - m)) (n + edge) (k a + b) + (1 - exposed) L
  //   x' = x (1 + g x / (x + tau))
  //   y = (W + spilled + (rest of the activations) / 4) / bandwidth
  //   t = (x'^4 + y^4)^(1/4) + exposed L + launch  (+ quantising X)
  // a: time of a multiply-add, b: of a result; L = u / (1 + u limit): the k loop of one tile on one multiprocessor,
  // cut by split-K; g: droop of the clock in kernels longer than tau; spilled = A^2 / (A + half the on-chip cache):
  // activations A that leave the cache. X that arrives in 16 bit for a narrower product is quantised first.
  // Domain: m, n, k, batch > 0. Leaves out odd alignments, wave quantisation and which kernel a library picks.
  // Source: fitted here; affine terms stand for the usual efficiency curve of size.
  // Worked number: m 64, n 8192, k 8192 in BF16 on an H100 SXM: 53.6 us (134 MB at 3.35 TB/s alone: 40.1 us).
  template <class N>
  constexpr auto time(const matrix_product<N>& op, const measurement& how = in_a_running_model) const {
    return start(op, how).time();
  }
  // The same short of its roots: a sum over many products that draws those of one after it has started the next does
  // not wait for them.
  template <class N>
  constexpr auto start(const matrix_product<N>& op, const measurement& how = in_a_running_model) const {
    using namespace units;
    using R = promote_t<T, N>;
    const auto as = [](const auto& x) { return number_cast<R>(x); };
    const detail::product_law<T>& p = product_[product_rows[index(op.math)][index(op.weights)]];
    const R m = as(op.m), n = as(op.n), k = as(op.k), batch = as(op.batch);
    const detail::product_format& format = product_formats[index(op.math)];
    const T& slower = slower_[static_cast<std::size_t>(format.width)];
    const auto u = k * (p.chain * slower);
    const auto chain = u / (R(1) + u * p.chain_limit);
    const R rows = m * as(p.row) + as(p.edge) + as(p.tile) * ceil(m * R(1.0 / 128));
    const auto x =
        rows * (batch * (n + as(p.edge)) * (k * (p.per_multiply * slower) + p.per_result)) + p.hidden * chain;
    const R droops = x * per_droop_time_, longer = R(1) + droops;  // x' = x (1 + (1 + g) x/tau) / (1 + x/tau)
    const auto weights = batch * n * k * (as(op.weight_bytes) * byte);
    auto read = weights;  // that, weighed by where they come from
    if (how.weight_copies < in_a_running_model.weight_copies) {
      const auto cold = min(weights, max(R(0) * byte, as(how.weight_copies) * weights - product_cache_));
      read = cold + (weights - cold) * as(in_cache_);
    }
    const R narrow = min(max(as(format.bytes), as(p.least_bytes)), as(op.input_bytes));
    const auto activations = batch * m * ((k * narrow + n * as(op.output_bytes)) * byte);
    const auto memory = (read + spilled(activations, product_cache_, in_cache_)) * p.per_byte;
    // The denominator of x' is taken out of the root, so that dividing need not wait for it.
    const auto fourth = [](const auto& t) { return detail::square(detail::square(R(t / second))); };
    started_product<R> t{fourth(x * (R(1) + as(p.drooping) * droops)) + fourth(memory * longer), R(1) / longer * second,
                         p.exposed * chain + p.launch};
    if (op.input_bytes > 1.5 * format.bytes) {
      const auto values = batch * m * k * p.quantise_bytes;
      t.rest =
          t.rest + (p.quantise_launch + spilled(values, quantise_cache_, quantised_in_cache_) * p.quantise_per_byte);
    }
    return t;
  }

  // Attention: the law of decode for one query a sequence, that of prefill for many; for a few queries on a long prefix
  // (chunks, speculation) the faster of prefill and of decode with the queries packed beside the heads of a group.
  template <class N>
  constexpr auto time(const attention_product<N>& op, const measurement& how = in_a_running_model) const {
    using R = promote_t<T, N>;
    const R queries = number_cast<R>(op.queries), context = number_cast<R>(op.context);
    if constexpr (real<R>) {  // plain numbers need not evaluate what they do not take
      if (queries < R(1.5)) return decode(op, how);
      if (!(context > R(2) * queries)) return prefill(op);
    }
    const auto many = prefill(op);
    const auto few = decode(op, how);
    return where(queries < R(1.5), few, where(context > R(2) * queries, min(few, many), many));
  }

  // Many queries:
  //   t = launch + b h q tile keys u + longest tile + start of tiles + bytes / bandwidth
  // q = sqrt(1 + (s/tile)^2): tiles of queries a sequence and head; keys = prefix + s/2 + tile/2, cut smoothly by the
  // window; u = 2 width / (peak e) + 1 / exponential rate: seconds per query, key and head.
  // Without a causal mask keys = prefix + s. Leaves out sequences of unequal length and attention sinks.
  // Worked number: one sequence of 8192, 32 heads, 8 key heads of 128, BF16, H100 SXM: 1.21 ms.
  template <class N>
  constexpr auto prefill(const attention_product<N>& op) const {
    using namespace units;
    using R = promote_t<T, N>;
    const auto as = [](const auto& x) { return number_cast<R>(x); };
    // Keys wider than values are multi-head latent attention, expanded: other kernels.
    const std::size_t row = bits(op.math) < 12 ? 1 : 0;
    const auto expanded = as(op.key_width) > as(op.value_width);
    const auto p = [&](auto member) {
      const auto cast = [](const auto& x) { return over_number<R>(x); };
      if constexpr (real<R>)
        return cast(prefill_[row + (expanded ? 2 : 0)].*member);
      else
        return where(expanded, cast(prefill_[row + 2].*member), cast(prefill_[row].*member));
    };
    using law = detail::prefill_law<T>;
    const R b = as(op.sequences), h = as(op.heads), s = as(op.queries), prefix = max(as(op.context) - s, R(0));
    const R key_heads = as(op.key_heads), width = as(op.key_width + op.value_width);
    const R tile = p(&law::tile), tiles = sqrt(R(1) + detail::square(s * p(&law::per_tile)));
    const R window = where(as(op.window) > R(0), as(op.window) + p(&law::window_padding), number_cast<R>(1e18));
    const auto within = [&](const R& positions) -> R {
      if constexpr (real<R>) {
        if (!(as(op.window) > R(0))) return positions;
      }
      return where(as(op.window) > R(0), detail::smooth_min(positions, window), positions);
    };
    const R seen = op.causal ? R(prefix + R(0.5) * (s + tile)) : R(prefix + s);
    const R keys = within(seen);
    // Multiprocessors without a tile of their own share the prefix.
    const R longest = within(R(s + prefix * min(R(1), b * h * tiles * as(per_multiprocessor_))));
    const auto each = width * p(&law::per_multiply) + p(&law::per_score);
    const auto tiles_time = tile * (b * h * tiles * keys + p(&law::longest) * longest) * each;
    const R cache = number_cast<R>(op.cache_bytes);
    const auto bytes = b *
                       (s * (R(2) * h * width * p(&law::passes) + key_heads * width * (R(2) + cache)) +
                        prefix * key_heads * width * cache) *
                       byte;
    const auto cached = p(&law::cached);
    const R cached_cost = p(&law::cached_cost);
    const auto memory =
        (detail::smooth_ramp(bytes - cached, cached) * (R(1) - cached_cost) + cached_cost * bytes) * p(&law::per_byte);
    return p(&law::launch) + tiles_time + b * h * tiles * p(&law::tile_start) + memory;
  }

  // One query a sequence (several: packed beside the heads of a group):
  //   t = launch + sqrt(memory^2 + compute^2 + streams^2 + unsplit^2) + ramp X / (X + X0) + split sqrt(x)
  // X: bytes of the cache that are read, x: of one sequence and key head. Groups of more heads than a tile of the
  // matrix unit holds, and with some software single heads, run on vector units:
  //   t = launch' + sqrt(memory^2 + compute^2 + vector^2 + streams'^2) + the same.
  // Worked number: 64 sequences at 8192, 64 heads, 8 key heads of 128, BF16, H100 SXM: 0.71 ms
  // (2.15 GB at 3.35 TB/s: 0.64 ms).
  template <class N>
  constexpr auto decode(const attention_product<N>& op, const measurement& how = in_a_running_model) const {
    using namespace units;
    using R = promote_t<T, N>;
    const auto as = [](const auto& x) { return number_cast<R>(x); };
    const detail::decode_law<T>& p = decode_[(op.latent ? 2U : 0U) + (op.cache_bytes < 1.5 ? 1U : 0U)];
    const R key_heads = as(op.latent ? N(1) : op.key_heads), b = as(op.sequences), h = as(op.heads) * as(op.queries);
    const R group = h / key_heads, group2 = group * group, streams = b * key_heads;
    const R length = where(as(op.window) > R(0), min(as(op.context), as(op.window)), as(op.context));
    const R width = as(op.key_width + op.value_width),
            stored = as(op.latent ? op.key_width : op.key_width + op.value_width);
    const auto one = length * stored * (R(op.cache_bytes) * byte);
    const auto cache = streams * one;
    auto read = cache;
    if (how.warm_cache) {
      const quantity<unit::byte, R> cached = p.cached;
      read = as(p.cached_cost) * cache + (R(1) - as(p.cached_cost)) * detail::smooth_ramp(cache - cached, cached);
    }
    const auto squared = [](const auto& t) { return detail::square(R(t / second)); };
    const R moving = squared((read + R(op.activation_bytes) * b * h * width * byte) * p.per_byte);
    const R multiplying = (group2 + as(p.padded_rows)) * squared(streams * length * width * p.per_multiply);
    const auto rest = p.ramp * (cache / (cache + p.ramp_bytes)) + p.split * sqrt(R(one / byte));
    const auto on_vector_units = [&] {
      const R starting = squared(b * h * p.vector_stream), values = squared(b * h * length * stored * p.vector_value);
      return p.vector_launch + sqrt(moving + multiplying + values + starting) * second + rest;
    };
    const R single = where(group < R(1.5), as(p.vector_single), R(0));
    if constexpr (real<R>) {
      if (!op.latent && single > R(0.5)) return on_vector_units();
    }
    const R starting = (R(1) + group2 * as(p.groups)) * squared(streams * p.stream);
    const auto matrix = p.launch + sqrt(moving + multiplying + starting + squared(one * p.unsplit)) * second + rest;
    if (op.latent) return matrix;
    if constexpr (real<R>) {
      if (!(group > as(p.largest_group))) return matrix;
    }
    const auto vector = on_vector_units();
    return where(single > R(0.5), vector, where(group > as(p.largest_group), max(vector, matrix), matrix));
  }

  // The routed feed-forward of a mixture of experts:
  //   x = 2 (A + d tile) hidden width / (peak e) ((matrices - 1)(1 + l/hidden) + 1 + l/width)
  //   y = bytes / bandwidth,  y' = y + sqrt(y ramp)
  //   t = launch + (x^4 + y'^4)^(1/4)
  // A: token-expert pairs on the rank, d: distinct experts that they reach, l: half length.
  template <class N>
  constexpr auto time(const expert_product<N>& op, const measurement& how = in_a_running_model) const {
    using namespace units;
    using R = promote_t<T, N>;
    const auto as = [](const auto& x) { return number_cast<R>(x); };
    const detail::expert_law<T>& p = expert_[expert_row(op.math, op.weights)];
    const R ranks = as(op.ranks), hidden = as(op.hidden), width = as(op.width);
    const R skew = as(p.skew[static_cast<std::size_t>(how.skew)]);
    const R load = ranks * (R(1) + skew) / (ranks + skew);
    const R pairs = as(op.tokens) * as(op.active) / ranks * load;
    const R each = as(op.tokens) * as(op.active) / as(op.experts) * load;
    const R reached = how.skew > 0   ? R(as(op.experts) / ranks * min(R(1), each / (R(1) + as(p.reach) * each)))
                      : how.balanced ? R(as(op.experts) / ranks * min(R(1), each))
                                     : as(op.distinct());
    const R experts = max(reached, R(1));
    const R products =
        (as(op.matrices) - R(1)) * (R(1) + as(p.half_length) / hidden) + R(1) + as(p.half_length) / width;
    const auto compute = (pairs + experts * as(p.tile)) * hidden * width * products * p.per_multiply;
    const auto bytes =
        (R(op.weight_bytes) * experts * as(op.matrices) * hidden * width +
         as(p.layers) * pairs *
             (hidden * R(op.activation_bytes + 4) + width * as(op.matrices) * R(op.activation_bytes + 2))) *
        byte;
    const auto plain = bytes * p.per_byte;
    const auto memory = plain + sqrt(plain / second * (p.ramp / second) + R(1e-30)) * second;
    return p.launch + smooth_max(compute, memory);
  }

  // Element-wise kernels: t = sqrt((n l)^2 + y^2 + 2 r n l y), n launches of l, y = bytes / (e bandwidth).
  template <class N>
  constexpr auto time(const memory_traffic<N>& op, const measurement& = in_a_running_model) const {
    using namespace units;
    using R = promote_t<T, N>;
    const R launches = op.kernels * stream_launch_ / second, moving = op.moved * stream_per_byte_ / second;
    return sqrt(launches * (launches + number_cast<R>(stream_overlap_) * moving) + moving * moving) * second;
  }

private:
  // What `all` bytes cost in bytes from memory, where those spill that the cache does not hold: A^2 / (A + cache); the
  // rest costs `cached` of a byte.
  template <class R>
  static constexpr auto spilled(const quantity<unit::byte, R>& all, const quantity<unit::byte, T>& cache,
                                const T& cached) {
    const R share = all / (all + cache);
    return all * (number_cast<R>(cached) + number_cast<R>(T(1) - cached) * share);
  }
  static constexpr std::size_t index(precision p) { return static_cast<std::size_t>(p); }
  static constexpr product_class class_of(precision math, precision weights) {
    switch (math) {
    case precision::fp8:
      return product_class::fp8;
    case precision::mxfp8:
      return product_class::block_fp8;
    case precision::int8:
      return product_class::int8;
    case precision::fp4:
    case precision::mxfp4:
    case precision::nvfp4:
      return product_class::fp4;
    case precision::int4:
      return product_class::weight_only;
    default:
      return bits(weights) < 12 ? product_class::weight_only : product_class::half;
    }
  }

  static constexpr std::size_t expert_row(precision math, precision weights) {
    const product_class row = class_of(math, weights);
    const bool fp4 = weights == precision::fp4 || weights == precision::mxfp4 || weights == precision::nvfp4;
    switch (row) {
    case product_class::half:
      return 0;
    case product_class::fp8:
    case product_class::int8:
      return fp4 ? 6 : 1;
    case product_class::block_fp8:
      return fp4 ? 6 : 2;
    case product_class::fp4:
      return 3;
    case product_class::weight_only:
      return fp4 ? 5 : 4;
    }
    return 0;
  }

  static constexpr std::size_t formats = index(precision::int4) + 1;
  static constexpr std::array<std::array<unsigned char, formats>, formats> product_rows = [] {
    std::array<std::array<unsigned char, formats>, formats> rows{};
    for (std::size_t math = 0; math < formats; ++math) {
      for (std::size_t weights = 0; weights < formats; ++weights)
        rows[math][weights] =
            static_cast<unsigned char>(class_of(static_cast<precision>(math), static_cast<precision>(weights)));
    }
    return rows;
  }();

  static constexpr std::array<detail::product_format, formats> product_formats = [] {
    std::array<detail::product_format, formats> all{};
    for (std::size_t math = 0; math < formats; ++math) {
      const precision p = static_cast<precision>(math);
      all[math] = {bytes_per_value(p), p == precision::fp32 ? 2 : p == precision::tf32 ? 1 : 0};
    }
    return all;
  }();

  std::array<T, 3> slower_{};  // 16-bit peak over itself, that of TF32 and of FP32, which take the shape of 16 bit
  T per_multiprocessor_ = T(0);
  quantity<unit::byte, T> product_cache_{}, quantise_cache_{};
  quantity<unit::per_second, T> per_droop_time_{};
  T in_cache_ = T(0), quantised_in_cache_ = T(0);  // cost of a byte found there over one from memory
  std::array<detail::product_law<T>, 6> product_{};
  std::array<detail::prefill_law<T>, 4> prefill_{};
  std::array<detail::decode_law<T>, 4> decode_{};
  std::array<detail::expert_law<T>, 7> expert_{};
  quantity<unit::second, T> stream_launch_{};
  quantity<unit::second_per_byte, T> stream_per_byte_{};
  T stream_overlap_ = T(0);
};

}  // namespace layercake::chips
