// parse(to_string(q)) is q within the printed digits and parse(to_exact_string(q)) is q, for every tag of the closed list.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <layercake/units/parse.hpp>
#include <layercake/units/units.hpp>
#include <limits>
#include <string>

#include "../../xorshift.hpp"

namespace lc = layercake;
namespace unit = lc::unit;
using lc::quantity;

namespace {

struct generator : layercake_test::xorshift {
  generator() : xorshift{20260101} {}
  // Log-uniform from 1e-28 to 1e28, either sign.
  double any() { return (bits() & 1 ? -1 : 1) * std::pow(10.0, 56 * unit() - 28); }
};

// Four digits: half a unit of the last place is at most 5e-4 of the value.
void check(const std::string& exact, bool same, const std::string& shown, double x, double read) {
  CAPTURE(exact);
  CAPTURE(shown);
  REQUIRE(same);
  REQUIRE(std::abs(read - x) <= 5.001e-4 * std::abs(x));
}

template <class Tag, class T>
void read_back(generator& random, int times) {
  const double edges[] = {0, 1, -1, 999.96, 0.001, 60, 1e6};
  for (int i = 0; i < times; ++i) {
    const T x = static_cast<T>(i < 7 ? edges[i] : random.any());
    const auto q = lc::from_base_value<lc::quantity_t<Tag>>(x);
    const std::string exact = to_exact_string(q), shown = to_string(q);
    check(exact, lc::parse<quantity<Tag, T>>(exact) == q, shown, x, lc::base_value(lc::parse<quantity<Tag, T>>(shown)));
  }
}

template <class... Tag>
void all(const unit::detail::list<Tag...>*) {
  generator random;
  (read_back<Tag, double>(random, 200), ...);
  (read_back<Tag, float>(random, 50), ...);
}

// Whatever the bits of a number are, its text is short, has no character that a terminal or a file minds, and every digit reads back.
template <class Tag, class T, class Bits>
void bounded(generator& random) {
  const Bits edges[] = {0,
                        Bits(1) << (8 * sizeof(Bits) - 1),
                        1,
                        Bits(~Bits(0)),
                        std::bit_cast<Bits>(std::numeric_limits<T>::infinity()),
                        std::bit_cast<Bits>(-std::numeric_limits<T>::infinity()),
                        std::bit_cast<Bits>(std::numeric_limits<T>::max()),
                        std::bit_cast<Bits>(std::numeric_limits<T>::lowest()),
                        std::bit_cast<Bits>(std::numeric_limits<T>::min()),
                        std::bit_cast<Bits>(std::numeric_limits<T>::quiet_NaN())};
  constexpr std::size_t fixed = std::size(edges);
  for (std::size_t i = 0; i < fixed + 100; ++i) {
    const T x = std::bit_cast<T>(i < fixed ? edges[i] : static_cast<Bits>(random.bits()));
    const auto q = lc::from_base_value<lc::quantity_t<Tag>>(x);
    const std::string shown = to_string(q), exact = to_exact_string(q);
    CAPTURE(shown);
    CAPTURE(exact);
    constexpr std::size_t digits = 24, prefix = 4;      // -2.2250738585072014e-308 is the longest
    REQUIRE(shown.size() <= digits + prefix + 1 + 24);  // the longest unit of people has less than 24 letters
    REQUIRE(exact.size() <= digits + 1 + lc::symbol_of<Tag>().size());
    for (const char c : shown)
      REQUIRE((static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
    if (x - x == T(0)) {
      REQUIRE(lc::parse<quantity<Tag, T>>(exact) == q);
    } else {
      REQUIRE(shown.find(x != x ? "nan" : "inf") != std::string::npos);
      REQUIRE_THROWS_AS((void)lc::parse<quantity<Tag>>(shown), lc::parse_error);
      REQUIRE_THROWS_AS((void)lc::parse<quantity<Tag>>(exact), lc::parse_error);
    }
  }
}

template <class... Tag>
void all_bounded(const unit::detail::list<Tag...>*) {
  generator random;
  (bounded<Tag, double, std::uint64_t>(random), ...);
  (bounded<Tag, float, std::uint32_t>(random), ...);
}

}  // namespace

TEST_CASE("every named unit reads back") { all(static_cast<const unit::detail::named*>(nullptr)); }

TEST_CASE("every named unit is written shortly, whatever the bits of the number") {
  all_bounded(static_cast<const unit::detail::named*>(nullptr));
}

TEST_CASE("units outside the closed list read back") {
  generator random;
  read_back<unit::divided<unit::multiplied<unit::usd, unit::token>, unit::kelvin>, double>(random, 200);
  read_back<unit::raised_to<unit::watt, 1, 2>, double>(random, 200);
  read_back<unit::raised_to<unit::usd_per_joule, 3>, double>(random, 200);
  read_back<unit::inverse<unit::kilogram>, double>(random, 200);
}

TEST_CASE("plain numbers read back") {
  generator random;
  for (int i = 0; i < 1000; ++i) {
    const double x = random.any();
    REQUIRE(lc::parse<double>(lc::to_exact_string(x)) == x);
    REQUIRE(std::abs(lc::parse<double>(lc::to_string(x)) - x) <= 5.001e-4 * std::abs(x));
  }
}

TEST_CASE("no text crashes the reader") {
  generator random;
  const std::string alphabet = "0123456789.+-eE$%/*^() kMGTWhsBtokUSDCO2JLm1nai,\xC2\xB5";
  int read = 0;
  for (int i = 0; i < 50000; ++i) {
    std::string text;
    for (std::uint64_t n = random.bits() % 12; n > 0; --n)
      text += alphabet[random.bits() % alphabet.size()];
    try {
      (void)lc::parse<quantity<unit::watt>>(text);
      ++read;
    } catch (const lc::parse_error& e) {
      REQUIRE(e.column >= 1);
      REQUIRE(e.column <= text.size() + 1);
    }
  }
  CHECK(read < 50000);
}
