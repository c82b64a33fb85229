// The time and energy of images and video, against published ones.
#include <doctest/doctest.h>
#include <layercake/applications/applications.hpp>
#include <layercake/serving/energy.hpp>
#include <layercake/serving/serve.hpp>

#include "../../approx.hpp"

using namespace layercake;
using namespace layercake::units;
using models::execution;
namespace chip_catalog = layercake::chips::catalog;
namespace model_catalog = layercake::models::catalog;

namespace {
serving_figures<> made(const chips::accelerator& chip, const models::diffusion& model) {
  return serve<double>(chip, infrastructure::site{}, model, serving_plan{}, call_demand<>{});
}
double seconds(const chips::accelerator& chip, const models::diffusion& model) {
  return in<second>(made(chip, model).time_to_first_token);
}
quantity<unit::joule> energy(const chips::accelerator& chip, const models::diffusion& model) {
  const auto f = made(chip, model);
  return running_power(chip, f.per_call, 1.0, 1.0) * f.per_call.time;
}
}  // namespace

// xDiT, docs/performance/flux.md, and a user's run of it (issue 378): 28 steps of 1024 x 1024 on one H100. The second ran PyTorch 2.5.0, whose attention
// is cuDNN's on that chip.
TEST_CASE("FLUX.1-dev on an H100, eager and compiled, by FlashAttention-2 and by the chip's own kernel") {
  models::diffusion x = model_catalog::flux_1_dev;
  x.steps = 28;
  CHECK(seconds(chip_catalog::h100_sxm, x) == approx(6.71).epsilon(0.04));
  x.software = execution::compiled;
  CHECK(seconds(chip_catalog::h100_sxm, x) == approx(4.30).epsilon(0.04));
  x.ported_attention = false;
  CHECK(seconds(chip_catalog::h100_sxm, x) == approx(3.88).epsilon(0.04));
  x.software = execution::eager;
  CHECK(seconds(chip_catalog::h100_sxm, x) == approx(6.27).epsilon(0.04));
}

// What applications::catalog::references takes of the ML.ENERGY leaderboard: one B200, 50 steps, one at a time, not compiled.
TEST_CASE("the references of image and video generation within 25 %") {
  for (const auto& r : applications::catalog::references) {
    const bool image = r.of == &applications::catalog::image_generation;
    if (!image && r.of != &applications::catalog::video_generation) continue;
    const auto& model = image ? model_catalog::flux_1_dev : model_catalog::hunyuan_video;
    CAPTURE(model.name);
    CHECK(energy(chip_catalog::b200_sxm, model) / r.energy_per_task == approx(1).epsilon(0.25));
  }
}

// AlphaFold 3's own table of times without compilation, docs/performance.md of its code, November 2024: seconds for complexes of 1024 to 5120 tokens
// on one chip of 80 GB. Nothing in the law was chosen by it.
TEST_CASE("AlphaFold 3 on one chip") {
  const struct {
    const chips::accelerator& chip;
    double taken[5];
  } published[] = {{chip_catalog::a100_sxm_80gb, {62, 275, 703, 1434, 2547}},
                   {chip_catalog::h100_sxm, {34, 144, 367, 774, 1416}}};
  models::structure_prediction x = model_catalog::alphafold_3;
  for (const auto& on : published) {
    for (int i = 0; i < 5; ++i) {
      x.tokens = 1024 * (i + 1);
      CAPTURE(x.tokens);
      const auto f = serve<double>(on.chip, infrastructure::site{}, x, serving_plan{}, call_demand<>{});
      CHECK(in<second>(f.time_to_first_token) == approx(on.taken[i]).epsilon(0.14));
      CHECK(f.memory_bound_concurrency >= 1);  // up to 5120 tokens, as the same page says
    }
  }
  x.tokens = 8192;  // beyond, it spills over into the host's memory
  CHECK(serve<double>(chip_catalog::h100_sxm, infrastructure::site{}, x, serving_plan{}, call_demand<>{})
            .memory_bound_concurrency < 1);
  // Of the speed of kernels alone by half: twice as long.
  x.tokens = 1024, x.sustained = 0.5;
  models::structure_prediction whole = x;
  whole.sustained = 1;
  const auto taken = [](const auto& m) {
    return serve<double>(chip_catalog::h100_sxm, infrastructure::site{}, m, serving_plan{}, call_demand<>{})
        .time_to_first_token;
  };
  CHECK(taken(x) / taken(whole) == approx(2).epsilon(1e-3));
}

TEST_CASE("what more costs") {
  const models::diffusion x = model_catalog::flux_1_dev;
  const auto& chip = chip_catalog::h100_sxm;
  models::diffusion more = x;
  more.steps = 100;
  const double around = 2 * seconds(chip, x) - seconds(chip, more);  // encoders and decoder, once
  CHECK(around > 0.01);
  CHECK(around < 0.1);
  more = x, more.guidance_passes = 2;
  CHECK(seconds(chip, more) > 1.9 * seconds(chip, x));
  CHECK(seconds(chip, x.at(precision::fp8)) < seconds(chip, x));
  // Two chips that share every layer.
  const serving_plan two{.tensor = 2};
  const auto pair = serve<double>(chip, infrastructure::site{}, x, two, call_demand<>{});
  CHECK(in<second>(pair.time_to_first_token) < 0.7 * seconds(chip, x));
  CHECK(in<second>(pair.time_to_first_token) > 0.5 * seconds(chip, x));
  // What makes scales, shifts and gates, 342 d^2, and what is outside the blocks is on both; all else is cut in two.
  const double whole = (19 * 12 + 38 * 3) * 3072.0 * 3072 + 64094208, cut = 11898322944.0 - whole;
  CHECK(in<gigabyte>(pair.weights) == approx(2e-9 * (cut / 2 + whole + 4.885e9 + 49.5e6)));
}

TEST_CASE("look-ups take the memory's time over their share") {
  const auto& x = model_catalog::dlrm_dcnv2;
  const auto& chip = chip_catalog::h200_sxm;
  const auto f = serve<double>(chip, infrastructure::site{}, x, serving_plan{}, call_demand<>{});
  const double looked_up = 270 * 214 * 512.0 / (4.8e12 * chip.sustained_memory() * models::random_read_share);
  CHECK(in<second>(f.time_to_first_token) > looked_up);
  CHECK(in<second>(f.time_to_first_token) < looked_up + 300e-6);  // and kernels of some microseconds each
}
