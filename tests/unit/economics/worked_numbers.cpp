// Every worked number of the headers of economics/, each with the calculation by hand that gives it.
#include <doctest/doctest.h>

#include <layercake/economics/annuity.hpp>
#include <layercake/economics/elasticity.hpp>
#include <layercake/economics/scale.hpp>

#include "../../worked.hpp"

namespace economics = layercake::economics;
using layercake::as;
using layercake_test::check_stated;
using namespace layercake::units;
namespace kind = layercake::kind;

TEST_CASE("worked numbers: money over time") {
  // worked: economics/annuity.hpp#capital_recovery_factor
  // 1.07^-5 = 0.712986; 0.07 / 0.287014. Tables of interest give 0.24389.
  check_stated(economics::capital_recovery_factor(0.07, 5 * year) * (1 * year), "0.24389");
}

TEST_CASE("worked numbers: elasticity") {
  // worked: economics/elasticity.hpp#spending_response
  // 10^-0.2, 10^0.11, 10^0.5
  const auto spending = [](double e) { return economics::spending_response(0.1, economics::price_elasticity{e}); };
  check_stated(spending(-0.8), "0.631");
  check_stated(spending(-1.11), "1.288");
  check_stated(spending(-1.5), "3.162");
}

TEST_CASE("worked numbers: laws of scale") {
  // worked: economics/scale.hpp#scaled_total
  // 2^(3/4): the fourth root of 8; exp(0.85 ln 2), exp(1.15 ln 2)
  check_stated(economics::scaled_total(2.0, 0.75), "1.682");
  check_stated(economics::scaled_total(2.0, 0.85), "1.803");
  check_stated(economics::scaled_total(2.0, 1.15), "2.219");

  // worked: economics/scale.hpp#per_unit_at_doubling
  // 1 / 1.189207 - 1, the fourth root of 2
  check_stated(100 * plain(economics::per_unit_at_doubling(0.75)), "-15.9");

  // worked: economics/scale.hpp#extra_at_doubling
  check_stated(100 * plain(economics::extra_at_doubling(0.85)), "80.3");

  // worked: economics/scale.hpp#exponent_of_doubling
  // ln 1.85 / ln 2 = 0.615186 / 0.693147
  check_stated(economics::exponent_of_doubling(as<kind::relative>(0.85)), "0.888");

  // worked: economics/scale.hpp#exponent_between
  // ln(100 / 30.1) / ln(1000 / 3.5) = 1.200645 / 5.654992
  check_stated(economics::exponent_between(3.5 * megawatt, 30.1, 1 * gigawatt, 100.0), "0.212");
}
