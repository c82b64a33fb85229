#include <array>
#include <bit>
#include <cmath>
#include <utility>

#include "fit.hpp"
#include "fit_kernels_common.hpp"

namespace accuracy {
namespace {

using namespace lc::chips;

// The measured families in the order of `families`, then any other chip. All fits work on these tables and start at the
// shipped ones.
constexpr std::size_t generic = 4;
using constant_tables = std::array<family_constants, 5>;

// Of any chip: the sustained share of 16-bit products, beside which those of other kernels stand. None exceeds it, so
// that none exceeds the chip's own share.
constexpr double generic_share = generic_constants.product[0].compute;

const char* name_of_table(std::size_t f) { return f == generic ? "generic" : families[f].name; }

std::size_t index_of(lc::chips::family f) {
  std::size_t i = 0;
  while (i < 4 && families[i].family != f)
    ++i;
  return i;
}

// Rows that share constants: those of a family and a format.
template <class Operation>
struct kernel_rows {
  std::vector<accelerator> chips;
  std::vector<std::string> names;
  std::vector<std::size_t> chip;  // of each row
  std::vector<double> measured;
  std::vector<int> half, group;  // group: rows that count as much as those of another
  std::vector<Operation> operations;
  std::vector<measurement> how;

  void add(std::string_view name, const accelerator& of, const Operation& op, double time, const std::string& shape,
           int in_group, const measurement& measured_so = in_a_running_model) {
    std::size_t i = 0;
    while (i < names.size() && names[i] != name)
      ++i;
    if (i == names.size()) names.emplace_back(name), chips.push_back(of);
    chip.push_back(i), measured.push_back(time), half.push_back(half_of(shape)), group.push_back(in_group);
    operations.push_back(op), how.push_back(measured_so);
  }
  std::vector<double> errors(const family_constants& constants) const {
    std::vector<basic_kernel_law<>> laws;
    for (const accelerator& of : chips)
      laws.push_back(of.timing(constants));
    std::vector<double> e(measured.size());
    for (std::size_t i = 0; i < e.size(); ++i)
      e[i] = std::log(lc::in<lc::units::second>(laws[chip[i]].time(operations[i], how[i])) / measured[i]);
    return e;
  }
  // Groups count alike, whatever their size.
  std::vector<double> weights() const {
    std::vector<double> size(8, 0.0);
    double groups = 0;
    for (const int g : group)
      groups += size[static_cast<std::size_t>(g)]++ == 0 ? 1 : 0;
    std::vector<double> w;
    for (const int g : group)
      w.push_back(1 / std::sqrt(groups * size[static_cast<std::size_t>(g)]));
    return w;
  }
};

// A row of a table in the form of the header.
template <class Row>
void print_row(const Row& row) {
  const auto numbers = std::bit_cast<std::array<double, sizeof(Row) / sizeof(double)>>(row);
  for (std::size_t i = 0; i < numbers.size(); ++i)
    std::printf("%s%.4g", i > 0 ? ", " : "{", numbers[i]);
  std::printf("}");
}

// Fits one row of a table of constants; prints its errors: fitted, other shapes held out, other chips held out.
// wide: where it prints, the table and its row, the constants and the data
template <class Operation>
void fit_row(fit_report& report, const constant_tables& tables, std::size_t f, const char* kind,
             const std::vector<named>& list, const kernel_rows<Operation>& data) {
  if (data.measured.empty()) return;
  left_out rows{data.half, {}, data.weights()};
  const bool several = *std::max_element(data.group.begin(), data.group.end()) > 0;
  for (std::size_t i = 0; i < data.chip.size(); ++i)
    rows.other.push_back(f == generic ? data.group[i] : static_cast<int>(data.chip[i]));
  // Of two tables of one chip the smaller is left out: the first has what the second cannot tell.
  if (several && f != generic) {
    for (std::size_t i = 0; i < data.group.size(); ++i)
      rows.other[i] = data.group[i] > 0 ? 1 : -1;
  }
  if (f == generic) rows.others = "other generations";
  fit_errors e = fit_and_leave_out(list, rows, [&] { return data.errors(tables[f]); });
  const bool other_tables = several && f != generic;  // of the same chip: on the screen alone
  const std::vector<double> of_tables = other_tables ? std::exchange(e.others, {}) : std::vector<double>{};
  print_fit(report, (std::string(name_of_table(f)) + " " + kind).c_str(), rows.others, e);
  if (other_tables) print_errors("other table", of_tables), std::printf("\n");
  std::fflush(stdout);
}

// What of a table belongs to family f: the group of a row, or -1.
int group_of(std::size_t f, const accelerator* chip) {
  if (chip == nullptr) return -1;
  const std::size_t of = index_of(chip->family);
  return f == generic ? static_cast<int>(of) : of == f ? 0 : -1;
}

struct product_kind {
  const char* name;
  std::size_t row;
  std::vector<std::string_view> precisions;
  double weight_bytes, input_bytes;
  lc::precision math, weights;
};
const std::vector<product_kind>& product_kinds() {
  using lc::precision;
  static const std::vector<product_kind> all{
      {"half", 0, {"bf16"}, 2, 2, precision::bf16, precision::bf16},
      {"fp8", 1, {"fp8"}, 1, 2, precision::fp8, precision::fp8},
      {"block_fp8", 2, {"fp8_block"}, 1, 2, precision::mxfp8, precision::mxfp8},
      {"fp4", 3, {"nvfp4"}, 0.5625, 2, precision::nvfp4, precision::nvfp4},
      {"int8", 4, {"int8"}, 1, 1, precision::int8, precision::int8},
      {"weight_only", 5, {"int8_wo", "int4_wo"}, 1, 2, precision::bf16, precision::int8}};
  return all;
}

kernel_rows<lc::matrix_product<>> product_rows(const csv_table& table, std::size_t f, const product_kind& k) {
  kernel_rows<lc::matrix_product<>> data;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const csv_record row = table[i];
    const std::string_view precision = row.cell("precision");
    if (std::find(k.precisions.begin(), k.precisions.end(), precision) == k.precisions.end()) continue;
    const accelerator* chip = catalog::find_if_any(row.cell("chip"));
    const int group = group_of(f, chip);
    if (group < 0) continue;
    lc::matrix_product<> op{row.number("m", 0), row.number("n", 0), row.number("k", 0), 1, k.math,
                            k.weights,          k.weight_bytes,     k.input_bytes,      2};
    if (precision == "int4_wo") op.weight_bytes = 0.5, op.weights = lc::precision::int4;
    data.add(row.cell("chip"), *chip, op, row.number("time_s", 0), key_of(row, {"n", "k"}), group,
             {.weight_copies = 5});
  }
  return data;
}

void fit_products(const csv_table& table, constant_tables& tables, fit_report& report) {
  std::printf("\nMatrix products: median, mean, 90th percentile and bias in %%\n");
  for (std::size_t f = 0; f <= generic; ++f) {
    for (const product_kind& k : product_kinds()) {
      product_constants& c = tables[f].product[k.row];
      const bool quantises = c.quantise_bytes > 0, splits = c.chain_limit > 0, any = f == generic;
      fit_row(report, tables, f, k.name,
              {{"launch", &c.launch, 2e-7, 2e-5, !quantises},
               {"quantise_launch", &c.quantise_launch, 1e-7, 2e-5, quantises},
               {"compute", &c.compute, 0.2, any ? generic_share : 0.97,
                !any || k.row > 0},                     // of any chip: beside that of 16 bit
               {"memory", &c.memory, 0.5, 0.95, !any},  // of any chip: the chip's
               {"epilogue", &c.epilogue, 0.05, 4, true},
               {"edge", &c.edge, 0.5, 160, true},
               {"rounding", &c.rounding, 0.01, 1, true},
               {"chain", &c.chain, 0.02, 3, true},
               {"chain_limit", &c.chain_limit, 1e3, 5e6, splits},
               {"droop", &c.droop, 0, 2.2, f != 0 && !any},
               {"quantise_memory", &c.quantise_memory, 0.1, 1, quantises}},
              product_rows(table, f, k));
    }
  }
}

const schema::columns attention_columns{"batch",  "heads",  "kv_heads", "head_dim", "seq_q",
                                        "seq_kv", "prefix", "window",   "time_s"};

kernel_rows<lc::attention_product<>> attention_rows(const csv_table& grouped, const csv_table& latent, std::size_t f,
                                                    std::size_t r, bool decode) {
  kernel_rows<lc::attention_product<>> data;
  const csv_table& table = r < 2 ? grouped : latent;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const csv_record row = table[i];
    const bool narrow_cache = row.cell("kv_precision") == "fp8",
               narrow_math = row.cell("precision") == "fp8" || (narrow_cache && (decode || r >= 2));
    if ((decode ? narrow_cache : narrow_math) != (r % 2 == 1)) continue;
    const accelerator* chip = catalog::find_if_any(row.cell("chip"));
    const int group = group_of(f, chip);
    if (group < 0) continue;
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
    data.add(row.cell("chip"), *chip, op, row.number("time_s", 0),
             key_of(row, {"heads", "kv_heads", "head_dim", "batch"}), group, {.warm_cache = decode});
  }
  return data;
}

// The kernels of another software on the A100 (its decode table here is vLLM's).
void add_published_decode(const std::string& folder, kernel_rows<lc::attention_product<>>& data) {
  const directory published(folder);
  for (std::size_t i = 0; i < published.micro.rows(); ++i) {
    const csv_record row = published.micro[i];
    const accelerator* chip = catalog::find_if_any(row.cell("chip"));
    if (row.cell("op") != "attention_decode" || group_of(0, chip) < 0 || row.number("predictable", 1) != 1) continue;
    const detail::micro_row<csv_record> r{row, *chip, {}, {}};
    data.add(row.cell("chip"), *chip, detail::attention_of(r), row.number("value", 0),
             key_of(row, {"heads", "kv_heads", "head_dim", "batch"}), 1, detail::how_attention_was_measured(r));
  }
}

void fit_attention(const std::string& folder, const std::string& measurements, bool decode, constant_tables& tables,
                   fit_report& report) {
  const csv_table grouped =
      kernel_table(folder, decode ? "attention_decode.csv" : "attention_prefill.csv", attention_columns);
  const csv_table latent = kernel_table(folder, decode ? "mla_decode.csv" : "mla_prefill.csv", attention_columns);
  if (grouped.rows() == 0 || latent.rows() == 0) return;
  std::printf("\n%s attention: median, mean, 90th percentile and bias in %%\n", decode ? "Decode" : "Prefill");
  const char* names[] = {"half", "eighth", "latent_half", "latent_eighth"};
  for (std::size_t f = 0; f <= generic; ++f) {
    for (std::size_t r = 0; r < 4; ++r) {
      kernel_rows<lc::attention_product<>> data = attention_rows(grouped, latent, f, r, decode);
      const bool any = f == generic;
      if (decode) {
        decode_constants& c = tables[f].decode[r];
        const bool unsplit = c.unsplit > 0, vector = r < 2 && f != 0, ampere = f == 0 && r == 0;
        if (ampere) add_published_decode(measurements, data);
        fit_row(report, tables, f, names[r],
                {{"launch", &c.launch, 1e-6, 4e-5, true},
                 {"stream", &c.stream, 1e-7, 3e-5, true},
                 {"stream_group", &c.stream_group, 4, 1e3, true},
                 {"memory", &c.memory, 0.4, 0.96, !any},
                 {"ramp", &c.ramp, 1e-7, 1e-4, true},
                 {"compute", &c.compute, 0.05, any ? generic_share : 0.95, r >= 2},
                 {"split", &c.split, 1e-19, 1e-16, !unsplit && c.split > 0},
                 {"unsplit", &c.unsplit, 1e-12, 1e-9, unsplit},
                 {"vector_launch", &c.vector_launch, 1e-6, 4e-5, vector}},
                data);
      } else {
        prefill_constants& c = tables[f].prefill[r];
        fit_row(report, tables, f, names[r],
                {{"launch", &c.launch, 1e-6, 4e-5, true},
                 {"tile_start", &c.tile_start, 1e-7, 1e-5, true},
                 {"passes", &c.passes, 0.5, 6, true},
                 {"compute", &c.compute, 0.1, any ? generic_share : 0.95, true}},
                data);
      }
    }
  }
}

struct expert_kind {
  const char* name;
  const char* precision;
  std::size_t row;
  lc::precision math, weights;
  double weight_bytes, activation_bytes;
};
const expert_kind expert_kinds[] = {
    {"half", "bf16", 0, lc::precision::bf16, lc::precision::bf16, 2, 2},
    {"fp8", "fp8", 1, lc::precision::fp8, lc::precision::fp8, 1, 1},
    {"block_fp8", "fp8_block", 2, lc::precision::mxfp8, lc::precision::mxfp8, 1, 1},
    {"fp4", "nvfp4", 3, lc::precision::nvfp4, lc::precision::nvfp4, 0.5625, 0.5625},
    {"weight-only, integers", "int4_wo", 4, lc::precision::bf16, lc::precision::int4, 0.516, 2},
    {"weight-only, FP4", "w4a16_mxfp4", 5, lc::precision::bf16, lc::precision::mxfp4, 0.53125, 2},
    {"FP4 by FP8", "w4a8_mxfp4_mxfp8", 6, lc::precision::mxfp8, lc::precision::mxfp4, 0.53125, 1}};

struct expert_row {
  lc::expert_product<> op;
  measurement how;
  std::size_t chip;
  double measured;
};

struct expert_rows {
  std::vector<expert_row> rows;
  std::vector<accelerator> chips;
  left_out groups;
  std::array<int, generic> siblings{};  // chips by generation
};

expert_rows expert_rows_of(const csv_table& table, const expert_kind& k) {
  expert_rows data;
  auto& [rows, chips, groups, siblings] = data;
  std::vector<std::string> names;
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
    using routing = lc::chips::expert_routing;
    e.how.routing = distribution == "balanced"         ? routing::balanced
                    : distribution == "power_law_1.01" ? routing::power_law_1_01
                    : distribution == "power_law_1.2"  ? routing::power_law_1_2
                                                       : routing::uniform;
    rows.push_back(e);
    groups.half.push_back(half_of(key_of(row, {"hidden", "ffn", "experts"})));
    groups.other.push_back(static_cast<int>(c));
  }
  groups.weight.assign(rows.size(), 1 / std::sqrt(static_cast<double>(rows.size())));
  // A chip without a sibling of its generation is never left out: nothing else has seen what is its generation's.
  for (const accelerator& chip : chips)
    ++siblings[index_of(chip.family)];
  for (int& c : groups.other)
    if (siblings[index_of(chips[static_cast<std::size_t>(c)].family)] < 2) c = -1;
  return data;
}

// The routed feed-forward: launch, shares and ramp by generation, the rest shared by all of them.
void fit_experts(const std::string& folder, constant_tables& tables, fit_report& report) {
  const csv_table table =
      kernel_table(folder, "moe.csv", {"tokens", "hidden", "ffn", "experts", "top_k", "tp", "ep", "gated", "time_s"});
  if (table.rows() == 0) return;
  std::printf("\nExperts: median, mean, 90th percentile and bias in %%\n");
  for (const expert_kind& k : expert_kinds) {
    const expert_rows data = expert_rows_of(table, k);
    std::vector<named> list;
    for (std::size_t f = 0; f < generic; ++f) {
      expert_constants& c = tables[f].expert[k.row];
      if (data.siblings[f] == 0) continue;
      list.push_back({"launch", &c.launch, 5e-6, 3e-4, true});
      list.push_back({"compute", &c.compute, 0.05, 0.95, true});
      list.push_back({"memory", &c.memory, 0.3, 0.95, true});
      list.push_back({"ramp", &c.ramp, 1e-8, 1e-4, true});
    }
    expert_constants shared = tables[2].expert[k.row];
    for (const named& n :
         {named{"half_length", &shared.half_length, 1, 5000, true}, named{"tile", &shared.tile, 0.5, 256, true},
          named{"layers", &shared.layers, 0.1, 4, true}, named{"reach", &shared.reach, 0.3, 2, true},
          named{"skew_1", &shared.skew_1, 0.05, 30, true}, named{"skew_2", &shared.skew_2, 0.05, 60, true}}) {
      list.push_back(n);
    }
    const auto errors = [&] {
      for (family_constants& f : tables) {
        expert_constants& c = f.expert[k.row];
        c.half_length = shared.half_length, c.tile = shared.tile, c.layers = shared.layers, c.reach = shared.reach;
        c.skew_1 = shared.skew_1, c.skew_2 = shared.skew_2;
      }
      std::vector<basic_kernel_law<>> laws;
      for (const accelerator& chip : data.chips)
        laws.push_back(chip.timing(tables[index_of(chip.family)]));
      std::vector<double> e;
      for (const expert_row& r : data.rows)
        e.push_back(std::log(lc::in<lc::units::second>(laws[r.chip].time(r.op, r.how)) / r.measured));
      return e;
    };
    const fit_errors e = fit_and_leave_out(list, data.groups, errors);
    print_fit(report, k.name, data.groups.others, e);
    std::fflush(stdout);
    // A generation without measurements in this format does as Hopper, or as Blackwell where that has none either.
    for (std::size_t f = 0; f <= generic; ++f)
      if (f == generic || data.siblings[f] == 0)
        tables[f].expert[k.row] = tables[data.siblings[2] > 0 ? 2 : 3].expert[k.row];
    double& share = tables[generic].expert[k.row].compute;
    share = std::fmin(share, generic_share);
  }
}

// Rows that nothing was measured for: assumed to be what is nearest.
void borrow_rows(constant_tables& tables) {
  auto& [ampere, ada, hopper, blackwell, any] = tables;
  // What Ampere stores in 8 bit floats, and all of them but Blackwell in 4, is multiplied in 16 bit.
  for (const std::size_t row : {1U, 2U, 3U})
    ampere.product[row] = ampere.product[5];
  ada.product[3] = ada.product[5], hopper.product[3] = hopper.product[5];
  blackwell.product[4] = any.product[4], blackwell.product[5] = hopper.product[5];
  ampere.prefill[1] = ampere.prefill[0], ampere.decode[1] = ampere.decode[0];
}

// Element-wise kernels: those that quantise X[m,k] to 8 bit (3 bytes a value), on chips whose cache does not hold what
// other chips read from memory. Fitted by chip; the mean over chips.
stream_constants fit_streams(const std::string& folder, fit_report& report) {
  const csv_table table = kernel_table(folder, "quantize.csv", {"m", "k", "time_s"});
  stream_constants mean{0, 0, 0};
  if (table.rows() == 0) return {};
  std::printf("\nElement-wise kernels: median, mean, 90th percentile and bias in %%\n");
  double chips = 0;
  for (const std::size_t f : {2U, 3U}) {
    kernel_rows<lc::memory_traffic<>> all;
    for (std::size_t i = 0; i < table.rows(); ++i) {
      const csv_record row = table[i];
      const accelerator* chip = catalog::find_if_any(row.cell("chip"));
      if (row.cell("op") != "scale_matrix" || group_of(f, chip) < 0) continue;
      const double values = row.number("m", 1) * row.number("k", 1);
      all.add(row.cell("chip"), *chip, {.moved = 3 * values * lc::units::byte}, row.number("time_s", 0),
              key_of(row, {"k"}), 0);
    }
    for (std::size_t c = 0; c < all.chips.size(); ++c) {
      family_constants constants = kernel_constants(families[f].family);
      stream_constants& s = constants.stream;
      left_out rows{all.half, {}, {}};
      for (const std::size_t of : all.chip)
        rows.weight.push_back(of == c ? 1 / std::sqrt(static_cast<double>(all.chip.size())) : 0);
      const auto one = [&](const std::vector<double>& e) {
        std::vector<double> chosen;
        for (std::size_t i = 0; i < e.size(); ++i)
          if (all.chip[i] == c) chosen.push_back(e[i]);
        return chosen;
      };
      fit_errors e = fit_and_leave_out({{"launch", &s.launch, 2e-7, 2e-5, true},
                                        {"memory", &s.memory, 0.1, 0.95, true},
                                        {"overlap", &s.overlap, 0, 1, true}},
                                       rows, [&] { return all.errors(constants); });
      e.fitted = one(e.fitted), e.before = one(e.before), e.shapes.clear();
      print_fit(report, all.names[c].c_str(), "", e);
      std::printf("    {%.4g, %.4g, %.4g}\n", s.launch, s.memory, s.overlap);
      mean.launch += s.launch, mean.memory += s.memory, mean.overlap += s.overlap, chips += 1;
    }
  }
  mean.launch /= chips, mean.memory /= chips, mean.overlap /= chips;
  return mean;
}

// What all chips and formats share, with the rows as fitted.
shared_constants fit_shared(const csv_table& products, const std::string& folder, const constant_tables& fitted,
                            fit_report& report) {
  constant_tables tables = fitted;
  const csv_table grouped = kernel_table(folder, "attention_prefill.csv", attention_columns);
  struct product_set {
    std::size_t family;
    kernel_rows<lc::matrix_product<>> rows;
  };
  std::vector<product_set> sets;
  std::vector<int> halves;
  for (std::size_t f = 0; f < generic; ++f) {
    for (const product_kind& k : product_kinds()) {
      sets.push_back({f, product_rows(products, f, k)});
      halves.insert(halves.end(), sets.back().rows.half.begin(), sets.back().rows.half.end());
    }
  }
  shared_constants s{};
  std::printf("\nShared by all: median, mean, 90th percentile and bias in %%\n");
  const auto collect = [&](auto& all) {
    for (family_constants& t : tables)
      t.shared = s;
    std::vector<double> e;
    for (const auto& set : all)
      for (const double x : set.rows.errors(tables[set.family]))
        e.push_back(x);
    return e;
  };
  fit_joint(report, "products",
            {{"activation_cache", &s.activation_cache, 0.1, 1, true},
             {"cache_speed", &s.cache_speed, 1, 16, true},
             {"quantise_cache", &s.quantise_cache, 0.1, 1, true},
             {"quantise_speed", &s.quantise_speed, 1, 16, true},
             {"droop_time", &s.droop_time, 1e-4, 1e-2, true},
             {"droop_from", &s.droop_from, 1, 2, true}},
            halves, [&] { return collect(sets); });
  struct prefill_set {
    std::size_t family;
    kernel_rows<lc::attention_product<>> rows;
  };
  std::vector<prefill_set> prefills;
  halves.clear();
  for (std::size_t f = 0; f < generic; ++f) {
    for (const std::size_t r : {0U, 1U}) {
      prefills.push_back({f, attention_rows(grouped, grouped, f, r, false)});
      halves.insert(halves.end(), prefills.back().rows.half.begin(), prefills.back().rows.half.end());
    }
  }
  fit_joint(report, "prefill attention", {{"prefill_memory", &s.prefill_memory, 0.4, 1, true}}, halves,
            [&] { return collect(prefills); });
  return s;
}

template <std::size_t N, class Row>
void print_rows(const char* name, const std::array<Row, N>& rows, const char* end) {
  std::printf("    .%s = {{", name);
  for (std::size_t i = 0; i < N; ++i) {
    if (i > 0) std::printf(",\n        ");
    print_row(rows[i]);
  }
  std::printf("}}%s\n", end);
}

// All tables in the form of the header.
void print_tables(const constant_tables& tables, const stream_constants& stream, const shared_constants& shared) {
  std::printf("\n// stream_constants: ");
  print_row(stream);
  std::printf("\n// shared_constants: ");
  print_row(shared);
  std::printf("\n");
  for (std::size_t f = 0; f <= generic; ++f) {
    std::printf("\ninline constexpr family_constants %s_constants{\n    .measured = %s,\n", name_of_table(f),
                f == generic ? "false" : "true");
    print_rows("product", tables[f].product, ",");
    print_rows("prefill", tables[f].prefill, ",");
    print_rows("decode", tables[f].decode, ",");
    print_rows("expert", tables[f].expert, "};");
  }
}

}  // namespace

void fit_kernels(const std::string& folder, const std::string& measurements, const std::string& held_out) {
  fit_report report(held_out);
  constant_tables tables;
  for (std::size_t f = 0; f < generic; ++f)
    tables[f] = kernel_constants(families[f].family);
  tables[generic] = kernel_constants(family::other);

  const csv_table products = kernel_table(folder, "gemm.csv", {"m", "n", "k", "time_s"});
  report.law = "matrix product";
  fit_products(products, tables, report);
  report.law = "prefill attention";
  fit_attention(folder, measurements, false, tables, report);
  report.law = "decode attention";
  fit_attention(folder, measurements, true, tables, report);
  report.law = "experts";
  fit_experts(folder, tables, report);
  borrow_rows(tables);
  report.law = "element-wise";
  const stream_constants stream = fit_streams(folder, report);
  report.law = "shared";
  const shared_constants shared = fit_shared(products, folder, tables, report);
  print_tables(tables, stream, shared);

  report.law = "collectives";
  fit_collectives(folder, measurements, report);
  report.law = "power";
  fit_power(folder, report);
  if (!report.any) throw std::runtime_error(folder + " has no kernel times to fit");
  report.close();
}

}  // namespace accuracy
