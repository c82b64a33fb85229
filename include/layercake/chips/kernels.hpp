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

// What the laws need of a chip.
template <class T = double>
struct basic_kernel_chip {
  // Peak rates of 32, 19, 16, 8 and 4 bit, and of integers.
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
  quantity<unit::byte, T> quantise_bytes;  // per value of X
  T edge, rounding, exposed, droop;
};

template <class T>
struct prefill_law {
  quantity<unit::second, T> launch, tile_start;       // tile_start: over all multiprocessors
  quantity<unit::second, T> per_multiply, per_score;  // of one query, key and head: per width, and for its exponential
  quantity<unit::second_per_byte, T> per_byte;
  quantity<unit::byte, T> cached;
  T passes, longest, window_padding, tile, cached_cost;
};

template <class T>
struct decode_law {
  quantity<unit::second, T> launch, stream, ramp, per_multiply,
      split;  // split: times the root of the bytes of a sequence
  quantity<unit::second, T> vector_launch, vector_stream, vector_value;
  quantity<unit::second_per_byte, T> per_byte, unsplit;
  quantity<unit::byte, T> ramp_bytes, cached;
  T groups, padded_rows, largest_group, vector_single, cached_cost;  // groups: streams per query head of a large group
};

template <class T>
struct expert_law {
  quantity<unit::second, T> launch, per_multiply, ramp;
  quantity<unit::second_per_byte, T> per_byte;
  T half_length, tile, layers, reach;
  std::array<double, 3> skew;
};

}  // namespace detail

// The laws on one chip. T is the number type of the chip's figures, N that of the operation's; times are of
// promote_t<T, N>.
template <class T = double>
class basic_kernel_law {
public:
  basic_kernel_law() = default;
  constexpr basic_kernel_law(const basic_kernel_chip<T>& chip, const family_constants& constants)
      : chip_(chip), shared_(constants.shared) {
    using namespace units;
    const auto own = [&](double fitted, const T& of_chip) {
      return constants.measured ? number_cast<T>(fitted) : of_chip;
    };
    const T sms = chip.multiprocessors;
    // Watts per TFLOP/s short of what keeps the clock up.
    const T watts = chip.power_limit / (chip.half / teraflop_per_second) / watt;
    const T shortfall = where(is_known(watts), max(number_cast<T>(shared_.droop_from) - watts, T(0)), T(0));
    const std::array<quantity<unit::flop_per_second, T>, 6> rate{chip.half,    chip.eighth, chip.eighth,
                                                                 chip.quarter, chip.int8,   chip.half};
    for (std::size_t i = 0; i < 6; ++i) {
      const product_constants& c = constants.product[i];
      const T share =
          number_cast<T>(c.compute) *
          (constants.measured ? T(1) : chip.compute_efficiency / number_cast<T>(constants.product[0].compute));
      detail::product_law<T>& p = product_[i];
      p.launch = number_cast<T>(c.launch) * second;
      p.quantise_launch = number_cast<T>(c.quantise_launch) * second;
      p.per_multiply = T(2) * flop / (rate[i] * share);
      p.chain = number_cast<T>(c.chain * 2 * 128 * 128) * sms * flop / rate[i];
      p.chain_limit = number_cast<T>(c.chain_limit) / second;
      p.per_result = number_cast<T>(c.epilogue * 2) * byte / chip.memory_bandwidth;
      p.per_byte = T(1) / (chip.memory_bandwidth * own(c.memory, chip.memory_efficiency));
      p.quantise_per_byte = T(1) / (chip.memory_bandwidth * number_cast<T>(c.quantise_memory));
      p.quantise_bytes = number_cast<T>(c.quantise_bytes) * byte;
      p.edge = number_cast<T>(c.edge);
      p.rounding = number_cast<T>(c.rounding);
      p.exposed = number_cast<T>(c.exposed);
      p.droop = number_cast<T>(c.droop) * shortfall;
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
      p.per_byte = T(1) / (chip.memory_bandwidth * number_cast<T>(shared_.prefill_memory));
      p.cached = number_cast<T>(c.cache_share) * chip.on_chip_cache;
      p.passes = number_cast<T>(c.passes);
      p.longest = number_cast<T>(c.longest) * sms;
      p.window_padding = number_cast<T>(c.window_padding);
      p.tile = number_cast<T>(c.tile);
      p.cached_cost = number_cast<T>(c.cached_cost);
      const decode_constants& e = constants.decode[i];
      detail::decode_law<T>& d = decode_[i];
      d.launch = number_cast<T>(e.launch) * second;
      d.stream = number_cast<T>(e.stream) * second / sms;
      d.groups = number_cast<T>(1 / e.stream_group);
      d.per_byte = T(1) / (chip.memory_bandwidth * own(e.memory, chip.memory_efficiency));
      d.ramp = number_cast<T>(e.ramp) * second;
      d.ramp_bytes = number_cast<T>(e.ramp_bytes) * byte;
      d.per_multiply = T(2) * flop / (peak * (number_cast<T>(e.compute) * share));
      d.padded_rows = number_cast<T>(e.padded_rows);
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
      const expert_constants& c = constants.expert[i];
      detail::expert_law<T>& x = expert_[i];
      const T share =
          constants.measured ? T(1) : chip.compute_efficiency / number_cast<T>(constants.product[0].compute);
      x.launch = number_cast<T>(c.launch) * second;
      x.per_multiply = T(2) * flop / (rate[i == 6 ? 1 : i >= 4 ? 5 : i] * (number_cast<T>(c.compute) * share));
      x.per_byte = T(1) / (chip.memory_bandwidth * own(c.memory, chip.memory_efficiency));
      x.ramp = number_cast<T>(c.ramp) * second;
      x.half_length = number_cast<T>(c.half_length);
      x.tile = number_cast<T>(c.tile);
      x.layers = number_cast<T>(c.layers);
      x.reach = number_cast<T>(c.reach);
      x.skew = {0, c.skew_1, c.skew_2};
    }
    stream_launch_ = number_cast<T>(constants.stream.launch) * second;
    stream_per_byte_ = T(1) / (chip.memory_bandwidth * number_cast<T>(constants.stream.memory));
    stream_overlap_ = number_cast<T>(constants.stream.overlap);
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
  constexpr auto time(const matrix_product<N>& op, const measurement& how = {}) const {
    using namespace units;
    using R = promote_t<T, N>;
    const detail::product_law<T>& p = product_[static_cast<std::size_t>(class_of(op.math, op.weights))];
    const R m = number_cast<R>(op.m), n = number_cast<R>(op.n), k = number_cast<R>(op.k),
            batch = number_cast<R>(op.batch);
    // TF32 and FP32 take the shape of 16 bit at their own peak.
    const T slower = op.math == precision::fp32   ? chip_.half / chip_.single
                     : op.math == precision::tf32 ? chip_.half / chip_.tf32
                                                  : T(1);
    const auto u = p.chain * slower * k;
    const auto chain = u / (R(1) + u * p.chain_limit);
    const R rows = m + number_cast<R>(p.edge) + number_cast<R>(p.rounding) * (R(128) * ceil(m * R(1.0 / 128)) - m);
    const auto plain = batch * rows * (n + number_cast<R>(p.edge)) * (k * (p.per_multiply * slower) + p.per_result) +
                       (T(1) - p.exposed) * chain;
    const auto compute =
        plain * (R(1) + number_cast<R>(p.droop) * (plain / (plain + number_cast<R>(shared_.droop_time) * second)));
    const auto weights = batch * n * k * (number_cast<R>(op.weight_bytes) * byte);
    const quantity<unit::byte, R> cache = number_cast<T>(shared_.activation_cache) * chip_.on_chip_cache;
    const auto cold = min(weights, max(R(0) * byte, number_cast<R>(how.weight_copies) * weights - cache));
    const double narrow = bytes_per_value(op.math) < op.input_bytes ? bytes_per_value(op.math) : op.input_bytes;
    const auto activations = batch * m * ((k * number_cast<R>(narrow) + n * number_cast<R>(op.output_bytes)) * byte);
    const auto spilled = activations * (activations / (activations + cache));
    const auto memory =
        (cold + spilled + (weights - cold + activations - spilled) * number_cast<R>(1 / shared_.cache_speed)) *
        p.per_byte;
    auto t = smooth_max(compute, memory) + p.exposed * chain + p.launch;
    if (op.input_bytes > 1.5 * bytes_per_value(op.math)) {
      const auto q = batch * m * k * p.quantise_bytes;
      const auto out = q * (q / (q + number_cast<T>(shared_.quantise_cache) * chip_.on_chip_cache));
      t = t + p.quantise_launch + (out + (q - out) * number_cast<R>(1 / shared_.quantise_speed)) * p.quantise_per_byte;
    }
    return t;
  }

  // Attention: the law of decode for one query a sequence, that of prefill for many; for a few queries on a long prefix
  // (chunks, speculation) the faster of prefill and of decode with the queries packed beside the heads of a group.
  template <class N>
  constexpr auto time(const attention_product<N>& op, const measurement& how = {}) const {
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
      const auto cast = [](const auto& x) { return layercake::detail::number_cast_field<R>(x); };
      return where(expanded, cast(prefill_[row + 2].*member), cast(prefill_[row].*member));
    };
    using law = detail::prefill_law<T>;
    const R b = as(op.sequences), h = as(op.heads), s = as(op.queries), prefix = max(as(op.context) - s, R(0));
    const R key_heads = as(op.key_heads), width = as(op.key_width + op.value_width);
    const R tile = p(&law::tile), tiles = sqrt(R(1) + detail::square(s / tile));
    const R window = where(as(op.window) > R(0), as(op.window) + p(&law::window_padding), number_cast<R>(1e18));
    const R seen = op.causal ? R(prefix + R(0.5) * (s + tile)) : R(prefix + s);
    const R keys = detail::smooth_min(seen, window);
    // Multiprocessors without a tile of their own share the prefix.
    const R longest = detail::smooth_min(R(s + prefix * min(R(1), b * h * tiles / as(chip_.multiprocessors))), window);
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
  constexpr auto decode(const attention_product<N>& op, const measurement& how = {}) const {
    using namespace units;
    using R = promote_t<T, N>;
    const auto as = [](const auto& x) { return number_cast<R>(x); };
    const detail::decode_law<T>& p = decode_[(op.latent ? 2U : 0U) + (op.cache_bytes < 1.5 ? 1U : 0U)];
    const R key_heads = as(op.latent ? N(1) : op.key_heads), b = as(op.sequences), h = as(op.heads) * as(op.queries);
    const R group = h / key_heads, streams = b * key_heads;
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
    const auto memory = (read + R(op.activation_bytes) * b * h * width * byte) * p.per_byte;
    const auto compute =
        streams * sqrt(detail::square(group) + detail::square(as(p.padded_rows))) * length * width * p.per_multiply;
    const auto ramp = p.ramp * (cache / (cache + p.ramp_bytes));
    const auto split = p.split * sqrt(one / byte);
    const auto stream = streams * sqrt(R(1) + detail::square(group * as(p.groups))) * p.stream;
    const auto matrix = p.launch + detail::root_of_squares(memory, compute, stream, one * p.unsplit) + ramp + split;
    if (op.latent) return matrix;
    const auto vector =
        p.vector_launch +
        detail::root_of_squares(memory, compute, b * h * length * stored * p.vector_value, b * h * p.vector_stream) +
        ramp + split;
    const R single = where(group < R(1.5), as(p.vector_single), R(0));
    return where(single > R(0.5), vector, where(group > as(p.largest_group), max(vector, matrix), matrix));
  }

  // The routed feed-forward of a mixture of experts:
  //   x = 2 (A + d tile) hidden width / (peak e) ((matrices - 1)(1 + l/hidden) + 1 + l/width)
  //   y = bytes / bandwidth,  y' = y + sqrt(y ramp)
  //   t = launch + (x^4 + y'^4)^(1/4)
  // A: token-expert pairs on the rank, d: distinct experts that they reach, l: half length.
  template <class N>
  constexpr auto time(const expert_product<N>& op, const measurement& how = {}) const {
    using namespace units;
    using R = promote_t<T, N>;
    const auto as = [](const auto& x) { return number_cast<R>(x); };
    const detail::expert_law<T>& p = expert_[expert_row(op.math, op.weights)];
    const R ranks = as(op.ranks), hidden = as(op.hidden), width = as(op.width);
    const R skew = R(p.skew[static_cast<std::size_t>(how.skew)]);
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
  constexpr auto time(const memory_traffic<N>& op, const measurement& = {}) const {
    using namespace units;
    using R = promote_t<T, N>;
    const R launches = op.kernels * stream_launch_ / second, moving = op.moved * stream_per_byte_ / second;
    return sqrt(launches * launches + moving * moving + R(2) * number_cast<R>(stream_overlap_) * launches * moving) *
           second;
  }

private:
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

  basic_kernel_chip<T> chip_{};
  shared_constants shared_{};
  std::array<detail::product_law<T>, 6> product_{};
  std::array<detail::prefill_law<T>, 4> prefill_{};
  std::array<detail::decode_law<T>, 4> decode_{};
  std::array<detail::expert_law<T>, 7> expert_{};
  quantity<unit::second, T> stream_launch_{};
  quantity<unit::second_per_byte, T> stream_per_byte_{};
  T stream_overlap_ = T(0);
};

}  // namespace layercake::chips
