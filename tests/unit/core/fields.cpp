#include <doctest/doctest.h>

#include <array>
#include <layercake/core/fields.hpp>
#include <layercake/number/dual.hpp>
#include <layercake/units/units.hpp>
#include <string>
#include <vector>

#include "../record_checks.hpp"

namespace lc = layercake;
namespace unit = lc::unit;
using namespace lc::units;

namespace {

template <class T = double>
struct basic_pump {
  const char* maker = "anybody";
  lc::quantity<unit::watt, T> power = T(3) * kilowatt;
  T efficiency = T(0.7);
  template <class N>
  using with_number = basic_pump<N>;
  static constexpr auto fields() {
    using X = basic_pump;
    return std::tuple{lc::label("maker", &X::maker), lc::field("power", &X::power, lc::positive, "what one pump takes"),
                      lc::field("efficiency", &X::efficiency, lc::positive_share, "power of the water over its own")};
  }
};
template <class T = double>
struct basic_plant {
  T pumps = T(4);
  std::array<basic_pump<T>, 2> kinds{};
  basic_pump<T> spare{};
  lc::quantity<unit::usd, T> price = lc::unknown<>;
  lc::it_power<T> control = lc::as<lc::kind::it>(T(10) * watt);
  template <class N>
  using with_number = basic_plant<N>;
  static constexpr auto fields() {
    using X = basic_plant;
    return std::tuple{lc::field("pumps", &X::pumps, lc::positive_count, "pumps that run"), lc::part("kinds", &X::kinds),
                      lc::part("spare", &X::spare),
                      lc::field("price", &X::price, lc::nonnegative.or_unknown(), "what it cost"),
                      lc::field("control", &X::control, lc::nonnegative, "what its computers take")};
  }
  void rules(lc::findings& f) const {
    f.check_at_most("spare.power", spare.power, "kinds[0].power", kinds[0].power, "A spare pump replaces the first.");
  }
};
using plant = basic_plant<>;

template <class X>
std::vector<std::string> paths(X&& x) {
  std::vector<std::string> all;
  lc::for_each_field(x, "plant", [&](const std::string& path, auto&, const auto&) { all.push_back(path); });
  return all;
}
struct order {
  std::vector<std::string> seen;
  template <class V, class D>
  void field(const std::string& path, V&, const D&) {
    seen.push_back(path);
  }
  template <class X>
  void record(const std::string& path, X&) {
    seen.push_back("(" + path + ")");
  }
};
}  // namespace

TEST_CASE("a walk goes depth first, in the order of fields(), and comes to a record after its members") {
  const std::vector<std::string> expected = {"plant.pumps",
                                             "plant.kinds[0].power",
                                             "plant.kinds[0].efficiency",
                                             "plant.kinds[1].power",
                                             "plant.kinds[1].efficiency",
                                             "plant.spare.power",
                                             "plant.spare.efficiency",
                                             "plant.price",
                                             "plant.control"};
  plant p;
  CHECK(paths(p) == expected);
  CHECK(paths(std::as_const(p)) == expected);
  order o;
  basic_plant<float> q;
  lc::walk(q, "", o);
  CHECK(o.seen == std::vector<std::string>{"pumps", "kinds[0].power", "kinds[0].efficiency", "(kinds[0])",
                                           "kinds[1].power", "kinds[1].efficiency", "(kinds[1])", "spare.power",
                                           "spare.efficiency", "(spare)", "price", "control", "()"});
}

TEST_CASE("fields are set through a walk") {
  plant p;
  lc::for_each_field(p, "", [](const std::string& path, auto& value, const auto&) {
    if (path == "kinds[1].power") value = lc::from_base_value<std::remove_cvref_t<decltype(value)>>(5.0);
  });
  CHECK(p.kinds[1].power == 5 * watt);
  CHECK(p.kinds[0].power == 3 * kilowatt);
}

TEST_CASE("another number type") {
  plant p;
  p.pumps = 7, p.kinds[1].efficiency = 0.625, p.spare.maker = "somebody", p.price = 12 * usd;
  static_assert(std::same_as<decltype(lc::with_number<float>(p)), basic_plant<float>>);
  const basic_plant<float> q = lc::with_number<float>(p);
  CHECK(q.pumps == 7.0f);
  CHECK(q.kinds[1].efficiency == 0.625f);
  CHECK(lc::in<usd>(q.price) == 12.0f);
  CHECK(std::string(q.spare.maker) == "somebody");
  CHECK(lc::base_value(q.control) == 10.0f);
}

TEST_CASE("check lists what is outside its domain and what contradicts itself, validate throws it") {
  CHECK(lc::check(plant{}).empty());
  plant p;
  p.pumps = 2.5;
  p.kinds[1].efficiency = 0;
  p.price = -1 * usd;
  p.spare.power = 4 * kilowatt;
  p.control = lc::as<lc::kind::it>(-2 * watt);
  const std::string expected =
      "x.pumps is 2.5; allowed: a whole number, at least 1. Set x.pumps: pumps that run.\n"
      "x.kinds[1].efficiency is 0; allowed: above 0 to 1. Set x.kinds[1].efficiency: power of the water over its own.\n"
      "x.price is -$1; allowed: at least $0. Set x.price: what it cost.\n"
      "x.control is -2 W; allowed: at least 0 W. Set x.control: what its computers take.\n"
      "x.spare.power is 4 kW; allowed: at most kinds[0].power, 3 kW. A spare pump replaces the first.";
  CHECK(lc::text_of(lc::check(p, "x")) == expected);
  try {
    lc::validate(p, "x");
    FAIL("validate must throw");
  } catch (const lc::invalid_value& e) {
    CHECK(e.what() == expected);
  }
  CHECK_NOTHROW(lc::validate(plant{}));
}

TEST_CASE("every bad value of every field is found") { layercake_test::check_bad_input(plant{}); }
