// A number with a dimension. Stored in coherent base units; every entry and exit names its unit:
//
// ```cpp
// quantity<unit::watt> p = 700 * units::watt;      // entry
// double megawatts = in<units::megawatt>(p);       // exit
// ```
//
// Trivially copyable, the size of its number, passed in registers. Comparison returns what the number type's comparison returns
// (bool or a mask). The ratio of two quantities of one dimension is a plain number.
#pragma once

#include <compare>
#include <cstddef>
#include <layercake/number/number.hpp>
#include <layercake/units/dimensions.hpp>
#include <limits>
#include <string_view>  // std::hash, at a tenth of the price of <functional>
#include <type_traits>

namespace layercake {

template <class Unit, class T = double>
class quantity;

namespace detail {
template <class Unit, class T>
struct quantity_or_number {
  using type = quantity<Unit, T>;
};
template <class T>
struct quantity_or_number<void, T> {
  using type = T;
};

// The one door to the stored number. Outside this folder: in<unit>(q), and base_value(q) where the unit does not matter.
struct access {
  template <class Unit, class T>
  static constexpr auto make(const T& base) {
    if constexpr (std::is_void_v<Unit>) {
      return base;
    } else {
      return quantity<Unit, T>(base, 0);
    }
  }
  template <class Unit, class T>
  static constexpr const T& base(const quantity<Unit, T>& q) {
    return q.base_;
  }
  template <number T>
  static constexpr const T& base(const T& x) {
    return x;
  }
};
}  // namespace detail

// quantity<Unit, T>, or T itself where Unit is void because the dimensions cancelled.
template <class Unit, class T = double>
using quantity_t = typename detail::quantity_or_number<Unit, T>::type;

template <class T>
inline constexpr bool is_quantity = false;
template <class Unit, class T>
inline constexpr bool is_quantity<quantity<Unit, T>> = true;

template <class Unit, class T>
class quantity {
  static_assert(number<T>, "layercake: the number type of a quantity must be a floating-point value type. An integer "
                           "would truncate; an expression "
                           "template (autodiff::dual, et_on multiprecision) would dangle: use double, float, a batch, "
                           "layercake::dual, autodiff::real, "
                           "or the et_off variant");
  friend struct detail::access;
  T base_;
  constexpr quantity(const T& base, int) : base_(base) {}

public:
  using unit_type = Unit;
  using number_type = T;

  constexpr quantity() : base_(T(0)) {}

  // The same dimension over a number type that converts without loss: a double beside a batch or a dual.
  template <class From>
    requires(!std::same_as<From, T>)
  &&std::same_as<promote_t<From, T>, T> constexpr quantity(const quantity<Unit, From>& q)
      : base_(number_cast<T>(detail::access::base(q))) {}
  // Another dimension: deleted, so that the compiler names both where one is given for the other.
  template <class OtherUnit, class From>
    requires(!std::same_as<OtherUnit, Unit>)
  constexpr quantity(const quantity<OtherUnit, From>&) = delete;

  constexpr quantity& operator+=(const quantity& b) { return *this = quantity(base_ + b.base_, 0); }
  constexpr quantity& operator-=(const quantity& b) { return *this = quantity(base_ - b.base_, 0); }
  template <class Scalar>
    requires std::same_as<promote_t<T, Scalar>, T>
  constexpr quantity& operator*=(const Scalar& s) { return *this = quantity(base_ * as_factor<T>(s), 0); }
  template <class Scalar>
    requires std::same_as<promote_t<T, Scalar>, T>
  constexpr quantity& operator/=(const Scalar& s) { return *this = quantity(base_ / as_factor<T>(s), 0); }
  friend constexpr quantity operator-(const quantity& a) { return quantity(-a.base_, 0); }
  friend constexpr quantity operator+(const quantity& a) { return a; }
};

// base_value, from_base_value, over_number of a quantity: number/number.hpp.
template <class Unit, class Number>
struct value_traits<quantity<Unit, Number>> {
  template <class T>
  using over = quantity<Unit, T>;
  static constexpr Number base(const quantity<Unit, Number>& q) { return detail::access::base(q); }
  template <class T>
  static constexpr quantity<Unit, T> make(const T& base) {
    return detail::access::make<Unit>(base);
  }
};

namespace detail {
// The number inside a quantity as the type in which it meets a B.
template <class A, class B, class Unit>
constexpr promote_t<A, B> promoted(const quantity<Unit, A>& q) {
  return number_cast<promote_t<A, B>>(access::base(q));
}
template <class X>
struct unit_of {
  using type = void;
};
template <class Unit, class T>
struct unit_of<quantity<Unit, T>> {
  using type = Unit;
};
}  // namespace detail

// The unit of a quantity or of a kind of one, void of a plain number.
template <class X>
using unit_of_t = typename detail::unit_of<std::remove_cvref_t<X>>::type;

// ---- sums and comparisons: one dimension -----------------------------------------------------------------------------------

template <class Unit, class A, class B>
constexpr quantity<Unit, promote_t<A, B>> operator+(const quantity<Unit, A>& a, const quantity<Unit, B>& b) {
  return detail::access::make<Unit>(promote_t<A, B>(detail::promoted<A, B>(a) + detail::promoted<B, A>(b)));
}
template <class Unit, class A, class B>
constexpr quantity<Unit, promote_t<A, B>> operator-(const quantity<Unit, A>& a, const quantity<Unit, B>& b) {
  return detail::access::make<Unit>(promote_t<A, B>(detail::promoted<A, B>(a) - detail::promoted<B, A>(b)));
}
template <class Unit, class A, class B>
constexpr auto operator==(const quantity<Unit, A>& a, const quantity<Unit, B>& b) {
  return detail::promoted<A, B>(a) == detail::promoted<B, A>(b);
}
template <class Unit, class A, class B>
constexpr auto operator!=(const quantity<Unit, A>& a, const quantity<Unit, B>& b) {
  return detail::promoted<A, B>(a) != detail::promoted<B, A>(b);
}
template <class Unit, class A, class B>
constexpr auto operator<(const quantity<Unit, A>& a, const quantity<Unit, B>& b) {
  return detail::promoted<A, B>(a) < detail::promoted<B, A>(b);
}
template <class Unit, class A, class B>
constexpr auto operator<=(const quantity<Unit, A>& a, const quantity<Unit, B>& b) {
  return detail::promoted<A, B>(a) <= detail::promoted<B, A>(b);
}
template <class Unit, class A, class B>
constexpr auto operator>(const quantity<Unit, A>& a, const quantity<Unit, B>& b) {
  return detail::promoted<A, B>(a) > detail::promoted<B, A>(b);
}
template <class Unit, class A, class B>
constexpr auto operator>=(const quantity<Unit, A>& a, const quantity<Unit, B>& b) {
  return detail::promoted<A, B>(a) >= detail::promoted<B, A>(b);
}

// Two dimensions, or a dimension and a bare number, do not add or compare, and the compiler's first line says which two: gcc's of a
// deleted function, clang's of operands that no operator takes. The functions are written out one by one because a macro would triple
// what is said.
namespace detail {
template <class X>
concept of_a_kind = requires {
  typename X::kind_type;
};
template <class X, class Unit>
concept of_another_unit = is_quantity<X> && !std::same_as<typename unit_of<X>::type, Unit>;
template <class X>
concept without_unit = of_a_kind<X> ||(!is_quantity<X> && (number<X> || arithmetic<X>));
template <class X, class Unit>
concept not_of_unit = of_another_unit<X, Unit> || without_unit<X>;

// What is wanted where a quantity of another unit is given: the compiler names both.
template <class Unit>
struct wanted {
  template <of_another_unit<Unit> X>
  constexpr wanted(const X&) = delete;
};
// And where a kind is given. A member's kind would take the bare quantity on its left.
template <class Unit>
struct wanted_without_kind {
  template <of_a_kind X>
  constexpr wanted_without_kind(const X&) = delete;
};
}  // namespace detail
#if defined(__clang__)
template <class Unit, class A>
void operator+(const quantity<Unit, A>&, const std::type_identity_t<detail::wanted_without_kind<Unit>>&);
template <class Unit, class A>
void operator-(const quantity<Unit, A>&, const std::type_identity_t<detail::wanted_without_kind<Unit>>&);
template <class Unit, class A>
void operator==(const quantity<Unit, A>&, const std::type_identity_t<detail::wanted_without_kind<Unit>>&);
template <class Unit, class A>
void operator!=(const quantity<Unit, A>&, const std::type_identity_t<detail::wanted_without_kind<Unit>>&);
template <class Unit, class A>
void operator<(const quantity<Unit, A>&, const std::type_identity_t<detail::wanted_without_kind<Unit>>&);
template <class Unit, class A>
void operator<=(const quantity<Unit, A>&, const std::type_identity_t<detail::wanted_without_kind<Unit>>&);
template <class Unit, class A>
void operator>(const quantity<Unit, A>&, const std::type_identity_t<detail::wanted_without_kind<Unit>>&);
template <class Unit, class A>
void operator>=(const quantity<Unit, A>&, const std::type_identity_t<detail::wanted_without_kind<Unit>>&);
#else
template <class Unit, class A, detail::not_of_unit<Unit> X>
void operator+(const quantity<Unit, A>&, const X&) = delete;
template <class Unit, class A, detail::not_of_unit<Unit> X>
void operator-(const quantity<Unit, A>&, const X&) = delete;
template <class Unit, class A, detail::not_of_unit<Unit> X>
void operator==(const quantity<Unit, A>&, const X&) = delete;
template <class Unit, class A, detail::not_of_unit<Unit> X>
void operator!=(const quantity<Unit, A>&, const X&) = delete;
template <class Unit, class A, detail::not_of_unit<Unit> X>
void operator<(const quantity<Unit, A>&, const X&) = delete;
template <class Unit, class A, detail::not_of_unit<Unit> X>
void operator<=(const quantity<Unit, A>&, const X&) = delete;
template <class Unit, class A, detail::not_of_unit<Unit> X>
void operator>(const quantity<Unit, A>&, const X&) = delete;
template <class Unit, class A, detail::not_of_unit<Unit> X>
void operator>=(const quantity<Unit, A>&, const X&) = delete;
#endif

// ---- products and quotients ------------------------------------------------------------------------------------------------

template <class Unit, class A, class OtherUnit, class B>
constexpr quantity_t<unit::multiplied<Unit, OtherUnit>, promote_t<A, B>> operator*(const quantity<Unit, A>& a,
                                                                                   const quantity<OtherUnit, B>& b) {
  using T = promote_t<A, B>;
  return detail::access::make<unit::multiplied<Unit, OtherUnit>>(
      T(as_factor<T>(detail::access::base(a)) * as_factor<T>(detail::access::base(b))));
}
template <class Unit, class A, class OtherUnit, class B>
constexpr quantity_t<unit::divided<Unit, OtherUnit>, promote_t<A, B>> operator/(const quantity<Unit, A>& a,
                                                                                const quantity<OtherUnit, B>& b) {
  using T = promote_t<A, B>;
  return detail::access::make<unit::divided<Unit, OtherUnit>>(
      T(as_factor<T>(detail::access::base(a)) / as_factor<T>(detail::access::base(b))));
}
template <class Unit, class A, class Scalar>
  requires number<Scalar> || arithmetic<Scalar>
constexpr quantity<Unit, promote_t<A, Scalar>> operator*(const quantity<Unit, A>& q, const Scalar& s) {
  using T = promote_t<A, Scalar>;
  return detail::access::make<Unit>(T(as_factor<T>(detail::access::base(q)) * as_factor<T>(s)));
}
template <class Unit, class A, class Scalar>
  requires number<Scalar> || arithmetic<Scalar>
constexpr quantity<Unit, promote_t<A, Scalar>> operator*(const Scalar& s, const quantity<Unit, A>& q) { return q * s; }
template <class Unit, class A, class Scalar>
  requires number<Scalar> || arithmetic<Scalar>
constexpr quantity<Unit, promote_t<A, Scalar>> operator/(const quantity<Unit, A>& q, const Scalar& s) {
  using T = promote_t<A, Scalar>;
  return detail::access::make<Unit>(T(as_factor<T>(detail::access::base(q)) / as_factor<T>(s)));
}
template <class Unit, class A, class Scalar>
  requires number<Scalar> || arithmetic<Scalar>
constexpr quantity<unit::inverse<Unit>, promote_t<A, Scalar>> operator/(const Scalar& s, const quantity<Unit, A>& q) {
  using T = promote_t<A, Scalar>;
  return detail::access::make<unit::inverse<Unit>>(T(as_factor<T>(s) / as_factor<T>(detail::access::base(q))));
}

// ---- functions where the dimension allows ------------------------------------------------------------------------------------

template <class Mask, class Unit, class A, class B>
constexpr quantity<Unit, promote_t<A, B>> where(const Mask& mask, const quantity<Unit, A>& a,
                                                const quantity<Unit, B>& b) {
  using T = promote_t<A, B>;
  return detail::access::make<Unit>(
      where(mask, number_cast<T>(detail::access::base(a)), number_cast<T>(detail::access::base(b))));
}
template <class Unit, class A, class B>
constexpr quantity<Unit, promote_t<A, B>>(min)(const quantity<Unit, A>& a, const quantity<Unit, B>& b) {
  return detail::access::make<Unit>((min)(detail::access::base(a), detail::access::base(b)));
}
template <class Unit, class A, class B>
constexpr quantity<Unit, promote_t<A, B>>(max)(const quantity<Unit, A>& a, const quantity<Unit, B>& b) {
  return detail::access::make<Unit>((max)(detail::access::base(a), detail::access::base(b)));
}
template <class Unit, class A>
void(min)(const quantity<Unit, A>&, const std::type_identity_t<detail::wanted<Unit>>&);
template <class Unit, class A, detail::without_unit X>
void(min)(const quantity<Unit, A>&, const X&) = delete;
template <class Unit, class A>
void(max)(const quantity<Unit, A>&, const std::type_identity_t<detail::wanted<Unit>>&);
template <class Unit, class A, detail::without_unit X>
void(max)(const quantity<Unit, A>&, const X&) = delete;
template <class Unit, class A, class B, class C>
constexpr auto clamp(const quantity<Unit, A>& q, const quantity<Unit, B>& low, const quantity<Unit, C>& high) {
  return (min)((max)(q, low), high);
}
template <class Unit, class T>
constexpr quantity<Unit, T> smooth_max(const quantity<Unit, T>& a, const quantity<Unit, T>& b) {
  return detail::access::make<Unit>(smooth_max(detail::access::base(a), detail::access::base(b)));
}
template <class Unit, class T>
constexpr quantity<Unit, T> abs(const quantity<Unit, T>& q) {
  return detail::access::make<Unit>(T(abs(detail::access::base(q))));
}
template <class Unit, class T>
constexpr quantity_t<unit::raised_to<Unit, 1, 2>, T> sqrt(const quantity<Unit, T>& q) {
  return detail::access::make<unit::raised_to<Unit, 1, 2>>(T(sqrt(detail::access::base(q))));
}
template <int N, class Unit, class T>
constexpr quantity_t<unit::raised_to<Unit, N>, T> power(const quantity<Unit, T>& q) {
  return detail::access::make<unit::raised_to<Unit, N>>(T(power<N>(detail::access::base(q))));
}
template <class Unit, class T>
constexpr auto is_finite(const quantity<Unit, T>& q) {
  return is_finite(detail::access::base(q));
}

// The least whole multiple of `step` that is not below q, and the greatest that is not above: a fleet bought in racks, a bill in whole
// hours. step > 0. A bare ceil(q) would depend on the unit.
template <class Unit, class A, class B>
constexpr quantity<Unit, promote_t<A, B>> ceil_to(const quantity<Unit, A>& q, const quantity<Unit, B>& step) {
  return ceil(q / step) * step;
}
template <class Unit, class A, class B>
constexpr quantity<Unit, promote_t<A, B>> floor_to(const quantity<Unit, A>& q, const quantity<Unit, B>& step) {
  return floor(q / step) * step;
}

// Functions that only a plain number has: divide by a quantity of the same dimension first.
template <class Unit, class T>
void ceil(const quantity<Unit, T>&) = delete;
template <class Unit, class T>
void floor(const quantity<Unit, T>&) = delete;
template <class Unit, class T>
void exp(const quantity<Unit, T>&) = delete;
template <class Unit, class T>
void expm1(const quantity<Unit, T>&) = delete;
template <class Unit, class T>
void log(const quantity<Unit, T>&) = delete;
template <class Unit, class T>
void log1p(const quantity<Unit, T>&) = delete;

}  // namespace layercake

template <class Unit, class T>
struct std::hash<layercake::quantity<Unit, T>> {
  std::size_t operator()(const layercake::quantity<Unit, T>& q) const noexcept {
    return std::hash<T>{}(layercake::detail::access::base(q));
  }
};

// The limits of the number, in base units.
template <class Unit, class T>
class std::numeric_limits<layercake::quantity<Unit, T>> : public std::numeric_limits<T> {
  using base = std::numeric_limits<T>;
  static constexpr auto as(const T& x) noexcept { return layercake::detail::access::make<Unit>(x); }

public:
  static constexpr auto(min)() noexcept { return as((base::min)()); }
  static constexpr auto(max)() noexcept { return as((base::max)()); }
  static constexpr auto lowest() noexcept { return as(base::lowest()); }
  static constexpr auto epsilon() noexcept { return as(base::epsilon()); }
  static constexpr auto round_error() noexcept { return base::round_error(); }
  static constexpr auto infinity() noexcept { return as(base::infinity()); }
  static constexpr auto quiet_NaN() noexcept { return as(base::quiet_NaN()); }
  static constexpr auto signaling_NaN() noexcept { return as(base::signaling_NaN()); }
  static constexpr auto denorm_min() noexcept { return as(base::denorm_min()); }
};

template <class Unit, class A, class B>
struct std::common_type<layercake::quantity<Unit, A>, layercake::quantity<Unit, B>> {
  using type = layercake::quantity<Unit, layercake::promote_t<A, B>>;
};
