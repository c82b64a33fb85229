// What applications ask of models is checked like any other record.
#include <doctest/doctest.h>

#include <layercake/core/demand.hpp>
#include <layercake/number/dual.hpp>

#include "../../approx.hpp"
#include "../record_checks.hpp"

namespace lc = layercake;
using namespace lc::units;

namespace {
const lc::call_demand<> chat{.calls = 100 / second,
                             .peak_to_mean = 3,
                             .input = 1200 * token,
                             .output = 300 * token,
                             .cached_share = 0.1,
                             .time_to_first_token = 1 * second,
                             .time_per_output_token = 50 * (millisecond / token)};
}

TEST_CASE("demand: bad values of every field are refused") {
  layercake_test::check_bad_input(chat);
  auto negative = chat;
  negative.calls = -5 / second;
  REQUIRE(lc::check(negative, "demand").size() == 1);
  CHECK(lc::check(negative, "demand")[0].text() == "demand.calls is -5/s; allowed: at least 0/s. Set demand.calls: "
                                                   "model calls per time in the mean, 0 where nobody asks.");
}

TEST_CASE("demand: nobody asks, and no objective, are allowed") {
  CHECK(lc::check(lc::call_demand<>{}).empty());
  auto any = chat;
  any.time_to_first_token = lc::unknown<>;
  any.time_per_output_token = lc::unknown<>;
  CHECK(lc::check(any).empty());
  CHECK(lc::check(lc::widened<double>(any)).empty());  // as objectives that everything meets
}

TEST_CASE("demand: another number type") {
  const auto f = lc::with_number<float>(chat);
  static_assert(std::same_as<decltype(f), const lc::call_demand<float>>);
  CHECK(lc::in<token>(f.input) == 1200.0F);
  const auto d = lc::with_number<lc::dual<double, 1>>(chat);
  CHECK(lc::base_value(d.time_per_output_token).value == approx(0.05));
}

// Power / delivered, at both ends of the line; nothing asked is nothing generated.
TEST_CASE("demand: generation behind a line") {
  const auto plant = lc::generated_for(lc::power_demand<>{95 * megawatt, 0 * watt}, 0.95);
  CHECK(in<megawatt>(plant.peak) == approx(100));
  CHECK(plain(plant.mean) == 0 * watt);
}
