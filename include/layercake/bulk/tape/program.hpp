// A tape made ready to run over a grid: which operation belongs into which loop, which loop is innermost, and the code
// of the innermost one in blocks of lanes that stay in the first-level cache.
//
// An operation runs in the outermost loop that knows its operands: what does not depend on the innermost axis is
// computed once per row, what depends on the outermost alone once per plane, and so on, exactly, operation by
// operation. What depends on the innermost loop alone is computed once for all rows, where a table of it is short. The
// same IEEE operations are done on the same operands in the same order as for one point, so that + - * /
// sqrt and comparisons give the very bits of the scalar path (built without contraction into multiply-adds); exp and
// log are the vector library's, within the ulp that `elementary_ulp` states.
#pragma once

#include <array>
#include <cstddef>
#include <layercake/bulk/tape/recorded.hpp>
#include <layercake/bulk/xsimd.hpp>
#include <limits>
#include <new>
#include <vector>

namespace layercake::bulk {

// How a quotient is computed. `ieee`: as the scalar path does. `reciprocal`: by a factor that is computed once where the divisor does not
// change in the inner loop, and from the processor's estimate where it does; within 2 ulp.
enum class division : std::uint8_t { ieee, reciprocal };

// exp, expm1, log and log1p of a batch differ from the scalar path's by at most this many units in the last place.
inline constexpr int elementary_ulp = 4;

namespace detail {

template <class S>
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
template <class S, class Arch>
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
template <class S>
class lane_store {
public:
  lane_store() = default;
  explicit lane_store(std::size_t n) : data_(static_cast<S*>(::operator new(n * sizeof(S), std::align_val_t(64)))) {
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
    if (data_) ::operator delete(data_, std::align_val_t(64));
  }
  S* data() const { return data_; }

private:
  S* data_ = nullptr;
};

}  // namespace detail

// One loop of the nest, outermost first; the last one runs in blocks. It may stand for several short axes at once.
struct loop {
  std::uint64_t size = 1;
  std::uint64_t axes = 0;  // bit i: axis i is one of its axes
};

// Operations by the set of axes that they depend on (bit i: axis i).
struct dependence {
  std::uint64_t axes;
  double operations;
};

// The code of a tape for a loop nest. Immutable; each worker runs it on memory of its own (`runner`).
template <class S = double, class Arch = xsimd::default_arch>
class program {
public:
  // An axis' value that the formula reads.
  struct input {
    place at;  // on the tape
    unsigned axis;
    unsigned part = 0;  // which of the axis' values
  };

  program(const tape<S>& t, const std::vector<input>& inputs, const std::vector<place>& conditions,
          const std::vector<place>& outputs, const std::vector<loop>& nest, division how)
      : inputs_(inputs), conditions_(conditions), outputs_(outputs) {
    build(t, nest, how);
  }

  // How many operations of those that the outputs need depend on which axes.
  static std::vector<dependence> dependences(const tape<S>& t, const std::vector<input>& inputs,
                                             const std::vector<place>& wanted) {
    const std::vector<std::uint64_t> axes = axes_of(t, inputs);
    const std::vector<bool> needed = reach(t, wanted);
    std::vector<dependence> found;
    for (std::size_t p = 0; p < t.size(); ++p) {
      if (!needed[p] || axes[p] == 0) continue;
      const double weight = weight_of(t.entries()[p].op);
      bool there = false;
      for (dependence& d : found) {
        if (d.axes == axes[p]) {
          d.operations += weight;
          there = true;
          break;
        }
      }
      if (!there) found.push_back({axes[p], weight});
    }
    return found;
  }

  std::size_t block() const { return block_; }
  std::size_t loops() const { return scalar_.size() + 1; }
  // Whether the lanes of the innermost loop's inputs are asked for once, by `tabulate`, and not for every block.
  bool tabulates() const { return tabulates_; }

  class runner;

private:
  struct scalar_code {
    operation op;
    place a, b, c, out;
  };
  // Values of the innermost loop: lanes of a slot, a table along the whole loop, or one value for all lanes.
  enum class kind : std::uint8_t { lanes, table, single };
  struct location {
    place at = nowhere;
    kind in = kind::single;
  };
  struct vector_code {
    typename detail::kernels<S, Arch>::function run;
    std::array<location, 4> from;
    place out = nowhere;  // slot
  };
  struct reciprocal {
    place of, out;
  };

  std::vector<input> inputs_;
  std::vector<place> conditions_, outputs_;
  std::vector<S> start_;                          // values of constants, by place
  std::vector<unsigned> input_loop_;              // per input
  std::vector<place> input_slot_;                 // per input of the innermost loop
  std::vector<std::vector<scalar_code>> scalar_;  // per loop but the innermost
  std::vector<unsigned> condition_loop_;          // per condition
  std::vector<location> condition_in_, output_in_;
  std::vector<vector_code> once_, vector_;  // for the tables, and for every block
  std::vector<std::size_t> condition_end_;  // instructions that this condition needs, and those before it
  std::vector<place> table_slot_;           // per table: where `once_` leaves its lanes
  bool tabulates_ = false;
  std::uint64_t inner_size_ = 1;
  std::vector<reciprocal> reciprocals_;
  std::size_t slots_ = 0, block_ = smallest_block;

  // Values along the innermost loop in one table, and in all tables of operations: half of a second-level cache.
  static constexpr std::uint64_t largest_table = 1u << 14, largest_tables = 1u << 15;

  static double weight_of(operation op) {
    switch (op) {
    case operation::divide:
    case operation::sqrt:
      return 3;
    case operation::exp:
    case operation::expm1:
    case operation::log:
    case operation::log1p:
      return 15;
    default:
      return 1;
    }
  }
  static std::size_t at(place p) { return static_cast<std::size_t>(p); }

  static std::vector<std::uint64_t> axes_of(const tape<S>& t, const std::vector<input>& inputs) {
    std::vector<std::uint64_t> axes(t.size(), 0);
    for (const input& i : inputs)
      axes[at(i.at)] |= std::uint64_t(1) << i.axis;
    for (std::size_t p = 0; p < t.size(); ++p) {
      const auto& e = t.entries()[p];
      for (const place q : {e.a, e.b, e.c}) {
        if (q != nowhere) axes[p] |= axes[at(q)];
      }
    }
    return axes;
  }
  static std::vector<bool> reach(const tape<S>& t, const std::vector<place>& wanted) {
    std::vector<bool> needed(t.size(), false);
    for (const place p : wanted)
      needed[at(p)] = true;
    for (std::size_t p = t.size(); p-- > 0;) {
      if (!needed[p]) continue;
      const auto& e = t.entries()[p];
      for (const place q : {e.a, e.b, e.c}) {
        if (q != nowhere) needed[at(q)] = true;
      }
    }
    return needed;
  }

  void build(const tape<S>& t, const std::vector<loop>& nest, division how) {
    const auto& entries = t.entries();
    const std::vector<std::uint64_t> axes = axes_of(t, inputs_);
    std::vector<place> wanted = conditions_;
    wanted.insert(wanted.end(), outputs_.begin(), outputs_.end());
    const std::vector<bool> needed = reach(t, wanted);
    const unsigned innermost = static_cast<unsigned>(nest.size()) - 1;

    const auto loop_of = [&](std::size_t p) {
      unsigned deepest = 0;
      for (unsigned l = 0; l < nest.size(); ++l) {
        if (axes[p] & nest[l].axes) deepest = l;
      }
      return deepest;
    };
    const auto inner = [&](place p) { return p != nowhere && (axes[at(p)] & nest[innermost].axes) != 0; };

    start_.resize(entries.size());
    scalar_.resize(innermost);
    for (std::size_t p = 0; p < entries.size(); ++p) {
      const auto& e = entries[p];
      start_[p] = e.value;
      if (!needed[p] || axes[p] == 0 || e.op == operation::input || inner(static_cast<place>(p))) continue;
      scalar_[loop_of(p)].push_back({e.op, e.a, e.b, e.c, static_cast<place>(p)});
    }
    for (const input& i : inputs_)
      input_loop_.push_back(loop_of(at(i.at)));
    for (const place p : conditions_)
      condition_loop_.push_back(axes[at(p)] == 0 ? 0 : loop_of(at(p)));

    // The innermost loop. A comparison that only selects is done where it selects.
    std::vector<int> uses(entries.size(), 0), selecting(entries.size(), 0);
    std::vector<place> code;
    for (std::size_t p = 0; p < entries.size(); ++p) {
      const auto& e = entries[p];
      if (!needed[p] || !inner(static_cast<place>(p)) || e.op == operation::input) continue;
      code.push_back(static_cast<place>(p));
      for (const place q : {e.a, e.b, e.c}) {
        if (q != nowhere) ++uses[at(q)];
      }
      if (e.op == operation::select) ++selecting[at(e.a)];
    }
    for (const place p : wanted)
      ++uses[at(p)];
    const auto folded = [&](place p) {
      return detail::is_comparison(entries[at(p)].op) && uses[at(p)] == selecting[at(p)] && inner(p);
    };

    std::vector<step> steps;
    for (const place p : code) {
      if (folded(p)) continue;
      const auto& e = entries[at(p)];
      step s{p, {e.a, e.b, e.c, nowhere}, e.c != nowhere ? 3u : e.b != nowhere ? 2u : 1u, operation::constant};
      if (e.op == operation::select) {
        if (folded(e.a)) {
          const auto& m = entries[at(e.a)];
          s = {p, {m.a, m.b, e.b, e.c}, 4, m.op};
        } else {  // mask == 0 ? c : b
          s = {p, {e.a, t_zero(), e.c, e.b}, 4, operation::equal};
        }
      }
      steps.push_back(s);
    }

    // What repeats itself in every row is kept in tables: the inputs, and what follows from them alone.
    inner_size_ = nest[innermost].size;
    const bool merged = (nest[innermost].axes & (nest[innermost].axes - 1)) != 0;
    tabulates_ = merged || inner_size_ <= largest_table;
    bool operations_too = tabulates_ && innermost > 0;
    const auto repeats = [&](place p) {
      return tabulates_ && inner(p) &&
             (entries[at(p)].op == operation::input || (operations_too && (axes[at(p)] & ~nest[innermost].axes) == 0));
    };
    std::vector<place> kept;
    std::vector<location> where(entries.size());
    const auto find_kept = [&] {
      const auto keep = [&](place p) {
        if (p < 0 || !repeats(p) || where[at(p)].at != nowhere) return;
        where[at(p)] = {static_cast<place>(kept.size()), kind::table};
        kept.push_back(p);
      };
      for (const step& s : steps) {
        if (repeats(s.p)) continue;
        for (unsigned k = 0; k < s.count; ++k)
          keep(s.from[k]);
      }
      for (const place p : wanted)
        keep(p);
    };
    find_kept();
    if (operations_too && kept.size() * inner_size_ > largest_tables) {
      operations_too = false;
      kept.clear();
      where.assign(entries.size(), location{});
      find_kept();
    }

    std::vector<step> once;
    std::vector<std::vector<step>> by_condition(conditions_.size() + 1);  // what each needs; then the rest
    const std::vector<std::size_t> first_for = first_conditions(t);
    for (const step& s : steps)
      (repeats(s.p) ? once : by_condition[first_for[at(s.p)]]).push_back(s);

    std::vector<place> inverse(entries.size(), nowhere);
    const auto inputs_to_slots = [&](slots& in) {
      for (std::size_t i = 0; i < inputs_.size(); ++i)
        input_slot_.push_back(inner(inputs_[i].at) ? in.take(inputs_[i].at) : nowhere);
    };
    if (tabulates_) {
      slots in(entries.size());
      inputs_to_slots(in);
      emit(t, once, kept, inner, how, std::vector<location>(entries.size()), in, inverse, once_);
      for (const place p : kept)
        table_slot_.push_back(in.of[at(p)]);
      slots_ = in.count;
    }
    slots in(entries.size());
    if (!tabulates_) inputs_to_slots(in);
    std::vector<step> every;
    for (std::size_t k = 0; k <= conditions_.size(); ++k) {
      every.insert(every.end(), by_condition[k].begin(), by_condition[k].end());
      if (k < conditions_.size()) condition_end_.push_back(every.size());
    }
    emit(t, every, wanted, inner, how, where, in, inverse, vector_);
    slots_ = slots_ > in.count ? slots_ : in.count;
    const auto location_of = [&](place p) {
      if (where[at(p)].in == kind::table || !inner(p)) return where[at(p)];
      return location{in.of[at(p)], kind::lanes};
    };
    for (const place p : conditions_)
      condition_in_.push_back(location_of(p));
    for (const place p : outputs_)
      output_in_.push_back(location_of(p));
    start_.push_back(S(0));  // the zero that masks are compared with
    const std::size_t fitting = 24 * 1024 / (sizeof(S) * (slots_ + 1));
    block_ = largest_block;
    while (block_ > smallest_block && block_ > fitting)
      block_ /= 2;
  }
  static constexpr place t_zero() { return -2; }

  // The first condition that needs each operation; their number where none does.
  std::vector<std::size_t> first_conditions(const tape<S>& t) const {
    std::vector<std::size_t> first(t.size(), conditions_.size());
    const auto lower = [&](place p, std::size_t k) { first[at(p)] = k < first[at(p)] ? k : first[at(p)]; };
    for (std::size_t k = 0; k < conditions_.size(); ++k)
      lower(conditions_[k], k);
    for (std::size_t p = t.size(); p-- > 0;) {
      const auto& e = t.entries()[p];
      for (const place q : {e.a, e.b, e.c}) {
        if (q != nowhere) lower(q, first[p]);
      }
    }
    return first;
  }

  // An operation of the innermost loop.
  struct step {
    place p;
    std::array<place, 4> from;
    unsigned count;     // of operands
    operation compare;  // that selects
  };
  // Memory for lanes, reused once nothing reads them any more.
  struct slots {
    std::vector<place> of, free;  // slot of each value
    std::size_t count = 0;
    explicit slots(std::size_t values) : of(values, nowhere) {}
    place take(place value) {
      place s = static_cast<place>(count);
      if (free.empty()) {
        ++count;
      } else {
        s = free.back();
        free.pop_back();
      }
      return of[at(value)] = s;
    }
    void give(place value) {
      free.push_back(of[at(value)]);
      of[at(value)] = nowhere;
    }
  };
  // Code for the steps. `tables`: the values that are there already; `wanted`: those that are read afterwards.
  template <class Inner>
  void emit(const tape<S>& t, const std::vector<step>& steps, const std::vector<place>& wanted, const Inner& inner,
            division how, const std::vector<location>& tables, slots& in, std::vector<place>& inverse,
            std::vector<vector_code>& code) {
    const auto in_slot = [&](place q) { return q >= 0 && inner(q) && tables[at(q)].at == nowhere; };
    std::vector<std::size_t> last(t.size(), 0);
    for (std::size_t i = 0; i < steps.size(); ++i) {
      for (unsigned k = 0; k < steps[i].count; ++k) {
        if (in_slot(steps[i].from[k])) last[at(steps[i].from[k])] = i;
      }
    }
    for (const place p : wanted)
      last[at(p)] = steps.size();
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const step& s = steps[i];
      const operation op = t.entries()[at(s.p)].op;
      vector_code v;
      std::array<bool, 4> single{};
      for (unsigned k = 0; k < s.count; ++k) {
        const place q = s.from[k];
        single[k] = q < 0 || !inner(q);
        v.from[k] = single[k]    ? location{q, kind::single}
                    : in_slot(q) ? location{in.of[at(q)], kind::lanes}
                                 : tables[at(q)];
      }
      if (s.compare != operation::constant) {
        v.run = detail::kernels<S, Arch>::find_chosen(s.compare, single.data());
      } else if (op == operation::divide && how == division::reciprocal && single[1]) {
        const place divisor = s.from[1];
        if (inverse[at(divisor)] == nowhere) {
          inverse[at(divisor)] = static_cast<place>(start_.size());
          start_.push_back(S(1) / start_[at(divisor)]);
          reciprocals_.push_back({divisor, inverse[at(divisor)]});
        }
        v.from[1].at = inverse[at(divisor)];
        v.run = detail::kernels<S, Arch>::find(operation::multiply, single.data());
      } else if (op == operation::divide && how == division::reciprocal && !single[0]) {
        v.run = &detail::kernels<S, Arch>::by_reciprocal;
      } else {
        v.run = detail::kernels<S, Arch>::find(op, single.data());
      }
      for (unsigned k = 0; k < s.count; ++k) {  // an operand read twice is freed once
        const place q = s.from[k];
        if (in_slot(q) && last[at(q)] == i && in.of[at(q)] != nowhere) in.give(q);
      }
      v.out = in.take(s.p);
      code.push_back(v);
    }
  }
};

// The memory of one worker, and the loops.
template <class S, class Arch>
class program<S, Arch>::runner {
public:
  explicit runner(const program& p)
      : program_(&p),
        value_(p.start_),
        lanes_((p.slots_ + 2 * p.outputs_.size() + 1) * p.block_),
        length_(static_cast<std::size_t>(p.inner_size_) + group),
        tables_(p.table_slot_.size() * length_),
        condition_(p.conditions_.size()),
        output_(p.outputs_.size()),
        result_(p.outputs_.size()) {
    place_code(p.once_, once_);
    place_code(p.vector_, code_);
    for (std::size_t k = 0; k < p.conditions_.size(); ++k)
      place_value(p.condition_in_[k], condition_[k], nullptr);
    for (std::size_t k = 0; k < p.outputs_.size(); ++k)
      place_value(p.output_in_[k], output_[k], constant_lane(k));
  }
  runner(const runner&) = delete;
  runner& operator=(const runner&) = delete;

  // The value of an input that changes with loop `l` < innermost.
  void set(std::size_t input, S value) { value_[at(program_->inputs_[input].at)] = value; }
  // Runs what loop `l` computes after its inputs changed.
  void turn(std::size_t l) {
    for (const scalar_code& c : program_->scalar_[l]) {
      const auto get = [&](place p) { return p == nowhere ? S(0) : value_[at(p)]; };
      value_[at(c.out)] = apply<S>(c.op, get(c.a), get(c.b), get(c.c));
    }
  }
  // The first condition that fails in loop `l`, or -1.
  int failing(std::size_t l) const {
    for (std::size_t k = 0; k < program_->conditions_.size(); ++k) {
      if (program_->condition_in_[k].in == kind::single && program_->condition_loop_[k] == l &&
          value_[at(program_->conditions_[k])] == S(0))
        return static_cast<int>(k);
    }
    return -1;
  }

  // Takes the lanes of the inputs for points `begin` to `begin + n` of the innermost loop into the tables.
  void tabulate(std::size_t begin, std::size_t n) {
    for (const detail::instruction<S>& i : once_)
      i.run(i, padded(n));
    for (std::size_t k = 0; k < program_->table_slot_.size(); ++k) {
      const S* const from = lane(program_->table_slot_[k]);
      S* const to = tables_.data() + k * length_ + begin;
      // What follows the last value repeats it; elsewhere the next block comes over it.
      for (std::size_t j = 0; j < n + group; ++j)
        to[j] = from[j < n ? j : n - 1];
    }
  }
  // Reads the tables from here on.
  void move_to(std::size_t begin) {
    for (const moving& m : moving_)
      *m.pointer = m.table + begin;
  }

  // Begins a row of the innermost loop.
  void begin_row() {
    for (const reciprocal& r : program_->reciprocals_)
      value_[at(r.out)] = S(1) / value_[at(r.of)];
    for (std::size_t k = 0; k < program_->outputs_.size(); ++k) {
      if (program_->output_in_[k].in != kind::single) continue;
      const S v = value_[at(program_->outputs_[k])];
      for (std::size_t i = 0; i < program_->block_; ++i)
        constant_lane(k)[i] = v;
    }
  }
  // Where the lanes of an input of the innermost loop belong; nullptr for inputs of other loops.
  S* lanes_of(std::size_t input) {
    return program_->input_slot_[input] == nowhere ? nullptr : lane(program_->input_slot_[input]);
  }

  // Computes `n` lanes; those that fail a condition give NaN. failed(k, m): condition k is the first that fails in m
  // lanes. Returns in how many none fails; if in none, the rest was not computed.
  template <class Failed>
  std::size_t block(std::size_t n, const Failed& failed) {
    using K = detail::kernels<S, Arch>;
    const std::size_t whole = padded(n);
    S* const alive = lane(static_cast<place>(program_->slots_ + 2 * output_.size()));
    std::size_t i = 0, left = n;
    bool looked = false;
    for (std::size_t k = 0; k < condition_.size(); ++k) {
      if (!condition_[k]) continue;
      for (; i < program_->condition_end_[k]; ++i)
        code_[i].run(code_[i], whole);
      if (!looked) {
        looked = true;
        for (std::size_t j = 0; j < whole; ++j)
          alive[j] = S(j < n);
      }
      const std::size_t holding = K::keep(alive, condition_[k], whole);
      if (holding < left) failed(k, left - holding);
      left = holding;
      if (left == 0) return 0;
    }
    for (; i < code_.size(); ++i)
      code_[i].run(code_[i], whole);
    for (std::size_t k = 0; k < output_.size(); ++k) {
      result_[k] = output_[k];
      if (left < n) K::blank(blanked_lane(k), output_[k], alive, whole), result_[k] = blanked_lane(k);
    }
    return left;
  }
  const S* output(std::size_t k) const { return result_[k]; }

private:
  static constexpr std::size_t group = detail::kernels<S, Arch>::group * lanes<S, Arch>;
  static std::size_t padded(std::size_t n) { return (n + group - 1) / group * group; }

  S* lane(place slot) const { return lanes_.data() + at(slot) * program_->block_; }
  // Of output k where it is one value for all lanes, and where points of a block fail. Behind them: what fails nothing.
  S* constant_lane(std::size_t k) const { return lane(static_cast<place>(program_->slots_ + k)); }
  S* blanked_lane(std::size_t k) const { return lane(static_cast<place>(program_->slots_ + output_.size() + k)); }

  // A pointer into a table, which moves along it.
  struct moving {
    const S** pointer;
    const S* table;
  };
  void place_value(const location& l, const S*& pointer, const S* single) {
    pointer = single;
    if (l.in == kind::lanes) pointer = lane(l.at);
    if (l.in == kind::table) moving_.push_back({&pointer, pointer = tables_.data() + at(l.at) * length_});
  }
  void place_code(const std::vector<vector_code>& from, std::vector<detail::instruction<S>>& to) {
    to.resize(from.size());
    for (std::size_t i = 0; i < from.size(); ++i) {
      const auto operand = [&](const location& l, const S*& pointer) {
        place_value(l, pointer, l.at == nowhere ? nullptr : l.at == t_zero() ? &value_.back() : &value_[at(l.at)]);
      };
      to[i].run = from[i].run;
      operand(from[i].from[0], to[i].a);
      operand(from[i].from[1], to[i].b);
      operand(from[i].from[2], to[i].c);
      operand(from[i].from[3], to[i].d);
      to[i].out = lane(from[i].out);
    }
  }

  const program* program_;
  std::vector<S> value_;  // single values, by place
  detail::lane_store<S> lanes_;
  std::size_t length_;  // of a table
  std::vector<S> tables_;
  std::vector<moving> moving_;
  std::vector<detail::instruction<S>> once_, code_;
  std::vector<const S*> condition_, output_, result_;  // nullptr: a condition of another loop
};

}  // namespace layercake::bulk
