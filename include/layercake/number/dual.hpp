// A forward-mode dual number of fixed width: a value and its derivative along `Width` directions. `T` may be a batch, which
// gives a gradient in every lane.
#pragma once

#include <array>
#include <cstddef>
#include <layercake/number/number.hpp>

namespace layercake {

template <number T, std::size_t Width>
struct dual {
  using value_type = T;
  static constexpr std::size_t width = Width;

  T value{};
  std::array<T, Width> slope{};

  constexpr dual() = default;
  constexpr dual(const T& v) : value(v) {}
  template <arithmetic Scalar>
    requires(!std::same_as<Scalar, T>)
  constexpr dual(Scalar v) : value(number_cast<T>(v)) {}

  // The variable that the derivative along `direction` is taken in.
  static constexpr dual variable(const T& v, std::size_t direction) {
    dual x(v);
    x.slope[direction] = T(1);
    return x;
  }

  // v with every slope scaled: the chain rule.
  constexpr dual chain(const T& v, const T& derivative) const {
    dual r(v);
    for (std::size_t i = 0; i < Width; ++i)
      r.slope[i] = derivative * slope[i];
    return r;
  }

  friend constexpr dual operator-(const dual& a) { return a.chain(-a.value, T(-1)); }

  friend constexpr dual operator+(const dual& a, const dual& b) {
    dual r(a.value + b.value);
    for (std::size_t i = 0; i < Width; ++i)
      r.slope[i] = a.slope[i] + b.slope[i];
    return r;
  }
  friend constexpr dual operator-(const dual& a, const dual& b) {
    dual r(a.value - b.value);
    for (std::size_t i = 0; i < Width; ++i)
      r.slope[i] = a.slope[i] - b.slope[i];
    return r;
  }
  friend constexpr dual operator*(const dual& a, const dual& b) {
    dual r(a.value * b.value);
    for (std::size_t i = 0; i < Width; ++i)
      r.slope[i] = a.slope[i] * b.value + a.value * b.slope[i];
    return r;
  }
  friend constexpr dual operator/(const dual& a, const dual& b) {
    const T inverse = T(1) / b.value;
    dual r(a.value / b.value);
    for (std::size_t i = 0; i < Width; ++i)
      r.slope[i] = (a.slope[i] - r.value * b.slope[i]) * inverse;
    return r;
  }

  friend constexpr dual operator*(const dual& a, const T& s) { return a.chain(a.value * s, s); }
  friend constexpr dual operator*(const T& s, const dual& a) { return a.chain(s * a.value, s); }
  friend constexpr dual operator/(const dual& a, const T& s) { return a.chain(a.value / s, T(1) / s); }
  friend constexpr dual operator/(const T& s, const dual& a) {
    const T q = s / a.value;
    return a.chain(q, -q / a.value);
  }

  // A bare scalar beside a dual over a batch.
  template <arithmetic Scalar>
    requires(!std::same_as<Scalar, T>)
  friend constexpr dual operator*(const dual& a, Scalar s) { return a * number_cast<T>(s); }
  template <arithmetic Scalar>
    requires(!std::same_as<Scalar, T>)
  friend constexpr dual operator*(Scalar s, const dual& a) { return number_cast<T>(s) * a; }
  template <arithmetic Scalar>
    requires(!std::same_as<Scalar, T>)
  friend constexpr dual operator/(const dual& a, Scalar s) { return a / number_cast<T>(s); }
  template <arithmetic Scalar>
    requires(!std::same_as<Scalar, T>)
  friend constexpr dual operator/(Scalar s, const dual& a) { return number_cast<T>(s) / a; }

  constexpr dual& operator+=(const dual& b) { return *this = *this + b; }
  constexpr dual& operator-=(const dual& b) { return *this = *this - b; }
  constexpr dual& operator*=(const dual& b) { return *this = *this * b; }
  constexpr dual& operator/=(const dual& b) { return *this = *this / b; }

  // A dual compares by its value.
  friend constexpr auto operator<(const dual& a, const dual& b) { return a.value < b.value; }
  friend constexpr auto operator>(const dual& a, const dual& b) { return a.value > b.value; }
  friend constexpr auto operator<=(const dual& a, const dual& b) { return a.value <= b.value; }
  friend constexpr auto operator>=(const dual& a, const dual& b) { return a.value >= b.value; }
  friend constexpr auto operator==(const dual& a, const dual& b) { return a.value == b.value; }
  friend constexpr auto operator!=(const dual& a, const dual& b) { return a.value != b.value; }
};

template <class T, std::size_t Width>
inline constexpr bool scales_by_scalar<dual<T, Width>> = true;

namespace detail {
template <class T, std::size_t Width, class B>
  requires(!arithmetic<B>)
&&std::same_as<promote_t<T, B>, T> struct promote<dual<T, Width>, B> { using type = dual<T, Width>; };
template <class T, std::size_t Width, class B>
  requires(!arithmetic<B>)
&&std::same_as<promote_t<T, B>, T> struct promote<B, dual<T, Width>> { using type = dual<T, Width>; };
}  // namespace detail

template <class T, std::size_t Width>
constexpr dual<T, Width> where(bool mask, const dual<T, Width>& a, const dual<T, Width>& b) {
  return mask ? a : b;
}
template <class Mask, class T, std::size_t Width>
  requires(!std::same_as<Mask, bool>)
constexpr dual<T, Width> where(const Mask& mask, const dual<T, Width>& a, const dual<T, Width>& b) {
  dual<T, Width> r(where(mask, a.value, b.value));
  for (std::size_t i = 0; i < Width; ++i)
    r.slope[i] = where(mask, a.slope[i], b.slope[i]);
  return r;
}

template <class T, std::size_t Width>
constexpr dual<T, Width> abs(const dual<T, Width>& x) {
  return where(x.value < T(0), -x, x);
}
template <class T, std::size_t Width>
constexpr dual<T, Width> ceil(const dual<T, Width>& x) {
  return dual<T, Width>(ceil(x.value));
}
template <class T, std::size_t Width>
constexpr dual<T, Width> floor(const dual<T, Width>& x) {
  return dual<T, Width>(floor(x.value));
}
// At 0, where the slope is infinite, it is taken as 0: roots of sums of squares reach it where they are flat.
template <class T, std::size_t Width>
constexpr dual<T, Width> sqrt(const dual<T, Width>& x) {
  const T r = sqrt(x.value);
  const auto above = r > T(0);
  return x.chain(r, where(above, T(0.5) / where(above, r, T(1)), T(0)));
}
template <class T, std::size_t Width>
constexpr dual<T, Width> exp(const dual<T, Width>& x) {
  const T r = exp(x.value);
  return x.chain(r, r);
}
template <class T, std::size_t Width>
constexpr dual<T, Width> expm1(const dual<T, Width>& x) {
  const T r = expm1(x.value);
  return x.chain(r, r + T(1));
}
template <class T, std::size_t Width>
constexpr dual<T, Width> log(const dual<T, Width>& x) {
  return x.chain(log(x.value), T(1) / x.value);
}
template <class T, std::size_t Width>
constexpr dual<T, Width> log1p(const dual<T, Width>& x) {
  return x.chain(log1p(x.value), T(1) / (T(1) + x.value));
}

}  // namespace layercake
