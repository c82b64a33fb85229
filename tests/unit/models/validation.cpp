#include <cmath>
#include <doctest/doctest.h>
#include <layercake/models/models.hpp>
#include <limits>
#include <string>

#include "../record_checks.hpp"

using namespace layercake;
using namespace layercake::models;

namespace {
bool names(const std::vector<finding>& found, const std::string& path) {
  for (const finding& f : found) {
    if (f.path == path && !f.value.empty() && !f.allowed.empty() && !f.remedy.empty()) return true;
  }
  return false;
}

template <class Change>
bool refused(transformer x, Change&& change, const char* path) {
  change(x);
  return names(check(x), path);
}
}  // namespace

TEST_CASE("every field of every type of the layer refuses what is not in its domain") {
  layercake_test::check_bad_input(catalog::llama_3_1_70b);
  layercake_test::check_bad_input(catalog::deepseek_v3);
  layercake_test::check_bad_input(catalog::gpt_oss_120b.as_published());
  layercake_test::check_bad_input(catalog::resnet_50);
  layercake_test::check_bad_input(catalog::dlrm_dcnv2);
  // In the space of pixels, where any size is a whole number of patches.
  diffusion pixels = catalog::flux_1_dev;
  pixels.spatial_factor = pixels.patch = 1;
  layercake_test::check_bad_input(pixels);
  layercake_test::check_bad_input(split<>{});
  layercake_test::check_bad_input(pass<>{phase::prefill, 1, 10, 20});
  layercake_test::check_bad_input(scaling_law{});
}

TEST_CASE("fields that contradict each other") {
  const transformer m = catalog::mixtral_8x7b, d = catalog::deepseek_v3, l = catalog::llama_3_1_8b;
  CHECK(refused(
      m, [](auto& x) { x.active_experts = 9; }, "active_experts"));
  CHECK(refused(
      m, [](auto& x) { x.active_experts = 0; }, "active_experts"));
  CHECK(refused(
      m, [](auto& x) { x.dense_layers = 33; }, "dense_layers"));
  CHECK(refused(
      m, [](auto& x) { x.dense_layers = 4; }, "feed_forward"));
  CHECK(refused(
      l, [](auto& x) { x.key_heads = 33; }, "key_heads"));
  CHECK(refused(
      l, [](auto& x) { x.shared_experts = 1; }, "shared_experts"));
  CHECK(refused(
      l, [](auto& x) { x.sliding_layers = 8; }, "sliding_window"));
  CHECK(refused(
      l, [](auto& x) { x.sliding_window = 10, x.sliding_layers = 33; }, "sliding_layers"));
  CHECK(refused(
      d, [](auto& x) { x.latent_rank = 0; }, "latent_rank"));
  CHECK(refused(
      d, [](auto& x) { x.shared_expert_width = 0; }, "shared_expert_width"));

  transformer x = m;
  x.active_experts = 9;
  try {
    validate(x.at(precision::fp8), "stack.model");
    FAIL("accepted");
  } catch (const invalid_value& e) {
    const std::string text = e.what();
    CHECK(text.find("stack.model.architecture.active_experts is 9") != text.npos);
    CHECK(text.find("at most experts, 8") != text.npos);
  }

  deployed narrow = l.at(precision::fp8);
  narrow.formats.cache_bits = 0;
  CHECK(names(check(narrow), "formats.cache_bits"));
  narrow.formats.cache_bits = std::numeric_limits<double>::quiet_NaN();
  CHECK(names(check(narrow), "formats.cache_bits"));

  CHECK(names(check(pass<>{phase::prefill, 1, 20, 10}), "queries"));
}

TEST_CASE("what a diffusion model cannot be asked for") {
  const auto refuses = [](const char* path, auto change) {
    diffusion x = catalog::hunyuan_video;
    change(x);
    return names(check(x), path);
  };
  CHECK(refuses("image_width", [](auto& x) { x.image_width = 1000; }));  // 62.5 patches of 16 pixels
  CHECK(refuses("image_height", [](auto& x) { x.image_height = 8; }));
  CHECK(refuses("frames", [](auto& x) { x.frames = 128; }));  // 1 + a multiple of 4
  CHECK(refuses("steps", [](auto& x) { x.steps = 0; }));
  CHECK(refuses("guidance_passes", [](auto& x) { x.guidance_passes = 0; }));
  CHECK(refuses("guidance_passes", [](auto& x) { x.guidance_passes = 3; }));
  CHECK(refuses("guidance_passes", [](auto& x) { x.guidance_passes = 1.5; }));
  CHECK(refuses("joint_blocks", [](auto& x) { x.joint_blocks = x.single_blocks = 0; }));
  CHECK(refuses("outer_share", [](auto& x) { x.outer_share = 1.5; }));

  diffusion x = catalog::flux_1_dev;
  x.image_width = 1000;
  try {
    validate(x, "stack.model");
    FAIL("accepted");
  } catch (const invalid_value& e) {
    const std::string text = e.what();
    CHECK(text.find("stack.model.image_width is 1000") != text.npos);
    CHECK(text.find("a multiple of spatial_factor times patch, 16") != text.npos);
  }
}

TEST_CASE("which splits a model allows") {
  const deployed llama = catalog::llama_3_1_70b.at(precision::fp8), mixtral = catalog::mixtral_8x7b.at(precision::fp8);
  CHECK(llama.allows({8, 1, 1, 1}));
  CHECK(llama.allows({16, 1, 1, 1}));       // key heads twice
  CHECK_FALSE(llama.allows({3, 1, 1, 1}));  // 64 heads
  CHECK_FALSE(llama.allows({128, 1, 1, 1}));
  CHECK_FALSE(llama.allows({1, 81, 1, 1}));
  auto endless = llama;
  endless.architecture.heads = 1e20;  // beyond every integer
  CHECK(endless.allows({8, 1, 1, 1}));
  CHECK_FALSE(endless.allows({1e25, 1, 1, 1}));
  CHECK_FALSE(llama.allows({1, 1, 2, 1}));  // no experts
  CHECK(mixtral.allows({1, 1, 8, 1}));
  CHECK_FALSE(mixtral.allows({1, 1, 3, 1}));
}
