// Many steps of reinforcement learning: wall clock, energy and money, with failures and the building around the chips.
#pragma once

#include <layercake/planning/questions/reinforcement.hpp>
#include <layercake/serving/power.hpp>
#include <layercake/training/run.hpp>

namespace layercake::planning {

template <number T = double>
struct reinforcement_run_figures : run_bill<T> {
  quantity<unit::second, T> wall_clock{};
  T goodput{};                            // steps over wall clock
  T failures{};                           // expected during the run
  quantity<unit::second, T> chip_time{};  // in<units::hour> gives chip-hours
};

// Power of one chip in the two kinds of phase, and in the mean over a step and all chips.
template <number T = double>
struct reinforcement_power {
  quantity<unit::watt, T> writing, learning, mean;
};

// Writing draws by the work of a replica, until its last sample has ended; passes and updates as a training step does; a chip that waits is
// idle. Assumed: a reward model draws what the update does.
template <number T, class Chip>
reinforcement_power<T> power_of(const reinforcement_figures<T>& f, const Chip& chip) {
  const rollout_figures<T>& r = f.rollout;
  reinforcement_power<T> p;
  p.writing = running_power(chip, r.work, min(T(r.work.time / r.replica_time), T(1)), T(1));
  p.learning = power_of_training(f.update, chip);
  const quantity<unit::watt, T> idle = chips::idle_power_of(chip);
  const auto writing = r.replica_time * r.chips,
             learning = f.scoring * r.chips + (f.passes + f.updating) * f.update.chips;
  p.mean = idle + (p.writing - idle) * T(writing / f.chip_time()) + (p.learning - idle) * T(learning / f.chip_time());
  return p;
}

// A run of `steps` steps `f` on `chip` in `site`, fed by `energy`.
//   wall clock = steps * step / goodput;  goodput, cost and carbon as of a training run (training/run.hpp)
// While saving or restarting chips idle. Throws invalid_value for steps below 1 and fields outside their domains, missing_value for a chip
// whose price or thermal design power is unknown. Infinite where failures come faster than the state can be saved, or the network or the
// supply cannot carry the chips. Leaves out: people, evaluation, chips held in reserve.
template <number T, class Chip, class Site, class Energy>
reinforcement_run_figures<T> run_reinforcement(const reinforcement_figures<T>& f, const T& steps, const Chip& chip,
                                               const Site& site, const Energy& energy) {
  if constexpr (real<T>) {
    findings all;
    all.check_within("steps", steps, at_least_one, "Set the steps of the run.");
    all.check_positive("figures.step_time()", f.step_time(), "Take what reinforcement_step answers.");
    if constexpr (described<Chip>) all.add(check(chip, "chip"));
    if constexpr (described<Site>) all.add(check(site, "site"));
    if constexpr (described<Energy>) all.add(check(energy, "energy"));
    raise_if_any(all);
    raise_if_missing(chips::missing_in_bill(chip, "chip"));
  }
  const auto place = layercake::with_number<T>(site);
  const run_failures<T> failures = failures_of_run(f.chips, place);
  const reinforcement_power<T> power = power_of(f, chip);
  const auto idle = chips::idle_power_of(chip);
  chip_demand<T> fleet;
  fleet.chips = f.chips;
  fleet.peak_power = max(power.writing, power.learning);
  fleet.mean_power = idle + (power.mean - idle) * failures.useful;
  fleet.price = chip.price;
  fleet.die_area = chips::die_area_of(chip);

  reinforcement_run_figures<T> r;
  r.wall_clock = f.step_time() * steps / failures.useful;
  static_cast<run_bill<T>&>(r) = bill_of_run(fleet, r.wall_clock, place, energy);
  r.goodput = failures.useful;
  r.failures = r.wall_clock / failures.between;
  r.chip_time = r.wall_clock * f.chips;
  return r;
}

}  // namespace layercake::planning
