// What a data type consists of, told once and used for everything generic: validation, sensitivities, explanations, axes of a sweep, files.
//
// A data type lists its members in a static function and names its rebinding to another number type:
//
// ```cpp global
// template <class T = double>
// struct basic_cable {
//   quantity<unit::usd, T> price;
//   T loss;
//
//   template <class N>
//   using with_number = basic_cable<N>;
//   static constexpr auto fields() {
//     return std::tuple{field("price", &basic_cable::price, positive, "of the cable, laid"),
//                       field("loss", &basic_cable::loss, share, "of the power that goes in")};
//   }
// };
// ```
//
// A member that is such a type itself is listed as `part("node", &basic_x::node)`, one without a number as `label("name", &basic_x::name)`.
#pragma once

#include <concepts>
#include <layercake/core/unknown.hpp>
#include <layercake/number/check.hpp>
#include <layercake/number/number.hpp>
#include <layercake/units/print.hpp>
#include <layercake/units/quantity.hpp>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
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

// A member that is itself described by fields(), or an array or a list of such.
template <class Owner, class Value>
struct part_of {
  const char* name;
  Value Owner::*member;
};
template <class Owner, class Value>
constexpr part_of<Owner, Value> part(const char* name, Value Owner::*member) {
  return {name, member};
}

// A member without a number type (a name, a choice, a source): only copied. One that describes itself is checked as the record is.
template <class Owner, class Value>
struct label_of {
  const char* name;
  Value Owner::*member;
};
template <class Owner, class Value>
constexpr label_of<Owner, Value> label(const char* name, Value Owner::*member) {
  return {name, member};
}

// Which of the three a descriptor is.
template <class Descriptor>
inline constexpr bool is_field = false;
template <class Owner, class Value>
inline constexpr bool is_field<field_of<Owner, Value>> = true;
template <class Descriptor>
inline constexpr bool is_part = false;
template <class Owner, class Value>
inline constexpr bool is_part<part_of<Owner, Value>> = true;

template <class Record>
concept described = requires {
  std::remove_cvref_t<Record>::fields();
};

namespace detail {
template <class X>
concept sequence = requires(X& x) {
  x.begin();
  x.end();
};
}  // namespace detail

// Goes over x and everything in it, depth first in the order of fields(): visit.field(path, value, descriptor) for every
// numeric member, visit.record(path, record) for every record after its members.
template <class Record, class Visit>
void walk(Record& x, const std::string& path, Visit& visit) {
  using Bare = std::remove_const_t<Record>;
  if constexpr (detail::sequence<Record>) {
    int i = 0;
    for (auto& element : x)
      layercake::walk(element, path + "[" + std::to_string(i++) + "]", visit);
  } else if constexpr (described<Bare>) {
    const auto one = [&]<class Descriptor>(const Descriptor& d) {
      if constexpr (is_field<Descriptor>) {
        visit.field(findings::joined(path, d.name), x.*(d.member), d);
      } else if constexpr (is_part<Descriptor>) {
        layercake::walk(x.*(d.member), findings::joined(path, d.name), visit);
      }
    };
    std::apply([&](const auto&... d) { (one(d), ...); }, Bare::fields());
    visit.record(path, x);
  }
}

namespace detail {
template <class Function>
struct field_visit {
  Function& f;
  template <class Value, class Descriptor>
  void field(const std::string& path, Value& value, const Descriptor& d) {
    f(path, value, d);
  }
  template <class Record>
  void record(const std::string&, Record&) {}
};
}  // namespace detail

// Calls f(path, value, descriptor) for every numeric member of x, at any depth, in order. A const x gives const values.
template <class Record, class Function>
void for_each_field(Record& x, const std::string& path, Function&& f) {
  detail::field_visit<Function> visit{f};
  layercake::walk(x, path, visit);
}

// The same record over number type N: constants of a sweep stay double, inputs of a gradient become dual. A type that does not describe
// itself has no inputs and stays as it is, and so does a record that is over N already.
template <number N, class Record>
constexpr auto with_number(const Record& x) {
  if constexpr (!described<Record>) {
    return x;
  } else if constexpr (std::same_as<typename Record::template with_number<N>, Record>) {
    return x;
  } else {
    using Rebound = typename Record::template with_number<N>;
    Rebound y{};
    const auto copy = [&]<class From, class To>(const From& from, const To& to) {
      if constexpr (is_field<From>) {
        y.*(to.member) = over_number<N>(x.*(from.member));
      } else if constexpr (is_part<From>) {
        auto& target = y.*(to.member);
        const auto& source = x.*(from.member);
        if constexpr (detail::sequence<std::remove_cvref_t<decltype(source)>>) {
          if constexpr (requires { target.resize(source.size()); }) target.resize(source.size());
          auto out = target.begin();
          for (const auto& element : source)
            *out++ = layercake::with_number<N>(element);
        } else {
          target = layercake::with_number<N>(source);
        }
      } else {
        y.*(to.member) = x.*(from.member);
      }
    };
    constexpr auto from = Record::fields();
    constexpr auto to = Rebound::fields();
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      (copy(std::get<Index>(from), std::get<Index>(to)), ...);
    }
    (std::make_index_sequence<std::tuple_size_v<decltype(from)>>{});
    return y;
  }
}

template <class Record>
std::vector<finding> check(const Record& x, const std::string& path = "");

namespace detail {
struct checker {
  findings& found;

  template <class Value, class Descriptor>
  void field(const std::string& path, const Value& value, const Descriptor& d) {
    if (allows(d.allowed, value)) return;
    findings one;
    one.check_within(path, value, d.allowed, std::string("Set ") + path + ": " + d.meaning + ".");
    std::vector<finding> list = one.take();
    if constexpr (has_real_value<std::remove_cvref_t<decltype(base_value(value))>>) {
      if (!is_known(real_value(base_value(value)))) list.front().value = "unknown";  // nobody has set it
    }
    found.add(std::move(list));
  }
  template <class Record>
  void record(const std::string& path, const Record& x) {
    const auto label = [&]<class Descriptor>(const Descriptor& d) {
      if constexpr (!is_field<Descriptor> && !is_part<Descriptor> && described<decltype(x.*(d.member))>) {
        found.add(layercake::check(x.*(d.member), findings::joined(path, d.name)));
      }
    };
    std::apply([&](const auto&... d) { (label(d), ...); }, Record::fields());
    if constexpr (requires(findings & f) { x.rules(f); }) {
      findings own(path);
      x.rules(own);
      found.add(own.take());
    }
  }
};

// Whether check(x) has nothing to say, found out without a word.
template <class Record>
bool is_in_order(const Record& x) {
  if constexpr (sequence<const Record>) {
    for (const auto& element : x) {
      if (!is_in_order(element)) return false;
    }
  } else if constexpr (described<Record>) {
    const auto one = [&]<class Descriptor>(const Descriptor& d) {
      if constexpr (is_field<Descriptor>) {
        return allows(d.allowed, x.*(d.member));
      } else if constexpr (is_part<Descriptor> || described<decltype(x.*(d.member))>) {
        return is_in_order(x.*(d.member));
      } else {
        return true;
      }
    };
    if (!std::apply([&](const auto&... d) { return (one(d) && ...); }, Record::fields())) return false;
    if constexpr (requires(findings & f) { x.rules(f); }) {
      findings own;
      x.rules(own);
      return own.list().empty();
    }
  }
  return true;
}
}  // namespace detail

// Everything that is wrong with x: fields outside their domain, records that contradict themselves. Fields over a batch are not looked at;
// infeasible lanes are marked by the formulas.
template <class Record>
std::vector<finding> check(const Record& x, const std::string& path) {
  if (detail::is_in_order(x)) return {};
  findings found;
  detail::checker visit{found};
  layercake::walk(x, path, visit);
  return found.take();
}

// Throws `invalid_value` with every finding of check(x).
template <class Record>
void validate(const Record& x, const std::string& path = "") {
  raise_if_any(check(x, path));
}

}  // namespace layercake
