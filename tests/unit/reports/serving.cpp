// Questions about serving that people asked of tools of this kind. Named by the thread that each comes from.
#include <doctest/doctest.h>

#include <layercake/chips/catalog.hpp>
#include <layercake/serving/energy.hpp>
#include <layercake/serving/regimes.hpp>
#include <layercake/serving/search.hpp>

#include "../../approx.hpp"

using namespace layercake;
using namespace layercake::units;

namespace {
const infrastructure::site site;

call_demand<> calls_of(double input, double output) { return {.input = input * token, .output = output * token}; }
}  // namespace

// vllm-project/vllm 8439; sgl-project/sglang 4759: on Llama-70B speculation doubles the speed of one stream, and loses at large batches
TEST_CASE("R31: what speculation gains falls with the batch, and is lost at a large one") {
  const auto model = models::catalog::llama_3_1_70b.at(precision::bf16);
  const auto gain = [&](double batch) {
    serving_plan plain{.tensor = 4};
    serving_plan drafting = plain;
    drafting.speculation = {.drafted = 4, .acceptance = 0.7, .draft_cost = 0.05};  // a draft of a twentieth: assumed
    const auto time = [&](const serving_plan& plan) {
      const auto r = replica_of<double>(chips::catalog::h100_sxm, site, model, plan, calls_of(500, 200));
      return in<second>(r.in_step(r.decode(batch, r.mean_context()).time, batch)) / r.tokens_per_pass();
    };
    return time(plain) / time(drafting);
  };
  CHECK(gain(1) > 1.5);
  CHECK(gain(1) < 2.7731);  // tokens a pass: (1 - 0.7^5) / 0.3
  CHECK(gain(8) < gain(1));
  CHECK(gain(64) < gain(8));
  CHECK(gain(256) < gain(64));
  CHECK(gain(256) < 1);
}

// mlco2/ecologits 237; ray-project/llm-numbers 27: 7B on an A100
TEST_CASE("R39: a larger batch writes a token for less energy") {
  const auto model = models::catalog::llama_2_7b.at(precision::bf16);
  const auto& chip = chips::catalog::a100_sxm_80gb;
  struct point {
    double energy, rate;
  };
  const auto at = [&](double batch) -> point {
    const auto r = replica_of<double>(chip, site, model, serving_plan{}, calls_of(200, 200));
    const auto load = inflight_fixed_concurrency(r, batch);
    return {in<joule_per_token>(energy_per_token(power_boundary::chip, site, chip, r, load)),
            in<hertz>(load.calls) * 200};
  };
  CHECK(at(4).energy > at(16).energy);
  CHECK(at(16).energy > at(64).energy);
  CHECK(at(64).energy > at(256).energy);
  CHECK(at(4).energy / at(64).energy > 4);  // measured: about 5
  CHECK(at(4).energy / at(64).energy < 10);
  double batch = 4;  // measured: about 0.2 J at 1900 tokens a second
  while (at(batch).rate < 1900)
    batch *= 1.1;
  CHECK(at(batch).energy > 0.1);
  CHECK(at(batch).energy < 0.3);
}
