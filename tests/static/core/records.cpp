// What a record tells of itself, at compile time.
#include <layercake/core/catalog.hpp>
#include <layercake/core/fields.hpp>
#include <layercake/core/number_of.hpp>
#include <layercake/core/provenance.hpp>
#include <layercake/core/unknown.hpp>
#include <layercake/number/dual.hpp>
#include <layercake/units/units.hpp>

#include <array>
#include <string_view>
#include <tuple>
#include <xsimd/xsimd.hpp>

namespace lc = layercake;
namespace unit = lc::unit;
using namespace lc::units;
using dual = lc::dual<double, 2>;
using batch = xsimd::batch<float>;

namespace {

template <class T = double>
struct basic_rod {
  const char* name = "rod";
  T count = T(1);
  lc::quantity<unit::metre, T> length = T(2) * metre;
  lc::it_power<T> power = lc::unknown<>;
  template <class N>
  using with_number = basic_rod<N>;
  static constexpr auto fields() {
    using X = basic_rod;
    return std::tuple{lc::label("name", &X::name), lc::field("count", &X::count, lc::positive_count, "how many"),
                      lc::field("length", &X::length, lc::positive, "how long"),
                      lc::field("power", &X::power, lc::positive.or_unknown(), "what it takes")};
  }
};
template <class T = double>
struct basic_frame {
  std::array<basic_rod<T>, 2> rods{};
  template <class N>
  using with_number = basic_frame<N>;
  static constexpr auto fields() { return std::tuple{lc::part("rods", &basic_frame::rods)}; }
};
struct plain {};

static_assert(lc::described<basic_rod<>> && lc::described<const basic_frame<>&> && !lc::described<plain>);

// The number type that a record is over: of its first number, in a part if it has none of its own; double if it has none.
template <class X, class T>
constexpr bool over = std::same_as<lc::number_of_t<X>, T>;
static_assert(over<basic_rod<>, double> && over<basic_rod<float>, float> && over<basic_rod<dual>, dual> &&
              over<basic_frame<batch>, batch> && over<basic_frame<dual>, dual> && over<plain, double>);

// Another number type: values stay, constants of a kind keep their kind.
constexpr auto wide = lc::with_number<dual>(basic_rod<>{"long", 3, 5 * metre, lc::as<lc::kind::it>(7 * watt)});
static_assert(std::same_as<std::remove_const_t<decltype(wide)>, basic_rod<dual>>);
static_assert(wide.count.value == 3 && lc::base_value(wide.length).value == 5 &&
              lc::base_value(wide.power).value == 7 && std::string_view(wide.name) == "long");
static_assert(std::same_as<decltype(lc::with_number<dual>(plain{})), plain>);

// One spelling of unknown, of any type that the place gives.
static_assert(!lc::is_known(basic_rod<>{}.power) && lc::is_known(basic_rod<>{}.length));
static_assert(!lc::is_known(basic_rod<dual>{}.power));
constexpr lc::quantity<unit::usd, float> price = lc::unknown<>;
constexpr double number = lc::unknown<>;
static_assert(!lc::is_known(price) && !lc::is_known(number) && !lc::is_known(lc::unknown<double>()) &&
              !lc::is_known(lc::unknown<lc::quantity<unit::usd>>()));
constexpr lc::quantity<unit::usd> pick(bool given) { return given ? 3 * usd : lc::unknown<>; }
static_assert(pick(true) == 3 * usd && !lc::is_known(pick(false)));

// The rows of catalogs.
static_assert(lc::datum<kilowatt>(2) == 2000 * watt && !lc::is_known(lc::datum<kilowatt>(lc::na)));

// Sources: a field's own where it has one, the record's elsewhere.
constexpr lc::field_source apart[] = {{"price", "a price list", lc::confidence::published},
                                      {"power", "a guess", lc::confidence::assumed}};
constexpr lc::provenance origin{"a data sheet", "2024", lc::confidence::measured, apart};
static_assert(std::string_view(origin.of("price").source) == "a price list" &&
              origin.of("power").how == lc::confidence::assumed);
static_assert(std::string_view(origin.of("memory").source) == "a data sheet" &&
              origin.of("memory").how == lc::confidence::measured &&
              std::string_view(origin.of("memory").field) == "memory");
static_assert(std::string_view(origin.of("pric").source) == "a data sheet" &&
              std::string_view(origin.of("prices").source) == "a data sheet");
static_assert(lc::provenance{}.how == lc::confidence::given &&
              std::string_view(name(lc::confidence::recalled)) == "recalled");

}  // namespace
