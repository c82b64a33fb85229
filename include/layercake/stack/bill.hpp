// The bill: what a service asks of every layer, down to the power plant, and what it costs per second, line by line.
#pragma once

#include <layercake/core/demand.hpp>
#include <layercake/core/fields.hpp>
#include <layercake/units/print.hpp>
#include <string>
#include <tuple>

namespace layercake {

// Rates are means over time; powers are given at the busiest hour and as means.
template <class T = double>
struct basic_bill {
  // what is delivered
  quantity<unit::per_second, T> tasks, calls;
  quantity<unit::token_per_second, T> input_tokens, output_tokens;
  T users = T(0);
  quantity<unit::second, T> time_to_first_token;
  quantity<unit::second_per_token, T> time_per_output_token;

  // the fleet
  T replicas = T(0), chips = T(0), nodes = T(0);
  T concurrency = T(0);  // calls in flight per replica at full load
  T load = T(0);         // mean rate over the rate that the fleet could answer

  // power, from silicon to plant
  power_demand<T> chip_power, it_power, site_power, plant_power;

  // other flows
  quantity<unit::kilogram_co2e_per_second, T> carbon;
  quantity<unit::cubic_metre_per_second, T> water;  // at the site and at the plants

  // stocks
  quantity<unit::square_metre, T> silicon, land;
  T operators = T(0), construction_workers = T(0);
  quantity<unit::second, T> time_to_build;
  quantity<unit::usd, T> chip_capex, server_capex, network_capex, facility_capex;

  // what each layer costs
  quantity<unit::usd_per_second, T> energy_cost;
  quantity<unit::usd_per_second, T> chip_cost;  // annuity
  quantity<unit::usd_per_second, T> server_cost, network_cost, facility_cost, maintenance_cost, staff_cost;
  quantity<unit::usd_per_second, T> model_cost;        // royalty
  quantity<unit::usd_per_second, T> application_cost;  // what the application spends beside the stack
  quantity<unit::usd_per_second, T> value;             // what the tasks are worth to those who pay

  auto infrastructure_cost() const {
    return server_cost + network_cost + facility_cost + maintenance_cost + staff_cost;
  }
  auto capex() const { return chip_capex + server_capex + network_capex + facility_capex; }
  // The sum of the five layers' lines.
  auto cost() const { return energy_cost + chip_cost + infrastructure_cost() + model_cost + application_cost; }

  auto price_of_tokens() const { return cost() / output_tokens; }  // per output token
  auto cost_per_task() const { return cost() / tasks; }
  auto cost_per_user() const { return cost() / users; }  // and unit of time
  auto energy_per_token() const { return plant_power.mean / output_tokens; }
  auto energy_per_task() const { return plant_power.mean / tasks; }
  auto carbon_per_task() const { return carbon / tasks; }
  auto water_per_task() const { return water / tasks; }
  auto margin() const { return value - cost(); }
};
using bill = basic_bill<>;

// A figure of a bill: its name, the equation behind it in terms of other figures and inputs, and how to read it.
template <class Read>
struct figure {
  const char* name;
  const char* formula;
  Read read;
};
template <class Read>
figure(const char*, const char*, Read) -> figure<Read>;

// Every figure of a bill, in the order of the chain.
constexpr auto bill_figures() {
  return std::tuple{
      figure{"price_of_tokens",
             "(energy + chips + infrastructure + model + application cost) / output tokens per second",
             [](const auto& b) { return b.price_of_tokens(); }},
      figure{"cost_per_task", "cost / tasks per second", [](const auto& b) { return b.cost_per_task(); }},
      figure{"cost_per_user", "cost / users, per unit of time", [](const auto& b) { return b.cost_per_user(); }},
      figure{"water_per_task", "water / tasks per second", [](const auto& b) { return b.water_per_task(); }},
      figure{"energy_per_token", "mean plant power / output tokens per second",
             [](const auto& b) { return b.energy_per_token(); }},
      figure{"tasks", "daily users * tasks per user", [](const auto& b) { return b.tasks; }},
      figure{"calls", "tasks * calls per task", [](const auto& b) { return b.calls; }},
      figure{"output_tokens", "calls * output tokens per call", [](const auto& b) { return b.output_tokens; }},
      figure{"time_to_first_token", "half a decode step + the steps that read the prompt + host time of a request",
             [](const auto& b) { return b.time_to_first_token; }},
      figure{"time_per_output_token",
             "mean step of the replica: decode at the concurrency, with the prompts read between",
             [](const auto& b) { return b.time_per_output_token; }},
      figure{
          "concurrency",
          "min(calls whose cache fits beside the weights, calls that keep both latency objectives, the largest batch)",
          [](const auto& b) { return b.concurrency; }},
      figure{"replicas", "calls * peak to mean / (calls per second of a replica * utilisation * availability)",
             [](const auto& b) { return b.replicas; }},
      figure{"chips", "replicas * chips per replica, in whole nodes", [](const auto& b) { return b.chips; }},
      figure{"chip_power",
             "chips * (idle + (power at their use of compute and memory - idle) * share of time at work), mean",
             [](const auto& b) { return b.chip_power.mean; }},
      figure{"it_power", "chip power with the rest of the node and network, busiest hour",
             [](const auto& b) { return b.it_power.peak; }},
      figure{"site_power", "it power * power usage effectiveness, busiest hour",
             [](const auto& b) { return b.site_power.peak; }},
      figure{"plant_power", "mean site power / (1 - transmission loss)",
             [](const auto& b) { return b.plant_power.mean; }},
      figure{"carbon", "energy at the plant * carbon intensity", [](const auto& b) { return b.carbon; }},
      figure{"water", "energy * water intensity of the plants + IT energy * water usage effectiveness",
             [](const auto& b) { return b.water; }},
      figure{"silicon", "chips * die area", [](const auto& b) { return b.silicon; }},
      figure{"land", "site power * land per watt", [](const auto& b) { return b.land; }},
      figure{"operators", "site power at the busiest hour * operators per watt",
             [](const auto& b) { return b.operators; }},
      figure{"construction_workers", "site power at the busiest hour * workers per watt",
             [](const auto& b) { return b.construction_workers; }},
      figure{"capex", "chips + servers + network + facility", [](const auto& b) { return b.capex(); }},
      figure{
          "energy_cost",
          "what the supply charges: energy * price + peak power * demand charge for a grid, plant and fuel for a plant",
          [](const auto& b) { return b.energy_cost; }},
      figure{"chip_cost", "chips * price * capital recovery factor(discount rate, IT life)",
             [](const auto& b) { return b.chip_cost; }},
      figure{"infrastructure_cost", "servers + network (IT life) + facility (facility life) + maintenance + staff",
             [](const auto& b) { return b.infrastructure_cost(); }},
      figure{"model_cost", "output tokens * royalty", [](const auto& b) { return b.model_cost; }},
      figure{"application_cost", "what the application spends beside the stack",
             [](const auto& b) { return b.application_cost; }}};
}

namespace detail {
// A figure that depends on an input which nobody published reads as such.
template <class Q>
std::string shown(const Q& q) {
  return is_known(q) ? to_string(q) : std::string("unknown");
}
}  // namespace detail

// The bill as a person reads it, a block per layer from the top down.
inline std::string to_string(const bill& b) {
  using detail::shown;
  std::string s;
  const auto line = [&](const char* what, const std::string& value, const std::string& more = "") {
    std::string label = std::string("  ") + what;
    label.resize(label.size() < 26 ? 26 : label.size() + 1, ' ');
    s += label + value + (more.empty() ? "" : "   " + more) + "\n";
  };
  const double total = in<units::usd_per_hour>(b.cost());
  const auto part_of_total = [&](const quantity<unit::usd_per_second>& part) {
    if (!(total > 0) || !is_finite(total)) return to_string(part);
    return to_string(part) + " (" + to_string(100 * in<units::usd_per_hour>(part) / total) + " %)";
  };
  const auto whole = [](double n) { return to_string(n); };
  s += "applications\n";
  line("users", whole(b.users), to_string(b.tasks) + " tasks, worth " + shown(b.value));
  line("cost beside the stack", part_of_total(b.application_cost));
  s += "models\n";
  line("tokens", to_string(b.output_tokens) + " out", to_string(b.input_tokens) + " in");
  line("first token", to_string(b.time_to_first_token),
       "then " + to_string(b.time_per_output_token * (1 * units::token)) + " per token");
  line("royalty", part_of_total(b.model_cost));
  s += "infrastructure\n";
  line("fleet", whole(b.nodes) + " nodes, " + whole(b.replicas) + " replicas",
       "load " + to_string(100 * b.load) + " %");
  line("power", to_string(b.site_power.peak) + " peak", to_string(b.site_power.mean) + " mean at the meter");
  line("land, people", shown(b.land),
       whole(b.operators) + " operators, " + whole(b.construction_workers) + " builders for " +
           to_string(b.time_to_build));
  line("capex", to_string(b.capex()));
  line("cost", part_of_total(b.infrastructure_cost()));
  s += "chips\n";
  line("chips", whole(b.chips), to_string(b.chip_power.mean) + " mean, " + shown(b.silicon) + " of silicon");
  line("cost", part_of_total(b.chip_cost));
  s += "energy\n";
  line("plant", to_string(b.plant_power.mean) + " mean", shown(b.carbon) + ", water " + shown(b.water));
  line("cost", part_of_total(b.energy_cost));
  s += "total\n";
  line("cost", to_string(b.cost()));
  const bool tokens = b.output_tokens > 0 * units::token_per_second;
  line("per task", to_string(b.cost_per_task()), to_string(b.energy_per_task()));
  if (tokens) line("per output token", to_string(b.price_of_tokens()), to_string(b.energy_per_token()));
  return s;
}

template <class Char, class Traits>
  requires std::same_as<Char, char> std::basic_ostream<Char, Traits>
&operator<<(std::basic_ostream<Char, Traits>& out, const bill& b) { return out << to_string(b); }

}  // namespace layercake
