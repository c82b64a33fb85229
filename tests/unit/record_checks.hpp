// Checks that every self-describing record must pass, whatever it holds. Included by the layers' tests.
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <layercake/core/fields.hpp>
#include <layercake/number/dual.hpp>
#include <limits>
#include <string>

#include "../approx.hpp"

namespace layercake_test {

namespace lc = layercake;

template <class V>
void set_base(V& value, double base) {
  value = lc::from_base_value<V>(base);
}
template <class V>
double get_base(const V& value) {
  return lc::base_value(value);
}

// Puts every kind of bad value into every field of `good`, one at a time, and expects exactly the findings that the domain asks for: with the
// path, the value, the range and what to do.
template <class X>
void check_bad_input(const X& good) {
  REQUIRE(lc::check(good).empty());
  int fields = 0;
  X counting = good;
  lc::for_each_field(counting, "x", [&](const std::string&, auto&, const auto&) { ++fields; });
  CHECK(fields > 0);
  const double infinity = std::numeric_limits<double>::infinity();
  const double bad[] = {0, -1, -1e-3, std::nan(""), infinity, -infinity, 1e300, 2, 0.5};
  for (int i = 0; i < fields; ++i) {
    for (const double b : bad) {
      X x = good;
      std::string path;
      lc::domain allowed;
      int k = 0;
      lc::for_each_field(x, "x", [&](const std::string& p, auto& value, const auto& descriptor) {
        if (k++ != i) return;
        set_base(value, b);
        path = p;
        allowed = descriptor.allowed;
      });
      const bool refused = !allowed.contains(b) && !(allowed.optional && b != b);
      const auto found = lc::check(x, "x");
      int about = 0;
      for (const lc::finding& f : found) {
        if (f.path != path || f.remedy.find("Set " + path) == std::string::npos) continue;
        ++about;
        CHECK_FALSE(f.value.empty());
        CHECK_FALSE(f.allowed.empty());
      }
      INFO(path << " = " << b);
      CHECK(about == (refused ? 1 : 0));
      if (refused) {
        CHECK_THROWS_AS(lc::validate(x, "x"), lc::invalid_value);
      }
    }
  }
}

// d figure(x) / d field by dual numbers against central differences, for every field that is known.
template <class X, class F>
void check_gradient(const X& at, F figure, double tolerance = 1e-6) {
  using D = lc::dual<double, 1>;
  int fields = 0;
  X counting = at;
  lc::for_each_field(counting, "", [&](const std::string&, auto&, const auto&) { ++fields; });
  for (int i = 0; i < fields; ++i) {
    auto dual = lc::with_number<D>(at);
    X up = at, down = at;
    double base = 0;
    std::string path;
    const auto on = [&](X& x, double factor) {
      int k = 0;
      lc::for_each_field(x, "", [&](const std::string& p, auto& value, const auto&) {
        if (k++ != i) return;
        path = p;
        base = get_base(value) / 1;
        set_base(value, base * factor);
      });
    };
    const double h = 1e-5;
    on(up, 1 + h);
    on(down, 1 - h);
    if (!(std::abs(base) > 0) || !std::isfinite(base)) continue;
    int k = 0;
    lc::for_each_field(dual, "", [&](const std::string&, auto& value, const auto&) {
      if (k++ != i) return;
      const D seeded = D::variable(base, 0);
      using V = std::remove_cvref_t<decltype(value)>;
      value = lc::from_base_value<V>(seeded);
    });
    const D y = lc::base_value(figure(dual));
    const double expected = (get_base(figure(up)) - get_base(figure(down))) / (2 * h * base);
    INFO(path);
    CHECK(y.value == approx(get_base(figure(at))).epsilon(1e-12));
    CHECK(y.slope[0] * base == approx(expected * base).epsilon(tolerance).scale(std::abs(y.value)));
  }
}

}  // namespace layercake_test
