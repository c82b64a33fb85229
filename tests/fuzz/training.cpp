// Random training runs: a step and a run of numbers that add up, or what contradicts.
#include <doctest/doctest.h>

#include <cstring>
#include <iterator>
#include <layercake/energy/catalog.hpp>
#include <layercake/infrastructure/catalog.hpp>
#include <layercake/models/catalog.hpp>
#include <layercake/training/run.hpp>

#include "../property/stack/catalog_stacks.hpp"
#include "generator.hpp"

using namespace fuzz;
using namespace layercake::units;

namespace {

constexpr double rounding = 1e-9;

struct training_question {
  lc::models::transformer model;
  lc::chips::accelerator chip;
  lc::infrastructure::site site;
  lc::energy::grid energy;
  lc::training_plan plan;
  lc::training_run run;

  static constexpr auto fields() {
    using X = training_question;
    return std::tuple{lc::part("model", &X::model),   lc::part("chip", &X::chip), lc::part("site", &X::site),
                      lc::part("energy", &X::energy), lc::part("plan", &X::plan), lc::part("run", &X::run)};
  }
};

struct random_question {
  training_question base;
  std::string code;
  std::vector<change> changes;
};

random_question draw(generator& random, std::size_t most_changes) {
  const auto& entry = random.one_of(lc::chips::catalog::all);
  const auto* model = random.one_of(lc::models::catalog::transformers);
  const auto* site = random.one_of(lc::infrastructure::catalog::sites);
  random_question q;
  q.base = {*model, *entry.chip, *site, layercake_test::tariff(), {}, {}};
  auto& chip = q.base.chip;
  if (!lc::is_known(chip.price)) chip.price = 20000 * usd;
  if (!lc::is_known(chip.thermal_design_power)) chip.thermal_design_power = 600 * watt;
  if (!lc::is_known(chip.idle_power)) chip.idle_power = 70 * watt;
  auto& p = q.base.plan;
  p.tensor = random.power_of_two(3), p.pipeline = random.power_of_two(3), p.context = random.power_of_two(1);
  p.data = random.power_of_two(6);
  p.expert = model->experts > 0 ? std::min(random.power_of_two(3), p.tensor * p.context * p.data) : 1;
  p.micro_batch = random.power_of_two(2);
  p.global_batch = p.data * p.micro_batch * random.power_of_two(5);
  p.sequence = 512 * random.power_of_two(5);
  if (p.pipeline > 1 && random.one_in(3)) p.virtual_stages = 2;
  p.schedule =
      random.one_of(std::array{lc::pipeline_schedule::one_forward_one_backward, lc::pipeline_schedule::zero_bubble,
                               lc::pipeline_schedule::dual_pipe, lc::pipeline_schedule::all_forward});
  if (!lc::schedule_runs(p.schedule, p.pipeline, p.virtual_stages, p.micro_batches())) p.schedule = {};
  if (random.one_in(4)) {
    p.offload = {.optimizer = 1, .weights = random.one_in(2) ? 1.0 : 0.0};
    p.host = {.link = 64 * gigabyte_per_second, .memory_bandwidth = 50 * gigabyte_per_second, .memory = 1 * terabyte};
  }
  p.sharding = random.one_of(
      std::array{lc::sharding::none, lc::sharding::optimizer, lc::sharding::gradients, lc::sharding::full});
  p.recompute =
      random.one_of(std::array{lc::recomputation::none, lc::recomputation::selective, lc::recomputation::operators,
                               lc::recomputation::full, lc::recomputation::automatic});
  p.math = random.one_of(std::array{lc::precision::bf16, lc::precision::bf16, lc::precision::fp8, lc::precision::fp32});
  p.software = lc::software_of(lc::training_releases[random.below(std::size(lc::training_releases))]);
  q.code = "training_question x{lc::models::catalog::find(\"" + std::string(model->name) +
           "\"), lc::chips::catalog::find(\"" + std::string(entry.name) +
           "\"), lc::infrastructure::catalog::find_site(\"" + site->name + "\"), tariff()}; " + "/* schedule " +
           lc::name(p.schedule) + ", sharding " + std::to_string(static_cast<int>(p.sharding)) + ", recompute " +
           std::to_string(static_cast<int>(p.recompute)) + ", math " + std::to_string(lc::bits(p.math)) +
           " bit, software " + p.software.name + " */";
  const auto fields = fields_of(q.base);
  // The plan as drawn is part of what may be left out, so that a fault is told with the plan that matters.
  const auto usual = fields_of(training_question{*model, *entry.chip, *site, layercake_test::tariff(), {}, {}});
  for (std::size_t k = 0; k < fields.size(); ++k) {
    if (fields[k].path.compare(0, 5, "plan.") == 0 && std::isfinite(fields[k].base) && fields[k].base != usual[k].base)
      q.changes.push_back({static_cast<int>(k), fields[k].path, fields[k].base});
  }
  const auto kept = p;
  p = {};
  p.sharding = kept.sharding, p.recompute = kept.recompute, p.math = kept.math, p.software = kept.software;
  p.schedule = kept.schedule;
  for (const change& c : inside(random, fields, random.below(most_changes + 1), [](const std::string& path) {
         return path.compare(0, 5, "plan.") != 0 && path.find("_share") == path.npos;
       }))
    q.changes.push_back(c);
  return q;
}

bool positive(double x) { return std::isfinite(x) && x > 0; }
bool near(double a, double b) { return std::abs(a - b) <= rounding * std::max(std::abs(a), std::abs(b)); }

std::string wrong_step(const lc::training_figures<>& f) {
  if (!positive(in<second>(f.step_time())))
    return "step: takes " + lc::to_exact_string(in<second>(f.step_time())) + " s";
  const std::pair<const char*, double> times[] = {{"work", in<second>(f.time.work.total())},
                                                  {"imbalance", in<second>(f.time.imbalance)},
                                                  {"bubble", in<second>(f.time.bubble)},
                                                  {"pipeline exchange", in<second>(f.time.pipeline_exchange)},
                                                  {"sharding exchange", in<second>(f.time.sharding_exchange)},
                                                  {"data exchange", in<second>(f.time.data_exchange)},
                                                  {"accumulation", in<second>(f.time.accumulation)},
                                                  {"stragglers", in<second>(f.time.stragglers)},
                                                  {"optimizer", in<second>(f.time.optimizer)},
                                                  {"host", in<second>(f.time.host)},
                                                  {"offload", in<second>(f.time.offload)}};
  for (const auto& [name, x] : times) {
    if (!std::isfinite(x) || x < -rounding * in<second>(f.step_time()))
      return std::string("time of ") + name + ": " + lc::to_exact_string(x) + " s";
  }
  const std::pair<const char*, double> bytes[] = {
      {"weights", in<byte>(f.memory.weights)},     {"gradients", in<byte>(f.memory.gradients)},
      {"optimizer", in<byte>(f.memory.optimizer)}, {"activations", in<byte>(f.memory.activations)},
      {"workspace", in<byte>(f.memory.workspace)}, {"host", in<byte>(f.memory.on_host)}};
  for (const auto& [name, x] : bytes) {
    if (!std::isfinite(x) || x < 0) return std::string("memory of ") + name + ": " + lc::to_exact_string(x) + " B";
  }
  const double mfu = f.model_flop_utilisation(lc::attention_flop::causal);
  const double hfu = f.hardware_flop_utilisation(lc::attention_flop::causal);
  if (!positive(mfu) || mfu > 1) return "utilisation by the model's FLOP: " + lc::to_string(mfu);
  if (hfu > 1 || hfu < mfu * (1 - rounding))
    return "utilisation by the hardware's FLOP: " + lc::to_string(hfu) + ", by the model's " + lc::to_string(mfu);
  if (f.use_compute < 0 || f.use_compute > 1 + rounding || f.use_memory < 0) return "use: no share of the peaks";
  return "";
}

// What holds a run back, by the word that its reason starts with; empty where the figures that it names do not.
std::string wrong_reason(const lc::training_figures<>& f, const lc::training_run_figures<>& r,
                         const std::string& reason) {
  const auto starts = [&](const char* word) { return reason.compare(0, std::strlen(word), word) == 0; };
  const bool endless = std::isinf(in<second>(r.wall_clock)), costs_all = std::isinf(in<usd>(r.cost()));
  if (!endless && !costs_all) return reason.empty() ? "" : "run: a reason for a finite cost: " + reason;
  const bool right = !f.memory.fits()                             ? starts("memory: ")
                     : endless                                    ? starts("reliability: ")
                     : std::isinf(in<usd>(r.infrastructure_cost)) ? starts("network: ")
                                                                  : starts("energy: ");
  return right ? "" : "run: infinite without a reason: " + reason;
}

std::string wrong_run(const lc::training_figures<>& f, const training_question& x) {
  const auto r = lc::run_training(f, x.run, x.chip, x.site, x.energy);
  const std::string reason = lc::why_not(f, x.run, x.chip, x.site, x.energy);
  const std::string wrong = wrong_reason(f, r, reason);
  if (!wrong.empty()) return wrong;
  if (!f.memory.fits()) return std::isinf(in<second>(r.wall_clock)) ? "" : "run: of what does not fit";
  if (!(r.goodput >= 0 && r.goodput <= 1)) return "run: a goodput of " + lc::to_string(r.goodput);
  if (!reason.empty()) return "";
  const std::pair<const char*, double> all[] = {{"wall clock", in<second>(r.wall_clock)},
                                                {"chip time", in<second>(r.chip_time)},
                                                {"chips", r.chips},
                                                {"power of a chip", in<watt>(r.chip_power)},
                                                {"energy of chips", in<joule>(r.chip_energy)},
                                                {"cost of infrastructure", in<usd>(r.infrastructure_cost)},
                                                {"cost of energy", in<usd>(r.energy_cost)},
                                                {"steps", r.steps}};
  for (const auto& [name, v] : all) {
    if (!positive(v)) return std::string("run, ") + name + ": " + lc::to_exact_string(v);
  }
  if (r.stepping > r.wall_clock) return "run: steps take longer than the run";
  if (!near(in<joule>(plain(r.site_energy)), in<watt>(plain(r.site_power)) * in<second>(r.wall_clock)))
    return "run: energy is not power times time";
  if (in<joule>(r.chip_energy) > in<joule>(plain(r.site_energy))) return "run: chips take more energy than the site";
  if (r.chip_power > x.chip.thermal_design_power * (1 + rounding)) return "run: chips above their design power";
  return "";
}

std::string broken(const training_question& x) {
  auto found = lc::check_training(x.model, x.chip, x.site, x.plan);
  try {
    const auto f = lc::train_step(x.model, x.chip, x.site, x.plan);
    if (!found.empty()) return "accepted: " + lc::text_of(found);
    const std::string wrong = wrong_step(f);
    if (!wrong.empty()) return wrong;
    found = lc::check(x);
    return wrong_run(f, x);
  } catch (const lc::invalid_value& e) {
    if (found.empty()) return std::string("refused: ") + e.what();
    const std::string text = e.what();
    const std::string path = found.front().path;
    return text.find(path) == text.npos ? "unnamed: " + text : "";
  } catch (const lc::missing_value&) {
    return "";
  } catch (const std::exception& e) {
    return std::string("of another kind: ") + e.what();
  }
}

}  // namespace

TEST_CASE("random training runs answer without a fault, or say what contradicts") {
  generator random(8);
  faults all;
  int run = 0;
  for (int i = 0; i < times(5000); ++i) {
    const random_question q = draw(random, 6);
    const auto at = [&](const std::vector<change>& c) { return broken(changed(q.base, c)); };
    all.look(q.changes, at, q.code);
    run += lc::check(changed(q.base, q.changes)).empty() ? 1 : 0;
  }
  INFO(all.text());
  CHECK(all.none());
  CHECK(run > times(5000) / 4);
}

TEST_CASE("a run outside a domain is refused by its path") {
  generator random(9);
  faults all;
  for (int i = 0; i < times(4000); ++i) {
    random_question q = draw(random, 0);
    // The base itself is in order: a schedule that runs without a pipeline, a format that the chip has units for.
    q.base.plan.schedule = {};
    if (!lc::chips::multiplies(q.base.chip, q.base.plan.math)) q.base.plan.math = lc::precision::bf16;
    const auto fields = fields_of(q.base);
    const std::size_t k = random.below(fields.size());
    const std::string path = fields[k].path.substr(fields[k].path.find('.') + 1);
    q.changes = {{static_cast<int>(k), fields[k].path, random.one_of(outside(fields[k].allowed))}};
    const auto accepted = [&](const std::vector<change>& c) -> std::string {
      if (c.empty()) return "";
      const training_question x = changed(q.base, c);
      try {
        lc::run_training(lc::train_step(x.model, x.chip, x.site, x.plan), x.run, x.chip, x.site, x.energy);
        return "accepted: ";
      } catch (const lc::invalid_value& e) {
        return std::string(e.what()).find(path + " is ") == std::string::npos ? std::string("unnamed: ") + e.what()
                                                                              : "";
      } catch (const std::exception& e) {
        return std::string("of another kind: ") + e.what();
      }
    };
    all.look(q.changes, accepted, q.code);
  }
  INFO(all.text());
  CHECK(all.none());
}
