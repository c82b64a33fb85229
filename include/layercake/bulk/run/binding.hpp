// Binds an input of a sweep to a field of its record: found by its address, named by its path, held to its domain.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <layercake/bulk/space/inputs.hpp>
#include <layercake/bulk/tape/recorded.hpp>
#include <layercake/core/fields.hpp>
#include <string>
#include <type_traits>
#include <utility>

namespace layercake::bulk::detail {

// Finds the field that lives at an address, its name and its domain.
struct field_finder {
  const void* address;
  std::string path;
  domain allowed = any_finite;
  const char* meaning = "";
  bool found = false;
  template <class Field, class Descriptor>
  void field(const std::string& p, const Field& value, const Descriptor& d) {
    if (static_cast<const void*>(&value) == address) path = p, allowed = d.allowed, meaning = d.meaning, found = true;
  }
  template <class Record>
  void record(const std::string&, const Record&) {}
};

// Which of a sweep's axes an input follows, and which of the values that the axis has at each point.
struct axis_part {
  unsigned axis, part;
};

// What an input runs through, for a record that prepares itself for a sweep (over_ranges).
template <class Record>
struct input_range {
  std::function<void(Record&, double)> set;
  double low, high;
  bool whole;  // its values are whole numbers
};

// An input of a sweep over records of type Record.
template <real S, class Record>
struct binding {
  using inputs = decltype(over_numbers<recorded<S>>(std::declval<const Record&>()));

  std::string path;
  axis_part at;
  domain allowed = any_finite;
  const char* meaning = "";
  bool guarded = false;            // some of its values may leave the domain: such points are infeasible
  double lowest = 0, highest = 0;  // of its values inside the domain
  std::function<void(inputs&, const recorded<S>&)> set;
  std::function<void(Record&, double)> set_plain;
  std::string (*text)(double) = nullptr;

  // The field of `base` that `access` names; without a name of its own it is called `name`.
  template <class Unit, class Access>
  static binding to(const Record& base, const Access& access, axis_part at, const std::string& name) {
    using Field = std::remove_cvref_t<decltype(access(std::declval<inputs&>()))>;
    static_assert(std::same_as<unit_of_t<Field>, Unit>,
                  "layercake: the axis has another unit than the input that it is for");
    Record probe = base;
    const auto& field = access(probe);
    field_finder finder{&field, {}};
    layercake::walk(std::as_const(probe), "", finder);
    binding b;
    b.path = finder.found ? finder.path : name;
    b.at = at;
    b.allowed = finder.allowed;
    b.meaning = finder.meaning;
    b.set = [access](inputs& x, const recorded<S>& v) { set_input(access, x, v); };
    b.set_plain = [access](Record& x, double v) { set_input(access, x, v); };
    b.text = [](double x) { return to_string(from_base_value<quantity_t<Unit>>(x)); };
    return b;
  }

  // Refuses an axis that leaves the domain. Of an axis of whole numbers a million values, evenly spread, are looked at.
  template <class Unit>
  void check(const axis<Unit>& values) {
    constexpr std::uint64_t most_looked_at = std::uint64_t(1) << 20;
    if (allowed.whole) {
      const std::uint64_t step = values.size() / most_looked_at + 1;
      for (std::uint64_t i = 0; i < values.size(); i += step)
        check(base_of(values[i]));
    }
    check(values.lowest_base());
    check(values.highest_base());
    lowest = values.lowest_base(), highest = values.highest_base();
  }
  // The same of a distribution. An unbounded one may leave the domain: such draws are counted. Whatever is known to
  // leave it is refused.
  template <class Unit>
  void check(const distribution<Unit>& values, std::uint64_t points) {
    require_axis(!allowed.whole,
                 path + " is a whole number, and a distribution gives values between; sweep it by bulk::integers or "
                        "bulk::list");
    for (const double end : {values.low, values.high}) {
      if (std::isfinite(end) && end != allowed.low && end != allowed.high) check(end);
    }
    guarded = !(values.low >= allowed.low) || !(values.high <= allowed.high) ||
              (allowed.low_excluded && values.low <= allowed.low);
    // A hundredth of what the smallest of so many shares is on average.
    const double share = 0.01 / static_cast<double>(points);
    const auto within = [&](double x) {
      constexpr double beside = 1e-9;  // an end that is excluded itself
      const double least =
          allowed.low_excluded ? allowed.low + std::abs(allowed.low) * beside + beside * beside : allowed.low;
      return std::min(std::max(x, least), allowed.high);
    };
    const double ends[] = {share, 1 - share};
    double drawn[2];
    values.quantile->apply(ends, 2, drawn);
    lowest = within(drawn[0]), highest = within(drawn[1]);
  }
  void check(double value) const {
    if (allowed.contains(value)) return;
    const std::string reached =
        reads_as_allowed(allowed, value, text) ? to_exact_string(value) + " in base units" : text(value);
    raise(invalid_axis("bulk: the axis of " + path + " reaches " + reached +
                       "; allowed: " + range_text(allowed, text(allowed.low), text(allowed.high), value) +
                       (*meaning == '\0' ? std::string(".") : std::string(". It is ") + meaning + ".")));
  }
  // Whether a drawn value lies in the domain.
  recorded_mask<S> inside(const recorded<S>& x) const {
    using N = recorded<S>;
    const N least(static_cast<S>(allowed.low)), most(static_cast<S>(allowed.high));
    return (allowed.low_excluded ? x > least : x >= least) && x <= most;
  }
};

}  // namespace layercake::bulk::detail
