// What an image and a clip cost: diffusion transformers in a stack, their time, energy and price; the same with another number of steps, with
// compiled software, on another chip.
#include <iomanip>
#include <iostream>
#include <layercake/layercake.hpp>

namespace lc = layercake;
using namespace lc::units;
using lc::models::execution;

int main() {
  const auto studio =
      lc::stack{lc::energy::catalog::grid_ercot, lc::chips::catalog::h100_sxm, lc::infrastructure::site{},
                lc::models::catalog::flux_1_dev, lc::applications::catalog::image_generation.with_users(1e6)};
  const auto show = [](const char* what, const auto& s) {
    const auto bill = s.pull();
    std::cout << what << std::setprecision(3) << bill.serving.time_to_first_token << ", "
              << in<watt_hour>(bill.energy_per_task()) << " Wh, " << in<usd>(bill.cost_per_task()) * 100 << " cents, "
              << bill.built.chips << "\n";
  };
  show("FLUX.1-dev, 50 steps:     ", studio);
  auto model = lc::models::catalog::flux_1_dev;
  model.steps = 28;
  show("            28 steps:     ", studio.with(model));
  model.software = execution::compiled;
  show("            compiled:     ", studio.with(model));
  show("            on B200:      ", studio.with(model).with(lc::chips::catalog::b200_sxm));
  show("FLUX.1-schnell:           ", studio.with(lc::models::catalog::flux_1_schnell));

  const auto film = studio.with(lc::applications::catalog::video_generation.with_users(1e5));
  show("HunyuanVideo, 129 frames: ", film.with(lc::models::catalog::hunyuan_video));
}
