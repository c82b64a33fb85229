// What a number is, and the elementary functions every formula is written with.
//
// A formula is a function template over its number type and is evaluated with `double`, `float`, `xsimd::batch<...>`,
// `layercake::dual<...>` or a value type of the user. Branches on values go through `where`, `min`, `max`, `clamp`, so that
// one text serves them all.
#pragma once

#include <layercake/config.hpp>

#if defined(min) || defined(max)
#error "layercake: a macro named min or max is defined; define NOMINMAX before including <windows.h>"
#endif

#include <cmath>
#include <concepts>
#include <type_traits>
#include <utility>

namespace layercake {

namespace detail {
template <class T>
struct scalar_of {
  using type = double;
};
template <class T>
  requires std::is_arithmetic_v<T>
struct scalar_of<T> {
  using type = T;
};
template <class T>
  requires requires { typename T::value_type; }
struct scalar_of<T> : scalar_of<typename T::value_type> {};
template <class T>
  requires(!requires { typename T::value_type; })
&&requires { typename T::Scalar; }
struct scalar_of<T> : scalar_of<typename T::Scalar> {};
}  // namespace detail

// The real type inside a number: double for double, float for a batch of float, the innermost one for nested duals.
template <class T>
using scalar_of_t = typename detail::scalar_of<T>::type;

// A number: a value type closed under + - * / and ordered by <, made from its scalar. Integers are refused because 7 / 2 is 3;
// types whose operators return unevaluated expressions (autodiff::dual, Boost.Multiprecision with et_on) are refused because such an
// expression refers to operands that no longer exist once a formula has returned it.
template <class T>
concept number = std::is_object_v<T> && !std::integral<T> && !std::is_const_v<T> &&
                 std::constructible_from<T, scalar_of_t<T>> && requires(const T a, const T b) {
  { a + b } -> std::same_as<T>;
  { a - b } -> std::same_as<T>;
  { a* b } -> std::same_as<T>;
  { a / b } -> std::same_as<T>;
  { -a } -> std::same_as<T>;
  a < b;
};

template <class T>
concept arithmetic = std::is_arithmetic_v<T>;

// Plain real numbers: the types that can be printed, validated and compared to a single bool.
template <class T>
concept real = std::floating_point<T>;

namespace detail {
template <class A, class B>
struct promote {
  using type = std::remove_cvref_t<decltype(std::declval<const A&>() * std::declval<const B&>())>;
};
template <class A>
struct promote<A, A> {
  using type = A;
};
template <arithmetic A, arithmetic B>
  requires(!std::same_as<A, B>)
struct promote<A, B> {
  using type =
      std::conditional_t<std::integral<A>, B, std::conditional_t<std::integral<B>, A, std::common_type_t<A, B>>>;
};
template <arithmetic A, number B>
  requires(!arithmetic<B>)
struct promote<A, B> {
  using type = B;
};
template <number A, arithmetic B>
  requires(!arithmetic<A>)
struct promote<A, B> {
  using type = A;
};
}  // namespace detail

// The number type of an expression over two number types: double with a batch gives the batch.
template <class A, class B>
using promote_t = typename detail::promote<A, B>::type;

namespace detail {
template <class... T>
struct promote_all;
template <class A>
struct promote_all<A> {
  using type = A;
};
template <class A, class B, class... Rest>
struct promote_all<A, B, Rest...> : promote_all<promote_t<A, B>, Rest...> {};
}  // namespace detail

template <class... T>
using promote_all_t = typename detail::promote_all<T...>::type;

// A value as number type `To`: a literal in a formula, or a constant beside a batch.
template <class To, class From>
constexpr To number_cast(const From& x) {
  if constexpr (std::same_as<To, From>) {
    return x;
  } else if constexpr (arithmetic<From>) {
    return To(static_cast<scalar_of_t<To>>(x));
  } else {
    return To(x);
  }
}

// `T` for a class number that has its own operators with a bare scalar, which are cheaper than a promoted operand.
template <class T>
inline constexpr bool scales_by_scalar = false;

// `x` as an operand of * or / whose other operand, or result, is of number type `Product`: promoted to it, but a
// bare scalar where it scales by scalars.
template <class Product, class X>
constexpr decltype(auto) as_factor(const X& x) {
  if constexpr (std::same_as<Product, X>) {
    return (x);
  } else if constexpr (scales_by_scalar<Product>) {
    if constexpr (arithmetic<X>) {
      return static_cast<scalar_of_t<Product>>(x);
    } else {
      return (x);
    }
  } else {
    return number_cast<Product>(x);
  }
}

// ---- the number inside a value ---------------------------------------------------------------------------------------------
//
// A member of a record is a number, a quantity (units/quantity.hpp) or a kind of one (units/kind.hpp). What goes over records
// whatever they hold (validation, columns, tapes, gradients) takes the number out in coherent base units, base_value(x), and
// puts another in its place, from_base_value<Value>(y). A formula has no use for either: it names its units.

// How a value holds its number; specialised beside each type of value.
template <class Value>
struct value_traits {  // a number holds itself
  template <class T>
  using over = T;
  static constexpr const Value& base(const Value& x) { return x; }
  template <class T>
  static constexpr const T& make(const T& x) {
    return x;
  }
};

// A value over number type T: `quantity<unit::watt, dual>` for quantity<unit::watt> and dual, T itself for a number.
template <class Value, class T>
using rebound_t = typename value_traits<Value>::template over<T>;

// The number in x, in base units: watts of a power, x itself of a number.
template <class Value>
constexpr auto base_value(const Value& x) {
  return value_traits<Value>::base(x);
}

// The value of the same unit and kind as a Value whose number, in base units, is x; over the number type of x.
template <class Value, class T>
constexpr rebound_t<Value, T> from_base_value(const T& x) {
  return value_traits<Value>::make(x);
}

// The same value over number type T.
template <class T, class Value>
constexpr rebound_t<Value, T> over_number(const Value& x) {
  return from_base_value<Value>(number_cast<T>(base_value(x)));
}

// Numbers that are one real number, or carry one: a real number itself, the value of a dual. A batch is many.
template <class T>
inline constexpr bool has_real_value = arithmetic<T>;
template <class T>
  requires(!arithmetic<T>)
&&requires(const T& x) { x.value; }
inline constexpr bool has_real_value<T> = has_real_value<std::remove_cvref_t<decltype(std::declval<const T&>().value)>>;

// That real number: what a comparison of x looks at.
template <class T>
  requires has_real_value<T>
constexpr auto real_value(const T& x) {
  if constexpr (arithmetic<T>) {
    return x;
  } else {
    return real_value(x.value);
  }
}

// ---- selection -----------------------------------------------------------------------------------------------------------

template <class A, class B>
  requires(number<A> || arithmetic<A>)
&&(number<B> || arithmetic<B>)constexpr promote_t<A, B> where(bool mask, const A& a, const B& b) {
  return mask ? number_cast<promote_t<A, B>>(a) : number_cast<promote_t<A, B>>(b);
}

// Lane by lane for a mask type that is not bool: `select(mask, a, b)` found beside the mask (xsimd has one).
template <class Mask, class A, class B>
  requires(!std::same_as<Mask, bool>)
&&(number<A> || arithmetic<A>)&&(number<B> || arithmetic<B>)&&requires(const Mask& m, const promote_t<A, B>& x) {
  select(m, x, x);
}
constexpr promote_t<A, B> where(const Mask& mask, const A& a, const B& b) {
  return select(mask, number_cast<promote_t<A, B>>(a), number_cast<promote_t<A, B>>(b));
}

// Whether what occurs so often need not be looked at: never, of a plain number. A derivative or a lane has to be.
template <number T>
constexpr bool absent(const T& times) {
  if constexpr (real<T>) return !(times > T(0));
  return false;
}

// Whether a condition may hold in some lane or, where a formula is written down, at some point: `any(mask)`, found beside a mask
// that is not bool, says so. What holds nowhere need not be computed.
template <class Mask>
constexpr bool may_hold(const Mask& mask) {
  if constexpr (std::same_as<Mask, bool>) {
    return mask;
  } else if constexpr (requires {
                         { any(mask) } -> std::convertible_to<bool>;
                       }) {
    return any(mask);
  } else {
    return true;
  }
}

namespace detail {
// A batch has instructions for these; they are found beside it.
template <class T>
concept has_own_minimum = requires {
  typename T::batch_bool_type;
};
}  // namespace detail

// The smaller and the larger; the first where either is NaN.
template <class A, class B>
  requires(number<A> || arithmetic<A>)
&&(number<B> || arithmetic<B>)constexpr promote_t<A, B> min(const A& a, const B& b) {
  const promote_t<A, B> x = number_cast<promote_t<A, B>>(a), y = number_cast<promote_t<A, B>>(b);
  if constexpr (detail::has_own_minimum<promote_t<A, B>>) {
    return fmin(y, x);
  } else {
    return where(y < x, y, x);
  }
}

template <class A, class B>
  requires(number<A> || arithmetic<A>)
&&(number<B> || arithmetic<B>)constexpr promote_t<A, B> max(const A& a, const B& b) {
  const promote_t<A, B> x = number_cast<promote_t<A, B>>(a), y = number_cast<promote_t<A, B>>(b);
  if constexpr (detail::has_own_minimum<promote_t<A, B>>) {
    return fmax(y, x);
  } else {
    return where(x < y, y, x);
  }
}

template <number T, class Low, class High>
constexpr T clamp(const T& x, const Low& low, const High& high) {
  return number_cast<T>(min(max(x, low), high));
}

// ---- elementary functions: the standard library's for real numbers, the type's own for every other ------------------------

#define LAYERCAKE_FUNCTION(name)                                                                                       \
  namespace detail::call {                                                                                             \
  using std::name;                                                                                                     \
  template <class T>                                                                                                   \
  constexpr T name##_of(const T& x) {                                                                                  \
    return name(x);                                                                                                    \
  }                                                                                                                    \
  }                                                                                                                    \
  template <number T>                                                                                                  \
  constexpr T name(const T& x) {                                                                                       \
    return detail::call::name##_of(x);                                                                                 \
  }
LAYERCAKE_FUNCTION(abs)
LAYERCAKE_FUNCTION(ceil)
LAYERCAKE_FUNCTION(floor)
LAYERCAKE_FUNCTION(sqrt)
LAYERCAKE_FUNCTION(exp)
LAYERCAKE_FUNCTION(expm1)
LAYERCAKE_FUNCTION(log)
LAYERCAKE_FUNCTION(log1p)
#undef LAYERCAKE_FUNCTION

// x^y for a number and a real exponent, x > 0.
template <number A, class B>
  requires number<B> || arithmetic<B>
constexpr promote_t<A, B> pow(const A& x, const B& y) {
  using std::pow;
  using T = promote_t<A, B>;
  if constexpr (arithmetic<T>) {
    return pow(static_cast<T>(x), static_cast<T>(y));
  } else {
    return exp(number_cast<T>(y) * log(number_cast<T>(x)));
  }
}

// x^N by repeated multiplication, N >= 0.
template <int N, number T>
constexpr T power(const T& x) {
  static_assert(N >= 0, "power<N>(x) takes N >= 0; divide instead");
  if constexpr (N == 0) {
    return T(1);
  } else if constexpr (N == 1) {
    return x;
  } else if constexpr (N % 2 == 0) {
    const T half = power<N / 2>(x);
    return half * half;
  } else {
    return x * power<N - 1>(x);
  }
}

// A smooth maximum, (a^4 + b^4)^(1/4): never below the larger, at most 19 % above it (where they are equal). Scaled by the larger, so
// that it neither overflows nor underflows.
template <number T>
constexpr T smooth_max(const T& a, const T& b) {
  const T larger = max(a, b);
  const T ratio = min(a, b) / where(larger > T(0), larger, T(1));
  const T r2 = ratio * ratio;
  return larger * sqrt(sqrt(T(1) + r2 * r2));
}

// Whether x is known: a figure that nobody gives is NaN (core/unknown.hpp makes one). A bool, a mask for a batch.
template <class X>
constexpr auto is_known(const X& x) {
  return x == x;
}

// Lanes in which x is neither infinite nor NaN.
template <number T>
constexpr auto is_finite(const T& x) {
  return (x - x) == T(0);
}

// many * each, where `many` may be infinite because a demand cannot be served: what is free then stays 0, where 0 * infinity is
// NaN. An unknown `each` stays unknown. Numbers and quantities.
template <class Many, class Each>
constexpr auto for_all(const Many& many, const Each& each) {
  const auto product = many * each;
  using product_type = std::remove_cvref_t<decltype(product)>;
  return where(is_finite(many), product, where(each == Each(), product_type(), product));
}

// How counts of things (chips, nodes, replicas) are taken: whole as a person counts them, or smooth, as a gradient needs them.
enum class counting : unsigned char { whole, smooth };

template <number T>
constexpr T counted(const T& x, counting how) {
  return how == counting::whole ? ceil(x) : x;
}

}  // namespace layercake
