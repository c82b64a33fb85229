// Random stacks over every number type: a double, the value of a dual, a lane of a batch are the same figures.
#include <doctest/doctest.h>

#include <layercake/number/dual.hpp>
#include <xsimd/xsimd.hpp>

#include "random_stack.hpp"

using namespace fuzz;

namespace {

// Of thousands of operations that a batch does in another order, with functions of its own.
constexpr double rounding = 1e-9;

using batch = xsimd::batch<double>;
using dual = lc::dual<double, 1>;

double value_of(double x) { return x; }
double value_of(const dual& x) { return x.value; }
double value_of(const batch& x) { return x.get(0); }

template <class Bill>
std::vector<double> figures(const Bill& bill) {
  std::vector<double> all;
  std::apply([&](const auto&... f) { (all.push_back(value_of(lc::base_value(f.read(bill)))), ...); },
             lc::bill_figures());
  return all;
}

std::vector<std::string> names() {
  std::vector<std::string> all;
  std::apply([&](const auto&... f) { (all.push_back(f.name), ...); }, lc::bill_figures());
  return all;
}

std::string different(const std::vector<double>& a, const std::vector<double>& b) {
  static const std::vector<std::string> called = names();
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool same = a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])) ||
                      std::abs(a[i] - b[i]) <= rounding * std::max(std::abs(a[i]), std::abs(b[i]));
    if (!same) return called[i] + " is " + lc::to_exact_string(b[i]) + " and not " + lc::to_exact_string(a[i]);
  }
  return "";
}

std::string broken(const layers_of_stack& x) {
  try {
    const any_stack s = x.composed();
    const auto expected = figures(s.pull(lc::counting::smooth));
    std::string wrong = different(expected, figures(s.over<dual>().pull(lc::counting::smooth)));
    if (!wrong.empty()) return "of a dual: " + wrong;
    wrong = different(expected, figures(s.over<batch>().pull(lc::counting::smooth)));
    if (!wrong.empty()) return "of a batch: " + wrong;
  } catch (const lc::error&) {  // stacks.cpp looks at those
  }
  return "";
}

}  // namespace

TEST_CASE("random stacks have the same figures over every number type") {
  generator random(5);
  faults all;
  for (int i = 0; i < times(500); ++i) {
    const random_stack s = draw_stack(random, 8);
    all.look(
        s.changes, [&](const std::vector<change>& c) { return broken(changed(s.base, c)); }, s.code);
  }
  INFO(all.text());
  CHECK(all.none());
}
