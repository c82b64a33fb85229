// Strong kinds: the pairs of one dimension that people confuse.
//
// ```cpp
// auto hall = as<kind::it>(40 * megawatt);             // entry: says whose watts these are
// auto site = to_facility(hall, 1.25);                 // of_kind<kind::facility, quantity<unit::watt>>
// std::cout << in<megawatt>(plain(site)) << '\n';      // exit
// ```
// ```text
// 50
// ```
// ```cpp continue error
// auto sum = hall + site;                              // does not compile; the error names both kinds
// ```
// ```text
// kind::it
// kind::facility
// ```
//
// One kind adds to, compares with and is divided by itself (the ratio is a plain number) and is scaled by plain numbers. Kinds that are
// rates or amounts also go over time: IT power times hours is IT energy. Everything else goes through plain(). A kind is its quantity and
// no more: the same size, the same registers, any number type.
//
//   it, facility            power or energy of the chips and their servers; of the whole site behind one meter
//   input, output           tokens read (prefill) and tokens written (decode); their rates
//   model, hardware         FLOPs that the model's mathematics needs; FLOPs that the chips execute, recomputation included
//   at<precision>           FLOPs counted in one number format: dense fp8 FLOP/s are no bf16 FLOP/s
//   relative, points        a change of 5 % of the value; a change by 5 percentage points
//   half_life, parity       time in which a price halves; time until a cheaper tier does what today's frontier does
//   share_of<B>, total_of<B>  a share of the cost within boundary B; all the cost within B
//   demand_charge, energy_price   USD per kW of the month's peak; USD per kWh used: both are USD/J
//   peak, average           power at the worst moment; energy over time
//   peak_at<W>, mean_at<W>  the same at one place of the way from chip to plant: W is one_chip, all_chips, it, facility, plant
//   chips, nodes, replicas  counts
//
// The kinds of a record's members take a bare value where the member is set, since its name says whose it is (`.peak = 40 * megawatt`), and
// compare with one that stands on the right. Between two kinds nothing converts. The other kinds are entered by as<kind>(x) alone.
#pragma once

#include <array>
#include <cstddef>
#include <layercake/number/number.hpp>
#include <layercake/number/precision.hpp>
#include <layercake/units/named.hpp>
#include <layercake/units/print.hpp>

namespace layercake {

namespace kind::detail {
constexpr std::array<char, 32> joined_names(const char* first, const char* second) {
  std::array<char, 32> text{};
  std::size_t n = 0;
  for (const char* part : {first, second}) {
    for (; *part != '\0' && n + 1 < text.size(); ++part)
      text[n++] = *part;
  }
  return text;
}
}  // namespace kind::detail

namespace kind {
// `name` is what to_string writes behind the value. `over_time`: times a time, or divided by one, it stays of its kind. `named_by_member`: a
// bare value becomes of the kind by itself. `counted`: to_string writes "8 chips".
// clang-format off
struct it { static constexpr const char* name = "IT"; static constexpr bool over_time = true; };
struct facility { static constexpr const char* name = "facility"; static constexpr bool over_time = true; };
struct plant { static constexpr const char* name = "plant"; };        // generated: before the losses of the line
struct one_chip { static constexpr const char* name = "one chip"; };
struct all_chips { static constexpr const char* name = "all chips"; };
struct input { static constexpr const char* name = "input"; static constexpr bool over_time = true, named_by_member = true; };
struct output { static constexpr const char* name = "output"; static constexpr bool over_time = true, named_by_member = true; };
struct model { static constexpr const char* name = "model"; static constexpr bool over_time = true; };
struct hardware { static constexpr const char* name = "hardware"; static constexpr bool over_time = true; };
template <precision Format>
struct at { static constexpr const char* name = layercake::name(Format); static constexpr bool over_time = true; };
struct relative { static constexpr const char* name = "relative change"; };
struct points { static constexpr const char* name = "points"; };
struct half_life { static constexpr const char* name = "half-life"; };
struct parity { static constexpr const char* name = "to parity"; };
template <class Boundary>
struct share_of { static constexpr const char* name = Boundary::name; };
template <class Boundary>
struct total_of { static constexpr const char* name = Boundary::name; };
struct demand_charge { static constexpr const char* name = "demand charge"; static constexpr bool named_by_member = true; };
struct energy_price { static constexpr const char* name = "energy price"; static constexpr bool named_by_member = true; };
struct peak { static constexpr const char* name = "peak"; };
struct average { static constexpr const char* name = "average"; };
template <class Where>
struct peak_at { static constexpr auto text = detail::joined_names("peak, ", Where::name); static constexpr const char* name = text.data(); static constexpr bool named_by_member = true; };
template <class Where>
struct mean_at { static constexpr auto text = detail::joined_names("mean, ", Where::name); static constexpr const char* name = text.data(); static constexpr bool named_by_member = true; };
template <class Where>
struct each { static constexpr auto text = detail::joined_names("each, ", Where::name); static constexpr const char* name = text.data(); static constexpr bool named_by_member = true; };
struct chips { static constexpr const char* name = "chips"; static constexpr bool counted = true, named_by_member = true; };
struct nodes { static constexpr const char* name = "nodes"; static constexpr bool counted = true, named_by_member = true; };
struct replicas { static constexpr const char* name = "replicas"; static constexpr bool counted = true, named_by_member = true; };
// clang-format on
}  // namespace kind

// What a cost share is a share of. "GPUs are 70 % of the cost" and "... are 39 %" are both true, of different wholes. A struct with a
// `name` is a boundary of your own.
namespace boundary {
// clang-format off
struct accelerator_bill_of_materials { static constexpr const char* name = "of the accelerator's bill of materials"; };
struct server_price { static constexpr const char* name = "of the server's price"; };
struct cluster_capex { static constexpr const char* name = "of cluster capex"; };       // servers and network, no building
struct facility_capex { static constexpr const char* name = "of facility capex"; };     // land, building, power, cooling
struct site_capex { static constexpr const char* name = "of site capex"; };             // cluster and facility
struct operating_cost { static constexpr const char* name = "of operating cost"; };     // without capital
struct ownership_cost { static constexpr const char* name = "of total cost of ownership"; };
// clang-format on
}  // namespace boundary

template <class Kind, class Value>
class of_kind;

template <class T>
inline constexpr bool is_kind = false;
template <class Kind, class Value>
inline constexpr bool is_kind<of_kind<Kind, Value>> = true;

namespace detail {
// A factor. Kinds and quantities are ruled out first: whether they are numbers is asked in terms of the operators that ask this.
template <class Scalar>
concept bare = !is_kind<Scalar> && !is_quantity<Scalar> && (number<Scalar> || arithmetic<Scalar>);

// The type in which two plain values of one dimension meet.
template <class A, class B>
struct joint {};
template <number A, number B>
struct joint<A, B> {
  using type = promote_t<A, B>;
};
template <class Unit, class A, class B>
struct joint<quantity<Unit, A>, quantity<Unit, B>> {
  using type = quantity<Unit, promote_t<A, B>>;
};
template <class A, class B>
using joint_t = typename joint<A, B>::type;

template <class To, class From>
constexpr To joined(const From& x) {
  if constexpr (is_quantity<To>) {
    return To(x);
  } else {
    return number_cast<To>(x);
  }
}

template <class Kind>
inline constexpr bool of_a_format = false;
template <precision Format>
inline constexpr bool of_a_format<kind::at<Format>> = true;

// These are constants, not concepts: a compiler explains a concept that does not hold step by step.
template <class Kind>
inline constexpr bool counted_kind = requires {
  requires Kind::counted;
};
template <class Kind>
inline constexpr bool named_by_member = requires {
  requires Kind::named_by_member;
};

// Another type whose values become a Value without loss: a double beside a batch or a dual.
template <class Narrow, class Value>
inline constexpr bool narrower = requires {
  requires !std::same_as<Narrow, Value> && std::same_as<joint_t<Narrow, Value>, Value>;
};

// What does not add to a kind: another kind, the same kind of another dimension, anything without a kind.
template <class X, class Kind, class Value>
inline constexpr bool is_other = is_quantity<X> || bare<X>;
template <class OtherKind, class OtherValue, class Kind, class Value>
inline constexpr bool is_other<of_kind<OtherKind, OtherValue>, Kind, Value> =
    !std::same_as<OtherKind, Kind> || !requires {
  typename joint_t<Value, OtherValue>;
};
template <class X, class Kind, class Value>
concept not_of_kind = is_other<X, Kind, Value>;

// A bare value beside which a member's kind may be held: of its unit, or a number beside a number.
template <class X, class Kind, class Value>
inline constexpr bool measure_of =
    named_by_member<Kind> && !is_kind<X> &&
    (is_quantity<X> ? std::same_as<unit_of_t<X>, unit_of_t<Value>> : !is_quantity<Value> && bare<X>);
// What becomes of a member's kind by itself, over another number type; a count may be an integer.
template <class X, class Kind, class Value>
inline constexpr bool enters = measure_of<X, Kind, Value> && !std::same_as<X, Value> && std::convertible_to<X, Value>;

// What compares with a kind: the same kind, or a bare value beside a member's.
template <class X, class Kind, class Value>
inline constexpr bool comparable = measure_of<X, Kind, Value>;
template <class OtherKind, class OtherValue, class Kind, class Value>
inline constexpr bool comparable<of_kind<OtherKind, OtherValue>, Kind, Value> =
    !is_other<of_kind<OtherKind, OtherValue>, Kind, Value>;
template <class X, class Kind, class Value>
inline constexpr bool not_comparable = is_other<X, Kind, Value> && !comparable<X, Kind, Value>;

// The two sides of a comparison with an X: both of the type in which they meet, or as they are beside a bare value.
template <class X, class Value>
constexpr auto own_side(const Value& own) {
  if constexpr (is_kind<X>) {
    return joined<joint_t<Value, typename X::plain_type>>(own);
  } else {
    return own;
  }
}
template <class Value, class X>
constexpr auto other_side(const X& x) {
  if constexpr (is_kind<X>) {
    return joined<joint_t<Value, typename X::plain_type>>(plain(x));
  } else {
    return x;
  }
}

template <class Kind>
concept over_time = requires {
  requires Kind::over_time;
};
}  // namespace detail

template <class Kind, class Value>
class of_kind {
  static_assert(is_quantity<Value> || number<Value>, "layercake: a kind is of a quantity or of a plain number");
  Value plain_;

public:
  using kind_type = Kind;
  using plain_type = Value;

  constexpr of_kind() : plain_(Value{}) {}
  constexpr explicit(!detail::named_by_member<Kind>) of_kind(const Value& q) : plain_(q) {}
  // A bare value over a number type that converts without loss; a count may be an integer.
  template <class Bare>
    requires detail::enters<Bare, Kind, Value>
  constexpr of_kind(const Bare& x) : plain_(detail::joined<Value>(x)) {}

  // The same kind over a number type that converts without loss.
  template <class Narrow>
    requires detail::narrower<Narrow, Value>
  constexpr of_kind(const of_kind<Kind, Narrow>& k) : plain_(detail::joined<Value>(plain(k))) {}
  // Another kind: deleted, so that the compiler names both where one is given for the other; not formats, which clang numbers here.
  template <class OtherKind, class OtherValue>
    requires(!std::same_as<OtherKind, Kind> && !detail::of_a_format<OtherKind>)
  constexpr of_kind(const of_kind<OtherKind, OtherValue>&) = delete;

  friend constexpr const Value& plain(const of_kind& k) { return k.plain_; }

  template <class OtherValue>
    requires std::same_as<detail::joint_t<OtherValue, Value>, Value>
  constexpr of_kind& operator+=(const of_kind<Kind, OtherValue>& b) { return *this = of_kind(*this + b); }
  template <class OtherValue>
    requires std::same_as<detail::joint_t<OtherValue, Value>, Value>
  constexpr of_kind& operator-=(const of_kind<Kind, OtherValue>& b) { return *this = of_kind(*this - b); }
  template <class Scalar>
    requires detail::bare<Scalar>
  constexpr of_kind& operator*=(const Scalar& s) { return *this = *this * s; }
  template <class Scalar>
    requires detail::bare<Scalar>
  constexpr of_kind& operator/=(const Scalar& s) { return *this = *this / s; }
  friend constexpr of_kind operator-(const of_kind& a) { return of_kind(Value(-a.plain_)); }
  friend constexpr of_kind operator+(const of_kind& a) { return a; }

  // One kind; a member's compares with a bare value too.
  template <class OtherValue, class Joint = detail::joint_t<Value, OtherValue>>
  friend constexpr of_kind<Kind, Joint> operator+(const of_kind& a, const of_kind<Kind, OtherValue>& b) {
    return of_kind<Kind, Joint>(Joint(detail::joined<Joint>(plain(a)) + detail::joined<Joint>(plain(b))));
  }
  template <class OtherValue, class Joint = detail::joint_t<Value, OtherValue>>
  friend constexpr of_kind<Kind, Joint> operator-(const of_kind& a, const of_kind<Kind, OtherValue>& b) {
    return of_kind<Kind, Joint>(Joint(detail::joined<Joint>(plain(a)) - detail::joined<Joint>(plain(b))));
  }
  template <class OtherValue, class Joint = detail::joint_t<Value, OtherValue>>
  friend constexpr auto operator/(const of_kind& a, const of_kind<Kind, OtherValue>& b) {
    return detail::joined<Joint>(plain(a)) / detail::joined<Joint>(plain(b));
  }
  template <class X>
    requires detail::comparable<X, Kind, Value>
  friend constexpr auto operator==(const of_kind& a, const X& b) {
    return detail::own_side<X>(plain(a)) == detail::other_side<Value>(b);
  }
  template <class X>
    requires detail::comparable<X, Kind, Value>
  friend constexpr auto operator!=(const of_kind& a, const X& b) {
    return detail::own_side<X>(plain(a)) != detail::other_side<Value>(b);
  }
  template <class X>
    requires detail::comparable<X, Kind, Value>
  friend constexpr auto operator<(const of_kind& a, const X& b) {
    return detail::own_side<X>(plain(a)) < detail::other_side<Value>(b);
  }
  template <class X>
    requires detail::comparable<X, Kind, Value>
  friend constexpr auto operator<=(const of_kind& a, const X& b) {
    return detail::own_side<X>(plain(a)) <= detail::other_side<Value>(b);
  }
  template <class X>
    requires detail::comparable<X, Kind, Value>
  friend constexpr auto operator>(const of_kind& a, const X& b) {
    return detail::own_side<X>(plain(a)) > detail::other_side<Value>(b);
  }
  template <class X>
    requires detail::comparable<X, Kind, Value>
  friend constexpr auto operator>=(const of_kind& a, const X& b) {
    return detail::own_side<X>(plain(a)) >= detail::other_side<Value>(b);
  }

  // Two kinds, or a kind and something bare: deleted, so that the compiler names both; clang does without, as in quantity.hpp, which
  // has what has a bare quantity on the left.
#if !defined(__clang__)
  template <detail::not_of_kind<Kind, Value> X>
  friend void operator+(const of_kind&, const X&) = delete;
  template <detail::not_of_kind<Kind, Value> X>
  friend void operator-(const of_kind&, const X&) = delete;
  template <class X>
    requires detail::not_comparable<X, Kind, Value>
  friend void operator==(const of_kind&, const X&) = delete;
  template <class X>
    requires detail::not_comparable<X, Kind, Value>
  friend void operator!=(const of_kind&, const X&) = delete;
  template <class X>
    requires detail::not_comparable<X, Kind, Value>
  friend void operator<(const of_kind&, const X&) = delete;
  template <class X>
    requires detail::not_comparable<X, Kind, Value>
  friend void operator<=(const of_kind&, const X&) = delete;
  template <class X>
    requires detail::not_comparable<X, Kind, Value>
  friend void operator>(const of_kind&, const X&) = delete;
  template <class X>
    requires detail::not_comparable<X, Kind, Value>
  friend void operator>=(const of_kind&, const X&) = delete;
  template <class X>
    requires is_kind<X> && detail::not_of_kind<X, Kind, Value>
  friend void operator/(const of_kind&, const X&) = delete;
#endif
};

namespace detail {
template <class Kind, class Value>
struct unit_of<of_kind<Kind, Value>> : unit_of<Value> {};
}  // namespace detail

// base_value, from_base_value, over_number of a kind: number/number.hpp.
template <class Kind, class Value>
struct value_traits<of_kind<Kind, Value>> {
  template <class T>
  using over = of_kind<Kind, rebound_t<Value, T>>;
  static constexpr auto base(const of_kind<Kind, Value>& k) { return base_value(plain(k)); }
  template <class T>
  static constexpr over<T> make(const T& base) {
    return over<T>(from_base_value<Value>(base));
  }
};

// Entry: as<kind::input>(1200 * token), as<kind::points>(0.05). Integers become double. The exit is plain(k).
template <class Kind, class Unit, class T>
constexpr of_kind<Kind, quantity<Unit, T>> as(const quantity<Unit, T>& q) {
  return of_kind<Kind, quantity<Unit, T>>(q);
}
template <class Kind, class Scalar>
  requires detail::bare<Scalar>
constexpr auto as(const Scalar& x) {
  using T = detail::entered_t<Scalar>;
  return of_kind<Kind, T>(static_cast<T>(x));
}

// ---- one kind -----------------------------------------------------------------------------------------------------------------

template <class Kind, class Value, class Scalar>
  requires detail::bare<Scalar>
constexpr auto operator*(const of_kind<Kind, Value>& k, const Scalar& s) { return as<Kind>(plain(k) * s); }
template <class Kind, class Value, class Scalar>
  requires detail::bare<Scalar>
constexpr auto operator*(const Scalar& s, const of_kind<Kind, Value>& k) { return as<Kind>(s * plain(k)); }
template <class Kind, class Value, class Scalar>
  requires detail::bare<Scalar>
constexpr auto operator/(const of_kind<Kind, Value>& k, const Scalar& s) { return as<Kind>(plain(k) / s); }
template <detail::over_time Kind, class Value, class T>
constexpr auto operator*(const of_kind<Kind, Value>& k, const quantity<unit::second, T>& time) {
  return as<Kind>(plain(k) * time);
}
template <detail::over_time Kind, class Value, class T>
constexpr auto operator*(const quantity<unit::second, T>& time, const of_kind<Kind, Value>& k) {
  return as<Kind>(time * plain(k));
}
template <detail::over_time Kind, class Value, class T>
constexpr auto operator/(const of_kind<Kind, Value>& k, const quantity<unit::second, T>& time) {
  return as<Kind>(plain(k) / time);
}

// The quantity or number in a value that may be of a kind: plain(k) of a kind, anything else as it is.
template <class X>
constexpr X without_kind(const X& x) {
  return x;
}
template <class Kind, class Value>
constexpr Value without_kind(const of_kind<Kind, Value>& k) {
  return plain(k);
}

template <class Mask, class Kind, class Value>
constexpr of_kind<Kind, Value> where(const Mask& mask, const of_kind<Kind, Value>& a, const of_kind<Kind, Value>& b) {
  return of_kind<Kind, Value>(where(mask, plain(a), plain(b)));
}
template <class Kind, class Value>
constexpr of_kind<Kind, Value>(min)(const of_kind<Kind, Value>& a, const of_kind<Kind, Value>& b) {
  return of_kind<Kind, Value>((min)(plain(a), plain(b)));
}
template <class Kind, class Value>
constexpr of_kind<Kind, Value>(max)(const of_kind<Kind, Value>& a, const of_kind<Kind, Value>& b) {
  return of_kind<Kind, Value>((max)(plain(a), plain(b)));
}
template <class Kind, class Value>
constexpr of_kind<Kind, Value> clamp(const of_kind<Kind, Value>& k, const of_kind<Kind, Value>& low,
                                     const of_kind<Kind, Value>& high) {
  return (min)((max)(k, low), high);
}
template <class Kind, class Value>
constexpr of_kind<Kind, Value> abs(const of_kind<Kind, Value>& k) {
  return of_kind<Kind, Value>(abs(plain(k)));
}
template <class Kind, class Value>
constexpr auto is_finite(const of_kind<Kind, Value>& k) {
  return is_finite(plain(k));
}

// The number in a unit: in<megawatt>(k). The exit to the bare quantity takes its own word, plain(k).
template <auto NamedUnit, class Kind, class Value>
constexpr auto in(const of_kind<Kind, Value>& k) {
  return in<NamedUnit>(plain(k));
}

// ---- names --------------------------------------------------------------------------------------------------------------------

template <class T = double>
using it_power = of_kind<kind::it, quantity<unit::watt, T>>;
template <class T = double>
using facility_power = of_kind<kind::facility, quantity<unit::watt, T>>;
template <class T = double>
using it_energy = of_kind<kind::it, quantity<unit::joule, T>>;
template <class T = double>
using facility_energy = of_kind<kind::facility, quantity<unit::joule, T>>;
template <class T = double>
using input_tokens = of_kind<kind::input, quantity<unit::token, T>>;
template <class T = double>
using output_tokens = of_kind<kind::output, quantity<unit::token, T>>;
template <class T = double>
using model_flop = of_kind<kind::model, quantity<unit::flop, T>>;
template <class T = double>
using hardware_flop = of_kind<kind::hardware, quantity<unit::flop, T>>;
template <precision Format, class T = double>
using flop_at = of_kind<kind::at<Format>, quantity<unit::flop, T>>;
template <precision Format, class T = double>
using flop_rate_at = of_kind<kind::at<Format>, quantity<unit::flop_per_second, T>>;
template <class T = double>
using relative_change = of_kind<kind::relative, T>;
template <class T = double>
using percentage_points = of_kind<kind::points, T>;
template <class T = double>
using price_half_life = of_kind<kind::half_life, quantity<unit::second, T>>;
template <class T = double>
using time_to_parity = of_kind<kind::parity, quantity<unit::second, T>>;
template <class Boundary, class T = double>
using cost_share = of_kind<kind::share_of<Boundary>, T>;
template <class Boundary, class T = double>
using total_cost = of_kind<kind::total_of<Boundary>, quantity<unit::usd, T>>;
template <class T = double>
using demand_charge = of_kind<kind::demand_charge, quantity<unit::usd_per_joule, T>>;
template <class T = double>
using energy_price = of_kind<kind::energy_price, quantity<unit::usd_per_joule, T>>;
template <class T = double>
using peak_power = of_kind<kind::peak, quantity<unit::watt, T>>;
template <class T = double>
using average_power = of_kind<kind::average, quantity<unit::watt, T>>;
template <class Where, class T = double>
using peak_power_at = of_kind<kind::peak_at<Where>, quantity<unit::watt, T>>;
template <class Where, class T = double>
using mean_power_at = of_kind<kind::mean_at<Where>, quantity<unit::watt, T>>;
template <class T = double>
using chip_count = of_kind<kind::chips, T>;
template <class T = double>
using node_count = of_kind<kind::nodes, T>;
template <class T = double>
using replica_count = of_kind<kind::replicas, T>;
template <class T = double>
using input_token_rate = of_kind<kind::input, quantity<unit::token_per_second, T>>;
template <class T = double>
using output_token_rate = of_kind<kind::output, quantity<unit::token_per_second, T>>;

// ---- from one kind to another ---------------------------------------------------------------------------------------------------

// What the site draws for what its chips draw, and back: facility = IT * PUE, PUE the power usage effectiveness, >= 1. Power or energy.
template <class Value, class Scalar>
constexpr auto to_facility(const of_kind<kind::it, Value>& it, const Scalar& power_usage_effectiveness) {
  return as<kind::facility>(plain(it) * power_usage_effectiveness);
}
template <class Value, class Scalar>
constexpr auto to_it(const of_kind<kind::facility, Value>& facility, const Scalar& power_usage_effectiveness) {
  return as<kind::it>(plain(facility) / power_usage_effectiveness);
}

// Average over peak power, 0 to 1.
template <class A, class B>
constexpr auto load_factor(const of_kind<kind::average, quantity<unit::watt, A>>& average,
                           const of_kind<kind::peak, quantity<unit::watt, B>>& peak) {
  return plain(average) / plain(peak);
}

// What a demand charge costs per unit of time. Worked number: $18/kW-month on a peak of 10 MW is $180,000 a month.
template <class A, class B>
constexpr auto cost_rate(const of_kind<kind::demand_charge, quantity<unit::usd_per_joule, A>>& charge,
                         const of_kind<kind::peak, quantity<unit::watt, B>>& peak) {
  return plain(charge) * plain(peak);
}
template <class Where, class A, class B>
constexpr auto cost_rate(const of_kind<kind::demand_charge, quantity<unit::usd_per_joule, A>>& charge,
                         const of_kind<kind::peak_at<Where>, quantity<unit::watt, B>>& peak) {
  return plain(charge) * plain(peak);
}
// What energy costs per unit of time. Worked number: $62/MWh on an average of 10 MW is $620 an hour.
template <class A, class B>
constexpr auto cost_rate(const of_kind<kind::energy_price, quantity<unit::usd_per_joule, A>>& price,
                         const of_kind<kind::average, quantity<unit::watt, B>>& average) {
  return plain(price) * plain(average);
}

template <class Where, class A, class B>
constexpr auto cost_rate(const of_kind<kind::energy_price, quantity<unit::usd_per_joule, A>>& price,
                         const of_kind<kind::mean_at<Where>, quantity<unit::watt, B>>& mean) {
  return plain(price) * plain(mean);
}

// A value after a relative change, x (1 + r): a utilisation of 40 % that rises by 5 % relative is 42 %. x: a number or a quantity.
template <class X, class T>
constexpr auto apply(const X& x, const of_kind<kind::relative, T>& change) {
  return x * (T(1) + plain(change));
}
// A share after a change in percentage points, s + p: a utilisation of 40 % that rises by 5 points is 45 %, 12.5 % relative.
template <class Scalar, class T>
  requires number<Scalar>
constexpr auto apply(const Scalar& of_whole, const of_kind<kind::points, T>& change) {
  using N = promote_t<Scalar, T>;
  return N(number_cast<N>(of_whole) + number_cast<N>(plain(change)));
}
// The change that leads from one value to another; the base of a relative change is not zero.
template <class X>
constexpr auto relative_between(const X& from, const X& to) {
  return as<kind::relative>((to - from) / from);
}
template <number T>
constexpr auto points_between(const T& from, const T& to) {
  return as<kind::points>(T(to - from));
}
// The relative change that a change in points of this share is; share > 0.
template <number Scalar, class T>
constexpr auto to_relative(const of_kind<kind::points, T>& change, const Scalar& of_whole) {
  using N = promote_t<Scalar, T>;
  return as<kind::relative>(N(number_cast<N>(plain(change)) / number_cast<N>(of_whole)));
}

// A share of a cost, of the boundary that the share is stated for, and back.
template <class Boundary, class A, class B>
constexpr auto apply(const of_kind<kind::share_of<Boundary>, A>& part,
                     const of_kind<kind::total_of<Boundary>, quantity<unit::usd, B>>& total) {
  return plain(part) * plain(total);
}
template <class Boundary, class A, class B>
constexpr auto share_in(const quantity<unit::usd, A>& part,
                        const of_kind<kind::total_of<Boundary>, quantity<unit::usd, B>>& total) {
  return as<kind::share_of<Boundary>>(part / plain(total));
}

// ---- text -----------------------------------------------------------------------------------------------------------------------

// "40 MW (IT)", "8 chips".
template <class Kind, class Value>
  requires requires(const Value& q) { to_string(q); }
std::string to_string(const of_kind<Kind, Value>& k) {
  return to_string(plain(k)) +
         (detail::counted_kind<Kind> ? std::string(" ") + Kind::name : " (" + std::string(Kind::name) + ")");
}
template <class Traits, class Kind, class Value>
  requires requires(const Value& q) { to_string(q); }
std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& stream, const of_kind<Kind, Value>& k) {
  return stream << to_string(k);
}

}  // namespace layercake

template <class Kind, class Value>
struct std::hash<layercake::of_kind<Kind, Value>> {
  std::size_t operator()(const layercake::of_kind<Kind, Value>& k) const noexcept {
    return std::hash<Value>{}(plain(k));
  }
};
