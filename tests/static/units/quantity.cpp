// What a quantity is and is not, at compile time.
#include <layercake/number/dual.hpp>
#include <layercake/units/units.hpp>

#include <concepts>
#include <limits>
#include <type_traits>
#include <xsimd/xsimd.hpp>

namespace lc = layercake;
namespace unit = lc::unit;
using namespace lc::units;
using lc::in;
using lc::quantity;

namespace {

using batch = xsimd::batch<double>;
using batchf = xsimd::batch<float>;
using dual = lc::dual<double, 3>;
using dual_batch = lc::dual<batch, 2>;

// Values: the size and the traits of their number.
template <class T>
constexpr bool is_value =
    std::is_trivially_copyable_v<quantity<unit::watt, T>> ==
        std::is_trivially_copyable_v<T>&& std::is_standard_layout_v<quantity<unit::watt, T>> ==
        std::is_standard_layout_v<T> &&
    sizeof(quantity<unit::watt, T>) == sizeof(T) &&
    alignof(quantity<unit::watt, T>) == alignof(T) && std::regular<quantity<unit::watt, double>>&& lc::number<T>;
static_assert(is_value<float> && is_value<double> && is_value<long double> && is_value<batch> && is_value<batchf> &&
              is_value<dual> && is_value<dual_batch> && is_value<lc::dual<float, 1>>);
static_assert(std::totally_ordered<quantity<unit::watt>>);

// Numbers.
static_assert(!lc::number<int> && !lc::number<long> && !lc::number<bool> && !lc::number<const double> &&
              !lc::number<char*>);
static_assert(std::same_as<lc::promote_t<float, double>, double> && std::same_as<lc::promote_t<int, float>, float>);
static_assert(std::same_as<lc::promote_t<double, batch>, batch> && std::same_as<lc::promote_t<dual, int>, dual>);
static_assert(std::same_as<lc::promote_t<batch, dual_batch>, dual_batch>);
static_assert(std::same_as<lc::scalar_of_t<dual_batch>, double> && std::same_as<lc::scalar_of_t<batchf>, float>);

// What comparison returns is what the number returns.
static_assert(std::same_as<decltype(1 * watt < 2 * watt), bool>);
static_assert(std::same_as<decltype(batch(1) * watt < batch(2) * watt), decltype(batch(1) < batch(2))>);
static_assert(std::same_as<decltype(batch(1) * watt < 2 * watt), decltype(batch(1) < batch(2))>);

// Conversion: only of number types, only without loss.
static_assert(std::convertible_to<quantity<unit::watt, float>, quantity<unit::watt, double>>);
static_assert(std::convertible_to<quantity<unit::watt>, quantity<unit::watt, dual>>);
static_assert(std::convertible_to<quantity<unit::watt>, quantity<unit::watt, batch>>);
static_assert(!std::convertible_to<quantity<unit::watt>, quantity<unit::watt, float>>);
static_assert(!std::constructible_from<quantity<unit::watt, float>, quantity<unit::watt>>);
static_assert(!std::constructible_from<quantity<unit::watt>, quantity<unit::joule>>);
static_assert(!std::constructible_from<quantity<unit::watt>, double> &&
              !std::convertible_to<quantity<unit::watt>, double>);
static_assert(!std::constructible_from<double, quantity<unit::watt>>);
static_assert(!std::constructible_from<quantity<unit::watt>, decltype(watt)>);

// Entry and exit are exact where the arithmetic is; integers enter as double.
static_assert(std::same_as<decltype(700 * watt), quantity<unit::watt>>);
static_assert(std::same_as<decltype(700.f * watt), quantity<unit::watt, float>>);
static_assert(std::same_as<decltype(62 * usd / megawatt_hour), quantity<unit::usd_per_joule>>);
static_assert(std::same_as<decltype(12 / day), quantity<unit::per_second>>);
static_assert(in<kilowatt>(700 * watt) == 0.7);
static_assert(in<watt>(0.7 * kilowatt) == 700);
static_assert(in<joule>(1 * kilowatt_hour) == 3.6e6 && in<megawatt_hour>(9e9 * joule) == 2.5);
constexpr bool near(double a, double b) { return a - b < 1e-15 * b && b - a < 1e-15 * b; }
static_assert(near(in<usd / kilowatt_hour>(60 * usd / megawatt_hour), 0.06));
static_assert(in<gibibyte>(2147483648. * byte) == 2 && in<gigabyte>(80e9 * byte) == 80 &&
              in<gigabit / second>(50e9 * byte / second) == 400);
static_assert(in<hour>(1 * day) == 24 && in<month>(1 * year) == 12 && in<minute>(1 * week) == 10080);
static_assert(in<square_metre>(1 * acre) == 4046.8564224 && in<square_metre>(1 * square_foot) == 0.09290304);
static_assert(near(in<litre>(1 * us_gallon), 3.785411784));
static_assert(in<joule>(1 * million_btu) == 1055055852.62);
static_assert(in<usd_per_million_tokens>(2 * usd / million_tokens) == 2);
static_assert(in<square_millimetre>(826 * square_millimetre) == 826);
static_assert(std::same_as<lc::measured_in<kilowatt>, quantity<unit::watt>>);

// Ratios of one dimension are plain numbers.
static_assert(std::same_as<decltype((1 * kilowatt) / (1 * watt)), double> && (1 * kilowatt) / (1 * watt) == 1000);
static_assert(std::same_as<decltype((1 * watt) * (1 * lc::units::second) / (1 * kilowatt_hour)), double>);
static_assert(std::same_as<decltype((2 * watt) * batch(1)), quantity<unit::watt, batch>>);

// Arithmetic and selection at compile time.
constexpr auto power = 2 * (350 * watt) + 0.3 * kilowatt - 100 * watt / 2;
static_assert(power == 950 * watt && power != 1 * kilowatt && power <= power && -power < power);
static_assert(lc::min(1 * watt, 2 * watt) == 1 * watt && lc::max(1 * watt, 2 * watt) == 2 * watt);
static_assert(lc::clamp(5 * watt, 1 * watt, 2 * watt) == 2 * watt && where(true, 1 * watt, 2 * watt) == 1 * watt);
static_assert(lc::power<3>(2 * metre) == 8 * cubic_metre && lc::power<2>(2 * metre) == 4 * square_metre);
static_assert(is_finite(1 * watt));
constexpr auto changed = [] {
  auto p = 1 * watt;
  p += 2 * watt;
  p *= 4;
  p -= 2 * watt;
  p /= 5;
  return p;
}();
static_assert(changed == 2 * watt);

// Of the standard library.
static_assert(
    std::same_as<std::common_type_t<quantity<unit::watt, float>, quantity<unit::watt>>, quantity<unit::watt>>);
static_assert(
    std::same_as<std::common_type_t<quantity<unit::watt>, quantity<unit::watt, dual>>, quantity<unit::watt, dual>>);
template <class A, class B>
concept have_common_type = requires {
  typename std::common_type_t<A, B>;
};
static_assert(!have_common_type<quantity<unit::watt>, quantity<unit::joule>> &&
              !have_common_type<quantity<unit::watt>, double>);
using limits = std::numeric_limits<quantity<unit::watt>>;
static_assert(limits::is_specialized && limits::digits == 53 && limits::max_exponent == 1024 && limits::has_infinity);
static_assert(limits::max() == std::numeric_limits<double>::max() * watt && limits::lowest() < 0 * watt &&
              limits::denorm_min() > 0 * watt);
static_assert(limits::quiet_NaN() != limits::quiet_NaN());

// Functions and operators that do not exist.
template <class A, class B>
concept adds = requires(A a, B b) {
  a + b;
};
template <class A, class B>
concept subtracts = requires(A a, B b) {
  a - b;
};
template <class A, class B>
concept compares = requires(A a, B b) {
  a < b;
}
|| requires(A a, B b) { a == b; }
|| requires(A a, B b) { a != b; }
|| requires(A a, B b) { a >= b; }
|| requires(A a, B b) { a > b; }
|| requires(A a, B b) { a <= b; };
template <class A, class B>
constexpr bool apart =
    !adds<A, B> && !adds<B, A> && !subtracts<A, B> && !subtracts<B, A> && !compares<A, B> && !compares<B, A>;
static_assert(apart<quantity<unit::watt>, quantity<unit::second>> && apart<quantity<unit::watt>, double> &&
              apart<quantity<unit::watt>, int>);
static_assert(apart<quantity<unit::watt, batch>, quantity<unit::joule, batch>> &&
              apart<quantity<unit::watt, dual>, double>);
static_assert(adds<quantity<unit::watt>, quantity<unit::watt, float>> &&
              adds<quantity<unit::watt>, quantity<unit::watt, batch>>);
template <class Q>
concept has_exp = requires(Q q) {
  lc::exp(q);
};
template <class Q>
concept has_log = requires(Q q) {
  lc::log(q);
};
template <class Q>
concept has_ceil = requires(Q q) {
  lc::ceil(q);
};
static_assert(!has_exp<quantity<unit::watt>> && !has_log<quantity<unit::usd>> && !has_ceil<quantity<unit::byte>>);
static_assert(has_exp<double> && has_exp<batch> && has_exp<dual> && has_log<dual_batch>);
template <class Q>
concept exits_as_watt = requires(Q q) {
  in<watt>(q);
};
static_assert(exits_as_watt<quantity<unit::watt>> && !exits_as_watt<quantity<unit::joule>>);
// Of a kind, the number in a unit may be asked; the bare quantity by plain(k) alone.
static_assert(exits_as_watt<lc::it_power<>> && !std::convertible_to<lc::it_power<>, quantity<unit::watt>>);

}  // namespace
