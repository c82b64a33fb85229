// The bill: what a service asks of every layer, down to the power plant, and what it costs per second, line by line.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <layercake/applications/applications.hpp>
#include <layercake/core/unknown.hpp>
#include <layercake/energy/supply.hpp>
#include <layercake/infrastructure/need.hpp>
#include <layercake/models/formats.hpp>
#include <layercake/units/print.hpp>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>

namespace layercake {

// What models on chips answer to a rate of calls: how it is served.
template <number T = double>
struct basic_service {
  quantity<unit::per_second, T> calls;
  input_token_rate<T> input_tokens;
  output_token_rate<T> output_tokens;
  quantity<unit::second, T> time_to_first_token;
  quantity<unit::second_per_token, T> time_per_output_token;
  replica_count<T> replicas;                 // that write
  replica_count<T> reading_replicas = T(0);  // that read alone; none where prompts are read by those that write
  T concurrency = T(0);                      // calls in flight per replica at full load
  T memory_bound_concurrency = T(0);         // calls whose cache fits beside the weights of a replica
  T load = T(0);                             // mean rate over the rate that the fleet could answer
  T reading = T(0);                          // share of the replicas' time that prompts take, the rest is writing
  std::optional<models::formats> formats{};  // that the model runs in; none of a model that does not say
};

namespace detail {
// An amount over the number of things that share it; infinite where there is none of them.
template <class Amount, class Count>
auto per(const Amount& amount, const Count& count) {
  using T = std::remove_cvref_t<decltype(base_value(count))>;
  using Each = std::remove_cvref_t<decltype(amount / count)>;
  const auto none = count <= Count();  // not of an unknown count
  const auto infinite = from_base_value<Each>(number_cast<T>(std::numeric_limits<scalar_of_t<T>>::infinity()));
  return where(none, infinite, amount / where(none, from_base_value<Count>(T(1)), count));
}
}  // namespace detail

// What each layer answered, from the top down, and what it adds up to. Rates are means over time; powers are given at the busiest hour and as
// means. cost = energy + chips + infrastructure + model + application [USD/s]. What is given for each token, task or user is infinite where there is
// none of them; where no plan answers the calls, or no supply carries the power, every cost is infinite, and `why_not` (of the billing, of the
// stack) says why.
template <number T = double>
struct basic_bill {
  applications::basic_usage<T> usage;                  // tasks, users, value
  basic_service<T> serving;                            // calls, tokens, replicas, latencies
  infrastructure::infrastructure_need<T> built;        // chips, nodes, power from chip to meter, capital, people
  energy::basic_energy_bill<T> supplied;               // power at the plant, energy and capacity charges, carbon, water
  quantity<unit::usd_per_second, T> model_cost;        // royalty
  quantity<unit::usd_per_second, T> application_cost;  // what the application spends beside the stack

  auto energy_cost() const { return supplied.cost(); }
  auto chip_cost() const { return built.chip_cost; }
  auto infrastructure_cost() const { return built.cost_beside_chips(); }
  // The sum of the five layers' lines.
  auto cost() const { return energy_cost() + chip_cost() + infrastructure_cost() + model_cost + application_cost; }
  auto margin() const { return usage.value - cost(); }

  auto water() const { return supplied.water + built.water; }  // at the plants and at the site

  // Per output token: the whole cost, prompts included, over what is written. To be compared with a list of prices take the next three.
  auto price_of_tokens() const { return detail::per(cost(), plain(serving.output_tokens)); }
  // Per token, read or written: cost / (input + output tokens).
  auto blended_price() const { return detail::per(cost(), plain(serving.input_tokens) + plain(serving.output_tokens)); }
  // The cost, split over tokens read and written by the time that a replica spends on each:
  //   input price  = r C / input tokens;  output price = ((1 - r) C + R) / output tokens
  //   input price * input tokens + output price * output tokens = cost
  // r: share of a replica's time that prompts take (serving.reading) [1]; C: cost without the royalty R, which is paid for tokens written [USD/s].
  // Tokens that a cache holds count as read. Leaves out: that reading draws more power than writing. Throws nothing. Worked number: 3 $/s, a third
  // of the time reading 2 Mtok/s, the rest writing 1 Mtok/s, no royalty: 0.5 and 2 $/Mtok.
  auto input_price() const {
    return detail::per(for_all(cost_beside_royalty(), serving.reading), plain(serving.input_tokens));
  }
  auto output_price() const {
    const auto writing = for_all(cost_beside_royalty(), T(T(1) - serving.reading));
    return detail::per(writing + model_cost, plain(serving.output_tokens));
  }
  auto cost_per_task() const { return detail::per(cost(), usage.tasks); }
  auto cost_per_user() const { return detail::per(cost(), usage.users); }  // and unit of time
  auto energy_per_token() const { return detail::per(plain(supplied.plant.mean), plain(serving.output_tokens)); }
  auto energy_per_task() const { return detail::per(plain(supplied.plant.mean), usage.tasks); }
  auto carbon_per_task() const { return detail::per(supplied.carbon, usage.tasks); }
  auto water_per_task() const { return detail::per(water(), usage.tasks); }
  // All-in price of the energy that the meter counts.
  auto all_in_price() const {
    const auto mean = plain(supplied.meter.mean);
    return where(mean > quantity<unit::watt, T>(), plain(supplied.price()), detail::per(energy_cost(), mean));
  }

private:
  auto cost_beside_royalty() const { return energy_cost() + chip_cost() + infrastructure_cost() + application_cost; }
};
using bill = basic_bill<>;

// How a person reads a figure.
enum class figure_as : unsigned char {
  amount,
  people,        // whole ones, or hours
  at_full_load,  // of a replica that works at its capacity; at the mean load calls are answered sooner
  each_output_token,
  each_input_token,
  each_token,
  each_task,
  each_user,
  each_joule
};

// A figure of a bill: the layer that answers for it, its name, the equation behind it in terms of other figures and inputs, how to take it from a
// bill, whether it is one of the lines that add up to the cost, and how a person reads it.
template <class Read>
struct figure {
  const char* layer;
  const char* name;
  const char* formula;
  Read read;
  bool line = false;
  figure_as as = figure_as::amount;
};
template <class Read>
figure(const char*, const char*, const char*, Read) -> figure<Read>;
template <class Read>
figure(const char*, const char*, const char*, Read, bool) -> figure<Read>;
template <class Read>
figure(const char*, const char*, const char*, Read, bool, figure_as) -> figure<Read>;

// Every figure of a bill, layer by layer from the whole down to the plant.
constexpr auto bill_figures() {
  return std::tuple{
      figure{"total", "price_of_tokens",
             "(energy + chip + infrastructure + model + application cost) / output tokens per second",
             [](const auto& b) { return b.price_of_tokens(); }, false, figure_as::each_output_token},
      figure{"total", "blended_price", "cost / (input + output tokens per second)",
             [](const auto& b) { return b.blended_price(); }, false, figure_as::each_token},
      figure{"total", "input_price", "(cost - model cost) * reading / input tokens per second",
             [](const auto& b) { return b.input_price(); }, false, figure_as::each_input_token},
      figure{"total", "output_price", "((cost - model cost) * (1 - reading) + model cost) / output tokens per second",
             [](const auto& b) { return b.output_price(); }, false, figure_as::each_output_token},
      figure{"total", "cost", "energy + chip + infrastructure + model + application cost",
             [](const auto& b) { return b.cost(); }},
      figure{"total", "margin", "value - cost", [](const auto& b) { return b.margin(); }},
      figure{"total", "cost_per_task", "cost / tasks per second", [](const auto& b) { return b.cost_per_task(); },
             false, figure_as::each_task},
      figure{"total", "cost_per_user", "cost / users, per unit of time",
             [](const auto& b) { return b.cost_per_user(); }, false, figure_as::each_user},
      figure{"total", "energy_per_token", "mean plant power / output tokens per second",
             [](const auto& b) { return b.energy_per_token(); }, false, figure_as::each_output_token},
      figure{"total", "energy_per_task", "mean plant power / tasks per second",
             [](const auto& b) { return b.energy_per_task(); }, false, figure_as::each_task},
      figure{"total", "carbon_per_task", "carbon / tasks per second", [](const auto& b) { return b.carbon_per_task(); },
             false, figure_as::each_task},
      figure{"total", "water_per_task", "water / tasks per second", [](const auto& b) { return b.water_per_task(); },
             false, figure_as::each_task},

      figure{"applications", "users", "people active a day", [](const auto& b) { return b.usage.users; }},
      figure{"applications", "tasks", "daily users * tasks per user", [](const auto& b) { return b.usage.tasks; }},
      figure{"applications", "value", "tasks * value per task", [](const auto& b) { return b.usage.value; }},
      figure{"applications", "application_cost", "what the application spends beside the stack",
             [](const auto& b) { return b.application_cost; }, true},

      figure{"models", "calls", "tasks * calls per task", [](const auto& b) { return b.serving.calls; }},
      figure{"models", "input_tokens", "calls * input tokens per call",
             [](const auto& b) { return b.serving.input_tokens; }},
      figure{"models", "output_tokens", "calls * output tokens per call",
             [](const auto& b) { return b.serving.output_tokens; }},
      figure{"models", "time_to_first_token",
             "half a decode step + the steps that read the prompt + host time of a request",
             [](const auto& b) { return b.serving.time_to_first_token; }, false, figure_as::at_full_load},
      figure{"models", "time_per_output_token",
             "mean step of the replica: decode at the concurrency, with the prompts read between",
             [](const auto& b) { return b.serving.time_per_output_token; }, false, figure_as::at_full_load},
      figure{
          "models", "concurrency",
          "min(calls whose cache fits beside the weights, calls that keep both latency objectives, the largest batch)",
          [](const auto& b) { return b.serving.concurrency; }, false, figure_as::at_full_load},
      figure{"models", "replicas",
             "calls * peak to mean / (calls per second of a replica * utilisation * availability)",
             [](const auto& b) { return b.serving.replicas; }},
      figure{"models", "load", "calls / (calls per second of a replica * replicas)",
             [](const auto& b) { return b.serving.load; }},
      figure{"models", "reading", "1 - a step that reads no prompt / the mean step, at full load",
             [](const auto& b) { return b.serving.reading; }, false, figure_as::at_full_load},
      figure{"models", "model_cost", "output tokens * royalty", [](const auto& b) { return b.model_cost; }, true},

      figure{"infrastructure", "nodes", "chips / chips per node", [](const auto& b) { return b.built.nodes; }},
      figure{"infrastructure", "it_power_peak", "chip power with the rest of the node and network, busiest hour",
             [](const auto& b) { return b.built.it_power.peak; }},
      figure{"infrastructure", "host_power", "processors, memory, network cards and fans of the nodes, mean",
             [](const auto& b) { return b.built.mean.hosts; }},
      figure{"infrastructure", "power_supply_loss", "lost in the servers' power supplies, mean",
             [](const auto& b) { return b.built.mean.power_supplies; }},
      figure{"infrastructure", "network_power", "switches, storage and management, mean",
             [](const auto& b) { return b.built.mean.network; }},
      figure{"infrastructure", "building_power",
             "cooling and distribution: IT power * (power usage effectiveness - 1), mean",
             [](const auto& b) { return b.built.mean.building; }},
      figure{"infrastructure", "it_power_mean", "chip power with the rest of the node and network, mean",
             [](const auto& b) { return b.built.it_power.mean; }},
      figure{"infrastructure", "site_power_peak",
             "IT power * power usage effectiveness at the hottest hour, busiest hour",
             [](const auto& b) { return b.built.power.peak; }},
      figure{"infrastructure", "site_power_mean", "IT power * power usage effectiveness, mean",
             [](const auto& b) { return b.built.power.mean; }},
      figure{"infrastructure", "capex", "chips + servers + network + facility",
             [](const auto& b) { return b.built.capex(); }},
      figure{"infrastructure", "capex_servers", "chips * price of the node per chip",
             [](const auto& b) { return b.built.capex_servers; }},
      figure{"infrastructure", "capex_network", "switches, cables and network cards of a fat tree over the nodes",
             [](const auto& b) { return b.built.capex_network; }},
      figure{"infrastructure", "capex_facility", "IT power at the busiest hour * price of the building per watt",
             [](const auto& b) { return b.built.capex_facility; }},
      figure{"infrastructure", "server_cost", "servers * capital recovery factor(discount rate, IT life)",
             [](const auto& b) { return b.built.server_cost; }, true},
      figure{"infrastructure", "network_cost", "network * capital recovery factor(discount rate, IT life)",
             [](const auto& b) { return b.built.network_cost; }, true},
      figure{"infrastructure", "facility_cost", "facility * capital recovery factor(discount rate, facility life)",
             [](const auto& b) { return b.built.facility_cost; }, true},
      figure{"infrastructure", "maintenance_cost", "equipment * maintenance per year",
             [](const auto& b) { return b.built.maintenance_cost; }, true},
      figure{"infrastructure", "staff_cost", "operators * pay", [](const auto& b) { return b.built.staff_cost; }, true},
      figure{"infrastructure", "infrastructure_cost", "servers + network + facility + maintenance + staff",
             [](const auto& b) { return b.infrastructure_cost(); }},
      figure{"infrastructure", "land", "site power at the busiest hour * land per watt",
             [](const auto& b) { return b.built.land; }},
      figure{"infrastructure", "floor_area", "site power at the busiest hour * floor area per watt",
             [](const auto& b) { return b.built.floor_area; }},
      figure{"infrastructure", "operators", "site power at the busiest hour * operators per watt",
             [](const auto& b) { return b.built.operators; }, false, figure_as::people},
      figure{"infrastructure", "construction_workers",
             "site power at the busiest hour * workers per watt, at the peak of the works",
             [](const auto& b) { return b.built.construction_workers; }, false, figure_as::people},
      figure{"infrastructure", "time_to_build", "the facility's", [](const auto& b) { return b.built.time_to_build; }},
      figure{"infrastructure", "site_water", "mean IT power * water usage effectiveness",
             [](const auto& b) { return b.built.water; }},

      figure{"chips", "chips", "replicas * chips per replica, in whole nodes",
             [](const auto& b) { return b.built.chips; }},
      figure{"chips", "chip_power_peak",
             "chips in service * (idle + (power at full load - idle) * load in the busiest hour) + idle chips of "
             "filled nodes",
             [](const auto& b) { return b.built.peak.chips; }},
      figure{"chips", "chip_power_mean", "the same at the mean load", [](const auto& b) { return b.built.mean.chips; }},
      figure{"chips", "silicon", "chips * die area", [](const auto& b) { return b.built.silicon; }},
      figure{"chips", "capex_chips", "chips * price", [](const auto& b) { return b.built.capex_chips; }},
      figure{"chips", "chip_cost", "chips * price * capital recovery factor(discount rate, IT life)",
             [](const auto& b) { return b.built.chip_cost; }, true},

      figure{"energy", "plant_power_peak", "site power / (1 - transmission loss), busiest hour",
             [](const auto& b) { return b.supplied.plant.peak; }},
      figure{"energy", "plant_power_mean", "site power / (1 - transmission loss), mean",
             [](const auto& b) { return b.supplied.plant.mean; }},
      figure{"energy", "energy_charge",
             "energy at the meter * price for a grid, fuel and variable operation for a plant of one's own",
             [](const auto& b) { return b.supplied.energy_cost; }, true},
      figure{"energy", "capacity_charge",
             "peak power * demand charge for a grid, capital and fixed operation for a plant of one's own",
             [](const auto& b) { return b.supplied.capacity_cost; }, true},
      figure{"energy", "energy_cost", "energy charge + capacity charge", [](const auto& b) { return b.energy_cost(); }},
      figure{"energy", "all_in_price", "energy cost / mean power at the meter",
             [](const auto& b) { return b.all_in_price(); }, false, figure_as::each_joule},
      figure{"energy", "carbon", "energy at the plant * carbon intensity",
             [](const auto& b) { return b.supplied.carbon; }},
      figure{"energy", "water", "energy * water intensity of the plants + water at the site",
             [](const auto& b) { return b.water(); }}};
}

namespace detail {
template <class Value>
bool endless(const Value& value) {
  return is_known(without_kind(value)) && !is_finite(without_kind(value));
}

// Why a bill is infinite whose supply carries its power: more nodes than a network joins, or lines that are infinite.
template <real T>
std::string why_endless(const basic_bill<T>& b) {
  if (endless(b.built.capex_network)) return infrastructure::why_not(b.built);
  std::string lines;
  const auto look = [&](const auto& f) {
    if (f.line && endless(f.read(b))) lines += (lines.empty() ? "" : ", ") + std::string(f.name);
  };
  std::apply([&](const auto&... f) { (look(f), ...); }, bill_figures());
  return lines + " is infinite: a price or a need of that layer is. Give it a finite one.";
}
// Why a bill on `supply` is infinite. Empty where it is not.
template <class Supply, real T>
std::string why_endless(const Supply& supply, const basic_bill<T>& b) {
  if (!endless(b.cost())) return {};
  const auto& meter = b.built.power;
  const std::string reason = energy::why_not(supply, power_demand<>{plain(meter.peak), plain(meter.mean)});
  return reason.empty() ? why_endless(b) : "energy: " + reason;
}
}  // namespace detail

// A figure as a person reads it beside its name, which says its kind: one that depends on an input which nobody published reads as such.
template <class Quantity>
std::string shown(const Quantity& q) {
  return is_known(q) ? to_string(q) : std::string("unknown");
}
template <class Kind, class Quantity>
std::string shown(const of_kind<Kind, Quantity>& k) {
  return shown(plain(k));
}

namespace detail {
inline constexpr double hours_a_week = 40;  // of one person's work; assumed

// People as they can be hired: whole ones, or the hours of one.
inline std::string shown_people(double people) {
  if (!is_known(people) || !is_finite(people) || !(people > 0)) return layercake::shown(people);
  if (!(people < 1)) return to_string(ceil(people));
  constexpr double hundred = 100;  // hours are told to two decimals
  const double hours = std::round(people * hours_a_week * hundred) / hundred;
  return hours > 0 ? "fewer than 1, " + to_string(hours) + " hours a week" : std::string("fewer than 1");
}

// What there is none of where a figure for each of it is infinite though the cost is not.
constexpr const char* none_of(figure_as as) {
  switch (as) {
  case figure_as::each_output_token:
    return "no output tokens";
  case figure_as::each_input_token:
    return "no input tokens";
  case figure_as::each_token:
    return "no tokens";
  case figure_as::each_task:
    return "no tasks";
  case figure_as::each_user:
    return "no users";
  case figure_as::each_joule:
    return "no energy";
  default:
    return nullptr;
  }
}
}  // namespace detail

// A figure of a bill as a person reads it: whole people, what there is none of, and at which load.
template <class Read>
std::string shown(const figure<Read>& f, const bill& b) {
  const auto value = f.read(b);
  if constexpr (std::same_as<std::remove_cvref_t<decltype(value)>, double>) {
    if (f.as == figure_as::people) return detail::shown_people(value);
  }
  if (detail::none_of(f.as) != nullptr && is_known(without_kind(value)) && !is_finite(without_kind(value)) &&
      is_finite(b.cost()))
    return detail::none_of(f.as);
  return shown(value) + (f.as == figure_as::at_full_load && is_known(without_kind(value)) ? " at full load" : "");
}

// "  name" as wide as the column of names, so that what follows stands in a column.
inline std::string in_column(const std::string& name) {
  constexpr std::size_t width = 26;
  std::string label = "  " + name;
  label.resize(label.size() < width ? width : label.size() + 1, ' ');
  return label;
}

// The bill as a person reads it: every figure, a block per layer, the lines of the cost with their share of the whole. One whose cost is infinite
// begins with what fails.
inline std::string to_string(const bill& b) {
  std::string text, layer;
  const auto total = b.cost();
  if (is_known(total) && !is_finite(total)) {
    text = !is_finite(plain(b.serving.replicas)) ? "infeasible: the plan answers no calls; "
           : is_finite(b.energy_cost())          ? "infeasible: a line of the cost is infinite; "
                                                 : "infeasible: no supply carries the power; ";
    text += "why_not says why and what to change\n";
  }
  const auto print = [&](const auto& f) {
    if (layer != f.layer) {
      text.append(layer = f.layer).append("\n");
      if (layer == "models" && b.serving.formats)
        text.append(in_column("formats")).append(to_string(*b.serving.formats)).append("\n");
    }
    std::string name = f.name;
    std::replace(name.begin(), name.end(), '_', ' ');
    const auto value = f.read(b);
    text.append(in_column(name)).append(shown(f, b));
    if constexpr (std::same_as<std::remove_cvref_t<decltype(value)>, quantity<unit::usd_per_second>>) {
      if (f.line && is_finite(total) && total > total * 0)
        text.append(" (").append(to_string(100 * (value / total))).append(" %)");
    }
    text += '\n';
  };
  std::apply([&](const auto&... f) { (print(f), ...); }, bill_figures());
  return text;
}

template <class Char, class Traits>
  requires std::same_as<Char, char> std::basic_ostream<Char, Traits>
&operator<<(std::basic_ostream<Char, Traits>& out, const bill& b) { return out << to_string(b); }

}  // namespace layercake
