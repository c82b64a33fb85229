// The closed list: one tag per dimension, closed under the arithmetic that the field does with it.
#include <layercake/units/units.hpp>

#include <tuple>

namespace lc = layercake;
namespace unit = lc::unit;

namespace {

template <class... Tag>
constexpr int size(const unit::detail::list<Tag...>*) {
  return sizeof...(Tag);
}
static_assert(size(static_cast<const unit::detail::named*>(nullptr)) >= 61);

// Dimension -> tag leads back to the tag, for every tag; a second tag of that dimension would make it ambiguous.
template <class... Tag>
constexpr bool unique(const unit::detail::list<Tag...>*) {
  return (std::same_as<typename unit::detail::tag_of<typename Tag::dimension>::type, Tag> && ...);
}
static_assert(unique(static_cast<const unit::detail::named*>(nullptr)));

template <class A, class B>
constexpr bool round_trip() {
  using product = unit::multiplied<A, B>;
  using quotient = unit::divided<A, B>;
  if constexpr (std::is_void_v<product>) {
    return std::same_as<unit::inverse<B>, A>;
  } else if constexpr (std::is_void_v<quotient>) {
    return std::same_as<A, B>;
  } else {
    return std::same_as<unit::divided<product, B>, A> && std::same_as<unit::divided<product, A>, B> &&
           std::same_as<unit::multiplied<quotient, B>, A> && std::same_as<unit::multiplied<B, A>, product>;
  }
}
// Every tag with every base unit and with the units that formulas divide by most.
template <class A>
constexpr bool with_partners() {
  return round_trip<A, unit::metre>() && round_trip<A, unit::kilogram>() && round_trip<A, unit::second>() &&
         round_trip<A, unit::kelvin>() && round_trip<A, unit::flop>() && round_trip<A, unit::byte>() &&
         round_trip<A, unit::token>() && round_trip<A, unit::usd>() && round_trip<A, unit::kilogram_co2e>() &&
         round_trip<A, unit::joule>() && round_trip<A, unit::watt>() && round_trip<A, unit::square_metre>() &&
         round_trip<A, unit::per_second>();
}
template <class... Tag>
constexpr bool all_with_partners(const unit::detail::list<Tag...>*) {
  return (with_partners<Tag>() && ...);
}
static_assert(all_with_partners(static_cast<const unit::detail::named*>(nullptr)));

template <class... Tag>
constexpr bool powers(const unit::detail::list<Tag...>*) {
  return (std::same_as<unit::raised_to<unit::raised_to<Tag, 2>, 1, 2>, Tag> && ...) &&
         (std::same_as<unit::raised_to<Tag, 1>, Tag> && ...) && (std::is_void_v<unit::divided<Tag, Tag>> && ...);
}
static_assert(powers(static_cast<const unit::detail::named*>(nullptr)));

// Names of the field, each against the product that defines it.
template <class A, class B, class C>
constexpr bool is_product = std::same_as<unit::multiplied<A, B>, C>&& std::same_as<unit::divided<C, A>, B>;
static_assert(is_product<unit::watt, unit::second, unit::joule>);
static_assert(is_product<unit::newton, unit::metre, unit::joule>);
static_assert(is_product<unit::usd_per_joule, unit::joule, unit::usd>);
static_assert(is_product<unit::usd_per_joule, unit::watt, unit::usd_per_second>);
static_assert(is_product<unit::usd_per_token, unit::token_per_second, unit::usd_per_second>);
static_assert(is_product<unit::joule_per_token, unit::token_per_second, unit::watt>);
static_assert(is_product<unit::flop_per_byte, unit::byte_per_second, unit::flop_per_second>);
static_assert(is_product<unit::flop_per_joule, unit::watt, unit::flop_per_second>);
static_assert(is_product<unit::flop_per_token, unit::token_per_second, unit::flop_per_second>);
static_assert(is_product<unit::kilogram_co2e_per_joule, unit::watt, unit::kilogram_co2e_per_second>);
static_assert(is_product<unit::kilogram_co2e_per_joule, unit::joule_per_token, unit::kilogram_co2e_per_token>);
static_assert(is_product<unit::cubic_metre_per_joule, unit::watt, unit::cubic_metre_per_second>);
static_assert(is_product<unit::usd_per_kilogram_co2e, unit::kilogram_co2e, unit::usd>);
static_assert(std::is_void_v<unit::multiplied<unit::per_square_metre, unit::square_metre>>);
static_assert(is_product<unit::square_metre_per_watt, unit::watt, unit::square_metre>);
static_assert(is_product<unit::watt_per_second, unit::second, unit::watt>);
static_assert(is_product<unit::usd_per_watt, unit::watt, unit::usd>);

// Outside the list: a product of powers of base units, one type however it was come by.
using odd = unit::divided<unit::multiplied<unit::usd, unit::token>, unit::kelvin>;
static_assert(std::same_as<odd, unit::multiplied<unit::divided<unit::token, unit::kelvin>, unit::usd>>);
static_assert(std::same_as<unit::multiplied<odd, unit::kelvin>, unit::multiplied<unit::usd, unit::token>>);
static_assert(std::same_as<unit::divided<unit::multiplied<odd, unit::kelvin>, unit::token>, unit::usd>);
static_assert(lc::symbol_of<odd>() == "USD*tok/K");
static_assert(lc::symbol_of<unit::watt>() == "W");
static_assert(lc::symbol_of<unit::raised_to<unit::watt, 1, 2>>() == "kg^(1/2)*m/s^(3/2)");
static_assert(lc::symbol_of<unit::inverse<unit::kilogram>>() == "1/kg");

}  // namespace
