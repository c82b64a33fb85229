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

TEST_CASE("a name that is not there names the nearest: those that contain it, then by the letters to change") {
  // "h10sxm", of whose 6 letters two may change: h100sxm by one insertion, h200sxm by two changes, a100sxm4 by its second word, as which
  // the first counts for two letters.
  CHECK(said("h10-sxm") == "no \"h10-sxm\" in the catalog; nearest: h100-sxm h200-sxm a100-sxm4-80gb");
  // what contains the question comes first, in the order of the catalog
  CHECK(said("sxm") == "no \"sxm\" in the catalog; nearest: h100-sxm h200-sxm a100-sxm4-80gb");
  CHECK(said("v5e") == "no \"v5e\" in the catalog; nearest: tpu-v5e");
}

TEST_CASE("the nearest names begin alike, whatever separates their parts and whatever follows") {
  // "h1000": h100 is a beginning of h100-sxm, one letter away; h200 and a100 are two away, but the first letter counts twice.
  CHECK(said("h1000") == "no \"h1000\" in the catalog; nearest: h100-sxm h200-sxm");
  CHECK(said("H100_SXM").find("nearest: h100-sxm h200-sxm") != std::string::npos);
  CHECK(said("A100 SXM4").find("nearest: a100-sxm4-80gb") != std::string::npos);
  CHECK(said("MI300").find("nearest: mi300x") != std::string::npos);
  CHECK(said("tpuv5").find("nearest: tpu-v5e") != std::string::npos);
}

TEST_CASE("a name may have more than the catalog's: its maker's before, a variant's after") {
  CHECK(said("NVIDIA H100").find("nearest: h100-sxm") != std::string::npos);
  CHECK(said("amd-mi300").find("nearest: mi300x") != std::string::npos);
  CHECK(said("mi300x-192gb").find("nearest: mi300x") != std::string::npos);
}

TEST_CASE("where nothing is near, nothing is proposed") {
  for (const std::string name : {"", "zzzz", "x", "banana", "---", "910", "gpu", "core-i7", "\xF0\x9F\x8D\xB0"})
    CHECK(said(name) == "no \"" + name + "\" in the catalog, and no name near it");
  CHECK(said(std::string(1000, 'h')).find("no name near it") != std::string::npos);
}

TEST_CASE("a catalog of fewer than three names names those") {
  const std::array<const chip*, 1> one = {&tpu};
  try {
    lc::find_by_name(one, "tpx");
    FAIL("must throw");
  } catch (const lc::missing_value& e) {
    CHECK(std::string(e.what()) == "no \"tpx\" in the catalog; nearest: tpu-v5e");
  }
}
