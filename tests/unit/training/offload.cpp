// States on the hosts: bytes by published estimates, times by hand, what is hidden, and what is refused.
#include <layercake/training/offload.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <layercake/chips/catalog.hpp>
#include <layercake/models/catalog.hpp>
#include <layercake/number/dual.hpp>
#include <layercake/training/law.hpp>
#include <string>
#include <xsimd/xsimd.hpp>

#include "../../approx.hpp"
#include "../record_checks.hpp"
#include "gpt.hpp"
#include "roofline.hpp"
#include "square.hpp"

using namespace layercake;
using namespace layercake::units;
using namespace layercake_test;

namespace {
constexpr double gib = 1073741824;
double seconds(const quantity<unit::second>& t) { return in<second>(t); }
double bytes(const quantity<unit::byte>& x) { return in<byte>(x); }
const infrastructure::site site;
const chips::accelerator& h100 = chips::catalog::h100_sxm;
}  // namespace

// DeepSpeed's documentation (memory requirements): T0_3B, 2783e6 parameters, 65e6 in the largest layer, one GPU and host.
// "per CPU | per GPU": both on the host 70.00GB | 0.25GB; the optimiser alone 62.23GB | 5.43GB; nothing 0.37GB | 46.91GB, of
// GiB. Hosts have half as much again for buffers, chips two layers in 16 bit.
TEST_CASE("DeepSpeed's estimates of memory needs for T0_3B") {
  const models::rank_parameters<double> p{2783e6};
  const double layer = 2 * 65e6 * 2;
  training_layout l{.sharding = sharding::full};
  const auto of = [&](double optimizer, double weights) {
    l.offload = {.optimizer = optimizer, .weights = weights};
    return model_states(p, l);
  };
  CHECK((bytes(of(1, 1).states()) + layer) / gib == approx(0.25).epsilon(0.04));
  CHECK(bytes(of(1, 1).on_host) * 1.5 / gib == approx(70.00).epsilon(1e-3));
  CHECK((bytes(of(1, 0).states()) + layer) / gib == approx(5.43).epsilon(1e-3));
  CHECK(bytes(of(1, 0).on_host) * 1.5 / gib == approx(62.23).epsilon(1e-3));
  CHECK((bytes(of(0, 0).states()) + layer) / gib == approx(46.91).epsilon(1e-3));
  CHECK(bytes(of(0, 0).on_host) == 0);
}

// Ren et al. 2021, section 3: 2 M bytes stay on the chip, the states are cut over N ranks' hosts. M parameters, ZeRO-2.
TEST_CASE("ZeRO-Offload: 2 bytes a parameter stay, 16 over the ranks on the hosts") {
  const models::rank_parameters<double> p{10e9};
  for (const double ranks : {1.0, 16.0}) {
    training_layout l{.data = ranks, .sharding = sharding::gradients};
    l.offload.optimizer = 1;
    const auto m = model_states(p, l);
    CHECK(bytes(m.states()) == approx(20e9));
    CHECK(bytes(m.on_host) == approx(160e9 / ranks));
    l.offload.optimizer = 0.5;  // a part of all that
    CHECK(bytes(model_states(p, l).optimizer) == approx(60e9 / ranks));
    CHECK(bytes(model_states(p, l).gradients) == approx(20e9 / ranks));
    CHECK(bytes(model_states(p, l).on_host) == approx(80e9 / ranks));
    l.sharding = sharding::optimizer;  // gradients are added up on the chip
    CHECK(bytes(model_states(p, l).gradients) == approx(40e9));
  }
}

TEST_CASE("two layers of what lies on the host are on the chip; experts alone can be there") {
  const double layer = 2 * 4096.0 * 128 * (32 + 8) + 3 * 4096.0 * 14336;
  training_layout l{};
  CHECK(bytes(memory_of_training(models::catalog::llama_3_1_8b, l).gathered) == 0);
  l.offload.weights = 0.5;
  const auto m = memory_of_training(models::catalog::llama_3_1_8b, l);
  CHECK(bytes(m.gathered) == approx(2 * layer * 2));
  CHECK(bytes(m.weights) == approx(models::parameters(models::catalog::llama_3_1_8b).total()).epsilon(1e-3));
  CHECK(bytes(m.on_host) == approx(bytes(m.weights)));

  const models::transformer& x = models::catalog::deepseek_v3;
  l = {.data = 64, .expert = 64};
  const auto here = memory_of_training(x, l);
  l.offload.experts = 1;
  const auto there = memory_of_training(x, l);
  const double routed = models::parameters(x).experts / 64, expert_layer = routed / 58;
  CHECK(bytes(here.weights - there.weights) == approx(2 * routed));
  CHECK(bytes(there.on_host) == approx(2 * routed));
  CHECK(bytes(there.gathered) == approx(2 * expert_layer * 2));
  CHECK(bytes(there.optimizer) == bytes(here.optimizer));
}

namespace {
// 16 layers of 4096 by 4096 parameters, micro-batches of 16384 positions: F = B - W = W = 16 * 2 * 16384^3 / 500e12 s.
constexpr double parameters = 16 * 4096.0 * 4096;
training_plan by_hand(double micro_batches) {
  return {.global_batch = micro_batches,
          .sequence = 16384,
          .sharding = sharding::gradients,
          .recompute = recomputation::none,
          .software = perfect_software()};
}
training_constants plain_software() {
  training_constants k;
  k.products = 1;
  k.maturity = k.straggling = 0;
  return k;
}
const auto law = training_law_of(square{}, roofline_chip{}, ring_network{}, plain_software());
const double third = 16 * 2 * 16384.0 * 16384 * 16384 / 500e12;
}  // namespace

TEST_CASE("the host's update by hand: 32 bytes a parameter of its memory, 2 of the link's, whichever takes longer") {
  training_plan p = by_hand(4);
  const auto plain_step = law(p);
  CHECK(seconds(plain_step.time.work.total()) == approx(12 * third).epsilon(1e-9));
  p.offload.optimizer = 1;
  p.host = {.link = 50 * gigabyte_per_second, .memory_bandwidth = 100 * gigabyte_per_second, .memory = 100 * gigabyte};
  auto f = law(p);
  CHECK(seconds(f.time.optimizer) == approx(32 * parameters / 100e9).epsilon(1e-9));
  // gradients go under the backward pass but for the last layer's
  CHECK(seconds(f.time.offload) == approx(2 * parameters / 16 / 50e9).epsilon(1e-9));
  CHECK(seconds(f.step_time() - plain_step.step_time()) ==
        approx(seconds(f.time.optimizer - plain_step.time.optimizer + f.time.offload)).epsilon(1e-9));
  p.host.link = 1 * gigabyte_per_second;
  CHECK(seconds(law(p).time.optimizer) == approx(2 * parameters / 1e9).epsilon(1e-9));
  // half of it: the chip updates the other half meanwhile
  p.host = {.link = 50 * gigabyte_per_second, .memory_bandwidth = 100 * gigabyte_per_second, .memory = 100 * gigabyte};
  p.offload.optimizer = 0.5;
  CHECK(seconds(law(p).time.optimizer) == approx(16 * parameters / 100e9).epsilon(1e-9));
  p.host.memory_bandwidth = 100 * terabyte_per_second, p.host.link = 100 * terabyte_per_second;
  CHECK(seconds(law(p).time.optimizer) == approx(seconds(plain_step.time.optimizer) / 2).epsilon(1e-9));
  // one step late it is under the next step's work
  p = by_hand(4), p.offload.optimizer = 1, p.delayed_update = true;
  p.host = {.link = 50 * gigabyte_per_second, .memory_bandwidth = 100 * gigabyte_per_second, .memory = 100 * gigabyte};
  CHECK(seconds(law(p).time.optimizer) == 0);
  p.host.memory_bandwidth = 1 * gigabyte_per_second;
  p.sharding = sharding::optimizer;
  CHECK(seconds(law(p).time.optimizer) == approx(32 * parameters / 1e9 - 12 * third).epsilon(1e-9));
}

TEST_CASE("gradients that take longer than the work they hide under, by hand") {
  training_plan p = by_hand(1);
  p.offload.optimizer = 1;
  const double slow = 0.05e9, gradients = 2 * parameters / slow;
  REQUIRE(gradients > 3 * third);
  p.host = {.link = slow * (byte / second), .memory_bandwidth = 1 * terabyte_per_second, .memory = 100 * gigabyte};
  CHECK(seconds(law(p).time.offload) == approx(gradients - 2 * third).epsilon(1e-9));  // after the forward pass
  p.global_batch = 4;  // and of three micro-batches before, each under the whole of the next
  CHECK(seconds(law(p).time.offload) == approx(4 * gradients - 3 * 3 * third - 2 * third).epsilon(1e-9));
  p.sharding = sharding::optimizer;  // once a step
  CHECK(seconds(law(p).time.offload) == approx(gradients - 2 * third).epsilon(1e-9));
  // a host that is slow to add up, 12 bytes a parameter
  p.sharding = sharding::gradients, p.host.link = 1 * terabyte_per_second;
  p.host.memory_bandwidth = slow * (byte / second);
  CHECK(seconds(law(p).time.offload) ==
        approx(3 * (12 * parameters / slow - 3 * third) + 2 * parameters / 16 / 1e12).epsilon(1e-9));
}

TEST_CASE("weights read before each pass, by hand") {
  training_plan p = by_hand(4);
  p.offload.weights = 1;
  p.host = {.link = 50 * gigabyte_per_second, .memory = 100 * gigabyte};  // what hosts do not update needs no rate
  const double first = 2 * parameters / 16;
  CHECK(seconds(law(p).time.offload) == approx(first / 50e9).epsilon(1e-9));  // all but the first layer's is hidden
  // new weights go to the host
  CHECK(seconds(law(p).time.optimizer) ==
        approx(std::max(2 * parameters / 50e9, 30 * parameters / 2e12)).epsilon(1e-9));
  const double slow = 0.1e9, reads = 4 * parameters / slow;
  REQUIRE(reads > 3 * third);
  p.host.link = slow * (byte / second);
  CHECK(seconds(law(p).time.offload) == approx(first / slow + 4 * (reads - 3 * third)).epsilon(1e-9));
  // with the optimiser beside them nothing goes back
  p.offload.optimizer = 1, p.host.memory_bandwidth = 100 * gigabyte_per_second;
  CHECK(seconds(law(p).time.optimizer) == approx(32 * parameters / 100e9).epsilon(1e-9));
  // sharded weights: each rank reads its own share
  p = by_hand(4), p.offload.weights = 1, p.host = {.link = slow * (byte / second), .memory = 100 * gigabyte};
  p.data = 16, p.global_batch = 64, p.sharding = sharding::full;
  CHECK(seconds(law(p).time.offload) == approx(first / 16 / slow).epsilon(1e-9));
  CHECK(bytes(law(p).memory.on_host) == approx(2 * parameters / 16));
}

// Ren et al. 2021, abstract and section 6: "13 billion parameters on a single GPU", a V100 of 32 GB, where PyTorch trains 1.4
// billion, at hardly any cost of speed with gradients of 512 sequences: 65 layers of 4096.
TEST_CASE("ZeRO-Offload's 13 billion parameters on one V100") {
  training_plan p{.micro_batch = 4,
                  .global_batch = 512,
                  .sequence = 1024,
                  .software_age = 3,
                  .fused_attention = false,
                  .sharding = sharding::gradients,
                  .recompute = recomputation::full,
                  .math = precision::fp16,
                  .software = training_software::year_2021};
  const auto of = [&](double layers, double width, double heads) {
    return train_step(gpt(layers, width, heads, 50304), chips::catalog::v100_sxm3_32gb, site, p);
  };
  CHECK_FALSE(of(65, 4096, 32).memory.fits());
  const auto without = of(65, 4096, 32);
  p.offload.optimizer = 1;
  p.host = {.link = 16 * gigabyte_per_second, .memory_bandwidth = 70 * gigabyte_per_second, .memory = 1.5 * terabyte};
  const auto with = of(65, 4096, 32);
  CHECK(models::parameters(gpt(65, 4096, 32, 50304)).total() == approx(13e9).epsilon(0.03));
  CHECK(with.memory.fits());
  CHECK(seconds(with.step_time()) < 1.05 * seconds(without.step_time()));
  CHECK_FALSE(of(75, 4096, 32).memory.fits());  // 15 billion
  p.offload.optimizer = 0;
  CHECK_FALSE(of(40, 2048, 16).memory.fits());  // 2 billion
}

// torchao's low_bit_optim (README, 2024): 1.1e9 parameters, a step of 1.27 s, on a Ryzen 5600 with two channels of DDR4. With
// ZeRO-Offload, "untuned", 3.13 s; with 16-bit states, half as wide, and each update as soon as its gradient is there
// 1.53 s. What lies between is 32-bit states after the step, at 51.2 GB/s of DDR4-3200 the most that the host has.
TEST_CASE("an update on a desktop's memory lies between torchao's and DeepSpeed's") {
  training_plan p{.global_batch = 1, .sharding = sharding::gradients};
  p.offload.optimizer = 1;
  p.host = {.link = 25 * gigabyte_per_second, .memory_bandwidth = 51.2 * gigabyte_per_second, .memory = 64 * gigabyte};
  const models::rank_parameters<double> all{1.1e9};
  const auto t =
      layercake::detail::offload_times_of(p, training_layout_of(p), {all, all, 40.0, 1.27 * second, 0.9 * second});
  CHECK(seconds(t.update + t.exposed) > 1.53 - 1.27);
  CHECK(seconds(t.update + t.exposed) < 3.13 - 1.27);
}

TEST_CASE("float, batch and dual agree with double, and lanes with and without") {
  training_plan p{
      .tensor = 2, .pipeline = 2, .data = 4, .global_batch = 32, .sequence = 4096, .sharding = sharding::gradients};
  p.offload = {.optimizer = 0.5, .weights = 0.25};
  p.host = {.link = 3 * gigabyte_per_second, .memory_bandwidth = 50 * gigabyte_per_second, .memory = 200 * gigabyte};
  const models::transformer& m = models::catalog::llama_3_1_8b;
  const double expected = seconds(train_step(m, h100, site, p).step_time());
  const auto single =
      train_step(with_number<float>(m), with_number<float>(h100), with_number<float>(site), with_number<float>(p));
  CHECK(static_cast<double>(in<second>(single.step_time())) == approx(expected).epsilon(1e-4));
  using batch = xsimd::batch<double>;
  auto lanes = with_number<batch>(p);
  double shares[batch::size], times[batch::size];
  for (std::size_t i = 0; i < batch::size; ++i)
    shares[i] = i % 2 == 0 ? 0 : 0.5;
  lanes.offload.optimizer = batch::load_unaligned(shares);
  lanes.offload.weights = batch(0);
  in<second>(training_law_of<batch>(m, h100, site)(lanes).step_time()).store_unaligned(times);
  for (std::size_t i = 0; i < batch::size; ++i) {
    training_plan one = p;
    one.offload = {.optimizer = shares[i]};
    CHECK(times[i] == approx(seconds(training_law_of(m, h100, site)(one).step_time())).epsilon(1e-12));
  }
  using d1 = dual<double, 1>;
  auto dp = with_number<d1>(p);
  dp.host.memory_bandwidth = d1::variable(50e9, 0) * (byte / second);
  const d1 slope = in<second>(training_law_of<d1>(m, h100, site)(dp).step_time());
  const auto at = [&](double rate) {
    training_plan q = p;
    q.host.memory_bandwidth = rate * (byte / second);
    return seconds(training_law_of(m, h100, site)(q).step_time());
  };
  CHECK(slope.value == approx(expected).epsilon(1e-12));
  CHECK(slope.slope[0] < 0);
  CHECK(slope.slope[0] == approx((at(50.001e9) - at(49.999e9)) / 2e6).epsilon(1e-5));
}

TEST_CASE("a host that is not known or too small is told") {
  layercake_test::check_bad_input(training_offload{});
  layercake_test::check_bad_input(training_host{});
  training_plan p{.global_batch = 4, .sharding = sharding::gradients};
  const auto text_of = [](const training_plan& q) -> std::string {
    try {
      train_step(models::catalog::llama_3_1_8b, h100, site, q);
    } catch (const invalid_value& e) {
      return e.what();
    }
    return {};
  };
  const auto says = [](const std::string& text, const char* words) {
    CAPTURE(text);
    CHECK(text.find(words) != std::string::npos);
  };
  CHECK(text_of(p).empty());
  p.offload.weights = 1;
  says(text_of(p), "plan.host.link is unknown");
  says(text_of(p), "plan.host.memory is unknown");
  CHECK(text_of(p).find("memory_bandwidth") == std::string::npos);
  p.offload.optimizer = 1.5;
  says(text_of(p), "plan.offload.optimizer is 1.5");
  p.offload.optimizer = 1;
  says(text_of(p), "plan.host.memory_bandwidth is unknown");
  p.host = {.link = 64 * gigabyte_per_second, .memory_bandwidth = 50 * gigabyte_per_second, .memory = 100 * gigabyte};
  CHECK(text_of(p).empty());
  const auto f = train_step(models::catalog::llama_3_1_8b, h100, site, p);
  CHECK(bytes(f.memory.on_host) ==
        approx(18 * models::parameters(models::catalog::llama_3_1_8b).total()).epsilon(1e-3));
  CHECK_FALSE(f.memory.fits());
  CHECK(f.memory.share() == approx(bytes(f.memory.on_host) / 100e9));
  CHECK(std::isinf(seconds(f.feasible_step_time())));
  says(how_to_fit(f.memory, p), "of its host. Lower plan.offload.optimizer");
  p.host.memory = 200 * gigabyte;
  CHECK(train_step(models::catalog::llama_3_1_8b, h100, site, p).memory.fits());
}
