// A whole run: Llama 3 405B as published, and what must hold for every run.
#include <doctest/doctest.h>

#include <cmath>
#include <layercake/chips/catalog.hpp>
#include <layercake/energy/catalog.hpp>
#include <layercake/training/run.hpp>

#include "../../approx.hpp"
#include "../record_checks.hpp"

using namespace layercake;
using namespace layercake::units;

namespace {
const models::transformer llama_405b{.name = "llama",
                                     .layers = 126,
                                     .width = 16384,
                                     .heads = 128,
                                     .key_heads = 8,
                                     .head_width = 128,
                                     .feed_forward = 53248,
                                     .gated = true,
                                     .vocabulary = 128256};
// Grattafiori et al. 2024 (The Llama 3 herd of models), table 4: tensor 8, pipeline 16, data 128, sequence 8192, 16 M tokens a step, 41 to
// 43 % MFU on 16,384 and 8,192 H100; table 5: 419 unexpected interruptions in 54 days.
const training_plan plan{.tensor = 8,
                         .pipeline = 16,
                         .data = 128,
                         .virtual_stages = 7,
                         .micro_batch = 1,
                         .global_batch = 2048,
                         .sequence = 8192,
                         .software_age = 2,
                         .sharding = sharding::gradients,
                         .software = training_software::year_2024};
const chips::accelerator& h100 = chips::catalog::h100_sxm;
const infrastructure::site site;
const auto& energy_supply = energy::catalog::grid_ercot;
}  // namespace

// worked: training/run.hpp#run_training
TEST_CASE("Llama 3 405B: utilisation, chip-hours, failures") {
  const auto f = train_step(llama_405b, h100, site, plan);
  CHECK(f.model_flop_utilisation(attention_flop::causal) == approx(0.41).epsilon(0.12));
  const training_run run{.tokens = 15.6 * trillion_tokens};
  const auto r = run_training(f, run, h100, site, energy_supply);
  CHECK(in<hour>(r.chip_time) == approx(30.84e6).epsilon(0.2));  // model card: 30.84 M GPU-hours
  CHECK(r.goodput == approx(0.9).epsilon(0.02));                 // "over 90 %"
  CHECK(r.failures / in<day>(r.wall_clock) == approx(419.0 / 54).epsilon(1e-3));
  CHECK(in<flop>(plain(r.model_flops)) == approx(3.8e25).epsilon(0.05));  // the paper's 3.8e25
  CHECK(time_to_train(f, run, h100, site, energy_supply) == r.wall_clock);
  CHECK(chip_hours(f, run, h100, site, energy_supply) == in<hour>(r.chip_time));
  CHECK(in<watt>(r.chip_power) > in<watt>(h100.idle_power));
  CHECK(in<watt>(r.chip_power) <= in<watt>(h100.thermal_design_power));
  // energy: chips below the site
  CHECK(in<joule>(plain(r.site_energy)) > in<joule>(r.chip_energy) * 1.2);
  CHECK(in<joule>(r.chip_energy) == approx(in<watt>(r.chip_power) * r.chips * in<second>(r.wall_clock)));
  CHECK(in<usd>(r.cost()) == approx(in<usd>(r.infrastructure_cost) + in<usd>(r.energy_cost)));
  CHECK(in<usd>(r.infrastructure_cost) > in<usd>(r.energy_cost));
}

TEST_CASE("runs scale with their tokens; failures, evaluation and spares only cost") {
  const auto f = train_step(llama_405b, h100, site, plan);
  const auto of = [&](const training_run& run, const infrastructure::site& s = site) {
    return run_training(f, run, h100, s, energy_supply);
  };
  const auto one = of({.tokens = 1 * trillion_tokens}), two = of({.tokens = 2 * trillion_tokens});
  CHECK(two.wall_clock / one.wall_clock == approx(2));
  CHECK(two.cost() / one.cost() == approx(2));
  CHECK(two.carbon / one.carbon == approx(2));
  CHECK(of({.tokens = 1 * trillion_tokens, .evaluation = 0.1}).wall_clock / one.wall_clock == approx(1.1));
  CHECK(in<hour>(of({.tokens = 1 * trillion_tokens, .start_up = 5 * hour}).wall_clock - one.wall_clock) == approx(5));
  CHECK(of({.tokens = 1 * trillion_tokens, .spare = 0.05}).cost() > one.cost());
  infrastructure::site fragile = site;
  fragile.reliability.time_between_failures = fragile.reliability.time_between_failures * 0.25;
  CHECK(of({.tokens = 1 * trillion_tokens}, fragile).goodput < one.goodput);
  CHECK(of({.tokens = 1 * trillion_tokens}, fragile).wall_clock > one.wall_clock);
  CHECK(of({.tokens = 1 * trillion_tokens}, fragile).checkpoint_interval < one.checkpoint_interval);
}

TEST_CASE("a run whose step does not fit takes forever and says so") {
  training_plan p = plan;
  p.tensor = 1, p.data = 1024, p.sharding = sharding::none;
  const auto f = train_step(llama_405b, h100, site, p);
  const auto r = run_training(f, training_run{}, h100, site, energy_supply);
  CHECK(std::isinf(in<second>(r.wall_clock)));
  CHECK(std::isinf(in<usd>(r.cost())));
  CHECK(std::isfinite(in<watt>(r.chip_power)));
  const std::string reason = why_not(f, training_run{}, h100, site, energy_supply);
  CHECK(reason.find("memory: ") == 0);
  CHECK(reason.find(to_string(f.memory.total()) + " a chip do not fit in the usable ") != std::string::npos);
}

// worked: training/run.hpp#why_not
TEST_CASE("a run that never ends or costs infinity says why, and no other run does") {
  const auto f = train_step(llama_405b, h100, site, plan);
  const auto why = [&](const training_run& run, const infrastructure::site& s, const energy::grid& supply) {
    const std::string reason = why_not(f, run, h100, s, supply);
    CHECK(reason.empty() == is_finite(run_training(f, run, h100, s, supply).cost()));
    return reason;
  };
  const auto has = [](const std::string& text, const char* part) {
    CAPTURE(text);
    CHECK(text.find(part) != std::string::npos);
  };
  CHECK(why({}, site, energy_supply).empty());

  energy::grid dark = energy_supply;
  dark.connection = 1 * kilowatt;
  has(why({}, site, dark), "energy: the peak at the meter is ");
  has(why({}, site, dark), "allowed: at most the connection, 1 kW");
  // 16,384 chips draw at most 700 W each, and the site at most 3 times that; a connection for it changes nothing.
  dark.connection = 16384 * 700 * watt * 3;
  CHECK(why({}, site, dark).empty());

  // Five tiers of switches of 4 ports join 4^5 / 2^4 = 64 nodes; these are 16,384 / 8 = 2,048.
  infrastructure::site few_ports = site;
  few_ports.network.ports = 4;
  has(why({}, few_ports, energy_supply), "network: 2048 nodes are more than its tiers of switches join");

  // 16,384 chips of one second each fail every 61 us: no state is saved in between.
  infrastructure::site frail = site;
  frail.reliability.time_between_failures = 1 * second;
  has(why({}, frail, energy_supply), "reliability: one of 16380 chips fails every 61.04 us");

  CHECK_THROWS_WITH_AS((void)why_not(f, training_run{.spare = -1}, h100, site, energy_supply),
                       doctest::Contains("run.spare is -1"), invalid_value);
}

TEST_CASE("bad runs are refused") { layercake_test::check_bad_input(training_run{}); }
