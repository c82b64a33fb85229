// Fits the constants of stack/training_constants.hpp to training.csv and prints them, the errors by source, and with `--leave-out` those of
// every source when it was not fitted.
//
//   fit_training DIRECTORY [--leave-out] [--shipped] [--rows]      DIRECTORY holds chips.csv, models.csv, training.csv
//
// --shipped takes the constants as they are, --rows prints the error of every row.
//
// Levenberg and Marquardt on rounded logarithmic errors (weights 1/sqrt(rows of the source), a quadratic prior of weight 0.03 per quarter of
// the bounds around the values of training_constants). Constants that the data do not identify stay fixed.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "described_rows.hpp"
#include "training_rows.hpp"

namespace {
using namespace layercake;
using namespace layercake::units;

struct table_row {
  const std::vector<std::string>* header;
  std::vector<std::string> cells;
  std::string_view cell(std::string_view column) const {
    for (std::size_t i = 0; i < header->size(); ++i) {
      if ((*header)[i] == column) return cells[i];
    }
    return {};
  }
};
struct csv_table {
  std::vector<std::string> header;
  std::vector<table_row> rows;
  explicit csv_table(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    while (std::getline(file, line)) {
      std::vector<std::string> cells(1);
      bool quoted = false;
      for (const char c : line) {
        if (c == '"') quoted = !quoted;
        else if (c == ',' && !quoted) cells.emplace_back();
        else if (c != '\r') cells.back() += c;
      }
      if (header.empty()) header = cells;
      else rows.push_back({&header, cells});
    }
  }
};

struct observation {
  const table_row* row;
  accuracy::training_case what;
  std::string source;
  double measured;
};

// Where the fit starts and what it is drawn to: values rounded from kernel measurements and from what software is known to hide, chosen before
// the fit; bounds are those of training_constants::fields().
training_constants prior_constants() {
  training_constants c;
  c.products = 0.92;
  c.tpu_products = 1.40;
  c.tpu_balance = 1.2e-3;
  c.maturity = 0.14;
  c.eighth = 0.91;
  c.quarter = 0.99;
  c.grouped = 0.75;
  c.attention_2023 = 0.85;
  c.attention = 1.0;
  c.attention_ported = 0.62;
  c.attention_backward = 0.74;
  c.scores = 0.52;
  c.traffic_2022 = 1.14;
  c.traffic_2023 = 1.65;
  c.traffic_2024 = 1.11;
  c.traffic_2025 = 0.5;
  c.quantise = 1.0;
  c.host = 3.5e-4;
  c.host_mixture = 3.6e-3;
  c.host_graph = 0.3;
  c.host_tpu = 0.1;
  c.inside = 0.91;
  c.gradients = 1.0;
  c.flat = 0.80;
  c.expert_exchange = 0.70;
  c.hidden_tensor = 0.58;
  c.hidden_tensor_2023 = 0.27;
  c.hidden_data = 0.71;
  c.hidden_sharding = 0.76;
  c.hidden_expert = 0.1;
  c.hidden_expert_out = 0.5;
  c.hidden_context = 0.8;
  c.exposed_pipeline = 0.3;
  c.straggling = 0.0035;
  c.custom_recompute = 0.60;
  c.automatic_recompute = 0.4;
  return c;
}

struct constant {
  double training_constants::*member;
  const char* name;
  double low, high;
};
// Not identified by the data, or physics, or known from kernels.
bool fixed(const char* name) {
  static const char* const names[] = {"host", "host_graph", "host_tpu", "hidden_expert", "hidden_expert_out", "hidden_context",
                                      "exposed_pipeline", "automatic_recompute", "gradients"};
  return std::any_of(std::begin(names), std::end(names), [&](const char* n) { return std::strcmp(n, name) == 0; });
}
std::vector<constant> constants() {
  std::vector<constant> out;
  std::apply([&](const auto&... d) { (out.push_back({d.member, d.name, d.allowed.low, d.allowed.high}), ...); }, training_constants::fields());
  return out;
}

double error_of(const observation& o, const training_constants& c) { return std::log(accuracy::predict_training(*o.row, o.what, c) / o.measured); }

training_constants fitted(const std::vector<observation>& all, const std::string& left_out, training_constants x) {
  const training_constants prior = prior_constants();
  static const std::vector<constant> list = constants();
  std::vector<constant> free;
  for (const constant& c : list) if (!fixed(c.name)) free.push_back(c);
  std::vector<const observation*> used;
  std::map<std::string, double> rows;
  for (const observation& o : all) if (o.source != left_out) used.push_back(&o), rows[o.source] += 1;
  const double stiffness = 0.03;
  const auto residuals = [&](const training_constants& c) {
    std::vector<double> r;
    for (const observation* o : used) {
      const double e = error_of(*o, c), s = 0.08;
      const double rounded = std::copysign(std::sqrt(2 * (std::sqrt(1 + e * e / (s * s)) - 1)) * s, e);
      r.push_back(rounded / std::sqrt(rows[o->source]));
    }
    for (const constant& k : free) r.push_back(stiffness * (c.*(k.member) - prior.*(k.member)) / ((k.high - k.low) / 4));
    return r;
  };
  const auto squares = [](const std::vector<double>& r) {
    double s = 0;
    for (const double v : r) s += v * v;
    return s;
  };
  double damping = 1e-3;
  std::vector<double> r = residuals(x);
  double cost = squares(r);
  for (int iteration = 0; iteration < 40; ++iteration) {
    const std::size_t n = free.size(), m = r.size();
    std::vector<std::vector<double>> J(n);
    for (std::size_t j = 0; j < n; ++j) {
      training_constants y = x;
      const double h = 1e-4 * (free[j].high - free[j].low);
      const double sign = x.*(free[j].member) + h > free[j].high ? -1 : 1;
      y.*(free[j].member) += sign * h;
      J[j] = residuals(y);
      for (std::size_t i = 0; i < m; ++i) J[j][i] = (J[j][i] - r[i]) / (sign * h) * (free[j].high - free[j].low);
    }
    bool better = false;
    for (int attempt = 0; attempt < 8 && !better; ++attempt) {
      std::vector<std::vector<double>> A(n, std::vector<double>(n + 1));
      for (std::size_t a = 0; a < n; ++a) {
        for (std::size_t b = 0; b < n; ++b) for (std::size_t i = 0; i < m; ++i) A[a][b] += J[a][i] * J[b][i];
        for (std::size_t i = 0; i < m; ++i) A[a][n] -= J[a][i] * r[i];
        A[a][a] *= 1 + damping;
        A[a][a] += 1e-12;
      }
      for (std::size_t a = 0; a < n; ++a) {  // elimination; the matrix is positive definite
        for (std::size_t b = a + 1; b < n; ++b) {
          const double q = A[b][a] / A[a][a];
          for (std::size_t k = a; k <= n; ++k) A[b][k] -= q * A[a][k];
        }
      }
      std::vector<double> step(n);
      for (std::size_t a = n; a-- > 0;) {
        step[a] = A[a][n];
        for (std::size_t b = a + 1; b < n; ++b) step[a] -= A[a][b] * step[b];
        step[a] /= A[a][a];
      }
      training_constants y = x;
      for (std::size_t a = 0; a < n; ++a) {
        y.*(free[a].member) = std::clamp(x.*(free[a].member) + step[a] * (free[a].high - free[a].low), free[a].low, free[a].high);
      }
      const std::vector<double> tried = residuals(y);
      const double tried_cost = squares(tried);
      if (tried_cost < cost) {
        better = cost - tried_cost > 1e-7 * cost;
        x = y, r = tried, cost = tried_cost, damping = std::max(damping / 5, 1e-9);
        if (!better) return x;
      } else {
        damping *= 6;
      }
    }
    if (!better) break;
  }
  return x;
}

struct summary {
  double rows = 0, median = 0, p90 = 0, bias = 0;
};
double quantile(std::vector<double> v, double q) {
  std::sort(v.begin(), v.end());
  const double at = q * static_cast<double>(v.size() - 1);
  const std::size_t i = static_cast<std::size_t>(at);
  return i + 1 < v.size() ? v[i] + (at - static_cast<double>(i)) * (v[i + 1] - v[i]) : v[i];
}
summary of_source(const std::vector<observation>& all, const std::string& source, const training_constants& c) {
  std::vector<double> e, a;
  for (const observation& o : all) {
    if (o.source != source) continue;
    e.push_back(error_of(o, c));
    a.push_back(std::fabs(e.back()));
  }
  return {static_cast<double>(e.size()), quantile(a, 0.5), quantile(a, 0.9), quantile(e, 0.5)};
}
}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: fit_training DIRECTORY [--leave-out]\n");
    return 2;
  }
  const std::string folder = argv[1];
  const csv_table chip_rows(folder + "/chips.csv"), model_rows(folder + "/models.csv"), training(folder + "/training.csv");
  std::map<std::string, const table_row*, std::less<>> chip_of_key, model_of_key;
  for (const table_row& r : chip_rows.rows) chip_of_key[std::string(r.cell("chip"))] = &r;
  for (const table_row& r : model_rows.rows) model_of_key[std::string(r.cell("model"))] = &r;
  std::vector<observation> all;
  std::vector<std::string> sources;
  for (const table_row& r : training.rows) {
    if (r.cell("predictable") != "1") continue;
    const table_row& chip = *chip_of_key.find(r.cell("chip"))->second;
    const double usual = accuracy::number_or(chip, "reference_scale_out_bytes_per_s", unknown<double>());
    all.push_back({&r, accuracy::training_case_of(r, accuracy::chip_of(chip), accuracy::model_of(*model_of_key.find(r.cell("model"))->second), usual * (byte / second)),
                   std::string(r.cell("source")), accuracy::number_or(r, "value", 0)});
    if (std::find(sources.begin(), sources.end(), all.back().source) == sources.end()) sources.push_back(all.back().source);
  }
  std::sort(sources.begin(), sources.end());
  const training_constants shipped;
  const auto has = [&](const char* flag) { return std::any_of(argv + 2, argv + argc, [&](const char* a) { return std::strcmp(a, flag) == 0; }); };
  const training_constants best = has("--shipped") ? shipped : fitted(all, "", prior_constants());
  if (has("--rows")) {
    for (const observation& o : all) std::printf("row %s %s %s %.1f\n", std::string(o.row->cell("id")).c_str(), std::string(o.row->cell("model")).c_str(), std::string(o.row->cell("chip")).c_str(), 100 * error_of(o, best));
  }
  for (const constant& c : constants()) std::printf("  double %s = %.4g;%s\n", c.name, best.*(c.member), fixed(c.name) ? "  // fixed" : "");
  const bool leave_out = has("--leave-out");
  summary sum, sum_out;
  for (const std::string& s : sources) {
    const summary a = of_source(all, s, best);
    std::printf("%-24s %4.0f  median %5.1f  p90 %5.1f  bias %+5.1f", s.c_str(), a.rows, 100 * a.median, 100 * a.p90, 100 * a.bias);
    sum.median += a.median, sum.p90 += a.p90, sum.bias += a.bias;
    if (leave_out) {
      const summary b = of_source(all, s, fitted(all, s, best));
      std::printf("   left out: %5.1f %5.1f %+5.1f", 100 * b.median, 100 * b.p90, 100 * b.bias);
      sum_out.median += b.median, sum_out.p90 += b.p90, sum_out.bias += b.bias;
    }
    std::printf("\n");
  }
  const double n = static_cast<double>(sources.size()) / 100;
  std::printf("macro                          median %5.1f  p90 %5.1f  bias %+5.1f", sum.median / n, sum.p90 / n, sum.bias / n);
  if (leave_out) std::printf("   left out: %5.1f %5.1f %+5.1f", sum_out.median / n, sum_out.p90 / n, sum_out.bias / n);
  std::printf("\n");
}
