// The numbers that the accuracy page scores are those that the library has by default.
#include <doctest/doctest.h>
#include <string>
#include <utility>
#include <vector>

#include "../../benchmarks/accuracy/predictions.hpp"
#include "../approx.hpp"

using namespace accuracy;

namespace {
// A row that says nothing but a regime and a phase.
struct empty_row {
  std::string_view cell(std::string_view column) const {
    return column == "regime" ? "inflight_saturated" : column == "phase" ? "decode" : column == "chips" ? "1" : "";
  }
};

template <class X>
std::vector<std::pair<std::string, double>> numbers(const X& x) {
  std::vector<std::pair<std::string, double>> all;
  lc::for_each_field(x, "", [&](const std::string& path, const auto& value, const auto&) {
    const double figure = lc::base_value(value);
    all.emplace_back(path, lc::is_known(figure) ? figure : -1);  // what is unknown in both is the same
  });
  return all;
}
}  // namespace

TEST_CASE("serving is scored with the plan and the software that a plan has by default") {
  const constants scored{};
  const auto& chip = lc::chips::catalog::h100_sxm;
  const serving_setup s = serving_setup_of(empty_row{}, chip, lc::models::catalog::llama_3_1_8b, {}, scored.serving);
  REQUIRE(s.reason.empty());
  CHECK(numbers(s.plan) == numbers(lc::serving_plan{}));
}

TEST_CASE("power is scored with the law of the chips") {
  const auto& chip = lc::chips::catalog::h100_sxm;
  const energy_case c = energy_case_of(empty_row{}, chip, lc::models::catalog::llama_3_1_8b, {}, constants{}.serving);
  REQUIRE(c.reason.empty());
  energy_case of_chip = c;
  of_chip.boundary = lc::power_boundary::chip;
  CHECK(of_chip.watts(lc::chips::measured_power) == approx(lc::in<lc::units::watt>(chip.power(c.doing))));
}

TEST_CASE("exchanges are scored with the catalog's fabrics, which differ from the default where a generation does") {
  namespace fabrics = lc::infrastructure::catalog;
  CHECK(numbers(serving_fabric(lc::chips::catalog::h100_sxm)) == numbers(fabrics::nvlink_hopper));
  CHECK(numbers(serving_fabric(lc::chips::catalog::b200_sxm)) == numbers(fabrics::nvlink_blackwell));
  CHECK(numbers(serving_fabric(lc::chips::catalog::a100_sxm_80gb)) == numbers(fabrics::nvlink_ampere));
  CHECK(numbers(serving_fabric(lc::chips::catalog::mi300x)) == numbers(fabrics::infinity_fabric));
  const auto own = numbers(lc::infrastructure::scale_up_law{});
  for (const auto* law : {&fabrics::nvlink_ampere, &fabrics::nvlink_hopper, &fabrics::nvlink_blackwell}) {
    const auto theirs = numbers(*law);
    for (std::size_t i = 0; i < own.size(); ++i) {
      if (own[i].first == "launch" || own[i].first == "step" || own[i].first == "direct_launch" ||
          own[i].first == "switch_efficiency")
        continue;
      CHECK_MESSAGE(theirs[i] == own[i], own[i].first);
    }
  }
  CHECK(numbers(lc::infrastructure::site{}.network.scale_up) == own);
}

// An exchange between experts is an all-to-all of what the tokens weigh.
TEST_CASE("dispatch and combine of experts are predicted as the all-to-all that they are") {
  struct row {
    std::string_view op;
    std::string_view cell(std::string_view column) const {
      if (column == "op") return op;
      if (column == "metric") return "time";
      if (column == "precision") return "fp8";
      if (column == "m") return "128";
      if (column == "n") return "8";
      if (column == "k") return "7168";
      if (column == "ranks") return "8";
      if (column == "message_bytes") return op == "all_to_all" ? "7569408" : "";  // 128 * 8 * 7168 * (1 + 4/128)
      return "";
    }
  };
  const auto& chip = lc::chips::catalog::h100_sxm;
  const answer dispatch = predict_micro(row{"moe_dispatch"}, chip, {}),
               exchange = predict_micro(row{"all_to_all"}, chip, {});
  REQUIRE(dispatch.reason.empty());
  CHECK(dispatch.value == approx(exchange.value));
  CHECK(predict_micro(row{"moe_combine"}, chip, {}).value > dispatch.value);  // in 16 bit
}
