// Strong kinds: the pairs of one dimension that people confuse.
//
//   auto hall = as<kind::it>(40 * megawatt);            // entry: says whose watts these are
//   auto site = to_facility(hall, 1.25);                // of_kind<kind::facility, quantity<unit::watt>>
//   hall + site                                         // does not compile; the error names kind::it and kind::facility
//   in<megawatt>(plain(site))                           // exit: 50
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
//   peak_at<W>, mean_at<W>  the same at one place of the way from chip to plant: W is one_chip, it, facility, plant
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
struct input { static constexpr const char* name = "input"; static constexpr bool over_time = true, named_by_member = true; };
struct output { static constexpr const char* name = "output"; static constexpr bool over_time = true, named_by_member = true; };
struct model { static constexpr const char* name = "model"; static constexpr bool over_time = true; };
struct hardware { static constexpr const char* name = "hardware"; static constexpr bool over_time = true; };
template <precision P>
struct at { static constexpr const char* name = layercake::name(P); static constexpr bool over_time = true; };
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

template <class Kind, class Q>
class of_kind;

template <class T>
inline constexpr bool is_kind = false;
template <class K, class Q>
inline constexpr bool is_kind<of_kind<K, Q>> = true;

namespace detail {
// A factor. Kinds and quantities are ruled out first: whether they are numbers is asked in terms of the operators that ask this.
template <class S>
concept bare = !is_kind<S> && !is_quantity<S> && (number<S> || arithmetic<S>);

// The type in which two plain values of one dimension meet.
template <class P, class Q>
struct joint {};
template <number P, number Q>
struct joint<P, Q> {
  using type = promote_t<P, Q>;
};
template <class U, class A, class B>
struct joint<quantity<U, A>, quantity<U, B>> {
  using type = quantity<U, promote_t<A, B>>;
};
template <class P, class Q>
using joint_t = typename joint<P, Q>::type;

template <class To, class From>
constexpr To joined(const From& x) {
  if constexpr (is_quantity<To>) {
    return To(x);
  } else {
    return number_cast<To>(x);
  }
}

template <class Kind>
concept counted_kind = requires {
  requires Kind::counted;
};

template <class Kind>
concept named_by_member = requires {
  requires Kind::named_by_member;
};

// What does not add to or compare with a kind: another kind, the same kind of another dimension, anything without a
// kind.
template <class X, class Kind, class Q>
inline constexpr bool is_other = is_quantity<X> || bare<X>;
template <class L, class P, class Kind, class Q>
inline constexpr bool is_other<of_kind<L, P>, Kind, Q> = !std::same_as<L, Kind> || !requires {
  typename joint_t<Q, P>;
};
template <class X, class Kind, class Q>
concept not_of_kind = is_other<X, Kind, Q>;

// A bare value beside which a member's kind may be held: of its unit, or a number beside a number.
template <class X, class Kind, class Q>
concept measure_of =
    named_by_member<Kind> && !is_kind<X> &&
    (is_quantity<X> ? std::same_as<typename unit_of<X>::type, typename unit_of<Q>::type> : !is_quantity<Q> && bare<X>);
template <class X, class Kind, class Q>
concept not_comparable = not_of_kind<X, Kind, Q> && !measure_of<X, Kind, Q>;

template <class Kind>
concept over_time = requires {
  requires Kind::over_time;
};
}  // namespace detail

template <class Kind, class Q>
class of_kind {
  static_assert(is_quantity<Q> || number<Q>, "layercake: a kind is of a quantity or of a plain number");
  Q plain_;

public:
  using kind_type = Kind;
  using plain_type = Q;

  constexpr of_kind() : plain_(Q{}) {}
  constexpr explicit(!detail::named_by_member<Kind>) of_kind(const Q& q) : plain_(q) {}
  // A bare value over a number type that converts without loss; a count may be an integer.
  template <class P>
    requires detail::named_by_member<Kind> &&
        (is_quantity<P> ||
         detail::bare<P>)&&(!std::same_as<P, Q>)&&std::convertible_to<P, Q> constexpr of_kind(const P& p)
        : plain_(detail::joined<Q>(p)) {}

    // The same kind over a number type that converts without loss.
    template <class P>
      requires(!std::same_as<P, Q>)
    &&std::same_as<detail::joint_t<P, Q>, Q> constexpr of_kind(const of_kind<Kind, P>& k)
        : plain_(detail::joined<Q>(plain(k))) {}

    friend constexpr const Q& plain(const of_kind& k) { return k.plain_; }

    constexpr of_kind& operator+=(const of_kind& b) { return *this = of_kind(Q(plain_ + b.plain_)); }
    constexpr of_kind& operator-=(const of_kind& b) { return *this = of_kind(Q(plain_ - b.plain_)); }
    template <class S>
      requires detail::bare<S>
    constexpr of_kind& operator*=(const S& s) { return *this = *this * s; }
    template <class S>
      requires detail::bare<S>
    constexpr of_kind& operator/=(const S& s) { return *this = *this / s; }
    friend constexpr of_kind operator-(const of_kind& a) { return of_kind(Q(-a.plain_)); }
    friend constexpr of_kind operator+(const of_kind& a) { return a; }

    // One kind.
    template <class P, class J = detail::joint_t<Q, P>>
    friend constexpr of_kind<Kind, J> operator+(const of_kind& a, const of_kind<Kind, P>& b) {
      return of_kind<Kind, J>(J(detail::joined<J>(plain(a)) + detail::joined<J>(plain(b))));
    }
    template <class P, class J = detail::joint_t<Q, P>>
    friend constexpr of_kind<Kind, J> operator-(const of_kind& a, const of_kind<Kind, P>& b) {
      return of_kind<Kind, J>(J(detail::joined<J>(plain(a)) - detail::joined<J>(plain(b))));
    }
    template <class P, class J = detail::joint_t<Q, P>>
    friend constexpr auto operator/(const of_kind& a, const of_kind<Kind, P>& b) {
      return detail::joined<J>(plain(a)) / detail::joined<J>(plain(b));
    }
    template <class P, class J = detail::joint_t<Q, P>>
    friend constexpr auto operator==(const of_kind& a, const of_kind<Kind, P>& b) {
      return detail::joined<J>(plain(a)) == detail::joined<J>(plain(b));
    }
    template <class P, class J = detail::joint_t<Q, P>>
    friend constexpr auto operator!=(const of_kind& a, const of_kind<Kind, P>& b) {
      return detail::joined<J>(plain(a)) != detail::joined<J>(plain(b));
    }
    template <class P, class J = detail::joint_t<Q, P>>
    friend constexpr auto operator<(const of_kind& a, const of_kind<Kind, P>& b) {
      return detail::joined<J>(plain(a)) < detail::joined<J>(plain(b));
    }
    template <class P, class J = detail::joint_t<Q, P>>
    friend constexpr auto operator<=(const of_kind& a, const of_kind<Kind, P>& b) {
      return detail::joined<J>(plain(a)) <= detail::joined<J>(plain(b));
    }
    template <class P, class J = detail::joint_t<Q, P>>
    friend constexpr auto operator>(const of_kind& a, const of_kind<Kind, P>& b) {
      return detail::joined<J>(plain(a)) > detail::joined<J>(plain(b));
    }
    template <class P, class J = detail::joint_t<Q, P>>
    friend constexpr auto operator>=(const of_kind& a, const of_kind<Kind, P>& b) {
      return detail::joined<J>(plain(a)) >= detail::joined<J>(plain(b));
    }

    // Two kinds, or a kind and something bare: deleted, so that the compiler names both. (A bare quantity on the left:
    // see quantity.hpp.)
    template <detail::not_of_kind<Kind, Q> X>
    friend void operator+(const of_kind&, const X&) = delete;
    template <detail::not_of_kind<Kind, Q> X>
    friend void operator-(const of_kind&, const X&) = delete;
    template <detail::not_comparable<Kind, Q> X>
    friend void operator==(const of_kind&, const X&) = delete;
    template <detail::not_comparable<Kind, Q> X>
    friend void operator!=(const of_kind&, const X&) = delete;
    template <detail::not_comparable<Kind, Q> X>
    friend void operator<(const of_kind&, const X&) = delete;
    template <detail::not_comparable<Kind, Q> X>
    friend void operator<=(const of_kind&, const X&) = delete;
    template <detail::not_comparable<Kind, Q> X>
    friend void operator>(const of_kind&, const X&) = delete;
    template <detail::not_comparable<Kind, Q> X>
    friend void operator>=(const of_kind&, const X&) = delete;
    template <class X>
      requires is_kind<X> && detail::not_of_kind<X, Kind, Q>
    friend void operator/(const of_kind&, const X&) = delete;
};

namespace detail {
template <class Kind, class Q>
struct unit_of<of_kind<Kind, Q>> : unit_of<Q> {};
}  // namespace detail

// base_value, from_base_value, over_number of a kind: number/number.hpp.
template <class Kind, class Q>
struct value_traits<of_kind<Kind, Q>> {
  template <class T>
  using over = of_kind<Kind, rebound_t<Q, T>>;
  static constexpr auto base(const of_kind<Kind, Q>& k) { return base_value(plain(k)); }
  template <class T>
  static constexpr over<T> make(const T& base) {
    return over<T>(from_base_value<Q>(base));
  }
};

// Entry: as<kind::input>(1200 * token), as<kind::points>(0.05). Integers become double. The exit is plain(k).
template <class Kind, class Unit, class T>
constexpr of_kind<Kind, quantity<Unit, T>> as(const quantity<Unit, T>& q) {
  return of_kind<Kind, quantity<Unit, T>>(q);
}
template <class Kind, class S>
  requires detail::bare<S>
constexpr auto as(const S& x) {
  using T = detail::entered_t<S>;
  return of_kind<Kind, T>(static_cast<T>(x));
}

// ---- a member's kind and a bare value -----------------------------------------------------------------------------------------

template <class K, class Q, detail::measure_of<K, Q> X>
constexpr auto operator==(const of_kind<K, Q>& k, const X& x) {
  return plain(k) == x;
}
template <class K, class Q, detail::measure_of<K, Q> X>
constexpr auto operator!=(const of_kind<K, Q>& k, const X& x) {
  return plain(k) != x;
}
template <class K, class Q, detail::measure_of<K, Q> X>
constexpr auto operator<(const of_kind<K, Q>& k, const X& x) {
  return plain(k) < x;
}
template <class K, class Q, detail::measure_of<K, Q> X>
constexpr auto operator<=(const of_kind<K, Q>& k, const X& x) {
  return plain(k) <= x;
}
template <class K, class Q, detail::measure_of<K, Q> X>
constexpr auto operator>(const of_kind<K, Q>& k, const X& x) {
  return plain(k) > x;
}
template <class K, class Q, detail::measure_of<K, Q> X>
constexpr auto operator>=(const of_kind<K, Q>& k, const X& x) {
  return plain(k) >= x;
}

// ---- one kind -----------------------------------------------------------------------------------------------------------------

template <class K, class Q, class S>
  requires detail::bare<S>
constexpr auto operator*(const of_kind<K, Q>& k, const S& s) { return as<K>(plain(k) * s); }
template <class K, class Q, class S>
  requires detail::bare<S>
constexpr auto operator*(const S& s, const of_kind<K, Q>& k) { return as<K>(s * plain(k)); }
template <class K, class Q, class S>
  requires detail::bare<S>
constexpr auto operator/(const of_kind<K, Q>& k, const S& s) { return as<K>(plain(k) / s); }
template <detail::over_time K, class Q, class T>
constexpr auto operator*(const of_kind<K, Q>& k, const quantity<unit::second, T>& time) {
  return as<K>(plain(k) * time);
}
template <detail::over_time K, class Q, class T>
constexpr auto operator*(const quantity<unit::second, T>& time, const of_kind<K, Q>& k) {
  return as<K>(time * plain(k));
}
template <detail::over_time K, class Q, class T>
constexpr auto operator/(const of_kind<K, Q>& k, const quantity<unit::second, T>& time) {
  return as<K>(plain(k) / time);
}

// The quantity or number in a value that may be of a kind: plain(k) of a kind, anything else as it is.
template <class X>
constexpr X without_kind(const X& x) {
  return x;
}
template <class K, class Q>
constexpr Q without_kind(const of_kind<K, Q>& k) {
  return plain(k);
}

template <class Mask, class K, class Q>
constexpr of_kind<K, Q> where(const Mask& mask, const of_kind<K, Q>& a, const of_kind<K, Q>& b) {
  return of_kind<K, Q>(where(mask, plain(a), plain(b)));
}
template <class K, class Q>
constexpr of_kind<K, Q>(min)(const of_kind<K, Q>& a, const of_kind<K, Q>& b) {
  return of_kind<K, Q>((min)(plain(a), plain(b)));
}
template <class K, class Q>
constexpr of_kind<K, Q>(max)(const of_kind<K, Q>& a, const of_kind<K, Q>& b) {
  return of_kind<K, Q>((max)(plain(a), plain(b)));
}
template <class K, class Q>
constexpr of_kind<K, Q> clamp(const of_kind<K, Q>& k, const of_kind<K, Q>& low, const of_kind<K, Q>& high) {
  return (min)((max)(k, low), high);
}
template <class K, class Q>
constexpr of_kind<K, Q> abs(const of_kind<K, Q>& k) {
  return of_kind<K, Q>(abs(plain(k)));
}
template <class K, class Q>
constexpr auto is_finite(const of_kind<K, Q>& k) {
  return is_finite(plain(k));
}

// The number in a unit: in<megawatt>(k). The exit to the bare quantity takes its own word, plain(k).
template <auto Unit, class K, class Q>
constexpr auto in(const of_kind<K, Q>& k) {
  return in<Unit>(plain(k));
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
template <precision P, class T = double>
using flop_at = of_kind<kind::at<P>, quantity<unit::flop, T>>;
template <precision P, class T = double>
using flop_rate_at = of_kind<kind::at<P>, quantity<unit::flop_per_second, T>>;
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
template <class Q, class S>
constexpr auto to_facility(const of_kind<kind::it, Q>& it, const S& power_usage_effectiveness) {
  return as<kind::facility>(plain(it) * power_usage_effectiveness);
}
template <class Q, class S>
constexpr auto to_it(const of_kind<kind::facility, Q>& facility, const S& power_usage_effectiveness) {
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
template <class S, class T>
  requires number<S>
constexpr auto apply(const S& of_whole, const of_kind<kind::points, T>& change) {
  using N = promote_t<S, T>;
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
template <number S, class T>
constexpr auto to_relative(const of_kind<kind::points, T>& change, const S& of_whole) {
  using N = promote_t<S, T>;
  return as<kind::relative>(N(number_cast<N>(plain(change)) / number_cast<N>(of_whole)));
}

// The factor by which a price falls in a year, 2^(year / half-life), and back, year * ln 2 / ln factor; half-life > 0, factor > 1.
// Worked number: a price that falls to a tenth in a year halves every 3.613 months.
template <class T>
constexpr T yearly_decline(const of_kind<kind::half_life, quantity<unit::second, T>>& h) {
  const T years = in<units::year>(plain(h));
  return exp(number_cast<T>(0.693147180559945309) / years);
}
template <class S>
  requires detail::bare<S>
constexpr auto half_life_of(const S& factor_per_year) {
  using T = detail::entered_t<S>;
  const T f = static_cast<T>(factor_per_year);
  return as<kind::half_life>(T(number_cast<T>(0.693147180559945309) / log(f)) * units::year);
}
// What is left of a price after some time, 2^(-time / half-life). Worked number: 18 months at a tenth a year leave 1 / 31.6.
template <class A, class B>
constexpr auto price_ratio(const of_kind<kind::half_life, quantity<unit::second, A>>& h,
                           const quantity<unit::second, B>& time) {
  using T = promote_t<A, B>;
  return exp(T(number_cast<T>(-0.693147180559945309) * number_cast<T>(time / plain(h))));
}
// How long a price with this half-life takes to fall by a factor > 1.
template <class A, class S>
constexpr auto time_to_fall(const of_kind<kind::half_life, quantity<unit::second, A>>& h, const S& factor) {
  using T = detail::entered_t<promote_t<A, S>>;
  return plain(h) * (log(number_cast<T>(factor)) / number_cast<T>(0.693147180559945309));
}

// A share of a cost, of the boundary that the share is stated for, and back.
template <class B, class S, class T>
constexpr auto apply(const of_kind<kind::share_of<B>, S>& part,
                     const of_kind<kind::total_of<B>, quantity<unit::usd, T>>& total) {
  return plain(part) * plain(total);
}
template <class B, class S, class T>
constexpr auto share_in(const quantity<unit::usd, S>& part,
                        const of_kind<kind::total_of<B>, quantity<unit::usd, T>>& total) {
  return as<kind::share_of<B>>(part / plain(total));
}

// ---- text -----------------------------------------------------------------------------------------------------------------------

// "40 MW (IT)", "8 chips".
template <class K, class Q>
  requires requires(const Q& q) { to_string(q); }
std::string to_string(const of_kind<K, Q>& k) {
  return to_string(plain(k)) +
         (detail::counted_kind<K> ? std::string(" ") + K::name : " (" + std::string(K::name) + ")");
}
template <class Traits, class K, class Q>
  requires requires(const Q& q) { to_string(q); }
std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& stream, const of_kind<K, Q>& k) {
  return stream << to_string(k);
}

}  // namespace layercake

template <class K, class Q>
struct std::hash<layercake::of_kind<K, Q>> {
  std::size_t operator()(const layercake::of_kind<K, Q>& k) const noexcept { return std::hash<Q>{}(plain(k)); }
};
