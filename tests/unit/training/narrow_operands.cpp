// Products of 8 bit and fewer in training: what their operands cost, by recipe, and what is sent narrow.
#include <doctest/doctest.h>

#include <layercake/chips/catalog.hpp>
#include <layercake/models/catalog.hpp>
#include <layercake/training/law.hpp>

#include "../../approx.hpp"
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

training_plan plan_of(scaling_recipe recipe, precision math = precision::fp8) {
  training_plan p{
      .global_batch = 1, .sequence = 2048, .recompute = recomputation::none, .software = perfect_software()};
  p.math = math;
  p.software.scaling = recipe;
  return p;
}
auto step(const training_plan& p) { return training_law_of(square{}, roofline_chip{}, ring_network{}, perfect())(p); }
// Bytes of element-wise traffic for each of the 2048 x 2048 values of a product of `square`, whose input, weight and gradient are equally large.
double bytes_each(const training_plan& p) {
  return in<second>(step(p).time.work.element_wise) * layercake_test::bandwidth / (16 * 2048.0 * 2048);
}

}  // namespace

TEST_CASE("bytes to make an operand narrow, by recipe") {
  using enum scaling_recipe;
  const auto bytes = layercake::detail::narrowing_bytes;
  // worked: training/narrow_operands.hpp#narrowing_bytes
  CHECK(bytes(delayed, precision::fp8, false) == 4);     // 2 read, 1 written, 1 transposed
  CHECK(bytes(tensorwise, precision::fp8, false) == 6);  // read once more before
  CHECK(bytes(rowwise, precision::fp8, false) == 8);     // 2 + 1 by rows, 2 + 2 + 1 by columns
  CHECK(bytes(delayed, precision::fp8, true) == 3);
  CHECK(bytes(tensorwise, precision::fp8, true) == 5);
  CHECK(bytes(rowwise, precision::fp8, true) == 8);
  for (const scaling_recipe any : {delayed, tensorwise, rowwise, blockwise}) {
    CHECK(bytes(any, precision::mxfp8, true) == 2 + 2 * (1 + 1.0 / 32));    // a byte of scale for 32 values, both ways
    CHECK(bytes(any, precision::nvfp4, true) == 4 + 2 * (0.5 + 1.0 / 16));  // and the tensor's largest value before
    CHECK(bytes(any, precision::mxfp4, true) == 2 + 2 * (0.5 + 1.0 / 32));
    CHECK(bytes(any, precision::int8, false) == 4);
  }
}

TEST_CASE("operands of a step: input and weight forward, gradient backward") {
  CHECK(bytes_each(plan_of(scaling_recipe::delayed, precision::bf16)) == 0);
  CHECK(bytes_each(plan_of(scaling_recipe::delayed)) == approx(3 * 4));
  CHECK(bytes_each(plan_of(scaling_recipe::tensorwise)) == approx(3 * 6));
  CHECK(bytes_each(plan_of(scaling_recipe::blockwise)) == approx(3 * 4.0625));
  CHECK(bytes_each(plan_of(scaling_recipe::delayed, precision::mxfp8)) == approx(3 * 4.0625));
  // results of the two backward products are read and written once more, in 16 bit
  CHECK(bytes_each(plan_of(scaling_recipe::rowwise)) == approx(3 * 8 + 2 * 4));
}

TEST_CASE("weights are made narrow once a step, or in every micro-batch") {
  training_plan p = plan_of(scaling_recipe::tensorwise);
  p.global_batch = 4;
  CHECK(bytes_each(p) == approx(4 * 2 * 6 + 6));
  p.software.recasts_weights = true;
  CHECK(bytes_each(p) == approx(4 * 3 * 6));
  // sharded ones arrive narrow, and are read and written once to transpose them
  p.data = 4, p.global_batch = 16, p.sharding = sharding::full;
  CHECK(bytes_each(p) == approx(4 * (2 * 6 + 2)));
  // gathered twice in 1 byte instead of 2, gradients scattered in 2
  const double narrow = in<second>(step(p).time.sharding_exchange);
  p.software.scaling = scaling_recipe::rowwise;
  CHECK(narrow / in<second>(step(p).time.sharding_exchange) == approx((2 * 1 + 2) / 6.0));
}

TEST_CASE("tensor ranks gather in 8 bit and sum in 16") {
  const auto exchanged = [](scaling_recipe recipe, precision math, bool sequence_parallel) {
    training_plan p = plan_of(recipe, math);
    p.tensor = 8, p.sequence_parallel = sequence_parallel;
    const auto law = training_law_of(models::catalog::llama_3_1_8b, roofline_chip{}, ring_network{}, perfect());
    return in<second>(law(p).time.work.tensor_exchange);
  };
  using enum scaling_recipe;
  // Forward a gather and a scatter, backward two gathers and a scatter: 3 gathers and 2 scatters, each half an all-reduce.
  const double wide = exchanged(delayed, precision::bf16, true);
  CHECK(exchanged(delayed, precision::fp8, true) / wide == approx((3 * 0.5 + 2) / 5));
  CHECK(exchanged(tensorwise, precision::fp8, true) / wide == approx((3 * 0.5 + 2) / 5));
  CHECK(exchanged(rowwise, precision::fp8, true) / wide == approx(1));
  CHECK(exchanged(delayed, precision::mxfp8, true) / wide == approx((3 * 1.03125 / 2 + 2) / 5));
  // Without sequence parallelism one all-reduce each way, of sums.
  CHECK(exchanged(delayed, precision::fp8, false) == approx(exchanged(delayed, precision::bf16, false)));
}

// Published speeds of Llama 3 8B on eight H100 (torchtitan, commit 7a04053): 5760 tokens/s in 16 bit, 6412 with scales of rows, 7186 with one of a
// tensor. None of them is fitted.
TEST_CASE("scales of rows gain less than one of a tensor, as torchtitan measured") {
  const auto speed = [](precision math, scaling_recipe recipe) {
    training_plan p{.data = 8,
                    .global_batch = 8,
                    .sequence = 8192,
                    .sharding = sharding::full,
                    .recompute = recomputation::operators,
                    .math = math,
                    .software = compiled(software_of(training_stack::pytorch))};
    p.software.scaling = recipe;
    const infrastructure::site site;
    return 1 / in<second>(train_step(models::catalog::llama_3_1_8b, chips::catalog::h100_sxm, site, p).step_time());
  };
  const double wide = speed(precision::bf16, scaling_recipe::tensorwise);
  CHECK(speed(precision::fp8, scaling_recipe::rowwise) / wide == approx(6412 / 5760.0).epsilon(0.1));
  CHECK(speed(precision::fp8, scaling_recipe::tensorwise) / wide == approx(7186 / 5760.0).epsilon(0.05));
}

TEST_CASE("releases: Transformer Engine's default, current scaling since Megatron-Bridge and in torchao") {
  CHECK(software_of(training_stack::nemo, "24.07").scaling == scaling_recipe::delayed);
  CHECK(software_of(training_stack::megatron_bridge, "25.09").scaling == scaling_recipe::tensorwise);
  const training_software torch = software_of(training_stack::pytorch, {}, 2025);
  CHECK(torch.scaling == scaling_recipe::tensorwise);
  CHECK(torch.recasts_weights);
  CHECK_FALSE(software_of(training_stack::megatron_lm).recasts_weights);
}
