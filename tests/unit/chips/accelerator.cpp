// A chip answers the same however its figures came to be set, and asks for those that it cannot do without.
#include <doctest/doctest.h>

#include <cmath>
#include <layercake/chips/chips.hpp>
#include <string>
#include <vector>

#include "../../approx.hpp"
#include "../../worked.hpp"
#include "../record_checks.hpp"

using namespace layercake;
using namespace layercake::units;
namespace catalog = chips::catalog;

namespace {

constexpr chips::accelerator made{.name = "made",
                                  .family = chips::family::hopper,
                                  .peak = {.bf16 = 989.4 * teraflop_per_second, .fp8 = 1979 * teraflop_per_second},
                                  .memory = 80 * gigabyte,
                                  .memory_bandwidth = 3350 * gigabyte_per_second,
                                  .scale_up_bandwidth = 450 * gigabyte_per_second,
                                  .scale_up_domain = 8,
                                  .thermal_design_power = 700 * watt,
                                  .price = 30000 * usd,
                                  .multiprocessors = 132,
                                  .clock = 1.83 * gigahertz,
                                  .on_chip_cache = 50 * megabyte};

const attention_product<> attention{.sequences = 3,
                                    .queries = 2000,
                                    .context = 2000,
                                    .heads = 32,
                                    .key_heads = 8,
                                    .key_width = 128,
                                    .value_width = 128};

std::vector<double> figures(const chips::accelerator& c) {
  const auto served = chips::pull(c, chips::basic_calls<>{.rate = 100 / second,
                                                          .chip_time = 1 * second,
                                                          .utilisation = 0.5,
                                                          .use = {.busy = 1, .compute = 0.4, .memory = 0.3}});
  return {in<second>(c.time(work<>{.flop = 3 * teraflop, .bytes = 20 * gigabyte})),
          in<second>(c.time(matrix_product<>{.m = 300, .n = 8192, .k = 8192})),
          in<second>(c.time(attention)),
          in<watt>(c.power(chips::use{1, 0.5, 0.3})),
          in<watt>(c.power(chips::use{0, 0, 0})),
          in<watt>(plain(served.mean_power)),
          in<watt>(plain(served.peak_power)),
          c.sustained_compute(),
          c.sustained_memory(),
          in<hertz>(c.exponentials())};
}

}  // namespace

TEST_CASE("accelerator: figures set later, in any order, give what figures set at once give") {
  layercake_test::check_set_later(
      made,
      {"peak.bf16", "peak.fp8", "memory", "memory_bandwidth", "scale_up_bandwidth", "scale_up_domain",
       "thermal_design_power", "price", "multiprocessors", "clock", "on_chip_cache"},
      [](chips::accelerator& c) { c.family = chips::family::hopper; }, figures);
}

TEST_CASE("accelerator: what nobody gives follows from the other figures") {
  // worked: chips/accelerator.hpp#idle_power_of
  layercake_test::check_stated(in<watt>(chips::idle_power_of(made)), "84");  // 12 % of 700 W
  // worked: chips/accelerator.hpp#basic_accelerator::exponentials
  layercake_test::check_stated(in<hertz>(made.exponentials()), "3.865e12");  // 16 x 132 x 1.83e9
  // worked: chips/accelerator.hpp#basic_peak_rates::sixteen_bit_worth
  layercake_test::check_stated(made.peak.sixteen_bit_worth(precision::fp8), "0.5");  // by its width
  auto without = made.peak;
  without.fp8 = unknown<>;
  layercake_test::check_stated(without.sixteen_bit_worth(precision::fp8), "1");
  CHECK(made.sustained_compute() == chips::sustained(chips::family::hopper).compute);
  CHECK(made.sustained_memory() == chips::sustained(chips::family::hopper).memory);

  chips::accelerator c = made;
  c.thermal_design_power = 400 * watt;
  CHECK(in<watt>(chips::idle_power_of(c)) == approx(48));
  c.family = chips::family::amd_cdna;
  CHECK(c.sustained_compute() == chips::sustained(chips::family::amd_cdna).compute);
  // One's own word counts where it is given.
  c.idle_power = 30 * watt, c.exponential_rate = 1e12 / second, c.compute_efficiency = 0.7, c.memory_efficiency = 0.9;
  CHECK(chips::idle_power_of(c) == 30 * watt);
  CHECK(c.exponentials() == 1e12 / second);
  CHECK(c.sustained_compute() == 0.7);
  CHECK(c.sustained_memory() == 0.9);
  // Without a design power nothing follows from it.
  c = made;
  c.thermal_design_power = unknown<>;
  CHECK_FALSE(is_known(chips::idle_power_of(c)));
  CHECK(check(c).empty());
  // Over another number type too.
  CHECK(chips::idle_power_of(with_number<float>(made)) == 84.0F * watt);
  CHECK(chips::idle_power_of(with_number<dual<double, 1>>(made)) == 84 * watt);
}

TEST_CASE("accelerator: what it cannot do without is asked for by name") {
  CHECK(layercake_test::asked_of_new<chips::accelerator>() == "peak.bf16 memory memory_bandwidth");
  CHECK(layercake_test::asked_of_new<chips::bill_of_materials>() == "logic memory package rest");
  CHECK(layercake_test::asked_of_new<chips::process>().empty());  // a process may be known by half
  CHECK(layercake_test::asked_of_new<chips::wafer_losses>().empty());
}

TEST_CASE("accelerator: a fabric of several chips has a bandwidth") {
  CHECK(check(made).empty());
  for (const double rate : {0.0, std::nan("")}) {
    chips::accelerator c = made;
    c.scale_up_bandwidth = rate * gigabyte_per_second;
    REQUIRE(check(c, "chip").size() == 1);
    CHECK(check(c, "chip")[0].path == "chip.scale_up_bandwidth");
    CHECK(check(c)[0].value == (rate == 0 ? "0 B/s" : "unknown"));
    c.scale_up_domain = 1;
    CHECK(check(c).empty());
  }
}

TEST_CASE("accelerator: every datum of the catalog has one source, its own") {
  for (const catalog::entry& e : catalog::all) {
    CAPTURE(e.name);
    layercake_test::check_sources(*e.chip, {"launch"});
    const provenance& origin = e.chip->origin;
    // Shares that are assumed of a family are not measured of a chip of it.
    const bool family_measured = chips::sustained(e.chip->family).how == confidence::measured;
    const confidence compute = origin.of("compute_efficiency").how;
    CHECK((compute == confidence::assumed) == !family_measured);
    const bool nvidia = e.chip->family == chips::family::ampere || e.chip->family == chips::family::ada ||
                        e.chip->family == chips::family::hopper || e.chip->family == chips::family::blackwell;
    CHECK(origin.of("memory_efficiency").how == (nvidia ? confidence::estimated : confidence::assumed));
    // What is computed from other figures says so.
    if (is_known(e.chip->exponential_rate)) {
      const double per_clock = in<hertz>(e.chip->exponential_rate) / e.chip->multiprocessors / in<hertz>(e.chip->clock);
      CHECK(std::string(origin.of("exponential_rate").source).find(per_clock > 20 ? "32 per" : "16 per") == 0);
    }
  }
  for (const chips::process* p : catalog::processes) {
    CAPTURE(p->name);
    layercake_test::check_sources(*p);
    CHECK(p->origin.of("wafer_diameter").how == confidence::recalled);
    CHECK(std::string(p->origin.of("fab_energy").source).find("ACT") == 0);
    CHECK(std::string(p->origin.of("defect_density").source).find("Chiplet Actuary") == 0);
  }
}

// Tensor cores by data sheet: NVIDIA A100 (2020) lists FP32, TF32, FP16, BF16 and INT8; H100 (2022) FP8 besides; Blackwell FP4
// besides. Google's TPU v4 (Jouppi et al. 2023) multiplies BF16 and INT8.
TEST_CASE("accelerator: products in formats that a chip has no units for are told from those that it makes do with") {
  using enum precision;
  const auto all = {fp32, tf32, fp16, bf16, int4};
  for (const chips::accelerator* c : {&catalog::a100_sxm_80gb, &catalog::h100_sxm, &catalog::b200_sxm, &catalog::tpu_v4,
                                      &catalog::v100_sxm2_32gb, &catalog::cerebras_wse3}) {
    CAPTURE(c->name);
    for (const precision p : all)
      CHECK(chips::multiplies(*c, p));
  }
  for (const precision p : {fp8, mxfp8}) {
    CHECK(!chips::multiplies(catalog::a100_sxm_80gb, p));
    CHECK(!chips::multiplies(catalog::tpu_v4, p));
    CHECK(chips::multiplies(catalog::h100_sxm, p));
  }
  for (const precision p : {fp4, mxfp4, nvfp4}) {
    CHECK(!chips::multiplies(catalog::h100_sxm, p));
    CHECK(chips::multiplies(catalog::b200_sxm, p));
  }
  CHECK(chips::multiplies(catalog::a100_sxm_80gb, int8));
  CHECK(!chips::multiplies(catalog::v100_sxm2_32gb, int8));
  CHECK(text_of(chips::not_multiplied(catalog::a100_sxm_80gb, fp8, "plan.math", "Set it.")) ==
        "plan.math is fp8; allowed: what A100-SXM4-80GB multiplies: fp32, tf32, fp16, bf16, int8. Set it.");
  CHECK(chips::not_multiplied(catalog::h100_sxm, fp8, "plan.math", "Set it.").empty());
}
