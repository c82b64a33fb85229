// The same formulas over double, float, batches and duals; gradients against differences; layers of the user's own.
#include <doctest/doctest.h>

#include <cmath>
#include <layercake/number/dual.hpp>
#include <xsimd/xsimd.hpp>

#include "../../approx.hpp"
#include "service.hpp"

using namespace layercake_test;

namespace {

// Ten-line replacements of each layer.
struct own_energy {
  template <class N>
  auto pull(const lc::power_demand<N>& meter) const {
    return lc::energy::basic_energy_bill<N>{.meter = meter,
                                            .plant = lc::generated_for(meter),
                                            .energy_cost = plain(meter.mean) * (55 * usd / megawatt_hour)};
  }
  template <class N>
  auto push(const lc::quantity<lc::unit::watt, N>& plant) const {
    return plant;
  }
};

struct own_chip {
  lc::quantity<lc::unit::byte> memory = 128 * gigabyte;
  lc::quantity<lc::unit::byte_per_second> scale_up_bandwidth = 400 * gigabyte / second;
  double scale_up_domain = 16;
  lc::quantity<lc::unit::watt> thermal_design_power = 500 * watt, idle_power = 60 * watt;
  lc::quantity<lc::unit::usd> price = 9000 * usd;
  template <class N>
  auto time(const lc::work<N>& w) const {
    return max(w.flop / (500 * teraflop_per_second), w.bytes / (3.2 * terabyte_per_second));
  }
};

// The same chip with its inputs described, so that they can be swept and differentiated.
template <class T = double>
struct described_chip {
  lc::quantity<lc::unit::byte, T> memory = T(128e9) * byte;
  lc::quantity<lc::unit::byte_per_second, T> scale_up_bandwidth = T(400e9) * (byte / second),
                                             bandwidth = T(3.2e12) * (byte / second);
  T scale_up_domain = T(16);
  lc::quantity<lc::unit::watt, T> thermal_design_power = T(500) * watt, idle_power = T(60) * watt;
  lc::quantity<lc::unit::usd, T> price = T(9000) * usd;
  template <class U>
  using with_number = described_chip<U>;
  static constexpr auto fields() {
    using X = described_chip;
    return std::tuple{lc::field("memory", &X::memory, lc::positive, "memory"),
                      lc::field("scale_up_bandwidth", &X::scale_up_bandwidth, lc::positive, "fabric"),
                      lc::field("bandwidth", &X::bandwidth, lc::positive, "memory bandwidth"),
                      lc::field("scale_up_domain", &X::scale_up_domain, lc::positive_count, "chips in a fabric"),
                      lc::field("thermal_design_power", &X::thermal_design_power, lc::positive, "power limit"),
                      lc::field("idle_power", &X::idle_power, lc::nonnegative, "idle power"),
                      lc::field("price", &X::price, lc::nonnegative, "price")};
  }
  template <class N>
  auto time(const lc::work<N>& w) const {
    return max(w.flop / (500 * teraflop_per_second), w.bytes / bandwidth);
  }
};

struct own_model {  // two FLOP a weight and token, 20 GB of weights
  template <class N>
  auto weights(const lc::models::split<N>& s) const {
    return N(20e9) / (s.tensor * s.pipeline) * byte;
  }
  template <class N>
  auto cache(const lc::quantity<lc::unit::token, N>& tokens, const lc::models::split<N>& s) const {
    return tokens * (100 * kilobyte / token) / s.tensor;
  }
  template <class N, class Visit>
  void operations(const lc::models::pass<N>& p, const lc::models::split<N>& s, Visit&& visit) const {
    visit(
        lc::work<N>{p.sequences * p.queries * N(40e9) / s.tensor * flop, N(20e9) / s.tensor * byte, lc::precision::fp8},
        N(1));
  }
};

struct nightly_batch {
  lc::call_demand<> pull() const {
    return {.calls = 2e6 / day,
            .input = 900 * token,
            .output = 60 * token,
            .time_to_first_token = 60 * second,
            .time_per_output_token = 1 * second / token};
  }
  template <class N>
  auto push(const lc::quantity<lc::unit::per_second, N>& calls) const {
    return lc::applications::basic_usage<N>{.tasks = calls, .users = N(1), .value = calls * (0.002 * usd)};
  }
};

template <class S, class Set>
double price_with(S s, Set&& set) {
  set(s);
  return in<usd_per_million_tokens>(s.pull(lc::counting::smooth).price_of_tokens());
}

}  // namespace

TEST_CASE("float, batch and dual give what double gives") {
  const auto s = service();
  const double expected = in<usd_per_million_tokens>(s.pull(lc::counting::smooth).price_of_tokens());
  CHECK(in<usd_per_million_tokens>(s.over<float>().pull(lc::counting::smooth).price_of_tokens()) ==
        approx(expected).epsilon(2e-3));

  using B = xsimd::batch<double>;
  const auto lanes = in<usd_per_million_tokens>(s.over<B>().pull(lc::counting::smooth).price_of_tokens());
  for (std::size_t i = 0; i < B::size; ++i)
    CHECK(lanes.get(i) == approx(expected).epsilon(1e-12));

  using D = lc::dual<double, 4>;
  CHECK(in<usd_per_million_tokens>(s.over<D>().pull(lc::counting::smooth).price_of_tokens()).value ==
        approx(expected).epsilon(1e-12));
}

TEST_CASE("lanes of one batch are independent stacks") {
  using B = xsimd::batch<double>;
  auto wide = service().over<B>();
  double prices[B::size], effectiveness[B::size];
  for (std::size_t i = 0; i < B::size; ++i)
    prices[i] = (30.0 + 20.0 * static_cast<double>(i)), effectiveness[i] = 1.1 + 0.1 * static_cast<double>(i);
  wide.energy.price = B::load_unaligned(prices) * (usd / megawatt_hour);
  wide.infrastructure.power_usage_effectiveness = B::load_unaligned(effectiveness);
  const auto lanes = in<usd_per_million_tokens>(wide.pull(lc::counting::smooth).price_of_tokens());
  for (std::size_t i = 0; i < B::size; ++i) {
    const double alone = price_with(service(), [&](auto& s) {
      s.energy.price = prices[i] * usd / megawatt_hour;
      s.infrastructure.power_usage_effectiveness = effectiveness[i];
    });
    CHECK(lanes.get(i) == approx(alone).epsilon(1e-12));
  }
}

TEST_CASE("the gradient agrees with central differences in every input") {
  const auto s = service();
  const auto slopes = lc::gradient(s);
  REQUIRE(slopes.size() > 30);
  const double base = in<usd_per_million_tokens>(s.pull(lc::counting::smooth).price_of_tokens());
  int compared = 0;
  for (const lc::sensitivity& x : slopes) {
    CAPTURE(x.input);
    if (x.value == "unknown") continue;
    // By a factor, or as it is where that leaves the field's domain: then the difference is one-sided.
    const auto at = [&](double factor) {
      double taken = 1;
      const double price = price_with(s, [&](auto& varied) {
        lc::for_each_field(varied, "", [&](const std::string& path, auto& value, const auto& field) {
          if (path != x.input || !field.allowed.contains(lc::base_value(value) * factor)) return;
          value = value * factor;
          taken = factor;
        });
      });
      return std::pair{taken, price};
    };
    const double h = 1e-5;
    const auto up = at(1 + h), down = at(1 - h);
    const double elasticity = (up.second - down.second) / (up.first - down.first) / base;
    CHECK(x.elasticity == approx(elasticity).epsilon(2e-3).scale(0.05));
    ++compared;
  }
  CHECK(compared > 30);
}

TEST_CASE("the explanation names formula, inputs and sources of every figure") {
  const auto all = lc::explain(service());
  CHECK(all.size() == std::tuple_size_v<decltype(lc::bill_figures())> + 1);  // and the formats
  CHECK(all.back().figure == "formats");
  for (const lc::explanation& e : all) {
    CAPTURE(e.figure);
    CHECK_FALSE(e.formula.empty());
    CHECK_FALSE(e.value.empty());
    for (std::size_t i = 1; i < e.inputs.size(); ++i)
      CHECK(std::abs(e.inputs[i - 1].elasticity) >= std::abs(e.inputs[i].elasticity));
  }
  const auto& price = all[0];
  REQUIRE(price.inputs.size() > 5);
  bool chip_price = false;
  for (const lc::sensitivity& x : price.inputs) {
    if (x.input != "chip.price") continue;
    chip_price = true;
    CHECK(x.elasticity > 0);
    CHECK(std::string(x.source).size() > 10);  // the catalog's source, not the caller
    CHECK(x.how != lc::confidence::given);
  }
  CHECK(chip_price);
}

TEST_CASE("an input's source is that of its nearest record") {
  const auto s = service();
  for (const lc::sensitivity& x : lc::gradient(s)) {
    if (x.input == "infrastructure.node.power_supply_efficiency")
      CHECK(std::string(x.source) == s.infrastructure.node.origin.of("power_supply_efficiency").source);
    if (x.input == "infrastructure.utilisation")
      CHECK(std::string(x.source) == s.infrastructure.origin.of("utilisation").source);
  }
}

TEST_CASE("every layer can be the user's own, in values, batches and gradients") {
  const auto base = service();
  const auto s = lc::stack{own_energy{}, own_chip{}, base.infrastructure, own_model{}, nightly_batch{}};
  const auto bill = s.pull(lc::counting::smooth);
  CHECK(in<hertz>(bill.serving.calls) == approx(2e6 / 86400));
  CHECK(bill.energy_cost() / (plain(bill.built.power.mean) * (55 * usd / megawatt_hour)) == approx(1));
  CHECK(lc::is_finite(bill.cost()));
  CHECK(s.push(bill.supplied.plant.peak).calls / bill.serving.calls == approx(1).epsilon(1e-12));

  const auto one = lc::stack{own_energy{}, described_chip<>{}, base.infrastructure, own_model{}, nightly_batch{}};
  CHECK(one.pull().cost() == s.pull().cost());
  const auto slopes = lc::gradient(one);
  bool found = false;
  for (const auto& x : slopes)
    found |= x.input == "chip.bandwidth";
  CHECK(found);
  using B = xsimd::batch<double>;
  auto wide = one.over<B>();
  wide.chip.price = wide.chip.price * B(2.0);
  const auto dear = wide.pull(lc::counting::smooth);
  CHECK(in<usd_per_hour>(dear.chip_cost()).get(0) == approx(2 * in<usd_per_hour>(bill.chip_cost())));
}

TEST_CASE("a ceiling is the same over float and batch, and its slope over a dual is its shadow price") {
  const auto s = service();
  const auto c = s.push(1 * gigawatt);
  const double tokens = in<token_per_second>(c.output_tokens);
  using B = xsimd::batch<double>;
  CHECK(in<token_per_second>(s.over<B>().push(B(1e9) * watt).output_tokens).get(0) == approx(tokens).epsilon(1e-12));
  CHECK(in<token_per_second>(s.over<float>().push(1e9f * watt).output_tokens) == approx(tokens).epsilon(1e-3));
  using D = lc::dual<double, 1>;
  const auto varied = s.over<D>().push(D::variable(1e9, 0) * watt);
  CHECK(in<token_per_second>(varied.output_tokens).slope[0] ==
        approx(in<token / joule>(c.of(&lc::grant::plant_power).tokens_per_unit)).epsilon(1e-9));
}
