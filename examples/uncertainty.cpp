// What a million tokens cost when nothing is known exactly: fourteen inputs of a service as distributions, some of them
// correlated. How far does the price spread, and which inputs are to blame?
#include <algorithm>
#include <iomanip>
#include <iostream>
#include <layercake/bulk/run/sweep.hpp>
#include <layercake/bulk/space/sobol.hpp>
#include <layercake/layercake.hpp>
#include <layercake/planning/methods/sensitivities.hpp>
#include <string>
#include <vector>

namespace lc = layercake;
namespace bulk = layercake::bulk;
namespace planning = layercake::planning;
using namespace lc::units;

namespace {

// What is known of each. The middles are the library's or the catalog's; the widths are assumptions of this example.
const auto electricity = bulk::uncertain(
    [](auto& s) -> auto& { return s.energy.price; },
    bulk::log_normal(plain(lc::energy::catalog::grid_ercot.price), 1.3));
const auto efficiency = bulk::uncertain(
    [](auto& s) -> auto& { return s.infrastructure.power_usage_effectiveness; }, bulk::triangular(1.1, 1.25, 1.5));
const auto building = bulk::uncertain(
    [](auto& s) -> auto& { return s.infrastructure.facility.capex; }, bulk::log_normal(12.5 * usd / watt, 1.2));
const auto interest = bulk::uncertain(
    [](auto& s) -> auto& { return s.infrastructure.discount_rate; }, bulk::triangular(0.04, 0.07, 0.12));
const auto maintenance = bulk::uncertain(
    [](auto& s) -> auto& { return s.infrastructure.maintenance; }, bulk::triangular(0.005, 0.011, 0.03));
const auto availability = bulk::uncertain(
    [](auto& s) -> auto& { return s.infrastructure.availability; }, bulk::triangular(0.97, 0.996, 0.999));
const auto chip_price = bulk::uncertain(
    [](auto& s) -> auto& { return s.chip.price; }, bulk::log_normal(28000 * usd, 1.2));
const auto life = bulk::uncertain(
    [](auto& s) -> auto& { return s.infrastructure.it_life; }, bulk::triangular(3 * year, 5 * year, 7 * year));
const auto sold = bulk::uncertain(
    [](auto& s) -> auto& { return s.infrastructure.utilisation; }, bulk::triangular(0.6, 0.85, 0.95));
const auto peak = bulk::uncertain(
    [](auto& s) -> auto& { return s.application.peak_to_mean; }, bulk::triangular(1.5, 2.5, 4.0));
const auto answer = bulk::uncertain(
    [](auto& s) -> auto& { return s.application.output; }, bulk::log_normal(300 * token, 1.15));
const auto cached = bulk::uncertain(
    [](auto& s) -> auto& { return s.application.cached_share; }, bulk::triangular(0.0, 0.1, 0.5));
// How far off the predictions of serving are themselves: what sources that were left out of the fit say.
const auto rate = bulk::uncertain(
    [](auto& s) -> auto& { return s.plan.correction.throughput; },
    bulk::log_normal(1.0, lc::expected_error_of("serving_throughput", lc::regimes::saturated)->factor()));
const auto joules = bulk::uncertain(
    [](auto& s) -> auto& { return s.plan.correction.energy; },
    bulk::log_normal(1.0, lc::expected_error_of("energy")->factor()));

// Chips in short supply are dear, and kept for longer. A demand with high peaks leaves more of the capacity unsold.
const auto chips = bulk::correlated({1, 0.5, 0.5, 1}, chip_price, life);
const auto demand = bulk::correlated({1, -0.5, -0.5, 1}, sold, peak);

constexpr auto price = [](const auto& bill) { return bill.price_of_tokens(); };

double per_million(const lc::quantity<lc::unit::usd_per_token>& p) { return lc::in<usd / million_tokens>(p); }

const auto service = lc::stack{lc::energy::catalog::grid_ercot, lc::chips::catalog::h100_sxm,
                               lc::infrastructure::site{}, lc::models::catalog::llama_3_1_70b.at(lc::precision::fp8),
                               lc::applications::assistant{.daily_users = 1e6,
                                                           .tasks_per_user = 12 / day,
                                                           .input = 1200 * token,
                                                           .output = 300 * token,
                                                           .cached_share = 0.1,
                                                           .peak_to_mean = 2.5}};

// The spread, from a million draws: a thousand of what changes how a replica serves, which is laborious to work out,
// crossed with a thousand of all else. The first are then evaluated once for all of the second.
void print_spread() {
  const auto [spread, quantiles, bars, tally] =
      bulk::sweep(service)
          .sampled(bulk::sobol(1 << 10), answer, cached)
          .sampled(bulk::sobol(1 << 10), electricity, efficiency, building, interest, maintenance, availability, chips,
                   demand, rate, joules)
          .run(bulk::moments(price), bulk::quantiles({0.05, 0.5, 0.95}, price),
               bulk::histogram(0 * usd / million_tokens, 4 * usd / million_tokens, 20, price), bulk::counts());
  std::cout << "Price of a million output tokens, " << std::setprecision(0) << tally.feasible << " of " << tally.points
            << " draws feasible\n"
            << std::setprecision(2) << "  mean " << per_million(spread.mean) << " $, deviation "
            << per_million(spread.deviation) << " $; 5 % below " << per_million(quantiles[0]) << " $, half below "
            << per_million(quantiles[1]) << " $, 5 % above " << per_million(quantiles[2]) << " $\n\n";
  double most = 1;
  for (const auto n : bars.count)
    most = static_cast<double>(n) > most ? static_cast<double>(n) : most;
  for (std::size_t i = 0; i < bars.count.size(); ++i) {
    const double n = static_cast<double>(bars.count[i]);
    if (n < 1e-4 * tally.points) continue;
    std::cout << "  " << per_million(bars.edge[i]) << " to " << per_million(bars.edge[i + 1]) << " $ "
              << std::string(static_cast<std::size_t>(50 * n / most + 0.5), '#') << "\n";
  }
}

// Who is to blame: Sobol's indices, of correlated inputs together.
void print_shares() {
  auto shares =
      planning::shares_of_variance(bulk::sweep(service), bulk::sobol(1 << 13), price, electricity, efficiency, building,
                                   interest, maintenance, availability, chips, demand, answer, cached, rate, joules);
  auto& causes = shares.inputs;
  std::sort(causes.begin(), causes.end(), [](const auto& a, const auto& b) { return a.first_order > b.first_order; });
  std::cout << "\nShare of the variance that goes once an input is known   alone    +-      with its interactions\n";
  for (const auto& c : causes) {
    std::cout << "  " << std::left << std::setw(54) << c.input << std::right << std::setprecision(1) << std::setw(5)
              << 100 * c.first_order << " %  " << std::setw(3) << 100 * c.first_order_error << "    " << std::setw(5)
              << 100 * c.total << " %\n";
  }
  std::cout << "  One by one they explain " << 100 * shares.explained() << " %; the rest is interactions.\n";
}

// What each does by itself: per cent for a per cent at the stack above, and the price at both ends of its range.
void print_swings() {
  const auto of_slopes = [&](const auto&... inputs) {
    const auto result =
        planning::with_slopes([](const auto& s) { return s.pull(lc::counting::smooth); }, inputs.access...)(service);
    return [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      return std::vector<double>{planning::elasticity<Index>(price)(result)...};
    }
    (std::index_sequence_for<decltype(inputs)...>{});
  };
  const auto all = [&](const auto& f) {
    return f(electricity, efficiency, building, interest, maintenance, availability, chip_price, life, sold, peak,
             answer, cached, rate, joules);
  };
  const std::vector<double> elasticities = all(of_slopes);
  const std::vector<std::string> names = all(
      [&](const auto&... inputs) { return bulk::sweep(service).sampled(bulk::random(1), inputs...).input_names(); });
  const auto swings =
      all([&](const auto&... inputs) { return planning::tornado(bulk::sweep(service), 0.05, 0.95, price, inputs...); });
  std::cout
      << "\nEach by itself, from its 5 % to its 95 % quantile                                  price of 1M tokens  "
         "elasticity\n";
  for (const auto& s : swings) {
    std::size_t i = 0;
    while (names[i] != s.input)
      ++i;
    std::cout << "  " << std::left << std::setw(44) << s.input << std::right << std::setw(12) << s.low_input << " to "
              << std::left << std::setw(12) << s.high_input << std::right << std::setprecision(2) << "      "
              << per_million(s.at_low) << " to " << per_million(s.at_high) << " $     " << std::showpos
              << elasticities[i] << std::noshowpos << "\n";
  }
}

}  // namespace

int main() {
  std::cout << std::fixed << std::setprecision(2);
  print_spread();
  print_shares();
  print_swings();
}
