// What is granted from below, and what a service needs of it: the resources that can hold a stack back, listed once.
#pragma once

#include <layercake/stack/bill.hpp>

namespace layercake {

template <number T>
constexpr auto resources();

// What is granted. What is not given (unknown) does not limit.
template <number T = double>
struct basic_grant {
  peak_power_at<kind::plant, T> plant_power = unknown<>;
  peak_power_at<kind::facility, T> site_power = unknown<>;
  chip_count<T> chips = unknown<>;
  quantity<unit::square_metre, T> silicon = unknown<>;
  quantity<unit::usd, T> capital = unknown<>;
  quantity<unit::square_metre, T> land = unknown<>;
  T construction_workers = unknown<>;
  T operators = unknown<>;
  quantity<unit::cubic_metre_per_second, T> water = unknown<>;
  quantity<unit::kilogram_co2e_per_second, T> carbon = unknown<>;
  quantity<unit::second, T> time = unknown<>;  // from today; building comes off it

  template <class N>
  using with_number = basic_grant<N>;
  static constexpr auto fields() {
    const domain any = nonnegative.or_unknown();
    return std::apply(
        [&](const auto&... r) {
          return std::tuple{field(r.name, r.granted, any, r.meaning)...,
                            field("time", &basic_grant::time, any, "the time from today that the answer is for")};
        },
        resources<T>());
  }
};
using grant = basic_grant<>;

// A resource: its name, where it stands in a grant, what it is, and what a bill needs of it.
template <class Grant, class Amount, class Need>
struct resource {
  const char* name;
  Amount Grant::*granted;
  const char* meaning;
  Need need;
  using amount_type = Amount;
};
template <class Grant, class Amount, class Need>
resource(const char*, Amount Grant::*, const char*, Need) -> resource<Grant, Amount, Need>;

template <number T>
constexpr auto resources() {
  using G = basic_grant<T>;
  return std::tuple{
      resource{"plant_power", &G::plant_power, "the power that plants can give at the busiest hour",
               [](const auto& b) { return b.supplied.plant.peak; }},
      resource{"site_power", &G::site_power, "the power that the site's connection carries",
               [](const auto& b) { return b.built.power.peak; }},
      resource{"chips", &G::chips, "the chips that can be had", [](const auto& b) { return b.built.chips; }},
      resource{"silicon", &G::silicon, "the die area that can be had", [](const auto& b) { return b.built.silicon; }},
      resource{"capital", &G::capital, "the money that can be spent on chips, servers, network and building",
               [](const auto& b) { return b.built.capex(); }},
      resource{"land", &G::land, "the land that can be had", [](const auto& b) { return b.built.land; }},
      resource{"construction_workers", &G::construction_workers, "the builders that can be hired",
               [](const auto& b) { return b.built.construction_workers; }},
      resource{"operators", &G::operators, "the people who can be hired to run it",
               [](const auto& b) { return b.built.operators; }},
      resource{"water", &G::water, "the water that may be drawn", [](const auto& b) { return b.water(); }},
      resource{"carbon", &G::carbon, "the emissions that are allowed",
               [](const auto& b) { return b.supplied.carbon; }}};
}

// A grant as a person reads it: every resource, and the time.
inline std::string to_string(const grant& g) {
  std::string text = "grant\n";
  for_each_field(g, "", [&](const std::string& name, const auto& value, const auto&) {
    text += in_column(name) + (is_known(value) ? shown(value) : std::string("not limited")) + "\n";
  });
  return text;
}

template <class Char, class Traits>
  requires std::same_as<Char, char> std::basic_ostream<Char, Traits>
&operator<<(std::basic_ostream<Char, Traits>& out, const grant& g) { return out << to_string(g); }

}  // namespace layercake
