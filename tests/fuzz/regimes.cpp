// Random replicas under every regime: figures that are numbers, and that rise and fall as they must.
#include <doctest/doctest.h>

#include <layercake/serving/energy.hpp>
#include <layercake/serving/regimes.hpp>

#include "random_stack.hpp"

using namespace fuzz;
using namespace layercake::units;

namespace {

// Two searches that each settle within 1e-5, one inside the other; assumed.
constexpr double settled = 1e-3;

// A stack whose plan serves it, and a load for its replica.
struct random_load {
  random_stack drawn;
  double spread = 0, quantile = 0.9;
};

template <class Replica>
std::string endless(const Replica& r, double load, double rate, double quantile) {
  const auto s = lc::inflight_open_loop(r, load * rate / second, quantile);
  const std::pair<const char*, double> all[] = {{"calls", in<hertz>(s.calls)},
                                                {"first token", in<second>(s.time_to_first_token)},
                                                {"output token", lc::base_value(s.time_per_output_token)},
                                                {"latency", in<second>(s.latency)},
                                                {"slow first token", in<second>(s.slow_first_token)},
                                                {"slow output token", lc::base_value(s.slow_output_token)},
                                                {"slow latency", in<second>(s.slow_latency)},
                                                {"in flight", s.in_flight},
                                                {"busy", s.busy},
                                                {"present", s.present}};
  for (const auto& [name, x] : all) {
    if (!std::isfinite(x) || x < 0)
      return std::string("open loop, ") + name + ": " + lc::to_exact_string(x) + " at load " + std::to_string(load);
  }
  if (s.busy > 1 + 1e-9 || s.present > 1 + 1e-9) return "open loop: a share above 1 at load " + std::to_string(load);
  if (std::abs(in<hertz>(s.calls) / (load * rate) - 1) > settled)
    return "open loop: answers " + std::to_string(in<hertz>(s.calls) / (load * rate)) + " of what arrives at load " +
           std::to_string(load);
  return "";
}

// Calls that take longer are of no service: how their waits change with the load is not looked at.
constexpr double longest_call = 1e5;  // s

// Latency rises with the load.
template <class Replica>
std::string open_loop(const Replica& r, double capacity, double quantile) {
  double latency = 0, first = 0;
  for (const double load : {0.01, 0.05, 0.1, 0.2, 0.25, 0.268, 0.4, 0.6, 0.8, 0.9, 0.95, 0.98}) {
    std::string wrong = endless(r, load, capacity, quantile);
    if (!wrong.empty()) return wrong;
    const auto s = lc::inflight_open_loop(r, load * capacity / second, quantile);
    if (in<second>(s.latency) > longest_call) return "";
    if (in<second>(s.latency) < latency * (1 - settled)) return "latency: falls to load " + std::to_string(load);
    if (in<second>(s.time_to_first_token) < first * (1 - settled))
      return "first token: sooner at load " + std::to_string(load);
    latency = in<second>(s.latency), first = in<second>(s.time_to_first_token);
  }
  return "";
}

// What keeps the limits at a rate keeps them in open loop at that rate.
template <class Replica>
std::string service_level(const Replica& r, generator random) {
  lc::service_level level;
  level.first_token = random.between(0.1, 10) * second;
  level.output_token = random.between(0.01, 0.3) * second;
  level.share = random.between(0.5, 0.999);
  const auto s = lc::server_slo(r, level);
  const double rate = in<hertz>(s.calls);
  if (!std::isfinite(rate) || rate < 0) return "service level: no rate";
  if (rate == 0) return "";
  if (s.slow_first_token > level.first_token * (1 + settled) ||
      s.slow_output_token > level.output_token * (1 + settled))
    return "service level: not kept";
  const auto open = lc::inflight_open_loop(r, rate / second, level.share);
  if (in<second>(open.slow_first_token) > in<second>(level.first_token) * 1.01 ||
      in<second>(open.slow_output_token) > in<second>(level.output_token) * 1.01)
    return "service level: not kept in open loop at its rate: " + to_string(open.slow_first_token) + " of " +
           to_string(level.first_token) + ", " + to_string(open.slow_output_token) + " of " +
           to_string(level.output_token);
  const auto day = lc::production_day(r, level, 3.0);
  if (std::abs(in<hertz>(day.calls) * 3 / rate - 1) > settled) return "a day: not a third of the peak";
  if (in<second>(day.latency) > in<second>(s.latency) * (1 + settled)) return "a day: slower than its peak";
  return "";
}

// More in flight: more answers in all, each later.
template <class Replica>
std::string closed_loop(const Replica& r, double slots) {
  double latency = 0;
  for (double n = 1; n <= std::min(slots, 4096.0); n *= 2) {
    const auto s = lc::inflight_fixed_concurrency(r, n);
    const double x = in<second>(s.latency);
    if (!std::isfinite(x) || !(x > 0)) return "fixed concurrency: no latency";
    if (x < latency * (1 - settled)) return "fixed concurrency: latency falls to " + std::to_string(n) + " in flight";
    latency = x;
  }
  return "";
}

std::string broken(const layers_of_stack& x, const random_load& load) {
  try {
    const any_stack s = x.composed();
    auto r = lc::replica_of<double>(s.chip, s.infrastructure, s.model, s.plan, s.application.pull());
    r.spread = load.spread;
    const double slots = std::min(r.memory_bound(), r.plan.software.largest_batch);
    if (slots < 1) return "";
    const auto full = lc::inflight_saturated(r);
    const double capacity = in<hertz>(full.calls) / r.plan.software.filled(full.in_flight);
    if (!std::isfinite(capacity) || !(capacity > 0)) return "saturated: no capacity";
    std::string wrong = open_loop(r, capacity, load.quantile);
    if (wrong.empty()) wrong = service_level(r, generator(static_cast<std::uint64_t>(1e6 * load.quantile)));
    if (wrong.empty()) wrong = closed_loop(r, slots);
    const double alone = in<second>(lc::single_stream(r).latency);
    if (wrong.empty() && !(std::isfinite(alone) && alone > 0)) wrong = "one stream: no latency";
    return wrong;
  } catch (const lc::error&) {  // stacks.cpp looks at those
    return "";
  }
}

}  // namespace

TEST_CASE("random replicas behave under every regime") {
  generator random(7);
  faults all;
  for (int i = 0; i < times(600); ++i) {
    random_load load{draw_stack(random, 5), random.one_in(2) ? 0.0 : random.between(0, 2), random.between(0.5, 0.999)};
    const std::string code = load.drawn.code + " /* spread " + lc::to_exact_string(load.spread) + ", quantile " +
                             lc::to_exact_string(load.quantile) + " */";
    all.look(
        load.drawn.changes, [&](const std::vector<change>& c) { return broken(changed(load.drawn.base, c), load); },
        code);
  }
  INFO(all.text());
  CHECK(all.none());
}
