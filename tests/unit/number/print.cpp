#include <doctest/doctest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <layercake/number/dual.hpp>
#include <layercake/number/print.hpp>
#include <limits>
#include <random>
#include <string>
#include <system_error>
#include <xsimd/xsimd.hpp>

namespace lc = layercake;

TEST_CASE("numbers for people: four significant digits") {
  struct row {
    double x;
    const char* text;
  };
  const row rows[] = {{0, "0"},
                      {-0.0, "-0"},
                      {1, "1"},
                      {0.1 + 0.2, "0.3"},
                      {1234567, "1.235e6"},
                      {123456, "123500"},
                      {12346, "12350"},
                      {-0.00012344, "-0.0001234"},
                      {0.00001, "1e-5"},
                      {9.9996, "10"},
                      {99999.9, "100000"},
                      {2.5e-7, "2.5e-7"}};
  for (const row& r : rows)
    CHECK(lc::to_string(r.x) == r.text);
  CHECK(lc::to_string(0.5f) == "0.5");
  CHECK(lc::to_string(42) == "42");
  CHECK(lc::to_string(std::size_t(7)) == "7");
  CHECK(lc::to_string(std::numeric_limits<double>::infinity()) == "inf");
  CHECK(lc::to_string(-std::numeric_limits<double>::infinity()) == "-inf");
  CHECK(lc::to_string(std::numeric_limits<double>::quiet_NaN()) == "nan");
}

TEST_CASE("numbers for people: what is not finite is a name, whatever the shift") {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const int shift : {-300, 0, 3, 300}) {
    CHECK(lc::rounded_decimal(std::numeric_limits<double>::quiet_NaN()).over_ten_to(shift) == "nan");
    CHECK(lc::rounded_decimal(-infinity).over_ten_to(shift) == "inf");
  }
  CHECK(lc::rounded_decimal(-infinity).negative);
  CHECK(!lc::rounded_decimal(infinity).negative);
  CHECK(lc::to_string(std::numeric_limits<double>::max()) == "1.798e308");
  CHECK(lc::to_string(std::numeric_limits<double>::denorm_min()) == "4.941e-324");
}

TEST_CASE("whatever the bits of a number are, its text is bounded and reads back") {
  std::mt19937_64 random(20260101);
  const auto check = [](auto x, const std::string& shown, const std::string& exact) {
    CAPTURE(exact);
    REQUIRE(shown.size() <= 11);  // -1.234e-308
    REQUIRE(exact.size() <= 24);  // -2.2250738585072014e-308
    REQUIRE(shown.find_first_not_of("-0123456789.enaif") == std::string::npos);
    if (x - x == 0) {
      decltype(x) same = 0, near = 0;
      REQUIRE(std::from_chars(exact.data(), exact.data() + exact.size(), same).ec == std::errc());
      REQUIRE(same == x);
      const bool held = std::from_chars(shown.data(), shown.data() + shown.size(), near).ec == std::errc();
      // four digits: half a unit of the last place is at most 5e-4 of the value; where the number itself has fewer, 4.941e-324
      // of denorm_min, they are its own
      if (held) REQUIRE(std::fabs(near - x) <= 5.001e-4 * std::fabs(static_cast<double>(x)));
    }
  };
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t bits = random();
    const auto x = std::bit_cast<double>(bits);
    check(x, lc::to_string(x), lc::to_exact_string(x));
    const auto y = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    check(y, lc::to_string(y), lc::to_exact_string(y));
    const auto tiny = std::bit_cast<double>(bits & 0x800fffffffffffff);  // subnormal
    check(tiny, lc::to_string(tiny), lc::to_exact_string(tiny));
  }
}

TEST_CASE("numbers for files: the shortest digits that read back") {
  CHECK(lc::to_exact_string(0.1 + 0.2) == "0.30000000000000004");
  CHECK(lc::to_exact_string(0.3f) == "0.3");
  for (const double x : {1.0 / 3, 1e-300, 6.02214076e23})
    CHECK(std::stod(lc::to_exact_string(x)) == x);
}

TEST_CASE("a dual prints its value, a batch its lanes") {
  CHECK(lc::to_string(lc::dual<double, 2>(1.5)) == "1.5");
  CHECK(lc::to_string(lc::dual<lc::dual<double, 1>, 1>(lc::dual<double, 1>(2))) == "2");
  const std::string s = lc::to_string(xsimd::batch<double>(1.5));
  CHECK(s.front() == '{');
  CHECK(s.find("1.5") != s.npos);
  CHECK(s.back() == '}');
}
