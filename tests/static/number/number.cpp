// What a number is, and how number types meet, at compile time.
#include <layercake/number/domain.hpp>
#include <layercake/number/dual.hpp>
#include <layercake/number/number.hpp>
#include <layercake/number/precision.hpp>

#include <complex>
#include <concepts>
#include <limits>
#include <xsimd/xsimd.hpp>

namespace lc = layercake;

namespace static_number {  // named: clang asks why functions that only types need are there in a namespace without a name

using batch = xsimd::batch<double>;
using batchf = xsimd::batch<float>;
using dual = lc::dual<double, 3>;
using nested = lc::dual<lc::dual<double, 1>, 1>;
using dual_batch = lc::dual<batch, 2>;

// A number of the user's own: closed under + - * /, ordered, made from its scalar.
struct fixed {
  using value_type = double;
  double inside;
  constexpr explicit fixed(double x) : inside(x) {}
  friend constexpr fixed operator+(fixed a, fixed b) { return fixed(a.inside + b.inside); }
  friend constexpr fixed operator-(fixed a, fixed b) { return fixed(a.inside - b.inside); }
  friend constexpr fixed operator*(fixed a, fixed b) { return fixed(a.inside * b.inside); }
  friend constexpr fixed operator/(fixed a, fixed b) { return fixed(a.inside / b.inside); }
  friend constexpr fixed operator-(fixed a) { return fixed(-a.inside); }
  friend constexpr bool operator<(fixed a, fixed b) { return a.inside < b.inside; }
};
// Its sum is an expression that refers to its operands, which a formula may not return.
struct lazy {
  using value_type = double;
  struct sum {
    const lazy &a, &b;
  };
  lazy(double) {}
  friend sum operator+(const lazy& a, const lazy& b) { return {a, b}; }
  friend lazy operator-(const lazy&, const lazy&) { return 0; }
  friend lazy operator*(const lazy&, const lazy&) { return 0; }
  friend lazy operator/(const lazy&, const lazy&) { return 0; }
  friend lazy operator-(const lazy&) { return 0; }
  friend bool operator<(const lazy&, const lazy&) { return false; }
};

static_assert(lc::number<float> && lc::number<double> && lc::number<long double>);
static_assert(lc::number<batch> && lc::number<batchf> && lc::number<dual> && lc::number<nested> &&
              lc::number<dual_batch> && lc::number<fixed>);
static_assert(!lc::number<int> && !lc::number<unsigned> && !lc::number<bool>);                    // 7 / 2 is 3
static_assert(!lc::number<const double> && !lc::number<double&> && !lc::number<double*>);         // no values
static_assert(!lc::number<std::complex<double>> && !lc::number<lazy> && !lc::number<lazy::sum>);  // no order; no value
static_assert(lc::real<float> && !lc::real<int> && !lc::real<dual> && !lc::real<batch>);

// The real type inside.
template <class T, class Scalar>
constexpr bool inside = std::same_as<lc::scalar_of_t<T>, Scalar>;
static_assert(inside<float, float> && inside<batchf, float> && inside<dual, double> && inside<nested, double> &&
              inside<lc::dual<batchf, 2>, float> && inside<fixed, double>);

// The type in which two meet, from either side.
template <class A, class B, class Met>
constexpr bool meet = std::same_as<lc::promote_t<A, B>, Met>&& std::same_as<lc::promote_t<B, A>, Met>;
static_assert(meet<double, double, double> && meet<float, double, double> && meet<double, long double, long double>);
static_assert(meet<int, float, float> && meet<long long, double, double> && meet<int, batchf, batchf>);
static_assert(meet<double, batch, batch> && meet<double, dual, dual> && meet<double, nested, nested>);
static_assert(meet<batch, dual_batch, dual_batch> && meet<double, dual_batch, dual_batch> &&
              meet<lc::dual<double, 1>, nested, nested> && meet<double, fixed, fixed>);
static_assert(std::same_as<lc::promote_all_t<int, float, double>, double> &&
              std::same_as<lc::promote_all_t<double, batch, double>, batch> &&
              std::same_as<lc::promote_all_t<dual>, dual>);

// A literal in a formula takes the formula's type.
static_assert(std::same_as<decltype(lc::number_cast<float>(0.5)), float> && lc::number_cast<float>(0.5) == 0.5f);
static_assert(lc::number_cast<double>(3) == 3.0 && lc::number_cast<dual>(3).value == 3.0 &&
              lc::number_cast<nested>(2.5f).value.value == 2.5);
static_assert(lc::number_cast<dual>(3).slope[0] == 0 && lc::number_cast<dual>(3).slope[2] == 0);
static_assert(lc::number_cast<fixed>(2).inside == 2);

// Formulas are constant expressions where their numbers are.
static_assert(lc::where(true, 1, 2.5) == 1.0 && lc::where(false, 1.0f, 2.5) == 2.5);
static_assert(lc::min(2, 1.5) == 1.5 && lc::max(2, 1.5) == 2.0 && lc::clamp(7.0, 0, 5) == 5.0 &&
              lc::clamp(-7.0, 0, 5) == 0.0 && lc::clamp(3.0, 0, 5) == 3.0);
static_assert(lc::power<0>(7.0) == 1 && lc::power<1>(7.0) == 7 && lc::power<5>(2.0) == 32 &&
              lc::power<10>(2.0) == 1024);
static_assert(lc::min(fixed(1), fixed(2)).inside == 1 && lc::max(fixed(1), 2).inside == 2);

// The number in a value that is a number is itself.
static_assert(lc::base_value(2.5) == 2.5 && lc::base_value(3) == 3 && lc::from_base_value<double>(1.5f) == 1.5f);
static_assert(std::same_as<lc::rebound_t<double, dual>, dual> && std::same_as<lc::rebound_t<dual, float>, float>);
static_assert(std::same_as<decltype(lc::over_number<dual>(2.0)), dual> && lc::over_number<dual>(2.0).value == 2.0);
static_assert(lc::has_real_value<int> && lc::has_real_value<double> && lc::has_real_value<dual> &&
              lc::has_real_value<nested> && !lc::has_real_value<batch> && !lc::has_real_value<dual_batch>);
static_assert(lc::real_value(nested(lc::dual<double, 1>(2.5))) == 2.5);

// Unknown is NaN.
static_assert(!lc::is_known(std::numeric_limits<double>::quiet_NaN()) && lc::is_known(0.0) &&
              lc::is_known(std::numeric_limits<double>::infinity()));

// Domains: ends, open ends, whole numbers; NaN and infinity are outside of all.
static_assert(lc::share.contains(0) && lc::share.contains(1) && !lc::share.contains(1.0001) &&
              !lc::share.contains(-1e-9));
static_assert(!lc::positive.contains(0) && lc::positive.contains(1e-300) && lc::nonnegative.contains(0) &&
              !lc::positive.contains(1e31));
static_assert(lc::count.contains(0) && lc::count.contains(3) && !lc::count.contains(2.5) &&
              !lc::positive_count.contains(0) && lc::positive_count.contains(1e20));
static_assert(!lc::any_finite.contains(std::numeric_limits<double>::quiet_NaN()) &&
              !lc::any_finite.contains(std::numeric_limits<double>::infinity()) &&
              !lc::nonnegative.contains(std::numeric_limits<double>::infinity()));
static_assert(lc::domain{0, 1, false, true}.contains(0) && !lc::domain{0, 1, false, true}.contains(1));
static_assert(lc::share.or_unknown().optional && !lc::share.optional);

// Stored bits of a value. A block of 32 shares 8 bits of scale in the OCP formats, a block of 16 in NVFP4:
// 8 + 8/32, 4 + 8/32, 4 + 8/16.
static_assert(lc::bits(lc::precision::mxfp8) == 8.25 && lc::bits(lc::precision::mxfp4) == 4.25 &&
              lc::bits(lc::precision::nvfp4) == 4.5 && lc::bytes_per_value(lc::precision::bf16) == 2);

}  // namespace static_number
