// Strong kinds at compile time.
#include <layercake/number/dual.hpp>
#include <layercake/units/kind.hpp>

#include <tuple>
#include <type_traits>
#include <xsimd/xsimd.hpp>

namespace lc = layercake;
namespace unit = lc::unit;
namespace kind = lc::kind;
using namespace lc::units;
using lc::as;
using lc::quantity;

namespace {

using batch = xsimd::batch<double>;
using dual = lc::dual<double, 2>;

static_assert(sizeof(lc::it_power<>) == sizeof(double) && std::is_trivially_copyable_v<lc::it_power<>>);
static_assert(sizeof(lc::it_power<batch>) == sizeof(batch) && std::is_trivially_copyable_v<lc::relative_change<>>);
static_assert(std::totally_ordered<lc::it_power<>> && std::regular<lc::cost_share<lc::boundary::cluster_capex>>);

// In and out by name only.
static_assert(std::same_as<decltype(as<kind::it>(700 * watt)), lc::it_power<>>);
static_assert(std::same_as<decltype(as<kind::it>(batch(1) * joule)), lc::it_energy<batch>>);
static_assert(std::same_as<decltype(as<kind::points>(5)), lc::percentage_points<>>);
static_assert(std::same_as<decltype(plain(as<kind::it>(700 * watt))), const quantity<unit::watt>&>);
static_assert(!std::convertible_to<quantity<unit::watt>, lc::it_power<>> &&
              !std::convertible_to<lc::it_power<>, quantity<unit::watt>>);
static_assert(!std::convertible_to<double, lc::percentage_points<>> &&
              !std::convertible_to<lc::percentage_points<>, double>);
static_assert(std::convertible_to<lc::it_power<float>, lc::it_power<>> &&
              std::convertible_to<lc::it_power<>, lc::it_power<dual>>);
static_assert(std::convertible_to<lc::relative_change<>, lc::relative_change<batch>>);
static_assert(!std::convertible_to<lc::it_power<>, lc::it_power<float>>);

// One kind.
constexpr auto p = as<kind::it>(2 * watt);
static_assert(p + p == as<kind::it>(4 * watt) && p - p == as<kind::it>(0 * watt) && p < p + p && 2 * p == p * 2 &&
              p / 2 < p);
static_assert(std::same_as<decltype(p / p), double> && (p + p) / p == 2 && -p < p);
static_assert(lc::min(p, 2 * p) == p && lc::max(p, 2 * p) == 2 * p && lc::clamp(3 * p, p, 2 * p) == 2 * p);
static_assert(std::same_as<decltype(p * (1 * lc::units::second)), lc::it_energy<>>);
static_assert(std::same_as<decltype(p * (1 * lc::units::second) / (1 * hour)), lc::it_power<>>);
static_assert(std::same_as<decltype(p * batch(1)), lc::it_power<batch>> &&
              std::same_as<decltype(dual(1) * p), lc::it_power<dual>>);

// Every two kinds of one dimension, and every kind and its bare quantity: nothing but plain() leads across.
template <class A, class B>
concept mixes = requires(A a, B b) {
  a + b;
}
|| requires(A a, B b) { a - b; }
|| requires(A a, B b) { a < b; }
|| requires(A a, B b) { a <= b; }
|| requires(A a, B b) { a > b; }
|| requires(A a, B b) { a >= b; }
|| requires(A a, B b) { a == b; }
|| requires(A a, B b) { a != b; }
|| requires(A a, B b) { a / b; }
|| requires(A a, B b) { a = b; };
template <class A, class B>
constexpr bool apart = !mixes<A, B> && !mixes<B, A> && !std::constructible_from<A, B> && !std::constructible_from<B, A>;
static_assert(apart<lc::it_power<>, lc::facility_power<>> && apart<lc::it_energy<>, lc::facility_energy<>>);
static_assert(apart<lc::input_tokens<>, lc::output_tokens<>> && apart<lc::model_flop<>, lc::hardware_flop<>>);
static_assert(apart<lc::flop_at<lc::precision::fp8>, lc::flop_at<lc::precision::bf16>>);
static_assert(apart<lc::relative_change<>, lc::percentage_points<>> &&
              apart<lc::price_half_life<>, lc::time_to_parity<>>);
static_assert(apart<lc::cost_share<lc::boundary::cluster_capex>, lc::cost_share<lc::boundary::ownership_cost>>);
static_assert(apart<lc::demand_charge<>, lc::energy_price<>> && apart<lc::peak_power<>, lc::average_power<>>);
static_assert(apart<lc::it_power<batch>, lc::facility_power<batch>> &&
              apart<lc::input_tokens<dual>, lc::output_tokens<>>);

template <class A, class B>
concept sums = requires(A a, B b) {
  a + b;
}
|| requires(A a, B b) { a < b; }
|| requires(A a, B b) { a == b; }
|| requires(A a, B b) { a = b; };
static_assert(!sums<lc::it_power<>, quantity<unit::watt>> && !sums<quantity<unit::watt>, lc::it_power<>>);
static_assert(!sums<lc::percentage_points<>, double> && !sums<double, lc::percentage_points<>> &&
              !sums<lc::it_power<>, lc::it_energy<>>);
template <class A, class B>
concept multiplies = requires(A a, B b) {
  a* b;
};
static_assert(!multiplies<lc::it_power<>, lc::it_power<>> &&
              !multiplies<lc::it_power<>, quantity<unit::usd_per_joule>>);

}  // namespace
