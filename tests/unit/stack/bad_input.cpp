// Composing refuses what cannot be, and says what to change.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "../record_checks.hpp"
#include "service.hpp"

using namespace layercake_test;

TEST_CASE("every field of every layer has a domain that composing enforces") {
  const auto good = service();
  int fields = 0;
  auto counted = good;
  lc::for_each_field(counted, "", [&](const std::string&, auto&, const auto&) { ++fields; });
  CHECK(fields > 60);
  int refused = 0;
  for (int i = 0; i < fields; ++i) {
    for (const double bad : {-1.0, std::nan(""), std::numeric_limits<double>::infinity(), 1e300}) {
      auto s = good;
      std::string path;
      bool allowed = false;
      int k = 0;
      lc::for_each_field(s, "", [&](const std::string& p, auto& value, const auto& d) {
        if (k++ != i) return;
        using V = std::remove_cvref_t<decltype(value)>;
        value = lc::from_base_value<V>(bad);
        path = p;
        allowed = d.allowed.contains(bad) || (d.allowed.optional && std::isnan(bad));
      });
      CAPTURE(path);
      CAPTURE(bad);
      if (allowed) continue;
      ++refused;
      bool named = false;
      for (const lc::finding& f : lc::check(s))
        named |= f.path == path && !f.value.empty() && !f.allowed.empty() && !f.remedy.empty();
      CHECK(named);
      CHECK_THROWS_AS((lc::stack{s.energy, s.chip, s.infrastructure, s.model, s.application, s.plan}),
                      lc::invalid_value);
    }
  }
  CHECK(refused > 200);
}

TEST_CASE("the text names path, value, range and remedy") {
  auto s = service();
  s.energy.price = -62 * usd / megawatt_hour;
  CHECK_THROWS_WITH_AS((s.with(s.energy)), doctest::Contains("energy.price is -$62/MWh; allowed:"), lc::invalid_value);
}

TEST_CASE("a model that does not fit says what would") {
  const auto s = service();
  auto small = lc::chips::catalog::h100_sxm;
  small.memory = 2 * gigabyte;
  small.scale_up_domain = 1;
  CHECK_THROWS_WITH_AS(s.with(small), doctest::Contains("do not fit"), lc::infeasible);
  CHECK_THROWS_WITH_AS(s.with(small), doctest::Contains("take a chip with more memory"), lc::infeasible);
}

TEST_CASE("an objective that nothing meets says which and by how much") {
  const auto s = service();
  auto hasty = s.application;
  hasty.time_per_output_token = 1 * microsecond / token;
  CHECK_THROWS_WITH_AS(s.with(hasty), doctest::Contains("a token takes"), lc::infeasible);
  auto impatient = s.application;
  impatient.time_to_first_token = 1 * microsecond;
  CHECK_THROWS_WITH_AS(s.with(impatient), doctest::Contains("the first token takes"), lc::infeasible);
}

TEST_CASE("a chip without a price is asked for one") {
  const auto s = service();
  auto chip = s.chip;
  chip.price = lc::unknown<lc::quantity<lc::unit::usd>>();
  CHECK_THROWS_WITH_AS(s.with(chip), doctest::Contains("chip.price"), lc::missing_value);
}

// A stack, a sweep, a fleet and a run ask for the same (chips::missing_in_bill).
TEST_CASE("what a chip lacks for a bill is named, all of it; an idle power follows from the limit") {
  auto chip = service().chip;
  CHECK(lc::chips::missing_in_bill(chip, "chip").empty());
  chip.idle_power = lc::unknown<>;
  CHECK(lc::chips::missing_in_bill(chip, "chip").empty());
  CHECK(lc::is_known(service().with(chip).pull().cost()));
  chip.price = lc::unknown<>, chip.thermal_design_power = lc::unknown<>, chip.scale_up_bandwidth = lc::unknown<>;
  const auto lacks = lc::chips::missing_in_bill(chip, "chip", ", or rent it");
  REQUIRE(lacks.size() == 3);
  CHECK(lacks[0].text() == "chip.price is unknown; allowed: a known value. H100-SXM5-80GB has no published one; set "
                           "it: chip.price = 30000 * usd, or rent it.");
  CHECK(lacks[1].path == "chip.thermal_design_power");
  CHECK(lacks[2].path == "chip.scale_up_bandwidth");
  CHECK(lc::chips::missing_in_use(chip, "chip").size() == 2);
  chip.scale_up_domain = 1;  // no fabric, no rate of it
  CHECK_THROWS_WITH_AS(service().with(chip), doctest::Contains("chip.thermal_design_power is unknown"),
                       lc::missing_value);
  CHECK(lc::chips::missing_in_bill(chip, "chip").size() == 2);
  auto s = service();
  CHECK(lc::composes(s));
  s.chip = chip;
  CHECK(!lc::composes(s));
}

TEST_CASE("no path of a stack names one thing twice") {
  const auto s = service();
  lc::for_each_field(s, "", [](const std::string& path, const auto&, const auto&) {
    CAPTURE(path);
    CHECK(!layercake_test::names_twice(path));
  });
}

TEST_CASE("a plan of the caller's is checked against the layers") {
  const auto s = service();
  CHECK_THROWS_WITH_AS(s.with(lc::serving_plan{.tensor = 7}), doctest::Contains("plan.tensor is 7"), lc::invalid_value);
  CHECK_THROWS_WITH_AS(s.with(lc::serving_plan{.tensor = 1024}), doctest::Contains("scale-up domain"),
                       lc::invalid_value);
  const auto wide = s.with(lc::models::catalog::llama_3_1_70b.at(lc::precision::bf16));
  CHECK_THROWS_WITH_AS(wide.with(lc::serving_plan{.tensor = 1}), doctest::Contains("do not fit"), lc::infeasible);
  CHECK_NOTHROW(s.with(lc::serving_plan{.tensor = 8}));
}

TEST_CASE("a value above its range is told the range") {
  auto s = service();
  s.application.daily_users = 1e300;
  CHECK_THROWS_WITH_AS(s.with(s.application), doctest::Contains("1e30"), lc::invalid_value);
}
