// The bill: its lines add up, energy is conserved from chip to plant, fleets are whole or smooth.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "../../approx.hpp"
#include "service.hpp"

using namespace layercake_test;

TEST_CASE("energy is conserved from the chips to the plant") {
  const auto s = service();
  const auto bill = s.pull();
  const auto& power = bill.built;
  // chips -> IT by the node, 1.4688 / 0.96 = 1.53, and the network, 1.14; IT -> meter by the PUE of 1.25, 1.25 + 0.6 x 0.25 =
  // 1.4 at the peak; meter -> plant by a loss of 5 %
  const double it = 1.53 * 1.14;
  CHECK(in<watt>(power.it_power.mean) / in<watt>(power.mean.chips) == approx(it).epsilon(1e-12));
  CHECK(in<watt>(power.power.mean) / in<watt>(power.it_power.mean) == approx(1.25).epsilon(1e-12));
  CHECK(in<watt>(power.power.peak) / in<watt>(power.it_power.peak) == approx(1.4).epsilon(1e-12));
  CHECK(in<watt>(bill.supplied.plant.mean) * 0.95 == approx(in<watt>(power.power.mean)).epsilon(1e-12));
  // the bill for energy: what passes the meter at the price
  CHECK(in<usd_per_hour>(bill.energy_cost()) == approx(62 * in<megawatt>(power.power.mean)).epsilon(1e-12));
  CHECK(plain(power.mean.chips) <= plain(power.peak.chips));
  CHECK(power.peak.chips <= lc::chips::catalog::h100_sxm.thermal_design_power * plain(power.chips));
}

TEST_CASE("fleets are whole where a person counts them and smooth where a gradient is asked") {
  const auto s = service();
  const auto whole = s.pull(lc::counting::whole), smooth = s.pull(lc::counting::smooth);
  CHECK(whole.serving.replicas == std::ceil(plain(smooth.serving.replicas)));
  CHECK(whole.built.nodes == std::ceil(plain(whole.built.nodes)));
  CHECK(whole.built.chips == 8 * plain(whole.built.nodes));
  CHECK(whole.built.chips >= smooth.built.chips);
  CHECK(whole.cost() >= smooth.cost());
}

TEST_CASE("a layer is swapped by its type, and only what depends on it moves") {
  const auto s = service();
  const auto base = s.pull();
  const auto dear =
      s.with(lc::energy::grid{.price = 124 * usd / megawatt_hour, .carbon = 370 * gram_co2e / kilowatt_hour}).pull();
  CHECK(dear.energy_cost() / base.energy_cost() == approx(2).epsilon(1e-12));
  CHECK(dear.chip_cost() == base.chip_cost());
  CHECK(dear.supplied.carbon == base.supplied.carbon);

  const auto other_chip = s.with(lc::chips::catalog::b200_sxm).pull();
  CHECK(other_chip.built.chips < base.built.chips);
  CHECK(other_chip.usage.tasks == base.usage.tasks);

  const auto twice =
      s.with(lc::applications::assistant{
                 .daily_users = 2e6, .tasks_per_user = 12 / day, .input = 1200 * token, .output = 300 * token})
          .pull(lc::counting::smooth);
  const auto once = s.pull(lc::counting::smooth);
  CHECK(twice.cost() / once.cost() == approx(2).epsilon(1e-9));
  CHECK(twice.price_of_tokens() / once.price_of_tokens() == approx(1).epsilon(1e-9));

  const auto far = s.with(lc::infrastructure::site{.power_usage_effectiveness = 1.1}).pull(lc::counting::smooth);
  CHECK(far.built.power.mean / once.built.power.mean == approx(1.1 / 1.25).epsilon(1e-9));

  const auto smaller = s.with(lc::models::catalog::llama_3_1_8b.at(lc::precision::fp8)).pull();
  CHECK(smaller.price_of_tokens() < base.price_of_tokens());
}

TEST_CASE("every figure of the bill prints") {
  const auto bill = service().pull();
  const std::string text = lc::to_string(bill);
  for (const char* layer : {"applications", "models", "infrastructure", "chips", "energy", "total"})
    CHECK(text.find(layer) != std::string::npos);
  std::apply(
      [&](const auto&... f) {
        const auto printed = [&](const auto& figure) {
          std::string label = figure.name;
          std::replace(label.begin(), label.end(), '_', ' ');
          CAPTURE(label);
          std::size_t line = text.find("\n  " + label + "  ");  // "carbon", not "carbon per task"
          if (line == std::string::npos) line = text.find("\n  " + label + " ");
          REQUIRE(line != std::string::npos);
          CHECK(text.find(lc::shown(figure, bill), line) < text.find('\n', line + 1));
        };
        (printed(f), ...);
      },
      lc::bill_figures());
  CHECK(text.find(" nan") == std::string::npos);
  // what nobody published says so
  const auto dry =
      service()
          .with(lc::energy::grid{.price = 62 * usd / megawatt_hour, .carbon = 370 * gram_co2e / kilowatt_hour})
          .pull();
  CHECK(lc::to_string(dry).find("unknown") != std::string::npos);
}

TEST_CASE("the lines of the cost are all of it, each once") {
  auto s = service();
  s.application.cost_per_task = 0.001 * usd;
  s.model.royalty = 0.05 * usd / million_tokens;
  s.energy.demand_charge = 10 * usd_per_kilowatt_month;
  const auto bill = s.pull();
  double lines = 0;
  std::apply(
      [&](const auto&... f) {
        const auto add = [&](const auto& figure) {
          if constexpr (std::same_as<decltype(figure.read(bill)), lc::quantity<lc::unit::usd_per_second>>)
            lines += figure.line ? in<usd_per_hour>(figure.read(bill)) : 0;
        };
        (add(f), ...);
      },
      lc::bill_figures());
  CHECK(in<usd_per_hour>(bill.cost()) == approx(lines).epsilon(1e-12));
}
