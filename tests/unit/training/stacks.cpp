// Training software by stack and release, and what a step makes of it.
#include <doctest/doctest.h>

#include <cmath>
#include <layercake/chips/catalog.hpp>
#include <layercake/models/catalog.hpp>
#include <layercake/number/dual.hpp>
#include <layercake/training/law.hpp>
#include <string_view>

#include "../../approx.hpp"
#include "../record_checks.hpp"
#include "roofline.hpp"
#include "square.hpp"

using namespace layercake;
using namespace layercake::units;
using layercake_test::perfect;
using layercake_test::perfect_software;
using layercake_test::ring_network;
using layercake_test::roofline_chip;
using layercake_test::square;

namespace {

double seconds(const quantity<unit::second>& t) { return in<second>(t); }
std::string_view named(training_stack s, std::string_view version = {}, double year = unknown<>) {
  return release_of(s, version, year).name;
}
const infrastructure::site site;
const chips::accelerator& a100 = chips::catalog::a100_sxm_80gb;
const chips::accelerator& h100 = chips::catalog::h100_sxm;

}  // namespace

TEST_CASE("releases of a stack rise, and say where they are from") {
  for (const training_release& r : training_releases) {
    CHECK(r.origin.source != std::string_view());
    for (const training_release& later : training_releases)
      if (&later > &r && later.stack == r.stack) CHECK(later.date > r.date);
    CHECK(check(software_of(r), "software").empty());
  }
}

TEST_CASE("a release is found by the date in its version, or else by the year; unknown is the newest") {
  CHECK(named(training_stack::nemo, "23.09", 2024) == "NeMo 2023");
  CHECK(named(training_stack::nemo, "24.03.01") == "NeMo");
  CHECK(named(training_stack::megatron_deepspeed, "2022-02") == "Megatron-DeepSpeed 2021");
  CHECK(named(training_stack::megatron_lm, "core r0.8.0", 2022) == "Megatron-LM 2022");
  CHECK(named(training_stack::megatron_lm, "core 0.14, te 2.11") == "Megatron Core");
  CHECK(named(training_stack::megatron_lm, "2.24.0", 2021) == "Megatron-LM 2021");  // no date
  CHECK(named(training_stack::pytorch, "820504e", 2023) == "PyTorch 2.0");
  CHECK(named(training_stack::native, {}, 2019) == "native");  // before all: the first
  CHECK(named(training_stack::other, {}, 2022) == "Megatron-LM 2022");
  CHECK(named(training_stack::other) == "Megatron Core");
}

TEST_CASE("what releases do, in quantities") {
  const training_constants k;
  const training_software eager = software_of(training_stack::pytorch), early = training_software::year_2021;
  CHECK(in<second>(eager.launch) == k.launch);
  // worked: training/stacks.hpp#software_of
  CHECK(in<millisecond>(eager.launch * eager.operations) == approx(0.7).epsilon(0.02));
  CHECK(eager.operations == 60);
  CHECK(early.operations == 85);  // 25 more, as scores are written
  CHECK(compiled(eager).operations == 30);
  CHECK(compiled(eager).traffic < eager.traffic);
  CHECK(compiled(training_software::year_2025).traffic == training_software::year_2025.traffic);
  CHECK(eager.attention == attention_kernel::flash_2);
  CHECK(early.hidden_data == 0);
  CHECK(early.hidden_tensor == 0);
  CHECK(training_software::year_2023.hidden_tensor == k.hidden_tensor / 2);
  CHECK(early.dropout);
  CHECK(early.flat_gathers);
  CHECK_FALSE(training_software::year_2022.flat_gathers);
  CHECK(training_software::year_2025.gradient == 2);
  CHECK(early.gradient == 4);
  CHECK(software_of(training_stack::xla).operations == 6);
  layercake_test::check_bad_input(training_software{});
}

TEST_CASE(
    "a host that is slow: launches of every layer and micro-batch, 1.5 times as many backward, and of the optimiser") {
  training_plan p{
      .global_batch = 16, .sequence = 2048, .recompute = recomputation::none, .software = perfect_software()};
  p.software.launch = 10 * millisecond, p.software.operations = 40;
  const auto law = training_law_of(square{}, roofline_chip{}, ring_network{}, perfect());
  // 16 layers: 0.4 s forward and 0.6 s backward, beside 0.3 ms of work on the chip; 12 launches of each at the end
  CHECK(seconds(law(p).step_time()) == approx(16 * 16 * 1.0 + 16 * 12 * 0.01).epsilon(1e-3));
  p.recompute = recomputation::full;
  CHECK(seconds(law(p).step_time()) == approx(16 * 16 * 1.4 + 16 * 12 * 0.01).epsilon(1e-3));
  const double slow = seconds(law(p).step_time());
  p.software.rack_scale_launches = 0.1;  // of no use on 8 chips
  CHECK(seconds(law(p).step_time()) == slow);
  roofline_chip rack;
  rack.scale_up_domain = 72;
  const auto rack_law = training_law_of(square{}, rack, ring_network{}, perfect());
  CHECK(seconds(rack_law(p).step_time()) == approx(16 * 16 * 0.14 + 16 * 12 * 0.01).epsilon(1e-2));
}

TEST_CASE("the slope of a step by the host's time") {
  using d1 = dual<double, 1>;
  training_plan p{
      .global_batch = 16, .sequence = 2048, .recompute = recomputation::none, .software = perfect_software()};
  auto sloped = with_number<d1>(p);
  sloped.software.launch = d1::variable(0.01, 0) * second;
  const d1 t =
      in<second>(training_law_of<d1>(square{}, roofline_chip{}, ring_network{}, perfect())(sloped).step_time());
  CHECK(t.slope[0] == approx(16 * 16 * 60 * 2.5 + 16 * 12).epsilon(1e-3));
}

TEST_CASE("gradients of micro-batches are added where products do not add them: 6 bytes a parameter") {
  training_plan p{
      .global_batch = 5, .sequence = 2048, .recompute = recomputation::none, .software = perfect_software()};
  const auto law = training_law_of(square{}, roofline_chip{}, ring_network{}, perfect());
  CHECK(seconds(law(p).time.accumulation) == 0);
  p.software.accumulated = 6;
  CHECK(seconds(law(p).time.accumulation) == approx(4 * 6 * 16 * 4096.0 * 4096 / layercake_test::bandwidth));
}

TEST_CASE("a rank reads and writes the experts that it holds, in time as in memory") {
  models::transformer m = models::catalog::mixtral_8x7b;
  const double expert = 3 * 4096.0 * 14336 * 32, routed = 8 * expert;
  const double rest = models::parameters(m).total() - routed;
  const auto held = [&](double tensor, double ranks, double slices) {
    training_plan p{.tensor = tensor,
                    .data = 16,
                    .expert = ranks,
                    .expert_tensor = slices,
                    .global_batch = 16,
                    .sharding = sharding::none,
                    .recompute = recomputation::none,
                    .software = perfect_software()};
    const auto f = training_law_of(m, roofline_chip{}, ring_network{}, perfect())(p);
    // 12 bytes of states read and written, a gradient of 4 read, a weight of 2 written
    const double by_time = seconds(f.time.optimizer) * layercake_test::bandwidth / 30,
                 by_memory = in<byte>(f.memory.weights) / 2;
    CHECK(by_time == approx(by_memory).epsilon(1e-12));
    return by_memory;
  };
  CHECK(held(1, 1, 0) == approx(rest + routed).epsilon(1e-3));
  CHECK(held(1, 8, 0) == approx(rest + routed / 8).epsilon(1e-3));
  CHECK(held(8, 4, 8) == approx(rest / 8 + routed / 32).epsilon(1e-3));  // fewer expert ranks than tensor ranks
  CHECK(held(8, 4, 0) == approx(rest / 8 + routed / 8).epsilon(1e-3));   // half experts, as 4 times 2 ranks are 8
  CHECK(held(2, 8, 1) == approx(rest / 2 + routed / 8).epsilon(1e-3));
  CHECK(held(4, 8, 2) == approx(rest / 4 + routed / 16).epsilon(1e-3));
}

TEST_CASE("sharded experts are gathered over the ranks that hold copies of them") {
  models::transformer m = models::catalog::mixtral_8x7b;
  const double routed = 8 * 3 * 4096.0 * 14336 * 32, rest = models::parameters(m).total() - routed;
  training_plan p{.tensor = 2,
                  .data = 32,
                  .expert = 8,
                  .expert_tensor = 2,
                  .global_batch = 32,
                  .sharding = sharding::full,
                  .recompute = recomputation::none,
                  .software = perfect_software()};
  const auto f = training_law_of(m, roofline_chip{}, ring_network{}, perfect())(p);
  // ring_network: 2 bytes / 300 GB/s (n - 1) / n; two gathers and a scatter of 2 bytes a parameter
  const double expected = 3 * 2 * 2 / 300e9 * (rest / 2 * 31 / 32 + routed / 16 * 3 / 4);
  CHECK(seconds(f.time.sharding_exchange) == approx(expected).epsilon(1e-3));
}

TEST_CASE("gathers of sharded weights hide under the layer before, all but the first, and scatters all but the last") {
  const models::transformer m = models::catalog::llama_3_1_8b;
  training_plan p{.data = 32,
                  .global_batch = 32,
                  .sequence = 8192,
                  .sharding = sharding::full,
                  .recompute = recomputation::none,
                  .software = perfect_software()};
  training_constants k = perfect();
  k.taken = 0;
  const auto exposed = [&](double hidden) {
    p.software.hidden_data = hidden;
    return seconds(training_law_of(m, roofline_chip{}, ring_network{}, k)(p).time.sharding_exchange);
  };
  // ring_network: 2 bytes / 300 GB/s (n - 1) / n, 2 bytes a parameter; 32 layers, and a forward pass takes longer than a gather, a backward pass than
  // a gather and a scatter
  const double gather = 2 * 2 * models::parameters(m).total() / 300e9 * 31 / 32;
  CHECK(exposed(0) == approx(3 * gather).epsilon(1e-3));
  CHECK(exposed(1) == approx(2 * gather / 32).epsilon(1e-3));
}

TEST_CASE("every second product and what is element-wise, computed again") {
  training_plan p{
      .global_batch = 4, .sequence = 2048, .recompute = recomputation::operators, .software = perfect_software()};
  const auto f = training_law_of(square{}, roofline_chip{}, ring_network{}, perfect())(p);
  CHECK(seconds(f.time.work.recomputed) == approx(seconds(f.time.work.products) / 6).epsilon(1e-12));
  CHECK(f.layers_again == 0.5);
  CHECK(f.attention_again == 0);
}

// Shah et al. 2024 (FlashAttention-3), figure 5: with heads of 128 and a causal mask FlashAttention-2 has about half of its rate on an H100; Dao
// 2023: on an A100 there is nothing faster.
TEST_CASE("fused attention by generation") {
  const auto attention = [](const chips::accelerator& chip, attention_kernel kernel) {
    training_plan p{.global_batch = 1, .sequence = 8192, .recompute = recomputation::none};
    p.software.attention = kernel;
    return seconds(train_step(models::catalog::llama_3_1_8b, chip, site, p).time.work.attention);
  };
  const double newest = attention(h100, attention_kernel::newest),
               second_one = attention(h100, attention_kernel::flash_2);
  CHECK(second_one > 1.15 * newest);
  CHECK(second_one < 2.2 * newest);
  CHECK(attention(h100, attention_kernel::flash_1) == approx(second_one / 0.71));
  // the backward pass of the one is at 0.73 of the forward rate, of the other at 0.85
  CHECK(attention(a100, attention_kernel::newest) / attention(a100, attention_kernel::flash_2) ==
        approx((1 + 2.5 / 0.73) / (1 + 2.5 / 0.85)));
}

TEST_CASE("experts on fewer ranks than share a layer's attention are refused") {
  training_plan p{.tensor = 8, .data = 16, .expert = 2, .expert_tensor = 2, .global_batch = 16};
  const auto found = check(p, "plan");
  REQUIRE(found.size() == 1);
  CHECK(found[0].path == "plan.tensor");
  CHECK(found[0].remedy.find("expert_tensor") != std::string::npos);
  p.expert_tensor = 256;
  CHECK_FALSE(check(p, "plan").empty());
}
