#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>

#include "directory.hpp"
#include "fit.hpp"
#include "least_squares.hpp"
#include "predictions.hpp"

namespace accuracy {
namespace {

using namespace lc::chips;

struct named {
  const char* name;
  double* at;
  double low, high;
  bool free;
};

// Which half of the shapes a row is in, by the text of its key: half of the shapes is left out of the fit in turn.
int half_of(const std::string& key) {
  std::uint64_t h = 1469598103934665603ULL;  // FNV-1a
  for (const char c : key)
    h = (h ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return static_cast<int>((h >> 32) & 1);
}

struct kernel_row {
  std::size_t chip;
  double measured;
  int half;
};

// A group of rows that share constants: those of a family and a format.
template <class Operation>
struct kernel_rows {
  std::vector<accelerator> chips;
  std::vector<std::string> names;
  std::vector<kernel_row> rows;
  std::vector<Operation> operations;

  void add(const std::string& name, const accelerator& chip, const Operation& op, double measured,
           const std::string& shape) {
    std::size_t i = 0;
    while (i < names.size() && names[i] != name)
      ++i;
    if (i == names.size()) names.push_back(name), chips.push_back(chip);
    rows.push_back({i, measured, half_of(shape)});
    operations.push_back(op);
  }
};

// Where the errors go, beside the screen: lines of law, constants, rows, and median and 90th percentile as fitted, of
// shapes held out, of chips held out.
std::ofstream error_lines;
std::string law_name;

void write_errors(const char* constants, const std::vector<double>& fitted, const std::vector<double>& shapes,
                  const std::vector<double>& chips) {
  if (!error_lines.is_open()) return;
  error_lines << law_name << ',' << csv_text(constants) << ',' << fitted.size();
  for (const std::vector<double>* e : {&fitted, &shapes, &chips}) {
    const score s = score_of(*e, e->size());
    char text[64] = ",,";
    if (!e->empty()) std::snprintf(text, sizeof text, ",%.4f,%.4f", s.median, s.p90);
    error_lines << text;
  }
  error_lines << "\r\n";
}

void print_errors(const char* what, const std::vector<double>& errors) {
  if (errors.empty()) return;
  const score s = score_of(errors, errors.size());
  std::printf("   %s %.1f %.1f %.1f %+.1f", what, 100 * s.median, 100 * s.mean, 100 * s.p90, 100 * s.bias);
}

// Fits one row of a table of constants; prints it in the order of the header, and its errors: fitted, other shapes held
// out, other chips held out.
template <class Operation>
void fit_row(const char* title, const family_constants& constants, std::vector<named> list,
             const kernel_rows<Operation>& data, const measurement& how) {
  if (data.rows.empty()) return;
  fit_problem problem;
  problem.stiffness = 0.01;
  problem.rounding = 0.12;
  problem.iterations = 30;
  std::vector<double> start;
  for (const named& n : list) {
    start.push_back(*n.at);
    if (n.free) problem.constants.push_back({n.at, n.low, n.high, *n.at});
  }
  problem.errors = [&] {
    std::vector<basic_kernel_law<>> laws;
    for (const accelerator& chip : data.chips)
      laws.push_back(chip.timing(constants));
    std::vector<double> e(data.rows.size());
    for (std::size_t i = 0; i < e.size(); ++i) {
      e[i] = std::log(lc::in<lc::units::second>(laws[data.rows[i].chip].time(data.operations[i], how)) /
                      data.rows[i].measured);
    }
    return e;
  };
  const double each = 1 / std::sqrt(static_cast<double>(data.rows.size()));
  const auto reset = [&](const std::vector<double>& values) {
    for (std::size_t i = 0; i < list.size(); ++i)
      *list[i].at = values[i];
  };
  // Errors of the rows that `out` selects, when the others were fitted.
  const auto without = [&](auto&& out) {
    reset(start);
    problem.weights.clear();
    for (const kernel_row& r : data.rows)
      problem.weights.push_back(out(r) ? 0 : each);
    fit(problem);
    const std::vector<double> e = problem.errors();
    std::vector<double> chosen;
    for (std::size_t i = 0; i < e.size(); ++i)
      if (out(data.rows[i])) chosen.push_back(e[i]);
    return chosen;
  };
  std::vector<double> shapes = without([](const kernel_row&r) { return r.half == 0; }), chips;
  for (const double e : without([](const kernel_row& r) { return r.half == 1; }))
    shapes.push_back(e);
  for (std::size_t c = 0; data.chips.size() > 1 && c < data.chips.size(); ++c) {
    for (const double e : without([c](const kernel_row& r) { return r.chip == c; }))
      chips.push_back(e);
  }
  without([](const kernel_row&) { return false; });
  std::printf("%-34s %6zu rows", title, data.rows.size());
  write_errors(title, problem.errors(), shapes, chips);
  print_errors("| fitted", problem.errors());
  print_errors("| other shapes", shapes);
  print_errors("| other chips", chips);
  std::printf("\n    {");
  for (std::size_t i = 0; i < list.size(); ++i)
    std::printf("%s%.4g", i > 0 ? ", " : "", *list[i].at);
  std::printf("}\n");
  std::fflush(stdout);
}

struct family_of_chips {
  lc::chips::family family;
  const char* name;
};
constexpr family_of_chips families[] = {
    {family::ampere, "ampere"}, {family::ada, "ada"}, {family::hopper, "hopper"}, {family::blackwell, "blackwell"}};

csv_table kernel_table(const std::string& folder, const std::string& name, const schema::columns& numbers) {
  csv_table table = csv_table::read(folder, name, {"chip", "time_s"}, numbers);
  if (table.rows() == 0) std::printf("%s: not there, skipped\n", name.c_str());
  return table;
}

std::string key_of(const csv_record& row, std::initializer_list<std::string_view> columns) {
  std::string key;
  for (std::string_view c : columns)
    key += std::string(row.cell(c)) + ",";
  return key;
}

void fit_products(const std::string& folder) {
  const csv_table table = kernel_table(folder, "gemm.csv", {"m", "n", "k", "time_s"});
  struct kind {
    const char* name;
    std::size_t row;
    std::vector<std::string_view> precisions;
    double weight_bytes, input_bytes;
    lc::precision math, weights;
  };
  using lc::precision;
  const kind kinds[] = {{"half", 0, {"bf16"}, 2, 2, precision::bf16, precision::bf16},
                        {"fp8", 1, {"fp8"}, 1, 2, precision::fp8, precision::fp8},
                        {"block_fp8", 2, {"fp8_block"}, 1, 2, precision::mxfp8, precision::mxfp8},
                        {"fp4", 3, {"nvfp4"}, 0.5625, 2, precision::nvfp4, precision::nvfp4},
                        {"int8", 4, {"int8"}, 1, 1, precision::int8, precision::int8},
                        {"weight_only", 5, {"int8_wo", "int4_wo"}, 1, 2, precision::bf16, precision::int8}};
  std::printf("\nMatrix products: median, mean, 90th percentile and bias in %%\n");
  for (const family_of_chips& f : families) {
    family_constants constants = kernel_constants(f.family);
    for (const kind& k : kinds) {
      kernel_rows<lc::matrix_product<>> data;
      for (std::size_t i = 0; i < table.rows(); ++i) {
        const csv_record row = table[i];
        const std::string_view precision = row.cell("precision");
        if (std::find(k.precisions.begin(), k.precisions.end(), precision) == k.precisions.end()) continue;
        const accelerator* chip = catalog::find_if_any(row.cell("chip"));
        if (chip == nullptr || chip->family != f.family) continue;
        lc::matrix_product<> op{row.number("m", 0), row.number("n", 0), row.number("k", 0), 1, k.math,
                                k.weights,          k.weight_bytes,     k.input_bytes,      2};
        if (precision == "int4_wo") op.weight_bytes = 0.5, op.weights = lc::precision::int4;
        data.add(std::string(row.cell("chip")), *chip, op, row.number("time_s", 0), key_of(row, {"n", "k"}));
      }
      product_constants& c = constants.product[k.row];
      const bool quantises = c.quantise_bytes > 0, splits = c.chain_limit > 0;
      const std::string title = std::string(f.name) + " " + k.name;
      fit_row(title.c_str(), constants,
              {{"launch", &c.launch, 2e-7, 2e-5, !quantises},
               {"quantise_launch", &c.quantise_launch, 1e-7, 2e-5, quantises},
               {"compute", &c.compute, 0.2, 0.97, true},
               {"memory", &c.memory, 0.5, 0.95, true},
               {"epilogue", &c.epilogue, 0.05, 4, true},
               {"edge", &c.edge, 0.5, 160, true},
               {"rounding", &c.rounding, 0.01, 1, true},
               {"chain", &c.chain, 0.02, 3, true},
               {"chain_limit", &c.chain_limit, 1e3, 5e6, splits},
               {"exposed", &c.exposed, 0, 1, false},
               {"droop", &c.droop, 0, 2.2, f.family != family::ampere},
               {"quantise_memory", &c.quantise_memory, 0.1, 1, quantises},
               {"quantise_bytes", &c.quantise_bytes, 0, 8, false}},
              data, {.weight_copies = 5});
    }
  }
}

void fit_attention(const std::string& folder, bool decode) {
  const schema::columns numbers{"batch",  "heads",  "kv_heads", "head_dim", "seq_q",
                                "seq_kv", "prefix", "window",   "time_s"};
  const csv_table grouped = kernel_table(folder, decode ? "attention_decode.csv" : "attention_prefill.csv", numbers);
  const csv_table latent = kernel_table(folder, decode ? "mla_decode.csv" : "mla_prefill.csv", numbers);
  std::printf("\n%s attention: median, mean, 90th percentile and bias in %%\n", decode ? "Decode" : "Prefill");
  const char* names[] = {"half", "eighth", "latent_half", "latent_eighth"};
  for (const family_of_chips& f : families) {
    family_constants constants = kernel_constants(f.family);
    for (std::size_t r = 0; r < 4; ++r) {
      kernel_rows<lc::attention_product<>> data;
      const csv_table& table = r < 2 ? grouped : latent;
      for (std::size_t i = 0; i < table.rows(); ++i) {
        const csv_record row = table[i];
        const bool narrow_cache = row.cell("kv_precision") == "fp8",
                   narrow_math = row.cell("precision") == "fp8" || (narrow_cache && (decode || r >= 2));
        if ((decode ? narrow_cache : narrow_math) != (r % 2 == 1)) continue;
        const accelerator* chip = catalog::find_if_any(row.cell("chip"));
        if (chip == nullptr || chip->family != f.family) continue;
        const double heads = row.number("heads", 1), queries = decode ? 1 : row.number("seq_q", 1);
        lc::attention_product<> op{row.number("batch", 1),
                                   queries,
                                   decode ? row.number("seq_kv", 1) : queries + row.number("prefix", 0),
                                   heads,
                                   row.number("kv_heads", heads),
                                   row.number("head_dim", 128),
                                   row.number("head_dim", 128),
                                   row.number("window", 0)};
        if (r >= 2) op.key_width = decode ? 576 : 192, op.value_width = decode ? 512 : 128, op.latent = decode;
        if (r >= 2 && decode) op.key_heads = 1;
        if (narrow_math) op.math = lc::precision::fp8;
        op.cache_bytes = narrow_cache ? 1 : 2;
        data.add(std::string(row.cell("chip")), *chip, op, row.number("time_s", 0),
                 key_of(row, {"heads", "kv_heads", "head_dim", "batch"}));
      }
      const std::string title = std::string(f.name) + " " + names[r];
      if (decode) {
        decode_constants& c = constants.decode[r];
        const bool unsplit = c.unsplit > 0, vector = r < 2;
        fit_row(title.c_str(), constants,
                {{"launch", &c.launch, 1e-6, 4e-5, true},
                 {"stream", &c.stream, 1e-7, 3e-5, true},
                 {"stream_group", &c.stream_group, 4, 1e3, true},
                 {"memory", &c.memory, 0.4, 0.96, true},
                 {"ramp", &c.ramp, 1e-7, 1e-4, true},
                 {"ramp_bytes", &c.ramp_bytes, 1e6, 1e9, false},
                 {"compute", &c.compute, 0.05, 0.95, r >= 2},
                 {"padded_rows", &c.padded_rows, 1, 128, false},
                 {"split", &c.split, 1e-19, 1e-16, !unsplit && c.split > 0},
                 {"unsplit", &c.unsplit, 1e-12, 1e-9, unsplit},
                 {"vector_launch", &c.vector_launch, 1e-6, 4e-5, vector && f.family != family::ampere},
                 {"vector_stream", &c.vector_stream, 1e-7, 1e-5, false},
                 {"vector_rate", &c.vector_rate, 2, 64, false},
                 {"largest_group", &c.largest_group, 1, 1e9, false},
                 {"vector_single", &c.vector_single, 0, 1, false},
                 {"cache_share", &c.cache_share, 0.05, 1, false},
                 {"cached_cost", &c.cached_cost, 0, 1, false}},
                data, {.warm_cache = true});
      } else {
        prefill_constants& c = constants.prefill[r];
        fit_row(title.c_str(), constants,
                {{"launch", &c.launch, 1e-6, 4e-5, true},
                 {"tile_start", &c.tile_start, 1e-7, 1e-5, true},
                 {"passes", &c.passes, 0.5, 6, true},
                 {"compute", &c.compute, 0.1, 0.95, true},
                 {"exponential", &c.exponential, 0.3, 2, false},
                 {"longest", &c.longest, 0.1, 3, false},
                 {"window_padding", &c.window_padding, 32, 512, false},
                 {"tile", &c.tile, 32, 256, false},
                 {"cache_share", &c.cache_share, 0.01, 1, false},
                 {"cached_cost", &c.cached_cost, 0, 1, false}},
                data, {});
      }
    }
  }
}

// Fits constants that several generations share, with errors of all rows; `halves` says which rows are left out
// together.
void fit_joint(const char* title, const char* left_out, const std::vector<named>& list, const std::vector<int>& halves,
               const std::function<std::vector<double>()>& errors) {
  if (halves.empty()) return;
  fit_problem problem;
  problem.stiffness = 0.01;
  problem.rounding = 0.12;
  problem.errors = errors;
  std::vector<double> start;
  for (const named& n : list) {
    start.push_back(*n.at);
    if (n.free) problem.constants.push_back({n.at, n.low, n.high, *n.at});
  }
  const double each = 1 / std::sqrt(static_cast<double>(halves.size()));
  const auto without = [&](int half) {
    for (std::size_t i = 0; i < list.size(); ++i)
      *list[i].at = start[i];
    problem.weights.clear();
    for (const int h : halves)
      problem.weights.push_back(h == half ? 0 : each);
    fit(problem);
    const std::vector<double> e = errors();
    std::vector<double> chosen;
    for (std::size_t i = 0; i < e.size(); ++i)
      if (halves[i] == half) chosen.push_back(e[i]);
    return chosen;
  };
  std::vector<double> held = without(0);
  for (const double e : without(1))
    held.push_back(e);
  without(-1);
  std::printf("%-34s %6zu rows", title, halves.size());
  write_errors(title, errors(), held, {});
  print_errors("| fitted", errors());
  print_errors(left_out, held);
  std::printf("\n   ");
  for (const named& n : list)
    std::printf(" %s %.4g%s", n.name, *n.at, n.free ? ";" : " (not fitted);");
  std::printf("\n");
  std::fflush(stdout);
}

// All generations at once: what they share, and for each the time to start and of a step.
void fit_collectives(const std::string& folder) {
  const csv_table table =
      kernel_table(folder, "collectives.csv", {"ranks", "ranks_per_node", "message_bytes", "time_s"});
  if (table.rows() == 0) return;
  namespace fabrics = lc::infrastructure::catalog;
  struct exchange_row {
    lc::collective<> what;
    lc::scale_up_fabric<> fabric;
    std::size_t generation;
    double measured;
    std::string curve;
  };
  std::vector<exchange_row> rows;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const csv_record row = table[i];
    const accelerator* chip = catalog::find_if_any(row.cell("chip"));
    const std::string_view op = row.cell("op");
    if (chip == nullptr || op == "all_reduce_custom" || row.cell("precision") == "int8") continue;
    exchange_row e;
    e.what.kind = op == "all_reduce"       ? lc::exchange::all_reduce
                  : op == "all_gather"     ? lc::exchange::all_gather
                  : op == "reduce_scatter" ? lc::exchange::reduce_scatter
                                           : lc::exchange::all_to_all;
    e.what.bytes = row.number("message_bytes", 1) * lc::units::byte;
    e.what.ranks = row.number("ranks", 2);
    e.fabric.bandwidth = chip->scale_up_bandwidth, e.fabric.domain = e.what.ranks;
    e.generation = chip->family == family::ampere      ? 0
                   : chip->family == family::hopper    ? 1
                   : chip->family == family::blackwell ? 2
                                                       : 3;
    e.measured = row.number("time_s", 0);
    e.curve = key_of(row, {"chip", "op", "ranks"});
    rows.push_back(std::move(e));
  }
  std::array<lc::infrastructure::scale_up_law, 4> law{fabrics::nvlink_ampere, fabrics::nvlink_hopper,
                                                      fabrics::nvlink_blackwell, fabrics::pcie};
  // Times in microseconds and shares that all generations have in common.
  struct shared_law {
    double efficiency, pipelining, reduce_copy, gather_copy, exchange_efficiency, exchange_pipelining, exchange_step,
        channel, switch_latency, switch_efficiency, switch_pipelining, bridge_share;
  } s{};
  const lc::infrastructure::scale_up_law generic{};
  using namespace lc::units;
  s = {generic.efficiency,
       generic.pipelining,
       generic.reduce_copy,
       generic.gather_copy,
       generic.exchange_efficiency,
       generic.exchange_pipelining,
       generic.exchange_step,
       lc::in<gigabyte_per_second>(generic.channel_bandwidth),
       lc::in<microsecond>(generic.switch_latency),
       generic.switch_efficiency,
       generic.switch_pipelining,
       fabrics::pcie.bridge_share};
  std::array<double, 4> launch, step;
  for (std::size_t g = 0; g < 4; ++g)
    launch[g] = lc::in<microsecond>(law[g].launch), step[g] = lc::in<microsecond>(law[g].step);
  std::vector<named> list{{"efficiency", &s.efficiency, 0.3, 0.95, true},
                          {"pipelining", &s.pipelining, 0.01, 2, true},
                          {"reduce_copy", &s.reduce_copy, 0.01, 2, true},
                          {"gather_copy", &s.gather_copy, 0.01, 2, true},
                          {"exchange_efficiency", &s.exchange_efficiency, 0.3, 0.95, true},
                          {"exchange_pipelining", &s.exchange_pipelining, 0.01, 2, true},
                          {"exchange_step", &s.exchange_step, 0.05, 2, true},
                          {"channel_bandwidth", &s.channel, 200, 5000, true},
                          {"switch_latency", &s.switch_latency, 1, 60, true},
                          {"switch_efficiency", &s.switch_efficiency, 0.3, 0.95, true},
                          {"switch_pipelining", &s.switch_pipelining, 0.01, 2, true},
                          {"bridge_share", &s.bridge_share, 0.1, 4, true}};
  const char* launches[] = {"ampere launch", "hopper launch", "blackwell launch", "pcie launch"};
  const char* steps[] = {"ampere step", "hopper step", "blackwell step", "pcie step"};
  for (std::size_t g = 0; g < 4; ++g)
    list.push_back({launches[g], &launch[g], 1, 40, true}), list.push_back({steps[g], &step[g], 0.1, 5, true});
  const auto errors = [&] {
    for (std::size_t g = 0; g < 4; ++g) {
      lc::infrastructure::scale_up_law& l = law[g];
      l.launch = launch[g] * microsecond, l.step = step[g] * microsecond;
      l.efficiency = s.efficiency, l.pipelining = s.pipelining, l.reduce_copy = s.reduce_copy,
      l.gather_copy = s.gather_copy;
      l.exchange_efficiency = s.exchange_efficiency, l.exchange_pipelining = s.exchange_pipelining,
      l.exchange_step = s.exchange_step;
      l.switch_latency = s.switch_latency * microsecond, l.switch_efficiency = s.switch_efficiency,
      l.switch_pipelining = s.switch_pipelining;
      if (g < 3)
        l.channel_bandwidth = s.channel * gigabyte_per_second;
      else
        l.bridge_share = s.bridge_share;
    }
    std::vector<double> e;
    const lc::infrastructure::scale_out_law out{};
    for (const exchange_row& r : rows) {
      e.push_back(std::log(lc::in<second>(lc::infrastructure::time(r.what, r.fabric, law[r.generation], out,
                                                                   50 * gigabyte_per_second, 1.0)) /
                           r.measured));
    }
    return e;
  };
  std::vector<int> halves;
  for (const exchange_row& r : rows)
    halves.push_back(half_of(r.curve));
  std::printf("\nCollectives: median, mean, 90th percentile and bias in %%\n");
  fit_joint("all generations", "| other curves", list, halves, errors);
}

// The routed feed-forward: launch, shares and ramp by generation, the rest shared by all of them.
void fit_experts(const std::string& folder) {
  const csv_table table =
      kernel_table(folder, "moe.csv", {"tokens", "hidden", "ffn", "experts", "top_k", "tp", "ep", "gated", "time_s"});
  if (table.rows() == 0) return;
  using lc::precision;
  struct kind {
    const char* name;
    const char* precision;
    std::size_t row;
    lc::precision math, weights;
    double weight_bytes, activation_bytes;
  };
  const kind kinds[] = {{"half", "bf16", 0, precision::bf16, precision::bf16, 2, 2},
                        {"fp8", "fp8", 1, precision::fp8, precision::fp8, 1, 1},
                        {"block_fp8", "fp8_block", 2, precision::mxfp8, precision::mxfp8, 1, 1},
                        {"fp4", "nvfp4", 3, precision::nvfp4, precision::nvfp4, 0.5625, 0.5625},
                        {"weight-only, integers", "int4_wo", 4, precision::bf16, precision::int4, 0.516, 2},
                        {"weight-only, FP4", "w4a16_mxfp4", 5, precision::bf16, precision::mxfp4, 0.53125, 2},
                        {"FP4 by FP8", "w4a8_mxfp4_mxfp8", 6, precision::mxfp8, precision::mxfp4, 0.53125, 1}};
  std::printf("\nExperts: median, mean, 90th percentile and bias in %%\n");
  for (const kind& k : kinds) {
    struct expert_row {
      lc::expert_product<> op;
      measurement how;
      std::size_t chip;
      double measured;
    };
    std::vector<expert_row> rows;
    std::vector<int> halves;
    std::vector<std::string> names;
    std::vector<accelerator> chips;
    for (std::size_t i = 0; i < table.rows(); ++i) {
      const csv_record row = table[i];
      // A kernel for the least latency that does part of the work elsewhere.
      if (row.cell("precision") != k.precision || row.cell("kernel").find("min_latency") != std::string_view::npos)
        continue;
      const accelerator* chip = catalog::find_if_any(row.cell("chip"));
      if (chip == nullptr) continue;
      const std::string name(row.cell("chip"));
      std::size_t c = 0;
      while (c < names.size() && names[c] != name)
        ++c;
      if (c == names.size()) names.push_back(name), chips.push_back(*chip);
      expert_row e{{row.number("tokens", 1), row.number("hidden", 1), row.number("ffn", 1) / row.number("tp", 1),
                    row.number("experts", 1), row.number("top_k", 1), row.number("ep", 1), 2 + row.number("gated", 1),
                    k.math, k.weights, k.weight_bytes, k.activation_bytes},
                   {},
                   c,
                   row.number("time_s", 0)};
      const std::string_view distribution = row.cell("distribution");
      e.how.balanced = distribution == "balanced";
      e.how.skew = distribution == "power_law_1.01" ? 1 : distribution == "power_law_1.2" ? 2 : 0;
      rows.push_back(e);
      halves.push_back(half_of(key_of(row, {"hidden", "ffn", "experts"})));
    }
    std::array<family_constants, 4> law;
    std::vector<named> list;
    static const char* const own[4][4] = {{"ampere launch", "compute", "memory", "ramp"},
                                          {"ada launch", "compute", "memory", "ramp"},
                                          {"hopper launch", "compute", "memory", "ramp"},
                                          {"blackwell launch", "compute", "memory", "ramp"}};
    const auto family_index = [](lc::chips::family f) {
      std::size_t i = 0;
      while (i < 3 && families[i].family != f)
        ++i;
      return i;
    };
    for (std::size_t f = 0; f < 4; ++f) {
      law[f] = kernel_constants(families[f].family);
      bool measured = false;
      for (const accelerator& chip : chips)
        measured = measured || chip.family == families[f].family;
      expert_constants& c = law[f].expert[k.row];
      if (!measured) continue;
      list.push_back({own[f][0], &c.launch, 5e-6, 3e-4, true});
      list.push_back({own[f][1], &c.compute, 0.05, 0.95, true});
      list.push_back({own[f][2], &c.memory, 0.3, 0.95, true});
      list.push_back({own[f][3], &c.ramp, 1e-8, 1e-4, true});
    }
    expert_constants shared = law[2].expert[k.row];
    for (const named& n :
         {named{"shared half_length", &shared.half_length, 1, 5000, true}, named{"tile", &shared.tile, 0.5, 256, true},
          named{"layers", &shared.layers, 0.1, 4, true}, named{"reach", &shared.reach, 0.3, 2, true},
          named{"skew_1", &shared.skew_1, 0.05, 30, true}, named{"skew_2", &shared.skew_2, 0.05, 60, true}}) {
      list.push_back(n);
    }
    const auto errors = [&] {
      for (family_constants& f : law) {
        expert_constants& c = f.expert[k.row];
        c.half_length = shared.half_length, c.tile = shared.tile, c.layers = shared.layers, c.reach = shared.reach;
        c.skew_1 = shared.skew_1, c.skew_2 = shared.skew_2;
      }
      std::vector<basic_kernel_law<>> laws;
      for (const accelerator& chip : chips)
        laws.push_back(chip.timing(law[family_index(chip.family)]));
      std::vector<double> e;
      for (const expert_row& r : rows)
        e.push_back(std::log(lc::in<lc::units::second>(laws[r.chip].time(r.op, r.how)) / r.measured));
      return e;
    };
    fit_joint(k.name, "| other shapes", list, halves, errors);
  }
}

// Power of a chip by what it does, on kernels longer than 20 us.
void fit_power(const std::string& folder) {
  struct power_row {
    const accelerator* chip;
    use doing;
    double measured;
  };
  std::printf("\nPower: median, mean, 90th percentile and bias in %%\n");
  const schema::columns numbers{"m",        "n",     "k",      "batch",  "heads",  "kv_heads",
                                "head_dim", "seq_q", "seq_kv", "window", "time_s", "power_w"};
  for (const family_of_chips& f : {families[2], families[3]}) {
    std::vector<power_row> rows;
    std::vector<int> halves;
    for (const char* name : {"gemm_power.csv", "attention_prefill_power.csv", "attention_decode_power.csv"}) {
      const csv_table table = kernel_table(folder, name, numbers);
      for (std::size_t i = 0; i < table.rows(); ++i) {
        const csv_record row = table[i];
        const accelerator* chip = catalog::find_if_any(row.cell("chip"));
        const double time = row.number("time_s", 0), watts = row.number("power_w", 0);
        const std::string_view format = row.cell("precision");
        if (chip == nullptr || chip->family != f.family || time < 20e-6 || !(watts > 0)) continue;
        // On Blackwell these draw half of what others do at equal use.
        if (f.family == family::blackwell && (format == "fp8_block" || format == "nvfp4")) continue;
        lc::work<> w;
        const double bytes = format == "bf16" ? 2 : format == "nvfp4" ? 0.5625 : 1;
        if (!row.cell("m").empty()) {
          const double weight = format == "int4_wo" ? 0.5 : bytes,
                       x = format == "int8_wo" || format == "int4_wo" ? 2 : bytes;
          w = lc::matrix_product<>{row.number("m", 1),
                                   row.number("n", 1),
                                   row.number("k", 1),
                                   1,
                                   precision_of(format),
                                   precision_of(format),
                                   weight,
                                   x,
                                   2}
                  .totals();
        } else {
          const double queries = row.number("seq_q", 1), cache = row.cell("kv_precision") == "fp8" ? 1 : 2;
          lc::attention_product<> a{row.number("batch", 1),        queries,
                                    row.number("seq_kv", queries), row.number("heads", 1),
                                    row.number("kv_heads", 1),     row.number("head_dim", 128),
                                    row.number("head_dim", 128),   row.number("window", 0)};
          a.math = precision_of(format), a.cache_bytes = cache;
          w = a.totals();
        }
        use doing;
        doing.compute = std::fmin(1, w.flop / (chip->peak.rate(w.math) * (time * lc::units::second)));
        doing.memory = std::fmin(1, w.bytes / (chip->memory_bandwidth * (time * lc::units::second)));
        rows.push_back({chip, doing, watts});
        halves.push_back(half_of(key_of(row, {"m", "n", "k", "heads", "kv_heads", "head_dim", "batch"})));
      }
    }
    power_constants c = power_law(f.family);
    const auto errors = [&] {
      std::vector<double> e;
      for (const power_row& r : rows)
        e.push_back(
            std::log(lc::in<lc::units::watt>(power_at(c, r.chip->idle_power, r.chip->thermal_design_power, r.doing)) /
                     r.measured));
      return e;
    };
    fit_joint(f.name, "| other shapes",
              {{"running", &c.running, 0.02, 0.6, true},
               {"compute", &c.compute, 0.1, 3, true},
               {"memory", &c.memory, 0.05, 2, true}},
              halves, errors);
  }
}

}  // namespace

void fit_kernels(const std::string& folder, const std::string& held_out) {
  if (!held_out.empty()) {
    error_lines.open(held_out, std::ios::binary);
    error_lines << "law,constants,rows,fitted_median,fitted_p90,shapes_median,shapes_p90,chips_median,chips_p90\r\n";
  }
  law_name = "matrix product";
  fit_products(folder);
  law_name = "prefill attention";
  fit_attention(folder, false);
  law_name = "decode attention";
  fit_attention(folder, true);
  law_name = "experts";
  fit_experts(folder);
  law_name = "collectives";
  fit_collectives(folder);
  law_name = "power";
  fit_power(folder);
  error_lines.close();
}

}  // namespace accuracy
