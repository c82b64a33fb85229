// The application layer alone: what users ask of the models, and when an agent pays.
#include <iostream>
#include <layercake/applications/applications.hpp>

namespace lc = layercake;
namespace app = lc::applications;
using namespace lc::units;

int main() {
  const app::assistant service{
      .daily_users = 1e6, .tasks_per_user = 12 / day, .input = 1200 * token, .output = 300 * token};
  const auto asked = service.pull();
  std::cout << "a million users ask " << to_string(asked.calls * plain(asked.output)) << " of output, "
            << to_string(asked.peak_to_mean * asked.calls * plain(asked.output)) << " at the busiest hour\n"
            << "100 calls a second serve " << service.push(100 * hertz).users << " users\n";

  const auto agent = app::catalog::coding_agent;
  for (double reliability : {0.95, 0.99}) {
    const double success = app::chain_success(reliability, agent.calls_per_task);
    std::cout << "an agent of " << agent.calls_per_task << " steps, each right " << reliability * 100
              << " % of the time, pays below " << to_string(app::break_even_cost(success, agent.value_per_task))
              << " a task\n";
  }
}
