// The operations of a tape in blocks of lanes, for one instruction set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <layercake/bulk/tape/recorded.hpp>
#include <layercake/bulk/xsimd.hpp>
#include <limits>
#include <new>

namespace layercake::bulk {

// How a quotient is computed. `ieee`: as the scalar path does. `reciprocal`: by a factor that is computed once where the divisor does not
// change in the inner loop, and from the processor's estimate where it does; within 2 ulp.
enum class division : std::uint8_t { ieee, reciprocal };

// exp, expm1, log and log1p of a batch differ from the scalar path's by at most this many units in the last place.
inline constexpr int elementary_ulp = 4;

namespace detail {

template <real S>
struct instruction {
  void (*run)(const instruction&, std::size_t);
  const S *a = nullptr, *b = nullptr, *c = nullptr, *d = nullptr;
  S* out = nullptr;
};

// An operand: lanes of a block, or one value for all of them.
template <class Arch, bool Single, class S>
struct operand {
  const S* at;
  explicit operand(const S* p) : at(p) {}
  batch<S, Arch> operator[](std::size_t i) const { return read_lanes<Arch>(at + i); }
};
template <class Arch, class S>
struct operand<Arch, true, S> {
  batch<S, Arch> value;
  explicit operand(const S* p) : value(*p) {}
  const batch<S, Arch>& operator[](std::size_t) const { return value; }
};

template <operation Op, class B>
B applied(const B& a, const B& b) {
  if constexpr (Op == operation::add) return a + b;
  if constexpr (Op == operation::subtract) return a - b;
  if constexpr (Op == operation::multiply) return a * b;
  if constexpr (Op == operation::divide) return a / b;
}
template <operation Op, class B>
B applied(const B& a) {
  if constexpr (Op == operation::negate) return -a;
  if constexpr (Op == operation::abs) return xsimd::abs(a);
  if constexpr (Op == operation::ceil) return xsimd::ceil(a);
  if constexpr (Op == operation::floor) return xsimd::floor(a);
  if constexpr (Op == operation::sqrt) return xsimd::sqrt(a);
  if constexpr (Op == operation::exp) return xsimd::exp(a);
  if constexpr (Op == operation::expm1) return xsimd::expm1(a);
  if constexpr (Op == operation::log) return xsimd::log(a);
  if constexpr (Op == operation::log1p) return xsimd::log1p(a);
}
template <operation Op, class B>
auto compared(const B& a, const B& b) {
  if constexpr (Op == operation::less) return a < b;
  if constexpr (Op == operation::less_equal) return a <= b;
  if constexpr (Op == operation::equal) return a == b;
}

// The code of the innermost loop for one instruction set.
template <real S, class Arch>
struct kernels {
  using B = batch<S, Arch>;
  static constexpr std::size_t W = B::size;
  using code = instruction<S>;
  using function = void (*)(const code&, std::size_t);
  template <bool Single>
  using in = operand<Arch, Single, S>;
  static constexpr std::size_t group = 4;  // vectors at once: the loop itself would cost as much as one operation
  static_assert(smallest_block % (group * W) == 0);

  // out = f(k) for the vectors at k = 0, W, ... below n, in whole groups. The results of a group are written after all
  // its operands are read, which may lie in the same memory.
  template <class F>
  static void for_vectors(S* out, std::size_t n, const F& f) {
    for (std::size_t k = 0; k < n; k += group * W) {
      const B x0 = f(k), x1 = f(k + W), x2 = f(k + 2 * W), x3 = f(k + 3 * W);
      write_lanes(out + k, x0);
      write_lanes(out + k + W, x1);
      write_lanes(out + k + 2 * W, x2);
      write_lanes(out + k + 3 * W, x3);
    }
  }

  template <operation Op>
  static void unary(const code& i, std::size_t n) {
    for_vectors(i.out, n, [&](std::size_t k) { return applied<Op>(read_lanes<Arch>(i.a + k)); });
  }
  template <operation Op, bool SA, bool SB>
  static void binary(const code& i, std::size_t n) {
    const in<SA> a(i.a);
    const in<SB> b(i.b);
    for_vectors(i.out, n, [&](std::size_t k) { return applied<Op>(a[k], b[k]); });
  }
  static void by_reciprocal(const code& i, std::size_t n) {
    for_vectors(i.out, n, [&](std::size_t k) {
      return read_lanes<Arch>(i.a + k) * refined_reciprocal(read_lanes<Arch>(i.b + k));
    });
  }
  template <operation Op, bool SA, bool SB, bool SC, bool SD>
  static void chosen(const code& i, std::size_t n) {  // a op b ? c : d
    const in<SA> a(i.a);
    const in<SB> b(i.b);
    const in<SC> c(i.c);
    const in<SD> d(i.d);
    for_vectors(i.out, n, [&](std::size_t k) { return xsimd::select(compared<Op>(a[k], b[k]), c[k], d[k]); });
  }
  template <operation Op, bool SA, bool SB>
  static void mask(const code& i, std::size_t n) {
    const in<SA> a(i.a);
    const in<SB> b(i.b);
    for_vectors(i.out, n, [&](std::size_t k) { return xsimd::select(compared<Op>(a[k], b[k]), B(S(1)), B(S(0))); });
  }
  template <bool SA, bool SB>
  static void both(const code& i, std::size_t n) {
    const in<SA> a(i.a);
    const in<SB> b(i.b);
    for_vectors(i.out, n, [&](std::size_t k) { return a[k] * b[k]; });
  }
  template <bool SA, bool SB>
  static void either(const code& i, std::size_t n) {
    const in<SA> a(i.a);
    const in<SB> b(i.b);
    for_vectors(i.out, n, [&](std::size_t k) { return xsimd::max(a[k], b[k]); });
  }
  static void complement(const code& i, std::size_t n) {
    for_vectors(i.out, n, [&](std::size_t k) { return B(S(1)) - read_lanes<Arch>(i.a + k); });
  }

  // alive *= holds, masks both; how many are left.
  static std::size_t keep(S* alive, const S* holds, std::size_t n) {
    B left(S(0));
    for (std::size_t k = 0; k < n; k += W) {
      const B x = read_lanes<Arch>(alive + k) * read_lanes<Arch>(holds + k);
      write_lanes(alive + k, x);
      left = left + x;
    }
    S each[W], all = 0;
    write_lanes(each, left);
    for (const S x : each)
      all += x;
    return static_cast<std::size_t>(all);
  }
  // out = from where alive, NaN elsewhere.
  static void blank(S* out, const S* from, const S* alive, std::size_t n) {
    const B nan(std::numeric_limits<S>::quiet_NaN());
    for (std::size_t k = 0; k < n; k += W)
      write_lanes(out + k, xsimd::select(read_lanes<Arch>(alive + k) == B(S(0)), nan, read_lanes<Arch>(from + k)));
  }

  template <operation Op>
  static function pick_binary(bool sa, bool sb) {
    return sa ? (sb ? &binary<Op, true, true> : &binary<Op, true, false>)
              : (sb ? &binary<Op, false, true> : &binary<Op, false, false>);
  }
  template <operation Op>
  static function pick_mask(bool sa, bool sb) {
    return sa ? (sb ? &mask<Op, true, true> : &mask<Op, true, false>)
              : (sb ? &mask<Op, false, true> : &mask<Op, false, false>);
  }
  template <operation Op, bool... Done>
  static function pick_chosen(const bool* single) {
    if constexpr (sizeof...(Done) == 4) {
      return &chosen<Op, Done...>;
    } else {
      return *single ? pick_chosen<Op, Done..., true>(single + 1) : pick_chosen<Op, Done..., false>(single + 1);
    }
  }

  // Operands of which `single` says whether they are one value for the whole block.
  static function find(operation op, const bool* single) {
    switch (op) {
    case operation::add:
      return pick_binary<operation::add>(single[0], single[1]);
    case operation::subtract:
      return pick_binary<operation::subtract>(single[0], single[1]);
    case operation::multiply:
      return pick_binary<operation::multiply>(single[0], single[1]);
    case operation::divide:
      return pick_binary<operation::divide>(single[0], single[1]);
    case operation::negate:
      return &unary<operation::negate>;
    case operation::abs:
      return &unary<operation::abs>;
    case operation::ceil:
      return &unary<operation::ceil>;
    case operation::floor:
      return &unary<operation::floor>;
    case operation::sqrt:
      return &unary<operation::sqrt>;
    case operation::exp:
      return &unary<operation::exp>;
    case operation::expm1:
      return &unary<operation::expm1>;
    case operation::log:
      return &unary<operation::log>;
    case operation::log1p:
      return &unary<operation::log1p>;
    case operation::less:
      return pick_mask<operation::less>(single[0], single[1]);
    case operation::less_equal:
      return pick_mask<operation::less_equal>(single[0], single[1]);
    case operation::equal:
      return pick_mask<operation::equal>(single[0], single[1]);
    case operation::both:
      return single[0] ? (single[1] ? &both<true, true> : &both<true, false>)
                       : (single[1] ? &both<false, true> : &both<false, false>);
    case operation::either:
      return single[0] ? (single[1] ? &either<true, true> : &either<true, false>)
                       : (single[1] ? &either<false, true> : &either<false, false>);
    case operation::complement:
      return &complement;
    case operation::select:
    case operation::constant:
    case operation::input:
      break;
    }
    return nullptr;
  }
  static function find_chosen(operation compare, const bool* single) {
    switch (compare) {
    case operation::less:
      return pick_chosen<operation::less>(single);
    case operation::less_equal:
      return pick_chosen<operation::less_equal>(single);
    default:
      return pick_chosen<operation::equal>(single);
    }
  }
};

constexpr bool is_comparison(operation op) {
  return op == operation::less || op == operation::less_equal || op == operation::equal;
}

// Lanes of all values of a block, aligned to a cache line.
inline constexpr std::align_val_t cache_line{64};
template <real S>
class lane_store {
public:
  lane_store() = default;
  explicit lane_store(std::size_t n) : data_(static_cast<S*>(::operator new(n * sizeof(S), cache_line))) {
    for (std::size_t i = 0; i < n; ++i)
      data_[i] = S(0);
  }
  lane_store(lane_store&& o) noexcept : data_(o.data_) { o.data_ = nullptr; }
  lane_store& operator=(lane_store&& o) noexcept {
    S* const mine = data_;
    data_ = o.data_;
    o.data_ = mine;
    return *this;
  }
  ~lane_store() {
    if (data_) ::operator delete(data_, cache_line);
  }
  S* data() const { return data_; }

private:
  S* data_ = nullptr;
};

}  // namespace detail

}  // namespace layercake::bulk
