// The ceiling: what granted resources can make, which of them binds, and what one more unit of each is worth.
#pragma once

#include <layercake/stack/grant.hpp>
#include <limits>

namespace layercake {

// One resource of a ceiling. `Amount` is a quantity or, for things that are counted, the number itself.
template <class Amount, number T>
struct resource_limit {
  const char* name = "";
  Amount granted{};
  quantity<unit::per_second, T> calls{};  // that the grant allows; infinite where it does not limit
  // What one more unit gives, 0 where the resource does not bind.
  decltype(quantity<unit::token_per_second, T>() / without_kind(Amount())) tokens_per_unit{};
  decltype(quantity<unit::usd_per_second, T>() / without_kind(Amount())) margin_per_unit{};  // value less cost
};

namespace detail {
template <class Resources, number T>
struct limits_of;
template <class... Resource, number T>
struct limits_of<std::tuple<Resource...>, T> {
  using type = std::tuple<resource_limit<typename Resource::amount_type, T>...>;
};
}  // namespace detail

template <number T = double>
struct basic_ceiling {
  quantity<unit::per_second, T> calls, tasks;
  output_token_rate<T> output_tokens;
  T users = T(0);
  quantity<unit::usd_per_second, T> value, cost;
  // Of plain numbers: why the calls or their cost are infinite, and what to change. Empty where neither is.
  std::string reason;
  quantity<unit::token, T> tokens_in_time;                               // with `time` granted: output after building
  typename detail::limits_of<decltype(resources<T>()), T>::type limits;  // in the order of resources()

  // The limit of one resource: ceiling.of(&grant::site_power).
  template <class Amount>
  const resource_limit<Amount, T>& of(Amount basic_grant<T>::*granted) const {
    const resource_limit<Amount, T>* found = nullptr;
    const auto look = [&](const auto& r, const auto& limit) {
      if constexpr (std::same_as<decltype(r.granted), Amount basic_grant<T>::*>) {
        if (r.granted == granted) found = &limit;
      }
    };
    each(look);
    if (found == nullptr) raise(invalid_value("grant.time is no resource that limits; ask tokens_in_time"));
    return *found;
  }
  // visit(limit) for every resource.
  template <class Visit>
  void for_each_limit(Visit&& visit) const {
    std::apply([&](const auto&... l) { (visit(l), ...); }, limits);
  }
  // visit(resource, limit) for every resource.
  template <class Visit>
  void each(Visit&& visit) const {
    pairs(limits, visit);
  }
  template <class Visit>
  void each(Visit&& visit) {
    pairs(limits, visit);
  }

  // The resource that limits; "nothing granted" where none does, the plan where it answers no calls.
  const char* binding() const requires real<T> {
    const char* name = calls > decltype(calls)() ? "nothing granted" : "the plan, which answers no calls";
    for_each_limit([&](const auto& limit) {
      if (is_finite(limit.calls) && limit.calls == calls) name = limit.name;
    });
    return name;
  }

private:
  template <class Limits, class Visit>
  static void pairs(Limits& limits, Visit& visit) {
    constexpr auto table = resources<T>();
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      (visit(std::get<Index>(table), std::get<Index>(limits)), ...);
    }
    (std::make_index_sequence<std::tuple_size_v<decltype(table)>>{});
  }
};
using ceiling = basic_ceiling<>;

namespace detail {
// Sets what each resource of `granted` allows a service whose bill is `b`, and the least of them.
template <number T>
void limit_by_needs(basic_ceiling<T>& c, const basic_grant<T>& granted, const basic_bill<T>& b) {
  const auto unlimited = number_cast<T>(std::numeric_limits<scalar_of_t<T>>::infinity()) * (T(1) / units::second);
  c.calls = where(is_finite(plain(b.serving.replicas)), unlimited, decltype(c.calls)());  // a plan that answers none
  c.each([&](const auto& r, auto& limit) {
    const auto given = without_kind(granted.*(r.granted));
    const auto needed = without_kind(r.need(b));
    if constexpr (real<T>) {
      if (is_known(given) && !is_known(needed)) {
        raise(missing_value(std::string("grant.") + r.name +
                            " cannot limit: what the service needs of it is unknown; give the figure that is missing " +
                            "(a grid's carbon or water, a chip's die area)"));
      }
    }
    const auto limits = is_known(given) && (needed > decltype(needed)());
    const auto counts = limits && is_finite(needed);  // beyond what a network joins a need is that of a smaller service
    const auto allowed = b.serving.calls * (given / where(counts, needed, needed * T(0) + given));
    limit.name = r.name;
    limit.granted = granted.*(r.granted);
    limit.calls = where(counts, allowed, where(limits, limit.calls, unlimited));
    c.calls = min(c.calls, limit.calls);
  });
}
}  // namespace detail

// The ceiling of `granted`. `bill_at(scale)` is the bill, with smooth counting, of the service at `scale` times its calls. A resource allows
// granted / (needed per call), and the least decides:
//   calls = min over resources of granted / need ;   d tokens / d granted = (output tokens per call) / need  for the one that binds
// Needs per call are those at the ceiling itself (a larger cluster has more tiers of switches, so they change with it), found by four rounds
// from the service as it is. Beyond what the network joins they are the largest found below it, the cost is infinite, and `reason` says why.
// Throws missing_value where a resource is granted whose need is unknown, invalid_value for a service without calls.
template <number T, class BillAt>
basic_ceiling<T> ceiling_of(const basic_grant<T>& granted, BillAt&& bill_at) {
  constexpr int rounds = 4;        // three tiers of switches and one to settle
  const T least_scale = T(1e-12);  // needs per call exist for a ceiling of nothing too
  basic_ceiling<T> c;
  basic_bill<T> b = bill_at(T(1));
  const auto first = b.serving.calls;
  if constexpr (real<T>)
    check_positive("application calls", first, "What a grant makes is counted in calls: give the service some.");
  detail::limit_by_needs(c, granted, b);
  for (int round = 0; round < rounds; ++round) {
    const T scale = where(is_finite(c.calls), c.calls / first, T(1));
    b = bill_at(max(scale, least_scale));
    const auto before = c.calls;
    detail::limit_by_needs(c, granted, b);
    if constexpr (real<T>) {
      if (!(abs(c.calls - before) > before * (4 * std::numeric_limits<T>::epsilon()))) break;  // settled, or unlimited
    }
  }

  const T scale = c.calls / b.serving.calls;  // 1 but for rounding, and for a ceiling of nothing
  // Where nothing limits, and where nothing is made: 0 of what there is none of, not 0 * infinity.
  const auto times = [&](const auto& of_bill) { return for_all(scale, of_bill); };
  c.tasks = times(b.usage.tasks);
  c.output_tokens = times(plain(b.serving.output_tokens));
  c.users = times(b.usage.users);
  c.value = times(b.usage.value);
  c.cost = for_all(b.cost(), scale);
  const auto running = max(granted.time - b.built.time_to_build, b.built.time_to_build * T(0));
  c.tokens_in_time =
      where(is_known(granted.time), for_all(plain(c.output_tokens), running), quantity<unit::token, T>());

  c.each([&](const auto& r, auto& limit) {
    const auto needed = without_kind(r.need(b));
    const auto binds = (limit.calls <= c.calls) && is_finite(limit.calls) && is_finite(needed);
    const auto tokens = plain(b.serving.output_tokens) / needed;
    const auto margin = b.margin() / needed;
    limit.tokens_per_unit = where(binds, tokens, decltype(tokens)());
    limit.margin_per_unit = where(binds, margin, decltype(margin)());
  });
  if constexpr (real<T>) {
    if (!is_finite(c.calls)) {
      c.reason = "nothing that is granted limits. Grant a resource of which the service needs some.";
    } else if (detail::endless(c.cost)) {
      c.reason = detail::why_endless(b);
    }
  }
  return c;
}

// The ceiling as a person reads it.
inline std::string to_string(const ceiling& c) {
  std::string s = "ceiling " + shown(c.output_tokens) + " out, " + to_string(c.users) + " users, " +
                  to_string(c.calls) + " calls, " + to_string(c.tasks) + " tasks, costs " + shown(c.cost) + ", worth " +
                  shown(c.value) + "; binds: " + c.binding() + "\n";
  if (!c.reason.empty()) s += "  infinite: " + c.reason + "\n";
  c.for_each_limit([&](const auto& l) {
    if (!is_finite(l.calls)) return;
    s += in_column(l.name) + shown(l.granted) + " allow " +
         shown(c.calls > 0 * units::hertz ? c.output_tokens * (l.calls / c.calls) : c.output_tokens) + " out";
    if (l.calls == c.calls)
      s += "; one more unit: " + to_string(l.tokens_per_unit) + ", margin " + shown(l.margin_per_unit);
    s += "\n";
  });
  if (c.tokens_in_time > 0 * units::token) s += in_column("in the time granted") + to_string(c.tokens_in_time) + "\n";
  return s;
}

template <class Char, class Traits>
  requires std::same_as<Char, char> std::basic_ostream<Char, Traits>
&operator<<(std::basic_ostream<Char, Traits>& out, const ceiling& c) { return out << to_string(c); }

}  // namespace layercake
