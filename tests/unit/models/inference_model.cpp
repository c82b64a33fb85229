#include <doctest/doctest.h>
#include <layercake/models/models.hpp>
#include <layercake/number/dual.hpp>

#include "../../approx.hpp"
#include "../lanes.hpp"
#include "../record_checks.hpp"

using namespace layercake;
using namespace layercake::models;

namespace {
using layercake_test::batch, layercake_test::lanes;

// What a user writes: ten lines.
struct my_model {
  template <class N>
  auto weights(const split<N>& s) const {
    return 4.0 * units::gigabyte / s.tensor;
  }
  template <class N>
  auto cache(const quantity<unit::token, N>& tokens, const split<N>&) const {
    return tokens * (1000.0 * units::byte / units::token);
  }
  template <class N, class Visit>
  void operations(const pass<N>& p, const split<N>&, Visit&& visit) const {
    visit(work<N>{p.sequences * p.queries * (4.0 * units::gigaflop), 4.0 * N(1) * units::gigabyte, precision::bf16},
          N(1));
  }
};
struct no_cache {
  template <class N>
  auto weights(const split<N>&) const {
    return 1.0 * units::byte;
  }
  template <class N, class Visit>
  void operations(const pass<N>&, const split<N>&, Visit&&) const {}
};
}  // namespace

static_assert(require_model<my_model>() && require_model<deployed>() && require_model<inference_model>());
static_assert(!model<no_cache> && !model<int> && !model<transformer>);
static_assert(generates_tokens<my_model>() && generates_tokens<deployed>() && !generates_tokens<inference_model>());

TEST_CASE("a model of the user's own") {
  const auto t = pass_totals(my_model{}, pass<>{phase::prefill, 2, 10, 10});
  CHECK(in<units::gigaflop>(t.flop) == 80);
  CHECK(in<units::gigabyte>(t.bytes) == 4);
  CHECK(std::string(name_of(my_model{})) == "a model");
  CHECK(std::string(name_of(catalog::llama_3_1_8b.at(precision::bf16))) == "llama-3.1-8b");
  CHECK(std::string(name_of(catalog::pi0)) == "pi0");
}

TEST_CASE("work per inference: steps times work, weights once a batch") {
  const inference_model x{.name = "x",
                          .computation = 3.0 * units::teraflop,
                          .weights_resident = 10.0 * units::gigabyte,
                          .weights_read = 10.0 * units::gigabyte,
                          .activations = 2.0 * units::gigabyte,
                          .steps = 4};
  const auto one = pass_totals(x, pass<>{}), eight = pass_totals(x, pass<>{phase::prefill, 8, 1, 1});
  CHECK(in<units::teraflop>(one.flop) == 12);
  CHECK(in<units::gigabyte>(one.bytes) == 48);
  CHECK(in<units::teraflop>(eight.flop) == 96);
  CHECK(in<units::gigabyte>(eight.bytes) == 4 * (10 + 8 * 2));
  const auto half = pass_totals(x, pass<>{}, split<>{2, 1, 1, 1});
  CHECK(in<units::teraflop>(half.flop) == 6);
  CHECK(in<units::gigabyte>(x.weights(split<>{2, 5, 1, 1})) == 1);
  CHECK(in<units::byte>(x.cache(1000.0 * units::token, split<>{})) == 0);
  CHECK(in<units::gigabyte>(x.at(precision::fp8).weights(split<>{})) == 5);
  CHECK(in<units::teraflop>(x.at(precision::fp8).computation) == 3);

  const basic_inference_model<float> single{.computation = 3.0f * units::teraflop,
                                            .weights_resident = 10.0f * units::gigabyte,
                                            .weights_read = 10.0f * units::gigabyte,
                                            .activations = 2.0f * units::gigabyte,
                                            .steps = 4};
  CHECK(in<units::teraflop>(pass_totals(single, pass<float>{}).flop) == 12);
  CHECK(in<units::gigabyte>(single.at(precision::fp8).weights(split<float>{})) == approx(5));
  const auto both = pass_totals(x, pass<batch>{phase::prefill, lanes(1.0, 8.0), batch(1.0), batch(1.0)});
  CHECK(in<units::teraflop>(both.flop).get(1) == 96);
  using D = dual<double, 1>;
  const auto slope = pass_totals(x, pass<D>{phase::prefill, D::variable(3, 0), D(1), D(1)});
  CHECK(in<units::teraflop>(slope.flop).slope[0] == approx(12));
  CHECK(in<units::gigabyte>(slope.bytes).slope[0] == approx(8));
}

TEST_CASE("a new model given by its work asks for all of it") {
  CHECK(layercake_test::asked_of_new<inference_model>() == "computation weights_resident weights_read activations");
}

// 66 s on a V100 of 15.7 TFLOP/s and 900 GB/s, of which large kernels sustain 80 % (Jumper et al. 2021): the work was derived with 30 %
// of the peaks, and takes as long again.
TEST_CASE("work derived from a running time takes that time again") {
  const inference_model& x = catalog::alphafold_2;
  const double by_flop = in<units::flop>(x.computation) * x.steps / (15.7e12 * 0.80) / x.sustained;
  const double by_bytes = in<units::byte>(x.activations) * x.steps / (900e9 * 0.80) / x.sustained;
  CHECK(by_flop == approx(66).epsilon(0.01));
  CHECK(by_bytes == approx(66).epsilon(0.015));
  work<> seen{};
  x.operations(pass<>{}, split<>{}, [&](const auto& op, double times) {
    seen = op.totals();
    CHECK(times == 4);
  });
  CHECK(seen.sustained == approx(0.375));
}

TEST_CASE("a model by its work reaches the share of the roofline that is usual in a framework, unless it says so") {
  CHECK(inference_model{}.sustained == sustained_share(execution::eager));
  CHECK(sustained_share(execution::eager) < sustained_share(execution::compiled));
  // Stable Diffusion XL on an A100 that sustains 271 TFLOP/s: 30 steps, and 10 TFLOP of the decoder, in 3.31 and 2.54 s.
  const double flop = in<units::flop>(catalog::stable_diffusion_xl.computation) * 30 + 10e12;
  CHECK(flop / 271e12 / sustained_share(execution::eager) == approx(3.31).epsilon(0.02));
  CHECK(flop / 271e12 / sustained_share(execution::compiled) == approx(2.54).epsilon(0.02));
}
