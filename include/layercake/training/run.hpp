// A whole training run: wall clock, energy and money of so many tokens, with failures, checkpoints and the building around the chips; or why there is no such run.
#pragma once

#include <layercake/energy/energy.hpp>
#include <layercake/training/law.hpp>

namespace layercake {

// What a run does besides its steps.
template <number T = double>
struct basic_training_run {
  quantity<unit::token, T> tokens = T(1) * units::trillion_tokens;
  quantity<unit::second, T> start_up{};  // once: compiling, loading
  T evaluation = T(0);                   // share of the steps' time, on top
  T spare = T(0);                        // chips installed and powered beside those that train, as a share of them

  template <class N>
  using with_number = basic_training_run<N>;
  static constexpr auto fields() {
    using X = basic_training_run;
    return std::tuple{
        field("tokens", &X::tokens, positive, "the tokens that the run trains on"),
        field("start_up", &X::start_up, nonnegative, "the time before the first step"),
        field("evaluation", &X::evaluation, domain{0, 10}, "time of evaluation over that of the steps"),
        field("spare", &X::spare, domain{0, 1}, "installed chips beside those that train, as a share of them")};
  }
};
using training_run = basic_training_run<>;

// What the chips of a run draw and cost in its time, and the site around them.
template <number T = double>
struct run_bill {
  T chips{};                             // installed
  quantity<unit::watt, T> chip_power{};  // of one, averaged over the run
  average_power<T> site_power{};         // at the meter
  quantity<unit::joule, T> chip_energy{};
  facility_energy<T> site_energy{};
  quantity<unit::usd, T>
      infrastructure_cost{};  // chips, servers, network, building, upkeep, staff for the time of the run
  quantity<unit::usd, T> energy_cost{};
  quantity<unit::kilogram_co2e, T> carbon{};

  constexpr quantity<unit::usd, T> cost() const { return infrastructure_cost + energy_cost; }
};

// Of a fleet in `site`, fed by `energy`: the site's yearly costs for the time, whole site, and the supply's for its power.
template <number T, class Site, class Energy>
run_bill<T> bill_of_run(const chip_demand<T>& fleet, const quantity<unit::second, T>& wall_clock, const Site& site,
                        const Energy& energy) {
  const auto built = site.pull(fleet, counting::smooth);
  const quantity<unit::watt, T> at_the_meter = plain(built.power.mean);
  const auto supplied = energy.pull(built.power);
  run_bill<T> b;
  b.chips = plain(built.chips);
  b.chip_power = plain(fleet.mean_power);
  b.chip_energy = b.chip_power * b.chips * wall_clock;
  b.site_power = as<kind::average>(at_the_meter);
  b.site_energy = as<kind::facility>(at_the_meter * wall_clock);
  b.infrastructure_cost = built.cost() * wall_clock;
  b.energy_cost = supplied.cost() * wall_clock;
  b.carbon = for_all(wall_clock, supplied.carbon);
  return b;
}

template <number T = double>
struct training_run_figures : run_bill<T> {
  T steps{};
  quantity<unit::second, T> stepping{};    // in steps alone
  quantity<unit::second, T> wall_clock{};  // from start to the last checkpoint: "time to train"
  T goodput{};                             // stepping over wall clock
  quantity<unit::second, T> checkpoint_interval{};
  T failures{};                           // expected during the run
  quantity<unit::second, T> chip_time{};  // chips * wall clock: in<units::hour> gives chip-hours
  model_flop<T> model_flops{};            // of the whole run, causal
};

// When the chips of a run fail and what is saved against it, and what is left for its steps.
template <number T = double>
struct run_failures {
  quantity<unit::second, T> between{}, checkpoint{}, restart{};
  quantity<unit::second, T> interval{};  // between states that are saved
  T useful{};                            // share of the time; 0 where failures come faster than a state is saved
};
template <number T, class Site>
constexpr run_failures<T> failures_of_run(const T& chips, const Site& place) {
  run_failures<T> r;
  r.between = infrastructure::time_between_failures(place.reliability, chips);
  r.checkpoint = place.reliability.checkpoint;
  r.restart = place.reliability.restart;
  r.interval = infrastructure::daly_interval(r.checkpoint, r.between);
  r.useful = infrastructure::complete_goodput(r.interval, r.checkpoint, r.between, r.restart);
  return r;
}

// Power of a chip while it trains, below its design power.
template <number T, class Chip>
auto power_of_training(const training_figures<T>& f, const Chip& chip) {
  return chips::power_of(chip, chips::basic_use<T>{T(1), min(f.use_compute, T(1)), min(f.use_memory, T(1))});
}

namespace detail {
// What is wrong with the figures of a step that a run is made of.
template <real T>
std::vector<finding> check_step(const training_figures<T>& f) {
  findings found("figures");
  const char* remedy = "Take what train_step answers to a plan that check_training finds nothing wrong with.";
  found.check_positive("step_time", f.step_time(), remedy);
  found.check_positive("tokens", f.tokens, remedy);
  found.check_positive("chips", f.chips, remedy);
  found.check_nonnegative("use_compute", f.use_compute, remedy);
  found.check_nonnegative("use_memory", f.use_memory, remedy);
  return found.take();
}

// Everything that a run is asked with is looked at.
template <number T, class Chip, class Site, class Energy>
void check_run(const training_figures<T>& f, const basic_training_run<T>& run, const Chip& chip, const Site& site,
               const Energy& energy) {
  if constexpr (real<T>) {
    findings all;
    all.add(check_step(f));
    all.add(check(run, "run"));
    if constexpr (described<Chip>) all.add(check(chip, "chip"));
    if constexpr (described<Site>) all.add(check(site, "site"));
    if constexpr (described<Energy>) all.add(check(energy, "energy"));
    raise_if_any(all);
  }
}
// And what its cost is made of is known.
template <number T, class Chip, class Site, class Energy>
void check_billed_run(const training_figures<T>& f, const basic_training_run<T>& run, const Chip& chip,
                      const Site& site, const Energy& energy) {
  check_run(f, run, chip, site, energy);
  if constexpr (real<T>) raise_if_missing(chips::missing_in_bill(chip, "chip"));
}

// What the chips of a run ask of the site.
template <number T, class Chip>
chip_demand<T> fleet_of_run(const training_figures<T>& f, const basic_training_run<T>& run, const Chip& chip,
                            const T& useful) {
  chip_demand<T> fleet;
  fleet.chips = f.chips * (T(1) + run.spare);
  const auto working = power_of_training(f, chip);
  const T at_work = useful / (T(1) + run.spare);  // share of the installed chips' time
  fleet.peak_power = working;
  const auto idle = chips::idle_power_of(chip);
  fleet.mean_power = idle + (working - idle) * at_work;
  fleet.price = chip.price;
  fleet.die_area = chips::die_area_of(chip);
  return fleet;
}

// run_training and why_not of what has been checked.
template <number T, class Chip, class Site, class Energy>
training_run_figures<T> checked_run(const training_figures<T>& f, const basic_training_run<T>& run, const Chip& chip,
                                    const Site& site, const Energy& energy);
template <real T, class Chip, class Site, class Energy>
std::string checked_why_not(const training_figures<T>& f, const basic_training_run<T>& run, const Chip& chip,
                            const Site& site, const Energy& energy);
}  // namespace detail

// A run of the step `f` on `chip` in `site`, fed by `energy`.
//
//   steps = tokens / tokens per step;  wall clock = (steps * step time (1 + evaluation)) / goodput + start-up
//   goodput: complete form of Daly 2006, eq. 13, at his interval, mean time between failures of the chips that train
//   over their number power: the chip's law at the step's use of its parts; while saving or restarting it idles cost:
//   the site's yearly costs for the time of the run, whole site, and the energy supply's for its power
//
// Domain: the fields' own, of the run and of what it runs on; invalid_value is thrown outside it with all that is wrong, missing_value for a
// chip whose price or thermal design power is unknown. Infinite where the
// step does not fit, failures come faster than the state can be saved, or the network or the supply cannot carry the chips: why_not says
// which. Leaves out: queueing for a cluster, failed runs, people who train. Worked
// number: Llama 3 405B, 15.6e12 tokens on 16,384 H100 at 400 TFLOP/s: in the tests.
template <number T, class Chip, class Site, class Energy>
training_run_figures<T> run_training(const training_figures<T>& f, const basic_training_run<T>& run, const Chip& chip,
                                     const Site& site, const Energy& energy) {
  detail::check_billed_run(f, run, chip, site, energy);
  return detail::checked_run(f, run, chip, site, energy);
}

template <number T, class Chip, class Site, class Energy>
training_run_figures<T> detail::checked_run(const training_figures<T>& f, const basic_training_run<T>& run,
                                            const Chip& chip, const Site& site, const Energy& energy) {
  using seconds = quantity<unit::second, T>;
  const auto place = layercake::with_number<T>(site);
  training_run_figures<T> r;
  r.steps = run.tokens / f.tokens;
  r.stepping = f.feasible_step_time() * r.steps;
  const seconds work = r.stepping * (T(1) + run.evaluation);

  const run_failures<T> failures = failures_of_run(f.chips, place);
  r.checkpoint_interval = failures.interval;
  const T useful = failures.useful;
  const seconds busy = work / useful;
  r.wall_clock = busy + run.start_up;
  r.goodput = useful / ((T(1) + run.evaluation) * (T(1) + run.start_up / busy));
  r.failures = busy / failures.between;

  static_cast<run_bill<T>&>(r) = bill_of_run(fleet_of_run(f, run, chip, useful), r.wall_clock, place, energy);
  r.chip_time = r.wall_clock * f.chips;
  r.model_flops = f.model_flops(attention_flop::causal) * r.steps;
  return r;
}

// Why a run never ends or costs infinity: what the memory, the failures, the network or the supply does not allow, with its value, its
// limit and what to change. Empty where it does neither. Throws as run_training does.
// Worked number: 8 chips of 700 W behind a connection of 1 kW: "energy: the peak at the meter is ...; allowed: at most the connection, 1 kW".
template <real T, class Chip, class Site, class Energy>
std::string why_not(const training_figures<T>& f, const basic_training_run<T>& run, const Chip& chip, const Site& site,
                    const Energy& energy) {
  detail::check_billed_run(f, run, chip, site, energy);
  return detail::checked_why_not(f, run, chip, site, energy);
}

template <real T, class Chip, class Site, class Energy>
std::string detail::checked_why_not(const training_figures<T>& f, const basic_training_run<T>& run, const Chip& chip,
                                    const Site& site, const Energy& energy) {
  if (!f.memory.fits()) {
    return "memory: " + too_large(f.memory) + ". how_to_fit says what to change in the plan.";
  }
  const auto place = layercake::with_number<T>(site);
  const run_failures<T> failures = failures_of_run(f.chips, place);
  if (!(failures.useful > T(0))) {
    return "reliability: one of " + to_string(f.chips) + " chips fails every " + to_string(failures.between) +
           ", before a state is saved in " + to_string(failures.checkpoint) + " and loaded in " +
           to_string(failures.restart) +
           ". Shorten reliability.checkpoint and reliability.restart, train on fewer chips, or take chips that fail "
           "less.";
  }
  const auto built = place.pull(fleet_of_run(f, run, chip, failures.useful), counting::smooth);
  const std::string reason = infrastructure::why_not(built);
  if (!reason.empty()) return reason;
  const std::string carried = energy::why_not(energy, power_demand<>{plain(built.power.peak), plain(built.power.mean)});
  return carried.empty() ? carried : "energy: " + carried;
}

// Wall clock of a run and the chip-hours it takes. Throw invalid_value as run_training does; neither asks what a chip costs or draws.
template <number T, class Chip, class Site, class Energy>
quantity<unit::second, T> time_to_train(const training_figures<T>& f, const basic_training_run<T>& run,
                                        const Chip& chip, const Site& site, const Energy& energy) {
  detail::check_run(f, run, chip, site, energy);
  return detail::checked_run(f, run, chip, site, energy).wall_clock;
}
template <number T, class Chip, class Site, class Energy>
T chip_hours(const training_figures<T>& f, const basic_training_run<T>& run, const Chip& chip, const Site& site,
             const Energy& energy) {
  detail::check_run(f, run, chip, site, energy);
  return in<units::hour>(detail::checked_run(f, run, chip, site, energy).chip_time);
}

}  // namespace layercake
