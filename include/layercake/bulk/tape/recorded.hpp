// A number that writes down what is done with it. A formula evaluated with `recorded` inputs leaves a `tape`: its operations in order, each
// one once, with everything folded that no input reaches. The engine finds there which operation depends on which axis, and runs the tape over
// millions of points (program.hpp). The formula itself is the same template that answers for one stack.
#pragma once

#include <cstdint>
#include <layercake/number/error.hpp>
#include <layercake/number/number.hpp>
#include <vector>

namespace layercake::bulk {

enum class operation : std::uint8_t {
  constant,
  input,
  add,
  subtract,
  multiply,
  divide,
  negate,
  abs,
  ceil,
  floor,
  sqrt,
  exp,
  expm1,
  log,
  log1p,
  less,
  less_equal,
  equal,
  both,
  either,
  complement,  // give masks
  select       // a ? b : c, a a mask
};

using place = std::int32_t;  // of an operation on a tape
inline constexpr place nowhere = -1;

// The value of one operation, in the arithmetic of the scalar path.
template <real S>
S apply(operation op, S a, S b, S c) {
  switch (op) {
  case operation::add:
    return a + b;
  case operation::subtract:
    return a - b;
  case operation::multiply:
    return a * b;
  case operation::divide:
    return a / b;
  case operation::negate:
    return -a;
  case operation::abs:
    return layercake::abs(a);
  case operation::ceil:
    return layercake::ceil(a);
  case operation::floor:
    return layercake::floor(a);
  case operation::sqrt:
    return layercake::sqrt(a);
  case operation::exp:
    return layercake::exp(a);
  case operation::expm1:
    return layercake::expm1(a);
  case operation::log:
    return layercake::log(a);
  case operation::log1p:
    return layercake::log1p(a);
  case operation::less:
    return S(a < b);
  case operation::less_equal:
    return S(a <= b);
  case operation::equal:
    return S(a == b);
  case operation::both:
    return S(a != S(0) && b != S(0));
  case operation::either:
    return S(a != S(0) || b != S(0));
  case operation::complement:
    return S(a == S(0));
  case operation::select:
    return a != S(0) ? b : c;
  case operation::constant:
  case operation::input:
    break;
  }
  return a;
}

// What a formula did, operation by operation. Masks are 0 and 1 here.
template <real S = double>
class tape {
public:
  struct entry {
    operation op;
    place a, b, c;
    S value;  // of a constant; at the recorded point for the rest
  };

  const std::vector<entry>& entries() const { return entries_; }
  std::size_t size() const { return entries_.size(); }

  place input(S value) { return append({operation::input, nowhere, nowhere, nowhere, value}); }

  place constant(S value) {
    std::uint64_t bits = 0;
    static_assert(sizeof(S) <= sizeof bits);
    __builtin_memcpy(&bits, &value, sizeof value);
    return find({operation::constant, nowhere, nowhere, nowhere, value}, bits);
  }

  place operate(operation op, place a, place b, place c, S value) {
    if ((op == operation::add || op == operation::multiply || op == operation::both || op == operation::either ||
         op == operation::equal) &&
        b < a) {
      const place swap = a;
      a = b;
      b = swap;
    }
    return find({op, a, b, c, value}, 0);
  }

  // The tape that operations of this thread go to.
  static tape*& current() {
    static thread_local tape* now = nullptr;
    return now;
  }

private:
  std::vector<entry> entries_;
  std::vector<place> table_;  // open addressing, by content

  static std::uint64_t hash(const entry& e, std::uint64_t bits) {
    constexpr std::uint64_t multiplier = 0x9e3779b97f4a7c15u;  // 2^64 over the golden ratio (Knuth, TAOCP 3, 6.4)
    std::uint64_t h = bits * multiplier + static_cast<std::uint64_t>(e.op);
    for (const place p : {e.a, e.b, e.c})
      h = (h ^ static_cast<std::uint32_t>(p)) * multiplier, h ^= h >> 29;
    return h;
  }
  static std::uint64_t bits_of(const entry& e) {
    std::uint64_t bits = 0;
    if (e.op == operation::constant) __builtin_memcpy(&bits, &e.value, sizeof(S));
    return bits;
  }
  place append(const entry& e) {
    constexpr std::size_t most = 0x7ffffff0u;  // that a place can count
    if (entries_.size() >= most) raise(error("bulk: the formula takes more than 2e9 operations"));
    entries_.push_back(e);
    return static_cast<place>(entries_.size() - 1);
  }
  place find(const entry& e, std::uint64_t bits) {
    if (table_.size() < 2 * entries_.size() + 16) grow();
    const std::size_t mask = table_.size() - 1;
    for (std::size_t i = hash(e, bits) & mask;; i = (i + 1) & mask) {
      const place p = table_[i];
      if (p == nowhere) return table_[i] = append(e);
      const entry& o = entries_[static_cast<std::size_t>(p)];
      if (o.op == e.op && o.a == e.a && o.b == e.b && o.c == e.c && bits_of(o) == bits) return p;
    }
  }
  void grow() {
    std::size_t n = 1024;
    while (n < 4 * entries_.size() + 32)
      n *= 2;
    table_.assign(n, nowhere);
    for (std::size_t p = 0; p < entries_.size(); ++p) {
      if (entries_[p].op == operation::input) continue;
      std::size_t i = hash(entries_[p], bits_of(entries_[p])) & (n - 1);
      while (table_[i] != nowhere)
        i = (i + 1) & (n - 1);
      table_[i] = static_cast<place>(p);
    }
  }
};

// Records onto `t` while it lives.
template <real S>
class recording {
public:
  explicit recording(tape<S>& t) : before_(tape<S>::current()) { tape<S>::current() = &t; }
  ~recording() { tape<S>::current() = before_; }
  recording(const recording&) = delete;
  recording& operator=(const recording&) = delete;

private:
  tape<S>* before_;
};

template <real S>
class recorded;

// What a comparison of recorded numbers gives.
template <real S = double>
class recorded_mask {
public:
  recorded_mask(bool known) : value_(known) {}
  recorded_mask(bool value, place at) : value_(value), at_(at) {}

  bool known() const { return at_ == nowhere; }
  bool value() const { return value_; }
  place at() const { return known() ? tape<S>::current()->constant(S(value_)) : at_; }

  friend recorded_mask operator&&(const recorded_mask& a, const recorded_mask& b) {
    if (a.known()) return a.value_ ? b : a;
    if (b.known()) return b.value_ ? a : b;
    return {a.value_ && b.value_,
            tape<S>::current()->operate(operation::both, a.at_, b.at_, nowhere, S(a.value_ && b.value_))};
  }
  friend recorded_mask operator||(const recorded_mask& a, const recorded_mask& b) {
    if (a.known()) return a.value_ ? a : b;
    if (b.known()) return b.value_ ? b : a;
    return {a.value_ || b.value_,
            tape<S>::current()->operate(operation::either, a.at_, b.at_, nowhere, S(a.value_ || b.value_))};
  }
  friend recorded_mask operator&(const recorded_mask& a, const recorded_mask& b) { return a && b; }
  friend recorded_mask operator|(const recorded_mask& a, const recorded_mask& b) { return a || b; }
  friend recorded_mask operator!(const recorded_mask& a) {
    if (a.known()) return !a.value_;
    return {!a.value_, tape<S>::current()->operate(operation::complement, a.at_, nowhere, nowhere, S(!a.value_))};
  }
  friend recorded_mask operator~(const recorded_mask& a) { return !a; }

  friend recorded<S> select(const recorded_mask& m, const recorded<S>& a, const recorded<S>& b) {
    if (m.known()) return m.value_ ? a : b;
    if (a.same(b)) return a;
    const S v = m.value_ ? a.value() : b.value();
    return {v, tape<S>::current()->operate(operation::select, m.at_, a.at(), b.at(), v)};
  }

private:
  bool value_;
  place at_ = nowhere;
};

// Whether a mask may hold at some point of the sweep: formulas leave out what holds nowhere, such as the experts of a
// model without any.
template <real S>
bool any(const recorded_mask<S>& m) {
  return !m.known() || m.value();
}

template <real S = double>
class recorded {
public:
  using value_type = S;
  using mask = recorded_mask<S>;

  constexpr recorded() = default;
  constexpr recorded(S known) : value_(known) {}
  template <arithmetic A>
    requires(!std::same_as<A, S>)
  constexpr explicit(!std::integral<A>) recorded(A known) : value_(static_cast<S>(known)) {}
  recorded(S value, place at) : value_(value), at_(at) {}

  bool known() const { return at_ == nowhere; }
  S value() const { return value_; }  // at the recorded point
  place at() const { return known() ? tape<S>::current()->constant(value_) : at_; }
  bool same(const recorded& o) const {
    return at_ == o.at_ && (at_ != nowhere || __builtin_memcmp(&value_, &o.value_, sizeof value_) == 0);
  }

  friend recorded operator+(const recorded& a, const recorded& b) { return of(operation::add, a, b); }
  friend recorded operator-(const recorded& a, const recorded& b) { return of(operation::subtract, a, b); }
  friend recorded operator*(const recorded& a, const recorded& b) {  // x * 1 is x, for every x
    if (a.known() && a.value_ == S(1)) return b;
    if (b.known() && b.value_ == S(1)) return a;
    return of(operation::multiply, a, b);
  }
  friend recorded operator/(const recorded& a, const recorded& b) {
    if (b.known() && b.value_ == S(1)) return a;
    return of(operation::divide, a, b);
  }
  friend recorded operator-(const recorded& a) { return of(operation::negate, a); }
  recorded& operator+=(const recorded& b) { return *this = *this + b; }
  recorded& operator-=(const recorded& b) { return *this = *this - b; }
  recorded& operator*=(const recorded& b) { return *this = *this * b; }
  recorded& operator/=(const recorded& b) { return *this = *this / b; }

  friend mask operator<(const recorded& a, const recorded& b) { return compared(operation::less, a, b); }
  friend mask operator>(const recorded& a, const recorded& b) { return compared(operation::less, b, a); }
  friend mask operator<=(const recorded& a, const recorded& b) { return compared(operation::less_equal, a, b); }
  friend mask operator>=(const recorded& a, const recorded& b) { return compared(operation::less_equal, b, a); }
  friend mask operator==(const recorded& a, const recorded& b) { return compared(operation::equal, a, b); }
  friend mask operator!=(const recorded& a, const recorded& b) { return !compared(operation::equal, a, b); }

  friend recorded abs(const recorded& a) { return of(operation::abs, a); }
  friend recorded ceil(const recorded& a) { return of(operation::ceil, a); }
  friend recorded floor(const recorded& a) { return of(operation::floor, a); }
  friend recorded sqrt(const recorded& a) { return of(operation::sqrt, a); }
  friend recorded exp(const recorded& a) { return of(operation::exp, a); }
  friend recorded expm1(const recorded& a) { return of(operation::expm1, a); }
  friend recorded log(const recorded& a) { return of(operation::log, a); }
  friend recorded log1p(const recorded& a) { return of(operation::log1p, a); }

private:
  S value_{};
  place at_ = nowhere;

  static recorded of(operation op, const recorded& a) {
    const S v = apply<S>(op, a.value_, S(0), S(0));
    if (a.known()) return v;
    return {v, tape<S>::current()->operate(op, a.at_, nowhere, nowhere, v)};
  }
  static recorded of(operation op, const recorded& a, const recorded& b) {
    const S v = apply<S>(op, a.value_, b.value_, S(0));
    if (a.known() && b.known()) return v;
    return {v, tape<S>::current()->operate(op, a.at(), b.at(), nowhere, v)};
  }
  static mask compared(operation op, const recorded& a, const recorded& b) {
    const bool v = apply<S>(op, a.value_, b.value_, S(0)) != S(0);
    if (a.known() && b.known()) return v;
    return {v, tape<S>::current()->operate(op, a.at(), b.at(), nowhere, S(v))};
  }
};

}  // namespace layercake::bulk
