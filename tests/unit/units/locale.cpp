// Text is the same in every locale: the language's habits of writing numbers are not asked.
#include <doctest/doctest.h>

#include <clocale>
#include <layercake/number/check.hpp>
#include <layercake/units/parse.hpp>
#include <layercake/units/units.hpp>
#include <locale>
#include <sstream>
#include <string>

namespace lc = layercake;
using namespace lc::units;
using lc::quantity;
namespace unit = lc::unit;

namespace {
// 1.234.567,5
struct german_digits : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

// Everything that may hold a locale holds this one, as long as this lives: C++'s, and C's where a German one is installed.
struct german {
  std::locale before;
  std::string c_before = std::setlocale(LC_ALL, nullptr);
  german() : before(std::locale::global(std::locale(std::locale::classic(), new german_digits))) {
    std::setlocale(LC_ALL, "de_DE.UTF-8");
  }
  ~german() {
    std::locale::global(before);
    std::setlocale(LC_ALL, c_before.c_str());
  }
};
}  // namespace

TEST_CASE("numbers and quantities are written and read alike in every locale") {
  const german locale;
  std::ostringstream out;
  out.imbue(std::locale());
  out << 1234.5 << '|' << 1.2345e6 * watt << '|' << lc::as<lc::kind::it>(1234.5 * watt);
  CHECK(out.str() == "1.234,5|1.234 MW|1.234 kW (IT)");  // the stream's own number shows that it has the locale

  CHECK(lc::to_string(1234.5) == "1234");  // 1234.5 is halfway, and 4 is even
  CHECK(lc::to_exact_string(1234567.5) == "1234567.5");
  CHECK(to_exact_string(1234567.5 * watt) == "1234567.5 W");
  CHECK(to_string(1.5 * million_usd) == "$1.5M");
  CHECK(lc::parse<quantity<unit::watt>>("1234567.5 W") == 1234567.5 * watt);
  CHECK(lc::parse<quantity<unit::watt>>("1.5 MW") == 1.5 * megawatt);
  CHECK(lc::parse<float>("0.25") == 0.25f);
  CHECK_THROWS_AS((void)lc::parse<quantity<unit::watt>>("1,5 MW"), lc::parse_error);
  lc::findings f;
  f.check_at_most("load", 1234567.5 * watt, "limit", 1234.5 * watt, "Less.");
  CHECK(lc::text_of(f.list()) == "load is 1.235 MW; allowed: at most limit, 1.234 kW. Less.");
}
