// Constants of training software from a handful of own measurements, with their errors.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <layercake/core/fields.hpp>
#include <layercake/planning/methods/prior.hpp>
#include <layercake/training/law.hpp>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

namespace layercake::planning {

// What was measured of training under one plan: the time of a step or the tokens of a second, of all chips.
template <number T = double>
struct basic_training_measurement {
  basic_training_plan<T> plan{};
  quantity<unit::second, T> step_time = unknown<>;
  quantity<unit::token_per_second, T> token_rate = unknown<>;
  T error = number_cast<T>(0.05);  // assumed: what two runs of one benchmark differ by

  template <number Other>
  using with_number = basic_training_measurement<Other>;
  static constexpr auto fields() {
    using X = basic_training_measurement;
    return std::tuple{part("plan", &X::plan),
                      field("step_time", &X::step_time, positive.or_unknown(),
                            "mean time of an optimiser step, unknown where the rate was measured"),
                      field("token_rate", &X::token_rate, positive.or_unknown(),
                            "tokens per second on all chips, unknown where the time was measured"),
                      field("error", &X::error, domain{1e-4, 1}, "relative standard error")};
  }
  void rules(findings& f) const requires real<T> {
    f.require(is_known(step_time) || is_known(token_rate), "step_time or token_rate", std::string_view("unknown"),
              "one of them known", "Give what was measured.");
    f.require(!is_known(step_time) || !is_known(token_rate), "token_rate", token_rate, "unknown beside step_time",
              "The two are one measurement: give one of them.");
  }

  // Of a step; worked out of the rate where that was measured.
  constexpr quantity<unit::second, T> measured_step() const {
    return where(is_known(step_time), step_time, quantity<unit::second, T>(plan.tokens() / token_rate));
  }
};
using training_measurement = basic_training_measurement<>;

// How well the constants are known before anything is measured: standard deviations of their logarithms; 0 holds one. Defaults, assumed: hosts
// differ by a factor of two, kernels by a tenth.
template <number T = double>
struct basic_stack_prior {
  T launch = number_cast<T>(0.7);
  T products = number_cast<T>(0.1);

  template <number Other>
  using with_number = basic_stack_prior<Other>;
  static constexpr auto fields() {
    using X = basic_stack_prior;
    constexpr domain error{0, 5};
    return std::tuple{field("launch", &X::launch, error, "error of the host time of an operation"),
                      field("products", &X::products, error, "error of the speed of products")};
  }
};
using stack_prior = basic_stack_prior<>;

struct stack_calibration {
  static constexpr std::size_t size = 2;
  training_software software{};    // the plans', with the launch time that was found
  training_constants constants{};  // training_law_of takes them: with the speed of products that was found
  // launch in s; products over those of training_constants, whatever the chip. The covariance is that of their logarithms.
  std::array<found_constant, size> found{};
  std::array<std::array<double, size>, size> covariance{};
  std::vector<figure_residual> residuals;  // of the step time, by measurement
  double misfit = 0;  // root of the mean square of the residuals in standard errors: prior_calibration::misfit
  bool converged = false;
};

namespace detail {

// Products of every kind of chip, `times` as fast.
inline training_constants with_products(double times) {
  training_constants k;
  k.products *= times, k.tpu_products *= times;
  return k;
}

// What `times` may be: as far as training_constants may go.
inline domain allowed_products() {
  const training_constants k;
  domain times = positive;
  for_each_field(k, "", [&](const std::string&, const double& value, const auto& d) {
    if (&value != &k.products && &value != &k.tpu_products) return;
    times.low = std::fmax(times.low, d.allowed.low / value), times.high = std::fmin(times.high, d.allowed.high / value);
  });
  return times;
}

template <class Chip, class Site, class Model>
void check_stack_calibration(const Chip& chip, const Site& site, const Model& model,
                             const std::vector<training_measurement>& measurements, const stack_prior& prior) {
  findings f;
  f.add(check(prior, "prior"));
  f.check_not_empty("measurements", measurements, "Give what was measured, at least one step.");
  for (std::size_t i = 0; i < measurements.size(); ++i) {
    const std::string path = "measurements[" + std::to_string(i) + "]";
    const training_measurement& m = measurements[i];
    std::vector<finding> own = check_training(model, chip, site, m.plan);
    for (finding& x : own)
      x.path = x.path.rfind("plan", 0) == 0 ? path + "." + x.path : x.path;
    f.add(std::move(own));
    if (f.empty()) f.add(check(m, path));
    if (!f.empty()) break;
    f.check_equal(path + ".plan.software.launch", m.plan.software.launch, "measurements[0].plan.software.launch",
                  measurements[0].plan.software.launch, "One software is found: give all plans the same.");
  }
  raise_if_any(f);
}

}  // namespace detail

// The launch time of an operation (s) and the speed of matrix products, over what it is taken to be, that explain measured steps of training
// `model` on `chip`s of a site:
//   sum over steps (ln(predicted / measured) / error)^2 + sum over constants (ln(constant / before) / prior's error)^2
// is least (methods/prior.hpp: calibrate_with_prior). Before stand the launch time of the plans' software, the same in all, and 1; products of GPUs
// and of TPUs move in the same proportion, as far as the fields of training_constants allow. Predictions are the step times of training/law.hpp;
// their slope along the speed of products is a central difference. One measurement is enough: what it does not tell keeps its prior. Small
// micro-batches and thin layers tell the launch time, wide ones the products. Leaves out: every other constant; whether a step fits in memory.
// Throws invalid_value for fields outside their domains, no measurement, one without a figure or with both, software of more than one launch time
// and what train_step refuses. Source: see calibrate_with_prior.
template <class Chip, class Site, class Model>
stack_calibration calibrate_stack(const Chip& chip, const Site& site, const Model& model,
                                  const std::vector<training_measurement>& measurements,
                                  const stack_prior& prior = {}) {
  using D = dual<double, stack_calibration::size>;
  detail::check_stack_calibration(chip, site, model, measurements, prior);
  const auto law_with = [&]<number N>(std::type_identity<N>, double products) {
    return training_law_of<N>(model, chip, site, detail::with_products(products));
  };
  const auto predicted = [&](const std::array<D, stack_calibration::size>& c, std::size_t i) {
    auto plan = layercake::with_number<D>(measurements[i].plan);
    plan.software.launch = c[0] * units::second;
    const D step = base_value(law_with(std::type_identity<D>{}, c[1].value)(plan).step_time());
    // The law's constants are plain numbers.
    constexpr double part = 1e-4;
    const auto step_at = [&](double products) {
      training_plan p = measurements[i].plan;
      p.software.launch = c[0].value * units::second;
      return base_value(law_with(std::type_identity<double>{}, products)(p).step_time());
    };
    const double at = c[1].value, slope = (step_at(at * (1 + part)) - step_at(at * (1 - part))) / (2 * part * at);
    return step + (c[1] - D(at)) * slope;
  };
  std::vector<measured_figure> measured;
  for (const training_measurement& m : measurements)
    measured.push_back({base_value(m.measured_step()), m.error});
  const training_software& software = measurements.front().plan.software;
  const std::array<prior_constant, stack_calibration::size> before{
      {{"launch", base_value(software.launch), prior.launch, nonnegative},
       {"products", 1, prior.products, detail::allowed_products()}}};
  const auto c = calibrate_with_prior(before, measured, predicted);

  stack_calibration result;
  result.software = software;
  result.software.launch = c.constants[0].value * units::second;
  result.constants = detail::with_products(c.constants[1].value);
  result.found = c.constants;
  result.covariance = c.covariance;
  result.residuals = c.figures;
  result.misfit = c.misfit();
  result.converged = c.converged;
  return result;
}

}  // namespace layercake::planning
