// Constants of a serving engine from a handful of own measurements, with their errors.
#pragma once

#include <array>
#include <cstddef>
#include <layercake/core/fields.hpp>
#include <layercake/planning/methods/prior.hpp>
#include <layercake/serving/regimes.hpp>
#include <layercake/serving/search.hpp>
#include <string>
#include <tuple>
#include <vector>

namespace layercake::planning {

// What was measured of one replica under one load. Figures are means; those that were not taken are unknown.
template <number T = double>
struct basic_serving_measurement {
  serving_regime regime = serving_regime::inflight_fixed_concurrency;
  T concurrency = T(1);  // requests in flight, or of the batch
  T run = T(0);          // requests of the whole run where so many are kept in flight, 0 for one without end
  input_tokens<T> input = unknown<>;
  output_tokens<T> output = unknown<>;
  quantity<unit::second, T> time_to_first_token = unknown<>;
  quantity<unit::second_per_token, T> time_per_output_token = unknown<>;
  output_token_rate<T> output_rate = unknown<>;
  T error = number_cast<T>(0.05);  // assumed: what two runs of one benchmark differ by

  template <number Other>
  using with_number = basic_serving_measurement<Other>;
  static constexpr auto fields() {
    using X = basic_serving_measurement;
    return std::tuple{
        label("regime", &X::regime),
        field("concurrency", &X::concurrency, at_least_one, "requests in flight in the replica, or of the batch"),
        field("run", &X::run, count, "requests of a finite run, 0 for one without end"),
        field("input", &X::input, positive, "tokens of a prompt"),
        field("output", &X::output, at_least_one, "tokens of an answer"),
        field("time_to_first_token", &X::time_to_first_token, positive.or_unknown(),
              "mean wait for the first token, unknown if it was not measured"),
        field("time_per_output_token", &X::time_per_output_token, positive.or_unknown(),
              "mean time between tokens of an answer, unknown if it was not measured"),
        field("output_rate", &X::output_rate, positive.or_unknown(),
              "tokens that the replica writes per second, unknown if it was not measured"),
        field("error", &X::error, domain{1e-4, 1}, "relative standard error of each figure")};
  }
  void rules(findings& f) const requires real<T> {
    const bool alone = regime == serving_regime::single_stream,
               kept = regime == serving_regime::inflight_fixed_concurrency;
    f.require(alone || kept || regime == serving_regime::static_batch, "regime", name(regime),
              "single_stream, static_batch or inflight_fixed_concurrency",
              "Measure under a load of known concurrency.");
    if (alone) f.check_equal("concurrency", concurrency, "", T(1), "A single stream is one request at a time.");
    f.require(kept || !(run > T(0)), "run", run, "0, as regime is " + std::string(name(regime)),
              "Only requests that are kept in flight have a run.");
    f.require(is_known(time_to_first_token) || is_known(time_per_output_token) || is_known(output_rate),
              "time_to_first_token, time_per_output_token or output_rate", std::string_view("unknown"),
              "at least one of them known", "Give what was measured.");
  }
};
using serving_measurement = basic_serving_measurement<>;

// How well an engine's constants are known before anything is measured: standard deviations of their logarithms, relative errors where they are
// small; 0 holds a constant. A constant that is 0 in the plan's software stays 0. Defaults, assumed: the host's times within a factor of e, since
// hosts and releases differ; kernels within a tenth, since theirs are measured.
template <number T = double>
struct basic_engine_prior {
  T per_step = T(1), per_sequence = T(1), per_request = T(1), per_rank = T(1);
  T kernel_share = number_cast<T>(0.1);
  T launch = T(1);

  template <number Other>
  using with_number = basic_engine_prior<Other>;
  static constexpr auto fields() {
    using X = basic_engine_prior;
    constexpr domain error{0, 5};
    return std::tuple{field("per_step", &X::per_step, error, "error of the host time of a step"),
                      field("per_sequence", &X::per_sequence, error, "error of the host time per sequence"),
                      field("per_request", &X::per_request, error, "error of the host time of a request"),
                      field("per_rank", &X::per_rank, error, "error of the host time per further rank"),
                      field("kernel_share", &X::kernel_share, error, "error of the speed of kernels"),
                      field("launch", &X::launch, error, "error of the least time of a kernel launched by itself")};
  }
};
using engine_prior = basic_engine_prior<>;

enum class serving_figure : unsigned char { time_to_first_token, time_per_output_token, output_rate };

constexpr const char* name(serving_figure f) {
  switch (f) {
  case serving_figure::time_to_first_token:
    return "time_to_first_token";
  case serving_figure::time_per_output_token:
    return "time_per_output_token";
  case serving_figure::output_rate:
    return "output_rate";
  }
  return "";
}

// A figure of a measurement, by the number of the measurement, and what it comes to with the constants that were found.
struct serving_residual : figure_residual {
  std::size_t measurement = 0;
  serving_figure figure{};
};

struct engine_calibration {
  static constexpr std::size_t size = 6;
  serving_software software{};  // the plan's, with what was found
  // per_step, per_sequence, per_request, per_rank, kernel_share, launch: in s, kernel_share a share; the covariance of their logarithms.
  std::array<found_constant, size> constants{};
  std::array<std::array<double, size>, size> covariance{};
  std::vector<serving_residual> residuals;
  double misfit = 0;  // root of the mean square of the residuals in standard errors: prior_calibration::misfit
  bool converged = false;

  // Names of the constants of which the measurements say nothing: value and error are those from before, or nearly.
  std::vector<std::string> undetermined() const {
    std::vector<std::string> names;
    for (const found_constant& c : constants) {
      if (!c.determined()) names.emplace_back(c.name);
    }
    return names;
  }
};

namespace detail {

// Those of a software, in the order of engine_calibration.
template <class Software, class Function>
void for_each_engine_constant(Software& s, Function&& f) {
  f(std::size_t(0), s.per_step), f(std::size_t(1), s.per_sequence), f(std::size_t(2), s.per_request);
  f(std::size_t(3), s.per_rank), f(std::size_t(4), s.kernel_share), f(std::size_t(5), s.launch);
}
inline std::array<prior_constant, engine_calibration::size> constants_before(const serving_software& software,
                                                                             const engine_prior& prior) {
  std::array<prior_constant, engine_calibration::size> before;
  for_each_field(software, "", [&](const std::string&, const auto& value, const auto& d) {
    for_each_engine_constant(software, [&](std::size_t k, const auto& constant) {
      if (static_cast<const void*>(&constant) == &value) before[k] = {d.name, base_value(constant), 0, d.allowed};
    });
  });
  const double errors[] = {prior.per_step, prior.per_sequence, prior.per_request,
                           prior.per_rank, prior.kernel_share, prior.launch};
  for (std::size_t k = 0; k < before.size(); ++k)
    before[k].error = errors[k];
  return before;
}

// What one replica of a plan does under the load of a measurement.
template <number T, class Chip, class Site, class Model>
serving_result<T> measured_load(const Chip& chip, const Site& site, const Model& model,
                                const basic_serving_plan<T>& plan, const basic_serving_measurement<T>& m) {
  call_demand<T> call;
  call.input = m.input, call.output = m.output;
  const auto r = replica_of<T>(chip, site, model, plan, call);
  switch (m.regime) {
  case serving_regime::single_stream:
    return single_stream(r);
  case serving_regime::static_batch:
    return static_batch(r, m.concurrency);
  default:  // rules() leaves no other
    return inflight_fixed_concurrency(r, m.concurrency, m.run);
  }
}

inline double figure_of(const serving_measurement& m, serving_figure f) {
  return f == serving_figure::time_to_first_token     ? base_value(m.time_to_first_token)
         : f == serving_figure::time_per_output_token ? base_value(m.time_per_output_token)
                                                      : base_value(m.output_rate);
}
template <number T>
T figure_of(const serving_result<T>& s, const basic_serving_measurement<T>& m, serving_figure f) {
  return f == serving_figure::time_to_first_token     ? base_value(s.time_to_first_token)
         : f == serving_figure::time_per_output_token ? base_value(s.time_per_output_token)
                                                      : T(base_value(s.calls) * in<units::token>(m.output));
}

// All figures that were measured.
inline std::vector<serving_residual> figures_of(const std::vector<serving_measurement>& measurements) {
  std::vector<serving_residual> all;
  for (std::size_t i = 0; i < measurements.size(); ++i) {
    for (const serving_figure f :
         {serving_figure::time_to_first_token, serving_figure::time_per_output_token, serving_figure::output_rate}) {
      if (is_known(figure_of(measurements[i], f))) all.push_back({{}, i, f});
    }
  }
  return all;
}

template <class Chip, class Site, class Model>
void check_engine_calibration(const Chip& chip, const Site& site, const Model& model, const serving_plan& plan,
                              const std::vector<serving_measurement>& measurements, const engine_prior& prior) {
  findings f;
  if constexpr (described<Chip>) f.add(check(chip, "chip"));
  if constexpr (described<Site>) f.add(check(site, "site"));
  if constexpr (described<Model>) f.add(check(model, "model"));
  f.add(check(plan, "plan"));
  f.add(check(prior, "prior"));
  f.check_not_empty("measurements", measurements, "Give what was measured of a replica, at least one figure.");
  for (std::size_t i = 0; i < measurements.size(); ++i)
    f.add(check(measurements[i], "measurements[" + std::to_string(i) + "]"));
  f.require(!plan.disaggregated(), "plan.reading.tensor", plan.reading.tensor, "0",
            "Measure a replica that reads its own prompts.");
  raise_if_any(f);
  require(can_be_laid_out(chip, model, plan), "plan",
          layercake::to_string(plan.tensor) + " x " + layercake::to_string(plan.pipeline),
          "ranks over which heads, layers and experts divide, within the chip's scale_up_domain",
          "Give the plan that the measured engine runs.");
  for (std::size_t i = 0; i < measurements.size(); ++i) {
    call_demand<> call;
    call.input = measurements[i].input, call.output = measurements[i].output;
    const std::string reason = layercake::why_not(serving_task(chip, site, model, widened<double>(call)), plan);
    if (!reason.empty()) raise(infeasible("measurements[" + std::to_string(i) + "]: " + reason));
  }
}

}  // namespace detail

// The software of an engine that explains what was measured of one replica of `model` under `plan` on `chip`s of a site: plan.software with
// per_step, per_sequence, per_request, per_rank, launch (s) and kernel_share for which
//   sum over figures (ln(predicted / measured) / error)^2 + sum over constants (ln(constant / plan's) / prior's error)^2
// is least (methods/prior.hpp: calibrate_with_prior), each with the standard deviation of its logarithm. Predictions are those of
// serving/regimes.hpp: single_stream, static_batch and inflight_fixed_concurrency, of which the last one alone has per_request; slopes are exact.
// One measurement is enough: what it does not tell keeps its prior, and undetermined() says so. Loads of few and of many requests tell per_step
// from per_sequence, long and short prompts kernel_share from both. Under one plan nothing tells per_rank from per_step: the two share what is
// found by their priors. With a prior of 0 for everything the misfit is that of the software as it stands, by which the rows of
// serving/engines.hpp can be compared.
// Leaves out: everything else of the software; that figures of one run are not independent. Constants that are 0 in plan.software, as per_rank
// mostly is, stay 0. Errors are those of the figures and the prior, not of the law: see engine_calibration::misfit.
// Throws invalid_value for fields outside their domains, no measurement, one without a figure or of another regime, and a plan that cannot be laid
// out; infeasible where the model and one call do not fit in memory. Source: see calibrate_with_prior.
template <class Chip, class Site, class Model>
engine_calibration calibrate_engine(const Chip& chip, const Site& site, const Model& model, const serving_plan& plan,
                                    const std::vector<serving_measurement>& measurements,
                                    const engine_prior& prior = {}) {
  using D = dual<double, engine_calibration::size>;
  detail::check_engine_calibration(chip, site, model, plan, measurements, prior);

  engine_calibration found;
  found.residuals = detail::figures_of(measurements);
  std::vector<measured_figure> measured;
  for (const serving_residual& r : found.residuals) {
    const serving_measurement& m = measurements[r.measurement];
    measured.push_back({detail::figure_of(m, r.figure), m.error});
  }
  const auto chip_over = layercake::with_number<D>(chip);
  const auto site_over = layercake::with_number<D>(site);
  const auto model_over = layercake::with_number<D>(model);
  const auto predicted = [&](const auto& constants, std::size_t i) {
    const serving_residual& r = found.residuals[i];
    auto own = layercake::with_number<D>(plan);
    detail::for_each_engine_constant(
        own.software, [&]<class Value>(std::size_t k, Value& value) { value = from_base_value<Value>(constants[k]); });
    const auto m = layercake::with_number<D>(measurements[r.measurement]);
    return detail::figure_of(detail::measured_load<D>(chip_over, site_over, model_over, own, m), m, r.figure);
  };
  const auto c = calibrate_with_prior(detail::constants_before(plan.software, prior), measured, predicted);

  found.software = plan.software;
  detail::for_each_engine_constant(found.software, [&]<class Value>(std::size_t k, Value& value) {
    value = from_base_value<Value>(c.constants[k].value);
  });
  for (std::size_t i = 0; i < c.figures.size(); ++i)
    static_cast<figure_residual&>(found.residuals[i]) = c.figures[i];
  found.constants = c.constants;
  found.covariance = c.covariance;
  found.misfit = c.misfit();
  found.converged = c.converged;
  return found;
}

}  // namespace layercake::planning
