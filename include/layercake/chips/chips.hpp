// The chips layer: accelerators, the time and power of work on them, silicon. What any chip must offer to stand in a
// stack.
#pragma once

#include <layercake/chips/accelerator.hpp>
#include <layercake/chips/catalog.hpp>
#include <layercake/chips/memory.hpp>
#include <layercake/chips/silicon.hpp>
#include <layercake/chips/wafers.hpp>
#include <layercake/core/demand.hpp>
#include <layercake/number/check.hpp>
#include <string>
#include <vector>

namespace layercake::chips {

namespace detail {
template <class Chip>
concept has_memory = requires(const Chip& c) {
  c.memory + 1.0 * units::byte;
};
template <class Chip>
concept has_scale_up = requires(const Chip& c) {
  c.scale_up_bandwidth + 1.0 * (units::byte / units::second);
  c.scale_up_domain * 1.0;
};
template <class Chip>
concept has_power_limits = requires(const Chip& c) {
  c.thermal_design_power + 1.0 * units::watt;
  c.idle_power + 1.0 * units::watt;
};
template <class Chip>
concept has_price = requires(const Chip& c) {
  c.price + 1.0 * units::usd;
};
template <class Chip, class N = double>
concept has_time = requires(const Chip& c, const work<N>& w) {
  c.time(w) + 1.0 * units::second;
};
}  // namespace detail

// The fast fabric of a chip, as the network is asked: a torus where the chip says so.
template <number T, class Chip>
constexpr scale_up_fabric<T> fabric_of(const Chip& c) {
  scale_up_fabric<T> f{c.scale_up_bandwidth, number_cast<T>(c.scale_up_domain)};
  if constexpr (requires { c.torus_axes; })
    f.axes = number_cast<T>(c.torus_axes), f.wraps_from = number_cast<T>(c.torus_wraps_from);
  return f;
}

// A chip: how much memory, how fast its fabric, how many watts, what it costs, and how long it takes for a piece of
// work. Everything else is optional: name, die_area (unknown), power(use) (the law of family::other),
// time(matrix_product), time(attention_product) and so on (the roofline of the operation's totals).
template <class Chip>
concept chip = detail::has_memory<Chip> && detail::has_scale_up<Chip> && detail::has_power_limits<Chip> &&
    detail::has_price<Chip> && detail::has_time<Chip>;

// Says which member a type lacks to be a chip; the stack calls it first.
template <class Chip>
consteval bool require_chip() {
  static_assert(detail::has_memory<Chip>, "layercake: a chip needs a member `memory`, a quantity<unit::byte>");
  static_assert(detail::has_scale_up<Chip>,
                "layercake: a chip needs members `scale_up_bandwidth`, a "
                "quantity<unit::byte_per_second>, and `scale_up_domain`, a number of chips");
  static_assert(detail::has_power_limits<Chip>,
                "layercake: a chip needs members `thermal_design_power` and `idle_power`, each a quantity<unit::watt>");
  static_assert(
      detail::has_price<Chip>,
      "layercake: a chip needs a member `price`, a quantity<unit::usd>; unknown<quantity<unit::usd>>() will do");
  static_assert(detail::has_time<Chip>, "layercake: a chip needs `template <class N> auto time(const work<N>&) const` "
                                        "that returns a quantity<unit::second>");
  return chip<Chip>;
}

template <class Chip>
constexpr const char* name_of(const Chip& c) {
  if constexpr (requires { c.name; }) {
    return c.name;
  } else {
    return "a chip";
  }
}
template <class Chip>
constexpr auto die_area_of(const Chip& c) {
  if constexpr (requires { c.die_area; }) {
    return c.die_area;
  } else {
    return unknown<quantity<unit::square_metre>>();
  }
}

// Whether a chip has units for products of a format; a chip that lists no peak rates times them by itself, and is not asked. A
// mask where the numbers are lanes.
template <class Chip>
constexpr auto multiplies(const Chip& c, precision math) {
  if constexpr (requires { c.peak.multiplies(math); }) {
    return c.peak.multiplies(math);
  } else {
    return true;
  }
}
// A field, by its path, that asks a chip for products of a format that it has no units for: what it multiplies, and what to
// change. Empty where it has them.
// Example: "plan.math is fp8; allowed: what A100-SXM4-80GB multiplies: fp32, tf32, fp16, bf16, int8. Set plan.math = bf16."
template <class Chip>
std::vector<finding> not_multiplied(const Chip& c, precision math, const std::string& path, const std::string& remedy) {
  findings found;
  if constexpr (requires { c.peak.multiplies(math); }) {
    std::string rated;
    for_each_field(c.peak, "", [&](const std::string& format, const auto& rate, const auto&) {
      if (is_known(rate)) rated += (rated.empty() ? "" : ", ") + format;
    });
    found.require(c.peak.multiplies(math), path, std::string_view(layercake::name(math)),
                  "what " + std::string(name_of(c)) + " multiplies: " + rated, remedy);
  }
  return found.take();
}

// What has to be known of a chip that serves or trains, and is not: its thermal design power, from which an idle power that nobody gives
// follows, and the rate of the fabric that joins it to others. Each with what to set; empty where nothing is missing.
template <class Chip>
std::vector<finding> missing_in_use(const Chip& c, const std::string& path) {
  const std::string unpublished = std::string(name_of(c)) + " has no published one; set it: " + path;
  findings found(path);
  found.check_known("thermal_design_power", c.thermal_design_power,
                    unpublished + ".thermal_design_power = 700 * watt.");
  // Lanes and plain numbers compare an unknown with a number differently.
  if (c.scale_up_domain > 1)
    found.check_known("scale_up_bandwidth", c.scale_up_bandwidth,
                      unpublished + ".scale_up_bandwidth = 450 * gigabyte_per_second.");
  return found.take();
}
// The same of a chip that is bought: its price besides. `instead`: what else may be done about it.
template <class Chip>
std::vector<finding> missing_in_bill(const Chip& c, const std::string& path, const std::string& instead = "") {
  findings found(path);
  found.check_known("price", c.price,
                    std::string(name_of(c)) + " has no published one; set it: " + path + ".price = 30000 * usd" +
                        instead + ".");
  found.add(missing_in_use(c, path));
  return found.take();
}

// Time of an operation (core/operations.hpp) on a chip: by its own time(operation) if it has one, otherwise by its
// time(work) of the operation's totals. In a loop over operations take `timing_of(chip)` once.
template <class Chip, class Operation>
constexpr auto time_of(const Chip& c, const Operation& op) {
  if constexpr (requires { c.time(op); }) {
    return c.time(op);
  } else {
    return c.time(op.totals());
  }
}

// What tells times of operations on this chip: its prepared kernel laws, or the chip itself.
template <class Chip>
constexpr auto timing_of(const Chip& c) {
  if constexpr (requires { c.timing(); }) {
    return c.timing();
  } else {
    return c;
  }
}

// The rate at which a chip reads its memory: by its data sheet, or as its time(work) has it.
template <number T, class Chip>
constexpr quantity<unit::byte_per_second, T> memory_bandwidth_of(const Chip& c) {
  if constexpr (requires { c.memory_bandwidth; }) {
    return c.memory_bandwidth;
  } else {
    const quantity<unit::byte, T> much = T(1) * units::terabyte;
    return much / c.time(work<T>{T(0) * units::flop, much, precision::bf16});
  }
}

// Power at what the chip does, in shares.
template <class Chip, number N>
constexpr auto power_of(const Chip& c, const basic_use<N>& u) {
  if constexpr (requires { c.power(u); }) {
    return c.power(u);
  } else {
    return power_at(power_law(family::other), idle_power_of(c), c.thermal_design_power, u);
  }
}

// A stream of calls to a chip.
template <number T = double>
struct basic_calls {
  quantity<unit::per_second, T> rate;
  quantity<unit::second, T> chip_time;  // of one call, summed over the chips that work on it
  T utilisation = T(1);                 // share of the installed chips' time that is at work on calls, above 0 to 1
  basic_use<T> use{};                   // what a chip does while it works
};

// pull: the chips that a stream of calls needs, chips = rate * chip_time / utilisation, what they draw and cost.
// Smooth: the caller rounds to whole replicas.
template <class Chip, number T>
constexpr auto pull(const Chip& c, const basic_calls<T>& s) {
  static_assert(require_chip<Chip>());
  using N = promote_t<T, typename std::remove_cvref_t<decltype(c.idle_power)>::number_type>;
  chip_demand<N> d;
  const auto working = power_of(c, s.use);
  d.chips = N(s.rate * s.chip_time / s.utilisation);
  d.peak_power = working;
  const auto idle = idle_power_of(c);
  d.mean_power = idle + (working - idle) * s.utilisation;
  d.price = c.price;
  d.die_area = die_area_of(c);
  return d;
}

// push: the rate of calls that so many chips sustain, rate = chips * utilisation / chip_time; the inverse of pull.
template <class Count, number T>
constexpr auto push(const Count& chips, const basic_calls<T>& s) {
  return chips * s.utilisation / s.chip_time;
}

}  // namespace layercake::chips
