// Checks that every self-describing record must pass, whatever it holds. Included by the layers' tests.
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <initializer_list>
#include <layercake/core/fields.hpp>
#include <layercake/core/provenance.hpp>
#include <layercake/number/dual.hpp>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

// Whether a path names one thing twice in a row: network.network.bandwidth.
inline bool names_twice(const std::string& path) {
  std::string last, name;
  for (const char c : path + ".") {
    if (c != '.') {
      name += c;
      continue;
    }
    if (name == last) return true;
    last = std::exchange(name, "");
  }
  return false;
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

// What a new X asks for: every field that check refuses, with a blank between. A figure that nobody has set reads as unknown, never as 0.
template <class X>
std::string asked_of_new() {
  std::string names;
  for (const lc::finding& f : lc::check(X{})) {
    INFO(f.text());
    CHECK(f.value == "unknown");
    names += (names.empty() ? "" : " ") + f.path;
  }
  return names;
}

// `made` in one go with the fields `named` and nothing else. The same set one after the other on a new record, forwards and backwards,
// gives the same record and the same `figures(x)`, a list of numbers; and what is not named is in both what a new record has. Labels are
// copied by `labels(x)`.
template <class X, class Labels, class Figures>
void check_set_later(const X& made, std::initializer_list<const char*> named, Labels labels, Figures figures) {
  std::vector<std::string> order(named.begin(), named.end());
  const auto same = [](double a, double b) { return a == b || (a != a && b != b); };
  for (int backwards = 0; backwards < 2; ++backwards) {
    X later{};
    labels(later);
    for (std::size_t i = 0; i < order.size(); ++i) {
      const std::string& name = order[backwards != 0 ? order.size() - 1 - i : i];
      double base = 0;
      bool found = false;
      lc::for_each_field(made, "", [&](const std::string& path, const auto& value, const auto&) {
        if (path == name) base = get_base(value), found = true;
      });
      INFO(name);
      CHECK(found);
      lc::for_each_field(later, "", [&](const std::string& path, auto& value, const auto&) {
        if (path == name) set_base(value, base);
      });
    }
    std::vector<double> wanted;
    lc::for_each_field(made, "",
                       [&](const std::string&, const auto& value, const auto&) { wanted.push_back(get_base(value)); });
    std::size_t i = 0;
    lc::for_each_field(later, "", [&](const std::string& path, const auto& value, const auto&) {
      INFO(path);
      CHECK(same(get_base(value), wanted[i++]));
    });
    CHECK(lc::check(later).empty());
    const std::vector<double> answers = figures(later), expected = figures(made);
    REQUIRE(answers.size() == expected.size());
    for (std::size_t k = 0; k < answers.size(); ++k) {
      CHECK(lc::is_known(answers[k]));
      CHECK(answers[k] == expected[k]);
    }
  }
}

// Puts both ends of its domain, and two small values, into every field of `good`, one at a time; where the record is valid, no number of
// `figures(x)` is nan.
template <class X, class Figures>
void check_edges(const X& good, Figures figures) {
  int fields = 0, valid = 0;
  X counting = good;
  lc::for_each_field(counting, "", [&](const std::string&, auto&, const auto&) { ++fields; });
  for (int i = 0; i < fields; ++i) {
    for (int edge = 0; edge < 4; ++edge) {
      X x = good;
      std::string path;
      double base = 0;
      int k = 0;
      lc::for_each_field(x, "", [&](const std::string& p, auto& value, const auto& d) {
        if (k++ != i) return;
        path = p;
        base = edge == 0 ? d.allowed.low : edge == 1 ? d.allowed.high : edge == 2 ? 1e-30 : 1e-12;
        set_base(value, base);
      });
      if (!lc::check(x).empty()) continue;
      ++valid;
      INFO(path << " = " << base);
      int nans = 0;
      for (const double y : figures(x))
        nans += y != y ? 1 : 0;
      CHECK(nans == 0);
    }
  }
  CHECK(valid > 0);
}

// What check_sources finds in a record and in what lies in it.
struct source_visitor {
  std::initializer_list<std::string_view> labels;
  std::vector<std::string> paths{};

  template <class V, class D>
  void field(const std::string& path, const V&, const D&) {
    paths.push_back(path);
  }
  template <class R>
  void record(const std::string& path, const R& r) {
    if constexpr (requires { r.origin.of(""); }) {
      const std::string begin = path.empty() ? "" : path + ".";
      std::vector<std::string> own;
      for (const std::string& p : paths)
        if (p.compare(0, begin.size(), begin) == 0) own.push_back(p.substr(begin.size()));
      check(r.origin, own);
    }
  }
  void check(const lc::provenance& origin, const std::vector<std::string>& own) const {
    CHECK(std::strlen(origin.source) > 3);
    for (const lc::field_source& f : origin.by_field) {
      INFO(f.field << ": " << f.source);
      CHECK(std::strlen(f.source) > 3);
      CHECK(f.how != lc::confidence::given);
      int fields = 0, entries = 0;
      for (const std::string& p : own)
        fields += p == f.field || p.compare(0, std::strlen(f.field) + 1, std::string(f.field) + ".") == 0 ? 1 : 0;
      for (const std::string_view l : labels)
        fields += l == f.field ? 1 : 0;
      for (const lc::field_source& other : origin.by_field)
        entries += std::strcmp(other.field, f.field) == 0 ? 1 : 0;
      CHECK(fields > 0);                             // it is of a field that is there,
      CHECK(entries == 1);                           // no other is of it,
      CHECK(origin.of(f.field).source == f.source);  // nor hides it
    }
  }
};

// Every field of x, and of what lies in it, has exactly one source; and every source of a field is that of a field that is there. `labels`
// are members without a number that have a source.
template <class X>
void check_sources(const X& x, std::initializer_list<std::string_view> labels = {}) {
  source_visitor v{labels};
  lc::walk(x, "", v);
  CHECK(!v.paths.empty());
}

}  // namespace layercake_test
