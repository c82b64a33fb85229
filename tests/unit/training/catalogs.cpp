// What must hold on every chip of the catalog: pruning a search leaves out nothing of the best, and no plan uses more than
// its chips have.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <layercake/chips/catalog.hpp>
#include <layercake/energy/catalog.hpp>
#include <layercake/models/catalog.hpp>
#include <layercake/training/search.hpp>
#include <string>
#include <vector>

namespace {
namespace lc = layercake;
using namespace layercake::units;

// With figures of the same order where none are published.
lc::chips::accelerator priced(lc::chips::accelerator chip) {
  if (!lc::is_known(chip.price)) chip.price = 30000 * usd;
  if (!lc::is_known(chip.thermal_design_power)) chip.thermal_design_power = 400 * watt;
  if (!lc::is_known(chip.idle_power)) chip.idle_power = 80 * watt;
  return chip;
}
lc::models::transformer small_mixture() {
  lc::models::transformer m{.name = "small mixture",
                            .layers = 6,
                            .width = 2048,
                            .heads = 16,
                            .key_heads = 4,
                            .head_width = 128,
                            .feed_forward = 8192,
                            .gated = true,
                            .vocabulary = 32000};
  m.experts = 8, m.active_experts = 2, m.expert_width = 4096, m.dense_layers = 1;
  return m;
}
using lc::training_search_result;
using best_list = std::vector<lc::trained_plan> training_search_result::*;

void same(const training_search_result& a, const training_search_result& b) {
  for (const best_list goal : {&training_search_result::fastest, &training_search_result::cheapest,
                               &training_search_result::least_energy, &training_search_result::front}) {
    REQUIRE((a.*goal).size() == (b.*goal).size());
    for (std::size_t i = 0; i < (a.*goal).size(); ++i) {
      const lc::trained_plan &x = (a.*goal)[i], &y = (b.*goal)[i];
      CHECK(x.time == y.time);
      CHECK(x.cost == y.cost);
      CHECK(x.energy == y.energy);
      CHECK(x.plan.expert == y.plan.expert);
      CHECK(x.plan.micro_batch == y.plan.micro_batch);
    }
  }
}
// Pruned in lanes, exhaustive one plan at a time; whether any plan was possible.
bool all_ways_agree(const lc::training_fleet<>& fleet, double sequence) {
  const auto ask = [&]<class T>(bool prune) {
    return lc::best_training<T>(
        small_mixture(), fleet, lc::training_run{.tokens = 1e11 * token}, {.global_batch = 12, .sequence = sequence},
        {.schedule = {lc::pipeline_schedule::one_forward_one_backward}}, {.keep = 3, .prune = prune});
  };
  using lanes = lc::bulk::batch<float>;
  try {
    const auto every = ask.template operator()<double>(false);
    same(ask.template operator()<lanes>(true), every);
    return true;
  } catch (const lc::infeasible&) {
    CHECK_THROWS_AS((void)ask.template operator()<lanes>(true), lc::infeasible);
    return false;
  }
}
}  // namespace

TEST_CASE("pruned and exhaustive searches agree on every chip") {
  int possible = 0;
  for (const auto& entry : lc::chips::catalog::all) {
    CAPTURE(std::string(entry.chip->name));
    for (const double sequence : {512.0, 4096.0})
      possible += all_ways_agree({priced(*entry.chip), 8, lc::infrastructure::site{}, lc::energy::catalog::grid_ercot},
                                 sequence)
                      ? 1
                      : 0;
  }
  CHECK(possible > 60);
}

// Where a figure is infinite for some plans and not for others: a connection that carries the slower ones alone, failures
// that leave nothing of a run.
TEST_CASE("pruned and exhaustive searches agree where some plans cannot be fed, and where failures eat them") {
  const lc::chips::accelerator& h100 = lc::chips::catalog::h100_sxm;
  int possible = 0, impossible = 0;
  for (const double kilowatts : {1.0, 4.0, 6.0, 8.0, 9.0, 10.0, 11.0, 12.0, 15.0}) {
    CAPTURE(kilowatts);
    lc::energy::grid grid = lc::energy::catalog::grid_ercot;
    grid.connection = kilowatts * kilowatt;
    (all_ways_agree({h100, 8, lc::infrastructure::site{}, grid}, 4096) ? possible : impossible) += 1;
  }
  CHECK(possible > 0);
  CHECK(impossible > 0);
  for (const double minutes : {1.0, 10.0, 100.0, 1000.0}) {
    CAPTURE(minutes);
    lc::infrastructure::site site;
    site.reliability.time_between_failures = minutes * minute;
    (void)all_ways_agree({h100, 8, site, lc::energy::catalog::grid_ercot}, 4096);
  }
}

// FLOP are counted as the model's mathematics has them, and no chip multiplies faster than its peak in the format of the plan.
TEST_CASE("no chip is used above its peak by any model in any format") {
  using lc::precision;
  constexpr std::array formats{precision::fp32,  precision::tf32,  precision::bf16, precision::fp16,
                               precision::fp8,   precision::mxfp8, precision::int8, precision::fp4,
                               precision::mxfp4, precision::nvfp4, precision::int4};
  double most = 0;
  std::string where;
  int plans = 0;
  for (const auto& entry : lc::chips::catalog::all) {
    for (const auto* model : lc::models::catalog::transformers) {
      const lc::infrastructure::site site;
      const auto law = lc::training_law_of(*model, *entry.chip, site);
      for (const precision math : formats) {
        for (const bool fused : {true, false}) {
          for (const double sequence : {2048.0, 131072.0}) {
            const lc::training_plan plan{.data = 8,
                                         .global_batch = 64,
                                         .sequence = sequence,
                                         .fused_attention = fused,
                                         .math = math,
                                         .software = lc::training_software::year_2024};
            const double use = law(plan).model_flop_utilisation(lc::attention_flop::causal);
            ++plans;
            if (!(use <= most))
              most = use, where = std::string(entry.chip->name) + " " + model->name + " " + name(math);
          }
        }
      }
    }
  }
  MESSAGE("at most ", most, " of the peak: ", where);
  CHECK(plans > 10000);
  CHECK(most <= 1);
}

// The fitted law of TPUs would have a v2 multiply at 0.93 * 1.38 / (1 + 0.001205 * 45e12 / 700e9) = 1.19 of its peak.
TEST_CASE("training on every chip: no step is faster than the peak, with software of any age and in every format") {
  lc::models::transformer wide{.name = "wide",
                               .layers = 8,
                               .width = 65536,
                               .heads = 128,
                               .key_heads = 8,
                               .head_width = 512,
                               .feed_forward = 262144,
                               .vocabulary = 32000};
  for (const auto& entry : lc::chips::catalog::all) {
    CAPTURE(entry.name);
    lc::chips::accelerator chip = priced(*entry.chip);
    chip.memory = 100 * terabyte;
    if (!lc::is_known(chip.scale_up_bandwidth)) chip.scale_up_domain = 1;
    double most = 0;
    for (const double age : {0.0, 2.0, 20.0}) {
      for (const auto math :
           {lc::precision::bf16, lc::precision::tf32, lc::precision::fp32, lc::precision::fp8, lc::precision::nvfp4}) {
        if (!lc::chips::multiplies(chip, math)) continue;
        const lc::training_plan plan{.micro_batch = 4,
                                     .global_batch = 4,
                                     .sequence = 4096,
                                     .software_age = age,
                                     .recompute = lc::recomputation::full,
                                     .math = math};
        const auto f = lc::train_step(wide, chip, lc::infrastructure::site{}, plan);
        // Forward twice, backward twice as much: 8 FLOP for each parameter and token.
        const double multiplied = wide.layers * wide.width * (wide.width * 2.125 + wide.feed_forward * 2) * 8;
        const auto least = multiplied * lc::in<token>(f.tokens) * flop / f.peak;
        CHECK(f.time.work.products + f.time.work.recomputed >= least);
        CHECK(f.hardware_flop_utilisation(lc::attention_flop::causal) <= 1);
        CHECK(f.model_flop_utilisation(lc::attention_flop::causal) <=
              f.hardware_flop_utilisation(lc::attention_flop::causal));
        most = std::max(most, f.hardware_flop_utilisation(lc::attention_flop::causal));
      }
    }
    CHECK(most > 0.3);
  }
}
