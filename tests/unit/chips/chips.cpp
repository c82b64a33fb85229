#include <doctest/doctest.h>

#include <cmath>
#include <layercake/chips/chips.hpp>
#include <layercake/number/dual.hpp>
#include <xsimd/xsimd.hpp>

#include "../../approx.hpp"
#include "../record_checks.hpp"

using namespace layercake;
using namespace layercake::units;
using chips::family;
namespace catalog = chips::catalog;

namespace {

// A user's chip: what the concept asks for and nothing else.
struct plain_chip {
  quantity<unit::byte> memory = 64 * gigabyte;
  quantity<unit::byte_per_second> scale_up_bandwidth = 100 * gigabyte_per_second;
  double scale_up_domain = 8;
  quantity<unit::watt> thermal_design_power = 300 * watt, idle_power = 30 * watt;
  quantity<unit::usd> price = 5000 * usd;
  template <class N>
  auto time(const work<N>& w) const {
    return max(w.flop / (200 * teraflop_per_second), w.bytes / (1 * terabyte_per_second));
  }
};
static_assert(chips::chip<plain_chip>);
static_assert(chips::chip<chips::accelerator>);
static_assert(chips::chip<chips::basic_accelerator<float>>);
static_assert(!chips::chip<int>);

}  // namespace

TEST_CASE("bad values of every field are refused") {
  layercake_test::check_bad_input(catalog::h100_sxm);
  layercake_test::check_bad_input(catalog::h100_sxm.peak);
  layercake_test::check_bad_input(catalog::process_n5);
  layercake_test::check_bad_input(chips::wafer_losses{});
  layercake_test::check_bad_input(chips::bill_of_materials{300 * usd, 1350 * usd, 750 * usd, 920 * usd});
}

TEST_CASE("values that contradict each other are refused") {
  chips::accelerator a = catalog::h100_sxm;
  a.idle_power = 800 * watt;
  REQUIRE(check(a).size() == 1);
  CHECK(check(a)[0].path == "idle_power");
  a = catalog::h100_sxm;
  a.peak = {};
  REQUIRE(check(a).size() == 1);
  CHECK(check(a)[0].path == "peak.bf16");
  chips::process p = catalog::process_n5;
  p.wafer_price_low = 20000 * usd;
  CHECK(check(p)[0].path == "wafer_price_low");
}

TEST_CASE("a rate that is not published falls back to the next wider format") {
  const auto tflops = [](auto q) { return in<teraflop_per_second>(q); };
  const auto& a100 = catalog::a100_sxm_80gb.peak;
  CHECK(tflops(a100.rate(precision::fp8)) == approx(312));
  CHECK(tflops(a100.rate(precision::nvfp4)) == approx(312));
  CHECK(tflops(a100.rate(precision::int8)) == approx(624));
  CHECK(tflops(a100.rate(precision::int4)) == approx(312));
  CHECK(tflops(a100.rate(precision::tf32)) == approx(156));
  CHECK(tflops(a100.rate(precision::fp32)) == approx(19.5));
  const auto& h100 = catalog::h100_sxm.peak;
  CHECK(tflops(h100.rate(precision::mxfp8)) == approx(1979));
  CHECK(tflops(h100.rate(precision::mxfp4)) == approx(1979));
  CHECK(tflops(catalog::b200_sxm.peak.rate(precision::nvfp4)) == approx(9000));
  CHECK(tflops(catalog::v100_sxm2_32gb.peak.rate(precision::bf16)) == approx(125));
  CHECK(tflops(catalog::tpu_v5e.peak.rate(precision::fp16)) == approx(197));
  CHECK(tflops(catalog::tpu_v5e.peak.rate(precision::fp32)) == approx(197.0 / 6));
  for (const catalog::entry& e : catalog::all) {
    for (int p = 0; p <= static_cast<int>(precision::int4); ++p) {
      CHECK(e.chip->peak.rate(static_cast<precision>(p)) > 0 * teraflop_per_second);
    }
  }
}

TEST_CASE("the catalog is valid, sourced and found by name") {
  CHECK(std::size(catalog::all) == 45);
  for (const catalog::entry& e : catalog::all) {
    CAPTURE(e.name);
    CHECK(check(*e.chip).empty());
    CHECK(std::string_view(e.chip->origin.source).size() > 5);
    CHECK(e.chip->origin.how != confidence::given);
    CHECK(e.chip->origin.of("memory_efficiency").how != confidence::published);
    CHECK(&catalog::find(e.name) == e.chip);
    CHECK(&catalog::find(e.chip->name) == e.chip);
  }
  CHECK(&catalog::find("H100_SXM 80GB") == &catalog::h100_sxm);
  CHECK(&catalog::find("h100") == &catalog::h100_sxm);
  CHECK(catalog::h100_sxm.origin.of("price").how == confidence::published);
  CHECK(catalog::h100_sxm.origin.of("idle_power").how == confidence::assumed);
  CHECK(catalog::tpu_v4.origin.of("idle_power").how == confidence::published);
  CHECK(catalog::v100_sxm2_16gb.origin.of("memory").how == confidence::recalled);
  CHECK_FALSE(is_known(catalog::tpu_v6e.price));
  std::string text;
  try {
    catalog::find("h100-sxm-96gb");
  } catch (const error& e) {
    text = e.what();
  }
  CHECK(text.find("h100-sxm-96gb") != std::string::npos);
  CHECK(text.find("h100-sxm-80gb") != std::string::npos);
}

TEST_CASE("roofline of a piece of work") {
  chips::accelerator a = catalog::h100_sxm;
  a.compute_efficiency = a.memory_efficiency = 1;
  CHECK(in<second>(a.time(work<>{.flop = 1 * petaflop, .bytes = 1 * terabyte})) == approx(1000 / 989.4));
  CHECK(in<second>(a.time(work<>{.flop = 0 * petaflop, .bytes = 1 * terabyte})) == approx(1 / 3.35));
  a.compute_efficiency = 0.5;
  CHECK(in<second>(a.time(work<>{.flop = 1 * petaflop, .bytes = 0 * byte, .math = precision::fp8})) ==
        approx(1000 / 989.5));
}

TEST_CASE("time_of takes a chip's own law, or the roofline of the totals") {
  const matrix_product<> op{.m = 4096, .n = 4096, .k = 4096};
  CHECK(in<second>(chips::time_of(plain_chip{}, op)) == approx(2 * 4096.0 * 4096 * 4096 / 200e12));
  CHECK(chips::time_of(catalog::h100_sxm, op) == chips::timing_of(catalog::h100_sxm).time(op));
  CHECK(chips::time_of(catalog::h100_sxm, op) > catalog::h100_sxm.time(op.totals()));
  CHECK(chips::time_of(chips::timing_of(plain_chip{}), op) == chips::time_of(plain_chip{}, op));
}

TEST_CASE("power lies between idle and the limit and grows with use") {
  const chips::accelerator& a = catalog::h100_sxm;
  CHECK(in<watt>(a.power(chips::use{1, 0.6, 0.3})) == approx(636.3).epsilon(1e-3));
  CHECK(in<watt>(a.power(chips::use{0, 0, 0})) == approx(in<watt>(a.idle_power)));
  double last = 0;
  for (int i = 0; i <= 20; ++i) {
    const double p = in<watt>(a.power(chips::use{1, i / 20.0, i / 40.0}));
    CHECK(p >= in<watt>(a.idle_power));
    CHECK(p <= 700);
    CHECK(p > last);
    last = p;
  }
  // Half the time busy: half way between idle and the power while busy.
  const double busy = in<watt>(a.power(chips::use{1, 0.4, 0.2}));
  CHECK(in<watt>(a.power(chips::use{0.5, 0.2, 0.1})) == approx(0.5 * (busy + in<watt>(a.idle_power))));
  CHECK(chips::power_of(plain_chip{}, chips::use{1, 1, 1}) < 300 * watt);
  // Under a cap.
  CHECK(a.power(chips::use{1, 0.6, 0.3}, 500 * watt) == 500 * watt);
  CHECK(a.power(chips::use{1, 0.6, 0.3}, 650 * watt) == a.power(chips::use{1, 0.6, 0.3}));
}

TEST_CASE("push undoes pull") {
  for (const double rate : {1e-3, 1.0, 7e5}) {
    const chips::basic_calls<> calls{.rate = rate / second,
                                     .chip_time = 0.37 * second,
                                     .utilisation = 0.61,
                                     .use = {.busy = 1, .compute = 0.4, .memory = 0.3}};
    const auto d = chips::pull(catalog::h100_sxm, calls);
    CHECK(plain(d.chips) == approx(rate * 0.37 / 0.61));
    CHECK(in<hertz>(chips::push(plain(d.chips), calls)) == approx(rate).epsilon(1e-15));
    CHECK(plain(d.mean_power) < plain(d.peak_power));
    CHECK(plain(d.price) == catalog::h100_sxm.price);
    CHECK(plain(chips::pull(plain_chip{}, calls).chips) == approx(plain(d.chips)));
  }
}

TEST_CASE("float, batch and dual give what double gives") {
  using batch = xsimd::batch<double>;
  const double reference = in<second>(catalog::h100_sxm.time(work<>{.flop = 3 * teraflop, .bytes = 20 * gigabyte}));
  const auto f = with_number<float>(catalog::h100_sxm);
  CHECK(in<second>(f.time(work<float>{.flop = 3.0F * teraflop, .bytes = 20.0F * gigabyte})) ==
        approx(reference).epsilon(1e-6));
  const auto b = with_number<batch>(catalog::h100_sxm);
  CHECK(in<second>(b.time(work<>{.flop = 3 * teraflop, .bytes = 20 * gigabyte})).get(1) == approx(reference));
  const auto p = b.power(chips::basic_use<batch>{batch(1), batch(0.6), batch(0.3)});
  CHECK(in<watt>(p).get(0) == approx(in<watt>(catalog::h100_sxm.power(chips::use{1, 0.6, 0.3}))));

  using slope = dual<double, 1>;
  auto d = with_number<slope>(catalog::h100_sxm);
  d.memory_bandwidth = slope::variable(3.35, 0) * terabyte_per_second;
  const auto t = in<second>(d.time(work<>{.flop = 3 * teraflop, .bytes = 20 * gigabyte}));
  CHECK(t.value == approx(reference));
  CHECK(t.slope[0] == approx(-reference / 3.35));
  const auto w = in<watt>(d.power(chips::basic_use<slope>{slope(1), slope::variable(0.6, 0), slope(0)}));
  const auto at = [&](double u) { return in<watt>(catalog::h100_sxm.power(chips::use{1, u, 0})); };
  CHECK(w.slope[0] == approx((at(0.6 + 1e-5) - at(0.6 - 1e-5)) / 2e-5).epsilon(1e-6));
}

TEST_CASE("slopes in every figure of a chip") {
  const work<> w{.flop = 3 * teraflop, .bytes = 20 * gigabyte};
  const matrix_product<> product{
      .m = 300, .n = 8192, .k = 8192, .math = precision::fp8, .weights = precision::fp8, .weight_bytes = 1};
  const attention_product<> attention{.sequences = 3,
                                      .queries = 2000,
                                      .context = 2000,
                                      .heads = 32,
                                      .key_heads = 8,
                                      .key_width = 128,
                                      .value_width = 128};
  const expert_product<> experts{.tokens = 500, .hidden = 4096, .width = 2048, .experts = 128, .active = 8};
  for (const auto& chip : {catalog::h100_sxm, catalog::mi300x}) {
    layercake_test::check_gradient(
        chip, [&](const auto& c) { return c.time(w); }, 1e-4);
    layercake_test::check_gradient(
        chip, [&](const auto& c) { return c.time(product); }, 1e-4);
    layercake_test::check_gradient(
        chip, [&](const auto& c) { return c.time(attention); }, 1e-4);
    layercake_test::check_gradient(
        chip, [&](const auto& c) { return c.time(experts); }, 1e-4);
    layercake_test::check_gradient(
        chip,
        [&](const auto& c) {
          return c.power(chips::use{0.8, 0.3, 0.2});
        },
        1e-4);
  }
  const auto area = [](const auto& p) {
    return chips::die_cost(p, 814 * square_millimetre, chips::yield(p, 814 * square_millimetre));
  };
  layercake_test::check_gradient(catalog::process_n5, area, 1e-4);
}
