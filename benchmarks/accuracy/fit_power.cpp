#include <map>

#include "fit_kernels_common.hpp"

namespace accuracy {
namespace {

using namespace lc::chips;

struct power_row {
  const accelerator* chip;
  std::size_t table;
  use doing;
  double measured;
  int half, family;
};

// Bytes of a stored element, with the scales of its block.
double bytes_of(std::string_view format) {
  return format == "bf16" ? 2 : format == "int4_wo" ? 0.5 : format == "nvfp4" ? 0.5625 : 1;
}

lc::work<> product_work(const csv_record& row) {
  const std::string_view format = row.cell("precision");
  const bool weight_only = format == "int8_wo" || format == "int4_wo";
  const lc::precision math = weight_only             ? lc::precision::bf16
                             : format == "fp8_block" ? lc::precision::mxfp8
                                                     : precision_of(format);
  return lc::matrix_product<>{row.number("m", 1),
                              row.number("n", 1),
                              row.number("k", 1),
                              1,
                              math,
                              math,
                              bytes_of(format),
                              weight_only ? 2 : bytes_of(format),
                              2}
      .totals();
}

lc::work<> attention_work(const csv_record& row, bool latent, bool decode) {
  const double heads = row.number("heads", 1), queries = decode ? 1 : row.number("seq_q", 1),
               width = row.number("head_dim", 128);
  const bool narrow = row.cell("kv_precision") == "fp8";
  lc::attention_product<> a{row.number("batch", 1),
                            queries,
                            decode ? row.number("seq_kv", 1) : queries + row.number("prefix", 0),
                            heads,
                            row.number("kv_heads", heads),
                            width,
                            width,
                            row.number("window", 0)};
  if (latent) a.key_width = decode ? 576 : 192, a.value_width = decode ? 512 : 128, a.latent = decode;
  if (latent && decode) a.key_heads = 1;
  if (row.cell("precision") == "fp8" || (narrow && (decode || latent))) a.math = lc::precision::fp8;
  a.cache_bytes = narrow ? 1 : 2;
  return a.totals();
}

lc::work<> expert_work(const csv_record& row) {
  const std::string_view format = row.cell("precision");
  const bool w4 = format.substr(0, 2) == "w4";
  lc::expert_product<> op;
  op.tokens = row.number("tokens", 1), op.hidden = row.number("hidden", 1);
  op.width = row.number("ffn", 1) / row.number("tp", 1);
  op.experts = row.number("experts", 1), op.active = row.number("top_k", 1), op.ranks = row.number("ep", 1);
  op.matrices = row.number("gated", 1) > 0 ? 3 : 2;
  op.math = format == "nvfp4"                                                    ? lc::precision::nvfp4
            : format == "bf16" || format == "w4a16_mxfp4" || format == "int4_wo" ? lc::precision::bf16
                                                                                 : lc::precision::fp8;
  op.weight_bytes = w4 ? 0.53125 : bytes_of(format);
  return op.totals();
}

struct kind {
  const char* file;
  lc::work<> (*of)(const csv_record&);
};
constexpr kind kinds[] = {
    {"gemm_power.csv", product_work},
    {"attention_prefill_power.csv", [](const csv_record& r) { return attention_work(r, false, false); }},
    {"attention_decode_power.csv", [](const csv_record& r) { return attention_work(r, false, true); }},
    {"mla_prefill_power.csv", [](const csv_record& r) { return attention_work(r, true, false); }},
    {"mla_decode_power.csv", [](const csv_record& r) { return attention_work(r, true, true); }},
    {"moe_power.csv", expert_work}};

// Kernels shorter than this share the sensor's 0.1 s with the gaps between them.
constexpr double shortest = 2e-4;

std::vector<power_row> power_rows(const std::string& folder) {
  const schema::columns numbers{"m",       "n",      "k",      "batch",  "heads",  "kv_heads", "head_dim",
                                "seq_q",   "seq_kv", "prefix", "window", "tokens", "hidden",   "ffn",
                                "experts", "top_k",  "tp",     "ep",     "gated",  "time_s",   "power_w"};
  std::vector<power_row> rows;
  for (std::size_t table = 0; table < std::size(kinds); ++table) {
    const csv_table t = kernel_table(folder, kinds[table].file, numbers);
    for (std::size_t i = 0; i < t.rows(); ++i) {
      const csv_record row = t[i];
      const accelerator* chip = catalog::find_if_any(row.cell("chip"));
      const double time = row.number("time_s", 0), watts = row.number("power_w", 0);
      if (chip == nullptr || time < shortest || !(watts > 0)) continue;
      const lc::work<> w = kinds[table].of(row);
      use doing;
      doing.compute = std::fmin(1, w.flop / (chip->peak.rate(w.math) * (time * lc::units::second)));
      doing.memory = std::fmin(1, w.bytes / (chip->memory_bandwidth * (time * lc::units::second)));
      rows.push_back(
          {chip, table, doing, watts,
           half_of(key_of(row, {"m", "n", "k", "heads", "kv_heads", "head_dim", "batch", "hidden", "ffn", "experts"})),
           static_cast<int>(chip->family)});
    }
  }
  return rows;
}

}  // namespace

// All tables of a chip count alike, and all chips; left out together: the chips of a generation.
void fit_power(const std::string& folder, fit_report& report) {
  const std::vector<power_row> rows = power_rows(folder);
  if (rows.empty()) return;

  power_constants k = measured_power;
  const auto errors = [&] {
    std::vector<double> e;
    for (const power_row& r : rows) {
      const basic_power_chip<> limits{idle_power_of(*r.chip), r.chip->thermal_design_power,
                                      r.chip->peak.rate(lc::precision::bf16), r.chip->memory_bandwidth};
      e.push_back(
          std::log(lc::in<lc::units::watt>(power_at(power_law(r.chip->family, k), limits, r.doing)) / r.measured));
    }
    return e;
  };
  std::map<std::string, std::map<std::size_t, double>> count;
  for (const power_row& r : rows)
    count[r.chip->name][r.table] += 1;
  left_out leave;
  for (const power_row& r : rows) {
    leave.half.push_back(r.half), leave.other.push_back(r.family);
    const auto& tables = count.at(r.chip->name);
    leave.weight.push_back(1 / std::sqrt(static_cast<double>(count.size() * tables.size()) * tables.at(r.table)));
  }
  std::printf("\nPower: median, mean, 90th percentile and bias in %%\n");
  const fit_errors e = fit_and_leave_out({{"running", &k.running, 0.1, 0.8, true},
                                          {"arithmetic", &k.arithmetic, 0.05, 3, true},
                                          {"memory", &k.memory, 4, 150, true}},
                                         leave, errors);
  print_fit(report, "Hopper and Blackwell", "other generations", e);
  std::printf("    {%.3f, %.3f, %.4g}  // of kernels alone, where the fit of whole runs starts\n", k.running,
              k.arithmetic, k.memory);
  for (const auto& [chip, tables] : count) {
    for (const auto& [table, n] : tables) {
      std::vector<double> own;
      for (std::size_t i = 0; i < rows.size(); ++i)
        if (rows[i].chip->name == chip && rows[i].table == table) own.push_back(e.fitted[i]);
      std::printf("    %-14s %-30s %5.0f rows", chip.c_str(), kinds[table].file, n);
      print_errors("|", own);
      std::printf("\n");
    }
  }
}

}  // namespace accuracy
