// Scans over catalogs of chips and models: one replica in `every` is looked at.
#pragma once

#include <layercake/layercake.hpp>
#include <layercake/serving/regimes.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cmath>

namespace layercake_test {

namespace lc = layercake;

// Under one plan, with proportional counting: more of a chip, or a looser objective, never raises the cost, and a peak
// that is not used changes nothing.
inline long check_signs(long every) {
  using namespace lc::units;
  using peaks = lc::chips::peak_rates;
  constexpr std::array peak{&peaks::fp32, &peaks::tf32, &peaks::fp16, &peaks::bf16,
                            &peaks::fp8,  &peaks::fp4,  &peaks::int8};
  constexpr std::array formats{lc::precision::bf16, lc::precision::fp8, lc::precision::fp4, lc::precision::int8};
  constexpr double rounding = 1e-6;  // where the search for a batch settles
  long at = 0, looked_at = 0;
  for (const auto& entry : lc::chips::catalog::all)
    for (const auto* transformer : lc::models::catalog::transformers)
      for (const lc::precision format : formats)
        for (const double input : {300.0, 1200.0, 6000.0}) {
          if (at++ % every != 0) continue;
          auto chip = *entry.chip;
          chip.price = 30000 * usd;
          if (!lc::is_known(chip.thermal_design_power)) continue;
          lc::applications::assistant app{.daily_users = 1e7, .tasks_per_user = 12 / day};
          app.input = input * token, app.output = 300 * token;
          const auto model = transformer->at(format);
          const lc::infrastructure::site site;
          lc::serving_plan plan;
          const auto cost = [&] {
            return in<usd_per_hour>(
                lc::bill_of<double>(lc::layers{lc::energy::catalog::grid_ercot, chip, site, model, app}, plan,
                                    lc::counting::smooth)
                    .cost());
          };
          while (!std::isfinite(cost()) && plan.tensor < lc::min(chip.scale_up_domain, 64.0))
            plan.tensor *= 2;
          const double before = cost();
          if (!std::isfinite(before)) continue;
          ++looked_at;
          INFO(chip.name << ", " << transformer->name << ", " << lc::name(format) << ", " << input << " tokens, tensor "
                         << plan.tensor);
          const auto never_more = [&](const char* what, auto&& member, double times) {
            auto& q = member();
            const auto kept = q;
            q = q * times;
            INFO(what << " times " << times);
            CHECK(cost() <= before * (1 + rounding));
            q = kept;
          };
          for (const double times : {1.0003, 1.02, 1.1, 1.3}) {
            never_more(
                "memory", [&]() -> auto& { return chip.memory; }, times);
            never_more(
                "memory bandwidth", [&]() -> auto& { return chip.memory_bandwidth; }, times);
            never_more(
                "scale-up bandwidth", [&]() -> auto& { return chip.scale_up_bandwidth; }, times);
            never_more(
                "time per output token", [&]() -> auto& { return app.time_per_output_token; }, times);
            never_more(
                "time to first token", [&]() -> auto& { return app.time_to_first_token; }, times);
            for (const auto one : peak)
              never_more(
                  "a peak", [&]() -> auto& { return chip.peak.*one; }, times);
            const auto kept = chip.peak;
            for (const auto one : peak)
              chip.peak.*one = chip.peak.*one * times;
            INFO("all peaks times " << times);
            CHECK(cost() <= before * (1 + rounding));
            chip.peak = kept;
          }
        }
  return looked_at;
}

// The service level and the open loop answer alike, the rate is what a queue that never empties gets at most, looser
// limits never lower it, and latency never falls while the rate rises.
inline long check_service_levels(long every) {
  using namespace lc::units;
  long at = 0, looked_at = 0, lowered = 0;
  for (const auto& entry : lc::chips::catalog::all)
    for (const auto* transformer : lc::models::catalog::transformers)
      for (const double tensor : {1.0, 2.0, 4.0, 8.0})
        for (const double output : {100.0, 300.0, 1000.0})
          for (const double input : {300.0, 1200.0, 8000.0}) {
            if (at++ % every != 0 || tensor > entry.chip->scale_up_domain) continue;
            lc::call_demand<> demand;
            demand.input = input * token, demand.output = output * token;
            const lc::infrastructure::site site;
            const auto model = transformer->at(lc::precision::bf16);
            const lc::serving_plan plan{.tensor = tensor};
            const auto r = lc::replica_of<double>(*entry.chip, site, model, plan, demand);
            if (!(r.memory_bound() >= 1)) continue;
            INFO(entry.chip->name << ", " << transformer->name << ", tensor " << tensor << ", " << input << " in, "
                                  << output << " out");
            const auto saturated = lc::inflight_saturated(r).calls;
            constexpr int loads = 12;
            double latency = 0, token_time = 0;
            for (int i = 1; i < loads; ++i) {
              const auto f = lc::inflight_open_loop(r, saturated * (double(i) / loads), 0.99);
              CHECK(in<second>(f.latency) >= latency * (1 - 1e-6));
              CHECK(in<second>(f.time_per_output_token) >= token_time * (1 - 1e-6));
              latency = in<second>(f.latency), token_time = in<second>(f.time_per_output_token);
            }
            lc::service_level level{.first_token = 2 * second, .output_token = 50 * millisecond, .share = 0.99};
            const auto best = lc::server_slo(r, level);
            if (!(best.calls > 0 / second)) continue;
            ++looked_at;
            const auto there = lc::inflight_open_loop(r, best.calls, level.share);
            CHECK(std::isfinite(in<second>(there.latency)));
            CHECK(there.slow_first_token <= level.first_token * lc::objective_tolerance);
            CHECK(there.slow_output_token <= level.output_token * lc::objective_tolerance);
            CHECK(best.calls <= saturated);
            for (const double looser : {1.1, 1.5, 2.0}) {
              const lc::service_level other{level.first_token * looser, level.output_token * looser, level.share};
              lowered +=
                  lc::server_slo(r, other).calls < best.calls * (1 - 1e-4);  // as near as searches settle at a jump
            }
            const auto day = lc::production_day(r, level, 2.0);
            CHECK(in<hertz>(day.calls) == doctest::Approx(in<hertz>(best.calls) / 2));
            CHECK(day.latency <= best.latency);
          }
  CHECK(lowered * 10000 <= looked_at);  // none but where limits fall into a jump of chunked prompts
  return looked_at;
}

}  // namespace layercake_test
