// Random stacks: every slope of the cost agrees with differences of the same bill under the same plan.
#include <doctest/doctest.h>

#include <algorithm>

#include "random_stack.hpp"

using namespace fuzz;
using namespace layercake::units;

namespace {

// Of an elasticity, per cent of cost for one per cent of the input.
constexpr double relative = 1e-2, absolute = 1e-4;
constexpr double wide_step = 1e-4, narrow_step = 1e-6;  // shares of the input

struct counts {
  int slopes = 0;  // that move the cost
  int kinks = 0;
};

bool near(double a, double b) { return std::abs(a - b) <= relative * std::max(std::abs(a), std::abs(b)) + absolute; }
bool between(double x, double a, double b) { return near(x, std::clamp(x, std::min(a, b), std::max(a, b))); }

// Whether differences of at(share of the step) around 0, where it is 1, contradict `elasticity`. At a kink, where the slopes to
// the left and to the right are not near each other at any step, the elasticity is one of theirs or lies between. An input
// that is 0 is only raised.
template <class At>
bool contradicted(At&& at, double elasticity, bool only_raised, counts& n) {
  bool kink = true, on_a_side = false;
  for (double h = wide_step; h > narrow_step / 2; h /= 10) {
    const double right = (at(h) - 1) / h, left = only_raised ? right : (1 - at(-h)) / h;
    if (near((left + right) / 2, elasticity)) return false;
    if (near(left, right)) kink = false;
    if (between(elasticity, left, right)) on_a_side = true;
  }
  if (kink) ++n.kinks;
  return !(kink && on_a_side);
}

// Empty, or the input whose slope is wrong.
std::string broken(const layers_of_stack& asked, counts& n) {
  layers_of_stack x = asked;
  std::vector<lc::sensitivity> slopes;
  try {
    x.plan = x.composed().plan;
    x.planned = true;
    slopes = lc::gradients(x.composed(), [](const auto& b) { return b.cost(); })[0];
  } catch (const lc::error&) {  // stacks.cpp looks at those
    return "";
  }
  const auto cost_of = [](const layers_of_stack& y) {
    return lc::base_value(lc::bill_of<double>(y, y.plan, lc::counting::smooth).cost());
  };
  const double cost = cost_of(x);
  if (!std::isfinite(cost) || !(cost > 0)) return "";
  const auto fields = fields_of(x);
  for (const lc::sensitivity& s : slopes) {
    if (s.value == "unknown" || s.input == "chip.torus_axes")
      continue;  // axes are counted: between none and one there is no torus
    const auto f =
        std::find_if(fields.begin(), fields.end(), [&](const field_info& one) { return one.path == s.input; });
    REQUIRE(f != fields.end());
    const bool none = f->base == 0;
    // Of an input that is 0: what moves the cost by as much again, 1 at most.
    const double scale = !none ? f->base : s.slope != 0 ? std::min(cost / std::abs(s.slope), 1.0) : 1;
    const auto at = [&](double share) {
      return cost_of(changed(x, {{static_cast<int>(f - fields.begin()), f->path, f->base + scale * share}})) / cost;
    };
    const double elasticity = s.slope * scale / cost;
    if (!none && !near(elasticity, s.elasticity)) return "elasticity and slope: differ in " + s.input;
    if (std::abs(elasticity) > absolute) ++n.slopes;
    if (contradicted(at, elasticity, none, n))
      return "slope of " + s.input + ": " + std::to_string(elasticity) + " and not " +
             std::to_string((at(narrow_step) - 1) / narrow_step) + " to the right";
  }
  return "";
}

}  // namespace

TEST_CASE("slopes of the cost of random stacks are those that differences show") {
  generator random(17);
  faults all;
  counts n;
  for (int i = 0; i < times(300); ++i) {
    const random_stack s = draw_stack(random, 4);
    all.look(
        s.changes, [&](const std::vector<change>& c) { return broken(changed(s.base, c), n); }, s.code);
  }
  INFO(all.text());
  CHECK(all.none());
  CHECK(n.slopes > times(300) * 20);
  CHECK(n.kinks * 1000 <= n.slopes);
}

TEST_CASE("slopes of the cost of stacks of the catalogs, as they are, are those that differences show") {
  counts n;
  layercake_test::for_each_catalog_stack(5, [&](const layers_of_stack& x, const std::string& name) {
    INFO(name);
    CHECK(broken(x, n) == "");
  });
  CHECK(n.slopes > 0);
  CHECK(n.kinks * 1000 <= n.slopes);
}
