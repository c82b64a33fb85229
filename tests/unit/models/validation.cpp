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

namespace {
layered hybrid() {
  return {
      .name = "hybrid",
      .width = 64,
      .vocabulary = 1000,
      .groups = {{.count = 3,
                  .mixer = {.kind = mixing::linear,
                            .heads = 8,
                            .key_heads = 2,
                            .key_width = 32,
                            .value_width = 16,
                            .steps = 1,
                            .chunk = 64},
                  .feed_forward = {.kind = feed_forward_kind::dense, .width = 160}},
                 {.count = 1,
                  .mixer = {.kind = mixing::attention, .heads = 8, .key_heads = 2, .key_width = 16, .value_width = 16},
                  .feed_forward = {.kind = feed_forward_kind::mixture, .width = 48, .experts = 8, .active = 2}}},
      .layers = 4};
}
// The finding about `path` once a model has been changed, in full.
template <class Change>
std::string text_about(const char* path, Change&& change) {
  layered x = hybrid();
  change(x);
  for (const finding& f : check(x)) {
    if (f.path == path) return f.text();
  }
  return "nothing";
}
}  // namespace

TEST_CASE("every field of a list of groups refuses what is not in its domain") {
  layercake_test::check_bad_input(hybrid());
  layercake_test::check_bad_input(as_layered(catalog::deepseek_v3).at(precision::fp8));
}

TEST_CASE("groups that contradict themselves say so by path, value, range and what to change") {
  CHECK(check(hybrid()).empty());
  CHECK(text_about("groups", [](auto& x) { x.layers = 5; }) ==
        "groups is 4; allowed: 5, as layers. Every layer is in one group: correct a count.");
  CHECK(text_about("groups", [](auto& x) { x.groups.resize(0), x.layers = unknown<>; }) ==
        "groups is empty; allowed: at least one. List the groups of layers: groups = {{.count = 32, .mixer = ...}}.");
  CHECK(text_about("groups[1].count", [](auto& x) { x.groups[1].count = 0; }) ==
        "groups[1].count is 0; allowed: above 0. Say how many layers are so, or leave the group out.");
  CHECK(text_about("groups[0].mixer.kind", [](auto& x) { x.groups[0] = {.count = 3}; }) ==
        "groups[0].mixer.kind is none, as feed_forward.kind; allowed: a mixer, a feed-forward block or both. Say what "
        "the layers of the group do.");
  CHECK(
      text_about("groups[0].mixer.window", [](auto& x) { x.groups[0].mixer.window = 128; }) ==
      "groups[0].mixer.window is 128; allowed: 0, as a mixer without a cache of positions has. A state has no window: "
      "set 0.");
  CHECK(text_about("groups[0].mixer.crossed", [](auto& x) { x.groups[0].mixer.crossed = 1500; }) ==
        "groups[0].mixer.crossed is 1500; allowed: 0, as a mixer that is not attention has. Set kind = "
        "mixing::attention, or 0.");
  CHECK(
      text_about("groups[0].mixer.chunk", [](auto& x) { x.groups[0].mixer.chunk = 0; }) ==
      "groups[0].mixer.chunk is 0; allowed: above 0. Say how many positions prefill multiplies at once; 64 to 256 are "
      "usual.");
  CHECK(text_about("groups[1].mixer.key_heads", [](auto& x) { x.groups[1].mixer.key_heads = 9; }) ==
        "groups[1].mixer.key_heads is 9; allowed: at most heads, 8. Correct the architecture; its configuration file "
        "has the figure.");
  CHECK(text_about("groups[1].mixer.index_heads", [](auto& x) { x.groups[1].mixer.index_heads = 4; }) ==
        "groups[1].mixer.index_heads is 4; allowed: 0 without latent attention. Correct the architecture; its "
        "configuration file has the figure.");
  CHECK(text_about("groups[0].feed_forward.experts", [](auto& x) { x.groups[0].feed_forward.experts = 8; }) ==
        "groups[0].feed_forward.experts is 8; allowed: 0, as a block without a router has. Correct the architecture; "
        "its configuration file has the figure.");
  CHECK(text_about("groups[1].feed_forward.experts", [](auto& x) { x.groups[1].feed_forward.experts = 0; }) ==
        "groups[1].feed_forward.experts is 0; allowed: above 0. Say how many experts the router chooses from.");
  CHECK(text_about("groups[1].feed_forward.active", [](auto& x) { x.groups[1].feed_forward.active = 9; }) ==
        "groups[1].feed_forward.active is 9; allowed: at most experts, 8. Correct the architecture; its configuration "
        "file has the figure.");
  CHECK(text_about("vocabulary", [](auto& x) { x.vocabulary = 0; }) ==
        "vocabulary is 0; allowed: above 0. Give the entries of the output matrix, or output_matrix::none.");
  CHECK(text_about("towers[0].positions", [](auto& x) { x.towers = {{.count = 2, .width = 8, .items = 1}}; }) ==
        "towers[0].positions is 0; allowed: above 0. Say how many positions an item has in the tower.");
  CHECK(text_about("towers[0].feed_forward.kind",
                   [](auto& x) {
                     x.towers = {
                         {.count = 2,
                          .width = 8,
                          .feed_forward = {.kind = feed_forward_kind::mixture, .width = 8, .experts = 4, .active = 1}}};
                   }) ==
        "towers[0].feed_forward.kind is mixture; allowed: dense or none. Experts of a tower are not timed; give it a "
        "dense block of the width that a position visits.");
}
