// Every check says the path, the value, what is allowed and what to change; the free functions throw, the members collect.
#include <doctest/doctest.h>

#include <array>
#include <layercake/core/unknown.hpp>
#include <layercake/number/check.hpp>
#include <layercake/number/dual.hpp>
#include <layercake/units/units.hpp>
#include <limits>
#include <string>
#include <vector>
#include <xsimd/xsimd.hpp>

namespace lc = layercake;
using namespace lc::units;

namespace {
constexpr double unset = std::numeric_limits<double>::quiet_NaN();

template <class Error, class F>
std::string thrown(const F& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "nothing was thrown";
}
}  // namespace

TEST_CASE("what each check says") {
  const std::array<const char*, 2> names = {"spot", "reserved"};
  struct row {
    void (*check)(lc::findings&);
    const char* text;
  };
  const row rows[] = {
      {[](lc::findings& f) { f.check_positive("load", 0 * watt, "Set the load."); },
       "plan.load is 0 W; allowed: above 0 W. Set the load."},
      {[](lc::findings& f) { f.check_positive("load", unset, "Set the load."); },
       "plan.load is nan; allowed: above 0. Set the load."},
      {[](lc::findings& f) { f.check_positive("load", 1e31, "Set less."); },
       "plan.load is 1e31; allowed: above 0 to 1e30. Set less."},
      {[](lc::findings& f) { f.check_within("rate", -1e31, lc::any_finite, "Set more."); },
       "plan.rate is -1e31; allowed: at least -1e30. Set more."},
      {[](lc::findings& f) { f.check_within("rate", 1e31, lc::any_finite, "Set less."); },
       "plan.rate is 1e31; allowed: at most 1e30. Set less."},
      {[](lc::findings& f) { f.check_within("rate", unset, lc::any_finite, "Set it."); },
       "plan.rate is nan; allowed: any finite value. Set it."},
      {[](lc::findings& f) { f.check_share("loss", 1.00001, "Set the loss."); },
       "plan.loss is 1.00001; allowed: from 0 to 1. Set the loss."},
      // 1e30 in single precision is 2^99 + 2^96 + ...: 1.0000000150474662e30
      {[](lc::findings& f) { f.check_positive("load", 1e30f * watt, "Set less."); },
       "plan.load is 1.0000000150474662e+30 in base units; allowed: above 0 W to 1e30 W. Set less."},
      {[](lc::findings& f) { f.check_nonnegative("price", -62 * usd / megawatt_hour, "Set the price."); },
       "plan.price is -$62/MWh; allowed: at least $0/MWh. Set the price."},
      {[](lc::findings& f) { f.check_share("loss", 1.5, "Set the loss."); },
       "plan.loss is 1.5; allowed: from 0 to 1. Set the loss."},
      {[](lc::findings& f) {
         f.check_within("rate", -2.0f, lc::domain{-1, 1, true, true}, "Set the rate.");
       },
       "plan.rate is -2; allowed: above -1 to below 1. Set the rate."},
      {[](lc::findings& f) { f.check_within("it", lc::as<lc::kind::it>(-1 * watt), lc::nonnegative, "Set it."); },
       "plan.it is -1 W; allowed: at least 0 W. Set it."},
      {[](lc::findings& f) { f.check_count("ranks", 2.5, "Set the ranks."); },
       "plan.ranks is 2.5; allowed: a whole number, at least 1. Set the ranks."},
      {[](lc::findings& f) { f.check_count("ranks", std::size_t(0), "Set the ranks."); },
       "plan.ranks is 0; allowed: a whole number, at least 1. Set the ranks."},
      {[](lc::findings& f) { f.check_whole("chunks", 2.5, "Take whole chunks."); },
       "plan.chunks is 2.5; allowed: a whole number. Take whole chunks."},
      {[](lc::findings& f) { f.check_divides("tensor", 7.0, "model.heads", 64.0, "Ranks take whole heads."); },
       "plan.tensor is 7; allowed: a divisor of model.heads, 64. Ranks take whole heads."},
      {[](lc::findings& f) { f.check_at_most("draw", 40 * megawatt, "site.power", 30 * megawatt, "Draw less."); },
       "plan.draw is 40 MW; allowed: at most site.power, 30 MW. Draw less."},
      {[](lc::findings& f) { f.check_at_least("size", 1, "the smallest", 2, "Take more."); },
       "plan.size is 1; allowed: at least the smallest, 2. Take more."},
      // What people read alike is told apart by its digits.
      {[](lc::findings& f) { f.check_at_most("draw", 30.00001 * megawatt, "site.power", 30 * megawatt, "Draw less."); },
       "plan.draw is 30000010 in base units; allowed: at most site.power, 3e+07 in base units. Draw less."},
      {[](lc::findings& f) { f.check_at_least("share", 0.25, "", 0.25000001, "Take more."); },
       "plan.share is 0.25; allowed: at least 0.25000001. Take more."},
      {[](lc::findings& f) { f.check_equal("sum", 1.0000001, "the whole", 1.0, "Add up."); },
       "plan.sum is 1.0000001; allowed: 1, as the whole. Add up."},
      {[](lc::findings& f) { f.check_count("ranks", 3.00001, "Set the ranks."); },
       "plan.ranks is 3.00001; allowed: a whole number, at least 1. Set the ranks."},
      {[](lc::findings& f) { f.check_whole("chunks", 2.00001, "Take whole chunks."); },
       "plan.chunks is 2.00001; allowed: a whole number. Take whole chunks."},
      {[](lc::findings& f) { f.check_divides("tensor", 5.0, "tokens", 123456.0, "Divide."); },  // which reads 123500
       "plan.tensor is 5; allowed: a divisor of tokens, 123456. Divide."},
      {[](lc::findings& f) { f.check_divides("tensor", 8.00001, "model.heads", 64.0, "Ranks take whole heads."); },
       "plan.tensor is 8.00001; allowed: a divisor of model.heads, 64. "
       "Ranks take whole heads."},
      {[](lc::findings& f) { f.check_equal("steps", 3, "the steps of the load", 4, "Give one for each."); },
       "plan.steps is 3; allowed: 4, as the steps of the load. Give one for each."},
      {[](lc::findings& f) { f.check_known("price", lc::unknown<lc::quantity<lc::unit::usd>>(), "Set the price."); },
       "plan.price is unknown; allowed: a known value. Set the price."},
      {[](lc::findings& f) { f.check_not_empty("chips", std::vector<int>{}, "Name a chip."); },
       "plan.chips is empty; allowed: at least one. Name a chip."},
      {[](lc::findings& f) {
         f.check_each("profile", std::vector<double>{0, 1, 1.25, 2}, lc::share, "Give shares.");
       },
       "plan.profile[2] is 1.25; allowed: from 0 to 1. Give shares."},
      {[](lc::findings& f) { f.require(false, "name", "x", "y", "Change it."); },
       "plan.name is x; allowed: y. Change it."},
  };
  for (const row& r : rows) {
    lc::findings f("plan");
    r.check(f);
    REQUIRE(f.list().size() == 1);
    CHECK(f.list()[0].text() == r.text);
  }
  lc::findings f;
  f.check_one_of("contract", "spto", names, "Name one of them.");
  CHECK(lc::text_of(f.list()) == "contract is \"spto\"; allowed: one of spot, reserved. Name one of them.");
}

TEST_CASE("what is right is not reported") {
  lc::findings f("plan");
  f.check_positive("a", 1e-9 * watt, "");
  f.check_nonnegative("a", 0.0, "");
  f.check_share("a", 1.0, "");
  f.check_within("a", unset, lc::positive.or_unknown(), "");
  f.check_count("a", 3.0, "");
  f.check_whole("a", -3.0, "");
  f.check_divides("a", 8.0, "", 64.0, "");
  f.check_divides("a", 8 * watt, "", 64 * watt, "");
  f.check_at_most("a", 3, "", 3, "");
  f.check_at_most("a", unset, "", 3.0, "");  // unknown limits nothing
  f.check_at_least("a", 3.0, "", unset, "");
  f.check_equal("a", 3, "", 3, "");
  f.check_known("a", 0.0, "");
  f.check_not_empty("a", std::vector<int>{1}, "");
  f.check_each("a", std::vector<double>{0, 0.5, 1}, lc::share, "");
  f.check_one_of("a", "x", std::vector<std::string>{"y", "x"}, "");
  f.check_positive("a", xsimd::batch<double>(-1.0), "");  // lanes are marked by the formulas
  CHECK(f.empty());
  CHECK_NOTHROW(lc::raise_if_any(f));
}

TEST_CASE("a dual is checked and shown by its value") {
  lc::findings f;
  f.check_share("x", lc::dual<double, 2>(1.5), "Less.");
  f.check_positive("y", lc::over_number<lc::dual<double, 2>>(-3 * watt), "More.");
  CHECK(lc::text_of(f.list()) == "x is 1.5; allowed: from 0 to 1. Less.\ny is -3 W; allowed: above 0 W. More.");
}

TEST_CASE("all findings are thrown together, one a line; lists are joined") {
  lc::findings f("a"), g("b");
  f.check_share("x", 2.0, "Less.");
  g.check_share("y", 3.0, "Less.");
  f.add(g.take());
  CHECK(thrown<lc::invalid_value>([&] { lc::raise_if_any(f); }) ==
        "a.x is 2; allowed: from 0 to 1. Less.\nb.y is 3; allowed: from 0 to 1. Less.");
}

TEST_CASE("the free functions throw at once: invalid_value, missing_value for what nobody gives") {
  const std::vector<const char*> names = {"a"};
  CHECK_THROWS_AS(lc::require(false, "p", 1, "2", "r"), lc::invalid_value);
  CHECK_THROWS_AS(lc::check_within("p", 2.0, lc::share, "r"), lc::invalid_value);
  CHECK_THROWS_AS(lc::check_positive("p", 0.0, "r"), lc::invalid_value);
  CHECK_THROWS_AS(lc::check_nonnegative("p", -1.0, "r"), lc::invalid_value);
  CHECK_THROWS_AS(lc::check_share("p", 2.0, "r"), lc::invalid_value);
  CHECK_THROWS_AS(lc::check_count("p", 0, "r"), lc::invalid_value);
  CHECK_THROWS_AS(lc::check_whole("p", 0.5, "r"), lc::invalid_value);
  CHECK_THROWS_AS(lc::check_divides("p", 0.0, "q", 4.0, "r"), lc::invalid_value);
  CHECK_THROWS_AS(lc::check_at_most("p", 2, "q", 1, "r"), lc::invalid_value);
  CHECK_THROWS_AS(lc::check_at_least("p", 1, "q", 2, "r"), lc::invalid_value);
  CHECK_THROWS_AS(lc::check_equal("p", 1, "q", 2, "r"), lc::invalid_value);
  CHECK_THROWS_AS(lc::check_not_empty("p", std::vector<int>{}, "r"), lc::invalid_value);
  CHECK_THROWS_AS(lc::check_each("p", std::vector<double>{2}, lc::share, "r"), lc::invalid_value);
  CHECK_THROWS_AS(lc::check_one_of("p", "x", names, "r"), lc::invalid_value);
  CHECK(thrown<lc::missing_value>([] { lc::check_known("chip.price", unset, "Set it, or rent."); }) ==
        "chip.price is unknown; allowed: a known value. Set it, or rent.");
  CHECK_NOTHROW(lc::check_known("chip.price", 1.0, "Set it."));
}
