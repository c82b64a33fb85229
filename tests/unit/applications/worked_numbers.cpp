// Every worked number of the headers of applications/, each with the calculation by hand that gives it.
#include <doctest/doctest.h>

#include <layercake/applications/applications.hpp>

#include "../../worked.hpp"

namespace lc = layercake;
namespace app = lc::applications;
using layercake_test::check_stated;
using namespace lc::units;

TEST_CASE("worked numbers: workloads") {
  // worked: applications/application.hpp#workload::tasks
  // 12e6 a day / 86,400 s
  const app::assistant service{.daily_users = 1e6, .tasks_per_user = 12 / day};
  check_stated(in<hertz>(service.tasks()), "138.9");

  // worked: applications/application.hpp#workload::pull
  // 50,000 x 2 x 50 = 5e6 a day / 86,400 s
  const app::workload agent{
      .daily_users = 5e4, .tasks_per_user = 2 / day, .calls_per_task = 50, .value_per_task = 75 * usd};
  check_stated(in<hertz>(agent.pull().calls), "57.87");

  // worked: applications/application.hpp#workload::push
  // 100 / 50 = 2 tasks/s = 172,800 a day, of 2 a user; x 75 $.
  const auto made = agent.push(100 * hertz);
  check_stated(in<hertz>(made.tasks), "2");
  check_stated(made.users, "86,400");
  check_stated(in<usd / second>(made.value), "150");
}

TEST_CASE("worked numbers: reliability") {
  // worked: applications/worth.hpp#chain_success
  // exp(50 ln 0.95) = exp(-2.56466)
  check_stated(app::chain_success(0.95, 50), "0.0769");

  // worked: applications/worth.hpp#best_of
  // 1 - 0.8^10 = 1 - 0.107374
  check_stated(app::best_of(0.2, 10), "0.8926");

  // worked: applications/worth.hpp#expected_value
  // 0.99^50 = exp(-0.502517) = 0.605006; x 75 = 45.3755; - 3.60.
  const double success = app::chain_success(0.99, 50);
  check_stated(in<usd>(app::expected_value(success, 75 * usd, 3.60 * usd)), "41.78");

  // worked: applications/worth.hpp#break_even_cost
  check_stated(in<usd>(app::break_even_cost(success, 75 * usd)), "45.38");

  // worked: applications/worth.hpp#break_even_reliability
  // exp(ln(0.432) / 50) = exp(-0.0167866)
  check_stated(app::break_even_reliability(75 * usd, 32.40 * usd, 50), "0.9834");
}

TEST_CASE("worked numbers: users and price") {
  // worked: applications/worth.hpp#cost_per_daily_user
  check_stated(in<usd / day>(app::cost_per_daily_user(0.005 * usd, 12 / day)), "0.06");

  // worked: applications/worth.hpp#affordable_cost_per_daily_user
  // half of 0.05
  check_stated(in<usd / day>(app::affordable_cost_per_daily_user(0.05 * usd / day, 0.2, 0.3)), "0.025");
}

TEST_CASE("worked numbers: acceleration of work") {
  // worked: applications/worth.hpp#accelerated_throughput
  // an hour of work takes 0.64 + 0.18 = 0.82 h; 1 / 0.82
  check_stated(app::accelerated_throughput(0.36, 2.0), "1.2195");

  // worked: applications/worth.hpp#implied_acceleration
  // an hour of work takes 1 / 1.2 = 0.83333 h, of which 0.64 as before and 0.19333 for what took 0.36
  check_stated(app::implied_acceleration(0.36, 1.2), "1.862");

  // worked: applications/worth.hpp#labour_response
  // demand 1.2^1.5 = 1.31453, over 1.2: sqrt(1.2)
  check_stated(app::labour_response(1.2, lc::economics::price_elasticity{-1.5}), "1.095");
}

TEST_CASE("worked numbers: tokens of a conversation") {
  const double million = 1e6;
  // worked: applications/worth.hpp#conversation_input
  // 100 x 101 / 2 x 2,000
  const auto all = app::conversation_input(100, 2000 * token);
  check_stated(in<token>(all) / million, "10.1");

  // worked: applications/worth.hpp#conversation_input
  // 16 turns fill 32,000: 16 x 17 / 2 x 2,000 = 272,000; 84 x 32,000 = 2,688,000
  check_stated(in<token>(app::conversation_input(100, 2000 * token, 32000 * token)) / million, "2.96");

  // worked: applications/worth.hpp#reusable_input
  // 100 x 99 / 2 x 2,000; 99 / 101
  const auto seen = app::reusable_input(100, 2000 * token);
  check_stated(in<token>(seen) / million, "9.9");
  check_stated(100 * (seen / all), "98");

  // worked: applications/worth.hpp#price_of_tokens
  // 3.00 + 0.60;  0.1 x 3.00 + 0.9 x 0.30 + 0.60
  const auto price = [](double cached) {
    return in<usd>(app::price_of_tokens(1e6 * token, cached * token, 0.1, 4e4 * token, 3 * usd / million_tokens,
                                        15 * usd / million_tokens));
  };
  check_stated(price(0), "3.60");
  check_stated(price(9e5), "1.17");
}
