#include <cstdio>
#include <cstring>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <tuple>

#include "expected_errors.hpp"
#include "files.hpp"
#include "fit.hpp"
#include "least_squares.hpp"
#include "predictions.hpp"

namespace accuracy {
namespace {

struct named_constant {
  const char* name;
  free_constant constant;
  bool fixed;
};

// The fit of training starts from what training_constants assume and is drawn to round figures chosen before it. What training speeds do not tell
// apart keeps its value. Bounds are those of training_constants::fields().
std::vector<named_constant> training_list(lc::training_constants& c) {
  struct start {
    const char* name;
    double guess;
  };
  static constexpr start starts[] = {{"products", 0.95}, {"tpu_products", 1.4}, {"maturity", 0.15},
                                     {"eighth", 1.0},    {"attention", 1.0},    {"launch", 10e-6},
                                     {"inside", 0.9},    {"hidden_tensor", 0.5}};
  std::vector<named_constant> out;
  std::apply(
      [&](const auto&... field) {
        (out.push_back(
             {field.name, {&(c.*(field.member)), field.allowed.low, field.allowed.high, c.*(field.member)}, true}),
         ...);
      },
      lc::training_constants::fields());
  for (named_constant& n : out) {
    for (const start& s : starts) {
      if (std::strcmp(s.name, n.name) == 0) n.constant.guess = s.guess, n.fixed = false;
    }
  }
  return out;
}

std::vector<named_constant> serving_list(lc::serving_constants& c) {
  return {
      {"compiled_step", {&c.compiled_step, 1e-5, 5e-3, 0.3e-3}, false},
      {"scripted_step", {&c.scripted_step, 1e-4, 1e-2, 1.2e-3}, false},
      {"compiled_sequence", {&c.compiled_sequence, 1e-7, 5e-5, 4e-6}, false},
      {"scripted_sequence", {&c.scripted_sequence, 1e-6, 2e-4, 48e-6}, false},
      // vLLM 0.5: of a step of Llama 3 8B on an H100, some 16 ms of it on the chip at 256 sequences, 62 % were the host's (the source in
      // serving/engines.hpp); half of that taken for the sequences.
      {"early_step", {&c.early_step, 1e-3, 5e-2, 13e-3}, false},
      {"early_sequence", {&c.early_sequence, 1e-5, 1e-3, 50e-6}, false},
      {"early_rank", {&c.early_rank, 1e-4, 5e-2, 13e-3}, false},
      // Tokenising some thousand tokens takes a millisecond; a server in a scripting language, its sockets and its messages to the engine some ten.
      {"compiled_request", {&c.compiled_request, 1e-4, 1e-1, 1e-3}, false},
      {"request", {&c.request, 1e-4, 1e-1, 1e-2}, false},
      // An operation of the laws is some two kernels: of 4 us each from compiled code (NVIDIA, "Getting Started with CUDA Graphs", 2019), of 10 us
      // each from a script ("Accelerating PyTorch with CUDA Graphs", 2021).
      {"compiled_launch", {&c.compiled_launch, 1e-6, 1e-4, 8e-6}, false},
      {"launch", {&c.launch, 1e-6, 1e-4, 2e-5}, false},
      // Not fitted: they make up for what engines or benchmarks do that no row tells.
      {"wave_loss", {&c.wave_loss, 0.005, 0.3, 0.06}, true},
      {"run", {&c.run, 100, 4000, 512}, true},
      {"spread", {&c.spread, 0.05, 2, 0.3}, true},
      {"neuron_compute", {&c.neuron_compute, 0.05, 1, 0.45}, false},
      {"neuron_cache", {&c.neuron_cache, 0.1, 1, 0.5}, false},
      {"single_head", {&c.single_head, 0.3, 3, 1}, false}};
}

// Drawn to: the context of a process as nvidia-smi shows it on large chips, half a gigabyte; 1.5 GB that training was known to need
// more with others than alone; and the tensors that vLLM 0.6 has at once of a logit while it sorts for top-p: 16-bit and 32-bit
// logit, the sorted ones and their 64-bit indices, twice as the sort writes them, exponential, its running sum and the mask.
std::vector<named_constant> memory_list(lc::serving_constants& c) {
  return {{"context", {&c.context, 0.1e9, 3e9, 0.5e9}, false},
          {"communication", {&c.communication, 0.1e9, 6e9, 1.5e9}, false},
          {"scripted_logit", {&c.scripted_logit, 4, 120, 39}, false}};
}

// Drawn to what kernels alone draw (fit_power.cpp, rounded). Whole runs are few, and of what they draw servers and
// settings that no table tells are a part: the weaker the pull, the larger the errors of sources left out.
std::vector<named_constant> power_list(lc::chips::power_constants& c) {
  return {{"running", {&c.running, 0.1, 0.8, 0.44}, false},
          {"arithmetic", {&c.arithmetic, 0.05, 3, 0.53}, false},
          {"memory", {&c.memory, 4, 150, 32}, false}};
}

// A row ready to be predicted again and again, and what it shares with others: that is left out together.
struct observation {
  csv_record row;
  double measured;
  std::string metric, group, source;
  std::string lab, software, chip, precision;  // who published it, engine or stack, family, of products
  std::string regime;                          // of layercake/core/expected_error.hpp, empty where it has none
  std::function<double()> predict;
};
struct kind_of_leaving {
  const char* name;
  std::string observation::*key;
};
constexpr kind_of_leaving kinds[] = {{"source", &observation::source},
                                     {"lab", &observation::lab},
                                     {"software", &observation::software},
                                     {"chip", &observation::chip},
                                     {"precision", &observation::precision}};
observation observation_of(const directory& data, const csv_record& row, const lc::chips::accelerator& chip,
                           std::string group) {
  const std::string source(row.cell("source"));
  std::string math(row.cell("compute_precision"));
  if (math.empty()) math = "not said";
  return {row,
          row.number("value", 0),
          std::string(row.cell("metric")),
          std::move(group),
          source,
          data.lab(source),
          std::string(row.cell("software")),
          lc::chips::name(chip.family),
          std::move(math),
          {},
          {}};
}

// Rows from which on a source counts in full.
inline constexpr double full_weight_rows = 3;

// Every source counts alike, or where it has fewer than three rows as a third for each; and within it every metric. 0 for what has
// `left_out` for its `key`.
std::vector<double> weights_of(const std::vector<observation>& all, std::string observation::*key = nullptr,
                               const std::string& left_out = "") {
  std::map<std::string, std::map<std::string, double>> count;
  std::map<std::string, double> rows;
  for (const observation& o : all)
    count[o.source][o.metric] += 1, rows[o.source] += 1;
  std::vector<double> out;
  for (const observation& o : all) {
    const auto& metrics = count[o.source];
    const double whole = std::fmin(1.0, rows[o.source] / full_weight_rows);
    const double each = whole / (static_cast<double>(metrics.size()) * metrics.at(o.metric));
    out.push_back(key != nullptr && o.*key == left_out ? 0 : std::sqrt(each));
  }
  return out;
}

// Whether nothing else was measured on chips of this source's families, or with its software: leaving it out leaves constants without data.
bool alone(const std::vector<observation>& all, const std::string& source) {
  const auto covered = [&](auto&& key) {
    std::set<std::string> own, others;
    for (const observation& o : all)
      (o.source == source ? own : others).insert(key(o));
    return std::any_of(own.begin(), own.end(), [&](const std::string& k) { return others.count(k) > 0; });
  };
  return !covered([](const observation& o) { return o.chip; }) ||
         !covered([](const observation& o) { return o.software; });
}

struct group_settings {
  const char* title;
  double stiffness = 0.03;  // of the pull to the first guess
};

// The fit of some constants to some observations, and to these without a source, a lab, an engine or stack, a family of chips, a precision.
class group_fit {
public:
  group_fit(const group_settings& how, std::vector<named_constant> list, const std::vector<observation>& all)
      : how_(how), list_(std::move(list)), all_(all) {
    problem_.stiffness = how.stiffness;
    for (const named_constant& n : list_) {
      if (!n.fixed) problem_.constants.push_back(n.constant);
    }
    problem_.errors = [this] {
      std::vector<double> e;
      e.reserve(all_.size());
      for (std::size_t i = 0; i < all_.size(); ++i)
        e.push_back(problem_.weights[i] == 0 ? 0 : error_of(all_[i]));
      return e;
    };
  }

  // Fits and prints; leaves out in turn each of every kind, and appends to `held_out` lines of: group, kind, what is left out, whether it is alone,
  // fitted constants, rows, fitted and left-out median, 90th percentile and bias; regime, of lines of the kind `regime`: the rows of a source that
  // are in it, when the source is left out.
  void run(bool leave_out, std::ostream& held_out) {
    fit_with(weights_of(all_));
    for (const named_constant& n : list_)
      best_.push_back(*n.constant.at);
    print_constants();
    std::printf("  %-20s %-10s %-26s %5s   fitted: median, p90, bias   left out\n", "group", "", "", "rows");
    for (const kind_of_leaving& kind : kinds) {
      std::set<std::string> names;
      for (const observation& o : all_)
        names.insert(o.*kind.key);
      if (names.size() < 2) continue;
      for (const std::string& name : names)
        if (leave_out || kind.key == &observation::source) print(kind, name, leave_out, held_out);
    }
    set_best();
  }

private:
  const group_settings& how_;
  std::vector<named_constant> list_;
  const std::vector<observation>& all_;
  fit_problem problem_;
  std::vector<double> best_;
  std::map<std::vector<double>, std::vector<double>>
      found_;  // constants by weights: a lab of one source is that source

  static double error_of(const observation& o) { return std::log(o.predict() / o.measured); }

  void set(const std::vector<double>& constants) {
    for (std::size_t i = 0; i < list_.size(); ++i)
      *list_[i].constant.at = constants[i];
  }
  void set_best() { set(best_); }
  // From the first guesses: not from constants that have seen what is left out.
  void fit_with(std::vector<double> weights) {
    const auto known = found_.find(weights);
    if (known != found_.end()) return set(known->second);
    problem_.weights = weights;
    for (const named_constant& n : list_)
      *n.constant.at = n.constant.guess;
    fit(problem_);
    std::vector<double>& constants = found_[std::move(weights)];
    for (const named_constant& n : list_)
      constants.push_back(*n.constant.at);
  }
  void print_constants() const {
    std::printf("%s\n", how_.title);
    for (const named_constant& n : list_)
      std::printf("  double %s = %.4g;%s\n", n.name, *n.constant.at, n.fixed ? "  // not fitted" : "");
  }
  template <class Which>
  score score_now(Which&& which) const {
    std::vector<double> errors;
    for (const observation& o : all_) {
      if (!which(o)) continue;
      const double e = error_of(o);
      if (std::isfinite(e)) errors.push_back(e);
    }
    return score_of(errors, errors.size());
  }
  // By group and regime; of every regime together where that is empty. Regimes are told of sources.
  using scores_by_regime = std::map<std::pair<std::string, std::string>, score>;
  scores_by_regime scores_now(const kind_of_leaving& kind, const std::string& name) const {
    scores_by_regime scores;
    for (const observation& o : all_) {
      if (o.*kind.key != name) continue;
      scores[{o.group, ""}];
      if (kind.key == &observation::source) scores[{o.group, o.regime}];
    }
    for (auto& [of, s] : scores)
      s = score_now([&, group = of.first, regime = of.second](const observation& o) {
        return o.group == group && (regime.empty() || o.regime == regime) && o.*kind.key == name;
      });
    return scores;
  }

  void print(const kind_of_leaving& kind, const std::string& name, bool leave_out, std::ostream& held_out) {
    set_best();
    const scores_by_regime fitted = scores_now(kind, name);
    scores_by_regime out;
    if (leave_out) {
      fit_with(weights_of(all_, kind.key, name));
      out = scores_now(kind, name);
    }
    const bool by_itself = kind.key == &observation::source && alone(all_, name);
    for (const auto& [of, f] : fitted) {
      const auto& [group, regime] = of;
      const char* const kind_name = regime.empty() ? kind.name : "regime";
      std::printf("  %-20s %-10s %-26s %5zu   %5.1f %5.1f %+5.1f", group.c_str(), kind_name, name.c_str(), f.rows,
                  100 * f.median, 100 * f.p90, 100 * f.bias);
      if (leave_out) {
        const score& o = out[of];
        std::printf("    %5.1f %5.1f %+5.1f%s", 100 * o.median, 100 * o.p90, 100 * o.bias,
                    by_itself ? "   (alone with its chips or software)" : "");
        char text[256];
        std::snprintf(text, sizeof text, ",%d,%zu,%zu,%.4f,%.4f,%.4f,%.4f,%.4f,%.4f,", by_itself ? 1 : 0,
                      problem_.constants.size(), f.rows, f.median, f.p90, f.bias, o.median, o.p90, o.bias);
        held_out << group << ',' << kind_name << ',' << csv_text(name) << text << regime << "\r\n";
      }
      std::printf("\n");
      std::fflush(stdout);
    }
  }
};

// How the requests of a regime of inference.csv come.
lc::request_load load_of(std::string_view regime) {
  if (regime == "single_stream") return lc::request_load::single_stream;
  if (regime == "static_batch") return lc::request_load::static_batch;
  const bool no_number = regime == "inflight_saturated" || regime == "offline_trace";
  return no_number ? lc::request_load::saturated : lc::request_load::in_flight;
}

// The table of layercake/core/expected_error.hpp, in its form.
void print_expected(const std::string& held_out) {
  std::printf("expected_errors\n");
  for (const expected_line& e : expected_lines(held_out))
    std::printf("    {\"%s\", \"%s\", %zu, %.3f, %.3f},\n", e.group.c_str(), e.regime.c_str(), e.sources, e.median,
                e.ninetieth);
}

// What engines left for the cache: the figures that their own memory enters.
std::vector<observation> room_for_cache(const directory& data, const lc::serving_constants& k) {
  std::vector<observation> out;
  for (std::size_t i = 0; i < data.memory.rows(); ++i) {
    const csv_record row = data.memory[i];
    const std::string_view metric = row.cell("metric");
    const auto chip = data.chip(row.cell("chip"));
    const auto model = data.model(row.cell("model"));
    if (row.cell("predictable") != "1" || !chip || !model || !model->described) continue;
    if (row.cell("workload") != "serving" || (metric != "kv_tokens" && metric != "kv_bytes_per_rank")) continue;
    observation o = observation_of(data, row, chip->chip, "serving_memory");
    o.predict = [&k, row, c = chip->chip, m = model->model] {
      double rule = 0;
      return predict_memory(row, std::optional(c), m, k, rule).value;
    };
    if (std::isfinite(std::log(o.predict()))) out.push_back(std::move(o));
  }
  return out;
}

}  // namespace

void fit_measurements(const std::string& folder, const std::string& held_out) {
  const directory data(folder);
  if (data.empty()) throw std::runtime_error(folder + " has no measurements to fit");
  constants k;
  const bool leave_out = !held_out.empty();
  std::optional<output_file> report;
  std::ostringstream none;
  if (leave_out) report.emplace(held_out);
  std::ostream& lines = leave_out ? report->text() : none;
  if (leave_out) {
    lines << "group,kind,left_out,alone,constants,rows,fitted_median,fitted_p90,fitted_bias,median,p90,bias,regime\r\n";
  }
  const auto observations = [&](const csv_table& table, const char* file, auto&& regime, auto&& predict) {
    std::vector<observation> out;
    for (std::size_t i = 0; i < table.rows(); ++i) {
      const csv_record row = table[i];
      const auto chip = data.chip(row.cell("chip"));
      const auto model = data.model(row.cell("model"));
      const std::string_view metric = row.cell("metric");
      const std::string group(group_of(file, {}, metric, row.cell("unit")));
      if (row.cell("predictable") != "1" || group.empty() || !chip || !model || !model->described) continue;
      observation o = observation_of(data, row, chip->chip, group);
      o.regime = regime(row, *chip, *model);
      o.predict = predict(row, *chip, *model);
      if (o.measured > 0 && std::isfinite(std::log(o.predict()))) out.push_back(std::move(o));
    }
    return out;
  };
  const auto training = observations(
      data.training, "training",
      [](const csv_record&, const described_chip&, const described_model& m) {
        return lc::regime_of_training(m.model.experts > 0);
      },
      [&](const csv_record& row, const described_chip& c, const described_model& m) {
        return [&k, row, c, m] { return predict_training(row, described_training(row, c, m, k.training), k.training); };
      });
  // Left-out errors hardly differ between stiffnesses of 0.1 and 0.4.
  const group_settings of_training{"training_constants", 0.2};
  group_fit(of_training, training_list(k.training), training).run(leave_out, lines);
  const auto room = room_for_cache(data, k.serving);
  const group_settings of_memory{"serving_constants, of memory", 0.04};
  group_fit(of_memory, memory_list(k.serving), room).run(leave_out, lines);
  const auto serving = observations(
      data.inference, "inference",
      [](const csv_record& row, const described_chip& c, const described_model&) {
        return lc::regime_of_serving(lc::chips::kernel_constants(c.chip.family).measured, load_of(row.cell("regime")));
      },
      [&](const csv_record& row, const described_chip& c, const described_model& m) {
        return [&k, row, c, m] { return predict_serving(row, c.chip, m.model, c.joined(), k.serving).value; };
      });
  const group_settings of_serving{"serving_constants", 0.04};
  group_fit(of_serving, serving_list(k.serving), serving).run(leave_out, lines);
  // Energy by the serving constants as they are now.
  lc::chips::power_constants power = lc::chips::measured_power;
  const auto energy = observations(
      data.energy, "energy",
      [](const csv_record&, const described_chip&, const described_model&) { return std::string_view(); },
      [&](const csv_record& row, const described_chip& c, const described_model& m) {
        const energy_case what = energy_case_of(row, c.chip, m.model, c.joined(), k.serving);
        return [&power, row, what] { return energy_figure(row, what, power).value; };
      });
  const group_settings of_power{"power_constants", 0.3};
  group_fit(of_power, power_list(power), energy).run(leave_out, lines);
  if (!report) return;
  report->close();
  print_expected(file_text(held_out));
}

}  // namespace accuracy
