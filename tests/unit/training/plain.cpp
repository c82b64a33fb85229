// The library's training step against the same formulas written once more as plain arithmetic (benchmarks/training_plain.hpp).
#include <doctest/doctest.h>

#include <layercake/chips/catalog.hpp>

#include "../../../benchmarks/training_plain.hpp"
#include "../../approx.hpp"

using namespace layercake;
using namespace layercake::units;

TEST_CASE("library and plain arithmetic give the same step") {
  models::transformer dense{.name = "dense",
                            .layers = 80,
                            .width = 8192,
                            .heads = 64,
                            .key_heads = 8,
                            .head_width = 128,
                            .feed_forward = 28672,
                            .gated = true,
                            .vocabulary = 128256};
  models::transformer mixture = dense;
  mixture.experts = 64, mixture.active_experts = 8, mixture.expert_width = 2048, mixture.dense_layers = 2;
  mixture.shared_experts = 1, mixture.shared_expert_width = 4096;
  infrastructure::site site;
  site.network.scale_up.reduces_in_switch = true;
  const training_constants constants;
  int plans = 0;
  for (const auto* chip : {&chips::catalog::h100_sxm, &chips::catalog::b200_sxm}) {
    for (const auto* model : {&dense, &mixture}) {
      const auto law = training_law_of(*model, *chip, site, constants);
      for (const double tensor : {1.0, 4.0, 8.0}) {
        for (const double pipeline : {1.0, 4.0, 7.0}) {
          for (const double micro : {1.0, 2.0}) {
            for (const double data : {8.0, 64.0}) {
              training_plan p{.tensor = tensor,
                              .pipeline = pipeline,
                              .data = data,
                              .micro_batch = micro,
                              .global_batch = 1024,
                              .sequence = 8192};
              if (pipeline == 4) p.virtual_stages = 5;
              if (model == &mixture) p.expert = 8;
              const auto f = law(p);
              const auto expected =
                  plain_training::step(plain_training::plain(*chip), plain_training::plain(site.network),
                                       plain_training::plain(*model), plain_training::plain(p), constants);
              CAPTURE(tensor);
              CAPTURE(pipeline);
              CHECK(in<second>(f.step_time()) == approx(expected.time).epsilon(1e-9));
              CHECK(in<byte>(f.memory.total()) == approx(expected.memory).epsilon(1e-9));
              ++plans;
            }
          }
        }
      }
    }
  }
  CHECK(plans == 144);
}
