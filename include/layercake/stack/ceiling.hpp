// The ceiling: what granted resources can make, which of them binds, and what one more unit of each is worth.
#pragma once

#include <layercake/stack/bill.hpp>

namespace layercake {

// What is granted from below. What is not given (unknown) does not limit.
template <class T = double>
struct basic_grant {
  quantity<unit::watt, T> plant_power = unknown<quantity<unit::watt, T>>();  // at the power plant, busiest hour
  quantity<unit::watt, T> site_power = unknown<quantity<unit::watt, T>>();   // at the site's meter, busiest hour
  T chips = unknown<T>();
  quantity<unit::square_metre, T> silicon = unknown<quantity<unit::square_metre, T>>();
  quantity<unit::usd, T> capital = unknown<quantity<unit::usd, T>>();
  quantity<unit::square_metre, T> land = unknown<quantity<unit::square_metre, T>>();
  T construction_workers = unknown<T>();
  T operators = unknown<T>();
  quantity<unit::cubic_metre_per_second, T> water = unknown<quantity<unit::cubic_metre_per_second, T>>();
  quantity<unit::kilogram_co2e_per_second, T> carbon = unknown<quantity<unit::kilogram_co2e_per_second, T>>();
  quantity<unit::second, T> time = unknown<quantity<unit::second, T>>();  // from today; building comes off it

  template <class U>
  using with_number = basic_grant<U>;
  static constexpr auto fields() {
    using X = basic_grant;
    const domain any = nonnegative.or_unknown();
    return std::tuple{
        field("plant_power", &X::plant_power, any, "the power that plants can give at the busiest hour"),
        field("site_power", &X::site_power, any, "the power that the site's connection carries"),
        field("chips", &X::chips, any, "the chips that can be had"),
        field("silicon", &X::silicon, any, "the die area that can be had"),
        field("capital", &X::capital, any, "the money that can be spent on chips, servers, network and building"),
        field("land", &X::land, any, "the land that can be had"),
        field("construction_workers", &X::construction_workers, any, "the builders that can be hired"),
        field("operators", &X::operators, any, "the people who can be hired to run it"),
        field("water", &X::water, any, "the water that may be drawn"),
        field("carbon", &X::carbon, any, "the emissions that are allowed"),
        field("time", &X::time, any, "the time from today that the answer is for")};
  }
};
using grant = basic_grant<>;

// One resource of a ceiling. `Resource` is a quantity or, for things that are counted, the number itself.
template <class Resource, class T>
struct resource_limit {
  Resource granted;
  quantity<unit::per_second, T> calls;  // that the grant allows; infinite where it does not limit
  // What one more unit gives, 0 where the resource does not bind.
  decltype(quantity<unit::token_per_second, T>() / Resource()) tokens_per_unit{};
  decltype(quantity<unit::usd_per_second, T>() / Resource()) margin_per_unit{};  // value less cost
};

template <class T = double>
struct basic_ceiling {
  quantity<unit::per_second, T> calls, tasks;
  quantity<unit::token_per_second, T> output_tokens;
  T users = T(0);
  quantity<unit::usd_per_second, T> value, cost;
  quantity<unit::token, T> tokens_in_time;  // with `time` granted: output after building

  resource_limit<quantity<unit::watt, T>, T> plant_power, site_power;
  resource_limit<T, T> chips, construction_workers, operators;
  resource_limit<quantity<unit::square_metre, T>, T> silicon, land;
  resource_limit<quantity<unit::usd, T>, T> capital;
  resource_limit<quantity<unit::cubic_metre_per_second, T>, T> water;
  resource_limit<quantity<unit::kilogram_co2e_per_second, T>, T> carbon;

  // visit(name, limit) for every resource.
  template <class Visit>
  void for_each_limit(Visit&& visit) const {
    visit("plant_power", plant_power);
    visit("site_power", site_power);
    visit("chips", chips);
    visit("silicon", silicon);
    visit("capital", capital);
    visit("land", land);
    visit("construction_workers", construction_workers);
    visit("operators", operators);
    visit("water", water);
    visit("carbon", carbon);
  }

  // The resource that limits; "nothing granted" where none does.
  const char* binding() const requires real<T> {
    const char* name = "nothing granted";
    for_each_limit([&](const char* candidate, const auto& limit) {
      if (is_finite(limit.calls) && limit.calls == calls) name = candidate;
    });
    return name;
  }
};
using ceiling = basic_ceiling<>;

// The ceiling of `granted`. `bill_at(scale)` is the bill, with smooth counting, of the service at `scale` times its
// calls. A resource allows granted / (needed per call), and the least decides:
//   calls = min over resources of granted / need ;   d tokens / d granted = (output tokens per call) / need  for the
//   one that binds
// Needs per call are those at the ceiling itself (a larger cluster has more tiers of switches, so they change with it),
// found by four rounds from the service as it is. Throws missing_value where a resource is granted whose need is
// unknown.
template <class T, class BillAt>
basic_ceiling<T> ceiling_of(const basic_grant<T>& granted, BillAt&& bill_at) {
  basic_ceiling<T> c;
  const auto unlimited = number_cast<T>(std::numeric_limits<scalar_of_t<T>>::infinity()) * (T(1) / units::second);
  basic_bill<T> b = bill_at(T(1));
  const auto first = b.calls;

  const auto limit = [&](const char* name, auto& l, const auto& given, const auto& needed) {
    if constexpr (real<T>) {
      if (is_known(given) && !is_known(needed)) {
        raise(missing_value(std::string("grant.") + name +
                            " cannot limit: what the service needs of it is unknown; give the " +
                            "figure that is missing (a grid's carbon or water, a chip's die area)"));
      }
    }
    const auto limits = is_known(given) && (needed > needed * T(0));
    l.granted = given;
    l.calls = where(limits, b.calls * (given / where(limits, needed, needed * T(0) + given)), unlimited);
    c.calls = min(c.calls, l.calls);
  };
  const auto limit_all = [&] {
    c.calls = unlimited;
    limit("plant_power", c.plant_power, granted.plant_power, b.plant_power.peak);
    limit("site_power", c.site_power, granted.site_power, b.site_power.peak);
    limit("chips", c.chips, granted.chips, b.chips);
    limit("silicon", c.silicon, granted.silicon, b.silicon);
    limit("capital", c.capital, granted.capital, b.capex());
    limit("land", c.land, granted.land, b.land);
    limit("construction_workers", c.construction_workers, granted.construction_workers, b.construction_workers);
    limit("operators", c.operators, granted.operators, b.operators);
    limit("water", c.water, granted.water, b.water);
    limit("carbon", c.carbon, granted.carbon, b.carbon);
  };
  for (int round = 0; round < 4; ++round) {
    limit_all();
    const T scale = where(is_finite(c.calls), c.calls / first, T(1));
    b = bill_at(max(scale, T(1e-12)));  // needs per call exist for a ceiling of nothing too
  }
  limit_all();

  const T scale = c.calls / b.calls;  // 1 but for rounding, and for a ceiling of nothing
  c.tasks = b.tasks * scale;
  c.output_tokens = b.output_tokens * scale;
  c.users = b.users * scale;
  c.value = b.value * scale;
  c.cost = b.cost() * scale;
  const auto running = max(granted.time - b.time_to_build, b.time_to_build * T(0));
  c.tokens_in_time = where(is_known(granted.time), c.output_tokens * running, quantity<unit::token, T>());

  const auto price = [&](auto& l, const auto& needed) {
    const auto binds = (l.calls <= c.calls) && is_finite(l.calls);
    const auto tokens = b.output_tokens / needed;
    const auto margin = b.margin() / needed;
    l.tokens_per_unit = where(binds, tokens, decltype(tokens)());
    l.margin_per_unit = where(binds, margin, decltype(margin)());
  };
  price(c.plant_power, b.plant_power.peak);
  price(c.site_power, b.site_power.peak);
  price(c.chips, b.chips);
  price(c.silicon, b.silicon);
  price(c.capital, b.capex());
  price(c.land, b.land);
  price(c.construction_workers, b.construction_workers);
  price(c.operators, b.operators);
  price(c.water, b.water);
  price(c.carbon, b.carbon);
  return c;
}

// The ceiling as a person reads it.
inline std::string to_string(const ceiling& c) {
  std::string s =
      "ceiling " + to_string(c.output_tokens) + " out, " + to_string(c.users) + " users; binds: " + c.binding() + "\n";
  c.for_each_limit([&](const char* name, const auto& l) {
    if (!is_finite(l.calls)) return;
    std::string label = std::string("  ") + name;
    label.resize(label.size() < 26 ? 26 : label.size() + 1, ' ');
    s += label + to_string(l.granted) + " allow " +
         to_string(c.calls > 0 * units::hertz ? c.output_tokens * (l.calls / c.calls) : c.output_tokens) + " out";
    if (l.calls == c.calls)
      s += "; one more unit: " + to_string(l.tokens_per_unit) + ", margin " + detail::shown(l.margin_per_unit);
    s += "\n";
  });
  return s;
}

template <class Char, class Traits>
  requires std::same_as<Char, char> std::basic_ostream<Char, Traits>
&operator<<(std::basic_ostream<Char, Traits>& out, const ceiling& c) { return out << to_string(c); }

}  // namespace layercake
