// Claim 3: a token is electrons and heat, and energy the binding ceiling, though it is hardly a cost.
//   0.24 J per token at the chip (Qwen3-235B, ML.ENERGY), servers 1.53, IT 1.14 (Epoch AI): 0.24 * 1.53 * 1.14 = 0.4186 J
//   1 GW at PUE 1.25: 1e9 / 1.25 / 0.4186 = 1.911e9 tokens/s;  82.6 $/MWh: 0.4186 * 1.25 / 3.6e9 * 82.6 * 1e6 = 0.0120 $ per million
#include <doctest/doctest.h>

#include <layercake/layercake.hpp>

#include "../approx.hpp"

namespace lc = layercake;
using namespace lc::units;

namespace {

// A chip that spends 0.24 J a token, always: 240 W, a thousand tokens a second.
struct measured_chip {
  lc::quantity<lc::unit::byte> memory = 192 * gigabyte;
  lc::quantity<lc::unit::byte_per_second> scale_up_bandwidth = 900 * gigabyte / second;
  double scale_up_domain = 1;
  lc::quantity<lc::unit::watt> thermal_design_power = 240 * watt, idle_power = 240 * watt;
  lc::quantity<lc::unit::usd> price = 37000 * usd;
  template <class N>
  auto time(const lc::work<N>& w) const {
    return w.flop / (1 * teraflop_per_second);
  }
  template <class N>
  auto power(const lc::chips::basic_use<N>&) const {
    return lc::quantity<lc::unit::watt, N>(thermal_design_power);
  }
};
struct measured_model {
  template <class N>
  auto weights(const lc::models::split<N>&) const {
    return N(100e9) * byte;
  }
  template <class N>
  auto cache(const lc::quantity<lc::unit::token, N>&, const lc::models::split<N>&) const {
    return N(60e9) * byte;
  }
  template <class N, class Visit>
  void operations(const lc::models::pass<N>& p, const lc::models::split<N>&, Visit&& visit) const {
    visit(lc::work<N>{p.sequences * N(1e9) * flop, N(1) * byte}, N(1));
  }
};

}  // namespace

TEST_CASE("claim 3: a gigawatt is 1.91e9 tokens per second at 0.0120 dollars of electricity per million") {
  // The measured energy is all there is: nothing is added for the host or lost between requests.
  const lc::serving_plan ideal{.software = {.per_step = 0 * second,
                                            .per_sequence = 0 * second,
                                            .per_request = 0 * second,
                                            .launch = 0 * second,
                                            .context = 0 * byte,
                                            .communication = 0 * byte,
                                            .graph_operation = 0 * byte,
                                            .wave_loss = 0}};
  const auto service =
      lc::stack{lc::energy::grid{.price = 82.6 * usd / megawatt_hour, .carbon = 369.5 * gram_co2e / kilowatt_hour},
                measured_chip{},
                lc::infrastructure::site{
                    .power_usage_effectiveness = 1.25, .peak_overhead = 1, .availability = 1, .utilisation = 1},
                measured_model{},
                lc::applications::assistant{.daily_users = 1e6,
                                            .tasks_per_user = 10 / day,
                                            .input = 0 * token,
                                            .output = 1e6 * token,
                                            .peak_to_mean = 1,
                                            .value_per_task = 1 * usd},
                ideal};
  const auto bill = service.pull(lc::counting::smooth);
  CHECK(in<joule_per_token>(plain(bill.built.mean.chips) / plain(bill.serving.output_tokens)) ==
        approx(0.24).epsilon(1e-5));
  CHECK(in<joule_per_token>(plain(bill.built.it_power.mean) / plain(bill.serving.output_tokens)) ==
        approx(0.4186).epsilon(1e-4));
  CHECK(in<usd_per_million_tokens>(bill.energy_cost() / plain(bill.serving.output_tokens)) ==
        approx(0.0120).epsilon(2e-3));

  const auto ceiling = service.push({.site_power = 1 * gigawatt});
  CHECK(in<token_per_second>(ceiling.output_tokens) == approx(1.911e9).epsilon(1e-3));
  CHECK(std::string(ceiling.binding()) == "site_power");
  // binding as a quantity, not as a cost: under 2 % of a price of 1 $ per million, and one more watt makes 1.91 tokens a second
  CHECK(in<usd_per_million_tokens>(bill.energy_cost() / plain(bill.serving.output_tokens)) < 0.02);
  CHECK(in<token / joule>(ceiling.of(&lc::grant::site_power).tokens_per_unit) == approx(1.911).epsilon(1e-3));
  // heat out is power in
  CHECK(in<watt>(bill.built.power.mean) / in<watt>(bill.built.it_power.mean) == approx(1.25));
}
