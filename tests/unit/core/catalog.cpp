#include <doctest/doctest.h>

#include <array>
#include <layercake/core/catalog.hpp>
#include <string>
#include <string_view>

namespace lc = layercake;

namespace {
struct chip {
  std::string_view name;
};
constexpr chip h100{"h100-sxm"}, h200{"h200-sxm"}, a100{"a100-sxm4-80gb"}, tpu{"tpu-v5e"}, mi{"mi300x"};
constexpr std::array<const chip*, 5> all = {&h100, &h200, &a100, &tpu, &mi};

std::string said(std::string_view name) {
  try {
    lc::find_by_name(all, name);
  } catch (const lc::missing_value& e) {
    return e.what();
  }
  return "found";
}
}  // namespace

TEST_CASE("a record is found by its whole name") {
  static_assert(&lc::find_by_name(all, "mi300x") == &mi);
  CHECK(&lc::find_by_name(all, "h200-sxm") == &h200);
}

TEST_CASE("a name that is not there names the three nearest: those that contain it, then by the letters to change") {
  // "h10-sxm": h100-sxm by one insertion, h200-sxm by two changes ("h10" -> "h200": 1 -> 2, 0 inserted), then
  // mi300x or tpu-v5e, of which mi300x is nearer: seven letters against six, five changed.
  const std::string text = said("h10-sxm");
  CHECK(text.find("no \"h10-sxm\" in the catalog; nearest: h100-sxm h200-sxm") == 0);
  // what contains the question comes first, in the order of the catalog
  CHECK(said("sxm").find("nearest: h100-sxm h200-sxm a100-sxm4-80gb") != std::string::npos);
  CHECK(said("v5e").find("nearest: tpu-v5e") != std::string::npos);
}

TEST_CASE("the nearest names begin alike, whatever separates their parts and whatever follows") {
  // "h1000": h100 is a beginning of h100-sxm, one letter away; h200 and a100 are two away, of which h200 begins alike.
  CHECK(said("h1000").find("nearest: h100-sxm h200-sxm a100-sxm4-80gb") != std::string::npos);
  CHECK(said("H100_SXM").find("nearest: h100-sxm h200-sxm") != std::string::npos);
  CHECK(said("A100 SXM4").find("nearest: a100-sxm4-80gb") != std::string::npos);
  CHECK(said("MI300").find("nearest: mi300x") != std::string::npos);
  CHECK(said("tpuv5").find("nearest: tpu-v5e") != std::string::npos);
}

TEST_CASE("a catalog of fewer than three names names those") {
  const std::array<const chip*, 1> one = {&tpu};
  try {
    lc::find_by_name(one, "gpu");
    FAIL("must throw");
  } catch (const lc::missing_value& e) {
    CHECK(std::string(e.what()) == "no \"gpu\" in the catalog; nearest: tpu-v5e");
  }
}
