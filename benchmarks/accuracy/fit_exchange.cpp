#include <algorithm>
#include <layercake/infrastructure/catalog.hpp>
#include <map>

#include "fit_kernels_common.hpp"

namespace accuracy {
namespace {

namespace fabrics = lc::infrastructure::catalog;
using lc::chips::family;
using lc::infrastructure::exchange_kernel;
using namespace lc::units;

// Curves (chip, kernel, direction, ranks) count alike: a curve of 138 rows is one of 23 sizes at six settings.
std::vector<double> alike(const std::vector<std::string>& curves) {
  std::map<std::string, double> count;
  for (const std::string& c : curves)
    count[c] += 1;
  std::vector<double> out;
  for (const std::string& c : curves)
    out.push_back(1 / std::sqrt(static_cast<double>(count.size()) * count.at(c)));
  return out;
}

// Errors of the rows that `in` selects; what was left out came back half by half.
template <class In>
void print_part(fit_report& report, const char* name, const fit_errors& e, const left_out& rows, In&& in) {
  fit_errors part;
  for (std::size_t i = 0; i < e.fitted.size(); ++i)
    if (in(i)) part.fitted.push_back(e.fitted[i]);
  std::size_t at = 0;
  for (const int half : {0, 1}) {
    for (std::size_t i = 0; i < rows.half.size(); ++i) {
      if (rows.half[i] != half) continue;
      if (in(i)) part.shapes.push_back(e.shapes[at]);
      ++at;
    }
  }
  print_fit(report, name, rows.others, part);
}

struct exchange_row {
  lc::infrastructure::expert_exchange<> what;
  lc::scale_up_fabric<> fabric;
  bool blackwell;
  double measured;
};

// Dispatch and combine. Assumed of the software, as the tables do not say: DeepEP dispatches in FP8 with a scale for
// 128 values (in 16 bit its multiprocessors would move twice the bytes in a dispatch that they do in a combine) and
// combines in 16 bit; 50 GB/s of network a chip. Rows of H100 above 8 ranks repeat those of H200.
void fit_experts_exchange(const std::string& folder, fit_report& report) {
  const csv_table table = kernel_table(
      folder, "moe_alltoall.csv", {"ranks", "ranks_per_node", "tokens", "hidden", "top_k", "experts", "sms", "time_s"});
  std::vector<exchange_row> rows;
  std::vector<std::string> curves;
  left_out leave;
  leave.others = "other generation";
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const csv_record row = table[i];
    const lc::chips::accelerator* chip = lc::chips::catalog::find_if_any(row.cell("chip"));
    const std::string_view op = row.cell("op"), method = row.cell("method"), format = row.cell("precision");
    const double ranks = row.number("ranks", 1);
    if (chip == nullptr || (op != "dispatch" && op != "combine")) continue;
    if (row.cell("chip") == "H100-SXM" && ranks > 8) continue;
    exchange_row e;
    e.what.combine = op == "combine";
    e.what.kernel = method == "DeepEP low latency" ? exchange_kernel::low_latency
                    : method == "DeepEP normal"    ? exchange_kernel::high_throughput
                                                   : exchange_kernel::nvlink;
    e.what.tokens = row.number("tokens", 1), e.what.width = row.number("hidden", 1);
    e.what.active = row.number("top_k", 1), e.what.experts = row.number("experts", 1), e.what.ranks = ranks;
    const double dispatched = format == "bf16" ? 2 : format == "nvfp4" ? 0.5625 : 1.03125;
    e.what.element_bytes = e.what.combine ? 2 : dispatched;
    e.what.multiprocessors = std::fmax(row.number("sms", 24), 4);
    e.fabric.bandwidth = chip->scale_up_bandwidth;
    e.fabric.domain = std::fmin(ranks, chip->scale_up_domain);
    e.blackwell = chip->family == family::blackwell;
    e.measured = row.number("time_s", 0);
    curves.push_back(key_of(row, {"chip", "method", "op", "precision", "ranks"}));
    leave.half.push_back(half_of(key_of(row, {"chip", "op", "ranks", "hidden", "experts"})));
    leave.other.push_back(e.blackwell ? 1 : 0);
    rows.push_back(e);
  }
  if (rows.empty()) return;
  leave.weight = alike(curves);

  // In microseconds and GB/s; [Hopper, Blackwell], [dispatch, combine].
  const auto us = [](auto t) { return lc::in<microsecond>(t); };
  const lc::infrastructure::expert_exchange_law start{};
  struct {
    double low_launch[2], low_efficiency[2], high_launch[2], per_multiprocessor[2][2];
    double low_per_expert, low_per_peer, low_network, low_per_doubling, low_network_efficiency, low_per_row,
        low_overlap;
    double high_network, high_per_doubling, high_efficiency, high_network_efficiency;
    double nvlink_launch, nvlink_efficiency, nvlink_per_row;
  } s{{us(start.low_launch), us(fabrics::blackwell_dispatch.low_launch)},
      {start.low_efficiency, fabrics::hopper_combine.low_efficiency},
      {us(start.high_launch), us(fabrics::hopper_combine.high_launch)},
      {{lc::in<gigabyte_per_second>(start.high_per_multiprocessor),
        lc::in<gigabyte_per_second>(fabrics::hopper_combine.high_per_multiprocessor)},
       {lc::in<gigabyte_per_second>(fabrics::blackwell_dispatch.high_per_multiprocessor),
        lc::in<gigabyte_per_second>(fabrics::blackwell_combine.high_per_multiprocessor)}},
      us(start.low_per_expert),
      us(start.low_per_peer),
      us(start.low_network),
      us(start.low_per_doubling),
      start.low_network_efficiency,
      us(start.low_per_row),
      start.low_overlap,
      us(start.high_network),
      us(start.high_per_doubling),
      start.high_efficiency,
      start.high_network_efficiency,
      us(start.nvlink_launch),
      start.nvlink_efficiency,
      us(start.nvlink_per_row)};
  const auto law_of = [&](bool blackwell, bool combine) {
    lc::infrastructure::expert_exchange_law l;
    l.low_launch = s.low_launch[blackwell] * microsecond, l.low_efficiency = s.low_efficiency[combine];
    l.low_per_expert = s.low_per_expert * microsecond, l.low_per_peer = s.low_per_peer * microsecond;
    l.low_network = s.low_network * microsecond, l.low_per_doubling = s.low_per_doubling * microsecond;
    l.low_network_efficiency = s.low_network_efficiency, l.low_per_row = s.low_per_row * microsecond;
    l.low_overlap = s.low_overlap;
    l.high_launch = s.high_launch[combine] * microsecond, l.high_network = s.high_network * microsecond;
    l.high_per_doubling = s.high_per_doubling * microsecond, l.high_efficiency = s.high_efficiency;
    l.high_per_multiprocessor = s.per_multiprocessor[blackwell][combine] * gigabyte_per_second;
    l.high_network_efficiency = s.high_network_efficiency;
    l.nvlink_launch = s.nvlink_launch * microsecond, l.nvlink_efficiency = s.nvlink_efficiency;
    l.nvlink_per_row = s.nvlink_per_row * microsecond;
    return l;
  };
  const auto errors = [&] {
    const lc::infrastructure::expert_exchange_law laws[2][2]{{law_of(false, false), law_of(false, true)},
                                                             {law_of(true, false), law_of(true, true)}};
    std::vector<double> e;
    for (const exchange_row& r : rows)
      e.push_back(std::log(lc::in<second>(lc::infrastructure::time(r.what, r.fabric, laws[r.blackwell][r.what.combine],
                                                                   50 * gigabyte_per_second)) /
                           r.measured));
    return e;
  };
  const std::vector<named> list{{"low_launch", &s.low_launch[0], 1, 60, true},
                                {"low_launch", &s.low_launch[1], 1, 60, true},
                                {"low_efficiency", &s.low_efficiency[0], 0.1, 0.98, true},
                                {"low_efficiency", &s.low_efficiency[1], 0.1, 0.98, true},
                                {"high_launch", &s.high_launch[0], 5, 200, true},
                                {"high_launch", &s.high_launch[1], 5, 200, true},
                                {"high_per_multiprocessor", &s.per_multiprocessor[0][0], 2, 60, true},
                                {"high_per_multiprocessor", &s.per_multiprocessor[0][1], 2, 60, true},
                                {"high_per_multiprocessor", &s.per_multiprocessor[1][0], 2, 60, true},
                                {"high_per_multiprocessor", &s.per_multiprocessor[1][1], 2, 60, true},
                                {"low_per_expert", &s.low_per_expert, 1e-4, 0.1, true},
                                {"low_per_peer", &s.low_per_peer, 0.01, 4, true},
                                {"low_network", &s.low_network, 0.5, 60, true},
                                {"low_per_doubling", &s.low_per_doubling, 0.1, 40, true},
                                {"low_network_efficiency", &s.low_network_efficiency, 0.3, 0.98, true},
                                {"low_per_row", &s.low_per_row, 1e-3, 1, true},
                                {"low_overlap", &s.low_overlap, 0, 1, true},
                                {"high_network", &s.high_network, 1, 300, true},
                                {"high_per_doubling", &s.high_per_doubling, 1, 100, true},
                                {"high_efficiency", &s.high_efficiency, 0.3, 0.95, true},
                                {"high_network_efficiency", &s.high_network_efficiency, 0.3, 0.98, true},
                                {"nvlink_launch", &s.nvlink_launch, 2, 60, true},
                                {"nvlink_efficiency", &s.nvlink_efficiency, 0.1, 0.95, true},
                                {"nvlink_per_row", &s.nvlink_per_row, 1e-5, 1e-2, true}};
  std::printf("\nExchange between experts: median, mean, 90th percentile and bias in %%\n");
  const fit_errors e = fit_and_leave_out(list, leave, errors);
  print_fit(report, "all kernels", leave.others, e);
  const char* const kernels[] = {"low_latency", "high_throughput", "nvlink"};
  for (const exchange_kernel k :
       {exchange_kernel::low_latency, exchange_kernel::high_throughput, exchange_kernel::nvlink})
    print_part(report, kernels[static_cast<int>(k)], e, leave, [&](std::size_t i) { return rows[i].what.kernel == k; });

  std::printf("// basic_expert_exchange_law, dispatch on Hopper\n");
  const auto time = [](const char* name, double x) { std::printf("  %s = %.4g * microsecond\n", name, x); };
  const auto plain = [](const char* name, double x) { std::printf("  %s = %.4g\n", name, x); };
  time("low_launch", s.low_launch[0]), time("low_per_expert", s.low_per_expert), time("low_per_peer", s.low_per_peer);
  time("low_network", s.low_network), time("low_per_doubling", s.low_per_doubling);
  plain("low_efficiency", s.low_efficiency[0]), plain("low_network_efficiency", s.low_network_efficiency);
  time("low_per_row", s.low_per_row), plain("low_overlap", s.low_overlap);
  time("high_launch", s.high_launch[0]), time("high_network", s.high_network);
  time("high_per_doubling", s.high_per_doubling);
  std::printf("  high_per_multiprocessor = %.4g * gigabyte_per_second\n", s.per_multiprocessor[0][0]);
  plain("high_efficiency", s.high_efficiency), plain("high_network_efficiency", s.high_network_efficiency);
  time("nvlink_launch", s.nvlink_launch), plain("nvlink_efficiency", s.nvlink_efficiency);
  time("nvlink_per_row", s.nvlink_per_row);
  std::printf("inline constexpr expert_exchange_law hopper_combine{.low_efficiency = %.4g, .high_launch = %.4g * "
              "units::microsecond, .high_per_multiprocessor = %.4g * units::gigabyte_per_second};\n",
              s.low_efficiency[1], s.high_launch[1], s.per_multiprocessor[0][1]);
  std::printf("inline constexpr expert_exchange_law blackwell_dispatch{.low_launch = %.4g * units::microsecond, "
              ".high_per_multiprocessor = %.4g * units::gigabyte_per_second};\n",
              s.low_launch[1], s.per_multiprocessor[1][0]);
  std::printf("inline constexpr expert_exchange_law blackwell_combine{.low_launch = %.4g * units::microsecond, "
              ".low_efficiency = %.4g, .high_launch = %.4g * units::microsecond, .high_per_multiprocessor = %.4g * "
              "units::gigabyte_per_second};\n",
              s.low_launch[1], s.low_efficiency[1], s.high_launch[1], s.per_multiprocessor[1][1]);
  std::fflush(stdout);
}

// The all-reduce over peer memory of serving engines: what generations share, and for each the time to start. PCIe
// cards do not read each other's memory that way and are left out.
void fit_direct(const std::string& folder, fit_report& report) {
  const csv_table table =
      kernel_table(folder, "collectives.csv", {"ranks", "ranks_per_node", "message_bytes", "time_s"});
  struct direct_row {
    lc::collective<> what;
    lc::scale_up_fabric<> fabric;
    int generation;
    double measured;
  };
  constexpr family generations[] = {family::ampere, family::hopper, family::blackwell};
  std::vector<direct_row> rows;
  std::vector<std::string> curves;
  left_out leave;
  leave.others = "other generation";
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const csv_record row = table[i];
    const lc::chips::accelerator* chip = lc::chips::catalog::find_if_any(row.cell("chip"));
    if (chip == nullptr || row.cell("op") != "all_reduce_custom") continue;
    const auto g = std::find(std::begin(generations), std::end(generations), chip->family) - std::begin(generations);
    if (g == 3) continue;
    direct_row r{{lc::exchange::all_reduce, row.number("message_bytes", 1) * byte, row.number("ranks", 2)},
                 {chip->scale_up_bandwidth, row.number("ranks", 2)},
                 static_cast<int>(g),
                 row.number("time_s", 0)};
    rows.push_back(r);
    curves.push_back(key_of(row, {"chip", "op", "ranks"}));
    leave.half.push_back(half_of(curves.back()));
    leave.other.push_back(r.generation);
  }
  if (rows.empty()) return;
  leave.weight = alike(curves);
  std::array<lc::infrastructure::scale_up_law, 3> law{fabrics::nvlink_ampere, fabrics::nvlink_hopper,
                                                      fabrics::nvlink_blackwell};
  const lc::infrastructure::scale_up_law generic{};
  double launch[3], step = lc::in<microsecond>(generic.direct_step), one = generic.one_shot_efficiency,
                    chunks = generic.one_shot_pipelining, launches = generic.two_shot_launches,
                    two = generic.two_shot_efficiency;
  for (std::size_t g = 0; g < 3; ++g)
    launch[g] = lc::in<microsecond>(law[g].direct_launch);
  const auto errors = [&] {
    for (std::size_t g = 0; g < 3; ++g) {
      law[g].direct_launch = launch[g] * microsecond, law[g].direct_step = step * microsecond;
      law[g].one_shot_efficiency = one, law[g].one_shot_pipelining = chunks;
      law[g].two_shot_launches = launches, law[g].two_shot_efficiency = two;
    }
    std::vector<double> e;
    for (const direct_row& r : rows)
      e.push_back(std::log(
          lc::in<second>(lc::infrastructure::time(r.what, r.fabric, law[static_cast<std::size_t>(r.generation)],
                                                  lc::infrastructure::scale_out_law{}, 50 * gigabyte_per_second, 1.0,
                                                  {.direct_all_reduce = true})) /
          r.measured));
    return e;
  };
  std::printf("\nDirect all-reduce: median, mean, 90th percentile and bias in %%\n");
  const fit_errors e = fit_and_leave_out({{"ampere", &launch[0], 0.5, 20, true},
                                          {"hopper", &launch[1], 0.5, 20, true},
                                          {"blackwell", &launch[2], 0.5, 20, true},
                                          {"direct_step", &step, 0.01, 2, true},
                                          {"one_shot_efficiency", &one, 0.2, 0.95, true},
                                          {"one_shot_pipelining", &chunks, 0.01, 2, true},
                                          {"two_shot_launches", &launches, 1, 10, true},
                                          {"two_shot_efficiency", &two, 0.2, 0.95, true}},
                                         leave, errors);
  print_fit(report, "direct all-reduce", leave.others, e);
  std::printf("  direct_launch = %.4g, %.4g, %.4g * microsecond of nvlink_ampere, nvlink_hopper, nvlink_blackwell\n"
              "  direct_step = %.4g * microsecond, one_shot_efficiency = %.4g, one_shot_pipelining = %.4g, "
              "two_shot_launches = %.4g, two_shot_efficiency = %.4g\n",
              launch[0], launch[1], launch[2], step, one, chunks, launches, two);
  std::fflush(stdout);
}

}  // namespace

void fit_exchange(const std::string& folder, fit_report& report) {
  fit_direct(folder, report);
  fit_experts_exchange(folder, report);
}

}  // namespace accuracy
