#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <layercake/number/error.hpp>
#include <layercake/report/chart.hpp>
#include <limits>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "xml.hpp"

namespace {
namespace lc = layercake;
namespace report = layercake::report;
using namespace layercake::units;
using duration = lc::quantity<lc::unit::second>;
using money = lc::quantity<lc::unit::usd>;

auto chart(report::scale x = report::scale::linear, report::scale y = report::scale::linear) {
  return report::chart("Runs", report::axis<day>("wall clock", x), report::axis<million_usd>("cost", y));
}
std::size_t times(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size()))
    ++n;
  return n;
}
bool has(const std::string& text, const std::string& part) { return times(text, part) > 0; }

using layercake_test::xml_fault;
bool well_formed(const std::string& text) {
  const std::string fault = xml_fault(text);
  CAPTURE(fault);
  CHECK(fault.empty());
  return fault.empty();
}

template <class F>
std::string refused(F&& f) {
  try {
    f();
  } catch (const lc::invalid_value& e) {
    return e.what();
  }
  return "nothing was thrown";
}
}  // namespace

TEST_CASE("chart: points lie where their values are") {
  auto c = chart();
  const std::vector<duration> t{0 * day, 100 * day};
  const std::vector<money> m{0 * million_usd, 50 * million_usd};
  c.points("H100", t, m);
  const std::string s = c.svg();
  CHECK(well_formed(s));
  // From 72 to 616 along with a twentieth of room behind the last: 100 d at 72 + 544/1.05; up from 384 to 70.
  CHECK(has(s, "cx=\"72.00\" cy=\"384.00\""));
  CHECK(has(s, "cx=\"590.10\" cy=\"84.95\""));
  CHECK(has(s, ">wall clock (d)<"));
  CHECK(has(s, ">cost ($M)<"));
  CHECK(has(s, ">Runs<"));
  CHECK(has(s, "<title>H100: 3.285 mo, $50M</title>"));
  for (const char* mark : {">0<", ">20<", ">40<", ">60<", ">80<", ">100<"})
    CHECK(has(s, mark));
}

TEST_CASE("chart: equal ratios are equally far on a logarithmic axis") {
  auto c = chart(report::scale::logarithmic, report::scale::logarithmic);
  const std::vector<duration> t{1 * day, 10 * day, 100 * day};
  const std::vector<money> m{1 * million_usd, 10 * million_usd, 100 * million_usd};
  c.points("", t, m);
  const std::string s = c.svg();
  CHECK(has(s, "cx=\"344.00\" cy=\"227.00\""));  // the middle of 72..616 and of 384..70
  for (const char* mark : {">1<", ">2<", ">5<", ">10<", ">20<", ">50<", ">100<"})
    CHECK(times(s, mark) == 2);
  // Many decades: powers of ten alone, not all of them.
  const std::vector<duration> far_apart{1e-9 * second, 1e9 * second};
  const std::vector<money> same{1 * usd, 1 * usd};
  report::chart wide("", report::axis<second>("", report::scale::logarithmic), report::axis<usd>(""));
  wide.points("", far_apart, same);
  CHECK(has(wide.svg(), ">1<"));
  CHECK(!has(wide.svg(), ">2<"));
}

TEST_CASE("chart: units are named as the library writes them") {
  CHECK(report::detail::sign_of<std::remove_cv_t<decltype(day)>>() == "d");
  CHECK(report::detail::sign_of<std::remove_cv_t<decltype(million_usd)>>() == "$M");
  CHECK(report::detail::sign_of<std::remove_cv_t<decltype(gigawatt_hour)>>() == "GWh");
  CHECK(report::detail::sign_of<std::remove_cv_t<decltype(usd / megawatt_hour)>>() == "$/MWh");
  // No one writes multiples of this: what one of them is.
  using odd = lc::named_unit<lc::unit::second, lc::scale{1234567, 1, 0}>;
  CHECK(report::detail::sign_of<odd>() == lc::to_string(1234567 * second) + " each");
}

TEST_CASE("chart: kinds of series, names and the legend") {
  auto c = chart();
  const std::vector<duration> t{10 * day, 20 * day, 30 * day};
  const std::vector<money> m{3 * million_usd, 2 * million_usd, 1 * million_usd};
  const std::vector<std::string> names{"first", "", "third"};
  c.points("points", t, m, names).line("line", t, m).curve("curve", t, m).rings("rings", t, m);
  const std::string s = c.svg();
  CHECK(well_formed(s));
  CHECK(times(s, "<circle") == 9 + 3);  // three series of three, and their signs in the legend
  CHECK(times(s, "<title>first: ") == 1);
  CHECK(times(s, "<title>points: ") == 1);  // the one without a name of its own
  CHECK(times(s, ">first<") == 1);
  CHECK(times(s, ">third<") == 1);
  for (const char* name : {">points<", ">line<", ">curve<", ">rings<"})
    CHECK(times(s, name) == 1);
  CHECK(times(s, "stroke-linejoin") == 2 + 2);  // two lines, and their signs in the legend
  std::ostringstream out;
  out << c;
  CHECK(out.str() == s);
}

TEST_CASE("chart: text cannot break the document") {
  report::chart c("<b>\"A & B\"</b>\x01", report::axis<day>("it's"), report::axis<usd>("a > b"));
  const std::vector<duration> t{1 * day};
  const std::vector<money> m{1 * usd};
  const std::vector<std::string> names{"<script>"};
  c.points("x & y", t, m, names);
  const std::string s = c.svg();
  CHECK(well_formed(s));
  CHECK(has(s, "&lt;b&gt;&quot;A &amp; B&quot;&lt;/b&gt;\xEF\xBF\xBD<"));
  CHECK(has(s, ">it&#39;s (d)<"));
  CHECK(has(s, "&lt;script&gt;"));
  CHECK(!has(s, "<script>"));
}

TEST_CASE("chart: one point, equal values, several charts") {
  auto one = chart();
  const std::vector<duration> t{5 * day, 5 * day};
  const std::vector<money> m{0 * usd, 0 * usd};
  one.points("", t, m);
  CHECK(!has(one.svg(), "nan"));
  CHECK(!has(one.svg(), "inf"));
  const std::string both = report::beside(one, chart().line("", t, m));
  CHECK(well_formed(both));
  CHECK(has(both, "width=\"1280.00\" height=\"440.00\""));
  CHECK(has(both, "translate(640.00 0)"));
}

TEST_CASE("chart: values next to each other, and as far apart as can be drawn") {
  using report::scale;
  for (const scale how : {scale::linear, scale::logarithmic}) {
    for (const auto& [low, high] :
         {std::pair{1.0, std::nextafter(1.0, 2.0)}, std::pair{1.0, 1 + 4e-16}, std::pair{1e3, std::nextafter(1e3, 2e3)},
          std::pair{1e-250, 1e250}, std::pair{1e-250, std::nextafter(1e-250, 1.0)}, std::pair{1e250, 1e250},
          std::pair{1 - 1e-8, 1 + 1e-8}}) {
      report::chart c("t", report::axis<second>("x", how), report::axis<usd>("y", how));
      const std::vector<duration> x{low * second, high * second};
      const std::vector<money> y{high * usd, low * usd};
      c.curve("s", x, y);
      const std::string svg = c.svg();
      CHECK(svg.size() < 20000);
      CHECK(well_formed(svg));
      CHECK(!has(svg, "nan"));
      CHECK(!has(svg, "inf"));
    }
  }
  const std::vector<money> one{1 * usd};
  for (const double far : {1.7e308, -1e300, 5e-324, 1e-310}) {
    const std::vector<duration> x{far * second};
    CHECK(has(
        refused([&] { report::chart("t", report::axis<second>("x"), report::axis<usd>("y")).points("A", x, one); }),
        "allowed: 0, or from 1e-250 to 1e250 of either sign in the axis's unit. Leave the point out or take another "
        "unit."));
  }
}

// What is told to be allowed is: 0 on no logarithmic axis, and what to change helps.
TEST_CASE("chart: a value that an axis cannot show is told what it can") {
  using report::scale;
  const std::vector<money> one{1 * usd};
  const auto said = [&](double value, scale how) {
    const std::vector<duration> x{value * second};
    return refused(
        [&] { report::chart("t", report::axis<second>("x", how), report::axis<usd>("y")).points("A", x, one); });
  };
  for (const double far : {1e-300, 1e300}) {
    CHECK(has(said(far, scale::logarithmic), "; allowed: from 1e-250 to 1e250 in the unit of a logarithmic axis. "
                                             "Leave the point out or take another unit."));
  }
  for (const double not_positive : {0.0, -1.0, -1e300}) {
    CHECK(has(said(not_positive, scale::logarithmic), "; allowed: from 1e-250 to 1e250 in the unit of a logarithmic "
                                                      "axis. Leave the point out or take a linear axis."));
  }
  for (const scale how : {scale::linear, scale::logarithmic}) {
    for (const double none : {std::nan(""), std::numeric_limits<double>::infinity()}) {
      const std::string text = said(none, how);
      CHECK(text.substr(text.find_last_of('.', text.size() - 2)) == ". Leave the point out.");
    }
    CHECK(said(1e-250, how) == "nothing was thrown");
    CHECK(said(1e250, how) == "nothing was thrown");
  }
  for (const double shown : {0.0, -1.0, -1e250, -1e-250})
    CHECK(said(shown, scale::linear) == "nothing was thrown");
}

TEST_CASE("chart: text that is not UTF-8") {
  const auto shown = [](const std::string& text) { return report::detail::escaped(text); };
  const std::string no = "\xEF\xBF\xBD";
  for (const std::string good : {"Z\xC3\xBCrich", "\xE2\x82\xAC", "\xF0\x9F\x8D\xB0", "\xEF\xBF\xBD", "\xED\x9F\xBF"})
    CHECK(shown(good) == good);
  CHECK(shown("Z\xFCrich") == "Z" + no + "rich");  // Latin 1
  CHECK(shown("\xC3") == no);                      // cut
  CHECK(shown("\xC3"
              "a") == no + "a");
  CHECK(shown("\xC0\xAF") == no + no);  // overlong
  CHECK(shown("\xE0\x80\x80") == no + no + no);
  CHECK(shown("\xED\xA0\x80") == no + no + no);           // surrogate
  CHECK(shown("\xF4\x90\x80\x80") == no + no + no + no);  // beyond U+10FFFF
  CHECK(shown("\xEF\xBF\xBF") == no + no + no);           // no character
  CHECK(shown("a\x01\x7F<") == "a" + no + no + "&lt;");
  CHECK(shown(std::string(1, '\0')) == no);
  CHECK(shown("a\tb\r\nc") == "a b  c");
}

TEST_CASE("the reader of XML says what is wrong") {
  for (const std::string good : {"<a/>", "<a b=\"c\">d<e/>&amp;&#39;</a>\n", "<a>\xC3\xBC</a>"})
    CHECK(xml_fault(good) == "");
  for (const std::string bad : {"",
                                "a",
                                "<a>",
                                "<a></b>",
                                "<a/><b/>",
                                "<a b=c/>",
                                "<a b=\"1\" b=\"2\"/>",
                                "<a b=\"1\"c=\"2\"/>",
                                "<a>&</a>",
                                "<a>&x;</a>",
                                "<a b=\"<\"/>",
                                "<a>\xFC</a>",
                                "<a>\xC0\xAF</a>",
                                "<a>\xED\xA0\x80</a>",
                                "<a>\x01</a>",
                                "<a>\xEF\xBF\xBF</a>",
                                "<a>]]></a>",
                                "<a cx=\"nan\"/>",
                                "<a d=\"M1 -inf\"/>",
                                "</a>",
                                "<1/>"})
    CHECK(xml_fault(bad) != "");
}

TEST_CASE("chart: whatever can be drawn and whatever it is called, an XML reader reads it and every mark lies inside") {
  std::mt19937_64 random(20260101);
  const auto unit = [&] { return static_cast<double>(random() >> 11) * 0x1p-53; };
  const auto text = [&] {
    std::string s;
    for (std::uint64_t n = random() % 8; n > 0; --n)
      s += static_cast<char>(random() % 256);
    return s;
  };
  for (int i = 0; i < 400; ++i) {
    const auto scale_of = [&] { return random() % 2 == 0 ? report::scale::linear : report::scale::logarithmic; };
    const report::scale along = scale_of(), up = scale_of();
    const double centre = 500 * unit() - 250, spread = std::pow(10, 20 * unit() - 18);  // decades
    const auto value = [&](report::scale how) {
      const double decade = std::clamp(centre + spread * (2 * unit() - 1), -249.9, 249.9);
      return (how == report::scale::linear && random() % 2 == 0 ? -1 : 1) * std::pow(10, decade);
    };
    report::chart c(text(), report::axis<second>(text(), along), report::axis<usd>(text(), up));
    std::vector<duration> x;
    std::vector<money> y;
    std::vector<std::string> names;
    for (std::uint64_t n = 1 + random() % 5; n > 0; --n) {
      x.push_back(value(along) * second);
      y.push_back(value(up) * usd);
      names.push_back(text());
    }
    c.curve(text(), x, y, names).rings(text(), x, y);
    const std::string svg = c.svg();
    CAPTURE(svg);
    REQUIRE(xml_fault(svg) == "");
    REQUIRE(svg.size() < 40000);
    for (std::size_t at = svg.find("<circle cx=\""); at != std::string::npos; at = svg.find("<circle cx=\"", at + 1)) {
      double cx = -1, cy = -1;
      REQUIRE(std::sscanf(svg.c_str() + at, "<circle cx=\"%lf\" cy=\"%lf\"", &cx, &cy) == 2);
      REQUIRE(cx >= 0);
      REQUIRE(cx <= c.width);
      REQUIRE(cy >= 0);
      REQUIRE(cy <= c.height);
    }
  }
}

TEST_CASE("chart: bad data are refused by series and point") {
  const std::vector<duration> t{1 * day, 2 * day};
  const std::vector<money> m{1 * usd, 2 * usd};
  const std::vector<money> hole{1 * usd, std::nan("") * usd};
  const std::vector<money> endless{std::numeric_limits<double>::infinity() * usd, 1 * usd};
  const std::vector<money> zero{1 * usd, 0 * usd};
  const std::vector<std::string> names{"only one"};
  CHECK(refused([&] { (void)chart().svg(); }) ==
        "chart \"Runs\".series is empty; allowed: at least one. Add points or a line.");
  CHECK(has(refused([&] { chart().points("A", {}, {}); }),
            "series \"A\" of chart \"Runs\": x is empty; allowed: at least one."));
  CHECK(
      has(refused([&] { chart().points("A", t, std::span(m).first(1)); }), ": y.size is 1; allowed: 2, as x.size is."));
  CHECK(has(refused([&] { chart().points("A", t, m, names); }), ": names.size is 1; allowed: 2, as x.size is."));
  CHECK(has(refused([&] { chart().line("A", t, hole); }), "series \"A\" of chart \"Runs\": cost of point 1 is"));
  CHECK(has(refused([&] { chart().line("A", t, endless); }), "cost of point 0 is"));
  CHECK(has(refused([&] { chart(report::scale::linear, report::scale::logarithmic).line("A", t, zero); }),
            "cost of point 1 is $0; allowed: from 1e-250 to 1e250 in the unit of a logarithmic axis. Leave the point "
            "out or take a linear axis."));
}
