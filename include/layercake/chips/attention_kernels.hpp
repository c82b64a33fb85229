// How long attention takes on a chip: over many queries (prefill), or of one new position a sequence (decode).
#pragma once

#include <layercake/chips/kernel_chip.hpp>
#include <layercake/core/fields.hpp>
#include <layercake/core/operations.hpp>

namespace layercake::chips {

namespace detail {

inline constexpr double no_window = 1e18;    // positions, more than any sequence has
inline constexpr double narrow_bytes = 1.5;  // of a cached value: below it 8 bit, above 16
// Queries a sequence: one is decoding; and query heads a key head: one is attention without groups. Between whole numbers.
inline constexpr double about_one = 1.5;
// FLOP per clock and multiprocessor that fused attention multiplies with if it is written for the matrix instructions of NVIDIA's Ampere
// generation, which has 2048 of them; later generations run it at the same pace. Its exponentials are not hidden behind the products. From 370
// TFLOP/s on the 132 multiprocessors of an H100 SXM at 1.83 GHz, heads of 128, no mask, 8 to 16 thousand positions (FlashAttention-2 in
// Shah et al., FlashAttention-3, NeurIPS 2024, figure 5): 512 FLOP a score take 0.334 clocks, of which an exponential 1/16. By the 225 TFLOP/s
// that the same kernel reaches on an A100 (Dao, FlashAttention-2, ICLR 2024) it is 1803.
inline constexpr double ported_rate = 1884;

template <number T>
struct prefill_row {
  quantity<unit::second, T> launch, tile_start;       // tile_start: over all multiprocessors
  quantity<unit::second, T> per_multiply, per_score;  // of one query, key and head: per width, and for its exponential
  quantity<unit::second, T> longest_multiply, longest_score;  // of the longest tile, on one multiprocessor
  quantity<unit::second, T> ported_multiply, ported_score;    // the same of a ported kernel
  quantity<unit::second_per_byte, T> per_byte;
  quantity<unit::byte, T> cached;
  T passes, window_padding, tile, per_tile, cached_cost;
  T compute;  // share of the peak
};

template <number T>
struct decode_row {
  quantity<unit::second, T> launch, stream, ramp, per_multiply,
      split;  // split: times the root of the bytes of a sequence
  quantity<unit::second, T> vector_launch, vector_stream, vector_value;
  quantity<unit::second_per_byte, T> per_byte, unsplit;
  quantity<unit::byte, T> ramp_bytes, cached;
  T groups, padded_rows, largest_group, vector_single, cached_cost;  // groups, padded_rows: squared, per query head
                                                                     // of a large group
};

template <number T>
constexpr prefill_row<T> prefill_row_on(const kernel_source<T>& from, std::size_t i) {
  using namespace units;
  const prefill_constants& c = from.constants.prefill[i];
  const auto peak = i % 2 == 0 ? from.chip.half : from.chip.eighth;
  const T multiprocessors = from.multiprocessors(i % 2);
  prefill_row<T> p;
  p.launch = number_cast<T>(c.launch) * second;
  p.tile_start = number_cast<T>(c.tile_start) * second / multiprocessors;
  p.compute = from.share(number_cast<T>(c.compute));
  p.per_multiply = T(2) * flop / (peak * p.compute);
  p.per_score = T(1) / (from.chip.exponential_rate * number_cast<T>(c.exponential));
  p.per_byte = from.per_byte() * number_cast<T>(1 / from.constants.shared.prefill_memory);
  p.cached = number_cast<T>(c.cache_share) * from.chip.on_chip_cache;
  p.passes = number_cast<T>(c.passes);
  p.ported_multiply = T(2) / (number_cast<T>(ported_rate) * from.multiprocessors(0) * from.chip.clock);
  p.ported_score = T(1) / from.chip.exponential_rate;
  p.longest_multiply = p.per_multiply * (number_cast<T>(c.longest) * multiprocessors);
  p.longest_score = p.per_score * (number_cast<T>(c.longest) * from.multiprocessors(0));
  p.window_padding = number_cast<T>(c.window_padding);
  p.tile = number_cast<T>(c.tile);
  p.per_tile = number_cast<T>(1 / c.tile);
  p.cached_cost = number_cast<T>(c.cached_cost);
  return p;
}

template <number T>
constexpr decode_row<T> decode_row_on(const kernel_source<T>& from, std::size_t i) {
  using namespace units;
  const decode_constants& e = from.constants.decode[i];
  const auto peak = i % 2 == 0 ? from.chip.half : from.chip.eighth;
  const T multiprocessors = from.multiprocessors(i % 2);
  decode_row<T> d;
  d.launch = number_cast<T>(e.launch) * second;
  d.stream = number_cast<T>(e.stream) * second / multiprocessors;
  d.groups = number_cast<T>(1 / (e.stream_group * e.stream_group));
  d.per_byte = from.per_byte() / from.own(number_cast<T>(e.memory), from.chip.memory_efficiency);
  d.ramp = number_cast<T>(e.ramp) * second;
  d.ramp_bytes = number_cast<T>(e.ramp_bytes) * byte;
  d.per_multiply = T(2) * flop / (peak * from.share(number_cast<T>(e.compute)));
  d.padded_rows = number_cast<T>(e.padded_rows * e.padded_rows);
  d.split = number_cast<T>(sqrt(e.split)) * second;
  d.unsplit = number_cast<T>(e.unsplit) * second / byte;
  d.vector_launch = number_cast<T>(e.vector_launch) * second;
  d.vector_stream = number_cast<T>(e.vector_stream) * second / multiprocessors;
  d.vector_value = T(1) / (number_cast<T>(e.vector_rate) * multiprocessors * from.chip.clock);
  d.largest_group = number_cast<T>(e.largest_group);
  d.vector_single = number_cast<T>(e.vector_single);
  d.cached = number_cast<T>(e.cache_share) * from.chip.on_chip_cache;
  d.cached_cost = number_cast<T>(e.cached_cost);
  return d;
}

}  // namespace detail

// The laws of attention on one chip.
template <number T = double>
class basic_attention_law {
public:
  basic_attention_law() = default;
  constexpr explicit basic_attention_law(const detail::kernel_source<T>& from)
      : per_multiprocessor_{T(1) / from.multiprocessors(0), T(1) / from.multiprocessors(1)}, slower_(from.slower()) {
    for (std::size_t i = 0; i < prefill_.size(); ++i)
      prefill_[i] = detail::prefill_row_on(from, i), decode_[i] = detail::decode_row_on(from, i);
  }

  // Attention: the law of decode for one query a sequence, that of prefill for more. What of their keys stands before
  // the first of them is read as in decode, with the queries packed, where that is faster (speculation, small chunks):
  //   t = min(t_prefill, (1 - w) t_prefill + w t_decode),  w = before / (before + queries)
  // before = context - queries, or the window where that is less. w is assumed: measured were prompts, 0, and one query,
  // 1. The kernels of prompts take longer to launch: a few queries on hardly a prefix take longer than on a longer one.
  template <number N>
  constexpr auto time(const attention_product<N>& op, const measurement& how = in_a_running_model) const {
    using R = promote_t<T, N>;
    const R queries = number_cast<R>(op.queries);
    const auto decoding = queries < R(detail::about_one);
    if constexpr (real<R>) {
      if (decoding) return decode(op, how);
    }
    quantity<unit::second, R> many{}, few{};
    R before(0);  // of decoding nothing, so that it is not mixed
    if (may_hold(!decoding)) {
      many = prefill(op);
      const R prefix = max(number_cast<R>(op.context) - queries, R(0)), window = number_cast<R>(op.window);
      before = where(decoding, R(0), where(window > R(0), min(prefix, window), prefix));
    }
    const auto mixed = before > R(0);
    if (may_hold(decoding || mixed)) few = decode(op, how);
    if (may_hold(mixed)) many = where(mixed, min(many, (queries * many + before * few) / (before + queries)), many);
    return where(decoding, few, many);
  }

  // Many queries:
  //   t = launch + b h q tile keys u + longest tile + start of tiles + bytes / bandwidth
  // q = sqrt(1 + (s/tile)^2): tiles of queries a sequence and head; keys = prefix + s/2 + tile/2, cut smoothly by the
  // window, and at least e of those that a query sees: no faster than the peak; u = 2 width / (peak e) + 1 / exponential
  // rate: seconds per query, key and head.
  // Without a causal mask keys = the context, all of it. A ported kernel takes at least 2 width / (1884 multiprocessors
  // clock) + 1 / exponential rate for each query, key that it sees and head. Leaves out sequences of unequal length and attention sinks.
  // Worked number: one sequence of 8192, 32 heads, 8 key heads of 128, BF16, H100 SXM: 1.21 ms.
  template <number N>
  constexpr auto prefill(const attention_product<N>& op) const {
    using namespace units;
    using R = promote_t<T, N>;
    const auto as = [](const auto& x) { return number_cast<R>(x); };
    // Keys wider than values are multi-head latent attention, expanded: other kernels.
    const std::size_t row = is_narrow_attention(op.math) ? 1 : 0;
    const auto expanded = as(op.key_width) > as(op.value_width);
    const auto p = [&](auto member) {
      const auto cast = [](const auto& x) { return over_number<R>(x); };
      if constexpr (real<R>)
        return cast(prefill_[row + (expanded ? 2 : 0)].*member);
      else
        return where(expanded, cast(prefill_[row + 2].*member), cast(prefill_[row].*member));
    };
    using law = detail::prefill_row<T>;
    const R b = as(op.sequences), h = as(op.heads), s = as(op.queries), prefix = max(as(op.context) - s, R(0));
    const R key_heads = as(op.key_heads), width = as(op.key_width + op.value_width);
    const R tile = p(&law::tile), tiles = sqrt(R(1) + detail::square(s * p(&law::per_tile)));
    const R window =
        where(as(op.window) > R(0), as(op.window) + p(&law::window_padding), number_cast<R>(detail::no_window));
    const auto within = [&](const R& positions) -> R {
      if constexpr (real<R>) {
        if (!(as(op.window) > R(0))) return positions;
      }
      return where(as(op.window) > R(0), detail::smooth_min(positions, window), positions);
    };
    const R own = op.causal ? s : R(min(s, as(op.context)));  // keys beside the prefix: other sequences may be shorter
    const R seen = op.causal ? R(prefix + R(0.5) * (s + tile)) : R(prefix + own);
    R keys = within(seen);
    if (may_hold(as(op.window) > R(0))) keys = max(keys, as(op.visible()) * p(&law::compute));
    // Multiprocessors without a tile of their own share the prefix.
    const R longest = within(R(own + prefix * min(R(1), b * h * tiles * as(per_multiprocessor_[row]))));
    auto multiply = p(&law::per_multiply), longest_multiply = p(&law::longest_multiply);
    if (const std::size_t wide = wide_format(op.math)) {
      multiply = multiply * as(slower_[wide]);
      longest_multiply = longest_multiply * as(slower_[wide]);
    }
    const auto each = width * multiply + p(&law::per_score);
    const auto each_longest = width * longest_multiply + p(&law::longest_score);
    auto tiles_time = tile * (b * h * tiles * keys * each + longest * each_longest);
    if (op.ported)
      tiles_time =
          max(tiles_time, b * h * s * as(op.visible()) * (width * p(&law::ported_multiply) + p(&law::ported_score)));
    const R cache = number_cast<R>(op.cache_bytes);
    const auto bytes = b *
                       (s * R(2) * h * width * p(&law::passes) + own * key_heads * width * (R(2) + cache) +
                        prefix * key_heads * width * cache) *
                       byte;
    const auto cached = p(&law::cached);
    const R cached_cost = p(&law::cached_cost);
    const auto memory =
        (detail::smooth_ramp(bytes - cached, cached) * (R(1) - cached_cost) + cached_cost * bytes) * p(&law::per_byte);
    return p(&law::launch) + tiles_time + b * h * tiles * p(&law::tile_start) + memory;
  }

  // One query a sequence, or several packed beside the heads of a group, as many as one tile of the matrix unit holds;
  // what is beyond it reads the cache once more, in passes of their own:
  //   t = launch + sqrt(memory^2 + compute^2 + streams^2 + unsplit^2) + ramp X / (X + X0) + split sqrt(x)
  // X: bytes of the cache that are read, x: of one sequence and key head. Multiplied in 8 bit where the cache is stored in
  // 8 bit, whatever the format of the queries, as the measured kernels do. Groups of more heads than a tile of the
  // matrix unit holds, and with some software single heads, run on vector units:
  //   t = launch' + sqrt(memory^2 + compute^2 + vector^2 + streams'^2) + the same.
  // Worked number: 64 sequences at 8192, 64 heads, 8 key heads of 128, BF16, H100 SXM: 0.71 ms
  // (2.15 GB at 3.35 TB/s: 0.64 ms).
  template <number N>
  constexpr auto decode(const attention_product<N>& op, const measurement& how = in_a_running_model) const {
    using namespace units;
    using R = promote_t<T, N>;
    const auto as = [](const auto& x) { return number_cast<R>(x); };
    const detail::decode_row<T>& p = decode_[(op.latent ? 2U : 0U) + (op.cache_bytes < detail::narrow_bytes ? 1U : 0U)];
    const R key_heads = as(op.latent ? N(1) : op.key_heads), head_group = as(op.heads) / key_heads;
    R passes(1), packed = as(op.queries);
    if (may_hold(packed > R(1))) {  // one query is packed with nothing: nothing to divide
      passes = max(R(1), min(packed, packed * head_group / as(p.largest_group)));
      packed = packed / passes;
    }
    const R b = as(op.sequences) * passes, h = as(op.heads) * packed;
    const R group = head_group * packed, group2 = group * group, streams = b * key_heads;
    const R length = where(as(op.window) > R(0), min(as(op.context), as(op.window) + (packed - R(1))), as(op.context));
    const R width = as(op.key_width + op.value_width),
            stored = as(op.latent ? op.key_width : op.key_width + op.value_width);
    const auto one = length * stored * (R(op.cache_bytes) * byte);
    const auto cache = streams * one;
    auto read = cache;
    if (how.keys_alone && !op.latent) read = read * (as(op.key_width) / width);
    if (how.warm_cache) {
      const quantity<unit::byte, R> cached = p.cached;
      read = as(p.cached_cost) * read + (R(1) - as(p.cached_cost)) * detail::smooth_ramp(read - cached, cached);
    }
    const auto squared = [](const auto& t) { return detail::square(R(t / second)); };
    const R moving = squared((read + R(op.activation_bytes) * b * h * width * byte) * p.per_byte);
    auto multiply = p.per_multiply;
    if (const std::size_t wide = wide_format(op.math))
      multiply = decode_[op.latent ? 2 : 0].per_multiply * slower_[wide];
    const R multiplying = (group2 + as(p.padded_rows)) * squared(streams * length * width * multiply);
    const auto rest = p.ramp * (cache / (cache + p.ramp_bytes)) + p.split * sqrt(R(one / byte));
    const auto on_vector_units = [&] {
      const R starting = squared(b * h * p.vector_stream), values = squared(b * h * length * stored * p.vector_value);
      return p.vector_launch + sqrt(moving + multiplying + values + starting) * second + rest;
    };
    const R single = where(group < R(detail::about_one), as(p.vector_single), R(0));
    if constexpr (real<R>) {
      if (!op.latent && single > R(0.5)) return on_vector_units();
    }
    const R starting = (R(1) + group2 * as(p.groups)) * squared(streams * p.stream);
    const auto matrix = p.launch + sqrt(moving + multiplying + starting + squared(one * p.unsplit)) * second + rest;
    if (op.latent) return matrix;
    if constexpr (real<R>) {
      if (!(head_group > as(p.largest_group))) return matrix;
    }
    const auto vector = on_vector_units();
    return where(single > R(0.5), vector, where(head_group > as(p.largest_group), max(vector, matrix), matrix));
  }

private:
  std::array<T, 2> per_multiprocessor_{};  // of rows in 16 and in 8 bit
  std::array<T, 3> slower_{};
  std::array<detail::prefill_row<T>, 4> prefill_{};
  std::array<detail::decode_row<T>, 4> decode_{};
};

}  // namespace layercake::chips
