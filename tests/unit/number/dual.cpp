// Slopes against derivatives from any table of calculus.
#include <doctest/doctest.h>

#include <cmath>
#include <layercake/number/dual.hpp>
#include <xsimd/xsimd.hpp>

#include "../../approx.hpp"

namespace lc = layercake;
using D = lc::dual<double, 2>;

namespace {
constexpr double tight = 1e-14;

struct row {
  const char* name;
  D (*f)(const D&);
  double (*value)(double);
  double (*slope)(double);
  double at;
};
const row rows[] = {
    {"exp", [](const D& x) { return lc::exp(x); }, [](double x) { return std::exp(x); },
     [](double x) { return std::exp(x); }, 0.7},
    {"expm1", [](const D& x) { return lc::expm1(x); }, [](double x) { return std::expm1(x); },
     [](double x) { return std::exp(x); }, 1e-9},
    {"log", [](const D& x) { return lc::log(x); }, [](double x) { return std::log(x); }, [](double x) { return 1 / x; },
     0.3},
    {"log1p", [](const D& x) { return lc::log1p(x); }, [](double x) { return std::log1p(x); },
     [](double x) { return 1 / (1 + x); }, 0.3},
    {"sqrt", [](const D& x) { return lc::sqrt(x); }, [](double x) { return std::sqrt(x); },
     [](double x) { return 0.5 / std::sqrt(x); }, 2.5},
    {"abs below 0", [](const D& x) { return lc::abs(x); }, [](double x) { return -x; }, [](double) { return -1.0; },
     -2},
    {"abs above 0", [](const D& x) { return lc::abs(x); }, [](double x) { return x; }, [](double) { return 1.0; }, 2},
    {"ceil", [](const D& x) { return lc::ceil(x); }, [](double x) { return std::ceil(x); }, [](double) { return 0.0; },
     2.2},
    {"floor", [](const D& x) { return lc::floor(x); }, [](double x) { return std::floor(x); },
     [](double) { return 0.0; }, 2.2},
    {"negation", [](const D& x) { return -x; }, [](double x) { return -x; }, [](double) { return -1.0; }, 2.2},
    {"x * x", [](const D& x) { return x * x; }, [](double x) { return x * x; }, [](double x) { return 2 * x; }, 3},
    {"x / (x + 1)", [](const D& x) { return x / (x + 1); }, [](double x) { return x / (x + 1); },
     [](double x) { return 1 / ((x + 1) * (x + 1)); }, 3},
    {"3 x", [](const D& x) { return 3.0 * x; }, [](double x) { return 3 * x; }, [](double) { return 3.0; }, 3},
    {"x 3", [](const D& x) { return x * 3; }, [](double x) { return 3 * x; }, [](double) { return 3.0; }, 3},
    {"x / 4", [](const D& x) { return x / 4; }, [](double x) { return x / 4; }, [](double) { return 0.25; }, 3},
    {"5 / x", [](const D& x) { return 5.0 / x; }, [](double x) { return 5 / x; }, [](double x) { return -5 / (x * x); },
     3},
    {"5 / x, whole", [](const D& x) { return 5 / x; }, [](double x) { return 5 / x; },
     [](double x) { return -5 / (x * x); }, 3},
    {"x^5", [](const D& x) { return lc::power<5>(x); }, [](double x) { return std::pow(x, 5); },
     [](double x) { return 5 * std::pow(x, 4); }, 1.5},
    {"x^1.7", [](const D& x) { return lc::pow(x, 1.7); }, [](double x) { return std::pow(x, 1.7); },
     [](double x) { return 1.7 * std::pow(x, 0.7); }, 1.5},
    {"exp(-x^2)", [](const D& x) { return lc::exp(-(x * x)); }, [](double x) { return std::exp(-x * x); },
     [](double x) { return -2 * x * std::exp(-x * x); }, 0.6},
    // (x^4 + 1)^(1/4): x^3 (x^4 + 1)^(-3/4)
    {"smooth maximum with 1", [](const D& x) { return lc::smooth_max(x, D(1)); },
     [](double x) { return std::pow(std::pow(x, 4) + 1, 0.25); },
     [](double x) { return std::pow(x, 3) * std::pow(std::pow(x, 4) + 1, -0.75); }, 1.3},
};
}  // namespace

TEST_CASE("values and slopes of the functions") {
  for (const row& r : rows) {
    CAPTURE(r.name);
    const D y = r.f(D::variable(r.at, 1));
    CHECK(y.value == approx(r.value(r.at)).epsilon(tight));
    CHECK(y.slope[1] == approx(r.slope(r.at)).epsilon(tight));
    CHECK(y.slope[0] == 0);
  }
}

TEST_CASE("several directions at once: f = x y + x / y at (2, 3)") {
  // y + 1/y and x - x/y^2
  const D x = D::variable(2, 0), y = D::variable(3, 1), f = x * y + x / y;
  CHECK(f.value == approx(6 + 2.0 / 3).epsilon(tight));
  CHECK(f.slope[0] == approx(3 + 1.0 / 3).epsilon(tight));
  CHECK(f.slope[1] == approx(2 - 2.0 / 9).epsilon(tight));
  D g = x;
  g += y, g *= x, g -= y, g /= x;  // (x^2 + x y - y) / x: 1 + y/x^2, 1 - 1/x
  CHECK(g.value == approx(3.5).epsilon(tight));
  CHECK(g.slope[0] == approx(1 + 0.75).epsilon(tight));
  CHECK(g.slope[1] == approx(0.5).epsilon(tight));
}

TEST_CASE("duals of duals give second derivatives") {
  using first = lc::dual<double, 1>;
  using second = lc::dual<first, 1>;
  const auto at = [](double x) { return second::variable(first::variable(x, 0), 0); };
  struct row2 {
    second (*f)(const second&);
    double at, value, slope, curvature;
  };
  const double e = std::exp(0.5), l = 0.4054651081081644;  // ln 1.5
  const row2 rows2[] = {
      {[](const second& x) { return lc::power<3>(x); }, 2, 8, 12, 12},             // x^3, 3x^2, 6x
      {[](const second& x) { return lc::exp(x); }, 0.5, e, e, e},                  // e^x
      {[](const second& x) { return lc::log(x); }, 1.5, l, 1 / 1.5, -1 / 2.25},    // ln x, 1/x, -1/x^2
      {[](const second& x) { return lc::sqrt(x); }, 4, 2, 0.25, -0.03125},         // -1/4 x^(-3/2)
      {[](const second& x) { return 1.0 / x; }, 2, 0.5, -0.25, 0.25},              // 2/x^3
      {[](const second& x) { return lc::expm1(lc::log1p(x)); }, 0.25, 0.25, 1, 0}  // x
  };
  for (const row2& r : rows2) {
    const second y = r.f(at(r.at));
    CHECK(y.value.value == approx(r.value).epsilon(tight));
    CHECK(y.value.slope[0] == approx(r.slope).epsilon(tight));
    CHECK(y.slope[0].value == approx(r.slope).epsilon(tight));
    CHECK(std::fabs(y.slope[0].slope[0] - r.curvature) <= 1e-13);
  }
}

TEST_CASE("the root of 0 is flat, as sums of squares reach it") {
  const D y = lc::sqrt(D::variable(0, 0));
  CHECK(y.value == 0);
  CHECK(y.slope[0] == 0);
}

TEST_CASE("selection and comparison go by the value; a batch of duals lane by lane") {
  const D x = D::variable(2, 0), y = D::variable(3, 1);
  CHECK((x < y && y > x && x <= y && x != y && !(x == y) && x >= x));
  CHECK(lc::min(x, y).slope[0] == 1);
  CHECK(lc::max(x, y).slope[1] == 1);
  CHECK(lc::clamp(x, 0, 1).slope[0] == 0);
  CHECK(lc::clamp(x, 0, 5).slope[0] == 1);

  using batch = xsimd::batch<double>;
  using B = lc::dual<batch, 1>;
  double lanes[batch::size];
  for (std::size_t i = 0; i < batch::size; ++i)
    lanes[i] = static_cast<double>(i);
  const B z = B::variable(batch::load_unaligned(lanes), 0);
  const B w = lc::where(z.value < batch(1.0), z * z, 3.0 * z);  // 0 and 2z in the first lane, 3 in the others
  CHECK(w.value.get(0) == 0);
  CHECK(w.slope[0].get(0) == 0);
  if (batch::size > 1) {
    CHECK(w.value.get(1) == 3);
    CHECK(w.slope[0].get(1) == 3);
  }
}
