// A tape made ready to run over a grid: which operation belongs into which loop, which loop is innermost, and the code
// of the innermost one in blocks of lanes that stay in the first-level cache.
//
// An operation runs in the outermost loop that knows its operands: what does not depend on the innermost axis is
// computed once per row, what depends on the outermost alone once per plane, and so on, exactly, operation by
// operation. The same IEEE operations are done on the same operands in the same order as for one point, so that + - * /
// sqrt and comparisons give the very bits of the scalar path (built without contraction into multiply-adds); exp and
// log are the vector library's, within the ulp that `elementary_ulp` states.
#pragma once

#include <array>
#include <cstddef>
#include <layercake/bulk/recorded.hpp>
#include <layercake/bulk/xsimd.hpp>
#include <new>

namespace layercake::bulk {

// How a quotient is computed. `ieee`: as the scalar path does. `reciprocal`: by a factor that is computed once where
// the divisor does not change in the inner loop, and from the processor's estimate where it does; within 2 ulp.
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

  template <operation Op>
  static void unary(const code& i, std::size_t n) {
    for (std::size_t k = 0; k < n; k += W)
      write_lanes(i.out + k, applied<Op>(read_lanes<Arch>(i.a + k)));
  }
  template <operation Op, bool SA, bool SB>
  static void binary(const code& i, std::size_t n) {
    const in<SA> a(i.a);
    const in<SB> b(i.b);
    for (std::size_t k = 0; k < n; k += W)
      write_lanes(i.out + k, applied<Op>(a[k], b[k]));
  }
  static void by_reciprocal(const code& i, std::size_t n) {
    for (std::size_t k = 0; k < n; k += W)
      write_lanes(i.out + k, read_lanes<Arch>(i.a + k) * refined_reciprocal(read_lanes<Arch>(i.b + k)));
  }
  template <operation Op, bool SA, bool SB, bool SC, bool SD>
  static void chosen(const code& i, std::size_t n) {  // a op b ? c : d
    const in<SA> a(i.a);
    const in<SB> b(i.b);
    const in<SC> c(i.c);
    const in<SD> d(i.d);
    for (std::size_t k = 0; k < n; k += W)
      write_lanes(i.out + k, xsimd::select(compared<Op>(a[k], b[k]), c[k], d[k]));
  }
  template <operation Op, bool SA, bool SB>
  static void mask(const code& i, std::size_t n) {
    const in<SA> a(i.a);
    const in<SB> b(i.b);
    for (std::size_t k = 0; k < n; k += W)
      write_lanes(i.out + k, xsimd::select(compared<Op>(a[k], b[k]), B(S(1)), B(S(0))));
  }
  template <bool SA, bool SB>
  static void both(const code& i, std::size_t n) {
    const in<SA> a(i.a);
    const in<SB> b(i.b);
    for (std::size_t k = 0; k < n; k += W)
      write_lanes(i.out + k, a[k] * b[k]);
  }
  template <bool SA, bool SB>
  static void either(const code& i, std::size_t n) {
    const in<SA> a(i.a);
    const in<SB> b(i.b);
    for (std::size_t k = 0; k < n; k += W)
      write_lanes(i.out + k, xsimd::max(a[k], b[k]));
  }
  static void complement(const code& i, std::size_t n) {
    for (std::size_t k = 0; k < n; k += W)
      write_lanes(i.out + k, B(S(1)) - read_lanes<Arch>(i.a + k));
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
  // Operations per point of the innermost loop, and per turn of loop `l`.
  std::size_t inner_operations() const { return vector_.size(); }
  std::size_t operations(std::size_t l) const { return scalar_[l].size(); }

  class runner;

private:
  struct scalar_code {
    operation op;
    place a, b, c, out;
  };
  // Of the innermost loop: operands are lanes of a slot, or single values.
  struct vector_code {
    typename detail::kernels<S, Arch>::function run;
    std::array<place, 4> from{nowhere, nowhere, nowhere, nowhere};  // slot, or place of the single value
    std::array<bool, 4> single{false, false, false, false};
    place out = nowhere;  // slot
  };
  struct reciprocal {
    place of, out;
  };

  std::vector<input> inputs_;
  std::vector<place> conditions_, outputs_;
  std::vector<S> start_;                             // values of constants, by place
  std::vector<unsigned> input_loop_;                 // per input
  std::vector<place> input_slot_;                    // per input of the innermost loop
  std::vector<std::vector<scalar_code>> scalar_;     // per loop but the innermost
  std::vector<unsigned> condition_loop_;             // per condition
  std::vector<place> condition_slot_, output_slot_;  // nowhere: single
  std::vector<vector_code> vector_;
  std::size_t conditions_end_ = 0;  // instructions that the conditions need
  std::vector<reciprocal> reciprocals_;
  std::size_t slots_ = 0, block_ = smallest_block;

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
    const std::vector<bool> early = reach(t, conditions_);
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
    std::vector<place> code;  // in order: what the conditions need, then the rest
    for (int pass = 0; pass < 2; ++pass) {
      for (std::size_t p = 0; p < entries.size(); ++p) {
        if (needed[p] && early[p] == (pass == 0) && inner(static_cast<place>(p)) && entries[p].op != operation::input)
          code.push_back(static_cast<place>(p));
      }
    }
    for (const place p : code) {
      const auto& e = entries[at(p)];
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

    struct step {
      place p;
      std::array<place, 4> from;
      int count;
      operation compare;
    };
    std::vector<step> steps;
    std::size_t early_steps = 0;
    for (const place p : code) {
      if (folded(p)) continue;
      const auto& e = entries[at(p)];
      step s{p, {e.a, e.b, e.c, nowhere}, e.c != nowhere ? 3 : e.b != nowhere ? 2 : 1, operation::constant};
      if (e.op == operation::select) {
        if (folded(e.a)) {
          const auto& m = entries[at(e.a)];
          s = {p, {m.a, m.b, e.b, e.c}, 4, m.op};
        } else {  // mask == 0 ? c : b
          s = {p, {e.a, t_zero(), e.c, e.b}, 4, operation::equal};
        }
      }
      steps.push_back(s);
      if (early[at(p)]) early_steps = steps.size();
    }
    conditions_end_ = early_steps;

    // Slots for lanes, reused once nothing reads them any more.
    const std::size_t forever = steps.size();
    std::vector<std::size_t> last(entries.size(), 0);
    for (std::size_t i = 0; i < steps.size(); ++i) {
      for (int k = 0; k < steps[i].count; ++k) {
        const place q = steps[i].from[static_cast<std::size_t>(k)];
        if (q >= 0 && inner(q)) last[at(q)] = i;
      }
    }
    for (const place p : wanted)
      last[at(p)] = forever;
    std::vector<place> slot(entries.size(), nowhere), free;
    const auto take = [&] {
      if (free.empty()) return static_cast<place>(slots_++);
      const place s = free.back();
      free.pop_back();
      return s;
    };
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      input_slot_.push_back(nowhere);
      if (inner(inputs_[i].at)) input_slot_[i] = slot[at(inputs_[i].at)] = take();
    }
    std::vector<place> inverse(entries.size(), nowhere);
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const step& s = steps[i];
      const operation op = entries[at(s.p)].op;
      vector_code v;
      for (std::size_t k = 0; k < static_cast<std::size_t>(s.count); ++k) {
        const place q = s.from[k];
        if (q == t_zero()) {
          v.single[k] = true;
          v.from[k] = q;
        } else if (inner(q)) {
          v.from[k] = slot[at(q)];
        } else {
          v.single[k] = true;
          v.from[k] = q;
        }
      }
      if (s.compare != operation::constant) {
        v.run = detail::kernels<S, Arch>::find_chosen(s.compare, v.single.data());
      } else if (op == operation::divide && how == division::reciprocal && v.single[1]) {
        const place divisor = v.from[1];
        if (inverse[at(divisor)] == nowhere) {
          inverse[at(divisor)] = static_cast<place>(start_.size());
          start_.push_back(S(1) / start_[at(divisor)]);
          reciprocals_.push_back({divisor, inverse[at(divisor)]});
        }
        v.from[1] = inverse[at(divisor)];
        v.run = detail::kernels<S, Arch>::find(operation::multiply, v.single.data());
      } else if (op == operation::divide && how == division::reciprocal && !v.single[0]) {
        v.run = &detail::kernels<S, Arch>::by_reciprocal;
      } else {
        v.run = detail::kernels<S, Arch>::find(op, v.single.data());
      }
      for (std::size_t k = 0; k < static_cast<std::size_t>(s.count); ++k) {  // an operand read twice is freed once
        const place q = s.from[k];
        if (q < 0 || !inner(q) || last[at(q)] != i || slot[at(q)] == nowhere) continue;
        free.push_back(slot[at(q)]);
        slot[at(q)] = nowhere;
      }
      v.out = slot[at(s.p)] = take();
      vector_.push_back(v);
    }
    for (const place p : conditions_)
      condition_slot_.push_back(inner(p) ? slot[at(p)] : nowhere);
    for (const place p : outputs_)
      output_slot_.push_back(inner(p) ? slot[at(p)] : nowhere);
    start_.push_back(S(0));  // the zero that masks are compared with
    const std::size_t fitting = 24 * 1024 / (sizeof(S) * (slots_ + 1));
    block_ = largest_block;
    while (block_ > smallest_block && block_ > fitting)
      block_ /= 2;
  }
  static constexpr place t_zero() { return -2; }
};

// The memory of one worker, and the loops.
template <class S, class Arch>
class program<S, Arch>::runner {
public:
  explicit runner(const program& p)
      : program_(&p), value_(p.start_), lanes_((p.slots_ + p.outputs_.size()) * p.block_) {
    code_.reserve(p.vector_.size());
    for (const vector_code& v : p.vector_) {
      detail::instruction<S> i;
      i.run = v.run;
      const auto operand = [&](std::size_t k) -> const S* {
        if (v.from[k] == nowhere) return nullptr;
        if (v.from[k] == t_zero()) return &value_.back();
        return v.single[k] ? &value_[at(v.from[k])] : lane(v.from[k]);
      };
      i.a = operand(0);
      i.b = operand(1);
      i.c = operand(2);
      i.d = operand(3);
      i.out = lane(v.out);
      code_.push_back(i);
    }
    for (std::size_t k = 0; k < p.outputs_.size(); ++k) {
      output_.push_back(p.output_slot_[k] == nowhere ? lane(static_cast<place>(p.slots_ + k))
                                                     : lane(p.output_slot_[k]));
    }
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
      if (program_->condition_slot_[k] == nowhere && program_->condition_loop_[k] == l &&
          value_[at(program_->conditions_[k])] == S(0))
        return static_cast<int>(k);
    }
    return -1;
  }

  // Begins a row of the innermost loop.
  void begin_row() {
    for (const reciprocal& r : program_->reciprocals_)
      value_[at(r.out)] = S(1) / value_[at(r.of)];
    for (std::size_t k = 0; k < program_->outputs_.size(); ++k) {
      if (program_->output_slot_[k] != nowhere) continue;
      const S v = value_[at(program_->outputs_[k])];
      for (std::size_t i = 0; i < program_->block_; ++i)
        output_[k][i] = v;
    }
  }
  // Where the lanes of an input of the innermost loop belong; nullptr for inputs of other loops.
  S* lanes_of(std::size_t input) {
    return program_->input_slot_[input] == nowhere ? nullptr : lane(program_->input_slot_[input]);
  }

  // Computes `n` lanes. failed[i] is the condition that lane i fails, or -1; false if all fail, when nothing else was
  // computed. Returns whether any condition was looked at, in `looked`.
  bool block(std::size_t n, int* failed, bool& looked) {
    constexpr std::size_t W = lanes<S, Arch>;
    const std::size_t padded = (n + W - 1) / W * W;
    std::size_t i = 0;
    for (; i < program_->conditions_end_; ++i)
      code_[i].run(code_[i], padded);
    looked = false;
    std::size_t lost = 0;
    for (std::size_t k = 0; k < program_->conditions_.size(); ++k) {
      if (program_->condition_slot_[k] == nowhere) continue;
      const S* holds = lane(program_->condition_slot_[k]);
      if (!looked) {
        looked = true;
        for (std::size_t j = 0; j < n; ++j)
          failed[j] = -1;
      }
      for (std::size_t j = 0; j < n; ++j) {
        if (holds[j] == S(0) && failed[j] < 0) failed[j] = static_cast<int>(k), ++lost;
      }
    }
    if (looked && lost == n) return false;
    for (; i < code_.size(); ++i)
      code_[i].run(code_[i], padded);
    return true;
  }
  const S* output(std::size_t k) const { return output_[k]; }
  S* output(std::size_t k) { return output_[k]; }

private:
  S* lane(place slot) const { return lanes_.data() + at(slot) * program_->block_; }

  const program* program_;
  std::vector<S> value_;  // single values, by place
  detail::lane_store<S> lanes_;
  std::vector<detail::instruction<S>> code_;
  std::vector<S*> output_;
};

}  // namespace layercake::bulk
