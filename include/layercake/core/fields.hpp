// What a data type consists of, told once and used for everything generic: validation, sensitivities, explanations, axes of a sweep.
//
// A data type `basic_x<T>` lists its members in a static function
//
//   static constexpr auto fields() {
//     return std::tuple{field("price", &basic_x::price, positive, "what a unit of energy costs"), part("node", &basic_x::node), ...};
//   }
//
// and names its rebinding to another number type: `template <class U> using with_number = basic_x<U>`.
#pragma once

#include <layercake/core/unknown.hpp>
#include <layercake/number/check.hpp>
#include <layercake/number/number.hpp>
#include <layercake/units/print.hpp>
#include <layercake/units/quantity.hpp>
#include <string>
#include <tuple>
#include <vector>

namespace layercake {

// A numeric member: its name, where it may lie, what it means.
template <class Owner, class Value>
struct field_of {
  const char* name;
  Value Owner::*member;
  domain allowed;
  const char* meaning;
};
template <class Owner, class Value>
constexpr field_of<Owner, Value> field(const char* name, Value Owner::*member, domain allowed, const char* meaning) {
  return {name, member, allowed, meaning};
}

// A member that is itself described by fields(), or an array of such.
template <class Owner, class Value>
struct part_of {
  const char* name;
  Value Owner::*member;
};
template <class Owner, class Value>
constexpr part_of<Owner, Value> part(const char* name, Value Owner::*member) {
  return {name, member};
}

// A member without a number in it (a name, a choice, a source): only copied.
template <class Owner, class Value>
struct label_of {
  Value Owner::*member;
};
template <class Owner, class Value>
constexpr label_of<Owner, Value> label(Value Owner::*member) {
  return {member};
}

template <class X>
concept described = requires {
  std::remove_cvref_t<X>::fields();
};

// Collects what is wrong with a record. A record may state rules between its fields in `void rules(findings&) const`.
class findings {
public:
  explicit findings(std::string path) : path_(std::move(path)) {}

  // Where a rule does not hold, `field` is reported with its value, what is allowed and what to change.
  template <class Q>
  void require(bool holds, const char* field, const Q& value, std::string allowed, std::string remedy) {
    if (!holds) list_.push_back({joined(path_, field), to_string(value), std::move(allowed), std::move(remedy)});
  }
  std::vector<finding>& list() { return list_; }

  static std::string joined(const std::string& path, const char* name) {
    return path.empty() ? name : path + "." + name;
  }

private:
  std::string path_;
  std::vector<finding> list_;
};

namespace detail {
template <class X>
concept sequence = requires(X& x) {
  x.begin();
  x.end();
};

template <class U, class Value>
constexpr auto number_cast_field(const Value& v) {
  if constexpr (is_quantity<Value>) {
    return access::make<typename Value::unit_type>(number_cast<U>(access::base(v)));
  } else {
    return number_cast<U>(v);
  }
}

template <class Descriptor>
inline constexpr int descriptor_kind = 2;  // label
template <class O, class V>
inline constexpr int descriptor_kind<field_of<O, V>> = 0;
template <class O, class V>
inline constexpr int descriptor_kind<part_of<O, V>> = 1;

// visit.field(path, value, descriptor) and visit.record(path, record) over x and everything in it.
template <class X, class Visit>
void walk(X& x, const std::string& path, Visit& visit) {
  using R = std::remove_const_t<X>;
  if constexpr (sequence<X>) {
    int i = 0;
    for (auto& element : x)
      walk(element, path + "[" + std::to_string(i++) + "]", visit);
  } else if constexpr (described<R>) {
    const auto one = [&]<class D>(const D& d) {
      if constexpr (descriptor_kind<D> == 0) {
        visit.field(findings::joined(path, d.name), x.*(d.member), d);
      } else if constexpr (descriptor_kind<D> == 1) {
        walk(x.*(d.member), findings::joined(path, d.name), visit);
      }
    };
    std::apply([&](const auto&... d) { (one(d), ...); }, R::fields());
    visit.record(path, x);
  }
}

template <class F>
struct field_visit {
  F& f;
  template <class V, class D>
  void field(const std::string& path, V& value, const D& d) {
    f(path, value, d);
  }
  template <class X>
  void record(const std::string&, X&) {}
};
}  // namespace detail

// Calls f(path, value, descriptor) for every numeric member of x, at any depth, in order. A const x gives const values.
template <class X, class F>
void for_each_field(X& x, const std::string& path, F&& f) {
  detail::field_visit<F> visit{f};
  detail::walk(x, path, visit);
}

// The same record over number type U: constants of a sweep stay double, inputs of a gradient become dual. A type that does not describe
// itself has no inputs and stays as it is.
template <class U, class X>
constexpr auto with_number(const X& x) {
  if constexpr (!described<X>) {
    return x;
  } else {
    using Y = typename X::template with_number<U>;
    Y y{};
    const auto copy = [&]<class From, class To>(const From& from, const To& to) {
      if constexpr (detail::descriptor_kind<From> == 0) {
        y.*(to.member) = detail::number_cast_field<U>(x.*(from.member));
      } else if constexpr (detail::descriptor_kind<From> == 1) {
        auto& target = y.*(to.member);
        const auto& source = x.*(from.member);
        if constexpr (detail::sequence<std::remove_cvref_t<decltype(source)>>) {
          auto out = target.begin();
          for (const auto& element : source)
            *out++ = layercake::with_number<U>(element);
        } else {
          target = layercake::with_number<U>(source);
        }
      } else {
        y.*(to.member) = x.*(from.member);
      }
    };
    constexpr auto from = X::fields();
    constexpr auto to = Y::fields();
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      (copy(std::get<Index>(from), std::get<Index>(to)), ...);
    }
    (std::make_index_sequence<std::tuple_size_v<decltype(from)>>{});
    return y;
  }
}

namespace detail {
template <class T>
struct plain_value;  // the real value that a domain is checked against, where there is one
template <real T>
struct plain_value<T> {
  static constexpr bool exists = true;
  static constexpr T of(const T& x) { return x; }
};
template <class T>
  requires(!real<T>)
struct plain_value<T> {
  static constexpr bool exists = false;
};
template <class T>
  requires(!real<T>)
&&requires(const T& x) {
  { x.value } -> std::convertible_to<double>;
}
struct plain_value<T> {
  static constexpr bool exists = true;
  static constexpr auto of(const T& x) { return x.value; }
};

inline std::string range_text(const domain& d, const std::string& low, const std::string& high, bool too_large) {
  std::string s;
  const bool has_low = d.low > -largest_sensible, has_high = d.high < largest_sensible || too_large;
  if (has_low && has_high) {
    s = (d.low_excluded ? "above " : "from ") + low + (d.high_excluded ? " to below " : " to ") + high;
  } else if (has_low) {
    s = (d.low_excluded ? "above " : "at least ") + low;
  } else if (has_high) {
    s = (d.high_excluded ? "below " : "at most ") + high;
  } else {
    s = "any finite value";
  }
  return d.whole ? "a whole number, " + s : s;
}

struct checker {
  std::vector<finding>& found;

  template <class V, class D>
  void field(const std::string& path, const V& value, const D& d) {
    const auto& base = access::base(value);
    using P = plain_value<std::remove_cvref_t<decltype(base)>>;
    if constexpr (P::exists) {
      const auto x = P::of(base);
      if (d.allowed.optional && x != x) return;
      if (d.allowed.contains(static_cast<double>(x))) return;
      const auto shown = [&](double base_value) {
        using S = std::remove_cvref_t<decltype(x)>;
        if constexpr (is_quantity<V>) {
          return to_string(access::make<typename V::unit_type>(static_cast<S>(base_value)));
        } else {
          return to_string(static_cast<S>(base_value));
        }
      };
      found.push_back(
          {path, shown(static_cast<double>(x)),
           range_text(d.allowed, shown(d.allowed.low), shown(d.allowed.high), static_cast<double>(x) > d.allowed.high),
           std::string("Set ") + path + ": " + d.meaning + "."});
    }
  }
  template <class X>
  void record(const std::string& path, const X& x) {
    if constexpr (requires(findings & f) { x.rules(f); }) {
      findings f(path);
      x.rules(f);
      for (finding& one : f.list())
        found.push_back(std::move(one));
    }
  }
};
}  // namespace detail

// Everything that is wrong with x: fields outside their domain, records that contradict themselves. Fields over a batch are not looked at;
// infeasible lanes are marked by the formulas.
template <class X>
std::vector<finding> check(const X& x, const std::string& path = "") {
  std::vector<finding> found;
  detail::checker visit{found};
  detail::walk(x, path, visit);
  return found;
}

// Throws `invalid_value` with every finding of check(x).
template <class X>
void validate(const X& x, const std::string& path = "") {
  const std::vector<finding> found = check(x, path);
  if (found.empty()) return;
  std::string text;
  for (const finding& f : found) {
    if (!text.empty()) text += '\n';
    text += f.text();
  }
  raise(invalid_value(text));
}

}  // namespace layercake
